"""Introductions: what each of two people reads when both have said yes, in lines or as one letter.

A letter is in three parts, because the times that suit both stand in its middle: the desk makes one mail of them.
"""

from __future__ import annotations

from relaybot.desk import Desk
from relaybot.model import Pair, Person, Style, medium
from relaybot.nouns import pairs
from relaybot.words import consenting as words
from relaybot.words import introducing as letter_words


def by_letter(desk: Desk, reader: Person) -> bool:
    """Whether they read it as one letter."""
    return desk.style(reader.home) is Style.LETTER


def tell(desk: Desk, pair: Pair, reader: Person, other: Person) -> None:
    """Who the other one is, how words reach them, and the first step."""
    by = desk.people.get(pair.drafted_by)
    name = by.name if by is not None else ""
    minutes = desk.policy.session.length_minutes
    if by_letter(desk, reader):
        desk.tell(
            reader,
            *letter_words.opening(reader, other, medium(other.home), name, pair.note, desk.now),
            letter_words.words_by_mail(other, medium(other.home)),
            letter_words.first_step(minutes),
            about=f"M{pair.id}",
            subject=letter_words.subject(reader, other),
        )
        return
    desk.tell(
        reader,
        *words.meet(reader, other, pair.id, desk.now),
        *words.moderator_note(name, pair.note),
        _how_words_go(desk, pair, other),
        words.first_step(minutes),
        words.first_talk(),
        words.help_and_stop(),
        about=f"M{pair.id}",
    )


def _how_words_go(desk: Desk, pair: Pair, other: Person) -> str:
    place = pairs.place_name(desk, pair)
    if place:
        return words.words_in_place(place, other)
    if by_letter(desk, other):
        return letter_words.partner_by_mail(other, pair.id, desk.policy.reach.gather_minutes)
    return words.words_carried(other, pair.id)


def close(desk: Desk, pair: Pair, reader: Person) -> None:
    """The end of a letter, below the times."""
    if by_letter(desk, reader):
        desk.tell(reader, *letter_words.closing(), about=f"M{pair.id}")
