"""What the doctor looks at on this machine: database, SQLite, rights, room, backups, ports, and whether relaybot runs.

Nothing is changed: no file is made or mended here, because the doctor may be called by another user than relaybot's.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import socket
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relaybot.config import Config
from relaybot.doctor.report import Report
from storage import copies, migrations

SAFE_SQLITE = (3, 51, 3)  # the WAL-reset bug is fixed from here on (sqlite.org/changes.html)
ROOM_LEAST_BYTES = 64 << 20
ROOM_GOOD_BYTES = 512 << 20
INODES_LEAST = 1000
BACKUP_DAYS = 8
BANNER_SECONDS = 3.0


def look(config: Config, report: Report) -> None:
    """Everything on this machine, in the order in which it would stop relaybot."""
    _state_dir(config.state_dir, report)
    _database(config, report)
    _sqlite(report)
    _room(config.database.parent, report)
    _backup(config, report)


# -------------------------------------------------------------------------------------- does it run?


@contextlib.contextmanager
def hold(database: Path) -> Iterator[str]:
    """Keep relaybot from starting meanwhile. Gives the process that has the database, "" where none has."""
    lock = database.resolve()
    try:
        handle = os.open(lock.with_name(lock.name + ".lock"), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # it never ran
        yield ""
        return
    except OSError:
        yield "unknown"
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
        else:
            yield ""
    finally:
        os.close(handle)


# ------------------------------------------------------------------------------------------- the files


def _state_dir(path: Path, report: Report) -> None:
    about = f"state_dir {path.resolve()}"
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        report.ok(about, "is not there yet; relaybot makes it at its first start")
        return
    except OSError as problem:
        report.fail(about, f"cannot be looked at: {problem.strerror}", "run the doctor as the user relaybot runs as")
        return
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        report.fail(
            about, f"{_me()} may not write into it", f"chown it to the user relaybot runs as, or {_as_owner(path)}"
        )
    elif mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        report.fail(about, "everybody may write into it", f"chmod o-w {path.resolve()}")
    elif mode & stat.S_IWGRP:
        report.warn(about, "a whole group may write into it", f"chmod g-w {path.resolve()}")
    else:
        report.ok(about, "is relaybot's own")


def _database(config: Config, report: Report) -> None:
    path = config.database.resolve()
    about = f"database {path}"
    try:
        found = path.stat()
    except FileNotFoundError:
        if os.access(path.parent, os.W_OK | os.X_OK):
            report.ok(about, "is not there yet; relaybot makes it at its first start")
        else:
            report.fail(about, f"{_me()} cannot make it there", f"let relaybot's user write into {path.parent}")
        return
    except OSError as problem:
        report.fail(about, f"cannot be looked at: {problem.strerror}", "run the doctor as the user relaybot runs as")
        return
    if found.st_uid != os.geteuid():
        report.warn(about, f"belongs to {_name(found.st_uid)}, and this is {_me()}", _as_owner(path))
    if stat.S_IMODE(found.st_mode) & 0o077:
        report.warn(about, "others may read it", f"chmod 600 {path}")
    wrong, cure = _inside(path)
    if wrong:
        report.fail(about, wrong, cure)
    else:
        report.ok(about, f"opens and is sound ({found.st_size / 1_000_000:.1f} MB)")


def _inside(path: Path) -> tuple[str, str]:
    """What is wrong with a database and what to do; "" where nothing is."""
    if path.stat().st_size == 0:
        return "", ""
    # Without a -wal nobody has it open; reading it as it is then makes no -wal and -shm, which the caller would own.
    uri = copies.read_only(path) + ("" if path.with_name(path.name + "-wal").exists() else "&immutable=1")
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10)) as connection:
            (owner,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            problems = copies.check(connection)
    except sqlite3.Error as problem:
        return f"cannot be read: {problem}", "restore a backup: relaybot restore FILE"
    if problems:
        return f"is damaged: {problems}", "stop relaybot and restore a backup: relaybot restore FILE"
    if owner != migrations.APPLICATION_ID:
        return "is another program's", "name relaybot's own file: [relaybot] database"
    if version > migrations.VERSION:
        return "was made by a newer relaybot", "install that one"
    return "", ""


def _sqlite(report: Report) -> None:
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        report.ok("SQLite", sqlite3.sqlite_version)
    else:
        report.warn(
            "SQLite",
            f"{sqlite3.sqlite_version} can damage a database that several programs write at once (mended in 3.51.3)",
            "relaybot writes over one connection, which is safe: let no other program write to the database",
        )


def _room(folder: Path, report: Report) -> None:
    about = f"room on the disk of {folder.resolve()}"
    try:
        room, nodes = shutil.disk_usage(folder), os.statvfs(folder)
    except OSError as problem:
        report.fail(about, f"cannot be known: {problem.strerror}", "make the folder")
        return
    told = f"{room.free / 1_000_000:,.0f} MB free of {room.total / 1_000_000:,.0f}"
    if room.free < ROOM_LEAST_BYTES:
        report.fail(about, told, "make room: without any, relaybot takes nothing more from anybody")
    elif nodes.f_files and nodes.f_favail < INODES_LEAST:
        report.fail(about, f"{told}, but only {nodes.f_favail} more files fit", "delete what is not needed")
    elif room.free < ROOM_GOOD_BYTES:
        report.warn(about, told, "make room before it is needed")
    else:
        report.ok(about, told)


# -------------------------------------------------------------------------------------------- backups


def _backup(config: Config, report: Report) -> None:
    if not config.database.is_file():
        return
    do = "relaybot backup FILE, every day and onto another machine (cron, systemd timer)"
    made = copies.last_backup(config.state_dir)
    if made is None:
        report.warn("backup", "relaybot backup was never used here", do)
        return
    at, to = made
    days = (datetime.now(UTC) - at) / timedelta(days=1)
    told = f"made {at:%Y-%m-%d %H:%M} UTC ({days:.1f} days ago) as {to}"
    if days > BACKUP_DAYS:
        report.warn("backup", told, do)
    elif not Path(to).exists():
        report.ok("backup", f"{told}, which lies elsewhere by now")
    else:
        report.ok("backup", told)


# ---------------------------------------------------------------------------------------------- ports


def port(about: str, host: str, number: int, holder: str, report: Report) -> bool:
    """Whether relaybot can listen there, or does already; False where it cannot."""
    if number == 0:
        report.ok(about, "takes any free port")
        return True
    try:
        socket.create_server((host, number), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as problem:
        said = _banner(host, number)
        if holder and "relaybot" in said.lower():
            report.ok(about, f"{host}:{number} is relaybot's own (process {holder})")
            return True
        who = f'; a program is there that says "{said}"' if said else ""
        report.fail(
            about,
            f"{host}:{number} cannot be listened on: {problem.strerror}{who}",
            "stop that program, or give relaybot another port",
        )
        return False
    if holder:
        report.fail(about, f"relaybot runs (process {holder}), but nothing listens on {host}:{number}", "see its log")
        return False
    report.ok(about, f"{host}:{number} is free for relaybot")
    return True


def embedded_ports(path: Path) -> set[str]:
    """What a running relaybot says its own servers listen on, as host:port."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return {value for value in json.loads(path.read_bytes()).values() if isinstance(value, str)}
    return set()


def _banner(host: str, number: int) -> str:
    """What a server says first."""
    with contextlib.suppress(OSError), socket.create_connection((host, number), BANNER_SECONDS) as link:
        link.settimeout(BANNER_SECONDS)
        said = link.recv(200).decode("utf-8", "replace")
        return "".join(c for c in said.splitlines()[0] if c.isprintable())[:80] if said.strip() else ""
    return ""


def _me() -> str:
    return _name(os.geteuid())


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _as_owner(path: Path) -> str:
    return f"run the doctor as relaybot's user: sudo -u {_name(path.stat().st_uid)} relaybot doctor"
