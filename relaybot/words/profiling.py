"""Sentences of `profile`, `set`, `offer` and `learn`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Person, Skill, Window
from relaybot.words import profile
from relaybot.words.common import short

FIELDS = ("name", "learn", "offer", "links", "zone", "free", "languages", "must-language", "project", "about")


def no_field(said: str, near: str) -> str:
    hint = f" Did you mean {near}?" if near else ""
    return f'I keep no field called "{short(said, 30)}".{hint} There is: {", ".join(FIELDS)}. For example: set free thu after 17:30'


def elsewhere(field: str) -> str:
    return f"That has a command of its own: {field} ... (help {field} says more)."


def need_value(field: str) -> str:
    like = {
        "name": "set name Ana",
        "learn": "set learn kubernetes a little",
        "offer": "set offer rust deep, embedded",
        "links": "set links https://example.org/~ana",
        "zone": "set zone Lisbon",
        "free": "set free thu after 17:30 or sunday morning",
        "languages": "set languages Portuguese, English",
        "must-language": "set must-language Spanish (or none)",
        "project": "set project a small service of my own (or none)",
        "about": "set about I like to build small things (or none)",
    }
    return f"I need the new value too, e.g. {like[field]}"


def profile_lines(person: Person) -> tuple[str, ...]:
    """Everything kept in the profile, and who sees it."""
    other = [
        f"project: {person.project}" if person.project else "",
        f"about: {person.about}" if person.about else "",
        f"links: {profile.links(person.links)}" if person.links else "",
    ]
    place = times.city(person.zone) if person.zone else profile.kept_nothing()
    fields = ", ".join(FIELDS)
    return (
        f"{person.name}   learn: {profile.skills(person.learn)}   offer: {profile.skills(person.offer)}",
        f"place: {place}   free: {profile.hours(person.free)}   languages: {profile.languages(person)}",
        *(line for line in other if line),
        f"Members see skills, languages and zone; the rest only moderators. Change: set <field> <value>, with {fields}.",
    )


def name(said: str) -> str:
    return f"Noted: you are {said}."


def skills(field: str, found: Sequence[Skill]) -> str:
    return f"Noted: {field} {profile.skills(found)}."


def skills_read(field: str, found: Sequence[Skill], read_as: Sequence[tuple[str, str]]) -> str:
    if not read_as:
        return skills(field, found)
    said = ", ".join(f'"{word}" as {meant}' for word, meant in read_as[:3])
    return f"Noted: {field} {profile.skills(found)}. I read {said}; say so if not."


def links(found: Sequence[str]) -> str:
    return f"Noted: links {profile.links(found)}." if found else "Noted: no links."


def zone(said: str, now: datetime) -> str:
    return f"Noted: {said}, so it's {times.show(now, said)} for you. Your free hours are read on that clock."


def free(found: Sequence[Window], zone: str) -> str:
    return f"Noted: free {times.show_hours(found)}{f' ({times.city(zone)})' if zone else ''}."


def languages(person: Person) -> str:
    return f"Noted: {profile.languages(person)}."


def no_must() -> str:
    return "Noted: no language is a must."


def text(field: str, said: str) -> str:
    return f'Noted: {field} "{said}".' if said else f"Noted: no {field}."


def suits(suit: int, waiting: int) -> str:
    """Concerns the asker alone, so it is exact."""
    if not waiting:
        return "Nobody else waits at the moment."
    return f"{suit} of the {waiting} {_people(waiting)} waiting could be your partner now."


def must_notice(language: str, suit: int, waiting: int, without: int) -> str:
    if not waiting:
        return f"With {language} as a must fewer people could be your partner; nobody else waits at the moment. Keep it? (yes/no)"
    return (
        f"With {language} as a must, {suit} of the {waiting} {_people(waiting)} waiting could be your partner (without: {without}). "
        "It may take longer. Keep it? (yes/no)"
    )


def must_kept(language: str) -> str:
    return f"Noted: {language} is a must."


def must_not_kept() -> str:
    return "All right, no change."


def _people(count: int) -> str:
    return "person" if count == 1 else "people"
