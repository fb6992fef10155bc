"""For tests of the Matrix client: clients that are closed after the test, and a door in front of Synapse that can fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from adapters import matrix_sign
from adapters.matrix_client import Client
from adapters.matrix_client_http import path
from adapters.matrix_parts import Batch, Seen, Session
from relaybot.homeserver import Homeserver
from tests.synapse import PASSWORD, WAIT_SECONDS, fresh

SECRET = bytes(range(32))
MESSAGES = {"m.room.message", "m.room.encrypted"}
PAGE = "<html><body>502 Bad Gateway</body></html>"


class Bot:
    """An account, its folder, and the client that is running as it now."""

    def __init__(self, server: Homeserver, folder: Path, url: str = "") -> None:
        self.server, self.folder, self.url = server, folder, url or server.url
        self.user_id = server.register(fresh("bot"), PASSWORD, "Relay")
        self.since = ""
        self.heard: list[Seen] = []
        self.session: Session | None = None
        self.client = self._new(SECRET)

    def _new(self, secret: bytes, seconds: float = 20) -> Client:
        return Client(self.url, self.user_id, self.folder, secret, request_seconds=seconds)

    async def enter(self, session: Session | None = None) -> Client:
        self.session = await self.client.enter(session, PASSWORD)
        return self.client

    async def restart(self, secret: bytes = SECRET, seconds: float = 20) -> Client:
        """End the client and begin with a new one, which has the same session; it has entered but not synced."""
        await self.client.close()
        self.client = self._new(secret, seconds)
        return await self.enter(self.session)

    async def sync(self, timeout_ms: int = 0) -> Batch:
        batch = await self.client.sync(self.since, timeout_ms=timeout_ms)
        self.since = batch.since
        self.heard += [one for one in batch.seen if one.type in MESSAGES and one.sender != self.user_id]
        return batch

    async def next(self) -> Seen:
        """The next message of somebody else, readable or not; each is given once."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not self.heard:
                await self.sync(500)
        return self.heard.pop(0)


@asynccontextmanager
async def bot_at(server: Homeserver, folder: Path, url: str = "") -> AsyncIterator[Bot]:
    """A bot that has entered and synced once."""
    bot = Bot(server, folder, url)
    try:
        await bot.enter()
        await bot.sync()
        yield bot
    finally:
        await bot.client.close()


async def identity(client: Client) -> dict[str, Any]:
    """What the homeserver tells of an account's keys: device_signed, master_ours, one_time_keys (how many are left)."""
    known = await matrix_sign.look(client._http.ask, client.user_id)
    answer = await client._http.ask("POST", path("keys", "upload"), {})
    device, public = known.devices[client.device_id], client._signing["self_signing"].public
    return {
        "device_signed": matrix_sign.signed(client.user_id, device, public),
        "master_ours": known.master == client._signing["master"].public,
        "one_time_keys": answer["one_time_key_counts"].get("signed_curve25519", 0),
    }


async def unreached(client: Client, room: str) -> list[tuple[str, str]]:
    """Devices (user, device) of members which the room's current key did not reach."""
    keys, known = client._opened(), await client._known(room)
    session = keys._olm.outbound_group_sessions.get(room)
    devices = [(one.user_id, one.id) for one in keys._devices(known.audience())]
    return [one for one in devices if session is None or one not in session.users_shared_with]


class Door:
    """A reverse proxy in front of Synapse. `broken`: parts of paths that fail, and how; `change`: rewrites an answer."""

    def __init__(self, behind: str) -> None:
        self.behind, self.url = behind, ""
        self.broken: dict[str, str | dict[str, Any]] = {}  # "page" | "hole" | an answer with its status under "status"
        self.change: dict[str, Callable[[Any], Any]] = {}
        self.asked: list[str] = []  # method and path of each request
        self.after: Callable[[], Awaitable[None]] | None = None  # done between an answer and its being handed on

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        self.asked.append(f"{request.method} {path}")
        how = next((how for part, how in self.broken.items() if part in path), None)
        if how == "page":
            return web.Response(status=502, text=PAGE, content_type="text/html")
        if how == "hole":
            await asyncio.sleep(3600)
        if isinstance(how, dict):
            return web.json_response(how["body"], status=how["status"])
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        body = await request.read()
        target = self.behind + request.raw_path
        async with (
            aiohttp.ClientSession() as session,
            session.request(request.method, target, data=body, headers=headers) as said,
        ):
            text = await said.text()
            for part, change in self.change.items():
                if part in path and said.status == 200:
                    text = json.dumps(change(json.loads(text)))
            if self.after is not None:
                await self.after()
            return web.Response(status=said.status, text=text, content_type="application/json")


@asynccontextmanager
async def door_to(behind: str) -> AsyncIterator[Door]:
    """A door that works until it is told not to."""
    door = Door(behind)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", door.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    host, port = runner.addresses[0][:2]
    door.url = f"http://{host}:{port}"
    try:
        yield door
    finally:
        await runner.cleanup()
