"""The files around the database: its lock (one instance only), their modes (nobody else reads them), the ballast.

Everything here is plain file work without SQLite, done before the database is opened and after it is closed.
"""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from relaybot.ports import Misconfigured

PRIVATE = 0o600
BALLAST_BYTES = 8 << 20
_BLOCK = 1 << 20


def check_place(path: Path) -> None:
    """Make sure that the database can live at `path`, and create it as an empty file that only its owner reads.

    Raises Misconfigured with a sentence per reason. SQLite gives its -wal and -shm files the mode of the database.
    """
    folder = path.parent
    if not folder.is_dir():
        raise Misconfigured(f"The folder of the database does not exist: {folder}. Create it, readable by you only.")
    mode = folder.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise Misconfigured(
            f"Everybody may write into {folder}, where the database is. Take that away: chmod o-w {folder}"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Misconfigured(f"relaybot may not write into {folder}, where the database is; SQLite needs that.")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        raise Misconfigured(f"relaybot cannot write its database {path}: {error.strerror}.") from None
    try:
        if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
            os.fchmod(handle, PRIVATE)
    except PermissionError:
        raise Misconfigured(f"Others may read {path} and relaybot may not change that: chmod 600 {path}") from None
    finally:
        os.close(handle)


class Lock:
    """Held while the database is open: a second relaybot on it would deliver everything twice."""

    def __init__(self, path: Path) -> None:
        """Take the lock next to the database at `path`; raises Misconfigured naming the process that has it."""
        self.path = path.with_name(path.name + ".lock")
        self.handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self.handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self.handle)
            raise Misconfigured(
                f"Another relaybot (process {holder}) is using {path}. Stop it first, or give this one a database of its own."
            ) from None
        os.ftruncate(self.handle, 0)
        os.pwrite(self.handle, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let the next one in; the file stays, because removing a lock file races with whoever opens it."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


class Ballast:
    """A file that only takes up room: given away when the disk is full, since even a DELETE needs some to work."""

    def __init__(self, path: Path, size_bytes: int = BALLAST_BYTES) -> None:
        self.path = path.with_name(path.name + ".ballast")
        self.size_bytes = size_bytes
        self.there = self.path.exists() and self.path.stat().st_size >= size_bytes

    def restore(self) -> bool:
        """Have the ballast in place again; False while there is no room for it."""
        if self.there:
            return True
        free = os.statvfs(self.path.parent)
        if free.f_bavail * free.f_frsize < self.size_bytes + _BLOCK:
            return False
        try:
            self._write()
        except OSError:
            self.path.unlink(missing_ok=True)
            return False
        self.there = True
        return True

    def _write(self) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
        try:
            for start in range(0, self.size_bytes, _BLOCK):  # random, lest a compressing file system saves the room
                block = os.urandom(min(_BLOCK, self.size_bytes - start))
                if os.write(handle, block) != len(block):
                    raise OSError("no room")
            os.fsync(handle)  # with delayed allocation only this shows that the room was there
        finally:
            os.close(handle)

    def release(self) -> bool:
        """Give the room away; False when there is none left to give."""
        if not self.there:
            return False
        self.path.unlink(missing_ok=True)
        self.there = False
        return True


def is_full(path: Path) -> bool:
    """Whether the disk of `path` has no room left worth mentioning."""
    free = os.statvfs(path.parent)
    return free.f_bavail * free.f_frsize < _BLOCK


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
