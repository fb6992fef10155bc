"""Every play in tests/plays, bare and through SQLite with a restart after every event."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from relaybot.desk import Programme
from relaybot.model import Decision
from relaybot.office import fill
from relaybot.rules import FINAL_MEETINGS
from storage.sqlite import SqliteStore, open_store
from tests.play import Player

PLAYS = sorted((Path(__file__).parent / "plays").glob("*.play"))


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_play(path: Path) -> None:
    """The programme says exactly what the play says, to whom and when the play says it."""
    Player(path).run()


@pytest.fixture
def restarts(tmp_path: Path) -> Iterator[Restarts]:
    """A store in which every change is kept, and from which the programme is read back."""
    with asyncio.Runner() as runner:
        store = runner.run(open_store(tmp_path / "play.db", ballast_bytes=0))
        try:
            yield Restarts(runner, store)
        finally:
            runner.run(store.close())


class Restarts:
    """Writes each decision down and goes on with what a restart would find."""

    def __init__(self, runner: asyncio.Runner, store: SqliteStore) -> None:
        self.runner = runner
        self.store = store
        self.count = 0

    def __call__(self, programme: Programme, decision: Decision) -> Programme:
        """The programme as it is read back, which equals the one decided."""
        self.count += 1
        self.runner.run(self.store.commit([decision], []))
        fresh = Programme(programme.name, programme.policy)
        assert fill({programme.name: fresh}, self.runner.run(self.store.load())) == []
        for kind, table in programme.tables.by_kind.items():
            decided = {k: r for k, r in table.rows.items() if kind != "meeting" or r.stage not in FINAL_MEETINGS}
            assert fresh.tables.by_kind[kind].rows == decided
        return fresh


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_play_with_restarts(path: Path, restarts: Restarts) -> None:
    """Killed and started again after every event, the same play says the same: no state lives outside the records."""
    Player(path, restarts).run()

    assert restarts.count > 0
