"""Telling a farewell: what moderators do with it, when its words leave, and who is reminded when nobody acts.

`approve`, `edit` and `hold` before a case's number. The words leave in the partner's waking hours, under the
name of whoever approved them; their receipt ends the pair.
"""

from __future__ import annotations

from datetime import timedelta

from relaybot import forms, times
from relaybot.commands import Call, Keys, Ref, Text, Who, command, notices, on_receipt, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, form, given
from relaybot.model import Case, Dialogue, Letter, Person, Urgency
from relaybot.nouns import cases, farewell, people
from relaybot.ports import Invalid, Refused
from relaybot.words import leaving as words
from relaybot.words import telling as team_words


def _farewell(desk: Desk, call: Call) -> tuple[Case, Person]:
    """The farewell a command names and whom it is for; raises Refused when it is none, or told."""
    case = cases.meant(desk, call)
    if case.topic != "farewell":
        raise Refused(team_words.not_a_farewell(case.id))
    other = farewell.partner(desk, case)
    if case.stage == "closed" or other is None:
        raise Refused(team_words.told_already(case.id))
    if farewell.on_its_way(desk, case):
        raise Refused(team_words.team_waiting(case.id, other.name))
    return case, other


def _name(person: Person | None) -> str:
    return person.name if person is not None else ""


@command(
    "approve",
    Ref("case"),
    Keys("keys", flags=("now",)),
    who=Who.MODERATOR,
    topic="moderator",
    help="let a farewell's words leave, in your name; now skips the time to take it back",
    examples=("approve H9", "approve H9 now"),
    code=True,
)
def approve(desk: Desk, call: Call) -> None:
    """The words leave after the undo window, at the partner's next waking moment."""
    case, other = _farewell(desk, call)
    first = farewell.leaver(desk, case)
    hurt = farewell.needs_person(desk, case)
    if hurt is not None:
        raise Refused(team_words.person_first(hurt.id, _name(desk.people.get(hurt.person))))
    if first is not None:
        forms.forget(desk, first, farewell.ident(case), "farewell-edit")
    case = cases.take(desk, case, call.me)
    desk.cancel("farewell-hold", farewell.ident(case))
    keys = call.keys()
    minutes = 0 if "now" in keys else desk.policy.consent.undo_minutes
    at = desk.now + timedelta(minutes=minutes)
    due = farewell.schedule(desk, case, at)
    if due <= desk.now:
        call.reply(desk, team_words.on_its_way(case.id, other.name))
    else:
        away = due > people.waking(desk, other, at)
        zones = [zone for zone in (call.me.zone, people.zone(other)) if zone]
        call.reply(desk, team_words.leaves_at(case.id, other.name, due, zones, away=away))


@command(
    "hold",
    Ref("case"),
    Text("time", optional=True),
    who=Who.MODERATOR,
    topic="moderator",
    help="keep a farewell back, perhaps until a time",
    examples=("hold H9", "hold H9 tomorrow 12:00"),
    about="case",
)
def hold(desk: Desk, call: Call) -> None:
    """Nothing leaves until somebody approves it (again); the line before the next hour still does."""
    case, other = _farewell(desk, call)
    until, zone = None, people.zone(call.me)
    if call.text("time"):
        try:
            until = times.when(call.text("time"), desk.now, zone)
        except times.NotUnderstood as problem:
            raise Invalid(str(problem)) from None
    desk.cancel("farewell-tell", farewell.ident(case))
    case = cases.take(desk, case, call.me)
    if until is not None:
        desk.plan("farewell-hold", farewell.ident(case), until)
    if case.hour_at is not None and case.hour_at > desk.now:
        desk.plan("farewell-neutral", farewell.ident(case), farewell.neutral_at(desk, case, other))
    call.reply(desk, team_words.held(case.id, until, zone))


@command(
    "edit",
    Ref("case"),
    Text("words"),
    who=Who.MODERATOR,
    topic="moderator",
    help="suggest other words for a farewell; whoever leaves is asked first",
    examples=("edit H9 Ana ends your hours together and thanks you for them.",),
)
def edit(desk: Desk, call: Call) -> None:
    """Other words go back to the leaver for a yes; nothing leaves meanwhile."""
    case, _ = _farewell(desk, call)
    first, said = farewell.leaver(desk, case), " ".join(call.text("words").split())
    most = desk.policy.farewell.notice_chars
    if len(said) > most:
        raise Refused(words.too_long_notice(most))
    if first is None:
        raise Refused(team_words.no_leaver(case.id))
    desk.cancel("farewell-tell", farewell.ident(case))
    case = cases.take(desk, case, call.me)
    forms.begin(desk, first, "farewell-edit", farewell.ident(case), note=f"{call.me.id}\n{said}")
    call.reply(desk, team_words.edit_asked(case.id, first.name))


def _edited(desk: Desk, dialogue: Dialogue) -> tuple[Case, str, str]:
    """The case, the moderator's name and the words suggested."""
    moderator, _, said = dialogue.note.partition("\n")
    return desk.cases[int(dialogue.about[1:])], _name(desk.people.get(int(moderator))), said


def _ask_edit(desk: Desk, dialogue: Dialogue) -> str:
    case, moderator, said = _edited(desk, dialogue)
    return team_words.edit_question(moderator, _name(farewell.partner(desk, case)), said)


def _read_edit(desk: Desk, dialogue: Dialogue, text: str) -> str:
    said = " ".join(text.split())
    head, _, rest = said.partition(" ")
    if said.lower().rstrip(".!") in forms.YES:
        return "yes"
    if said.lower().rstrip(".!") in (*forms.NO, "keep mine", "no, keep mine"):
        return "no"
    if head.lower() == "edit" and 0 < len(rest) <= desk.policy.farewell.notice_chars:
        return f"own {rest}"
    raise Invalid(team_words.edit_choices())


def _edit_done(desk: Desk, dialogue: Dialogue) -> None:
    case, _, said = _edited(desk, dialogue)
    me, (kind, _, own) = desk.people[dialogue.person], given(dialogue, "text").partition(" ")
    if case.stage == "closed":
        desk.tell(me, words.partner_knows(_name(farewell.partner(desk, case))))
    elif kind == "no":
        desk.tell(me, team_words.edit_kept())
        cases.tell(desk, case, team_words.team_edit_no(case.id, me.name))
    else:
        case = desk.change(case, notice=own or said)
        desk.tell(me, team_words.edit_thanks())
        cases.tell(desk, case, team_words.team_edit_yes(case.id, me.name, case.notice))


form(Form("farewell-edit", (Question("text", _ask_edit, _read_edit),), _edit_done, waits=False))


# ------------------------------------------------------------------------------------------ the guards


def _waiting(desk: Desk, about: str) -> tuple[Case, Person] | None:
    """A farewell that nobody has let go yet, and whom it is for."""
    case = desk.cases.get(int(about[1:]))
    if case is None or case.stage == "closed" or desk.timers.get(("farewell-tell", about)) is not None:
        return None
    other = farewell.partner(desk, case)
    return (case, other) if other is not None else None


@on_timer("farewell-tell")
def _tell(desk: Desk, about: str, late_seconds: float) -> None:
    """The moment has come; unless the partner sleeps now, or is away now."""
    case = desk.cases.get(int(about[1:]))
    if case is not None and case.stage != "closed":
        farewell.schedule(desk, case, desk.now)


@notices
def _back_again(desk: Desk, person: Person, name: str) -> None:
    """Whoever was away is back earlier: approved words need not wait for the day that was planned."""
    if name != "resume":
        return
    for side in desk.participants.where("person", person.id):
        pair = desk.pairs[side.pair]
        case = farewell.open_case(desk, pair) if pair.stage == "ending" else None
        if case is not None and case.person != person.id and desk.timers.get(("farewell-tell", farewell.ident(case))):
            farewell.schedule(desk, case, desk.now + timedelta(minutes=max(1, desk.policy.consent.undo_minutes)))


@on_timer("farewell-neutral")
def _neutral(desk: Desk, about: str, late_seconds: float) -> None:
    """The hour comes nearer and the partner has not been told: only that it is off."""
    case = desk.cases.get(int(about[1:]))
    if case is None or case.stage == "closed" or case.hour_at is None or case.hour_at <= desk.now:
        return
    leaving = desk.timers.get(("farewell-tell", about))
    if leaving is not None and leaving.due < case.hour_at:
        # Told before the hour in any case; if those words are taken back, this comes back too.
        return
    other = farewell.partner(desk, case)
    farewell.hour_off(desk, case)
    cases.tell(desk, case, team_words.team_neutral_sent(case.id, _name(other)))


@on_timer("farewell-remind")
def _remind(desk: Desk, about: str, late_seconds: float) -> None:
    """A farewell still waits: whoever has it is reminded, or the team when nobody has."""
    found = _waiting(desk, about)
    if found is None:
        return
    case, other = found
    holder = cases.held_by(desk, case)
    if holder is not None and people.waking(desk, holder) > desk.now:
        desk.plan("farewell-remind", about, people.waking(desk, holder))
    elif holder is not None:
        desk.tell(holder, team_words.remind(case.id, other.name))
    else:
        cases.tell(desk, case, team_words.remind(case.id, other.name))


@on_timer("farewell-second")
def _remind_all(desk: Desk, about: str, late_seconds: float) -> None:
    """Every moderator hears of it alone; the operator is named when nobody has taken it."""
    found = _waiting(desk, about)
    if found is None:
        return
    case, other = found
    unheld = cases.held_by(desk, case) is None
    if unheld:
        desk.note(0, "case unheld", about)
    for moderator in cases.readers(desk, case):
        zone = people.zone(moderator)
        operator = desk.policy.operator if unheld else None
        line = team_words.remind_all(case.id, other.name, max(case.promise or desk.now, desk.now), zone, operator)
        desk.tell(moderator, line, urgency=Urgency.URGENT)


@on_timer("farewell-hold")
def _hold_over(desk: Desk, about: str, late_seconds: float) -> None:
    """The time a farewell was held back until has come; the moderators read that it waits for them again."""
    found = _waiting(desk, about)
    if found is not None:
        cases.tell(desk, found[0], team_words.hold_over(found[0].id))


@on_receipt("farewell")
def _receipt(desk: Desk, letter: Letter, reference: str, outcome: str, reason: str) -> None:
    """The partner has the words: the pair is over. Or they wait, or could not be delivered: moderators know."""
    case = desk.cases.get(int(reference[1:]))
    if case is None or case.stage == "closed" or desk.pairs[case.pair].stage != "ending":
        return
    name = _name(farewell.partner(desk, case))
    if outcome == "sent":
        farewell.finish(desk, case)
    elif outcome == "waiting":
        cases.tell(desk, case, team_words.team_waiting(case.id, name))
    else:
        cases.tell(desk, case, team_words.team_undelivered(case.id, name), urgency=Urgency.URGENT)


@on_timer("farewell-known")
def _known(desk: Desk, about: str, late_seconds: float) -> None:
    """The leaver hears, when awake, that the partner knows."""
    case = desk.cases.get(int(about[1:]))
    first = farewell.leaver(desk, case) if case is not None else None
    other = farewell.partner(desk, case) if case is not None else None
    if case is None or first is None or other is None or first.stage != "member":
        return
    both = desk.pairs[case.pair].told_by == "each"
    desk.tell(first, words.also_over(other.name) if both else words.partner_knows(other.name))
