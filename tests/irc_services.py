"""Services for an InspIRCd of ours: everybody is logged in to an account named like their nick, at once.

Real services hash a password for each login, which takes minutes for hundreds of users and shows nothing here. To
InspIRCd this is an ordinary services server: accounts reach bots by account-tag as on any network.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

from tests.servers import HOST, SERVICES

NUMERIC = "00A"


class Services:
    """One link to a server; `accounts` counts who was logged in."""

    def __init__(self) -> None:
        self.accounts = 0
        self.linked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def link(self, port: int) -> None:
        """Connect to the server's link port and wait for its burst."""
        reader, writer = await asyncio.open_connection(HOST, port)
        now = int(time.time())
        hello = (
            "CAPAB START 1202",
            "CAPAB CAPABILITIES :PROTOCOL=1202",
            "CAPAB END",
            f"SERVER {SERVICES} linkpw 0 {NUMERIC} :quick services",
            f":{NUMERIC} BURST {now}",
            f":{NUMERIC} ENDBURST",
        )
        writer.write("".join(line + "\r\n" for line in hello).encode())
        self._task = asyncio.create_task(self._serve(reader, writer))
        async with asyncio.timeout(10):
            await self.linked.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while raw := await reader.readline():
            words = raw.decode("utf-8", "replace").split()
            if words[1:2] == ["UID"]:
                user, nick = words[2], words[4]
                self.accounts += 1
                writer.write(f":{NUMERIC} METADATA {user} accountname :{nick.lower()}\r\n".encode())
            elif words[1:2] == ["PING"]:
                writer.write(f":{NUMERIC} PONG {NUMERIC} {words[0].lstrip(':')}\r\n".encode())
            elif words[1:2] == ["ENDBURST"]:
                self.linked.set()
            elif words[:1] == ["ERROR"]:
                raise ConnectionError(" ".join(words))

    async def close(self) -> None:
        """Cut the link."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await self._task
