"""Forgetting: every record of a person goes, and what belongs to others keeps nothing of them but a number.

A partner learns that the hours have ended, in words that name nobody. What stays: counts, and lines of the
journal with the number of somebody who is not there any more.
"""

from __future__ import annotations

from dataclasses import replace

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Person
from relaybot.nouns import applications, cases, farewell, offers, pairs, people, posts, relay, subscriptions, team
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import caring as words

OPEN = ACTIVE_PAIRS | {"ending"}


def forget(desk: Desk, person: Person) -> None:
    """Delete a person and everything they said, now; raises Refused for the last moderator."""
    if team.alone(desk, person):
        raise Refused(words.last_moderator(person.name))
    if person.moderator:
        person = _stop_moderating(desk, person)
    ended = pairs.of(desk, person, OPEN)
    for pair in ended:
        farewell.without(desk, pair, person)
    relay.forget(desk, person)
    _leave_offers(desk, person)
    _forget_applications(desk, person)
    _forget_cases(desk, person)
    _forget_sides(desk, person)
    _forget_rest(desk, person)
    if person.stage == "member":
        people.tell_team(desk, words.team_member_left([pair.id for pair in ended]))
    desk.note(0, "forget", f"person {person.id}")


def _stop_moderating(desk: Desk, person: Person) -> Person:
    """The team goes on without them; their private notes go with them."""
    person = team.resign(desk, person)
    for memo in [m for m in desk.memos if m.by == person.id]:
        desk.drop(memo)
    return person


def _leave_offers(desk: Desk, person: Person) -> None:
    """The other side of an open offer hears the usual words of one that did not come together."""
    gone = desk.change(people.stop_waiting(desk, desk.people[person.id]), stage="left")
    for pair in pairs.of(desk, gone, pairs.OFFER_STAGES):
        pairs.drop_offer(desk, pair, "withdraw", by=gone)
        offers.tell_moderators(desk, pair, words.team_offer_gone(pair.id))


def _forget_applications(desk: Desk, person: Person) -> None:
    for application in desk.applications.where("person", person.id):
        if application.stage in applications.OPEN:
            people.tell_team(desk, words.team_application_gone(application.id), about=applications.ident(application))
        _drop_dialogues_about(desk, applications.ident(application))
        applications.drop(desk, application)


def _forget_cases(desk: Desk, person: Person) -> None:
    """Their cases go, words and all; moderators who were on an open one know that it is gone."""
    for case in desk.cases.where("person", person.id):
        if case.stage != "closed":
            cases.tell(desk, case, words.team_case_gone(case.id))
        _drop_dialogues_about(desk, f"H{case.id}")
        applications.forget_about(desk, f"H{case.id}")
        desk.drop(case)


def _forget_sides(desk: Desk, person: Person) -> None:
    """Pairs stay for the other one, without this side and without what the two wrote into them."""
    for side in desk.participants.where("person", person.id):
        pair = desk.pairs[side.pair]
        for other in pairs.people(desk, pair):
            for dialogue in desk.dialogues.where("person", other.id):
                if dialogue.about == f"M{pair.id}" and dialogue.form != "someone-new":
                    forms.end(desk, dialogue)
        for memo in desk.memos.where("about", f"M{pair.id}"):
            desk.drop(memo)
        desk.put(replace(pair, note="", means="", project="", private="", place=""))
        desk.drop(side)
    for feedback in desk.feedback.where("person", person.id):
        desk.drop(feedback)
    for avoid in (*desk.avoids.where("person", person.id), *desk.avoids.where("other", person.id)):
        desk.drop(avoid)


def _forget_rest(desk: Desk, person: Person) -> None:
    """What is left: open questions, codes, posts, letters, timers, addresses, the record itself."""
    about = f"person {person.id}"
    posts.forget(desk, person)
    _drop_dialogues_about(desk, about)
    for dialogue in desk.dialogues.where("person", person.id):
        desk.drop(dialogue)
    for code in desk.codes.where("person", person.id):
        desk.drop(code)
    for letter in desk.letters.where("person", person.id):
        desk.drop(letter)
    for name in (about, f"words {person.id}", f"forget {person.id}"):
        applications.forget_about(desk, name)
    homes = {address.address for address in desk.addresses.where("person", person.id)}
    for letter in list(desk.letters):  # answers to somebody without a record carry only an address
        if letter.to in homes:
            desk.drop(letter)
    for address in desk.addresses.where("person", person.id):
        subscriptions.forget(desk, address.address)
        desk.drop(address)
    desk.drop(desk.people[person.id])


def _drop_dialogues_about(desk: Desk, about: str) -> None:
    """Others may be in the middle of a question about it; who waits behind that is asked next."""
    for dialogue in [d for d in desk.dialogues if about in (d.about, d.note)]:
        forms.end(desk, dialogue)
