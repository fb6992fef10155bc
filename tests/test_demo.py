"""The demo: it tells the whole story in well under a minute, and it fails loudly when a step does not happen."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from relaybot import demo, stage


def test_the_story_is_told() -> None:
    """`relaybot demo` without a terminal prints plain lines, ends with what really happened, and exits 0 in under a minute."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "relaybot", "demo"], capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "\x1b[" not in done.stdout
    assert "2: 30 + 30 min, 30 + 30 min" in done.stdout or "2: 29 + " in done.stdout
    assert re.search(r"hours agreed on between mail and chat\W+1\b", done.stdout)
    assert "chidi reads:  Welcome, Chidi" in done.stdout
    assert time.monotonic() - began < 60


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
