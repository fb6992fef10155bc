"""The outbox: moving letters that wait to another address, in their order, with their receipts; and what several become one.

A letter that moves gets a new number: its old one may lie with a postman, who drops what the outbox does not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from relaybot.desk import Desk
from relaybot.model import Decision, Drop, Letter, Person, Put, Style, medium
from relaybot.words import letters as words
from relaybot.words import relaying

JOINED_LINES_MAX = 60
TOGETHER = timedelta(minutes=1)  # letters whose time ends so far apart are worth the same for as long


def move(desk: Desk, letter: Letter, to: str, **fields: object) -> Letter:
    """Write a letter once more, to another address or with other fields; the earlier one is gone."""
    desk.drop(letter)
    style = desk.style(to)
    moved = replace(letter, id=desk.serial(), to=to, style=style, tried_at=None, **fields)  # type: ignore[arg-type]
    if style is not letter.style:
        moved = replace(_of_a_partner(desk, moved) or replace(moved, text=_told(desk, moved)), thread="")
    desk.put(moved)
    return moved


def _of_a_partner(desk: Desk, letter: Letter) -> Letter | None:
    """Words of a partner say whose they are: each line of a chat, a letter in its From line; None for any other letter."""
    head, *rest = letter.receipt.split(" ")
    writer = desk.people.get(int(rest[1])) if head == "relay" else None
    if writer is None:
        return None
    if letter.style is Style.LINE:
        return replace(letter, text=tuple(relaying.carried(writer.name, line) for line in letter.text[:-1]), via="")
    said = tuple(line.removeprefix(relaying.carried(writer.name, "")) for line in letter.text)
    text = (*said, relaying.how_to_answer(writer.name, medium(writer.home)))
    return replace(letter, text=text, via=writer.name, subject=relaying.writes_to_you(writer.name))


def _told(desk: Desk, letter: Letter) -> tuple[str, ...]:
    """No signature for what becomes lines; what becomes a letter is given one by the desk."""
    if letter.style is Style.LETTER:
        return letter.text
    head = words.signature(desk.title, ()).partition(" (")[0]
    return letter.text[:-1] if len(letter.text) > 1 and letter.text[-1].startswith(head) else letter.text


def waiting(desk: Desk, person: Person, address: str = "") -> list[Letter]:
    """The person's letters that may still move (at an address, or anywhere), oldest first.

    Not those that may have arrived, nor those whose time is over, nor a card, which stays one message where it is.
    """
    found = [
        x
        for x in desk.letters.where("person", person.id)
        if x.tried_at is None
        and not x.card
        and (x.expires_at is None or x.expires_at > desk.now)
        and (not address or x.to == address)
    ]
    return sorted(found, key=lambda x: x.id)


# ------------------------------------------------------------------------------ several letters in one


def joined(decisions: Sequence[Decision], since: Mapping[str, int]) -> tuple[list[Decision], dict[str, Decision]]:
    """What one batch says to one reader of a chat as one letter, each line once; `since` is each programme's serial before it.

    Returns the decisions to store, and for each programme what changes where they are true already.
    """
    written = [change.record for decision in decisions for change in decision if isinstance(change.record, Letter)]
    times = Counter((letter.programme, letter.id) for letter in written)
    heads: dict[tuple[str, str, int], Letter] = {}
    became: dict[tuple[str, int], Letter | None] = {}  # None: it is part of another one now
    for letter in sorted(written, key=lambda one: one.id):
        reader, key = (letter.programme, letter.to, letter.person), (letter.programme, letter.id)
        if letter.id <= since[letter.programme] or times[key] > 1 or not _is_plain(letter):
            heads.pop(reader, None)  # what comes after it must not overtake it
            continue
        head = heads.get(reader)
        if head is not None and _go_together(head, letter):
            letter = _one(head, letter)  # noqa: PLW2901 - goes on as the head
            became[key] = None
            became[head.programme, head.id] = letter
        heads[reader] = letter
    if not became:
        return list(decisions), {}
    extra: dict[str, list[Put | Drop]] = {}
    gone = {(one.programme, one.id): one for one in written}
    for key, one in became.items():
        extra.setdefault(key[0], []).append(Put(one) if one is not None else Drop(gone[key]))
    return [_with(decision, became) for decision in decisions], {name: tuple(found) for name, found in extra.items()}


def _with(decision: Decision, became: Mapping[tuple[str, int], Letter | None]) -> Decision:
    found: list[Put | Drop] = []
    for change in decision:
        record = change.record
        one = became.get((record.programme, record.id), record) if isinstance(record, Letter) else record
        if one is not None:
            found.append(change if one is record else Put(one))
    return tuple(found)


def _is_plain(letter: Letter) -> bool:
    """Whether nothing hangs on this very letter: no receipt, no condition, nothing but its words."""
    hangs = letter.claim or letter.receipt or letter.invite or letter.close or letter.card or letter.via
    apart = letter.held or letter.moved or letter.listed or letter.tried_at is not None
    return letter.style is Style.LINE and bool(letter.text) and not hangs and not apart and not letter.files


def _go_together(head: Letter, letter: Letter) -> bool:
    """Whether one message can be both: a reply to it has to be about one thing only."""
    if (head.thread, head.urgency) != (letter.thread, letter.urgency) or len(head.text) >= JOINED_LINES_MAX:
        return False
    one_thing = not head.about or not letter.about or head.about == letter.about
    ends = (head.expires_at or head.written_at, letter.expires_at or letter.written_at)
    return one_thing and max(ends) - min(ends) <= TOGETHER


def _one(head: Letter, letter: Letter) -> Letter:
    new = tuple(line for line in letter.text if line not in head.text)
    ends = [one.expires_at for one in (head, letter) if one.expires_at is not None]
    return replace(head, text=(*head.text, *new), about=head.about or letter.about, expires_at=max(ends, default=None))
