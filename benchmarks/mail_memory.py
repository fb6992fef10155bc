"""How much memory relaybot with mail needs: idle, and the most while a mail of 25 MB with two files passes.

A large mail is read in a process of its own; the peak is that of all of relaybot's processes together, looked at every few
milliseconds, each page that they share counted once (Linux: proportional set size).
"""

from __future__ import annotations

import asyncio
import base64
import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lab import goal, table
from benchmarks.mail_post import Running
from benchmarks.mail_wire import Handing, stuffed

MAIL_BYTES = 25 * 1024 * 1024 - 10_000  # just not too large
LOOK_SECONDS = 0.01
IDLE_SECONDS = 2.0
TO = "relaybot@lists.lab.test"
PART = (
    "--=_p\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    'Content-Disposition: attachment; filename="data-{number}.bin"\r\n\r\n'
)
HEAD = (
    f"From: Chidi <chidi@home.test>\r\nTo: {TO}\r\nSubject: the recording\r\nMessage-ID: <large.1@home.test>\r\n"
    "Date: Sat, 21 Nov 2026 14:05:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary==_p\r\n\r\n"
    "--=_p\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHere it is, as promised.\r\n"
).replace("boundary==_p", 'boundary="=_p"')


def large() -> bytes:
    """A mail just below the limit."""
    each = MAIL_BYTES // 2 * 3 // 4 * 76 // 78
    files = (base64.encodebytes(os.urandom(each)).replace(b"\n", b"\r\n") for _ in range(2))
    parts = (PART.format(number=number).encode() + data for number, data in enumerate(files))
    return HEAD.encode() + b"".join(parts) + b"--=_p--\r\n"


def processes(pid: int) -> list[int]:
    """A process and its children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in processes(int(child)))]


def together_mb(pid: int) -> tuple[float, int]:
    """Memory of a process and its children, and how many they are."""
    total, found = 0, processes(pid)
    for one in found:
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:  # just ended
            continue
        total += int(rollup.partition("\nPss:")[2].split()[0]) if "\nPss:" in rollup else 0
    return total * 1024 / 1e6, len(found)


@dataclass
class Peak:
    """What was seen."""

    idle_mb: float = 0.0
    bot_mb: float = 0.0
    together_mb: float = 0.0
    processes: int = 1


async def measure(running: Running, folder: Path) -> Peak:
    """Idle, and the most while a mail passes."""
    async with running(folder) as (bot, _, port):
        await asyncio.sleep(IDLE_SECONDS)
        peak = Peak(bot.memory_mb())
        handing, content = await Handing.connect(port), stuffed(large())
        passing = handing.hand(content, "chidi@home.test", TO)
        while not passing.done():
            now, processes_now = await asyncio.to_thread(together_mb, bot.process.pid)
            peak.bot_mb = max(peak.bot_mb, bot.memory_mb())
            peak.together_mb, peak.processes = max(peak.together_mb, now), max(peak.processes, processes_now)
            await asyncio.sleep(LOOK_SECONDS)
        await passing
        return peak


def run(folder: Path, running: Running) -> None:
    """Once."""
    where = folder / "memory"
    where.mkdir()
    peak = asyncio.run(measure(running, where))
    rows: list[list[object]] = [
        ["idle", f"{peak.idle_mb:.0f}"],
        ["a mail of 25 MB passes: relaybot's own process", f"{peak.bot_mb:.0f}"],
        [f"the same: all {peak.processes} processes together", f"{peak.together_mb:.0f}"],
    ]
    table("Memory with mail", ["", "MB"], rows)
    goal(f"{peak.bot_mb:.0f} MB in relaybot's own process while a mail of 25 MB passes (at most 90)", peak.bot_mb <= 90)
    goal(f"{peak.together_mb:.0f} MB in all its processes together (at most 90)", peak.together_mb <= 90)
