"""Sentences of relaying: what becomes of words from one partner to the other, as the writer is told.

`kept` is one and the same line whatever keeps the words back: who is on mute, away or has left must not show.
"""

from __future__ import annotations

from datetime import datetime

from relaybot import times
from relaybot.words.common import short

MEDIA = {"irc": "IRC", "matrix": "Matrix", "mail": "mail"}


def carried(name: str, line: str) -> str:
    """Words as the partner reads them: every line begins with who says it."""
    return f"{name}: {line}"


def delivered(name: str, at: datetime, zone: str) -> str:
    return f"Delivered to {name} {times.show_time(at, zone)}."


def waiting(name: str, medium: str, *, reachable: bool, hours: int) -> str:
    if not reachable:
        return f"Waiting: {MEDIA.get(medium, medium)} can't be reached at the moment; I deliver to {name} when it can, within {hours} hours."
    return f"Waiting: {name} is not logged in on {MEDIA.get(medium, medium)}; I deliver when they are, within {hours} hours."


def waiting_too(name: str) -> str:
    return f"Waiting too, behind what {name} has not got yet."


def kept() -> str:
    return "Kept, not delivered yet."


def expired(name: str, hours: int) -> str:
    return f"Not delivered: {name} could not be reached for {hours} hours, so what you wrote is deleted. A moderator knows. What you write next is tried again."


def refused(name: str, reason: str) -> str:
    return f"Not delivered to {name} ({short(reason, 80)}). A moderator knows. What you write next is tried again."


def kept_too_long(name: str, since: datetime, zone: str, hours: int) -> str:
    return f"Not delivered: what you wrote to {name} on {times.show(since, zone)}. I kept it {hours} hours and have deleted it now."


def over(number: int, name: str) -> str:
    return f"Not delivered: M{number} with {name} has ended, so nothing goes from one to the other any more."


def team_unreachable(number: int, writer: str, reader: str, reason: str) -> str:
    said = "for days" if reason == "expired" else short(reason, 80)
    return f"M{number}: what {writer} writes to {reader} can't be delivered ({said}). Perhaps {reader} can be reached another way; I pass on nothing of the words."


def too_many(name: str, most: int) -> str:
    return f"{most} messages for {name} are waiting already, so I can't keep another one. They leave as soon as {name} can be reached."


def you_ended_it(number: int) -> str:
    return f"M{number} is over for you, so I don't carry words there any more. moderator <words> reaches a person."


def nothing_to_tell() -> str:
    return "There is nothing to read in that. It goes: tell <text>"


# --------------------------------------------------------------------------------------------- talking


def talk_begins(name: str, minutes: int) -> str:
    return (
        f"From now on every line of yours goes to {name}, until a line with only a dot (.) or {minutes} minutes of silence. "
        "I speak up only when something isn't delivered at once. Commands begin with ! meanwhile."
    )


def talk_ends(name: str) -> str:
    return f"Done. What you say now is for me again, not for {name}."


def talk_idle(name: str, minutes: int) -> str:
    return f"Nothing for {minutes} minutes, so what you say now is for me again, not for {name}. talk begins anew."
