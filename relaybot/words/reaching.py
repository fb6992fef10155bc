"""Sentences about a medium that fails: where somebody is written to instead, and what moderators have to know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.words.common import join_words, short
from relaybot.words.linking import medium as called
from relaybot.words.linking import on
from relaybot.words.subjects import begins


@begins("Where I write to you")
def not_reachable(name: str, medium: str, here: str, since: datetime, zone: str) -> str:
    """Nothing can be delivered on a whole network."""
    what = "Your mail can't be delivered" if medium == "mail" else f"{called(medium)} is not reachable"
    return f"{what} since {times.show_time(since, zone)}. {name}, I write to you {on(here)} instead."


@begins("Where I write to you")
def not_there(name: str, medium: str, here: str, since: datetime, zone: str) -> str:
    """The network is there, the person is not."""
    if medium == "mail":
        return not_reachable(name, medium, here, since, zone)
    return f"I could not reach you {on(medium)} since I wrote this at {times.show_time(since, zone)}. {name}, I write to you {on(here)} instead."


def refused(name: str, medium: str, here: str) -> str:
    """A letter was turned away for good."""
    what = "Your mailbox did not take this" if medium == "mail" else f"This did not reach you {on(medium)}"
    return f"{what}. {name}, I write to you {on(here)} instead."


@begins("Where I write to you")
def with_hour(notice: str) -> str:
    return f"{notice} Your hour can take place anywhere the two of you like: voice, video, or here through me."


def hour_unreached(name: str, medium: str) -> str:
    return f"{name}'s hour is on, and what I say about it can't be delivered {on(medium)}; there is no other address of theirs."


def unreached(name: str, medium: str, what: str) -> str:
    about = f"{what}: what" if what else "What"
    return f"{about} I wrote to {name} did not arrive {on(medium)}, and there is no other address of theirs. It is not sent again."


def medium_down(medium: str, since: datetime, names: Sequence[str], most: int) -> str:
    """To moderators: who waits for something that matters on a network that is away."""
    shown = [short(name, 30) for name in names[:most]]
    more = len(names) - len(shown)
    listed = join_words([*shown, *([f"{more} more"] if more else [])])
    what = "Mail" if medium == "mail" else called(medium)
    return f"{what} can't be reached since {times.show(since, 'UTC')} UTC. With no other address, and something that matters waiting: {listed}."
