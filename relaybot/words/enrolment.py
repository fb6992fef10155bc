"""Sentences of an application by mail: the one letter that asks, and what was noted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Application, Person, Window
from relaybot.words import profile
from relaybot.words.common import short
from relaybot.words.joining import usually
from relaybot.words.subjects import begins

# What a person writes who wants to take part, in the languages of mailing lists.
WISH = re.compile(
    r"\b(?:take part|taking part|join|sign (?:me )?up|enrol|enroll|participate|apply|be (?:a )?(?:mentor|mentee)|find (?:me )?a partner"
    r"|mitmachen|teilnehmen|anmelden|participer|m'inscrire|participar|inscribirme|inscrever|meedoen|deelnemen)\b",
    re.I,
)

# The lines a reply is written under; what stands there is recognised again.
LABELS = {
    "learn": "what you would like to learn",
    "offer": "what you could help someone with",
    "place": "where you are, for the clock, and hours that suit you for one hour a week",
    "city": "where you are, for the clock (a city is enough)",
    "hours": "hours that usually suit you for one hour a week",
    "languages": "languages, best first; is one a must?",
    "links": "a link or two a moderator may look at",
    "reach": "a second way to reach you",
    "rules": "do you agree to the rules below? yes / no",
}

LIST = "(the list)"  # how a letter came that was mailed to the list
ELSEWHERE = "(a list of others)"  # ... to one that others distribute, so that all its readers have it

# What a mail on a list of others has to speak of, besides the wish and both skills, to be meant for relaybot.
MENTORING = re.compile(r"\b(?:mentor\w*|mentee\w*|tutor\w*|peer programme)\b", re.I)

UNPROVEN = "(agreed in a mail that may be forged)"

LABEL_CHARS = 12  # so much of a label has to be there to recognise it

ROWS = {
    "learn": "learn:",
    "offer": "offer:",
    "place": "place:",
    "hours": "hours:",
    "languages": "languages:",
    "links": "links:",
    "reach": "also reached at:",
}


def is_under(quoted: str, key: str) -> bool:
    """Whether words were written under the line of a question."""
    line = " ".join(quoted.split()).lower().rstrip(" :.…")
    return len(line) >= LABEL_CHARS and LABELS[key].lower().startswith(line[: len(LABELS[key])].rstrip("? :"))


def agree_in_reply() -> str:
    return "You agree to the rules, thank you. Please say that once more in an answer to this mail, so that I know it is you."


def rows(found: Sequence[tuple[str, str]]) -> list[str]:
    """Rows of a table, as letters keep them together."""
    width = max((len(name) for name, _ in found), default=0) + 1
    return [f"  {name:<{width}}{value}" for name, value in found]


def where(zone: str, now: datetime) -> str:
    """ "Lagos (Africa/Lagos, now Saturday 15:20)"."""
    local = times.local(now, zone)
    return f"{times.city(zone)} ({zone}, now {local:%A} {local:%H:%M})"


def greeting(name: str, zone: str, now: datetime) -> str:
    """By the reader's own clock, where it is known."""
    hour = times.local(now, zone).hour if zone else -1
    if 4 <= hour < 12:
        return f"Good morning {name},"
    if 12 <= hour < 18:
        return f"Good afternoon {name},"
    return f"Good evening {name}," if hour >= 0 else f"Hello {name},"


def subject(name: str, lines: int, *, first: bool) -> str:
    """Of the letter that asks."""
    number = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")[min(lines, 9)]
    asked = f"{number} line{'' if lines == 1 else 's'}"
    return f"Welcome, {name} - {asked} and you're in the queue" if first else f"Still {asked}, {name}"


def asking(
    hello: str,
    found: Sequence[tuple[str, str]],
    missing: Sequence[tuple[str, bool]],
    *,
    came: str,
    first: bool,
    title: str,
    rules_line: str,
    again_days: int,
    erase_days: int,
) -> tuple[str, ...]:
    """The letter that says what was understood and asks for the rest; `missing`: keys, and whether they are optional."""
    ordered = sorted(missing, key=lambda one: (one[0] == "rules", one[1]))  # what may be left out after what may not
    asked = [f"  {LABELS.get(key, key)}{' (optional)' if optional else ''}:" for key, optional in ordered]
    return tuple(
        filter(
            None,
            (
                hello,
                _begins(found, title, came) if first else ("So far I have:" if found else ""),
                *rows(found),
                "Please answer this mail with anything that is missing or wrong, in your own words:"
                if first
                else "Still missing, please answer in your own words:",
                *asked,
                f"Rules in short: {rules_line}. Full text: send a mail with the word  rules"
                if any(key == "rules" for key, _ in missing)
                else "",
                f"Nothing happens until you answer; after {again_days} days I ask once more, and {erase_days} days after that I delete your mail. "
                "You can talk to a person at any time: start a line with  moderator"
                if first
                else "",
            ),
        )
    )


def _begins(found: Sequence[tuple[str, str]], title: str, came: str) -> str:
    if came == LIST:
        seen = "your mail was not sent to the list; only the moderators and I have it."
        return f"{seen} From it I understood:" if found else seen
    if came == ELSEWHERE:
        seen = (
            "your mail went to the list, and its readers have it. What you answer here only the moderators and I read."
        )
        return f"{seen} From your mail I understood:" if found else seen
    if came:
        seen = f"{came}, a moderator of {title}, has passed your mail on to me: two people teach each other there, one hour a week, for free."
        return f"{seen} From it I understood:" if found else seen
    seen = f"thank you for writing. In {title} two people teach each other, one hour a week, for free."
    return f"{seen} From your mail I understood:" if found else seen


def seen_elsewhere(name: str, address: str, subject: str) -> str:
    """Told to moderators about a mail on a list of others that may be an application, or not."""
    return (
        f'{name} <{address}> may want to take part, by a mail on the list: "{short(subject, 100)}". I answered nothing. '
        "If so, write to them, or forward their mail to me with  import  as its first line."
    )


def handed_in_subject() -> str:
    return "Handed in, thank you"


def handed_in(
    person: Person, application: Application, usual_days: int, by: str, free: Sequence[Window]
) -> tuple[str, ...]:
    """What an applicant reads by mail when everything is there."""
    noted = [
        f"learn {profile.skills(person.learn)}",
        f"offer {profile.skills(person.offer)}",
        times.city(person.zone),
        times.show_hours(free),
        ", ".join(person.languages) + (f" ({person.must_language} a must)" if person.must_language else ""),
        profile.link_count(person.links),
        "rules agreed today",
    ]
    return (
        f"Thank you, {person.name}. A{application.id} is now with the moderators. A person reads it, {usually(usual_days)}at the latest by {by}.",
        f"I noted: {'; '.join(noted)}.",
        "Mail me one of these words at any time:",
        "  status  where it stands",
        "  leave   take it back",
    )


def nothing_forwarded() -> str:
    return (
        "I find no forwarded mail in that. Please forward the mail of whoever wants to take part, with  import  as the first line; "
        "if I asked whether you wrote it, forward it once more, to the address at which this mail is answered."
    )


def known_already(name: str) -> str:
    return f"{name} writes from that address, and I know it already."


def imported(name: str, about: str) -> str:
    return f"{about}: I've asked {name} to confirm and to answer what is missing. Nothing of it counts before that."


@begins("Your application is not finished yet")
def recalled(ask: Sequence[str], until: str) -> tuple[str, ...]:
    """The one recall an unfinished application by mail gets."""
    return (
        *ask,
        f"This is the only time I ask. I keep what you wrote until {until}, then I delete it. To stop now, answer  stop .",
    )
