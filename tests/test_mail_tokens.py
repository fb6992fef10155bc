"""Addresses and ids only we can have made: they read back as they were made, and nothing else reads as one."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mail_tokens import LOCAL_OCTETS_MAX, Destination, Tokens, Use

KEY = bytes(range(32))
LISTS = {"tech-peer": "peers@lists.lab.test", "gardens": "gardens@lists.lab.test"}
TOKENS = Tokens(KEY, "relaybot@lists.lab.test", LISTS, tuple(LISTS))
OTHER = Tokens(bytes(32), "relaybot@lists.lab.test", LISTS, tuple(LISTS))
CHIDI = "chidi@example.net"

abouts = st.from_regex(r"[AMSHP][0-9]{1,9}", fullmatch=True)
addresses = st.from_regex(r"[a-zA-Z0-9._+=-]{1,30}@[a-z0-9-]{1,20}\.[a-z]{2,8}", fullmatch=True)


@given(about=abouts, address=addresses, programme=st.sampled_from(list(LISTS)))
def test_reply_reads_back(about: str, address: str, programme: str) -> None:
    """A reply address tells programme and object again, in any case, and knows the reader it was made for."""
    made = TOKENS.reply_address(programme, about, address)
    assert len(made.partition("@")[0]) <= LOCAL_OCTETS_MAX
    assert len(made.partition(".")[2].partition("@")[0]) == 26
    for spelt in (made, made.upper()):
        read = TOKENS.read(spelt)
        assert (read.use, read.about, read.programme) == (Use.REPLY, about, programme)
        assert TOKENS.is_from(read, address)
        assert TOKENS.is_from(read, address.upper())
        assert not TOKENS.is_from(read, "x" + address)
    assert OTHER.read(made).use is Use.PLAIN


def test_reply_about_nothing() -> None:
    """A letter about nothing in particular has a token too."""
    read = TOKENS.read(TOKENS.reply_address("tech-peer", "", CHIDI))
    assert (read.use, read.about, read.programme) == (Use.REPLY, "", "tech-peer")
    assert TOKENS.is_from(read, CHIDI)


@given(place=st.integers(0, 25), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_changed_character_proves_nothing(place: int, letter: str) -> None:
    """Whatever character of a token is changed: it does not prove the reader any more."""
    made = TOKENS.reply_address("tech-peer", "A19", CHIDI)
    start = made.index(".") + 1 + place
    if made[start] == letter:
        return
    read = TOKENS.read(made[:start] + letter + made[start + 1 :])
    assert read.use is Use.PLAIN or not TOKENS.is_from(read, CHIDI)


def test_token_is_for_one_object_programme_and_use() -> None:
    """The same mac behind another object, letter or use is nothing: S47 the hour is not letter 47."""
    mac = TOKENS.reply_address("tech-peer", "S47", CHIDI).partition(".")[2].partition("@")[0]
    receipt = TOKENS.receipt_address("tech-peer", 47).partition(".")[2].partition("@")[0]
    for local in (f"s48.{mac}", f"a47.{mac}", f"re.{mac}", f"b.{mac}.chidi=example.net", f"a47.{receipt}"):
        assert TOKENS.read(f"relaybot+{local}@lists.lab.test").use is Use.PLAIN, local
    hour = TOKENS.read(f"relaybot+s47.{mac}@lists.lab.test")
    letter = TOKENS.read(f"relaybot+s47.{receipt}@lists.lab.test")
    assert (hour.use, hour.about) == (Use.REPLY, "S47")
    assert (letter.use, letter.letter) == (Use.RECEIPT, 47)
    assert TOKENS.is_from(hour, CHIDI)
    assert not TOKENS.is_from(Destination(Use.REPLY, "gardens", "S47", mac=hour.mac), CHIDI)


@given(address=addresses)
def test_bounce_reads_back(address: str) -> None:
    """A bounce address has at most 64 octets before the @, and says or can confirm whose letter it was."""
    made = TOKENS.bounce_address(address)
    local = made.rpartition("@")[0]
    assert len(local) <= LOCAL_OCTETS_MAX
    read = TOKENS.read(made)
    assert read.use is Use.BOUNCE
    if read.address:
        assert read.address == address
        assert (
            TOKENS.read(made.replace(f"{address.partition('@')[0]}=", "victim=")).use is Use.PLAIN
            or "victim" in address
        )
    else:
        assert len(f"{local}.{address}") > LOCAL_OCTETS_MAX
        assert TOKENS.is_bounce_of(read, address)
        assert not TOKENS.is_bounce_of(read, "x" + address)


def test_bounce_of_an_odd_address() -> None:
    """An address with characters that do not survive in an envelope is confirmed, not spelt."""
    made = TOKENS.bounce_address('"a b"@example.net')
    read = TOKENS.read(made)
    assert (read.use, read.address) == (Use.BOUNCE, "")
    assert TOKENS.is_bounce_of(read, '"a b"@example.net')


@pytest.mark.parametrize(
    ("recipient", "use"),
    [
        ("relaybot@lists.lab.test", Use.PLAIN),
        ("RelayBot@LISTS.lab.test", Use.PLAIN),
        ("relaybot+@lists.lab.test", Use.PLAIN),
        ("relaybot+b.@lists.lab.test", Use.PLAIN),
        ("relaybot+s1.aaaaaaaaaaaaaaaaaaaaaaaaaa@lists.lab.test", Use.PLAIN),
        ("peers@lists.lab.test", Use.LIST),
        ("PEERS@lists.lab.test", Use.LIST),
        ("peers+x@lists.lab.test", Use.FOREIGN),
        ("relaybot@example.net", Use.FOREIGN),
        ("relaybot", Use.FOREIGN),
        ("", Use.FOREIGN),
        ("rel\udcffaybot@lists.lab.test", Use.FOREIGN),
        ("relaybot+a1.\udcff@lists.lab.test", Use.PLAIN),
        ("relaybot+b.aaaaaaaaaaaaaaaaaaaaaaaaaa.\udcff=x@lists.lab.test", Use.PLAIN),
    ],
)
def test_what_an_address_is_for(recipient: str, use: Use) -> None:
    """Addresses without a token, with a wrong one, and of others."""
    assert TOKENS.read(recipient).use is use


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever stands in an envelope, reading it never raises, and is never a token."""
    for recipient in (text, f"relaybot+{text}@lists.lab.test"):
        assert TOKENS.read(recipient).use in {Use.FOREIGN, Use.PLAIN, Use.LIST}


def test_receipts_of_programmes_differ() -> None:
    """Letter 7 of one programme is not letter 7 of another."""
    for programme in LISTS:
        read = TOKENS.read(TOKENS.receipt_address(programme, 7))
        assert (read.use, read.programme, read.letter) == (Use.RECEIPT, programme, 7)


def test_message_ids_repeat_and_tell_nothing() -> None:
    """A letter's Message-ID is the same each time, another for any other letter or reader, and random to look at."""
    ids = {TOKENS.message_id("tech-peer", n, CHIDI) for n in range(1000)}
    assert len(ids) == 1000
    assert TOKENS.message_id("tech-peer", 1, CHIDI) in ids
    assert TOKENS.message_id("tech-peer", 1, "ana@example.pt") not in ids
    for one in ids:
        local, _, domain = one.strip("<>").partition("@")
        assert set(local) <= set(string.ascii_lowercase + "234567")
        assert domain == "lists.lab.test"
    assert TOKENS.thread_id("tech-peer", "A19", CHIDI) not in ids
    assert TOKENS.loop_mark() != OTHER.loop_mark()
