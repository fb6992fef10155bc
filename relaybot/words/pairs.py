"""Sentences about pairs that every verb may need."""

from __future__ import annotations

from collections.abc import Sequence

from relaybot.words.common import short
from relaybot.words.subjects import begins


def not_yours(number: int) -> str:
    return f"M{number} isn't a pair of yours that is open. status shows what is."


def no_partner() -> str:
    return "You have no partner at the moment. status shows what is next for you."


def which(numbers: Sequence[int]) -> str:
    return f"You have {len(numbers)} partners: please add which, e.g. M{numbers[0]}."


def no_such(number: int) -> str:
    return f"There is no M{number}. pairs lists them."


def title(number: int, names: Sequence[str]) -> str:
    """What the place of a pair is called where places have names: "M12 Ana & Bram"."""
    return f"M{number} {' & '.join(short(name, 30) for name in names)}"


@begins("Where I write to you")
def place_lost(channel: str) -> str:
    return f"{channel} cannot be used any more, so from now on I write to each of you here. Commands work here as they did there."
