"""How moderators name a person in a command, and what a moderator must not be shown because it is about them.

A name that several people share, or that is no single word, is replaced by the number that always works.
"""

from __future__ import annotations

from relaybot.commands import Call
from relaybot.desk import Desk
from relaybot.model import Pair, Person
from relaybot.nouns import pairs
from relaybot.ports import Refused
from relaybot.tables import fold
from relaybot.words import pairing as words


def handle(desk: Desk, person: Person) -> str:
    """What to type for this person: their name, or "#4" where the name is not enough."""
    alone = desk.people.count("name", fold(person.name)) == 1 and " " not in person.name.strip()
    return person.name if alone else f"#{person.id}"


def hidden(desk: Desk, call: Call, pair: Pair) -> bool:
    """Whether an offer must not be shown: the reader is in it, or a moderator who is reads where it is answered."""
    both = pairs.people(desk, pair)
    if pair.stage not in pairs.OFFER_STAGES and desk.timers.get(("offer-neutral", f"M{pair.id}")) is None:
        return False
    return any(person.id == call.me.id or (call.team and person.moderator) for person in both)


def private_if_about_moderator(call: Call, *people: Person) -> None:
    """What is about a moderator is not answered where they read it; and nobody is told what speaks against themselves."""
    if any(person.id == call.me.id for person in people):
        raise Refused(words.another_moderator())
    inside = [person.name for person in people if person.moderator]
    if call.team and inside:
        raise Refused(words.say_it_privately(inside[0]))
