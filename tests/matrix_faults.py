"""A proxy in front of Synapse that breaks answers in one way at a time, and what became of what people wrote meanwhile.

tests/test_matrix_faults.py holds every fault to its figures, `python -m benchmarks matrix_faults` prints them.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from relaybot.homeserver import Homeserver
from tests.matrix_crowd import Findings, Peer, accounts, crowd, findings
from tests.matrix_process import MatrixProcess, settle_in
from tests.raw_irc import RawIrc

PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
SLOW_PIECES, SLOW_SECONDS = 20, 0.05  # of one answer, and between two of them
LOST_SHARE = 0.4  # of answers, while answers are lost after the server did what was asked
HOLE_SECONDS = 3600.0
LOOK_SECONDS = 0.1
NOTICED_SECONDS = 90.0
RESUMED_SECONDS = 60.0  # until a fault that is over counts as lasting
PEOPLE = 3
STATUS = r"PRIVMSG ana :|NOTICE ana :"

# Fault -> what `health` says of the homeserver while it lasts.
FAULTS = {
    "page": r"not connected: .* gave no answer of its own \(HTTP 502\)",
    "reset": r"not connected: .* cannot be reached",
    "hole": r"not connected: .* did not answer in time",
    "slow": r"connected to ",
    "unheard": r"connected",
}
SENT_BLIND = "sent blind"  # no answer to what relaybot sends, though the server did it; reading goes on
MEANINGS = {
    "page": "502 with a page in HTML",
    "reset": "connections reset",
    "hole": "no answers, connections open",
    "slow": "answers byte by byte",
    "unheard": f"{LOST_SHARE:.0%} of answers lost after the server did it",
}


class Proxy:
    """A reverse proxy; `fault` is one of FAULTS or "" for none, and holds for requests that are under way, too."""

    def __init__(self, behind: str) -> None:
        self.behind, self.url, self.fault = behind, "", ""
        self.broken = 0  # answers that were not given as they should have been
        self._chance = random.Random(1)
        self._tokens: set[str] = set()
        self._expired: set[str] = set()

    def expire(self) -> None:
        """Whoever is logged in has to log in to the same device again (spec: soft logout)."""
        self._expired |= self._tokens

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Hand a request on, unless the fault keeps it from arriving at all."""
        if self.fault in {"page", "reset", "hole"}:
            return await self._break(request)
        if (token := request.headers.get("Authorization", "")) in self._expired:
            answer = {"errcode": "M_UNKNOWN_TOKEN", "error": "Access token has expired", "soft_logout": True}
            return web.json_response(answer, status=401)
        if token:
            self._tokens.add(token)
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        target = self.behind + request.raw_path
        timeout = aiohttp.ClientTimeout(total=None)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(request.method, target, data=await request.read(), headers=headers) as said,
        ):
            body = await said.read()
        if self._is_lost(request):
            return await self._break(request)
        response = web.StreamResponse(status=said.status, headers={"Content-Type": "application/json"})
        response.content_length = len(body)
        with contextlib.suppress(ConnectionError):  # relaybot has lost patience
            await response.prepare(request)
            await self._write(response, body)
        return response

    def _is_lost(self, request: web.Request) -> bool:
        """Whether an answer that is there is not given."""
        if self.fault == "unheard":
            return self._chance.random() < LOST_SHARE
        return self.fault in {"page", "reset", "hole"} or (self.fault == SENT_BLIND and "/send/" in request.path)

    async def _write(self, response: web.StreamResponse, body: bytes) -> None:
        if self.fault != "slow":
            await response.write(body)
            return
        self.broken += 1
        size = max(1, len(body) // SLOW_PIECES)
        for start in range(0, len(body), size):
            await response.write(body[start : start + size])
            await asyncio.sleep(SLOW_SECONDS)

    async def _break(self, request: web.Request) -> web.StreamResponse:
        self.broken += 1
        if self.fault == "page":
            return web.Response(status=502, text=PAGE, content_type="text/html")
        if self.fault == "hole":
            await asyncio.sleep(HOLE_SECONDS)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


@contextlib.asynccontextmanager
async def proxy_to(behind: str) -> AsyncIterator[Proxy]:
    """A proxy that works until it is told not to."""
    proxy = Proxy(behind)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{tail:.*}", proxy.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    proxy.url = f"http://{host}:{port}"
    try:
        yield proxy
    finally:
        await runner.cleanup()


# ------------------------------------------------------------------------------------------- one fault at a time


@dataclass(frozen=True)
class Row:
    """What became of the messages that were written under one fault. Seconds; `other`: answers on IRC meanwhile."""

    fault: str
    messages: int
    lost: int
    twice: int
    noticed: float  # until health said so
    resumed: float  # after its end until a message was answered
    other: tuple[float, ...]
    health: str


class Scene:
    """A relaybot behind a proxy and on IRC, people on Matrix, ana and dana on IRC."""

    def __init__(self, proxy: Proxy, bot: MatrixProcess, people: Sequence[Peer], ana: RawIrc, dana: RawIrc) -> None:
        self.proxy, self.bot, self.people, self.ana, self.dana = proxy, bot, people, ana, dana
        self.before = Findings()

    async def under(self, fault: str, seconds: float, server: Homeserver) -> Row:
        """People write while the fault lasts: so long, and until `health` tells of it."""
        before = self.before
        self.proxy.fault = fault
        began = time.monotonic()
        writing = [asyncio.create_task(self._write(peer, began + seconds)) for peer in self.people]
        other: list[float] = []
        health = await self._told(FAULTS[fault], other)
        noticed = time.monotonic() - began
        while time.monotonic() < began + seconds:
            other.append(await self._status())
            await asyncio.sleep(LOOK_SECONDS)
        self.proxy.fault, ended = "", time.monotonic()
        await asyncio.gather(*writing)
        await asyncio.gather(*(peer.count_on(1) for peer in self.people))
        resumed = time.monotonic() - ended
        await self.bot.drained(RESUMED_SECONDS)
        self.before = after = await findings(server, self.bot, self.people)
        return Row(
            MEANINGS[fault],
            after.messages - before.messages,
            len(after.lost) - len(before.lost),
            len(after.twice) - len(before.twice),
            noticed,
            resumed,
            tuple(other),
            health,
        )

    @staticmethod
    async def _write(peer: Peer, until: float) -> None:
        while True:
            await peer.count_on(2)
            if time.monotonic() >= until:
                return

    async def _status(self) -> float:
        """How long a question on IRC takes."""
        began = time.monotonic()
        self.ana.send("PRIVMSG relaybot :privacy")
        await self.ana.expect(STATUS)
        seconds = time.monotonic() - began
        await self.ana.barrier()
        return seconds

    async def _told(self, wanted: str, other: list[float]) -> str:
        """Ask `health` on IRC until it says what is wanted; the line that does. In between ana asks something, too."""
        line = ""
        async with asyncio.timeout(NOTICED_SECONDS):
            while True:
                self.dana.send("PRIVMSG relaybot :health")
                line = (await self.dana.expect(r"matrix:home: ")).param(-1)
                other.append(await self._status())
                if re.search(wanted, line):
                    return line
                await asyncio.sleep(LOOK_SECONDS)


@contextlib.asynccontextmanager
async def scene(server: Homeserver, irc: int, folder: Path, *wrong: str) -> AsyncIterator[Scene]:
    """Everybody is there, relaybot has come into their chats, and no fault is on."""
    async with contextlib.AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(proxy_to(server.url))
        bot = MatrixProcess(server, folder / "bot", url=proxy.url, irc=irc)
        bot.wrong(*wrong)
        users = accounts(server, PEOPLE)
        await settle_in(bot, users)
        stack.push_async_callback(bot.end)
        await bot.start()
        await bot.ready()
        dana, ana = await RawIrc.connect(irc, "dana"), await RawIrc.connect(irc, "ana")
        stack.push_async_callback(dana.close)
        stack.push_async_callback(ana.close)
        people = await stack.enter_async_context(crowd(server, bot, folder / "people", users))
        await asyncio.gather(*(peer.count_on(1) for peer in people))
        made = Scene(proxy, bot, people, ana, dana)
        made.before = await findings(server, bot, people)
        yield made
