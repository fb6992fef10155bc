"""A mail's bytes looked at without decoding or copying them: headers, and the tree of parts as ranges of bytes.

Nothing here recurses and everything has a limit, because a mail is written by anybody (RFC 5322, RFC 2045/2046).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.utils import collapse_rfc2231_value

from adapters.letters_charset import charset_text, header_text

MAIL_BYTES = 25 * 1024 * 1024
HEADER_BYTES = 64 * 1024
HEADERS = 500
VALUE_BYTES = 8 * 1024  # of one header; the standard parsers need seconds and gigabytes for much more
PARTS = 100
DEPTH = 20
LOOKALIKES = 10_000  # lines that only begin like a boundary

NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")
FOLD = re.compile(r"[\r\n]+[ \t]*")


class TooMuch(Exception):
    """A limit was passed at the mail's top level; the text says which."""


class Headers:
    """The header lines of a mail or a part, in order; values are read when asked for, cut to VALUE_BYTES."""

    __slots__ = ("lines", "memo")

    def __init__(self, lines: list[tuple[str, bytes]]) -> None:
        self.lines = lines  # names in lower case, values as they came, still folded
        self.memo: dict[str, list[tuple[str, str]]] = {}  # mailboxes, which take long to read

    def __contains__(self, name: str) -> bool:
        return any(name == known for known, _ in self.lines)

    def raw(self, name: str) -> list[str]:
        """All values of one header, unfolded, encoded words still encoded."""
        return [unfolded(value) for known, value in self.lines if known == name]

    def texts(self, name: str) -> list[str]:
        """All values of one header, decoded (RFC 2047)."""
        return [header_text(value) for value in self.raw(name)]

    def text(self, name: str) -> str:
        """The first value, decoded; "" where there is none."""
        return next((header_text(unfolded(value)) for known, value in self.lines if known == name), "")


@dataclass(slots=True)
class Part:
    """One part of a mail: its body is raw[start:end]."""

    headers: Headers
    kind: str  # media type in lower case, e.g. "text/plain"
    start: int
    end: int
    depth: int
    children: list[Part] = field(default_factory=list)

    def parameter(self, name: str) -> str:
        """A parameter of the Content-Type, "" where there is none (RFC 2231 included)."""
        return parameter(self.headers, "content-type", name)

    def walk(self) -> Iterator[Part]:
        """This part and all below, as they stand in the mail."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


def unfolded(value: bytes) -> str:
    """One header value as one line of text: UTF-8 if it is that (RFC 6532), else the usual Western guess."""
    return FOLD.sub(" ", charset_text(value[:VALUE_BYTES], "")).strip()


def parameter(headers: Headers, header: str, name: str) -> str:
    """A parameter of a header with parameters; the standard library knows RFC 2231, we keep it in bounds."""
    for value in headers.raw(header)[:1]:
        message = Message()
        message[header] = value
        try:
            found = message.get_param(name, "", header)
            return collapse_rfc2231_value(found).strip() if found else ""
        except Exception:  # it raises many things for broken values: none of them is a parameter
            return ""
    return ""


def split_headers(block: bytes, complete: bool) -> tuple[Headers, int]:
    """The header lines at the beginning of `block` and where the body begins in it.

    `complete`: the block holds all there is; if not, and no end of the headers is in it, that is TooMuch.
    """
    lines: list[tuple[str, bytes]] = []
    position = 0
    newline = b"\n" if b"\n" in block else b"\r"  # very old Macs end lines so
    while position < len(block):
        found = block.find(newline, position)
        stop = len(block) if found < 0 else found + 1
        line = block[position:stop].rstrip(b"\r\n")
        if not line:
            return Headers(lines), stop
        match = NAME.match(line)
        if line[:1] in b" \t" and lines:
            lines[-1] = (lines[-1][0], _longer(lines[-1][1], line))
        elif match:
            lines.append((match[1].decode("ascii").lower(), line[match.end() :]))
        elif line.startswith((b"From ", b">From ")) and not lines:
            pass  # the envelope line of an mbox file
        else:
            return Headers(lines), position  # not a header: whoever wrote this forgot the empty line
        if len(lines) > HEADERS:
            raise TooMuch("too many headers")
        position = stop
    if not complete:
        raise TooMuch("header too long")
    return Headers(lines), len(block)


def _longer(value: bytes, line: bytes) -> bytes:
    """A folded value with its next line, unless it is longer than anybody reads."""
    return value if len(value) > VALUE_BYTES else value + b"\n" + line


def structure(raw: bytes) -> Part:
    """The tree of parts. Raises TooMuch for the top level; below, what is too much stays closed as one part."""
    if len(raw) > MAIL_BYTES:
        raise TooMuch("too large")
    root = _part(raw, 0, len(raw), 0, "text/plain")
    count, waiting = 1, [root]
    while waiting:
        part = waiting.pop()
        if part.depth >= DEPTH:
            continue
        for start, end, kind in _inside(raw, part):
            if count >= PARTS:
                return root
            try:
                child = _part(raw, start, end, part.depth + 1, kind)
            except TooMuch:
                child = Part(Headers([]), "application/octet-stream", start, end, part.depth + 1)
            part.children.append(child)
            count += 1
        waiting.extend(reversed(part.children))
    return root


def _part(raw: bytes, start: int, end: int, depth: int, default: str) -> Part:
    stop = min(end, start + HEADER_BYTES)
    headers, body = split_headers(raw[start:stop], stop == end)
    return Part(headers, _kind(headers, default), start + body, end, depth)


def _kind(headers: Headers, default: str) -> str:
    for value in headers.raw("content-type"):
        kind = value.partition(";")[0].strip().lower()
        if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,80}", kind):
            return kind
        if kind == "text":
            return "text/plain"
    return default


def _inside(raw: bytes, part: Part) -> Iterator[tuple[int, int, str]]:
    """Where the parts inside a part begin and end, and what they are when they do not say."""
    if part.kind in ("message/rfc822", "message/global"):
        if encoding(part.headers) in ("base64", "quoted-printable"):
            return  # forbidden there (RFC 2046 5.2.1): stays closed
        yield part.start, part.end, "text/plain"
    elif part.kind.startswith("multipart/"):
        default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
        mark = part.parameter("boundary").encode("utf-8", "replace")
        begin = -1
        for before, after, closing in _marks(raw, part.start, part.end, mark) if mark else ():
            if begin >= 0:
                yield begin, max(begin, before), default
            begin = -1 if closing else after
        if begin >= 0:
            yield begin, part.end, default


def _marks(raw: bytes, start: int, end: int, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """The boundary lines: end of what is before, begin of what is after, whether it is the closing one."""
    delimiter, position = b"--" + mark, start
    for _ in range(LOOKALIKES):
        found = raw.find(delimiter, position, end)
        if found < 0:
            return
        position = found + len(delimiter)
        newline = raw.find(b"\n", position, min(end, position + 200))
        rest = raw[position : newline if newline >= 0 else min(end, position + 200)].strip()
        if rest not in (b"", b"--") or (found > start and raw[found - 1] not in b"\r\n"):
            continue
        before = found - 1 if found > start else found
        before -= before > start and raw[before - 1 : before + 1] == b"\r\n"
        yield before, newline + 1 if newline >= 0 else end, rest == b"--"
        if rest == b"--":
            return


def encoding(headers: Headers) -> str:
    """The Content-Transfer-Encoding in lower case, without what does not belong there."""
    for value in headers.raw("content-transfer-encoding"):
        return value.partition(";")[0].strip(" \"'").lower()
    return "7bit"
