"""The list's readers: who may subscribe and how that is proven, how copies come, and that nothing is left when they go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaybot.desk import Desk
from relaybot.model import Address, Put, Subscription
from relaybot.nouns import people, posts, subscriptions
from tests.list_world import NOW, ListWorld, address, begun, text_of
from tests.play import NAME, add_applicant, add_member

# ------------------------------------------------------------------------------------------ subscribing


def test_whoever_is_accepted_reads_the_list_and_is_told_how_to_stop() -> None:
    """A member with a mail address is subscribed with the acceptance, in the same letter; one without is not."""
    lw = begun()
    add_applicant(lw.w, "chidi@mail", {})
    add_applicant(lw.w, "ana", {})
    before = len(lw.letters)
    lw.w.say("dana", "accept A1")
    lw.w.say("dana", "accept A2")

    letters = lw.to("chidi", lw.letters[before:])
    assert len(letters) == 1
    assert "comes to chidi@example.net from now on" in text_of(letters)
    assert "Stop: unsubscribe" in text_of(letters)
    assert lw.subscribed() == {address("chidi"): "each"}


def test_a_bare_from_line_subscribes_nobody() -> None:
    """Whoever is not proven is asked to answer; the answer is proven and subscribes."""
    lw = begun('mail.list_readers = "anyone"')
    asked = lw.mail("eve", "subscribe", proven=False)

    assert "answer this mail with the word  subscribe" in text_of(asked)
    assert lw.subscribed() == {}
    lw.mail("eve", "subscribe")
    assert lw.subscribed() == {address("eve"): "each"}


def test_a_bare_from_line_unsubscribes_nobody() -> None:
    """A forged mail can neither end a subscription nor change how copies come, of members or of others."""
    lw = begun('mail.list_readers = "anyone"')
    add_member(lw.w, "chidi@mail", {})
    for who in ("eve", "chidi"):
        lw.mail(who, "subscribe")
        for said in ("unsubscribe", "list none", "list away until 4 jan"):
            lw.mail(who, said, proven=False)

    assert lw.subscribed() == {address("eve"): "each", address("chidi"): "each"}


def test_strangers_read_when_a_moderator_lets_them_in() -> None:
    """A proven wish is told to the moderators once; `list add` lets them in and tells them."""
    lw = begun()
    first = lw.mail("eve", "subscribe")
    again = lw.mail("eve", "subscribe")

    assert "eve@example.net would like to read the list" in text_of(first)
    assert "would like to read" not in text_of(again)
    assert lw.subscribed() == {}
    done = lw.say("dana", "!list add eve@example.net", "team")
    assert lw.subscribed() == {address("eve"): "each"}
    assert "A moderator let you in" in text_of(lw.to("eve", done))


def test_a_wish_to_read_is_forgotten_after_a_month() -> None:
    """Nothing about a stranger is kept longer; `list add` then asks them again."""
    lw = begun()
    lw.mail("eve", "subscribe")
    lw.w.pass_until(NOW + timedelta(days=31))

    assert lw.holding("eve@example.net") == set()
    lw.say("dana", "list add eve@example.net")
    assert lw.subscribed() == {}


def test_whoever_never_wrote_is_only_invited() -> None:
    """A moderator cannot subscribe anybody: one letter asks, and only their own proven word does it, while it is valid."""
    lw = begun()
    done = lw.say("dana", "list add Eve@EXAMPLE.net")
    assert [x.to for x in done if x.to.startswith("mail/")] == ["mail/Eve@example.net"]
    lw.say("dana", "list add fay@example.net")
    again = lw.say("dana", "list add fay@example.net")

    assert lw.to("fay", again) == []  # asked once is asked
    lw.mail("fay", "subscribe", proven=False)
    assert lw.subscribed() == {}
    lw.mail("fay", "subscribe")
    assert lw.subscribed() == {address("fay"): "each"}
    lw.w.pass_until(NOW + timedelta(hours=73))
    assert not [t for t in lw.w.programme.tables.timers.rows.values() if t.name == "list-invited"]


@pytest.mark.parametrize(
    "said", ["list add eve", "list add #4", "list add a@b", "list add a b@c.de", "list add @x.org"]
)
def test_what_is_no_address_is_refused(said: str) -> None:
    """A moderator who mistypes reads what is needed, and nothing happens."""
    lw = begun()
    lw.say("dana", said)

    assert lw.subscribed() == {}
    assert not lw.w.programme.tables.timers.rows


def test_a_moderator_takes_somebody_off_and_they_know() -> None:
    """`list remove` ends a subscription and tells the reader; of somebody who reads nothing it is said so."""
    lw = begun('mail.list_readers = "anyone"')
    lw.mail("eve", "subscribe")
    done = lw.say("dana", "list remove eve@example.net")

    assert lw.subscribed() == {}
    assert "taken you off the list" in text_of(lw.to("eve", done))
    assert "does not read the list" in text_of(lw.say("dana", "list remove eve@example.net"))


@pytest.mark.parametrize(("mode", "answer"), [("external", "kept by another server"), ("", "no mailing list here")])
def test_without_an_own_list_nothing_is_promised(mode: str, answer: str) -> None:
    """Where relaybot distributes nothing each command says so and where to go."""
    lw = begun(mode=mode)
    add_member(lw.w, "ana", {})
    for said in ("subscribe", "unsubscribe", "list digest"):
        assert answer in text_of(lw.say("ana", said))
    for said in ("list add eve@example.net", "list remove eve@example.net"):
        assert answer in text_of(lw.say("dana", said))


def test_a_member_who_chats_reads_at_their_mail_address() -> None:
    """`subscribe` in chat means the address linked; the answer comes in chat."""
    lw = begun()
    ana = add_member(lw.w, "ana", {})
    lw.w.make(Put(Address(NAME, address("ana"), ana.id)))
    told = lw.say("ana", "subscribe")

    assert [x.to for x in told] == [ana.home]
    assert lw.subscribed() == {address("ana"): "each"}
    lw.say("ana", "list digest")
    assert lw.subscribed() == {address("ana"): "digest"}


# ------------------------------------------------------------------------------------------- the digest


def reader(lw: ListWorld, who: str, mode: str = "each", zone: str = "UTC") -> None:
    """A member who reads the list."""
    add_member(lw.w, f"{who}@mail", {"zone": zone})
    lw.w.make(Put(Subscription(NAME, address(who), mode, NOW)))


def test_a_digest_is_one_letter_a_day() -> None:
    """Posts of a day are one listed letter at the time set, on the reader's clock; kept copies are gone then."""
    lw = begun('mail.digest_at = "07:30"')
    reader(lw, "chidi")
    reader(lw, "mette", "digest", "America/New_York")
    for number in range(3):
        lw.post("chidi", f"post {number}", f"words {number}")
    assert all(x.held for x in lw.to("mette"))
    before = len(lw.letters)
    lw.w.pass_until(NOW + timedelta(days=3))

    sent = lw.to("mette", lw.letters[before:])
    assert len(sent) == 1
    at = sent[0].written_at.astimezone(ZoneInfo("America/New_York"))
    assert (at.date(), at.hour, at.minute) == (datetime(2026, 11, 23, tzinfo=at.tzinfo).date(), 7, 30)
    assert (sent[0].listed, sent[0].via, sent[0].about) == (True, "", "")
    assert sent[0].subject == "[tech-peer] Digest, Mon 23 Nov: 3 posts"
    assert [f"words {n}" in sent[0].text for n in range(3)] == [True, True, True]
    assert not lw.w.programme.tables.letters.rows


def test_a_digest_is_never_larger_than_a_letter_may_be() -> None:
    """What does not fit comes the next day, in order, and the letter says so."""
    lw = begun("mail.posts_per_day = 100\nlimits.letter_chars = 100000")
    reader(lw, "chidi")
    reader(lw, "mette", "digest")
    for number in range(3):
        lw.post("chidi", f"post {number}", f"{number} " + "word " * 15_000)
    before = len(lw.letters)
    lw.w.pass_until(NOW + timedelta(days=5))

    sent = lw.to("mette", lw.letters[before:])
    assert [sum(map(len, x.text)) <= 200_000 for x in sent] == [True] * len(sent)
    assert [x.subject.rpartition(": ")[2] for x in sent] == ["1 post", "1 post", "1 post"]
    assert "2 more come tomorrow" in text_of(sent[:1])


def test_leaving_the_digest_sends_what_was_kept_whole() -> None:
    """`list each` lets the kept copies go one by one, as they would have come: with subject and foot."""
    lw = begun()
    reader(lw, "chidi")
    reader(lw, "mette", "digest")
    reader(lw, "oto")
    lw.post("chidi", "plans", "words")
    lw.mail("mette", "list each")

    rows = [x for x in lw.w.said if x[0] == "mette@mail"]
    plain = lw.to("oto")[0]
    assert [line for _, line in rows if line in plain.text] == list(plain.text)


@pytest.mark.parametrize("said", ["list none", "list away until 4 jan", "unsubscribe", "list each"])
def test_no_kept_copy_stays_behind(said: str) -> None:
    """However somebody leaves the digest, nothing of it lies in the outbox for ever."""
    lw = begun()
    reader(lw, "chidi")
    reader(lw, "mette", "digest")
    lw.post("chidi", "plans", "words")
    lw.mail("mette", said)

    assert not lw.w.programme.tables.letters.rows
    assert ("list-digest", address("mette")) not in lw.w.programme.tables.timers.rows


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31)),  # noqa: DTZ001 - made aware below
    st.sampled_from(["UTC", "Africa/Lagos", "Europe/Copenhagen", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
)
def test_the_next_digest_is_ahead_and_near(at: datetime, zone: str) -> None:
    """Whatever the clocks do, the next digest is within the next 25 hours and not in the past."""
    lw = begun()
    reader(lw, "mette", "digest", zone)
    lw.w.now = at.replace(tzinfo=ZoneInfo("UTC"))
    due = subscriptions.next_digest(Desk(lw.w.programme, lw.w.moment()), address("mette"))

    assert timedelta() < due - lw.w.now <= timedelta(hours=25)


# ------------------------------------------------------------------------------- who gets which copies

MOVES = ("each", "digest", "none", "away", "unsubscribe", "subscribe", "post", "day")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(("chidi", "mette", "oto")), st.sampled_from(MOVES)), max_size=25))
def test_each_reader_gets_each_post_once(moves: list[tuple[str, str]]) -> None:
    """Whatever readers change meanwhile: a post reaches whoever wanted copies then once, by itself or in a digest, never its author."""
    lw = begun("mail.posts_per_day = 1000")
    for who in ("chidi", "mette", "oto"):
        reader(lw, who)
    wanted: dict[tuple[str, str], bool] = {}
    for number, (who, move) in enumerate(moves):
        if move == "post":
            words = f"canary-{number}-"
            for other in ("chidi", "mette", "oto"):
                found = lw.w.programme.tables.subscriptions.rows.get(address(other))
                on = (
                    found is not None
                    and found.mode != "none"
                    and not (found.away_until and found.away_until > lw.w.now)
                )
                wanted[(other, words)] = on and other != who
            lw.post(who, f"post {number}", words)
        elif move == "day":
            lw.w.pass_until(lw.w.now + timedelta(days=1))
        else:
            said = {
                "away": "list away until in 2 days",
                "each": "list each",
                "digest": "list digest",
                "none": "list none",
            }
            lw.mail(who, said.get(move, move))
            for key in [k for k in wanted if k[0] == who and move in {"none", "away", "unsubscribe"}]:
                if not any(to == f"{who}@mail" and key[1] in line for to, line in lw.w.said):
                    wanted[key] = False  # they said that they do not want what was still kept
    lw.w.pass_until(lw.w.now + timedelta(days=2))

    for (who, words), yes in wanted.items():
        got = sum(to == f"{who}@mail" and words in line for to, line in lw.w.said)
        assert got == int(yes), (who, words)


# ------------------------------------------------------------------------------------ when somebody goes


def test_whoever_leaves_does_not_read_the_list_any_more() -> None:
    """Leaving the programme ends the subscription, and their open posts with it."""
    lw = begun()
    reader(lw, "chidi")
    lw.post("chidi", "looking for: haskell", "Anybody?")
    desk = Desk(lw.w.programme, lw.w.moment())
    people.step_person(desk, lw.person("chidi"), "leave")
    lw.w.make(*desk.changes())

    assert lw.subscribed() == {}
    assert not lw.w.programme.tables.posts.rows


def test_whoever_is_forgotten_leaves_nothing_on_the_list() -> None:
    """After `forget me` no record holds their address, their posts, kept copies for them, or trouble with their mailbox."""
    lw = begun()
    reader(lw, "chidi", "digest")
    reader(lw, "mette")
    lw.post("chidi", "plans", "words")
    lw.post("mette", "more", "other words")
    lw.bounce("chidi")
    chidi = lw.person("chidi").id
    for said in ("forget me", "yes"):
        lw.mail("chidi", said)
    lw.w.pass_until(NOW + timedelta(days=3))

    assert lw.holding(address("chidi")) == set()
    assert chidi not in lw.w.programme.tables.people.rows
    assert not [p for p in lw.w.programme.tables.posts.rows.values() if p.person == chidi]


def test_a_digest_of_somebody_gone_is_dropped() -> None:
    """A timer that fires after a subscription has ended finds nothing and sends nothing."""
    lw = begun()
    reader(lw, "chidi", "digest")
    lw.w.make(
        Put(replace(lw.w.programme.tables.subscriptions.rows[address("chidi")], away_until=NOW + timedelta(days=9)))
    )
    desk = Desk(lw.w.programme, lw.w.moment())
    posts.send_digest(desk, address("chidi"))
    posts.send_digest(desk, address("nobody"))

    assert desk.changes() == ()


def test_an_address_that_is_unlinked_reads_no_list() -> None:
    """What goes to an address nobody has any more would go to a stranger."""
    lw = begun()
    ana = add_member(lw.w, "ana", {})
    lw.w.make(Put(Address(NAME, address("ana"), ana.id)))
    lw.say("ana", "subscribe")
    for said in ("unlink mail", "yes"):
        lw.say("ana", said)

    assert lw.subscribed() == {}


def test_one_person_reads_one_copy() -> None:
    """Two addresses of one person: whichever they write from, the one subscription is meant."""
    lw = begun()
    ana = add_member(lw.w, "ana@mail", {})
    lw.w.make(Put(Address(NAME, address("ana2"), ana.id)))
    lw.mail("ana", "subscribe")
    again = lw.mail("ana2", "subscribe")
    assert "comes to ana@example.net already" in text_of(again)
    lw.mail("ana2", "list digest")
    assert lw.subscribed() == {address("ana"): "digest"}
    lw.mail("ana2", "unsubscribe")
    assert lw.subscribed() == {}


def test_list_unsubscribe_works_in_the_middle_of_anything() -> None:
    """The mail that List-Unsubscribe writes: no words, its subject the command, an open question notwithstanding."""
    lw = begun()
    reader(lw, "chidi")
    reader(lw, "mette")
    lw.post("mette", "plans", "words")
    lw.mail("chidi", "ask rust")
    lw.mail("chidi", "", subject="unsubscribe", about="P1")

    assert lw.subscribed() == {address("mette"): "each"}
