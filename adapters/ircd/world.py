"""The nouns of the embedded network: clients, channels, the world that holds both, and a line on its way.
Everything is plain memory and synchronous: one command is finished before the next byte is read, so no locks.
A client writes through its Link; which tags it sees depends on the capabilities it asked for (IRCv3)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from adapters.ircd.lines import Line, build, escape, fold, matches, valid_account, write_tags

VERSION = "relaybot-ircd-1"
PREFIXES = {"o": "@", "v": "+"}  # ISUPPORT PREFIX, the higher one first
CHANNEL_FLAGS = "imnst"  # ISUPPORT CHANMODES type D
USER_FLAGS = "Bi"
MAX_TARGETS = 4  # names in one PRIVMSG, NOTICE, TAGMSG or KICK
MAX_MODES = 4  # modes with a parameter in one MODE


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one network and one client may use; every name carries its unit."""

    connections: int = 1000
    channels_per_client: int = 64
    bans_per_channel: int = 64
    send_queue_bytes_per_client: int = 1 << 20
    registration_seconds: float = 30.0
    ping_after_idle_seconds: float = 90.0
    ping_answer_seconds: float = 30.0
    burst_lines: int = 4  # taken at once before lines_per_second paces a client


class Link(Protocol):
    """What a client needs of its connection."""

    def write(self, data: bytes) -> None:
        """Queues whole lines; never blocks and never changes the world."""

    def close(self, reason: str) -> None:
        """Takes the client out of the world, tells it why, and closes its socket."""


@dataclass(eq=False, slots=True)
class Client:
    """One connection: a person once `registered`, before that somebody still introducing themselves."""

    link: Link
    server: str
    host: str
    signed_on: float
    spoke_at: float
    nick: str = "*"
    user: str = ""
    realname: str = ""
    account: str | None = None
    registered: bool = False
    negotiating: bool = False
    sasl: str | None = None  # base64 collected so far; None while no exchange is open
    caps: set[str] = field(default_factory=set)
    modes: set[str] = field(default_factory=set)
    channels: set[Channel] = field(default_factory=set)
    invited: set[Channel] = field(default_factory=set)
    away: str = ""
    answers: list[tuple[str, bytes]] | None = None  # collected while a labelled command is handled

    @property
    def mask(self) -> str:
        """nick!user@host, the source of this client's lines."""
        return f"{self.nick}!{self.user}@{self.host}"

    def put(self, tags: str, body: bytes) -> None:
        """Sends one line; while a labelled command is handled it is kept for that command's answer."""
        if self.answers is not None:
            self.answers.append((tags, body))
        else:
            self.put_now(tags, body)

    def put_now(self, tags: str, body: bytes) -> None:
        """Sends one line that is not part of an answer."""
        self.link.write(f"@{tags} ".encode() + body if tags else body)

    def say(self, verb: str, *params: str, text: str | None = None) -> None:
        """Sends one line that comes from the server itself."""
        self.put(self._time_tag(), build(self.server, verb, *params, text=text))

    def reply(self, code: str, *params: str, text: str | None = None) -> None:
        """Sends a numeric (RFC 2812 section 5); its first parameter, the client's nick, is added here."""
        self.say(code, self.nick, *params, text=text)

    def settle(self, label: str, batch: str) -> None:
        """Sends what was collected as one labelled answer: ACK, one line, or a batch named batch
        (IRCv3 labeled-response)."""
        answers, self.answers = self.answers or [], None
        if not answers:
            self.put_now(_join(f"label={label}", self._time_tag()), build(self.server, "ACK"))
        elif len(answers) == 1:
            tags, body = answers[0]
            self.put_now(_join(f"label={label}", tags), body)
        else:
            opening = build(self.server, "BATCH", f"+{batch}", "labeled-response")
            self.put_now(_join(f"label={label}", self._time_tag()), opening)
            for tags, body in answers:
                self.put_now(_join(f"batch={batch}", tags), body)
            self.put_now(self._time_tag(), build(self.server, "BATCH", f"-{batch}"))

    def _time_tag(self) -> str:
        return f"time={stamp()}" if "server-time" in self.caps else ""


@dataclass(eq=False, slots=True)
class Channel:
    """One channel; it exists as long as somebody is in it."""

    name: str
    created: float
    members: dict[Client, set[str]] = field(default_factory=dict)  # letters of PREFIXES each holds
    modes: set[str] = field(default_factory=lambda: {"n", "t"})
    topic: str = ""
    topic_by: str = ""
    topic_at: float = 0.0
    key: str = ""
    limit: int | None = None
    bans: dict[str, tuple[str, float]] = field(default_factory=dict)  # mask -> set by whom, when
    invited: set[Client] = field(default_factory=set)

    def has_op(self, client: Client) -> bool:
        """Whether client may change this channel."""
        return "o" in self.members.get(client, ())

    def shows_to(self, reader: Client) -> bool:
        """Whether LIST, NAMES, WHO and WHOIS may speak of this channel to reader (+s hides it from outsiders)."""
        return "s" not in self.modes or reader in self.members

    def banned(self, client: Client) -> bool:
        """Whether a mask of the ban list fits client."""
        return any(matches(mask, client.mask) for mask in self.bans)

    def may_speak(self, client: Client) -> bool:
        """Whether client's words are let through (+n, +m, +b; operators and voiced members always are)."""
        held = self.members.get(client)
        if held:
            return True
        if "m" in self.modes or (held is None and "n" in self.modes):
            return False
        return not self.banned(client)

    def prefix(self, member: Client, reader: Client) -> str:
        """The signs before member's nick: all of them for a reader with multi-prefix, else the highest."""
        held = self.members[member]
        signs = "".join(sign for letter, sign in PREFIXES.items() if letter in held)
        return signs if "multi-prefix" in reader.caps else signs[:1]


class Relay:
    """One line of one client on its way to many readers, encoded once and tagged once per set of capabilities.

    text is the last parameter; tags are the sender's client-only tags, already free of anything else;
    message_id is empty for lines that are not messages (IRCv3 message-ids)."""

    def __init__(
        self,
        sender: Client,
        verb: str,
        *params: str,
        text: str | None = None,
        tags: Mapping[str, str] | None = None,
        message_id: str = "",
    ) -> None:
        self._sender = sender
        self._body = build(sender.mask, verb, *params, text=text)
        self._client_tags = tags or {}
        self._message_id = message_id
        self._rendered: dict[tuple[bool, bool, bool], str] = {}

    def to(self, reader: Client, *, answer: bool = True) -> None:
        """Sends the line to reader; answer=False keeps it out of a labelled answer that is being collected."""
        caps = reader.caps
        sees = ("server-time" in caps, "account-tag" in caps, "message-tags" in caps)
        tags = self._rendered.get(sees)
        if tags is None:
            tags = self._rendered[sees] = self._render(*sees)
        if answer:
            reader.put(tags, self._body)
        else:
            reader.put_now(tags, self._body)

    def to_all(self, readers: Iterable[Client], but: Client | None = None) -> None:
        """Sends the line to every reader except `but`."""
        for reader in readers:
            if reader is not but:
                self.to(reader)

    def _render(self, with_time: bool, with_account: bool, with_all: bool) -> str:
        tags: dict[str, str] = {}
        if with_time:
            tags["time"] = stamp()
        if with_account and self._sender.account is not None:
            tags["account"] = escape(self._sender.account)
        if with_all:
            if self._message_id:
                tags["msgid"] = self._message_id
            if "B" in self._sender.modes:
                tags["bot"] = ""
            tags |= self._client_tags
        return write_tags(tags)


class World:
    """Everything the network knows: who is there, which channels exist, and what was configured."""

    def __init__(
        self, name: str, network: str, motd: Sequence[str], passwords: Mapping[str, str], limits: Limits
    ) -> None:
        self.name = name
        self.network = network
        self.motd = tuple(motd)
        self.passwords = {fold(account): (account, password) for account, password in passwords.items()}
        self.limits = limits
        self.created = time.time()
        self.nicks: dict[str, Client] = {}  # folded; also of clients not yet registered
        self.channels: dict[str, Channel] = {}  # folded
        self._ids = secrets.token_hex(4)
        self._count = 0
        for word in (name, network):
            if not word or not word.isprintable() or " " in word:
                raise ValueError(f"a server's and a network's name is one word without spaces, not {word!r}")
        for account in passwords:
            if not valid_account(account):
                raise ValueError(f"not an account name: {account!r}")

    def person(self, nick: str) -> Client | None:
        """The registered client with that nick."""
        client = self.nicks.get(fold(nick))
        return client if client is not None and client.registered else None

    def people(self) -> list[Client]:
        """Every registered client."""
        return [client for client in self.nicks.values() if client.registered]

    def channel(self, name: str) -> Channel | None:
        """The existing channel of that name."""
        return self.channels.get(fold(name))

    def neighbours(self, client: Client) -> set[Client]:
        """Everybody who shares a channel with client, without client."""
        return {member for channel in client.channels for member in channel.members} - {client}

    def next_id(self) -> str:
        """A word no other message or batch of this network carries."""
        self._count += 1
        return f"{self._ids}{self._count:x}"

    def leave(self, client: Client, channel: Channel) -> None:
        """Takes client out of channel without a word; an empty channel ends."""
        channel.members.pop(client, None)
        client.channels.discard(channel)
        if not channel.members:
            self.channels.pop(fold(channel.name), None)
            for guest in channel.invited:
                guest.invited.discard(channel)

    def remove(self, client: Client, reason: str) -> None:
        """Takes client off the network; those who shared a channel read QUIT with the reason."""
        if client.registered:
            Relay(client, "QUIT", text=reason).to_all(self.neighbours(client))
        client.registered = False
        if self.nicks.get(fold(client.nick)) is client:
            del self.nicks[fold(client.nick)]
        for channel in list(client.channels):
            self.leave(client, channel)
        for channel in client.invited:
            channel.invited.discard(client)
        client.invited.clear()


@dataclass(frozen=True, slots=True)
class Verb:
    """One command a client may send: what runs, how many parameters it needs, whether before registration too."""

    run: Callable[[World, Client, Line], None]
    needs: int = 0
    early: bool = False


def stamp() -> str:
    """This instant as the value of a time tag (IRCv3 server-time: UTC, milliseconds)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _join(first: str, rest: str) -> str:
    return f"{first};{rest}" if rest else first
