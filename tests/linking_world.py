"""The world in which linking is tested: IRC and mail, dana who moderates, and short ways to speak and to look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from relaybot.desk import Programme
from relaybot.events import Heard
from relaybot.model import Letter, Message, Person, Style, Urgency
from relaybot.policy import Network
from tests.play import CODE, NAME, World, add_member, add_person, world

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MAIL = Network(style=Style.LETTER, identity="mail", pair_places=False)
ANA_MAIL = "mail/ana@example.net"


def two_media(settings: str = "", *names: str) -> World:
    """Dana moderates, members are on IRC, and there is mail."""
    w = world(NOON, settings)
    policy = w.programme.policy
    networks = {**policy.networks, "mail": MAIL, "irc:other": Network()}
    w.programme = Programme(NAME, policy.model_copy(update={"networks": networks}))
    add_person(w, "dana", moderator=True)
    for name in names or ("ana", "bram"):
        add_member(w, name, {})
    return w


def person(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def heard(w: World, reader: str) -> list[str]:
    """What a reader was told since the last look."""
    found = [line for who, line in w.said if who == reader]
    w.said = [(who, line) for who, line in w.said if who != reader]
    return found


def mail(w: World, who: str, text: str, *, proven: bool = True, stranger: bool = False) -> None:
    """A letter; unproven: anybody could have written it."""
    sender = f"mail/{who}"
    said = Message("mail", sender, sender, who, text, style=Style.LETTER, proven=proven, stranger=stranger)
    w.happen(Heard(said))


def owner(w: World, address: str) -> int:
    """Whose address it is, proven; 0 for nobody's."""
    row = w.programme.tables.addresses.rows.get(address)
    return row.person if row is not None and row.verified else 0


def linked(w: World, name: str = "ana") -> Person:
    """Somebody whose mail address is linked, and who has read all about it."""
    w.say(name, f"link {name}@example.net")
    w.write(name, "yes", "mail")
    w.said.clear()
    assert owner(w, f"mail/{name}@example.net") == person(w, name).id
    return person(w, name)


def codes_to(w: World, address: str) -> list[str]:
    """Codes that were written to an address, in the letters seen so far; what was said is forgotten."""
    return [m[1] for line in heard(w, w.reader(address)) if (m := CODE.search(line))]


def a_letter(w: World, number: int, **fields: object) -> Letter:
    """A letter that waits for ana on IRC."""
    ana = person(w, "ana")
    until = NOON + timedelta(hours=72)
    made = Letter(NAME, number, ana.home, (f"line {number}",), Urgency.PERSONAL, NOON, ana.id, until)
    return replace(made, **fields)  # type: ignore[arg-type]
