"""The small grammar of times: zones and cities, weekly free hours, moments, lengths, and how they are shown.

Everything is pure: `now` is an argument (aware UTC), and what cannot be read raises NotUnderstood with a sentence.
"""

from relaybot.times.answers import place_and_hours
from relaybot.times.freehours import hours
from relaybot.times.meeting import shared, slots, waking, week
from relaybot.times.moments import dates, day, duration, span, when, whens
from relaybot.times.reading import NotUnderstood
from relaybot.times.showing import both, show, show_day, show_hours, show_time
from relaybot.times.zones import at_wall, city, local, offset, zone

__all__ = [
    "NotUnderstood",
    "at_wall",
    "both",
    "city",
    "dates",
    "day",
    "duration",
    "hours",
    "local",
    "offset",
    "place_and_hours",
    "shared",
    "show",
    "show_day",
    "show_hours",
    "show_time",
    "slots",
    "span",
    "waking",
    "week",
    "when",
    "whens",
    "zone",
]
