"""Forms: conversations as records, asked one question at a time (LINE) or all in one letter (LETTER).

A dialogue is a record: which form, which answers. The next question is computed from what is missing,
so a half-filled form survives restarts. Answers are kept as text that its own question can read again.
Digits answer everything; `?` explains; `back`, `skip`, `later`, `stop` always work.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from relaybot.desk import Desk
from relaybot.model import Dialogue, Person, Style
from relaybot.ports import Invalid
from relaybot.words import common as words

Ask = Callable[[Desk, Dialogue], str]
Read = Callable[[Desk, Dialogue, str], str]

POLITE = re.compile(r",? (?:please|thanks|thank you)$")  # "yes please", "no thanks"
EXITS = frozenset({"?", "back", "skip", "later", "stop"})


def _always(desk: Desk, dialogue: Dialogue) -> bool:
    return True


def _no_echo(desk: Desk, dialogue: Dialogue, value: str) -> str:
    return ""


class GoTo(Exception):
    """Raised by `read`: ask the question with this key again before going on."""


class Taken(Exception):
    """Raised by `read`: what was said is taken care of and kept nowhere; the same question stays open, unsaid."""


class Instead(Exception):
    """Raised by `read`: what was said answers the earlier question `key` again, not the one that is open."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(key)
        self.key = key
        self.text = text


@dataclass(frozen=True)
class Question:
    """One question: what is asked, and how an answer is read."""

    key: str
    ask: Ask
    read: Read
    free: bool = False  # free text is asked, so that almost no word is a command meanwhile
    when: Callable[[Desk, Dialogue], bool] = _always
    counted: bool = True
    skip: str | None = None  # the answer that `skip` stands for; None: it cannot be skipped
    echo: Callable[[Desk, Dialogue, str], str] = _no_echo  # said before the next question
    heard: Callable[[Desk, str, str], str] | None = None  # the same from (value kept, words said), instead of echo
    explain: str = ""
    label: str = ""  # its name in a letter
    alone: bool = False  # it says earlier answers back, so a letter asks it by itself when all else is answered
    own: frozenset[str] = frozenset()  # words that are answers here though they are exits elsewhere, e.g. "later"


@dataclass(frozen=True)
class Form:
    """A conversation: questions in order, and what happens at its end."""

    name: str
    questions: tuple[Question, ...]
    done: Callable[[Desk, Dialogue], None]
    stopped: Callable[[Desk, Dialogue], None] | None = None  # the person said stop
    kept: Callable[[Desk, Dialogue], None] | None = None  # the person said later
    numbered: bool = False  # show k/n
    again: str = ""  # the word that has the open question asked once more
    waits: bool = True  # waits for the end of an open dialogue; offers and session lines do not
    intro: Callable[[Desk, Dialogue], tuple[str, ...]] | None = None  # said before the first question
    claim: Callable[[Desk, Dialogue], str] | None = None  # what must still be so when its private letters leave
    brief: bool = False  # ends without a word when the person says anything but an answer


FORMS: dict[str, Form] = {}


def form(made: Form) -> Form:
    """Declare a form."""
    assert made.name not in FORMS, f"form {made.name} is declared twice"
    FORMS[made.name] = made
    return made


# ------------------------------------------------------------------------------------------- answers


def answers(dialogue: Dialogue) -> dict[str, str]:
    """The answers so far."""
    return dict(dialogue.answers)


def given(dialogue: Dialogue, key: str) -> str:
    """One answer; "" when not given."""
    return answers(dialogue).get(key, "")


def with_answer(dialogue: Dialogue, key: str, value: str) -> Dialogue:
    """The dialogue with one answer given (last in order, so that `back` finds it; a changed one keeps its place)."""
    if key in answers(dialogue):
        return replace(dialogue, answers=tuple((k, value if k == key else v) for k, v in dialogue.answers))
    return replace(dialogue, answers=(*dialogue.answers, (key, value)))


def missing(desk: Desk, dialogue: Dialogue) -> list[Question]:
    """The questions still to ask, in order."""
    have = answers(dialogue)
    return [q for q in FORMS[dialogue.form].questions if q.key not in have and q.when(desk, dialogue)]


def count(desk: Desk, dialogue: Dialogue, key: str) -> tuple[int, int]:
    """(k, n): which of the counted questions this is, out of how many really asked."""
    have = answers(dialogue)
    asked = [q.key for q in FORMS[dialogue.form].questions if q.counted and (q.key in have or q.when(desk, dialogue))]
    return (asked.index(key) + 1 if key in asked else 0), len(asked)


def asks_free_text(dialogue: Dialogue) -> bool:
    """Whether the open question takes free text, so that almost no word is a command."""
    return any(q.free for q in FORMS[dialogue.form].questions if q.key == dialogue.asking)


# --------------------------------------------------------------------------------------- the dialogue


def open_for(desk: Desk, person: Person) -> Dialogue | None:
    """The dialogue whose question was asked last and is still open."""
    asked = [d for d in desk.dialogues.where("person", person.id) if d.asked_at is not None and not d.kept]
    return max(asked, key=lambda d: (d.asked_at, d.id), default=None)


def of(desk: Desk, person: Person, name: str, about: str | None = None) -> Dialogue | None:
    """The person's dialogue of this form (about this object), open, waiting or kept."""
    for dialogue in desk.dialogues.where("person", person.id):
        if dialogue.form == name and (about is None or dialogue.about == about):
            return dialogue
    return None


def begin(
    desk: Desk,
    person: Person,
    name: str,
    about: str = "",
    *,
    note: str = "",
    place: str = "",
    answers: tuple[tuple[str, str], ...] = (),
) -> Dialogue:
    """Start a dialogue. One of the same form about the same object is replaced; a new one waits its turn if it must."""
    before = of(desk, person, name, about)
    if before is not None:
        desk.drop(before)
    dialogue = Dialogue(
        programme=desk.name,
        id=desk.serial(),
        person=person.id,
        form=name,
        about=about,
        answers=answers,
        started_at=desk.now,
        place=place,
        note=note,
    )
    desk.put(dialogue)
    busy = open_for(desk, person)
    if busy is None or not FORMS[name].waits or FORMS[busy.form].waits is False or place:
        pose(desk, dialogue, first=True)
    return dialogue


def listen(desk: Desk, person: Person, name: str, about: str, *, note: str = "") -> None:
    """Open the first question of a form without saying it: the caller has just said it in words of its own.

    For lines that lose their sense (clock lines, reminders): those carry an expiry or a claim, a question does not.
    """
    before = of(desk, person, name, about)
    if before is not None:
        desk.drop(before)
    desk.put(
        Dialogue(
            programme=desk.name,
            id=desk.serial(),
            person=person.id,
            form=name,
            about=about,
            asking=FORMS[name].questions[0].key,
            started_at=desk.now,
            asked_at=desk.now,
            note=note,
        )
    )


def forget(desk: Desk, person: Person, about: str, *names: str) -> None:
    """Drop a person's dialogues about an object (only the forms named, if any) without a word; the next one is asked."""
    dropped = [
        d for d in desk.dialogues.where("person", person.id) if d.about == about and (not names or d.form in names)
    ]
    for dialogue in dropped:
        desk.drop(dialogue)
    if dropped:
        wake(desk, person)


def pose(desk: Desk, dialogue: Dialogue, *before: str, first: bool = False) -> None:
    """Ask the next missing question (LETTER: all of them), or finish the form."""
    form_ = FORMS[dialogue.form]
    person = desk.people[dialogue.person]
    todo = missing(desk, dialogue)
    if not todo:
        desk.drop(dialogue)
        if before:
            say(desk, dialogue, *before)
        form_.done(desk, dialogue)
        wake(desk, person)
        return
    if first and form_.intro is not None:
        before = (*form_.intro(desk, dialogue), *before)
    question = todo[0]
    dialogue = replace(dialogue, asking=question.key, asked_at=desk.now, kept=False)
    desk.put(dialogue)
    at_once = together(todo)
    if len(at_once) > 1 and desk.style(person.home) is Style.LETTER and not dialogue.place:
        say(desk, dialogue, *before, *words.letter_form([_labelled(desk, dialogue, q) for q in at_once]))
        return
    say(desk, dialogue, *before, asked(desk, dialogue))


def _labelled(desk: Desk, dialogue: Dialogue, question: Question) -> tuple[str, str]:
    return (question.label or question.key, question.ask(desk, dialogue))


def say(desk: Desk, dialogue: Dialogue, *lines: str) -> None:
    """Write to where the dialogue is held."""
    if dialogue.place:
        desk.post(dialogue.place, *lines)
    else:
        claim = FORMS[dialogue.form].claim
        desk.tell(desk.people[dialogue.person], *lines, claim=claim(desk, dialogue) if claim else "")


def end(desk: Desk, dialogue: Dialogue) -> None:
    """Drop a dialogue without finishing it; whoever waits behind it comes next."""
    desk.drop(dialogue)
    wake(desk, desk.people[dialogue.person])


def wake(desk: Desk, person: Person) -> None:
    """Ask what waited while another dialogue was open."""
    if open_for(desk, person) is not None:
        return
    queued = [d for d in desk.dialogues.where("person", person.id) if d.asked_at is None and not d.kept]
    if queued:
        pose(desk, min(queued, key=lambda d: d.id), first=True)


def asked(desk: Desk, dialogue: Dialogue) -> str:
    """The open question once more, as it was asked."""
    form_ = FORMS[dialogue.form]
    question = _question(dialogue)
    said = question.ask(desk, dialogue)
    k, n = count(desk, dialogue, question.key)
    return f"{k}/{n} {said}" if form_.numbered and question.counted else said


# ------------------------------------------------------------------------------------------ answering


def takes(desk: Desk, dialogue: Dialogue, text: str) -> bool:
    """Whether what was said answers the open question (or leaves the dialogue by one of the exits)."""
    if text.strip().lower() in EXITS:
        return True
    try:
        _question(dialogue).read(desk, dialogue, text)
    except Invalid:
        return False
    except (GoTo, Instead, Taken):
        return True
    return True


def answer(desk: Desk, dialogue: Dialogue, text: str) -> None:
    """Take what the person said as the answer to the open question; raises Invalid when it cannot be taken."""
    if text.strip().lower() == (FORMS[dialogue.form].again or None):
        pose(desk, dialogue)
        return
    person = desk.people[dialogue.person]
    if desk.style(person.home) is Style.LETTER and not dialogue.place:
        _answer_letter(desk, dialogue, text)
        return
    word = text.strip().lower()
    question = _question(dialogue)
    if word in EXITS - question.own and _exit(desk, dialogue, word):
        return
    _take(desk, dialogue, question, text)


def _question(dialogue: Dialogue) -> Question:
    return next(q for q in FORMS[dialogue.form].questions if q.key == dialogue.asking)


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
    question = _question(dialogue)
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


def _answer_letter(desk: Desk, dialogue: Dialogue, text: str) -> None:
    """Read a reply that may answer several questions: labelled or numbered lines, or one answer."""
    word = text.strip().lower()
    todo = together(missing(desk, dialogue))
    if word in EXITS - todo[0].own:
        _exit(desk, dialogue, word)
        return
    found = _by_label([(q.label or q.key) for q in todo], text)
    problems: list[str] = []
    echoes: list[str] = []
    for question, said in zip(todo, found, strict=True):
        if not said:
            continue
        try:
            if said.lower() == "skip" and question.skip is not None:
                answered, value, heard = question, question.skip, said
            else:
                answered, value, heard = _read(desk, dialogue, question, said)
        except Taken:
            return
        except GoTo as go:
            dialogue = replace(dialogue, answers=tuple(a for a in dialogue.answers if a[0] != str(go)))
            continue
        except Invalid as problem:
            problems.append(str(problem))
            continue
        dialogue = with_answer(dialogue, answered.key, value)
        echoes.append(_echo(desk, dialogue, answered, value, heard))
    pose(desk, dialogue, *[e for e in echoes if e], *problems)


def together(todo: list[Question]) -> list[Question]:
    """The questions one letter can ask at once: those before the first that needs the answers to them."""
    upto = next((i for i, question in enumerate(todo) if question.alone), len(todo))
    return todo[: max(upto, 1)]


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


# ------------------------------------------------------------------------------- ready-made questions


def choice(
    key: str,
    ask: Ask,
    options: dict[str, tuple[str, ...]],
    *,
    when: Callable[[Desk, Dialogue], bool] = _always,
    offered: Callable[[Desk, Dialogue], tuple[str, ...]] | None = None,
    counted: bool = True,
    skip: str | None = None,
    echo: Callable[[Desk, Dialogue, str], str] = _no_echo,
    explain: str = "",
) -> Question:
    """A choice: options maps the value kept to the words (digits among them) that mean it.

    `offered` narrows the values that may be chosen now; digits stay the ones printed.
    """

    def read(desk: Desk, dialogue: Dialogue, text: str) -> str:
        said = POLITE.sub("", text.strip().lower().rstrip(".!"))
        open_now = offered(desk, dialogue) if offered else tuple(options)
        for value, meant in options.items():
            if value in open_now and (said in meant or said == value):
                return value
        raise Invalid(words.choose_again(tuple(options[value][0] for value in open_now)))

    return Question(key, ask, read, when=when, counted=counted, skip=skip, echo=echo, explain=explain)


YES = ("yes", "y", "1", "ok", "okay", "fine", "sure", "yep")
NO = ("no", "n", "2", "nope")


def yes_no(
    key: str,
    ask: Ask,
    *,
    when: Callable[[Desk, Dialogue], bool] = _always,
    counted: bool = True,
    explain: str = "",
) -> Question:
    """A yes-or-no question; 1 and 2 are understood too."""
    return choice(key, ask, {"yes": YES, "no": NO}, when=when, counted=counted, explain=explain)
