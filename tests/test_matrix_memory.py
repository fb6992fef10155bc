"""What the Matrix adapter remembers between two starts: everything comes back, and nothing of it can be read by others."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from adapters.matrix_memory import FILE, Room, Unread, open_memory
from adapters.matrix_parts import Session
from relaybot.ports import StoreFailed

ONE = Session("@relaybot:example.org", "ONE", "token one")
TWO = Session("@relaybot:example.org", "TWO", "token two")


async def test_all_of_it_comes_back(tmp_path: Path) -> None:
    """Device, place in the stream, rooms, threads, cards and messages that could not be read."""
    pair = Room("!m12:example.org", "pair", "#tech-peer-m12", ("@ana:example.org", "@bram:example.org"), 7, "tech-peer")
    async with open_memory(tmp_path / "new") as memory:
        await memory.keep_session(ONE, 1000)
        await memory.keep_since("s1")
        await memory.put_room(pair)
        await memory.put_below(pair.id, "A17", "$root")
        await memory.put_unread(Unread("$dark", pair.id, "session", 5))
    async with open_memory(tmp_path / "new") as memory:
        assert (memory.session, memory.login_at, memory.since) == (ONE, 1000, "s1")
        assert memory.rooms == {pair.id: pair}
        assert memory.below == {(pair.id, "A17"): "$root"}
        assert memory.unread == {"$dark": Unread("$dark", pair.id, "session", 5)}


async def test_a_new_device_has_read_nothing(tmp_path: Path) -> None:
    """The place in the stream belongs to a device; the same device with a new token goes on where it was."""
    async with open_memory(tmp_path) as memory:
        await memory.keep_session(ONE, 1000)
        await memory.keep_since("s1")
        await memory.keep_session(Session(ONE.user_id, ONE.device_id, "renewed"), 2000)
        assert (memory.login_at, memory.since) == (1000, "s1")
        await memory.keep_session(TWO, 3000)
    async with open_memory(tmp_path) as memory:
        assert (memory.session, memory.login_at, memory.since) == (TWO, 3000, "")


async def test_when_a_room_was_used_is_kept_with_the_batch(tmp_path: Path) -> None:
    """Every message moves it, so that it is written down once for all of them, with how far was read."""
    async with open_memory(tmp_path) as memory:
        await memory.keep_session(ONE, 1000)
        await memory.put_room(Room("!a:example.org", "direct", "@ana:example.org", used_at=1))
        await memory.put_room(Room("!b:example.org", "direct", "@bram:example.org", used_at=1))
        memory.used("!a:example.org", 5)
        memory.used("!a:example.org", 6)
        memory.used("!b:example.org", 7)
        assert memory.rooms["!a:example.org"].used_at == 6
        await memory.drop_room("!b:example.org")
        async with open_memory(tmp_path) as other:
            assert other.rooms["!a:example.org"].used_at == 1
        await memory.keep_since("s2")
    async with open_memory(tmp_path) as memory:
        assert (memory.since, memory.rooms) == (
            "s2", {"!a:example.org": Room("!a:example.org", "direct", "@ana:example.org", used_at=6)}
        )  # fmt: skip


async def test_what_cannot_be_written_is_not_taken_for_written(tmp_path: Path) -> None:
    """A full disk: how far was read stays where it was, here and in the file, and works again when there is room."""
    async with open_memory(tmp_path) as memory:
        await memory.keep_session(ONE, 1000)
        await memory.keep_since("s1")
        await memory.db.execute("PRAGMA max_page_count = 1")  # the size it has now, at least
        with pytest.raises(StoreFailed, match=FILE):
            await memory.keep_since("s" * 100_000)
        assert memory.since == "s1"
        await memory.db.execute("PRAGMA max_page_count = 1000000")
        await memory.keep_since("s2")
    async with open_memory(tmp_path) as memory:
        assert memory.since == "s2"


async def test_a_forgotten_room_takes_its_threads_along(tmp_path: Path) -> None:
    """Nothing of a room is left when relaybot has left it."""
    async with open_memory(tmp_path) as memory:
        for room in ("!a:example.org", "!b:example.org"):
            await memory.put_room(Room(room, "direct", "@ana:example.org"))
            await memory.put_below(room, "A1", "$root")
        await memory.drop_room("!a:example.org")
    async with open_memory(tmp_path) as memory:
        assert set(memory.rooms) == {"!b:example.org"}
        assert set(memory.below) == {("!b:example.org", "A1")}


async def test_unread_messages_are_told_of_and_forgotten(tmp_path: Path) -> None:
    """That somebody was asked to send again is remembered; what could be read after all is gone."""
    async with open_memory(tmp_path) as memory:
        for event in ("$a", "$b"):
            await memory.put_unread(Unread(event, "!a:example.org", "session", 5))
        await memory.told_unread(memory.unread["$a"])
        await memory.drop_unread("$b")
    async with open_memory(tmp_path) as memory:
        assert memory.unread == {"$a": Unread("$a", "!a:example.org", "session", 5, told=True)}


async def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    """The access token lies in it."""
    async with open_memory(tmp_path / "matrix") as memory:
        await memory.keep_session(ONE, 1)
        assert stat.S_IMODE((tmp_path / "matrix").stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "matrix").glob(f"{FILE}*")}
    assert set(modes.values()) == {0o600}, modes
    assert "token one" not in repr(memory.session)
