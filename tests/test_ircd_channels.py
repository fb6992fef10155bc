"""Channels of the embedded IRC server: who gets in, who may speak and change things, and what outsiders can see.
The pair's place is such a channel (invite-only and secret), so these are promises to people, not only protocol.
Every test talks to a real socket and states one truth."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.ircd import Limits, Server
from tests.irc_probe import Net


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    """Probes of a server where a client may be in three channels and a ban list has two entries."""
    server = Server(limits=Limits(channels_per_client=3, bans_per_channel=2))
    net = Net(await server.start("127.0.0.1", 0))
    yield net
    await net.close()
    await server.stop()


async def test_the_first_to_join_is_operator_and_the_last_to_leave_ends_it(net: Net) -> None:
    """A new channel is +nt with its founder as operator; an abandoned one begins anew, topic and modes forgotten."""
    ada = await net.join("ada")
    assert await ada.texts("JOIN #x") == [
        ":ada!~ada@localhost JOIN #x",
        ":irc.relaybot.localhost 353 ada = #x :@ada",
        ":irc.relaybot.localhost 366 ada #x :End of /NAMES list",
    ]
    assert (await ada.said("MODE #x"))[0].params == ["ada", "#x", "+nt"]
    await ada.said("TOPIC #x :old", "MODE #x +m", "PART #x :bye")
    bob = await net.join("bob")
    assert await bob.verbs("TOPIC #x") == ["403"]
    assert await bob.verbs("JOIN #x") == ["JOIN", "353", "366"]
    assert (await bob.said("MODE #x"))[0].params == ["bob", "#x", "+nt"]


async def test_names_of_channels_fold_ascii_and_keep_their_spelling(net: Net) -> None:
    """#X is #x, but #É is not #é; what is relayed is spelled as the founder spelled it."""
    ada = await net.join("ada", "#Mix", "#É")
    bob = await net.join("bob", "#mIX", "#é")
    await bob.said("PRIVMSG #MIX :hi")
    assert [line.params[0] for line in await ada.said()] == ["#Mix", "#Mix"]


async def test_bad_channel_names_and_too_many_channels(net: Net) -> None:
    """403 for what is no channel or too long, 405 beyond the limit, silence for a second JOIN; JOIN 0 leaves all."""
    ada = await net.join("ada")
    assert await ada.verbs("JOIN x", "JOIN &x", "JOIN #" + "ü" * 25, "JOIN #a\x07b") == ["403"] * 4
    await ada.said("JOIN #a,#b,#c")
    assert await ada.verbs("JOIN #d", "JOIN #A") == ["405"]
    assert sorted(await ada.texts("JOIN 0")) == [
        f":ada!~ada@localhost PART {name} :Left all channels" for name in ("#a", "#b", "#c")
    ]


async def test_an_invitation_is_for_one_person_and_one_join(net: Net) -> None:
    """+i keeps others out (473) until an operator invites them; joining uses the invitation up."""
    bot = await net.join("relaybot", "#p")
    ada = await net.join("ada", caps="echo-message")
    eve = await net.join("eve")
    await bot.said("MODE #p +is")
    assert await ada.verbs("JOIN #p") == ["473"]
    assert await bot.texts("INVITE ada #p") == [":irc.relaybot.localhost 341 relaybot ada #p"]
    assert await ada.texts() == [":relaybot!~relaybot@localhost INVITE ada :#p"]
    assert await eve.verbs("JOIN #p") == ["473"]
    assert await ada.verbs("JOIN #p") == ["JOIN", "353", "366"]
    assert await bot.verbs("INVITE ada #p") == ["JOIN", "443"]
    assert await ada.verbs("PART #p", "JOIN #p") == ["PART", "473"]


async def test_an_invitation_ends_with_its_person_and_with_its_channel(net: Net) -> None:
    """Whoever takes the nick of an invited person later, or founds the channel again, inherits nothing."""
    bot = await net.join("relaybot", "#p", "#q")
    ada = await net.join("ada")
    await bot.said("MODE #p +i", "INVITE ada #p", "INVITE ada #q")
    ada.send("QUIT")
    await ada.rest()
    impostor = await net.join("ada")
    assert await impostor.verbs("JOIN #p") == ["473"]
    await bot.said("INVITE ada #q", "PART #q", "JOIN #q", "MODE #q +i")
    assert await impostor.verbs("JOIN #q") == ["INVITE", "473"]


async def test_who_may_invite_and_who_reads_of_it(net: Net) -> None:
    """Members only (442), with +i operators only (482), unknown names 401 and 403; invite-notify tells members."""
    bot = await net.join("relaybot", "#p")
    bob = await net.join("bob", "#p", caps="invite-notify")
    ada = await net.join("ada")
    assert await ada.verbs("INVITE eve #p", "INVITE bob #none", "INVITE bob #p") == ["401", "403", "442"]
    await bot.said("MODE #p +i")
    assert (await bob.verbs("INVITE ada #p"))[-1] == "482"
    await bot.said("INVITE ada #p")
    assert await bob.texts() == [":relaybot!~relaybot@localhost INVITE ada :#p"]


async def test_a_secret_channel_does_not_exist_for_outsiders(net: Net) -> None:
    """+s hides a channel and its members from LIST, NAMES, WHO, WHOIS, TOPIC and MODE of those outside."""
    bot = await net.join("relaybot", "#p")
    ada = await net.join("ada")
    assert "322" in await ada.verbs("LIST")
    await bot.said("MODE #p +s", "TOPIC #p :secret")
    assert await ada.verbs("LIST", "NAMES #p", "WHO #p", "TOPIC #p", "MODE #p") == "321 323 366 315 403 403".split()
    assert "319" not in await ada.verbs("WHOIS relaybot")
    inside = await bot.said("NAMES #p", "LIST", "WHOIS relaybot")
    assert [line.params[1] for line in inside if line.verb == "353"] == ["@"]
    assert {"319", "322"} <= {line.verb for line in inside}


async def test_invisible_people_are_shown_to_those_who_know_them(net: Net) -> None:
    """User mode +i hides from WHO by mask and from NAMES of outsiders, not from exact nicks or shared channels."""
    bot = await net.join("relaybot", "#p")
    ada = await net.join("ada", "#q")
    await bot.said("MODE relaybot +i")
    assert await ada.verbs("WHO rel*", "WHO #p", "NAMES #p") == ["315", "315", "366"]
    assert await ada.verbs("WHO relaybot", "WHO a*") == ["352", "315", "352", "315"]
    await ada.said("JOIN #p")
    assert await ada.verbs("WHO rel*") == ["352", "315"]


async def test_words_from_outside_moderation_and_bans(net: Net) -> None:
    """404 for outsiders (+n), for the voiceless (+m) and for the banned, until they are voiced."""
    bot = await net.join("relaybot", "#x")
    ada = await net.join("ada", "#x")
    eve = await net.join("eve")
    assert await eve.verbs("PRIVMSG #x :hi", "NOTICE #x :hi") == ["404", "404"]
    await bot.said("MODE #x -n")
    assert await eve.verbs("PRIVMSG #x :hi") == []
    await bot.said("MODE #x +mn")
    await ada.said()
    assert await ada.verbs("PRIVMSG #x :hi") == ["404"]
    await bot.said("MODE #x +v ada")
    assert await ada.verbs("PRIVMSG #x :hi") == ["MODE"]
    await bot.said("MODE #x -mv+b ada *!*ADA@*")
    assert await ada.verbs("PRIVMSG #x :hi") == ["MODE", "404"]


async def test_key_limit_and_ban_guard_the_door(net: Net) -> None:
    """475 wrong key, 471 full, 474 banned; the right key opens; outsiders never read the key."""
    bot = await net.join("relaybot", "#x")
    ada = await net.join("ada")
    await bot.said("MODE #x +k sesame")
    assert await ada.verbs("JOIN #x", "JOIN #x wrong") == ["475", "475"]
    assert (await ada.said("MODE #x"))[0].params[2:] == ["+ntk", "*"]
    assert (await bot.said("MODE #x"))[0].params[2:] == ["+ntk", "sesame"]
    await bot.said("MODE #x +l 1")
    assert await ada.verbs("JOIN #x sesame") == ["471"]
    await bot.said("MODE #x -l+b eve")
    assert (await ada.verbs("JOIN #x sesame"))[0] == "JOIN"
    eve = await net.join("eve")
    assert await eve.verbs("JOIN #x sesame") == ["474"]
    assert [line.params[2] for line in await bot.said("MODE #x b") if line.verb == "367"] == ["eve!*@*"]


async def test_modes_are_announced_as_they_really_changed(net: Net) -> None:
    """One MODE line tells members what changed and nothing else; mistakes get their numerics."""
    bot = await net.join("relaybot", "#x")
    ada = await net.join("ada", "#x")
    await bot.said()
    assert await ada.verbs("MODE #x +m", "MODE #none +m") == ["482", "403"]
    assert await bot.texts("MODE #x +nmo-t+vl ada ada 20") == [
        ":relaybot!~relaybot@localhost MODE #x +mo-t+vl ada ada 20"
    ]
    assert await bot.verbs("MODE #x +t-t") == ["MODE"]
    assert await bot.verbs("MODE #x +m", "MODE #x -k", "MODE #x +o") == []
    mistakes = ["MODE #x +z", "MODE #x +o eve", "MODE #x +k :two words", "MODE #x +l zero", "MODE #x +l"]
    assert await bot.verbs(*mistakes) == ["472", "441", "696", "696", "696"]
    assert await bot.verbs("MODE #x +bb a b", "MODE #x +b c", "MODE #x +b A") == ["MODE", "478"]
    assert await bot.texts("MODE #x -bb A!*@* c") == [":relaybot!~relaybot@localhost MODE #x -b a!*@*"]


async def test_at_most_four_modes_with_a_parameter(net: Net) -> None:
    """What ISUPPORT MODES=4 promises: further parameters of the same command are not looked at."""
    bot = await net.join("relaybot", "#x")
    assert await bot.texts("MODE #x +v-v+v-v+v" + " relaybot" * 5) == [
        ":relaybot!~relaybot@localhost MODE #x +v-v+v-v" + " relaybot" * 4
    ]


async def test_topic(net: Net) -> None:
    """331 without, 332 and 333 with a topic, also on joining; +t leaves it to operators; it is cut at 300 bytes."""
    bot = await net.join("relaybot", "#x")
    ada = await net.join("ada", "#x")
    await bot.said()
    assert await bot.verbs("TOPIC #x") == ["331"]
    assert await ada.verbs("TOPIC #x :mine") == ["482"]
    (told,) = await bot.said("TOPIC #x :" + "ü" * 200)
    assert told.params[1] == "ü" * 150
    eve = await net.join("eve")
    assert await eve.verbs("TOPIC #x", "TOPIC #x :hers", "TOPIC #none") == ["332", "333", "442", "403"]
    assert await eve.verbs("JOIN #x") == ["JOIN", "332", "333", "353", "366"]
    assert await bot.texts("TOPIC #x :") == [
        ":eve!~eve@localhost JOIN #x",
        ":relaybot!~relaybot@localhost TOPIC #x :",
    ]


async def test_kick_and_part(net: Net) -> None:
    """Operators kick (482 for others, 441 for the absent); everybody reads KICK and PART with the reason."""
    bot = await net.join("relaybot", "#x")
    ada = await net.join("ada", "#x")
    await bot.said()
    assert await ada.verbs("KICK #x relaybot", "PART #none", "KICK #none ada") == ["482", "403", "403"]
    assert await bot.verbs("KICK #x eve") == ["441"]
    assert await bot.texts("KICK #x ada :rest") == [":relaybot!~relaybot@localhost KICK #x ada :rest"]
    assert await ada.texts("PART #x") == [
        ":relaybot!~relaybot@localhost KICK #x ada :rest",
        ":irc.relaybot.localhost 442 ada #x :You're not on that channel",
    ]
    await ada.said("JOIN #x", "PART #x :so long")
    assert (await bot.texts())[-1] == ":ada!~ada@localhost PART #x :so long"


async def test_a_long_list_of_names_comes_in_lines_of_512_bytes(net: Net) -> None:
    """NAMES of forty people with long nicks is split, complete and in order."""
    nicks = [f"{'n' * 27}{number:02}" for number in range(40)]
    for nick in nicks:
        await net.join(nick, "#x")
    ada = await net.join("ada")
    heard = [line for line in await ada.said("NAMES #x") if line.verb == "353"]
    assert len(heard) > 1
    assert all(len(line.raw) <= 512 for line in heard)
    assert [nick.lstrip("@") for line in heard for nick in line.params[-1].split(" ")] == nicks
