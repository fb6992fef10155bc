"""Text for mails, pure: paragraphs wrapped by the width they are shown with, and words for headers (RFC 5322, RFC 2047).

What cannot be seen and could change how the rest is read (controls, direction overrides) gets into neither.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator, Sequence

COLUMNS = 76
DERIVED_SUBJECT_CHARS = 70
GREETING_CHARS = 60
SCHEME_CHARS = 20  # of "https" and its like
ENCODED_WORD = 75  # RFC 2047 2: octets of one encoded word

# ---------------------------------------------------------------------------------------------- harmless

_BREAKS = re.compile("\r\n|[\r\u2028\u2029\x85\x0b\x0c]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(text: str) -> str:
    """Text with "\\n" for every line break, spaces for tabs, and nothing that hides or turns around what follows."""
    return _UNSEEN.sub("", _BREAKS.sub("\n", text)).replace("\t", " ")


def line(text: str, limit: int) -> str:
    """One line of at most `limit` characters, cut at a word if there is one near."""
    flat = clean(text).replace("\n", " ").strip()
    if len(flat) <= limit:
        return flat
    head = flat[: limit + 1].rpartition(" ")[0].rstrip()
    return head if len(head) > limit // 2 else flat[:limit].rstrip()


def printable(text: str, *, spaces: bool = False) -> bool:
    """Whether text is ASCII that is seen, so that it can stand in a header as it is."""
    return text.isascii() and text.isprintable() and (spaces or " " not in text)


# ------------------------------------------------------------------------------------------------- a body


def body(elements: Sequence[str]) -> str:
    """The text of a mail: a blank line between paragraphs, rows of a table (two spaces first) one below the other."""
    lines: list[str] = []
    after_row = False
    for element in elements:
        cleaned = clean(element).rstrip()
        if not cleaned:
            continue
        row = cleaned.startswith("  ")
        if lines and not (row and after_row):
            lines.append("")
        for part in cleaned.split("\n"):
            lines.extend([part.rstrip()] if part.startswith("  ") else wrapped(part))
        after_row = row
    return "\n".join(lines) + "\n"


def wrapped(paragraph: str, columns: int = COLUMNS) -> list[str]:
    """A paragraph in lines of at most `columns`, broken at spaces and between CJK characters; spaces inside stay.

    A longer word, and every address of a web page, is kept whole on a line of its own.
    """
    paragraph = paragraph.strip()
    if paragraph.isascii():
        return list(_wrapped_ascii(paragraph, columns))
    lines: list[str] = []
    current, used = "", 0
    for gap, piece in _pieces(paragraph):
        size = width(piece)
        if current and used + len(gap) + size > columns:
            lines.append(current)
            current, used = piece, size
        else:
            current, used = current + gap + piece, used + len(gap) + size
    return [*lines, current]


def _wrapped_ascii(text: str, columns: int) -> Iterator[str]:
    """The same where every character is one column wide and only spaces divide: most letters, so it is quick."""
    while len(text) > columns:
        at = text.rfind(" ", 0, columns + 1)
        if at < 0:  # the first word is longer than a line
            at = text.find(" ", columns + 1)
        if at < 0:
            break
        yield text[:at].rstrip(" ")
        text = text[at:].lstrip(" ")
    yield text


def width(text: str) -> int:
    """How many columns a text takes where every character is one or two wide (Unicode TR 11)."""
    if text.isascii():
        return len(text)
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _pieces(paragraph: str) -> Iterator[tuple[str, str]]:
    """What may not be broken, each with the spaces before it."""
    gap = ""
    for token in re.split("( +)", paragraph):
        if token.startswith(" "):
            gap = token
            continue
        for piece in _unbroken(token):
            yield gap, piece
            gap = ""


# Scripts that are written without spaces: ideographs, kana and their punctuation and full-width forms. Hangul has spaces.
_LOOSE = "[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff]"
_NOT_FIRST = "、。〉》」』】〕〗〙〛！），．：；？］｝ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ・…"
_NOT_LAST = "〈《「『【〔〖〘〚（［｛"
_BREAK = re.compile(f"(?<![{_NOT_LAST}])(?=[^{_NOT_FIRST}])(?:(?<={_LOOSE})|(?={_LOOSE}))")


def _unbroken(token: str) -> list[str]:
    """A word without spaces, in the pieces between which a line may end."""
    if token.isascii():
        return [token]
    before, mark, _ = token.partition("://")
    if not mark:
        return _split(token)
    scheme = re.search(r"[A-Za-z][A-Za-z0-9+.-]*$", before[-SCHEME_CHARS:])
    start = len(before) - len(scheme[0]) if scheme else 0
    return [*(_split(token[:start]) if start else []), token[start:]]


def _split(token: str) -> list[str]:
    pieces = [piece for piece in _BREAK.split(token) if piece]
    glued: list[str] = []
    for piece in pieces:
        # A mark that belongs to the character before it is never the first of a line.
        if glued and unicodedata.category(piece[0]) in {"Mn", "Me", "Mc", "Cf", "Sk", "Pe", "Pf", "Po"}:
            glued[-1] += piece
        else:
            glued.append(piece)
    return glued


# ----------------------------------------------------------------------------------------------- headers

_SENTENCE = re.compile(r"(.+?[.!?\u2026](?=[\s\"')\u201d\u2019]|$)|.+?[\u3002\uff01\uff1f])", re.DOTALL)


# "Dear Chidi," in any language that puts a comma there, and English ones that end otherwise.
_GREETING = re.compile(
    r"[,\uff0c\u060c\u3001]$|^(?:hello|hi|dear|good (?:morning|day|afternoon|evening))\b[^.!?]*[.!]?$", re.I
)


def first_sentence(elements: Sequence[str]) -> str:
    """The first sentence that is neither a greeting nor a row of a table, for a subject; "" when there is none."""
    for element in elements:
        text = clean(element)
        if text.startswith("  "):
            continue
        flat = " ".join(text.split())
        if not flat or (len(flat) <= GREETING_CHARS and _GREETING.search(flat)):
            continue
        found = _SENTENCE.match(flat[:1000])
        sentence = found[0] if found else flat
        short = line(sentence, DERIVED_SUBJECT_CHARS).rstrip(".:,; ")
        if short:
            return short[0].upper() + short[1:]
    return ""


def encoded(text: str, header: str) -> str:
    """Unstructured text for a header (RFC 5322 3.2.5), as encoded words (RFC 2047) unless it is plain ASCII."""
    if printable(text, spaces=True) and "=?" not in text and not _long_word(text):
        return text
    return " ".join(_encoded_words(text, len(header) + 2))


_ATOM = re.compile(r"(?!=\?)[A-Za-z0-9!#$%&'*+/=^_`{|}~-]{1,60}")  # what a name may have unquoted, without its "?"


def phrase(name: str, rest: str, header: str) -> str:
    """A name before something in angle brackets (RFC 5322 3.2.5): quoted, or the words that need it as encoded words.

    Only those: some readers put a space between two encoded words of a name, so there should be few.
    """
    if printable(name, spaces=True) and "=?" not in name and not _long_word(name):
        shown = re.sub(r'(["\\])', r"\\\1", name)
        return f'"{shown}" {rest}'
    words = name.split(" ")
    needed = [number for number, word in enumerate(words) if not _ATOM.fullmatch(word)]
    first, after = needed[0], needed[-1] + 1
    middle = _encoded_words(" ".join(words[first:after]), len(header) + 2)
    return " ".join([*words[:first], *middle, *words[after:], rest])


def _long_word(text: str) -> bool:
    """Whether a line could become too long because there is no space to fold at."""
    return any(len(word) > ENCODED_WORD - 15 for word in text.split(" "))


def _encoded_words(text: str, used: int) -> list[str]:
    """Text as encoded words in UTF-8, whole characters in each; the first one leaves room for the header's name."""
    words: list[str] = []
    rest = list(text)
    while rest:
        room = ENCODED_WORD - (used if not words else 0)
        count = _fitting(rest, room)
        words.append(_encoded_word("".join(rest[:count])))
        del rest[:count]
    return words


def _fitting(chars: list[str], room: int) -> int:
    """How many of the characters fit an encoded word of `room` octets; at least one."""
    count = 1
    while count < len(chars) and len(_encoded_word("".join(chars[: count + 1]))) <= room:
        count += 1
    # A combining mark stays with its letter where that is possible.
    end = count
    while end > 1 and end < len(chars) and unicodedata.combining(chars[end]):
        end -= 1
    return end if not (end < len(chars) and unicodedata.combining(chars[end])) else count


def _encoded_word(text: str) -> str:
    octets = text.encode()
    # RFC 2047 5 (3): in a phrase only these stand for themselves; the same is right everywhere.
    quoted = "".join(chr(o) if chr(o).isalnum() and o < 128 else "_" if o == 32 else f"={o:02X}" for o in octets)
    based = b64encode(octets).decode()
    return f"=?utf-8?q?{quoted}?=" if len(quoted) <= len(based) else f"=?utf-8?b?{based}?="


def folded(header: str, columns: int) -> str:
    """A header's lines with their CRLF, broken before spaces (RFC 5322 2.2.3); `columns` 0: not broken at all."""
    lines: list[str] = []
    current = ""
    for piece in re.split("(?<=[^ ])(?= )", header):
        full = len(current) + len(piece) > columns
        if columns and full and piece.strip() and current and not current.endswith(":"):
            lines.append(current)
            current = piece
        else:
            current += piece
    return "\r\n".join([*lines, current]) + "\r\n"
