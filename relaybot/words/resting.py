"""Sentences of pauses, mute and quiet hours; what a partner reads of a pause is that somebody is away, nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.words.common import join_words
from relaybot.words.subjects import begins


def until_when() -> str:
    return "Until which day? E.g. 4 jan, or 2 weeks."


def from_tomorrow() -> str:
    return "A pause goes on at least until tomorrow, e.g. pause until 4 jan. For hours there is mute, e.g. mute 3h."


def pause_too_long(days: int) -> str:
    return f"A pause is at most {days} days long. For longer there is leave; join brings you back on any day."


def members_only() -> str:
    return "There is nothing to pause: you are not a member at the moment. status shows where you are."


def paused(until: datetime, zone: str, now: datetime, partners: Sequence[str], off: Sequence[datetime]) -> str:
    told = (
        f" {join_words(partners)} {'is' if len(partners) == 1 else 'are'} told you're away until then, nothing more."
        if partners
        else ""
    )
    hours = f" Off: {join_words([times.show(at, zone) for at in off])}." if off else ""
    return f"Paused until {times.show_day(until, zone, now)}.{told}{hours} No reminders from me. Back earlier: resume"


def nobody_looked_for() -> str:
    return "Nobody is looked for meanwhile; you keep your place in the list."


def offer_withdrawn(pair: int) -> str:
    return f"M{pair} is closed, and nobody is told why."


@begins("Your partner is away")
def away(name: str, day: str, off: Sequence[datetime], zone: str) -> str:
    hours = f" Off: {join_words([times.show(at, zone) for at in off])}." if off else ""
    return f"{name} is away until {day}.{hours} Nothing to do for you."


@begins("Your partner is back")
def is_back(name: str) -> str:
    return f"{name} is back."


def team_withdrawn(pair: int, name: str, until: datetime, zone: str, now: datetime) -> str:
    return f"M{pair} is withdrawn: {name} pauses until {times.show_day(until, zone, now)}. The other person hears the usual words."


@begins("Welcome back")
def welcome_back(
    hours: Sequence[tuple[str, datetime]], without: Sequence[tuple[str, int]], zone: str, now: datetime
) -> str:
    said = [f"Next with {name}: {times.show(at, zone, now)}." for name, at in hours]
    said += [f"No hour with {name} is agreed: propose M{number} <time>." for name, number in without]
    return " ".join(["Welcome back.", *said])


def waits_again(promise: datetime | None, zone: str, now: datetime) -> str:
    by = f"; you hear from us by {times.show_day(promise, zone, now)}" if promise is not None else ""
    return f"You're in the list again{by}."


def not_resting() -> str:
    return "You are neither on a pause nor on mute. pause until <date> and mute 2d begin one."


# ------------------------------------------------------------------------------------------------ mute


def muted(until: datetime, zone: str, now: datetime, hours: int) -> str:
    return (
        f"On mute until {times.show(until, zone, now)}: nothing unasked from me, and your partner's words wait, {hours} hours at most. "
        "Your hours go on as agreed. Back earlier: resume"
    )


def mute_too_long(days: int) -> str:
    return f"mute is at most {days} days long, e.g. mute 2d. For longer: pause until <date>"


def mute_how() -> str:
    return "I didn't understand how long. It goes: mute 2d, mute 3h, or mute until thu 18:00"


def unmuted() -> str:
    return "Mute is off."


# ------------------------------------------------------------------------------------------ quiet hours


def quiet(start: int, end: int, zone: str) -> str:
    if start == end:
        return "No quiet hours: I may write at any time of the day, within the few unasked messages a week. quiet 21:00-08:00 brings them back."
    return (
        f"Quiet hours {_clock(start)}-{_clock(end)}, {times.city(zone)} time: nothing unasked from me then. "
        "Only your own hours, and what your partner writes, come at any time."
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
