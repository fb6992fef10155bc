"""Twenty pairs swap at the same moment on a network of one line a second: how late does the bell ring?

The real postman and the real IRC adapter write to a real socket, once with their own queue (urgent first, then
personal, then ambient; readers take turns) and once with a first-come queue in its place. When the bell rings, lines
for other people wait already, and more answers come every second. Both run side by side, each on a server of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.irc import Irc, IrcSettings
from adapters.irc_queue import Fair
from adapters.ircd import Server
from benchmarks.lab import goal, table
from relaybot.clock import SystemClock
from relaybot.desk import Programme
from relaybot.model import Letter, Message, Urgency
from relaybot.policy import Policy
from relaybot.postman import Postman
from tests.fakes import nothing_more
from tests.raw_irc import RawIrc

PAIRS = 20
WAITING_ANSWERS = 30  # personal lines for as many people, written just before the bell
WAITING_NEWS = 20  # ambient lines
ARRIVING_SECONDS = 15  # so long one more answer is written each second


class FirstCome(Fair[object]):
    """The queue every other bot has: whoever wrote first goes first."""

    def __init__(self, ranks: int) -> None:
        super().__init__(ranks)
        self._all: deque[tuple[int, str, object]] = deque()

    def __len__(self) -> int:
        return len(self._all)

    def push(self, rank: int, key: str, thing: object) -> None:
        self._all.append((rank, key, thing))

    def give_back(self, rank: int, key: str, thing: object) -> None:
        self._all.appendleft((rank, key, thing))

    def take(self) -> tuple[int, str, object] | None:
        return self._all.popleft() if self._all and not self.is_held(self._all[0][1]) else None

    def release(self, key: str) -> None:
        self._held.pop(key, None)


@dataclass
class Evening:
    """One network, its bot and a listener who hears everything; `came` is when each text came."""

    first_come: bool
    came: dict[str, float] = field(default_factory=dict)
    written: dict[str, float] = field(default_factory=dict)
    serial: int = 0
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, message: Message) -> None:
        """Ear: nothing is said to the bot tonight."""

    def reachable(self, network: str, address: str = "") -> None:  # noqa: ARG002 - the port names them
        """Ear: the network can be reached."""
        self.connected.set()

    def arrived(self, address: str) -> None:
        """Ear: somebody came in."""

    def knows(self, address: str) -> bool:
        """Asked by media that can be invited by strangers."""
        raise AssertionError(address)

    async def bounced(self, address: str, reason: str, *, permanent: bool) -> None:
        """Ear: nothing comes back on IRC."""

    async def left(self, programme: str, letter: int) -> None:
        """Ear: nor copies."""

    async def listen(self, listener: RawIrc) -> None:
        """Note when each line comes."""
        while True:
            line = await listener.read()
            if " PRIVMSG " in line or " NOTICE " in line:
                self.came[line.partition(" :")[2]] = time.perf_counter()
                if len(self.came) == PAIRS + WAITING_NEWS + WAITING_ANSWERS + ARRIVING_SECONDS:
                    self.over.set()

    def write(self, postman: Postman, programme: Programme, to: str, text: str, urgency: Urgency) -> None:
        """A letter of one line, as the office would hand it over after its commit."""
        self.serial += 1
        letter = Letter(programme.name, self.serial, f"irc:bell/{to}", (text,), urgency, datetime.now(UTC))
        self.written[text] = time.perf_counter()
        postman.post(programme, letter)

    async def pass_by(self) -> None:
        """The whole evening."""
        server = Server()
        host, port = await server.start("127.0.0.1", 0)
        listener = await RawIrc.connect(port, "everybody")
        pairs = {f"pair{n}": f"#pair{n}" for n in range(PAIRS)}
        settings = {"host": host, "port": port, "tls": False, "public": pairs, "lines_per_second": 1000.0, "burst": 4}
        adapter = Irc("bell", IrcSettings.model_validate(settings))
        if self.first_come:
            adapter._speaker._queue = FirstCome(4)  # type: ignore[assignment]  # noqa: SLF001 - the one thing compared
        running = asyncio.create_task(adapter.run(self))
        await self.connected.wait()
        listener.send(*(f"JOIN {channel}" for channel in pairs.values()))
        await listener.barrier()
        listening = asyncio.create_task(self.listen(listener))
        adapter._speaker._bucket.per_second = 1.0  # noqa: SLF001 - coming in need not take a minute
        await asyncio.sleep(4.0)  # the burst is there again
        await self.ring(Postman(adapter, SystemClock(), nothing_more, nothing_more), list(pairs.values()))
        await self.over.wait()
        for task in (listening, running):
            task.cancel()
        await asyncio.gather(listening, running, return_exceptions=True)
        await listener.close()
        await server.stop()

    async def ring(self, postman: Postman, channels: list[str]) -> None:
        """What waits already, the bell for everybody at once, and what people still ask meanwhile."""
        programme = Programme("tech-peer", Policy())
        for number in range(WAITING_NEWS):
            self.write(postman, programme, "~everybody", f"news {number}", Urgency.AMBIENT)
        for number in range(WAITING_ANSWERS):
            self.write(postman, programme, "~everybody", f"answer {number}", Urgency.PERSONAL)
        for number, channel in enumerate(channels):
            self.write(postman, programme, channel, f"Swap! {number}", Urgency.URGENT)
        for number in range(ARRIVING_SECONDS):
            await asyncio.sleep(1)
            self.write(postman, programme, "~everybody", f"later answer {number}", Urgency.PERSONAL)

    def late(self, kind: str) -> list[float]:
        """How long lines of a kind took, sorted."""
        return sorted(at - self.written[text] for text, at in self.came.items() if text.startswith(kind))


def run() -> None:
    """Both evenings side by side."""

    async def both() -> tuple[Evening, Evening]:
        ours, theirs = Evening(first_come=False), Evening(first_come=True)
        await asyncio.gather(ours.pass_by(), theirs.pass_by())
        return ours, theirs

    found = asyncio.run(both())
    rows: list[list[object]] = []
    for name, evening in zip(("relaybot", "first come, first served"), found, strict=True):
        for kind in ("Swap!", "answer", "later answer", "news"):
            late = evening.late(kind)
            rows.append([name, kind, len(late), late[len(late) // 2], late[int(len(late) * 0.95) - 1], late[-1]])
    columns = ["queue", "lines", "number", "p50 s", "p95 s", "latest s"]
    waiting = WAITING_ANSWERS + WAITING_NEWS
    table(f"{PAIRS} pairs swap at once, one line a second, {waiting} other lines waiting", columns, rows)
    ours, theirs = (float(str(rows[at][4])) for at in (0, 4))
    least = (PAIRS - 4) / 1.0  # what the network itself allows: a burst of four, then one a second
    goal(
        f"p95 of the bell: {ours:.1f} s, first come {theirs:.1f} s, the network's own limit {least:.0f} s",
        ours < theirs / 2,
    )
