"""A programme by mail with people in it, before the real process starts: members, a pair, and addresses only it can make."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime

from adapters.mail_tokens import Tokens
from relaybot.model import Put
from storage.sqlite import open_store
from tests.mail_bot import MailBot
from tests.play import NAME, add_member, add_pair, world
from tests.post_office import PostOffice, headers

CHIDI, LUPE = "chidi@example.net", "lupe@example.net"  # members, and a pair: M15
TRUSTED = 'trusted_authserv = ["mx.test"]'
_NUMBERS = itertools.count(1)


async def settle_in(bot: MailBot) -> None:
    """Chidi and Lupe are a pair in a database that no relaybot has opened yet."""
    made = world(datetime.now(UTC).replace(microsecond=0))
    for name in ("chidi@mail", "lupe@mail"):
        add_member(made, name, {})
    add_pair(made, 15, "chidi", "lupe", "active", apart=True)
    rows = tuple(Put(r) for table in made.programme.tables.by_kind.values() for r in table.rows.values())
    store = await open_store(bot.database, ballast_bytes=0)
    await store.commit([rows], [])
    await store.close()


def tokens(bot: MailBot) -> Tokens:
    """What makes its addresses: for those that a letter would have told."""
    key = bot.rows("SELECT value FROM secret WHERE name = 'mail'")[0][0]
    assert isinstance(key, bytes)
    return Tokens(key, bot.address, {NAME: bot.list}, (NAME,), bot.address.rpartition("@")[2])


def mail(sender: str, to: str, subject: str, text: str, *more: str) -> bytes:
    """A mail as its sender's program wrote it, with lines `more` above it."""
    shown = sender if "<" in sender else f"<{sender}>"
    lines = [*more, f"From: {shown}", f"To: {to}", f"Subject: {subject}", f"Message-ID: <{next(_NUMBERS)}@town.test>"]
    return "\r\n".join([*lines, "", text, ""]).encode()


def proven(sender: str) -> str:
    """The line by which the mail server vouches for a sender."""
    return f"Authentication-Results: mx.test; dmarc=pass header.from={sender.rpartition('@')[2]}"


def answers(office: PostOffice) -> Counter[tuple[str, str]]:
    """Letters that answer the same mail and go to the same reader: (Message-ID answered, reader) -> how many."""
    found = ((str(headers(mail.content)["In-Reply-To"]), mail.recipients[0]) for mail in office.people)
    return Counter(one for one in found if one[0].endswith(("@town.test>", "@home.test>")))
