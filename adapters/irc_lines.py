"""IRC lines as pure functions: parse and build, clean and split, fold and match. No I/O, no state.

Sources: RFC 1459/2812, IRCv3 message-tags, modern.ircdocs.horse. Nothing here raises on what a stranger
wrote; what we are about to write ourselves is checked (ValueError), since one stray CR is a second command.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from adapters.graphemes import BLACK_FLAG, JOINERS, is_border, is_tag, is_visible_format

MAX_LINE_BYTES = 512  # RFC 1459 2.3, with CR LF and with the prefix that the server puts before ours
CHANNEL_TYPES = "#&"
_NO_TAGS: Mapping[str, str] = {}

# ------------------------------------------------------------------------------------------- parse, build


class Line(NamedTuple):
    """One line of the protocol. `source` is "nick!user@host" or a server's name, "" when absent."""

    tags: Mapping[str, str]
    source: str
    command: str  # upper case; "" for a blank line
    params: list[str]

    def param(self, index: int) -> str:
        """The parameter at `index`, "" when the server left it out."""
        return self.params[index] if -len(self.params) <= index < len(self.params) else ""


def parse(text: str) -> Line:
    """Read one line (without CR LF). Never raises; only U+0020 separates, as RFC 1459 2.3.1 says."""
    tags = _NO_TAGS
    source = ""
    if text[:1] == "@":
        head, _, text = text.partition(" ")
        tags = _parse_tags(head[1:])
        text = text.lstrip(" ")
    if text[:1] == ":":
        source, _, text = text[1:].partition(" ")
        text = text.lstrip(" ")
    head, colon, last = text.partition(" :")
    params = head.split(" ")
    if "" in params:
        params = [param for param in params if param]
    if colon:
        params.append(last)
    command = params.pop(0).upper() if params else ""
    return Line(tags, source, command, params)


_ESCAPES = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)


def _parse_tags(text: str) -> dict[str, str]:
    tags = {}
    for item in text.split(";"):
        key, _, value = item.partition("=")
        if "\\" in value:
            value = _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), value)
        if key:
            tags[key] = value
    return tags


_UNSAFE = re.compile("[\r\n\0]")
_TAG_ESCAPES = str.maketrans({";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n"})


def build(command: str, *params: str, source: str = "", tags: Mapping[str, str] | None = None) -> str:
    """Write one line (without CR LF).

    Raises ValueError for CR, LF or NUL anywhere, and for a parameter that would be read as two (only the last
    one may be empty, begin with a colon or contain spaces).
    """
    words = []
    if tags:
        words.append("@" + ";".join(f"{k}={v.translate(_TAG_ESCAPES)}" if v else k for k, v in tags.items()))
    if source:
        words.append(":" + source)
    words.append(command)
    for position, param in enumerate(params, 1):
        long = not param or param[0] == ":" or " " in param
        if long and position < len(params):
            raise ValueError("only the last parameter may be empty, begin with ':' or contain spaces")
        words.append(":" + param if long else param)
    line = " ".join(words)
    if _UNSAFE.search(line):
        raise ValueError("CR, LF and NUL never belong into a line")
    return line


def split_source(source: str) -> tuple[str, str, str]:
    """(nick, user, host) of "nick!user@host"; user and host are "" when they are not there."""
    nick, _, rest = source.partition("!")
    user, _, host = rest.partition("@")
    return nick, user, host


# ------------------------------------------------------------------------------------------ names, masks

_FOLDS = {
    # RFC 1459 2.2: {}|^ are the lower case of []\~
    "rfc1459": str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ[]\\~", "abcdefghijklmnopqrstuvwxyz{}|^"),
    "rfc1459-strict": str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ[]\\", "abcdefghijklmnopqrstuvwxyz{}|"),
    "ascii": str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"),
}


@functools.lru_cache(maxsize=8192)  # every line names the same few people several times
def fold(name: str, casemapping: str = "rfc1459") -> str:
    """A nick, account or channel as the server compares it (ISUPPORT CASEMAPPING; unknown ones: Unicode)."""
    table = _FOLDS.get(casemapping)
    return name.translate(table) if table else name.casefold()


_NICK = re.compile(r"[^\x00-\x20\x7f-\xa0,:@!*?#&~+%$0-9-][^\x00-\x20\x7f-\xa0,:@!*?]{0,63}")
_CHANNEL = re.compile(r"[#&][^\x00-\x20\x7f-\xa0,:]{1,63}")


def is_nick(text: str) -> bool:
    """Whether this can be written to as one person: no second target, no mask, no space (RFC 2812 2.3.1)."""
    return _NICK.fullmatch(text) is not None


def is_account(text: str) -> bool:
    """Whether this may be a services account; stricter servers allow less. "0" and "*" mean "none" to WHOX."""
    return re.fullmatch(r"[^\x00-\x20\x7f-\xa0,:@!*?#&~/]{1,64}", text) is not None and text != "0"


def is_channel(text: str) -> bool:
    """Whether this can be joined and written to as one channel (RFC 2812 1.3, and no odd spaces)."""
    return _CHANNEL.fullmatch(text) is not None


_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def is_hostname(text: str) -> bool:
    """Whether this is a host name with a domain (RFC 1123 2.1); that dot tells servers from nicks."""
    labels = text.split(".")
    return len(text) <= 253 and len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)


@functools.lru_cache(maxsize=256)
def _mask(mask: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in re.sub(r"\*+", "*", mask))
    return re.compile("".join(parts), re.DOTALL)


def mask_matches(mask: str, source: str) -> bool:
    """Whether "nick!user@host" matches a mask with * and ?; compare folded texts."""
    return _mask(mask).fullmatch(source) is not None


# ------------------------------------------------------------------------------------------ clean, split

# Colours carry digits that must go with them (modern.ircdocs.horse/formatting).
_COLOURS = re.compile(r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?")


def clean(text: str) -> str:
    """The words without what moves a terminal, a reader or a protocol.

    Out: mIRC formatting, C0/C1 controls (so CR, LF, NUL, CTCP's ^A and its ^P quoting), bidi controls, zero
    width and other invisible formats. Tabs and odd spaces become spaces. ZWJ, ZWNJ, the signs of scripts and
    the tags of a flag stay.
    """
    if text.isprintable():  # true for nearly everything; it excludes Cc, Cf, Zl, Zp, and spaces but U+0020
        return text
    kept = []
    in_flag = False
    for char in _COLOURS.sub("", text):
        in_flag = char == BLACK_FLAG or (in_flag and is_tag(char))
        if char.isprintable() or char in JOINERS:
            kept.append(char)
        elif char == "\t" or char.isspace():
            # isspace() is true for U+001C..001F and the separators; a control between words parts them too
            kept.append(" " if unicodedata.category(char) != "Cc" or char == "\t" else "")
        elif (in_flag and is_tag(char)) or is_visible_format(char) or unicodedata.category(char) in ("Co", "Cn"):
            kept.append(char)
    return "".join(kept)


def split(text: str, room: int) -> list[str]:
    """Pieces of at most `room` (>= 4) UTF-8 bytes, cut between words where that does not waste half a line.

    A grapheme stays whole unless it alone is longer than a line. Cutting at a space drops that space; nothing
    else is lost.
    """
    pieces = []
    while len(text.encode("utf-8", "replace")) > room:
        most = len(text.encode("utf-8", "replace")[:room].decode("utf-8", "ignore"))
        space = text.rfind(" ", most // 2, most + 1)
        if space > 0:
            pieces.append(text[:space])
            text = text[space + 1 :]
            continue
        cut = most
        while cut and not is_border(text, cut):
            cut -= 1
        cut = cut or most
        pieces.append(text[:cut])
        text = text[cut:]
    if text.strip(" ") or not pieces:
        pieces.append(text)
    return pieces


_BREAKS = re.compile("\r\n|[\r\n\u2028\u2029]")


def lines_of(texts: Iterable[str]) -> list[str]:
    """What a letter says, as clean non-empty lines: a line break inside a text is a line break, never a command."""
    parts = (part for text in texts for part in ([text] if text.isprintable() else _BREAKS.split(text)))
    return [line for part in parts if (line := clean(part).rstrip(" "))]
