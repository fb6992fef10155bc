"""An IRC play's world in which what people say in private goes by real mail, and what they say in channels does not.

Everybody has both addresses and is written to by mail. Who is asked something answers that letter; who says something
new writes a new mail. A play's answers come one by one, so each is written where a mail program's user would put it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Address, Change, Dialogue, Person, Put, Style
from relaybot.policy import Network
from relaybot.reading import CODE
from relaybot.words.enrolment import LABELS
from tests.mail_wire import MailWire, about_of
from tests.play import NAME
from tests.play_people import MAIL_DOMAIN

MAIL = Network(style=Style.LETTER, identity="mail", pair_places=False)


class PrivateMail(MailWire):
    """A MailWire for plays that know of no mail."""

    def __init__(self, *given: Any) -> None:
        self.half: tuple[str, list[str]] = ("", [])  # who has answered some of the questions of one letter, and how
        super().__init__(*given)

    def make(self, *changes: Change) -> None:
        """Whoever a stage direction puts there has a mail address too, and is written to by mail."""
        super().make(*(made for change in changes for made in self._with_mail(change)))

    def _with_mail(self, change: Change) -> list[Change]:
        record = change.record
        if isinstance(record, Person) and record.home.startswith(f"{self.network}/"):
            return [Put(replace(record, home=self._mail_of(record.home)))]
        if isinstance(record, Address) and record.address.startswith(f"{self.network}/"):
            return [Put(replace(record, address=self._mail_of(record.address))), change]
        return [change]

    def _mail_of(self, address: str) -> str:
        return f"mail/{address.partition('/')[2]}@{MAIL_DOMAIN}"

    def say(self, who: str, text: str, place: str = "") -> None:
        """Said in a channel, or mailed. Who is not known yet begins by mail: a channel could not know who it is."""
        if who != self.half[0] or place:
            self._finish()
        new = self._person(who) is None
        if place and not (new and place == "public"):
            self._in_channel(who, text, place)
        else:
            self._private(who, text.removeprefix("!"))
        person = self._person(who)
        if new and person is not None:
            super().make(Put(Address(NAME, f"{self.network}/{who}", person.id)))

    def _in_channel(self, who: str, text: str, place: str) -> None:
        """In a channel; pairs who met by mail have none, and say in private that they are there."""
        tables = self.programme.tables
        pair = tables.pairs.rows.get(int(place[1:])) if place[1:].isdigit() else None
        if pair is not None and not pair.place:
            self._private(who, "here")
        else:
            super().say(who, text, place)

    def _person(self, who: str) -> Person | None:
        found = self.programme.tables.addresses.rows.get(f"mail/{who}@{MAIL_DOMAIN}")
        return self.programme.tables.people.rows.get(found.person) if found is not None else None

    def _private(self, who: str, text: str) -> None:
        person = self._person(who)
        desk = Desk(self.programme, self.moment())
        dialogue = forms.open_for(desk, person) if person is not None else None
        if dialogue is None:
            self._run(self._write(who, text, ""))
        elif dialogue.form == "join" and dialogue.asking == "learn" and text == "yes":
            return  # whether the account is theirs is asked on IRC only
        elif (several := _several(desk, dialogue)) > 1:
            both = re.fullmatch(r"rematch (\w+)\. (yes|no)", text)  # two answers in one line of chat
            self.half = (who, [*self.half[1], *(both.groups() if both else [text])])
            if len(self.half[1]) == several:
                self._finish()
        else:
            self._run(self._reply(who, _placed(dialogue, text)))
        self._send_code(who)

    def _finish(self) -> None:
        """Send the answers to a letter that asked several questions, all in one mail."""
        (who, said), self.half = self.half, ("", [])
        if said:
            self._run(self._reply(who, "\n".join(f"{number}) {text}" for number, text in enumerate(said, 1))))

    def pass_until(self, moment: datetime) -> None:
        """Time passes; nobody keeps half a letter."""
        self._finish()
        super().pass_until(moment)

    def _send_code(self, who: str) -> None:
        """A moderator who is asked for a code answers that letter with it."""
        person = self._person(who)
        mine = self.programme.tables.dialogues.rows.values()
        asked = next((d for d in mine if person is not None and d.person == person.id and d.form == CODE), None)
        if asked is not None:
            self._run(self._write(who, self.code, f"D{asked.id}"))

    async def _reply(self, who: str, text: str) -> None:
        """An answer to the newest letter that has a Reply-To with a token."""
        address = f"{who}@{MAIL_DOMAIN}"
        letter = next(x for x in reversed(self.got[address]) if about_of(x))
        mail = self._begin(who, address)
        self._answer(mail, text, letter)
        await self._hand_in(mail, address, mail["To"].addresses[0].addr_spec)


def _several(desk: Desk, dialogue: Dialogue) -> int:
    """How many numbered questions the letter asks; some forms have a letter of their own, which is answered in words."""
    if forms.FORMS[dialogue.form].letter is not None:
        return 1
    return len(forms.together(desk, dialogue, forms.missing(desk, dialogue)))


def _placed(dialogue: Dialogue, text: str) -> str:
    """An answer where it belongs: below the line of the question it answers."""
    if dialogue.form == "join" and dialogue.asking == "reach":  # asked only where there is a second medium
        return f"> {LABELS['reach']}:\nskip\n\n> {LABELS['rules']}:\n{text}\n"
    if dialogue.form == "join" and dialogue.asking in LABELS:
        return f"> {LABELS[dialogue.asking]}:\n{text}\n"
    return text
