"""One connection to an IRC server: TLS, CAP 302, SASL, nick, liveness. Built on `irc` 20.5's client_aio.

The only file that imports the untyped library. Its base class gives the transport and little else: what it
gets wrong (no CAP, dies of one bad byte or one handler's exception, lets CR through, undoes ^P quoting, blocks
the loop for its rate limit, cannot see a half-open link) is replaced here. A lost link is never used again.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from irc import client_aio, connection

from adapters.irc_lines import Line, build, fold, parse, split_source
from relaybot.ports import Misconfigured

log = logging.getLogger(__name__)

MAX_UNREAD_BYTES = 32 * 1024  # tags 8191 + line 512 (IRCv3 message-tags), with much to spare
WANTED = (
    "account-tag",
    "account-notify",
    "extended-join",
    "message-tags",
    "inspircd.org/bot",
    "chghost",
    "multi-prefix",
    "invite-notify",
)
_AUTHENTICATE_BYTES = 400  # IRCv3 sasl-3.1: longer answers come in pieces


class LinkFailed(Exception):
    """The connection could not be made or was lost; trying again later may help."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who to be: nick, realname and, if `account` or `external`, the services account to prove."""

    nick: str
    realname: str
    account: str = ""
    password: str = ""
    external: bool = False
    extra_caps: tuple[str, ...] = ()

    @property
    def sasl(self) -> bool:
        return self.external or bool(self.account)


class _Wire(client_aio.IrcProtocol):  # type: ignore[misc]  # untyped base
    """Tells the link what the library's protocol does not: how the connection ended, and when the pipe is full."""

    _socket: socket.socket | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if hasattr(socket, "TCP_QUICKACK"):  # Linux
            self._socket = transport.get_extra_info("socket")

    def data_received(self, data: bytes) -> None:
        self.connection.process_data(data)
        # A PONG is not answered, so its acknowledgement would wait 40 ms for company, and a server with Nagle's
        # algorithm would keep the next line that long. The system forgets this wish; hence each time.
        if self._socket is not None and not self.connection.ended:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connection.gone.set()
        self.connection.lost(f"{type(exc).__name__}: {exc}" if exc else "closed by the server")

    def pause_writing(self) -> None:
        self.connection.full = True

    def resume_writing(self) -> None:
        self.connection.full = False
        self.connection.on_room()


class Link(client_aio.AioConnection):  # type: ignore[misc]  # untyped base
    """A registered connection. `on_line` gets every line but CAP, PING and SASL's; `on_lost` the end, once."""

    transport: asyncio.Transport

    def __init__(self, login: Login, on_line: Callable[[Line], None], on_lost: Callable[[str], None]) -> None:
        super().__init__(client_aio.AioReactor(loop=asyncio.get_running_loop()))
        self.login = login
        self.nick_now = login.nick
        self.caps: set[str] = set()
        self.isupport: dict[str, str] = {}
        self.account = ""
        self.full = False
        self.ended = ""
        self.gone = asyncio.Event()  # the socket is closed
        self.on_room: Callable[[], None] = lambda: None
        self.heard_at = self.reactor.loop.time()
        self._on_line, self._on_lost = on_line, on_lost
        self._offered: dict[str, str] = {}
        self._tail = b""
        self._last_words = ""
        self._registered: asyncio.Future[None] = self.reactor.loop.create_future()
        self._awaited_pong = ""
        self._paused = False

    # ---------------------------------------------------------------------------------- begin and end

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None, timeout_seconds: float = 30.0) -> None:
        """Connect and register.

        Raises LinkFailed (try later), Misconfigured (no retry can help), ssl.SSLCertVerificationError, OSError.
        """
        extras: dict[str, Any] = {"ssl": tls, "server_hostname": host} if tls else {}
        try:
            async with asyncio.timeout(timeout_seconds):
                wire = _Wire(self, self.reactor.loop)
                # the library keeps `connected` as a class attribute and deletes the instance's: set ours before data
                self.connected = True
                self.transport, self.protocol = await connection.AioFactory(**extras)(wire, (host, port))
                self.send("CAP", "LS", "302")
                self.send("NICK", self.nick_now)
                self.send("USER", self.login.nick.lstrip("~")[:9], "0", "*", self.login.realname)
                await self._registered
        except TimeoutError as error:
            raise LinkFailed("the server did not answer in time") from error
        finally:
            if not self._registered.done() or self._registered.cancelled() or self._registered.exception():
                self.abort("registration failed")

    def lost(self, reason: str) -> None:
        """The transport is gone: tell whoever waits, once."""
        if self.ended:
            return
        self.ended = self._last_words or reason
        self.connected = False
        if not self._registered.done():
            self._registered.set_exception(LinkFailed(self.ended))
            self._registered.exception()  # whoever gave up waiting is not to be scolded for it
        self._on_lost(self.ended)

    def disconnect(self, message: str = "") -> None:
        """Say QUIT and close; safe at any time."""
        if self.ended or not hasattr(self, "transport"):
            return
        if not self.transport.is_closing():
            self.send("QUIT", message or "bye")
            self.transport.close()
        self.lost(message or "we left")

    async def close(self, message: str, timeout_seconds: float = 2.0) -> None:
        """Say QUIT and wait until the socket is closed; a peer that does not take part is not waited for."""
        self.disconnect(message)
        if not hasattr(self, "transport"):
            return
        try:
            await asyncio.wait_for(self.gone.wait(), timeout_seconds)
        except TimeoutError:
            self.transport.abort()

    def abort(self, reason: str) -> None:
        """Drop the connection without waiting for a peer that may be gone."""
        if hasattr(self, "transport"):
            self.transport.abort()
        self.lost(reason)

    def reconnect(self) -> None:
        """The library's ways to reconnect, ping and pace do not work under asyncio (or block it)."""
        raise NotImplementedError("a lost link is not used again: make a new one")

    set_rate_limit = set_keepalive = reconnect

    # ------------------------------------------------------------------------------------------ write

    def send(self, command: str, *params: str) -> None:
        """One line now. Raises ValueError for what would be read as another line, LinkFailed when closed."""
        self.write(build(command, *params).encode("utf-8", "replace") + b"\r\n")

    def send_raw(self, string: str) -> None:
        """What the library's own methods end in; checked like everything else."""
        line = parse(string)
        self.send(line.command, *line.params)

    def write(self, data: bytes) -> None:
        """Whole, checked lines to the socket. Raises LinkFailed when it is closed."""
        if self.ended or self.transport.is_closing():
            raise LinkFailed("not connected")
        self.transport.write(data)

    # ------------------------------------------------------------------------------------------- read

    def process_data(self, new_data: bytes) -> None:
        """Bytes from the server. A line that cannot be understood costs that line only."""
        self.heard_at = self.reactor.loop.time()
        *lines, self._tail = (self._tail + new_data).split(b"\n")
        if len(self._tail) > MAX_UNREAD_BYTES:
            self.abort("the server sent a line without an end")
            return
        for raw in lines:
            if self.ended:
                return
            try:
                try:
                    text = raw.decode()
                except UnicodeDecodeError:  # any member can send one: Latin-1 decodes everything
                    text = raw.decode("latin-1")
                self._read(parse(text.rstrip("\r")))
            except Exception:
                log.exception("a line of %d bytes could not be handled", len(raw))

    def _read(self, line: Line) -> None:
        match line.command:
            case "PRIVMSG":  # first, for speed
                self._on_line(line)
            case "PING":
                self.send("PONG", *line.params[-1:])
            case "PONG":
                if line.param(-1) == self._awaited_pong:
                    self._awaited_pong = ""
                self._on_line(line)
            case "CAP":
                self._cap(line)
            case "AUTHENTICATE" | "900" | "902" | "903" | "904" | "905" | "906" | "908":
                self._sasl(line)
            case "432" | "433" | "436" | "437":
                self._nick_refused(line)
            case "001" | "005" | "376" | "422":
                self._welcome(line)
            case "464" | "465" | "ERROR":
                self._farewell(line)
            case "NICK":
                if self.is_me(split_source(line.source)[0]):
                    self.nick_now = line.param(0)
                self._on_line(line)
            case "":
                pass
            case _:
                self._on_line(line)

    def casefold(self, name: str) -> str:
        """A nick, account or channel as this server compares it."""
        return fold(name, self.isupport.get("CASEMAPPING", "rfc1459"))

    def is_me(self, nick: str) -> bool:
        return self.casefold(nick) == self.casefold(self.nick_now)

    # ----------------------------------------------------------------------------------- registration

    def _fail(self, error: Exception) -> None:
        if not self._registered.done():
            self._registered.set_exception(error)

    def _cap(self, line: Line) -> None:
        """IRCv3 capability-negotiation, version 302: LS may come in pieces, NEW and DEL at any time."""
        verb, words = line.param(1).upper(), line.param(-1).split()
        if verb in ("LS", "NEW"):
            self._offered.update((word.partition("=")[::2]) for word in words)
            if verb == "NEW" or line.param(2) != "*":
                self._request(first=verb == "LS")
        elif verb == "ACK":
            self.caps |= {word for word in words if word[0] != "-"}
            if "sasl" in words:
                self.send("AUTHENTICATE", "EXTERNAL" if self.login.external else "PLAIN")
            elif not self._registered.done():
                self.send("CAP", "END")
        elif verb == "DEL":
            self.caps -= set(words)
            for word in words:
                self._offered.pop(word, None)
        elif verb == "NAK":
            self._fail(LinkFailed("the server refused a capability that it had offered"))

    def _request(self, first: bool) -> None:
        if first and self.login.sasl and "sasl" not in self._offered:
            self._fail(LinkFailed("services are away: not joining without being logged in"))
            return
        wanted = [cap for cap in WANTED + self.login.extra_caps if cap in self._offered and cap not in self.caps]
        if first and self.login.sasl:
            wanted.append("sasl")
        if wanted:
            self.send("CAP", "REQ", " ".join(wanted))
        elif first:
            self.send("CAP", "END")

    def _sasl(self, line: Line) -> None:
        """IRCv3 sasl-3.1: 900 logged in, 903 done, 902/904/905 refused, 906/908 something else is wrong."""
        match line.command:
            case "AUTHENTICATE":
                if line.param(0) == "+":
                    self._authenticate()
            case "900":
                self.account = line.param(2)
            case "903":
                if not self._registered.done():
                    self.send("CAP", "END")
            case "906" | "908":
                self._fail(LinkFailed(f"SASL did not work ({line.command}): {line.param(-1)[:200]}"))
            case _:
                way = "certificate" if self.login.external else "password"
                who = self.login.account or self.login.nick
                self._fail(
                    Misconfigured(f'the network refused the SASL {way} of account "{who}": {line.param(-1)[:200]}')
                )

    def _authenticate(self) -> None:
        if self.login.external:  # the certificate says who we are; atheme refuses an account beside it
            self.send("AUTHENTICATE", "+")
            return
        account, password = self.login.account, self.login.password
        answer = base64.b64encode(f"{account}\0{account}\0{password}".encode()).decode()
        pieces = [answer[at : at + _AUTHENTICATE_BYTES] for at in range(0, len(answer), _AUTHENTICATE_BYTES)]
        if len(answer) % _AUTHENTICATE_BYTES == 0:
            pieces.append("+")
        for piece in pieces:
            self.send("AUTHENTICATE", piece)

    def _nick_refused(self, line: Line) -> None:
        """433, 436, 437 taken; 432 held by services, or a nick this server cannot have at all."""
        if self._registered.done():
            self._on_line(line)
            return
        tries = len(self.nick_now) - len(self.login.nick)
        if tries >= 3 or len(self.nick_now) >= 30:
            kind = Misconfigured if line.command == "432" else LinkFailed
            self._fail(kind(f'the server takes neither the nick "{self.login.nick}" nor one like it'))
            return
        self.nick_now += "_"
        self.send("NICK", self.nick_now)

    def _welcome(self, line: Line) -> None:
        """001 our nick, 005 what the server can do, 376 or 422 the end of the welcome."""
        if line.command == "001":
            self.nick_now = line.param(0) or self.nick_now  # a server may have shortened it
        elif line.command == "005":
            for token in line.params[1:-1]:
                key, _, value = token.partition("=")
                if key[:1] == "-":
                    self.isupport.pop(key[1:], None)
                elif key:
                    self.isupport[key] = value
        elif not self._registered.done():
            self._registered.set_result(None)

    def _farewell(self, line: Line) -> None:
        """464 password wanted, 465 banned, ERROR: the server closes next, and this is why."""
        if line.command == "464":
            self._fail(Misconfigured("the server asks for a server password, and there is no setting for one"))
        if line.command != "ERROR" or not self._last_words:
            self._last_words = f"{line.command}: {line.param(-1)[:200]}"

    # ---------------------------------------------------------------------------------------- liveness

    def pause_reading(self) -> None:
        """Let the network wait; silence then proves nothing about the link."""
        self._paused = True
        self.transport.pause_reading()

    def resume_reading(self) -> None:
        self._paused = False
        self.heard_at = self.reactor.loop.time()
        self.transport.resume_reading()

    async def watch(self, ping_seconds: float, timeout_seconds: float) -> None:
        """Notice a half-open link: after `ping_seconds` of silence ask, after `timeout_seconds` more give up."""
        loop = self.reactor.loop
        while not self.ended:
            quiet = loop.time() - self.heard_at
            if quiet < ping_seconds:
                await asyncio.sleep(ping_seconds - quiet)
                continue
            asked_at = loop.time()
            self._awaited_pong = "alive-" + secrets.token_hex(8)
            self.send("PING", self._awaited_pong)
            await asyncio.sleep(timeout_seconds)
            if self.heard_at < asked_at and self._awaited_pong and not self._paused:
                self.abort(f"no answer to PING for {timeout_seconds:g} s")
