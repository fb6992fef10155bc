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
NOT_ON_THE_WIRE: dict[str, str] = {}
PLAYS = [p for p in sorted(FOLDER.glob("*.play")) if re.search(r"^(?:network|list) ", p.read_text("utf-8"), re.M)]
ELSEWHERE = re.compile(r"^(\w+)@(irc:\w+) [<>]", re.M)


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: path.stem)
def test_play_on_the_wire_of_mail(path: Path, tmp_path: Path) -> None:
    """By real mail the same play says the same to the same people."""
    if path.stem in NOT_ON_THE_WIRE:
        pytest.skip(NOT_ON_THE_WIRE[path.stem])
    worlds: list[MailWire] = []
    others = frozenset(ELSEWHERE.findall(path.read_text(encoding="utf-8")))
    with asyncio.Runner() as runner:

        def make(start: datetime, policy: Policy) -> World:
            worlds.append(MailWire(tmp_path, start, policy, runner, others))
            return cast("World", worlds[0])

        try:
            MailPlayer(path, make_world=make).run()
        finally:
            for world in worlds:
                world.close()
