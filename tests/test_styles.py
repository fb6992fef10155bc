"""The same conversation in LINE and in LETTER style leaves the same stored state (invariant 10)."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relaybot import forms
from relaybot.desk import Programme
from relaybot.model import Dialogue, Person, Style
from tests.mail_world import MailWorld
from tests.play import NAME, World, add_member, add_person, policy, world

START = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)

ANSWERS = {
    "ana": {
        "join": {
            "identity": "yes",
            "learn": "kubernetes, I know docker a bit",
            "offer": "rust deep, embedded comfortable",
            "links": "https://example.org/~ana",
            "place": "lisbon, thu after 17:30 or sunday morning",
            "languages": "portuguese, english is fine. no must",
            "rules": "yes",
            "check": "yes",
        },
        "offer": {"answer": "yes"},
        "times": {"*": "1"},
        "fit": {"*": "1 patient teacher"},
    },
    "bram": {"offer": {"answer": "yes"}, "times": {"*": "1 2"}, "fit": {"*": "2"}},
    "dana": {"pair-plan": {"*": "yes"}},
}


ASKED_ON_CHAT = {"identity", "check"}  # a reply by mail is the yes to both


def person(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def open_dialogue(w: World, name: str) -> Dialogue | None:
    """The dialogue that waits for somebody's answer."""
    found = [p for p in w.programme.tables.people.rows.values() if p.name == name]
    mine = [d for d in w.programme.tables.dialogues.rows.values() if found and d.person == found[0].id and d.asked_at]
    return max(mine, key=lambda d: d.asked_at or START, default=None)


def answer_all(w: World, name: str) -> None:
    """Answer whatever is asked: line by line, or all questions of a form in one letter."""
    for _ in range(30):
        dialogue = open_dialogue(w, name)
        if dialogue is None:
            return
        known = ANSWERS[name].get(dialogue.form)
        if known is None:
            return
        questions = {q.key: q for q in forms.FORMS[dialogue.form].questions}
        if w.style is Style.LINE:
            w.say(name, known.get(dialogue.asking, known.get("*", "")))
            continue
        have = dict(dialogue.answers)
        lines = [
            f"{questions[key].label or key}: {known.get(key, known.get('*', ''))}"
            for key in questions
            if key not in have and key not in ASKED_ON_CHAT and (key in known or "*" in known)
        ]
        w.say(name, "\n".join(lines) if len(lines) > 1 else lines[0].partition(": ")[2])
    raise AssertionError(f"{name} is asked without end: {open_dialogue(w, name)}")


def life(style: Style) -> World:
    """Ana applies, is accepted and paired with Bram; both say yes, agree on a time, meet and say how it was."""
    w = MailWorld(Programme(NAME, policy("", style)), START, style=style) if style is Style.LETTER else world(START)
    add_person(w, "dana", moderator=True, zone="Europe/Lisbon")
    add_member(w, "bram", {"learn": "rust new", "offer": "kubernetes deep", "zone": "America/Toronto"})
    w.say("ana", "join")
    answer_all(w, "ana")
    w.say("dana", "accept A1")
    w.say("dana", "pair ana bram note both like building small things")
    answer_all(w, "dana")
    w.pass_until(w.now + timedelta(minutes=11))
    answer_all(w, "ana")
    answer_all(w, "bram")
    answer_all(w, "ana")
    answer_all(w, "bram")
    answer_all(w, "ana")
    return w


def stored(w: World) -> dict[str, Any]:
    """What is stored, without serial numbers, which contain the time and the count of letters, and dates in calendars."""
    found: dict[str, Any] = {}
    for kind, table in w.programme.tables.by_kind.items():
        if kind in {"letter", "dialogue", "tally"}:
            continue
        rows = [
            asdict(r) if not isinstance(r, Person) else asdict(replace(r))
            for r in table.rows.values()
            if getattr(r, "name", "") != "proof-forgotten"
        ]
        found[kind] = sorted(({k: v for k, v in row.items() if k != "dates"} for row in rows), key=repr)
    return found


def test_line_and_letter_store_the_same() -> None:
    """From the application to an agreed hour, line by line or by one letter each: the records are equal."""
    line, letter = life(Style.LINE), life(Style.LETTER)

    assert {m.stage for m in line.programme.tables.meetings.rows.values()} == {"agreed"}
    assert person(line, "ana").stage == "member"
    for kind, rows in stored(line).items():
        assert stored(letter)[kind] == rows, kind


@pytest.mark.parametrize("word", ["stop", "STOP", " stop "])
@pytest.mark.parametrize("style", [Style.LINE, Style.LETTER])
def test_stop_ends_any_dialogue(style: Style, word: str) -> None:
    """`stop` throws an application away in either style, and nothing is left of it."""
    w = world(START, style=style)
    w.say("ana", "join")
    w.say("ana", word)

    assert open_dialogue(w, "ana") is None
    assert len(w.programme.tables.applications) == 0
