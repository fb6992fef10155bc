"""A pair's own place: given up when it cannot be used, entered again after a start."""

from __future__ import annotations

from datetime import UTC, datetime

from relaybot.desk import Desk
from relaybot.events import Started, Told
from relaybot.model import Letter
from relaybot.nouns import sessions
from tests.play import World, add_member, add_pair, world

START = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)


def a_pair() -> World:
    """Ana and Bram with a place of their own."""
    w = world(START)
    add_member(w, "ana", {"zone": "Europe/Lisbon"})
    add_member(w, "bram", {"zone": "America/Toronto"})
    add_pair(w, 12, "ana", "bram", "active")
    return w


def letter_to_place(w: World, line: str) -> Letter:
    """A line of an hour's clock as it is written into the pair's place."""
    desk = Desk(w.programme, w.moment())
    sessions.speak(desk, desk.pairs[12], lambda zones: line)
    return next(letter for letter in desk.letters.changed.values() if letter is not None)


def test_a_lost_place_is_given_up() -> None:
    """Two lines whose place cannot be used reach both in private, in order, and the loss is told once."""
    w = a_pair()
    first, second = letter_to_place(w, "Swap!"), letter_to_place(w, "10 minutes left.")

    w.happen(Told(first, "undeliverable", "it is held by strangers"))
    w.happen(Told(second, "undeliverable", "it is held by strangers"))

    lost = "#tech-peer-m12 cannot be used any more, so from now on I write to each of you here. Commands work here as they did there."
    for name in ("ana", "bram"):
        assert [line for reader, line in w.said if reader == name] == [lost, "Swap!", "10 minutes left."]
    assert w.programme.tables.pairs.rows[12].place == ""


def test_what_expired_or_was_dropped_is_not_said_again() -> None:
    """A clock line that came too late, or was no longer true, is no reason to give the place up."""
    w = a_pair()
    letter = letter_to_place(w, "Swap!")

    w.happen(Told(letter, "undeliverable", "expired"))
    w.happen(Told(letter, "undeliverable", ""))
    w.happen(Told(letter, "sent", ""))

    assert w.said == []
    assert w.programme.tables.pairs.rows[12].place == letter.to


def test_places_are_entered_after_a_start() -> None:
    """After a start relaybot comes back into the places of open pairs and lets their people in; nothing is said."""
    w = a_pair()

    w.happen(Started())

    assert w.said == [("m12", "+ ana"), ("m12", "+ bram")]
