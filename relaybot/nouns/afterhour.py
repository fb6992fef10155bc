"""After an hour that began by itself: whether it took place is what its people say; without a word it did.

It counts from its end on. Only when nobody says yes and somebody says no is that taken back.
"""

from __future__ import annotations

from dataclasses import replace

from relaybot.desk import Desk
from relaybot.model import Meeting, Pair, Person
from relaybot.nouns import cases, meetings, pairs, people
from relaybot.rules import step
from relaybot.words import dates as words

SEEN = 0  # stands for relaybot itself in Meeting.took: what it saw of a round of letters, if its people say nothing


def waiting(desk: Desk, pair: Pair, person: Person) -> Meeting | None:
    """The latest hour of which this person has not said whether it took place."""
    found = [m for m in desk.meetings.where("pair", pair.id) if m.stage == "asked" and person.id not in dict(m.took)]
    return max(found, key=lambda m: (m.starts_at, m.id), default=None)


def answered(desk: Desk, meeting: Meeting, person: Person, said: str) -> None:
    """One of them says whether an hour took place: yes, partly or no."""
    took = (*((who, what) for who, what in meeting.took if who != person.id), (person.id, said))
    meeting = desk.change(meeting, took=took)
    if len({who for who, _ in took} - {SEEN}) == len(pairs.sides(desk, desk.pairs[meeting.pair])):
        settle(desk, meeting)


def settle(desk: Desk, meeting: Meeting) -> None:
    """Write down what they said; an hour of which one says yes and the other no was held in part."""
    if meeting.stage != "asked":
        return
    desk.cancel("asked", f"S{meeting.id}")
    said = {what for who, what in meeting.took if who != SEEN} or {what for _, what in meeting.took}
    pair = desk.pairs[meeting.pair]
    if said == {"no"}:
        _not_held(desk, pair, meeting)
        return
    partly = "partly" in said or "no" in said
    desk.change(meeting, stage=step("meeting", "asked", "hold"), partly=partly)
    for side in pairs.sides(desk, pair):
        if side.missed_in_row:
            desk.put(replace(side, missed_in_row=0))


def _not_held(desk: Desk, pair: Pair, meeting: Meeting) -> None:
    """It counted as held until now: that is taken back, and neither is the one who missed it."""
    desk.change(meeting, stage=step("meeting", "asked", "miss"), taught=(0, 0))
    meetings.count_held(desk, meeting.ends_at or meeting.starts_at, -1)
    held = max(0, pair.held - 1)
    pair = desk.change(pair, held=held, last_held_at=pair.last_held_at if held else None)
    in_row = 0
    for side in pairs.sides(desk, pair):
        mine = meeting.teachers.index(side.person) if side.person in meeting.teachers else None
        taught = meeting.taught[mine] if mine is not None else 0
        in_row = max(in_row, side.missed_in_row + 1)
        desk.put(
            replace(
                side,
                taught_seconds=max(0, side.taught_seconds - taught),
                missed_in_row=side.missed_in_row + 1,
                missed_at=meeting.starts_at,
            )
        )
    if in_row >= desk.policy.session.missed_in_row:
        people.tell_team(
            desk, words.team_not_held(pair.id, in_row), about=f"M{pair.id}", hidden_from=cases.concerned(desk, pair)
        )
