"""A command over IRC: who speaks is proven, a record changes durably, an answer comes; against the bare loop.

With 1, 50 and 500 users, alternating in one run; then with programmes of 100 to 100,000 people; then memory and start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients import connect, talk
from benchmarks.lab import Bot, bare, goal, median, network, relaybot, table, workshop
from benchmarks.members import account, filled
from tests.servers import start_embedded

ROUNDS = 3
SECONDS = 3.0
WARM_UP_SECONDS = 1.0
SIZES = (100, 1_000, 10_000, 100_000)


@dataclass
class Row:
    """One measurement."""

    per_second: float
    p50_ms: float
    p95_ms: float
    cpu_per_1000: float
    memory_mb: float
    started_seconds: float


Make = Callable[[int, Path], AbstractContextManager[Bot]]


async def measure(make: Make, folder: Path, users: int) -> Row:
    """One bot, fresh server, so many users."""
    async with network(folder) as server:
        with make(server.port, folder / "bot") as bot:
            people = await connect(server.port, [account(n) for n in range(1, users + 1)])
            await talk(people, 0.2, WARM_UP_SECONDS)
            cpu = bot.cpu_seconds()
            figures = await talk(people, SECONDS, 0.0)
            used = bot.cpu_seconds() - cpu
            answered = len(figures.latencies)
            return Row(
                figures.per_second,
                figures.p50_ms,
                figures.p95_ms,
                used / answered * 1000 if answered else float("nan"),
                bot.memory_mb(),
                bot.started_seconds,
            )


def middle(rows: list[Row]) -> Row:
    """The median of each figure."""
    return Row(*(median([getattr(row, name) for row in rows]) for name in Row.__dataclass_fields__))


def relaybot_with(database: Path | None) -> Make:
    """A maker of relaybots on copies of a database."""
    return contextmanager(lambda port, folder: relaybot(port, folder, database))


def alternate(makes: Mapping[str, Make], folder: Path, users: int, rounds: int = ROUNDS) -> dict[str, Row]:
    """Measure several bots in turn, some rounds; the medians."""
    found: dict[str, list[Row]] = {name: [] for name in makes}
    for turn in range(rounds):
        for name, make in makes.items():
            where = folder / f"{name.replace(' ', '-')}-{users}-{turn}"
            found[name].append(asyncio.run(measure(make, where, users)))
    return {name: middle(rows) for name, rows in found.items()}


def against_bare(folder: Path) -> None:
    """1, 50 and 500 users."""
    makes = {"bare loop": contextmanager(bare), "relaybot": relaybot_with(filled(folder, 1_000))}
    rows: list[list[object]] = []
    ratios: dict[int, tuple[float, float]] = {}
    cpu = alone = 0.0
    for users in (1, 50, 500):
        found = alternate(makes, folder, users)
        one, other = found["bare loop"], found["relaybot"]
        ratios[users] = (other.per_second / one.per_second, other.p50_ms / one.p50_ms)
        if users > 1:  # alone, nobody shares the cost of a commit
            cpu = max(cpu, other.cpu_per_1000)
        else:
            alone = other.cpu_per_1000
        for name, row in found.items():
            rows.append([users, name, f"{row.per_second:,.0f}", row.p50_ms, row.p95_ms, row.cpu_per_1000])
    columns = ["users", "bot", "commands/s", "p50 ms", "p95 ms", "CPU s per 1,000"]
    table("IRC command, durable change, answer", columns, rows)
    goal(f"1 user: {ratios[1][1]:.2f} times the bare loop's latency (at most 3, goal 2)", ratios[1][1] <= 3)
    goal(f"50 users: {ratios[50][0]:.2f} times the bare loop's throughput (at least 1, goal 1.5)", ratios[50][0] >= 1)
    goal(f"500 users: {ratios[500][0]:.2f} times the bare loop's throughput", ratios[500][0] >= 1)
    goal(f"CPU: {cpu:.2f} s per 1,000 commands with 50 and with 500 users (at most 0.2)", cpu <= 0.2)
    goal(f"CPU: {alone:.2f} s per 1,000 commands of a single user, each with a commit of its own", alone <= 0.2)


def start_seconds(folder: Path, database: Path | None) -> float:
    """From the command line to connected, on our own server: InspIRCd welcomes people once a second only."""
    server = start_embedded(folder / "ircd")
    try:
        found = []
        for turn in range(ROUNDS):
            with relaybot_with(database)(server.port, folder / f"bot-{turn}") as bot:
                found.append(bot.started_seconds)
        return median(found)
    finally:
        server.stop()


def sizes(folder: Path) -> None:
    """From 100 to 100,000 people in the programme, 50 of them talking."""
    found = alternate({str(n): relaybot_with(filled(folder, n)) for n in SIZES}, folder, 50)
    rows = [
        [
            f"{int(name):,}",
            f"{row.per_second:,.0f}",
            row.p50_ms,
            row.cpu_per_1000,
            f"{row.memory_mb:.0f}",
            row.started_seconds,
        ]
        for name, row in found.items()
    ]
    empty = asyncio.run(measure(relaybot_with(None), folder / "empty", 1))
    rows.insert(0, ["0", "-", "-", "-", f"{empty.memory_mb:.0f}", empty.started_seconds])
    columns = ["people", "commands/s", "p50 ms", "CPU s per 1,000", "memory MB", "start to connected s"]
    table("50 users, programmes of different size", columns, rows)
    speeds = [row.per_second for row in found.values()]
    last = found[str(SIZES[-1])]
    goal(
        f"flat: slowest {min(speeds) / max(speeds):.0%} of the fastest (at least 80 %)",
        min(speeds) >= 0.8 * max(speeds),
    )
    goal(f"memory: {empty.memory_mb:.0f} MB empty (at most 60)", empty.memory_mb <= 60)
    goal(f"memory: {last.memory_mb:.0f} MB with 100,000 people (at most 350)", last.memory_mb <= 350)
    for name, size, most in (("empty", 0, 1.5), ("with 100,000 people", SIZES[-1], 6.0)):
        took = start_seconds(folder / f"start-{size}", filled(folder, size) if size else None)
        goal(f"start: {took:.2f} s {name}, on a server that welcomes at once (at most {most:g})", took <= most)


def run() -> None:
    """Everything."""
    with workshop() as folder:
        against_bare(folder)
        sizes(folder)
