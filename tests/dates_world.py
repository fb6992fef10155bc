"""A world for tests of hours by mail: two partners, the letters they get with their dates, and what a calendar answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from relaybot.events import Heard
from relaybot.model import Letter, Meeting, Message, Pair, Participant, Person, Style
from relaybot.policy import Network
from tests.play import World, add_member, add_pair, add_person, world

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 12, 5, 16, 0, tzinfo=UTC)


@dataclass
class Post(World):
    """A world that keeps the letters themselves."""

    letters: list[Letter] = field(default_factory=list)

    def _hand_out(self, letter: Letter) -> None:
        if letter.id in self.programme.tables.letters.rows:
            self.letters.append(letter)
        super()._hand_out(letter)

    def taken(self) -> list[Letter]:
        """The letters since the last look."""
        found, self.letters = self.letters, []
        self.said.clear()
        return found


def post(first: str = "chidi@mail", second: str = "mette@mail", stage: str = "trial", settings_: str = "") -> Post:
    """Two partners M19, on mail or on the chat, without a place of their own; dana and esi moderate on the chat."""
    plain = world(NOON, settings_)
    w = Post(plain.programme, NOON)
    mail = Network(style=Style.LETTER, identity="mail", pair_places=False)
    networks = {**w.programme.policy.networks, "mail": mail}
    w.programme.policy = w.programme.policy.model_copy(update={"networks": networks})
    for name in ("dana", "esi"):
        add_person(w, name, moderator=True)
    add_member(w, first, {"zone": "Africa/Lagos", "offer": "postgresql deep", "learn": "accessibility"})
    add_member(w, second, {"zone": "Europe/Copenhagen", "offer": "accessibility deep", "learn": "postgresql"})
    add_pair(w, 19, first.partition("@")[0], second.partition("@")[0], stage, apart=True)
    return w


def person(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def side(w: World, name: str) -> Participant:
    """Somebody's side of M19."""
    return w.programme.tables.participants.rows[(19, person(w, name).id)]


def pair(w: World) -> Pair:
    """M19."""
    return w.programme.tables.pairs.rows[19]


def meeting(w: World, number: int = 1) -> Meeting:
    """An hour."""
    return w.programme.tables.meetings.rows[number]


def agree(w: Post, first: str = "chidi@mail", second: str = "mette@mail", at: str = "sat 17:00") -> list[Letter]:
    """The two agree on an hour; the letters of the moment they did."""
    say(w, first, f"propose {at}")
    w.taken()
    say(w, second, "agree")
    return w.taken()


def say(w: Post, who: str, text: str, about: str = "") -> None:
    """Somebody writes, where they are."""
    name, _, network = who.partition("@")
    w.say(name, text, f"{network}/{about}" if about else network)


def answer(w: Post, who: str, said: str, about: str, **fields: object) -> list[Letter]:
    """A calendar answers to a date."""
    address = f"mail/{who}@example.net"
    message = Message("mail", address, address, who, said, style=Style.LETTER, about=about, calendar=True)
    w.happen(Heard(replace(message, **fields)))  # type: ignore[arg-type]
    return w.taken()


def to(letters: list[Letter], name: str) -> list[Letter]:
    """The letters to somebody."""
    return [x for x in letters if x.to == f"mail/{name}@example.net"]


def shown(letters: list[Letter]) -> list[tuple[str, int, bool]]:
    """The dates in letters: (uid, sequence, called off)."""
    return [(i.uid, i.sequence, i.cancelled) for x in letters for i in x.invitations]


def drop(w: Post, reason: str = "3 I leave tired") -> list[Letter]:
    """Chidi lets a moderator tell it."""
    say(w, "chidi@mail", "drop", "M19")
    say(w, "chidi@mail", f"1) 3 \\n 2) 2 \\n 3) {reason}", "M19")
    return w.taken()
