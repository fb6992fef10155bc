"""The stage of the demo: people with real connections or a mail address, a clock that moves, what the audience sees.

Nothing here is simulated but time: every line goes through a socket to the embedded server, through
relaybot's adapter, core and database, and back.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import aiosmtplib
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from relaybot.app import Bot

ANSWER_SECONDS = 20.0  # real seconds within which an expected line has to come
READY_SECONDS = 20.0
QUIET_SECONDS_MAX = 20.0
LETTER_LOOK_SECONDS = 0.01  # between two looks into the Maildir
LETTER_LINES = 5  # of a letter that the audience sees
COLOURS = (
    "cyan",
    "green",
    "magenta",
    "yellow",
    "blue",
    "red",
    "bright_cyan",
    "bright_magenta",
    "bright_green",
    "bright_yellow",
)


def saturday_to_come(now: datetime) -> datetime:
    """14:05 UTC on the third Saturday of a November to come: a story there has the same hours everywhere in every year.

    A story that begins in the past would have letters older than the login they leave with, which are looked for first.
    """
    firsts = [datetime(year, 11, 1, 14, 5, tzinfo=UTC) for year in (now.year, now.year + 1)]
    thirds = [first + timedelta(days=(5 - first.weekday()) % 7 + 14) for first in firsts]
    return next(saturday for saturday in thirds if saturday > now)


class Failed(Exception):
    """The story did not go as told: something expected did not happen."""


class StoryClock:
    """A clock with a fixed start that can be paced (so many times real time) and moved forward."""

    def __init__(self, start: datetime) -> None:
        self._base = start.astimezone(UTC)
        self._zero = time.monotonic()
        self._speed = 1.0

    def now(self) -> datetime:
        """Aware UTC, whole milliseconds."""
        now = self._base + timedelta(seconds=(time.monotonic() - self._zero) * self._speed)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds until it shows `moment` at the present pace."""
        return max(0.0, (moment - self.now()).total_seconds() / self._speed)

    def pace(self, speed: float) -> None:
        """From now on run `speed` times as fast as real time."""
        self._base, self._zero, self._speed = self.now(), time.monotonic(), speed

    def move(self, moment: datetime) -> None:
        """Show `moment`, if that is later than now."""
        if moment > self.now():
            self._base, self._zero = moment.astimezone(UTC), time.monotonic()


@dataclass
class Audience:
    """What is told on the terminal: one line per thing seen, and a bar for the hour that runs."""

    console: Console
    clock: StoryClock
    plain: bool
    zone: str = "Europe/Lisbon"
    lines: int = 0
    progress: Progress | None = None
    bar: TaskID | None = None

    def scene(self, title: str) -> None:
        """A heading."""
        self.console.print()
        self.console.print(Text(title, style="" if self.plain else "bold"))

    def line(self, who: str, colour: str, mark: str, text: str) -> None:
        """One line somebody said or saw."""
        self.lines += 1
        clock = self.clock.now().astimezone(ZoneInfo(self.zone))
        shown = Text.assemble((f"{clock:%a %d %b %H:%M} ", "dim"), (f"{who:>14} ", colour), (f"{mark} ", "dim"), text)
        self.console.print(shown if not self.plain else Text(shown.plain), soft_wrap=True)

    def letter(self, who: str, colour: str, mark: str, subject: str, lines: list[str]) -> None:
        """A letter somebody wrote or got: its subject, its first lines, and how many more there are."""
        self.line(who, colour, mark, subject)
        shown = [*lines[:LETTER_LINES]]
        if len(lines) > LETTER_LINES + 1:
            shown.append(f"(and {len(lines) - LETTER_LINES} more lines)")
        else:
            shown = lines
        for text in shown:
            self.console.print(Text(f"{'':>34}| {text}", style="" if self.plain else "dim"), soft_wrap=True)

    @contextlib.asynccontextmanager
    async def hour(self, title: str, minutes: int) -> AsyncIterator[None]:
        """Show the session clock while the body runs."""
        if self.plain:
            yield
            return
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=48), TextColumn("{task.fields[left]}"))
        with Progress(*columns, console=self.console, transient=True) as progress:
            bar = progress.add_task(title, total=minutes, left="")
            begin = self.clock.now()

            async def tick() -> None:
                while True:
                    passed = (self.clock.now() - begin).total_seconds() / 60
                    left = max(0.0, minutes - passed)
                    progress.update(bar, completed=min(passed, minutes), left=f"{left:2.0f} min left")
                    await asyncio.sleep(0.1)

            ticking = asyncio.create_task(tick())
            try:
                yield
            finally:
                ticking.cancel()


@dataclass
class Player:
    """A person who chats: what they saw of relaybot's, and how they wait for more. How they connect is told below."""

    name: str
    audience: Audience
    colour: str
    shows: frozenset[str] = frozenset()  # places whose lines the audience sees through this person
    seen: list[tuple[str, str]] = field(default_factory=list)  # (from where, line), in order
    _next: int = 0
    _more: asyncio.Event = field(default_factory=asyncio.Event)
    _problem: Exception | None = None  # why nothing more can come

    def say(self, text: str, where: str = "") -> None:
        """Say something to relaybot in private, or in a place."""
        raise NotImplementedError

    async def close(self) -> None:
        """Leave."""
        raise NotImplementedError

    def saw(self, where: str, line: str, mark: str = "<relaybot>") -> None:
        """A line of relaybot's has come. A place's lines are shown once: by the one of its people who was named for it."""
        self.seen.append((where, line))
        if not where or where in self.shows:
            self.audience.line(where or self.name, self.colour, mark, line)
        self._more.set()

    async def expect(self, *parts: str, where: str = "") -> str:
        """The next line from there that contains all parts; raises Failed when it does not come."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            for number in range(self._next, len(self.seen)):
                place, line = self.seen[number]
                if place == where and all(part in line for part in parts):
                    self._next = number + 1
                    return line
            if self._problem is not None:
                raise Failed(f"{self.name}: {self._problem}") from self._problem
            self._more.clear()
            left = deadline - time.monotonic()
            try:
                await asyncio.wait_for(self._more.wait(), max(left, 0.001))
            except TimeoutError:
                last = "\n    ".join(f"{w or 'private'}: {text}" for w, text in self.seen[-5:])
                raise Failed(
                    f"{self.name} waited in vain for {' ... '.join(parts)!r}; last seen:\n    {last}"
                ) from None

    async def ask(self, text: str, *parts: str, where: str = "", at: str | None = None) -> str:
        """Say something and wait for the answer."""
        self.say(text, where)
        return await self.expect(*parts, where=where if at is None else at)


@dataclass
class Actor(Player):
    """A person with an IRC connection of their own."""

    _writer: asyncio.StreamWriter | None = None
    _task: asyncio.Task[None] | None = None

    async def connect(self, host: str, port: int, *channels: str) -> None:
        """Connect, register, join."""
        reader, self._writer = await asyncio.open_connection(host, port)
        self._send(f"NICK {self.name}", f"USER {self.name} 0 * :{self.name}")
        self._task = asyncio.create_task(self._read(reader))
        for channel in channels:
            self._send(f"JOIN {channel}")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := (await reader.readline()).decode(errors="replace").rstrip("\r\n"):
            source, _, rest = line[1:].partition(" ") if line.startswith(":") else ("", "", line)
            command, _, rest = rest.partition(" ")
            if command == "PING":
                self._send(f"PONG {rest}")
            elif command == "INVITE":
                self._send(f"JOIN {rest.split()[-1].lstrip(':')}")
            elif command in {"PRIVMSG", "NOTICE"} and source.startswith("relaybot!"):
                target, _, text = rest.partition(" :")
                self.saw(target if target.startswith("#") else "", text)

    def _send(self, *lines: str) -> None:
        if self._writer is None:
            raise Failed(f"{self.name} is not connected")
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())

    def say(self, text: str, where: str = "") -> None:
        self.audience.line(where or self.name, self.colour, f"<{self.name}>", text)
        self._send(f"PRIVMSG {where or 'relaybot'} :{text}")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._writer is not None:
            self._writer.close()


@dataclass
class LetterBox:
    """A person who has only mail: writes by SMTP, and reads what relaybot delivered for them into the Maildir."""

    name: str
    address: str
    audience: Audience
    colour: str
    maildir: Path = Path()
    server: str = ""  # host:port of the embedded mail server
    letters: list[EmailMessage] = field(default_factory=list)  # that arrived, in order
    _read: int = 0
    _seen: set[str] = field(default_factory=set)
    _sent: int = 0

    def open(self, server: str, maildir: Path) -> None:
        """From now on mail goes there and comes from there."""
        self.server, self.maildir = server, maildir

    async def write(self, to: str, subject: str, text: str, answered: EmailMessage | None = None) -> None:
        """Write a mail, or an answer to one; returns when relaybot has taken it for good."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"{self.name.title()} <{self.address}>", to, subject
        self._sent += 1
        mail["Message-ID"] = f"<{self._sent}.{self.name}@{self.address.partition('@')[2]}>"
        mail["Date"] = format_datetime(self.audience.clock.now())
        if answered is not None:
            mail["In-Reply-To"], mail["References"] = answered["Message-ID"], answered["Message-ID"]
            quoted = "".join(f"> {line}\n" for line in body(answered).splitlines())
            text = f"{text}\n\nOn {answered['Date']}, {answered['From']} wrote:\n{quoted}"
        mail.set_content(text)
        said = text.partition("\n\nOn ")[0].splitlines()
        self.audience.letter(self.name, self.colour, "writes:", subject, [line for line in said if line.strip()])
        host, _, port = self.server.rpartition(":")
        await aiosmtplib.send(mail, sender=self.address, recipients=[to], hostname=host, port=int(port))

    async def answer(self, text: str) -> None:
        """Answer the letter that was read last, as mail programs do it: to its Reply-To, with its text quoted below."""
        last = self.letters[self._read - 1]
        subject = str(last["Subject"])
        await self.write(
            str(last["Reply-To"]), subject if subject.startswith("Re: ") else f"Re: {subject}", text, answered=last
        )

    async def expect(self, *parts: str) -> EmailMessage:
        """The next letter that contains all parts, whatever lines they stand on; raises Failed when it does not come."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            self.look()
            for number in range(self._read, len(self.letters)):
                letter = self.letters[number]
                whole = " ".join(f"{letter['Subject']} {body(letter)}".split())
                if all(part in whole for part in parts):
                    self._read = number + 1
                    return letter
            if time.monotonic() > deadline:
                last = "; ".join(str(letter["Subject"]) for letter in self.letters[-3:])
                raise Failed(f"{self.name} waited in vain for a letter with {' ... '.join(parts)!r}; last came: {last}")
            await asyncio.sleep(LETTER_LOOK_SECONDS)

    def look(self) -> None:
        """Take, and show, what the Maildir holds for this person and was not seen yet."""
        found = [path for path in (self.maildir / "new").glob("*") if path.name not in self._seen]
        for path in sorted(found, key=lambda path: path.stat().st_mtime_ns):
            self._seen.add(path.name)
            mail = message_from_bytes(path.read_bytes(), policy=modern)
            if mail["Delivered-To"] == self.address:
                self.letters.append(mail)
                lines = [line for line in body(mail).splitlines() if line.strip()]
                self.audience.letter(self.name, self.colour, "reads: ", str(mail["Subject"]), lines)


def body(mail: EmailMessage) -> str:
    """The words of a mail."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


async def begun(ready: asyncio.Event, serving: asyncio.Task[None]) -> None:
    """Wait until relaybot is in its places. Raises Failed, or what it ended with when it ends instead."""
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({waiting, serving}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if serving.done():
        serving.result()
    if not ready.is_set():
        raise Failed("relaybot did not come into its places")


async def let_pass(
    bot: Bot, clock: StoryClock, until: datetime, rest: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Move the clock to a moment; whatever is due on the way happens at its own moment, in order.

    `rest` is awaited after each step; by default it waits until relaybot has nothing left to do.
    """
    while True:
        due = bot.office.next_due()
        stop = until if due is None else min(due, until)
        clock.move(stop)
        bot.office.ring()
        await (rest() if rest is not None else settled(bot))
        if stop >= until:
            return


async def flow(bot: Bot, clock: StoryClock, until: datetime, pace: float) -> None:
    """Let the clock run fast to a moment. It waits for relaybot wherever something is due, so that nothing comes late.

    Raises Failed.
    """
    while clock.now() < until:
        due = bot.office.next_due()
        clock.pace(pace)
        await asyncio.sleep(clock.seconds_until(until if due is None else min(due, until)))
        clock.pace(1.0)
        bot.office.ring()
        await settled(bot)


async def settled(bot: Bot, absent: Callable[[], int] = lambda: 0) -> None:
    """Wait until nothing is due, undecided or undelivered, but for `absent()` letters to people who are not there."""
    end = time.monotonic() + QUIET_SECONDS_MAX
    while time.monotonic() < end:
        await asyncio.sleep(0.002)
        if bot.office.idle() and sum(postman.waiting for postman in bot.postmen.values()) <= absent():
            return
    raise Failed("relaybot did not come to rest")
