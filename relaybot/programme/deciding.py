"""Deciding: `accept`, `defer`, `decline`; good news leaves at once, other news after the time to undo, in waking hours.

Until its letter leaves, a decision is only a timer about the application: `undo A17` drops it and
nobody has noticed anything.
"""

from __future__ import annotations

import re
from datetime import timedelta

from relaybot import forms
from relaybot.commands import Call, Keys, Ref, Text, Who, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, form, given, yes_no
from relaybot.model import Application, Dialogue, Memo, Person
from relaybot.nouns import applications, decisions, fit, people, subscriptions
from relaybot.nouns.naming import handle
from relaybot.rules import step
from relaybot.words import screening as words

# ---------------------------------------------------------------------------------------------- accept


@command(
    "accept",
    Ref("application"),
    Keys("keys", texts=("note", "waive:rule")),
    who=Who.MODERATOR,
    topic="moderator",
    help="makes an applicant a member; leaves at once; the note is for moderators only",
    examples=("accept A17", "accept A17 note likes tinkerers, explains by example"),
    code=True,
)
def accept(desk: Desk, call: Call) -> None:
    """The applicant is a member from now, waits for a partner, and is told so."""
    application, person = decisions.open_to(desk, call)
    application = applications.kept(desk, application, call.me)
    applications.close_talk(desk, application)
    desk.change(
        application,
        stage=step("application", application.stage, "accept"),
        decided_at=desk.now,
        decided_by=call.me.id,
    )
    person = people.step_person(desk, desk.people[person.id], "accept")
    person = desk.change(person, accepted_at=desk.now, accepted_by=call.me.id, rematch="yes", promise=None)
    _note(desk, call, person)
    person = people.start_waiting(desk, person)
    desk.tell(person, _welcome(desk, call.me, person), subscriptions.at_acceptance(desk, person))
    waits = person.waiting_since is not None
    call.reply(desk, words.accepted(application.id, person.name, handle(desk, person), waits))
    decisions.tell_others(desk, call, person, words.team_accepted(call.me.name, application.id, person.name))


def _note(desk: Desk, call: Call, person: Person) -> None:
    """What the moderators should know when they look for a partner."""
    keys = call.keys()
    texts = [keys.get("note", ""), words.waived(keys["waive"]) if keys.get("waive") else ""]
    for text in filter(None, texts):
        desk.put(Memo(desk.name, desk.number("memo"), f"person {person.id}", call.me.id, desk.now, text))


def _welcome(desk: Desk, moderator: Person, person: Person) -> str:
    if person.promise is None:
        return words.welcome_no_search(person.name)
    until = words.day(person.promise, people.zone(person), desk.now)
    suit = fit.could_suit(desk, person)
    return words.welcome(person.name, moderator.name, len(fit.pool(desk, person)), suit, until)


# ------------------------------------------------------------------------------------ defer and decline


@command(
    "defer",
    Ref("application"),
    Text("words"),
    who=Who.MODERATOR,
    topic="moderator",
    help="not now: the applicant reads your words, keeps the answers and may come back (now at the end: no time to undo)",
    examples=("defer A17 We have nobody for COBOL this season",),
    code=True,
)
def defer(desk: Desk, call: Call) -> None:
    """Plan the letter of a deferral, after a yes."""
    _begin(desk, call, "deferred")


@command(
    "decline",
    Ref("application"),
    Text("words"),
    who=Who.MODERATOR,
    topic="moderator",
    help="closes an application; the applicant reads your words (now at the end: no time to undo)",
    examples=("decline A17 This programme is for people who want to teach too",),
    code=True,
)
def decline(desk: Desk, call: Call) -> None:
    """Plan the letter of a decline, after a yes."""
    _begin(desk, call, "declined")


# `now` at the end skips the window, but "we have nobody right now" ends in words, not in a wish to hurry.
_NOW = re.compile(r"(?<!\bright)(?<!\bjust)(?<!\buntil)(?<!\bfor)(?<!\bby)(?<!\bfrom)\s+now$", re.I)


def _begin(desk: Desk, call: Call, verb: str) -> None:
    application, _ = decisions.open_to(desk, call)
    said = " ".join(call.text("words").split())
    at_once = _NOW.search(said) is not None
    said = _NOW.sub("", said)
    note = f"{verb}\n{'now' if at_once else ''}\n{said}"
    place = call.message.place if call.team else ""
    forms.begin(desk, call.me, "decision", f"A{application.id}", note=note, place=place)


def _letter(desk: Desk, application: Application, verb: str, said: str, by: Person | None) -> str:
    """What the applicant reads."""
    settings = desk.policy.application
    person = desk.people[application.person]
    if verb == "deferred":
        return words.deferred(said, settings.deferred_days)
    return words.declined(person.name, by.name if by else "A moderator", application.id, said, settings.declined_days)


def _ask_decision(desk: Desk, dialogue: Dialogue) -> str:
    verb, at_once, said = dialogue.note.split("\n", 2)
    application = desk.applications[int(dialogue.about[1:])]
    text = _letter(desk, application, verb, said, desk.people[dialogue.person])
    return words.decision_plan(desk.people[application.person].name, text, at_once == "now")


def _decided(desk: Desk, dialogue: Dialogue) -> None:
    """After the yes the letter is planned; somebody else may have been quicker."""
    verb, at_once, said = dialogue.note.split("\n", 2)
    moderator = desk.people[dialogue.person]
    application = applications.known(desk, int(dialogue.about[1:]))
    if given(dialogue, "send") == "no":
        forms.say(desk, dialogue, words.decision_dropped(application.id))
        return
    decisions.still_open(desk, moderator, application)
    application = applications.kept(desk, application, moderator)
    desk.change(application, decided_at=desk.now, decided_by=moderator.id, words=said)
    person = desk.people[application.person]
    minutes = 0 if at_once == "now" else desk.policy.consent.undo_minutes
    due = people.waking(desk, person, desk.now + timedelta(minutes=minutes))
    desk.plan(f"say-{verb}", f"A{application.id}", due)
    if due <= desk.now:
        forms.say(desk, dialogue, words.decision_left(application.id, person.name))
    else:
        forms.say(
            desk, dialogue, words.decision_leaves(application.id, person.name, words.at(due, moderator.zone, desk.now))
        )


form(Form("decision", (yes_no("send", _ask_decision),), done=_decided, waits=False))


@on_timer("say-deferred")
def say_deferred(desk: Desk, about: str, late_seconds: float) -> None:
    """The time to undo is over: the applicant is told, and may come back."""
    _tell(desk, about, "deferred", "defer", desk.policy.application.deferred_days)


@on_timer("say-declined")
def say_declined(desk: Desk, about: str, late_seconds: float) -> None:
    """The time to undo is over: the applicant is told."""
    _tell(desk, about, "declined", "decline", desk.policy.application.declined_days)


def _tell(desk: Desk, about: str, verb: str, move: str, days: int) -> None:
    application = desk.applications.get(int(about[1:]))
    if application is None or application.stage not in applications.OPEN:
        return
    person = desk.people[application.person]
    wake = people.waking(desk, person)
    if wake > desk.now:
        desk.plan(f"say-{verb}", about, wake)
        return
    text = _letter(desk, application, verb, application.words, desk.people.get(application.decided_by))
    applications.close_talk(desk, application)
    desk.change(application, stage=step("application", application.stage, move))
    person = people.step_person(desk, desk.people[person.id], move)
    desk.plan("application-forgotten", about, desk.now + timedelta(days=days))
    desk.tell(person, text)
    applications.tell_moderators(desk, application, words.team_told(application.id, person.name, verb))
