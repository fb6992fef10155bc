"""What the Matrix medium has to remember between two starts: its device, how far it has read, rooms, threads, cards.

A small SQLite file of the adapter's own beside the encryption keys. No words are in it. If both are lost, relaybot becomes a new device
and finds its rooms again (matrix_rooms); what waited there encrypted for the old one cannot be read, and is asked for again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiosqlite

from adapters.matrix_parts import Session
from relaybot.ports import Misconfigured, StoreFailed

FILE = "memory.db"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS room (
  id TEXT PRIMARY KEY, use TEXT NOT NULL, key TEXT NOT NULL, people TEXT NOT NULL, used_at INTEGER NOT NULL,
  programme TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS below (
  room TEXT NOT NULL, name TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (room, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unread (
  event TEXT PRIMARY KEY, room TEXT NOT NULL, session TEXT NOT NULL, at INTEGER NOT NULL, told INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

_KEEP = "INSERT INTO kept VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


def now_ms() -> int:
    """The moment as everything in here counts it: milliseconds since 1970, as events do."""
    return int(time.time() * 1000)


@dataclass(frozen=True, slots=True)
class Room:
    """A room that is ours to know: "direct" with one user id as its key, "pair" with the place's name, "moved" with the room it became."""

    id: str
    use: str
    key: str
    people: tuple[str, ...] = ()  # user ids that belong in a pair's
    used_at: int = 0  # milliseconds: when somebody last wrote, or was last asked in
    programme: str = ""  # whose pair it is of


@dataclass(frozen=True, slots=True)
class Unread:
    """A message that could not be decrypted: its room, its Megolm session, when we first saw it (ms), whether we said so."""

    event: str
    room: str
    session: str
    at: int
    told: bool = False


@dataclass
class Memory:
    """The file, and all that is in it, in memory as well."""

    db: aiosqlite.Connection
    session: Session | None = None
    login_at: int = 0  # milliseconds: when this device logged in
    since: str = ""
    avatar: str = ""  # digest of the picture that was uploaded last
    rooms: dict[str, Room] = field(default_factory=dict)
    below: dict[tuple[str, str], str] = field(default_factory=dict)  # (room, object or card) -> event
    unread: dict[str, Unread] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)  # rooms whose `used_at` is not written down yet

    async def keep_session(self, session: Session, login_at: int) -> None:
        """Remember our device; a new one has read nothing yet."""
        if self.session is None or self.session.device_id != session.device_id:
            self.login_at, self.since = login_at, ""
        self.session = session
        told = {"user_id": session.user_id, "device_id": session.device_id, "access_token": session.access_token}
        await self._keep(session=json.dumps(told), login_at=str(self.login_at), since=self.since)

    async def keep_since(self, since: str) -> None:
        """Everything up to here was taken care of."""
        used, self._used = self._used, set()
        if since != self.since or used:
            rows = [(self.rooms[room].used_at, room) for room in used if room in self.rooms]
            await self._write((_KEEP, [("since", since)]), ("UPDATE room SET used_at = ? WHERE id = ?", rows))
            self.since = since

    async def keep_avatar(self, digest: str) -> None:
        """This picture is shown as ours."""
        self.avatar = digest
        await self._keep(avatar=digest)

    async def _keep(self, **values: str) -> None:
        await self._write((_KEEP, list(values.items())))

    async def put_room(self, room: Room) -> None:
        """Remember a room, new or changed."""
        if self.rooms.get(room.id) == room:
            return
        self.rooms[room.id] = room
        row = (room.id, room.use, room.key, json.dumps(room.people), room.used_at, room.programme)
        await self._write(("INSERT OR REPLACE INTO room VALUES (?, ?, ?, ?, ?, ?)", [row]))

    def used(self, room: str, at: int) -> None:
        """Somebody wrote in a room we know (milliseconds): written down by the next keep_since, with the batch that brought it."""
        self.rooms[room] = replace(self.rooms[room], used_at=at)
        self._used.add(room)

    async def drop_room(self, room: str) -> None:
        """Forget a room and what was said below its messages."""
        self.rooms.pop(room, None)
        self.below = {key: event for key, event in self.below.items() if key[0] != room}
        await self._write(("DELETE FROM room WHERE id = ?", [(room,)]), ("DELETE FROM below WHERE room = ?", [(room,)]))

    async def put_below(self, room: str, name: str, event: str) -> None:
        """Remember the message below which an object's thread is, or which is a card."""
        self.below[room, name] = event
        await self._write(("INSERT OR REPLACE INTO below VALUES (?, ?, ?)", [(room, name, event)]))

    async def put_unread(self, unread: Unread) -> None:
        """Remember a message that could not be read, or that we said so."""
        self.unread[unread.event] = unread
        row = (unread.event, unread.room, unread.session, unread.at, int(unread.told))
        await self._write(("INSERT OR REPLACE INTO unread VALUES (?, ?, ?, ?, ?)", [row]))

    async def told_unread(self, unread: Unread) -> None:
        """We said that this one cannot be read."""
        await self.put_unread(replace(unread, told=True))

    async def drop_unread(self, *events: str) -> None:
        """They were read after all, or are too old to matter."""
        for event in events:
            self.unread.pop(event, None)
        await self._write(("DELETE FROM unread WHERE event = ?", [(event,) for event in events]))

    async def _write(self, *statements: tuple[str, list[tuple[Any, ...]]]) -> None:
        """All of it in one transaction, and in one hop to the file's thread: aiosqlite has no public way for that.

        Raises StoreFailed (disk full, read-only): what is read is asked for again then, as when the core cannot store it.
        """

        def work() -> None:
            connection = self.db._conn  # noqa: SLF001
            with connection:
                for statement, rows in statements:
                    connection.executemany(statement, rows)

        try:
            await self.db._execute(work)  # type: ignore[no-untyped-call]  # noqa: SLF001
        except sqlite3.Error as problem:
            raise StoreFailed(f"{FILE} of the Matrix account cannot be written: {problem}") from problem


@contextlib.asynccontextmanager
async def open_memory(folder: Path) -> AsyncIterator[Memory]:
    """The memory in this folder, made where there is none (0700, the file 0600). Raises Misconfigured when it cannot be."""
    try:
        db = await aiosqlite.connect(_private_file(folder))
    except (OSError, sqlite3.Error) as problem:
        raise Misconfigured(f"{folder / FILE} cannot be opened: {problem}") from problem
    try:
        memory = await _read(db, folder)
        yield memory
    finally:
        await asyncio.shield(db.close())


async def _read(db: aiosqlite.Connection, folder: Path) -> Memory:
    try:
        # NORMAL: the newest write may be lost with the power, never the file; what is lost is read once more and known by its id.
        await db.executescript(
            f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000; {_SCHEMA}"
        )
        memory = Memory(db)
        kept = {name: value async for name, value in await db.execute("SELECT name, value FROM kept")}
        if "session" in kept:
            memory.session = Session(**json.loads(kept["session"]))
            memory.login_at, memory.since = int(kept["login_at"]), kept["since"]
        memory.avatar = kept.get("avatar", "")
        async for ident, use, key, people, used_at, programme in await db.execute("SELECT * FROM room"):
            memory.rooms[ident] = Room(ident, use, key, tuple(json.loads(people)), used_at, programme)
        async for room, name, event in await db.execute("SELECT * FROM below"):
            memory.below[room, name] = event
        async for event, room, session, at, told in await db.execute("SELECT * FROM unread"):
            memory.unread[event] = Unread(event, room, session, at, bool(told))
    except sqlite3.Error as problem:
        raise Misconfigured(f"{folder / FILE} cannot be used: {problem}") from problem
    return memory


def _private_file(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / FILE
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return path
