"""An hour by mail: it begins by itself, its lines go stale, its people say whether it took place; calendars on demand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.desk import Desk
from relaybot.model import Address, Put
from relaybot.nouns import afterhour, dates, hour, sessions
from tests.dates_world import (
    NOON,
    SATURDAY,
    Post,
    agree,
    drop,
    meeting,
    pair,
    person,
    post,
    say,
    shown,
    side,
    to,
)
from tests.play import NAME, add_hour

# ----------------------------------------------------------------------------------------- in the hour


def test_an_hour_of_a_chat_and_a_mailbox_begins_by_itself() -> None:
    """Presence is asked of nobody; the one on the chat has the clock, and may say that they come late."""
    w = post(second="ravi")
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY - timedelta(minutes=15))
    assert [x.to for x in w.taken() if "starts in 15 minutes" in x.text[0]] == ["irc:test/ravi"]
    say(w, "ravi", "late 5")
    w.pass_until(SATURDAY + timedelta(minutes=1))
    assert meeting(w).stage == "waiting"
    w.pass_until(SATURDAY + timedelta(minutes=5))
    assert (meeting(w).stage, meeting(w).began_at) == ("first_half", SATURDAY + timedelta(minutes=5))
    lines = [line for who, line in w.said if who == "ravi"]
    assert any(line.startswith("Go.") for line in lines)


@pytest.mark.parametrize("word", ["start", "here"])
def test_whoever_is_late_may_come_earlier(word: str) -> None:
    """A word from the chat begins the hour that waited for it."""
    w = post(second="ravi")
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY - timedelta(minutes=10))
    say(w, "ravi", "late 10")
    w.pass_until(SATURDAY + timedelta(minutes=2))
    say(w, "ravi", word)
    assert meeting(w).stage == "first_half"


def test_lines_of_the_hour_go_stale() -> None:
    """A mail about the clock leaves within minutes or not at all, and not when the hour is over."""
    w = post()
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY - timedelta(minutes=1))
    w.taken()
    w.pass_until(SATURDAY + timedelta(minutes=30))
    clock = [x for x in w.taken() if x.text[0].startswith(("Go.", "Swap"))]
    assert len(clock) == 4
    assert {x.expires_at - x.written_at for x in clock if x.expires_at} == {timedelta(seconds=120)}
    assert {(x.claim, x.about) for x in clock} == {("meeting 1 waiting,first_half,second_half", "S1")}
    assert [x.subject for x in to(clock, "chidi")] == ["Now: your hour with mette", "Swap: your hour with mette"]


def test_a_clock_mail_that_comes_too_late_is_nobodys_trouble() -> None:
    """Mail is slow: lines of the clock that could not leave in time are gone, and no moderator is told of it."""
    w = post()
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY - timedelta(minutes=1))
    w.taken()
    w.away.add("mail")
    w.pass_until(SATURDAY + timedelta(minutes=20))
    assert [line for who, line in w.said if who == "team"] == []
    w.away.discard("mail")
    w.pass_until(SATURDAY + timedelta(minutes=29))
    assert w.taken() == []


def test_an_hour_during_an_outage_took_place() -> None:
    """The calendar was the clock: nobody missed it, moderators hear of nothing, the two are asked about it."""
    w = post()
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY - timedelta(hours=1))
    w.taken()
    w.outage_until(SATURDAY + timedelta(hours=2))
    assert (meeting(w).stage, meeting(w).taught) == ("asked", (1800, 1800))
    assert pair(w).held == 1
    letters = w.taken()
    assert [x for x in letters if x.text[0].startswith(("Go.", "Swap", "I was away"))] == []
    assert len([x for x in letters if "Did it take place" in " ".join(x.text)]) == 2


# --------------------------------------------------------------------------------------- did it take place?


def held(first: str, second: str, settings_: str = "") -> Post:
    """An hour is over, and the two say whether it took place ("" says nothing)."""
    w = post(stage="active", settings_=settings_)
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY + timedelta(hours=2))
    w.taken()
    for name, said in (("chidi", first), ("mette", second)):
        if said:
            say(w, f"{name}@mail", said, "M19")
    w.pass_until(SATURDAY + timedelta(days=8))
    return w


@pytest.mark.parametrize(
    ("first", "second", "stage", "partly", "count"),
    [
        ("yes", "yes", "held", False, 1),
        ("Yes, it did.", "", "held", False, 1),
        ("", "", "held", False, 1),
        ("partly", "yes", "held", True, 1),
        ("no", "yes", "held", True, 1),
        ("no", "partly", "held", True, 1),
        ("no", "no", "missed", False, 0),
        ("no", "", "missed", False, 0),
        ("3", "", "missed", False, 0),
    ],
)
def test_the_record_says_what_they_say(first: str, second: str, stage: str, partly: bool, count: int) -> None:
    """Held, partly or missed; what did not take place counts for nobody, and nobody missed it alone."""
    w = held(first, second)
    assert (meeting(w).stage, meeting(w).partly, pair(w).held) == (stage, partly, count)
    assert [side(w, n).taught_seconds for n in ("chidi", "mette")] == [1800 * count] * 2
    assert side(w, "chidi").missed_in_row == side(w, "mette").missed_in_row == (stage == "missed")
    weeks = [t.value for t in w.programme.tables.tallies.rows.values() if t.name.startswith("held ")]
    assert sum(weeks) == count


def test_moderators_hear_of_the_second_in_a_row() -> None:
    """One hour that did not take place is nobody's business; the second in a row is told, without names of guilt."""
    w = held("no", "no")
    assert not any("in a row" in line for _, line in w.said)
    w.said.clear()
    add_hour(w, 2, 19, SATURDAY + timedelta(days=14))
    w.pass_until(SATURDAY + timedelta(days=14, hours=2))
    w.said.clear()
    for name in ("chidi", "mette"):
        say(w, f"{name}@mail", "no", "M19")
    assert ("team", "M19: 2 hours in a row did not take place, they say. No automatic consequence.") in w.said


def test_an_hour_asked_about_when_the_pair_ends_counts() -> None:
    """What was held stays held when somebody leaves before the question is answered."""
    w = post(stage="active")
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY + timedelta(minutes=70))
    drop(w)
    assert (meeting(w).stage, pair(w).held) == ("held", 1)


@pytest.mark.parametrize(
    ("said", "fit", "took"),
    [
        ("1 yes", "good", "yes"),
        ("yes 1", "good", "yes"),
        ("1\nyes", "good", "yes"),
        ("good fit, patient teacher\npartly", "good", "partly"),
        ("2, partly", "unsure", "partly"),
        ("not sure yet. yes", "unsure", "yes"),
        ("1", "good", "yes"),
        ("no", "", "no"),
        ("3 no", "no", "no"),
    ],
)
def test_two_questions_in_one_letter(said: str, fit: str, took: str) -> None:
    """On trial a letter asks both; answers are found in any order, on one line or on two."""
    w = post()
    add_hour(w, 1, 19, SATURDAY)
    w.pass_until(SATURDAY + timedelta(hours=2))
    say(w, "chidi@mail", said.replace("\n", " \\n "), "M19")
    assert side(w, "chidi").fit == fit
    assert dict(meeting(w).took)[person(w, "chidi").id] == took


# ------------------------------------------------------------------------------------------- `calendar`


def test_calendar_by_mail_sends_the_next_hours_again() -> None:
    """One letter with all dates, as they are: the same sequence, so that nothing changes where they are known."""
    w = post(stage="active")
    agree(w)
    agree(w, at="12 dec 17:00")
    say(w, "chidi@mail", "calendar")
    (one,) = to(w.taken(), "chidi")
    assert shown([one]) == [(f"s{n}-{half}", 0, False) for n in (1, 2) for half in (1, 2)]
    assert one.subject == "Your next 2 hours"


def test_calendar_on_a_chat_needs_a_mail_address() -> None:
    """Lines with the dates; the file only where there is a verified mail address, and then what changes comes there."""
    w = post(second="ravi", stage="active")
    add_hour(w, 1, 19, SATURDAY)
    say(w, "ravi", "calendar")
    (line, link) = next(x.text for x in w.taken() if x.to == "irc:test/ravi")
    assert line == "S1: Sat 5 Dec 17:00 Copenhagen, with chidi"
    assert "link you@example.org" in link
    w.make(Put(Address(NAME, "mail/ravi@example.net", person(w, "ravi").id)))
    say(w, "ravi", "calendar")
    letters = w.taken()
    assert shown(to(letters, "ravi")) == [("s1-1", 0, False), ("s1-2", 0, False)]
    assert "on their way to ravi@example.net" in " ".join(x.text[-1] for x in letters if x.to == "irc:test/ravi")
    say(w, "ravi", "skip")
    assert shown(to(w.taken(), "ravi")) == [("s1-1", 1, True), ("s1-2", 1, True)]


def test_calendar_without_hours_says_so() -> None:
    """Nothing agreed: nothing to send."""
    w = post()
    say(w, "chidi@mail", "calendar")
    (one,) = to(w.taken(), "chidi")
    assert "No hour of yours is agreed" in " ".join(one.text)


def test_another_format_changes_the_dates_to_come() -> None:
    """Alternating is one date: the second half is called off, the first lasts the whole hour."""
    w = post(stage="active")
    agree(w)
    say(w, "chidi@mail", "format alternate")
    say(w, "chidi@mail", "yes", w.about)
    w.taken()
    say(w, "mette@mail", "yes", "M19")
    letters = w.taken()
    for name in ("chidi", "mette"):
        (one,) = to(letters, name)
        assert sorted(shown([one])) == [("s1-1", 1, False), ("s1-2", 1, True)]
        asked = next(i for i in one.invitations if not i.cancelled)
        assert asked.ends_at - asked.starts_at == timedelta(hours=1)


# --------------------------------------------------------------------------------------------- arithmetic

ZONES = ["Africa/Lagos", "Europe/Copenhagen", "America/Toronto", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.integers(0, 365 * 24 * 4),
    st.integers(20, 180),
)
def test_both_halves_are_the_same_moments_for_both(one: str, two: str, quarter: int, minutes: int) -> None:
    """Over every change of a clock: the same instants for both, halves within a minute, local times as zoneinfo has them."""
    w = post()
    at = NOON + timedelta(minutes=15 * quarter)
    chidi, mette = person(w, "chidi"), person(w, "mette")
    w.make(Put(replace(chidi, zone=one)), Put(replace(mette, zone=two)), Put(replace(pair(w), minutes=minutes)))
    desk = Desk(w.programme, w.moment())
    made = sessions.agree(desk, desk.pairs[19], at, 0)
    mine, theirs = (dates.invitations(desk, desk.pairs[19], made, p) for p in (chidi, mette))
    assert [(i.starts_at, i.ends_at) for i in mine] == [(i.starts_at, i.ends_at) for i in theirs]
    assert mine[0].starts_at == at
    assert mine[-1].ends_at == hour.end(made)
    assert mine[0].ends_at == mine[1].starts_at
    lengths = [(i.ends_at - i.starts_at).total_seconds() for i in mine]
    assert abs(lengths[0] - lengths[1]) <= 60
    row = next(
        line for line in dates.letter(desk, desk.pairs[19], made, desk.people[chidi.id]) if line.startswith("  ")
    )
    assert row.startswith(f"  {at.astimezone(ZoneInfo(one)):%H:%M}-")


def test_what_nobody_says_after_a_week_is_settled_once() -> None:
    """The last word of the question is time; afterwards an answer changes nothing."""
    w = held("", "")
    settled = meeting(w)
    desk = Desk(w.programme, w.moment())
    afterhour.settle(desk, settled)
    assert desk.meetings.changed == {}
    say(w, "chidi@mail", "no", "M19")
    assert meeting(w) == settled
