"""After an absence: what was said meanwhile is heard before timers fire, and whoever wrote five times gets one message."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaybot import app, commands, office
from relaybot.desk import Desk
from relaybot.model import Drop, Entry, Letter, Message, Put, Style, Timer, Urgency
from relaybot.nouns import outbox
from relaybot.ports import Ear, StoreFailed
from storage.sqlite import open_store
from tests.fakes import START, FakeAdapter
from tests.play import World, add_member, add_person
from tests.test_office import NAME, Bench, Failing, a_letter


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """An office at work, with ana and bram, who wait, and dana, who moderates."""
    store = await open_store(tmp_path / "relaybot.db", ballast_bytes=0)
    try:
        made = Bench(store)
        w = World(made.programme, START)
        add_person(w, "dana", moderator=True)
        add_member(w, "ana", {"learn": "kubernetes", "offer": "rust deep"})
        add_member(w, "bram", {"learn": "rust", "offer": "kubernetes deep"})
        yield made
    finally:
        await store.close()


def said(text: str, days_ago: int = 0, thread: str = "", who: str = "ana") -> Message:
    """Something said on the test network, perhaps long ago."""
    address = f"irc:test/{who}"
    at = START - timedelta(days=days_ago) if days_ago else None
    return Message("irc:test", address, address, who, text, thread=thread, said_at=at)


# ---------------------------------------------------------------------------------- one message for many


async def test_five_messages_of_a_week_are_answered_in_one(bench: Bench) -> None:
    """Every line is there once, in order, and the journal has every command."""
    for days in (9, 8, 7, 6, 5):
        bench.office.hear(said("status" if days > 5 else "mute 2d", days, thread=f"!room - ${days}"))
    bench.adapter.outcome = ("hold", "", 0.0)
    await bench.work()

    (letter,) = [delivery.letter for delivery in bench.adapter.held]
    assert [line[44:60] for line in letter.text if line.startswith("I was away")] == [
        f"{day} Nov 14:05" for day in ("Thu 12", "Fri 13", "Sat 14", "Sun 15", "Mon 16")
    ]
    assert len(letter.text) == len(set(letter.text))
    assert letter == bench.programme.tables.letters.rows[letter.id]
    assert [r for r in await bench.store.load() if isinstance(r, Letter)] == [letter]
    entries = await bench.store.journal(NAME, "person 2", 20)
    assert [entry.verb for entry in entries] == ["mute", *["status"] * 4]


async def test_answers_to_different_messages_of_now_stay_apart(bench: Bench) -> None:
    """Each is shown below what it answers."""
    for number in (1, 2):
        bench.office.hear(said("status", thread=f"!room - ${number}"))
    bench.adapter.outcome = ("hold", "", 0.0)
    await bench.work()
    assert [d.letter.thread for d in bench.adapter.held] == ["!room - $1", "!room - $2"]


async def test_a_commit_that_fails_leaves_nothing_of_the_one_letter(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is as before, nothing is sent; heard again, all is answered in one."""
    failing = Failing(bench.store)
    monkeypatch.setattr(bench.office.store, "commit", failing.commit)
    before = {kind: dict(table.rows) for kind, table in bench.programme.tables.by_kind.items()}
    heard = [bench.office.hear(said("status", days)) for days in (9, 8)]
    with pytest.raises(StoreFailed):
        await bench.office.work()
    assert {kind: dict(table.rows) for kind, table in bench.programme.tables.by_kind.items()} == before
    assert all(isinstance(one.exception(), StoreFailed) for one in heard)
    assert bench.texts() == []

    monkeypatch.undo()
    for days in (9, 8):
        bench.office.hear(said("status", days))
    await bench.work()
    assert sum("I was away" in line for line in bench.texts()) == 2
    assert len(bench.programme.tables.letters) == 0


def letters(numbers: Iterator[int]) -> st.SearchStrategy[Letter]:
    """Letters of all kinds to two readers."""
    fields = st.fixed_dictionaries(
        {
            "to": st.sampled_from(["irc:test/ana", "irc:test/bram"]),
            "text": st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3).map(tuple),
            "about": st.sampled_from(["", "", "M12", "D7"]),
            "thread": st.sampled_from(["", "", "t"]),
            "claim": st.sampled_from(["", "", "", "pair 12 active"]),
            "receipt": st.sampled_from(["", "", "", "relay 12 1 tell 5"]),
            "held": st.sampled_from([False, False, False, True]),
            "style": st.sampled_from([Style.LINE, Style.LINE, Style.LETTER]),
            "urgency": st.sampled_from([Urgency.PERSONAL, Urgency.PERSONAL, Urgency.URGENT]),
            "expires_at": st.sampled_from([START, START + timedelta(seconds=1), START + timedelta(hours=1)]),
        }
    )
    return fields.map(lambda chosen: a_letter(next(numbers), **chosen))  # type: ignore[arg-type]


@given(st.data())
def test_no_line_is_lost_or_overtaken_when_letters_are_joined(data: st.DataObject) -> None:
    """For each reader every new line comes once in its order; what hangs on a letter of its own is untouched; new or not."""
    found = data.draw(st.lists(letters(itertools.count(1)), max_size=8))
    since = data.draw(st.integers(0, 3))
    decisions = [(Put(one), Put(Entry(NAME, 100 + one.id, START, 1, "status"))) for one in found]
    made, changes = outbox.joined(decisions, {NAME: since})

    kept = [c.record for decision in made for c in decision if isinstance(c.record, Letter)]
    assert [c.record for d in made for c in d if isinstance(c.record, Entry)] == [
        Entry(NAME, 100 + one.id, START, 1, "status") for one in found
    ]
    for reader in ("irc:test/ana", "irc:test/bram"):
        before = [one for one in found if one.to == reader]
        after = [one for one in kept if one.to == reader]
        assert list(dict.fromkeys(x for one in after for x in one.text)) == list(
            dict.fromkeys(x for one in before for x in one.text)
        )
        assert {x.about for x in after} | {""} == {x.about for x in before} | {""}
    for one in found:
        if one.id <= since or one.claim or one.receipt or one.held or one.style is Style.LETTER:
            assert one in kept
    rows = {one.id: one for one in found}
    for change in changes.get(NAME, ()):  # what is true in memory becomes what is stored
        if isinstance(change, Drop):
            del rows[change.record.key]  # type: ignore[arg-type]
        else:
            rows[change.record.key] = change.record  # type: ignore[index, assignment]
    assert sorted(rows.values(), key=lambda x: x.id) == sorted(kept, key=lambda x: x.id)


async def test_what_a_later_event_changed_is_left_alone(bench: Bench) -> None:
    """A letter that the same batch takes back or changes is no part of another one."""
    one, two = (a_letter(number, expires_at=START) for number in (1, 2))
    made, changes = outbox.joined([(Put(one), Put(two)), (Drop(two),)], {NAME: 0})
    assert (made, changes) == ([(Put(one), Put(two)), (Drop(two),)], {})
    made, changes = outbox.joined([(Put(one), Put(two)), (Put(replace(two, held=True)),)], {NAME: 0})
    assert changes == {}


# -------------------------------------------------------------------------------- heard before it is too late


async def offered(bench: Bench) -> None:
    """Ana is asked whether she would like an hour with bram; a week passes while relaybot is away."""
    for text in ("pair ana bram now", "yes"):
        bench.office.hear(replace(said(text, who="dana"), place="irc:test/#p-mods", programme=NAME))
        await bench.work()
    assert bench.programme.tables.pairs.rows[1].stage == "asked_first"
    bench.clock.pass_(days=8)
    bench.office = bench.make_office()


@pytest.mark.parametrize("first", [True, False])
async def test_a_yes_in_time_is_not_too_late_because_relaybot_was_away(bench: Bench, first: bool) -> None:
    """The timer that closes the offer waits until everything said meanwhile was heard; without that it wins."""
    await offered(bench)
    if first:
        bench.office.hear_first()
        await bench.work()
        assert bench.programme.tables.pairs.rows[1].stage == "asked_first"
    bench.office.hear(said("1", 3))
    bench.office.all_heard()
    await bench.work()
    stage = bench.programme.tables.pairs.rows[1].stage
    assert (stage == "asked_second") is first


async def test_timers_wait_no_longer_than_a_while(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that never comes back stops no clock; the office sleeps until then and no longer."""
    monkeypatch.setattr(office, "HEAR_FIRST_SECONDS", 0.2)
    fired: list[str] = []

    def probe(desk: Desk, about: str, late_seconds: float) -> None:
        fired.append(about)

    monkeypatch.setitem(commands._TIMERS, "probe", probe)
    bench.programme.apply((Put(Timer(NAME, "probe", "X1", START)),))
    bench.office = bench.make_office()
    bench.office.hear_first()
    task = asyncio.create_task(bench.office.run())
    try:
        await asyncio.sleep(0.1)
        assert fired == []
        async with asyncio.timeout(5):
            while not fired:
                await asyncio.sleep(0.02)
    finally:
        task.cancel()


async def test_after_the_start_timers_wait_for_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once released they come first in every batch again, whatever waits in the inbox."""
    order: list[str] = []
    monkeypatch.setitem(commands._TIMERS, "probe", lambda desk, about, late: order.append(about))
    bench.office.hear_first()
    bench.office.all_heard()
    await bench.work()
    timer = Timer(NAME, "probe", "X1", START)
    bench.programme.apply((Put(timer),))
    bench.office._timers.remember(timer)
    done = bench.office.hear(said("status"))
    done.add_done_callback(lambda _: order.append("heard"))
    await bench.work()
    assert order == ["X1", "heard"]


class Returning(FakeAdapter):
    """A network that is there again after a moment, and first hands on what was said meanwhile."""

    heard = False

    async def run(self, ear: Ear) -> None:
        """Hand on one answer of three days ago, then be there."""
        await asyncio.sleep(0.05)
        await ear.hear(said("1", 3))
        self.heard = True
        ear.reachable(self.network)
        await asyncio.Event().wait()

    def ready(self) -> bool:
        """Once it has handed everything on."""
        return self.heard


async def test_a_running_relaybot_hears_its_networks_first(bench: Bench) -> None:
    """At its start timers wait for the networks, and fire once these are there."""
    await offered(bench)
    network = Returning()
    bot = app.Bot(
        config=None,  # type: ignore[arg-type]
        clock=bench.clock,
        store=bench.store,
        programmes={NAME: bench.programme},
        adapters=[network],
        office=bench.office,
        postmen={},
    )
    there = asyncio.Event()
    task = asyncio.create_task(app.serve(bot, there.set))
    try:
        async with asyncio.timeout(10):
            await there.wait()
            while not bench.office.idle():
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert bench.programme.tables.pairs.rows[1].stage == "asked_second"
