"""The IRC contract, hearing and saying: the same tests on our own server, InspIRCd and ngIRCd, with and without services.

A test that needs accounts runs where there are services; what a server cannot show is named in the skip.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from relaybot.model import Message, Style, Urgency
from tests.irc_contract import Scene, fresh
from tests.servers import SERVERS


@pytest.fixture(params=SERVERS)
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    scene = Scene(request.getfixturevalue(request.param))
    yield scene
    await scene.end()


def accounts(scene: Scene) -> None:
    if not scene.server.services:
        pytest.skip("this server has no services: nobody has an account")


# ------------------------------------------------------------------------------------------------- hearing


async def test_a_private_message_has_its_proven_sender(scene: Scene) -> None:
    accounts(scene)
    bot = await scene.bot()
    nick = fresh("Lupe")
    ana = await scene.person(nick, "ana")

    ana.send(f"PRIVMSG {bot.nick} :status")

    assert await bot.heard() == Message(
        network="irc:net",
        sender="irc:net/ana",
        reply=f"irc:net/~{nick}",
        name=nick,
        text="status",
        place="",
        programme="",
        addressed=True,
        style=Style.LINE,
        id="",
    )


async def test_nobody_vouches_for_who_is_not_logged_in(scene: Scene) -> None:
    if scene.server.kind == "embedded":
        pytest.skip("on our own server everybody is logged in")
    bot = await scene.bot()
    someone = await scene.person(fresh("guest"))

    someone.send(f"PRIVMSG {bot.nick} :join")

    message = await bot.heard()
    assert (message.sender, message.text) == ("", "join")


async def test_in_public_only_what_is_addressed_is_heard(scene: Scene) -> None:
    bot = await scene.bot()
    ana = await scene.person(fresh("ana"), "", bot.public)

    ana.send(
        f"PRIVMSG {bot.public} :hello everybody",
        f"PRIVMSG {bot.public} :!join now",
        f"PRIVMSG {bot.public} :!!! wow",
        f"PRIVMSG {bot.public} :{bot.nick}: help",
        f"PRIVMSG {bot.public} :{bot.nick.upper()}, !status",
        f"PRIVMSG {bot.public} :{bot.nick}s are nice",
        f"PRIVMSG {bot.public} :! not this",
        f"PRIVMSG {bot.nick} :!last",
    )

    heard = [await bot.heard() for _ in range(4)]
    assert [m.text for m in heard] == ["!join now", "help", "!status", "!last"]
    assert [m.addressed for m in heard] == [True] * 4
    assert [m.place for m in heard] == [bot.address(bot.public)] * 3 + [""]
    assert [m.programme for m in heard] == ["tp"] * 3 + [""]


async def test_moderators_are_heard_without_being_addressed(scene: Scene) -> None:
    bot = await scene.bot()
    mod = await scene.person(fresh("mod"), "", bot.mods)

    mod.send(f"PRIVMSG {bot.mods} :who takes A17?", f"PRIVMSG {bot.mods} :!queue")

    first, second = await bot.heard(), await bot.heard()
    assert (first.text, first.addressed, first.place, first.programme) == (
        "who takes A17?",
        False,
        bot.address(bot.mods),
        "tp",
    )
    assert (second.text, second.addressed) == ("!queue", True)


async def test_machines_are_never_heard(scene: Scene) -> None:
    bot = await scene.bot(relayed_by=["bridge*"])
    bridge = await scene.person(fresh("bridge"), "", bot.public, bot.mods)
    ana = await scene.person(fresh("ana"), "", bot.mods)

    bridge.send(f"PRIVMSG {bot.public} :<eve> !accept", f"PRIVMSG {bot.mods} :!accept", f"PRIVMSG {bot.nick} :accept")
    await bridge.barrier()
    ana.send(
        f"NOTICE {bot.nick} :status",
        f"PRIVMSG {bot.nick} :\x01ACTION !accept\x01",
        f"PRIVMSG {bot.mods} :\x01ACTION !accept everybody\x01",
        f"PRIVMSG {bot.nick} :\x01DCC SEND x 1 2 3\x01",
        f"PRIVMSG {bot.nick} :\x01VERSION\x01",
        f"PRIVMSG {bot.nick} :\x01PING 42 \x10r\x01",
        f"PRIVMSG {bot.nick} :done",
    )

    said, last = await bot.heard(), await bot.heard()
    assert (said.text, said.addressed) == ("accept everybody", False)
    assert last.text == "done"
    version = await ana.expect("VERSION")
    assert version.command == "NOTICE"
    assert version.params[1].startswith("\x01VERSION relaybot")
    ping = await ana.expect("PING")
    assert ping.params[1] == "\x01PING 42 r\x01"


async def test_its_own_words_are_never_heard(scene: Scene) -> None:
    bot = await scene.bot(lines_per_second=1000.0)  # paced: echo-message is asked for where there is one
    ana = await scene.person(fresh("ana"), "", bot.mods)

    assert await bot.say(bot.mods, "!accept everybody", f"{bot.nick}: accept") == ("sent", "", 0.0)
    ana.send(f"PRIVMSG {bot.mods} :next")

    assert (await bot.heard()).text == "next"


async def test_hostile_bytes_cost_nothing_but_themselves(scene: Scene) -> None:
    bot = await scene.bot()
    ana = await scene.person(fresh("ana"), "", bot.mods)
    to = f"PRIVMSG {bot.nick} :".encode()

    ana.send_bytes(
        to + b"caf\xe9 au lait\r\n" + to + b"\x10r\x10nQUIT\x10\x10\r\n" + to + b"\x0304,12red\x0f \x1fline\r\n"
    )
    ana.send_bytes(to + "\u202ekcart\u202c \u200bzero\ufeff \u2066x\u2069\r\n".encode() + to + b"  \x02\x02 \r\n")
    ana.send_bytes(f"PRIVMSG {bot.mods}\u00a0x :not there\r\nPRIVMSG {bot.mods} :\r\n".encode() + to + b"last\r\n")

    texts = [(await bot.heard()).text for _ in range(5)]
    assert texts[0].startswith("caf")
    assert texts[0].endswith("au lait")
    assert texts[1:] == ["rnQUIT", "red line", "kcart zero x", "last"]


async def test_a_bug_behind_the_ear_costs_one_message(scene: Scene) -> None:
    bot = await scene.bot()
    bot.ear.broken = lambda message: message.text == "crash"
    ana = await scene.person(fresh("ana"))

    ana.send(f"PRIVMSG {bot.nick} :crash", f"PRIVMSG {bot.nick} :go on")

    assert (await bot.heard()).text == "go on"
    assert bot.adapter.ready()


# ------------------------------------------------------------------------------------------------ identity


async def test_an_impostor_under_a_known_nick_is_nobody(scene: Scene) -> None:
    """Nick change, then leaving as in a netsplit: the nick goes to somebody else, the account never does."""
    accounts(scene)
    bot = await scene.bot()
    nick = fresh("ana")
    ana = await scene.person(nick, "ana", bot.public)
    ana.send(f"PRIVMSG {bot.nick} :one")
    assert (await bot.heard()).sender == "irc:net/ana"

    ana.send(f"NICK {nick}x")
    await ana.barrier()
    eve = await scene.person(fresh("eve"), "", bot.public)
    eve.send(f"NICK {nick}", f"PRIVMSG {bot.nick} :two")
    assert (await bot.heard()).sender != "irc:net/ana"
    assert (await bot.say("ana", "for ana only"))[0] == "sent"
    assert await ana.texts(bot.nick) == ["for ana only"]
    assert await eve.texts(bot.nick) == []

    await ana.close()
    eve.send(f"PRIVMSG {bot.nick} :three")
    assert (await bot.heard()).sender != "irc:net/ana"
    assert (await bot.say("ana", "for ana only"))[:2] == ("later", "not logged in")
    assert await eve.texts(bot.nick) == []


async def test_a_nick_like_the_account_proves_nothing(scene: Scene) -> None:
    """Invariant 16: somebody who only calls themselves like the account gets nothing meant for it."""
    accounts(scene)
    bot = await scene.bot()
    eve = await scene.person(fresh("eve"), "", bot.public)
    eve.send("NICK ana")
    await eve.barrier()
    eve.send(f"PRIVMSG {bot.nick} :it is me, ana")
    assert (await bot.heard()).sender != "irc:net/ana"
    assert (await bot.say("ana", "for ana only"))[:2] == ("later", "not logged in")
    assert await eve.texts(bot.nick) == []


async def test_logging_out_ends_the_proof(scene: Scene) -> None:
    if not scene.server.services or scene.server.kind == "embedded":
        pytest.skip("nobody can log out here")
    bot = await scene.bot()
    ana = await scene.person(fresh("ana"), "ana", bot.public)
    ana.send(f"PRIVMSG {bot.nick} :one")
    assert (await bot.heard()).sender == "irc:net/ana"

    ana.send("PRIVMSG NickServ :LOGOUT")
    await ana.expect("(?i)^:NickServ.*logged out")
    ana.send(f"PRIVMSG {bot.nick} :two", f"PRIVMSG {bot.public} :!three")

    assert (await bot.heard()).sender == ""
    assert (await bot.heard()).sender == ""
    assert (await bot.say("ana", "private"))[:2] == ("later", "not logged in")
    assert await ana.texts(bot.nick) == []


async def test_messages_of_one_person_stay_in_order(scene: Scene) -> None:
    bot = await scene.bot()
    ana = await scene.person(fresh("ana"), "", bot.mods)

    for number in range(30):
        ana.send(f"PRIVMSG {(bot.nick, bot.mods)[number % 2]} :{number}")

    assert [(await bot.heard()).text for _ in range(30)] == [str(number) for number in range(30)]


# ------------------------------------------------------------------------------------------------- saying


async def test_a_letter_finds_the_nick_that_spoke_last(scene: Scene) -> None:
    accounts(scene)
    bot = await scene.bot()
    phone, desk = fresh("phone"), fresh("desk")
    first = await scene.person(phone, "ana", bot.public)
    second = await scene.person(desk, "ana", bot.public)
    for raw in (second, first):
        raw.send(f"PRIVMSG {bot.nick} :hello")
        assert (await bot.heard()).sender == "irc:net/ana"

    assert await bot.say("ana", "one", "two", urgency=Urgency.URGENT) == ("sent", "", 0.0)

    assert await first.texts(bot.nick) == ["one", "two"]
    assert await second.texts(bot.nick) == []


async def test_who_is_not_there_is_waited_for(scene: Scene) -> None:
    accounts(scene)
    bot = await scene.bot()

    assert await bot.say("bob", "hello") == ("later", "not logged in", 60.0)

    bob = await scene.person(fresh("bob"), "bob", bot.public)
    bob.send(f"PRIVMSG {bot.nick} :here")
    assert await bot.reached() == "irc:net/bob"
    assert await bot.say("bob", "hello") == ("sent", "", 0.0)
    assert await bob.texts(bot.nick) == ["hello"]


async def test_forms_of_saying(scene: Scene) -> None:
    """AMBIENT to a person is a NOTICE, everything else a PRIVMSG; ~nick is that nick, whoever it is."""
    bot = await scene.bot()
    nick = fresh("ana")
    ana = await scene.person(nick, "", bot.public)

    fates = [
        await bot.say(f"~{nick}", "quiet", urgency=Urgency.AMBIENT),
        await bot.say(f"~{nick}", "loud", urgency=Urgency.URGENT),
        await bot.say(bot.public, "to all", urgency=Urgency.AMBIENT),
    ]

    assert fates == [("sent", "", 0.0)] * 3
    said = [(line.command, line.params[1]) for line in await ana.barrier() if line.source.startswith(bot.nick)]
    assert said == [("NOTICE", "quiet"), ("PRIVMSG", "loud"), ("PRIVMSG", "to all")]


@pytest.mark.parametrize("pace", [None, 1000.0])  # proven by PING, or by the echo where there is one
async def test_refused_targets_have_a_fate(scene: Scene, pace: float | None) -> None:
    bot = await scene.bot(lines_per_second=pace, burst=100)
    nick = fresh("ana")
    ana = await scene.person(nick)

    fates = [bot.post(to, "one", "two") for to in (f"~{nick}", "~nobody-here", f"~{nick}", bot.public, "~nobody-here")]
    outcomes = [(await asyncio.wait_for(fate, 10))[0] for fate in fates]
    assert outcomes == ["sent", "undeliverable", "sent", "sent", "undeliverable"]
    assert sorted(await ana.texts(bot.nick)) == ["one", "one", "two", "two"]
    for wrong in (
        "~ana :x",
        "~a,b",
        "~",
        "",
        "ana bob",
        "#x y",
        "#x\r\nQUIT",
        "~#x",
        f"~ana\rPRIVMSG {bot.public} :X",
        "@x",
    ):
        assert (await bot.say(wrong, "x"))[0] == "undeliverable", wrong
    assert bot.adapter.ready()


async def test_what_is_no_longer_true_is_not_said(scene: Scene) -> None:
    bot = await scene.bot()
    nick = fresh("ana")
    ana = await scene.person(nick)

    assert await bot.say(f"~{nick}", "old", still=lambda: False) == ("dropped", "", 0.0)

    assert await ana.texts(bot.nick) == []


async def test_long_and_hostile_texts_arrive_as_what_they_are(scene: Scene) -> None:
    bot = await scene.bot()
    nick = fresh("ana")
    ana = await scene.person(nick, "", bot.public)
    words = " ".join(f"wörter{number}" for number in range(200))
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"

    assert (await bot.say(f"~{nick}", words, family * 60))[0] == "sent"
    assert (await bot.say(bot.public, f"a\rPRIVMSG {nick} :X\nTOPIC {bot.public} :X\0\x01VERSION\x01 \u202eb"))[
        0
    ] == "sent"

    lines = [line for line in await ana.barrier() if line.source.startswith(bot.nick)]
    private = [line.params[1] for line in lines if line.params[0] == nick]
    public = [line.params[1] for line in lines if line.params[0] == bot.public]
    text, _, rest = " ".join(private).partition(f" {family}")
    assert text == words
    assert (family + rest).replace(" ", "") == family * 60
    assert all(piece.replace(family, "") == "" for piece in private if family in piece)
    assert max(len(piece.encode()) for piece in private) <= 400
    assert public == ["a", f"PRIVMSG {nick} :X", f"TOPIC {bot.public} :XVERSION b"]
    assert {line.command for line in lines} == {"PRIVMSG"}


async def test_urgent_goes_first_and_recipients_take_turns(scene: Scene) -> None:
    bot = await scene.bot(burst=1, lines_per_second=50.0)
    nick = fresh("ana")
    ana = await scene.person(nick, "", bot.public, bot.mods)

    fates = [bot.post(bot.public, f"flood {n}", urgency=Urgency.AMBIENT) for n in range(3)]
    fates += [bot.post(bot.mods, f"mods {n}", urgency=Urgency.AMBIENT) for n in range(2)]
    fates += [bot.post(f"~{nick}", "answer"), bot.post(f"~{nick}", "bell", urgency=Urgency.URGENT)]

    assert {(await asyncio.wait_for(fate, 10))[0] for fate in fates} == {"sent"}
    assert await ana.texts(bot.nick) == ["bell", "answer", "flood 0", "mods 0", "flood 1", "mods 1", "flood 2"]


async def test_many_letters_all_arrive_and_all_have_a_fate(scene: Scene) -> None:
    """Unpaced, more than any receive queue holds: the window keeps the connection alive, in order."""
    bot = await scene.bot()
    names = [fresh("p") for _ in range(5)]
    people = [await scene.person(name) for name in names]

    fates = [bot.post(f"~{name}", f"{number} " + "x" * 60) for number in range(200) for name in names]

    assert {(await asyncio.wait_for(fate, 20))[0] for fate in fates} == {"sent"}
    for raw in people:
        assert [int(text.split()[0]) for text in await raw.texts(bot.nick)] == list(range(200))


async def test_too_many_commands_are_ignored_and_told_once(scene: Scene) -> None:
    bot = await scene.bot(commands_per_minute=3)
    ana = await scene.person(fresh("ana"), "", bot.mods)
    bob = await scene.person(fresh("bob"), "", bot.mods)

    ana.send(*(f"PRIVMSG {bot.nick} :{number}" for number in range(8)), f"PRIVMSG {bot.mods} :only talk")
    heard = [(await bot.heard()).text for _ in range(4)]
    bob.send(f"PRIVMSG {bot.nick} :me too")

    assert heard == ["0", "1", "2", "only talk"]
    assert (await bot.heard()).text == "me too"
    told = await ana.expect("commands a minute")
    assert told.command == "NOTICE"
    assert await ana.texts(bot.nick) == []


async def test_letters_before_the_connection_come_back(scene: Scene) -> None:
    bot = scene.starting()
    outcome, reason, seconds = await bot.say("ana", "early")
    assert (outcome, seconds) == ("later", 60.0)
    assert reason.startswith("not connected")
    assert "not connected" in bot.adapter.health()
    await bot.up()
    assert "connected to 127.0.0.1" in bot.adapter.health()
