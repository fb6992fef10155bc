"""A small raw IRC client for tests: it writes exactly what it is told, and waits on barriers instead of sleeping.

`barrier()` sends PING with a token: when its PONG is there the server has done everything sent before.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import re
from collections import deque

from adapters.irc_lines import Line, parse

WAIT_SECONDS = 15.0
_tokens = itertools.count(1)


class RawIrc:
    """One connection. Lines that were read and not asked for yet wait in `inbox`, as raw texts."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.inbox: deque[str] = deque()

    @classmethod
    async def connect(
        cls, port: int, nick: str, *, account: str = "", password: str = "", host: str = "127.0.0.1", user: str = ""
    ) -> RawIrc:
        """Connect and register; with `account` by SASL PLAIN."""
        self = cls(*await asyncio.open_connection(host, port, limit=2**20))
        if account:
            self.send("CAP REQ :sasl")
        self.send(f"NICK {nick}", f"USER {user or nick.lower()} 0 * :{nick}")
        if account:
            await self.expect(r"CAP \S+ ACK")
            self.send("AUTHENTICATE PLAIN")
            await self.expect(r"AUTHENTICATE :?\+")
            secret = base64.b64encode(f"{account}\0{account}\0{password}".encode()).decode()
            self.send(f"AUTHENTICATE {secret}")
            await self.expect(r" 903 ")
            self.send("CAP END")
        await self.expect(r"^:\S+ (376|422) ")
        return self

    def send(self, *lines: str) -> None:
        self.send_bytes("".join(line + "\r\n" for line in lines).encode())

    def send_bytes(self, data: bytes) -> None:
        self._writer.write(data)

    async def read(self) -> str:
        """The next line; answers PING. Raises ConnectionError at the end, TimeoutError after WAIT_SECONDS."""
        while True:
            if self.inbox:
                return self.inbox.popleft()
            raw = await asyncio.wait_for(self._reader.readline(), WAIT_SECONDS)
            if not raw:
                raise ConnectionError("closed")
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            if text.startswith("PING "):
                self.send("PONG " + text[5:])
                continue
            return text

    async def expect(self, pattern: str) -> Line:
        """Read on until a line matches (what comes before is passed over)."""
        seen: list[str] = []
        while True:
            try:
                text = await self.read()
            except (TimeoutError, ConnectionError) as error:
                raise AssertionError(f"{type(error).__name__} waiting for {pattern!r}; saw {seen[-20:]}") from error
            seen.append(text)
            if re.search(pattern, text):
                return parse(text)

    async def barrier(self) -> list[Line]:
        """Everything until the server has done all we sent."""
        token = f"raw-{next(_tokens)}"
        self.send(f"PING {token}")
        lines: list[Line] = []
        while True:
            line = parse(await self.read())
            if line.command == "PONG" and line.param(-1) == token:
                return lines
            lines.append(line)

    async def texts(self, sender: str = "relaybot") -> list[str]:
        """Barrier, then what that nick said to us or where we are (PRIVMSG and NOTICE)."""
        return [
            line.params[1]
            for line in await self.barrier()
            if line.command in ("PRIVMSG", "NOTICE") and line.source.partition("!")[0] == sender
        ]

    async def drain(self) -> None:
        await self._writer.drain()

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
