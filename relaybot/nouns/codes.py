"""One-time codes: how they look, how they are compared, and when one has been used up.

A code is shown once and kept only as a hash; whoever sends it back did receive it. Letters and
digits that are easily confused do not occur.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from relaybot.desk import Desk
from relaybot.model import Code, Person

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 12  # of 32 signs: 60 bits


def digest(code: str) -> str:
    """What is kept of a code: case, spaces and dashes do not matter."""
    plain = "".join(sign for sign in code.upper() if sign in ALPHABET)
    return blake2b(plain.encode(), digest_size=16, person=b"relaybot-code").hexdigest()


def spell(random: bytes) -> str:
    """A code out of LENGTH random bytes, e.g. "7K3Q-X2MA-94TB"."""
    signs = "".join(ALPHABET[byte % len(ALPHABET)] for byte in random[:LENGTH])
    return "-".join(signs[at : at + 4] for at in range(0, len(signs), 4))


def issue(desk: Desk, purpose: str, person: Person, address: str, expires_at: datetime) -> str:
    """Make a code for somebody; an earlier one for the same purpose is void. Returns it as it is shown, once."""
    for code in desk.codes.where("person", person.id):
        if code.purpose == purpose and code.address == address:
            desk.drop(code)
    shown = spell(bytes(desk.draw(256) for _ in range(LENGTH)))
    desk.put(Code(desk.name, digest(shown), purpose, person.id, address, expires_at))
    return shown


def valid(desk: Desk, said: str, purpose: str, person: int) -> bool:
    """Whether this is a code for somebody and a purpose, in time; it is not used up."""
    code = desk.codes.get(digest(said))
    if code is None or code.purpose != purpose or code.person != person:
        return False
    return code.expires_at is None or code.expires_at > desk.now


def take(desk: Desk, said: str, purpose: str) -> Code | None:
    """Use a code up: the record, dropped, if it is a valid one for this purpose, else None."""
    code = desk.codes.get(digest(said))
    if code is None or code.purpose != purpose:
        return None
    if code.expires_at is not None and code.expires_at <= desk.now:
        return None
    desk.drop(code)
    return code
