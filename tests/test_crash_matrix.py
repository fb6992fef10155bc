"""kill -9 of the real relaybot while people talk in encrypted chats: nothing is lost, nothing happens or is said twice.

Every run kills a few times; `--crash-long` kills a hundred. `python -m benchmarks matrix_faults` prints the long run's figures.
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from relaybot.homeserver import Homeserver
from tests.crash_bot import kill_again_and_again
from tests.matrix_crowd import Findings, accounts, crowd, findings, keep_counting
from tests.matrix_process import MatrixProcess

pytestmark = [pytest.mark.servers, pytest.mark.crash, pytest.mark.slow]

PEOPLE = 6
LIFE_SECONDS = 0.05, 0.6


async def kill_the_bot(server: Homeserver, folder: Path, kills: int, least: int) -> Findings:
    """People apply and change their profiles while relaybot is killed at random moments; what became of it."""
    bot = MatrixProcess(server, folder / "bot")
    over = asyncio.Event()
    try:
        await bot.start()
        await bot.ready()
        users = [bot.moderator, *accounts(server, PEOPLE)]
        async with crowd(server, bot, folder / "people", users) as (dana, *people):
            await bot.kill()
            await bot.start()

            async def kill() -> None:
                await kill_again_and_again(bot, kills, random.Random(), LIFE_SECONDS)
                over.set()

            async with asyncio.TaskGroup() as group:
                group.create_task(kill())
                async with asyncio.TaskGroup() as applying:
                    for peer in people:
                        applying.create_task(peer.apply())
                await keep_counting(people, over, least)
            await bot.drained()
            status, seconds = await bot.stop()
            found = await findings(server, bot, people, dana)
    finally:
        await bot.end()
    assert (status, seconds < 5) == (0, True)
    assert "Traceback" not in bot.said()
    assert bot.rows("SELECT traceback FROM shunt") == []
    return found


async def test_nothing_lost_nothing_twice_when_the_bot_is_killed(
    synapse: Homeserver, tmp_path: Path, crash_long: bool
) -> None:
    """Each message the homeserver took is heard and has its effect once; each answer is one event that can be read."""
    kills, least = (100, 2_000) if crash_long else (12, 300)
    began = time.monotonic()
    found = await kill_the_bot(synapse, tmp_path, kills, least)
    print(f"\n{found.line('crash run on Matrix', f'{kills} kills')}; {time.monotonic() - began:.0f} s")
    assert (found.lost, found.twice) == ([], [])
    assert found.messages >= least
