"""Unfinished applications: recalled after days of silence, then parked, then deleted as was said beforehand.

Every answer makes the silence begin anew; the timers look at the dialogue when they fire.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from relaybot import forms, times
from relaybot.commands import on_timer
from relaybot.desk import Desk
from relaybot.model import Person
from relaybot.nouns import applications, people, unfinished
from relaybot.words import enrolment as letter_words
from relaybot.words import joining as words


@people.on_nudge("unfinished")
def recall(desk: Desk, person: Person) -> tuple[str, ...]:
    """An unfinished application is recalled, with the question it was left at."""
    dialogue = forms.of(desk, person, "join")
    if dialogue is None or dialogue.kept or dialogue.asked_at is None:
        return ()
    days = unfinished.recall_days(desk, person)
    asked_at = dialogue.asked_at
    mark, _, count = dialogue.note.partition(" recalled ")
    # The recalls begin anew with every answer: the mark is the question they were about.
    sent = int(count) if mark == asked_at.isoformat() and count else 0
    due = asked_at + timedelta(days=days[min(sent, len(days) - 1)])
    if due > desk.now:
        people.nudge(desk, person, "unfinished", due)
        return ()
    desk.change(dialogue, note=f"{asked_at.isoformat()} recalled {sent + 1}")
    k, n = forms.count(desk, dialogue, dialogue.asking)
    k = k if dialogue.answers else 1  # the one about the account is not counted
    if sent + 1 < len(days):
        people.nudge(desk, person, "unfinished", asked_at + timedelta(days=days[sent + 1]))
        return (words.unfinished(k, n),)
    until = times.show_day(unfinished.silence(desk, person, "parked_days", "erase_days"), people.zone(person), desk.now)
    if forms.by_letter(desk, dialogue):
        return letter_words.recalled(forms.asked_by_letter(desk, dialogue, forms.missing(desk, dialogue)), until)
    return (words.unfinished_last(k, n, until),)


@on_timer("application-parked")
def park(desk: Desk, about: str, late_seconds: float) -> None:
    """After two weeks of silence the question is no longer open: words are commands again."""
    person = desk.people.get(int(about.split()[1]))
    dialogue = forms.of(desk, person, "join") if person is not None else None
    if person is None or dialogue is None or forms.by_letter(desk, dialogue):
        return  # in a mail no command can be taken for an answer
    due = unfinished.silence(desk, person, "parked_days")
    if due > desk.now:
        desk.plan("application-parked", about, due)
        return
    desk.put(replace(dialogue, kept=True))
    forms.wake(desk, person)


@on_timer("application-erased")
def erase(desk: Desk, about: str, late_seconds: float) -> None:
    """The silence lasted, as said beforehand: the answers are deleted, and the person unless something ties them here."""
    person = desk.people.get(int(about.split()[1]))
    if person is None or person.stage != "applying":
        return
    due = unfinished.silence(desk, person, "parked_days", "erase_days")
    if due > desk.now:
        desk.plan("application-erased", about, due)
        return
    applications.take_back(desk, person)
    applications.forget(desk, desk.people[person.id])


@on_timer("guest-forgotten")
def forget_guest(desk: Desk, about: str, late_seconds: float) -> None:
    """Somebody who took everything back is forgotten altogether."""
    person = desk.people.get(int(about.split()[1]))
    if person is not None:
        applications.forget(desk, person)
