"""Addresses and ids that only we can have made: reply addresses, bounce addresses (VERP), self-receipts, Message-IDs.

All are keyed hashes (blake2b) over what they say, so nothing about them has to be remembered; compared in
constant time. Pure: the key is an argument. RFC 5233 (subaddressing), RFC 5321 section 4.5.3.1.1 (64 octets).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

LOCAL_OCTETS_MAX = 64
_HALF = 13  # characters of base32: 65 bits
_MAC = 2 * _HALF
_ABOUT = re.compile(r"(?:[a-z][0-9]{1,19}|re|unsub)")
_REPLY = re.compile(rf"({_ABOUT.pattern})\.([a-z2-7]{{{_MAC}}})")
_RECEIPT = re.compile(rf"s([0-9]{{1,19}})\.([a-z2-7]{{{_MAC}}})")
_BOUNCE = re.compile(rf"b\.([a-z2-7]{{{_MAC}}})(?:\.(.+))?", re.DOTALL)
_VERP_SAFE = re.compile(r"[A-Za-z0-9._+=-]+@[A-Za-z0-9.-]+")


class Use(Enum):
    """What an address of ours is for."""

    FOREIGN = "not ours"
    PLAIN = "relaybot itself"
    LIST = "a programme's list"
    REPLY = "an answer to a letter"
    RECEIPT = "our own copy of a letter"
    BOUNCE = "mail that comes back"


@dataclass(frozen=True, slots=True)
class Destination:
    """What a recipient address says. A mac in it is checked already, except where `mac` says otherwise."""

    use: Use
    programme: str = ""  # LIST, REPLY, RECEIPT
    about: str = ""  # REPLY: "A19", "" for an answer about nothing in particular
    letter: int = 0  # RECEIPT
    address: str = ""  # BOUNCE: the reader it was sent to, "" where that did not fit
    mac: str = ""  # REPLY: compare with `Tokens.is_from`; BOUNCE without address: with `Tokens.is_bounce_of`


class Tokens:
    """Makes and reads the addresses of one relaybot.

    `lists` are the programmes' list addresses; every programme that may write letters has to be in `programmes`.
    """

    def __init__(
        self, key: bytes, address: str, lists: Mapping[str, str], programmes: Sequence[str], id_domain: str = ""
    ) -> None:
        self._key = key
        self.user, _, self.domain = address.rpartition("@")
        self.domain = self.domain.lower()
        self.address = f"{self.user}@{self.domain}"
        self._lists = {fold(listed): programme for programme, listed in lists.items()}
        self._programmes = tuple(programmes)
        self._id_domain = id_domain or self.domain

    # -------------------------------------------------------------------------------------------- made

    def reply_address(self, programme: str, about: str, to: str) -> str:
        """Where an answer of `to` about an object goes; `about` as in Letter.about, "" for nothing in particular."""
        name = about.lower()
        if not _ABOUT.fullmatch(name):
            name = "re"
        return f"{self.user}+{name}.{self._reply_mac(programme, name, to)}@{self.domain}"

    def bounce_address(self, to: str) -> str:
        """The envelope sender of a letter to `to` (VERP): it says by itself whose letter came back, if it fits."""
        short = f"{self.user}+b.{self._mac('bounce', fold(to))}"
        if _VERP_SAFE.fullmatch(to):
            local = f"{short}.{to.replace('@', '=')}"
            if len(local) <= LOCAL_OCTETS_MAX:
                return f"{local}@{self.domain}"
        return f"{short}@{self.domain}"

    def receipt_address(self, programme: str, letter: int) -> str:
        """The second recipient of a letter: when that copy comes in, the mail server has taken the letter."""
        return f"{self.user}+s{letter}.{self._mac('receipt', programme, str(letter))}@{self.domain}"

    def message_id(self, programme: str, letter: int, to: str) -> str:
        """The Message-ID of a letter: the same whenever it is sent, telling nothing about it."""
        return f"<{self._mac('message', programme, str(letter), to)}@{self._id_domain}>"

    def thread_id(self, programme: str, about: str, to: str) -> str:
        """The Message-ID all letters about one object to one reader refer to; nobody was ever sent it."""
        return f"<{self._mac('thread', programme, about, fold(to))}.t@{self._id_domain}>"

    def loop_mark(self) -> str:
        """The value of X-Relaybot-Loop: the same in all our mails, another one at any other relaybot."""
        return self._mac("loop", self.address)

    # -------------------------------------------------------------------------------------------- read

    def read(self, recipient: str) -> Destination:
        """What a recipient address is for. A token that is not right makes it a plain address of ours."""
        folded = fold(recipient)
        programme = self._lists.get(folded)
        if programme is not None:
            return Destination(Use.LIST, programme)
        local, _, domain = recipient.rpartition("@")
        user, _, rest = local.partition("+")
        if domain.lower() != self.domain or user.lower() != self.user.lower():
            return Destination(Use.FOREIGN)
        return self._token(rest) or Destination(Use.PLAIN)

    def _token(self, rest: str) -> Destination | None:
        if found := _RECEIPT.fullmatch(rest.lower()):
            letter = int(found[1])
            for programme in self._programmes:
                if self._same(found[2], self._mac("receipt", programme, str(letter))):
                    return Destination(Use.RECEIPT, programme, letter=letter)
        if found := _REPLY.fullmatch(rest.lower()):
            name, mac = found[1], found[2]
            about = "" if name == "re" else name.upper()
            for programme in self._programmes:
                if self._same(mac[_HALF:], self._seal(programme, name, mac[:_HALF])):
                    return Destination(Use.REPLY, programme, about, mac=mac)
        elif found := _BOUNCE.fullmatch(rest):
            return self._bounce(found[1].lower(), found[2] or "")
        return None

    def _bounce(self, mac: str, verp: str) -> Destination | None:
        if not verp:
            return Destination(Use.BOUNCE, mac=mac)
        user, _, domain = verp.rpartition("=")
        address = f"{user}@{domain}"
        if self._same(mac, self._mac("bounce", fold(address))):
            return Destination(Use.BOUNCE, address=address)
        return None

    def is_from(self, destination: Destination, sender: str) -> bool:
        """Whether a reply comes from the address the letter was written to."""
        name = destination.about.lower() or "re"
        return self._same(destination.mac, self._reply_mac(destination.programme, name, sender))

    def is_bounce_of(self, destination: Destination, address: str) -> bool:
        """Whether a bounce address without the reader's address was made for this one."""
        return self._same(destination.mac, self._mac("bounce", fold(address)))

    # -------------------------------------------------------------------------------------------- macs

    def _reply_mac(self, programme: str, about: str, to: str) -> str:
        """Two halves: the first depends on the reader, the second seals object and first half.

        So a token is known as ours whoever sends it (the seal, 65 bits), and whether it came from the address
        it was written to takes all 130 bits.
        """
        first = self._mac("reader", programme, about, fold(to))[:_HALF]
        return first + self._seal(programme, about, first)

    def _seal(self, programme: str, about: str, first: str) -> str:
        return self._mac("seal", programme, about, first)[:_HALF]

    def _mac(self, *parts: str) -> str:
        data = b"\0".join(part.encode("utf-8", "surrogateescape") for part in parts)
        digest = hashlib.blake2b(data, key=self._key, digest_size=20, person=b"relaybot mail").digest()
        return base64.b32encode(digest).decode().lower()[:_MAC]

    @staticmethod
    def _same(left: str, right: str) -> bool:
        return hmac.compare_digest(left.encode("utf-8", "surrogateescape"), right.encode())


def fold(address: str) -> str:
    """An address for comparison: people and servers change its case."""
    return address.strip().casefold()
