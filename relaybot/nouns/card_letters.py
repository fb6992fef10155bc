"""The letters of an hour's card: who reads it, and that one of them waits at most. What it shows while the hour runs is card.py.

An hour that is called off says so itself, whatever calls it off: a card that stays as it was would be wrong for ever.
"""

from __future__ import annotations

from datetime import timedelta

from relaybot.desk import Desk
from relaybot.model import Meeting, Pair, Person, Urgency
from relaybot.nouns import people
from relaybot.words import card as words

FRESH = timedelta(minutes=4)  # after that the next one is nearer than this one
LAST = timedelta(minutes=30)  # the last state replaces one that would be wrong for ever
SHOWN = frozenset({"first_half", "second_half"})  # stages of an hour that has a card


def readers(desk: Desk, pair: Pair) -> list[tuple[str, Person | None]]:
    """Where the card stands: in their place (no person), or with each of them who lives where messages can be changed."""
    if pair.place:
        return [(pair.place, None)] if _edits(desk, pair.place) else []
    return [(person.home, person) for person in _both(desk, pair) if _edits(desk, person.home)]


def _both(desk: Desk, pair: Pair) -> list[Person]:
    sides = sorted(desk.participants.where("pair", pair.id), key=lambda side: side.order)
    return [person for side in sides if (person := desk.people.get(side.person)) is not None]


def _edits(desk: Desk, address: str) -> bool:
    network = desk.network(address)
    return network is not None and network.edits


def say(desk: Desk, meeting: Meeting, text: words.Text, lasts: timedelta, only: Person | None = None) -> None:
    """Bring the card up to date wherever it stands, or with one of them; what waits of it is replaced."""
    name, until = f"clock S{meeting.id}", desk.now + lasts
    pair = desk.pairs[meeting.pair]
    for to, person in readers(desk, pair):
        if only is not None and (person is None or person.id != only.id):
            continue
        for letter in desk.letters.where("card", name):
            if letter.to == to and letter.tried_at is None:
                desk.drop(letter)
        line = text([people.zone(each) for each in ([person] if person is not None else _both(desk, pair))])
        if person is None or only is not None:  # to the address alone: it may not be theirs any more
            desk.post(to, line, urgency=Urgency.AMBIENT, expires_at=until, card=name)
        else:
            desk.tell(person, line, urgency=Urgency.AMBIENT, expires_at=until, to=to, card=name)


def called_off(desk: Desk, meeting: Meeting) -> None:
    """The last state of the card of an hour that is stopped in its middle; nothing for one that has none."""
    if meeting.stage in SHOWN:
        say(desk, meeting, lambda zones: words.called_off(meeting.id), LAST)


def moved(desk: Desk, meeting: Meeting, only: Person | None = None) -> None:
    """The last state of the cards of a running hour, of both or of one of them, that is shown elsewhere from now on."""
    if meeting.stage in SHOWN:
        say(desk, meeting, lambda zones: words.moved(meeting.id), LAST, only)
