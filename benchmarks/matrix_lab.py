"""What the Matrix benchmarks share: a Synapse, relaybot on it with a programme of people who have accounts there, the bare loop."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.lab import Bot, started
from benchmarks.members import account, filled
from relaybot.homeserver import Homeserver
from tests import needs
from tests.synapse import PASSWORD

CONFIGURATION = """\
[relaybot]
database = "relaybot.db"
[programme.tech-peer]
moderators = ["matrix:@dana:{server.name}"]
[matrix.home]
homeserver = "{server.url}"
user = "{user}"
password = "{password}"
commands_per_minute = 0
"""
PEOPLE = 200  # of the programme; the first of them talk


def home(number: int) -> str:
    """The address of person `number`."""
    return f"matrix:home/@{account(number)}:localhost"


@contextmanager
def homeserver(folder: Path) -> Iterator[Homeserver]:
    """A fresh Synapse with hardly any limits."""
    server = Homeserver(folder / "synapse", needs.synapse())
    server.start()
    try:
        yield server
    finally:
        server.stop()


def prepared(server: Homeserver, folder: Path) -> str:
    """Make relaybot's account, database and configuration in `folder`; its user id."""
    folder.mkdir(parents=True)
    user = server.register("relaybot", PASSWORD)
    shutil.copy(filled(folder.parent, PEOPLE, home), folder / "relaybot.db")
    config = folder / "relaybot.toml"
    config.write_text(CONFIGURATION.format(server=server, user=user, password=PASSWORD))
    config.chmod(0o600)
    return user


def relaybot(folder: Path, *, watched: bool = False) -> Iterator[Bot]:
    """The real thing, as it was left in `folder`; `watched`: on SIGUSR1 it writes the longest step of its loop there."""
    run = ["-m", "benchmarks.matrix_watched", str(folder / "longest.txt")] if watched else ["-m", "relaybot"]
    with started([sys.executable, *run, "run", "-c", str(folder / "relaybot.toml")], folder) as bot:
        yield bot


def bare(server: Homeserver, folder: Path, user: str) -> Iterator[Bot]:
    """The bare loop."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "benchmarks.matrix_bare", server.url, user, PASSWORD, str(folder)]
    with started(command, folder) as bot:
        yield bot
