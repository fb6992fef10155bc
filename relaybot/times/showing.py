"""Moments as people read them: "Thu 26 Nov 18:00", with the names of all the clocks they concern.

English names are fixed here, so that what is printed never depends on the machine's language and can be read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from relaybot.model import Window
from relaybot.times.freehours import open_end
from relaybot.times.reading import DAY_MINUTES, MONTHS, WEEKDAYS, hhmm
from relaybot.times.zones import city, local


def show_day(moment: datetime | date, zone: str, now: datetime | None = None) -> str:
    """The day as "Thu 26 Nov"; a moment is shown on the clock of `zone`, a date as it is.

    With `now` the year is added where it is not the present one: "Mon 4 Jan 2027".
    """
    day = local(moment, zone).date() if isinstance(moment, datetime) else moment
    year = "" if now is None or local(now, zone).year == day.year else f" {day.year}"
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{year}"


def show_time(moment: datetime, zone: str) -> str:
    """The time as "18:00", the moment on the clock of `zone`."""
    return f"{local(moment, zone):%H:%M}"


def show(moment: datetime, zone: str, now: datetime | None = None) -> str:
    """The moment as "Thu 26 Nov 18:00" on the clock of `zone`; with `now`, the year where it differs: "Mon 4 Jan 2027 18:00"."""
    return f"{show_day(moment, zone, now)} {show_time(moment, zone)}"


def both(moment: datetime, zones: Sequence[str], now: datetime | None = None) -> str:
    """The moment on everybody's clock: "Thu 26 Nov 18:00 Lisbon = 13:00 Toronto".

    The day is named again where it differs; clocks that agree share one time ("17:00 Lagos and Copenhagen").
    """
    cities: dict[str, list[str]] = {}
    for zone in dict.fromkeys(zones):
        names = cities.setdefault(show(moment, zone, now), [])
        if city(zone) not in names:
            names.append(city(zone))
    first_day = show_day(moment, zones[0], now) + " " if zones else ""
    shown = [f"{said} {' and '.join(names)}" for said, names in cities.items()]
    return " = ".join(shown[:1] + [said.removeprefix(first_day) for said in shown[1:]])


def show_hours(windows: Iterable[Window]) -> str:
    """Weekly free hours, shortly: "Thu from 17:30, Sun 08:00-12:00", "Mon-Fri 12:00-15:00"; "" for none.

    "from" is said of hours that begin at noon or later and end where freehours.open_end expects it. What is shown
    is read back by freehours.hours as the same hours.
    """
    days: dict[tuple[int, int], set[int]] = {}
    for window in windows:
        days.setdefault((window.start, window.end), set()).add(window.weekday)
    for span, on in days.items():
        # "any day from 18:00, Sat 08:00-22:00" is easier to read than a list of the six other days.
        if len(on) > 3 and len(wider := on | _within(span, days)) == 7:
            days[span] = wider
    by_first_day = sorted(days.items(), key=lambda item: (min(item[1]), item[0]))
    return ", ".join(f"{_days(on)} {_span(*span)}" for span, on in by_first_day)


def _within(span: tuple[int, int], days: dict[tuple[int, int], set[int]]) -> set[int]:
    return {day for (low, high), on in days.items() if low <= span[0] and span[1] <= high for day in on}


def _span(low: int, high: int) -> str:
    if low >= DAY_MINUTES // 2 and high == open_end(low):
        return f"from {hhmm(low)}"
    return f"{hhmm(low)}-{hhmm(high)}"


def _days(days: set[int]) -> str:
    """{0, 1, 2, 3, 4} -> "Mon-Fri", {1, 3} -> "Tue and Thu", all seven -> "any day"."""
    if len(days) == 7:
        return "any day"
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    said = []
    for run in runs:
        names = [WEEKDAYS[day] for day in run]
        said += [f"{names[0]}-{names[-1]}"] if len(run) > 2 else names
    return " and ".join(said)
