"""How was it? Asked privately after an hour; two good answers make a regular pair, a `no` opens the way out.

Answers are for moderators only and nothing of them reaches the partner; `thanks` passes words on, and
`off` tells the moderators that something felt wrong.
"""

from __future__ import annotations

import re
from dataclasses import replace

from relaybot import forms
from relaybot.commands import Call, Ref, Text, Word, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, given
from relaybot.model import Block, Dialogue, Pair, Person
from relaybot.nouns import afterhour, feelings, meetings, pairs, people, relay, sessions
from relaybot.ports import Invalid, Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import dates as date_words
from relaybot.words import fitting as words
from relaybot.words.common import join_words

_MEANT = {"1": "good", "good": "good", "2": "unsure", "unsure": "unsure", "3": "no", "no": "no"}
_REST = ("good fit", "not sure yet", "not sure", "not for me", "fit")


@on_timer("fit 0")
def _fit_first(desk: Desk, about: str, late_seconds: float) -> None:
    """After an hour, in waking hours: the first of the two is asked how it was."""
    _ask_fit(desk, about, 0)


@on_timer("fit 1")
def _fit_second(desk: Desk, about: str, late_seconds: float) -> None:
    """The same for the second."""
    _ask_fit(desk, about, 1)


def _ask_fit(desk: Desk, about: str, number: int) -> None:
    """A while after an hour of a trial: whoever hasn't said good yet is asked."""
    pair = desk.pairs.get(int(about[1:]))
    if pair is None or pair.stage not in ACTIVE_PAIRS or number >= len(pairs.sides(desk, pair)):
        return
    side = pairs.sides(desk, pair)[number]
    if afterhour.waiting(desk, pair, desk.people[side.person]) is not None:
        _ask_after(desk, pair, number)
        return
    if pair.stage == "active":
        return
    all_good = all(s.fit == "good" for s in pairs.sides(desk, pair))
    person = desk.people[side.person]
    if side.fit == "good" and not all_good:
        return
    awake = people.waking(desk, person)
    if awake > desk.now:
        desk.plan(f"fit {number}", about, awake)
    elif meetings.running(desk, pair) is None:
        forms.begin(desk, person, "fit", about)


def _pair_of(desk: Desk, dialogue: Dialogue) -> tuple[Pair, Person, Person]:
    pair, person = desk.pairs[int(dialogue.about[1:])], desk.people[dialogue.person]
    return pair, person, pairs.partner(desk, pair, person)


def _question(desk: Desk, dialogue: Dialogue) -> str:
    return words.question(_pair_of(desk, dialogue)[2])


def _read(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """A digit or its words, and perhaps more words."""
    said = text.strip()
    for phrase, value in (
        ("good fit", "good"),
        ("not sure yet", "unsure"),
        ("not sure", "unsure"),
        ("not for me", "no"),
    ):
        if said.lower().startswith(phrase):
            return f"{value} {said[len(phrase) :].strip(' .,;:-')}".strip()
    head, _, rest = said.partition(" ")
    value = _MEANT.get(head.lower().rstrip(".,;:!)"), "")
    if not value:
        raise Invalid(words.again())
    rest = rest.strip()
    for phrase in _REST:  # "1 good fit, patient teacher"
        if rest.lower().startswith(phrase):
            rest = rest[len(phrase) :].strip(" .,;:-")
            break
    return f"{value} {rest}".strip()


def _done(desk: Desk, dialogue: Dialogue) -> None:
    pair, person, _ = _pair_of(desk, dialogue)
    value, _, said = given(dialogue, "fit").partition(" ")
    if value == "skipped":
        desk.tell(person, words.skipped())
    elif sessions.live(desk, pair, person):
        _felt(desk, pair, person, value, said)


forms.form(Form("fit", (Question("fit", _question, _read, skip="skipped"),), done=_done))


# -------------------------------------------------------------------------------------- an hour by mail

_BEGINS = re.compile(
    r"\s*(?:(?P<fit>[123](?!\d)|good fit|not sure(?: yet)?|not for me|good\b|unsure\b)"
    r"|(?P<held>yes|partly|partially|no)\b)[\s,.;:)/-]*",
    re.I,
)
_TOOK = {"1": "yes", "2": "partly", "3": "no", "partially": "partly", "y": "yes", "n": "no"}


def _ask_after(desk: Desk, pair: Pair, number: int) -> None:
    """After an hour that began by itself: whether it took place, and on trial how it was, in one question or letter."""
    side = pairs.sides(desk, pair)[number]
    person, about = desk.people[side.person], f"M{pair.id}"
    awake = people.waking(desk, person)
    if awake > desk.now:
        desk.plan(f"fit {number}", about, awake)
        return
    meeting = afterhour.waiting(desk, pair, person)
    all_good = all(s.fit == "good" for s in pairs.sides(desk, pair))
    fit = pair.stage != "active" and (side.fit != "good" or all_good)
    if meeting is not None and meetings.running(desk, pair) is None:
        forms.begin(desk, person, "after-hour", about, note=f"{meeting.id}{' fit' * fit}")


def _wants_fit(desk: Desk, dialogue: Dialogue) -> bool:
    said_no = given(dialogue, "held") == "no" and not forms.by_letter(desk, dialogue)
    return dialogue.note.endswith(" fit") and not said_no


def _ask_took(desk: Desk, dialogue: Dialogue) -> str:
    pair, _, partner = _pair_of(desk, dialogue)
    return date_words.took_place(partner, letters=pair.format == "letters")


def _read_took(desk: Desk, dialogue: Dialogue, text: str) -> str:
    head = text.strip().lower().split(maxsplit=1)[0].rstrip(".,;:!)") if text.strip() else ""
    value = _TOOK.get(head, head)
    if value not in {"yes", "partly", "no"}:
        raise Invalid(date_words.took_place_again())
    return value


def _after_letter(desk: Desk, dialogue: Dialogue, asked: list[Question]) -> tuple[str, ...]:
    pair, _, partner = _pair_of(desk, dialogue)
    moderators = [p.name for p in people.moderators(desk, (side.person for side in pairs.sides(desk, pair)))]
    readers = join_words(moderators[:4]) or desk.policy.operator or date_words.nobody_else()
    keys = {question.key for question in asked}
    took = _ask_took(desk, dialogue) if "held" in keys else ""
    return date_words.after_letter(partner, readers, took, fit="fit" in keys)


def _sort_after(desk: Desk, dialogue: Dialogue, text: str, blocks: tuple[Block, ...]) -> dict[str, str]:
    """Answers stand at the beginnings of lines, in any order ("1 yes", "partly", "good fit, patient teacher")."""
    fit = _wants_fit(desk, dialogue)
    found: dict[str, str] = {}
    for line in text.splitlines():
        rest = line.strip()
        while rest and (match := _BEGINS.match(rest)) is not None:
            key = "held" if match["held"] or not fit else "fit"
            if key in found:
                break
            found[key] = match["held"] or match["fit"]
            rest = rest[match.end() :]
        if rest and "fit" in found:
            found["fit"] = f"{found['fit']} {rest}"
        elif rest and not found:
            break
    if not found:
        raise Invalid(date_words.after_again(fit=fit))
    return found


def _after_done(desk: Desk, dialogue: Dialogue) -> None:
    pair, person, _ = _pair_of(desk, dialogue)
    felt, _, said = given(dialogue, "fit").partition(" ")
    felt = "" if felt == "skipped" else felt
    took = given(dialogue, "held") or ("yes" if felt else "")
    meeting = desk.meetings.get(int(dialogue.note.partition(" ")[0]))
    if meeting is not None and meeting.stage == "asked" and took:
        afterhour.answered(desk, meeting, person, took)
    if took in {"partly", "no"} and pair.format == "letters":
        desk.tell(person, date_words.noted_letters())
    elif took in {"partly", "no"}:
        desk.tell(person, date_words.noted_partly() if took == "partly" else date_words.noted_not())
    if felt:
        if sessions.live(desk, desk.pairs[pair.id], person):
            _felt(desk, desk.pairs[pair.id], person, felt, said)
    elif took in {"yes", ""}:
        desk.tell(person, date_words.noted_yes() if took else words.skipped())


forms.form(
    Form(
        "after-hour",
        (
            Question("held", _ask_took, _read_took, skip=""),
            Question("fit", _question, _read, skip="skipped", when=_wants_fit),
        ),
        done=_after_done,
        letter=_after_letter,
        sort=_sort_after,
        subject=lambda desk, dialogue: date_words.after_subject(_pair_of(desk, dialogue)[2]),
    )
)


@command(
    "fit",
    Word("fit", choices=("good", "unsure", "no")),
    Text("words", optional=True),
    topic="pair",
    help="say privately how it fits; only moderators see it",
    examples=("fit good patient teacher", "fit unsure", "fit no"),
)
def fit(desk: Desk, call: Call) -> None:
    """The same answer as a command, at any time."""
    pair = pairs.mine(desk, call)
    forms.forget(desk, call.me, f"M{pair.id}", "fit")
    _felt(desk, pair, call.me, call.text("fit"), call.text("words"))


def _felt(desk: Desk, pair: Pair, person: Person, value: str, said: str) -> None:
    """Keep the answer, and do what follows from it."""
    partner = pairs.partner(desk, pair, person)
    side = pairs.side(desk, pair, person)
    if side is None:
        return
    feelings.keep(desk, pair, person, value, said)
    desk.put(replace(side, fit=value, good_fits=side.good_fits + (value == "good")))
    if value == "no":
        desk.tell(person, words.no())
        forms.begin(desk, person, "drop", f"M{pair.id}")
    elif value == "unsure" and pair.stage == "active":
        desk.tell(person, words.noted())
    elif value == "unsure":
        desk.tell(person, words.unsure_words_kept() if said else words.unsure())
    else:
        desk.tell(person, words.good(partner, said))
        _both_good(desk, pair)


def _both_good(desk: Desk, pair: Pair) -> None:
    """When both say good, often enough, the pair is a regular one and looks for its next hour."""
    if pair.stage not in {"trial", "introduced"} or not sessions.fits(desk, pair):
        return
    if pair.stage == "introduced":  # they met without agreeing on an hour here
        pair = pairs.move(desk, pair, "agree")
    pair = pairs.move(desk, pair, "fit")
    coming = meetings.upcoming(desk, pair)
    for person in pairs.people(desk, pair):
        if pair.format == "letters":
            desk.tell(person, words.both_good_letters(pairs.partner(desk, pair, person)))
        elif coming is not None:
            desk.tell(person, words.both_good_next(coming.starts_at, people.zone(person), coming.id))
        else:
            desk.tell(person, words.both_good(pairs.partner(desk, pair, person)))
            forms.begin(desk, person, "times", f"M{pair.id}")


# -------------------------------------------------------------------------------------- thanks and off


@command(
    "thanks",
    Ref("pair", optional=True),
    Text("words", optional=True),
    topic="pair",
    help="thank your partner; the words are passed on",
    examples=("thanks patient teacher",),
)
def thanks(desk: Desk, call: Call) -> None:
    """Pass a thank-you on."""
    said = call.text("words")
    if not said:
        call.reply(desk, words.thanks_how())
        return
    pair = pairs.mine(desk, call, relay.OPEN)
    partner = pairs.partner(desk, pair, call.me)
    if relay.held_back(desk, pair, partner):
        relay.carry(desk, pair, call.me, said, show=lambda name, line: words.thanks_said(call.me, line))
        return
    side = pairs.side(desk, pair, call.me)
    if side is not None:
        desk.put(replace(side, thanked=side.thanked + 1))
    desk.tell(partner, words.thanks_said(call.me, said), claim=relay.claim(pair))
    call.reply(desk, words.thanks_passed(partner))


@command(
    "off",
    Ref("pair", optional=True),
    Text("words"),
    topic="privacy",
    help="something felt off: tell the moderators, nobody else",
    examples=("off I was asked for money",),
)
def off(desk: Desk, call: Call) -> None:
    """Something felt wrong: an urgent case."""
    pair = pairs.mine(desk, call, ACTIVE_PAIRS | {"ending", "ended"}) if call.number("pair") else _latest(desk, call.me)
    call.reply(desk, *feelings.something_off(desk, pair, call.me, call.text("words")))


def _latest(desk: Desk, person: Person) -> Pair:
    """The pair somebody speaks of without saying which: the newest one, also when it has ended."""
    found = pairs.of(desk, person, ACTIVE_PAIRS | {"ending", "ended"})
    if not found:
        raise Refused(words.off_without_pair())
    return found[-1]


@on_timer("feedback")
def _expire(desk: Desk, about: str, late_seconds: float) -> None:
    """Words of feedback are deleted some time after a pair's end."""
    feelings.expire(desk, about)
