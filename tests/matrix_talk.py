"""What every client of the Matrix tests can do, whatever it is made of: say things of every kind, and wait for what others say.

A client brings `send`, which sends one event, and `more`, which looks for new ones (synapse_people.py, js_client.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.synapse import WAIT_SECONDS

LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Heard:
    """One event as a client understood it. `shield` and `reason` only from the client that has shields."""

    room: str
    id: str
    sender: str
    kind: str  # m.room.message, m.reaction, ...
    content: Mapping[str, Any]
    state_key: str | None = None
    encrypted: bool = False
    readable: bool = True  # False: it came encrypted, and the key has not come
    redacts: str = ""
    shield: str = ""  # NONE | GREY | RED, what Element draws beside it; "" for what came in clear
    reason: str = ""  # why it has a shield, e.g. UNSIGNED_DEVICE

    @property
    def body(self) -> str:
        return str(self.content.get("body", ""))

    @property
    def relation(self) -> Mapping[str, Any]:
        """m.relates_to: what it answers, reacts to, replaces; {} when it is about nothing."""
        relation: Mapping[str, Any] = self.content.get("m.relates_to") or {}
        return relation


class Talker:
    """A user at a client. `room`: the one they talk in when they name none; `seen`: every timeline event, in order."""

    def __init__(self) -> None:
        self.user_id = self.room = ""
        self.seen: list[Heard] = []
        self._next = 0

    async def send(self, kind: str, content: Mapping[str, Any], room: str = "") -> str:
        """Any event, encrypted where the room is; its id."""
        raise NotImplementedError

    async def more(self, seconds: float) -> None:
        """Look for new events, for at most that long."""
        raise NotImplementedError

    # ---------------------------------------------------------------------------------------------- speaking

    async def say(self, text: str, room: str = "", **content: Any) -> str:
        """Say something; `content` is added to it. Its event id."""
        return await self.send("m.room.message", {"msgtype": "m.text", "body": text, **content}, room)

    async def reply(self, event: str, text: str, room: str = "") -> str:
        return await self.say(text, room, **{"m.relates_to": {"m.in_reply_to": {"event_id": event}}})

    async def thread(self, root: str, text: str, room: str = "") -> str:
        relation = {"rel_type": "m.thread", "event_id": root, "is_falling_back": True}
        return await self.say(text, room, **{"m.relates_to": {**relation, "m.in_reply_to": {"event_id": root}}})

    async def edit(self, event: str, text: str, room: str = "") -> str:
        new = {"m.new_content": {"msgtype": "m.text", "body": text}}
        relation = {"rel_type": "m.replace", "event_id": event}
        return await self.say(f"* {text}", room, **new, **{"m.relates_to": relation})

    async def react(self, event: str, key: str, room: str = "") -> str:
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        return await self.send("m.reaction", {"m.relates_to": relation}, room)

    # ----------------------------------------------------------------------------------------------- hearing

    async def heard(self, part: str = "", *, room: str = "", sender: str = "", seconds: float = WAIT_SECONDS) -> Heard:
        """The next readable message of others with `part` in it, in this or any room, after the last one asked for."""

        def wanted(event: Heard) -> bool:
            return (
                event.kind == "m.room.message"
                and event.sender != self.user_id
                and part in event.body
                and room in ("", event.room)
                and sender in ("", event.sender)
            )

        return await self.wait(wanted, f"a message with {part!r}", seconds)

    async def wait(
        self, wanted: Callable[[Heard], bool], what: str = "an event", seconds: float = WAIT_SECONDS
    ) -> Heard:
        """The next event that is wanted, after the last one asked for; AssertionError when none comes in time."""
        until, looked = time.monotonic() + seconds, self._next
        while True:
            for number in range(looked, len(self.seen)):
                if wanted(self.seen[number]):
                    self._next = number + 1
                    return self.seen[number]
            looked = len(self.seen)
            last = "\n  ".join(str(event) for event in self.seen[-5:])
            assert time.monotonic() < until, f"{self.user_id} waited in vain for {what}; last seen:\n  {last}"
            await self.more(LOOK_SECONDS)

    async def silence(self, seconds: float = 1.0) -> list[Heard]:
        """What others do within that time; for asserting that they do nothing."""
        until, before = time.monotonic() + seconds, len(self.seen)
        while time.monotonic() < until:
            await self.more(0.2)
        return [event for event in self.seen[before:] if event.sender != self.user_id]
