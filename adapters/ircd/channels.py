"""Being in channels: JOIN, PART, KICK, INVITE, TOPIC, NAMES, LIST (RFC 2812 section 3.2).
The first to join a channel becomes its operator and finds it +nt; the last to leave ends it.
An invitation belongs to a person and a channel, lets them through +i once, and is used up by joining."""

from __future__ import annotations

import time

from adapters.ircd import lines
from adapters.ircd.lines import Line, fold, pack
from adapters.ircd.world import MAX_TARGETS, Channel, Client, Relay, Verb, World


def join(world: World, client: Client, line: Line) -> None:
    """JOIN of one or more channels with their keys; "0" leaves all (RFC 2812 section 3.2.1)."""
    if line.param(0) == "0":
        for channel in list(client.channels):
            _leave(world, client, channel, "Left all channels")
        return
    keys = line.param(1).split(",")
    for index, name in enumerate(line.param(0).split(",")):
        _join_one(world, client, name, keys[index] if index < len(keys) else "")


def part(world: World, client: Client, line: Line) -> None:
    """PART (RFC 2812 section 3.2.2)."""
    for name in line.param(0).split(","):
        channel = _own_channel(world, client, name)
        if channel is not None:
            _leave(world, client, channel, lines.cut_text(line.param(1), lines.KICK_BYTES))


def kick(world: World, client: Client, line: Line) -> None:
    """KICK (RFC 2812 section 3.2.8): operators only."""
    channel = operated(world, client, line.param(0))
    if channel is None:
        return
    reason = lines.cut_text(line.param(2), lines.KICK_BYTES) or client.nick
    for nick in line.param(1).split(",")[:MAX_TARGETS]:
        person = world.person(nick)
        if person is None or person not in channel.members:
            client.reply("441", nick, channel.name, text="They aren't on that channel")
            continue
        Relay(client, "KICK", channel.name, person.nick, text=reason).to_all(channel.members)
        world.leave(person, channel)


def invite(world: World, client: Client, line: Line) -> None:
    """INVITE (RFC 2812 section 3.2.7); members with invite-notify read it too (IRCv3)."""
    nick, name = line.param(0), line.param(1)
    person = world.person(nick)
    if person is None:
        client.reply("401", nick, text="No such nick/channel")
        return
    channel = _own_channel(world, client, name)
    if channel is None:
        return
    if person in channel.members:
        client.reply("443", person.nick, channel.name, text="is already on channel")
        return
    if "i" in channel.modes and not channel.has_op(client):
        client.reply("482", channel.name, text="You're not channel operator")
        return
    channel.invited.add(person)
    person.invited.add(channel)
    client.reply("341", person.nick, channel.name)
    if person.away:
        client.reply("301", person.nick, text=person.away)
    relay = Relay(client, "INVITE", person.nick, text=channel.name)
    relay.to(person)
    relay.to_all((member for member in channel.members if "invite-notify" in member.caps), but=client)


def topic(world: World, client: Client, line: Line) -> None:
    """TOPIC asked or set (RFC 2812 section 3.2.4); +t leaves setting to operators."""
    channel = _seen_channel(world, client, line.param(0))
    if channel is None:
        return
    if len(line.params) == 1:
        if channel.topic:
            _say_topic(client, channel)
        else:
            client.reply("331", channel.name, text="No topic is set")
    elif client not in channel.members:
        client.reply("442", channel.name, text="You're not on that channel")
    elif "t" in channel.modes and not channel.has_op(client):
        client.reply("482", channel.name, text="You're not channel operator")
    else:
        channel.topic = lines.cut_text(line.param(1), lines.TOPIC_BYTES)
        channel.topic_by, channel.topic_at = client.mask, time.time()
        Relay(client, "TOPIC", channel.name, text=channel.topic).to_all(channel.members)


def names(world: World, client: Client, line: Line) -> None:
    """NAMES (RFC 2812 section 3.2.5); without a channel it answers with the end only."""
    for name in line.param(0, "*").split(","):
        channel = world.channel(name)
        if channel is not None and channel.shows_to(client):
            _say_names(client, channel)
        client.reply("366", channel.name if channel else name, text="End of /NAMES list")


def list_(world: World, client: Client, line: Line) -> None:
    """LIST (RFC 2812 section 3.2.6): all channels or those named, without the hidden ones."""
    wanted = {fold(name) for name in line.param(0).split(",") if name}
    client.reply("321", "Channel", text="Users  Name")
    for channel in world.channels.values():
        if channel.shows_to(client) and (not wanted or fold(channel.name) in wanted):
            client.reply("322", channel.name, str(len(channel.members)), text=channel.topic)
    client.reply("323", text="End of /LIST")


def operated(world: World, client: Client, name: str) -> Channel | None:
    """The channel of that name if client is operator there; otherwise client reads why not."""
    channel = _own_channel(world, client, name)
    if channel is not None and not channel.has_op(client):
        client.reply("482", channel.name, text="You're not channel operator")
        return None
    return channel


def _own_channel(world: World, client: Client, name: str) -> Channel | None:
    channel = world.channel(name)
    if channel is None:
        client.reply("403", name, text="No such channel")
    elif client not in channel.members:
        client.reply("442", channel.name, text="You're not on that channel")
        channel = None
    return channel


def _seen_channel(world: World, client: Client, name: str) -> Channel | None:
    channel = world.channel(name)
    if channel is None or not channel.shows_to(client):
        client.reply("403", name, text="No such channel")
        return None
    return channel


def _join_one(world: World, client: Client, name: str, key: str) -> None:
    if not lines.valid_channel(name):
        client.reply("403", name, text=f"Not a channel: # and at most {lines.CHANNEL_BYTES} bytes in all")
        return
    channel = world.channel(name)
    if channel is not None and client in channel.members:
        return
    if len(client.channels) >= world.limits.channels_per_client:
        client.reply("405", name, text=f"You have joined {len(client.channels)} channels, the most there may be")
        return
    if channel is None:
        channel = world.channels[fold(name)] = Channel(name, time.time())
    elif refusal := _refusal(channel, client, key):
        client.reply(refusal[0], channel.name, text=f"Cannot join channel ({refusal[1]})")
        return
    channel.members[client] = set() if channel.members else {"o"}
    client.channels.add(channel)
    channel.invited.discard(client)
    client.invited.discard(channel)
    _announce_join(client, channel)


def _refusal(channel: Channel, client: Client, key: str) -> tuple[str, str] | None:
    """The numeric and the mode that keep client out (RFC 2812 section 3.2.1); an invitation overrides +i only."""
    if "i" in channel.modes and client not in channel.invited:
        return "473", "+i"
    if channel.banned(client):
        return "474", "+b"
    if channel.key and key != channel.key:
        return "475", "+k"
    if channel.limit is not None and len(channel.members) >= channel.limit:
        return "471", "+l"
    return None


def _announce_join(client: Client, channel: Channel) -> None:
    plain = Relay(client, "JOIN", channel.name)
    extended = Relay(client, "JOIN", channel.name, client.account or "*", text=client.realname)
    gone = Relay(client, "AWAY", text=client.away)
    for member in channel.members:
        (extended if "extended-join" in member.caps else plain).to(member)
        if client.away and member is not client and "away-notify" in member.caps:
            gone.to(member)
    if channel.topic:
        _say_topic(client, channel)
    _say_names(client, channel)
    client.reply("366", channel.name, text="End of /NAMES list")


def _leave(world: World, client: Client, channel: Channel, reason: str) -> None:
    Relay(client, "PART", channel.name, text=reason or None).to_all(channel.members)
    world.leave(client, channel)


def _say_topic(client: Client, channel: Channel) -> None:
    client.reply("332", channel.name, text=channel.topic)
    client.reply("333", channel.name, channel.topic_by, str(int(channel.topic_at)))


def _say_names(client: Client, channel: Channel) -> None:
    inside = client in channel.members
    shown = (person for person in channel.members if inside or "i" not in person.modes)
    for text in pack((channel.prefix(person, client) + person.nick for person in shown), 350):
        client.reply("353", "@" if "s" in channel.modes else "=", channel.name, text=text)


VERBS = {
    "JOIN": Verb(join, 1),
    "PART": Verb(part, 1),
    "KICK": Verb(kick, 2),
    "INVITE": Verb(invite, 2),
    "TOPIC": Verb(topic, 1),
    "NAMES": Verb(names),
    "LIST": Verb(list_),
}
