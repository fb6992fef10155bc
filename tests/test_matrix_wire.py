"""Plays on the wire of Matrix: a real Synapse, the real adapter, encrypted chats; only time is moved.

A play of IRC says the same to the same people there, and leaves the same behind (invariant 10).
"""

from __future__ import annotations

import asyncio
import os
import re
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

import relaybot.programme  # noqa: F401 - fills the registry of commands
from relaybot import commands
from relaybot.desk import Programme
from relaybot.homeserver import Homeserver
from relaybot.policy import Policy
from tests.mail_world import EvenWorld
from tests.matrix_wire import MatrixPlayer, MatrixWire, kept
from tests.play import NAME, Player, World

FOLDER = Path(__file__).parent / "plays"
# Nobody is away from a homeserver, which keeps what is said to them, and everybody there is vouched for; a process
# cannot be away for a while in the middle of a play. Plays about a second network are in test_matrix_across.py.
NOT_THERE = ("away ", "stranger ", "outage ", "network ", "list ")
# Plays about IRC itself, and why.
ABOUT_IRC = {
    "join_exits": "it says no to an account that is not theirs, which is asked on IRC only",
    "privacy": "what relaybot tells about IRC is what it promises there",
}
# What the gate plays: every verb of these plays at least once. RELAYBOT_ALL_PLAYS=1 plays all of them.
EVERY_VERB = set(
    "agreements audit decline_undo farewell_self fit_and_next fit_no forget_me forget_stop "
    "format_letters_chat help_case hour_early_swap_end hour_private leave_programme_self pair_consent "
    "pause_waiting profile relay_mute reschedule_soon screening several_lines still_looking suggest_why "
    "team_wrong_code times_agreed".split()
)
ALL = os.environ.get("RELAYBOT_ALL_PLAYS") == "1"
CAN_BE_PLAYED = [
    p
    for p in sorted(FOLDER.glob("*.play"))
    if p.stem not in ABOUT_IRC and not any(f"\n{d}" in p.read_text(encoding="utf-8") for d in NOT_THERE)
]
PLAYS = [p for p in CAN_BE_PLAYED if ALL or p.stem in EVERY_VERB]


def verbs(plays: list[Path]) -> set[str]:
    """The commands that are said in plays."""
    said = [line for p in plays for line in re.findall(r"^\S+ > (.*)$", p.read_text("utf-8"), re.M)]
    found = [commands.find(line.lstrip("! ").strip()) for line in said]
    return {one[0].name for one in found if one is not None}


def test_the_gate_says_every_verb() -> None:
    """What is left out of the gate says no verb that is not said in it."""
    assert verbs([p for p in CAN_BE_PLAYED if p.stem in EVERY_VERB]) == verbs(CAN_BE_PLAYED)
    assert {p.stem for p in PLAYS} >= EVERY_VERB


@pytest.mark.servers
@pytest.mark.slow
@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_play_on_the_wire_of_matrix(path: Path, tmp_path: Path, synapse: Homeserver) -> None:
    """On Matrix the same play says the same to the same people, and what is stored is what IRC leaves."""
    worlds: list[MatrixWire] = []
    with asyncio.Runner() as runner:

        def make(start: datetime, policy: Policy) -> World:
            worlds.append(MatrixWire(tmp_path, start, policy, runner, synapse))
            return cast("World", worlds[0])

        try:
            MatrixPlayer(path, make_world=make).run()
            irc = Player(path, make_world=lambda start, policy: EvenWorld(Programme(NAME, policy), start)).run()
            assert kept(cast("World", worlds[0]), worlds[0].town.played) == kept(irc)
        finally:
            for world in worlds:
                world.close()
