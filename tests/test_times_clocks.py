"""Times on real clocks: shown and read back, daylight saving, two people's shared hours, hostile texts."""

from __future__ import annotations

import contextlib
import itertools
import string
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relaybot import times
from relaybot.model import Window
from relaybot.times import NotUnderstood
from tests.times_cases import KOLKATA, LISBON, NOW, TORONTO, free_hours, moments, utc, zones

# -------------------------------------------------------------------------------------------------------- shown


def test_moments_are_shown_on_every_clock() -> None:
    moment = utc("2026-11-26 18:00")
    assert times.show(moment, LISBON) == "Thu 26 Nov 18:00"
    assert times.show_day(moment, LISBON) == "Thu 26 Nov"
    assert times.show_day(date(2026, 11, 26), LISBON) == "Thu 26 Nov"
    assert times.show_time(moment, TORONTO) == "13:00"
    assert times.show(utc("2027-01-04 18:00"), LISBON, NOW) == "Mon 4 Jan 2027 18:00"
    assert times.show(moment, LISBON, NOW) == "Thu 26 Nov 18:00"
    assert times.both(moment, [LISBON, TORONTO]) == "Thu 26 Nov 18:00 Lisbon = 13:00 Toronto"
    late = utc("2026-12-08 18:30")
    assert times.both(late, [TORONTO, KOLKATA]) == "Tue 8 Dec 13:30 Toronto = Wed 9 Dec 00:00 Kolkata"
    assert times.both(late, ["Africa/Lagos", "Europe/Copenhagen"]) == "Tue 8 Dec 19:30 Lagos and Copenhagen"
    assert times.both(late, [LISBON, LISBON]) == "Tue 8 Dec 18:30 Lisbon"


def first_of_two(moment: datetime, zone: str) -> bool:
    return moment.astimezone(ZoneInfo(zone)).fold == 0


@given(moments, moments, zones)
def test_a_shown_moment_is_read_back(now: datetime, moment: datetime, zone: str) -> None:
    if moment > now and first_of_two(moment, zone):
        assert times.when(times.show(moment, zone, now), now, zone) == moment


@given(moments, moments, zones)
def test_a_shown_day_is_read_back(now: datetime, moment: datetime, zone: str) -> None:
    day = moment.astimezone(ZoneInfo(zone)).date()
    if day >= now.astimezone(ZoneInfo(zone)).date():
        assert times.day(times.show_day(day, zone, now), now, zone) == day


@given(moments, zones, st.sampled_from("mon tue wed thu fri sat sun".split()), st.integers(0, 1439))
def test_a_weekday_is_the_next_such_moment(now: datetime, zone: str, weekday: str, minute: int) -> None:
    meant = times.when(f"{weekday} {minute // 60}:{minute % 60:02d}", now, zone)
    assert now < meant <= now + timedelta(days=7, hours=2)


@given(moments, st.integers(1, 500_000))
def test_in_some_minutes_is_exactly_that(now: datetime, minutes: int) -> None:
    assert times.when(f"in {minutes}m", now, LISBON) == now + timedelta(minutes=minutes)
    assert times.duration(f"{minutes}m") == timedelta(minutes=minutes)


# ---------------------------------------------------------------------------------------------- daylight saving

# A wall time the clock skips, and the moment it then means; a wall time that comes twice, and the first of the two.
GAPS = [
    ("Europe/Lisbon", "2027-03-28", "1:30", "2027-03-28 01:30"),
    ("America/Toronto", "2027-03-14", "2:30", "2027-03-14 07:30"),
    ("Australia/Lord_Howe", "2026-10-04", "2:15", "2026-10-03 15:45"),
    ("Pacific/Auckland", "2026-09-27", "2:30", "2026-09-26 14:30"),
    ("America/St_Johns", "2027-03-14", "2:30", "2027-03-14 06:00"),
    ("America/Santiago", "2026-09-06", "0:30", "2026-09-06 04:30"),
]
OVERLAPS = [
    ("Europe/Lisbon", "2026-10-25", "1:30", "2026-10-25 00:30"),
    ("America/Toronto", "2026-11-01", "1:30", "2026-11-01 05:30"),
    ("Australia/Lord_Howe", "2027-04-04", "1:45", "2027-04-03 14:45"),
    ("Pacific/Auckland", "2027-04-04", "2:30", "2027-04-03 13:30"),
    ("America/St_Johns", "2026-11-01", "1:30", "2026-11-01 04:00"),
    ("America/Santiago", "2027-04-03", "23:30", "2027-04-04 02:30"),
]


@pytest.mark.parametrize(("zone", "day", "clock", "meant"), GAPS + OVERLAPS)
def test_gaps_move_later_and_overlaps_are_the_first(zone: str, day: str, clock: str, meant: str) -> None:
    assert times.when(f"{day} {clock}", utc("2026-01-01 00:00"), zone) == utc(meant)
    hour, minute = clock.split(":")
    assert times.at_wall(date.fromisoformat(day), int(hour) * 60 + int(minute), zone) == utc(meant)


@given(moments, zones)
def test_wall_time_and_back(moment: datetime, zone: str) -> None:
    wall = moment.astimezone(ZoneInfo(zone))
    if wall.fold == 0:
        assert times.at_wall(wall.date(), wall.hour * 60 + wall.minute, zone) == moment


@given(st.dates(date(2026, 1, 1), date(2031, 12, 31)), st.integers(0, 1440), zones)
def test_a_weekly_slot_keeps_its_wall_time(day: date, minute: int, zone: str) -> None:
    shown = times.at_wall(day, minute, zone).astimezone(ZoneInfo(zone))
    off = shown.replace(tzinfo=UTC) - (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute))
    assert timedelta(0) <= off <= timedelta(hours=1)  # later only where the clock skipped that time


def test_24_hours_are_not_always_a_day() -> None:
    now = utc("2027-03-27 12:00")  # the night in which Lisbon's clock goes forward
    assert times.when("in 24h", now, LISBON) == utc("2027-03-28 12:00")
    assert times.when("in 1 day", now, LISBON) == utc("2027-03-28 11:00")


def test_offsets() -> None:
    summer = utc("2026-07-01 12:00")
    assert [times.offset(zone, NOW) for zone in (LISBON, TORONTO, KOLKATA, "Asia/Kathmandu")] == [0, -300, 330, 345]
    assert [times.offset(zone, summer) for zone in (LISBON, TORONTO, "Australia/Lord_Howe")] == [60, -240, 630]


# --------------------------------------------------------------------------------------------------- two people

ANA, BRAM = times.hours("thu from 17:30, sun 08-12"), times.hours("mon-fri 12-15")


def test_shared_hours_of_ana_and_bram() -> None:
    found = times.shared(ANA, LISBON, BRAM, TORONTO, start=NOW, days=7, minutes=60)
    assert found == ((utc("2026-11-26 17:30"), utc("2026-11-26 20:00")),)
    assert times.slots(found, LISBON) == (utc("2026-11-26 18:00"), utc("2026-11-26 19:00"))


def test_shared_hours_move_where_only_one_clock_changes() -> None:
    found = times.shared(ANA, LISBON, BRAM, TORONTO, start=utc("2027-03-08 00:00"), days=28, minutes=60)
    assert [low for low, _ in found] == [
        utc("2027-03-11 17:30"),  # Toronto still five hours behind
        utc("2027-03-18 17:30"),  # four hours: Bram's 12:00 is 16:00, Ana begins at 17:30
        utc("2027-03-25 17:30"),
        utc("2027-04-01 16:30"),
    ]
    assert [int((high - low) / timedelta(minutes=1)) for low, high in found] == [150, 90, 90, 150]


def test_slots_are_whole_hours_spread_over_days() -> None:
    free = times.shared(times.hours("daily"), LISBON, times.hours("daily"), LISBON, start=NOW, days=3, minutes=60)
    assert times.slots(free, LISBON) == (utc("2026-11-21 15:00"), utc("2026-11-21 16:00"), utc("2026-11-22 08:00"))
    assert times.slots(free[:1], LISBON, n=4) == tuple(utc(f"2026-11-21 {hour}:00") for hour in (15, 16, 17, 18))
    short = ((utc("2026-11-21 15:30"), utc("2026-11-21 16:30")),)
    assert times.slots(short, LISBON) == (utc("2026-11-21 15:30"),)
    assert times.slots(short, KOLKATA) == (utc("2026-11-21 15:30"),)
    assert times.slots((), LISBON) == ()


@given(free_hours(), zones, free_hours(), zones, moments, st.integers(1, 14), st.integers(1, 240))
def test_shared_is_what_both_clocks_say(
    windows_a: tuple[Window, ...], zone_a: str, windows_b: tuple[Window, ...], zone_b: str,
    start: datetime, days: int, minutes: int,
) -> None:  # fmt: skip
    found = times.shared(windows_a, zone_a, windows_b, zone_b, start=start, days=days, minutes=minutes)
    assert list(found) == sorted(found)
    assert all(low >= start and high <= start + timedelta(days=days) for low, high in found)
    assert all(high - low >= timedelta(minutes=minutes) for low, high in found)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found))
    for low, high in found:
        for moment in (low, low + (high - low) / 2, high - timedelta(minutes=1)):
            assert is_free(windows_a, zone_a, moment)
            assert is_free(windows_b, zone_b, moment)


def is_free(windows: tuple[Window, ...], zone: str, moment: datetime) -> bool:
    wall = moment.astimezone(ZoneInfo(zone))
    minute = wall.hour * 60 + wall.minute
    return any(w.weekday == wall.weekday() and w.start <= minute < w.end for w in windows) or near_change(wall)


def near_change(wall: datetime) -> bool:
    """Around a change of the clock a bound may lie in the gap or the overlap: then it is at_wall that counts."""
    hours = timedelta(hours=26)
    return (wall.astimezone(UTC) - hours).astimezone(wall.tzinfo).utcoffset() != (
        wall.astimezone(UTC) + hours
    ).astimezone(wall.tzinfo).utcoffset()


@given(free_hours(), free_hours(), st.sampled_from([-600, -300, 0, 330, 345, 840]), st.sampled_from([-660, 0, 630]))
def test_weekly_overlap_counts_shared_minutes(
    windows_a: tuple[Window, ...], windows_b: tuple[Window, ...], offset_a: int, offset_b: int
) -> None:
    def minutes(windows: tuple[Window, ...], offset: int) -> set[int]:
        return {(w.weekday * 1440 + m - offset) % 10080 for w in windows for m in range(w.start, w.end)}

    both = minutes(windows_a, offset_a) & minutes(windows_b, offset_b)
    assert (times.week(windows_a, offset_a) & times.week(windows_b, offset_b)).bit_count() == len(both)


def test_matching_thousands_of_pairs_is_quick() -> None:
    def best(question: Callable[[], object]) -> float:
        """The quickest of many: what it costs, not what else this computer does."""
        taken = []
        for _ in range(50):
            before = time.perf_counter()
            question()
            taken.append(time.perf_counter() - before)
        return min(taken)

    def overlap() -> int:
        """Minutes of a week in which both are free."""
        return (times.week(ANA, 0) & times.week(BRAM, -300)).bit_count()

    assert best(lambda: times.shared(ANA, LISBON, BRAM, TORONTO, start=NOW, days=14, minutes=60)) < 0.001
    assert best(overlap) < 0.000_05


@pytest.mark.parametrize(
    ("moment", "quiet", "meant"),
    [
        ("2026-11-26 18:00", (1260, 480), "2026-11-26 18:00"), ("2026-11-26 21:00", (1260, 480), "2026-11-27 08:00"),
        ("2026-11-26 20:59", (1260, 480), "2026-11-26 20:59"), ("2026-11-27 07:59", (1260, 480), "2026-11-27 08:00"),
        ("2026-11-27 08:00", (1260, 480), "2026-11-27 08:00"), ("2026-11-26 03:00", (180, 181), "2026-11-26 03:01"),
        ("2026-11-26 12:30", (720, 780), "2026-11-26 13:00"), ("2026-12-31 23:00", (1260, 480), "2027-01-01 08:00"),
        ("2026-11-26 03:00", (480, 480), "2026-11-26 03:00"), ("2026-11-26 03:00", (0, 0), "2026-11-26 03:00"),
    ],
)  # fmt: skip
def test_waking(moment: str, quiet: tuple[int, int], meant: str) -> None:
    assert times.waking(utc(moment), LISBON, quiet) == utc(meant)


@given(moments, zones, st.integers(0, 1439), st.integers(0, 1439))
def test_waking_is_soon_and_final(moment: datetime, zone: str, low: int, high: int) -> None:
    woken = times.waking(moment, zone, (low, high))
    assert moment <= woken <= moment + timedelta(hours=25)
    assert times.waking(woken, zone, (low, high)) == woken or near_change(woken.astimezone(ZoneInfo(zone)))


# ------------------------------------------------------------------------------------------------ hostile texts

READERS: list[Callable[[str], object]] = [
    times.zone, times.hours, times.place_and_hours, times.duration, times.span,
    lambda text: times.when(text, NOW, LISBON), lambda text: times.whens(text, NOW, LISBON),
    lambda text: times.day(text, NOW, LISBON), lambda text: times.dates(text, NOW, LISBON),
]  # fmt: skip
NASTY = [
    "a" * 10_000, "1" * 10_000, "9" * 190, "thu " * 2500, "thu " * 40, "mon," * 120, "1h" * 90, "a b " * 100,
    "of the " * 60, "-" * 190, "\u202e thu 19:00 \u202c", "\u200bthu\u200b", "\ud800 19:00", "\x00", "\ufdfa" * 190,
    "null", "undefined", "NaN", "1e400", "١٢:٣٠", "\uff11\uff12:\uff13\uff10", "'; DROP TABLE people; --", "{0.__class__}", "%s%n",
    "0000-00-00 00:00", "9999-12-31 23:59", "0001-01-01 00:00", "in 99999999999999999999h", "24:00", "24:01", "12am", "0pm",
    "13pm", "24pm", "utc+" + "9" * 50, "Etc/GMT-99", "/etc/localtime", "mon-", "-fri", "from", "until", "not", "between 5 and",
    "thu 19:00 " + "x" * 150, "31 feb", "29 feb 2027 12:00", "america north dakota " * 9, "\n" * 500, " ", "🦄", "mon 19:00🦄",
]  # fmt: skip


@pytest.mark.parametrize("read", READERS)
def test_hostile_texts_are_asked_back_quickly(read: Callable[[str], object]) -> None:
    times.zone("lisbon")  # the tables of places are built once
    for text in NASTY:
        before = time.process_time()
        try:
            read(text)
        except NotUnderstood as error:
            assert_kind(str(error))
        assert time.process_time() - before < 0.05, text[:40]


def assert_kind(sentence: str) -> None:
    assert sentence.isprintable()
    assert len(sentence) < 250
    assert sentence[0].isupper() or sentence[0] == '"'
    assert sentence[-1] in ".?"
    assert not any(word in sentence.lower() for word in ("token", "syntax", "invalid", "error", "parse"))


WORDS = st.sampled_from(
    "mon tue-thu weekdays weekends evenings morning from after until 18 19:00 7pm 9-5 , ; . - + and or not except"
    " in at lisbon toronto utc+2 3 dec 2026-12-03 tomorrow in 2h 1h30 daily between to noon 24/7 ( ) any day 29 feb".split()
)


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=12).map(" ".join), st.text(string.printable)))
@example("mo1dec")
def test_nothing_but_not_understood_is_ever_raised(text: str) -> None:
    for read in READERS:
        try:
            read(text)
        except NotUnderstood as error:
            assert_kind(str(error))


@given(st.lists(WORDS, max_size=10).map(" ".join))
def test_whatever_is_read_is_in_the_future_and_normal(text: str) -> None:
    try:
        windows = times.hours(text)
    except NotUnderstood:
        windows = ()
    assert all(0 <= w.start < w.end <= 1440 and 0 <= w.weekday <= 6 for w in windows)
    assert not windows or times.hours(times.show_hours(windows)) == windows
    with contextlib.suppress(NotUnderstood):
        assert times.when(text, NOW, LISBON) > NOW
