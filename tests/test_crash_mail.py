"""kill -9 of the real relaybot while people enrol by mail: whoever was told 250 is enrolled and got exactly one answer.

The mail server around it hands mails over on 8 connections, delivers some twice, loses its connection after a final dot
now and then, and hands relaybot's own copies back. Every run kills 20 times; `--crash-long` kills 200 times.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.crash_bot import kill_again_and_again
from tests.lmtp import Queue
from tests.mail_bot import LIST, MailBot
from tests.post_office import INBOUND, PostOffice, enrolment, post_office, serve

pytestmark = [pytest.mark.crash, pytest.mark.slow]

TWICE_SHARE = CUT_SHARE = 0.02
ANY_NUMBER = "mail.newcomers_per_hour = 10000"  # else most would be answered later
QUIET_SECONDS = 60.0
LIFE_SECONDS = 0.05, 0.6


@dataclass
class Inbound:
    """Enrolment mails on their way in; `allowed` grows with the kills, so that every life has work."""

    port: int
    chance: random.Random
    allowed: int = 0
    over: bool = False
    next: int = 0
    taken: list[str] = field(default_factory=list)  # addresses whose mail was answered with 250
    refused: list[str] = field(default_factory=list)
    doubled: int = 0
    tries: int = 0

    async def work(self) -> None:
        """One connection."""
        queue = Queue(self.port)
        while not (self.over and self.next >= self.allowed):
            if self.next >= self.allowed:
                await asyncio.sleep(0.01)
                continue
            self.next += 1
            raw, address = enrolment(self.next)
            again = self.chance.random() < TWICE_SHARE
            self.doubled += again
            for _ in range(1 + again):
                replies = await queue.hand(raw, address, LIST)
                (self.taken if replies[0].startswith("250") else self.refused).append(address)
        self.tries += queue.tries
        queue.hang_up()


async def until_quiet(bot: MailBot, office: PostOffice, people: int) -> None:
    """Everybody has their answer, and no letter waits any more."""
    try:
        async with asyncio.timeout(QUIET_SECONDS):
            while len({mail.recipients[0] for mail in office.people}) < people:
                await asyncio.sleep(0.05)
        await bot.drained(QUIET_SECONDS)
    except TimeoutError:
        letters = bot.rows('SELECT id, "to", tried_at FROM letter')
        reached = {mail.recipients[0] for mail in office.people}
        raise AssertionError(
            f"{len(reached)} of {people} reached; letters left: {letters[:5]} ({len(letters)})"
        ) from None


async def test_nothing_lost_nothing_twice_by_mail(tmp_path: Path, crash_long: bool) -> None:
    """Every mail answered with 250 has its person enrolled, and one answer arrived: none more, whatever was killed or cut."""
    kills, mails = (200, 10_000) if crash_long else (20, 1_000)
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    began = time.monotonic()
    async with post_office(PostOffice(cut_share=CUT_SHARE, chance=random.Random(seed + 1))) as office:
        bot = MailBot(tmp_path / "bot", office.port, settings=ANY_NUMBER)
        serve(office, bot)
        inbound = Inbound(bot.lmtp_port, chance)

        async def kill() -> None:
            def more(number: int) -> None:
                inbound.allowed = mails * number // kills

            await kill_again_and_again(bot, kills, chance, LIFE_SECONDS, more)
            inbound.over = True

        try:
            await bot.start()
            async with asyncio.TaskGroup() as group:
                group.create_task(kill())
                for _ in range(INBOUND):
                    group.create_task(inbound.work())
            killed_seconds = time.monotonic() - began
            await until_quiet(bot, office, mails)
            status, seconds = await bot.stop()
        finally:
            await bot.end()
        answers = Counter(mail.recipients[0] for mail in office.people)
        enrolled = Counter(row[0] for row in bot.rows("SELECT home FROM person WHERE home LIKE 'mail/p%'"))
        print(
            f"\ncrash run by mail (seed {seed}): {kills} kills, {len(set(inbound.taken)):,} mails taken in {inbound.tries:,} tries, "
            f"{inbound.doubled} delivered twice, {office.cuts} sends cut after the dot; {len(enrolled):,} enrolled, "
            f"{sum(answers.values()):,} answers to {len(answers):,} people, {len(office.twice())} twice; "
            f"{killed_seconds:.0f} s and {time.monotonic() - began - killed_seconds:.0f} s until quiet"
        )
        everybody = {f"p{number}@home.test" for number in range(1, mails + 1)}
        assert inbound.refused == []
        assert set(inbound.taken) == everybody
        assert enrolled == Counter(f"mail/{address}" for address in everybody)
        assert answers == Counter(everybody)
        assert office.twice() == []
    assert (status, seconds < 5) == (0, True)
    assert bot.rows("SELECT count(*) FROM dialogue") == [(mails,)]
    assert bot.rows("SELECT count(*) FROM letter") == [(0,)]
    assert bot.rows("SELECT traceback FROM shunt") == []
    assert bot.rows("PRAGMA integrity_check") == [("ok",)]
    assert "Traceback" not in bot.said()
