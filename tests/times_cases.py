"""What the tests of times share: a fixed now, zones with every kind of clock, and made-up moments and free hours.

"Now" is Saturday 21 November 2026, 14:05 in Lisbon, unless a test says otherwise.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from relaybot.model import Window

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
LISBON, TORONTO, KOLKATA = "Europe/Lisbon", "America/Toronto", "Asia/Kolkata"
ZONES = [
    LISBON, TORONTO, KOLKATA, "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Auckland",
    "America/Santiago", "Africa/Casablanca", "UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago",
]  # fmt: skip

zones = st.sampled_from(ZONES)
moments = st.integers(0, 6 * 365 * 1440).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@st.composite
def free_hours(draw: st.DrawFn) -> tuple[Window, ...]:
    """Windows as a profile holds them: sorted, and on one day neither overlapping nor touching."""
    windows = []
    for day in draw(st.sets(st.integers(0, 6), min_size=1)):
        marks = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=6)))
        windows += [Window(day, low, high) for low, high in zip(marks[::2], marks[1::2], strict=False)]
    return tuple(sorted(windows, key=lambda window: (window.weekday, window.start)))
