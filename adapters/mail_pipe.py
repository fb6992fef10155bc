"""`relaybot mail-in`: a mail server's pipe command hands one mail to the running relaybot, which decides.

Standard library only, so that it starts quickly. The exit code is what mail servers know from sysexits.h: 0 taken,
75 try again later (relaybot is down, the disk is full), 67 no such address, 65 this mail never (too large).
"""

from __future__ import annotations

import os
import re
import smtplib
from collections.abc import Mapping
from typing import BinaryIO

EX_OK, EX_DATAERR, EX_NOUSER, EX_TEMPFAIL = 0, 65, 67, 75
MAIL_BYTES_MAX = 25 * 1024 * 1024
TIMEOUT_SECONDS = 120.0
_LINE_END = re.compile(rb"\r\n|\n|\r")


def hand_in(stream: BinaryIO, host: str, port: int, *, lmtp: bool, sender: str, recipient: str) -> int:
    """Read a mail to its end and hand it to the listener at host:port; the exit code."""
    raw = stream.read(MAIL_BYTES_MAX + 1)
    if len(raw) > MAIL_BYTES_MAX:
        return EX_DATAERR
    # Commands get mails with the system's line ends; dots are doubled after whole ones only.
    raw = _LINE_END.sub(b"\r\n", _without_envelope_line(raw))
    kind = smtplib.LMTP if lmtp else smtplib.SMTP
    options = () if (sender + recipient).isascii() else ("SMTPUTF8",)
    try:
        with kind(host, port, local_hostname="localhost", timeout=TIMEOUT_SECONDS) as client:
            client.sendmail(sender, [recipient], raw, options)
    except smtplib.SMTPRecipientsRefused as refused:
        return _code([code for code, _ in refused.recipients.values()], EX_NOUSER)
    except smtplib.SMTPResponseException as refused:
        return _code([refused.smtp_code], EX_DATAERR)
    except (OSError, smtplib.SMTPException):
        return EX_TEMPFAIL
    return EX_OK


def envelope(environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """Sender and recipient from what Postfix, Exim and qmail give a command; "" where they say nothing."""
    recipient = environment.get("ORIGINAL_RECIPIENT") or environment.get("RECIPIENT") or ""
    if not recipient and environment.get("LOCAL_PART") and environment.get("DOMAIN"):  # Exim
        suffix = environment.get("LOCAL_PART_SUFFIX", "")
        recipient = f"{environment['LOCAL_PART']}{suffix}@{environment['DOMAIN']}"
    sender = environment.get("SENDER", "")
    return ("" if sender in ("<>", "MAILER-DAEMON") else sender), recipient


def _code(replies: list[int], never: int) -> int:
    return never if replies and all(code >= 500 for code in replies) else EX_TEMPFAIL


def _without_envelope_line(raw: bytes) -> bytes:
    """Some servers put mbox's "From sender date" on top."""
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw
