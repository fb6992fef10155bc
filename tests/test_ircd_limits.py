"""What the embedded IRC server does with too much, too slow, broken or hostile clients: others never notice.
Lengths, odd bytes, full queues, silence, pacing, and the server as a process of its own.
Times are shortened by Limits; nothing here sleeps for luck, it waits for the thing itself."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import yaml

from adapters.ircd import Limits, Server
from adapters.ircd.lines import cut, matches, parse
from tests.irc_probe import Net

Serve = Callable[[Server], Awaitable[Net]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server on a free port; server and probes are closed at the end."""
    started: list[tuple[Server, Net]] = []

    async def start(server: Server) -> Net:
        net = Net(await server.start("127.0.0.1", 0))
        started.append((server, net))
        return net

    yield start
    for server, net in started:
        await net.close()
        await server.stop()


async def test_lines_and_tags_too_long_are_417_and_nothing_else(serve: Serve) -> None:
    """512 bytes with CR LF pass, 513 do not; 4094 bytes of tags pass, 4095 do not; a line without end is dropped."""
    net = await serve(Server())
    ada = await net.join("ada", "#x")
    fits = "PRIVMSG #x :" + "x" * (510 - len("PRIVMSG #x :"))
    assert await ada.verbs(fits, fits + "x") == ["417"]
    tag = "@+a=" + "t" * 4091
    assert await ada.verbs(f"{tag} {fits}", f"{tag}t PONG x", "y" * 2_000_000) == ["417", "417"]


async def test_a_relayed_line_has_512_bytes_and_whole_characters(serve: Serve) -> None:
    """The sender's name is added by the server, so a long text is cut, at the border of a character."""
    net = await serve(Server())
    ada = await net.join("ada", "#x")
    bob = await net.join("bob", "#x", caps="message-tags server-time account-tag")
    await ada.said("PRIVMSG #x :" + "€" * 166)
    raw = (await bob.said())[-1].raw
    body = raw.partition(b" ")[2]
    assert 510 <= len(body) <= 512
    assert body.decode().rstrip("\r\n").endswith("€")


async def test_carriage_returns_nuls_and_bad_utf8_harm_nobody(serve: Serve) -> None:
    """CR and NUL inside a line vanish, so no second command hides there; bad bytes become U+FFFD for everybody."""
    net = await serve(Server())
    ada = await net.join("ada", "#x")
    bob = await net.join("bob", "#x")
    await ada.said(b"PRIVMSG #x :a\rTOPIC #x :pwned\0", b"PRIVMSG #x :caf\xe9", b"@+x=\xff\xfe PRIVMSG #x :tagged")
    assert [line.params[1] for line in await bob.said()] == ["aTOPIC #x :pwned", "caf\ufffd", "tagged"]
    assert await ada.verbs("TOPIC #x") == ["331"]


async def test_only_spaces_separate_and_mistakes_are_quoted_safely(serve: Serve) -> None:
    """A no-break space is part of a name; an answer that quotes a mistake cannot gain parameters by it."""
    net = await serve(Server())
    ada = await net.join("ada", "#x")
    assert await ada.verbs("PRIVMSG #x\u00a0y :hi") == ["403"]
    (refusal,) = await ada.said("PRIVMSG :no such :person")
    assert refusal.verb == "412"
    refusal, _ = await ada.said("WHOIS :no such person")
    assert refusal.params == ["ada", "no", "No such nick/channel"]


async def test_lines_may_come_in_any_pieces(serve: Serve) -> None:
    """One byte at a time, bare LF, blank lines and many spaces make no difference."""
    net = await serve(Server())
    ada = await net.open()
    for byte in b"nick ada\n\r\n\n  USER   a 0 *  :Ada\n":
        ada.writer.write(bytes([byte]))
        await ada.writer.drain()
    assert (await ada.verbs())[0] == "001"


async def test_a_reader_that_does_not_read_is_dropped(serve: Serve) -> None:
    """A full send queue costs the slow client its connection, not the server its memory; others read on."""
    net = await serve(Server(limits=Limits(send_queue_bytes_per_client=65_536)))
    ada = await net.join("ada", "#x")
    bob = await net.join("bob", "#x")
    slow = socket.create_connection(net.address)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(b"NICK slow\r\nUSER s 0 * :s\r\nJOIN #x\r\n")
    assert (await bob.line()).verb == "JOIN"
    await ada.said()
    quits: list[str] = []
    for _ in range(200):
        await ada.said(*["PRIVMSG #x :" + "x" * 450] * 100)
        quits = [line.text for line in await bob.said() if line.verb == "QUIT"]
        if quits:
            break
    slow.close()
    assert quits == [":slow!~s@localhost QUIT :SendQ exceeded"]


async def test_a_full_server_says_so(serve: Serve) -> None:
    """Beyond the limit a connection reads one ERROR and the end; a place is free again when somebody leaves."""
    net = await serve(Server(limits=Limits(connections=2)))
    ada = await net.join("ada")
    await net.join("bob")
    assert await (await net.open()).rest() == ["ERROR :Closing Link: all connections of this server are in use"]
    ada.send("QUIT")
    await ada.rest()
    await net.join("cas")


async def test_who_never_registers_is_let_go(serve: Serve) -> None:
    """After registration_seconds without NICK and USER the connection ends, and the nick it held is free."""
    net = await serve(Server(limits=Limits(registration_seconds=0.1)))
    lazy = await net.open()
    lazy.send("NICK ada")
    assert "not registered within 0.1 seconds" in (await lazy.rest())[-1]
    await net.join("ada")


async def test_silence_is_asked_once_and_then_ended(serve: Serve) -> None:
    """An idle client gets a PING; who answers anything stays, who does not is gone with "Ping timeout"."""
    limits = Limits(ping_after_idle_seconds=0.15, ping_answer_seconds=0.6)
    net = await serve(Server(limits=limits))
    ada = await net.join("ada", "#x")
    silent = await net.join("silent", "#x")
    pings = 0
    while True:
        line = await ada.line()
        if line.verb == "PING":
            pings += 1
            ada.send("PONG x")
        elif line.verb == "QUIT":
            break
    assert line.text.startswith(":silent!~silent@localhost QUIT :Ping timeout")
    assert pings >= 2
    assert [text.partition(" ")[0] for text in await silent.rest()] == ["PING", "ERROR"]


async def test_a_paced_network_reads_a_line_at_a_time(serve: Serve) -> None:
    """With lines_per_second a burst passes at once, what follows at that rate, and nothing is lost;
    a queue longer than the ping interval is no reason to be dropped."""
    limits = Limits(burst_lines=4, ping_after_idle_seconds=0.3, ping_answer_seconds=0.3)
    net = await serve(Server(lines_per_second=20, limits=limits))
    loop = asyncio.get_running_loop()
    ada = await net.join("ada", "#x", caps="echo-message")
    started = loop.time()
    echoes = [line.params[1] for line in await ada.said(*(f"PRIVMSG #x :{n}" for n in range(14))) if line.params[1:]]
    seconds = loop.time() - started
    assert echoes == [str(n) for n in range(14)]
    assert 0.5 < seconds < 5


async def test_a_paced_client_far_ahead_of_its_pace_loses_nothing(serve: Serve) -> None:
    """Beyond what is read ahead the socket is left alone, so the sender waits; every line arrives, in order."""
    net = await serve(Server(lines_per_second=4000))
    ada = await net.join("ada", "#x", caps="echo-message")
    text = "x" * 400
    echoes = [line.params[1] for line in await ada.said(*(f"PRIVMSG #x :{n} {text}" for n in range(2000)))]
    assert echoes == [f"{n} {text}" for n in range(2000)]


async def test_drop_cuts_one_client_without_a_word(serve: Serve) -> None:
    """drop() is a network failure: no ERROR, others read QUIT, the nick is free at once; unknown nicks are an error."""
    server = Server()
    net = await serve(server)
    ada = await net.join("ada", "#x")
    bob = await net.join("bob", "#x")
    await server.drop("ADA")
    assert await ada.rest() == [":bob!~bob@localhost JOIN #x"]
    assert await bob.texts() == [":ada!~ada@localhost QUIT :Connection reset by peer"]
    await net.join("ada", "#x")
    with pytest.raises(LookupError):
        await server.drop("nobody")


async def test_a_vanished_client_is_announced(serve: Serve) -> None:
    """A socket closed without QUIT is read by others as a QUIT."""
    net = await serve(Server())
    ada = await net.join("ada", "#x")
    bob = await net.join("bob", "#x")
    await ada.close()
    assert (await bob.line()).text == ":ada!~ada@localhost QUIT :Remote host closed the connection"


async def test_stop_tells_everybody_and_start_works_again(serve: Serve) -> None:
    """stop() ends every connection with ERROR, may be called twice, and frees the port for another start()."""
    server = Server()
    net = await serve(server)
    ada = await net.join("ada", "#x")
    with pytest.raises(RuntimeError):
        await server.start("127.0.0.1", 0)
    await server.stop()
    await server.stop()
    assert await ada.rest() == ["ERROR :Closing Link: localhost (the server is stopping)"]
    assert await server.start(*net.address) == net.address
    again = await net.join("ada")
    assert await again.verbs("JOIN #x") == ["JOIN", "353", "366"]


async def test_stop_does_not_wait_for_who_does_not_read(serve: Serve) -> None:
    """A client with a full queue that reads nothing cannot hold up the end by more than a second or so."""
    server = Server(limits=Limits(send_queue_bytes_per_client=1 << 26))
    net = await serve(server)
    ada = await net.join("ada", "#x")
    slow = socket.create_connection(net.address)
    slow.sendall(b"NICK slow\r\nUSER s 0 * :s\r\nJOIN #x\r\n")
    assert (await ada.line()).verb == "JOIN"
    for _ in range(200):
        assert await ada.verbs(*["PRIVMSG #x :" + "x" * 450] * 100) == []
    await asyncio.wait_for(server.stop(), 5)
    slow.close()


async def test_only_loopback_unless_allowed() -> None:
    """Where anybody may be anybody, listening to the world is refused; names must be one word, rates positive."""
    with pytest.raises(ValueError, match="not loopback"):
        await Server().start("0.0.0.0", 0)  # noqa: S104 - to see it refused
    for mistake in ({"name": "two words"}, {"network": ""}, {"passwords": {"a b": "x"}}, {"lines_per_second": 0}):
        with pytest.raises(ValueError, match=r"word|account|lines"):
            Server(**mistake)


async def test_a_bug_in_one_command_costs_no_connection(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception in a handler is logged, answered with 400, and the client stays."""
    net = await serve(Server())
    ada = await net.join("ada")
    monkeypatch.setattr("adapters.ircd.world.Client.reply", _broken_for_whois)
    assert await ada.verbs("WHOIS ada") == ["400"]
    assert "a bug in WHOIS" in caplog.text


@pytest.mark.slow
async def test_as_a_process_it_listens_and_ends_on_sigterm() -> None:
    """`python -m adapters.ircd` says where it listens, serves, and ends with status 0 on SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapters.ircd", "127.0.0.1", "0"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )
    assert process.stdout is not None
    word, host, port = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().split()
    assert word == "listening"
    net = Net((host, int(port)))
    ada = await net.join("ada")
    process.send_signal(signal.SIGTERM)
    assert "the server is stopping" in (await ada.rest())[-1]
    assert await process.wait() == 0
    await net.close()


@pytest.mark.slow
async def test_it_relays_more_than_15_000_lines_a_second(serve: Serve) -> None:
    """One sender, two readers in the same process and thread: the server is not the bottleneck of a benchmark."""
    net = await serve(Server(limits=Limits(send_queue_bytes_per_client=1 << 24)))
    ada = await net.join("ada", "#x")
    readers = [await net.join("bob", "#x"), await net.join("cas", "#x")]
    await readers[0].said()
    loop = asyncio.get_running_loop()
    count = 20_000

    async def read(reader: asyncio.StreamReader) -> None:
        seen = 0
        while seen < count:
            seen += (await reader.read(1 << 16)).count(b"\n")

    started = loop.time()
    ada.writer.write(b"PRIVMSG #x :a line of usual length for a chat\r\n" * count)
    await asyncio.gather(*(read(probe.reader) for probe in readers))
    assert count / (loop.time() - started) > 15_000


def test_masks_are_matched_in_bounded_time() -> None:
    """Wildcards work in their case mapping, and a hostile mask costs no exponential time."""
    assert matches("*!*@EVIL.*", "Bob!~b@evil.example")
    assert matches("a?c*", "ABC")
    assert matches("*", "")
    assert not matches("a?c", "ac")
    assert not matches("*a" * 40 + "b", "a" * 90)


def test_cut_never_breaks_a_character() -> None:
    """For every limit the cut text is a valid beginning of the whole."""
    data = "aü€😀z".encode()
    for limit in range(len(data) + 2):
        piece = cut(data, limit)
        assert len(piece) <= limit
        assert data.decode().startswith(piece.decode())


def test_lines_are_read_as_the_rfc_says() -> None:
    """Sources of clients are ignored, the trailing parameter may be empty or hold anything, blanks are nothing."""
    line = parse(b"@a=1;b;a=2 :me!x@y  PRIVMSG   #x :: two  spaces ")
    assert line is not None
    assert (line.verb, line.params, line.tags) == ("PRIVMSG", ["#x", ": two  spaces "], {"a": "2", "b": ""})
    assert parse(b"TOPIC #x :") == type(line)("TOPIC", ["#x", ""])
    assert [parse(blank) for blank in (b"", b"   ", b":only!a@source", b"@only=tags")] == [None] * 4


def test_lines_are_read_as_the_shared_vectors_say(corpora: Path) -> None:
    """Verb and parameters agree with the parser vectors that IRC software shares."""
    vectors = yaml.safe_load((corpora / "irc-parser" / "msg-split.yaml").read_text())["tests"]
    assert vectors
    for vector in vectors:
        line = parse(vector["input"].encode())
        assert line is not None
        assert (line.verb, line.params) == (vector["atoms"]["verb"].upper(), vector["atoms"].get("params", [])), vector


def _broken_for_whois(client: object, code: str, *params: str, text: str | None = None) -> None:
    if code == "311":
        raise RuntimeError("made to fail")
    client.say(code, "ada", *params, text=text)  # type: ignore[attr-defined]
