"""A Letter into the bytes of a mail, pure: plain text, headers that fit what it is, dates for the calendar, files.

The same letter always gives the same bytes, boundaries included: what is sent again after a crash is the same mail.
How text is wrapped and what is never let into it stands in letters_layout.py, calendars in letters_calendar.py.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.quoprimime import body_encode
from email.utils import format_datetime
from hashlib import blake2b
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from adapters import letters_layout as texts
from adapters.letters import Attachment
from adapters.letters_calendar import invitation, method
from relaybot.model import REPLY_HERE, Invitation, Letter
from relaybot.ports import Undeliverable

TEXT_CHARS = 200_000
FILES_BYTES = 20 * 1024 * 1024  # what most servers still take after base64 has made a third more of it
SUBJECT_CHARS = 150  # of a subject that was given
NAME_CHARS = 60
ADDRESS_CHARS = 320  # RFC 5321 4.5.3.1: 64 before the @, 255 after it
FILE_NAME_CHARS = 100
HEADER_COLUMNS = 78  # RFC 5322 2.1.1
QUOTED_COLUMNS = 76  # RFC 2045 6.7 (5)
TEXT = 'text/plain; charset="utf-8"'
ID_CHARS = 250  # of a Message-ID of others that is passed on


@dataclass(frozen=True, slots=True)
class Header:
    """What only the adapter knows about a letter; addresses are bare ("relaybot+a19.k3v9xq@lists.example.org")."""

    title: str  # of the programme, as people read it
    address: str  # our own, in From and List-Help
    domain: str  # of what we name: List-Id, UIDs of dates
    to: str  # the reader's address
    message_id: str  # "<...>", the same on every attempt
    loop: str  # a mark by which we know our own mail
    date: datetime  # letter.written_at
    to_name: str = ""
    reply_to: str = ""  # with the token of what the letter is about
    root: str = ""  # "<...>": the object's thread; needs not be the id of any mail
    list_address: str = ""  # where a listed letter comes from and is answered to
    unsubscribe: str = ""  # with a token; wherever it is given, List-Unsubscribe names it
    organizer: str = ""  # who is told of an answer given in a calendar; reply_to where empty


def write(letter: Letter, header: Header, files: Sequence[Attachment] = ()) -> bytes:
    """The mail as it goes to the server: CRLF, 7-bit, no line above 998 octets (RFC 5322); dots are not doubled.

    `files` are what `letter.files` names, decoded. Raises Undeliverable for an address that no mail can carry (letters
    outside ASCII before the @) and for more text or files than TEXT_CHARS and FILES_BYTES.
    """
    if sum(map(len, letter.text)) > TEXT_CHARS or sum(len(file.data) for file in files) > FILES_BYTES:
        raise Undeliverable("too large for a mail")
    letter = replace(letter, text=_elements(letter, header))
    headers = [*_headers(letter, header), ("MIME-Version", "1.0")]
    attached = [*_calendars(letter, header), *files]
    if not attached:
        return _simple(headers, texts.body(letter.text))
    message = EmailMessage(_AS_GIVEN)
    for name, value in headers:
        message[name] = value
    seal = blake2b(header.message_id.encode(), digest_size=12).hexdigest()
    message.make_mixed(boundary=f"=_{seal}_1")
    message.attach(_words(letter, attached[0] if letter.invitations else None, f"=_{seal}_2"))
    for file in attached:
        message.attach(_file(file))
    return message.as_bytes()


def _simple(headers: Sequence[tuple[str, str]], text: str) -> bytes:
    """A mail of words alone, as most are: the same bytes as EmailMessage makes of it, much quicker."""
    encoding, words = _transfer(text)
    about = (("Content-Type", TEXT), ("Content-Transfer-Encoding", encoding))
    given = (_AS_GIVEN.header_store_parse(name, value) for name, value in (*headers, *about))
    head = "".join(_AS_GIVEN.fold(name, value) for name, value in given)
    return (head + "\r\n" + words.replace("\n", "\r\n")).encode("ascii")


def maildir_name(letter: Letter) -> str:
    """A file name for the letter in a Maildir: the same on every attempt, another for any other letter."""
    programme = blake2b(letter.programme.encode(), digest_size=6).hexdigest()
    return f"{int(letter.written_at.timestamp())}.L{letter.id}P{programme}.relaybot"


# ------------------------------------------------------------------------------------------------- headers


def _headers(letter: Letter, header: Header) -> Iterator[tuple[str, str]]:
    """All headers but those about the MIME structure, encoded (ASCII), in the order they are sent."""
    title, via = _name(header.title), _name(letter.via)
    shown = f"{via} via {title}" if via else f"relaybot ({title})"
    sender = header.list_address if letter.listed and header.list_address else header.address
    replies = header.list_address if letter.listed and header.list_address else header.reply_to
    yield "From", _mailbox(shown, sender, "From")
    yield "To", _mailbox(_name(header.to_name), header.to, "To")
    if replies:
        yield "Reply-To", _mailbox("", replies, "Reply-To")
    yield "Subject", texts.encoded(_subject(letter, header), "Subject")
    yield "Date", format_datetime(header.date.astimezone(UTC))
    yield "Message-ID", header.message_id
    above = [one for one in dict.fromkeys((_id(header.root), _id(letter.thread))) if one]
    above = [one for one in above if one != header.message_id]
    if above:
        yield "In-Reply-To", above[-1]
        yield "References", " ".join(above)
    if letter.listed:
        yield from _list_headers(header)
    else:
        # Automatic in the sense of RFC 3834; a list's post is not, a person wrote it to everybody.
        yield "Auto-Submitted", "auto-replied" if letter.thread else "auto-generated"
        yield "X-Auto-Response-Suppress", "All"
    if header.unsubscribe:
        yield "List-Unsubscribe", f"<mailto:{_uri(header.unsubscribe)}?subject=unsubscribe>"
    yield "X-Relaybot-Loop", texts.line(header.loop, ID_CHARS)


def _list_headers(header: Header) -> Iterator[tuple[str, str]]:
    """What makes a mail a list's (RFC 2369, RFC 2919); no archive, there is none."""
    address = _ascii(header.list_address or header.address)
    local, _, domain = address.rpartition("@")
    name = re.sub(r"[^A-Za-z0-9-]+", "-", local).strip("-")
    yield "List-Id", texts.phrase(_name(header.title), f"<{name}.{domain}>", "List-Id")
    yield "List-Post", f"<mailto:{_uri(address)}>"
    yield "List-Help", f"<mailto:{_uri(header.address)}?subject=help>"
    yield "Precedence", "list"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"


def _subject(letter: Letter, header: Header) -> str:
    """The given subject or the first sentence that says something, and the id of what it is about."""
    given = texts.line(letter.subject, SUBJECT_CHARS)
    subject = given or texts.first_sentence(letter.text) or texts.line(header.title, NAME_CHARS)
    tag = f"[{letter.about}]"
    if letter.about[:1] not in {"A", "M", "S", "H", "P"} or tag.lower() in subject.lower():  # D: a mere question
        return subject
    return texts.line(f"{subject}  {tag}", SUBJECT_CHARS + len(tag) + 2)


def _name(given: str) -> str:
    """A name as it is shown in a header: one line, single spaces."""
    return texts.line(" ".join(texts.clean(given).split()), NAME_CHARS)


_PLAIN = re.compile(r"[A-Za-z0-9_+=-]+(?:\.[A-Za-z0-9_+=-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")  # nothing to quote


def _mailbox(name: str, address: str, header: str) -> str:
    """A name and an address as RFC 5322 3.4 writes them."""
    spec = _ascii(address)
    try:
        spec = spec if _PLAIN.fullmatch(spec) else Address(addr_spec=spec).addr_spec
    except (ValueError, IndexError, MessageError) as wrong:
        raise Undeliverable(f"not a mail address: {type(wrong).__name__}") from wrong
    return texts.phrase(name, f"<{spec}>", header) if name else spec


def _ascii(address: str) -> str:
    """The address with its domain as DNS knows it (IDNA 2008)."""
    local, at, domain = address.rpartition("@")
    if len(address) > ADDRESS_CHARS:
        raise Undeliverable("a mail cannot be written to this address: it is too long")
    if not at or not texts.printable(local):
        raise Undeliverable("a mail cannot be written to this address: letters outside ASCII before the @")
    if domain.isascii():
        return address
    try:
        known = validate_email(f"x@{domain}", check_deliverability=False, globally_deliverable=False)
        return f"{local}@{known.ascii_domain}"
    except EmailNotValidError as wrong:
        raise Undeliverable("a mail cannot be written to this address: its domain is not one") from wrong


def _uri(address: str) -> str:
    """An address inside a mailto URI (RFC 6068)."""
    return quote(_ascii(address), safe="@!$*+'=^`{|}~")


_ID = re.compile(f"<[!-;=?-~]{{1,{ID_CHARS}}}>")


def _id(given: str) -> str:
    """A Message-ID, "" for what is none: others' ids are passed on and must not bring anything else along."""
    return given if _ID.fullmatch(given) else ""


class _AsGiven(EmailPolicy):
    """Headers are given encoded, and are folded at spaces and nowhere else.

    The library's own folding decodes and encodes again: it breaks long ids into encoded words, and others' words in a
    header are read as if they were markup. Only the names of files are the library's (RFC 2231).
    """

    def header_store_parse(self, name: str, value: str) -> tuple[str, str]:
        """Keep a header as it is given; raises ValueError unless it is one line of printable ASCII."""
        if name.lower() == "content-disposition":
            return super().header_store_parse(name, value)
        if not texts.printable(value, spaces=True):
            raise ValueError(f"{name} has characters that no header may have")
        return name, value

    def fold(self, name: str, value: str) -> str:
        """The header's lines; those with URIs stay on one line, some signers and readers need that."""
        if name.lower() == "content-disposition":
            return str(super().fold(name, value))
        columns = 0 if name.lower().startswith("list-") and "mailto:" in value else HEADER_COLUMNS
        return texts.folded(f"{name}: {value}", columns)

    def fold_binary(self, name: str, value: str) -> bytes:
        """The header's lines as bytes."""
        return self.fold(name, value).encode("ascii")


_AS_GIVEN = _AsGiven(linesep="\r\n", cte_type="7bit", max_line_length=HEADER_COLUMNS)

# --------------------------------------------------------------------------------------------------- parts


def _elements(letter: Letter, header: Header) -> tuple[str, ...]:
    """The letter's text with the reply address where the core could only leave a mark for it."""
    return tuple(part.replace(REPLY_HERE, header.reply_to or header.address) for part in letter.text)


def _put_text(part: EmailMessage, text: str) -> None:
    """The letter's words."""
    encoding, words = _transfer(text)
    part["Content-Type"] = TEXT
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(words)


def _transfer(text: str) -> tuple[str, str]:
    """How words travel, and they so: quoted-printable where anything on the way could change them (RFC 2045 6.7)."""
    lines = text.split("\n")
    if text.isascii() and all(len(line) <= HEADER_COLUMNS and not line.startswith("From ") for line in lines):
        return "7bit", text
    return "quoted-printable", _quoted(text)


def _quoted(text: str) -> str:
    """Quoted-printable, with "From " at the start of a line hidden from mailboxes that would put a ">" there."""
    octets = text.encode().decode("latin-1")
    room = QUOTED_COLUMNS - 2 if "From " in text else QUOTED_COLUMNS
    lines = body_encode(octets, maxlinelen=room).split("\n")
    return "\n".join("=46" + line[1:] if line.startswith("From ") else line for line in lines)


def _words(letter: Letter, calendar: Attachment | None, boundary: str) -> EmailMessage:
    """The first part: the words, and where there are dates, the same for programs that keep a calendar (RFC 6047)."""
    text = EmailMessage(_AS_GIVEN)
    _put_text(text, texts.body(letter.text))
    if calendar is None:
        return text
    both = EmailMessage(_AS_GIVEN)
    both.make_alternative(boundary=boundary)
    both.attach(text)
    dates = EmailMessage(_AS_GIVEN)
    dates["Content-Type"] = f"text/calendar; charset=utf-8; method={method(letter.invitations[0])}"
    dates["Content-Transfer-Encoding"] = "base64"
    dates.set_payload(encodebytes(calendar.data).decode())
    both.attach(dates)
    return both


def _calendars(letter: Letter, header: Header) -> Iterator[Attachment]:
    """The letter's dates as files: one for those asked for, one for those called off, if there are both."""
    groups: dict[str, list[Invitation]] = {}
    for one in letter.invitations:
        groups.setdefault(method(one), []).append(one)
    name = re.sub(r"[^A-Za-z0-9-]", "", letter.about) or "invitation"
    for number, dates in enumerate(groups.values()):
        data = invitation(
            dates,
            organizer=_ascii(header.organizer or header.reply_to or header.address),
            attendee=_ascii(header.to),
            programme=letter.programme,
            domain=header.domain,
            stamp=header.date,
        )
        yield Attachment(f"{name}-{number + 1}.ics" if number else f"{name}.ics", "application/ics", data)


def _file(file: Attachment) -> EmailMessage:
    """A file, to be saved and never shown in the letter's place."""
    part = EmailMessage(_AS_GIVEN)
    main, kind = _media_type(file.media_type)
    part.set_content(file.data, maintype=main, subtype=kind, disposition="attachment", filename=_safe(file.name))
    return part


_MEDIA = re.compile(r"(application|audio|font|image|model|text|video)/([a-z0-9][a-z0-9!#$&^_.+-]{0,80})")


def _media_type(given: str) -> tuple[str, str]:
    """What a file says it is, "application/octet-stream" for what a mail program would open by itself or misread."""
    found = _MEDIA.fullmatch(given.lower())
    if found is None or found[0] in {"text/calendar", "text/html"}:
        return "application", "octet-stream"
    return found[1], found[2]


def _safe(name: str) -> str:
    """A file name without folders, hidden beginnings and characters that a file system or a shell may stumble over."""
    last = re.split(r"[/\\]", texts.line(name, 4 * FILE_NAME_CHARS))[-1]
    bare = re.sub(r'[<>:"|?*]', "_", last).strip(". -")
    if len(bare) > FILE_NAME_CHARS:
        stem, dot, ending = bare.rpartition(".")
        keep = f"{dot}{ending}" if stem and len(ending) <= 8 else ""
        bare = bare[: FILE_NAME_CHARS - len(keep)] + keep
    return bare or "file"
