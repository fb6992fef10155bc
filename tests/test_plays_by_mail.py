"""Every play with its private words as mail: each line becomes a letter, and what is stored is the same (invariant 10).

What a line answers is written under the question's label, as mail programs do it. What was said to whom differs by design;
what is true afterwards does not.
"""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from relaybot import forms
from relaybot.decide import object_named
from relaybot.desk import Desk, Programme
from relaybot.events import Heard, Moment
from relaybot.model import Block, Dialogue, Message, Person, Style
from relaybot.reading import CODE
from relaybot.words.enrolment import LABELS
from tests.play import NAME, NETWORK, PLACES, Player, World

SHOWN = re.compile(r"\b(?:[0-9A-Z]{4}-){2}[0-9A-Z]{4}\b")

PLAYS = [
    path
    for path in sorted((Path(__file__).parent / "plays").glob("*.play"))
    if not re.search(r"^(?:network|list) ", path.read_text(encoding="utf-8"), re.M)  # these are by mail already
]

# Plays that are about what only chat has, and why their state cannot be the same.
_AT_ONCE = "one letter asks these questions together, and what a reply leaves out counts as skipped (tests/test_styles.py)"
CHAT_ONLY = {
    "farewell_both": _AT_ONCE,
    "farewell_urgent": _AT_ONCE,
    "several_lines": _AT_ONCE,
    "join_exits": "by mail nothing is shown once more before it is handed in, so nothing can be changed there",
}


class EvenWorld(World):
    """A world in which chance is the same for every event, so that two of them can be compared."""

    def moment(self) -> Moment:
        """Now, with a nonce that depends on nothing else."""
        return Moment(self.now, int(self.now.timestamp()).to_bytes(16, "big"))


class MailWorld(EvenWorld):
    """A world in which people write letters in private; places stay what they are."""

    def say(self, who: str, text: str, place: str = "") -> None:
        """Someone writes a letter, or says something in a place."""
        where = PLACES.get(place) or (f"{NETWORK}/#{NAME}-{place}" if place else "")
        sender = f"{NETWORK}/{who}" if self.vouched.get(who, True) else ""
        self.fire_until(self.now)
        blocks = self.blocks(sender, text)
        if blocks and blocks[0].quoted == LABELS["learn"] and text == "yes":
            return  # whether the account is theirs is asked on IRC only
        message = Message(
            network=NETWORK,
            sender=sender,
            reply=f"{NETWORK}/~{who}",
            name=who,
            text=text,
            place=where,
            programme=NAME if place else "",
            addressed=not place or text.startswith("!"),
            style=Style.LINE if place else Style.LETTER,
            blocks=blocks,
        )
        about = object_named(self.programme, message, Moment(self.now, b""))
        self.happen(Heard(message, self.entries(about) if about else ()))
        self.send_code(who, message)

    def send_code(self, who: str, message: Message) -> None:
        """A moderator who is asked for a code by mail answers with it."""
        address = self.programme.tables.addresses.rows.get(message.sender)
        mine = self.programme.tables.dialogues.rows.values()
        asked = next((d for d in mine if address is not None and d.person == address.person and d.form == CODE), None)
        if asked is None or message.place:
            return
        code = next(found[0] for to, line in self.said if to == who and (found := SHOWN.search(line)))
        self.said.clear()
        self.happen(Heard(replace(message, text=code, about=f"D{asked.id}", blocks=())))

    def blocks(self, sender: str, text: str) -> tuple[Block, ...]:
        """The words under the label of the question they answer, where a letter asked several."""
        address = self.programme.tables.addresses.rows.get(sender)
        if address is None:
            return ()
        desk = Desk(self.programme, self.moment())
        dialogue = forms.open_for(desk, desk.people[address.person])
        if dialogue is None or dialogue.form != "join":
            return ()
        return (Block(LABELS[dialogue.asking], text),) if dialogue.asking in LABELS else ()


class Silent(Player):
    """Plays the lines and looks only at what is true in the end."""

    def __init__(self, path: Path, style: Style) -> None:
        super().__init__(path)
        self.style = style

    @property
    def world(self) -> World:
        """A world of lines or of letters."""
        if self._world is None:
            made = super().world
            kind = MailWorld if self.style is Style.LETTER else EvenWorld
            networks = {
                name: network.model_copy(update={"style": Style.LETTER, "identity": "mail"})
                if name == NETWORK and self.style is Style.LETTER
                else network
                for name, network in made.programme.policy.networks.items()
            }
            settings = made.programme.policy.model_copy(update={"networks": networks})
            self._world = kind(Programme(NAME, settings), made.now, style=self.style)
        return super().world

    def expect(self, reader: str, wanted: str) -> None:
        """Nothing: the words differ."""

    def settled(self) -> None:
        """Nothing is looked at."""


def stored(w: World) -> dict[str, Any]:
    """What is stored, without what says how it was said: letters, dialogues, serial numbers, one-time codes."""
    found: dict[str, Any] = {}
    for kind, table in w.programme.tables.by_kind.items():
        if kind in {"letter", "dialogue", "tally", "code"}:
            continue
        # by mail an unfinished application is recalled once, on another day
        rows = [
            asdict(r) if not isinstance(r, Person) else asdict(replace(r, unasked=()))
            for r in table.rows.values()
            if getattr(r, "name", "") != "nudge unfinished"
        ]
        found[kind] = sorted((without_serials(row) for row in rows), key=repr)
    return found


def without_serials(row: dict[str, Any]) -> dict[str, Any]:
    """A record without the numbers that count letters as well: those of feedback, in its own record and its timer."""
    return {
        key: re.sub(r"[0-9]{16,}", "n", str(value)) if key in {"id", "about"} else value for key, value in row.items()
    }


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_the_same_is_stored_by_mail(path: Path) -> None:
    """Said line by line or written as letters, the same people, pairs, hours, cases and timers are there in the end."""
    if path.stem in CHAT_ONLY:
        pytest.skip(CHAT_ONLY[path.stem])
    line, letter = Silent(path, Style.LINE).run(), Silent(path, Style.LETTER).run()

    for kind, rows in stored(line).items():
        assert stored(letter)[kind] == rows, kind
