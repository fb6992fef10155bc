"""The records that only letters and mailing lists need; model.py hands them on with all others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from relaybot.parts import Enclosure, Numbered


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Trouble with one address: how often mail to it came back lately; only there while there is trouble."""

    kind: ClassVar[str] = "mailbox"
    programme: str
    address: str
    bounces: int  # days on which mail came back, within policy.mail.bounce_days
    bounced_at: datetime
    refusing_since: datetime | None = None  # nothing but farewells and codes goes there from then on

    @property
    def key(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True)
class Subscription:
    """One reader of the list that relaybot distributes itself (list_mode "own")."""

    kind: ClassVar[str] = "subscription"
    programme: str
    address: str
    mode: str  # each | digest | none (posts, but gets no mail)
    since: datetime
    away_until: datetime | None = None

    @property
    def key(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True)
class Post(Numbered):
    """P4: something for everybody to read; `ask` is a member looking for a partner in public."""

    kind: ClassVar[str] = "post"
    programme: str
    id: int
    stage: str  # held | open | closed
    person: int  # 0: a stranger
    address: str  # where answers to the author alone go
    name: str
    subject: str
    text: tuple[str, ...]  # gone when it is closed
    at: datetime
    ask: bool = False
    learn: str = ""
    offer: str = ""
    thread: str = ""
    answered_by: tuple[int, ...] = ()
    wants: tuple[int, ...] = ()  # who of the author and those who answered would like a trial hour


@dataclass(frozen=True, slots=True)
class File:
    """A file a partner sent, waiting for `file 3`; gone after policy.mail.file_days."""

    kind: ClassVar[str] = "file"
    programme: str
    id: int  # the number its reader says
    person: int  # its reader
    enclosure: Enclosure
    expires_at: datetime
    pair: int = 0  # whose partners it went between

    @property
    def key(self) -> tuple[int, int]:
        return (self.person, self.id)
