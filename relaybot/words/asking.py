"""Sentences of the public ask: the one line in a channel, the preview, answers carried to and fro, what moderators see.

An answer is the writer's own words below their name; no address is ever among relaybot's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.words.common import join_words, short
from relaybot.words.linking import medium, on


def public(number: int, name: str, network: str, place: str, learn: str, offer: str) -> str:
    where = ", ".join(filter(None, (medium(network), place)))
    gives = f", offers {offer}" if offer else ""
    return f"P{number} {name} ({where}) looks for {learn}{gives}. Answer them: !answer P{number} <text>   All: !asks"


def subject(learn: str, offer: str) -> str:
    return f"looking for: {learn}{f', can give {offer}' if offer else ''}"


def by_chat(name: str, network: str, text: str) -> tuple[str, ...]:
    return (f"{name} asks from {medium(network)}:", text)


# ------------------------------------------------------------------------------------------ the author


def preview(line: str) -> str:
    return f'Everybody would read this: "{line}"'


def send(listed: str) -> str:
    also = f" It also goes to the list {listed} as one mail, in your words." if listed else ""
    return f"Send it?{also}  1 yes  2 no"


def not_sent() -> str:
    return "Nothing was sent."


def sent(number: int, days: int) -> str:
    return f"P{number} is out. Answers reach you here; you answer them with: answer P{number} <text>   It stays open {days} days; close it: ask stop"


def only_listed(number: int, open_one: int) -> str:
    return f"P{number} went to the list only: your P{open_one} is open already, and one ask at a time is shown in chat. Close that one: ask stop"


def one_at_a_time(number: int, learn: str) -> str:
    return f"Your P{number} (looks for {learn}) is open, and one ask at a time is shown. Close it: ask stop"


def once_a_day(at: datetime, zone: str) -> str:
    return f"One ask a day can be shown: from {times.show(at, zone)} you can ask again."


def members_only() -> str:
    return "Asking in public is for members. Say join to take part; asks shows what others look for."


def nothing_to_ask() -> str:
    return "What do you look for? It goes: ask haskell type classes, I can give postgres"


def stopped(number: int) -> str:
    return f"P{number} is closed. Who answers it now is told so."


def none_open() -> str:
    return "You have no open ask. It goes: ask <what you look for, what you can give>"


def still(number: int, learn: str, days: int) -> str:
    return f"P{number} has been open for {days} days: you look for {learn}. Still looking?  1 yes  2 no"


def goes_on(number: int, days: int) -> str:
    return f"P{number} stays open for another {days} days."


def over(number: int) -> str:
    return f"I've closed P{number} because there was no answer. You can ask again at any time: ask <text>"


# ---------------------------------------------------------------------------------------------- asks


def listing(number: int, name: str, learn: str, offer: str, day: str) -> str:
    gives = f", offers {offer}" if offer else ""
    return f"P{number} {name} looks for {learn}{gives} (since {day})"


def listing_none() -> str:
    return "Nobody looks for anything in public at the moment. Members can: ask <what you look for, what you can give>"


def listing_end(left: int) -> str:
    more = f"{left} more, older ones. " if left > 0 else ""
    return f"{more}Answer: answer P4 <text>, with the number of the one you mean."


# --------------------------------------------------------------------------------------------- answers


def answer_subject(name: str) -> str:
    return f"{name} answers you"


def said(name: str, number: int, line: str) -> str:
    return f"{name} (P{number}): {line}"


def how_line(number: int, name: str) -> str:
    return f"That was an answer to P{number}. To answer {name}: answer P{number} <text>   If you'd like a trial hour together, both say: pair P{number}"


def letter_head(name: str, number: int, given: str) -> str:
    return f'{name} writes to you about P{number}, "{short(given, 80)}":'


def letter_foot(name: str, network: str, number: int) -> tuple[str, ...]:
    return (
        "  --",
        f"  Answer this mail and it reaches {name} {on(network)};",
        "  neither of you sees the other's address.",
        f"  If you'd like a trial hour arranged, both write: pair P{number}",
    )


def delivered(name: str, network: str, number: int, at: datetime, zone: str) -> str:
    return f"Sent to {name} {on(network)} {times.show_time(at, zone)} (P{number}). What they answer reaches you here."


def waiting(name: str, network: str, number: int, hours: int) -> str:
    return f"Waiting: {name} can't be reached {on(network)} at the moment (P{number}); I deliver when it can be, within {hours} hours."


def not_delivered(name: str, number: int, reason: str) -> str:
    return f"Not delivered to {name} (P{number}, {short(reason, 80)}). Your words are deleted; you can say them again later."


def not_taken_there() -> str:
    """Instead of a mail server's own words, which may hold an address."""
    return "the mail server there didn't take it"


def closed_meanwhile(number: int) -> str:
    return f"Not delivered: P{number} was closed, but thank you."


def nothing_in_it() -> str:
    return "There is nothing to read in that. It goes: answer P4 <text>"


def too_many_waiting(name: str, most: int) -> str:
    return f"{most} messages of yours wait for {name} already. They leave as soon as {name} can be reached."


def refuses_mail(name: str) -> str:
    return f"{name}'s mailbox refuses mail at the moment, so nothing was sent. A moderator knows."


def full(number: int) -> str:
    return f"P{number} has very many answers already, so its author gets no more. asks shows the others."


def nobody_answered(number: int) -> str:
    return f"Nobody has answered P{number} yet; when somebody does, you read it at once."


def which(number: int, names: Sequence[str]) -> str:
    listed = "  ".join(f"{at} {name}" for at, name in enumerate(names, 1))
    return f"To whom, about P{number}?  {listed}"


def not_kept() -> str:
    return "All right, it goes to nobody and is deleted."


def members_or_readers() -> str:
    return "Answering is for members, and for readers of the list by mail. Say join to take part."


def prove(number: int) -> str:
    return f"A From line can be written by anybody, so nothing has been passed on. If that was you, answer this mail with your words once more and they go on (P{number})."


# ----------------------------------------------------------------------------------------------- pairs


def pair_noted(number: int, names: Sequence[str]) -> str:
    return f"Noted. As soon as {join_words(names, 'or')} says pair P{number} too, the moderators arrange a trial hour. They are not told by me that you did."


def answer_first(number: int) -> str:
    return f"Write to them first: answer P{number} <text>   Then, if you both like, pair P{number}"


def pair_both(name: str, number: int) -> str:
    return f"You and {name} both want a trial hour (P{number}). The moderators are asked to arrange it; you hear from them."


def team_reciprocal(number: int, other: str, author: str, handles: tuple[str, str]) -> str:
    return f"P{number}: {other} answers {author}; that would be reciprocal. pair {handles[0]} {handles[1]} | leave it to them"


def team_both(number: int, author: str, other: str, handles: tuple[str, str]) -> str:
    return f"P{number}: {author} and {other} both ask for a trial hour. pair {handles[0]} {handles[1]}"
