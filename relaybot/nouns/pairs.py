"""Pairs: who is in one, who is the partner, where the two talk, and how a pair ends.

A pair's words go to its own place when both live on one network that can give it one, else to each
partner in private: the pair lives above the media.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relaybot import forms
from relaybot.commands import Call, on_receipt
from relaybot.desk import Desk
from relaybot.model import Letter, Pair, Participant, Person, Tally, Urgency
from relaybot.nouns import card_letters, meetings
from relaybot.nouns.people import address_on, moderators, paused, start_waiting, waking
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS, step
from relaybot.words import consenting as offer_words
from relaybot.words import leaving as leaving_words
from relaybot.words import pairs as words


def sides(desk: Desk, pair: Pair) -> list[Participant]:
    """The participants, in the order they are asked."""
    return sorted(desk.participants.where("pair", pair.id), key=lambda side: side.order)


def people(desk: Desk, pair: Pair) -> list[Person]:
    """The people of a pair, in the order they are asked."""
    return [desk.people[side.person] for side in sides(desk, pair)]


def partner(desk: Desk, pair: Pair, person: Person) -> Person:
    """The other one."""
    return next(other for other in people(desk, pair) if other.id != person.id)


def side(desk: Desk, pair: Pair, person: Person) -> Participant | None:
    """One person's side of a pair; None for outsiders."""
    return desk.participants.get((pair.id, person.id))


def of(desk: Desk, person: Person, stages: frozenset[str] = ACTIVE_PAIRS) -> list[Pair]:
    """The person's pairs in these stages (default: those that count against the cap), oldest first."""
    found = [desk.pairs[s.pair] for s in desk.participants.where("person", person.id)]
    return sorted((p for p in found if p.stage in stages), key=lambda p: p.id)


def mine(desk: Desk, call: Call, stages: frozenset[str] = ACTIVE_PAIRS) -> Pair:
    """The pair a member means: by id (only their own), or their only one; raises Refused."""
    number = call.number("pair")
    own = of(desk, call.me, stages)
    if number:
        for pair in own:
            if pair.id == number:
                return pair
        raise Refused(why_not(desk, call.me, number) or words.not_yours(number))
    if not own:
        raise Refused(why_not(desk, call.me, number) or words.no_partner())
    here = [pair for pair in own if pair.place and pair.place == call.message.place]
    if here:
        return here[0]
    if len(own) > 1:
        raise Refused(words.which([pair.id for pair in own]))
    return own[0]


def why_not(desk: Desk, person: Person, number: int) -> str:
    """The truth about a pair that ends or has ended, as far as this person knows it; "" when there is none."""
    ending = [p for p in of(desk, person, frozenset({"ending", "ended"})) if number in {0, p.id}]
    pair = ending[-1] if ending else None
    if pair is None or (pair.stage == "ended" and not number):
        return ""
    if pair.stage == "ended":
        return leaving_words.ended_on(pair.id, pair.ended_at, person.zone or "UTC")
    other = partner(desk, pair, person)
    if pair.ended_by == person.id or pair.told_by != "moderator":
        return leaving_words.is_over_for_you(pair.id)
    writes = [m.name for m in moderators(desk, (person.id, other.id))]
    return leaving_words.paused_pair(pair.id, leaving_words.names(writes, desk.policy.operator))


def known(desk: Desk, number: int) -> Pair:
    """A pair by number, for moderators; raises Refused."""
    pair = desk.pairs.get(number)
    if pair is None:
        raise Refused(words.no_such(number))
    return pair


def common_place(desk: Desk, pair: Pair) -> str:
    """Address of a place that two people on the same network are given without being asked; "" when there is none."""
    networks = {person.home.partition("/")[0] for person in people(desk, pair)}
    if len(networks) != 1:
        return ""
    name = networks.pop()
    network = desk.policy.networks.get(name)
    given = network is not None and network.pair_places and not network.place_shows_ids
    return place_on(desk, pair, name) if given else ""


def place_on(desk: Desk, pair: Pair, network: str) -> str:
    """Address of the pair's own place on a network."""
    return f"{network}/#{desk.name}-m{pair.id}"


def place_name(desk: Desk, pair: Pair) -> str:
    """What the pair's own place is called in a sentence: by its address, or by the name that its people are shown there."""
    network = desk.network(pair.place)
    return _title(desk, pair) if network is not None and network.place_shows_ids else pair.place.partition("/")[2]


def _title(desk: Desk, pair: Pair) -> str:
    return words.title(pair.id, [person.name for person in people(desk, pair)])


def in_place(
    desk: Desk,
    pair: Pair,
    *lines: str,
    urgency: Urgency = Urgency.PERSONAL,
    expires_at: datetime | None = None,
    claim: str = "",
    invite: bool = False,
) -> None:
    """Write into the pair's own place; should it be lost, the same lines go to each of them in private."""
    network = pair.place.partition("/")[0]
    guests = [address_on(desk, person, network) for person in people(desk, pair)] if invite else []
    desk.post(
        pair.place,
        *lines,
        urgency=urgency,
        expires_at=expires_at,
        claim=claim,
        receipt=f"place {pair.id}",
        invite=[address for address in guests if address],
        subject=_title(desk, pair),
    )


@on_receipt("place")
def place_told(desk: Desk, letter: Letter, reference: str, outcome: str, reason: str) -> None:
    """A place that cannot be used (strangers hold it, the door is shut) is given up: words go to each from now on."""
    pair = desk.pairs.get(int(reference))
    if outcome != "undeliverable" or reason in {"", "expired"} or pair is None or pair.stage not in ACTIVE_PAIRS:
        return
    lost = words.place_lost(place_name(desk, pair)) if pair.place == letter.to else ""
    if lost:
        desk.change(pair, place="")
    for person in people(desk, pair):
        desk.tell(person, lost, *letter.text, urgency=letter.urgency, expires_at=letter.expires_at, claim=letter.claim)


def reenter(desk: Desk) -> None:
    """After a start: come back into the places of the pairs who talked last, so that what is said there is heard."""
    found = [p for stage in sorted(ACTIVE_PAIRS) for p in desk.pairs.where("stage", stage) if p.place]
    found.sort(key=lambda p: (p.last_word_at or p.drafted_at, p.id), reverse=True)
    for pair in found[: desk.policy.limits.places]:
        in_place(desk, pair, urgency=Urgency.AMBIENT, invite=True)


def lose_place(desk: Desk, pair: Pair) -> Pair:
    """One of the two cannot come into the pair's own place any more: it is left, and words go to each of them."""
    lost = words.place_lost(place_name(desk, pair))
    running = meetings.running(desk, pair)
    if running is not None:
        card_letters.moved(desk, running)
    desk.post(pair.place, close=True)
    pair = desk.change(pair, place="")
    for person in people(desk, pair):
        desk.tell(person, lost)
    return pair


def move(desk: Desk, pair: Pair, verb: str) -> Pair:
    """One step of the lifecycle."""
    return desk.change(pair, stage=step("pair", pair.stage, verb))


def stop_hours(desk: Desk, pair: Pair) -> None:
    """Call off every hour that has not ended and take back the pair's timers."""
    for meeting in desk.meetings.where("pair", pair.id):
        meetings.call_off(desk, meeting)
    for side in sides(desk, pair):
        for dialogue in desk.dialogues.where("person", side.person):
            unasked = dialogue.asked_at is None or dialogue.kept  # an open question is still answered, with the truth
            if unasked and dialogue.about == f"M{pair.id}" and dialogue.form in meetings.PAIR_FORMS:
                desk.drop(dialogue)
        if side.times:
            desk.change(side, times=())
    desk.cancel_all(f"M{pair.id}")


def back_to_waiting(desk: Desk, person: Person, *, front: bool = False) -> Person:
    """After an offer or a pair came to nothing: into the waiting list again (those who are in an offer stay in it)."""
    return start_waiting(desk, person, front=front)


# ------------------------------------------------------------------------------------ offers that end

OFFER_STAGES = frozenset({"drafted", "asked_first", "asked_second"})
OUTCOMES = {"no": "no", "lapse": "expired", "withdraw": "withdrawn"}


def drop_offer(desk: Desk, pair: Pair, verb: str, by: Person | None = None) -> Pair:
    """End an open offer with "no", "lapse" or "withdraw"; `by` is whose doing it was, if one of the two.

    Whoever said yes is told at a random waking moment that it did not come together, whoever is being
    asked that it is no longer open. Someone who is paused or no member any more is told nothing. To be
    called after the person who pauses or leaves was changed.
    """
    was_asked = pair.stage != "drafted"
    ended = desk.change(move(desk, pair, verb), ended_at=desk.now, ended_by=by.id if by else 0, outcome=OUTCOMES[verb])
    desk.cancel_all(f"M{pair.id}")
    for side in sides(desk, ended):
        person = desk.people[side.person]
        dialogue = forms.of(desk, person, "offer", f"M{pair.id}")
        if dialogue is not None:
            forms.end(desk, dialogue)
        mine = by is not None and by.id == person.id
        silent = mine or person.stage != "member" or paused(desk, person)
        if side.answer == "yes":
            if silent:
                desk.change(side, answer="withdrawn")
            else:
                desk.plan("offer-neutral", f"M{pair.id}", random_waking(desk, person))
        elif side.asked_at is not None and verb == "withdraw" and not silent:
            awake_at = waking(desk, person)
            if awake_at > desk.now:
                desk.plan("offer-gone", f"M{pair.id}", awake_at)
            else:
                tell_gone(desk, ended, person)
    if was_asked:
        _count(desk, "offers apart")
    return ended


def tell_gone(desk: Desk, pair: Pair, person: Person) -> None:
    """Whoever was being asked hears that there is nothing to answer any more."""
    person = back_to_waiting(desk, person)
    desk.tell(person, offer_words.offer_gone(person, pair.id, person.promise, desk.now))


def random_waking(desk: Desk, person: Person) -> datetime:
    """A random minute of the coming hours in which the person is awake: the same draw whatever it is about."""
    minutes = desk.policy.consent.no_delay_hours * 60
    for _ in range(50):
        at = desk.now + timedelta(minutes=1 + desk.draw(minutes))
        if waking(desk, person, at) <= at:
            return at
    return waking(desk, person)


def _count(desk: Desk, name: str) -> None:
    tally = desk.tallies.get(name)
    desk.put(Tally(desk.name, name, (tally.value if tally else 0) + 1))


def count_together(desk: Desk) -> None:
    """Remember that an offer came together."""
    _count(desk, "offers together")


def apart_one_of(desk: Desk) -> int:
    """One of how many offers does not come together; 0 while the record is too short to say so."""
    apart, together = (t.value if (t := desk.tallies.get(f"offers {name}")) else 0 for name in ("apart", "together"))
    if apart + together < desk.policy.consent.record:
        return 0
    share = round((apart + together) / max(apart, 1))
    return share if share > 1 else 0


def pending_neutral(desk: Desk, person: Person) -> Pair | None:
    """The closed offer to which the person said yes and of whose end they have not been told yet."""
    for side in desk.participants.where("person", person.id):
        if side.answer == "yes" and desk.timers.get(("offer-neutral", f"M{side.pair}")) is not None:
            return desk.pairs[side.pair]
    return None


def open_offer(desk: Desk, person: Person) -> Pair | None:
    """The offer the person is in, drafted, asked, or over without their knowing; there is at most one."""
    for side in desk.participants.where("person", person.id):
        pair = desk.pairs[side.pair]
        if pair.stage in OFFER_STAGES:
            return pair
    return pending_neutral(desk, person)
