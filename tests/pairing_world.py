"""The world in which pairing is tested: dana, who moderates, two who fit, and short ways to look at them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from relaybot.desk import Desk
from relaybot.model import Pair, Person, Put
from tests.play import World, add_member, add_person, world

NOW = datetime(2026, 11, 24, 14, 22, tzinfo=UTC)
ANA = {"learn": "kubernetes a little", "offer": "rust deep", "free": "thu 17:30-22:00"}
BRAM = {"learn": "rust new", "offer": "kubernetes deep", "zone": "America/Toronto", "free": "mon-fri 12:00-15:00"}


def begun(settings_: str = "", names: tuple[str, str] = ("ana", "bram")) -> World:
    """A world with dana, who moderates, and two members who fit."""
    w = world(NOW, settings_)
    add_person(w, "dana", moderator=True)
    add_member(w, names[0], ANA)
    add_member(w, names[1], BRAM)
    return w


def person(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def heard(w: World, who: str) -> list[str]:
    """What somebody has heard since this was asked last."""
    lines = [line for reader, line in w.said if reader == who]
    w.said = [(reader, line) for reader, line in w.said if reader != who]
    return lines


def pair_now(w: World, a: str = "ana", b: str = "bram", moderator: str = "dana") -> Pair:
    """Draft a pair and let it leave at once, from the moderator's own query."""
    w.say(moderator, f"pair {a} {b} now")
    w.say(moderator, "yes")
    return latest(w)


def latest(w: World) -> Pair:
    """The newest pair."""
    return max(w.programme.tables.pairs.rows.values(), key=lambda p: p.id)


def change(w: World, name: str, **fields: object) -> None:
    """Change somebody's record without an event."""
    w.make(Put(replace(person(w, name), **fields)))  # type: ignore[arg-type]


def by_hand(w: World) -> Desk:
    """A desk whose changes a test makes true itself."""
    return Desk(w.programme, w.moment())


def commit(w: World, desk: Desk) -> None:
    """Make a desk's changes true and deliver."""
    w.programme.apply(desk.changes())
    w.deliver()
