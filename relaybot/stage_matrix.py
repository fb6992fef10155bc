"""The people of the demo who are on Matrix: a homeserver for them, and a client for each with encryption keys of its own.

matrix-nio is used here and nowhere else on the stage; the demo imports this file only when it is asked for Matrix.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from nio import AsyncClient, AsyncClientConfig, EncryptionError, ErrorResponse, MegolmEvent, RoomPreset, SyncResponse

from relaybot import stage
from relaybot.homeserver import Homeserver, environment
from relaybot.stage import Failed, Player

SYNC_MS = 20_000
FILTER = {"room": {"timeline": {"limit": 100}}, "presence": {"types": []}}
ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
LOOK_SECONDS = 0.02


@contextlib.contextmanager
def homeserver(say: Callable[[str], None]) -> Iterator[Homeserver]:
    """A Synapse that runs while the body does, however that ends. Raises NoHomeserver.

    It blocks, and is for outside asyncio: there a Ctrl-C finds it in whatever it is doing.
    """
    logging.getLogger("nio").setLevel(logging.ERROR)  # it warns of what is usual, like the first words to a device
    python = environment(say)
    before = signal.signal(signal.SIGTERM, _interrupted)
    try:
        with tempfile.TemporaryDirectory(prefix="relaybot-synapse-") as folder:
            server = Homeserver(Path(folder), python)
            try:
                server.start()
                yield server
            finally:
                server.stop()
    finally:
        signal.signal(signal.SIGTERM, before)


def account(server: Homeserver, name: str) -> tuple[str, str]:
    """A new account: its user id and its password. It blocks for a moment."""
    password = secrets.token_hex(16)
    return server.register(name, password, name), password


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@dataclass(frozen=True)
class Stored:
    """What the homeserver has of the words in all rooms."""

    encrypted: int
    clear: int


def stored(server: Homeserver) -> Stored:
    """Look into the homeserver's own database."""
    with closing(sqlite3.connect(f"file:{server.database}?mode=ro", uri=True)) as connection:
        counts = dict(connection.execute("SELECT type, count(*) FROM events GROUP BY type").fetchall())
    return Stored(counts.get("m.room.encrypted", 0), counts.get("m.room.message", 0))


@dataclass
class MatrixActor(Player):
    """A person on Matrix. A place is a room's name; in private it is the encrypted direct chat they opened."""

    user: str = ""  # their user id
    changes: list[tuple[str, str]] = field(default_factory=list)  # (where, new text) of messages relaybot changed
    others: list[tuple[str, str, str]] = field(default_factory=list)  # (where, user id, line) of what people said
    unread: list[tuple[str, Any]] = field(default_factory=list)  # (room, event) that no key has opened yet
    _relaybot: str = ""
    _direct: str = ""  # the direct chat's room
    _events: list[str] = field(default_factory=list)  # the event of each line seen
    _client: AsyncClient | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _said: asyncio.Queue[tuple[str, str, dict[str, Any]]] = field(default_factory=asyncio.Queue)

    async def connect(self, server: Homeserver, relaybot: str, folder: Path) -> None:
        """Register and log in; relaybot is there already."""
        self.user, password = await asyncio.to_thread(account, server, self.name)
        self._relaybot = relaybot
        keys = folder / self.name
        keys.mkdir()
        config = AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, request_timeout=30)
        self._client = AsyncClient(server.url, self.user, store_path=str(keys), config=config)
        await _must(self._client.login(password, device_name="the demo"))
        await self._sync(0)
        self._start(self._listen())
        self._start(self._speak())

    async def open_chat(self) -> None:
        """Open a direct chat with relaybot as today's clients do: encrypted; and wait until it has come in."""
        client = self._connected()
        said = await _must(
            client.room_create(
                is_direct=True,
                preset=RoomPreset.trusted_private_chat,
                invite=[self._relaybot],
                initial_state=[ENCRYPTION],
            )
        )
        self._direct = said.room_id
        self.audience.line(self.name, self.colour, "", "(opens an encrypted direct chat with relaybot)")
        deadline = time.monotonic() + stage.ANSWER_SECONDS
        while not self._is_in(self._direct, self._relaybot):
            if self._problem is not None or time.monotonic() > deadline:
                raise Failed(f"relaybot did not come into {self.name}'s chat: {self._problem or 'no answer'}")
            await asyncio.sleep(LOOK_SECONDS)

    def _is_in(self, room: str, user: str) -> bool:
        there = self._connected().rooms.get(room)
        return there is not None and user in there.users and user not in there.invited_users

    def _connected(self) -> AsyncClient:
        if self._client is None:
            raise Failed(f"{self.name} is not connected")
        return self._client

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (problem := task.exception()) is not None:
            self._problem = problem if isinstance(problem, Exception) else Failed(str(problem))
            self._more.set()

    # ------------------------------------------------------------------------------------------- hearing

    async def _listen(self) -> None:
        while True:
            await self._sync(SYNC_MS)

    async def _sync(self, timeout_ms: int) -> None:
        """One sync, and what a client owes the homeserver afterwards: keys, questions about devices."""
        client = self._connected()
        said: SyncResponse = await _must(
            client.sync(timeout_ms or None, sync_filter=FILTER, full_state=not client.next_batch)
        )
        if client.should_upload_keys:
            await _must(client.keys_upload())
        if client.should_query_keys:
            await _must(client.keys_query())
        await client.send_to_device_messages()
        for room in said.rooms.invite:
            await _must(client.join(room))
        come, self.unread = self.unread, []
        come += [(room, event) for room, joined in said.rooms.join.items() for event in joined.timeline.events]
        for room, event in come:
            opened = self._decrypted(event) if isinstance(event, MegolmEvent) else event
            if opened is None:
                self.unread.append((room, event))  # its key may come with the next sync
            else:
                self._take(room, opened)

    def _decrypted(self, event: MegolmEvent) -> Any:
        try:
            return self._connected().decrypt_event(event)
        except EncryptionError:
            return None

    def _take(self, room: str, event: Any) -> None:
        source: Mapping[str, Any] = event.source
        sender, content = source.get("sender"), source.get("content") or {}
        where = "" if room == self._direct else str(self._connected().rooms[room].display_name)
        if source.get("type") != "m.room.message" or sender == self.user:
            return
        if not getattr(event, "decrypted", False):
            raise Failed(f"{sender} said something in {where or 'the direct chat'} that was not encrypted")
        changed = (content.get("m.relates_to") or {}).get("rel_type") == "m.replace"
        body = str((content["m.new_content"] if changed else content)["body"])
        if sender != self._relaybot:
            self.others.append((where, str(sender), body))
            self._more.set()
            return
        if changed:
            self.changes.append((where, body))
        for line in body.splitlines():
            self._events.append(str(source["event_id"]))
            self.saw(where, line, "<relaybot> (changed)" if changed else "<relaybot>")

    def company(self, where: str) -> set[str]:
        """Who is in a room or invited to it, without relaybot."""
        (room,) = [room for room in self._connected().rooms.values() if room.display_name == where]
        return {*room.users} - {self._relaybot}

    async def reads(self, user: str, text: str, where: str) -> None:
        """Wait until they have read these very words of somebody else's; raises Failed when they do not come."""
        deadline = time.monotonic() + stage.ANSWER_SECONDS
        while (where, user, text) not in self.others:
            if self._problem is not None or time.monotonic() > deadline:
                raise Failed(f"{self.name} did not read {text!r} of {user} in {where}: {self._problem or self.others}")
            await asyncio.sleep(LOOK_SECONDS)

    # ------------------------------------------------------------------------------------------ speaking

    def say(self, text: str, where: str = "") -> None:
        self.audience.line(where or self.name, self.colour, f"<{self.name}>", text)
        self._said.put_nowait((where, "m.room.message", {"msgtype": "m.text", "body": text}))

    def react(self, sign: str) -> None:
        """Put a sign below the line that was expected last."""
        where, line = self.seen[self._next - 1]
        self.audience.line(where or self.name, self.colour, f"<{self.name}>", f"({sign} below: {line[:60]})")
        relation = {"rel_type": "m.annotation", "event_id": self._events[self._next - 1], "key": sign}
        self._said.put_nowait((where, "m.reaction", {"m.relates_to": relation}))

    async def _speak(self) -> None:
        while True:
            where, kind, content = await self._said.get()
            client = self._connected()
            named = [room for room, there in client.rooms.items() if there.display_name == where]
            room = named[0] if where and named else self._direct
            if where and not named:
                raise Failed(f"{self.name} is in no room called {where!r}")
            await _must(client.room_send(room, kind, content, ignore_unverified_devices=True))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
            if self._client.store is not None:
                self._client.store.database.close()


async def _must(asked: Any) -> Any:
    """nio hands errors back as values; here they end the story."""
    said = await asked
    if isinstance(said, ErrorResponse):
        raise Failed(str(said))
    return said
