"""Returned mail: one a day counts, an address that refuses is left alone, everybody concerned knows, and a mail ends it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.model import Address, Put
from tests.list_world import ListWorld, address, begun, text_of
from tests.play import NAME, NETWORK, add_member, add_person


def chidi_reads() -> ListWorld:
    """Chidi, by mail only, reads the list."""
    lw = begun()
    add_member(lw.w, "chidi@mail", {})
    lw.mail("chidi", "subscribe")
    return lw


def days_of_bounces(lw: ListWorld, days: int, who: str = "chidi") -> None:
    """A mail comes back on each of so many days."""
    for _ in range(days):
        lw.bounce(who)
        lw.w.pass_until(lw.w.now + timedelta(days=1))


def test_many_on_one_day_count_once() -> None:
    """A burst of returned mails is one bad day, not a broken mailbox."""
    lw = chidi_reads()
    for _ in range(20):
        lw.bounce("chidi")

    assert lw.w.programme.tables.mailboxes.rows[address("chidi")].bounces == 1
    assert lw.subscribed() == {address("chidi"): "each"}


def test_what_may_still_arrive_is_not_counted() -> None:
    """A report of a delay says nothing about the mailbox."""
    lw = chidi_reads()
    lw.bounce("chidi", permanent=False)

    assert not lw.w.programme.tables.mailboxes.rows


def test_nothing_is_kept_about_addresses_nobody_has() -> None:
    """A bounce for an address that is nobody's leaves no record and says nothing."""
    lw = begun()

    assert lw.bounce("nobody") == []
    assert not lw.w.programme.tables.mailboxes.rows


def test_after_five_days_nothing_of_the_list_goes_there_and_moderators_know_once() -> None:
    """On the fifth day the list stops; moderators read it once, however much comes back later."""
    lw = chidi_reads()
    add_member(lw.w, "mette@mail", {})
    days_of_bounces(lw, 7)

    assert lw.subscribed() == {address("chidi"): "none"}
    said = [line for to, line in lw.w.said if to == "team" and "come back on" in line]
    assert said == [
        (
            "chidi: mail has come back on 5 days, the last time Fri 27 Nov 12:00 UTC, so nothing is sent there any more. "
            "I know no other way to them, so nothing reaches them. A mail from them ends it."
        )
    ]
    assert lw.to("chidi", lw.post("mette", "plans", "words")) == []


def test_days_that_are_long_ago_are_forgotten() -> None:
    """Four bad days, a quiet week, four bad days: the mailbox still works; after a quiet week nothing is known."""
    lw = chidi_reads()
    days_of_bounces(lw, 4)
    lw.w.pass_until(lw.w.now + timedelta(days=8))
    assert not lw.w.programme.tables.mailboxes.rows
    days_of_bounces(lw, 4)

    assert lw.w.programme.tables.mailboxes.rows[address("chidi")].refusing_since is None


def test_somebody_with_another_address_is_told_there_and_written_to_there() -> None:
    """The home moves to the other verified address, what waits moves along, and the person knows why."""
    lw = chidi_reads()
    lw.w.make(Put(Address(NAME, f"{NETWORK}/chidi", lw.person("chidi").id)))
    lw.w.away.add(address("chidi"))
    days_of_bounces(lw, 4)
    lw.say("dana", "list add fay@example.net")
    told = lw.bounce("chidi")

    assert lw.person("chidi").home == f"{NETWORK}/chidi"
    there = [x for x in told if x.to == f"{NETWORK}/chidi"]
    assert "Mail to chidi@example.net has come back for days" in text_of(there)
    assert "I write to them elsewhere" in text_of(told)


def test_a_proven_mail_ends_it() -> None:
    """Any mail proven to come from there: the trouble is over, and the answer says that the list is off."""
    lw = chidi_reads()
    days_of_bounces(lw, 5)
    answers = lw.to("chidi", lw.mail("chidi", "status"))

    assert not lw.w.programme.tables.mailboxes.rows
    assert len(answers) == 1
    assert "Mail reaches you again. The list was switched off meanwhile" in text_of(answers)
    lw.mail("chidi", "list each")
    assert lw.subscribed() == {address("chidi"): "each"}


def test_a_forged_mail_does_not_end_it() -> None:
    """A bare From line proves nothing about the mailbox."""
    lw = chidi_reads()
    days_of_bounces(lw, 5)
    lw.mail("chidi", "status", proven=False)

    assert lw.w.programme.tables.mailboxes.rows[address("chidi")].refusing_since is not None


def test_a_moderators_own_mailbox_is_told_to_the_others() -> None:
    """What concerns one moderator goes to the others alone."""
    lw = begun()
    add_person(lw.w, "esi@mail", moderator=True)
    days_of_bounces(lw, 5, "esi")

    assert [to for to, line in lw.w.said if "mail has come back on 5 days" in line] == ["dana"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=200), max_size=40))
def test_a_mailbox_is_given_up_after_that_many_bad_days_and_not_earlier(hours: list[int]) -> None:
    """Whatever the pauses between bounces: refused from the fifth bad day on, unless a quiet week lay between."""
    lw = chidi_reads()
    days, last, refused = 0, None, False
    for pause in hours:
        lw.w.pass_until(lw.w.now + timedelta(hours=pause))
        if last is None or lw.w.now - last >= timedelta(days=7):
            days, last = 1, lw.w.now
        elif last.date() != lw.w.now.date():
            days, last = days + 1, lw.w.now
        refused = refused or days >= 5
        lw.bounce("chidi")
        box = lw.w.programme.tables.mailboxes.rows[address("chidi")]
        assert (box.refusing_since is not None) == refused
