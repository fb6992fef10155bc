"""What benchmarks share: a server with services, bots as processes with their CPU time and memory, medians and tables."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.irc_services import Services
from tests.needs import ROOT
from tests.servers import FLOOD_OFF, Running, end, start_inspircd, wait_for_port

RUNNING = b" is running;"
CONFIGURATION = """\
[relaybot]
database = "relaybot.db"
[programme.tech-peer]
moderators = ["irc:lab/dana"]
[irc.lab]
host = "127.0.0.1"
port = {port}
tls = false
channel = {{ tech-peer = "#tech-peer" }}
moderators_channel = {{ tech-peer = "#tech-peer-mods" }}
commands_per_minute = 0
{pacing}
"""
UNPACED = "lines_per_second = 0"
QUEUES = 'recvq="1000000" hardsendq="10000000" softsendq="1000000"'  # for 500 users the stock ones are too short


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for one run, on the disk that TMPDIR names."""
    folder = Path(tempfile.mkdtemp(prefix="relaybot-benchmark-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def network(folder: Path, flood: str = f"{FLOOD_OFF} {QUEUES}") -> AsyncIterator[Running]:
    """InspIRCd with services that log everybody in."""
    server, services = start_inspircd(folder / "ircd", flood), Services()
    try:
        wait_for_port(server.link_port, server.processes[0], server.directory)  # bound a moment after the others
        await services.link(server.link_port)
        yield server
        await services.close()
    finally:
        server.stop()


@dataclass
class Bot:
    """A bot process that is ready."""

    process: subprocess.Popen[bytes]
    started_seconds: float

    def cpu_seconds(self) -> float:
        """User and system time used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def started(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> Iterator[Bot]:
    """Run a bot until it says that it is ready; ended afterwards."""
    began = time.perf_counter()
    with (folder / "errors.txt").open("ab") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            start_new_session=True, env={**os.environ, **(environment or {})},
        )  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if RUNNING in line:
                yield Bot(process, time.perf_counter() - began)
                return
        raise RuntimeError(f"{command} ended: {(folder / 'errors.txt').read_text()[-2000:]}")
    finally:
        end(process)
        if process.stdout is not None:
            process.stdout.close()


def relaybot(
    port: int,
    folder: Path,
    database: Path | None = None,
    pacing: str = UNPACED,
    environment: dict[str, str] | None = None,
) -> Iterator[Bot]:
    """The real thing in a folder of its own, on a copy of `database`."""
    folder.mkdir(parents=True)
    if database is not None:
        shutil.copy(database, folder / "relaybot.db")
    config = folder / "relaybot.toml"
    config.write_text(CONFIGURATION.format(port=port, pacing=pacing))
    config.chmod(0o600)
    with started([sys.executable, "-m", "relaybot", "run", "-c", str(config)], folder, environment) as bot:
        yield bot


def bare(port: int, folder: Path, environment: dict[str, str] | None = None) -> Iterator[Bot]:
    """The bare loop."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "benchmarks.bare", str(port), str(folder / "bare.db")]
    with started(command, folder, environment) as bot:
        yield bot


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def load() -> str:
    """How busy the machine was besides, for the reader of the figures."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def table(headline: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table that can be put into a README as it is."""
    print(f"\n{headline} ({load()})\n")
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        print(
            "| " + " | ".join(f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in row) + " |",
            flush=True,
        )


def goal(text: str, reached: bool) -> None:
    """Say whether a goal was reached."""
    print(f"{'reached' if reached else 'MISSED '}  {text}", flush=True)
