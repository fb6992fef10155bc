"""Sentences around posts to the list: what stands below each, the digest, and posts that wait for a moderator.

What the author wrote is never changed; relaybot's own lines are rows that begin with two spaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.parts import REPLY_HERE
from relaybot.words.common import fold_lines, short
from relaybot.words.subjects import begins

QUOTE = "> "
RULE = "  --"


def subject(title: str, given: str, *, answer: bool) -> str:
    return f"[{title}] {'Re: ' if answer else ''}{given}"


def no_subject(text: str) -> str:
    return short(" ".join(text.split()), 60)


def left_out(lines: int) -> str:
    return f"> (... {lines} more lines)"


def files_left_out(names: Sequence[str]) -> str:
    return f"  (not sent to the list: {', '.join(names)})"


def footer(number: int, author: str, listed: str) -> tuple[str, ...]:
    return (
        RULE,
        f"  Answer to the list to discuss ({listed}),",
        f"  or to {author} alone: {REPLY_HERE}",
        f"  In chat: answer P{number} <text>   Fewer mails: list digest   None: unsubscribe",
    )


# --------------------------------------------------------------------------------------------- digest


def digest_subject(title: str, count: int, at: datetime, zone: str) -> str:
    posts = "1 post" if count == 1 else f"{count} posts"
    return f"[{title}] Digest, {times.show_day(at, zone)}: {posts}"


def digest_contents(rows: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"  {number}  {author}: {short(given, 60)}" for number, (author, given) in enumerate(rows, 1))


def digest_head(number: int, author: str, given: str, about: str) -> tuple[str, ...]:
    return (f"  ------------------------------ {number}", f"  {author}: {given}  [{about}]")


def digest_footer(about: str, listed: str) -> tuple[str, ...]:
    return (
        RULE,
        f"  Answer to the list to discuss ({listed}).",
        "  To one author alone: a mail with the line",
        f"    answer {about} <text>",
        f"  to {REPLY_HERE}",
        "  Each post as it comes: list each   None: unsubscribe",
    )


def digest_more(count: int) -> str:
    return f"  {count} more come tomorrow."


# ----------------------------------------------------------------------------------- to the author


def is_it_you(number: int, given: str) -> str:
    return (
        f'A mail to the list came in your name: "{short(given, 80)}" (P{number}). A From line can be written by anybody, so I ask: '
        "is it yours, and shall it go to the list?  1 yes  2 no"
    )


def confirmed(number: int, listed: str) -> str:
    return f"P{number} is on its way to {listed}."


def not_yours(number: int) -> str:
    return f"P{number} is thrown away; nobody has seen it."


def waits(number: int) -> str:
    return f"Your post waits for a moderator (P{number}): you are not a reader of this list yet. You hear from me what becomes of it. To read the list: subscribe   To take part in the programme: join"


@begins("Your post to the list")
def approved(number: int, listed: str) -> str:
    return f"A moderator has let P{number} through; it is on its way to {listed}."


@begins("Your post to the list")
def refused(number: int, moderator: str, said: str) -> str:
    return f'P{number} does not go to the list. {moderator}, moderator: "{said}"'


def nobody_decided(number: int, days: int) -> str:
    return f"No moderator has looked at P{number} for {days} days, so it is thrown away now. I'm sorry. moderator <words> reaches them."


def too_long(most: int) -> str:
    return f"Your post did not go to the list: at most {most} characters, please. A link to the long part helps."


def too_many(most: int) -> str:
    return f"Your post did not go to the list: at most {most} a day from one person. Tomorrow it can."


def nothing_in_it() -> str:
    return "Your post did not go to the list: I found no words of your own in it."


# ------------------------------------------------------------------------------------------ moderators


def team_held(number: int, name: str, address: str, given: str) -> str:
    return f'P{number} held: {name} <{short(address, 80)}>, no reader of the list: "{short(given, 80)}".   show P{number} | approve P{number} | hold P{number} <words to them> | drop P{number}'


def team_held_still(number: int, hours: int, name: str, given: str) -> str:
    return f'P{number} has waited {hours} hours: {name}, "{short(given, 80)}".   show P{number} | approve P{number} | hold P{number} <words to them> | drop P{number}'


def team_gone(number: int, days: int) -> str:
    return f"P{number} was held for {days} days and is thrown away; its author is told."


def shown(number: int, name: str, address: str, at: datetime, zone: str, now: datetime, given: str) -> str:
    return f'P{number}, {name} <{address}>, {times.show(at, zone, now)}: "{given}"'


def shown_open(number: int, name: str, given: str) -> str:
    return f'P{number} by {name}: "{given}". It has gone out; I keep no words of it.'


def lines_more(count: int) -> str:
    return f"... {count} more lines"


def approved_team(number: int, readers: int, moderator: str = "") -> str:
    by = f"{moderator} approved P{number}: it" if moderator else f"P{number}"
    return f"{by} goes to {readers} reader{'' if readers == 1 else 's'} now."


def held_on(number: int, hours: int) -> str:
    return f"P{number} stays held; I ask again in {hours} hours. With words for the author it is returned: hold P{number} <words>   Without a word: drop P{number}"


def refused_team(number: int, moderator: str = "") -> str:
    return (
        f"{moderator} returned P{number} to its author."
        if moderator
        else f"P{number} is returned to its author with your words."
    )


def dropped_team(number: int, moderator: str = "") -> str:
    return f"{moderator} threw P{number} away." if moderator else f"P{number} is thrown away; nobody is told."


def not_held(number: int) -> str:
    return f"P{number} isn't held: somebody has decided about it, or it never was."


def waits_for_author(number: int, name: str) -> str:
    return f"P{number} waits for {name}'s own word that it is theirs; nobody else can say that."


def no_such(number: int) -> str:
    return f"P{number} isn't open any more, or never was. asks shows what is."


def not_out(number: int) -> str:
    return f"P{number} has not gone to the list yet, so nobody can answer it. Its author hears what becomes of it."


def closed(number: int) -> str:
    return f"P{number} is closed."


def may_not_drop(number: int) -> str:
    return f"P{number} is not yours, or not held. asks shows what is open."


def elsewhere_footer(number: int, author: str) -> tuple[str, ...]:
    return (
        RULE,
        f"  To answer {author} alone: a mail to {REPLY_HERE} with the line",
        f"    answer P{number} <text>",
        "  In chat the same line does.",
    )


def shown_in_chat(number: int) -> str:
    return f"Your mail to the list looks like an ask (P{number}). Shall I show it in chat too, in one line with your name?  1 yes  2 no"


def folded(line: str) -> tuple[str, ...]:
    return tuple(f"  {part}" for part in fold_lines(line))
