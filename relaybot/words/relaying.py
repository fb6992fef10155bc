"""Sentences of relaying: what becomes of words from one partner to the other, as the writer is told.

`kept` is one and the same line whatever keeps the words back: who is on mute, away or has left must not show.
"""

from __future__ import annotations

from datetime import datetime

from relaybot import times
from relaybot.words.common import short
from relaybot.words.linking import medium as called
from relaybot.words.linking import on
from relaybot.words.subjects import begins


def carried(name: str, line: str) -> str:
    """Words as the partner reads them: every line begins with who says it."""
    return f"{name}: {line}"


def corrected(name: str, line: str) -> str:
    """An edit of words that the partner has, or will have."""
    return f"{name} corrected: {line}"


def spot(was: str, now: str) -> str:
    return f'"{was}" -> "{now}"'


def by_mail(name: str) -> str:
    """Who says it, when it was written as a mail."""
    return f"{name} (mail)"


def writes_to_you(name: str) -> str:
    """The subject of a letter of words."""
    return f"{name} writes to you"


def how_to_answer(name: str, medium: str) -> str:
    """The last line of a letter of words."""
    return f"Answer this mail and your words reach {name} {on(medium)}."


def more_waits(name: str, count: int, hours: int) -> str:
    return f"{count} more lines from {name}: more (kept {hours} hours)"


def more_left(count: int) -> str:
    return f"{count} more: more"


def no_more() -> str:
    return "There is nothing more to show."


def gathering(name: str, minutes: int) -> str:
    pause = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"This goes to {name} as one mail when you pause for {pause}. Send it now: ."


@begins("Delivered")
def mailed(name: str, at: datetime, zone: str) -> str:
    return f"Mailed to {name} {times.show_time(at, zone)}."


@begins("Delivered")
def delivered(name: str, at: datetime, zone: str, medium: str = "") -> str:
    where = f" {on(medium)}" if medium else ""
    return f"Delivered to {name}{where} {times.show_time(at, zone)}."


@begins("Your words wait")
def waiting(name: str, medium: str, *, reachable: bool, hours: int, elsewhere: int = 0) -> str:
    """`elsewhere`: after so many hours another address of theirs is tried, should they have one; 0: there is no other way."""
    until = f"or another way in {elsewhere} hours if they allowed one" if elsewhere else f"within {hours} hours"
    if medium == "mail":
        return f"Waiting: mail can't be handed over at the moment; I deliver to {name} when it can, {until}."
    if not reachable:
        return f"Waiting: {called(medium)} can't be reached at the moment; I deliver to {name} when it can, {until}."
    if medium == "irc":
        return f"Waiting: {name} is not logged in {on(medium)}; I deliver when they are, {until}."
    return f"Waiting: {name} can't be reached {on(medium)} at the moment; I deliver when they can be, {until}."


def mailbox_refuses(name: str, since: datetime, zone: str, now: datetime) -> str:
    at = times.show_time(since, zone) if (now - since).total_seconds() < 12 * 3600 else times.show(since, zone)
    return f"Not delivered: {name}'s mailbox refuses mail since {at}. A moderator knows."


def mailbox_may_have_lost(name: str, since: datetime, zone: str) -> str:
    return f"What you wrote to {name} lately may not have arrived: {name}'s mailbox refuses mail since {times.show_time(since, zone)}. A moderator knows."


def team_mailbox(number: int, name: str, since: datetime) -> str:
    return f"M{number}: {name}'s mailbox refuses mail since {times.show(since, 'UTC')} UTC, so words of the partner don't arrive. Perhaps {name} can be reached another way; I pass on nothing of the words."


def waiting_too(name: str) -> str:
    return f"Waiting too, behind what {name} has not got yet."


def kept() -> str:
    return "Kept, not delivered yet."


@begins("Not delivered")
def expired(name: str, hours: int) -> str:
    return f"Not delivered: {name} could not be reached for {hours} hours, so what you wrote is deleted. A moderator knows. What you write next is tried again."


def refused(name: str, reason: str) -> str:
    return f"Not delivered to {name} ({short(reason, 80)}). A moderator knows. What you write next is tried again."


@begins("Not delivered")
def kept_too_long(name: str, since: datetime, zone: str, hours: int) -> str:
    return f"Not delivered: what you wrote to {name} on {times.show(since, zone)}. I kept it {hours} hours and have deleted it now."


def over(number: int, name: str) -> str:
    return f"Not delivered: M{number} with {name} has ended, so nothing goes from one to the other any more."


def team_unreachable(number: int, writer: str, reader: str, reason: str) -> str:
    said = "for days" if reason == "expired" else short(reason, 80)
    return f"M{number}: what {writer} writes to {reader} can't be delivered ({said}). Perhaps {reader} can be reached another way; I pass on nothing of the words."


def too_many(name: str, most: int) -> str:
    return f"{most} messages for {name} are waiting already, so I can't keep another one. They leave as soon as {name} can be reached."


def you_ended_it(number: int) -> str:
    return f"M{number} is over for you, so I don't carry words there any more. moderator <words> reaches a person."


def nothing_to_tell() -> str:
    return "There is nothing to read in that. It goes: tell <text>"


# --------------------------------------------------------------------------------------------- talking


def talk_begins(name: str, minutes: int) -> str:
    return (
        f"From now on every line of yours goes to {name}, until a line with only a dot (.) or {minutes} minutes of silence. "
        "I speak up only when something isn't delivered at once. Commands begin with ! meanwhile."
    )


def talk_ends(name: str) -> str:
    return f"Done. What you say now is for me again, not for {name}."


@begins("Your words to your partner")
def talk_idle(name: str, minutes: int) -> str:
    return f"Nothing for {minutes} minutes, so what you say now is for me again, not for {name}. talk begins anew."
