"""Writing mail: the letters of the product as mails, and what holds for any letter whatever is in it.

Read back by the standard library's parser, which is not the code under test.
"""

from __future__ import annotations

import email
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from adapters import letters_layout
from adapters.letters import Attachment, Ignore, Own, read
from adapters.letters_layout import body, clean, first_sentence, line, width, wrapped
from adapters.letters_write import FILES_BYTES, TEXT_CHARS, Header, maildir_name, write
from relaybot.model import REPLY_HERE, Invitation, Letter, Style, Urgency
from relaybot.ports import Undeliverable
from tests.needs import ROOT, corpus

NOW = datetime(2026, 11, 21, 14, 20, tzinfo=UTC)
MAC = "k3v9xqk3v9xqk3v9xqk3v9xqab"


def letter(*text: str, **more: object) -> Letter:
    first = Letter("tech-peer", 7, "mail/chidi@example.net", text or ("Hello.",), Urgency.PERSONAL, NOW)
    return replace(first, style=Style.LETTER, **more)  # type: ignore[arg-type]


def header(**more: object) -> Header:
    first = Header(
        title="tech-peer",
        address="relaybot@lists.example.org",
        domain="lists.example.org",
        to="chidi@example.net",
        message_id=f"<l7.{MAC}@lists.example.org>",
        loop="5f2c0a9d",
        date=NOW,
    )
    return replace(first, **more)  # type: ignore[arg-type]


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=default)


def text_of(raw: bytes) -> str:
    """The words of a mail as a mail program shows them."""
    part = parsed(raw).get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def header_names(raw: bytes) -> list[str]:
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    return [one.partition(":")[0] for one in head.split("\r\n") if not one.startswith(" ")]


def decoded(raw: bytes, name: str) -> str:
    """A header's text, read by the old half of the library: the new one loses spaces between encoded words."""
    value = email.message_from_bytes(raw)[name]
    return str(make_header(decode_header(re.sub(r"\r\n(?= )", "", value))))


def bare(text: str) -> str:
    """What is left of a text when all white space is taken out, so that wrapping does not matter."""
    return "".join(text.split())


def naughty() -> list[str]:
    strings: list[str] = json.loads((corpus("naughty-strings") / "blns.json").read_text(encoding="utf-8"))
    return strings


# ----------------------------------------------------------------------------- the product's own letters

WELCOME = (
    "Good morning Chidi,",
    "your mail was not sent to the list; only the moderators and I have it. From it I understood:",
    "  learn:      accessibility testing",
    "  offer:      PostgreSQL (deep)",
    "  place:      Lagos (Africa/Lagos, now Saturday 15:20)",
    "Please answer this mail with anything that is missing or wrong, in your own words:",
    "  hours that usually suit you for one hour a week:",
    "  languages, best first; is one a must?:",
    "  a link or two a moderator may look at (optional):",
    "  a second way to reach you (optional):",
    "  do you agree to the rules below? yes / no:",
    (
        "Rules in short: be kind; what your partner tells you stays with you; leave whenever you want - and if you'd"
        " rather not tell your partner yourself, we do it for you. Full text: send a mail with the word  rules"
    ),
    (
        "Nothing happens until you answer; after 14 days I ask once more, and 30 days after that I delete your mail.\n"
        "You can talk to a person at any time: start a line with  moderator"
    ),
    "relaybot, for the tech-peer moderators (Dana, Esi)",
)

WELCOME_MAIL = f"""\
From: "relaybot (tech-peer)" <relaybot@lists.example.org>
To: chidi@example.net
Reply-To: relaybot+a19.{MAC}@lists.example.org
Subject: Welcome, Chidi - six lines and you're in the queue  [A19]
Date: Sat, 21 Nov 2026 14:20:00 +0000
Message-ID: <l7.{MAC}@lists.example.org>
In-Reply-To: <hello@chidi.example>
References: <a19.{MAC}@lists.example.org>
 <hello@chidi.example>
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All
X-Relaybot-Loop: 5f2c0a9d
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 7bit

Good morning Chidi,

your mail was not sent to the list; only the moderators and I have it. From
it I understood:

  learn:      accessibility testing
  offer:      PostgreSQL (deep)
  place:      Lagos (Africa/Lagos, now Saturday 15:20)

Please answer this mail with anything that is missing or wrong, in your own
words:

  hours that usually suit you for one hour a week:
  languages, best first; is one a must?:
  a link or two a moderator may look at (optional):
  a second way to reach you (optional):
  do you agree to the rules below? yes / no:

Rules in short: be kind; what your partner tells you stays with you; leave
whenever you want - and if you'd rather not tell your partner yourself, we
do it for you. Full text: send a mail with the word  rules

Nothing happens until you answer; after 14 days I ask once more, and 30 days
after that I delete your mail.
You can talk to a person at any time: start a line with  moderator

relaybot, for the tech-peer moderators (Dana, Esi)
"""


def test_the_answer_to_an_enrolment_is_the_mail_the_product_promises() -> None:
    """Product 3.3, byte for byte but for the wrapping: who it is from, where answers go, below what it hangs."""
    raw = write(
        letter(
            *WELCOME,
            about="A19",
            subject="Welcome, Chidi - six lines and you're in the queue",
            thread="<hello@chidi.example>",
        ),
        header(
            reply_to=f"relaybot+a19.{MAC}@lists.example.org",
            root=f"<a19.{MAC}@lists.example.org>",
        ),
    )
    assert raw.decode("ascii") == WELCOME_MAIL.replace("\n", "\r\n")


INTRODUCTION = """\
Dear Chidi,

you and Ravi both said yes.

  Ravi     Kolkata (4 h 30 min ahead of you). Tests software with blind colleagues; wants to read
           PostgreSQL query plans without fear. English, Hindi. He uses Matrix.
  You      PostgreSQL (deep), would like to learn accessibility testing. English, Igbo, French.
  Why you  Dana: "both explain by showing".

Answer this mail and your words reach Ravi in his chat; his answers come back to you as mail. Neither of you sees the
other's address unless you write it yourself. I keep no copy of what you tell each other.

First step: one trial hour, two halves - first one of you teaches, then the other. Times that suit you both:

  1   Sat 28 Nov  14:00-15:00 your time   (18:30-19:30 for Ravi)
  2   Sat 28 Nov  15:00-16:00             (19:30-20:30)
  3   Mon 30 Nov  18:00-19:00             (22:30-23:30)

Answer with the numbers that work, e.g.  1 2 . It helps to bring one small project each. You can talk by video, phone
or just by text; agree that between you, or write  means voice .

For your first talk: what each of you wants - how you'd notice it worked - how much time beyond the hour - when messages
are welcome - what is off limits - what may be told to others (if you say nothing: nothing).   (all of it: agenda)

If anything feels wrong, now or later:  moderator <your words> .   If you want to stop:  drop .

relaybot, for Dana and Esi
"""


def elements(printed: str) -> Iterable[str]:
    """A printed letter as the core hands it over: rows one by one, paragraphs without their line ends."""
    for block in printed.strip("\n").split("\n\n"):
        if block.startswith("  "):
            yield from block.split("\n")
        else:
            yield " ".join(block.split("\n"))


def test_an_introduction_is_the_mail_the_product_promises() -> None:
    """Product 3.7: every word in its order, tables untouched, paragraphs no wider than 76 columns."""
    raw = write(
        letter(*elements(INTRODUCTION), about="M15", subject="Chidi, meet Ravi"),
        header(to_name="Chidi", reply_to=f"relaybot+m15.{MAC}@lists.example.org", root=f"<m15.{MAC}@x.example>"),
    )
    mail, text = parsed(raw), text_of(raw)
    assert mail["From"] == '"relaybot (tech-peer)" <relaybot@lists.example.org>'
    assert mail["To"].addresses[0].display_name == "Chidi"
    assert mail["Subject"] == "Chidi, meet Ravi  [M15]"
    assert mail["Reply-To"] == f"relaybot+m15.{MAC}@lists.example.org"
    assert mail["In-Reply-To"] == mail["References"] == f"<m15.{MAC}@x.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    printed = [" ".join(block.split()) for block in INTRODUCTION.split("\n\n")]
    assert [" ".join(block.split()) for block in text.split("\n\n")] == printed
    assert [one for one in text.splitlines() if one.startswith("  ")] == [
        one for one in INTRODUCTION.splitlines() if one.startswith("  ")
    ]
    assert all(width(one) <= 76 for one in text.splitlines() if not one.startswith("  "))


HALVES = (
    Invitation(
        uid="s47-1",
        sequence=0,
        starts_at=datetime(2026, 12, 5, 16, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 5, 16, 30, tzinfo=UTC),
        zone="Africa/Lagos",
        summary="Mette teaches Chidi: accessibility",
    ),
    Invitation(
        uid="s47-2",
        sequence=0,
        starts_at=datetime(2026, 12, 5, 16, 30, tzinfo=UTC),
        ends_at=datetime(2026, 12, 5, 17, 0, tzinfo=UTC),
        zone="Africa/Lagos",
        summary="Chidi teaches Mette: PostgreSQL",
    ),
)

HOUR = """\
  17:00-17:30 Lagos (17:00-17:30 Copenhagen)   Mette teaches Chidi: accessibility
  17:30-18:00 Lagos (17:30-18:00 Copenhagen)   Chidi teaches Mette: PostgreSQL

Accept in your calendar, or answer this mail:  yes   |   reschedule sat 18:00   |   skip

You call each other; the number is in Mette's note: "...". At 17:00, 17:30 and 17:50 I send a one-line mail as well, \
in case it arrives in time.
"""


def test_an_hour_by_mail_brings_its_two_halves_for_the_calendar() -> None:
    """Product 3.8c: the words, the same dates for calendars beside them, and S47.ics; Outlook wants it in this order."""
    raw = write(
        letter(
            *elements(HOUR), about="S47", subject="Sat 5 Dec: your hour with Mette, in two halves", invitations=HALVES
        ),
        header(reply_to=f"relaybot+s47.{MAC}@lists.example.org"),
    )
    mail = parsed(raw)
    assert mail["Subject"] == "Sat 5 Dec: your hour with Mette, in two halves  [S47]"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/calendar",
        "application/ics",
    ]
    assert bare(text_of(raw)) == bare(HOUR)
    assert text_of(raw).splitlines()[:2] == HOUR.splitlines()[:2]
    inside = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    (attached,) = mail.iter_attachments()
    assert b"Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n" in raw
    assert attached.get_filename() == "S47.ics"
    assert inside.get_payload(decode=True) == attached.get_payload(decode=True)
    calendar = Calendar.from_ical(cast(bytes, attached.get_payload(decode=True)))
    assert calendar["METHOD"] == "REQUEST"
    assert [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")] == [one.summary for one in HALVES]
    assert {str(event["ORGANIZER"]) for event in calendar.walk("VEVENT")} == {
        f"mailto:relaybot+s47.{MAC}@lists.example.org"
    }


def test_dates_asked_for_and_called_off_go_in_files_of_their_own() -> None:
    """RFC 5546 knows one method per message: the one asked for is shown, the one called off is attached too."""
    raw = write(letter(about="S47", invitations=(HALVES[0], replace(HALVES[1], sequence=1, cancelled=True))), header())
    names = [part.get_filename() for part in parsed(raw).iter_attachments()]
    methods = [
        str(Calendar.from_ical(cast(bytes, part.get_payload(decode=True)))["METHOD"])
        for part in parsed(raw).iter_attachments()
    ]
    assert (names, methods) == (["S47.ics", "S47-2.ics"], ["REQUEST", "CANCEL"])


# ---------------------------------------------------------------------------------------------- headers


def test_a_members_words_come_from_the_programmes_own_address() -> None:
    """Whose words they are stands in the name; the address stays ours, others' domains would be forged (DMARC)."""
    sender = parsed(write(letter(via="Chidi"), header()))["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("Chidi via tech-peer", "relaybot@lists.example.org")


def test_a_long_name_cannot_push_out_that_it_is_not_the_address_of_its_owner() -> None:
    """However long a name is, "via" and the programme are still to be read."""
    sender = parsed(write(letter(via="Chidi " * 50), header()))["From"].addresses[0]
    assert sender.display_name.endswith(" via tech-peer")


@pytest.mark.parametrize("name", ["Çağrı Öztürk", "田中さん", 'Jo "=?" B.', "Ökë, Jr.", "Zoë of the Hill", "a=?b ?="])
def test_a_name_is_read_by_the_librarys_new_parser_too(name: str) -> None:
    """It puts spaces between the encoded words of a name: a usual name is in one."""
    raw = write(letter(via=name), header(to_name=name))
    assert parsed(raw)["From"].addresses[0].display_name == f"{name} via tech-peer"
    assert parsed(raw)["To"].addresses[0].display_name == name


def test_a_copy_of_a_post_is_a_lists_mail_and_not_an_automatic_one() -> None:
    """RFC 2369 and RFC 2919 headers, answers to the list, the thread of the post, leaving without folded lines."""
    raw = write(
        letter(via="Chidi", listed=True, about="P4", subject="looking for: Haskell", thread="<1@chidi.example>"),
        header(
            list_address="peers@lists.example.org",
            reply_to=f"relaybot+p4.{MAC}@lists.example.org",
            root=f"<p4.{MAC}@lists.example.org>",
            unsubscribe=f"relaybot+u.{MAC}{MAC}@a.domain.with.a.long.name.lists.example.org",
        ),
    )
    mail = parsed(raw)
    assert b'From: "Chidi via tech-peer" <peers@lists.example.org>\r\n' in raw
    assert mail["Reply-To"] == "peers@lists.example.org"
    assert mail["List-Id"] == '"tech-peer" <peers.lists.example.org>'
    assert mail["List-Post"] == "<mailto:peers@lists.example.org>"
    assert mail["List-Help"] == "<mailto:relaybot@lists.example.org?subject=help>"
    assert mail["Precedence"] == "list"
    assert mail["Auto-Submitted"] is None
    assert mail["References"] == f"<p4.{MAC}@lists.example.org> <1@chidi.example>"
    assert mail["Subject"] == "looking for: Haskell  [P4]"
    leave = f"<mailto:relaybot+u.{MAC}{MAC}@a.domain.with.a.long.name.lists.example.org?subject=unsubscribe>"
    assert f"\r\nList-Unsubscribe: {leave}\r\n".encode() in raw


def test_our_own_mail_is_never_answered() -> None:
    """Whatever kind of letter comes back to us, forwarded or looped, the reading side does not hear a person in it."""
    own = Own("relaybot@lists.example.org", ("peers@lists.example.org",), "lists.example.org", ())
    sent = header(list_address="peers@lists.example.org", unsubscribe="relaybot+u@lists.example.org")
    for kind in (letter(), letter(thread="<a@b>"), letter(listed=True, via="Chidi"), letter(invitations=HALVES)):
        back = read(write(kind, sent), "chidi@example.net", "relaybot@lists.example.org", own)
        assert isinstance(back, Ignore)


def test_only_a_list_is_left_by_its_header() -> None:
    """A letter without an address to leave by says nothing about lists at all."""
    assert not [name for name in header_names(write(letter(), header())) if name.startswith(("List-", "Precedence"))]


def test_a_subject_is_made_of_the_first_sentence_that_says_something() -> None:
    """Greetings and tables are passed over; what is longer than 70 characters ends at a word."""
    assert first_sentence(("Dear Chidi,", "  a  table", "you both said yes. Now what?")) == "You both said yes"
    assert first_sentence(("Good evening.", "Which of them?")) == "Which of them?"
    assert first_sentence(("こんにちは、", "一時間です。次は")) == "一時間です。"
    assert first_sentence(("  only", "  rows")) == ""
    long = first_sentence(("word " * 40,))
    assert long == " ".join(["Word"] + ["word"] * 13)
    assert parsed(write(letter("  a  b"), header()))["Subject"] == "tech-peer"


def test_what_a_mail_is_about_stands_in_its_subject_once() -> None:
    """An id that the subject already has is not said twice."""
    assert parsed(write(letter(about="A19", subject="Handed in [a19]"), header()))["Subject"] == "Handed in [a19]"
    assert parsed(write(letter(about="A19", subject="Handed in"), header()))["Subject"] == "Handed in  [A19]"


@pytest.mark.parametrize("thread", ["<a@b>\r\nBcc: x@y", "a@b", "<a@b> <c@d>", f"<{'a' * 300}@b>", "<ä@b>", "<>"])
def test_what_is_no_message_id_is_not_passed_on(thread: str) -> None:
    """The id that is answered was written by anybody: only what is one gets into the header."""
    mail = parsed(write(letter(thread=thread), header(root="<r@x>")))
    assert mail["References"] == mail["In-Reply-To"] == "<r@x>"


def test_the_mark_for_the_reply_address_becomes_it() -> None:
    """The core cannot know the token: where it left the mark, the reader finds the address to answer to."""
    raw = write(letter(f"To Chidi alone: {REPLY_HERE}"), header(reply_to=f"relaybot+p4.{MAC}@lists.example.org"))
    assert f"relaybot+p4.{MAC}@lists.example.org\n" in text_of(raw)
    assert REPLY_HERE not in text_of(raw)


def test_a_domain_is_written_as_dns_knows_it() -> None:
    """An address whose domain has other letters than ASCII ones can be written to, one with such a mailbox cannot."""
    assert parsed(write(letter(), header(to="chidi@bücher.example")))["To"] == "chidi@xn--bcher-kva.example"
    for bad in ("chidï@example.net", "a b@x", "a@b\r\nBcc: c@d", "a@b,c@d", "nobody", "a@" + "b" * 400, "a@b>", "ä@ü"):
        with pytest.raises(Undeliverable):
            write(letter(), header(to=bad))


def test_a_header_that_is_not_ascii_or_breaks_lines_is_refused() -> None:
    """Even a mistake of our own cannot put a second header into a value."""
    for bad in ("x\r\nBcc: a@b", "ä", "x\ny"):
        with pytest.raises(ValueError, match="Message-ID"):
            write(letter(), header(message_id=bad))


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
