"""What the card of an hour says: "S44  Bram teaches Ravi: terraform   21 min left, swap 13:30 Toronto / 00:00 Kolkata"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Person
from relaybot.words.meeting import teaches

Zones = Sequence[str]
Text = Callable[[Zones], str]


def _clocks(at: datetime, zones: Zones) -> str:
    """ "13:30", or "13:30 Toronto / 00:00 Kolkata" where the clocks of those who read differ."""
    shown: dict[str, str] = {}
    for zone in zones:
        shown.setdefault(times.show_time(at, zone), times.city(zone))
    return " / ".join(f"{said} {city}" for said, city in shown.items()) if len(shown) > 1 else next(iter(shown))


def head(number: int, teacher: Person, learner: Person, subject: str) -> str:
    return f"S{number}  {teaches(teacher, learner, subject)}"


def free(number: int, first: Person, second: Person) -> str:
    """An hour without halves."""
    return f"S{number}  {first.name} and {second.name}"


def running(head: str, minutes: int, until: datetime, *, swaps: bool, zones: Zones) -> str:
    return f"{head}   {minutes} min left, {'swap' if swaps else 'end'} {_clocks(until, zones)}"


def stopped(head: str) -> str:
    return f"{head}   clock stopped"


def called_off(number: int) -> str:
    return f"S{number}  called off"


def moved(number: int) -> str:
    """When a place of their own is opened or lost in the middle of the hour, or one of them is written to elsewhere."""
    return f"S{number}  goes on elsewhere"


def finished(number: int, at: datetime, zones: Zones) -> str:
    return f"S{number}  finished {_clocks(at, zones)}"
