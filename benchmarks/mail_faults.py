"""Each fault between relaybot and its mail server, one at a time on the real process: mails sent, lost, doubled.

Then what large and hostile mails cost its memory. tests/test_mail_faults.py and test_mail_hostile.py hold the figures.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from benchmarks.lab import goal, table, workshop
from tests import mail_faults
from tests.lmtp import Lmtp
from tests.mail_bot import MailBot
from tests.mail_faults import REPEATED, SCENARIOS, Row
from tests.mail_town import CHIDI, settle_in, tokens
from tests.post_office import PostOffice, post_office, serve
from tests.test_letters_hostile import HOSTILE

MEMORY_MB = 90.0  # while 25 MB pass
FILE_BYTES = 18_500_000  # of an attachment: with base64 the mail is 25 MB


@contextlib.asynccontextmanager
async def measured(folder: Path) -> AsyncIterator[tuple[MailBot, Lmtp]]:
    """A bot in a town, and a connection to it."""
    async with post_office(PostOffice()) as office:
        bot = MailBot(folder / "bot", office.port)
        serve(office, bot)
        await settle_in(bot)
        try:
            await bot.start()
            await bot.ready()
            link = await Lmtp.connect(bot.lmtp_port)
            yield bot, link
            link.cut()
        finally:
            await bot.end()


def large(to: str) -> bytes:
    """A mail of Chidi's with a large file."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"], message["Message-ID"] = CHIDI, to, "a file", "<large@town.test>"
    message.set_content("Here you are.")
    message.add_attachment(os.urandom(FILE_BYTES), maintype="application", subtype="octet-stream", filename="data.bin")
    return message.as_bytes()


async def memory() -> list[list[object]]:
    """Peak resident memory of the process for each kind of mail."""
    rows: list[list[object]] = []
    with workshop() as folder:
        async with measured(folder) as (bot, link):
            rows.append(["none: nothing to do", 0.0, bot.memory_mb()])
            reply = tokens(bot).reply_address("tech-peer", "M15", CHIDI)
            mails = {
                "25 MB with a file, to the partner": (large(reply), reply),
                **{n: (r, bot.list) for n, r in HOSTILE.items()},
            }
            for name, (raw, to) in mails.items():
                bot.forget_peak()
                await link.hand(raw, CHIDI, to)
                rows.append([name, len(raw) / 1e6, bot.memory_peak_mb()])
    return rows


def run() -> None:
    """All of them, in order."""
    found: dict[str, Row] = {}
    for name, scenario in SCENARIOS.items():
        if name == "full_disk" and not mail_faults.can_mount():
            print("disk full: left out, it needs root on Linux")
            continue
        with workshop() as folder:
            found[name] = asyncio.run(scenario(folder))
    rows = [[row.fault, row.sent, row.lost, row.doubled, row.note] for row in found.values()]
    table("Faults by mail", ["fault", "mails", "lost", "doubled", ""], rows)
    goal("nothing taken with 250 is lost", not any(row.lost for row in found.values()))
    doubled = {name: row.doubled for name, row in found.items() if row.doubled}
    goal("nothing comes twice, except unsure mails where there are no self-receipts", doubled == REPEATED)
    told = asyncio.run(memory())
    table("Memory while a mail passes", ["mail", "MB", "process at most, MB"], told)
    most = max(float(str(row[2])) for row in told)
    goal(f"at most {MEMORY_MB:.0f} MB: {most:.0f}", most <= MEMORY_MB)
