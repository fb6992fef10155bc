"""The real relaybot as a process with Matrix, and with IRC where a port is given: what a test kills, cuts off and leaves alone.

`settle_in` puts members into its database before it starts, so that a test of the network need not have them apply.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from relaybot.homeserver import Homeserver
from relaybot.model import Address, Drop, Put
from storage.sqlite import open_store
from tests.crash_bot import BotProcess
from tests.play import NAME, add_member, world
from tests.synapse import PASSWORD, fresh

NETWORK = "matrix:home"
CONFIGURATION = """\
[relaybot]
database = "relaybot.db"
[programme.tech-peer]
moderators = ["{moderator}"]
{settings}
[matrix.home]
homeserver = "{url}"
user = "{user}"
password = "{password}"
invites_per_hour = 10000
commands_per_minute = 0
"""
IRC = """\
[irc.lab]
host = "127.0.0.1"
port = {port}
tls = false
channel = {{ tech-peer = "#tech-peer" }}
lines_per_second = 0
commands_per_minute = 0
"""


class MatrixProcess(BotProcess):
    """One relaybot on Matrix. `url`: where it finds its homeserver, if not at its own address; `irc`: a port."""

    def __init__(
        self, server: Homeserver, directory: Path, *, url: str = "", irc: int = 0, settings: str = "", speed: float = 0
    ) -> None:
        super().__init__(directory, 0, speed=speed)
        self.user_id = server.register(fresh("bot"), PASSWORD, "relaybot")
        self.moderator = "" if irc else server.register(fresh("dana"), PASSWORD, "Dana")  # on IRC it is lab/dana
        text = CONFIGURATION.format(
            moderator=f"matrix:{self.moderator}" if self.moderator else "irc:lab/dana",
            settings=settings,
            url=url or server.url,
            user=self.user_id,
            password=PASSWORD,
        )
        self.config.write_text(text + (IRC.format(port=irc) if irc else ""))

    def wrong(self, *names: str) -> None:
        """From the next life on these faults are in it (tests/wrong_bot.py)."""
        self.module = ("tests.wrong_bot", ",".join(names)) if names else ("relaybot",)

    @property
    def memory(self) -> Path:
        """What the medium remembers, a database of its own."""
        return self.directory / "matrix/home/memory.db"


async def settle_in(bot: BotProcess, users: Iterable[str], network: str = NETWORK) -> None:
    """These users are members in a database that no relaybot has opened yet."""
    made = world(datetime.now(UTC).replace(microsecond=0))
    for user in users:
        person = add_member(made, user[1:].partition(":")[0], {})
        address = f"{network}/{user}"
        made.make(
            Drop(made.programme.tables.addresses.rows[person.home]),
            Put(replace(person, home=address)),
            Put(Address(NAME, address, person.id)),
        )
    rows = tuple(Put(r) for table in made.programme.tables.by_kind.values() for r in table.rows.values())
    store = await open_store(bot.database, ballast_bytes=0)
    await store.commit([rows], [])
    await store.close()
