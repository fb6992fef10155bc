"""The embedded IRC server, asked over real sockets: who one is there, what is said to whom, and what stays out.
Each test states one truth that the bot, the demo or a person with an ordinary IRC client relies on.
Limits, hostile bytes and failing sockets are in test_ircd_limits.py."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.ircd import Server
from adapters.ircd.entering import isupport_tokens
from tests.irc_probe import Net, plain

ALL = "account-tag echo-message labeled-response batch message-tags"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A network where the account `mod` has the password `right`."""
    server = Server(passwords={"mod": "right"}, motd=("be kind", "have\x00a\r\nplan"))
    yield server
    await server.stop()


@pytest.fixture
async def net(server: Server) -> AsyncIterator[Net]:
    """Probes of the server, closed at the end."""
    net = Net(await server.start("127.0.0.1", 0))
    yield net
    await net.close()


async def test_welcome_tells_nick_features_account_and_motd(net: Net) -> None:
    """A plain NICK and USER lead to 001-005, 900 with the nick as account, LUSERS and the message of the day."""
    ada = await net.open()
    heard = await ada.said("NICK ada", "USER ada 0 * :Ada")
    verbs = [line.verb for line in heard]
    assert verbs == "001 002 003 004 005 005 900 251 254 255 265 375 372 372 376".split()
    assert heard[6].params[:3] == ["ada", "ada!~ada@localhost", "ada"]
    assert heard[13].text.endswith(":- have a  plan")


async def test_isupport_is_what_is_sent_and_has_no_more_than_15_parameters(server: Server, net: Net) -> None:
    """005 carries every promised token, once, within RFC 2812's fifteen parameters; UTF8ONLY is not claimed."""
    ada = await net.open()
    lines = [line for line in await ada.said("NICK ada", "USER ada 0 * :Ada") if line.verb == "005"]
    tokens = [token for line in lines for token in line.params[1:-1]]
    assert tokens == isupport_tokens(server.world)
    assert all(len(line.params) <= 15 for line in lines)
    assert {"CASEMAPPING=ascii", "BOT=B", "WHOX", "NETWORK=relaybot", "PREFIX=(ov)@+"} <= set(tokens)
    assert "UTF8ONLY" not in tokens


async def test_capabilities_are_negotiated(net: Net) -> None:
    """LS 302 has values, LS has not; REQ is all or nothing; LIST shows what holds; registration waits for END."""
    ada = await net.open()
    assert "sasl=PLAIN" in (await ada.texts("CAP LS 302"))[0].split(" ")
    assert "sasl" in (await ada.texts("CAP LS"))[0].split(" ")
    assert await ada.verbs("NICK ada", "USER ada 0 * :Ada") == []
    assert (await ada.said("CAP REQ :batch nonsense"))[0].params[1:] == ["NAK", "batch nonsense"]
    assert (await ada.said("CAP REQ :batch sasl"))[0].params[1] == "ACK"
    assert (await ada.said("CAP REQ :-sasl"))[0].params[1] == "ACK"
    assert (await ada.said("CAP LIST"))[0].params == ["ada", "LIST", "batch"]
    assert await ada.verbs("CAP NONSENSE") == ["410"]
    assert "001" in await ada.verbs("CAP END")


@pytest.mark.parametrize(
    ("account", "password", "code"),
    [
        ("anybody", "anything", "903"),
        ("mod", "right", "903"),
        ("MOD", "right", "903"),
        ("mod", "wrong", "904"),
        ("mod", "", "904"),
        ("two words", "x", "904"),
        ("", "x", "904"),
    ],
)
async def test_sasl_plain(net: Net, account: str, password: str, code: str) -> None:
    """Any account is given to whoever asks, except one with a configured password: that has to match."""
    ada = await net.open()
    await ada.said("CAP REQ :sasl", "NICK ada")
    assert [line.text for line in await ada.said("AUTHENTICATE PLAIN")] == [":irc.relaybot.localhost AUTHENTICATE +"]
    heard = await ada.said("AUTHENTICATE " + plain(account, password))
    assert heard[-1].verb == code
    if code == "903":
        assert heard[0].verb == "900"
        assert heard[0].params[2] == ("mod" if account == "MOD" else account)


async def test_sasl_goes_wrong_in_every_other_way(net: Net) -> None:
    """Unknown mechanism 908 904, bad base64 904, somebody else's authzid 904, "*" 906, too long 905, twice 907;
    without the capability 904."""
    ada = await net.open()
    assert await ada.verbs("NICK ada", "AUTHENTICATE PLAIN") == ["904"]
    await ada.said("CAP REQ :sasl")
    assert await ada.verbs("AUTHENTICATE SCRAM-SHA-256") == ["908", "904"]
    assert await ada.verbs("AUTHENTICATE PLAIN", "AUTHENTICATE ?!") == ["AUTHENTICATE", "904"]
    assert await ada.verbs("AUTHENTICATE PLAIN", "AUTHENTICATE " + plain("x\0y", "z")) == ["AUTHENTICATE", "904"]
    assert await ada.verbs("AUTHENTICATE PLAIN", "AUTHENTICATE *") == ["AUTHENTICATE", "906"]
    assert await ada.verbs("AUTHENTICATE PLAIN", "AUTHENTICATE " + "A" * 401) == ["AUTHENTICATE", "905"]
    long = plain("ada", "p" * 900)
    chunks = [f"AUTHENTICATE {long[at : at + 400]}" for at in range(0, len(long), 400)]
    assert (await ada.verbs("AUTHENTICATE PLAIN", *chunks))[-1] == "903"
    assert await ada.verbs("AUTHENTICATE PLAIN") == ["907"]


async def test_account_is_the_nick_at_registration_and_stays(net: Net) -> None:
    """Everybody is logged in under their nick; NICK changes the name, never the account."""
    ada = await net.join("ada", "#x")
    bob = await net.join("bob", "#x", caps=ALL)
    assert (await ada.texts("NICK eve"))[-1] == ":ada!~ada@localhost NICK :eve"
    await ada.said("PRIVMSG #x :who am I")
    said = (await bob.said())[-1]
    assert (said.source, said.tags["account"]) == ("eve!~ada@localhost", "ada")
    assert [line.params[2] for line in await bob.said("WHOIS eve") if line.verb == "330"] == ["ada"]


async def test_two_connections_may_hold_one_account(net: Net) -> None:
    """The account of a nick and the same account by SASL are one account on two connections."""
    await net.join("ada", "#x")
    other = await net.join("ada2", "#x", account="ada")
    heard = await other.said("WHO #x %tna,42")
    assert [line.params[1:] for line in heard if line.verb == "354"] == [["42", "ada", "ada"], ["42", "ada2", "ada"]]


async def test_an_account_with_a_password_is_not_given_away_with_its_nick(net: Net) -> None:
    """Who takes the nick `mod` without SASL is not logged in at all: no 330, no tag, "0" in WHOX, "*" in JOIN."""
    bob = await net.join("bob", "#x", caps=f"{ALL} extended-join")
    mod = await net.join("mod", "#x")
    await mod.said("PRIVMSG #x :trust me")
    join, said = await bob.said()
    assert join.params == ["#x", "*", "I am mod"]
    assert "account" not in said.tags
    assert "330" not in await bob.verbs("WHOIS mod")
    assert (await bob.said("WHO mod %na"))[0].params[1:] == ["mod", "0"]


async def test_accounts_cannot_be_forged_by_tags_and_client_tags_pass(net: Net) -> None:
    """A client's own account, time or msgid tag is dropped; its +tags reach those with message-tags, unchanged."""
    bob = await net.join("bob", "#x", caps="message-tags account-tag")
    cas = await net.join("cas", "#x")
    ada = await net.join("ada", "#x", caps="message-tags")
    await ada.said(r"@account=mod;time=never;msgid=1;+x/y=a\sb\:;+bad_key=1;+empty PRIVMSG #x :hi")
    said = (await bob.said())[-1]
    assert said.tags["account"] == "ada"
    assert said.tags["+x/y"] == r"a\sb\:"
    assert "+empty" in said.tags
    assert "+bad_key" not in said.tags
    assert "time" not in said.tags
    assert said.tags["msgid"] != "1"
    assert [line.raw for line in await cas.said()][-1] == b":ada!~ada@localhost PRIVMSG #x :hi\r\n"


async def test_tagmsg_reaches_only_those_who_understand_it(net: Net) -> None:
    """TAGMSG goes to message-tags readers only, and needs the capability itself."""
    bob = await net.join("bob", "#x", caps="message-tags")
    cas = await net.join("cas", "#x")
    ada = await net.join("ada", "#x", caps="message-tags")
    await bob.said()
    await cas.said()
    assert await ada.verbs("@+typing=active TAGMSG #x", "@+typing=active TAGMSG cas") == []
    assert [line.tags["+typing"] for line in await bob.said()] == ["active"]
    assert await cas.verbs() == []
    assert await cas.verbs("TAGMSG #x") == ["421"]


async def test_server_time_marks_every_line(net: Net) -> None:
    """With server-time every relayed line and numeric carries a UTC time in milliseconds."""
    ada = await net.join("ada", caps="server-time")
    heard = await ada.said("JOIN #x", "WHOIS ada")
    assert all(len(line.tags["time"]) == len("2026-11-21T18:30:00.000Z") for line in heard)


async def test_echo_is_what_others_read(net: Net) -> None:
    """echo-message returns the sender's own line as it was relayed, cut included; errors are not echoed."""
    ada = await net.join("ada", "#x", caps="echo-message")
    bob = await net.join("bob", "#x")
    await ada.said()
    echo = await ada.said("PRIVMSG #x :" + "ü" * 240)
    assert echo[0].raw == (await bob.said())[0].raw
    assert await ada.verbs("PRIVMSG nobody :x", "NOTICE nobody :x", "PRIVMSG #none :x") == ["401", "401", "403"]


async def test_labels_join_question_and_answer(net: Net) -> None:
    """No answer is ACK, one line carries the label, more come in a batch, errors are labelled too."""
    ada = await net.join("ada", "#x", caps=ALL)
    await net.join("bob", "#x")
    await ada.said()
    ack, echo, refusal = await ada.said("@label=1 PONG x", "@label=2 PRIVMSG bob :hi", "@label=3 PRIVMSG nobody :hi")
    assert (ack.verb, ack.tags["label"]) == ("ACK", "1")
    assert (echo.verb, echo.tags["label"], echo.tags["account"]) == ("PRIVMSG", "2", "ada")
    assert (refusal.verb, refusal.tags["label"]) == ("401", "3")
    opening, *inside, closing = await ada.said("@label=4 WHOIS bob")
    assert (opening.verb, opening.tags["label"], opening.params[1]) == ("BATCH", "4", "labeled-response")
    assert opening.params[0] == "+" + closing.params[0].removeprefix("-")
    assert {line.tags["batch"] for line in inside} == {opening.params[0][1:]}
    assert not any("label" in line.tags for line in (*inside, closing))
    assert [line.verb for line in inside] == "311 319 312 330 317 318".split()


async def test_a_message_to_oneself_carries_the_label_once(net: Net) -> None:
    """Sent to oneself, the delivered copy is unlabelled and the echo labelled (IRCv3 labeled-response)."""
    ada = await net.join("ada", caps=ALL)
    copy, echo = await ada.said("@label=me PRIVMSG ada :note")
    assert ("label" in copy.tags, echo.tags["label"]) == (False, "me")


async def test_labels_need_batch_and_at_most_64_bytes(net: Net) -> None:
    """Without batch, or with a label longer than the specification allows, a label is as good as none."""
    ada = await net.join("ada", caps="labeled-response message-tags")
    assert await ada.verbs("@label=1 PONG x") == []
    await ada.said("CAP REQ :batch")
    assert await ada.verbs(f"@label={'x' * 65} PONG x") == []
    assert await ada.verbs(f"@label={'x' * 64} PONG x") == ["ACK"]


async def test_extended_join_and_multi_prefix_only_for_those_who_asked(net: Net) -> None:
    """JOIN has account and real name, NAMES and WHO all prefixes, for readers with the capability only."""
    ada = await net.join("ada", "#x", caps="extended-join multi-prefix")
    bob = await net.join("bob", "#x")
    assert await ada.texts() == [":bob!~bob@localhost JOIN #x bob :I am bob"]
    await ada.said("MODE #x +v ada")
    await bob.said()
    assert (await ada.said("NAMES #x"))[0].params[-1] == "@+ada bob"
    assert (await bob.said("NAMES #x"))[0].params[-1] == "@ada bob"
    assert (await ada.said("WHO ada", "WHO #x"))[2].params[6] == "H@+"
    await ada.said("PART #x")
    assert await bob.texts() == [":ada!~ada@localhost PART #x"]
    await ada.said("JOIN #x")
    assert await bob.texts() == [":ada!~ada@localhost JOIN #x"]


async def test_away_is_told_to_those_who_care(net: Net) -> None:
    """AWAY answers 306 and 305, reaches away-notify readers, is 301 to a PRIVMSG and never to a NOTICE."""
    ada = await net.join("ada", "#x")
    bob = await net.join("bob", "#x", caps="away-notify")
    await ada.said()
    assert await ada.verbs("AWAY :lunch") == ["306"]
    assert await bob.texts() == [":ada!~ada@localhost AWAY :lunch"]
    assert await bob.verbs("PRIVMSG ada :hi", "NOTICE ada :hi") == ["301"]
    assert (await bob.said("USERHOST ada bob"))[0].params[1] == "ada=-~ada@localhost bob=+~bob@localhost"
    assert await ada.verbs("AWAY") == ["PRIVMSG", "NOTICE", "305"]
    assert await bob.texts() == [":ada!~ada@localhost AWAY"]


async def test_a_bot_is_marked_as_one(net: Net) -> None:
    """User mode +B shows as 335 in WHOIS, B in WHO and a bot tag; -B takes it back; other modes are refused."""
    bot = await net.join("relaybot", "#x")
    ada = await net.join("ada", "#x", caps="message-tags")
    await bot.said()
    assert await bot.texts("MODE relaybot +B", "MODE relaybot") == [
        ":relaybot!~relaybot@localhost MODE relaybot :+B",
        ":irc.relaybot.localhost 221 relaybot +B",
    ]
    await bot.said("PRIVMSG #x :beep")
    assert "bot" in (await ada.said())[-1].tags
    assert "335" in await ada.verbs("WHOIS relaybot")
    assert (await ada.said("WHO relaybot"))[0].params[6] == "HB"
    assert await bot.verbs("MODE relaybot +x", "MODE ada +B", "MODE relaybot -B") == ["501", "502", "MODE"]


async def test_whox_fields_come_in_one_order(net: Net) -> None:
    """354 has the asked fields in WHOX's order with the query type; the real name is last; 315 ends it."""
    ada = await net.join("ada", "#x")
    first, end = await ada.said("WHO #x %rafnhuct,999")
    assert first.params == ["ada", "999", "#x", "~ada", "localhost", "ada", "H@", "ada", "I am ada"]
    assert end.verb == "315"
    assert (await ada.said("WHO ada %tuhna,42"))[0].params == ["ada", "42", "~ada", "localhost", "ada", "ada"]


async def test_nicks_are_unique_in_their_case_mapping(net: Net) -> None:
    """ADA is ada and taken, { is not [; a bad or too long nick is 432, none 431; a change of case is allowed."""
    ada = await net.join("ada[")
    bob = await net.open()
    assert await bob.verbs("NICK ADA[", "NICK 1a", "NICK " + "n" * 31, "NICK") == ["433", "432", "432", "431"]
    await bob.said("NICK ada{", "USER b 0 * :b")
    assert await bob.verbs("WHOIS ADA{") == await bob.verbs("WHOIS ada{")
    assert await ada.texts("NICK ADA[") == [":ada[!~ada@localhost NICK :ADA["]
    assert (await ada.said("ISON ada[ nobody ADA{"))[0].params == ["ADA[", "ADA[ ada{"]


async def test_commands_out_of_place_say_so(net: Net) -> None:
    """451 before registration, 421 unknown, 461 too few parameters, 462 twice, 406 for WHOWAS."""
    ada = await net.open()
    assert await ada.verbs("JOIN #x", "NONSENSE") == ["451", "451"]
    await ada.said("PASS x", "NICK ada", "USER a 0 * :a")
    said = await ada.verbs("NONSENSE", "JOIN", "USER a 0 * :a", "PASS x", "WHOWAS eve", "PRIVMSG", "PRIVMSG ada")
    assert said == ["421", "461", "462", "462", "406", "369", "411", "412"]
    assert await ada.verbs("PRIVMSG a,b,c,d,e :x") == ["407"]
    assert (await ada.verbs("MOTD", "VERSION", "LUSERS"))[:5] == ["375", "372", "372", "376", "351"]


async def test_quit_is_told_and_closes(net: Net) -> None:
    """QUIT reaches those who share a channel, with the words; the client reads ERROR and the end."""
    bob = await net.join("bob", "#x")
    cas = await net.join("cas")
    ada = await net.join("ada", "#x")
    ada.send("QUIT :see you", "PRIVMSG #x :too late")
    assert await ada.rest() == ["ERROR :Closing Link: localhost (Quit: see you)"]
    assert (await bob.texts())[-1] == ":ada!~ada@localhost QUIT :Quit: see you"
    assert await cas.verbs() == []
    assert await bob.verbs("WHOIS ada") == ["401", "318"]
