"""The store on SQLite: load everything open, commit a batch in one durable transaction, and what an operator asks for.

One connection writes, in aiosqlite's thread; every call here is one function run there from BEGIN to COMMIT. So a
cancelled await cannot leave half a transaction behind: what was handed over is done whole, what was not is not.
"""

from __future__ import annotations

import asyncio
import gc
import re
import secrets
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from relaybot.model import Change, Decision, Entry, Meeting, Put, Record
from relaybot.ports import Misconfigured, StoreFailed
from storage import copies, export, migrations
from storage.files import BALLAST_BYTES, Ballast, Lock, check_place, is_full
from storage.rows import CODECS, Codec, Row, from_micros, new_texts, to_micros

T = TypeVar("T")

BUSY_SECONDS = 10.0
SEEN_DAYS = 30  # no medium delivers a message again after so long
JOURNAL_DAYS = 730  # of a programme that does not say otherwise
SHUNT_DAYS = 90  # a failed event holds what was said, so it does not stay for ever
TIDY_ROWS = 2_000  # deleted per transaction, so that a commit never waits long behind the retention

# Meetings that are over stay in the file and out of memory (rules.FINAL_MEETINGS; a test compares).
FINAL_MEETINGS = ("held", "missed", "moved", "off", "skipped")

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # NORMAL loses acknowledged messages in a power cut
    "PRAGMA secure_delete = ON",  # words that were deleted are overwritten
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8000",  # KiB
    "PRAGMA journal_size_limit = 8388608",
)


class Failure(StoreFailed):
    """A StoreFailed with its kind, so that the office knows what to do next.

    full: no room, try again when there is; locked: another program holds the file, try again; broken: the file or
    the disk is at fault; unfit: a record cannot be stored (a bug in whoever made it), the others of the batch can.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The statements of one kind of record."""

    codec: Codec
    put: str
    drop: str
    select: str


@dataclass(frozen=True, slots=True)
class Shunted:
    """An event that could not be decided, as the office stored it; `replayed_at` None: still to be looked at."""

    id: int
    programme: str
    event: str
    traceback: str
    at: datetime
    replayed_at: datetime | None


async def open_store(
    path: Path | str,
    *,
    readonly: bool = False,
    ballast_bytes: int = BALLAST_BYTES,
    journal_days: Mapping[str, int] | None = None,
) -> SqliteStore:
    """Open the database at `path`, made or migrated if need be; the caller closes it.

    `journal_days` says for each programme how long its journal is kept; those it does not name keep theirs.
    `readonly` is for the command line beside a running relaybot: no lock is taken and nothing can be changed.
    Raises Misconfigured: no place for it, in use, damaged, locked, another program's, or of a newer relaybot.
    """
    path, lock = _claim(Path(path), readonly)
    try:
        store = SqliteStore(path, lock, Ballast(path, ballast_bytes), journal_days)
        await store._open()  # noqa: SLF001 - the other half of the constructor
    except BaseException:
        if lock:
            lock.release()
        raise
    return store


def _claim(path: Path, readonly: bool) -> tuple[Path, Lock | None]:
    """The real place of the database and, for a writer, the lock on it; raises Misconfigured."""
    path = path.resolve()
    if not readonly:
        check_place(path)
        return path, Lock(path)
    if not path.is_file():
        raise Misconfigured(f"There is no database {path}.")
    return path, None


class SqliteStore:
    """ports.Store on one SQLite file; made by `open_store`."""

    def __init__(self, path: Path, lock: Lock | None, ballast: Ballast, journal_days: Mapping[str, int] | None) -> None:
        self.path = path
        self._lock = lock
        self._ballast = ballast
        self._journal_days = {"": JOURNAL_DAYS} if journal_days is None else dict(journal_days)
        self._tables: dict[type[Record], _Table] = {}
        source = copies.read_only(path) if lock is None else str(path)
        self._db = aiosqlite.connect(
            source, uri=lock is None, isolation_level=None, timeout=BUSY_SECONDS, cached_statements=256
        )
        # aiosqlite's thread is no daemon: an exit without close() would hang for ever.
        self._db._thread.daemon = True  # noqa: SLF001

    async def _open(self) -> None:
        await self._db
        try:
            await self._db._execute(self._prepare)  # type: ignore[no-untyped-call]  # noqa: SLF001
        except sqlite3.Error as error:
            await self._db.close()
            raise Misconfigured(_cannot_open(self.path, _failure(error, self.path))) from error
        except BaseException:
            await self._db.close()
            raise

    def _prepare(self) -> None:
        """Check, migrate and set up the connection (in its thread)."""
        connection = self._db._conn  # noqa: SLF001
        connection.execute("PRAGMA trusted_schema = OFF")
        migrations.version_of(connection)
        if self._lock:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            problems = copies.check(connection)
            if problems:
                raise sqlite3.DatabaseError(problems)
            migrations.upgrade(connection, self._keep_copy)
            self._ballast.restore()
        if migrations.shape(connection) != migrations.fresh_shape():
            raise Misconfigured(
                f"The database {self.path} was made by a development version of relaybot: start afresh."
            )
        self._tables = {record: _table(connection, codec) for record, codec in CODECS.items()}

    def _keep_copy(self, version: int) -> None:
        target = self.path.with_name(f"{self.path.name}.schema-{version}")
        copies.copy_into(self._db._conn, target)  # noqa: SLF001

    async def _hop(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in the connection's thread: one hop, and not to be stopped once it is queued.

        aiosqlite has no public way for more than one statement per hop, so its private one is used; a test fails
        when that changes. Raises Failure.
        """
        try:
            result: T = await self._db._execute(lambda: work(self._db._conn))  # type: ignore[no-untyped-call]  # noqa: SLF001
        except sqlite3.Error as error:
            raise _failure(error, self.path) from error
        except ValueError as error:
            raise Failure("broken", "the store is closed") from error
        return result

    # ------------------------------------------------------------------------------------------ the port

    async def load(self) -> list[Record]:
        """Every record but the journal's entries and the meetings that are over; about 10 us each."""
        return await self._hop(self._load)

    def _load(self, connection: sqlite3.Connection) -> list[Record]:
        found: list[Record] = []
        texts = new_texts()
        collecting = gc.isenabled()
        gc.disable()  # nothing here becomes garbage, and looking for it among so many new objects doubles the time
        try:
            for record, table in self._tables.items():
                if record is Entry:
                    continue
                if record is Meeting:
                    marks = ", ".join("?" * len(FINAL_MEETINGS))
                    rows = connection.execute(f"{table.select} WHERE stage NOT IN ({marks})", FINAL_MEETINGS)
                else:
                    rows = connection.execute(table.select)
                found.extend(table.codec.decode(rows, texts))
        finally:
            if collecting:
                gc.enable()
        return found

    async def commit(self, decisions: Sequence[Decision], seen: Sequence[tuple[str, str]]) -> None:
        """Write all changes and the ids of inbound messages in one durable transaction; the last change of a key wins.

        Raises Failure, and then nothing was written. Cancelled while waiting: it is written all the same or not at
        all, and a following `close` waits for it.
        """
        await self._hop(lambda connection: self._commit(connection, decisions, seen))

    def _commit(
        self, connection: sqlite3.Connection, decisions: Sequence[Decision], seen: Sequence[tuple[str, str]]
    ) -> None:
        puts, drops = self._sort(decisions)
        grows = bool(puts or seen)
        if grows and not self._ballast.restore():
            raise Failure("full", f"the disk of {self.path} has no room; only deletions are taken")
        try:
            self._write(connection, puts, drops, seen)
        except sqlite3.Error as error:
            if grows or _failure(error, self.path).kind != "full" or not self._ballast.release():
                raise
            self._write(connection, puts, drops, seen)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._ballast.restore()

    def _sort(self, decisions: Iterable[Decision]) -> tuple[dict[_Table, list[Row]], dict[_Table, list[Row]]]:
        """The rows to write and the keys to delete, per table; raises Failure for a record that has no row."""
        last: dict[tuple[Any, ...], Change] = {}
        for decision in decisions:
            for change in decision:
                record = change.record
                last[type(record), record.programme, record.key] = change
        puts: defaultdict[_Table, list[Row]] = defaultdict(list)
        drops: defaultdict[_Table, list[Row]] = defaultdict(list)
        for (kind, programme, key), change in last.items():
            table = self._tables[kind]
            if type(change) is not Put:
                drops[table].append((programme, *key) if type(key) is tuple else (programme, key))
                continue
            try:
                puts[table].append(table.codec.encode(change.record))
            except (TypeError, ValueError, KeyError, AttributeError) as error:
                raise Failure("unfit", f"{table.codec.kind} {key!r}: {error}") from error
        return puts, drops

    def _write(
        self,
        connection: sqlite3.Connection,
        puts: dict[_Table, list[Row]],
        drops: dict[_Table, list[Row]],
        seen: Sequence[tuple[str, str]],
    ) -> None:
        kind = ""
        try:
            connection.execute("BEGIN IMMEDIATE")
            for table, rows in drops.items():
                kind = table.codec.kind
                connection.executemany(table.drop, rows)
            for table, rows in puts.items():
                kind = table.codec.kind
                connection.executemany(table.put, rows)
            if seen:
                kind = "seen"
                at = time.time_ns() // 1_000
                connection.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", [(*one, at) for one in seen])
            connection.execute("COMMIT")
        except (UnicodeEncodeError, OverflowError, sqlite3.InterfaceError, sqlite3.ProgrammingError) as error:
            raise Failure("unfit", f"{kind}: {error}") from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    async def known(self, network: str, message_id: str) -> bool:
        """Whether this inbound message already had its effect."""
        select = "SELECT 1 FROM seen WHERE network = ? AND id = ?"
        return await self._hop(lambda db: db.execute(select, (network, message_id)).fetchone() is not None)

    async def secret(self, name: str) -> bytes:
        """32 random bytes under a name, the same for ever; made when first asked for."""

        def find(db: sqlite3.Connection) -> bytes:
            db.execute("INSERT OR IGNORE INTO secret VALUES (?, ?)", (name, secrets.token_bytes(32)))
            return bytes(db.execute("SELECT value FROM secret WHERE name = ?", (name,)).fetchone()[0])

        return await self._hop(find)

    async def journal(self, programme: str, about: str, limit: int) -> tuple[Entry, ...]:
        """The newest entries about an object ("M12") or about and by a person ("person 4"), newest first."""
        person = re.fullmatch(r"person (\d+)", about)
        return await self._hop(
            lambda db: self._journal(db, programme, about, int(person[1]) if person else None, limit)
        )

    def _journal(
        self, connection: sqlite3.Connection, programme: str, about: str, actor: int | None, limit: int
    ) -> tuple[Entry, ...]:
        table = self._tables[Entry]
        # Without INDEXED BY, SQLite walks the whole journal backwards when it thinks that many entries match.
        about_it = f"{table.select} INDEXED BY entry_about WHERE programme = ? AND about = ? ORDER BY id DESC LIMIT ?"
        by_them = f"{table.select} INDEXED BY entry_actor WHERE programme = ? AND actor = ? ORDER BY id DESC LIMIT ?"
        rows = set(connection.execute(about_it, (programme, about, limit)))
        if actor is not None:
            rows.update(connection.execute(by_them, (programme, actor, limit)))
        entries = [entry for entry in table.codec.decode(rows) if isinstance(entry, Entry)]
        return tuple(sorted(entries, key=lambda entry: entry.id, reverse=True)[:limit])

    async def shunt(self, programme: str, event: str, traceback: str, at: datetime) -> int:
        """Keep an event that could not be decided, with its traceback; returns its number."""
        insert = "INSERT INTO shunt (programme, event, traceback, at) VALUES (?, ?, ?, ?)"
        row = (programme, _printable(event), _printable(traceback), to_micros(at))
        return await self._hop(lambda db: db.execute(insert, row).lastrowid or 0)

    async def close(self) -> None:
        """Finish what was handed over, fold the log into the database and release it; a second call does nothing."""
        try:
            await self._db.close()
        except sqlite3.Error as error:
            raise _failure(error, self.path) from error
        finally:
            if self._lock:
                self._lock.release()

    # ------------------------------------------------------------------------------------- housekeeping

    async def tidy(self, now: datetime | None = None) -> bool:
        """For idle times: forget what is past its time, and have deleted words gone from the files.

        Returns whether the log could be emptied (a backup or another reader may hold it; then later). Raises Failure.
        """
        now = datetime.now(UTC) if now is None else now
        journals = [("entry", days, programme) for programme, days in self._journal_days.items()]
        for table, days, programme in (("seen", SEEN_DAYS, ""), ("shunt", SHUNT_DAYS, ""), *journals):
            before = to_micros(now - timedelta(days=days))
            forget = partial(_forget, table=table, before=before, programme=programme)
            while await self._hop(forget) == TIDY_ROWS:
                pass
        busy = await self._hop(lambda db: int(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]))
        return not busy

    async def backup(self, target: Path | str) -> None:
        """Copy the database into `target` (mode 0600), in one step, while work goes on. Raises Misconfigured, Failure."""
        try:
            await asyncio.to_thread(copies.backup, self.path, Path(target))
        except sqlite3.Error as error:
            raise _failure(error, self.path) from error
        except OSError as error:
            raise Failure("broken", f"the backup could not be written: {error}") from error

    async def shunted(self) -> list[Shunted]:
        """The events put aside, oldest first, replayed ones too."""
        select = "SELECT id, programme, event, traceback, at, replayed_at FROM shunt ORDER BY id"
        rows = await self._hop(lambda db: db.execute(select).fetchall())
        return [
            Shunted(number, programme, event, traceback, from_micros(at), None if done is None else from_micros(done))
            for number, programme, event, traceback, at, done in rows
        ]

    async def shunt_replayed(self, number: int, at: datetime) -> bool:
        """Mark an event put aside as replayed; False when there is no such number."""
        update = "UPDATE shunt SET replayed_at = ? WHERE id = ?"
        return await self._hop(lambda db: db.execute(update, (to_micros(at), number)).rowcount == 1)

    async def person_rows(self, programme: str, person: int) -> dict[str, list[dict[str, object]]]:
        """Everything stored about a person, journal included, as plain JSON values under the kinds of records."""
        return await self._hop(lambda db: export.person_rows(db, programme, person))


# ------------------------------------------------------------------------------------------------ helpers


def _table(connection: sqlite3.Connection, codec: Codec) -> _Table:
    """The statements for one kind; names come from our own dataclasses and schema, never from input."""
    columns = ", ".join(f'"{column.name}"' for column in codec.columns)
    marks = ", ".join("?" * len(codec.columns))
    keys = connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (codec.kind,)).fetchall()
    where = " AND ".join(f'"{key}" = ?' for (key,) in keys)
    return _Table(
        codec,
        put=f'INSERT OR REPLACE INTO "{codec.kind}" ({columns}) VALUES ({marks})',  # noqa: S608
        drop=f'DELETE FROM "{codec.kind}" WHERE {where}',  # noqa: S608
        select=f'SELECT {columns} FROM "{codec.kind}"',  # noqa: S608
    )


def _forget(connection: sqlite3.Connection, table: str, before: int, programme: str) -> int:
    """Delete up to TIDY_ROWS rows of `seen`, `shunt` or `entry` older than `before`; returns how many."""
    key = {"seen": "network, id", "shunt": "id", "entry": "programme, id"}[table]
    old = f"SELECT {key} FROM {table} WHERE at < ? LIMIT ?"  # noqa: S608
    values: tuple[object, ...] = (before, TIDY_ROWS)
    if programme:
        old, values = old.replace("LIMIT", "AND programme = ? LIMIT"), (before, programme, TIDY_ROWS)
    return connection.execute(f"DELETE FROM {table} WHERE ({key}) IN ({old})", values).rowcount  # noqa: S608


def _printable(text: str) -> str:
    """`text` with what UTF-8 cannot express written out: a shunted event is kept whatever is in it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


_KINDS = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_CONSTRAINT: "unfit",
    sqlite3.SQLITE_MISMATCH: "unfit",
    sqlite3.SQLITE_TOOBIG: "unfit",
}


def _failure(error: sqlite3.Error, path: Path) -> Failure:
    """What a SQLite error means to the office."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without the extended part
    kind = _KINDS.get(code, "broken")
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and is_full(path):
        kind = "full"  # growing the shared-memory file and fsync report a full disk as an input/output error
    return Failure(kind, str(error))


def _cannot_open(path: Path, failure: Failure) -> str:
    if failure.kind == "locked":
        return f"Another program keeps the database {path} locked: close it and start again."
    if failure.kind == "full":
        return f"The disk of the database {path} is full: make room and start again."
    return f"The database {path} cannot be used ({failure}). Restore a backup: relaybot restore FILE"
