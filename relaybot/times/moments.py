"""One moment, day or length of time as people write it: "thu 19:00", "3 dec 18:30", "in 2h", "4 jan", "2 weeks".

Nothing is guessed that could silently be wrong: 01/12 and a day without a time are asked back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from relaybot.times.reading import DAY_MINUTES, LONG_DAYS, MONTH, MONTHS, WEEKDAY, NotUnderstood, clock, fold, quote
from relaybot.times.zones import at_wall, local
from relaybot.times.zones import zone as zone_of

_MOST_AT_ONCE = 20  # moments in one comma list
_LONGEST_DAYS = 3660  # ten years: nothing here is planned further ahead
_UNITS: dict[str, timedelta] = {
    name: length
    for names, length in (
        ("m min mins minute minutes", timedelta(minutes=1)),
        ("h hr hrs hour hours", timedelta(hours=1)),
        ("d day days", timedelta(days=1)),
        ("w wk wks week weeks", timedelta(weeks=1)),
        ("month months", timedelta(days=30)),
    )
    for name in names.split()
}
_AMOUNT = re.compile(r" ?(?:and )?([0-9]{1,6}|an?\b|half an|one|two|three) ?([a-z]+|(?=$| ))")
_COUNTS = {"a": 1.0, "an": 1.0, "half an": 0.5, "one": 1.0, "two": 2.0, "three": 3.0}
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:t(?=[0-9]))?")
_SLASHED = re.compile(r"[0-9]{1,4}/[0-9]{1,2}|[0-9]{1,2}\.[0-9]{1,2}\.|[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}")
_DAY_MONTH = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?\.? ?(?:of )?([a-z]{3,9})\b\.?(?: ([0-9]{4})\b(?!:))?")
_MONTH_DAY = re.compile(r"([a-z]{3,9})\b\.? ([0-9]{1,2})(?:st|nd|rd|th)?\b(?![:.][0-9])(?: ([0-9]{4})\b(?!:))?")
_WORD = re.compile(r"[a-z]+")
_FILLER = frozenset(("on", "at", "the", "this", "next", "of"))


@dataclass(slots=True)
class _Said:
    """What was found in one text; a date is complete, or day and month, or a weekday, or an offset from today."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    ahead: int | None = None  # days after today
    length: timedelta | None = None  # "in 2h"
    minute: int | None = None
    rest: str = ""  # a zone, or what was not understood

    @property
    def dated(self) -> bool:
        return self.day is not None or self.weekday is not None or self.ahead is not None


def _read(text: str) -> _Said:
    """Takes dates and times from the front of the text; the rest is left for a zone."""
    if _SLASHED.search(text):
        raise NotUnderstood(f"{quote(text)} can mean two different days. Please say 1 dec or 2026-12-01.")
    said = _Said()
    at = 0
    while at < len(text):
        step = _date(text, at, said) or _clock(text, at, said)
        if not step:
            word = _WORD.match(text, at)
            if not (text[at] in " ," or (word and word[0] in _FILLER)):
                break
            step = len(word[0]) if word else 1
        at += step
    said.rest = text[at:].strip(" .")
    return said


def _clock(text: str, at: int, said: _Said) -> int:
    found = clock(text, at)
    if found is None or found.bare or said.minute is not None:
        return 0
    said.minute = found.minute
    return found.end - at


def _date(text: str, at: int, said: _Said) -> int:
    """Reads one way of naming a day at `at` into `said`; returns how many characters it took, 0 for none."""
    if text.startswith("in ", at) and not said.dated and said.length is None:
        length, end = _length(text, at + 3)
        if length is not None:
            _sensible(length)
            if "h" in text[at + 3 : end] or "m" in text[at + 3 : end]:
                said.length = length
            else:  # days and weeks keep the time of day, also when the clock changes in between
                said.ahead = length.days
            return end - at
    iso = _ISO.match(text, at)
    if iso and said.day is None:
        said.year, said.month, said.day = (int(part) for part in iso.groups())
        return iso.end() - at
    for pattern, day, month in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1)):
        found = pattern.match(text, at)
        if found and found[month] in MONTH and said.day is None:
            said.day, said.month = int(found[day]), MONTH[found[month]]
            said.year = int(found[3]) if found[3] else None
            return found.end() - at
    word = _WORD.match(text, at)
    name = word[0] if word else ""
    if name in WEEKDAY and said.weekday is None:
        said.weekday = WEEKDAY[name]
        return len(name)
    if name in ("today", "tonight", "tomorrow") and said.ahead is None:
        said.ahead = int(name == "tomorrow")
        return len(name)
    return 0


def _length(text: str, at: int) -> tuple[timedelta | None, int]:
    """The length of time that begins at `at` ("2h", "1h30", "3 days"), None if none, and where it ends."""
    total, minutes_next = timedelta(0), False
    start = at
    while True:
        found = _AMOUNT.match(text, at)
        if found is None:
            break
        unit = _UNITS.get(found[2]) or (timedelta(minutes=1) if minutes_next and not found[2] else None)
        if unit is None:
            break
        total += unit * (_COUNTS.get(found[1]) or float(found[1]))
        minutes_next = unit == timedelta(hours=1)  # the 30 of "1h30"
        at = found.end()
    return (total if at > start else None), at


def duration(text: str) -> timedelta:
    """Reads "2d", "20m", "1h30", "90 minutes", "2 weeks"; a month is 30 days. Raises NotUnderstood, also above ten years."""
    folded = fold(text).removeprefix("for ").strip(" .")
    length, end = _length(folded, 0)
    if length is None or end < len(folded):
        raise NotUnderstood(
            f"I don't understand {quote(text)} as a length of time. Please say it like 20m, 2h or 3 days."
        )
    return _sensible(length)


def _sensible(length: timedelta) -> timedelta:
    if not timedelta(0) < length <= timedelta(days=_LONGEST_DAYS):
        raise NotUnderstood("That must be longer than nothing and shorter than ten years, e.g. 20m, 2h or 3 days.")
    return length


def span(text: str) -> tuple[int, int]:
    """Quiet hours "21:00-08:00" as minutes after midnight, each 0..1439; they may go over midnight.

    Numbers are read on the 24-hour clock unless am or pm is said. Raises NotUnderstood.
    """
    folded = fold(text).removeprefix("from ")
    low = clock(folded)
    rest = folded[low.end :].strip() if low else ""
    joiner = re.match(r"- ?|(?:to|till|until) ", rest)
    high = clock(rest, joiner.end()) if joiner else None
    if low is None or high is None or rest[high.end :].strip(" ."):
        raise NotUnderstood(f"I don't understand {quote(text)} as hours of a day. Please say it like 21:00-08:00.")
    return low.minute % DAY_MINUTES, high.minute % DAY_MINUTES


def when(text: str, now: datetime, zone: str) -> datetime:
    """The UTC moment a person in `zone` means at `now`, always after `now` ("thu 19:00" is the next such one).

    A zone or city may follow. "in 2h" is whole minutes from now. Raises NotUnderstood, also for what is past.
    """
    folded = re.sub(r"(?<=[0-9])z$", " z", fold(text))  # 2026-12-03T18:30Z
    return _moment(_complete(folded, _read(folded)), folded, now, zone, None)


def whens(text: str, now: datetime, zone: str) -> tuple[datetime, ...]:
    """The moments of a list "mon 19:00, tue 18:30"; a time alone ("thu 19:00, 20:00") is on the day before it.

    Raises NotUnderstood, also for more than 20.
    """
    pieces = [piece.strip() for piece in re.split(r"[,;]| (?:or|and) ", fold(text, 1000)) if piece.strip()]
    if not 0 < len(pieces) <= _MOST_AT_ONCE:
        raise NotUnderstood("Please give one to twenty times with commas between them, e.g. mon 19:00, tue 18:30.")
    found: list[datetime] = []
    day: date | None = None
    for piece in pieces:
        said = _complete(piece, _read(piece))
        found.append(_moment(said, piece, now, zone, day))
        day = local(found[-1], _where(said, zone)).date() if said.dated else day
    return tuple(found)


def _complete(text: str, said: _Said) -> _Said:
    """The same, once it is sure that a time of day was said and the rest is nothing or a zone."""
    if said.minute is None and said.length is None and not (said.ahead and text.startswith("in ")):
        if said.dated and (not said.rest or said.rest.isdigit()):
            raise NotUnderstood("I need a time too, e.g. fri 18:30.")
        raise NotUnderstood(f"I don't understand {quote(text)} as a time. Please say it like thu 19:00 or in 2h.")
    if said.minute is not None and (said.length is not None or clock(said.rest) is not None):
        raise NotUnderstood(f"I read two times in {quote(text)}. Please say one, e.g. thu 19:00 or in 2h.")
    return said


def _moment(said: _Said, text: str, now: datetime, zone: str, day: date | None) -> datetime:
    where = _where(said, zone)
    if said.length is not None:
        return (now + _sensible(said.length)).astimezone(UTC).replace(second=0, microsecond=0)
    clock_now = local(now, where)
    minute = clock_now.hour * 60 + clock_now.minute if said.minute is None else said.minute
    days = [day] if day is not None and not said.dated else _days(said, clock_now.date(), text)
    for candidate in days:
        moment = at_wall(candidate, minute, where)
        if moment > now:
            return moment
    raise NotUnderstood(f"{quote(text)} is past already. Please name a time to come, e.g. tomorrow 19:00.")


def _where(said: _Said, zone: str) -> str:
    """The zone named after the time ("toronto", "lisbon time", "+02:00"), else the person's own."""
    rest = said.rest.removeprefix("in ").removesuffix(" time")
    if rest in ("", "my", "local", "my local", "here"):
        return zone
    return zone_of(f"utc{rest}" if rest[0] in "+-" else rest)


def _days(said: _Said, today: date, text: str) -> list[date]:
    """The days that may be meant, in order; the first at which the time is still to come will be taken."""
    if said.day is not None and said.month is not None:
        years = [said.year] if said.year is not None else list(range(today.year, today.year + 9))
        days = [day for year in years if (day := _real(year, said.month, said.day)) is not None]
        if not days:
            raise NotUnderstood(f"There is no such day as {quote(text)}. Please say it like 3 dec 18:30.")
        days = [day for day in days if day >= today][: 1 + (said.year is None)] or days[-1:]
        right, days = days[0], [day for day in days if said.weekday in (None, day.weekday())]
        if not days:
            raise NotUnderstood(
                f"The {right.day} {MONTHS[right.month - 1]} {right.year} is a {LONG_DAYS[right.weekday()].title()}."
                " Please say the day again, e.g. thu 19:00 or 3 dec 19:00."
            )
        return days
    if said.ahead is not None:
        _sensible(timedelta(days=said.ahead + 1))
        days = [today + timedelta(days=said.ahead)]
        return days if said.weekday is None or days[0].weekday() == said.weekday else []
    week = [today + timedelta(days=k) for k in range(8)]
    return [day for day in week if said.weekday is None or day.weekday() == said.weekday]


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1900 <= year <= 2200 else None
    except ValueError:
        return None


def day(text: str, now: datetime, zone: str) -> date:
    """The date in `zone` a person means at `now`: "4 jan", "2027-01-04", "tomorrow", "in 2 weeks", today at the earliest.

    A weekday is the next one after today. Raises NotUnderstood, also for what is past.
    """
    folded = fold(text)
    said = _read(folded)
    if said.rest or said.minute is not None or not (said.dated or said.length):
        raise NotUnderstood(
            f"I don't understand {quote(text)} as a day. Please say it like 4 jan, friday or in 2 weeks."
        )
    today = local(now, zone).date()
    if said.length is not None:
        return local(now + _sensible(said.length), zone).date()
    only_weekday = said.day is None and said.ahead is None
    for candidate in _days(said, today, folded):
        if candidate > today or (candidate == today and not only_weekday):
            return candidate
    raise NotUnderstood(f"{quote(text)} is past already. Please name a day to come, e.g. tomorrow or 4 jan.")


def dates(text: str, now: datetime, zone: str) -> tuple[date, date]:
    """The first and last day of "24 dec-2 jan", "24-31 dec", "2026-12-24 to 2027-01-02" or one day alone.

    Raises NotUnderstood, also for what is past.
    """
    folded = fold(text).removeprefix("from ")
    short = re.fullmatch(r"([0-9]{1,2}) ?- ?([0-9]{1,2} ([a-z]+).*)", folded)
    if short:
        ends = [f"{short[1]} {short[3]}", short[2]]
    elif _ISO.search(folded):
        ends = re.split(r" ?(?<=-[0-9]{2}) ?- ?(?=[0-9]{4}-)| - | (?:to|until|till) ", folded)
    else:
        ends = re.split(r" ?- ?| (?:to|until|till) ", folded)
    first, last = day(ends[0], now, zone), day(ends[-1], now, zone)
    if len(ends) > 2 or first > last:
        raise NotUnderstood(f"I don't understand {quote(text)} as days. Please say it like 24 dec-2 jan.")
    return first, last
