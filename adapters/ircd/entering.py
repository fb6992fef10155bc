"""How a client enters and leaves: CAP, SASL, NICK, USER, the welcome, PING, QUIT (RFC 2812 section 3.1, IRCv3).
An account is fixed at registration: the SASL account, else the nick. NICK later changes a name, not an account.
An account with a configured password is reached by SASL only; its nick alone logs nobody in."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import time

from adapters.ircd import lines
from adapters.ircd.lines import Line, fold
from adapters.ircd.world import CHANNEL_FLAGS, MAX_MODES, MAX_TARGETS, USER_FLAGS, VERSION, Client, Relay, Verb, World

CAPABILITIES = {
    "account-notify": "",
    "account-tag": "",
    "away-notify": "",
    "batch": "",
    "cap-notify": "",
    "echo-message": "",
    "extended-join": "",
    "invite-notify": "",
    "labeled-response": "",
    "message-tags": "",
    "multi-prefix": "",
    "sasl": "PLAIN",
    "server-time": "",
}
_SASL_CHUNK_BYTES = 400  # IRCv3 sasl-3.1: a chunk of exactly this length means that more follows
_SASL_BYTES = 4096
_TOKENS_PER_LINE = 13  # RFC 2812 2.3 allows 15 parameters; the nick and the text are two
_NOT_IN_USER = re.compile(r"[^A-Za-z0-9._-]")


def cap(world: World, client: Client, line: Line) -> None:
    """CAP LS | LIST | REQ | END (IRCv3 capability-negotiation)."""
    verb = line.param(0).upper()
    if verb in ("LS", "REQ") and not client.registered:
        client.negotiating = True
    if verb == "LS":
        with_values = line.param(1).isdecimal() and int(line.param(1)[:9]) >= 302
        words = [f"{name}={value}" if value and with_values else name for name, value in CAPABILITIES.items()]
        client.say("CAP", client.nick, "LS", text=" ".join(words))
    elif verb == "LIST":
        client.say("CAP", client.nick, "LIST", text=" ".join(sorted(client.caps)))
    elif verb == "REQ":
        wanted = line.param(1).split(" ")
        known = all(word.removeprefix("-") in CAPABILITIES for word in wanted if word)
        client.say("CAP", client.nick, "ACK" if known else "NAK", text=line.param(1))
        if known:
            client.caps |= {word for word in wanted if word and word[0] != "-"}
            client.caps -= {word[1:] for word in wanted if word and word[0] == "-"}
    elif verb == "END":
        client.negotiating = False
        _welcome_when_ready(world, client)
    else:
        client.reply("410", line.param(0, "*"), text="Invalid CAP command")


def authenticate(world: World, client: Client, line: Line) -> None:
    """AUTHENTICATE with PLAIN (IRCv3 sasl-3.1 and 3.2, RFC 4616)."""
    chunk = line.param(0)
    if client.registered or client.account is not None:
        client.reply("907", text="You have already authenticated; an account is fixed at registration")
    elif "sasl" not in client.caps:
        client.reply("904", text="Ask for the sasl capability first")
    elif chunk == "*":
        client.sasl = None
        client.reply("906", text="SASL authentication aborted")
    elif client.sasl is None:
        if chunk.upper() == "PLAIN":
            client.sasl = ""
            client.say("AUTHENTICATE", "+")
        else:
            client.reply("908", "PLAIN", text="are available SASL mechanisms")
            client.reply("904", text="SASL authentication failed")
    elif len(chunk) > _SASL_CHUNK_BYTES or len(client.sasl) + len(chunk) > _SASL_BYTES:
        client.sasl = None
        client.reply("905", text="SASL message too long")
    else:
        client.sasl += "" if chunk == "+" else chunk
        if len(chunk) < _SASL_CHUNK_BYTES:
            _log_in(world, client, client.sasl)


def nick(world: World, client: Client, line: Line) -> None:
    """NICK (RFC 2812 section 3.1.2): takes a nick, or changes it; the account stays."""
    wanted = line.param(0)
    if not wanted:
        client.reply("431", text="No nickname given")
        return
    if not lines.valid_nick(wanted):
        client.reply("432", wanted, text=f"Erroneous nickname (letters, digits, at most {lines.NICK_BYTES} bytes)")
        return
    holder = world.nicks.get(fold(wanted))
    if holder is not None and holder is not client:
        client.reply("433", wanted, text="Nickname is already in use")
        return
    if wanted == client.nick:
        return
    if client.registered:
        change = Relay(client, "NICK", text=wanted)
        change.to(client)
        change.to_all(world.neighbours(client))
    if world.nicks.get(fold(client.nick)) is client:
        del world.nicks[fold(client.nick)]
    world.nicks[fold(wanted)] = client
    client.nick = wanted
    _welcome_when_ready(world, client)


def user(world: World, client: Client, line: Line) -> None:
    """USER (RFC 2812 section 3.1.3): user name and real name; the two parameters between them say nothing."""
    if client.registered or client.user:
        client.reply("462", text="You may not reregister")
        return
    # "~" says, as everywhere on IRC, that the client chose this name itself.
    client.user = "~" + (_NOT_IN_USER.sub("", line.param(0))[: lines.USER_BYTES] or "user")
    client.realname = lines.cut_text(line.param(3), lines.REALNAME_BYTES)
    _welcome_when_ready(world, client)


def password(world: World, client: Client, line: Line) -> None:
    """PASS (RFC 2812 section 3.1.1): taken and ignored, the network has no password of its own."""
    if client.registered:
        client.reply("462", text="You may not reregister")


def ping(world: World, client: Client, line: Line) -> None:
    """PING (RFC 2812 section 3.7.2): everything the client sent before it has been done by now."""
    client.say("PONG", world.name, text=line.param(0))


def pong(world: World, client: Client, line: Line) -> None:
    """PONG (RFC 2812 section 3.7.3): that bytes came is all the server wanted to know."""


def quit_(world: World, client: Client, line: Line) -> None:
    """QUIT (RFC 2812 section 3.1.7)."""
    client.link.close(f"Quit: {line.param(0)}".rstrip(": ") if line.params else "Quit")


def motd(world: World, client: Client, line: Line) -> None:
    """MOTD (RFC 2812 section 3.4.1)."""
    if not world.motd:
        client.reply("422", text="There is no message of the day")
        return
    client.reply("375", text=f"- {world.name} message of the day -")
    for text in world.motd:
        client.reply("372", text=f"- {text}")
    client.reply("376", text="End of /MOTD command")


def version(world: World, client: Client, line: Line) -> None:
    """VERSION (RFC 2812 section 3.4.3), with the ISUPPORT lines again."""
    client.reply("351", VERSION, world.name, text="the embedded network of relaybot")
    _isupport(world, client)


def lusers(world: World, client: Client, line: Line) -> None:
    """LUSERS (RFC 2812 section 3.4.2)."""
    people = world.people()
    hidden = sum("i" in person.modes for person in people)
    here = str(len(people))
    client.reply("251", text=f"There are {len(people) - hidden} users and {hidden} invisible on 1 server")
    client.reply("254", str(len(world.channels)), text="channels formed")
    client.reply("255", text=f"I have {here} clients and 0 servers")
    client.reply("265", here, here, text=f"Current local users {here}, max {world.limits.connections}")


def isupport_tokens(world: World) -> list[str]:
    """What this server promises in 005; every token here is kept somewhere in this package."""
    targets = ",".join(f"{verb}:{MAX_TARGETS}" for verb in ("KICK", "NOTICE", "PRIVMSG", "TAGMSG"))
    return [
        f"AWAYLEN={lines.AWAY_BYTES}",
        "BOT=B",
        "CASEMAPPING=ascii",
        f"CHANLIMIT=#:{world.limits.channels_per_client}",
        f"CHANMODES=b,k,l,{CHANNEL_FLAGS}",
        f"CHANNELLEN={lines.CHANNEL_BYTES}",
        "CHANTYPES=#",
        f"HOSTLEN={lines.HOST_BYTES}",
        f"KEYLEN={lines.KEY_BYTES}",
        f"KICKLEN={lines.KICK_BYTES}",
        f"LINELEN={lines.BODY_BYTES + 2}",
        f"MAXLIST=b:{world.limits.bans_per_channel}",
        f"MAXTARGETS={MAX_TARGETS}",
        f"MODES={MAX_MODES}",
        f"NETWORK={world.network}",
        f"NICKLEN={lines.NICK_BYTES}",
        "PREFIX=(ov)@+",
        f"TARGMAX={targets},JOIN:,LIST:,NAMES:,PART:,WHOIS:1",
        f"TOPICLEN={lines.TOPIC_BYTES}",
        f"USERLEN={lines.USER_BYTES + 1}",
        "WHOX",
    ]


def _isupport(world: World, client: Client) -> None:
    tokens = isupport_tokens(world)
    for first in range(0, len(tokens), _TOKENS_PER_LINE):
        client.reply("005", *tokens[first : first + _TOKENS_PER_LINE], text="are supported by this server")


def _log_in(world: World, client: Client, encoded: str) -> None:
    client.sasl = None
    account = _proved_account(world, encoded)
    if account is None:
        client.reply("904", text="SASL authentication failed")
        return
    client.account = account
    _say_account(client)
    client.reply("903", text="SASL authentication successful")


def _proved_account(world: World, encoded: str) -> str | None:
    """The account a PLAIN message proves; None where it is malformed or the password is wrong."""
    try:
        acting, account, given = base64.b64decode(encoded, validate=True).decode("utf-8").split("\0")
    except (binascii.Error, ValueError):
        return None
    if not lines.valid_account(account) or fold(acting) not in ("", fold(account)):
        return None
    name, wanted = world.passwords.get(fold(account), (account, given))
    return name if hmac.compare_digest(given.encode(), wanted.encode()) else None


def _say_account(client: Client) -> None:
    account = client.account or "*"
    mask = client.mask if client.user else f"{client.nick}!*@{client.host}"
    client.reply("900", mask, account, text=f"You are now logged in as {account}")


def _welcome_when_ready(world: World, client: Client) -> None:
    if client.registered or client.negotiating or client.nick == "*" or not client.user:
        return
    client.registered = True
    client.sasl = None
    client.signed_on = client.spoke_at = time.time()
    client.reply("001", text=f"Welcome to the {world.network} network, {client.mask}")
    client.reply("002", text=f"Your host is {world.name}, running {VERSION}")
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(world.created))
    client.reply("003", text=f"This server was started {since}")
    client.reply("004", world.name, VERSION, USER_FLAGS, "biklmnostv", "bklov")
    _isupport(world, client)
    by_sasl = client.account is not None
    if not by_sasl and fold(client.nick) not in world.passwords:
        client.account = client.nick
        _say_account(client)
    elif not by_sasl:
        client.say("NOTICE", client.nick, text=f"The account {client.nick} has a password: log in to it by SASL PLAIN.")
    nothing = Line("", [])
    lusers(world, client, nothing)
    motd(world, client, nothing)


VERBS = {
    "CAP": Verb(cap, 1, early=True),
    "AUTHENTICATE": Verb(authenticate, 1, early=True),
    "NICK": Verb(nick, early=True),
    "USER": Verb(user, 4, early=True),
    "PASS": Verb(password, 1, early=True),
    "PING": Verb(ping, 1, early=True),
    "PONG": Verb(pong, early=True),
    "QUIT": Verb(quit_, early=True),
    "MOTD": Verb(motd),
    "VERSION": Verb(version),
    "LUSERS": Verb(lusers),
}
