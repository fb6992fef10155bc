"""Both ends of mail in a benchmark, in one process with little work: who hands mails in by LMTP, and the server that takes answers.

Nothing is pipelined, as neither end says that it can. The load is closed: a sender has one mail under way at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable

HOST = "127.0.0.1"
DOT = b"\r\n.\r\n"
BUSY_SECONDS = 0.02  # a mail that the other side has no room for now is handed in again after this


def stuffed(raw: bytes) -> bytes:
    """The content of a mail as it goes over the wire, with its end."""
    raw = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    return (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


class Handing(asyncio.Protocol):
    """One connection that hands mails in by LMTP, one after another; `hand` is done when its mail was answered with 250."""

    def __init__(self) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.again = 0  # mails that were answered with 4xx and handed in again
        self._steps: deque[bytes] = deque([b"LHLO client.test\r\n"])
        self._mail: tuple[bytes, ...] = ()
        self._done: asyncio.Future[None] | None = None
        self._tail = b""

    @classmethod
    async def connect(cls, port: int) -> Handing:
        """Connect and greet."""
        _, self = await asyncio.get_running_loop().create_connection(cls, HOST, port)
        await self.ready
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        for waiting in (self.ready, self._done):
            if waiting is not None and not waiting.done():
                waiting.set_exception(ConnectionResetError("the bot hung up"))

    def hand(self, content: bytes, sender: str, to: str) -> asyncio.Future[None]:
        """Hand in a mail whose content is `stuffed` already."""
        mail = (f"MAIL FROM:<{sender}>\r\n".encode(), f"RCPT TO:<{to}>\r\n".encode(), b"DATA\r\n", content)
        self._done = asyncio.get_running_loop().create_future()
        self._begin(mail)
        return self._done

    def _begin(self, mail: tuple[bytes, ...]) -> None:
        self._mail = mail
        self._steps.extend(mail)
        self.transport.write(self._steps.popleft())

    def data_received(self, data: bytes) -> None:
        data = self._tail + data
        *lines, self._tail = data.split(b"\r\n")
        for line in lines:
            if line[3:4] != b"-":
                self._replied(line)

    def _replied(self, line: bytes) -> None:
        if line[:1] not in b"23":
            self._refused(line)
        elif self._steps:
            self.transport.write(self._steps.popleft())
        elif not self.ready.done():
            self.ready.set_result(None)
        elif self._done is not None and not self._done.done():
            self._done.set_result(None)

    def _refused(self, line: bytes) -> None:
        """A 4xx after the content comes again; anything else no benchmark can go on after."""
        if line[:1] == b"4" and not self._steps:
            self.again += 1
            asyncio.get_running_loop().call_later(BUSY_SECONDS, self._begin, self._mail)
        elif self._done is not None and not self._done.done():
            self._done.set_exception(RuntimeError(line.decode("ascii", "replace")))


Arrived = Callable[[str, list[str], bytes], None]


class Taking(asyncio.Protocol):
    """One connection of the server that takes everything; `arrived(sender, recipients, wire content)` is called for each mail."""

    def __init__(self, arrived: Arrived) -> None:
        self._arrived = arrived
        self._sender = ""
        self._recipients: list[str] = []
        self._buffer = bytearray()
        self._content = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink.test\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end, skip = (DOT, 2) if self._content else (b"\r\n", 0)
            at = self._buffer.find(end)
            if at < 0:
                return
            piece = bytes(self._buffer[: at + skip])
            del self._buffer[: at + len(end)]
            self._took(piece) if self._content else self._command(piece)

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"EHLO":
            self.transport.write(b"250-sink.test\r\n250-SIZE 30000000\r\n250 8BITMIME\r\n")
            return
        if verb == b"MAIL":
            self._sender, self._recipients = _address(line), []
        elif verb == b"RCPT":
            self._recipients.append(_address(line))
        elif verb == b"DATA":
            self._content = True
            self.transport.write(b"354 go on\r\n")
            return
        self.transport.write(b"250 ok\r\n")

    def _took(self, content: bytes) -> None:
        self._content = False
        self.transport.write(b"250 taken\r\n")
        self._arrived(self._sender, self._recipients, content)


def _address(line: bytes) -> str:
    return line[line.index(b"<") + 1 : line.index(b">")].decode()


class Sink:
    """The mail server that answers go to. Copies for relaybot's own domain are handed back by LMTP, as a real one does."""

    def __init__(self, domain: str) -> None:
        self._ours = f"@{domain}"
        self.port = 0
        self.arrived: Counter[str] = Counter()  # recipient -> mails
        self.kept: list[tuple[str, list[str], bytes]] = []  # what arrived, while `keep`
        self.keep = False
        self.last_at = 0.0
        self.waits: dict[str, asyncio.Future[None]] = {}  # recipient -> done at the next mail to them
        self._copies: asyncio.Queue[tuple[bytes, str, str]] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self._carriers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Taking(self._took), HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def carry(self, port: int, connections: int = 2) -> None:
        """Hand copies back to this LMTP port from now on."""
        self._carriers = [asyncio.create_task(self._carry(port)) for _ in range(connections)]

    async def _carry(self, port: int) -> None:
        handing = await Handing.connect(port)
        while True:
            content, sender, to = await self._copies.get()
            await handing.hand(content + b".\r\n", sender, to)

    def _took(self, sender: str, recipients: list[str], content: bytes) -> None:
        self.last_at = time.perf_counter()
        if self.keep:
            self.kept.append((sender, recipients, content))
        for to in recipients:
            if to.endswith(self._ours):
                self._copies.put_nowait((content, sender, to))
                continue
            self.arrived[to] += 1
            wait = self.waits.pop(to, None)
            if wait is not None and not wait.done():
                wait.set_result(None)

    def next_to(self, address: str) -> asyncio.Future[None]:
        """Done when the next mail to somebody arrives."""
        wait = self.waits[address] = asyncio.get_running_loop().create_future()
        return wait

    async def stop(self) -> None:
        """Close; a carrier that failed says so."""
        failed = [task.exception() for task in self._carriers if task.done() and not task.cancelled()]
        for task in self._carriers:
            task.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        for problem in failed:
            if problem is not None:
                raise problem
