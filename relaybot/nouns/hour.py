"""The clock of one hour as pure arithmetic: what is next, when the halves swap, who taught how long.

Everything is computed from the Meeting record, the programme's settings and a moment handed in, so a
restart or a late timer computes again instead of replaying. Nothing here speaks, plans or looks around.

The rules: whatever time is left when the clock begins (or goes on in the first half) is split so that
both directions get the same in the end; the agreed end is a hard stop that only `extend` moves; time
added in the second half first evens out the two directions and then counts for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from relaybot.model import Meeting
from relaybot.policy import SessionSettings
from relaybot.rules import step

MINUTE = timedelta(minutes=1)
EVEN_SECONDS = 60  # directions that differ by no more than this are equal


@dataclass(frozen=True, slots=True)
class Happening:
    """The next thing the clock does: open, note, choice, give up, by itself, warn, swap, last, end."""

    at: datetime
    name: str


def end(meeting: Meeting) -> datetime:
    """The hard stop."""
    return meeting.ends_at or meeting.starts_at + meeting.minutes * MINUTE


def halves(meeting: Meeting) -> tuple[timedelta, timedelta]:
    """The planned lengths of the two halves (the second is zero when all goes to one direction)."""
    begin = meeting.began_at or meeting.starts_at
    swap_at = meeting.swap_at or end(meeting)
    return swap_at - begin, end(meeting) - swap_at


# ------------------------------------------------------------------------------------------ what is next


def upcoming(meeting: Meeting, session: SessionSettings) -> list[Happening]:
    """Everything the clock will do from the present stage on, the earliest first."""
    found = {"agreed": _before, "waiting": _waiting, "first_half": _first, "second_half": _second}
    plan = found.get(meeting.stage)
    happenings = plan(meeting, session) if plan is not None else []
    return sorted((h for h in happenings if h.name not in meeting.said), key=lambda h: h.at)


def following(meeting: Meeting, session: SessionSettings) -> Happening | None:
    """The next thing the clock does; None when the hour is over."""
    return next(iter(upcoming(meeting, session)), None)


def _before(meeting: Meeting, session: SessionSettings) -> list[Happening]:
    return [Happening(meeting.starts_at, "open")]


def _waiting(meeting: Meeting, session: SessionSettings) -> list[Happening]:
    """Those who said that they come late are waited for a little longer than that."""
    base = meeting.waits_from or meeting.starts_at
    late = max((minutes for _, minutes in meeting.late), default=0)
    due = meeting.starts_at + late * MINUTE
    stop = end(meeting)
    if meeting.itself:
        return [Happening(min(due, stop), "by itself")]
    choice = max(base + session.absent_choice_minutes * MINUTE, due + session.absent_note_minutes * MINUTE)
    return [
        Happening(min(max(base + session.absent_note_minutes * MINUTE, due), stop), "note"),
        Happening(min(choice, stop), "choice"),
        Happening(min(give_up_at(meeting, session), stop), "give up"),
    ]


def give_up_at(meeting: Meeting, session: SessionSettings) -> datetime:
    """Until when whoever is absent is waited for."""
    base = meeting.waits_from or meeting.starts_at
    late = max((minutes for _, minutes in meeting.late), default=0)
    grace = (session.wait_minutes - session.absent_choice_minutes) * MINUTE
    waited = max(
        base + session.wait_minutes * MINUTE, meeting.starts_at + (late + session.absent_note_minutes) * MINUTE + grace
    )
    return min(waited, end(meeting))


def _first(meeting: Meeting, session: SessionSettings) -> list[Happening]:
    found = [Happening(end(meeting), "end")]
    if meeting.swap_at is None:
        found += _last(meeting, session, halves(meeting)[0])
    elif meeting.ran_at is not None:
        found.append(Happening(meeting.swap_at, "swap"))
        warn = meeting.swap_at - session.swap_warning_minutes * MINUTE
        long_enough = halves(meeting)[0] >= session.warning_half_minutes * MINUTE
        if session.swap_warning_minutes and long_enough and warn > meeting.ran_at:
            found.append(Happening(warn, "warn"))
    return found


def _second(meeting: Meeting, session: SessionSettings) -> list[Happening]:
    return [Happening(end(meeting), "end"), *_last(meeting, session, halves(meeting)[1])]


def _last(meeting: Meeting, session: SessionSettings, length: timedelta) -> list[Happening]:
    at = end(meeting) - session.end_warning_minutes * MINUTE
    since = meeting.ran_at or meeting.held_at
    if (
        not session.end_warning_minutes
        or length < session.warning_half_minutes * MINUTE
        or since is None
        or at <= since
    ):
        return []
    return [Happening(at, "last")]


# ------------------------------------------------------------------------------------------ the clock


def begin(meeting: Meeting, session: SessionSettings, now: datetime) -> Meeting:
    """Both are there: the clock runs, and what is left is split."""
    return _split(
        replace(
            meeting,
            stage=step("meeting", meeting.stage, "go"),
            began_at=now,
            ends_at=end(meeting),
            ran_at=now,
            taught=(0, 0),
        ),
        session,
        now,
    )


def run(meeting: Meeting, now: datetime) -> Meeting:
    """Count the time since the clock was looked at last towards the present direction."""
    if meeting.ran_at is None:
        return meeting
    until = min(now, end(meeting))
    seconds = max(0, round((until - meeting.ran_at).total_seconds()))
    first, second = meeting.taught
    taught = (first + seconds, second) if meeting.stage == "first_half" else (first, second + seconds)
    return replace(meeting, taught=taught, ran_at=max(until, meeting.ran_at))


def hold(meeting: Meeting, now: datetime) -> Meeting:
    """Stop the clock."""
    return replace(run(meeting, now), ran_at=None, held_at=now)


def resume(meeting: Meeting, session: SessionSettings, now: datetime) -> Meeting:
    """Let the clock go on; in the first half what is left is split again."""
    going = replace(meeting, ran_at=now, held_at=None)
    return _split(going, session, now) if meeting.stage == "first_half" else going


def swap(meeting: Meeting, now: datetime) -> Meeting:
    """The other direction has the rest."""
    counted = run(meeting, now)
    return replace(counted, stage=step("meeting", meeting.stage, "swap"), swap_at=now, ran_at=now)


def extend(meeting: Meeting, session: SessionSettings, minutes: int, now: datetime) -> Meeting:
    """Move the hard stop. In the first half both directions gain; in the second, what more than evens it out is for both."""
    asked = replace(meeting, ends_at=end(meeting) + minutes * MINUTE, extend_minutes=0, extend_by=0)
    if meeting.stage == "first_half":
        again = replace(asked, one_way="" if asked.one_way == "asked" else asked.one_way)
        return _split(run(again, now), session, now) if again.ran_at is not None else again
    first, second = expected(replace(asked, shared_seconds=0), now)
    beyond = max(0, min(minutes * 60, second - first - meeting.shared_seconds))
    return replace(asked, shared_seconds=meeting.shared_seconds + beyond)


def answer_short(meeting: Meeting, session: SessionSettings, one_way: bool, now: datetime) -> Meeting:
    """Whether too short an hour is used for one direction (yes) or split all the same (no)."""
    answered = replace(run(meeting, now), one_way="yes" if one_way else "no")
    return answered if one_way or answered.ran_at is None else _split(answered, session, now)


def finish(meeting: Meeting, now: datetime) -> Meeting:
    """Stop for good, at `now` or at the hard stop, and settle who taught how long.

    Of an hour that began by itself nobody knows yet whether it took place.
    """
    counted = run(meeting, now)
    first, second = credit(counted)
    return replace(
        counted, stage=step("meeting", meeting.stage, "ask" if meeting.itself else "end"), ran_at=None, held_at=None, ends_at=min(now, end(meeting)),
        taught=(first, second),
    )  # fmt: skip


def credit(meeting: Meeting) -> tuple[int, int]:
    """Seconds that count for each direction: shared time counts half for each."""
    first, second = meeting.taught
    shared = max(0, min(meeting.shared_seconds, second - first))
    return first + shared // 2, second - shared // 2


def taught(meeting: Meeting, now: datetime) -> tuple[int, int]:
    """Seconds taught so far, first and second direction."""
    return run(meeting, now).taught


def expected(meeting: Meeting, now: datetime) -> tuple[int, int]:
    """Seconds that will have been taught if the hour goes on as planned from `now`."""
    counted = run(meeting, now)
    left = max(0, round((end(meeting) - now).total_seconds()))
    first, second = counted.taught
    if counted.stage == "second_half":
        return credit(replace(counted, taught=(first, second + left)))
    if counted.swap_at is None:
        return first + left, second
    until_swap = max(0, min(left, round((counted.swap_at - now).total_seconds())))
    return first + until_swap, second + left - until_swap


def minutes_to_even(meeting: Meeting, now: datetime) -> int:
    """By how many minutes the second direction will be short at the hard stop."""
    first, second = expected(meeting, now)
    return max(0, round((first - second) / 60)) if first - second > EVEN_SECONDS else 0


def _split(meeting: Meeting, session: SessionSettings, now: datetime) -> Meeting:
    """Set the swap (at a whole minute) so that both directions end up with the same time.

    When a half would be shorter than the programme allows, all goes to the first direction until they answer.
    """
    if session.swap == "off" or meeting.one_way == "yes":
        return replace(meeting, swap_at=None)
    left = max(end(meeting) - now, timedelta())
    half = (timedelta(seconds=meeting.taught[0]) + left) / 2
    if half < session.min_half_minutes * MINUTE and meeting.one_way != "no":
        return replace(meeting, one_way="asked", swap_at=None)
    at = whole_minute(now + half - timedelta(seconds=meeting.taught[0]))
    return replace(meeting, swap_at=min(max(at, now), end(meeting)))


def whole_minute(moment: datetime) -> datetime:
    """The nearest whole minute, so that what is announced is what happens."""
    return (moment + MINUTE / 2).replace(second=0, microsecond=0)


# --------------------------------------------------------------------------------------------- who begins


def starters(people: Sequence[int], taught_seconds: Sequence[int], started_last: int) -> tuple[int, int]:
    """Who teaches first and who second: whoever taught less begins; when equal, the one who did not begin last time."""
    first, second = people
    difference = taught_seconds[0] - taught_seconds[1]
    turned = difference > EVEN_SECONDS or (abs(difference) <= EVEN_SECONDS and started_last == first)
    return (second, first) if turned else (first, second)
