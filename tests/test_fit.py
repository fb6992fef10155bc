"""Whether two people fit: the arithmetic, its symmetry, and that every person who waits is counted exactly once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot import times
from relaybot.desk import Desk
from relaybot.model import Avoid, Level, Pair, Participant, Person, Put, Skill
from relaybot.nouns import fit as fits
from relaybot.nouns.people import waiting
from tests.play import NAME, World, add_member, world

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


def people(*profiles: dict[str, str]) -> tuple[Desk, list[Person]]:
    """A desk over a programme with these members, who all wait."""
    w = world(NOW)
    made = [add_member(w, f"p{number}", profile) for number, profile in enumerate(profiles)]
    return desk(w), made


def desk(w: World) -> Desk:
    """A desk over a world as it is."""
    return Desk(w.programme, w.moment())


ANA = {"learn": "kubernetes a little", "offer": "rust deep", "free": "thu 17:30-22:00"}
BRAM = {"learn": "rust new", "offer": "kubernetes deep", "free": "mon-fri 12:00-15:00", "zone": "America/Toronto"}


def reasons(first: dict[str, str], second: dict[str, str]) -> list[tuple[str, int]]:
    """What is against a pair of two members with these profiles."""
    d, (a, b) = people(first, second)
    return [(r.code, r.side) for r in fits.fit(d, a, b).against]


def test_two_who_meet_both_ways_fit() -> None:
    """Ana teaches rust, Bram kubernetes, and Thursday 18:00-20:00 in Lisbon is an hour for both."""
    d, (ana, bram) = people(ANA, BRAM)
    found = fits.fit(d, ana, bram)
    assert found.good
    assert found.to_first == (fits.Cover("kubernetes", Level.DEEP, Level.LITTLE),)
    assert found.to_second == (fits.Cover("rust", Level.DEEP, Level.NEW),)
    assert found.minutes == 150
    assert times.show_hours(fits.shared_windows(d, ana, bram)) == "Thu 17:30-20:00"
    assert times.show_hours(fits.shared_windows(d, bram, ana)) == "Thu 12:30-15:00"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({}, {"offer": "cooking deep"}, [("nothing", 2)]),
        ({"offer": "cooking deep"}, {}, [("nothing", 1)]),
        ({"learn": "kubernetes deep"}, {}, [("nothing", 2)]),
        ({"languages": "Dutch"}, {}, [("language", 0)]),
        ({"free": "mon 08:00-10:00"}, {}, [("hours", 0)]),
        ({"free": "thu 17:30-18:29", "zone": "Europe/Lisbon"}, {"free": "any day 12:00-15:00"}, [("hours", 0)]),
    ],
)
def test_each_hard_rule_is_named(
    first: dict[str, str], second: dict[str, str], expected: list[tuple[str, int]]
) -> None:
    """Missing skills, languages and hours are each named, with the side they lie with."""
    assert reasons(ANA | first, BRAM | second) == expected


def test_a_level_above_is_enough_and_the_same_is_not() -> None:
    """A little more than your mentee is enough (S3-7); knowing the same is not."""
    learn = (Skill("go", Level.LITTLE),)
    assert fits.covers([Skill("go", Level.COMFORTABLE)], learn)
    assert not fits.covers([Skill("go", Level.LITTLE)], learn)


def test_a_must_language_is_hard_in_both_directions() -> None:
    """Spanish as a must rules out who has no Spanish, from whichever side one looks."""
    d, (ana, bram) = people(ANA | {"languages": "Spanish,English"}, BRAM)
    must = replace(ana, must_language="Spanish")
    assert [(r.code, r.side) for r in fits.fit(d, must, bram).against] == [("must", 1)]
    assert [(r.code, r.side) for r in fits.fit(d, bram, must).against] == [("must", 2)]
    fluent = replace(bram, languages=("English", "spanish (a little)"))
    assert fits.fit(d, must, fluent).good


def test_an_avoid_in_either_direction_is_the_same_reason() -> None:
    """Who asked for it cannot be told from the reason."""
    for turned in (False, True):
        d, (ana, bram) = people(ANA, BRAM)
        one, other = (bram, ana) if turned else (ana, bram)
        d.put(Avoid(NAME, one.id, other.id))
        assert fits.fit(d, ana, bram).against == (fits.Reason(fits.AVOID),)


@pytest.mark.parametrize("stage", ["refused", "lapsed", "withdrawn"])
def test_a_no_an_expiry_and_a_withdrawal_count_alike(stage: str) -> None:
    """Invariant 2: no count tells a no from an expiry; a plan taken back before it left counts for nothing."""
    for asked in (None, NOW):
        d, (ana, bram) = people(ANA, BRAM)
        d.put(Pair(NAME, 9, stage, 0, NOW))
        for order, person in enumerate((ana, bram)):
            d.put(Participant(NAME, 9, person.id, order, asked_at=asked))
        assert fits.could_suit(d, ana) == (1 if asked is None else 0)


def test_paused_limited_and_asked_people_are_ruled_out_for_others_but_can_look_themselves() -> None:
    """What lies with the one who looks rules nobody out."""
    d, (ana, bram) = people(ANA, BRAM)
    away = replace(bram, paused_until=NOW + timedelta(days=3))
    assert fits.fit(d, ana, away).ruled_out() == fits.Reason(fits.PAUSED, fits.SECOND)
    assert fits.fit(d, away, ana).ruled_out() is None
    d.put(Pair(NAME, 9, "drafted", 0, NOW))
    d.put(Participant(NAME, 9, bram.id, 0))
    assert fits.fit(d, ana, bram).ruled_out() == fits.Reason(fits.ASKED, fits.SECOND)
    d.put(Pair(NAME, 9, "trial", 0, NOW))
    assert fits.fit(d, ana, bram).ruled_out() == fits.Reason(fits.LIMIT, fits.SECOND)


@given(st.lists(st.tuples(st.integers(0, 10079), st.integers(1, 200)), max_size=6), st.integers(1, 180))
def test_a_run_is_found_exactly_when_there_is_one(spans: list[tuple[int, int]], minutes: int) -> None:
    """Counting bits by doubling finds the same hours as walking through every minute of the week."""
    free = {(start + k) % 10080 for start, length in spans for k in range(length)}
    bits = sum(1 << minute for minute in free)
    walked = any(all((start + k) % 10080 in free for k in range(minutes)) for start in {s for s, _ in spans})
    if len(free) < 10080:
        assert fits.has_run(bits, minutes) == (walked or _anywhere(free, minutes))


def _anywhere(free: set[int], minutes: int) -> bool:
    return any(all((start + k) % 10080 in free for k in range(minutes)) for start in free)


SKILLS = st.sampled_from(["rust", "go", "sql", "css"])
LEVELS = st.sampled_from(["new", "a little", "comfortable", "deep"])
WORDS = st.lists(st.builds("{} {}".format, SKILLS, LEVELS), min_size=1, max_size=3).map(", ".join)
PROFILE = st.fixed_dictionaries(
    {
        "learn": WORDS,
        "offer": WORDS,
        "zone": st.sampled_from(["Europe/Lisbon", "America/Toronto", "Asia/Kolkata", "Pacific/Auckland"]),
        "free": st.sampled_from(["thu 18:00-20:00", "any day 08:00-12:00", "sun 10:00-11:00", "fri 22:00-03:00"]),
        "languages": st.sampled_from(["English", "English,Dutch", "Dutch", "Hindi,English (a little)"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PROFILE, min_size=2, max_size=8))
def test_fits_mirror_and_everybody_who_waits_is_counted_once(profiles: list[dict[str, str]]) -> None:
    """fit(a, b) is the mirror of fit(b, a); who suits and who is ruled out add up to all who wait."""
    w = world(NOW)
    made = [add_member(w, f"p{number}", profile) for number, profile in enumerate(profiles)]
    for number, person in enumerate(made):
        w.make(
            Put(replace(person, front=number % 3 == 0, must_language="Dutch" if number % 4 == 3 else "",
                        paused_until=NOW + timedelta(days=1) if number % 5 == 4 else None))
        )  # fmt: skip
    d = desk(w)
    made = list(d.people)
    for a in made:
        found = fits.suitable(d, a)
        for b in made:
            if a.id != b.id:
                assert fits.fit(d, a, b).mirror == fits.fit(d, b, a)
        others = [p for p in waiting(d) if p.id != a.id]
        assert len(found) + sum(fits.ruled_out(d, a).values()) == len(others) == len(fits.pool(d, a))
        assert {f.second for f in found} <= {p.id for p in others}
        assert fits.could_suit(d, a) == len(found)
