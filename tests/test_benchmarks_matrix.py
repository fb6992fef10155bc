"""The Matrix benchmarks, small: both bots answer and are measured, and a start with chats tells its memory and its longest step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import matrix, matrix_rooms

pytestmark = [pytest.mark.servers, pytest.mark.slow]


def test_a_command_beside_the_bare_loop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One user, one command of each kind: four lines of figures above 0, and two ratios."""
    matrix.compare(tmp_path, rounds=1, commands={1: 1})
    said = capsys.readouterr().out
    rows = re.findall(
        r"^\| (encrypted|in clear) \| 1 \| (bare loop|relaybot) \| ([0-9.,]+) \| ([0-9.,]+) \|", said, re.M
    )
    assert [row[:2] for row in rows] == [
        (how, bot) for how in ("encrypted", "in clear") for bot in ("bare loop", "relaybot")
    ]
    assert all(float(figure.replace(",", "")) > 0 for row in rows for figure in row[2:])
    assert len(re.findall(r"[0-9.]+ times the bare loop's time", said)) == 2


def test_memory_and_start_with_chats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One chat: the memory of a process that runs, a longest step, and how long the starts took."""
    matrix_rooms.run(tmp_path, 1, 0.0)
    said = capsys.readouterr().out
    rows = re.findall(r"^\| ([a-z0-9 ,:]+) \| ([0-9.]+) \| ([0-9]+) \| (\S+) \| ([0-9]+) \|$", said, re.M)
    assert [row[0] for row in rows] == [
        "started, no chats yet",
        "chats: 1, opened just now, all have talked",
        "started, chats: 1",
        "after three commands in each",
    ]
    assert all(float(row[1]) > 10 for row in rows)
    assert float(rows[0][4]) > 0
    assert re.search(r"ready: [0-9.]+ s without chats, [0-9.]+ s with 1$", said.splitlines()[-1])
