"""What the contract suite for IRC stands on: a bot (adapter, ear, letters) and people, on any of the servers.

Nothing here sleeps: a fate is a future, a message is awaited, and "nothing was heard" is shown by the next message.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from adapters.irc import Irc, IrcSettings
from relaybot.model import Letter, Message, Urgency
from relaybot.ports import Delivery
from tests.fakes import nothing_more
from tests.raw_irc import WAIT_SECONDS, RawIrc
from tests.servers import HOST, PASSWORD, Running

_numbers = itertools.count(1)
Fate = tuple[str, str, float]


def fresh(word: str) -> str:
    """A name that no other test uses: servers live as long as the session."""
    return f"{word}{next(_numbers)}"


def letter(to: str, *text: str, settle: Callable[[str, str, float], Awaitable[None]] | None = None) -> Delivery:
    """A plain letter, on its way."""
    written = Letter("tp", next(_numbers), to, text, Urgency.PERSONAL, datetime.now(UTC))
    return Delivery(written, lambda: True, settle or nothing_more, nothing_more)


class FakeEar:
    """Keeps what was heard; `broken` messages raise, as a bug in the core would."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.reached: asyncio.Queue[str] = asyncio.Queue()
        self.came: asyncio.Queue[str] = asyncio.Queue()
        self.broken: Callable[[Message], bool] = lambda message: False

    async def hear(self, message: Message) -> None:
        if self.broken(message):
            raise RuntimeError("a bug")
        self.messages.put_nowait(message)

    def reachable(self, network: str, address: str = "") -> None:
        self.reached.put_nowait(address)

    def arrived(self, address: str) -> None:
        self.came.put_nowait(address)

    def knows(self, address: str) -> bool:
        raise AssertionError(f"nobody has to be known on IRC: {address}")

    async def bounced(self, address: str, reason: str, *, permanent: bool) -> None:
        raise AssertionError(f"mail came back on IRC: {address} {reason} {permanent}")

    async def left(self, programme: str, letter: int) -> None:
        raise AssertionError(f"a copy came back on IRC: {programme} {letter}")


class Bot:
    """An adapter that runs, in channels that no other test uses."""

    def __init__(self, server: Running, **settings: Any) -> None:
        self.server = server
        self.nick = settings.get("nick") or fresh("rb")
        self.public, self.mods = fresh("#tp"), fresh("#mods")
        given: dict[str, Any] = {
            "host": HOST,
            "port": server.port,
            "tls": False,
            "nick": self.nick,
            "public": {"tp": self.public},
            "moderators": {"tp": self.mods},
            "lines_per_second": None,
            "commands_per_minute": None,
        }
        given.update(settings)
        self.adapter = Irc("net", IrcSettings(**given))
        self.ear = FakeEar()
        self.task: asyncio.Task[None] = asyncio.create_task(self.adapter.run(self.ear))

    async def up(self) -> Bot:
        """Wait until it is in its channels; what ends it is raised here."""
        told = asyncio.create_task(self.ear.reached.get())
        await asyncio.wait({told, self.task}, timeout=WAIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            told.cancel()
            if self.task.done():
                self.task.result()
            raise AssertionError(f"not up: {self.adapter.health()}")
        assert told.result() == ""
        assert self.adapter.ready()
        return self

    async def down(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def heard(self) -> Message:
        return await asyncio.wait_for(self.ear.messages.get(), WAIT_SECONDS)

    async def reached(self) -> str:
        return await asyncio.wait_for(self.ear.reached.get(), WAIT_SECONDS)

    def address(self, rest: str) -> str:
        return f"{self.adapter.network}/{rest}"

    def post(
        self, to: str, *text: str, urgency: Urgency = Urgency.PERSONAL, still: Callable[[], bool] = lambda: True,
        invite: tuple[str, ...] = (), close: bool = False,
    ) -> asyncio.Future[Fate]:  # fmt: skip
        """Hand a letter to the adapter; the future is its fate. Settling twice fails the future's second set."""
        fate: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        letter = Letter(
            programme="tp", id=next(_numbers), to=self.address(to), text=text, urgency=urgency,
            written_at=datetime.now(UTC), invite=tuple(map(self.address, invite)), close=close,
        )  # fmt: skip

        def settle(outcome: str, reason: str, seconds: float) -> Awaitable[None]:
            fate.set_result((outcome, reason, seconds))
            return nothing_more()

        self.adapter.deliver(Delivery(letter, still, settle, nothing_more))
        return fate

    async def say(self, to: str, *text: str, **more: Any) -> Fate:
        """Hand over a letter and wait for its fate."""
        return await asyncio.wait_for(self.post(to, *text, **more), WAIT_SECONDS)


class Scene:
    """One test's bots and people on one server; all of them are gone afterwards."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self._bots: list[Bot] = []
        self._people: list[RawIrc] = []

    async def bot(self, **settings: Any) -> Bot:
        return await self.starting(**settings).up()

    def starting(self, **settings: Any) -> Bot:
        bot = Bot(self.server, **settings)
        self._bots.append(bot)
        return bot

    async def person(self, nick: str, account: str = "", *channels: str) -> RawIrc:
        """Somebody with that nick, logged in to that account if one is given, in those channels."""
        early = bool(account) and self.server.sasl
        raw = await RawIrc.connect(self.server.port, nick, account=account if early else "", password=PASSWORD)
        self._people.append(raw)
        if account and not early:
            raw.send(f"PRIVMSG NickServ :IDENTIFY {account} {PASSWORD}")
            await raw.expect(r"(?i)^:NickServ\S* NOTICE .*(now (identified|logged in)|already logged in)")
        for channel in channels:
            raw.send(f"JOIN {channel}")
        await raw.barrier()
        return raw

    async def end(self) -> None:
        for bot in self._bots:
            await bot.down()
        for raw in self._people:
            await raw.close()
