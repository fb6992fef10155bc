"""Pairs across media on the wires of all of them: Matrix on a real Synapse, IRC, mail; only time is moved.

Each hears on their own medium what is for them, and a bell rings there.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from relaybot.desk import Programme
from relaybot.homeserver import Homeserver
from relaybot.policy import Policy
from tests.mail_world import EvenWorld
from tests.matrix_across import AcrossPlayer, AcrossWire
from tests.matrix_wire import even, kept
from tests.play import NAME, Player, World

FOLDER = Path(__file__).parent / "plays"
# What cannot be shown truthfully, and why.
NOT_ON_THE_WIRE = {
    "hour_matrix": "in it the whole network goes down and comes back, which the session's Synapse does not; "
    "matrix_room_hour has the hour, tests/test_medium_down.py networks that go down",
}
PLAYS = [
    p
    for p in sorted(FOLDER.glob("*.play"))
    if p.stem not in NOT_ON_THE_WIRE and re.search(r"^network matrix:", p.read_text("utf-8"), re.M)
]
# Who the swap rings on Matrix: in their own chat, or both in their room. The partner of other media is in the play's lines.
SWAPS = {
    "hour_across": [("bram@matrix:home", {"bram"})],
    "matrix_and_irc": [("ana@matrix:home", {"ana"})],
    "matrix_and_mail": [("ravi@matrix:home", {"ravi"})],
    "matrix_room_hour": [("m23@matrix:home", {"bram", "ravi"})],
}
pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_play_on_the_wires_of_several_media(path: Path, tmp_path: Path, synapse: Homeserver) -> None:
    """The same is said to the same people on their media, the swap rings those on Matrix, and the same is stored."""
    worlds: list[AcrossWire] = []
    with asyncio.Runner() as runner:

        def make(start: datetime, policy: Policy) -> World:
            worlds.append(AcrossWire(tmp_path, start, policy, runner, synapse, path.read_text("utf-8")))
            worlds[0].bot.office.nonce = even(worlds[0].clock.now)
            return cast("World", worlds[0])

        try:
            AcrossPlayer(path, make_world=make).run()
            (world,) = worlds
            rung = world.town.bells("Swap!")
            called = {name: {world.town.user(one) for one in names} for name, names in SWAPS.get(path.stem, [])}
            assert rung == list(called.items())
            bare = Player(path, make_world=lambda start, policy: EvenWorld(Programme(NAME, policy), start)).run()
            assert kept(cast("World", world), world.town.played) == kept(bare)
        finally:
            for world in worlds:
                world.close()
