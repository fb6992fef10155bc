"""Leaving: ending a pair without telling the partner oneself, telling them oneself, and leaving the programme.

`drop`, `done`, `leave`, `rematch` and the questions behind them. From the leaver's approving yes on,
nouns/farewell.py carries it; what moderators do with it is programme/telling.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from relaybot import commands, forms, times
from relaybot.commands import Call, Ref, command, notices, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, choice, form, given, yes_no
from relaybot.model import Dialogue, Message, Pair, Person
from relaybot.nouns import farewell, meetings, pairs, parting, people, profile
from relaybot.nouns.parting import LEAVING
from relaybot.ports import Invalid, Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import leaving as words

REASON_DIGITS = dict(zip("12345", words.REASONS, strict=True))


def _pair(desk: Desk, dialogue: Dialogue) -> Pair:
    return desk.pairs[int(dialogue.about[1:])]


def _me(desk: Desk, dialogue: Dialogue) -> Person:
    return desk.people[dialogue.person]


def _other(desk: Desk, dialogue: Dialogue) -> Person:
    return pairs.partner(desk, _pair(desk, dialogue), _me(desk, dialogue))


# ------------------------------------------------------------------------------------------- drop


@command(
    "drop",
    Ref("pair", optional=True),
    topic="leave",
    help="end your hours with a partner; a moderator can tell them for you",
    examples=("drop", "drop M12"),
    always=True,
)
def drop(desk: Desk, call: Call) -> None:
    """Begin the questions; whatever is open is left aside for them."""
    pair = _leavable(desk, call)
    if pair.told_by == "both":
        _asked_already(desk, call.me, pair)
    else:
        forms.begin(desk, call.me, "drop", f"M{pair.id}")


def _asked_already(desk: Desk, person: Person, pair: Pair) -> None:
    """They were asked both whether it is over: the same question again, unless this one has said yes."""
    other = pairs.partner(desk, pair, person).name
    if not desk.participants[(pair.id, person.id)].over:
        forms.begin(desk, person, "end-both", f"M{pair.id}")
    elif pair.ended_by == person.id:
        raise Refused(words.noted_over(pair.id, other))
    else:
        raise Refused(words.noted_yes(other))


def _leavable(desk: Desk, call: Call) -> Pair:
    """The pair to leave. One whose partner is leaving in secret counts; one that is over gets the truth."""
    number = call.number("pair")
    own = [p for p in pairs.of(desk, call.me, ACTIVE_PAIRS | {"ending", "ended"}) if number in {0, p.id}]
    open_now = [p for p in own if p.stage != "ended" and not parting.left_by(p, call.me)]
    if len(open_now) == 1:
        return open_now[0]
    if not open_now and own:
        last = own[-1]
        if last.stage == "ending":
            raise Refused(words.being_told(last.id, pairs.partner(desk, last, call.me).name))
        raise Refused(words.ended_on(last.id, last.ended_at, people.zone(call.me)))
    return pairs.mine(desk, call)


def _ask_what(desk: Desk, dialogue: Dialogue) -> str:
    return words.before_we_do(_pair(desk, dialogue).id, _other(desk, dialogue).name, pause="pause" in commands.COMMANDS)


def _what_offered(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    return ("pause", "end") if "pause" in commands.COMMANDS else ("end",)


def _read_until(desk: Desk, dialogue: Dialogue, text: str) -> str:
    zone = people.zone(_me(desk, dialogue))
    try:
        return times.day(text.lower().removeprefix("until ").strip(), desk.now, zone).isoformat()
    except times.NotUnderstood as problem:
        raise Invalid(str(problem)) from None


def _ask_who(desk: Desk, dialogue: Dialogue) -> str:
    return words.who_tells(_other(desk, dialogue).name, desk.policy.farewell.via)


def _via(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    return desk.policy.farewell.via


def _who_echo(desk: Desk, dialogue: Dialogue, value: str) -> str:
    if value == "moderator":
        _stands(desk, dialogue)
    return ""


def _stands(desk: Desk, dialogue: Dialogue) -> None:
    """The leaving stands from the person's third message on: after silence it goes on with the usual words."""
    settings, pair = desk.policy.farewell, _pair(desk, dialogue)
    due = desk.now + timedelta(hours=settings.abandoned_hours)
    coming = meetings.running(desk, pair) or meetings.upcoming(desk, pair)
    if coming is not None:
        before = coming.starts_at - timedelta(minutes=desk.policy.session.soon_minutes)
        due = min(due, max(before, desk.now + timedelta(minutes=settings.abandoned_minutes)))
    desk.plan("drop-abandoned", dialogue.about, due)


def _ask_why(desk: Desk, dialogue: Dialogue) -> str:
    return words.why(farewell.readers_named(desk, _pair(desk, dialogue)), _other(desk, dialogue).name)


def _by_moderator(desk: Desk, dialogue: Dialogue) -> bool:
    return given(dialogue, "who") == "moderator"


def _somebody_reads(desk: Desk, dialogue: Dialogue) -> bool:
    return _by_moderator(desk, dialogue) and bool(farewell.readers_named(desk, _pair(desk, dialogue)))


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
    _stands(desk, dialogue)
    if not value:
        return ""
    return words.thanks_for_saying() if value.startswith("wrong") else words.thanks_for_why()


def _ask_text(desk: Desk, dialogue: Dialogue) -> str:
    other = _other(desk, dialogue)
    return words.would_read(other.name, farewell.text(desk, _me(desk, dialogue), other))


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
    forms.say(desk, dialogue, words.nothing_ended(_other(desk, dialogue).name))


def _drop_kept(desk: Desk, dialogue: Dialogue) -> None:
    timer = desk.timers.get(("drop-abandoned", dialogue.about))
    me = _me(desk, dialogue)
    if timer is None or not _by_moderator(desk, dialogue):
        forms.say(desk, dialogue, words.kept_drop())
    else:
        forms.say(desk, dialogue, words.kept_standing(_other(desk, dialogue).name, timer.due, people.zone(me)))


def _drop_done(desk: Desk, dialogue: Dialogue) -> None:
    pair, me = _pair(desk, dialogue), _me(desk, dialogue)
    if given(dialogue, "what") == "pause":
        _pause(desk, me, given(dialogue, "until"))
    elif pair.stage not in ACTIVE_PAIRS | {"ending"} or parting.left_by(pair, me):
        desk.tell(me, words.ended_on(pair.id, pair.ended_at, people.zone(me)))
    elif pair.told_by == "both":  # both were asked meanwhile, and this is an answer
        _marks_leaving(desk, dialogue)
        _says_over(desk, pair, me)
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
            Question("reason", _ask_why, _read_why, free=True, when=_somebody_reads, skip="", echo=_why_echo),
            Question("text", _ask_text, _read_text, when=_by_moderator),
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
    me, other = _me(desk, dialogue), _other(desk, dialogue)
    kind, _, own = given(dialogue, "text").partition(" ")
    notice = own if kind == "own" else farewell.text(desk, me, other, thanks=kind != "plain")
    _farewell(desk, dialogue, notice)


def _farewell(desk: Desk, dialogue: Dialogue, notice: str) -> None:
    """Hand the leaving to the moderators (`notice` "": with the usual words), and say what happens next."""
    pair, me, other = _pair(desk, dialogue), _me(desk, dialogue), _other(desk, dialogue)
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
    desk.tell(me, "" if notice else words.abandoned(other.name, farewell.text(desk, me, other)), told)
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
    pair, me = _pair(desk, dialogue), _me(desk, dialogue)
    _marks_leaving(desk, dialogue)
    if pair.stage == "ending":  # the partner asked for it first, without a word to this one
        farewell.also(desk, pair, me, "", "")
        desk.tell(me, words.a_moderator_takes_it(_other(desk, dialogue).name))
    elif given(dialogue, "who") == "both":
        _end_both(desk, pair, me)
    else:
        desk.change(pair, told_by="self", ended_by=me.id)
        desk.tell(me, words.tell_yourself(_ask_self(desk, pair, me), people.zone(me)))
    if dialogue.note == LEAVING:
        parting.next_step(desk, desk.people[me.id])


def _marks_leaving(desk: Desk, dialogue: Dialogue) -> None:
    """The programme is left too, as soon as it's over with this partner."""
    if dialogue.note == LEAVING:
        side = desk.participants[(_pair(desk, dialogue).id, dialogue.person)]
        desk.put(replace(side, leaves=True))
        desk.tell(_me(desk, dialogue), words.leaves_when_over(_other(desk, dialogue).name, profile.title(desk)))


def _ask_self(desk: Desk, pair: Pair, person: Person) -> datetime:
    """When somebody who tells it themselves is asked whether they have."""
    at = farewell.awake_at(desk, person, desk.now + timedelta(days=desk.policy.farewell.self_days))
    desk.plan("drop-self", f"M{pair.id}", at)
    return at


@on_timer("drop-self")
def _talked_yet(desk: Desk, about: str, late_seconds: float) -> None:
    """Whoever wanted to tell their partner themselves is asked whether they have."""
    pair = desk.pairs[int(about[1:])]
    person = desk.people.get(pair.ended_by)
    if person is None or pair.stage not in ACTIVE_PAIRS or pair.told_by != "self":
        return
    at = farewell.awake_at(desk, person, desk.now)
    if at > desk.now:
        desk.plan("drop-self", about, at)
    else:
        forms.begin(desk, person, "drop-talked", about)


def _ask_talked(desk: Desk, dialogue: Dialogue) -> str:
    moderator = "moderator" in desk.policy.farewell.via
    return words.have_you_talked(_pair(desk, dialogue).id, _other(desk, dialogue).name, moderator=moderator)


def _talked_done(desk: Desk, dialogue: Dialogue) -> None:
    pair, me, answer = _pair(desk, dialogue), _me(desk, dialogue), given(dialogue, "talked")
    if pair.stage not in ACTIVE_PAIRS:
        desk.tell(me, words.ended_on(pair.id, pair.ended_at, people.zone(me)))
    elif answer == "yes":
        _end_both(desk, pair, me)
    elif answer == "no":
        desk.tell(me, words.ask_again(_ask_self(desk, pair, me), people.zone(me)))
    else:
        note = LEAVING if desk.participants[(pair.id, me.id)].leaves else ""
        chosen = forms.begin(desk, me, "drop", dialogue.about, note=note, answers=(("what", "end"), ("who", "moderator")))
        _stands(desk, chosen)


def _talked_offered(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    return ("yes", "no", "moderator") if "moderator" in desk.policy.farewell.via else ("yes", "no")


form(
    Form(
        "drop-talked",
        (
            choice(
                "talked",
                _ask_talked,
                {"yes": ("1", *forms.YES, "done"), "no": ("2", *forms.NO, "not yet"), "moderator": ("3",)},
                offered=_talked_offered,
            ),
        ),
        _talked_done,
    )
)


# ---------------------------------------------------------------------------------- is it over? both say


@command(
    "done",
    Ref("pair", optional=True),
    topic="leave",
    help="you have told your partner yourself that your hours end; both are asked once more",
    examples=("done", "done M12"),
)
def done(desk: Desk, call: Call) -> None:
    """They have talked: both are asked whether it is over."""
    pair = _leavable(desk, call)
    if pair.told_by == "both":
        if desk.participants[(pair.id, call.me.id)].over:
            _asked_already(desk, call.me, pair)
        _says_over(desk, pair, call.me)
        return
    if pair.stage == "ending" or pair.told_by != "self":
        raise Refused(words.nothing_done())
    forms.forget(desk, call.me, f"M{pair.id}", "drop-talked")
    _end_both(desk, pair, call.me)


def _end_both(desk: Desk, pair: Pair, by: Person) -> None:
    """Ask both; whoever chose to leave stays the one who leaves, whoever says that they have talked."""
    leaver = desk.people.get(pair.ended_by) or by
    ask_by = desk.now + timedelta(days=desk.policy.farewell.self_days)
    desk.tell(by, words.both_asked(pairs.partner(desk, pair, by).name, ask_by, people.zone(by)))
    farewell.ask_both(desk, pair, leaver)


def _over_done(desk: Desk, dialogue: Dialogue) -> None:
    pair, me = _pair(desk, dialogue), _me(desk, dialogue)
    if pair.stage not in ACTIVE_PAIRS | {"ending"} or pair.told_by != "both":
        desk.tell(me, words.ended_on(pair.id, pair.ended_at, people.zone(me)))
    elif given(dialogue, "over") == "yes":
        _says_over(desk, pair, me)
    elif me.id == pair.ended_by:
        _goes_on(desk, pair)
    else:
        _not_over(desk, pair)


def _says_over(desk: Desk, pair: Pair, person: Person) -> None:
    forms.forget(desk, person, f"M{pair.id}", "end-both")
    other = pairs.partner(desk, pair, person)
    if farewell.said_over(desk, pair, person):
        farewell.end_together(desk, desk.pairs[pair.id])
    elif person.id == pair.ended_by:
        desk.tell(person, words.noted_over(pair.id, other.name))
    else:
        desk.tell(person, words.noted_yes(other.name))


def _goes_on(desk: Desk, pair: Pair) -> None:
    """Whoever wanted to leave says no after all: the pair goes on, and the other one is not left with a question."""
    desk.cancel("both-silent", f"M{pair.id}")
    for side in pairs.sides(desk, pair):
        desk.put(replace(side, over=False, leaves=False))
    desk.change(pair, ended_by=0, told_by="")
    for person in pairs.people(desk, pair):
        forms.forget(desk, person, f"M{pair.id}", "end-both")
        desk.tell(person, words.goes_on_pair(pair.id))


def _not_over(desk: Desk, pair: Pair) -> None:
    """The partner says no: leaving is always possible, so a moderator tells them."""
    leaver = desk.people[pair.ended_by]
    other = pairs.partner(desk, pair, leaver)
    desk.tell(other, words.someone_writes(farewell.who_writes(desk, pair)))
    _to_moderators(desk, pair, leaver, other)


def _to_moderators(desk: Desk, pair: Pair, leaver: Person, other: Person) -> None:
    farewell.begin(desk, pair, leaver, "", extra=words.team_disagrees(pair.id, other.name))
    desk.tell(leaver, words.a_moderator_takes_it(other.name))
    if desk.participants[(pair.id, leaver.id)].leaves:
        parting.next_step(desk, desk.people[leaver.id])


@on_timer("both-silent")
def _both_silent(desk: Desk, about: str, late_seconds: float) -> None:
    """Somebody has not answered "end M12?": when only the leaver is missing it is over, else moderators take it."""
    pair = desk.pairs[int(about[1:])]
    if pair.told_by != "both" or pair.stage not in ACTIVE_PAIRS | {"ending"}:
        return
    leaver = desk.people[pair.ended_by]
    other = pairs.partner(desk, pair, leaver)
    if desk.participants[(pair.id, other.id)].over:
        forms.forget(desk, leaver, about, "end-both")
        farewell.end_together(desk, pair)
    else:
        _to_moderators(desk, pair, leaver, other)


form(
    Form(
        "end-both",
        (yes_no("over", lambda desk, d: words.end_it(_pair(desk, d).id, _other(desk, d).name)),),
        _over_done,
        waits=False,
    )
)


@notices
def _paused_instead(desk: Desk, person: Person, name: str) -> None:
    """Somebody who pauses while asked "pause, or end it?" has answered."""
    dialogue = forms.open_for(desk, person) if name == "pause" else None
    if dialogue is not None and dialogue.form == "drop" and dialogue.asking in {"what", "until"}:
        forms.end(desk, dialogue)
