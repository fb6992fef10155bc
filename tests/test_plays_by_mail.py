"""Every play with its private words as mail: each line becomes a letter, and what is stored is the same (invariant 10).

What a line answers is written under the question's label, as mail programs do it. What was said to whom differs by design;
what is true afterwards does not.
"""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from relaybot.desk import Programme
from relaybot.model import Person, Style
from tests.mail_world import EvenWorld, MailWorld
from tests.play import NAME, NETWORK, Player, World

# Plays that are about what only chat has, and why their state cannot be the same.
CHAT_ONLY = {
    "hour_private": "without a place of their own the hour of two readers of mail begins by itself",
    "hour_too_short_private": "without a place of their own the hour of two readers of mail begins by itself",
    "missed_twice": "without a place of their own nobody waits for a reader of mail, so nobody is missed",
    "join_exits": "by mail nothing is shown once more before it is handed in, so nothing can be changed there",
}


PLAYS = [
    path
    for path in sorted((Path(__file__).parent / "plays").glob("*.play"))
    if path.stem not in CHAT_ONLY
    and not re.search(r"^(?:network|list) ", path.read_text(encoding="utf-8"), re.M)  # these are by mail already
]


class Silent(Player):
    """Plays the lines and looks only at what is true in the end."""

    def __init__(self, path: Path, style: Style) -> None:
        super().__init__(path)
        self.style = style

    @property
    def world(self) -> World:
        """A world of lines or of letters."""
        if self._world is None:
            made = super().world
            kind = MailWorld if self.style is Style.LETTER else EvenWorld
            networks = {
                name: network.model_copy(update={"style": Style.LETTER, "identity": "mail"})
                if name == NETWORK and self.style is Style.LETTER
                else network
                for name, network in made.programme.policy.networks.items()
            }
            settings = made.programme.policy.model_copy(update={"networks": networks})
            self._world = kind(Programme(NAME, settings), made.now, style=self.style)
        return super().world

    def expect(self, reader: str, wanted: str) -> None:
        """Nothing: the words differ."""

    def settled(self) -> None:
        """Nothing is looked at."""


def stored(w: World) -> dict[str, Any]:
    """What is stored, without what says how it was said: letters, dialogues, dates in calendars, serial numbers, codes."""
    found: dict[str, Any] = {}
    for kind, table in w.programme.tables.by_kind.items():
        if kind in {"letter", "dialogue", "tally", "code"}:
            continue
        # by mail an unfinished application is recalled once, on another day; and only there a proof is waited for
        rows = [
            asdict(r) if not isinstance(r, Person) else asdict(replace(r, unasked=()))
            for r in table.rows.values()
            if getattr(r, "name", "") not in {"nudge unfinished", "proof-forgotten"}
        ]
        found[kind] = sorted((without_serials(row) for row in rows), key=repr)
    return found


def without_serials(row: dict[str, Any]) -> dict[str, Any]:
    """A record without the numbers that count letters as well: those of feedback, in its own record and its timer."""
    return {
        key: re.sub(r"[0-9]{16,}", "n", str(value)) if key in {"id", "about"} else value
        for key, value in row.items()
        if key != "dates" and not (key == "teachers" and row["began_at"] is None)  # letters say it beforehand
    }


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_the_same_is_stored_by_mail(path: Path) -> None:
    """Said line by line or written as letters, the same people, pairs, hours, cases and timers are there in the end."""
    line, letter = Silent(path, Style.LINE).run(), Silent(path, Style.LETTER).run()

    for kind, rows in stored(line).items():
        assert stored(letter)[kind] == rows, kind
