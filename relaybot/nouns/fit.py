"""Whether two people fit: skills both ways, a common language, an hour in the same week, room for a partner.

Everything here only reads. A Fit holds reasons as data (words/matching.py says them) and is the mirror of the
Fit of the same two the other way round. Who could suit somebody is found through the skill indexes, never by a scan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from relaybot import times
from relaybot.desk import Desk
from relaybot.model import Level, Pair, Person, Skill, Window
from relaybot.nouns.pairs import OFFER_STAGES, open_offer
from relaybot.nouns.people import active_pairs, paused, waiting, zone

# Why two people do not fit, in the order in which one reason is named when there are several.
NOTHING = "nothing"  # `side` offers nothing that the other wants to learn, or not better than where they are
LANGUAGE = "language"  # no language in common
MUST = "must"  # the other does not speak the language that `side` must have
HOURS = "hours"  # no hour of a week in which both are free
STAGE = "stage"  # `side` is no member
PAUSED = "paused"  # `side` asked for a pause
LIMIT = "limit"  # `side` has as many partners as the programme allows
ASKED = "asked"  # `side` is being asked about somebody now
BEFORE = "before"  # these two were brought together before
AVOID = "avoid"  # one of them asked not to be paired with the other; nobody is told who
REASONS = (NOTHING, LANGUAGE, MUST, HOURS, STAGE, PAUSED, LIMIT, ASKED, BEFORE, AVOID)
# What concerns one person alone, whoever the other is.
PERSONAL = frozenset({STAGE, PAUSED, LIMIT, ASKED})

FIRST, SECOND, BOTH = 1, 2, 0

_WEEK = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Cover:
    """One skill that one of the two can give the other: offered at `level`, learnt from `start`."""

    skill: str
    level: Level
    start: Level


@dataclass(frozen=True, slots=True)
class Reason:
    """Something against a pair; `side` is the one it lies with (FIRST, SECOND) or BOTH."""

    code: str
    side: int = BOTH


@dataclass(frozen=True, slots=True)
class Fit:
    """What speaks for and against two people, seen from the first of them."""

    first: int
    second: int
    to_first: tuple[Cover, ...]  # what the second can teach the first
    to_second: tuple[Cover, ...]
    languages: tuple[str, ...]  # common ones, sorted
    minutes: int  # of a week in which both are free
    against: tuple[Reason, ...]
    score: int

    @property
    def good(self) -> bool:
        """Nothing speaks against it."""
        return not self.against

    @property
    def mirror(self) -> Fit:
        """The same, seen from the second."""
        swapped = (Reason(r.code, {FIRST: SECOND, SECOND: FIRST}.get(r.side, BOTH)) for r in self.against)
        return Fit(
            first=self.second,
            second=self.first,
            to_first=self.to_second,
            to_second=self.to_first,
            languages=self.languages,
            minutes=self.minutes,
            against=_ordered(swapped),
            score=self.score,
        )

    def ruled_out(self) -> Reason | None:
        """Why the first is not to be shown the second; what lies with the first alone does not count."""
        return next((r for r in self.against if not (r.code in PERSONAL and r.side == FIRST)), None)


def _ordered(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda r: (REASONS.index(r.code), -r.side)))


# -------------------------------------------------------------------------------------------- the parts


def covers(offer: Iterable[Skill], learn: Iterable[Skill]) -> tuple[Cover, ...]:
    """The skills of `offer` that are wanted in `learn` and known better than where the learner starts."""
    starts = {skill.name: skill.level for skill in learn}
    found = [Cover(s.name, s.level, starts[s.name]) for s in offer if s.name in starts and s.level > starts[s.name]]
    return tuple(sorted(found, key=lambda c: (-c.level, c.skill)))


def spoken(language: str) -> str:
    """A language as it is compared: "French (a little)" is French."""
    return language.partition("(")[0].strip().casefold()


def common_languages(a: Person, b: Person) -> tuple[str, ...]:
    """The languages both speak, sorted."""
    return tuple(sorted({spoken(x) for x in a.languages} & {spoken(x) for x in b.languages} - {""}))


def speaks(person: Person, language: str) -> bool:
    """Whether the person named this language; no language asked for is spoken by everybody."""
    return not language or spoken(language) in {spoken(x) for x in person.languages}


def week(person: Person, now: datetime) -> int:
    """The person's free minutes of a week as bits (times.week)."""
    return times.week(person.free, times.offset(zone(person), now))


def has_run(bits: int, minutes: int) -> bool:
    """Whether a week's bits hold `minutes` in one piece; Sunday night goes on on Monday."""
    bits |= (bits & ((1 << minutes) - 1)) << _WEEK
    done = 1
    while done < minutes and bits:
        step = min(done, minutes - done)
        bits &= bits >> step
        done += step
    return bits != 0


def shared_hours(desk: Desk, a: Person, b: Person) -> tuple[tuple[datetime, datetime], ...]:
    """When both are free in the seven days from tomorrow (the first one's clock), in pieces long enough for an hour."""
    start = times.at_wall(times.local(desk.now, zone(a)).date() + timedelta(days=1), 0, zone(a))
    return times.shared(
        a.free, zone(a), b.free, zone(b), start=start, days=7, minutes=desk.policy.session.length_minutes
    )


def shared_windows(desk: Desk, reader: Person, other: Person) -> tuple[Window, ...]:
    """The same as weekly windows on the reader's clock."""
    found: set[Window] = set()
    for low, high in shared_hours(desk, reader, other):
        begin, end = times.local(low, zone(reader)), times.local(high, zone(reader))
        day = begin.date()
        while day <= end.date():
            start = begin.hour * 60 + begin.minute if day == begin.date() else 0
            until = end.hour * 60 + end.minute if day == end.date() else 24 * 60
            if start < until:
                found.add(Window(day.weekday(), start, until))
            day += timedelta(days=1)
    return tuple(sorted(found, key=lambda w: (w.weekday, w.start)))


def together_before(desk: Desk, a: Person, b: Person) -> Pair | None:
    """The latest pair of the two about which at least one of them was written to; a plan taken back in time is none.

    How it ended makes no difference here, so that no count can tell a `no` from an expiry.
    """
    theirs = {side.pair for side in desk.participants.where("person", b.id)}
    asked = [
        side.pair
        for side in desk.participants.where("person", a.id)
        if side.pair in theirs
        and desk.pairs[side.pair].stage not in OFFER_STAGES
        and any(s.asked_at is not None for s in desk.participants.where("pair", side.pair))
    ]
    return desk.pairs[max(asked)] if asked else None


def avoided(desk: Desk, a: Person, b: Person) -> bool:
    """Whether one of the two asked not to be paired with the other."""
    return desk.avoids.get((a.id, b.id)) is not None or desk.avoids.get((b.id, a.id)) is not None


# ---------------------------------------------------------------------------------------------- the fit


def fit(desk: Desk, a: Person, b: Person) -> Fit:
    """What speaks for and against a pair of `a` and `b`. Either may be a changed copy ("what if")."""
    to_a, to_b = covers(b.offer, a.learn), covers(a.offer, b.learn)
    common = common_languages(a, b)
    both_free = week(a, desk.now) & week(b, desk.now)
    against: list[Reason] = []
    if not to_a:
        against.append(Reason(NOTHING, SECOND))
    if not to_b:
        against.append(Reason(NOTHING, FIRST))
    if not common:
        against.append(Reason(LANGUAGE))
    if not speaks(b, a.must_language):
        against.append(Reason(MUST, FIRST))
    if not speaks(a, b.must_language):
        against.append(Reason(MUST, SECOND))
    if not has_run(both_free, desk.policy.session.length_minutes):
        against.append(Reason(HOURS))
    against += _personal(desk, a, FIRST) + _personal(desk, b, SECOND)
    if together_before(desk, a, b) is not None:
        against.append(Reason(BEFORE))
    if avoided(desk, a, b):
        against.append(Reason(AVOID))
    minutes = both_free.bit_count()
    score = _score(desk, a, b, (*to_a, *to_b), minutes, len(common))
    return Fit(a.id, b.id, to_a, to_b, common, minutes, _ordered(against), score)


def _personal(desk: Desk, person: Person, side: int) -> list[Reason]:
    found = []
    if person.stage != "member":
        found.append(Reason(STAGE, side))
    if paused(desk, person):
        found.append(Reason(PAUSED, side))
    if active_pairs(desk, person) >= desk.policy.cap:
        found.append(Reason(LIMIT, side))
    if open_offer(desk, person) is not None:
        found.append(Reason(ASKED, side))
    return found


def _score(desk: Desk, a: Person, b: Person, given: tuple[Cover, ...], minutes: int, languages: int) -> int:
    """Points for a good pair, the same from both sides: skills first, then room in the week, then the time waited."""
    points = 6 * sum(min(cover.level - cover.start, 3) for cover in given[:6])
    points += min(minutes // 60, 10) + min(languages, 3)
    for person in (a, b):
        if person.waiting_since is not None:
            points += min((desk.now - person.waiting_since).days, 40)
        points += 10 * person.front
    return points


# ---------------------------------------------------------------------------------------- the waiting list


def pool(desk: Desk, person: Person) -> list[Person]:
    """Everybody else who waits and is not paused, first in the list first."""
    return [other for other in waiting(desk) if other.id != person.id]


def _reciprocal(desk: Desk, person: Person) -> list[Person]:
    """Those who wait and whose skills meet the person's both ways by name; two index look-ups, no scan."""
    teachers = {p.id for skill in person.learn for p in desk.people.where("offers", skill.name)}
    if not teachers:
        return []
    learners = {p.id: p for skill in person.offer for p in desk.people.where("learns", skill.name)}
    found = [learners[i] for i in sorted(teachers & learners.keys()) if i != person.id]
    return [p for p in found if not paused(desk, p)]


def suitable(desk: Desk, person: Person) -> list[Fit]:
    """Everybody waiting who fits by the hard rules, best first."""
    fits = [found for other in _reciprocal(desk, person) if (found := fit(desk, person, other)).ruled_out() is None]
    return sorted(fits, key=lambda f: (-f.score, f.second))


def could_suit(desk: Desk, person: Person) -> int:
    """How many of those who wait could be this person's partner: an exact count."""
    return len(suitable(desk, person))


def ruled_out(desk: Desk, person: Person) -> dict[Reason, int]:
    """How many of those who wait do not suit the person, by the first reason, most common first.

    With `suitable` it adds up to `pool`.
    """
    counts: Counter[Reason] = Counter()
    near = {other.id: other for other in _reciprocal(desk, person)}
    for other in pool(desk, person):
        if other.id in near:
            reason = fit(desk, person, other).ruled_out()
        else:
            reason = Reason(NOTHING, FIRST if covers(other.offer, person.learn) else SECOND)
        if reason is not None:
            counts[reason] += 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], REASONS.index(item[0].code), -item[0].side)))
