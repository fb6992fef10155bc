"""A programme of any size, written through the store: members with profiles, pairs with agreed hours, open applications.

Of 100,000 people 1,000 have an application that waits, 20,000 are in 10,000 pairs that have agreed on their next hour,
the others wait for a partner; everybody who was accepted has their decided application too, as in real life.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relaybot.model import (
    Address,
    Application,
    Entry,
    Level,
    Meeting,
    Pair,
    Participant,
    Person,
    Put,
    Record,
    Skill,
    Tally,
    Timer,
    Window,
)
from storage.sqlite import open_store

PROGRAMME = "tech-peer"
NETWORK = "irc:lab"
BATCH = 2_000
SKILLS = (
    "rust python go java kubernetes docker terraform postgresql sqlite linux git haskell c c++ embedded statistics "
    "accessibility testing css react security networking writing design photography electronics latex emacs vim nix"
).split()
ZONES = "Europe/Lisbon Africa/Lagos America/Toronto Asia/Kolkata Europe/Copenhagen America/Sao_Paulo Asia/Tokyo".split()
LANGUAGES = "English Portuguese Dutch French Spanish Hindi Danish Yoruba Japanese".split()


def account(number: int) -> str:
    """The services account (and nick) of person `number`, counted from 1."""
    return f"u{number:06}"


def on_irc(number: int) -> str:
    """The address of person `number` there."""
    return f"{NETWORK}/{account(number)}"


Home = Callable[[int], str]  # number of a person -> their address


def _skills(chance: random.Random) -> tuple[Skill, ...]:
    return tuple(Skill(name, Level(chance.randrange(4))) for name in chance.sample(SKILLS, chance.randint(1, 4)))


def _person(chance: random.Random, number: int, home: str, now: datetime, stage: str, waits: bool) -> Person:
    since = now - timedelta(days=chance.randint(1, 700))
    day = chance.randrange(6)
    return Person(
        PROGRAMME,
        number,
        account(number),
        home,
        stage,
        since=since,
        learn=_skills(chance),
        offer=_skills(chance),
        links=(f"https://example.org/~{account(number)}",),
        zone=chance.choice(ZONES),
        free=(Window(day, 17 * 60 + 30, 22 * 60), Window(day + 1, 8 * 60, 12 * 60)),
        languages=tuple(chance.sample(LANGUAGES, 2)),
        about=f"I like to build small things, number {number}",
        rules_version=1,
        accepted_at=None if stage == "submitted" else since,
        accepted_by=0 if stage == "submitted" else 1,
        waiting_since=since if waits else None,
        promise=now + timedelta(days=chance.randint(1, 14)) if waits else None,
    )


def _application(number: int, person: Person, now: datetime) -> Iterator[Record]:
    promise = now + timedelta(days=1 + number % 5)
    is_open = person.stage == "submitted"
    at = now if is_open else person.since or now
    stage, decided = ("submitted", None) if is_open else ("accepted", at)
    yield Application(
        PROGRAMME, number, person.id, stage, at, promise, decided_at=decided, decided_by=0 if is_open else 1
    )
    if is_open:
        yield Timer(PROGRAMME, "promise-soon", f"A{number}", promise - timedelta(hours=24))
        yield Timer(PROGRAMME, "promise-broken", f"A{number}", promise)


def _pair(chance: random.Random, number: int, both: tuple[Person, Person], now: datetime) -> Iterator[Record]:
    at = now - timedelta(days=chance.randint(7, 300))
    yield Pair(PROGRAMME, number, "active", 1, at, introduced_at=at, held=3, last_held_at=now - timedelta(days=2))
    for order, person in enumerate(both):
        yield Participant(
            PROGRAMME, number, person.id, order, answer="yes", asked_at=at, answered_at=at, taught_seconds=5400
        )
    starts_at = now + timedelta(days=2, minutes=chance.randrange(10_000))
    yield Meeting(PROGRAMME, number, number, "agreed", starts_at, 60)
    yield Timer(PROGRAMME, "hour", f"S{number}", starts_at)


def records(count: int, now: datetime, home: Home = on_irc) -> Iterator[Record]:
    """Everything of a programme with `count` people, the same each time."""
    chance = random.Random(count)
    paired, applying = count // 5 // 2 * 2, count // 100
    side: Person | None = None
    for number in range(1, count + 1):
        stage = "submitted" if number > count - applying else "member"
        waits = stage == "member" and number <= count - applying - paired
        person = _person(chance, number, home(number), now, stage, waits)
        yield person
        yield Address(PROGRAMME, person.home, number)
        yield from _application(number, person, now)
        yield Entry(PROGRAMME, number, person.since or now, number, "join", f"A{number}")
        if waits:
            yield Timer(PROGRAMME, "nudge looking", f"person {number}", now + timedelta(days=chance.randint(2, 14)))
        elif stage == "member":
            if side is not None:
                yield from _pair(chance, number // 2, (side, person), now)
            side = person if side is None else None
    for kind in ("person", "application", "pair", "meeting"):
        yield Tally(PROGRAMME, kind, count)


async def fill(path: Path, count: int, home: Home = on_irc) -> None:
    """Write a programme with `count` people into a new database."""
    store = await open_store(path)
    try:
        batch: list[Put] = []
        for record in records(count, datetime.now(UTC), home):
            batch.append(Put(record))
            if len(batch) == BATCH:
                await store.commit([tuple(batch)], [])
                batch = []
        await store.commit([tuple(batch)], [])
        await store.tidy()
    finally:
        await store.close()


def filled(folder: Path, count: int, home: Home = on_irc) -> Path:
    """A database with `count` people in `folder`, made when it is not there yet."""
    path = folder / f"members-{count}.db"
    if not path.exists():
        part = folder / f"members-{count}.part"
        asyncio.run(fill(part, count, home))
        part.rename(path)
    return path
