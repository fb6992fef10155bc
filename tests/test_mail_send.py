"""Letters that leave by SMTP: every fate comes from what the server said, and a letter is neither lost nor sent twice."""

from __future__ import annotations

import email
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters import mail_outbox
from relaybot.model import Enclosure, Urgency
from relaybot.ports import Misconfigured, StoreFailed
from tests import needs
from tests.mail_help import HOST, LIST, WRITTEN_AT, Hand, Listening, Sent, letter, running, until
from tests.mail_sink import Sink, sink
from tests.servers import make_certificate


def bool_outcome(one: Sent) -> bool:
    """Whether its fate is known."""
    return bool(one.outcome)


def by(server: Sink, **more: Any) -> dict[str, Any]:
    """Settings that send to a sink, without waiting for our own copies unless asked."""
    send = {"host": HOST, "port": server.port} | more.pop("send", {})
    return {"send": send, "self_receipt": False, "timeout_seconds": 5} | more


async def test_letter_leaves_with_its_envelope(tmp_path: Path) -> None:
    """The server gets the reader and our own copy's address, a bounce address as sender, and the letter is settled sent."""
    async with sink() as server, running(tmp_path, **by(server, self_receipt=True)) as adapter:
        one = Sent(letter())
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.fates == [("sent", "", 0.0)]
        (taken,) = server.taken
        assert taken.recipients[0] == "chidi@example.net"
        assert taken.recipients[1].startswith("relaybot+s1.")
        assert taken.sender.startswith("relaybot+b.")
        assert taken.sender.endswith(".chidi=example.net@lists.lab.test")
        assert one.begun == 1


async def test_order_of_each_reader_and_one_connection_each(tmp_path: Path) -> None:
    """Letters to one reader leave in order over connections that are kept."""
    async with sink() as server, running(tmp_path, **by(server)) as adapter:
        sent = [Sent(letter(n, f"reader{n % 3}@example.net")) for n in range(1, 61)]
        for one in sent:
            adapter.deliver(one.delivery())
        await until(lambda: all(one.outcome for one in sent))
        for reader in range(3):
            subjects = [t.content for t in server.taken if t.recipients[0] == f"reader{reader}@example.net"]
            ids = [email.message_from_bytes(content)["Message-ID"] for content in subjects]
            expected = [n for n in range(1, 61) if n % 3 == reader]
            assert len(ids) == len(expected)
            tokens = [adapter._tokens.message_id("tech-peer", n, f"reader{reader}@example.net") for n in expected]
            assert ids == tokens
        assert server.connections <= 2


async def test_urgent_goes_first_between_readers(tmp_path: Path) -> None:
    """With everything waiting, the reader with an urgent letter is served before those without."""
    async with sink() as server, running(tmp_path, **by(server, max_connections=1)) as adapter:
        calm = [Sent(letter(n, f"calm{n}@example.net", urgency=Urgency.AMBIENT)) for n in range(1, 6)]
        urgent = Sent(letter(9, "hurry@example.net", urgency=Urgency.URGENT))
        for one in [*calm, urgent]:
            adapter.deliver(one.delivery())
        await until(lambda: urgent.outcome and all(one.outcome for one in calm))
        assert server.taken[0].recipients == ["hurry@example.net"]


@pytest.mark.parametrize(
    ("faults", "outcome", "words"),
    [
        ({"RCPT": "550 5.1.1 nobody of that name"}, "undeliverable", "550 5.1.1 nobody of that name"),
        ({"RCPT": "450 4.2.0 greylisted, come again"}, "later", "450 4.2.0 greylisted, come again"),
        ({"DOT": "554 5.7.1 looks like spam"}, "undeliverable", "554 5.7.1 looks like spam"),
        ({"DOT": "451 4.3.0 cannot store"}, "later", "451 4.3.0 cannot store"),
        ({"DATA": "452 4.3.1 no room"}, "later", "452 4.3.1 no room"),
        ({"MAIL": "451 4.7.1 slow down"}, "later", "451 4.7.1 slow down"),
        ({"MAIL": "550 5.7.1 sender refused"}, "later", "550 5.7.1 sender refused"),
        ({"MAIL": "552 5.3.4 too large"}, "undeliverable", "552 5.3.4 too large"),
        ({"RCPT": "421 4.7.0 too many"}, "later", "421 4.7.0 too many"),
        ({"DATA": "cut"}, "later", "closed the connection"),
        ({"MAIL": "cut"}, "later", "closed the connection"),
    ],
)
async def test_replies_become_fates(tmp_path: Path, faults: dict[str, str], outcome: str, words: str) -> None:
    """4xx and trouble of the server's own are for later; 5xx about the reader or the letter ends it, in the server's words."""
    async with sink(faults) as server, running(tmp_path, **by(server)) as adapter:
        one = Sent(letter())
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == outcome
        assert words in one.fates[0][1]
        assert not server.taken
        if outcome == "later":
            assert one.fates[0][2] > 0
        server.faults.clear()
        await until(adapter.ready)
        again = Sent(letter())
        adapter.deliver(again.delivery())
        await until(lambda: again.outcome)
        assert again.outcome == "sent"  # the connection is in step after any of these


async def test_server_that_takes_no_letters_is_not_hammered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts connections and says 451 to every letter is asked less and less often."""
    waits: list[int] = []

    def noted(failures: int) -> float:
        waits.append(failures)
        return 0.001

    monkeypatch.setattr(mail_outbox, "_backoff", noted)
    async with sink({"MAIL": "451 4.7.1 slow down"}) as server, running(tmp_path, **by(server)) as adapter:
        for n in range(1, 6):
            await until(adapter.ready)
            one = Sent(letter(n))
            adapter.deliver(one.delivery())
            await until(partial(bool_outcome, one))
            assert one.outcome == "later"
        await until(lambda: len(waits) == 5)
        assert waits == [0, 1, 2, 3, 4]
        server.faults.clear()
        await until(adapter.ready)
        one = Sent(letter(9))
        adapter.deliver(one.delivery())
        await until(partial(bool_outcome, one))
        assert (one.outcome, adapter._outbox._downs) == ("sent", 0)


async def test_refused_reader_is_not_sent_to_ourselves(tmp_path: Path) -> None:
    """A reader refused at RCPT: no DATA at all, or our own copy would come in and say that the letter had arrived."""
    faults = {"RCPT": "550 5.1.1 no"}
    async with sink(faults, for_="chidi") as server, running(tmp_path, **by(server, self_receipt=True)) as adapter:
        one = Sent(letter())
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == "undeliverable"
        assert not server.taken


async def test_refused_copy_costs_only_certainty(tmp_path: Path) -> None:
    """A server that does not take our own copy still gets the letter."""
    faults = {"RCPT": "554 5.7.1 no relaying"}
    async with sink(faults, for_="relaybot+s") as server, running(tmp_path, **by(server, self_receipt=True)) as adapter:
        one = Sent(letter())
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == "sent"
        assert server.taken[0].recipients == ["chidi@example.net"]


async def test_later_keeps_order(tmp_path: Path) -> None:
    """What waits behind a letter that has to wait goes back too, so that nothing overtakes it."""
    faults = {"RCPT": "450 4.2.0 greylisted"}
    async with sink(faults, times=1) as server, running(tmp_path, **by(server, max_connections=1)) as adapter:
        sent = [Sent(letter(n)) for n in (1, 2, 3)]
        for one in sent:
            adapter.deliver(one.delivery())
        await until(lambda: all(one.outcome for one in sent))
        assert [one.outcome for one in sent] == ["later"] * 3
        assert not server.taken


async def test_connection_closed_while_idle(tmp_path: Path) -> None:
    """A server that closed the idle connection costs nothing: the next letter connects anew."""
    async with sink() as server, running(tmp_path, **by(server, max_connections=1)) as adapter:
        for n in (1, 2):
            one = Sent(letter(n))
            adapter.deliver(one.delivery())
            await until(partial(bool_outcome, one))
            assert one.outcome == "sent"
            for session in server.sessions:
                session._end()
        assert server.connections >= 2
        assert len(server.taken) == 2


async def test_cut_after_the_dot_waits_for_our_copy(tmp_path: Path) -> None:
    """Nobody knows whether it arrived; our own copy comes in by LMTP and settles it, and it is not sent again."""
    faults = {"DOT": "cut after"}
    async with sink(faults, times=1) as server, running(tmp_path, **by(server, self_receipt=True)) as adapter:
        one = Sent(letter())
        adapter.deliver(one.delivery())
        await until(lambda: adapter._outbox.unsure)
        assert not one.outcome
        copy = server.taken[0].recipients[1]
        async with Hand(adapter) as hand:
            replies = await hand.send(server.taken[0].content, copy, sender=server.taken[0].sender)
        assert replies[0][0] == 250
        assert one.fates == [("sent", "", 0.0)]
        assert len(server.taken) == 1


async def test_cut_after_the_dot_without_a_copy_is_sent_again_identical(tmp_path: Path) -> None:
    """No copy comes in time: the same bytes, the same Message-ID, once more."""
    faults = {"DOT": "cut after"}
    more = {"self_receipt": True, "receipt_seconds": 0.05}
    async with sink(faults, times=1) as server, running(tmp_path, **by(server, **more)) as adapter:
        one = Sent(letter())
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == "sent"
        first, second = server.taken
        assert first.content == second.content
        assert first.recipients == second.recipients


async def test_crash_then_copy(tmp_path: Path) -> None:
    """A letter that was begun before a crash waits for its copy instead of leaving twice; others to that reader go on."""
    tried = letter(1, tried_at=WRITTEN_AT + timedelta(minutes=1))
    async with sink() as server, running(tmp_path, **by(server, self_receipt=True)) as adapter:
        one, behind = Sent(tried), Sent(letter(2))
        adapter.deliver(one.delivery())
        adapter.deliver(behind.delivery())
        await until(lambda: behind.outcome)
        assert not bool_outcome(one)
        async with Hand(adapter) as hand:
            await hand.send(b"", adapter._tokens.receipt_address("tech-peer", 1))
        assert one.outcome == "sent"
        assert len(server.taken) == 1


async def test_copy_that_comes_before_the_letter(tmp_path: Path) -> None:
    """After a restart our copy may come in first: then the letter is settled as soon as it is handed over."""
    async with sink() as server, running(tmp_path, **by(server, self_receipt=True)) as adapter:
        async with Hand(adapter) as hand:
            await hand.send(b"", adapter._tokens.receipt_address("tech-peer", 1))
        one = Sent(letter(1, tried_at=WRITTEN_AT))
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == "sent"
        assert not server.taken


async def test_known_not_to_have_left_is_not_unsure(tmp_path: Path) -> None:
    """A letter marked as begun whose attempt was refused is simply sent when it comes again."""
    async with (
        sink({"RCPT": "450 4.2.0 later"}, times=1) as server,
        running(tmp_path, **by(server, self_receipt=True)) as adapter,
    ):
        one = Sent(letter(1))
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        again = Sent(letter(1, tried_at=WRITTEN_AT))
        adapter.deliver(again.delivery())
        await until(lambda: again.outcome)
        assert (one.outcome, again.outcome) == ("later", "sent")
        assert len(server.taken) == 1


async def test_made_ready_together_and_not_sent_is_not_unsure(tmp_path: Path) -> None:
    """Letters written down together as about to leave, when the server goes after none of them: sent once it is back."""
    async with (
        sink({"MAIL": "421 4.3.2 going down"}) as server,
        running(tmp_path, **by(server, self_receipt=True, max_connections=1)) as adapter,
    ):
        first = [Sent(letter(number, f"reader{number}@example.net")) for number in range(1, 13)]
        for one in first:
            adapter.deliver(one.delivery())
        await until(lambda: all(one.outcome for one in first))
        assert ({one.outcome for one in first}, server.taken) == ({"later"}, [])
        begun = [one for one in first if one.begun]
        assert 1 < len(begun) <= mail_outbox.TOGETHER
        server.faults.clear()
        await until(adapter.ready)
        again = [Sent(replace(one.letter, tried_at=WRITTEN_AT)) for one in begun]
        for one in again:
            adapter.deliver(one.delivery())
        await until(lambda: all(one.outcome for one in again))
        assert {one.outcome for one in again} == {"sent"}
        assert len(server.taken) == len(again)


async def test_silent_server_is_given_up(tmp_path: Path) -> None:
    """No reply within the limit: later, on another connection; after the final dot: unsure."""
    async with (
        sink({"RCPT": "silent"}, times=1) as server,
        running(tmp_path, **by(server, timeout_seconds=0.2, data_timeout_seconds=0.2)) as adapter,
    ):
        one = Sent(letter(1))
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == "later"
        assert not server.taken
        server.faults, server.times = {"DOT": "silent after"}, 1
        await until(adapter.ready)
        two = Sent(letter(2))
        adapter.deliver(two.delivery())
        await until(lambda: two.outcome)
        assert (two.outcome, len(server.taken)) == ("later", 1)
        assert "no answer" in two.fates[0][1]


async def test_server_that_takes_nothing_more(tmp_path: Path) -> None:
    """A server that stops reading in the middle of a large letter is given up, and the letter has not left."""
    store = tmp_path / "files"
    store.mkdir()
    ref = "a" * 64
    (store / ref).write_bytes(b"x" * 9_000_000)
    big = letter(1, files=(Enclosure("x.bin", "application/octet-stream", 9_000_000, ref),))
    async with (
        sink({"DATA": "slow"}, times=1) as server,
        running(tmp_path, **by(server, timeout_seconds=0.5)) as adapter,
    ):
        one = Sent(big)
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == "later"
        await until(adapter.ready)
        again = Sent(big)
        adapter.deliver(again.delivery())
        await until(lambda: again.outcome)
        assert again.outcome == "sent"
        *_, attached = email.message_from_bytes(server.taken[0].content).walk()
        assert attached.get_payload(decode=True) == b"x" * 9_000_000


async def test_dots_arrive_as_they_were(tmp_path: Path) -> None:
    """Lines that begin with dots, the only one included, are what they were."""
    async with sink() as server, running(tmp_path, **by(server)) as adapter:
        one = Sent(letter(1, text=(".", "  .", "  ..two", "  ... three")))
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        body = server.taken[0].content.partition(b"\r\n\r\n")[2]
        assert [line for line in body.split(b"\r\n") if b"." in line] == [b".", b"  .", b"  ..two", b"  ... three"]


async def test_down_then_up(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """While the server is away letters are for later; when it is back, that is told at once."""
    ear = Listening()
    away = Sink(port=free_port())
    async with running(tmp_path, ear, ready=False, **by(away)) as adapter:
        await until(lambda: "cannot be reached" in adapter.health())
        one = Sent(letter())
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert (one.outcome, adapter.ready(), ear.reached) == ("later", False, [])
        async with sink(port=away.port):
            await until(adapter.ready)
            assert ear.reached == ["mail"]


async def test_no_longer_wanted(tmp_path: Path) -> None:
    """A letter whose claim no longer holds is dropped before its first line."""
    async with sink() as server, running(tmp_path, **by(server)) as adapter:
        one = Sent(letter(), wanted=False)
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert (one.outcome, one.begun, server.taken) == ("dropped", 0, [])


async def test_not_begun_not_sent(tmp_path: Path) -> None:
    """A letter whose leaving cannot be written down does not leave."""
    async with sink() as server, running(tmp_path, **by(server)) as adapter:
        one = Sent(letter(), fails=StoreFailed("full"))
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert (one.outcome, server.taken) == ("later", [])


@pytest.mark.parametrize(
    "to", ["nobody", "irc:libera/ana", "mail/a b@example.net", "mail/a@b@c", "mail/jösé@example.net", f"mail/{LIST}"]
)
async def test_what_is_no_address(tmp_path: Path, to: str) -> None:
    """An address that no mail can be sent to, or that is our own, is undeliverable at once."""
    async with sink() as server, running(tmp_path, **by(server)) as adapter:
        one = Sent(replace(letter(1), to=to))
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert (one.outcome, server.taken) == ("undeliverable", [])


async def test_domain_beyond_ascii(tmp_path: Path) -> None:
    """A domain with letters beyond ASCII goes over the wire as DNS knows it."""
    async with sink() as server, running(tmp_path, **by(server)) as adapter:
        one = Sent(letter(1, "ana@bücher.example"))
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert server.taken[0].recipients == ["ana@xn--bcher-kva.example"]


async def test_post_to_a_list_others_run(tmp_path: Path) -> None:
    """In external mode a letter to the list leaves as a post From our own address, without a token everybody could read."""
    async with sink() as server, running(tmp_path, **by(server, list_mode="external")) as adapter:
        one = Sent(letter(1, LIST, about="P4"))
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        (taken,) = server.taken
        message = email.message_from_bytes(taken.content)
        assert taken.recipients == [LIST]
        assert "relaybot@lists.lab.test" in message["From"]
        assert message["Reply-To"] is None


# ------------------------------------------------------------------------------------------------- TLS, login


def _certificate(folder: Path, name: str = "localhost") -> ssl.SSLContext:
    folder.mkdir(parents=True, exist_ok=True)
    make_certificate(needs.program("openssl", "openssl"), folder, name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize("kind", ["starttls", "implicit"])
async def test_tls_and_login(tmp_path: Path, kind: str) -> None:
    """With TLS and a login a letter leaves; the certificate is the one in ca_file."""
    tls = _certificate(tmp_path / "tls")
    send = {"tls": kind, "ca_file": str(tmp_path / "tls/cert.pem"), "user": "relaybot", "password": "secret"}
    implicit = kind == "implicit"
    login = kind == "starttls"  # aiosmtpd offers AUTH after STARTTLS only
    send = send if login else {k: v for k, v in send.items() if k not in ("user", "password")}
    async with (
        sink(tls=tls, implicit=implicit, login=login) as server,
        running(tmp_path, **by(server, send=send)) as adapter,
    ):
        one = Sent(letter())
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == "sent"


@pytest.mark.parametrize(
    ("send", "words"),
    [
        ({"tls": "starttls"}, "certificate"),  # signed by nobody the system knows
        ({"tls": "starttls", "ca_file": "cert.pem", "user": "relaybot", "password": "wrong"}, "refuses the login"),
        ({"tls": "implicit", "ca_file": "nowhere.pem"}, "cannot be read"),
    ],
)
async def test_what_no_retry_cures(tmp_path: Path, send: dict[str, Any], words: str) -> None:
    """A certificate nobody vouches for, a wrong password, a missing file end the start with one sentence."""
    tls = _certificate(tmp_path)
    send = {k: str(tmp_path / v) if k == "ca_file" else v for k, v in send.items()}
    async with sink(tls=tls, login=True) as server:
        with pytest.raises(Misconfigured, match=words) as told:
            async with running(tmp_path, **by(server, send=send)):
                pass
        assert "secret" not in str(told.value)
        assert "\n" not in str(told.value)


async def test_starttls_never_falls_back_to_plain(tmp_path: Path) -> None:
    """A server (or somebody in between) that offers no STARTTLS gets no letter."""
    async with sink() as server:
        with pytest.raises(Misconfigured, match="STARTTLS"):
            async with running(tmp_path, **by(server, send={"tls": "starttls"})):
                pass
        assert not server.taken
