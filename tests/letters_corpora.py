"""What tests of mail reading share: who we are, mails made of headers and text, the corpora's files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from adapters.letters import Bounce, Ignore, Mail, Own, read
from tests.needs import corpus

OWN = Own(
    address="relaybot@lists.example.org",
    lists=("peers@lists.example.org",),
    domain="lists.example.org",
    authserv=("mx.example.org",),
)
ANA = "ana@example.net"


def mail(text: str = "hello", *lines: str, sender: str = "Ana <ana@example.net>", subject: str = "Hi") -> bytes:
    """A small mail; `lines` are more header lines, in front of the others."""
    head = [
        *lines,
        f"From: {sender}",
        "To: relaybot@lists.example.org",
        f"Subject: {subject}",
        "Message-ID: <1@example.net>",
    ]
    return "\r\n".join([*head, "", *text.split("\n")]).encode()


def html(body: str) -> bytes:
    """A mail that is only HTML."""
    return mail(body, "Content-Type: text/html; charset=utf-8")


def heard(raw: bytes, envelope: str = ANA) -> Mail | Bounce | Ignore:
    """The mail as it is read when it came to our address."""
    return read(raw, envelope, OWN)


def person(raw: bytes, envelope: str = ANA) -> Mail:
    """The same, which must be a person's mail."""
    found = heard(raw, envelope)
    assert isinstance(found, Mail), found
    return found


@cache
def expected(name: str) -> dict[str, Any]:
    """A corpus's right answers."""
    answers: dict[str, Any] = json.loads((corpus(name) / "expected.json").read_text("utf-8"))
    return answers


def mails(name: str) -> list[Path]:
    """A corpus's mails (and not what explains them)."""
    return sorted(
        path
        for path in corpus(name).rglob("*")
        if path.is_file() and path.suffix not in (".json", ".xml") and path.name != "SOURCE.txt"
    )
