"""Writing mail, whatever is in the letter: no header changes, every word arrives, and the same letter is the same mail.

Read back by the standard library's parser, which is not the code under test.
"""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters import letters_layout
from adapters.letters import Attachment
from adapters.letters_layout import body, clean, line, width, wrapped
from adapters.letters_write import FILES_BYTES, TEXT_CHARS, maildir_name, write
from relaybot.model import REPLY_HERE
from relaybot.ports import Undeliverable
from tests.letters_written import NOW, bare, decoded, header, header_names, letter, naughty, parsed, text_of
from tests.needs import ROOT

# ------------------------------------------------------------------------------------- whatever is in it

HOSTILE = st.one_of(
    st.text(max_size=300),
    st.text(alphabet='=?utf-8q_b\r\n \t"\\<>@,;:()Fromä\u202e\u2028.', max_size=300),
    st.lists(st.sampled_from(["From ", "-- ", ".", "> ", "https://x.example/" + "y" * 90, "お試し", "a", "  "])).map(
        " ".join
    ),
)
PLAIN = header_names(write(letter("x", subject="x", via="x"), header(to_name="x", reply_to="a@b.example")))


def check(name: str, subject: str, text: str) -> None:
    written = letter(text, "x", subject=subject, via=name)
    head = header(to_name=name or "x", reply_to="a@b.example")
    raw = write(written, head)
    assert raw == write(written, head)
    assert header_names(raw) == PLAIN
    assert raw.isascii()
    assert all(len(one) <= 998 for one in raw.split(b"\r\n"))
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    for one in raw.partition(b"\r\n\r\n")[0].decode().split("\r\n"):
        assert 0 < len(one.strip()) <= len(one) <= 78
    shown = line(" ".join(clean(name).split()), 60)
    assert sender(raw) == (f"{shown} via tech-peer" if shown else "relaybot (tech-peer)")
    assert [one.addr_spec for one in parsed(raw)["From"].addresses] == ["relaybot@lists.example.org"]
    assert [one.addr_spec for one in parsed(raw)["To"].addresses] == ["chidi@example.net"]
    if line(subject, 150):
        assert decoded(raw, "Subject") == line(subject, 150)
    text = text.replace(REPLY_HERE, "a@b.example")
    assert text_of(raw) == body((text, "x"))
    assert bare(text_of(raw)) == bare(clean(text)) + "x"
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", text_of(raw))


def sender(raw: bytes) -> str:
    """The name in From: taken apart as RFC 5322 says, then its encoded words read as RFC 2047 says."""
    name, _ = parseaddr(re.sub(r"\r\n(?= )", "", email.message_from_bytes(raw)["From"]))
    return str(make_header(decode_header(name)))


@given(name=HOSTILE, subject=HOSTILE, text=HOSTILE)
@example(name="=?utf-8?q?a=0D=0ABcc:_x?=", subject="=?utf-8?q?x=0ABcc:_y?=", text="From me\n.\nFrom you")
@example(name='a" <x@y>, "b', subject="x" * 400, text="y" * 3000)
@example(name="é" * 200, subject="Ω" * 149, text="\x85\u2028é\x0c\x0b")
@example(name="e" + "\u0301" * 100, subject="e" + "\u0301" * 100, text="e" + "\u0301" * 1000)
@example(name="\ud800", subject="\udfff", text="\ud83d")
def test_nothing_in_a_letter_changes_its_headers_or_gets_lost(name: str, subject: str, text: str) -> None:
    """Headers stay as many, short, and say what was given; every word arrives, in its order, and nothing unseen."""
    check(name, subject, text)


def test_naughty_strings_are_only_words() -> None:
    """The same for strings that others found to break programs."""
    for string in naughty():
        check(string, string, string)


def test_a_line_that_begins_with_from_is_hidden_from_mailboxes() -> None:
    """No file of mails has to put a ">" before it: the words come back as they were written."""
    raw = write(letter("From now on.\nFrom then on, and this is ä."), header())
    assert not re.search(rb"^From (?!:)", raw.partition(b"\r\n\r\n")[2], re.MULTILINE)
    assert text_of(raw) == "From now on.\nFrom then on, and this is ä.\n"


def test_the_words_of_a_table_are_left_where_they_are() -> None:
    """Rows have no blank line between them and are never wrapped, however wide."""
    assert body(("  a    b", "  " + "c " * 60, "d", "  e")) == f"  a    b\n  {('c ' * 60).rstrip()}\n\nd\n\n  e\n"


def test_a_web_address_is_never_broken() -> None:
    """It keeps a line of its own where it has to; what stands before it in a language without spaces may end a line."""
    url = "https://example.org/" + "p" * 80 + "?q=詳しくは"
    assert wrapped(f"see {url} there") == ["see", url, "there"]
    assert url in wrapped("詳" * 30 + url)[-1]


def test_wide_characters_count_twice_and_may_be_parted() -> None:
    """Japanese and Chinese lines are at most 76 columns, and none begins with a full stop or ends with a bracket."""
    lines = wrapped("今日は、良い天気です。「散歩」に行きましょう。" * 20)
    assert all(width(one) <= 76 for one in lines)
    assert all(width(one) >= 70 for one in lines[:-1])
    assert not [one for one in lines if one[0] in "、。」" or one[-1] in "「"]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400).map(clean), st.integers(20, 80))
def test_a_line_is_too_wide_only_when_it_cannot_be_parted(text: str, columns: int) -> None:
    """Every line fits, or is one piece that must stay whole."""
    for one in wrapped(text.replace("\n", " "), columns):
        assert width(one) <= columns or len(letters_layout._unbroken(one.strip(" "))) == 1


@pytest.mark.parametrize("text", ["a" * 200_000, "a" * 100_000 + "ä://" + "b" * 90_000, "字" * 200_000, "a " * 100_000])
def test_the_largest_letter_is_written(text: str) -> None:
    """The longest text there may be, without a place to break or with nothing else, arrives whole."""
    assert bare(text_of(write(letter(text), header()))) == bare(text)


def test_a_letter_too_large_for_any_mail_is_refused() -> None:
    """More text or files than a server takes are not tried again and again."""
    with pytest.raises(Undeliverable):
        write(letter("a" * TEXT_CHARS, "b"), header())
    with pytest.raises(Undeliverable):
        write(letter(), header(), [Attachment("a", "image/png", bytes(FILES_BYTES + 1))])


# ------------------------------------------------------------------------------------------------- files


@given(
    name=HOSTILE, kind=st.one_of(HOSTILE, st.sampled_from(["image/png", "text/html", "message/rfc822", "text/plain"]))
)
@example(name="../../etc/passwd", kind="multipart/mixed")
@example(name="C:\\x\\plän\u202egnp.exe", kind="text/calendar")
@example(name="ä" * 300 + ".pdf", kind="application/pdf")
def test_a_file_arrives_whole_under_a_harmless_name(name: str, kind: str) -> None:
    """No folder, no line break, no type that a mail program would open in the letter's place; the octets as they were."""
    data = bytes(range(256)) * 3 + b"\r\nFrom .\r\n.\r\n"
    raw = write(letter("x"), header(), [Attachment(name, kind, data)])
    mail = parsed(raw)
    (part,) = mail.iter_attachments()
    assert header_names(raw) == [*header_names(write(letter("x"), header()))[:-1]]
    assert part.get_payload(decode=True) == data
    assert part.get_content_disposition() == "attachment"
    assert part.get_content_type() not in {"text/html", "text/calendar", "message/rfc822"}
    shown = part.get_filename()
    assert shown is not None
    assert 0 < len(shown) <= 100
    assert not re.search(r'[/\\"\x00-\x1f\u202a-\u202e]', shown)
    assert not shown.startswith((".", "-"))
    assert all(len(one) <= 998 for one in raw.split(b"\r\n"))


def test_a_name_keeps_its_ending() -> None:
    """A long name is cut in the middle: what the file is can still be read."""
    raw = write(letter("x"), header(), [Attachment("ä" * 300 + ".pdf", "application/pdf", b"x")])
    (part,) = parsed(raw).iter_attachments()
    assert part.get_filename() == "ä" * 96 + ".pdf"


# ------------------------------------------------------------------------------------------------ repeats

AGAIN = """
import sys
sys.path.insert(0, {root!r})
from tests.test_letters_write import HALVES, header, letter
from adapters.letters import Attachment
from adapters.letters_write import write
from dataclasses import replace
dates = (HALVES[0], replace(HALVES[1], zone="Europe/Copenhagen"), replace(HALVES[1], uid="x", zone="America/Toronto"))
raw = write(letter("ä" * 200, invitations=dates), header(), [Attachment("ä.png", "image/png", b"1" * 999)])
sys.stdout.buffer.write(raw)
"""


def test_a_letter_written_by_another_process_is_the_same_mail() -> None:
    """After a crash the same bytes go out, so that whoever has the mail already can tell: boundaries and zones too."""
    runs = [
        subprocess.run(
            [sys.executable, "-c", AGAIN.format(root=str(ROOT))],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Kolkata"))
    ]
    assert runs[0] == runs[1] != b""


def test_every_letter_has_a_file_name_of_its_own() -> None:
    """The same on every attempt; another letter, programme or moment has another; nothing a file system minds."""
    first = letter()
    names = {maildir_name(one) for one in (first, replace(first, id=8), replace(first, programme="../x"))}
    assert len(names) == 3
    assert maildir_name(first) == maildir_name(replace(first, tried_at=NOW))
    assert all(re.fullmatch(r"[0-9]+\.[A-Za-z0-9]+\.relaybot", name) for name in names)
