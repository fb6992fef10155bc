"""The promise to applicants: fixed without a record, then learnt from the last ones, never outside its bounds."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relaybot.desk import Desk, Programme
from relaybot.events import Moment
from relaybot.nouns import promises
from tests.play import policy

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
DAY = 24 * 60


def _desk(minutes: list[int]) -> Desk:
    """A programme in which applicants waited so long, the oldest first."""
    desk = Desk(Programme("tech-peer", policy()), Moment(NOW, b"1"))
    for waited in minutes:
        promises.record(desk, NOW - timedelta(minutes=waited))
    return desk


def test_without_a_record_the_promise_is_fixed_and_not_called_usual() -> None:
    """Nineteen decisions are not enough, however quick."""
    desk = _desk([1] * 19)

    assert (promises.days(desk), promises.usual_days(desk)) == (5, 0)
    assert promises.until(desk) == NOW + timedelta(days=5)


def test_the_ninetieth_percentile_is_promised() -> None:
    """Of twenty decisions the eighteenth longest wait is promised, in whole days; "usually" is the middle one."""
    desk = _desk([DAY] * 10 + [2 * DAY] * 7 + [6 * DAY] * 3)

    assert (promises.days(desk), promises.usual_days(desk)) == (6, 1)


def test_the_promise_has_bounds() -> None:
    """However quick or slow they were, the promise stays within what the programme allows."""
    assert promises.days(_desk([5] * 20)) == 3
    assert promises.days(_desk([40 * DAY] * 20)) == 14


def test_only_the_last_ones_count() -> None:
    """Twenty quick ones wash out any slow past."""
    assert promises.days(_desk([13 * DAY] * 30 + [4 * DAY] * 20)) == 4


@given(st.lists(st.integers(0, 60 * DAY), max_size=70))
def test_the_ring_is_the_tail(minutes: list[int]) -> None:
    """What is kept is exactly the last twenty; the promise holds for at least the chosen share of them, or is the longest allowed."""
    desk = _desk(minutes)
    kept = promises.durations(desk)

    assert kept == (sorted(minutes[-20:]) if len(minutes) >= 20 else [])
    days = promises.days(desk)
    assert 3 <= days <= 14
    if kept:
        within = sum(waited <= days * DAY for waited in kept)
        assert days == 14 or within >= math.ceil(0.9 * len(kept))
