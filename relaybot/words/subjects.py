"""Subjects of letters that begin something, beside the sentence or the question they begin with.

A subject is read on locked screens: it says what kind of letter this is, and no reason, no outcome, nobody's words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T", str, tuple[str, ...])

HOURS = "About your hours"
HOUR = "Your hour"
MEETING = "How the two of you meet"
APPLICATION = "About your application"
MODERATING = "About moderating"
LIST = "The mailing list"

# What a letter is about that begins with the question of a form, by the form's name.
QUESTIONS = {
    "absent": "About your last hour",
    "afterwards": "A few questions",
    "answer-which": "Your answer to a post",
    "application-chat": "A chat about your application",
    "application-question": "A question about your application",
    "ask": "Your ask",
    "ask-still": "Your ask",
    "case-about": "Your words to the moderators",
    "case-answer": "An answer from the moderators",
    "case-meanwhile": "Your words to the moderators",
    "case-words": "Your words to the moderators",
    "closest": "A time for your next hour",
    "code by mail": "A code for what you asked",
    "decision": "Your decision",
    "did-you-mean": "A question about your mail",
    "drop": HOURS,
    "drop-talked": HOURS,
    "end-both": HOURS,
    "extend": HOUR,
    "farewell-edit": "A question from the moderators",
    "fit": "How was your hour?",
    "forget-me": "What is kept about you",
    "forget-wait": "What is kept about you",
    "format": MEETING,
    "format-plan": MEETING,
    "leave": "Your place in the programme",
    "length": "The length of your hours",
    "look-again": "Your place in the list",
    "merge": "Two records of one person",
    "mod-accept": MODERATING,
    "mod-add": MODERATING,
    "mod-leave": MODERATING,
    "mod-remove": MODERATING,
    "move": "Another time for your hour",
    "must-language": "Your languages",
    "neither": "About your last hour",
    "next-hour": "A time for your next hour",
    "no-show": HOUR,
    "offer-no": "Your place in the list",
    "one-direction": HOUR,
    "pair-plan": "Your plan for a pair",
    "pause": "Your pause",
    "post-confirm": "Your post to the list",
    "proposal": "A time for your next hour",
    "prove": "Is this mail yours?",
    "pulse": "How is it going?",
    "reschedule": "Another time for your hour",
    "someone-new": "What would you like now?",
    "room": "A room for the two of you",
    "still-good": "Your next hour",
    "still-looking": "Your place in the list",
    "talk": "Your words to your partner",
    "unlink": "An address of a member",
}

# What the moderators read about, by the letter of its number.
_TEAM = {"A": "An application", "M": "A pair", "S": "An hour", "H": "A case", "P": "A post to the list"}


class Sentence(str):
    """A sentence that knows the subject of a letter that begins with it."""

    subject: str

    def __new__(cls, text: str, subject: str) -> Sentence:
        """The text, with its subject."""
        made = super().__new__(cls, text)
        made.subject = subject
        return made


def begins(subject: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Declare the subject of a letter that begins with what a function of words/ says (the first of several lines)."""

    def declare(said: Callable[P, T]) -> Callable[P, T]:
        @wraps(said)
        def saying(*args: P.args, **kwargs: P.kwargs) -> T:
            return under(subject, said(*args, **kwargs))

        return saying

    return declare


def under(subject: str, said: T) -> T:
    """The same words, with the subject of a letter that begins with them."""
    if isinstance(said, str):
        return Sentence(said, subject)
    return tuple(Sentence(line, subject) if line and number == 0 else line for number, line in enumerate(said))


def of(line: str) -> str:
    """The subject a sentence begins; "" when it knows none."""
    return line.subject if isinstance(line, Sentence) else ""


def for_moderators(about: str) -> str:
    """Of a letter to each moderator about an object."""
    return _TEAM.get(about[:1], "For the moderators")
