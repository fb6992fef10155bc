"""What becomes of messages on Matrix when something fails: relaybot killed, Synapse killed, answers broken, a week away, logged out.

The same runs as the tests, longer and with real patience: tests/test_crash_matrix.py, test_matrix_faults.py, test_matrix_away.py.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.lab import goal, table, workshop
from relaybot import homeserver
from relaybot.homeserver import Homeserver
from tests.matrix_faults import FAULTS, Row, scene
from tests.servers import start_embedded
from tests.test_crash_matrix import kill_the_bot, kill_the_homeserver
from tests.test_matrix_away import Return, come_back

logging.getLogger("nio").setLevel(
    logging.CRITICAL
)  # the people's library: new devices of theirs cannot read what is old

KILLS, MESSAGES = 100, 2_000
HOMESERVER_KILLS = 20
FAULT_SECONDS = 10.0
ROOMS = 150
RESUMED_SECONDS = 30.0
NOTICED_SECONDS = 90.0
OTHER_SECONDS = 1.0
READY_SECONDS = 10.0


@contextmanager
def town() -> Iterator[tuple[Homeserver, Path]]:
    """A Synapse of its own for one measurement, and a folder."""
    python = homeserver.installed()
    if python is None:
        raise SystemExit("Synapse is missing; python -m relaybot.homeserver installs it")
    with workshop() as folder:
        server = Homeserver(folder / "synapse", python)
        server.start()
        try:
            yield server, folder
        finally:
            server.stop()


async def faults(server: Homeserver, folder: Path) -> list[Row]:
    """Each fault for a while, with relaybot's own patience."""
    irc = start_embedded(folder / "ircd")
    try:
        async with scene(server, irc.port, folder) as made:
            return [await made.under(fault, FAULT_SECONDS, server) for fault in FAULTS]
    finally:
        irc.stop()


def kills() -> None:
    """relaybot, then Synapse, with SIGKILL."""
    rows: list[list[object]] = []
    with town() as (server, folder):
        found = asyncio.run(kill_the_bot(server, folder, KILLS, MESSAGES))
    rows.append(["relaybot", KILLS, found.messages, found.events, len(found.lost), len(found.twice), "-"])
    with town() as (server, folder):
        other, resumed = asyncio.run(kill_the_homeserver(server, folder, HOMESERVER_KILLS, MESSAGES))
    went_on = f"{statistics.median(resumed):.1f} (at most {max(resumed):.1f})"
    rows.append(["Synapse", HOMESERVER_KILLS, other.messages, other.events, len(other.lost), len(other.twice), went_on])
    columns = ["killed", "kills", "messages of people", "events of relaybot", "lost", "twice", "went on after, s"]
    table("Killed while people talk in encrypted chats", columns, rows)
    goal("nothing is lost", not found.lost and not other.lost)
    goal("nothing comes twice", not found.twice and not other.twice)
    goal(f"goes on {RESUMED_SECONDS:.0f} s after Synapse is back", max(resumed) <= RESUMED_SECONDS)


def answers() -> None:
    """Broken answers of the homeserver."""
    with town() as (server, folder):
        found = asyncio.run(faults(server, folder))
    rows = [
        [row.fault, row.messages, row.lost, row.twice, row.noticed, row.resumed, statistics.median(row.other), max(row.other)]
        for row in found
    ]  # fmt: skip
    columns = ["fault", "messages", "lost", "twice", "health says so after, s", "went on after, s", "IRC, s", "at most"]
    table(f"Each fault for {FAULT_SECONDS:.0f} s, or until `health` tells of it", columns, rows)
    goal("nothing is lost", not any(row.lost for row in found))
    goal("nothing comes twice", not any(row.twice for row in found))
    goal(f"noticed within {NOTICED_SECONDS:.0f} s", max(row.noticed for row in found) <= NOTICED_SECONDS)
    goal(f"IRC answers within {OTHER_SECONDS:.0f} s meanwhile", max(max(row.other) for row in found) < OTHER_SECONDS)


def week() -> None:
    """A week away."""
    with town() as (server, folder):
        back: Return = asyncio.run(come_back(server, folder, ROOMS))
    print(f"\n{back.line()}")
    goal("nothing is lost, nothing comes twice", not back.found.lost and not back.found.twice)
    goal("everybody gets one message", dict(back.messages) == {1: ROOMS})
    goal(f"ready within {READY_SECONDS:.0f} s: {back.ready:.1f}", back.ready <= READY_SECONDS)


def run() -> None:
    """All of them, in order."""
    kills()
    answers()
    week()
