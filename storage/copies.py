"""Whole copies of the database: the backup (while relaybot runs), the restore, the copy before a migration.

A copy is made by `VACUUM INTO`: consistent, compact, without remains of deleted words; it is checked before it counts.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from relaybot.ports import Misconfigured
from storage.files import PRIVATE, Lock, check_place, sync_folder
from storage.migrations import APPLICATION_ID, VERSION

NOTE = "last-backup.json"  # in state_dir: when the newest backup was made, and as which file
_OWN_FILES = ("", "-wal", "-shm", "-journal")  # what a database is made of, as suffixes of its name


def read_only(path: Path) -> str:
    """The URI that opens `path` without ever writing to it."""
    return f"file:{quote(str(path))}?mode=ro"


def copy_into(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the open database into `target`, replacing it in one step; raises sqlite3.Error or OSError, and then leaves
    nothing behind."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
        with closing(sqlite3.connect(read_only(part), uri=True)) as copy:
            problems = check(copy)
        if problems:
            raise sqlite3.DatabaseError(f"the copy is not sound: {problems}")
        handle = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)  # VACUUM INTO does not
        finally:
            os.close(handle)
        part.replace(target)
        sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)


def check(connection: sqlite3.Connection) -> str:
    """What SQLite finds wrong with the file, at most three findings; "" when it is sound."""
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    return "" if found == ["ok"] else "; ".join(found)


def backup(path: Path, target: Path) -> None:
    """Copy the database at `path`, in use or not, into `target`; blocks for about 6 ms per MB, the writer goes on.

    Raises Misconfigured when there is no database or `target` cannot be used, sqlite3.Error or OSError when the copy
    fails.
    """
    path = path.resolve()
    if not path.is_file():
        raise Misconfigured(f"There is no database {path}.")
    if any(target.resolve() == path.with_name(path.name + suffix) for suffix in _OWN_FILES):
        raise Misconfigured(f"{target} is the database itself: name another file for the backup.")
    if not target.parent.is_dir():
        raise Misconfigured(f"The folder for the backup does not exist: {target.parent}")
    with closing(sqlite3.connect(read_only(path), uri=True, isolation_level=None)) as connection:
        copy_into(connection, target)


def note_backup(state_dir: Path, target: Path) -> None:
    """Note that a backup was made, for `relaybot doctor`. Raises OSError."""
    note = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "to": str(target.resolve())}
    (state_dir / NOTE).write_text(json.dumps(note) + "\n", encoding="utf-8")


def last_backup(state_dir: Path) -> tuple[datetime, str] | None:
    """When the newest backup was made and as which file; None where that is not known."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads((state_dir / NOTE).read_bytes())
        return datetime.fromisoformat(note["at"]).astimezone(UTC), str(note["to"])
    return None


def restore(source: Path, path: Path) -> Path | None:
    """Put the backup `source` in place of the database at `path`, while relaybot does not run.

    Returns where the old database went, None when there was none. Raises Misconfigured when relaybot runs, or when
    `source` is missing, damaged, not relaybot's or newer than this relaybot; the old database is then untouched.
    """
    path = path.resolve()
    check_place(path)
    lock = Lock(path)
    try:
        part = path.with_name(path.name + ".restored")
        _copy_checked(source, part)
        kept = _set_aside(path)
        part.replace(path)
        sync_folder(path.parent)
        return kept
    finally:
        lock.release()


def _copy_checked(source: Path, part: Path) -> None:
    if not source.is_file():
        raise Misconfigured(f"There is no backup {source}.")
    try:
        with closing(sqlite3.connect(read_only(source.resolve()), uri=True, isolation_level=None)) as connection:
            problems = check(connection)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (owner,) = connection.execute("PRAGMA application_id").fetchone()
            if problems:
                raise Misconfigured(f"The backup {source} is damaged ({problems}): take an older one.")
            if owner != APPLICATION_ID:
                raise Misconfigured(f"{source} is no backup of relaybot.")
            if version > VERSION:
                raise Misconfigured(f"The backup {source} was made by a newer relaybot: install that one first.")
            copy_into(connection, part)
    except sqlite3.Error as error:
        raise Misconfigured(f"The backup {source} cannot be read ({error}): take an older one.") from None


def _set_aside(path: Path) -> Path | None:
    """Rename the old database and its companions, so that nobody replays its -wal into the restored one."""
    if path.stat().st_size == 0:
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = path.with_name(f"{path.name}.before-restore-{stamp}")
    for suffix in reversed(_OWN_FILES):  # the database last: until then it is found at its place
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.replace(kept.with_name(kept.name + suffix))
    return kept
