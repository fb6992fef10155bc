"""The list that relaybot distributes itself, behind a real Postfix: a post reaches who can be reached, and who cannot is noticed.

The whole relaybot runs; days are the story's, mails are real.
"""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from relaybot.app import Bot
from relaybot.model import Address, Mailbox, Put, Style, Subscription
from relaybot.policy import Network, Policy
from tests.mail_help import HOST, until
from tests.mail_servers import DOMAIN, Postfix
from tests.mail_sink import Sink, sink
from tests.mail_wire import MailWire
from tests.play import NAME, World, add_member, add_person, policy

pytestmark = pytest.mark.servers

LIST = f"peers@{DOMAIN}"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANA, BRAM, CARLA = (f"{name}@example.net" for name in ("ana", "bram", "carla"))


class BehindPostfix(MailWire):
    """A world whose mail comes and goes through Postfix; everybody's mailbox is on `far`, where carla has none."""

    listed = LIST

    def __init__(self, postfix: Postfix, *given: Any) -> None:
        self.postfix = postfix
        self.far = Sink({"RCPT": "550 5.1.1 nobody of that name"}, for_="carla@")
        super().__init__(*given)

    async def _open(self) -> Bot:
        await self._stack.enter_async_context(sink(port=self.postfix.sink_port, made=self.far))
        return await super()._open()

    async def _mail_settings(self, bot: Bot, policy: Policy) -> dict[str, object]:
        usual = await super()._mail_settings(bot, policy)
        beside = {
            "receive": {"lmtp": f"{HOST}:{self.postfix.lmtp_port}"},
            "send": {"host": HOST, "port": self.postfix.port},
        }
        return usual | beside | {"address": f"relaybot@{DOMAIN}"}

    def post(self, subject: str) -> None:
        """Ana writes to the list."""
        raw = (
            f"From: Ana <{ANA}>\r\nTo: {LIST}\r\nSubject: {subject}\r\nMessage-ID: <{subject.replace(' ', '.')}@example.net>\r\n"
            f"Date: {self.now:%a, %d %b %Y %H:%M:%S} +0000\r\n\r\nHas anybody a good text about this?\r\n"
        )

        def send() -> None:
            with smtplib.SMTP(HOST, self.postfix.port) as client:
                client.sendmail(ANA, [LIST], raw.encode())

        self._run(asyncio.to_thread(send))

    def wait(self, true: Callable[[], object]) -> None:
        """Until something has become true, and then nothing more happens by itself."""
        self._run(until(true, 60))
        self._run(self._rest())

    def box(self) -> Mailbox | None:
        """What is noted of carla's mailbox."""
        return self.programme.tables.mailboxes.rows.get(f"mail/{CARLA}")

    def returned(self) -> int:
        """On how many days her mail came back."""
        box = self.box()
        return box.bounces if box is not None else 0

    def tried(self) -> int:
        """How often Postfix tried to hand over a mail to carla."""
        return self.postfix.log().count(f"to=<{CARLA}>")


@dataclass
class Town:
    """Three readers of the list, and a moderator."""

    world: BehindPostfix

    def got(self, address: str) -> int:
        """How many copies arrived there."""
        return sum(address in taken.recipients for taken in self.world.far.taken)


@pytest.fixture
def town(tmp_path: Path, postfix: Postfix) -> Iterator[Town]:
    """Ana, bram and carla read the list; carla is on IRC too. Three days of returned mail are enough."""
    made = policy("mail.bounces = 3")
    mail = Network(public=f"mail/{LIST}", style=Style.LETTER, identity="mail", pair_places=False, list_mode="own")
    both = made.model_copy(update={"networks": {**made.networks, "mail": mail}})
    with asyncio.Runner() as runner:
        world = BehindPostfix(postfix, tmp_path, NOW, both, runner)
        there = cast("World", world)
        add_person(there, "dana", moderator=True)
        for name, address in (("ana", ANA), ("bram", BRAM), ("carla", CARLA)):
            add_member(there, f"{name}@mail", {"zone": "UTC"})
            world.make(Put(Subscription(NAME, f"mail/{address}", "each", NOW)))
        carla = world.programme.tables.addresses.rows[f"mail/{CARLA}"].person
        world.make(Put(Address(NAME, f"{world.network}/carla", carla)))
        world.deliver()
        world.said.clear()
        yield Town(world)
        world.close()
        postfix.clear()


def test_one_of_three_cannot_be_reached(town: Town) -> None:
    """Bram gets every post; carla's mails come back and count a day each, and after three days she is left alone and told."""
    world = town.world
    for day, subject in enumerate(("query plans", "more plans", "last plans"), 1):
        world.pass_until(NOW.replace(day=NOW.day + day))
        world.post(subject)
        world.wait(lambda: (town.got(BRAM), world.returned()) == (day, day))  # noqa: B023 - called before the day ends
        if day < 3:
            assert world.programme.tables.subscriptions.rows[f"mail/{CARLA}"].mode == "each"
            assert not [line for reader, line in world.said if reader == "team"]
    box = world.box()
    assert box is not None
    assert box.refusing_since == world.now
    assert world.programme.tables.subscriptions.rows[f"mail/{CARLA}"].mode == "none"
    assert any(reader == "team" and "carla" in line for reader, line in world.said)
    assert any(reader == "carla" and CARLA in line for reader, line in world.said)

    tried, said = world.tried(), len(world.said)
    assert tried == 3
    world.pass_until(NOW.replace(day=NOW.day + 4))
    world.post("without carla")
    world.wait(lambda: town.got(BRAM) == 4)
    world.wait(lambda: not world.postfix.queued())
    assert world.tried() == tried
    assert len(world.said) == said  # nobody hears of it a second time
    assert town.got(ANA) == 0  # nobody gets their own post
