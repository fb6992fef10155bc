"""Where in a mail somebody else's words begin: quote marks, lines like "On ... Ana wrote:", headers copied into the text.

Each rule looks at one line and at most a dozen after it, so the time is in proportion to the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from adapters import letters_marks as marks

# None of these repeats a repetition: a match takes linear time whatever the text.
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_DAY = re.compile(r"(?<!\d)\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}(?!\d)")
_CLOCK = re.compile(r"(?<!\d)\d{1,2}[:.h]\d{2}(?!\d)")
_NUMBER = re.compile(r"\d+")
_ADDRESS = re.compile(r"[^\s<>@,;:\"()]@[^\s<>@,;:\"()]")
_SPACES = re.compile(r"\s+")
_PUNCTUATION = re.compile(r"[^\w@&/'’-]+|_")

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
_LOOKED_AT = 600  # characters of a line that the rules read
_JOINED = 4  # lines an attribution may be wrapped over
_ATTRIBUTION = 420  # characters it may have
_HEADER_LINES = 14  # lines within which copied headers have to show


def plain(line: str) -> str:
    """The line as the rules compare it: small letters, single spaces, no emphasis, nothing invisible; at most 600 characters."""
    text = line[:_LOOKED_AT].translate(_INVISIBLE)
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    return _SPACES.sub(" ", text.replace("*", "").casefold()).strip()


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


def _dated(text: str) -> bool:
    return bool(_YEAR.search(text) or _DAY.search(text) or _CLOCK.search(text))


def _says_wrote(text: str) -> bool:
    spaced = f" {_PUNCTUATION.sub(' ', text)} "
    return any(word in spaced for word in marks.WROTE) or any(word in text for word in marks.WROTE_INSIDE)


def _opens(text: str) -> bool:
    """Does the line begin as such lines do: with a date, or with "On" and its like and a number soon after?"""
    head = text.lstrip("-–— [(").split(" ", 1)[0].strip(",.:")
    if head in marks.OPENERS or head.startswith(("ב", "la-")):
        return any(character.isdigit() for character in text[:48])
    return False


def _begins_with_date(text: str) -> bool:
    start = text.lstrip("-–— [(")[:16]
    number = _NUMBER.search(start)
    return (
        number is not None and _dated(text[:60]) and (number.start() == 0 or not _says_wrote(start[: number.start()]))
    )


def _closes(text: str) -> bool:
    """Can an attribution end with this line?"""
    end = text.rstrip("-–— ")
    if not end:
        return False
    if end[-1] in ":：>]" or end.endswith((";", ":\u200f")):
        return True
    if " gmt" in text or " utc" in text:
        return True
    return len(text) < _ATTRIBUTION and any(f" {end[-24:]} ".endswith(word) for word in marks.WROTE)


def _certain(text: str, opened: bool) -> bool:
    """Is a text that says "wrote" surely an attribution: an address, or a whole date where dates stand?"""
    if _ADDRESS.search(text):
        return opened or _says_wrote(text)
    whole = _YEAR.search(text) or _DAY.search(text)
    return opened and whole is not None and len(_NUMBER.findall(text)) >= 2


def _judged(text: str, opened: bool) -> bool | None:
    """True or False: an attribution, certain or not; None: none at all."""
    if len(text) > _ATTRIBUTION:
        return None
    end = text.rstrip("-–— ")
    address = _ADDRESS.search(text) is not None
    if text.startswith(marks.QUOTING) and end[-1:] in {":", "："}:
        return address
    if _says_wrote(text):
        words = len(text.split())
        if address or (opened and _dated(text)):
            return _certain(text, opened)
        return False if words <= 12 and end[-1:] in {":", "："} else None
    if opened and _dated(text) and address:
        if end[-1:] in {":", "："}:
            return True
        return True if end[-1:] in {">", "]"} and _YEAR.search(text) and _begins_with_date(text) else None
    zoned = (" gmt" in text or " utc" in text) and _CLOCK.search(text[:24]) and _begins_with_date(text)
    if zoned and len(text.split()) <= 10:
        return True
    if opened and _dated(text) and end[-1:] in {":", "："}:
        return False
    return None


def attributions(simple: Sequence[str], quoted: Sequence[bool]) -> dict[int, Attribution]:
    """Where attributions begin, and what is known of them. `simple` are the lines as `plain` makes them."""
    found: dict[int, Attribution] = {}
    for last, line in enumerate(simple):
        if quoted[last] or not line or not _closes(line):
            continue
        earliest = last
        while earliest > 0 and last - earliest < _JOINED - 1 and simple[earliest - 1] and not quoted[earliest - 1]:
            earliest -= 1
        starts = range(last, earliest - 1, -1)
        for begins in (_opens, _begins_with_date):
            begun = [start for start in starts if begins(simple[start])]
            judged = [(start, _judged(" ".join(simple[start : last + 1]), True)) for start in begun]
            kept = [(start, certain) for start, certain in judged if certain is not None]
            if kept:
                start, certain = next(((s, c) for s, c in kept if c), kept[0])
                found[start] = Attribution(last, bool(certain))
                break
        else:
            # The name first: on one line, unless it was broken inside the address.
            start = (
                last - 1 if last > earliest and (line.count(">") > line.count("<") or line.startswith("<")) else last
            )
            certain = _judged(" ".join(simple[start : last + 1]), False)
            if certain is not None:
                found[start] = Attribution(last, certain)
    return found


def _kind(line: str) -> str:
    """Which header a line is ("from", "date", "to", "subject", "other"), "" for none."""
    key, colon, _ = line[:40].replace("：", ":").partition(":")
    return marks.HEADERS.get(key.strip(), "") if colon else ""


def _dashed(line: str) -> str:
    """The words inside a line like "----- Original Message -----", "" for any other."""
    inner = line.strip(DASHES + " ")
    if not inner or len(inner) > 60:
        return ""
    before, after = line.index(inner), len(line) - line.index(inner) - len(inner)
    return inner if before >= 2 and after >= 2 else ""


def headers(simple: Sequence[str], at: int) -> int:
    """How many lines from `at` on are the head of a mail copied into this one ("From: ... Sent: ..."), 0 for none."""
    line = simple[at]
    inner = _dashed(line)
    announced = bool(inner and any(part in inner for part in marks.ORIGINAL)) or line.startswith(marks.FORWARD_BEGINS)
    if not announced and not inner and not _kind(line):
        return 0
    kinds: set[str] = set()
    end, blank = at + 1 if announced or inner else at, 0
    index = end
    while index < min(len(simple), at + _HEADER_LINES):
        kind = _kind(simple[index])
        if kind:
            kinds.add(kind)
            end, blank = index + 1, 0
        elif simple[index] and (blank or not kinds):
            break
        elif not simple[index]:
            blank += 1
            if blank > (0 if kinds else 2) and not (kinds and index + 1 < len(simple) and _kind(simple[index + 1])):
                break
        index += 1
    if announced and (kinds or inner or len(line) < 60):
        return end - at
    if "from" in kinds and len(kinds - {"other"}) >= 3:
        return end - at
    if inner and "from" in kinds and len(kinds) >= 2:
        return end - at
    return 1 if _flattened(line) else 0


def _flattened(line: str) -> bool:
    """All headers on one line: "From: Ana Sent: Monday To: Ben Subject: Hello"."""
    if _kind(line) != "from":
        return False
    kinds = set()
    words = line.split(" ")
    for word in words:
        if word.endswith(":"):
            kinds.add(marks.HEADERS.get(word[:-1], ""))
    return len(kinds - {"", "other"}) >= 3
