"""What a person wrote themselves in a reply: real mails of five collections, mails made up here, and hostile ones."""

from __future__ import annotations

import functools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.letters_reply import CHARACTERS, LINES, own_words
from benchmarks.corpora_reply import REPLY_SETS, Sample, samples, written
from relaybot.model import Block
from tests.needs import corpus
from tests.reply_cases import CASES, OWN

COMMANDS = ("drop", "!drop")


def _first(words: str) -> str:
    """The line that may be a command."""
    return next((line.strip() for line in words.split("\n") if line.strip()), "")


def _squeezed(text: str) -> str:
    return "".join(text.split())


# --------------------------------------------------------------------------------------- mails made up here


@pytest.mark.parametrize(("mail", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_words_are_the_senders(mail: str, words: str) -> None:
    """Of a reply as a known program sends it, exactly what the sender typed is kept."""
    assert own_words(mail).words == words


@pytest.mark.parametrize(("mail", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_do_not_matter(mail: str, words: str, ends: str) -> None:
    """However lines end, the words are the same."""
    assert own_words(mail.replace("\n", ends)).words == words


@pytest.mark.parametrize("text", [case[1] for case in OWN], ids=[case[0] for case in OWN])
def test_own_lines_that_look_like_something_else_stay(text: str) -> None:
    """Nothing that a person wrote goes because it resembles a quote, a heading or a signature."""
    assert own_words(text).words == text
    assert (
        own_words(text + "\n\nOn Sat, Nov 21, 2026 at 3:20 PM relaybot <r@example.org> wrote:\n> leave\n").words == text
    )


def test_answers_between_the_lines_stand_under_their_questions() -> None:
    """A form that is answered between its lines comes back as pieces, each with the lines right above it."""
    reply = own_words(
        "> hours that usually suit you ...\nEvenings after 18, and Saturdays.\n> languages\nEnglish, Igbo, French a little. No must.\n"
        "yes I agree. No links, but the Abuja user group knows me.\n"
    )
    assert reply.blocks == (
        Block("hours that usually suit you ...", "Evenings after 18, and Saturdays."),
        Block(
            "languages",
            "English, Igbo, French a little. No must.\nyes I agree. No links, but the Abuja user group knows me.",
        ),
    )
    assert reply.words == "\n\n".join(block.words for block in reply.blocks)


def test_a_greeting_above_and_answers_below() -> None:
    """The greeting stands under nothing; who wrote what, and the quote marks of all depths, are in no piece."""
    reply = own_words(
        "Hello Dana,\n\nAm Sa., 21. Nov. 2026 um 15:20 Uhr schrieb relaybot <r@example.org>:\n\n> first:\n>\n>> older\n\nOne.\n\n"
        "> > second:\n\n> third:\nTwo\nand three.\n\n-- \nJana\n"
    )
    assert reply.blocks == (
        Block("", "Hello Dana,"),
        Block("first:\n\nolder", "One."),
        Block("second:\n\nthird:", "Two\nand three."),
    )


def test_a_quote_without_words_is_no_piece() -> None:
    """What only quotes has no words and no pieces."""
    assert own_words("> leave\n") == own_words("") == own_words("\n \n")
    assert own_words("> leave\n").blocks == ()


def test_a_person_who_writes_above_a_phones_line_only() -> None:
    """A phone's line cuts what is below it, but words below it count where there are none above and nothing is quoted."""
    assert own_words("Yes\n\nSent from my iPhone\n\nGood morning,\n").words == "Yes"
    assert own_words("Sent from my iPhone\n\nYes, Tuesday.\n").words == "Yes, Tuesday."
    assert own_words("Sent from my iPhone\n\n> leave\n").words == ""


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_no_strange_line_end_frees_a_quoted_word(character: str) -> None:
    """A character that some programs take for a line's end does not turn a quoted word into an own line."""
    assert own_words(f"> Hello{character}leave\n\nyes\n").words == "yes"
    assert own_words(f"{character}> leave\n\nyes\n").words == "yes"
    assert own_words(f"no{character}> leave\n").words == "no > leave"


def test_a_long_text_is_cut() -> None:
    """Of a text longer than the limits, the beginning is read."""
    assert len(own_words("word " * CHARACTERS).words) <= CHARACTERS
    assert own_words("word\n" * (2 * LINES)).words.count("\n") == LINES - 1


# --------------------------------------------------------------------------------------- the corpora


@functools.cache
def _samples() -> tuple[Sample, ...]:
    for group in REPLY_SETS:
        corpus(group)
    return tuple(sample for group in REPLY_SETS for sample in samples(group))


def _judged() -> list[Sample]:
    return [sample for sample in _samples() if sample.expected is not None]


def test_most_replies_are_read_exactly() -> None:
    """At least 79 in 100 mails of the collections give exactly the expected words (best other on foreign sets: 74)."""
    judged = _judged()
    missed = [sample.name for sample in judged if not sample.exact]
    assert len(judged) - len(missed) >= 0.79 * len(judged), missed


def test_next_to_nothing_is_lost() -> None:
    """In at most 2 of 100 mails a line that the sender wrote is missing."""
    lost = [sample.name for sample in _judged() if sample.lost]
    assert len(lost) <= 0.02 * len(_judged()), lost


def test_no_quoted_line_comes_first() -> None:
    """A command planted in what a mail quotes is never its first line, however the mail quotes."""
    ran = [
        (sample.name, planted)
        for sample in _samples()
        for planted in _planted(sample)
        if _first(own_words(planted).words) in COMMANDS
    ]
    assert not ran, ran


def _planted(sample: Sample) -> list[str]:
    """The mail with a command in its quotes: as the first and as the last line of each run of marked lines; and, where
    the mail's end is not its sender's, as its last line."""
    lines = sample.text.replace("\r\n", "\n").split("\n")
    mails = []
    for command in COMMANDS:
        for index, line in enumerate(lines):
            mark = line[: len(line) - len(line.lstrip("> |"))]
            if ">" in mark:
                mails.append("\n".join([*lines[:index], mark + command, *lines[index:]]))
                mails.append("\n".join([*lines[: index + 1], mark + command, *lines[index + 1 :]]))
                if len(mails) > 200:
                    break
        own = [_squeezed(line) for line in written(sample.expected or "")]
        last = max((index for index, line in enumerate(lines) if _squeezed(line) in own), default=-1)
        if last >= 0 and any(line.strip() for line in lines[last + 1 :]):
            mails.append("\n".join([*lines, command]))
    return mails


def test_the_first_line_stays_first() -> None:
    """A command that the sender wrote above everything is the first line of the words, in every mail."""
    for sample in _samples():
        for command in COMMANDS:
            for gap in ("\n", "\n\n"):
                assert _first(own_words(command + gap + sample.text).words) == command, (sample.name, gap)


# --------------------------------------------------------------------------------------- made up by a machine

PIECES = st.sampled_from(
    [
        "On ", "On 1 Jan 2020, a@b.org wrote:", "wrote:", "> ", ">", "| ", "::", ">>> ", "From: a", "Sent: b", "To: c@d.org", "Subject: e",
        "-----Original Message-----", "--", "-- ", "__", "Sent from my ", "iPhone", "Best regards,", "\n", "\n\n", "\r", "\t", "drop", "Hi",
        "+49 30 1234567", "http://", "&gt;", "CONFIDENTIAL", "this e-mail ", "写道：", "\u200f", "\x00", "\ud800", "2020-01-01 10:00", "```", "*", "=",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=60).map("".join))
@example("On " * 22_000)
@example("From: a\n" * 20_000)
@example("\n".join(">" * depth for depth in range(2_000)))
@example("Sent from my iPhone\n" * 4_000)
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever comes, there is an answer, and its words are its pieces' words."""
    reply = own_words(text)
    assert reply.words == "\n\n".join(block.words for block in reply.blocks)
    assert all(block.words.strip() for block in reply.blocks)


WORD = st.sampled_from(
    "yes no maybe evenings Tuesday status I would like to learn about Haskell and can offer PostgreSQL 18 20 Lagos ok".split()
)
LINE = st.lists(WORD, min_size=1, max_size=9).map(" ".join)
PLAIN = st.lists(st.one_of(LINE, st.just("")), min_size=1, max_size=12).map("\n".join)


@given(PLAIN)
def test_plain_words_stay_as_they_are(text: str) -> None:
    """Words without any mark are kept whole, and reading the kept words again changes nothing."""
    words = own_words(text).words
    assert words == "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
    assert own_words(words).words == words


@given(
    st.lists(st.tuples(st.booleans(), LINE), min_size=1, max_size=20),
    st.sampled_from([">", "> ", ">> ", "| ", "  > ", "&gt; "]),
)
def test_quoted_lines_are_in_no_words(lines: list[tuple[bool, str]], mark: str) -> None:
    """Of lines with and without marks, the words are exactly those without, in their order."""
    text = "\n".join(f"{mark}Q{line}" if quoted else f"O{line}" for quoted, line in lines)
    kept = [line for line in own_words(text).words.split("\n") if line]
    assert kept == [f"O{line}" for quoted, line in lines if not quoted]


@given(PLAIN, st.sampled_from(CASES))
def test_whatever_stands_above_a_quote_is_kept(text: str, case: tuple[str, str, str]) -> None:
    """Plain words above any of the mails made up here stay the first words."""
    words = own_words(text).words
    assert own_words(f"{text}\n\n{case[1]}").words.startswith(words)


@pytest.mark.parametrize("words", [case[2] for case in CASES], ids=[case[0] for case in CASES])
def test_words_that_were_read_are_read_again_the_same(words: str) -> None:
    """Reading what was kept a second time changes nothing."""
    assert own_words(words).words == words
