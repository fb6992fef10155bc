"""Places and clocks: from what people call where they live to an IANA zone and back, and wall time to UTC.

A wall time that daylight saving skips moves later by the gap; one that happens twice is the first of the two.
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from relaybot.times.cities import AMBIGUOUS, CITIES, COUNTRIES, SEVERAL
from relaybot.times.reading import NotUnderstood, key, quote

_UTC_OFFSET = re.compile(r"(?:utc|gmt) ?([+-]) ?([0-9]{1,2})(?::?00)?")
_MINUTE = timedelta(minutes=1)


@cache
def info(zone: str) -> ZoneInfo:
    """The clock of an IANA zone. Raises NotUnderstood if the name is none (a stored name never is)."""
    try:
        return ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NotUnderstood(f"I don't know the time zone {quote(zone)}. Please name a city, e.g. Lisbon.") from error


@cache
def places() -> dict[str, str]:
    """Every name a place is known by (see reading.key) and its zone; built once from the tables and zoneinfo."""
    known: dict[str, str] = {}
    for table in (CITIES, COUNTRIES):
        for zone_name, names in table.items():
            for name in names.split(","):
                known.setdefault(name.strip(), zone_name)
    zones = sorted(zoneinfo.available_timezones() - {"Factory", "localtime"}, key=_rank)
    for zone_name in zones:
        if "/" in zone_name and not zone_name.startswith("Etc/"):
            known.setdefault(key(zone_name.rpartition("/")[2]), zone_name)
            known.setdefault(key(zone_name), zone_name)
    return known


def _rank(zone_name: str) -> tuple[bool, int, str]:
    """Old link names (US/..., Brazil/...) and research stations last, the longer of two names for a city first."""
    late = zone_name.partition("/")[0] in ("US", "Canada", "Brazil", "Mexico", "Chile", "Etc", "Antarctica")
    return late, -zone_name.count("/"), zone_name


def lookup(text: str) -> str:
    """The zone of one place name, or "" if it is not one name of a place with one clock."""
    folded = " ".join(text.casefold().split())
    offset_found = _UTC_OFFSET.fullmatch(folded)
    if offset_found is not None:
        hours = int(offset_found[1] + offset_found[2])
        # The Etc/ names count the other way round: UTC+2 is Etc/GMT-2.
        return f"Etc/GMT{-hours:+d}" if hours and -12 <= hours <= 14 else "UTC" * (not hours)
    exact = _exact().get(folded.replace(" ", "_"), "")
    if "/" in exact:
        return exact
    name = key(text)
    return "" if name in AMBIGUOUS or name in SEVERAL else places().get(name, exact)


@cache
def _exact() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones() - {"Factory", "localtime"}}


def zone(text: str) -> str:
    """The IANA name for a city, a country with one clock, an IANA name in any case, or an offset like UTC+2.

    "Lisbon, Portugal" is fine too. Raises NotUnderstood with near names for anything else.
    """
    found = lookup(text)
    if found:
        return found
    first, comma, rest = text.partition(",")
    if comma and lookup(first):
        return agreed(first, [rest])
    name = key(text)
    if not name:
        raise NotUnderstood("Please name the city you live in or one with the same clock, e.g. Lisbon.")
    words = name.split()
    for k in range(len(words) - 1, 0, -1):
        if lookup(" ".join(words[:k])) and lookup(" ".join(words[k:])):
            return agreed(" ".join(words[:k]), [" ".join(words[k:])])  # "paris france"
    for tail in (" time", " timezone", " time zone", " city"):
        if name.endswith(tail) and lookup(name.removesuffix(tail)):
            return lookup(name.removesuffix(tail))
    if name in SEVERAL:
        raise NotUnderstood(f"There is more than one clock in {quote(text)}. Please name a city, e.g. {SEVERAL[name]}.")
    if name in AMBIGUOUS:
        raise NotUnderstood(f"{quote(text)} stands for more than one clock. Please name a city, e.g. Lisbon.")
    near = [known.title() for known in difflib.get_close_matches(name, _nearby(), n=3, cutoff=0.75)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "A bigger city with the same clock is enough, e.g. Lisbon."
    raise NotUnderstood(f"I don't know the place {quote(text)}. {hint}")


@cache
def _nearby() -> list[str]:
    return [name for name in places() if len(name) > 3 and not any(c.isdigit() for c in name)]


def agreed(first: str, others: list[str]) -> str:
    """The zone of `first`, where `others` (a country, a state) may only make it clearer.

    Raises NotUnderstood when another place has another clock, or is no place.
    """
    found = lookup(first)
    for other in others:
        name = key(other)
        if name in SEVERAL or name in AMBIGUOUS or (lookup(other) or zone(other)) == found:
            continue
        raise NotUnderstood(
            f"I read two places with different clocks, {quote(first)} and {quote(other)}. Which one is yours?"
        )
    return found


def city(zone: str) -> str:
    """What a person calls a zone: "America/New_York" -> "New York", "Etc/GMT-2" -> "UTC+2"."""
    last = zone.rpartition("/")[2]
    if zone.startswith("Etc/GMT") and last[3:4] in ("+", "-") and last != "GMT+0":
        return "UTC" + ("-" if last[3] == "+" else "+") + last[4:]
    return last.replace("_", " ")


def at_wall(day: date, minute: int, zone: str) -> datetime:
    """The UTC moment at which clocks in `zone` show `minute` (after midnight, 0..1440) on `day`.

    In a gap the moment is later by the gap, in an overlap it is the first of the two.
    """
    # Adding to an aware datetime moves its wall clock, which is what is wanted here.
    return (datetime(day.year, day.month, day.day, tzinfo=info(zone)) + minute * _MINUTE).astimezone(UTC)


def local(moment: datetime, zone: str) -> datetime:
    """The moment on the clock of `zone`."""
    return moment.astimezone(info(zone))


def offset(zone: str, now: datetime) -> int:
    """Minutes the clock of `zone` is ahead of UTC at `now` (negative: behind); seconds of old zones are cut off."""
    away = local(now, zone).utcoffset()
    return 0 if away is None else away // _MINUTE
