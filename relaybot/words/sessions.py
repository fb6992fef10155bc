"""Sentences about hours that every verb needs: which one is meant, and that there is none."""

from __future__ import annotations

from collections.abc import Sequence

from relaybot.model import Person
from relaybot.words.subjects import HOURS, begins


def not_yours(number: int) -> str:
    return f"S{number} isn't an hour of yours that is still to come. status shows what is."


def settled_already() -> str:
    return "That is settled already. status shows how things stand."


def none_agreed() -> str:
    return "You have no hour agreed. slots shows times that suit you both, propose <time> suggests one."


def which(hours: Sequence[tuple[int, str]]) -> str:
    shown = ", ".join(f"S{number} {at}" for number, at in hours[:6])
    return f"You have several hours ahead: {shown}. Please add which, e.g. S{hours[0][0]}."


def too_far(days: int) -> str:
    return f"That is further ahead than I plan: at most {days} days. Please name an earlier time."


def weekly_later(example: str) -> str:
    return f"I arrange one hour at a time for now, so please without that word: propose {example}"


@begins(HOURS)
def off_unanswered(at: str, partner: Person, asked: bool) -> str:
    why = f"{partner.name} hasn't answered yet about the new time" if asked else f"{partner.name} asked to move it"
    return f"The hour of {at} is off: {why}. Nobody is counted as missing."
