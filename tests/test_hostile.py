"""Strings that break programs, said in every command and every question: kept and shown back, or refused with a sentence.

The strings are the Big List of Naughty Strings and a few of our own; what an adapter takes away from a
line (controls, what turns its direction) is tested in test_irc_lines.py, so here they all come through.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relaybot.commands import COMMANDS
from relaybot.desk import Programme
from tests.play import World, add_applicant, add_hour, add_member, add_pair, add_person, world

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
OWN = (
    "x" * 10_000, "\u202eevil\u202c", "\x02bold\x0f\x01ACTION\x01", "a\x00b", "a\tb", "é" * 300, "👩‍👩‍👧" * 120, "می‌خواهم", "H1", "M1", "A1", "#1", "1" * 400,
    "-1", "0", "9" * 30, "²", "１", "٣", "12 ²:00", "thu ٣:00", "mon 25:99", "in 99999999999d", "in ²h", "31 feb", "29 feb 2027 10:00",
    "2026-11-31", "9999-12-31 23:59", "0001-01-01 00:00", "thu 18:00 in lisbon", "{}", "%s %d %n", "{0.__class__}", "'; DROP TABLE person; --",
)  # fmt: skip
# What cannot be said with the words of the command alone.
DANA = {"accept": "A1 note {}", "approve": "{}", "chat": "A1 {}", "close": "{h} {}", "decline": "A1 {}", "defer": "A1 {}", "edit": "{h} {}",
        "hold H": "{h} {}", "memo": "A1 {}", "pair": "ana bram note {}", "question": "A1 {}", "reply": "{h} {}", "what-if": "ana learn {}",
        "why": "ana {}"}  # fmt: skip
ANA = {"set": ("name {}", "about {}", "links {}", "zone {}", "free {}", "languages {}", "must-language {}", "project {}"), "moderator": ("{}", "urgent {}"),
       "offer": ("{}", "+{}", "-{}"), "fit": ("good {}",), "pulse": ("2 {}",)}  # fmt: skip
JOIN = ("join", "yes", "rust", "git", "skip", "lisbon, any day 08:00-20:00", "english", "yes")
ASKED = [("eve", JOIN[:n]) for n in range(1, len(JOIN) + 1)] + [
    ("ana", ("drop", "3", "2", "3 because", "yes")[:n]) for n in range(1, 6)
] + [("ana", (line,)) for line in ("moderator", "pause", "leave", "forget me", "talk")]  # fmt: skip


def town() -> tuple[World, str]:
    """Two moderators, a pair with an hour, somebody who waits, an application and a case."""
    w = world(START)
    add_person(w, "dana", moderator=True, zone="Europe/Lisbon")
    add_person(w, "esi", moderator=True)
    for name in ("ana", "bram", "lupe"):
        add_member(w, name, {})
    add_applicant(w, "newt", {})
    add_pair(w, 12, "ana", "bram", "active")
    add_hour(w, 40, 12, START + timedelta(days=1))
    w.say("ana", "moderator it is hard")
    w.say("ana", "1")
    return w, f"H{next(iter(w.programme.tables.cases.rows))}"


def copy_of(w: World) -> World:
    """The same world once more."""
    programme = Programme(w.programme.name, w.programme.policy)
    programme.serial = w.programme.serial
    for kind, table in w.programme.tables.by_kind.items():
        for record in table.rows.values():
            programme.tables.by_kind[kind].put(record)
    return World(programme, w.now)


def scenes() -> list[tuple[str, tuple[str, ...], str]]:
    """(who, what they say first, the line with a place for the string) for every command and many questions."""
    found: list[tuple[str, tuple[str, ...], str]] = [
        ("dana", (), f"{name} {DANA.get(name, '{}')}") for name in COMMANDS
    ]
    found += [("ana", (), f"{name} {rest}") for name in COMMANDS for rest in ANA.get(name, ("{}",))]
    found += [(who, before, "{}") for who, before in ASKED]
    return [*found, ("ana", (), "{}"), ("eve", (), "{}")]


@pytest.fixture(scope="module")
def strings(request: pytest.FixtureRequest) -> list[str]:
    """All of them."""
    corpora: Path = request.getfixturevalue("corpora")
    listed = json.loads((corpora / "naughty-strings" / "blns.json").read_text(encoding="utf-8"))
    return [*OWN, *(text for text in listed if text.strip(" !"))]


def test_there_is_a_scene_for_every_command() -> None:
    """Nothing that can be said is left out."""
    assert {line.split(" {")[0].removesuffix(" A1").split(" ")[0] for _, _, line in scenes()} >= {
        name.split(" ")[0] for name in COMMANDS
    }


@pytest.mark.parametrize("part", range(4))
def test_hostile_words_are_answered(part: int, strings: list[str]) -> None:
    """No exception, nothing shunted, never a line break within a line; `status`, `profile` and `mydata` show what was kept."""
    base, case = town()
    for number, (who, before, line) in enumerate(scenes()):
        if number % 4 != part:
            continue
        here = copy_of(base)
        for said in before:
            here.say(who, said)
        for text in strings[number % 3 :: 3]:
            w = copy_of(here)
            w.say(who, line.replace("{h}", case).replace("{}", text))
            assert w.said, (who, before, line, text)
            for question in ("status", "profile", "mydata"):
                w.say("ana", question)
            assert not [spoken for _, spoken in w.said if "\n" in spoken or not spoken]


def test_words_of_every_script_arrive_whole() -> None:
    """Joiners are part of words in Persian, Hindi and emoji; what cannot be shown becomes a space."""
    w, _ = town()
    for text in ("می‌خواهم", "क्‍ष", "👩‍👩‍👧", "a\x00b"):
        w.said.clear()
        w.say("ana", f"tell {text}")
        w.say("ana", f"set about {text}")
        shown = text.replace("\x00", " ")
        assert ("bram", f"ana: {shown}") in w.said
        assert next(p for p in w.programme.tables.people.rows.values() if p.name == "ana").about == shown
