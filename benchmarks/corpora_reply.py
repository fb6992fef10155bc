"""How well a reply's own words are found, on the reply corpora: exact (white space ignored), lost text, and what others reach.

The corpora are beside the checkout or where RELAYBOT_CORPORA says; sets that are absent have no row.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

from adapters.letters_html import html_text
from adapters.letters_reply import own_words

REPLY_SETS = ("reply-trimmer", "reply-crisp", "reply-talon", "reply-github", "reply-alfonsrv")

# The best figures known of others, each over its whole set (our half of it is measured here); "own set": its authors wrote it.
OTHERS = {
    "reply-trimmer": "31 of 64 (quotequail); 64 of 64 (email_reply_trimmer, own set)",
    "reply-crisp": "35 of 49 (email_reply_trimmer); 49 of 49 (crisp, own set)",
    "reply-talon": "11 of 12 (quotequail)",
}

# A mail that is a forward and nothing else: its sender wrote none of it, whatever the set's authors expect.
FORWARDS = frozenset({"forwarded_message.txt"})


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail of a set, as decoded plain text."""

    group: str
    name: str
    text: str
    expected: str | None  # None: the set does not say

    @property
    def exact(self) -> bool:
        """Is what we keep what the set's authors expect, white space ignored?"""
        return _squeezed(own_words(self.text).words) == _squeezed(self.expected or "")

    @property
    def lost(self) -> bool:
        """Is any line missing that the sender wrote? Quotes, signatures and forwards in the expected text are no such lines."""
        if self.expected is None or self.name in FORWARDS:
            return False
        kept = _squeezed(own_words(self.text).words)
        return any(_squeezed(line) not in kept for line in written(self.expected))


class Row(NamedTuple):
    """One line of the table."""

    set: str
    items: int  # mails whose right answer the set tells
    exact: int
    lost: int
    other: str  # the best other figure, "" where none is known


def folder() -> Path:
    """Where the corpora are."""
    return Path(
        os.environ.get("RELAYBOT_CORPORA") or Path(__file__).resolve().parent.parent.parent / "shared" / "corpora"
    )


def rows() -> list[Row]:
    """The table, set by set; a set without expected texts has no row."""
    found = []
    for group in REPLY_SETS:
        told = [sample for sample in samples(group) if sample.expected is not None]
        if told:
            exact, lost = sum(sample.exact for sample in told), sum(sample.lost for sample in told)
            found.append(Row(group, len(told), exact, lost, OTHERS.get(group, "")))
    return found


def samples(group: str) -> Iterator[Sample]:
    """All mails of a set; none when it is absent."""
    root = folder() / group
    if not root.is_dir():
        return
    if group == "reply-trimmer":
        for path in sorted((root / "emails").iterdir()):
            expected = (root / "trimmed" / path.name).read_text(encoding="utf-8")
            yield Sample(group, path.name, path.read_text(encoding="utf-8"), expected)
        return
    answers = root / "expected.json"
    if answers.is_file():
        for name, answer in json.loads(answers.read_text(encoding="utf-8")).items():
            yield Sample(group, name, _text(root / name), answer)
        return
    for path in sorted(root.glob("*.txt")):
        if path.name != "SOURCE.txt":
            yield Sample(group, path.name, path.read_text(encoding="utf-8"), None)


def written(expected: str) -> Iterator[str]:
    """The lines of an expected text that its sender wrote: no quotes, nothing that a program put below."""
    for line in expected.split("\n"):
        if line.strip() == "--" or line.startswith("Sent from my "):
            return
        if line.strip() and not line.startswith(">"):
            yield line


def _text(path: Path) -> str:
    if path.suffix == ".html":
        return html_text(path.read_text(encoding="utf-8"))
    if path.suffix == ".eml":
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        part = message.get_body(("plain",))
        return str(part.get_content()) if isinstance(part, EmailMessage) else ""
    return path.read_text(encoding="utf-8")


def _squeezed(text: str) -> str:
    return "".join(text.split())
