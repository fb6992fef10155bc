"""People for the crash runs: raw IRC users who say something again when the bot went away without answering.

Everything they say and hear is kept in order with the life of the bot in which it was heard: the server tells
everybody that the bot has gone (QUIT) after the last line it still said.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.irc_lines import parse
from tests.raw_irc import RawIrc

BOT = "relaybot"
CHANNEL = "#tech-peer"
PATIENCE_SECONDS = 10.0  # a bot that is there answers within this
GRACE_SECONDS = 0.2  # after it came back: what it had written down before may still arrive


class Unanswered(AssertionError):
    """The bot was there all the time and did not answer."""


@dataclass(frozen=True)
class Line:
    """Something the bot said: where ("" in private), and in which of its lives as this reader saw them."""

    place: str
    text: str
    life: int


@dataclass
class Tally:
    """What a whole run counts."""

    messages: int = 0
    acknowledged: int = 0


@dataclass
class Someone:
    """One person on IRC. `hear` may be given to react to lines at once."""

    nick: str
    tally: Tally
    channels: tuple[str, ...] = ()
    heard: list[Line] = field(default_factory=list)
    places: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    there: bool = False
    life: int = 1
    _irc: RawIrc | None = None
    _task: asyncio.Task[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def come(self, port: int) -> None:
        """Connect, join and listen."""
        self._irc = await RawIrc.connect(port, self.nick)
        self._irc.send(f"JOIN {CHANNEL}", *(f"JOIN {channel}" for channel in self.channels))
        self._task = asyncio.create_task(self._listen(), name=self.nick)

    async def leave(self) -> None:
        """Stop listening and close."""
        if self._irc is not None:
            await self._irc.close()  # this ends the listening: a cancelled wait_for may go on (Python before 3.12)
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        assert self._irc is not None
        while True:
            try:
                raw = await self._irc.read()
            except TimeoutError:
                continue
            self._read(raw)
            self._news.set()

    def _read(self, raw: str) -> None:
        assert self._irc is not None
        line = parse(raw)
        by_bot = line.source.partition("!")[0] == BOT
        if line.command in {"PRIVMSG", "NOTICE"} and by_bot:
            place = line.param(0) if line.param(0).startswith("#") else ""
            self.heard.append(Line(place, line.param(1), self.life))
        elif line.command == "JOIN" and by_bot and line.param(0) == CHANNEL:
            self.there = True
        elif line.command == "JOIN" and line.source.partition("!")[0] == self.nick:
            self.places.add(line.param(0))
        elif line.command == "353" and line.param(2) == CHANNEL:
            self.there = self.there or BOT in line.param(-1).replace("@", "").split()
        elif line.command == "QUIT" and by_bot:
            self.there = False
            self.life += 1
        elif line.command == "INVITE" and by_bot:
            self._irc.send(f"JOIN {line.param(1)}")

    # --------------------------------------------------------------------------------------------- talking

    def say(self, text: str, place: str = "") -> None:
        """Say something once and do not wait."""
        assert self._irc is not None
        self.tally.messages += 1
        self.sent.append(text)
        self._irc.send(f"PRIVMSG {place or BOT} :{text}")

    async def ask(self, text: str, answer: str, *, again: str = "", place: str = "", at: str = "") -> Line:
        """Say something, and again (or `again` instead) each time the bot went away, until the answer comes."""
        since = len(self.heard)
        while True:
            await self.until(lambda: self.there)
            life = self.life
            self.say(text, place)
            found = await self._answer(re.compile(answer), since, life, at)
            if found is not None:
                self.tally.acknowledged += 1
                return found
            text = again or text

    async def _answer(self, pattern: re.Pattern[str], since: int, life: int, at: str) -> Line | None:
        """The first line that matches; None when the bot went away and came back without it."""
        loop = asyncio.get_running_loop()
        begun, back_at = loop.time(), 0.0
        while True:
            if self.life == life:
                found = self.find(pattern, since, at)
                if found is not None:
                    return found
            if self.life != life and self.there:
                back_at = back_at or loop.time()
                if loop.time() - back_at > GRACE_SECONDS:  # everything that was kept has arrived: the last word counts
                    return self.find(pattern, since, at, last=True)
            elif self.life != life:
                back_at = 0.0
            elif loop.time() - begun > PATIENCE_SECONDS:
                last = "\n  ".join(line.text for line in self.heard[-5:])
                raise Unanswered(
                    f"{self.nick} said {self.sent[-1]!r} and waited for {pattern.pattern!r}; last heard:\n  {last}"
                )
            await self._wait(0.05)

    def find(
        self, pattern: str | re.Pattern[str], since: int = 0, at: str | None = None, *, last: bool = False
    ) -> Line | None:
        """The first (or last) line heard from number `since` on that matches."""
        lines = self.heard[since:]
        for line in reversed(lines) if last else lines:
            if (at is None or line.place == at) and re.search(pattern, line.text):
                return line
        return None

    def all_of(self, pattern: str, at: str | None = None) -> list[Line]:
        """Every line heard that matches."""
        return [line for line in self.heard if (at is None or line.place == at) and re.search(pattern, line.text)]

    async def wait_for(self, pattern: str, since: int = 0, at: str | None = None, seconds: float = 60.0) -> Line:
        """Wait until a line comes by itself."""
        await self.until(lambda: self.find(pattern, since, at), f"{pattern!r}", seconds)
        found = self.find(pattern, since, at)
        assert found
        return found

    async def until(self, true: Callable[[], object], what: str = "something", seconds: float = 60.0) -> None:
        """Wait until something about this person has become true."""
        try:
            async with asyncio.timeout(seconds):
                while not true():
                    await self._wait(0.05)
        except TimeoutError:
            last = "\n  ".join(f"{line.life} {line.place}: {line.text}" for line in self.heard[-12:])
            raise Unanswered(f"{self.nick} waited for {what}; last heard:\n  {last}") from None

    async def _wait(self, seconds: float) -> None:
        assert self._task is not None
        if self._task.done():
            self._task.result()
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)


# --------------------------------------------------------------------------------------------- what they do

QUESTIONS = (
    (r"logged in to services as", "yes"),
    (r"What would you like to learn", "{learn}"),
    (r"what could you help someone with", "{offer}"),
    (r"A link or two", "skip"),
    (r"Where are you, for the clock", "lisbon, any day 00:00-24:00"),
    (r"which hours", "any day 00:00-24:00"),
    (r"Which languages", "english, no must"),
    (r"Our rules in one line", "yes"),
    (r"Hand it in\?", "yes"),
)
HANDED_IN = r"\bA(\d+)\b"


async def apply(person: Someone, learn: str = "kubernetes a little", offer: str = "rust deep") -> int:
    """Join, question by question, coming back with `join` after each crash; the number of the application."""
    pattern = "|".join([HANDED_IN, *(question for question, _ in QUESTIONS)])
    line = await person.ask("join", pattern)
    while not (number := re.search(HANDED_IN, line.text)):
        text = next(answer for question, answer in QUESTIONS if re.search(question, line.text))
        line = await person.ask(
            text.format(learn=learn, offer=offer), pattern, again="!join"
        )  # in a question for free text a bare word would be the answer
    return int(number[1])


async def set_numbers(person: Someone, over: asyncio.Event) -> int:
    """`set about number <n>` again and again, and a look now and then whether it is kept; the last number acknowledged."""
    number = 0
    while not over.is_set():
        number += 1
        await person.ask(f"set about number {number}", rf"number {number}\b")
        if number % 7 == 0:
            seen = await person.ask("profile", r"about: number \d+")
            assert seen.text.endswith(f"number {number}"), f"{person.nick} was told {number} and then sees {seen.text}"
    return number
