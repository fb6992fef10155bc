"""Plays on the wire: real sockets, the embedded server, the real adapter, office and store; only time is moved."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from relaybot.policy import Policy
from tests.play import Player, World
from tests.wire import WireWorld

FOLDER = Path(__file__).parent / "plays"
# On the embedded network everybody is vouched for, and a process cannot be away for a while in the middle of a play.
# Plays about mail or a second network are in test_mail_wire.py.
NOT_THERE = ("stranger ", "outage ", "network ", "list ")
# Letters are given up after 72 hours of real retries, which cannot be moved; who speaks on the wire is there.
NOT_ON_THE_WIRE = {"relay", "health"}
# What --quick plays on the wire; the others take a minute together.
EVERYDAY = {
    "first_evening",
    "farewell",
    "help_case",
    "hour_irc",
    "introduction",
    "join_irc",
    "pair_consent",
    "screening",
}
PLAYS = [
    pytest.param(p, marks=() if p.stem in EVERYDAY else pytest.mark.slow, id=p.stem)
    for p in sorted(FOLDER.glob("*.play"))
    if p.stem not in NOT_ON_THE_WIRE and not any(f"\n{d}" in p.read_text(encoding="utf-8") for d in NOT_THERE)
]


@pytest.mark.parametrize("path", PLAYS)
def test_play_on_the_wire(path: Path, tmp_path: Path) -> None:
    """Over IRC the same play says the same to the same people."""
    worlds: list[WireWorld] = []

    with asyncio.Runner() as runner:

        def make(start: datetime, policy: Policy) -> World:
            worlds.append(WireWorld(tmp_path, start, policy, runner))
            return cast("World", worlds[0])

        try:
            Player(path, make_world=make).run()
        finally:
            for world in worlds:
                world.close()
