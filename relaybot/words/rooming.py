"""Sentences about one room for both people of a pair, where each would see the other's address."""

from __future__ import annotations

from relaybot.model import Person
from relaybot.words.linking import medium
from relaybot.words.subjects import begins


def question(partner: Person, number: int, kind: str, *, moved: bool) -> str:
    """What each of the two is asked; `kind` is the medium, `moved` when the partner can be reached there since now."""
    where = medium(kind)
    news = f"{partner.name} can now be reached here on {where} too. " if moved else ""
    whom = "the two of you" if moved else f"you and {partner.name}"
    return (
        f"{news}Shall I open a room for {whom} (M{number})?  1 yes, one room for both (you see each other's {where} ids)"
        "   2 no, keep relaying"
    )


def explain() -> str:
    return (
        "In a room the two of you write to each other directly. It is opened only if both of you say 1; until then I carry"
        " your words, and neither is told what the other answered."
    )


def yes_noted() -> str:
    return "Thank you. I open it when both of you want it, and invite you; until then I keep carrying your words."


def yes_stands() -> str:
    return "I have your yes to it; 2 takes it back."


def no_noted() -> str:
    return "All right; I keep carrying your words."


def later_noted() -> str:
    return "All right; I keep carrying your words. room asks it again."


@begins("A room for the two of you")
def opened(room: str, partner: Person) -> str:
    return (
        f"Your room is open: {room}; I invite you there now. What you write there only {partner.name} and I read,"
        " and I keep no copy."
    )


def there_already(room: str) -> str:
    return f"You two have a place of your own already: {room}."


def nowhere() -> str:
    return (
        "I have no network on which I could open one room for both of you. If you use another one, link it;"
        " until then I keep carrying your words: tell <words>"
    )


def not_any_more() -> str:
    return "That can't be done any more, because things have changed since I asked. I keep carrying your words."
