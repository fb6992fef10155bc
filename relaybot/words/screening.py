"""Sentences of screening: what moderators see of an application, what the applicant is asked and told, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Application, Case, Memo, Pair, Participant, Person
from relaybot.words import profile
from relaybot.words.common import join_words, short
from relaybot.words.leaving import REASONS
from relaybot.words.linking import on
from relaybot.words.subjects import APPLICATION, begins


def at(moment: datetime, zone: str, now: datetime) -> str:
    """ "Mon 23 Nov 19:00", with UTC named while the reader's zone is unknown."""
    return times.show(moment, zone or "UTC", now) + ("" if zone else " UTC")


def clock(moment: datetime, zone: str) -> str:
    return times.show_time(moment, zone or "UTC") + ("" if zone else " UTC")


def day(moment: datetime, zone: str, now: datetime) -> str:
    return times.show_day(moment, zone or "UTC", now)


def ago(moment: datetime, now: datetime) -> str:
    """ "a minute ago", "3 hours ago"."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    for size, name in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{'an' if name == 'hour' and count == 1 else 'a' if count == 1 else count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


# ---------------------------------------------------------------------------------------------- queue


def queue_application(application: Application, name: str, state: str, by: str) -> str:
    return f"A{application.id} {name}: {state}{f', promised by {by}' if by else ''}   show A{application.id}"


def state_new() -> str:
    return "nobody has read it yet"


def state_holder(holder: str) -> str:
    return f"{holder} is on it"


def state_asked(holder: str, name: str) -> str:
    return f"{holder} asked, {name} is to answer"


def state_choosing(holder: str, name: str) -> str:
    return f"{holder} offered a chat, {name} is to choose a time"


def state_chat(holder: str, when: str) -> str:
    return f"chat with {holder} {when}"


def state_pending(by: str, verb: str, when: str, number: int) -> str:
    return f"{verb} by {by}, leaves {when} (undo A{number})"


def queue_case(case: Case, name: str, holder: str, by: str) -> str:
    held = f", {holder} is on it" if holder else ", nobody is on it"
    urgent = "urgent, " if case.urgent else ""
    return f"H{case.id} {case.topic}, {name}: {urgent}{case.stage}{held}{f', promised by {by}' if by else ''}   show H{case.id}"


def queue_more(left: int) -> str:
    return f"... and {left} more."


def queue_post(number: int, name: str, subject: str) -> str:
    return f'P{number} {short(name, 30)}: held post "{short(subject, 60)}"   show P{number} | approve P{number} | hold P{number} | drop P{number}'


def queue_empty(waiting: int) -> str:
    if not waiting:
        return "Nothing waits for a decision."
    return f"Nothing waits for a decision. {waiting} {'person waits' if waiting == 1 else 'people wait'} for a partner: waiting"


# ------------------------------------------------------------------------------------------ an application


def application(person: Person, addresses: Sequence[str], number: int, since: str, state: str) -> str:
    return f"A{number} {person.name}, {join_words(list(addresses)[:3])}, since {since}: {state}"


def application_skills(person: Person) -> str:
    return f"learn: {profile.skills(person.learn)}   offer: {profile.skills(person.offer)}"


def application_links(person: Person) -> str:
    return f"links: {profile.links(person.links)}     (I don't open links)" if person.links else "links: none"


def application_hours(person: Person) -> str:
    place = f" ({times.city(person.zone)})" if person.zone else ""
    return f"free: {profile.hours(person.free)}{place}   languages: {profile.languages(person)}   rules version {person.rules_version} agreed"


def about(person: Person) -> tuple[str, ...]:
    return (f"project: {person.project}" if person.project else "", f"about: {person.about}" if person.about else "")


def asked(by: str, said: str) -> str:
    return f'{by} asked: "{said}"'


def answered(name: str, said: str) -> str:
    return f'{name}: "{said}"' if said else f"{name} would rather not answer that."


def memo(by: str, memo_: Memo) -> str:
    return f"note by {by}: {memo_.text}"


def told(by: str, verb: str, when: str, said: str) -> str:
    return f"{verb} by {by}, {when}{f': {chr(34)}{said}{chr(34)}' if said else ''}"


def next_steps(number: int) -> str:
    a = f"A{number}"
    return f"next: question {a} ... | chat {a} ... | accept {a} | defer {a} ... | decline {a} ..."


# ---------------------------------------------------------------------------------- a pair, a case, a person


def pair(pair_: Pair, names: Sequence[str], stage: str, by: str, since: str) -> str:
    found = f", found by {by}" if by else ""
    hours = f", {pair_.held} {'hour' if pair_.held == 1 else 'hours'} held" if pair_.introduced_at else ""
    return f"M{pair_.id} {join_words(names)}: {stage}{hours}{f', since {since}' if since else ''}{found}"


def pair_offer(name: str, until: str) -> str:
    return f"{name} is asked, till {until}"


def pair_hour(number: int, when: str, stage: str) -> str:
    return f"next hour: S{number} {when} ({stage})"


def pair_no_hour() -> str:
    return "no hour agreed"


def pair_side(name: str, side: Participant) -> str:
    fit = f", fit: {side.fit}" if side.fit else ""
    missed = f", missed {side.missed_in_row} in a row" if side.missed_in_row else ""
    return f"{name} taught {side.taught_seconds // 60} min{fit}{missed}"


def pair_note(said: str) -> str:
    return f'told to both at the introduction: "{said}"'


def pair_more(number: int) -> str:
    return f"audit M{number} shows what happened when."


def case(case_: Case, name: str, holder: str, by: str) -> str:
    about_pair = f" (M{case_.pair})" if case_.pair else ""
    held = f"{holder} is on it" if holder else "nobody is on it"
    return f"H{case_.id} {case_.topic}, {name}{about_pair}: {'urgent, ' if case_.urgent else ''}{case_.stage}, {held}{f', by {by}' if by else ''}"


def case_line(by: str, said: str) -> str:
    return f'{by}: "{said}"'


def case_reason(reason: str, said: str) -> str:
    return f"reason (moderators only): {REASONS.get(reason) or 'none given'}{f' - {chr(34)}{said}{chr(34)}' if said else ''}"


def case_notice(said: str) -> str:
    return f'text for the partner: "{said}"'


def person(person_: Person, addresses: Sequence[str], state: str) -> str:
    return f"#{person_.id} {person_.name}, {join_words(list(addresses)[:8]) or 'no address'}: {state}"


def person_state(person_: Person, number: int, waiting_since: str, pairs_: Sequence[int]) -> str:
    said = [person_.stage if person_.stage != "guest" else "has not applied"]
    if person_.moderator:
        said.append("moderator")
    if number:
        said.append(f"A{number}")
    if waiting_since:
        said.append(f"waits since {waiting_since}")
    said += [f"M{number_}" for number_ in pairs_]
    return ", ".join(said)


# -------------------------------------------------------------------------------------------- questions


def not_open(name: str, verb: str, number: int, ago_: str, clock_: str) -> str:
    return f"{name} {verb} A{number} {ago_} ({clock_}). Nothing else done. See audit A{number}"


def pending(name: str, verb: str, number: int, ago_: str, clock_: str, leaves: str) -> str:
    return f"{name} {verb} A{number} {ago_} ({clock_}); it leaves at {leaves}, undo A{number} until then. Nothing else done."


def taken_back(name: str, number: int) -> str:
    return f"{name} has taken A{number} back. Nothing done."


def too_many_questions(number: int, most: int) -> str:
    return f"A{number} has {most} questions and answers already; a short chat may help more: chat A{number} <time>"


def question(by: str, number: int, said: Sequence[str]) -> str:
    quoted = " ".join(f'"{one}"' for one in said)
    return f"A question from {by}, moderator, about A{number}: {quoted} Just answer here."


def question_why() -> str:
    return "Answer in your own words; only moderators read it. skip if you'd rather not, later keeps it."


def question_kept() -> str:
    return "Kept. Say join on any day and I ask it again."


@begins("A question about your application")
def question_again(asked_: str) -> str:
    return f"Still open, whenever you like: {asked_}"


def asked_now(name: str, medium: str, number: int, others: Sequence[str]) -> str:
    watching = f"; {join_words(list(others)[:3])} can see that." if others else "."
    return f"Asked {name} {on(medium)}. You have A{number}{watching}"


def team_asked(by: str, name: str, number: int) -> str:
    return f"{by} is on A{number} and asked {name} something."


def passed_on(by: str, until: str) -> str:
    return f"Passed on to {by}, thank you.{f' You hear from us by {until} at the latest.' if until else ''}"


def team_answer(number: int, name: str, said: str) -> str:
    return f'A{number} {name}: "{said}"' if said else f"A{number}: {name} would rather not answer that."


def team_silent(number: int, name: str, days: int) -> str:
    return f"A{number}: {name} hasn't answered for {days} days, and I have asked twice. show A{number}"


# ------------------------------------------------------------------------------------------------ chat


def chat(by: str, times_: Sequence[str], city: str) -> str:
    invited = (
        f"{by} would like a relaxed 15 minutes: what you want from this, what you can give. No test, no whiteboard."
    )
    if not times_:
        return (
            f"{invited} When would suit you (your {city} time)? In your own words; voice or here in text, as you like."
        )
    listed = "  ".join(f"{number}) {shown}" for number, shown in enumerate(times_, 1))
    return f"{invited} {listed}  {len(times_) + 1}) other (your {city} time). Voice link or here in text, as you like."


def chat_why() -> str:
    return 'One of the numbers, perhaps with "voice" or "text" behind it: 1, text. The last number is for another time. skip if you\'d rather not chat.'


def chat_which(most: int) -> str:
    return f"Please one of the numbers 1 to {most}, e.g. 1, text; or say in your words when it would suit you."


def chat_past(shown: str) -> str:
    return f"{shown} is past already, I'm sorry. Another number, please, or say in your words when it would suit you."


def chat_other() -> str:
    return "When would suit you? In your own words, e.g. wed after 18 or saturday morning."


def too_many_times(most: int) -> str:
    return f"At most {most} times at once, please."


def chat_offered(name: str, shown: Sequence[str], number: int) -> str:
    if not shown:
        return f"Asked {name} when a chat would suit. You have A{number}."
    return f"Offered {name}: {'; '.join(shown)}. You have A{number}."


def team_chat_offered(by: str, name: str, number: int) -> str:
    return f"{by} is on A{number} and offered {name} a chat."


def chat_set(when: str, means: str, until: str) -> str:
    return (
        f"{when} {means}. I'll remind you both 15 minutes before. After it you hear from us by {until} at the latest."
    )


def team_chat_set(number: int, name: str, by: str, when: str, means: str) -> str:
    return f"A{number}: {name} chats with {by} {when}, {means}."


def team_chat_other(number: int, name: str, said: str) -> str:
    if not said:
        return f"A{number}: {name} would rather not chat. accept A{number} needs no chat; question A{number} ... asks in writing."
    return f'A{number}: {name} suggests for the chat: "{said}"   chat A{number} <time>'


@begins("Your chat is soon")
def chat_soon(by: str, clock_: str, means: str) -> str:
    return f"Your chat with {by} is at {clock_}, {means}. {by} writes to you. No test, no whiteboard."


@begins("Your chat is soon")
def chat_soon_moderator(number: int, name: str, clock_: str, means: str, reach: str) -> str:
    return f"Your chat with {name} (A{number}) is at {clock_}, {means}. {name} is {reach}; question A{number} <words> goes through me."


# -------------------------------------------------------------------------------------------- decisions


def accepted(number: int, name: str, handle: str, waiting: bool) -> str:
    then = f"{name} has no partner yet and waits: suggest {handle}" if waiting else f"show {handle}"
    return f"A{number} accepted. {name} is told now. {then}"


def team_accepted(by: str, number: int, name: str) -> str:
    return f"A{number}: {by} accepted {name}."


def waived(rule: str) -> str:
    return f"waived: {rule}"


@begins("Welcome to the programme")
def welcome(name: str, by: str, waiting: int, suit: int, until: str) -> str:
    if not waiting:
        now = "Right now nobody else waits"
    else:
        now = f"Right now {waiting} {'person waits' if waiting == 1 else 'people wait'}, {suit} could suit you"
    return (
        f"Good news, {name}: you're in. {by} now looks for someone whose skills fit yours both ways. {now}; "
        f"you hear from us by {until} at the latest. Meanwhile: profile, status, help. Welcome!"
    )


def welcome_no_search(name: str) -> str:
    return f"Good news, {name}: you're in. Welcome! status shows where you stand."


def _stop(said: str) -> str:
    """A moderator's words as a sentence of its own."""
    return said if said.rstrip().endswith((".", "!", "?", "…")) else f"{said.rstrip()}."


@begins(APPLICATION)
def deferred(said: str, days: int) -> str:
    return (
        f"We can't find you a good partner at the moment: \"{_stop(said)}\" That's about our list, not about you. "
        f"I'll keep your answers {days} days; say join any time and you go on where you are."
    )


@begins(APPLICATION)
def declined(name: str, by: str, number: int, said: str, days: int) -> str:
    return (
        f'{name}, A{number} is closed for now. {by}, moderator: "{_stop(said)}" '
        f"I delete your answers in {days} days. moderator <words> reaches a person, and you may say join again."
    )


def decision_plan(name: str, text: str, at_once: bool) -> str:
    when = "It leaves at once, without time to undo. " if at_once else ""
    return f"{name} would read: {text}   {when}Send? (yes/no)"


def decision_dropped(number: int) -> str:
    return f"A{number} stays as it was; nothing was sent."


def decision_leaves(number: int, name: str, leaves: str) -> str:
    return f"A{number}: {name} is told at {leaves}; undo A{number} until then."


def decision_left(number: int, name: str) -> str:
    return f"A{number}: {name} is told now."


def team_told(number: int, name: str, verb: str) -> str:
    return f"A{number}: {name} has been told ({verb})."


# --------------------------------------------------------------------------------------------- promises


def team_soon(number: int, name: str, holder: str, by: str) -> str:
    on_it = f"{holder} is on it" if holder else "nobody is on it"
    return f"A{number}: {name} was promised a word by {by}; {on_it}. show A{number}"


def team_broken(number: int, name: str, by: str, operator: str) -> str:
    told_ = f" The operator is {operator}; please ask for help if you need it." if operator else ""
    return f"A{number}: the promise to {name} ({by}) is broken, and I tell {name} so.{told_} show A{number}"


@begins(APPLICATION)
def broken(number: int, promised: str, again: str, operator: str) -> str:
    also = f" The operator, {operator}, can help too." if operator else ""
    return (
        f"We promised to have read A{number} by {promised} and didn't keep it; I'm sorry. I've told all moderators again."
        f"{also} You hear from us by {again} at the latest, also if nothing has happened by then."
    )
