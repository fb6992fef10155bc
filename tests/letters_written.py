"""What the tests of written mails share: a letter, its header, and reading a mail back by the standard library."""

from __future__ import annotations

import email
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default

from adapters.letters_write import Header
from relaybot.model import Letter, Style, Urgency
from tests.needs import corpus

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=UTC)
MAC = "k3v9xqk3v9xqk3v9xqk3v9xqab"


def letter(*text: str, **more: object) -> Letter:
    first = Letter("tech-peer", 7, "mail/chidi@example.net", text or ("Hello.",), Urgency.PERSONAL, NOW)
    return replace(first, style=Style.LETTER, **more)  # type: ignore[arg-type]


def header(**more: object) -> Header:
    first = Header(
        title="tech-peer",
        address="relaybot@lists.example.org",
        domain="lists.example.org",
        to="chidi@example.net",
        message_id=f"<l7.{MAC}@lists.example.org>",
        loop="5f2c0a9d",
        date=NOW,
    )
    return replace(first, **more)  # type: ignore[arg-type]


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=default)


def text_of(raw: bytes) -> str:
    """The words of a mail as a mail program shows them."""
    part = parsed(raw).get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def header_names(raw: bytes) -> list[str]:
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    return [one.partition(":")[0] for one in head.split("\r\n") if not one.startswith(" ")]


def decoded(raw: bytes, name: str) -> str:
    """A header's text, read by the old half of the library: the new one loses spaces between encoded words."""
    value = email.message_from_bytes(raw)[name]
    return str(make_header(decode_header(re.sub(r"\r\n(?= )", "", value))))


def bare(text: str) -> str:
    """What is left of a text when all white space is taken out, so that wrapping does not matter."""
    return "".join(text.split())


def naughty() -> list[str]:
    strings: list[str] = json.loads((corpus("naughty-strings") / "blns.json").read_text(encoding="utf-8"))
    return strings
