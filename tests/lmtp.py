"""A mail server's side of LMTP, by hand and asynchronous: hands mails over, again when nobody answered, as a queue does.

Unlike a library it can stop anywhere: before the final dot, after it, or with the reply unread.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

HOST = "127.0.0.1"
RETRY_SECONDS = 0.02
REPLY_SECONDS = 60.0
GONE = (OSError, EOFError, TimeoutError)  # what a connection raises that ends


@dataclass(slots=True)
class Lmtp:
    """One connection. Everything raises one of GONE when the other side goes away."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def connect(cls, port: int) -> Lmtp:
        """Connect and greet."""
        self = cls(*await asyncio.open_connection(HOST, port))
        try:
            await self.reply()
            await self.say("LHLO mta.test")
        except BaseException:
            self.cut()
            raise
        return self

    async def reply(self) -> str:
        """One reply, its last line."""
        async with asyncio.timeout(REPLY_SECONDS):
            while line := await self.reader.readline():
                if line[3:4] != b"-":
                    return line.decode("utf-8", "replace").rstrip()
        raise EOFError

    async def say(self, line: str) -> str:
        """A command and its reply."""
        self.writer.write(f"{line}\r\n".encode("utf-8", "surrogateescape"))
        await self.writer.drain()
        return await self.reply()

    async def begin(self, sender: str, recipients: tuple[str, ...]) -> list[str]:
        """Everything up to DATA; the replies that were no 2xx or 354 ([] : go on)."""
        said = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{recipient}>" for recipient in recipients)]
        replies = [await self.say(line) for line in said]
        if any(reply.startswith("2") for reply in replies[1:]):
            replies.append(await self.say("DATA"))
        return [reply for reply in replies if reply[:1] not in "23"]

    async def content(self, raw: bytes) -> None:
        """The mail and its final dot; the replies are not read."""
        raw = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
        self.writer.write((b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
        await self.writer.drain()

    async def hand(self, raw: bytes, sender: str, *recipients: str) -> list[str]:
        """A whole mail; a reply for each recipient (where one was refused: its refusal only)."""
        refused = await self.begin(sender, recipients)
        taken = len(recipients) - len([reply for reply in refused if reply])
        if taken <= 0:
            await self.say("RSET")
            return refused
        await self.content(raw)
        return refused + [await self.reply() for _ in range(taken)]

    def cut(self) -> None:
        """End the connection at once, without a word (RST)."""
        transport = self.writer.transport
        assert isinstance(transport, asyncio.WriteTransport)
        transport.abort()

    async def close(self) -> None:
        """Say goodbye."""
        self.writer.close()


class Queue:
    """One connection of a mail server's queue: what is not answered with 2xx or 5xx is tried again, for ever."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.tries = 0
        self.deferred: list[str] = []  # replies that were 4xx
        self._link: Lmtp | None = None

    async def hand(self, raw: bytes, sender: str, *recipients: str) -> list[str]:
        """Hand over until every recipient has its final reply; these."""
        while True:
            self.tries += 1
            try:
                if self._link is None:
                    self._link = await Lmtp.connect(self.port)
                replies = await self._link.hand(raw, sender, *recipients)
            except GONE:
                self.hang_up()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            waiting = [reply for reply in replies if reply.startswith("4")]
            if not waiting:
                return replies
            self.deferred += waiting
            await asyncio.sleep(RETRY_SECONDS)

    def hang_up(self) -> None:
        """End the connection; the next mail makes another."""
        if self._link is not None:
            self._link.cut()
            self._link = None
