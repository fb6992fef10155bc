"""Skills and languages in people's own words: what is read from them, and that what is shown is read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaybot.model import Level
from relaybot.skills import LONGEST_NAME, read_skills, renamed, show_skills

LEARN = [
    ("kubernetes, I know docker a bit", "kubernetes (a little)"),
    ("I know docker a bit, want to learn kubernetes", "kubernetes (a little)"),
    ("Rust, from zero", "rust (new)"),
    ("rust. never tried", "rust (new)"),
    ("I know a bit of python", "python (a little)"),
    (
        "I'd like to get better at public speaking and writing docs.",
        "public speaking (a little), writing docs (a little)",
    ),
    ("I would like to learn how people test for accessibility", "how people test for accessibility (a little)"),
    ("kubernetes comfortable", "kubernetes (comfortable)"),
    ("haskell, I have never used it", "haskell (new)"),
    ("to understand Haskell's type classes", "haskell's type classes (a little)"),
    ("nothing", ""),
    ("42, 7", ""),
]

OFFER = [
    ("rust deep, embedded comfortable", "rust (deep), embedded (comfortable)"),
    ("k8s deep, terraform comfortable", "kubernetes (deep), terraform (comfortable)"),
    ("rust (deep) and git internals", "rust (deep), git internals (comfortable)"),
    ("I could help someone with C, 15 years", "c (deep)"),
    ("python for 3 years", "python (comfortable)"),
    ("python for a year, one year of go", "python for a year (comfortable), one year of go (comfortable)"),
    ("I am an expert in css", "css (deep)"),
    ("a little rust, some go", "rust (a little), go (a little)"),
    ("deep learning, machine learning basics", "deep learning (comfortable), machine learning (a little)"),
    ("new media, good practices", "new media (comfortable), good practices (comfortable)"),
    ("CI/CD deep; node.js, .net a little", "ci/cd (deep), node.js (comfortable), .net (a little)"),
    ("c++ deep, c# good, r", "c++ (deep), c# (comfortable), r (comfortable)"),
    ("python well, go as well", "python (comfortable), go (comfortable)"),
    ("rust: deep", "rust (deep)"),
    ("rust\ngo - deep", "rust (comfortable), go (deep)"),
    ("rust, rust deep", "rust (deep)"),
]


@pytest.mark.parametrize(("said", "meant"), LEARN)
def test_wishes_are_read_from_plain_words(said: str, meant: str) -> None:
    """What is wanted is a skill; what is known already only tells where the person starts."""
    assert show_skills(read_skills(said, {}, learning=True)) == meant


@pytest.mark.parametrize(("said", "meant"), OFFER)
def test_offers_are_read_from_plain_words(said: str, meant: str) -> None:
    """The level may stand before, behind, in brackets, alone, or as years; without one it is "comfortable"."""
    assert show_skills(read_skills(said, {}, learning=False)) == meant


def test_synonyms_of_the_community_win_and_are_named() -> None:
    """A programme's own synonyms are applied before ours, and what was read as another name is told."""
    said = "borrow checker deep, k8s"
    found = read_skills(said, {"borrow checker": "rust"}, learning=False)

    assert show_skills(found) == "rust (deep), kubernetes (comfortable)"
    assert renamed(said, {"borrow checker": "rust"}) == (("borrow checker", "rust"), ("k8s", "kubernetes"))


def test_at_most_so_many() -> None:
    """A list is never longer than asked for."""
    many = ", ".join(f"skill {chr(97 + n)}" for n in range(20))

    assert len(read_skills(many, {}, learning=False, most=3)) == 3


@given(st.text(max_size=300), st.booleans())
def test_whatever_is_shown_is_read_back(said: str, learning: bool) -> None:
    """Any text at all gives skills with a name in it, and their shown form is read as the same skills."""
    found = read_skills(said, {}, learning=learning)

    assert all(0 < len(skill.name) <= LONGEST_NAME and any(c.isalpha() for c in skill.name) for skill in found)
    assert read_skills(show_skills(found), {}, learning=not learning) == found


WORDS = st.sampled_from(
    [
        "deep",
        "a little",
        "new",
        "from zero",
        "rust",
        "i know",
        "docker",
        "(",
        ")",
        ",",
        "and",
        "well",
        "5 years",
        "learn",
        "no",
    ]
)


@given(st.lists(WORDS, max_size=12), st.booleans())
def test_words_of_the_grammar_in_any_order_are_read_back(said: list[str], learning: bool) -> None:
    """The words that mean something here may stand anywhere without anything being read differently the second time."""
    found = read_skills(" ".join(said), {}, learning=learning)

    assert read_skills(show_skills(found), {}, learning=learning) == found
    assert len({skill.name for skill in found}) == len(found)


def test_every_level_has_a_name() -> None:
    """Levels are shown by the four words of the grammar, in order."""
    shown = show_skills(read_skills("a new, b a little, c comfortable, d deep", {}, learning=False))

    assert shown == "a (new), b (a little), c (comfortable), d (deep)"
    assert [level.name for level in Level] == ["NEW", "LITTLE", "COMFORTABLE", "DEEP"]
