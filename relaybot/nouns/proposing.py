"""Proposing an hour and agreeing on one, with what both are told; used wherever a person names a time.

What is outside somebody's free hours or in their quiet hours is fine, and said: to the one it concerns
(free hours are nobody else's business), the quiet hours also to the one who proposes.
"""

from __future__ import annotations

from datetime import datetime

from relaybot import times
from relaybot.desk import Desk
from relaybot.model import Pair, Person
from relaybot.nouns import dates, pairs, people, sessions
from relaybot.words import scheduling as words


def settle(desk: Desk, pair: Pair, at: datetime, by: Person) -> None:
    """Both named the same moment."""
    clash = sessions.clash(desk, by, at, sessions.minutes(desk, pair))
    if clash is not None:
        desk.tell(by, words.partner_busy(times.show(at, people.zone(by))))
        return
    meeting = sessions.agree(desk, pair, at, by.id)
    for person in pairs.people(desk, pair):
        if not dates.by_letter(desk, person):  # the letter with the dates says it
            desk.tell(person, words.agreed(meeting, sessions.zones(desk, pair, person)))


def offer(desk: Desk, pair: Pair, person: Person, at: datetime) -> None:
    """Ask the partner, unless the partner has named that moment already."""
    partner = pairs.partner(desk, pair, person)
    if at in sessions.open_times(desk, pair, partner):
        settle(desk, pair, at, person)
        return
    night = (
        times.waking(at, people.zone(partner), desk.policy.quiet) > at
    )  # not the partner's own setting: that is private
    remarks = [
        words.your_quiet_hours(partner) if night else "",
        words.outside_yours() if not within(person, at) else "",
        *(
            words.theirs_open(partner, times.show(t, people.zone(person)))
            for t in sessions.open_times(desk, pair, partner)[:1]
        ),
    ]
    desk.tell(person, words.proposed(at, partner, sessions.zones(desk, pair, person), [r for r in remarks if r]))
    sessions.propose(desk, pair, person, at)


def within(person: Person, at: datetime) -> bool:
    """Whether a moment is in the hours a person gave; nobody else is told."""
    local = times.local(at, people.zone(person))
    minute = local.hour * 60 + local.minute
    return not person.free or any(w.weekday == local.weekday() and w.start <= minute < w.end for w in person.free)
