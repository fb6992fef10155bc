"""A copy of a letter comes back and proves that it left: acknowledged only when that is on file, else the copy comes again.

Between a letter's "250" and the commit that says so, and between a start and the postman's round, only the copy knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relaybot import office as offices
from relaybot.model import Letter, Put
from relaybot.ports import StoreFailed
from storage.sqlite import open_store
from tests.mail_help import HOST, Hand, Listening, running
from tests.mail_sink import sink
from tests.test_office import NAME, Bench, Failing, a_letter


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """An office at work."""
    store = await open_store(tmp_path / "relaybot.db", ballast_bytes=0)
    try:
        yield Bench(store)
    finally:
        await store.close()


async def stored(bench: Bench) -> list[int]:
    """The letters on file."""
    return [record.id for record in await bench.store.load() if isinstance(record, Letter)]


async def test_a_letter_with_the_postman_is_settled(bench: Bench) -> None:
    """Its network is down, or its turn has not come since the start: the copy settles it, and it never leaves again."""
    await bench.store.commit([(Put(a_letter(1)),)], [])
    bench.adapter.outcome = ("later", "down", 0.0)
    bench.lay_out(a_letter(1))
    done = asyncio.ensure_future(bench.office.left(NAME, 1))
    await bench.work()
    assert done.done()
    assert await stored(bench) == []
    bench.adapter.outcome = ("sent", "", 0.0)
    bench.postman.reachable()
    await bench.work()
    assert bench.texts() == []


async def test_it_waits_for_what_is_being_written_down(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The letter looks settled in memory and its commit fails: the copy is not acknowledged, and settles it later."""
    await bench.store.commit([(Put(a_letter(1)),)], [])
    monkeypatch.setattr(offices, "SETTLED_SECONDS", 0.0)
    failing = Failing(bench.store)
    monkeypatch.setattr(bench.office, "store", failing)
    bench.lay_out(a_letter(1))  # it is sent, and to be written down
    done = asyncio.ensure_future(bench.office.left(NAME, 1))
    with pytest.raises(StoreFailed):
        await bench.office.work()
    with pytest.raises(StoreFailed):
        await done
    assert await stored(bench) == [1]
    failing.broken = False
    again = asyncio.ensure_future(bench.office.left(NAME, 1))
    await bench.work()
    assert again.done()
    assert await stored(bench) == []


async def test_a_copy_of_nothing_costs_no_commit(bench: Bench) -> None:
    """Most copies come when their letter is long settled: there is nothing to write, and also not where nothing is known."""
    await bench.work()  # what the minute writes

    class Untouched(Failing):
        """A store nobody may write to."""

    bench.office.store = Untouched(bench.store)  # type: ignore[assignment]
    done = [asyncio.ensure_future(bench.office.left(name, 77)) for name in (NAME, "no-such-programme")]
    await bench.work()
    assert all(one.done() and one.exception() is None for one in done)


async def test_the_mail_server_keeps_a_copy_that_cannot_be_noted(tmp_path: Path) -> None:
    """Nothing can be stored: 452, whether the letter is known here or not; then the copy comes again and is noted."""
    ear = Listening(fails=StoreFailed("full"))
    async with sink() as server:
        send = {"host": HOST, "port": server.port}
        async with running(tmp_path, ear, send=send) as adapter, Hand(adapter) as hand:
            copy = adapter._tokens.receipt_address(NAME, 1)
            assert (await hand.send(b"x", copy))[0][0] in {451, 452}
            ear.fails = None
            assert (await hand.send(b"x", copy))[0][0] == 250
    assert ear.copies == [(NAME, 1)]
