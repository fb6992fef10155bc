"""What lines and letters share on their way in: who speaks, which question is open, what is a command, and running it.

relaybot/decide.py hears lines with this, relaybot/reading.py letters.
"""

from __future__ import annotations

import re

import relaybot.programme  # noqa: F401 - fills the registries of commands, forms and timers
from relaybot import commands, forms
from relaybot.commands import Call, Command
from relaybot.desk import Desk
from relaybot.events import Heard
from relaybot.model import Case, Dialogue, Message, Person
from relaybot.nouns import profile
from relaybot.ports import Invalid, Refused
from relaybot.words import common as words

# `yes M12` and `no M12 words` answer what was asked about that, whichever dialogue is open; a bare yes the open one.
_NAMED = re.compile(r"[amsghp][0-9]{1,10}\b", re.I)

A_SENTENCE = 3  # words from which on a line is no mistyped command


def speaker(desk: Desk, message: Message) -> Person | None:
    """Who said it, if the network vouches for a verified address of somebody."""
    if not message.sender:
        return None
    address = desk.addresses.get(message.sender)
    return desk.people.get(address.person) if address and address.verified else None


def say(desk: Desk, message: Message, person: Person | None, team: bool, *lines: str) -> None:
    """Answer where it was said."""
    if team:
        desk.post(message.place, *lines)
    elif person is not None:
        desk.answer(person, message.sender, *lines)
    else:
        desk.post(message.reply, *lines)


def in_clear(desk: Desk, message: Message, person: Person, team: bool) -> None:
    """Nothing a moderator says unencrypted in an encrypted place is done; told where they meant us, their talk is left alone."""
    if concerns_us(desk, message, person, team, message.text):
        say(desk, message, person, team, words.in_clear())


def concerns_us(desk: Desk, message: Message, person: Person | None, team: bool, *lines: str) -> bool:
    """Whether a message (one of these lines was its text) was meant for relaybot: in a place most of the talk is not."""
    if not message.place or message.addressed or open_dialogue(desk, person, message.place, "") is not None:
        return True
    found = [commands.find(line.lstrip("! ").strip()) for line in lines]
    return any(one is not None and parses(one) and (team or one[0].topic == "session") for one in found)


def open_dialogue(desk: Desk, person: Person | None, place: str, about: str, *, chat: bool = False) -> Dialogue | None:
    """The question asked last that waits for an answer there; `about` names one dialogue or an object.

    In a chat (`chat`) a reply names the very message: then a private question about a pair is named by its own id only.
    """
    if person is None:
        return None
    asked = [
        d
        for d in desk.dialogues.where("person", person.id)
        if d.asked_at is not None and not d.kept and d.place == place
    ]
    if about:
        asked = [d for d in asked if about in (forms.reply_about(d) if chat else d.about, f"D{d.id}")]
    asked = [d for d in asked if not forms.FORMS[d.form].apart or about == f"D{d.id}"]
    return max(asked, key=lambda d: (d.asked_at, d.id), default=None)


def take_up(desk: Desk, person: Person, about: str, *, chat: bool = False) -> Dialogue | None:
    """A question that was put off with `later`: a reply to it takes it up again (`chat` as in open_dialogue)."""
    mine = [d for d in desk.dialogues.where("person", person.id) if d.kept]
    kept = [d for d in mine if about in (forms.reply_about(d) if chat else d.about, f"D{d.id}")]
    return desk.change(kept[0], kept=False, asked_at=desk.now) if kept else None


def is_command(dialogue: Dialogue, found: tuple[Command, str] | None) -> bool:
    """While a choice is open a line that parses as a command is one; while free text is asked only a few are."""
    if found is None:
        return False
    command, rest = found
    if command.name in {"yes", "no"}:
        return _NAMED.match(rest) is not None
    if command.name == "skip" and not rest:
        return False
    return parses(found) and (command.always or not forms.asks_free_text(dialogue))


def parses(found: tuple[Command, str]) -> bool:
    """Whether a line is a whole command."""
    try:
        commands.read_args(*found)
    except Invalid:
        return False
    return True


def unknown(desk: Desk, message: Message, person: Person | None, text: str) -> None:
    """What was said is neither an answer nor a command: ask back, or say what helps."""
    meant = commands.nearest(text, person)
    found = commands.find(meant)
    if person is not None and (text.lower() in forms.EXITS or text.isdigit()):  # an answer, but to what?
        say(desk, message, person, False, words.nothing_open())
    elif found is None and person is not None and message.sender and (case := _open_case(desk, person)) is not None:
        forms.begin(desk, person, "did-you-mean", note=f"\nmoderator H{case.id} {text}")  # few are upset in one line
    elif found is None and person is not None and len(text.split()) >= A_SENTENCE:
        say(desk, message, person, False, words.not_a_command())
    elif found is None and person is None:
        say(desk, message, person, False, words.hello(message.name, profile.title(desk)))
    elif found is None:
        say(desk, message, person, False, words.unknown(text.split(maxsplit=1)[0]))
    elif not parses(found):
        say(desk, message, person, False, words.nearly(found[0].name, found[0].usage, found[0].examples))
    elif person is not None and message.sender:
        forms.begin(desk, person, "did-you-mean", note=f"{text.split(maxsplit=1)[0]}\n{meant}")
    else:
        say(desk, message, person, False, words.unknown_but_near(text.split(maxsplit=1)[0], meant))


def _open_case(desk: Desk, person: Person) -> Case | None:
    """The help case of the person's own that was opened last and is still open."""
    mine = [c for c in desk.cases.where("person", person.id) if c.topic == "help" and c.stage != "closed"]
    return max(mine, key=lambda c: (c.opened_at or desk.now, c.id), default=None)


# ------------------------------------------------------------------------------------------- commands


def run(desk: Desk, event: Heard, person: Person | None, found: tuple[Command, str], *, team: bool) -> None:
    """Do what a command says, and write down that it was said."""
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
