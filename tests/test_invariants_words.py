"""Invariants 11 and 3 against real files: relayed words are nowhere once their fate is known, reasons in nobody else's export.

A real office, a real database and an adapter that is there or not; the bytes of every file are read.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relaybot.desk import Programme
from relaybot.model import Decision, Letter, Put, Record
from relaybot.office import Office
from relaybot.postman import Postman
from storage.sqlite import SqliteStore, open_store
from tests.fakes import FakeAdapter, FakeClock, message
from tests.play import NAME, World, add_member, add_pair, add_person, world
from tests.watched import ORDINARY, Move, Watched, live, watched

CANARY = "zyzzyva"
PEOPLE = ("ana", "bram")
LINES = (
    "tell {c}", "tell M12 {c} {c}", "talk", "{c}", ".", "thanks {c}", "mute 1d", "resume", "pause in 2 days", "!tell {c}", "status",
    "mydata", "drop", "3", "1",
)  # fmt: skip
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from(LINES)),
        st.tuples(st.just("place"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("net"), st.sampled_from(("sent", "later", "undeliverable"))),
        st.tuples(st.just("wait"), st.sampled_from(("1", "30", "80"))),
    ),
    min_size=3,
    max_size=14,
)


class Desk:
    """An office at work on a file, with two people who are a pair."""

    def __init__(self, store: SqliteStore) -> None:
        self.store, self.clock, self.adapter = store, FakeClock(), FakeAdapter()
        made = world(self.clock.now())
        add_person(made, "dana", moderator=True)
        for name in PEOPLE:
            add_member(made, name, {})
        add_pair(made, 12, "ana", "bram", "active")
        self.programme = made.programme
        self.office = Office({NAME: self.programme}, store, self.clock, lambda: b"\0" * 16, self.post)
        self.postman = Postman(self.adapter, self.clock, self.office.settle, self.office.leaves)

    def post(self, programme: Programme, letter: Letter) -> None:
        """To the postman."""
        self.postman.post(programme, letter)

    async def work(self) -> None:
        """Until nothing is left to do."""
        for _ in range(12):
            await self.office.work()
            await asyncio.sleep(0)

    async def step(self, what: str, how: str) -> None:
        """One thing that happens."""
        if what == "net":
            self.adapter.outcome = (how, "gone" if how != "sent" else "", 0.0)
            self.postman.reachable()
        elif what == "wait":
            for _ in range(int(how)):
                self.clock.pass_(hours=1)
                await self.work()
        elif what == "place":
            self.office.hear(message(f"words {CANARY}", how, vouched=True, place=f"irc:test/#{NAME}-m12"))
        else:
            self.office.hear(message(how.format(c=CANARY), what, vouched=True))
        await self.work()


def holding(path: Path) -> list[str]:
    """The files beside the database in which the words are."""
    return [
        file.name for file in sorted(path.parent.iterdir()) if file.is_file() and CANARY.encode() in file.read_bytes()
    ]


async def lived(path: Path, steps: list[tuple[str, str]]) -> Desk:
    """Live these steps, then let every letter be delivered or expire, and tidy up."""
    store = await open_store(path, ballast_bytes=0)
    try:
        desk = Desk(store)
        await store.commit([], [])
        for what, how in steps:
            await desk.step(what, how)
        await desk.step("net", "later")
        await desk.step("wait", "80")
        await desk.step("net", "sent")
        await desk.step("wait", "1")
        await store.tidy()
        desk.postman.close()
        return desk
    finally:
        await store.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_relayed_words_are_nowhere_after_their_fate_is_known(
    steps: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    """Told, talked, said in the place, kept, delivered, given up, expired: no byte in the files, no word in the log."""
    path = tmp_path_factory.mktemp("words") / "relaybot.db"
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        desk = asyncio.run(lived(path, steps))

    assert holding(path) == []
    assert CANARY not in caplog.text
    assert CANARY not in repr([table.rows for table in desk.programme.tables.by_kind.values()])


async def test_words_are_in_the_file_while_they_wait(tmp_path: Path) -> None:
    """The look into the files would find them: while the partner is away they lie in the outbox, and nowhere else."""
    store = await open_store(tmp_path / "relaybot.db", ballast_bytes=0)
    desk = Desk(store)
    await desk.step("net", "later")
    await desk.step("ana", "tell {c}")
    kinds = [kind for kind, table in desk.programme.tables.by_kind.items() if CANARY in repr(table.rows)]
    found = holding(tmp_path / "relaybot.db")
    desk.postman.close()
    await store.close()

    assert kinds == ["letter"]
    assert found != []


# ------------------------------------------------------------------------- exports (invariant 3)


def exports(w: World, path: Path) -> dict[str, str]:
    """What the operator would hand to each person as everything that is stored about them."""

    async def write_and_read() -> dict[str, str]:
        store = await open_store(path, ballast_bytes=0)
        try:
            records = [r for table in w.programme.tables.by_kind.values() for r in table.rows.values()]
            await store.commit([_puts(records), _puts(w.journal)], [])
            people = w.programme.tables.people.rows.values()
            return {p.name: json.dumps(await store.person_rows(NAME, p.id)) for p in people}
        finally:
            await store.close()

    return asyncio.run(write_and_read())


def _puts(records: Iterable[Record]) -> Decision:
    return tuple(Put(record) for record in records)


EXTRA: list[Move] = [
    ("say", "quorra", "skip {z}"), ("case", "dana", "memo {h} {z}"), ("say", "bramwi", "fit unsure {z}"), ("wait", "", "25"),
    ("say", "otokar", "moderator {z}"), ("case", "dana", "close {h} {z}"), ("pair", "otokar", "bramwi"), ("say", "bramwi", "drop"),
]  # fmt: skip


@settings(max_examples=15)
@given(st.integers(1, len(ORDINARY)), st.lists(st.sampled_from(EXTRA), max_size=6))
def test_no_export_holds_what_another_told_moderators(
    tmp_path_factory: pytest.TempPathFactory, upto: int, more: list[Move]
) -> None:
    """Reasons, feedback, cases and memos: in nobody's export but their writer's, nor in a moderator's who is in the pair."""
    w = watched()
    for move in [*ORDINARY[:upto], *more]:
        live(w, move)
    found = exports(w, tmp_path_factory.mktemp("export") / "relaybot.db")
    for word, never in w.secrets.items():
        assert [name for name in found if name in never and word in found[name]] == []
    assert len(found) == 6


def test_nobodys_words_are_in_the_journal() -> None:
    """Invariant 3: the journal says who did what to which object, and keeps no words at all."""
    w: Watched = watched()
    for move in [*ORDINARY, *EXTRA]:
        live(w, move)
    said = repr(w.journal)

    assert len(w.journal) > 30
    assert [word for word in w.secrets if word in said] == []
