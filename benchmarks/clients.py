"""Users of a benchmark: each says a numbered command, waits for the answer, and says the next; one process, little work.

The load is closed: there are never more commands under way than users, so latency is what a person would feel.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from tests.servers import HOST

ANSWER_SECONDS = 30.0
GROUP = 250  # connected at the same time


@dataclass
class Figures:
    """What a number of users saw."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Commands answered in a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    @property
    def p50_ms(self) -> float:
        """Half of the answers came within this."""
        return statistics.median(self.latencies) * 1000 if self.latencies else float("nan")

    @property
    def p95_ms(self) -> float:
        """Of twenty answers nineteen came within this."""
        return sorted(self.latencies)[int(len(self.latencies) * 0.95)] * 1000 if self.latencies else float("nan")


class User(asyncio.Protocol):
    """One connection. `command` is what it says to the bot, given a number; the answer contains that number in quotes."""

    def __init__(self, nick: str, command: str) -> None:
        self.nick, self._command = nick, command
        self.registered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = ""
        self.number = 0
        self.figures: Figures | None = None
        self.think: Callable[[], float] = float
        self._tail = b""
        self._wanted = b"\0"
        self._said_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(f"NICK {self.nick}\r\nUSER {self.nick} 0 * :{self.nick}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        data = self._tail + data
        at = data.rfind(b"\n") + 1
        whole, self._tail = data[:at], data[at:]
        if self._wanted in whole:
            self._answered()
        if b"PING " in whole or not self.registered.done():
            self._protocol(whole)

    def _protocol(self, whole: bytes) -> None:
        for line in whole.split(b"\r\n"):
            if line.startswith(b"PING "):
                self.transport.write(b"PONG " + line[5:] + b"\r\n")
            elif b" 900 " in line and not self.registered.done():  # services have logged us in
                self.registered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = str(exc) if exc else "closed by the server"

    def begin(self, figures: Figures) -> None:
        """Say commands one after another until `end`."""
        self.figures = figures
        self._say()

    def end(self) -> None:
        """Say no more."""
        self.figures = None

    def _say(self) -> None:
        if self.figures is None or self.lost:
            return
        self.number += 1
        self._wanted = f'number {self.number}"'.encode()
        self._said_at = time.perf_counter()
        self.transport.write(f"PRIVMSG relaybot :{self._command} number {self.number}\r\n".encode())

    def _answered(self) -> None:
        self._wanted = b"\0"
        if self.figures is None:
            return
        self.figures.latencies.append(time.perf_counter() - self._said_at)
        pause = self.think()
        if pause:
            asyncio.get_running_loop().call_later(pause, self._say)
        else:
            self._say()


async def connect(port: int, nicks: Sequence[str], command: str = "set about") -> list[User]:
    """Connected and registered users."""
    loop = asyncio.get_running_loop()
    users: list[User] = []
    for start in range(0, len(nicks), GROUP):
        group = [
            (await loop.create_connection(partial(User, nick, command), HOST, port))[1]
            for nick in nicks[start : start + GROUP]
        ]
        await asyncio.wait_for(asyncio.gather(*(user.registered for user in group)), ANSWER_SECONDS)
        users += group
    return users


async def talk(users: Sequence[User], seconds: float, warm_up_seconds: float) -> Figures:
    """Let users talk for a while; what they saw after the warm-up."""
    figures, ignored = Figures(), Figures()
    for user in users:
        user.begin(ignored)
    await asyncio.sleep(warm_up_seconds)
    for user in users:
        user.figures = figures
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    for user in users:
        user.end()
    figures.seconds = time.perf_counter() - began
    await asyncio.sleep(0.1)
    return figures
