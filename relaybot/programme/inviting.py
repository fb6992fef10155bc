"""Calendars: `calendar` sends the dates of the hours to come; and what leaves a calendar after a farewell was told.

What stands in whose calendar, and that nobody's tells what they have not been told, is nouns/dates.py.
"""

from __future__ import annotations

from relaybot import times
from relaybot.commands import Call, command, on_timer
from relaybot.desk import Desk
from relaybot.model import Invitation, Meeting, Pair, Person, Style
from relaybot.nouns import afterhour, dates, pairs, people, sessions
from relaybot.ports import Refused
from relaybot.words import dates as words


@command(
    "calendar",
    topic="times",
    help="your next hours, as dates for your calendar if I know a mail address of yours",
    examples=("calendar",),
    proof=False,
)
def calendar(desk: Desk, call: Call) -> None:
    """The next hours: by mail with their dates, on a chat as lines, and the dates by mail where there is an address."""
    person = call.me
    found = [(pair, m) for pair, m in sessions.hours_of(desk, person) if m.stage == "agreed"]
    found = found[: desk.policy.limits.listed]
    if not found:
        raise Refused(words.none_agreed())
    to = dates.mailbox(desk, person)
    if desk.style(call.message.sender) is not Style.LETTER:
        zone = people.zone(person)
        shown = [(m.id, times.both(m.starts_at, [zone]), pairs.partner(desk, p, person).name) for p, m in found]
        where = words.file_sent(to.partition("/")[2]) if to else words.needs_mail()
        call.reply(desk, *words.next_hours(shown), where)
    if to:
        _send(desk, person, found, to)


def _send(desk: Desk, person: Person, found: list[tuple[Pair, Meeting]], to: str) -> None:
    """One letter with the dates of all these hours; what is in the calendar already stays what it is."""
    lines = [words.head(len(found))]
    sent: list[Invitation] = []
    zone = people.zone(person)
    for pair, meeting in found:
        made = dates.invitations(desk, pair, meeting, person)
        sent.extend(made)
        dates.note(desk, pair, person, made)
        partner = pairs.partner(desk, pair, person)
        lines.append(words.row_head(meeting, partner, zone, desk.now))
        lines.extend(words.rows(dates.parts(desk, pair, meeting), person, partner))
    subject, about = words.head_subject(len(found)), f"S{found[0][1].id}"
    desk.tell(person, *lines, words.accept(), to=to, about=about, subject=subject, invitations=tuple(sent))


@on_timer(dates.OFF)
def dates_off(desk: Desk, about: str, late_seconds: float) -> None:
    """A while after a farewell was told: its hours leave the partner's calendar, without a comment."""
    pair = desk.pairs.get(int(about[1:]))
    if pair is None:
        return
    for person in pairs.people(desk, pair):
        if not dates.unaware(desk, pair, person):
            dates.take_out(desk, pair, person)


@on_timer("asked")
def asked(desk: Desk, about: str, late_seconds: float) -> None:
    """Days after an hour that began by itself: whether it took place is settled by what they have said until now."""
    meeting = desk.meetings.get(int(about[1:]))
    if meeting is not None:
        afterhour.settle(desk, meeting)
