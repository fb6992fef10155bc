"""In-memory tables with declared indexes; a `View` is an overlay on one, so that a decision can be thrown away.

The open programme lives here, SQLite is the truth behind it. A decision reads through a View and
writes into the View's own small dict; applying the decision later puts the same records into the
Table and returns what undoes it. Reads cost no I/O, and no cost grows with the number of records.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from relaybot.model import (
    Address,
    Application,
    Avoid,
    Case,
    Change,
    Code,
    Decision,
    Dialogue,
    Drop,
    Feedback,
    File,
    Letter,
    Mailbox,
    Meeting,
    Memo,
    Pair,
    Participant,
    Person,
    Post,
    Put,
    Subscription,
    Tally,
    Timer,
)


class Keyed(Protocol):
    """Anything with a key."""

    @property
    def key(self) -> Hashable:
        """Unique among its kind in one programme."""


R = TypeVar("R", bound=Keyed)
Index = Callable[[R], Iterable[Hashable]]


class Table(Generic[R]):
    """Records by key, and by every declared index.

    An index slot holds a bare key while there is one and a dict of keys (insertion order) when there
    are several: with 100,000 members the small dicts would be the largest thing in memory.
    """

    def __init__(self, **indexes: Index[R]) -> None:
        self.rows: dict[Hashable, R] = {}
        self.specs: Mapping[str, Index[R]] = indexes
        self.slots: dict[str, dict[Hashable, object]] = {name: {} for name in indexes}

    def put(self, record: R) -> R | None:
        """Write a record; returns the one it replaced."""
        key = record.key
        before = self.rows.get(key)
        self.rows[key] = record
        for name, spec in self.specs.items():
            slots = self.slots[name]
            old = tuple(spec(before)) if before is not None else ()
            new = tuple(spec(record))
            if old != new:
                for value in old:
                    _leave(slots, value, key)
                for value in new:
                    _enter(slots, value, key)
        return before

    def drop(self, key: Hashable) -> R | None:
        """Remove a record; returns it."""
        before = self.rows.pop(key, None)
        if before is not None:
            for name, spec in self.specs.items():
                for value in spec(before):
                    _leave(self.slots[name], value, key)
        return before

    def keys(self, index: str, value: Hashable) -> tuple[Hashable, ...]:
        """The keys an index holds for a value, oldest first."""
        slot = self.slots[index].get(value)
        if slot is None:
            return ()
        return tuple(slot) if isinstance(slot, dict) else (slot,)

    def __len__(self) -> int:
        return len(self.rows)


def _enter(slots: dict[Hashable, object], value: Hashable, key: Hashable) -> None:
    slot = slots.get(value)
    if slot is None:
        slots[value] = key
    elif isinstance(slot, dict):
        slot[key] = None
    elif slot != key:
        slots[value] = {slot: None, key: None}


def _leave(slots: dict[Hashable, object], value: Hashable, key: Hashable) -> None:
    slot = slots.get(value)
    if isinstance(slot, dict):
        slot.pop(key, None)
        if not slot:
            del slots[value]
    elif slot == key:
        del slots[value]


class View(Generic[R]):
    """A table as one decision sees it: its own changes over the rows underneath."""

    __slots__ = ("_table", "changed")

    def __init__(self, table: Table[R]) -> None:
        self._table = table
        self.changed: dict[Hashable, R | None] = {}

    def get(self, key: Hashable) -> R | None:
        """The record with this key, or None."""
        if key in self.changed:
            return self.changed[key]
        return self._table.rows.get(key)

    def __getitem__(self, key: Hashable) -> R:
        record = self.get(key)
        if record is None:
            raise KeyError(key)
        return record

    def where(self, index: str, value: Hashable) -> list[R]:
        """All records an index holds for a value, oldest first."""
        rows = self._table.rows
        keys = self._table.keys(index, value)
        if not self.changed:
            return [rows[key] for key in keys]
        spec = self._table.specs[index]
        found = [rows[key] for key in keys if key not in self.changed]
        found += [r for r in self.changed.values() if r is not None and value in spec(r)]
        return found

    def count(self, index: str, value: Hashable) -> int:
        """How many records an index holds for a value, without building them."""
        if not self.changed:
            return len(self._table.keys(index, value))
        return len(self.where(index, value))

    def __iter__(self) -> Iterator[R]:
        for key, record in self._table.rows.items():
            if key not in self.changed:
                yield record
        yield from [r for r in self.changed.values() if r is not None]

    def put(self, record: R) -> None:
        """Write a record into the overlay."""
        self.changed[record.key] = record

    def drop(self, record: R) -> None:
        """Remove a record in the overlay."""
        self.changed[record.key] = None


def fold(name: str) -> str:
    """A name as it is compared: case and outer space do not matter."""
    folded = name.strip().casefold()
    return name if folded == name else folded  # of 100,000 names most are kept once


def _waiting(person: Person) -> bool:
    return person.waiting_since is not None


# A kind of record -> the attribute that holds it, of Tables here and of a Desk.
OF_KIND: Mapping[str, str] = {
    Person.kind: "people",
    Address.kind: "addresses",
    Application.kind: "applications",
    Dialogue.kind: "dialogues",
    Pair.kind: "pairs",
    Participant.kind: "participants",
    Meeting.kind: "meetings",
    Case.kind: "cases",
    Memo.kind: "memos",
    Feedback.kind: "feedback",
    Avoid.kind: "avoids",
    Code.kind: "codes",
    Mailbox.kind: "mailboxes",
    Subscription.kind: "subscriptions",
    Post.kind: "posts",
    File.kind: "files",
    Timer.kind: "timers",
    Letter.kind: "letters",
    Tally.kind: "tallies",
}


class Tables:
    """All tables of one programme, written out so that every one has its own type."""

    def __init__(self) -> None:
        self.people: Table[Person] = Table(
            name=lambda p: (fold(p.name),),
            stage=lambda p: (p.stage,),
            moderator=lambda p: (True,) if p.moderator else (),
            waiting=lambda p: (True,) if _waiting(p) else (),
            away=lambda p: (True,) if _waiting(p) and p.paused_until is not None else (),
            offers=lambda p: {s.name for s in p.offer} if _waiting(p) else (),
            learns=lambda p: {s.name for s in p.learn} if _waiting(p) else (),
        )
        self.addresses: Table[Address] = Table(person=lambda a: (a.person,))
        self.applications: Table[Application] = Table(
            person=lambda a: (a.person,),
            open=lambda a: (True,) if a.stage in {"submitted", "asked", "chat"} else (),
            # a decision that has not been told yet keeps the application open, so this stays small
            decided=lambda a: (a.decided_by,) if a.decided_by and a.stage in {"submitted", "asked", "chat"} else (),
        )
        self.dialogues: Table[Dialogue] = Table(person=lambda d: (d.person,))
        self.pairs: Table[Pair] = Table(stage=lambda p: (p.stage,), place=lambda p: (p.place,) if p.place else ())
        self.participants: Table[Participant] = Table(pair=lambda p: (p.pair,), person=lambda p: (p.person,))
        self.meetings: Table[Meeting] = Table(pair=lambda m: (m.pair,))
        self.cases: Table[Case] = Table(
            person=lambda c: (c.person,),
            pair=lambda c: (c.pair,) if c.pair else (),
            open=lambda c: (True,) if c.stage != "closed" else (),
        )
        self.memos: Table[Memo] = Table(about=lambda m: (m.about,))
        self.feedback: Table[Feedback] = Table(pair=lambda f: (f.pair,), person=lambda f: (f.person,))
        self.avoids: Table[Avoid] = Table(person=lambda a: (a.person,), other=lambda a: (a.other,))
        self.codes: Table[Code] = Table(
            person=lambda c: (c.person,), address=lambda c: (c.address.casefold(),) if c.address else ()
        )
        self.mailboxes: Table[Mailbox] = Table()
        self.subscriptions: Table[Subscription] = Table(mode=lambda s: (s.mode,))
        self.posts: Table[Post] = Table(
            stage=lambda p: (p.stage,),
            person=lambda p: (p.person,) if p.person else (),
            asks=lambda p: (True,) if p.ask and p.stage == "open" else (),
        )
        self.files: Table[File] = Table(person=lambda f: (f.person,))
        self.timers: Table[Timer] = Table(about=lambda t: (t.about,))
        self.letters: Table[Letter] = Table(
            person=lambda x: (x.person,) if x.person else (),
            kept=lambda x: (x.to,) if x.listed and x.held else (),  # for the digest
            card=lambda x: (x.card,) if x.card else (),
        )
        self.tallies: Table[Tally] = Table()
        self.by_kind: dict[str, Table[Any]] = {kind: getattr(self, name) for kind, name in OF_KIND.items()}

    def apply(self, decision: Decision) -> list[Change]:
        """Make a decision true; returns the changes that undo it, to be applied in the order given."""
        undo: list[Change] = []
        for change in decision:
            record = change.record
            table = self.by_kind.get(record.kind)  # journal entries are not held in memory
            if table is None:
                continue
            before = table.put(record) if isinstance(change, Put) else table.drop(record.key)
            if before is not None:
                undo.append(Put(before))
            elif isinstance(change, Put):
                undo.append(Drop(record))
        undo.reverse()
        return undo
