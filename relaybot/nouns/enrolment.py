"""An application by mail: what a letter in somebody's own words says, what the answer asks for, and what is said back.

One letter asks all that is missing; a reply answers it anywhere in its text. Nothing is handed in before a reply proved
that whoever wrote reads mail at that address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from relaybot import answers, forms, prose, times
from relaybot.commands import on_timer
from relaybot.desk import Desk
from relaybot.forms import Question
from relaybot.model import Block, Dialogue, Message, Person, Style, Tally
from relaybot.nouns import people, profile, subscriptions, unfinished
from relaybot.words import enrolment as words

HOUR_SECONDS = 3600
LATER = "enrolment-asked"
DAY_SECONDS = 86_400
SEEN = "application-seen"  # on a list of others, and told to the moderators
SEEN_DAYS = 30
SEEN_A_DAY_MAX = 10
COUNT = 1_000_000  # a tally holds the hour and how many came in it
HANDED_IN_BY_LETTER = "A"  # the number that an application by mail has from its first letter on


def wish(desk: Desk, message: Message) -> dict[str, str]:
    """What a letter from somebody who is no member says, question -> words, if it reads like an application; else {}."""
    said = read(desk, message.text, message.blocks)
    wishes = words.WISH.search(f"{message.subject}\n{message.text}") is not None
    return said if wishes or (said.get("learn") and said.get("offer")) else {}


def is_unmistakable(desk: Desk, message: Message, said: Mapping[str, str]) -> bool:
    """Whether a mail on a list of others can only be meant for the programme: a new one, with the wish and both skills."""
    text = f"{message.subject}\n{message.text}"
    named = any(name.casefold() in text.casefold() for name in (desk.name, desk.title))
    fresh = not any(block.quoted.strip() for block in message.blocks)
    skills = bool(said.get("learn") and said.get("offer"))
    return fresh and skills and bool(words.WISH.search(text)) and (named or bool(words.MENTORING.search(text)))


def tell_moderators(desk: Desk, message: Message) -> None:
    """A mail on a list of others that may be an application: the moderators know, once for an address in a month."""
    day = int(desk.now.timestamp()) // DAY_SECONDS
    tally = desk.tallies.get("applications seen")
    before = tally.value % COUNT if tally is not None and tally.value // COUNT == day else 0
    if before >= SEEN_A_DAY_MAX or desk.timers.get((SEEN, message.sender)) is not None:
        return
    desk.put(Tally(desk.name, "applications seen", day * COUNT + before + 1))
    desk.plan(SEEN, message.sender, desk.now + timedelta(days=SEEN_DAYS))
    name = " ".join(people.printable(message.name).split())[:60]
    subject = " ".join(people.printable(message.subject).split())
    people.tell_team(desk, words.seen_elsewhere(name, message.sender.partition("/")[2], subject))


@on_timer(SEEN)
def _seen_long_ago(desk: Desk, about: str, late_seconds: float) -> None:
    """Moderators may be told of this address again."""


def begin(desk: Desk, person: Person, said: Mapping[str, str]) -> str:
    """Begin somebody's application with what a letter says already (as `read` tells it); returns its number, "A19"."""
    person = people.step_person(desk, person, "begin")
    desk.cancel("guest-forgotten", f"person {person.id}")
    # agreed to only by who has seen them, from an address that is proven
    said = {key: value for key, value in said.items() if key != "rules"}
    about = f"A{desk.number('application')}"

    def fill(dialogue: Dialogue) -> Dialogue:
        return answers.fill(desk, dialogue, said)[0]

    if not put_off(desk, person, about, fill):
        forms.begin(desk, person, "join", about, fill=fill)
    unfinished.recall_later(desk, person)
    return about


def full(desk: Desk) -> bool:
    """Whether so many applications are unfinished that no mail may begin another: most of them are a flood's."""
    return desk.people.count("stage", "applying") >= desk.policy.mail.unfinished


def put_off(desk: Desk, person: Person, about: str, fill: Callable[[Dialogue], Dialogue] | None = None) -> bool:
    """A flood of made-up senders must not make us write to as many people at once: whoever is too many is asked later."""
    if desk.heard is None or desk.heard.proven or not _too_many(desk):
        return False
    forms.keep(desk, person, "join", about, fill=fill)
    _later(desk, person)
    return True


def waits(desk: Desk, person: Person) -> bool:
    """Whether somebody is asked later; who proves that they are there need not wait."""
    timer = desk.timers.get((LATER, f"person {person.id}"))
    return timer is not None and desk.heard is not None and not desk.heard.proven


def _later(desk: Desk, person: Person) -> None:
    desk.plan(LATER, f"person {person.id}", desk.now + timedelta(seconds=HOUR_SECONDS))


def _too_many(desk: Desk) -> bool:
    """Whether as many newcomers were answered in this hour as may be; this one is counted."""
    hour = int(desk.now.timestamp()) // HOUR_SECONDS
    tally = desk.tallies.get("newcomers by mail")
    before = tally.value % COUNT if tally is not None and tally.value // COUNT == hour else 0
    desk.put(Tally(desk.name, "newcomers by mail", hour * COUNT + min(before + 1, COUNT - 1)))
    return before >= desk.policy.mail.newcomers_per_hour


@on_timer(LATER)
def ask_later(desk: Desk, about: str, late_seconds: float) -> None:
    """An application by mail that came while too many others did is answered now."""
    person = desk.people.get(int(about.split()[1]))
    dialogue = forms.of(desk, person, "join") if person is not None else None
    if person is None or dialogue is None or dialogue.asked_at is not None:
        return
    if _too_many(desk):
        _later(desk, person)
    else:
        forms.pose(desk, replace(dialogue, started_at=desk.now), first=True)


def read(desk: Desk, text: str, blocks: tuple[Block, ...] = ()) -> dict[str, str]:
    """Question -> the words of a letter that answer it."""
    found = prose.understand(text, blocks, words.LABELS, desk.policy.synonyms)
    where = ", ".join(part for part in (found.city, found.hours) if part)
    rules = "" if found.agrees is None else "yes" if found.agrees else "no"
    said = {
        "learn": found.learn,
        "offer": found.offer,
        "links": found.links,
        "place": where,
        "city": found.city,
        "hours": found.hours,
        "languages": found.languages,
        "reach": found.reach,
        "rules": rules,
    }
    for line in text.splitlines():
        head, _, tail = line.partition(":")
        if head.strip().lower() == "place" and tail.strip():  # the row of our own letter, with both in it
            said["place"] = tail.strip()
    said.update({key: "skip" for key in found.skipped if not said.get(key)})
    return {key: value for key, value in said.items() if value}


def sort(desk: Desk, dialogue: Dialogue, text: str, blocks: tuple[Block, ...]) -> dict[str, str]:
    """Which words of a reply answer which question of the application (Form.sort)."""
    said = read(desk, text, blocks)
    proven = desk.heard is not None and desk.heard.proven
    have = forms.answers(dialogue)
    for block in blocks:
        for key in words.LABELS:
            # what stands under a label answers it, even when it is too short to be understood by itself
            if words.is_under(block.quoted, key) and (key == "place" or not said.get(key)):
                said[key] = block.words
    if not proven and said.get("rules") == "yes":
        said["rules"] = words.UNPROVEN
    if "place" in have:  # it has a city or hours already; only the other half is missing
        said.pop("place", None)
    return said


def letter(desk: Desk, dialogue: Dialogue, todo: list[Question]) -> tuple[str, ...]:
    """The one letter that says what was understood and asks for the rest (Form.letter)."""
    person = desk.people[dialogue.person]
    days = desk.policy.application
    return words.asking(
        words.greeting(person.name, _zone(desk, dialogue), desk.now),
        understood(desk, dialogue),
        [(question.key, question.skip is not None) for question in todo],
        came=_came(desk, person),
        first=_first(desk, dialogue),
        title=profile.title(desk),
        rules_line=desk.policy.rules_line,
        again_days=days.parked_days,
        erase_days=days.erase_days,
    )


def _came(desk: Desk, person: Person) -> str:
    """How the letter came that is answered: "list", "dana" who forwarded it, or "" for straight from its writer."""
    heard = desk.heard
    if heard is None or heard.style is not Style.LETTER:
        return ""
    if heard.forwarded is not None and heard.sender != person.home:
        return heard.name
    if not heard.place:
        return ""
    return words.LIST if subscriptions.own(desk) else words.ELSEWHERE


def _first(desk: Desk, dialogue: Dialogue) -> bool:
    return dialogue.started_at == desk.now


def subject(desk: Desk, dialogue: Dialogue) -> str:
    """The subject of that letter (Form.subject)."""
    asked = len(forms.together(desk, dialogue, forms.missing(desk, dialogue)))
    return words.subject(desk.people[dialogue.person].name, asked, first=_first(desk, dialogue))


def _zone(desk: Desk, dialogue: Dialogue) -> str:
    place = forms.given(dialogue, "place")
    return (profile.place(desk, place)[0] if place else "") or forms.given(dialogue, "city")


def understood(desk: Desk, dialogue: Dialogue) -> list[tuple[str, str]]:
    """What is known so far, as rows: name and words."""
    have = forms.answers(dialogue)
    zone, free = profile.place(desk, have["place"]) if have.get("place") else ("", ())
    zone = zone or have.get("city", "")
    if not free and have.get("hours"):
        free = profile.free(desk, have["hours"])
    rows = [
        ("learn", have.get("learn", "")),
        ("offer", have.get("offer", "")),
        ("place", words.where(zone, desk.now) if zone else ""),
        ("hours", times.show_hours(free) if free else ""),
        ("languages", have.get("languages", "")),
        ("links", have.get("links", "")),
        ("reach", have.get("reach", "").partition("/")[2]),
    ]
    return [(words.ROWS[key], value) for key, value in rows if value]


def number(dialogue: Dialogue) -> int:
    """The number an application by mail was given with its first letter; 0 for others."""
    return int(dialogue.about[1:]) if dialogue.about.startswith(HANDED_IN_BY_LETTER) else 0
