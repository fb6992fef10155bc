"""Sentences before an hour: reminders, the call, moving one hour, leaving one out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Meeting, Person
from relaybot.words import moments
from relaybot.words.subjects import HOURS, begins


def kind(meeting: Meeting) -> str:
    return "trial hour" if meeting.trial else "hour"


# ------------------------------------------------------------------------------------------ reminders


@begins("Your next hour")
def reminder(meeting: Meeting, partner: Person, now: datetime, zone: str) -> str:
    day = moments.day_word(meeting.starts_at, now, zone)
    at = times.show(meeting.starts_at, zone)
    return (
        f"{day}{at} (your time): {kind(meeting)} with {partner.name} (S{meeting.id})."
        " Is that still good? yes / reschedule <time> / skip"
    )


def still_good() -> str:
    return "Is that still good? yes / reschedule <time> / skip"


def see_you(at: str) -> str:
    return f"Good. See you {at}."


def not_good() -> str:
    return "Then: reschedule <time> asks for another time, skip leaves this hour out."


@begins("Your hour is soon")
def soon(person: Person, partner: Person, minutes: int, place: str, *, itself: bool = False) -> str:
    when = f"in {moments.minutes(minutes)}" if minutes else "now"
    if place:
        return f"{person.name}: your hour with {partner.name} starts {when}, in {place}."
    if itself:
        return (
            f"{person.name}: your hour with {partner.name} starts {when}. It begins by itself, and I tell you the clock here;"
            " late <minutes> if you come later."
        )
    return (
        f"{person.name}: your hour with {partner.name} starts {when}. I tell you both the clock here;"
        " say here when it begins."
    )


# --------------------------------------------------------------------------------------------- moving


def move_plan(old: datetime, new: datetime, zone: str, partner: Person, partner_zone: str, soon_: bool) -> str:
    theirs = "" if zone == partner_zone else f" ({times.show(new, partner_zone)} for {partner.name})"
    until = "" if soon_ else f"; until then {times.show(old, zone)} stays"
    return f"Move your hour from {times.show(old, zone)} to {times.show(new, zone)}{theirs}? I'll ask {partner.name}{until}. (yes/no)"


def move_asked(partner: Person, soon_: bool) -> str:
    if soon_:
        return (
            f"That's soon; I've asked {partner.name}. Without an answer in time the hour is off,"
            " and nobody is counted as missing."
        )
    return f"Asked {partner.name}. You hear from me as soon as there is an answer."


def move_dropped() -> str:
    return "All right, the hour stays as it is."


def move_question(asker: Person, old: datetime, new: datetime, zone: str, soon_: bool) -> str:
    off = " Without an answer in time the hour is off, and nobody is counted as missing." if soon_ else ""
    return (
        f"{asker.name} asks to move your hour: {times.show(new, zone)} instead of {times.show(old, zone)}."
        f" 1 fine  2 other time  3 let's skip this one.{off}"
    )


def move_again() -> str:
    return "I didn't understand. Please answer 1 (fine), 2 (other time, e.g. 2 fri 18:30) or 3 (skip this one)."


def move_which_time() -> str:
    return "Which time would suit you? e.g. fri 18:30"


def moved(meeting: Meeting, zones: Sequence[str]) -> str:
    return f"Moved: {times.both(meeting.starts_at, zones)} (S{meeting.id}). Only this hour."


def too_late_now() -> str:
    return "That question is settled already. status shows what is agreed."


def same_time() -> str:
    return "That is when it is agreed for already."


# ------------------------------------------------------------------------------------------- skipping


def skipped(meeting: Meeting, partner: Person, zone: str, passed_on: bool) -> str:
    words = "with your words" if passed_on else "without a reason"
    return (
        f"All right, {times.show(meeting.starts_at, zone)} is off; {partner.name} is told, {words}."
        " A new time: propose <time>, or slots."
    )


@begins(HOURS)
def skipped_partner(person: Person, meeting: Meeting, zone: str, said: str, following: datetime | None) -> str:
    words = f' {person.name} says: "{said}".' if said else ""
    then = f"Next: {times.show(following, zone)}." if following is not None else "A new time: propose <time>, or slots."
    return f"{person.name} can't make it on {times.show(meeting.starts_at, zone)}.{words} {then}"


@begins(HOURS)
def skipped_both(meeting: Meeting, zone: str) -> str:
    return f"All right, {times.show(meeting.starts_at, zone)} is off for both of you. A new time: propose <time>, or slots."


def runs() -> str:
    return "Your hour runs already; end stops it early."
