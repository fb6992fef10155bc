"""Caring for what is kept: `privacy` says what, who reads it and how long; `mydata` shows it; `forget me` deletes it.

All three answer in private wherever they are said. Deleting takes effect a day after the yes, so that a
stolen session or a bad evening cannot do it; what goes is nouns/forgetting.py's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from relaybot import forms, times
from relaybot.commands import Call, Who, Word, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, form, given, yes_no
from relaybot.model import Dialogue, Pair, Person
from relaybot.nouns import forgetting, offers, pairs, people, profile, subscriptions, team
from relaybot.ports import Invalid, Refused
from relaybot.skills import show_skills
from relaybot.words import caring as words
from relaybot.words import common as common_words

FORGET = "forget-me"


def _privately(desk: Desk, call: Call, *lines: str) -> None:
    """What is kept about somebody is never said in a place."""
    if call.team:
        desk.tell(call.me, *lines)
    else:
        call.reply(desk, *lines)


# --------------------------------------------------------------------------------------------- privacy


@command(
    "privacy",
    who=Who.ANYONE,
    topic="privacy",
    help="what is kept about you, who reads it, for how long",
    examples=("privacy",),
    proof=False,
)
def privacy(desk: Desk, call: Call) -> None:
    """Counts of what is really there, and the programme's own numbers."""
    first = words.kept(_kept(desk, call.person)) if call.person is not None else words.nothing_kept(profile.title(desk))
    keep = desk.policy.application
    services = any(network.identity == "services" for network in desk.policy.networks.values())
    matrix = any(network.identity == "matrix" for network in desk.policy.networks.values())
    listed = subscriptions.list_address(desk)
    _privately(
        desk,
        call,
        first,
        words.no_messages(desk.policy.reach.letter_hours),
        words.readers([m.name for m in people.moderators(desk)], desk.policy.operator),
        words.how_long(
            desk.policy.fit.feedback_days,
            keep.declined_days,
            keep.deferred_days,
            keep.parked_days + keep.erase_days,
            desk.policy.reach.audit_days,
        ),
        words.on_irc() if services else "",
        words.on_matrix() if matrix else "",
        words.on_list_of_others(listed) if listed and not subscriptions.own(desk) else "",
        words.what_to_do(),
    )


def _kept(desk: Desk, person: Person) -> list[str]:
    """What is stored about a person, as they may know it: nothing here shows what another one did in secret."""
    own = _pairs_known(desk, person)
    open_cases = [c for c in desk.cases.where("person", person.id) if c.topic == "help"]
    hours = sum(pair.held for pair in own)  # agreed ones would show that a partner has left in secret
    found = [
        words.kept_profile(person.stage == "member"),
        words.kept_address(desk.addresses.count("person", person.id)),
        _some(desk.applications.count("person", person.id), "application"),
        _some(len(own), "pair"),
        _some(hours, "session date"),
    ]
    feedback = desk.feedback.count("person", person.id)
    found.append(words.kept_feedback(feedback, desk.policy.fit.feedback_days) if feedback else "")
    found.append(words.kept_case(len(open_cases)) if open_cases else "")
    found.append(words.kept_list() if subscriptions.of(desk, person) else "")
    found.append(_some(desk.posts.count("person", person.id), "post to the list or ask"))
    found.append(_some(desk.avoids.count("person", person.id), "name you'd rather not be matched with"))
    return [part for part in found if part]


def _some(number: int, one: str) -> str:
    return words.counted(number, one) if number else ""


def _pairs_known(desk: Desk, person: Person) -> list[Pair]:
    """The person's pairs that came together, ended ones too."""
    return pairs.of(desk, person, forgetting.OPEN | {"ended"})


# ---------------------------------------------------------------------------------------------- mydata


@command(
    "mydata",
    topic="privacy",
    help="what is stored about you, line by line",
    examples=("mydata",),
    proof=False,
)
def mydata(desk: Desk, call: Call) -> None:
    """Everything stored about the person that is theirs to see, in plain lines."""
    lines = [line for line in _lines(desk, call.me) if line]
    most = desk.policy.limits.data_lines
    left = len(lines) - most
    _privately(desk, call, *lines[:most], words.data_more(left) if left > 0 else "")


def _lines(desk: Desk, person: Person) -> Iterable[str]:
    zone = people.zone(person)
    since = times.show_day(person.since, zone, desk.now) if person.since is not None else ""
    yield words.data_person(person.name, person.id, since, person.stage, people.addresses(desk, person))
    yield from _profile(person)
    yield words.data_settings(_settings(desk, person))
    for application in desk.applications.where("person", person.id):
        day = times.show_day(application.handed_in_at, zone, desk.now)
        yield words.data_application(application.id, day, application.stage, len(application.exchange))
    yield from _about_pairs(desk, person)
    for feedback in desk.feedback.where("person", person.id):
        yield words.data_feedback(
            feedback.pair, times.show_day(feedback.at, zone, desk.now), feedback.value, feedback.words
        )
    for case in desk.cases.where("person", person.id):
        if case.topic == "help":
            day = times.show_day(case.opened_at or desk.now, zone, desk.now)
            said = [part[2:] for part in case.words if part.startswith("p ")]
            yield words.data_case(case.id, day, case.stage, said)
    for avoid in desk.avoids.where("person", person.id):
        other = desk.people.get(avoid.other)
        yield words.data_avoid(other.name) if other is not None else ""
    memos = len(desk.memos.where("about", f"person {person.id}"))
    yield words.data_memos(memos) if memos else ""
    for found in subscriptions.of(desk, person):
        yield words.data_list(subscriptions.shown(found.address), found.mode)
    for post in desk.posts.where("person", person.id):
        yield words.data_post(post.id, times.show_day(post.at, zone, desk.now), post.subject, post.stage, post.text)
    letters = desk.letters.count("person", person.id)
    yield words.data_letters(letters) if letters else ""


def _profile(person: Person) -> Iterable[str]:
    fields = {
        "Learn": show_skills(person.learn),
        "Offer": show_skills(person.offer),
        "Links": " ".join(person.links),
        "Zone": person.zone,
        "Free": times.show_hours(person.free),
        "Languages": profile.languages_text(person.languages, person.must_language) if person.languages else "",
        "Project": person.project,
        "About": person.about,
    }
    for label, value in fields.items():
        yield words.data_field(label, value) if value else ""


def _settings(desk: Desk, person: Person) -> list[str]:
    zone = people.zone(person)
    start, end = person.quiet if person.quiet is not None else desk.policy.quiet
    found = [words.set_quiet(start, end), words.set_rules(person.rules_version), words.set_rematch(person.rematch)]
    if person.paused_until is not None and person.paused_until > desk.now:
        found.append(words.set_paused(person.paused_until, zone))
    if person.muted_until is not None and person.muted_until > desk.now:
        found.append(words.set_muted(person.muted_until, zone))
    return [part for part in found if part]


def _about_pairs(desk: Desk, person: Person) -> Iterable[str]:
    """Pairs that came together, and the offer they know of; a pair whose end they don't know yet is an open one."""
    for pair in _pairs_known(desk, person):
        side = desk.participants[(pair.id, person.id)]
        other = next((p.name for p in pairs.people(desk, pair) if p.id != person.id), words.somebody())
        yield words.data_pair(
            pair.id, other, "ended" if pair.stage == "ended" else "open", pair.held, side.taught_seconds // 60
        )
    offer = offers.open_for(desk, person)
    asked = desk.participants[(offer.id, person.id)].asked_at if offer is not None else None
    if offer is not None and asked is not None:
        yield words.data_offer(offer.id, times.show_day(asked, people.zone(person), desk.now))


# ------------------------------------------------------------------------------------------- forget me


@command(
    "forget me",
    Word("stop", choices=("stop",), optional=True),
    topic="privacy",
    help="delete everything of yours, a day after you said yes; forget me stop takes it back",
    examples=("forget me", "forget me stop"),
    proof=False,
)
def forget_me(desk: Desk, call: Call) -> None:
    """Erasure: asked now, done a day later, taken back until then."""
    about = _about(call.me)
    planned = desk.timers.get((FORGET, about))
    if call.text("stop"):
        if planned is None:
            raise Refused(words.forget_nothing_planned())
        _stop(desk, call.me)
        _privately(desk, call, words.forget_stopped())
    elif planned is not None:
        _privately(desk, call, words.forget_already(planned.due, people.zone(call.me)))
    elif team.alone(desk, call.me):
        raise Refused(words.last_moderator(call.me.name))
    elif call.me.moderator:
        raise Refused(words.still_moderator())
    else:
        forms.begin(desk, call.me, FORGET)


def _about(person: Person) -> str:
    """Not "person 4": leaving the programme takes those timers back, and must not take this one."""
    return f"forget {person.id}"


def _due(desk: Desk) -> datetime:
    return desk.now + timedelta(hours=desk.policy.reach.forget_hours)


def _intro(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    person = desk.people[dialogue.person]
    partners = [pairs.partner(desk, pair, person).name for pair in pairs.of(desk, person, forgetting.OPEN)]
    return words.forget_sure(_due(desk), people.zone(person), partners, desk.policy.reach.forget_hours)


def _forget_done(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    if given(dialogue, "sure") == "no":
        desk.tell(person, words.forget_not())
        return
    desk.plan(FORGET, _about(person), _due(desk))
    desk.tell(person, words.forget_planned(_due(desk), people.zone(person)))
    forms.listen(desk, person, "forget-wait", _about(person))


form(
    Form(
        FORGET,
        (yes_no("sure", lambda desk, dialogue: words.forget_question()),),
        done=_forget_done,
        stopped=lambda desk, dialogue: desk.tell(desk.people[dialogue.person], words.forget_not()),
        intro=_intro,
    )
)


def _read_no(desk: Desk, dialogue: Dialogue, text: str) -> str:
    if text.strip().lower().rstrip(".!") in {*forms.NO, "stop"}:
        return "no"
    raise Invalid(common_words.choose_again(("no",)))


def _wait_done(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    if desk.timers.get((FORGET, _about(person))) is not None:
        _stop(desk, person)
        desk.tell(person, words.forget_stopped())


form(
    Form(
        "forget-wait",
        (Question("no", lambda desk, dialogue: words.forget_question(), _read_no),),
        done=_wait_done,
        stopped=_wait_done,
        waits=False,
        brief=True,
    )
)


def _stop(desk: Desk, person: Person) -> None:
    desk.cancel_all(_about(person))
    forms.forget(desk, person, _about(person))


@on_timer(FORGET)
def forget_due(desk: Desk, about: str, late_seconds: float) -> None:
    """The day is over; where a partner sleeps, it happens when they wake up, because they are told at once."""
    person = desk.people.get(int(about.split()[1]))
    if person is None:
        return
    open_now = pairs.of(desk, person, forgetting.OPEN)
    awake = [people.waking(desk, pairs.partner(desk, pair, person)) for pair in open_now]
    if max(awake, default=desk.now) > desk.now:
        desk.plan("forget-now", about, max(awake))
    else:
        forget_now(desk, about, late_seconds)


@on_timer("forget-now")
def forget_now(desk: Desk, about: str, late_seconds: float) -> None:
    """Everything of theirs goes. The only moderator stays until there is another one, and both know why."""
    person = desk.people.get(int(about.split()[1]))
    if person is None:
        return
    try:
        forgetting.forget(desk, person)
    except Refused as no:
        desk.tell(person, str(no))
