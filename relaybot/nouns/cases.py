"""Cases: what people bring to the moderators, and who may see which.

Numbers are drawn at random from the unused ones, so that a number a moderator cannot see leaves no
gap to read (product invariant 13).
"""

from __future__ import annotations

from datetime import timedelta

from relaybot.desk import Desk
from relaybot.model import Case, Pair, Person, Urgency
from relaybot.nouns.people import moderators, tell_team
from relaybot.ports import Refused
from relaybot.words import cases as words


def fresh_number(desk: Desk) -> int:
    """An unused case number nobody can guess from others: 1-2 digits while few exist, more when many do."""
    span = 99
    while True:
        for _ in range(20):
            number = 1 + desk.draw(span)
            if desk.cases.get(number) is None:
                return number
        span = span * 10 + 9


def concerned(desk: Desk, pair: Pair | None, about: Person | None = None) -> tuple[int, ...]:
    """Moderators from whom a case must be hidden: they are in the pair, or it is about them."""
    found = {p.id for p in (about,) if p is not None and p.moderator}
    if pair is not None:
        found |= {
            s.person for s in desk.participants.where("pair", pair.id) if desk.people[s.person].moderator
        }
    return tuple(sorted(found))


def open_case(
    desk: Desk, topic: str, person: Person, *, pair: Pair | None = None, about: Person | None = None, words_: str = ""
) -> Case:
    """Put a new case on the moderators' desk (telling them is the caller's)."""
    case = Case(
        programme=desk.name,
        id=fresh_number(desk),
        topic=topic,
        stage="open",
        person=person.id,
        pair=pair.id if pair is not None else 0,
        opened_at=desk.now,
        promise=desk.now + timedelta(hours=desk.policy.cases.promise_hours),
        hidden_from=tuple(i for i in concerned(desk, pair, about) if i != person.id) + ((person.id,) if person.moderator else ()),
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
    tell_team(desk, *lines, hidden_from=case.hidden_from, urgency=urgency)


def nobody_left(desk: Desk, case: Case) -> bool:
    """Whether no moderator may see this case, so that the operator has to be named."""
    return not moderators(desk, case.hidden_from)
