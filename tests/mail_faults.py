"""One fault at a time between relaybot and its mail server: enrolment mails go in, and what became of each is counted.

`lost`: people whose mail was taken with 250 and who are not enrolled or got no answer. `doubled`: enrolled or answered
more than once. tests/test_mail_faults.py holds them to their figures, `python -m benchmarks mail_faults` prints them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lmtp import Lmtp, Queue
from tests.mail_bot import MailBot
from tests.post_office import PostOffice, enrolment, post_office, serve

MAILS = 20
ARRIVE_SECONDS = 60.0
STAY_SECONDS = 1.0  # what would come twice had so long to do it
BOOM_TEXT = b"rust"
ANY_NUMBER = "mail.newcomers_per_hour = 10000"  # else those beyond are answered an hour later


@dataclass(frozen=True)
class Row:
    """What became of the mails under one fault."""

    fault: str
    sent: int
    lost: int
    doubled: int
    note: str = ""


class Scene:
    """A bot, the mail server around it, and the people who wrote."""

    def __init__(self, bot: MailBot, office: PostOffice) -> None:
        self.bot, self.office = bot, office
        self.taken: list[str] = []
        self.queue = Queue(bot.lmtp_port)
        self.next = 0

    def mail(self) -> tuple[bytes, str]:
        """The next person's first mail."""
        self.next += 1
        return enrolment(self.next)

    async def hand(self, raw: bytes, address: str, *recipients: str) -> list[str]:
        """Hand in until it is taken."""
        replies = await self.queue.hand(raw, address, *(recipients or (self.bot.list,)))
        if any(reply.startswith("250") for reply in replies):
            self.taken.append(address)
        return replies

    async def enrol(self, count: int = MAILS) -> None:
        """So many people's first mails."""
        for _ in range(count):
            await self.hand(*self.mail())

    async def row(self, fault: str, note: str = "", *, apart: tuple[str, ...] = ()) -> Row:
        """Wait until everybody has an answer and nothing waits; the figures. `apart`: people who cannot be answered."""
        expected = set(self.taken) - set(apart)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ARRIVE_SECONDS):
                while {mail.recipients[0] for mail in self.office.people} < expected:
                    await asyncio.sleep(0.05)
            await self.bot.drained(ARRIVE_SECONDS)
        await asyncio.sleep(STAY_SECONDS)
        answers = Counter(mail.recipients[0] for mail in self.office.people)
        enrolled = {str(home)[5:] for (home,) in self.bot.rows("SELECT home FROM person")}
        names = Counter(self.bot.rows("SELECT address FROM address"))
        lost = {one for one in expected if one not in answers or one not in enrolled}
        doubled = {one for one, times in answers.items() if times > 1} | {a for a, n in names.items() if n > 1}
        return Row(fault, len(self.taken), len(lost), len(doubled), note)


@contextlib.asynccontextmanager
async def scene(folder: Path, *, mail: str = "", wrong: tuple[str, ...] = (), **more: object) -> AsyncIterator[Scene]:
    """A bot that is ready, and its mail server."""
    async with post_office(PostOffice(**more)) as office:  # type: ignore[arg-type]
        bot = MailBot(folder / "bot", office.port, mail=mail, wrong=("impatient", *wrong), settings=ANY_NUMBER)
        serve(office, bot)
        try:
            await bot.start()
            await bot.ready()
            found = Scene(bot, office)
            yield found
        finally:
            await bot.end()
        found.queue.hang_up()


# --------------------------------------------------------------------------------------------- coming in


async def cut_before(folder: Path) -> Row:
    """The connection ends after the final dot, before the reply: the mail server hands in again."""
    async with scene(folder) as at:
        for _ in range(MAILS):
            raw, address = at.mail()
            link = await Lmtp.connect(at.bot.lmtp_port)
            await link.begin(address, (at.bot.list,))
            await link.content(raw)
            link.cut()
            await at.hand(raw, address)
        return await at.row("inbound cut after the dot, before 250", "handed in again")


async def cut_after(folder: Path) -> Row:
    """The reply is lost on its way: the mail server hands in again what was taken."""
    async with scene(folder) as at:
        for _ in range(MAILS):
            raw, address = at.mail()
            await at.hand(raw, address)
            at.queue.hang_up()
            await at.hand(raw, address)
        at.taken = at.taken[::2]
        return await at.row("inbound cut after 250", "handed in again")


async def core_bug(folder: Path) -> Row:
    """A bug while deciding: the mail is taken and kept aside, its writer and the moderators are told."""
    async with scene(folder, wrong=("core",)) as at:
        await at.enrol()
        raw, address = at.mail()
        replies = await at.hand(raw.replace(BOOM_TEXT, b"BOOM"), address)
        shunted = at.bot.rows("SELECT count(*) FROM shunt")[0][0]
        row = await at.row("a bug in the core", f"reply {replies[0][:3]}, {shunted} event kept aside", apart=(address,))
        told = len(at.office.to(address))
        return Row(row.fault, row.sent, row.lost + (shunted != 1) + (told != 1), row.doubled, row.note)


async def adapter_bug(folder: Path) -> Row:
    """A bug while reading: the mail stays with the mail server until there is a relaybot without it."""
    async with scene(folder, wrong=("adapter",)) as at:
        raw, address = at.mail()
        waiting = asyncio.create_task(at.hand(raw.replace(b"people", b"BOOM").replace(BOOM_TEXT, b"BOOM"), address))
        other = Scene(at.bot, at.office)
        other.next = MAILS
        await other.enrol()
        other.queue.hang_up()
        while not at.queue.deferred:
            await asyncio.sleep(0.02)
        await at.bot.stop()
        at.bot.wrong("impatient")
        await at.bot.start()
        await waiting
        at.taken += other.taken
        return await at.row("a bug in the adapter", f"reply {at.queue.deferred[0][:9]}, taken after the cure")


async def two_recipients(folder: Path) -> Row:
    """One mail to the list and to relaybot itself: two replies, one effect."""
    async with scene(folder) as at:
        for _ in range(MAILS):
            raw, address = at.mail()
            assert len(await at.hand(raw, address, at.bot.list, at.bot.address)) == 2
        return await at.row("two recipients in one transaction", "two replies, one effect")


async def listener_down(folder: Path) -> Row:
    """relaybot is not there: mails wait at the mail server."""
    async with scene(folder) as at:
        await at.bot.stop()
        coming = asyncio.create_task(at.enrol())
        while at.queue.tries < 5:
            await asyncio.sleep(0.02)
        await at.bot.start()
        await coming
        return await at.row("relaybot down", "mails waited at the mail server")


async def killed(folder: Path) -> Row:
    """kill -9, five times, while mails come in."""
    async with scene(folder) as at:
        coming = asyncio.create_task(at.enrol(5 * MAILS))
        for number in range(1, 6):
            while at.next < number * 3 * MAILS // 4:
                await asyncio.sleep(0.005)
            await at.bot.kill()
            await at.bot.start()
        await coming
        await at.bot.ready()
        return await at.row("kill -9", "5 kills")


async def full_disk(folder: Path) -> Row:
    """No room: 452 until there is, and then everything goes on."""
    disk = folder / "disk"
    mount(disk)
    try:
        async with scene(disk) as at:
            await at.enrol(3)
            filling = disk / "filling"
            fill(filling)
            at.bot.database.with_name("relaybot.db.ballast").unlink()  # the last reserve is used up as well
            fill(filling)
            coming = asyncio.create_task(at.enrol())
            while not at.queue.deferred:
                await asyncio.sleep(0.02)
            filling.unlink()
            await coming
            return await at.row("disk full", f"reply {at.queue.deferred[0][:9]} until there was room")
    finally:
        unmount(disk)


def mount(folder: Path) -> None:
    """Make a small disk: room for the database and its ballast, and for little else."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", folder], check=True)


def unmount(folder: Path) -> None:
    """Its end."""
    subprocess.run(["umount", "--lazy", folder], check=True)


def can_mount() -> bool:
    """Whether a small disk can be made here."""
    return os.geteuid() == 0 and sys.platform == "linux"


def fill(path: Path) -> None:
    """Write until there is no room."""
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


# --------------------------------------------------------------------------------------------- going out


async def server_down(folder: Path) -> Row:
    """Nobody takes mail for a while: letters wait in the outbox."""
    async with post_office(PostOffice()) as first:
        bot = MailBot(folder / "bot", first.port, wrong=("impatient",))
        serve(first, bot)
        await bot.start()
        await bot.ready()
    try:
        second = PostOffice()
        serve(second, bot)
        at = Scene(bot, second)
        await at.enrol()
        waiting = bot.rows("SELECT count(*) FROM letter")[0][0]
        async with post_office(second, first.port):
            row = await at.row("SMTP server down", f"{waiting} letters waited")
        at.queue.hang_up()
        return row
    finally:
        await bot.end()


def going_out(
    fault: str, note: str, *, mail: str = "", apart: tuple[str, ...] = (), **more: object
) -> Callable[[Path], Coroutine[Any, Any, Row]]:
    """A fault of the server that takes our mail, as it stands from the beginning."""

    async def run(folder: Path) -> Row:
        async with scene(folder, mail=mail, **more) as at:  # type: ignore[arg-type]
            await at.enrol()
            return await at.row(fault, note, apart=apart)

    return run


CUT = {"DOT": "cut after"}
NO_RECEIPT = "self_receipt = false"
SCENARIOS: dict[str, Callable[[Path], Coroutine[Any, Any, Row]]] = {
    "cut_before": cut_before,
    "cut_after": cut_after,
    "core_bug": core_bug,
    "adapter_bug": adapter_bug,
    "two_recipients": two_recipients,
    "listener_down": listener_down,
    "killed": killed,
    "full_disk": full_disk,
    "server_down": server_down,
    "slow": going_out("SMTP server slow", "0.2 s for each mail", reply_seconds=0.2),
    "greylisting": going_out(
        "greylisting",
        "450 at the first 20 RCPT",
        faults={"RCPT": "450 4.2.0 come back later"},
        for_="home.test",
        times=20,
    ),
    "storm": going_out("421 storm", "at the first 20 MAIL", faults={"MAIL": "421 4.3.2 too busy"}, times=20),
    "no_such_user": going_out(
        "5xx for one recipient",
        "the others are answered",
        faults={"RCPT": "550 5.1.1 no such user"},
        for_="p3@",
        apart=("p3@home.test",),
    ),
    "dot_with_receipt": going_out("cut after the final dot, self-receipt on", "5 cuts", faults=CUT, times=5),
    "dot_without": going_out(
        "cut after the final dot, self-receipt off", "5 cuts", mail=NO_RECEIPT, faults=CUT, times=5
    ),
}
REPEATED = {"dot_without": 5}  # what cannot be known without a receipt is sent again, with the same Message-ID
