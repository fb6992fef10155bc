"""Sentences about how it was: private, optional, and seen by moderators only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Person
from relaybot.words.common import short
from relaybot.words.subjects import MEETING, begins


def question(partner: Person) -> str:
    return (
        f"How was it with {partner.name}? 1 good fit  2 not sure yet  3 not for me."
        " Only moderators see this. You may add a word."
    )


def again() -> str:
    return "I didn't understand. Please answer with 1 (good fit), 2 (not sure yet) or 3 (not for me); or skip."


def good(partner: Person, said: str) -> str:
    if said:
        return f"Thank you. If you want {partner.name} to hear that: thanks {short(said, 200)}"
    return f"Thank you. If you want {partner.name} to hear something: thanks <text>"


def unsure() -> str:
    return "Thank you. I ask again after your next hour. propose <time> or slots; if something feels off: off <words>"


def unsure_words_kept() -> str:
    return "Thank you. Only moderators read that. I ask again after your next hour: propose <time>, or slots."


def noted() -> str:
    return "Thank you. Only moderators read that."


def no() -> str:
    return "Thank you for saying so; that's all right, and your partner isn't told what you answered."


def skipped() -> str:
    return "That's fine."


# ---------------------------------------------------------------------------------------- both say good


@begins("Your next hour")
def both_good(partner: Person) -> str:
    return f"You both said good fit! Would you like a next hour with {partner.name}?"


@begins(MEETING)
def both_good_letters(partner: Person) -> str:
    return f"You both said good fit! Your letters with {partner.name} go on; format halves brings hours."


@begins("Your next hour")
def both_good_next(at: datetime, zone: str, number: int) -> str:
    return f"You both said good fit! Your next hour: {times.show(at, zone)} (S{number})."


# ------------------------------------------------------------------------------------------- thanks, off


def thanks_how() -> str:
    return "You're welcome. To thank your partner: thanks <text>"


def thanks_passed(partner: Person) -> str:
    return f"Passed on to {partner.name}."


@begins("A thank-you")
def thanks_said(person: Person, said: str) -> str:
    return f'{person.name} says thank you: "{said}"'


def off_without_pair() -> str:
    return "You have had no partner here yet. moderator <words> reaches a person about anything else."


def off_read_by(names: str, case: int, by: str) -> str:
    reads, one = ("read", "One of them") if " and " in names else ("reads", names)
    return f"Only {names} {reads} this (H{case}). {one} answers here, at the latest by {by}. Your partner isn't told."


def off_nobody(case: int, operator: str) -> str:
    whom = f" Please write to {operator} as well." if operator else ""
    return f"This is H{case}. No moderator is there who may read it.{whom}"


def off_team(case: int, person: Person, pair: int, said: str) -> str:
    return f'H{case} {person.name} (M{pair}), something feels off: "{said}".   take H{case}'


def off_team_silent(case: int, person: Person, pair: int) -> str:
    return f"H{case} {person.name} (M{pair}): something feels off, no words yet.   take H{case}"


def too_many(most: int) -> str:
    return f"You have {most} open matters with the moderators; please add to one of them: moderator <words>"


# ------------------------------------------------------------------------------------------- silence


def pulse(partner: Person, weeks: int) -> str:
    return (
        f"It has been quiet between you and {partner.name} for {weeks} weeks. How is it? 1 all well  2 hard to find time"
        "  3 I'd like to stop  4 something felt off. Only moderators see this."
    )


def pulse_again() -> str:
    return "I didn't understand. Please answer with 1 (all well), 2 (hard to find time), 3 (stop) or 4 (something felt off)."


def pulse_well() -> str:
    return "Good to hear, thank you. slots shows times that suit you both, whenever you like."


def pulse_time() -> str:
    return "Thank you for saying so. pause until <date> is fine, and so is one hour now and then:"


def team_silent(case: int, pair: int, names: Sequence[str], days: int) -> str:
    return f"H{case}: M{pair} {' and '.join(names)}: no hour and no word for {days} days. take H{case}"


def team_resting(pair: int) -> str:
    return f"M{pair} rests now: still quiet. It is not ended; any word or hour wakes it."
