"""What rooms and chats can do that a plain line cannot: threads, replies, edits, words in clear, and words read days later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from relaybot.events import Heard
from relaybot.model import Letter, Message, Put
from tests.play import NAME, NETWORK, PLACES, World, add_applicant, add_member, add_pair, add_person, world

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def town() -> World:
    """Dana moderates, ana and bram are M12, lupe has applied (A1)."""
    w = world(START)
    add_person(w, "dana", moderator=True)
    add_member(w, "ana", {"zone": "Europe/Lisbon"})
    add_member(w, "bram", {"zone": "America/Toronto"})
    add_pair(w, 12, "ana", "bram", "active", apart=True)
    add_applicant(w, "lupe", {})
    return w


def hear(w: World, who: str, text: str, place: str = "", **fields: Any) -> list[Letter]:
    """Somebody says something; the letters that were written because of it."""
    address, where = f"{NETWORK}/{who}", PLACES.get(place, place)
    fields.setdefault("addressed", not place)
    message = Message(NETWORK, address, address, who, text, place=where, programme=NAME if place else "", **fields)
    w.fire_until(w.now)
    decision = w.happen(Heard(message))
    return [change.record for change in decision if isinstance(change, Put) and isinstance(change.record, Letter)]


def test_an_answer_stays_in_the_thread_it_was_asked_in() -> None:
    """In private and in the moderators' place; what goes to others is in no thread."""
    w = town()
    (answer,) = hear(w, "ana", "status", thread="!dm - $1")
    assert answer.thread == "!dm - $1"
    (answer,) = hear(w, "dana", "show A1", "team", thread="!mods $root $2")
    assert (answer.to, answer.thread, answer.about) == (PLACES["team"], "!mods $root $2", "A1")
    for letter in hear(w, "ana", "tell hello", thread="!dm - $3"):
        assert letter.thread == ("!dm - $3" if letter.to.endswith("/ana") else "")
    for letter in hear(w, "dana", "!show A1", "public", thread="!public - $4"):
        assert letter.thread == ("!public - $4" if letter.to == PLACES["public"] else "")


def test_what_moderators_are_told_names_its_object() -> None:
    """One application, one thread: what is said of it in the moderators' place carries its id."""
    w = town()
    told = [x for x in hear(w, "dana", "accept A1") if x.to == PLACES["team"]]
    assert [x.about for x in told] == ["A1"]
    told = [x for x in hear(w, "ana", "moderator please help me") if x.to == PLACES["team"]]
    assert told
    assert all(x.about[:1] == "H" for x in told)
