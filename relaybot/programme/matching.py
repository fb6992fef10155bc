"""Matching: who waits, who fits whom and why, and the news for those who wait.

Moderators ask by chat command; nothing here changes a record except `match me` and the news, which keep
the promise true: nobody waits without knowing until when.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from relaybot import times
from relaybot.commands import Arg, Call, Number, Text, Who, Word, command
from relaybot.desk import Desk
from relaybot.model import Person
from relaybot.nouns import fit, offers, pairs, profile
from relaybot.nouns.naming import handle, hidden, private_if_about_moderator
from relaybot.nouns.people import active_pairs, find, nudge, on_nudge, paused, start_waiting, tell_team, waiting, zone
from relaybot.ports import Invalid, Refused
from relaybot.words import matching as words

# ------------------------------------------------------------------------------------------ the list


@command(
    "waiting",
    Number("n", optional=True, most=100),
    who=Who.MODERATOR,
    topic="moderator",
    help="who waits for a partner, first in the list first",
    examples=("waiting", "waiting 30"),
    proof=False,
)
def show_waiting(desk: Desk, call: Call) -> None:
    """The waiting list with promises and how many could suit each."""
    listed = waiting(desk)
    shown = listed[: call.number("n") or desk.policy.limits.listed]
    lines = [words.waiting_head(len(listed), len(shown))]
    for place, person in enumerate(shown, 1):
        offer = pairs.open_offer(desk, person)
        doing = words.is_asked(offer.id) if offer is not None and not hidden(desk, call, offer) else ""
        suit = fit.could_suit(desk, person)
        lines.append(words.waiting_line(place, handle(desk, person), person, suit, doing, call.me, desk.now))
    call.reply(desk, *lines)


# ------------------------------------------------------------------------------------------- suggest


def _given(covers: tuple[fit.Cover, ...]) -> words.Given:
    return [(cover.skill, cover.level, cover.start) for cover in covers]


@command(
    "suggest",
    Arg("person"),
    Number("n", optional=True, most=20),
    who=Who.MODERATOR,
    topic="moderator",
    help="who of those waiting would fit somebody, and why the others don't",
    examples=("suggest ana", "suggest ana 5"),
    proof=False,
)
def suggest(desk: Desk, call: Call) -> None:
    """The best of those who wait, with what each gives the other; and the others by reason."""
    person = find(desk, call.text("person"))
    name = handle(desk, person)
    fits = fit.suitable(desk, person)
    shown = fits[: call.number("n") or desk.policy.limits.suggestions]
    lines = [words.suggest_head(name, len(shown), len(fit.pool(desk, person))), _aside(desk, call, person)]
    for place, found in enumerate(shown, 1):
        other = desk.people[found.second]
        hours = words.shared(fit.shared_hours(desk, person, other), (zone(person), zone(other)))
        waited = words.days_waited(other.waiting_since or desk.now, desk.now)
        to_asked, to_other = _given(found.to_first), _given(found.to_second)
        lines += words.suggest_line(
            place, name, handle(desk, other), to_asked, to_other, hours, found.languages, waited
        )
    counts = fit.ruled_out(desk, person)
    lines.append(
        words.ruled_out(
            [(words.ruled_out_reason(r.code, r.side, name, many), many) for r, many in _told(counts).items()]
        )
    )
    lines.append(words.suggest_next(name, handle(desk, desk.people[shown[0].second]) if shown else ""))
    call.reply(desk, *lines)


def _told(counts: dict[fit.Reason, int]) -> dict[fit.Reason, int]:
    """Counts as they may be shown: who is not to be paired is counted with those who were together before."""
    told: dict[fit.Reason, int] = {}
    for reason, many in counts.items():
        shown = fit.Reason(fit.BEFORE) if reason.code == fit.AVOID else reason
        told[shown] = told.get(shown, 0) + many
    return told


def _aside(desk: Desk, call: Call, person: Person) -> str:
    """What stands in the way of the person being paired at all now."""
    aside = []
    if person.stage != "member":
        aside.append(words.reason(fit.STAGE, person.name, ""))
    if paused(desk, person):
        aside.append(words.reason(fit.PAUSED, person.name, ""))
    if active_pairs(desk, person) >= desk.policy.cap:
        aside.append(words.reason(fit.LIMIT, person.name, "", limit=desk.policy.cap))
    offer = pairs.open_offer(desk, person)
    if offer is not None and not hidden(desk, call, offer):
        aside.append(words.reason(fit.ASKED, person.name, ""))
    return words.suggest_aside(aside)


# ----------------------------------------------------------------------------------------------- why


def against(desk: Desk, call: Call, a: Person, b: Person, found: fit.Fit) -> list[str]:
    """The reasons against two people in words, as this moderator may see them."""
    said = []
    for reason in found.against:
        who, other = (b, a) if reason.side == fit.SECOND else (a, b)
        if reason.code == fit.ASKED:
            offer = pairs.open_offer(desk, who)
            if offer is None or hidden(desk, call, offer):
                continue
        before = fit.together_before(desk, a, b)
        said.append(
            words.reason(
                reason.code,
                who.name,
                other.name,
                must=who.must_language,
                pair=before.id if before else 0,
                limit=desk.policy.cap,
            )
        )
    return said


@command(
    "why",
    Arg("a"),
    Arg("b"),
    who=Who.MODERATOR,
    topic="moderator",
    help="what speaks for and against pairing two people",
    examples=("why ana bram",),
    proof=False,
)
def why(desk: Desk, call: Call) -> None:
    """Reasons for and against; nobody is told who asked not to be paired."""
    a, b = find(desk, call.text("a")), find(desk, call.text("b"))
    if a.id == b.id:
        raise Refused(words.two_people())
    private_if_about_moderator(call, a, b)
    found = fit.fit(desk, a, b)
    hours = words.shared(fit.shared_hours(desk, a, b), (zone(a), zone(b)))
    name_a, name_b = handle(desk, a), handle(desk, b)
    lines = [
        *words.why_for(
            name_a,
            name_b,
            _given(found.to_first),
            _given(found.to_second),
            hours,
            found.languages,
            words.per_week(found.minutes),
        ),
        *words.why_against(against(desk, call, a, b, found)),
        *(words.moderator_inside(person.name) for person in (a, b) if person.moderator),
    ]
    call.reply(desk, *lines, words.next_pair(name_a, name_b) if found.good else "")


# ------------------------------------------------------------------------------------------- what-if


@command(
    "what-if",
    Arg("person"),
    Word("field", choices=words.FIELDS),
    Text("value"),
    who=Who.MODERATOR,
    topic="moderator",
    help="how many could suit somebody if they had one more skill, hour or language; changes nothing",
    examples=("what-if ana free sat", "what-if ana offer rust deep", "what-if ana zone toronto"),
    proof=False,
)
def what_if(desk: Desk, call: Call) -> None:
    """Count again with one thing added."""
    person = find(desk, call.text("person"))
    field, value = call.text("field"), call.text("value")
    before = {found.second for found in fit.suitable(desk, person)}
    after = [found.second for found in fit.suitable(desk, _changed(desk, person, field, value))]
    newly = [handle(desk, desk.people[number]) for number in after if number not in before]
    call.reply(desk, words.what_if(handle(desk, person), field, value, len(before), len(after), newly))


def _changed(desk: Desk, person: Person, field: str, value: str) -> Person:
    """A copy of the person with something added (zone and must-language: replaced)."""
    try:
        if field == "free":
            return replace(person, free=(*person.free, *times.hours(value)))
        if field == "zone":
            return replace(person, zone=times.zone(value))
    except times.NotUnderstood as problem:
        raise Invalid(str(problem)) from None
    if field == "learn":
        return replace(person, learn=(*person.learn, *profile.skills(desk, value, learning=True)))
    if field == "offer":
        return replace(person, offer=(*person.offer, *profile.skills(desk, value, learning=False)))
    if field == "must-language":
        return replace(person, must_language="" if value.lower() == "none" else value)
    return replace(person, languages=(*person.languages, *(part.strip() for part in value.split(",") if part.strip())))


# ------------------------------------------------------------------------------------------ match me


@command(
    "match me",
    topic="pair",
    help="ask the moderators to find someone for you (also the default after you are accepted)",
    examples=("match me",),
)
def match_me(desk: Desk, call: Call) -> None:
    """Into the list again, or said why that is not possible now."""
    me = call.me
    if me.stage != "member":
        raise Refused(words.not_yet_member())
    if paused(desk, me) and me.paused_until is not None:
        raise Refused(words.paused_until(me.paused_until, me, desk.now))
    if active_pairs(desk, me) >= desk.policy.cap:
        raise Refused(words.limit_is_reached(desk.policy.cap))
    offer = offers.open_for(desk, me)
    if offer is not None:
        raise Refused(words.offer_is_open(offer.id))
    asked_before = me.waiting_since is not None
    me = start_waiting(desk, desk.change(me, rematch="yes"))
    call.reply(desk, words.in_list(len(fit.pool(desk, me)), fit.could_suit(desk, me), me.promise, me, desk.now))
    if not asked_before:
        tell_team(desk, words.team_looks(handle(desk, me)), hidden_from=(me.id,))


# --------------------------------------------------------------------------------------------- news


@on_nudge("looking")
def still_looking(desk: Desk, person: Person) -> tuple[str, ...]:
    """Every 14 days: counts, the one change that would help, and until when there is more news."""
    if person.waiting_since is None or person.stage != "member":
        return ()
    if offers.open_for(desk, person) is not None:  # they wait for something nearer than this
        nudge(desk, person, "looking", desk.now + timedelta(days=desk.policy.reach.looking_days))
        return ()
    promise = person.promise
    person = start_waiting(desk, desk.change(person, promise=None))
    suit = fit.could_suit(desk, person)
    lines = [words.still_looking(person.name, len(fit.pool(desk, person)), suit), _helpful(desk, person, suit)]
    if person.promise is None:
        return ()
    if promise is not None and promise <= person.promise:
        if promise <= desk.now + timedelta(hours=desk.policy.promise.nudge_hours):
            lines.append(words.promise_ended(promise, person, desk.now))
            team = words.team_promise_ended(handle(desk, person), promise, person.promise, suit, desk.now)
            tell_team(desk, team, hidden_from=(person.id,))
        else:  # still ahead: the promise is only ever made earlier, not later
            person = desk.change(person, promise=promise)
    return (*lines, words.next_promise(person.promise or desk.now, person, desk.now))


def _helpful(desk: Desk, person: Person, suit: int) -> str:
    """The one what-if that would bring most; "" when none would bring anybody."""
    changes = {
        "weekend": replace(person, free=(*person.free, *times.hours("sat, sun"))),
        "evenings": replace(person, free=(*person.free, *times.hours("mon-fri 18:00-22:00"))),
        "must": replace(person, must_language=""),
    }
    counts = {kind: fit.could_suit(desk, changed) for kind, changed in changes.items()}
    best = max(counts, key=lambda kind: counts[kind])
    return words.one_what_if(best, counts[best]) if counts[best] > suit else ""
