"""Farewells: a pair that ends without its partner being told by the leaver, from the leaver's yes to the last word.

Until the partner has been told, the pair is "ending": no hours, no words from one to the other. What the
partner gets, and when, depends on moderators, clocks and the hours that were planned, never on a reason.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Case, Meeting, Pair, Person, Urgency
from relaybot.nouns import cases, dates, feelings, meetings, pairs, people
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import leaving as words
from relaybot.words import telling as team_words
from relaybot.words.common import join_words

OUTCOMES = {"time": "time", "topics": "fit", "click": "fit"}


def ident(case: Case) -> str:
    """ "H9"."""
    return f"H{case.id}"


def open_case(desk: Desk, pair: Pair) -> Case | None:
    """The farewell of a pair that has not been told yet."""
    return next((c for c in desk.cases.where("pair", pair.id) if c.topic == "farewell" and c.stage != "closed"), None)


def leaver(desk: Desk, case: Case) -> Person | None:
    """Who left; None when they asked to be forgotten meanwhile."""
    return desk.people.get(case.person)


def partner(desk: Desk, case: Case) -> Person | None:
    """Who is to be told."""
    sides = desk.participants.where("pair", case.pair)
    return next((desk.people.get(side.person) for side in sides if side.person != case.person), None)


def who_writes(desk: Desk, pair: Pair) -> str:
    """The moderators outside the pair, or the operator, as the partner reads it."""
    named = people.moderators(desk, (side.person for side in pairs.sides(desk, pair)))
    return words.names([p.name for p in named], desk.policy.operator)


def text(desk: Desk, leaver: Person, *, thanks: bool = True) -> str:
    """The programme's words for the partner."""
    return words.notice(leaver.name, thanks=thanks, neutral=desk.policy.farewell.neutral)


def _usual(desk: Desk, leaver: Person) -> set[str]:
    return {text(desk, leaver, thanks=thanks) for thanks in (True, False)}


def awake_at(desk: Desk, person: Person, at: datetime) -> datetime:
    """The first moment from `at` on in which a hard word may reach a person: awake, not on mute, not away."""
    for until in (person.muted_until, person.paused_until):
        if until is not None and until > at:
            at = until
    return people.waking(desk, person, at)


# ------------------------------------------------------------------------------------------ beginning


def stands(desk: Desk, pair: Pair) -> None:
    """The leaving stands from the person's third message on: after silence it goes on with the usual words."""
    settings = desk.policy.farewell
    due = desk.now + timedelta(hours=settings.abandoned_hours)
    coming = meetings.running(desk, pair) or meetings.upcoming(desk, pair)
    if coming is not None:
        before = coming.starts_at - timedelta(minutes=desk.policy.session.soon_minutes)
        due = min(due, max(before, desk.now + timedelta(minutes=settings.abandoned_minutes)))
    desk.plan("drop-abandoned", f"M{pair.id}", due)


def begin(
    desk: Desk, pair: Pair, leaver: Person, notice: str, *, reason: str = "", said: str = "", extra: str = ""
) -> Case:
    """The leaver's yes: hours are off, nothing goes from one to the other, and moderators have it.

    `notice` "" takes the programme's own words. `extra` is one more line for the moderators.
    """
    other = pairs.partner(desk, pair, leaver)
    coming = meetings.running(desk, pair) or meetings.upcoming(desk, pair)
    pairs.stop_hours(desk, pair)
    forms.forget(desk, leaver, f"M{pair.id}")
    forms.forget(desk, other, f"M{pair.id}", "end-both", "drop-talked")
    if pair.stage != "ending":
        pair = pairs.move(desk, pair, "end")
    pair = desk.change(pair, ended_by=leaver.id, told_by="moderator", outcome=OUTCOMES.get(reason, "other"))
    case = cases.open_case(desk, "farewell", leaver, pair=pair)
    urgent = reason == "wrong"
    case = desk.change(
        case,
        urgent=urgent,
        reason=reason,
        reason_words=said,
        notice=notice or text(desk, leaver),
        hour_at=coming.starts_at if coming is not None else None,
    )
    case = _plan(desk, case, other, coming)
    _tell_team(desk, case, pair, leaver, other, default=not notice, extra=extra)
    if not cases.readers(desk, case) and not urgent:
        schedule(desk, case, desk.now)
    unanswered(desk, leaver)
    return desk.cases[case.id]


def _plan(desk: Desk, case: Case, other: Person, coming: Meeting | None) -> Case:
    """Every guard's timer: reminders, the promise, and the neutral line before the hour."""
    settings = desk.policy.farewell
    about = ident(case)
    desk.cancel("case-unheld", about)  # the second reminder says it
    desk.plan("farewell-remind", about, desk.now + timedelta(hours=settings.reminder_hours))
    desk.plan("farewell-second", about, desk.now + timedelta(hours=settings.second_hours))
    promise = case.promise or desk.now
    if coming is not None:
        due = coming.starts_at - timedelta(hours=settings.neutral_line_hours)
        if due > desk.now:
            promise = min(promise, due)
            desk.plan("farewell-neutral", about, neutral_at(desk, case, other))
        else:
            case = hour_off(desk, case)
    desk.plan("case-promise", about, promise)
    return desk.change(case, promise=promise)


def neutral_at(desk: Desk, case: Case, other: Person) -> datetime:
    """When the neutral line is due: hours before the hour, awake if that is still well before it."""
    hour_at = case.hour_at or desk.now
    due = max(desk.now, hour_at - timedelta(hours=desk.policy.farewell.neutral_line_hours))
    awake = people.waking(desk, other, due)
    return awake if awake <= hour_at - timedelta(minutes=desk.policy.session.soon_minutes) else due


def hour_off(desk: Desk, case: Case) -> Case:
    """Tell the partner, once, that the hour is off; nothing about who or why."""
    other, pair = partner(desk, case), desk.pairs[case.pair]
    if case.hour_at is None or other is None or pair.stage not in {"ending", "resting"}:
        return case
    line = words.hour_off(case.hour_at, people.zone(other), desk.now, who_writes(desk, pair))
    until = max(case.hour_at, desk.now) + timedelta(minutes=desk.policy.session.length_minutes)
    claim = f"pair {pair.id} {pair.stage}"
    desk.tell(other, line, urgency=Urgency.URGENT, expires_at=until, claim=claim)
    dates.take_out(desk, pair, other, case.hour_at, claim=claim)
    return desk.change(case, hour_at=None)


def _tell_team(desk: Desk, case: Case, pair: Pair, leaver: Person, other: Person, *, default: bool, extra: str) -> None:
    lines = [
        team_words.team_case(
            case.id, leaver.name, pair.id, other.name, case.hour_at, case.promise or desk.now, people.zone(leaver),
            urgent=case.urgent,
        ),
        extra,
        team_words.team_reason(case.reason, case.reason_words),
        team_words.team_urgent(case.id, leaver.name) if case.urgent else "",
        (team_words.team_usual_text if default else team_words.team_text)(case.id, other.name, leaver.name, case.notice),
    ]  # fmt: skip
    cases.tell(desk, case, *lines, urgency=Urgency.URGENT if case.urgent else Urgency.PERSONAL)


def also(desk: Desk, pair: Pair, second: Person, reason: str, said: str) -> Case:
    """The partner, who knows of nothing, asks for the same: nobody needs hard words any more."""
    case = open_case(desk, pair)
    assert case is not None, f"M{pair.id} is ending without a farewell"
    desk.change(pair, told_by="each")
    if reason:
        feelings.keep(desk, pair, second, f"drop {reason}", said)
    first = leaver(desk, case)
    lines = [
        team_words.team_also(case.id, second.name, first.name if first else ""),
        team_words.team_reason(reason, said),
    ]
    if reason == "wrong":
        theirs = cases.open_case(desk, "help", second, pair=pair, words_=said or words.REASONS[reason])
        desk.change(theirs, urgent=True)
        lines.append(team_words.team_also_urgent(theirs.id, second.name))
    cases.tell(desk, case, *lines)
    unanswered(desk, second)
    return case


def unanswered(desk: Desk, person: Person) -> None:
    """Nobody looks for someone new for them until they say so."""
    if person.waiting_since is None:
        desk.change(desk.people[person.id], rematch="later")


# -------------------------------------------------------------------------------------------- telling


def needs_person(desk: Desk, case: Case) -> Case | None:
    """The case of somebody in the pair who felt something wrong, and to whom no person has written yet."""
    about_pair = desk.cases.where("pair", case.pair)
    return next((c for c in about_pair if c.urgent and not c.cleared and c.stage != "closed"), None)


def on_its_way(desk: Desk, case: Case) -> bool:
    """Whether the words have left and wait only for the partner to be there."""
    other, receipt = partner(desk, case), f"farewell {ident(case)}"
    return other is not None and any(x.receipt == receipt for x in desk.letters.where("person", other.id))


def promise_again(desk: Desk, case: Case) -> Case:
    """A moderator has written to the leaver first: the words for the partner are still promised."""
    promise = desk.now + timedelta(hours=desk.policy.cases.promise_hours)
    desk.plan("case-promise", ident(case), promise)
    return desk.change(case, promise=promise)


def schedule(desk: Desk, case: Case, at: datetime) -> datetime:
    """Let the words leave at `at`, or when the partner is awake and there; returns when."""
    other = partner(desk, case)
    due = awake_at(desk, other, at) if other is not None else at
    if due <= desk.now:
        tell(desk, case)
    else:
        desk.plan("farewell-tell", ident(case), due)
    return due


def tell(desk: Desk, case: Case) -> None:
    """The words leave, from the moderator who approved them; their receipt ends the pair."""
    other, pair = partner(desk, case), desk.pairs[case.pair]
    desk.cancel("farewell-tell", ident(case))
    if pair.stage != "ending":
        return
    if other is None:
        finish(desk, case)
        return
    first = leaver(desk, case)
    moderator = cases.held_by(desk, case)
    name = moderator.name if moderator else ""
    notice = case.notice
    if first is not None and not desk.policy.farewell.neutral and notice not in _usual(desk, first):
        notice = words.own_words(first.name, notice)
    lines = words.told(other.name, name, notice, pair.held)
    if pair.told_by == "each" and first is not None:
        lines = (words.also_over(first.name),)
    desk.tell(other, *lines, urgency=Urgency.URGENT, claim=f"pair {pair.id} ending", receipt=f"farewell {ident(case)}")


def finish(desk: Desk, case: Case) -> None:
    """The partner knows: the pair is over, its place is closed, the partner is asked what they would like now."""
    pair, other, first = desk.pairs[case.pair], partner(desk, case), leaver(desk, case)
    both = pair.told_by == "each"
    moderator = cases.held_by(desk, case)
    pair = end(desk, pair)
    case = desk.change(cases.close(desk, case), hour_at=None)
    cases.retire(desk, case)
    cases.tell(desk, case, team_words.team_told(case.id, other.name if other else "", pair.id))
    if other is not None and not both:
        _ask_partner(desk, pair, other, moderator)
    if first is not None and other is not None and first.stage == "member":
        desk.plan("farewell-known", ident(case), awake_at(desk, first, desk.now))


def end(desk: Desk, pair: Pair) -> Pair:
    """Both know that it is over: the pair ends and its place is left."""
    pairs.stop_hours(desk, pair)
    if pair.stage in ACTIVE_PAIRS:
        pair = pairs.move(desk, pair, "end")
    place = pair.place
    pair = desk.change(pairs.move(desk, pair, "told"), ended_at=desk.now, told_at=desk.now, place="")
    if place:
        desk.post(place, close=True)
    return pair


def without(desk: Desk, pair: Pair, gone: Person) -> None:
    """Somebody asked to be forgotten: the partner is told now, in words that name nobody, and the pair is over."""
    other = pairs.partner(desk, pair, gone)
    case = open_case(desk, pair)
    if case is not None:
        cases.close(desk, case)
        cases.retire(desk, case)
    forms.forget(desk, other, f"M{pair.id}")
    if not pair.ended_by:
        pair = desk.change(pair, ended_by=gone.id, told_by="moderator", outcome="other")
    knows = pair.ended_by == other.id
    pair = end(desk, pair)
    if not knows:
        desk.tell(other, words.ended_neutrally(), urgency=Urgency.URGENT)
        _ask_partner(desk, pair, other, None)


def _ask_partner(desk: Desk, pair: Pair, other: Person, moderator: Person | None) -> None:
    if other.stage == "member":
        unanswered(desk, other)
        forms.begin(desk, other, "someone-new", f"M{pair.id}", note=moderator.name if moderator else "")


def readers_named(desk: Desk, pair: Pair, last: str = "and") -> str:
    """The moderators who will read what is said about a pair: "Dana and Esi"."""
    named = people.moderators(desk, (side.person for side in pairs.sides(desk, pair)))
    return join_words([p.name for p in named[:4]], last)


# -------------------------------------------------------------------------------------------- soundness


def unsound(desk: Desk) -> str:
    """A pair that ends through moderators has a case nobody of the two can see; "" when all is well."""
    for pair in desk.pairs.changed.values():
        if pair is not None and pair.stage == "ending":
            if not pair.ended_by:
                return f"M{pair.id} is ending, and nobody ended it"
            if pair.told_by in {"moderator", "each"} and open_case(desk, pair) is None:
                return f"M{pair.id} is ending, and no case says so to the moderators"
    for case in desk.cases.changed.values():
        if case is not None:
            sides = {side.person for side in desk.participants.where("pair", case.pair)} if case.pair else set()
            if not {case.person, *sides} <= set(case.hidden_from):
                return f"H{case.id} could be seen by somebody it concerns"
    return ""
