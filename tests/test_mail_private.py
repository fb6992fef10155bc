"""Invariant 11 by mail: words from one partner to the other are nowhere once their fate is known, nor in a log at any level.

The real process, with every log line there is; the bytes of every file it leaves are read.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.lmtp import Lmtp
from tests.mail_bot import MODERATOR, MailBot
from tests.mail_faults import scene
from tests.mail_town import CHIDI, LUPE, mail, settle_in, tokens
from tests.post_office import PostOffice, post_office, serve, text_of

pytestmark = pytest.mark.slow

CANARY = "zyzzyva"
FORGOTTEN_SECONDS = 60.0  # tidying up waits for an idle moment
FAST = 100_000  # 72 hours in less than three seconds


def holding(folder: Path) -> list[str]:
    """The files in which the words are."""
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]


@contextlib.asynccontextmanager
async def pair(folder: Path, office: PostOffice, speed: float = 0) -> AsyncIterator[MailBot]:
    """A bot that runs, with Chidi and Lupe as a pair; nothing of the words is left in its files at its end."""
    bot = MailBot(folder / "bot", office.port, wrong=("impatient", "debug"), speed=speed)
    serve(office, bot)
    await settle_in(bot)
    try:
        await bot.start()
        await bot.ready()
        yield bot
        assert (await bot.stop())[0] == 0
    finally:
        await bot.end()
    assert holding(bot.directory) == []
    assert "DEBUG" in bot.said()  # the log did say everything
    assert "Traceback" not in bot.said()


async def write(bot: MailBot) -> None:
    """Chidi writes to Lupe."""
    to = tokens(bot).reply_address("tech-peer", "M15", CHIDI)
    link = await Lmtp.connect(bot.lmtp_port)
    raw = mail(f"Chidi <{CHIDI}>", to, f"Re: {CANARY}", f"Hello Lupe, the word is {CANARY}.\r\n\r\nAnd {CANARY} again.")
    assert (await link.hand(raw, CHIDI, to))[0].startswith("250")
    link.cut()


async def forgotten(bot: MailBot) -> None:
    """No file holds the words any more, while it runs."""
    async with asyncio.timeout(FORGOTTEN_SECONDS):
        while holding(bot.directory):
            await asyncio.sleep(0.1)


async def test_delivered_words_are_nowhere(tmp_path: Path) -> None:
    """They arrive; then database, WAL and log are without them, while it runs and after its end."""
    async with post_office(PostOffice()) as office, pair(tmp_path, office) as bot:
        await write(bot)
        async with asyncio.timeout(30):
            while not office.to(LUPE):
                await asyncio.sleep(0.02)
        assert CANARY in text_of(office.to(LUPE)[0])
        await bot.drained()
        await forgotten(bot)


async def test_words_wait_in_the_file_and_then_are_nowhere(tmp_path: Path) -> None:
    """Lupe's server takes nothing for a while: the words lie in the outbox only, and once they left nowhere."""
    office = PostOffice(faults={"RCPT": "450 4.2.0 later"}, for_="lupe")
    async with post_office(office), pair(tmp_path, office) as bot:
        await write(bot)
        async with asyncio.timeout(30):
            while not bot.rows("SELECT 1 FROM letter WHERE text LIKE ?", f"%{CANARY}%"):
                await asyncio.sleep(0.02)
        assert all(name.startswith("relaybot.db") for name in holding(bot.directory))
        assert holding(bot.directory)  # so the look into the files would find them
        office.faults.clear()
        await bot.drained(60)
        assert len(office.to(LUPE)) == 1
        await forgotten(bot)


async def test_expired_words_are_nowhere(tmp_path: Path) -> None:
    """Lupe's server never takes them: after 72 hours they are given up, and gone."""
    office = PostOffice(faults={"RCPT": "450 4.2.0 later"}, for_="lupe")
    async with post_office(office), pair(tmp_path, office, FAST) as bot:
        await write(bot)
        async with asyncio.timeout(60):
            while bot.rows("SELECT 1 FROM letter WHERE text LIKE ?", f"%{CANARY}%"):
                await asyncio.sleep(0.05)
        assert [one for one in office.people if CANARY in text_of(one) and one.recipients != [CHIDI]] == []
        await forgotten(bot)


async def test_a_shunted_letter_is_the_only_place(tmp_path: Path) -> None:
    """A bug is no leak: what somebody said when it struck is kept for the operator in the database, and in no log."""
    async with scene(tmp_path, wrong=("core", "debug")) as at:
        raw = mail("eva@home.test", at.bot.list, "Hello", f"BOOM {CANARY}")
        assert (await at.hand(raw, "eva@home.test"))[0].startswith("250")
        async with asyncio.timeout(30):
            while not at.office.to("eva@home.test") or not at.office.to(MODERATOR):
                await asyncio.sleep(0.02)
        assert at.bot.rows("SELECT count(*) FROM shunt") == [(1,)]
        assert all(name.startswith("relaybot.db") for name in holding(at.bot.directory))
        assert [one for one in at.office.people if CANARY in text_of(one)] == []
