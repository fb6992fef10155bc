"""Letters, pure: bytes of a mail in, what a person or a machine said out; and a Letter into bytes of a mail.

`read` never raises and never does I/O; what it cannot use becomes `Ignore` with a reason. Nothing of the mail is
believed here except its form: who may speak for whom is decided in mail_tokens.py and by the core.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import blake2b

from adapters import letters_kinds as kinds
from adapters import letters_lists as lists
from adapters.letters_auth import authentic
from adapters.letters_body import Body, read_body
from adapters.letters_bounces import failure
from adapters.letters_charset import body_bytes
from adapters.letters_inside import calendar_answer, passed_on
from adapters.letters_mime import Headers, Part, TooMuch, encoding, structure
from adapters.letters_people import from_domain, mailboxes, normal, shown_name
from adapters.letters_reply import own_words
from relaybot.model import Block

SUBJECT_CHARACTERS = 250
UNTOLD = "?"  # an envelope sender that nobody told us
REPLIED = re.compile(
    r"(?:re|aw|sv|antw|vs|odp|rif|rép|ref|r|ynt|ang|res|vá|atb|nb|回复|回覆|答复|返信)(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s?[:：]\s*",
    re.IGNORECASE,
)
TAG = re.compile(r"\[[^\[\]]{1,40}\]\s*")


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
    key: str  # the same for every delivery of this mail and different for any other: for deduplication
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


# ------------------------------------------------------------------------------------------------------- reading


def read(raw: bytes, envelope_sender: str, own: Own) -> Mail | Bounce | Ignore:
    """What a mail is, without believing a word of it. Never raises.

    `envelope_sender` "" (or "<>") is the null sender, whose mail is always a machine's (RFC 5321 4.5.5); who does not
    know the envelope passes UNTOLD.
    """
    key = fallback = blake2b(raw, digest_size=16).hexdigest()
    try:
        root = structure(raw)
        key = _key(raw, root, fallback)
        return _read(raw, root, envelope_sender.strip(), own, key)
    except TooMuch as limit:
        return Ignore(str(limit), key)
    except Exception as error:  # a mail nobody thought of must not stop the mails behind it
        return Ignore(f"unreadable ({type(error).__name__})", key)


def _read(raw: bytes, root: Part, envelope_sender: str, own: Own, key: str) -> Mail | Bounce | Ignore:
    headers = root.headers
    if reason := kinds.loop(headers):
        return Ignore(reason, key)
    if kinds.abuse_report(root):
        return Ignore("abuse report", key)
    if kinds.own_mail(headers, own.domain, own.address, own.lists):
        return Ignore("our own post", key)
    senders = ((name, normal(address)) for name, address in mailboxes(headers, "from") + mailboxes(headers, "sender"))
    name, address = next(((name, address) for name, address in senders if address), ("", ""))
    if lists.is_service(address, own.lists):
        return Ignore("the list's own mail", key)
    if report := failure(raw, root, envelope_sender):
        if report.reached:
            return Ignore("delivery report", key)
        return Bounce(report.addresses, report.permanent, report.reason, key)
    automatic = kinds.automatic(headers, root, envelope_sender)
    calendar = any(part.kind == "text/calendar" for part in root.walk())
    if automatic and not calendar:
        return Ignore(automatic, key)
    if not address:
        return Ignore("no sender", key)
    body = read_body(raw, root)
    reply, uid = calendar_answer(raw, body, address)
    if automatic:
        if not reply:
            return Ignore(automatic, key)
        body.text = ""  # a calendar program answers for the person; the words are the program's
    return _mail(raw, root, own, body, Found(address, shown_name(name, address), reply, uid, key))


@dataclass(frozen=True, slots=True)
class Found:
    """What is known before the words are read."""

    address: str
    name: str
    reply: str
    reply_uid: str
    key: str


def _mail(raw: bytes, root: Part, own: Own, body: Body, found: Found) -> Mail:
    headers = root.headers
    inside = passed_on(raw, root, body)
    hidden = lists.is_hidden(headers, found.address, own.lists)
    if hidden:
        wrapped = (inside.name, inside.address) if inside and body.inside is not None else None
        name, address = lists.writer(headers, own.lists, wrapped)
        found = replace(found, name=shown_name(name, address), address=address or found.address)
        if inside and wrapped == (name, address):
            body.text, inside = inside.text, None
    said = own_words(inside.before if inside else body.text)
    passed = None
    if inside:
        passed = Passed(inside.name, inside.address, own_words(inside.text).words or inside.text)
    return Mail(
        address=found.address,
        name=found.name,
        subject=_subject(headers),
        words=said.words,
        blocks=said.blocks,
        message_id=kinds.message_id(headers),
        key=found.key,
        authentic=_authentic(headers, own, hidden=hidden),
        list_id=kinds.list_id(headers),
        plain=body.plain,
        attachments=_attachments(raw, body),
        passed=passed,
        reply=found.reply,
        reply_uid=found.reply_uid,
    )


def _key(raw: bytes, root: Part, fallback: str) -> str:
    """Message-ID, sender, date and body: together the same for every delivery of one mail, whatever hops add on top."""
    message_id = kinds.message_id(root.headers)
    if not message_id:
        return fallback
    digest = blake2b(digest_size=16)
    for name in ("from", "date"):
        value = "\n".join(root.headers.raw(name)).encode("utf-8", "replace")
        digest.update(len(value).to_bytes(4) + value)
    digest.update(message_id.encode("utf-8", "replace") + b"\n")
    digest.update(memoryview(raw)[root.start :])
    return digest.hexdigest()


def _subject(headers: Headers) -> str:
    """The subject without answers' and lists' marks in front."""
    text = headers.text("subject")[: 2 * SUBJECT_CHARACTERS]
    listed = kinds.is_list(headers)
    for _ in range(20):
        cut = REPLIED.sub("", text, count=1) if REPLIED.match(text) else text
        if listed and TAG.match(cut):
            cut = TAG.sub("", cut, count=1)
        if cut == text:
            break
        text = cut
    return text[:SUBJECT_CHARACTERS].strip()


def _authentic(headers: Headers, own: Own, *, hidden: bool) -> bool | None:
    """DMARC's verdict; that a list's own address is genuine says nothing of who wrote to it."""
    domain = from_domain(headers)
    verdict = authentic(headers, domain, tuple(name.lower() for name in own.authserv)) if domain else None
    return None if hidden and verdict else verdict


def _attachments(raw: bytes, body: Body) -> tuple[Attachment, ...]:
    view = memoryview(raw)
    return tuple(
        Attachment(name, kind, body_bytes(view[part.start : part.end], encoding(part.headers)))
        for name, kind, part in body.files
    )
