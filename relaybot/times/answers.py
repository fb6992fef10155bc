"""One answer to "where are you, and which hours usually suit you?": a place and weekly free hours, in any order.

The place is the longest known name in the text; what is left must be hours.
"""

from __future__ import annotations

import re

from relaybot.model import Window
from relaybot.times.cities import EVERYDAY, SEVERAL
from relaybot.times.freehours import LONGEST, hours, says_nothing
from relaybot.times.reading import MONTH, WEEKDAY, NotUnderstood, fold
from relaybot.times.zones import agreed, lookup, zone

_WORD = re.compile(r"[a-z0-9']+")
_OFFSET = re.compile(r"\b(?:utc|gmt) ?[+-] ?[0-9]{1,2}(?::?00)?(?![0-9:])")
_MOST_WORDS = 5  # America/North_Dakota/New_Salem
# What may stand between the words of one name; a comma may not.
_INSIDE = re.compile(r"[ /_.'-]{1,2}")
_BEFORE = re.compile(r"(?:\b(?:in|from|near|at|around|to|time|zone)\b ?)+$")


def place_and_hours(text: str, default_zone: str = "") -> tuple[str, tuple[Window, ...]]:
    """Reads "lisbon, thu after 17:30 or sunday morning" -> ("Europe/Lisbon", (Thu 17:30-22:00, Sun 08:00-12:00)).

    Either may be missing: the zone is then `default_zone`, the hours (). Raises NotUnderstood.
    """
    folded = fold(text, LONGEST)
    if lookup(folded):
        return lookup(folded), ()
    found = _places(folded)
    rest = folded
    for low, high in reversed(found):
        rest = _BEFORE.sub("", rest[:low]) + "," + rest[high:]
    names = [folded[low:high] for low, high in found]
    zones = [name for name in names if lookup(name)]
    if not zones and names:
        zone(names[0])  # a country with several clocks: says so
    # Of "Berlin, UTC+1" the city is meant: it knows about summer time.
    cities = [name for name in zones if "/" in lookup(name) and not lookup(name).startswith("Etc/")]
    if cities:
        where = agreed(cities[0], [name for name in names if name in cities[1:] or not lookup(name)])
    else:
        where = agreed(zones[0], zones[1:]) if zones else default_zone
    try:
        return where, hours(rest)
    except NotUnderstood:
        if zones and says_nothing(rest):
            return where, ()
        if not zones and not re.search("[0-9]", folded):
            zone(folded.split(",")[0])  # more likely a place nobody has listed: asks for a bigger city
        raise


def _places(folded: str) -> list[tuple[int, int]]:
    """Where in the text names of places stand, longest first at each word."""
    found = [match.span() for match in _OFFSET.finditer(folded)]
    words = list(_WORD.finditer(folded))
    alone = {part.strip(" .") for part in re.split("[,;]", folded)}
    k = 0
    while k < len(words):
        for n in range(min(_MOST_WORDS, len(words) - k), 0, -1):
            low, high = words[k].start(), words[k + n - 1].end()
            name = folded[low:high]
            gaps = (folded[words[i].end() : words[i + 1].start()] for i in range(k, k + n - 1))
            sure = name in alone or folded[:low].endswith(("in ", "from ", "near "))
            if all(_INSIDE.fullmatch(gap) for gap in gaps) and _is_place(name, sure):
                if not any(low < end and start < high for start, end in found):
                    found.append((low, high))
                k += n - 1
                break
        k += 1
    return sorted(found)


def _is_place(name: str, sure: bool) -> bool:
    if name in WEEKDAY or name in MONTH or name[0].isdigit() or (name in EVERYDAY and not sure):
        return False
    return name in SEVERAL or bool(lookup(name))
