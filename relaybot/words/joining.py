"""Sentences of joining: the questions, what was understood, the summary, and the reminders of an unfinished one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Application, Person, Skill, Window
from relaybot.words import profile
from relaybot.words.common import join_words, short
from relaybot.words.linking import medium as called


def hello(person: Person, title: str, asked: int) -> str:
    minutes = max(2, (asked * 4 + 6) // 7)
    return (
        f"Hello {person.name}! In {title} two people teach each other, one hour a week, for free. This is not like a job application: "
        f"{asked} short questions, about {minutes} minutes. You can always say skip, back, later or stop."
    )


def welcome_back(person: Person) -> str:
    return f"Welcome back, {person.name}."


def welcome_back_deferred(person: Person) -> str:
    return f"Welcome back, {person.name}. I still have your answers; please look them through."


def too_many_begun() -> str:
    return "Too many people are applying by mail just now, so nothing of your mail has been kept. Please write again in a few days."


def not_identified() -> str:
    return "I can't be sure it's you on this network. Log in to services and say join again."


def not_this_programme(said: str, title: str) -> str:
    return f'I know no programme called "{short(said, 40)}" here. This is {title}: join takes you into it.'


def everybody_is_both(title: str) -> str:
    return f"In {title} nobody is only mentor or only mentee: everybody teaches and learns, half an hour each. join begins."


def removed() -> str:
    return "You can't take part here any more. A moderator can explain: moderator <words>."


def after_the_open_question() -> str:
    return "First the question that is open, please; right after it we begin. Or say stop to it."


# -------------------------------------------------------------------------------------- the questions


def identity(account: str) -> str:
    return f'I see you are logged in to services as "{short(account, 40)}". I\'ll recognise you by that account, not by the nick. Fine? (yes/no)'


def other_account() -> str:
    return "Then please log in to services with the account you'd like to be known by, and say join from there. stop ends it here, yes goes on with this one."


def identity_why() -> str:
    return "Anybody can take a nick, but not your account. Private things go only to somebody logged in with it."


def learn() -> str:
    return 'What would you like to learn? In your own words, e.g. "kubernetes, I know docker a bit".'


def learn_why() -> str:
    return "A few skills with commas between them; add from zero, a little, comfortable or deep to say where you stand. Members will see them."


def offer() -> str:
    return "And what could you help someone with? Being a little ahead is enough."


def offer_why() -> str:
    return "A few skills with commas between them, from an editor to a language; add a little, comfortable or deep. Somebody new to it needs only a bit more than they have."


def links() -> str:
    return "A link or two a moderator may look at: code, a page, anything. Or skip."


def links_why() -> str:
    return "It helps a moderator to see what you do. I don't open links, members don't see them. skip is fine."


def place() -> str:
    return "Where are you, for the clock? A city is enough. And which hours usually suit you for one hour a week?"


def place_why() -> str:
    return 'For example: "lisbon, thu after 17:30 or sunday morning". The city only tells me your clock; a bigger one with the same clock is fine.'


def city() -> str:
    return "Thank you. And where are you, for the clock? A city is enough."


def hours() -> str:
    return "And which hours usually suit you? For example: thu after 17:30 or sunday morning."


def clock(zone: str, now: datetime) -> str:
    """ "Europe/Lisbon, so it's Sat 21 Nov 14:05 for you."."""
    return f"{zone}, so it's {times.show(now, zone)} for you."


def place_noted(zone: str, free: Sequence[Window], now: datetime) -> str:
    said = [clock(zone, now)] if zone else []
    if free:
        shown = times.show_hours(free)
        said.append(f"{shown[0].upper()}{shown[1:]}.")
    if zone and free:
        said.append("(If not: set free ...)")
    return " ".join(said)


def languages() -> str:
    return "Which languages, best first? Is one of them a must?"


def languages_why() -> str:
    return "For example: Portuguese, English. A must means: only partners who speak it; that can make the search longer. No must is fine."


def _media(kinds: Sequence[str]) -> str:
    said = join_words([called(kind) for kind in kinds], "or")
    return said[:1].upper() + said[1:]


def reach(kinds: Sequence[str], here: str) -> str:
    return f"If you're away from {called(here)} for days, where may I reach you? {_media(kinds)}, or skip. Only moderators see it."


def reach_why() -> str:
    return "Nothing private goes there before you have confirmed it. skip is fine."


def no_address(kinds: Sequence[str]) -> str:
    return f"I don't recognise an address in that. {_media(kinds)}, e.g. ana@example.org; or skip."


def rules(line: str) -> str:
    return f"Our rules in one line: {line}. Full text: rules. Agreed? (yes/no)"


def rules_why() -> str:
    return "Everybody here has agreed to the same rules. rules shows all of them; they are short."


def rules_declined() -> str:
    return (
        "That's all right. Without agreeing to the rules I can't hand it in, so I don't. rules shows the full text, moderator <words> reaches a person; "
        "later keeps your answers, stop throws them away."
    )


def summary(learning: Sequence[Skill], offering: Sequence[Skill], where: str, spoken: str, found: Sequence[str]) -> str:
    tail = "Members will see skills, languages and zone; the rest only moderators. Hand it in? (yes / change <number> / later)"
    parts = [f"learn {profile.skills(learning)}", f"offer {profile.skills(offering)}", where, spoken]
    if len("".join(parts).encode()) > 220:  # it has to fit into one line; profile says all of it
        parts = [short(part, 52) for part in parts]
    return f"So: {' | '.join(parts)} | {profile.link_count(found)}. {tail}"


def summary_why() -> str:
    return "yes hands it in to the moderators; change 2 asks the second question again; later keeps it; stop throws it away."


def change_which(labels: Sequence[str]) -> str:
    listed = ", ".join(f"{number} {label}" for number, label in enumerate(labels, 1))
    return f"Which one shall I ask again? {listed}. For example: change 2. Or yes to hand it in, later to keep it."


def label(key: str) -> str:
    """A question's short name in "change <number>" and in letters."""
    return {
        "learn": "learn",
        "offer": "offer",
        "links": "links",
        "place": "place and hours",
        "languages": "languages",
        "reach": "second way to reach you",
        "rules": "rules",
    }.get(key, key)


def summary_place(zone: str, free: Sequence[Window]) -> str:
    return profile.place(zone, free)


def summary_languages(found: Sequence[str], must: str) -> str:
    listed = ", ".join(found)
    return f"{listed} ({must} a must)" if must else listed


# ------------------------------------------------------------------------------------------ the exits


def kept(k: int, n: int, until: str) -> str:
    at = f"we go on at {k} of {n}" if k else "we go on where you are"
    return f"Kept until {until}. Say join on any day and {at}. leave deletes it."


def unfinished(k: int, n: int) -> str:
    at = f"at question {k} of {n}" if k else "nearly done"
    return f"You were {at}. Go on: join   Not now: later   Never mind: stop"


def unfinished_last(k: int, n: int, until: str) -> str:
    return f"{unfinished(k, n)}   This is the last time I ask. I keep your answers until {until}, then I delete them."


# ------------------------------------------------------------------------------------------ handed in


def handed_in(person: Person, application: Application, usual_days: int, by: str) -> str:
    return (
        f"Thank you, {person.name}. This is A{application.id}. A person reads it, {usually(usual_days)}at the latest by {by}; "
        "then a relaxed 15-minute chat, no test. Check: status   Change: set   Take it back: leave"
    )


def usually(days: int) -> str:
    """ "usually within 2 days, ", or nothing before there is a history to promise by."""
    return f"usually within {_days(days)}, " if days else ""


def _days(number: int) -> str:
    return "a day" if number == 1 else f"{number} days"


def team_new(person: Person, application: Application, medium: str, by: str) -> str:
    user = person.home.partition("/")[2]
    where = _media([medium]) + (f", {user}" if user.startswith("@") else "")  # with an id a name may be anybody's
    return (
        f"New: A{application.id} {person.name} ({where}). Learn {profile.skills(person.learn)}; offer {profile.skills(person.offer)}. "
        f"{times.city(person.zone)}. {profile.link_count(person.links)}. Promise: {by}.   show A{application.id}"
    )
