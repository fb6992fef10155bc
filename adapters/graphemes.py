"""Where chat may be cut, and what unseen signs belong in it: Unicode's rules as far as chat needs them, for IRC and Matrix alike.

Sources: UAX 29 (grapheme clusters), UTS 51 (emoji: joiners, skin tones, the tags and letters of flags).
"""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ: words in many scripts and emoji need them
BLACK_FLAG = "\U0001f3f4"  # tags after it say whose flag it is


def is_border(text: str, at: int) -> bool:
    """Whether a grapheme may end before `text[at]`; `at` is no end of the text."""
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        return True
    if after in JOINERS or before == "\u200d" or is_tag(after) or "\U0001f3fb" <= after <= "\U0001f3ff":
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


def is_tag(char: str) -> bool:
    """Whether it is one of the unseen characters that spell out a flag."""
    return "\U000e0020" <= char <= "\U000e007f"


def is_visible_format(char: str) -> bool:
    """Whether it is a visible sign though Unicode calls it a format (Cf): Arabic and Syriac number and verse marks, Kaithi."""
    return "\u0600" <= char <= "\u0605" or char in "\u06dd\u070f\u08e2\u0890\u0891\U000110bd\U000110cd"


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
