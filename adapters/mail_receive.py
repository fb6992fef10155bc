"""Receiving by LMTP (RFC 2033) or SMTP from a mail server beside us, on aiosmtpd: "250" is said after the commit only.

Whatever goes wrong here is a 4xx: the server keeps the mail and tries again, nothing bounces. Unknown recipients are
refused at RCPT, so we never send a bounce. Large mails wait on disk, and few at a time are held in memory.
"""

from __future__ import annotations

import asyncio
import logging
import re
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

log = logging.getLogger(__name__)

MAIL_BYTES_MAX = 25 * 1024 * 1024
LARGE_BYTES = 1024 * 1024  # above this a mail needs one of the few places for large ones
LARGE_MAX = 2
TRANSACTIONS_MAX = 50  # mails between DATA and their reply
CONNECTIONS_MAX = 200
RECIPIENTS_MAX = 10
IDLE_SECONDS = 120.0  # between commands, and between two pieces of a mail
DATA_SECONDS = 600.0  # for a whole mail
STOP_SECONDS = 3.0
BLOCK_BYTES = 64 * 1024

LATER = "451 4.3.0 not now, please try again"
FULL = "452 4.3.1 no room now, please try again"
BUSY = "452 4.3.2 too many mails at once, please try again"
TOO_MANY = "451 4.7.1 too many mails from this address, please try again later"
TOO_LARGE = "552 5.3.4 larger than 25 MB"
UNKNOWN = "550 5.1.1 no such address here"
MORE_LATER = "452 4.5.3 too many recipients, please send the others separately"
TAKEN = "250 2.0.0 taken"

# mail (a large one in a file; nothing where no content is needed), envelope sender ("" for <>), recipient -> a reply line
Take = Callable[[bytes | IO[bytes], str, str], Awaitable[str]]


_PATH = re.compile(  # RFC 5321 section 4.1.2, without what needs quoting
    r" *<([A-Za-z0-9_+=-]+(?:\.[A-Za-z0-9_+=-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)> *([A-Za-z0-9= -]*)"
)


class _Body:
    """A mail that comes in: in memory while it is small, in an unnamed file when it is large."""

    def __init__(self, door: Door, wanted: bool) -> None:
        self._door, self._wanted = door, wanted
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._carry = b""
        self.size = 0
        self.trouble = ""  # the reply, when this mail cannot be taken

    def feed(self, data: bytes) -> None:
        """The next bytes as they came over the wire: dots are undone (RFC 5321 section 4.5.2)."""
        data = self._carry + data
        # What may be the beginning of CR LF dot waits for the bytes after it.
        keep = next((len(end) for end in (b"\r\n.", b"\r\n", b"\r") if data.endswith(end)), 0)
        cut = len(data) - keep
        self._carry = data[cut:]
        self.add(data[:cut].replace(b"\r\n.", b"\r\n"))

    def end(self) -> None:
        """Everything came."""
        self.add(self._carry)
        self._carry = b""

    def add(self, data: bytes) -> None:
        """The next bytes as they are."""
        self.size += len(data)
        if self.size > MAIL_BYTES_MAX:
            self.trouble = TOO_LARGE
        if self.trouble or not self._wanted:
            self.drop()
            return
        try:
            if self._file is None and self.size > LARGE_BYTES:
                self._spill()
            if self._file is not None:
                self._file.write(data)
            elif not self.trouble:
                self._pieces.append(data)
        except OSError as problem:
            log.warning("a large mail cannot be kept: %s", problem.strerror)
            self.trouble = FULL
            self.drop()

    def _spill(self) -> None:
        if not self._door.enter_large(self):
            self.trouble = BUSY
            self.drop()
            return
        self._file = tempfile.TemporaryFile(dir=self._door.folder)  # noqa: SIM115 - closed in drop()
        self._file.write(b"".join(self._pieces))
        self._pieces.clear()

    def mail(self) -> bytes | IO[bytes]:
        """The whole mail."""
        if self._file is None:
            return b"".join(self._pieces)
        self._file.flush()
        return self._file

    def drop(self) -> None:
        """Let go of everything held."""
        self._pieces.clear()
        if self._file is not None:
            self._file.close()
            self._file = None
        self._door.leave_large(self)


class Door:
    """The listener. `known` says whether a recipient is ours and what its mail needs: None no, else whether content."""

    def __init__(
        self,
        lmtp: bool,
        host: str,
        port: int,
        hostname: str,
        folder: Path,
        known: Callable[[str], bool | None],
        take: Take,
    ) -> None:
        self.lmtp, self.host, self.port, self.hostname = lmtp, host, port, hostname
        self.folder = folder  # for large mails on their way in
        self.known, self.take = known, take
        self.busy = 0
        self.sessions: set[_Session] = set()
        self._large: set[int] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[list[str]]] = set()

    async def start(self) -> None:
        """Listen; `port` is what was picked then. Raises OSError."""
        # At INFO aiosmtpd writes every address into the log, at WARNING whatever a peer says.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        kind = _LmtpSession if self.lmtp else _Session
        self._server = await asyncio.get_running_loop().create_server(lambda: kind(self), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Take no more; what is being committed gets a moment."""
        if self._server is not None:
            self._server.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        await asyncio.sleep(0)  # the replies leave
        for session in list(self.sessions):
            session.hang_up()
        for task in self._tasks:
            task.cancel()

    def enter_large(self, body: _Body) -> bool:
        """Take one of the places for large mails."""
        if len(self._large) >= LARGE_MAX:
            return False
        self._large.add(id(body))
        return True

    def leave_large(self, body: _Body) -> None:
        """Give it back."""
        self._large.discard(id(body))

    def large_is_full(self) -> bool:
        """Whether a large mail has to wait."""
        return len(self._large) >= LARGE_MAX

    def body(self, recipients: list[str]) -> _Body:
        """For a mail to these; content that nobody needs is not kept."""
        return _Body(self, any(self.known(recipient) for recipient in recipients))

    async def hand_over(self, body: _Body, sender: str, recipients: list[str]) -> list[str]:
        """A mail that is here; a reply for each recipient. Goes on to its end even when the peer hangs up meanwhile."""
        self.busy += 1
        task = asyncio.create_task(self._hand_over(body, sender, recipients))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _hand_over(self, body: _Body, sender: str, recipients: list[str]) -> list[str]:
        try:
            if body.trouble:
                return [body.trouble] * len(recipients)
            mail = body.mail()
            return [await self.take(mail, sender, recipient) for recipient in recipients]
        except Exception:  # the peer waits for its replies, and keeps the mail for now
            log.exception("a mail could not be taken")
            return [LATER] * len(recipients)
        finally:
            self.busy -= 1
            body.drop()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse here what is not ours, so that nothing ever has to be sent back."""
        if len(envelope.rcpt_tos) >= RECIPIENTS_MAX:
            return MORE_LATER
        if self.known(address) is None:
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"


class _Session(SMTP):
    """One connection. Overrides aiosmtpd where it answers 5xx to what may pass, and where it holds several copies."""

    line_length_limit = BLOCK_BYTES  # of a line in memory; mails may have longer ones

    def __init__(self, door: Door) -> None:
        super().__init__(
            door,
            data_size_limit=MAIL_BYTES_MAX,
            enable_SMTPUTF8=True,
            hostname=door.hostname,
            ident="relaybot",
            timeout=IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count connections: too many are told to come back."""
        self._door.sessions.add(self)
        super().connection_made(transport)
        if len(self._door.sessions) > CONNECTIONS_MAX and isinstance(transport, asyncio.WriteTransport):
            if self._handler_coroutine is not None:
                self._handler_coroutine.cancel()  # it has not begun yet
            transport.write(f"421 4.3.2 {self._door.hostname} too many connections\r\n".encode())
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """The peer is gone, or we are."""
        self._door.sessions.discard(self)
        super().connection_lost(error)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """A path and what stands behind it; the library's own reader of odd ones is slow."""
        found = None if self.local_part_limit else _PATH.fullmatch(arg)
        if found is None:
            address, rest = super()._getaddr(arg)
            return address, rest
        return found[1], found[2]

    def hang_up(self) -> None:
        """End this connection."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.close()

    async def handle_exception(self, error: Exception) -> str:
        """A bug of ours: the mail stays with the server, and nothing of the exception is told (default: 500)."""
        log.error("mail: a command failed", exc_info=error)
        return LATER

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds it by this name
        """A large mail is told at once to come back when there are too many."""
        size = next((w[5:] for w in (arg or "").upper().split() if w.startswith("SIZE=")), "")
        if size.isdigit() and LARGE_BYTES < int(size) <= MAIL_BYTES_MAX and self._door.large_is_full():
            await self.push(BUSY)
            return
        await super().smtp_MAIL(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """The mail itself; one reply, in LMTP one for each recipient."""
        session, envelope = self.session, self.envelope
        if session is None or envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 need RCPT first")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        if self._door.busy >= TRANSACTIONS_MAX:
            await self.push(BUSY)
            return
        recipients = list(envelope.rcpt_tos)
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        body = self._door.body(recipients)
        try:
            await self.push("354 go on, end with a dot")
            await self._content(body)
        except BaseException:  # the peer is gone
            body.drop()
            raise
        self._reset_timeout(DATA_SECONDS)
        replies = await self._door.hand_over(body, sender, recipients)
        self._reset_timeout()
        self.envelope = Envelope()
        await self.push(self._joined(replies))

    def _joined(self, replies: list[str]) -> str:
        """SMTP has one reply: any recipient that has to be tried again makes all of them be tried again."""
        return min(replies, key=lambda reply: {"4": 0, "2": 1}.get(reply[0], 2))

    async def _content(self, body: _Body) -> None:
        """Read up to the final dot, in blocks. Only CR LF dot CR LF ends a mail (SMTP smuggling)."""
        until = self.loop.time() + DATA_SECONDS
        first = await self._reader.readexactly(1)
        if first in (b".", b"\r"):  # an odd beginning: by lines, as the end may be the first of them
            line = first
            while line.endswith(b"\r") and len(line) < BLOCK_BYTES:  # what ends here is a line of its own
                line += await self._reader.readexactly(1)
            if not line.endswith(b"\r\n"):
                line += await self._line()
            while line != b".\r\n":
                body.add(line.removeprefix(b"."))
                line = await self._line()
            return
        body.feed(first)
        while True:
            self._reset_timeout(max(0.1, min(IDLE_SECONDS, until - self.loop.time())))
            try:
                last = await self._reader.readuntil(b"\r\n.\r\n")
            except asyncio.LimitOverrunError as more:
                body.feed(await self._reader.readexactly(more.consumed))
                continue
            body.feed(last[:-3])
            body.end()
            return

    async def _line(self) -> bytes:
        pieces = []
        while True:
            try:
                pieces.append(await self._reader.readuntil(b"\r\n"))
                return b"".join(pieces)
            except asyncio.LimitOverrunError as more:
                pieces.append(await self._reader.readexactly(more.consumed))


class _LmtpSession(_Session, LMTP):
    """The same, in LMTP."""

    def _joined(self, replies: list[str]) -> str:
        return "\r\n".join(replies)
