"""Understanding mails written in somebody's own words: what is clearly said is understood, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.desk import Desk, Programme
from relaybot.events import Moment
from relaybot.nouns import profile
from relaybot.parts import Block
from relaybot.ports import Invalid
from relaybot.prose import Said, understand
from tests.play import policy
from tests.prose_last_mails import LAST
from tests.prose_mails import ALL_LABELS, FIRST, LABELS, Sample
from tests.prose_more_mails import LATER, OTHERS
from tests.prose_replies import REPLIES

DESK = Desk(Programme("tech-peer", policy()), Moment(datetime(2026, 11, 21, 14, 5, tzinfo=UTC), b"1"))
ALL = [*FIRST, *OTHERS, *REPLIES, *LATER, *LAST]
FIELDS = ("name", "learn", "offer", "links", "city", "hours", "languages", "reach", "agrees", "skipped")


def read(sample: Sample) -> Said:
    text = sample.text or "\n".join(block.words for block in sample.blocks)
    return understand(text, sample.blocks, sample.labels)


def meant(field: str, said: object) -> object:
    """A field's words as the joining form's own reader takes them."""
    if field in {"learn", "offer"}:
        return {(s.name, s.level) for s in profile.skills(DESK, str(said), learning=field == "learn")}
    if field == "hours":
        return profile.free(DESK, str(said))
    readers = {"city": profile.zone}
    if field in readers:
        return readers[field](str(said))
    if field == "languages":
        return profile.languages(DESK, str(said))
    return profile.links(DESK, str(said)) if field == "links" else said


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.title)
def test_a_mail_says_what_it_says(sample: Sample) -> None:
    """Nothing that is not said is understood, and what is understood is what was meant."""
    said = read(sample)

    for field in FIELDS:
        value = getattr(said, field)
        if value in ("", (), None):
            continue
        assert field in sample.says, f"{field} was not said, but understood as {value!r}"
        assert meant(field, value) == meant(field, sample.says[field]), field


def test_most_of_what_is_said_is_understood_and_next_to_nothing_wrongly() -> None:
    """Over all mails: at least 90 % of what is said is understood, at most 2 % of what is understood is wrong."""
    right = wrong = expected = understood = 0
    for sample in ALL:
        said = read(sample)
        for field in FIELDS:
            value = getattr(said, field)
            silent = value in ("", (), None)
            expected += field in sample.says
            understood += not silent
            if not silent and field in sample.says and meant(field, value) == meant(field, sample.says[field]):
                right += 1
            elif not silent:
                wrong += 1
    print(
        f"{len(ALL)} mails: {right} of {expected} fields right ({right / expected:.1%}), {wrong} of {understood} wrong"
    )

    assert len(ALL) >= 40
    assert right >= 0.9 * expected
    assert wrong <= 0.02 * understood


def test_mails_about_something_else_say_nothing() -> None:
    """Job offers, spam, automatic answers and talk are no applications, whatever names of skills and places they hold."""
    others = [sample for sample in ALL if not sample.says and not sample.labels]

    assert len(others) >= 8
    assert [sample.title for sample in others if not read(sample).nothing or read(sample).name] == []


def test_what_nothing_was_understood_from_is_kept() -> None:
    """The sentences that say nothing a form asks for are there to be shown to a moderator; greetings are not."""
    said = understand("Hello all,\n\nI live in Oslo. The moon is made of cheese.\n\nBest regards\nLiv\n")

    assert (said.city, said.name) == ("Oslo", "Liv")
    assert said.unread == ("The moon is made of cheese.",)


def test_a_programmes_own_names_are_known() -> None:
    """A skill that only this programme has a name for counts where it is merely mentioned."""
    text = "I live in Oslo. I use frobnication at work."

    assert understand(text).offer == ""
    assert understand(text, synonyms={"frob": "frobnication"}).offer == "frobnication"


def test_two_answers_that_differ_are_none() -> None:
    """Whoever says yes and no, or lives in two places, is asked again."""
    said = understand(
        "I agree to the rules. I live in Oslo. I live in Lima. I don't agree to the rules.", labels=LABELS
    )

    assert (said.city, said.agrees) == ("", None)


@pytest.mark.parametrize(
    ("where", "city"),
    [
        ("Portland, ME", ""), ("Portland, OR", "Portland"), ("Portland, Maine", ""), ("Cambridge, MA", ""), ("Boston, MA", "Boston"),
        ("Cambridge", "Cambridge"), ("Lagos, Portugal", ""), ("Nice", "Nice"), ("Xyzdorf", ""), ("the USA", ""),
        ("UTC-13", ""), ("rural Tasmania", "Tasmania"),
    ],
)  # fmt: skip
def test_a_city_whose_country_has_another_clock_is_not_taken(where: str, city: str) -> None:
    """A place is only understood when all that is said of it means one clock."""
    assert understand(f"I live in {where}. I want to learn Go.").city == city


# ------------------------------------------------------------------------------------------------ any text

WORDS = [word for sample in ALL for text in (sample.text, *(b.words for b in sample.blocks)) for word in text.split()]
SENTENCES = [
    line for sample in ALL for text in (sample.text, *(b.words for b in sample.blocks)) for line in text.splitlines()
]
ODD = [
    "-- ",
    "\n",
    ":",
    "1)",
    ">",
    "(",
    ")",
    "((",
    '"',
    "\x00",
    "\u202e",
    "ß",
    "İ",
    "𝒳",
    "must",
    "12-9",
    "99:99",
    "UTC+99",
    "a" * 300,
]

prose = st.lists(st.sampled_from(WORDS + ODD), max_size=60).map(" ".join)
mails = st.one_of(st.text(max_size=400), prose, st.lists(st.sampled_from(SENTENCES + ODD), max_size=15).map("\n".join))
quotes = st.sampled_from(
    ["", *ALL_LABELS.values(), *(label[:20] + " ..." for label in ALL_LABELS.values()), "> x", "\n\n"]
)
replies = st.lists(st.builds(Block, quotes, mails), max_size=4).map(tuple)


def accepted(said: Said) -> None:
    """Every value is one the form's own reader takes; only limits a programme may set lower can refuse it."""
    for field in ("learn", "offer"):
        if getattr(said, field):
            profile.skills(DESK, getattr(said, field), learning=field == "learn")
    if said.links:
        assert profile.links(DESK, said.links) == tuple(said.links.split())
    if said.city:
        profile.zone(said.city)
    if said.hours:
        profile.free(DESK, said.hours)
    if said.languages:
        spoken, must = profile.languages(DESK, said.languages)
        assert profile.languages_text(spoken, must) == said.languages
    if said.name:
        assert profile.name(DESK, said.name) == said.name


@settings(max_examples=300, deadline=None)
@given(text=mails, blocks=replies, labels=st.sampled_from([{}, LABELS, ALL_LABELS]))
def test_any_text_is_read_and_the_form_takes_what_was_understood(
    text: str, blocks: tuple[Block, ...], labels: dict[str, str]
) -> None:
    """Whatever somebody writes, nothing is raised, and no reader of the form refuses what was understood."""
    accepted(understand(text, blocks, labels))


@pytest.mark.parametrize(
    "pattern",
    [
        "i want to learn ",
        "(",
        "a, ",
        "i am in ",
        "from ",
        "rust and ",
        "english, ",
        "- x\n",
        "hours: ",
        "mon ",
        "@a:b.c ",
        "http://",
        "1) ",
        "I am a a ",
        "how to ",
    ],
)
def test_the_longest_mail_is_read(pattern: str) -> None:
    """A mail far beyond every limit, of one thing said again and again, is read to an end and stays within the limits."""
    said = understand(pattern * (40_000 // len(pattern)), labels=LABELS)

    accepted(said)
    assert len(said.unread) <= 40
    with suppress(Invalid):
        profile.name(DESK, said.name)
