"""Before an hour: both reminders, the call a quarter of an hour before, `reschedule` and `skip`.

Nothing moves until the partner agrees. A wish to move that comes very late takes the hour off unless it
is answered in time, and nobody is counted as missing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from relaybot import forms, times
from relaybot.commands import Call, Ref, Text, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, given
from relaybot.model import Dialogue, Meeting, Pair, Person, Urgency
from relaybot.nouns import clock, dates, meetings, pairs, people, sessions
from relaybot.ports import Invalid, Refused
from relaybot.words import moving as words
from relaybot.words import scheduling as times_words

# ------------------------------------------------------------------------------------------ reminders


def _remind(desk: Desk, about: str, number: int) -> None:
    """The day before: one person of the pair is asked whether it is still good."""
    meeting = desk.meetings.get(int(about[1:]))
    session = desk.policy.session
    if meeting is None or meeting.stage != "agreed":
        return
    if desk.now >= meeting.starts_at - timedelta(minutes=session.soon_minutes):
        return  # too late to be of use: the call before the hour comes now
    pair = desk.pairs[meeting.pair]
    person = pairs.people(desk, pair)[number]
    partner = pairs.partner(desk, pair, person)
    line = words.reminder(meeting, partner, desk.now, people.zone(person))
    desk.tell(person, line, claim=f"meeting {meeting.id} agreed", expires_at=meeting.starts_at, about=about)
    forms.listen(desk, person, "still-good", about)


@on_timer("remind 0")
def _remind_first(desk: Desk, about: str, late_seconds: float) -> None:
    """The day before an hour: the first of the two is reminded and asked whether it is still good."""
    _remind(desk, about, 0)


@on_timer("remind 1")
def _remind_second(desk: Desk, about: str, late_seconds: float) -> None:
    """The same for the second."""
    _remind(desk, about, 1)


def _still_good(desk: Desk, dialogue: Dialogue) -> None:
    meeting = desk.meetings.get(int(dialogue.about[1:]))
    person = desk.people[dialogue.person]
    answer = given(dialogue, "ok")
    if meeting is None or meeting.stage != "agreed":
        desk.tell(person, words.too_late_now())
    elif answer == "yes" and dates.by_letter(desk, person):
        desk.note(person.id, "still good", dialogue.about)  # one mail less
    elif answer == "yes":
        desk.tell(person, words.see_you(times.show(meeting.starts_at, people.zone(person))))
    elif answer == "skip":
        _skip(desk, desk.pairs[meeting.pair], meeting, person, "")
    else:
        desk.tell(person, words.not_good())


forms.form(
    Form(
        "still-good",
        (
            forms.choice(
                "ok", lambda desk, dialogue: words.still_good(), {"yes": forms.YES, "no": forms.NO}, skip="skip"
            ),
        ),
        done=_still_good,
        shared=True,
        waits=False,
    )
)


@on_timer("soon")
def _soon(desk: Desk, about: str, late_seconds: float) -> None:
    """A quarter of an hour before: both are called, and invited into their place once more."""
    meeting = desk.meetings.get(int(about[1:]))
    if meeting is None or meeting.stage != "agreed" or desk.now >= meeting.starts_at or meeting.off_unless_moved:
        return
    pair = desk.pairs[meeting.pair]
    minutes = round((meeting.starts_at - desk.now).total_seconds() / 60)
    itself = meetings.by_itself(desk, pair)
    if pair.place:
        pairs.in_place(desk, pair, invite=True, expires_at=meeting.starts_at)
    for person in pairs.people(desk, pair):
        if people.paused(desk, person) or (itself and dates.by_letter(desk, person)):
            continue  # the hour begins as their pause ends; or the calendar rings
        line = words.soon(
            person, pairs.partner(desk, pair, person), minutes, pairs.place_name(desk, pair), itself=itself
        )
        claim = f"meeting {meeting.id} agreed"
        desk.tell(person, line, urgency=Urgency.URGENT, claim=claim, expires_at=meeting.starts_at)
        forms.forget(desk, person, about, "still-good")


# ------------------------------------------------------------------------------------------- skipping


@command(
    "skip",
    Ref("meeting", optional=True),
    Text("words", optional=True),
    topic="times",
    help="leave one hour out; words stay with me unless they begin with tell",
    examples=("skip", "skip S40", "skip tell I have a cold"),
)
def skip(desk: Desk, call: Call) -> None:
    """Leave an hour out; your partner hears that, and a reason only if you say `tell`."""
    pair, meeting = sessions.agreed(desk, call.me, dates.named(desk, call))
    meeting = clock.settle(desk, meeting)
    if meeting.stage not in {"agreed", "waiting"}:
        raise Refused(words.runs())
    said = call.text("words")
    first, _, rest = said.partition(" ")
    _skip(desk, pair, meeting, call.me, rest.strip() if first.lower() == "tell" else "")


def _skip(desk: Desk, pair: Pair, meeting: Meeting, person: Person, said: str) -> None:
    meetings.close(desk, meeting, "skip")
    partner = pairs.partner(desk, pair, person)
    coming = meetings.upcoming(desk, pair)
    zone = people.zone(partner)
    following = coming.starts_at if coming is not None else None
    desk.tell(partner, words.skipped_partner(person, meeting, zone, said, following))
    desk.tell(person, words.skipped(meeting, partner, people.zone(person), bool(said)))


# --------------------------------------------------------------------------------------------- moving


@command(
    "reschedule",
    Ref("meeting", optional=True),
    Text("time"),
    topic="times",
    help="ask to move one hour; until your partner agrees the old time stays",
    examples=("reschedule fri 18:30", "reschedule S40 tomorrow 19:00"),
)
def reschedule(desk: Desk, call: Call) -> None:
    """Ask to move one hour."""
    at = sessions.read_time(desk, call.me, call.text("time"))
    _, meeting = sessions.agreed(desk, call.me, dates.named(desk, call))
    meeting = clock.settle(desk, meeting)
    if meeting.stage not in {"agreed", "waiting"}:
        raise Refused(words.runs())
    _check(desk, call.me, meeting, at)
    forms.begin(desk, call.me, "reschedule", f"S{meeting.id}", note=sessions.note([at]))


def _check(desk: Desk, person: Person, meeting: Meeting, at: datetime) -> None:
    if at == meeting.starts_at:
        raise Refused(words.same_time())
    other = sessions.clash(desk, person, at, meeting.minutes, but=meeting.id)
    if other is not None:
        raise Refused(times_words.already_then(other.id))


def _is_soon(desk: Desk, meeting: Meeting) -> bool:
    """Whether a wish to move comes so late that the hour is off without an answer."""
    return meeting.starts_at - desk.now < timedelta(minutes=desk.policy.session.answer_minutes)


def _plan(desk: Desk, dialogue: Dialogue) -> str:
    """The move in plain words, before the partner is asked."""
    meeting = desk.meetings.get(int(dialogue.about[1:]))
    person = desk.people[dialogue.person]
    if meeting is None:
        return words.too_late_now()
    partner = pairs.partner(desk, desk.pairs[meeting.pair], person)
    at = sessions.noted(dialogue.note)[0]
    zones = people.zone(person), people.zone(partner)
    return words.move_plan(meeting.starts_at, at, zones[0], partner, zones[1], _is_soon(desk, meeting))


def _confirmed(desk: Desk, dialogue: Dialogue) -> None:
    meeting = desk.meetings.get(int(dialogue.about[1:]))
    person = desk.people[dialogue.person]
    at = sessions.noted(dialogue.note)[0]
    if given(dialogue, "ok") == "no":
        desk.tell(person, words.move_dropped())
    elif meeting is None or meeting.stage not in {"agreed", "waiting"} or at <= desk.now:
        desk.tell(person, words.too_late_now())
    else:
        _ask_partner(desk, meeting, person, at)


def _ask_partner(desk: Desk, meeting: Meeting, person: Person, at: datetime) -> None:
    """Put the wish before the partner; a wish of theirs for the same moment is an agreement."""
    pair = desk.pairs[meeting.pair]
    partner = pairs.partner(desk, pair, person)
    soon = _is_soon(desk, meeting)
    if meeting.moved_to == at and meeting.proposed_by == partner.id:
        _move(desk, pair, meeting, at, person)
        return
    about = f"S{meeting.id}"
    for both in (person, partner):
        forms.forget(desk, both, about, "move", "still-good")
    if meeting.stage == "waiting" and soon:
        meeting = meetings.close(desk, desk.change(meeting, moved_to=at, proposed_by=person.id), "lapse")
        sessions.lapsed_move(desk, pair, meeting)
        return
    desk.change(meeting, moved_to=at, proposed_by=person.id, off_unless_moved=soon)
    forms.begin(desk, partner, "move", about, note=sessions.note([at]))
    desk.tell(person, words.move_asked(partner, soon))


def _move_question(desk: Desk, dialogue: Dialogue) -> str:
    meeting = desk.meetings.get(int(dialogue.about[1:]))
    person = desk.people[dialogue.person]
    if meeting is None:
        return words.too_late_now()
    asker = pairs.partner(desk, desk.pairs[meeting.pair], person)
    at = sessions.noted(dialogue.note)[0]
    return words.move_question(asker, meeting.starts_at, at, people.zone(person), meeting.off_unless_moved)


def _read_other_time(desk: Desk, dialogue: Dialogue, text: str) -> str:
    person = desk.people[dialogue.person]
    at = sessions.read_time(desk, person, text)
    meeting = desk.meetings.get(int(dialogue.about[1:]))
    if meeting is not None:
        try:
            _check(desk, person, meeting, at)
        except Refused as no:
            raise Invalid(str(no)) from None
    return at.isoformat()


def _read_move(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """1, 2 or 3; a time after the 2 is taken at once."""
    said = text.strip()
    head, _, rest = said.partition(" ")
    options = {"1": "fine", "fine": "fine", "yes": "fine", "ok": "fine", "2": "other", "other": "other", "3": "skip"}
    value = options.get(head.lower().rstrip(".!,"), "")
    if head.lower() == "let's":
        value = "skip"
    if not value:
        raise Invalid(words.move_again())
    if value == "other" and rest and rest.lower() != "time":
        return f"other {_read_other_time(desk, dialogue, rest)}"
    return value


def _moved(desk: Desk, dialogue: Dialogue) -> None:
    """The partner's answer to a wish to move."""
    meeting = desk.meetings.get(int(dialogue.about[1:]))
    person = desk.people[dialogue.person]
    at = sessions.noted(dialogue.note)[0]
    if meeting is None or meeting.moved_to != at or meeting.stage not in {"agreed", "waiting"}:
        desk.tell(person, words.too_late_now())
        return
    pair = desk.pairs[meeting.pair]
    answer, _, other = given(dialogue, "answer").partition(" ")
    if answer == "skip":
        meetings.close(desk, meeting, "skip")
        for both in pairs.people(desk, pair):
            desk.tell(both, words.skipped_both(meeting, people.zone(both)))
    elif answer == "other":
        _ask_partner(desk, meeting, person, datetime.fromisoformat(other or given(dialogue, "time")))
    elif at <= desk.now:
        desk.tell(person, words.too_late_now())
    else:
        _move(desk, pair, meeting, at, person)


def _move(desk: Desk, pair: Pair, meeting: Meeting, at: datetime, by: Person) -> None:
    """Agreed: the old hour is moved away, a new one with its own number takes its place."""
    meetings.close(desk, replace(meeting, moved_to=at), "move")
    moved = sessions.agree(desk, pair, at, by.id, calendar=meeting.calendar or meeting.id)
    for person in pairs.people(desk, pair):
        if not dates.by_letter(desk, person):  # the letter with the dates says it
            desk.tell(person, words.moved(moved, sessions.zones(desk, pair, person)))


forms.form(Form("reschedule", (forms.yes_no("ok", _plan),), done=_confirmed, waits=False))
forms.form(
    Form(
        "move",
        (
            Question("answer", _move_question, _read_move, skip="skip"),
            Question(
                "time",
                lambda desk, dialogue: words.move_which_time(),
                _read_other_time,
                free=True,
                when=lambda desk, dialogue: given(dialogue, "answer") == "other",
            ),
        ),
        done=_moved,
        shared=True,
        waits=False,
    )
)
