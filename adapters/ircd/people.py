"""Words between people and questions about them: PRIVMSG, NOTICE, TAGMSG, AWAY, WHO, WHOIS and their kin.
Every relayed line carries the sender's account for those who asked for account-tag; a client cannot send its own.
Answers follow RFC 2812 sections 3.3 and 3.6, WHO with %-fields follows IRCv3 WHOX."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from adapters.ircd import lines
from adapters.ircd.lines import Line, matches, pack
from adapters.ircd.world import MAX_TARGETS, Channel, Client, Relay, Verb, World

_WHOX = re.compile(r"[^%]*%([a-z]*)(?:,([0-9]{1,3}))?")
_WHOX_FIELDS = "tcuihsnfdlaor"  # the order of a 354, whatever the order in the question
_USERHOST_NICKS = 5  # RFC 2812 section 4.8


def message(world: World, client: Client, line: Line) -> None:
    """PRIVMSG and NOTICE (RFC 2812 section 3.3), with echo-message and client-only tags."""
    if not line.params:
        client.reply("411", text=f"No recipient given ({line.verb})")
    elif not line.param(1):
        client.reply("412", text="No text to send")
    else:
        client.spoke_at = time.time()
        _to_each_target(world, client, line, line.param(1))


def tagmsg(world: World, client: Client, line: Line) -> None:
    """TAGMSG (IRCv3 message-tags): client-only tags without a text, for those who have message-tags."""
    if "message-tags" not in client.caps:
        client.reply("421", line.verb, text="Ask for the message-tags capability first")
    else:
        _to_each_target(world, client, line, None)


def away(world: World, client: Client, line: Line) -> None:
    """AWAY (RFC 2812 section 4.1), told to channels by away-notify (IRCv3)."""
    client.away = lines.cut_text(line.param(0), lines.AWAY_BYTES)
    if client.away:
        client.reply("306", text="You have been marked as being away")
    else:
        client.reply("305", text="You are no longer marked as being away")
    relay = Relay(client, "AWAY", text=client.away or None)
    relay.to_all(reader for reader in world.neighbours(client) if "away-notify" in reader.caps)


def who(world: World, client: Client, line: Line) -> None:
    """WHO of a channel, a nick or a mask (RFC 2812 section 3.6.1); with %-fields as WHOX (354)."""
    mask = line.param(0, "*")
    channel = world.channel(mask)
    asked = _WHOX.fullmatch(line.param(1))
    for person in _who_matches(world, client, mask, channel):
        if asked:
            _whox_reply(client, person, channel, asked[1], asked[2] or "0")
        else:
            name = channel.name if channel else "*"
            flags = _flags(client, person, channel)
            text = f"0 {person.realname}"
            client.reply("352", name, person.user, person.host, world.name, person.nick, flags, text=text)
    client.reply("315", mask, text="End of /WHO list")


def whois(world: World, client: Client, line: Line) -> None:
    """WHOIS (RFC 2812 section 3.6.2), with 330 for the account and 335 for a bot (IRCv3 bot-mode)."""
    nick = line.params[-1] if line.params else ""
    if not nick:
        client.reply("431", text="No nickname given")
        return
    person = world.person(nick)
    if person is None:
        client.reply("401", nick, text="No such nick/channel")
        client.reply("318", nick, text="End of /WHOIS list")
        return
    client.reply("311", person.nick, person.user, person.host, "*", text=person.realname)
    shown = sorted((c for c in person.channels if c.shows_to(client)), key=lambda c: c.name)
    for text in pack((c.prefix(person, client) + c.name for c in shown), 350):
        client.reply("319", person.nick, text=text)
    client.reply("312", person.nick, world.name, text=f"the embedded network {world.network}")
    if person.away:
        client.reply("301", person.nick, text=person.away)
    if person.account is not None:
        client.reply("330", person.nick, person.account, text="is logged in as")
    if "B" in person.modes:
        client.reply("335", person.nick, text=f"is a bot on {world.network}")
    idle = str(max(0, int(time.time() - person.spoke_at)))
    client.reply("317", person.nick, idle, str(int(person.signed_on)), text="seconds idle, signon time")
    client.reply("318", person.nick, text="End of /WHOIS list")


def whowas(world: World, client: Client, line: Line) -> None:
    """WHOWAS (RFC 2812 section 3.6.3): nothing is remembered of those who left, and it says so."""
    client.reply("406", line.param(0), text="There was no such nickname (this server keeps no history)")
    client.reply("369", line.param(0), text="End of WHOWAS")


def userhost(world: World, client: Client, line: Line) -> None:
    """USERHOST (RFC 2812 section 4.8)."""
    found = [person for nick in line.params[:_USERHOST_NICKS] if (person := world.person(nick))]
    words = (f"{person.nick}={'-' if person.away else '+'}{person.user}@{person.host}" for person in found)
    client.reply("302", text=" ".join(words))


def ison(world: World, client: Client, line: Line) -> None:
    """ISON (RFC 2812 section 4.9)."""
    asked = " ".join(line.params).split(" ")
    found = [person.nick for nick in asked if nick and (person := world.person(nick))]
    client.reply("303", text=" ".join(found))


def _to_each_target(world: World, client: Client, line: Line, text: str | None) -> None:
    targets = [target for target in line.param(0).split(",") if target]
    if len(targets) > MAX_TARGETS:
        client.reply("407", line.param(0), text=f"Too many recipients, at most {MAX_TARGETS}; nothing was sent")
        return
    # "+" marks the tags a client may give to others; anything else, an account above all, stays here.
    tags = {key: value for key, value in line.tags.items() if key.startswith("+")}
    for target in targets:
        if target.startswith("#"):
            _to_channel(world, client, line.verb, target, text, tags)
        else:
            _to_person(world, client, line.verb, target, text, tags)


# Errors are also sent for a NOTICE, as InspIRCd does: a bot has to learn that nobody read it, and since clients
# never answer numerics by themselves, the loops that RFC 2812 section 3.3.2 fears cannot start here.
def _to_channel(world: World, client: Client, verb: str, target: str, text: str | None, tags: dict[str, str]) -> None:
    channel = world.channel(target)
    if channel is None:
        client.reply("403", target, text="No such channel")
    elif not channel.may_speak(client):
        client.reply("404", channel.name, text="Cannot send to channel")
    else:
        relay = Relay(client, verb, channel.name, text=text, tags=tags, message_id=world.next_id())
        relay.to_all(_readers(verb, channel.members), but=client)
        if "echo-message" in client.caps:
            relay.to(client)


def _to_person(world: World, client: Client, verb: str, target: str, text: str | None, tags: dict[str, str]) -> None:
    person = world.person(target)
    if person is None:
        client.reply("401", target, text="No such nick/channel")
        return
    relay = Relay(client, verb, person.nick, text=text, tags=tags, message_id=world.next_id())
    for reader in _readers(verb, (person,)):
        # Delivered to oneself it is no answer: only the echo may carry the label (IRCv3 labeled-response).
        relay.to(reader, answer=False)
    if person.away and verb == "PRIVMSG":
        client.reply("301", person.nick, text=person.away)
    if "echo-message" in client.caps:
        relay.to(client)


def _readers(verb: str, readers: Iterable[Client]) -> Iterable[Client]:
    if verb != "TAGMSG":
        return readers
    return [reader for reader in readers if "message-tags" in reader.caps]


def _who_matches(world: World, client: Client, mask: str, channel: Channel | None) -> list[Client]:
    """The people a WHO may show: +i hides from those who share no channel and do not know the nick."""
    if channel is not None:
        inside = client in channel.members
        shown = channel.members if channel.shows_to(client) else ()
        return [person for person in shown if inside or "i" not in person.modes]
    exact = world.person(mask)
    if exact is not None:
        return [exact]
    if mask.startswith("#"):
        return []
    near = world.neighbours(client) | {client}
    wanted = "*" if mask == "0" else mask
    return [
        person
        for person in world.people()
        if ("i" not in person.modes or person in near)
        and any(matches(wanted, word) for word in (person.nick, person.user, person.host, person.realname))
    ]


def _flags(client: Client, person: Client, channel: Channel | None) -> str:
    signs = channel.prefix(person, client) if channel else ""
    return ("G" if person.away else "H") + signs + ("B" if "B" in person.modes else "")


def _whox_reply(client: Client, person: Client, channel: Channel | None, asked: str, query: str) -> None:
    values = {
        "t": query,
        "c": channel.name if channel else "*",
        "u": person.user,
        "i": "255.255.255.255",  # WHOX: an address that is not shown
        "h": person.host,
        "s": person.server,
        "n": person.nick,
        "f": _flags(client, person, channel),
        "d": "0",
        "l": str(max(0, int(time.time() - person.spoke_at))),
        "a": person.account or "0",
        "o": "n/a",
    }
    words = [values[letter] for letter in _WHOX_FIELDS if letter in asked and letter != "r"]
    client.reply("354", *words, text=person.realname if "r" in asked else None)


VERBS = {
    "PRIVMSG": Verb(message),
    "NOTICE": Verb(message),
    "TAGMSG": Verb(tagmsg, 1),
    "AWAY": Verb(away),
    "WHO": Verb(who),
    "WHOIS": Verb(whois),
    "WHOWAS": Verb(whowas, 1),
    "USERHOST": Verb(userhost, 1),
    "ISON": Verb(ison, 1),
}
