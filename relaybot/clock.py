"""Clocks: the system's, and a faster one for rehearsals. Both count in whole milliseconds and never go back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Real time. A system clock that is set back stands still here until it has caught up."""

    def __init__(self) -> None:
        self._last = datetime.fromtimestamp(0, UTC)

    def now(self) -> datetime:
        """Aware UTC, whole milliseconds."""
        now = datetime.now(UTC)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._last = max(self._last, now)
        return self._last

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds until `moment`; 0 when it has passed."""
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())


class FastClock:
    """A rehearsal's time: starts at a given moment and runs `speed` times as fast as real time."""

    def __init__(self, start: datetime, speed: float) -> None:
        if not 0 < speed <= 100_000:
            raise ValueError("speed is a number above 0 and up to 100,000")
        self.start = start.astimezone(UTC)
        self.speed = speed
        self._zero = time.monotonic()

    def now(self) -> datetime:
        """Aware UTC, whole milliseconds."""
        passed = timedelta(seconds=(time.monotonic() - self._zero) * self.speed)
        now = self.start + passed
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds until this clock shows `moment`."""
        return max(0.0, (moment - self.now()).total_seconds() / self.speed)
