"""A mail cut into sentences, each with the question it was written under, if it was written under one.

Questions are recognised by the quoted line above an answer, by "label: words", by "3) words" in the letter's order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relaybot.parts import Block

LONGEST_MAIL = 20_000
"""Characters of a mail that are looked at."""
MOST_PIECES = 400
LONGEST_PIECE = 1_000
_WRAPPED = 45  # a line this long that ends without a full stop goes on in the next


@dataclass(frozen=True, slots=True)
class Piece:
    """One sentence, or one line that stands by itself."""

    text: str
    key: str = ""  # the question it answers
    alone: bool = False  # it has a line to itself
    last: bool = False  # it belongs to the last lines, where people sign


# How people call the questions when they write the line themselves.
_ALIASES: Mapping[str, str] = {
    "learn": "learn|learning|want|wanted|need|want to learn|i want to learn|i would like to learn|i'd like to learn|would like to learn|to learn|wants|wish"
    "|wishes|learning goals|goals|seeking|looking for|interests|i want|lernen|ich möchte lernen|apprendre|aprender|quiero aprender|quero aprender",
    "offer": "offer|offers|offering|i offer|can offer|i can offer|teach|can teach|i can teach|i can help with|can help with|help with|skills|my skills|i know"
    "|expertise|experience|know|biete|ich biete|angebot|kenntnisse|je propose|ofrezco|ofereço|kann ich",
    "hours": "hours|hour|free|free hours|free time|time|times|available|availability|when|my hours|good times|best times|schedule|zeiten|horaires|horario|horários",
    "city": "place|city|location|where|town|country|timezone|time zone|tz|based in|my city|my place|where i am|lives in|ort|stadt|wohnort|zeitzone|ville"
    "|ciudad|cidade|lugar|lieu|fuseau horaire|zona horaria|fuso horário",
    "languages": "languages|language|i speak|spoken languages|speaks|langs|sprachen|sprache|langues|idiomas|línguas|lenguas",
    "links": "links|link|website|web|homepage|home page|github|gitlab|codeberg|portfolio|url|urls|page|my page|blog|my code|code|webseite|enlaces|liens|site",
    "reach": "reach|second way|second way to reach me|other address|other contact|also reachable|second address|irc|matrix|irc nick|backup contact|contact",
    "agrees": "rules|agree|agreement|i agree|do you agree|agreed|agree to the rules|agree to rules|the rules|regeln|règles|reglas|regras",
    "name": "name|my name|first name|call me|nombre|nome|nom|vorname",
}
_ALIAS = {name: key for key, names in _ALIASES.items() for name in names.split("|")}
_SAME = {"place": "city", "rules": "agrees", "agree": "agrees", "zone": "city"}

_BULLET = re.compile(r"^\s*(?:[-*+•·–—»]|\(?[0-9]{1,2}[.)]|[a-h]\))\s+")
_NUMBER = re.compile(r"^\s*\(?([0-9]{1,2})(?:[.):]\)?|\s?[-–])\s+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ABBREVIATED = re.compile(
    r"\b(?:e\.g|i\.e|etc|approx|dr|mr|mrs|ms|prof|st|vs|a\.m|p\.m|z\.b|d\.h|ca|incl|resp|no|nr|tel)\.", re.I
)
_END = re.compile(r"(?<=[.!?…])[\"')\]]?\s+|(?<=[.!?])(?=[A-Z][a-z]+\s)")
_SMILE = re.compile(
    r"(?:^|(?<=\s))[:;=8][-^']?[)(DPpO/|](?=\s|$|[.,!])|<3|\^\^|[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f]"
)
_IN_ONE_LINE = re.compile(r"[;.][ ](?=([^\W\d_][\w ]{1,20}):[ ])")  # "learn: go; offer: java"
_SIGNED = re.compile(r"[A-ZÀ-Þ][\w.'-]*(?: [\w.'-]+){0,3},?")
_SPACED = re.compile(r"(?<=[^\W_]) ([,.;:!?])(?=\s|$)")
_IN_THE_MIDDLE = re.compile(
    r"(?:and|or|but|after|before|until|till|to|from|with|in|at|on|of|for|between|than|because|which|that|who|when|if)\b"
)
_ARTICLES = frozenset("a an the your my is are".split())


def pieces(text: str, blocks: tuple[Block, ...], labels: Mapping[str, str]) -> list[Piece]:
    """All sentences of a mail in their order; sentences under a question that nobody asked have no key."""
    asked = {_SAME.get(key, key): _words(label) for key, label in labels.items()}
    found: list[Piece] = []
    room = LONGEST_MAIL
    for block in blocks or (Block("", text),):
        key = _under(block.quoted[-2000:], asked)
        found += _section(tidy(block.words[:room]), key, asked)
        room -= len(block.words[:room])
        if room <= 0 or len(found) > MOST_PIECES:
            break
    found = found[:MOST_PIECES]
    for k in range(max(0, len(found) - 3), len(found)):
        found[k] = Piece(found[k].text, found[k].key, found[k].alone, last=True)
    return found


def tidy(text: str) -> str:
    """One kind of quote, dash, space and line end; smileys left out; what follows a signature mark only as its first line."""
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .translate({0x2019: "'", 0x2018: "'", 0xB4: "'", 0x201C: '"', 0x201D: '"', 0xA0: " ", 9: " ", 0: " "})
    )
    text = "\n".join(line for line in _SMILE.sub("", text).split("\n") if not line.startswith(">"))
    text = _SPACED.sub(r"\1", text)
    text = _IN_ONE_LINE.sub(lambda m: "\n" if m[1].casefold().strip() in _ALIAS else m[0], text)
    body, mark, signature = text.partition("\n-- \n")
    return f"{body}\n\n{signature.strip().partition(chr(10))[0]}" if mark else body


def _words(text: str) -> tuple[str, ...]:
    said = tuple(_WORD.findall(text.casefold()))
    while len(said) > 1 and said[0] in _ARTICLES:
        said = said[1:]
    return said


# ------------------------------------------------------------------------------- which question is answered


def _under(quoted: str, asked: Mapping[str, tuple[str, ...]]) -> str:
    """The question the last quoted lines ask; a label may be wrapped, cut short, or end in dots."""
    lines = [line.strip(" >") for line in quoted.splitlines() if line.strip(" >")][-3:]
    for line in reversed(lines):
        key, whole, _ = _label(line, asked)
        if key and (whole or len(_words(line)) <= len(asked.get(key, ())) or line is lines[-1]):
            return key
        if line.rstrip().endswith((".", "!")) and not line.rstrip().endswith(".."):
            break
    return ""


def _label(line: str, asked: Mapping[str, tuple[str, ...]]) -> tuple[str, bool, int]:
    """(question, whether the whole label stands there, where the rest of the line begins), ("", False, 0) for none."""
    start = _NUMBER.match(line) or _BULLET.match(line)
    begin = start.end() if start else 0
    spans = [m.span() for m in _WORD.finditer(line, begin)]
    said = [line[a:b].casefold() for a, b in spans]
    while len(said) > 1 and said[0] in _ARTICLES:
        said, spans = said[1:], spans[1:]
    best, most = "", 0
    for key, label in asked.items():
        same = next(
            (k for k, (a, b) in enumerate(zip(said, label, strict=False)) if a != b), min(len(said), len(label))
        )
        if same > most:
            best, most = key, same
    if not best:
        return "", False, 0
    whole = most == len(asked[best])
    if not whole and most < 3 and most < len(said) and not re.match(r"\s*[:?=.…]", line[spans[most - 1][1] :]):
        return "", False, 0
    return best, whole, spans[most - 1][1]


def _labelled(line: str, asked: Mapping[str, tuple[str, ...]]) -> tuple[str, str] | None:
    """A line "label: words" as (question, words); None for an ordinary line."""
    key, whole, end = _label(line, asked)
    if key:
        rest = line[end:]
        colon = rest.find(":")
        if whole:
            return key, rest.lstrip(" ?:.,;=-–_()").strip()
        if 0 <= colon <= 80:
            return key, rest[colon + 1 :].strip()
    head, colon_found, rest = _BULLET.sub("", line).partition(":")
    if not colon_found:
        head, colon_found, rest = _BULLET.sub("", line).partition(" = ")
    name = " ".join(head.casefold().strip(" *_?").split())
    if colon_found and name in _ALIAS and not rest.startswith("//"):
        return _ALIAS[name], rest.strip(" *")
    return None


# --------------------------------------------------------------------------------------------- sentences


def _section(text: str, under: str, asked: Mapping[str, tuple[str, ...]]) -> Iterator[Piece]:
    """The sentences of one piece of a reply."""
    for key, line in _joined(text, under, asked):
        sentences = [s.strip() for s in _sentences(line) if s.strip()]
        for sentence in sentences:
            yield Piece(sentence[:LONGEST_PIECE], key, alone=len(sentences) == 1)


def _joined(text: str, under: str, asked: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Lines as they were meant, each with its question: wrapped ones joined, bullets put behind the line that announces them."""
    key, held, before = under, "", ""
    announced = False  # the label stood alone, so the lines below it are its answer, up to an empty one
    for raw in text.split("\n"):
        line = raw.strip()
        labelled = _labelled(line, asked) or _numbered(line, asked)
        bare = _BULLET.sub("", line)
        if labelled is None and held and line and _goes_on(held, before, line):
            held += f", {bare}" if bare != line and not held.endswith((":", ",")) else f" {bare}"
            before = line
            continue
        if held:
            yield key, held
        if labelled is not None:
            key, held = labelled
            announced = not held
        elif line or held:
            if not (announced and (line or not held)):
                key, announced = under, False
            held = bare
        before = line
    if held:
        yield key, held


def _numbered(line: str, asked: Mapping[str, tuple[str, ...]]) -> tuple[str, str] | None:
    number = _NUMBER.match(line)
    if number is None or not 0 < int(number[1]) <= len(asked):
        return None
    return list(asked)[int(number[1]) - 1], line[number.end() :].strip()


def _goes_on(held: str, before: str, line: str) -> bool:
    """Whether a line goes on in the next: it is as long as wrapped lines are, or ends in the middle, or announces a list."""
    bullet = _BULLET.match(line) is not None
    if bullet:
        return held.endswith(":") or (_BULLET.match(before) is not None and ":" in held and held.find(":") < 80)
    if held.endswith(",") and len(held) < 30 and len(line) < 30 and _SIGNED.fullmatch(line):
        return False  # "Yours," and the name
    if held.endswith((",", " and", " or", " &")):
        return True
    if _IN_THE_MIDDLE.match(line) and not held.endswith((".", "!", "?", ":")):
        return True
    return len(before) >= _WRAPPED and not held.endswith((".", "!", "?", ":"))


def _sentences(text: str) -> list[str]:
    shielded = _ABBREVIATED.sub(lambda m: m[0].replace(".", "\x01"), text)
    return [part.replace("\x01", ".") for part in _END.split(shielded)]
