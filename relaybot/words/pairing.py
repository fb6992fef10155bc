"""Sentences for moderators who bring two people together: the plan, taking it back, the overview of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from relaybot import times
from relaybot.model import Pair, Person
from relaybot.words.common import fold_lines, join_words, short

STAGES = {
    "drafted": "leaves soon",
    "asked_first": "asked",
    "asked_second": "asked",
    "introduced": "introduced, no hour yet",
    "trial": "trial",
    "active": "active",
    "resting": "quiet",
    "ending": "ending",
}


def clock(moment: datetime, reader: Person) -> str:
    """A time of day on the reader's clock; UTC is named while the reader's zone is unknown."""
    return times.show_time(moment, reader.zone or "UTC") + ("" if reader.zone else " UTC")


def plan(number: int, first: Person, second: Person, why_first: str, days: int) -> str:
    return (
        f"Plan M{number}: I ask {short(first.name, 30)} first ({why_first}), then {short(second.name, 30)}. Each gets a short description of the"
        f" other without name or address, and {days} days. If one says no, the other is never told who or that anyone was"
        " asked first."
    )


def accepted_first() -> str:
    return "accepted first"


def as_you_said() -> str:
    return "as you said"


def plan_against(reasons: Sequence[str]) -> tuple[str, ...]:
    return fold_lines(f"Against it: {'; '.join(reasons)}.") if reasons else ()


def plan_question(*, note: bool, at_once: bool) -> str:
    said = "Your note goes to both at the introduction. " if note else ""
    return f"{said}{'It leaves at once, without time to undo. ' if at_once else ''}Send? (yes/no)"


def explain_plan() -> str:
    return "yes: it leaves after the minutes in which you can undo it. no: nothing happens. why <a> <b> shows what speaks for and against."


def leaves_at(number: int, at: datetime, reader: Person) -> str:
    return f"M{number} goes out at {clock(at, reader)}; undo M{number} until then."


def left_now(number: int, first: Person) -> str:
    return f"M{number} is out: {first.name} is asked now. withdraw M{number} takes it back."


def thrown_away(number: int) -> str:
    return f"M{number} is thrown away; nothing was sent and nobody was asked."


def same_person() -> str:
    return "A pair needs two different people."


def first_of_two(first: Person, a: Person, b: Person) -> str:
    return f"{first.name} is not one of the two: first {a.name} or first {b.name}?"


def no_member(person: Person) -> str:
    return f"{person.name} is not a member yet, so can't be paired. queue shows who waits for a decision."


def is_paused(person: Person, until: datetime, reader: Person, now: datetime) -> str:
    return f"{person.name} is paused until {times.show_day(until, reader.zone or 'UTC', now)}; nobody is asked anything while paused."


def wants_nobody(person: Person) -> str:
    return f"{person.name} doesn't want a new partner at the moment (match me, said by {person.name}, changes that)."


def at_limit(person: Person, limit: int) -> str:
    return f"{person.name} has {limit} {'partner' if limit == 1 else 'partners'} already, which is the limit."


def in_offer(person: Person, pair: Pair, by: str, reader: Person) -> str:
    begun = f", begun by {by} at {clock(pair.drafted_at, reader)}" if by else ""
    return (
        f"{person.name} is in M{pair.id} already{begun}, and a person can be in one open offer at a time. Nothing done."
        f" withdraw M{pair.id} would end it; waiting shows who else is there."
    )


def still_to_be_told(person: Person, pair: Pair, at: datetime, reader: Person) -> str:
    return f"M{pair.id} is over, and {person.name} will be told at {clock(at, reader)}. Please try again after that."


def busy(person: Person) -> str:
    return f"{person.name} can't be asked about anybody just now. Please try again tomorrow, or ask another moderator."


def not_to_be_paired(a: Person, b: Person) -> str:
    return f"{a.name} and {b.name} are not to be paired. Nothing done; suggest {a.name} lists others."


def partners_already(a: Person, b: Person, pair: Pair) -> str:
    return f"{a.name} and {b.name} are in M{pair.id} together. show M{pair.id} says more."


def another_moderator() -> str:
    return "This one another moderator has to do, because it is about you. They can say it to me in private."


def say_it_privately(who: str) -> str:
    return f"{who} is a moderator and reads here: please say that to me in private."


def changed_meanwhile(number: int, first: Person, second: Person) -> str:
    return f"M{number} did not go out: {first.name} or {second.name} can't be asked any more (paused, gone, or at the limit). Nobody was asked."


# ----------------------------------------------------------------------------------------- taking back


def undone(name: str) -> str:
    return f"{name} is undone: nothing was sent, nobody knows."


def undone_application(number: int) -> str:
    return f"A{number} is undone: nothing was sent, and it waits for a decision again. show A{number}"


def nothing_to_undo() -> str:
    return "Nothing of yours waits to go out. withdraw M12 takes an offer back that has left."


def several_to_undo(names: Sequence[str]) -> str:
    return f"Several wait to go out: {join_words(names)}. Please say which, e.g. undo {names[0]}"


def too_late(number: int) -> str:
    return f"M{number} has left already. withdraw M{number} takes it back: whoever was asked is told that it's no longer open, nothing else."


def too_late_application(number: int) -> str:
    return f"Nothing about A{number} waits to go out. audit A{number} shows what happened."


def withdrawn(number: int, *, asked: bool) -> str:
    if asked:
        return f"M{number} is withdrawn. Whoever was asked hears, at the latest tomorrow, that it didn't come together; not why."
    return f"M{number} is withdrawn; nobody was asked."


def not_open(number: int) -> str:
    return f"M{number} is no open offer, so there is nothing to withdraw. show M{number} says what it is."


# ------------------------------------------------------------------------------------------- told to all


def team_yes_first(number: int, who: Person, other: Person) -> str:
    return f"M{number}: {who.name} says yes; {other.name} is asked now."


def team_introduced(number: int, a: Person, b: Person) -> str:
    return f"M{number}: both said yes. {a.name} and {b.name} are introduced."


def team_no(number: int, who: Person, words: str) -> tuple[str, ...]:
    said = f' Only for you: "{words}"' if words else ""
    return fold_lines(f"M{number}: {who.name} says no. Both can be paired again.{said}")


def team_lapsed(number: int, who: Person) -> str:
    return f"M{number} is closed: {who.name} didn't answer, and is asked whether to go on looking."


def team_limit(number: int, who: Person) -> str:
    return f"M{number} is withdrawn: {who.name} reached the limit of partners meanwhile."


def team_gone(number: int, who: Person) -> str:
    return f"M{number} is withdrawn: {who.name} can't be asked any more (paused or gone)."


# ------------------------------------------------------------------------------------------- overview


def pairs_head(total: int, stage: str) -> str:
    if not total:
        return f"No pair is {stage} now." if stage else "There are no pairs yet. suggest <person> finds two who fit."
    return f"{total} {'pair' if total == 1 else 'pairs'}{f' {stage}' if stage else ''}:"


def pairs_line(pair: Pair, names: Sequence[str], asked: str, zone: str, now: datetime) -> str:
    said = STAGES.get(pair.stage, pair.stage)
    if asked and pair.closes_at:
        said = f"{asked} is asked, till {times.show_day(pair.closes_at, zone, now)}"
    elif pair.introduced_at is not None:
        since = times.show_day(pair.introduced_at, zone, now)
        said = f"{said}, {pair.held} {'hour' if pair.held == 1 else 'hours'} held, since {since}"
    return f"M{pair.id} {join_words(names)}: {said}"


def pairs_more(left: int) -> str:
    return f"... and {left} more: pairs introduced, pairs trial, pairs active, pairs quiet or pairs ending shortens the list."
