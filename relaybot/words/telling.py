"""Sentences of telling a farewell: what moderators read of it, and the leaver of their suggestions.

Nothing here is ever read by the partner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.words.leaving import REASONS, operator_should_know
from relaybot.words.subjects import begins


def team_case(
    number: int,
    leaver: str,
    pair: int,
    partner: str,
    hour_at: datetime | None,
    due: datetime,
    zone: str,
    *,
    urgent: bool,
) -> str:
    asks = f"H{number}{' URGENT' if urgent else ''}: {leaver} ends M{pair} and asks us to tell {partner}."
    if hour_at is None:
        return f"{asks} Please by {times.both(due, [zone])}."
    return f"{asks} Next hour {times.both(hour_at, [zone])}, so please by {times.show(due, zone)}."


def team_reason(reason: str, said: str) -> str:
    if not reason:
        return "reason: none given"
    quoted = f' - "{said}"' if said else ""
    return f"reason (moderators only): {REASONS[reason]}{quoted}"


def team_text(number: int, partner: str, leaver: str, text: str) -> str:
    return f'text for {partner} as {leaver} approved it: "{text}"   approve H{number} | hold H{number} | edit H{number} <text>  (an edit goes back to {leaver} first)'


def team_usual_text(number: int, partner: str, leaver: str, text: str) -> str:
    return (
        f'text for {partner}, in our usual words: "{text}"   approve H{number} | hold H{number} | edit H{number} <text>'
    )


def team_urgent(number: int, leaver: str) -> str:
    return f"Something felt wrong for {leaver}: please write first, reply H{number} <text>. approve H{number} works after that."


def team_neutral_sent(number: int, partner: str) -> str:
    return f"H{number}: {partner} has been told only that the hour is off."


def team_also(number: int, second: str, first: str) -> str:
    return f"H{number}: {second} asks for the same. So nobody needs hard words: approve H{number} tells {second} and {first} that it is over."


def team_also_urgent(number: int, second: str) -> str:
    return f"H{number} URGENT: something felt wrong for {second}: please write, reply H{number} <text>."


def team_disagrees(pair: int, partner: str) -> str:
    return f"They were to talk themselves, and {partner} has not said yes to: end M{pair}?"


def team_over(pair: int) -> str:
    return f"M{pair} has ended; both said so themselves."


def team_left(name: str) -> str:
    return f"{name} has left the programme."


def not_a_farewell(number: int) -> str:
    return f"H{number} is not a farewell: reply H{number} <text> answers it, close H{number} <words> ends it."


def told_already(number: int) -> str:
    return f"H{number} has been told already; nothing else done."


def person_first(number: int, leaver: str) -> str:
    return f"Something felt wrong for {leaver}, so a person comes first: reply H{number} <text>. Nothing has been sent."


def on_its_way(number: int, partner: str) -> str:
    return f"H{number} is on its way to {partner}, in your name."


def leaves_at(number: int, partner: str, at: datetime, zones: Sequence[str], *, away: bool) -> str:
    why_ = f" ({partner} is away until then)" if away else ""
    return f"H{number} leaves for {partner} in your name: {times.both(at, zones)}{why_}. hold H{number} keeps it back."


def held(number: int, until: datetime | None, zone: str) -> str:
    again = f" I remind you {times.show(until, zone)}." if until is not None else ""
    return f"H{number} stays here until approve H{number}.{again}"


def hold_over(number: int) -> str:
    return f"H{number} was held until now: approve H{number} | edit H{number} <text>"


def edit_asked(number: int, leaver: str) -> str:
    return (
        f"H{number}: {leaver} is asked whether these words are all right. Until then the words approved before stand."
    )


def no_leaver(number: int) -> str:
    return f"H{number}: the person who left is gone, so nobody can say yes to other words; approve H{number} sends those approved before."


def edit_question(moderator: str, partner: str, text: str) -> str:
    return f'{moderator}, moderator, suggests these words for {partner}: "{text}" Send them like this? 1 yes  2 no, keep mine  (or: edit <your words>)'


def edit_choices() -> str:
    return "Please answer yes, no, or edit and your own words."


def edit_thanks() -> str:
    return "Thank you. It goes to the moderators."


def edit_kept() -> str:
    return "All right, your words stay."


def team_edit_yes(number: int, leaver: str, text: str) -> str:
    return f'H{number}: {leaver} says yes to: "{text}"   approve H{number}'


def team_edit_no(number: int, leaver: str) -> str:
    return f"H{number}: {leaver} would rather keep the words approved before.   approve H{number}"


@begins("A case")
def remind(number: int, partner: str) -> str:
    return f"H{number} still waits: {partner} has not been told.   approve H{number} | hold H{number}"


@begins("A case")
def remind_all(number: int, partner: str, due: datetime, zone: str, operator: str | None) -> str:
    unheld = f" Nobody has taken it. {operator_should_know(operator)}" if operator is not None else ""
    return f"H{number}: {partner} has still not been told. Each of you can do it: approve H{number} (please by {times.both(due, [zone])}).{unheld}"


def team_waiting(number: int, partner: str) -> str:
    return f"H{number}: {partner} is not there at the moment; the words leave when they are."


def team_undelivered(number: int, partner: str) -> str:
    return f"H{number}: the words could not be delivered to {partner}. approve H{number} tries again."


def team_told(number: int, partner: str, pair: int) -> str:
    return f"H{number}: {partner} has been told. M{pair} is over."
