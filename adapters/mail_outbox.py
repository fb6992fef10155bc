"""The outbox of mail: letters wait in order for each reader, urgent ones first between readers, a few leave at a time.

What became of a letter is told once. A letter whose fate nobody knows (the connection died after its last byte,
or we crashed) is "unsure": it waits for our own copy of it to come in, and is sent again, identical, if none does.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import IO, Protocol

from relaybot.model import Letter
from relaybot.ports import Delivery, Misconfigured, StoreFailed, TryLater, Undeliverable

log = logging.getLogger(__name__)

MAX_WAITING = 50_000  # letters in here; more are the postman's
MAX_REMEMBERED = 10_000  # receipts that came for letters not waiting, and letters known not to have left
BACKOFF_SECONDS_MIN = 1.0
BACKOFF_SECONDS_MAX = 30.0  # it is usually our own server: half a minute after it is back, letters leave
DOWN_SECONDS = 30.0
TOGETHER = 8  # letters made ready at once by one connection; after a crash it is unknown whether these arrived
UNSURE_SECONDS = 60.0  # without receipts an unsure letter is sent again after this
STOP_SECONDS = 3.0  # for what is on its way when relaybot ends
RANKS = 3
Id = tuple[str, int]  # programme, letter
Compose = Callable[[Letter], Awaitable["Parcel"]]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter ready to leave."""

    data: IO[bytes]  # the mail, lines ended by CRLF; a large one lies on disk
    sender: str  # envelope sender (VERP)
    to: str
    receipt: str  # our own second recipient, "" for none
    name: str  # the same for the same letter, fit for a file
    repeated: bool  # it may have left before


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one attempt.

    "sent", "dropped" (no longer wanted), "undeliverable", "later" (this letter), "down" (nothing can be sent at
    all now), "unsure" (nobody knows).
    """

    outcome: str
    reason: str = ""
    seconds: float = 0.0


class Route(Protocol):
    """A way out: one connection, or a folder."""

    async def check(self) -> None:
        """Connect, if that is needed. Raises Misconfigured, or OSError for what may pass."""

    async def send(self, parcel: Parcel, still: Callable[[], bool]) -> Fate:
        """Send one; asks `still` right before the first line leaves. Raises nothing but CancelledError."""

    async def close(self) -> None:
        """Finish; another `send` connects again."""


@dataclass(slots=True, eq=False)
class Job:
    """A letter in here."""

    delivery: Delivery
    reader: str
    over: bool = False
    timer: asyncio.TimerHandle | None = None  # runs while the letter is unsure

    @property
    def id(self) -> Id:
        """Which letter it is."""
        return (self.delivery.letter.programme, self.delivery.letter.id)

    @property
    def rank(self) -> int:
        """0 goes first."""
        return RANKS - 1 - min(max(int(self.delivery.letter.urgency), 0), RANKS - 1)


class Lines:
    """Who is next: each reader's letters in order, one at a time; readers take turns, those with urgent ones first."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Job]] = {}
        self._turns: list[OrderedDict[str, None]] = [OrderedDict() for _ in range(RANKS)]
        self._busy: set[str] = set()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def push(self, job: Job) -> None:
        """Behind everything that waits for this reader."""
        self._lines.setdefault(job.reader, deque()).append(job)
        self._size += 1
        if job.reader not in self._busy:
            self._turns[job.rank].setdefault(job.reader)

    def take(self) -> Job | None:
        """The next letter; its reader gets no other one until `done`."""
        for turns in self._turns:
            if turns:
                reader, _ = turns.popitem(last=False)
                for others in self._turns:
                    others.pop(reader, None)
                self._busy.add(reader)
                self._size -= 1
                return self._lines[reader].popleft()
        return None

    def done(self, reader: str) -> None:
        """The reader's letter is settled: the next may go."""
        self._busy.discard(reader)
        line = self._lines.get(reader)
        if not line:
            self._lines.pop(reader, None)
            return
        for rank in {job.rank for job in line}:
            self._turns[rank].setdefault(reader)

    def drain(self, reader: str) -> list[Job]:
        """Everything that waits for one reader, in order, taken out."""
        line = self._lines.get(reader)
        jobs = list(line) if line else []
        if line:
            line.clear()
        self._size -= len(jobs)
        for turns in self._turns:
            turns.pop(reader, None)
        if reader not in self._busy:
            self._lines.pop(reader, None)
        return jobs

    def readers(self) -> list[str]:
        """For whom something waits."""
        return [reader for reader, line in self._lines.items() if line]


@dataclass(slots=True)
class Pace:
    """At most so many mails a minute, evenly; 0: as they come."""

    per_minute: float
    next_at: float = 0.0

    def wait_seconds(self, now: float) -> float:
        """Take a turn; seconds until it has come."""
        if not self.per_minute:
            return 0.0
        at = max(now, self.next_at)
        self.next_at = at + 60.0 / self.per_minute
        return at - now


class Outbox:
    """Takes deliveries, sends them over `routes`, settles them; an attempt never raises.

    `compose` makes a parcel of a letter; the same letter makes the same parcel. `receipts`: our own copies come
    in, and an unsure letter waits `receipt_seconds` for one. `connected` is told when sending works (again), `left`
    of letters that a copy proves to have left: the letter may be with the postman, or its fate not written down yet.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        compose: Compose,
        connected: Callable[[], None],
        left: Callable[[Id], Awaitable[None]],
        *,
        per_minute: float = 0.0,
        receipts: bool = False,
        receipt_seconds: float = 600.0,
    ) -> None:
        self._routes, self._compose, self._connected, self._left = routes, compose, connected, left
        self._pace = Pace(per_minute)
        self._receipts, self._receipt_seconds = receipts, receipt_seconds
        self.trouble = "not connected yet"  # "" while sending works; the core knows by these words that all of it waits
        self.sent = 0
        self._jobs: dict[Id, Job] = {}  # everything not settled
        self._lines = Lines()
        self._received: OrderedDict[Id, None] = OrderedDict()  # receipts of letters that are not in here
        self._unsent: OrderedDict[Id, None] = OrderedDict()  # marked as tried, but known not to have left
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Future[None]] = set()
        self._down = asyncio.Event()
        self._downs = 0  # in a row, without a letter sent between
        self._worked = self._stopping = False

    # ---------------------------------------------------------------------------------------- taking in

    def post(self, delivery: Delivery, reader: str) -> None:
        """Take a letter to `reader` (a folded address); it is settled when its fate is known."""
        job = Job(delivery, reader)
        if job.id in self._received:
            del self._received[job.id]
            self._soon(job, Fate("sent"))
        elif self.trouble:
            self._soon(job, Fate("later", self.trouble, DOWN_SECONDS))
        elif len(self._jobs) >= MAX_WAITING:
            self._soon(job, Fate("later", "too many letters wait", 1.0))
        else:
            self._jobs[job.id] = job
            if self._receipts and job.delivery.letter.tried_at is not None and job.id not in self._unsent:
                self._hold(job)
            else:
                self._queue(job)

    def refuse(self, delivery: Delivery, outcome: str, reason: str) -> None:
        """Settle a letter that can never leave; not before `deliver` has returned."""
        self._soon(Job(delivery, ""), Fate(outcome, reason))

    def _soon(self, job: Job, fate: Fate) -> None:
        asyncio.get_running_loop().call_soon(self._settle, job, fate)

    @property
    def waiting(self) -> int:
        """Letters not settled yet."""
        return len(self._jobs)

    @property
    def unsure(self) -> int:
        """Letters of which nobody knows whether they arrived."""
        return sum(job.timer is not None for job in self._jobs.values())

    async def received(self, id_: Id) -> None:
        """Our own copy of a letter came in: the mail server has it. Done when that is written down."""
        job = self._jobs.get(id_)
        if job is not None:
            await asyncio.shield(self._settle(job, Fate("sent")))
        else:
            _remember(self._received, id_)
        await self._left(id_)  # the copy is gone once we have acknowledged it

    # --------------------------------------------------------------------------------------- going out

    async def run(self) -> None:
        """Send until cancelled; then what is on its way gets a moment. Raises Misconfigured."""
        workers = [asyncio.create_task(self._work(route)) for route in self._routes]
        try:
            while True:
                await self._connect()
                await self._down.wait()
                # A server that takes connections and no letters is not asked again and again.
                self._downs = min(self._downs + 1, 10)
                await asyncio.sleep(_backoff(self._downs - 1))
        finally:
            self.trouble, self._stopping = "not connected: relaybot is stopping", True
            self._wake.set()
            await asyncio.wait(workers, timeout=STOP_SECONDS)
            for task in [*workers, *self._tasks]:
                task.cancel()
            await asyncio.gather(*workers, *self._tasks, return_exceptions=True)
            for job in self._jobs.values():
                if job.timer is not None:
                    job.timer.cancel()
            for route in self._routes:
                await route.close()

    async def _connect(self) -> None:
        """Until sending works. A configuration that worked once is not wrong later: then a refusal may pass."""
        failures = 0
        while True:
            try:
                await self._routes[0].check()
                break
            except Misconfigured as problem:
                if not self._worked:
                    raise
                self.trouble = f"not connected: {problem}"
            except OSError as problem:
                self.trouble = f"not connected: {str(problem) or type(problem).__name__}"
            seconds = _backoff(failures)
            failures = min(failures + 1, 10)
            log.warning("mail cannot be sent: %s; next try in %.1f s", self.trouble, seconds)
            await asyncio.sleep(seconds)
        self._worked = True
        self._down.clear()
        self.trouble = ""
        self._wake.set()
        self._connected()

    async def _work(self, route: Route) -> None:
        while not self._stopping:
            jobs = self._take()
            if not jobs:
                self._wake.clear()
                await self._wake.wait()
                continue
            # Words alone are made ready together, so that one commit writes down that all of them are about to leave.
            ready = [None if job.delivery.letter.files else asyncio.create_task(self._ready(job)) for job in jobs]
            try:
                for job, task in zip(jobs, ready, strict=True):
                    await self._one(route, job, task)
            finally:
                for task in filter(None, ready):
                    task.cancel()

    def _take(self) -> list[Job]:
        """What one connection sends next: its share of what waits, a few at most, so that an urgent one waits for few."""
        most = 1 if self._pace.per_minute else max(1, min(TOGETHER, len(self._lines) // len(self._routes)))
        jobs: list[Job] = []
        while not self.trouble and len(jobs) < most and (job := self._lines.take()) is not None:
            jobs.append(job)
        return jobs

    async def _ready(self, job: Job) -> Parcel | None:
        """A letter made, and written down as about to leave; None when it is settled instead."""
        try:
            if seconds := self._pace.wait_seconds(asyncio.get_running_loop().time()):
                await asyncio.sleep(seconds)
            if job.over or not job.delivery.still():
                self._settle(job, Fate("dropped"))
                return None
            return await self._composed(job)
        except Undeliverable as problem:
            self._settle(job, Fate("undeliverable", str(problem)))
        except TryLater as problem:
            self._later(job, Fate("later", str(problem), problem.seconds))
        except StoreFailed as problem:
            self._later(job, Fate("later", f"it cannot be written down: {problem.kind}", 5.0))
        except Exception:  # a bug over one letter must not stop the others
            log.exception("letter %s could not be written", job.delivery.letter.id)
            self._settle(job, Fate("undeliverable", "relaybot could not write this letter"))
        return None

    async def _composed(self, job: Job) -> Parcel:
        parcel = await self._compose(job.delivery.letter)
        try:
            await job.delivery.begin()
        except BaseException:  # nobody else knows the file yet
            parcel.data.close()
            raise
        return parcel

    async def _one(self, route: Route, job: Job, ready: asyncio.Task[Parcel | None] | None) -> None:
        """One attempt at one letter."""
        try:
            parcel = await (ready or self._ready(job))
            if parcel is not None:
                with parcel.data:
                    self._tried(job, await self._send(route, job, parcel))
        except Exception:  # the same
            log.exception("letter %s could not be sent", job.delivery.letter.id)
            self._settle(job, Fate("undeliverable", "relaybot could not send this letter"))
        finally:
            self._lines.done(job.reader)
            self._wake.set()

    async def _send(self, route: Route, job: Job, parcel: Parcel) -> Fate:
        if self._down.is_set():  # since it was made ready
            return Fate("later", self.trouble, DOWN_SECONDS)
        return await route.send(parcel, lambda: not job.over and job.delivery.still())

    def _tried(self, job: Job, fate: Fate) -> None:
        if fate.outcome in ("later", "down"):
            _remember(self._unsent, job.id)
            self._later(job, fate)
        elif fate.outcome == "unsure" and self._receipts:
            self._hold(job)
        elif fate.outcome == "unsure":
            self._later(job, Fate("later", fate.reason, UNSURE_SECONDS))
        else:
            if fate.outcome == "sent":
                self.sent += 1
                self._downs = 0
            self._settle(job, fate)

    # -------------------------------------------------------------------------------------------- fates

    def _later(self, job: Job, fate: Fate) -> None:
        """Back to the postman, with everything behind it: order is kept. When nothing can be sent, everything."""
        behind = self._lines.drain(job.reader)
        if fate.outcome == "down" and not self.trouble:
            self.trouble = f"not connected: {fate.reason}"
            self._down.set()
            behind += [other for reader in self._lines.readers() for other in self._lines.drain(reader)]
        later = Fate("later", self.trouble or fate.reason, fate.seconds)
        for one in [job, *behind]:
            self._settle(one, later)

    def _hold(self, job: Job) -> None:
        """Unsure: wait for our own copy. Letters behind it go on; an hour that begins is not kept waiting by it."""
        if job.over:
            return
        log.info("letter %s may have left; waiting for our own copy of it", job.delivery.letter.id)
        job.timer = asyncio.get_running_loop().call_later(self._receipt_seconds, self._again, job)

    def _again(self, job: Job) -> None:
        job.timer = None
        log.info("no copy of letter %s came; it is sent again, identical", job.delivery.letter.id)
        self._queue(job)

    def _queue(self, job: Job) -> None:
        if self.trouble:
            self._settle(job, Fate("later", self.trouble, DOWN_SECONDS))
            return
        self._lines.push(job)
        self._wake.set()

    def _settle(self, job: Job, fate: Fate) -> asyncio.Future[None]:
        """Tell a letter's fate, once. The result is done when it is written down, which nobody has to wait for."""
        if job.over:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done
        job.over = True
        if job.timer is not None:
            job.timer.cancel()
            job.timer = None
        if self._jobs.get(job.id) is job:
            del self._jobs[job.id]
        if fate.outcome != "later":
            self._unsent.pop(job.id, None)
        written = asyncio.ensure_future(job.delivery.settle(fate.outcome, fate.reason, fate.seconds))
        self._tasks.add(written)
        written.add_done_callback(self._written)
        return written

    def _written(self, written: asyncio.Future[None]) -> None:
        self._tasks.discard(written)
        if not written.cancelled() and (problem := written.exception()) is not None:
            log.error("the fate of a letter could not be written down: %s", problem)


def _backoff(failures: int) -> float:
    most = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS_MIN * 2.0**failures)
    return most * random.uniform(0.5, 1.0)  # noqa: S311


def _remember(memory: OrderedDict[Id, None], id_: Id) -> None:
    memory[id_] = None
    memory.move_to_end(id_)
    if len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)
