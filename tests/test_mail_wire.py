"""Plays on the wire of mail: real mails, the real listener, a real Maildir, real reply tokens; only time is moved."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from relaybot.policy import Policy
from tests.mail_wire import MailPlayer, MailWire
from tests.play import World

FOLDER = Path(__file__).parent / "plays"
# What cannot be shown truthfully, and why.
NOT_ON_THE_WIRE = {
    "medium_down": "in it people speak on a network that is down, which nobody can; tests/test_medium_down.py has it on a real office",
}
PLAYS = [
    p
    for p in sorted(FOLDER.glob("*.play"))
    if p.stem not in NOT_ON_THE_WIRE
    and re.search(r"^(?:network|list) ", p.read_text("utf-8"), re.M)
    and not re.search(r"^network matrix:", p.read_text("utf-8"), re.M)  # these are not about mail
]
ELSEWHERE = re.compile(r"^(\w+)@(irc:\w+) [<>]", re.M)


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_play_on_the_wire_of_mail(path: Path, tmp_path: Path) -> None:
    """By real mail the same play says the same to the same people."""
    worlds: list[MailWire] = []
    play = path.read_text(encoding="utf-8")
    others = frozenset(ELSEWHERE.findall(play))
    with asyncio.Runner() as runner:

        def make(start: datetime, policy: Policy) -> World:
            worlds.append(MailWire(tmp_path, start, policy, runner, others))
            return cast("World", worlds[0])

        try:
            MailPlayer(path, make_world=make).run()
            answers = len(re.findall(r"^\w+@mail/\S+ >", play, re.M))
            assert worlds[0].tokens >= answers, "an answer did not go to the Reply-To of a letter"
        finally:
            for world in worlds:
                world.close()
