"""When a pair goes quiet: each is asked privately, then once more, then the moderators know, then the pair rests.

An hour held, an hour agreed or a word said in the pair's place begins the watch anew. Nothing here ends a pair.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot import forms
from relaybot.commands import Call, Text, Word, command, on_timer, overhears
from relaybot.desk import Desk
from relaybot.forms import Form, Question, given
from relaybot.model import Dialogue, Pair, Person
from relaybot.nouns import cases, feelings, meetings, pairs, people, sessions
from relaybot.ports import Invalid
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import fitting as words

_MEANT = {"1": "well", "all": "well", "2": "time", "hard": "time", "3": "stop", "stop": "stop", "4": "off"}
_WATCHED = ACTIVE_PAIRS - {"resting"}
_PULSES = ("pulse 0", "pulse 1")


@overhears
def _word(desk: Desk, pair: Pair, person: Person, text: str) -> None:
    """A word in the pair's place: noted once a day at most, and a resting pair is awake again."""
    pair = sessions.wake(desk, pair)
    if pair.last_word_at is None or desk.now - pair.last_word_at > timedelta(days=1):
        desk.change(pair, last_word_at=desk.now)


def quiet_since(desk: Desk, pair: Pair) -> datetime:
    """Since when nothing is known of a pair; the future while an hour is agreed."""
    heard = [at for at in (pair.introduced_at, pair.last_held_at, pair.last_word_at) if at is not None]
    heard += [meeting.starts_at for meeting in meetings.of(desk, pair)]
    return max(heard, default=desk.now)


def _watched(desk: Desk, about: str) -> Pair | None:
    """The pair if it is still quiet; otherwise the watch begins anew and nothing more happens."""
    pair = desk.pairs.get(int(about[1:]))
    if pair is None or pair.stage not in _WATCHED:
        return None
    due = quiet_since(desk, pair) + timedelta(days=desk.policy.silence.after_days)
    if due > desk.now:
        for name in ("silence again", "silence case", "silence rest", *_PULSES):
            desk.cancel(name, about)
        desk.plan("silence", about, due)
        return None
    return pair


@on_timer("silence")
def _first(desk: Desk, about: str, late_seconds: float) -> None:
    """Quiet for long: each is asked, privately and when they may be written to."""
    if _watched(desk, about) is not None:
        _pulses(desk, about)
        desk.plan("silence again", about, desk.now + timedelta(days=desk.policy.silence.again_days))


@on_timer("silence again")
def _second(desk: Desk, about: str, late_seconds: float) -> None:
    """Still quiet: asked once more."""
    if _watched(desk, about) is not None:
        _pulses(desk, about)
        desk.plan("silence case", about, desk.now + timedelta(days=desk.policy.silence.again_days))


@on_timer("silence case")
def _third(desk: Desk, about: str, late_seconds: float) -> None:
    """Still quiet: a case for the moderators."""
    pair = _watched(desk, about)
    if pair is None:
        return
    both = pairs.people(desk, pair)
    case = cases.open_case(desk, "unanswered", both[0], pair=pair)
    days = (desk.now - quiet_since(desk, pair)).days
    cases.tell(desk, case, words.team_silent(case.id, pair.id, [person.name for person in both], days))
    desk.plan("silence rest", about, desk.now + timedelta(days=desk.policy.silence.rest_days))


@on_timer("silence rest")
def _rest(desk: Desk, about: str, late_seconds: float) -> None:
    """Still quiet: the pair rests; it is not ended."""
    pair = _watched(desk, about)
    if pair is not None:
        pairs.move(desk, pair, "rest")
        people.tell_team(
            desk, words.team_resting(pair.id), about=f"M{pair.id}", hidden_from=cases.concerned(desk, pair)
        )


def _pulses(desk: Desk, about: str) -> None:
    for name in _PULSES:
        desk.plan(name, about, desk.now)


@on_timer("pulse 0")
def _pulse_first(desk: Desk, about: str, late_seconds: float) -> None:
    """A quiet pair: the first of the two is asked, within the limits of unasked messages."""
    _pulse(desk, about, 0)


@on_timer("pulse 1")
def _pulse_second(desk: Desk, about: str, late_seconds: float) -> None:
    """The same for the second."""
    _pulse(desk, about, 1)


def _pulse(desk: Desk, about: str, number: int) -> None:
    """Ask one of them, within the budget of unasked messages."""
    pair = _watched(desk, about)
    if pair is None:
        return
    person = pairs.people(desk, pair)[number]
    lately = desk.now - timedelta(days=desk.policy.silence.again_days)
    if any(told.pair == pair.id and told.at > lately for told in desk.feedback.where("person", person.id)):
        return  # has just told how it is
    free_at = people.may_write_at(desk, person)
    if free_at > desk.now:
        desk.plan(_PULSES[number], about, free_at)
        return
    recent = tuple(at for at in person.unasked if at > desk.now - timedelta(days=7))
    forms.begin(desk, desk.change(person, unasked=(*recent, desk.now)), "pulse", about)


# ------------------------------------------------------------------------------------------- the answer


def _pair_of(desk: Desk, dialogue: Dialogue) -> tuple[Pair, Person, Person]:
    pair, person = desk.pairs[int(dialogue.about[1:])], desk.people[dialogue.person]
    return pair, person, pairs.partner(desk, pair, person)


def _question(desk: Desk, dialogue: Dialogue) -> str:
    pair, _, partner = _pair_of(desk, dialogue)
    return words.pulse(partner, (desk.now - quiet_since(desk, pair)).days // 7)


def _read(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """A digit, and perhaps words."""
    head, _, rest = text.strip().partition(" ")
    value = _MEANT.get(head.lower().rstrip(".,;:!)"), "")
    if not value:
        raise Invalid(words.pulse_again())
    return f"{value} {rest.strip()}".strip()


def _done(desk: Desk, dialogue: Dialogue) -> None:
    pair, person, _ = _pair_of(desk, dialogue)
    value, _, said = given(dialogue, "pulse").partition(" ")
    if value == "skipped":
        desk.tell(person, words.skipped())
    elif sessions.live(desk, pair, person):
        _felt(desk, pair, person, value, said)


forms.form(Form("pulse", (Question("pulse", _question, _read, skip="skipped"),), done=_done))


@command(
    "pulse",
    Word("answer", choices=("1", "2", "3", "4")),
    Text("words", optional=True),
    topic="pair",
    help="how it goes: 1 well, 2 hard to find time, 3 I'd like to stop, 4 something felt off; only moderators see it",
    examples=("pulse 1", "pulse 2 exams until june"),
)
def pulse(desk: Desk, call: Call) -> None:
    """The same answer as a command, at any time."""
    pair = pairs.mine(desk, call)
    forms.forget(desk, call.me, f"M{pair.id}", "pulse")
    _felt(desk, pair, call.me, _MEANT[call.text("answer")], call.text("words"))


def _felt(desk: Desk, pair: Pair, person: Person, value: str, said: str) -> None:
    """Keep the answer for moderators, and do what follows from it."""
    if value == "off":
        desk.tell(person, *feelings.something_off(desk, pair, person, said))
        return
    feelings.keep(desk, pair, person, value, said)
    if value == "stop":
        forms.begin(desk, person, "drop", f"M{pair.id}")
    elif value == "time":
        desk.tell(person, words.pulse_time())
        if meetings.upcoming(desk, pair) is None:
            forms.begin(desk, person, "times", f"M{pair.id}")
    else:
        desk.tell(person, words.pulse_well())
        _well(desk, pair)


def _well(desk: Desk, pair: Pair) -> None:
    """Somebody said that all is well: that is a word, so the watch begins anew."""
    sessions.wake(desk, desk.change(desk.pairs[pair.id], last_word_at=desk.now))
