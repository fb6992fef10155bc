"""Where two people's weekly free hours meet, on real dates with their daylight saving, and quiet hours.

Minutes are counted as whole numbers since 1970 inside; datetimes appear only at the edges, because matching asks
these questions for thousands of pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from relaybot.model import Window
from relaybot.times.reading import DAY_MINUTES
from relaybot.times.zones import at_wall, info, local

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_MINUTE = timedelta(minutes=1)
_HOUR = 60
_WEEK = 7 * DAY_MINUTES
_WHOLE_WEEK = (1 << _WEEK) - 1

Interval = tuple[datetime, datetime]


def shared(
    windows_a: Iterable[Window], zone_a: str, windows_b: Iterable[Window], zone_b: str,
    *, start: datetime, days: int, minutes: int,
) -> tuple[Interval, ...]:  # fmt: skip
    """The longest UTC intervals, in order, within `days` x 24 h after `start` in which both are free.

    Only those of at least `minutes` minutes. `start` is rounded up to a whole minute.
    """
    begin = -((_EPOCH - start) // _MINUTE)
    end = begin + days * DAY_MINUTES
    free_a = _free(windows_a, zone_a, begin, end)
    free_b = _free(windows_b, zone_b, begin, end)
    found: list[Interval] = []
    i = j = 0
    while i < len(free_a) and j < len(free_b):
        low = max(free_a[i][0], free_b[j][0], begin)
        high = min(free_a[i][1], free_b[j][1], end)
        if high - low >= max(minutes, 1):
            found.append((_EPOCH + low * _MINUTE, _EPOCH + high * _MINUTE))
        if free_a[i][1] < free_b[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def _free(windows: Iterable[Window], zone: str, begin: int, end: int) -> list[tuple[int, int]]:
    """One person's free time as sorted, joined (from, to) in minutes since 1970, at least from `begin` to `end`."""
    by_day: dict[int, list[Window]] = {}
    for window in windows:
        by_day.setdefault(window.weekday, []).append(window)
    spans: list[tuple[int, int]] = []
    # A clock is at most 14 h from UTC, so the local dates of the period are within one day of the UTC dates.
    first = begin // DAY_MINUTES + _EPOCH_DAY - 1
    before = _midnight_offset(first, zone)
    for ordinal in range(first, end // DAY_MINUTES + _EPOCH_DAY + 2):
        after = _midnight_offset(ordinal + 1, zone)
        # date.toordinal() of a Monday leaves 1 when divided by 7.
        for window in by_day.get((ordinal - 1) % 7, ()):
            if before == after:
                base = (ordinal - _EPOCH_DAY) * DAY_MINUTES - before
                spans.append((base + window.start, base + window.end))
            else:
                day = date.fromordinal(ordinal)
                spans.append((_wall(day, window.start, zone), _wall(day, window.end, zone)))
        before = after
    return _joined(spans)


def _midnight_offset(ordinal: int, zone: str) -> int:
    away = datetime.fromordinal(ordinal).replace(tzinfo=info(zone)).utcoffset()
    return 0 if away is None else away // _MINUTE


def _wall(day: date, minute: int, zone: str) -> int:
    return (at_wall(day, minute, zone) - _EPOCH) // _MINUTE


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted, with overlapping and touching spans made one, and those that daylight saving swallowed left out."""
    spans.sort()
    joined: list[tuple[int, int]] = []
    for low, high in spans:
        if joined and low <= joined[-1][1]:
            if high > joined[-1][1]:
                joined[-1] = (joined[-1][0], high)
        elif low < high:
            joined.append((low, high))
    return joined


def slots(free: Sequence[Interval], zone: str, *, minutes: int = _HOUR, n: int = 3) -> tuple[datetime, ...]:
    """At most `n` moments at which a meeting of `minutes` fits into the intervals, in order.

    They are whole hours on the clock of `zone` (a half hour where an interval holds no whole one), at most two
    on one day, so that the choice is spread over days; only if that gives fewer than `n`, more of the same day.
    """
    starts = [moment for interval in free for moment in _starts(interval, zone, minutes)]
    per_day: dict[date, int] = {}
    chosen: list[datetime] = []
    spare: list[datetime] = []
    for moment in starts:
        day = local(moment, zone).date()
        per_day[day] = per_day.get(day, 0) + 1
        (chosen if per_day[day] <= 2 else spare).append(moment)
        if len(chosen) >= n:
            break
    return tuple(sorted(chosen + spare[: n - len(chosen)]))


def _starts(interval: Interval, zone: str, minutes: int) -> list[datetime]:
    """Whole hours in the interval from which `minutes` are left, never overlapping; else its first half hour."""
    low, high = interval
    wall = local(low, zone).minute
    last = high - minutes * _MINUTE
    whole = low + (-wall % _HOUR) * _MINUTE
    step = -(-minutes // _HOUR) * _HOUR * _MINUTE
    found = [whole + k * step for k in range((last - whole) // step + 1)] if whole <= last else []
    half = low + (-wall % 30) * _MINUTE
    return found or ([half] if half <= last else [])


def week(windows: Iterable[Window], offset: int) -> int:
    """The free minutes of one week as the bits of a number: bit 0 is Monday 00:00 UTC.

    `offset` is what `times.offset` says. For many pairs, make this once a person and count (a & b).bit_count().
    """
    bits = 0
    for window in windows:
        low = (window.weekday * DAY_MINUTES + window.start - offset) % _WEEK
        bits |= ((1 << (window.end - window.start)) - 1) << low
    return (bits & _WHOLE_WEEK) | (bits >> _WEEK)


def waking(moment: datetime, zone: str, quiet: tuple[int, int]) -> datetime:
    """The moment itself (in UTC) if it is outside the quiet hours, else when they end.

    `quiet` is (from, to) in minutes after midnight on the clock of `zone`; it may go over midnight, and equal
    bounds mean no quiet hours.
    """
    low, high = quiet
    wall = local(moment, zone)
    minute = wall.hour * _HOUR + wall.minute
    over_midnight = low > high
    silent = (minute >= low or minute < high) if over_midnight else low <= minute < high
    if not silent:
        return moment.astimezone(UTC)
    day = wall.date() + timedelta(days=1 if over_midnight and minute >= low else 0)
    # Where a clock goes back, the end of the quiet hours may lie an hour behind: then they are over.
    return max(moment.astimezone(UTC), at_wall(day, high, zone))
