"""relaybot with 150 encrypted chats, each with somebody who has talked: memory, seconds to ready, the longest stall of its loop."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lab import Bot, goal, table
from benchmarks.matrix_lab import homeserver, prepared, relaybot
from benchmarks.matrix_people import AT_ONCE, User, chats, newcomers
from relaybot.homeserver import Homeserver

ROOMS = 150
MEMORY_MB = 90
SETTLED_SECONDS = 3.0  # for what is done now and then
TOLD_SECONDS = 10.0


@dataclass
class Look:
    """relaybot at one moment."""

    when: str
    memory_mb: float
    longest_ms: float
    cpu_ms: float  # the most that one step of the loop worked
    longest: str  # what the longest step was of


def look(when: str, bot: Bot, folder: Path) -> Look:
    """Its memory, and the longest step of its loop since the last look."""
    memory, file = bot.memory_mb(), folder / "longest.txt"
    file.unlink(missing_ok=True)
    os.kill(bot.process.pid, signal.SIGUSR1)
    until = time.monotonic() + TOLD_SECONDS
    while not file.exists():
        if time.monotonic() > until:
            raise RuntimeError("relaybot does not tell how long its steps took")
        time.sleep(0.05)
    longest, cpu, what = [*file.read_text().split(), "?"][:3]
    return Look(when, memory, float(longest), float(cpu), what)


async def each_asks(users: list[User], rooms: list[str]) -> None:
    """Everybody says one command and is answered."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(user: User, room: str) -> None:
        async with free:
            await user.ask(room)

    await asyncio.gather(*(one(user, room) for user, room in zip(users, rooms, strict=True)))


async def measure(
    server: Homeserver, user_id: str, folder: Path, count: int, settled: float
) -> tuple[list[Look], float, float]:
    """What was seen, each time after so many seconds; seconds to ready with no room and with all."""
    bots, ours, looks = contextmanager(relaybot), folder / "relaybot", []
    async with newcomers(server, folder / "people", count) as users:
        with bots(ours, watched=True) as bot:
            empty_seconds = bot.started_seconds
            await asyncio.sleep(settled)
            looks.append(look("started, no chats yet", bot, ours))
            rooms = await chats(users, user_id, encrypted=True)
            await each_asks(users, rooms)
            looks.append(look(f"chats: {count}, opened just now, all have talked", bot, ours))
        with bots(ours, watched=True) as bot:
            full_seconds = bot.started_seconds
            await asyncio.sleep(settled)
            looks.append(look(f"started, chats: {count}", bot, ours))
            for _ in range(3):
                await each_asks(users, rooms)
            await asyncio.sleep(settled)
            looks.append(look("after three commands in each", bot, ours))
    return looks, empty_seconds, full_seconds


def run(folder: Path, count: int = ROOMS, settled: float = SETTLED_SECONDS) -> None:
    """Print what was seen."""
    with homeserver(folder) as server:
        user_id = prepared(server, folder / "relaybot")
        looks, empty_seconds, full_seconds = asyncio.run(measure(server, user_id, folder, count, settled))
    rows: list[list[object]] = [
        [one.when, f"{one.memory_mb:.1f}", f"{one.longest_ms:.0f}", one.longest, f"{one.cpu_ms:.0f}"] for one in looks
    ]
    columns = ["", "memory MB", "longest step ms", "of what", "most CPU in a step ms"]
    table("Memory, and the longest step of the loop since the line above", columns, rows)
    most = max(one.memory_mb for one in looks)
    goal(f"{most:.1f} MB at the most with {count} encrypted chats (at most {MEMORY_MB})", most <= MEMORY_MB)
    print(
        f"         from the command line to ready: {empty_seconds:.2f} s without chats, {full_seconds:.2f} s with {count}"
    )
