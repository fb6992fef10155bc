"""What people say about themselves: languages, links, changes of a list, and that every field has a limit."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relaybot.desk import Desk, Programme
from relaybot.events import Moment
from relaybot.nouns import profile
from relaybot.ports import Invalid
from relaybot.skills import read_skills, show_skills
from tests.play import policy

DESK = Desk(Programme("tech-peer", policy()), Moment(datetime(2026, 11, 21, 14, 5, tzinfo=UTC), b"1"))

LANGUAGES = [
    ("portuguese, english is fine. no must", "Portuguese, English", ""),
    ("English, Igbo, French a little. No must.", "English, Igbo, French (a little)", ""),
    ("spanish must", "Spanish", "Spanish"),
    ("only spanish", "Spanish", "Spanish"),
    ("must: spanish, english ok", "Spanish, English", "Spanish"),
    ("Spanish is a must, English", "Spanish, English", "Spanish"),
    ("english please, spanish is required", "English, Spanish", "Spanish"),
    ("pt, en", "Portuguese, English", ""),
    ("deutsch and a little bit of french", "German, French (a little)", ""),
    ("native german, fluent english", "German, English", ""),
    ("Brazilian Portuguese, none is a must", "Brazilian Portuguese", ""),
    ("I speak English and Hindi", "English, Hindi", ""),
    ("english / dutch", "English, Dutch", ""),
    ("english, english", "English", ""),
]


@pytest.mark.parametrize(("said", "meant", "must"), LANGUAGES)
def test_languages_are_read_from_plain_words(said: str, meant: str, must: str) -> None:
    """Best first, filling words left out, and the one that is a must."""
    found, needed = profile.languages(DESK, said)

    assert (", ".join(found), needed) == (meant, must)
    assert profile.languages(DESK, profile.languages_text(found, needed)) == (found, needed)


@pytest.mark.parametrize("said", ["no", "no must", "42", "", "english must, spanish must", "x" * 50, "a, b, c"])
def test_what_is_no_language_is_refused_with_an_example(said: str) -> None:
    """A refusal says how it could be said."""
    with pytest.raises(Invalid) as refused:
        profile.languages(DESK, said)

    assert "language" in str(refused.value)


def test_lists_have_limits() -> None:
    """One more than the limit is refused, the limit itself is taken."""
    limits = DESK.policy.limits
    names = [f"skill {chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(limits.skills + 1)]
    tongues = [f"lang{chr(97 + n)}" for n in range(limits.languages + 1)]
    urls = [f"https://example.org/{n}" for n in range(limits.links + 1)]

    assert len(profile.skills(DESK, ", ".join(names[:-1]), learning=False)) == limits.skills
    assert len(profile.languages(DESK, ", ".join(tongues[:-1]))[0]) == limits.languages
    assert len(profile.links(DESK, " ".join(urls[:-1]))) == limits.links
    for read, said in (
        (lambda text: profile.skills(DESK, text, learning=False), ", ".join(names)),
        (lambda text: profile.languages(DESK, text), ", ".join(tongues)),
        (lambda text: profile.links(DESK, text), " ".join(urls)),
    ):
        with pytest.raises(Invalid, match="At most"):
            read(said)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (lambda text: profile.skills(DESK, text, learning=True), "x" * 80),
        (lambda text: profile.links(DESK, text), "https://example.org/" + "x" * 400),
        (lambda text: profile.line(text, "about", 300), "x" * 301),
        (lambda text: profile.name(DESK, text), "x" * 41),
    ],
)
def test_what_is_too_long_is_refused_not_cut(read: object, text: str) -> None:
    """Nothing is kept by half."""
    with pytest.raises(Invalid, match="up to"):
        read(text)  # type: ignore[operator]


def test_a_name_is_a_name() -> None:
    """A name keeps its letters in any script, and cannot look like an address, a number or a command."""
    assert profile.name(DESK, "  Zoë\tØ  ") == "Zoë Ø"
    for odd in ("42", "#4", "@ana", "!join", "\x02\x03"):
        with pytest.raises(Invalid):
            profile.name(DESK, odd)


def test_links_are_found_among_words() -> None:
    """Other words are left out; schemes people use are taken, sentences are not."""
    assert profile.links(DESK, "see github.com/ana and (https://x.org).") == ("github.com/ana", "https://x.org")
    assert profile.links(DESK, "No links.") == ()
    with pytest.raises(Invalid):
        profile.links(DESK, "the Abuja user group knows me")


def test_a_list_is_replaced_or_changed() -> None:
    """+x adds or changes the level, -x takes away, plain words replace; not both at once, and never all."""
    have = read_skills("rust deep, go", {}, learning=False)

    def changed(text: str) -> str:
        return show_skills(profile.change_skills(DESK, have, text, learning=False))

    assert changed("+docker a little, -go") == "rust (deep), docker (a little)"
    assert changed("+docker -go") == "rust (deep), docker (comfortable)"
    assert changed("+rust a little") == "rust (a little), go (comfortable)"
    assert changed("c++ deep") == "c++ (deep)"
    for odd in ("+docker, css", "-css", "-rust, -go", "+"):
        with pytest.raises(Invalid):
            changed(odd)


@given(st.text(max_size=200))
def test_no_text_breaks_a_reader(said: str) -> None:
    """Any text is read or refused in a sentence, never a crash."""
    readers = (
        lambda: profile.skills(DESK, said, learning=True),
        lambda: profile.change_skills(DESK, (), said, learning=False),
        lambda: profile.languages(DESK, said),
        lambda: profile.links(DESK, said),
        lambda: profile.place(DESK, said),
        lambda: profile.name(DESK, said),
    )
    for reader in readers:
        with suppress(Invalid):
            reader()
