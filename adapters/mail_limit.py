"""How many mails one address may send: so many at once, and as many again in an hour. More of them have to wait.

Nothing is lost by it: whoever has a mail that is too much keeps it and tries again.
"""

from __future__ import annotations

from collections import OrderedDict

SENDERS_MAX = 10_000  # remembered; who has been silent longest is forgotten first
HOUR_SECONDS = 3600.0


class Limit:
    """A bucket of `per_hour` mails for every address, which fills up evenly; 0: no limit."""

    def __init__(self, per_hour: int) -> None:
        self._per_hour = per_hour
        self._senders: OrderedDict[str, tuple[float, float]] = OrderedDict()  # mails left, and when that was so

    def take(self, address: str, now: float) -> bool:
        """Count a mail of a (folded) address at `now` in seconds; False when it is too much, and then it is not counted."""
        if not self._per_hour:
            return True
        left, since = self._senders.get(address, (float(self._per_hour), now))
        left = min(float(self._per_hour), left + (now - since) * self._per_hour / HOUR_SECONDS)
        allowed = left >= 1.0
        self._senders[address] = (left - 1.0 if allowed else left, now)
        self._senders.move_to_end(address)
        if len(self._senders) > SENDERS_MAX:
            self._senders.popitem(last=False)
        return allowed
