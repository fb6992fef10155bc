"""A command over Matrix, encrypted and in clear: a record changes durably, an answer comes; against a bare loop of matrix-nio.

With 1 and 20 users, the two bots alternating on one Synapse in one run; then memory, start and the longest stall of
the loop with 150 encrypted chats (matrix_rooms.py).
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from benchmarks import matrix_rooms
from benchmarks.lab import Bot, goal, median, table, workshop
from benchmarks.matrix_lab import bare, homeserver, prepared, relaybot
from benchmarks.matrix_people import User, chats, newcomers, talk
from relaybot.homeserver import Homeserver
from tests.synapse import PASSWORD

COMMANDS = {1: 12, 20: 3}  # number of users -> commands of each in a round
ROUNDS = 6
RATIO = 1.3


@dataclass
class Row:
    """One measurement."""

    per_second: float
    p50_ms: float
    p95_ms: float
    cpu_per_1000: float


@dataclass
class Side:
    """A bot that runs, and everybody's chats with it by whether they are encrypted."""

    bot: Bot
    rooms: Mapping[bool, list[str]]


async def measure(side: Side, users: list[User], encrypted: bool, commands: int) -> Row:
    """So many users talk to one of the bots, each so often."""
    rooms = side.rooms[encrypted][: len(users)]
    cpu = side.bot.cpu_seconds()
    figures = await talk(users, rooms, commands)
    per_1000 = (side.bot.cpu_seconds() - cpu) / len(figures.latencies) * 1000
    return Row(figures.per_second, figures.p50_ms, figures.p95_ms, per_1000)


def middle(rows: list[Row]) -> Row:
    """The median of each figure."""
    return Row(*(median([getattr(row, field.name) for row in rows]) for field in fields(Row)))


@dataclass
class Ratio:
    """relaybot's figures in bare loops: the median of the rounds' ratios."""

    time: float
    throughput: float


def ratio(bare: list[Row], ours: list[Row]) -> Ratio:
    """Round by round, so that a busy moment of the machine is both's."""
    pairs = list(zip(bare, ours, strict=True))
    times = [one.p50_ms / other.p50_ms for other, one in pairs]
    return Ratio(median(times), median([one.per_second / other.per_second for other, one in pairs]))


async def alternate(
    sides: Mapping[str, Side], users: list[User], encrypted: bool, commands: int, rounds: int
) -> tuple[dict[str, Row], Ratio]:
    """Both bots in turn, some rounds; the medians, and the ratio."""
    found: dict[str, list[Row]] = {name: [] for name in sides}
    for side in sides.values():  # the first message of a chat gives everybody its key
        await talk(users, side.rooms[encrypted][: len(users)], 1)
    for turn in range(rounds):  # who begins changes, so that a drift of the machine is nobody's
        for name in list(sides)[:: 1 if turn % 2 else -1]:
            found[name].append(await measure(sides[name], users, encrypted, commands))
    return {name: middle(rows) for name, rows in found.items()}, ratio(*found.values())


async def against_bare(
    server: Homeserver, bots: Mapping[str, tuple[Bot, str]], folder: Path, rounds: int, commands: Mapping[int, int]
) -> None:
    """Encrypted and not; `commands`: by the number of users, how many of each in a round."""
    rows: list[list[object]] = []
    ratios: dict[tuple[bool, int], Ratio] = {}
    async with newcomers(server, folder, max(commands)) as users:
        sides = {
            name: Side(bot, {encrypted: await chats(users, user, encrypted) for encrypted in (True, False)})
            for name, (bot, user) in bots.items()
        }
        for encrypted, count in itertools.product((True, False), commands):
            found, ratios[encrypted, count] = await alternate(sides, users[:count], encrypted, commands[count], rounds)
            for name, row in found.items():
                how = "encrypted" if encrypted else "in clear"
                rows.append([how, count, name, row.per_second, row.p50_ms, row.p95_ms, row.cpu_per_1000])
    columns = ["", "users", "bot", "commands/s", "p50 ms", "p95 ms", "CPU s per 1,000"]
    table(f"Matrix command, durable change, answer; medians of {rounds} rounds", columns, rows)
    for (encrypted, count), one in ratios.items():
        text = f"users: {count}: {one.time:.2f} times the bare loop's time, {one.throughput:.2f} times its throughput"
        if encrypted:
            goal(f"encrypted, {text} (time at most {RATIO:g})", one.time <= RATIO)
        else:
            print(f"         in clear, {text}")


def compare(folder: Path, rounds: int = ROUNDS, commands: Mapping[int, int] = COMMANDS) -> None:
    """Both bots on one Synapse."""
    with homeserver(folder) as server, ExitStack() as stack:
        ours, theirs = prepared(server, folder / "relaybot"), server.register("bare", PASSWORD)
        bots = {
            "bare loop": (stack.enter_context(contextmanager(bare)(server, folder / "bare", theirs)), theirs),
            "relaybot": (stack.enter_context(contextmanager(relaybot)(folder / "relaybot")), ours),
        }
        asyncio.run(against_bare(server, bots, folder / "people", rounds, commands))


def run() -> None:
    """Everything."""
    with workshop() as folder:
        compare(folder)
    with workshop() as folder:
        matrix_rooms.run(folder)
