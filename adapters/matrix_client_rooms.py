"""What a sync says, read from its raw JSON: events, invitations, rooms left, and the little that is kept of each room. Pure.

Whatever a foreign server puts there is taken as it is or left out, never trusted to have a shape.
Spec: https://spec.matrix.org/v1.18/client-server-api/#syncing, #mroompower_levels; room version 12: creators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from adapters.matrix_parts import Invited, Left, Seen

CREATOR = 2**53  # the power level of a room's creator from room version 12 on: above every other
ENCRYPTED = "m.room.encrypted"
MEGOLM = "m.megolm.v1.aes-sha2"

# (room, event) -> type and content of what was encrypted. Raises Unreadable.
Decrypt = Callable[[str, Mapping[str, Any]], tuple[str, dict[str, Any]]]
_TOP_LEVELS = {"ban": 50, "invite": 0, "kick": 50, "redact": 50}
_MESSAGES = {"m.room.message", ENCRYPTED, "m.reaction", "m.room.redaction", "m.sticker"}


class Unreadable(Exception):
    """An event could not be decrypted; its text is the Megolm session, "?" when none is named."""


def of(thing: Any, *names: str) -> dict[str, Any]:
    """The object under a path of names, an empty one where there is none."""
    for name in names:
        thing = thing.get(name) if isinstance(thing, dict) else None
    return thing if isinstance(thing, dict) else {}


def each(thing: Any, *names: str) -> list[dict[str, Any]]:
    """The objects in the list under a path of names; whatever else is in it is left out."""
    found = of(thing, *names[:-1]).get(names[-1])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(thing: Mapping[str, Any], name: str) -> str:
    """The string under a name, "" where there is none."""
    found = thing.get(name)
    return found if isinstance(found, str) else ""


def read(room: str, event: Mapping[str, Any], decrypt: Decrypt) -> Seen | None:
    """One event as it is or was meant; None for what is no event at all."""
    id_, sender, type_, content = (event.get(name) for name in ("event_id", "sender", "type", "content"))
    if not (isinstance(id_, str) and isinstance(sender, str) and isinstance(type_, str) and isinstance(content, dict)):
        return None
    unsigned, at, state_key = of(event, "unsigned"), event.get("origin_server_ts"), event.get("state_key")
    unreadable = ""
    encrypted = type_ == ENCRYPTED
    if encrypted and "redacted_because" not in unsigned:
        try:
            type_, content = decrypt(room, event)
        except Unreadable as problem:
            unreadable = str(problem)
    return Seen(
        room,
        id_,
        sender,
        at if type(at) is int and at >= 0 else 0,
        type_,
        content,
        encrypted=encrypted and type_ != ENCRYPTED,
        unreadable=unreadable,
        state_key=state_key if isinstance(state_key, str) else None,
        transaction=text(unsigned, "transaction_id"),
    )


def read_invitation(room: str, info: Any, me: str) -> Invited | None:
    """An invitation of ours, from the few state events that come with it; None if it is not there."""
    events = each(info, "invite_state", "events")
    contents = {text(event, "type"): of(event, "content") for event in events if event.get("state_key") == ""}
    for event in events:
        content = of(event, "content")
        if (text(event, "type"), event.get("state_key")) == ("m.room.member", me) and content.get(
            "membership"
        ) == "invite":
            join_rule = text(of(contents, "m.room.join_rules"), "join_rule") or "invite"
            return Invited(room, text(event, "sender"), content.get("is_direct") is True, join_rule)
    return None


def read_left(room: str, info: Any, me: str) -> Left:
    """Who ended our being in a room, or our invitation to it, as far as the homeserver tells."""
    for event in reversed(each(info, "state", "events") + each(info, "timeline", "events")):
        if (text(event, "type"), event.get("state_key")) == ("m.room.member", me):
            membership = text(of(event, "content"), "membership")
            if membership in {"leave", "ban"}:
                return Left(room, text(event, "sender"), membership)
    return Left(room, "", "leave")


def entered(event: Mapping[str, Any], me: str) -> bool:
    """Whether an event is our own coming into its room."""
    return (
        (text(event, "type"), event.get("state_key")) == ("m.room.member", me)
        and of(event, "content").get("membership") == "join"
        and (of(event, "unsigned", "prev_content").get("membership") != "join")
    )


class Room:
    """What has to be known of a room we are in: how it is encrypted, who may what, who is in it once that was asked."""

    __slots__ = ("algorithm", "creators", "levels", "members", "version", "visibility")

    def __init__(self) -> None:
        self.algorithm = ""  # of m.room.encryption; once set it stays: encryption cannot be switched off (spec)
        self.levels: dict[str, Any] | None = None  # content of m.room.power_levels
        self.creators: frozenset[str] = frozenset()
        self.version = "1"
        self.visibility = "shared"
        self.members: dict[str, str] | None = None  # user id -> membership; None: not known, lazily loaded

    def take(self, event: Mapping[str, Any]) -> None:
        """Learn from a state event; any other is passed over."""
        state_key = event.get("state_key")
        type_, content = text(event, "type"), of(event, "content")
        if type_ == "m.room.member" and isinstance(state_key, str):
            if self.members is not None:
                self.members[state_key] = text(content, "membership")
        elif state_key != "":
            return
        elif type_ == "m.room.encryption":
            self.algorithm = text(content, "algorithm") or self.algorithm or "?"
        elif type_ == "m.room.power_levels":
            self.levels = content
        elif type_ == "m.room.history_visibility":
            self.visibility = text(content, "history_visibility")
        elif type_ == "m.room.create":
            self.version = text(content, "room_version") or "1"
            more = content.get("additional_creators")
            users = more if isinstance(more, list) else []
            self.creators = frozenset((text(event, "sender"), *(user for user in users if isinstance(user, str))))

    def audience(self) -> frozenset[str]:
        """Whom messages are encrypted to: the invited too, unless nobody sees what was said before they joined."""
        here = {"join"} if self.visibility == "joined" else {"join", "invite"}
        return frozenset(user for user, membership in (self.members or {}).items() if membership in here)

    def power(self, user: str) -> int:
        """A user's power level."""
        if user in self.creators and _creators_reign(self.version):
            return CREATOR
        if self.levels is None:
            return 100 if user in self.creators else 0
        return _number(of(self.levels, "users").get(user), _number(self.levels.get("users_default"), 0))

    def needs(self, what: str) -> int:
        """The power level for an act (`invite`, `kick`, `ban`, `redact`, `notifications.room`) or an event type."""
        levels = self.levels or {}
        if what in _TOP_LEVELS:
            return _number(levels.get(what), _TOP_LEVELS[what])
        if what == "notifications.room":
            return _number(of(levels, "notifications").get("room"), 50)
        if what in _MESSAGES or not what.startswith("m.room."):
            otherwise = _number(levels.get("events_default"), 0)
        else:
            otherwise = _number(levels.get("state_default"), 0 if self.levels is None else 50)
        return _number(of(levels, "events").get(what), otherwise)


def power_override(levels: Mapping[str, Any], me: str, creators: Iterable[str], version: str) -> dict[str, Any]:
    """Power levels for a room of our own: from version 12 on creators must not be named, before that we have to be."""
    users = {user: level for user, level in of(dict(levels), "users").items() if user != me}
    if _creators_reign(version):
        users = {user: level for user, level in users.items() if user not in set(creators)}
    else:
        users[me] = 100
    return {**levels, "users": users}


def merged(older: Iterable[dict[str, Any]], newer: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events in order, each once."""
    kept: dict[str, dict[str, Any]] = {}
    for event in (*older, *newer):
        kept.setdefault(text(event, "event_id"), event)
    return list(kept.values())


def _creators_reign(version: str) -> bool:
    """Whether a room version gives creators a power above all levels (room version 12)."""
    return version.isdecimal() and int(version) >= 12


def _number(value: Any, otherwise: int) -> int:
    """A power level; old rooms may have them as strings."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return otherwise
    try:
        return int(value)
    except ValueError:
        return otherwise
