"""Invariant 6: killed and started again at any moment, every timer fires once and everybody reads what they would have read.

One evening and the days after it run on a real file; at drawn moments (before and after a commit, before
and after a line leaves) everything in memory is thrown away. A line that left in the moment before may
leave once more, which IRC cannot prevent; nothing else differs from the run in which nothing happened.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relaybot.desk import Programme
from relaybot.model import Letter, Put
from relaybot.office import Office, fill
from relaybot.ports import Delivery
from relaybot.postman import Postman
from storage.sqlite import SqliteStore, open_store
from tests.fakes import START, FakeAdapter, FakeClock, message
from tests.play import NAME, add_hour, add_member, add_pair, add_person, policy, world

PLACE = f"irc:test/#{NAME}-m12"
# (who, what, where) or (hours that pass); the hour is at +26 h.
EVENING: tuple[tuple[str, str, str] | float, ...] = (
    ("ana", "tell see you tomorrow", ""), 25.5, 0.5, ("ana", "hi", PLACE), ("bram", "hi", PLACE), 0.9, ("bram", "!yes", PLACE), 0.6,
    ("ana", "1 patient", ""), ("bram", "2", ""), ("bram", "moderator it is hard", ""), ("bram", "1", ""), ("ana", "propose in 1 day", ""),
    ("bram", "yes", ""), ("ana", "drop", ""), ("ana", "3", ""), ("ana", "2", ""), ("ana", "skip", ""), ("ana", "yes", ""), 30.0, 400.0,
)  # fmt: skip


class Killed(BaseException):
    """The process is gone at this instruction."""


@dataclass
class Moments:
    """Counts the moments at which a process may die; dies at the chosen ones."""

    fatal: frozenset[int]
    count: int = 0

    def pass_(self) -> None:
        """One more moment."""
        self.count += 1
        if self.count in self.fatal:
            raise Killed


@dataclass
class MortalStore:
    """A store before and after whose commits the process may die."""

    store: SqliteStore
    moments: Moments

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    async def commit(self, decisions: object, seen: object) -> None:
        """Commit, unless death comes first."""
        self.moments.pass_()
        await self.store.commit(decisions, seen)  # type: ignore[arg-type]
        self.moments.pass_()


@dataclass
class MortalAdapter(FakeAdapter):
    """An adapter before and after whose lines the process may die; the network remembers what left."""

    moments: Moments = field(default_factory=lambda: Moments(frozenset()))
    left: list[tuple[int, str, tuple[str, ...]]] = field(default_factory=list)

    def deliver(self, delivery: Delivery) -> None:
        """Send, unless death comes first; what became of it may not be written down any more."""
        self.moments.pass_()
        if delivery.still():
            self.left.append((delivery.letter.id, delivery.letter.to, delivery.letter.text))
            self.moments.pass_()
            delivery.settle("sent", "", 0.0)
        else:
            delivery.settle("dropped", "", 0.0)


class Evening:
    """The machine it runs on: a file, a clock, a network; and a process that may die."""

    def __init__(self, path: Path, fatal: frozenset[int]) -> None:
        self.path, self.clock, self.moments = path, FakeClock(), Moments(fatal)
        self.adapter = MortalAdapter(moments=self.moments)
        self.deaths = 0

    async def begin(self) -> None:
        """Two people with an hour tomorrow, and a moderator, on file."""
        w = world(START)
        add_person(w, "dana", moderator=True)
        for name in ("ana", "bram"):
            add_member(w, name, {"zone": "UTC"})
        add_pair(w, 12, "ana", "bram", "trial")
        add_hour(w, 40, 12, START + timedelta(hours=26))
        self.store = await open_store(self.path, ballast_bytes=0)
        records = [Put(r) for table in w.programme.tables.by_kind.values() for r in table.rows.values()]
        await self.store.commit([tuple(records)], [])
        await self.start()

    async def start(self) -> None:
        """What a start does: read everything, hand out what lies in the outbox."""
        self.programme = Programme(NAME, policy())
        fill({NAME: self.programme}, await self.store.load())
        mortal = MortalStore(self.store, self.moments)
        self.office = Office({NAME: self.programme}, mortal, self.clock, lambda: b"\0" * 16, self.post)  # type: ignore[arg-type]
        self.postman = Postman(self.adapter, self.clock, self.office.settle, self.office.leaves)

    def post(self, programme: Programme, letter: Letter) -> None:
        """To the postman."""
        self.postman.post(programme, letter)

    async def outbox(self) -> None:
        """Everything that lies in the outbox goes to the postman, as at a start."""
        for letter in sorted(self.programme.tables.letters.rows.values(), key=lambda x: x.id):
            self.post(self.programme, letter)

    async def work(self) -> None:
        """Until nothing is left to do at this moment."""
        for _ in range(200):
            await self.office.work()
            await asyncio.sleep(0)
            if self.office.idle():
                break

    async def survive(self, what: object) -> None:
        """Do something, with a new process each time the old one dies; nobody says anything twice that was heard."""
        restarted = False
        while True:
            try:
                if restarted:
                    await self.outbox()
                await self.do(what)
                return
            except Killed:
                self.deaths += 1
                restarted = True
                self.postman.close()
                await self.store.close()
                self.clock.pass_(milliseconds=1)  # a start takes time; numbers of letters contain it
                self.store = await open_store(self.path, ballast_bytes=0)
                await self.start()

    async def do(self, what: object) -> None:
        """One step of the evening."""
        if isinstance(what, tuple):
            who, text, place, number = what
            self.office.hear(message(text, who, vouched=True, place=place, id_=f"said {number}"))
        await self.work()

    async def pass_(self, hours: float) -> None:
        """Time passes, from timer to timer."""
        until = self.clock.at + timedelta(hours=hours)
        while (due := self.office.next_due()) is not None and due <= until:
            self.clock.at = max(self.clock.at, due)
            await self.survive(None)
        self.clock.at = max(self.clock.at, until)
        await self.survive(None)


Story = tuple[Evening, dict[str, list[str]], list[tuple[str, str, str]]]


async def evening(path: Path, fatal: frozenset[int]) -> Story:
    """The evening, with these deaths: what each reader read, each letter once, and what is still planned."""
    machine = Evening(path, fatal)
    await machine.begin()
    for number, step in enumerate(EVENING):
        if isinstance(step, float):
            await machine.pass_(step)
        else:
            await machine.survive((*step, number))
    # Serial numbers contain the time to the millisecond; everything else is compared.
    planned = machine.programme.tables.timers.rows.values()
    timers = sorted((t.name, re.sub(r"\d{9,}", "#", t.about), f"{t.due:%d %H:%M}") for t in planned)
    assert machine.programme.tables.letters.rows == {}
    machine.postman.close()
    await machine.store.close()
    read: dict[str, list[str]] = {}
    seen: set[int] = set()
    for number, to, lines in machine.adapter.left:
        if number not in seen:
            read.setdefault(to, []).extend(lines)
        seen.add(number)
    return machine, read, timers


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The evening in which nothing happened."""
    return asyncio.run(evening(tmp_path_factory.mktemp("calm") / "relaybot.db", frozenset()))


def test_the_evening_is_a_full_one(undisturbed: Story) -> None:
    """Reminder, clock lines, fit, case, farewell: the evening compared below has them all, and each once."""
    machine, read, _ = undisturbed
    everything = [line for lines in read.values() for line in lines]
    for part in (
        "see you tomorrow",
        "Go. ",
        "Swap! ",
        "That's the hour",
        "How was it with",
        "it is hard",
        "ends M12",
        "is off",
    ):
        assert any(part in line for line in everything), part
    assert len([line for line in read[PLACE] if line.startswith("Swap! ")]) == 1
    assert len([line for line in read["irc:test/ana"] if line.startswith("ana: your hour with bram starts")]) == 1
    assert machine.deaths == 0
    assert machine.moments.count > 100


@settings(max_examples=25)
@given(deaths=st.lists(st.integers(1, 240), min_size=1, max_size=6))
@example(deaths=[2, 3, 4, 5])
def test_deaths_change_nothing_anybody_reads(
    deaths: list[int],
    undisturbed: Story,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whenever it dies: the same lines to the same readers in the same order, and the same timers left at the end."""
    path = tmp_path_factory.mktemp("deaths") / "relaybot.db"
    machine, read, timers = asyncio.run(evening(path, frozenset(deaths)))
    assert read == undisturbed[1]
    assert timers == undisturbed[2]
    assert machine.deaths > 0
