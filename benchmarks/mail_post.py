"""A post to the list, out to 100 readers, against aiosmtplib alone that sends the same mails over one kept connection.

From the moment the post is handed in until the last copy has arrived: it is read, decided and committed in that time,
every copy is written, marked in the database as leaving, and told as sent. What is sent alone is ready when it begins.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.lab import Bot, goal, median, table
from benchmarks.mail_wire import Handing, Sink, stuffed
from relaybot.model import Address, Person, Put, Subscription, Tally
from storage.sqlite import open_store
from tests.needs import ROOT

PROGRAMME = "tech-peer"
LIST = "peers@lists.lab.test"
READERS = 100
POSTS = 7  # alternating with the library; the first of each is not counted
SECONDS = 30.0
POST = (
    "Authentication-Results: mx.lab.test; dmarc=pass header.from=home.test\r\n"
    "From: Reader {number} <r{number}@home.test>\r\nTo: {to}\r\nSubject: number {number}: who knows tracing?\r\n"
    "Message-ID: <post.{number}@home.test>\r\nDate: Sat, 21 Nov 2026 14:05:00 +0000\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    + "Our service became slow last week and none of us can tell which part of it waits for which.\r\n"
    * 12
)

Running = Callable[[Path], AbstractAsyncContextManager[tuple[Bot, Sink, int]]]


async def fill(database: Path) -> None:
    """A programme whose list has a moderator who is no reader, an author who gets no mail, and READERS who get every post."""
    now = datetime.now(UTC)
    store = await open_store(database)
    try:
        for number in range(1, READERS + POSTS + 1):
            at = f"mail/r{number}@home.test"
            person = Person(PROGRAMME, number, f"r{number}", at, "member", since=now, accepted_at=now)
            mode = "each" if number <= READERS else "none"
            records = (person, Address(PROGRAMME, at, number), Subscription(PROGRAMME, at, mode, now))
            await store.commit([tuple(Put(record) for record in records)], [])
        await store.commit([(Put(Tally(PROGRAMME, "person", READERS + POSTS)),)], [])
    finally:
        await store.close()


async def arriving(sink: Sink, began: float) -> float:
    """Seconds from `began` until every reader has one more mail."""
    wanted = [sink.next_to(f"r{number}@home.test") for number in range(1, READERS + 1)]
    async with asyncio.timeout(SECONDS):
        await asyncio.gather(*wanted)
    return sink.last_at - began


async def post(sink: Sink, handing: Handing, number: int) -> float:
    """Hand in a post; seconds until its last copy is there."""
    content = stuffed(POST.format(number=number, to=LIST).encode())
    sink.kept.clear()
    began = time.perf_counter()
    arrival = asyncio.create_task(arriving(sink, began))
    await asyncio.sleep(0)
    await handing.hand(content, f"r{number}@home.test", LIST)
    return await arrival


async def alone(sink: Sink, sender: asyncio.subprocess.Process) -> float:
    """The same from aiosmtplib."""
    assert sender.stdin is not None
    began = time.perf_counter()
    arrival = asyncio.create_task(arriving(sink, began))
    await asyncio.sleep(0)
    sender.stdin.write(b"\n")
    return await arrival


async def measure(running: Running, folder: Path) -> tuple[float, float]:
    """Median seconds of relaybot and of the library, alternating."""
    await fill(folder / "relaybot.db")
    async with running(folder) as (_, sink, port):
        handing = await Handing.connect(port)
        sink.keep = True
        await post(sink, handing, READERS + 1)
        mails = [(sender, recipients[:1], content) for sender, recipients, content in sink.kept]
        (folder / "mails").write_bytes(pickle.dumps(mails))
        command = (sys.executable, "-m", "benchmarks.mail_alone", str(sink.port), str(folder / "mails"))
        pipe = asyncio.subprocess.PIPE
        sender = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
        try:
            assert sender.stdout is not None
            await sender.stdout.readline()
            await alone(sink, sender)
            ours, theirs = [], []
            for number in range(READERS + 2, READERS + POSTS + 1):
                ours.append(await post(sink, handing, number))
                theirs.append(await alone(sink, sender))
        finally:
            sender.kill()
            await sender.wait()
        return median(ours), median(theirs)


def run(folder: Path, kinds: dict[str, Running]) -> None:
    """Each kind of relaybot, by name."""
    rows: list[list[object]] = []
    ratios: dict[str, float] = {}
    for turn, (name, running) in enumerate(kinds.items()):
        where = folder / f"post-{turn}"
        where.mkdir()
        ours, theirs = asyncio.run(measure(running, where))
        ratios[name] = theirs / ours
        rows.append([name, f"{READERS / ours:,.0f}", f"{READERS / theirs:,.0f}", theirs / ours])
    table(f"A post out to {READERS} readers", ["bot", "copies/s", "aiosmtplib alone, copies/s", "ratio"], rows)
    for name, ratio in ratios.items():
        goal(f"{name}: {ratio:.2f} of aiosmtplib alone (at least 0.8)", ratio >= 0.8)
