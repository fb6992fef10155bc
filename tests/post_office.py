"""The mail server beside relaybot, as a test plays it: takes its mail, hands copies of its own back, keeps others' mail in a queue.

It can fail as real ones do; what it took counts as arrived, whatever became of its reply.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import SMTP

from aiosmtpd.smtp import Envelope, Session

from tests.lmtp import Queue
from tests.mail_bot import LIST, MailBot
from tests.mail_sink import Sink, Taken, _Session, sink

CARRIERS = 2  # connections on which copies go back
INBOUND = 8


@dataclass
class PostOffice(Sink):
    """A sink that carries on: our own copies go back to whoever listens at `ports` (domain -> LMTP port)."""

    ports: dict[str, int] = field(default_factory=dict)
    chance: random.Random = field(default_factory=random.Random)
    cut_share: float = 0.0  # of mails whose connection ends after the final dot; half of them were kept
    reply_seconds: float = 0.0  # how slow it is to answer the final dot
    cuts: int = 0
    people: list[Taken] = field(default_factory=list)  # what arrived at people, each with its one recipient
    _copied: int = 0
    _carried: int = 0
    _copies: asyncio.Queue[tuple[Taken, str]] = field(default_factory=asyncio.Queue)

    async def handle_DATA(self, server: _Session, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """After the final dot: keep, then reply or not."""
        cut = self.chance.random() < self.cut_share
        if self.reply_seconds:
            await asyncio.sleep(self.reply_seconds)
        if cut and self.chance.random() < 0.5:
            self.cuts += 1
            return await server.fail("cut")
        before = len(self.taken)
        failing = self.faults.get("DOT") if self.times > 0 else None
        if failing:
            asyncio.get_running_loop().call_soon(self._sort, before)  # a fault may end this coroutine
        reply = await super().handle_DATA(server, session, envelope)
        if not failing:
            self._sort(before)
        if cut:
            self.cuts += 1
            return await server.fail("cut")
        return reply

    def _sort(self, since: int) -> None:
        for mail in self.taken[since:]:
            for to in mail.recipients:
                if to.rpartition("@")[2] in self.ports:
                    self._copied += 1
                    self._copies.put_nowait((mail, to))
                else:
                    self.people.append(Taken(mail.sender, [to], mail.content))

    async def carry(self) -> None:
        """Hand mails for relaybot's own domain over, until cancelled."""
        queues: dict[str, Queue] = {}
        try:
            while True:
                mail, to = await self._copies.get()
                domain = to.rpartition("@")[2]
                queue = queues.setdefault(domain, Queue(self.ports[domain]))
                await queue.hand(mail.content, mail.sender, to)
                self._carried += 1
        finally:
            for queue in queues.values():
                queue.hang_up()

    def carrying(self) -> bool:
        """Whether mails for relaybot's own domain are still on their way back."""
        return self._carried < self._copied

    def to(self, address: str) -> list[Taken]:
        """What arrived at somebody."""
        return [mail for mail in self.people if mail.recipients == [address]]

    def letters(self) -> Counter[str]:
        """Message-ID and reader -> how often it arrived."""
        return Counter(f"{headers(mail.content)['Message-ID']} {mail.recipients[0]}" for mail in self.people)

    def twice(self) -> list[str]:
        """Letters that arrived more than once."""
        return [name for name, times in self.letters().items() if times > 1]


@contextlib.asynccontextmanager
async def post_office(office: PostOffice, port: int = 0) -> AsyncIterator[PostOffice]:
    """One that works."""
    async with sink(made=office, port=port):
        carriers = [asyncio.create_task(office.carry()) for _ in range(CARRIERS)]
        try:
            yield office
        finally:
            for carrier in carriers:
                carrier.cancel()
            for failed in await asyncio.gather(*carriers, return_exceptions=True):
                if isinstance(failed, Exception):
                    raise failed


def serve(office: PostOffice, *bots: MailBot) -> None:
    """Copies go back to these."""
    for bot in bots:
        office.ports[bot.address.rpartition("@")[2]] = bot.lmtp_port


def headers(content: bytes) -> Message:
    """The headers of a mail."""
    return BytesHeaderParser(policy=SMTP).parsebytes(content)


def text_of(mail: Taken) -> str:
    """The words of a mail of ours."""
    found = message_from_bytes(mail.content, policy=SMTP)
    body = found.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    return str(body.get_content()).replace("\r\n", "\n")


def enrolment(number: int, to: str = LIST) -> tuple[bytes, str]:
    """A first mail of person `number`, and their address."""
    address = f"p{number}@home.test"
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = f"Peer{number} <{address}>", to, "Taking part"
    mail["Message-ID"], mail["Date"] = f"<enrol.{number}@home.test>", "Sat, 21 Nov 2026 14:05:00 +0000"
    mail.set_content("Hello, I would like to learn rust. I can teach python (8 years). I live in Berlin.\n")
    return mail.as_bytes(), address
