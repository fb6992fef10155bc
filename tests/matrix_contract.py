"""What the contract suite for Matrix stands on: an adapter that runs against a real Synapse, an ear that keeps what was heard, letters.

Nothing here sleeps: a fate is a future, a message is awaited, and "nothing was heard" is shown by the next message.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.matrix import Matrix, open_adapter
from relaybot.homeserver import Homeserver
from relaybot.model import Letter, Message, Urgency
from relaybot.ports import Delivery, StoreFailed
from tests.fakes import nothing_more
from tests.matrix_bot import Door, door_to
from tests.synapse import PASSWORD, WAIT_SECONDS, Json, Raw, fresh

NETWORK = "matrix:home"
KEY = bytes(range(32))
Fate = tuple[str, str, float]
_numbers = itertools.count(1)


def address(rest: str) -> str:
    """An address on this network."""
    return f"{NETWORK}/{rest}"


class Ear:
    """Keeps what was heard, each id once as the store would. `members` are known; `fails`: so often nothing can be kept."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.reached: list[str] = []
        self.members: set[str] = set()
        self.fails = 0
        self._ids: set[str] = set()

    async def hear(self, message: Message) -> None:
        """Take a message, as a commit would."""
        if self.fails:
            self.fails -= 1
            raise StoreFailed("the disk is full")
        if message.id not in self._ids:
            self._ids.add(message.id)
            self.messages.put_nowait(message)

    def reachable(self, network: str, address: str = "") -> None:
        """Letters can be sent."""
        assert network == NETWORK
        self.reached.append(address)

    def knows(self, address: str) -> bool:
        """Whether somebody is a member."""
        return address in self.members

    def arrived(self, address: str) -> None:
        """Nobody is greeted for coming into a public room on Matrix."""
        raise AssertionError(address)

    async def bounced(self, address: str, reason: str, *, permanent: bool) -> None:
        """Mail never comes back on Matrix."""
        raise AssertionError(f"{address} {reason} {permanent}")

    async def left(self, programme: str, letter: int) -> None:
        """Copies neither."""
        raise AssertionError(f"{programme} {letter}")


class Bot:
    """An adapter of an account of its own; `start` and `stop` it as often as you like."""

    def __init__(self, server: Homeserver, folder: Path, url: str = "", **settings: Any) -> None:
        self.server, self.ear = server, Ear()
        self.user_id = settings.pop("user", "") or server.register(fresh("bot"), PASSWORD, "relaybot")
        self.given: dict[str, Any] = {
            "homeserver": url or server.url,
            "user": self.user_id,
            "password": PASSWORD,
            "key": KEY,
            "state_dir": folder,
            "commands_per_minute": None,
        } | settings
        self.adapter: Matrix
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> Bot:
        """Start, and wait until it is in its rooms; what ends it is raised here."""
        adapter = open_adapter("home", self.given)
        assert isinstance(adapter, Matrix)
        self.adapter = adapter
        self.task = asyncio.create_task(adapter.run(self.ear))
        await self.until(adapter.ready, "the adapter to be ready")
        return self

    async def stop(self) -> None:
        """End it as a shutdown does."""
        task, self.task = self.task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, true: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until something has become true while the adapter runs."""
        try:
            async with asyncio.timeout(seconds):
                while not true():
                    if self.task is not None and self.task.done():
                        self.task.result()
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}: {self.adapter.health()}") from None

    async def heard(self, seconds: float = WAIT_SECONDS) -> Message:
        """The next message."""
        try:
            return await asyncio.wait_for(self.ear.messages.get(), seconds)
        except TimeoutError:
            raise AssertionError(f"nothing was heard: {self.adapter.health()}") from None

    async def greeted(self, who: Raw, room: str = "") -> str:
        """Somebody new opens a chat in clear, the adapter comes in and says hello for them; the room."""
        room = room or await chat(who, self.user_id)
        await who.wait_member(room, self.user_id)
        hello = await self.heard()
        assert (hello.text, hello.sender) == ("hello", address(who.user_id)), hello
        return room

    async def settled(self) -> None:
        """Until everything that has happened so far has been read: somebody says a word after it, and that was heard."""
        async with await Raw.newcomer(self.server, "zoe") as zoe:
            await self.greeted(zoe)

    def post(self, to: str, *text: str, still: Callable[[], bool] = lambda: True, **more: Any) -> asyncio.Future[Fate]:
        """Hand a letter to the adapter; the future is its fate. Settled twice is an error of the future's."""
        fate: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        given: dict[str, Any] = {
            "programme": "tp",
            "id": next(_numbers),
            "to": address(to),
            "text": text,
            "urgency": Urgency.PERSONAL,
            "written_at": datetime.now(UTC),
        }

        def settle(outcome: str, reason: str, seconds: float) -> Awaitable[None]:
            fate.set_result((outcome, reason, seconds))
            return nothing_more()

        self.adapter.deliver(Delivery(Letter(**(given | more)), still, settle, nothing_more))
        return fate

    async def say(self, to: str, *text: str, **more: Any) -> Fate:
        """Hand over a letter and wait for its fate."""
        return await asyncio.wait_for(self.post(to, *text, **more), WAIT_SECONDS)


@contextlib.asynccontextmanager
async def running(server: Homeserver, folder: Path, url: str = "", **settings: Any) -> AsyncIterator[Bot]:
    """A bot that is ready, and stopped afterwards."""
    bot = Bot(server, folder, url, **settings)
    try:
        yield await bot.start()
    finally:
        await bot.stop()


async def chat(who: Raw, bot: str, *, wait: bool = False, **more: Any) -> str:
    """A direct chat in clear, as a client without encryption opens one."""
    room = await who.create_room(bot, is_direct=True, preset="trusted_private_chat", **more)
    if wait:
        await who.wait_member(room, bot)
    return room


async def words_of(who: Raw, room: str, sender: str) -> list[dict[str, Any]]:
    """The contents of the messages that somebody sent to a room, oldest first, as the server stores them."""
    return [
        event["content"]
        for event in reversed(await who.messages(room, 200))
        if event["type"] == "m.room.message" and event["sender"] == sender
    ]


# ------------------------------------------------------------------------------ what Synapse itself would not send


@contextlib.asynccontextmanager
async def behind_door(server: Homeserver, folder: Path, **settings: Any) -> AsyncIterator[tuple[Bot, Door]]:
    """A bot whose homeserver may answer what we like."""
    async with door_to(server.url) as door, running(server, folder, url=door.url, **settings) as bot:
        yield bot, door


def once(door: Door, change: Callable[[Json], Json | None]) -> asyncio.Event:
    """Change one answer to sync, the first for which `change` has another; the event is set when that was done."""
    done = asyncio.Event()

    def changed(answer: Json) -> Json:
        if not done.is_set() and (other := change(answer)) is not None:
            done.set()
            return other
        return answer

    door.change["/sync"] = changed
    return done


def with_events(room: str, more: list[Json]) -> Callable[[Json], Json | None]:
    """These events come in front of the next "status" in a room."""

    def change(answer: Json) -> Json | None:
        joined = answer.get("rooms", {}).get("join", {}).get(room)
        said = [e["content"].get("body") for e in joined["timeline"]["events"]] if joined else []
        if "status" not in said:
            return None
        joined["timeline"]["events"][:0] = more
        return answer

    return change


def event(number: int, sender: str, kind: str, content: Any, **more: Any) -> Json:
    """An event as another homeserver could make one."""
    at = int(time.time() * 1000)
    return {
        "event_id": f"$made{number}",
        "sender": sender,
        "type": kind,
        "content": content,
        "origin_server_ts": at,
    } | more
