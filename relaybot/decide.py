"""The one door: an event and a moment go in, a Decision comes out; pure, synchronous, nothing else changes.

A line is an answer to the open dialogue or a command (product rules in `_private`); a timer runs its
handler; a receipt tells a writer what became of their words. Refused and Invalid become an answer to
whoever spoke; any other exception is a bug and left to the office, which shunts the event.
"""

from __future__ import annotations

from relaybot import answers, commands, forms, hearing, reading
from relaybot.commands import Command
from relaybot.desk import Desk, Programme
from relaybot.events import Bounced, Came, Due, Event, Heard, Moment, Started, Told
from relaybot.model import Decision, Dialogue, Letter, Message, Pair, Person, Style
from relaybot.nouns import corrections, dates, letters_out, pairs, people, proving, relay, replying, sessions, strangers
from relaybot.nouns.soundness import unsound
from relaybot.ports import Invalid, Refused
from relaybot.words import common as words


class Unsound(Exception):
    """A decision would break an invariant: a bug, so the event is shunted."""


def decide(programme: Programme, event: Event, moment: Moment) -> Decision:
    """What an event changes. The programme itself is left as it is."""
    desk = Desk(programme, moment)
    if isinstance(event, Heard):
        _heard(desk, event)
    elif isinstance(event, Due):
        timer = event.timer
        if desk.timers.get(timer.key) != timer:
            return ()
        desk.drop(timer)
        late = (desk.now - timer.due).total_seconds()
        commands.fire(desk, timer.name, timer.about, max(late, 0.0))
    elif isinstance(event, Told):
        if not letters_out.settled(desk, event.letter, event.outcome, event.reason):
            commands.settle(desk, event.letter, event.outcome, event.reason)
    elif isinstance(event, Came):
        people.let_in(desk, event.address)
    elif isinstance(event, Bounced):
        commands.bounced(desk, event.address, permanent=event.permanent, reason=event.reason)
    elif isinstance(event, Started):
        pairs.reenter(desk)
    dates.settle(desk)
    problem = unsound(desk)
    if problem:
        raise Unsound(problem)
    return desk.changes()


def stands(programme: Programme, letter: Letter) -> bool:
    """Whether what a letter claims is still so: "pair 12 asked_first,asked_second" names object and stages."""
    if not letter.claim:
        return True
    kind, key, stages = letter.claim.split(" ")
    table = programme.tables.by_kind[kind]
    record = table.rows.get(int(key))
    return record is not None and record.stage in stages.split(",")


def apologise(programme: Programme, event: Event, number: int, moment: Moment) -> Decision:
    """What happens instead of a decision that failed: the speaker and the moderators are told, a timer is spent."""
    desk = Desk(programme, moment)
    if isinstance(event, Due):
        desk.drop(event.timer)
    elif isinstance(event, Heard):
        message = desk.heard = event.message
        person = hearing.speaker(desk, message)
        if message.style is not Style.LETTER or _may_apologise(desk, message, person):
            hearing.say(desk, message, person, False, words.shunted(number))
    people.tell_team(desk, words.shunted_for_team(number))
    return desk.changes()


def _may_apologise(desk: Desk, message: Message, person: Person | None) -> bool:
    """Machines are never answered, nor who wrote to a list of others; strangers as seldom as ever."""
    network = desk.policy.networks.get(message.network)
    theirs = bool(message.place) and (network is None or network.list_mode != "own")
    if message.calendar or theirs:
        return False
    return person is not None or message.proven or strangers.may_answer(desk, message.sender or message.reply)


def object_named(programme: Programme, message: Message, moment: Moment) -> str:
    """What this message asks to see the journal of, as the journal names it: "M12", "person 4"; "" when it asks for none."""
    lines = message.text.strip().splitlines()[: reading.COMMAND_LINES_MAX if message.style is Style.LETTER else 1]
    for line in lines:
        found = reading.named(message, line.strip().lstrip("!").strip())
        if found is not None and found[0].journal and found[1]:
            return people.journal_name(Desk(programme, moment), found[1])
    return ""


# ---------------------------------------------------------------------------------------------- heard


def _heard(desk: Desk, event: Heard) -> None:
    message = event.message
    desk.heard = message
    person = hearing.speaker(desk, message)
    team = bool(message.place) and _is_team_place(desk, message)
    if message.clear and person is not None and person.moderator:
        hearing.in_clear(desk, message, person, team)
        return
    edited = bool(message.corrected)
    if not message.calendar and not edited and proving.answered(desk, message, person):
        return
    if message.style is Style.LETTER:
        reading.read(desk, event)
        return
    try:
        if edited:
            _corrected(desk, message, person, team)
        elif message.place and not team:
            _in_place(desk, event, person)
        else:
            _private(desk, event, person, team=team)
    except (Refused, Invalid) as no:
        hearing.say(desk, message, person, team, str(no))


def _corrected(desk: Desk, message: Message, person: Person | None, team: bool) -> None:
    """An edit: words for a partner are corrected there; a command or an answer is what it was when it was said."""
    _bounded(desk, message.text)
    if person is not None and corrections.carry(desk, message, person):
        return
    if hearing.concerns_us(desk, message, person, team, message.corrected, message.text):
        hearing.say(desk, message, person, team, words.edit_changes_nothing())


def _bounded(desk: Desk, text: str) -> None:
    if len(text) > desk.policy.limits.text_chars:
        raise Refused(words.too_long(desk.policy.limits.text_chars))


def _is_team_place(desk: Desk, message: Message) -> bool:
    network = desk.policy.networks.get(message.network)
    return network is not None and message.place == network.moderators


def _in_place(desk: Desk, event: Heard, person: Person | None) -> None:
    """A line in a public place or a pair's own: commands when addressed, bare session verbs in a pair's place."""
    message = event.message
    pair = next(iter(desk.pairs.where("place", message.place)), None)
    if pair is not None and person is not None:
        _in_pair_place(desk, event, person, pair)
        return
    if not message.addressed:
        return
    text = message.text.strip().lstrip("!").strip()
    found = commands.find(text)
    if found is None:
        return
    hearing.run(desk, event, person, found, team=False)
    if not found[0].public:
        desk.post(message.place, words.written_privately(message.name))


def _in_pair_place(desk: Desk, event: Heard, person: Person, pair: Pair) -> None:
    if desk.participants.get((pair.id, person.id)) is None:
        return
    message, text = event.message, event.message.text.strip()
    if message.about and message.addressed and replying.is_bare(text):
        asked = hearing.open_dialogue(desk, person, "", message.about, chat=True)
        if asked is None:
            raise Refused(words.asks_nothing())
        answers.answer(desk, asked, text)
        return
    if commands.overhear(desk, pair, person, text):
        return
    found = commands.find(text.lstrip("!").strip())
    if found is None:
        return
    explicit = message.addressed or text.startswith("!")
    if not explicit and not sessions.is_verb(desk, pair, found[0]):
        return
    try:
        commands.read_args(*found)
        hearing.run(desk, event, person, found, team=False)
    except Invalid:  # a bare word that makes no whole command is part of their talk
        if explicit:
            raise


def _private(desk: Desk, event: Heard, person: Person | None, *, team: bool) -> None:
    """A line in private or in the moderators' place: an answer to the open dialogue, or a command."""
    message = event.message
    text = message.text.strip()
    explicit = text.startswith("!")
    text = text.lstrip("!").strip()
    if not text:
        return
    _bounded(desk, text)
    moderates = person is not None and person.moderator
    found = _in_thread(message, text, sure=explicit) if team or moderates else commands.find(text)
    place = message.place if team else ""
    dialogue = _brief_over(desk, person, place, message.about, text, explicit=explicit)
    if message.about and person is not None and not explicit:
        if not _is_command(desk, message, dialogue, found):
            dialogue = dialogue or (hearing.take_up(desk, person, message.about, chat=True) if not team else None)
            if _replied(desk, message, person, dialogue, team=team):
                return
        dialogue = dialogue or _brief_over(desk, person, place, "", text, explicit=explicit)
    if dialogue is not None and not explicit and not hearing.is_command(dialogue, found):
        answers.answer(desk, dialogue, text)
        if person is not None and not team:
            commands.notice(desk, desk.people[person.id], "")
        return
    if found is None:
        if not team:
            hearing.unknown(desk, message, person, text)
        elif message.addressed and explicit:
            word, meant = text.split(maxsplit=1)[0], commands.nearest(text, person)
            raise Refused(words.unknown_but_near(word, meant) if meant else words.unknown(word))
        return
    if team and not message.addressed and (not hearing.parses(found) or replying.is_bare(text)):
        return  # they talk with each other
    hearing.run(desk, event, person, found, team=team)


def _brief_over(
    desk: Desk, person: Person | None, place: str, about: str, text: str, *, explicit: bool
) -> Dialogue | None:
    """The question that waits for this answer; a brief one that was not answered is over, and the one before it waits again."""
    dialogue = hearing.open_dialogue(desk, person, place, about, chat=True)
    if dialogue is None or not forms.FORMS[dialogue.form].brief:
        return dialogue
    if not explicit and answers.takes(desk, dialogue, text):
        return dialogue
    desk.drop(dialogue)
    return hearing.open_dialogue(desk, person, place, about, chat=True)


# -------------------------------------------------------------------------------------------- replies


def _in_thread(message: Message, line: str, *, sure: bool) -> tuple[Command, str] | None:
    """The command of a moderator's line; in a thread (or a reply) about A17 the id may be left out: `accept`.

    What moderators say to each other in their place may begin like a command ("question is whether..."): unless it is `sure`,
    words after it are only taken for its own where they begin as a sentence does.
    """
    found = commands.find(line)
    _, _, rest = line.partition(" ")
    first = rest.split(maxsplit=1)[:1]
    talk = bool(first) and (first[0][0].islower() or first[0].split("'")[0].split("\u2019")[0] == "I")
    return found if talk and not sure and not message.addressed else reading.named(message, line)


def _is_command(desk: Desk, message: Message, dialogue: Dialogue | None, found: tuple[Command, str] | None) -> bool:
    """Whether a reply is a command; a yes or no, and what goes on after it, is none where nothing was asked."""
    if dialogue is not None:
        return hearing.is_command(dialogue, found)
    if found is None or not hearing.parses(found):
        return False
    line = f"{found[0].name} {found[1]}".strip()
    return not (found[0].name in {"yes", "no"} and (not found[1] or replying.is_talk(desk, message, line)))


def _replied(desk: Desk, message: Message, person: Person, dialogue: Dialogue | None, *, team: bool) -> bool:
    """Whether a reply was taken as one: words for the partner (an answer to a question about them perhaps among them).

    A bare answer to what asks nothing is never taken for the answer to something else.
    """
    talk = forms.of(desk, person, "talk", message.about)
    if team and dialogue is None and not message.addressed:
        return False
    if dialogue is None and talk is None and replying.is_bare(message.text):
        pair = replying.pair_meant(desk, message)
        mine = pair is not None and pair.stage in relay.OPEN and pairs.side(desk, pair, person) is not None
        raise Refused(words.asks_nothing(pair.id if pair is not None and mine else 0, message.text.strip()))
    found = reading.OBJECT.fullmatch(message.about)
    if team or talk is not None or found is None or found[1] not in {"M", "S"}:
        return False
    if dialogue is not None and answers.takes(desk, dialogue, message.text):
        return False
    if not commands.replied(desk, message, person, reading.KINDS[found[1]], int(found[2])):
        return False
    commands.notice(desk, desk.people[person.id], "")
    return True
