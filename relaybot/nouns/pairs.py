"""Pairs: who is in one, who is the partner, where the two talk, and how a pair ends.

A pair's words go to its own place when both live on one network that can give it one, else to each
partner in private: the pair lives above the media.
"""

from __future__ import annotations

from datetime import datetime

from relaybot.commands import Call
from relaybot.desk import Desk
from relaybot.model import Pair, Participant, Person, Urgency
from relaybot.nouns import meetings
from relaybot.nouns.people import start_waiting
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS, OPEN_PAIRS, step
from relaybot.words import pairs as words


def sides(desk: Desk, pair: Pair) -> list[Participant]:
    """The participants, in the order they are asked."""
    return sorted(desk.participants.where("pair", pair.id), key=lambda side: side.order)


def people(desk: Desk, pair: Pair) -> list[Person]:
    """The people of a pair, in the order they are asked."""
    return [desk.people[side.person] for side in sides(desk, pair)]


def partner(desk: Desk, pair: Pair, person: Person) -> Person:
    """The other one."""
    return next(other for other in people(desk, pair) if other.id != person.id)


def side(desk: Desk, pair: Pair, person: Person) -> Participant | None:
    """One person's side of a pair; None for outsiders."""
    return desk.participants.get((pair.id, person.id))


def of(desk: Desk, person: Person, stages: frozenset[str] = ACTIVE_PAIRS) -> list[Pair]:
    """The person's pairs in these stages (default: those that count against the cap), oldest first."""
    found = [desk.pairs[s.pair] for s in desk.participants.where("person", person.id)]
    return sorted((p for p in found if p.stage in stages), key=lambda p: p.id)


def mine(desk: Desk, call: Call, stages: frozenset[str] = ACTIVE_PAIRS) -> Pair:
    """The pair a member means: by id (only their own), or their only one; raises Refused."""
    number = call.number("pair")
    own = of(desk, call.me, stages)
    if number:
        for pair in own:
            if pair.id == number:
                return pair
        raise Refused(words.not_yours(number))
    if not own:
        raise Refused(words.no_partner())
    if len(own) > 1:
        raise Refused(words.which([pair.id for pair in own]))
    return own[0]


def known(desk: Desk, number: int) -> Pair:
    """A pair by number, for moderators; raises Refused."""
    pair = desk.pairs.get(number)
    if pair is None:
        raise Refused(words.no_such(number))
    return pair


def common_place(desk: Desk, pair: Pair) -> str:
    """Address of a place of their own for two people on the same network; "" when there is none."""
    networks = {person.home.partition("/")[0] for person in people(desk, pair)}
    if len(networks) != 1:
        return ""
    name = networks.pop()
    network = desk.policy.networks.get(name)
    return f"{name}/#{desk.name}-m{pair.id}" if network is not None and network.pair_places else ""


def say(
    desk: Desk, pair: Pair, *lines: str, urgency: Urgency = Urgency.URGENT, expires_at: datetime | None = None, claim: str = ""
) -> None:
    """Write to both at once: in their place, or to each in private. Everything said here both may read."""
    if pair.place:
        desk.post(pair.place, *lines, urgency=urgency, expires_at=expires_at, claim=claim)
        return
    for person in people(desk, pair):
        desk.tell(person, *lines, urgency=urgency, expires_at=expires_at, claim=claim)


def move(desk: Desk, pair: Pair, verb: str) -> Pair:
    """One step of the lifecycle."""
    return desk.change(pair, stage=step("pair", pair.stage, verb))


def stop_hours(desk: Desk, pair: Pair) -> None:
    """Call off every hour that has not ended and take back the pair's timers."""
    for meeting in desk.meetings.where("pair", pair.id):
        meetings.call_off(desk, meeting)
    desk.cancel_all(f"M{pair.id}")


def back_to_waiting(desk: Desk, person: Person, *, front: bool) -> None:
    """After an offer or a pair came to nothing: into the waiting list again, unless they are in another offer."""
    if not of(desk, person, OPEN_PAIRS - {"ending"}):
        start_waiting(desk, person, front=front)
