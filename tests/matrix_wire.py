"""A play's world on the wire of Matrix: the real adapter on a real Synapse, encrypted chats, people with keys of their own.

The same play files run here as in tests/play.py. Time is moved, never waited for. After each step the world waits until
the adapter has read on past all that people did, relaybot has nothing left to do, and everybody has looked.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import cast

from adapters.matrix import Matrix
from relaybot import app, config
from relaybot.app import Bot
from relaybot.homeserver import Homeserver
from relaybot.model import Address, Change, Pair, Person, Put
from relaybot.policy import Network, Policy
from relaybot.settings import RelaybotTable
from relaybot.stage import Failed, let_pass
from relaybot.words import joining
from tests.matrix_town import HOME, Town, position
from tests.play import NAME, Player, PlayFailed, World
from tests.test_plays_by_mail import stored
from tests.wire import WireWorld

QUIET_SECONDS_MAX = 5.0
LOOK_SECONDS = 0.05  # so long relaybot is left to itself before people look whether it waits for them


# What plays of IRC say of the medium itself, and how it is said on Matrix.
SAID_OF_IRC = (
    (re.compile(r"\bmatrix:home/@([a-z]+):example\.org"), r"irc:test/\1"),
    (re.compile(r"\(Matrix, @[a-z]+:example\.org\)"), "(IRC)"),
    (re.compile(r"\bhome/@([a-z]+):example\.org"), r"test/\1"),
    (re.compile(r"@([a-z]+):example\.org"), r"\1"),
    (re.compile(r"\bMatrix\b"), "IRC"),
)
# Asked on IRC only, where an account is not a name; the world asks it in relaybot's place and takes the yes.
ACCOUNT = joining.identity
FIRST = "1/6 "

COUNTED = {"codes-counted", "claim-tries"}
ADDRESS = re.compile(rf"{HOME}/@?([a-z]+)(?::[a-z.]+)?")


class OnMatrix(WireWorld):
    """What worlds have in common in which somebody is on Matrix."""

    town: Town
    adapter: Matrix

    def _real(self, change: Change) -> Change:
        """A record with the ids that people have in this play."""
        record = change.record
        if isinstance(record, Address):
            return Put(replace(record, address=self._id(record.address)))
        return Put(replace(record, home=self._id(record.home))) if isinstance(record, Person) else change

    def _id(self, address: str) -> str:
        found = ADDRESS.fullmatch(address)
        return f"{HOME}/{self.town.user(found[1])}" if found else address

    def _names(self) -> list[str]:
        """Who of those the programme knows is on Matrix, as plays call them."""
        addresses = [row.address for row in self.programme.tables.addresses.rows.values()]
        played = [self.town.played(address) for address in addresses if address.startswith(f"{HOME}/@")]
        return [found[1] for address in played if (found := ADDRESS.fullmatch(address))]

    async def _greet(self, name: str) -> None:
        """Somebody opens a chat; a newcomer who says nothing at first is greeted there, which plays leave out."""
        if name in self.town.chats:
            return
        await self.town.open_chat(name)
        if name not in self._names():
            await self._rest()
            greeting = next(i for i, (_, line) in enumerate(self.said) if line.startswith(f"Hello {name}. In "))
            del self.said[greeting]

    def is_in(self, name: str, place: str) -> bool:
        """Whether somebody is in a room."""
        name, place = name.removeprefix("@").partition(":")[0], place.partition("@")[0]
        return self.town.room(place) in self.town.people[name].client.rooms

    # ----------------------------------------------------------------------------------------------- resting

    async def _settle_matrix(self) -> None:
        """Until the adapter has read all that people did, nothing is left to do, and everybody has heard it."""
        until = time.monotonic() + QUIET_SECONDS_MAX
        while True:
            quiet = await self._left_alone()
            acted = self.town.acted
            came = await self.town.look()
            if quiet and not came and acted == self.town.acted:
                return
            if time.monotonic() > until:
                raise Failed(f"relaybot did not come to rest: {self.adapter.health()}")

    async def _left_alone(self) -> bool:
        """Whether relaybot came to rest by itself; it does not where it waits for somebody to come in."""
        until = time.monotonic() + LOOK_SECONDS
        while True:
            await asyncio.sleep(0.002)
            read = position(self.adapter._speaker._memory.since) >= self.town.acted
            letters = sum(postman.waiting for postman in self.bot.postmen.values())
            if read and self.bot.office.idle() and letters <= self._absent():
                return True
            if read and time.monotonic() > until:
                return False
            if time.monotonic() > until + QUIET_SECONDS_MAX:
                raise Failed(
                    f"relaybot has not read what was said: {self.adapter.health()} {self.adapter._speaker._memory.since} {self.town.acted}"
                )

    def _absent(self) -> int:
        """Letters that wait for somebody who is away on purpose."""
        found = 0
        for postman in self.bot.postmen.values():
            readers = postman._readers.items()
            found += sum(len(reader.queue) + reader.out for to, reader in readers if to in self.away)
        return found


class MatrixWire(OnMatrix):
    """tests.wire.WireWorld with Matrix instead of IRC. `can`: what the network offers besides what IRC does."""

    network = HOME
    lenient = False

    def __init__(
        self,
        folder: Path,
        start: datetime,
        policy: Policy,
        runner: asyncio.Runner,
        server: Homeserver,
        can: dict[str, bool] | None = None,
    ) -> None:
        self.can = can or {}
        self.newcomers: set[str] = set()  # who begins to answer the questions
        self.kept: dict[str, list[str]] = {}  # who is asked about an account -> what comes when that is answered
        self.given: list[Pair] = []  # pairs that stage directions put there and that have no room yet
        self.town = Town(server, folder, self._take)
        super().__init__(folder, start, policy, runner)

    def _take(self, reader: str, line: str) -> None:
        if line.startswith(f"Hello {reader}! "):
            self.newcomers.add(reader)
        elif reader in self.newcomers and line.startswith(FIRST):
            self.newcomers.discard(reader)
            self.kept[reader] = []
            self.said.append((reader, ACCOUNT(reader)))
        if reader in self.kept:
            self.kept[reader].append(line)
            return
        for pattern, instead in SAID_OF_IRC:
            line = pattern.sub(instead, line)
        self.said.append((reader, line))

    async def _open(self) -> Bot:
        table = await self.town.build()
        there = Network(
            public=f"{HOME}/{table.room[NAME]}",
            moderators=f"{HOME}/{table.moderators_room[NAME]}",
            identity="matrix",
            invites=True,
        ).model_copy(update=self.can)
        policy = self.policy.model_copy(update={"networks": {HOME: there}})
        programme = config.ProgrammeConfig(NAME, policy, (f"{HOME}/@nobody:localhost",))
        settings = config.Config(RelaybotTable(), (programme,), base=self.folder, matrix={"home": table})
        bot = await self._stack.enter_async_context(app.open_bot(settings, clock=self.clock))
        (adapter,) = bot.adapters
        assert isinstance(adapter, Matrix)
        self.adapter = adapter
        bot.office.nonce = even(self.clock.now)
        return bot

    # ------------------------------------------------------------------------------------- stage directions

    def make(self, *changes: Change) -> None:
        """Make records true; people whom a stage direction names have written to relaybot before: their chat is open."""
        real = tuple(self._real(change) for change in changes)
        self._run(self.bot.store.commit([real], []))
        self.programme.apply(real)
        for change in real:
            self.bot.office.committed(change)
            if isinstance(change.record, Address):
                self._run(self._arrive(self._names()[-1]))
            if isinstance(change.record, Pair) and change.record.place:
                self.given.append(change.record)

    async def _arrive(self, name: str) -> None:
        await self._greet(name)
        address = self.programme.tables.addresses.rows[f"{HOME}/{self.town.user(name)}"]
        if self.programme.tables.people.rows[address.person].moderator:
            await self.town.enter(name, "team")
        await self._rest()

    async def _open_places(self) -> None:
        """Let relaybot make the rooms of the pairs that stage directions put there."""
        while self.given:
            await self._open_place(self.given.pop().place)
        self.said = [(reader, line) for reader, line in self.said if not line.startswith("+ ")]

    # --------------------------------------------------------------------------------------- what is said

    async def _say(self, who: str, text: str, channel: str) -> None:
        if who in self.kept and not channel:
            assert text in {"yes", "1"}, "what else can be said to the question about an account is for IRC"
            self.said += [(who, line) for line in self.kept.pop(who)]
            return
        place = channel.removeprefix(f"#{NAME}-")
        place = {f"#{NAME}": "public", "mods": "team"}.get(place, place)
        await self._open_places()
        if place in {"public", "team"}:
            await self.town.enter(who, place)
        elif not place:
            await self._greet(who)
        room = self.town.room(place) if place else self.town.chats[who]
        await self.town.say(who, self.town.real(text), room)
        await self._rest()

    async def _rest(self) -> None:
        await self._settle_matrix()

    def pass_until(self, moment: datetime) -> None:
        """Time passes."""

        async def work() -> None:
            await self._open_places()
            await let_pass(self.bot, self.clock, moment, rest=self._rest_if_anything_was_sent)
            await self._rest()

        self._run(work())

    async def _rest_if_anything_was_sent(self) -> None:
        """What is due happens mostly without a word; then nobody has to look."""
        sent = self._delivered()
        if not await self._left_alone() or self._delivered() != sent:
            await self._rest()

    def _delivered(self) -> int:
        return sum(postman.delivered for postman in self.bot.postmen.values())

    def deliver(self) -> None:
        """Nobody is away here; see test_matrix_wire.py."""

    def close(self) -> None:
        """Everyone leaves, relaybot ends."""
        self._run(self.town.close())
        super().close()


class MatrixPlayer(Player):
    """A player for whom invitations are what people saw, in any order."""

    def expect(self, reader: str, wanted: str) -> None:
        """The next line; an invitation at any place, and none to somebody who is in that room."""
        if wanted.startswith("+ "):
            if (reader, wanted) in self.world.said:
                self.world.said.remove((reader, wanted))
            elif not cast("OnMatrix", self.world).is_in(wanted[2:], reader):
                raise PlayFailed("nobody was invited there")
        else:
            super().expect(reader, wanted)

    def settled(self) -> None:
        """Nothing unexpected is left; what a stage direction made due may be said before the first line is."""
        if self.step:
            super().settled()


def even(now: Callable[[], datetime]) -> Callable[[], bytes]:
    """Chance that is the same for every event at one moment, as in tests.mail_world.EvenWorld, so that two runs can be compared."""
    return lambda: int(now().timestamp()).to_bytes(16, "big")


def kept(w: World, played: Callable[[str], str] = str) -> dict[str, list[str]]:
    """What is stored, as tests/test_plays_by_mail.py compares it, with the addresses that people have in plays of IRC.

    The timers of an hour's card are left out, which is there only where messages can be edited, and so are those of the
    question whether a pair wants a room; timers that count codes name an address by a digest.
    """
    found = {}
    for kind, rows in stored(w).items():
        same = [row | {"about": "an address"} if row.get("name") in COUNTED else row for row in rows]
        lines = [played(repr(row)) for row in same if row.get("name") not in {"clock", "room", "room-yes"}]
        lines = [line.replace("zoneinfo.ZoneInfo(key='UTC')", "datetime.timezone.utc") for line in lines]  # the same
        found[kind] = sorted(ADDRESS.sub(r"irc:test/\1", line).replace(f"{HOME}/#", "irc:test/#") for line in lines)
    return found
