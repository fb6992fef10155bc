"""Moments as a pair reads them: an hour on both clocks, a clock time, minutes counted in words.

`zones` are the clocks of those who read: both in a place of their own, one in private.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from relaybot import times


def span(start: datetime, minutes: int, zones: Sequence[str]) -> str:
    """ "Sat 28 Nov 18:30-19:30 Kolkata = 14:00-15:00 Lagos"; the day is named again where it differs."""
    stop = start + timedelta(minutes=minutes)
    shown: dict[str, list[str]] = {}
    for zone in dict.fromkeys(zones):
        said = f"{times.show(start, zone)}-{times.show_time(stop, zone)}"
        names = shown.setdefault(said, [])
        if times.city(zone) not in names:
            names.append(times.city(zone))
    first_day = times.show_day(start, zones[0]) + " "
    parts = [f"{said} {' and '.join(names)}" for said, names in shown.items()]
    return " = ".join(parts[:1] + [part.removeprefix(first_day) for part in parts[1:]])


def clock(at: datetime, zones: Sequence[str]) -> str:
    """ "18:33", or "18:33 Lisbon = 13:33 Toronto" where the clocks of those who read differ."""
    shown: dict[str, str] = {}
    for zone in zones:
        shown.setdefault(times.show_time(at, zone), times.city(zone))
    if len(shown) == 1:
        return next(iter(shown))
    return " = ".join(f"{said} {name}" for said, name in shown.items())


def minutes(count: int) -> str:
    """ "1 minute", "27 minutes"."""
    return "1 minute" if count == 1 else f"{count} minutes"


def day_word(at: datetime, now: datetime, zone: str) -> str:
    """ "Tomorrow " or "Today " in front of a date, where it is one of them; else ""."""
    days = (times.local(at, zone).date() - times.local(now, zone).date()).days
    return {0: "Today ", 1: "Tomorrow "}.get(days, "")
