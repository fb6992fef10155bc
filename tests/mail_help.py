"""What tests of the mail adapter share: an ear that remembers, deliveries that tell their fate, an adapter that runs.

All real: sockets on the loopback, files in a temporary folder; only the core is replaced by something that records.
"""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from adapters.mail import MailAdapter
from adapters.mail_settings import read_settings
from relaybot.model import Letter, Message, Style, Urgency
from relaybot.ports import Delivery, StoreFailed

HOST = "127.0.0.1"
KEY = bytes(range(32))
ADDRESS = "relaybot@lists.lab.test"
LIST = "peers@lists.lab.test"
WRITTEN_AT = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


@dataclass
class Listening:
    """An Ear that keeps what it hears. `fails` is raised instead; `gate`, when given, is waited for first."""

    heard: list[Message] = field(default_factory=list)
    bounces: list[tuple[str, str, bool]] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    copies: list[tuple[str, int]] = field(default_factory=list)
    fails: Exception | None = None
    gate: asyncio.Event | None = None
    begun: int = 0

    async def hear(self, message: Message) -> None:
        """Take a message, as a commit would."""
        self.begun += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.fails is not None:
            raise self.fails
        if message.id not in {m.id for m in self.heard}:  # the store's deduplication
            self.heard.append(message)

    def reachable(self, network: str, address: str = "") -> None:
        """Letters can be sent."""
        self.reached.append(network)

    async def bounced(self, address: str, reason: str, *, permanent: bool) -> None:
        """Mail came back."""
        self.bounces.append((address, reason, permanent))

    async def left(self, programme: str, letter: int) -> None:
        """A copy of a letter came in."""
        if self.fails is not None:
            raise self.fails
        self.copies.append((programme, letter))

    def arrived(self, address: str) -> None:
        """Never by mail."""

    def knows(self, address: str) -> bool:
        """Never asked by mail."""
        raise AssertionError(address)


@dataclass
class Sent:
    """A letter handed to the adapter, and what became of it."""

    letter: Letter
    wanted: bool = True
    fails: StoreFailed | None = None
    begun: int = 0
    fates: list[tuple[str, str, float]] = field(default_factory=list)

    def delivery(self) -> Delivery:
        """As the postman hands it over."""
        return Delivery(self.letter, lambda: self.wanted, self._settle, self._begin)

    async def _settle(self, outcome: str, reason: str, seconds: float) -> None:
        self.fates.append((outcome, reason, seconds))

    async def _begin(self) -> None:
        self.begun += 1
        if self.fails is not None:
            raise self.fails

    @property
    def outcome(self) -> str:
        """ "" while it is not known. Settled twice is a fault of the adapter's."""
        assert len(self.fates) <= 1
        return self.fates[0][0] if self.fates else ""


def letter(id_: int = 1, to: str = "chidi@example.net", **more: Any) -> Letter:
    """A letter as the core writes one."""
    given: dict[str, Any] = {
        "programme": "tech-peer",
        "id": id_,
        "to": f"mail/{to}",
        "text": ("Good morning Chidi,", "shall we?", "relaybot"),
        "urgency": Urgency.PERSONAL,
        "written_at": WRITTEN_AT,
        "style": Style.LETTER,
        "about": "A19",
        "subject": "A question",
    }
    return replace(Letter(**given), **more)


def settings(folder: Path, **more: Any) -> dict[str, Any]:
    """An adapter that listens for LMTP on a free port and delivers into a Maildir."""
    given: dict[str, Any] = {
        "address": ADDRESS,
        "lists": {"tech-peer": LIST},
        "titles": {"tech-peer": "Tech Peer"},
        "receive": {"lmtp": f"{HOST}:0"},
        "send": {"maildir": str(folder / "mail")},
        "trusted_authserv": ["mx.lab.test"],
        "key": KEY,
        "state_dir": folder,
    }
    return given | more


@contextlib.asynccontextmanager
async def running(
    folder: Path, ear: Listening | None = None, *, ready: bool = True, **more: Any
) -> AsyncIterator[MailAdapter]:
    """An adapter that runs and is ready (unless that is not waited for)."""
    adapter = MailAdapter(read_settings("mail", settings(folder, **more)))
    task = asyncio.create_task(adapter.run(ear or Listening()))
    try:
        await until(lambda: not ready or adapter.ready() or task.done())
        if task.done():
            task.result()
        yield adapter
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something has become true."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


def mail(sender: str = "chidi@example.net", to: str = ADDRESS, subject: str = "hello", text: str = "status\n") -> bytes:
    """A mail somebody wrote."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Chidi <{sender}>", to, subject
    message["Message-ID"] = f"<{abs(hash((sender, to, subject, text)))}@example.net>"
    message["Date"] = "Sat, 21 Nov 2026 14:05:00 +0000"
    message.set_content(text)
    return message.as_bytes().replace(b"\n", b"\r\n")


def large(data: bytes, text: str = "here you are\n") -> bytes:
    """A mail with a file."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Chidi <chidi@example.net>", ADDRESS, "a file"
    message["Message-ID"] = f"<{len(data)}@example.net>"
    message.set_content(text)
    message.add_attachment(data, maintype="application", subtype="octet-stream", filename="data.bin")
    return message.as_bytes().replace(b"\n", b"\r\n")


class Hand:
    """A client of the listener, by hand: each command and its reply, in a thread (smtplib blocks)."""

    def __init__(self, adapter: MailAdapter | None = None, port: int = 0) -> None:
        """To an adapter, or to an LMTP port."""
        self._where, self._lmtp = (HOST, port), True
        if adapter is not None:
            assert adapter.listening is not None
            self._where, self._lmtp = adapter.listening, bool(adapter.settings.receive.lmtp)
        self._client: smtplib.SMTP | None = None

    async def __aenter__(self) -> Hand:
        kind = smtplib.LMTP if self._lmtp else smtplib.SMTP
        self._client = client = await asyncio.to_thread(lambda: kind(*self._where))
        await asyncio.to_thread(client.ehlo, "client.test")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._client is not None
        await asyncio.to_thread(self._client.close)

    async def say(self, line: str) -> tuple[int, str]:
        """A command and its reply."""
        assert self._client is not None
        code, words = await asyncio.to_thread(self._client.docmd, line)
        return code, words.decode()

    async def send(self, raw: bytes, *recipients: str, sender: str = "chidi@example.net") -> list[tuple[int, str]]:
        """A whole transaction; the replies to DATA (in LMTP one for each recipient), or those to the RCPTs refused."""
        await self.say("RSET")
        code, words = await self.say(f"MAIL FROM:<{sender}>")
        if code != 250:
            return [(code, words)]
        refused = [reply for to in recipients or (ADDRESS,) if (reply := await self.say(f"RCPT TO:<{to}>"))[0] != 250]
        accepted = len(recipients or (ADDRESS,)) - len(refused)
        if not accepted:
            return refused
        return await self.data(raw, accepted if self._lmtp else 1)

    async def data(self, raw: bytes, replies: int = 1) -> list[tuple[int, str]]:
        """DATA, content with dots doubled, and so many replies."""
        assert self._client is not None
        client = self._client
        code, words = await self.say("DATA")
        if code != 354:
            return [(code, words)]
        raw = raw if raw.endswith(b"\r\n") or not raw else raw + b"\r\n"
        stuffed = (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:]

        def rest() -> list[tuple[int, str]]:
            client.send(stuffed + b".\r\n")
            return [(code, words.decode()) for code, words in (client.getreply() for _ in range(replies))]

        return await asyncio.to_thread(rest)
