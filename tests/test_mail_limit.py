"""The limit on one sender's mails: what is too much waits at the mail server, others notice nothing, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from adapters.mail_limit import SENDERS_MAX, Limit
from tests.mail_help import HOST, Hand, Listening, mail, running

DAY = 86_400.0


@given(st.lists(st.floats(0, DAY), max_size=300), st.integers(1, 100))
def test_never_more_than_two_buckets_in_an_hour(times: list[float], per_hour: int) -> None:
    """Whenever mails come: at most a full bucket and what fills up meanwhile, and nobody waits who sends less."""
    limit = Limit(per_hour)
    taken = [at for at in sorted(times) if limit.take("ann@home.test", at)]
    for at in taken:
        assert sum(at <= other < at + 3600 for other in taken) <= 2 * per_hour
    if len(times) <= per_hour:
        assert len(taken) == len(times)


def test_it_remembers_so_many_senders() -> None:
    """Any number of addresses costs no more memory than so many; whoever sent last is remembered."""
    limit = Limit(1)
    for number in range(SENDERS_MAX + 50):
        assert limit.take(f"p{number}@home.test", 0.0)
    assert len(limit._senders) == SENDERS_MAX
    assert not limit.take(f"p{SENDERS_MAX + 49}@home.test", 1.0)
    assert limit.take("p0@home.test", 1.0)  # forgotten


async def test_too_many_have_to_wait(tmp_path: Path) -> None:
    """The mail after the last that is allowed gets a 451, whatever the case of its address; others are taken."""
    ear = Listening()
    async with running(tmp_path, ear, mails_per_hour=3) as adapter, Hand(adapter) as hand:
        for number in range(3):
            assert (await hand.send(mail("ann@home.test", text=f"{number}\n")))[0][0] == 250
        code, words = (await hand.send(mail("Ann@Home.test", text="3\n")))[0]
        assert (code, words[:5]) == (451, "4.7.1")
        assert (await hand.send(mail("bea@home.test")))[0][0] == 250
    assert len(ear.heard) == 4


async def test_a_forger_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Mails that only say to be Ann's use up what such mails have; Ann's own, vouched for, are taken."""
    ear = Listening()
    async with running(tmp_path, ear, mails_per_hour=2) as adapter, Hand(adapter) as hand:
        forged = [(await hand.send(mail("ann@home.test", text=f"{number}\n")))[0][0] for number in range(3)]
        assert forged == [250, 250, 451]
        vouched = b"Authentication-Results: mx.lab.test; dmarc=pass header.from=home.test\r\n"
        assert (await hand.send(vouched + mail("ann@home.test", text="it is me\n")))[0][0] == 250
    assert [message.proven for message in ear.heard] == [False, False, True]


async def test_a_mailbox_has_no_limit(tmp_path: Path) -> None:
    """A mailbox is read in order: one mail that had to wait would keep all others waiting."""
    imap = {"host": HOST, "port": 1, "tls": "none", "user": "relaybot", "password": "x"}
    async with running(tmp_path, ready=False, mails_per_hour=3, receive={"imap": imap}) as adapter:
        assert adapter.settings.limit_per_hour == 0
