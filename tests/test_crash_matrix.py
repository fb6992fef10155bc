"""kill -9 of the real relaybot, and of Synapse, while people talk in encrypted chats: nothing is lost, nothing happens or is said twice.

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
from tests.matrix_crowd import Findings, Peer, accounts, crowd, findings, keep_counting
from tests.matrix_process import MatrixProcess, settle_in

pytestmark = [pytest.mark.servers, pytest.mark.crash, pytest.mark.slow]

PEOPLE = 6
APPLICANTS = 2  # of them; the others are members already
LIFE_SECONDS = 0.05, 1.5
APART_SECONDS = 0.2, 1.0  # that the homeserver lives, and that it is gone
RESUMED_SECONDS = 30.0  # after the homeserver is back


async def kill_the_bot(server: Homeserver, folder: Path, kills: int, least: int) -> Findings:
    """People apply and change their profiles while relaybot is killed at random moments; what became of it."""
    bot = MatrixProcess(server, folder / "bot")
    over, strangers, members = asyncio.Event(), accounts(server, APPLICANTS), accounts(server, PEOPLE - APPLICANTS)
    await settle_in(bot, members)
    try:
        await bot.start()
        await bot.ready()
        users = [bot.moderator, *strangers, *members]
        async with crowd(server, bot, folder / "people", users) as (dana, *people):
            await bot.kill()
            await bot.start()

            async def kill() -> None:
                await kill_again_and_again(bot, kills, random.Random(), LIFE_SECONDS)
                over.set()

            async def join_first() -> None:
                await asyncio.gather(*(peer.apply() for peer in people[:APPLICANTS]))
                await keep_counting(people[:APPLICANTS], over, 0)

            async with asyncio.TaskGroup() as group:
                group.create_task(kill())
                group.create_task(join_first())
                await keep_counting(people[APPLICANTS:], over, least)
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


async def kill_the_homeserver(
    server: Homeserver, folder: Path, kills: int, least: int
) -> tuple[Findings, tuple[float, ...]]:
    """Synapse dies and comes back while members change their profiles; what became of it, and how soon it went on each time."""
    chance = random.Random()
    bot, over, resumed = MatrixProcess(server, folder / "bot"), asyncio.Event(), []
    users = accounts(server, PEOPLE)
    await settle_in(bot, users)

    async def kill(people: list[Peer]) -> None:
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(*APART_SECONDS))
            server.kill()
            await asyncio.sleep(chance.uniform(*APART_SECONDS))
            await asyncio.to_thread(server.start)
            resumed.append(await _until_going_on(people))
        over.set()

    try:
        await bot.start()
        await bot.ready()
        async with crowd(server, bot, folder / "people", users) as people:
            await asyncio.gather(*(peer.count_on(1) for peer in people))
            async with asyncio.TaskGroup() as group:
                group.create_task(kill(people))
                await keep_counting(people, over, least)
            await bot.drained()
            found = await findings(server, bot, people)
    finally:
        await bot.end()
    assert bot.life == 1
    assert bot.rows("SELECT traceback FROM shunt") == []
    return found, tuple(resumed)


async def _until_going_on(people: list[Peer]) -> float:
    """Seconds until something that was said from now on is answered."""
    began, said = time.monotonic(), {peer.user_id: peer.number for peer in people}
    while not any(peer.answered > said[peer.user_id] for peer in people):
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def test_nothing_lost_nothing_twice_when_the_homeserver_is_killed(
    synapse_own: Homeserver, tmp_path: Path, crash_long: bool
) -> None:
    """Each message it took is heard and answered once over all its ends, by the same process, and soon after each return."""
    kills, least = (20, 2_000) if crash_long else (10, 200)
    began = time.monotonic()
    found, resumed = await kill_the_homeserver(synapse_own, tmp_path, kills, least)
    print(f"\n{found.line('Synapse killed', f'{kills} kills')}; {time.monotonic() - began:.0f} s")
    print(f"went on after {min(resumed):.1f} to {max(resumed):.1f} s")
    assert (found.lost, found.twice) == ([], [])
    assert found.messages >= least
    assert max(resumed) <= RESUMED_SECONDS
