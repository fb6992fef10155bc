"""The command that runs every check: what it runs beside what, and that nothing falls between."""

from __future__ import annotations

from relaybot import check_all
from relaybot.check_all import ROOT


def test_the_two_halves_are_the_whole() -> None:
    """What one leaves out is what the other runs, and all of it is there."""
    rest, on_matrix = check_all.halves(["--durations=5"])
    named = {argument for argument in on_matrix if argument.startswith("tests/")}
    assert {argument.removeprefix("--ignore=") for argument in rest if argument.startswith("--ignore=")} == named
    assert {"tests/test_matrix_adapter.py", "tests/test_crash_matrix.py", "tests/test_synapse.py"} <= named
    assert all((ROOT / name).is_file() for name in named)
    assert not any(argument.startswith("tests/") for argument in rest)
    assert "--durations=5" in rest
    assert "--durations=5" in on_matrix


def test_only_all_tests_are_run_in_halves() -> None:
    """Not the quick ones, which keep a core busy, nor those that somebody names."""
    assert check_all.in_halves(["--durations=5"])
    assert check_all.in_halves([])
    assert not check_all.in_halves(["--quick"])
    assert not check_all.in_halves(["tests/test_office.py"])
