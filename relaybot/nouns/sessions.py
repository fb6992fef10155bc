"""What two partners share around an hour: finding it, agreeing on one, speaking to both, who teaches what.

Used by every verb that touches hours: scheduling, moving, the clock, no-shows and the fit question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from relaybot import forms, times
from relaybot.commands import Call, Command
from relaybot.desk import Desk
from relaybot.model import Meeting, Pair, Person, Style, Urgency
from relaybot.nouns import hour, meetings, pairs, people
from relaybot.ports import Invalid, Refused
from relaybot.rules import ACTIVE_PAIRS, RUNNING_MEETINGS, step
from relaybot.words import sessions as words
from relaybot.words import subjects

TIME_FORMS = meetings.TIME_FORMS
SUGGESTED = frozenset({"propose", "slots"})  # named by the lines of an hour
WAITING_FOR_TIMES = ("times again", "times hint", "times case")


# ---------------------------------------------------------------------------------------------- finding


def hours_of(desk: Desk, person: Person) -> list[tuple[Pair, Meeting]]:
    """Every hour of a person that is agreed or runs, the earliest first."""
    found = [(pair, m) for pair in pairs.of(desk, person) for m in meetings.of(desk, pair) if m.stage != "proposed"]
    return sorted(found, key=lambda both: (both[1].starts_at, both[1].id))


def agreed(desk: Desk, person: Person, number: int = 0) -> tuple[Pair, Meeting]:
    """The hour meant: by its number, else the only one to come; raises Refused, naming the choices."""
    found = hours_of(desk, person)
    if number:
        for pair, meeting in found:
            if meeting.id == number:
                return pair, meeting
    why_not = "" if pairs.of(desk, person) else pairs.why_not(desk, person, 0)
    if number:
        raise Refused(why_not or words.not_yours(number))
    if not found:
        raise Refused(why_not or words.none_agreed())
    if len(found) > 1:
        shown = [(m.id, times.show(m.starts_at, people.zone(person))) for _, m in found]
        raise Refused(words.which(shown))
    return found[0]


def now_on(desk: Desk, call: Call) -> tuple[Pair, Meeting] | None:
    """The hour a session verb means: the pair's whose place it was said in, else the speaker's that runs or begins next."""
    place = call.message.place
    found = [
        (pair, m)
        for pair, m in hours_of(desk, call.me)
        if (not place or pair.place == place) and (m.stage in RUNNING_MEETINGS or _early(desk, m))
    ]
    running = [both for both in found if both[1].stage in RUNNING_MEETINGS]
    return next(iter(running or found), None)


def _early(desk: Desk, meeting: Meeting) -> bool:
    """Whether an agreed hour is so near that session verbs mean it."""
    return meeting.starts_at - desk.now <= timedelta(hours=desk.policy.session.reminder_hours)


def is_verb(desk: Desk, pair: Pair, command: Command) -> bool:
    """Whether a bare word in the pair's own place is a command: session verbs are, and where no `!` is printed what is suggested."""
    network = desk.network(pair.place)
    suggested = network is not None and network.bare and command.name in SUGGESTED
    return command.topic == "session" or suggested


def conversation(call: Call) -> bool:
    """Whether a bare word in a pair's place may as well be part of their talk: then it is never refused aloud."""
    message = call.message
    return bool(message.place) and not message.addressed and not message.text.lstrip().startswith("!")


def live(desk: Desk, pair: Pair, person: Person) -> bool:
    """Whether an answer about a pair still has a pair to go to; if not, the person is told what they may know."""
    if pair.stage in ACTIVE_PAIRS:
        return True
    desk.tell(person, pairs.why_not(desk, person, pair.id) or words.settled_already())
    return False


# -------------------------------------------------------------------------------------------- agreeing


def minutes(desk: Desk, pair: Pair) -> int:
    """The length of the pair's hours."""
    return pair.minutes or desk.policy.session.length_minutes


def read_time(desk: Desk, person: Person, text: str) -> datetime:
    """A moment to come in the person's words; raises Invalid with a whole sentence."""
    try:
        at = times.when(text, desk.now, people.zone(person))
    except times.NotUnderstood as unclear:
        raise Invalid(str(unclear)) from None
    if at > desk.now + timedelta(days=desk.policy.session.ahead_days):
        raise Invalid(words.too_far(desk.policy.session.ahead_days))
    return at


def clash(desk: Desk, person: Person, at: datetime, length: int, but: int = 0) -> Meeting | None:
    """An hour of the person that would overlap with one at `at`."""
    stop = at + timedelta(minutes=length)
    for _, meeting in hours_of(desk, person):
        if meeting.id != but and meeting.starts_at < stop and at < hour.end(meeting):
            return meeting
    return None


def format_of(desk: Desk, pair: Pair) -> str:
    """How the two meet: halves, alternate, free or letters."""
    return pair.format or ("halves" if desk.policy.session.swap == "half" else "free")


def agree(desk: Desk, pair: Pair, at: datetime, by: int, calendar: int = 0) -> Meeting:
    """An hour is agreed: a number, its timers, and no question about times is open any more.

    `calendar` is the number under which calendars know the hour that was moved to this time.
    """
    pair = desk.pairs[pair.id]
    trial = pair.stage in {"introduced", "trial"} or (pair.stage == "resting" and not fits(desk, pair))
    drafted = Meeting(
        desk.name, desk.number("meeting"), pair.id, "proposed", at, minutes(desk, pair), trial=trial, proposed_by=by,
        teachers=announced(desk, pair, at), calendar=calendar,
    )  # fmt: skip
    meeting = desk.change(drafted, stage=step("meeting", "proposed", "agree"))
    if pair.stage == "introduced":
        pairs.move(desk, pair, "agree")
    wake(desk, pair)
    settle_times(desk, pair)
    plan(desk, pair, meeting)
    watch(desk, pair)
    return meeting


def announced(desk: Desk, pair: Pair, at: datetime) -> tuple[int, ...]:
    """Who teaches first, where calendars say it beforehand: by what each will have given until then."""
    if not meetings.by_itself(desk, pair) or format_of(desk, pair) == "free":
        return ()
    before = [m for m in meetings.of(desk, pair) if m.stage == "agreed" and m.teachers and m.starts_at < at]
    whole = format_of(desk, pair) == "alternate"
    extra: dict[int, int] = {}
    for one in before if whole else ():
        extra[one.teachers[0]] = extra.get(one.teachers[0], 0) + one.minutes * 60
    return teachers(desk, pair, list(extra.items()), before[-1].teachers[0] if before else 0)


def watch(desk: Desk, pair: Pair) -> None:
    """From now on, notice when the pair goes quiet."""
    desk.plan("silence", f"M{pair.id}", desk.now + timedelta(days=desk.policy.silence.after_days))


def wake(desk: Desk, pair: Pair) -> Pair:
    """A pair at rest is one of the others again, regular or still on trial."""
    if pair.stage != "resting":
        return pair
    watch(desk, pair)
    return pairs.move(desk, pair, "wake" if fits(desk, pair) else "try again")


def settle_times(desk: Desk, pair: Pair) -> None:
    """Nothing about when to meet is open any more."""
    about = f"M{pair.id}"
    for name in WAITING_FOR_TIMES:
        desk.cancel(name, about)
    for side in pairs.sides(desk, pair):
        if side.times:
            desk.change(side, times=())
        forms.forget(desk, desk.people[side.person], about, *TIME_FORMS)


def plan(desk: Desk, pair: Pair, meeting: Meeting) -> None:
    """The timers of an agreed hour: both reminders, the call before it, its clock."""
    session = desk.policy.session
    about = f"S{meeting.id}"
    soon = meeting.starts_at - timedelta(minutes=session.soon_minutes)
    desk.plan("hour", about, meeting.starts_at)
    desk.plan("soon", about, max(soon, desk.now))
    for number, person in enumerate(pairs.people(desk, pair)):
        due = people.waking(desk, person, meeting.starts_at - timedelta(hours=session.reminder_hours))
        if desk.now < due < soon:
            desk.plan(f"remind {number}", about, due)


def fits(desk: Desk, pair: Pair) -> bool:
    """Whether both say that it is a good fit, often enough for the programme."""
    sides = pairs.sides(desk, pair)
    return all(s.fit == "good" for s in sides) and sum(s.good_fits for s in sides) >= desk.policy.fit.good_fits


def weekly(desk: Desk, pair: Pair, at: datetime) -> datetime:
    """The same time on the clock a week later, where the first of the two lives: the first one still to come."""
    zone = people.zone(pairs.people(desk, pair)[0])
    wall = times.local(at, zone)
    weeks = max(1, (desk.now - at) // timedelta(days=7))
    while True:
        found = times.at_wall(wall.date() + timedelta(weeks=weeks), wall.hour * 60 + wall.minute, zone)
        if found > desk.now:
            return found
        weeks += 1


# -------------------------------------------------------------------------------------------- speaking

Text = Callable[[Sequence[str]], str]


def speak(
    desk: Desk,
    pair: Pair,
    text: Text,
    *,
    urgency: Urgency = Urgency.URGENT,
    fleeting: bool = True,
    subject: Callable[[Person], str] | None = None,
    chat_only: bool = False,
) -> None:
    """Say a line (or several) to both, with the clocks of those who read it: in their place, or to each in private.

    A fleeting line (the clock's) is not said at all when it cannot leave soon. `subject` makes that of a letter from the
    partner; what is `chat_only` is no letter.
    """
    expires = desk.now + timedelta(seconds=desk.policy.session.stale_seconds) if fleeting else None
    if pair.place:
        pairs.in_place(desk, pair, *text(zones(desk, pair)).splitlines(), urgency=urgency, expires_at=expires)
        return
    running = meetings.running(desk, pair)
    for person in pairs.people(desk, pair):
        lines = text([people.zone(person)]).splitlines()
        if desk.style(desk.reached(person)) is not Style.LETTER:
            desk.tell(person, *lines, urgency=urgency, expires_at=expires)
        elif not chat_only:
            desk.tell(
                person,
                *subjects.under(subjects.HOUR, tuple(lines)),
                urgency=urgency,
                expires_at=expires,
                about=f"S{running.id}" if running is not None else "",
                claim=f"meeting {running.id} waiting,first_half,second_half" if running is not None else "",
                subject=subject(pairs.partner(desk, pair, person)) if subject is not None else "",
            )


def bang(desk: Desk, pair: Pair) -> str:
    """What commands begin with where the pair reads them."""
    network = desk.network(pair.place)
    return "!" if pair.place and not (network is not None and network.bare) else ""


def zones(desk: Desk, pair: Pair, first: Person | None = None) -> list[str]:
    """The clocks of both, `first`'s in front."""
    found = sorted(pairs.people(desk, pair), key=lambda person: first is not None and person.id != first.id)
    return [people.zone(person) for person in found]


def subject(teacher: Person, learner: Person) -> str:
    """What one teaches the other: a skill offered by one and wanted by the other; "" when none is named the same."""
    wanted = {skill.name for skill in learner.learn}
    return next((skill.name for skill in teacher.offer if skill.name in wanted), "")


def listen(desk: Desk, pair: Pair, meeting: Meeting, name: str, *but: int) -> None:
    """Where a pair has no place of its own: a bare yes or no in private answers the line just said."""
    if pair.place:
        return
    for person in pairs.people(desk, pair):
        if person.id not in but:
            forms.listen(desk, person, name, f"S{meeting.id}")


def teachers(desk: Desk, pair: Pair, extra: Sequence[tuple[int, int]] = (), started_last: int = 0) -> tuple[int, int]:
    """Who teaches first and second next time; `extra` are seconds (person, taught) not yet in the record."""
    sides = pairs.sides(desk, pair)
    more = dict(extra)
    taught = [s.taught_seconds + more.get(s.person, 0) for s in sides]
    return hour.starters([s.person for s in sides], taught, started_last or pair.started_by)


def with_time(desk: Desk, pair: Pair, person: Person, moments: Sequence[datetime]) -> None:
    """Remember moments that would suit one of them, until the other answers."""
    side = pairs.side(desk, pair, person)
    if side is not None:
        desk.put(replace(side, times=tuple(moments)))


def open_times(desk: Desk, pair: Pair, person: Person) -> tuple[datetime, ...]:
    """The moments a person said would suit that have not passed."""
    side = pairs.side(desk, pair, person)
    return tuple(at for at in side.times if at > desk.now) if side is not None else ()


# ------------------------------------------------------------------------------------------ proposing


def propose(desk: Desk, pair: Pair, person: Person, at: datetime) -> None:
    """One of them proposes a moment: it stays open, and the partner is asked."""
    partner = pairs.partner(desk, pair, person)
    about = f"M{pair.id}"
    with_time(desk, pair, person, (at,))
    forms.forget(desk, person, about, *TIME_FORMS)
    forms.forget(desk, partner, about, *TIME_FORMS)
    forms.begin(desk, partner, "proposal", about, note=note([at]))


def note(moments: Sequence[datetime]) -> str:
    """Moments as a dialogue keeps them."""
    return " ".join(at.isoformat() for at in moments)


def noted(text: str) -> tuple[datetime, ...]:
    """The moments a dialogue kept."""
    return tuple(datetime.fromisoformat(part) for part in text.split())


def forget_move(desk: Desk, pair: Pair, meeting: Meeting) -> None:
    """The wish to move an hour has lapsed: the partner is not asked any more."""
    for person in pairs.people(desk, pair):
        forms.forget(desk, person, f"S{meeting.id}", "move")


def lapsed_move(desk: Desk, pair: Pair, meeting: Meeting) -> None:
    """An hour that somebody wanted to move late went by without an answer: it is off, the new time stays proposed."""
    asker = desk.people[meeting.proposed_by]
    for person in pairs.people(desk, pair):
        at = times.show(meeting.starts_at, people.zone(person))
        desk.tell(person, words.off_unanswered(at, pairs.partner(desk, pair, person), person.id == asker.id))
    if meeting.moved_to is not None and meeting.moved_to > desk.now:
        propose(desk, pair, asker, meeting.moved_to)
