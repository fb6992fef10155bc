"""The Matrix client's encryption on a real Synapse: whoever should read can read, nobody else, whatever fails in between."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.matrix_client import Client
from adapters.matrix_parts import MatrixError, Unreachable, Unsafe
from relaybot.homeserver import Homeserver
from tests.matrix_bot import Bot, bot_at, door_to, identity, unreached
from tests.synapse import Raw
from tests.synapse_people import Person

pytestmark = pytest.mark.servers

TEXT = "m.room.message"


def words(body: str, **more: Any) -> dict[str, Any]:
    """A message's content."""
    return {"msgtype": "m.text", "body": body, **more}


async def hears(person: Person, body: str) -> bool:
    """Whether somebody could read what was said, once it came; a message that cannot be read counts as no."""
    async with asyncio.timeout(20):
        while True:
            await person.sync(300)
            for one in person.seen:
                if one.body == body:
                    return one.encrypted
                if not one.readable:
                    return False


@asynccontextmanager
async def chat(server: Homeserver, folder: Path, url: str = "") -> AsyncIterator[tuple[Person, Bot, str]]:
    """Somebody and the bot in an encrypted direct chat which both know."""
    async with (
        await Person.newcomer(server, "ana", folder / "ana") as ana,
        bot_at(server, folder / "bot", url) as bot,
    ):
        room = await ana.dm(bot.user_id, wait=False)
        await bot.client.join(room)
        await ana.joined(room, bot.user_id)
        await bot.sync()
        yield ana, bot, room


# ----------------------------------------------------------------------------------------------- both directions


async def test_a_chat_is_read_and_answered(synapse: Homeserver, tmp_path: Path) -> None:
    """What was said before the bot had joined as well, and after a restart again."""
    async with (
        await Person.newcomer(synapse, "ana", tmp_path / "ana") as ana,
        bot_at(synapse, tmp_path / "bot") as bot,
    ):
        room = await ana.dm(bot.user_id, wait=False)
        await ana.say("early")
        await bot.client.join(room)
        heard = await bot.next()
        assert (heard.sender, heard.content["body"], heard.encrypted) == (ana.user_id, "early", True)
        await bot.client.send(room, TEXT, words("one"), "t1")
        assert await hears(ana, "one")
        await bot.restart()
        await ana.say("later")
        assert (await bot.next()).content["body"] == "later"
        await bot.client.send(room, TEXT, words("two"), "t2")
        assert await hears(ana, "two")
        recent = [one.content["body"] for one in await bot.client.recent(room) if one.type == TEXT]
        assert recent == ["two", "later", "one", "early"]


async def test_a_room_of_ours_is_encrypted_from_its_first_word(synapse: Homeserver, tmp_path: Path) -> None:
    """Said before a sync told of the room and before the invited came; they can read it."""
    async with (
        await Person.newcomer(synapse, "ana", tmp_path / "ana") as ana,
        bot_at(synapse, tmp_path / "bot") as bot,
    ):
        room = await bot.client.create_room(invite=[ana.user_id], direct=True)
        assert bot.client.encrypted(room)
        await bot.client.send(room, TEXT, words("welcome"), "t1")
        await ana.accept(room)
        assert await hears(ana, "welcome")


async def test_the_same_transaction_is_sent_once(synapse: Homeserver, tmp_path: Path) -> None:
    """Though it is encrypted anew each time, and after a restart."""
    async with chat(synapse, tmp_path) as (ana, bot, room):
        first = await bot.client.send(room, TEXT, words("once"), "t1")
        await bot.restart()
        await bot.sync()
        assert await bot.client.send(room, TEXT, words("once"), "t1") == first
        await bot.client.send(room, TEXT, words("end"), "t2")
        assert await hears(ana, "end")
        assert [one.body for one in ana.seen].count("once") == 1


async def test_all_devices_of_a_member_can_read_verified_or_not(synapse: Homeserver, tmp_path: Path) -> None:
    """Also one that comes later: with the next message, without a new key for the others."""
    async with chat(synapse, tmp_path) as (ana, bot, room):
        await bot.client.send(room, TEXT, words("one"), "t1")
        async with await Person.login(synapse, ana.user_id, tmp_path / "phone") as phone:
            await bot.sync()
            assert await unreached(bot.client, room) == []
            await bot.client.send(room, TEXT, words("two"), "t2")
            assert await unreached(bot.client, room) == []
            assert await hears(ana, "two")
            sessions = {one["content"].get("session_id") for one in await messages(synapse, ana, room)}
            assert len(sessions - {None}) == 1
            await phone.sync(300)
            # What was said before it came is none of the new device's business.
            said = {one.readable for one in phone.seen if one.encrypted}, [one.body for one in phone.seen if one.body]
            assert said == ({False, True}, ["two"])


async def messages(server: Homeserver, person: Person, room: str) -> list[dict[str, Any]]:
    """A room's events as the homeserver has them."""
    async with await Raw.login(server, person.user_id) as raw:
        return await raw.messages(room)


async def test_whoever_left_cannot_read_on(synapse: Homeserver, tmp_path: Path) -> None:
    """Their keys open what was said while they were there, and nothing after, even if they get hold of it."""
    async with (
        chat(synapse, tmp_path) as (ana, bot, room),
        await Person.newcomer(synapse, "bram", tmp_path / "bram") as bram,
    ):
        async with await Raw.login(synapse, ana.user_id) as raw:
            await raw.invite(room, bram.user_id)
        await bram.accept(room)
        await bot.sync()
        both = await bot.client.send(room, TEXT, words("both"), "t1")
        assert await hears(bram, "both")
        assert await hears(ana, "both")
        async with await Raw.login(synapse, bram.user_id) as raw:
            await raw.leave(room)
        await bot.sync()
        alone = await bot.client.send(room, TEXT, words("alone"), "t2")
        assert await hears(ana, "alone")
        await bram.sync(300)  # whatever was sent to their device has come
        sealed = {one["event_id"]: one["content"] for one in await messages(synapse, ana, room)}
        assert (opens(bram, room, sealed[both]), opens(bram, room, sealed[alone])) == (True, False)
        assert opens(ana, room, sealed[alone])


def opens(person: Person, room: str, sealed: dict[str, Any]) -> bool:
    """Whether a person's keys open an event, however they came by it."""
    session = person.client.olm.inbound_group_store.get(room, sealed["sender_key"], sealed["session_id"])
    if session is None:
        return False
    try:
        session.decrypt(sealed["ciphertext"])
    except ValueError:
        return False
    return True


async def test_whoever_was_just_invited_can_read_and_whoever_was_just_removed_cannot(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """The very next message, before any sync could tell the client what it did itself."""
    async with (
        chat(synapse, tmp_path) as (ana, bot, _),
        await Person.newcomer(synapse, "bo", tmp_path / "bo") as bo,
    ):
        room = await bot.client.create_room(invite=[ana.user_id], preset="private_chat")
        await ana.accept(room)
        await bot.sync()
        await bot.client.send(room, TEXT, words("to one"), "t1")
        await bot.client.invite(room, bo.user_id)
        await bot.client.send(room, TEXT, words("to both"), "t2")
        await bo.accept(room)
        assert [(one.body, one.readable) for one in bo.seen if one.sender == bot.user_id][-1:] == [("to both", True)]
        await bot.sync()
        await bot.client.kick(room, bo.user_id)
        await bot.client.send(room, TEXT, words("to one again"), "t3")
        assert await hears(ana, "to one again")
        session = bot.client._opened()._olm.outbound_group_sessions[room]
        assert {user for user, _ in session.users_shared_with} == {ana.user_id}


async def test_threads_and_edits_stay_visible_to_the_homeserver(synapse: Homeserver, tmp_path: Path) -> None:
    """The relation is in clear beside the secret, the words are not."""
    async with chat(synapse, tmp_path) as (ana, bot, room):
        root = await ana.say("root")
        relation = {"rel_type": "m.thread", "event_id": root}
        await bot.client.send(room, TEXT, words("below", **{"m.relates_to": relation}), "t1")
        below, *_ = await messages(synapse, ana, room)
        assert below["type"] == "m.room.encrypted"
        assert below["content"]["m.relates_to"] == relation
        assert "body" not in below["content"]
        (read,) = [one for one in await bot.client.recent(room, 2) if one.type == TEXT]
        assert read.content["m.relates_to"] == relation


# ------------------------------------------------------------------------------------------------ what fails


@pytest.mark.parametrize("where", ["/keys/query", "/keys/claim", "/sendToDevice", "/members"])
async def test_a_failed_step_of_encrypting_costs_one_try(synapse: Homeserver, tmp_path: Path, where: str) -> None:
    """Nothing is sent that cannot be read, nothing hangs afterwards, and the next try reaches everybody."""
    async with door_to(synapse.url) as door, chat(synapse, tmp_path, door.url) as (ana, bot, room):
        await bot.restart()
        await bot.sync()
        if where == "/keys/claim":  # a session is there otherwise, from what was received
            bot.client._opened()._olm.session_store._entries.clear()
        door.broken = {where: "page"}
        for _ in range(2):
            with pytest.raises(Unreachable):
                await bot.client.send(room, TEXT, words("hello"), "t1")
        door.broken = {}
        await bot.client.send(room, TEXT, words("hello"), "t1")
        assert await hears(ana, "hello")
        assert await unreached(bot.client, room) == []


async def test_a_cancelled_send_does_not_block_the_room(synapse: Homeserver, tmp_path: Path) -> None:
    """Its key may have reached some; the next message makes it reach the others."""
    async with door_to(synapse.url) as door, chat(synapse, tmp_path, door.url) as (ana, bot, room):
        door.broken = {"/sendToDevice": "hole"}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(bot.client.send(room, TEXT, words("hello"), "t1"), 0.5)
        door.broken = {}
        await asyncio.wait_for(bot.client.send(room, TEXT, words("hello"), "t1"), 10)
        assert await hears(ana, "hello")


async def test_many_messages_at_once_share_one_key(synapse: Homeserver, tmp_path: Path) -> None:
    """Whoever sends while a key is being shared waits for it."""
    async with chat(synapse, tmp_path) as (ana, bot, room):
        await asyncio.gather(*(bot.client.send(room, TEXT, words(f"m{one}"), f"t{one}") for one in range(10)))
        for one in range(10):
            assert await hears(ana, f"m{one}")
        sent = [one["content"] for one in await messages(synapse, ana, room) if one["type"] == "m.room.encrypted"]
        assert len({one["session_id"] for one in sent}) == 1


async def test_a_room_encrypted_in_an_unknown_way_gets_nothing(synapse: Homeserver, tmp_path: Path) -> None:
    """Rather silence than clear text; the same before a key store is open."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        strange = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "org.example.rot13"}}
        room = await ana.create_room(bot.user_id, initial_state=[strange])
        await bot.client.join(room)
        with pytest.raises(Unsafe, match="in a way that is not known"):
            await bot.client.send(room, TEXT, words("hello"), "t1")
        assert TEXT not in {one["type"] for one in await ana.messages(room)}
        unopened = Client(synapse.url, bot.user_id, tmp_path / "other", bytes(32))
        with pytest.raises(Unsafe, match="no key store open"):
            await unopened.send(room, TEXT, words("hello"), "t1")


async def test_encryption_is_never_forgotten(synapse: Homeserver, tmp_path: Path) -> None:
    """A homeserver that stops telling that a room is encrypted gets no clear text, not even after a restart."""
    async with door_to(synapse.url) as door, chat(synapse, tmp_path, door.url) as (_ana, bot, room):

        def hidden(answer: Any) -> Any:
            return json.loads(json.dumps(answer).replace("m.room.encryption", "m.room.something"))

        door.change = {"/sync": hidden, "/state": hidden}
        await bot.restart()
        await bot.sync()
        assert bot.client.encrypted(room)
        with pytest.raises(Unsafe):
            await bot.client.send(room, TEXT, words("secret"), "t1")


# ---------------------------------------------------------------------------------------------- our own keys


async def claim(ana: Raw, bot: Bot) -> str:
    """Take one of the bot's one-time keys; its name, "" when there is none."""
    asked = {bot.user_id: {bot.client.device_id: "signed_curve25519"}}
    keys = (await ana.call("POST", "keys/claim", {"one_time_keys": asked}))["one_time_keys"]
    return next(iter(keys.get(bot.user_id, {}).get(bot.client.device_id, {})), "")


async def test_exhausted_one_time_keys_are_replenished(synapse: Homeserver, tmp_path: Path) -> None:
    """Anybody may take all fifty; the next sync puts fifty new ones there."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        for _ in range(50):
            assert await claim(ana, bot)
        assert (await identity(bot.client))["one_time_keys"] == 0
        await bot.sync()
        assert (await identity(bot.client))["one_time_keys"] == 50


async def test_without_one_time_keys_the_bot_can_still_be_reached(synapse: Homeserver, tmp_path: Path) -> None:
    """The fallback key serves whoever writes while the bot is away, and is replaced when the bot is back."""
    async with await Raw.newcomer(synapse, "eve") as eve, bot_at(synapse, tmp_path / "bot") as bot:
        for _ in range(50):
            await claim(eve, bot)
        last = await claim(eve, bot)
        assert last == await claim(eve, bot) != ""
        async with await Person.newcomer(synapse, "ana", tmp_path / "ana") as ana:
            room = await ana.dm(bot.user_id, wait=False)
            await ana.say("are you there")
            await bot.restart()
            await bot.client.join(room)
            assert (await bot.next()).content["body"] == "are you there"
            for _ in range(50):
                await claim(eve, bot)
            assert await claim(eve, bot) not in {"", last}


async def test_an_older_copy_of_the_key_store_still_gives_fresh_keys(synapse: Homeserver, tmp_path: Path) -> None:
    """One put back from a backup makes keys by names the homeserver has other ones for: they are passed over."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        old = bot.client.device_id
        shutil.copy(tmp_path / "device.db", tmp_path / "backup")
        for _ in range(20):
            await claim(ana, bot)
        await bot.sync()  # uploads twenty, which the backup does not know
        await bot.client.close()
        shutil.copy(tmp_path / "backup", tmp_path / "device.db")
        for _ in range(20):
            await claim(ana, bot)
        await bot.restart()
        for _ in range(5):
            await bot.sync()
        assert bot.client.device_id == old
        assert (await identity(bot.client))["one_time_keys"] == 50


async def test_garbage_for_the_device_hurts_nobody(synapse: Homeserver, tmp_path: Path) -> None:
    """What is meant to be a room key and is none is passed over; the one behind it is read."""
    async with chat(synapse, tmp_path) as (ana, bot, _room), await Raw.newcomer(synapse, "eve") as eve:
        mine = bot.client._opened()._olm.account.identity_keys["curve25519"]
        contents: list[Any] = [
            {},
            {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": "x", "ciphertext": "y"},
            *(
                {
                    "algorithm": "m.olm.v1.curve25519-aes-sha2",
                    "sender_key": mine,
                    "ciphertext": {mine: {"type": kind, "body": body}},
                }
                for kind in (0, 1, 2, -1)
                for body in ("", "AAAA", "ö", "A" * 1000)
            ),
        ]
        for number, content in enumerate(contents):
            body = {"messages": {bot.user_id: {bot.client.device_id: content}}}
            await eve.call("PUT", f"sendToDevice/m.room.encrypted/{number}", body)
        await ana.say("hello")
        assert (await bot.next()).content["body"] == "hello"


# --------------------------------------------------------------------------------------------- what is read


async def test_what_cannot_be_read_names_its_session(synapse: Homeserver, tmp_path: Path) -> None:
    """So that one can be asked once to say it again; an event that names none is "?"; a redacted one is neither."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        room = await ana.create_room(bot.user_id, encrypted=True)
        await bot.client.join(room)
        await bot.sync()
        sealed = {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "S1", "ciphertext": "AAAA", "sender_key": "K"}
        await ana.put(room, "m.room.encrypted", sealed)
        await ana.put(room, "m.room.encrypted", {"algorithm": "m.unknown"})
        taken = await ana.put(room, "m.room.encrypted", sealed)
        await ana.redact(room, taken)
        one, two, three, _ = (await bot.sync()).seen
        assert (one.type, one.unreadable, one.encrypted) == ("m.room.encrypted", "S1", False)
        assert two.unreadable == "?"
        assert (three.unreadable, three.content) == ("", {})


async def test_the_deprecated_senders_key_may_be_missing(synapse: Homeserver, tmp_path: Path) -> None:
    """The specification lets clients leave out sender_key and device_id."""
    async with chat(synapse, tmp_path) as (ana, bot, room):
        await ana.say("first")
        await bot.next()
        inner = {"type": TEXT, "content": words("second")}
        sealed = ana.client.olm.group_encrypt(room, inner)
        async with await Raw.login(synapse, ana.user_id) as raw:
            bare = {name: sealed[name] for name in ("algorithm", "session_id", "ciphertext")}
            await raw.put(room, "m.room.encrypted", bare)
        heard = await bot.next()
        assert (heard.sender, heard.content["body"], heard.encrypted) == (ana.user_id, "second", True)


async def test_a_copied_message_is_not_read_as_the_copiers(synapse: Homeserver, tmp_path: Path) -> None:
    """A member who posts again what another has encrypted says nothing by it, before and after a restart."""
    async with chat(synapse, tmp_path) as (ana, bot, room), await Raw.newcomer(synapse, "eve") as eve:
        async with await Raw.login(synapse, ana.user_id) as raw:
            await raw.invite(room, eve.user_id)
        await eve.join(room)
        await ana.say("I leave")
        assert (await bot.next()).sender == ana.user_id
        await bot.client.send(room, TEXT, words("noted"), "t1")
        copy = next(
            one for one in await eve.messages(room) if one["sender"] == ana.user_id and "ciphertext" in one["content"]
        )
        for number in range(2):
            await eve.put(room, "m.room.encrypted", copy["content"], f"copy{number}")
            heard = await bot.next()
            assert heard.sender == eve.user_id
            assert heard.unreadable == copy["content"]["session_id"]
            await bot.restart()


async def test_what_comes_in_clear_is_marked_as_such(synapse: Homeserver, tmp_path: Path) -> None:
    """In an encrypted room too; what it may do is for others to say."""
    async with chat(synapse, tmp_path) as (ana, bot, room):
        await ana.say_in_clear("plain")
        heard = await bot.next()
        assert (heard.content["body"], heard.encrypted, bot.client.encrypted(room)) == ("plain", False, True)


async def test_a_week_of_messages_in_an_encrypted_room_is_read(synapse: Homeserver, tmp_path: Path) -> None:
    """More than a timeline holds, with more than one key, after a restart."""
    async with chat(synapse, tmp_path) as (ana, bot, _room):
        for number in range(130):
            await ana.say(str(number))
        await bot.restart()
        batch = await bot.sync()
        assert [one.content.get("body") for one in batch.seen if one.encrypted] == [str(one) for one in range(130)]


async def test_a_broken_session_is_mended(synapse: Homeserver, tmp_path: Path) -> None:
    """A device whose Olm session was lost on our side hears from us, and can be read again."""
    async with chat(synapse, tmp_path) as (ana, bot, room):
        await ana.say("one")
        assert (await bot.next()).content["body"] == "one"
        await bot.client.send(room, TEXT, words("hello"), "t1")  # now ana's device is known here
        assert await hears(ana, "hello")
        olm = bot.client._opened()._olm
        olm.session_store._entries.clear()
        ana.client.invalidate_outbound_session(room)
        await ana.say("two")
        assert (await bot.next()).unreadable
        for _ in range(3):
            await ana.sync(100)
            await bot.sync()
        ana.client.invalidate_outbound_session(room)
        await ana.say("three")
        assert (await bot.next()).content.get("body") == "three"


async def test_errors_are_always_ours(synapse: Homeserver, tmp_path: Path) -> None:
    """Whatever answer is malformed while encrypting: no library's error comes through, and the next try works."""
    async with door_to(synapse.url) as door, chat(synapse, tmp_path, door.url) as (ana, bot, room):
        bad = {"signatures": 7, "keys": {"ed25519:X": "x", "curve25519:X": "y"}, "device_id": "X"}
        answers: list[dict[str, Any]] = [
            {"device_keys": {ana.user_id: {"X": bad | {"user_id": ana.user_id}, "Y": None}}},
            {"device_keys": {ana.user_id: []}},
            {"device_keys": None},
        ]
        for number, answer in enumerate(answers):
            door.broken = {"/keys/query": {"status": 200, "body": answer}}
            with contextlib.suppress(MatrixError):
                await bot.client.send(room, TEXT, words("unread"), f"t{number}")
            bot.client._opened()._not_before.clear()
            bot.client._opened()._olm.tracked_users.clear()
        door.broken = {}
        door.change = {"/keys/claim": lambda _: {"one_time_keys": {ana.user_id: {ana.device_id: {"x:y": {"key": 1}}}}}}
        bot.client._opened()._olm.session_store._entries.clear()
        await bot.client.send(room, TEXT, words("unread"), "t8")
        assert await unreached(bot.client, room) == [(ana.user_id, ana.device_id)]
        door.change = {}
        bot.client._opened()._not_before.clear()
        await bot.client.send(room, TEXT, words("read"), "t9")
        assert await unreached(bot.client, room) == []
