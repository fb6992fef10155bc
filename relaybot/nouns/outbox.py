"""The outbox: moving letters that wait to another address, in their order, with their receipts.

A letter that moves gets a new number: its old one may lie with a postman, who drops what the outbox does not hold.
"""

from __future__ import annotations

from dataclasses import replace

from relaybot.desk import Desk
from relaybot.model import Letter, Person, Style, medium
from relaybot.words import letters as words
from relaybot.words import relaying


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
