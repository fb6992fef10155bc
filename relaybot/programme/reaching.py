"""Reaching: letters that have waited too long are looked at again; what is done with them is nouns/letters_out.py's."""

from __future__ import annotations

from relaybot.commands import on_timer
from relaybot.desk import Desk
from relaybot.nouns import letters_out


@on_timer(letters_out.DOWN)
def medium_down(desk: Desk, about: str, late_seconds: float) -> None:
    """A network has not been there for long: its letters go another way, or moderators know."""
    letters_out.look(desk, about, down=True)


@on_timer(letters_out.AWAY)
def reader_away(desk: Desk, about: str, late_seconds: float) -> None:
    """Somebody has not been there for long: their letters go another way."""
    letters_out.look(desk, about, down=False)


@on_timer(letters_out.TOLD)
def told(desk: Desk, about: str, late_seconds: float) -> None:
    """It may be told again from now on."""
