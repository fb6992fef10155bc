"""A mailbox on a real Dovecot, looked into by IMAP: everything is heard once, nothing is lost, nothing is moved unasked."""

from __future__ import annotations

import imaplib
import json
import smtplib
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.mail_imap import envelope
from adapters.mail_tokens import Tokens
from relaybot.ports import Misconfigured, StoreFailed
from tests import needs
from tests.mail_help import ADDRESS, HOST, KEY, Listening, large, mail, running, until
from tests.mail_servers import PASSWORD, Dovecot

TOKENS = Tokens(KEY, ADDRESS, {}, ("tech-peer",))


def imap(server: Dovecot, user: str, **more: Any) -> dict[str, Any]:
    """Settings that look into a user's mailbox, often."""
    given = {
        "host": "localhost",
        "port": server.tls_port,
        "tls": "implicit",
        "user": user,
        "password": PASSWORD,
        "ca_file": server.certificate,
        "poll_seconds": 0.05,
    }
    return {"receive": {"imap": given | more}}


def put(server: Dovecot, user: str, *mails: bytes, to: str = "") -> None:
    """Deliver mails as a mail server does."""
    with smtplib.LMTP(HOST, server.lmtp_port) as client:
        for raw in mails:
            client.sendmail("chidi@example.net", [to or user], raw)


def kick(server: Dovecot, user: str) -> None:
    """End a user's connections."""
    command = [str(needs.program("doveadm", "dovecot-core")), "-c", server.config, "kick", user]
    subprocess.run(command, check=True, capture_output=True)


def look(server: Dovecot, user: str, folder: str = "INBOX") -> list[bool]:
    """Whether each mail in a folder was read."""
    with imaplib.IMAP4_SSL(HOST, server.tls_port, ssl_context=ssl._create_unverified_context()) as client:  # noqa: S323
        client.login(user, PASSWORD)
        client.select(folder, readonly=True)
        _, data = client.uid("FETCH", "1:*", "(FLAGS)")
        return [b"\\Seen" in line for line in data if isinstance(line, bytes)]


@pytest.fixture
def user(free_port: Callable[[], int]) -> str:
    """A mailbox nobody else uses."""
    return f"relaybot{free_port()}"


pytestmark = pytest.mark.servers


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_mails_are_heard_once_and_marked(tmp_path: Path, dovecot: Dovecot, user: str, tls: str) -> None:
    """What lies there and what comes later is heard, marked as read, left where it is, and not heard again after a restart."""
    put(dovecot, user, mail(text="one\n"), mail(text="two\n"))
    ear = Listening()
    how = imap(dovecot, user, tls=tls, port=dovecot.tls_port if tls == "implicit" else dovecot.port)
    async with running(tmp_path, ear, **how):
        await until(lambda: len(ear.heard) == 2)
        put(dovecot, user, mail(text="three\n"))
        await until(lambda: len(ear.heard) == 3)
        await until(lambda: json.loads((tmp_path / "mail-imap.json").read_bytes())["uid"] == 3)
    assert [message.text.strip() for message in ear.heard] == ["one", "two", "three"]
    assert look(dovecot, user) == [True] * 3
    put(dovecot, user, mail(text="four\n"))
    again = Listening()
    async with running(tmp_path, again, **how):
        await until(lambda: again.heard)
    assert [message.text.strip() for message in again.heard] == ["four"]
    assert again.begun == 1


async def test_reply_token_from_delivered_to(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    """The address with the token stands in what the server wrote on top, or in To."""
    to = TOKENS.reply_address("tech-peer", "M15", "chidi@example.net")
    put(dovecot, user, mail(to=to))
    ear = Listening()
    async with running(tmp_path, ear, **imap(dovecot, user)):
        await until(lambda: ear.heard)
    assert [(message.about, message.proven) for message in ear.heard] == [("M15", True)]


async def test_nothing_is_marked_before_the_commit(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    """A mail that could not be committed stays unread and comes again; those behind it wait for it."""
    put(dovecot, user, mail(text="one\n"), mail(text="two\n"))
    ear = Listening(fails=StoreFailed("full"))
    async with running(tmp_path, ear, ready=False, **imap(dovecot, user)):
        await until(lambda: ear.begun >= 2)
        assert look(dovecot, user) == [False, False]
        assert not (tmp_path / "mail-imap.json").exists()
        ear.fails = None
        await until(lambda: len(ear.heard) == 2)
    assert [message.text.strip() for message in ear.heard] == ["one", "two"]


async def test_bug_costs_no_mail(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    """An unexpected exception while a mail is heard: it stays unread, and the next look takes it."""
    put(dovecot, user, mail())
    ear = Listening(fails=RuntimeError("a bug"))
    async with running(tmp_path, ear, ready=False, **imap(dovecot, user)):
        await until(lambda: ear.begun)
        ear.fails = None
        await until(lambda: ear.heard)


async def test_server_restarts(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    """A connection that dies between two looks is made anew, and nothing is missed."""
    ear = Listening()
    put(dovecot, user, mail(text="one\n"))
    async with running(tmp_path, ear, **imap(dovecot, user)):
        await until(lambda: ear.heard)
        kick(dovecot, user)
        put(dovecot, user, mail(text="two\n"))
        await until(lambda: len(ear.heard) == 2)


async def test_large_mail(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    """A mail of several megabytes comes in pieces, and its file is whole."""
    data = bytes(range(256)) * 20_000
    put(dovecot, user, large(data))
    ear = Listening()
    async with running(tmp_path, ear, **imap(dovecot, user)):
        await until(lambda: ear.heard)
    (file,) = ear.heard[0].files
    assert (file.size, (tmp_path / "files" / file.ref).read_bytes()) == (len(data), data)


async def test_moved_when_told(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    """With move_to a mail that was taken goes to that folder."""
    with imaplib.IMAP4(HOST, dovecot.port) as client:
        client.login(user, PASSWORD)
        client.create("Done")
    put(dovecot, user, mail(text="one\n"), mail(text="two\n"))
    ear = Listening()
    async with running(tmp_path, ear, **imap(dovecot, user, move_to="Done")):
        await until(lambda: len(ear.heard) == 2)
        await until(lambda: look(dovecot, user, "Done") == [True, True])
    assert look(dovecot, user) == []


async def test_other_peoples_mail_is_left_alone(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    """A mail to somebody else in the same mailbox is neither heard nor marked."""
    put(dovecot, user, mail(to="boss@example.org", text="private\n"), mail(text="status\n"))
    ear = Listening()
    async with running(tmp_path, ear, **imap(dovecot, user)):
        await until(lambda: ear.heard)
    assert [message.text.strip() for message in ear.heard] == ["status"]
    assert look(dovecot, user) == [False, True]


async def test_folder_made_anew(tmp_path: Path, dovecot: Dovecot, user: str) -> None:
    """Another UIDVALIDITY: UIDs mean nothing any more, so what nobody has read is taken."""
    (tmp_path / "mail-imap.json").write_text('{"uidvalidity": 1, "uid": 4000000}')
    put(dovecot, user, mail())
    ear = Listening()
    async with running(tmp_path, ear, **imap(dovecot, user)):
        await until(lambda: ear.heard)
        await until(lambda: json.loads((tmp_path / "mail-imap.json").read_bytes())["uid"] == 1)


@pytest.mark.parametrize(
    ("wrong", "words"), [({"password": "wrong"}, "refuses the login"), ({"ca_file": ""}, "certificate")]
)
async def test_what_no_retry_cures(
    tmp_path: Path, dovecot: Dovecot, user: str, wrong: dict[str, str], words: str
) -> None:
    """A wrong password and a certificate nobody vouches for end the start with one sentence."""
    with pytest.raises(Misconfigured, match=words):
        async with running(tmp_path, **imap(dovecot, user, **wrong)):
            pass


def test_envelope_from_headers() -> None:
    """Return-Path is the sender; of several addresses of ours the one with a token is the recipient."""
    raw = (
        b"Return-Path: <a@example.net>\r\nDelivered-To: relaybot@lists.lab.test\r\n"
        b"To: somebody@example.org, x <relaybot+a1.b@lists.lab.test>\r\n\r\nhello\r\n"
    )
    known = lambda address: True if "relaybot" in address else None  # noqa: E731
    assert envelope(raw, known) == ("a@example.net", "relaybot+a1.b@lists.lab.test")
    assert envelope(b"Return-Path: <>\r\nTo: x@y\r\n\r\n", known) == ("", "")
    assert envelope(b"To: x@y\r\n\r\n", known) == ("?", "")  # not told is not the null sender
