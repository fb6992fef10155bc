"""What a mail says: the sender, the words, the files, the mail inside, the date in a calendar; whatever program wrote it."""

from __future__ import annotations

import base64
import json

import pytest

from adapters.letters import Attachment, Ignore
from adapters.letters_body import read_body
from adapters.letters_html import html_text
from adapters.letters_mime import structure
from adapters.letters_reply import own_words
from relaybot.model import Block
from tests.letters_corpora import heard, html, mail, person
from tests.needs import corpus

JPEG = base64.b64encode(b"\xff\xd8" + bytes(range(256))).decode()


def mixed(*parts: str, kind: str = "mixed") -> bytes:
    """A multipart mail of whole parts."""
    inside = "".join(f"--b0\n{part}\n" for part in parts)
    return mail(f"{inside}--b0--\n", f'Content-Type: multipart/{kind}; boundary="b0"')


# ---------------------------------------------------------------------------------------------- who and when


@pytest.mark.parametrize(
    ("line", "address", "name"),
    [
        ("Ana <ana@example.net>", "ana@example.net", "Ana"),
        ("ana@EXAMPLE.Net", "ana@example.net", "ana"),
        ('"Lima, Ana" <ana@example.net>', "ana@example.net", "Lima, Ana"),
        ("ana@example.net (Ana Lima)", "ana@example.net", "Ana Lima"),
        ("=?utf-8?q?Jos=C3?= =?utf-8?q?=A9?= <jose@example.net>", "jose@example.net", "José"),
        ("José <josé@müller.de>", "josé@müller.de", "José"),
        ("Lima, Ana M. <ana@example.net>", "ana@example.net", "Lima, Ana M."),
        ("Mentors: Ana <ana@example.net>, Bo <bo@example.net>;", "ana@example.net", "Ana"),
        ("nobody, Bo <bo@example.net>", "bo@example.net", "nobody, Bo"),
        ('"boss@bank.test" <ana.lima+x@example.net>', "ana.lima+x@example.net", "ana lima"),
        ("=?utf-8?q?a=0Ab=E2=80=AEc?= <ana@example.net>", "ana@example.net", "a bc"),
        (f"{'x' * 100} <ana@example.net>", "ana@example.net", "x" * 60),
    ],
)
def test_the_sender_is_the_first_usable_address_with_a_name_that_can_be_shown(
    line: str, address: str, name: str
) -> None:
    """Names are decoded and made harmless; addresses come in the one form in which they are compared."""
    found = person(mail(sender=line))

    assert (found.address, found.name) == (address, name)


@pytest.mark.parametrize("line", ["", "<>", "nobody", "undisclosed:;", "a@b@c <>", "(" * 1000, "a@[127.0.0.1]"])
def test_a_mail_nobody_can_be_answered_for_is_put_aside(line: str) -> None:
    """Without a usable sender there is nobody to speak with."""
    assert isinstance(heard(mail(sender=line)), Ignore)


def test_the_message_id_is_read() -> None:
    """Its own, not one of those it answers."""
    assert person(mail("x", "In-Reply-To: <b@x>", "References: <a@x>\r\n <b@x>")).message_id == "<1@example.net>"


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Dec 2026 99:99:99 +9999", "Mon, 1 Jan 9999 00:00:00 +0000"])
def test_a_broken_date_does_not_lose_the_mail(date: str) -> None:
    """When it says it was sent is believed by nobody."""
    assert person(mail("x", f"Date: {date}")).words == "x"


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("Re: hello", "hello"),
        ("RE: AW: Sv: Re[2]: hello", "hello"),
        ("=?utf-8?b?UmU6IGjDqWxsbw==?=", "héllo"),
        ("[A19] hello", "[A19] hello"),
        ("Ready: go", "Ready: go"),
        ("=?x-nonsense?q?abc?=", "abc"),
        ("a\r\n b", "a b"),
    ],
)
def test_a_subject_is_one_line_without_the_marks_of_answers(subject: str, shown: str) -> None:
    """What people see as the subject."""
    assert person(mail(subject=subject)).subject == shown


def test_a_list_tag_is_cut_only_from_a_lists_mail() -> None:
    """Brackets in front are the list's only where there is a list."""
    assert person(mail("x", "List-Id: <peers.example.org>", subject="Re: [Peers] hello")).subject == "hello"


def test_the_key_is_that_of_the_mail_not_of_its_way() -> None:
    """Delivered twice over different hops it is the same; with another body or sender it is another."""
    one, again = mail("a"), mail("a", "Received: by mx1", "Delivered-To: x@y")

    assert heard(one).key == heard(again).key
    assert len({heard(raw).key for raw in (one, mail("b"), mail("a", sender="bo@example.net"))}) == 3


# -------------------------------------------------------------------------------------------------- the words


def test_plain_text_is_preferred_to_html_and_html_alone_is_not_plain() -> None:
    """A line of HTML must not count as a command: the reader is told that it was HTML."""
    both = person(mixed("Content-Type: text/plain\n\nplain", "Content-Type: text/html\n\n<p>rich", kind="alternative"))
    only = person(html("<p>rich</p>"))

    assert (both.words, both.plain) == ("plain", True)
    assert (only.words, only.plain) == ("rich", False)


def test_an_empty_plain_part_beside_html_is_no_answer() -> None:
    """Some programs send a plain part with nothing in it."""
    found = person(mixed("Content-Type: text/plain\n\n \n", "Content-Type: text/html\n\n<p>rich", kind="alternative"))

    assert (found.words, found.plain) == ("rich", False)


def test_flowed_lines_are_put_together() -> None:
    """RFC 3676, with and without DelSp; quotations keep their depth."""
    text = "one \ntwo\n> three \n> four\n\nfive"
    flowed = person(mail(text, "Content-Type: text/plain; format=flowed"))
    close = person(mail(text, "Content-Type: text/plain; format=flowed; delsp=yes"))

    assert flowed.blocks == (Block("", "one two"), Block("three four", "five"))
    assert close.words.startswith("onetwo")


@pytest.mark.parametrize(
    ("charset", "data", "words"),
    [
        ("utf-8", "naïve".encode(), "naïve"),
        ("us-ascii", "naïve".encode(), "naïve"),
        ("us-ascii", "naïve “x”".encode("cp1252"), "naïve “x”"),
        ("iso-8859-1", "“x”".encode("cp1252"), "“x”"),
        ("x-nonsense", "naïve".encode(), "naïve"),
        ("rot13", b"naive", "naive"),
        ("utf-16", b"naive", "naive"),
        ("utf-8", "naïve text".encode("utf-16"), "naïve text"),
        ("gb2312", "你好".encode("gb18030"), "你好"),
        ("iso-2022-jp", "日本".encode("iso-2022-jp"), "日本"),
        ("utf-8", b"na\x00ive\x07", "naive"),
    ],
)
def test_a_charset_that_lies_loses_no_words(charset: str, data: bytes, words: str) -> None:
    """Known, unknown, wrong: the text is what the bytes look like."""
    raw = mail("", f"Content-Type: text/plain; charset={charset}").rstrip() + b"\r\n\r\n" + data

    assert person(raw).words == words


def test_broken_transfer_encodings_give_what_they_hold() -> None:
    """Base64 with rubbish in it and without its end; quoted-printable that stops in the middle."""
    assert person(mail("aGVs!bG8\n*gd29ybGQ", "Content-Transfer-Encoding: base64")).words == "hello world"
    assert person(mail("caf=C3=A9 =\nau lait=", "Content-Transfer-Encoding: quoted-printable")).words == "café au lait"


def test_text_is_capped() -> None:
    """256 KiB and 2,000 lines of a text are read, however much there is."""
    assert len(person(mail("word " * 200_000)).words) <= 256 * 1024
    assert person(mail("line\n" * 5_000)).words.count("\n") < 2_000


# ----------------------------------------------------------------------------------------------------- HTML


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("<style>p{}</style><p>a<script>alert(1)</script>b</p>", "ab"),
        ("one<br>two<div>three</div><p>four</p>five", "one\ntwo\nthree\n\nfour\n\nfive"),
        ("a &lt;b&gt; &amp; 1 < 2", "a <b> & 1 < 2"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ('<a href="https://x.example/a?utm_source=n&amp;id=2">this</a>', "this <https://x.example/a?id=2>"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ('<div style="display: none">preview</div>seen<img src="https://t.example/1.gif" width=1>', "seen"),
        ("before<!-- not > this -->after", "beforeafter"),
        ('<td title="a > b">cell</td>', "cell"),
        ("a<blockquote>b<blockquote>c</blockquote></blockquote>d", "a\n\n> b\n>\n>> c\n>>\nd"),
    ],
)
def test_html_is_read_as_a_person_would_see_it(document: str, text: str) -> None:
    """Nothing runs, nothing is loaded; addresses behind links stay, trackers go."""
    assert html_text(document) == text


GMAIL = (
    '<div dir="ltr">yes, gladly</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, Dana &lt;d@x.example&gt;'
    ' wrote:<br></div><blockquote class="gmail_quote">drop P12</blockquote></div>'
)
OUTLOOK = '<div>yes, gladly</div><hr><div id="divRplyFwdMsg"><b>From:</b> Dana<br><b>Sent:</b> Tuesday</div><div>drop P12</div>'
THUNDERBIRD = '<div class="moz-cite-prefix">Am 1.12. schrieb Dana:<br></div><blockquote type="cite"><p>drop P12</p></blockquote><p>yes, gladly</p>'
YAHOO = '<div>yes, gladly</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On Tuesday, Dana wrote:</div><div>drop P12</div></div>'
SIGNED = '<div>yes, gladly</div><div class="gmail_signature">drop P12</div>'


@pytest.mark.parametrize("document", [GMAIL, OUTLOOK, THUNDERBIRD, YAHOO, SIGNED])
def test_what_mail_programs_quote_in_html_is_not_the_persons_own(document: str) -> None:
    """Gmail, Outlook, Thunderbird and Yahoo each mark it in their own way."""
    assert person(html(document)).words == "yes, gladly"


# ------------------------------------------------------------------------------------------------- the files


def test_files_are_decoded_and_their_names_are_harmless() -> None:
    """Encoded names (RFC 2231, RFC 2047), folders, controls and hidden files; pictures of an HTML form stay out."""
    head = "Content-Type: image/jpeg\nContent-Transfer-Encoding: base64\n"
    found = person(
        mixed(
            "Content-Type: text/plain\n\nsee",
            f"{head}Content-Disposition: attachment; filename*0*=utf-8''caf%C3%A9; filename*1=.jpg\n\n{JPEG}",
            f'{head}Content-Disposition: attachment; filename="=?utf-8?q?../../.ssh/a=00=E2=80=AEb.jpg?="\n\n{JPEG}',
            f"{head}Content-ID: <logo>\n\n{JPEG}",
            f"{head}\n{JPEG}",
        )
    )

    assert found.words == "see"
    assert [file.name for file in found.attachments] == ["café.jpg", "ab.jpg", "file-3.jpg"]
    assert found.attachments[0] == Attachment("café.jpg", "image/jpeg", base64.b64decode(JPEG))


def test_a_file_name_stays_short_and_keeps_its_ending() -> None:
    """At most 100 characters."""
    found = person(mixed("\nx", f'Content-Type: application/pdf; name="{"a" * 300}.pdf"\n\n%PDF'))

    assert found.attachments[0].name == "a" * 96 + ".pdf"


def test_a_text_file_is_a_file_not_words() -> None:
    """What is attached was not said."""
    found = person(mixed("\nhello", 'Content-Type: text/plain; name="drop.txt"\n\ndrop P12'))

    assert found.words == "hello"
    assert found.attachments[0].data.strip() == b"drop P12"


# ------------------------------------------------------------------------------------------- a mail in a mail


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Fwd: Join", "look\n\n---------- Forwarded message ---------\nFrom: Bo Li <bo@example.org>\nDate: Tue\nSubject: Join\nTo: x\n\n\nI want to join"),
        ("Fwd: Join", "look\n\nBegin forwarded message:\n\n> From: Bo Li <bo@example.org>\n> Subject: Join\n> \n> I want to join"),
        ("WG: Join", "look\n\n-----Ursprüngliche Nachricht-----\nVon: Bo Li [mailto:bo@example.org]\nGesendet: Dienstag\nAn: x\nBetreff: Join\n\nI want to join"),
        ("FW: Join", "look\n\n________________________________\nFrom: Bo Li <bo@example.org>\nSent: Tuesday\nTo: x\nSubject: Join\n\nI want to join"),
        ("TR: Join", "look\n\n-------- Message transféré --------\nSujet : Join\nDe : Bo Li <bo@example.org>\nPour : x\n\nI want to join"),
        ("转发: Join", "look\n\n---------- 转发的邮件 ---------\n发件人： Bo Li <bo@example.org>\n主题： Join\n\nI want to join"),
    ],
)  # fmt: skip
def test_a_mail_passed_on_in_the_text_is_read(subject: str, text: str) -> None:
    """Gmail, Apple, Outlook, Thunderbird, four languages: who wrote it, what it said, and what was added above."""
    found = person(mail(text, "Content-Type: text/plain; charset=utf-8", subject=subject))

    assert found.passed is not None
    assert (found.passed.name, found.passed.address) == ("Bo Li", "bo@example.org")
    assert found.passed.words == "I want to join"
    assert found.words == "look"


def test_a_mail_passed_on_as_a_part_is_read() -> None:
    """message/rfc822: its words are its own, not those of who passed it on."""
    found = person(
        mixed("\nlook", "Content-Type: message/rfc822\n\nFrom: Bo Li <bo@example.org>\nSubject: Join\n\nI want to join")
    )

    assert found.passed is not None
    assert (found.passed.address, found.passed.words, found.words) == ("bo@example.org", "I want to join", "look")


@pytest.mark.parametrize(
    "text",
    [
        "yes\n\n-----Original Message-----\nFrom: Bo <bo@example.org>\nSent: Tuesday\nTo: x\nSubject: Join\n\nI want to join",
        "yes\n\n> ---------- Forwarded message ---------\n> From: Bo <bo@example.org>\n> Subject: Join\n>\n> I want to join",
    ],
)
def test_an_answer_passes_nothing_on(text: str) -> None:
    """Outlook quotes in an answer just as it does in what it passes on; the subject tells."""
    found = person(mail(text, "In-Reply-To: <9@x>", subject="RE: Join"))

    assert (found.passed, found.words) == (None, "yes")


# ------------------------------------------------------------------------------------------------- calendars

REPLY = """BEGIN:VCALENDAR
METHOD:REPLY
PRODID:-//x//y//EN
VERSION:2.0
BEGIN:VEVENT
UID:s47-1@lists.example.org
DTSTAMP:20261201T120000Z
DTSTART:20261203T180000Z
ATTENDEE;PARTSTAT=ACCEPTED:mailto:bo@example.org
ATTENDEE;PARTSTAT={state}:MAILTO:Ana@example.net
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize("state", ["ACCEPTED", "DECLINED", "TENTATIVE"])
@pytest.mark.parametrize("automatic", [(), ("Auto-Submitted: auto-generated",)])
def test_a_calendars_answer_is_read(state: str, automatic: tuple[str, ...]) -> None:
    """Also when the calendar program says that it, not the person, wrote the mail; then its words are nobody's."""
    raw = mail(REPLY.format(state=state), "Content-Type: text/calendar; method=REPLY", *automatic)
    found = person(raw)

    assert (found.reply, found.reply_uid) == (state.lower(), "s47-1@lists.example.org")
    assert found.words == ""


@pytest.mark.parametrize(
    "change", [("REPLY\n", "COUNTER\n"), ("PARTSTAT=", "X="), ("UID:", "XUID:"), ("VEVENT", "VTODO")]
)
def test_what_is_no_answer_of_a_calendar_is_none(change: tuple[str, str]) -> None:
    """A counter-proposal, no state, no UID, no calendar: not taken for a yes."""
    assert person(mail(REPLY.format(state="ACCEPTED").replace(*change), "Content-Type: text/calendar")).reply == ""


def test_no_calendar_file_stops_a_mail() -> None:
    """All calendar files of the corpus, broken ones too, as the body of a mail."""
    for path in sorted(corpus("icalendar").rglob("*.ics")):
        raw = mail("", "Content-Type: text/calendar; method=REPLY") + b"\r\n" + path.read_bytes()
        assert person(raw).address == "ana@example.net", path.name


# --------------------------------------------------------------------------------------------------- corpora


def test_replies_of_real_programs_in_html_are_read() -> None:
    """HTML of mail.ru, Thunderbird and Windows Mail: exactly the person's words are left."""
    wanted = json.loads((corpus("reply-talon") / "expected.json").read_text("utf-8"))
    for name in sorted(wanted):
        if name.endswith(".html"):
            words = own_words(html_text((corpus("reply-talon") / name).read_text("utf-8"))).words
            assert "".join(words.split()) == "".join(wanted[name].split()), name


def test_well_formed_mails_have_the_parts_their_authors_meant() -> None:
    """Number of parts, not counting those inside a mail inside, as another parser counts them."""
    folder = corpus("mime-torture", "stalwart-rfc")
    for name, wanted in json.loads((folder / "expected.json").read_text("utf-8")).items():
        raw = (folder / name).read_bytes()
        root = structure(raw)
        inner = sum(len(list(part.walk())) - 1 for part in root.walk() if part.kind == "message/rfc822")
        assert len(list(root.walk())) - inner == wanted["parts"], name
        assert bool(read_body(raw, root).text.strip()) == bool(wanted["text_body"] or wanted["html_body"]), name
