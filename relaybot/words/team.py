"""Sentences of the moderators' team: joining it, leaving it, the journal, and how relaybot is doing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from relaybot import times
from relaybot.words.common import join_words, short
from relaybot.words.subjects import MODERATING, begins

# ---------------------------------------------------------------------------------------- joining


@begins(MODERATING)
def you_moderate(title: str, place: str) -> tuple[str, ...]:
    where = f" The moderators talk in {place}; commands work there too." if place else ""
    return (
        f"You are a moderator of {title} now.{where}",
        "queue shows what waits, show A17 an application, accept A17 takes somebody in, suggest <person> and pair <a> <b> bring two together.",
        "cases lists people who need help. Everything: help moderator. Who else moderates: mod add <person>. Stopping: mod leave.",
    )


def already(title: str) -> str:
    return f"You are a moderator of {title} already. queue shows what waits."


def not_vouched() -> str:
    return "I can't be sure it's you on this network. Log in to services and say it again; the code stays valid."


def wrong_code(left: int, operator: str) -> str:
    more = f"{left} more {'try' if left == 1 else 'tries'} this hour." if left else "No more tries this hour."
    return f"That is not a code I gave out, or it has been used. {more} The operator{f' ({operator})' if operator else ''} can read it where relaybot runs."


def too_many_tries() -> str:
    return "That was too many wrong codes. Please try again in an hour."


def team_claimed(name: str) -> str:
    return f"{name} is a moderator now, by the operator's code."


def removed_person() -> str:
    return "That person can't take part here any more."


# ----------------------------------------------------------------------------------------- adding


def add_known(name: str, shown: str) -> str:
    return f"Make {name} ({shown}) a moderator? They will read applications and cases, and pair people. (yes/no)"


def add_unknown(said: str, shown: str) -> str:
    return f"I know nobody called {short(said, 40)!r} yet. Make whoever is logged in as {shown} a moderator? They will read applications and cases, and pair people. (yes/no)"


def nothing_changed() -> str:
    return "All right, nothing is changed."


def moderates_already(name: str) -> str:
    return f"{name} is a moderator already."


def no_account(said: str, networks: Sequence[str]) -> str:
    examples = join_words([f"{name}/<account>" for name in networks[:3]], "or")
    return f"I don't understand {short(said, 40)!r} as a person or an account. An account is one word, or {examples}."


def added(name: str) -> str:
    return f"{name} is a moderator now, and told so; they can say no."


def team_added(name: str, by: str) -> str:
    return f"{by} made {name} a moderator."


def asked_to_moderate(by: str, title: str) -> str:
    return f"{by} made you a moderator of {title}. Is that all right? 1 yes  2 no, I'd rather not"


def declined() -> str:
    return "All right, you are no moderator, and that is fine."


def team_declined(name: str) -> str:
    return f"{name} would rather not be a moderator."


# ----------------------------------------------------------------------------- removing and leaving


def remove_sure(name: str, held: str) -> str:
    holds = f" They hold {held}; that will have nobody." if held else ""
    return f"Take {name} off the moderators?{holds} {name} is told that it was you. (yes/no)"


def use_leave() -> str:
    return "For yourself it goes: mod leave"


def is_no_moderator(name: str) -> str:
    return f"{name} is no moderator."


@begins(MODERATING)
def removed_you(by: str, title: str, member: bool) -> str:
    stays = " Your own membership stays." if member else ""
    return f"{by} has taken you off the moderators of {title}.{stays} If you want to talk about it: moderator <words>"


def removed(name: str, place: str) -> str:
    out = f" If they are in {place}, please take them out; I can't see that from here." if place else ""
    return f"{name} is no moderator any more.{out}"


def team_removed(name: str, by: str, held: str) -> str:
    open_ = f" Without a holder now: {held}." if held else ""
    return f"{by} took {name} off the moderators.{open_}"


def last_one(operator: str) -> str:
    other = (
        f", or tell the operator ({operator}) to close the programme"
        if operator
        else ", or tell the operator to close the programme"
    )
    return f"You're the only moderator. mod add <person> first{other}; I won't leave people without a person."


def last_of(name: str) -> str:
    return f"{name} is the only moderator. Another one is needed first (mod add <person>); I won't leave people without a person."


def still_holds(held: str) -> str:
    return f"You hold {held}. Please finish them, or let another moderator take them (take H8; question, chat or accept for an application). Then: mod leave"


def held(applications: Sequence[int], cases: Sequence[int], pairs: Sequence[int]) -> str:
    """ "2 applications (A21, A22), 1 case (H11)"; "" for nothing."""
    named = (("application", "A", applications), ("case", "H", cases), ("pair not sent yet", "M", pairs))
    said = []
    for name, letter, numbers in named:
        if numbers:
            first, _, rest = name.partition(" ")
            many = f"{first}s {rest}".strip() if len(numbers) > 1 else name
            ids = ", ".join(f"{letter}{number}" for number in numbers[:10])
            said.append(f"{len(numbers)} {many} ({ids})")
    return join_words(said)


def leave_sure(title: str, remaining: Sequence[str]) -> str:
    left = f" Remaining: {join_words(remaining)}." if remaining else ""
    few = " With one moderator, a case about them has nobody but the operator." if len(remaining) == 1 else ""
    return f"Stop moderating {title}?{left}{few} (yes/no)"


def left_team(title: str, member: bool) -> str:
    stays = " Your own membership stays." if member else ""
    return f"You are no moderator of {title} any more.{stays} Thank you for the work."


def team_left(name: str) -> str:
    return f"{name} has finished as moderator."


# --------------------------------------------------------------------------------------- the journal


def audit_of(what: str, count: int) -> str:
    entries = "The last entry" if count == 1 else f"The last {count} entries"
    return f"{entries} about {what}, newest first (what people said to moderators is not among them):"


def audit_nothing(what: str) -> str:
    return f"There is nothing in the journal about {what} that I can show."


def audit_line(at: datetime, zone: str, now: datetime, who: str, verb: str, about: str) -> str:
    return f"{times.show(at, zone, now)}  {who}: {verb} {about}".rstrip()


def nobody_now(number: int) -> str:
    return f"#{number}"


def the_bot() -> str:
    return "relaybot"


def audit_other() -> str:
    return "That concerns yourself or your own pair; another moderator can look at it."


def audit_privately(name: str) -> str:
    return f"That concerns {name}, who reads here; please ask me privately."


# --------------------------------------------------------------------------------------------- health


def health(
    version: str, now: datetime, members: int, waiting: int, paused: int, applications: int, pairs: int, cases: int
) -> str:
    rest = f", on a pause {paused}" if paused else ""
    return (
        f"relaybot {version}, {now:%Y-%m-%d %H:%M} UTC. Members: {members} (waiting {waiting}{rest}). Applications to read: {applications}. "
        f"Pairs: {pairs}. Open cases for you: {cases}."
    )


def health_letters(count: int, oldest: timedelta, held: int, places: Sequence[tuple[str, int]]) -> str:
    if not count:
        kept = f" {held} kept for people on mute or away." if held else ""
        return f"No message waits to be delivered.{kept}"
    where = ", ".join(f"{name} {number}" for name, number in places[:5])
    kept = f"; {held} more kept for people on mute or away" if held else ""
    return f"{count} {'message waits' if count == 1 else 'messages wait'} to be delivered ({where}), the oldest for {length(oldest)}{kept}."


def health_timers(late: int, oldest: timedelta) -> str:
    if not late:
        return "No timer is late."
    return f"{late} {'timer is' if late == 1 else 'timers are'} late, the oldest by {length(oldest)}."


def health_work(unread: timedelta | None, unheld: int) -> str:
    longest = (
        f"The oldest unread application waits for {length(unread)}."
        if unread is not None
        else "No application waits unread."
    )
    return f"{longest} {unheld} of the cases have no holder." if unheld else longest


def length(span: timedelta) -> str:
    """ "3 days", "5 h", "12 min"."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} days"
    return f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"
