"""The moderators' team: who joins it, who leaves it, what they hold, and that members are never without a moderator."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b

from relaybot.desk import Desk
from relaybot.model import Address, Application, Case, Pair, Person, Tally
from relaybot.nouns import applications, people

# Whoever is at one of these counts on a moderator being there.
NEED_MODERATORS = ("member", "submitted", "applying")


def join(desk: Desk, person: Person, line: str) -> Person:
    """Somebody moderates from now on; the team reads `line`, and they are invited to its place."""
    person = desk.change(desk.people[person.id], moderator=True)
    desk.cancel("guest-forgotten", f"person {person.id}")
    here = people.addresses(desk, person)
    for name, network in desk.policy.networks.items():
        if network.moderators:
            desk.post(network.moderators, line, invite=[a for a in here if a.partition("/")[0] == name])
    return person


def resign(desk: Desk, person: Person) -> Person:
    """Somebody moderates no more: what they held has nobody, and the clocks for that begin."""
    person = desk.change(desk.people[person.id], moderator=False)
    for case in held_cases(desk, person):
        desk.change(case, holder=0)
        desk.plan("case-unheld", f"H{case.id}", desk.now + timedelta(hours=desk.policy.cases.operator_hours))
    for application in held_applications(desk, person):
        desk.change(application, holder=0)
    for dialogue in desk.dialogues.where("person", person.id):
        if dialogue.place:
            desk.drop(dialogue)
    if person.stage == "guest":
        applications.forget_soon(desk, person)
    return person


def held_cases(desk: Desk, person: Person) -> list[Case]:
    """Open cases they are on."""
    return [c for c in desk.cases.where("open", True) if c.holder == person.id]


def held_applications(desk: Desk, person: Person) -> list[Application]:
    """Open applications they are on."""
    return [a for a in desk.applications.where("open", True) if a.holder == person.id]


def drafted(desk: Desk, person: Person) -> list[Pair]:
    """Pairs of theirs that have not gone out."""
    return [p for p in desk.pairs.where("stage", "drafted") if p.drafted_by == person.id]


def alone(desk: Desk, person: Person) -> bool:
    """Whether people would be left without a moderator if this one went."""
    others = [m for m in people.moderators(desk) if m.id != person.id]
    return person.moderator and not others and _needed(desk, person.id)


def _needed(desk: Desk, but: int) -> bool:
    """Whether somebody else counts on a moderator; counted, not looked at, because there may be very many."""
    person = desk.people.get(but)
    own = 1 if person is not None and person.stage in NEED_MODERATORS else 0
    return sum(desk.people.count("stage", stage) for stage in NEED_MODERATORS) > own


def place_of(desk: Desk, person: Person) -> str:
    """The name of the moderators' place where the person is; "" when there is none."""
    network = desk.network(person.home)
    return network.moderators.partition("/")[2] if network is not None else ""


def newcomer(desk: Desk, address: str) -> Person:
    """A record for somebody a moderator named by their account; the network vouches for it as soon as they speak."""
    name = address.partition("/")[2][: desk.policy.limits.name_chars]
    person = Person(desk.name, desk.number("person"), name, home=address, since=desk.now)
    desk.put(person)
    desk.put(Address(desk.name, address, person.id))
    return person


# ---------------------------------------------------------------------------------- guesses at a code


def _tries_name(address: str) -> str:
    """What counts the wrong codes of an address, without keeping the address."""
    return blake2b(address.encode(), digest_size=8, person=b"relaybot-claim").hexdigest()


def tries(desk: Desk, address: str) -> int:
    """Wrong codes from this address lately."""
    tally = desk.tallies.get(f"claim {_tries_name(address)}")
    return tally.value if tally is not None else 0


def wrong_code(desk: Desk, address: str) -> None:
    """Remember one more; they are forgotten an hour after the first."""
    name = _tries_name(address)
    if not tries(desk, address):
        desk.plan("claim-tries", name, desk.now + timedelta(hours=1))
    desk.put(Tally(desk.name, f"claim {name}", tries(desk, address) + 1))


def forget_tries(desk: Desk, name: str) -> None:
    """The hour is over."""
    tally = desk.tallies.get(f"claim {name}")
    if tally is not None:
        desk.drop(tally)


# ------------------------------------------------------------------------------------------- soundness


def unsound(desk: Desk) -> str:
    """Invariant 14: whoever took the last moderator away while people count on one."""
    before = desk.programme.tables.people.rows
    for key, person in desk.people.changed.items():
        was = before.get(key)
        if (
            was is not None
            and was.moderator
            and (person is None or not person.moderator)
            and not people.moderators(desk)
        ):
            if _needed(desk, was.id):
                return "the last moderator is gone while there are members"
            return ""
    return ""
