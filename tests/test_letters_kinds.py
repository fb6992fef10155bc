"""What sort of mail came: a person's, a machine's, our own, one that came back; and whether a server vouches for it.

A machine's mail answered is a loop; a person's mail taken for a machine's is a person lost. Both are counted here.
"""

from __future__ import annotations

import pytest

from adapters.letters import UNTOLD, Bounce, Ignore, Mail
from tests.letters_corpora import ANA, OWN, expected, heard, mail, mails, person
from tests.needs import corpus

# Mails in the corpora of people's mail that are in truth reports of mail that came back, or bulk mail.
MACHINES_AMONG_PEOPLE = {
    "badbound.msg",
    "bad_date_header.eml",
    "msg_25.txt",
    "multi_address_bounce1.eml",
    "multi_address_bounce2.eml",
    "multipart_report_multiple_status.eml",
    "raw_email_with_mimepart_without_content_type.eml",
    "report_530.eml",
}


# ---------------------------------------------------------------------------------------------- automatic mail


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (rejected)",
        "Auto-Submitted: auto-notified; owner-email=x",
        "auto-submitted:AUTO-REPLIED",
        "X-Autoreply: yes",
        "X-Autorespond: Hi",
        "X-Auto-Reply: 1",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "Precedence: junk",
        "Return-Path: <>",
    ],
)
def test_what_calls_itself_automatic_is_never_answered(line: str) -> None:
    """RFC 3834, and the headers from before it."""
    assert isinstance(heard(mail("hello", line)), Ignore)


def test_the_null_sender_is_never_answered() -> None:
    """Nobody wants to hear an answer to such a mail (RFC 5321 4.5.5)."""
    assert isinstance(heard(mail(), envelope=""), Ignore)
    assert isinstance(heard(mail(), envelope="<>"), Ignore)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Hi",
        "Auto: Hi",
        "Out of Office: Hi",
        "Re: Out of the office Re: Hi",
        "Abwesenheitsnotiz: Hi",
        "Automatische Antwort: Hi",
        "Réponse automatique : Hi",
        "Respuesta automática: Hi",
        "Resposta automática: Hi",
        "Risposta automatica: Hi",
        "Automatisch antwoord: Hi",
        "Autosvar: Hi",
        "Automaattinen vastaus: Hi",
        "Автоответ: Hi",
        "自動返信: Hi",
        "自动回复: Hi",
        "I am out of the office until Monday",
    ],
)
def test_holiday_notes_are_known_by_their_subject(subject: str) -> None:
    """For the programs that set no header; in the languages people have them in."""
    assert heard(mail(subject=subject)) == Ignore("auto-reply", heard(mail(subject=subject)).key)


@pytest.mark.parametrize(
    ("subject", "lines"),
    [
        ("I want to join", ("Auto-Submitted: no",)),
        ("Automation and testing: I can teach it", ()),
        ("Office hours?", ()),
        ("Re: Undelivered Mail Returned to Sender", ()),
        ("Fwd: Delivery Status Notification (Failure)", ()),
        ("my mail was not delivered?", ()),
        ("Vacation in August, then I join", ()),
        ("Autonomous systems", ("X-Auto-Response-Suppress: All",)),
        ("hello", ("X-Autoreply: no", "X-Priority: 1", "Importance: high")),
    ],
)
def test_people_are_not_taken_for_machines(subject: str, lines: tuple[str, ...]) -> None:
    """Also when they write about automation, holidays, or a mail that came back to them."""
    text = "I wrote before, but it could not be delivered. I want to join.\n\n> 550 5.1.1 <x@example.org>: User unknown"

    assert person(mail(text, *lines, subject=subject)).words.startswith("I wrote before")


# -------------------------------------------------------------------------------------- loops, our own, lists


@pytest.mark.parametrize(
    "raw",
    [
        mail("x", "X-Relaybot-Loop: abc"),
        mail(sender="relaybot (Peers) <relaybot@lists.example.org>").replace(
            b"<1@example.net>", b"<1@lists.example.org>"
        ),
        mail(sender="Peers <peers@lists.example.org>").replace(b"<1@example.net>", b"<1@Lists.Example.org>"),
        mail().replace(b"<1@example.net>", b"<abcdefghijklmnopqrstuvwxyz@lists.example.org>"),
    ],
)
def test_our_own_mail_that_comes_back_is_known(raw: bytes) -> None:
    """By our mark, or by a Message-ID that is ours."""
    assert heard(raw) == Ignore("our own post", heard(raw).key)


def test_a_person_on_our_own_server_is_no_copy_of_ours() -> None:
    """A server puts its own name into the Message-ID of mails that have none; people live there too."""
    assert isinstance(heard(mail().replace(b"<1@example.net>", b"<2026.A1B2C3@lists.example.org>")), Mail)


def test_a_mail_that_goes_round_is_stopped() -> None:
    """Thirty hops are more than any mail needs."""
    hops = ["Received: from a by b"] * 30

    assert heard(mail("x", *hops)) == Ignore("loop", heard(mail("x", *hops)).key)
    assert isinstance(heard(mail("x", *hops[1:])), Mail)


@pytest.mark.parametrize(
    ("lines", "list_id"),
    [
        (("List-Id: Peers <peers.lists.example.org>", "Precedence: list"), "peers.lists.example.org"),
        (("List-Post: <mailto:peers@lists.example.org>",), "peers.lists.example.org"),
        (("Mailing-List: contact x", "Precedence: bulk"), "list"),
        ((), ""),
    ],
)
def test_a_lists_mail_is_a_persons_with_the_lists_name(lines: tuple[str, ...], list_id: str) -> None:
    """Whether to answer it is the caller's decision."""
    assert person(mail("x", *lines)).list_id == list_id


def test_a_complaint_is_no_mail() -> None:
    """ARF (RFC 5965)."""
    raw = mail("--b\n\nx\n--b--", "Content-Type: multipart/report; report-type=feedback-report; boundary=b")

    assert heard(raw) == Ignore("abuse report", heard(raw).key)


# ---------------------------------------------------------------------------------------------- what came back

REPORT = """--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Original-Recipient: rfc822;ana+40x@example.net
Final-Recipient: rfc822; someone@else.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no
 such user

Final-Recipient: rfc822; bo@example.org
Action: delivered
Status: 2.0.0
--b
Content-Type: message/rfc822

X-Relaybot-Loop: abc
Message-ID: <1@lists.example.org>
From: relaybot@lists.example.org

I want to join
--b--"""


@pytest.mark.parametrize(
    ("action", "status", "permanent"),
    [("failed", "5.1.1", True), ("failed", "4.4.7", False), ("delayed", "4.4.1", False), ("failed (x)", "5.2.2", True)],
)
def test_a_standard_report_is_read(action: str, status: str, permanent: bool) -> None:
    """RFC 3464: the address we wrote to, for good or for now by its Status; the returned mail is not ours again."""
    raw = mail(
        REPORT.format(action=action, status=status),
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        sender="MAILER-DAEMON@mx.example.org",
    )
    found = heard(raw, envelope="")

    assert isinstance(found, Bounce)
    assert (found.addresses, found.permanent) == (("ana+40x@example.net",), permanent)
    assert found.reason == f"{status} 550 {status} no such user"


def test_a_report_of_success_is_nothing() -> None:
    """Nobody has to know that it arrived."""
    raw = mail(
        REPORT.format(action="relayed", status="2.0.0"),
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    )

    assert heard(raw, envelope="") == Ignore("delivery report", heard(raw, envelope="").key)


def test_all_reports_and_automatic_answers_of_the_large_corpus_are_known() -> None:
    """At least 99 in 100 are not taken for people; at least 95 in 100 of the failures have the right class (4 or 5)."""
    known, classes, addressed = [], [], []
    for name, wanted in expected("bounces-sisimai").items():
        found = heard(corpus("bounces-sisimai", name).read_bytes())
        reasons = {entry["reason"] for entry in wanted}
        bounced = not reasons & {"feedback", "vacation", "delivered"}
        known.append(isinstance(found, Bounce if bounced else Ignore))
        kinds = {entry["dsn"][:1] for entry in wanted} - {""}
        if isinstance(found, Bounce):
            addressed.append(bool(found.addresses))
            if len(kinds) == 1:
                classes.append(found.permanent == (kinds == {"5"}))

    assert sum(known) >= 0.99 * len(known)
    assert sum(addressed) >= 0.99 * len(addressed)
    assert sum(classes) >= 0.95 * len(classes)


def test_the_addresses_in_the_reports_of_fluflbounces_own_corpus_are_found() -> None:
    """At least 99 in 100: exactly the addresses that Mailman's detectors find."""
    right = []
    for name, wanted in expected("bounces-flufl").items():
        addresses = {address.lower() for kind in ("permanent", "temporary") for address in (wanted or {}).get(kind, [])}
        if addresses:
            found = heard(corpus("bounces-flufl", name).read_bytes())
            right.append(isinstance(found, Bounce) and {one.lower() for one in found.addresses} == addresses)

    assert sum(right) >= 0.99 * len(right)


def test_people_in_the_corpora_are_heard() -> None:
    """At most 1 in 100 mails of people is taken for a machine's."""
    people = lost = 0
    for name in ("mime-torture", "spoof-rspamd", "reply-talon", "reply-trimmer", "autoreply"):
        for path in mails(name):
            found = heard(path.read_bytes())
            machine = path.name in MACHINES_AMONG_PEOPLE or path.name == "gitlab_auto_reply.eml"
            if machine or getattr(found, "reason", "") == "no sender":
                continue
            people += 1
            lost += not isinstance(found, Mail)

    assert people >= 140
    assert lost <= people / 100


# ------------------------------------------------------------------------------------------- who vouches for it

PASS = "Authentication-Results: mx.example.org; dmarc=pass (p=none) header.from=example.net"


@pytest.mark.parametrize(
    ("lines", "sender", "verdict"),
    [
        ((PASS,), ANA, True),
        (("authentication-results: MX.example.org 1; spf=pass smtp.mailfrom=x.org; dmarc=PASS header.from=Example.NET",), ANA, True),
        ((PASS, "Authentication-Results: elsewhere.example; dmarc=fail header.from=example.net"), ANA, True),
        ((PASS.replace("=pass", "=fail"),), ANA, False),
        ((PASS,), '"ana@example.net" <ana@example.net>', True),
        ((PASS.replace("example.net", "xn--mller-kva.de"),), "josé@müller.de", True),
        # nothing said about it
        ((), ANA, None),
        ((PASS.replace("=pass", "=none"),), ANA, None),
        ((PASS.replace("dmarc", "spf"),), ANA, None),
        (("Authentication-Results: mx.example.org; none",), ANA, None),
        # said by somebody else, or below what ours said
        ((PASS.replace("mx.", "mx2."),), ANA, None),
        (("Authentication-Results: elsewhere.example; spf=pass", PASS), ANA, None),
        (("Authentication-Results: mx.example.org; spf=fail", "Received: from evil", PASS), ANA, None),
        (("Authentication-Results: mx.example.org; spf=fail", PASS), ANA, None),
        (("Authentication-Results: mx.example.org; dmarc=none header.from=example.net", PASS), ANA, None),
        ((PASS.replace("=pass", "=fail"), PASS), ANA, False),
        (("ARC-" + PASS, "X-" + PASS), ANA, None),
        # about another domain
        ((PASS.replace("header.from=", "header.from=mail."),), ANA, None),
        ((PASS.replace(" header.from=example.net", ""),), ANA, None),
        ((PASS,), "ana@mail.example.net", None),
        ((PASS + " header.from=evil.example",), ANA, None),
        # inside a comment, a quoted string, a value
        (("Authentication-Results: mx.example.org; spf=fail (x; dmarc=pass header.from=example.net)",), ANA, None),
        (("Authentication-Results: mx.example.org; spf=fail ((x) ; dmarc=pass header.from=example.net)",), ANA, None),
        (('Authentication-Results: mx.example.org; spf=fail reason="x; dmarc=pass header.from=example.net"',), ANA, None),
        (('Authentication-Results: mx.example.org; spf=fail reason="\\"; dmarc=pass header.from=example.net;"',), ANA, None),
        (("Authentication-Results: (mx.example.org;) evil.example; dmarc=pass header.from=example.net",), ANA, None),
        (("Authentication-Results: evil.example; x=mx.example.org; dmarc=pass header.from=example.net",), ANA, None),
        (("Authentication-Results: =?utf-8?q?mx.example.org?=; dmarc=pass header.from=example.net",), ANA, None),
        # more than one sender
        ((PASS, "From: evil@evil.example"), ANA, None),
        ((PASS, "From : evil@evil.example"), ANA, None),
        ((PASS,), "ana@example.net, evil@evil.example", None),
        ((PASS,), '"ana@example.net" <evil@evil.example>', None),
        ((PASS,), "evil@evil.example (ana@example.net)", None),
        ((PASS,), "=?utf-8?q?ana=40example.net?= <evil@evil.example>", None),
        ((PASS,), "<ana@example.net> <evil@evil.example>", None),
        ((PASS,), "Peers: ana@example.net, evil@evil.example;", None),
    ],
)  # fmt: skip
def test_only_our_servers_word_about_the_only_sender_counts(
    lines: tuple[str, ...], sender: str, verdict: bool | None
) -> None:
    """RFC 8601: the topmost header, of a server we believe, one result, about exactly the From line's domain."""
    found = heard(mail("x", *lines, sender=sender))

    assert isinstance(found, Mail)
    assert found.authentic is verdict


def test_a_folded_header_is_one_header() -> None:
    """A line that goes on below belongs to the header above it, wherever it is folded."""
    folded = "Authentication-Results: mx.example.org;\r\n\tdmarc=pass\r\n header.from=example.net"
    other = "Authentication-Results: evil.example;\r\n mx.example.org; dmarc=pass header.from=example.net"

    assert person(mail("x", folded)).authentic is True
    assert person(mail("x", other)).authentic is None


def test_no_forged_mail_of_the_corpus_is_authentic() -> None:
    """Whatever they claim: none of them came through a server of ours."""
    for path in mails("spoof-rspamd"):
        assert getattr(heard(path.read_bytes()), "authentic", None) is not True, path.name


def test_a_sender_header_does_not_speak_for_the_from_line() -> None:
    """From and Sender: the address is From's, and so is the domain that has to pass."""
    found = person(mail("x", PASS.replace("example.net", "evil.example"), "Sender: evil@evil.example"))

    assert (found.address, found.authentic) == (ANA, None)
    assert OWN.authserv == ("mx.example.org",)


def test_an_envelope_nobody_told_is_not_the_null_sender() -> None:
    """A mailbox may not keep the envelope; its people are heard all the same."""
    assert isinstance(heard(mail(), envelope=UNTOLD), Mail)
