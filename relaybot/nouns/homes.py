"""Homes: where somebody likes to be written to, and what moves when that changes or an address is taken away.

Questions that are open are asked again at the new place; letters that wait at the old one come along in their order.
"""

from __future__ import annotations

from collections import Counter

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Message, Person, medium
from relaybot.nouns import card, linking, outbox, pairs, people, relay, rooms, subscriptions, whereabouts
from relaybot.ports import Refused
from relaybot.rules import ACTIVE_PAIRS
from relaybot.words import preferring as words


def meant(desk: Desk, person: Person, said: str) -> str:
    """The one linked address somebody means by a medium, a network or the address itself; raises Refused."""
    mine, word = people.addresses(desk, person), said.strip().casefold()
    exact = [a for a in mine if word in {a.casefold(), linking.account(a).casefold(), a.partition("/")[0].casefold()}]
    found = exact or [a for a in mine if medium(a) == word]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(words.which([linking.account(a) for a in found]))
    networks = linking.configured(desk)
    if word in {medium(n) for n in networks} | {n.casefold() for n in networks}:
        raise Refused(words.not_linked(word.partition(":")[0]))
    raise Refused(words.no_medium(said, linking.kinds(desk), [linking.shown(desk, a) for a in mine]))


# ------------------------------------------------------------------------------------------------ prefer


def prefer(desk: Desk, person: Person, address: str) -> None:
    """Write to the person at this address of theirs from now on, beginning with what is open and what waited."""
    before = person.home
    card.leave(desk, person)
    person = desk.change(person, home=address)
    _go_on_at(desk, address)
    waited = _waited(desk, person, before)
    asked = _open_questions(desk, person)
    *_, after = whereabouts.lines(desk, person)
    desk.answer(person, address, words.here_we_are(len(asked), "" if asked else after))
    if waited:
        desk.answer(person, address, words.waited(waited, medium(before)))
    _bring(desk, person, before, address)
    for number in asked:
        dialogue = desk.dialogues.get(number)
        if dialogue is not None:
            forms.pose(desk, dialogue)
    rooms.moved(desk, desk.people[person.id])


def _go_on_at(desk: Desk, address: str) -> None:
    """What is said in this decision from now on goes to the new address, though the old one was spoken from."""
    network = address.partition("/")[0]
    if desk.heard is not None:
        desk.heard = Message(network, address, address, desk.heard.name, "", style=desk.style(address))


def _open_questions(desk: Desk, person: Person) -> list[int]:
    """The dialogues that wait for an answer in private, the one asked last at the end."""
    asked = [
        d
        for d in desk.dialogues.where("person", person.id)
        if d.asked_at is not None and not d.kept and not d.place
        if not forms.FORMS[d.form].brief and not forms.FORMS[d.form].apart
    ]
    return [d.id for d in sorted(asked, key=lambda d: (d.asked_at or desk.now, d.id))]


def _waited(desk: Desk, person: Person, address: str) -> list[tuple[str, int]]:
    """Whose words wait at an address, and how many of them; not those that are held back in silence."""
    writers = Counter(
        found[1].name
        for letter in outbox.waiting(desk, person, address)
        if not letter.held and letter.receipt.startswith("relay ")
        if (found := relay.of_receipt(desk, letter.receipt)) is not None
    )
    return sorted(writers.items())


def _bring(desk: Desk, person: Person, before: str, address: str) -> None:
    """Letters that wait at the old address go to the new one, in their order."""
    for letter in outbox.waiting(desk, person, before):
        outbox.move(desk, letter, address)
    relay.plan_expiry(desk, person)


def tell_elsewhere(desk: Desk, person: Person, line: str) -> None:
    """Say something at every linked address but the one the person is being answered at."""
    for address in people.addresses(desk, person):
        if address != desk.reached(person):
            desk.answer(person, address, line)


# ------------------------------------------------------------------------------------------------ unlink


def may_unlink(desk: Desk, person: Person, address: str) -> None:
    """Raises Refused for the last address: without one nothing could ever be told to this person."""
    if people.addresses(desk, person) == [address]:
        raise Refused(words.last_one(linking.account(address)))


def unlink(desk: Desk, person: Person, address: str, speaks_at: str = "") -> Person:
    """Take an address away: what waits there moves, the home too, and pairs lose the place only it could reach."""
    desk.drop(desk.addresses[address])
    subscriptions.forget(desk, address)
    for code in [*linking.to(desk, address), *linking.of(desk, person)]:
        if code.person == person.id and code.address == address:
            linking.drop(desk, code)
    left = people.addresses(desk, person)
    if person.home == address:
        card.leave(desk, person)
        person = desk.change(person, home=speaks_at if speaks_at in left else left[0])
    for letter in [x for x in desk.letters.where("person", person.id) if x.to == address]:
        if letter.card:
            desk.drop(letter)
        else:
            outbox.move(desk, letter, person.home)
    relay.plan_expiry(desk, person)
    _leave_places(desk, person, address.partition("/")[0])
    desk.note(person.id, f"unlinked {medium(address)}", f"person {person.id}")
    return person


def _leave_places(desk: Desk, person: Person, network: str) -> None:
    """A pair's own place is of no use when one of the two cannot come there any more."""
    if people.address_on(desk, person, network):
        return
    for pair in pairs.of(desk, person, ACTIVE_PAIRS):
        if pair.place.partition("/")[0] == network:
            pairs.lose_place(desk, pair)
