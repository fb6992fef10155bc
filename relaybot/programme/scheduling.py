"""Finding an hour: the numbered times that suit both, `slots`, `propose`, `agree`, and what if there is none.

What suits one of them stays on their side of the pair until the other answers; the first moment that
both named is agreed. Proposals may cross each other: each stays open, and the first yes settles it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from relaybot import answers, forms, times
from relaybot.commands import Call, Number, Ref, Text, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, given
from relaybot.model import Dialogue, Pair, Person, Window
from relaybot.nouns import cases, meetings, pairs, people, proposing, sessions
from relaybot.ports import Invalid, Refused
from relaybot.words import introducing as letter_words
from relaybot.words import scheduling as words
from relaybot.words import sessions as shared_words

SHOWN = 3
CADENCE = re.compile(r"\b(weekly|fortnightly|biweekly|monthly|every \w+)\b", re.IGNORECASE)
_NUMBERS = re.compile(r"[\d\s,;.&+]+|and\b|or\b", re.IGNORECASE)
_WIDER_MINUTES = (30, 60, 90, 120, 180, 240)


# ----------------------------------------------------------------------------------- what suits both


def _shared(desk: Desk, pair: Pair, windows: Sequence[Sequence[Window]]) -> tuple[datetime, ...]:
    """Up to three moments at which both are free, whole hours on the first one's clock, none of them taken."""
    session = desk.policy.session
    first, second = pairs.people(desk, pair)
    minutes = sessions.minutes(desk, pair)
    free = times.shared(
        windows[0],
        people.zone(first),
        windows[1],
        people.zone(second),
        start=desk.now + timedelta(hours=session.lead_hours),
        days=session.propose_days,
        minutes=minutes,
    )
    found = times.slots(free, people.zone(first), minutes=minutes, n=SHOWN + session.open_hours)
    open_now = [at for at in found if not any(sessions.clash(desk, p, at, minutes) for p in (first, second))]
    return tuple(open_now[:SHOWN])


def _both(desk: Desk, pair: Pair) -> tuple[datetime, ...]:
    return _shared(desk, pair, [person.free for person in pairs.people(desk, pair)])


def _pair_of(desk: Desk, dialogue: Dialogue) -> Pair:
    return desk.pairs[int(dialogue.about[1:])]


def _options(desk: Desk, dialogue: Dialogue) -> tuple[datetime, ...]:
    """The moments this dialogue numbers: its own, the ones the partner is looking at, or fresh ones."""
    kept = dialogue.note.removeprefix("theirs ")
    if kept:
        return sessions.noted(kept)
    pair = _pair_of(desk, dialogue)
    partner = pairs.partner(desk, pair, desk.people[dialogue.person])
    other = forms.of(desk, partner, "times", dialogue.about)
    if other is not None and other.note and not other.note.startswith("theirs "):
        return sessions.noted(other.note)
    return _both(desk, pair)


def _ask_times(desk: Desk, dialogue: Dialogue) -> str:
    """Number the times, and remember them with the dialogue: the digits keep their meaning."""
    options = _options(desk, dialogue)
    theirs = dialogue.note.startswith("theirs ")
    if not dialogue.note:
        desk.put(replace(dialogue, note=sessions.note(options)))
        _watch(desk, _pair_of(desk, dialogue))
    person = desk.people[dialogue.person]
    partner = pairs.partner(desk, _pair_of(desk, dialogue), person)
    said = words.suit_partner if theirs else words.suit_both
    return said(options, people.zone(person), partner)


def _times_letter(desk: Desk, dialogue: Dialogue, asked: list[Question]) -> tuple[str, ...]:
    """The same as a table with both clocks, for a letter."""
    _ask_times(desk, dialogue)
    options, pair = _options(desk, dialogue), _pair_of(desk, dialogue)
    person = desk.people[dialogue.person]
    ends = [at + timedelta(minutes=sessions.minutes(desk, pair)) for at in options]
    partner = pairs.partner(desk, pair, person)
    return letter_words.times_table(options, ends, person, partner, theirs=dialogue.note.startswith("theirs "))


def _times_subject(desk: Desk, dialogue: Dialogue) -> str:
    return letter_words.times_subject(pairs.partner(desk, _pair_of(desk, dialogue), desk.people[dialogue.person]))


def _read_times(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """Numbers ("1 2", "1, 3 and 2"), "none", or a time in words, which is a proposal."""
    options = _options(desk, dialogue)
    person = desk.people[dialogue.person]
    said = text.strip().rstrip(".!")
    if said.lower() in {"none", "no", "neither", "0"}:
        return "none"
    if said.lower() in {"yes", "all", "any", "ok", "fine", "both"}:
        said = " ".join(str(number + 1) for number in range(len(options)))
    rest = _NUMBERS.sub("", said).strip()
    numbers = sorted({int(word) for word in re.findall(r"\d{1,4}", said)})
    if rest or not numbers:
        try:
            return f"at {sessions.read_time(desk, person, said).isoformat()}"
        except Invalid:
            partner = pairs.partner(desk, _pair_of(desk, dialogue), person)
            raise Invalid(words.only_numbers(options, partner)) from None
    if not 1 <= numbers[0] <= numbers[-1] <= len(options):
        raise Invalid(words.no_such_number(len(options)))
    return " ".join(str(number) for number in numbers)


def _chosen(desk: Desk, dialogue: Dialogue) -> None:
    """One of them answered: an overlap with the other's answer is an agreement."""
    pair, person = _pair_of(desk, dialogue), desk.people[dialogue.person]
    answer = given(dialogue, "numbers")
    partner = pairs.partner(desk, pair, person)
    if not sessions.live(desk, pair, person):
        return
    if not answer:
        _no_shared_hour(desk, pair, person)
    elif answer == "none":
        desk.tell(person, words.none_of_them(partner))
    elif answer.startswith("at "):
        proposing.offer(desk, pair, person, datetime.fromisoformat(answer[3:]))
    else:
        options = _options(desk, dialogue)
        mine = [options[int(number) - 1] for number in answer.split()]
        _suits(desk, pair, person, mine)


def _suits(desk: Desk, pair: Pair, person: Person, mine: Sequence[datetime]) -> None:
    """These moments suit one of them."""
    partner = pairs.partner(desk, pair, person)
    mine = [at for at in mine if at > desk.now]
    if not mine:
        desk.tell(person, words.past_now())
        return
    theirs = sessions.open_times(desk, pair, partner)
    common = sorted(set(mine) & set(theirs))
    if common:
        proposing.settle(desk, pair, common[0], person)
        return
    sessions.with_time(desk, pair, person, mine)
    shown = words.chosen(mine, people.zone(person))
    if forms.of(desk, partner, "times", f"M{pair.id}") is not None:
        desk.tell(person, words.noted(shown, partner))
        return
    desk.tell(person, words.no_overlap(partner) if theirs else words.noted(shown, partner))
    forms.forget(desk, partner, f"M{pair.id}", *sessions.TIME_FORMS)
    forms.begin(desk, partner, "times", f"M{pair.id}", note=f"theirs {sessions.note(mine)}")


forms.form(
    Form(
        "times",
        (
            Question(
                "numbers",
                _ask_times,
                _read_times,
                when=lambda desk, dialogue: bool(_options(desk, dialogue)),
                skip="none",
            ),
        ),
        done=_chosen,
        shared=True,
        waits=False,
        letter=_times_letter,
        subject=_times_subject,
    )
)


# ------------------------------------------------------------------------------------------ agreeing


@command(
    "slots",
    Ref("pair", optional=True),
    topic="times",
    help="times that suit you and your partner both",
    examples=("slots", "slots M12"),
    proof=False,
)
def slots(desk: Desk, call: Call) -> None:
    """Number the times that suit both, for the one who asks."""
    pair = pairs.mine(desk, call)
    _room(desk, pair)
    forms.begin(desk, call.me, "times", f"M{pair.id}")


@command(
    "propose",
    Ref("pair", optional=True),
    Text("time"),
    topic="times",
    help="propose a time for your next hour",
    examples=("propose thu 18:00", "propose M12 3 dec 18:30"),
)
def propose(desk: Desk, call: Call) -> None:
    """Propose one hour; weekly ones are not arranged yet, and that is said kindly."""
    text = call.text("time")
    cadence = CADENCE.search(text)
    if cadence is not None:
        rest = CADENCE.sub("", text).strip() or "thu 18:00"
        raise Refused(shared_words.weekly_later(rest))
    at = sessions.read_time(desk, call.me, text)
    pair = pairs.mine(desk, call)
    _room(desk, pair)
    clash = sessions.clash(desk, call.me, at, sessions.minutes(desk, pair))
    if clash is not None:
        raise Refused(words.already_then(clash.id))
    proposing.offer(desk, pair, call.me, at)


def _room(desk: Desk, pair: Pair) -> None:
    most = desk.policy.session.open_hours
    if len(meetings.of(desk, pair)) >= most:
        raise Refused(words.enough_open(most))


@command(
    "agree",
    Ref("pair", optional=True),
    Number("number", optional=True),
    topic="times",
    help="agree to the time your partner proposed, or to one of several by its number",
    examples=("agree", "agree 2"),
)
def agree(desk: Desk, call: Call) -> None:
    """Agree to what the partner proposed."""
    pair = pairs.mine(desk, call)
    partner = pairs.partner(desk, pair, call.me)
    asked = forms.of(desk, call.me, "times", f"M{pair.id}")
    number = call.number("number")
    if number and asked is not None and asked.asked_at is not None:
        answers.answer(desk, asked, str(number))
        return
    open_now = sessions.open_times(desk, pair, partner)
    if not open_now:
        raise Refused(words.nothing_proposed(partner))
    if number > len(open_now) or (len(open_now) > 1 and not number):
        raise Refused(words.which_proposed(open_now, people.zone(call.me)))
    proposing.settle(desk, pair, open_now[max(number, 1) - 1], call.me)


# ----------------------------------------------------------------------------------------- a proposal


def _ask_proposal(desk: Desk, dialogue: Dialogue) -> str:
    pair, person = _pair_of(desk, dialogue), desk.people[dialogue.person]
    at = sessions.noted(dialogue.note)[0]
    remarks = [
        words.in_your_quiet_hours() if people.waking(desk, person, at) > at else "",
        words.outside_yours_asked() if not proposing.within(person, at) else "",
    ]
    partner = pairs.partner(desk, pair, person)
    return words.proposal(at, partner, sessions.zones(desk, pair, person), [r for r in remarks if r])


def _read_time(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return sessions.read_time(desk, desk.people[dialogue.person], text).isoformat()


def _read_proposal(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """1, 2 or 3; a time after the 2 is taken at once."""
    head, _, rest = text.strip().partition(" ")
    options = {"1": "fine", "fine": "fine", "yes": "fine", "y": "fine", "ok": "fine", "agree": "fine"} | {
        "2": "other", "other": "other", "3": "no", "no": "no", "not": "no", "n": "no",
    }  # fmt: skip
    value = options.get(head.lower().rstrip(".!,)"), "")
    if not value:
        raise Invalid(words.proposal_again())
    if value == "other" and rest and rest.lower() != "time":
        return f"other {_read_time(desk, dialogue, rest)}"
    return value


def _proposal_answered(desk: Desk, dialogue: Dialogue) -> None:
    pair, person = _pair_of(desk, dialogue), desk.people[dialogue.person]
    partner = pairs.partner(desk, pair, person)
    at = sessions.noted(dialogue.note)[0]
    answer, _, other = given(dialogue, "answer").partition(" ")
    if not sessions.live(desk, pair, person):
        return
    if answer == "other":
        proposing.offer(desk, pair, person, datetime.fromisoformat(other or given(dialogue, "time")))
    elif at not in sessions.open_times(desk, pair, partner):
        desk.tell(person, words.past_now())
    elif answer == "fine":
        proposing.settle(desk, pair, at, person)
    else:
        sessions.with_time(desk, pair, partner, ())
        desk.tell(person, words.declined(times.show(at, people.zone(person))))
        desk.tell(partner, words.declined_partner(person, times.show(at, people.zone(partner))))


forms.form(
    Form(
        "proposal",
        (
            Question("answer", _ask_proposal, _read_proposal, skip="no"),
            Question(
                "time",
                lambda desk, dialogue: words.which_time(),
                _read_time,
                free=True,
                when=lambda desk, dialogue: given(dialogue, "answer") == "other",
            ),
        ),
        done=_proposal_answered,
        shared=True,
        waits=False,
    )
)


# ------------------------------------------------------------------------------------- no shared hour


def _closest(desk: Desk, pair: Pair) -> tuple[Person, datetime] | None:
    """The nearest hour that would suit both if one of them had a little more time, and who that is."""
    both = pairs.people(desk, pair)
    for minutes in _WIDER_MINUTES:
        for number, person in enumerate(both):
            windows = [p.free for p in both]
            windows[number] = tuple(
                replace(w, start=max(0, w.start - minutes), end=min(24 * 60, w.end + minutes)) for w in person.free
            )
            found = _shared(desk, pair, windows)
            if found:
                return person, found[0]
    return None


def _no_shared_hour(desk: Desk, pair: Pair, person: Person) -> None:
    """Say so, and ask whoever would have to give the least."""
    _watch(desk, pair)
    days = desk.policy.session.propose_days
    partner = pairs.partner(desk, pair, person)
    near = _closest(desk, pair)
    if near is None:
        desk.tell(person, words.none_at_all(partner, days))
    elif near[0].id == person.id:
        forms.begin(desk, person, "closest", f"M{pair.id}", note=sessions.note([near[1]]))
    else:
        desk.tell(person, words.asks_partner(partner, days))
        if forms.of(desk, partner, "closest", f"M{pair.id}") is None:
            forms.begin(desk, partner, "closest", f"M{pair.id}", note=sessions.note([near[1]]))


def _ask_closest(desk: Desk, dialogue: Dialogue) -> str:
    person = desk.people[dialogue.person]
    zone = people.zone(person)
    at = sessions.noted(dialogue.note)[0]
    day = times.local(at, zone).weekday()
    said = [w for w in person.free if w.weekday == day]
    return words.closest(at, zone, said, desk.policy.session.propose_days)


def _closest_answered(desk: Desk, dialogue: Dialogue) -> None:
    pair, person = _pair_of(desk, dialogue), desk.people[dialogue.person]
    at = sessions.noted(dialogue.note)[0]
    if not sessions.live(desk, pair, person):
        return
    if given(dialogue, "ok") == "no":
        desk.tell(person, words.closest_no(pairs.partner(desk, pair, person)))
    elif at <= desk.now:
        desk.tell(person, words.past_now())
    else:
        proposing.offer(desk, pair, person, at)


forms.form(Form("closest", (forms.yes_no("ok", _ask_closest),), done=_closest_answered, waits=False))


# ----------------------------------------------------------------------------------- no time agreed yet


def _watch(desk: Desk, pair: Pair) -> None:
    """After an introduction: if no hour is agreed, new times on day 3, a hint on day 7, a case on day 14."""
    session = desk.policy.session
    about = f"M{pair.id}"
    if pair.stage != "introduced" or pair.introduced_at is None or meetings.of(desk, pair):
        return
    for name, days in zip(
        sessions.WAITING_FOR_TIMES, (session.answer_days, session.hint_days, session.case_days), strict=True
    ):
        due = pair.introduced_at + timedelta(days=days)
        if due > desk.now:
            desk.plan(name, about, due)
    if desk.timers.get(("silence", about)) is None:
        sessions.watch(desk, pair)


def _timeless(desk: Desk, about: str) -> Pair | None:
    """The pair, if it still has no hour."""
    pair = desk.pairs.get(int(about[1:]))
    return pair if pair is not None and pair.stage == "introduced" and not meetings.of(desk, pair) else None


@on_timer("times again")
def _again(desk: Desk, about: str, late_seconds: float) -> None:
    """Day 3: fresh times for both, outside quiet hours and pauses."""
    pair = _timeless(desk, about)
    if pair is None:
        return
    both = pairs.people(desk, pair)
    ready = max(people.may_write_at(desk, person) for person in both)
    if ready > desk.now:
        desk.plan("times again", about, ready)
        return
    for person in both:
        forms.forget(desk, person, about, "times", "closest")
    for person in both:
        if forms.of(desk, person, "proposal", about) is None and not sessions.open_times(desk, pair, person):
            forms.begin(desk, person, "times", about)


@on_timer("times hint")
def _hint(desk: Desk, about: str, late_seconds: float) -> None:
    """Day 7: the moderators know."""
    pair = _timeless(desk, about)
    if pair is not None:
        names = [person.name for person in pairs.people(desk, pair)]
        line = words.team_hint(pair.id, names, desk.policy.session.hint_days)
        people.tell_team(desk, line, about=f"M{pair.id}", hidden_from=cases.concerned(desk, pair))


@on_timer("times case")
def _case(desk: Desk, about: str, late_seconds: float) -> None:
    """Day 14: a case."""
    pair = _timeless(desk, about)
    if pair is not None:
        both = pairs.people(desk, pair)
        case = cases.open_case(desk, "unanswered", both[0], pair=pair)
        names = [person.name for person in both]
        cases.tell(desk, case, words.team_case(case.id, pair.id, names, desk.policy.session.case_days))
