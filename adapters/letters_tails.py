"""What hangs below a person's words: signatures, "Sent from my phone", lists' footers, disclaimers, scanners' notes.

A cut is made only where a known mark stands; what merely looks like contact data is kept, it may be an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from adapters import letters_marks as marks
from adapters.letters_quotes import DASHES, plain

_LINK = re.compile(
    r"https?://|www\.|[^\s@]@[^\s@]|\b[a-z0-9-]{2,40}\.(?:com|org|net|io|de|fr|co|eu|uk|es|it|nl|pl|ru|br|cn|jp)\b"
)
_DIGITS = re.compile(r"\d")
_PHONE_WORDS = ("tel", "phone", "mobile", "mobil", "fax", "cell", "móvil", "tél", "handy", "telefon", "office", "direct", "t:", "m:", "p:", "f:", "тел", "電話", "电话", "手机")  # fmt: skip
_TITLES = frozenset(
    (
        "ceo cto cfo coo manager director engineer developer founder president consultant analyst officer professor prof dr lecturer "
        "department university gmbh inc ltd llc ag geschäftsführer geschäftsführerin leiter leiterin directeur directrice responsable "
        "gerente director directora direttore head assistant specialist architect institute team"
    ).split()
)
_WORDS = re.compile(r"\w+")
_URLS = re.compile(r"[<(\[]*(?:https?://|www\.|mailto:)\S*")
_SIGNATURE_LINES = 15
_OF_A_SENTENCE = (
    "the ",
    "our ",
    "here",
    "there",
    "this ",
    "that ",
    "a ",
    "an ",
    "him",
    "her",
    "us",
    "me",
    "you",
    "them",
    "both ",
)
_BLANKS = "\u1427\u00b7\u2060 \t"


def without_tail(lines: Sequence[str], *, first: bool, alone: bool) -> list[str]:
    """The lines without what hangs below them. `first`: it is the mail's first piece; `alone`: the mail quotes nothing."""
    kept = _without_banner(list(lines)) if first else list(lines)
    simple = [plain(line) for line in kept]
    begin = _first_said(simple) if alone else 0  # a phone's line above all words hangs below nothing
    result = kept[begin : begin + _cut(kept[begin:], simple[begin:], first)]
    while result and _is_rest(result[-1]):
        result.pop()
    return result


def _first_said(simple: list[str]) -> int:
    """The index of the first line that is neither blank nor a phone's."""
    return next((index for index, line in enumerate(simple) if line and not sent_from(line)), len(simple))


def _is_rest(line: str) -> bool:
    """Nothing, or only a line drawn with dashes and the like."""
    text = plain(line).strip(_BLANKS)
    if not text:
        return True
    return not text.strip(DASHES) and (len(text) >= 3 or text[0] in "-–—_")


def _without_banner(lines: list[str]) -> list[str]:
    """A gateway's warning on top of the mail goes, up to the next blank line."""
    start = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    if start == len(lines) or not marks.BANNERS.of(plain(lines[start])):
        return lines
    end = next((index for index in range(start, len(lines)) if not lines[index].strip()), len(lines))
    return lines[end:]


def _cut(lines: list[str], simple: list[str], first: bool) -> int:
    """The index of the first line that is not the person's any more."""
    spoken = False
    last = max((index for index, line in enumerate(simple) if line), default=0)
    for index, line in enumerate(simple):
        if not line:
            continue
        if (
            _signature_mark(lines[index], simple, index)
            or sent_from(line)
            or ((spoken or not first) and (marks.FOOTERS.of(line) or _disclaimer(simple, index)))
            or (spoken and last - index <= 2 * _SIGNATURE_LINES and _contact_block(line, simple[index + 1 : last + 1]))
        ):
            return index
        spoken = True
    return len(lines)


# ------------------------------------------------------------------------------- signatures


def _signature_mark(raw: str, simple: list[str], index: int) -> bool:
    """Is this line the mark above a signature, or a line drawn above a footer?"""
    text = plain(raw) or raw.strip()  # `plain` leaves nothing of a line of asterisks
    if text.strip(DASHES) or not text:
        return False
    rest = [line for line in simple[index + 1 : index + 2 + _SIGNATURE_LINES * 2] if line]
    if text in {"--", "__", "—", "––", "—-", "-—", "- -"} or (text == "---" and not rest):
        return raw == "-- " or len(rest) <= _SIGNATURE_LINES
    if len(text) < 3 and text[0] not in "—–":
        return False
    if rest and (marks.FOOTERS.of(rest[0]) or any("mailing list" in line for line in rest[:2])):
        return True
    apart = index == 0 or not simple[index - 1] or not text.strip("_")
    return apart and _is_signature(rest, drawn=not text.strip("-–—_─━"))


def _is_signature(rest: list[str], *, drawn: bool) -> bool:
    """Few short lines, with a link, an address or a number to call; or a name and a title under a drawn line."""
    if not 0 < len(rest) <= 12:
        return False
    if any(_says(line) for line in rest):
        return False
    if any(_contact(line) for line in rest):
        return True
    return (
        drawn
        and len(rest) <= 3
        and all(len(line.split()) <= 4 and not line[:1].isdigit() and line[-1] not in ".!?:," for line in rest)
    )


def _contact(line: str) -> bool:
    """Does a line show a way to reach somebody?"""
    if _LINK.search(line):
        return True
    numbers = len(_DIGITS.findall(line))
    return numbers >= 7 and (numbers * 2 >= len(line.replace(" ", "")) or any(word in line for word in _PHONE_WORDS))


def _contact_block(line: str, rest: list[str]) -> bool:
    """ "Best regards," and under it a name with titles, numbers, links, up to the end: nothing that says something."""
    if line.rstrip(",.!;:，。 -–—") not in marks.SIGN_OFFS:
        return False
    below = [one for one in rest if one]
    if not 2 <= len(below) <= 12 or len(below[0].split()) > 5 or any(_says(one) for one in below):
        return False
    ways = sum(_contact(one) for one in below[1:])
    titles = sum(not _TITLES.isdisjoint(_WORDS.findall(one)) for one in below[1:])
    return ways + titles >= 2 or (ways + titles == 1 and (len(below) >= 3 or titles == 1 or not _LINK.search(below[1])))


def _says(line: str) -> bool:
    """Is a line more than a part of a signature: a sentence, a heading, a postscript?"""
    bare = _URLS.sub("", line).strip()
    words = len(bare.split())
    return (
        len(bare) > 75
        or words > 9
        or (words > 4 and bare[-1:] in {".", "!", "?"})
        or bare[-1:] in {":", "?"}
        or bare.startswith(("ps", "p.s"))
    )


# ------------------------------------------------------------------------------- footers


def sent_from(line: str) -> bool:
    """ "Sent from my iPhone" and its like, as `plain` makes the line. Not "Sent from my desk, it is easier there"."""
    text = _URLS.sub(" ", line).strip(" <>()[]{}-–—.!~_|•")
    if not text or len(text) > 120:
        return False
    if start := marks.SENT_MINE.of(text):
        return _only_a_device(text[len(start) :], complete=True)
    if start := marks.SENT_BY.of(text):
        rest = text[len(start) :]
        program = (
            start in {"sent from ", "sent via "} and len(rest.split()) <= 2 and not rest.startswith(_OF_A_SENTENCE)
        )
        return _only_a_device(rest, complete=program)
    if text.endswith(marks.SENT_ENDS) and len(text.split()) <= 14:
        return _names_device(text)
    return False


def _only_a_device(rest: str, *, complete: bool) -> bool:
    for mark in (", ", ". ", "; ", ": ", " - ", " – ", " — "):
        head, found, tail = rest.partition(mark)
        tail = tail.lstrip(" -–—(")
        if found and not tail.startswith(marks.EXCUSES) and not (len(tail.split()) <= 4 and _names_device(tail)):
            return False
        rest = head
    words = rest.split()
    if (
        len(words) > 9
        or rest.endswith("?")
        or {"is", "was", "are", "were", "and", "but", "because", "that", "yesterday"} & set(words)
    ):
        return False
    return complete or _names_device(rest)


def _names_device(text: str) -> bool:
    words = text.replace("-", " ").split()
    if not marks.DEVICES.isdisjoint(words) or not marks.DEVICES.isdisjoint(text.split()):
        return True
    if any(word.startswith(marks.DEVICES_BEGIN) for word in words):
        return True
    return not text.isascii() and any(device in text for device in marks.DEVICES_INSIDE)


def _disclaimer(simple: list[str], index: int) -> bool:
    """Does a legal text begin here: its first words, and at least two of its usual terms soon after?"""
    if not marks.DISCLAIMERS.of(simple[index].lstrip("-–—*_=~ [(\"'")):
        return False
    text = " ".join(simple[index : index + 8])[:1500]
    return sum(term in text for term in marks.LEGAL_WORDS) >= 3
