"""When the adapter's folder is lost, with its keys and its memory: chats and pairs' rooms are known again, nobody is left unanswered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from relaybot.homeserver import Homeserver
from tests.matrix_contract import address, running
from tests.synapse import Raw
from tests.synapse_people import Person

pytestmark = [pytest.mark.servers, pytest.mark.slow]

PAIR = "#tech-peer-m12"


async def test_a_chat_goes_on_after_the_folder_was_lost(
    synapse: Homeserver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new device; what was waiting for the old one cannot be read and is asked for again, once; answers come in the same chat."""
    monkeypatch.setattr("adapters.matrix_listen.KEY_SECONDS", 1.0)
    async with (
        running(synapse, tmp_path / "bot") as bot,
        await Person.newcomer(synapse, "ana", tmp_path / "ana") as ana,
    ):
        room = await ana.dm(bot.user_id)
        await ana.say("join", room=room)
        assert "join" in {(await bot.heard()).text for _ in range(2)}
        await bot.stop()
        shutil.rmtree(tmp_path / "bot")
        await ana.say("is anybody there", room=room)
        await bot.start()
        await ana.heard("could not decrypt", room=room)
        await ana.say("status", room=room)
        assert (await bot.heard()).text == "status"
        assert (await bot.say(ana.user_id, "Here we are."))[0] == "sent"
        await ana.heard("Here we are.", room=room)
        shown = [heard for heard in ana.seen if heard.room == room and "could not decrypt" in heard.body]
        assert len(shown) == 1


async def test_a_pairs_room_is_known_again(synapse: Homeserver, tmp_path: Path) -> None:
    """By the mark it was made with, which nobody else can set."""
    async with (
        running(synapse, tmp_path / "bot") as bot,
        await Person.newcomer(synapse, "ana", tmp_path / "ana") as ana,
        await Person.newcomer(synapse, "bram", tmp_path / "bram") as bram,
    ):
        both = (address(ana.user_id), address(bram.user_id))
        told = bot.post(PAIR, "Welcome, both.", invite=both, subject="M12 Ana & Bram")
        room = await ana.accept()
        await bram.accept(room)
        assert (await told)[0] in {"sent", "later"}
        await bot.stop()
        shutil.rmtree(tmp_path / "bot")
        await bot.start()
        await ana.more(1)  # her app learns of the new device
        await ana.say("here", room=room)
        message = await bot.heard()
        assert (message.text, message.place, message.programme) == ("here", address(PAIR), "tp")
        assert (await bot.say(PAIR, "Going on."))[0] == "sent"
        await bram.heard("Going on.", room=room)


async def test_nobody_can_pass_a_room_off_as_a_pairs(synapse: Homeserver, tmp_path: Path) -> None:
    """What somebody else writes about their own room is not believed."""
    async with running(synapse, tmp_path / "bot") as bot, await Raw.newcomer(synapse, "eve") as eve:
        room = await bot.greeted(eve)
        await eve.set_state(room, "org.relaybot.place", {"name": PAIR, "programme": "tp", "people": [eve.user_id]})
        await eve.set_state(room, "org.relaybot.place", {"name": PAIR, "programme": "tp"}, eve.user_id)
        await bot.stop()
        shutil.rmtree(tmp_path / "bot")
        await bot.start()
        await eve.send(room, "status")
        message = await bot.heard()
        assert (message.text, message.place) == ("status", "")
        assert (await bot.say(PAIR, "private words"))[0] == "undeliverable"
