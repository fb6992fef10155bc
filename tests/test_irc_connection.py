"""The IRC connection against real servers and a scripted one: TLS, SASL, nicks, half-open links, floods, the 17 traps.

The traps are those of the library underneath (`irc` 20.5, client_aio): each has a test here or in the contract.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.irc import Irc, IrcSettings, open_adapter
from adapters.irc_lines import Line
from adapters.irc_link import Link, LinkFailed, Login
from relaybot.ports import Misconfigured
from tests import needs
from tests.irc_contract import Bot, Scene, fresh
from tests.raw_irc import WAIT_SECONDS
from tests.servers import (
    HOST,
    PASSWORD,
    Running,
    end,
    make_certificate,
    start_atheme,
    start_inspircd,
)

servers = pytest.mark.servers


@contextlib.asynccontextmanager
async def on(server: Running) -> AsyncIterator[Scene]:
    scene = Scene(server)
    try:
        yield scene
    finally:
        await scene.end()


def tls(server: Running, **more: Any) -> dict[str, Any]:
    """Settings for the TLS port of an InspIRCd of ours, whose certificate is for "localhost"."""
    return {
        "host": "localhost",
        "port": server.tls_port,
        "tls": True,
        "tls_ca_file": str(server.directory / "cert.pem"),
        **more,
    }


# ------------------------------------------------------------------------------------------- TLS and SASL


@servers
async def test_sasl_plain_over_tls(inspircd: Running) -> None:
    async with on(inspircd) as scene:
        bot = await scene.bot(**tls(inspircd, sasl_account="relaybot", sasl_password=PASSWORD))
        ana = await scene.person(fresh("ana"))
        ana.send(f"WHOIS {bot.nick}")
        whois = {line.command: line for line in await ana.barrier()}
        assert whois["330"].param(2) == "relaybot"
        assert whois["335"].param(1) == bot.nick  # bot mode, by the letter that ISUPPORT names
        assert "671" in whois  # a secure connection


@servers
async def test_sasl_external_by_certificate(inspircd: Running, tmp_path: Path) -> None:
    make_certificate(needs.program("openssl", "openssl"), tmp_path, "relaybot")
    both = tmp_path / "both.pem"
    both.write_text((tmp_path / "cert.pem").read_text() + (tmp_path / "key.pem").read_text())
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "cert.pem").read_text())
    fingerprint = hashlib.sha256(der).hexdigest()
    async with on(inspircd) as scene:
        owner = await scene.person(fresh("owner"), "relaybot")
        owner.send(f"PRIVMSG NickServ :CERT ADD {fingerprint}")
        await owner.expect("(?i)^:NickServ.*(added|already)")

        bot = await scene.bot(**tls(inspircd, sasl_account="relaybot", sasl_certificate=str(both)))

        assert bot.adapter._link is not None
        assert bot.adapter._link.account == "relaybot"


@servers
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"sasl_account": "relaybot", "sasl_password": "wrong"}, 'refused the SASL password of account "relaybot"'),
        ({"tls_ca_file": None}, "the certificate of localhost is not valid"),
        ({"host": "127.0.0.2"}, "the certificate of 127.0.0.2 is not valid: IP address mismatch"),
    ],
)
async def test_what_no_retry_cures_ends_it_with_a_sentence(
    inspircd: Running,
    more: dict[str, Any],
    sentence: str,
) -> None:
    async with on(inspircd) as scene:
        with pytest.raises(Misconfigured, match=sentence):
            await scene.bot(**tls(inspircd, **more))


@servers
@pytest.mark.slow
async def test_services_away_means_waiting_not_joining(tmp_path: Path) -> None:
    server = start_inspircd(tmp_path / "ircd")
    try:
        end(await asyncio.to_thread(start_atheme, server, tmp_path / "services"))  # the accounts are registered now
        async with on(server) as scene:
            bot = scene.starting(sasl_account="relaybot", sasl_password=PASSWORD)
            watcher = await scene.person(fresh("ana"), "", bot.public)
            while "services are away" not in bot.adapter.health():  # the first try has no event
                await asyncio.sleep(0.02)
            assert not bot.adapter.ready()
            assert "JOIN" not in [line.command for line in await watcher.barrier()]

            await asyncio.to_thread(start_atheme, server, tmp_path / "services")
            await bot.up()

            await watcher.expect(f"^:{bot.nick}!.* JOIN")
    finally:
        server.stop()


# --------------------------------------------------------------------------------------- half-open, killed


@servers
async def test_a_half_open_link_is_noticed_and_letters_come_back(inspircd: Running) -> None:
    """SIGSTOP: the kernel still acknowledges, the server says nothing. Then what was not proven is settled."""
    async with on(inspircd) as scene:
        bot = await scene.bot(ping_seconds=0.2, ping_timeout_seconds=0.2)
        os.kill(inspircd.processes[0].pid, signal.SIGSTOP)
        try:
            fate = bot.post(bot.public, "into the void")
            assert await asyncio.wait_for(fate, WAIT_SECONDS) == ("later", "connection lost", 0.0)
            assert not bot.adapter.ready()
            assert (await bot.say(bot.public, "next"))[0] == "later"
        finally:
            os.kill(inspircd.processes[0].pid, signal.SIGCONT)
        await bot.up()
        assert (await bot.say(bot.public, "back"))[0] == "sent"


@servers
async def test_killed_by_an_operator_it_comes_back(inspircd: Running) -> None:
    async with on(inspircd) as scene:
        bot = await scene.bot()
        operator = await scene.person(fresh("oper"))
        operator.send("OPER root oper")
        await operator.expect(" 381 ")

        operator.send(f"KILL {bot.nick} :enough")

        await bot.up()


@servers
@pytest.mark.slow
@pytest.mark.parametrize("pace", [None, 1.0])
async def test_the_flood_protection_of_a_stock_server_is_not_hit(
    inspircd_stock: Running,
    pace: float | None,
) -> None:
    """Paced or not: sixteen letters to eight people on a server that takes one line a second after ten."""
    async with on(inspircd_stock) as scene:
        bot = await scene.bot(lines_per_second=pace)
        names = [fresh("p") for _ in range(8)]
        people = await asyncio.gather(*(scene.person(name) for name in names))

        fates = [bot.post(f"~{name}", "x" * 390) for _ in range(2) for name in names]
        done = [await asyncio.wait_for(fate, 60) for fate in fates]

        assert done == [("sent", "", 0.0)] * len(fates)
        assert bot.adapter.ready()
        assert sum([len(await raw.texts(bot.nick)) for raw in people]) == len(fates)


# -------------------------------------------------------------------------------------- a scripted server


class Script:
    """A server that says what the test tells it to."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.port = 0
        self._server: asyncio.Server
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with contextlib.suppress(OSError):
            while raw := await reader.readline():
                self.lines.put_nowait(raw.decode())

    def say(self, *lines: str | bytes) -> None:
        for line in lines:
            self._writers[-1].write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    async def hear(self, beginning: str) -> str:
        while True:
            line = (await asyncio.wait_for(self.lines.get(), WAIT_SECONDS)).rstrip("\r\n")
            if line.startswith(beginning):
                return line

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    server = Script()
    await server.start()
    yield server
    await server.stop()


@contextlib.asynccontextmanager
async def linked(
    script: Script, on_line: Callable[[Line], None], login: Login | None = None
) -> AsyncIterator[tuple[Link, list[str]]]:
    """A link to the scripted server, which registers it at once."""
    lost: list[str] = []
    link = Link(login or Login("relaybot", "real"), on_line, lost.append)
    opening = asyncio.create_task(link.open(HOST, script.port, None))
    await script.hear("USER")
    script.say(":s CAP * LS :account-tag", ":s CAP * ACK :account-tag")
    script.say(
        ":s 001 relaybot :hi", ":s 005 relaybot CASEMAPPING=ascii =odd -GONE BOT= X=\\x20 :are", ":s 422 relaybot :"
    )
    await opening
    try:
        yield link, lost
    finally:
        link.disconnect()


async def test_odd_lines_cost_nothing(script: Script) -> None:
    """Traps 3, 4, 12: a handler's bug, a bad byte, and what made the library's parser raise."""
    heard: list[Line] = []
    arrived = asyncio.Event()

    def on_line(line: Line) -> None:
        if line.command == "BUG":
            raise RuntimeError("a handler's bug")
        heard.append(line)
        if line.command == "LAST":
            arrived.set()

    async with linked(script, on_line) as (link, lost):
        script.say("", " ", ":a!b@c QUIT", ":a!b@c PRIVMSG", ":a!b@c PRIVMSG relaybot", "@a=b  :x  FOO   y", "BUG", ":")
        script.say(
            b":a!b@c PRIVMSG x :caf\xe9", "PING :to me", ":s 005 relaybot", "CAP", "NICK", "AUTHENTICATE", "LAST"
        )
        await asyncio.wait_for(arrived.wait(), WAIT_SECONDS)
        assert lost == []
        assert await script.hear("PONG") == "PONG :to me"
        assert [line.command for line in heard] == "QUIT PRIVMSG PRIVMSG FOO PRIVMSG NICK LAST".split()
        assert heard[4].params[1] == "café"
        assert link.isupport == {"CASEMAPPING": "ascii", "BOT": "", "X": "\\x20"}
        assert link.casefold("[A") == "[a"


async def test_nothing_unsafe_leaves(script: Script) -> None:
    """Traps 5, 7, 16: CR, NUL and spaces in targets, also through the library's own methods."""
    async with linked(script, lambda line: None) as (link, _):
        for command, params in (("PRIVMSG", ("a", "x\rQUIT")), ("PRIVMSG", ("a :x", "y")), ("PRIVMSG", ("a", "\0"))):
            with pytest.raises(ValueError, match=r"line|last"):
                link.send(command, *params)
        with pytest.raises(ValueError, match="line"):
            link.privmsg("peer", "a\rPRIVMSG peer :X")
        link.send("LAST")
        while (line := await script.hear("")) != "LAST":
            assert line.split()[0] in ("CAP", "NICK")  # of the registration


async def test_what_the_library_breaks_is_not_there(script: Script) -> None:
    """Trap 2: reconnect and keep-alive raise inside the library, its rate limit stops the whole loop."""
    async with linked(script, lambda line: None) as (link, _):
        for method in (link.reconnect, link.set_keepalive, link.set_rate_limit):
            with pytest.raises(NotImplementedError):
                method()


async def test_a_closed_link_says_so(script: Script) -> None:
    """Trap 8: the library loses what is sent after the end; here it raises, and the end is told once."""
    async with linked(script, lambda line: None) as (link, lost):
        script.say("ERROR :Closing link: bye")
        await script.stop()
        while not lost:  # the end comes through on_lost only
            await asyncio.sleep(0)
        with pytest.raises(LinkFailed):
            link.send("PING", "x")
        link.disconnect()
        link.abort("again")
        assert lost == ["ERROR: Closing link: bye"]


async def test_a_line_without_an_end_ends_the_link(script: Script) -> None:
    async with linked(script, lambda line: None) as (_, lost):
        script._writers[-1].write(b"x" * 40_000)
        while not lost:
            await asyncio.sleep(0)
        assert "without an end" in lost[0]


@pytest.mark.parametrize(
    ("say", "error", "sentence"),
    [
        ([":s 433 * relaybot :taken"] * 5, LinkFailed, "takes neither the nick"),
        ([":s 432 * relaybot :erroneous"] * 5, Misconfigured, "takes neither the nick"),
        ([":s 464 * :password"], Misconfigured, "server password"),
        ([":s CAP * LS :account-tag"], LinkFailed, "services are away"),
        ([":s CAP * LS * :a", ":s CAP * LS :sasl", ":s CAP * NAK :sasl"], LinkFailed, "refused a capability"),
        ([":s 906 * :aborted"], LinkFailed, "SASL did not work"),
        ([":s 902 * :locked"], Misconfigured, "SASL password"),
        ([":s 465 * :you are banned", "ERROR :bye"], LinkFailed, "465: you are banned"),
        ([], LinkFailed, "did not answer in time"),
    ],
)
async def test_registration_that_fails_says_why(
    script: Script, say: list[str], error: type[Exception], sentence: str
) -> None:
    """Traps 1 and 13: CAP and SASL are spoken at all, and a taken nick is tried with another one."""
    link = Link(Login("relaybot", "real", "relaybot", "pw"), lambda line: None, lambda reason: None)
    opening = asyncio.create_task(link.open(HOST, script.port, None, 30.0 if say else 0.05))
    await script.hear("USER")
    script.say(*say)
    if sentence.startswith("465"):
        await script.stop()
    with pytest.raises(error, match=sentence):
        await opening
    assert link.ended


async def test_a_long_password_goes_in_pieces(script: Script) -> None:
    """IRCv3 sasl-3.1: 400 bytes a piece, and a "+" when the last one is full."""
    login = Login("relaybot", "real", "a" * 50, "p" * 198)
    link = Link(login, lambda line: None, lambda reason: None)
    opening = asyncio.create_task(link.open(HOST, script.port, None))
    await script.hear("USER")
    script.say(":s CAP * LS :sasl", ":s CAP * ACK :sasl")
    await script.hear("AUTHENTICATE PLAIN")
    script.say("AUTHENTICATE +")
    assert len(await script.hear("AUTHENTICATE")) == len("AUTHENTICATE ") + 400
    assert await script.hear("AUTHENTICATE") == "AUTHENTICATE +"
    script.say(":s 900 x y a :hi", ":s 903 x :ok", ":s 001 relaybot_ :hi", ":s 376 x :")
    await script.hear("CAP END")
    await opening
    assert (link.account, link.nick_now) == ("a", "relaybot_")
    link.disconnect()


async def test_a_full_core_makes_the_network_wait() -> None:
    """More unheard messages than the limit: the socket is not read until the core has caught up."""
    raw_server = Script()
    await raw_server.start()
    adapter = Irc("net", IrcSettings(host=HOST, port=raw_server.port, tls=False, commands_per_minute=None))
    held: list[asyncio.Future[None]] = []

    class SlowEar:
        def hear(self, message: object) -> asyncio.Future[None]:
            held.append(asyncio.get_running_loop().create_future())
            return held[-1]

        def reachable(self, network: str, address: str = "") -> None: ...

        def arrived(self, address: str) -> None: ...

        def knows(self, address: str) -> bool:
            raise AssertionError(address)

        def left(self, programme: str, letter: int) -> Awaitable[None]:
            raise AssertionError("a copy came back on IRC")

        def bounced(self, address: str, reason: str, *, permanent: bool) -> Awaitable[None]:
            raise AssertionError("mail came back on IRC")

    running = asyncio.create_task(adapter.run(SlowEar()))
    await raw_server.hear("USER")
    raw_server.say(":s CAP * LS :account-tag", ":s CAP * ACK :account-tag", ":s 001 relaybot :", ":s 422 relaybot :")
    await raw_server.hear("CAP END")
    raw_server.say(*[":a!b@c PRIVMSG relaybot :hello"] * 2500)
    while len(held) < 2000:
        await asyncio.sleep(0)
    link = adapter._link
    assert link is not None
    assert not link.transport.is_reading()
    for future in held:
        future.set_result(None)
    while not link.transport.is_reading():
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await raw_server.stop()


# ------------------------------------------------------------------------------------------------ settings


def test_all_mistakes_of_the_settings_are_told_at_once() -> None:
    with pytest.raises(Misconfigured) as caught:
        open_adapter(
            "libera", {"host": "no such host", "nick": "a b", "public": {"tp": "tp"}, "burst": 0, "unknown": 1}
        )  # fmt: skip
    told = str(caught.value).splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "irc.libera.host", "irc.libera.nick", "irc.libera.public", "irc.libera.burst", "irc.libera.unknown",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"sasl_password": "x"},
        {"sasl_account": "x"},
        {"sasl_certificate": "x.pem", "tls": False},
        {"public": {"a": "#x", "b": "#X"}},
        {"public": {"a": "#x"}, "moderators": {"a": "#x"}},
    ],
)
def test_settings_that_do_not_fit_together(wrong: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured, match=r"^irc\.net"):
        open_adapter("net", {"host": "irc.example.org", **wrong})


def test_the_password_is_not_shown() -> None:
    settings = IrcSettings(host="irc.example.org", sasl_account="x", sasl_password="hidden-words")
    assert "hidden-words" not in repr(settings)


async def test_a_certificate_that_cannot_be_read_is_a_sentence() -> None:
    adapter = open_adapter("net", {"host": "localhost", "port": 1, "tls_ca_file": "/nonexistent.pem"})
    with pytest.raises(Misconfigured, match="certificate file"):
        await adapter.run(Bot.__new__(Bot))  # type: ignore[arg-type]
