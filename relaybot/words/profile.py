"""Sentences about a person's own words on themselves: how each field is shown, read back and refused."""

from __future__ import annotations

from collections.abc import Sequence

from relaybot import times
from relaybot.model import Person, Skill, Window
from relaybot.skills import show_skills
from relaybot.words.common import join_words, short


def kept_nothing() -> str:
    return "nothing yet"


def skills(found: Sequence[Skill]) -> str:
    return show_skills(tuple(found)) or kept_nothing()


def hours(free: Sequence[Window]) -> str:
    return times.show_hours(free) or kept_nothing()


def place(zone: str, free: Sequence[Window]) -> str:
    """ "Lisbon, Thu from 17:30, Sun 08:00-12:00"."""
    parts = [times.city(zone)] if zone else []
    return ", ".join([*parts, *([times.show_hours(free)] if free else [])]) or kept_nothing()


def languages(person: Person) -> str:
    """ "Portuguese, English (Portuguese is a must)"."""
    said = ", ".join(person.languages) or kept_nothing()
    return f"{said} ({person.must_language} is a must)" if person.must_language else said


def links(found: Sequence[str]) -> str:
    return " ".join(found) or "none"


def link_count(found: Sequence[str]) -> str:
    if not found:
        return "no link"
    return "1 link" if len(found) == 1 else f"{len(found)} links"


def noted_skills(found: Sequence[Skill], read_as: Sequence[tuple[str, str]]) -> str:
    """ "Noted: rust (deep). If that's wrong, just say it again."."""
    if not read_as:
        return f"Noted: {skills(found)}. If that's wrong, just say it again."
    said = join_words([f'"{word}" as {meant}' for word, meant in read_as[:3]])
    return f"Noted: {skills(found)}. I read {said}; say so if not."


# ------------------------------------------------------------------------------------------- refusals


def no_skill(learning: bool) -> str:
    like = "kubernetes, or rust from zero" if learning else "rust deep, embedded comfortable"
    return f"I found no skill in that. A word or two each, with commas between them, e.g. {like}."


def long_skill(name: str, most: int) -> str:
    return f'"{short(name, 30)}" is too long for me to find anybody by it: up to {most} characters each, please, with commas between them.'


def too_many_skills(most: int) -> str:
    return f"At most {most} at once, please: take those that matter most now."


def no_link() -> str:
    return "I found no link there. Something like https://example.org/~you, or skip."


def long_link(most: int) -> str:
    return f"A link may have up to {most} characters; a shorter one, please."


def too_many_links(most: int) -> str:
    return f"At most {most} links, please."


def no_language() -> str:
    return "Please name the languages, best first, e.g. Portuguese, English. If one is a must, say so: Portuguese must."


def odd_language(said: str) -> str:
    return f'I don\'t read "{short(said, 40)}" as a language. Just the names, please, best first, e.g. Portuguese, English.'


def too_many_languages(most: int) -> str:
    return f"At most {most} languages, please, best first."


def one_must() -> str:
    return "Only one language can be a must; which one?"


def too_many_hours(most: int) -> str:
    return f"That is more than I can look through: at most {most} pieces of a week, please, e.g. thu after 17:30 or sunday morning."


def too_long(field: str, most: int) -> str:
    return f"{field} may have up to {most} characters; a shorter one, please."


def odd_name() -> str:
    return "A name needs at least one letter, and no control characters."


def not_in_list(said: str, field: str, have: Sequence[Skill]) -> str:
    return f'"{short(said, 40)}" is not in your {field} list, which is: {skills(have)}.'


def mixed_signs(field: str) -> str:
    return f"Please either a new list ({field} rust deep, embedded) or changes only ({field} +docker, -embedded)."


def keep_one(field: str) -> str:
    return f"That would leave nothing in your {field} list, and nobody could be found for you. Add something first, or say pause."
