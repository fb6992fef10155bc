"""A play's world in which people write letters in private, answered below the question's label; chance is even."""

from __future__ import annotations

import re
from dataclasses import replace

from relaybot import forms
from relaybot.decide import object_named
from relaybot.desk import Desk
from relaybot.events import Heard, Moment
from relaybot.model import Block, Message, Style
from relaybot.reading import CODE
from relaybot.words.enrolment import LABELS
from tests.play import NAME, NETWORK, PLACES, World

SHOWN = re.compile(r"\b(?:[0-9A-Z]{4}-){2}[0-9A-Z]{4}\b")


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
            style=Style.LINE if place or self.asks_several(sender) else Style.LETTER,
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
        code = next(found[0] for to, line in reversed(self.said) if to == who and (found := SHOWN.search(line)))
        self.said.clear()
        self.happen(Heard(replace(message, text=code, about=f"D{asked.id}", blocks=())))

    def asks_several(self, sender: str) -> bool:
        """Whether a letter asked several questions, which a play answers one by one: those lines stay lines."""
        address = self.programme.tables.addresses.rows.get(sender)
        if address is None:
            return False
        desk = Desk(self.programme, self.moment())
        dialogue = forms.open_for(desk, desk.people[address.person])
        if dialogue is None or dialogue.form == "join":
            return False
        return len(forms.together(desk, dialogue, forms.missing(desk, dialogue))) > 1

    def blocks(self, sender: str, text: str) -> tuple[Block, ...]:
        """The words under the label of the question they answer, where a letter asked several."""
        address = self.programme.tables.addresses.rows.get(sender)
        if address is None:
            return ()
        desk = Desk(self.programme, self.moment())
        dialogue = forms.open_for(desk, desk.people[address.person])
        if dialogue is None or dialogue.form != "join" or "\n" in text:
            return ()
        return (Block(LABELS[dialogue.asking], text),) if dialogue.asking in LABELS else ()
