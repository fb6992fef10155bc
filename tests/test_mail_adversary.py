"""What somebody with ill will, and ill luck, can do by mail: forged senders, stolen reply addresses, floods, mails that cross."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relaybot.commands import COMMANDS
from relaybot.model import Address, Letter, Put
from tests.list_world import ListWorld, address, begun, text_of
from tests.play import CODE, NAME, add_applicant, add_hour, add_member, add_pair, add_person

PROSE = "Hello, I would like to take part. I can teach PostgreSQL, and want to learn Haskell. I live in Lagos."


def town(settings: str = "") -> ListWorld:
    """Dana and Fay moderate (Fay by mail), Chidi and Mette read mail and are a pair, Ana is on IRC and by mail."""
    lw = begun(settings)
    add_person(lw.w, "fay@mail", moderator=True)
    for name in ("chidi@mail", "mette@mail", "ana"):
        add_member(lw.w, name, {})
    lw.w.make(Put(Address(NAME, address("ana"), lw.person("ana").id)))
    add_pair(lw.w, 12, "chidi", "mette", "introduced", apart=True)
    add_hour(lw.w, 40, 12, lw.w.now + timedelta(days=3))
    add_applicant(lw.w, "oto@mail", {})
    lw.letters.clear()
    lw.w.said.clear()
    return lw


def kept(lw: ListWorld) -> dict[str, dict[object, object]]:
    """All records but letters and what limits need to remember."""
    found = {kind: dict(table.rows) for kind, table in lw.w.programme.tables.by_kind.items() if kind != "letter"}
    found["tally"].pop("alive", None)
    return found


def chat(lw: ListWorld, who: str, text: str) -> list[str]:
    """Somebody says something on IRC; what they are told there."""
    return [line for letter in lw.say(who, text) if letter.to == f"irc:test/{who}" for line in letter.text]


# ---------------------------------------------------------------------------------------- forged senders

EXAMPLES = sorted({example for command in COMMANDS.values() for example in command.examples})
REAL = {"A17": "A1", "M12": "M12", "S40": "S40", "P4": "P1", "P5": "P1", "H9": "H9"}


@pytest.mark.parametrize("who", ["chidi", "fay", "ana", "oto", "stranger"])
def test_a_forged_command_reaches_nobody_but_the_owner_of_the_address(who: str) -> None:
    """Every example of every command, by a bare From line: no letter to anybody else, and no record of anybody else changes."""
    lw = town()
    for example in EXAMPLES:
        line = example
        for shown, real in REAL.items():
            line = line.replace(shown, real)
        before, told = kept(lw), len(lw.letters)
        found = lw.mail(who, line, proven=False)
        to = {letter.to for letter in found}
        own = {address(who), "irc:test/ana"} if who == "ana" else {address(who)}
        assert to <= own, f"{line!r} in the name of {who} wrote to {to - own}"
        assert sum(letter.to == address(who) for letter in lw.letters[told:]) <= 1, line
        after = kept(lw)
        mine = {p.id for p in lw.w.programme.tables.people.rows.values() if p.name.lower() == who}
        for kind in ("person", "pair", "participant", "meeting", "application", "case", "memo", "post", "subscription"):
            for key, record in after[kind].items():
                if before[kind].get(key) != record:
                    whose = getattr(record, "id" if kind == "person" else "person", None)
                    assert whose in mine, f"{line!r} in the name of {who} changed {record}"
                    assert kind in {"person", "participant"}, f"{line!r} in the name of {who} changed {record}"
            assert set(before[kind]) <= set(after[kind]), f"{line!r} in the name of {who} dropped a {kind}"


@pytest.mark.parametrize("line", sorted(example for example in EXAMPLES if "mod claim" not in example))
def test_a_bare_from_line_never_makes_a_verified_address(line: str) -> None:
    """Whatever a stranger's first mail says, the address it claims to be from is not proven by it."""
    lw = town()
    lw.mail("stranger", line, proven=False)

    found = lw.w.programme.tables.addresses.rows.get(address("stranger"))
    assert found is None or not found.verified


def test_an_unproven_applicant_can_write_to_nobody_else() -> None:
    """Somebody whose address is not proven yet cannot have a code sent to an address of their choice."""
    lw = town()
    lw.mail("eve", PROSE, proven=False)
    for line in ("link victim@example.org", "set name Dana", "ask haskell, I can give postgres", "leave"):
        found = lw.mail("eve", line, proven=False)
        assert {letter.to for letter in found} <= {address("eve")}, line
    assert lw.person("Eve").name == "Eve"
    assert not lw.w.programme.tables.codes.rows


def test_a_yes_in_a_chat_is_no_answer_to_a_forged_mail() -> None:
    """What a forged mail asks is asked by mail; a yes on IRC, meant for something else, does not do it."""
    lw = town()
    lw.mail("ana", "unlink irc", proven=False)
    chat(lw, "ana", "yes")
    assert "irc:test/ana" in lw.w.programme.tables.addresses.rows
    chat(lw, "ana", "leave")
    lw.mail("ana", "set name Mallory", proven=False)
    answer = chat(lw, "ana", "no")

    assert lw.person("ana").stage == "member"
    assert any("nothing is changed" in line for line in answer), answer


def test_a_forged_command_does_not_take_a_moderators_chat_away() -> None:
    """A code that a forged mail asked for does not stand between a moderator on IRC and the question they were asked."""
    lw = town()
    lw.w.make(Put(Address(NAME, address("dana"), lw.person("dana").id)))
    chat(lw, "dana", "unlink ana mail")
    lw.mail("dana", "accept A1", proven=False)
    chat(lw, "dana", "yes")

    assert address("ana") not in lw.w.programme.tables.addresses.rows
    assert lw.person("oto").stage == "submitted"


# ------------------------------------------------------------------------------- waiting for a proof


def question(letters: list[Letter], who: str) -> Letter:
    """The one letter somebody got."""
    (found,) = [letter for letter in letters if letter.to == address(who)]
    return found


@pytest.mark.parametrize(("who", "line"), [("chidi", "tell M12 something old"), ("fay", "accept A1")])
def test_what_waits_for_a_proof_is_forgotten(who: str, line: str) -> None:
    """A command that waits for a yes or a code waits as long as was said, and then does nothing any more."""
    lw = town()
    asked = question(lw.mail(who, line, proven=False), who)
    found = CODE.search(text_of([asked]))
    lw.w.pass_until(lw.w.now + timedelta(hours=73))
    late = lw.mail(who, found[1] if found else "yes", about=asked.about)

    assert not lw.to("mette", late)
    assert lw.person("oto").stage == "submitted"
    assert not [d for d in lw.w.programme.tables.dialogues.rows.values() if d.form in {"prove", "code by mail"}]
    assert not [c for c in lw.w.programme.tables.codes.rows.values() if c.purpose == "act"]


def test_all_commands_of_a_mail_wait_for_its_proof() -> None:
    """Several commands in a mail that may be forged: one yes, and all of them are done."""
    lw = town()
    asked = question(lw.mail("chidi", "rematch later\nmute 2d", proven=False), "chidi")
    lw.mail("chidi", "yes", about=asked.about)

    assert lw.person("chidi").rematch == "later"
    assert lw.person("chidi").muted_until is not None


def test_what_stands_below_a_command_with_a_code_is_done_too() -> None:
    """Two decisions in one mail: the code of the first one, then that of the second."""
    lw = town()
    add_applicant(lw.w, "ravi@mail", {})
    asked = question(lw.mail("fay", "accept A1\naccept A2"), "fay")
    for person in ("oto", "ravi"):
        code = CODE.search(text_of([asked]))
        assert code is not None, person
        lw.letters.clear()
        lw.mail("fay", code[1], about=asked.about)
        asked = question(lw.letters, "fay")
    assert [lw.w.programme.tables.applications.rows[n].decided_by for n in (1, 2)] == [lw.person("fay").id] * 2


def test_a_code_is_for_the_command_it_was_asked_for() -> None:
    """A code answers the letter it stood in; a later command has another one, and the first is void."""
    lw = town()
    first = question(lw.mail("fay", "accept A1"), "fay")
    code = CODE.search(text_of([first]))
    second = question(lw.mail("fay", "decline A1 no room"), "fay")
    assert code is not None
    lw.mail("fay", code[1], about=second.about)
    lw.mail("fay", code[1], about=first.about)

    assert lw.w.programme.tables.applications.rows[1].decided_by == 0
