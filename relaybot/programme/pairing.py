"""Pairing: a moderator's plan, its confirmation, the minutes in which it can be undone, and the overview of pairs.

Nothing is sent before the undo window is over (a timer writes the letters when it is due), so `undo` has nothing
to take back from anybody. What the two answer is in programme/consenting.py.
"""

from __future__ import annotations

from datetime import timedelta

from relaybot import forms
from relaybot.commands import Arg, Call, Keys, Ref, Who, Word, command, on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, form, given, yes_no
from relaybot.model import Dialogue, Pair, Participant, Person
from relaybot.nouns import applications, fit, offers, pairs
from relaybot.nouns.naming import hidden, private_if_about_moderator
from relaybot.nouns.people import active_pairs, find, paused, zone
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import matching as reasons
from relaybot.words import pairing as words

# ---------------------------------------------------------------------------------------------- the plan


@command(
    "pair",
    Arg("a"),
    Arg("b"),
    Keys("keys", flags=("now",), texts=("first:person", "note")),
    who=Who.MODERATOR,
    topic="moderator",
    help="ask two people, one after the other, whether they would like a trial hour together",
    examples=("pair ana bram", "pair ana bram note both like building small things", "pair ana bram first bram now"),
    code=True,
)
def pair_two(desk: Desk, call: Call) -> None:
    """Show the plan and ask for a yes."""
    a, b = find(desk, call.text("a")), find(desk, call.text("b"))
    if a.id == b.id:
        raise Refused(words.same_person())
    others = [person for person in (a, b) if person.id != call.me.id]
    private_if_about_moderator(call, *others)
    keys = call.keys()
    first, why_first = _first(desk, keys.get("first", ""), a, b)
    second = b if first.id == a.id else a
    refuse_impossible(desk, call.me, first, second, team=call.team)
    number = desk.number("pair")
    note = f"{first.id} {second.id} {'now' if 'now' in keys else 'later'} {why_first}\n{keys.get('note', '')}"
    forms.begin(desk, call.me, "pair-plan", f"M{number}", note=note, place=call.message.place if call.team else "")


def _first(desk: Desk, said: str, a: Person, b: Person) -> tuple[Person, str]:
    """Who is asked first, and why ("said" or "accepted")."""
    if said:
        first = find(desk, said)
        if first.id not in {a.id, b.id}:
            raise Refused(words.first_of_two(first, a, b))
        return first, "said"
    return min((a, b), key=lambda p: (p.accepted_at or desk.now, p.id)), "accepted"


def refuse_impossible(desk: Desk, moderator: Person, first: Person, second: Person, *, team: bool) -> None:
    """Raise Refused when one of the two can't be asked now; a moderator is told nothing about themselves."""
    for person in (first, second):
        if person.stage != "member":
            raise Refused(words.no_member(person))
        if paused(desk, person) and person.paused_until is not None:
            raise Refused(words.is_paused(person, person.paused_until, moderator, desk.now))
        if person.rematch != "yes":
            raise Refused(words.wants_nobody(person))
        if active_pairs(desk, person) >= desk.policy.cap:
            raise Refused(words.at_limit(person, desk.policy.cap))
    for pair in pairs.of(desk, first, ACTIVE_PAIRS | {"ending"}):
        if pairs.side(desk, pair, second) is not None:
            raise Refused(words.partners_already(first, second, pair))
    # A moderator who pairs themselves must not learn from a refusal that somebody avoids them.
    own = moderator.id in {first.id, second.id}
    if own and (fit.avoided(desk, first, second) or fit.together_before(desk, first, second) is not None):
        raise Refused(words.another_moderator())
    if fit.avoided(desk, first, second):
        raise Refused(words.not_to_be_paired(first, second))
    for person in (first, second):
        _refuse_busy(desk, moderator, person, team=team)


def _refuse_busy(desk: Desk, moderator: Person, person: Person, *, team: bool) -> None:
    offer = pairs.open_offer(desk, person)
    if offer is None:
        return
    both = pairs.people(desk, offer)
    if any(p.id == moderator.id or (team and p.moderator) for p in both):
        raise Refused(words.busy(person))
    timer = desk.timers.get(("offer-neutral", f"M{offer.id}"))
    if timer is not None:
        raise Refused(words.still_to_be_told(person, offer, timer.due, moderator))
    by = desk.people.get(offer.drafted_by)
    raise Refused(words.in_offer(person, offer, by.name if by is not None else "", moderator))


# ---------------------------------------------------------------------------------------- its confirmation


def _planned(desk: Desk, dialogue: Dialogue) -> tuple[Person, Person, bool, str, str]:
    """(first, second, at once, why first, note) as a plan's dialogue remembers them."""
    head, _, note = dialogue.note.partition("\n")
    first, second, when, why_first = head.split(" ")
    return desk.people[int(first)], desk.people[int(second)], when == "now", why_first, note


def _plan_intro(desk: Desk, dialogue: Dialogue) -> tuple[str, ...]:
    first, second, _, why_first, _ = _planned(desk, dialogue)
    why = words.as_you_said() if why_first == "said" else words.accepted_first()
    plan = words.plan(int(dialogue.about[1:]), first, second, why, desk.policy.consent.open_days)
    return plan, *words.plan_against(_against(desk, dialogue, first, second))


def _against(desk: Desk, dialogue: Dialogue, first: Person, second: Person) -> list[str]:
    """What speaks against the two by their own words; the rest was refused already."""
    if dialogue.person in {first.id, second.id}:
        return []
    before = fit.together_before(desk, first, second)
    said = []
    for reason in fit.fit(desk, first, second).against:
        who, other = (second, first) if reason.side == fit.SECOND else (first, second)
        must, pair = who.must_language, before.id if before else 0
        said.append(reasons.reason(reason.code, who.name, other.name, must=must, pair=pair, limit=desk.policy.cap))
    return said


def _plan_question(desk: Desk, dialogue: Dialogue) -> str:
    _, _, at_once, _, note = _planned(desk, dialogue)
    return words.plan_question(note=bool(note), at_once=at_once)


def _plan_done(desk: Desk, dialogue: Dialogue) -> None:
    number = int(dialogue.about[1:])
    if given(dialogue, "send") == "no":
        forms.say(desk, dialogue, words.thrown_away(number))
        return
    moderator = desk.people[dialogue.person]
    first, second, at_once, _, note = _planned(desk, dialogue)
    refuse_impossible(desk, moderator, first, second, team=bool(dialogue.place))
    pair = _draft(desk, number, moderator, (first, second), note)
    if at_once:
        desk.note(moderator.id, "pair now", f"M{number}")
        offers.leave(desk, pair)
        forms.say(desk, dialogue, words.left_now(number, first))
        return
    desk.note(moderator.id, "pair", f"M{number}")
    leaves_at = desk.now + timedelta(minutes=desk.policy.consent.undo_minutes)
    desk.plan("offer-leave", f"M{number}", leaves_at)
    forms.say(desk, dialogue, words.leaves_at(number, leaves_at, moderator))


def _draft(desk: Desk, number: int, moderator: Person, both: tuple[Person, Person], note: str) -> Pair:
    pair = Pair(
        programme=desk.name, id=number, stage="drafted", drafted_by=moderator.id, drafted_at=desk.now, note=note
    )
    desk.put(pair)
    for order, person in enumerate(both):
        desk.put(Participant(programme=desk.name, pair=number, person=person.id, order=order))
    return pair


def _plan_stopped(desk: Desk, dialogue: Dialogue) -> None:
    forms.say(desk, dialogue, words.thrown_away(int(dialogue.about[1:])))


form(
    Form(
        "pair-plan",
        (yes_no("send", _plan_question, explain=words.explain_plan()),),
        done=_plan_done,
        stopped=_plan_stopped,
        waits=False,
        intro=_plan_intro,
    )
)


@on_timer("offer-leave")
def leave_due(desk: Desk, about: str, late_seconds: float) -> None:
    """The undo window is over: the first is asked, if both can still be."""
    pair = desk.pairs[int(about[1:])]
    if pair.stage != "drafted":
        return
    first, second = pairs.people(desk, pair)
    if offers.able(desk, first) and offers.able(desk, second) and not fit.avoided(desk, first, second):
        offers.leave(desk, pair)
        return
    pairs.drop_offer(desk, pair, "withdraw")
    offers.tell_moderators(desk, pair, words.changed_meanwhile(pair.id, first, second))


# ------------------------------------------------------------------------------------------ taking back


@command(
    "undo",
    Ref("pair", optional=True),
    Ref("application", optional=True),
    who=Who.MODERATOR,
    topic="moderator",
    help="take back a decision that has not left yet",
    examples=("undo", "undo M12", "undo A17"),
)
def undo(desk: Desk, call: Call) -> None:
    """Within the undo window: as if it had not been decided."""
    number, application = call.number("pair"), call.number("application")
    if not number and not application:
        number, application = _only_one(desk, call.me)
    if application:
        _undo_application(desk, call, application)
        return
    pair = pairs.known(desk, number)
    if pair.stage in offers.ASKED and not hidden(desk, call, pair):
        raise Refused(words.too_late(number))
    if pair.stage != "drafted":
        raise Refused(words.not_open(number))
    pairs.drop_offer(desk, pair, "withdraw")
    call.reply(desk, words.undone(f"M{number}"))


def _only_one(desk: Desk, moderator: Person) -> tuple[int, int]:
    """The moderator's one decision that has not left: (pair, 0) or (0, application)."""
    own_pairs = [p.id for p in desk.pairs.where("stage", "drafted") if p.drafted_by == moderator.id]
    decided = desk.applications.where("decided", moderator.id)
    own = [a.id for a in decided if applications.pending(desk, a) is not None]
    names = [f"M{number}" for number in own_pairs] + [f"A{number}" for number in own]
    if not names:
        raise Refused(words.nothing_to_undo())
    if len(names) > 1:
        raise Refused(words.several_to_undo(names))
    return (own_pairs[0], 0) if own_pairs else (0, own[0])


def _undo_application(desk: Desk, call: Call, number: int) -> None:
    application = applications.known(desk, number)
    person = desk.people[application.person]
    if person.moderator:
        private_if_about_moderator(call, person)
    taken = applications.undo_decision(desk, application)
    if taken is None:
        raise Refused(words.too_late_application(number))
    call.reply(desk, words.undone_application(number))


@command(
    "withdraw",
    Ref("pair"),
    who=Who.MODERATOR,
    topic="moderator",
    help="end an open offer; whoever was asked is told only that it didn't come together",
    examples=("withdraw M12",),
    code=True,
)
def withdraw(desk: Desk, call: Call) -> None:
    """Take an offer back at any time before the introduction."""
    pair = pairs.known(desk, call.number("pair"))
    if pair.stage not in pairs.OFFER_STAGES:
        raise Refused(words.not_open(pair.id))
    if hidden(desk, call, pair):
        raise Refused(words.another_moderator())
    asked = pair.stage != "drafted"
    pairs.drop_offer(desk, pair, "withdraw")
    call.reply(desk, words.withdrawn(pair.id, asked=asked))


# --------------------------------------------------------------------------------------------- overview

SHOWN = {
    "asked": ("drafted", "asked_first", "asked_second"),
    "introduced": ("introduced",),
    "trial": ("trial",),
    "active": ("active",),
    "quiet": ("resting",),
    "ending": ("ending",),
}


@command(
    "pairs",
    Word("stage", optional=True, choices=tuple(SHOWN)),
    who=Who.MODERATOR,
    topic="moderator",
    help="the pairs there are, newest first",
    examples=("pairs", "pairs trial", "pairs quiet"),
    proof=False,
)
def overview(desk: Desk, call: Call) -> None:
    """Open pairs by stage; a moderator doesn't see how an offer to themselves goes."""
    stage = call.text("stage")
    wanted = SHOWN[stage] if stage else tuple(name for names in SHOWN.values() for name in names)
    found = [p for name in wanted for p in desk.pairs.where("stage", name) if not hidden(desk, call, p)]
    found.sort(key=lambda p: -p.id)
    lines = [words.pairs_head(len(found), stage)]
    most = desk.policy.limits.listed
    for pair in found[:most]:
        both = pairs.people(desk, pair)
        asked = both[offers.ASKED[pair.stage]].name if pair.stage in offers.ASKED else ""
        lines.append(words.pairs_line(pair, [p.name for p in both], asked, zone(call.me), desk.now))
    if len(found) > most:
        lines.append(words.pairs_more(len(found) - most))
    call.reply(desk, *lines)
