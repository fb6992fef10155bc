"""Who gets the next line: a token bucket for the pace, and a queue that is fair between recipients.

Pure: time is an argument (seconds of any monotonic clock). A network lets a bot say about one line a second,
so what people feel is the order: urgent before personal before ambient, and within a class each in turn.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Bucket:
    """`burst` lines at once, then `per_second`; 0 per second means: no pacing at all."""

    def __init__(self, burst: int, per_second: float) -> None:
        self.burst = float(max(1, burst))
        self.per_second = per_second
        self._left = self.burst
        self._at = float("-inf")

    def wait_seconds(self, now: float) -> float:
        """Seconds until a line may leave; 0.0: now."""
        if not self.per_second:
            return 0.0
        self._fill(now)
        return 0.0 if self._left >= 1.0 - 1e-6 else (1.0 - self._left) / self.per_second

    def take(self, now: float) -> None:
        """A line leaves. It may leave too early (an answer to PING cannot wait): later ones then wait longer."""
        if self.per_second:
            self._fill(now)
            self._left -= 1.0

    def _fill(self, now: float) -> None:
        if now > self._at:
            gained = (now - self._at) * self.per_second
            self._left = min(self.burst, self._left + gained)
            self._at = now


class Fair(Generic[T]):
    """Things waiting for recipients (`key`), by `rank` (0 goes first); within a rank recipients take turns.

    A key can be held while something about it is being found out: its things wait, everybody else's go on.
    """

    def __init__(self, ranks: int) -> None:
        self._turns: list[deque[str]] = [deque() for _ in range(ranks)]
        self._waiting: list[dict[str, deque[T]]] = [{} for _ in range(ranks)]
        self._held: dict[str, list[int]] = {}  # key -> ranks in which its turn came while it was held
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def push(self, rank: int, key: str, thing: T) -> None:
        """Add behind everything that waits for this recipient in this rank."""
        self._line(rank, key).append(thing)
        self._size += 1

    def give_back(self, rank: int, key: str, thing: T) -> None:
        """Put what was taken before everything else of this recipient: it is not finished."""
        self._line(rank, key).appendleft(thing)
        self._size += 1

    def _line(self, rank: int, key: str) -> deque[T]:
        line = self._waiting[rank].get(key)
        if line is None:
            line = self._waiting[rank][key] = deque()
            self._turns[rank].append(key)
        return line

    def take(self) -> tuple[int, str, T] | None:
        """The next thing, as (rank, key, thing); None when nothing may go now."""
        for rank, turns in enumerate(self._turns):
            while turns:
                key = turns.popleft()
                if key in self._held:
                    self._held[key].append(rank)
                    continue
                line = self._waiting[rank][key]
                thing = line.popleft()
                if line:
                    turns.append(key)
                else:
                    del self._waiting[rank][key]
                self._size -= 1
                return rank, key, thing
        return None

    def hold(self, key: str) -> None:
        """Let this recipient's things wait."""
        self._held.setdefault(key, [])

    def release(self, key: str) -> None:
        """Let them go on; whoever missed a turn is next."""
        for rank in self._held.pop(key, ()):
            self._turns[rank].appendleft(key)

    def is_held(self, key: str) -> bool:
        return key in self._held

    def drain(self) -> list[T]:
        """Everything that waits, emptied."""
        things = [thing for waiting in self._waiting for line in waiting.values() for thing in line]
        self.__init__(len(self._turns))  # type: ignore[misc]
        return things
