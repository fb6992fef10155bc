"""What the nouns of model.py are made of: a message as heard, skills, windows, styles, dates for a calendar; nothing here acts.

Values, not records: they have no key and are stored only as a part of something else. At the end what records share.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

# --------------------------------------------------------------------------------------- what comes in


class Style(StrEnum):
    """How a medium talks: short lines one after another, or one letter that says everything."""

    LINE = "line"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a reply: the quoted lines right above it (without their marks; "" for none), and the words themselves."""

    quoted: str
    words: str


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A message passed on: who wrote it as its header says (proves nothing), and its words."""

    name: str
    address: str  # as the adapter writes addresses, e.g. "mail/ana@example.pt"; "" when it cannot be read
    words: str


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that came with a message and lies in the file store under `ref`; the core never sees its bytes."""

    name: str
    media_type: str
    size: int  # bytes
    ref: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """One date for a calendar (RFC 5545 VEVENT, sent as iTIP, RFC 5546): asked for, changed, or called off.

    `uid` is stable for one half of one hour; `sequence` counts its changes.
    """

    uid: str  # e.g. "s47-1"; the medium makes it globally unique
    sequence: int
    starts_at: datetime
    ends_at: datetime
    zone: str  # IANA name of the clock it is shown on
    summary: str
    description: str = ""
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Dated:
    """What stands in somebody's calendar as we sent it last; `uid` and `sequence` as in Invitation."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """What someone said, as an adapter heard it."""

    network: str  # the adapter's name, e.g. "irc:libera"; opaque to the core
    sender: str  # address, e.g. "irc:libera/ana" (a services account, never a nick); "" when nobody vouches
    reply: str  # address for an immediate, non-private answer to whoever this is, vouched or not
    name: str  # the name shown there, for greeting only; proves nothing
    text: str
    place: str = ""  # address of the channel or room it was said in; "" when private
    programme: str = ""  # set when the place belongs to one programme
    addressed: bool = True  # said to the bot: always in private, in a place with `!` or the bot's name
    about: str = ""  # the object a reply answers, e.g. "A17" (from a reply token); "" on line media
    style: Style = Style.LINE
    id: str = ""  # stable across redeliveries; "" where the medium never repeats (IRC)
    proven: bool = True  # False: the sender may be forged (a bare From line); what it changes needs a confirmation
    doubtful: bool = False  # not proven, and a server that is believed says that the sender is forged
    stranger: bool = False  # a valid reply token came back from another address than the one it was written to
    subject: str = ""  # a letter's subject, without "Re:"
    thread: str = ""  # the medium's own id of this message, so that an answer can be shown below it
    blocks: tuple[Block, ...] = ()  # a letter's own words, each with what they were written under; text has them all
    forwarded: Forwarded | None = None  # a message of somebody else that this one passes on
    files: tuple[Enclosure, ...] = ()
    calendar: bool = False  # a calendar's answer to a date of ours, as "yes" or "skip": nobody typed it
    complete: bool = True  # False: only machine-made twins could be read (HTML), so no line of it is a command
    clear: bool = False  # said unencrypted in a place that is encrypted: nothing a moderator decides is taken from it
    corrected: str = ""  # an edit: what stood there before ("?" when that cannot be told); `text` is what stands now
    first_said_at: datetime | None = None  # of an edit: when that was said which it changes
    said_at: datetime | None = None  # given when it was said long ago: relaybot was away, or could not be reached


# ------------------------------------------------------------------------------------------- small parts

# In the text of a letter: stands for the address an answer about `letter.about` goes to, which only the medium can make.
REPLY_HERE = "\ue000"


class Level(IntEnum):
    """How well a skill is known (offered) or from where it is learnt."""

    NEW = 0
    LITTLE = 1
    COMFORTABLE = 2
    DEEP = 3


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill in the person's own words, folded for comparison, with a level."""

    name: str
    level: Level


@dataclass(frozen=True, slots=True)
class Window:
    """Weekly free time in the person's own zone: Monday is 0, minutes after midnight, end exclusive."""

    weekday: int
    start: int
    end: int


class Urgency(IntEnum):
    """How much a letter may disturb: adapters map it to what their medium has."""

    AMBIENT = 0
    PERSONAL = 1
    URGENT = 2


def medium(address: str) -> str:
    """The kind of medium of an address or a network: "irc", "mail", "matrix"."""
    return address.partition("/")[0].partition(":")[0]


class Numbered:
    """A record whose number is its key."""

    __slots__ = ()
    id: int

    @property
    def key(self) -> int:
        return self.id
