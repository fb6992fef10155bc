"""The store as the office uses it: batches, repeats, the journal, the shunt, cancelled awaits, and a clean end."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiosqlite
import pytest

from relaybot import ports
from relaybot.model import (
    Address,
    Application,
    Avoid,
    Case,
    Entry,
    Feedback,
    Level,
    Meeting,
    Memo,
    Pair,
    Participant,
    Person,
    Put,
    Record,
    Skill,
    Tally,
    Timer,
)
from storage.sqlite import Failure, SqliteStore, open_store
from tests.storage_help import NOW, drop, entry, letter, opened, person, put, same

ROOT = Path(__file__).parent.parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database goes."""
    return tmp_path / "relaybot.sqlite3"


def count(path: Path, table: str) -> int:
    """Rows of a table, seen from outside."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def test_it_is_a_store() -> None:
    as_port: Callable[..., ports.Store] = SqliteStore  # mypy compares it with the port
    assert as_port is SqliteStore


async def test_what_was_committed_is_there_after_a_restart(path: Path) -> None:
    records: list[Record] = [
        person(1),
        Address("tech", "irc:libera/ana", 1),
        Timer("tech", "nudge", "person 1", NOW),
        letter(7),
    ]
    async with opened(path) as store:
        await store.commit([put(*records), put(entry(1))], [("matrix", "$event")])
    async with opened(path) as store:
        assert same(await store.load(), records)
        assert await store.known("matrix", "$event")
        assert not await store.known("matrix", "$other")
        assert not await store.known("mail", "$event")


async def test_the_last_change_of_a_key_wins(path: Path) -> None:
    async with opened(path) as store:
        await store.commit([put(person(1, "ana"), letter(1), letter(2)), put(person(1, "anna")), drop(letter(1))], [])
        assert same(await store.load(), [person(1, "anna"), letter(2)])
        await store.commit([drop(letter(2)), put(letter(2, "again")), drop(letter(99))], [])
        assert same(await store.load(), [person(1, "anna"), letter(2, "again")])


async def test_programmes_do_not_mix(path: Path) -> None:
    here, there = Tally("tech", "pair", 3), Tally("arts", "pair", 5)
    async with opened(path) as store:
        await store.commit([put(here, there)], [])
        await store.commit([drop(here)], [])
        assert await store.load() == [there]


async def test_keys_of_two_parts_are_told_apart(path: Path) -> None:
    avoids = [Avoid("tech", 1, 2), Avoid("tech", 2, 1), Avoid("tech", 1, 3)]
    async with opened(path) as store:
        await store.commit([put(*avoids)], [])
        await store.commit([drop(avoids[0])], [])
        assert same(await store.load(), avoids[1:])


async def test_a_repeat_is_swallowed_and_an_empty_batch_is_fine(path: Path) -> None:
    async with opened(path) as store:
        await store.commit([], [("mail", "<1@x>"), ("mail", "<1@x>")])
        await store.commit([()], [("mail", "<1@x>")])
        await store.commit([], [])
        assert await store.load() == []
        assert await store.known("mail", "<1@x>")


UNFIT = [
    person(2, "\ud800"),  # half a character: Matrix JSON can carry it, SQLite's UTF-8 cannot
    person(2, links=("\udfff",)),
    person(2**63),
    person(2, since=NOW.replace(tzinfo=None)),
    Person("tech", 2, "bo", "irc:libera/bo", "no such stage"),
    person(2, name_of_wrong_type := "bo", zone=b"Europe/Berlin"),
    person(2, name_of_wrong_type, must_language=None),
    person(2, name_of_wrong_type, learn=(Skill("vim", "much"),)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("record", UNFIT, ids=range(len(UNFIT)))
async def test_one_record_that_cannot_be_stored_keeps_the_whole_batch_out(path: Path, record: Person) -> None:
    async with opened(path) as store:
        with pytest.raises(Failure) as caught:
            await store.commit([put(person(1)), put(record), put(letter(1))], [("mail", "<1@x>")])
        assert caught.value.kind == "unfit"
        assert isinstance(caught.value, ports.StoreFailed)
        assert await store.load() == []
        assert not await store.known("mail", "<1@x>")
        await store.commit([put(person(1)), put(letter(1))], [])
        assert same(await store.load(), [person(1), letter(1)])


async def test_the_journal_is_read_by_object_and_by_person(path: Path) -> None:
    entries = [
        entry(1, 4),
        entry(2, 5, "M12"),
        entry(3, 4, "M12"),
        entry(4, 0, "person 4"),
        entry(5, 5, "M1"),
        entry(6, 4),
    ]
    async with opened(path) as store:
        await store.commit([put(*entries)], [])
        assert [one.id for one in await store.journal("tech", "M12", 10)] == [3, 2]
        assert [one.id for one in await store.journal("tech", "person 4", 10)] == [6, 4, 3, 1]
        assert [one.id for one in await store.journal("tech", "person 4", 2)] == [6, 4]
        assert await store.journal("tech", "M12", 1) == (entries[2],)
        assert await store.journal("arts", "M12", 10) == ()


async def test_the_journal_is_read_by_its_indexes(path: Path) -> None:
    """A journal of years must not make a question slow: no scan, no sorting, whatever SQLite guesses."""
    plans: list[str] = []

    def explain(db: sqlite3.Connection) -> None:
        selects: list[str] = []
        db.set_trace_callback(lambda statement: selects.append(statement) if "SELECT" in statement else None)
        store._journal(db, "tech", "person 4", 4, 10)
        db.set_trace_callback(None)
        for select in selects:
            plans.extend(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {select}"))

    async with opened(path) as store:
        await store._hop(explain)
    assert len(plans) == 2, plans
    assert "entry_about (programme=? AND about=?)" in plans[0]
    assert "entry_actor (programme=? AND actor=?)" in plans[1]


async def test_a_shunted_event_is_kept_and_marked(path: Path) -> None:
    async with opened(path) as store:
        first = await store.shunt("tech", '{"text": "\ud800"}', "Traceback\nBoom", NOW)
        second = await store.shunt("tech", "{}", "", NOW + timedelta(seconds=1))
        assert second == first + 1
        assert await store.shunt_replayed(first, NOW + timedelta(hours=1))
        assert not await store.shunt_replayed(99, NOW)
    async with opened(path) as store:
        one, other = await store.shunted()
        assert (one.id, one.programme, one.event, one.traceback) == (
            first,
            "tech",
            '{"text": "\\ud800"}',
            "Traceback\nBoom",
        )
        assert (one.at, one.replayed_at) == (NOW, NOW + timedelta(hours=1))
        assert (other.at, other.replayed_at) == (NOW + timedelta(seconds=1), None)


# ------------------------------------------------------------------------------------- cancelled, closed


async def test_a_cancelled_commit_is_whole_or_nothing(path: Path) -> None:
    """Cancelled at every moment of its life; afterwards both records are there or neither is, and work goes on."""
    async with opened(path) as store:
        for number in range(0, 120, 2):
            task = asyncio.create_task(store.commit([put(person(number)), put(person(number + 1))], []))
            for _ in range(number // 2 % 6):
                await asyncio.sleep(0)
            await asyncio.sleep(number % 5 * 0.0001)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await store.commit([put(letter(1))], [])
        people = {record.key for record in await store.load() if isinstance(record, Person)}
    assert all((number in people) == (number + 1 in people) for number in range(0, 120, 2))
    async with opened(path) as store:
        assert {record.key for record in await store.load() if isinstance(record, Person)} == people


async def test_close_waits_for_what_was_handed_over(path: Path) -> None:
    store = await open_store(path)
    tasks = [asyncio.create_task(store.commit([put(person(number))], [])) for number in range(20)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*tasks)
    await store.close()
    with pytest.raises(Failure, match="closed"):
        await store.commit([put(person(1))], [])
    with pytest.raises(Failure, match="closed"):
        await store.load()
    assert count(path, "person") == 20
    assert sorted(file.suffix for file in path.parent.iterdir()) == [".ballast", ".lock", ".sqlite3"]


async def test_many_at_once(path: Path) -> None:
    async with opened(path) as store:
        await asyncio.gather(*[store.commit([put(person(number))], []) for number in range(200)])
        assert len(await store.load()) == 200


EXIT = """
import asyncio, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from storage.sqlite import open_store
from tests.storage_help import person, put

async def main():
    store = await open_store(Path({path!r}))
    await store.commit([put(person(1))], [])
    {ending}

asyncio.run(main())
"""


@pytest.mark.parametrize("ending", ["sys.exit(3)", "raise RuntimeError('bug')", "pass"])
def test_an_exit_without_close_does_not_hang(path: Path, ending: str) -> None:
    script = EXIT.format(root=str(ROOT), path=str(path), ending=ending)
    before = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=20, check=False)
    assert time.monotonic() - before < 10
    assert done.returncode == {"sys.exit(3)": 3, "pass": 0}.get(ending, 1)
    assert count(path, "person") == 1


async def test_aiosqlite_is_as_we_know_it() -> None:
    """storage/sqlite.py leans on three private parts of aiosqlite 0.22; if this fails, look there before upgrading."""
    database = aiosqlite.connect(":memory:")
    assert not database._thread.daemon, "aiosqlite's thread became a daemon: the assignment in SqliteStore can go"
    database._thread.daemon = True
    await database
    try:
        assert isinstance(database._conn, sqlite3.Connection)

        def work(*arguments: int) -> tuple[Any, ...]:
            return database._conn.execute("SELECT ?, ?", arguments).fetchone()  # type: ignore[no-any-return]

        found = await database._execute(work, 1, 2)  # type: ignore[no-untyped-call]
        assert found == (1, 2), "Connection._execute no longer runs a function in the connection's thread"
    finally:
        await database.close()
    with pytest.raises(ValueError, match="closed"):
        await database._execute(work, 1, 2)  # type: ignore[no-untyped-call]


async def test_the_pragmas_hold(path: Path) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "trusted_schema": 0, "busy_timeout": 10_000}

    def read(db: sqlite3.Connection) -> dict[str, object]:
        return {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}

    async with opened(path) as store:
        found = await store._hop(read)
    assert found == wanted


# ----------------------------------------------------------------------------- what is deleted is gone


def files_hold(path: Path, word: bytes) -> list[str]:
    """The files beside the database (and it) in which a word can be read."""
    return [file.name for file in path.parent.iterdir() if word in file.read_bytes()]


async def test_deleted_words_are_gone_from_the_files(path: Path) -> None:
    """Short letters and ones of many pages, replaced, deleted in several orders; then no byte of them is left."""
    canary = b"CANARY-"
    async with opened(path) as store:
        for turn in range(4):
            letters = [letter(n, f"CANARY-{turn}-{n} " * (1 + n % 7 * (400 if n % 5 == 0 else 3))) for n in range(150)]
            people = [person(n, about=f"CANARY-about-{turn}-{n}") for n in range(50)]
            await store.commit([put(one, entry(turn * 1000 + one.id)) for one in letters], [])
            await store.commit([put(*people)], [])
            await store.commit([put(*[letter(one.id, "CANARY-other") for one in letters[::3]])], [])
            assert files_hold(path, canary)
            await store.commit([drop(*letters[turn % 2 :: 2])], [])
            await store.commit([drop(*letters)], [])
            await store.commit([put(*[person(one.id) for one in people])], [])
            assert await store.tidy()
            assert files_hold(path, canary) == []
        assert (path.with_name(path.name + "-wal")).stat().st_size == 0


async def test_tidy_tells_when_a_reader_is_in_the_way(path: Path) -> None:
    async with opened(path) as store:
        await store.commit([put(letter(1))], [])
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM letter").fetchall()
            await store.commit([drop(letter(1))], [])
            await store._hop(lambda db: db.execute("PRAGMA busy_timeout = 50"))
            assert not await store.tidy()
            reader.execute("COMMIT")
        assert await store.tidy()


async def test_tidy_forgets_what_is_past_its_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.sqlite.TIDY_ROWS", 3)
    old, kept = NOW - timedelta(days=731), NOW - timedelta(days=729)
    async with opened(path) as store:
        await store.commit(
            [put(*[entry(n, at=old) for n in range(10)], *[entry(n, at=kept) for n in range(10, 15)])], []
        )
        await store.commit([], [("mail", str(n)) for n in range(10)])
        today = await store._hop(lambda db: db.execute("SELECT max(at) FROM seen").fetchone()[0])
        update = "UPDATE seen SET at = at - ? WHERE id < '7'"
        await store._hop(lambda db: db.execute(update, (31 * 86_400 * 1_000_000,)))
        assert await store.tidy()
        assert count(path, "seen") == 3
        assert today
        await store.tidy(NOW)
        assert [one.id for one in await store.journal("tech", "", 100)] == [14, 13, 12, 11, 10]


async def test_each_programme_keeps_its_journal_as_long_as_it_says(path: Path) -> None:
    """One keeps 30 days, one 800; a programme that is not configured any more rests untouched."""
    names = ("short", "long", "tech")
    entries = [
        Entry(name, n, NOW - timedelta(days=back), 1, "join", "") for name in names for n, back in ((1, 799), (2, 29))
    ]
    async with opened(path, journal_days={"short": 30, "long": 800}) as store:
        await store.commit([put(*entries)], [])
        await store.tidy(NOW)
        kept = {name: [one.id for one in await store.journal(name, "", 10)] for name in names}

    assert kept == {"short": [2], "long": [2, 1], "tech": [2, 1]}


async def test_failed_events_are_not_kept_for_ever(path: Path) -> None:
    """They hold what was said; after 90 days they go, replayed or not."""
    async with opened(path) as store:
        await store.shunt("tech", "an old one", "Traceback", NOW - timedelta(days=91))
        await store.shunt("tech", "a new one", "Traceback", NOW - timedelta(days=89))
        await store.tidy(NOW)

        assert [one.event for one in await store.shunted()] == ["a new one"]


# ------------------------------------------------------------------------------------- the command line


async def test_everything_about_a_person(path: Path) -> None:
    learn = (Skill("vim", Level.NEW),)
    records: list[Record] = [
        person(1, "ana", learn=learn, since=NOW),
        person(2, "bo"),
        Address("tech", "irc:libera/ana", 1),
        Address("tech", "irc:libera/bo", 2),
        Application("tech", 7, 1, "accepted", NOW, NOW),
        Pair("tech", 3, "active", 2, NOW),
        Participant("tech", 3, 1, 0),
        Participant("tech", 3, 2, 1),
        Meeting("tech", 5, 3, "held", NOW, 60),
        Case("tech", 11, "help", "open", 1),
        Memo("tech", 1, "person 1", 2, NOW, "friendly"),
        Memo("tech", 2, "A7", 2, NOW, "knows vim"),
        Memo("tech", 3, "A8", 2, NOW, "of another"),
        Feedback("tech", 1, 3, 1, NOW, "good"),
        Avoid("tech", 1, 2),
        Avoid("tech", 2, 1),
        Timer("tech", "nudge", "person 1", NOW),
        letter(1),
    ]
    async with opened(path) as store:
        await store.commit(
            [put(*records, entry(1, 1), entry(2, 2, "person 1"), entry(3, 2, "A7"), entry(4, 2, "M9"))], []
        )
        async with opened(path, readonly=True) as reader:
            found = await reader.person_rows("tech", 1)
            assert await reader.person_rows("arts", 1) == {}
    assert json.loads(json.dumps(found)) == found
    assert {kind: len(rows) for kind, rows in found.items()} == {
        **dict.fromkeys(("person", "address", "application", "pair", "participant", "meeting", "case", "feedback"), 1),
        **dict.fromkeys(("avoid", "timer", "letter"), 1),
        "memo": 2,
        "entry": 3,
    }
    assert found["person"][0]["learn"] == [{"name": "vim", "level": "new"}]
    assert found["person"][0]["since"] == "2026-12-01T18:00:00+00:00"
    assert found["meeting"][0]["stage"] == "held"
    assert [row["id"] for row in found["entry"]] == [1, 2, 3]


async def test_a_reader_beside_the_running_one_changes_nothing(path: Path) -> None:
    async with opened(path) as store:
        await store.commit([put(person(1))], [])
        number = await store.shunt("tech", "{}", "", NOW)
        async with opened(path, readonly=True) as reader:
            assert await reader.load() == [person(1)]
            assert [one.id for one in await reader.shunted()] == [number]
            with pytest.raises(Failure):
                await reader.commit([put(person(2))], [])
            with pytest.raises(Failure):
                await reader.shunt_replayed(number, NOW)
            await store.commit([put(person(2))], [])
            assert len(await reader.load()) == 2


async def test_a_decision_may_hold_several_kinds(path: Path) -> None:
    async with opened(path) as store:
        await store.commit([(Put(person(1)), Put(letter(1)), Put(entry(1)), *drop(letter(1)))], [])
        assert await store.load() == [person(1)]
    assert count(path, "entry") == 1
