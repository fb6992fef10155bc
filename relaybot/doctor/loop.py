"""A mail of our own through the real path: handed to the sending server, awaited where relaybot receives.

It shows the delay, whether what stands behind "+" survives, and what the servers on the way wrote into it.
"""

from __future__ import annotations

import asyncio
import base64
import imaplib
import logging
import re
import secrets
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parsedate_to_datetime
from io import BytesIO
from pathlib import Path
from typing import IO

from adapters.letters import Bounce, Own, read
from adapters.letters_auth import HEADER, authentic
from adapters.letters_mime import Headers, split_headers
from adapters.mail_imap import envelope
from adapters.mail_outbox import Fate, Parcel
from adapters.mail_receive import LATER, TAKEN, Door
from adapters.mail_send import Smtp
from adapters.mail_settings import MailSettings
from relaybot.doctor.links import Eye, server
from relaybot.doctor.report import Report
from relaybot.ports import Misconfigured

ABOUT = "loop mail"
MARK = "X-Relaybot-Doctor"
HEAD_BYTES = 256 * 1024
POLL_SECONDS = 2.0
SKEW_SECONDS = 120.0
PLUS = "a mail server in between has to deliver address+anything to the address (Postfix: recipient_delimiter = +)"


@dataclass(frozen=True, slots=True)
class Probe:
    """The mail that is sent."""

    token: str
    sender: str  # relaybot+doctor@domain: whatever bounces comes back to it
    to: str
    message_id: str
    data: bytes
    forged: str  # a name in trusted_authserv that we put into it, "" where there is none


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail that has our token in it, and how it came."""

    raw: bytes
    sender: str
    recipient: str
    seconds: float  # since it was sent
    at: datetime


async def look(settings: MailSettings, wait_seconds: float, report: Report) -> list[tuple[str, str]]:
    """Send one, wait for it, say what came; returns the DKIM signatures on it as (domain, selector)."""
    probe = write(settings)
    smtp = Smtp(server(settings))
    try:
        async with _waiting(settings, probe) as arrivals:
            began = time.monotonic()
            fate = await smtp.send(Parcel(BytesIO(probe.data), probe.sender, probe.to, "", "", False), lambda: True)
            if not _left(fate, settings, report):
                return []
            try:
                async with asyncio.timeout(wait_seconds):
                    found = await _awaited(arrivals, probe, settings, began)
            except TimeoutError:
                _nothing(settings, probe, wait_seconds, report)
                return []
    except (Misconfigured, OSError) as problem:
        report.fail(ABOUT, f"cannot be awaited: {problem}", "mend [mail] receive")
        return []
    finally:
        await smtp.close()
    return _came(found, probe, settings, report)


def write(settings: MailSettings) -> Probe:
    """The mail, with an address of the same make as those of letters."""
    token = base64.b32encode(secrets.token_bytes(17)).decode().lower()[:26]
    user, _, domain = settings.address.rpartition("@")
    sender, to = f"{user}+doctor@{domain}", f"{user}+doctor.{token}@{domain}"
    message_id = f"<{token}.doctor@{settings.own_domain}>"
    forged = next(iter(settings.trusted_authserv), "")
    mail = EmailMessage()
    if forged:  # whoever believes a server has to know that it takes out what others wrote in its name
        mail[HEADER] = f"{forged}; none ({token})"
    mail["From"] = f"relaybot doctor <{settings.address}>"
    mail["To"] = to
    mail["Subject"] = "relaybot doctor: does mail come round?"
    mail["Message-ID"], mail["Date"] = message_id, format_datetime(datetime.now(UTC))
    mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"] = "auto-generated", "All"
    mail[MARK] = token
    mail.set_content("This mail was sent by relaybot doctor to its own address. Nothing has to be done about it.\n")
    data = re.sub(rb"\r?\n", b"\r\n", mail.as_bytes())
    return Probe(token, sender, to, message_id, data, forged)


def _left(fate: Fate, settings: MailSettings, report: Report) -> bool:
    """Whether the mail is on its way."""
    if fate.outcome in ("sent", "unsure"):
        return True
    if fate.outcome == "undeliverable":
        report.fail(ABOUT, f"the sending server refuses {settings.address} with a + in it: {fate.reason}", PLUS)
    elif fate.outcome == "later":
        report.warn(
            ABOUT, f"the sending server wants it later: {fate.reason}", "try again in ten minutes (greylisting?)"
        )
    else:
        report.fail(ABOUT, f"it could not be sent: {fate.reason}", "see what the sending server's log says")
    return False


def _nothing(settings: MailSettings, probe: Probe, seconds: float, report: Report) -> None:
    way = "the mailbox" if settings.receive.imap is not None else "our port"
    report.fail(
        ABOUT,
        f"was sent to {probe.to}, and nothing came to {way} within {seconds:g} s",
        f"look for {probe.message_id} in the mail server's queue and log: is it routed to relaybot, with + too?",
    )


# ------------------------------------------------------------------------------------------- waiting


@asynccontextmanager
async def _waiting(settings: MailSettings, probe: Probe) -> AsyncIterator[asyncio.Queue[tuple[bytes, str, str]]]:
    """Receive as relaybot would; gives (mail, envelope sender, recipient) of every mail with our token in it."""
    arrivals: asyncio.Queue[tuple[bytes, str, str]] = asyncio.Queue()
    if settings.receive.imap is not None:
        task = asyncio.create_task(_poll(settings, probe, arrivals))
        try:
            yield arrivals
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return

    async def take(mail: bytes | IO[bytes], sender: str, recipient: str) -> str:
        head = mail[:HEAD_BYTES] if isinstance(mail, bytes) else b""  # ours is small
        if probe.token.encode() not in head.lower():
            return LATER  # somebody's mail to relaybot: the mail server keeps it until relaybot runs
        arrivals.put_nowait((head, sender, recipient))
        return TAKEN

    host, port = settings.receive.listen()
    with tempfile.TemporaryDirectory(prefix="relaybot-doctor-") as folder:
        # Every recipient is "known", because a refusal would send other people's mail back to them.
        door = Door(bool(settings.receive.lmtp), host, port, settings.own_domain, Path(folder), lambda to: True, take)
        await door.start()
        try:
            yield arrivals
        finally:
            await door.stop()


async def _poll(settings: MailSettings, probe: Probe, arrivals: asyncio.Queue[tuple[bytes, str, str]]) -> None:
    assert settings.receive.imap is not None
    eye = Eye(settings.receive.imap)
    user = settings.address.partition("@")[0].lower()
    try:
        while True:
            try:
                raw = await asyncio.to_thread(eye.find, probe.message_id)
            except (OSError, imaplib.IMAP4.error) as problem:
                logging.getLogger(__name__).info("the mailbox could not be read: %s", problem)
                raw = None
                eye.leave()
            if raw is not None:
                arrivals.put_nowait((raw, *envelope(raw, lambda to: to.lower().startswith(user) or None)))
                return
            await asyncio.sleep(POLL_SECONDS)
    finally:
        eye.leave()


async def _awaited(
    arrivals: asyncio.Queue[tuple[bytes, str, str]], probe: Probe, settings: MailSettings, began: float
) -> Arrived | Bounce:
    """Our mail, or the report that it cannot be delivered; a mere delay is no end."""
    own = Own(settings.address, (), settings.own_domain, ())
    while True:
        raw, sender, recipient = await arrivals.get()
        headers = split_headers(raw, complete=True)[0]
        if probe.token in headers.text(MARK.lower()):
            return Arrived(raw, sender, recipient, time.monotonic() - began, datetime.now(UTC))
        came_back = read(raw, sender, own)
        if isinstance(came_back, Bounce) and came_back.permanent:
            return came_back


# ---------------------------------------------------------------------------------------- what came


def _came(found: Arrived | Bounce, probe: Probe, settings: MailSettings, report: Report) -> list[tuple[str, str]]:
    if isinstance(found, Bounce):
        report.fail(ABOUT, f"came back as undeliverable: {found.reason}", PLUS)
        return []
    report.ok(ABOUT, f"sent, and here after {found.seconds:.2f} s")
    if probe.token in found.recipient.lower():
        report.ok("reply address", f"what stands behind + survives ({found.recipient})")
    else:
        told = f"{probe.to} arrived for {found.recipient}" if found.recipient else "nothing says for whom it came"
        report.fail("reply address", f"what stands behind + is lost: {told}", PLUS)
    headers = split_headers(found.raw, complete=True)[0]
    _clock(headers, found.at, report)
    _results(headers, probe, settings, report)
    return signatures(headers)


def signatures(headers: Headers) -> list[tuple[str, str]]:
    """(domain, selector) of each DKIM-Signature (RFC 6376 section 3.5)."""
    found = []
    for value in headers.raw("dkim-signature")[:10]:
        pairs = {key.strip(): rest.strip() for key, _, rest in (part.partition("=") for part in value.split(";"))}
        if pairs.get("d") and pairs.get("s"):
            found.append((pairs["d"].lower(), pairs["s"]))
    return found


def _clock(headers: Headers, at: datetime, report: Report) -> None:
    """The topmost Received was written a moment ago (RFC 5321 section 4.4)."""
    stamps = [value.rpartition(";")[2].strip() for value in headers.raw("received")[:1]]
    try:
        skew = (parsedate_to_datetime(stamps[0]) - at).total_seconds() if stamps else None
    except (ValueError, TypeError):
        skew = None
    if skew is None:
        return
    if abs(skew) > SKEW_SECONDS:
        do = "let both clocks be set by NTP: calendars and signatures live by them"
        report.warn("clock", f"the mail server's differs from ours by {skew:+.0f} s", do)
    else:
        report.ok("clock", f"agrees with the mail server's ({skew:+.0f} s)")


def _results(headers: Headers, probe: Probe, settings: MailSettings, report: Report) -> None:
    """Authentication-Results (RFC 8601): who wrote some, whether we believe them, whether forged ones survive."""
    about = "Authentication-Results"
    values = [value for value in headers.raw(HEADER) if probe.token not in value]
    servers = [value.replace(";", " ").split()[0].lower() for value in values if value.replace(";", " ").split()]
    forged = len(values) < len(headers.raw(HEADER))
    trusted = tuple(name.lower() for name in settings.trusted_authserv)
    if forged:
        report.warn(
            about,
            f"one that we wrote ourselves in the name of {probe.forged} was let through",
            f"let {probe.forged} take out such headers that come with a mail, or empty trusted_authserv:"
            " else anybody can write as anybody",
        )
    if not servers:
        told = "no server wrote any" + (f", and {', '.join(trusted)} is to be believed" if trusted else "")
        do = "mail from outside may have them; relaybot asks for a confirmation where it has not"
        report.warn(about, told, do) if trusted else report.ok(about, f"{told}; replies prove who writes")
        return
    if servers[0] not in trusted:
        do = f'if {servers[0]} is your own server and takes out forged ones: trusted_authserv = ["{servers[0]}"]'
        if trusted:
            report.warn(about, f"come from {servers[0]}, which is not in trusted_authserv", do)
        else:
            report.ok(about, f"come from {servers[0]}; none is believed ({do})")
        return
    real = Headers([line for line in headers.lines if probe.token.encode() not in line[1]])
    domain = settings.address.rpartition("@")[2].lower()
    verdict = authentic(real, domain, trusted)
    if verdict is False:
        do = "our own letters fail DMARC: see SPF and DKIM"
        report.fail(about, f"{servers[0]} is believed and says dmarc=fail about {domain}", do)
    elif verdict is None:
        do = "have it check DMARC (OpenDMARC, rspamd); mail to ourselves may be left out of the check"
        report.warn(about, f"{servers[0]} is believed, but says nothing about DMARC", do)
    else:
        report.ok(about, f"{servers[0]} is believed and says dmarc=pass")
