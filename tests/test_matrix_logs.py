"""The log of the Matrix medium: what makes trouble is in it, and nobody's user id or words."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from adapters.matrix_client_http import _refusal
from relaybot.homeserver import Homeserver
from tests.matrix_contract import behind_door
from tests.synapse import Raw
from tests.synapse_people import Person


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("@bram:example.org is already in the room.", "somebody is already in the room."),
        (
            "User @ana=b.c:[2001:db8::1]:8448 is banned from !r:example.org",
            "User somebody is banned from !r:example.org",
        ),
        ("Room alias #tech-peer:example.org not found", "Room alias #tech-peer:example.org not found"),
    ],
)
def test_whom_a_homeserver_names_is_somebody(said: str, logged: str) -> None:
    """The text of a refusal comes from a homeserver, ends in logs, and may name people; rooms stay as they are."""
    assert str(_refusal(403, {"errcode": "M_FORBIDDEN", "error": said})) == logged


@pytest.mark.servers
@pytest.mark.slow
async def test_nobody_s_id_and_no_words_are_logged(
    synapse: Homeserver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything is logged that can be, while chats are encrypted, declined, refused and left, and names are not told."""
    caplog.set_level(logging.DEBUG)
    (tmp_path / "bot").mkdir()
    async with (
        behind_door(synapse, tmp_path / "bot") as (bot, door),
        await Person.newcomer(synapse, "ana", tmp_path / "ana") as ana,
        await Raw.newcomer(synapse, "eve") as eve,
    ):
        named = {"errcode": "M_FORBIDDEN", "error": f"{eve.user_id} is not for you"}
        door.broken[f"/profile/{eve.user_id}"] = {"status": 403, "body": named}
        await ana.dm(bot.user_id)
        await ana.send("m.room.message", {"msgtype": "m.text", "body": "marigold"})
        while (message := await bot.heard()).text != "marigold":
            assert message.text == "hello"
        assert (await bot.say(ana.user_id, "foxglove"))[0] == "sent"
        declined = await eve.create_room(bot.user_id)
        await eve.wait_member(declined, bot.user_id, "leave")
        room = await bot.greeted(eve)
        await eve.leave(room)
        await bot.until(lambda: f"somebody left the chat {room}" in caplog.text, "her going to be noticed")
        door.broken["/createRoom"] = {"status": 403, "body": named}
        assert (await bot.say(f"@x{eve.user_id[1:]}", "hi"))[0] == "undeliverable"

    ours = [r.getMessage() + (r.exc_text or "") for r in caplog.records if not r.name.startswith("aiohttp.access")]
    told = [line for line in ours for secret in (ana.user_id, eve.user_id, "marigold", "foxglove") if secret in line]
    assert not told
    for sentence in (
        f"an invitation to {declined} was declined",
        "somebody's name is not known",
        "somebody is not for you",
    ):
        assert sentence in "\n".join(ours)
