"""The desk: the working copy one decision is made on, with the few verbs a decision is made of.

`put` and `drop` change records; `tell` writes to a person in private, `post` to a place; `plan` and
`cancel` set timers; `note` writes the journal. `tell` and `post` are different verbs on purpose:
private things go to private places. What one decision says to one reader of letters becomes one letter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeVar

from relaybot.events import Moment
from relaybot.model import (
    Decision,
    Drop,
    Enclosure,
    Entry,
    Invitation,
    Letter,
    Message,
    Person,
    Put,
    Record,
    Style,
    Tally,
    Timer,
    Urgency,
)
from relaybot.policy import Network, Policy
from relaybot.tables import OF_KIND, Tables, View
from relaybot.words import common, subjects
from relaybot.words import letters as words
from relaybot.words.laying_out import laid_out

R = TypeVar("R", bound=Record)

BRISK = timedelta(hours=1)  # what is worth nothing after that (lines of a clock) is said without a greeting


def serial_of(milliseconds: int) -> int:
    """The first serial number of a millisecond since 1970: 4,096 fit into one."""
    return milliseconds << 12


class Programme:
    """A mentoring programme: its name, its settings, and everything true in it now."""

    def __init__(self, name: str, policy: Policy) -> None:
        self.name = name
        self.policy = policy
        self.tables = Tables()
        self.serial = 0

    def apply(self, decision: Decision) -> Decision:
        """Make a decision true; returns the decision that undoes it."""
        for change in decision:
            number = getattr(change.record, "id", 0)
            if isinstance(number, int) and number > self.serial:
                self.serial = number
        return tuple(self.tables.apply(decision))


class Desk:
    """One decision in the making. Nothing leaves it but `changes()`."""

    def __init__(self, programme: Programme, moment: Moment) -> None:
        self.programme = programme
        self.policy: Policy = programme.policy
        self.now: datetime = moment.now
        self.networks = moment.networks
        self.heard: Message | None = None  # what is being answered
        self._nonce = moment.nonce
        self._serial = programme.serial
        self._draws = 0
        self._entries: list[Entry] = []
        tables = programme.tables
        self.people = View(tables.people)
        self.addresses = View(tables.addresses)
        self.applications = View(tables.applications)
        self.dialogues = View(tables.dialogues)
        self.pairs = View(tables.pairs)
        self.participants = View(tables.participants)
        self.meetings = View(tables.meetings)
        self.cases = View(tables.cases)
        self.memos = View(tables.memos)
        self.feedback = View(tables.feedback)
        self.avoids = View(tables.avoids)
        self.codes = View(tables.codes)
        self.mailboxes = View(tables.mailboxes)
        self.subscriptions = View(tables.subscriptions)
        self.posts = View(tables.posts)
        self.files = View(tables.files)
        self.timers = View(tables.timers)
        self.letters = View(tables.letters)
        self.tallies = View(tables.tallies)
        self.views: dict[str, View[Any]] = {kind: getattr(self, name) for kind, name in OF_KIND.items()}

    @property
    def name(self) -> str:
        """The programme's name, which every record carries."""
        return self.programme.name

    # ------------------------------------------------------------------------------------ records

    def put(self, record: Record) -> None:
        """Write a record, new or in place of the one with its key."""
        self.views[record.kind].put(record)

    def drop(self, record: Record) -> None:
        """Remove a record."""
        self.views[record.kind].drop(record)

    def changes(self) -> Decision:
        """What this desk decided, each record once, in a fixed order."""
        self._say_how_late()
        self._seal()
        found: list[Put | Drop] = []
        for kind, view in self.views.items():
            if not view.changed:
                continue
            rows = self.programme.tables.by_kind[kind].rows
            for key, record in view.changed.items():
                if record is not None:
                    found.append(Put(record))
                elif key in rows:
                    found.append(Drop(rows[key]))
        found.extend(Put(entry) for entry in self._entries)
        return tuple(found)

    def number(self, kind: str) -> int:
        """The next number for an application, pair, meeting...: they count up and are never reused."""
        tally = self.tallies.get(kind)
        value = (tally.value if tally else 0) + 1
        self.put(Tally(self.name, kind, value))
        return value

    def serial(self) -> int:
        """A number larger than every serial before, also across restarts (it contains the time)."""
        self._serial = max(self._serial + 1, serial_of(int(self.now.timestamp() * 1000)))
        return self._serial

    def draw(self, below: int) -> int:
        """A number from 0 to below-1 that nobody can guess, from the nonce handed in."""
        self._draws += 1
        digest = blake2b(self._nonce + self._draws.to_bytes(4, "big"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % below

    # ------------------------------------------------------------------------------------ letters

    def tell(  # noqa: PLR0913 - all that a letter may have, each by its name
        self,
        person: Person,
        *lines: str,
        urgency: Urgency = Urgency.PERSONAL,
        claim: str = "",
        expires_at: datetime | None = None,
        receipt: str = "",
        about: str = "",
        subject: str = "",
        via: str = "",
        invitations: tuple[Invitation, ...] = (),
        files: tuple[Enclosure, ...] = (),
        to: str = "",
        card: str = "",
    ) -> None:
        """Write to one person in private; lines may be empty strings (left out).

        It goes to the address they like, or where they are just being answered, or `to` the one given. `about` and
        what follows it is for those who read letters; chat media do without.
        """
        letter = self._letter(to or self.reached(person), lines, urgency, expires_at)
        self._write(
            replace(
                letter,
                person=person.id,
                claim=claim,
                receipt=receipt,
                about=about,
                subject=subject,
                via=via,
                invitations=invitations,
                files=files,
                card=card,
            )
        )

    def reached(self, person: Person) -> str:
        """Where a conversation with somebody goes on: where they just wrote from, else the address they like."""
        heard = self.heard
        if heard is not None and not heard.place and heard.sender != person.home:
            address = self.addresses.get(heard.sender)
            if address is not None and address.verified and address.person == person.id:
                return heard.sender
        return person.home

    def answer(self, person: Person, address: str, *lines: str, about: str = "") -> None:
        """Answer a person at the address they just used, whichever one they prefer otherwise."""
        self._write(replace(self._letter(address, lines, Urgency.PERSONAL), person=person.id, about=about))

    def post(  # noqa: PLR0913 - as tell
        self,
        place: str,
        *lines: str,
        urgency: Urgency = Urgency.PERSONAL,
        claim: str = "",
        expires_at: datetime | None = None,
        receipt: str = "",
        invite: Iterable[str] = (),
        close: bool = False,
        about: str = "",
        subject: str = "",
        card: str = "",
    ) -> None:
        """Write to a place (channel, room) where several people read, or to an address nobody is known at."""
        letter = self._letter(place, lines, urgency, expires_at)
        self._write(
            replace(
                letter,
                claim=claim,
                receipt=receipt,
                invite=tuple(invite),
                close=close,
                about=about,
                subject=subject,
                card=card,
            )
        )

    def _letter(self, to: str, lines: Iterable[str], urgency: Urgency, expires_at: datetime | None = None) -> Letter:
        """A letter with a number, not yet in the outbox."""
        expiry = expires_at or self.now + timedelta(hours=self.policy.reach.letter_hours)
        text, style = tuple(line for line in lines if line), self.style(to)
        text = text if style is Style.LETTER else tuple(map(str, text))
        thread = self._thread(to) if style is Style.LINE else ""
        return Letter(
            self.name, self.serial(), to, text, urgency, self.now, expires_at=expiry, style=style, thread=thread
        )

    def _thread(self, to: str) -> str:
        """Below which message of a chat an answer is shown: where it was said; of what was said long ago in private all in one."""
        heard = self.heard
        if heard is None or heard.style is Style.LETTER:
            return ""
        if heard.place:
            return heard.thread if to == heard.place else ""
        return heard.thread if self._is_answer(to) and heard.said_at is None else ""

    def _write(self, letter: Letter) -> None:
        if letter.text or letter.invite or letter.close:
            self.put(letter)

    def _say_how_late(self) -> None:
        """What is answered long after it was said begins with that, for whoever said it."""
        heard, rows = self.heard, self.programme.tables.letters.rows
        if heard is None or heard.said_at is None:
            return
        answers = [
            letter
            for letter in self.letters.changed.values()
            if letter is not None and letter.id not in rows and letter.text and self._is_answer(letter.to)
        ]
        if answers:
            first = min(answers, key=lambda letter: letter.id)
            reader = self.people.get(first.person)
            late = common.heard_late(heard.said_at, reader.zone if reader is not None else "")
            self.put(replace(first, text=(late, *first.text)))

    def _seal(self) -> None:
        """Make one letter of all that was said to a reader of letters: with a signature, below what it answers."""
        rows = self.programme.tables.letters.rows
        loose: dict[tuple[str, str], list[Letter]] = {}
        alone: list[Letter] = []  # what became of it is reported, so it stays a letter of its own
        for letter in self.letters.changed.values():
            if letter is None or letter.style is not Style.LETTER or letter.id in rows:
                continue
            if letter.via or letter.held or letter.listed or not letter.text:
                continue
            if letter.receipt:
                alone.append(letter)
                continue
            # What may leave only while it is so keeps a letter of its own; but an answer is one, and dates mend themselves.
            together = self._is_answer(letter.to) or letter.invitations
            loose.setdefault((letter.to, "" if together else letter.claim), []).append(letter)
        for letter in alone:
            self.put(self._sealed(letter.to, [letter]))
        for (to, _), parts in loose.items():
            for part in parts[1:]:
                del self.letters.changed[part.id]
            self.put(self._sealed(to, parts))

    def _sealed(self, to: str, parts: list[Letter]) -> Letter:
        heard = self.heard if self._is_answer(to) else None
        about = _most_private([part.about for part in parts if self._is_live(part.about)])
        answered = (heard.subject or words.your_mail()) if heard is not None else ""
        told = [part.subject for part in parts] + [subjects.of(part.text[0]) for part in parts if heard is None]
        subject = next(filter(None, told), "") or words.subject(answered, about, self.title)
        reader = self.people.get(parts[0].person) if heard is None else None
        brisk = any(part.expires_at is not None and part.expires_at <= self.now + BRISK for part in parts)
        lines = [shown for part in parts for line in part.text for shown in laid_out(line)]
        text = words.greeted(lines, reader.name if reader is not None and not brisk else "")
        claims = {part.claim for part in parts}
        team = [p.name for p in self.people.where("moderator", True)]
        return replace(
            parts[0],
            text=(*text, words.signature(self.title, team)),
            urgency=max(part.urgency for part in parts),
            expires_at=max(part.expires_at or self.now for part in parts),
            claim=parts[0].claim if len(claims) == 1 else "",
            about=about,
            subject=subject,
            thread=heard.thread if heard is not None else "",
            invitations=tuple(date for part in parts for date in part.invitations),
            files=tuple(file for part in parts for file in part.files),
        )

    def _is_answer(self, to: str) -> bool:
        """Whether what is written to this address answers the message being decided on."""
        return self.heard is not None and to in {self.heard.sender, self.heard.reply}

    def _is_live(self, about: str) -> bool:
        """Whether a reply about this finds something: not a question that was answered in the same moment."""
        question = about[1:] if about[:1] == "D" else ""
        return bool(about) and not (question.isdigit() and self.dialogues.get(int(question)) is None)

    @property
    def title(self) -> str:
        """The programme's name as people read it."""
        return self.policy.title or self.name

    def network(self, address: str) -> Network | None:
        """What the programme has on the network of an address."""
        return self.policy.networks.get(address.partition("/")[0])

    def style(self, address: str) -> Style:
        """How the network of an address talks."""
        network = self.network(address)
        return network.style if network else Style.LINE

    # ------------------------------------------------------------------------------- time and journal

    def plan(self, name: str, about: str, due: datetime) -> None:
        """Set (or move) the timer `name` for an object; it fires once, at `due` or as soon after as possible."""
        self.put(Timer(self.name, name, about, due))

    def cancel(self, name: str, about: str) -> None:
        """Take a timer back."""
        timer = self.timers.get((name, about))
        if timer is not None:
            self.drop(timer)

    def cancel_all(self, about: str) -> None:
        """Take back every timer of an object."""
        for timer in self.timers.where("about", about):
            self.drop(timer)

    def note(self, actor: int, verb: str, about: str = "") -> None:
        """Write a journal line: who did what to which object; never anybody's words."""
        self._entries.append(Entry(self.name, self.serial(), self.now, actor, verb, about))

    def change(self, record: R, **fields: Any) -> R:
        """Write a record with some fields changed; returns the new one."""
        changed = replace(record, **fields)
        self.put(changed)
        return changed


def _most_private(abouts: list[str]) -> str:
    """What a reply is about when several things were said: never what goes to a partner, if anything else is in the letter."""
    return min(abouts, key=lambda about: "DHAP".find(about[0]) % 5, default="")
