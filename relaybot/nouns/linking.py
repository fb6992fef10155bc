"""Linking: reading an address on another medium, sending a code there, and believing whoever sends it back.

Nothing private goes to an address before its code came back: from where it was asked for, or from the address
itself. That an address belongs to somebody else already is told only after that, never to whoever just asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b

from relaybot.desk import Desk
from relaybot.model import Address, Code, Person, Style, Tally, medium
from relaybot.nouns import codes, people, profile
from relaybot.ports import Refused
from relaybot.words import linking as words

PURPOSE = "link"
THERE = "link there"  # sent to the address somebody is known at, to be typed at the other one
PROVED = "merge"  # both ends are proven, but the address belongs to another record: `merge` may be said
DAY_HOURS = 24

_SHAPES = {
    "mail": r"[^@\s:/<>,;\"]+@[^@\s:/<>,;\"]+\.[^@\s:/<>,;\".]+",
    "matrix": r"@[^@\s:/]+:[^@\s/]+",
    "irc": r"[^@\s:.,/#!?*&~]+",
}
LONGEST_ADDRESS = 200
_MATRIX_LINK = re.compile(r"https?://matrix\.to/#/(?=@|%40)|matrix:(?:u|user)/|matrix:(?=@)", re.I)


# -------------------------------------------------------------------------------------------- addresses


def account(address: str) -> str:
    """What people call an address: without the name of its network."""
    return address.partition("/")[2] or address


def shown(desk: Desk, address: str) -> str:
    """An address as its own reader is shown it: "ana on IRC", "ana@example.org"; the network's name where there are several."""
    if desk.style(address) is Style.LETTER:
        return account(address)
    same = [name for name in configured(desk) if medium(name) == medium(address)]
    name = address.partition("/")[0].partition(":")[2] if len(same) > 1 else ""
    return words.account_on(account(address), medium(address), name)


def is_place(desk: Desk, address: str) -> bool:
    """Whether many people read there: no private word may ever go to a list."""
    return address in {
        place for network in desk.policy.networks.values() for place in (network.public, network.moderators)
    }


def configured(desk: Desk) -> list[str]:
    """The networks somebody can be written to on."""
    return sorted(name for name in desk.policy.networks if medium(name) in _SHAPES)


def kinds(desk: Desk) -> list[str]:
    """The kinds of media somebody can be written to on: "irc", "mail"."""
    return list(dict.fromkeys(medium(name) for name in configured(desk)))


def read(text: str, networks: Sequence[str]) -> list[str]:
    """The addresses a text may mean on these networks; a nick may mean one on several, nonsense means none.

    A network may be named before it, as "matrix:home/" or "home/".
    """
    said = _unlinked(text.strip().strip("<>").removeprefix("mailto:").strip())
    name, slash, rest = said.partition("/")
    called = name.casefold()
    named = [n for n in networks if slash and name and called in {n.casefold(), n.casefold().partition(":")[2]}]
    found = [f"{n}/{_folded(medium(n), rest)}" for n in named if _fits(medium(n), rest)]
    if found or len(said) > LONGEST_ADDRESS:
        return found
    return [f"{n}/{_folded(medium(n), said)}" for n in networks if _fits(medium(n), said)]


def _unlinked(said: str) -> str:
    """A Matrix id out of what programs copy instead of it: a matrix.to link or a matrix: URI (Matrix specification, appendix "URIs")."""
    found = _MATRIX_LINK.match(said)
    if found is None:
        return said
    rest = re.sub("%40", "@", re.sub("%3A", ":", said[found.end() :].partition("?")[0], flags=re.I))
    return f"@{rest.removeprefix('@')}"


def _fits(medium: str, said: str) -> bool:
    printable = said.isprintable() and 0 < len(said) <= LONGEST_ADDRESS
    return printable and re.fullmatch(_SHAPES.get(medium, r"(?!)"), said) is not None


def _folded(medium: str, said: str) -> str:
    """As the medium's adapter writes it: accounts and mail addresses in small letters."""
    return said.casefold() if medium in {"irc", "mail"} else said


# ------------------------------------------------------------------------------------------------ codes


def lifetime(desk: Desk, address: str) -> timedelta:
    """How long a code sent to an address is valid."""
    if desk.style(address) is Style.LETTER:
        return timedelta(hours=desk.policy.mail.code_hours)
    return timedelta(minutes=desk.policy.reach.code_minutes)


def _valid(desk: Desk, code: Code, purpose: str = PURPOSE) -> bool:
    return code.purpose == purpose and (code.expires_at is None or code.expires_at > desk.now)


def of(desk: Desk, person: Person, purpose: str = PURPOSE) -> list[Code]:
    """The person's open codes, the one sent last at the end."""
    found = [c for c in desk.codes.where("person", person.id) if _valid(desk, c, purpose)]
    return sorted(found, key=lambda c: (c.expires_at or desk.now) - lifetime(desk, c.address))


def to(desk: Desk, address: str) -> list[Code]:
    """The open codes that were sent to an address."""
    return [c for c in desk.codes.where("address", address.casefold()) if _valid(desk, c)]


def drop(desk: Desk, code: Code) -> None:
    """A code counts no more."""
    desk.drop(code)
    desk.cancel("code-expires", code.digest)


def send(desk: Desk, person: Person, address: str, asked_at: str) -> str:
    """Send a code to an address, asked for from `asked_at`; returns the sentence for the person, raises Refused."""
    earlier = _may_send(desk, person, address)
    if earlier is not None:
        drop(desk, earlier)
    _count(desk, address)
    _count(desk, f"person {person.id}")
    code = codes.spell(bytes(desk.draw(256) for _ in range(codes.LENGTH)))
    digest, valid = codes.digest(code), lifetime(desk, address)
    desk.put(Code(desk.name, digest, PURPOSE, person.id, address, expires_at=desk.now + valid))
    desk.plan("code-expires", digest, desk.now + valid)
    letter = desk.style(address) is Style.LETTER
    _write(desk, address, asked_at, code, valid, letter=letter)
    return words.code_sent(account(address), medium(address), valid, letter=letter, again=earlier is not None)


def send_where_reached(desk: Desk, person: Person, address: str) -> str:
    """Somebody named a second way to reach them: a code goes there, unless a forged mail could have named it."""
    heard = desk.heard
    if heard is not None and not heard.proven:
        return words.reach_kept("")
    try:
        send(desk, person, address, heard.sender if heard is not None and heard.sender else person.home)
    except Refused as no:
        return words.reach_kept(str(no))
    return words.reach_noted()


def send_if_never(desk: Desk, person: Person, address: str) -> None:
    """The same for an address that was named beside other things, where nobody has been asked about it yet."""
    if not _counted(desk, address) and address not in people.addresses(desk, person):
        send_where_reached(desk, person, address)


def _write(desk: Desk, address: str, asked_at: str, code: str, valid: timedelta, *, letter: bool) -> None:
    title, who, where = profile.title(desk), account(asked_at)[:60], words.on(medium(asked_at))
    if letter:
        lines = words.asked_letter(title, who, where, code, valid)
    else:
        lines = (words.asked_line(title, who, where, code),)
    desk.post(
        address,
        *lines,
        expires_at=desk.now + valid,
        receipt=f"link-code {codes.digest(code)}",
        subject=words.asked_subject(title) if letter else "",
    )


def _may_send(desk: Desk, person: Person, address: str) -> Code | None:
    """The open code this one replaces, if any; raises Refused with the truth when none may be sent now."""
    mine, limits = people.addresses(desk, person), desk.policy.limits
    if is_place(desk, address):
        raise Refused(words.nobodys(account(address)))
    network = desk.network(address)
    if network is not None and network.is_own(address):
        raise Refused(words.mine(account(address)))
    if address in mine:
        raise Refused(words.already_linked(account(address)))
    if len(mine) >= limits.addresses:
        raise Refused(words.too_many_addresses(limits.addresses))
    open_now = of(desk, person)
    earlier = next((c for c in open_now if c.address == address), None)
    if earlier is not None and earlier.expires_at is not None:
        sent = earlier.expires_at - lifetime(desk, address)
        again = sent + timedelta(minutes=desk.policy.reach.resend_minutes)
        if again > desk.now:
            raise Refused(words.too_soon(account(address), sent, again, people.zone(person)))
    elif len(open_now) >= limits.open_codes:
        raise Refused(words.too_many_open([account(c.address) for c in open_now]))
    if _counted(desk, address) >= limits.codes_to_address:
        raise Refused(words.enough_there(account(address)))
    if _counted(desk, f"person {person.id}") >= limits.codes_by_person:
        raise Refused(words.enough_today())
    return earlier


def _name(what: str) -> str:
    """What counts the codes of an address or a person for a day, without keeping the address."""
    return blake2b(what.encode(), digest_size=8, person=b"relaybot-sent").hexdigest()


def _counted(desk: Desk, what: str) -> int:
    tally = desk.tallies.get(f"codes {_name(what)}")
    return tally.value if tally is not None else 0


def _count(desk: Desk, what: str, value: int = 0) -> None:
    name = _name(what)
    if desk.timers.get(("codes-counted", name)) is None:
        desk.plan("codes-counted", name, desk.now + timedelta(hours=DAY_HOURS))
    desk.put(Tally(desk.name, f"codes {name}", value or _counted(desk, what) + 1))


def forget_count(desk: Desk, name: str) -> None:
    """The day is over."""
    tally = desk.tallies.get(f"codes {name}")
    if tally is not None:
        desk.drop(tally)


def no_more_today(desk: Desk, address: str) -> None:
    """Whoever reads there wants no codes."""
    for code in to(desk, address):
        drop(desk, code)
    _count(desk, address, desk.policy.limits.codes_to_address)


# ----------------------------------------------------------------------------------------------- linked


def owner(desk: Desk, address: str, person: Person) -> Person | None:
    """Somebody else an address is known to belong to: proven, or where they write from."""
    row = desk.addresses.get(address)
    other = desk.people.get(row.person) if row is not None else None
    if row is None or other is None or other.id == person.id:
        return None
    return other if row.verified or other.home == address else None


def link(desk: Desk, person: Person, address: str) -> None:
    """The address is the person's from now on; every code sent there is used up."""
    desk.put(Address(desk.name, address, person.id))
    for code in [c for c in desk.codes.where("address", address.casefold()) if c.purpose in {PURPOSE, PROVED, THERE}]:
        drop(desk, code)
    desk.note(person.id, f"linked {medium(address)}", f"person {person.id}")
    if person.moderator:
        people.let_in(desk, address)


def keep_proof(desk: Desk, code: Code) -> None:
    """Both ends are proven; whoever asked may say `merge` for as long as a code by mail is valid."""
    drop(desk, code)
    until = desk.now + timedelta(hours=desk.policy.mail.code_hours)
    desk.put(Code(desk.name, code.digest, PROVED, code.person, code.address, expires_at=until))
    desk.plan("code-expires", code.digest, until)
