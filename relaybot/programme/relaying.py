"""Relaying: `tell` carries one line to the partner, `talk` every line until one with only a dot, a reply a whole letter.

The words themselves are nouns/relay.py's: they live in a letter and nowhere else. What is said in a pair's
own place needs no carrying; it is kept only while the partner must not be reached.
"""

from __future__ import annotations

from datetime import timedelta

from relaybot import commands, forms
from relaybot.commands import Call, Ref, Text, command, on_bounce, on_receipt, on_reply, on_timer, overhears
from relaybot.desk import Desk
from relaybot.forms import Form, Question, Taken, form
from relaybot.model import Dialogue, Letter, Message, Pair, Person
from relaybot.nouns import meetings, pairs, people, relay, replying, sessions
from relaybot.ports import Invalid, Refused
from relaybot.words import common as common_words
from relaybot.words import relaying as words

DOT = "."


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
    relay.carry(desk, pairs.mine(desk, call, relay.OPEN), call.me, call.text("text"), files=call.message.files)


@command(
    DOT,
    topic="pair",
    help="what you wrote to a partner who reads mail goes now, without waiting for your pause",
    examples=(DOT,),
)
def send_now(desk: Desk, call: Call) -> None:
    """Nothing more comes for now: gathered words leave."""
    waiting = relay.gathered(desk, call.me)
    if not waiting:
        raise Refused(common_words.unknown(DOT))
    for pair, letter in waiting:
        relay.send(desk, pair, call.me, letter)


@on_timer("words-send")
def words_send(desk: Desk, about: str, late_seconds: float) -> None:
    """The writer has paused: what they wrote goes as one mail."""
    _, number, person = about.split()
    writer = desk.people.get(int(person))
    for pair, letter in relay.gathered(desk, writer) if writer is not None else ():
        if writer is not None and pair.id == int(number):
            relay.send(desk, pair, writer, letter)


@command(
    "more",
    topic="pair",
    help="the next lines of a long text your partner wrote",
    examples=("more",),
)
def more(desk: Desk, call: Call) -> None:
    """The next lines of what was too long for a chat."""
    lines, left = relay.more(desk, call.me)
    if not lines:
        raise Refused(words.no_more())
    call.reply(desk, *lines, words.more_left(left) if left else "")


@on_reply("pair")
def reply_about_pair(desk: Desk, message: Message, person: Person, number: int) -> bool:
    """Whoever answers a letter about their pair writes to their partner."""
    pair = desk.pairs.get(number)
    return pair is not None and replying.taken(desk, message, person, pair, f"M{number}")


@on_reply("meeting")
def reply_about_hour(desk: Desk, message: Message, person: Person, number: int) -> bool:
    """Whoever answers a letter about an hour writes to their partner too."""
    meeting = desk.meetings.get(number)
    pair = desk.pairs.get(meeting.pair) if meeting is not None else None
    return pair is not None and replying.taken(desk, message, person, pair, f"S{number}")


@on_bounce
def came_back(desk: Desk, address: str, permanent: bool, reason: str) -> None:
    """Mail to somebody came back; whether their mailbox refuses from now on is known when all have heard of it."""
    person = people.by_address(desk, address)
    if person is not None:
        desk.plan("mailbox-refuses", f"person {person.id}", desk.now)


@on_timer("mailbox-refuses")
def mailbox_refuses(desk: Desk, about: str, late_seconds: float) -> None:
    """Partners of somebody whose mailbox refuses know that their words do not arrive."""
    person = desk.people.get(int(about.split()[1]))
    if person is not None:
        relay.cut_off(desk, person)


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
    for pair, letter in relay.gathered(desk, person):
        if dialogue.about == f"M{pair.id}":
            relay.send(desk, pair, person, letter)
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
    relay.settled(desk, letter, reference, outcome, reason)


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
    if (
        text.startswith("!")
        or (found is not None and sessions.is_verb(desk, pair, found[0]))
        or pair.stage not in relay.OPEN
    ):
        return False
    partner = pairs.partner(desk, pair, person)
    if relay.held_back(desk, pair, partner) and meetings.running(desk, pair) is None:
        relay.carry(desk, pair, person, text, mode="place")
    return False
