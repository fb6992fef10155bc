"""What can be wrong around the database: a second relaybot, rights, damage, a full disk, versions, backups.

Every refusal is a sentence that says what to do; no failure keeps half a batch.
"""

# ruff: noqa: ASYNC221, ASYNC240 - a test has nobody else to keep waiting
from __future__ import annotations

import asyncio
import os
import re
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from relaybot.ports import Misconfigured
from storage import copies, migrations
from storage.files import Ballast, Lock
from storage.sqlite import Failure, open_store
from tests.storage_help import drop, entry, letter, opened, person, put, same

ROOT = Path(__file__).parent.parent
FROZEN = Path(__file__).parent / "frozen"  # schema_N.sql: storage/schema.sql as released with version N
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database goes."""
    return tmp_path / "relaybot.sqlite3"


async def fill(path: Path) -> None:
    """A database with one member, closed."""
    async with opened(path) as store:
        await store.commit([put(person(1), entry(1))], [])


async def members(path: Path) -> int:
    """How many records a database holds in the open."""
    async with opened(path) as store:
        return len(await store.load())


async def refused(path: Path, saying: str) -> None:
    """Opening must be refused with a sentence, and a second time too (nothing stays locked)."""
    for _ in range(2):
        with pytest.raises(Misconfigured, match=saying):
            await open_store(path)


# ------------------------------------------------------------------------------------ lock and rights


async def test_a_second_one_is_refused_by_name(path: Path) -> None:
    async with opened(path):
        await refused(path, rf"Another relaybot \(process {os.getpid()}\)")
    assert await members(path) == 0


def test_the_lock_of_a_dead_process_is_free(path: Path) -> None:
    script = f"""
import os, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from storage.files import Lock
lock = Lock(Path({str(path)!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == -signal.SIGKILL
    Lock(path).release()


async def test_files_are_for_their_owner_only(path: Path) -> None:
    async with opened(path) as store:
        await store.commit([put(person(1))], [])
        await store.backup(path.with_name("backup"))
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_a_file_that_others_may_read_is_closed_to_them(path: Path) -> None:
    await fill(path)
    path.chmod(0o644)
    await fill(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_places_that_cannot_be(tmp_path: Path) -> None:
    await refused(tmp_path / "nowhere" / "db", "folder of the database does not exist")
    await refused(tmp_path, "cannot write its database")
    wild = tmp_path / "wild"
    wild.mkdir()
    wild.chmod(0o777)
    await refused(wild / "db", "chmod o-w")
    with pytest.raises(Misconfigured, match="There is no database"):
        await open_store(tmp_path / "missing", readonly=True)


async def test_a_symbolic_link_does_not_get_around_the_lock(path: Path) -> None:
    await fill(path)
    link = path.with_name("link")
    link.symlink_to(path)
    async with opened(path):
        await refused(link, "Another relaybot")


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[Path]:
    """A disk of its own; skips where none can be made."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=700", "relaybot-test", str(place)]
    if not IS_ROOT or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


async def test_a_read_only_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16_000) as disk:
        await fill(disk / "db")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        await refused(disk / "db", "may not write into")


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
async def test_a_read_only_file(path: Path) -> None:
    await fill(path)
    path.chmod(0o400)
    await refused(path, "cannot write its database")


async def test_another_program_holds_the_database(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.sqlite.BUSY_SECONDS", 0.05)
    await fill(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        async with opened(path) as store:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Failure) as caught:
                await store.commit([put(person(2))], [])
            assert caught.value.kind == "locked"
            other.execute("ROLLBACK")
            await store.commit([put(person(3))], [])
            assert same(await store.load(), [person(1), person(3)])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        await refused(path, "Another program keeps the database .* locked")


# ------------------------------------------------------------------------------------------- damage


@pytest.mark.parametrize("damage", ["garbage", "truncated", "page"])
async def test_a_damaged_file_is_refused_and_left_alone(path: Path, damage: str) -> None:
    async with opened(path) as store:
        await store.commit([put(*[person(n, about="x" * 500) for n in range(200)])], [])
    content = bytearray(path.read_bytes())
    if damage == "garbage":
        content = bytearray(b"not a database at all " * 500)
    elif damage == "truncated":
        del content[len(content) // 2 :]
    else:
        content[4096 * 20 : 4096 * 22] = os.urandom(4096 * 2)
    path.write_bytes(content)
    await refused(path, "cannot be used .* Restore a backup")
    assert path.read_bytes() == content


async def test_the_database_of_another_program_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE songs (title)")
    await refused(path, "another program")


async def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    await fill(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA user_version = {migrations.VERSION + 1}")
        other.execute("PRAGMA journal_mode = DELETE")
    content = path.read_bytes()
    await refused(path, f"newer relaybot .schema {migrations.VERSION + 1}")
    with pytest.raises(Misconfigured, match="newer relaybot"):
        await open_store(path, readonly=True)
    assert path.read_bytes() == content


async def test_a_database_of_a_development_version_is_refused(path: Path) -> None:
    await fill(path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("ALTER TABLE person DROP COLUMN zone")
    await refused(path, "development version")


# ----------------------------------------------------------------------------------------- full disk


async def test_a_full_disk_keeps_nothing_of_a_batch_and_lets_deletions_through(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4_000) as disk:
        path = disk / "db"
        async with opened(path, ballast_bytes=1 << 20) as store:
            kept = [letter(n, "x" * 2000) for n in range(100)]
            await store.commit([put(*kept)], [])
            filler = disk / "filler"
            filler.write_bytes(b"\0" * (room(disk) - 4096))
            with pytest.raises(Failure) as caught:
                await store.commit([put(*[letter(n, "y" * 20_000) for n in range(50, 150)])], [("mail", "<1@x>")])
            assert caught.value.kind == "full"
            assert same(await store.load(), kept)
            assert not await store.known("mail", "<1@x>")
            await store.commit([drop(*kept[:50])], [])  # the ballast makes room for this
            assert same(await store.load(), kept[50:])
            with pytest.raises(Failure, match="full"):
                await store.commit([put(*[letter(n, "y" * 20_000) for n in range(100)])], [])
            filler.unlink()
            await store.commit([put(letter(200))], [])
            assert same(await store.load(), [*kept[50:], letter(200)])
            assert (disk / "db.ballast").stat().st_size == 1 << 20
        async with opened(path, ballast_bytes=1 << 20) as store:
            assert same(await store.load(), [*kept[50:], letter(200)])


async def test_without_room_for_the_ballast_only_deletions_are_taken(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 3_000) as disk:
        async with opened(disk / "db", ballast_bytes=1 << 16) as store:
            await store.commit([put(letter(1), letter(2))], [])
        async with opened(disk / "db") as store:
            with pytest.raises(Failure, match="only deletions"):
                await store.commit([put(letter(3))], [])
            await store.commit([drop(letter(1))], [])
            assert await store.load() == [letter(2)]


def room(disk: Path) -> int:
    """Free bytes of a disk."""
    return shutil.disk_usage(disk).free


async def test_a_file_that_may_not_grow(path: Path) -> None:
    """For those who are not root: the limit on a file's size fails writes much as a full disk does."""
    async with opened(path) as store:
        await store.commit([put(letter(1))], [])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
        try:
            with pytest.raises(Failure):
                await store.commit([put(*[letter(n, "y" * 20_000) for n in range(100)])], [])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, handler)
        assert await store.load() == [letter(1)]
        await store.commit([put(letter(2))], [])
    assert await members(path) == 2


def test_a_ballast_comes_and_goes(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "db", 100_000)
    assert not ballast.release()
    assert ballast.restore()
    assert ballast.path.stat().st_size == 100_000
    assert Ballast(tmp_path / "db", 100_000).there
    assert ballast.release()
    assert not ballast.path.exists()
    assert not Ballast(tmp_path / "db", 1 << 60).restore()


# ---------------------------------------------------------------------------------- backup and restore


async def test_backup_while_work_goes_on_and_restore(path: Path) -> None:
    target = path.with_name("backup")
    async with opened(path) as store:
        await store.commit([put(person(1), letter(1, "CANARY")), drop(letter(1, "CANARY"))], [])
        backups = [asyncio.create_task(store.backup(target)) for _ in range(1)]
        for number in range(2, 50):
            await store.commit([put(person(number))], [])
        await asyncio.gather(*backups)
        await store.backup(target)  # in place of the older one
        await store.commit([put(person(99))], [])
        with pytest.raises(Misconfigured, match="Another relaybot"):
            copies.restore(target, path)
    assert b"CANARY" not in target.read_bytes()
    kept = copies.restore(target, path)
    assert kept is not None
    assert await members(path) == 49
    assert await members(kept) == 50


async def test_backup_by_the_command_line(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With relative names and without a store, whether relaybot runs or not."""
    monkeypatch.chdir(tmp_path)
    here = Path(path.name)
    with pytest.raises(Misconfigured, match="There is no database"):
        copies.backup(here, Path("backup"))
    await fill(path)
    copies.backup(here, Path("backup"))
    assert await members(tmp_path / "backup") == 1
    async with opened(path) as store:
        await store.commit([put(person(2))], [])
        copies.backup(here, Path("backup"))
        with pytest.raises(Misconfigured, match="is the database itself"):
            copies.backup(here, here)
    assert await members(tmp_path / "backup") == 2


async def test_restore_where_nothing_is(path: Path, tmp_path: Path) -> None:
    await fill(path)
    async with opened(path) as store:
        await store.backup(tmp_path / "backup")
    assert copies.restore(tmp_path / "backup", tmp_path / "new") is None
    assert await members(tmp_path / "new") == 1


async def test_restore_after_a_crash_does_not_mix_two_databases(path: Path) -> None:
    """The log of the old database must not be replayed into the restored one."""
    await fill(path)
    target = path.with_name("backup")
    async with opened(path) as store:
        await store.backup(target)
        await store.commit([put(person(2))], [])
        crashed = {suffix: path.with_name(path.name + suffix).read_bytes() for suffix in ("", "-wal")}
    for suffix, content in crashed.items():
        path.with_name(path.name + suffix).write_bytes(content)
    kept = copies.restore(target, path)
    assert kept is not None
    assert await members(path) == 1
    assert await members(kept) == 2


async def test_a_bad_backup_changes_nothing(path: Path, tmp_path: Path) -> None:
    await fill(path)
    backup = tmp_path / "backup"
    for content, saying in ((None, "no backup"), (b"garbage" * 1000, "cannot be read"), (b"", "no backup of relaybot")):
        if content is not None:
            backup.write_bytes(content)
        with pytest.raises(Misconfigured, match=saying):
            copies.restore(backup, path)
    backup.unlink()
    async with opened(path) as store:
        await store.backup(backup)
    with closing(sqlite3.connect(backup)) as other:
        other.execute(f"PRAGMA user_version = {migrations.VERSION + 1}")
    with pytest.raises(Misconfigured, match="newer relaybot"):
        copies.restore(backup, path)
    assert await members(path) == 1


async def test_a_backup_that_cannot_be_written(path: Path, tmp_path: Path) -> None:
    async with opened(path) as store:
        with pytest.raises(Misconfigured, match="folder for the backup"):
            await store.backup(tmp_path / "nowhere" / "backup")
        for suffix in ("", "-wal"):
            with pytest.raises(Misconfigured, match="is the database itself"):
                await store.backup(path.with_name(path.name + suffix))
        (tmp_path / "taken").mkdir()
        with pytest.raises(Failure):
            await store.backup(tmp_path / "taken")
        assert not list(tmp_path.glob("*.part"))


# ------------------------------------------------------------------------------------------ migrations

OLD = """
CREATE TABLE person (programme TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (programme, id)) STRICT, WITHOUT ROWID;
"""
STEPS = (
    "ALTER TABLE person ADD COLUMN name TEXT NOT NULL DEFAULT '';\nUPDATE person SET name = 'person ' || id;\n",
    "CREATE TABLE tally (name TEXT PRIMARY KEY, value INTEGER NOT NULL CHECK (value >= 0)) STRICT;\n",
)


def old_database(path: Path) -> sqlite3.Connection:
    """A database of version 1 with one row."""
    connection = sqlite3.connect(path, isolation_level=None)
    migrations.upgrade(connection, lambda _: None, steps=(), fresh=OLD)
    connection.execute("INSERT INTO person VALUES ('tech', 4)")
    return connection


def version(connection: sqlite3.Connection) -> int:
    """The schema version of an open database."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_steps_run_in_order_after_a_copy(path: Path) -> None:
    with closing(old_database(path)) as connection:
        copied: list[int] = []

        def copy(from_version: int) -> None:
            copied.append(from_version)
            copies.copy_into(connection, path.with_name("copy"))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(migrations, "VERSION", 3)
            migrations.upgrade(connection, copy, steps=STEPS)
            migrations.upgrade(connection, copy, steps=STEPS)
        assert connection.execute("SELECT * FROM person").fetchall() == [("tech", 4, "person 4")]
        assert version(connection) == 3
        assert copied == [1]
    with closing(sqlite3.connect(path.with_name("copy"))) as copy_:
        assert copy_.execute("SELECT * FROM person").fetchall() == [("tech", 4)]
        assert version(copy_) == 1


def test_a_failing_step_leaves_the_database_as_it_was(path: Path) -> None:
    with closing(old_database(path)) as connection:
        with pytest.raises(sqlite3.Error):
            migrations.upgrade(connection, lambda _: None, steps=(*STEPS, "ALTER TABLE nowhere ADD COLUMN x;\n"))
        assert version(connection) == 1
        assert connection.execute("SELECT * FROM person").fetchall() == [("tech", 4)]
        assert not connection.in_transaction


def test_frozen_schemas_are_complete() -> None:
    frozen = {int(match[1]) for file in FROZEN.glob("*.sql") if (match := re.fullmatch(r"schema_(\d+)", file.stem))}
    missing = set(range(1, migrations.VERSION)) - frozen
    assert not missing, (
        f"tests/frozen: add schema_N.sql, the storage/schema.sql of version {missing}, before changing it"
    )


@pytest.mark.parametrize("start", range(1, migrations.VERSION + 1))
def test_a_migrated_database_is_like_a_fresh_one(path: Path, start: int) -> None:
    file = FROZEN / f"schema_{start}.sql"
    script = file.read_text(encoding="utf-8") if start < migrations.VERSION else migrations.schema()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrations.upgrade(connection, lambda _: None, steps=migrations.STEPS[: start - 1], fresh=script)
        migrations.upgrade(connection, lambda _: None)
        assert version(connection) == migrations.VERSION
        assert migrations.shape(connection) == migrations.fresh_shape()


def test_the_shape_sees_columns_checks_and_indexes() -> None:
    shapes = []
    for script in (
        "CREATE TABLE t (a INTEGER NOT NULL CHECK (a IN (0, 1)), b TEXT); CREATE INDEX i ON t (a, b)",
        "CREATE TABLE t (b TEXT, a INTEGER NOT NULL CHECK (a IN (0,1))); CREATE INDEX i ON t (a, b)",
        "CREATE TABLE t (b TEXT, a INTEGER NOT NULL CHECK (a IN (0,2))); CREATE INDEX i ON t (a, b)",
        "CREATE TABLE t (b TEXT, a INTEGER CHECK (a IN (0,1))); CREATE INDEX i ON t (a, b)",
        "CREATE TABLE t (b TEXT, a INTEGER NOT NULL CHECK (a IN (0,1))); CREATE INDEX i ON t (b, a)",
    ):
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(script)
            shapes.append(migrations.shape(connection))
    assert shapes[0] == shapes[1]
    assert all(shape != shapes[0] for shape in shapes[2:])
