"""What strangers can do on Matrix: nobody is held up by them, nothing private is said before them, and nobody is taken for another.

On a real Synapse; what it would not take itself (but another homeserver may send) is put into its answers on the way (`Door`).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.matrix_listen import UNREAD_KEPT_MAX
from adapters.matrix_memory import open_memory
from adapters.matrix_read import TEXT_BYTES
from relaybot.homeserver import Homeserver
from relaybot.model import Urgency
from tests.matrix_contract import (
    address,
    behind_door,
    chat,
    event,
    once,
    running,
    with_events,
    words_of,
)
from tests.needs import corpus
from tests.synapse import PASSWORD, Json, Raw, fresh
from tests.synapse_people import Person
from tests.test_matrix_corpora import documents, events

pytestmark = [pytest.mark.servers, pytest.mark.slow]

TRUSTED = {f"m.room.{kind}" for kind in ("member", "encryption", "history_visibility", "join_rules", "tombstone")}
SPOILED: tuple[Any, ...] = (
    None, 5, [], "x", {}, {"msgtype": 5, "body": "x"}, {"msgtype": "m.text"}, {"msgtype": "m.text", "body": None},
    {"msgtype": "m.text", "body": ["x"]}, {"body": "x"}, {"msgtype": "m.text", "body": "x", "m.mentions": {"user_ids": 5}},
    {"msgtype": "m.text", "body": "\ud800", "m.relates_to": ["a"]}, {"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": []}},
    {"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.replace", "event_id": "../../x"}, "m.new_content": 7},
    {"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.thread", "event_id": {"a": 1}, "m.in_reply_to": 1}},
    {"msgtype": "m.file", "body": "x", "url": 5, "info": [], "file": "x"},
)  # fmt: skip


# --------------------------------------------------------------------------------------------------- private words


@pytest.mark.parametrize("how", ["invited", "public", "readable"])
async def test_nothing_private_is_said_where_a_third_person_could_read_it(
    synapse: Homeserver, tmp_path: Path, how: str
) -> None:
    """Somebody is asked in, the chat is made public, or readable for all: letters go elsewhere, commands are not taken."""
    async with (
        running(synapse, tmp_path) as bot,
        await Raw.newcomer(synapse, "ana") as ana,
        await Raw.newcomer(synapse, "eve") as eve,
    ):
        room = await bot.greeted(ana)
        assert (await bot.say(ana.user_id, "Between us."))[0] == "sent"
        if how == "invited":
            await ana.invite(room, eve.user_id)
        elif how == "public":
            await ana.set_state(room, "m.room.join_rules", {"join_rule": "public"})
        else:
            await ana.set_state(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
        await ana.send(room, "status")
        await ana.wait(lambda e: "Please open a new chat" in e["content"].get("body", ""))
        assert bot.ear.messages.empty()
        assert (await bot.say(ana.user_id, "A secret."))[0] == "later"
        (second,) = (await ana.sync())["rooms"]["invite"]
        await ana.join(second)
        await bot.until(lambda: bot.ear.reached.count(address(ana.user_id)) >= 2, "her to come in")
        assert (await bot.say(ana.user_id, "A secret."))[0] == "sent"
        assert [c["body"] for c in await words_of(ana, room, bot.user_id)][:1] == ["Between us."]
        assert not [c for c in await words_of(ana, room, bot.user_id) if "secret" in c["body"]]


async def test_a_chat_of_which_nothing_can_be_seen_is_not_private_and_holds_nobody_up(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """The homeserver refuses to tell who is there: nothing is heard and nothing said in it; others are heard."""
    async with behind_door(synapse, tmp_path) as (bot, door), await Raw.newcomer(synapse, "ana") as ana:
        room = await bot.greeted(ana)
        await bot.stop()
        door.broken[f"/rooms/{room}/members"] = {"status": 403, "body": {"errcode": "M_FORBIDDEN", "error": "no"}}
        await ana.send(room, "status")
        await bot.start()
        await bot.settled()
        assert (await bot.say(ana.user_id, "A secret."))[0] == "later"
        assert not [c for c in await words_of(ana, room, bot.user_id) if "secret" in c["body"]]


# ------------------------------------------------------------------------------------------------- who said it


async def test_another_s_words_posted_again_are_the_poster_s(synapse: Homeserver, tmp_path: Path) -> None:
    """A member posts a moderator's ciphertext once more: whatever can be read in it, the moderator did not say it twice."""
    async with (
        await Person.newcomer(synapse, "esi", tmp_path / "esi") as esi,
        await Raw.newcomer(synapse, "eve") as eve,
    ):
        user = synapse.register(fresh("bot"), PASSWORD, "relaybot")
        team = await esi.create_room(user, eve.user_id)
        await eve.join(team)
        async with running(synapse, tmp_path / "bot", moderators={"tp": team}, user=user) as bot:
            await esi.joined(team, user)
            said = await esi.say("!accept A1", room=team)
            assert ((message := await bot.heard()).text, message.sender) == ("!accept A1", address(esi.user_id))
            assert not message.clear
            stored = await eve.call("GET", f"rooms/{team}/event/{said}")
            assert stored["type"] == "m.room.encrypted"
            await eve.put(team, "m.room.encrypted", stored["content"])
            await esi.say("!queue", room=team)
            heard = [await bot.heard()]
            while heard[-1].text != "!queue":
                heard.append(await bot.heard())
            assert [m.sender for m in heard[:-1]] in ([], [address(eve.user_id)])


async def test_an_edit_of_another_s_message_is_nothing(synapse: Homeserver, tmp_path: Path) -> None:
    """Only who wrote a message changes it; an edit of what is not there is said to be of unknown words."""
    async with await Raw.newcomer(synapse, "esi") as esi, await Raw.newcomer(synapse, "eve") as eve:
        user = synapse.register(fresh("bot"), PASSWORD, "relaybot")
        team = await esi.create_room(user, eve.user_id)
        await eve.join(team)
        async with running(synapse, tmp_path, moderators={"tp": team}, user=user) as bot:
            said = await esi.send(team, "!queue")
            assert (await bot.heard()).text == "!queue"
            new = {"m.new_content": {"msgtype": "m.text", "body": "!accept A1"}}
            for target in (said, said):
                related = {"m.relates_to": {"rel_type": "m.replace", "event_id": target}}
                await eve.send(team, "* !accept A1", **new, **related)
            await esi.send(team, "!help")
            message = await bot.heard()
            assert (message.text, message.sender, message.corrected) == ("!help", address(esi.user_id), "")


async def test_a_display_name_that_is_none_gives_way_to_the_id(synapse: Homeserver, tmp_path: Path) -> None:
    """An address, a link, a number, nothing visible: the first part of the id is said instead; a new name counts at once."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana") as ana:
        room = await bot.greeted(ana)
        plain = ana.user_id[1:].partition(":")[0]
        for shown, name in {
            "Ana Lopes": "Ana Lopes",
            "dana@example.org": plain,
            "https://evil.test": plain,
            "call 0800 123456": plain,
            "\u202eanad\u202c": "anad",
            "\u200b\u2060": plain,
            "A" * 200: "A" * 40,
            "<b>Ana</b>": plain,
            "李小龙": "李小龙",
        }.items():
            await ana.call("PUT", f"profile/{ana.user_id}/displayname", {"displayname": shown})
            await ana.wait(_named(ana.user_id, shown))
            await ana.send(room, "status")
            assert (await bot.heard()).name == name, shown


def _named(user: str, shown: str) -> Callable[[Json], bool]:
    """The event by which a room learns somebody's new name."""
    return lambda e: (e["type"], e.get("state_key"), e["content"].get("displayname")) == ("m.room.member", user, shown)


# ----------------------------------------------------------------------------------------------------- too much


async def test_ten_thousand_reactions_hold_nobody_up(synapse: Homeserver, tmp_path: Path) -> None:
    """They are counted like commands, so that few are looked up; their writer is told once, others are heard at once."""
    async with (
        behind_door(synapse, tmp_path, commands_per_minute=30) as (bot, door),
        await Raw.newcomer(synapse, "eve") as eve,
    ):
        room = await bot.greeted(eve)
        flood = [
            event(
                n,
                eve.user_id,
                "m.reaction",
                {"m.relates_to": {"rel_type": "m.annotation", "event_id": f"$x{n}", "key": "👍"}},
            )
            for n in range(10_000)
        ]
        done = once(door, with_events(room, flood))
        door.asked.clear()
        began = time.monotonic()
        await eve.send(room, "status")
        await asyncio.wait_for(done.wait(), 15)
        await bot.settled()
        assert time.monotonic() - began < 10
        assert len([asked for asked in door.asked if "/event/" in asked]) <= 30
        told = [c["body"] for c in await words_of(eve, room, bot.user_id)]
        assert [("30 commands a minute" in body) for body in told] == [True]


@pytest.mark.parametrize("claimed", ["now", "spread over a week"])
async def test_more_commands_than_one_person_may_give_are_told_once_and_not_heard(
    synapse: Homeserver, tmp_path: Path, claimed: str
) -> None:
    """Also where a homeserver claims that they were said on different days."""
    async with (
        behind_door(synapse, tmp_path, commands_per_minute=20) as (bot, door),
        await Raw.newcomer(synapse, "eve") as eve,
    ):
        room = await bot.greeted(eve)
        await eve.send(room, "status")
        assert (await bot.heard()).text == "status"
        now = int(time.time() * 1000)
        step = 0 if claimed == "now" else 600_000
        flood = [
            event(
                n,
                eve.user_id,
                "m.room.message",
                {"msgtype": "m.text", "body": f"word {n}"},
                origin_server_ts=now - step * (1000 - n),
            )
            for n in range(1000)
        ]
        done = once(door, with_events(room, flood))
        await eve.send(room, "status")
        await asyncio.wait_for(done.wait(), 15)
        async with await Raw.newcomer(synapse, "ana") as ana:
            mine = await chat(ana, bot.user_id)
            heard = 0
            while (message := await bot.heard()).sender != address(ana.user_id):
                heard += 1
            assert message.text == "hello"
            assert heard <= 20
            assert await ana.members(mine)
        assert [c["body"] for c in await words_of(eve, room, bot.user_id)] == [
            "I take 20 commands a minute from one person, so that everybody gets a turn. I listen to you again in 5 minutes."
        ]


async def test_what_cannot_be_decrypted_is_kept_within_limits_and_asked_for_once(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """3000 events that nobody has a key for: so many are remembered, and the next word is heard."""
    async with behind_door(synapse, tmp_path) as (bot, door), await Raw.newcomer(synapse, "eve") as eve:
        room = await bot.greeted(eve)
        content = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": "AwgA",
            "session_id": "x",
            "sender_key": "k",
            "device_id": "D",
        }
        flood = [event(n, eve.user_id, "m.room.encrypted", content | {"session_id": f"s{n}"}) for n in range(3000)]
        once(door, with_events(room, flood))
        await eve.send(room, "status")
        assert (await bot.heard()).text == "status"
        await bot.stop()
        async with open_memory(tmp_path) as memory:
            assert len(memory.unread) == UNREAD_KEPT_MAX


async def test_whoever_asks_to_compare_emoji_is_told_once_why_not(synapse: Homeserver, tmp_path: Path) -> None:
    """In a room and from device to device: called off each time within the limit of commands, said once."""
    async with (
        behind_door(synapse, tmp_path, commands_per_minute=10) as (bot, door),
        await Raw.newcomer(synapse, "eve") as eve,
    ):
        room = await bot.greeted(eve)
        asks = {
            "msgtype": "m.key.verification.request",
            "body": "verify",
            "from_device": eve.device_id,
            "methods": ["m.sas.v1"],
            "to": bot.user_id,
        }
        for _ in range(3):
            await eve.put(room, "m.room.message", asks)
        asked = {"type": "m.key.verification.request", "sender": eve.user_id}
        flood = [
            asked
            | {
                "content": {
                    "from_device": eve.device_id,
                    "transaction_id": f"t{n}",
                    "methods": ["m.sas.v1"],
                    "timestamp": 1,
                }
            }
            for n in range(500)
        ]
        door.asked.clear()

        def more(answer: Json) -> Json | None:
            if with_events(room, [])(answer) is None:
                return None
            answer.setdefault("to_device", {}).setdefault("events", []).extend(flood)
            return answer

        await eve.wait(lambda e: e["type"] == "m.key.verification.cancel" and e["sender"] == bot.user_id)
        done = once(door, more)
        await eve.send(room, "status")
        await asyncio.wait_for(done.wait(), 15)
        assert (await bot.heard()).text == "status"
        await bot.settled()
        assert len([a for a in door.asked if "/sendToDevice/m.key.verification.cancel" in a]) <= 10
        sent = [e for e in await eve.messages(room) if e["sender"] == bot.user_id]
        assert len([e for e in sent if e["type"] == "m.key.verification.cancel"]) == 3
        assert [e["content"]["body"] for e in sent if "compare emoji" in e["content"].get("body", "")] == [
            "I'm a program and can't compare emoji. My owner signed this device, which your app checks by itself."
        ]


# ----------------------------------------------------------------------------------------------- strange events


async def test_an_event_as_long_as_events_get_is_read_in_part_and_that_is_said(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """64 KiB, a body of 60,000 letters: 16 KiB are heard."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "eve") as eve:
        room = await bot.greeted(eve)
        await eve.send(room, "a" * 60_000)
        assert len((await bot.heard()).text) == TEXT_BYTES
        await eve.send(room, "status", **{"x" * 100: [["deep" * 10_000]]})
        assert (await bot.heard()).text == "status"
        (said,) = await words_of(eve, room, bot.user_id)
        assert said["body"].startswith("That was long")


async def test_events_of_every_shape_do_no_harm(synapse: Homeserver, tmp_path: Path) -> None:
    """The corpus' events, whole and spoiled, in somebody's chat and as state of it: the next word is heard, from them."""
    async with behind_door(synapse, tmp_path) as (bot, door), await Raw.newcomer(synapse, "eve") as eve:
        room = await bot.greeted(eve)
        found = [raw for _, document in documents() for raw in events(document)]
        assert len(found) > 80
        flood: list[Any] = [None, 5, "x", [], {}]
        flood += [event(1000 + n, eve.user_id, "m.room.message", content) for n, content in enumerate(SPOILED)]
        for number, whole in enumerate(found):
            raw = whole
            # Who is in a room, and what it is, comes from the homeserver that we trust: what is spoiled is everything else.
            if raw.get("type") in TRUSTED:
                raw = {key: value for key, value in raw.items() if key != "state_key"}
            flood += [
                raw | {"event_id": f"$c{number}"},
                {"event_id": f"$d{number}", "origin_server_ts": "never"} | raw | {"sender": eve.user_id, "unsigned": 7},
                {
                    "event_id": f"$e{number}",
                    "sender": eve.user_id,
                    "type": raw.get("type"),
                    "content": json.dumps(raw.get("content")),
                },
            ]
        done = once(door, with_events(room, flood))
        await eve.send(room, "status")
        await asyncio.wait_for(done.wait(), 15)
        while (message := await bot.heard()).text != "status":
            assert message.sender.startswith(address("@"))
        assert message.sender == address(eve.user_id)
        await bot.settled()


# --------------------------------------------------------------------------------------------- words passed on


async def test_words_that_are_passed_on_ring_nobody_and_are_no_markup(synapse: Homeserver, tmp_path: Path) -> None:
    """@room, pills, a name, HTML of all kinds: plain text, and nobody's client is told to highlight it."""
    attacks = [case["payload"] for case in json.loads((corpus("html-xss") / "dompurify.json").read_text("utf-8"))][:40]
    async with await Raw.newcomer(synapse, "esi", "Esi") as esi, await Raw.newcomer(synapse, "dana", "Dana") as dana:
        user = synapse.register(fresh("bot"), PASSWORD, "relaybot")
        team = await esi.create_room(user, dana.user_id)
        await dana.join(team)
        async with running(synapse, tmp_path, moderators={"tp": team}, user=user) as bot:
            levels = await esi.state(team, "m.room.power_levels")
            users = levels.get("users", {}) | {user: 50}
            await esi.set_state(team, "m.room.power_levels", levels | {"users": users})
            pill = f'<a href="https://matrix.to/#/{esi.user_id}">Esi</a> [Esi](https://matrix.to/#/{esi.user_id})'
            words = ["@room Esi: Dana: look", f"{esi.user_id} {pill}", *attacks]
            for urgency in (Urgency.AMBIENT, Urgency.PERSONAL):
                assert (await bot.say(team, *words, urgency=urgency))[0] == "sent"
            said = await words_of(dana, team, user)
            assert len(said) == 2
            for content in said:
                assert "@room" not in content["body"]
                assert not {"format", "formatted_body"} & content.keys()
                assert content["m.mentions"] == {}
                assert "Esi: Dana: look" in content["body"]
            for who in (esi, dana):
                (counts,) = [
                    r["unread_notifications"] for k, r in (await who.sync())["rooms"]["join"].items() if k == team
                ]
                assert counts["highlight_count"] == 0
