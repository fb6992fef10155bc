"""Returned mail: counted a day at a time; an address that refuses for days is left alone, and people know.

Mailman's rule: one a day counts, what is old is forgotten, and any mail proven to come from there ends the trouble.
"""

from __future__ import annotations

from relaybot.commands import on_bounce, on_timer
from relaybot.desk import Desk
from relaybot.model import Mailbox
from relaybot.nouns import mailboxes, people, subscriptions
from relaybot.words import listing as words


@on_bounce
def came_back(desk: Desk, address: str, permanent: bool, reason: str) -> None:
    """Mail to an address came back; what may still arrive is not counted, and nothing is noted about strangers."""
    known = desk.addresses.get(address) is not None or desk.subscriptions.get(address) is not None
    if not permanent or not known:
        return
    box = mailboxes.returned(desk, address)
    if box is not None:
        _refuses(desk, box)


def _refuses(desk: Desk, box: Mailbox) -> None:
    """Nothing goes there from now on: the list stops, the person is told elsewhere, moderators once."""
    found = desk.subscriptions.get(box.address)
    if found is not None:
        desk.change(found, mode="none")
        subscriptions.drop_kept(desk, box.address)
    person = people.by_address(desk, box.address)
    elsewhere = False
    if person is not None:
        other = mailboxes.usable(desk, person)
        elsewhere = bool(other)
        if other and person.home == box.address:
            person = mailboxes.move(desk, person, other)
        if other:
            since = words.refusing_elsewhere(subscriptions.shown(box.address), box.bounced_at, people.zone(person))
            desk.tell(person, since)
    name = person.name if person is not None else subscriptions.shown(box.address)
    hidden = (person.id,) if person is not None else ()
    people.tell_team(desk, words.team_refusing(name, box.bounced_at, box.bounces, elsewhere), hidden_from=hidden)


@on_timer(mailboxes.FORGET)
def mailbox_forgotten(desk: Desk, about: str, late_seconds: float) -> None:
    """Nothing came back for a week: what was counted is forgotten."""
    mailboxes.forget(desk, about)
