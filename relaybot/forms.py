"""Forms: conversations as records, asked one question at a time (LINE) or all in one letter (LETTER).

A dialogue is a record: which form, which answers. The next question is computed from what is missing,
so a half-filled form survives restarts. Answers are kept as text that its own question can read again;
how they are read is in answers.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from relaybot.desk import Desk
from relaybot.model import Block, Dialogue, Person, Style
from relaybot.ports import Invalid
from relaybot.words import common as words
from relaybot.words import subjects

Ask = Callable[[Desk, Dialogue], str]
Read = Callable[[Desk, Dialogue, str], str]

Compose = Callable[[Desk, Dialogue, "list[Question]"], "tuple[str, ...]"]
Sort = Callable[[Desk, Dialogue, str, "tuple[Block, ...]"], "dict[str, str]"]

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
    foreseen: bool = False  # a letter asks it together with those on which it depends
    unsaid: str | None = None  # what it means that a letter answers others and not this one; None: what `skip` means


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
    shared: bool = False  # the partner hears the answer anyway: a reply about the pair or the hour may hold it
    brief: bool = False  # ends without a word when the person says anything but an answer
    apart: bool = False  # asked by mail, below what may be forged: only an answer to that very letter answers it
    letter: Compose | None = None  # how a letter asks all that is missing; None: numbered, one line each
    sort: Sort | None = None  # which words of a letter answer which question; None: by number, label or order
    subject: Callable[[Desk, Dialogue], str] | None = None  # of the letter that asks


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
    asked = [
        d
        for d in desk.dialogues.where("person", person.id)
        if d.asked_at is not None and not d.kept and not FORMS[d.form].apart
    ]
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
    fill: Callable[[Dialogue], Dialogue] | None = None,
) -> Dialogue:
    """Start a dialogue; `fill` may put in what is known already. One of the same form about the same object is replaced; a new one waits its turn if it must."""
    dialogue = keep(desk, person, name, about, note=note, place=place, answers=answers, fill=fill)
    busy = open_for(desk, person)
    if busy is None or not FORMS[name].waits or FORMS[busy.form].waits is False or place:
        pose(desk, dialogue, first=True)
    return dialogue


def keep(
    desk: Desk,
    person: Person,
    name: str,
    about: str = "",
    *,
    note: str = "",
    place: str = "",
    answers: tuple[tuple[str, str], ...] = (),
    fill: Callable[[Dialogue], Dialogue] | None = None,
) -> Dialogue:
    """A dialogue nobody has been asked yet; it comes when it is woken. One of the same form and object is replaced."""
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
    dialogue = fill(dialogue) if fill is not None else dialogue
    desk.put(dialogue)
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
        if before and not (form_.letter and by_letter(desk, dialogue)):  # such a letter says all of it anew
            say(desk, dialogue, *before)
        form_.done(desk, dialogue)
        wake(desk, person)
        return
    if first and form_.intro is not None:
        before = (*form_.intro(desk, dialogue), *before)
    question = todo[0]
    dialogue = replace(dialogue, asking=question.key, asked_at=desk.now, kept=False)
    desk.put(dialogue)
    if by_letter(desk, dialogue):
        before = tuple(line for line in before if line)
        subject = form_.subject(desk, dialogue) if form_.subject else ""
        lines = subjects.under(
            subjects.QUESTIONS.get(form_.name, ""), (*before, *asked_by_letter(desk, dialogue, todo))
        )
        say(desk, dialogue, *lines, subject=subject)
        return
    say(desk, dialogue, *before, asked(desk, dialogue))


def by_letter(desk: Desk, dialogue: Dialogue) -> bool:
    """Whether the person reads this dialogue as letters."""
    return not dialogue.place and desk.style(desk.reached(desk.people[dialogue.person])) is Style.LETTER


def asked_by_letter(desk: Desk, dialogue: Dialogue, todo: list[Question]) -> tuple[str, ...]:
    """All that one letter can ask, as its lines."""
    compose = FORMS[dialogue.form].letter
    at_once = together(desk, dialogue, todo)
    if compose is not None and not at_once[0].alone:
        return compose(desk, dialogue, at_once)
    if len(at_once) == 1:
        return (asked(desk, dialogue),)
    return words.letter_form([q.ask(desk, dialogue) for q in at_once])


def together(desk: Desk, dialogue: Dialogue, todo: list[Question]) -> list[Question]:
    """The questions one letter can ask at once: those before the first that needs the answers to them."""
    upto = next((i for i, question in enumerate(todo) if question.alone), len(todo))
    have = answers(dialogue)
    coming = [q for q in FORMS[dialogue.form].questions if q.foreseen and q.key not in have and q not in todo]
    first = todo[: max(upto, 1)]
    return first + ([q for q in coming if not first[0].alone])


def say(desk: Desk, dialogue: Dialogue, *lines: str, subject: str = "") -> None:
    """Write to where the dialogue is held."""
    if dialogue.place:
        desk.post(dialogue.place, *lines, about=reply_about(dialogue))
    else:
        form_ = FORMS[dialogue.form]
        person = desk.people[dialogue.person]
        desk.tell(
            person,
            *lines,
            claim=form_.claim(desk, dialogue) if form_.claim else "",
            about=reply_about(dialogue),
            subject=subject,
        )


def reply_about(dialogue: Dialogue) -> str:
    """What a reply to the question is about: of a pair, a private one itself, lest the reply be taken for words to the partner."""
    private = dialogue.about[:1] in {"M", "S"} and not FORMS[dialogue.form].shared
    return f"D{dialogue.id}" if private or not dialogue.about else dialogue.about


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


def open_question(dialogue: Dialogue) -> Question:
    """The question that was asked last."""
    return next(q for q in FORMS[dialogue.form].questions if q.key == dialogue.asking)


def asked(desk: Desk, dialogue: Dialogue) -> str:
    """The open question once more, as it was asked."""
    form_ = FORMS[dialogue.form]
    question = open_question(dialogue)
    said = question.ask(desk, dialogue)
    k, n = count(desk, dialogue, question.key)
    return f"{k}/{n} {said}" if form_.numbered and question.counted else said


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
    explain: str = "",
) -> Question:
    """A yes-or-no question; 1 and 2 are understood too."""
    return choice(key, ask, {"yes": YES, "no": NO}, explain=explain)
