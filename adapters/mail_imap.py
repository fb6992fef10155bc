"""Receiving from a mailbox by IMAP (RFC 3501), looked into every so often with the standard library, in a thread.

How far it was read is kept in a small file: UIDVALIDITY and the last UID, written after the commit. What was taken is
marked as read and otherwise left alone, unless a folder to move it to is set.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import json
import logging
import random
import re
import ssl
import tempfile
from collections.abc import Callable, Sequence
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path
from typing import IO

from adapters.letters import UNTOLD
from adapters.mail_files import write_whole
from adapters.mail_receive import LARGE_BYTES, MAIL_BYTES_MAX, Take
from adapters.mail_settings import ImapSettings
from relaybot.ports import Misconfigured

log = logging.getLogger(__name__)

BACKOFF_SECONDS_MAX = 300.0
HEADER_BYTES = 64 * 1024
MAILS_AT_ONCE = 500  # in one look; the rest is taken right after
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
# Headers in which a server says for whom a mail came, most trustworthy first; To and Cc are what the writer says.
_RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to", "cc")


class Mailbox:
    """Looks into one folder until cancelled. `told` hears after each look: "" or what is wrong."""

    def __init__(
        self,
        settings: ImapSettings,
        checkpoint: Path,
        known: Callable[[str], bool | None],
        take: Take,
        told: Callable[[str], None],
    ) -> None:
        self._settings, self._checkpoint = settings, checkpoint
        self._known, self._take, self._told = known, take, told
        self._client: imaplib.IMAP4 | None = None
        self._worked = False

    async def run(self) -> None:
        """Until cancelled. Raises Misconfigured for what no retry can cure, unless it has worked before."""
        failures = 0
        try:
            while True:
                try:
                    await self._look()
                    self._worked, failures = True, 0
                    self._told("")
                    await asyncio.sleep(self._settings.poll_seconds)
                    continue
                except Misconfigured as problem:
                    if not self._worked:
                        raise
                    trouble = str(problem)
                except (OSError, imaplib.IMAP4.error) as problem:
                    trouble = str(problem) or type(problem).__name__
                except Exception as problem:  # what a server says can break its reader; the next look may be better
                    log.exception("the mailbox could not be read")
                    trouble = type(problem).__name__
                self._hang_up()
                self._told(trouble)
                seconds = min(BACKOFF_SECONDS_MAX, 2.0**failures) * random.uniform(0.5, 1.0)  # noqa: S311
                failures = min(failures + 1, 10)
                log.warning("the mailbox cannot be read: %s; next try in %.1f s", trouble, seconds)
                await asyncio.sleep(seconds)
        finally:
            self._hang_up()

    # -------------------------------------------------------------------------------------- one look

    async def _look(self) -> None:
        """Take everything new; a mail the core cannot take now ends the look, and is the first of the next."""
        while True:
            validity, uids = await asyncio.to_thread(self._new)
            for uid in uids[:MAILS_AT_ONCE]:
                taken = await self._one(uid)
                await asyncio.to_thread(self._done, validity, uid, taken)
            if len(uids) <= MAILS_AT_ONCE:
                return

    async def _one(self, uid: int) -> bool:
        """Hand over one mail; False for one that is left alone. Raises OSError for one that has to come again."""
        mail = await asyncio.to_thread(self._fetch, uid)
        if mail is None:
            return False
        try:
            sender, recipient = envelope(mail if isinstance(mail, bytes) else _head(mail), self._known)
            if not recipient:  # for somebody else
                return False
            reply = await asyncio.shield(self._take(mail, sender, recipient))
        finally:
            if not isinstance(mail, bytes):
                mail.close()
        if reply.startswith("4"):
            raise OSError(f"a mail has to wait: {reply}")
        return True

    def _new(self) -> tuple[int, list[int]]:
        """UIDVALIDITY, and the UIDs not taken yet, oldest first."""
        client = self._connected()
        self._ask(client.select, _quoted(self._settings.folder))
        found = client.response("UIDVALIDITY")[1]
        validity = int(found[0]) if found and found[0] else 0
        last = self._read_checkpoint(validity)
        # Where nothing is known of this folder, what nobody has read is new; what was taken then, the core knows again.
        asked = f"UID {last + 1}:*" if last else "UNSEEN"
        data = self._ask(client.uid, "SEARCH", asked)
        uids = sorted(int(word) for line in data if isinstance(line, bytes) for word in line.split())
        return validity, [uid for uid in uids if uid > last]  # "n:*" has the last mail even when it is older

    def _fetch(self, uid: int) -> bytes | IO[bytes] | None:
        """A whole mail, not marked as read yet, a large one in a file; None when it is too large or gone."""
        client = self._connected()
        told = self._ask(client.uid, "FETCH", str(uid), "(RFC822.SIZE)")
        size = next((int(m[1]) for line in told if isinstance(line, bytes) and (m := _SIZE.search(line))), 0)
        if size > MAIL_BYTES_MAX:
            log.warning("mail %d in the mailbox is larger than 25 MB and is left alone", uid)
            return None
        if size <= LARGE_BYTES:
            return self._part(client, uid, "BODY.PEEK[]")
        file = tempfile.TemporaryFile(dir=self._checkpoint.parent)  # noqa: SIM115 - closed in _one()
        while piece := self._part(client, uid, f"BODY.PEEK[]<{file.tell()}.{LARGE_BYTES}>"):
            file.write(piece)
        file.flush()
        return file

    def _part(self, client: imaplib.IMAP4, uid: int, what: str) -> bytes | None:
        data = self._ask(client.uid, "FETCH", str(uid), f"({what})")
        return next((part[1] for part in data if isinstance(part, tuple) and len(part) > 1), None)

    def _done(self, validity: int, uid: int, taken: bool) -> None:
        """After the commit: mark it as read, move it if that is wanted, and remember how far we are."""
        client = self._connected()
        if taken:
            self._ask(client.uid, "STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
        write_whole(self._checkpoint, [json.dumps({"uidvalidity": validity, "uid": uid}).encode()])
        if taken and self._settings.move_to:
            self._move(client, str(uid), _quoted(self._settings.move_to))

    def _move(self, client: imaplib.IMAP4, uid: str, target: str) -> None:
        """RFC 6851, or what was done before it; others' deleted mails are not expunged along with ours."""
        told = self._ask(client.capability)  # what a server can is more after the login
        able = {word for line in told if isinstance(line, bytes) for word in line.upper().split()}
        if b"MOVE" in able:
            self._ask(client.uid, "MOVE", uid, target)
            return
        self._ask(client.uid, "COPY", uid, target)
        self._ask(client.uid, "STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
        if b"UIDPLUS" in able:
            self._ask(client.uid, "EXPUNGE", uid)

    def _read_checkpoint(self, validity: int) -> int:
        """The last UID taken; 0 when the folder is not the one we knew."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(self._checkpoint.read_bytes())
            if kept["uidvalidity"] == validity:
                return int(kept["uid"])
        return 0

    # ------------------------------------------------------------------------------------- connection

    def _connected(self) -> imaplib.IMAP4:
        if self._client is not None:
            return self._client
        settings = self._settings
        where = f"the IMAP server {settings.host}:{settings.port}"
        try:
            client = self._open()
        except ssl.SSLCertVerificationError as problem:
            raise Misconfigured(f"the certificate of {where} is not valid: {problem.verify_message}") from None
        self._client = client  # from here on it can be hung up
        try:
            client.login(settings.user, settings.password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as problem:
            if "UNAVAILABLE" in str(problem):  # RFC 5530: a passing trouble
                raise
            raise Misconfigured(f"{where} refuses the login of {settings.user!r}") from None
        return client

    def _open(self) -> imaplib.IMAP4:
        settings = self._settings
        timeout = settings.timeout_seconds
        if settings.tls == "none":
            return imaplib.IMAP4(settings.host, settings.port, timeout=timeout)
        try:
            context = ssl.create_default_context(cafile=settings.ca_file or None)
        except (OSError, ssl.SSLError) as problem:
            raise Misconfigured(f"the certificate file {settings.ca_file} cannot be read: {problem}") from None
        if settings.tls == "implicit":
            return imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=timeout)
        client = imaplib.IMAP4(settings.host, settings.port, timeout=timeout)
        try:
            client.starttls(context)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as problem:
            client.shutdown()
            raise Misconfigured(f"the IMAP server {settings.host}:{settings.port}: {problem}") from None
        return client

    def _hang_up(self) -> None:
        """Close the socket; a thread that waits on it ends then."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.shutdown()

    @staticmethod
    def _ask(command: Callable[..., tuple[str, Sequence[object]]], *arguments: str) -> list[object]:
        """A command's data. Raises imaplib.IMAP4.error when the server says no."""
        answer, data = command(*arguments)
        if answer != "OK":
            raise imaplib.IMAP4.error(f"{arguments[0] if arguments else ''}: {answer}")
        return list(data)


def envelope(raw: bytes, known: Callable[[str], bool | None]) -> tuple[str, str]:
    """Envelope sender and recipient as the server that delivered wrote them on top; recipient "" when none is ours.

    Among several, one with something behind "+" wins: a token proves itself, and the plain address is there besides.
    """
    headers = BytesHeaderParser().parsebytes(raw[:HEADER_BYTES].partition(b"\r\n\r\n")[0])
    # Without a Return-Path nothing was told; that is not the null sender, whose mail is never answered.
    sender = str(headers["return-path"]).strip().strip("<>") if "return-path" in headers else UNTOLD
    found = [
        address
        for name in _RECIPIENTS
        for _, address in getaddresses([str(value)[:8192] for value in headers.get_all(name, [])[:20]])
        if address and known(address) is not None
    ]
    return sender, next((address for address in found if "+" in address), found[0] if found else "")


def _head(mail: IO[bytes]) -> bytes:
    mail.seek(0)
    return mail.read(HEADER_BYTES)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
