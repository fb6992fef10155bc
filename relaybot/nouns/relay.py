"""Carrying words from one partner to the other; they exist in their letter only, until it is delivered or given up.

A letter of words claims that the pair is open, so nothing arrives after a farewell. While the reader is on
mute or away, or the pair is ending, the letter is held back, and the writer hears the same in every case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from relaybot.desk import Desk
from relaybot.model import Enclosure, Letter, Pair, Person, Style, medium
from relaybot.nouns import cases, kept_files, letters_out, outbox, pairs, people, sessions
from relaybot.nouns.letters_out import RELAY
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import relaying as words
from relaybot.words.common import LINE_BYTES, fold_lines

MORE = "more "  # the receipt of a letter that is never sent: the rest of a long text
SILENT = frozenset({"talk", "letter", "quiet"})  # modes in which a delivery is nothing to speak of
WRAPPED_CHARS = 55  # a letter's line at least this long was broken by its width, not by its writer
_LISTED = re.compile(r"[-*+>|#]|\d{1,3}[.)]\s")

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
    mark = f"{RELAY}{pair.id} {writer.id} "
    return [x for x in desk.letters.where("person", reader.id) if x.receipt.startswith(mark)]


def mode_of(letter: Letter) -> str:
    """How words are on their way: tell, talk, gather, kept, letter, quiet, place."""
    return letter.receipt.split()[3]


def _weight(letters: list[Letter]) -> int:
    """How many messages these letters hold: a gathered one holds many."""
    return sum(max(1, len(x.text) - 1) if x.via else 1 for x in letters)


Show = Callable[[str, str], str]


def carry(
    desk: Desk,
    pair: Pair,
    writer: Person,
    text: str,
    *,
    mode: str = "tell",
    show: Show = words.carried,
    files: tuple[Enclosure, ...] = (),
) -> None:
    """Send words to the partner, or keep them; the writer is told what happens, now or by the receipt.

    `mode`: "tell" reports every delivery, "talk" and "letter" only what is not delivered at once, "quiet" only what
    is given up, "place" what was said in the pair's own place and is only kept, never carried. `show` makes a line
    of a name and words. `files` came with the words; what cannot be kept of them is told to the writer.
    """
    if pair.stage == "ending" and (pair.ended_by == writer.id or pair.told_by == "each"):
        raise Refused(words.you_ended_it(pair.id))
    reader = pairs.partner(desk, pair, writer)
    keep = held_back(desk, pair, reader)
    before = on_the_way(desk, pair, writer, reader)
    if _weight(before) >= desk.policy.limits.waiting_lines:
        raise Refused(words.too_many(reader.name, desk.policy.limits.waiting_lines))
    said = [line for line in map(_clean, _pieces(desk, text)) if line]
    if not said and not files:
        raise Refused(words.nothing_to_tell())
    if not keep and refused_now(desk, pair, writer, reader):
        return
    attached, problems = kept_files.keep(desk, pair, writer, reader, files)
    if desk.style(reader.home) is Style.LETTER:
        shown = said if show is words.carried else [show(writer.name, line) for line in said]
        mode = _by_letter(desk, pair, writer, reader, [*shown, *attached], mode, keep=keep)
    else:
        name = words.by_mail(writer.name) if _from_letter(desk) else writer.name
        lines = [piece for line in said for piece in _folded(show, name, line)]
        _by_lines(desk, pair, writer, reader, [*lines, *attached], mode, keep=keep)
    if not keep:
        desk.change(sessions.wake(desk, pair), last_word_at=desk.now)
    if pair.format == "letters":
        desk.change(desk.participants[(pair.id, writer.id)], wrote_at=desk.now)
    _tell_writer(desk, pair, writer, reader, mode, problems, before=before, keep=keep)


def _tell_writer(
    desk: Desk,
    pair: Pair,
    writer: Person,
    reader: Person,
    mode: str,
    problems: list[str],
    *,
    before: list[Letter],
    keep: bool,
) -> None:
    """What the writer hears at once; the same in every case in which words are kept."""
    desk.tell(writer, *problems, about=f"M{pair.id}")
    kept_before = any(x.held and mode_of(x) == "kept" for x in before)
    if keep and (mode in {"tell", "letter"} or not kept_before):
        desk.tell(writer, words.kept(), about=f"M{pair.id}")
    elif mode == "gather tell" and not any(x.held for x in before) and not keep:
        desk.tell(writer, words.gathering(reader.name, desk.policy.reach.gather_minutes))
    elif not keep and mode == "tell" and desk.participants[(pair.id, writer.id)].unread:
        desk.tell(writer, words.waiting_too(reader.name))


def _from_letter(desk: Desk) -> bool:
    return desk.heard is not None and desk.heard.style is Style.LETTER


def _pieces(desk: Desk, text: str) -> list[str]:
    """Lines as they were said; a letter's lines were broken by its width, so its paragraphs."""
    return paragraphs(text) if _from_letter(desk) else text.splitlines()


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a letter: a line that goes on in the next one is joined with it, a short one or a list is not."""
    found: list[str] = []
    open_end = False
    for line in text.splitlines():
        goes_on = open_end and line.strip() and not line[:1].isspace() and _LISTED.match(line) is None
        if goes_on:
            found[-1] = f"{found[-1]} {line.strip()}"
        else:
            found.append(line.strip())
        open_end = len(line.rstrip()) >= WRAPPED_CHARS and not line.rstrip().endswith((".", "!", "?", ":"))
    return [one for one in found if one]


def _clean(line: str) -> str:
    return people.printable(line).strip()


def _folded(show: Show, name: str, line: str) -> list[str]:
    """One line, or several where it is longer than a line can be; each says who it is from."""
    whole = show(name, line)
    if len(whole.encode()) <= LINE_BYTES:
        return [whole]
    room = LINE_BYTES - len(show(name, "").encode())
    return [show(name, piece) for piece in fold_lines(line, max(room, 80))]


def receipt(desk: Desk, pair: Pair, writer: Person, mode: str) -> str:
    """What a letter of words brings back; the number tells it from others that wait."""
    return f"relay {pair.id} {writer.id} {mode} {desk.serial()}"


def _by_lines(
    desk: Desk, pair: Pair, writer: Person, reader: Person, lines: list[str], mode: str, *, keep: bool
) -> None:
    """To somebody in a chat: a long text begins, and the rest waits until it is asked for with `more`."""
    first = desk.policy.reach.long_lines
    rest = lines[first:] if len(lines) > first + 1 else []
    if rest:
        lines = [*lines[:first], words.more_waits(writer.name, len(rest), desk.policy.reach.letter_hours)]
    put(desk, pair, reader, lines, receipt(desk, pair, writer, "kept" if keep else mode), held=keep)
    if rest:
        put(desk, pair, reader, rest, f"{MORE}{pair.id} {writer.id} {desk.serial()}", held=True)


def _by_letter(
    desk: Desk, pair: Pair, writer: Person, reader: Person, said: list[str], mode: str, *, keep: bool
) -> str:
    """To somebody who reads mail: a letter as one letter, lines of a chat gathered; returns how it goes out."""
    end = words.how_to_answer(writer.name, medium(writer.home))
    waiting = [x for x in on_the_way(desk, pair, writer, reader) if x.held and x.via]
    if waiting:
        desk.change(waiting[-1], text=(*waiting[-1].text[:-1], *said, end))
        _gather_on(desk, pair, writer, mode_of(waiting[-1]))
        return "gather" if mode_of(waiting[-1]) == "gather" and not keep else mode
    gathers = not keep and not _from_letter(desk)
    how = "kept" if keep else "gather" if gathers else mode
    put(
        desk,
        pair,
        reader,
        [*said, end],
        receipt(desk, pair, writer, how),
        held=keep or gathers,
        via=writer.name,
        subject=words.writes_to_you(writer.name),
    )
    _gather_on(desk, pair, writer, how)
    return f"gather {mode}" if gathers else mode


def _gather_on(desk: Desk, pair: Pair, writer: Person, mode: str) -> None:
    """The letter leaves when nothing more comes for a while."""
    if mode == "gather":
        for there, letter in gathered(desk, writer):  # whoever never pauses is not kept waiting for ever
            if there.id == pair.id and _weight([letter]) * 2 >= desk.policy.limits.waiting_lines:
                send(desk, pair, writer, letter)
                return
        due = desk.now + timedelta(minutes=desk.policy.reach.gather_minutes)
        desk.plan("words-send", f"words {pair.id} {writer.id}", due)


def put(
    desk: Desk,
    pair: Pair,
    reader: Person,
    lines: list[str],
    receipt_: str,
    *,
    held: bool,
    via: str = "",
    subject: str = "",
) -> None:
    """Write a letter of words, which claims that the pair is open."""
    desk.tell(
        reader,
        *lines,
        to=reader.home,
        claim=claim(pair),
        receipt=receipt_,
        about=f"M{pair.id}",
        via=via,
        subject=subject,
    )
    if held:
        letter = next(x for x in desk.letters.where("person", reader.id) if x.receipt == receipt_)
        desk.change(letter, held=True)
        plan_expiry(desk, reader)


# ------------------------------------------------------------------------------------------- gathered words


def gathered(desk: Desk, writer: Person) -> list[tuple[Pair, Letter]]:
    """What this person wrote to readers of mail and is still being gathered."""
    found = []
    for side in desk.participants.where("person", writer.id):
        pair = desk.pairs[side.pair]
        if len(desk.participants.where("pair", pair.id)) == 2:
            mine = on_the_way(desk, pair, writer, pairs.partner(desk, pair, writer))
            found += [(pair, x) for x in mine if x.held and mode_of(x) == "gather"]
    return found


def send(desk: Desk, pair: Pair, writer: Person, letter: Letter) -> None:
    """Let gathered words leave, or keep them if they must not reach anybody now."""
    desk.cancel("words-send", f"words {pair.id} {writer.id}")
    reader = desk.people[letter.person]
    if held_back(desk, pair, reader):
        desk.change(letter, receipt=receipt(desk, pair, writer, "kept"))
        desk.tell(writer, words.kept())
    elif refused_now(desk, pair, writer, reader):
        desk.drop(letter)
    else:
        _let_go(desk, letter, reader)
    plan_expiry(desk, reader)


def _let_go(desk: Desk, letter: Letter, reader: Person) -> None:
    if letter.style is desk.style(reader.home):  # their time goes on: words are kept so long and no longer
        desk.change(letter, held=False, to=reader.home)
    else:
        outbox.move(desk, letter, reader.home, held=False)


def more(desk: Desk, reader: Person) -> tuple[tuple[str, ...], int]:
    """The next lines of a long text whose beginning the reader has had, and how many are left after them."""
    waiting = sorted((x for x in _mine(desk, reader) if x.receipt.startswith(MORE)), key=lambda x: x.id)
    for letter in list(waiting):
        found = of_receipt(desk, letter.receipt)
        if found is None or found[0].stage not in OPEN:
            desk.drop(letter)
            waiting.remove(letter)
    if not waiting:
        return (), 0
    first, most = waiting[0], desk.policy.reach.more_lines
    if len(first.text) > most:
        waiting[0] = desk.change(first, text=first.text[most:])
    else:
        desk.drop(first)
        waiting.pop(0)
    plan_expiry(desk, reader)
    return first.text[:most], sum(len(x.text) for x in waiting)


def refused_now(desk: Desk, pair: Pair, writer: Person, reader: Person) -> bool:
    """Whether nothing can reach the reader because their mailbox refuses mail; the writer and moderators know then."""
    box = desk.mailboxes.get(reader.home)
    if box is None or box.refusing_since is None:
        return False
    other = letters_out.elsewhere(desk, reader, reader.home)
    if other:
        return False
    _refuses(desk, pair, writer, reader, box.refusing_since)
    return True


def cut_off(desk: Desk, person: Person) -> None:
    """Mail to somebody comes back for good and they have no other address: their partners hear it, once."""
    box = desk.mailboxes.get(person.home)
    if box is None or box.refusing_since is None or letters_out.elsewhere(desk, person, person.home):
        return
    for pair in pairs.of(desk, person):
        writer = pairs.partner(desk, pair, person)
        side = desk.participants[(pair.id, writer.id)]
        if side.unread < 2 and not pair.place:
            desk.change(side, unread=2)
            said = words.mailbox_may_have_lost(person.name, box.refusing_since, people.zone(writer))
            desk.tell(writer, said, about=f"M{pair.id}")
            people.tell_team(
                desk,
                words.team_mailbox(pair.id, person.name, box.refusing_since),
                hidden_from=cases.concerned(desk, pair),
                about=f"M{pair.id}",
            )


def _refuses(desk: Desk, pair: Pair, writer: Person, reader: Person, since: datetime) -> None:
    desk.tell(writer, words.mailbox_refuses(reader.name, since, people.zone(writer), desk.now), about=f"M{pair.id}")
    side = desk.participants[(pair.id, writer.id)]
    if side.unread < 2:
        desk.change(side, unread=2)
        said = words.team_mailbox(pair.id, reader.name, since)
        people.tell_team(desk, said, about=f"M{pair.id}", hidden_from=cases.concerned(desk, pair))


# ------------------------------------------------------------------------------------------- words that are held


def _mine(desk: Desk, reader: Person) -> list[Letter]:
    """Words for the reader that are held back, or the rest of them."""
    return [x for x in desk.letters.where("person", reader.id) if x.held and x.receipt.startswith((RELAY, MORE))]


def plan_expiry(desk: Desk, reader: Person) -> None:
    """Words that are held back have nobody to look at their age, so a timer does."""
    ages = [x.expires_at for x in _mine(desk, reader) if x.expires_at is not None]
    if ages:
        desk.plan("words-expire", f"words {reader.id}", min(ages))
    else:
        desk.cancel("words-expire", f"words {reader.id}")


def expire(desk: Desk, reader: Person) -> None:
    """Held words are deleted when their time is over; each writer is told once."""
    told: set[tuple[int, int]] = set()
    for letter in _mine(desk, reader):
        if letter.expires_at is None or letter.expires_at > desk.now:
            continue
        desk.drop(letter)
        found = of_receipt(desk, letter.receipt) if letter.receipt.startswith(RELAY) else None
        if found is not None and (found[0].id, found[1].id) not in told:
            pair, writer = found
            told.add((pair.id, writer.id))
            hours = desk.policy.reach.letter_hours
            said = words.kept_too_long(reader.name, letter.written_at, people.zone(writer), hours)
            desk.tell(writer, said)
    plan_expiry(desk, reader)


def of_receipt(desk: Desk, receipt: str) -> tuple[Pair, Person] | None:
    """The pair and the writer a receipt names, while both are there."""
    parts = receipt.removeprefix(RELAY).removeprefix(MORE).split()
    pair, writer = desk.pairs.get(int(parts[0])), desk.people.get(int(parts[1]))
    return (pair, writer) if pair is not None and writer is not None else None


def release(desk: Desk, reader: Person) -> int:
    """Let held words go that nothing holds back any more; returns how many left."""
    count = 0
    for letter in _mine(desk, reader):
        kept = letter.receipt.startswith(RELAY) and mode_of(letter) == "kept"
        found = of_receipt(desk, letter.receipt) if kept else None
        if found is None or found[0].stage not in ACTIVE_PAIRS or held_back(desk, found[0], reader):
            continue
        if refused_now(desk, *found, reader):
            desk.drop(letter)
            continue
        _let_go(desk, letter, reader)
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
            rest = f"{MORE}{side.pair} {person.id} "
            for letter in desk.letters.where("person", reader.id):
                if letter.receipt.startswith((f"{RELAY}{side.pair} {person.id} ", rest)):
                    desk.drop(letter)
            desk.cancel("words-send", f"words {side.pair} {person.id}")
            plan_expiry(desk, reader)
    kept_files.forget(desk, person)


# ---------------------------------------------------------------------------------------- what became of it


def settled(desk: Desk, letter: Letter, reference: str, outcome: str, reason: str) -> None:
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
        if mode not in SILENT or side.unread:
            desk.tell(writer, _delivered(desk, letter, writer, reader), about=f"M{pair.id}")
        if side.unread:
            desk.change(side, unread=0)
    elif pair.stage not in ACTIVE_PAIRS:
        # While a farewell is on its way nothing may show that words go nowhere; afterwards it is said.
        if outcome == "undeliverable" and pair.stage != "ending":
            desk.tell(writer, words.over(pair.id, reader.name))
    elif outcome == "waiting":
        if not side.unread:
            desk.change(side, unread=1)
            if mode != "quiet":
                _tell_waiting(desk, pair, writer, letter, reason)
    elif side.unread < 2:
        _tell_given_up(desk, pair, writer, letter, reason)


def _delivered(desk: Desk, letter: Letter, writer: Person, reader: Person) -> str:
    """The truth about words that left, with the medium where it is not the writer's own."""
    zone, there = people.zone(writer), medium(letter.to)
    if letter.style is Style.LETTER:
        return words.mailed(reader.name, desk.now, zone)
    elsewhere = there if there != medium(writer.home) else ""
    return words.delivered(reader.name, desk.now, zone, elsewhere)


def _tell_waiting(desk: Desk, pair: Pair, writer: Person, letter: Letter, reason: str) -> None:
    reader, reach = desk.people[letter.person], desk.policy.reach
    several = len({medium(name) for name in desk.policy.networks}) > 1
    said = words.waiting(
        reader.name,
        medium(letter.to),
        reachable=not reason.startswith(letters_out.NOT_CONNECTED),
        hours=reach.letter_hours,
        elsewhere=reach.elsewhere_hours if several and not letter.moved else 0,
    )
    desk.tell(writer, said, about=f"M{pair.id}")


def _tell_given_up(desk: Desk, pair: Pair, writer: Person, letter: Letter, reason: str) -> None:
    """A mail server's reason may hold an address, so only moderators may read it."""
    reader, about = desk.people[letter.person], f"M{pair.id}"
    box = desk.mailboxes.get(letter.to)
    if reason == "expired":
        desk.tell(writer, words.expired(reader.name, desk.policy.reach.letter_hours), about=about)
    elif letter.style is Style.LETTER:
        since = (box.refusing_since if box is not None else None) or desk.now
        _refuses(desk, pair, writer, reader, since)
        return
    else:
        desk.tell(writer, words.refused(reader.name, reason), about=about)
    desk.change(desk.participants[(pair.id, writer.id)], unread=2)
    said = words.team_unreachable(pair.id, writer.name, reader.name, reason)
    people.tell_team(desk, said, about=f"M{pair.id}", hidden_from=cases.concerned(desk, pair))


# ------------------------------------------------------------------------------------------- soundness


def unsound(desk: Desk) -> str:
    """Words can never arrive after a farewell, and never lie in the outbox for ever."""
    for letter in desk.letters.changed.values():
        if letter is None or not letter.receipt.startswith((RELAY, MORE)):
            continue
        if not letter.person or not letter.claim.startswith("pair ") or letter.expires_at is None:
            return f"words in letter {letter.id} are not tied to a person, a pair and a time"
    return ""
