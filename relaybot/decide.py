"""The one door: an event and a moment go in, a Decision comes out; pure, synchronous, nothing else changes.

A line is an answer to the open dialogue or a command (product rules in `_private`); a timer runs its
handler; a receipt tells a writer what became of their words. Refused and Invalid become an answer to
whoever spoke; any other exception is a bug and left to the office, which shunts the event.
"""

from __future__ import annotations

import re

import relaybot.programme  # noqa: F401 - fills the registries of commands, forms and timers
from relaybot import commands, forms
from relaybot.commands import Call, Command
from relaybot.desk import Desk, Programme
from relaybot.events import Came, Due, Event, Heard, Moment, Started, Told
from relaybot.model import Case, Decision, Dialogue, Letter, Message, Pair, Person
from relaybot.nouns import pairs, people, profile
from relaybot.nouns.soundness import unsound
from relaybot.ports import Invalid, Refused
from relaybot.words import common as words

# `yes M12` and `no M12 words` answer what was asked about that, whichever dialogue is open; a bare yes the open one.
_NAMED = re.compile(r"[amsgh][0-9]{1,10}\b", re.I)


A_SENTENCE = 3  # words from which on a line is no mistyped command


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
        commands.settle(desk, event.letter, event.outcome, event.reason)
    elif isinstance(event, Came):
        people.let_in(desk, event.address)
    elif isinstance(event, Started):
        pairs.reenter(desk)
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
        message = event.message
        _say(desk, message, _speaker(desk, message), False, words.shunted(number))
    people.tell_team(desk, words.shunted_for_team(number))
    return desk.changes()


def object_named(programme: Programme, message: Message, moment: Moment) -> str:
    """What this message asks to see the journal of, as the journal names it: "M12", "person 4"; "" when it asks for none."""
    found = commands.find(message.text.strip().lstrip("!").strip())
    if found is None or not found[0].journal or not found[1]:
        return ""
    return people.journal_name(Desk(programme, moment), found[1])


# ---------------------------------------------------------------------------------------------- heard


def _heard(desk: Desk, event: Heard) -> None:
    message = event.message
    person = _speaker(desk, message)
    team = bool(message.place) and _is_team_place(desk, message)
    try:
        if message.place and not team:
            _in_place(desk, event, person)
        else:
            _private(desk, event, person, team=team)
    except (Refused, Invalid) as no:
        _say(desk, message, person, team, str(no))


def _speaker(desk: Desk, message: Message) -> Person | None:
    if not message.sender:
        return None
    address = desk.addresses.get(message.sender)
    return desk.people.get(address.person) if address and address.verified else None


def _is_team_place(desk: Desk, message: Message) -> bool:
    network = desk.policy.networks.get(message.network)
    return network is not None and message.place == network.moderators


def _say(desk: Desk, message: Message, person: Person | None, team: bool, *lines: str) -> None:
    if team:
        desk.post(message.place, *lines)
    elif person is not None:
        desk.answer(person, message.sender, *lines)
    else:
        desk.post(message.reply, *lines)


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
    _run(desk, event, person, found, team=False)
    if not found[0].public:
        desk.post(message.place, words.written_privately(message.name))


def _in_pair_place(desk: Desk, event: Heard, person: Person, pair: Pair) -> None:
    if desk.participants.get((pair.id, person.id)) is None:
        return
    text = event.message.text.strip()
    if commands.overhear(desk, pair, person, text):
        return
    found = commands.find(text.lstrip("!").strip())
    if found is None:
        return
    explicit = event.message.addressed or text.startswith("!")
    if explicit or found[0].topic == "session":
        try:
            commands.read_args(*found)
        except Invalid:
            if not explicit:
                return
            raise
        _run(desk, event, person, found, team=False)


def _private(desk: Desk, event: Heard, person: Person | None, *, team: bool) -> None:
    """A line in private or in the moderators' place: an answer to the open dialogue, or a command."""
    message = event.message
    text = message.text.strip()
    explicit = text.startswith("!")
    text = text.lstrip("!").strip()
    if not text:
        return
    if len(text) > desk.policy.limits.text_chars:
        raise Refused(words.too_long(desk.policy.limits.text_chars))
    found = commands.find(text)
    dialogue = _open_dialogue(desk, person, message.place if team else "", message.about)
    if (
        dialogue is not None
        and forms.FORMS[dialogue.form].brief
        and (explicit or not forms.takes(desk, dialogue, text))
    ):
        desk.drop(dialogue)
        dialogue = _open_dialogue(desk, person, message.place if team else "", message.about)
    if dialogue is not None and not explicit and not _is_command(desk, dialogue, found):
        forms.answer(desk, dialogue, text)
        if person is not None and not team:
            commands.notice(desk, desk.people[person.id], "")
        return
    if found is None:
        if not team:
            _unknown(desk, message, person, text)
        elif message.addressed and explicit:
            word, meant = text.split(maxsplit=1)[0], commands.nearest(text, person)
            raise Refused(words.unknown_but_near(word, meant) if meant else words.unknown(word))
        return
    if team and not message.addressed and not _parses(found):
        return
    _run(desk, event, person, found, team=team)


def _open_dialogue(desk: Desk, person: Person | None, place: str, about: str) -> Dialogue | None:
    if person is None:
        return None
    asked = [
        d
        for d in desk.dialogues.where("person", person.id)
        if d.asked_at is not None and not d.kept and d.place == place
    ]
    if about:
        return next((d for d in asked if str(d.id) == about), None)
    return max(asked, key=lambda d: (d.asked_at, d.id), default=None)


def _is_command(desk: Desk, dialogue: Dialogue, found: tuple[Command, str] | None) -> bool:
    """While a choice is open a line that parses as a command is one; while free text is asked only a few are."""
    if found is None:
        return False
    command, rest = found
    if command.name in {"yes", "no"}:
        return _NAMED.match(rest) is not None
    if command.name == "skip" and not rest:
        return False
    return _parses(found) and (command.always or not forms.asks_free_text(dialogue))


def _parses(found: tuple[Command, str]) -> bool:
    try:
        commands.read_args(*found)
    except Invalid:
        return False
    return True


def _unknown(desk: Desk, message: Message, person: Person | None, text: str) -> None:
    meant = commands.nearest(text, person)
    found = commands.find(meant)
    if person is not None and (text.lower() in forms.EXITS or text.isdigit()):  # an answer, but to what?
        _say(desk, message, person, False, words.nothing_open())
    elif found is None and person is not None and message.sender and (case := _open_case(desk, person)) is not None:
        forms.begin(desk, person, "did-you-mean", note=f"\nmoderator H{case.id} {text}")  # few are upset in one line
    elif found is None and person is not None and len(text.split()) >= A_SENTENCE:
        _say(desk, message, person, False, words.not_a_command())
    elif found is None and person is None:
        _say(desk, message, person, False, words.hello(message.name, profile.title(desk)))
    elif found is None:
        _say(desk, message, person, False, words.unknown(text.split(maxsplit=1)[0]))
    elif not _parses(found):
        _say(desk, message, person, False, words.nearly(found[0].name, found[0].usage, found[0].examples))
    elif person is not None and message.sender:
        forms.begin(desk, person, "did-you-mean", note=f"{text.split(maxsplit=1)[0]}\n{meant}")
    else:
        _say(desk, message, person, False, words.unknown_but_near(text.split(maxsplit=1)[0], meant))


def _open_case(desk: Desk, person: Person) -> Case | None:
    """The help case of the person's own that was opened last and is still open."""
    mine = [c for c in desk.cases.where("person", person.id) if c.topic == "help" and c.stage != "closed"]
    return max(mine, key=lambda c: (c.opened_at or desk.now, c.id), default=None)


# ------------------------------------------------------------------------------------------- commands


def _run(desk: Desk, event: Heard, person: Person | None, found: tuple[Command, str], *, team: bool) -> None:
    command, rest = found
    if not commands.allowed(command, person):
        if person is not None:
            raise Refused(words.only_moderators())
        raise Refused(words.not_known_yet() if event.message.sender else words.not_sure_who())
    call = Call(event.message, person, command, commands.read_args(command, rest), event.journal, team)
    command.handler(desk, call)
    if call.person is not None:
        desk.note(call.person.id, command.name, call.object_id())
        if not event.message.place:
            commands.notice(desk, desk.people[call.person.id], command.name)
