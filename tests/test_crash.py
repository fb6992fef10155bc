"""kill -9 of the real relaybot at random moments while people talk to it: nothing acknowledged is lost, nothing happens twice.

The IRC server runs in a process of its own. Every run kills 20 times; `--crash-long` kills 200 times.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which

import pytest

from tests import needs
from tests.crash_bot import BotProcess, kill_again_and_again
from tests.crash_check import Findings, check_applications, check_numbers, read_back
from tests.crash_pairs import SETTINGS, TEAM, Couple, check_couple
from tests.crash_people import Someone, Tally, apply, set_numbers
from tests.irc_services import Services
from tests.servers import Running, start_embedded, start_inspircd

pytestmark = [pytest.mark.crash, pytest.mark.slow]

SPEED = 600  # an hour passes in six seconds
MOST_SECONDS_A_KILL = 15  # a run that takes longer hangs


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """An IRC server in a process of its own, which is never killed."""
    running = start_embedded(tmp_path / "ircd")
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
async def network(tmp_path: Path, server: Running) -> AsyncIterator[Running]:
    """InspIRCd with services where it is installed (it lets relaybot back into pairs' places), else our own server."""
    if which("inspircd", path=needs.SEARCHED) is None:
        yield server
        return
    running, services = start_inspircd(tmp_path / "inspircd"), Services()
    try:
        await services.link(running.link_port)
        yield running
        await services.close()
    finally:
        running.stop()


@asynccontextmanager
async def crowd(bot: BotProcess, port: int, *people: Someone) -> AsyncIterator[None]:
    """A bot that starts and people who are there; all gone afterwards."""
    try:
        await bot.start()
        for someone in people:
            await someone.come(port)
        yield
    finally:
        await bot.end()
        for someone in people:
            await someone.leave()


async def test_nothing_lost_nothing_twice(tmp_path: Path, server: Running, crash_long: bool) -> None:
    """People join and change their profiles while relaybot is killed; what it acknowledged is there, once."""
    kills, least = (200, 10_000) if crash_long else (20, 1_000)
    bot = BotProcess(tmp_path / "bot", server.port)
    tally, over = Tally(), asyncio.Event()
    dana = Someone("dana", tally, (TEAM,))
    members = [Someone(f"peer{n}", tally) for n in range(8)]
    told: dict[str, int] = {}
    last: dict[str, int] = {}

    async def take_part(person: Someone) -> None:
        told[person.nick] = await apply(person)
        last[person.nick] = await set_numbers(person, over)

    async def kill() -> None:
        await kill_again_and_again(bot, kills, random.Random())
        while tally.messages < least:
            await asyncio.sleep(0.05)
        over.set()

    async with crowd(bot, server.port, dana, *members):
        async with asyncio.TaskGroup() as group:
            group.create_task(kill())
            for person in members:
                group.create_task(take_part(person))
        await bot.drained()
        status, seconds = await bot.stop()
    left = await read_back(bot, members)
    found = Findings()
    check_applications(found, left, told, dana)
    check_numbers(found, left, last, members)
    print(f"\n{found.summary(kills, tally)}")
    assert (status, seconds < 2) == (0, True)
    assert (found.lost, found.twice) == ([], [])
    assert found.repeated <= kills * len(members)
    assert "Traceback" not in bot.said()


async def test_no_pair_hour_or_farewell_twice_or_missed(tmp_path: Path, network: Running, crash_long: bool) -> None:
    """Couples are paired, meet and part on a fast clock while relaybot is killed: every step happens, and happens once."""
    kills = 200 if crash_long else 20
    bot = BotProcess(tmp_path / "bot", network.port, speed=SPEED, settings=SETTINGS)
    tally, over = Tally(), asyncio.Event()
    dana, turn = Someone("dana", tally, (TEAM,)), asyncio.Lock()
    couples = [Couple(dana, turn, Someone(f"ana{n}", tally), Someone(f"bram{n}", tally)) for n in range(3)]
    members = [person for couple in couples for person in couple.both]

    async def kill() -> None:
        await kill_again_and_again(bot, kills, random.Random())
        over.set()

    async with crowd(bot, network.port, dana, *members):
        async with asyncio.timeout(MOST_SECONDS_A_KILL * kills), asyncio.TaskGroup() as group:
            group.create_task(kill())
            for couple in couples:
                group.create_task(couple.live(over))
        await bot.drained()
        status, seconds = await bot.stop()
    left = await read_back(bot, members)
    found = Findings()
    check_applications(found, left, {nick: n for couple in couples for nick, n in couple.applications.items()}, dana)
    for couple in couples:
        check_couple(found, left, couple)
    numbers = sorted(one.pair for couple in couples for one in couple.rounds)
    print(f"\n{found.summary(kills, tally)} ({len(numbers)} pairs, hours and farewells)")
    assert (status, seconds < 2) == (0, True)
    assert (found.lost, found.twice) == ([], [])
    assert [row[0] for row in bot.rows("SELECT id FROM pair WHERE stage = 'ended' ORDER BY id")] == numbers
    assert bot.rows("SELECT count(*) FROM pair") == [(len(numbers),)]
    assert bot.rows("SELECT pair FROM meeting WHERE stage = 'held' ORDER BY pair") == [(number,) for number in numbers]
    assert "Traceback" not in bot.said()
