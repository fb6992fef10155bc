"""The tests' own Matrix tools, proved on a real Synapse: the homeserver itself, plain clients, encrypting clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from relaybot.homeserver import Homeserver
from tests.js_client import JsClient, JsFailed
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


async def test_the_js_client_and_a_person_understand_each_other(synapse: Homeserver, tmp_path: Path) -> None:
    """Both ways in an encrypted room, where the client talks to all devices; it sees that nobody signed the other's."""
    async with (
        await JsClient.newcomer(synapse, "ana") as ana,
        await Person.newcomer(synapse, "bram", tmp_path) as bram,
    ):
        room = await ana.dm(bram.user_id, wait=False)
        await bram.accept(room)
        await ana.joined(room, bram.user_id)
        first = await ana.say("hello")
        assert (await bram.heard("hello")).encrypted

        answer = await bram.reply(first, "hello yourself")
        heard = await ana.heard("hello yourself")
        assert (heard.id, heard.encrypted, heard.readable) == (answer, True, True)
        assert heard.relation["m.in_reply_to"]["event_id"] == first
        assert (heard.shield, heard.reason) == ("RED", "UNSIGNED_DEVICE")


async def test_the_js_client_does_what_people_do(synapse: Homeserver) -> None:
    """Two of them, both cross-signed and in the strict mode: no shield; corrections, reactions, threads, redactions arrive."""
    async with (
        await JsClient.newcomer(synapse, "ana", signed=True) as ana,
        await JsClient.newcomer(synapse, "bram", signed=True) as bram,
    ):
        room = await ana.dm(bram.user_id, wait=False)
        assert await bram.accept() == room
        await ana.joined(room, bram.user_id)
        first = await ana.say("frist")
        heard = await bram.heard("frist")
        assert (heard.encrypted, heard.shield, heard.reason) == (True, "NONE", "")

        edit = await ana.edit(first, "first")
        await ana.thread(first, "an aside")
        await ana.react(first, "✅")
        assert (await bram.heard("first")).relation == {"rel_type": "m.replace", "event_id": first}
        assert (await bram.heard("an aside")).relation["rel_type"] == "m.thread"
        assert (await bram.wait(lambda event: event.kind == "m.reaction")).relation["key"] == "✅"
        shown = next(event for event in await bram.timeline() if event["id"] == first)
        assert (shown["body"], shown["replaced_by"]) == ("first", edit)
        await ana.redact(first)
        assert (await bram.wait(lambda event: event.kind == "m.room.redaction")).redacts == first
        assert (await bram.trust(ana.user_id))["devices"][ana.device_id]["signed_by_owner"]


async def test_in_the_strict_mode_an_unsigned_device_is_shut_out(synapse: Homeserver, tmp_path: Path) -> None:
    """Neither side can read the other: that is what a client of ours has to sign its device for."""
    async with (
        await JsClient.newcomer(synapse, "ana", signed=True) as ana,
        await Person.newcomer(synapse, "bram", tmp_path) as bram,
    ):
        room = await ana.dm(bram.user_id, wait=False)
        await bram.accept(room)
        await ana.joined(room, bram.user_id)
        said, answered = await ana.say("hello"), await bram.say("hello yourself")

        assert not (await bram.wait(lambda event: event.id == said)).readable
        assert not (await ana.wait(lambda event: event.id == answered)).readable
        assert not (await ana.trust(bram.user_id))["has_identity"]
        withheld = [event for event in bram.to_device if event["type"] == "m.room_key.withheld"]
        assert [event["content"]["code"] for event in withheld] == ["m.unverified"]


async def test_a_verification_that_nobody_answers_stays_requested(synapse: Homeserver, tmp_path: Path) -> None:
    """In a room somebody with an identity is asked, elsewhere a device; and the asking arrives."""
    async with (
        await JsClient.newcomer(synapse, "ana", signed=True) as ana,
        await JsClient.newcomer(synapse, "carla", signed=True) as carla,
        await Person.newcomer(synapse, "bram", tmp_path) as bram,
    ):
        room = await ana.dm(carla.user_id, wait=False)
        await carla.accept(room)
        await ana.joined(room, carla.user_id)
        unanswered = {"phase": "Requested", "code": None, "by": None}

        assert await ana.verify(carla.user_id, room=room, seconds=0.5) == unanswered
        assert (await carla.wait(lambda event: event.kind == "m.room.message")).content[
            "msgtype"
        ] == "m.key.verification.request"

        await ana.ask("invite", room=room, user=bram.user_id)
        await bram.accept(room)
        await ana.joined(room, bram.user_id)
        await ana.say("now the device is known")
        assert await ana.verify(bram.user_id, device=bram.device_id, seconds=0.5) == unanswered
        await bram.sync()
        assert "m.key.verification.request" in [event["type"] for event in bram.to_device]


async def test_what_the_js_client_cannot_do_is_said(synapse: Homeserver) -> None:
    """Its own words come back as an error, and it goes on."""
    async with await JsClient.newcomer(synapse, "ana") as ana:
        with pytest.raises(JsFailed, match=r"M_NOT_FOUND|M_UNKNOWN|M_FORBIDDEN"):
            await ana.ask("join", room="!nowhere:localhost")
        with pytest.raises(JsFailed, match="commands"):
            await ana.ask("dance")

        assert await ana.ask("invites") == []
        ana._process.kill()
        with pytest.raises(JsFailed, match="has ended"):
            await ana.ask("invites")
