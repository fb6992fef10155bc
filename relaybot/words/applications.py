"""Sentences about applications that more than one verb needs."""

from __future__ import annotations

from relaybot.model import Application


def no_such(number: int) -> str:
    return f"There is no A{number} to decide on. queue lists what waits."


def taken_back(application: Application) -> str:
    return f"A{application.id} is taken back, and I delete what you told me. Say join any day if you'd like to come again. Take care."


def given_up() -> str:
    return "All right, I throw away what you told me so far. Say join any day if you'd like to come again."


def nothing_to_take_back() -> str:
    return "You have handed nothing in, so there is nothing to take back. join begins."


def team_taken_back(application: Application, name: str) -> str:
    return f"A{application.id}: {name} has taken it back. Nothing to do."


def means(code: str) -> str:
    """How a chat takes place: "here in text", "by voice (link)"."""
    kind, _, more = code.partition(" ")
    if kind != "voice":
        return "here in text"
    return f"by voice ({more})" if more else "by voice"
