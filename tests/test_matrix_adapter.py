"""The contract of the Matrix adapter, on a real Synapse: what is heard, once and from whom; what becomes of every letter.

Only the core is replaced, by something that records. Who encrypts is a client of its own.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from relaybot.homeserver import Homeserver
from relaybot.model import Urgency
from tests.matrix_bot import door_to
from tests.matrix_contract import address, running, words_of
from tests.synapse import Raw, Refusal, fresh, quote
from tests.synapse_people import Person

pytestmark = [pytest.mark.servers, pytest.mark.slow]


async def rooms_of(owner: Raw, bot: str, **more: Any) -> tuple[str, str, str]:
    """A public room with an alias, and an encrypted one for moderators, to which the bot is invited: alias, id, id."""
    name = fresh("tech-peer")
    public = await owner.create_room(room_alias_name=name, preset="public_chat", **more)
    return f"#{name}:localhost", public, await owner.create_room(bot, **more)


# ------------------------------------------------------------------------------------------------ what is heard


async def test_a_newcomer_who_opens_a_chat_and_says_nothing_is_greeted_once_and_heard_after_that(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """The first word is said for them; each of their own has their id, and answers come back into the same chat."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana", "Ana Lopes") as ana:
        room = await bot.greeted(ana)
        event = await ana.send(room, "join please")
        message = await bot.heard()
        assert (message.text, message.sender, message.reply) == ("join please", *[address(ana.user_id)] * 2)
        assert (message.name, message.id, message.place, message.programme) == ("Ana Lopes", event, "", "")
        assert message.addressed
        assert message.proven
        assert not message.clear
        assert (await bot.say(ana.user_id, "What can", "you offer?"))[0] == "sent"
        (said,) = await words_of(ana, room, bot.user_id)
        assert (said["msgtype"], said["body"], said["m.mentions"]) == ("m.text", "What can\nyou offer?", {})


async def test_what_is_said_before_the_bot_came_in_is_heard_and_nobody_is_greeted_then(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """A person who speaks first, encrypted, is answered in the same chat, encrypted."""
    async with (
        running(synapse, tmp_path / "bot") as bot,
        await Person.newcomer(synapse, "bram", tmp_path / "bram") as bram,
    ):
        await bot.stop()
        room = await bram.dm(bot.user_id, wait=False)
        await bram.say("join", room=room)
        await bot.start()
        message = await bot.heard()
        assert (message.text, message.sender, message.clear) == ("join", address(bram.user_id), False)
        assert await bot.say(bram.user_id, "What can you offer?") == ("sent", "", 0.0)
        said = await bram.heard("What can you offer?")
        assert (said.room, said.encrypted) == (room, True)
        bram.room = room
        await bram.say_in_clear("status")
        assert ((message := await bot.heard()).text, message.clear) == ("status", True)


async def test_edits_replies_threads_and_reactions_say_what_they_refer_to(synapse: Homeserver, tmp_path: Path) -> None:
    """An answer below a letter is about its object; an edit has both texts; a tick is a yes; other signs are nothing."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana") as ana:
        room = await bot.greeted(ana)
        await bot.say(ana.user_id, "Shall I?", about="M12")
        letter = next(
            e["event_id"]
            for e in await ana.messages(room)
            if e["sender"] == bot.user_id and e["type"] == "m.room.message"
        )
        await ana.send(room, "yes", **{"m.relates_to": {"m.in_reply_to": {"event_id": letter}}})
        assert ((message := await bot.heard()).text, message.about) == ("yes", "M12")
        thread = {
            "rel_type": "m.thread",
            "event_id": letter,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": letter},
        }
        first = await ana.send(room, "2", **{"m.relates_to": thread})
        message = await bot.heard()
        assert (message.text, message.about, message.thread) == ("2", "M12", f"{room} {letter} {first}")
        for key in ("🎉", "👍", "3️⃣"):
            await ana.put(
                room, "m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": letter, "key": key}}
            )
        assert [((m := await bot.heard()).text, m.about) for _ in range(2)] == [("yes", "M12"), ("3", "M12")]
        new = {"m.new_content": {"msgtype": "m.text", "body": "3"}}
        await ana.send(room, "* 3", **new, **{"m.relates_to": {"rel_type": "m.replace", "event_id": first}})
        message = await bot.heard()
        assert (message.text, message.corrected, message.about) == ("3", "2", "M12")
        assert message.first_said_at is not None
        for text, before in (("4", "3"), ("2", "4")):  # to what the last edit left, also back to the first words
            new = {"m.new_content": {"msgtype": "m.text", "body": text}}
            await ana.send(room, f"* {text}", **new, **{"m.relates_to": {"rel_type": "m.replace", "event_id": first}})
            message = await bot.heard()
            assert (message.text, message.corrected) == (text, before)
        assert message.thread.startswith(f"{room} {letter} ")
        await bot.say(ana.user_id, "Noted.", thread=message.thread)
        *_, noted = await words_of(ana, room, bot.user_id)
        assert noted["body"] == "Noted."


async def test_in_rooms_words_are_heard_with_their_place_and_whether_they_are_for_the_bot(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """In public only what is addressed; among moderators everything, marked; letters go to either under its name."""
    async with await Raw.newcomer(synapse, "esi") as esi:
        user = synapse.register(fresh("bot"), "lab-secret", "relaybot")
        alias, public, team = await rooms_of(esi, user)
        more: dict[str, Any] = {"public": {"tp": alias}, "moderators": {"tp": team}, "user": user}
        async with running(synapse, tmp_path, **more) as bot:
            await esi.send(public, "hello everybody")
            await esi.send(public, "!join")
            await esi.send(public, "relaybot: help")
            await esi.send(team, "what do you think?")
            await esi.send(team, "relaybot, queue")
            found = {}
            for _ in range(4):
                message = await bot.heard()
                assert message.programme == "tp"
                found[message.text] = (message.place, message.addressed)
            assert found == {
                "!join": (address(alias), True),
                "help": (address(alias), True),
                "what do you think?": (address(team), False),
                "queue": (address(team), True),
            }
            assert await bot.say(alias, "We begin.", urgency=Urgency.URGENT) == ("sent", "", 0.0)
            assert await bot.say(team, "esi: A3 waits.", urgency=Urgency.URGENT, about="A3") == ("sent", "", 0.0)
            assert await bot.say(team, "A3 still waits.", urgency=Urgency.AMBIENT, about="A3") == ("sent", "", 0.0)
            assert [c["m.mentions"] for c in await words_of(esi, public, user)] == [{}]
            first, second = await words_of(esi, team, user)
            assert (first["m.mentions"], first["body"]) == ({"user_ids": [esi.user_id]}, "esi: A3 waits.")
            assert first["formatted_body"] == f'<a href="https://matrix.to/#/{esi.user_id}">esi</a>: A3 waits.'
            assert "formatted_body" not in second
            assert second["m.relates_to"]["rel_type"] == "m.thread"
            assert second["msgtype"] == "m.notice"
            asked = await esi.send(team, "!show A3")
            message = await bot.heard()
            assert message.text == "!show A3"
            await bot.say(team, "A3 is Ana.", about="A3", thread=message.thread)
            await bot.say(team, "A3 has waited for a week.", about="A3")
            *_, answer, after = await words_of(esi, team, user)
            assert answer["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}  # not in the thread of A3
            assert after["m.relates_to"]["event_id"] == second["m.relates_to"]["event_id"]


async def test_what_could_not_be_kept_is_heard_once_more_and_in_order(synapse: Homeserver, tmp_path: Path) -> None:
    """A full disk: the batch is asked for again; nothing is lost, nothing is heard twice."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana") as ana:
        room = await bot.greeted(ana)
        bot.ear.fails = 2
        for number in range(4):
            await ana.send(room, f"word {number}")
        assert [(await bot.heard()).text for _ in range(4)] == [f"word {number}" for number in range(4)]


async def test_nothing_can_be_stored_at_a_start(synapse: Homeserver, tmp_path: Path) -> None:
    """A full disk just when what was said meanwhile is read: relaybot goes on trying, and hears it once."""
    async with running(synapse, tmp_path / "bot") as bot, await Raw.newcomer(synapse, "ana") as ana:
        room = await bot.greeted(ana)
        await bot.stop()
        await ana.send(room, "while you were away")
        bot.ear.fails = 2
        await bot.start()
        assert (await bot.heard()).text == "while you were away"
        assert bot.ear.fails == 0
        assert bot.ear.messages.empty()


async def test_what_is_said_while_the_adapter_is_away_is_heard_when_it_is_back(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """The same device goes on where it stopped: each message once, chats are known, a gap in the timeline is filled."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana") as ana:
        room = await bot.greeted(ana)
        await ana.send(room, "before")
        assert (await bot.heard()).text == "before"
        await bot.stop()
        for number in range(130):
            await ana.send(room, f"word {number}")
        await bot.start()
        assert [(await bot.heard()).text for _ in range(130)] == [f"word {number}" for number in range(130)]
        assert bot.ear.messages.empty()
        assert (await bot.say(ana.user_id, "Welcome back."))[0] == "sent"
        assert [c["body"] for c in await words_of(ana, room, bot.user_id)] == ["Welcome back."]


# ----------------------------------------------------------------------------------------------- where letters go


async def test_a_letter_to_somebody_without_a_chat_waits_until_they_come_in(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """One chat is opened, however often the letter is tried; who declines is not asked again and again."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana") as ana:
        assert (await bot.say(ana.user_id, "Hello."))[0] == "later"
        assert (await bot.say(ana.user_id, "Hello."))[0] == "later"
        invitations = (await ana.sync())["rooms"]["invite"]
        (room,) = invitations
        await ana.join(room)
        await bot.until(lambda: address(ana.user_id) in bot.ear.reached, "word that she is there")
        assert await bot.say(ana.user_id, "Hello.") == ("sent", "", 0.0)
        (said,) = [e for e in await ana.messages(room) if e["type"] == "m.room.encrypted"]
        assert said["sender"] == bot.user_id
        await ana.leave(room)
        fates = [(await bot.say(ana.user_id, "Still there?"))[0] for _ in range(3)]
        assert fates[-1] == "undeliverable"
        assert not (await ana.sync())["rooms"].get("invite")


async def test_a_letter_to_nobody_is_undeliverable_and_others_do_not_wait_for_it(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """No such person, no such place, no address at all; what is not true any more is dropped."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana") as ana:
        await bot.greeted(ana)
        assert (await bot.say("ana", "Hello."))[0] == "undeliverable"
        assert (await bot.say("@nobody:elsewhere.test", "Hello."))[0] == "undeliverable"
        assert (await bot.say("#tp-m9", "Bye.", close=True))[0] == "undeliverable"
        assert (await bot.say(ana.user_id, "Hello.", still=lambda: False)) == ("dropped", "", 0.0)


async def test_the_room_of_a_pair_is_made_for_the_two_and_left_at_the_end(synapse: Homeserver, tmp_path: Path) -> None:
    """Encrypted, closed to everybody else, where only the bot may invite; a third person is shown out."""
    async with (
        running(synapse, tmp_path) as bot,
        await Raw.newcomer(synapse, "ana") as ana,
        await Raw.newcomer(synapse, "bo") as bo,
        await Raw.newcomer(synapse, "eve") as eve,
    ):
        both = (address(ana.user_id), address(bo.user_id))
        assert (await bot.say("#tp-m12", "Hello both.", invite=both))[0] == "later"
        (room,) = (await ana.sync())["rooms"]["invite"]
        await ana.join(room)
        await bo.join(room)
        await bot.until(lambda: bot.ear.reached.count(address("#tp-m12")) == 2, "both to come in")
        assert await bot.say("#tp-m12", "Hello both.", urgency=Urgency.URGENT) == ("sent", "", 0.0)
        assert (await ana.state(room, "m.room.join_rules"))["join_rule"] == "invite"
        assert (await ana.state(room, "m.room.encryption"))["algorithm"] == "m.megolm.v1.aes-sha2"
        with pytest.raises(Exception, match="M_FORBIDDEN"):
            await ana.invite(room, eve.user_id)
        await bo.send(room, "hi Ana")
        message = await bot.heard()
        assert (message.text, message.place, message.programme, message.addressed) == (
            "hi Ana",
            address("#tp-m12"),
            "tp",
            False,
        )
        assert message.clear
        assert await bot.say("#tp-m12", "That was it.", close=True) == ("sent", "", 0.0)
        assert (await ana.members(room))[bot.user_id] == "leave"


async def test_a_card_is_one_message_that_changes(synapse: Homeserver, tmp_path: Path) -> None:
    """Sent once, edited after that, also after a restart; nobody is rung."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana") as ana:
        room = await bot.greeted(ana)
        await bot.say(ana.user_id, "30 minutes left.", card="clock S4")
        await bot.say(ana.user_id, "20 minutes left.", card="clock S4")
        await bot.stop()
        await bot.start()
        await bot.say(ana.user_id, "10 minutes left.", card="clock S4")
        events = [
            e
            for e in reversed(await ana.messages(room))
            if e["sender"] == bot.user_id and e["type"] == "m.room.message"
        ]
        first, *edits = events
        assert first["content"]["body"] == "30 minutes left."
        assert [e["content"]["m.new_content"]["body"] for e in edits] == ["20 minutes left.", "10 minutes left."]
        related = {"rel_type": "m.replace", "event_id": first["event_id"]}
        assert [e["content"]["m.relates_to"] for e in edits] == [related] * 2
        assert all(e["content"]["m.mentions"] == {} for e in events)


async def test_a_letter_tried_twice_is_one_event(synapse: Homeserver, tmp_path: Path) -> None:
    """The same letter again, at once or after a restart, is the event that is there already."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana") as ana:
        room = await bot.greeted(ana)
        letter = {"id": 77_001, "written_at": datetime.now(UTC)}
        for number in range(3):
            if number == 2:
                await bot.stop()
                await bot.start()
            assert (await bot.say(ana.user_id, "Once.", **letter))[0] == "sent"
        assert [c["body"] for c in await words_of(ana, room, bot.user_id)] == ["Once."]


async def test_a_homeserver_that_asks_for_patience_gets_it(synapse: Homeserver, tmp_path: Path) -> None:
    """429: a burst of letters arrives whole and in order, later; nobody is told of a failure."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana") as ana:
        room = await bot.greeted(ana)
        synapse.override_ratelimit(bot.user_id, 4, 2)
        fates = [bot.post(ana.user_id, f"word {number}") for number in range(8)]
        assert [(await fate)[0] for fate in fates] == ["sent"] * 8
        assert [c["body"] for c in await words_of(ana, room, bot.user_id)] == [f"word {number}" for number in range(8)]


# ------------------------------------------------------------------------------------------ rooms come and go


async def test_thrown_out_of_a_room_the_bot_stays_out_until_it_is_invited_again(
    synapse: Homeserver, tmp_path: Path
) -> None:
    """Letters wait and health says why; the invitation brings everything back."""
    async with await Raw.newcomer(synapse, "esi") as esi:
        user = synapse.register(fresh("bot"), "lab-secret", "relaybot")
        _, _, team = await rooms_of(esi, user)
        async with running(synapse, tmp_path, moderators={"tp": team}, user=user) as bot:
            await esi.kick(team, user, "no bots today")
            await bot.until(lambda: "not in" in bot.adapter.health(), "it to notice")
            assert (await bot.say(team, "A3 waits."))[0] == "later"
            await esi.invite(team, user)
            await bot.until(lambda: "not in" not in bot.adapter.health(), "it to be back")
            assert (await bot.say(team, "A3 waits."))[0] == "sent"
            await esi.send(team, "!queue")
            assert (await bot.heard()).text == "!queue"


async def test_a_chat_that_was_left_by_the_bot_s_removal_is_opened_anew(synapse: Homeserver, tmp_path: Path) -> None:
    """Somebody throws the bot out of their chat: the next letter opens another one."""
    async with running(synapse, tmp_path) as bot, await Raw.newcomer(synapse, "ana") as ana:
        first = await ana.create_room(bot.user_id, is_direct=True)
        await bot.greeted(ana, first)
        assert (await bot.say(ana.user_id, "Here."))[0] == "sent"
        await ana.kick(first, bot.user_id)
        await bot.settled()
        assert (await bot.say(ana.user_id, "Where?"))[0] == "later"
        (second,) = (await ana.sync())["rooms"]["invite"]
        assert second != first


async def test_an_upgraded_room_is_followed_and_keeps_its_name(synapse: Homeserver, tmp_path: Path) -> None:
    """Version 11 to 12: words and letters go on in the new room, also after a restart."""
    async with await Raw.newcomer(synapse, "esi") as esi:
        user = synapse.register(fresh("bot"), "lab-secret", "relaybot")
        alias, public, team = await rooms_of(esi, user, room_version="11")
        more: dict[str, Any] = {"public": {"tp": alias}, "moderators": {"tp": team}, "user": user}
        async with running(synapse, tmp_path, **more) as bot:
            new = {}
            for room in (public, team):
                said = await esi.call("POST", f"rooms/{room}/upgrade", {"new_version": "12"})
                new[room] = said["replacement_room"]
            await esi.invite(new[team], user)
            for room in new.values():
                await esi.wait_member(room, user)
            for _ in range(2):
                await bot.until(lambda: "not in" not in bot.adapter.health(), "it to be in both")
                for name, room in ((alias, public), (team, team)):
                    assert (await bot.say(name, "Here we are."))[0] == "sent"
                    assert (await words_of(esi, new[room], user))[-1]["body"] == "Here we are."
                    await esi.send(new[room], "!help")
                    assert ((message := await bot.heard()).text, message.place) == ("!help", address(name))
                await bot.stop()
                await bot.start()


async def test_a_room_in_which_the_bot_may_not_speak_is_said_to_be_one(synapse: Homeserver, tmp_path: Path) -> None:
    """Power levels: the letter is refused at once, with the homeserver's reason, and others are not held up."""
    async with await Raw.newcomer(synapse, "esi") as esi:
        user = synapse.register(fresh("bot"), "lab-secret", "relaybot")
        alias, public, team = await rooms_of(esi, user)
        async with running(synapse, tmp_path, public={"tp": alias}, moderators={"tp": team}, user=user) as bot:
            levels = await esi.state(public, "m.room.power_levels")
            await esi.set_state(public, "m.room.power_levels", levels | {"events_default": 50})
            outcome, reason, _ = await bot.say(alias, "We begin.")
            assert outcome == "undeliverable"
            assert "permission" in reason
            assert (await bot.say(team, "A3 waits."))[0] == "sent"


async def told_read(account: Raw, room: str) -> str:
    """The last event that an account was told to have read there; "" for none."""
    try:
        path = f"user/{quote(account.user_id)}/rooms/{quote(room)}/account_data/m.fully_read"
        return str((await account.call("GET", path))["event_id"])
    except Refusal as no:
        if no.status != 404:
            raise
        return ""


async def test_how_far_was_read_is_told_now_and_then(
    synapse: Homeserver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after each message, which would double their number for the homeserver; the last one is told in the end."""
    monkeypatch.setattr("adapters.matrix.HOUSEKEEPING_SECONDS", 0.02)
    monkeypatch.setattr("adapters.matrix_listen.MARK_SECONDS", 2.0)
    async with (
        door_to(synapse.url) as door,
        running(synapse, tmp_path / "bot", door.url) as bot,
        await Raw.newcomer(synapse, "ana") as ana,
    ):
        room = await bot.greeted(ana)
        began, last = time.monotonic(), ""
        for number in range(12):
            last = await ana.send(room, f"word {number}")
            await bot.heard()
        async with await Raw.login(synapse, bot.user_id) as other:
            while await told_read(other, room) != last:
                assert time.monotonic() < began + 30, "the last message was never told to be read"
        told = sum("read_markers" in asked for asked in door.asked)
        assert 1 <= told <= (time.monotonic() - began) / 2.0 + 2


async def test_keys_that_cannot_be_stored_are_asked_for_again(synapse: Homeserver, tmp_path: Path) -> None:
    """A full disk below the encryption keys: nobody's first words are lost, and they are heard when there is room again."""
    async with (
        running(synapse, tmp_path / "bot") as bot,
        await Person.newcomer(synapse, "ana", tmp_path / "ana") as ana,
    ):
        with closing(sqlite3.connect(tmp_path / "bot/device.db")) as keys:
            fails = "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
            keys.execute(f"CREATE TRIGGER full BEFORE INSERT ON megolminboundsessions {fails}")
            keys.commit()
            await ana.dm(bot.user_id)
            assert (await bot.heard()).text == "hello"  # said for her, since she has not spoken yet
            await ana.say("first words")
            await bot.until(lambda: "cannot be written" in bot.adapter.health(), "the adapter to notice")
            assert bot.ear.messages.empty()
            keys.execute("DROP TRIGGER full")
            keys.commit()
        assert (await bot.heard()).text == "first words"
