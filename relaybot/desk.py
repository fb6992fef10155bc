"""The desk: the working copy one decision is made on, with the few verbs a decision is made of.

`put` and `drop` change records; `tell` writes to a person in private, `post` to a place; `plan` and
`cancel` set timers; `note` writes the journal. `tell` and `post` are different verbs on purpose:
private things go to private places.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeVar

from relaybot.events import Moment
from relaybot.model import Decision, Drop, Entry, Letter, Person, Put, Record, Style, Tally, Timer, Urgency
from relaybot.policy import Network, Policy
from relaybot.tables import Tables, View

R = TypeVar("R", bound=Record)


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
        self.views: dict[str, View[Any]] = {
            "person": self.people,
            "address": self.addresses,
            "application": self.applications,
            "dialogue": self.dialogues,
            "pair": self.pairs,
            "participant": self.participants,
            "meeting": self.meetings,
            "case": self.cases,
            "memo": self.memos,
            "feedback": self.feedback,
            "avoid": self.avoids,
            "code": self.codes,
            "mailbox": self.mailboxes,
            "subscription": self.subscriptions,
            "post": self.posts,
            "file": self.files,
            "timer": self.timers,
            "letter": self.letters,
            "tally": self.tallies,
        }

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
        self._serial = max(self._serial + 1, int(self.now.timestamp() * 1000) << 12)
        return self._serial

    def draw(self, below: int) -> int:
        """A number from 0 to below-1 that nobody can guess, from the nonce handed in."""
        self._draws += 1
        digest = blake2b(self._nonce + self._draws.to_bytes(4, "big"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % below

    # ------------------------------------------------------------------------------------ letters

    def tell(
        self,
        person: Person,
        *lines: str,
        urgency: Urgency = Urgency.PERSONAL,
        claim: str = "",
        expires_at: datetime | None = None,
        receipt: str = "",
    ) -> None:
        """Write to one person in private, at the address they like; lines may be empty strings (left out)."""
        self._write(person.home, lines, urgency, person=person.id, claim=claim, expires_at=expires_at, receipt=receipt)

    def answer(self, person: Person, address: str, *lines: str) -> None:
        """Answer a person at the address they just used, whichever one they prefer otherwise."""
        self._write(address, lines, Urgency.PERSONAL, person=person.id)

    def post(
        self,
        place: str,
        *lines: str,
        urgency: Urgency = Urgency.PERSONAL,
        claim: str = "",
        expires_at: datetime | None = None,
        receipt: str = "",
        invite: Iterable[str] = (),
        close: bool = False,
    ) -> None:
        """Write to a place (channel, room) where several people read."""
        self._write(
            place,
            lines,
            urgency,
            claim=claim,
            expires_at=expires_at,
            receipt=receipt,
            invite=tuple(invite),
            close=close,
        )

    def _write(
        self,
        to: str,
        lines: Iterable[str],
        urgency: Urgency,
        *,
        person: int = 0,
        claim: str = "",
        expires_at: datetime | None = None,
        receipt: str = "",
        invite: tuple[str, ...] = (),
        close: bool = False,
    ) -> None:
        text = tuple(line for line in lines if line)
        if not text and not invite and not close:
            return
        expiry = expires_at or self.now + timedelta(hours=self.policy.reach.letter_hours)
        self.put(
            Letter(
                programme=self.name,
                id=self.serial(),
                to=to,
                text=text,
                urgency=urgency,
                written_at=self.now,
                person=person,
                expires_at=expiry,
                claim=claim,
                receipt=receipt,
                invite=invite,
                close=close,
                style=self.style(to),
            )
        )

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
