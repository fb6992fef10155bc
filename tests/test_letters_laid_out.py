"""What a letter makes of a chat's sentence: choices as rows, a mail's words, one greeting, a subject of its own."""

from __future__ import annotations

import inspect
import pkgutil
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relaybot.words
from adapters import letters_layout
from relaybot.desk import BRISK, Desk
from relaybot.forms import FORMS
from relaybot.model import Letter, Style
from relaybot.words import letters as words
from relaybot.words.laying_out import TURNS, laid_out
from relaybot.words.subjects import QUESTIONS
from tests.play import Player, World
from tests.test_plays_by_mail import Silent

PLAYS = sorted((Path(__file__).parent / "plays").glob("*.play"))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Fine? 1 yes  2 no", ("Fine?", "  1  yes", "  2  no")),
        (
            "How was it? 1 good fit  2 not sure yet  3 not for me. Only moderators see this.",
            ("How was it?", "  1  good fit", "  2  not sure yet", "  3  not for me", "Only moderators see this."),
        ),
        (
            "2) Who tells Bram? 1) I tell Bram myself  2) a moderator",
            ("2) Who tells Bram?", "  1  I tell Bram myself", "  2  a moderator"),
        ),
        (
            "Is that still good? yes / reschedule <time> / skip",
            ("Is that still good? Please answer with one of these:", "  yes", "  reschedule <time>", "  skip"),
        ),
        ("Send it? (1 yes / 2 edit <words>)", ("Send it?", "  1  yes", "  2  edit <words>")),
        ("Forget you? (yes/no)", ("Forget you? Please answer  yes  or  no .",)),
        (
            "It comes to you. Less of it: list digest   Stop: unsubscribe",
            ("It comes to you.", "  Less of it: list digest", "  Stop: unsubscribe"),
        ),
        ("H1 ana.   approve H1 | hold H1", ("H1 ana.", "  approve H1", "  hold H1")),
        ("rules   the rules everybody agrees to", ("  rules   the rules everybody agrees to",)),
        ("status shows where you stand.", ("The word  status  shows where you stand.",)),
        (
            "All right; propose <time> suggests one.",
            ("All right; the line  propose <time>  suggests one.",),
        ),
        ("M12 has 2 hours and 3 goals.", ("M12 has 2 hours and 3 goals.",)),
        ('ana says: "say join: 1 a  2 b   and here"', ('ana says: "say join: 1 a  2 b   and here"',)),
        ("  1  a row  2  stays", ("  1  a row  2  stays",)),
    ],
)
def test_a_line_becomes_paragraphs_and_rows(line: str, wanted: tuple[str, ...]) -> None:
    """Choices, alternatives, labels and commands are rows of their own; what people wrote stays as it is."""
    assert laid_out(line) == wanted


@given(st.text(alphabet='ab 12).?:|/("', max_size=120))
def test_laying_out_loses_no_word(line: str) -> None:
    """Whatever a sentence is: every word of it is there afterwards, and it ends."""
    before = re.findall(r"[ab]+", line)
    after = re.findall(r"[ab]+", re.sub("Please answer with one of these:", "", " ".join(laid_out(line))))
    assert after == before


def test_every_turn_of_phrase_is_still_said() -> None:
    """What is put otherwise in letters stands somewhere in words/; a changed sentence is noticed here."""
    sources = [
        inspect.getsource(import_module(f"relaybot.words.{module.name}"))
        for module in pkgutil.iter_modules(relaybot.words.__path__)
        if module.name != "laying_out"
    ]
    said = re.sub(r"\"\s+f?\"|'\s+f?'", "", re.sub(r"\{[^{}]*\}", "12", "\n".join(sources)))
    stale = [pattern for pattern, _ in TURNS if not re.search(pattern.replace("^", '"'), said)]
    assert stale == []


@pytest.mark.parametrize(
    ("lines", "name", "wanted"),
    [
        (("ana: it starts soon.",), "ana", ("Dear ana,", "it starts soon.")),
        (("IRC is away. ana, I write to you here.",), "ana", ("Dear ana,", "IRC is away. I write to you here.")),
        (('dana: "So. ana, how is it?"',), "ana", ("Dear ana,", 'dana: "So. ana, how is it?"')),
        (("All is well.",), "", ("All is well.",)),
        (
            ("I don't know that place.", "Hello Ana,", "so far I have:"),
            "Ana",
            ("Hello Ana,", "I don't know that place.", "So far I have:"),
        ),
        (("Dear Ana,", "Dear Ana,", "both said yes."), "Ana", ("Dear Ana,", "both said yes.")),
    ],
)
def test_a_letter_greets_once_and_first(lines: tuple[str, ...], name: str, wanted: tuple[str, ...]) -> None:
    """However many parts a letter was made of, one greeting stands above all of them."""
    assert words.greeted(lines, name) == wanted


# ------------------------------------------------------------------------------------ all letters of all plays


@cache
def letters() -> tuple[tuple[str, Letter, bool], ...]:
    """Every letter to a person that relaybot writes in all plays by mail: the play, the letter, whether it begins."""
    found: list[tuple[str, Letter, bool]] = []
    with pytest.MonkeyPatch.context() as patch:
        sealed, hand_out = Desk._sealed, World._hand_out
        begun: dict[int, bool] = {}

        def seal(desk: Desk, to: str, parts: list[Letter]) -> Letter:
            letter = sealed(desk, to, parts)
            begun[letter.id] = not desk._is_answer(to)
            return letter

        def hand(world: World, letter: Letter) -> None:
            if letter.id in begun and "#" not in letter.to:
                found.append((path.stem, letter, begun.pop(letter.id)))
            hand_out(world, letter)

        patch.setattr(Desk, "_sealed", seal)
        patch.setattr(World, "_hand_out", hand)
        for path in PLAYS:
            begun.clear()
            by_mail = re.search(r"^(?:network|list) ", path.read_text(encoding="utf-8"), re.M)
            (Player(path) if by_mail else Silent(path, Style.LETTER)).run()
    return tuple(found)


def test_letters_fit_the_width_of_a_mail() -> None:
    """No line of any letter is wider than 76 columns, unless it is one word."""
    wide = {
        line
        for _, letter, _ in letters()
        for line in letters_layout.body(letter.text).splitlines()
        if len(line) > letters_layout.COLUMNS and " " in line.strip()
    }
    assert wide == set()


def test_choices_are_rows_in_every_letter() -> None:
    """No letter has numbered choices or yes/no in the middle of a sentence."""
    glued = {
        line
        for _, letter, _ in letters()
        for line in letter.text
        if re.search(r"\b1\)? \S.*  2\)? \S|\(yes/no", re.sub(r'"[^"]*"', "", line)) and not line.startswith("  ")
    }
    assert glued == set()


# ------------------------------------------------------------------------------------------------- subjects


def test_every_question_has_a_subject() -> None:
    """Whatever form a letter begins with, its subject is declared; none is declared for a form that is gone."""
    declared = {name for name, form in FORMS.items() if form.subject is None}
    assert set(QUESTIONS) == declared


OWN = {"Your hour"}  # declared with this very subject


def test_what_begins_has_a_subject_of_its_own() -> None:
    """No letter that relaybot begins, in any play, needs the subject that says what it is about in general."""
    general = {words.subject("", about, "tech-peer") for about in ("A1", "M1", "S1", "H1", "P1", "")}
    bare = {
        (play, letter.text[1:3]) for play, letter, begins in letters() if begins and letter.subject in general - OWN
    }
    assert bare == set()


def test_a_subject_tells_nothing() -> None:
    """What a locked screen shows of a letter that begins something holds none of its sentences and no reason."""
    for play, letter, begins in letters():
        if begins:
            said = letter.subject.lower()
            assert not re.search(r"\b(?:ended?|ends|reason|declined|no|wrong|over)\b", said), (play, letter.subject)
            assert all(said not in line.lower() for line in letter.text if len(said) > 40), (play, letter.subject)


def test_answers_keep_their_subject() -> None:
    """What answers a mail is "Re:" what it answers, unless it is a letter with a subject of its own."""
    answered = {letter.subject for _, letter, begins in letters() if not begins}
    assert "Re: your mail" in answered
    assert not {subject for subject in answered if subject in set(QUESTIONS.values())}


def test_everybody_is_greeted_in_what_begins() -> None:
    """A letter that begins something greets its reader by name, once; one that answers, or the clock's, does not."""
    for play, letter, begins in letters():
        greetings = [line for line in letter.text if re.match(r"(?:Dear|Hello|Good \w+)\b[^.]*,$", line)]
        assert len(greetings) <= 1, (play, letter.text)
        assert not greetings or letter.text[0] == greetings[0], (play, letter.text)
        if begins and letter.person and letter.expires_at and letter.expires_at > letter.written_at + BRISK:
            assert greetings, (play, letter.text)
