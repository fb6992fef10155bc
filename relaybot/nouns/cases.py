"""Cases: what people bring to the moderators, and who may see which.

Numbers are drawn at random from the unused ones, so that a number a moderator cannot see leaves no
gap to read.
"""

from __future__ import annotations

from datetime import timedelta

from relaybot.commands import Call
from relaybot.desk import Desk
from relaybot.model import Case, Pair, Person, Urgency
from relaybot.nouns.people import moderators, tell_team
from relaybot.ports import Refused
from relaybot.rules import step
from relaybot.words import cases as words

# What the journal says of cases that the operator should hear of; the office writes these to the log.
FOR_OPERATOR = frozenset({"case unheld", "promise broken"})


def fresh_number(desk: Desk) -> int:
    """An unused case number nobody can guess from others: 1-2 digits while few exist, more when many do."""
    span = 99
    while True:
        for _ in range(20):
            number = 1 + desk.draw(span)
            if desk.cases.get(number) is None:
                return number
        span = span * 10 + 9


def concerned(desk: Desk, pair: Pair | None) -> tuple[int, ...]:
    """Moderators from whom what is said about a pair must be hidden: they are in it."""
    sides = desk.participants.where("pair", pair.id) if pair is not None else []
    return tuple(sorted({side.person for side in sides if desk.people[side.person].moderator}))


def open_case(
    desk: Desk, topic: str, person: Person, *, pair: Pair | None = None, about: Person | None = None, words_: str = ""
) -> Case:
    """Put a new case on the moderators' desk (telling them is the caller's)."""
    sides = desk.participants.where("pair", pair.id) if pair is not None else []
    case = Case(
        programme=desk.name,
        id=fresh_number(desk),
        topic=topic,
        stage="open",
        person=person.id,
        pair=pair.id if pair is not None else 0,
        opened_at=desk.now,
        promise=desk.now + timedelta(hours=desk.policy.cases.promise_hours),
        # Everybody it concerns, moderator or not: whoever becomes one later must not read it either.
        hidden_from=tuple(sorted({person.id, *(s.person for s in sides), *((about.id,) if about is not None else ())})),
        words=(f"p {words_}",) if words_ else (),
    )
    desk.put(case)
    desk.plan("case-unheld", f"H{case.id}", desk.now + timedelta(hours=desk.policy.cases.operator_hours))
    desk.plan("case-promise", f"H{case.id}", case.promise or desk.now)
    return case


def visible(moderator: Person, case: Case) -> bool:
    """Whether a moderator may know of a case at all."""
    return moderator.id not in case.hidden_from


def known(desk: Desk, moderator: Person, number: int) -> Case:
    """A case by number as this moderator may see it; an invisible one is refused like one that does not exist."""
    case = desk.cases.get(number)
    if case is None or not visible(moderator, case):
        raise Refused(words.no_such(number))
    return case


def tell(desk: Desk, case: Case, *lines: str, urgency: Urgency = Urgency.PERSONAL) -> None:
    """Write to the moderators who may see a case."""
    tell_team(desk, *lines, hidden_from=case.hidden_from, urgency=urgency, about=f"H{case.id}")


def readers(desk: Desk, case: Case) -> list[Person]:
    """The moderators who may see a case."""
    return moderators(desk, case.hidden_from)


def shared(desk: Desk, call: Call, case: Case) -> bool:
    """Whether a case may be shown where a command was given: in the moderators' place all of them read."""
    return visible(call.me, case) and not (call.team and any(p.id in case.hidden_from for p in moderators(desk)))


def meant(desk: Desk, call: Call) -> Case:
    """The case a moderator's command names; raises Refused, in a shared place also for one that not all may see."""
    case = known(desk, call.me, call.number("case"))
    if not shared(desk, call, case):
        desk.tell(call.me, words.only_in_private(case.id))
        raise Refused(words.no_such(case.id))
    return case


def held_by(desk: Desk, case: Case) -> Person | None:
    """The moderator who is on it; None when nobody is, or they moderate no more."""
    holder = desk.people.get(case.holder)
    return holder if holder is not None and holder.moderator else None


def move(desk: Desk, case: Case, verb: str, **fields: object) -> Case:
    """One step of the lifecycle; fields change with it."""
    return desk.change(case, stage=step("case", case.stage, verb), **fields)


def take(desk: Desk, case: Case, moderator: Person) -> Case:
    """A moderator is on it now, so the operator need not hear that nobody is."""
    desk.cancel("case-unheld", f"H{case.id}")
    return move(desk, case, "take", holder=moderator.id)


def add_words(desk: Desk, case: Case, said: str) -> tuple[str, ...]:
    """The words of a case with one more message; the oldest go when there are too many."""
    return (*case.words, said)[-desk.policy.limits.case_words :]


def written(desk: Desk, case: Case, said: str) -> Case:
    """Words of the person: it is the moderators' turn, with a promise of its own; a closed case is open again."""
    promise = desk.now + timedelta(hours=desk.policy.cases.promise_hours)
    closed = case.stage == "closed"
    case = move(
        desk,
        case,
        "write",
        words=add_words(desk, case, f"p {said}"),
        holder=0 if closed else case.holder,
        promise=promise,
    )
    desk.plan("case-promise", f"H{case.id}", promise)
    if held_by(desk, case) is None:
        desk.plan("case-unheld", f"H{case.id}", desk.now + timedelta(hours=desk.policy.cases.operator_hours))
    return case


def replied(desk: Desk, case: Case, moderator: Person, said: str) -> Case:
    """Words of a moderator to the person: the promise is kept."""
    for name in ("case-promise", "case-unheld"):
        desk.cancel(name, f"H{case.id}")
    said = f"m {moderator.id} {said}"
    return move(desk, case, "reply", words=add_words(desk, case, said), holder=moderator.id, cleared=True, promise=None)


def close(desk: Desk, case: Case) -> Case:
    """It is settled: nobody waits for anything any more."""
    desk.cancel_all(f"H{case.id}")
    return move(desk, case, "close", promise=None)


def retire(desk: Desk, case: Case) -> None:
    """For a while new words open it again; later its words go."""
    desk.plan("case-settled", f"H{case.id}", desk.now + timedelta(days=desk.policy.cases.reopen_days))
