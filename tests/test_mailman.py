"""A real Mailman distributes the list and relaybot is one of its readers: opt-in, see tests/mailman_server.py."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.mail_help import until
from tests.mail_sink import Sink, Taken, sink
from tests.mail_wire import BOT, LISTED
from tests.mailman_server import Mailman, mailman_in
from tests.test_list_of_others import OtherList, made

pytestmark = pytest.mark.mailman

CHIDI, EVE = "chidi@example.net", "eve@example.com"
ID = "peers.lists.example.org"


class Between:
    """Mailman between people and relaybot: what it sends is caught, and relaybot's part of it handed in."""

    def __init__(self, world: OtherList, mailman: Mailman, out: Sink) -> None:
        self.world, self.mailman, self.out = world, mailman, out
        self.seen = 0

    def subscribe(self, address: str, *, confirmed: bool = True) -> str:
        """An address reads the list from now on; the token of the request where it has to be confirmed."""
        yes = {"pre_verified": "True", "pre_approved": "True", "send_welcome_message": "False"}
        made = self.mailman.rest("members", {"list_id": ID, "subscriber": address, "pre_confirmed": confirmed, **yes})
        return str(made["token"]) if made else ""

    def post(self, sender: str, subject: str, words: str) -> None:
        """Somebody writes to the list."""
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = f"{sender.partition('@')[0].title()} <{sender}>", LISTED, subject
        mail["Message-ID"] = f"<{abs(hash(subject))}@example.net>"
        mail["Date"] = self.world.now
        mail.set_content(words)
        self.mailman.take(mail.as_bytes(), sender, LISTED)

    def next_to(self, address: str) -> Taken:
        """The next mail that Mailman sends there; relaybot's is handed in."""

        def come() -> Taken | None:
            found = [(n, one) for n, one in enumerate(self.out.taken) if n >= self.seen and address in one.recipients]
            return found[0][1] if found else None

        self.world._run(until(come, 60))
        taken = come()
        assert taken is not None
        self.seen = self.out.taken.index(taken) + 1
        if address == BOT:
            self.world.said.clear()
            self.world.bring(taken.content, taken.sender)
        return taken


@pytest.fixture
def between(tmp_path: Path) -> Iterator[Between]:
    with mailman_in(tmp_path / "mailman") as server, asyncio.Runner() as runner:
        (tmp_path / "bot").mkdir()
        world = made(tmp_path / "bot", OtherList, runner)
        out = runner.run(world._stack.enter_async_context(sink(port=server.out_port)))
        server.rest("domains", {"mail_host": "lists.example.org"})
        server.rest("lists", {"fqdn_listname": LISTED, "style_name": "legacy-default"})
        yield Between(world, server, out)
        world.close()


def test_one_reader_of_mailmans(between: Between) -> None:
    """A request to confirm is not answered, posts are left alone, our ask is read by others and means nothing when it comes back."""
    world, mailman = between.world, between.mailman
    between.subscribe(CHIDI)
    token = between.subscribe(BOT, confirmed=False)
    assert b"confirm " + token.encode() in between.next_to(BOT).content
    assert (world.said, world.letters()) == ([], [])
    mailman.rest(f"lists/{LISTED}/requests/{token}", {"action": "accept"})

    between.post(CHIDI, "query plans", "Has anybody a good text?\n")
    assert b"[Peers] query plans" in between.next_to(BOT).content
    assert (world.said, world.letters()) == ([], [])

    for line in ("ask haskell type classes", "yes"):
        world.say("ana", line)
    (ask,) = world.got[LISTED]
    mailman.take(ask.as_bytes(policy=SMTP), BOT, LISTED)
    copy = between.next_to(BOT)
    assert CHIDI in copy.recipients
    assert b"List-Id: <peers.lists.example.org>" in copy.content
    assert (world.said, world.letters()) == ([], [LISTED])


def test_behind_mailmans_mitigation(between: Between) -> None:
    """An ask that comes under the list's own address is its writer's; a stranger is told by Mailman, not by us."""
    world, mailman = between.world, between.mailman
    for address in (CHIDI, BOT):
        between.subscribe(address)
    mitigation = {"dmarc_mitigate_action": "munge_from", "dmarc_mitigate_unconditionally": "True"}
    mailman.rest(f"lists/{LISTED}/config", mitigation, "PATCH")
    between.post(CHIDI, "looking for: Haskell", "Evenings, Lagos.\n")
    copy = message_from_bytes(between.next_to(BOT).content)
    assert LISTED in str(copy["From"])
    assert {reader for reader, _ in world.said} == {"chidi@mail"}

    between.post(EVE, "a job", "We hire.\n")
    world.said.clear()
    assert b"awaits moderator approval" in between.next_to(EVE).content
    assert world.said == []
