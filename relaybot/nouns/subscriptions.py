"""The readers of the mailing list that relaybot distributes itself: who may read it, who gets a copy, and how.

A subscription belongs to an address that was proven once, with or without a person behind it. Whoever reads the
digest has their copies kept in the outbox until the time of day they are sent together.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from relaybot import times
from relaybot.desk import Desk
from relaybot.model import Message, Person, Subscription
from relaybot.nouns import mailboxes, people
from relaybot.policy import Network
from relaybot.words import listing as words

DIGEST = "list-digest"
ASKED = "list-asked"  # somebody proven asked to read the list; a moderator may let them in
INVITED = "list-invited"  # a moderator let them in, and their own word is still missing


def network(desk: Desk) -> tuple[str, Network] | None:
    """The network whose public place is a mailing list, with its name."""
    return next(((name, n) for name, n in desk.policy.networks.items() if n.list_mode and n.public), None)


def own(desk: Desk) -> bool:
    """Whether there is a list and relaybot distributes it."""
    found = network(desk)
    return found is not None and found[1].list_mode == "own"


def shown(address: str) -> str:
    """An address as people write it."""
    return address.partition("/")[2]


def list_address(desk: Desk) -> str:
    """The list's address as people write it; "" when there is none."""
    found = network(desk)
    return shown(found[1].public) if found is not None else ""


def on_list_network(desk: Desk, address: str) -> bool:
    """Whether the list can be read at this address."""
    found = network(desk)
    return found is not None and address.partition("/")[0] == found[0]


def address_of(desk: Desk, person: Person) -> str:
    """Where a person reads or would read the list: the subscribed address, else home, else another one of theirs; "" if none."""
    mine = [person.home, *(a for a in people.addresses(desk, person) if a != person.home)]
    fit = [a for a in mine if on_list_network(desk, a) and (found := desk.addresses.get(a)) and found.verified]
    return next((a for a in fit if desk.subscriptions.get(a) is not None), fit[0] if fit else "")


def of(desk: Desk, person: Person) -> list[Subscription]:
    """The subscriptions of a person's addresses."""
    found = (desk.subscriptions.get(address.address) for address in desk.addresses.where("person", person.id))
    return [subscription for subscription in found if subscription is not None]


def may_read(desk: Desk, person: Person | None, address: str) -> bool:
    """Whether an address may be subscribed without a moderator's word."""
    if person is not None and person.stage == "removed":
        return False
    if desk.policy.mail.list_readers == "anyone" or desk.timers.get((INVITED, address)) is not None:
        return True
    return person is not None and (person.stage == "member" or person.moderator)


def begin(desk: Desk, address: str) -> Subscription:
    """Subscribe an address; one that is subscribed already stays as it is, only not away any more."""
    for name in (ASKED, INVITED):
        desk.cancel(name, address)
    made = desk.subscriptions.get(address) or Subscription(desk.name, address, "each", desk.now)
    mode = "each" if made.mode == "none" else made.mode
    return desk.change(made, mode=mode, away_until=None)


def end(desk: Desk, address: str) -> bool:
    """No copies any more, and none of those that were kept; whether there was a subscription."""
    found = desk.subscriptions.get(address)
    drop_kept(desk, address)
    if found is None:
        return False
    desk.drop(found)
    return True


def forget(desk: Desk, address: str) -> None:
    """Nothing of the address is kept for the list's sake."""
    end(desk, address)
    mailboxes.forget(desk, address)
    for name in (ASKED, INVITED, "stranger-answered"):
        desk.cancel(name, address)


def drop_kept(desk: Desk, address: str) -> None:
    """Throw the kept copies of a digest reader away."""
    desk.cancel(DIGEST, address)
    for letter in desk.letters.where("kept", address):
        desk.drop(letter)


def away(desk: Desk, found: Subscription) -> bool:
    """Whether the reader wants nothing now."""
    return found.away_until is not None and found.away_until > desk.now


def gets_copies(desk: Desk, found: Subscription) -> bool:
    """Whether posts are sent to this reader at all now."""
    return not away(desk, found) and not mailboxes.refuses(desk, found.address)


def zone(desk: Desk, address: str) -> str:
    """The clock of the reader; UTC where nothing is known."""
    person = people.by_address(desk, address)
    return people.zone(person) if person is not None else "UTC"


def next_digest(desk: Desk, address: str) -> datetime:
    """When the reader's next digest leaves: the programme's time of day on their clock."""
    hours, minutes = desk.policy.mail.digest_at.split(":")
    clock = zone(desk, address)
    today = desk.now.astimezone(ZoneInfo(clock)).date()
    at = times.at_wall(today, int(hours) * 60 + int(minutes), clock)
    return at if at > desk.now else times.at_wall(today + timedelta(days=1), int(hours) * 60 + int(minutes), clock)


def plan_digest(desk: Desk, address: str) -> None:
    """The next digest, unless it is planned."""
    if desk.timers.get((DIGEST, address)) is None:
        desk.plan(DIGEST, address, next_digest(desk, address))


def heard(desk: Desk, message: Message) -> None:
    """Mail came that is proven to be from there: if the address refused mail until now, that is over."""
    box = mailboxes.works(desk, message.sender) if message.proven and not message.stranger else None
    if box is None:
        return
    found = desk.subscriptions.get(message.sender)
    person = people.by_address(desk, message.sender)
    line = words.works_again(moved=person is not None and person.home != message.sender, off=found is not None)
    if person is not None:
        desk.answer(person, message.sender, line)
    else:
        desk.post(message.reply, line)


def at_acceptance(desk: Desk, person: Person) -> str:
    """A new member with a mail address reads the list; the line that tells them, "" when nothing changed."""
    address = address_of(desk, person) if own(desk) else ""
    if not address or desk.subscriptions.get(address) is not None:
        return ""
    begin(desk, address)
    return words.subscribed(list_address(desk), shown(address))
