"""Who wrote a mail, as its From lines say: names and addresses made fit for showing and comparing. Believes nothing."""

from __future__ import annotations

import re
from email import policy
from email.utils import parseaddr

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from adapters.letters_charset import header_text, one_line
from adapters.letters_mime import VALUE_BYTES, Headers

NAME_CHARACTERS = 60
ADDRESS_CHARACTERS = 254  # RFC 5321 4.5.3.1.3
MAILBOXES = 50
ANGLED = re.compile(r"<([^<>\s@]{1,64}@[^<>\s@]{1,255})>")
BARE = re.compile(r"(?<![\w.+@-])[\w.+=/-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,10}(?![\w@-])")
SIMPLE = re.compile(  # as most people's are, with nothing in them that could be read in two ways
    r" ?(?:([A-Za-z0-9]+(?: [A-Za-z0-9]+)*) )?<(?=[^@]{1,64}@[^>]{1,255}>)"
    r"([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)>"
)
DIRECTIONS = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069]")  # would turn round what stands beside them


def checked(address: str) -> ValidatedEmail | None:
    """An address as email-validator reads it, without asking the network; None where it is none."""
    if len(address) > ADDRESS_CHARACTERS:
        return None
    try:
        return validate_email(
            address, check_deliverability=False, globally_deliverable=False, test_environment=True, strict=False
        )
    except (EmailNotValidError, ValueError, UnicodeError):
        return None


def normal(address: str) -> str:
    """The form of an address in which it is compared and stored; "" where it is none."""
    found = checked(address.strip())
    return found.normalized if found else ""


def mailboxes(headers: Headers, name: str) -> list[tuple[str, str]]:
    """(shown name, address as written) of every mailbox of a header, groups opened, in order."""
    if name not in headers.memo:
        found: list[tuple[str, str]] = []
        for value in headers.raw(name)[:MAILBOXES]:
            found += _mailboxes(value) if len(found) < MAILBOXES else []
        headers.memo[name] = found[:MAILBOXES]
    return headers.memo[name]


def _mailboxes(value: str) -> list[tuple[str, str]]:
    if simple := SIMPLE.fullmatch(value):
        return [(simple[1] or "", simple[2])]
    try:
        parsed = policy.default.header_factory("from", value[:VALUE_BYTES])
        found = [(str(one.display_name), f"{one.username}@{one.domain}") for one in parsed.addresses if one.domain]
    except Exception:  # it raises half a dozen things, RecursionError too, for what people send
        found = []
    loose = ANGLED.findall(value)
    if len(found) == 1 and not found[0][0]:
        found = [(parseaddr(value[:VALUE_BYTES])[0], found[0][1])]  # "ana@x (Ana)"
    elif len(loose) == 1 and value.count("@") == 1 and ":" not in value and any(checked(one) for _, one in found):
        # One mailbox, whatever its name consists of: an unquoted comma, a character cut in two by encoded words.
        return [(_unquoted(value.partition("<")[0]), loose[0])]
    if any(checked(address) for _, address in found):
        return found
    # What the strict reader cannot read: "Name <a@b>" with an unquoted dot, comma or raw bytes in the name.
    if len(loose) == 1:
        return [(_unquoted(value.partition("<")[0]), loose[0])]
    if not loose:
        bare = BARE.findall(value)
        if len(bare) == 1:
            return [(parseaddr(value)[0] if len(value) < 300 else "", bare[0])]
    return found


def _unquoted(name: str) -> str:
    """A name as it stands in a header, decoded, without its quotation marks."""
    return re.sub(r"\\(.)", r"\1", header_text(name).strip().strip('"'))


def shown_name(name: str, address: str) -> str:
    """A name to greet with: printable, short; made of the address where there is none."""
    text = one_line(DIRECTIONS.sub("", name))
    text = "".join(character for character in text if character.isprintable()).strip(" \"'")
    if not text or "@" in text:
        text = re.sub(r"[._+-]+", " ", address.partition("@")[0].partition("+")[0]).strip() or address
    return text[:NAME_CHARACTERS].strip()


def from_domain(headers: Headers) -> str:
    """The domain of the only From address, ASCII, lower case; "" where there is more than one, or none.

    Whoever writes two From lines or two addresses wants one reader to see one and another the other.
    """
    values = headers.raw("from")
    found = mailboxes(headers, "from")
    whole = checked(found[0][1]) if len(values) == len(found) == 1 else None
    if whole is None:
        return ""
    written = {address.rpartition("@")[2].lower() for address in BARE.findall(header_text(values[0]))}
    one = written <= {found[0][1].rpartition("@")[2].lower()}  # a second address may hide in the name or a comment
    return (whole.ascii_domain or "").lower() if one else ""
