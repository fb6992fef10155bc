"""Writing mail: the letters of the product as mails, and what holds for any letter whatever is in it.

Read back by the standard library's parser, which is not the code under test.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest
from icalendar import Calendar

from adapters.letters import Ignore, Own, read
from adapters.letters_layout import first_sentence, width
from adapters.letters_write import write
from relaybot.model import REPLY_HERE, Invitation
from relaybot.ports import Undeliverable
from tests.letters_written import MAC, bare, header, header_names, letter, parsed, text_of

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
    """Byte for byte but for the wrapping: who it is from, where answers go, below what it hangs."""
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
    """Every word in its order, tables untouched, paragraphs no wider than 76 columns."""
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
    """The words, the same dates for calendars beside them, and S47.ics; Outlook wants it in this order."""
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
        back = read(write(kind, sent), "chidi@example.net", own)
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
