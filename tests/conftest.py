"""Fixtures for every test, and the closing summary of `python3 -m relaybot test`.

What a test needs from outside (servers, vectors) is in needs.py; what plays need is in play.py.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from relaybot.check_all import CRASH_LONG, RESULTS
from tests import needs

pytest_plugins = ("tests.servers", "tests.mail_servers", "tests.synapse")  # their servers run once for all modules

# No deadline: a busy machine is no bug. What fails is printed so that it can be repeated anywhere.
settings.register_profile("relaybot", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("relaybot")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of shared test vectors; the test is skipped (in CI: fails) where it is missing."""
    return needs.corpus()


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Ask for TCP ports on the loopback that nobody uses now; each call gives another one."""
    given: set[int] = set()

    def ask() -> int:
        while True:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port: int = probe.getsockname()[1]
            if port not in given:
                given.add(port)
                return port

    return ask


@pytest.fixture(scope="session")
def crash_long() -> bool:
    """Whether crash tests shall kill for minutes (`python3 -m relaybot test --crash-long`)."""
    return os.environ.get(CRASH_LONG) == "1"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat what ran before pytest, so that the end of the output tells about all of it."""
    results: list[tuple[str, bool, float]] = json.loads(os.environ.get(RESULTS, "[]"))
    if not results:
        return
    terminalreporter.section("checks before the tests")
    for name, passed, seconds in results:
        markup = {"green": True} if passed else {"red": True, "bold": True}
        terminalreporter.line(f"{name:<8} {'passed' if passed else 'FAILED'} {seconds:6.1f} s", **markup)
