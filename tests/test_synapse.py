"""The tests' own Matrix tools, proved on a real Synapse: the homeserver itself, plain clients, encrypting clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from relaybot.homeserver import Homeserver
from tests.synapse import PASSWORD, Raw, Refusal, fresh
from tests.synapse_people import Person

pytestmark = pytest.mark.servers


async def test_plain_clients_talk_in_a_room(synapse: Homeserver) -> None:
    """One invites, the other joins and says something; both see it, in sync and in the history."""
    async with await Raw.newcomer(synapse, "ana", "Ana") as ana, await Raw.newcomer(synapse, "bram") as bram:
        room = await ana.create_room(bram.user_id, name="Tea")
        await bram.join(room)
        event = await bram.send(room, "hello")

        await ana.wait_member(room, bram.user_id)
        heard = await ana.wait(lambda event: event["content"].get("body") == "hello")

        assert heard["event_id"] == event == (await ana.messages(room))[0]["event_id"]
        assert heard["sender"] == bram.user_id
        assert await bram.display_name(ana.user_id) == "Ana"
        assert await bram.state(room, "m.room.name") == {"name": "Tea"}


async def test_a_killed_homeserver_comes_back_with_everything(synapse_own: Homeserver) -> None:
    """SIGKILL, then a start on the same folder: same address, same accounts, same tokens, same messages."""
    async with await Raw.newcomer(synapse_own, "ana") as ana:
        room = await ana.create_room()
        event = await ana.send(room, "before")
        address = synapse_own.url

        synapse_own.kill()
        with pytest.raises(OSError):  # noqa: PT011 - whatever kind: nobody is there
            synapse_own.ask("GET", "/_matrix/client/versions")
        synapse_own.start()

        assert synapse_own.url == address
        assert (await ana.messages(room))[0]["event_id"] == event


async def chatter(person: Raw, room: str, messages: int) -> None:
    """Say many things as fast as possible."""
    for number in range(messages):
        await person.send(room, str(number))


async def test_limits_are_synapses_own_where_that_is_asked_for(synapse_stock: Homeserver) -> None:
    """Whoever sends fast gets a 429 that says how long to wait."""
    async with await Raw.newcomer(synapse_stock, "ana") as ana:
        room = await ana.create_room()

        with pytest.raises(Refusal) as refused:
            await chatter(ana, room, 50)

        assert (refused.value.status, refused.value.code) == (429, "M_LIMIT_EXCEEDED")
        assert refused.value.body["retry_after_ms"] > 0


async def test_one_user_can_be_limited_alone(synapse: Homeserver) -> None:
    """What override_ratelimit says counts for that user only."""
    async with await Raw.newcomer(synapse, "ana") as ana, await Raw.newcomer(synapse, "bram") as bram:
        rooms = await ana.create_room(), await bram.create_room()
        synapse.override_ratelimit(bram.user_id, 1, 2)

        await chatter(ana, rooms[0], 20)
        with pytest.raises(Refusal, match="M_LIMIT_EXCEEDED"):
            await chatter(bram, rooms[1], 20)


def test_a_name_that_is_taken_is_refused_in_words(synapse: Homeserver) -> None:
    """What Synapse answers is in the error."""
    name = fresh("ana")
    assert synapse.register(name, PASSWORD) == f"@{name}:localhost"

    with pytest.raises(Exception, match="M_USER_IN_USE"):
        synapse.register(name, PASSWORD)


async def test_encrypting_people_understand_each_other(synapse: Homeserver, tmp_path: Path) -> None:
    """A direct chat as Element opens it: words, a reply, a correction, a thread, a reaction, and something in clear."""
    async with (
        await Person.newcomer(synapse, "ana", tmp_path / "ana") as ana,
        await Person.newcomer(synapse, "bram", tmp_path / "bram") as bram,
    ):
        room = await ana.dm(bram.user_id, wait=False)
        first = await ana.say("before you came")
        await bram.accept(room)
        heard = await bram.heard("before you came", sender=ana.user_id)
        assert (heard.id, heard.encrypted, heard.readable) == (first, True, True)

        said = await bram.reply(first, "an answer")
        await bram.edit(said, "a better answer")
        await bram.thread(first, "an aside")
        await bram.react(first, "👍")
        await bram.say_in_clear("in clear")

        assert (await ana.heard("an answer")).relation == {"m.in_reply_to": {"event_id": first}}
        edit = await ana.heard("a better answer")
        assert (edit.relation["rel_type"], edit.content["m.new_content"]["body"]) == ("m.replace", "a better answer")
        assert (await ana.heard("an aside")).relation["rel_type"] == "m.thread"
        assert (await ana.wait(lambda event: event.kind == "m.reaction")).relation["key"] == "👍"
        assert not (await ana.heard("in clear")).encrypted
        assert await ana.silence(0.3) == []


async def test_the_homeserver_stores_nothing_readable_of_an_encrypted_room(synapse: Homeserver, tmp_path: Path) -> None:
    """Seen without keys, what was said is a ciphertext."""
    async with await Person.newcomer(synapse, "ana", tmp_path) as ana, await Raw.newcomer(synapse, "bram") as bram:
        room = await ana.dm(bram.user_id, wait=False)
        await bram.join(room)
        event = await ana.say("for your eyes only")

        stored = (await bram.messages(room))[0]

        assert (stored["event_id"], stored["type"]) == (event, "m.room.encrypted")
        assert "eyes" not in str(stored)
