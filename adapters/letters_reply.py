"""What a person wrote themselves in a reply: the words that are left without quotes, signatures and footers.

One pass sorts lines into quoted and own (letters_quotes.py), a second cuts what hangs below each piece of own words
(letters_tails.py). Where both readings of a line are possible, it counts as quoted when it could make us act.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapters.letters_quotes import (
    attributions,
    bare_heading,
    headers,
    kind,
    lightly_quoted,
    names_writer,
    next_is_quoted,
    plain,
    unquoted,
)
from adapters.letters_tails import without_tail
from relaybot.model import Block

CHARACTERS = 64 * 1024  # of a text that are read; the rest is cut
LINES = 2000  # the same for lines

# What str.splitlines would break a line at although no mail program does: as spaces they cannot free a quoted word.
_BREAKS = str.maketrans(dict.fromkeys("\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail's own words, whole and in pieces."""

    words: str  # "" when the mail only quotes or forwards
    blocks: tuple[Block, ...]  # the same words; joined by blank lines they are `words`


def own_words(text: str) -> Reply:
    """What the sender wrote, of a mail's decoded plain text. Never raises; reads 64 Ki characters and 2,000 lines at most."""
    text = text[:CHARACTERS].replace("\r\n", "\n").replace("\r", "\n").translate(_BREAKS)
    raw = [line.rstrip() if line != "-- " else line for line in text.split("\n", LINES)[:LINES]]
    pieces, alone = _pieces(raw)
    blocks = []
    for number, (quoted, own) in enumerate(pieces):
        words = "\n".join(_without_blank_ends(without_tail(own, first=number == 0, alone=alone)))
        if words:
            blocks.append(Block("\n".join(_without_blank_ends(quoted)), words))
    return Reply("\n\n".join(block.words for block in blocks), tuple(blocks))


class _Text:
    """A mail's lines, with what each is."""

    def __init__(self, raw: list[str]) -> None:
        self.raw = raw
        self.simple = [plain(line) for line in raw]
        self.quotes = _quotes(raw, self.simple)  # without their marks; None for what bears none
        self.marked = [quote is not None for quote in self.quotes]
        self.spoken = attributions(self.simple, self.marked)
        self.kinds = [kind(line) for line in self.simple]

    def heading(self, index: int) -> tuple[int, bool]:
        """Where the lines end that announce somebody else's words from `index` on (`index`: there are none), and whether surely."""
        told = self.spoken.get(index)
        if not self.simple[index]:
            return index, False
        line = self.raw[index]
        if bare_heading(line) and (line.endswith(":") or not any(self.simple[index + 1 : index + 2])):
            return index + 1, told is not None or any(self.simple[:index])
        if told:
            return told.last + 1, told.certain
        return index + headers(self.simple, self.kinds, index), True


def _pieces(raw: list[str]) -> tuple[list[tuple[list[str], list[str]]], bool]:
    """The quoted lines and the own lines under them, in turn; and whether nothing at all was quoted."""
    text = _Text(raw)
    pieces: list[tuple[list[str], list[str]]] = [([], [])]
    index, alone = 0, True
    while index < len(raw):
        quote = text.quotes[index]
        if quote is not None:
            alone = False
            if (
                raw[index].startswith(">>> ")
                and names_writer(raw[index])
                and not next_is_quoted(text.simple, text.marked, index + 1)
            ):
                return pieces, False
            if any(line.strip() for line in pieces[-1][1]):
                pieces.append(([], []))
            pieces[-1][0].append(quote)
            index += 1
            continue
        after, certain = text.heading(index)
        if after > index:
            if next_is_quoted(text.simple, text.marked, after):
                index, alone = after, False
                continue
            if certain:
                return pieces, False  # the rest is somebody else's mail, without marks
        quoted, own = pieces[-1]
        (quoted if quoted and not own and not text.simple[index] else own).append(raw[index])
        index += 1
    return pieces, alone


def _quotes(raw: list[str], simple: list[str]) -> list[str | None]:
    """Each line without its quote marks, None for lines without any; light marks count two in a row or under an attribution."""
    stripped = [unquoted(line) for line in raw]
    light = [None if stripped[index] is not None else lightly_quoted(line) for index, line in enumerate(raw)]
    said = ""
    for index, quote in enumerate(light):
        if quote is not None:
            near = light[index - 1] if index else None
            follows = light[index + 1] if index + 1 < len(light) else None
            if near is not None or follows is not None or said.endswith((":", "：")):
                stripped[index] = quote
        if simple[index]:
            said = simple[index]
    return stripped


def _without_blank_ends(lines: list[str]) -> list[str]:
    first, last = 0, len(lines)
    while first < last and not lines[first].strip():
        first += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    return [line.rstrip() for line in lines[first:last]]
