"""`relaybot mail-in`: what a mail server's pipe gets as exit code, against the real listener."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest

from adapters import mail_pipe
from relaybot.ports import StoreFailed
from tests.mail_help import ADDRESS, HOST, Listening, mail, running

PROTOCOLS = [{}, {"receive": {"smtp": f"{HOST}:0"}}]


async def pipe(adapter: Any, raw: bytes, recipient: str = ADDRESS, sender: str = "chidi@example.net") -> int:
    """Hand in a mail as the command does."""
    host, port = adapter.listening
    lmtp = bool(adapter.settings.receive.lmtp)
    return await asyncio.to_thread(
        lambda: mail_pipe.hand_in(io.BytesIO(raw), host, port, lmtp=lmtp, sender=sender, recipient=recipient)
    )


@pytest.mark.parametrize("how", PROTOCOLS)
async def test_taken(tmp_path: Path, how: dict[str, Any]) -> None:
    """A mail with the system's line ends, dots and an mbox line on top is heard as it was written: 0."""
    ear = Listening()
    raw = b"From chidi Sat Nov 21 14:05:00 2026\n" + mail(text="status\n.dot\n..two\nend\n").replace(b"\r\n", b"\n")
    async with running(tmp_path, ear, **how) as adapter:
        assert await pipe(adapter, raw, sender="jösé@example.net") == 0
    assert "\n.dot\n..two\nend" in ear.heard[0].text


@pytest.mark.parametrize("how", PROTOCOLS)
async def test_later(tmp_path: Path, how: dict[str, Any]) -> None:
    """A commit that failed, and relaybot not running at all: 75, so that the mail is kept and tried again."""
    async with running(tmp_path, Listening(fails=StoreFailed("full")), **how) as adapter:
        assert await pipe(adapter, mail()) == 75
    assert await pipe(adapter, mail()) == 75


@pytest.mark.parametrize("how", PROTOCOLS)
async def test_never(tmp_path: Path, how: dict[str, Any]) -> None:
    """No such address: 67. Too large: 65."""
    async with running(tmp_path, **how) as adapter:
        assert await pipe(adapter, mail(), "nobody@lists.lab.test") == 67
        assert await pipe(adapter, b"x" * (mail_pipe.MAIL_BYTES_MAX + 1)) == 65


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"SENDER": "a@b.c", "ORIGINAL_RECIPIENT": ADDRESS, "RECIPIENT": "x@y"}, ("a@b.c", ADDRESS)),
        ({"SENDER": "MAILER-DAEMON", "RECIPIENT": ADDRESS}, ("", ADDRESS)),
        (
            {"SENDER": "<>", "LOCAL_PART": "relaybot", "LOCAL_PART_SUFFIX": "+a1.x", "DOMAIN": "lists.lab.test"},
            ("", "relaybot+a1.x@lists.lab.test"),
        ),
        ({}, ("", "")),
    ],
)
def test_envelope_from_the_environment(environment: dict[str, str], found: tuple[str, str]) -> None:
    """Postfix, qmail and Exim tell the envelope in variables."""
    assert mail_pipe.envelope(environment) == found
