"""Meetings: the hours of a pair, which one is meant, and calling one off."""

from __future__ import annotations

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Meeting, Pair
from relaybot.nouns import hour
from relaybot.rules import FINAL_MEETINGS, RUNNING_MEETINGS, step

# Questions about when to meet: settled at once by an agreement.
TIME_FORMS = ("times", "proposal", "closest", "neither")
# Every question about a pair that has no sense any more when its hours are stopped.
PAIR_FORMS = (*TIME_FORMS, "absent", "fit", "pulse", "length")


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


def close(desk: Desk, meeting: Meeting, verb: str) -> Meeting:
    """The last step of an hour: its clock stands, its timers and every open question about it are gone."""
    tidy(desk, meeting)
    counted = hour.run(meeting, desk.now)
    return desk.change(counted, stage=step("meeting", meeting.stage, verb), ran_at=None, held_at=None)


def tidy(desk: Desk, meeting: Meeting) -> None:
    """Take back an hour's timers and every open question about it."""
    about = f"S{meeting.id}"
    desk.cancel_all(about)
    for side in desk.participants.where("pair", meeting.pair):
        forms.forget(desk, desk.people[side.person], about)


def call_off(desk: Desk, meeting: Meeting) -> None:
    """Take an hour out of the plan, whatever it was doing, with all its timers."""
    if meeting.stage in FINAL_MEETINGS:
        desk.cancel_all(f"S{meeting.id}")
        return
    close(desk, meeting, "withdraw" if meeting.stage == "proposed" else "call off")
