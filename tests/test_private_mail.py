"""IRC plays with their private words as real mails on the wire: what is stored is the same as line by line (invariant 10)."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest

from relaybot.model import Style
from relaybot.policy import Policy
from tests.play import NETWORK, Player, World
from tests.play_people import MAIL_DOMAIN
from tests.private_mail import MAIL, PrivateMail
from tests.test_plays_by_mail import Silent, stored

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "plays"
# Two who met by mail have no place where relaybot runs their hour: it runs by itself, they say afterwards that it took
# place, and propose the next one when they like.
BY_ITSELF = {"place", "itself", "took", "next_at"}
PLAYS = ["first_evening", "farewell", "hour_irc", "help_case", "pair_consent"]


class SilentOnTheWire(Player):
    """Plays the lines by real mail and looks only at what is true in the end."""

    def expect(self, reader: str, wanted: str) -> None:
        """Nothing: the words differ."""

    def settled(self) -> None:
        """Nothing is looked at."""


def on_the_wire(path: Path, folder: Path) -> dict[str, Any]:
    """What is stored after a play whose private words were mailed."""
    worlds: list[PrivateMail] = []
    with asyncio.Runner() as runner:

        def make(start: datetime, policy: Policy) -> World:
            both = policy.model_copy(update={"networks": {**policy.networks, "mail": MAIL}})
            world = PrivateMail(folder, start, both, runner)
            world.bot.office.nonce = lambda: int(world.now.timestamp()).to_bytes(
                16, "big"
            )  # tests.mail_world.EvenWorld
            worlds.append(world)
            return cast("World", world)

        try:
            SilentOnTheWire(path, make_world=make).run()
            assert worlds[0].tokens, "nobody answered a letter"
            return stored(cast("World", worlds[0]))
        finally:
            for world in worlds:
                world.close()


def plain(rows: list[dict[str, Any]]) -> list[str]:
    """Records as text, without where people are written to and without what only an hour in a channel has."""
    found = set()
    for row in rows:
        text = json.dumps({k: v for k, v in row.items() if k not in BY_ITSELF}, default=str, sort_keys=True)
        found.add(_on_irc(text))
    return sorted(found)


def _on_irc(text: str) -> str:
    """Addresses as they are on IRC."""
    for piece in text.split('"'):
        if piece.startswith("mail/") and piece.endswith(f"@{MAIL_DOMAIN}"):
            text = text.replace(piece, f"{NETWORK}/{piece[5:].partition('@')[0]}")
    return text


@pytest.mark.parametrize("name", PLAYS)
def test_the_same_is_stored_by_real_mail(name: str, tmp_path: Path) -> None:
    """Said line by line or mailed, the same people, pairs, hours, cases and timers are there in the end."""
    path = FOLDER / f"{name}.play"
    line = stored(Silent(path, Style.LINE).run())
    mailed = on_the_wire(path, tmp_path)
    for kind, rows in line.items():
        assert plain(mailed[kind]) == plain(rows), kind
