"""Reading times: every documented example, what is asked back, and free hours that read back as shown."""

from __future__ import annotations

import importlib.resources
import zoneinfo
from datetime import date, timedelta

import pytest
from hypothesis import example, given

from relaybot import times
from relaybot.model import Window
from relaybot.times import NotUnderstood
from tests.times_cases import KOLKATA, LISBON, NOW, TORONTO, free_hours, utc

# ------------------------------------------------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("lisbon", LISBON), ("Toronto", TORONTO), ("new york", "America/New_York"), ("Kolkata", KOLKATA),
        ("lagos", "Africa/Lagos"), ("são paulo", "America/Sao_Paulo"), ("San Francisco", "America/Los_Angeles"),
        ("Munich", "Europe/Berlin"), ("München", "Europe/Berlin"), ("Bangalore", KOLKATA), ("Abuja", "Africa/Lagos"),
        ("Porto", LISBON), ("Montreal", TORONTO), ("Seattle", "America/Los_Angeles"), ("Mumbai", KOLKATA),
        ("Delhi", KOLKATA), ("Beijing", "Asia/Shanghai"), ("america/new_york", "America/New_York"),
        ("Lisbon, Portugal", LISBON), ("Toronto, Canada", TORONTO), ("London UK", "Europe/London"),
        ("Germany", "Europe/Berlin"), ("Nigeria", "Africa/Lagos"), ("UTC", "UTC"), ("gmt", "UTC"), ("CET", "CET"),
        ("UTC+2", "Etc/GMT-2"), ("gmt -10", "Etc/GMT+10"), ("utc+0", "UTC"), ("Berlin time", "Europe/Berlin"),
        ("Łódź", "Europe/Warsaw"), ("st. john's", "America/St_Johns"), ("ho chi minh city", "Asia/Ho_Chi_Minh"),
        ("buenos aires", "America/Argentina/Buenos_Aires"), ("  LAGOS. ", "Africa/Lagos"), ("nyc", "America/New_York"),
    ],
)  # fmt: skip
def test_a_place_is_its_zone(said: str, meant: str) -> None:
    assert times.zone(said) == meant


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("lisbn", "Lisbon"), ("torronto", "Toronto"), ("USA", "city"), ("Canada", "Toronto"), ("IST", "more than one"),
        ("EST", "more than one"), ("blorbville", "Lisbon"), ("", "city"), ("Portland, Maine", "two places"),
        ("utc+99", "Lisbon"), ("../../etc/passwd", "Lisbon"), ("Factory", "Lisbon"),
    ],
)  # fmt: skip
def test_an_unknown_place_is_asked_back_with_a_hint(said: str, hint: str) -> None:
    with pytest.raises(NotUnderstood, match=hint):
        times.zone(said)


def test_every_listed_city_has_a_zone_that_exists() -> None:
    from relaybot.times import cities

    available = zoneinfo.available_timezones()
    assert set(cities.CITIES) | set(cities.COUNTRIES) <= available
    assert sum(len(names.split(",")) for names in cities.CITIES.values()) > 300
    for zone, names in cities.CITIES.items():
        for name in names.split(","):
            if name.strip() not in cities.AMBIGUOUS:
                assert times.zone(name) == zone


def test_every_iana_name_is_understood() -> None:
    for name in zoneinfo.available_timezones():
        if "/" not in name:
            continue
        assert times.zone(name) == name
        assert times.zone(name.upper()) == name


def test_every_city_shown_is_understood() -> None:
    table = importlib.resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    inhabited = [line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")]
    assert len(inhabited) > 300
    for zone in inhabited:
        # There is one Petersburg in Indiana; nearly everybody who says it means the other one.
        assert times.zone(times.city(zone)) == zone or times.city(zone) == "Petersburg"


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (LISBON, "Lisbon"), ("America/New_York", "New York"), ("UTC", "UTC"), ("Etc/GMT-2", "UTC+2"),
        ("Etc/GMT+10", "UTC-10"), ("America/Argentina/Buenos_Aires", "Buenos Aires"), ("Etc/UTC", "UTC"),
    ],
)  # fmt: skip
def test_a_zone_is_called_by_its_city(zone: str, name: str) -> None:
    assert times.city(zone) == name


# -------------------------------------------------------------------------------------------------------- hours


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("thu after 17:30 or sunday morning", "Thu from 17:30, Sun 08:00-12:00"),
        ("any day 08:00-22:00", "any day 08:00-22:00"),
        ("evenings from 18, saturdays", "any day from 18:00, Sat 08:00-22:00"),
        ("Evenings after 18, and Saturdays.", "any day from 18:00, Sat 08:00-22:00"),
        ("mon-fri 12-15", "Mon-Fri 12:00-15:00"),
        ("Mon \u2013 Fri 12\u201315", "Mon-Fri 12:00-15:00"),
        ("weekdays 9am-5pm", "Mon-Fri 09:00-17:00"),
        ("9-5 weekdays", "Mon-Fri 09:00-17:00"),
        ("weekends", "Sat and Sun 08:00-22:00"),
        ("tue 18-20, thu 19:00", "Tue 18:00-20:00, Thu 19:00-20:00"),
        ("daily", "any day 08:00-22:00"),
        ("any time", "any day 08:00-22:00"),
        ("24/7", "any day 08:00-22:00"),
        ("Thu 17:30+, Sun morning", "Thu from 17:30, Sun 08:00-12:00"),
        ("Thu 17:30+, Sun 08-12", "Thu from 17:30, Sun 08:00-12:00"),
        ("fri 22-2", "Fri from 22:00, Sat 00:00-02:00"),
        ("sun 20:00-03:00", "Mon 00:00-03:00, Sun 20:00-24:00"),
        ("mon, wed 12-15", "Mon and Wed 12:00-15:00"),
        ("mon and tue and wed evenings", "Mon-Wed from 18:00"),
        ("i can do tuesdays and thursdays between 6pm and 8pm", "Tue and Thu 18:00-20:00"),
        ("tuesdays & thursdays, 19-21", "Tue and Thu 19:00-21:00"),
        ("evenings on tue and thu", "Tue and Thu from 18:00"),
        ("after 6 on weekdays", "Mon-Fri from 18:00"),
        ("any day except sunday", "Mon-Sat 08:00-22:00"),
        ("any day but sunday", "Mon-Sat 08:00-22:00"),
        ("no mondays", "Tue-Sun 08:00-22:00"),
        ("weekdays (except wed) 17-19", "Mon and Tue and Thu and Fri 17:00-19:00"),
        ("weekdays after 18, not fridays", "Mon-Thu from 18:00"),
        ("sat 8-12, 14-18", "Sat 08:00-12:00, Sat 14:00-18:00"),
        ("thu morning or evening", "Thu 08:00-12:00, Thu from 18:00"),
        ("tue 18-20 thu 19-21", "Tue 18:00-20:00, Thu 19:00-21:00"),
        ("until 12 on sundays", "Sun 08:00-12:00"),
        ("evening until 23", "any day 18:00-23:00"),
        ("mid-mornings on weekdays", "Mon-Fri 09:00-11:00"),
        ("sat mid afternoon", "Sat 14:00-16:00"),
        ("every evening after 7", "any day from 19:00"),
        ("8-10 in the evening on mondays", "Mon from 20:00"),
        ("mon to fri 17h30 to 19h", "Mon-Fri 17:30-19:00"),
        ("fri-mon 10-12", "Mon and Fri-Sun 10:00-12:00"),
        ("thu after 22", "Thu from 22:00"),
        ("mon 9 a.m. - noon", "Mon 09:00-12:00"),
        ("fri 18:00-midnight", "Fri 18:00-24:00"),
        ("wed afternoon", "Wed 12:00-18:00"),
        ("mon 2-4pm", "Mon 14:00-16:00"),
        ("tue 10-12\nwed", "Tue 10:00-12:00, Wed 08:00-22:00"),
    ],
)  # fmt: skip
def test_free_hours_are_read_and_shown(said: str, shown: str) -> None:
    windows = times.hours(said)
    assert times.show_hours(windows) == shown
    assert times.hours(shown) == windows


@pytest.mark.parametrize(
    "said", ["", "foo", "mon 7", "thu from 18 to 18", "any day except any day", "mon 25:00", ",,,"]
)
def test_hours_that_are_none_are_asked_back(said: str) -> None:
    with pytest.raises(NotUnderstood, match=r"thu after 17:30 or sunday morning"):
        times.hours(said)


def test_hours_are_windows_of_the_model() -> None:
    assert times.hours("thu after 17:30 or sunday morning") == (Window(3, 1050, 1320), Window(6, 480, 720))
    assert times.show_hours(()) == ""


@pytest.mark.parametrize(
    ("said", "zone", "shown"),
    [
        ("lisbon, thu after 17:30 or sunday morning", LISBON, "Thu from 17:30, Sun 08:00-12:00"),
        ("Evenings, Lagos.", "Africa/Lagos", "any day from 18:00"),
        ("I live in Lagos, evenings after 18, and Saturdays.", "Africa/Lagos", "any day from 18:00, Sat 08:00-22:00"),
        ("Toronto, Mon-Fri 12-15", TORONTO, "Mon-Fri 12:00-15:00"),
        ("Toronto, Canada; weekdays 9am-5pm", TORONTO, "Mon-Fri 09:00-17:00"),
        ("I'm in Porto, Portugal and free on monday evenings", LISBON, "Mon from 18:00"),
        ("thursdays 18-20 (Berlin time)", "Europe/Berlin", "Thu 18:00-20:00"),
        ("Berlin (UTC+1), wed 17-21", "Europe/Berlin", "Wed 17:00-21:00"),
        ("Nice, mon 12-14", "Europe/Paris", "Mon 12:00-14:00"),
        ("I live in Bath, mon 12-14", "Europe/London", "Mon 12:00-14:00"),
        ("St. Louis, mon 18-20", "America/Chicago", "Mon 18:00-20:00"),
        ("UTC+2, weekends", "Etc/GMT-2", "Sat and Sun 08:00-22:00"),
        ("new york any time", "America/New_York", "any day 08:00-22:00"),
        ("America/North_Dakota/New_Salem sat", "America/North_Dakota/New_Salem", "Sat 08:00-22:00"),
        ("lagos", "Africa/Lagos", ""),
        ("I live in Lagos", "Africa/Lagos", ""),
        ("any day 08:00-22:00", "", "any day 08:00-22:00"),
    ],
)  # fmt: skip
def test_place_and_hours_in_any_order(said: str, zone: str, shown: str) -> None:
    where, windows = times.place_and_hours(said)
    assert (where, times.show_hours(windows)) == (zone, shown)


def test_place_and_hours_asks_back() -> None:
    assert times.place_and_hours("thu 18-20", LISBON)[0] == LISBON
    for said in ("Canada, weekdays", "Lisbon or Berlin, weekdays", "blorbville, weekdays", "blorbville", ""):
        with pytest.raises(NotUnderstood):
            times.place_and_hours(said)


@given(free_hours())
@example((Window(0, 1080, 1440), Window(1, 0, 60)))
@example((Window(6, 1260, 1440), Window(0, 0, 60)))
def test_shown_hours_read_back_as_the_same_hours(windows: tuple[Window, ...]) -> None:
    assert times.hours(times.show_hours(windows)) == tuple(sorted(windows, key=lambda w: (w.weekday, w.start)))


# ------------------------------------------------------------------------------------------------------ moments


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("thu 19:00", "2026-11-26 19:00"), ("thu 7pm", "2026-11-26 19:00"), ("Thursday at 7 p.m.", "2026-11-26 19:00"),
        ("tomorrow 19:00", "2026-11-22 19:00"), ("today 19:00", "2026-11-21 19:00"), ("sat 15:00", "2026-11-21 15:00"),
        ("sat 14:00", "2026-11-28 14:00"), ("sat 14:05", "2026-11-28 14:05"), ("3 dec 18:30", "2026-12-03 18:30"),
        ("3 dec 2026 18:30", "2026-12-03 18:30"), ("dec 3 18:30", "2026-12-03 18:30"),
        ("3rd of December at 18.30", "2026-12-03 18:30"), ("3 jan 18:30", "2027-01-03 18:30"),
        ("in 2h", "2026-11-21 16:05"), ("in 20m", "2026-11-21 14:25"), ("in 1h30", "2026-11-21 15:35"),
        ("in 3 days", "2026-11-24 14:05"), ("in 3 days 18:00", "2026-11-24 18:00"), ("in an hour", "2026-11-21 15:05"),
        ("2026-12-03 18:30", "2026-12-03 18:30"), ("2026-12-03T18:30", "2026-12-03 18:30"),
        ("2026-12-03T18:30:00Z", "2026-12-03 18:30"), ("2026-12-03 18:30 +02:00", "2026-12-03 16:30"),
        ("19:00", "2026-11-21 19:00"), ("14:00", "2026-11-22 14:00"), ("noon", "2026-11-22 12:00"),
        ("thu 19:00 toronto", "2026-11-27 00:00"), ("thu 19:00 Europe/Berlin", "2026-11-26 18:00"),
        ("thu 19:00 lisbon time", "2026-11-26 19:00"), ("29 feb 12:00", "2028-02-29 12:00"),
        ("31 dec 23:59", "2026-12-31 23:59"), ("1 jan 0:00", "2027-01-01 00:00"), ("thu 3 dec, 18:30", "2026-12-03 18:30"),
        ("tue 18h", "2026-11-24 18:00"), ("sun midnight", "2026-11-23 00:00"),
    ],
)  # fmt: skip
def test_moments(said: str, meant: str) -> None:
    assert times.when(said, NOW, LISBON) == utc(meant)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("01/12/2026 18:00", "say 1 dec or 2026-12-01"), ("01/12/2026", "say 1 dec or 2026-12-01"),
        ("1.12.2026 18:00", "say 1 dec or 2026-12-01"), ("fri", r"I need a time too, e\.g\. fri 18:30"),
        ("3 dec", "I need a time too"), ("thu 19", "I need a time too"), ("tomorrow", "I need a time too"),
        ("2025-12-03 18:30", "is past"), ("today 12:00", "is past"), ("3 dec 1999 18:00", "is past"),
        ("30 feb 12:00", "no such day"), ("2026-02-30 12:00", "no such day"), ("wed 3 dec 18:30", "is a Thursday"),
        ("thu 19:00 20:00", "two times"), ("in 2h 19:00", "two times"), ("thu 19:00 blorbville", "the place"),
        ("in 0m", "longer than nothing"), ("in 999999 weeks", "shorter than ten years"), ("", "thu 19:00"),
        ("soonish", "thu 19:00"), ("thu 25:00", "thu 19:00"), ("2026-13-41 99:99", "thu 19:00"),
    ],
)  # fmt: skip
def test_moments_that_are_asked_back(said: str, answer: str) -> None:
    with pytest.raises(NotUnderstood, match=answer):
        times.when(said, NOW, LISBON)


def test_a_weekday_is_read_in_the_speakers_zone() -> None:
    late = utc("2026-11-27 03:00")  # still Thursday evening in Toronto
    assert times.when("thu 23:00", late, TORONTO) == utc("2026-11-27 04:00")
    assert times.when("tomorrow 9:00", late, TORONTO) == utc("2026-11-27 14:00")
    assert times.when("thu 18:30", utc("2026-11-26 18:00"), LISBON) == utc("2026-11-26 18:30")


def test_lists_of_moments() -> None:
    assert times.whens("mon 19:00, tue 18:30", NOW, LISBON) == (utc("2026-11-23 19:00"), utc("2026-11-24 18:30"))
    assert times.whens("thu 19:00, 20:00", NOW, LISBON) == (utc("2026-11-26 19:00"), utc("2026-11-26 20:00"))
    for said in ("", ",", "mon", "mon 19:00, ?", ",".join(["19:00"] * 21)):
        with pytest.raises(NotUnderstood):
            times.whens(said, NOW, LISBON)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("4 jan", "2027-01-04"), ("2027-01-04", "2027-01-04"), ("tomorrow", "2026-11-22"), ("friday", "2026-11-27"),
        ("in 2 weeks", "2026-12-05"), ("sat", "2026-11-28"), ("today", "2026-11-21"), ("21 nov", "2026-11-21"),
        ("20 nov", "2027-11-20"), ("Mon 4 Jan", "2027-01-04"), ("29 feb", "2028-02-29"), ("in 36h", "2026-11-23"),
    ],
)  # fmt: skip
def test_days(said: str, meant: str) -> None:
    assert times.day(said, NOW, LISBON) == date.fromisoformat(meant)


def test_days_that_are_asked_back() -> None:
    for said in ("2026-11-20", "4 jan 12:00", "01/12", "someday", "", "4 jan lisbon"):
        with pytest.raises(NotUnderstood):
            times.day(said, NOW, LISBON)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("24 dec-2 jan", "2026-12-24", "2027-01-02"), ("24-31 dec", "2026-12-24", "2026-12-31"),
        ("24 dec - 2 jan", "2026-12-24", "2027-01-02"), ("24 dec to 2 jan", "2026-12-24", "2027-01-02"),
        ("2026-12-24-2027-01-02", "2026-12-24", "2027-01-02"), ("24 dec", "2026-12-24", "2026-12-24"),
        ("2026-12-24 - 2027-01-02", "2026-12-24", "2027-01-02"), ("tomorrow-friday", "2026-11-22", "2026-11-27"),
    ],
)  # fmt: skip
def test_ranges_of_days(said: str, first: str, last: str) -> None:
    assert times.dates(said, NOW, LISBON) == (date.fromisoformat(first), date.fromisoformat(last))


def test_ranges_of_days_that_are_asked_back() -> None:
    for said in ("2 jan-24 dec", "31-24 dec", "1 dec-2 dec-3 dec", "", "-", "mon"[:2] + "-"):
        with pytest.raises(NotUnderstood):
            times.dates(said, NOW, LISBON)


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("2d", 2880), ("20m", 20), ("1h", 60), ("90 minutes", 90), ("2 weeks", 20160), ("1h30", 90), ("1 h 30 min", 90),
        ("a week", 10080), ("half an hour", 30), ("for 3 days", 4320), ("1 month", 43200),
    ],
)  # fmt: skip
def test_lengths(said: str, minutes: int) -> None:
    assert times.duration(said) == timedelta(minutes=minutes)


def test_lengths_that_are_asked_back() -> None:
    for said in ("", "2", "0m", "999999w", "forever", "-2d", "2d tomorrow"):
        with pytest.raises(NotUnderstood, match="3 days"):
            times.duration(said)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("21:00-08:00", (1260, 480)), ("21-8", (1260, 480)), ("9pm-8am", (1260, 480)), ("03:00-03:01", (180, 181)),
        ("from 21:00 to 08:00", (1260, 480)), ("00:00-24:00", (0, 0)), ("9-17", (540, 1020)),
    ],
)  # fmt: skip
def test_quiet_hours_are_read(said: str, meant: tuple[int, int]) -> None:
    assert times.span(said) == meant
    low, high = meant
    assert times.span(f"{low // 60:02d}:{low % 60:02d}-{high // 60:02d}:{high % 60:02d}") == meant


def test_quiet_hours_that_are_asked_back() -> None:
    for said in ("", "21:00", "never", "21:00-08:00-09:00", "25-26"):
        with pytest.raises(NotUnderstood, match="21:00-08:00"):
            times.span(said)
