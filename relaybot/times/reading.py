"""What every reader of times shares: tidying what a person typed, clock times, names of days and months.

Everything here is pure text work; nothing knows today's date or a zone.
"""

from __future__ import annotations

import re
import unicodedata

DAY_MINUTES = 24 * 60
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONG_MONTHS = "january february march april may june july august september october november december"

# "thursdays", "thu", "thurs" are all Thursday; numbers follow datetime.weekday(), Monday is 0.
WEEKDAY: dict[str, int] = {
    name: number
    for number, long in enumerate(LONG_DAYS)
    for name in (long, long + "s", long[:3], long[:3] + "s", long[:2])
    if name != "we"  # a word people write
} | {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
MONTH: dict[str, int] = {
    name: number for number, long in enumerate(_LONG_MONTHS.split(), 1) for name in (long, long[:3])
} | {"sept": 9}  # fmt: skip

# Letters that do not fall apart into a base letter and an accent, and the many dashes and quotes of phones.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "\u2018": "'", "\u2019": "'"}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)


class NotUnderstood(ValueError):
    """What a person wrote is no time, place or length; the message is a kind whole sentence with an example."""


def quote(text: str) -> str:
    """The text as it may be repeated to the person: one short line of printable characters in quotes."""
    seen = " ".join("".join(c for c in text[:120] if c.isprintable()).split())
    if not seen:
        return "an empty line"
    return f'"{seen[:37]}..."' if len(seen) > 40 else f'"{seen}"'


_AM_PM = re.compile(r"\b([ap])\.m\b\.?")


def fold(text: str, longest: int = 200) -> str:
    """Lower case without accents, one kind of dash, quote and digit; line ends become "; ".

    Raises NotUnderstood for more than `longest` characters: nobody writes a time that long.
    """
    if len(text) > longest:
        raise NotUnderstood("That is too long for me to find a time in it. Please say it shortly, e.g. thu 18:30.")
    text = "; ".join(line.strip() for line in text.splitlines() if line.strip())
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    plain = "".join(c for c in parts if not unicodedata.combining(c)).translate(_PLAIN)
    return " ".join(_AM_PM.sub(r"\1m", plain).split())


def key(text: str) -> str:
    """A place name for comparing: folded, every run of other characters one space ("São-Paulo" -> "sao paulo")."""
    return " ".join(re.findall(r"[a-z0-9]+", fold(text).replace("'", "")))


# One clock time: 18:30, 18.30, 18h30, 1830h, 18h, 7pm, 7:30 pm, noon, midnight; a bare 18 only where allowed.
_CLOCK = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:.h](?P<minute>[0-9]{2})(?::00)?)?(?:(?P<h>h)\b|\s?(?P<half>am|pm)\b)?")


class Clock:
    """A clock time as written: minutes after midnight (0..1440), and whether am or pm was left open."""

    __slots__ = ("bare", "end", "minute")

    def __init__(self, minute: int, bare: bool, end: int) -> None:
        self.minute = minute
        self.bare = bare  # only a number, "7" or "18": may still mean the afternoon, and may be no time at all
        self.end = end  # where in the text the clock time stops


def clock(text: str, at: int = 0) -> Clock | None:
    """The clock time that begins exactly at position `at` of folded text, or None if there is none."""
    for word, minute in (("noon", 720), ("midday", 720), ("midnight", DAY_MINUTES)):
        if text.startswith(word, at):
            return Clock(minute, False, at + len(word))
    found = _CLOCK.match(text, at)
    if found is None or text[found.end() : found.end() + 1].isalnum():
        return None
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    if minute > 59 or hour * 60 + minute > DAY_MINUTES:
        return None
    bare = half is None and found["minute"] is None and found["h"] is None and not found["hour"].startswith("0")
    return Clock(hour * 60 + minute, bare, found.end())


def hhmm(minute: int) -> str:
    """Minutes after midnight as people read them: 1050 -> "17:30", 1440 -> "24:00"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
