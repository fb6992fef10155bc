"""Help: what somebody brings to the moderators, their answers, and the promise that an answer comes.

Whom a case concerns cannot see it, not even its number. Nothing is guessed from the words but a
moderator's name, and that is asked about before anything is passed on.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from relaybot import forms
from relaybot.commands import Call, Text, Who, command, on_reply, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, form, given, yes_no
from relaybot.model import Case, Dialogue, Message, Pair, Person, Urgency
from relaybot.nouns import cases, farewell, meetings, pairs, people
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.tables import fold
from relaybot.words import cases as words
from relaybot.words import letters as letter_words

URGENT = re.compile(r"urgent\b[\s:,.!-]*", re.IGNORECASE)
ANONYMOUS = re.compile(r"anonymous(ly)?\b", re.IGNORECASE)
NUMBER = re.compile(r"h(\d{1,9})\b[\s:,.-]*", re.IGNORECASE)
UPSET = ACTIVE_PAIRS - {"resting"}  # pairs whose hours can be paused


# --------------------------------------------------------------------------------- bringing something


@command(
    "moderator",
    Text("words", optional=True),
    who=Who.ANYONE,
    topic="help",
    help="talk to a moderator in private; begin with urgent if it is",
    examples=("moderator I don't know how to say no to my partner", "moderator urgent please call me"),
    always=True,
)
def moderator(desk: Desk, call: Call) -> None:
    """Words for the moderators, new or for a case that exists."""
    if call.person is None and not call.message.proven:
        raise Refused(letter_words.prove_first())
    me, text = people.speaker(desk, call), call.text("words").strip()
    number = NUMBER.match(text)
    if ANONYMOUS.match(text):
        desk.tell(me, words.anonymous_not_yet([p.name for p in people.moderators(desk)], desk.policy.operator))
    elif number is not None and text[number.end() :]:
        _add(desk, me, int(number.group(1)), text[number.end() :])
    elif text and not URGENT.fullmatch(text):
        _bring(desk, me, text)
    else:
        forms.begin(desk, me, "case-words", note=text)


def _named(desk: Desk, person: Person, text: str) -> tuple[list[Person], list[Person]]:
    """Moderators by whose name the words begin, and those they mention at all."""
    bare = fold(text[found.end() :] if (found := URGENT.match(text)) else text)
    others = [m for m in people.moderators(desk) if m.id != person.id]
    first = [m for m in others if re.match(rf"(about\s+)?@?{re.escape(fold(m.name))}(?!\w)", bare)]
    return first, [m for m in others if re.search(rf"(?<!\w){re.escape(fold(m.name))}(?!\w)", bare)]


def _bring(desk: Desk, person: Person, text: str) -> None:
    """Words that begin with a moderator's name are about them; where one is only mentioned, the person is asked."""
    _within_limit(desk, person)
    first, mentioned = _named(desk, person, text)
    if mentioned and not first:
        forms.begin(desk, person, "case-about", note=text)
        desk.plan("case-about", f"person {person.id}", desk.now + timedelta(minutes=desk.policy.cases.about_minutes))
    else:
        _open(desk, person, text, mentioned if first else [])


def _open_cases(desk: Desk, person: Person) -> list[Case]:
    found = [c for c in desk.cases.where("person", person.id) if c.topic == "help" and c.stage != "closed"]
    return sorted(found, key=lambda c: (c.opened_at or desk.now, c.id))


def _within_limit(desk: Desk, person: Person) -> None:
    most, mine = desk.policy.limits.open_cases, _open_cases(desk, person)
    if len(mine) >= most:
        raise Refused(words.too_many(most, [case.id for case in mine]))


def _open(desk: Desk, person: Person, text: str, about: list[Person]) -> None:
    """Put it before the moderators it does not concern; where there is none, the operator is named and nothing kept."""
    own = pairs.of(desk, person, ACTIVE_PAIRS | {"ending"})
    partners = [pairs.partner(desk, pair, person) for pair in own]
    hidden = {person.id, *(p.id for p in about), *(p.id for p in partners)}
    concerned = [m for m in people.moderators(desk) if m.id in hidden and m.id != person.id]
    readers = people.moderators(desk, hidden)
    if not readers:
        desk.tell(person, words.nobody_else([p.name for p in concerned], desk.policy.operator))
        return
    before = _to_reopen(desk, person, hidden)
    if before is not None:
        _write_again(desk, person, before, text)
        return
    _within_limit(desk, person)
    pair = own[0] if len(own) == 1 else None
    urgent = URGENT.match(text)
    text = text[urgent.end() :] if urgent is not None else text
    case = cases.open_case(desk, "help", person, pair=pair, words_=text)
    hidden_from = tuple(sorted({*case.hidden_from, *hidden}))
    case = desk.change(case, urgent=urgent is not None, hidden_from=hidden_from)
    cases.tell(desk, case, words.new(case.id, person.name, case.pair, text, urgent=case.urgent), urgency=_urgency(case))
    promise, zone, names = case.promise or desk.now, people.zone(person), [p.name for p in readers]
    if concerned:
        desk.tell(
            person, words.concerns([p.name for p in concerned], names, case.id, promise, zone), about=f"H{case.id}"
        )
    else:
        desk.tell(person, words.read_by(names, case.id, promise, zone), about=f"H{case.id}")
    if pair is not None and pair.stage in UPSET:
        forms.begin(desk, person, "case-meanwhile", f"H{case.id}")


def _urgency(case: Case) -> Urgency:
    return Urgency.URGENT if case.urgent else Urgency.PERSONAL


def _to_reopen(desk: Desk, person: Person, hidden: set[int]) -> Case | None:
    """The case closed a short while ago, unless its readers may not read this."""
    found: tuple[datetime, Case] | None = None
    for case in desk.cases.where("person", person.id):
        timer = desk.timers.get(("case-settled", f"H{case.id}"))
        mine = case.topic == "help" and case.stage == "closed" and hidden <= set(case.hidden_from)
        if mine and timer is not None and (found is None or timer.due > found[0]):
            found = (timer.due, case)
    return found[1] if found is not None else None


def _add(desk: Desk, person: Person, number: int, text: str) -> None:
    """More words for a case of one's own, open or closed."""
    case = desk.cases.get(number)
    if case is None or case.person != person.id or case.topic != "help":
        raise Refused(words.not_yours(number))
    _write_again(desk, person, case, text)


def _write_again(desk: Desk, person: Person, case: Case, text: str) -> None:
    """Any word from the person makes it the moderators' turn again."""
    closed, holder = case.stage == "closed", cases.held_by(desk, case)
    about = f"H{case.id}"
    forms.forget(desk, person, about, "case-answer")
    desk.cancel("case-settled", about)
    desk.cancel("case-forgotten", about)
    case = cases.written(desk, case, text)
    name, promise, zone = holder.name if holder else "", case.promise or desk.now, people.zone(person)
    if closed:
        desk.tell(person, words.reopened(case.id, promise, zone), about=about)
        cases.tell(desk, case, words.again(case.id, person.name, text, name), urgency=_urgency(case))
    else:
        desk.tell(person, words.added(case.id, name, promise, zone), about=about)
        cases.tell(desk, case, words.more(case.id, person.name, text), urgency=_urgency(case))


@on_reply("case")
def reply_about_case(desk: Desk, message: Message, person: Person, number: int) -> bool:
    """Whoever answers a letter about what they brought to the moderators writes to them again."""
    case = desk.cases.get(number)
    if (
        case is None
        or case.person != person.id
        or case.topic != "help"
        or not message.proven
        or not message.text.strip()
    ):
        return False
    _write_again(desk, person, case, " ".join(message.text.split()))
    return True


# ------------------------------------------------------------------------------------- questions to them


def _whole(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return text.strip()


def _words_done(desk: Desk, dialogue: Dialogue) -> None:
    _bring(desk, desk.people[dialogue.person], f"{dialogue.note} {given(dialogue, 'words')}".strip())


form(
    Form(
        "case-words",
        (Question("words", lambda desk, dialogue: words.what_is_it(), _whole, free=True),),
        _words_done,
        waits=False,
    )
)


def _ask_about(desk: Desk, dialogue: Dialogue) -> str:
    person = desk.people[dialogue.person]
    _, named = _named(desk, person, dialogue.note)
    others = people.moderators(desk, (person.id, *(p.id for p in named)))
    return words.is_it_about([p.name for p in named], [p.name for p in others])


def _about_done(desk: Desk, dialogue: Dialogue) -> None:
    person = desk.people[dialogue.person]
    desk.cancel("case-about", f"person {person.id}")
    _, named = _named(desk, person, dialogue.note)
    _open(desk, person, dialogue.note, named if given(dialogue, "about") == "yes" else [])


def _about_stopped(desk: Desk, dialogue: Dialogue) -> None:
    desk.cancel("case-about", f"person {dialogue.person}")
    forms.say(desk, dialogue, words.passed_to_nobody())


form(Form("case-about", (yes_no("about", _ask_about),), _about_done, stopped=_about_stopped, waits=False))


@on_timer("case-about")
def _about_silent(desk: Desk, about: str, late_seconds: float) -> None:
    """No answer whether it is about a moderator: then it is kept from them, but it reaches the others."""
    person = desk.people.get(int(about.split()[1]))
    dialogue = forms.of(desk, person, "case-about") if person is not None else None
    if person is not None and dialogue is not None:
        forms.end(desk, dialogue)
        _open(desk, person, dialogue.note, _named(desk, person, dialogue.note)[1])


def _meanwhile_done(desk: Desk, dialogue: Dialogue) -> None:
    person, case = desk.people[dialogue.person], desk.cases[int(dialogue.about[1:])]
    pair = desk.pairs.get(case.pair)
    if given(dialogue, "goes-on") == "yes" or pair is None or pair.stage not in UPSET:
        desk.tell(person, words.hours_go_on())
        return
    _rest(desk, case, pair)
    desk.tell(person, words.hours_rest(pair.id, pairs.partner(desk, pair, person).name))
    cases.tell(desk, case, words.rests(case.id, person.name, pair.id))


def _rest(desk: Desk, case: Case, pair: Pair) -> None:
    """The pair rests; before its next hour the partner hears that the hour is off, and nothing else."""
    coming = meetings.running(desk, pair) or meetings.upcoming(desk, pair)
    for meeting in meetings.of(desk, pair):
        meetings.call_off(desk, meeting)
    pairs.move(desk, pair, "rest")
    other = farewell.partner(desk, case)
    if coming is None or other is None:
        return
    case = desk.change(case, hour_at=coming.starts_at)
    due = farewell.neutral_at(desk, case, other)
    if due <= desk.now:
        farewell.hour_off(desk, case)
    else:
        desk.plan("case-neutral", f"H{case.id}", due)


@on_timer("case-neutral")
def _neutral(desk: Desk, about: str, late_seconds: float) -> None:
    """The hour comes near while a person's case holds it: the partner reads only that it is off."""
    case = desk.cases.get(int(about[1:]))
    if case is not None and case.hour_at is not None and case.hour_at > desk.now:
        farewell.hour_off(desk, case)


form(Form("case-meanwhile", (yes_no("goes-on", lambda desk, dialogue: words.meanwhile()),), _meanwhile_done))


def _ask_answer(desk: Desk, dialogue: Dialogue) -> str:
    number, _, text = dialogue.note.partition("\n")
    return words.answer(desk.people[int(number)].name, text)


def _answer_done(desk: Desk, dialogue: Dialogue) -> None:
    case = desk.cases[int(dialogue.about[1:])]
    _write_again(desk, desk.people[dialogue.person], case, given(dialogue, "words"))


form(
    Form(
        "case-answer",
        (Question("words", _ask_answer, _whole, free=True),),
        _answer_done,
        stopped=lambda desk, dialogue: forms.say(desk, dialogue, words.no_answer_needed()),
        kept=lambda desk, dialogue: forms.say(desk, dialogue, words.kept(dialogue.about)),
        waits=False,
    )
)


# ---------------------------------------------------------------------------------------- the promise


@on_timer("case-unheld")
def _unheld(desk: Desk, about: str, late_seconds: float) -> None:
    """Nobody has taken it for too long: the journal says so for the operator, and the team reads who that is."""
    case = desk.cases.get(int(about[1:]))
    if case is None or case.stage == "closed" or cases.held_by(desk, case) is not None:
        return
    desk.note(0, "case unheld", about)
    hours = desk.policy.cases.operator_hours
    cases.tell(desk, case, words.unheld(case.id, hours, desk.policy.operator), urgency=Urgency.URGENT)


@on_timer("case-promise")
def _promise(desk: Desk, about: str, late_seconds: float) -> None:
    """The promised moment is here: whoever waits is told the truth, in their waking hours, and the moderators too."""
    case = desk.cases.get(int(about[1:]))
    person = desk.people.get(case.person) if case is not None else None
    if case is None or person is None or case.promise is None or case.stage not in {"open", "taken"}:
        return
    if desk.timers.get(("farewell-tell", about)) is not None or farewell.on_its_way(desk, case):
        return
    awake = people.waking(desk, person)
    if awake > desk.now:
        desk.plan("case-promise", about, awake)
        return
    desk.note(0, "promise broken", about)
    operator, names = desk.policy.operator, [p.name for p in cases.readers(desk, case)]
    cases.tell(
        desk, case, words.promise_missed(case.id, person.name, case.topic, case.promise, people.zone(person), operator),
        urgency=Urgency.URGENT,
    )  # fmt: skip
    if case.topic == "help":
        desk.tell(person, words.promise_broken(case.promise, people.zone(person), names, operator))
    elif case.topic == "farewell":
        other = farewell.partner(desk, case)
        desk.tell(
            person,
            words.not_told_in_time(other.name if other else "", case.promise, people.zone(person), names, operator),
        )


@on_timer("case-settled")
def _settled(desk: Desk, about: str, late_seconds: float) -> None:
    """From now on new words begin a new case; this one's words go when their time has come."""
    case = desk.cases.get(int(about[1:]))
    if case is not None and case.stage == "closed":
        days = max(0, desk.policy.fit.feedback_days - desk.policy.cases.reopen_days)
        desk.plan("case-forgotten", about, desk.now + timedelta(days=days))


@on_timer("case-forgotten")
def _forgotten(desk: Desk, about: str, late_seconds: float) -> None:
    """The time the words of a closed case are kept is over: they go, and the memos on it."""
    case = desk.cases.get(int(about[1:]))
    if case is not None and case.stage == "closed":
        desk.change(case, words=(), reason_words="", notice="")
        for memo in desk.memos.where("about", about):
            desk.drop(memo)
