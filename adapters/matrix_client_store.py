"""The folder of one Matrix device: its key store, and a lock that keeps a second process away from it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from adapters.matrix_client_keys import STORE_NAME
from adapters.matrix_parts import Unsafe

_LOCK_NAME = "lock"


class Folder:
    """Made on first use, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def lock(self) -> None:
        """Make the folder ours. Raises Unsafe when another process has it: two on one device break its encryption."""
        if self._lock is not None:
            return
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(self.path / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
            raise Unsafe(
                f"another relaybot is running with {self.path}; end it first, or give this one its own folder"
            ) from None
        self._lock = held

    def unlock(self) -> None:
        """Let another process have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def has_store(self) -> bool:
        """Whether there is a key store."""
        return (self.path / STORE_NAME).exists()

    def clear(self) -> None:
        """Forget the device: its key store is of no use to another one."""
        for file in self.path.glob(f"{STORE_NAME}*"):
            file.unlink()
