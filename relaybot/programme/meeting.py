"""The hour itself: it starts when both are there, swaps at the half, and stops at the agreed end.

The arithmetic is nouns/hour.py, lateness is nouns/clock.py, what is said at each happening nouns/running.py;
here are the verbs `here late start hold go swap extend end`, and the answers people give in between.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot import commands, forms, times
from relaybot.commands import Call, Number, command, notices, on_timer, overhears
from relaybot.desk import Desk
from relaybot.model import Dialogue, Meeting, Pair, Person, Urgency
from relaybot.nouns import card, clock, hour, meetings, pairs, people, running, sessions
from relaybot.ports import Refused
from relaybot.rules import RUNNING_MEETINGS
from relaybot.words import meeting as words

# Said by someone who is not coming to the hour just now.
EXCUSES = frozenset({"late", "skip", "reschedule", "drop", "leave", "pause", "busy", "mute", "stop"})


@on_timer("hour")
def _hour(desk: Desk, about: str, late_seconds: float) -> None:
    """The clock's timer: whatever is due by now happens."""
    meeting = desk.meetings.get(int(about[1:]))
    if meeting is not None:
        clock.settle(desk, meeting, desk.now - timedelta(seconds=late_seconds))


@on_timer("clock")
def _card(desk: Desk, about: str, late_seconds: float) -> None:
    """Where an hour's clock is one message that can be changed: it is brought up to date every few minutes."""
    meeting = desk.meetings.get(int(about[1:]))
    if meeting is not None:
        card.show(desk, clock.settle(desk, meeting))


# ------------------------------------------------------------------------------------- who is there


@overhears
def _overheard(desk: Desk, pair: Pair, person: Person, text: str) -> bool:
    """Words in the pair's place: an answer to what the clock asked, else a sign that the person is there."""
    meeting = _attended(desk, pair)
    if meeting is None:
        return False
    meeting = clock.settle(desk, meeting)
    word = text.lstrip("!").strip().lower().rstrip(".!")
    if word in {"yes", "no", "y", "n"} and _answered(desk, meeting, person, word[0] == "y"):
        return True
    found = commands.find(text.lstrip("!").strip())
    if found is None or found[0].name not in EXCUSES:
        _arrive(desk, pair, meeting, person)
    return False


@notices
def _noticed(desk: Desk, person: Person, name: str) -> None:
    """Where a pair has no place of its own, words in private show that somebody is there."""
    if name in EXCUSES:
        return
    for pair in pairs.of(desk, person):
        meeting = None if pair.place else _attended(desk, pair)
        if meeting is not None:
            _arrive(desk, pair, clock.settle(desk, meeting), person)


def _attended(desk: Desk, pair: Pair) -> Meeting | None:
    """The hour at which somebody can be present now: it runs, or begins within minutes."""
    early = desk.now + timedelta(minutes=desk.policy.session.early_minutes)
    return next(
        (
            m
            for m in meetings.of(desk, pair)
            if m.stage in RUNNING_MEETINGS or (m.stage == "agreed" and m.starts_at <= early)
        ),
        None,
    )


def _arrive(desk: Desk, pair: Pair, meeting: Meeting, person: Person) -> Meeting:
    """Somebody is there; when both are and the time has come, the clock begins."""
    if meeting.stage not in {"agreed", "waiting"} or person.id in meeting.present:
        return meeting
    meeting = desk.change(
        meeting,
        present=(*meeting.present, person.id),
        late=tuple(entry for entry in meeting.late if entry[0] != person.id),
    )
    if meeting.stage == "waiting" and len(meeting.present) == len(pairs.sides(desk, pair)):
        return running.go(desk, pair, meeting)
    return meeting


# ------------------------------------------------------------------------------------- the verbs


def _mine(desk: Desk, call: Call) -> tuple[Pair, Meeting] | None:
    """The hour a verb means, with everything due before it settled; None for a bare word that is just talk."""
    found = sessions.now_on(desk, call)
    if found is None or found[1].stage not in RUNNING_MEETINGS:
        if sessions.conversation(call):
            return None
        raise Refused(words.none_runs(_shown(call.me, found[1]) if found is not None else ""))
    pair, meeting = found
    meeting = clock.settle(desk, meeting)
    if meeting.stage not in RUNNING_MEETINGS:
        raise Refused(words.none_runs(""))
    return desk.pairs[pair.id], meeting


def _shown(person: Person, meeting: Meeting) -> str:
    return f"{times.show(meeting.starts_at, people.zone(person))} (S{meeting.id})"


def _begun(desk: Desk, call: Call) -> tuple[Pair, Meeting] | None:
    found = _mine(desk, call)
    if found is not None and found[1].stage == "waiting":
        raise Refused(words.waits_for_both())
    return found


@command(
    "here",
    topic="session",
    help="say that you are there for your hour",
    examples=("here",),
)
def here(desk: Desk, call: Call) -> None:
    """Presence in private; in a pair's place any word is presence and nothing more is to be said."""
    if call.message.place:
        return
    found = sessions.now_on(desk, call)
    if found is None:
        raise Refused(words.none_runs(""))
    pair, meeting = found
    meeting = clock.settle(desk, meeting)
    at = times.show_time(meeting.starts_at, people.zone(call.me))
    if meeting.stage == "agreed":
        if _attended(desk, pair) is None:
            raise Refused(words.none_runs(_shown(call.me, meeting)))
        _arrive(desk, pair, meeting, call.me)
        call.reply(desk, words.noted_early(at))
    elif meeting.stage == "waiting":
        meeting = _arrive(desk, pair, meeting, call.me)
        if meeting.stage == "waiting":
            call.reply(desk, words.noted_here(pairs.partner(desk, pair, call.me)))
    else:
        raise Refused(words.runs_already())


@command(
    "late",
    Number("minutes", most=240),
    topic="session",
    help="say that you come late to your hour; the rest is still split evenly",
    examples=("late 5",),
)
def late(desk: Desk, call: Call) -> None:
    """Announce a late arrival, before the start or while people are waited for."""
    found = sessions.now_on(desk, call)
    if found is None:
        if sessions.conversation(call):
            return
        raise Refused(words.none_runs(""))
    pair, meeting = found
    meeting = clock.settle(desk, meeting)
    if meeting.stage not in {"agreed", "waiting"}:
        raise Refused(words.late_after_start())
    at = max(desk.now, meeting.starts_at) + timedelta(minutes=call.number("minutes"))
    at = hour.whole_minute(at)
    stop = hour.end(meeting)
    if stop - at < timedelta(minutes=desk.policy.session.min_half_minutes):
        raise Refused(words.too_late_for_it(max(0, round((stop - at).total_seconds() / 60))))
    minutes = round((at - meeting.starts_at).total_seconds() / 60)
    others = tuple(entry for entry in meeting.late if entry[0] != call.me.id)
    meeting = desk.change(
        meeting,
        late=(*others, (call.me.id, minutes)),
        present=tuple(i for i in meeting.present if i != call.me.id),
    )
    swaps = desk.policy.session.swap == "half"
    sessions.speak(desk, pair, lambda zones: words.late(call.me, at, stop, swaps, zones), urgency=Urgency.PERSONAL)
    if pair.place and call.message.place != pair.place:
        call.reply(desk, words.late_noted(pairs.partner(desk, pair, call.me)))
    clock.plan(desk, meeting)


@command(
    "start",
    topic="session",
    help="begin the hour now, e.g. because you talk elsewhere",
    examples=("start",),
)
def start(desk: Desk, call: Call) -> None:
    """Begin without waiting to hear both."""
    found = sessions.now_on(desk, call)
    if found is not None and found[1].stage == "agreed" and not sessions.conversation(call):
        raise Refused(words.not_begun(_shown(call.me, found[1])))
    found = _mine(desk, call)
    if found is None:
        return
    pair, meeting = found
    if meeting.stage == "waiting":
        everybody = tuple(person.id for person in pairs.people(desk, pair))
        running.go(desk, pair, desk.change(meeting, present=everybody, late=()))
    elif meeting.began_at != desk.now:  # the word itself may just have been the sign of presence that began it
        raise Refused(words.runs_already())


@command("hold", topic="session", help="stop the clock of your hour for both", examples=("hold",))
def hold(desk: Desk, call: Call) -> None:
    """Stop the clock."""
    found = _begun(desk, call)
    if found is None:
        return
    pair, meeting = found
    if meeting.held_at is not None:
        raise Refused(words.stands_already())
    meeting = hour.hold(meeting, desk.now)
    desk.put(meeting)
    sessions.speak(desk, pair, lambda zones: words.hold(sessions.bang(desk, pair)))
    card.show(desk, meeting)
    clock.plan(desk, meeting)


@command("go", topic="session", help="let the clock of your hour run again", examples=("go",))
def go(desk: Desk, call: Call) -> None:
    """Let the clock run again; what is left of the first half is split again, the second ends as planned."""
    found = _mine(desk, call)
    if found is None:
        return
    pair, meeting = found
    if meeting.stage == "waiting":
        start(desk, call)
        return
    if meeting.held_at is None:
        if meeting.began_at == desk.now:
            return
        raise Refused(words.runs_already())
    meeting = hour.resume(meeting, desk.policy.session, desk.now)
    desk.put(meeting)
    first, second = running.teachers_of(desk, meeting)
    so_far = words.so_far(first, second, meeting.taught)
    stop, bang = hour.end(meeting), sessions.bang(desk, pair)
    short = hour.minutes_to_even(meeting, desk.now)

    def text(zones: words.Zones) -> str:
        if not meeting.teachers:
            return words.going_on_free(stop, zones)
        if meeting.stage == "second_half":
            return words.going_on_second(so_far, stop, short, second, bang, zones)
        if meeting.swap_at is None:
            asked = meeting.one_way == "asked"
            return words.going_on_short(so_far, stop, bang, zones) if asked else words.going_on_free(stop, zones)
        return words.going_on_first(so_far, meeting.swap_at, stop, zones)

    sessions.speak(desk, pair, text)
    if meeting.one_way == "asked":
        sessions.listen(desk, pair, meeting, "one-direction")
    card.show(desk, meeting)
    clock.settle(desk, meeting)


@command("swap", topic="session", help="give the rest of your half to your partner", examples=("swap",))
def swap(desk: Desk, call: Call) -> None:
    """An early swap; it needs only whoever teaches the first half."""
    found = _begun(desk, call)
    if found is None:
        return
    pair, meeting = found
    if not meeting.teachers:
        raise Refused(words.no_swap())
    if meeting.stage == "second_half":
        raise Refused(words.swapped_already())
    if meeting.held_at is not None:
        raise Refused(words.held_now())
    teacher, _ = running.teaching(desk, meeting)
    if teacher.id != call.me.id:
        raise Refused(words.only_teacher(teacher))
    clock.plan(desk, running.swap(desk, pair, meeting, desk.now, False))


@command(
    "extend",
    Number("minutes", most=240),
    topic="session",
    help="make the hour longer; your partner has to say yes",
    examples=("extend 4",),
)
def extend(desk: Desk, call: Call) -> None:
    """Ask for more time, or agree to what the other asked."""
    found = _begun(desk, call)
    if found is None:
        return
    pair, meeting = found
    minutes, most = call.number("minutes"), desk.policy.session.extend_minutes
    if not 1 <= minutes <= most:
        raise Refused(words.extend_how_long(most))
    if meeting.extend_by not in {0, call.me.id} and meeting.extend_minutes == minutes:
        _answered(desk, meeting, call.me, True)
        return
    until = hour.end(meeting) + timedelta(minutes=minutes)
    _room(desk, call.me, meeting, until)
    meeting = desk.change(meeting, extend_by=call.me.id, extend_minutes=minutes)
    partner = pairs.partner(desk, pair, call.me)
    if not pair.place:
        line = words.extend_asked(call.me, minutes, until, "", [people.zone(partner)])
        stale = desk.now + timedelta(seconds=desk.policy.session.stale_seconds)
        desk.tell(partner, line, urgency=Urgency.URGENT, expires_at=stale)
        sessions.listen(desk, pair, meeting, "extend", call.me.id)
        call.reply(desk, words.extend_noted(partner))
    elif call.message.place != pair.place:
        bang = sessions.bang(desk, pair)
        sessions.speak(desk, pair, lambda zones: words.extend_asked(call.me, minutes, until, bang, zones))


@command("end", topic="session", help="stop your hour early", examples=("end",))
def end(desk: Desk, call: Call) -> None:
    """Stop before the agreed end."""
    found = _begun(desk, call)
    if found is not None:
        pair, meeting = found
        running.end(desk, pair, meeting, desk.now, False)


# ------------------------------------------------------------------------------------- yes and no in between


def _answered(desk: Desk, meeting: Meeting, person: Person, yes: bool) -> bool:
    """Take a yes or no to whatever the clock or the partner asked last; False when nothing is asked of this person."""
    pair = desk.pairs[meeting.pair]
    if meeting.stage not in {"first_half", "second_half"}:
        return False
    if meeting.extend_by not in {0, person.id}:
        _extended(desk, pair, meeting, person, yes)
    elif meeting.one_way == "asked" and meeting.stage == "first_half":
        _one_direction(desk, pair, meeting, yes)
    elif meeting.next_at is not None and meeting.next_at > desk.now:
        _next(desk, pair, meeting, person, yes)
    else:
        return meeting.extend_by == person.id  # a yes to one's own wish: nothing to say
    return True


def _room(desk: Desk, person: Person, meeting: Meeting, until: datetime) -> None:
    """An hour cannot go on into the next one of somebody in it."""
    for _, other in sessions.hours_of(desk, person):
        if other.id != meeting.id and meeting.starts_at <= other.starts_at < until:
            raise Refused(words.next_one_begins(times.show_time(other.starts_at, people.zone(person))))


def _extended(desk: Desk, pair: Pair, meeting: Meeting, person: Person, yes: bool) -> None:
    if yes:
        _room(desk, person, meeting, hour.end(meeting) + timedelta(minutes=meeting.extend_minutes))
    else:
        meeting = desk.change(meeting, extend_by=0, extend_minutes=0)
        sessions.speak(desk, pair, lambda zones: words.not_extended(hour.end(meeting), zones))
        return
    shared = meeting.shared_seconds
    meeting = hour.extend(meeting, desk.policy.session, meeting.extend_minutes, desk.now)
    desk.put(meeting)
    stop, swap_at = hour.end(meeting), meeting.swap_at
    beyond = meeting.shared_seconds - shared

    def text(zones: words.Zones) -> str:
        if meeting.stage == "first_half" and swap_at is not None and meeting.ran_at is not None:
            return words.extended_first(stop, swap_at, zones)
        return words.extended(stop, beyond, zones)

    sessions.speak(desk, pair, text)
    card.show(desk, meeting)
    clock.plan(desk, meeting)


def _one_direction(desk: Desk, pair: Pair, meeting: Meeting, yes: bool) -> None:
    meeting = hour.answer_short(meeting, desk.policy.session, yes, desk.now)
    desk.put(meeting)
    first, second = running.teachers_of(desk, meeting)
    swap_at, stop = meeting.swap_at, hour.end(meeting)

    def text(zones: words.Zones) -> str:
        return words.short_yes(second) if swap_at is None else words.short_no(first, second, swap_at, stop, zones)

    sessions.speak(desk, pair, text)
    card.show(desk, meeting)
    for person in (first, second):
        forms.forget(desk, person, f"S{meeting.id}", "one-direction")
    clock.settle(desk, meeting)


def _next(desk: Desk, pair: Pair, meeting: Meeting, person: Person, yes: bool) -> None:
    """The same time next week needs both; the second yes agrees on it."""
    at = meeting.next_at
    if at is None or meeting.next_by == person.id:
        return
    if not yes:
        desk.change(meeting, next_at=None, next_by=0)
        sessions.speak(desk, pair, lambda zones: words.next_not(sessions.bang(desk, pair)))
    elif not meeting.next_by:
        desk.change(meeting, next_by=person.id)
        if not pair.place:
            desk.tell(person, words.next_noted(pairs.partner(desk, pair, person)))
    else:
        agreed = sessions.agree(desk, pair, at, person.id)
        desk.change(meeting, next_at=None, next_by=0)
        starter = None
        if meeting.teachers:
            taught = hour.expected(meeting, desk.now)
            extra = list(zip(meeting.teachers, taught, strict=True))
            starter = desk.people[sessions.teachers(desk, pair, extra, meeting.teachers[0])[0]]
        sessions.speak(desk, pair, lambda zones: words.next_agreed(at, starter, agreed.id, zones), fleeting=False)


def _asked(desk: Desk, dialogue: Dialogue) -> str:
    """The question again, when somebody says `?` or something that is no answer."""
    return words.yes_or_no()


def _done(desk: Desk, dialogue: Dialogue) -> None:
    meeting = desk.meetings.get(int(dialogue.about[1:]))
    person = desk.people[dialogue.person]
    yes = forms.given(dialogue, "ok") == "yes"
    if meeting is None or not _answered(desk, clock.settle(desk, meeting), person, yes):
        desk.tell(person, words.settled_already())


for _name in ("extend", "one-direction", "next-hour"):
    forms.form(forms.Form(_name, (forms.yes_no("ok", _asked),), done=_done, waits=False))
