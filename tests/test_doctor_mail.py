"""What `relaybot doctor` finds about mail: the sending server, the mailbox, and the loop mail through the real path.

Real Postfix and Dovecot where they are; a server of our own where the path has to do something strange.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relaybot.doctor import Level, Report
from tests import needs
from tests.doctor_help import ADDRESS, DOMAIN, GOOD, Relay, dns_server, examined, levels, one, relay, said
from tests.mail_help import HOST
from tests.mail_servers import PASSWORD, Dovecot, Postfix
from tests.mail_sink import sink
from tests.servers import end, make_certificate, spawn, wait_for_port

AUTHENTIC = f"Authentication-Results: mx.lab.test; dmarc=pass header.from={DOMAIN}\r\n".encode()
SIGNED = f"DKIM-Signature: v=1; a=rsa-sha256; d={DOMAIN};\r\n\ts=key1; h=from; bh=x; b=y\r\n".encode()
RECEIVED = b"Received: from x by mx.lab.test; Sat, 21 Nov 2020 14:05:00 +0000\r\n"


def mail(send: str, receive: str, more: str = "") -> str:
    """A configuration with mail."""
    return f'[mail]\naddress = "{ADDRESS}"\nreceive = {{ {receive} }}\nsend = {{ {send} }}\n{more}\n'


@pytest.fixture(autouse=True)
async def _names(monkeypatch: pytest.MonkeyPatch) -> Any:
    """DNS in which the mail domain is in order."""
    async with dns_server(monkeypatch, GOOD):
        yield


async def looped(folder: Path, between: Relay, more: str = "", wait_seconds: float = 20) -> Report:
    """The doctor with a server between us and us."""
    text = mail(f'host = "{HOST}", port = {between.port}', f'lmtp = "{HOST}:{between.lmtp_port}"', more)
    return await examined(folder, text, wait_seconds=wait_seconds)


# ------------------------------------------------------------------------------------------ the loop mail


@pytest.mark.servers
async def test_through_postfix(tmp_path: Path, postfix: Postfix) -> None:
    """A real server takes it and hands it back, + and all."""
    send, receive = f'host = "{HOST}", port = {postfix.port}', f'lmtp = "{HOST}:{postfix.lmtp_port}"'
    report = await examined(tmp_path, mail(send, receive), wait_seconds=60)

    assert not report.failed, report.findings
    assert one(report, "loop mail")[0] == "ok"
    assert "relaybot+doctor." in one(report, "reply address")[1]
    assert one(report, "clock")[0] == "ok"
    assert any("can SIZE, 8BITMIME, SMTPUTF8, PIPELINING" in found for found in levels(report, Level.OK))
    assert postfix.queued() == 0


async def test_everything_is_in_order(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """What the servers wrote is read: their verdict, the signature's key; others' mail stays where it is."""
    async with relay(free_port(), above=AUTHENTIC + SIGNED) as between:
        report = await looped(tmp_path, between)
        assert one(report, "loop mail")[0] == one(report, "reply address")[0] == "ok"
        assert 'trusted_authserv = ["mx.lab.test"]' in one(report, "Authentication-Results")[1]
        assert one(report, f"DKIM key key1._domainkey.{DOMAIN}")[0] == "ok"
        assert [code for code, _ in between.replies] == [451]


@pytest.mark.parametrize(
    ("above", "level", "told"),
    [
        (AUTHENTIC, "ok", "is believed and says dmarc=pass"),
        (AUTHENTIC.replace(b"pass", b"fail"), "fail", "dmarc=fail"),
        (b"Authentication-Results: mx.lab.test; spf=pass\r\n", "warn", "nothing about DMARC"),
        (AUTHENTIC.replace(b"mx.lab", b"mx.other"), "warn", "which is not in trusted_authserv"),
        (b"", "warn", "no server wrote any"),
    ],
)
async def test_a_trusted_server(
    tmp_path: Path, free_port: Callable[[], int], above: bytes, level: str, told: str
) -> None:
    """Whether whom we believe says something, and what; and that headers made up in its name get through here."""
    async with relay(free_port(), above=above) as between:
        report = await looped(tmp_path, between, 'trusted_authserv = ["mx.lab.test"]')
    forged, real = said(report, "Authentication-Results")

    assert forged[0] == "warn"
    assert "else anybody can write as anybody" in forged[1]
    assert real[0] == level
    assert told in real[1]


@pytest.mark.parametrize(
    ("plus", "about", "told"),
    [
        ("lost", "reply address", "what stands behind + is lost"),
        ("refused", "loop mail", "550 5.1.1 User unknown"),
        ("bounced", "loop mail", "came back as undeliverable"),
    ],
)
async def test_plus_does_not_survive(
    tmp_path: Path, free_port: Callable[[], int], plus: str, about: str, told: str
) -> None:
    """However a server in between deals with +, it is found out, and recipient_delimiter is named."""
    async with relay(free_port(), plus=plus) as between:
        report = await looped(tmp_path, between)

    assert one(report, about)[0] == "fail"
    assert told in one(report, about)[1]
    assert "recipient_delimiter = +" in one(report, about)[1]


async def test_nothing_comes(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """A mail that is taken and never handed in is looked for so long, and no longer."""
    async with sink() as server:
        text = mail(f'host = "{HOST}", port = {server.port}', f'lmtp = "{HOST}:{free_port()}"')
        report = await examined(tmp_path, text, wait_seconds=1)

    assert one(report, "loop mail")[0] == "fail"
    assert "nothing came to our port within 1 s" in one(report, "loop mail")[1]
    assert server.taken[0].sender == f"relaybot+doctor@{DOMAIN}"
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in server.taken[0].content


async def test_clocks_differ(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """The mail server's clock is read from what it wrote."""
    async with relay(free_port(), above=RECEIVED) as between:
        report = await looped(tmp_path, between)

    assert one(report, "clock")[0] == "warn"


async def test_greylisting_is_no_failure(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """A server that wants the mail later is asked again later."""
    async with sink({"RCPT": "450 4.2.0 greylisted"}) as server:
        text = mail(f'host = "{HOST}", port = {server.port}', f'lmtp = "{HOST}:{free_port()}"')
        report = await examined(tmp_path, text)

    assert one(report, "loop mail")[0] == "warn"


# -------------------------------------------------------------------------------------------- the servers


async def test_the_sending_server_is_away(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """Then there is no loop mail, and it says why."""
    text = mail(f'host = "{HOST}", port = {free_port()}', f'lmtp = "{HOST}:{free_port()}"')
    report = await examined(tmp_path, text)

    assert one(report, "sending server")[0] == "fail"
    assert one(report, "loop mail")[0] == "skip"


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's."""
    make_certificate(needs.program("openssl", "openssl"), folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(
    ("send", "level", "told"),
    [
        (
            'tls = "starttls", ca_file = "cert.pem", user = "relaybot", password = "secret"',
            "ok",
            "login as relaybot works",
        ),
        ('tls = "starttls", ca_file = "cert.pem", user = "relaybot", password = "wrong"', "fail", "refuses the login"),
        ('tls = "starttls", user = "relaybot", password = "secret"', "fail", "certificate"),
    ],
)
async def test_tls_and_login(tmp_path: Path, free_port: Callable[[], int], send: str, level: str, told: str) -> None:
    """Both are tried as they will be used."""
    async with sink(tls=certificate(tmp_path), login=True) as server:
        where = f'host = "localhost", port = {server.port}, {send}'
        report = await examined(tmp_path, mail(where, f'lmtp = "{HOST}:{free_port()}"'), wait_seconds=1)

    assert said(report, "sending server")[0][0] == level
    assert told in said(report, "sending server")[0][1]
    assert "secret" not in str(report.findings)


async def test_no_tls_where_it_is_wanted(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """A server that cannot do STARTTLS fails: nothing would ever go out in plain text."""
    async with sink() as server:
        where = f'host = "localhost", port = {server.port}, tls = "starttls"'
        report = await examined(tmp_path, mail(where, f'lmtp = "{HOST}:{free_port()}"'))

    assert one(report, "sending server")[0] == "fail"


async def test_no_password_yet(tmp_path: Path) -> None:
    """A login without a password is a failure before anybody is asked."""
    text = mail('host = "mx.invalid", tls = "starttls", user = "relaybot"', 'lmtp = "127.0.0.1:0"')

    assert one(await examined(tmp_path, text), "mail")[0] == "fail"


@pytest.mark.parametrize(
    ("able", "told"),
    [
        ({"enable_SMTPUTF8": False}, "has no SMTPUTF8"),
        ({"data_size_limit": 1_000_000}, "takes mails up to 1,000,000 bytes"),
    ],
)
async def test_what_the_server_cannot_do(
    tmp_path: Path, free_port: Callable[[], int], able: dict[str, Any], told: str
) -> None:
    """What we would miss one day is a warning today."""
    async with relay(free_port(), able=able) as between:
        report = await looped(tmp_path, between)

    assert any(told in found for level, found in said(report, "sending server") if level == "warn")
    assert not report.failed


async def test_while_relaybot_runs(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """Its port is known as its own, servers are tried all the same, and the loop mail says how it could be."""
    port = free_port()
    async with sink() as server:
        text = mail(f'host = "{HOST}", port = {server.port}', f'lmtp = "{HOST}:{port}"')
        (tmp_path / "relaybot.toml").write_text(text)
        process = spawn([sys.executable, "-m", "relaybot", "run", "-c", str(tmp_path / "relaybot.toml")], tmp_path)
        try:
            await asyncio.to_thread(wait_for_port, port, process, tmp_path)
            report = await examined(tmp_path, text)
        finally:
            await asyncio.to_thread(end, process)

    assert not report.failed, report.findings
    assert "relaybot's own" in one(report, "listening for LMTP")[1]
    assert said(report, "sending server")[0][0] == "ok"
    level, found = one(report, "loop mail")
    assert level == "skip"
    assert f"relaybot runs (process {process.pid})" in found
    assert "stop relaybot, run relaybot doctor, start it again" in found
    assert server.taken == []


# -------------------------------------------------------------------------------------------- the mailbox


def box(server: Dovecot, **more: Any) -> str:
    """Settings of a mailbox."""
    given: dict[str, Any] = {
        "host": "localhost", "port": server.tls_port, "user": ADDRESS, "password": PASSWORD, "ca_file": server.certificate
    }  # fmt: skip
    pairs = ", ".join(f"{key} = {value!r}".replace("'", '"') for key, value in (given | more).items())
    return f"imap = {{ {pairs} }}"


@pytest.mark.servers
async def test_through_a_mailbox(tmp_path: Path, dovecot: Dovecot) -> None:
    """The loop mail is found in the mailbox, and is not there any more afterwards; files are beside the configuration."""
    shutil.copy(dovecot.certificate, tmp_path / "mailbox.pem")
    async with relay(dovecot.lmtp_port) as between:
        text = mail(f'host = "{HOST}", port = {between.port}', box(dovecot, ca_file="mailbox.pem"))
        first = await examined(tmp_path, text)
        second = await examined(tmp_path, text)

    assert not first.failed, first.findings
    assert one(first, "loop mail")[0] == one(first, "reply address")[0] == "ok"
    numbers = [int(one(report, f"mailbox {ADDRESS}")[1].partition(" has ")[2].split()[0]) for report in (first, second)]
    assert numbers == [0, 1]  # the mail somebody else wrote meanwhile


@pytest.mark.servers
@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"password": "wrong"}, "refuses the login"),
        ({"folder": "Nowhere"}, 'the folder "Nowhere" cannot be opened'),
        ({"move_to": "Taken"}, 'the folder "Taken" (move_to) is not there'),
        ({"ca_file": ""}, "certificate"),
        ({"port": 1}, "cannot be reached"),
    ],
)
async def test_a_mailbox_that_cannot_be_used(tmp_path: Path, dovecot: Dovecot, more: dict[str, Any], told: str) -> None:
    """Login, folders, certificate and address each have their failure."""
    report = await examined(tmp_path, mail(f'host = "{HOST}", port = 1', box(dovecot, **more)))

    assert said(report, "mailbox")[0][0] == "fail"
    assert told in said(report, "mailbox")[0][1]
