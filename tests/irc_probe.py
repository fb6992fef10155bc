"""A very small IRC client for tests: sends lines as given and reads until a PONG that closes everything before it.
No sleeping: whatever the server wrote before it answered the probe's PING has arrived when `said()` returns.
It reads lines with a splitter of its own, so that server and probe cannot share a mistake."""

from __future__ import annotations

import asyncio
import base64
import itertools
from contextlib import suppress
from dataclasses import dataclass

READ_SECONDS = 10.0


@dataclass(frozen=True)
class Heard:
    """One line from the server: its tags (still escaped), source, verb, parameters, and the bytes as they came."""

    tags: dict[str, str]
    source: str
    verb: str
    params: list[str]
    raw: bytes

    @property
    def text(self) -> str:
        """The line without its tags."""
        line = self.raw.decode().rstrip("\r\n")
        return line.partition(" ")[2] if line.startswith("@") else line


class Probe:
    """One connection of a test to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._tokens = itertools.count(1)

    def send(self, *lines: str | bytes) -> None:
        """Sends lines, each with CR LF."""
        for line in lines:
            self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")

    async def said(self, *lines: str | bytes) -> list[Heard]:
        """Sends lines and returns everything the server said until it had handled them."""
        token = f"barrier-{next(self._tokens)}"
        self.send(*lines, f"PING {token}")
        heard: list[Heard] = []
        while True:
            line = await self.line()
            if line.verb == "PONG" and line.params[-1] == token:
                return heard
            heard.append(line)

    async def texts(self, *lines: str | bytes) -> list[str]:
        """What `said` returns, without tags."""
        return [line.text for line in await self.said(*lines)]

    async def verbs(self, *lines: str | bytes) -> list[str]:
        """The verbs of what `said` returns."""
        return [line.verb for line in await self.said(*lines)]

    async def line(self) -> Heard:
        """The next line. Raises asyncio.IncompleteReadError at the end, TimeoutError after READ_SECONDS."""
        raw = await asyncio.wait_for(self.reader.readuntil(b"\n"), READ_SECONDS)
        return split(raw)

    async def rest(self) -> list[str]:
        """Everything until the server closes the connection, without tags; a reset ends it as well."""
        heard = []
        while True:
            try:
                heard.append((await self.line()).text)
            except (asyncio.IncompleteReadError, ConnectionError):
                return heard

    async def close(self) -> None:
        """Closes the socket without a QUIT."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


class Net:
    """Opens probes to one address and closes them all."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self._probes: list[Probe] = []

    async def open(self) -> Probe:
        """A connection that has said nothing yet."""
        probe = Probe(*await asyncio.open_connection(*self.address))
        self._probes.append(probe)
        return probe

    async def join(self, nick: str, *channels: str, caps: str = "", account: str = "") -> Probe:
        """A registered client with those capabilities, logged in by SASL to that account (or to its nick without
        SASL), that has joined the channels and read everything up to here."""
        probe = await self.open()
        if caps or account:
            probe.send(f"CAP REQ :{caps} {'sasl' if account else ''}")
        if account:
            probe.send("AUTHENTICATE PLAIN", "AUTHENTICATE " + plain(account, "any"))
        probe.send(f"NICK {nick}", f"USER {nick} 0 * :I am {nick}")
        if caps or account:
            probe.send("CAP END")
        probe.send(*(f"JOIN {channel}" for channel in channels))
        await probe.said()
        return probe

    async def close(self) -> None:
        """Closes what was opened."""
        for probe in self._probes:
            await probe.close()


def split(raw: bytes) -> Heard:
    """Takes one line of the server apart (RFC 1459 2.3.1, IRCv3 message-tags)."""
    line = raw.decode().removesuffix("\n").removesuffix("\r")
    tags: dict[str, str] = {}
    if line.startswith("@"):
        words, _, line = line[1:].partition(" ")
        tags = {key: value for key, _, value in (word.partition("=") for word in words.split(";"))}
    source = ""
    if line.startswith(":"):
        source, _, line = line[1:].partition(" ")
    head, trailing, text = line.partition(" :")
    params = head.split(" ") + ([text] if trailing else [])
    return Heard(tags, source, params[0], params[1:], raw)


def plain(account: str, password: str) -> str:
    """The base64 of a SASL PLAIN message (RFC 4616)."""
    return base64.b64encode(f"\0{account}\0{password}".encode()).decode()
