"""The clock of an hour as it meets the world: settles what is due, in order and once, and knows lateness.

One timer, "hour", stands for the whole clock: it is due at the next happening, or a little earlier as a
watch, so that an outage is noticed when it ends. What a happening does is declared by the verbs
(`@happens("swap")`). Lines that are too late are not said; one line tells the state as it is now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from relaybot.desk import Desk
from relaybot.model import Meeting, Pair
from relaybot.nouns import hour, meetings
from relaybot.rules import OVER_MEETINGS, RUNNING_MEETINGS

# (desk, pair, meeting, moment it was due, quiet: too late to be said) -> the meeting as it is then
Happens = Callable[[Desk, Pair, Meeting, datetime, bool], Meeting]
# (desk, pair, meeting, away since) -> the meeting; says how things stand
Returns = Callable[[Desk, Pair, Meeting, datetime], Meeting]

_HAPPENS: dict[str, Happens] = {}
_RETURNS: dict[str, Returns] = {}


def happens(name: str) -> Callable[[Happens], Happens]:
    """Declare what the clock does at one kind of happening."""

    def declare(handler: Happens) -> Happens:
        assert name not in _HAPPENS, f"{name} is declared twice"
        _HAPPENS[name] = handler
        return handler

    return declare


def returns(when: str) -> Callable[[Returns], Returns]:
    """Declare what is said after an outage: "waiting" (people are awaited) or "running"."""

    def declare(handler: Returns) -> Returns:
        _RETURNS[when] = handler
        return handler

    return declare


def settle(desk: Desk, meeting: Meeting, due: datetime | None = None) -> Meeting:
    """Do everything the clock should have done by now; `due` is when its timer was to fire (default: as planned)."""
    if meeting.stage in OVER_MEETINGS:
        return meeting
    session = desk.policy.session
    stale = timedelta(seconds=session.stale_seconds)
    pair = desk.pairs[meeting.pair]
    timer = desk.timers.get(("hour", f"S{meeting.id}"))
    expected = due or (timer.due if timer is not None else desk.now)
    away = desk.now - expected > stale
    waited = meeting.stage in {"agreed", "waiting"} and not meetings.by_itself(desk, pair)
    if away and waited and not meeting.off_unless_moved:
        meeting, away = _RETURNS["waiting"](desk, pair, meeting, _away_since(desk, expected)), False
    while (following := hour.following(meeting, session)) is not None and following.at <= desk.now:
        late = desk.now - following.at > stale
        if away and not late:  # what is fresh comes after the line that tells what was missed
            meeting, away = _RETURNS["running"](desk, pair, meeting, _away_since(desk, expected)), False
        meeting = _HAPPENS[following.name](desk, desk.pairs[pair.id], meeting, following.at, late)
    if away:
        meeting = _RETURNS["running"](desk, pair, meeting, _away_since(desk, expected))
    plan(desk, meeting)
    return meeting


def plan(desk: Desk, meeting: Meeting) -> None:
    """Set the one timer of the clock: the next happening, or a watch before it while the hour runs."""
    following = hour.following(meeting, desk.policy.session)
    about = f"S{meeting.id}"
    if meeting.stage in OVER_MEETINGS or following is None:
        desk.cancel("hour", about)
        return
    watch = desk.now + timedelta(seconds=desk.policy.session.stale_seconds)
    due = min(following.at, watch) if meeting.stage in RUNNING_MEETINGS else following.at
    desk.plan("hour", about, max(due, desk.now))


def _away_since(desk: Desk, expected: datetime) -> datetime:
    """When the outage began: the last sign of life the office wrote, if it can be that; else when the clock was due."""
    alive = desk.tallies.get("alive")
    if alive is not None:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=alive.value)
        if at <= expected:
            return at
    return expected
