"""Where in a mail somebody else's words begin: quote marks, lines like "On ... Ana wrote:", headers copied into the text.

Each rule looks at one line and at most a dozen after it, so the time is in proportion to the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adapters import letters_marks as marks

# None of these repeats a repetition: a match takes linear time whatever the text.
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_DAY = re.compile(r"(?<!\d)\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}(?!\d)")
_CLOCK = re.compile(r"(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)")
_NUMBER = re.compile(r"\d+")
_ADDRESS = re.compile(r"[^\s<>@,;:\"()]@[^\s<>@,;:\"()]")
_PUNCTUATION = re.compile(r"[^\w@&/'’-]|_")

_INVISIBLE = dict.fromkeys(
    [
        0x00AD,
        0x061C,
        0x180E,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2065),
        *range(0x2066, 0x206A),
    ]
)
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&nbsp;", " "), ("&amp;", "&"))
DASHES = "-‐‑‒–—―─━_=~*#+"
_DASHES = frozenset(DASHES)
_OPENING = "-–— [(*"
_CLOSING = "-–— "
_LOOKED_AT = 600  # characters of a line that the rules read
_WROTE_INSIDE = tuple(marks.WROTE_INSIDE)
_JOINED = 4  # lines an attribution may be wrapped over
_ATTRIBUTION = 420  # characters it may have
_HEADER_LINES = 14  # lines within which copied headers have to show


def plain(line: str) -> str:
    """The line as the rules compare it: small letters, single spaces, no emphasis, nothing invisible; at most 600 characters."""
    text = line[:_LOOKED_AT]
    if not text.isascii():
        text = text.translate(_INVISIBLE)
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    return " ".join(text.replace("*", "").casefold().split())


def unquoted(line: str) -> str | None:
    """A quoted line without its marks (">", "> >", "|", "::", ">>>>"), None for a line without any."""
    text = line.lstrip(" \t\u00a0\u200b\ufeff")
    if text.startswith("&gt;"):
        text = text.replace("&gt;", ">")
    if text[:2] == "::" or (text[:1] == "|" and not (text.count("|") > 2 and text.rstrip().endswith("|"))):
        return text.lstrip("|:> \t")
    if text[:1] in {">", "＞"}:
        return text.lstrip(">＞| \t\u00a0")
    return None


def lightly_quoted(line: str) -> str | None:
    """The same for marks that also occur in people's own lines (": so", "Ana> so"): they count only where others speak for it."""
    if line.startswith(": ") or line.rstrip() == ":":
        return line[1:].strip()
    name, mark, rest = line.partition(">")
    if mark and 0 < len(name) <= 16 and name.replace(" ", "").isalpha() and (not rest or rest[0] in " >"):
        return rest.lstrip("> ")
    return None


@dataclass(frozen=True, slots=True)
class Attribution:
    """A line that says who wrote what follows."""

    last: int  # index of its last line
    certain: bool  # it counts even where what follows bears no quote marks


class Signs(NamedTuple):
    """What of an attribution a line has in it; of wrapped lines the signs add up."""

    wrote: bool  # a word for "wrote", in any language
    said: bool  # a word for "said": good only right above a quote
    address: bool
    day: bool  # a year or a whole date
    clock: bool  # an hour with minutes
    numbers: int
    words: int
    opens: bool = False  # it begins with "On" and a number, or the like
    begins: bool = False  # it begins with a date

    @property
    def dated(self) -> bool:
        """Is there any date or hour?"""
        return self.day or self.clock


def _signs(text: str) -> Signs:
    words = _PUNCTUATION.sub(" ", text).split()
    numbers = sum(word[:1].isdigit() for word in words)
    dated = numbers > 0
    return Signs(
        wrote=not marks.WROTE.isdisjoint(words)
        or (not text.isascii() and any(word in text for word in marks.WROTE_INSIDE)),
        said=not marks.SAID.isdisjoint(words),
        address="@" in text and _ADDRESS.search(text) is not None,
        day=dated and (_YEAR.search(text) is not None or _DAY.search(text) is not None),
        clock=dated and _CLOCK.search(text) is not None,
        numbers=numbers,
        words=len(words),
        opens=_opens(text),
        begins=_begins_with_date(text),
    )


def _together(signs: Sequence[Signs]) -> Signs:
    """The signs of lines that are read as one; it begins as the first does."""
    if len(signs) == 1:
        return signs[0]
    wrote, said, address, day, clock = (any(values) for values in list(zip(*signs, strict=True))[:5])
    numbers, words = sum(one.numbers for one in signs), sum(one.words for one in signs)
    return Signs(wrote, said, address, day, clock, numbers, words, signs[0].opens, signs[0].begins)


def _opens(text: str) -> bool:
    """Does the line begin with "On" or its like, and a number soon after?"""
    head = text.lstrip(_OPENING).split(" ", 1)[0].strip(",.:،")
    if head in marks.OPENERS or head.startswith("ב"):
        return any(character.isdigit() for character in text[:48])
    return False


def _begins_with_date(text: str) -> bool:
    """Does it begin with a date or an hour, at most a weekday's name before?"""
    text = text.lstrip(_OPENING)
    number = _NUMBER.search(text[:16])
    if number is None or not (_YEAR.search(text[:60]) or _DAY.search(text[:60]) or _CLOCK.search(text[:60])):
        return False
    return number.start() == 0 or marks.WROTE.isdisjoint(text[: number.start()].split())


def _closes(text: str) -> bool:
    """Can an attribution end with this line?"""
    end = text.rstrip(_CLOSING)
    if not end:
        return False
    return end[-1] in ":：>];" or _ends_with_wrote(text)


def _ends_with_wrote(text: str) -> bool:
    end = text.rstrip(_CLOSING + ":：")
    return end.rsplit(" ", 1)[-1].rsplit(">", 1)[-1] in marks.WROTE or end.endswith(_WROTE_INSIDE)


def _goes_on(text: str) -> bool:
    """Is it a whole attribution with the first words of the quote on the same line ("On ... <a@b.org> wrote: Hello")?"""
    head, colon, _ = text.partition("> ") if "> wrote:" not in text else text.partition("wrote:")
    if not colon or "@" not in head or not (_opens(text) or _begins_with_date(text)):
        return False
    return "wrote:" in text or any(
        f" {word}" in text for word in ("a écrit :", "schrieb:", "escribió:", "escreveu:", "ha scritto:")
    )


def _judged(text: str, signs: Signs, opened: bool) -> bool | None:
    """True or False: an attribution, certain or not; None: none at all. `opened`: it begins as such lines do."""
    if len(text) > _ATTRIBUTION:
        return None
    colon = text.rstrip(_CLOSING)[-1:] in {":", "："}
    if text.startswith(marks.QUOTING) and colon:
        return signs.address
    if not opened and text.split(" ", 1)[0] in marks.SELF:
        return None
    if signs.wrote and opened and (signs.address or signs.dated):
        return signs.address or (signs.day and signs.numbers >= 2 and marks.SELF.isdisjoint(text.split()))
    if signs.wrote and signs.address and (signs.dated or _ends_with_wrote(text)):
        return True
    if signs.wrote and signs.day and signs.clock and colon and signs.words <= 14:
        return True
    if signs.wrote or signs.said:
        return False if signs.words <= 12 and colon else None
    if not opened or not signs.dated:
        return None
    if signs.address and (colon or (signs.day and signs.begins and text[-1] in ">]")):
        return True
    return False if colon else None


def attributions(simple: Sequence[str], quoted: Sequence[bool]) -> dict[int, Attribution]:
    """Where attributions begin, and what is known of them, up to the first that only a mail without marks can follow.

    `simple` are the lines as `plain` makes them.
    """
    found: dict[int, Attribution] = {}
    known: dict[int, Signs] = {}
    for last, line in enumerate(simple):
        if quoted[last] or not line:
            continue
        if _closes(line):
            earliest = last
            while earliest > 0 and last - earliest < _JOINED - 1 and simple[earliest - 1] and not quoted[earliest - 1]:
                earliest -= 1
            for index in range(earliest, last + 1):
                if index not in known:
                    known[index] = _signs(simple[index])
            begun = _begun(simple, [known[index] for index in range(earliest, last + 1)], earliest)
        else:
            begun = (last, True) if ": " in line and "@" in line and _goes_on(line) else None
        if begun:
            found[begun[0]] = Attribution(last, begun[1])
            if begun[1] and not next_is_quoted(simple, quoted, last + 1):
                break
    return found


def next_is_quoted(simple: Sequence[str], quoted: Sequence[bool], start: int) -> bool:
    """Does the next line that is not blank bear a quote mark?"""
    for index in range(start, len(simple)):
        if quoted[index]:
            return True
        if simple[index]:
            return False
    return False


def bare_heading(line: str) -> bool:
    """Older Gmail's heading without address or verb, "2016-03-03 17:21 GMT+01:00 Ana Silva"; `line` as it was written.

    A person who offers an hour goes on in small letters or stops there.
    """
    words = line.split()
    if not 4 <= len(words) <= 7 or not (words[2].startswith(("GMT+", "GMT-")) and _CLOCK.fullmatch(words[1])):
        return False
    return _DAY.fullmatch(words[0]) is not None and all(word[:1].isupper() for word in words[3:])


def names_writer(line: str) -> bool:
    """GroupWise's way: ">>> Ana <ana@example.org> 21.11.2026 15:20 >>>", and the quote below bears no marks."""
    text = plain(line)
    if not text.startswith(">>> "):
        return False
    signs = _signs(text)
    return signs.day and signs.clock and (text.endswith(">>>") or (signs.wrote and text.endswith(":")))


def _begun(simple: Sequence[str], signs: Sequence[Signs], earliest: int) -> tuple[int, bool] | None:
    """Where the attribution begins whose lines `signs` belong to, from line `earliest` on, and whether it is certain."""
    last = earliest + len(signs) - 1
    for by_word in (True, False):
        for start in range(last, earliest - 1, -1):
            one = signs[start - earliest]
            if one.opens if by_word else one.begins:
                judged = _judged(" ".join(simple[start : last + 1]), _together(signs[start - earliest :]), True)
                if judged is not None:
                    return start, judged
    # The name first: on one line, unless it was broken inside the address.
    line, start = simple[last], last
    if last > earliest and (line.count(">") > line.count("<") or line.startswith("<")):
        start = last - 1
    judged = _judged(" ".join(simple[start : last + 1]), _together(signs[start - earliest :]), False)
    return None if judged is None else (start, judged)


def kind(line: str) -> str:
    """Which header a line is ("from", "date", "to", "subject", "other"), "" for none."""
    key, colon, _ = line[:40].replace("：", ":").partition(":")
    return marks.HEADERS.get(key.strip(), "") if colon else ""


def _dashed(line: str) -> str:
    """The words inside a line like "----- Original Message -----", "" for any other."""
    if line[:1] not in _DASHES:
        return ""
    inner = line.strip(DASHES + " ")
    if not inner or len(inner) > 60:
        return ""
    before = line.index(inner)
    return inner if before >= 2 and len(line) - before - len(inner) >= 2 else ""


def headers(simple: Sequence[str], kinds: Sequence[str], at: int) -> int:
    """How many lines from `at` on are the head of a mail copied into this one ("From: ... Sent: ..."), 0 for none.

    `kinds` is `kind` of every line.
    """
    line = simple[at]
    inner = _dashed(line)
    announced = any(part in inner for part in marks.ORIGINAL) if inner else bool(marks.FORWARD_BEGINS.of(line))
    if not announced and not inner and not kinds[at]:
        return 0
    first = at + 1 if announced or inner else at
    if announced or inner:
        while first < min(len(simple), at + 4) and not simple[first]:
            first += 1
    end, seen = _head(simple, kinds, first)
    if announced:
        return max(end, at + 1) - at
    enough = "subject" in seen or any(
        "@" in one or _YEAR.search(one) for one in simple[first:end]
    )  # else perhaps a person's own list
    if "from" in seen and len(seen) >= (2 if inner else 3) and enough and not _hours(simple, kinds, first, end):
        return end - at
    return 1 if "from" in seen and _flattened(line) else 0


def _hours(simple: Sequence[str], kinds: Sequence[str], first: int, end: int) -> bool:
    """Is it a person's offer, "From: 18:00" and "To: 19:00"?"""
    values = [
        simple[index].replace("：", ":").partition(":")[2] for index in range(first, end) if kinds[index] == "from"
    ]
    return all(value.strip()[:1].isdigit() and "@" not in value for value in values)


def _head(simple: Sequence[str], kinds: Sequence[str], start: int) -> tuple[int, set[str]]:
    """Where headers that begin at `start` end, and which there are; one may be wrapped, blank lines may lie between two."""
    seen: set[str] = set()
    end = start
    for index in range(start, min(len(simple), start + _HEADER_LINES)):
        if kinds[index]:
            seen.add(kinds[index])
            end = index + 1
            continue
        follows = index + 1 < len(simple) and kinds[index + 1] != ""
        apart = not follows if not simple[index] else not simple[index - 1]
        if index == start or apart:
            break
    return end, seen - {"other"}


def _flattened(line: str) -> bool:
    """All headers on one line: "From: Ana Sent: Monday To: Ben Subject: Hello"."""
    seen = {marks.HEADERS.get(word[:-1], "") for word in line.split(" ") if word.endswith(":")}
    return len(seen - {"", "other"}) >= 3
