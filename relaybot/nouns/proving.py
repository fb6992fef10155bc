"""Proving: a code comes back, from where it was asked for or from the address it was sent to; and what follows.

Somebody nobody knows may answer a code with `link <code>`, `no`, and below our own mail `yes`: `answered` takes that.
"""

from __future__ import annotations

import re

from relaybot import forms
from relaybot.desk import Desk
from relaybot.model import Code, Message, Person, Style, medium
from relaybot.nouns import codes, linking, merging, pairs, people, profile, team
from relaybot.words import linking as words

TRIES = 5  # wrong codes an hour from one address
THERE = linking.THERE
_CODE = re.compile(r"(?:[0-9A-Za-z]{4}[- ]){2}[0-9A-Za-z]{4}")


def looks_like_code(said: str) -> bool:
    """Whether somebody means a code: its shape with dashes or spaces."""
    return _CODE.fullmatch(said.strip().rstrip(".")) is not None


def open_code(desk: Desk, said: str) -> Code | None:
    """The open code that was said, not used up yet; None when it is none for linking, or too old."""
    code = desk.codes.get(codes.digest(said))
    if code is None or code.purpose not in {linking.PURPOSE, THERE}:
        return None
    return code if code.expires_at is None or code.expires_at > desk.now else None


def fits(code: Code, person: Person | None, sender: str) -> bool:
    """Whether it comes from somewhere that proves both ends."""
    there = _same(sender, code.address)
    return there or (code.purpose == linking.PURPOSE and person is not None and person.id == code.person)


def _same(sender: str, address: str) -> bool:
    return bool(sender) and sender.casefold() == address.casefold()


def wrong(desk: Desk, sender: str) -> str:
    """Count a wrong code; returns what is said about it."""
    if team.tries(desk, sender) >= TRIES:
        return words.too_many_tries()
    team.wrong_code(desk, sender)
    return words.wrong_code(TRIES - team.tries(desk, sender))


# ---------------------------------------------------------------------------------------------- both ends


def conclude(desk: Desk, code: Code, sender: str) -> None:
    """Both ends are proven: link, or say that somebody is known there. Whoever typed it is answered where they typed."""
    asker = desk.people[code.person]
    there = _same(sender, code.address)
    address = sender if there else code.address
    other = linking.owner(desk, address, asker)
    if other is not None and other.stage != "removed" and merging.empty(desk, other, asker):
        asker = merging.absorb(desk, asker, other)
    elif other is not None and asker.stage != "removed" and merging.empty(desk, asker, other):
        asker = merging.absorb(desk, other, asker)
    elif other is not None:
        linking.keep_proof(desk, code)
        _tell(desk, asker, "" if there else sender, words.other_record())
        if there:
            desk.answer(other, sender, words.other_record_here(*_known_as(asker)))
        return
    before = asker.home
    linking.link(desk, asker, address)
    if address != code.address:
        linking.drop(desk, code)
    networks = [a.partition("/")[0] for a in people.addresses(desk, asker)]
    partners = [pairs.partner(desk, pair, asker).name for pair in pairs.of(desk, asker)]
    said = words.linked([medium(n) for n in networks], medium(address), partners, medium(before))
    _tell(desk, asker, "" if there else sender, said)
    if there:
        desk.answer(asker, sender, words.linked_here(*_known_as(asker), profile.title(desk)))


def _known_as(person: Person) -> tuple[str, str]:
    return linking.account(person.home), words.on(medium(person.home))


def _tell(desk: Desk, person: Person, at: str, line: str) -> None:
    """Answer at the address they just used, if it is theirs; else write to where they like it."""
    desk.answer(person, at if at in people.addresses(desk, person) else person.home, line)


# ----------------------------------------------------------------------------- the address a code went to


def answered(desk: Desk, message: Message, person: Person | None) -> bool:
    """Take what is said from an address a code was sent to; False when it is about something else."""
    if not message.sender or message.place:
        return False
    known = _sent_to(desk, message.sender)
    if not known:
        return False
    line = next(iter(message.text.strip().splitlines()), "").strip().lstrip("!").strip()
    said = re.sub(r"^link\s+", "", line, flags=re.I)
    code = open_code(desk, said)
    if code is not None and fits(code, person, message.sender):
        conclude(desk, code, message.sender)
        return True
    if message.about or (person is not None and forms.open_for(desk, person) is not None):
        return False  # a bare yes or no answers what it stands below, and what they were asked themselves
    word, waiting = line.lower().rstrip(".!"), [code for code in known if code.purpose == linking.PURPOSE]
    if waiting and word in forms.NO:
        _refused(desk, message, person, waiting)
    elif waiting and word in forms.YES:
        _agreed(desk, message, person, waiting)
    elif said != line and person is None:
        _say(desk, message, person, wrong(desk, message.sender))
    else:
        return False
    return True


def _sent_to(desk: Desk, sender: str) -> list[Code]:
    """The open codes that link this address, in whichever case it was typed."""
    return [
        code
        for code in desk.codes.where("address", sender.casefold())
        if code.purpose in {linking.PURPOSE, THERE} and (code.expires_at is None or code.expires_at > desk.now)
    ]


def _refused(desk: Desk, message: Message, person: Person | None, waiting: list[Code]) -> None:
    if not message.proven:
        _say(desk, message, person, words.send_the_code())
        return
    name = linking.account(message.sender)
    for asker in {code.person: desk.people[code.person] for code in waiting}.values():
        desk.tell(asker, words.asker_told_no(name))
    linking.no_more_today(desk, message.sender)
    _say(desk, message, person, words.not_you(name))


def _agreed(desk: Desk, message: Message, person: Person | None, waiting: list[Code]) -> None:
    """A yes below our own mail proves its address; in a chat, and where two people ask, it needs the code."""
    if message.style is not Style.LETTER:
        _say(desk, message, person, words.type_it_there())
    elif message.proven and len(waiting) == 1:
        conclude(desk, waiting[0], message.sender)
    else:
        _say(desk, message, person, words.send_the_code())


def _say(desk: Desk, message: Message, person: Person | None, line: str) -> None:
    if person is not None:
        desk.answer(person, message.sender, line)
    else:
        desk.post(message.reply, line)
