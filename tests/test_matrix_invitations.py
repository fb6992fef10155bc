"""Invitations of strangers on Matrix: how many chats are entered, which, and that nobody waits for a homeserver that does not answer."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from adapters.matrix_memory import open_memory
from relaybot.homeserver import Homeserver
from tests.matrix_contract import Bot, address, behind_door, chat, event, once, running, with_events
from tests.synapse import Json, Raw

pytestmark = [pytest.mark.servers, pytest.mark.slow]

FAR = {"status": 502, "body": {"errcode": "M_UNKNOWN", "error": "Failed to make_join via any server"}}


async def test_a_flood_of_invitations_fills_its_limits_and_keeps_no_member_out(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """40 newcomers open chats, one of them five: 15 are entered, two of hers; a member comes in meanwhile and is heard."""
    async with (
        running(synapse, tmp_path, invites_per_hour=15, invites_each_per_hour=2) as bot,
        await Raw.newcomer(synapse, "ana") as ana,
        contextlib.AsyncExitStack() as stack,
    ):
        bot.ear.members.add(address(ana.user_id))
        crowd = [await stack.enter_async_context(await Raw.newcomer(synapse, "eve")) for _ in range(40)]
        opened = [[await chat(crowd[0], bot.user_id) for _ in range(5)]]
        few = asyncio.Semaphore(3)  # at once: the adapter is under test, not Synapse

        async def opens(eve: Raw) -> list[str]:
            async with few:
                return [await chat(eve, bot.user_id)]

        flood = asyncio.gather(*(opens(eve) for eve in crowd[1:]))
        room = await chat(ana, bot.user_id)
        await ana.send(room, "status")
        while (message := await bot.heard(60)).sender != address(ana.user_id):
            assert message.text == "hello"
        assert message.text == "status"
        opened += await flood
        entered = [[members[bot.user_id] for members in each] for each in await _after(crowd, opened, bot)]
        assert entered[0].count("join") == 2
        assert sum(one.count("join") for one in entered) == 15
        assert all(set(one) <= {"join", "leave"} for one in entered)
        reason = (await crowd[0].state(opened[0][-1], "m.room.member", bot.user_id))["reason"]
        assert reason == "Too many chats were opened with me just now. Please ask me again in an hour."


async def test_invitations_from_homeservers_that_never_answer_keep_no_member_out(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """200 of them by 40 people in one answer: 30 are tried, 4 at once; who is known comes in at once, again and again."""
    async with (
        behind_door(synapse, tmp_path, invites_per_hour=30) as (bot, door),
        await Raw.newcomer(synapse, "ana") as ana,
    ):
        room = await bot.greeted(ana)
        bot.ear.members.add(address(ana.user_id))
        door.broken["!far"] = "hole"
        done = once(door, lambda answer: _invited(answer, bot.user_id) if with_events(room, [])(answer) else None)
        await ana.send(room, "status")
        await asyncio.wait_for(done.wait(), 15)
        assert (await bot.heard()).text == "status"
        far = ("POST /_matrix/client/v3/join/!far", "POST /_matrix/client/v3/rooms/!far")
        await bot.until(lambda: [sum(a.startswith(way) for a in door.asked) for way in far] == [4, 4], "four of each")
        for _ in range(3):
            second = await chat(ana, bot.user_id, wait=True)
            await ana.send(second, "status")
            assert (await bot.heard()).text == "status"
        await bot.stop()
        async with open_memory(tmp_path) as memory:
            assert len([r for r in memory.rooms.values() if r.use == "asked"]) == 29  # and hers, when she was new


def _invited(answer: Json, bot: str) -> Json:
    """The answer with 200 more invitations in it."""
    invited = answer.setdefault("rooms", {}).setdefault("invite", {})
    for number in range(200):
        content = {"membership": "invite", "is_direct": True}
        member = event(number, f"@x{number % 40}:far.test", "m.room.member", content, state_key=bot)
        invited[f"!far{number}:far.test"] = {"invite_state": {"events": [member]}}
    return answer


async def _after(crowd: list[Raw], opened: list[list[str]], bot: Bot) -> list[list[dict[str, str]]]:
    """Everybody's rooms when no invitation is open any more."""
    found: list[list[dict[str, str]]] = []
    for eve, rooms in zip(crowd, opened, strict=True):
        found.append([])
        for room in rooms:
            async with asyncio.timeout(30):
                while (members := await eve.members(room))[bot.user_id] == "invite":
                    await asyncio.sleep(0.05)
            found[-1].append(members)
    return found


async def test_only_chats_of_two_that_nobody_else_can_enter_are_entered(synapse: Homeserver, tmp_path: Path) -> None:
    """A group, a public room, a room that anybody may read, a chat with a third person: declined or left, with the reason."""
    async with (
        running(synapse, tmp_path) as bot,
        await Raw.newcomer(synapse, "eve") as eve,
        await Raw.newcomer(synapse, "ana") as ana,
    ):
        readable = {
            "type": "m.room.history_visibility",
            "state_key": "",
            "content": {"history_visibility": "world_readable"},
        }
        rooms = [
            await eve.create_room(bot.user_id),
            await eve.create_room(bot.user_id, is_direct=True, preset="public_chat"),
            await eve.create_room(bot.user_id, is_direct=True, initial_state=[readable]),
            await eve.create_room(bot.user_id, ana.user_id, is_direct=True),
        ]
        for room in rooms:
            await eve.wait_member(room, bot.user_id, "leave")
        reasons = [(await eve.state(room, "m.room.member", bot.user_id)).get("reason", "") for room in rooms]
        assert all("direct chats of two" in reason for reason in (reasons[0], *reasons[2:]))
        await bot.settled()


@pytest.mark.parametrize("how", ["hole", "far"])
async def test_a_room_that_cannot_be_entered_holds_nobody_up(synapse: Homeserver, tmp_path: Path, how: str) -> None:
    """A homeserver far away that never answers, or fails: others are greeted and heard, also after a restart."""
    async with behind_door(synapse, tmp_path) as (bot, door), await Raw.newcomer(synapse, "eve") as eve:
        await bot.stop()
        room = await chat(eve, bot.user_id)
        door.broken[f"/join/{room}"] = "hole" if how == "hole" else FAR
        for _ in range(2):
            await bot.start()
            await bot.until(lambda: any(room in asked for asked in door.asked), "it to try")
            await bot.settled()
            door.asked.clear()
            await bot.stop()
        door.broken.clear()
        await bot.start()
        await bot.greeted(eve, room)


async def test_somebody_s_chat_cannot_lead_the_bot_elsewhere(synapse: Homeserver, tmp_path: Path) -> None:
    """A tombstone in a chat: its replacement is not entered; the chat goes on where its person asks the bot in."""
    async with behind_door(synapse, tmp_path) as (bot, door), await Raw.newcomer(synapse, "eve") as eve:
        room = await bot.greeted(eve)
        trap = await eve.create_room(preset="public_chat")
        await eve.set_state(room, "m.room.tombstone", {"body": "moved", "replacement_room": trap})
        await bot.settled()
        assert bot.user_id not in await eve.members(trap)
        assert not any(trap in asked for asked in door.asked)
        second = await bot.greeted(eve)
        new = (await eve.call("POST", f"rooms/{second}/upgrade", {"new_version": "11"}))["replacement_room"]
        await bot.settled()
        await eve.invite(new, bot.user_id)
        await eve.wait_member(new, bot.user_id)
        await eve.send(new, "status")
        while (message := await bot.heard()).text != "status":
            assert message.text == "hello"
        assert message.sender == address(eve.user_id)
