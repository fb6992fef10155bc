"""Text on Matrix as pure functions: words without what hides or turns around, cut into pieces, ringing nobody by accident.

What cannot be seen and could change how the rest is read gets neither in nor out; emoji and the signs of scripts stay whole.
"""

from __future__ import annotations

import re
import unicodedata

from adapters.graphemes import BLACK_FLAG, JOINERS, is_border, is_tag, is_visible_format

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_ROOM = re.compile(r"@(?=room(?![A-Za-z0-9_]))", re.IGNORECASE)


def clean(text: str) -> str:
    """The words, with "\\n" for every line break and a space for every tab and odd space.

    Out: C0 and C1 controls, bidi controls and other invisible formats (Cf), lone surrogates. ZWJ and ZWNJ stay after
    a character of a script that needs them, or after an emoji; the tags of a flag and the visible signs among Cf stay.
    """
    if text.isprintable():  # true for nearly every line; it excludes Cc, Cf, Cs, Zl, Zp, and spaces but U+0020
        return text
    kept: list[str] = []
    in_flag = False
    for char in _BREAKS.sub("\n", text):
        in_flag = char == BLACK_FLAG or (in_flag and is_tag(char))
        if char in JOINERS:
            if kept and kept[-1] >= "\u0300" and kept[-1] not in JOINERS:
                kept.append(char)
        elif char.isprintable() or char == "\n" or (in_flag and is_tag(char)) or is_visible_format(char):
            kept.append(char)
        elif char == "\t" or unicodedata.category(char) == "Zs":
            kept.append(" ")
        elif unicodedata.category(char) in ("Co", "Cn"):  # newer than our tables, or somebody's own signs
            kept.append(char)
    return "".join(kept)


def line(text: str, limit: int) -> str:
    """One line of at most `limit` characters, for names."""
    return " ".join(clean(text[: 4 * limit]).split())[:limit].strip()


def head(text: str, room: int) -> str:
    """What fits into `room` bytes of UTF-8, never half a character."""
    return text.encode("utf-8", "replace")[:room].decode("utf-8", "ignore") if size(text) > room else text


def size(text: str) -> int:
    """Bytes of UTF-8."""
    return len(text.encode("utf-8", "replace"))


def hushed(text: str) -> str:
    """The same to the eye, but no client takes an "@room" in it for a call to everybody in the room."""
    return _ROOM.sub("@\u200b", text)


def split(text: str, room: int) -> list[str]:
    """Pieces of at most `room` (>= 4) bytes of UTF-8, cut between lines, else words, else graphemes.

    A line or word is kept whole where that does not waste half a piece, a grapheme unless it alone is longer than one.
    The line break or space that is cut at is dropped; nothing else is lost.
    """
    pieces = []
    while size(text) > room:
        most = len(head(text, room))
        at = max(text.rfind("\n", most // 2, most + 1), 0) or max(text.rfind(" ", most // 2, most + 1), 0)
        if at:
            pieces.append(text[:at])
            text = text[at + 1 :]
            continue
        cut = most
        while cut and not is_border(text, cut):
            cut -= 1
        cut = cut or most
        pieces.append(text[:cut])
        text = text[cut:]
    pieces.append(text)
    return [piece for piece in pieces if piece.strip()]
