"""An InspIRCd as it comes, with its flood protection, and 20 people who never stop: does the bot stay, does everyone get answers?

relaybot runs with its own defaults: a burst of four lines, then one a second. So an answer for each of 20 people takes
about 20 seconds, and what counts is that nobody waits much longer than the others.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path

from benchmarks.clients import Figures, connect
from benchmarks.lab import goal, network, relaybot, table, workshop
from benchmarks.members import account, filled
from tests.servers import FLOOD_STOCK

USERS = 20
SECONDS = 120.0


async def measure(folder: Path, database: Path) -> tuple[list[Figures], int]:
    """What each of the people saw, and how often the bot lost its connection."""
    start = contextmanager(relaybot)
    async with network(folder, FLOOD_STOCK) as server:
        with start(server.port, folder / "bot", database, pacing="") as bot:
            people = await connect(server.port, [account(n) for n in range(1, USERS + 1)])
            each = [Figures(seconds=SECONDS) for _ in people]
            for person, figures in zip(people, each, strict=True):
                person.begin(figures)
            await asyncio.sleep(SECONDS)
            for person in people:
                person.end()
            assert bot.process.poll() is None
            assert not any(person.lost for person in people)
    lost = (folder / "bot" / "errors.txt").read_text().count("next try in")
    return each, lost


def run() -> None:
    """Two minutes."""
    with workshop() as folder:
        each, lost = asyncio.run(measure(folder, filled(folder, 1_000)))
    counts = sorted(len(figures.latencies) for figures in each)
    waits = sorted(wait for figures in each for wait in figures.latencies)
    row = [USERS, lost, counts[0], counts[-1], waits[len(waits) // 2], waits[int(len(waits) * 0.95)], waits[-1]]
    columns = ["people", "connections lost", "fewest answers", "most answers", "p50 s", "p95 s", "longest s"]
    table(f"InspIRCd with its stock flood protection, {SECONDS:.0f} s", columns, [row])
    goal("stays connected", lost == 0)
    goal(
        f"everyone is answered, fairly: {counts[0]} to {counts[-1]} answers each",
        counts[0] > 0 and counts[-1] <= counts[0] + 2,
    )
