"""Sentences of asking both sides in turn, of what follows a no, and of the introduction.

A Description has no field for a name or an address, on purpose: until both have said yes, nothing else
about the one reaches the other. What follows a no, an expiry, a withdrawal or a full limit is one text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relaybot import times
from relaybot.model import Level, Person, Skill, Window
from relaybot.skills import show_skills
from relaybot.words.common import LINE_BYTES, fold_lines, join_words, short
from relaybot.words.subjects import begins

MOST_SKILLS = 3
COUNTED = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class Description:
    """What a person who is asked may know of the other."""

    zone: str
    offer: tuple[Skill, ...]
    learn: tuple[Skill, ...]
    languages: tuple[str, ...]
    shared: tuple[Window, ...]  # on the reader's clock


def offer_subject() -> str:
    """Of the letter that holds an offer."""
    return "Somebody who may suit you"


def day(moment: datetime, person: Person, now: datetime) -> str:
    """A day on a person's clock."""
    return times.show_day(moment, person.zone or "UTC", now)


def _knows(skill: Skill) -> str:
    name = short(skill.name, 30)
    if skill.level == Level.DEEP:
        return f"knows {name} deeply"
    return f"is comfortable with {name}" if skill.level == Level.COMFORTABLE else f"knows some {name}"


def _wants(skill: Skill) -> str:
    name = short(skill.name, 30)
    if skill.level == Level.NEW:
        return f"start {name} from zero"
    return f"learn {name}" if skill.level == Level.LITTLE else f"go deeper into {name}"


def _has(it: Description) -> str:
    parts = [f"lives in the {times.city(it.zone)} zone"] if it.zone else []
    return ", ".join(parts + [_knows(skill) for skill in it.offer[:MOST_SKILLS]])


def _wishes(it: Description) -> list[str]:
    wants = [_wants(skill) for skill in it.learn[:MOST_SKILLS]]
    parts = ["would like to " + join_words(wants)] if wants else []
    return parts + ([f"speaks {join_words(it.languages[:5])}"] if it.languages else [])


def offer(reader: Person, found_by: str, number: int, it: Description) -> tuple[str, ...]:
    """Who may suit, in one line or two; `found_by` is empty when no moderator may be named."""
    shared = f"You share {short(times.show_hours(it.shared), 70)} your time." if it.shared else ""
    opening = (
        f"{reader.name}, {short(found_by, 40) or 'a moderator'} found someone who may suit you (M{number}): {_has(it)}"
    )
    whole = f"{', '.join([opening, *_wishes(it)])}. {shared}".strip()
    if len(whole.encode()) <= LINE_BYTES:
        return (whole,)
    return *fold_lines(f"{opening}."), *fold_lines(f"Also: {', '.join(_wishes(it))}. {shared}")


def offer_question(reader: Person, number: int, until: datetime, now: datetime, *, again: bool) -> str:
    later = "   3 ask me again next week" if again else ""
    return (
        f"Would you like one trial hour together?  1 yes   2 no{later}   (or: yes M{number}, no M{number}) - a no needs"
        f" no reason and the other person will never know. I keep it open till {day(until, reader, now)}."
    )


def offer_reminder(number: int) -> str:
    return f"M{number} is still open; this is my only reminder."


def offer_again(number: int) -> str:
    return f"You asked me to come back to M{number} this week."


def explain_offer() -> str:
    return (
        "One hour to try it, nothing more: each of you teaches one half. Names are told only when both have said yes."
        " With no, nobody is told that you were asked."
    )


def offer_kept(reader: Person, number: int, until: datetime, now: datetime) -> str:
    return f"All right. M{number} stays open till {day(until, reader, now)}: yes M{number} or no M{number}."


def yes_first(reader: Person, by: datetime, now: datetime) -> str:
    return f"Lovely. I'm asking the other person now; you hear from me by {day(by, reader, now)} at the latest. Nothing to do for you."


def yes_already(reader: Person, number: int, by: datetime, now: datetime) -> str:
    return f"I have your yes to M{number}; you hear from me by {day(by, reader, now)} at the latest. Changed your mind: no M{number}"


def yes_second() -> str:
    return "Then it's a pair! I'll introduce you now."


def yes_noted(reader: Person, by: datetime, now: datetime) -> str:
    return f"Thank you for the yes. You hear from me by {day(by, reader, now)} at the latest. Nothing to do for you."


def limit_reached(number: int, other: int, limit: int, *, other_said_yes: bool) -> str:
    first = "; the other person is first in the list again" if other_said_yes else ""
    return f"You've just become partner in M{other}, which fills your limit of {limit}. M{number} is withdrawn{first}."


def later_taken(reader: Person, number: int, at: datetime, until: datetime, now: datetime) -> str:
    return (
        f"Gladly. I ask you again on {day(at, reader, now)} and keep M{number} open till {day(until, reader, now)}."
        f" Sooner is fine too: yes M{number} or no M{number}."
    )


@begins("News while you wait")
def still_open(reader: Person, number: int, by: datetime, now: datetime) -> str:
    return f"M{number} takes longer than I said: it is still open, and nothing is decided. You hear from me by {day(by, reader, now)} at the latest."


# ------------------------------------------------------------------------------------ after a no


@begins("Your place in the list")
def neutral(reader: Person, number: int, one_of: int, promise: datetime | None, now: datetime) -> str:
    """What the one who said yes hears, whatever the reason; `one_of` is 0 while the record is short."""
    share = (
        f"That happens in about one of {COUNTED[one_of] if one_of <= 10 else one_of} cases and says"
        if one_of
        else "That says"
    )
    place = f" You're first in the list again; by {day(promise, reader, now)} you hear from us." if promise else ""
    return f"M{number} didn't come together. {share} nothing about you.{place}"


@begins("Your place in the list")
def offer_gone(reader: Person, number: int, promise: datetime | None, now: datetime) -> str:
    place = f" You stay in the list; by {day(promise, reader, now)} you hear from us." if promise else ""
    return f"M{number} is no longer open, so there is nothing to answer. That says nothing about you.{place}"


def why_no() -> str:
    return (
        "All right, and nobody is told. Is it this person, or the moment?"
        "  1 please look for someone else   2 pause me until a date   3 rather not say"
    )


def until_when() -> str:
    return "Until when? A day is enough, e.g. 4 jan."


def looking_on(reader: Person, promise: datetime | None, now: datetime) -> str:
    if promise is None:
        return "Thank you."
    return f"Thank you. You stay in the list; by {day(promise, reader, now)} you hear from us."


def not_before_tomorrow() -> str:
    return "Please name a later day, e.g. 4 jan."


def paused(reader: Person, until: datetime, now: datetime) -> str:
    return f"Paused until {day(until, reader, now)}. Until then you are asked nothing and hear nothing from me. Back sooner: resume"


def lapsed(number: int) -> str:
    return f"I've closed M{number} because there was no answer. Still want a partner?  1 yes   2 pause   3 no"


def not_looking() -> str:
    return "All right, nobody looks for you now. match me starts it again."


def closed_already(reader: Person, number: int, ended: datetime | None, now: datetime) -> str:
    on = f" on {day(ended, reader, now)}" if ended else ""
    return f"M{number} was closed{on}, but thank you."


def look_again(closed: str) -> str:
    return f"{closed} Shall I start looking again? (yes/no)"


def in_list_already(closed: str, reader: Person, promise: datetime, now: datetime) -> str:
    return f"{closed} You are in the list already; by {day(promise, reader, now)} you hear from us."


# ------------------------------------------------------------------------------------ introduction


def distance(reader: Person, other: Person, now: datetime) -> str:
    """ "Kolkata (4 h 30 min ahead of you)"."""
    if not other.zone:
        return ""
    minutes = times.offset(other.zone, now) - times.offset(reader.zone or "UTC", now)
    if minutes == 0:
        return f"{times.city(other.zone)} (your clock)"
    hours, rest = divmod(abs(minutes), 60)
    said = " ".join([f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0))
    return f"{times.city(other.zone)} ({said} {'ahead of' if minutes > 0 else 'behind'} you)"


def meet(reader: Person, other: Person, number: int, now: datetime) -> tuple[str, ...]:
    parts = [distance(reader, other, now), f"offers {short(show_skills(other.offer[:MOST_SKILLS]), 100)}"]
    parts += [
        f"would like to learn {short(show_skills(other.learn[:MOST_SKILLS]), 100)}",
        ", ".join(other.languages[:5]),
    ]
    return fold_lines(
        f"{reader.name}, meet {other.name} (M{number}): {'; '.join(p for p in parts if p)}. You both said yes."
    )


def moderator_note(by: str, note: str) -> tuple[str, ...]:
    return fold_lines(f'{by}: "{note}"') if note else ()


def words_in_place(place: str, other: Person) -> str:
    return (
        f"You two have a place of your own, {place}; I invite you there now. What you write there only {other.name} and I"
        " read, and I keep no copy."
    )


def words_carried(other: Person, number: int) -> str:
    return (
        f"tell M{number} <words> reaches {other.name}, and talk M{number} keeps carrying your lines until one with only a dot."
        " Neither of you sees the other's address unless you write it yourself. I keep no copy."
    )


def first_step(minutes: int) -> str:
    return f"First step: one trial hour, {minutes} minutes in two halves - first one of you teaches, then the other. It helps to bring one small project each."


def first_talk() -> str:
    return (
        "For your first talk: what each of you wants - how you'd notice it worked - how much time beyond the hour - when"
        " messages are welcome - what is off limits - what may be told to others (if you say nothing: nothing)."
    )


def help_and_stop() -> str:
    return "If anything feels wrong, now or later: moderator <words>   If you want to stop: drop"


def place_opened(names: tuple[str, ...], number: int) -> str:
    return f"{join_words(names)}, this is your place (M{number}): only you two and I are here. Your hours run here too; help session shows how."


def last_answer_counts(number: int) -> str:
    """Said on the other media of somebody who has just answered twice."""
    return f"You said no to M{number} a moment ago, elsewhere; your last answer counts."
