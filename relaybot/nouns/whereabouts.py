"""Where somebody stands: true lines about everything of theirs, and who acts next and by when.

Nothing here tells more than the person has been told: an offer the other one declined is still waiting,
a partner who leaves is still the partner, until the news has gone out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from relaybot import forms, times
from relaybot.desk import Desk
from relaybot.model import Application, Dialogue, Meeting, Pair, Person, medium
from relaybot.nouns import applications, cases, linking, meetings, offers, pairs, people, profile, sessions
from relaybot.rules import ACTIVE_PAIRS, RUNNING_MEETINGS
from relaybot.words import guiding as words
from relaybot.words import linking as linking_words
from relaybot.words.applications import means
from relaybot.words.common import join_words, shown_address

# A line about one thing, and the sentence that says who acts next in it.
Standing = tuple[str, str]


def lines(desk: Desk, person: Person) -> tuple[str, ...]:
    """Everything `status` says; the last line begins with "Next: "."""
    standing = words.STANDING.get(person.stage, "with")
    known = [shown_address(address) for address in people.addresses(desk, person)][:3]
    found = list(_standings(desk, person))
    kept = [
        words.question_kept(forms.asked(desk, d), _again(d))
        for d in _dialogues(desk, person)
        if d.kept and d.form != "join"
    ]
    waiting_question = next((d for d in _dialogues(desk, person) if d.asked_at is not None and not d.kept), None)
    nexts = [after for _, after in found if after]
    if waiting_question is not None and not waiting_question.place:
        nexts.insert(0, words.question_open(forms.asked(desk, waiting_question)))
    said = [words.who(person, profile.title(desk), known, standing), *(line for line, _ in found if line), *kept]
    said += _written_to(desk, person)
    return (*said, nexts[0] if nexts else words.next_join())


def _written_to(desk: Desk, person: Person) -> list[str]:
    """Where they are written to, for somebody who could choose."""
    others = [a for a in people.addresses(desk, person) if a != person.home]
    if not others:
        return []
    example = medium(others[0]) if medium(others[0]) != medium(person.home) else others[0]
    return [
        linking_words.written_to(
            linking.shown(desk, person.home), [linking.shown(desk, address) for address in others], example
        )
    ]


def _again(dialogue: Dialogue) -> str:
    return f"yes {dialogue.about}" if dialogue.form == "offer" else "join asks it again"


def _dialogues(desk: Desk, person: Person) -> list[Dialogue]:
    """The person's dialogues, the one asked last first."""
    found = [
        d
        for d in desk.dialogues.where("person", person.id)
        if d.asking and d.form not in {"did-you-mean", "talk"} and not _refused(desk, person, d)
    ]
    return sorted(found, key=lambda d: (d.asked_at or desk.now, d.id), reverse=True)


def _refused(desk: Desk, person: Person, dialogue: Dialogue) -> bool:
    """A question about times that stays open while nothing can be arranged: whatever they answer is refused."""
    if dialogue.form not in sessions.TIME_FORMS or not dialogue.about.startswith("M"):
        return False
    pair = desk.pairs.get(int(dialogue.about[1:]))
    return pair is not None and pair.stage == "ending" and pair.ended_by != person.id


def _standings(desk: Desk, person: Person) -> Iterable[Standing]:
    if person.stage == "member":
        yield from _member(desk, person)
    else:
        yield from _outside(desk, person)
    for post in desk.posts.where("person", person.id):
        if post.ask and post.stage == "open":
            yield words.ask_open(post.id, post.learn), ""
    for case in desk.cases.where("person", person.id):
        if case.topic == "help" and case.stage != "closed":
            by = _day(desk, person, case.promise) if case.promise and case.promise > desk.now else ""
            yield words.help_case(case.id, by), words.next_case(by)
    if person.moderator:
        yield _moderator(desk, person)


def _moderator(desk: Desk, person: Person) -> Standing:
    open_now = [a for a in desk.applications.where("open", True) if a.person != person.id]
    seen = [c for c in desk.cases.where("open", True) if cases.visible(person, c)]
    after = words.next_moderates() if open_now or seen else words.next_moderates_nothing()
    return words.moderates(len(open_now), len(seen)), after


def _day(desk: Desk, person: Person, at: datetime) -> str:
    return words.day(at, people.zone(person), desk.now)


# ------------------------------------------------------------------------------ before and after a member


def _outside(desk: Desk, person: Person) -> Iterable[Standing]:
    application = applications.of(desk, person)
    if person.stage == "applying":
        yield _applying(desk, person)
    elif person.stage == "submitted" and application is not None:
        yield _submitted(desk, person, application)
    elif person.stage == "deferred":
        number = application.id if application is not None else 0
        timer = desk.timers.get(("application-forgotten", f"A{number}"))
        yield words.deferred(number, _day(desk, person, timer.due) if timer else ""), words.next_deferred()
    elif person.stage == "left":
        yield "", words.next_left()
    elif person.stage == "removed":
        yield "", words.next_removed()
    elif not person.moderator:
        yield "", words.next_join()


def _applying(desk: Desk, person: Person) -> Standing:
    dialogue = forms.of(desk, person, "join")
    if dialogue is None:
        return "", words.next_resume()
    settings = desk.policy.application
    until = (dialogue.asked_at or desk.now) + timedelta(days=settings.parked_days + settings.erase_days)
    k, n = forms.count(desk, dialogue, dialogue.asking)
    k = k if dialogue.answers else 1  # the one about the account is not counted
    return words.applying(k, n, _day(desk, person, until)), words.next_resume()


def _submitted(desk: Desk, person: Person, application: Application) -> Standing:
    holder = desk.people.get(application.holder)
    name = holder.name if holder is not None else ""
    mine = any(d.about == f"A{application.id}" for d in desk.dialogues.where("person", person.id))
    if mine:
        return words.asked_about(application.id, name), words.next_answer()
    if application.chat_at is not None and application.chat_at > desk.now:
        when = times.show(application.chat_at, people.zone(person), desk.now)
        return words.chat_at(application.id, name, when, means(application.chat_means)), words.next_chat(name, when)
    by = _day(desk, person, application.promise)
    if application.promise < desk.now:
        return words.read_late(application.id, by, desk.policy.operator), words.next_read_late()
    return words.read_by(application.id, name, by), words.next_read(name, by)


# ------------------------------------------------------------------------------------------ a member


def _member(desk: Desk, person: Person) -> Iterable[Standing]:
    resting = people.paused(desk, person)
    if resting and person.paused_until is not None:
        until = _day(desk, person, person.paused_until)
        yield words.paused(until), words.next_paused(until)
    own = pairs.of(desk, person, ACTIVE_PAIRS | {"ending"})
    for pair in own:
        yield _pair(desk, person, pair)
    offer = offers.open_for(desk, person)
    if offer is not None:
        yield _offer(desk, person, offer)
    elif person.waiting_since is not None and resting:
        yield words.waits_paused(), ""
    elif person.waiting_since is not None:
        yield _waiting(desk, person, person.waiting_since)
    elif not resting and not own:
        yield words.not_looking(), words.next_not_looking()


def _offer(desk: Desk, person: Person, pair: Pair) -> Standing:
    if offers.standing(desk, pair, person) == "asked":
        return words.offer_asked(pair.id, _day(desk, person, pair.closes_at or desk.now)), words.next_offer(pair.id)
    by = _day(desk, person, offers.told_by(desk, pair, person))
    return words.offer_waiting(pair.id, by), words.next_other(by)


def _waiting(desk: Desk, person: Person, since: datetime) -> Standing:
    if person.promise is None or person.promise < desk.now:
        late = _day(desk, person, person.promise or since)
        return words.waits_overdue(late), words.next_overdue()
    by = _day(desk, person, person.promise)
    return words.waiting(_day(desk, person, since), by), words.next_waiting(by)


def _pair(desk: Desk, person: Person, pair: Pair) -> Standing:
    name = pairs.partner(desk, pair, person).name
    ending = _ending(desk, person, pair, name)
    if ending is not None:
        return ending
    hour = next(iter(meetings.of(desk, pair)), None)
    about, after = _hour(desk, person, name, hour) if hour is not None else _no_hour(desk, person, pair, name)
    return f"{words.pair(pair.id, name, words.PAIR_STAGE.get(pair.stage, ''))} {about}".strip(), after


def _no_hour(desk: Desk, person: Person, pair: Pair, name: str) -> Standing:
    """No hour is agreed: who is away, who was asked about a time, or that either may propose one."""
    other = pairs.partner(desk, pair, person)
    if pair.paused_by == other.id and people.paused(desk, other) and other.paused_until is not None:
        until = _day(desk, other, other.paused_until)  # the day they named, on their own clock
        return words.partner_away(name, until), words.next_partner_away(name, until)
    if pair.round_at is not None:
        return _letters(desk, person, pair, name)
    for mine, someone in ((False, other), (True, person)):
        side = pairs.side(desk, pair, someone)
        times_ = [at for at in side.times if at > desk.now] if side is not None else []
        if times_:
            shown = [f"{times.show(at, people.zone(person), desk.now)}" for at in times_]
            when = f"{join_words(shown, 'or')} {times.city(people.zone(person))}"
            return words.times_proposed(when, name, mine), words.next_proposal(name, mine)
    return "", words.next_propose(name)


def _letters(desk: Desk, person: Person, pair: Pair, name: str) -> Standing:
    """A round of letters runs: who writes now, and by when."""
    swap, end = (desk.timers.get((timer, f"M{pair.id}")) for timer in ("round-swap", "round-end"))
    due = swap if swap is not None else end
    mine = (pair.round_by == person.id) == (swap is not None)
    when = _day(desk, person, due.due) if due is not None else ""
    return words.letters_run(name, when, mine), words.next_letters(name, when, mine)


def _ending(desk: Desk, person: Person, pair: Pair, name: str) -> Standing | None:
    """What the person knows of the pair's ending; None while that is nothing."""
    if pair.told_by == "both":
        return words.ending_both(pair.id, name), words.next_ending_both()
    if pair.told_by == "self":
        mine = pair.ended_by == person.id
        return (words.ending_self(pair.id, name), words.next_ending_self()) if mine else None
    if pair.stage != "ending":
        return None
    if pair.ended_by == person.id or pair.told_by == "each":
        return words.ending_moderator(pair.id, name), words.next_ending_moderator()
    # A partner who has not been told reads what every other command says to them, and no more.
    said = f"{words.pair(pair.id, name, '')} {pairs.why_not(desk, person, pair.id)}".strip()
    return said, words.next_moderator_writes()


def _hour(desk: Desk, person: Person, name: str, hour: Meeting) -> Standing:
    zone = people.zone(person)
    when = f"{times.show(hour.starts_at, zone, desk.now)} {times.city(zone)}"
    if hour.stage in RUNNING_MEETINGS:
        return words.hour_runs(hour.id), words.next_runs(name)
    if hour.stage == "proposed":
        mine = hour.proposed_by == person.id
        return words.hour_proposed(hour.id, when, name, mine), words.next_proposal(name, mine)
    return words.hour_agreed(hour.id, when), words.next_hour(name, when)
