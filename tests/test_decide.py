"""The one door: who speaks, what is an answer and what a command, which question waits, which timer still counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relaybot import forms
from relaybot.decide import decide
from relaybot.desk import Desk
from relaybot.events import Due
from relaybot.model import Dialogue, Drop, Person, Put, Timer
from tests.play import NAME, World, add_member, add_pair, add_person, world

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def town() -> World:
    """Dana moderates; Ana and Bram are a pair."""
    w = world(START)
    add_person(w, "dana", moderator=True)
    for name in ("ana", "bram"):
        add_member(w, name, {})
    add_pair(w, 12, "ana", "bram", "trial")
    return w


def person(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def open_forms(w: World, name: str) -> list[str]:
    """Forms whose question somebody is asked now."""
    mine = [d for d in w.programme.tables.dialogues.rows.values() if d.person == person(w, name).id]
    return sorted(d.form for d in mine if d.asked_at is not None and not d.kept)


def heard(w: World, name: str) -> list[str]:
    """What somebody was told since this was asked last."""
    lines = [line for to, line in w.said if to == name]
    w.said.clear()
    return lines


def begin(w: World, name: str, form: str, about: str = "") -> Dialogue:
    """The programme asks something."""
    desk = Desk(w.programme, w.moment())
    made = forms.begin(desk, desk.people[person(w, name).id], form, about)
    w.make(*desk.changes())
    w.deliver()
    return made


@pytest.mark.parametrize(
    "said", ["thanks, kubernetes", "learn rust", "tell stories", "pair programming", "no idea yet", "swap", "go"]
)
def test_while_words_are_asked_for_almost_everything_is_the_answer(said: str) -> None:
    """In a free question a line that happens to be a command is still the answer; nobody is asked what they meant."""
    w = town()
    for line in ("join", "yes"):
        w.say("eve", line)
    heard(w, "eve")
    w.say("eve", said)

    assert heard(w, "eve")[-1].startswith("2/6 ")
    answers = dict(next(d for d in w.programme.tables.dialogues.rows.values() if d.form == "join").answers)
    assert answers["learn"]


@pytest.mark.parametrize("said", ["help", "status", "rules", "moderator I need a person", "!profile"])
def test_the_words_that_always_help_are_commands_even_then(said: str) -> None:
    """Help, status, rules and moderator are never taken for an answer, nor anything that begins with `!`."""
    w = town()
    for line in ("join", "yes"):
        w.say("eve", line)
    heard(w, "eve")
    w.say("eve", said)

    assert not any(line.startswith("2/6 ") for line in heard(w, "eve"))
    assert (
        dict(next(d for d in w.programme.tables.dialogues.rows.values() if d.form == "join").answers).get("learn")
        is None
    )


@pytest.mark.parametrize("leaving", ["stop", "later"])
def test_a_new_question_waits_for_the_end_of_the_open_one(leaving: str) -> None:
    """In the middle of a question nobody is asked another one; it comes when the first is over, also when it is kept for later."""
    w = town()
    w.say("ana", "set must-language spanish")
    assert open_forms(w, "ana") == ["must-language"]
    heard(w, "ana")
    begin(w, "ana", "fit", "M12")
    assert heard(w, "ana") == []
    assert open_forms(w, "ana") == ["must-language"]
    w.say("ana", leaving)

    assert open_forms(w, "ana") == ["fit"]
    assert any("How was it with bram?" in line for line in heard(w, "ana"))


def test_an_address_that_was_not_confirmed_speaks_for_nobody() -> None:
    """Who writes from an address that somebody only named is a stranger: nothing of that person is shown or changed."""
    w = town()
    address = w.programme.tables.addresses.rows["irc:test/ana"]
    w.make(Put(replace(address, verified=False)))
    w.say("ana", "profile")

    assert not any("kubernetes" in line for _, line in w.said)


def test_a_timer_that_was_moved_or_taken_back_does_not_fire() -> None:
    """A due event that was on its way when its timer changed has no effect."""
    w = town()
    old = Timer(NAME, "fit 0", "M12", START)
    assert decide(w.programme, Due(old), w.moment()) == ()
    w.make(Put(replace(old, due=START + timedelta(hours=1))))
    assert decide(w.programme, Due(old), w.moment()) == ()
    w.make(Put(old))
    fired = decide(w.programme, Due(old), w.moment())
    assert Drop(old) in fired
    assert len(fired) > 1
