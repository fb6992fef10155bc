"""The gate behind every decision: what a bug could write is refused before it is written, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relaybot.desk import Desk
from relaybot.model import Letter, Meeting, Participant, Person, Urgency
from relaybot.nouns import people
from relaybot.nouns.soundness import unsound
from tests.play import NAME, add_member, add_pair, add_person, world

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def a_desk() -> Desk:
    """Dana moderates; Ana and Bram are a pair, Lupe waits."""
    w = world(START)
    add_person(w, "dana", moderator=True)
    for name in ("ana", "bram", "lupe"):
        add_member(w, name, {})
    add_pair(w, 12, "ana", "bram", "trial")
    return Desk(w.programme, w.moment())


def named(desk: Desk, name: str) -> Person:
    """Somebody by name."""
    return desk.people.where("name", name)[0]


def _no_moderator(desk: Desk) -> None:
    desk.change(named(desk, "dana"), moderator=False)


def _no_yes(desk: Desk) -> None:
    desk.change(desk.participants[(12, named(desk, "ana").id)], answer="")


def _no_member(desk: Desk) -> None:
    desk.change(named(desk, "ana"), stage="left")
    desk.change(desk.pairs[12], note="x")


def _waits_outside(desk: Desk) -> None:
    desk.change(named(desk, "lupe"), stage="left")


def _alone(desk: Desk) -> None:
    desk.drop(desk.participants[(12, named(desk, "ana").id)])
    desk.change(desk.pairs[12], note="x")


def _too_many(desk: Desk) -> None:
    desk.put(replace(desk.pairs[12], id=13))
    for order, name in enumerate(("ana", "lupe")):
        desk.put(Participant(NAME, 13, named(desk, name).id, order, "yes"))


def _no_stage(desk: Desk) -> None:
    desk.change(desk.pairs[12], stage="married")


def _no_end(desk: Desk) -> None:
    desk.put(Meeting(NAME, 1, 12, "first_half", START, 60))


def _wrong_address(desk: Desk) -> None:
    desk.put(Letter(NAME, 1, named(desk, "bram").home, ("hi",), Urgency.PERSONAL, START, person=named(desk, "ana").id))


@pytest.mark.parametrize(
    ("bug", "said"),
    [
        (_no_moderator, "moderat"),
        (_no_yes, "has not said yes"),
        (_no_member, "is left"),
        (_waits_outside, "waits without being a member"),
        (_alone, "without two different people"),
        (_too_many, "more partners than the limit"),
        (_no_stage, "no stage"),
        (_no_end, "without a beginning or an end"),
        (_wrong_address, "not theirs"),
    ],
)
def test_a_bug_does_not_get_through(bug: Callable[[Desk], None], said: str) -> None:
    """Each of these would break an invariant, and the gate says which."""
    desk = a_desk()
    assert unsound(desk) == ""
    bug(desk)

    assert said in unsound(desk)


def test_a_promise_never_gets_worse() -> None:
    """Whoever was told a day and begins to wait again keeps the earlier day."""
    desk = a_desk()
    lupe = desk.change(named(desk, "lupe"), promise=START + timedelta(days=3), waiting_since=None)
    assert people.start_waiting(desk, lupe).promise == START + timedelta(days=3)
    late = desk.change(named(desk, "lupe"), promise=START - timedelta(days=3), waiting_since=None)
    assert people.start_waiting(desk, late).promise == START + timedelta(days=desk.policy.consent.search_days)
