"""Invariant 10 for Matrix: said there, the same people, pairs, hours, cases and timers are there in the end as on IRC.

Without a wire, so that all plays are compared; tests/test_matrix_wire.py does it on the wire.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from relaybot import forms
from relaybot.desk import Desk, Programme
from relaybot.policy import Policy
from tests.mail_world import EvenWorld
from tests.matrix_wire import kept
from tests.play import NAME, NETWORK, Player, World

FOLDER = Path(__file__).parent / "plays"
# Plays that are about what only IRC has, and why their state cannot be the same.
IRC_ONLY = {
    "join_exits": "it says no to an account that is not theirs, which is asked on IRC only",
}
PLAYS = [
    p
    for p in sorted(FOLDER.glob("*.play"))
    if p.stem not in IRC_ONLY and not re.search(r"^(?:network|list|stranger) ", p.read_text("utf-8"), re.M)
]
ROOM_HOUR = FOLDER / "matrix_room_hour.play"


class MatrixWorld(EvenWorld):
    """A world whose network recognises people as Matrix does, and can what Matrix can; a pair's place is given unasked."""

    def say(self, who: str, text: str, place: str = "") -> None:
        """Someone says it; nobody is asked whether an account is theirs."""
        row = self.programme.tables.addresses.rows.get(f"{NETWORK}/{who}")
        if row is not None and not place and text in {"yes", "1"}:
            desk = Desk(self.programme, self.moment())
            dialogue = forms.open_for(desk, desk.people[row.person])
            if dialogue is not None and (dialogue.form, dialogue.asking) == ("join", "learn"):
                return
        super().say(who, text, place)


class Silent(Player):
    """Plays the lines and looks only at what is true in the end."""

    def expect(self, reader: str, wanted: str) -> None:
        """Nothing: the words differ."""

    def settled(self) -> None:
        """Nothing is looked at."""


def on_irc(start: datetime, policy: Policy) -> World:
    """Where plays take place."""
    return EvenWorld(Programme(NAME, policy), start)


def on_matrix(start: datetime, policy: Policy) -> World:
    """The same place with Matrix's ways."""
    ways = {"identity": "matrix", "edits": True, "bare": True}
    there = policy.networks[NETWORK].model_copy(update=ways)
    policy = policy.model_copy(update={"networks": {**policy.networks, NETWORK: there}})
    return MatrixWorld(Programme(NAME, policy), start)


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_the_same_is_stored_on_matrix(path: Path) -> None:
    """Whatever the network can, what is true afterwards is the same."""
    irc, matrix = Silent(path, make_world=on_irc).run(), Silent(path, make_world=on_matrix).run()

    assert kept(matrix) == kept(irc)


def test_an_hour_in_an_agreed_room_leaves_what_an_hour_in_a_given_place_does(tmp_path: Path) -> None:
    """The two who see each other's ids since they agreed to it, and the two on IRC: afterwards nothing tells them apart."""
    text = ROOM_HOUR.read_text("utf-8")
    agreed = re.compile(r"^# Only where ids are shown.*?^# From here on", re.M | re.S)
    assert agreed.search(text)
    given = agreed.sub("# From here on", text).replace(" apart\n", "\n").replace("@matrix:home/m23 > ", "@m23 > !")
    given = re.sub(r"^network .*\n", "", given, flags=re.M).replace("@matrix:home", "")
    twin = tmp_path / "given.play"
    twin.write_text(given, encoding="utf-8")
    room, place = Silent(ROOM_HOUR, make_world=on_irc).run(), Silent(twin, make_world=on_irc).run()
    (pair,) = room.programme.tables.pairs.rows.values()
    (hour,) = room.programme.tables.meetings.rows.values()

    assert (pair.place, hour.stage) == ("matrix:home/#tech-peer-m23", "held")
    assert kept(
        room, lambda row: row.replace("@bram:example.org", "bram").replace("@ravi:example.org", "ravi")
    ) == kept(place)
