"""Lines of IRC, pure: bytes become a Line and words become bytes; nothing here knows a socket or a person.
Sizes are bytes on the wire (RFC 1459 section 2.3, IRCv3 message-tags); names compare by CASEMAPPING=ascii.
What a client may not send (NUL, CR, bad tags) is dropped here once, so that no later code can relay it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

BODY_BYTES = 510  # RFC 1459 2.3: 512 with CR LF, tags not counted
CLIENT_TAG_BYTES = 4094  # IRCv3 message-tags: tag data a client may send, between "@" and the space
LABEL_BYTES = 64  # IRCv3 labeled-response: longest label
NICK_BYTES = 30
CHANNEL_BYTES = 50
TOPIC_BYTES = 300
KICK_BYTES = 300
AWAY_BYTES = 200
KEY_BYTES = 32
MASK_BYTES = 80
USER_BYTES = 10  # without the "~" that says nobody asked an ident server
HOST_BYTES = 64
REALNAME_BYTES = 128
ACCOUNT_BYTES = 64

_NICK = re.compile(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]*")
_CHANNEL = re.compile(r"#[^\x00-\x20,\x7f]*")
_TAG_KEY = re.compile(r"\+?(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")
_UPPER_TO_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_TAG_ESCAPES = {";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n"}


class InputTooLong(Exception):
    """A client's line or its tags exceed the limit; answered with 417 (IRCv3 message-tags, "Size limit")."""


@dataclass(frozen=True, slots=True)
class Line:
    """One command of a client: its verb in capitals, its parameters, its tags (values as sent, still escaped)."""

    verb: str
    params: list[str]
    tags: dict[str, str] = field(default_factory=dict)

    def param(self, index: int, default: str = "") -> str:
        """The parameter at index (0 is the first), or default where the client gave fewer."""
        return self.params[index] if index < len(self.params) else default


class LineBuffer:
    """Cuts a stream of bytes into lines and never keeps more than one over-long line's worth of them."""

    _MOST_BYTES = CLIENT_TAG_BYTES + 2 + BODY_BYTES + 1  # "@", space, and a CR before the LF

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """Returns the complete lines in data without their ends; None stands for one that was too long."""
        *ended, rest = (self._rest + data).split(b"\n")
        lines: list[bytes | None] = []
        for raw in ended:
            lines.append(None if self._skipping or len(raw) > self._MOST_BYTES else raw.translate(None, b"\r\0"))
            self._skipping = False
        if len(rest) > self._MOST_BYTES:
            self._skipping, rest = True, b""
        self._rest = rest
        return lines


def parse(raw: bytes) -> Line | None:
    """Reads one line without its end (RFC 1459 2.3.1, IRCv3 message-tags); None for a blank one.

    Bytes that are not UTF-8 become U+FFFD. A source given by the client is ignored: the server knows who it is.
    Raises InputTooLong."""
    tags: dict[str, str] = {}
    if raw.startswith(b"@"):
        head, _, raw = raw.partition(b" ")
        if len(head) - 1 > CLIENT_TAG_BYTES:
            raise InputTooLong
        # "ignore", because "replace" would make tags longer than the limit they were just measured by.
        tags = _read_tags(head[1:].decode("utf-8", "ignore"))
    if len(raw) > BODY_BYTES:
        raise InputTooLong
    text = raw.decode("utf-8", "replace").lstrip(" ")
    if text.startswith(":"):
        text = text.partition(" ")[2].lstrip(" ")
    head_text, colon, trailing = text.partition(" :")
    # Only U+0020 separates: str.split() without an argument would also split at a no-break space.
    words = [word for word in head_text.split(" ") if word]
    if not words:
        return None
    if colon:
        words.append(trailing)
    return Line(words[0].upper(), words[1:], tags)


def build(source: str, verb: str, *params: str, text: str | None = None) -> bytes:
    """One line with CR LF, at most 512 bytes, cut at a character's border; text becomes the last parameter."""
    words = [f":{source}", verb, *(_middle(param) for param in params)]
    if text is not None:
        words.append(f":{text}")
    return cut(" ".join(words).encode("utf-8", "replace"), BODY_BYTES) + b"\r\n"


def cut(data: bytes, limit_bytes: int) -> bytes:
    """The longest beginning of some UTF-8 text that has at most limit_bytes and ends between characters."""
    if len(data) <= limit_bytes:
        return data
    while limit_bytes > 0 and data[limit_bytes] & 0xC0 == 0x80:
        limit_bytes -= 1
    return data[:limit_bytes]


def cut_text(text: str, limit_bytes: int) -> str:
    """The longest beginning of text that has at most limit_bytes as UTF-8."""
    return cut(text.encode("utf-8", "replace"), limit_bytes).decode("utf-8")


def write_tags(tags: Mapping[str, str]) -> str:
    """Tags with escaped values as they stand between "@" and the space; an empty value is a bare key."""
    return ";".join(f"{key}={value}" if value else key for key, value in tags.items())


def escape(value: str) -> str:
    """A tag value as written on the wire (IRCv3 message-tags, "Escaping values")."""
    return "".join(_TAG_ESCAPES.get(character, character) for character in value)


def fold(name: str) -> str:
    """The form in which nicks, channels, accounts and masks are compared: CASEMAPPING=ascii, only A-Z are folded."""
    return name.translate(_UPPER_TO_LOWER)


def valid_nick(nick: str) -> bool:
    """Whether nick follows RFC 2812 section 2.3.1 and has at most NICK_BYTES."""
    return len(nick) <= NICK_BYTES and _NICK.fullmatch(nick) is not None


def valid_channel(name: str) -> bool:
    """Whether name is a channel's: "#", then anything but controls, spaces and commas, at most CHANNEL_BYTES."""
    return len(name.encode("utf-8", "replace")) <= CHANNEL_BYTES and _CHANNEL.fullmatch(name) is not None


def valid_account(name: str) -> bool:
    """Whether name can stand as an account in a numeric and in a tag ("*" and "0" mean none there)."""
    short = 0 < len(name.encode("utf-8", "replace")) <= ACCOUNT_BYTES
    return short and name.isprintable() and " " not in name and name not in ("*", "0") and name[0] != ":"


def matches(mask: str, name: str) -> bool:
    """Whether name fits mask, where "*" is any text and "?" one character (RFC 2812 section 2.5), case folded.

    Steps back to the last "*" only, so that the cost is bounded by the product of both lengths."""
    mask, name = fold(mask), fold(name)
    at = here = 0
    star, kept = -1, 0
    while here < len(name):
        if at < len(mask) and mask[at] == "*":
            star, kept = at, here
            at += 1
        elif at < len(mask) and mask[at] in ("?", name[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            kept += 1
            at, here = star + 1, kept
        else:
            return False
    return not mask[at:].strip("*")


def pack(words: Iterable[str], room_bytes: int) -> Iterator[str]:
    """Joins words by spaces into texts of at most room_bytes each; a longer word stands alone."""
    line = ""
    for word in words:
        if line and len(line.encode()) + 1 + len(word.encode()) > room_bytes:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield line


def _read_tags(text: str) -> dict[str, str]:
    pairs = (item.partition("=") for item in text.split(";"))
    return {key: value for key, _, value in pairs if _TAG_KEY.fullmatch(key)}


def _middle(param: str) -> str:
    # Only an echo of a client's own mistake can look like this ("PRIVMSG :a b"); it must not shift what follows.
    if param and param[0] != ":" and " " not in param:
        return param
    return param.lstrip(":").partition(" ")[0] or "*"
