"""Meetings: the hours of a pair, which one is meant, and calling one off."""

from __future__ import annotations

from relaybot.desk import Desk
from relaybot.model import Meeting, Pair
from relaybot.rules import FINAL_MEETINGS, RUNNING_MEETINGS, step


def of(desk: Desk, pair: Pair) -> list[Meeting]:
    """The pair's hours that have not ended, the next one first."""
    found = [m for m in desk.meetings.where("pair", pair.id) if m.stage not in FINAL_MEETINGS]
    return sorted(found, key=lambda m: (m.starts_at, m.id))


def running(desk: Desk, pair: Pair) -> Meeting | None:
    """The hour that takes place now (or waits for people to come)."""
    return next((m for m in of(desk, pair) if m.stage in RUNNING_MEETINGS), None)


def upcoming(desk: Desk, pair: Pair) -> Meeting | None:
    """The next agreed hour."""
    return next((m for m in of(desk, pair) if m.stage == "agreed"), None)


def call_off(desk: Desk, meeting: Meeting) -> None:
    """Take an hour out of the plan, whatever it was doing, with all its timers."""
    desk.cancel_all(f"S{meeting.id}")
    if meeting.stage in FINAL_MEETINGS:
        return
    verb = "withdraw" if meeting.stage == "proposed" else "call off"
    desk.change(meeting, stage=step("meeting", meeting.stage, verb))
