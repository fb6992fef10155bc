"""Rounds: hours that are two letters. Each of two people teaches by letter for some days; in between it swaps.

The timers of a pair are the clock of its round ("round-swap" while the first one teaches, then "round-end"), so a
pause that moves them moves the round. A round that is over counts like an hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot import times
from relaybot.desk import Desk
from relaybot.model import Meeting, Pair, Person, Style
from relaybot.nouns import afterhour, pairs, people, running, sessions
from relaybot.rules import step
from relaybot.words import formats as words

NOON = 12 * 60
EVENING = 20 * 60
TIMERS = ("round-start", "round-swap", "round-end", "round-remind", "round-say 0", "round-say 1")
RUNNING = frozenset({"introduced", "trial", "active"})


def goes_on(desk: Desk, number: int) -> Pair | None:
    """The pair, if it still writes letters."""
    pair = desk.pairs.get(number)
    return pair if pair is not None and pair.stage in RUNNING and pair.format == "letters" else None


def stop(desk: Desk, pair: Pair) -> Pair:
    """No letters any more; a round that was not over counts for nothing."""
    for name in TIMERS:
        desk.cancel(name, f"M{pair.id}")
    return desk.change(pair, round_at=None, round_by=0)


def _zone(desk: Desk, pair: Pair) -> str:
    return people.zone(pairs.people(desk, pair)[0])


def _on(desk: Desk, pair: Pair, since: datetime, days: int, minute: int) -> datetime:
    """A time of day some days later, on the clock of the first of the two."""
    zone = _zone(desk, pair)
    return times.at_wall(times.local(since, zone).date() + timedelta(days=days), minute, zone)


# ------------------------------------------------------------------------------------------- the clock


def begin(desk: Desk, pair: Pair) -> Pair:
    """A round begins now; whoever taught less so far writes first."""
    about = f"M{pair.id}"
    first, _ = sessions.teachers(desk, pair)
    pair = desk.change(pair, round_at=desk.now, round_by=first)
    swap = _on(desk, pair, desk.now, desk.policy.session.letter_half_days, NOON)
    desk.plan("round-swap", about, swap)
    _plan_reminder(desk, pair, desk.people[first], swap)
    _say_all(desk, pair)
    return pair


def swap(desk: Desk, pair: Pair) -> None:
    """The first half is over: now the other one teaches."""
    about = f"M{pair.id}"
    end = _on(desk, pair, desk.now, desk.policy.session.letter_half_days, EVENING)
    desk.plan("round-end", about, end)
    _, second = teachers(desk, pair)
    _plan_reminder(desk, pair, second, end)
    _say_all(desk, pair)


def end(desk: Desk, pair: Pair) -> None:
    """The round is over: it counts as an hour, is asked about unless both wrote, and the next one begins soon."""
    began = pair.round_at or desk.now
    wrote = sum(s.wrote_at is not None and s.wrote_at >= began for s in pairs.sides(desk, pair))
    meeting = desk.change(_record(desk, pair), took=((afterhour.SEEN, ("no", "partly", "yes")[wrote]),))
    running.count(desk, desk.pairs[pair.id], meeting, desk.now)
    if wrote == 2:
        afterhour.settle(desk, meeting)
    pair = desk.change(desk.pairs[pair.id], round_at=None, round_by=0)
    next_at = _on(desk, pair, desk.now, 1, NOON)
    last = desk.timers.get(("format-over", f"M{pair.id}"))
    goes_on_ = last is None or last.due > next_at + timedelta(days=desk.policy.session.letter_half_days)
    if goes_on_:
        desk.plan("round-start", f"M{pair.id}", next_at)
    for person in pairs.people(desk, pair):
        if people.waking(desk, person) <= desk.now:
            said = words.round_over(next_at if goes_on_ else None, people.zone(person))
            desk.tell(person, said, about=f"M{pair.id}")


def _record(desk: Desk, pair: Pair) -> Meeting:
    """A round in the records: an hour of the agreed length, shared evenly."""
    first, second = teachers(desk, pair)
    minutes = sessions.minutes(desk, pair)
    began = pair.round_at or desk.now
    drafted = Meeting(
        desk.name,
        desk.number("meeting"),
        pair.id,
        "proposed",
        began,
        minutes,
        trial=pair.stage != "active",
        teachers=(first.id, second.id),
        began_at=began,
        ends_at=desk.now,
        taught=(minutes * 30, minutes * 30),
        itself=True,
    )
    return desk.change(drafted, stage=step("meeting", "proposed", "write"))


def teachers(desk: Desk, pair: Pair) -> tuple[Person, Person]:
    """Who writes first in the round, and who second."""
    both = pairs.people(desk, pair)
    first = next((p for p in both if p.id == pair.round_by), both[0])
    return first, next(p for p in both if p.id != first.id)


# ------------------------------------------------------------------------------------------- speaking


def _plan_reminder(desk: Desk, pair: Pair, person: Person, deadline: datetime) -> None:
    """Once, the day before, in their waking hours; not at all when there is no such moment."""
    at = people.waking(desk, person, deadline - timedelta(hours=28))
    if desk.now < at < deadline:
        desk.plan("round-remind", f"M{pair.id}", at)


def remind(desk: Desk, pair: Pair) -> None:
    """Whoever teaches now and has not written yet is reminded."""
    first, second = teachers(desk, pair)
    swap_due, end_due = (desk.timers.get((name, f"M{pair.id}")) for name in ("round-swap", "round-end"))
    writer, timer = (first, swap_due) if swap_due is not None else (second, end_due)
    side = pairs.side(desk, pair, writer)
    if timer is None or side is None or people.paused(desk, writer):
        return
    half_began = (
        pair.round_at
        if swap_due is not None
        else _on(desk, pair, timer.due, -desk.policy.session.letter_half_days, NOON)
    )
    if side.wrote_at is not None and half_began is not None and side.wrote_at >= half_began:
        return
    partner = pairs.partner(desk, pair, writer)
    by = first_by(desk, pair, timer.due) if swap_due is not None else timer.due
    desk.tell(
        writer,
        words.remind(partner, by, people.zone(writer)),
        _how(desk, pair, writer),
        about=f"M{pair.id}",
        subject=words.subject_remind(partner),
        claim=f"pair {pair.id} {','.join(sorted(RUNNING))}",
    )


def first_by(desk: Desk, pair: Pair, swap_at: datetime) -> datetime:
    """The evening before the swap."""
    return _on(desk, pair, swap_at, -1, EVENING)


def _say_all(desk: Desk, pair: Pair) -> None:
    """Both hear where the round is, each when awake."""
    for number, person in enumerate(pairs.people(desk, pair)):
        awake = people.waking(desk, person)
        if awake <= desk.now:
            say(desk, pair, person)
        else:
            desk.plan(f"round-say {number}", f"M{pair.id}", awake)


def say(desk: Desk, pair: Pair, person: Person) -> None:
    """Where the round is now: its plan in the first half, the swap in the second."""
    about = f"M{pair.id}"
    first, second = teachers(desk, pair)
    partner = pairs.partner(desk, pair, person)
    swap_due, end_due = (desk.timers.get((name, about)) for name in ("round-swap", "round-end"))
    if people.paused(desk, person) or (swap_due is None and end_due is None):
        return
    if swap_due is not None:
        end_at = _on(desk, pair, swap_due.due, desk.policy.session.letter_half_days, EVENING)
        by, topic = first_by(desk, pair, swap_due.due), sessions.subject(first, second)
        said = words.round_begins(first, second, person, topic, by, swap_due.due, end_at)
        subject, writes = words.subject_begins(partner), person.id == first.id
    else:
        assert end_due is not None  # one of the two is there
        said = words.swapped(second, first, person, sessions.subject(second, first), end_due.due)
        subject, writes = words.subject_swap(partner), person.id == second.id
    claim = f"pair {pair.id} {','.join(sorted(RUNNING))}"
    desk.tell(person, said, _how(desk, pair, person) if writes else "", about=about, subject=subject, claim=claim)


def _how(desk: Desk, pair: Pair, person: Person) -> str:
    by_mail = desk.style(desk.reached(person)) is Style.LETTER
    place = pairs.place_name(desk, pair)
    return words.how_to_write(pairs.partner(desk, pair, person), pair.id, by_mail=by_mail, place=place)


# -------------------------------------------------------------------------------------------- soundness


def unsound(desk: Desk) -> str:
    """A round runs only where letters are what was agreed, and only such hours are asked about; "" when all is well."""
    for pair in desk.pairs.changed.values():
        if pair is not None and pair.round_at is not None and pair.format != "letters":
            return f"a round of letters runs in M{pair.id}, whose format is {pair.format or 'the usual one'}"
    for meeting in desk.meetings.changed.values():
        if meeting is not None and meeting.stage == "asked" and not meeting.itself:
            return f"S{meeting.id} is asked about though its clock saw it"
    return ""
