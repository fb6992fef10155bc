"""Meetings: the hours of a pair, which one is meant, and calling one off."""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Meeting, Pair, Style, Tally
from relaybot.nouns import card_letters, hour
from relaybot.rules import OVER_MEETINGS, RUNNING_MEETINGS, step

# Questions about when to meet: settled at once by an agreement.
TIME_FORMS = ("times", "proposal", "closest", "neither")
# Every question about a pair that has no sense any more when its hours are stopped.
PAIR_FORMS = (*TIME_FORMS, "absent", "fit", "after-hour", "pulse", "length", "format", "room")


def of(desk: Desk, pair: Pair) -> list[Meeting]:
    """The pair's hours that have not ended, the next one first."""
    found = [m for m in desk.meetings.where("pair", pair.id) if m.stage not in OVER_MEETINGS]
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
    """Take an hour out of the plan, whatever it was doing, with all its timers; its clock stands, and its card says so.

    Questions about it that are open stay: whoever answers is told that it is settled, not that nothing was asked.
    """
    desk.cancel_all(f"S{meeting.id}")
    if meeting.stage == "asked":
        desk.change(meeting, stage=step("meeting", "asked", "hold"))
    elif meeting.stage not in OVER_MEETINGS:
        verb = "withdraw" if meeting.stage == "proposed" else "call off"
        card_letters.called_off(desk, meeting)
        stopped = hour.run(meeting, desk.now)
        desk.change(stopped, stage=step("meeting", meeting.stage, verb), ran_at=None, held_at=None)


def by_itself(desk: Desk, pair: Pair) -> bool:
    """Whether the pair's hours begin by themselves: one of the two reads mail, and no place of theirs shows who is there."""
    if pair.place:
        return False
    sides = desk.participants.where("pair", pair.id)
    return any(desk.style(person.home) is Style.LETTER for s in sides if (person := desk.people.get(s.person)))


def count_held(desk: Desk, at: datetime, more: int = 1) -> None:
    """Remember that one more hour took place in that week (or, after all, did not); closed hours are not in memory."""
    name = _week(at)
    tally = desk.tallies.get(name)
    desk.put(Tally(desk.name, name, max(0, (tally.value if tally else 0) + more)))


def held_last_week(desk: Desk) -> int:
    """How many hours took place in the last full week."""
    tally = desk.tallies.get(_week(desk.now - timedelta(days=7)))
    return tally.value if tally else 0


def _week(at: datetime) -> str:
    year, week, _ = at.isocalendar()
    return f"held {year}-W{week:02}"
