"""Delivery into a Maildir (https://cr.yp.to/proto/maildir.html): what the embedded default does with outgoing mail.

A letter's file name comes from the letter, so delivering it again changes nothing: exactly once, even over
a crash. Written to tmp/, fsynced, renamed into new/. Any mail program opens the folder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from adapters.mail_files import write_whole
from adapters.mail_outbox import Fate, Parcel


class Maildir:
    """One Maildir for everybody's mail; a Route of mail_outbox.py."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def prepare(self) -> None:
        """Make the folders. Raises OSError."""
        for name in ("tmp", "new", "cur"):
            (self._path / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    async def check(self) -> None:
        """There is nothing to connect to."""

    async def send(self, parcel: Parcel, still: Callable[[], bool]) -> Fate:
        """Deliver; a full or broken disk means later."""
        if not still():
            return Fate("dropped")
        try:
            await asyncio.to_thread(self.put, parcel)
        except OSError as problem:
            return Fate("later", f"the Maildir cannot be written: {problem.strerror}", 30.0)
        return Fate("sent")

    async def close(self) -> None:
        """There is no connection to close."""

    def put(self, parcel: Parcel) -> None:
        """Deliver one mail durably, once. Raises OSError."""
        name = parcel.name
        if (self._path / "new" / name).exists() or (parcel.repeated and self._was_read(name)):
            return
        # What the last server on a mail's way puts on top: RFC 5321 section 4.4, RFC 9228.
        top = f"Return-Path: <{parcel.sender}>\nDelivered-To: {parcel.to}\n".encode()
        parcel.data.seek(0)
        lines = (line.replace(b"\r\n", b"\n") for line in parcel.data)
        write_whole(self._path / "new" / name, chain([top], lines), self._path / "tmp" / name)

    def _was_read(self, name: str) -> bool:
        """A mail program moves mails to cur/ and adds flags to their names."""
        return any(path.name.partition(":")[0] == name for path in (self._path / "cur").iterdir())
