"""Beside a real Postfix: it hands mail over by LMTP and takes ours, and no fault of ours makes it bounce or lose one."""

from __future__ import annotations

import asyncio
import email
import re
import smtplib
from pathlib import Path
from typing import Any

import pytest

from relaybot.ports import StoreFailed
from tests.mail_help import ADDRESS, HOST, LIST, Listening, Sent, letter, mail, running, until
from tests.mail_servers import Postfix
from tests.mail_sink import sink

pytestmark = pytest.mark.servers


def beside(postfix: Postfix, **more: Any) -> dict[str, Any]:
    """Settings as they are beside Postfix."""
    how = {
        "receive": {"lmtp": f"{HOST}:{postfix.lmtp_port}"},
        "send": {"host": HOST, "port": postfix.port},
    }
    return how | more


async def hand(postfix: Postfix, raw: bytes, *recipients: str, sender: str = "ann@home.test", **more: Any) -> None:
    """Somebody's mail arrives at Postfix."""

    def send() -> None:
        with smtplib.SMTP(HOST, postfix.port) as client:
            client.sendmail(sender, recipients or (ADDRESS,), raw, **more)

    await asyncio.to_thread(send)


def statuses(log: str) -> list[str]:
    """What Postfix says became of deliveries."""
    return re.findall(r"status=(\w+)", log)


async def test_mail_is_handed_over(tmp_path: Path, postfix: Postfix) -> None:
    """A mail arrives as it was written, dots included, and Postfix is done with it."""
    ear = Listening()
    raw = mail("ann@home.test", text="status\n.leading dot\n..two\nend\n")
    async with running(tmp_path, ear, **beside(postfix)):
        await hand(postfix, raw)
        await until(lambda: ear.heard)
        assert ear.heard[0].sender == "mail/ann@home.test"
        assert "\n.leading dot\n..two\nend" in ear.heard[0].text
        await until(lambda: not postfix.queued())


async def test_trouble_is_no_bounce(tmp_path: Path, postfix: Postfix) -> None:
    """A failed commit, then a bug: Postfix keeps the mail, tries again, and it is heard when we are well."""
    ear = Listening(fails=StoreFailed("locked"))
    before = len(postfix.log())
    async with running(tmp_path, ear, **beside(postfix)):
        await hand(postfix, mail("ann@home.test", text="trouble\n"))
        await until(lambda: ear.begun)
        ear.fails = RuntimeError("a bug")
        begun = ear.begun
        postfix.flush()
        await until(lambda: ear.begun > begun)
        ear.fails = None
        await until(lambda: ear.heard, 60)
        await until(lambda: not postfix.queued())
    told = postfix.log()[before:]
    assert set(statuses(told)) == {"deferred", "sent"}
    assert "a bug" not in told


async def test_two_recipients(tmp_path: Path, postfix: Postfix) -> None:
    """One mail to the list and to relaybot: each has its reply at once, nothing waits, nothing comes twice."""
    ear = Listening()
    before = len(postfix.log())
    async with running(tmp_path, ear, **beside(postfix)):
        await hand(postfix, mail("ann@home.test", text="two\n"), LIST, ADDRESS)
        await until(lambda: statuses(postfix.log()[before:]).count("sent") == 2)
        assert ear.begun == 2
        assert len(ear.heard) == 1
        assert statuses(postfix.log()[before:]) == ["sent", "sent"]


async def test_unknown_recipient_bounces_at_the_server(tmp_path: Path, postfix: Postfix) -> None:
    """An address that is not ours is refused at RCPT; our listener hears nothing of the content."""
    ear = Listening()
    before = len(postfix.log())
    async with running(tmp_path, ear, **beside(postfix)):
        await hand(postfix, mail("ann@home.test"), "nobody@lists.lab.test")
        await until(lambda: "bounced" in statuses(postfix.log()[before:]))
        assert not ear.begun
        assert "550 5.1.1" in postfix.log()[before:]
        postfix.clear()


async def test_listener_down(tmp_path: Path, postfix: Postfix) -> None:
    """Mail that comes while relaybot is down is heard when it is back."""
    before = len(postfix.log())
    await hand(postfix, mail("ann@home.test", text="while you were out\n"))
    await until(lambda: "deferred" in statuses(postfix.log()[before:]))
    ear = Listening()
    async with running(tmp_path, ear, **beside(postfix)):
        postfix.flush()
        await until(lambda: ear.heard, 60)


async def test_connection_cut_before_250(tmp_path: Path, postfix: Postfix) -> None:
    """Committed, but the reply never arrives: Postfix delivers again, and that has no second effect."""
    ear = Listening(gate=asyncio.Event())
    assert ear.gate is not None
    async with running(tmp_path, ear, **beside(postfix)) as adapter:
        await hand(postfix, mail("ann@home.test", text="cut\n"))
        await until(lambda: ear.begun)
        assert adapter.door is not None
        for session in list(adapter.door.sessions):
            session.hang_up()
        ear.gate.set()
        await until(lambda: ear.heard)
        postfix.flush()
        await until(lambda: ear.begun == 2, 60)
        await until(lambda: not postfix.queued())
    assert len(ear.heard) == 1


async def test_too_large(tmp_path: Path, postfix: Postfix) -> None:
    """Postfix knows our limit from SIZE: a larger mail goes back to its writer, and does not reach us."""
    ear = Listening()
    before = len(postfix.log())
    async with running(tmp_path, ear, **beside(postfix)):
        await hand(postfix, mail("ann@home.test", text=("y" * 75 + "\n") * 360_000))
        await until(lambda: "bounced" in statuses(postfix.log()[before:]), 60)
        assert not ear.begun
        postfix.clear()


async def test_long_lines(tmp_path: Path, postfix: Postfix) -> None:
    """A line of 3000 bytes does not make a mail bounce."""
    raw = b"From: ann@home.test\r\nMessage-ID: <long@home.test>\r\n\r\n" + b"z" * 3000 + b"\r\n"
    ear = Listening()
    async with running(tmp_path, ear, **beside(postfix)):
        await hand(postfix, raw)
        await until(lambda: ear.heard)


async def test_letters_beyond_ascii_in_the_sender(tmp_path: Path, postfix: Postfix) -> None:
    """A sender with such letters does not bounce for want of SMTPUTF8."""
    ear = Listening()
    async with running(tmp_path, ear, **beside(postfix)):
        await hand(postfix, mail(), sender="jösé@home.test", mail_options=["SMTPUTF8"])
        await until(lambda: ear.heard)


async def test_letter_and_its_copy(tmp_path: Path, postfix: Postfix) -> None:
    """Our letter leaves through Postfix, and our own copy of it comes back in without becoming a message."""
    ear = Listening()
    async with sink(port=postfix.sink_port) as server, running(tmp_path, ear, **beside(postfix)) as adapter:
        before = len(postfix.log())
        one = Sent(letter(1, "ann@sink.lab.test"))
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == "sent"
        await until(lambda: statuses(postfix.log()[before:]).count("sent") == 2, 60)
        assert [taken.recipients for taken in server.taken] == [["ann@sink.lab.test"]]
        assert not ear.heard


async def test_lost_answer_is_settled_by_the_copy(tmp_path: Path, postfix: Postfix) -> None:
    """A letter begun before a crash, which Postfix has: the copy settles it, and the reader gets it once."""
    ear = Listening()
    async with sink(port=postfix.sink_port) as server:
        async with running(tmp_path, ear, **beside(postfix)) as adapter:
            parcel = await adapter._compose(letter(7, "ann@sink.lab.test"))
        # As before a crash: handed over, and nobody heard the answer.
        await hand(postfix, parcel.data.read(), parcel.to, parcel.receipt, sender=parcel.sender)
        async with running(tmp_path, ear, **beside(postfix)) as adapter:
            one = Sent(letter(7, "ann@sink.lab.test", tried_at=letter().written_at))
            adapter.deliver(one.delivery())
            postfix.flush()
            await until(lambda: one.outcome, 60)
            assert one.outcome == "sent"
        await until(lambda: len(server.taken) == 1, 60)


async def test_bounce_comes_back_with_our_mark(tmp_path: Path, postfix: Postfix) -> None:
    """A reader who does not exist: Postfix sends its report from the null sender, and we know whose letter it was."""
    ear = Listening()
    faults = {"RCPT": "550 5.1.1 nobody of that name"}
    async with sink(faults, port=postfix.sink_port), running(tmp_path, ear, **beside(postfix)) as adapter:
        one = Sent(letter(1, "gone@sink.lab.test"))
        adapter.deliver(one.delivery())
        await until(lambda: ear.bounces, 60)
        assert one.outcome == "sent"  # Postfix had taken it
        ((address, _, permanent),) = ear.bounces
        assert (address, permanent) == ("mail/gone@sink.lab.test", True)
        assert not ear.heard


async def test_letter_as_it_arrives(tmp_path: Path, postfix: Postfix) -> None:
    """A reply to what arrived comes back with its token, and proves its writer."""
    ear = Listening()
    async with sink(port=postfix.sink_port) as server, running(tmp_path, ear, **beside(postfix)) as adapter:
        one = Sent(letter(1, "ann@sink.lab.test"))
        adapter.deliver(one.delivery())
        await until(lambda: server.taken, 60)
        arrived = email.message_from_bytes(server.taken[0].content)
        await hand(
            postfix, mail("ann@sink.lab.test", arrived["Reply-To"], "Re: A question", "yes\n"), arrived["Reply-To"]
        )
        await until(lambda: ear.heard, 60)
        (message,) = ear.heard
        assert (message.about, message.proven, message.text.strip()) == ("A19", True, "yes")
