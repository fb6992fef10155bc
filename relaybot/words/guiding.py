"""Sentences that say where somebody stands, what is next and what can be said: help, status, rules, typos."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Person
from relaybot.words.common import join_words, short

# ----------------------------------------------------------------------------------------------- help

TOPICS = ("start", "profile", "session", "pair", "leave", "times", "mail", "privacy", "moderator")

_HEADS = {
    "start": "How it begins: you answer a few questions (join), a moderator reads them, you have a short chat, and then someone is found who fits both ways.",
    "profile": "What I know of you, and how to change it. Members see skills, languages and zone; the rest only moderators.",
    "session": "The hour: it starts when both have spoken, the direction swaps at the half, and I keep the clock. In your pair's place no ! is needed.",
    "pair": "Your partner: you agree on hours, I remind you both, and I carry words between you where you have no place in common.",
    "leave": "Stopping is always all right, without a reason, and I can tell your partner for you.",
    "times": "How to write times; they are read on your own clock and said back with the zone.",
    "mail": "Mail, the list, and being the same person on several media: one record, any number of addresses, each proved by a code.",
    "privacy": "What is kept, who sees it, and how to get or delete it.",
    "moderator": "For moderators. Every id works in any case: a17, A17.",
}

_TIMES = (
    "thu 19:00 · thu 7pm · tomorrow 19:00 · 3 dec 18:30 · in 2h · 2026-12-03 18:30",
    "Free hours of a week: thu after 17:30 or sunday morning · mon-fri 12-15 · any day 08:00-22:00",
    "A length: 20m, 2h, 3 days, 2 weeks. A pause or being away: until 4 jan, 24 dec-2 jan.",
    "Another clock: put the city behind it, e.g. thu 19:00 toronto. Yours: set zone <city>",
)


_MAIL = (
    "By mail: words like these stand on the first lines, one each; reading stops at the first line that is none. Quotes and signatures don't count.",
    "To answer a mail of mine, just reply to it, in your own words or with the numbers. Words below a mail about your pair reach your partner.",
    "A From line can be forged: what a fresh mail would change I ask about first, or you answer one of my mails instead.",
)


def mail_lines() -> tuple[str, ...]:
    return _MAIL


def topic_head(topic: str) -> str:
    return _HEADS.get(topic, "")


def times_lines() -> tuple[str, ...]:
    return _TIMES


def no_topic(said: str) -> str:
    return f'I have no help on "{short(said, 30)}". There is: {", ".join(TOPICS)}; or the name of a command.'


def command_line(usage: str, does: str) -> str:
    return f"{usage}   {does}"


def command_help(usage: str, does: str, examples: Sequence[str]) -> tuple[str, ...]:
    return (f"{usage}   {does}", f"For example: {' · '.join(examples)}" if examples else "")


def also(names: Sequence[str]) -> str:
    return f"Also: {', '.join(names)}. help <name> says more." if names else ""


def more_help(topics: Sequence[str]) -> str:
    return f"More: {' · '.join(f'help {topic}' for topic in topics)}"


def in_any_question() -> str:
    return "While I ask you something: ? explains; back, skip, later, stop always work. Digits and words both answer."


def help_head(state: str, title: str) -> str:
    return {
        "stranger": f"In {title} two people teach each other, an hour a week, for free. I'm a bot; people decide.",
        "applying": "You are in the middle of your application.",
        "submitted": "Your application is with the moderators.",
        "deferred": "Your answers are kept; you can come back any day.",
        "waiting": "You are a member, and a partner is being looked for.",
        "paired": "You have a partner. In your pair's place no ! is needed.",
        "member": "You are a member without a partner at the moment.",
        "moderator": "You are a moderator.",
    }[state]


def public_line(title: str, waiting: int, pairs: int, hours: int) -> str:
    """Counts below 5 say nothing about anybody."""
    return (
        f"{title}: two people teach each other, an hour a week, free. !join to take part, !rules. "
        f"{_capital(_count(waiting, 'person', 'people'))} wait, {_count(pairs, 'pair')}, {_count(hours, 'hour')} last week."
    )


def _capital(said: str) -> str:
    return f"{said[0].upper()}{said[1:]}"


def _count(number: int, one: str, many: str = "") -> str:
    plural = many or f"{one}s"
    return f"fewer than 5 {plural}" if number < 5 else f"{number} {plural}"


# ---------------------------------------------------------------------------------------------- rules


def rules(title: str, version: int, line: str) -> tuple[str, ...]:
    """The shipped rules, for a programme that has not written its own."""
    return (
        f"The rules of {title}, version {version}. In one line: {line}.",
        "1. Be kind. Nobody is looked down on for what they don't know; that is what the hour is for.",
        "2. What your partner tells you stays with you, unless they allow more.",
        "3. Half an hour each: you teach, you learn. Nobody pays, nobody sells, nobody recruits.",
        "4. If you can't come, say so (skip, reschedule, late). Things happen; silence is what hurts.",
        "5. You may stop at any time and need no reason. If you'd rather not say it yourself, a moderator tells your partner.",
        "6. If something feels wrong: moderator <words>. Only moderators read it, and never the one it is about.",
    )


def own_rules(title: str, version: int, text: str) -> tuple[str, ...]:
    return (f"The rules of {title}, version {version}:", *(line.strip() for line in text.splitlines() if line.strip()))


def agreed(person: Person, version: int) -> str:
    if person.rules_version == version:
        return "You agreed to this version."
    return f"You agreed to version {person.rules_version}; it has changed since." if person.rules_version else ""


# --------------------------------------------------------------------------------------------- status


def day(at: datetime, zone: str, now: datetime) -> str:
    """ "Thu 26 Nov"."""
    return times.show_day(at, zone, now)


def who(person: Person, title: str, known_by: Sequence[str], standing: str) -> str:
    seen = f" ({join_words(known_by)})" if known_by else ""
    return f"You are {person.name} to me{seen}, {standing} {title}."


STANDING = {
    "guest": "not yet in",
    "applying": "applying to",
    "submitted": "an applicant of",
    "deferred": "expected back in",
    "member": "a member of",
    "left": "not any more in",
    "removed": "not any more in",
}


def question_open(asked: str) -> str:
    return f"Next: you. I asked: {asked}"


def question_kept(asked: str, again: str) -> str:
    return f"Kept for you: {short(asked, 200)}   ({again})"


def next_join() -> str:
    return "Next: you, if you like. join begins your application."


def applying(k: int, n: int, until: str) -> str:
    at = f"at question {k} of {n}" if k else "nearly done"
    return f"Your application is {at}; I keep it until {until}."


def next_resume() -> str:
    return "Next: you. join goes on with it, leave throws it away."


def read_by(number: int, holder: str, by: str) -> str:
    on_it = f" {holder} is on it." if holder else ""
    return f"A{number} is with the moderators.{on_it} You hear from them by {by} at the latest."


def next_read(holder: str, by: str) -> str:
    return f"Next: {holder or 'a moderator'}, by {by} at the latest."


def read_late(number: int, promised: str, operator: str) -> str:
    asks = f" The operator is {operator}." if operator else ""
    return (
        f"A{number} should have been read by {promised}, and wasn't; I'm sorry. I have reminded the moderators.{asks}"
    )


def next_read_late() -> str:
    return "Next: a moderator, as soon as one comes; moderator <words> reaches them too."


def asked_about(number: int, holder: str) -> str:
    return f"A{number}: {holder or 'a moderator'} asked you something, and your answer is the next step."


def next_answer() -> str:
    return "Next: you. join shows the question again."


def chat_at(number: int, holder: str, when: str, means: str) -> str:
    return f"A{number}: a relaxed 15-minute chat with {holder or 'a moderator'}, {when}, {means}."


def next_chat(holder: str, when: str) -> str:
    return f"Next: you and {holder or 'a moderator'}, {when}. I remind you both 15 minutes before."


def deferred(number: int, until: str) -> str:
    kept = f" I keep your answers until {until}." if until else ""
    return f"A{number}: there was nobody who fits you.{kept}"


def next_deferred() -> str:
    return "Next: you, whenever you like. join takes up your answers again."


def next_left() -> str:
    return "Next: nothing. join any day, if you'd like to come again."


def next_removed() -> str:
    return "Next: nothing. moderator <words> reaches a person."


def paused(until: str) -> str:
    return f"You are paused until {until}: nothing unasked from me."


def next_paused(until: str) -> str:
    return f"Next: me, on {until}. resume ends the pause earlier."


def offer_asked(number: int, until: str) -> str:
    return f"M{number}: someone may suit you, and your answer is open until {until}."


def next_offer(number: int) -> str:
    return f"Next: you. yes M{number} or no M{number}; a no needs no reason, and nobody is told."


def offer_waiting(number: int, by: str) -> str:
    return f"M{number}: you said yes; I'm asking the other person. You hear from me by {by} at the latest."


def next_other(by: str) -> str:
    return f"Next: me, by {by} at the latest. Nothing to do for you."


def waiting(since: str, by: str) -> str:
    return f"You wait for a partner since {since}; you hear from us by {by} at the latest."


def next_waiting(by: str) -> str:
    return f"Next: a moderator, by {by} at the latest."


def waits_paused() -> str:
    return "You keep your place in the waiting list; nobody is looked for meanwhile."


def waits_overdue(by: str) -> str:
    return f"You were to hear from us by {by}, and didn't; I'm sorry. You are still in the list."


def next_overdue() -> str:
    return "Next: a moderator; moderator <words> asks them."


def not_looking() -> str:
    return "You have no partner, and I'm not looking for one, as you said."


def next_not_looking() -> str:
    return "Next: you, whenever you like. match me begins the search again."


def pair(number: int, name: str, stage: str) -> str:
    return f"M{number} with {name}{stage}."


PAIR_STAGE = {"introduced": "", "trial": ", trial hour", "active": "", "resting": ", resting"}


def hour_agreed(number: int, when: str) -> str:
    return f"Next hour: {when} (S{number})."


def next_hour(name: str, when: str) -> str:
    return f"Next: you and {name}, {when}."


def letters_run(name: str, when: str, mine: bool) -> str:
    who = "You teach" if mine else f"{name} teaches"
    return f"{who} by letter now" + (f", until {when}." if when else ".")


def next_letters(name: str, when: str, mine: bool) -> str:
    by = f" by {when}" if when else ""
    return f"Next: your letter to {name}{by}." if mine else f"Next: {name} writes to you{by}."


def hour_runs(number: int) -> str:
    return f"Your hour runs now (S{number})."


def next_runs(name: str) -> str:
    return f"Next: you and {name}, now."


def hour_proposed(number: int, when: str, name: str, mine: bool) -> str:
    return f"You proposed {when} (S{number})." if mine else f"{name} proposes {when} (S{number})."


def next_proposal(name: str, mine: bool) -> str:
    return (
        f"Next: {name}, who was asked about your time."
        if mine
        else "Next: you. agree takes it, propose <time> names another."
    )


def times_proposed(when: str, name: str, mine: bool) -> str:
    return f"You proposed {when}." if mine else f"{name} proposes {when}."


def partner_away(name: str, until: str) -> str:
    return f"{name} is away until {until}."


def next_partner_away(name: str, until: str) -> str:
    return f"Next: {name}, back on {until}. Nothing to do for you."


def next_propose(name: str) -> str:
    return f"Next: you or {name}. propose <time> suggests an hour."


def ending_self(number: int, name: str) -> str:
    return f"M{number} with {name} ends; you tell {name} yourself."


def next_ending_self() -> str:
    return "Next: you. done, when you have talked."


def ending_moderator(number: int, name: str) -> str:
    return f"M{number} with {name} is over for you; a moderator tells {name}."


def next_ending_moderator() -> str:
    return "Next: a moderator. Nothing to do for you."


def next_moderator_writes() -> str:
    return "Next: a moderator, who writes to you."


def ending_both(number: int, name: str) -> str:
    return f"M{number} with {name} ends as soon as both of you have said so."


def next_ending_both() -> str:
    return "Next: you two; I have asked both of you."


def ask_open(number: int, learn: str) -> str:
    return f"P{number} is open: everybody reads that you look for {learn}. Close it: ask stop"


def help_case(number: int, by: str) -> str:
    return f"H{number}: a moderator answers{f' by {by}' if by else ''}."


def next_case(by: str) -> str:
    return f"Next: a moderator{f', by {by}' if by else ''}."


def moderates(applications: int, cases: int) -> str:
    return f"You moderate: {_number(applications, 'application')} and {_number(cases, 'case')} open."


def next_moderates() -> str:
    return "Next: you and the other moderators. queue shows what waits, oldest promise first."


def next_moderates_nothing() -> str:
    return "Next: nothing waits for the moderators."


def _number(number: int, one: str) -> str:
    return f"{number or 'no'} {one if number == 1 else one + 's'}"


def stranger(vouched: bool) -> tuple[str, ...]:
    """`vouched`: the network says who they are, so that logging in would change nothing."""
    doubt = "" if vouched else ", or can't be sure it's you (log in to services)"
    return (f"I don't know you yet{doubt}.", next_join())


# ---------------------------------------------------------------------------------------------- typos


def did_you_mean(word: str, meant: str) -> str:
    return f'I don\'t know "{short(word, 40)}". Did you mean {short(meant, 120)}? (yes/no)'


def more_for_case(number: int) -> str:
    return f"Is that for the moderators, about H{number}? (yes/no)"


def type_it(meant: str) -> str:
    return f"Please type it once more: {short(meant, 120)}"


def fine() -> str:
    return "All right. help shows what I can do for you now."
