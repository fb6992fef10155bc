"""How two people meet: `format` asks for another shape of their hours, and the partner agrees or not; rounds of letters.

Nothing changes before both say yes. What was agreed for some weeks ends by itself, and both are told.
"""

from __future__ import annotations

import re
from datetime import timedelta

from relaybot import forms
from relaybot.commands import Call, Ref, Text, Word, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, given
from relaybot.model import Dialogue, Pair, Person
from relaybot.nouns import meetings, pairs, people, rounds, sessions
from relaybot.ports import Invalid, Refused
from relaybot.words import formats as words

WEEKS_MAX = 52
_WEEKS = re.compile(r"(?:for\s+)?(\d{1,3}|a|one)\s+weeks?", re.I)


@command(
    "format",
    Ref("pair", optional=True),
    Word("format", choices=words.SHAPES),
    Text("weeks", optional=True),
    topic="pair",
    help="another shape for your hours, perhaps for some weeks; your partner has to agree",
    examples=("format letters", "format letters for 4 weeks", "format halves"),
)
def format_(desk: Desk, call: Call) -> None:
    """Ask for another shape; a partner who was asked for it already has agreed by that."""
    shape, weeks = call.text("format"), _weeks(call.text("weeks"))
    pair = pairs.mine(desk, call)
    now = sessions.format_of(desk, pair)
    if desk.policy.session.swap == "off" and shape in {"halves", "alternate"}:
        raise Refused(words.no_halves_here())
    if shape == now and not weeks and not pair.format_before and (shape != "letters" or _writes(desk, pair)):
        raise Refused(words.same(now))
    about = f"M{pair.id}"
    asked = forms.of(desk, call.me, "format", about)
    if asked is not None:
        forms.forget(desk, call.me, about, "format")
        if asked.note == f"{shape} {weeks}":
            _agreed(desk, pair, shape, weeks)
            return
    forms.begin(desk, call.me, "format-plan", about, note=f"{shape} {weeks}")


def _weeks(text: str) -> int:
    """The weeks of "for 4 weeks"; 0 when nothing is said."""
    if not text:
        return 0
    found = _WEEKS.fullmatch(text.strip())
    if found is None:
        raise Invalid(words.how())
    weeks = int(found[1]) if found[1].isdigit() else 1
    if not 1 <= weeks <= WEEKS_MAX:
        raise Invalid(words.too_long(WEEKS_MAX))
    return weeks


def _writes(desk: Desk, pair: Pair) -> bool:
    """Whether a round of letters runs or is planned."""
    return any(desk.timers.get((name, f"M{pair.id}")) is not None for name in rounds.TIMERS[:3])


def _wish(desk: Desk, dialogue: Dialogue) -> tuple[Pair, Person, Person, str, int]:
    """The pair, whoever is asked, the partner, the format and its weeks."""
    pair, person = desk.pairs[int(dialogue.about[1:])], desk.people[dialogue.person]
    shape, _, weeks = dialogue.note.partition(" ")
    return pair, person, pairs.partner(desk, pair, person), shape, int(weeks)


def _plan(desk: Desk, dialogue: Dialogue) -> str:
    pair, me, partner, shape, weeks = _wish(desk, dialogue)
    first = None if shape == "free" else desk.people[sessions.teachers(desk, pair)[0]]
    days = desk.policy.session.letter_half_days
    return words.plan(shape, weeks, sessions.format_of(desk, pair), partner, first, me, days)


def _planned(desk: Desk, dialogue: Dialogue) -> None:
    """The proposer's yes: the partner is asked."""
    pair, me, partner, shape, weeks = _wish(desk, dialogue)
    now = sessions.format_of(desk, pair)
    if not sessions.live(desk, pair, me):
        return
    if given(dialogue, "ok") == "no":
        desk.tell(me, words.dropped(now))
        return
    theirs = forms.of(desk, me, "format", dialogue.about)
    if theirs is not None and theirs.note == dialogue.note:  # both asked for the same meanwhile
        forms.forget(desk, me, dialogue.about, "format")
        _agreed(desk, pair, shape, weeks)
        return
    forms.begin(desk, partner, "format", dialogue.about, note=dialogue.note)
    desk.tell(me, words.asked(partner, now))


def _question(desk: Desk, dialogue: Dialogue) -> str:
    pair, _, partner, shape, weeks = _wish(desk, dialogue)
    return words.question(partner, shape, weeks, sessions.format_of(desk, pair))


def _answered(desk: Desk, dialogue: Dialogue) -> None:
    pair, me, partner, shape, weeks = _wish(desk, dialogue)
    if not sessions.live(desk, pair, me):
        return
    if given(dialogue, "ok") == "yes":
        _agreed(desk, pair, shape, weeks)
        return
    now = sessions.format_of(desk, pair)
    desk.tell(me, words.kept(partner, now, mine=False))
    desk.tell(partner, words.kept(me, now, mine=True))


forms.form(Form("format-plan", (forms.yes_no("ok", _plan),), done=_planned, waits=False))
forms.form(Form("format", (forms.yes_no("ok", _question),), done=_answered, shared=True, waits=False))


# --------------------------------------------------------------------------------------------- changing


def _agreed(desk: Desk, pair: Pair, shape: str, weeks: int) -> None:
    """Both say yes: both are told, and it is so from now on."""
    before = pair.format_before or sessions.format_of(desk, pair)
    for person in pairs.people(desk, pair):
        forms.forget(desk, person, f"M{pair.id}", "format", "format-plan")
        desk.tell(person, words.agreed(shape, weeks, before), about=f"M{pair.id}")
    if weeks:
        desk.plan("format-over", f"M{pair.id}", desk.now + timedelta(weeks=weeks))
    else:
        desk.cancel("format-over", f"M{pair.id}")
    _change(desk, pair, shape, before if weeks and before != shape else "")


def _change(desk: Desk, pair: Pair, shape: str, before: str) -> None:
    """The hours to come follow: letters take their place, other shapes change what calendars say."""
    wrote = pair.format == "letters" and shape != "letters"
    pair = rounds.stop(desk, sessions.wake(desk, pair))
    pair = desk.change(pair, format=shape, format_before=before)
    if shape != "letters":
        for meeting in meetings.of(desk, pair):
            if meeting.stage == "agreed":
                desk.change(meeting, teachers=sessions.announced(desk, pair, meeting.starts_at))
        for person in pairs.people(desk, pair) if wrote and meetings.upcoming(desk, pair) is None else ():
            forms.begin(desk, person, "times", f"M{pair.id}")
        return
    off = [m for m in meetings.of(desk, pair) if m.stage in {"proposed", "agreed"}]
    for meeting in off:
        meetings.call_off(desk, meeting)
    for person in pairs.people(desk, pair) if off else ():
        desk.tell(person, words.hours_off(), about=f"M{pair.id}")
    sessions.settle_times(desk, pair)
    sessions.watch(desk, pair)
    if pair.stage == "introduced":
        pair = pairs.move(desk, pair, "agree")
    rounds.begin(desk, pair)


@on_timer("format-over")
def format_over(desk: Desk, about: str, late_seconds: float) -> None:
    """The weeks agreed for a format are over: both are told in their waking hours, and it is as before again."""
    pair = desk.pairs.get(int(about[1:]))
    if pair is None or pair.stage not in rounds.RUNNING or not pair.format_before:
        return
    if pair.round_at is not None:  # a round that has begun is written to its end
        desk.plan("format-over", about, desk.now + timedelta(days=1))
        return
    both = pairs.people(desk, pair)
    ready = max(people.waking(desk, person) for person in both)
    if ready > desk.now + timedelta(hours=12):  # they are never awake at the same time
        ready = desk.now
    if ready > desk.now:
        desk.plan("format-over", about, ready)
        return
    for person in both:
        desk.tell(person, words.over(pair.format, pair.format_before), about=about)
    _change(desk, pair, pair.format_before, "")


# -------------------------------------------------------------------------------------- rounds of letters


@on_timer("round-start")
def round_start(desk: Desk, about: str, late_seconds: float) -> None:
    """The next round of letters begins."""
    pair = rounds.goes_on(desk, int(about[1:]))
    if pair is not None:
        rounds.begin(desk, pair)


@on_timer("round-swap")
def round_swap(desk: Desk, about: str, late_seconds: float) -> None:
    """Half of a round is over: the other one teaches by letter now."""
    pair = rounds.goes_on(desk, int(about[1:]))
    if pair is not None:
        rounds.swap(desk, pair)


@on_timer("round-remind")
def round_remind(desk: Desk, about: str, late_seconds: float) -> None:
    """The day before: whoever teaches by letter and has not written yet is reminded, once."""
    pair = rounds.goes_on(desk, int(about[1:]))
    if pair is not None:
        rounds.remind(desk, pair)


@on_timer("round-end")
def round_end(desk: Desk, about: str, late_seconds: float) -> None:
    """A round is over: it counts as an hour, and the next one is planned."""
    pair = rounds.goes_on(desk, int(about[1:]))
    if pair is not None:
        rounds.end(desk, pair)


@on_timer("round-say 0")
def round_say_first(desk: Desk, about: str, late_seconds: float) -> None:
    """The first of the two is awake now: where the round is."""
    _say(desk, about, 0)


@on_timer("round-say 1")
def round_say_second(desk: Desk, about: str, late_seconds: float) -> None:
    """The same for the second."""
    _say(desk, about, 1)


def _say(desk: Desk, about: str, number: int) -> None:
    pair = rounds.goes_on(desk, int(about[1:]))
    if pair is not None:
        rounds.say(desk, pair, pairs.people(desk, pair)[number])
