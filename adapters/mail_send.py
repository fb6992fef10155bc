"""Sending by SMTP (aiosmtplib) over a connection that is kept: each letter gets its fate from the server's own replies.

A letter and our own copy of it are two recipients of one transaction. What happened is known exactly except in one
case, a connection that dies between the final dot and the reply (RFC 1047): that is "unsure".
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import aiosmtplib
import idna

from adapters.mail_outbox import Fate, Parcel
from relaybot.ports import Misconfigured, Undeliverable

log = logging.getLogger(__name__)

CHUNK_BYTES = 64 * 1024
UNSENT_BYTES_MAX = 256 * 1024  # written, but not yet taken by the network
LOOK_SECONDS = 0.02
RETRY_SECONDS = 60.0  # after a 4xx: greylisting wants minutes, the postman's backoff grows from here
DOWN_SECONDS = 30.0
REASON_CHARACTERS = 200
_LINE_END = re.compile(rb"\r\n|\n|\r")
_ADDRESS = re.compile(r"[!-;=?-~]{1,64}@[A-Za-z0-9.:\[\]-]{1,255}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in."""

    host: str
    port: int
    tls: str  # none | starttls | implicit
    user: str
    password: str
    ca_file: str
    hostname: str  # ours, for EHLO
    timeout_seconds: float  # for each reply
    data_timeout_seconds: float  # for the reply to the final dot


class _Refused(Exception):
    """The server's reply ends this attempt."""

    def __init__(self, fate: Fate) -> None:
        super().__init__(fate.reason)
        self.fate = fate


class Smtp:
    """One connection to the mail server; a Route of mail_outbox.py."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: aiosmtplib.SMTP | None = None
        self._lock = asyncio.Lock()  # one thing at a time over one connection
        self._told_receipt = False

    # -------------------------------------------------------------------------------------- connection

    async def check(self) -> None:
        """Connect, unless connected. Raises Misconfigured, or OSError for what may pass."""
        async with self._lock:
            await self._connected()

    async def close(self) -> None:
        """Say goodbye if that is quick."""
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await client.quit()
            client.close()

    def _drop(self) -> None:
        """End the connection at once: after a timeout or a cancelled command its replies are out of step."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        self._drop()
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=server.timeout_seconds,
            local_hostname=server.hostname,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",  # explicit: None would go on in plain text where there is no TLS
            tls_context=self._tls(),
        )
        try:
            await client.connect()
            if server.user:
                await client.login(server.user, server.password)
        except BaseException as problem:  # nobody else knows the connection yet
            client.close()
            raise self._connect_problem(problem) from None
        self._client = client
        return client

    def _connect_problem(self, problem: BaseException) -> BaseException:
        """What a failure to connect means: Misconfigured where only an operator can help, OSError where time can."""
        where = f"the mail server {self._server.host}:{self._server.port}"
        if isinstance(problem, ssl.SSLCertVerificationError):
            return Misconfigured(f"the certificate of {where} is not valid: {problem.verify_message}")
        if isinstance(problem, aiosmtplib.SMTPAuthenticationError) and problem.code >= 500:
            return Misconfigured(f"{where} refuses the login of {self._server.user!r}: {problem.code}")
        if isinstance(problem, aiosmtplib.SMTPResponseException):
            return OSError(f"{where} does not want to talk now: {_words(problem.code, problem.message)}")
        if isinstance(problem, aiosmtplib.SMTPException) and not isinstance(problem, OSError):
            return Misconfigured(f"{where}: {_short(str(problem))}")  # no STARTTLS, no AUTH
        if isinstance(problem, OSError):
            return OSError(f"{where} cannot be reached: {_short(problem.strerror or str(problem))}")
        return problem

    def _tls(self) -> ssl.SSLContext | None:
        if self._server.tls == "none":
            return None
        try:
            return ssl.create_default_context(cafile=self._server.ca_file or None)
        except (OSError, ssl.SSLError) as problem:
            raise Misconfigured(f"the certificate file {self._server.ca_file} cannot be read: {problem}") from None

    # --------------------------------------------------------------------------------------- one letter

    async def send(self, parcel: Parcel, still: Callable[[], bool]) -> Fate:
        """Send one letter; a connection the server has closed meanwhile is made anew, once."""
        async with self._lock:
            return await self._send(parcel, still)

    async def _send(self, parcel: Parcel, still: Callable[[], bool]) -> Fate:
        fate = Fate("down", "the mail server closes every connection", DOWN_SECONDS)
        try:
            for _ in range(2):
                was_open = self._client is not None and self._client.is_connected
                try:
                    client = await self._connected()
                    return await self._transaction(client, parcel, still)
                except _Refused as refused:
                    fate = refused.fate
                    if not (was_open and fate.outcome == "down"):
                        return fate
                except aiosmtplib.SMTPServerDisconnected:
                    fate = Fate("down", "the mail server closed the connection", DOWN_SECONDS)
                    if not was_open:
                        return fate
                self._drop()
        except asyncio.CancelledError:
            self._drop()
            raise
        except (Misconfigured, OSError, aiosmtplib.SMTPException, ValueError) as problem:
            self._drop()
            return Fate("down", _short(str(problem)), DOWN_SECONDS)
        return fate

    async def _transaction(self, client: aiosmtplib.SMTP, parcel: Parcel, still: Callable[[], bool]) -> Fate:
        if not still():
            return Fate("dropped")
        options = [f"SIZE={parcel.data.seek(0, os.SEEK_END)}"] if client.supports_extension("size") else []
        try:
            await client.mail(parcel.sender, options=options)
        except aiosmtplib.SMTPSenderRefused as problem:
            raise _Refused(await self._sender_refused(client, problem)) from None
        try:
            await client.rcpt(parcel.to)
        except aiosmtplib.SMTPRecipientRefused as problem:
            raise _Refused(await self._letter_refused(client, problem)) from None
        await self._receipt(client, parcel.receipt)
        return await self._data(client, parcel.data)

    async def _receipt(self, client: aiosmtplib.SMTP, address: str) -> None:
        """Our own copy. A server that does not take it costs us certainty, not the letter."""
        if not address:
            return
        try:
            await client.rcpt(address)
        except aiosmtplib.SMTPRecipientRefused as problem:
            if not self._told_receipt:
                self._told_receipt = True
                words = _words(problem.code, problem.message)
                log.warning("the mail server does not take our own copy of a letter (self_receipt): %s", words)

    async def _sender_refused(self, client: aiosmtplib.SMTP, problem: aiosmtplib.SMTPResponseException) -> Fate:
        """MAIL was refused: that is about us, or this letter's size, never about its reader."""
        words = _words(problem.code, problem.message)
        await self._reset(client)
        if problem.code == 552:
            return Fate("undeliverable", words)
        return Fate("down", words, DOWN_SECONDS)

    async def _letter_refused(self, client: aiosmtplib.SMTP, problem: aiosmtplib.SMTPResponseException) -> Fate:
        words = _words(problem.code, problem.message)
        if problem.code == 421:  # the server closes: about itself, not about the letter
            self._drop()
            return Fate("down", words, DOWN_SECONDS)
        await self._reset(client)
        return Fate("undeliverable", words) if problem.code >= 500 else Fate("later", words, RETRY_SECONDS)

    async def _reset(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._drop()  # what was said before it counts; the next letter connects again

    async def _data(self, client: aiosmtplib.SMTP, data: IO[bytes]) -> Fate:
        """DATA in steps, so that it is known whether the final dot had left when a connection dies."""
        start = await client.execute_command(b"DATA")
        if start.code != 354:
            problem = aiosmtplib.SMTPDataError(start.code, start.message)
            raise _Refused(await self._letter_refused(client, problem))
        protocol = client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        await self._write(client, data)  # once its last piece is written, nobody but the server knows
        try:
            reply = await protocol.read_response(timeout=self._server.data_timeout_seconds)
        except (aiosmtplib.SMTPException, OSError) as problem:
            self._drop()
            return Fate("unsure", f"no answer after the letter: {_short(str(problem))}")
        if reply.code == 250:
            return Fate("sent")
        return await self._letter_refused(client, aiosmtplib.SMTPDataError(reply.code, reply.message))

    async def _write(self, client: aiosmtplib.SMTP, data: IO[bytes]) -> None:
        """The content and its final dot, a piece at a time: never the whole of it in memory."""
        protocol, transport = client.protocol, client.transport
        if protocol is None or not isinstance(transport, asyncio.WriteTransport):
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        data.seek(0)
        piece = _piece(data)
        while after := _piece(data):
            protocol.write(piece)
            await self._drained(transport)
            piece = after
        end = b".\r\n" if piece.endswith(b"\r\n") or not piece else b"\r\n.\r\n"
        protocol.write(piece + end)  # together: each write is a packet

    async def _drained(self, transport: asyncio.WriteTransport) -> None:
        """Wait while a slow server has not taken what was written. Raises TimeoutError when it takes nothing more."""
        loop = asyncio.get_running_loop()
        least, until = transport.get_write_buffer_size(), loop.time() + self._server.timeout_seconds
        while (left := transport.get_write_buffer_size()) > UNSENT_BYTES_MAX:
            if transport.is_closing():
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            if left < least:
                least, until = left, loop.time() + self._server.timeout_seconds
            if loop.time() > until:
                raise TimeoutError("the mail server takes nothing more")
            await asyncio.sleep(LOOK_SECONDS)


def _piece(data: IO[bytes]) -> bytes:
    """The next lines, dot-stuffed (RFC 5321 section 4.5.2); whole ones, so a piece begins where a line does."""
    lines = b"".join(data.readlines(CHUNK_BYTES))
    if _bare(lines):
        lines = _LINE_END.sub(b"\r\n", lines)
    return (b"\r\n" + lines).replace(b"\r\n.", b"\r\n..")[2:]


def with_ascii_domain(address: str) -> str:
    """An address with its domain as it goes over the wire (IDNA 2008). Raises Undeliverable."""
    local, _, domain = address.rpartition("@")
    try:
        spelt = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise Undeliverable("the domain of that address cannot be") from None
    if not _ADDRESS.fullmatch(f"{local}@{spelt}"):
        raise Undeliverable("that is not an address a mail can be sent to")
    return f"{local}@{spelt}"


def _bare(data: bytes) -> bool:
    """Whether a CR or LF stands alone, which a server may take for the end of a line (SMTP smuggling)."""
    pairs = data.count(b"\r\n")
    return data.count(b"\r") != pairs or data.count(b"\n") != pairs


def _words(code: int, message: str) -> str:
    return f"{code} {_short(message)}".strip()


def _short(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()[:REASON_CHARACTERS]
