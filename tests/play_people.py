"""Who is there when a play or a test begins: people with addresses, applications, pairs and hours, put in as records.

Nothing here is said or decided by the programme itself, except the timers of an hour.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from relaybot import times
from relaybot.desk import Desk
from relaybot.model import Address, Application, Pair, Participant, Person, Put, Tally, Timer
from relaybot.nouns import sessions
from relaybot.skills import read_skills

if TYPE_CHECKING:
    from tests.play import World

NETWORK = "irc:test"
NAME = "tech-peer"
MAIL_DOMAIN = "example.net"
MATRIX_SERVER = "example.org"
LIST = "mail/peers@lists.example.org"
PLACES = {"public": f"{NETWORK}/#{NAME}", "team": f"{NETWORK}/#{NAME}-mods"}


def local_part(name: str, network: str) -> str:
    """How somebody of this name is called on a network: "ana", "ana@example.net", "@ana:example.org"."""
    if network == "mail":
        return f"{name}@{MAIL_DOMAIN}"
    return f"@{name}:{MATRIX_SERVER}" if network.startswith("matrix:") else name


def add_person(w: World, name: str, **fields: object) -> Person:
    """Put a person with an address into the programme."""
    tally = w.programme.tables.tallies.rows.get("person")
    number = (tally.value if tally else 0) + 1
    name, _, network = name.partition("@")
    address = f"{network or w.network}/{local_part(name, network)}"
    person = Person(NAME, number, name, home=address, since=w.now, **fields)  # type: ignore[arg-type]
    w.make(Put(Tally(NAME, "person", number)), Put(person), Put(Address(NAME, address, number)))
    return person


def add_member(w: World, name: str, words: dict[str, str]) -> Person:
    """A member who waits, with the profile given in a play's words."""
    return add_person(
        w,
        name,
        stage="member",
        accepted_at=w.now,
        waiting_since=w.now,
        rules_version=1,
        learn=read_skills(words.get("learn", "kubernetes"), {}, learning=True),
        offer=read_skills(words.get("offer", "rust"), {}, learning=False),
        zone=words.get("zone", "Europe/Lisbon"),
        free=times.hours(words.get("free", "any day 08:00-22:00")),
        languages=tuple(words.get("languages", "English").split(",")),
    )


def add_hour(w: World, number: int, pair: int, at: datetime) -> None:
    """An hour a pair has agreed on, with its timers."""
    w.make(Put(Tally(NAME, "meeting", number - 1)))
    desk = Desk(w.programme, w.moment())
    sessions.agree(desk, desk.pairs[pair], at, 0)
    w.make(*desk.changes())


def add_applicant(w: World, name: str, words: dict[str, str]) -> Application:
    """Someone who has just handed in an application, with the profile given in a play's words."""
    person = add_person(
        w,
        name,
        stage="submitted",
        rules_version=1,
        learn=read_skills(words.get("learn", "kubernetes"), {}, learning=True),
        offer=read_skills(words.get("offer", "rust"), {}, learning=False),
        links=tuple(words.get("links", "").split()),
        zone=words.get("zone", "Europe/Lisbon"),
        free=times.hours(words.get("free", "any day 08:00-22:00")),
        languages=tuple(words.get("languages", "English").split(",")),
    )
    tally = w.programme.tables.tallies.rows.get("application")
    number = (tally.value if tally else 0) + 1
    promise = w.now + timedelta(days=w.programme.policy.promise.first_days)
    made = Application(NAME, number, person.id, "submitted", w.now, promise)
    soon = promise - timedelta(hours=w.programme.policy.promise.nudge_hours)
    w.make(Put(Tally(NAME, "application", number)), Put(made))
    w.make(
        Put(Timer(NAME, "promise-soon", f"A{number}", soon)), Put(Timer(NAME, "promise-broken", f"A{number}", promise))
    )
    return made


def add_pair(
    w: World, number: int, first: str, second: str, stage: str = "introduced", place: str = "", apart: bool = False
) -> Pair:
    """A pair of members who said yes to each other; `apart`: without a place of their own."""
    people = [next(p for p in w.programme.tables.people.rows.values() if p.name == n) for n in (first, second)]
    pair = Pair(
        NAME,
        number,
        stage,
        drafted_by=0,
        drafted_at=w.now,
        introduced_at=w.now,
        place="" if apart else place or f"{w.network}/#{NAME}-m{number}",
        last_word_at=w.now,
    )
    w.make(Put(pair), Put(Tally(NAME, "pair", number)))
    for order, person in enumerate(people):
        side = Participant(NAME, number, person.id, order, answer="yes", asked_at=w.now, answered_at=w.now)
        w.make(Put(side), Put(replace(person, waiting_since=None, front=False, promise=None)))
    return pair
