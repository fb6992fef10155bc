"""What the core asks of the world: Protocols for adapters, store and clock, and the errors between them.

Exception
├── Refused         the programme says no to a person; the text says what to do instead
├── Invalid         an answer cannot be taken; the text says how it could be
├── Undeliverable   an adapter: this letter will never arrive there
├── TryLater        an adapter: not now; `seconds` until it makes sense again
├── Misconfigured   at start: what is wrong in the configuration or on this machine
└── StoreFailed     the store could not commit; nothing happened
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from relaybot.model import Decision, Entry, Letter, Message, Record


class Refused(Exception):
    """The programme says no; the text is a whole sentence for the person, `about` what an answer to it is about."""

    def __init__(self, text: str, about: str = "") -> None:
        super().__init__(text)
        self.about = about


class Invalid(Exception):
    """An answer cannot be taken; the text is a whole sentence for the person."""


class Undeliverable(Exception):
    """A letter will never arrive at its address."""


class TryLater(Exception):
    """A letter cannot be delivered now."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Misconfigured(Exception):
    """What an operator has to change before relaybot can start; one line per mistake."""


class StoreFailed(Exception):
    """A batch was not committed (disk full, locked, read-only): nothing of it happened.

    `kind` is "full", "locked", "broken", or "unfit" when one record of the batch cannot be stored at all.
    """

    kind = "broken"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A letter handed to an adapter.

    `still()` is asked right before the first line leaves; False means: drop it, and settle "dropped", for no reason ("").
    `settle(outcome, reason, seconds)` is called exactly once, with "sent", "later" (then `seconds`),
    "undeliverable" or "dropped"; its result is done when that is written down.
    `begin()` writes down, durably, that the letter is about to leave: media that cannot take a line back
    await it before they connect, and a letter that comes again after a crash has its `tried_at`.
    """

    letter: Letter
    still: Callable[[], bool]
    settle: Callable[[str, str, float], Awaitable[None]]
    begin: Callable[[], Awaitable[None]]


class Ear(Protocol):
    """What an adapter talks to."""

    def hear(self, message: Message) -> Awaitable[None]:
        """Take a message; the result is done when its effect is committed (acknowledge upstream then)."""

    def reachable(self, network: str, address: str = "") -> None:
        """The network (or one address on it) can be reached again: try its waiting letters now."""

    def bounced(self, address: str, reason: str, *, permanent: bool) -> Awaitable[None]:
        """Mail to an address came back after it had left; done when that is written down."""

    def left(self, programme: str, letter: int) -> Awaitable[None]:
        """A letter has left, as a copy of it proves that came back; done when that is written down for good."""

    def arrived(self, address: str) -> None:
        """Somebody whom the network vouches for came into a programme's public place."""

    def knows(self, address: str) -> bool:
        """Whether this address belongs to a person of one of the programmes."""


class Adapter(Protocol):
    """One network. Its name is `network`, e.g. "irc:libera"; addresses on it begin with that and a slash."""

    network: str

    async def run(self, ear: Ear) -> None:
        """Connect, listen, reconnect; until cancelled. Raises Misconfigured for what no retry can cure."""

    def deliver(self, delivery: Delivery) -> None:
        """Take a letter into the sending queue; never blocks, never raises; settles when its fate is known."""

    def ready(self) -> bool:
        """Connected and in its places."""

    def health(self) -> str:
        """One line for `health`: connected since when, lines waiting."""


class Store(Protocol):
    """The truth. One writer; `commit` is one transaction."""

    async def load(self) -> list[Record]:
        """Everything open: what a decision may need."""

    async def commit(self, decisions: Sequence[Decision], seen: Sequence[tuple[str, str]]) -> None:
        """Write all changes, and the (network, id) of inbound messages, in one durable transaction.

        Raises StoreFailed when nothing was written.
        """

    async def known(self, network: str, message_id: str) -> bool:
        """Whether this inbound message already had its effect."""

    async def journal(self, programme: str, about: str, limit: int) -> tuple[Entry, ...]:
        """The newest journal entries about an object or by a person, newest first."""

    async def shunt(self, programme: str, event: str, traceback: str, at: datetime) -> int:
        """Keep an event that could not be decided, with its traceback; returns its number."""

    async def secret(self, name: str) -> bytes:
        """32 random bytes under a name, the same for ever; made when first asked for."""

    async def tidy(self) -> object:
        """What can wait for an idle moment: old rows out, deleted words gone from the files."""

    async def close(self) -> None:
        """Finish and release the file."""


class Clock(Protocol):
    """Time at the edge: the programme's (which a rehearsal may run faster) and how long to sleep until it."""

    def now(self) -> datetime:
        """The programme's now, aware UTC, whole milliseconds, never backwards."""

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds until the programme's clock shows `moment`."""
