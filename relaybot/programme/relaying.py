"""Relaying: `tell` carries one line to the partner, `talk` every line until one with only a dot.

The words themselves are nouns/relay.py's: they live in a letter and nowhere else. What is said in a pair's
own place needs no carrying; it is kept only while the partner must not be reached.
"""

from __future__ import annotations

from datetime import timedelta

from relaybot import commands, forms
from relaybot.commands import Call, Ref, Text, command, on_receipt, on_timer, overhears
from relaybot.desk import Desk
from relaybot.forms import Form, Question, Taken, form
from relaybot.model import Dialogue, Letter, Pair, Person
from relaybot.nouns import meetings, pairs, relay
from relaybot.ports import Invalid
from relaybot.words import relaying as words

DOT = "."
WORD_SECONDS = 3600  # a pair's last word is written down this often at most


@command(
    "tell",
    Ref("pair", optional=True),
    Text("text"),
    topic="pair",
    help="carry one line to your partner",
    examples=("tell I'm reading the chapter you named", "tell M12 I'm reading the chapter you named"),
)
def tell(desk: Desk, call: Call) -> None:
    """One line to the partner."""
    relay.carry(desk, pairs.mine(desk, call, relay.OPEN), call.me, call.text("text"))


@command(
    "talk",
    Ref("pair", optional=True),
    topic="pair",
    help="carry every line to your partner, until a line with only a dot",
    examples=("talk", "talk M12"),
)
def talk(desk: Desk, call: Call) -> None:
    """Every line to the partner from now on."""
    pair = pairs.mine(desk, call, relay.OPEN)
    before = forms.of(desk, call.me, "talk")
    if before is not None:
        desk.drop(before)
    forms.begin(desk, call.me, "talk", f"M{pair.id}")
    _idle_later(desk, call.me)


def _idle_later(desk: Desk, person: Person) -> None:
    desk.plan("talk-idle", f"person {person.id}", desk.now + timedelta(minutes=desk.policy.reach.talk_minutes))


def _partner(desk: Desk, dialogue: Dialogue) -> str:
    pair = desk.pairs[int(dialogue.about[1:])]
    sides = [s for s in pairs.sides(desk, pair) if s.person != dialogue.person]
    return desk.people[sides[0].person].name if sides else ""


def _ask(desk: Desk, dialogue: Dialogue) -> str:
    return words.talk_begins(_partner(desk, dialogue), desk.policy.reach.talk_minutes)


def _line(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """A line of talk is carried and not kept as an answer; a dot is the only answer there is."""
    if text.strip() == DOT:
        return DOT
    pair, writer = desk.pairs[int(dialogue.about[1:])], desk.people[dialogue.person]
    if pair.stage not in relay.OPEN or len(pairs.sides(desk, pair)) < 2:
        _stop(desk, writer)
        raise Invalid(words.over(pair.id, _partner(desk, dialogue)))
    relay.carry(desk, pair, writer, text, mode="talk")
    _idle_later(desk, writer)
    raise Taken


def _stop(desk: Desk, person: Person) -> None:
    desk.cancel("talk-idle", f"person {person.id}")
    dialogue = forms.of(desk, person, "talk")
    if dialogue is not None:
        forms.end(desk, dialogue)


def _done(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    desk.tell(person, words.talk_ends(_partner(desk, dialogue)))
    _stop(desk, person)


form(
    Form(
        "talk",
        (Question("line", _ask, _line, free=True, skip=DOT),),
        done=_done,
        stopped=_done,
        kept=_done,
        waits=False,
    )
)


@on_timer("talk-idle")
def talk_idle(desk: Desk, about: str, late_seconds: float) -> None:
    """Whoever was silent for long no longer means their partner by what they say next."""
    person = desk.people.get(int(about.split()[1]))
    dialogue = forms.of(desk, person, "talk") if person is not None else None
    if person is None or dialogue is None:
        return
    desk.tell(person, words.talk_idle(_partner(desk, dialogue), desk.policy.reach.talk_minutes))
    _stop(desk, person)


@on_receipt("relay")
def relayed(desk: Desk, letter: Letter, reference: str, outcome: str, reason: str) -> None:
    """What became of words: the writer is told."""
    relay.settled(desk, reference, outcome, reason)


@on_timer("words-expire")
def words_expire(desk: Desk, about: str, late_seconds: float) -> None:
    """Words that were held back too long are deleted."""
    person = desk.people.get(int(about.split()[1]))
    if person is not None:
        relay.expire(desk, person)


@overhears
def overheard(desk: Desk, pair: Pair, person: Person, text: str) -> bool:
    """Words in a pair's own place: kept for a partner who must not be reached now."""
    found = commands.find(text.lstrip("!").strip())
    if text.startswith("!") or (found is not None and found[0].topic == "session") or pair.stage not in relay.OPEN:
        return False
    partner = pairs.partner(desk, pair, person)
    if relay.held_back(desk, pair, partner) and meetings.running(desk, pair) is None:
        relay.carry(desk, pair, person, text, mode="place")
    return False
