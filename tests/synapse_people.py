"""People on Matrix who encrypt: `Person` is matrix-nio with a key store of its own, on the other side of whatever is tested.

Nothing of relaybot's adapter is in here. A person syncs only while waiting for something, so tests decide when.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from nio import AsyncClient, AsyncClientConfig, ErrorResponse, MegolmEvent, SyncResponse

from relaybot.homeserver import Homeserver
from tests.matrix_talk import Heard, Talker
from tests.synapse import ENCRYPTION, PASSWORD, WAIT_SECONDS, fresh

FILTER = {"room": {"timeline": {"limit": 100}}, "presence": {"types": []}}


class Person(Talker):
    """One device of a user, with keys of its own."""

    def __init__(self, client: AsyncClient) -> None:
        super().__init__()
        self.client = client
        self.to_device: list[Mapping[str, Any]] = []

    @classmethod
    async def newcomer(cls, server: Homeserver, name: str, folder: Path, display: str = "") -> Person:
        """Register a user with a fresh name and log in; keys go below `folder`."""
        user_id = server.register(fresh(name), PASSWORD, display or name.title())
        return await cls.login(server, user_id, folder)

    @classmethod
    async def login(cls, server: Homeserver, user_id: str, folder: Path) -> Person:
        """A new device of a user who exists."""
        self = cls(_client(server.url, user_id, folder))
        self.user_id = user_id
        try:
            await self._must(self.client.login(PASSWORD, device_name="a person"))
            await self.sync()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aenter__(self) -> Person:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Drop the connection; the device stays."""
        await self.client.close()
        if self.client.store is not None:
            self.client.store.database.close()

    @property
    def device_id(self) -> str:
        return str(self.client.device_id)

    # ----------------------------------------------------------------------------------------------- hearing

    async def sync(self, timeout_ms: int = 0) -> None:
        """One sync, and what a client owes the server afterwards: keys, questions about devices, answers to devices."""
        said: SyncResponse = await self._must(
            self.client.sync(timeout_ms, sync_filter=FILTER, full_state=not self.client.next_batch)
        )
        for room, joined in said.rooms.join.items():
            self.seen += [_heard(room, event) for event in joined.timeline.events]
        self.to_device += [event.source for event in said.to_device_events]
        left = said.device_key_count.signed_curve25519
        if left is not None:
            self.client.olm.uploaded_key_count = left  # nio takes a 0 for no news
        if self.client.should_upload_keys:
            await self._must(self.client.keys_upload())
        if self.client.should_query_keys:
            await self._must(self.client.keys_query())
        await self.client.send_to_device_messages()

    async def more(self, seconds: float) -> None:
        await self.sync(int(seconds * 1000))

    # ------------------------------------------------------------------------------------------------- rooms

    async def dm(self, other: str, *, encrypted: bool = True, wait: bool = True) -> str:
        """A direct chat as Element opens one; the room's id. Without `wait` the other need not have joined yet."""
        room = await self.create_room(other, encrypted=encrypted, is_direct=True, preset="trusted_private_chat")
        await self._put(f"user/{self.user_id}/account_data/m.direct", {other: [room]})
        if wait:
            await self.joined(room, other)
        self.room = room
        return room

    async def create_room(self, *invite: str, encrypted: bool = True, **more: Any) -> str:
        """A room and its id, known to this client when it returns; `more` is what nio's room_create takes."""
        state = [*more.pop("initial_state", []), *([ENCRYPTION] if encrypted else [])]
        preset = more.pop("preset", "private_chat")
        body = {"preset": preset, "invite": list(invite), "initial_state": state, **more}
        said = await self._call("POST", "createRoom", body)
        await self._until(lambda: said["room_id"] in self.client.rooms, "the own room")
        return str(said["room_id"])

    async def accept(self, room: str = "", seconds: float = WAIT_SECONDS) -> str:
        """Join a room we are invited to ("": the first there is), and wait until this client is in it."""
        invited = self.client.invited_rooms
        await self._until(lambda: bool(invited) if not room else room in invited, "an invitation", seconds)
        room = room or next(iter(invited))
        await self._must(self.client.join(room))
        await self._until(lambda: room in self.client.rooms, "the room itself")
        self.room = room
        return room

    async def joined(self, room: str, user: str, seconds: float = WAIT_SECONDS) -> None:
        """Until somebody is in a room."""

        def there() -> bool:
            place = self.client.rooms.get(room)
            return place is not None and user in place.users and user not in place.invited_users

        await self._until(there, f"{user} in {room}", seconds)

    async def _until(self, true: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, f"{self.user_id} waited in vain for {what}"
            await self.sync(500)

    # ---------------------------------------------------------------------------------------------- speaking

    async def redact(self, event: str, room: str = "") -> str:
        said = await self._must(self.client.room_redact(room or self.room, event))
        return str(said.event_id)

    async def send(self, kind: str, content: Mapping[str, Any], room: str = "") -> str:
        """Any event; its id."""
        said = await self._must(
            self.client.room_send(room or self.room, kind, dict(content), ignore_unverified_devices=True)
        )
        return str(said.event_id)

    async def say_in_clear(self, text: str, room: str = "") -> str:
        """Say something unencrypted, even where the room is encrypted."""
        path = f"rooms/{room or self.room}/send/m.room.message/clear-{time.monotonic_ns()}"
        return str((await self._put(path, {"msgtype": "m.text", "body": text}))["event_id"])

    # ----------------------------------------------------------------------------------------------- asking

    async def _put(self, path: str, body: object) -> dict[str, Any]:
        return await self._call("PUT", path, body)

    async def _call(self, method: str, path: str, body: object) -> dict[str, Any]:
        """What nio has no words for."""
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        address = f"{self.client.homeserver}/_matrix/client/v3/{path}"
        async with self.client.client_session.request(method, address, json=body, headers=headers) as answer:
            said: dict[str, Any] = await answer.json()
            assert answer.status == 200, f"{method} {path}: {answer.status} {said}"
            return said

    @staticmethod
    async def _must(asked: Any) -> Any:
        """nio hands errors back as values; here they fail the test."""
        said = await asyncio.wait_for(asked, 60)
        assert not isinstance(said, ErrorResponse), str(said)
        return said


def _client(url: str, user_id: str, folder: Path) -> AsyncClient:
    folder.mkdir(parents=True, exist_ok=True)
    config = AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, request_timeout=30)
    return AsyncClient(url, user_id, store_path=str(folder), config=config)


def _heard(room: str, event: Any) -> Heard:
    source = event.source
    return Heard(
        room=room,
        id=str(source.get("event_id", "")),
        sender=str(source.get("sender", "")),
        kind=str(source.get("type", "")),
        content=source.get("content") or {},
        state_key=source.get("state_key"),
        encrypted=bool(getattr(event, "decrypted", False)) or isinstance(event, MegolmEvent),
        readable=source.get("type") != "m.room.encrypted",
        redacts=str(source.get("redacts") or ""),
    )
