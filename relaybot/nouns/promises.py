"""The promise to an applicant: by when a person has read it, learnt from how long it took lately.

Durations are kept in a ring of tallies ("answered 0", "answered 1", ... in minutes), so that the
promise costs no look at old applications. Before the ring is full the promise is a fixed number of days.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from relaybot.desk import Desk
from relaybot.model import Tally

_DAY_MINUTES = 24 * 60


def record(desk: Desk, since: datetime) -> None:
    """Remember how long an applicant waited for the first word of a moderator."""
    minutes = max(0, int((desk.now - since).total_seconds() // 60))
    count = _count(desk)
    desk.put(Tally(desk.name, f"answered {count % desk.policy.promise.record}", minutes))
    desk.put(Tally(desk.name, "answered", count + 1))


def _count(desk: Desk) -> int:
    tally = desk.tallies.get("answered")
    return tally.value if tally is not None else 0


def durations(desk: Desk) -> list[int]:
    """The last durations in minutes, shortest first; empty while there are not enough to promise by."""
    size = desk.policy.promise.record
    if _count(desk) < size:
        return []
    found = [desk.tallies.get(f"answered {i}") for i in range(size)]
    kept = sorted(tally.value for tally in found if tally is not None)
    return kept if len(kept) == size else []


def days(desk: Desk) -> int:
    """How many days are promised now."""
    settings = desk.policy.promise
    kept = durations(desk)
    if not kept:
        return settings.first_days
    # The smallest duration that is not exceeded by the chosen share of all.
    rank = max(1, math.ceil(len(kept) * settings.percentile / 100))
    found = math.ceil(kept[rank - 1] / _DAY_MINUTES)
    return min(max(found, settings.min_days), settings.max_days)


def usual_days(desk: Desk) -> int:
    """Within how many days half of the last ones were read; 0 without a record to say so from."""
    kept = durations(desk)
    if not kept:
        return 0
    return max(1, math.ceil(kept[(len(kept) - 1) // 2] / _DAY_MINUTES))


def until(desk: Desk) -> datetime:
    """The moment promised to somebody who hands in now."""
    return desk.now + timedelta(days=days(desk))
