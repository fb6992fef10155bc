"""Answers: how what a person said is read as the answer to the question that is open, line by line or from one letter.

Digits answer everything; `?` explains; `back`, `skip`, `later`, `stop` always work.
"""

from __future__ import annotations

from dataclasses import replace

from relaybot.desk import Desk
from relaybot.forms import (
    EXITS,
    FORMS,
    GoTo,
    Instead,
    Question,
    Taken,
    asked,
    missing,
    open_question,
    pose,
    reply_about,
    say,
    together,
    wake,
    with_answer,
)
from relaybot.model import Block, Dialogue, Style
from relaybot.ports import Invalid
from relaybot.words import common as words


def takes(desk: Desk, dialogue: Dialogue, text: str) -> bool:
    """Whether what was said answers the open question (or leaves the dialogue by one of the exits)."""
    if text.strip().lower() in EXITS:
        return True
    try:
        open_question(dialogue).read(desk, dialogue, text)
    except Invalid:
        return False
    except (GoTo, Instead, Taken):
        return True
    return True


def answer(desk: Desk, dialogue: Dialogue, text: str, blocks: tuple[Block, ...] = ()) -> None:
    """Take what the person said as the answer to the open question; raises Invalid when it cannot be taken.

    `blocks`: a letter's words with what each was written under.
    """
    if text.strip().lower() == (FORMS[dialogue.form].again or None):
        pose(desk, dialogue)
        return
    if desk.heard is not None and desk.heard.style is Style.LETTER and not dialogue.place:
        _answer_letter(desk, dialogue, text, blocks)
        return
    word = text.strip().lower()
    question = open_question(dialogue)
    if word in EXITS - question.own and _exit(desk, dialogue, word):
        return
    _take(desk, dialogue, question, text)


def _take(desk: Desk, dialogue: Dialogue, question: Question, text: str) -> None:
    try:
        question, value, text = _read(desk, dialogue, question, text)
    except Taken:
        return
    except GoTo as go:
        pose(desk, replace(dialogue, answers=tuple(a for a in dialogue.answers if a[0] != str(go))))
        return
    dialogue = with_answer(dialogue, question.key, value)
    echo = _echo(desk, dialogue, question, value, text)
    pose(desk, dialogue, *((echo,) if echo else ()))


def _read(desk: Desk, dialogue: Dialogue, question: Question, text: str) -> tuple[Question, str, str]:
    """What was said as an answer: to which question (an earlier one, perhaps), the value, and the words it was read from."""
    try:
        return question, question.read(desk, dialogue, text), text
    except Instead as other:
        earlier = next(q for q in FORMS[dialogue.form].questions if q.key == other.key)
        return earlier, earlier.read(desk, dialogue, other.text), other.text


def _echo(desk: Desk, dialogue: Dialogue, question: Question, value: str, said: str) -> str:
    if question.heard is not None:
        return question.heard(desk, value, said)
    return question.echo(desk, dialogue, value)


def _exit(desk: Desk, dialogue: Dialogue, word: str) -> bool:
    """Handle `?`, `back`, `skip`, `later`, `stop`; False when the word is an ordinary answer here."""
    form_ = FORMS[dialogue.form]
    question = open_question(dialogue)
    if word == "?":
        say(desk, dialogue, question.explain or words.explain_exits(), asked(desk, dialogue))
    elif word == "back":
        if not dialogue.answers:
            raise Invalid(words.nothing_before())
        pose(desk, replace(dialogue, answers=dialogue.answers[:-1]))
    elif word == "skip":
        if question.skip is None:
            raise Invalid(words.cannot_skip())
        pose(desk, with_answer(dialogue, question.key, question.skip))
    elif word == "later":
        desk.put(replace(dialogue, kept=True))
        if form_.kept is not None:
            form_.kept(desk, dialogue)
        else:
            say(desk, dialogue, words.kept())
        wake(desk, desk.people[dialogue.person])
    else:
        desk.drop(dialogue)
        if form_.stopped is not None:
            form_.stopped(desk, dialogue)
        else:
            say(desk, dialogue, words.stopped())
        wake(desk, desk.people[dialogue.person])
    return True


def _answer_letter(desk: Desk, dialogue: Dialogue, text: str, blocks: tuple[Block, ...]) -> None:
    """Read a letter that may answer several questions: by label, number, order or in its own words, or one answer."""
    word = text.strip().lower()
    todo = together(desk, dialogue, missing(desk, dialogue))
    if word in EXITS - todo[0].own:
        _exit(desk, dialogue, word)
        return
    if todo[0].alone or (len(todo) == 1 and FORMS[dialogue.form].sort is None):
        _take_first_line(desk, dialogue, todo[0], text)
        return
    said = _sorted(desk, dialogue, todo, text, blocks)
    try:
        dialogue, echoes, problems = fill(desk, dialogue, said)
    except Taken:
        return
    if not said:
        problems.append(words.answered_nothing())
    elif not problems:
        dialogue = _unsaid(desk, dialogue)
    heard = () if FORMS[dialogue.form].letter else tuple(echoes)  # such a letter says all of it anew
    pose(desk, dialogue, *heard, *problems)


def fill(desk: Desk, dialogue: Dialogue, said: dict[str, str]) -> tuple[Dialogue, list[str], list[str]]:
    """Read words as answers, question by question: the dialogue with what could be read, echoes, and what could not."""
    echoes: list[str] = []
    problems: list[str] = []
    for question in FORMS[dialogue.form].questions:
        words_for_it = said.get(question.key, "")
        if not words_for_it or not question.when(desk, dialogue):
            continue
        try:
            if words_for_it.lower() == "skip" and question.skip is not None:
                answered, value, heard = question, question.skip, words_for_it
            else:
                answered, value, heard = _read(desk, dialogue, question, words_for_it)
        except GoTo as go:
            dialogue = replace(dialogue, answers=tuple(a for a in dialogue.answers if a[0] != str(go)))
            continue
        except Invalid as problem:
            problems.append(str(problem))
            continue
        dialogue = with_answer(dialogue, answered.key, value)
        echoes.append(_echo(desk, dialogue, answered, value, heard))
    return dialogue, [echo for echo in echoes if echo], problems


def _unsaid(desk: Desk, dialogue: Dialogue) -> Dialogue:
    """What need not be answered is as if it had been skipped, as soon as all that must be answered is."""
    for _ in FORMS[dialogue.form].questions:
        todo = missing(desk, dialogue)
        upto = next((i for i, question in enumerate(todo) if question.alone), len(todo))
        meant = [(q, q.unsaid if q.unsaid is not None else q.skip) for q in todo[:upto]]
        if not meant or any(value is None for _, value in meant):
            break
        question, value = meant[0]
        dialogue = with_answer(dialogue, question.key, value or "")
    return dialogue


def _take_first_line(desk: Desk, dialogue: Dialogue, question: Question, text: str) -> None:
    """One question, one letter: the whole of it is the answer, or its first line is and the rest is talk."""
    whole = " ".join(text.split())
    try:
        _take(desk, dialogue, question, whole)
    except Invalid:
        first = next((line.strip() for line in text.splitlines() if line.strip()), "")
        if question.free or first == whole or _below_another(desk, dialogue):
            raise
        _take(desk, dialogue, question, first)


def _below_another(desk: Desk, dialogue: Dialogue) -> bool:
    """Whether a letter answers one about the pair, not the private question itself: its first word may be for the partner."""
    heard = desk.heard
    return heard is not None and heard.about[:1] in {"M", "S"} and reply_about(dialogue) != heard.about


def _sorted(
    desk: Desk, dialogue: Dialogue, todo: list[Question], text: str, blocks: tuple[Block, ...]
) -> dict[str, str]:
    """Which words answer which question."""
    sort = FORMS[dialogue.form].sort
    if sort is not None:
        return sort(desk, dialogue, text, blocks)
    found = _by_label([(q.label or q.key) for q in todo], text)
    return {q.key: said for q, said in zip(todo, found, strict=True) if said}


def _by_label(labels: list[str], text: str) -> list[str]:
    """What a letter says to each label: "label: words", "2) words"; unlabelled lines in order, or one answer."""
    found = [""] * len(labels)
    plain: list[str] = []
    for line in filter(None, (raw.strip() for raw in text.splitlines())):
        head, sep, tail = line.partition(":")
        number, _, after = line.partition(")")
        lowered = [label.lower() for label in labels]
        if sep and head.strip().lower() in lowered:
            found[lowered.index(head.strip().lower())] = tail.strip()
        elif number.isdigit() and after and 0 < int(number) <= len(labels):
            found[int(number) - 1] = after.strip()
        else:
            plain.append(line)
    if plain and not any(found):
        if len(labels) == 1:
            found[0] = " ".join(plain)
        else:
            found[: len(plain)] = plain[: len(labels)]
    return found
