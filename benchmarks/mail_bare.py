"""The anchor of `mail`: the simplest answering machine one could write on aiosmtpd and aiosmtplib that keeps what it is told.

LMTP in; one row and one durable commit for each mail, with the pragmas that relaybot has; "250"; then one answer over a
connection that is kept. Nothing is read, thought or written. `python -m benchmarks.mail_bare LMTP_PORT SMTP_PORT DATABASE`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from functools import partial

import aiosmtplib
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.mail_wire import HOST

PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "secure_delete = ON",
    "temp_store = MEMORY",
    "cache_size = -8000",
)
OWN = "relaybot@lists.lab.test"
ANSWER = (
    f"From: relaybot (tech-peer) <{OWN}>\r\nTo: {{to}}\r\nSubject: Taking part\r\n"
    "Date: Sat, 21 Nov 2026 14:05:00 +0000\r\nMessage-ID: <{number}@lists.lab.test>\r\n"
    "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    + "Thank you, your mail is with the moderators. This line stands for many others.\r\n"
    * 25
)


class Loop:
    """Takes mails and answers each."""

    def __init__(self, path: str, smtp_port: int) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        for pragma in PRAGMAS:
            self.database.execute(f"PRAGMA {pragma}")
        self.database.execute("CREATE TABLE mail (id INTEGER PRIMARY KEY, sender TEXT, content BLOB) STRICT")
        self.smtp_port = smtp_port
        self.answers: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """A whole mail."""
        self.database.execute("BEGIN IMMEDIATE")
        row = self.database.execute(
            "INSERT INTO mail (sender, content) VALUES (?, ?)", (envelope.mail_from, envelope.content)
        )
        self.database.execute("COMMIT")
        self.answers.put_nowait((row.lastrowid or 0, str(envelope.mail_from)))
        return "250 taken"

    async def answer(self) -> None:
        """One answer after another."""
        client = aiosmtplib.SMTP(hostname=HOST, port=self.smtp_port, local_hostname="lab.test", start_tls=False)
        await client.connect()
        while True:
            number, to = await self.answers.get()
            await client.sendmail(OWN, [to], ANSWER.format(to=to, number=number))


async def main(lmtp_port: int, smtp_port: int, path: str) -> None:
    """Listen until killed."""
    loop = Loop(path, smtp_port)
    make = partial(LMTP, loop, hostname="lab.test", loop=asyncio.get_running_loop())
    await asyncio.get_running_loop().create_server(make, HOST, lmtp_port)
    print("relaybot bare is running;", flush=True)
    await loop.answer()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
