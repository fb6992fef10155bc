"""Dates for a reader's calendar, pure: Invitations in, one iTIP message out (RFC 5545, RFC 5546; mailed as RFC 6047 says).

Local times come with their zone and its rules. A moment that a clock shows twice (the hour after summer time ended) is
written in UTC: RFC 5545 3.3.5 takes such a local time for its first occurrence, whichever was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress, vText

from relaybot.model import Invitation

ALARM_BEFORE = timedelta(minutes=10)
SUMMARY_CHARS = 200
DESCRIPTION_CHARS = 4000


def method(invitation: Invitation) -> str:
    """The iTIP method a date is sent with: "REQUEST" (asked for or changed) or "CANCEL" (called off)."""
    return "CANCEL" if invitation.cancelled else "REQUEST"


def invitation(
    dates: Sequence[Invitation], organizer: str, attendee: str, programme: str, domain: str, stamp: datetime
) -> bytes:
    """All dates of a letter as one VCALENDAR, for `attendee` to answer to `organizer` (bare mail addresses).

    All dates must have the same `method`. A date's UID is `<uid>.<programme>@<domain>`; `stamp` becomes DTSTAMP, so the
    same arguments give the same bytes. Raises ValueError when there are no dates, or dates of both methods.
    """
    methods = {method(one) for one in dates}
    if len(methods) != 1:
        raise ValueError("one iTIP message is for one method (RFC 5546 1.4)")
    calendar = Calendar()
    calendar.add("prodid", "-//relaybot//relaybot//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", methods.pop())
    spans = [_span(one) for one in dates]
    for zone in _rules(moment for span in spans for moment in span):
        calendar.add_component(zone)
    for one, span in zip(dates, spans, strict=True):
        event = _event(one, span, f"{one.uid}.{programme}@{domain}", stamp)
        event.add("organizer", vCalAddress(_mailto(organizer)))
        event.add("attendee", _attendee(attendee, one))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(one: Invitation, span: tuple[datetime, datetime], uid: str, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("sequence", one.sequence)
    event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", span[0])
    event.add("dtend", span[1])
    summary = _clean(one.summary, SUMMARY_CHARS).replace("\n", " ")
    event.add("summary", summary)
    if one.description:
        event.add("description", _clean(one.description, DESCRIPTION_CHARS))
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    if not one.cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", summary)
        alarm.add("trigger", -ALARM_BEFORE)
        event.add_component(alarm)
    return event


def _attendee(address: str, one: Invitation) -> vCalAddress:
    """The reader, who has not answered yet; a date that was called off asks for no answer."""
    reader = vCalAddress(_mailto(address))
    reader.params["CUTYPE"] = vText("INDIVIDUAL")
    reader.params["ROLE"] = vText("REQ-PARTICIPANT")
    reader.params["PARTSTAT"] = vText("NEEDS-ACTION")
    if not one.cancelled:
        reader.params["RSVP"] = vText("TRUE")
    return reader


def _mailto(address: str) -> str:
    """A mail address as a URI (RFC 6068): whatever has a meaning in URIs is escaped."""
    return "mailto:" + quote(address, safe="@!$*+'=^`{|}~")


# ---------------------------------------------------------------------------------------------------- time


def _span(one: Invitation) -> tuple[datetime, datetime]:
    """Start and end on the clock they are shown on, whole seconds; both in UTC where that clock would be ambiguous."""
    zone = _zone(one.zone)
    start, end = (moment.astimezone(zone).replace(microsecond=0) for moment in (one.starts_at, one.ends_at))
    if _twice(start) or _twice(end):
        return start.astimezone(UTC), end.astimezone(UTC)
    return start, end


def _zone(name: str) -> ZoneInfo:
    """The zone of that name, UTC for a name that nobody knows."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; not a name at all; the name of a folder
        return ZoneInfo("UTC")


def _twice(moment: datetime) -> bool:
    """Whether this local time occurs a second time and the second one is meant."""
    return moment.fold == 1 and moment.utcoffset() != moment.replace(fold=0).utcoffset()


def _rules(moments: Iterable[datetime]) -> list[Timezone]:
    """A VTIMEZONE for each zone used, in the order of their names, from a year before to a year after."""
    used: dict[str, list[int]] = {}
    for moment in moments:
        if isinstance(moment.tzinfo, ZoneInfo) and moment.tzinfo.key != "UTC":
            used.setdefault(moment.tzinfo.key, []).append(moment.year)
    return [_zone_rules(name, min(years) - 1, max(years) + 2) for name, years in sorted(used.items())]


@lru_cache(64)
def _zone_rules(name: str, since: int, until: int) -> Timezone:
    """The zone's rules from the beginning of one year to the beginning of another; never changed once made."""
    zone = Timezone.from_tzinfo(ZoneInfo(name), name, first_date=date(since, 1, 1), last_date=date(until, 1, 1))
    return _mended(zone)


def _mended(zone: Timezone) -> Timezone:
    """Onsets as RFC 5545 3.6.5 has them: in the local time that ends then.

    icalendar writes 03:00 where a clock goes from 02:00 to 03:00; the other way round it is right.
    """
    for observance in zone.subcomponents:
        jump = observance.TZOFFSETTO - observance.TZOFFSETFROM
        if jump <= timedelta():
            continue
        observance.DTSTART = observance.DTSTART - jump
        if "RDATE" in observance:
            later = [moment.dt - jump for moment in observance.pop("RDATE").dts]
            observance.add("RDATE", later)
    return zone


# ---------------------------------------------------------------------------------------------------- words

_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def _clean(text: str, limit: int) -> str:
    """Text without what cannot be seen and may harm, cut to `limit` characters."""
    return _UNSEEN.sub(" ", text.replace("\r\n", "\n"))[:limit].strip()
