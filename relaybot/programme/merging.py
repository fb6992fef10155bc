"""Merging: a person asks for their two records to become one, and a moderator does it after a yes.

What can be joined and what moves is in nouns/merging.py.
"""

from __future__ import annotations

from relaybot import forms
from relaybot.commands import Call, Text, command
from relaybot.desk import Desk
from relaybot.forms import Form, form, given, yes_no
from relaybot.model import Case, Dialogue, Person
from relaybot.nouns import cases, linking, merging, pairs, people
from relaybot.nouns.naming import private_if_about_moderator
from relaybot.ports import Refused
from relaybot.rules import OPEN_PAIRS
from relaybot.words import merging as words


class Two(Text):
    """For moderators: the two records."""

    @property
    def shape(self) -> str:
        """What moderators say."""
        return "<a> <b>"


@command(
    "merge",
    Two("two", optional=True),
    topic="privacy",
    help="make two records of yours one, when you have linked the other address; moderators: merge <a> <b>",
    examples=("merge", "merge #4 #9"),
)
def merge(desk: Desk, call: Call) -> None:
    """Ask the moderators for it; or, as a moderator, do it after a yes."""
    said = call.text("two").split()
    if said and call.me.moderator:
        _by_moderator(desk, call, said)
    else:
        _ask(desk, call)


def _ask(desk: Desk, call: Call) -> None:
    """Both addresses are proven: a moderator looks at it."""
    proofs = linking.of(desk, call.me, linking.PROVED)
    found = [(code.address, other) for code in proofs if (other := linking.owner(desk, code.address, call.me))]
    if not found:
        raise Refused(words.nothing_to_merge())
    address, other = found[-1]
    said = words.case_words(call.me.id, other.id, linking.account(address))
    before = _asked(desk, call.me, f"p {said}")
    if before is not None:
        raise Refused(words.asked_already(before.id))
    if not people.moderators(desk, (call.me.id, other.id)):
        raise Refused(words.nobody_to_ask(desk.policy.operator))
    case = cases.open_case(desk, "help", call.me, about=other, words_=said)
    line = words.team_asked(case.id, call.me.name, call.me.id, other.id, other.name, linking.account(address))
    cases.tell(desk, case, line)
    call.reply(desk, words.asked(case.id))


def _asked(desk: Desk, person: Person, said: str) -> Case | None:
    mine = desk.cases.where("person", person.id)
    return next((c for c in mine if c.stage != "closed" and said in c.words), None)


# ----------------------------------------------------------------------------------------- the moderators


def _by_moderator(desk: Desk, call: Call, said: list[str]) -> None:
    if len(said) != 2:
        raise Refused(words.usage())
    stays, goes = merging.order(people.find(desk, said[0]), people.find(desk, said[1]))
    private_if_about_moderator(call, stays, goes)
    merging.may_merge(desk, stays, goes)
    place = call.message.place if call.team else ""
    forms.begin(desk, call.me, "merge", note=f"{stays.id} {goes.id}", place=place)


def _both(desk: Desk, dialogue: Dialogue) -> tuple[Person, Person] | None:
    stays, goes = (desk.people.get(int(number)) for number in dialogue.note.split())
    return (stays, goes) if stays is not None and goes is not None else None


def _shown(desk: Desk, person: Person) -> str:
    accounts = [linking.shown(desk, a) for a in people.addresses(desk, person)]
    # An offer of a moderator's is nothing for the place where they read.
    own = [] if person.moderator else [p.id for p in pairs.of(desk, person, OPEN_PAIRS)]
    return words.shown(person.id, person.name, accounts, person.stage, own)


def _sure(desk: Desk, dialogue: Dialogue) -> str:
    both = _both(desk, dialogue)
    if both is None:
        return words.gone()
    return words.sure(_shown(desk, both[0]), _shown(desk, both[1]), both[0].id)


def _done(desk: Desk, dialogue: Dialogue) -> None:
    by, both = desk.people[dialogue.person], _both(desk, dialogue)
    if given(dialogue, "sure") == "no" or not by.moderator:
        forms.say(desk, dialogue, words.nothing())
        return
    if both is None:
        forms.say(desk, dialogue, words.gone())
        return
    stays, goes = both
    merging.may_merge(desk, stays, goes)
    stays = merging.absorb(desk, stays, goes)
    desk.note(by.id, "merge", f"person {stays.id}")
    for home in dict.fromkeys((stays.home, goes.home)):
        accounts = [linking.shown(desk, a) for a in people.addresses(desk, stays)]
        desk.answer(stays, home, words.done(stays.name, accounts))
    if not dialogue.place:
        line = words.team_merged(by.name, stays.id, goes.id, stays.name)
        people.tell_team(desk, line, hidden_from=(by.id,))
    forms.say(desk, dialogue, words.merged(stays.id, goes.id, stays.name))


form(Form("merge", (yes_no("sure", _sure),), done=_done))
