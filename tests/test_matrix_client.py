"""The Matrix client on a real Synapse: its session, what a sync brings, rooms, and errors. Encryption is in test_matrix_client_keys."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from adapters import matrix_client_sync
from adapters.matrix_client_rooms import CREATOR
from adapters.matrix_parts import LoggedOut, MatrixError, Seen, Session, Unreachable, Unsafe
from relaybot.homeserver import Homeserver
from tests.matrix_bot import Bot, bot_at, door_to, identity
from tests.synapse import PASSWORD, Raw

pytestmark = pytest.mark.servers


def bodies(seen: tuple[Seen, ...]) -> list[str]:
    """What was said, in order."""
    return [str(one.content["body"]) for one in seen if "body" in one.content]


async def said(ana: Raw, room: str, numbers: range) -> list[str]:
    """Let somebody say numbers."""
    for number in numbers:
        await ana.send(room, str(number))
    return [str(number) for number in numbers]


async def shared_room(ana: Raw, bot: Bot, **more: Any) -> str:
    """A room of ana's, in clear, in which the bot is."""
    room = await ana.create_room(bot.user_id, **more)
    await bot.client.join(room)
    await bot.sync()
    return room


# ---------------------------------------------------------------------------------------------------- the session


async def test_a_session_is_gone_on_with_as_long_as_it_holds(synapse: Homeserver, tmp_path: Path) -> None:
    """The same device and token, so that a transaction id stays what it was."""
    async with bot_at(synapse, tmp_path) as bot:
        before = bot.session
        await bot.restart()
        assert bot.session == before


async def test_a_wrong_password_is_forbidden(synapse: Homeserver, tmp_path: Path) -> None:
    """With the homeserver's own code, and nothing made of it."""
    bot = Bot(synapse, tmp_path)
    try:
        with pytest.raises(MatrixError) as refused:
            await bot.client.enter(None, "wrong")
        assert (refused.value.status, refused.value.code) == (403, "M_FORBIDDEN")
    finally:
        await bot.client.close()


async def test_after_a_hard_logout_there_is_a_new_device_of_the_same_identity(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """A sync says so; entering again gives a device which the identity that all know has signed."""
    async with bot_at(synapse, tmp_path) as bot, await Raw.login(synapse, bot.user_id) as raw:
        old = bot.client.device_id
        await raw.call("POST", "logout/all", {})
        with pytest.raises(LoggedOut) as gone:
            await bot.sync()
        assert not gone.value.soft
        client = await bot.restart()
        assert client.device_id != old
        told = await identity(client)
        assert told["device_signed"]
        assert told["master_ours"]


async def test_after_a_soft_logout_it_is_the_same_device_still(synapse: Homeserver, tmp_path: Path) -> None:
    """A new token for it, and its keys go on."""
    async with door_to(synapse.url) as door, bot_at(synapse, tmp_path, door.url) as bot:
        assert bot.session is not None
        before = bot.session
        expired = {"errcode": "M_UNKNOWN_TOKEN", "error": "Soft logged out", "soft_logout": True}
        door.broken = {"whoami": {"status": 401, "body": expired}}
        await bot.restart()
        assert bot.session.device_id == before.device_id
        assert bot.session.access_token != before.access_token
        assert (await identity(bot.client))["device_signed"]


async def test_a_lost_key_store_makes_a_new_device_and_leaves_no_old_one(synapse: Homeserver, tmp_path: Path) -> None:
    """What the old device cannot read any more is not sent to it either."""
    async with bot_at(synapse, tmp_path) as bot:
        old = bot.client.device_id
        await bot.client.close()
        (tmp_path / "device.db").unlink()
        client = await bot.restart()
        async with await Raw.login(synapse, bot.user_id) as raw:
            devices = {one["device_id"] for one in (await raw.call("GET", "devices"))["devices"]}
        assert client.device_id in devices
        assert old not in devices
        assert (await identity(client))["device_signed"]


async def test_a_key_store_of_another_device_makes_a_new_device(synapse: Homeserver, tmp_path: Path) -> None:
    """A device id without its keys would be deaf for ever."""
    async with bot_at(synapse, tmp_path / "one") as bot, bot_at(synapse, tmp_path / "two") as other:
        old = bot.client.device_id
        for one in (bot, other):
            await one.client.close()
        (tmp_path / "one" / "device.db").write_bytes((tmp_path / "two" / "device.db").read_bytes())
        assert (await bot.restart()).device_id != old


async def test_a_key_store_needs_the_secret_it_was_made_with(synapse: Homeserver, tmp_path: Path) -> None:
    """Said in a sentence; the store stays, and the right secret opens it."""
    async with bot_at(synapse, tmp_path) as bot:
        with pytest.raises(Unsafe, match="cannot be opened with this secret"):
            await bot.restart(secret=bytes(32))
        before = bot.session
        await bot.restart()
        assert bot.session == before


async def test_a_second_process_on_the_same_device_is_refused(synapse: Homeserver, tmp_path: Path) -> None:
    """Two would use the same keys twice. When the first has ended, the second may begin."""
    async with bot_at(synapse, tmp_path) as bot:
        second = Bot(synapse, tmp_path)
        with pytest.raises(Unsafe, match="another relaybot is running"):
            await second.client.enter(None, PASSWORD)
        await bot.client.close()
        await second.enter()
        await second.client.close()


# ---------------------------------------------------------------------------------------------------------- sync


async def test_a_batch_comes_again_as_long_as_its_token_is_not_moved_on(synapse: Homeserver, tmp_path: Path) -> None:
    """Whoever fails while a batch is taken asks with the same `since`, and misses nothing."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        room = await shared_room(ana, bot)
        await said(ana, room, range(3))
        first, again = await bot.client.sync(bot.since), await bot.client.sync(bot.since)
        assert bodies(first.seen) == bodies(again.seen) == ["0", "1", "2"]


async def test_what_the_timeline_left_out_is_fetched(synapse: Homeserver, tmp_path: Path) -> None:
    """250 messages in a room: a sync brings the last hundred, the batch has all, in order and each once."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        room = await shared_room(ana, bot)
        await said(ana, room, range(2))
        await bot.sync()
        everything = await said(ana, room, range(2, 252))
        batch = await bot.sync()
        assert bodies(batch.seen) == everything
        assert batch.missed == ()


async def test_a_gap_that_is_too_long_is_told(
    synapse: Homeserver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are there, and the room is named."""
    monkeypatch.setattr(matrix_client_sync, "TIMELINE_EVENTS", 10)
    monkeypatch.setattr(matrix_client_sync, "GAP_EVENTS_MAX", 20)
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        room = await shared_room(ana, bot)
        everything = await said(ana, room, range(150))
        batch = await bot.sync()
        assert batch.missed == (room,)
        assert bodies(batch.seen) == everything[-len(batch.seen) :]
        assert len(batch.seen) == 120


async def test_nothing_is_fetched_from_before_we_came(synapse: Homeserver, tmp_path: Path) -> None:
    """A room may have a long history; it was not said to us."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        room = await ana.create_room(preset="public_chat")
        await said(ana, room, range(20))
        await bot.client.join(room)
        later = await said(ana, room, range(20, 130))
        batch = await bot.sync()
        assert bodies(batch.seen) == later
        assert batch.missed == ()


async def test_a_gap_that_cannot_be_fetched_now_loses_nothing(synapse: Homeserver, tmp_path: Path) -> None:
    """The sync fails whole, and brings everything when it is asked again."""
    async with (
        await Raw.newcomer(synapse, "ana") as ana,
        door_to(synapse.url) as door,
        bot_at(synapse, tmp_path, door.url) as bot,
    ):
        room = await shared_room(ana, bot)
        everything = await said(ana, room, range(110))
        door.broken = {"/messages": "page"}
        with pytest.raises(Unreachable):
            await bot.sync()
        door.broken = {}
        assert bodies((await bot.sync()).seen) == everything


async def test_after_a_restart_all_rooms_are_known(synapse: Homeserver, tmp_path: Path) -> None:
    """With the first sync of the process, and what was said meanwhile comes with it."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        quiet, loud = await shared_room(ana, bot), await shared_room(ana, bot, encrypted=True)
        await ana.send(loud, "meanwhile")
        await bot.restart()
        assert bot.client.joined() == frozenset()
        assert bodies((await bot.sync()).seen) == ["meanwhile"]
        assert bot.client.joined() == {quiet, loud}
        assert (bot.client.encrypted(quiet), bot.client.encrypted(loud)) == (False, True)
        assert await bot.client.send(quiet, "m.room.message", {"msgtype": "m.text", "body": "back"}, "t1")


async def test_malformed_events_cost_only_themselves(
    synapse: Homeserver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What another server might let through: no batch is lost by it, and it is logged by its id."""
    async with (
        await Raw.newcomer(synapse, "ana") as ana,
        door_to(synapse.url) as door,
        bot_at(synapse, tmp_path, door.url) as bot,
    ):
        room = await shared_room(ana, bot)
        good = {"event_id": "$good", "sender": ana.user_id, "type": "m.room.message", "content": {"body": "good"}}
        bad: list[Any] = [
            good | {"event_id": "$bad1", "content": None},
            good | {"event_id": "$bad2", "content": ["x"]},
            good | {"event_id": 7},
            good | {"event_id": "$bad3", "sender": None},
            "no event at all",
            None,
        ]
        odd = [good | {"event_id": f"$odd{at}", "origin_server_ts": at} for at in ("soon", None, -1, True, 2.5)]
        state = [{"type": "m.room.power_levels", "state_key": "", "content": {"users": [], "ban": "x"}}, "y"]

        def worse(answer: Any) -> Any:
            timeline = {"events": [*bad, *odd, good], "limited": False}
            answer["rooms"] = {
                "join": {room: {"timeline": timeline, "state": {"events": state}}},
                "invite": {"!x:y": {"invite_state": {"events": ["z", None]}}, "!z:y": []},
                "leave": {"!w:y": None},
            }
            answer["to_device"] = {"events": [{"type": "m.room.encrypted"}, 3, {"type": "m.clear", "sender": "@x:y"}]}
            answer["device_lists"] = {"changed": "x", "left": None}
            answer["device_one_time_keys_count"] = {"signed_curve25519": "50"}
            return answer

        door.change = {"/sync": worse}
        batch = await bot.sync()
        assert [one.id for one in batch.seen] == [one["event_id"] for one in odd] + ["$good"]
        assert {one.at for one in batch.seen} == {0}
        assert [one["type"] for one in batch.to_device] == ["m.clear"]
        assert [one.room for one in batch.left] == ["!w:y"]
        assert "event $bad1 of room" in caplog.text
        assert bot.client._rooms.known[room].needs("ban") == 50


async def test_an_invitation_is_told_with_what_an_invited_user_can_see(synapse: Homeserver, tmp_path: Path) -> None:
    """Who, whether it is direct, and who else may come in; and when it is taken back, that too."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        direct = await ana.create_room(bot.user_id, encrypted=True, is_direct=True)
        public = await ana.create_room(bot.user_id, preset="public_chat", name="Tea")
        invited = {one.room: one for one in (await bot.sync()).invited}
        one, two = invited[direct], invited[public]
        assert (one.inviter, one.direct, one.join_rule) == (ana.user_id, True, "invite")
        assert (two.direct, two.join_rule) == (False, "public")
        await ana.kick(direct, bot.user_id, "a mistake")
        (left,) = (await bot.sync()).left
        assert (left.room, left.by, left.membership) == (direct, ana.user_id, "leave")


async def test_being_kicked_or_banned_is_told(synapse: Homeserver, tmp_path: Path) -> None:
    """With what was said just before; the room is none of ours then, and sending there is refused."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        room, other = await shared_room(ana, bot), await shared_room(ana, bot)
        await ana.send(room, "goodbye")
        await ana.kick(room, bot.user_id, "enough")
        await ana.call("POST", f"rooms/{other}/ban", {"user_id": bot.user_id})
        batch = await bot.sync()
        told = {(one.room, one.by, one.membership) for one in batch.left}
        assert told == {(room, ana.user_id, "leave"), (other, ana.user_id, "ban")}
        assert bodies(batch.seen) == ["goodbye"]
        assert bot.client.joined() == frozenset()
        with pytest.raises(MatrixError) as refused:
            await bot.client.send(room, "m.room.message", {"msgtype": "m.text", "body": "but"}, "t1")
        assert refused.value.code == "M_FORBIDDEN"


# ---------------------------------------------------------------------------------------------------------- rooms


async def test_the_creator_of_a_room_of_version_12_is_above_all(synapse: Homeserver, tmp_path: Path) -> None:
    """Who made it appears in no power levels, and need not; levels that name us are accepted all the same."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        levels = {"users": {bot.user_id: 100, ana.user_id: 50}, "events_default": 10, "events": {"m.room.name": 60}}
        room = await bot.client.create_room(name="Ours", invite=[ana.user_id], levels=levels, preset="private_chat")
        await bot.sync()
        client = bot.client
        assert (await client.state(room, "m.room.create") or {})["room_version"] == "12"
        assert client._rooms.known[room].power(bot.user_id) == CREATOR
        assert (client._rooms.known[room].power(ana.user_id), client._rooms.known[room].power("@x:y")) == (50, 0)
        needed = {
            what: client._rooms.known[room].needs(what) for what in ("m.room.message", "m.room.name", "kick", "invite")
        }
        assert needed == {"m.room.message": 10, "m.room.name": 60, "kick": 50, "invite": 0}
        assert client._rooms.known[room].needs("notifications.room") == 50
        assert await client.state(room, "m.room.name") == {"name": "Ours"}
        assert await client.state(room, "m.room.avatar") is None


async def test_whom_a_trusted_room_is_made_with_is_a_creator_too(synapse: Homeserver, tmp_path: Path) -> None:
    """From version 12 on: as high as we are, never to be removed, and not to be named in power levels either."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        levels = {"users": {bot.user_id: 100, ana.user_id: 50}}
        room = await bot.client.create_room(invite=[ana.user_id], levels=levels, preset="trusted_private_chat")
        assert (
            bot.client._rooms.known[room].power(ana.user_id)
            == bot.client._rooms.known[room].power(bot.user_id)
            == CREATOR
        )


async def test_in_older_rooms_power_is_what_the_levels_say(synapse: Homeserver, tmp_path: Path) -> None:
    """Its creator has what is written, and a change is seen with the next sync."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        room = await shared_room(ana, bot, room_version="11")
        assert (bot.client._rooms.known[room].power(ana.user_id), bot.client._rooms.known[room].power(bot.user_id)) == (
            100,
            0,
        )
        levels = await ana.state(room, "m.room.power_levels")
        await ana.set_state(room, "m.room.power_levels", levels | {"users": levels["users"] | {bot.user_id: 50}})
        await bot.sync()
        assert bot.client._rooms.known[room].power(bot.user_id) == 50


async def test_members_are_the_homeservers_word(synapse: Homeserver, tmp_path: Path) -> None:
    """A sync leaves out whoever was silent; asked for, all are there with their membership."""
    async with (
        await Raw.newcomer(synapse, "ana") as ana,
        await Raw.newcomer(synapse, "bram") as bram,
        bot_at(synapse, tmp_path) as bot,
    ):
        room = await bot.client.create_room(invite=[ana.user_id, bram.user_id], encrypted=False, preset="private_chat")
        await ana.join(room)
        expected = {bot.user_id: "join", ana.user_id: "join", bram.user_id: "invite"}
        assert await bot.client.members(room) == expected
        await bot.client.kick(room, bram.user_id, "no")
        assert (await bot.client.members(room))[bram.user_id] == "leave"
        await bot.client.invite(room, bram.user_id)
        assert (await bot.client.members(room))[bram.user_id] == "invite"
        await bot.client.leave(room, "done")
        assert room not in bot.client.joined()


async def test_an_alias_leads_to_its_room(synapse: Homeserver, tmp_path: Path) -> None:
    """Also to join it; one that nobody has is not found."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        name = f"tea-{ana.device_id.lower()}"
        room = await ana.create_room(preset="public_chat", room_alias_name=name)
        assert await bot.client.resolve(f"#{name}:localhost") == room
        assert await bot.client.join(f"#{name}:localhost") == room
        assert room in bot.client.joined()
        with pytest.raises(MatrixError) as refused:
            await bot.client.resolve("#nowhere:localhost")
        assert refused.value.code == "M_NOT_FOUND"


async def test_one_event_and_the_latest_ones_can_be_asked_for(synapse: Homeserver, tmp_path: Path) -> None:
    """The latest come newest first; one that is not there is None."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        room = await shared_room(ana, bot)
        await said(ana, room, range(3))
        mine = await bot.client.send(room, "m.room.message", {"msgtype": "m.notice", "body": "mine"}, "t1")
        assert bodies(await bot.client.recent(room, 4)) == ["mine", "2", "1", "0"]
        one = await bot.client.event(room, mine)
        assert one is not None
        assert (one.sender, one.transaction) == (bot.user_id, "t1")
        assert await bot.client.event(room, "$nothing") is None


async def test_account_data_names_and_read_markers_are_kept(synapse: Homeserver, tmp_path: Path) -> None:
    """Direct chats, the display name, and a marker that others do not see."""
    async with await Raw.newcomer(synapse, "ana", "Ana") as ana, bot_at(synapse, tmp_path) as bot:
        room = await shared_room(ana, bot)
        client = bot.client
        assert await client.account_data("m.direct") is None
        await client.set_account_data("m.direct", {ana.user_id: [room]})
        assert await client.account_data("m.direct") == {ana.user_id: [room]}
        await client.set_name("Relay of Tech")
        assert await client.display_name(bot.user_id) == await ana.display_name(bot.user_id) == "Relay of Tech"
        assert await client.display_name("@nobody:localhost") == ""
        event = await ana.send(room, "hello")
        await client.mark_read(room, event)
        async with await Raw.login(synapse, bot.user_id) as raw:
            own = (await raw.sync())["rooms"]["join"][room]
        assert {"type": "m.fully_read", "content": {"event_id": event}} in own["account_data"]["events"]
        told = (await ana.sync())["rooms"]["join"][room]["ephemeral"]["events"]
        assert bot.user_id not in str([one for one in told if one["type"] == "m.receipt"])


async def test_an_event_in_clear_goes_to_one_device(synapse: Homeserver, tmp_path: Path) -> None:
    """And one that comes in clear is handed on, as it is."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        cancel = {"transaction_id": "x", "code": "m.user", "reason": "no"}
        await bot.client.to_device(ana.user_id, ana.device_id, "m.key.verification.cancel", cancel)
        (heard,) = (await ana.sync())["to_device"]["events"]
        assert (heard["sender"], heard["content"]) == (bot.user_id, cancel)
        body = {"messages": {bot.user_id: {bot.client.device_id: {"transaction_id": "y"}}}}
        await ana.call("PUT", "sendToDevice/m.key.verification.request/1", body)
        (came,) = (await bot.sync()).to_device
        assert (came["type"], came["content"]) == ("m.key.verification.request", {"transaction_id": "y"})


# --------------------------------------------------------------------------------------------------------- errors


async def test_a_limit_says_how_long_to_wait(synapse: Homeserver, tmp_path: Path) -> None:
    """A 429 is an error at once, not a wait inside of a call."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        room = await shared_room(ana, bot)
        synapse.override_ratelimit(bot.user_id, 1, 2)
        content = {"msgtype": "m.text", "body": "x"}
        with pytest.raises(MatrixError) as limited:
            await asyncio.gather(*(bot.client.send(room, "m.room.message", content, f"t{one}") for one in range(10)))
        assert (limited.value.status, limited.value.code) == (429, "M_LIMIT_EXCEEDED")
        assert 0 < limited.value.retry_after_ms <= 5000


@pytest.mark.parametrize(
    "broken", ["page", {"status": 500, "body": {}}, {"status": 200, "body": []}, {"status": 302, "body": {}}]
)
async def test_what_a_homeserver_would_not_say_is_unreachable(synapse: Homeserver, tmp_path: Path, broken: Any) -> None:
    """A proxy's page, a server's own failure, JSON that is no answer: whether it was done is not known."""
    async with door_to(synapse.url) as door, bot_at(synapse, tmp_path, door.url) as bot:
        door.broken = {"/sync": broken}
        with pytest.raises(Unreachable, match="no answer of its own"):
            await bot.sync()


async def test_a_black_hole_ends_in_time(synapse: Homeserver, tmp_path: Path) -> None:
    """Every call has a limit, a sync beyond the time it may wait."""
    async with door_to(synapse.url) as door, bot_at(synapse, tmp_path, door.url) as bot:
        await bot.restart(seconds=0.5)
        await bot.sync()
        door.broken = {"/": "hole"}
        for asked in (bot.sync(200), bot.client.set_name("x"), bot.client.send("!x:y", "m.room.message", {}, "t")):
            async with asyncio.timeout(5):
                with pytest.raises(Unreachable):
                    await asked


async def test_nobody_there_is_unreachable(synapse: Homeserver, tmp_path: Path, free_port: Any) -> None:
    """A refused connection, when logging in."""
    bot = Bot(synapse, tmp_path, f"http://127.0.0.1:{free_port()}")
    try:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await bot.enter()
    finally:
        await bot.client.close()


async def test_what_is_too_large_is_refused_with_its_code(synapse: Homeserver, tmp_path: Path) -> None:
    """Events have 64 KiB."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        room = await shared_room(ana, bot)
        with pytest.raises(MatrixError) as refused:
            await bot.client.send(room, "m.room.message", {"msgtype": "m.text", "body": "x" * 66_000}, "t1")
        assert refused.value.code == "M_TOO_LARGE"


def test_a_token_is_never_shown() -> None:
    """Not even where a session is printed for debugging."""
    assert "s3cret" not in repr(Session("@bot:x", "DEV", "s3cret"))
