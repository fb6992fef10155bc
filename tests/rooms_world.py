"""The world in which rooms for two and the card of an hour are tested: a network that shows ids and changes messages, and others."""

from __future__ import annotations

from datetime import UTC, datetime

from relaybot.desk import Programme
from relaybot.model import Letter, Pair, Style
from relaybot.policy import Network
from tests.play import NAME, World, add_member, add_pair, add_person, world

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)  # a Thursday
MATRIX = Network(identity="matrix", place_shows_ids=True, edits=True, bare=True)
MAIL = Network(style=Style.LETTER, identity="mail", pair_places=False)


def media(settings: str = "") -> World:
    """IRC, mail and two homeservers; dana moderates."""
    w = world(NOON, settings)
    networks = {**w.programme.policy.networks, "mail": MAIL, "matrix:home": MATRIX, "matrix:work": MATRIX}
    w.programme = Programme(NAME, w.programme.policy.model_copy(update={"networks": networks}))
    add_person(w, "dana", moderator=True)
    return w


def two(first: str = "ana@matrix:home", second: str = "bram@matrix:home", settings: str = "") -> World:
    """Two people in UTC, M21, who have no place of their own."""
    w = media(settings)
    for name in (first, second):
        add_member(w, name, {"zone": "UTC", "offer": "rust deep", "learn": "rust new"})
    add_pair(w, 21, first.partition("@")[0], second.partition("@")[0], "trial", apart=True)
    return w


def pair_of(w: World) -> Pair:
    """M21 as it is now."""
    return w.programme.tables.pairs.rows[21]


def say(w: World, who: str, *lines: str) -> list[str]:
    """Say lines on the first homeserver; returns what this person was told there since."""
    w.said = [(to, line) for to, line in w.said if to != f"{who}@matrix:home"]
    for line in lines:
        w.say(who, line, "matrix:home")
    return heard(w, f"{who}@matrix:home")


def heard(w: World, reader: str) -> list[str]:
    """What a reader was told since the last look."""
    found = [line for to, line in w.said if to == reader]
    w.said = [(to, line) for to, line in w.said if to != reader]
    return found


def timers(w: World, about: str) -> set[str]:
    """What is planned for an object."""
    return {t.name for t in w.programme.tables.timers.rows.values() if t.about == about}


def cards(w: World) -> list[Letter]:
    """The cards that wait to leave, oldest first."""
    return sorted((x for x in w.programme.tables.letters.rows.values() if x.card), key=lambda x: x.id)
