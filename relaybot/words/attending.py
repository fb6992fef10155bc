"""Sentences when somebody isn't there: nobody is blamed, and nothing is said about it to anybody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Person
from relaybot.words import moments
from relaybot.words.common import join_words
from relaybot.words.linking import on
from relaybot.words.subjects import HOUR, begins

ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth", 6: "sixth"}


def missing_place(present: Person, absent: Person, media: Sequence[str] = ()) -> str:
    return f"{present.name} is here. I've written to {absent.name}{_ways(media)}."


def written(absent: Person, media: Sequence[str] = ()) -> str:
    return f"{absent.name} isn't here yet; I've written to {absent.name}{_ways(media)}."


def _ways(media: Sequence[str]) -> str:
    """ " on IRC and by mail"; "" when there is one way only."""
    return f" {join_words([on(medium) for medium in media])}" if media else ""


@begins(HOUR)
def missing_partner(present: Person, place: str) -> str:
    where = f"in {place}" if place else "for you"
    return f"{present.name} is there and waits {where}. If you come later: late <minutes>. If you can't: skip, or reschedule <time>."


def choice(absent: Person, till: str) -> str:
    return (
        f"{absent.name} isn't here yet. 1) wait till {till}  2) move to another time  3) end for today."
        " Nobody is blamed; clocks and connections fail."
    )


def wait(absent: Person, till: str) -> str:
    return f"I wait with you till {till}, and begin as soon as {absent.name} is here."


def move(absent: Person) -> str:
    return f"I'll ask {absent.name} for a time. Sorry about the lost hour."


def end(absent: Person) -> str:
    return f"All right, that's it for today. Sorry about the lost hour. propose <time> or slots, whenever you and {absent.name} like."


@begins(HOUR)
def gave_up(absent: Person, at: str) -> str:
    return f"It is {at} and {absent.name} isn't here. I'll ask {absent.name} for a time. Sorry about the lost hour."


def over_already() -> str:
    return "That hour is settled already. status shows what is next."


# ------------------------------------------------------------------------------------------ afterwards


def absent(partner: Person, missed_at: datetime, zone: str, now: datetime) -> str:
    same_day = times.show_day(missed_at, zone) == times.show_day(now, zone)
    at = times.show_time(missed_at, zone) if same_day else times.show(missed_at, zone)
    return (
        f"{partner.name} waited for you at {at}. Things happen. 1 propose a new time  2 the hour doesn't suit me"
        "  3 I'd like to stop  4 it wasn't agreed, I think"
    )


def absent_again() -> str:
    return "I didn't understand. Please answer with 1 (perhaps with a time: 1 sat 13:00), 2, 3 or 4."


def which_time() -> str:
    return "Which time would suit you? e.g. sat 13:00, or skip."


def other_hours() -> str:
    return "Then let's look for other hours. set free <hours> changes where I look."


def not_agreed(partner: Person) -> str:
    return f"Thank you for saying so; it doesn't count as missed. propose <time> suggests a new time to {partner.name}."


def no_time_now() -> str:
    return "All right. propose <time> or slots, whenever you like."


def neither(missed_at: datetime, following: datetime, zone: str, now: datetime) -> str:
    return (
        f"Neither of you was here on {times.show_day(missed_at, zone)}. Shall we say {times.show(following, zone)} instead?"
        " yes / propose <time> / pause"
    )


def neither_yes(partner: Person) -> str:
    return f"Good. You hear from me as soon as {partner.name} answers."


# ------------------------------------------------------------------------------------------ moderators


def team(pair: int, in_row: int, both: bool) -> str:
    who = "both" if both else "the same person"
    count = ORDINALS.get(in_row, f"{in_row}th")
    return f"M{pair}: {count} hour missed in a row by {who}. show M{pair}, or wait. No automatic consequence."


def till(at: datetime, zone: str) -> str:
    return moments.clock(at, [zone])
