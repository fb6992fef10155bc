"""How relaybot looks on Matrix: its name and its picture, set once, and neither of them a reason not to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from relaybot.homeserver import Homeserver
from tests.matrix_contract import running
from tests.synapse import Raw, quote

pytestmark = [pytest.mark.servers, pytest.mark.slow]


async def profile(who: Raw, user: str) -> dict[str, str]:
    """Name and picture as everybody sees them."""
    return await who.call("GET", f"profile/{quote(user)}")


async def test_name_and_picture_are_as_configured(synapse: Homeserver, tmp_path: Path) -> None:
    """A start sets them, another start leaves the same picture alone, and a new picture replaces it."""
    picture = tmp_path / "desk.png"
    picture.write_bytes(b"\x89PNG one")
    given = {"display_name": "Mentoring desk (bot)", "avatar_file": str(picture)}
    async with running(synapse, tmp_path / "bot", **given) as bot, await Raw.newcomer(synapse, "ana") as ana:
        first = await profile(ana, bot.user_id)
        assert first["displayname"] == "Mentoring desk (bot)"
        assert first["avatar_url"].startswith("mxc://localhost/")
        await bot.stop()
        await bot.start()
        assert await profile(ana, bot.user_id) == first
        await bot.stop()
        picture.write_bytes(b"\x89PNG two")
        await bot.start()
        assert (await profile(ana, bot.user_id))["avatar_url"] != first["avatar_url"]


async def test_a_picture_that_is_not_there_stops_nobody(synapse: Homeserver, tmp_path: Path) -> None:
    """It is noted in the log; people are served."""
    async with running(synapse, tmp_path / "bot", avatar_file=str(tmp_path / "gone.png")) as bot:
        assert bot.adapter.ready()
