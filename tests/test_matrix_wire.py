"""Plays on the wire of Matrix: a real Synapse, the real adapter, encrypted chats; only time is moved.

A play of IRC says the same to the same people there, and leaves the same behind (invariant 10).
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from relaybot.homeserver import Homeserver
from relaybot.policy import Policy
from tests.matrix_wire import MatrixPlayer, MatrixWire
from tests.play import World

FOLDER = Path(__file__).parent / "plays"
# Nobody is away from a homeserver, which keeps what is said to them, and everybody there is vouched for; a process
# cannot be away for a while in the middle of a play. Plays about a second network are in test_matrix_across.py.
NOT_THERE = ("away ", "stranger ", "outage ", "network ", "list ")
# Plays about IRC itself, and why.
ABOUT_IRC = {
    "join_exits": "it says no to an account that is not theirs, which is asked on IRC only",
    "privacy": "what relaybot tells about IRC is what it promises there",
}
# What the gate plays: every verb once. The others: RELAYBOT_ALL_PLAYS=1.
EVERY_VERB = {"first_evening", "hour_irc", "introduction"}
ALL = os.environ.get("RELAYBOT_ALL_PLAYS") == "1"
PLAYS = [
    p
    for p in sorted(FOLDER.glob("*.play"))
    if p.stem not in ABOUT_IRC
    and not any(f"\n{d}" in p.read_text(encoding="utf-8") for d in NOT_THERE)
    and (ALL or p.stem in EVERY_VERB)
]
pytestmark = [pytest.mark.servers, pytest.mark.slow]


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_play_on_the_wire_of_matrix(path: Path, tmp_path: Path, synapse: Homeserver) -> None:
    """On Matrix the same play says the same to the same people."""
    worlds: list[MatrixWire] = []
    with asyncio.Runner() as runner:

        def make(start: datetime, policy: Policy) -> World:
            worlds.append(MatrixWire(tmp_path, start, policy, runner, synapse))
            return cast("World", worlds[0])

        try:
            MatrixPlayer(path, make_world=make).run()
        finally:
            for world in worlds:
                world.close()
