"""An hour while it runs: what is said and written down at each happening of its clock, and after an outage.

The arithmetic is nouns/hour.py, lateness is nouns/clock.py, the verbs people give are programme/meeting.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from relaybot import forms, times
from relaybot.desk import Desk
from relaybot.model import Meeting, Pair, Person
from relaybot.nouns import card, cases, clock, hour, meetings, pairs, people, sessions
from relaybot.rules import step
from relaybot.words import dates as date_words
from relaybot.words import meeting as words


def teachers_of(desk: Desk, meeting: Meeting) -> tuple[Person, Person]:
    """Who teaches first and who second; without halves just the two people."""
    pair = desk.pairs[meeting.pair]
    ids = meeting.teachers or tuple(person.id for person in pairs.people(desk, pair))
    return desk.people[ids[0]], desk.people[ids[1]]


def teaching(desk: Desk, meeting: Meeting) -> tuple[Person, Person]:
    """Who teaches now, and whom."""
    first, second = teachers_of(desk, meeting)
    return (first, second) if meeting.stage == "first_half" else (second, first)


def _said(desk: Desk, meeting: Meeting, name: str) -> Meeting:
    return desk.change(meeting, said=(*meeting.said, name))


# ------------------------------------------------------------------------------------- what the clock does


@clock.happens("open")
def _open(desk: Desk, pair: Pair, meeting: Meeting, at: datetime, quiet: bool) -> Meeting:
    """The agreed moment: welcome, and people are waited for, unless the hour begins by itself."""
    if meeting.off_unless_moved:
        return _off(desk, pair, meeting)
    meeting = _opened(desk, pair, meeting)
    if quiet and meeting.itself:
        return meeting if meeting.late else go(desk, pair, meeting, at, quiet=True)
    first, second = teachers_of(desk, meeting)
    session = desk.policy.session
    here = len(meeting.present) == len(pairs.sides(desk, pair))
    stop = hour.end(meeting)
    last = stop - timedelta(minutes=session.end_warning_minutes)

    def text(zones: words.Zones) -> str:
        if not meeting.teachers or meeting.one_way == "yes":
            said = words.teaches(first, second, sessions.subject(first, second)) if meeting.teachers else "start"
            plans = [words.no_halves(meeting, said, last, stop, zone) for zone in words.clocks(stop, zones)]
            return words.welcome(first, second, plans, words.clocks(stop, zones), here)
        half = hour.whole_minute(meeting.starts_at + (stop - meeting.starts_at) / 2)
        said = words.teaches(first, second, sessions.subject(first, second))
        plans = [words.halves(meeting, said, half, last, stop, zone) for zone in words.clocks(stop, zones)]
        return words.welcome(first, second, plans, words.clocks(stop, zones), here)

    sessions.speak(desk, pair, text, chat_only=meeting.itself)
    return go(desk, pair, meeting, at) if here else meeting


def _opened(desk: Desk, pair: Pair, meeting: Meeting) -> Meeting:
    """The hour waits for its people; who teaches first is decided now, by what each gave so far, if calendars don't say it.

    Of an hour that begins by itself everybody counts as there who has not said that they come late.
    """
    sessions.forget_move(desk, pair, meeting)
    shape = sessions.format_of(desk, pair)
    order: tuple[int, ...] = ()
    if shape != "free":
        order = meeting.teachers or sessions.teachers(desk, pair)
    desk.cancel("soon", f"S{meeting.id}")
    itself = meetings.by_itself(desk, pair)
    late = {person for person, _ in meeting.late}
    there = tuple(s.person for s in pairs.sides(desk, pair) if s.person not in late) if itself else meeting.present
    return desk.change(
        meeting, stage=step("meeting", meeting.stage, "open"), teachers=order, ends_at=hour.end(meeting), moved_to=None,
        itself=itself, present=there, one_way="yes" if shape in {"free", "alternate"} else "",
    )  # fmt: skip


@clock.happens("by itself")
def _by_itself(desk: Desk, pair: Pair, meeting: Meeting, at: datetime, quiet: bool) -> Meeting:
    """Whoever said that they come late should be there now; nobody is asked."""
    everybody = tuple(side.person for side in pairs.sides(desk, pair))
    return go(desk, pair, desk.change(meeting, present=everybody, late=()), at, quiet=quiet)


def _off(desk: Desk, pair: Pair, meeting: Meeting) -> Meeting:
    """Somebody asked late to move it and got no answer: the hour is off, the new time stays open as a proposal."""
    closed = meetings.close(desk, meeting, "lapse")
    sessions.lapsed_move(desk, pair, closed)
    return closed


def go(desk: Desk, pair: Pair, meeting: Meeting, at: datetime | None = None, *, quiet: bool = False) -> Meeting:
    """Both are there: the clock begins (at `at`, or now), and what is left is split."""
    for person in pairs.people(desk, pair):
        forms.forget(desk, person, f"S{meeting.id}")
    began = at if at is not None and meeting.itself else desk.now
    meeting = hour.begin(meeting, desk.policy.session, began)
    desk.put(meeting)
    if not quiet:
        _say_go(desk, pair, meeting, began)
    if meeting.one_way == "asked":
        sessions.listen(desk, pair, meeting, "one-direction")
    card.show(desk, meeting)
    clock.plan(desk, meeting)
    return meeting


def _say_go(desk: Desk, pair: Pair, meeting: Meeting, began: datetime) -> None:
    first, second = teachers_of(desk, meeting)
    stop, swap_at, bang = hour.end(meeting), meeting.swap_at, sessions.bang(desk, pair)
    left = round((stop - began).total_seconds())

    def text(zones: words.Zones) -> str:
        if not meeting.teachers:
            return words.go_free(stop, zones)
        if meeting.one_way == "yes":
            return words.go_whole(first, stop, zones)
        if swap_at is None:
            return words.go_short(first, stop, words.whole(left), bang, zones)
        lengths = (round((swap_at - began).total_seconds()), round((stop - swap_at).total_seconds()))
        return words.go(first, second, swap_at, lengths, zones)

    sessions.speak(desk, pair, text, subject=date_words.go_subject)


@clock.happens("warn")
def _warn(desk: Desk, pair: Pair, meeting: Meeting, at: datetime, quiet: bool) -> Meeting:
    if not quiet:
        minutes = max(1, round(((meeting.swap_at or at) - desk.now).total_seconds() / 60))
        sessions.speak(desk, pair, lambda zones: words.warn(minutes), chat_only=meeting.itself)
    return _said(desk, meeting, "warn")


@clock.happens("swap")
def swap(desk: Desk, pair: Pair, meeting: Meeting, at: datetime, quiet: bool) -> Meeting:
    meeting = hour.swap(meeting, at)
    desk.put(meeting)
    teacher, learner = teaching(desk, meeting)
    if not quiet:
        stop, subject = hour.end(meeting), sessions.subject(teacher, learner)
        line = date_words.swap_subject
        sessions.speak(desk, pair, lambda zones: words.swap(teacher, learner, subject, stop, zones), subject=line)
    card.show(desk, meeting)
    return meeting


@clock.happens("last")
def _last(desk: Desk, pair: Pair, meeting: Meeting, at: datetime, quiet: bool) -> Meeting:
    """Ten minutes left; and the same time next week is offered unless the next hour is agreed already."""
    minutes = max(1, round((hour.end(meeting) - desk.now).total_seconds() / 60))
    meeting = _said(desk, meeting, "last")
    coming = meetings.upcoming(desk, pair)
    if quiet:
        return meeting
    line = date_words.last_subject
    if coming is not None:
        sessions.speak(desk, pair, lambda zones: words.last_with_agreed(minutes, coming.starts_at, zones), subject=line)
        return meeting
    if meeting.itself:  # an answer by mail would come too late
        sessions.speak(desk, pair, lambda zones: date_words.last(minutes), subject=line)
        return meeting
    next_at = sessions.weekly(desk, pair, meeting.starts_at)
    meeting = desk.change(meeting, next_at=next_at)
    sessions.speak(desk, pair, lambda zones: words.last_with_next(minutes, next_at, sessions.bang(desk, pair), zones))
    sessions.listen(desk, pair, meeting, "next-hour")
    return meeting


@clock.happens("end")
def end(desk: Desk, pair: Pair, meeting: Meeting, at: datetime, quiet: bool) -> Meeting:
    if not quiet:
        early = at < hour.end(meeting)
        silent = meeting.itself and not early

        def text(zones: words.Zones) -> str:
            return words.over_early(at, zones) if early else words.over()

        sessions.speak(desk, pair, text, fleeting=False, chat_only=silent)
    return _held(desk, pair, meeting, at)


def _held(desk: Desk, pair: Pair, meeting: Meeting, at: datetime) -> Meeting:
    """The hour took place: the ledger, the pair's record, and the private question afterwards.

    Of one that began by itself they are asked whether it did; until they say no, it counts.
    """
    proposed, by = meeting.next_at, meeting.next_by
    finished = hour.finish(meeting, at)
    desk.put(finished)
    meetings.tidy(desk, finished)
    card.finish(desk, finished, at)
    count(desk, pair, finished, at)
    if proposed is not None and by and meetings.upcoming(desk, pair) is None:
        sessions.propose(desk, pair, desk.people[by], proposed)
    return finished


def count(desk: Desk, pair: Pair, finished: Meeting, at: datetime) -> None:
    """Into the ledger with an hour that is over; both are asked about it a while later."""
    meetings.count_held(desk, at)
    open_yet = finished.stage == "asked"
    if open_yet:
        desk.plan("asked", f"S{finished.id}", at + timedelta(days=desk.policy.session.asked_days))
    for side in pairs.sides(desk, pair):
        seconds = finished.taught[finished.teachers.index(side.person)] if finished.teachers else 0
        in_row = side.missed_in_row if open_yet else 0
        desk.put(replace(side, taught_seconds=side.taught_seconds + seconds, missed_in_row=in_row))
    starter = finished.teachers[0] if finished.teachers else pair.started_by
    pair = desk.change(desk.pairs[pair.id], held=pair.held + 1, started_by=starter)
    if (0, "no") not in finished.took:  # a round without letters is no sign of life
        pair = desk.change(pair, last_held_at=at, last_word_at=max(at, pair.last_word_at or at))
    for number, person in enumerate(pairs.people(desk, pair)):
        asked = people.waking(desk, person, at + timedelta(minutes=desk.policy.fit.after_minutes))
        desk.plan(f"fit {number}", f"M{pair.id}", max(asked, desk.now))


# ------------------------------------------------------------------------------------- after an outage


@clock.returns("waiting")
def _back_waiting(desk: Desk, pair: Pair, meeting: Meeting, since: datetime) -> Meeting:
    """The start fell into an outage: people are waited for from now on, and nobody missed anything."""
    stop = hour.end(meeting)
    if desk.now >= stop:
        bang = sessions.bang(desk, pair)
        sessions.speak(desk, pair, lambda zones: words.away(since, desk.now, words.lost(bang), zones), fleeting=False)
        return lost(desk, pair, meeting)
    if meeting.stage == "agreed":
        meeting = _opened(desk, pair, meeting)
    meeting = desk.change(meeting, waits_from=desk.now)
    sessions.speak(desk, pair, lambda zones: words.away(since, desk.now, words.still_waiting(stop, zones), zones))
    return go(desk, pair, meeting) if len(meeting.present) == len(pairs.sides(desk, pair)) else meeting


def lost(desk: Desk, pair: Pair, meeting: Meeting) -> Meeting:
    """An hour that came to nothing because relaybot was away: moderators are told once, nobody missed it."""
    at = times.show(meeting.starts_at, "UTC")
    people.tell_team(
        desk, words.lost_team(pair.id, meeting.id, at), about=f"M{pair.id}", hidden_from=cases.concerned(desk, pair)
    )
    return meetings.close(desk, meeting, "lapse")


@clock.returns("running")
def _back_running(desk: Desk, pair: Pair, meeting: Meeting, since: datetime) -> Meeting:
    """The clock kept running: one line tells how things stand."""
    stop = hour.end(meeting)

    def state(zones: words.Zones) -> str:
        if meeting.stage == "held":
            return words.ended_meanwhile(stop, zones)
        if meeting.held_at is not None:
            return words.still_held(sessions.bang(desk, pair))
        if meeting.stage == "second_half":
            teacher, learner = teaching(desk, meeting)
            said = words.teaches(teacher, learner, "")
            return words.still_second(said, meeting.swap_at or stop, stop, zones)
        if meeting.swap_at is not None:
            return words.still_first(meeting.swap_at, zones)
        return words.still_one(stop, zones)

    if meeting.stage in {"first_half", "second_half", "held"}:
        fleeting = meeting.stage != "held"
        sessions.speak(desk, pair, lambda zones: words.away(since, desk.now, state(zones), zones), fleeting=fleeting)
    return meeting
