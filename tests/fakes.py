"""Fakes named after the ports they stand for: a clock that moves when told, an adapter that only remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from relaybot.model import Message
from relaybot.ports import Delivery, Ear


def nothing_more(*told: object) -> Awaitable[None]:
    """What `begin` and `settle` give where nothing is written down."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


START = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


@dataclass
class FakeClock:
    """A clock at a moment; `pass_` moves it. Sleeping takes no time at all."""

    at: datetime = START

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.at

    def seconds_until(self, moment: datetime) -> float:
        """Seconds of its own time."""
        return max(0.0, (moment - self.at).total_seconds())

    def pass_(self, **units: float) -> None:
        """Let time pass."""
        self.at += timedelta(**units)


@dataclass
class FakeAdapter:
    """An adapter that keeps what it is given; `outcome` says what becomes of each letter."""

    network: str = "irc:test"
    outcome: tuple[str, str, float] = ("sent", "", 0.0)
    lines: list[tuple[str, str]] = field(default_factory=list)  # (address, line) sent
    held: list[Delivery] = field(default_factory=list)  # not settled yet, with outcome "hold"

    async def run(self, ear: Ear) -> None:
        """Nothing comes in by itself."""
        await asyncio.Event().wait()

    def deliver(self, delivery: Delivery) -> None:
        """Settle as `outcome` says, asking `still` first as every adapter must."""
        if self.outcome[0] == "hold":
            self.held.append(delivery)
            return
        self.settle(delivery)

    def settle(self, delivery: Delivery) -> None:
        """Settle one delivery now."""
        if not delivery.still():
            delivery.settle("dropped", "", 0.0)
            return
        if self.outcome[0] in {"sent", "hold"}:
            self.lines.extend((delivery.letter.to, line) for line in delivery.letter.text)
            delivery.settle("sent", "", 0.0)
        else:
            delivery.settle(*self.outcome)

    def ready(self) -> bool:
        """Always."""
        return True

    def health(self) -> str:
        """One line."""
        return "fake"


def message(text: str, who: str = "eve", *, vouched: bool = False, place: str = "", id_: str = "") -> Message:
    """Something said on the test network."""
    return Message(
        network="irc:test",
        sender=f"irc:test/{who}" if vouched else "",
        reply=f"irc:test/~{who}",
        name=who,
        text=text,
        place=place,
        id=id_,
    )
