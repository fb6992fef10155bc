"""Sentences for those who look for a partner and for the moderators who find one: who waits, who fits, why not.

Reasons come as data (nouns/fit.py); which side one lies with is said by name. Who asked not to be paired is never said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Level, Person
from relaybot.skills import NAMES, show_skills
from relaybot.words.common import fold_lines, join_words, short
from relaybot.words.subjects import begins

# Skills of one person to the other: name, level offered, level from where it is learnt.
Given = Sequence[tuple[str, Level, Level]]


def people_count(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def besides(waiting: int, suit: int) -> str:
    """How many others wait, and how many of them could suit: exact, because it concerns only the one who asks."""
    if not waiting:
        return "nobody else waits at the moment"
    return f"{people_count(waiting)} {'waits' if waiting == 1 else 'wait'} besides you, {suit or 'none of them'} could suit you"


def days_waited(since: datetime, now: datetime) -> str:
    days = (now - since).days
    return "waits since today" if days < 1 else f"waits {days} {'day' if days == 1 else 'days'}"


def day(moment: datetime, reader: Person, now: datetime) -> str:
    return times.show_day(moment, reader.zone or "UTC", now)


# --------------------------------------------------------------------------------------------- waiting


def waiting_head(number: int, shown: int) -> str:
    if not number:
        return "Nobody waits for a partner at the moment."
    more = (
        f", the first {shown} in order (waiting {number} shows all)" if shown < number else ", first in the list first"
    )
    return f"{people_count(number)} {'waits' if number == 1 else 'wait'} for a partner{more}:"


def waiting_line(place: int, name: str, person: Person, suit: int, doing: str, reader: Person, now: datetime) -> str:
    waited = days_waited(person.waiting_since, now) if person.waiting_since else "waits"
    promise = ""
    if person.promise is not None:
        late = person.promise <= now
        promise = f", promise {'was ' if late else ''}{day(person.promise, reader, now)}"
    found = f"{suit} could suit" if suit else "nobody suits now"
    return f"{place} {name}: {waited}{promise}; {doing or found}. Learn {short(show_skills(person.learn), 90)} | offer {short(show_skills(person.offer), 90)}"


def is_asked(number: int) -> str:
    return f"being asked (M{number})"


# --------------------------------------------------------------------------------------------- suggest


def suggest_head(name: str, shown: int, waiting: int) -> str:
    if not waiting:
        return f"For {name}: nobody else waits."
    return f"For {name}, {shown or 'nobody'} of {waiting} waiting{':' if shown else '.'}"


def suggest_aside(reasons: Sequence[str]) -> str:
    return f"Mind: {'; '.join(reasons)}." if reasons else ""


def given(skills: Given, to: str) -> str:
    parts = [
        f"{short(name, 30)} ({NAMES[level]}) for {short(to, 24)} ({NAMES[start]})" for name, level, start in skills[:2]
    ]
    more = f" +{len(skills) - 2}" if len(skills) > 2 else ""
    return ", ".join(parts) + more


def shared(hours: Sequence[tuple[datetime, datetime]], zones: Sequence[str]) -> str:
    """The first stretches of a week in which both are free, on both clocks."""
    return "; ".join(_stretch(low, high, zones) for low, high in hours[:2]) + (
        f" +{len(hours) - 2}" if len(hours) > 2 else ""
    )


def _stretch(low: datetime, high: datetime, zones: Sequence[str]) -> str:
    said: list[str] = []
    first = times.show_day(low, zones[0])
    for zone in dict.fromkeys(zones):
        weekday = times.show_day(low, zone)
        shown = f"{weekday[:3]} " if weekday != first or not said else ""
        said.append(f"{shown}{times.show_time(low, zone)}-{times.show_time(high, zone)} {times.city(zone)}")
    return " = ".join(said)


def suggest_line(
    place: int,
    name: str,
    other: str,
    to_asked: Given,
    to_other: Given,
    hours: str,
    languages: Sequence[str],
    waited: str,
) -> tuple[str, ...]:
    """One suggestion: what each gives, when, in which language, and how long they have waited."""
    return fold_lines(
        f"{place} {other}: {given(to_asked, name)}; {name}'s {given(to_other, other)}. Shared: {hours}."
        f" {', '.join(language.title() for language in languages[:3])}. {waited[:1].upper()}{waited[1:]}."
    )


def ruled_out(counts: Sequence[tuple[str, int]]) -> str:
    total = sum(count for _, count in counts)
    return f"Ruled out {total}: {', '.join(f'{count} {said}' for said, count in counts)}." if total else ""


def ruled_out_reason(code: str, side: int, name: str, many: int) -> str:
    """A reason as it follows a count, seen from `name` (side 1)."""
    one = many == 1
    if code == "nothing":
        if side == 2:
            return f"{'offers' if one else 'offer'} nothing {name} wants"
        return f"{'wants' if one else 'want'} nothing {name} offers"
    return {
        "language": "no common language",
        "must": "without a language that must be",
        "hours": "no shared hour",
        "stage": "no member any more",
        "paused": "paused",
        "limit": "at their limit" if not one else "at the limit",
        "asked": "in an open offer now",
        "before": "brought together once before",
        "avoid": "not to be paired",
    }[code]


def suggest_next(name: str, other: str) -> str:
    if not other:
        return f"what-if {name} free sat   or   what-if {name} learn <skill> shows what would change it."
    return f"why {name} {other} | pair {name} {other} | what-if {name} free sat"


# ------------------------------------------------------------------------------------------------- why


def why_for(
    a: str, b: str, to_a: Given, to_b: Given, hours: str, languages: Sequence[str], per_week: str
) -> tuple[str, ...]:
    said = []
    if to_a:
        said.append(f"{b} offers {given(to_a, a)}")
    if to_b:
        said.append(f"{a} offers {given(to_b, b)}")
    if hours:
        said.append(f"shared {hours} ({per_week} a week)")
    if languages:
        said.append(f"both speak {join_words([language.title() for language in languages[:4]])}")
    return fold_lines(f"For {a} and {b}: {'; '.join(said)}." if said else f"Nothing speaks for {a} and {b} yet.")


def per_week(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def why_against(reasons: Sequence[str]) -> tuple[str, ...]:
    return fold_lines(f"Against: {'; '.join(reasons)}." if reasons else "Against: nothing I know.")


def reason(code: str, who: str, other: str, *, must: str = "", pair: int = 0, limit: int = 0) -> str:
    """A reason against, in words; `who` is the one it lies with."""
    return {
        "nothing": f"{who} offers nothing {other} wants to learn, or no more than {other} knows",
        "language": "no language in common",
        "must": f"{who} needs {must}, which {other} doesn't speak",
        "hours": "no hour of the week in which both are free",
        "stage": f"{who} is no member",
        "paused": f"{who} is paused",
        "limit": f"{who} has reached the limit of {limit}",
        "asked": f"{who} is in an open offer now",
        "before": f"they were brought together once before (M{pair})",
        "avoid": "they are not to be paired",
    }[code]


def two_people() -> str:
    return "A pair needs two different people, e.g. why ana bram."


def moderator_inside(name: str) -> str:
    return f"{name} is a moderator: cases about this pair go to the others only."


def next_pair(a: str, b: str) -> str:
    return f"pair {a} {b}"


# --------------------------------------------------------------------------------------------- what-if

FIELDS = ("free", "learn", "offer", "languages", "must-language", "zone")


def what_if(name: str, field: str, value: str, before: int, after: int, newly: Sequence[str]) -> str:
    who = f" New: {join_words(list(newly)[:5])}{' and others' if len(newly) > 5 else ''}." if newly else ""
    return f"If {name} had {field} {short(value, 60)}: {after} could suit instead of {before}.{who} Nothing is changed by this."


# -------------------------------------------------------------------------------------------- match me


def in_list(waiting: int, suit: int, promise: datetime | None, reader: Person, now: datetime) -> str:
    others = besides(waiting, suit)
    by = f" You hear from us by {day(promise, reader, now)} at the latest." if promise else ""
    return f"You are in the list: {others}.{by}"


def offer_is_open(number: int) -> str:
    return f"M{number} is open for you; status shows what is next. I look further when it is settled."


def limit_is_reached(limit: int) -> str:
    return f"You have {'a partner' if limit == 1 else f'{limit} partners'}, which is the limit here. drop ends a pair; after that match me looks again."


def not_yet_member() -> str:
    return (
        "You are not a member yet; a moderator reads applications first. status shows where yours is, join begins one."
    )


def paused_until(until: datetime, reader: Person, now: datetime) -> str:
    return f"You're paused until {day(until, reader, now)}; nobody is looked for till then. resume ends the pause."


def team_looks(name: str) -> str:
    return f"{name} asks for a partner: suggest {name}"


# ------------------------------------------------------------------------------------- still looking


@begins("News while you wait")
def still_looking(name: str, waiting: int, suit: int) -> str:
    return f"{name}, we are still looking for a partner for you: {besides(waiting, suit)}."


def promise_ended(promise: datetime, reader: Person, now: datetime) -> str:
    return f"We said you'd hear from us by {day(promise, reader, now)}, and nobody has been found yet; I'm sorry. The moderators know."


def next_promise(promise: datetime, reader: Person, now: datetime) -> str:
    return f"You hear from us again by {day(promise, reader, now)} at the latest. If you'd rather not wait: pause, or leave."


def one_what_if(kind: str, suit: int) -> str:
    """The one change that would help most."""
    change = {
        "weekend": "If you also had time on Saturdays or Sundays it would be {n}: set free ...",
        "evenings": "If you also had time on weekday evenings it would be {n}: set free ...",
        "must": "Without a language that must be it would be {n}: set must-language none",
    }[kind]
    return change.format(n=suit)


def team_promise_ended(name: str, promise: datetime, until: datetime, suit: int, reader_now: datetime) -> str:
    was, new = (times.show_day(at, "UTC", reader_now) for at in (promise, until))
    return f"{name} was promised a partner or news by {was}, and has none; told so, with {new} as the new date. {suit} could suit: suggest {name}"
