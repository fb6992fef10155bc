"""The demo: it tells the whole story in well under a minute, and it fails loudly when a step does not happen."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relaybot import cli, demo, homeserver, stage
from tests import needs


def run(words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`relaybot` with these words, to its end."""
    command = [sys.executable, "-m", "relaybot", *words.split()]
    surroundings = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=surroundings, timeout=180, check=False)


def test_the_story_is_told() -> None:
    """`relaybot demo` without a terminal prints plain lines, ends with what really happened, and exits 0 in under a minute."""
    began = time.monotonic()
    done = run("demo", PYTHONPROFILEIMPORTTIME="1")

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "\x1b[" not in done.stdout
    assert re.search(r"first half \+ second half\W+2: (30|29) \+ (30|29), (30|29) \+ (30|29) min", done.stdout)
    assert re.search(r"hours agreed on between mail and chat\W+1\b", done.stdout)
    assert "chidi reads:  Welcome, Chidi" in done.stdout
    assert time.monotonic() - began < 60
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "relaybot.demo" in loaded
    assert not {"nio", "relaybot.homeserver", "relaybot.stage_matrix", "relaybot.demo_matrix"} & loaded


def test_a_story_begins_in_the_time_to_come() -> None:
    """Always on the third Saturday of November, so that no summer time ends on the way; never in the past."""
    this, later = datetime(2026, 11, 21, 14, 4, tzinfo=UTC), datetime(2026, 11, 21, 14, 5, tzinfo=UTC)

    assert stage.saturday_to_come(this) == later
    assert stage.saturday_to_come(later) == datetime(2027, 11, 20, 14, 5, tzinfo=UTC)


async def test_a_broken_story_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """When an expected line does not come the demo says which, and returns 1."""
    monkeypatch.setattr(stage, "ANSWER_SECONDS", 0.3)
    monkeypatch.setitem(demo.APPLICANTS, "bram", demo.Applicant("rust", "k8s", "nowhere at all, never", "dutch"))

    assert await demo.tell(plain=True) == 1
    assert "The story broke: bram waited in vain for '5/7'" in capsys.readouterr().out


async def test_a_letter_that_does_not_come_breaks_the_story(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What chidi waits for has to lie in the Maildir: here he never agrees to the rules, so nothing is handed in."""
    monkeypatch.setattr(stage, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(demo, "REPLY", "Evenings after 18. English.")

    assert await demo.tell(plain=True) == 1
    told = capsys.readouterr().out
    assert "The story broke: chidi waited in vain for a letter with 'A6 is now with the moderators'" in told
    assert "last came: " in told


# ------------------------------------------------------------------------------------------------ with Matrix


@pytest.mark.servers
def test_the_story_is_told_with_people_on_matrix() -> None:
    """`--matrix`: a pair with a room of its own, a pair across Matrix and IRC, everything encrypted, nothing of Synapse left."""
    needs.synapse()

    done = run("demo --matrix")

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert re.search(r"people on Matrix\W+3\b", done.stdout)
    assert re.search(r"encrypted \+ in clear\W+\d{3} \+ 0\b", done.stdout)
    assert re.search(r"first half \+ second half\W+3: ", done.stdout)
    assert "M2 lupe & oto <relaybot> Swap! oto teaches lupe: postgresql" in done.stdout
    assert "mei <relaybot> Swap! tom teaches mei: ansible" in done.stdout
    assert "tom <relaybot> Swap! tom teaches mei: ansible" in done.stdout
    assert done.stderr == ""
    assert_gone(done.stdout)


@pytest.mark.servers
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_loses_patience_leaves_no_homeserver_behind(number: signal.Signals) -> None:
    """Ctrl-C in the middle of the story, and the polite way of ending a process: Synapse ends with it."""
    needs.synapse()
    command = [sys.executable, "-m", "relaybot", "demo", "--matrix", "--plain"]
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # what a background job ignores its children ignore
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        signal.signal(signal.SIGINT, before)
        assert process.stdout is not None
        told = ""
        while "bram applies" not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        process.send_signal(number)
        rest, _ = process.communicate(timeout=30)

    assert process.returncode not in {0, -number}, rest
    assert "Traceback" not in rest
    assert_gone(told)


def assert_gone(told: str) -> None:
    """Nobody listens any more where the story's homeserver was."""
    found = re.search(r"runs at http://127\.0\.0\.1:(\d+)", told)
    assert found is not None, told
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(found[1])), 5)


def test_without_a_homeserver_the_reason_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where Synapse cannot be installed the demo says why and what to do, and exits 1."""
    (tmp_path / "file").touch()
    monkeypatch.setattr(homeserver, "folder", lambda: tmp_path / "file" / "synapse")

    with pytest.raises(SystemExit) as ended:
        cli.demo(matrix=True)

    assert ended.value.code == 1
    assert "cannot be made or changed" in capsys.readouterr().out
