"""Together: two people who talk about it themselves, and whether both say that their pair is over.

Whoever of them wants to leave stays the one who leaves: when the other one says no, or nothing, moderators take it on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Pair, Person
from relaybot.nouns import cases, farewell, pairs, parting, people
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import leaving as words
from relaybot.words import telling as team_words


def asked_already(desk: Desk, person: Person, pair: Pair) -> None:
    """They were asked both whether it is over: the same question again, unless this one has said yes."""
    other = pairs.partner(desk, pair, person).name
    if not desk.participants[(pair.id, person.id)].over:
        forms.begin(desk, person, "end-both", f"M{pair.id}")
    elif pair.ended_by == person.id:
        raise Refused(words.noted_over(pair.id, other))
    else:
        raise Refused(words.noted_yes(other))


def ask_self(desk: Desk, pair: Pair, person: Person) -> datetime:
    """When somebody who tells it themselves is asked whether they have."""
    at = farewell.awake_at(desk, person, desk.now + timedelta(days=desk.policy.farewell.self_days))
    desk.plan("drop-self", f"M{pair.id}", at)
    return at


def ask_both(desk: Desk, pair: Pair, by: Person) -> None:
    """Somebody says the two have talked: both are asked, each alone, whether it is over."""
    desk.cancel("drop-self", f"M{pair.id}")
    pair = desk.change(pair, ended_by=by.id, told_by="both")
    for side in pairs.sides(desk, pair):
        desk.put(replace(side, over=False))
        forms.begin(desk, desk.people[side.person], "end-both", f"M{pair.id}")
    desk.plan("both-silent", f"M{pair.id}", desk.now + timedelta(days=desk.policy.farewell.self_days))


def said_over(desk: Desk, pair: Pair, person: Person) -> bool:
    """A yes to "end M12?"; whether both have said it now."""
    desk.put(replace(desk.participants[(pair.id, person.id)], over=True))
    if person.id == pair.ended_by and pair.stage in ACTIVE_PAIRS:
        pairs.stop_hours(desk, pair)
        pairs.move(desk, pair, "end")
        desk.plan("both-silent", f"M{pair.id}", desk.now + timedelta(days=desk.policy.farewell.self_days))
    return all(each.over for each in desk.participants.where("pair", pair.id))


def end_together(desk: Desk, pair: Pair) -> None:
    """Both said that it is over."""
    pair = farewell.end(desk, pair)
    people.tell_team(desk, team_words.team_over(pair.id), about=f"M{pair.id}", hidden_from=cases.concerned(desk, pair))
    for person, other in zip(pairs.people(desk, pair), reversed(pairs.people(desk, pair)), strict=True):
        farewell.unanswered(desk, person)
        leaves = desk.participants[(pair.id, person.id)].leaves
        desk.tell(person, words.over(pair.id, other.name))
        if leaves:
            parting.next_step(desk, desk.people[person.id])
        forms.begin(desk, person, "afterwards", f"M{pair.id}", note=f"how {parting.LEAVING}" if leaves else "how")


def end_both(desk: Desk, pair: Pair, by: Person) -> None:
    """Ask both; whoever chose to leave stays the one who leaves, whoever says that they have talked."""
    leaver = desk.people.get(pair.ended_by) or by
    ask_by = desk.now + timedelta(days=desk.policy.farewell.self_days)
    desk.tell(by, words.both_asked(pairs.partner(desk, pair, by).name, ask_by, people.zone(by)))
    ask_both(desk, pair, leaver)


def says_over(desk: Desk, pair: Pair, person: Person) -> None:
    """One says that it is over: they hear what is missing, or it is over for both."""
    forms.forget(desk, person, f"M{pair.id}", "end-both")
    other = pairs.partner(desk, pair, person)
    if said_over(desk, pair, person):
        end_together(desk, desk.pairs[pair.id])
    elif person.id == pair.ended_by:
        desk.tell(person, words.noted_over(pair.id, other.name))
    else:
        desk.tell(person, words.noted_yes(other.name))


def goes_on(desk: Desk, pair: Pair) -> None:
    """Whoever wanted to leave says no after all: the pair goes on, and the other one is not left with a question."""
    desk.cancel("both-silent", f"M{pair.id}")
    for side in pairs.sides(desk, pair):
        desk.put(replace(side, over=False, leaves=False))
    desk.change(pair, ended_by=0, told_by="")
    for person in pairs.people(desk, pair):
        forms.forget(desk, person, f"M{pair.id}", "end-both")
        desk.tell(person, words.goes_on_pair(pair.id))


def not_over(desk: Desk, pair: Pair) -> None:
    """The partner says no: leaving is always possible, so a moderator tells them."""
    leaver = desk.people[pair.ended_by]
    other = pairs.partner(desk, pair, leaver)
    desk.tell(other, words.someone_writes(farewell.who_writes(desk, pair)))
    to_moderators(desk, pair, leaver, other)


def to_moderators(desk: Desk, pair: Pair, leaver: Person, other: Person) -> None:
    """What the two cannot settle becomes a farewell like any other."""
    farewell.begin(desk, pair, leaver, "", extra=team_words.team_disagrees(pair.id, other.name))
    desk.tell(leaver, words.a_moderator_takes_it(other.name))
    if desk.participants[(pair.id, leaver.id)].leaves:
        parting.next_step(desk, desk.people[leaver.id])
