"""Unfinished applications: how long nothing has been said, and what is planned for when nothing more is.

An application that was begun is recalled twice, then parked, then deleted; each is said beforehand.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Person, Style
from relaybot.nouns import people


def silence(desk: Desk, person: Person, *settings: str) -> datetime:
    """The moment so many days after the person last was asked something."""
    dialogue = forms.of(desk, person, "join")
    since = dialogue.asked_at if dialogue is not None and dialogue.asked_at is not None else desk.now
    return since + timedelta(days=sum(getattr(desk.policy.application, name) for name in settings))


def recall_days(desk: Desk, person: Person) -> tuple[int, ...]:
    """After how many days of silence somebody is asked again: by mail once, since a letter waits where it is."""
    settings = desk.policy.application
    return (settings.parked_days,) if desk.style(person.home) is Style.LETTER else settings.nudge_days


def recall_later(desk: Desk, person: Person) -> None:
    """Plan what happens if nothing more is said: recalls, parking, deleting."""
    people.nudge(desk, person, "unfinished", desk.now + timedelta(days=recall_days(desk, person)[0]))
    desk.plan("application-parked", f"person {person.id}", silence(desk, person, "parked_days"))
    desk.plan("application-erased", f"person {person.id}", silence(desk, person, "parked_days", "erase_days"))
