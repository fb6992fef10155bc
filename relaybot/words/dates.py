"""Sentences about dates in calendars: the letter an hour comes with, what changes in it, and the hour by mail itself.

Both times of an hour are said plainly: some calendars take only the first date of a letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from relaybot import times
from relaybot.model import Meeting, Person
from relaybot.words.common import short

SUBJECT_CHARS = 60  # of what somebody teaches, in a calendar


@dataclass(frozen=True, slots=True)
class Part:
    """One date of an hour: from when to when, and who teaches (nobody in particular: None), and what."""

    starts_at: datetime
    ends_at: datetime
    teacher: Person | None = None
    topic: str = ""


# -------------------------------------------------------------------------------------------- the letter


def subject(meeting: Meeting, parts: Sequence[Part], reader: Person, partner: Person, now: datetime) -> str:
    day = times.show_day(meeting.starts_at, reader.zone or "UTC", now)
    return f"{day}: your hour with {partner.name}" + (", in two halves" if len(parts) > 1 else "")


def summary(part: Part, reader: Person, partner: Person) -> str:
    """One date's name in the reader's calendar; no addresses."""
    topic = f": {short(part.topic, SUBJECT_CHARS)}" if part.topic else ""
    if part.teacher is None:
        return f"Your hour with {partner.name}"
    if part.teacher.id == reader.id:
        return f"You teach {partner.name}{topic}"
    return f"{partner.name} teaches you{topic}"


def summary_off(partner: str) -> str:
    return f"Your hour with {partner}" if partner else "Your hour"


def agreed(meeting: Meeting, partner: Person, zone: str, now: datetime) -> str:
    kind = "a trial hour" if meeting.trial else "an hour"
    return f"Agreed: {kind} with {partner.name}, {times.show(meeting.starts_at, zone, now)} your time (S{meeting.id})."


def moved(meeting: Meeting, partner: Person, zone: str, now: datetime) -> str:
    at = times.show(meeting.starts_at, zone, now)
    return f"Moved: your hour with {partner.name} is {at} your time now (S{meeting.id}). Only this hour."


def changed(meeting: Meeting, partner: Person, zone: str, now: datetime) -> str:
    at = times.show(meeting.starts_at, zone, now)
    return f"Your hour with {partner.name}, {at} your time (S{meeting.id}), is as follows now."


def rows(parts: Sequence[Part], reader: Person, partner: Person) -> tuple[str, ...]:
    """Both dates on both clocks, as the rows of a table."""
    mine, other = reader.zone or "UTC", partner.zone or "UTC"
    shown = []
    for part in parts:
        span = f"{times.show_time(part.starts_at, mine)}-{times.show_time(part.ends_at, mine)} {times.city(mine)}"
        day = times.show_day(part.starts_at, other)
        day = "" if day == times.show_day(part.starts_at, mine) else f"{day} "
        far = f"{day}{times.show_time(part.starts_at, other)}-{times.show_time(part.ends_at, other)}"
        theirs = f" ({far} {times.city(other)})" if other != mine else ""
        shown.append(f"  {span}{theirs}   {summary(part, reader, partner)}")
    return tuple(shown)


def answers(meeting: Meeting, parts: Sequence[Part], zone: str) -> str:
    """How to say yes, another time, or not this one."""
    day = times.local(meeting.starts_at, zone)
    which = "Accept both dates" if len(parts) > 1 else "Accept the date"
    example = f"{day:%a}".lower() + f" {(day.hour + 1) % 24:02}:00"
    return f"{which} in your calendar, or answer this mail:  yes   |   reschedule {example}   |   skip"


def only_one(parts: Sequence[Part], zone: str) -> str:
    if len(parts) < 2:
        return ""
    return f"If your calendar shows one of the two only, the swap is at {times.show_time(parts[1].starts_at, zone)}."


def means(said: str, first: Person | None, reader: Person, partner: Person) -> str:
    """How the two talk, and who calls whom."""
    caller = _caller(first, reader, partner)
    if "://" in said:
        return f"You meet by {said} ."
    if said.startswith("in person"):
        return f"You meet {said}."
    if said.startswith("text"):
        return f"You talk by {said}."
    if said:
        return f"You talk by {said}: {caller}."
    return (
        f"How you talk is up to the two of you: any words you answer with go to {partner.name}, a phone number or a link"
        f" too, if you like; means voice writes it down. Unless you agree otherwise, {caller}."
    )


def _caller(first: Person | None, reader: Person, partner: Person) -> str:
    if first is None:
        return f"whoever is ready first calls, {partner.name} or you"
    if first.id == reader.id:
        return f"you teach first, so you call {partner.name}"
    return f"{partner.name} teaches first, so {partner.name} calls you"


def private(said: str) -> str:
    return f'Between the two of you: "{said}"' if said else ""


def one_line_mails(moments: Sequence[datetime], zone: str) -> str:
    shown = [times.show_time(at, zone) for at in moments]
    at = f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]
    return f"At {at} I send a one-line mail as well, in case it arrives in time; nobody has to answer it."


def description(number: int, said: str, title: str) -> str:
    """What else stands in the calendar: which hour, and where they talk; calendars are shared, so nothing private."""
    return "\n".join(part for part in (f"S{number}, {title}", said) if part)


# ------------------------------------------------------------------------------------------- called off


def off_subject(starts_at: datetime, partner: str, zone: str, now: datetime) -> str:
    return f"{times.show_day(starts_at, zone, now)}: {_lower(summary_off(partner))} is off"


def _lower(said: str) -> str:
    return said[:1].lower() + said[1:]


def off(hours: int) -> str:
    which = "The hour is" if hours == 1 else "The hours are"
    return f"{which} off in your calendar too: this mail tells it so."


def all_off_subject(partner: str) -> str:
    return f"Your calendar: {_lower(summary_off(partner))}"


def all_off(hours: int) -> str:
    what = "I've taken the hour" if hours == 1 else "I've taken the hours"
    return f"{what} that stood there out of your calendar. There is nothing to do for you."


# ------------------------------------------------------------------------------------------ the calendar


def next_hours(shown: Sequence[tuple[int, str, str]]) -> tuple[str, ...]:
    """Hours to come as lines of a chat: (number, when, partner)."""
    return tuple(f"S{number}: {when}, with {partner}" for number, when, partner in shown)


def none_agreed() -> str:
    return "No hour of yours is agreed. slots shows times that suit you and your partner both, propose <time> suggests one."


def file_sent(address: str) -> str:
    return f"The dates for your calendar are on their way to {address}."


def needs_mail() -> str:
    return "A calendar file needs a mail address of yours: link you@example.org sends a code there, then say calendar again."


def head(hours: int) -> str:
    return "Your next hour:" if hours == 1 else f"Your next {hours} hours:"


def head_subject(hours: int) -> str:
    return "Your next hour" if hours == 1 else f"Your next {hours} hours"


def row_head(meeting: Meeting, partner: Person, zone: str, now: datetime) -> str:
    return f"S{meeting.id}, {times.show_day(meeting.starts_at, zone, now)}, with {partner.name}:"


def accept() -> str:
    return "Accept them in your calendar; what was there already stays as it is."


# -------------------------------------------------------------------------------------- the hour by mail


def go_subject(partner: Person) -> str:
    return f"Now: your hour with {partner.name}"


def swap_subject(partner: Person) -> str:
    return f"Swap: your hour with {partner.name}"


def last_subject(partner: Person) -> str:
    return f"Ten minutes: your hour with {partner.name}"


def last(minutes: int) -> str:
    return f"{'Ten minutes' if minutes == 10 else f'{minutes} minutes'} left. A next hour: propose <time>, or slots."


# ------------------------------------------------------------------------------------ did it take place?


def took_place(partner: Person, *, letters: bool = False) -> str:
    if letters:
        return f"Were both letters written, {partner.name}'s and yours? 1 yes  2 partly  3 no"
    return f"Did your hour with {partner.name} take place? 1 yes  2 partly  3 no"


def took_place_again() -> str:
    return "I didn't understand. Please answer with yes, partly or no; or skip."


def after_subject(partner: Person) -> str:
    return f"How was it with {partner.name}?"


def nobody_else() -> str:
    return "whoever runs this"


def after_letter(partner: Person, readers: str, took: str, *, fit: bool) -> tuple[str, ...]:
    """The questions of a letter after an hour; beside the other one `took` has no digits of its own."""
    read = "read" if " and " in readers else "reads"
    felt = (
        f"How was it with {partner.name}? Answer with 1 (good fit), 2 (not sure yet) or 3 (not for me). Only {readers}"
        f" {read} it; you may add a word."
    )
    if not fit:
        return (took,)
    if not took:
        return (felt,)
    asked = took.partition("?")[0].replace(f"your hour with {partner.name}", "it")
    return felt, f"{asked}? yes - partly - no", "Both fit on one line, for example:  1 yes"


def after_again(*, fit: bool) -> str:
    took = "yes, partly or no (did it take place?)"
    return f"I didn't understand. Please answer with {'1, 2 or 3 (how was it?) and ' if fit else ''}{took}; or skip."


def noted_letters() -> str:
    return "Noted, and nobody is blamed. format halves brings hours back, if letters are not for you two."


def noted_partly() -> str:
    return "Noted: partly. A next hour: propose <time>, or slots."


def noted_not() -> str:
    return "Noted, and nobody is blamed; phones and calendars fail. A new time: propose <time>, or slots."


def noted_yes() -> str:
    return "Good to hear. A next hour: propose <time>, or slots."


def team_not_held(pair: int, in_row: int) -> str:
    return f"M{pair}: {in_row} hours in a row did not take place, they say. No automatic consequence."
