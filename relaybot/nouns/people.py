"""People: who spoke, who is meant, who moderates, who waits, and how often they may be written to.

Unasked messages (news, recalls) are timers named "nudge ...": when one is due and the person may be
written to, everything else that is nearly due for them is said in the same message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from relaybot import times
from relaybot.commands import Call, on_timer
from relaybot.desk import Desk
from relaybot.model import Address, Message, Pair, Person, Style, Urgency
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS, step
from relaybot.tables import fold
from relaybot.words import people as words
from relaybot.words.subjects import for_moderators, under

# ------------------------------------------------------------------------------------------ who is who

NAME_CHARS = 40
_NO_NAME = re.compile(
    r"[@/:<>\\]|\w\.\w|\d{4}"
)  # an address, a link, a telephone number: who mails may write anything there


def newcomer(desk: Desk, message: Message, *, verified: bool = True) -> Person:
    """A record for someone who has none, at the address they spoke from (which the network vouches for if `verified`)."""
    person = Person(desk.name, desk.number("person"), called(message), home=message.sender, since=desk.now)
    desk.put(person)
    desk.put(Address(desk.name, message.sender, person.id, verified))
    return person


def called(message: Message) -> str:
    """What somebody unknown is called: the name shown, unless a letter's says something else than a name."""
    if message.style is not Style.LETTER:
        return message.name[:60]
    shown = " ".join(printable(message.name).split())
    if shown and len(shown) <= NAME_CHARS and not _NO_NAME.search(shown):
        return shown
    return message.sender.partition("/")[2].partition("@")[0][:NAME_CHARS]


def by_address(desk: Desk, address: str) -> Person | None:
    """The person a verified address belongs to."""
    found = desk.addresses.get(address)
    return desk.people.get(found.person) if found is not None and found.verified else None


def find(desk: Desk, text: str) -> Person:
    """The one person meant by a name, an address or "person 4"; raises Refused, naming the choices when there are several."""
    said = text.strip()
    exact = by_address(desk, said)
    if exact is not None:
        return exact
    number = said.lower().removeprefix("#")
    if said.startswith("#") and number.isascii() and number.isdigit() and len(number) < 12:
        person = desk.people.get(int(number))
        if person is not None and person.stage != "removed":
            return person
    hits = [p for p in desk.people.where("name", fold(said)) if p.stage not in {"left", "removed"} or p.moderator]
    if len(hits) == 1:
        return hits[0]
    if not hits:
        raise Refused(words.nobody(said))
    raise Refused(words.several(said, [(p, addresses(desk, p)) for p in hits]))


def journal_name(desk: Desk, said: str) -> str:
    """How the journal names what somebody means: "M12" for an object, "person 4" for a person, "" for nothing known."""
    if re.fullmatch(r"[AMSHPamshp][0-9]{1,10}", said):
        return said.upper()
    try:
        return f"person {find(desk, said).id}"
    except Refused:
        return ""


def addresses(desk: Desk, person: Person) -> list[str]:
    """The person's verified addresses, the one they like best first."""
    found = [a.address for a in desk.addresses.where("person", person.id) if a.verified]
    return sorted(found, key=lambda address: (address != person.home, address)) if len(found) > 1 else found


def address_on(desk: Desk, person: Person, network: str) -> str:
    """The person's verified address on a network, the one they like best if it is there; "" when there is none."""
    found = [a for a in addresses(desk, person) if a.partition("/")[0] == network]
    return person.home if person.home in found else next(iter(found), "")


def printable(text: str) -> str:
    """Words without what cannot be shown; joiners stay, because words of many scripts are not words without them."""
    return "".join(sign if sign.isprintable() or sign in "\u200c\u200d" else " " for sign in text)


def zone(person: Person) -> str:
    """The person's zone; UTC while unknown."""
    return person.zone or "UTC"


# ---------------------------------------------------------------------------------------- moderators

_FIRST_ID = re.compile(r"\b[AMSHP][0-9]{1,10}\b")  # what a line to the moderators is about


def moderators(desk: Desk, hidden_from: Iterable[int] = ()) -> list[Person]:
    """All moderators, without those whom a matter concerns."""
    hidden = set(hidden_from)
    return [p for p in desk.people.where("moderator", True) if p.id not in hidden]


def tell_team(
    desk: Desk, *lines: str, hidden_from: Iterable[int] = (), urgency: Urgency = Urgency.PERSONAL, about: str = ""
) -> None:
    """Write to the moderators: in their place, or to each alone when it concerns one of them or they have none.

    `hidden_from` may name anybody a matter concerns; `about` is the object, e.g. "A17": what is said of it in their place can be kept together.
    """
    hidden = set(hidden_from)
    places = [n.moderators for n in desk.policy.networks.values() if n.moderators]
    concerned = [p for p in moderators(desk) if p.id in hidden]
    if places and not concerned:
        for place in places:
            desk.post(place, *lines, urgency=urgency, about=about)
    named = _FIRST_ID.search(" ".join(lines))
    for moderator in moderators(desk, hidden):
        if not places or concerned or not _reads_place(desk, moderator):
            own = about or (named[0] if named else "")
            desk.tell(moderator, *under(for_moderators(own), lines), urgency=urgency, about=own)


def tell_others(desk: Desk, call: Call, line: str, *, hidden_from: Iterable[int] = ()) -> None:
    """What a moderator did in private the others learn; done in the moderators' place, they have seen it."""
    if not call.team:
        tell_team(desk, line, hidden_from=hidden_from, about=call.object_id())


def _reads_place(desk: Desk, moderator: Person) -> bool:
    """Whether one of a moderator's addresses is on a network where the moderators have a place."""
    if (network := desk.network(moderator.home)) is not None and network.moderators:
        return True
    return any((n := desk.network(address)) is not None and n.moderators for address in addresses(desk, moderator))


def let_in(desk: Desk, address: str) -> None:
    """Invite a moderator into the moderators' place of the network they are on, where relaybot keeps its door."""
    network = desk.network(address)
    if network is not None and network.invites and network.moderators:
        desk.post(network.moderators, urgency=Urgency.AMBIENT, invite=(address,))


# ------------------------------------------------------------------------------------------- waiting


def active_pairs(desk: Desk, person: Person) -> int:
    """How many partners the person has now, for all they know."""
    mine = [desk.pairs[side.pair] for side in desk.participants.where("person", person.id)]
    return sum(1 for pair in mine if pair.stage in ACTIVE_PAIRS or _ends_untold(pair, person))


def _ends_untold(pair: Pair, person: Person) -> bool:
    """Whether the other one left and this one has not been told: nothing may look as if there were no partner."""
    return pair.stage == "ending" and pair.told_by == "moderator" and pair.ended_by != person.id


def start_waiting(desk: Desk, person: Person, *, front: bool = False) -> Person:
    """Put a member into the waiting list (first in it with `front`), unless their limit is reached or they don't want to."""
    full = active_pairs(desk, person) >= desk.policy.cap
    if person.stage != "member" or person.rematch != "yes" or full:
        return stop_waiting(desk, person)
    promise = desk.now + timedelta(days=desk.policy.consent.search_days)
    if person.promise is not None and desk.now < person.promise < promise:
        promise = person.promise
    changed = desk.change(
        person, waiting_since=person.waiting_since or desk.now, front=front or person.front, promise=promise
    )
    news_at = promise - timedelta(hours=desk.policy.promise.nudge_hours)  # in time, also when it falls into the night
    looking_at = desk.now + timedelta(days=desk.policy.reach.looking_days)
    nudge(desk, changed, "looking", min(looking_at, news_at if news_at > desk.now else promise))
    return changed


def stop_waiting(desk: Desk, person: Person) -> Person:
    """Take a person out of the waiting list."""
    if person.waiting_since is None:
        return person
    desk.cancel("nudge looking", f"person {person.id}")
    return desk.change(person, waiting_since=None, front=False, promise=None)


def waiting(desk: Desk) -> list[Person]:
    """The waiting list in order: who is at the front first, then by time."""
    found = [p for p in desk.people.where("waiting", True) if not paused(desk, p)]
    return sorted(found, key=lambda p: (not p.front, p.waiting_since, p.id))


def waiting_count(desk: Desk) -> int:
    """How many wait and are not on a pause, without looking at any of them (a pause that is over is taken off)."""
    return desk.people.count("waiting", True) - desk.people.count("away", True)


def paused(desk: Desk, person: Person) -> bool:
    """Whether the person asked for a pause that still lasts."""
    return person.paused_until is not None and person.paused_until > desk.now


# -------------------------------------------------------------------------------- writing unasked

Nudge = Callable[[Desk, Person], "tuple[str, ...]"]
_NUDGES: dict[str, Nudge] = {}


def on_nudge(name: str) -> Callable[[Nudge], Nudge]:
    """Declare an unasked message: a function that returns its lines, or nothing when it is no longer true or useful.

    It may have effects of its own (begin a dialogue, plan the next one).
    """

    def declare(handler: Nudge) -> Nudge:
        assert name not in _NUDGES, f"nudge {name} is declared twice"
        _NUDGES[name] = handler

        def due(desk: Desk, about: str, late_seconds: float) -> None:
            _nudge_due(desk, name, about)

        due.__doc__, due.__module__ = handler.__doc__, handler.__module__
        on_timer(f"nudge {name}")(due)
        return handler

    return declare


def nudge(desk: Desk, person: Person, name: str, due: datetime) -> None:
    """Plan an unasked message to a person; it goes out at `due` or at the next moment they may be written to."""
    desk.plan(f"nudge {name}", f"person {person.id}", due)


def _nudge_due(desk: Desk, name: str, about: str) -> None:
    person = desk.people.get(int(about.split()[1]))
    if person is None:
        return
    free_at = may_write_at(desk, person)
    if free_at > desk.now:
        desk.plan(f"nudge {name}", about, free_at)
        return
    lines = list(_NUDGES[name](desk, person))
    soon = desk.now + timedelta(hours=24)
    for timer in desk.timers.where("about", about):
        other = timer.name.removeprefix("nudge ")
        if lines and timer.name.startswith("nudge ") and other != name and timer.due <= soon:
            desk.drop(timer)
            lines.extend(_NUDGES[other](desk, desk.people[person.id]))
    if lines:
        person = desk.people[person.id]
        recent = tuple(at for at in person.unasked if at > desk.now - timedelta(days=7))
        person = desk.change(person, unasked=(*recent, desk.now))
        desk.tell(person, *lines)


def may_write_at(desk: Desk, person: Person) -> datetime:
    """The first moment an unasked message may go to this person: budget, pause, mute and quiet hours considered."""
    at = desk.now
    for until in (person.paused_until, person.muted_until):
        if until is not None and until > at:
            at = until
    reach = desk.policy.reach
    week = sorted(u for u in person.unasked if u > at - timedelta(days=7))
    if len(week) >= reach.unasked_per_week:
        at = max(at, week[-reach.unasked_per_week] + timedelta(days=7))
    day = [u for u in week if u > at - timedelta(days=1)]
    if len(day) >= reach.unasked_per_day:
        at = max(at, day[-reach.unasked_per_day] + timedelta(days=1))
    return waking(desk, person, at)


def waking(desk: Desk, person: Person, at: datetime | None = None) -> datetime:
    """`at` (default now) or the end of the person's quiet hours, if it falls into them."""
    quiet = person.quiet if person.quiet is not None else desk.policy.quiet
    return times.waking(at or desk.now, zone(person), quiet)


def step_person(desk: Desk, person: Person, verb: str) -> Person:
    """Move a person along their lifecycle; what they had as a member ends when they leave or are removed."""
    changed = desk.change(person, stage=step("person", person.stage, verb))
    if verb in {"leave", "remove"}:
        for handler in _LEFT:
            handler(desk, changed)
    return changed


_LEFT: list[Callable[[Desk, Person], None]] = []


def on_leaving(handler: Callable[[Desk, Person], None]) -> Callable[[Desk, Person], None]:
    """Declare what else ends when somebody leaves the programme or is removed: handler(desk, person)."""
    _LEFT.append(handler)
    return handler


def speaker(desk: Desk, call: Call) -> Person:
    """Whoever gave the command, with a record made if they have none; their address is verified if the network vouches."""
    if call.person is not None:
        return call.person
    if not call.message.sender:
        raise Refused(words.not_sure_it_is_you())
    call.person = newcomer(desk, call.message, verified=call.message.proven)
    return call.person
