"""Sentences about how two people meet: other shapes of their hours, and hours that are two letters."""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot import times
from relaybot.model import Person
from relaybot.words.common import choose_one
from relaybot.words.subjects import MEETING, begins

SHAPES = ("halves", "alternate", "free", "letters")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def shape(name: str) -> str:
    """What a format is, as part of a sentence."""
    return {
        "halves": "two halves in each hour, first one teaches, then the other",
        "alternate": "one of you teaches the whole hour, next time the other",
        "free": "no clock from me any more, only the start and a stop at the end",
        "letters": "two letters instead of an hour, first one teaches by letter, then the other",
    }[name]


def short_shape(name: str) -> str:
    return {"halves": "two halves", "alternate": "alternating", "free": "no halves", "letters": "letters"}[name]


def span(weeks: int) -> str:
    if not weeks:
        return ""
    return " for a week" if weeks == 1 else f" for {weeks} weeks"


# --------------------------------------------------------------------------------------------- agreeing


def plan(name: str, weeks: int, now: str, partner: Person, first: Person | None, me: Person, days: int) -> str:
    """The wish in plain words, before the partner is asked."""
    starts = "" if first is None else f" First: {'you' if first.id == me.id else first.name}."
    long = f" Each of you has {days} days for a letter." if name == "letters" else ""
    return f"Instead of {short_shape(now)}{span(weeks)}: {shape(name)}.{long}{starts} I'll ask {partner.name}. (yes/no)"


def asked(partner: Person, now: str) -> str:
    return f"Asked {partner.name}. Until {partner.name} says yes it stays as it is ({short_shape(now)})."


def dropped(now: str) -> str:
    return f"All right, it stays as it is: {short_shape(now)}."


def question(asker: Person, name: str, weeks: int, now: str) -> str:
    return (
        f"{asker.name} suggests{span(weeks)}: {shape(name)}. yes / no / format <{_others(name)}>."
        f" Now: {short_shape(now)}."
    )


def _others(name: str) -> str:
    return "|".join(other for other in SHAPES if other != name)


@begins(MEETING)
def agreed(name: str, weeks: int, before: str) -> str:
    then = f" Then it is {short_shape(before)} again." if weeks else " Change it any time: format <other>."
    return f"Agreed{span(weeks)}: {shape(name)}.{then}"


@begins(MEETING)
def kept(asker: Person, now: str, *, mine: bool) -> str:
    if mine:
        return f"Your partner would rather keep it as it is: {short_shape(now)}."
    return f"All right, it stays as it is: {short_shape(now)}. {asker.name} is told."


@begins(MEETING)
def over(name: str, before: str) -> str:
    return f"The weeks with {short_shape(name)} are over: it is {short_shape(before)} again. To go on: format {name}"


def same(name: str) -> str:
    return f"That is how you meet now already: {short_shape(name)}."


def no_halves_here() -> str:
    return "Hours here have no halves, whoever is in them: format free or format letters can be chosen."


def how() -> str:
    return f"{choose_one('format', SHAPES)} For some weeks only: format letters for 4 weeks"


def too_long(most: int) -> str:
    return f"At most {most} weeks, please; without a number it stays until one of you changes it."


def hours_off() -> str:
    return "Hours that were agreed are off."


# ---------------------------------------------------------------------------------------------- letters


def round_begins(
    teacher: Person, learner: Person, reader: Person, topic: str, first_by: datetime, swap: datetime, end: datetime
) -> str:
    """The plan of a round of two letters, on the reader's clock."""
    zone = reader.zone or "UTC"
    what = f" ({topic})" if topic else ""
    swap_at = f"{times.show(swap, zone)} {times.city(zone)}"
    swap_day, end_day = _day(swap, zone), _evening(end, zone)
    if reader.id == teacher.id:
        return (
            f"This week you teach first{what}. Write to {learner.name} by {_evening(first_by, zone)}; from {swap_day}"
            f" {learner.name} teaches and writes by {end_day}. I'll swap on {swap_at} and remind each of you once."
        )
    return (
        f"This week {teacher.name} teaches first{what}: {teacher.name} writes to you by {_evening(first_by, zone)}; from"
        f" {swap_day} you teach and write by {end_day}. I'll swap on {swap_at} and remind each of you once."
    )


def how_to_write(partner: Person, pair: int, *, by_mail: bool, place: str) -> str:
    if by_mail:
        return f"Answer this mail and your letter goes to {partner.name}."
    if place:
        return f"Write it in {place}, or: talk M{pair}"
    return f"Your letter to {partner.name}: talk M{pair}, then line by line, and a line with only . at its end."


def swapped(teacher: Person, learner: Person, reader: Person, topic: str, end: datetime) -> str:
    zone = reader.zone or "UTC"
    what = f": {topic}" if topic else ""
    if reader.id == teacher.id:
        return f"Swap! Now you teach {learner.name}{what}. Write to {learner.name} by {_evening(end, zone)}."
    return f"Swap! Now {teacher.name} teaches you{what}, and writes to you by {_evening(end, zone)}."


def remind(partner: Person, by: datetime, zone: str) -> str:
    return f"Just once, as I said: {partner.name} expects your letter by {_evening(by, zone)}. A short one is a letter too."


@begins("Your round of letters")
def round_over(next_at: datetime | None, zone: str) -> str:
    """`next_at` None: the weeks agreed for letters are over."""
    thanks = "That was a round of letters, thank you both."
    if next_at is None:
        return thanks
    return f"{thanks} The next ones begin on {times.show(next_at, zone)}; to change that: format halves"


def subject_begins(partner: Person) -> str:
    return f"Letters with {partner.name}: a new round"


def subject_swap(partner: Person) -> str:
    return f"Swap: letters with {partner.name}"


def subject_remind(partner: Person) -> str:
    return f"Your letter to {partner.name}"


def _day(at: datetime, zone: str) -> str:
    return _DAYS[times.local(at, zone).weekday()]


def _evening(at: datetime, zone: str) -> str:
    """ "Tuesday evening", or the part of the day it is where the reader lives."""
    clock = times.local(at, zone)
    part = (
        "evening"
        if clock.hour >= 17
        else "afternoon"
        if clock.hour >= 12
        else "noon"
        if clock.hour >= 11
        else "morning"
    )
    if clock.hour < 5:
        day = times.local(at - timedelta(hours=clock.hour + 1), zone)
        return f"{_DAYS[day.weekday()]} night"
    return f"{_DAYS[clock.weekday()]} {part}"
