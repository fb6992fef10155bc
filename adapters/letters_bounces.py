"""Mail of ours that came back: who it did not reach, for good or for now, and why.

The standard report first (RFC 3464), then flufl.bounce, which knows the servers that have their own, then plain signs.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import policy

from flufl.bounce import all_failures

from adapters.letters_body import MESSAGES, part_text
from adapters.letters_charset import body_bytes, one_line
from adapters.letters_mime import HEADER_BYTES, Headers, Part, TooMuch, encoding, split_headers
from adapters.letters_people import BARE, mailboxes, normal

RECIPIENTS = 20
REASON_CHARACTERS = 200
STATUS_BYTES = 64 * 1024
SCAN_BYTES = 64 * 1024  # of a report; what matters stands at its beginning
SCAN_LINES = 400
LINE_CHARACTERS = 1_000  # RFC 5322 2.1.1
NAMED = 100  # addresses that are looked at
REACHED = ("delivered", "relayed", "expanded")
STATUSES = ("message/delivery-status", "message/global-delivery-status")

DAEMON = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|mailerdaemon|postmaster|mmdf|uucp|smtp-?daemon|double-bounce|bounce-?notification)[^@]*(?:@|$)",
    re.IGNORECASE,
)
DAEMON_NAME = re.compile(
    r"mail delivery (?:sub)?system|mailer.daemon|system administrator|mail administrator|mail router|postmaster|"
    r"mail system|delivery notification|message delivery|internet mail",
    re.IGNORECASE,
)
FAILED_SUBJECT = re.compile(
    r"""^\W*(?:returned\ mail | undeliver(?:able|ed) | undelivered\ mail | failure\ notice | mail\ delivery\ (?:fail|status|problem|report|error)
      | delivery\ (?:status\ )?(?:notification|failure|failed|report|problem|error|delayed|has\ failed) | mail\ (?:system\ )?error
      | mail\ could\ not\ be\ delivered | message\ (?:could\ not\ be\ delivered|delivery|status|undeliverable)|nondeliver|non[ -]deliver
      | (?:your\ )?(?:e-?mail|message|mail)\ (?:was\ |has\ been\ |could\ )?(?:not\ )?(?:be\ )?(?:returned|rejected|refused|bounced|undeliver)
      | warning:\ (?:could\ not\ send|message|e-?mail|delayed) | delayed\ mail | rejected\ (?:mail|posting) | (?:user|address|host)\ unknown
      | (?:permanent\ )?(?:delivery\ )?failure | error\ sending | could(?:\ not|n't)\ (?:deliver|send) | not\ delivered | bounce[d]?\b
      | unzustellbar | nicht\ zustellbar | zustellung | non\ remis | échec | retour\ de\ courrier | non\ recapit | mancata\ consegna
      | correo\ (?:no\ entregado|devuelto) | no\ se\ puede\ entregar | devuelto | onbestelbaar | niet\ afgeleverd | não\ entregue
      | oavleverat | недоставлен | не\ доставлен | 配信不能 | 配信エラー | 送信エラー | メールエラー | 配信できません | 退信 | 반송 | email\ bounce | automatic(?:ally)?\ rejected )
      | ^(?!\s*(?:re|aw|sv|fwd?|wg|tr|antw|rv|enc|i)\s*:).*\b(?:delivery\ failed|delivery\ failure|non\ remis|undeliverable)\b""",
    re.IGNORECASE | re.VERBOSE,
)
FAILED_TEXT = re.compile(
    r"""could(?:\ not|n't)\ be\ (?:delivered|sent|reached) | (?:was|is|has\ been|were)\ (?:not\ (?:been\ )?delivered|rejected|undeliverable|returned)
      | (?:un|not\ )able\ to\ deliver | deliver(?:y|ing)\ .{0,60}?(?:fail|error|problem|delayed) | failed\ .{0,30}?deliver | undeliverable
      | (?:permanent|fatal)\ (?:fatal\ )?error | user\ unknown | unknown\ user | no\ such\ user | mailbox\ (?:is\ )?(?:full|unavailable|not\ found)
      | did\ not\ reach | transcript\ of\ session | error\ (?:while\ )?(?:delivering|trying\ to\ deliver|has\ occurred\ while)
      | following\ (?:recipient|address)e?s?\b.{0,40}?(?:fail|reject|reach) | reject(?:ed)?\ by | \b5[05]\d[ -](?:5\.\d\.\d|\#?<|.{0,40}?@)
      | 送信でき | 送信に失敗 | 配信でき | отправк\w+\ .{0,40}не | не\ (?:может\ быть|было)\ достав""",
    re.IGNORECASE | re.VERBOSE,
)
# Where the report ends and the mail it is about begins.
ORIGINAL = re.compile(
    r"""^\s*(?:(?:received|return-path|message-id|mime-version|delivered-to|dkim-signature|x-[\w-]+):
      | [-=_\s*]*(?:original\ (?:message|mail|header)|returned\ message|unsent\ message|below\ (?:this\ line\ )?is\ a\ copy|below\ this\ line
      | message\ headers?\ follow|(?:this\ is\ )?a?\ ?copy\ of\ (?:the|your)|(?:start|begin)\ of\ (?:returned|message)|bounced\ e-?mail
      | headers?\ of\ (?:the\ )?(?:original|message)|the\ (?:header|first|message\ header|original\ message)\b|the\ text\ (?:you|of)|undelivered\ message) )""",
    re.IGNORECASE | re.VERBOSE,
)
LED = re.compile(
    r"(?:recipients?|address(?:es)?|users?|mailbox|rcpt\ to|to|for|an|failed|follow\w*)\W*$", re.IGNORECASE
)
CODE = re.compile(r"(?<![\d./-])([245])(?:\.\d{1,3}\.\d{1,3}(?![\d.])|[0-5]\d(?=[ #:]|-\d\.|-[A-Za-z]))")
CODE_LINE = re.compile(r"\s*[45]\d\d[ -]\W*$")
BOUNCES_TO = re.compile(r"-bounces?@|^bounces?[+-]|\+b\.[a-z2-7]{26}", re.IGNORECASE)
ID_LIKE = re.compile(r"[\w.-]*\d{10}[\w.-]*@")  # a Message-ID, not an address
FOR_NOW = re.compile(
    r"warning|delayed|will (?:be )?(?:retr|continue|keep)|still (?:trying|being)|not (?:yet )?been delivered yet|temporar|try again later|"
    r"no need to resend|do not need to resend|deferred",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """What a report says. `reached`: it only tells that all went well."""

    addresses: tuple[str, ...]
    permanent: bool
    reason: str
    reached: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One recipient's block of a report (RFC 3464 2.3)."""

    address: str
    action: str
    status: str
    diagnostic: str


def failure(raw: bytes, root: Part, envelope_sender: str) -> Failure | None:
    """What came back, or None for a mail that is no report about one of ours."""
    signs = _signs(root.headers, envelope_sender)
    report = _report_type(root)
    told = list(_told(raw, root)) if report or signs else []
    if told:
        return _settled(told)
    if not signs and not report and "x-failed-recipients" not in root.headers:
        return None
    text = _text(raw, root)
    lines = [line[:LINE_CHARACTERS] for line in text.split("\n")[:SCAN_LINES]]
    end = next((number for number, line in enumerate(lines) if ORIGINAL.match(line)), len(lines))
    said = "\n".join(lines[:end])
    found, lasting = _by_library(raw)
    returned = end < len(lines) or any(part.kind in (*MESSAGES, "text/rfc822-headers") for part in _own_parts(root))
    if not found and not _plainly(root.headers, signs, report, said, returned):
        return None
    found = _not_ours(found, root.headers) or _named(root, said, lines[end:]) or found
    return Failure(tuple(found[:RECIPIENTS]), _permanent(said, root.headers, lasting), _reason(said))


def _signs(headers: Headers, envelope_sender: str) -> set[str]:
    """What makes a mail look like a server's report before its text is read."""
    signs = set()
    sender = " ".join(headers.raw("from"))
    return_path = headers.text("return-path").strip("<> ").lower()
    if envelope_sender.strip("<>") == "" or ("return-path" in headers and not return_path) or DAEMON.match(return_path):
        signs.add("null")
    if any(BOUNCES_TO.search(address) for _, address in mailboxes(headers, "to")):
        signs.add("null")  # nobody writes to such an address, servers do
    names = mailboxes(headers, "from")
    if sender.strip() == "<>":
        signs.add("null")
    if any(DAEMON.match(address) or DAEMON_NAME.search(name) for name, address in names) or (
        not names and (DAEMON.search(sender) or DAEMON_NAME.search(sender))
    ):
        signs.add("daemon")
    if FAILED_SUBJECT.search(headers.text("subject")):
        signs.add("subject")
    return signs


def _plainly(headers: Headers, signs: set[str], report: str, said: str, returned: bool) -> bool:
    """Whether a mail in which no library found an address is a report all the same; `returned`: our mail is in it."""
    if report == "delivery-status" or "x-failed-recipients" in headers or len(signs) >= 2:
        return True
    return bool(signs and FAILED_TEXT.search(said)) and (returned or "null" in signs)


def _report_type(root: Part) -> str:
    return root.parameter("report-type").lower() or "unknown" if root.kind == "multipart/report" else ""


def _own_parts(root: Part) -> Iterator[Part]:
    """The report's parts, not those of the mail it returns."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        if part.kind not in MESSAGES:
            waiting.extend(reversed(part.children))


def _text(raw: bytes, root: Part) -> str:
    """What the report says in words."""
    pieces = [
        part_text(raw, part)[:SCAN_BYTES]
        for part in _own_parts(root)
        if not part.children and (part.kind in ("text/plain", "text/html") or part is root)
    ]
    return "\n".join(pieces[:5])[:SCAN_BYTES]


# ------------------------------------------------------------------------------------------ the standard report


def _told(raw: bytes, root: Part) -> Iterator[Told]:
    for part in _own_parts(root):
        if part.kind in STATUSES:
            data = body_bytes(raw[part.start : min(part.end, part.start + STATUS_BYTES)], encoding(part.headers))
            yield from _blocks(data)
        elif part.kind == "text/plain" and not part.children:
            text = part_text(raw, part)[:STATUS_BYTES]
            if "final-recipient:" in text.lower() and "action:" in text.lower():
                yield from _blocks(text.encode("utf-8", "replace"))


def _blocks(data: bytes) -> Iterator[Told]:
    """The recipients of a delivery-status body: groups of header lines between empty lines."""
    for number, block in enumerate(re.split(rb"\r?\n[ \t]*\r?\n", data)):
        if number > 4 * RECIPIENTS:
            return
        fields = re.sub(rb"^(?:(?![A-Za-z-]+:).*\n)+", b"", block.lstrip())  # words before the first field
        try:
            headers, _ = split_headers(fields[:HEADER_BYTES], True)
        except TooMuch:
            continue
        action = headers.text("action").lower().partition("(")[0].strip().partition(" ")[0]
        status = re.search(r"[245]\.\d{1,3}\.\d{1,3}", headers.text("status"))
        for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
            address = _address(headers.text(name))
            if address:
                diagnostic = headers.text("diagnostic-code").partition(";")[2].strip()
                yield Told(address, action, status[0] if status else "", diagnostic)
                break


def _address(value: str) -> str:
    """The address in "rfc822; a@b" (xtext and comments taken off), "" where there is none."""
    kind, semicolon, rest = value.partition(";")
    text = (rest if semicolon else kind).split(";")[0].strip().strip("<>").strip()
    if re.search(r"\+2B|\+3D", text) or "@" not in text:  # else a "+20" is the person's own: few servers encode
        text = re.sub(r"\+([0-9A-F]{2})", lambda hexed: chr(int(hexed[1], 16)), text)
    found = BARE.search(text)
    return normal(text) or (found[0] if found else "")


def _settled(told: list[Told]) -> Failure:
    """One answer from all blocks: those who failed for good, else those who did not get it yet."""
    lasting: list[Told] = []
    waiting: list[Told] = []
    for one in told:
        kind = one.status[:1] or _first_code(one.diagnostic)
        if one.action.startswith(("fail", "error")) or (not one.action and kind in ("4", "5")):
            (waiting if kind == "4" else lasting).append(one)
        elif one.action.startswith("delay"):
            waiting.append(one)
        elif one.action not in REACHED and kind != "2":
            lasting.append(one)
    chosen = lasting or waiting
    if not chosen:
        return Failure((), False, "", reached=True)
    reason = one_line(f"{chosen[0].status} {chosen[0].diagnostic or chosen[0].action}")
    addresses = tuple(dict.fromkeys(one.address for one in chosen))[:RECIPIENTS]
    return Failure(addresses, bool(lasting), reason[:REASON_CHARACTERS])


def _first_code(text: str) -> str:
    found = CODE.search(text)
    return found[1] if found else ""


# --------------------------------------------------------------------------------------------- other reports


def _by_library(raw: bytes) -> tuple[list[str], bool | None]:
    """flufl.bounce's answer: addresses, and whether they failed for good; it is given no more than it needs."""
    try:
        lines = raw[: 4 * SCAN_BYTES].split(b"\n")[: 5 * SCAN_LINES]
        message = email.message_from_bytes(b"\n".join(line[:LINE_CHARACTERS] for line in lines), policy=policy.compat32)
        for_now, for_good = all_failures(message)
    except Exception:  # detectors for servers of thirty years meet mails that nobody tried them with
        return [], None
    found = [address.decode("utf-8", "replace").strip("<> ") for address in sorted(for_good or for_now)]
    return [normal(address) or address for address in found if "@" in address], bool(for_good) if found else None


def _ours(headers: Headers) -> set[str]:
    """Addresses of the report's own sender and reader: not the ones that failed."""
    return {
        address.lower()
        for name in ("to", "from", "delivered-to", "reply-to", "envelope-to")
        for value in headers.raw(name)
        for address in BARE.findall(value)
    }


def _not_ours(found: list[str], headers: Headers) -> list[str]:
    """Addresses a library found, without those it took from the returned mail's own headers."""
    ours = _ours(headers) if len(found) > 1 else set()
    return [address for address in found if address.lower() not in ours and not ID_LIKE.match(address)]


def _named(root: Part, said: str, rest: list[str]) -> list[str]:
    """Addresses the text names as the ones that failed, the likeliest sort only."""
    headers = root.headers
    if "x-failed-recipients" in headers:
        return _all(BARE.findall(headers.text("x-failed-recipients")))
    ours = _ours(headers)
    ranked: dict[int, list[str]] = {1: [], 2: [], 3: []}
    for line in said.split("\n"):
        for match in BARE.finditer(line):
            if match[0].lower() in ours or DAEMON.match(match[0]) or sum(map(len, ranked.values())) > NAMED:
                continue
            before = line[: match.start()][-60:]
            first = not before.strip(" \t<>\"'(*-") or CODE_LINE.fullmatch(before) or LED.search(before)
            ranked[1 if first else 2 if CODE.search(line) else 3].append(match[0])
    returned = _sent_to(root, rest)
    known = {one.lower() for one in returned}
    for rank in (1, 2, 3):
        if ranked[rank]:
            both = [address for address in ranked[rank] if address.lower() in known]
            return _all(both if rank > 1 and both else ranked[rank])
    return _all(returned)


def _sent_to(root: Part, rest: list[str]) -> list[str]:
    """To whom the returned mail was written, by what is left of its headers."""
    for part in _own_parts(root):
        if part.kind in MESSAGES and part.children:
            return [address for _, address in mailboxes(part.children[0].headers, "to")]
    for line in rest[:200]:
        if line.lower().startswith(("to:", "x-original-to:")):
            return BARE.findall(line)
    return []


def _all(addresses: Iterable[str]) -> list[str]:
    """Each once, as they are compared."""
    return list(dict.fromkeys(normal(address) or address for address in list(addresses)[:NAMED]))


def _permanent(said: str, headers: Headers, lasting: bool | None) -> bool:
    """For good or for now: the last word has an enhanced code, then the words, then the library."""
    codes = {match[1] for match in CODE.finditer(said)} - {"2"}
    if len(codes) == 1:
        return codes == {"5"}
    if FOR_NOW.search(headers.text("subject")) or (not codes and FOR_NOW.search(said)):
        return False
    return True if lasting is None else lasting


def _reason(said: str) -> str:
    """The line that says why, as well as one can tell."""
    lines = [one_line(line) for line in said.split("\n")]
    for test in (CODE, FAILED_TEXT):
        for line in lines:
            if test.search(line):
                return line[:REASON_CHARACTERS]
    return next((line for line in lines if line), "came back")[:REASON_CHARACTERS]
