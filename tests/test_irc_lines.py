"""The pure half of IRC: foreign vectors for the parser, and properties of cleaning, splitting and building.

The property that matters most: whatever a text contains, exactly the intended lines go out.
"""

from __future__ import annotations

import asyncio
import random
import unicodedata
from collections import deque
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from adapters import irc_lines
from adapters.irc_lines import build, clean, fold, lines_of, mask_matches, parse, split, split_source
from adapters.irc_people import People
from adapters.irc_queue import Bucket
from adapters.irc_send import Speaker
from relaybot.model import Letter
from tests.irc_contract import letter
from tests.needs import corpus

# ----------------------------------------------------------------------------------------------- foreign vectors


def vectors(name: str) -> list[dict[str, Any]]:
    loaded = yaml.safe_load(corpus("irc-parser", name).read_text())
    tests: list[dict[str, Any]] = loaded["tests"]
    return tests


def test_lines_are_split_as_everybody_agrees() -> None:
    for case in vectors("msg-split.yaml"):
        line, atoms = parse(case["input"]), case["atoms"]
        assert line.tags == atoms.get("tags", {}), case
        assert line.source == atoms.get("source", ""), case
        assert line.command == atoms["verb"].upper(), case
        assert line.params == atoms.get("params", []), case


def test_lines_are_joined_as_everybody_agrees() -> None:
    for case in vectors("msg-join.yaml"):
        atoms = case["atoms"]
        line = build(
            atoms["verb"], *atoms.get("params", []), source=atoms.get("source", ""), tags=atoms.get("tags")
        )  # fmt: skip
        assert line in case["matches"], case


def test_sources_masks_and_hosts() -> None:
    for case in vectors("userhost-split.yaml"):
        atoms = case["atoms"]
        assert split_source(case["source"]) == (atoms["nick"], atoms.get("user", ""), atoms.get("host", ""))
    for case in vectors("mask-match.yaml"):
        assert all(mask_matches(case["mask"], source) for source in case["matches"]), case
        assert not any(mask_matches(case["mask"], source) for source in case["fails"]), case
    for case in vectors("validate-hostname.yaml"):
        assert irc_lines.is_hostname(case["host"]) == case["valid"], case


# --------------------------------------------------------------------------------------------------- parse, build


@pytest.mark.parametrize(
    "text", ["", " ", "@", "@a", ":", ": ", ":x", "@a=b :c", "PRIVMSG", "QUIT", ":a!b@c QUIT", "@ : :"]
)
def test_half_lines_are_read_without_complaint(text: str) -> None:
    line = parse(text)
    assert line.param(0) in ("", "x", "c", ":")
    assert line.param(99) == ""


def test_only_the_space_separates() -> None:
    line = parse(":a!b@c PRIVMSG #mods\u00a0x\t\u2003y :hi")
    assert line.params == ["#mods\u00a0x\t\u2003y", "hi"]
    assert parse("@a=1   :src   PRIVMSG   #x   :  y ").params == ["#x", "  y "]


@given(st.text())
def test_parsing_never_raises(text: str) -> None:
    line = parse(text)
    assert line.command == line.command.upper()


words = st.text(st.characters(exclude_characters="\r\n\0 :", exclude_categories=["Cs"]), min_size=1)
texts = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))


@given(st.lists(words, max_size=4), texts, st.dictionaries(st.from_regex(r"\A[a-z+/.-]{1,9}\Z"), texts))
def test_what_is_built_is_parsed_back(middle: list[str], last: str, tags: dict[str, str]) -> None:
    line = parse(build("PRIVMSG", *middle, last, source="a!b@c", tags=tags))
    assert (line.command, line.params, line.source, line.tags) == ("PRIVMSG", [*middle, last], "a!b@c", tags)


@pytest.mark.parametrize(
    "params", [("a\r",), ("a\nb",), ("a\0",), ("a b", "c"), ("", "c"), (":a", "c"), ("#x", "hi\rTOPIC #x :pwned")]
)
def test_what_would_be_two_lines_or_two_words_is_not_built(params: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"line|last"):
        build("PRIVMSG", *params)


@pytest.mark.parametrize(
    ("mapping", "one", "other", "same"),
    [
        ("rfc1459", "Ana[m]\\~", "aNA{M}|^", True),
        ("rfc1459-strict", "a~", "a^", False),
        ("rfc1459-strict", "a[]\\", "a{}|", True),
        ("ascii", "ana[", "ana{", False),
        ("ascii", "ANA", "ana", True),
        ("ascii", "Ä", "ä", False),
        ("rfc8265", "Ä", "ä", True),
    ],
)
def test_names_are_the_same_as_the_server_says(mapping: str, one: str, other: str, same: bool) -> None:
    assert (fold(one, mapping) == fold(other, mapping)) is same


@pytest.mark.parametrize("nick", ["ana", "[m]x", "a-b_c`", "bjørn", "a" * 64])
def test_nicks(nick: str) -> None:
    assert irc_lines.is_nick(nick)


@pytest.mark.parametrize(
    "text",
    ["", "a b", "a,b", "#a", "&a", ":a", "a!b", "a@b", "a\r", "a\0", "a\x01", "*", "~a", "a\u00a0b", "1a", "a" * 65],
)
def test_what_is_no_nick(text: str) -> None:
    assert not irc_lines.is_nick(text)
    assert irc_lines.is_channel("#" + text) == (text in ("#a", "&a", "a!b", "a@b", "*", "~a", "1a"))


# --------------------------------------------------------------------------------------------------- clean, split


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain", "plain"),
        ("\x02bold\x02 \x0304,05red\x03 \x04ff0000hex\x0f \x1ditalic", "bold red hex italic"),
        ("\x035 beers", " beers"),
        ("a\x01b\x10rc\x00d\x7fe\x9bf", "abrcdef"),
        ("a\tb\u00a0c\u3000d", "a b c d"),
        ("\u202eevil\u202c \u2066x\u2069 \u200ey\u061c", "evil x y"),
        ("zero\u200bwidth\ufeff\u00ad\u2060", "zerowidth"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 \u0915\u094d\u200d\u0937", "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u0915\u094d\u200d\u0937"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f!\U000e0067", "\U0001f3f4\U000e0067\U000e0062\U000e007f!"),
        ("\u06dd verse", "\u06dd verse"),
        ("שלום عليكم 안녕 ❤️", "שלום عليكم 안녕 ❤️"),
    ],
)  # fmt: skip
def test_cleaning(text: str, kept: str) -> None:
    assert clean(text) == kept


@given(st.text())
def test_clean_text_has_nothing_that_acts(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    bad = {"Cc", "Zl", "Zp"}
    assert not any(unicodedata.category(char) in bad for char in cleaned)
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff")


WHOLE = [
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",  # a family
    "\U0001f1f5\U0001f1f9",  # a flag of two letters
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # a flag of tags
    "\U0001f44d\U0001f3fd",  # a thumb with a skin
    "e\u0301",
    "\u2764\ufe0f",
    "\u0e19\u0e33"[:1] + "\u0e49",
    "\u1112\u1161\u11ab",  # a syllable of three letters
]


@pytest.mark.parametrize("grapheme", WHOLE)
@pytest.mark.parametrize("room", [40, 41, 43, 47, 64])
def test_graphemes_stay_whole(grapheme: str, room: int) -> None:
    pieces = split(grapheme * 50, room)
    assert "".join(pieces) == grapheme * 50
    assert all(piece.replace(grapheme, "") == "" for piece in pieces)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(4, 60))
def test_splitting_fits_and_loses_only_the_spaces_it_cuts_at(text: str, room: int) -> None:
    pieces = split(text, room)
    assert all(len(piece.encode()) <= room for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


def test_words_are_kept_together() -> None:
    assert split("one two three four", 9) == ["one two", "three", "four"]
    assert split("x" * 30, 10) == ["x" * 10] * 3


# ------------------------------------------------------------------------------ ten thousand hostile strings

_PIECES = [
    "\r", "\n", "\r\n", "\0", "\x01", "\x10r", "\x10n", "\x10\x10", "\x03", "\x0304", "\x02", "\x7f", "\x85", "\u2028",
    "\u202e", "\u2066", "\ud800", "\u00a0", " ", ":", "::", "PRIVMSG #x :pwned", "QUIT", "\x01VERSION\x01", "@a=b ", "é",
    "\U0001f468\u200d\U0001f469", "\U0001f1f5", "e\u0301", "\u200d", "x" * 50, "wort ", "\U000e0067", "ﷺ", "%n%s", "{}",
]  # fmt: skip


class _Wire:
    """What the speaker needs of a link; keeps what was written."""

    def __init__(self) -> None:
        self.nick_now, self.ended, self.full = "relaybot", "", False
        self.caps: set[str] = set()
        self.isupport: dict[str, str] = {}
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data


async def _no_route(letter: Letter, to: str) -> None:
    return None


async def test_ten_thousand_hostile_strings_give_exactly_the_intended_lines() -> None:
    """Every byte that leaves is a PRIVMSG to the one recipient or a PING, within 512 bytes as others receive it."""
    chance = random.Random(20261121)
    speaker, wire = Speaker(Bucket(1, 0.0), 400, _no_route, print), _Wire()
    people = People(fold)
    speaker.attach(wire, people, bool)  # type: ignore[arg-type]  # the part of a link that is used
    asked: deque[str] = deque()
    for _ in range(10_000):
        text = "".join(chance.choice(_PIECES) for _ in range(chance.randint(1, 30)))
        asked.extend(line for whole in lines_of([text]) for line in split(whole, 400))
        speaker.post(letter(f"irc:net/~ana{len(asked) % 7}", text), f"~ana{len(asked) % 7}", "~ana")
    while speaker.waiting():
        await asyncio.sleep(0)
        for raw in wire.written.split(b"\r\n")[:-1]:
            if raw.startswith(b"PING "):
                speaker.read(parse(":irc.test PONG irc.test " + raw[5:].decode()))
                continue
            assert not set(raw) & set(range(0x20)) - {0x09}, raw
            head, _, said = raw.partition(b" :")
            assert head.startswith(b"PRIVMSG ana"), raw
            assert len(head.split(b" ")) == 2
            assert len(b":relaybot!~1234567890@" + b"h" * 64 + b" " + raw + b"\r\n") <= 512
            assert said.decode() == asked.popleft().encode("utf-8", "replace").decode()
        wire.written = b""
    assert not asked
