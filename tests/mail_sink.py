"""A mail server for tests that can fail in every way a real one does: aiosmtpd with a fault per command.

A fault is a reply ("450 4.2.0 later"), or one of: "cut" (the connection ends before the reply), "cut after" (ends
after the final dot was read and the mail kept), "silent" (no reply at all), "slow" (takes the content in sips).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.mail_help import HOST, until


@dataclass
class Taken:
    """One mail the server took."""

    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class Sink:
    """What the server did and shall do. `faults`: command -> what to do instead; `for_` limits RCPT faults to one address."""

    faults: dict[str, str] = field(default_factory=dict)
    for_: str = ""  # a part of the address RCPT faults are for; "": every one
    times: int = 1_000_000  # so often a fault happens
    taken: list[Taken] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    sessions: list[_Session] = field(default_factory=list)

    def fault(self, command: str, about: str = "") -> str:
        """What goes wrong now, "" for nothing."""
        found = self.faults.get(command, "")
        if not found or (command == "RCPT" and self.for_ not in about) or self.times <= 0:
            return ""
        self.times -= 1
        return found

    async def handle_MAIL(  # noqa: N802
        self, server: _Session, _s: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM."""
        if fault := self.fault("MAIL"):
            return await server.fail(fault)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: _Session, _s: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """RCPT TO."""
        if fault := self.fault("RCPT", address):
            return await server.fail(fault)
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: _Session, _s: Session, envelope: Envelope) -> str:  # noqa: N802
        """After the final dot."""
        fault = self.fault("DOT")
        if fault and fault not in ("cut after", "silent after"):
            return await server.fail(fault)
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append(Taken(str(envelope.mail_from), list(envelope.rcpt_tos), content))
        return await server.fail(fault.removesuffix(" after")) if fault else "250 taken"

    async def handle_RSET(self, server: _Session, _s: Session, _e: Envelope) -> str:  # noqa: N802
        """RSET."""
        return "250 ok"


class _Session(SMTP):
    """One connection to the sink."""

    def __init__(self, sink: Sink, **more: Any) -> None:
        super().__init__(sink, hostname="sink.test", loop=asyncio.get_running_loop(), **more)
        self.sink = sink

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count."""
        if self.transport is None:
            self.sink.connections += 1
            self.sink.sessions.append(self)
        super().connection_made(transport)

    async def fail(self, fault: str) -> str:
        """Do what a fault says; returns the reply where there is one."""
        if fault == "cut":
            assert isinstance(self.transport, asyncio.WriteTransport)
            self.transport.abort()
            await asyncio.Event().wait()  # the connection's end cancels us
        if fault == "silent":
            await asyncio.Event().wait()
        if fault.startswith("421"):
            asyncio.get_running_loop().call_later(0.01, self._end)
        return fault

    def _end(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.close()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """DATA can fail before its content."""
        if fault := self.sink.fault("DATA"):
            if fault == "slow":
                assert isinstance(self.transport, asyncio.Transport)
                self.transport.pause_reading()
                await self.push("354 go on")
                await asyncio.Event().wait()
            await self.push(await self.fail(fault))
            return
        await super().smtp_DATA(arg)


def _login(_server: SMTP, _s: Session, _e: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"relaybot", b"secret")
    return AuthResult(success=right, handled=False)


@contextlib.asynccontextmanager
async def sink(
    faults: dict[str, str] | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    implicit: bool = False,
    login: bool = False,
    port: int = 0,
    made: Sink | None = None,
    **more: Any,
) -> AsyncIterator[Sink]:
    """A server on the loopback; with `tls` by STARTTLS, or from the first byte. `made`: one of a kind of its own."""
    found = made or Sink(dict(faults or {}), **more)
    options: dict[str, Any] = {"enable_SMTPUTF8": True, "data_size_limit": 30_000_000}
    if tls is not None and not implicit:
        options["tls_context"] = tls
    if login:
        options |= {"authenticator": _login, "auth_required": True}
    server = await asyncio.get_running_loop().create_server(
        lambda: _Session(found, **options), HOST, port, ssl=tls if implicit else None
    )
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for session in found.sessions:
            session._end()
        await until(lambda: all(session.transport is None for session in found.sessions))
