"""The clock of an hour: its arithmetic over random lives, and through `decide` with outages at any moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.model import Meeting
from relaybot.nouns import hour
from relaybot.policy import SessionSettings
from tests.play import World, add_hour, add_member, add_pair, world

START = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
SESSION = SessionSettings()
MINUTE = timedelta(minutes=1)


def waiting(minutes: int = 60) -> Meeting:
    """An hour that waits for its people."""
    return Meeting("p", 40, 21, "waiting", START, minutes, teachers=(1, 2), ends_at=START + minutes * MINUTE)


# ------------------------------------------------------------------------------------------ examples


def test_late_start_is_split_evenly() -> None:
    """Both come at 18:06: 54 minutes are left, the swap is at 18:33, and both get 27."""
    meeting = hour.begin(waiting(), SESSION, START + 6 * MINUTE)
    assert meeting.swap_at == START + 33 * MINUTE
    assert hour.expected(meeting, START + 6 * MINUTE) == (27 * 60, 27 * 60)


def test_hold_in_second_half_and_extend_as_in_the_contract() -> None:
    """The trial hour of the contract: a hold of 4 minutes in the second half, and 4 minutes more even it out."""
    meeting = hour.swap(hour.begin(waiting(), SESSION, START + 6 * MINUTE), START + 33 * MINUTE)
    meeting = hour.resume(hour.hold(meeting, START + 41 * MINUTE), SESSION, START + 45 * MINUTE)
    assert meeting.taught == (27 * 60, 8 * 60)
    assert hour.minutes_to_even(meeting, START + 45 * MINUTE) == 4
    meeting = hour.extend(meeting, SESSION, 4, START + 46 * MINUTE)
    assert (meeting.ends_at, meeting.shared_seconds) == (START + 64 * MINUTE, 0)
    assert hour.finish(meeting, START + 64 * MINUTE).taught == (27 * 60, 27 * 60)


def test_time_added_in_the_second_half_counts_for_both() -> None:
    """Ten minutes more than evens it out are nobody's alone: five count for each."""
    meeting = hour.swap(hour.begin(waiting(), SESSION, START), START + 30 * MINUTE)
    meeting = hour.extend(meeting, SESSION, 10, START + 40 * MINUTE)
    assert hour.finish(meeting, START + 70 * MINUTE).taught == (35 * 60, 35 * 60)


def test_shared_time_that_is_not_played_counts_for_nobody() -> None:
    """Ten minutes were added but they stop at the old end: nothing is shared."""
    meeting = hour.swap(hour.begin(waiting(), SESSION, START), START + 30 * MINUTE)
    meeting = hour.extend(meeting, SESSION, 10, START + 40 * MINUTE)
    assert hour.finish(meeting, START + 60 * MINUTE).taught == (30 * 60, 30 * 60)


def test_hold_in_first_half_splits_again() -> None:
    """Held from 18:10 to 18:20: 50 minutes remain in all, 25 for each, so the swap moves to 18:35."""
    meeting = hour.hold(hour.begin(waiting(), SESSION, START), START + 10 * MINUTE)
    meeting = hour.resume(meeting, SESSION, START + 20 * MINUTE)
    assert meeting.swap_at == START + 35 * MINUTE
    assert hour.expected(meeting, START + 20 * MINUTE) == (25 * 60, 25 * 60)


def test_hold_longer_than_what_the_second_half_needs_swaps_at_once() -> None:
    """When the first has had more than its share by the time the clock goes on, the rest is the second's."""
    meeting = hour.hold(hour.begin(waiting(), SESSION, START), START + 25 * MINUTE)
    meeting = hour.resume(meeting, SESSION, START + 45 * MINUTE)
    following = hour.following(meeting, SESSION)
    assert following == hour.Happening(START + 45 * MINUTE, "swap")


@pytest.mark.parametrize(("left", "asked"), [(20, False), (19, True), (1, True)])
def test_too_short_for_two_halves(left: int, asked: bool) -> None:
    """Two halves of ten minutes are still halves; anything shorter is one direction until they answer."""
    meeting = hour.begin(waiting(), SESSION, START + (60 - left) * MINUTE)
    assert ((meeting.one_way == "asked"), meeting.swap_at is None) == (asked, asked)


def test_two_short_halves_when_they_want_them() -> None:
    """A no to one direction splits what is left, however short."""
    meeting = hour.begin(waiting(), SESSION, START + 46 * MINUTE)
    meeting = hour.answer_short(meeting, SESSION, False, START + 46 * MINUTE)
    assert meeting.swap_at == START + 53 * MINUTE


def test_no_warnings_in_short_halves() -> None:
    """Warnings are given only when a half is at least a quarter of an hour."""
    short = hour.begin(waiting(), SESSION, START + 32 * MINUTE)  # 14 minutes each
    long = hour.begin(waiting(), SESSION, START + 30 * MINUTE)  # 15 minutes each
    assert [h.name for h in hour.upcoming(short, SESSION)] == ["swap", "end"]
    assert [h.name for h in hour.upcoming(long, SESSION)] == ["warn", "swap", "end"]


def test_warning_is_never_said_twice() -> None:
    """The swap moves later after its warning was given: it is not given again."""
    meeting = replace(hour.begin(waiting(), SESSION, START), said=("warn",))
    meeting = hour.resume(hour.hold(meeting, START + 26 * MINUTE), SESSION, START + 36 * MINUTE)
    assert "warn" not in [h.name for h in hour.upcoming(meeting, SESSION)]


def test_whoever_announced_a_late_arrival_is_waited_for() -> None:
    """Coming ten minutes late, as said: no note before that, and the choice not at the same moment."""
    meeting = replace(waiting(), late=((2, 10),))
    assert [(h.name, (h.at - START) // MINUTE) for h in hour.upcoming(meeting, SESSION)] == [
        ("note", 10),
        ("choice", 15),
        ("give up", 25),
    ]


def test_without_halves_there_is_no_swap() -> None:
    """A programme may switch the halves off: only the closing and the end remain."""
    free = SESSION.model_copy(update={"swap": "off"})
    meeting = hour.begin(waiting(), free, START)
    assert [h.name for h in hour.upcoming(meeting, free)] == ["last", "end"]


@pytest.mark.parametrize(
    ("taught", "last", "expected"),
    [
        ((0, 0), 0, (1, 2)),
        ((0, 0), 1, (2, 1)),
        ((0, 0), 2, (1, 2)),
        ((60, 0), 1, (2, 1)),
        ((61, 0), 2, (2, 1)),
        ((0, 61), 1, (1, 2)),
    ],
)
def test_who_begins(taught: tuple[int, int], last: int, expected: tuple[int, int]) -> None:
    """Whoever taught less by more than a minute begins; when equal they take turns."""
    assert hour.starters((1, 2), taught, last) == expected


# ------------------------------------------------------------------------------------------ random lives


@dataclass
class Life:
    """One hour played by hand with the pure functions, and what would excuse unequal directions."""

    meeting: Meeting
    now: datetime
    extended: timedelta = timedelta()
    swapped_early: bool = False
    ended_early: bool = False
    one_way: bool = False
    held_second: timedelta = timedelta()
    overlong: bool = False
    happened: list[str] = field(default_factory=list)

    def pass_time(self, seconds: int) -> None:
        """The clock does what is due, each at its moment."""
        until = self.now + timedelta(seconds=seconds)
        if self.meeting.held_at is not None and self.meeting.stage == "second_half":
            self.held_second += min(until, max(hour.end(self.meeting), self.now)) - self.now
        while (following := hour.following(self.meeting, SESSION)) is not None and following.at <= until:
            self.happened.append(following.name)
            if following.name == "swap":
                self.meeting = hour.swap(self.meeting, following.at)
            elif following.name == "end":
                self.finish(following.at)
            else:
                self.meeting = replace(self.meeting, said=(*self.meeting.said, following.name))
        self.now = until

    def finish(self, at: datetime) -> None:
        """The end, wherever the clock stood."""
        self.overlong |= self.meeting.stage == "first_half" and not self.one_way
        self.meeting = hour.finish(self.meeting, at)

    def do(self, move: str, minutes: int) -> None:
        """One verb, if it is possible now."""
        meeting, running = self.meeting, self.meeting.ran_at is not None
        if meeting.stage not in {"first_half", "second_half"}:
            return
        if move == "hold" and running:
            self.meeting = hour.hold(meeting, self.now)
        elif move == "go" and not running:
            self.meeting = hour.resume(meeting, SESSION, self.now)
            first = self.meeting.taught[0]
            left = (hour.end(self.meeting) - self.now).total_seconds()
            self.overlong |= self.meeting.stage == "first_half" and first > left
        elif move == "extend":
            self.meeting = hour.extend(meeting, SESSION, minutes, self.now)
            self.extended += minutes * MINUTE
        elif move == "swap" and running and meeting.stage == "first_half":
            self.swapped_early = True
            self.meeting = hour.swap(meeting, self.now)
        elif move == "end":
            self.ended_early = True
            self.happened.append("end")
            self.finish(self.now)
        elif move in {"yes", "no"} and meeting.one_way == "asked" and meeting.stage == "first_half":
            self.meeting = hour.answer_short(meeting, SESSION, move == "yes", self.now)
        self.one_way |= self.meeting.one_way in {"asked", "yes"}


MOVES = st.sampled_from(["hold", "go", "go", "extend", "swap", "end", "yes", "no", "wait", "wait", "wait"])
STEPS = st.lists(st.tuples(MOVES, st.integers(1, 15), st.integers(0, 1500)), max_size=12)


def live(length: int, late: int, steps: list[tuple[str, int, int]]) -> Life:
    """An hour from its beginning to its end."""
    now = START + timedelta(seconds=min(late, length * 60 - 1))
    life = Life(hour.begin(waiting(length), SESSION, now), now)
    life.one_way = life.meeting.one_way == "asked"
    for move, minutes, seconds in steps:
        life.do(move, minutes)
        life.pass_time(seconds)
        if life.meeting.stage == "held":
            break
    life.pass_time(24 * 3600)
    return life


@settings(max_examples=400, deadline=None)
@given(st.integers(20, 180), st.integers(0, 3600), STEPS)
def test_a_life_ends_once_and_in_time(length: int, late: int, steps: list[tuple[str, int, int]]) -> None:
    """Every hour ends exactly once, swaps at most once, never later than agreed and extended, with no negative half."""
    life = live(length, late, steps)
    meeting = life.meeting
    assert meeting.stage == "held"
    assert life.happened.count("end") == 1
    assert all(life.happened.count(name) <= 1 for name in ("warn", "swap", "last"))
    ends_at = hour.end(meeting)
    assert ends_at <= START + length * MINUTE + life.extended
    played = (ends_at - (meeting.began_at or START)).total_seconds()
    assert min(meeting.taught) >= 0
    assert sum(meeting.taught) <= played + 1


@settings(max_examples=400, deadline=None)
@given(st.integers(20, 180), st.integers(0, 3600), STEPS)
def test_both_directions_get_the_same(length: int, late: int, steps: list[tuple[str, int, int]]) -> None:
    """Invariant 5: equal within a minute unless they swapped or ended early, chose one direction, or held too long.

    A hold in the second half costs the second direction at most its own length, and less what was extended.
    """
    life = live(length, late, steps)
    first, second = life.meeting.taught
    if life.swapped_early or life.ended_early or life.one_way or life.overlong:
        return
    assert second - first <= 60
    assert first - second <= 60 + life.held_second.total_seconds()


@settings(max_examples=300, deadline=None)
@given(st.integers(20, 180), st.integers(0, 3600), st.integers(1, 7000))
def test_looking_at_the_clock_changes_nothing(length: int, late: int, second: int) -> None:
    """A restart computes from the record: counting in two parts gives what counting at once gives."""
    now = START + timedelta(seconds=min(late, length * 60 - 1))
    meeting = hour.begin(waiting(length), SESSION, now)
    later = now + timedelta(seconds=second)
    half = now + timedelta(seconds=second // 2)
    assert hour.run(hour.run(meeting, half), later).taught == hour.run(meeting, later).taught


# --------------------------------------------------------------------------------- through decide, with outages


def hour_of_two(apart: bool = False) -> World:
    """Two people, an hour at 18:00 UTC, and it is a quarter to."""
    w = world(START - 20 * MINUTE)
    add_member(w, "lupe", {"zone": "UTC"})
    add_member(w, "oto", {"zone": "UTC"})
    add_pair(w, 21, "lupe", "oto", "trial", apart=apart)
    add_hour(w, 40, 21, START)
    return w


DOINGS = st.sampled_from(
    [
        "lupe hi",
        "oto hi",
        "lupe hold",
        "oto go",
        "lupe !extend 4",
        "oto !yes",
        "lupe swap",
        "oto !late 5",
        "lupe end",
        "outage",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(DOINGS, st.integers(1, 1200)), max_size=14))
def test_each_line_of_the_clock_is_said_at_most_once(doings: list[tuple[str, int]]) -> None:
    """Invariant 6, with words and outages at any moment: no mark twice, exactly one ending, and the ledger says what was taught."""
    w = hour_of_two()
    for doing, seconds in doings:
        if doing == "outage":
            w.outage_until(w.now + timedelta(seconds=seconds))
            continue
        who, _, text = doing.partition(" ")
        w.say(who, text, "m21")
        w.pass_until(w.now + timedelta(seconds=seconds))
    w.pass_until(START + 4 * 60 * MINUTE)
    said = [line for reader, line in w.said if reader == "m21"]
    meeting = w.programme.tables.meetings.rows[40]
    assert meeting.stage in {"held", "missed", "off"}
    assert sum(line.startswith("Go.") for line in said) <= 1
    assert sum(line.startswith("Swap") for line in said) <= 1
    assert sum(line.startswith("Welcome") for line in said) <= 1
    assert sum("That's the hour" in line for line in said) == (meeting.stage == "held")
    assert not [t for t in w.programme.tables.timers.rows.values() if t.about == "S40"]
    sides = {s.person: s.taught_seconds for s in w.programme.tables.participants.rows.values()}
    if meeting.stage == "held":
        assert sides == dict(zip(meeting.teachers, meeting.taught, strict=True))
    else:
        assert set(sides.values()) == {0}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 59 * 60), st.integers(121, 3 * 3600))
def test_an_outage_is_told_in_one_line(begin: int, length: int) -> None:
    """Whenever the outage in a running hour is longer than two minutes, exactly one line tells of it."""
    w = hour_of_two()
    w.pass_until(START)
    w.say("lupe", "hi", "m21")
    w.say("oto", "hi", "m21")
    w.pass_until(START + timedelta(seconds=begin))
    # The watch looks every two minutes, so an outage shorter than twice that may pass unnoticed when no line fell into it.
    w.outage_until(w.now + timedelta(seconds=length + SESSION.stale_seconds))
    w.pass_until(START + 4 * 60 * MINUTE)
    told = [line for reader, line in w.said if reader == "m21" and line.startswith("I was away")]
    assert len(told) == 1


@pytest.mark.parametrize("apart", [False, True])
def test_a_missed_hour_of_ours_is_nobodys_miss(apart: bool) -> None:
    """The whole hour fell into an outage: moderators hear it once, and nobody's record shows a miss."""
    w = hour_of_two(apart)
    w.outage_until(START + 90 * MINUTE)
    assert [reader for reader, _ in w.said].count("team") == 1
    assert w.programme.tables.meetings.rows[40].stage == "off"
    assert [s.missed_in_row for s in w.programme.tables.participants.rows.values()] == [0, 0]
