"""Every fault between relaybot and its homeserver, one at a time on the real process: nothing is lost, nothing comes twice, and IRC goes on."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from relaybot.homeserver import Homeserver
from tests.matrix_faults import FAULTS, scene
from tests.servers import Running

pytestmark = [pytest.mark.servers, pytest.mark.crash, pytest.mark.slow]

LASTS_SECONDS = 3.0
OTHER_SECONDS = 1.0  # an answer on another medium meanwhile
RESUMED_SECONDS = 30.0


async def test_nothing_lost_nothing_twice_whatever_the_homeserver_answers(
    synapse: Homeserver, embedded: Running, tmp_path: Path
) -> None:
    """What is written under each fault is answered once, `health` says what is wrong, and people on IRC notice nothing."""
    async with scene(synapse, embedded.port, tmp_path, "brisk") as made:
        for fault in FAULTS:
            row = await made.under(fault, LASTS_SECONDS, synapse)
            print(f"\n{row}")
            assert (row.lost, row.twice) == (0, 0), (made.before.lost, made.before.twice)
            assert row.messages >= len(made.people)
            assert statistics.median(row.other) < OTHER_SECONDS
            assert row.resumed < RESUMED_SECONDS
        assert made.bot.life == 1
        assert "Traceback" not in made.bot.said()
