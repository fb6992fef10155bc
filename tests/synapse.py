"""A real Synapse for the tests, and `Raw`: a Matrix client that asks exactly what it is told and encrypts nothing.

One Synapse serves the whole run, so that names come from `fresh`. Who encrypts is in synapse_people.py and js_client.py.
"""

from __future__ import annotations

import itertools
import secrets
import time
import urllib.parse
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import aiohttp
import pytest

from relaybot.homeserver import Homeserver
from tests import needs

PASSWORD = "lab-secret"
WAIT_SECONDS = 15.0
ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}

Json = dict[str, Any]


def fresh(name: str) -> str:
    """A name nobody has on this server yet, e.g. ana-5f3a09."""
    return f"{name}-{secrets.token_hex(3)}"


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """Synapse with hardly any rate limits; its ids end in :localhost."""
    yield from _running(Homeserver(tmp_path_factory.mktemp("synapse"), needs.synapse()))


@pytest.fixture(scope="session")
def synapse_stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """Synapse with the rate limits it comes with: five logins, ten messages, and then patience."""
    yield from _running(Homeserver(tmp_path_factory.mktemp("synapse-stock"), needs.synapse(), stock=True))


@pytest.fixture
def synapse_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """A Synapse for one test alone, which may stop, kill and restart it."""
    yield from _running(Homeserver(tmp_path_factory.mktemp("synapse-own"), needs.synapse()))


def _running(server: Homeserver) -> Iterator[Homeserver]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Refusal(Exception):
    """The homeserver answered with an error: `status` of HTTP, `code` of Matrix, the whole `body`."""

    def __init__(self, what: str, status: int, body: Json) -> None:
        super().__init__(f"{what}: {status} {body}")
        self.status, self.code, self.body = status, str(body.get("errcode", "")), body


class Raw:
    """A logged-in user without encryption. `since` moves with every sync()."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.user_id = self.device_id = self.token = self.since = ""
        self.seen: list[Json] = []  # every timeline event that sync() brought, each with its room_id
        self._session = aiohttp.ClientSession()
        self._numbers = itertools.count(1)

    @classmethod
    async def newcomer(cls, server: Homeserver, name: str, display: str = "") -> Raw:
        """Register a user with a fresh name, and log in."""
        user_id = server.register(fresh(name), PASSWORD, display or name)
        return await cls.login(server, user_id)

    @classmethod
    async def login(cls, server: Homeserver, user_id: str, password: str = PASSWORD, device_id: str = "") -> Raw:
        """Log in; with `device_id` to that device."""
        self = cls(server.url)
        body: Json = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user_id},
            "password": password,
            **({"device_id": device_id} if device_id else {}),
        }
        try:
            said = await self.call("POST", "login", body)
        except BaseException:
            await self.close()
            raise
        self.user_id, self.device_id, self.token = said["user_id"], said["device_id"], said["access_token"]
        return self

    async def __aenter__(self) -> Raw:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Drop the connection; the device stays."""
        await self._session.close()

    async def call(self, method: str, path: str, body: object = None, **query: str | int) -> Json:
        """One request below /_matrix/client/v3/ (or from the root, with a leading slash); raises Refusal."""
        address = self.url + (path if path.startswith("/") else f"/_matrix/client/v3/{path}")
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self._session.request(method, address, json=body, params=query, headers=headers) as answer:
            said: Json = await answer.json()
            if answer.status != 200:
                raise Refusal(f"{method} {path}", answer.status, said)
            return said

    # ------------------------------------------------------------------------------------------------ rooms

    async def create_room(self, *invite: str, encrypted: bool = False, **more: Any) -> str:
        """A room; its id. `more` is what createRoom takes, e.g. is_direct=True, room_alias_name="tech-peer"."""
        state = [*more.pop("initial_state", []), *([ENCRYPTION] if encrypted else [])]
        body = {"preset": "private_chat", "invite": list(invite), "initial_state": state, **more}
        return str((await self.call("POST", "createRoom", body))["room_id"])

    async def invite(self, room: str, user: str) -> None:
        await self.call("POST", f"rooms/{quote(room)}/invite", {"user_id": user})

    async def join(self, room: str) -> str:
        """Join by id or alias; the room's id."""
        return str((await self.call("POST", f"join/{quote(room)}", {}))["room_id"])

    async def leave(self, room: str) -> None:
        await self.call("POST", f"rooms/{quote(room)}/leave", {})

    async def kick(self, room: str, user: str, reason: str = "") -> None:
        await self.call("POST", f"rooms/{quote(room)}/kick", {"user_id": user, "reason": reason})

    async def members(self, room: str) -> dict[str, str]:
        """Everybody's membership."""
        said = await self.call("GET", f"rooms/{quote(room)}/members")
        return {event["state_key"]: event["content"]["membership"] for event in said["chunk"]}

    async def state(self, room: str, kind: str, key: str = "") -> Json:
        """The content of one state event; Refusal with 404 where there is none."""
        return await self.call("GET", f"rooms/{quote(room)}/state/{quote(kind)}/{quote(key)}")

    async def set_state(self, room: str, kind: str, content: Json, key: str = "") -> str:
        said = await self.call("PUT", f"rooms/{quote(room)}/state/{quote(kind)}/{quote(key)}", content)
        return str(said["event_id"])

    # --------------------------------------------------------------------------------------------- messages

    async def send(self, room: str, text: str, **more: Any) -> str:
        """Say something in clear, as m.text; `more` goes into the content. Its event id."""
        return await self.put(room, "m.room.message", {"msgtype": "m.text", "body": text, **more})

    async def put(self, room: str, kind: str, content: object, transaction: str = "") -> str:
        """Send any event; its id."""
        transaction = transaction or f"raw-{next(self._numbers)}"
        said = await self.call("PUT", f"rooms/{quote(room)}/send/{quote(kind)}/{quote(transaction)}", content)
        return str(said["event_id"])

    async def redact(self, room: str, event: str) -> str:
        path = f"rooms/{quote(room)}/redact/{quote(event)}/raw-{next(self._numbers)}"
        return str((await self.call("PUT", path, {}))["event_id"])

    async def messages(self, room: str, limit: int = 100) -> list[Json]:
        """The last events of a room, newest first, as the server stores them."""
        said = await self.call("GET", f"rooms/{quote(room)}/messages", dir="b", limit=limit)
        chunk: list[Json] = said["chunk"]
        return chunk

    async def sync(self, timeout_ms: int = 0, **more: str) -> Json:
        """The whole answer; its timeline events are added to `seen`."""
        query: dict[str, str | int] = {"timeout": timeout_ms, **({"since": self.since} if self.since else {}), **more}
        said = await self.call("GET", "sync", None, **query)
        self.since = said["next_batch"]
        for room, joined in said.get("rooms", {}).get("join", {}).items():
            self.seen += [{**event, "room_id": room} for event in joined["timeline"]["events"]]
        return said

    async def wait(self, wanted: Callable[[Json], bool], seconds: float = WAIT_SECONDS) -> Json:
        """The first event that is wanted, seen before or to come; AssertionError when none comes in time."""
        until, looked = time.monotonic() + seconds, 0
        while True:
            for event in self.seen[looked:]:
                if wanted(event):
                    return event
            looked = len(self.seen)
            assert time.monotonic() < until, f"{self.user_id} waited in vain; last seen: {self.seen[-5:]}"
            await self.sync(500)

    async def wait_member(self, room: str, user: str, membership: str = "join", seconds: float = WAIT_SECONDS) -> None:
        """Until somebody has joined a room (or left it, ...)."""

        def wanted(event: Json) -> bool:
            place = event["room_id"], event["type"], event.get("state_key")
            return place == (room, "m.room.member", user) and event["content"].get("membership") == membership

        await self.wait(wanted, seconds)

    # ------------------------------------------------------------------------------------------ own account

    async def account_data(self, kind: str) -> Json:
        return await self.call("GET", f"user/{quote(self.user_id)}/account_data/{quote(kind)}")

    async def set_account_data(self, kind: str, content: Json) -> None:
        await self.call("PUT", f"user/{quote(self.user_id)}/account_data/{quote(kind)}", content)

    async def display_name(self, user: str) -> str:
        return str((await self.call("GET", f"profile/{quote(user)}")).get("displayname", ""))


def quote(text: str) -> str:
    """One part of a path."""
    return urllib.parse.quote(text, safe="")
