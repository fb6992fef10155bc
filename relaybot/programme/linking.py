"""Linking: `link` sends a code to another address of the same person, and makes it theirs when the code comes back.

Whatever happens to the code on its way is told to whoever asked for it.
"""

from __future__ import annotations

from relaybot.commands import Call, Text, command, on_receipt, on_timer
from relaybot.desk import Desk
from relaybot.model import Letter, Style, medium
from relaybot.nouns import linking, people, proving
from relaybot.ports import Refused
from relaybot.words import linking as words


class What(Text):
    """An address on another medium, or the code that was sent there."""

    @property
    def shape(self) -> str:
        """What may be said, as in help."""
        return "<address|@id:server|nick|code>"


@command(
    "link",
    What("what", optional=True),
    topic="mail",
    help="be one person on several media: a code goes to the address you name, and comes back as link <code>",
    examples=("link ana@example.org", "link @ana:example.org", "link 7K3Q-X2MA-94TB", "link resend"),
)
def link(desk: Desk, call: Call) -> None:
    """Send a code to an address, take one back, or say what is linked."""
    said = call.text("what").strip()
    if not said:
        call.reply(desk, _linked(desk, call))
    elif said.lower() in {"resend", "again"}:
        call.reply(desk, linking.send(desk, call.me, _again(desk, call), call.message.sender))
    elif proving.open_code(desk, said) is not None or proving.looks_like_code(said):
        _code(desk, call, said)
    else:
        call.reply(desk, linking.send(desk, call.me, _meant(desk, call, said), call.message.sender))


def _linked(desk: Desk, call: Call) -> str:
    waiting = [linking.account(code.address) for code in linking.of(desk, call.me)]
    return words.linked_list(
        [linking.shown(desk, a) for a in people.addresses(desk, call.me)], waiting, linking.kinds(desk)
    )


def _again(desk: Desk, call: Call) -> str:
    """The address whose code is sent once more; raises Refused."""
    waiting = linking.of(desk, call.me)
    if not waiting:
        raise Refused(words.no_code_open(linking.kinds(desk)))
    if len(waiting) > 1:
        raise Refused(words.which_code([linking.account(code.address) for code in waiting]))
    return waiting[0].address


def _code(desk: Desk, call: Call, said: str) -> None:
    sender = call.message.sender
    code = proving.open_code(desk, said)
    if code is None or not proving.fits(code, call.me, sender):
        raise Refused(proving.wrong(desk, sender))
    proving.conclude(desk, code, sender)
    call.person = people.by_address(desk, sender)  # a record that held nothing may have become part of another


def _meant(desk: Desk, call: Call, said: str) -> str:
    """The one address that is meant; raises Refused when there is none on a configured medium, or several."""
    networks = linking.configured(desk)
    found = linking.read(said, networks)
    mine = people.addresses(desk, call.me)
    if len(found) > 1:  # a bare nick: most likely on a network where they are not known yet
        new = [a for a in found if not any(m.partition("/")[0] == a.partition("/")[0] for m in mine)]
        found = new if len(new) == 1 else found
    if not found:
        raise Refused(words.not_configured(said, linking.kinds(desk)))
    if len(found) > 1:
        raise Refused(words.several(said, found))
    return found[0]


# ---------------------------------------------------------------------------------- what became of a code


@on_receipt("link-code")
def code_told(desk: Desk, letter: Letter, reference: str, outcome: str, reason: str) -> None:
    """The code waits for somebody who is not there, or it did not arrive: whoever asked for it hears that."""
    code = desk.codes.get(reference)
    person = desk.people.get(code.person) if code is not None else None
    if code is None or person is None or outcome == "sent":
        return
    name, until = linking.account(code.address), code.expires_at or desk.now
    if outcome == "waiting":
        desk.tell(person, words.code_waits(name, medium(code.address), until, people.zone(person)))
        return
    linking.drop(desk, code)
    # A mail server's words may hold the address that mail there goes on to.
    desk.tell(person, words.code_lost(name, "" if letter.style is Style.LETTER else reason))


@on_timer("code-expires")
def code_expires(desk: Desk, about: str, late_seconds: float) -> None:
    """A code that was not used is forgotten."""
    code = desk.codes.get(about)
    if code is not None:
        desk.drop(code)


@on_timer("codes-counted")
def codes_counted(desk: Desk, about: str, late_seconds: float) -> None:
    """A day after the first code to an address, or by a person, codes may be sent again."""
    linking.forget_count(desk, about)
