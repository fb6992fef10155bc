"""What a mail says and brings: the text part a person would read, the files, the mail inside the mail, the calendar answer."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from adapters.letters_charset import (
    TEXT_BYTES,
    TEXT_LINES,
    body_bytes,
    charset_text,
    clean,
    header_text,
    one_line,
    unflowed,
)
from adapters.letters_html import html_text
from adapters.letters_mime import Part, encoding, parameter

FILES = 20
NAME_CHARACTERS = 100
SIGNED = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
REPORTS = (
    "message/delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
    "text/rfc822-headers",
)
MESSAGES = ("message/rfc822", "message/global")
KINDS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
}
WIDE_OF_TEXT = 3  # quoted-printable is up to three times as long as what it encodes


@dataclass(slots=True)
class Body:
    """What was found. `plain` is False where any of the text was made of HTML."""

    text: str = ""
    plain: bool = True
    files: list[tuple[str, str, Part]] = field(default_factory=list)  # name, media type, where
    inside: Part | None = None  # the first whole mail inside this one
    calendar: Part | None = None


def part_text(raw: bytes, part: Part) -> str:
    """A text part's text, flowed lines joined, HTML read; at most TEXT_BYTES bytes and TEXT_LINES lines of it."""
    window = memoryview(raw)[part.start : min(part.end, part.start + WIDE_OF_TEXT * TEXT_BYTES)]
    data = body_bytes(window, encoding(part.headers))[:TEXT_BYTES]
    text = charset_text(data, part.parameter("charset"))
    if part.kind == "text/html":
        return clean(html_text(text))
    text = clean(text)
    if part.parameter("format").lower() == "flowed":
        text = unflowed(text, part.parameter("delsp").lower() == "yes")
    return text


def read_body(raw: bytes, root: Part) -> Body:
    """Walk the parts of one mail (not into mails inside it) and choose."""
    body = Body()
    pieces: list[tuple[str, bool]] = []  # text, plain?
    waiting: list[Part] = [root]
    while waiting:
        part = waiting.pop()
        if part.kind == "multipart/alternative" and part.children:
            waiting.append(_alternative(raw, part, body))
        elif part.kind in MESSAGES:
            body.inside = body.inside or next(iter(part.children), None)
        elif part.children:
            waiting.extend(reversed(part.children))
        elif _is_text(part, root):
            pieces.append((part_text(raw, part), part.kind != "text/html"))
        elif not part.kind.startswith("multipart/"):
            _keep(part, body)
    pieces = [piece for piece in pieces if piece[0].strip()]
    if pieces and pieces[0][1]:  # what follows plain text as HTML is a footer that somebody's server added
        pieces = [piece for piece in pieces if piece[1]]
    body.text = "\n".join("\n".join(text for text, _ in pieces)[:TEXT_BYTES].split("\n", TEXT_LINES)[:TEXT_LINES])
    body.plain = all(plain for _, plain in pieces)
    return body


def _is_text(part: Part, root: Part) -> bool:
    """Whether a leaf is meant to be read in place."""
    if part is root and part.kind.startswith(("text/", "multipart/")) and part.kind != "text/calendar":
        return True
    return (
        part.kind in ("text/plain", "text/html", "text/enriched")
        and not disposition(part).startswith("attachment")
        and not file_name(part)
    )


def _alternative(raw: bytes, part: Part, body: Body) -> Part:
    """Of several forms of the same, the plain one unless it is empty; then the last that can be read."""
    chosen = None
    # Looked for first: a calendar's answer mostly stands behind a text that says the same (RFC 6047 4).
    dates = (leaf for leaf in part.walk() if leaf.kind == "text/calendar")
    body.calendar = body.calendar or next(dates, None)
    for child in part.children:
        leaves = [leaf for leaf in child.walk() if not leaf.children]
        if child.kind == "text/plain" and part_text(raw, child).strip():
            return child
        if any(leaf.kind in ("text/plain", "text/html") for leaf in leaves):
            chosen = child
    return chosen or part.children[0]


def _keep(part: Part, body: Body) -> None:
    """A leaf that is not read in place: the calendar, a file, or nothing of use."""
    if part.kind == "text/calendar":
        body.calendar = body.calendar or part
    if part.kind in SIGNED or part.kind in REPORTS or len(body.files) >= FILES:
        return
    inline = part.kind.startswith("image/") and "content-id" in part.headers
    if (inline and not disposition(part).startswith("attachment")) or part.start >= part.end:
        return  # a logo of the HTML form
    name = file_name(part) or f"file-{len(body.files) + 1}{KINDS.get(part.kind, '')}"
    body.files.append((name, part.kind, part))


def disposition(part: Part) -> str:
    """The Content-Disposition in lower case, without parameters."""
    return next(iter(part.headers.raw("content-disposition")), "").partition(";")[0].strip().lower()


def file_name(part: Part) -> str:
    """The name a part gives itself, made harmless: no folders, no controls, not hidden; "" for none (RFC 2231, 2047)."""
    name = parameter(part.headers, "content-disposition", "filename") or part.parameter("name")
    name = one_line(header_text(unicodedata.normalize("NFC", name)))
    name = "".join(letter for letter in name if letter.isprintable() and unicodedata.category(letter) != "Cf")
    name = PurePosixPath(name.replace("\\", "/")).name
    name = re.sub(r'[<>:"|?*]', "_", name).strip(". ")
    if len(name) > NAME_CHARACTERS:
        ending = PurePosixPath(name).suffix[:10]
        name = name[: NAME_CHARACTERS - len(ending)] + ending
    return name
