"""One sync: asked for whole, gaps in rooms' timelines included, then read into a batch. What is known of the rooms is kept here.

Spec: https://spec.matrix.org/v1.18/client-server-api/#syncing, #getmatrixclientv3roomsroomidmessages.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.matrix_client_http import V3, Http, path
from adapters.matrix_client_rooms import (
    Decrypt,
    Room,
    each,
    entered,
    merged,
    of,
    read,
    read_invitation,
    read_left,
    text,
)
from adapters.matrix_parts import Batch, Left, LoggedOut, MatrixError, Seen, Unreachable

log = logging.getLogger(__name__)

TIMELINE_EVENTS = 100  # of a room in one sync; the homeserver leaves out what is before
GAP_EVENTS_MAX = 1_000  # of a room are fetched to fill what was left out
FULL_STATE_SECONDS = 120.0
_NOTHING: dict[str, list[str]] = {"types": []}
_FILTER = json.dumps(
    {
        "presence": _NOTHING,
        "account_data": _NOTHING,
        "room": {
            "timeline": {"limit": TIMELINE_EVENTS, "lazy_load_members": True},
            "state": {"lazy_load_members": True},
            "ephemeral": _NOTHING,
            "account_data": _NOTHING,
        },
    }
)


@dataclass
class Synced:
    """A homeserver's answer to one sync, and the older events of the rooms whose timeline had a gap."""

    raw: dict[str, Any]
    full: bool
    older: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)


async def fetch(http: Http, me: str, since: str, *, timeout_ms: int, full_state: bool) -> Synced:
    """Ask for a sync and for what its gaps left out. Changes nothing, so that it may fail anywhere."""
    query = {"filter": _FILTER, "timeout": str(timeout_ms)} | ({"since": since} if since else {})
    seconds = http.request_seconds + timeout_ms / 1000
    if full_state:
        query["full_state"] = "true"
        seconds = max(seconds, FULL_STATE_SECONDS)
    raw = await http.ask("GET", V3 + "/sync", query=query, seconds=seconds)
    if not text(raw, "next_batch"):
        raise Unreachable("the homeserver's sync does not say where the next one begins")
    synced = Synced(raw, full_state)
    for kind in ("join", "leave"):
        for room, info in of(raw, "rooms", kind).items():
            timeline = of(info, "timeline")
            came = any(entered(event, me) for event in each(timeline, "events"))
            if since and timeline.get("limited") is True and not came:
                await _fill(http, me, room, since, text(timeline, "prev_batch"), synced)
    return synced


async def _fill(http: Http, me: str, room: str, since: str, start: str, synced: Synced) -> None:
    """Fetch a room's events between `since` and the start of its timeline, back to our own joining at the most."""
    newest_first: list[dict[str, Any]] = []
    while start:
        if len(newest_first) >= GAP_EVENTS_MAX:
            synced.missed.append(room)
            break
        query = {"dir": "b", "from": start, "to": since, "limit": str(TIMELINE_EVENTS)}
        try:
            answer = await http.ask("GET", path("rooms", room, "messages"), query=query)
        except (Unreachable, LoggedOut):
            raise
        except MatrixError as problem:
            if problem.status == 429:
                raise
            log.warning("what was said in room %s before cannot be read: %s", room, problem)
            synced.missed.append(room)
            break
        page = each(answer, "chunk")
        coming = next((index for index, event in enumerate(page) if entered(event, me)), len(page))
        newest_first += page[: coming + 1]
        if coming < len(page) or not page:
            break
        start = text(answer, "end")
    synced.older[room] = newest_first[::-1]


class Rooms:
    """The rooms we are in, as far as syncs told."""

    def __init__(self, me: str) -> None:
        self.known: dict[str, Room] = {}
        self.once_encrypted: frozenset[str] = frozenset()
        self._me = me

    def encrypted(self, room: str) -> bool:
        """Whether a room is encrypted, or ever was: that cannot be taken back."""
        return room in self.once_encrypted or bool(room in self.known and self.known[room].algorithm)

    def newly_encrypted(self) -> frozenset[str]:
        """Encrypted rooms that are not noted yet; they count as noted then."""
        new = frozenset(room for room, known in self.known.items() if known.algorithm) - self.once_encrypted
        self.once_encrypted |= new
        return new

    def learn(self, room: str, events: Iterable[Any]) -> None:
        """Take a room's whole state. Raises MatrixError (M_FORBIDDEN) when we are not in it."""
        known = Room()
        known.members = {}
        for event in events:
            if isinstance(event, dict):
                known.take(event)
        if known.members.get(self._me) != "join":
            raise MatrixError(f"we are not in room {room}", 403, "M_FORBIDDEN")
        self.known[room] = self._kept_encrypted(room, known)

    def take(self, synced: Synced, decrypt: Decrypt, to_device: list[Mapping[str, Any]]) -> Batch:
        """Learn from a sync and make it a batch."""
        rooms = of(synced.raw, "rooms")
        seen: list[Seen] = []
        for room, info in of(rooms, "join").items():
            events = merged(synced.older.get(room, ()), each(info, "timeline", "events"))
            self._learn_more(room, info, full=synced.full)
            seen += self._read(room, events, decrypt)
        left = []
        for room, info in of(rooms, "leave").items():
            events = merged(synced.older.get(room, ()), each(info, "timeline", "events"))
            seen += self._read(room, events, decrypt)
            left.append(self._gone(room, info))
        invited = (read_invitation(room, info, self._me) for room, info in of(rooms, "invite").items())
        return Batch(
            text(synced.raw, "next_batch"),
            tuple(seen),
            tuple(one for one in invited if one is not None),
            tuple(left),
            tuple(to_device),
            tuple(synced.missed),
        )

    def _gone(self, room: str, info: Any) -> Left:
        self.known.pop(room, None)
        return read_left(room, info, self._me)

    def _learn_more(self, room: str, info: Any, *, full: bool) -> None:
        known = Room() if full or room not in self.known else self.known[room]
        if of(info, "timeline").get("limited") is True:
            known.members = None  # lazily loaded: who came or went in the gap is not told
        for event in (*each(info, "state", "events"), *each(info, "timeline", "events")):
            known.take(event)
        self.known[room] = self._kept_encrypted(room, known)

    def _kept_encrypted(self, room: str, known: Room) -> Room:
        if room in self.once_encrypted and not known.algorithm:
            known.algorithm = "?"
        return known

    def _read(self, room: str, events: list[dict[str, Any]], decrypt: Decrypt) -> list[Seen]:
        seen = []
        for event in events:
            one = read(room, event, decrypt)
            if one is None:
                log.warning("event %s of room %s is malformed and left out", event.get("event_id"), room)
            else:
                seen.append(one)
        return seen
