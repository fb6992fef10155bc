"""Hostile mail into the real process: monsters, forgeries, injections and floods change nothing and stop nobody.

Memory is printed and has a wide bound; what it costs exactly is told by `python -m benchmarks mail_faults`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.header import Header
from pathlib import Path

import pytest

from relaybot.commands import COMMANDS
from tests.lmtp import GONE, Lmtp, Queue
from tests.mail_bot import MODERATOR, MailBot
from tests.mail_town import CHIDI, LUPE, TRUSTED, answers, mail, proven, settle_in, tokens
from tests.post_office import PostOffice, enrolment, headers, post_office, serve
from tests.test_letters_hostile import HOSTILE

pytestmark = pytest.mark.slow

MEMORY_MB = 200.0
MALLORY = "mallory@evil.test"
# Rows in which nobody's bare word may change anything.
KEPT = ("SELECT * FROM person WHERE home NOT LIKE '%evil.test' ORDER BY id", "SELECT * FROM pair", "SELECT * FROM post",
        "SELECT * FROM participant", "SELECT * FROM application WHERE person IN (SELECT id FROM person WHERE home NOT LIKE '%evil.test')",
        "SELECT * FROM subscription", "SELECT * FROM meeting", "SELECT * FROM timer WHERE name LIKE '%forget%'")  # fmt: skip
# Headers our mails have; anything else came from outside.
OURS = {
    "from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted", "mime-version",
    "x-auto-response-suppress", "x-relaybot-loop", "content-type", "content-transfer-encoding", "list-id", "list-post",
    "list-unsubscribe", "list-unsubscribe-post", "list-help", "precedence",
}  # fmt: skip


@dataclass
class Town:
    """A bot with a pair of members and a moderator, and the mail server around it."""

    bot: MailBot
    office: PostOffice
    link: Lmtp

    async def hand(self, raw: bytes, sender: str, to: str = "") -> str:
        """One mail; the reply."""
        try:
            return (await self.link.hand(raw, sender, to or self.bot.address))[0]
        except GONE:
            self.link = await Lmtp.connect(self.bot.lmtp_port)
            return "closed"

    async def quiet(self) -> None:
        """A newcomer is answered, and no letter waits: whatever came before has had its effect."""
        raw, address = enrolment(len(self.office.people) + 1000)
        assert (await self.hand(raw, address, self.bot.list)).startswith("250")
        async with asyncio.timeout(60):
            while not self.office.to(address) or self.office.carrying():
                await asyncio.sleep(0.02)
        await self.bot.drained(60)

    def kept(self) -> list[object]:
        """What no stranger may change."""
        return [[row for row in self.bot.rows(one) if "@home.test" not in repr(row)] for one in KEPT]


@contextlib.asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """It runs; afterwards it has broken nowhere and answered no mail twice."""
    async with post_office(PostOffice()) as office:
        bot = MailBot(folder / "bot", office.port, mail=TRUSTED)
        serve(office, bot)
        await settle_in(bot)
        try:
            await bot.start()
            await bot.ready()
            found = Town(bot, office, await Lmtp.connect(bot.lmtp_port))
            try:
                yield found
            finally:
                found.link.cut()
            assert (await bot.stop())[0] == 0
        finally:
            await bot.end()
        assert "Traceback" not in bot.said()
        assert bot.rows("SELECT traceback FROM shunt") == []
        assert bot.rows("PRAGMA integrity_check") == [("ok",)]
        assert [one for one, times in answers(office).items() if times > 1] == []  # one mail in, at most one out
        for sent in office.people:
            assert {name.lower() for name in headers(sent.content).keys()} <= OURS  # noqa: SIM118 - a header may come twice
            assert len(headers(sent.content).get_all("To", [])) == 1


async def test_monsters(tmp_path: Path) -> None:
    """Nested, endless, broken and huge mails, to every address: each has a reply, others are answered, memory is bounded."""
    async with town(tmp_path) as at:
        for name, raw in HOSTILE.items():
            for to in (at.bot.address, at.bot.list):
                reply = await at.hand(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), MALLORY, to)
                assert reply[:3] in {"250", "552", "451"}, (name, reply)
        before = at.kept()
        await at.quiet()
        peak = at.bot.memory_peak_mb()
        print(f"\n{2 * len(HOSTILE)} monsters: at most {peak:.0f} MB")
        assert peak < MEMORY_MB
        assert at.kept() == before


COMMAND_LINES = [
    "accept A1", "decline A1 no", "defer A1 later", "pair chidi lupe", "approve P1", "remove chidi", "mod add mail/mallory@evil.test",
    "hold M15", "close M15", "leave", "yes", "forget me", "drop", "set about mallory was here", "pause 10d", "unlink", "prefer irc",
    "link mail/mallory@evil.test", "end M15", "tell M15 hello", "mods remove dana", "export chidi", "withdraw", "unsubscribe",
]  # fmt: skip


def forgeries(at: Town) -> list[tuple[bytes, str, str]]:
    """Mails that say to be from somebody else: raw, envelope sender, recipient."""
    made = tokens(at.bot)
    token = {who: made.reply_address("tech-peer", "M15", who) for who in (CHIDI, LUPE, MODERATOR)}
    failed = "Authentication-Results: mx.test; dmarc=fail header.from={}"
    found: list[tuple[bytes, str, str]] = []
    for line in [*COMMAND_LINES, *COMMANDS]:
        for victim in (MODERATOR, CHIDI):
            wrong = token[victim].replace("@", "a@", 1)
            vouched = "Authentication-Results: mx.evil.test; dmarc=pass header.from=" + victim.rpartition("@")[2]
            found += [
                (
                    mail(victim, at.bot.address, line, line, proven("x@evil.test")),
                    MALLORY,
                    at.bot.address,
                ),  # a bare From
                (mail(victim, wrong, "Re: your hour", line), MALLORY, wrong),  # a wrong token
                (mail(victim, token[LUPE], "Re: your hour", line), MALLORY, token[LUPE]),  # somebody else's token
                (
                    mail(victim, token[victim], "Re: x", line, failed.format("x")),
                    MALLORY,
                    token[victim],
                ),  # stolen, and forged
                (
                    mail(victim, at.bot.address, line, line, vouched),
                    MALLORY,
                    at.bot.address,
                ),  # vouched for by a stranger
            ]
        found.append((mail(MALLORY, token[MODERATOR], "Re: x", line), MALLORY, token[MODERATOR]))  # a stolen token
        found.append((mail(f'"{MODERATOR}" <{MALLORY}>', at.bot.address, line, line), MALLORY, at.bot.address))
    return found


async def test_forgeries_have_no_effect(tmp_path: Path) -> None:
    """Every command in the name of a moderator and of a member, with no, a wrong and a stolen token: nobody else is changed."""
    async with town(tmp_path) as at:
        at.bot.config.write_text(at.bot.config.read_text() + "mails_per_hour = 0\n")
        at.link.cut()
        await at.bot.stop()
        await at.bot.start()
        await at.bot.ready()
        at.link = await Lmtp.connect(at.bot.lmtp_port)
        before, mails = at.kept(), forgeries(at)
        for raw, sender, to in mails:
            assert (await at.hand(raw, sender, to))[:3] == "250"
        await at.quiet()
        assert at.kept() == before
        assert at.bot.rows("SELECT home FROM person WHERE moderator = 1") == [(f"mail/{MODERATOR}",)]
        readers = {sent.recipients[0] for sent in at.office.people if not sent.recipients[0].endswith("@home.test")}
        print(f"\n{len(mails)} forgeries, {len(at.office.people)} letters, to {sorted(readers)}")
        assert readers <= {CHIDI, MALLORY, LUPE}


INJECTED = (
    "X\nBcc: all@evil.test",
    "X\r\nBcc: all@evil.test\r\n\r\nbody",
    "X\rTo: all@evil.test",
    "X\0\x0bY",
    "a" * 5000,
    '"<all@evil.test>',
)


async def test_nothing_is_injected_into_headers(tmp_path: Path) -> None:
    """Line ends in names and subjects, plain and encoded: one reader, our own headers, for whoever hears of it."""
    async with town(tmp_path) as at:
        for number, text in enumerate(INJECTED):
            for encoded in (Header(text, "utf-8", maxlinelen=10_000).encode(linesep=""), f"=?utf-8?q?{quoted(text)}?="):
                sender = f"p{number}{len(encoded)}@evil.test"
                raw = mail(
                    f"{encoded} <{sender}>", at.bot.list, encoded, f"I would like to learn rust. {text}\r\n\r\n{text}"
                )
                assert (await at.hand(raw, sender, at.bot.list)).startswith("250")
        for text in INJECTED:
            reply = tokens(at.bot).reply_address("tech-peer", "M15", CHIDI)
            name = f"=?utf-8?q?{quoted(text)}?="
            assert (await at.hand(mail(f"{name} <{CHIDI}>", reply, name, f"set name {text}"), CHIDI, reply)).startswith(
                "250"
            )
            assert (await at.hand(mail(f"{name} <{CHIDI}>", reply, name, "Hello Lupe"), CHIDI, reply)).startswith("250")
        await at.quiet()
        assert at.office.to(LUPE)  # words went through
        readers = [sent.recipients[0] for sent in at.office.people]
        assert "all@evil.test" not in readers
        assert not [r for sent in at.office.taken for r in sent.recipients if r == "all@evil.test"]


def quoted(text: str) -> str:
    """Every character as RFC 2047 writes it."""
    return "".join(f"={byte:02X}" for byte in text[:200].encode())


QUOTED = (
    "Thanks!\r\n\r\n> leave\r\n> drop\r\n> forget me",
    "> leave\r\n\r\nI do not know yet.",
    "Sounds good.\r\n\r\nOn Sat, 21 Nov 2026, relaybot wrote:\r\n> end M15\r\n> leave",
    "Hello\r\n\r\n-----Original Message-----\r\nFrom: relaybot\r\n\r\nleave",
    "I would rather not\r\nleave\r\nnow",
    "-- \r\nleave",
)


async def test_quoted_commands_are_not_run(tmp_path: Path) -> None:
    """A command in a quote, below a signature's dashes or in the middle of words: nothing of it happens."""
    async with town(tmp_path) as at:
        before = at.kept()
        reply = tokens(at.bot).reply_address("tech-peer", "M15", CHIDI)
        for text in QUOTED:
            for to in (reply, at.bot.address):
                raw = mail(CHIDI, to, "Re: your pair", text, proven(CHIDI))
                assert (await at.hand(raw, CHIDI, to)).startswith("250")
        await at.quiet()
        assert [one[0] for one in at.bot.rows("SELECT stage FROM pair")] == ["active"]
        assert at.kept()[2:] == before[2:]
        assert {stage for (stage,) in at.bot.rows("SELECT stage FROM person WHERE home LIKE '%example.net'")} == {
            "member"
        }
        asked = at.bot.rows(
            "SELECT * FROM dialogue WHERE person IN (SELECT id FROM person WHERE home LIKE '%example.net')"
        )
        assert [row for row in asked if "did-you-mean" not in row] == []  # "Thanks!" is nearly a command, and no quote


async def test_a_flood_keeps_nobody_waiting(tmp_path: Path) -> None:
    """A thousand mails of one sender as fast as they come: sixty are taken, the others wait, five newcomers are answered."""
    async with town(tmp_path) as at:
        replies: list[str] = []

        async def flood(connection: int) -> None:
            link = await Lmtp.connect(at.bot.lmtp_port)
            for number in range(250):
                raw = mail(MALLORY, at.bot.address, f"{number}", f"status {connection} {number}")
                replies.extend(await link.hand(raw, MALLORY, at.bot.address))
            link.cut()

        async def newcomers() -> None:
            queue = Queue(at.bot.lmtp_port)
            for number in range(5):
                raw, address = enrolment(number)
                await queue.hand(raw, address, at.bot.list)
                async with asyncio.timeout(30):
                    while not at.office.to(address):
                        await asyncio.sleep(0.01)
            queue.hang_up()

        async with asyncio.TaskGroup() as group:
            for connection in range(4):
                group.create_task(flood(connection))
            group.create_task(newcomers())
        await at.quiet()
        taken = [reply for reply in replies if reply.startswith("250")]
        answered = len(at.office.to(MALLORY))
        print(
            f"\n{len(replies)} mails: {len(taken)} taken, {answered} answered; at most {at.bot.memory_peak_mb():.0f} MB"
        )
        assert 60 <= len(taken) <= 65
        assert {reply[:9] for reply in replies if reply not in taken} == {"451 4.7.1"}
        assert answered <= len(taken)
        assert at.bot.memory_peak_mb() < MEMORY_MB


async def test_one_mail_one_answer(tmp_path: Path) -> None:
    """Invariant 7: whatever a mail says, several commands or none, at most one letter goes to its sender; a machine's gets none."""
    async with town(tmp_path) as at:
        reply = tokens(at.bot).reply_address("tech-peer", "M15", CHIDI)
        texts = ["status\r\nprofile\r\nprivacy", "help\r\nrules", "hello there", "", "moderator please help", "set about x\r\nstatus",
                 "join", "pause until 20 jan", "resume", "leave", "no", "mydata", "a question?", "tell M15 hi\r\nstatus"]  # fmt: skip
        for who, to, vouched in (
            (CHIDI, reply, ()),
            (LUPE, at.bot.address, (proven(LUPE),)),
            (MALLORY, at.bot.list, ()),
        ):
            for text in texts:
                assert (await at.hand(mail(who, to, "Re: x", text, *vouched), who, to)).startswith("250")
        await at.quiet()
        per_mail = answers(at.office)
        print(f"\n{3 * len(texts)} mails, {len(per_mail)} of them answered")
        assert len(per_mail) > 2 * len(texts)
        count = len(at.office.people)
        for line in ("Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <some.list.test>"):
            for text in texts:
                assert (await at.hand(mail(CHIDI, reply, "Re: x", text, line), CHIDI, reply)).startswith("250")
        await at.quiet()
        assert len(at.office.people) == count + 1  # the newcomer of `quiet`
        assert max(per_mail.values()) == 1
        assert re.search(r"@town\.test>", next(iter(per_mail))[0])
