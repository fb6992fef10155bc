"""Mail that comes in by LMTP and SMTP: "250" after the commit only, nothing lost, nothing bounced, nothing believed."""

from __future__ import annotations

import asyncio
import logging
from email.message import EmailMessage
from pathlib import Path
from typing import IO, Any

import pytest

from adapters import mail_receive
from adapters.mail import open_adapter
from adapters.mail_tokens import Tokens
from relaybot.model import Style
from relaybot.ports import Misconfigured, StoreFailed
from tests.mail_help import ADDRESS, HOST, KEY, LIST, Hand, Listening, mail, running, settings, until

TOKENS = Tokens(KEY, ADDRESS, {"tech-peer": LIST}, ("tech-peer",))
SMTP: dict[str, Any] = {"receive": {"smtp": f"{HOST}:0"}}


def trusted(raw: bytes, verdict: str, server: str = "mx.lab.test") -> bytes:
    """A mail as our own server passes it on, with what it found about DMARC."""
    return f"Authentication-Results: {server}; dmarc={verdict} header.from=example.net\r\n".encode() + raw


# ------------------------------------------------------------------------------------------ what is heard


@pytest.mark.parametrize("how", [{}, SMTP])
async def test_mail_is_heard(tmp_path: Path, how: dict[str, Any]) -> None:
    """A mail to relaybot becomes one private letter from somebody unproven, by either protocol."""
    ear = Listening()
    async with running(tmp_path, ear, **how) as adapter, Hand(adapter) as hand:
        assert [code for code, _ in await hand.send(mail())] == [250]
        (message,) = ear.heard
        assert (message.sender, message.reply) == ("mail/chidi@example.net", "mail/chidi@example.net")
        assert (message.network, message.style, message.name) == ("mail", Style.LETTER, "Chidi")
        assert (message.text.strip(), message.place, message.programme) == ("status", "", "")
        assert (message.proven, message.stranger, message.about) == (False, False, "")


async def test_post_to_the_list_has_its_place(tmp_path: Path) -> None:
    """A mail to the list's address is said in the list's place, in its programme."""
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        await hand.send(mail(to=LIST), LIST.upper())
        (message,) = ear.heard
        assert (message.place, message.programme) == (f"mail/{LIST}", "tech-peer")


@pytest.mark.parametrize(
    ("sender", "verdict", "proven", "stranger"),
    [
        ("chidi@example.net", "", True, False),
        ("Chidi@Example.NET", "", True, False),
        ("mallory@example.net", "", False, True),
        ("chidi@example.net", "fail", False, False),
        ("mallory@example.net", "pass", True, True),
    ],
)
async def test_reply_token(tmp_path: Path, sender: str, verdict: str, proven: bool, stranger: bool) -> None:
    """A token proves the address it was written to, and no other; a DMARC failure outweighs it."""
    ear = Listening()
    to = TOKENS.reply_address("tech-peer", "A19", "chidi@example.net")
    raw = mail(sender, to)
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        await hand.send(trusted(raw, verdict) if verdict else raw, to)
        (message,) = ear.heard
        assert (message.proven, message.stranger) == (proven, stranger)
        assert (message.about, message.programme) == ("A19", "tech-peer")


@pytest.mark.parametrize(
    ("server", "verdict", "proven"),
    [("mx.lab.test", "pass", True), ("mx.lab.test", "fail", False), ("mx.evil.test", "pass", False)],
)
async def test_dmarc_counts_from_our_own_server_only(tmp_path: Path, server: str, verdict: str, proven: bool) -> None:
    """Without a token DMARC proves the sender, if a server we believe tells it."""
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        await hand.send(trusted(mail(), verdict, server))
        assert [message.proven for message in ear.heard] == [proven]


async def test_invented_token_is_none(tmp_path: Path) -> None:
    """A token nobody was given is taken as mail to relaybot itself: about nothing, proving nothing."""
    ear = Listening()
    right = TOKENS.reply_address("tech-peer", "A19", "chidi@example.net")
    local, _, domain = right.partition("@")
    wrong = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        await hand.send(mail(to=wrong), wrong)
        (message,) = ear.heard
        assert (message.about, message.proven, message.stranger) == ("", False, False)


async def test_list_others_run(tmp_path: Path) -> None:
    """In external mode a post that came through the list is said in its place; one through a foreign list is ignored."""
    ear = Listening()
    ours = b"List-Id: Peers <peers.lists.lab.test>\r\nPrecedence: list\r\n" + mail(text="looking for Haskell\n")
    foreign = b"List-Id: <news.example.org>\r\n" + mail(text="news\n")
    async with running(tmp_path, ear, list_mode="external") as adapter, Hand(adapter) as hand:
        for raw in (ours, foreign):
            assert [code for code, _ in await hand.send(raw, sender="peers-bounces@lists.lab.test")] == [250]
        (message,) = ear.heard
        assert (message.place, message.programme) == (f"mail/{LIST}", "tech-peer")


async def test_own_mail_and_answering_machines_are_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Our own posts, answering machines and mail under our own address are taken and go nowhere; the log has no address."""
    caplog.set_level(logging.INFO)
    ear = Listening()
    mails = [
        b"X-Relaybot-Loop: abc\r\n" + mail(),
        b"Auto-Submitted: auto-replied\r\n" + mail(),
        mail(sender=ADDRESS),
        mail(sender=LIST, to=LIST),
    ]
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        for raw in mails:
            assert [code for code, _ in await hand.send(raw)] == [250]
    assert not ear.heard
    assert sum("a mail was ignored" in line for line in caplog.messages) == len(mails)
    assert "chidi" not in caplog.text
    assert "@" not in caplog.text


def calendar(answer: str, uid: str) -> bytes:
    """What a calendar program sends when somebody clicks on an answer (iMIP, RFC 6047)."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "chidi@example.net", ADDRESS, f"{answer.title()}: an hour"
    message["Message-ID"] = f"<{answer}@example.net>"
    message.set_content(f"Chidi has {answer} this invitation.\n")
    message.add_alternative(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:20261121T140500Z\r\nDTSTART:20261128T180000Z\r\nORGANIZER:mailto:{ADDRESS}\r\n"
        f"ATTENDEE;PARTSTAT={answer.upper()}:mailto:chidi@example.net\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        subtype="calendar",
        params={"method": "REPLY"},
    )
    return message.as_bytes().replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")


@pytest.mark.parametrize(
    ("answer", "uid", "heard"),
    [
        ("accepted", "s47-1.tech-peer@lists.lab.test", [("yes", "S47", "tech-peer")]),
        ("declined", "s47-1.tech-peer@lists.lab.test", [("skip", "S47", "tech-peer")]),
        ("tentative", "s47-1.tech-peer@lists.lab.test", []),
        ("accepted", "s47-1.tech-peer@elsewhere.test", []),
    ],
)
async def test_calendar_answers(tmp_path: Path, answer: str, uid: str, heard: list[tuple[str, str, str]]) -> None:
    """A click in a calendar is a yes or a skip about that hour; a perhaps is not."""
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        assert [code for code, _ in await hand.send(calendar(answer, uid))] == [250]
        assert [(message.text, message.about, message.programme) for message in ear.heard] == heard
        assert all(message.calendar for message in ear.heard)  # so that it is no answer to anything else


async def test_files_are_kept(tmp_path: Path) -> None:
    """An attachment lies in the store under its ref; one above the limit is named but not kept."""
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "chidi@example.net", ADDRESS, "<files@example.net>"
    message.set_content("here you are\n")
    message.add_attachment(b"a" * 1000, maintype="text", subtype="x-one", filename="../../one.txt")
    message.add_attachment(b"b" * 3000, maintype="application", subtype="x-two", filename="two.bin")
    raw = message.as_bytes().replace(b"\n", b"\r\n")
    ear = Listening()
    async with running(tmp_path, ear, file_bytes=2000) as adapter, Hand(adapter) as hand:
        await hand.send(raw)
        one, two = ear.heard[0].files
        assert (one.size, two.size, two.ref) == (1000, 3000, "")
        assert "/" not in one.name
        path = tmp_path / "files" / one.ref
        assert path.read_bytes() == b"a" * 1000
        assert path.stat().st_mode & 0o777 == 0o600


# ----------------------------------------------------------------------------------------------- bounces


def bounce(failed: str, status: str = "5.1.1") -> bytes:
    """A delivery report (RFC 3464)."""
    return (
        "From: MAILER-DAEMON@mx.lab.test\r\nTo: relaybot@lists.lab.test\r\nSubject: Undelivered Mail\r\n"
        "Message-ID: <b@mx.lab.test>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
        "--x\r\n\r\nI could not deliver it.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.lab.test\r\n\r\nFinal-Recipient: rfc822; {failed}\r\nAction: failed\r\n"
        f"Status: {status}\r\nDiagnostic-Code: smtp; 550 nobody there\r\n\r\n--x--\r\n"
    ).encode()


LONG = "somebody.with.a.very.long.name@a-rather-long-domain.example.net"


@pytest.mark.parametrize("reader", ["chidi@example.net", LONG])
@pytest.mark.parametrize(("status", "permanent"), [("5.1.1", True), ("4.2.2", False)])
async def test_returned_mail(tmp_path: Path, reader: str, status: str, permanent: bool) -> None:
    """What comes back to a letter's bounce address is told, whether the reader's address fits into it or not."""
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        to = TOKENS.bounce_address(reader)
        assert [code for code, _ in await hand.send(bounce(reader, status), to, sender="")] == [250]
        ((address, _, known_permanent),) = ear.bounces
        assert (address, known_permanent) == (f"mail/{reader}", permanent)


async def test_returned_mail_that_is_none(tmp_path: Path) -> None:
    """A report without our mark, with an invented one, about our own copy, or no report at all: nobody is suspected."""
    ear = Listening()
    right = TOKENS.bounce_address("chidi@example.net")
    forged = right.replace("chidi=", "victim=")
    copy = TOKENS.receipt_address("tech-peer", 1)
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        for raw, to in [
            (bounce("chidi@example.net"), ADDRESS),
            (bounce("victim@example.net"), forged),
            (bounce(copy), right),
            (mail(to=right), right),
        ]:
            assert [code for code, _ in await hand.send(raw, to, sender="")] == [250]
    assert not ear.bounces
    assert not ear.heard


# ----------------------------------------------------------------------------------- the five musts, and more


@pytest.mark.parametrize("how", [{}, SMTP])
@pytest.mark.parametrize(
    ("kind", "code"), [("full", "4.3.1"), ("locked", "4.3.0"), ("broken", "4.3.0"), ("unfit", "4.3.0")]
)
async def test_commit_failed(tmp_path: Path, how: dict[str, Any], kind: str, code: str) -> None:
    """What could not be committed stays with the mail server."""
    failed = StoreFailed("the disk /secret/path is full")
    failed.kind = kind
    ear = Listening(fails=failed)
    async with running(tmp_path, ear, **how) as adapter, Hand(adapter) as hand:
        ((number, words),) = await hand.send(mail())
        assert number in (451, 452)
        assert words.startswith(code)
        assert "secret" not in words
        ear.fails = None
        assert [code for code, _ in await hand.send(mail())] == [250]
        assert len(ear.heard) == 1


async def test_bug_is_451_and_says_nothing(tmp_path: Path) -> None:
    """An unexpected exception is "try again", never a 5xx, and none of its text leaves."""
    ear = Listening(fails=RuntimeError("the password is secret"))
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        ((code, words),) = await hand.send(mail())
        assert code == 451
        assert "secret" not in words
        assert "RuntimeError" not in words


async def test_bug_in_a_command_is_451(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for a bug outside of DATA."""

    async def broken(*_: object) -> str:
        raise RuntimeError("the password is secret")

    monkeypatch.setattr(mail_receive.Door, "handle_RCPT", broken)
    async with running(tmp_path) as adapter, Hand(adapter) as hand:
        ((code, words),) = await hand.send(mail())
        assert code == 451
        assert "secret" not in words


async def test_two_recipients_by_lmtp(tmp_path: Path) -> None:
    """LMTP: one reply for each recipient, in order; the same mail has one effect."""
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        replies = await hand.send(mail(), LIST, ADDRESS)
        assert [code for code, _ in replies] == [250, 250]
        assert [message.place for message in ear.heard] == [f"mail/{LIST}"]
        ear.fails = StoreFailed("no")
        assert [code for code, _ in await hand.send(mail(text="two\n"), LIST, ADDRESS)] == [451, 451]


async def test_two_recipients_by_smtp(tmp_path: Path) -> None:
    """SMTP has one reply: it is 250 only when every recipient's mail was taken."""
    ear = Listening()
    async with running(tmp_path, ear, **SMTP) as adapter, Hand(adapter) as hand:
        assert [code for code, _ in await hand.send(mail(), LIST, ADDRESS)] == [250]
        ear.fails = StoreFailed("no")
        copy = TOKENS.receipt_address("tech-peer", 1)
        assert [code for code, _ in await hand.send(mail(text="two\n"), copy, ADDRESS)] == [451]


async def test_too_many_recipients_are_for_later(tmp_path: Path) -> None:
    """Beyond ten recipients: 452 4.5.3, which mail servers know to mean another transaction."""
    async with running(tmp_path) as adapter, Hand(adapter) as hand:
        await hand.say("MAIL FROM:<a@example.net>")
        replies = [await hand.say(f"RCPT TO:<{ADDRESS}>") for _ in range(11)]
        assert [code for code, _ in replies] == [250] * 10 + [452]
        assert replies[-1][1].startswith("4.5.3")


async def test_peer_hangs_up_while_we_commit(tmp_path: Path) -> None:
    """The peer is gone before our reply: the commit goes on, and the repeat has no second effect."""
    ear = Listening(gate=asyncio.Event())
    assert ear.gate is not None
    async with running(tmp_path, ear) as adapter:
        async with Hand(adapter) as hand:
            assert hand._client is not None
            sending = asyncio.ensure_future(hand.send(mail()))
            await until(lambda: ear.begun)
            assert hand._client.sock is not None
            hand._client.sock.shutdown(2)
            await asyncio.gather(sending, return_exceptions=True)
        ear.gate.set()
        await until(lambda: ear.heard)
        async with Hand(adapter) as hand:
            assert [code for code, _ in await hand.send(mail())] == [250]
        assert (ear.begun, len(ear.heard)) == (2, 1)


async def test_250_comes_after_the_commit(tmp_path: Path) -> None:
    """While the commit is not done there is no reply."""
    ear = Listening(gate=asyncio.Event())
    assert ear.gate is not None
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        sending = asyncio.ensure_future(hand.send(mail()))
        await until(lambda: ear.begun)
        done, _ = await asyncio.wait([sending], timeout=0.1)
        assert not done
        ear.gate.set()
        assert [code for code, _ in await sending] == [250]


@pytest.mark.parametrize("to", ["nobody@lists.lab.test", "relaybot@elsewhere.test", "relaybotx+a@lists.lab.test"])
async def test_unknown_recipient_is_refused_at_rcpt(tmp_path: Path, to: str) -> None:
    """Mail that is not ours is refused before it is sent: nothing is ever sent back by us."""
    async with running(tmp_path) as adapter, Hand(adapter) as hand:
        ((code, words),) = await hand.send(mail(), to)
        assert (code, words[:5]) == (550, "5.1.1")


async def test_letters_beyond_ascii_in_the_envelope(tmp_path: Path) -> None:
    """SMTPUTF8 is offered, and a sender with such letters is heard (RFC 6531)."""
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        assert hand._client is not None
        assert hand._client.has_extn("smtputf8")
        hand._client.command_encoding = "utf-8"
        assert (await hand.say("MAIL FROM:<jösé@example.net> SMTPUTF8"))[0] == 250
        assert (await hand.say(f"RCPT TO:<{ADDRESS}>"))[0] == 250
        assert [code for code, _ in await hand.data(mail())] == [250]
        assert len(ear.heard) == 1


# ------------------------------------------------------------------------------------------------- sizes


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits a test reaches quickly; the code is the same."""
    monkeypatch.setattr(mail_receive, "MAIL_BYTES_MAX", 400_000)
    monkeypatch.setattr(mail_receive, "LARGE_BYTES", 100_000)


async def test_too_large(tmp_path: Path, small_limits: None) -> None:
    """Too large is 552, told at MAIL when the size is declared and after the content when not; the next mail is taken."""
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        assert (await hand.say("MAIL FROM:<a@example.net> SIZE=400001"))[0] == 552
        ((code, _),) = await hand.send(mail(text="x" * 70 + "\n" + ("y" * 70 + "\n") * 6000))
        assert code == 552
        assert [code for code, _ in await hand.send(mail())] == [250]
        assert len(ear.heard) == 1


async def test_large_ones_are_few_at_a_time(tmp_path: Path, small_limits: None) -> None:
    """Two large mails at once; a third is asked to come again, while small ones pass."""
    ear = Listening(gate=asyncio.Event())
    assert ear.gate is not None
    large = [mail(text=f"{n}\n" + ("y" * 70 + "\n") * 3000) for n in range(3)]
    async with running(tmp_path, ear) as adapter:
        async with Hand(adapter) as one, Hand(adapter) as two, Hand(adapter) as three:
            sending = [asyncio.ensure_future(hand.send(raw)) for hand, raw in ((one, large[0]), (two, large[1]))]
            await until(lambda: ear.begun)
            await until(lambda: adapter.door is not None and adapter.door.large_is_full())
            assert (await three.say("MAIL FROM:<a@example.net> SIZE=200000"))[0] == 452
            assert [code for code, _ in await three.send(large[2])] == [452]
            small = asyncio.ensure_future(three.send(mail()))
            await until(lambda: ear.begun == 2)
            ear.gate.set()
            replies = [reply for one_sent in await asyncio.gather(*sending, small) for reply in one_sent]
            assert [code for code, _ in replies] == [250] * 3
            assert [code for code, _ in await three.send(large[2])] == [250]
        assert len(ear.heard) == 4


BODIES = [
    b".\r\n",
    b"..\r\n.\r\n...\r\n",
    b"\r\n.\r\n",
    b"a\r\n.b\r\n",
    b"x" * 70_000 + b"\r\n." + b"y" * 70_000 + b"\r\n",
    (b"." * 65_533 + b"\r\n") * 3,
    b"bare\n.\nline\r\n",
    b"bare\r.\rreturn\r\n",
    b"",
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("odd", [b"", b"\r\n", b".\r\n"])
async def test_content_arrives_byte_for_byte(tmp_path: Path, body: bytes, odd: bytes) -> None:
    """Dots are undone wherever they stand, also where blocks meet; a bare CR or LF before a dot ends nothing."""
    got: list[bytes] = []

    async def take(mail: bytes | IO[bytes], _sender: str, _recipient: str) -> str:
        assert isinstance(mail, bytes)
        got.append(mail)
        return mail_receive.TAKEN

    door = mail_receive.Door(True, HOST, 0, "x.test", tmp_path, lambda _: True, take)
    await door.start()
    try:
        raw = odd + b"Subject: x\r\n\r\n" + body
        async with Hand(port=door.port) as hand:
            assert [code for code, _ in await hand.send(raw)] == [250]
            assert [code for code, _ in await hand.send(b"")] == [250]
    finally:
        await door.stop()
    assert got == [raw, b""]


@pytest.mark.parametrize("raw", [b"\r\n", b"\r\n.\r\n", b"\r\r\n", b"\r\n\r\n..\r\n", b"\r\n\r\n"])
async def test_content_that_begins_with_a_line_end_has_an_end(tmp_path: Path, raw: bytes) -> None:
    """An empty first line does not swallow what comes after it: neither a doubled dot nor the one that ends the mail."""
    got: list[bytes | IO[bytes]] = []

    async def take(mail: bytes | IO[bytes], _sender: str, _recipient: str) -> str:
        got.append(mail)
        return mail_receive.TAKEN

    door = mail_receive.Door(True, HOST, 0, "x.test", tmp_path, lambda _: True, take)
    await door.start()
    try:
        async with asyncio.timeout(10), Hand(port=door.port) as hand:
            assert [code for code, _ in await hand.send(raw)] == [250]
            assert [code for code, _ in await hand.send(raw)] == [250]
    finally:
        await door.stop()
    assert got == [raw, raw]


async def test_connections_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One connection too many is told to come back, and the others go on."""
    monkeypatch.setattr(mail_receive, "CONNECTIONS_MAX", 2)
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as one, Hand(adapter):
        assert adapter.listening is not None
        reader, writer = await asyncio.open_connection(*adapter.listening)
        assert (await reader.read()).startswith(b"421 ")
        writer.close()
        assert [code for code, _ in await one.send(mail())] == [250]


async def test_idle_clients_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that says nothing, or stops in the middle of a mail, does not stay for ever."""
    monkeypatch.setattr(mail_receive, "IDLE_SECONDS", 0.2)
    async with running(tmp_path) as adapter:
        assert adapter.listening is not None
        for said in (b"", f"LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<{ADDRESS}>\r\nDATA\r\nSubject: x\r\n".encode()):
            reader, writer = await asyncio.open_connection(*adapter.listening)
            writer.write(said)
            async with asyncio.timeout(20):
                assert (await reader.read()).startswith(b"220 ")
            writer.close()


async def test_port_in_use(tmp_path: Path) -> None:
    """A port another program has is told at once, in one line."""
    async with running(tmp_path / "one") as adapter:
        assert adapter.listening is not None
        with pytest.raises(Misconfigured, match="cannot be received on"):
            async with running(tmp_path / "two", receive={"lmtp": f"{HOST}:{adapter.listening[1]}"}):
                pass


def test_settings_tell_every_mistake(tmp_path: Path) -> None:
    """All mistakes at once, one line each, and no secret among them."""
    wrong = settings(tmp_path, address="nobody", receive={"lmtp": "x"}, send={}, key=b"short secret", shoe_size=43)
    with pytest.raises(Misconfigured) as told:
        open_adapter("mail", wrong)
    text = str(told.value)
    for key in ("mail.address", "mail.receive", "mail.send", "mail.key", "mail.shoe_size"):
        assert key in text
    assert "secret" not in text
