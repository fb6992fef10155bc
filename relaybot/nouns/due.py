"""When timers are due: the earliest first, over all programmes.

After a start they can be held back until what was said meanwhile has been heard: a yes that came in time is not too late
because relaybot was away.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from datetime import datetime

from relaybot.desk import Programme
from relaybot.model import Timer


class Timers:
    """The due moments of all that is planned. The tables have the truth: what was moved or taken back is passed over here."""

    def __init__(self, programmes: Mapping[str, Programme]) -> None:
        self._programmes = programmes
        self._heap: list[tuple[datetime, str, tuple[str, str]]] = []
        self._held_until: float | None = None
        self._released = False
        for programme in programmes.values():
            # the keys of the table, not new ones: there may be a hundred thousand
            self._heap += [(t.due, t.programme, k) for k, t in programme.tables.timers.rows.items()]  # type: ignore[misc]
        heapq.heapify(self._heap)

    def remember(self, timer: Timer) -> None:
        """A timer was planned, or comes again."""
        heapq.heappush(self._heap, (timer.due, timer.programme, timer.key))

    def next_due(self) -> datetime | None:
        """When the next one is due."""
        while self._heap:
            due, name, key = self._heap[0]
            programme = self._programmes.get(name)
            timer = programme.tables.timers.rows.get(key) if programme is not None else None
            if timer is not None and timer.due == due:
                return due
            heapq.heappop(self._heap)
        return None

    def late(self, now: datetime) -> bool:
        """Whether one may be due and has not been taken."""
        return bool(self._heap) and self._heap[0][0] <= now

    def take(self, now: datetime, most: int) -> list[tuple[Programme, Timer]]:
        """What is due, earliest first."""
        found: list[tuple[Programme, Timer]] = []
        while self.late(now) and len(found) < most:
            due, name, key = heapq.heappop(self._heap)
            programme = self._programmes.get(name)
            timer = programme.tables.timers.rows.get(key) if programme is not None else None
            if programme is not None and timer is not None and timer.due == due:
                found.append((programme, timer))
        return found

    # ------------------------------------------------------------------------------------- held back

    def hold(self, until: float) -> None:
        """None is taken before `release` and before all that is waiting then was heard, nor later than `until` (real seconds)."""
        self._held_until, self._released = until, False

    def release(self) -> None:
        """Everything that was said meanwhile is in the inbox."""
        self._released = True

    def held(self, now: float, *, unheard: bool) -> float:
        """For how many seconds more none is taken, at the most; 0: they are taken. `unheard`: something waits in the inbox."""
        if self._held_until is None:
            return 0.0
        if now >= self._held_until or (self._released and not unheard):
            self._held_until = None
            return 0.0
        return self._held_until - now
