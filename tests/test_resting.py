"""Rest: whoever is paused hears nothing and is counted nowhere; mute keeps words; quiet hours are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relaybot.desk import Desk
from relaybot.model import Person, Put
from relaybot.nouns import people
from tests.play import World, add_hour, add_member, add_pair, add_person, world

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KOLKATA = ZoneInfo("Asia/Kolkata")  # where lupe and oto live


def who(w: World, name: str) -> Person:
    """Somebody by name."""
    return next(p for p in w.programme.tables.people.rows.values() if p.name == name)


def town() -> World:
    """Dana moderates; ana and bram are a pair, lupe and oto wait."""
    w = world(START)
    add_person(w, "dana", moderator=True)
    for name in ("ana", "bram"):
        add_member(w, name, {"zone": "Europe/Lisbon"})
    for name, learn, offer in (("lupe", "rust", "git deep"), ("oto", "git", "rust deep")):
        add_member(w, name, {"zone": "Asia/Kolkata", "learn": learn, "offer": offer})
    add_pair(w, 12, "ana", "bram", "trial")
    return w


BEFORE = (
    "hour 1", "hour 5", "hour 30", "wait 1", "wait 30", "wait 200", "dana pair lupe oto now", "dana yes", "oto yes", "lupe yes",
    "oto no", "ana propose tomorrow 18:00", "ana tell hi", "bram pulse 3",
)  # fmt: skip


def live(w: World, move: str) -> None:
    """One move."""
    first, _, rest = move.partition(" ")
    if first == "hour":
        number = 40 + len(w.programme.tables.meetings.rows)
        add_hour(w, number, 12, w.now.replace(minute=0) + timedelta(hours=int(rest)))
    elif first == "wait":
        w.pass_until(w.now + timedelta(hours=int(rest)))
    else:
        w.say(first, rest)


@settings(max_examples=80)
@given(
    st.lists(st.sampled_from(BEFORE), max_size=8), st.sampled_from(("ana", "bram", "lupe", "oto")), st.integers(2, 40)
)
@example(before=["wait 30", "hour 30"], name="ana", days=2)  # the hour begins exactly when the pause ends
def test_paused_people_hear_nothing_and_are_not_counted(before: list[str], name: str, days: int) -> None:
    """Invariant 17: from the pause to its end no message reaches them, and no list of those who wait has them."""
    w = town()
    for move in before:
        live(w, move)
    running = [
        m for m in w.programme.tables.meetings.rows.values() if m.stage in {"waiting", "first_half", "second_half"}
    ]
    w.say(name, f"!pause {days} days")
    person = who(w, name)
    assert person.paused_until is not None
    w.said.clear()
    if not running:
        w.pass_until(person.paused_until - timedelta(minutes=1))
        assert [line for reader, line in w.said if reader == name] == []
        desk = Desk(w.programme, w.moment())
        assert name not in [p.name for p in people.waiting(desk)]
        w.say("dana", "waiting")
        assert not any(name in line for reader, line in w.said if reader == "dana")
    w.said.clear()
    w.pass_until(w.now + timedelta(days=days + 1))
    assert who(w, name).paused_until is None
    assert "Welcome back." in " ".join(line for reader, line in w.said if reader == name)


@settings(max_examples=60)
@given(st.integers(0, 23), st.integers(0, 23), st.integers(0, 23))
def test_nothing_unasked_comes_in_quiet_hours(low: int, high: int, at: int) -> None:
    """Whatever quiet hours somebody chose, the moment they may be written to is outside, and at most a day away."""
    w = town()
    w.say("lupe", f"quiet {low:02}:00-{high:02}:30")
    desk = Desk(w.programme, replace(w.moment(), now=START.replace(hour=at)))
    found = people.waking(desk, desk.people[who(w, "lupe").id])
    local = found.astimezone(KOLKATA)
    minute = local.hour * 60 + local.minute
    inside = low * 60 <= minute < high * 60 + 30 if low <= high else minute >= low * 60 or minute < high * 60 + 30
    assert not inside
    assert timedelta() <= found - desk.now <= timedelta(days=1)


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("pause until 4 jan", "2027-01-04"),
        ("pause 4 jan", "2027-01-04"),
        ("pause till friday", "2026-11-27"),
        ("pause for 2 weeks", "2026-12-05"),
        ("pause tomorrow", "2026-11-22"),
    ],
)
def test_ways_to_say_until_when(said: str, until: str) -> None:
    """A pause lasts until the day begins on the person's own clock."""
    w = town()
    w.say("lupe", said)
    paused_until = who(w, "lupe").paused_until
    assert paused_until is not None
    assert paused_until.astimezone(KOLKATA).strftime("%Y-%m-%d %H:%M") == f"{until} 00:00"


def test_a_longer_pause_moves_the_end_and_tells_the_partner_again() -> None:
    """A second pause replaces the first: one welcome, on the later day."""
    w = town()
    w.say("ana", "pause until 30 nov")
    w.say("ana", "pause until 10 dec")
    told = [line for reader, line in w.said if reader == "bram"]
    assert told == [
        "ana is away until Mon 30 Nov. Nothing to do for you.",
        "ana is away until Thu 10 Dec. Nothing to do for you.",
    ]
    w.said.clear()
    w.pass_until(START + timedelta(days=25))
    assert [line for reader, line in w.said if reader == "ana" and "Welcome back" in line] != []
    assert sum("Welcome back" in line for _, line in w.said) == 1


def test_two_who_are_both_away_hear_nothing_of_each_other() -> None:
    """A partner who is on a pause too is not told of the other's."""
    w = town()
    w.say("bram", "pause until 20 dec")
    w.said.clear()
    w.say("ana", "pause until 10 dec")
    assert [line for reader, line in w.said if reader == "bram"] == []
    w.say("ana", "resume")
    assert [line for reader, line in w.said if reader == "bram"] == []


def test_a_timer_of_somebody_gone_does_nothing() -> None:
    """Timers may outlive a person or their membership."""
    w = town()
    w.say("lupe", "pause until 30 nov")
    w.say("lupe", "mute 2d")
    w.say("ana", "talk")
    w.make(Put(replace(who(w, "lupe"), stage="left", waiting_since=None)))
    w.said.clear()
    w.pass_until(START + timedelta(days=20))
    assert [line for reader, line in w.said if reader == "lupe"] == []
    assert who(w, "lupe").paused_until is None


def test_an_outage_over_the_day_welcomes_late_once() -> None:
    """A pause that ended while relaybot was off ends when it is back, in waking hours."""
    w = town()
    w.say("ana", "pause until 30 nov")
    w.said.clear()
    w.outage_until(datetime(2026, 12, 1, 2, 0, tzinfo=UTC))
    w.pass_until(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    assert sum("Welcome back" in line for _, line in w.said) == 1
