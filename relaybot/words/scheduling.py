"""Sentences about finding an hour: the numbered times, proposals, agreements, and no shared hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Meeting, Person, Window
from relaybot.words import moments
from relaybot.words.common import join_words
from relaybot.words.subjects import begins


def _numbered(options: Sequence[datetime], zone: str) -> str:
    shown = "  ".join(f"{number} {times.show(at, zone)}" for number, at in enumerate(options, 1))
    return f"{shown}  ({times.city(zone)})"


def example(options: Sequence[datetime]) -> str:
    return "1" if len(options) == 1 else "1 2"


# ----------------------------------------------------------------------------------- the numbered times


def suit_both(options: Sequence[datetime], zone: str, partner: Person) -> str:
    return (
        f"Times that suit you and {partner.name} both: {_numbered(options, zone)}. Which work for you?"
        f" Several numbers are fine, e.g. {example(options)}; or propose <time>, or none."
    )


def suit_partner(options: Sequence[datetime], zone: str, partner: Person) -> str:
    return (
        f"An hour with {partner.name}, who can: {_numbered(options, zone)}. Which work for you?"
        " Or propose <time>, or none."
    )


def only_numbers(options: Sequence[datetime], partner: Person) -> str:
    return f"Just the numbers here, please, e.g. {example(options)}, or none. Words for {partner.name}: tell <text>"


def no_such_number(most: int) -> str:
    return f"I have the numbers 1 to {most} here; or say none, or propose <time>."


def noted(shown: str, partner: Person) -> str:
    return f"Noted: {shown}. You hear from me as soon as {partner.name} answers."


def chosen(options: Sequence[datetime], zone: str) -> str:
    return join_words([times.show(at, zone) for at in options])


def none_of_them(partner: Person) -> str:
    return f"All right, none of these. propose <time> suggests another one to {partner.name}; set free <hours> changes where I look."


def no_overlap(partner: Person) -> str:
    return f"{partner.name} chose other times. I ask {partner.name} about yours."


def past_now() -> str:
    return "Those times have passed by now. slots shows new ones."


# ------------------------------------------------------------------------------------------- proposals


def proposed(at: datetime, partner: Person, zones: Sequence[str], remarks: Sequence[str]) -> str:
    said = f"Asked {partner.name}: {times.both(at, zones)}."
    return " ".join([said, *remarks])


def your_quiet_hours(partner: Person) -> str:
    return f"That is in the quiet hours where {partner.name} is; {partner.name} decides."


def outside_yours() -> str:
    return "It is outside the hours you gave me; that's fine."


def theirs_open(partner: Person, at: str) -> str:
    return f"{partner.name}'s own proposal, {at}, stays open too: agree"


def proposal(at: datetime, partner: Person, zones: Sequence[str], remarks: Sequence[str]) -> str:
    said = f"{partner.name} proposes an hour: {times.both(at, zones)}. 1 fine  2 other time  3 not then"
    return " ".join([f"{said}.", *remarks] if remarks else [said])


def outside_yours_asked() -> str:
    return "(It is outside the hours you gave me.)"


def in_your_quiet_hours() -> str:
    return "(It is in your quiet hours.)"


def proposal_again() -> str:
    return "I didn't understand. Please answer 1 (fine), 2 (other time, e.g. 2 fri 18:30) or 3 (not then)."


def which_time() -> str:
    return "Which time would suit you? e.g. fri 18:30"


def declined(at: str) -> str:
    return f"All right, not {at}. propose <time> suggests another one; slots shows times that suit you both."


@begins("A time for your next hour")
def declined_partner(person: Person, at: str) -> str:
    return f"{person.name} can't {at}. propose <time> suggests another one; slots shows times that suit you both."


def nothing_proposed(partner: Person) -> str:
    return f"{partner.name} has proposed nothing that is still to come. slots shows times that suit you both, propose <time> suggests one."


def which_proposed(options: Sequence[datetime], zone: str) -> str:
    return f"Several times are open: {_numbered(options, zone)}. Please say which, e.g. agree 1"


def already_then(number: int) -> str:
    return f"You have an hour at that time already (S{number}). Please name another time."


def partner_busy(at: str) -> str:
    return f"You have another hour then by now, so {at} won't do. propose <time> suggests another one."


def enough_open(most: int) -> str:
    return f"You have as many hours agreed as I keep ({most}). skip S<number> takes one out."


def agreed(meeting: Meeting, zones: Sequence[str]) -> str:
    return f"Agreed: {moments.span(meeting.starts_at, meeting.minutes, zones)} (S{meeting.id})."


# -------------------------------------------------------------------------------------- no shared hour


def closest(at: datetime, zone: str, said: Sequence[Window], days: int) -> str:
    hours = f" (you said {times.show_hours(said)})" if said else ""
    return (
        f"I find no hour that suits you both in the next {_span(days)}. Closest: {times.show(at, zone)} for you{hours}."
        " Could you? yes / no / moderator <words>"
    )


def closest_no(partner: Person) -> str:
    return f"All right. set free <hours> changes where I look, propose <time> asks {partner.name}, moderator <words> reaches a person."


def asks_partner(partner: Person, days: int) -> str:
    return (
        f"I find no hour that suits you both in the next {_span(days)}. I ask {partner.name} about the closest one;"
        " propose <time> works too."
    )


def none_at_all(partner: Person, days: int) -> str:
    return (
        f"I find no hour that suits you both in the next {_span(days)}, nor one close to it. propose <time> asks"
        f" {partner.name} directly, set free <hours> changes where I look, moderator <words> reaches a person."
    )


def _span(days: int) -> str:
    return f"{days // 7} weeks" if days % 7 == 0 and days > 7 else f"{days} days"


# --------------------------------------------------------------------------------------- no time agreed


def team_hint(pair: int, names: Sequence[str], days: int) -> str:
    return f"M{pair} {join_words(names)}: no hour agreed {days} days after the introduction. show M{pair}"


def team_case(case: int, pair: int, names: Sequence[str], days: int) -> str:
    return f"H{case}: M{pair} {join_words(names)} have agreed no hour {days} days after the introduction. take H{case}"
