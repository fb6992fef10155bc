"""Offers: asking both sides in turn, and what each answer leads to; nothing here gives a name away before both said yes.

What one of the two may know is `standing`: someone whose partner-to-be said no goes on "waiting" until they are told.
The timers of an offer are about the pair ("M12"): offer-leave, -reminder, -lapse, -again, -news, -neutral, -gone.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Letter, Pair, Participant, Person
from relaybot.nouns import cases, fit, introductions, pairs, rooms
from relaybot.nouns.people import active_pairs, addresses, nudge, paused, start_waiting, stop_waiting, tell_team, waking
from relaybot.words import consenting as words
from relaybot.words import pairing as team_words

ASKED = {"asked_first": 0, "asked_second": 1}  # stage -> who is being asked, by order


def standing(desk: Desk, pair: Pair, person: Person) -> str:
    """What a person knows of an offer: "" nothing, "asked", "waiting" for the other, "closed"."""
    side = pairs.side(desk, pair, person)
    if side is None or side.asked_at is None:
        return ""
    if ASKED.get(pair.stage) == side.order:
        return "asked"
    told_later = desk.timers.get(("offer-neutral", f"M{pair.id}")) is not None
    if side.answer == "yes" and (pair.stage in ASKED or told_later):
        return "waiting"
    return "closed"


def open_for(desk: Desk, person: Person) -> Pair | None:
    """The offer the person knows of and that is open for all they know."""
    found = pairs.open_offer(desk, person)
    return found if found is not None and standing(desk, found, person) in {"asked", "waiting"} else None


def able(desk: Desk, person: Person) -> bool:
    """Whether the person can become somebody's partner now."""
    free = person.stage == "member" and not paused(desk, person)
    return free and active_pairs(desk, person) < desk.policy.cap


def hears_by(desk: Desk, pair: Pair) -> datetime:
    """By when whoever said yes hears how it went: what stays of the offer, and the random delay after it."""
    return (pair.closes_at or desk.now) + timedelta(hours=desk.policy.consent.no_delay_hours)


def told_by(desk: Desk, pair: Pair, person: Person) -> datetime:
    """The same as it was promised to this person; it does not change when the other has answered in secret."""
    return person.promise or hears_by(desk, pair)


# ---------------------------------------------------------------------------------------------- asking


def describe(desk: Desk, reader: Person, other: Person) -> words.Description:
    """What the reader may know of the other: first what the reader wants or gives."""
    wanted = {skill.name for skill in reader.learn}
    given = {skill.name for skill in reader.offer}
    return words.Description(
        zone=other.zone,
        offer=tuple(sorted(other.offer, key=lambda s: s.name not in wanted)),
        learn=tuple(sorted(other.learn, key=lambda s: s.name not in given)),
        languages=other.languages,
        shared=fit.shared_windows(desk, reader, other),
    )


def found_by(desk: Desk, pair: Pair) -> str:
    """The moderator's name for the people of a pair; none when the moderator is one of them."""
    moderator = desk.people.get(pair.drafted_by)
    return moderator.name if moderator is not None and pairs.side(desk, pair, moderator) is None else ""


def leave(desk: Desk, pair: Pair) -> Pair:
    """A drafted pair leaves: the first is asked."""
    pair = pairs.move(desk, pair, "ask first")
    return ask(desk, pair, pairs.sides(desk, pair)[0])


def ask(desk: Desk, pair: Pair, side: Participant, *, note: str = "") -> Pair:
    """Ask one side, or ask them again (`note`); the offer is open from now."""
    person = desk.people[side.person]
    consent = desk.policy.consent
    ident = f"M{pair.id}"
    if side.asked_at is None:
        desk.change(side, asked_at=desk.now)
    closes_at = waking(desk, person, desk.now + timedelta(days=consent.open_days))
    pair = desk.change(pair, closes_at=closes_at)
    desk.plan("offer-reminder", ident, waking(desk, person, desk.now + timedelta(days=consent.reminder_day)))
    desk.plan("offer-lapse", ident, closes_at)
    forms.begin(desk, person, "offer", ident, note=note)
    return pair


def remind(desk: Desk, pair: Pair) -> None:
    """Say the open question once more."""
    person = pairs.people(desk, pair)[ASKED[pair.stage]]
    forms.begin(desk, person, "offer", f"M{pair.id}", note="reminder")


# ------------------------------------------------------------------------------------------- answering


def yes(desk: Desk, pair: Pair, person: Person) -> None:
    """The one who is being asked says yes."""
    first, second = pairs.people(desk, pair)
    side = desk.participants[(pair.id, person.id)]
    other = second if person.id == first.id else first
    if not able(desk, person):
        _limit_race(desk, pair, person)
        return
    desk.change(side, answer="yes", answered_at=desk.now)
    if pair.stage == "asked_first":
        _ask_second(desk, pair, first, second)
    elif able(desk, other):
        introduce(desk, pair)
    else:  # the first reached the limit meanwhile: what the second hears is what follows a no
        person = desk.change(person, promise=hears_by(desk, pair))
        desk.tell(person, words.yes_noted(person, hears_by(desk, pair), desk.now))
        _withdraw_full(desk, pair, other)


def _ask_second(desk: Desk, pair: Pair, first: Person, second: Person) -> None:
    pair = pairs.move(desk, pair, "yes")
    there = able(desk, second)
    if there:
        pair = ask(desk, pair, desk.participants[(pair.id, second.id)])
    else:
        desk.cancel_all(f"M{pair.id}")
        pair = desk.change(
            pair, closes_at=waking(desk, second, desk.now + timedelta(days=desk.policy.consent.open_days))
        )
    first = desk.change(first, promise=hears_by(desk, pair))
    desk.tell(first, words.yes_first(first, hears_by(desk, pair), desk.now))
    if there:
        tell_moderators(desk, pair, team_words.team_yes_first(pair.id, first, second))
    else:  # a limit reached meanwhile: the first must not be able to tell it from a no
        _withdraw_full(desk, pair, second)


def _limit_race(desk: Desk, pair: Pair, person: Person) -> None:
    """Their own yes comes when they have as many partners as allowed."""
    own = pairs.of(desk, person)
    other_yes = any(s.answer == "yes" for s in pairs.sides(desk, pair) if s.person != person.id)
    if own:
        desk.tell(person, words.limit_reached(pair.id, own[-1].id, desk.policy.cap, other_said_yes=other_yes))
    else:
        desk.tell(person, words.offer_gone(person, pair.id, None, desk.now))
    _withdraw_full(desk, pair, person)


def _withdraw_full(desk: Desk, pair: Pair, by: Person) -> None:
    full = active_pairs(desk, by) >= desk.policy.cap
    pairs.drop_offer(desk, pair, "withdraw", by=by)
    tell_moderators(desk, pair, (team_words.team_limit if full else team_words.team_gone)(pair.id, by))


def no(desk: Desk, pair: Pair, person: Person, said: str = "") -> None:
    """Someone says no, also after their own yes; words go to the moderators only."""
    side = desk.participants[(pair.id, person.id)]
    if ASKED.get(pair.stage) == side.order:
        desk.change(side, answer="no", answered_at=desk.now)
        pairs.drop_offer(desk, pair, "no", by=person)
    elif pair.stage in ASKED:
        pairs.drop_offer(desk, pair, "withdraw", by=person)
    else:  # it is over without their knowing
        desk.change(side, answer="withdrawn")
        desk.cancel("offer-neutral", f"M{pair.id}")
    tell_moderators(desk, pair, *team_words.team_no(pair.id, person, said))
    forms.begin(desk, person, "offer-no", f"M{pair.id}")


def later(desk: Desk, pair: Pair, person: Person) -> None:
    """The one who is being asked wants to be asked again next week; possible once."""
    ident = f"M{pair.id}"
    desk.change(desk.participants[(pair.id, person.id)], answer="later")
    if pair.stage == "asked_second":
        first = pairs.people(desk, pair)[0]
        before = told_by(desk, pair, first) - timedelta(hours=desk.policy.consent.no_delay_hours)
        desk.plan("offer-news", ident, waking(desk, first, before))
    again = waking(desk, person, desk.now + timedelta(days=7))
    until = waking(desk, person, again + timedelta(days=desk.policy.consent.open_days))
    desk.change(pair, closes_at=until)
    desk.cancel("offer-reminder", ident)
    desk.plan("offer-again", ident, again)
    desk.plan("offer-lapse", ident, until)
    desk.tell(person, words.later_taken(person, pair.id, again, until, desk.now))


def news(desk: Desk, pair: Pair) -> None:
    """The promise to the one who said yes cannot be kept, because the other asked for a week: they get a new date."""
    first = desk.change(pairs.people(desk, pair)[0], promise=hears_by(desk, pair))
    desk.tell(first, words.still_open(first, pair.id, hears_by(desk, pair), desk.now))


def lapse(desk: Desk, pair: Pair) -> None:
    """Nobody answered in time: the offer is closed, and the silent one is asked whether to go on looking."""
    person = pairs.people(desk, pair)[ASKED[pair.stage]]
    pairs.drop_offer(desk, pair, "lapse", by=person)
    # Until they answer nobody is offered to them: someone else's week would pass in silence too.
    stop_waiting(desk, desk.change(desk.people[person.id], rematch="later"))
    tell_moderators(desk, pair, team_words.team_lapsed(pair.id, person))
    forms.begin(desk, desk.people[person.id], "still-looking", f"M{pair.id}")


def pause(desk: Desk, person: Person, until: datetime) -> Person:
    """A person who is in no pair pauses: nobody is looked for, no promise runs, news come when it is over."""
    changed = desk.change(person, paused_until=until, promise=None)
    if changed.waiting_since is not None:
        nudge(desk, changed, "looking", until)
    return changed


def tell_moderators(desk: Desk, pair: Pair, *lines: str) -> None:
    """Moderators follow an offer, except those who are in it."""
    tell_team(desk, *lines, about=f"M{pair.id}", hidden_from=cases.concerned(desk, pair))


# ---------------------------------------------------------------------------------------- introducing


def introduce(desk: Desk, pair: Pair) -> Pair:
    """Both said yes: names, a place, the first step."""
    pair = desk.change(
        pairs.move(desk, pair, "yes"),
        introduced_at=desk.now,
        last_word_at=desk.now,
        closes_at=None,
        place=pairs.common_place(desk, pair),
    )
    desk.cancel_all(f"M{pair.id}")
    pairs.count_together(desk)
    both = pairs.people(desk, pair)
    for person in both:
        dialogue = forms.of(desk, person, "offer", f"M{pair.id}")
        if dialogue is not None:
            forms.end(desk, dialogue)
        told = desk.change(desk.people[person.id], promise=None, front=False)
        if active_pairs(desk, told) >= desk.policy.cap:
            stop_waiting(desk, told)
        else:
            start_waiting(desk, told)
    if not introductions.by_letter(desk, both[1]):  # a letter says it in its first sentence
        desk.tell(both[1], words.yes_second())
    for person in both:
        introductions.tell(desk, pair, person, pairs.partner(desk, pair, person))
    if pair.place:
        pairs.in_place(desk, pair, words.place_opened(tuple(p.name for p in both), pair.id), invite=True)
    for person in both:
        _settle_others(desk, desk.people[person.id])
    tell_moderators(desk, pair, team_words.team_introduced(pair.id, *both))
    for person in both:
        if "times" in forms.FORMS:
            forms.begin(desk, desk.people[person.id], "times", f"M{pair.id}")
        introductions.close(desk, pair, person)
    rooms.offer(desk, desk.pairs[pair.id])
    return desk.pairs[pair.id]


def _settle_others(desk: Desk, person: Person) -> None:
    """Someone whose limit is filled now is in no other open offer any more."""
    if active_pairs(desk, person) < desk.policy.cap:
        return
    for other in pairs.of(desk, person, pairs.OFFER_STAGES):
        if standing(desk, other, person):
            _limit_race(desk, other, person)
        else:
            _withdraw_full(desk, other, person)


# ------------------------------------------------------------------------------------------- soundness


def unsound(desk: Desk) -> str:
    """Invariant 1 on what was written, and one open offer a person."""
    touched = {p.id for p in desk.pairs.changed.values() if p is not None and p.stage in pairs.OFFER_STAGES}
    for number in touched:
        for side in desk.participants.where("pair", number):
            own = [desk.pairs[s.pair] for s in desk.participants.where("person", side.person)]
            if len([p for p in own if p.stage in pairs.OFFER_STAGES]) > 1:
                return f"person {side.person} is in two open offers"
    for letter in desk.letters.changed.values():
        problem = _gives_away(desk, letter) if letter is not None else ""
        if problem:
            return problem
    return ""


def _gives_away(desk: Desk, letter: Letter) -> str:
    """Whether a letter about an open offer holds the other's address, or their name where no description put it."""
    kind, _, rest = letter.claim.partition(" ")
    pair = desk.pairs.get(int(rest.partition(" ")[0])) if kind == "pair" else None
    if pair is None or pair.stage not in ASKED or not letter.person:
        return ""
    for other in pairs.people(desk, pair):
        if other.id == letter.person:
            continue
        text = " ".join(letter.text)
        if any(address in text for address in addresses(desk, other)):
            return f"an address of person {other.id} would reach someone who is only being asked (M{pair.id})"
        blind = " ".join(_offer_lines(desk, pair, desk.people[letter.person], other))
        if _times(other.name, text) > _times(other.name, blind):
            return f"the name of person {other.id} would reach someone who is only being asked (M{pair.id})"
    return ""


def _times(name: str, text: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.I)) if name else 0


def _offer_lines(desk: Desk, pair: Pair, reader: Person, other: Person) -> tuple[str, ...]:
    """Everything that may stand in a letter about an offer."""
    lines = offer_lines(desk, pair, reader, other, "again") + offer_lines(desk, pair, reader, other, "reminder")
    kept = words.offer_kept(reader, pair.id, pair.closes_at or desk.now, desk.now)
    return (*lines, words.explain_offer(), kept)


def offer_lines(desk: Desk, pair: Pair, reader: Person, other: Person, note: str) -> tuple[str, ...]:
    """The whole offer as lines: an opening when it is not the first time, who it is, the question."""
    opening = {"again": words.offer_again(pair.id), "reminder": words.offer_reminder(pair.id)}.get(note, "")
    side = desk.participants[(pair.id, reader.id)]
    return (
        opening,
        *words.offer(reader, found_by(desk, pair), pair.id, describe(desk, reader, other)),
        words.offer_question(reader, pair.id, pair.closes_at or desk.now, desk.now, again=side.answer != "later"),
    )
