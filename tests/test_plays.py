"""Every play in tests/plays, bare and through SQLite with a restart after every event."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.play import Player

PLAYS = sorted((Path(__file__).parent / "plays").glob("*.play"))


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_play(path: Path) -> None:
    """The programme says exactly what the play says, to whom and when the play says it."""
    Player(path).run()
