"""Mailboxes in trouble: mail that came back is counted a day at a time, and an address that refuses for days is left alone.

A record exists only while there is trouble. Any mail that is proven to come from the address ends it; what was
counted is forgotten when nothing comes back for policy.mail.bounce_days.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from relaybot.desk import Desk
from relaybot.model import Mailbox, Person
from relaybot.nouns import outbox

FORGET = "mailbox-forgotten"


def refuses(desk: Desk, address: str) -> bool:
    """Whether nothing is sent to this address now."""
    box = desk.mailboxes.get(address)
    return box is not None and box.refusing_since is not None


def usable(desk: Desk, person: Person) -> str:
    """Where a person can be written to: their home, or another verified address while that one refuses; "" if none."""
    found = [a.address for a in desk.addresses.where("person", person.id) if a.verified]
    every = [person.home, *(address for address in found if address != person.home)]
    return next((address for address in every if not refuses(desk, address)), "")


def returned(desk: Desk, address: str) -> Mailbox | None:
    """Count a mail that came back for good, one a day; returns the mailbox when this is what made it refuse."""
    box = desk.mailboxes.get(address)
    stale = timedelta(days=desk.policy.mail.bounce_days)
    if box is None or (box.refusing_since is None and desk.now - box.bounced_at >= stale):
        box = Mailbox(desk.name, address, 1, desk.now)
    elif box.refusing_since is not None:
        desk.change(box, bounced_at=desk.now)
        return None
    elif box.bounced_at.date() != desk.now.date():
        box = replace(box, bounces=box.bounces + 1, bounced_at=desk.now)
    if box.bounces >= desk.policy.mail.bounces:
        box = replace(box, refusing_since=desk.now)
        desk.cancel(FORGET, address)
    else:
        desk.plan(FORGET, address, box.bounced_at + stale)
    desk.put(box)
    return box if box.refusing_since is not None else None


def move(desk: Desk, person: Person, address: str) -> Person:
    """Write to a person at another address from now on; what waits for them in the outbox goes there too."""
    old = person.home
    person = desk.change(person, home=address)
    for letter in outbox.waiting(desk, person, old):
        outbox.move(desk, letter, address)
    return person


def works(desk: Desk, address: str) -> Mailbox | None:
    """Mail came that is proven to be from there: no trouble any more. Returns the record if it did refuse."""
    box = desk.mailboxes.get(address)
    if box is None:
        return None
    forget(desk, address)
    return box if box.refusing_since is not None else None


def forget(desk: Desk, address: str) -> None:
    """Nothing is known about the address any more."""
    box = desk.mailboxes.get(address)
    desk.cancel(FORGET, address)
    if box is not None:
        desk.drop(box)
