"""The card of an hour: where messages can be changed, its clock is one message, said at the start and kept up to date.

It disturbs nobody and is never late: an old one that waits is replaced, and one that cannot leave in time is dropped.
What must be noticed (the swap, the end) is said besides, in words/meeting.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot.desk import Desk
from relaybot.model import Meeting, Person
from relaybot.nouns import hour, meetings, pairs, sessions
from relaybot.nouns.card_letters import FRESH, LAST, SHOWN, moved, readers, say
from relaybot.words import card as words

TIMER = "clock"
EVERY = timedelta(minutes=5)


def show(desk: Desk, meeting: Meeting) -> None:
    """Say how the clock of a running hour stands, and again every few minutes while it runs."""
    about = f"S{meeting.id}"
    if meeting.stage not in SHOWN or not readers(desk, desk.pairs[meeting.pair]):
        desk.cancel(TIMER, about)
        return
    say(desk, meeting, lambda zones: _text(desk, meeting, zones), FRESH)
    if meeting.ran_at is not None:
        desk.plan(TIMER, about, desk.now + EVERY)
    else:
        desk.cancel(TIMER, about)


def finish(desk: Desk, meeting: Meeting, at: datetime) -> None:
    """The last state of the card: the hour is over."""
    desk.cancel(TIMER, f"S{meeting.id}")
    say(desk, meeting, lambda zones: words.finished(meeting.id, at, zones), LAST)


def leave(desk: Desk, person: Person) -> None:
    """Somebody reads at another address from now on: the card they have in private ends where it stands."""
    for pair in pairs.of(desk, person):
        meeting = meetings.running(desk, pair)
        if meeting is not None:
            moved(desk, meeting, only=person)


def _text(desk: Desk, meeting: Meeting, zones: words.Zones) -> str:
    first, second = _people(desk, meeting)
    teacher, learner = (first, second) if meeting.stage == "first_half" else (second, first)
    subject = sessions.subject(teacher, learner)
    head = (
        words.head(meeting.id, teacher, learner, subject) if meeting.teachers else words.free(meeting.id, first, second)
    )
    if meeting.held_at is not None:
        return words.stopped(head)
    swap_at = meeting.swap_at if meeting.stage == "first_half" else None
    until = swap_at or hour.end(meeting)
    left = max(0, round((until - desk.now).total_seconds() / 60))
    return words.running(head, left, until, swaps=swap_at is not None, zones=zones)


def _people(desk: Desk, meeting: Meeting) -> tuple[Person, Person]:
    ids = meeting.teachers or tuple(p.id for p in pairs.people(desk, desk.pairs[meeting.pair]))
    return desk.people[ids[0]], desk.people[ids[1]]
