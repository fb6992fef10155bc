"""The office and the postman: commit before acknowledging, undo when it fails, order per reader, shunting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from relaybot import commands, office
from relaybot import decide as core
from relaybot.desk import Desk, Programme
from relaybot.events import Due, Event, Heard, Moment, Told
from relaybot.model import Decision, Drop, Letter, Put, Tally, Timer, Urgency
from relaybot.office import Office, fill
from relaybot.policy import Network, Policy
from relaybot.ports import StoreFailed
from relaybot.postman import Postman
from relaybot.shunted import dump_event, read_event
from storage.sqlite import SqliteStore, open_store
from tests.fakes import START, FakeAdapter, FakeClock, message

NAME = "tech-peer"


def a_programme() -> Programme:
    """A programme with one network and a moderators' place."""
    network = Network(public="irc:test/#p", moderators="irc:test/#p-mods")
    return Programme(NAME, Policy().model_copy(update={"networks": {"irc:test": network}}))


class Bench:
    """An office on a real store with a fake clock and adapter."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.clock = FakeClock()
        self.adapter = FakeAdapter()
        self.programme = a_programme()
        self.unwritten: list[str] = []
        self.office = self.make_office()

    def make_office(self) -> Office:
        """A fresh office on the same programme, store and adapter."""
        made = Office(
            {NAME: self.programme},
            self.store,
            self.clock,
            lambda: b"\0" * 16,
            self.post,
            lambda said: self.unwritten.append(said.text),
        )
        self.postman = Postman(self.adapter, self.clock, made.settle, made.leaves)
        return made

    def post(self, programme: Programme, letter: Letter) -> None:
        """Hand a committed letter to the postman of the moment."""
        self.postman.post(programme, letter)

    def lay_out(self, letter: Letter) -> None:
        """Put a letter into the outbox, and hand it to the postman."""
        self.programme.apply((Put(letter),))
        self.postman.post(self.programme, letter)

    async def work(self) -> None:
        """Work until nothing is left to do."""
        for _ in range(20):
            await self.office.work()
            await asyncio.sleep(0)

    def texts(self) -> list[str]:
        """What was delivered."""
        return [line for _, line in self.adapter.lines]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """An office at work."""
    store = await open_store(tmp_path / "relaybot.db", ballast_bytes=0)
    try:
        yield Bench(store)
    finally:
        await store.close()


def a_letter(number: int, to: str = "irc:test/ana", **fields: object) -> Letter:
    """A letter with a number as its text."""
    made = Letter(NAME, number, to, (str(number),), Urgency.PERSONAL, START)
    return replace(made, **fields)  # type: ignore[arg-type]


async def test_acknowledged_after_commit(bench: Bench) -> None:
    """A message is acknowledged when its letter is in the database, and the letter leaves after that."""
    bench.adapter.outcome = ("hold", "", 0.0)
    done = bench.office.hear(message("hello there"))
    assert not done.done()

    await bench.office.work()

    assert done.done()
    stored = [r for r in await bench.store.load() if isinstance(r, Letter)]
    assert [d.letter for d in bench.adapter.held] == stored
    assert len(stored) == 1


async def test_sent_letters_leave_the_outbox(bench: Bench) -> None:
    """A letter whose delivery is settled is in neither memory nor database any more."""
    bench.office.hear(message("hello there"))
    await bench.work()

    assert len(bench.texts()) == 1
    assert [r for r in await bench.store.load() if isinstance(r, Letter)] == []
    assert len(bench.programme.tables.letters) == 0


class Failing:
    """A store whose commits fail while `broken`."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.broken = True

    async def commit(self, decisions: Sequence[Decision], seen: Sequence[tuple[str, str]]) -> None:
        """Fail or pass on."""
        if self.broken:
            raise StoreFailed("the disk is full")
        await self.store.commit(decisions, seen)


async def test_failed_commit_undoes_everything(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing can be stored the speaker is told so, memory is as before, nothing is delivered, and it heals."""
    failing = Failing(bench.store)
    monkeypatch.setattr(bench.office, "store", failing)
    before = dict(bench.programme.tables.tallies.rows)
    done = bench.office.hear(message("hello there"))

    with pytest.raises(StoreFailed):
        await bench.office.work()

    assert isinstance(done.exception(), StoreFailed)
    assert bench.unwritten == ["hello there"]
    assert bench.texts() == []
    assert len(bench.programme.tables.letters) == 0
    assert bench.programme.tables.tallies.rows == before
    failing.broken = False
    monkeypatch.setattr(bench.office, "store", bench.store)
    bench.office.hear(message("hello again"))
    await bench.work()
    assert len(bench.texts()) == 1


async def test_timer_survives_a_failed_commit(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer whose effect could not be stored fires again, once."""
    fired: list[str] = []

    def handler(desk: Desk, about: str, late: float) -> None:
        fired.append(about)
        desk.post("irc:test/#p-mods", f"fired {about}")

    monkeypatch.setitem(commands._TIMERS, "probe", handler)
    timer = Timer(NAME, "probe", "X1", START + timedelta(seconds=5))
    await bench.store.commit([(Put(timer),)], [])
    bench.programme.apply((Put(timer),))
    bench.office = bench.make_office()
    failing = Failing(bench.store)
    monkeypatch.setattr(bench.office, "store", failing)
    bench.clock.pass_(seconds=6)

    with pytest.raises(StoreFailed):
        await bench.office.work()
    assert bench.texts() == []
    failing.broken = False
    await bench.work()
    await bench.work()

    assert bench.texts() == ["fired X1"]
    assert fired == ["X1", "X1"]  # decided twice, effective once
    assert [r for r in await bench.store.load() if isinstance(r, Timer)] == []


async def test_seen_messages_have_no_second_effect(bench: Bench) -> None:
    """A redelivered message, in the same batch or after a restart, is swallowed."""
    bench.office.hear(message("hello there", id_="m1"))
    bench.office.hear(message("hello there", id_="m1"))
    await bench.work()
    bench.office = bench.make_office()
    bench.office.hear(message("hello there", id_="m1"))
    await bench.work()

    assert len(bench.texts()) == 1


async def test_bug_is_shunted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug rolls its event back, is kept with its traceback, is told to speaker and moderators; others go on."""
    decide = core.decide

    def buggy(programme: Programme, event: Event, moment: Moment) -> Decision:
        if isinstance(event, Heard) and event.message.text == "boom":
            raise ZeroDivisionError("a bug")
        return decide(programme, event, moment)

    monkeypatch.setattr(core, "decide", buggy)
    first = bench.office.hear(message("boom"))
    second = bench.office.hear(message("hello there", "bob"))
    await bench.work()

    assert (first.done(), second.done()) == (True, True)
    kept = await bench.store.shunted()
    assert len(kept) == 1
    assert "ZeroDivisionError" in kept[0].traceback
    assert {to for to, _ in bench.adapter.lines} == {"irc:test/~eve", "irc:test/#p-mods", "irc:test/~bob"}
    assert read_event(kept[0].event) == Heard(message("boom"))


def test_events_survive_as_text() -> None:
    """A timer event is read back as it was written; a receipt is refused with a sentence."""
    due = Due(Timer(NAME, "probe", "X1", START))
    assert read_event(dump_event(due)) == due
    with pytest.raises(ValueError, match="cannot be replayed"):
        read_event(dump_event(Told(a_letter(1, receipt="relay 1"), "sent")))


async def test_timers_fire_in_order_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Due timers fire earliest first; one that was moved fires at its new moment only."""
    monkeypatch.setitem(commands._TIMERS, "probe", lambda desk, about, late: desk.post("irc:test/#p-mods", about))
    for about, seconds in (("X2", 20), ("X1", 10), ("X3", 30)):
        bench.programme.apply((Put(Timer(NAME, "probe", about, START + timedelta(seconds=seconds))),))
    bench.office = bench.make_office()
    moved = Timer(NAME, "probe", "X1", START + timedelta(seconds=25))
    bench.programme.apply((Put(moved),))
    bench.office._timers.remember(moved)
    bench.clock.pass_(seconds=26)
    await bench.work()
    bench.clock.pass_(seconds=60)
    await bench.work()

    assert bench.texts() == ["X2", "X1", "X3"]


async def test_records_of_unknown_programmes_rest(bench: Bench) -> None:
    """A programme that is not configured any more keeps its records in the database and is named."""
    other = Timer("gone", "probe", "X1", START)
    assert fill({NAME: bench.programme}, [other]) == ["gone"]
    assert len(bench.programme.tables.timers) == 0


async def test_alive_is_written_once_a_minute(bench: Bench) -> None:
    """The moment is stored at the first chance and then once a minute, so that an outage knows its beginning."""
    await bench.office.work()
    bench.clock.pass_(seconds=59)
    await bench.office.work()
    first = bench.programme.tables.tallies.rows["alive"].value
    bench.clock.pass_(seconds=1)
    await bench.office.work()

    assert first == int(START.timestamp() * 1_000_000)
    assert bench.programme.tables.tallies.rows["alive"].value - first == 60_000_000


# ------------------------------------------------------------------------------------------ the postman


async def test_order_per_reader_while_waiting(bench: Bench) -> None:
    """Letters to one reader leave in order even when the first must wait; another reader is not delayed."""
    bench.adapter.outcome = ("later", "not logged in", 60.0)
    bench.lay_out(a_letter(1))
    bench.adapter.outcome = ("sent", "", 0.0)
    bench.lay_out(a_letter(2))
    bench.lay_out(a_letter(3, to="irc:test/bob"))
    assert bench.texts() == ["3"]

    bench.postman.reachable("irc:test/ana")

    assert bench.texts() == ["3", "1", "2"]
    bench.postman.close()


async def test_who_was_put_off_just_as_the_network_came_back_does_not_wait_long(bench: Bench) -> None:
    """The adapter said "not connected, in a minute" and was connected before that was read: it is tried again at once."""
    bench.adapter.outcome = ("hold", "", 0.0)
    bench.lay_out(a_letter(1))
    bench.postman.reachable()
    bench.adapter.outcome = ("later", "not connected", 60.0)
    bench.adapter.settle(bench.adapter.held.pop())

    retry = bench.postman._readers["irc:test/ana"].retry
    assert retry is not None
    assert retry.when() - asyncio.get_running_loop().time() < 5
    bench.postman.close()


async def test_claims_are_asked_when_it_leaves(bench: Bench) -> None:
    """A letter whose claim no longer holds, or that expired, is not sent."""
    bench.lay_out(a_letter(1, claim="pair 12 asked_first"))
    bench.lay_out(a_letter(2, expires_at=START))
    bench.lay_out(a_letter(3, expires_at=START + timedelta(seconds=1)))

    assert bench.texts() == ["3"]


async def test_waiting_is_told_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter that asked for a receipt reports that it waits once, however often it is tried, and then that it was sent."""
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(
        bench.postman, "settle", lambda programme, letter, outcome, reason: told.append((outcome, reason))
    )
    bench.adapter.outcome = ("later", "not logged in", 60.0)
    bench.lay_out(a_letter(1, receipt="relay 1"))
    bench.postman.reachable()
    bench.postman.reachable()
    bench.adapter.outcome = ("sent", "", 0.0)
    bench.postman.reachable()

    assert told == [("waiting", "not logged in"), ("sent", "")]
    bench.postman.close()


async def test_expired_while_waiting(bench: Bench) -> None:
    """A letter nobody could be given until its end is given up, and the ones behind it are tried."""
    bench.adapter.outcome = ("later", "not connected", 60.0)
    bench.lay_out(a_letter(1, expires_at=START + timedelta(minutes=1), receipt=""))
    bench.lay_out(a_letter(2))
    bench.clock.pass_(minutes=2)
    bench.adapter.outcome = ("later", "not connected", 60.0)
    bench.postman.reachable()
    bench.adapter.outcome = ("sent", "", 0.0)
    bench.postman.reachable()

    assert bench.texts() == ["2"]
    bench.postman.close()


async def test_what_moved_meanwhile_is_not_sent(bench: Bench) -> None:
    """A letter that waits here and was taken out of the outbox does not leave, and nobody hears that it was lost."""
    bench.adapter.outcome = ("later", "not logged in", 60.0)
    letter = a_letter(1, receipt="relay 12 1 tell 5")
    bench.lay_out(letter)
    await bench.work()
    bench.programme.apply((Drop(letter),))
    bench.adapter.outcome = ("sent", "", 0.0)
    before = bench.office.events
    bench.postman.reachable()
    await bench.work()

    assert bench.texts() == []
    assert bench.postman.waiting == 0
    assert bench.office.events == before
    bench.postman.close()


# -------------------------------------------------------------------------------- when storing goes wrong


class Reluctant(Failing):
    """A store that also cannot shunt while `broken`."""

    async def shunt(self, *given: object) -> int:
        """Fail or pass on."""
        if self.broken:
            raise StoreFailed("the disk is full")
        return await self.store.shunt(*given)  # type: ignore[arg-type]


async def test_bug_while_nothing_can_be_stored(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug that cannot be shunted takes the whole batch back: nobody is acknowledged, memory is as the file."""
    decide = core.decide

    def buggy(programme: Programme, event: Event, moment: Moment) -> Decision:
        if isinstance(event, Heard) and event.message.text == "boom":
            raise ZeroDivisionError("a bug")
        return decide(programme, event, moment)

    monkeypatch.setattr(core, "decide", buggy)
    reluctant = Reluctant(bench.store)
    monkeypatch.setattr(bench.office, "store", reluctant)
    first = bench.office.hear(message("hello there", "bob"))
    second = bench.office.hear(message("boom"))

    with pytest.raises(StoreFailed):
        await bench.office.work()

    assert isinstance(first.exception(), StoreFailed)
    assert isinstance(second.exception(), StoreFailed)
    assert sorted(bench.unwritten) == ["boom", "hello there"]
    assert len(bench.programme.tables.letters) == 0
    reluctant.broken = False
    bench.office.hear(message("boom"))
    await bench.work()
    assert len(await bench.store.shunted()) == 1


async def test_tidying_up_may_fail(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is locked while the office is idle does not end it; later it tidies up after all."""
    tidied: list[bool] = []

    async def tidy() -> bool:
        tidied.append(len(tidied) > 1)
        if len(tidied) < 3:
            raise StoreFailed("the file is locked")
        return True

    monkeypatch.setattr(bench.store, "tidy", tidy)
    monkeypatch.setattr(office, "TIDY_IDLE_SECONDS", 0.01)
    running = asyncio.create_task(bench.office.run())
    bench.office.hear(message("hello there"))
    await asyncio.sleep(0.3)

    assert not running.done()
    assert tidied == [False, False, True]  # tried until it was done, and then no more
    running.cancel()


async def test_what_was_sent_is_written_down_at_the_end(bench: Bench) -> None:
    """A letter sent just before the end is not sent again at the next start."""
    bench.office.hear(message("hello there"))
    await bench.office.work()
    assert len(bench.texts()) == 1
    assert len([r for r in await bench.store.load() if isinstance(r, Letter)]) == 1

    await bench.office.finish()

    assert [r for r in await bench.store.load() if isinstance(r, Letter)] == []


def test_a_clock_set_back_gives_no_number_twice() -> None:
    """After a restart with an empty outbox and a clock that was set back, new letters get numbers never used before."""
    before = Programme("tp", Policy())
    written = Desk(before, Moment(START + timedelta(seconds=59), b"")).serial()
    alive = Tally("tp", "alive", int(START.timestamp() * 1_000_000))
    after = Programme("tp", Policy())
    fill({"tp": after}, [alive])

    assert Desk(after, Moment(START - timedelta(hours=1), b"")).serial() > written
