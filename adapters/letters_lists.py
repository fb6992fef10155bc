"""Mails that came through a list of others: which of them the list wrote itself, and who wrote what it sent under its own name.

A list puts its own address into From where DMARC would otherwise let readers' servers refuse a post ("Ana via Peers"). Who
wrote it then stands elsewhere, and is believed as little as any From line.
"""

from __future__ import annotations

import re

from adapters.letters_kinds import is_list
from adapters.letters_mime import Headers
from adapters.letters_people import mailboxes, normal

# Behind a list's name: Mailman's and Google's addresses for everything but posts.
SERVICE = re.compile(
    r"[-+](?:admin|bounces?|confirm|help|join|leave|loop|msgappr|noreply|owners?|request|sub(?:scribe|confirm)|unsub(?:scribe|confirm))"
    r"(?:[-+=].*)?",
    re.DOTALL,
)
VIA = re.compile(r"\s+via\s+.*$", re.IGNORECASE | re.DOTALL)


def is_service(address: str, lists: tuple[str, ...]) -> bool:
    """Whether this is a list's own address for notices, digests, requests to confirm: nobody wrote that."""
    local, _, domain = address.lower().rpartition("@")
    for listed in lists:
        name, _, where = listed.lower().rpartition("@")
        if domain == where and local.startswith(name) and SERVICE.fullmatch(local[len(name) :]):
            return True
    return False


def is_hidden(headers: Headers, address: str, lists: tuple[str, ...]) -> bool:
    """Whether a list has put its own address in place of the writer's."""
    return is_list(headers) and _same(address, lists)


def writer(headers: Headers, lists: tuple[str, ...], wrapped: tuple[str, str] | None) -> tuple[str, str]:
    """Name and address of who wrote a post that is hidden so; the address "" when nothing tells.

    `wrapped` is the sender of the mail inside, where the list has sent the whole post as one.
    """
    shown = next((name for name, _ in mailboxes(headers, "from")), "")
    name = VIA.sub("", shown).strip().strip("'\"")
    if wrapped is not None and wrapped[1] and not _same(wrapped[1], lists):
        return wrapped
    for header in ("x-original-from", "x-original-sender", "reply-to", "cc"):
        found = [(one, normal(address)) for one, address in mailboxes(headers, header)]
        others = [(one, address) for one, address in found if address and not _theirs(address, lists)]
        named = [(one, address) for one, address in others if one.strip("'\"").casefold() == name.casefold()]
        if header == "cc" or len(others) > 1:
            others = named  # copies go to anybody: only who is named as From names the writer counts
        if len(others) == 1:
            return others[0][0] or name, others[0][1]
    return name, ""


def _theirs(address: str, lists: tuple[str, ...]) -> bool:
    return _same(address, lists) or is_service(address, lists)


def _same(address: str, lists: tuple[str, ...]) -> bool:
    return address.casefold() in {listed.casefold() for listed in lists}
