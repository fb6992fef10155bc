"""When somebody isn't there: a note at +5, a choice for the one present at +10, a kind question afterwards.

The record says `missed`; the two of them know, moderators from the second in a row on, nobody else ever.
An hour that an outage of ours spoilt is nobody's miss.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from relaybot import forms
from relaybot.commands import on_timer
from relaybot.desk import Desk
from relaybot.forms import Form, Question, given
from relaybot.model import Dialogue, Meeting, Pair, Person
from relaybot.nouns import cases, clock, hour, letters_out, meetings, pairs, people, proposing, running, sessions
from relaybot.ports import Invalid
from relaybot.words import attending as words
from relaybot.words import meeting as hour_words


def _present(desk: Desk, pair: Pair, meeting: Meeting) -> tuple[list[Person], list[Person]]:
    """Who is there, and who isn't."""
    both = pairs.people(desk, pair)
    return [p for p in both if p.id in meeting.present], [p for p in both if p.id not in meeting.present]


# ------------------------------------------------------------------------------------------ in the hour


@clock.happens("note")
def _note(desk: Desk, pair: Pair, meeting: Meeting, at: datetime, quiet: bool) -> Meeting:
    """Five minutes in: the absent one is written to, and the one present knows that."""
    there, missing = _present(desk, pair, meeting)
    if len(there) == 1 and missing and not quiet:
        expires = hour.end(meeting)
        claim = f"meeting {meeting.id} waiting"
        line = words.missing_partner(there[0], pairs.place_name(desk, pair))
        media = letters_out.tell_everywhere(desk, missing[0], line, claim=claim, expires_at=expires)
        if pair.place:
            said = words.missing_place(there[0], missing[0], media)
            pairs.in_place(desk, pair, said, claim=claim, expires_at=expires)
        else:
            desk.tell(there[0], words.written(missing[0], media), claim=claim, expires_at=expires)
    return desk.change(meeting, said=(*meeting.said, "note"))


@clock.happens("choice")
def _choice(desk: Desk, pair: Pair, meeting: Meeting, at: datetime, quiet: bool) -> Meeting:
    """Ten minutes in: the one present decides."""
    there, missing = _present(desk, pair, meeting)
    if len(there) == 1 and missing and not quiet:
        forms.begin(desk, there[0], "no-show", f"S{meeting.id}")
    return desk.change(meeting, said=(*meeting.said, "choice"))


@clock.happens("give up")
def _give_up(desk: Desk, pair: Pair, meeting: Meeting, at: datetime, quiet: bool) -> Meeting:
    """Nobody is waited for any longer."""
    there, missing = _present(desk, pair, meeting)
    if meeting.waits_from is not None:
        bang = sessions.bang(desk, pair)
        sessions.speak(desk, pair, lambda zones: hour_words.lost_later(bang), fleeting=False)
        return running.lost(desk, pair, meeting)
    for person in there:
        if missing:
            desk.tell(person, words.gave_up(missing[0], words.till(at, people.zone(person))))
    return _missed(desk, pair, meeting)


def _ask_choice(desk: Desk, dialogue: Dialogue) -> str:
    meeting = desk.meetings.get(int(dialogue.about[1:]))
    person = desk.people[dialogue.person]
    if meeting is None:
        return words.over_already()
    till = hour.give_up_at(meeting, desk.policy.session)
    partner = pairs.partner(desk, desk.pairs[meeting.pair], person)
    return words.choice(partner, words.till(till, people.zone(person)))


def _chosen(desk: Desk, dialogue: Dialogue) -> None:
    """What the one present would like."""
    meeting = desk.meetings.get(int(dialogue.about[1:]))
    person = desk.people[dialogue.person]
    if meeting is not None:
        meeting = clock.settle(desk, meeting)
    if meeting is None or meeting.stage != "waiting":
        desk.tell(person, words.over_already())
        return
    pair = desk.pairs[meeting.pair]
    partner = pairs.partner(desk, pair, person)
    answer = given(dialogue, "answer")
    if answer == "wait":
        till = hour.give_up_at(meeting, desk.policy.session)
        desk.tell(person, words.wait(partner, words.till(till, people.zone(person))))
        return
    desk.tell(person, words.move(partner) if answer == "move" else words.end(partner))
    _missed(desk, pair, meeting)


forms.form(
    Form(
        "no-show",
        (
            forms.choice(
                "answer",
                _ask_choice,
                {"wait": ("1", "wait"), "move": ("2", "move", "other time"), "end": ("3", "end", "stop for today")},
                skip="end",
            ),
        ),
        done=_chosen,
        waits=False,
    )
)


# ------------------------------------------------------------------------------------------ the record


def _missed(desk: Desk, pair: Pair, meeting: Meeting) -> Meeting:
    """Write the miss down for whoever wasn't there; they are asked later, in a waking hour."""
    there, missing = _present(desk, pair, meeting)
    if meeting.waits_from is not None:  # our own outage fell into it
        return running.lost(desk, pair, meeting)
    closed = meetings.close(desk, meeting, "miss")
    in_row = 0
    for side in pairs.sides(desk, pair):
        if any(side.person == person.id for person in missing):
            in_row = max(in_row, side.missed_in_row + 1)
            desk.put(replace(side, missed_in_row=side.missed_in_row + 1, missed_at=meeting.starts_at))
        else:
            desk.put(replace(side, missed_in_row=0))
    if in_row >= desk.policy.session.missed_in_row:
        line = words.team(pair.id, in_row, both=not there)
        people.tell_team(desk, line, about=f"M{pair.id}", hidden_from=cases.concerned(desk, pair))
    for number, person in enumerate(pairs.people(desk, pair)):
        if person in missing:
            later = desk.now + timedelta(minutes=desk.policy.session.ask_absent_minutes)
            desk.plan(f"absent {number}", f"M{pair.id}", people.waking(desk, person, later))
    return closed


@on_timer("absent 0")
def _ask_first(desk: Desk, about: str, late_seconds: float) -> None:
    """The first of the two missed the hour: asked kindly how to go on, in their waking hours."""
    _ask_absent(desk, about, 0)


@on_timer("absent 1")
def _ask_second(desk: Desk, about: str, late_seconds: float) -> None:
    """The same for the second of the two."""
    _ask_absent(desk, about, 1)


def _ask_absent(desk: Desk, about: str, number: int) -> None:
    """Ask whoever wasn't there how to go on; when neither was, each alone whether next week is good."""
    pair = desk.pairs.get(int(about[1:]))
    if pair is None or not pairs.sides(desk, pair):
        return
    person = pairs.people(desk, pair)[number]
    partner = pairs.partner(desk, pair, person)
    mine, theirs = pairs.side(desk, pair, person), pairs.side(desk, pair, partner)
    if mine is None or not mine.missed_in_row or meetings.running(desk, pair) is not None:
        return
    if sessions.open_times(desk, pair, partner):
        return  # a proposal of the other is open already
    both = theirs is not None and theirs.missed_at == mine.missed_at
    if both and meetings.upcoming(desk, pair) is not None:
        return  # the next hour is agreed: there is nothing to ask
    forms.begin(desk, person, "neither" if both else "absent", about)


# ------------------------------------------------------------------------------------- one was absent


def _pair_of(desk: Desk, dialogue: Dialogue) -> tuple[Pair, Person, Person]:
    pair, person = desk.pairs[int(dialogue.about[1:])], desk.people[dialogue.person]
    return pair, person, pairs.partner(desk, pair, person)


def _ask(desk: Desk, dialogue: Dialogue) -> str:
    pair, person, partner = _pair_of(desk, dialogue)
    side = pairs.side(desk, pair, person)
    missed_at = side.missed_at if side is not None and side.missed_at is not None else desk.now
    return words.absent(partner, missed_at, people.zone(person), desk.now)


_MEANT = {"1": "time", "2": "hours", "3": "stop", "4": "not agreed", "propose": "time", "stop": "stop"}


def _read(desk: Desk, dialogue: Dialogue, text: str) -> str:
    """A digit; after the 1 a time may follow at once."""
    head, _, rest = text.strip().partition(" ")
    value = _MEANT.get(head.lower().rstrip(".!,)"), "")
    if not value:
        raise Invalid(words.absent_again())
    if value == "time" and rest:
        return f"time {_read_time(desk, dialogue, rest)}"
    return value


def _read_time(desk: Desk, dialogue: Dialogue, text: str) -> str:
    return sessions.read_time(desk, desk.people[dialogue.person], text).isoformat()


def _answered(desk: Desk, dialogue: Dialogue) -> None:
    pair, person, partner = _pair_of(desk, dialogue)
    answer, _, at = given(dialogue, "answer").partition(" ")
    at = given(dialogue, "time") if answer == "time" and not at else at
    if not sessions.live(desk, pair, person):
        return
    if answer == "stop":
        forms.begin(desk, person, "drop", dialogue.about)
    elif answer == "not":
        side = pairs.side(desk, pair, person)
        if side is not None:
            desk.put(replace(side, missed_in_row=max(0, side.missed_in_row - 1)))
        desk.tell(person, words.not_agreed(partner))
    elif answer == "hours":
        desk.tell(person, words.other_hours())
        forms.begin(desk, person, "times", dialogue.about)
    elif at:
        proposing.offer(desk, pair, person, datetime.fromisoformat(at))
    else:
        desk.tell(person, words.no_time_now())


forms.form(
    Form(
        "absent",
        (
            Question("answer", _ask, _read),
            Question(
                "time",
                lambda desk, dialogue: words.which_time(),
                _read_time,
                free=True,
                when=lambda desk, dialogue: given(dialogue, "answer") == "time",
                skip="",
            ),
        ),
        done=_answered,
    )
)


# ------------------------------------------------------------------------------------ both were absent


def _following(desk: Desk, pair: Pair, person: Person) -> tuple[datetime, datetime]:
    """When the missed hour was to begin, and the same time next week."""
    side = pairs.side(desk, pair, person)
    missed_at = side.missed_at if side is not None and side.missed_at is not None else desk.now
    return missed_at, sessions.weekly(desk, pair, missed_at)


def _ask_neither(desk: Desk, dialogue: Dialogue) -> str:
    pair, person, _ = _pair_of(desk, dialogue)
    missed_at, following = _following(desk, pair, person)
    return words.neither(missed_at, following, people.zone(person), desk.now)


def _neither(desk: Desk, dialogue: Dialogue) -> None:
    """A yes of both agrees on the same time next week."""
    pair, person, partner = _pair_of(desk, dialogue)
    if not sessions.live(desk, pair, person):
        return
    if given(dialogue, "ok") == "no":
        desk.tell(person, words.no_time_now())
        return
    _, following = _following(desk, pair, person)
    if following in sessions.open_times(desk, pair, partner):
        proposing.offer(desk, pair, person, following)
    elif forms.of(desk, partner, "neither", dialogue.about) is not None:
        sessions.with_time(desk, pair, person, (following,))
        desk.tell(person, words.neither_yes(partner))
    else:
        proposing.offer(desk, pair, person, following)


forms.form(Form("neither", (forms.yes_no("ok", _ask_neither),), done=_neither))
