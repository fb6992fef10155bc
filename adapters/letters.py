"""Letters, pure: bytes of a mail in, what a person or a machine said out; and a Letter into bytes of a mail.

`read` never raises and never does I/O; what it cannot use becomes `Ignore` with a reason. Nothing of the mail is
believed here except its form: who may speak for whom is decided in mail_tokens.py and by the core.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relaybot.model import Block


@dataclass(frozen=True, slots=True)
class Own:
    """What the reader has to know of ourselves."""

    address: str  # "relaybot@lists.example.org"; its "+..." forms are ours too
    lists: tuple[str, ...]  # the lists' addresses
    domain: str  # of our Message-IDs
    authserv: tuple[str, ...]  # whose Authentication-Results to believe (RFC 8601), lower case


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail, decoded."""

    name: str  # made harmless: no folders, no control characters, at most 100 characters
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Passed:
    """A mail that was forwarded inside this one, by whatever way the mail program has."""

    name: str
    address: str  # "" when it cannot be read
    words: str


@dataclass(frozen=True, slots=True)
class Mail:
    """What a person wrote."""

    address: str  # of the From line, folded as email-validator normalises it; the domain in lower case
    name: str  # shown name, printable, at most 60 characters; made of the address where there is none
    subject: str  # decoded, one line, without "Re:" and list tags
    words: str  # the person's own words: no quotes, no signature, no footers
    blocks: tuple[Block, ...]  # the same words, each piece with the quoted lines it was written under
    message_id: str  # "<...>", "" where there is none
    references: tuple[str, ...]
    key: str  # the same for every delivery of this mail and different for any other: for deduplication
    sent_at: datetime | None
    authentic: bool | None  # DMARC by a server we believe: True pass, False fail, None not told
    list_id: str  # of a list this came through, "" otherwise
    plain: bool  # False: only HTML could be read, so no line of it may count as a command
    attachments: tuple[Attachment, ...]
    passed: Passed | None  # a forwarded mail inside
    reply: str = ""  # a calendar's REPLY: "accepted", "declined", "tentative"
    reply_uid: str = ""  # the UID it answers


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail of ours came back (DSN, RFC 3464, or something like it)."""

    addresses: tuple[str, ...]  # that failed, as the report says; perhaps none
    permanent: bool
    reason: str  # short, printable
    key: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing to do with this mail, and why: "auto-reply", "our own post", "loop", ..."""

    reason: str
    key: str
