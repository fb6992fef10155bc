"""Who may do something about an application: open, not one's own, not decided by somebody else a moment ago."""

from __future__ import annotations

from relaybot.commands import Call
from relaybot.desk import Desk
from relaybot.model import Application, Person
from relaybot.nouns import applications, people
from relaybot.nouns.naming import private_if_about_moderator
from relaybot.ports import Refused
from relaybot.words import screening as words


def open_to(desk: Desk, call: Call) -> tuple[Application, Person]:
    """The application named, and its person, when this moderator may act on it here; raises Refused."""
    application = applications.known(desk, call.number("application"))
    person = desk.people[application.person]
    if person.moderator:
        private_if_about_moderator(call, person)
    still_open(desk, call.me, application)
    return application, person


def still_open(desk: Desk, reader: Person, application: Application) -> None:
    """Raises Refused when somebody has decided already, with who and when."""
    number, at = application.id, application.decided_at
    if application.stage == "withdrawn":
        raise Refused(words.taken_back(desk.people[application.person].name, number))
    if at is None:
        return
    by = desk.people.get(application.decided_by)
    name = by.name if by is not None else "Somebody"
    pending = applications.pending(desk, application)
    clock = words.clock(at, reader.zone)
    if pending is not None:
        verb = pending[0].removeprefix("say-")
        leaves = words.clock(pending[1], reader.zone)
        raise Refused(words.pending(name, verb, number, words.ago(at, desk.now), clock, leaves))
    raise Refused(words.not_open(name, application.stage, number, words.ago(at, desk.now), clock))


def tell_others(desk: Desk, call: Call, person: Person, line: str) -> None:
    """What a moderator did in private the others learn, unless the matter is one of theirs."""
    people.tell_others(desk, call, line, hidden_from=(person.id,))
