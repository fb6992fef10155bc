"""Dates: an hour as it stands in its people's calendars, asked for, moved and called off by letter.

`settle` looks at the hours a decision touched and tells whoever's calendar is not true any more: in the letter the
decision writes them anyway. Nobody's calendar says what they have not been told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from relaybot import forms
from relaybot.commands import Call
from relaybot.desk import Desk
from relaybot.model import Dated, Invitation, Meeting, Pair, Participant, Person, Style
from relaybot.nouns import hour, mailboxes, meetings, pairs, people, sessions
from relaybot.words import dates as words

OFF = "dates-off"  # timer: a farewell was told, so its hours may leave the calendar


def by_letter(desk: Desk, person: Person) -> bool:
    """Whether what they are told now is a letter, so that the dates themselves say what is agreed."""
    return desk.style(desk.reached(person)) is Style.LETTER and bool(mailbox(desk, person))


def mailbox(desk: Desk, person: Person) -> str:
    """Where dates for a calendar go: home where that is mail, else another verified mail address; "" when there is none."""
    found = (a for a in people.addresses(desk, person) if desk.style(a) is Style.LETTER)
    return next((address for address in found if not mailboxes.refuses(desk, address)), "")


def meant(desk: Desk, person: Person, number: int) -> Meeting | None:
    """The hour of a person that has this number, or stands under it in calendars because it was moved."""
    found = [meeting for _, meeting in sessions.hours_of(desk, person)]
    return next((m for m in found if m.id == number), None) or next((m for m in found if m.calendar == number), None)


def named(desk: Desk, call: Call) -> int:
    """The hour a command means: the one it names, else the one whose letter is answered; 0 when neither is known."""
    number = call.number("meeting")
    about = call.message.about
    if about[:1] == "S" and about[1:].isdigit() and not number:
        hour_ = meant(desk, call.me, int(about[1:]))
        number = hour_.id if hour_ is not None else 0
    return number


# ----------------------------------------------------------------------------------------------- the dates


def parts(desk: Desk, pair: Pair, meeting: Meeting) -> list[words.Part]:
    """The dates of an hour: one for each half, because every calendar rings at the start of a date."""
    stop = hour.end(meeting)
    shape = sessions.format_of(desk, pair)
    if shape == "free":
        return [words.Part(meeting.starts_at, stop)]
    first, second = (desk.people[i] for i in meeting.teachers or sessions.teachers(desk, pair))
    if shape == "alternate":
        return [words.Part(meeting.starts_at, stop, first, sessions.subject(first, second))]
    swap = hour.whole_minute(meeting.starts_at + (stop - meeting.starts_at) / 2)
    return [
        words.Part(meeting.starts_at, swap, first, sessions.subject(first, second)),
        words.Part(swap, stop, second, sessions.subject(second, first)),
    ]


def _stem(meeting: Meeting) -> str:
    return f"s{meeting.calendar or meeting.id}-"


def _of_hour(date: Dated) -> str:
    return date.uid.rpartition("-")[0] + "-"


def invitations(desk: Desk, pair: Pair, meeting: Meeting, person: Person) -> tuple[Invitation, ...]:
    """The dates of an hour for one person: the sequence grows when one of theirs is not what it was."""
    side = desk.participants[(pair.id, person.id)]
    partner = pairs.partner(desk, pair, person)
    known = {date.uid: date for date in side.dates}
    made = []
    for number, part in enumerate(parts(desk, pair, meeting), 1):
        uid = f"{_stem(meeting)}{number}"
        before = known.get(uid)
        same = before is not None and (before.starts_at, before.ends_at) == (part.starts_at, part.ends_at)
        made.append(
            Invitation(
                uid,
                0 if before is None else before.sequence + (not same),
                part.starts_at,
                part.ends_at,
                people.zone(person),
                words.summary(part, person, partner),
                words.description(meeting.id, pair.means, desk.title),
            )
        )
    return tuple(made)


def note(desk: Desk, pair: Pair, person: Person, sent: Iterable[Invitation]) -> None:
    """Remember what stands in somebody's calendar from now on; what is over is forgotten."""
    side = desk.participants[(pair.id, person.id)]
    now = {one.uid: one for one in sent}
    kept = tuple(date for date in side.dates if date.uid not in now and date.ends_at > desk.now)
    new = tuple(Dated(one.uid, one.sequence, one.starts_at, one.ends_at) for one in now.values() if not one.cancelled)
    if side.dates != kept + new:
        desk.put(replace(side, dates=kept + new))


# --------------------------------------------------------------------------------------------- settling


def settle(desk: Desk) -> None:
    """Tell everybody whose calendar a decision made untrue; to be called at its end."""
    touched = {m.pair for m in desk.meetings.changed.values() if m is not None}
    touched |= {p.id for p in desk.pairs.changed.values() if p is not None}
    for number in sorted(touched):
        pair = desk.pairs.get(number)
        if pair is not None:
            _settle(desk, pair)


def unaware(desk: Desk, pair: Pair, person: Person) -> bool:
    """Whether hours were stopped without a word to this person, who is to hear it from a moderator first."""
    if pair.stage == "ending":
        return pair.ended_by != person.id and pair.told_by != "each"
    if pair.stage == "resting":
        return any(c.stage != "closed" and c.person != person.id for c in desk.cases.where("pair", pair.id))
    return False


def _settle(desk: Desk, pair: Pair) -> None:
    for side in pairs.sides(desk, pair):
        person = desk.people.get(side.person)
        if person is None or unaware(desk, pair, person):
            continue
        if pair.stage == "ended":
            if _to_come(desk, side):
                due = desk.now + timedelta(minutes=desk.policy.session.calendar_minutes)
                desk.plan(OFF, f"M{pair.id}", people.waking(desk, person, due))
            continue
        take_out(desk, pair, person)
        for meeting in meetings.of(desk, pair):
            if meeting.stage == "agreed" and meeting.id in desk.meetings.changed:
                _announce(desk, pair, meeting, person)


def _to_come(desk: Desk, side: Participant) -> list[Dated]:
    return [date for date in side.dates if date.starts_at > desk.now]


def _announce(desk: Desk, pair: Pair, meeting: Meeting, person: Person) -> None:
    """An hour was agreed or moved: whoever reads mail, or has it in a calendar, gets its dates."""
    side = desk.participants[(pair.id, person.id)]
    to = mailbox(desk, person)
    before = [date for date in side.dates if _of_hour(date) == _stem(meeting)]
    earlier = desk.programme.tables.meetings.rows.get(meeting.id)
    new = desk.style(person.home) is Style.LETTER and (earlier is None or earlier.stage != "agreed")
    if not to or not (before or new):
        return
    sent = invitations(desk, pair, meeting, person)
    if {(d.uid, d.starts_at, d.ends_at) for d in before} == {(i.uid, i.starts_at, i.ends_at) for i in sent}:
        return
    said = words.agreed
    if before:
        said = words.changed if before[0].starts_at == meeting.starts_at else words.moved
    partner, zone = pairs.partner(desk, pair, person), people.zone(person)
    shown = parts(desk, pair, meeting)
    desk.tell(
        person,
        said(meeting, partner, zone, desk.now),
        *letter(desk, pair, meeting, person),
        to=to,
        about=f"S{meeting.id}",
        subject=words.subject(meeting, shown, person, partner, desk.now),
        claim=f"meeting {meeting.id} agreed",
        invitations=sent,
    )
    note(desk, pair, person, sent)
    forms.listen(desk, person, "still-good", f"S{meeting.id}")


def letter(desk: Desk, pair: Pair, meeting: Meeting, person: Person) -> tuple[str, ...]:
    """What the letter of an hour says: both times on both clocks, how to answer, how the two talk."""
    partner, zone = pairs.partner(desk, pair, person), people.zone(person)
    shown = parts(desk, pair, meeting)
    lines = [
        *words.rows(shown, person, partner),
        words.answers(meeting, shown, zone),
        words.only_one(shown, zone),
        words.means(pair.means, shown[0].teacher, person, partner),
        words.private(pair.private),
    ]
    if meetings.by_itself(desk, pair):
        lines.append(words.one_line_mails(_mails_at(desk, shown), zone))
    return tuple(line for line in lines if line)


def _mails_at(desk: Desk, shown: list[words.Part]) -> list[datetime]:
    last = shown[-1].ends_at - timedelta(minutes=desk.policy.session.end_warning_minutes)
    found = [part.starts_at for part in shown]
    return [*found, last] if last > found[-1] else found


# ------------------------------------------------------------------------------------------- called off


def take_out(desk: Desk, pair: Pair, person: Person, at: datetime | None = None, *, claim: str = "") -> None:
    """Call off in somebody's calendar what is not agreed any more (`at`: only the hour that was to begin then)."""
    side = desk.participants[(pair.id, person.id)]
    gone = _gone(desk, pair, side)
    if at is not None:
        which = {_of_hour(date) for date in gone if date.starts_at == at}
        gone = [date for date in gone if _of_hour(date) in which]
    to = mailbox(desk, person)
    if not gone:
        return
    sent = _called_off(desk, pair, person, gone)
    note(desk, pair, person, sent)
    if to:
        hours = len({_of_hour(date) for date in gone})
        said, subject = (
            words.off(hours),
            words.off_subject(gone[0].starts_at, _partner(desk, pair, person), people.zone(person), desk.now),
        )
        if pair.stage == "ended":
            said, subject = words.all_off(hours), words.all_off_subject(_partner(desk, pair, person))
        desk.tell(person, said, to=to, about=f"M{pair.id}", subject=subject, invitations=sent, claim=claim)


def _gone(desk: Desk, pair: Pair, side: Participant) -> list[Dated]:
    """Dates to come that belong to no hour, or that their hour has no longer."""
    alive: dict[str, int] = {}
    for meeting in meetings.of(desk, pair):
        if meeting.stage != "proposed":
            alive[_stem(meeting)] = 1 if sessions.format_of(desk, pair) in {"free", "alternate"} else 2
    return [d for d in _to_come(desk, side) if int(d.uid.rpartition("-")[2]) > alive.get(_of_hour(d), 0)]


def _called_off(desk: Desk, pair: Pair, person: Person, gone: list[Dated]) -> tuple[Invitation, ...]:
    """Without a comment and without a reason: only that it is off."""
    said = words.summary_off(_partner(desk, pair, person))
    zone = people.zone(person)
    return tuple(Invitation(d.uid, d.sequence + 1, d.starts_at, d.ends_at, zone, said, cancelled=True) for d in gone)


def _partner(desk: Desk, pair: Pair, person: Person) -> str:
    """The other one's name; "" when they asked to be forgotten."""
    return next((other.name for other in pairs.people(desk, pair) if other.id != person.id), "")


# -------------------------------------------------------------------------------------------- soundness


def unsound(desk: Desk) -> str:
    """Nobody's calendar tells what they have not been told; "" when all is well."""
    for side in desk.participants.changed.values():
        if side is None:
            continue
        uids = [date.uid for date in side.dates]
        if len(uids) != len(set(uids)):
            return f"a date stands twice in the calendar of person {side.person}"
    for letter_ in desk.letters.changed.values():
        if letter_ is None or not letter_.person or letter_.claim.endswith((" ending", " resting")):
            continue
        off = {_hour_number(one.uid) for one in letter_.invitations if one.cancelled}
        for pair in _ending_of(desk, letter_.person) if off else ():
            if any(f"{s.uid}" in {i.uid for i in letter_.invitations} for s in _before(desk, pair, letter_.person)):
                return f"the calendar of person {letter_.person} would tell that M{pair.id} ends"
    return ""


def _hour_number(uid: str) -> str:
    return uid.rpartition("-")[0]


def _ending_of(desk: Desk, number: int) -> list[Pair]:
    person = desk.people.get(number)
    mine = [desk.pairs[s.pair] for s in desk.participants.where("person", number)]
    return [p for p in mine if person is not None and unaware(desk, p, person)]


def _before(desk: Desk, pair: Pair, number: int) -> tuple[Dated, ...]:
    """What stood in the calendar before this decision."""
    side = desk.programme.tables.participants.rows.get((pair.id, number))
    return side.dates if side is not None else ()
