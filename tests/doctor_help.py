"""What tests of the doctor share: a DNS server, a mail server that hands everything on by LMTP, a way to read findings.

All real: dnspython builds the answers and UDP carries them, aiosmtpd takes the mail.
"""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from relaybot import config
from relaybot.doctor import Level, Report, Wishes, examine
from relaybot.doctor.names import SETTING
from tests.mail_help import HOST

DOMAIN = "lists.lab.test"
ADDRESS = f"relaybot@{DOMAIN}"
SENDS_FROM = "203.0.113.25"

Zone = Mapping[str, Mapping[str, list[str]] | str]

# A domain where everything is as it should be.
GOOD: dict[str, Mapping[str, list[str]] | str] = {
    DOMAIN: {"MX": [f"10 mx.{DOMAIN}."], "TXT": ['"v=spf1 ip4:203.0.113.0/24 -all"', '"other=thing"']},
    f"mx.{DOMAIN}": {"A": [SENDS_FROM]},
    f"_dmarc.{DOMAIN}": {"TXT": ['"v=DMARC1; p=quarantine"']},
    "25.113.0.203.in-addr.arpa": {"PTR": [f"mx.{DOMAIN}."]},
    f"key1._domainkey.{DOMAIN}": {"TXT": ['"v=DKIM1; p=MIGfMA0GCSq" "GSIb3DQEBA"']},
}


class _Answering(asyncio.DatagramProtocol):
    """Authoritative for everything: what is not in the zone does not exist."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Keep the socket."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """A question; "silent" never gets an answer, "servfail" gets that."""
        assert self._transport is not None
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        answer = dns.message.make_response(query)
        found = self._zone.get(name)
        if found == "silent":
            return
        if found == "servfail":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found is None and not any(known.endswith(f".{name}") for known in self._zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif isinstance(found, Mapping):
            records = found.get(dns.rdatatype.to_text(question.rdtype), [])
            if records:
                answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", question.rdtype, records))
        self._transport.sendto(answer.to_wire(), addr)


@contextlib.asynccontextmanager
async def dns_server(monkeypatch: pytest.MonkeyPatch, zone: Zone) -> AsyncIterator[None]:
    """A DNS server on the loopback, which the doctor is told to ask."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Answering(zone), (HOST, 0))
    monkeypatch.setenv(SETTING, f"{HOST}:{transport.get_extra_info('sockname')[1]}")
    try:
        yield
    finally:
        transport.close()


@dataclass
class Relay:
    """A mail server between us and us: what it does to mail on its way."""

    lmtp_port: int  # where it hands mail in
    above: bytes = b""  # header lines it puts on top
    plus: str = "kept"  # or "lost", "refused", "bounced"
    able: dict[str, Any] = field(default_factory=dict)  # aiosmtpd's settings
    port: int = 0
    replies: list[tuple[int, bytes]] = field(
        default_factory=list
    )  # of whoever is behind lmtp_port, to other people's mail

    async def handle_RCPT(self, _s: SMTP, _t: Session, envelope: Envelope, address: str, _o: list[str]) -> str:  # noqa: N802
        """A recipient."""
        if self.plus == "refused" and "+" in address:
            return "550 5.1.1 User unknown in virtual mailbox table"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, _s: SMTP, _t: Session, envelope: Envelope) -> str:  # noqa: N802
        """A mail, which goes on at once."""
        content, to = envelope.content, envelope.rcpt_tos[0]
        assert isinstance(content, bytes)
        if self.plus == "bounced":
            await asyncio.to_thread(self._hand, bounce(to, content), "", str(envelope.mail_from))
            return "250 ok"
        if self.plus == "lost":
            to = ADDRESS
        await asyncio.to_thread(self._hand, self.above + content, str(envelope.mail_from), to)
        return "250 ok"

    def _hand(self, raw: bytes, sender: str, to: str) -> None:
        with smtplib.LMTP(HOST, self.lmtp_port) as client:
            try:  # somebody else's mail first: it has to stay with us
                client.sendmail("chidi@example.net", [ADDRESS], b"Subject: hello\r\n\r\nstatus\r\n")
            except smtplib.SMTPDataError as refused:
                self.replies.append(
                    (refused.smtp_code, refused.smtp_error if isinstance(refused.smtp_error, bytes) else b"")
                )
            except smtplib.SMTPRecipientsRefused as refused:
                self.replies.extend(refused.recipients.values())
            client.sendmail(sender, [to], raw)


def bounce(to: str, content: bytes) -> bytes:
    """What a mail server writes when it cannot deliver (RFC 3464)."""
    return (
        b"\r\n".join(
            line.encode()
            for line in (
                "From: MAILER-DAEMON@mta.lab.test",
                f"To: relaybot+doctor@{DOMAIN}",
                "Subject: Undelivered Mail Returned to Sender",
                "Auto-Submitted: auto-replied",
                'Content-Type: multipart/report; report-type=delivery-status; boundary="x"',
                "MIME-Version: 1.0",
                "",
                "--x",
                "Content-Type: text/plain",
                "",
                "sorry",
                "--x",
                "Content-Type: message/delivery-status",
                "",
                "Reporting-MTA: dns; mta.lab.test",
                "",
                f"Final-Recipient: rfc822; {to}",
                "Action: failed",
                "Status: 5.1.1",
                "Diagnostic-Code: smtp; 550 5.1.1 unknown user",
                "",
                "--x",
                "Content-Type: message/rfc822",
                "",
            )
        )
        + b"\r\n"
        + content
        + b"\r\n--x--\r\n"
    )


@contextlib.asynccontextmanager
async def relay(lmtp_port: int, **more: Any) -> AsyncIterator[Relay]:
    """The server between, on the loopback."""
    found = Relay(lmtp_port, **more)
    sessions: list[SMTP] = []

    def session() -> SMTP:
        sessions.append(SMTP(found, **({"enable_SMTPUTF8": True} | found.able), loop=asyncio.get_running_loop()))
        return sessions[-1]

    server = await asyncio.get_running_loop().create_server(session, HOST, 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for one in sessions:
            if isinstance(one.transport, asyncio.WriteTransport):
                one.transport.close()


def written(folder: Path, text: str) -> config.Config:
    """A configuration file, read."""
    path = folder / "relaybot.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


async def examined(folder: Path, text: str, **wishes: Any) -> Report:
    """What the doctor finds."""
    report = Report()
    await examine(written(folder, text), Wishes(**({"wait_seconds": 20} | wishes)), report)
    return report


def said(report: Report, about: str) -> list[tuple[str, str]]:
    """(level, finding and cure) of everything about something."""
    found = [f for f in report.findings if f.about == about or f.about.startswith(f"{about} ")]
    return [(str(f.level), f"{f.found} -> {f.do}") for f in found]


def one(report: Report, about: str) -> tuple[str, str]:
    """The only finding about something."""
    found = said(report, about)
    assert len(found) == 1, report.findings
    return found[0]


def levels(report: Report, level: Level) -> list[str]:
    """What was found on one level."""
    return [f"{finding.about}: {finding.found}" for finding in report.findings if finding.level is level]
