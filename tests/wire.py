"""A play's world on the wire: the embedded server, the real adapter, office, store, and a socket for everyone who speaks.

The same play files run here as in tests/play.py. Time is moved, never waited for; after each step the
world waits until relaybot has nothing left to do and everything it sent has arrived (PING and PONG).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from relaybot import app, config
from relaybot.app import Bot
from relaybot.desk import Programme
from relaybot.events import Moment
from relaybot.model import Address, Change, Drop, Letter, Put, Record, Urgency
from relaybot.policy import Policy
from relaybot.settings import EmbeddedTable
from relaybot.stage import StoryClock, let_pass, settled
from tests.play import NAME

NETWORK = "irc:embedded"
FLUSH_SECONDS = 5.0


@dataclass
class Wire:
    """One person's connection."""

    name: str
    heard: Callable[[str, str], None]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    pongs: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    task: asyncio.Task[None] | None = None

    def send(self, line: str) -> None:
        """One line to the server."""
        self.writer.write(f"{line}\r\n".encode())

    async def read(self) -> None:
        """Take what comes until the connection ends."""
        while line := (await self.reader.readline()).decode().rstrip("\r\n"):
            source, _, rest = line[1:].partition(" ") if line.startswith(":") else ("", "", line)
            verb, _, rest = rest.partition(" ")
            if verb == "PING":
                self.send(f"PONG {rest}")
            elif verb == "PONG":
                self.pongs.add(rest.rpartition(" ")[2].lstrip(":"))
            elif verb == "INVITE":
                self.join(rest.rpartition(" ")[2].lstrip(":"))
            elif verb in {"PRIVMSG", "NOTICE"} and source.startswith("relaybot!"):
                target, _, text = rest.partition(" :")
                self.heard(target, text)

    def join(self, channel: str) -> None:
        """Go into a channel."""
        self.send(f"JOIN {channel}")
        self.channels.add(channel)

    async def flush(self) -> None:
        """Wait until everything the server had for this person has arrived, twice, so that a join on invitation counts."""
        for turn in ("one", "two"):
            self.send(f"PING {turn}")
            async with asyncio.timeout(FLUSH_SECONDS):
                while turn not in self.pongs:
                    await asyncio.sleep(0.001)
            self.pongs.discard(turn)

    async def close(self) -> None:
        """Leave."""
        self.send("QUIT")
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
        self.writer.close()


class WireWorld:
    """What tests.play.World is, with everything real but time."""

    network = NETWORK
    lenient = True

    def __init__(self, folder: Path, start: datetime, policy: Policy, runner: asyncio.Runner) -> None:
        self.folder = folder
        self.runner = runner
        self.clock = StoryClock(start)
        self.clock.pace(1e-6)  # it stands almost still; `at` moves it
        self.policy = policy
        self.said: list[tuple[str, str]] = []
        self.away: set[str] = set()
        self.vouched: dict[str, bool] = {}
        self.people: dict[str, Wire] = {}
        self.servers: dict[str, str] = {}  # network -> host:port
        self._places: set[str] = set()
        self._stack = contextlib.AsyncExitStack()
        self.bot: Bot = self._run(self._start())

    def _run(self, work: Awaitable[Any]) -> Any:
        async def wrap() -> Any:
            return await work

        return self.runner.run(wrap())

    async def _open(self) -> Bot:
        """Relaybot as it is before it runs; `servers` says where each network is."""
        usual = config.default(self.folder)
        networks = {n: v for n, v in usual.programmes[0].policy.networks.items() if n.startswith("irc:")}
        policy = self.policy.model_copy(update={"networks": networks})
        programme = config.ProgrammeConfig(NAME, policy, (f"{self.network}/nobody",))
        embedded = EmbeddedTable(irc="127.0.0.1:0", smtp="")
        settings = config.Config(usual.relaybot, (programme,), {}, None, embedded, self.folder)
        bot = await self._stack.enter_async_context(app.open_bot(settings, clock=self.clock))
        self.servers[self.network] = bot.embedded["irc"]
        return bot

    async def _start(self) -> Bot:
        bot = await self._open()
        decision = tuple(_forget_nobody(bot))
        await bot.store.commit([decision], [])
        bot.programmes[NAME].apply(decision)
        ready = asyncio.Event()
        self._serving = asyncio.create_task(app.serve(bot, ready.set))
        await asyncio.wait_for(ready.wait(), 10)
        return bot

    @property
    def programme(self) -> Programme:
        """The programme as it is in memory."""
        return self.bot.programmes[NAME]

    @property
    def now(self) -> datetime:
        """The clock."""
        return self.clock.now()

    @property
    def opened(self) -> list[int]:
        """Numbers of the cases, the one opened first in front."""
        cases = self.programme.tables.cases.rows.values()
        return [case.id for case in sorted(cases, key=lambda case: case.opened_at or self.now)]

    def moment(self) -> Moment:
        """Now, with a nonce nobody needs to know."""
        return Moment(self.now, b"wire")

    def make(self, *changes: Change) -> None:
        """Make records true, in the store too; the office learns of timers as it does at a start."""
        self._run(self.bot.store.commit([changes], []))
        self.programme.apply(changes)
        for change in changes:
            self.bot.office.committed(change)
            if isinstance(change.record, Address) and change.record.address.startswith(f"{self.network}/"):
                self._run(self._connected(change.record.address.partition("/")[2]))

    def say(self, who: str, text: str, place: str = "") -> None:
        """Someone types it."""
        channel = {"public": f"#{NAME}", "team": f"#{NAME}-mods", "": ""}.get(place, f"#{NAME}-{place}")
        self._run(self._say(who, text, channel))

    async def _say(self, who: str, text: str, channel: str) -> None:
        for name in {who, *self._known()}:
            await self._connected(name)
        wire = self.people[who]
        if channel.startswith(f"#{NAME}-m") and channel[len(NAME) + 3 :].isdigit():
            await self._open_place(f"{self.network}/{channel}")
        if channel and channel not in wire.channels:
            wire.join(channel)
            await wire.flush()
        wire.send(f"PRIVMSG {channel or 'relaybot'} :{text}")
        await wire.flush()
        await self._rest()

    async def _open_place(self, address: str) -> None:
        """Let relaybot make the place of a pair that a stage direction put there."""
        tables = self.programme.tables
        pair = next((p for p in tables.pairs.rows.values() if p.place == address), None)
        if pair is None or address in self._places:
            return
        self._places.add(address)
        sides = [s for s in tables.participants.rows.values() if s.pair == pair.id]
        invite = tuple(tables.people.rows[side.person].home for side in sides)
        letter = Letter(NAME, self.programme.serial + 1, address, (), Urgency.AMBIENT, self.now, invite=invite)
        await self.bot.store.commit([(Put(letter),)], [])
        self.programme.apply((Put(letter),))
        self.bot.office.committed(Put(letter))
        await self._rest()

    def _known(self) -> set[str]:
        addresses = {a.address for a in self.programme.tables.addresses.rows.values()} - self.away
        return {a.partition("/")[2] for a in addresses if a.startswith(f"{self.network}/")}

    async def _connected(self, name: str) -> None:
        if name in self.people:
            return
        host, _, port = self.servers[self.network].rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        wire = Wire(name, lambda target, text: self._heard(name, target, text), reader, writer)
        self.people[name] = wire
        wire.send(f"NICK {name}")
        wire.send(f"USER {name} 0 * :{name}")
        wire.task = asyncio.create_task(wire.read())
        wire.join(f"#{NAME}")
        person = self.programme.tables.addresses.rows.get(f"{self.network}/{name}")
        if person is not None and self.programme.tables.people.rows[person.person].moderator:
            wire.join(f"#{NAME}-mods")
        await wire.flush()

    def _heard(self, name: str, target: str, text: str) -> None:
        text = text.replace("embedded/", "test/")  # plays call the network by its name in tests.play
        if not target.startswith("#"):
            self.said.append((name, text))
            return
        place = {f"#{NAME}": "public", f"#{NAME}-mods": "team"}.get(target, target.removeprefix(f"#{NAME}-"))
        first = min(n for n, wire in self.people.items() if target in wire.channels)
        if name == first:  # a channel's line is heard by everybody in it and counted once
            self.said.append((place, text))

    async def _rest(self) -> None:
        """Until nothing more happens by itself."""

        def absent() -> int:
            readers = self.bot.postmen[self.network]._readers.items()
            return sum(len(reader.queue) + reader.out for to, reader in readers if to in self.away)

        await settled(self.bot, absent)
        for wire in list(self.people.values()):
            await wire.flush()
        await settled(self.bot, absent)

    def pass_until(self, moment: datetime) -> None:
        """Time passes."""

        async def work() -> None:
            for name in self._known():
                await self._connected(name)
            await let_pass(self.bot, self.clock, moment, rest=self._rest)

        self._run(work())

    def deliver(self) -> None:
        """`away` and `back` changed: people leave or come, and what waited arrives."""

        async def work() -> None:
            for address in self.away:
                wire = self.people.pop(address.partition("/")[2], None)
                if wire is not None:
                    await wire.close()
            for name in self._known():
                await self._connected(name)
            await self._rest()

        self._run(work())

    def fire_until(self, moment: datetime) -> None:
        """The office fires what is due by itself."""

    def close(self) -> None:
        """Everyone leaves, relaybot ends."""

        async def work() -> None:
            for wire in self.people.values():
                await wire.close()
            self._serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving
            await self._stack.aclose()

        self._run(work())


def _forget_nobody(bot: Bot) -> list[Change]:
    """Take back the configured moderator that keeps the one-time code away, and the number they got."""
    tables = bot.programmes[NAME].tables
    rows: list[Record] = [*tables.people.rows.values(), *tables.addresses.rows.values()]
    return [Drop(row) for row in [*rows, tables.tallies.rows["person"]]]
