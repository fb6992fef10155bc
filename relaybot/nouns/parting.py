"""Parting: who has left which pair, what somebody wants afterwards, and the last step out of the programme."""

from __future__ import annotations

from relaybot import forms
from relaybot.commands import Call
from relaybot.desk import Desk
from relaybot.model import Avoid, Dialogue, Pair, Person
from relaybot.nouns import pairs, people, profile
from relaybot.nouns.pairs import OFFER_STAGES
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import leaving as words
from relaybot.words import telling as team_words

LEAVING = "leave"  # in a dialogue's note: the whole programme is left

# Questions that stay open for somebody who has left: a person's answer to what they brought.
STAYING_FORMS = frozenset({"afterwards", "case-answer", "farewell-edit"})


def pair(desk: Desk, dialogue: Dialogue) -> Pair:
    """The pair a question is about."""
    return desk.pairs[int(dialogue.about[1:])]


def me(desk: Desk, dialogue: Dialogue) -> Person:
    """Who is asked."""
    return desk.people[dialogue.person]


def other(desk: Desk, dialogue: Dialogue) -> Person:
    """The partner of whoever is asked."""
    return pairs.partner(desk, pair(desk, dialogue), me(desk, dialogue))


def left_by(pair: Pair, person: Person) -> bool:
    """Whether the person has left this pair and moderators have it; what both talked about is open until both say so."""
    mine = pair.ended_by == person.id and pair.told_by == "moderator"
    return pair.stage == "ending" and (mine or pair.told_by == "each")


def leavable(desk: Desk, person: Person) -> list[Pair]:
    """The pairs the person can still leave; one whose partner left in secret is among them."""
    return [p for p in pairs.of(desk, person, ACTIVE_PAIRS | {"ending"}) if not left_by(p, person)]


def meant(desk: Desk, call: Call) -> Pair:
    """The pair to leave. One whose partner is leaving in secret counts; one that is over gets the truth."""
    number = call.number("pair")
    own = [p for p in pairs.of(desk, call.me, ACTIVE_PAIRS | {"ending", "ended"}) if number in {0, p.id}]
    open_now = [p for p in own if p.stage != "ended" and not left_by(p, call.me)]
    if len(open_now) == 1:
        return open_now[0]
    if not open_now and own:
        last = own[-1]
        if last.stage == "ending":
            raise Refused(words.being_told(last.id, pairs.partner(desk, last, call.me).name))
        raise Refused(words.ended_on(last.id, last.ended_at, people.zone(call.me)))
    return pairs.mine(desk, call)


def next_step(desk: Desk, person: Person) -> None:
    """Somebody leaves the programme: ask about the next pair, or it is done when no pair is left to end."""
    open_now = leavable(desk, person)
    todo = [pair for pair in open_now if not desk.participants[(pair.id, person.id)].leaves]
    if todo:
        forms.begin(desk, person, "drop", f"M{todo[0].id}", note=LEAVING)
    elif not open_now:
        gone(desk, person)


def gone(desk: Desk, person: Person) -> None:
    """The person takes part no more: out of the list, out of offers, no timers, no open questions."""
    person = people.step_person(desk, people.stop_waiting(desk, person), "leave")
    for pair in pairs.of(desk, person, OFFER_STAGES):
        pairs.drop_offer(desk, pair, "withdraw", by=person)
    desk.cancel_all(f"person {person.id}")
    for dialogue in desk.dialogues.where("person", person.id):
        if dialogue.form not in STAYING_FORMS:
            desk.drop(dialogue)
    desk.tell(person, words.left(person.name, profile.title(desk)))
    people.tell_team(desk, team_words.team_left(person.name))


def wish(desk: Desk, person: Person, value: str) -> Person:
    """yes, later or no to someone new; whoever was left without doing anything for it is first in the list."""
    front = value == "yes" and was_left(desk, person)
    person = desk.change(person, rematch=value)
    if value != "yes":
        return people.stop_waiting(desk, person)
    if pairs.of(desk, person, OFFER_STAGES):
        return person
    return people.start_waiting(desk, person, front=front)


def was_left(desk: Desk, person: Person) -> bool:
    """Whether the person's last pair was ended by the other one through a moderator."""
    last = max(pairs.of(desk, person, ACTIVE_PAIRS | {"ended"}), key=lambda p: p.id, default=None)
    return last is not None and last.stage == "ended" and last.told_by == "moderator" and last.ended_by != person.id


def avoid(desk: Desk, person: Person, other: Person) -> None:
    """Never matched again; nobody is shown it."""
    desk.put(Avoid(desk.name, person.id, other.id))
