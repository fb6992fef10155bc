"""Dates for calendars: read back by icalendar, and their zones by a reader of our own that knows only RFC 5545.

That reader matters: calendars that do not know a zone by its name believe what the message says about it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from adapters.letters import Mail, Own, read
from adapters.letters_calendar import invitation
from relaybot.model import Invitation
from tests.needs import corpus

STAMP = datetime(2026, 11, 21, 14, 20, 0, 123456, tzinfo=UTC)
ORGANIZER = "relaybot+s47.k3v9xqk3v9xqk3v9xqk3v9xqab@lists.example.org"
SUNDAY = datetime(2026, 10, 25, tzinfo=UTC)  # summer time ends in Europe at 01:00 UTC


def half(start: datetime, zone: str = "Europe/Copenhagen", **more: object) -> Invitation:
    first = Invitation("s47-1", 0, start, start + timedelta(minutes=30), zone, "Mette teaches Chidi: accessibility")
    return replace(first, **more)  # type: ignore[arg-type]


def written(dates: Sequence[Invitation], attendee: str = "chidi@example.net") -> bytes:
    return invitation(dates, ORGANIZER, attendee, "tech-peer", "lists.example.org", STAMP)


def events(raw: bytes) -> list[Event]:
    return [one for one in Calendar.from_ical(raw).walk("VEVENT") if isinstance(one, Event)]


def lines(raw: bytes) -> list[str]:
    """The content lines of a calendar, unfolded (RFC 5545 3.1)."""
    return raw.decode().replace("\r\n ", "").split("\r\n")


# -------------------------------------------------------------------------------------- what a calendar gets

GOLDEN = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//relaybot//relaybot//EN
CALSCALE:GREGORIAN
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Europe/Copenhagen
COMMENT:This timezone only works from 2025-01-01 to 2028-01-01.
BEGIN:STANDARD
DTSTART:20250101T000000
TZNAME:CET
TZOFFSETFROM:+0100
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20250330T020000
RDATE:20260329T020000,20270328T020000
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20251026T030000
RDATE:20261025T030000,20271031T030000
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:Mette teaches Chidi: accessibility
DTSTART;TZID=Europe/Copenhagen:20261205T170000
DTEND;TZID=Europe/Copenhagen:20261205T173000
DTSTAMP:20261121T142000Z
UID:s47-1.tech-peer@lists.example.org
SEQUENCE:2
ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP\
=TRUE:mailto:chidi@example.net
DESCRIPTION:You call each other\\; the number is in Mette's note.
ORGANIZER:mailto:relaybot+s47.k3v9xqk3v9xqk3v9xqk3v9xqab@lists.example.org
STATUS:CONFIRMED
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Mette teaches Chidi: accessibility
TRIGGER:-PT10M
END:VALARM
END:VEVENT
END:VCALENDAR
"""


def test_a_date_is_written_as_the_rfcs_say() -> None:
    """RFC 5545 and 5546, line for line; in the zone's rules the hour that a change begins is the old clock's."""
    words = "You call each other; the number is in Mette's note."
    one = half(datetime(2026, 12, 5, 16, tzinfo=UTC), sequence=2, description=words)
    assert lines(written([one])) == GOLDEN.split("\n")


def test_the_two_halves_of_an_hour_are_two_dates() -> None:
    """Every calendar rings at the start of an event: the second half is one of its own, the zone is told once."""
    first = half(datetime(2026, 12, 5, 16, tzinfo=UTC))
    second = half(first.ends_at, uid="s47-2", summary="Chidi teaches Mette: PostgreSQL")
    found = events(written([first, second]))
    assert [str(one["UID"]) for one in found] == [f"s47-{n}.tech-peer@lists.example.org" for n in (1, 2)]
    assert [one.start for one in found] == [first.starts_at, second.starts_at]
    assert [one.end for one in found] == [first.ends_at, second.ends_at]
    assert [len(one.walk("VALARM")) for one in found] == [1, 1]
    assert written([first, second]).count(b"BEGIN:VTIMEZONE") == 1


def test_a_date_that_is_off_is_called_off() -> None:
    """METHOD and STATUS say so (RFC 5546 3.2.5), and nothing rings or asks for an answer any more."""
    raw = written([half(STAMP, sequence=3, cancelled=True)])
    (one,) = events(raw)
    assert "METHOD:CANCEL" in lines(raw)
    assert (str(one["STATUS"]), one["SEQUENCE"]) == ("CANCELLED", 3)
    assert "RSVP" not in one["ATTENDEE"].params
    assert not one.walk("VALARM")


@pytest.mark.parametrize("state", ["accepted", "declined", "tentative"])
def test_an_answer_given_in_a_calendar_is_read_as_one(state: str) -> None:
    """What a calendar sends back (RFC 5546 3.2.3), behind a text that says the same, names the date by our UID."""
    asked = written([half(STAMP)])
    answer = asked.replace(b"METHOD:REQUEST", b"METHOD:REPLY").replace(b"NEEDS-ACTION", state.upper().encode())
    mail = EmailMessage(SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Chidi <chidi@example.net>", ORGANIZER, f"{state}: your hour"
    mail["Message-ID"] = "<answer@example.net>"
    mail.set_content(f"Chidi has {state}.")
    mail.add_alternative(answer, maintype="text", subtype="calendar", params={"method": "REPLY"})
    own = Own("relaybot@lists.example.org", (), "lists.example.org", ())
    found = read(mail.as_bytes(), "chidi@example.net", own)
    assert isinstance(found, Mail)
    assert (found.reply, found.reply_uid) == (state, "s47-1.tech-peer@lists.example.org")


def test_asked_for_and_called_off_do_not_go_together() -> None:
    """One message has one method, and at least one date."""
    for dates in ([], [half(STAMP), half(STAMP, uid="s47-2", cancelled=True)]):
        with pytest.raises(ValueError, match="one method"):
            written(dates)


@pytest.mark.parametrize(
    "address", ["o'brien+x@example.net", "a%b@example.net", "a?b&c#d@example.net", "a;b,c@x.example"]
)
def test_an_address_is_a_uri(address: str) -> None:
    """What has a meaning in URIs or in calendars is escaped; everything else stands as it is (RFC 6068)."""
    (one,) = events(written([half(STAMP)], address))
    reader = str(one["ATTENDEE"])
    plain = reader.removeprefix("mailto:").replace("%3F", "?").replace("%26", "&").replace("%23", "#")
    assert plain.replace("%3B", ";").replace("%2C", ",").replace("%25", "%") == address
    assert not re.search(r"[?#;,]|%(?![0-9A-F]{2})", reader)


# ----------------------------------------------------------------------------------------- clocks that change


Onsets = list[tuple[datetime, timedelta]]


def onsets(raw: bytes) -> Onsets:
    """From when on which offset from UTC holds, for a reader who knows only the message (RFC 5545 3.6.5)."""
    found: Onsets = []
    zone: dict[str, str] = {}
    for one in lines(raw):
        name, _, value = one.partition(":")
        if one in {"BEGIN:STANDARD", "BEGIN:DAYLIGHT"}:
            zone = {}
        elif one in {"END:STANDARD", "END:DAYLIGHT"}:
            before, after = offset(zone["TZOFFSETFROM"]), offset(zone["TZOFFSETTO"])
            starts = [zone["DTSTART"], *filter(None, zone.get("RDATE", "").split(","))]
            found += [(clock(start) - before, after) for start in starts]
        elif name in {"DTSTART", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"}:
            zone[name] = value
    return sorted(found)


def clock(text: str) -> datetime:
    """ "20261205T170000" as if it were UTC."""
    return datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def offset(text: str) -> timedelta:
    """ "+0530" as a time."""
    sign = -1 if text[0] == "-" else 1
    hours, minutes, seconds = int(text[1:3]), int(text[3:5]), int(text[5:7] or 0)
    return sign * timedelta(hours=hours, minutes=minutes, seconds=seconds)


def times(raw: bytes, name: str) -> list[tuple[str, datetime]]:
    """(zone or "", clock time) of a property of each event; the DTSTARTs of zones come before."""
    found = []
    for one in lines(raw)[lines(raw).index("BEGIN:VEVENT") :]:
        if one.startswith((f"{name};", f"{name}:")):
            head, _, value = one.partition(":")
            found.append((head.partition("TZID=")[2], clock(value)))
    return found


def told(raw: bytes, name: str) -> list[datetime]:
    """The moments a reader who knows only the message understands: a local time that comes twice is the first one."""
    rules = onsets(raw)
    found = []
    for zone, local in times(raw, name):
        readings = [
            local - after
            for (start, after), (end, _) in pairwise([*rules, (datetime.max.replace(tzinfo=UTC), timedelta())])
            if start <= local - after < end
        ]
        found.append(min(readings) if zone else local)
    return found


ZONES = sorted(available_timezones() - {"Factory", "localtime"})


@pytest.mark.parametrize("first", ["A", "E", "P"])
def test_every_zone_is_told_as_it_is(first: str) -> None:
    """Every known zone, every twenty days of a year: whoever reads only the message gets the moments that were meant."""
    starts = [datetime(2026, 1, 3, 17, 30, tzinfo=UTC) + timedelta(days=day) for day in range(0, 360, 20)]
    names = [name for name in ZONES if (name[0] if name[0] in "AE" else "P") == first]
    wrong = [name for name in names if told(written([half(start, name) for start in starts]), "DTSTART") != starts]
    assert names
    assert not wrong


@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(ZONES),
)
@example(SUNDAY + timedelta(minutes=0), "Europe/Copenhagen")
@example(SUNDAY + timedelta(minutes=31), "Europe/Copenhagen")
@example(SUNDAY + timedelta(minutes=60), "Europe/Copenhagen")
@example(SUNDAY + timedelta(minutes=119), "Europe/Copenhagen")
@example(datetime(2026, 3, 29, 0, 45, tzinfo=UTC), "Europe/Copenhagen")
@example(datetime(2026, 4, 4, 15, 15, tzinfo=UTC), "Australia/Lord_Howe")
@example(datetime(2026, 10, 3, 15, 30, tzinfo=UTC), "Australia/Lord_Howe")
@example(datetime(2026, 2, 15, 2, 0, tzinfo=UTC), "Africa/Casablanca")
def test_any_moment_comes_back_as_itself(start: datetime, zone: str) -> None:
    """Also in hours that a clock skips or shows twice, for icalendar and for whoever knows only the message."""
    one = half(start, zone)
    raw = written([one])
    (event,) = events(raw)
    start, end = start.replace(microsecond=0), one.ends_at.replace(microsecond=0)
    # In UTC: Python holds a local time that comes twice for equal to nothing in another zone.
    assert [one.astimezone(UTC) for one in (event.start, event.end) if isinstance(one, datetime)] == [start, end]
    assert (told(raw, "DTSTART"), told(raw, "DTEND")) == ([start], [end])


@pytest.mark.parametrize(
    ("minutes", "zone", "shown"),
    [
        (-45, "Europe/Copenhagen", "01:15"),
        (15, "Europe/Copenhagen", "02:15"),  # the first 02:15, and 02:45 after it
        (45, "", "00:45"),  # ends at the second 02:15
        (60, "", "01:00"),  # the second 02:00
        (120, "Europe/Copenhagen", "03:00"),
    ],
)
def test_an_hour_that_comes_twice_is_told_in_utc(minutes: int, zone: str, shown: str) -> None:
    """RFC 5545 3.3.5 takes 02:15 for the first one: the second cannot be said in local time at all."""
    ((found, local),) = times(written([half(SUNDAY + timedelta(minutes=minutes))]), "DTSTART")
    assert (found, f"{local:%H:%M}") == (zone, shown)


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../../etc/passwd", "UTC", "Europe", "\x00"])
def test_a_zone_that_nobody_knows_is_utc(zone: str) -> None:
    """The moment is right all the same, and the message speaks of no zone."""
    raw = written([half(STAMP, zone)])
    assert times(raw, "DTSTART") == [("", STAMP.replace(microsecond=0))]
    assert b"VTIMEZONE" not in raw


def test_several_zones_stand_in_the_order_of_their_names() -> None:
    """The same bytes on every attempt."""
    zones = ["Europe/Lisbon", "America/Toronto", "Asia/Kolkata"]
    raw = written([half(STAMP, zone, uid=zone) for zone in zones])
    assert [one.removeprefix("TZID:") for one in lines(raw) if one.startswith("TZID:")] == sorted(zones)


# ----------------------------------------------------------------------------------------------- whatever is in it


@given(summary=st.text(max_size=400), description=st.text(max_size=400))
@example(summary="x\r\nEND:VEVENT\r\nATTENDEE:mailto:x@y", description="a\\nb;c,d\ne\u2028f")
@example(summary="\ud800\x00\x07\u202eevil", description="é" * 5000)
def test_words_are_only_words(summary: str, description: str) -> None:
    """No property more than in a harmless date, lines of at most 75 octets, and the words come back."""
    raw = written([half(STAMP, summary=summary, description=description or "x")])
    names = [re.split("[:;]", one)[0] for one in lines(raw)]
    plain = written([half(STAMP, summary="x", description="x")])
    if not summary.strip() or not description.strip():
        return
    assert names == [re.split("[:;]", one)[0] for one in lines(plain)]
    assert all(len(one) <= 75 for one in raw.split(b"\r\n"))
    (event,) = events(raw)
    unseen = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff ]+|\\s+")
    assert (
        unseen.sub("", str(event["SUMMARY"])) == unseen.sub("", summary)[: len(unseen.sub("", str(event["SUMMARY"])))]
    )
    assert unseen.sub("", str(event["DESCRIPTION"])) == unseen.sub("", description[:4000]) or len(description) > 4000


def test_naughty_strings_are_only_words() -> None:
    """The same for strings that others found to break programs."""
    for string in json.loads((corpus("naughty-strings") / "blns.json").read_text(encoding="utf-8")):
        (event,) = events(written([half(STAMP, summary=string, description=string)]))
        assert str(event["UID"]) == "s47-1.tech-peer@lists.example.org"
        assert event["ATTENDEE"].params["RSVP"] == "TRUE"
