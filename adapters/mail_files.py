"""The file store: what came attached to a mail lies in `state_dir/files/<sha256>`, mode 0600, until it is too old.

A file is there whole or not at all; the same bytes are there once. The core knows a file by its `ref` only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

_REF = re.compile(r"[0-9a-f]{64}")


class FileStore:
    """Files under one folder; `total_bytes` bounds them all together. Blocking: call it in a thread."""

    def __init__(self, folder: Path, total_bytes: int = 1_000_000_000) -> None:
        self.folder = folder
        self.total_bytes = total_bytes
        self._used = -1  # bytes; -1: not counted yet

    def put(self, data: bytes) -> str:
        """Keep a file, durably; returns its ref, "" when there is no room for more. Raises OSError."""
        ref = hashlib.sha256(data).hexdigest()
        path = self.folder / ref
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)  # kept once more: its days begin anew
            return ref
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._used < 0:
            self._count()
        if self._used + len(data) > self.total_bytes:
            return ""
        write_whole(path, [data])
        self._used += len(data)
        return ref

    def read(self, ref: str) -> bytes:
        """A file's bytes. Raises FileNotFoundError when it is gone (or was never a ref)."""
        if not _REF.fullmatch(ref):
            raise FileNotFoundError(ref)
        return (self.folder / ref).read_bytes()

    def sweep(self, days: float) -> int:
        """Delete what has lain here for longer; returns how many files that were."""
        gone = 0
        until = time.time() - days * 86_400
        for path in self._paths():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < until:
                    path.unlink()
                    gone += 1
        self._count()
        return gone

    def recount(self) -> None:
        """Somebody else put files into the folder."""
        self._used = -1

    def _paths(self) -> list[Path]:
        return list(self.folder.iterdir()) if self.folder.is_dir() else []

    def _count(self) -> None:
        used = 0
        for path in self._paths():
            with contextlib.suppress(FileNotFoundError):
                used += path.stat().st_size
        self._used = used


def write_whole(path: Path, pieces: Iterable[bytes], via: Path | None = None) -> None:
    """Write a file only its owner can read: whole and durable when this returns, or not there at all.

    `via` is the name it has meanwhile. Raises OSError.
    """
    part = via or path.with_name(f".{path.name}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were just given in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
