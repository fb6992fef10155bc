"""A user at matrix-js-sdk, the client library with the same encryption as Element: `JsClient` drives matrix_js/client.mjs.

With `signed` it is in the mode in which clients talk to cross-signed devices only, and cross-signs its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from relaybot.homeserver import Homeserver
from tests import needs
from tests.matrix_talk import Heard, Talker
from tests.synapse import PASSWORD, WAIT_SECONDS, fresh

ASK_SECONDS = 60.0
LINE_BYTES_MAX = 2**22
ENDED = "the client's process has ended; what it said is on stderr"


class JsFailed(Exception):
    """The client could not do it; its own words."""


class JsClient(Talker):
    """A node process with one logged-in device. It syncs all the time; its keys live as long as it does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        super().__init__()
        self.device_id = ""
        self.to_device: list[Mapping[str, Any]] = []
        self._process = process
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._new = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def newcomer(cls, server: Homeserver, name: str, display: str = "", *, signed: bool = False) -> JsClient:
        """Register a user with a fresh name and log in."""
        user_id = server.register(fresh(name), PASSWORD, display or name.title())
        return await cls.login(server, user_id, signed=signed)

    @classmethod
    async def login(cls, server: Homeserver, user_id: str, *, signed: bool = False) -> JsClient:
        """A new device of a user who exists."""
        node, folder = needs.js_client()
        process = await asyncio.create_subprocess_exec(
            node,
            str(folder / "client.mjs"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES_MAX,
        )
        self = cls(process)
        try:
            said = await self.ask("login", url=server.url, user=user_id, password=PASSWORD, signed=signed)
        except BaseException:
            await self.close()
            raise
        self.user_id, self.device_id = said["user_id"], said["device_id"]
        return self

    async def __aenter__(self) -> JsClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the process; the device stays, its keys are gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def ask(self, do: str, **arguments: Any) -> Any:
        """One command and its answer; raises JsFailed."""
        if self._process.stdin is None or self._reading.done():
            raise JsFailed(ENDED)
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps({"id": number, "do": do, **arguments}).encode() + b"\n")
        try:
            return await asyncio.wait_for(answer, ASK_SECONDS)
        finally:
            del self._asked[number]

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for raw in self._process.stdout:
            line = json.loads(raw)
            if "event" in line:
                self.seen.append(_heard(line["event"]))
            elif "to_device" in line:
                self.to_device.append(line["to_device"])
            else:
                self._answered(line)
            self._new.set()
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(JsFailed(ENDED))

    def _answered(self, line: dict[str, Any]) -> None:
        asked = self._asked.get(line["id"])
        if asked is None or asked.done():
            return  # nobody waits for it any more
        if "error" in line:
            asked.set_exception(JsFailed(line["error"]))
        else:
            asked.set_result(line["ok"])

    async def more(self, seconds: float) -> None:
        self._new.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._new.wait(), seconds)

    # -------------------------------------------------------------------------------------------- what it does

    async def dm(self, other: str, *, wait: bool = True) -> str:
        """An encrypted direct chat as Element opens it; the room's id. Without `wait` the other need not have joined."""
        room = self.room = str(await self.ask("dm", other=other))
        if wait:
            await self.joined(room, other)
        return room

    async def joined(self, room: str, user: str, seconds: float = WAIT_SECONDS) -> None:
        """Until somebody is in a room."""
        until = time.monotonic() + seconds
        while (await self.ask("members", room=room)).get(user) != "join":
            assert time.monotonic() < until, f"{self.user_id} waited in vain for {user} in {room}"
            await self.more(0.2)

    async def accept(self, room: str = "", seconds: float = WAIT_SECONDS) -> str:
        """Join a room we are invited to ("": the first there is)."""
        until = time.monotonic() + seconds
        while not (invites := await self.ask("invites")) or (room and room not in invites):
            assert time.monotonic() < until, f"{self.user_id} waited in vain for an invitation"
            await self.more(0.2)
        self.room = str(await self.ask("join", room=room or invites[0]))
        return self.room

    async def send(self, kind: str, content: Mapping[str, Any], room: str = "") -> str:
        return str(await self.ask("send", room=room or self.room, kind=kind, content=dict(content)))

    async def redact(self, event: str, room: str = "") -> str:
        return str(await self.ask("redact", room=room or self.room, event=event))

    async def timeline(self, room: str = "") -> list[dict[str, Any]]:
        """The room as it shows it now, oldest first: `body` with corrections applied, `redacted`, `replaced_by`."""
        return list(await self.ask("timeline", room=room or self.room))

    async def trust(self, user: str) -> dict[str, Any]:
        """What it thinks of somebody: has_identity, and for each of `devices` signed_by_owner, verified."""
        return dict(await self.ask("trust", user=user))

    async def verify(self, user: str, *, room: str = "", device: str = "", seconds: float = 5) -> dict[str, Any]:
        """Ask somebody (or a device of theirs) to verify: the `phase` reached, and `code` and `by` if cancelled."""
        return dict(await self.ask("verify", user=user, room=room or self.room, device=device, seconds=seconds))


def _heard(event: dict[str, Any]) -> Heard:
    return Heard(
        room=event["room"],
        id=event["id"],
        sender=event["sender"],
        kind=event["kind"],
        content={**event["content"], **({"m.relates_to": event["relation"]} if event["relation"] else {})},
        state_key=event["state_key"],
        encrypted=event["encrypted"],
        readable=event["readable"],
        redacts=event["redacts"] or "",
        shield=event["shield"] or "",
        reason=event["reason"] or "",
    )
