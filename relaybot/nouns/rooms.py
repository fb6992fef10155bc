"""Rooms: where a place of two people shows them each other's addresses, it is opened only when both have said yes to it.

Each is asked alone and hears the same whatever the other says. Timers about the pair, one for each of the two by order:
"room" is there while they have been asked lately, "room-yes" while their yes stands.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Pair, Person
from relaybot.nouns import card, card_letters, meetings, pairs, people
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import consenting as place_words
from relaybot.words import rooming as words

FORM = "room"
MOVED = "moved"  # note of the question: the partner can be reached there since now


def network(desk: Desk, pair: Pair) -> str:
    """The network on which the two could have one room for both: where both live, or one does and the other is known.

    "" when there is none.
    """
    if pair.place or pair.stage not in ACTIVE_PAIRS:
        return ""
    both = pairs.people(desk, pair)
    found = [
        (-sum(_lives(p, name) for p in both), name)
        for name, there in desk.policy.networks.items()
        if there.pair_places and there.place_shows_ids and all(people.address_on(desk, p, name) for p in both)
    ]
    lived, name = min(found, default=(0, ""))
    return name if lived else ""


def may_wish(desk: Desk, pair: Pair, person: Person) -> bool:
    """Whether one of them may ask for it: where a partner has linked an address and does not live is not theirs to know."""
    found, other = network(desk, pair), pairs.partner(desk, pair, person)
    return bool(found) and (_lives(other, found) or lately(desk, pair, person) or agreed(desk, pair, other))


def _lives(person: Person, network: str) -> bool:
    return person.home.partition("/")[0] == network


# ---------------------------------------------------------------------------------------------- asking


def offer(desk: Desk, pair: Pair) -> None:
    """After the introduction: both are asked, when what they are being asked now is answered."""
    if _live_together(desk, pair):
        for person in pairs.people(desk, pair):
            _ask(desk, pair, person, desk.now)


def moved(desk: Desk, person: Person) -> None:
    """Somebody is written to elsewhere from now on: whoever lives there with a partner of theirs is asked, and they too."""
    for pair in pairs.of(desk, person):
        if _live_together(desk, pair):
            other = pairs.partner(desk, pair, person)
            if not lately(desk, pair, person):
                _ask(desk, pair, person, desk.now)
            if not lately(desk, pair, other):
                _ask(desk, pair, other, _awake(desk, other), note=MOVED)


def wish(desk: Desk, pair: Pair, person: Person) -> None:
    """One of them asks for it by command: they are asked at once, the partner unless that was lately."""
    other = pairs.partner(desk, pair, person)
    if not lately(desk, pair, other):
        _ask(desk, pair, other, _awake(desk, other))
    _plan(desk, pair, person, desk.now + _open(desk))
    stands = (words.yes_stands(),) if agreed(desk, pair, person) else ()
    forms.pose(desk, forms.keep(desk, person, FORM, f"M{pair.id}"), *stands)


def _live_together(desk: Desk, pair: Pair) -> bool:
    found = network(desk, pair)
    return bool(found) and all(_lives(person, found) for person in pairs.people(desk, pair))


def _ask(desk: Desk, pair: Pair, person: Person, at: datetime, note: str = "") -> None:
    """The question waits until nothing else is asked, and until `at`; it never stands in front of numbered times."""
    forms.keep(desk, person, FORM, f"M{pair.id}", note=note)
    _plan(desk, pair, person, at if at > desk.now else desk.now + _open(desk))
    if at <= desk.now:
        forms.wake(desk, desk.people[person.id])


def _awake(desk: Desk, person: Person) -> datetime:
    """The first moment at which somebody may be asked what they did not ask for."""
    rests = [until for until in (person.paused_until, person.muted_until) if until is not None]
    return people.waking(desk, person, max([desk.now, *rests]))


def _open(desk: Desk) -> timedelta:
    """How long a question and a yes are good for."""
    return timedelta(days=desk.policy.consent.open_days)


def due(desk: Desk, pair: Pair, order: int) -> None:
    """The timer "room" of one of them: a question that waited for their morning is asked, one that is old is forgotten."""
    person = pairs.people(desk, pair)[order]
    dialogue = forms.of(desk, person, FORM, f"M{pair.id}")
    if dialogue is None:
        return
    if not network(desk, pair):
        forms.forget(desk, person, f"M{pair.id}", FORM)
    elif dialogue.asked_at is None:
        _plan(desk, pair, person, desk.now + _open(desk))
        forms.wake(desk, person)
    elif dialogue.asked_at + _open(desk) > desk.now:
        _plan(desk, pair, person, dialogue.asked_at + _open(desk))
    else:
        forms.forget(desk, person, f"M{pair.id}", FORM)


# ------------------------------------------------------------------------------------------- answering


def lately(desk: Desk, pair: Pair, person: Person) -> bool:
    """Whether this one was asked within the last days."""
    return desk.timers.get((f"room {_order(desk, pair, person)}", f"M{pair.id}")) is not None


def agreed(desk: Desk, pair: Pair, person: Person) -> bool:
    """Whether this one's yes stands."""
    return desk.timers.get((f"room-yes {_order(desk, pair, person)}", f"M{pair.id}")) is not None


def yes(desk: Desk, pair: Pair, person: Person) -> None:
    """One of them wants it: it is opened when the other does, too."""
    if agreed(desk, pair, pairs.partner(desk, pair, person)):
        _open_room(desk, pair)
        return
    until = desk.now + _open(desk)
    desk.plan(f"room-yes {_order(desk, pair, person)}", f"M{pair.id}", until)
    _plan(desk, pair, person, until)
    desk.tell(person, words.yes_noted())


def no(desk: Desk, pair: Pair, person: Person) -> None:
    """One of them does not want it: a yes said before does not stand any more, and nothing else happens."""
    desk.cancel(f"room-yes {_order(desk, pair, person)}", f"M{pair.id}")
    _plan(desk, pair, person, desk.now + _open(desk))
    desk.tell(person, words.no_noted())


def _open_room(desk: Desk, pair: Pair) -> None:
    running = meetings.running(desk, pair)
    if running is not None:
        card_letters.moved(desk, running)
    pair = desk.change(pair, place=pairs.place_on(desk, pair, network(desk, pair)))
    both = pairs.people(desk, pair)
    for order, person in enumerate(both):
        desk.cancel(f"room {order}", f"M{pair.id}")
        desk.cancel(f"room-yes {order}", f"M{pair.id}")
        forms.forget(desk, person, f"M{pair.id}", FORM)
        desk.tell(person, words.opened(pairs.place_name(desk, pair), pairs.partner(desk, pair, person)))
    pairs.in_place(desk, pair, place_words.place_opened(tuple(p.name for p in both), pair.id), invite=True)
    if running is not None:
        card.show(desk, running)


def _order(desk: Desk, pair: Pair, person: Person) -> int:
    return [p.id for p in pairs.people(desk, pair)].index(person.id)


def _plan(desk: Desk, pair: Pair, person: Person, at: datetime) -> None:
    desk.plan(f"room {_order(desk, pair, person)}", f"M{pair.id}", at)
