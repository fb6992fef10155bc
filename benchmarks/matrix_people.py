"""People of the Matrix benchmarks: each says a numbered command in a chat, waits for the answer, and says the next.

The load is closed, as on IRC (clients.py). They are matrix-nio with keys of their own, all of them in this process.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from benchmarks.clients import Figures
from benchmarks.members import account
from relaybot.homeserver import Homeserver
from tests.synapse import PASSWORD
from tests.synapse_people import Person

logging.getLogger("nio").setLevel(logging.ERROR)  # it warns of every device it is about to ask keys of
ANSWER_SECONDS = 60.0
SYNC_MS = 30_000
AT_ONCE = 10  # who make their accounts and chats at the same time


class User:
    """A person and their chats."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.number = 0

    async def chat(self, bot: str, encrypted: bool) -> str:
        """A direct chat with a bot that comes in by itself."""
        return await self.person.dm(bot, encrypted=encrypted)

    async def ask(self, room: str) -> float:
        """One command; seconds until its answer was read."""
        self.number += 1
        began, wanted = time.perf_counter(), f'number {self.number}"'
        await self.person.say(f"set about number {self.number}", room)
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                if any(wanted in heard.body and heard.room == room for heard in self.person.seen):
                    self.person.seen.clear()
                    return time.perf_counter() - began
                await self.person.sync(SYNC_MS)


@asynccontextmanager
async def newcomers(server: Homeserver, folder: Path, count: int) -> AsyncIterator[list[User]]:
    """Accounts with a device and keys each: u000001 and so on."""
    free = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as stack:

        async def one(number: int) -> User:
            async with free:
                user_id = await asyncio.to_thread(server.register, account(number), PASSWORD)
                person = await Person.login(server, user_id, folder / account(number))
                stack.push_async_callback(person.close)
                return User(person)

        yield list(await asyncio.gather(*(one(number) for number in range(1, count + 1))))


async def chats(users: list[User], bot: str, encrypted: bool) -> list[str]:
    """A chat of each with a bot."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(user: User) -> str:
        async with free:
            return await user.chat(bot, encrypted)

    return list(await asyncio.gather(*(one(user) for user in users)))


async def talk(users: list[User], rooms: list[str], commands: int) -> Figures:
    """All talk at once, each so many commands: a number and not a while, so that a busy machine makes nothing of less weight."""
    found, began = Figures(), time.perf_counter()

    async def one(user: User, room: str) -> None:
        for _ in range(commands):
            found.latencies.append(await user.ask(room))

    async with asyncio.TaskGroup() as group:
        for user, room in zip(users, rooms, strict=True):
            group.create_task(one(user, room))
    found.seconds = time.perf_counter() - began
    return found
