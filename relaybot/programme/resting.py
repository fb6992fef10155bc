"""Resting: `pause` until a day, `mute` for hours, `resume`, and `quiet` hours.

What a pause does to pairs, offers and the waiting list is nouns/pauses.py; when somebody may be written to
unasked is decided in nouns/people.py, which reads what is set here.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from relaybot import forms, times
from relaybot.commands import Call, Text, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, form, given
from relaybot.model import Dialogue, Person
from relaybot.nouns import pauses, people, relay
from relaybot.ports import Invalid, Refused
from relaybot.words import resting as words

_PREFIX = re.compile(r"^(?:until|till|to|for)\s+", re.I)


# ----------------------------------------------------------------------------------------------- pause


def _day(desk: Desk, person: Person, text: str) -> date:
    """The day on which a pause ends: "4 jan", "until 4 jan", "2 weeks"; raises Invalid."""
    zone = people.zone(person)
    said = _PREFIX.sub("", text.strip())
    try:
        found = times.day(said, desk.now, zone)
    except times.NotUnderstood as unclear:
        try:
            found = times.local(desk.now + times.duration(said), zone).date()
        except times.NotUnderstood:
            raise Invalid(str(unclear)) from None
    if times.at_wall(found, 0, zone) <= desk.now:
        raise Invalid(words.from_tomorrow())
    if times.at_wall(found, 0, zone) > desk.now + timedelta(days=desk.policy.reach.pause_days):
        raise Invalid(words.pause_too_long(desk.policy.reach.pause_days))
    return found


@command(
    "pause",
    Text("until", optional=True),
    topic="leave",
    help="be away until a day: hours off, nothing unasked, your partner only hears until when",
    examples=("pause until 4 jan", "pause 2 weeks", "pause"),
)
def pause(desk: Desk, call: Call) -> None:
    """Away until a day, which is asked for if it was not said."""
    if call.me.stage != "member":
        raise Refused(words.members_only())
    if not call.text("until"):
        forms.begin(desk, call.me, "pause")
        return
    found = _day(desk, call.me, call.text("until"))
    call.reply(desk, *_paused(desk, call.me, found))


def _paused(desk: Desk, person: Person, day: date) -> tuple[str, ...]:
    zone = people.zone(person)
    until = times.at_wall(day, 0, zone)
    done = pauses.begin(desk, person, until)
    waits = desk.people[person.id].waiting_since is not None
    return (
        words.paused(until, zone, desk.now, done.partners, done.off),
        words.offer_withdrawn(done.withdrawn) if done.withdrawn else "",
        words.nobody_looked_for() if waits else "",
    )


def _pause_asked(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    desk.tell(person, *_paused(desk, person, date.fromisoformat(given(dialogue, "until"))))


form(
    Form(
        "pause",
        (
            Question(
                "until",
                lambda desk, dialogue: words.until_when(),
                lambda desk, dialogue, text: _day(desk, desk.people[dialogue.person], text).isoformat(),
                explain=words.from_tomorrow(),
            ),
        ),
        done=_pause_asked,
    )
)


@on_timer("pause-over")
def pause_over(desk: Desk, about: str, late_seconds: float) -> None:
    """Welcome back, on the day."""
    person = desk.people.get(int(about.split()[1]))
    if person is None or person.paused_until is None:
        return
    if person.paused_until > desk.now:
        pauses.plan(desk, person)
    elif person.stage == "member":
        pauses.over(desk, person)
    else:
        desk.change(person, paused_until=None)


# ------------------------------------------------------------------------------------------------ mute


def _mute_until(desk: Desk, person: Person, text: str) -> datetime:
    if not text:
        return desk.now + timedelta(hours=desk.policy.reach.mute_hours)
    zone = people.zone(person)
    said = _PREFIX.sub("", text)
    try:
        return desk.now + times.duration(said)
    except times.NotUnderstood:
        pass
    try:
        return times.when(said, desk.now, zone)
    except times.NotUnderstood:
        pass
    try:
        return times.at_wall(times.day(said, desk.now, zone), 0, zone)
    except times.NotUnderstood:
        raise Invalid(words.mute_how()) from None


@command(
    "mute",
    Text("length", optional=True),
    topic="leave",
    help="nothing unasked for a while, and your partner's words wait; your hours go on",
    examples=("mute", "mute 2d", "mute until 18:00"),
)
def mute(desk: Desk, call: Call) -> None:
    """Nothing unasked for some hours or days."""
    if call.text("length").lower() == "off":
        _unmute(desk, call.me)
        call.reply(desk, words.unmuted())
        return
    until = _mute_until(desk, call.me, call.text("length"))
    if until > desk.now + timedelta(days=desk.policy.reach.mute_days):
        raise Invalid(words.mute_too_long(desk.policy.reach.mute_days))
    desk.change(call.me, muted_until=until)
    desk.plan("mute-over", f"person {call.me.id}", until)
    call.reply(desk, words.muted(until, people.zone(call.me), desk.now, desk.policy.reach.letter_hours))


def _unmute(desk: Desk, person: Person) -> None:
    desk.cancel("mute-over", f"person {person.id}")
    relay.release(desk, desk.change(person, muted_until=None))


@on_timer("mute-over")
def mute_over(desk: Desk, about: str, late_seconds: float) -> None:
    """What waited arrives; nothing else is said."""
    person = desk.people.get(int(about.split()[1]))
    if person is not None:
        _unmute(desk, person)


@command(
    "resume",
    topic="leave",
    help="end a pause or mute now",
    examples=("resume",),
)
def resume(desk: Desk, call: Call) -> None:
    """Back earlier than said."""
    resting = people.paused(desk, call.me)
    muted = call.me.muted_until is not None and call.me.muted_until > desk.now
    if not resting and not muted:
        raise Refused(words.not_resting())
    lines = pauses.end(desk, call.me, early=True) if resting else (words.unmuted(),)
    _unmute(desk, desk.people[call.me.id])
    call.reply(desk, *lines)


# ----------------------------------------------------------------------------------------- quiet hours


@command(
    "quiet",
    Text("hours", optional=True),
    topic="times",
    help="the hours in which I don't write unasked; alone it shows them",
    examples=("quiet 21:00-08:00", "quiet 03:00-03:01", "quiet"),
)
def quiet(desk: Desk, call: Call) -> None:
    """Quiet hours on the person's own clock."""
    person = call.me
    if call.text("hours"):
        try:
            person = desk.change(person, quiet=times.span(call.text("hours")))
        except times.NotUnderstood as unclear:
            raise Invalid(str(unclear)) from None
    start, end = person.quiet if person.quiet is not None else desk.policy.quiet
    call.reply(desk, words.quiet(start, end, people.zone(person)))
