"""Pauses: somebody is away until a day; what stops, who is told what, and how it begins again.

A partner learns that they are away and until when, nothing more. What was planned for the pair in that
time moves behind it, hours in it are off, an open offer is withdrawn like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from relaybot import forms, times
from relaybot.desk import Desk
from relaybot.model import Pair, Person
from relaybot.nouns import meetings, offers, pairs, people, relay
from relaybot.rules import RUNNING_MEETINGS
from relaybot.words import resting as words


@dataclass
class Begun:
    """What a pause did, for whoever tells it."""

    partners: list[str] = field(default_factory=list)
    off: list[datetime] = field(default_factory=list)
    withdrawn: int = 0  # the offer that was open


def begin(desk: Desk, person: Person, until: datetime) -> Begun:
    """Somebody is away until then (again: until another day)."""
    done = Begun()
    before = person.paused_until if people.paused(desk, person) else None
    person = offers.pause(desk, person, until)
    desk.cancel("nudge looking", f"person {person.id}")  # planned anew when they are back
    plan(desk, person)
    offer = pairs.open_offer(desk, person)
    if offer is not None and offer.stage in pairs.OFFER_STAGES:
        done.withdrawn = offer.id if _knows(desk, offer, person) else 0
        pairs.drop_offer(desk, offer, "withdraw", by=person)
        said = words.team_withdrawn(offer.id, person.name, until, people.zone(person), desk.now)
        offers.tell_moderators(desk, offer, said)
    for pair in pairs.of(desk, person):
        partner = pairs.partner(desk, pair, person)
        off = _call_off(desk, pair, until)
        _move_timers(desk, pair, person, until, before or desk.now)
        desk.change(desk.pairs[pair.id], paused_by=person.id)
        done.partners.append(partner.name)
        done.off.extend(off)
        if not people.paused(desk, partner):
            day = times.show_day(until, people.zone(person), desk.now)
            desk.tell(partner, words.away(person.name, day, off, people.zone(partner)))
    return done


def _knows(desk: Desk, pair: Pair, person: Person) -> bool:
    """Whether the person has been asked: of an offer that has not left nothing is said."""
    side = pairs.side(desk, pair, person)
    return side is not None and side.asked_at is not None


def plan(desk: Desk, person: Person) -> None:
    """The day on which the pause is over, in waking hours."""
    if person.paused_until is not None:
        desk.plan("pause-over", f"person {person.id}", people.waking(desk, person, person.paused_until))


def _call_off(desk: Desk, pair: Pair, until: datetime) -> list[datetime]:
    """Hours within the pause are off; one that runs now goes on. Nobody is asked for times meanwhile."""
    off: list[datetime] = []
    for meeting in meetings.of(desk, pair):
        if meeting.starts_at < until and meeting.stage not in RUNNING_MEETINGS:
            meetings.call_off(desk, meeting)
            off.append(meeting.starts_at)
    for side in pairs.sides(desk, pair):
        if side.times:
            desk.change(side, times=())
        forms.forget(desk, desk.people[side.person], f"M{pair.id}", *meetings.TIME_FORMS)
    return off


def _move_timers(desk: Desk, pair: Pair, person: Person, until: datetime, since: datetime) -> None:
    """What would happen to the pair by itself waits as long as the pause lasts; no reminders to whoever is away."""
    longer = until - since
    for timer in desk.timers.where("about", f"M{pair.id}"):
        desk.plan(timer.name, timer.about, max(timer.due + longer, until))
    number = [p.id for p in pairs.people(desk, pair)].index(person.id)
    for meeting in meetings.of(desk, pair):
        remind = desk.timers.get((f"remind {number}", f"S{meeting.id}"))
        if remind is not None and remind.due < until:
            desk.drop(remind)


def end(desk: Desk, person: Person, *, early: bool = False) -> tuple[str, ...]:
    """The pause is over: their place in the list, their partner's words, and what is next, as lines for them."""
    desk.cancel("pause-over", f"person {person.id}")
    person = desk.change(person, paused_until=None)
    zone = people.zone(person)
    hours: list[tuple[str, datetime]] = []
    without: list[tuple[str, int]] = []
    for pair in pairs.of(desk, person):
        partner = pairs.partner(desk, pair, person)
        coming = meetings.upcoming(desk, pair)
        if coming is not None:
            hours.append((partner.name, coming.starts_at))
        elif meetings.running(desk, pair) is None:
            without.append((partner.name, pair.id))
        if pair.paused_by == person.id:
            desk.change(desk.pairs[pair.id], paused_by=0)
        if early and not people.paused(desk, partner):
            desk.tell(partner, words.is_back(person.name))
    lines = [words.welcome_back(hours, without, zone, desk.now)]
    if person.waiting_since is not None:
        person = people.start_waiting(desk, person)
        lines.append(words.waits_again(person.promise, zone, desk.now))
    return tuple(lines)


def over(desk: Desk, person: Person) -> None:
    """The day has come."""
    lines = end(desk, person)
    relay.release(desk, desk.people[person.id])
    desk.tell(desk.people[person.id], *lines)
