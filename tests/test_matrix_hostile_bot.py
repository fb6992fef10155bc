"""A whole relaybot on Matrix among people who call themselves what others are called: rights are an id's, and come encrypted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relaybot import app
from relaybot.homeserver import Homeserver
from tests.doctor_help import written
from tests.mail_help import until
from tests.synapse import PASSWORD, Raw, fresh
from tests.synapse_people import Person

pytestmark = [pytest.mark.servers, pytest.mark.slow]

JOIN = ("join", "Rust, from zero", "k8s deep", "skip", "Toronto, Mon-Fri 12:00-15:00", "English", "yes", "yes")
IMITATED = ("Dana", "D\u0430na", "\u202eanaD\u202c", "Dana\u200b", "dana (moderator)")


@contextlib.asynccontextmanager
async def relaybot(server: Homeserver, folder: Path, user: str, moderator: str, team: str) -> AsyncIterator[None]:
    """relaybot with one moderator and their room, connected."""
    await asyncio.to_thread(folder.mkdir)
    given = f"""
[programme.tech-peer]
moderators = ["matrix:{moderator}"]

[matrix.home]
homeserver = "{server.url}"
user = "{user}"
password = "{PASSWORD}"
moderators_room = {{ tech-peer = "{team}" }}
"""
    async with app.open_bot(written(folder, given)) as bot:
        serving = asyncio.create_task(app.serve(bot))
        try:
            await until(lambda: serving.done() or bot.adapters[0].ready(), 30)
            assert not serving.done(), serving
            yield
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def chat(who: Raw, bot: str) -> str:
    """Open a chat with the bot, and be greeted."""
    room = await who.create_room(bot, is_direct=True, preset="trusted_private_chat")
    await who.wait(lambda e: e["room_id"] == room and "say join to begin" in e["content"].get("body", "").lower())
    return room


async def asked(who: Raw, room: str, text: str, part: str = "") -> str:
    """Say something in a chat; the first answer with `part` in it."""
    event = await who.send(room, text)
    await who.wait(lambda e: e["event_id"] == event)
    at = next(n for n, e in enumerate(who.seen) if e["event_id"] == event)

    def answers() -> list[str]:
        said = [e for e in who.seen[at:] if e["room_id"] == room and e["type"] == "m.room.message"]
        return [str(e["content"]["body"]) for e in said if e["sender"] != who.user_id and part in e["content"]["body"]]

    async with asyncio.timeout(20):
        while not answers():
            await who.sync(500)
    return answers()[0]


async def joined(who: Raw, room: str) -> None:
    """Hand in an application, the first there is."""
    for line in JOIN[:-1]:
        await asked(who, room, line)
    await asked(who, room, JOIN[-1], "This is A1")


async def test_whoever_is_called_like_a_moderator_has_no_right_of_theirs_and_is_shown_with_their_id(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """The name itself, letters that look alike, signs that turn around or are not seen; and in the moderators' own room."""
    async with contextlib.AsyncExitStack() as stack:
        dana = await stack.enter_async_context(await Person.newcomer(synapse, "dana", tmp_path / "dana", "Dana"))
        crowd = [await stack.enter_async_context(await Raw.newcomer(synapse, "eve", name)) for name in IMITATED]
        user = synapse.register(fresh("bot"), PASSWORD, "relaybot")
        team = await dana.create_room(user, crowd[1].user_id)
        await crowd[1].join(team)
        await stack.enter_async_context(relaybot(synapse, tmp_path / "bot", user, dana.user_id, team))
        await dana.joined(team, user)
        first = ""
        for eve in crowd:
            room = await chat(eve, user)
            first = first or room
            assert "I don't know you yet" in await asked(eve, room, "queue")
            assert "I don't know you yet" in await asked(eve, room, "accept A1")
        await joined(crowd[0], first)
        new = await dana.heard("New: A1", room=team)
        assert f"New: A1 Dana (Matrix, {crowd[0].user_id})." in new.body
        await crowd[1].send(team, "!accept A1")
        assert "I don't know you yet" in (await dana.heard(room=team, sender=user)).body
        await dana.say("!show A1", room=team)
        shown = await dana.heard("A1 Dana", room=team)
        assert f"matrix:home/{crowd[0].user_id}, since" in shown.body
        assert "nobody has read it yet" in shown.body


async def test_what_a_moderator_says_in_clear_in_an_encrypted_room_is_not_done(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """The homeserver could have made it up: nothing is done, and that is said; encrypted, the same is done."""
    async with contextlib.AsyncExitStack() as stack:
        dana = await stack.enter_async_context(await Person.newcomer(synapse, "dana", tmp_path / "dana", "Dana"))
        ana = await stack.enter_async_context(await Raw.newcomer(synapse, "ana", "Ana"))
        user = synapse.register(fresh("bot"), PASSWORD, "relaybot")
        team = await dana.create_room(user)
        await stack.enter_async_context(relaybot(synapse, tmp_path / "bot", user, dana.user_id, team))
        await dana.joined(team, user)
        await joined(ana, await chat(ana, user))
        await dana.heard("New: A1", room=team)
        dana.room = team
        await dana.say_in_clear("!accept A1")
        refused = await dana.heard("unencrypted", room=team)
        assert "did nothing" in refused.body
        await dana.say("!accept A1")
        await dana.heard("A1 accepted", room=team)
