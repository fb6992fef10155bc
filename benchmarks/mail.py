"""By mail: an enrolment in, its decision committed, the answer out, against a bare loop with the same clients and server.

With 1 and with 50 senders at once, alternating in one run; then a post to 100 readers (mail_post.py), and memory
(mail_memory.py).
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import mail_memory, mail_post
from benchmarks.clients import Figures
from benchmarks.lab import Bot, goal, median, started, table, workshop
from benchmarks.mail_wire import Handing, Sink, stuffed
from tests.servers import free_ports

ROUNDS = 3
SECONDS = 4.0
WARM_UP_SECONDS = 1.5
ANSWER_SECONDS = 30.0
DOMAIN = "lists.lab.test"
LIST = f"peers@{DOMAIN}"
RATIO = 0.7
CONFIGURATION = """\
[relaybot]
database = "relaybot.db"
[programme.tech-peer]
moderators = ["mail/dana@home.test"]
mail = {{ newcomers_per_hour = 10000 }}  # the default, 60, is there to slow down exactly this
[mail]
address = "relaybot@{domain}"
list = {{ tech-peer = "peers@{domain}" }}
receive = {{ lmtp = "127.0.0.1:{lmtp}" }}
send = {{ host = "127.0.0.1", port = {smtp} }}
self_receipt = {receipts}
trusted_authserv = ["mx.lab.test"]
"""
ENROLMENT = (
    "From: Peer {number} <p{number}@home.test>\r\nTo: {to}\r\nSubject: hello, I would like to take part\r\n"
    "Message-ID: <enrol.{number}@home.test>\r\nDate: Sat, 21 Nov 2026 14:05:00 +0000\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    "Good morning,\r\n\r\nmy friend Ana told me about this. I do databases (PostgreSQL, ten years) and I would like\r\n"
    "to learn how people test for accessibility. I live in Lagos and have no chat programs.\r\n\r\n"
    "Regards,\r\nPeer {number}\r\n-- \r\nPeer {number}, Lagos\r\n"
)


@dataclass
class Row:
    """One measurement."""

    per_second: float
    p50_ms: float
    p95_ms: float
    cpu_per_1000: float
    memory_mb: float


Make = Callable[[int, int, Path], AbstractContextManager[Bot]]  # LMTP port, SMTP port, folder


@contextmanager
def bare(lmtp: int, smtp: int, folder: Path) -> Iterator[Bot]:
    """The bare loop."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "benchmarks.mail_bare", str(lmtp), str(smtp), str(folder / "bare.db")]
    with started(command, folder) as bot:
        yield bot


def relaybot(receipts: bool = True) -> Make:
    """The real thing, with our own copies of letters coming back (its default) or without."""

    @contextmanager
    def make(lmtp: int, smtp: int, folder: Path) -> Iterator[Bot]:
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "relaybot.toml"
        told = "true" if receipts else "false"
        config.write_text(CONFIGURATION.format(domain=DOMAIN, lmtp=lmtp, smtp=smtp, receipts=told))
        config.chmod(0o600)
        with started([sys.executable, "-m", "relaybot", "run", "-c", str(config)], folder) as bot:
            yield bot

    return make


@asynccontextmanager
async def running(make: Make, folder: Path) -> AsyncIterator[tuple[Bot, Sink, int]]:
    """A bot between its LMTP port (the last) and a sink."""
    sink, port = Sink(DOMAIN), free_ports(1)[0]
    await sink.start()
    started_bot = make(port, sink.port, folder)
    bot = await asyncio.to_thread(started_bot.__enter__)  # meanwhile the sink has to answer it
    try:
        sink.carry(port)
        yield bot, sink, port
    finally:
        await sink.stop()
        await asyncio.to_thread(started_bot.__exit__, None, None, None)


async def enrol(sink: Sink, handing: Handing, numbers: Iterator[int], figures: list[Figures]) -> None:
    """Enrol one person after another until cancelled; counted in the last of `figures`."""
    for number in numbers:
        sender = f"p{number}@home.test"
        content = stuffed(ENROLMENT.format(number=number, to=LIST).encode())
        answered = sink.next_to(sender)
        began = time.perf_counter()
        await handing.hand(content, sender, LIST)
        async with asyncio.timeout(ANSWER_SECONDS):  # wait_for of Python 3.11 can swallow the cancellation at the end
            await answered
        figures[-1].latencies.append(time.perf_counter() - began)


async def measure(make: Make, folder: Path, senders: int) -> Row:
    """One bot, so many senders at once."""
    async with running(make, folder) as (bot, sink, port):
        numbers, figures = itertools.count(1), [Figures()]
        links = [await Handing.connect(port) for _ in range(senders)]
        tasks = [asyncio.create_task(enrol(sink, link, numbers, figures)) for link in links]
        await asyncio.sleep(WARM_UP_SECONDS)
        found = Figures()
        figures.append(found)
        cpu, began = bot.cpu_seconds(), time.perf_counter()
        await asyncio.sleep(SECONDS)
        found.seconds, used = time.perf_counter() - began, bot.cpu_seconds() - cpu
        memory, answered = bot.memory_mb(), len(found.latencies)
        for task in tasks:
            if task.done():
                task.result()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        per_1000 = used / answered * 1000 if answered else float("nan")
        return Row(answered / found.seconds, found.p50_ms, found.p95_ms, per_1000, memory)


def alternate(makes: Mapping[str, Make], folder: Path, senders: int) -> dict[str, Row]:
    """Measure several bots in turn, some rounds; the medians."""
    found: dict[str, list[Row]] = {name: [] for name in makes}
    for turn, name in itertools.product(range(ROUNDS), makes):
        where = folder / f"{name.replace(' ', '-')}-{senders}-{turn}"
        found[name].append(asyncio.run(measure(makes[name], where, senders)))
    return {
        name: Row(*(median([getattr(row, field) for row in rows]) for field in Row.__dataclass_fields__))
        for name, rows in found.items()
    }


def enrolments(folder: Path) -> None:
    """1 and 50 senders."""
    makes = {"bare loop": bare, "relaybot": relaybot(), "relaybot without receipts": relaybot(receipts=False)}
    rows: list[list[object]] = []
    ratios: dict[tuple[int, str], float] = {}
    for senders in (1, 50):
        found = alternate(makes, folder, senders)
        for name, row in found.items():
            ratio = ratios[senders, name] = row.per_second / found["bare loop"].per_second
            figures = [row.p50_ms, row.p95_ms, row.cpu_per_1000, f"{row.memory_mb:.0f}", ratio]
            rows.append([senders, name, f"{row.per_second:,.0f}", *figures])
    columns = [
        "senders",
        "bot",
        "mails/s",
        "p50 ms",
        "p95 ms",
        "CPU s per 1,000",
        "memory MB",
        "of the bare loop's rate",
    ]
    table("Enrolment by LMTP, decision, answer by SMTP", columns, rows)
    for (senders, name), ratio in ratios.items():
        if name != "bare loop":
            goal(f"{senders} at once, {name}: {ratio:.2f} of the bare loop's rate (at least {RATIO})", ratio >= RATIO)


def run() -> None:
    """Everything."""
    with workshop() as folder:
        enrolments(folder)
        kinds = {"relaybot": relaybot(), "relaybot without receipts": relaybot(receipts=False)}
        mail_post.run(folder, {name: partial(running, make) for name, make in kinds.items()})
        mail_memory.run(folder, partial(running, relaybot()))
