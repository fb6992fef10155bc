"""The channels relaybot is in: the public and moderators' ones of its programmes, and the private ones of pairs.

A pair's place is made secret and invite-only before a word is said there, and is not used while strangers hold
it. Kicked: stay out until invited back, or until an hour has passed for a configured channel (no rejoin fights).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.irc_lines import CHANNEL_TYPES, Line, split_source
from adapters.irc_link import Link, LinkFailed
from adapters.irc_people import People
from adapters.irc_send import Fate
from relaybot.model import Letter

log = logging.getLogger(__name__)

RETRY_SECONDS = 300.0  # a configured channel that does not let us in is tried again after this
MAX_PEOPLE_ASKED = 8  # a pair's place with more people than this is not a pair's

# Why a JOIN was refused (RFC 2812 5.2; 477, 489, 520 as networks use them).
_REFUSALS = {
    "403": "it cannot exist",
    "405": "relaybot is in too many channels",
    "437": "it is held back for the moment",
    "471": "it is full",
    "473": "it is invite-only and relaybot is not invited",
    "474": "relaybot is banned there",
    "475": "it needs a key",
    "476": "its name is not allowed",
    "477": "only people logged in to services may join",
    "479": "its name is not allowed",
    "489": "only people with TLS may join",
    "520": "only operators may join",
}


class Use(StrEnum):
    """What a channel is for."""

    PUBLIC = "public"
    MODERATORS = "moderators"
    PAIR = "pair"


@dataclass(slots=True, eq=False)
class Place:
    """A channel of ours; `name` is spelled as in the configuration or in the letters."""

    name: str
    programme: str
    use: Use
    joined: bool = False
    secure: bool = False  # a pair's: found to be ours alone, since we are in
    operator: bool = False
    leaving: bool = False
    barred_until: float = 0.0
    why: str = ""
    allowed: set[str] = field(default_factory=set)  # addresses of those who belong into a pair's place
    absent: set[str] = field(default_factory=set)  # of them, to be invited when they are seen again
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


Ask = Callable[..., Awaitable[list[Line]]]
Find = Callable[[str], Awaitable[str | None]]


class Places:
    """Keeps the channels over reconnections. `find` gives the nick that has an account now, `identify` the
    account of a nick ("" for none), both by asking the server when needed."""

    def __init__(
        self, network: str, channels: Iterable[tuple[str, str, Use]], rejoin_seconds: float, close_moderators: bool,
        ask: Ask, find: Find, identify: Find,
    ) -> None:  # fmt: skip
        self.network = network
        self._rejoin_seconds, self._close_moderators = rejoin_seconds, close_moderators
        self._ask, self._find, self._identify = ask, find, identify
        self._all = [Place(name, programme, use) for name, programme, use in channels]
        self._by_key: dict[str, Place] = {}
        self._link: Link | None = None
        self._people: People
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, link: Link, people: People) -> None:
        self._link, self._people = link, people
        self._by_key = {link.casefold(place.name): place for place in self._all}

    def detach(self) -> None:
        self._link = None
        for task in self._tasks:
            task.cancel()
        for place in self._all:
            place.joined = place.secure = place.operator = place.leaving = False

    # ------------------------------------------------------------------------------------------- asking

    def get(self, channel: str) -> Place | None:
        return self._by_key.get(self._people.fold(channel))

    def address(self, place: Place) -> str:
        return f"{self.network}/{place.name}"

    def is_open(self, channel: str) -> bool:
        """Whether a line may go there right now."""
        place = self.get(channel)
        return place is not None and place.joined and (place.use is not Use.PAIR or place.secure)

    def is_public(self, channels: Iterable[str]) -> bool:
        """Whether one of these (folded) channels is a programme's public one."""
        places = (self._by_key.get(channel) for channel in channels)
        return any(place is not None and place.use is Use.PUBLIC for place in places)

    def missing(self) -> list[str]:
        """Configured channels we are not in, with the reason, for `health`."""
        return [f"{place.name} ({place.why})" for place in self._all if not place.joined and place.why]

    # ---------------------------------------------------------------------------------------- going in

    async def enter_all(self) -> None:
        """Into every place that is not barred; who refuses us is tried again later."""
        now = self._now()
        for place in list(self._all):
            if now >= place.barred_until and not place.joined:
                async with place.lock:
                    await self._join(place)

    def check(self, now: float) -> None:
        """Now and then: back into configured channels whose time has come."""
        for place in self._all:
            if not place.joined and place.use is not Use.PAIR and 0 < place.barred_until <= now:
                place.barred_until = now + RETRY_SECONDS
                self._spawn(self._enter(place))

    async def _enter(self, place: Place) -> None:
        async with place.lock:
            if not place.joined:
                await self._join(place)

    async def _join(self, place: Place) -> str:
        """Try to join; "" or why not."""
        replies = await self._ask("JOIN", place.name)
        if place.joined:
            place.why = ""
            if self._people.tracking:
                await self._ask("WHO", place.name, "%tuhna,42")
            if place.use is Use.MODERATORS and self._close_moderators:
                await self._look(place)
                if place.operator:
                    await self._ask("MODE", place.name, "+ins")
            return ""
        reasons = [_REFUSALS[line.command] for line in replies if line.command in _REFUSALS]
        place.why = reasons[0] if reasons else "the server did not let relaybot in"
        place.barred_until = self._now() + RETRY_SECONDS if place.use is not Use.PAIR else 0.0
        log.warning("cannot join %s: %s", place.name, place.why)
        return place.why

    # -------------------------------------------------------------------------------- ready for a letter

    async def prepare(self, letter: Letter, channel: str) -> Fate | None:
        """Make a place ready for a letter and invite whom it names; None: ready, otherwise the letter's fate."""
        place = self.get(channel)
        if place is None:
            place = Place(channel, letter.programme, Use.PAIR)
            self._all.append(place)
            self._by_key[self._people.fold(channel)] = place
        async with place.lock:
            left = place.barred_until - self._now()
            if not place.joined and left > 0:
                return self._unfit(place, place.why, left)
            if not place.joined and (why := await self._join(place)):
                return self._unfit(place, why, RETRY_SECONDS)
            place.allowed.update(letter.invite)
            if place.use is Use.PAIR and not place.secure and (why := await self._secure(place)):
                return self._unfit(place, why, RETRY_SECONDS)
            return await self._invite(place, letter.invite) if letter.invite else None

    def _unfit(self, place: Place, why: str, seconds: float) -> Fate:
        """A configured channel may be mended; a pair's place is best replaced by words carried one to the other."""
        outcome = "undeliverable" if place.use is Use.PAIR else "later"
        return outcome, f"{place.name}: {why}", seconds if outcome == "later" else 0.0

    async def _secure(self, place: Place) -> str:
        """Make a pair's place secret and invite-only and see who is in; "" or why it cannot be used."""
        await self._look(place)
        if not place.operator and not self._others(place):
            await self._part(place)  # alone without rights: come in again, the first one in gets them
            if why := await self._join(place):
                return why
            await self._look(place)
        if place.operator:
            await self._ask("MODE", place.name, "+ins")  # n: nobody speaks from outside (not every network's default)
            if "INVEX" in (self._link.isupport if self._link else {}):
                await self._ask("MODE", place.name, "+I", self._own_mask())
            await self._show_out(place)
        elif not place.allowed or await self._strangers(place) or not await self._is_closed(place):
            held = "it is held by strangers" if self._others(place) else "this network makes nobody operator of it"
            await self._part(place)
            return f"{held}, and relaybot cannot become its operator"
        place.secure = place.joined
        return "" if place.secure else "relaybot is not in it any more"

    def _own_mask(self) -> str:
        """Our own user@host, so that we can come back into an invite-only place after a lost connection."""
        me = self._people.get(self._link.nick_now) if self._link else None
        return f"*!{me.userhost}" if me and me.userhost else "*!*@relaybot.invalid"

    async def _look(self, place: Place) -> None:
        """Are we an operator of it? NAMES shows a prefix before our nick then."""
        assert self._link is not None
        place.operator = False
        for line in await self._ask("NAMES", place.name):
            if line.command == "353":
                for name in line.param(3).split():
                    bare = name.lstrip("~&@%+!")
                    if self._link.is_me(bare):
                        place.operator = any(sign in "~&@!" for sign in name[: len(name) - len(bare)])

    async def _is_closed(self, place: Place) -> bool:
        """Whether nobody can walk in or speak from outside: 324 RPL_CHANNELMODEIS."""
        replies = await self._ask("MODE", place.name)
        return any(line.command == "324" and {"i", "n"} <= set(line.param(2)) for line in replies)

    def _others(self, place: Place) -> list[str]:
        assert self._link is not None
        members = self._people.members(self._people.fold(place.name))
        return [user.nick for user in members if not self._link.is_me(user.nick)]

    async def _strangers(self, place: Place) -> list[str]:
        """Who is in it and is none of those it was made for."""
        others = self._others(place)
        if len(others) > MAX_PEOPLE_ASKED:
            return others
        strangers = []
        for nick in others:
            account = await self._identify(nick)
            if not account or f"{self.network}/{self._people.fold(account)}" not in self._folded(place.allowed):
                strangers.append(nick)
        return strangers

    def _folded(self, addresses: Iterable[str]) -> set[str]:
        return {f"{self.network}/{account}" for account in map(self.account_of, addresses) if account}

    def account_of(self, address: str) -> str:
        """The folded account of a person's address on this network, "" for any other address."""
        head, _, rest = address.partition("/")
        return self._people.fold(rest) if head == self.network and rest[:1] not in ("", "~", "#", "&") else ""

    async def _show_out(self, place: Place) -> None:
        """Somebody slipped in before it was invite-only; only when it is known who belongs there."""
        if place.allowed:
            for nick in await self._strangers(place):
                await self._ask("KICK", place.name, nick, "This place belongs to two people; it was not open yet.")

    async def _invite(self, place: Place, addresses: Iterable[str]) -> Fate | None:
        """INVITE everybody who is logged in and not there; the others when they are seen again."""
        for address in addresses:
            if account := self.account_of(address):
                fate = await self._invite_one(place, address, account)
                if fate:
                    return fate
        if place.use is Use.PAIR and place.absent and not self._others(place) and place.absent >= self._ours(addresses):
            return "later", "nobody to invite is logged in", 60.0
        return None

    def _ours(self, addresses: Iterable[str]) -> set[str]:
        return {address for address in addresses if self.account_of(address)}

    async def _invite_one(self, place: Place, address: str, account: str) -> Fate | None:
        nick = await self._find(account)
        user = self._people.get(nick) if nick else None
        if user is None or nick is None:
            place.absent.add(address)
            return None
        if self._people.fold(place.name) in user.channels:
            place.absent.discard(address)
            return None
        for line in await self._ask("INVITE", nick, place.name):
            if line.command == "482":
                if place.use is not Use.PAIR:  # its people have their own ways in, and what is said there must not wait
                    return None
                return self._unfit(place, "relaybot is not its operator and cannot invite", RETRY_SECONDS)
            if line.command == "401":
                place.absent.add(address)
                return None
        place.absent.discard(address)
        return None

    def seen(self, account: str) -> None:
        """Somebody with this (folded) account was seen: invite them where they were missed."""
        address = f"{self.network}/{account}"
        for place in self._all:
            if place.absent and (place.secure or place.use is Use.MODERATORS):
                for missed in [missed for missed in place.absent if address in self._folded([missed])]:
                    place.absent.discard(missed)
                    self._spawn(self._invite_late(place, missed, account))

    async def _invite_late(self, place: Place, address: str, account: str) -> None:
        async with place.lock:
            await self._invite_one(place, address, account)

    # --------------------------------------------------------------------------------------- going out

    def leave(self, channel: str) -> None:
        """For good: a pair's place whose time is over."""
        place = self.get(channel)
        if place is not None and place.use is Use.PAIR:
            self._all.remove(place)
            self._spawn(self._part(place))

    async def _part(self, place: Place) -> None:
        place.leaving = True
        if place.joined:
            await self._ask("PART", place.name)
        place.joined = place.secure = place.operator = place.leaving = False
        if place not in self._all:
            self._by_key.pop(self._people.fold(place.name), None)

    # -------------------------------------------------------------------------------------- from the wire

    def read(self, line: Line) -> None:
        """What happened to us, or to the modes of a pair's place."""
        nick = split_source(line.source)[0]
        match line.command:
            case "JOIN":
                place = self.get(line.param(0))
                if place is not None and self._is_me(nick):
                    place.joined, place.barred_until = True, 0.0
            case "PART":
                if self._is_me(nick):
                    self._out(line.param(0), "relaybot was taken out of it")
            case "KICK":
                if self._is_me(line.param(1)):
                    self._out(line.param(0), "relaybot was kicked out of it")
            case "INVITE":
                self._invited(line)
            case "MODE":
                self._changed(line, nick)

    def _is_me(self, nick: str) -> bool:
        return self._link is not None and self._link.is_me(nick)

    def _out(self, channel: str, why: str) -> None:
        place = self.get(channel)
        self._people.left_by_us(self._people.fold(channel))
        if place is None or not place.joined:
            return
        place.joined = place.secure = place.operator = False
        if not place.leaving:
            place.why, place.barred_until = why, self._now() + self._rejoin_seconds
            log.warning("%s: %s; staying out until invited or for %g s", place.name, why, self._rejoin_seconds)

    def _invited(self, line: Line) -> None:
        """Back into a place of ours; invitations to anywhere else are not followed."""
        place = self.get(line.param(1))
        if place is not None and self._is_me(line.param(0)) and not place.joined:
            place.barred_until = 0.0
            self._spawn(self._enter(place))

    def _changed(self, line: Line, nick: str) -> None:
        """Somebody else changed a pair's place: look again before the next word."""
        place = self.get(line.param(0)) if line.param(0)[:1] in CHANNEL_TYPES else None
        if place is not None and place.use is Use.PAIR and not self._is_me(nick):
            place.secure = False

    # ------------------------------------------------------------------------------------------- helpers

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _spawn(self, work: Awaitable[object]) -> None:
        task = asyncio.get_running_loop().create_task(_guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _guard(work: Awaitable[object]) -> None:
    try:
        await work
    except LinkFailed:
        log.debug("the connection was lost in the middle of a channel's business")
    except Exception:
        log.exception("a channel's business failed")
