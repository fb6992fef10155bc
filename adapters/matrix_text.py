"""Text on Matrix as pure functions: words without what hides or turns around, cut into pieces, ringing nobody by accident.

What cannot be seen and could change how the rest is read gets neither in nor out; emoji and the signs of scripts stay whole.
"""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ: words in many scripts and emoji need them
_BLACK_FLAG = "\U0001f3f4"
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
        in_flag = char == _BLACK_FLAG or (in_flag and _is_tag(char))
        if char in _JOINERS:
            if kept and kept[-1] >= "\u0300" and kept[-1] not in _JOINERS:
                kept.append(char)
        elif char.isprintable() or char == "\n" or (in_flag and _is_tag(char)) or _is_visible_format(char):
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
        while cut and not _is_border(text, cut):
            cut -= 1
        cut = cut or most
        pieces.append(text[:cut])
        text = text[cut:]
    pieces.append(text)
    return [piece for piece in pieces if piece.strip()]


def _is_tag(char: str) -> bool:
    return "\U000e0020" <= char <= "\U000e007f"


def _is_visible_format(char: str) -> bool:
    """Cf characters that are visible signs: Arabic and Syriac number and verse marks, Kaithi, and the like."""
    return "\u0600" <= char <= "\u0605" or char in "\u06dd\u070f\u08e2\u0890\u0891\U000110bd\U000110cd"


def _is_border(text: str, at: int) -> bool:
    """Whether a grapheme may end before `text[at]` (the rules of UAX 29 that chat needs)."""
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        return True
    if after in _JOINERS or before == "\u200d" or _is_tag(after) or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    if unicodedata.category(after) in ("Mn", "Me", "Mc"):  # accents, vowel signs, variation selectors
        return False
    if "\u1160" <= after <= "\u11ff":  # Hangul vowels and finals belong to the syllable before them
        return False
    if _is_regional(before) and _is_regional(after):  # two letters make a flag: never between the two of a pair
        run = 0
        while run < at and _is_regional(text[at - 1 - run]):
            run += 1
        return run % 2 == 0
    return True


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
