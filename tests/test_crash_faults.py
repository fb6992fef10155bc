"""The real relaybot beside what goes wrong around it: a full disk, a locked file, a newer database, a second instance, SIGTERM.

Each time it says what is the matter to whoever is concerned, loses nothing that it acknowledged, and goes on by itself.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from tests import needs
from tests.crash_bot import BotProcess
from tests.crash_check import Findings, check_numbers, read_back
from tests.crash_people import Someone, Tally, apply, set_numbers
from tests.servers import Running, start_embedded

pytestmark = [pytest.mark.crash, pytest.mark.slow]

UNWRITTEN = "I can't write anything down at the moment"
HEALED_SECONDS = 10.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """An IRC server in a process of its own."""
    running = start_embedded(tmp_path / "ircd")
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MiB: room for the database and its ballast, and for little else."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("mounting a small disk needs root on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", folder], check=False)
    if mounted.returncode:
        needs.missing("the right to mount a tmpfs", "run as root outside a confined container")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@asynccontextmanager
async def at_work(folder: Path, server: Running, nick: str = "ana") -> AsyncIterator[tuple[BotProcess, Someone]]:
    """A bot that runs and one person who has handed in an application."""
    bot, person = BotProcess(folder, server.port), Someone(nick, Tally())
    try:
        await bot.start()
        await bot.ready()
        await person.come(server.port)
        await apply(person)
        yield bot, person
    finally:
        await bot.end()
        await person.leave()


async def say_until_noted(person: Someone, number: int) -> float:
    """What a person does who is told to say it again later; seconds until it was noted."""
    began = time.monotonic()
    while True:
        since = len(person.heard)
        person.say(f"set about number {number}")
        line = await person.wait_for(rf"number {number}\b|{UNWRITTEN}", since)
        if UNWRITTEN not in line.text:
            return time.monotonic() - began
        await asyncio.sleep(0.5)


async def one_fault(bot: BotProcess, person: Someone, cause: object, cure: object) -> None:
    """Something breaks and is mended: the speaker is told, what was noted stays, and it works again soon."""
    assert callable(cause)
    assert callable(cure)
    await person.ask("set about number 1", r"number 1\b")
    await bot.drained()
    cause()
    since = len(person.heard)
    person.say("set about number 2")
    told = await person.wait_for(f"{UNWRITTEN}|number 2", since)
    assert told.text.startswith(UNWRITTEN)
    cure()
    seconds = await say_until_noted(person, 3)
    print(f"\nhealed {seconds:.1f} s after the cure")
    assert seconds < HEALED_SECONDS
    assert bot.process is not None
    assert bot.process.returncode is None  # it never went away
    await bot.drained()
    assert (await bot.stop())[0] == 0
    left = await read_back(bot, [person])
    assert left.person(person.nick).about == "number 3"
    assert left.did(person.nick, "set") == 2  # what was refused had no effect
    assert "Traceback" not in bot.said()


async def test_full_disk(small_disk: Path, server: Running) -> None:
    """No room on the disk: whoever speaks is told that nothing is kept; with room again it goes on."""
    async with at_work(small_disk / "bot", server) as (bot, person):
        filling = small_disk / "filling"

        def fill() -> None:
            with filling.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    pass  # full, as wanted
            bot.database.with_name("relaybot.db.ballast").unlink()  # the last reserve is used up as well
            with filling.open("ab", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    pass

        await one_fault(bot, person, fill, filling.unlink)


async def test_locked_database(tmp_path: Path, server: Running) -> None:
    """Another program holds the file for longer than relaybot waits for it; afterwards it goes on."""
    async with at_work(tmp_path / "bot", server) as (bot, person):
        with closing(sqlite3.connect(bot.database, isolation_level=None, timeout=10)) as other:
            await one_fault(bot, person, lambda: other.execute("BEGIN IMMEDIATE"), lambda: other.execute("ROLLBACK"))


async def test_sigterm(tmp_path: Path, server: Running) -> None:
    """Told to end in the middle of talk it ends at once and cleanly; what it acknowledged is there afterwards."""
    async with at_work(tmp_path / "bot", server) as (bot, person):
        over = asyncio.Event()
        talk = asyncio.create_task(set_numbers(person, over))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            await asyncio.sleep(0.3)
            status, seconds = await bot.stop(number)
            print(f"\nended with status {status} after {seconds:.2f} s")
            assert status == 0
            assert seconds < 2
            await bot.start()
            await bot.ready()
        over.set()
        last = await talk
        await bot.drained()
        assert (await bot.stop())[0] == 0
        found = Findings()
        check_numbers(found, await read_back(bot, [person]), {person.nick: last}, [person])
        assert (found.lost, found.twice) == ([], [])
        assert "Traceback" not in bot.said()


async def test_second_instance(tmp_path: Path, server: Running) -> None:
    """A second relaybot on the same database says who has it and ends; the first goes on."""
    async with at_work(tmp_path / "bot", server) as (bot, person):
        assert bot.process is not None
        status, said = refused(bot)
        assert status == 1
        assert f"Another relaybot (process {bot.process.pid}) is using" in said
        await person.ask("set about number 1", r"number 1\b")


async def test_newer_database(tmp_path: Path, server: Running) -> None:
    """A database of a newer relaybot is left alone, with a sentence; the one that made it still runs with it."""
    async with at_work(tmp_path / "bot", server) as (bot, _):
        await bot.drained()
        await bot.stop()
        version = bot.rows("PRAGMA user_version")[0][0]
        assert isinstance(version, int)
        set_version(bot.database, version + 1)
        status, said = refused(bot)
        assert status == 1
        assert "newer" in said
        assert "Traceback" not in said
        set_version(bot.database, version)
        await bot.start()
        await bot.ready()


def set_version(path: Path, version: int) -> None:
    """Write the number by which SQLite files tell their schema."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


def refused(bot: BotProcess) -> tuple[int, str]:
    """Start another one with the same configuration, which must end by itself; its status and what it said."""
    command = [sys.executable, "-m", "relaybot", "run", "-c", str(bot.config)]
    done = subprocess.run(command, cwd=needs.ROOT, capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stderr
