"""Importing: a moderator forwards the mail of somebody who wants in, with `import` as its first line.

The application begins with what that mail says, and its writer is asked to confirm as if they had mailed the list.
"""

from __future__ import annotations

from relaybot.commands import Call, Who, command
from relaybot.desk import Desk
from relaybot.model import Address, Person
from relaybot.nouns import enrolment, linking
from relaybot.ports import Refused
from relaybot.words import enrolment as words


@command(
    "import",
    who=Who.MODERATOR,
    topic="moderator",
    help="by mail: the first line of somebody's mail that you forward; they are asked to confirm their application",
    examples=("import",),
)
def take_in(desk: Desk, call: Call) -> None:
    """Begin an application for whoever wrote the forwarded mail."""
    passed = call.message.forwarded
    if passed is None or not passed.address or not passed.words.strip():
        raise Refused(words.nothing_forwarded())
    known = desk.addresses.get(passed.address)
    if linking.is_place(desk, passed.address):  # lists put their own address into From
        raise Refused(words.nothing_forwarded())
    if known is not None:
        raise Refused(words.known_already(desk.people[known.person].name))
    person = Person(desk.name, desk.number("person"), passed.name[:60], home=passed.address, since=desk.now)
    desk.put(person)
    desk.put(Address(desk.name, passed.address, person.id, verified=False))
    about = enrolment.begin(desk, person, enrolment.read(desk, passed.words))
    call.reply(desk, words.imported(person.name, about))
