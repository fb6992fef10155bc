"""Machines that answer machines: two relaybots that are each other's readers and applicants, vacation notes, returned returns.

Between two addresses at most two automatic mails pass, and then there is silence; on no machine's mail does one leave.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path

import pytest

from relaybot.model import Put, Subscription
from storage.sqlite import open_store
from tests import needs
from tests.lmtp import Lmtp
from tests.mail_bot import MODERATOR, MailBot
from tests.post_office import PostOffice, headers, post_office, serve, text_of

pytestmark = pytest.mark.slow

SETS = ("bounces-flufl", "bounces-sisimai")
TRUSTED = 'trusted_authserv = ["mx.home.test"]'
PROVEN = "Authentication-Results: mx.home.test; dmarc=pass header.from=home.test\r\n"
PROGRAMME = "tech-peer"
NUMBERS = itertools.count(1)


def mail(sender: str, to: str, subject: str, text: str, more: str = "") -> bytes:
    """A mail, as bytes."""
    lines = [
        f"From: <{sender}>",
        f"To: {to}",
        f"Subject: {subject}",
        f"Message-ID: <{next(NUMBERS)}@x>",
    ]
    return (more + "\r\n".join([*lines, "", text, ""])).encode()


@contextlib.asynccontextmanager
async def at_work(*bots: MailBot) -> AsyncIterator[None]:
    """They run; all gone afterwards."""
    try:
        for bot in bots:
            await bot.start()
        for bot in bots:
            await bot.ready()
        yield
    finally:
        for bot in bots:
            await bot.end()


async def hand(bot: MailBot, raw: bytes, sender: str, to: str) -> str:
    """One mail on a connection of its own; the reply."""
    link = await Lmtp.connect(bot.lmtp_port)
    reply = (await link.hand(raw, sender, to))[0]
    link.cut()
    return reply


async def subscribe(bot: MailBot, *addresses: str) -> None:
    """Readers of its list who came before it was started."""
    store = await open_store(bot.database, ballast_bytes=0)
    now = datetime.now(UTC).replace(microsecond=0)
    await store.commit([tuple(Put(Subscription(PROGRAMME, f"mail/{one}", "each", now)) for one in addresses)], [])
    await store.close()


async def quiet(office: PostOffice, *bots: MailBot) -> None:
    """Nothing is under way, and what a moderator then asks is answered: whatever came before has been worked on."""
    for _ in range(2):
        for bot in bots:
            before = len(office.to(MODERATOR))
            raw = mail(MODERATOR, bot.address, "status", "status", PROVEN)
            assert (await hand(bot, raw, MODERATOR, bot.address)).startswith("250")
            async with asyncio.timeout(30):
                while len(office.to(MODERATOR)) == before or office.carrying():
                    await asyncio.sleep(0.05)
            await bot.drained()


async def test_two_relaybots_fall_silent(tmp_path: Path) -> None:
    """Each reads the other's list and is an applicant there: at most two mails from one address to another, and no more."""
    async with post_office(PostOffice()) as office:
        bots = [MailBot(tmp_path / name, office.port, domain=f"{name}.test", mail=TRUSTED) for name in ("ann", "bob")]
        serve(office, *bots)
        pairs = [(bots[0], bots[1]), (bots[1], bots[0])]
        for bot, other in pairs:
            await subscribe(bot, other.address, other.list)
        async with at_work(*bots):
            for bot, other in pairs:
                for sender in (other.address, other.list):
                    for to in (bot.address, bot.list):
                        words = "I would like to learn rust. I can teach python. I live in Berlin."
                        await hand(bot, mail(sender, to, "Taking part", words), sender, to)
                post = mail(MODERATOR, bot.list, "News", f"We meet in May, says {bot.address}.", PROVEN)
                assert (await hand(bot, post, MODERATOR, bot.list)).startswith("250")
            await quiet(office, *bots)
            between = passed(office)
            await quiet(office, *bots)
        print(f"\n{sum(between.values())} mails between two relaybots: {dict(between)}")
        assert between == passed(office)
        assert between
        assert max(between.values()) <= 2
        # A list's copy reached the other one, and nothing came of it there.
        assert any(sender.endswith("@ann.test") and to.startswith("peers@bob") for sender, to in between)
        for bot in bots:
            assert "Traceback" not in bot.said()


def passed(office: PostOffice) -> Counter[tuple[str, str]]:
    """Mails from a relaybot to the other, by their addresses."""
    found: Counter[tuple[str, str]] = Counter()
    for taken in office.taken:
        sender = parseaddr(str(headers(taken.content)["From"]))[1]
        for to in taken.recipients:
            if to.endswith(".test") and not to.endswith(("home.test", sender.rpartition("@")[2])):
                found[sender, to] += 1
    return found


def machines() -> list[tuple[str, bytes, str]]:
    """Every returned mail and vacation note of the corpora: its name, its bytes, its envelope sender."""
    found = [
        (f"{group}/{path.name}", path.read_bytes(), "")
        for group in SETS
        for path in sorted(needs.corpus(group).iterdir())
        if path.suffix in {".eml", ".txt"} and path.name != "SOURCE.txt"
    ]
    note = needs.corpus("autoreply", "gitlab_auto_reply.eml")
    return [*found, (note.name, note.read_bytes(), "eva@home.test")]


async def test_no_letter_leaves_on_a_machines_mail(tmp_path: Path) -> None:
    """Returned mails and vacation notes of other projects, to every address there is: taken, and nobody is written to."""
    async with post_office(PostOffice()) as office:
        bot = MailBot(tmp_path / "bot", office.port, mail=TRUSTED)
        serve(office, bot)
        async with at_work(bot):
            mails = machines()
            link = await Lmtp.connect(bot.lmtp_port)
            for _, raw, sender in mails:
                for to in (bot.address, bot.list):
                    assert (await link.hand(raw, sender, to))[0].startswith("250")
            await link.close()
            await quiet(office, bot)
        print(f"\n{len(mails)} mails of machines, {len(office.people)} letters")
        assert [m.recipients for m in office.people if m.recipients != [MODERATOR]] == []
        assert [text for m in office.people if "Next:" not in (text := text_of(m))] == []  # what `quiet` asked for
        assert bot.rows("SELECT count(*) FROM person") == [(1,)]
        assert bot.rows("SELECT count(*) FROM shunt") == [(0,)]
        assert "Traceback" not in bot.said()


RETURNED = """From: MAILER-DAEMON@other.test\r\nTo: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt could not be delivered.\r\n\
--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; other.test\r\n\r\nFinal-Recipient: rfc822; {about}\r\n\
Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"""


async def test_a_returned_return_is_the_end(tmp_path: Path) -> None:
    """Our letter comes back, and so does that, with and without the null sender, to the address it left from and others."""
    async with post_office(PostOffice()) as office:
        bot = MailBot(tmp_path / "bot", office.port, mail=TRUSTED)
        serve(office, bot)
        async with at_work(bot):
            raw = mail("eva@other.test", bot.list, "Taking part", "I would like to learn rust.")
            assert (await hand(bot, raw, "eva@other.test", bot.list)).startswith("250")
            async with asyncio.timeout(30):
                while not office.to("eva@other.test"):
                    await asyncio.sleep(0.02)
            letter = office.to("eva@other.test")[0]
            for to in (letter.sender, str(headers(letter.content)["Reply-To"]), bot.address, bot.list):
                for about in ("eva@other.test", letter.sender):
                    for sender in ("", "MAILER-DAEMON@other.test", letter.sender):
                        assert (await hand(bot, RETURNED.format(to=to, about=about).encode(), sender, to)).startswith(
                            "250"
                        )
            await quiet(office, bot)
        assert len(office.to("eva@other.test")) == 1
        assert {mail.recipients[0] for mail in office.people} == {"eva@other.test", MODERATOR}
        assert "Traceback" not in bot.said()
