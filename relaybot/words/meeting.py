"""Sentences of the hour: its clock, hold and go, extend, the end, and what is said after an outage.

A program may look for lines that begin with `Go.` or `Swap`, and for `That's the hour`. `bang` is "!"
where the pair has a place of its own, because other words are said there too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Meeting, Person
from relaybot.words import moments
from relaybot.words.subjects import HOUR, begins

Zones = Sequence[str]


def whole(seconds: int) -> int:
    """Seconds as the minutes people count."""
    return round(seconds / 60)


def teaches(teacher: Person, learner: Person, subject: str) -> str:
    return f"{teacher.name} teaches {learner.name}" + (f": {subject}" if subject else "")


# ------------------------------------------------------------------------------------------- the start


def clocks(at: datetime, zones: Zones) -> list[str]:
    """One zone for each clock that differs: a plan of four times is said once for each, not four times for both."""
    shown: dict[str, str] = {}
    for zone in zones:
        shown.setdefault(times.show_time(at, zone), zone)
    return list(shown.values())


def welcome(first: Person, second: Person, plans: Sequence[str], zones: Zones, both_here: bool) -> str:
    """One line, and one more for each other clock."""
    begins = "" if both_here else " It starts when both of you have spoken."
    city = f"{times.city(zones[0])}: " if len(zones) > 1 else ""
    others = [f"{times.city(zone)}: {plan}." for zone, plan in zip(zones[1:], plans[1:], strict=True)]
    return "\n".join([f"Welcome, {first.name} and {second.name}. {city}{plans[0]}.{begins}", *others])


def halves(meeting: Meeting, said: str, swap_at: datetime, last_at: datetime, ends_at: datetime, zone: str) -> str:
    at = [times.show_time(moment, zone) for moment in (meeting.starts_at, swap_at, last_at, ends_at)]
    return f"{at[0]} {said} | {at[1]} swap | {at[2]} closing | {at[3]} stop"


def no_halves(meeting: Meeting, said: str, last_at: datetime, ends_at: datetime, zone: str) -> str:
    at = [times.show_time(moment, zone) for moment in (meeting.starts_at, last_at, ends_at)]
    return f"{at[0]} {said} | {at[1]} closing | {at[2]} stop"


def go(first: Person, second: Person, swap_at: datetime, lengths: tuple[int, int], zones: Zones) -> str:
    one, two = whole(lengths[0]), whole(lengths[1])
    each = f"{moments.minutes(one)} each" if one == two else f"{one} and {moments.minutes(two)}"
    return f"Go. {first.name} teaches until {moments.clock(swap_at, zones)}, then {second.name}. ({each})"


def go_short(first: Person, ends_at: datetime, left: int, bang: str, zones: Zones) -> str:
    return (
        f"Go. {first.name} teaches until {moments.clock(ends_at, zones)}. Only {moments.minutes(left)} are left. Shall we use"
        f" it all for one direction and swap next time? ({bang}yes/{bang}no)"
    )


def go_whole(first: Person, ends_at: datetime, zones: Zones) -> str:
    return f"Go. {first.name} teaches until {moments.clock(ends_at, zones)}; next time the other way round."


def go_free(ends_at: datetime, zones: Zones) -> str:
    return f"Go. I stop the clock at {moments.clock(ends_at, zones)}."


def short_yes(second: Person) -> str:
    return f"All of it for one direction, then. {second.name} starts next time."


def short_no(first: Person, second: Person, swap_at: datetime, ends_at: datetime, zones: Zones) -> str:
    return (
        f"Two short halves, then: {first.name} until {moments.clock(swap_at, zones)},"
        f" {second.name} until {moments.clock(ends_at, zones)}."
    )


def late(person: Person, at: datetime, ends_at: datetime, swaps: bool, zones: Zones) -> str:
    rest = " and I'll split what remains evenly" if swaps else ""
    return f"{person.name} comes at about {moments.clock(at, zones)}. We still stop at {moments.clock(ends_at, zones)}{rest}."


def late_noted(partner: Person) -> str:
    return f"Thank you. {partner.name} knows."


def noted_here(partner: Person) -> str:
    return f"Good. {partner.name} isn't here yet; I begin when both of you are."


def noted_early(at: str) -> str:
    return f"Good, I see you. Your hour begins at {at}."


# ----------------------------------------------------------------------------------------- in the hour


def warn(minutes: int) -> str:
    return f"{moments.minutes(minutes)} to the swap."


def swap(teacher: Person, learner: Person, subject: str, ends_at: datetime, zones: Zones) -> str:
    return f"Swap! {teaches(teacher, learner, subject)}, until {moments.clock(ends_at, zones)}."


def hold(bang: str) -> str:
    return f"Clock stopped, both of you. {bang}go when ready."


def so_far(first: Person, second: Person, taught: tuple[int, int]) -> str:
    return f"So far {first.name} taught {whole(taught[0])} min, {second.name} {whole(taught[1])}."


def going_on_first(so_far_: str, swap_at: datetime, ends_at: datetime, zones: Zones) -> str:
    swap_, stop = moments.clock(swap_at, zones), moments.clock(ends_at, zones)
    return f"Going on. {so_far_} Swap at {swap_}, stop at {stop}: both get the same."


def going_on_short(so_far_: str, ends_at: datetime, bang: str, zones: Zones) -> str:
    return (
        f"Going on until {moments.clock(ends_at, zones)}. {so_far_} Too little is left for two halves. Shall we use it all"
        f" for one direction and swap next time? ({bang}yes/{bang}no)"
    )


def going_on_second(so_far_: str, ends_at: datetime, short: int, second: Person, bang: str, zones: Zones) -> str:
    stop = f"Going on. {so_far_} Stop at {moments.clock(ends_at, zones)}"
    if not short:
        return f"{stop}."
    return f"{stop}, or {bang}extend {short} to even it out (both say so). Otherwise {second.name} starts next time."


def going_on_free(ends_at: datetime, zones: Zones) -> str:
    return f"Going on, until {moments.clock(ends_at, zones)}."


@begins(HOUR)
def extend_asked(asker: Person, minutes: int, ends_at: datetime, bang: str, zones: Zones) -> str:
    return (
        f"{asker.name} would like {moments.minutes(minutes)} more, until {moments.clock(ends_at, zones)}."
        f" Is that fine? ({bang}yes/{bang}no)"
    )


def extend_noted(partner: Person) -> str:
    return f"I ask {partner.name}."


def extended(ends_at: datetime, shared: int, zones: Zones) -> str:
    both = f" The last {moments.minutes(whole(shared))} count for both of you." if shared else ""
    return f"New end {moments.clock(ends_at, zones)}.{both}"


def extended_first(ends_at: datetime, swap_at: datetime, zones: Zones) -> str:
    return f"New end {moments.clock(ends_at, zones)}, swap at {moments.clock(swap_at, zones)}."


def not_extended(ends_at: datetime, zones: Zones) -> str:
    return f"Then we stop at {moments.clock(ends_at, zones)} as planned."


def last_with_next(minutes: int, at: datetime, bang: str, zones: Zones) -> str:
    return (
        f"{_number(minutes)} left. If you like, next time: {_when(at, zones)}, good for both?"
        f" ({bang}yes / {bang}propose <time>)"
    )


def last_with_agreed(minutes: int, at: datetime, zones: Zones) -> str:
    return f"{_number(minutes)} left. Your next hour: {_when(at, zones)}."


def next_agreed(at: datetime, starter: Person | None, number: int, zones: Zones) -> str:
    starts = f", {starter.name} starts" if starter is not None else ""
    return f"Next: {_when(at, zones)}{starts} (S{number})."


def next_noted(partner: Person) -> str:
    return f"Noted; I wait for {partner.name}'s yes."


def next_not(bang: str) -> str:
    return f"Then another time: {bang}propose <time>, or {bang}slots."


def _when(at: datetime, zones: Zones) -> str:
    return times.both(at, zones) if len(set(zones)) > 1 else times.show(at, zones[0])


def _number(minutes: int) -> str:
    return "Ten minutes" if minutes == 10 else moments.minutes(minutes)


# ------------------------------------------------------------------------------------------- the end


def over() -> str:
    return "That's the hour, thank you both. I'll ask each of you privately how it was."


def over_early(at: datetime, zones: Zones) -> str:
    return (
        f"That's the hour, a little early ({moments.clock(at, zones)}). Thank you both."
        " I'll ask each of you privately how it was."
    )


# -------------------------------------------------------------------------------------------- outages


def away(since: datetime, now: datetime, state: str, zones: Zones) -> str:
    first, last = moments.clock(since, zones[:1]), moments.clock(now, zones[:1])
    city = f" ({times.city(zones[0])})" if len(set(zones)) > 1 else ""
    return f"I was away from {first} to {last}{city}. {state}"


def still_first(swap_at: datetime, zones: Zones) -> str:
    return f"Your clock kept running: swap at {moments.clock(swap_at, zones)} as planned."


def still_one(ends_at: datetime, zones: Zones) -> str:
    return f"Your clock kept running: stop at {moments.clock(ends_at, zones)} as planned."


def still_second(said: str, swap_at: datetime, ends_at: datetime, zones: Zones) -> str:
    swap_, stop = moments.clock(swap_at, zones), moments.clock(ends_at, zones)
    return f"Your clock kept running: the swap was at {swap_}. {said}, until {stop}."


def still_held(bang: str) -> str:
    return f"Your clock still stands; {bang}go when ready."


def ended_meanwhile(ends_at: datetime, zones: Zones) -> str:
    return f"Your clock kept running and stopped at {moments.clock(ends_at, zones)}. {over()}"


def still_waiting(ends_at: datetime, zones: Zones) -> str:
    return f"Your hour starts when both of you have spoken, and we stop at {moments.clock(ends_at, zones)}."


def lost(bang: str) -> str:
    return (
        "So your hour had no clock; I'm sorry. Nobody is counted as missing."
        f" A new time: {bang}propose <time>, or {bang}slots."
    )


def lost_later(bang: str) -> str:
    return (
        "I was away when your hour began, and it did not come together; I'm sorry. Nobody is counted as missing."
        f" A new time: {bang}propose <time>, or {bang}slots."
    )


def lost_team(pair: int, number: int, at: str) -> str:
    return f"M{pair}: S{number} ({at} UTC) fell into an outage of mine. Both are told; nobody is counted as missing."


# ------------------------------------------------------------------------------------------- refusals


def yes_or_no() -> str:
    return "Is that fine with you? (yes/no)"


def settled_already() -> str:
    return "That has been settled already. status shows how things stand."


def none_runs(at: str) -> str:
    if at:
        return f"No hour of yours runs right now. The next one begins {at}."
    return "No hour of yours runs right now. With a partner: slots shows times that suit you both, propose <time> suggests one."


def not_begun(at: str) -> str:
    return f"Your hour begins at {at}; I open it then. late <minutes> if you come later, skip if you can't."


def waits_for_both() -> str:
    return "The clock hasn't begun: it waits until both of you are here. start begins it now, skip takes the hour out."


def runs_already() -> str:
    return "The clock runs already."


def stands_already() -> str:
    return "The clock stands already; go lets it run again."


def only_teacher(teacher: Person) -> str:
    return f"Only {teacher.name}, who teaches now, can give the rest away early."


def swapped_already() -> str:
    return "You have swapped already. end stops the hour early, extend <minutes> makes it longer."


def no_swap() -> str:
    return "There are no halves in this hour. end stops it early, extend <minutes> makes it longer."


def held_now() -> str:
    return "The clock stands; go first."


def extend_how_long(most: int) -> str:
    return f"Please say by how many minutes, from 1 to {most}, e.g. extend 4"


def next_one_begins(at: str) -> str:
    return f"Another hour of yours begins at {at}, so this one can go on until then at most."


def too_late_for_it(left: int) -> str:
    return f"By then only {moments.minutes(left)} would be left. reschedule <time> moves the hour, skip takes it out."


def late_after_start() -> str:
    return "Your hour has begun already. hold stops the clock for both of you, go lets it run again."
