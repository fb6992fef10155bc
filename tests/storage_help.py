"""What the storage tests share: records to write, a store that is closed at the end, and comparing without order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relaybot.model import Decision, Drop, Entry, Letter, Person, Put, Record, Urgency
from storage.sqlite import SqliteStore, open_store

NOW = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)


def same(found: Iterable[Record], wanted: Iterable[Record]) -> bool:
    """Whether both hold the same records, in any order."""

    def placed(records: Iterable[Record]) -> dict[tuple[Any, ...], Record]:
        return {(record.kind, record.programme, record.key): record for record in records}

    return placed(found) == placed(wanted)


def person(number: int, name: str = "ana", **more: Any) -> Person:
    """A member of the programme "tech"."""
    return Person("tech", number, name, f"irc:libera/{name}", "member", **more)


def letter(number: int, *lines: str) -> Letter:
    """A letter to person 1."""
    return Letter("tech", number, "irc:libera/ana", lines or ("hello",), Urgency.PERSONAL, NOW, person=1)


def entry(number: int, actor: int = 1, about: str = "", at: datetime = NOW) -> Entry:
    """A line of the journal."""
    return Entry("tech", number, at, actor, "join", about)


def put(*records: Record) -> Decision:
    """A decision to write these."""
    return tuple(Put(record) for record in records)


def drop(*records: Record) -> Decision:
    """A decision to remove these."""
    return tuple(Drop(record) for record in records)


@asynccontextmanager
async def opened(path: Path, **options: Any) -> AsyncIterator[SqliteStore]:
    """A store for the length of a block."""
    store = await open_store(path, **options)
    try:
        yield store
    finally:
        await store.close()
