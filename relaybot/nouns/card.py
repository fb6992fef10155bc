"""The card of an hour: where messages can be changed, its clock is one message, said at the start and kept up to date.

It disturbs nobody and is never late: an old one that waits is replaced, and one that cannot leave in time is dropped.
What must be noticed (the swap, the end) is said besides, in words/meeting.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot.desk import Desk
from relaybot.model import Meeting, Pair, Person, Urgency
from relaybot.nouns import hour, pairs, people, sessions
from relaybot.words import card as words

TIMER = "clock"
EVERY = timedelta(minutes=5)
FRESH = timedelta(minutes=4)  # after that the next one is nearer than this one
LAST = timedelta(minutes=30)  # the last state replaces one that would be wrong for ever


def show(desk: Desk, meeting: Meeting) -> None:
    """Say how the clock of a running hour stands, and again every few minutes while it runs."""
    about = f"S{meeting.id}"
    if meeting.stage not in {"first_half", "second_half"} or not _readers(desk, meeting):
        desk.cancel(TIMER, about)
        return
    _say(desk, meeting, lambda zones: _text(desk, meeting, zones), FRESH)
    if meeting.ran_at is not None:
        desk.plan(TIMER, about, desk.now + EVERY)
    else:
        desk.cancel(TIMER, about)


def finish(desk: Desk, meeting: Meeting, at: datetime) -> None:
    """The last state of the card: the hour is over."""
    desk.cancel(TIMER, f"S{meeting.id}")
    _say(desk, meeting, lambda zones: words.finished(meeting.id, at, zones), LAST)


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


def _readers(desk: Desk, meeting: Meeting) -> list[tuple[str, Person | None]]:
    """Where the card stands: in their place (no person), or with each of them who lives where messages can be changed."""
    pair: Pair = desk.pairs[meeting.pair]
    if pair.place:
        return [(pair.place, None)] if _edits(desk, pair.place) else []
    return [(person.home, person) for person in pairs.people(desk, pair) if _edits(desk, person.home)]


def _edits(desk: Desk, address: str) -> bool:
    network = desk.network(address)
    return network is not None and network.edits


def _say(desk: Desk, meeting: Meeting, text: words.Text, lasts: timedelta) -> None:
    name, until = f"clock S{meeting.id}", desk.now + lasts
    pair = desk.pairs[meeting.pair]
    for to, person in _readers(desk, meeting):
        for letter in desk.letters.where("card", name):
            if letter.to == to and letter.tried_at is None:
                desk.drop(letter)
        if person is None:
            line = text(sessions.zones(desk, pair))
            desk.post(to, line, urgency=Urgency.AMBIENT, expires_at=until, card=name)
        else:
            line = text([people.zone(person)])
            desk.tell(person, line, urgency=Urgency.AMBIENT, expires_at=until, to=to, card=name)
