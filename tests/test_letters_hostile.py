"""Whatever bytes come: no exception, bounded memory, and mails made to be slow are read like others.

Time is not asserted (machines differ); what took minutes before stands here so that it would be noticed.
"""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.letters import Bounce, Ignore, Mail
from adapters.letters_mime import DEPTH, PARTS, structure
from tests.letters_corpora import heard, html, mail, mails

pytestmark = pytest.mark.slow

MEMORY_MB = 50
HEAD = b"From: Ana <ana@example.net>\r\nMessage-ID: <1@example.net>\r\n"
MULTIPART = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
CALENDAR = HEAD + b"Content-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\nMETHOD:REPLY\n"
BOUNCE = b"From: <>\r\nSubject: Undelivered mail\r\n\r\n"
CORPORA = (
    "mime-torture",
    "bounces-flufl",
    "bounces-sisimai",
    "spoof-rspamd",
    "reply-talon",
    "reply-trimmer",
    "autoreply",
)


def typed(value: str, body: bytes = b"x") -> bytes:
    """A mail with a Content-Type of its own."""
    return HEAD + b"Content-Type: " + value.encode() + b"\r\n\r\n" + body


def nested(depth: int) -> bytes:
    """Parts within parts."""
    inside = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return HEAD + inside + b"\nhello\n"


HOSTILE = {
    "nothing": b"",
    "zeros": b"\0" * 100_000,
    "no end of line": HEAD + b"\r\n" + b"a" * 25_000_000,
    "only lines": HEAD + b"\r\n" + b"a\n" * 12_000_000,
    "nested parts": nested(2_000),
    "nested mails": HEAD + b"Content-Type: message/rfc822\n\n" * 1_000 + b"x",
    "many parts": MULTIPART + b"--b\n\nhello\n" * 10_000,
    "lookalikes": MULTIPART + b"--b\n\nhello\n" + b"--bx\n" * 2_000_000,
    "large file": MULTIPART
    + b"--b\n\nhello\n--b\nContent-Type: application/zip\nContent-Transfer-Encoding: base64\n\n"
    + (b"A" * 76 + b"\n") * 320_000
    + b"--b--",
    "subject of words": mail(subject="=?utf-8?q?a?= " * 20_000),
    "subject of beginnings": mail(subject="=?" * 4_000),
    "type parameters": typed("text/plain" + "; a=b" * 9_000),
    "type quotes": typed("text/plain" + ';"' * 4_000),
    "type continuations": typed("text/plain" + "".join(f"; name*{number}*=a" for number in range(700))),
    "no boundary": typed("multipart/mixed", b"hello"),
    "empty boundary": typed('multipart/mixed; boundary=""', b"--\n\nhello\n----"),
    "winmail": typed("application/ms-tnef; name=winmail.dat", bytes(range(256)) * 100),
    "charset that packs": typed("text/plain; charset=zlib", b"x\x9c" * 1_000),
    "charset utf-7": typed("text/plain; charset=utf-7", b"+2AA-" * 50_000),
    "charset idna": typed("text/plain; charset=idna", b"xn--a." * 40_000),
    "from brackets": mail(sender="(" * 8_000 + "a@b.example"),
    "from commas": mail(sender="a@b.example, " * 900),
    "from groups": mail(sender="a:" * 4_000),
    "from dots": mail(sender="a." * 4_000 + "@b.example"),
    "results brackets": mail("x", "Authentication-Results: " + "(" * 8_000),
    "results many": mail("x", "Authentication-Results: mx.example.org" + "; dmarc=pass" * 600),
    "quotes": mail(">" * 256_000),
    "on on on": mail("On " * 60_000),
    "from from from": mail("From: a\n" * 20_000, subject="Fwd: x"),
    "flowed": typed("text/plain; format=flowed", (b"word " * 20 + b"\n") * 3_000),
    "html beginnings": html("<" * 256_000),
    "html tags": html("<a " * 85_000),
    "html comments": html("<!--" * 60_000),
    "html declarations": html("<![" * 80_000),
    "html ends": html("</" * 120_000),
    "html nested": html("<div>" * 50_000),
    "html quotes": html("<blockquote>" * 20_000),
    "html attributes": html("<a " + "a=b " * 60_000 + ">"),
    "html open values": html("<a a='" * 40_000),
    "html references": html("&#1" * 80_000),
    "html links": html('<a href="http://a/' + "b" * 200 + '">' * 1_000),
    "html scripts": html("<style>" + "</" * 120_000),
    "report addresses": BOUNCE + b"a@b.example " * 20_000,
    "report half addresses": BOUNCE + b"a@" * 120_000,
    "report words": BOUNCE + b"following address " * 14_000,
    "report blocks": BOUNCE + b"final-recipient: action: \n\n" * 10_000,
    "report spaces": BOUNCE + b" " * 250_000,
    "calendar nested": CALENDAR + b"BEGIN:VEVENT\n" * 4_000,
    "calendar rule": CALENDAR + b"BEGIN:VEVENT\nRRULE:" + b"FREQ=DAILY;" * 5_000 + b"\nEND:VEVENT\nEND:VCALENDAR",
}


def peak_mb(raw: bytes) -> float:
    """How much memory reading a mail takes at most, beside the mail itself."""
    tracemalloc.start()
    try:
        heard(raw)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_mail_made_to_hurt_is_read_or_put_aside(name: str) -> None:
    """Without an exception inside ("unreadable"), and in little memory."""
    found = heard(HOSTILE[name])

    assert isinstance(found, (Mail, Bounce, Ignore))
    assert not getattr(found, "reason", "").startswith("unreadable"), found
    assert peak_mb(HOSTILE[name]) <= MEMORY_MB


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (HEAD + b"\r\n" + b"x" * (25 * 1024 * 1024), "too large"),
        (mail("x", *["X-A: b"] * 501), "too many headers"),
        (mail("x", "X-A: " + "b" * 70_000), "header too long"),
    ],
)
def test_what_passes_a_limit_is_put_aside_with_the_reason(raw: bytes, reason: str) -> None:
    """25 MiB, 500 headers, 64 KiB of headers."""
    assert heard(raw) == Ignore(reason, heard(raw).key)


def test_only_so_many_parts_are_looked_at() -> None:
    """A hundred parts, twenty deep; what stands first is read."""
    many, deep = structure(HOSTILE["many parts"]), structure(HOSTILE["nested parts"])
    found = heard(HOSTILE["many parts"])

    assert len(list(many.walk())) == PARTS
    assert max(part.depth for part in deep.walk()) == DEPTH
    assert isinstance(found, Mail)
    assert found.words.startswith("hello")


@pytest.mark.parametrize("name", CORPORA)
def test_every_mail_of_the_corpora_is_read_in_little_memory(name: str) -> None:
    """No exception in any; the largest five take at most 50 MB beside themselves."""
    paths = mails(name)
    for path in paths:
        assert not getattr(heard(path.read_bytes()), "reason", "").startswith("unreadable"), path.name
    for path in sorted(paths, key=lambda one: -one.stat().st_size)[:5]:
        assert peak_mb(path.read_bytes()) <= MEMORY_MB, path.name


@given(st.binary(max_size=3_000))
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_never_raise(raw: bytes) -> None:
    """Noise is not a mail, and not a crash either."""
    found = heard(raw)

    assert not getattr(found, "reason", "").startswith("unreadable"), found


HEADERS = st.sampled_from(
    [
        "From",
        "Subject",
        "Content-Type",
        "Content-Transfer-Encoding",
        "Date",
        "Message-ID",
        "References",
        "List-Id",
        "Sender",
        "Content-Disposition",
        "Authentication-Results",
        "Auto-Submitted",
        "Return-Path",
        "To",
        "X-Failed-Recipients",
    ]
)
VALUES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "multipart/mixed; boundary=b",
            "multipart/report; report-type=delivery-status; boundary=b",
            "text/html; charset=utf-16",
            "message/rfc822",
            "text/calendar",
            "base64",
            "quoted-printable",
            "x-uuencode",
            "Ana <ana@example.net>",
            "=?x?b?=?=",
            "message/delivery-status",
            "text/plain; format=flowed; charset=iso-2022-kr",
            "mx.example.org; dmarc=pass",
            "Returned mail",
        ]
    ),
)
BODIES = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            [
                "--b",
                "--b--",
                "",
                "Content-Type: text/html",
                "Content-Type: message/rfc822",
                "> quoted",
                "From: a@b.example",
                "<p>",
                "BEGIN:VCALENDAR",
                "METHOD:REPLY",
                "BEGIN:VEVENT",
                "END:VEVENT",
                "Final-Recipient: rfc822; a@b.example",
                "Action: failed",
                "---------- Forwarded message ---------",
                "-----Original Message-----",
                "begin 644 a",
                "<a href='",
                "</blockquote>",
            ]
        ),
    ),
    max_size=30,
)


@given(st.lists(st.tuples(HEADERS, VALUES), max_size=12), BODIES, st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=500, deadline=None)
def test_mails_that_are_nearly_right_never_raise(headers: list[tuple[str, str]], body: list[str], end: str) -> None:
    """Headers and bodies of pieces that mean something, put together at random."""
    lines = [f"{name}: {value}" for name, value in headers] + ["", *body]
    found = heard(end.join(lines).encode("utf-8", "replace"))

    assert not getattr(found, "reason", "").startswith("unreadable"), found
    if isinstance(found, Mail):
        assert found.name
        assert found.name.isprintable()
        assert "\x00" not in found.words
        assert all("/" not in file.name and file.name for file in found.attachments)
