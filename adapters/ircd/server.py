"""The embedded server's I/O: sockets, the queue of each client, pings, pacing, and the door every command takes.
Lines written during one turn of the event loop leave in one write per client; a client that does not read is
dropped when its queue is full. By default it binds loopback only, because there anybody may be anybody."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import time
from collections import deque
from collections.abc import Mapping, Sequence

from adapters.ircd import channels, entering, modes, people
from adapters.ircd.lines import LABEL_BYTES, InputTooLong, Line, LineBuffer, parse
from adapters.ircd.world import Client, Limits, Verb, World

VERBS: Mapping[str, Verb] = {**entering.VERBS, **people.VERBS, **channels.VERBS, **modes.VERBS}
_FLUSH_BYTES = 65_536  # queued for one client before it is written within a turn
_INBOX_LINES = 256  # read ahead of a paced client before the socket is left alone
_CLOSE_SECONDS = 1.0  # to take the last lines before a closed socket is cut
_log = logging.getLogger(__name__)


class Server:
    """One IRC network on one address.

    name is the server's, network the network's (each one word); motd its message of the day; passwords the
    accounts that SASL must prove, by name (any other account is given to whoever asks); lines_per_second paces
    how fast each registered client is read, after limits.burst_lines at once (None: no limit).
    Raises ValueError for a name that is not one word."""

    def __init__(
        self,
        *,
        name: str = "irc.relaybot.localhost",
        network: str = "relaybot",
        motd: Sequence[str] = (),
        passwords: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        lines_per_second: float | None = None,
        loopback_only: bool = True,
    ) -> None:
        if lines_per_second is not None and lines_per_second <= 0:
            raise ValueError("lines_per_second must be greater than 0")
        quiet = ["".join(c if c.isprintable() else " " for c in text) for text in motd]
        self.world = World(name, network, quiet, passwords or {}, limits or Limits())
        self.lines_per_second = lines_per_second
        self._loopback_only = loopback_only
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listens on the first address of host and returns the address and port bound; port 0 picks a free one.

        Raises RuntimeError when it listens already, ValueError when host is not loopback (unless allowed),
        OSError when the address cannot be bound."""
        if self._server is not None:
            raise RuntimeError("this server listens already")
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        address = str(found[0][4][0])
        if self._loopback_only and not ipaddress.ip_address(address.partition("%")[0]).is_loopback:
            raise ValueError(f"{host} is not loopback, and on this network anybody may use any account")
        self._server = await loop.create_server(lambda: _Connection(self), address, port)
        bound = self._server.sockets[0].getsockname()
        return str(bound[0]), int(bound[1])

    async def stop(self) -> None:
        """Stops listening, tells every client, closes every socket; harmless when nothing runs."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for connection in list(self._connections):
            connection.close("the server is stopping")
        await self._empty.wait()  # ends: whoever does not take the last lines is cut after _CLOSE_SECONDS
        if server is not None:
            await server.wait_closed()

    async def drop(self, nick: str) -> None:
        """Cuts one client's socket without a word, as a network failure would. Raises LookupError for no such nick."""
        client = self.world.person(nick)
        for connection in list(self._connections):
            if connection.client is client:
                connection.abort("Connection reset by peer")
                return
        raise LookupError(f"nobody here is called {nick}")

    def opened(self, connection: _Connection) -> bool:
        """Notes a new connection; False when the server is full."""
        if len(self._connections) >= self.world.limits.connections:
            return False
        self._connections.add(connection)
        self._empty.clear()
        return True

    def closed(self, connection: _Connection) -> None:
        """Notes that a connection's socket is gone."""
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()


class _Connection(asyncio.Protocol):
    """One socket: bytes in, lines through VERBS, bytes out; it is its client's Link."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._world = server.world
        self._loop = asyncio.get_running_loop()
        self._buffer = LineBuffer()
        self._inbox: deque[bytes | None] = deque()
        self._outbox: list[bytes] = []
        self._outbox_bytes = 0
        self._gone = False
        self._full = False
        self._heard_at = self._loop.time()
        self._pinged_at: float | None = None
        self._tokens = float(self._world.limits.burst_lines)
        self._tokens_at = self._heard_at
        self._pacer: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets nobody yet: a client speaks first."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        now = time.time()
        self.client = Client(self, self._world.name, _host(transport), now, now)
        if self._server.opened(self):
            self._watch = self._loop.call_later(self._world.limits.registration_seconds, self._look)
        else:
            self._gone = True
            transport.write(b"ERROR :Closing Link: all connections of this server are in use\r\n")
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Takes bytes and handles the lines they complete."""
        if self._gone:
            return
        self._inbox.extend(self._buffer.feed(data))
        self._heard_at = self._loop.time()
        if self._pacer is None:
            self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, whoever closed it."""
        self._leave_world("Connection reset by peer" if exc else "Remote host closed the connection")
        if self._watch is not None:
            self._watch.cancel()
        self._server.closed(self)

    def write(self, data: bytes) -> None:
        """Queues whole lines; they leave together at the end of this turn of the loop."""
        if self._gone or self._full:
            return
        if not self._outbox:
            self._loop.call_soon(self._flush)
        self._outbox.append(data)
        self._outbox_bytes += len(data)
        if self._outbox_bytes >= _FLUSH_BYTES:
            self._flush()

    def close(self, reason: str) -> None:
        """Takes the client out of the world, tells it why, and closes the socket within _CLOSE_SECONDS."""
        if self._gone:
            return
        self.write(f"ERROR :Closing Link: {self.client.host} ({reason})"[:400].encode() + b"\r\n")
        self._flush()
        self._leave_world(reason)
        self._transport.close()
        # A peer that never reads would keep a closing socket open for ever.
        self._watch = self._loop.call_later(_CLOSE_SECONDS, self.cut)

    def abort(self, reason: str) -> None:
        """Takes the client out of the world and cuts the socket without a word."""
        self._leave_world(reason)
        self.cut()

    def cut(self) -> None:
        """Cuts the socket; what was not sent is lost."""
        self._transport.abort()

    def _leave_world(self, reason: str) -> None:
        if self._gone:
            return
        self._gone = True
        self._inbox.clear()
        self._outbox.clear()
        for timer in (self._watch, self._pacer):
            if timer is not None:
                timer.cancel()
        self._world.remove(self.client, reason)

    def _flush(self) -> None:
        if self._gone or not self._outbox:
            return
        self._transport.write(b"".join(self._outbox))
        self._outbox.clear()
        self._outbox_bytes = 0
        if self._transport.get_write_buffer_size() > self._world.limits.send_queue_bytes_per_client:
            self._full = True
            # Not at once: this may be in the middle of a relay to the members of a channel this client is in.
            self._loop.call_soon(self.abort, "SendQ exceeded")

    def _work(self) -> None:
        self._pacer = None
        while self._inbox and not self._gone:
            wait_seconds = self._pace()
            if wait_seconds > 0:
                self._pacer = self._loop.call_later(wait_seconds, self._work)
                break
            self._handle(self._inbox.popleft())
        if self._gone:
            return
        if len(self._inbox) > _INBOX_LINES:
            self._transport.pause_reading()
        elif not self._transport.is_reading():
            self._transport.resume_reading()

    def _pace(self) -> float:
        """Seconds until the next line may be handled; 0 takes it from the client's allowance now."""
        rate = self._server.lines_per_second
        if rate is None or not self.client.registered:
            return 0.0
        now = self._loop.time()
        self._tokens = min(self._tokens + (now - self._tokens_at) * rate, float(self._world.limits.burst_lines))
        self._tokens_at = now
        if self._tokens < 1.0:
            return (1.0 - self._tokens) / rate
        self._tokens -= 1.0
        return 0.0

    def _handle(self, raw: bytes | None) -> None:
        # A paced client is heard when its line is taken up, or its own queue would look like silence.
        self._heard_at = self._loop.time()
        client = self.client
        try:
            if raw is None:
                raise InputTooLong
            line = parse(raw)
        except InputTooLong:
            client.reply("417", text="Input line was too long; nothing of it was done")
            return
        if line is None:
            return
        label = line.tags.get("label", "") if {"labeled-response", "batch"} <= client.caps else ""
        if label and len(label.encode()) <= LABEL_BYTES:
            client.answers = []
            self._obey(line)
            client.settle(label, self._world.next_id())
        else:
            self._obey(line)

    def _obey(self, line: Line) -> None:
        client, verb = self.client, VERBS.get(line.verb)
        was_registered = client.registered
        if not was_registered and (verb is None or not verb.early):
            client.reply("451", text="You have not registered: send NICK and USER first")
        elif verb is None:
            client.reply("421", line.verb, text="Unknown command")
        elif len(line.params) < verb.needs:
            client.reply("461", line.verb, text="Not enough parameters")
        else:
            try:
                verb.run(self._world, client, line)
            except Exception:  # a mistake in one command must not cost its sender the connection
                _log.exception("a bug in %s", line.verb)
                client.reply("400", line.verb, text="This server made a mistake over your command")
        if client.registered and not was_registered:
            self._watch_again(self._world.limits.ping_after_idle_seconds)

    def _look(self) -> None:
        """Is the client still there? Silence is answered by one PING, silence after that by the end."""
        limits, now = self._world.limits, self._loop.time()
        if not self.client.registered:
            self.close(f"not registered within {limits.registration_seconds:g} seconds")
        elif self._pinged_at is not None and self._heard_at <= self._pinged_at:
            self.close(f"Ping timeout: {now - self._heard_at:.0f} seconds")
        elif now - self._heard_at >= limits.ping_after_idle_seconds:
            self._pinged_at = now
            self.write(f"PING :{self._world.name}\r\n".encode())
            self._watch_again(limits.ping_answer_seconds)
        else:
            self._watch_again(limits.ping_after_idle_seconds - (now - self._heard_at))

    def _watch_again(self, seconds: float) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._loop.call_later(seconds, self._look)


def _host(transport: asyncio.Transport) -> str:
    """The host in nick!user@host: "localhost", or the address, never beginning with a colon."""
    peer = transport.get_extra_info("peername")
    address = str(peer[0]) if peer else "127.0.0.1"
    if ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        return "localhost"
    return f"0{address}" if address.startswith(":") else address
