"""The IRC contract, channels: pairs' private places, strangers, kicks, invitations and lost connections.

The same tests on our own server, InspIRCd and ngIRCd; see test_irc_contract.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.irc_contract import Bot, Scene, fresh
from tests.raw_irc import RawIrc
from tests.servers import SERVERS


@pytest.fixture(params=SERVERS)
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    scene = Scene(request.getfixturevalue(request.param))
    yield scene
    await scene.end()


async def lose_connection(bot: Bot) -> None:
    """Cut the wire and wait until the bot is back in its places."""
    assert bot.adapter._link is not None
    bot.adapter._link.abort("cut by the test")
    assert not bot.adapter.ready()
    await bot.up()


async def pair(scene: Scene, bot: Bot) -> tuple[RawIrc, RawIrc, str]:
    """Two people who are logged in, invited into a place of their own, and inside."""
    if not scene.server.services:
        pytest.skip("this server has no services: nobody can be invited by account")
    ana = await scene.person(fresh("ana"), "ana", bot.public)
    bob = await scene.person(fresh("bob"), "bob", bot.public)
    for raw in (ana, bob):
        raw.send(f"PRIVMSG {bot.nick} :hello")
        await bot.heard()
    place = fresh("#tp-m")
    assert await bot.say(place, "welcome", invite=("ana", "bob")) == ("sent", "", 0.0)
    for raw in (ana, bob):
        await raw.expect(f"INVITE .*{place}")
        raw.send(f"JOIN {place}")
        await raw.expect(f"366 .*{place}")
    return ana, bob, place


# ----------------------------------------------------------------------------------------- a pair's place


async def test_a_place_for_two_is_theirs_alone(scene: Scene) -> None:
    bot = await scene.bot()
    ana, bob, place = await pair(scene, bot)
    eve = await scene.person(fresh("eve"))

    eve.send(f"JOIN {place}", f"PRIVMSG {place} :let me in", f"NAMES {place}")
    seen = await eve.barrier()
    assert "473" in [line.command for line in seen]
    assert not [line for line in seen if line.command == "353"]
    ana.send(f"PRIVMSG {place} :shall we start?")
    message = await bot.heard()
    assert (message.text, message.sender, message.addressed) == ("shall we start?", "irc:net/ana", False)
    assert (message.place, message.programme) == (bot.address(place), "tp")
    assert (await bot.say(place, "swap"))[0] == "sent"
    await bob.expect("PRIVMSG .*:swap")


async def test_a_place_is_left_when_its_time_is_over(scene: Scene) -> None:
    bot = await scene.bot()
    ana, _, place = await pair(scene, bot)

    assert (await bot.say(place, "goodbye", close=True))[0] == "sent"

    await ana.expect("PRIVMSG .*:goodbye")
    await ana.expect(f"^:{bot.nick}!.* PART .*{place}")
    ana.send(f"PRIVMSG {place} :still here?", f"PRIVMSG {bot.nick} :status")
    assert (await bot.heard()).text == "status"


async def test_a_place_that_strangers_hold_is_not_used(scene: Scene) -> None:
    bot = await scene.bot()
    place = fresh("#tp-m")
    eve = await scene.person(fresh("eve"), "", place)

    outcome, reason, _ = await bot.say(place, "secret words", invite=("ana",))

    assert outcome == "undeliverable"
    assert "strangers" in reason
    seen = await eve.barrier()
    assert not [line for line in seen if "secret" in " ".join(line.params)]
    assert [line.command for line in seen if line.source.startswith(bot.nick)] == ["JOIN", "PART"]


async def test_a_place_nobody_lets_us_into_is_undeliverable(scene: Scene) -> None:
    bot = await scene.bot()
    place = fresh("#tp-m")
    eve = await scene.person(fresh("eve"), "", place)
    eve.send(f"MODE {place} +i")
    await eve.barrier()

    outcome, reason, _ = await bot.say(place, "x")

    assert outcome == "undeliverable"
    assert "invite-only" in reason


async def test_nobody_to_invite_means_waiting_for_them(scene: Scene) -> None:
    if not scene.server.services:
        pytest.skip("this server has no services")
    bot = await scene.bot()
    place = fresh("#tp-m")

    assert (await bot.say(place, "welcome", invite=("bob",)))[::2] == ("later", 60.0)

    bob = await scene.person(fresh("bob"), "bob", bot.public)
    bob.send(f"PRIVMSG {bot.nick} :here")
    await bob.expect(f"INVITE .*{place}")
    assert await bot.reached() == bot.address(place)
    bob.send(f"JOIN {place}")
    await bob.expect(f"366 .*{place}")
    assert (await bot.say(place, "welcome", invite=("bob",)))[0] == "sent"
    assert await bob.texts(bot.nick) == ["welcome"]


async def test_who_slips_in_is_shown_out(scene: Scene) -> None:
    """Somebody else than the two got in before +i: they are out before the first word."""
    bot = await scene.bot()
    ana, _, place = await pair(scene, bot)
    eve = await scene.person(fresh("eve"))
    assert bot.adapter._link is not None
    bot.adapter._link.send("MODE", place, "-i")
    await ana.expect(f"MODE .*{place} .*-i")
    eve.send(f"JOIN {place}")
    await eve.expect(f"366 .*{place}")
    known = bot.adapter._places.get(place)
    assert known is not None
    known.secure = False

    assert (await bot.say(place, "private"))[0] == "sent"

    seen = await eve.barrier()
    assert "KICK" in [line.command for line in seen]
    assert not [line for line in seen if line.param(1) == "private"]
    await ana.expect("PRIVMSG .*:private")


async def test_a_place_survives_a_lost_connection(scene: Scene) -> None:
    bot = await scene.bot()
    ana, _, place = await pair(scene, bot)

    await lose_connection(bot)
    outcome, reason, _ = await bot.say(place, "back again")

    if bot.adapter._link is not None and "INVEX" in bot.adapter._link.isupport:
        assert outcome == "sent"
        await ana.expect("PRIVMSG .*:back again")
    else:  # nobody inside can let us in: better undeliverable, and carried one to the other, than unseen
        assert outcome == "undeliverable"
        assert "invite-only" in reason


async def test_a_stranger_in_the_place_after_a_lost_connection(scene: Scene) -> None:
    """Not an operator any more, and somebody is inside who does not belong there: no word is said."""
    bot = await scene.bot()
    ana, _, place = await pair(scene, bot)
    assert bot.adapter._link is not None
    bot.adapter._link.send("MODE", place, "-i")
    await ana.expect(f"MODE .*{place} .*-i")
    eve = await scene.person(fresh("eve"), "", place)

    await lose_connection(bot)
    outcome, reason, _ = await bot.say(place, "private")

    assert outcome == "undeliverable"
    assert "strangers" in reason
    assert await eve.texts(bot.nick) == []


# ------------------------------------------------------------------------------------ configured channels


async def test_kicked_means_staying_out_until_invited(scene: Scene) -> None:
    public = fresh("#tp")
    owner = await scene.person(fresh("owner"), "", public)
    bot = await scene.bot(public={"tp": public})

    owner.send(f"KICK {public} {bot.nick} :out")
    await owner.barrier()
    owner.send(f"PRIVMSG {bot.nick} :ping")
    await bot.heard()
    outcome, reason, seconds = await bot.say(public, "hello")
    assert outcome == "later"
    assert "kicked" in reason
    assert 3500 < seconds <= 3600
    assert f"not in {public}" in bot.adapter.health()
    assert await owner.texts(bot.nick) == []

    owner.send(f"INVITE {bot.nick} {public}")
    await owner.expect(f"^:{bot.nick}!.* JOIN")
    assert (await bot.say(public, "hello"))[0] == "sent"


async def test_kicked_means_coming_back_after_its_time(scene: Scene) -> None:
    public = fresh("#tp")
    owner = await scene.person(fresh("owner"), "", public)
    bot = await scene.bot(public={"tp": public}, rejoin_seconds=0.01)

    owner.send(f"KICK {public} {bot.nick} :out")

    await owner.expect(f"^:{bot.nick}!.* JOIN")


async def test_a_closed_moderators_place_opens_to_who_is_invited(scene: Scene) -> None:
    """On our own network relaybot keeps that door itself, and is told who comes."""
    if not scene.server.services:
        pytest.skip("this server has no services")
    bot = await scene.bot(moderators_closed=True)
    mod = await scene.person(fresh("mod"), "mod", bot.public)
    mod.send(f"JOIN {bot.mods}")
    assert "473" in [line.command for line in await mod.barrier()]
    if scene.server.sasl:
        assert await asyncio.wait_for(bot.ear.came.get(), 10) == "irc:net/mod"
    mod.send(f"PRIVMSG {bot.nick} :hello")
    await bot.heard()

    assert await bot.say(bot.mods, invite=("mod",)) == ("sent", "", 0.0)

    await mod.expect(f"INVITE .*{bot.mods}")
    mod.send(f"JOIN {bot.mods}")
    await mod.expect(f"366 .*{bot.mods}")


async def test_who_was_in_public_before_us_came_too(scene: Scene) -> None:
    if not scene.server.sasl:
        pytest.skip("this server does not tell the accounts of a channel's members")
    public = fresh("#tp")
    await scene.person(fresh("mod"), "mod", public)

    bot = await scene.bot(public={"tp": public})

    assert await asyncio.wait_for(bot.ear.came.get(), 10) == "irc:net/mod"


async def test_invitations_to_anywhere_else_are_not_followed(scene: Scene) -> None:
    bot = await scene.bot()
    elsewhere = fresh("#else")
    eve = await scene.person(fresh("eve"), "", elsewhere)

    eve.send(f"INVITE {bot.nick} {elsewhere}", f"PRIVMSG {bot.nick} :done")

    await bot.heard()
    assert "JOIN" not in [line.command for line in await eve.barrier()]


@pytest.mark.parametrize(
    ("mode", "why"), [("+k secret", "key"), ("+i", "invite-only"), ("+l 1", "full"), ("+b *!*@*", "banned")]
)
async def test_a_channel_that_refuses_us_does_not_stop_us(scene: Scene, mode: str, why: str) -> None:
    public = fresh("#tp")
    owner = await scene.person(fresh("owner"), "", public)
    owner.send(f"MODE {public} {mode}")
    await owner.barrier()

    bot = await scene.bot(public={"tp": public})

    assert why in bot.adapter.health()
    outcome, reason, _ = await bot.say(public, "hello")
    assert outcome == "later"
    assert why in reason
    owner.send(f"PRIVMSG {bot.nick} :works")
    assert (await bot.heard()).text == "works"


async def test_a_channel_that_silences_us_is_tried_later(scene: Scene) -> None:
    public = fresh("#tp")
    owner = await scene.person(fresh("owner"), "", public)
    bot = await scene.bot(public={"tp": public})
    owner.send(f"MODE {public} +m")
    await owner.barrier()

    outcome, reason, seconds = await bot.say(public, "hello")

    assert (outcome, seconds) == ("later", 60.0)
    assert "speak" in reason


# ----------------------------------------------------------------------------------------- the connection


async def test_it_comes_back_and_says_so(scene: Scene) -> None:
    bot = await scene.bot()
    ana = await scene.person(fresh("ana"), "", bot.public)

    await lose_connection(bot)
    ana.send(f"PRIVMSG {bot.public} :!again")

    assert (await bot.heard()).text == "!again"


async def test_a_taken_nick_is_taken_back_when_it_is_free(scene: Scene) -> None:
    nick, public = fresh("rb"), fresh("#tp")
    holder = await scene.person(nick, "", public)
    bot = await scene.bot(nick=nick, public={"tp": public})
    ana = await scene.person(fresh("ana"), "", public)
    ana.send(f"PRIVMSG {public} :{nick}_: by the nick of now", f"PRIVMSG {public} :{nick}, by its name")
    assert [(await bot.heard()).text for _ in range(2)] == ["by the nick of now", "by its name"]
    assert bot.adapter.health().startswith(f"connected to 127.0.0.1 as {nick}_ ")

    holder.send("QUIT")

    renamed = await ana.expect(f"^:{nick}_!.* NICK")
    assert renamed.params == [nick]
    ana.send(f"PRIVMSG {nick} :hello")
    assert (await bot.heard()).text == "hello"
