"""Sentences about who is meant and who is who."""

from __future__ import annotations

from collections.abc import Sequence

from relaybot.model import Person


def nobody(said: str) -> str:
    return (
        f"I know nobody called {said[:60]!r}. waiting and queue list people; a name, an address or #<number> finds one."
    )


def several(said: str, hits: Sequence[tuple[Person, Sequence[str]]]) -> str:
    shown = "; ".join(f"#{person.id} {person.name} ({', '.join(known) or 'no address'})" for person, known in hits[:5])
    return f"Several people are called {said[:60]!r}: {shown}. Please use the number, e.g. #{hits[0][0].id}."


def not_sure_it_is_you() -> str:
    return "I can't be sure it's you on this network. Log in to services and say it again."
