"""Leaving: ending a pair without telling the partner oneself, telling them oneself, and leaving the programme.

`drop` and its questions; telling it oneself goes on in programme/talking.py. From the approving yes on,
nouns/farewell.py carries it; what moderators do with it is programme/telling.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from relaybot import commands, forms, times
from relaybot.commands import Call, Ref, command, notices, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, choice, form, given
from relaybot.model import Dialogue, Message, Person
from relaybot.nouns import farewell, meetings, pairs, parting, people, profile, together
from relaybot.nouns.parting import LEAVING
from relaybot.ports import Invalid
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import leaving as words

REASON_DIGITS = dict(zip("12345", words.REASONS, strict=True))


# ------------------------------------------------------------------------------------------- drop


@command(
    "drop",
    Ref("pair", optional=True),
    topic="leave",
    help="end your hours with a partner; a moderator can tell them for you",
    examples=("drop", "drop M12"),
    always=True,
    proof=False,
)
def drop(desk: Desk, call: Call) -> None:
    """Begin the questions; whatever is open is left aside for them."""
    pair = parting.meant(desk, call)
    if pair.told_by == "both":
        together.asked_already(desk, call.me, pair)
    else:
        forms.begin(desk, call.me, "drop", f"M{pair.id}")


def _ask_what(desk: Desk, dialogue: Dialogue) -> str:
    return words.before_we_do(
        parting.pair(desk, dialogue).id, parting.other(desk, dialogue).name, pause="pause" in commands.COMMANDS
    )


def _what_offered(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    return ("pause", "end") if "pause" in commands.COMMANDS else ("end",)


def _read_until(desk: Desk, dialogue: Dialogue, text: str) -> str:
    zone = people.zone(parting.me(desk, dialogue))
    try:
        return times.day(text.lower().removeprefix("until ").strip(), desk.now, zone).isoformat()
    except times.NotUnderstood as problem:
        raise Invalid(str(problem)) from None


def _ask_who(desk: Desk, dialogue: Dialogue) -> str:
    return words.who_tells(parting.other(desk, dialogue).name, desk.policy.farewell.via)


def _via(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    return desk.policy.farewell.via


def _who_echo(desk: Desk, dialogue: Dialogue, value: str) -> str:
    if value == "moderator":
        farewell.stands(desk, parting.pair(desk, dialogue))
    return ""


def _ask_why(desk: Desk, dialogue: Dialogue) -> str:
    return words.why(farewell.readers_named(desk, parting.pair(desk, dialogue)), parting.other(desk, dialogue).name)


def _by_moderator(desk: Desk, dialogue: Dialogue) -> bool:
    return given(dialogue, "who") == "moderator"


def _somebody_reads(desk: Desk, dialogue: Dialogue) -> bool:
    return _by_moderator(desk, dialogue) and bool(farewell.readers_named(desk, parting.pair(desk, dialogue)))


def _read_why(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """ "3 he is nice but I leave tired" -> "click he is nice ..."; words without a number are "other"."""
    digit, _, rest = text.strip().partition(" ")
    digit = digit.rstrip(".):,")
    if digit in REASON_DIGITS:
        return f"{REASON_DIGITS[digit]} {rest}".strip()
    for reason, label in words.REASONS.items():
        if text.strip().lower().rstrip(".") == label:
            return reason
    return f"other {text.strip()}"


def _why_echo(desk: Desk, dialogue: Dialogue, value: str) -> str:
    farewell.stands(desk, parting.pair(desk, dialogue))
    if not value:
        return ""
    return words.thanks_for_saying() if value.startswith("wrong") else words.thanks_for_why()


def _ask_text(desk: Desk, dialogue: Dialogue) -> str:
    other = parting.other(desk, dialogue)
    return words.would_read(other.name, farewell.text(desk, parting.me(desk, dialogue)))


def read_text(desk: Desk, text: str) -> str:
    """The words approved: "yes", "plain" (without thanks), or "own <words>"."""
    said = " ".join(text.split())
    head, _, rest = said.partition(" ")
    if said.lower().rstrip(".!") in forms.YES:
        return "yes"
    if said.lower().rstrip(".!") in {"3", "without thanks", "without"}:
        return "plain"
    if head.lower().rstrip(":") in {"edit", "2"} and rest:
        if len(rest) > desk.policy.farewell.notice_chars:
            raise Invalid(words.too_long_notice(desk.policy.farewell.notice_chars))
        return f"own {rest}"
    raise Invalid(words.text_choices())


def _read_text(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return read_text(desk, text)


def _drop_stopped(desk: Desk, dialogue: Dialogue) -> None:
    desk.cancel("drop-abandoned", dialogue.about)
    forms.say(desk, dialogue, words.nothing_ended(parting.other(desk, dialogue).name))


def _drop_kept(desk: Desk, dialogue: Dialogue) -> None:
    timer = desk.timers.get(("drop-abandoned", dialogue.about))
    me = parting.me(desk, dialogue)
    if timer is None or not _by_moderator(desk, dialogue):
        forms.say(desk, dialogue, words.kept_drop())
    else:
        forms.say(desk, dialogue, words.kept_standing(parting.other(desk, dialogue).name, timer.due, people.zone(me)))


def _drop_done(desk: Desk, dialogue: Dialogue) -> None:
    pair, me = parting.pair(desk, dialogue), parting.me(desk, dialogue)
    if given(dialogue, "what") == "pause":
        _pause(desk, me, given(dialogue, "until"))
    elif pair.stage not in ACTIVE_PAIRS | {"ending"} or parting.left_by(pair, me):
        desk.tell(me, words.ended_on(pair.id, pair.ended_at, people.zone(me)))
    elif pair.told_by == "both":  # both were asked meanwhile, and this is an answer
        _marks_leaving(desk, dialogue)
        together.says_over(desk, pair, me)
    elif given(dialogue, "who") == "moderator":
        _approved(desk, dialogue)
    else:
        _without_moderator(desk, dialogue)


def _pause(desk: Desk, person: Person, until: str) -> None:
    """Let the pause command do what it does when it is typed."""
    found = commands.COMMANDS["pause"]
    message = Message(person.home.partition("/")[0], person.home, person.home, person.name, f"pause until {until}")
    found.handler(desk, Call(message, person, found, commands.read_args(found, f"until {until}")))


form(
    Form(
        "drop",
        (
            choice(
                "what",
                _ask_what,
                {"pause": ("2",), "end": ("3", "end it", "drop")},
                when=lambda desk, dialogue: dialogue.note != LEAVING,
                offered=_what_offered,
            ),
            Question(
                "until",
                lambda desk, dialogue: words.until_when(),
                _read_until,
                when=lambda desk, dialogue: given(dialogue, "what") == "pause",
            ),
            choice(
                "who",
                _ask_who,
                {"self": ("1", "i do", "myself"), "moderator": ("2", "a moderator"), "both": ("3", "we've talked")},
                when=lambda desk, dialogue: given(dialogue, "what") != "pause",
                offered=_via,
                echo=_who_echo,
            ),
            Question(
                "reason",
                _ask_why,
                _read_why,
                free=True,
                when=_somebody_reads,
                skip="",
                echo=_why_echo,
                foreseen=True,
                label="reason",
            ),
            Question("text", _ask_text, _read_text, when=_by_moderator, foreseen=True, unsaid="yes", label="text"),
        ),
        _drop_done,
        stopped=_drop_stopped,
        kept=_drop_kept,
        waits=False,
    )
)


# -------------------------------------------------------------------------------- a moderator tells it


def _approved(desk: Desk, dialogue: Dialogue) -> None:
    """The approving yes: the case exists and the hours are off from here."""
    me = parting.me(desk, dialogue)
    kind, _, own = given(dialogue, "text").partition(" ")
    notice = own if kind == "own" else farewell.text(desk, me, thanks=kind != "plain")
    _farewell(desk, dialogue, notice)


def _farewell(desk: Desk, dialogue: Dialogue, notice: str) -> None:
    """Hand the leaving to the moderators (`notice` "": with the usual words), and say what happens next."""
    pair, me, other = parting.pair(desk, dialogue), parting.me(desk, dialogue), parting.other(desk, dialogue)
    reason, _, said = given(dialogue, "reason").partition(" ")
    coming = meetings.running(desk, pair) or meetings.upcoming(desk, pair)
    if pair.stage == "ending":
        case = farewell.also(desk, pair, me, reason, said)
    else:
        case = farewell.begin(desk, pair, me, notice, reason=reason, said=said)
    readers = farewell.readers_named(desk, pair, "or")
    promise = case.promise or desk.now
    hour_at = case.hour_at if case.hour_at is not None and case.hour_at - promise < timedelta(days=1) else None
    if readers:
        near = coming is not None and case.hour_at is None  # the line that the hour is off has left already
        told = words.will_be_told(other.name, promise, hour_at, people.zone(me), near=near)
    else:
        told = words.told_by_me(other.name, desk.policy.operator)
    desk.tell(me, "" if notice else words.abandoned(other.name, farewell.text(desk, me)), told)
    leaves = dialogue.note == LEAVING
    urgent = reason == "wrong"
    if urgent or not leaves:
        note = " ".join(["urgent"] * urgent + [LEAVING] * leaves)
        forms.begin(desk, me, "afterwards", dialogue.about, note=note)
    if leaves:
        parting.next_step(desk, desk.people[me.id])


@on_timer("drop-abandoned")
def _abandoned(desk: Desk, about: str, late_seconds: float) -> None:
    """Silence after the third message: the leaving stands, with the words shown and the reason given so far."""
    pair = desk.pairs[int(about[1:])]
    for person in pairs.people(desk, pair):
        dialogue = forms.of(desk, person, "drop", about)
        if dialogue is not None and _by_moderator(desk, dialogue):
            forms.end(desk, dialogue)
            _farewell(desk, dialogue, "")
            return


# ------------------------------------------------------------------------- telling it oneself, and both


def _without_moderator(desk: Desk, dialogue: Dialogue) -> None:
    pair, me = parting.pair(desk, dialogue), parting.me(desk, dialogue)
    _marks_leaving(desk, dialogue)
    if pair.stage == "ending":  # the partner asked for it first, without a word to this one
        farewell.also(desk, pair, me, "", "")
        desk.tell(me, words.a_moderator_takes_it(parting.other(desk, dialogue).name))
    elif given(dialogue, "who") == "both":
        together.end_both(desk, pair, me)
    else:
        desk.change(pair, told_by="self", ended_by=me.id)
        desk.tell(me, words.tell_yourself(together.ask_self(desk, pair, me), people.zone(me)))
    if dialogue.note == LEAVING:
        parting.next_step(desk, desk.people[me.id])


def _marks_leaving(desk: Desk, dialogue: Dialogue) -> None:
    """The programme is left too, as soon as it's over with this partner."""
    if dialogue.note == LEAVING:
        side = desk.participants[(parting.pair(desk, dialogue).id, dialogue.person)]
        desk.put(replace(side, leaves=True))
        desk.tell(
            parting.me(desk, dialogue), words.leaves_when_over(parting.other(desk, dialogue).name, profile.title(desk))
        )


@notices
def _paused_instead(desk: Desk, person: Person, name: str) -> None:
    """Somebody who pauses while asked "pause, or end it?" has answered."""
    dialogue = forms.open_for(desk, person) if name == "pause" else None
    if dialogue is not None and dialogue.form == "drop" and dialogue.asking in {"what", "until"}:
        forms.end(desk, dialogue)
