"""The real relaybot as a process that tests kill: its configuration, its lives, how it ends, and the file it leaves.

A *life* is one process from its start to its death; lives are counted from 1. The process has a group of its own and
is only ever ended by its id.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests import needs

READY_SECONDS = 30.0
NETWORK = "irc:lab"
PROGRAMME = "tech-peer"
CONFIGURATION = """\
[relaybot]
database = "relaybot.db"
[programme.tech-peer]
moderators = ["irc:lab/dana", "irc:lab/esi"]
{settings}
[irc.lab]
host = "127.0.0.1"
port = {port}
tls = false
channel = {{ tech-peer = "#tech-peer" }}
moderators_channel = {{ tech-peer = "#tech-peer-mods" }}
lines_per_second = 0
commands_per_minute = 0
"""


class BotProcess:
    """One relaybot and its lives. `speed` is how much faster than real time its programme's clock runs (0: not)."""

    def __init__(self, directory: Path, port: int, *, speed: float = 0, settings: str = "") -> None:
        self.directory = directory
        self.database = directory / "relaybot.db"
        self.errors = directory / "errors.txt"
        self.speed = speed
        self.module: tuple[str, ...] = ("relaybot",)  # what is run, and words before the command line
        self.life = 0
        self.process: asyncio.subprocess.Process | None = None
        directory.mkdir(parents=True, exist_ok=True)
        self.config = directory / "relaybot.toml"
        self.config.write_text(CONFIGURATION.format(port=port, settings=settings))
        self.config.chmod(0o600)

    async def start(self) -> None:
        """Begin a life; it is not ready yet."""
        command = [sys.executable, "-m", *self.module, "run", "-c", str(self.config)]
        if self.speed:
            command += ["--speed", str(self.speed)]
        self.life += 1
        with self.errors.open("ab") as errors:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                cwd=needs.ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )

    async def ready(self) -> None:
        """Wait until it says that it runs; raises AssertionError with what it said when it ends instead."""
        assert self.process is not None
        assert self.process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            while line := await self.process.stdout.readline():
                if b" is running;" in line:
                    return
        raise AssertionError(f"relaybot ended at its start: {self.said()[-3000:]}")

    async def kill(self) -> None:
        """SIGKILL to the whole group, and wait until it is gone."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Ask it to end; its exit status and how many seconds it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        status = await asyncio.wait_for(self.process.wait(), 20)
        return status, time.monotonic() - began

    async def end(self) -> None:
        """Whatever state it is in: gone afterwards."""
        if self.process is not None and self.process.returncode is None:
            await self.kill()

    def said(self) -> str:
        """What all lives wrote to stderr."""
        return self.errors.read_text(errors="replace")

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Look into the database, beside the running process or after it."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(statement, values).fetchall()

    async def drained(self, seconds: float = 20.0) -> None:
        """Wait until no letter waits in the outbox."""
        async with asyncio.timeout(seconds):
            while self.rows("SELECT count(*) FROM letter")[0][0]:
                await asyncio.sleep(0.02)


async def kill_again_and_again(
    bot: BotProcess,
    kills: int,
    chance: random.Random,
    pause_seconds: tuple[float, float] = (0, 0.6),
    each: Callable[[int], None] = lambda number: None,
) -> None:
    """Kill and start `kills` times, at random moments, one in five while it is still starting; ends with a ready bot.

    `each` is told the number of every kill, from 1, before the life that it ends.
    """
    for number in range(1, kills + 1):
        each(number)
        if chance.random() < 0.8:
            await bot.ready()
        await asyncio.sleep(chance.uniform(*pause_seconds))
        await bot.kill()
        await asyncio.sleep(chance.uniform(0, 0.05))
        await bot.start()
    await bot.ready()
