"""Sentences about what two partners agree on besides the time: means, project, length, what stays between them."""

from __future__ import annotations

from relaybot.model import Person
from relaybot.words import moments
from relaybot.words.subjects import begins


def means(shown: str, partner: Person) -> str:
    return f"Noted: you talk by {shown}. {partner.name} is told."


@begins("How the two of you talk")
def means_partner(person: Person, shown: str) -> str:
    return f"{person.name} suggests to talk by {shown}. Another way: means <in person|video|voice|text> [link]"


def means_how() -> str:
    return "How would you like to talk? means in person, means video <link>, means voice or means text"


def project(text: str, partner: Person) -> str:
    return f'Your project together: "{text}". {partner.name} is told.'


@begins("Your project together")
def project_partner(person: Person, text: str) -> str:
    return f'{person.name} wrote down as your project together: "{text}". Change it: project <text>'


def private(text: str, partner: Person) -> str:
    return f'Kept between you two: "{text}". {partner.name} is told. What you tell each other stays with you anyway.'


@begins("Between the two of you")
def private_partner(person: Person, text: str) -> str:
    return f'{person.name} would like to keep between you two: "{text}". Change it: private <words>'


def too_long(most: int) -> str:
    return f"That is longer than I can keep there: at most {most} characters, please."


def length_asked(minutes: int, partner: Person) -> str:
    return f"I ask {partner.name} whether {moments.minutes(minutes)} an hour are fine. Until then it stays as it is."


def length_question(minutes: int, now: int, partner: Person) -> str:
    return f"{partner.name} suggests {moments.minutes(minutes)} for your hours instead of {now}. Fine? (yes/no)"


@begins("The length of your hours")
def length_agreed(minutes: int) -> str:
    return f"Agreed: {moments.minutes(minutes)} for the hours you agree on from now on."


@begins("The length of your hours")
def length_kept(now: int) -> str:
    return f"Then it stays at {moments.minutes(now)}."


def length_same(now: int) -> str:
    return f"Your hours are {moments.minutes(now)} long already."


def length_bounds(least: int, most: int) -> str:
    return f"Please choose a length from {least} to {most} minutes, e.g. length 45"
