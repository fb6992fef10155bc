"""Soundness: the invariants checked on whatever a decision touched, before it is written.

The polite check is in the command; this is the gate behind it. It looks only at changed records, so
its cost does not grow with the programme. A sentence means the decision is not sound.
"""

from __future__ import annotations

from relaybot.desk import Desk
from relaybot.model import Letter, Meeting, Pair, Participant, Person
from relaybot.nouns import applications, correspondence, dates, farewell, merging, offers, posts, relay, rounds, team
from relaybot.nouns.people import active_pairs
from relaybot.rules import ACTIVE_PAIRS, LIFECYCLES, OPEN_PAIRS


def unsound(desk: Desk) -> str:
    """The first broken invariant among the changed records, in words; "" when all is well."""
    return (
        _people(desk)
        or _pairs(desk)
        or _stages(desk)
        or _meetings([m for m in desk.meetings.changed.values() if m is not None])
        or _letters(desk, [x for x in desk.letters.changed.values() if x is not None])
        or offers.unsound(desk)
        or applications.unsound(desk)
        or team.unsound(desk)
        or relay.unsound(desk)
        or farewell.unsound(desk)
        or merging.unsound(desk)
        or posts.unsound(desk)
        or correspondence.unsound(desk)
        or dates.unsound(desk)
        or rounds.unsound(desk)
    )


def _stages(desk: Desk) -> str:
    for kind in ("application", "pair", "meeting", "case", "person"):
        for record in desk.views[kind].changed.values():
            if record is not None and record.stage not in LIFECYCLES[kind]:
                return f"{kind} {record.key} is at {record.stage!r}, which is no stage"
    return ""


def _people(desk: Desk) -> str:
    for person in desk.people.changed.values():
        if person is None:
            continue
        if person.waiting_since is not None and person.stage != "member":
            return f"person {person.id} waits without being a member"
    return ""


def _pairs(desk: Desk) -> str:
    touched: dict[int, Pair] = {p.id: p for p in desk.pairs.changed.values() if p is not None}
    for side in desk.participants.changed.values():
        if isinstance(side, Participant):
            pair = desk.pairs.get(side.pair)
            if pair is None:
                return f"participant of M{side.pair}, which does not exist"
            touched[pair.id] = pair
    for pair in touched.values():
        problem = _pair(desk, pair)
        if problem:
            return problem
    return ""


def _pair(desk: Desk, pair: Pair) -> str:
    sides = desk.participants.where("pair", pair.id)
    if pair.stage in OPEN_PAIRS and len({side.person for side in sides}) < 2:
        return f"M{pair.id} is open without two different people"
    if pair.stage not in ACTIVE_PAIRS:
        return ""
    for side in sides:
        person: Person = desk.people[side.person]
        if side.answer != "yes":
            return f"M{pair.id} is {pair.stage} though {person.id} has not said yes"
        if person.stage != "member":
            return f"M{pair.id} is {pair.stage} though {person.id} is {person.stage}"
        if active_pairs(desk, person) > desk.policy.cap:
            return f"person {person.id} has more partners than the limit of {desk.policy.cap}"
    return ""


def _meetings(changed: list[Meeting]) -> str:
    for meeting in changed:
        if meeting.stage in {"first_half", "second_half"} and (meeting.ends_at is None or meeting.began_at is None):
            return f"S{meeting.id} runs without a beginning or an end"
        if min(meeting.taught) < 0:
            return f"S{meeting.id} counts less than nothing for one direction"
        if meeting.ran_at is not None and meeting.stage not in {"first_half", "second_half"}:
            return f"the clock of S{meeting.id} runs though it is {meeting.stage}"
        if meeting.stage == "second_half" and meeting.swap_at is None:
            return f"S{meeting.id} is in its second half without a swap"
    return ""


def _applies(desk: Desk, letter: Letter) -> bool:
    """Whoever begins an application by mail is answered where they wrote from; the reply proves the address."""
    person = desk.people.get(letter.person)
    return person is not None and person.home == letter.to and person.stage in {"guest", "applying"}


def _letters(desk: Desk, changed: list[Letter]) -> str:
    for letter in changed:
        if letter.person:
            address = desk.addresses.get(letter.to)
            if address is None or address.person != letter.person or not (address.verified or _applies(desk, letter)):
                return f"a private letter for person {letter.person} would go to an address that is not theirs"
    return ""
