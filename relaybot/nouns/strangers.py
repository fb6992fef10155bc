"""Strangers who mail: their addresses may be forged, and theirs who know nothing of us, so few of them are answered.

An address once a day, and all together no more than so many in a day: a flood of made-up senders neither makes us
write to as many people nor is remembered for long.
"""

from __future__ import annotations

from datetime import timedelta

from relaybot.desk import Desk
from relaybot.model import Tally

ANSWERED = "stranger-answered"  # timer: this address was answered lately
SEEN = "strangers by mail"
DAY_SECONDS = 86_400
COUNT = 1_000_000  # a tally holds the day and how many were answered in it


def may_answer(desk: Desk, address: str) -> bool:
    """Whether this address is answered now; if so, that is counted."""
    if desk.timers.get((ANSWERED, address)) is not None:
        return False
    day = int(desk.now.timestamp()) // DAY_SECONDS
    tally = desk.tallies.get(SEEN)
    before = tally.value % COUNT if tally is not None and tally.value // COUNT == day else 0
    if before >= desk.policy.mail.newcomers_per_hour * 24:
        return False
    desk.put(Tally(desk.name, SEEN, day * COUNT + before + 1))
    desk.plan(ANSWERED, address, desk.now + timedelta(hours=24))
    return True
