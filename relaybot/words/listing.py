"""Sentences of the mailing list's readers: subscribing, how copies come, and what moderators read about it.

Nothing here names anybody but the reader themselves.
"""

from __future__ import annotations

from datetime import datetime

from relaybot import times
from relaybot.words.subjects import LIST, begins

MODES = {
    "each": "each post as it comes",
    "digest": "one mail a day with everything in it",
    "none": "no copies; you may write to the list all the same",
}


def no_list() -> str:
    return "There is no mailing list here. asks shows who is looking for what."


def list_elsewhere(address: str) -> str:
    return f"The list {address} is kept by another server, which also sends its mails: the foot of each of them says how to change that."


def no_mail() -> str:
    return "I know no mail address of yours, so there is nowhere to send the list to. link <address> adds one."


def prove(line: str) -> str:
    return f"A From line can be written by anybody. If that was you, answer this mail with the word  {line}  and it is done."


def subscribed(listed: str, address: str) -> str:
    return f"The list {listed} comes to {address} from now on, each post as it comes. Less of it: list digest   Stop: unsubscribe"


def subscribed_already(listed: str, address: str, mode: str) -> str:
    return f"The list {listed} comes to {address} already: {MODES[mode]}. Change: list each|digest|none   Stop: unsubscribe"


def asked(listed: str) -> str:
    return f"{listed} is read by members of the programme. I've asked the moderators whether they let you in; you hear from me when they do. To take part yourself: join"


@begins(LIST)
def let_in(listed: str, address: str) -> str:
    return f"A moderator let you in: the list {listed} comes to {address} from now on. Less of it: list digest   Stop: unsubscribe"


def invited(moderator: str, title: str, listed: str) -> str:
    return f"{moderator}, moderator of {title}, would like you to read the list {listed}. If you want that, answer this mail with the word  subscribe . If not, do nothing."


def unsubscribed(listed: str, address: str) -> str:
    return f"Done: the list {listed} does not come to {address} any more. To read it again: subscribe"


def not_subscribed(listed: str) -> str:
    return f"The list {listed} does not come to you, so there is nothing to change. To read it: subscribe"


def mode(listed: str, address: str, how: str, away_until: datetime | None, zone: str, now: datetime) -> str:
    away = f" Nothing until {times.show_day(away_until, zone, now)}, because you are away." if away_until else ""
    return f"The list {listed} comes to {address}: {MODES[how]}.{away} Change: list each|digest|none, list away until <date>   Stop: unsubscribe"


def mode_set(listed: str, how: str, at: str) -> str:
    when = f", at {at}" if how == "digest" else ""
    return (
        f"From now on: {MODES[how]}{when}. Posts to {listed} are not affected."
        if how == "none"
        else f"From now on: {MODES[how]}{when}."
    )


def away_set(until: datetime, zone: str, now: datetime) -> str:
    return f"Nothing of the list until {times.show_day(until, zone, now)}; what is posted meanwhile is not sent later. Back sooner: list each"


def away_when() -> str:
    return "Until which day? e.g. list away until 4 jan"


def from_tomorrow() -> str:
    return "The first day that can be named is tomorrow, e.g. list away until 4 jan"


# ------------------------------------------------------------------------------------------ moderators


def team_asks(shown: str) -> str:
    return (
        f"{shown} would like to read the list and is no member. Let them: list add {shown}   Otherwise nothing happens."
    )


def team_added(moderator: str, shown: str) -> str:
    return f"{moderator} let {shown} read the list."


def added(shown: str) -> str:
    return f"{shown} reads the list from now on and is told so."


def invitation_sent(shown: str, hours: int) -> str:
    return f"I've asked {shown} by mail; the list goes there when they answer with subscribe, within {hours} hours."


def reads_already(shown: str) -> str:
    return f"{shown} reads the list already."


def removed(shown: str) -> str:
    return f"{shown} does not get the list any more and is told so."


def team_removed(moderator: str, shown: str) -> str:
    return f"{moderator} took {shown} off the list."


@begins(LIST)
def removed_you(listed: str) -> str:
    return f"A moderator has taken you off the list {listed}. To talk about it with one of them: moderator <words>"


def reads_not(shown: str) -> str:
    return f"{shown} does not read the list. It goes by mail address, e.g. list remove chidi@example.net"


def no_address(said: str) -> str:
    return f"I need a mail address here, e.g. list add chidi@example.net, and read {said[:60]!r}."


# -------------------------------------------------------------------------------------------- bounces


def refusing_elsewhere(address: str, since: datetime, zone: str) -> str:
    return f"Mail to {address} has come back for days, the last time at {times.show(since, zone)}. I write to you here from now on and send nothing there. As soon as a mail from you arrives from {address}, I use it again for what you ask for."


def team_refusing(name: str, since: datetime, days: int, elsewhere: bool) -> str:
    then = "I write to them elsewhere." if elsewhere else "I know no other way to them, so nothing reaches them."
    return f"{name}: mail has come back on {'one day' if days == 1 else f'{days} days'}, the last time {times.show(since, 'UTC')} UTC, so nothing is sent there any more. {then} A mail from them ends it."


def works_again(*, moved: bool, off: bool) -> str:
    back = " I go on writing to you where I do now; prefer mail brings it here." if moved else ""
    listed = " The list was switched off meanwhile: list each or list digest switches it on." if off else ""
    return f"Mail reaches you again.{back}{listed}"
