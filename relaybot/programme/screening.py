"""Screening, the reading side: `queue` and `show`, and the promise to applicants with what happens when it is not kept.

What a moderator must not know is refused like what does not exist; what is about a moderator is not
shown where that moderator reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from relaybot import times
from relaybot.commands import Call, Text, Who, command, on_timer
from relaybot.desk import Desk
from relaybot.model import Application, Case, Pair, Person
from relaybot.nouns import applications, cases, meetings, offers, pairs, people, posts
from relaybot.nouns.naming import hidden, private_if_about_moderator
from relaybot.ports import Refused
from relaybot.rules import OPEN_PAIRS
from relaybot.words import cases as case_words
from relaybot.words import screening as words
from relaybot.words.applications import means
from relaybot.words.pairing import STAGES

# ---------------------------------------------------------------------------------------------- queue


@command(
    "queue",
    who=Who.MODERATOR,
    topic="moderator",
    help="work that waits for a moderator, oldest promise first",
    examples=("queue",),
    proof=False,
)
def queue(desk: Desk, call: Call) -> None:
    """Applications and cases, the oldest promise first."""
    found = [(a.promise, _queue_application(desk, call.me, a)) for a in desk.applications.where("open", True)]
    seen = [case for case in desk.cases.where("open", True) if _may_see(desk, call, case)]
    found += [(case.promise or desk.now, _queue_case(desk, call.me, case)) for case in seen]
    found += [(due, words.queue_post(post.id, post.name, post.subject)) for due, post in posts.for_moderators(desk)]
    lines = [line for _, line in sorted(found)]
    most = desk.policy.limits.queue_lines
    if not lines:
        call.reply(desk, words.queue_empty(people.waiting_count(desk)))
        return
    call.reply(desk, *lines[:most], *([words.queue_more(len(lines) - most)] if len(lines) > most else []))


def _may_see(desk: Desk, call: Call, case: Case) -> bool:
    """In the moderators' place everybody reads, so what is hidden from one of them is not shown there."""
    return cases.shared(desk, call, case)


def _queue_application(desk: Desk, reader: Person, application: Application) -> str:
    person = desk.people[application.person]
    waits_for_us = desk.timers.get(("promise-broken", f"A{application.id}")) is not None
    by = words.day(application.promise, reader.zone, desk.now) if waits_for_us else ""
    return words.queue_application(application, person.name, _state(desk, reader, application), by)


def _state(desk: Desk, reader: Person, application: Application) -> str:
    """Where an application is, as moderators see it."""
    person = desk.people[application.person]
    holder = _name(desk, application.holder)
    decision = applications.pending(desk, application)
    if decision is not None:
        verb = decision[0].removeprefix("say-")
        leaves = words.clock(decision[1], reader.zone)
        return words.state_pending(_name(desk, application.decided_by), verb, leaves, application.id)
    if application.stage not in applications.OPEN:
        by, at = _name(desk, application.decided_by), application.decided_at
        return (
            words.told(by, application.stage, words.at(at, reader.zone, desk.now), application.words)
            if at
            else application.stage
        )
    talks = {d.form for d in desk.dialogues.where("person", person.id) if d.about == f"A{application.id}"}
    if "application-question" in talks:
        return words.state_asked(holder, person.name)
    if "application-chat" in talks:
        return words.state_choosing(holder, person.name)
    if application.chat_at is not None and application.chat_at > desk.now:
        when = f"{words.at(application.chat_at, reader.zone, desk.now)} {means(application.chat_means)}"
        return words.state_chat(holder, when)
    return words.state_holder(holder) if holder else words.state_new()


def _name(desk: Desk, number: int) -> str:
    person = desk.people.get(number)
    return person.name if person is not None else ""


def _queue_case(desk: Desk, reader: Person, case: Case) -> str:
    by = words.day(case.promise, reader.zone, desk.now) if case.promise else ""
    return words.queue_case(case, _name(desk, case.person), _name(desk, case.holder), by)


# ----------------------------------------------------------------------------------------------- show

_IDENT = re.compile(r"(?P<letter>[amh])(?P<number>[0-9]{1,10})", re.I)


@command(
    "show",
    Text("A17|M12|H8|person"),
    who=Who.MODERATOR,
    topic="moderator",
    help="an application, a pair, a case or a person",
    examples=("show A17", "show M12", "show H8", "show ana"),
    proof=False,
)
def show(desk: Desk, call: Call) -> None:
    """One object, as far as this moderator may see it here."""
    said = call.text("A17|M12|H8|person").strip()
    ident = _IDENT.fullmatch(said)
    if ident is None:
        call.reply(desk, *_person(desk, call, people.find(desk, said)))
        return
    number = int(ident["number"])
    lines = {"a": _application, "m": _pair, "h": _case}[ident["letter"].lower()](desk, call, number)
    call.reply(desk, *lines)


def _application(desk: Desk, call: Call, number: int) -> Iterable[str]:
    application = applications.known(desk, number)
    person = desk.people[application.person]
    if person.moderator:
        private_if_about_moderator(call, person)
    name = f"A{number}"
    yield words.application(
        person, people.addresses(desk, person), number, words.at(application.handed_in_at, call.me.zone, desk.now),
        _state(desk, call.me, application),
    )  # fmt: skip
    yield words.application_skills(person)
    yield words.application_links(person)
    yield words.application_hours(person)
    yield from words.about(person)
    for line in application.exchange:
        kind, _, rest = line.partition(" ")
        by, _, said = rest.partition(" ")
        yield words.asked(_name(desk, int(by)), said) if kind == "q" else words.answered(person.name, rest)
    yield from _memos(desk, name)
    if application.stage in applications.OPEN:
        yield words.next_steps(number)


def _memos(desk: Desk, about: str) -> Iterable[str]:
    for memo in desk.memos.where("about", about):
        yield words.memo(_name(desk, memo.by), memo)


def _pair(desk: Desk, call: Call, number: int) -> Iterable[str]:
    pair = pairs.known(desk, number)
    both = pairs.people(desk, pair)
    private_if_about_moderator(call, *(p for p in both if p.moderator))
    since = words.day(pair.introduced_at, call.me.zone, desk.now) if pair.introduced_at else ""
    stage = STAGES.get(pair.stage, pair.outcome or pair.stage)
    yield words.pair(pair, [p.name for p in both], stage, _name(desk, pair.drafted_by), since)
    if pair.stage in offers.ASKED and pair.closes_at is not None:
        yield words.pair_offer(both[offers.ASKED[pair.stage]].name, words.day(pair.closes_at, call.me.zone, desk.now))
    if pair.introduced_at is not None:
        if pair.stage in OPEN_PAIRS:
            yield _next_hour(desk, pair)
        for person in both:
            yield words.pair_side(person.name, desk.participants[(pair.id, person.id)])
    if pair.note:
        yield words.pair_note(pair.note)
    yield from _memos(desk, f"M{number}")
    yield words.pair_more(number)


def _next_hour(desk: Desk, pair: Pair) -> str:
    hour = next(iter(meetings.of(desk, pair)), None)
    if hour is None:
        return words.pair_no_hour()
    zones = [people.zone(p) for p in pairs.people(desk, pair)]
    return words.pair_hour(hour.id, times.both(hour.starts_at, zones, desk.now), hour.stage)


def _case(desk: Desk, call: Call, number: int) -> Iterable[str]:
    case = cases.known(desk, call.me, number)
    if not _may_see(desk, call, case):
        raise Refused(case_words.no_such(number))
    person = desk.people[case.person]
    by = words.day(case.promise, call.me.zone, desk.now) if case.promise and case.stage != "closed" else ""
    yield words.case(case, person.name, _name(desk, case.holder), by)
    for line in case.words:
        kind, _, rest = line.partition(" ")
        sender, _, said = rest.partition(" ")
        yield words.case_line(_name(desk, int(sender)), said) if kind == "m" else words.case_line(person.name, rest)
    if case.topic == "farewell":
        yield words.case_reason(case.reason, case.reason_words)
    if case.notice:
        yield words.case_notice(case.notice)
    yield from _memos(desk, f"H{number}")


def _person(desk: Desk, call: Call, person: Person) -> Iterable[str]:
    application = applications.of(desk, person)
    since = words.day(person.waiting_since, call.me.zone, desk.now) if person.waiting_since else ""
    # Offers and pairs of a moderator are nothing for that moderator's eyes, nor for the place where they read.
    guarded = person.id == call.me.id or (call.team and person.moderator)
    mine = [] if guarded else pairs.of(desk, person, OPEN_PAIRS)
    own = [pair.id for pair in mine if not hidden(desk, call, pair)]
    state = words.person_state(person, application.id if application else 0, since, own)
    yield words.person(person, people.addresses(desk, person), state)
    if person.stage in {"submitted", "deferred", "member"}:
        yield words.application_skills(person)
        yield words.application_links(person)
        yield words.application_hours(person)
        yield from words.about(person)
    if not guarded:
        yield from _memos(desk, f"person {person.id}")


# ------------------------------------------------------------------------------------------- the promise


def _waiting(desk: Desk, about: str) -> tuple[Application, Person] | None:
    """The application, if it still waits for a moderator."""
    application = desk.applications.get(int(about[1:]))
    if application is None or application.stage not in applications.OPEN or applications.pending(desk, application):
        return None
    return application, desk.people[application.person]


@on_timer("promise-soon")
def promise_soon(desk: Desk, about: str, late_seconds: float) -> None:
    """A day before the promise the moderators are reminded."""
    found = _waiting(desk, about)
    if found is None:
        return
    application, person = found
    by = words.day(application.promise, people.zone(person), desk.now)
    applications.tell_moderators(
        desk, application, words.team_soon(application.id, person.name, _name(desk, application.holder), by)
    )


@on_timer("promise-broken")
def promise_broken(desk: Desk, about: str, late_seconds: float) -> None:
    """The moderators learn it at once, with the operator's name; the applicant in waking hours."""
    found = _waiting(desk, about)
    if found is None:
        return
    application, person = found
    by = words.day(application.promise, people.zone(person), desk.now)
    applications.tell_moderators(
        desk, application, words.team_broken(application.id, person.name, by, desk.policy.operator)
    )
    desk.plan("say-late", about, people.waking(desk, person))


@on_timer("say-late")
def say_late(desk: Desk, about: str, late_seconds: float) -> None:
    """The applicant is told the truth and a new date."""
    found = _waiting(desk, about)
    if found is None:
        return
    application, person = found
    wake = people.waking(desk, person)
    if wake > desk.now:
        desk.plan("say-late", about, wake)
        return
    promised = words.day(application.promise, people.zone(person), desk.now)
    until = desk.now + timedelta(days=desk.policy.promise.min_days)
    applications.promise(desk, application, until)
    again = words.day(until, people.zone(person), desk.now)
    desk.tell(person, words.broken(application.id, promised, again, desk.policy.operator))


@on_timer("application-forgotten")
def forget(desk: Desk, about: str, late_seconds: float) -> None:
    """The time a closed application is kept is over: the answers go, and the person unless they came back."""
    application = desk.applications.get(int(about[1:]))
    if application is None:
        return
    person = desk.people[application.person]
    newest = applications.of(desk, person)
    applications.drop(desk, application)
    if newest is not None and newest.id == application.id:
        applications.forget_closed(desk, person)
