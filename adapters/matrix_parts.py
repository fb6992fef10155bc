"""What the files of the Matrix medium hand each other: events as read, invitations, a batch of both, and errors; nothing here acts.

Field names follow the client-server API (https://spec.matrix.org/v1.18/client-server-api/) where it has a name for the thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Seen:
    """One event of a room's timeline, decrypted where that was possible.

    `sender` is what the homeserver vouches for, the only identity there is; who made the encryption keys proves nothing.
    """

    room: str
    id: str
    sender: str
    at: int  # origin_server_ts, milliseconds since 1970; 0 when it has none that can be read
    type: str  # of the decrypted event
    content: Mapping[str, Any]  # of the decrypted event
    encrypted: bool = False  # it came encrypted and could be read
    unreadable: str = ""  # it could not be decrypted: its Megolm session, "?" when it names none
    state_key: str | None = None
    transaction: str = ""  # our own transaction id, for what this very device sent


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation of ours that is open, as far as an invited user can see the room."""

    room: str
    inviter: str
    direct: bool  # is_direct of the invitation
    join_rule: str  # "invite" where nothing is said


@dataclass(frozen=True, slots=True)
class Left:
    """A room we are no longer in, or an invitation that was taken back: who did that, with what membership."""

    room: str
    by: str
    membership: str  # leave | ban


@dataclass(frozen=True, slots=True)
class Batch:
    """What one sync brought. `since` may be stored when everything in it was taken care of, not before."""

    since: str
    seen: tuple[Seen, ...] = ()  # room by room, oldest first within a room, gaps filled; our own events included
    invited: tuple[Invited, ...] = ()
    left: tuple[Left, ...] = ()
    to_device: tuple[Mapping[str, Any], ...] = ()  # what was sent to this device in clear (verification requests ...)
    missed: tuple[str, ...] = ()  # rooms whose gap could not be filled to its end


@dataclass(frozen=True, slots=True)
class Session:
    """A device of ours: with the same device a transaction id is the same for ever."""

    user_id: str
    device_id: str
    access_token: str = field(repr=False)


class MatrixError(Exception):
    """The homeserver said no. `status` is the HTTP status (0: none), `code` its errcode ("" when it gave none)."""

    def __init__(self, message: str, status: int = 0, code: str = "", retry_after_ms: int = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after_ms = status, code, retry_after_ms


class Unreachable(MatrixError):
    """No answer that could be understood: no connection, a timeout, a 5xx, a proxy's page. Whether it was done is unknown."""


class LoggedOut(MatrixError):
    """Our access token is not known any more; `soft`: the device still exists, log in to it again (spec: soft logout)."""

    def __init__(self, message: str, *, soft: bool) -> None:
        super().__init__(message, 401, "M_UNKNOWN_TOKEN")
        self.soft = soft


class Unkept(MatrixError):
    """The key store could not be written (disk full, read-only). What it has in memory is ahead of the disk now: log in anew from
    what is on it, and ask for the same batch again."""


class Unsafe(MatrixError):
    """Encryption is not what it has to be: switched off, or an identity that is not ours; nothing was sent."""


def passes(error: MatrixError) -> bool:
    """Whether the same request may work a while later: nobody answered, or we ask too often (429)."""
    return (
        isinstance(error, Unreachable | LoggedOut | Unkept)
        or error.retry_after_ms > 0
        or error.code == "M_LIMIT_EXCEEDED"
    )
