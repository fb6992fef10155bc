"""Sentences about help cases: what the person reads, and what moderators read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Case
from relaybot.words.common import join_words, short
from relaybot.words.leaving import by_operator, operator_should_know
from relaybot.words.subjects import HOURS, begins

TOPICS = {
    "help": "help",
    "farewell": "farewell to be told",
    "missed": "hours missed",
    "unanswered": "no answer",
    "unreachable": "cannot be reached",
}


def no_such(number: int) -> str:
    return f"There is no open H{number}. cases lists them."


def only_in_private(number: int) -> str:
    return f"H{number} is not for everybody who reads there; say it to me here."


# --------------------------------------------------------------------------------------- to the person


def what_is_it() -> str:
    return "What would you like to tell the moderators? In your own words; they get your next line."


@begins("Your words to the moderators")
def read_by(readers: Sequence[str], number: int, promise: datetime, zone: str) -> str:
    one = f"{readers[0]} answers" if len(readers) == 1 else "One of them answers"
    return f"Only {join_words(readers)} {'reads' if len(readers) == 1 else 'read'} this (H{number}). {one} here, by {times.show(promise, zone)} at the latest."


@begins("Your words to the moderators")
def concerns(about: Sequence[str], readers: Sequence[str], number: int, promise: datetime, zone: str) -> str:
    """The case is about a moderator, so the others have it alone."""
    hidden, seen = join_words(about), join_words(readers)
    answers = f"{seen} answers" if len(readers) == 1 else "One of them answers"
    return (
        f"This concerns {hidden}, so only {seen} can see it (H{number}); {hidden} cannot, not even its number. "
        f"{answers} here, by {times.show(promise, zone)} at the latest."
    )


def nobody_else(about: Sequence[str], operator: str) -> str:
    why = (
        f"This concerns {join_words(about)}, and nobody else moderates here"
        if about
        else "Nobody moderates here at the moment"
    )
    return f"{why}. So I have passed it to nobody and kept nothing; please write to {by_operator(operator)}."


def is_it_about(about: Sequence[str], others: Sequence[str]) -> str:
    named = join_words(about)
    only = f"only {join_words(others)} may read it" if others else f"{named} must not read it"
    return (
        f"Is this about {named}, so that {only}? 1 yes  2 no, all moderators may. Nothing is passed on before you say."
    )


def passed_to_nobody() -> str:
    return "All right, nothing has been passed on and nothing kept."


def meanwhile() -> str:
    return "Should your hours go on meanwhile? 1 yes  2 pause them quietly"


def hours_go_on() -> str:
    return "Good, your hours go on."


def hours_rest(pair: int, partner: str) -> str:
    return f"M{pair} rests. {partner} hears nothing of this, only, before the next hour, that it is off. When you want your hours back, tell them here."


def anonymous_not_yet(readers: Sequence[str], operator: str) -> str:
    known = join_words(readers, "or") if readers else by_operator(operator)
    return (
        f"I can't carry words without your name yet, so I have passed nothing on and kept nothing. moderator <words> goes to {known}, with your name. "
        "If someone is in danger, please call local help as well."
    )


def too_many(most: int, numbers: Sequence[int]) -> str:
    known = join_words([f"H{number}" for number in numbers])
    return f"You have {len(numbers)} open cases ({known}), and {most} is the most at one time. Add to one of them: moderator H{numbers[0]} <words>"


def not_yours(number: int) -> str:
    return f"H{number} is no case of yours. moderator <words> begins one."


def added(number: int, holder: str, promise: datetime, zone: str) -> str:
    to = f"It goes to {holder}" if holder else "It goes to the moderators"
    return f"{to} (H{number}); an answer comes here by {times.show(promise, zone)} at the latest."


def reopened(number: int, promise: datetime, zone: str) -> str:
    return f"H{number} is open again. An answer comes here by {times.show(promise, zone)} at the latest."


def answer(moderator: str, text: str) -> str:
    return f'{moderator}, moderator: "{text}"   Answer here; it goes to {moderator}.'


def no_answer_needed() -> str:
    return "All right. moderator <words> reaches them on any day."


def kept(number: str) -> str:
    return f"All right. Your answer can come on any day: moderator {number} <words>."


@begins("An answer from the moderators")
def closed(moderator: str, number: int, text: str) -> str:
    return f'{moderator} closed H{number}: "{text}". If it isn\'t solved, just write  moderator <words>  again.'


@begins("An answer we owe you")
def promise_broken(promise: datetime, zone: str, readers: Sequence[str], operator: str) -> str:
    told = f" I've reminded {join_words(readers)}." if readers else ""
    return f"We promised an answer by {times.show(promise, zone)} and didn't keep it; I'm sorry.{told} You can also turn to {by_operator(operator)}."


@begins(HOURS)
def not_told_in_time(partner: str, promise: datetime, zone: str, readers: Sequence[str], operator: str) -> str:
    told = f" I've reminded {join_words(readers)}." if readers else ""
    return (
        f"We said that {partner} would be told by {times.show(promise, zone)}, and it hasn't happened; I'm sorry. Your hours stay off.{told} "
        f"You can also turn to {by_operator(operator)}."
    )


# --------------------------------------------------------------------------------------- to moderators


def new(number: int, name: str, pair: int, text: str, *, urgent: bool) -> str:
    about = f" (M{pair})" if pair else ""
    return f'H{number}{" URGENT" if urgent else ""} {name}{about}: "{text}".   take H{number}'


def more(number: int, name: str, text: str) -> str:
    return f'H{number} {name}: "{text}".   reply H{number} <text>'


def again(number: int, name: str, text: str, before: str) -> str:
    had = f" {before} had it before." if before else ""
    return f'H{number} {name}, open again: "{text}".{had}   take H{number}'


def taken(number: int, others: Sequence[str], before: str) -> str:
    was = f" It was {before}'s." if before else ""
    see = f" {join_words(others)} {'sees' if len(others) == 1 else 'see'} that." if others else ""
    return f"H{number} is yours.{was}{see}"


def on_it(number: int, name: str) -> str:
    return f"{name} is on H{number}."


def already_yours(number: int) -> str:
    return f"H{number} is yours already."


def closed_already(number: int) -> str:
    return f"H{number} is closed; it opens again when the person writes."


def replied(number: int, name: str) -> str:
    return f"H{number}: sent to {name}. The answer comes to you."


def replied_by(number: int, moderator: str, name: str) -> str:
    return f"H{number}: {moderator} has answered {name}."


def person_gone(number: int) -> str:
    return f"H{number}: the person is not here any more, so nothing was sent."


def closed_team(number: int, moderator: str) -> str:
    return f"{moderator} closed H{number}."


def is_a_farewell(number: int, partner: str) -> str:
    return f"H{number} is a farewell: it closes by itself when {partner} has been told. approve H{number} | hold H{number} | edit H{number} <text>"


def line(case: Case, name: str, holder: str, zone: str) -> str:
    """One case in the list."""
    state = holder or "nobody yet"
    if case.stage == "waiting":
        state = f"{holder}, waits for {name}"
    urgent = " URGENT" if case.urgent and not case.cleared else ""
    pair = f" (M{case.pair})" if case.pair else ""
    by = f", by {times.show(case.promise, zone)}" if case.promise is not None else ""
    return f"H{case.id}{urgent} {name}{pair}: {TOPICS[case.topic]} - {state}{by}"


def listed(count: int, left_out: int, first: int) -> str:
    rest = f" (the {count - left_out} with the nearest promise)" if left_out else ""
    return f"{count} open {'case' if count == 1 else 'cases'}{rest}.   show H{first} | take H{first} | reply H{first} <text> | close H{first} <words>"


def none_open() -> str:
    return "No case is open."


def unheld(number: int, hours: int, operator: str) -> str:
    return f"Nobody has taken H{number} for {hours} hours. {operator_should_know(operator)}   take H{number}"


def promise_missed(number: int, name: str, topic: str, promise: datetime, zone: str, operator: str) -> str:
    what = "an answer" if topic != "farewell" else "that it is told"
    return f"H{number}: {name} was promised {what} by {times.both(promise, [zone])}, and it has not happened. {operator_should_know(operator)}   show H{number}"


def rests(number: int, name: str, pair: int) -> str:
    return f"H{number}: {name} would rather have M{pair} rest; its hours are off. The other one only hears that."


def noted(about: str) -> str:
    return f"Noted on {about}; only moderators see it."


def memo_full(about: str, most: int) -> str:
    return f"There are {most} memos on {about} already, which is the most I keep."


def no_object(said: str) -> str:
    return f"There is no {short(said)}. memo takes A17, M12, H9 or a person, then your words."


def about_yourself() -> str:
    return "That is about yourself; moderators' notes on you are kept by the others."
