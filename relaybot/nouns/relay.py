"""Carrying words from one partner to the other; they exist in their letter only, until it is delivered or given up.

A letter of words claims that the pair is open, so nothing arrives after a farewell. While the reader is on
mute or away, or the pair is ending, the letter is held back, and the writer hears the same in every case.
"""

from __future__ import annotations

from collections.abc import Callable

from relaybot.desk import Desk
from relaybot.model import Letter, Pair, Person
from relaybot.nouns import cases, pairs, people, sessions
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import relaying as words

# Words can be written while the partner does not know yet that it is over; they are kept like any others.
OPEN = ACTIVE_PAIRS | {"ending"}


def claim(pair: Pair) -> str:
    """What must still be so when words leave."""
    return f"pair {pair.id} {','.join(sorted(ACTIVE_PAIRS))}"


def held_back(desk: Desk, pair: Pair, reader: Person) -> bool:
    """Whether words are kept for now, for whichever reason."""
    muted = reader.muted_until is not None and reader.muted_until > desk.now
    return pair.stage == "ending" or muted or people.paused(desk, reader)


def on_the_way(desk: Desk, pair: Pair, writer: Person, reader: Person) -> list[Letter]:
    """The writer's words that have not reached the reader, oldest first."""
    mark = f"relay {pair.id} {writer.id} "
    return [x for x in desk.letters.where("person", reader.id) if x.receipt.startswith(mark)]


Show = Callable[[str, str], str]


def carry(desk: Desk, pair: Pair, writer: Person, text: str, *, mode: str = "tell", show: Show = words.carried) -> None:
    """Send words to the partner, or keep them; the writer is told what happens, now or by the receipt.

    `mode`: "tell" reports every delivery, "talk" only what is not delivered at once, "place" what was said in
    the pair's own place and is only kept, never carried. `show` makes a line of a name and words.
    """
    if pair.stage == "ending" and (pair.ended_by == writer.id or pair.told_by == "each"):
        raise Refused(words.you_ended_it(pair.id))
    reader = pairs.partner(desk, pair, writer)
    keep = held_back(desk, pair, reader)
    before = on_the_way(desk, pair, writer, reader)
    if len(before) >= desk.policy.limits.waiting_lines:
        raise Refused(words.too_many(reader.name, desk.policy.limits.waiting_lines))
    lines = [show(writer.name, line) for line in map(_clean, text.splitlines()) if line]
    if not lines:
        raise Refused(words.nothing_to_tell())
    _write(desk, pair, writer, reader, lines, mode, keep=keep)
    if not keep:
        desk.change(sessions.wake(desk, pair), last_word_at=desk.now)
    side = desk.participants[(pair.id, writer.id)]
    if keep and (mode == "tell" or not any(x.held for x in before)):
        desk.tell(writer, words.kept())
    elif not keep and mode == "tell" and side.unread:
        desk.tell(writer, words.waiting_too(reader.name))


def _clean(line: str) -> str:
    return people.printable(line).strip()


def _write(desk: Desk, pair: Pair, writer: Person, reader: Person, lines: list[str], mode: str, *, keep: bool) -> None:
    # The number makes every receipt a different one: it tells this letter from others that wait.
    receipt = f"relay {pair.id} {writer.id} {'kept' if keep else mode} {desk.serial()}"
    desk.tell(reader, *lines, claim=claim(pair), receipt=receipt)
    if keep:
        letter = next(x for x in desk.letters.where("person", reader.id) if x.receipt == receipt)
        desk.change(letter, held=True)
        plan_expiry(desk, reader)


def plan_expiry(desk: Desk, reader: Person) -> None:
    """Words that are held back have nobody to look at their age, so a timer does."""
    ages = [x.expires_at for x in desk.letters.where("person", reader.id) if x.held and x.expires_at is not None]
    if ages:
        desk.plan("words-expire", f"words {reader.id}", min(ages))
    else:
        desk.cancel("words-expire", f"words {reader.id}")


def expire(desk: Desk, reader: Person) -> None:
    """Held words are deleted when their time is over; each writer is told once."""
    told: set[tuple[int, int]] = set()
    for letter in desk.letters.where("person", reader.id):
        if not letter.held or letter.expires_at is None or letter.expires_at > desk.now:
            continue
        desk.drop(letter)
        found = of_receipt(desk, letter.receipt)
        if found is not None and (found[0].id, found[1].id) not in told:
            pair, writer = found
            told.add((pair.id, writer.id))
            hours = desk.policy.reach.letter_hours
            said = words.kept_too_long(reader.name, letter.written_at, people.zone(writer), hours)
            desk.tell(writer, said)
    plan_expiry(desk, reader)


def of_receipt(desk: Desk, receipt: str) -> tuple[Pair, Person] | None:
    """The pair and the writer a receipt names, while both are there."""
    parts = receipt.removeprefix("relay ").split()
    pair, writer = desk.pairs.get(int(parts[0])), desk.people.get(int(parts[1]))
    return (pair, writer) if pair is not None and writer is not None else None


def release(desk: Desk, reader: Person) -> int:
    """Let held words go that nothing holds back any more; returns how many left."""
    count = 0
    for letter in desk.letters.where("person", reader.id):
        found = of_receipt(desk, letter.receipt) if letter.held else None
        if found is not None and found[0].stage in ACTIVE_PAIRS and not held_back(desk, found[0], reader):
            desk.change(letter, held=False, to=reader.home)
            desk.change(desk.pairs[found[0].id], last_word_at=desk.now)
            count += 1
    plan_expiry(desk, reader)
    return count


def forget(desk: Desk, person: Person) -> None:
    """Nothing of a person's words waits for anybody any more."""
    for side in desk.participants.where("person", person.id):
        for other in desk.participants.where("pair", side.pair):
            reader = desk.people.get(other.person)
            if reader is None or reader.id == person.id:
                continue
            for letter in on_the_way(desk, desk.pairs[side.pair], person, reader):
                desk.drop(letter)
            plan_expiry(desk, reader)


# ---------------------------------------------------------------------------------------- what became of it


def settled(desk: Desk, reference: str, outcome: str, reason: str) -> None:
    """The receipt of a letter of words: the writer is told the truth, once for what waits together."""
    found = of_receipt(desk, reference)
    side = desk.participants.get((found[0].id, found[1].id)) if found is not None else None
    if found is None or side is None or len(desk.participants.where("pair", found[0].id)) < 2:
        return
    pair, writer = found
    reader = pairs.partner(desk, pair, writer)
    mode = reference.split()[2]
    more = [x for x in on_the_way(desk, pair, writer, reader) if not x.held and not x.receipt.endswith(f" {reference}")]
    if outcome == "sent":
        if more and (side.unread or mode == "kept"):
            return
        if mode != "talk" or side.unread:
            desk.tell(writer, words.delivered(reader.name, desk.now, people.zone(writer)))
        if side.unread:
            desk.change(side, unread=0)
    elif pair.stage not in ACTIVE_PAIRS:
        # While a farewell is on its way nothing may show that words go nowhere; afterwards it is said.
        if outcome == "undeliverable" and pair.stage != "ending":
            desk.tell(writer, words.over(pair.id, reader.name))
    elif outcome == "waiting":
        if not side.unread:
            desk.change(side, unread=1)
            _tell_waiting(desk, writer, reader, reason)
    elif side.unread < 2:
        desk.change(side, unread=2)
        _tell_given_up(desk, pair, writer, reader, reason)


def _tell_waiting(desk: Desk, writer: Person, reader: Person, reason: str) -> None:
    medium = reader.home.partition(":")[0]
    there = "not connected" not in reason
    desk.tell(writer, words.waiting(reader.name, medium, reachable=there, hours=desk.policy.reach.letter_hours))


def _tell_given_up(desk: Desk, pair: Pair, writer: Person, reader: Person, reason: str) -> None:
    if reason == "expired":
        desk.tell(writer, words.expired(reader.name, desk.policy.reach.letter_hours))
    else:
        desk.tell(writer, words.refused(reader.name, reason))
    said = words.team_unreachable(pair.id, writer.name, reader.name, reason)
    people.tell_team(desk, said, hidden_from=cases.concerned(desk, pair))


# ------------------------------------------------------------------------------------------- soundness


def unsound(desk: Desk) -> str:
    """Words can never arrive after a farewell, and never lie in the outbox for ever."""
    for letter in desk.letters.changed.values():
        if letter is None or not (letter.held or letter.receipt.startswith("relay ")):
            continue
        if not letter.person or not letter.claim.startswith("pair ") or letter.expires_at is None:
            return f"words in letter {letter.id} are not tied to a person, a pair and a time"
    return ""
