"""Preferring: `prefer` says where one likes to be written to, `unlink` takes an address away.

A lost or stolen account is taken off a record by a moderator, who has checked who is asking, after a yes.
"""

from __future__ import annotations

from relaybot import forms
from relaybot.commands import Call, Text, command
from relaybot.desk import Desk
from relaybot.forms import Form, form, given, yes_no
from relaybot.model import Dialogue, Person, medium
from relaybot.nouns import homes, linking, pairs, people, profile
from relaybot.nouns.naming import private_if_about_moderator
from relaybot.ports import Refused
from relaybot.words import preferring as words


class Medium(Text):
    """One of the media somebody is linked on, or an address of theirs."""

    @property
    def shape(self) -> str:
        """The media there are."""
        return "irc|matrix|mail"


class Whose(Text):
    """A medium; for moderators a person before it."""

    @property
    def shape(self) -> str:
        """A medium, as in help; that moderators may name a person is in the line beside it."""
        return "<medium>"


@command(
    "prefer",
    Medium("medium"),
    topic="mail",
    help="where I write to you from now on; what is open and what waits moves there",
    examples=("prefer mail", "prefer irc", "prefer ana@example.org"),
)
def prefer(desk: Desk, call: Call) -> None:
    """Everything goes there from now on."""
    address = homes.meant(desk, call.me, call.text("medium"))
    if address == call.me.home:
        raise Refused(words.home_already(linking.account(address)))
    homes.prefer(desk, call.me, address)
    if call.team or address != call.message.sender:  # said after what waited has moved, because this stays here
        others = [linking.shown(desk, a) for a in people.addresses(desk, call.me) if a != address]
        call.reply(desk, words.from_now(medium(address), others), *_places(desk, call.me))


def _places(desk: Desk, person: Person) -> list[str]:
    """Pairs' own places do not move with one of the two."""
    return [words.stays_in_place(p.id, pairs.place_name(desk, p)) for p in pairs.of(desk, person) if p.place]


@command(
    "unlink",
    Whose("medium"),
    topic="mail",
    help="take an address of yours away (never the last one); moderators: unlink <person> <medium>",
    examples=("unlink irc", "unlink ana@example.org", "unlink ana irc"),
)
def unlink(desk: Desk, call: Call) -> None:
    """One's own address at once; somebody else's by a moderator, after a yes."""
    said = call.text("medium").strip()
    who, _, where = said.rpartition(" ")
    if who and call.me.moderator:
        _of_somebody(desk, call, who.strip(), where)
        return
    address = homes.meant(desk, call.me, said)
    homes.may_unlink(desk, call.me, address)
    sender = call.message.sender
    person = homes.unlink(desk, call.me, address, sender)
    line = words.unlinked(linking.account(address), medium(address), linking.account(person.home))
    desk.post(address, words.unlinked_there(person.name, profile.title(desk)))
    if sender not in {address, person.home}:
        desk.answer(person, sender, line)
    desk.answer(person, person.home, line)
    call.person = person


# --------------------------------------------------------------------------------- for somebody else


def _of_somebody(desk: Desk, call: Call, who: str, medium: str) -> None:
    person = people.find(desk, who)
    if person.id == call.me.id:
        raise Refused(words.own_goes_short())
    private_if_about_moderator(call, person)
    address = homes.meant(desk, person, medium)
    homes.may_unlink(desk, person, address)
    place = call.message.place if call.team else ""
    forms.begin(desk, call.me, "unlink", note=f"{person.id} {address}", place=place)


def _noted(desk: Desk, dialogue: Dialogue) -> tuple[Person | None, str]:
    number, _, address = dialogue.note.partition(" ")
    return desk.people.get(int(number)), address


def _ask(desk: Desk, dialogue: Dialogue) -> str:
    person, address = _noted(desk, dialogue)
    if person is None:
        return words.not_there("", linking.account(address))
    others = [linking.shown(desk, a) for a in people.addresses(desk, person) if a != address]
    return words.sure(person.name, linking.account(address), others)


def _done(desk: Desk, dialogue: Dialogue) -> None:
    by, (person, address) = desk.people[dialogue.person], _noted(desk, dialogue)
    if given(dialogue, "sure") == "no" or not by.moderator:
        forms.say(desk, dialogue, words.nothing())
        return
    if person is None or address not in people.addresses(desk, person):
        forms.say(desk, dialogue, words.not_there(person.name if person else "", linking.account(address)))
        return
    homes.may_unlink(desk, person, address)
    person = homes.unlink(desk, person, address)
    desk.note(by.id, "unlink", f"person {person.id}")
    desk.post(address, words.unlinked_there(person.name, profile.title(desk)))
    desk.tell(person, words.unlinked_by_moderator(linking.account(address), by.name))
    if not dialogue.place:
        people.tell_team(desk, words.team_done(by.name, person.name, medium(address)), hidden_from=(by.id,))
    forms.say(desk, dialogue, words.done(person.name, linking.account(address)))


form(Form("unlink", (yes_no("sure", _ask),), done=_done))
