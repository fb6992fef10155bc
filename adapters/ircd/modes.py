"""MODE, for channels and for oneself (RFC 2812 sections 3.1.5 and 3.2.3).
Channels: i invite-only, s secret, t topic by operators, n no words from outside, m moderated, k key, l limit,
o operator, v voice, b ban list. People: i invisible, B bot (IRCv3 bot-mode)."""

from __future__ import annotations

import re
import time

from adapters.ircd import lines
from adapters.ircd.channels import operated
from adapters.ircd.lines import Line, fold
from adapters.ircd.world import CHANNEL_FLAGS, MAX_MODES, PREFIXES, USER_FLAGS, Channel, Client, Relay, Verb, World

_KEY = re.compile(r"[^\x00-\x20,:\x7f][^\x00-\x20,\x7f]*")
_HIGHEST_LIMIT = 999_999


def mode(world: World, client: Client, line: Line) -> None:
    """MODE of a channel or of the client itself, asked or changed."""
    target = line.param(0)
    if not target.startswith("#"):
        _user_mode(world, client, line)
        return
    channel = world.channel(target)
    if channel is None or not channel.shows_to(client):
        client.reply("403", target, text="No such channel")
    elif len(line.params) == 1:
        client.reply("324", channel.name, *_settings(channel, client))
        client.reply("329", channel.name, str(int(channel.created)))
    elif line.param(1).strip("+") == "b" and len(line.params) == 2:
        for mask, (by, at) in channel.bans.items():
            client.reply("367", channel.name, mask, by, str(int(at)))
        client.reply("368", channel.name, text="End of channel ban list")
    elif operated(world, client, target):
        _Change(world, client, channel, line.params[2:]).make(line.param(1))


class _Change:
    """One MODE command on one channel: takes letters one by one, then tells the members what really changed."""

    def __init__(self, world: World, client: Client, channel: Channel, words: list[str]) -> None:
        self._world = world
        self._client = client
        self._channel = channel
        self._words = words[:MAX_MODES]
        self._done: list[tuple[str, str, str]] = []  # sign, letter, parameter

    def make(self, letters: str) -> None:
        """Applies letters such as "+o-k" with the words given, and announces the result."""
        sign = "+"
        for letter in letters:
            if letter in "+-":
                sign = letter
            elif letter in CHANNEL_FLAGS:
                self._flag(sign, letter)
            elif letter in PREFIXES:
                self._status(sign, letter)
            elif letter in "bkl":
                {"b": self._ban, "k": self._key, "l": self._limit}[letter](sign)
            else:
                self._client.reply("472", letter, text="is unknown mode char to me")
        self._announce()

    def _flag(self, sign: str, letter: str) -> None:
        modes = self._channel.modes
        if (letter in modes) != (sign == "+"):
            modes.symmetric_difference_update(letter)
            self._done.append((sign, letter, ""))

    def _status(self, sign: str, letter: str) -> None:
        nick = self._next_word()
        person = self._world.person(nick) if nick else None
        held = self._channel.members.get(person) if person else None
        if person is None or held is None:
            if nick:
                self._client.reply("441", nick, self._channel.name, text="They aren't on that channel")
        elif (letter in held) != (sign == "+"):
            held.symmetric_difference_update(letter)
            self._done.append((sign, letter, person.nick))

    def _ban(self, sign: str) -> None:
        mask = _full_mask(self._next_word())
        bans = self._channel.bans
        known = next((other for other in bans if fold(other) == fold(mask)), None)
        if sign == "-" and known is not None:
            del bans[known]
            self._done.append((sign, "b", known))
        elif sign == "+" and mask and known is None:
            if len(bans) >= self._world.limits.bans_per_channel:
                self._client.reply("478", self._channel.name, mask, text="Channel ban list is full")
                return
            bans[mask] = (self._client.nick, time.time())
            self._done.append((sign, "b", mask))

    def _key(self, sign: str) -> None:
        word = self._next_word()
        if sign == "-":
            if self._channel.key:
                self._done.append((sign, "k", self._channel.key))
            self._channel.key = ""
        elif _KEY.fullmatch(word) and len(word.encode()) <= lines.KEY_BYTES:
            self._channel.key = word
            self._done.append((sign, "k", word))
        else:
            text = f"A key has no spaces or commas and at most {lines.KEY_BYTES} bytes"
            self._client.reply("696", self._channel.name, "k", word, text=text)

    def _limit(self, sign: str) -> None:
        if sign == "-":
            if self._channel.limit is not None:
                self._done.append((sign, "l", ""))
            self._channel.limit = None
            return
        word = self._next_word()
        if re.fullmatch("[1-9][0-9]{0,5}", word):
            self._channel.limit = int(word)
            self._done.append((sign, "l", word))
        else:
            self._client.reply("696", self._channel.name, "l", word, text=f"A limit is 1 to {_HIGHEST_LIMIT}")

    def _next_word(self) -> str:
        return self._words.pop(0) if self._words else ""

    def _announce(self) -> None:
        if not self._done:
            return
        letters, sign = "", ""
        for each_sign, letter, _ in self._done:
            letters += (each_sign if each_sign != sign else "") + letter
            sign = each_sign
        words = [word for _, _, word in self._done if word]
        Relay(self._client, "MODE", self._channel.name, letters, *words).to_all(self._channel.members)


def _settings(channel: Channel, reader: Client) -> list[str]:
    """The words of a 324; the key itself is for members."""
    letters, words = "".join(sorted(channel.modes)), []
    if channel.key:
        letters += "k"
        words.append(channel.key if reader in channel.members else "*")
    if channel.limit is not None:
        letters += "l"
        words.append(str(channel.limit))
    return [f"+{letters}", *words]


def _full_mask(word: str) -> str:
    """A ban as nick!user@host: what is missing becomes "*"."""
    if not word:
        return ""
    nick, bang, rest = word.partition("!")
    user, _, host = rest.partition("@")
    if not bang and "@" in nick:
        user, _, host = nick.partition("@")
        nick = ""
    return lines.cut_text(f"{nick or '*'}!{user or '*'}@{host or '*'}", lines.MASK_BYTES)


def _user_mode(world: World, client: Client, line: Line) -> None:
    if world.person(line.param(0)) is not client:
        known = world.person(line.param(0)) is not None
        code, text = ("502", "Can't change mode for other users") if known else ("401", "No such nick/channel")
        client.reply(code, *([] if known else [line.param(0)]), text=text)
        return
    if len(line.params) == 1:
        client.reply("221", "+" + "".join(sorted(client.modes)))
        return
    sign, done = "+", ""
    for letter in line.param(1):
        if letter in "+-":
            sign = letter
        elif letter not in USER_FLAGS:
            client.reply("501", letter, text="Unknown MODE flag")
        elif (letter in client.modes) != (sign == "+"):
            client.modes.symmetric_difference_update(letter)
            done += sign + letter
    if done:
        Relay(client, "MODE", client.nick, text=done).to(client)


VERBS = {"MODE": Verb(mode, 1)}
