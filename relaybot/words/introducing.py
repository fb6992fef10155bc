"""Sentences of an introduction: the letter to somebody who reads mail, and what a chat's reader of such a partner knows.

The same facts as in words/consenting.py, which has the lines of a chat.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Person
from relaybot.skills import show_skills
from relaybot.words.common import short
from relaybot.words.consenting import MOST_SKILLS, distance, first_talk
from relaybot.words.linking import medium as called
from relaybot.words.linking import on

WIDTH = 76
NAMES = 10  # columns at most for the names in front of the rows
LANGUAGES = 5


def subject(reader: Person, other: Person) -> str:
    return f"{reader.name}, meet {other.name}"


def _row(head: str, column: int, said: str) -> list[str]:
    """Rows of a table: a name and what belongs to it, wrapped below itself."""
    first = f"  {head:<{column}}  "
    pieces = textwrap.wrap(said, WIDTH - len(first)) or [""]
    return [first + pieces[0], *(" " * len(first) + piece for piece in pieces[1:])]


def _uses(medium: str) -> str:
    return "Reads mail, not chat." if medium == "mail" else f"Uses {called(medium)}."


def _profile(person: Person) -> str:
    parts = [
        show_skills(person.offer[:MOST_SKILLS]),
        f"would like to learn {show_skills(person.learn[:MOST_SKILLS])}" if person.learn else "",
    ]
    skills = ", ".join(short(part, 150) for part in parts if part)
    languages = ", ".join(person.languages[:LANGUAGES])
    return " ".join(f"{part}." for part in (skills, languages) if part)


def opening(reader: Person, other: Person, medium: str, by: str, note: str, now: datetime) -> tuple[str, ...]:
    """Who the other one is, who the reader is to them, and the moderator's note."""
    names = [short(other.name, 30), "You", *(["Why you"] if note else [])]
    column = min(NAMES, max(map(len, names)))
    where = distance(reader, other, now)
    them = f"{where + '. ' if where else ''}{_profile(other)} {_uses(medium)}"
    rows = [*_row(names[0], column, them), *_row("You", column, _profile(reader))]
    if note:
        rows += _row("Why you", column, f'{by}: "{note}"')
    return (f"Dear {reader.name},", f"you and {other.name} both said yes.", *rows)


def words_by_mail(other: Person, medium: str) -> str:
    return (
        f"Answer this mail and your words reach {other.name} {on(medium)}; the answers come back to you as mail. Neither of you"
        " sees the other's address unless you write it yourself. I keep no copy of what you tell each other."
    )


def first_step(minutes: int) -> str:
    return (
        f"First step: one trial hour, {minutes} minutes in two halves - first one of you teaches, then the other. It helps"
        " to bring one small project each. You can talk by video, phone or just by text; agree that between you."
    )


def closing() -> tuple[str, ...]:
    """What the two may talk about first, and the ways out."""
    return (
        first_talk(),
        "If anything feels wrong, now or later:  moderator <your words>\nIf you want to stop:  drop",
    )


def partner_by_mail(other: Person, number: int, minutes: int) -> str:
    """For a reader of chat whose partner reads mail."""
    pause = "a minute" if minutes == 1 else f"{minutes} minutes"
    return (
        f"{other.name} reads mail, not chat: tell M{number} <words>, and talk M{number} for several lines, go there as one"
        f" mail when you pause for {pause} (send now: .). Neither of you sees the other's address unless you write it"
        " yourself. I keep no copy."
    )


# ---------------------------------------------------------------------------------------------- the times


def times_subject(partner: Person) -> str:
    return f"Times for an hour with {partner.name}"


def times_table(
    options: Sequence[datetime], minutes: Sequence[datetime], reader: Person, partner: Person, *, theirs: bool
) -> tuple[str, ...]:
    """The times that are numbered, on both clocks; `minutes` are their ends."""
    mine, other = reader.zone or "UTC", partner.zone or "UTC"
    rows = []
    for number, (at, end) in enumerate(zip(options, minutes, strict=True), 1):
        span = f"{times.show(at, mine)}-{times.show_time(end, mine)}"
        day = "" if times.show_day(at, mine) == times.show_day(at, other) else f"{times.show_day(at, other)} "
        far = f"{day}{times.show_time(at, other)}-{times.show_time(end, other)}"
        clock = " your time" if number == 1 else ""
        whose = f" for {partner.name}" if number == 1 else ""
        same = times.show(at, mine) == times.show(at, other)
        rows.append(f"  {number:<2} {span}" if same else f"  {number:<2} {span}{clock:<10}   ({far}{whose})")
    first = f"{partner.name} can:" if theirs else "Times that suit you both:"
    few = "1" if len(options) == 1 else "1 2"
    last = (
        f"Answer with the numbers that work, e.g.  {few}\nOr with another time:  propose <day and time>\nOr with:  none"
    )
    return (first, *rows, last)
