"""What a decision is made of besides the programme itself: an event, and the moment at which it happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relaybot.model import Entry, Letter, Message, Timer


@dataclass(frozen=True, slots=True)
class Heard:
    """Event: a message arrived. `journal` holds the entries of the object named, if the command reads them."""

    message: Message
    journal: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """Event: a timer's moment has come."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Told:
    """Event: what became of a letter that asked for a receipt: "sent", "waiting" or "undeliverable"."""

    letter: Letter
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Came:
    """Event: a moderator came into a public place; the moderators' own place may be closed to who is not invited."""

    address: str


@dataclass(frozen=True, slots=True)
class Bounced:
    """Event: mail to an address came back after it had left; `permanent` says that trying again makes no sense."""

    address: str
    permanent: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Started:
    """Event: relaybot is there again after a start."""


Event = Heard | Due | Told | Came | Bounced | Started


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, a nonce, and how each network is by its adapter's word: all that a decision may know of time, chance and the world."""

    now: datetime
    nonce: bytes
    networks: tuple[str, ...] = ()  # a line each, e.g. "irc:libera: connected to ..."
