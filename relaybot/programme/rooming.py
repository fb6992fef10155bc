"""Rooming: `room` and the question to both people of a pair whether they want one room where each sees the other's address.

When it is asked and what follows is nouns/rooms.py.
"""

from __future__ import annotations

from relaybot.commands import Call, Ref, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import NO, YES, Form, choice, form, given
from relaybot.model import Dialogue, Pair, Person, medium
from relaybot.nouns import pairs, rooms, sessions
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import rooming as words


@command(
    "room",
    Ref("pair", optional=True),
    topic="pair",
    help="one room for you and your partner where you see each other's ids; it is opened when both of you want it",
    examples=("room", "room M12"),
)
def room(desk: Desk, call: Call) -> None:
    """Ask both: whoever gave the command too, because it has to be said what they would see of each other."""
    pair = pairs.mine(desk, call)
    if pair.place:
        raise Refused(words.there_already(pairs.place_name(desk, pair)))
    if not rooms.may_wish(desk, pair, call.me):
        raise Refused(words.nowhere())
    rooms.wish(desk, pair, call.me)


# ------------------------------------------------------------------------------------------ the question


def _pair_of(desk: Desk, dialogue: Dialogue) -> tuple[Pair, Person]:
    return desk.pairs[int(dialogue.about[1:])], desk.people[dialogue.person]


def _question(desk: Desk, dialogue: Dialogue) -> str:
    pair, person = _pair_of(desk, dialogue)
    partner = pairs.partner(desk, pair, person)
    kind = medium(rooms.network(desk, pair))
    return words.question(partner, pair.id, kind, moved=dialogue.note == rooms.MOVED)


def _done(desk: Desk, dialogue: Dialogue) -> None:
    pair, person = _pair_of(desk, dialogue)
    if not sessions.live(desk, pair, person):
        return
    if pair.place:
        desk.tell(person, words.there_already(pairs.place_name(desk, pair)))
    elif given(dialogue, "both") == "no":
        rooms.no(desk, pair, person)
    elif not rooms.network(desk, pair):
        desk.tell(person, words.not_any_more())
    else:
        rooms.yes(desk, pair, person)


def _later(desk: Desk, dialogue: Dialogue) -> None:
    """Not now: it is asked again by `room` only."""
    kept = desk.dialogues.get(dialogue.id)
    if kept is not None:
        desk.drop(kept)
    desk.tell(desk.people[dialogue.person], words.later_noted())


form(
    Form(
        rooms.FORM,
        (
            choice(
                "both",
                _question,
                {"yes": (*YES, "both"), "no": (*NO, "keep relaying", "relay")},
                explain=words.explain(),
            ),
        ),
        done=_done,
        stopped=_later,
        kept=_later,
        waits=False,  # whatever else is asked comes in front of it
        claim=lambda desk, dialogue: f"pair {dialogue.about[1:]} {','.join(sorted(ACTIVE_PAIRS))}",
    )
)


# --------------------------------------------------------------------------------------------- timers


@on_timer("room 0")
def _room_first(desk: Desk, about: str, late_seconds: float) -> None:
    """The first of two people is asked about one room for both, if that waited for their morning; an old question is forgotten."""
    _room_due(desk, about, 0)


@on_timer("room 1")
def _room_second(desk: Desk, about: str, late_seconds: float) -> None:
    """The same for the second."""
    _room_due(desk, about, 1)


def _room_due(desk: Desk, about: str, order: int) -> None:
    pair = desk.pairs.get(int(about[1:]))
    if pair is not None and order < len(pairs.sides(desk, pair)):
        rooms.due(desk, pair, order)


@on_timer("room-yes 0")
def _yes_first(desk: Desk, about: str, late_seconds: float) -> None:
    """The yes of the first of two people to one room for both is too old to count; nothing is said."""


@on_timer("room-yes 1")
def _yes_second(desk: Desk, about: str, late_seconds: float) -> None:
    """The same for the second."""
