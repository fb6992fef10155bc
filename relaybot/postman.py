"""A postman for each network: hands committed letters to the adapter, waits, tries again, gives up.

Letters to one reader leave in the order they were written: while one waits, those behind it wait
too. What a letter claims and whether it has expired is asked right before its first line leaves.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from relaybot.decide import stands
from relaybot.desk import Programme
from relaybot.model import Letter
from relaybot.ports import Adapter, Clock, Delivery

log = logging.getLogger(__name__)

RETRY_SECONDS_MIN = 1.0
RETRY_SECONDS_MAX = 300.0

Settle = Callable[[Programme, Letter, str, str], Awaitable[None]]
Begin = Callable[[Programme, Letter], Awaitable[None]]


def nothing_more() -> Awaitable[None]:
    """The result of settling a letter about which nothing is to be written down."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


@dataclass(slots=True)
class _Reader:
    """One address and the letters that wait for it."""

    queue: deque[tuple[Programme, Letter]] = field(default_factory=deque)
    out: int = 0  # letters with the adapter
    retry: asyncio.TimerHandle | None = None
    tries: int = 0


class Postman:
    """Delivery on one network."""

    def __init__(self, adapter: Adapter, clock: Clock, settle: Settle, begin: Begin) -> None:
        self.adapter = adapter
        self.clock = clock
        self.settle = settle
        self.begin = begin
        self.delivered = 0
        self._readers: dict[str, _Reader] = {}
        self._waiting_told: set[int] = set()
        self._reached = 0  # how often we heard that something can be reached

    @property
    def waiting(self) -> int:
        """Letters not settled yet."""
        return sum(len(reader.queue) + reader.out for reader in self._readers.values())

    def post(self, programme: Programme, letter: Letter) -> None:
        """Take a committed letter; one that is held stays in the outbox until it is written again as free."""
        if letter.held:
            return
        reader = self._readers.get(letter.to)
        if reader is None:
            reader = self._readers[letter.to] = _Reader()
        if reader.retry is not None or reader.queue:
            reader.queue.append((programme, letter))
        else:
            self._hand_over(reader, programme, letter)

    def reachable(self, address: str = "") -> None:
        """Try waiting letters now: of one reader, or of all."""
        self._reached += 1
        for to in [address] if address else list(self._readers):
            reader = self._readers.get(to)
            if reader is not None and reader.queue:
                self._release(to)

    def _hand_over(self, reader: _Reader, programme: Programme, letter: Letter) -> None:
        reader.out += 1
        reached = self._reached

        def still() -> bool:
            row = programme.tables.letters.rows.get(letter.id)
            kept = row is not None and row.to == letter.to  # else it has moved, or its reader was forgotten
            return kept and not self._expired(letter) and stands(programme, letter)

        def settle(outcome: str, reason: str, seconds: float) -> Awaitable[None]:
            # Put off for a reason that has passed in the meantime (just connected): then it need not wait as long.
            soon = outcome == "later" and self._reached != reached
            return self._settled(reader, programme, letter, outcome, reason, RETRY_SECONDS_MIN if soon else seconds)

        def begin() -> Awaitable[None]:
            return self.begin(programme, letter)

        self.adapter.deliver(Delivery(letter, still, settle, begin))

    def _expired(self, letter: Letter) -> bool:
        return letter.expires_at is not None and letter.expires_at <= self.clock.now()

    def _settled(
        self, reader: _Reader, programme: Programme, letter: Letter, outcome: str, reason: str, seconds: float
    ) -> Awaitable[None]:
        reader.out -= 1
        if outcome == "later":
            return self._later(reader, programme, letter, reason, seconds)
        reader.tries = 0
        self._waiting_told.discard(letter.id)
        if outcome == "sent":
            self.delivered += 1
        else:
            log.info("letter %s was not delivered: %s %s", letter.id, outcome, reason)
        done = self.settle(programme, letter, "undeliverable" if outcome == "dropped" else outcome, reason)
        self._tidy(letter.to, reader)
        return done

    def _later(
        self, reader: _Reader, programme: Programme, letter: Letter, reason: str, seconds: float
    ) -> Awaitable[None]:
        """Keep the letter, in its place in the order, and try again after a growing while."""
        if self._expired(letter):
            self._waiting_told.discard(letter.id)
            done = self.settle(programme, letter, "undeliverable", "expired")
            if reader.queue:
                self._plan(reader, letter.to, 0.0)
            return done
        if (letter.receipt or letter.person) and letter.id not in self._waiting_told:
            self._waiting_told.add(letter.id)
            self.settle(programme, letter, "waiting", reason)
        behind = [item for item in reader.queue if item[1].id > letter.id]
        before = [item for item in reader.queue if item[1].id < letter.id]
        reader.queue = deque([*before, (programme, letter), *behind])
        reader.tries += 1
        backoff = min(RETRY_SECONDS_MAX, RETRY_SECONDS_MIN * 2 ** min(reader.tries, 9))
        self._plan(reader, letter.to, max(seconds, backoff) if seconds else min(backoff, 5.0))
        return nothing_more()

    def _plan(self, reader: _Reader, to: str, seconds: float) -> None:
        if reader.retry is None:
            reader.retry = asyncio.get_running_loop().call_later(seconds, self._release, to)

    def _release(self, to: str) -> None:
        """Hand over everything that waits for a reader, in order."""
        reader = self._readers.get(to)
        if reader is None:
            return
        if reader.retry is not None:
            reader.retry.cancel()
            reader.retry = None
        queue, reader.queue = reader.queue, deque()
        reader.out += 1  # the reader stays known while its letters settle one after the other
        for programme, letter in queue:
            self._hand_over(reader, programme, letter)
        reader.out -= 1
        self._tidy(to, reader)

    def _tidy(self, to: str, reader: _Reader) -> None:
        """Forget a reader for whom nothing is left to do."""
        if not reader.queue and not reader.out and reader.retry is None:
            self._readers.pop(to, None)

    def close(self) -> None:
        """Stop all retries; what waits stays in the outbox."""
        for reader in self._readers.values():
            if reader.retry is not None:
                reader.retry.cancel()
