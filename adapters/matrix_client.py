"""A Matrix client with end-to-end encryption and a typed face: logs in, syncs, sends; every failure is one of matrix_parts' errors.

Spec: https://spec.matrix.org/v1.18/client-server-api/. Requests go out in matrix_client_http, encryption is in matrix_client_crypto.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from adapters.matrix_parts import Batch, Seen, Session

Preset = Literal["trusted_private_chat", "private_chat", "public_chat"]
CREATOR = 2**53  # the power level of a room's creator from room version 12 on: above every other


class Client:
    """One device of one account. Nothing is retried in here; what failed may be asked again."""

    def __init__(
        self,
        homeserver: str,
        user_id: str,
        store: Path,
        secret: bytes,
        device_name: str = "relaybot",
        *,
        request_seconds: float = 30,
    ) -> None:
        """`store` is a folder of this device alone; `secret`, 32 bytes, must stay the same for ever."""
        self.user_id = user_id
        self.device_id = ""

    async def enter(self, session: Session | None, password: str) -> Session:
        """Go on with a session, or log in: to the same device where it still exists, else to a new one.

        Raises Unsafe when encryption cannot be what it has to be, MatrixError (M_FORBIDDEN) for a wrong password.
        """
        raise NotImplementedError

    async def sync(self, since: str, *, timeout_ms: int = 30_000, full_state: bool = False) -> Batch:
        """What happened since then, gaps filled and decrypted; waits up to `timeout_ms` for something to happen."""
        raise NotImplementedError

    async def send(self, room: str, type: str, content: Mapping[str, Any], transaction: str) -> str:  # noqa: A002
        """Send an event, encrypted where the room is; its id. The same transaction sends once, however often asked."""
        raise NotImplementedError

    async def redact(self, room: str, event: str, transaction: str, reason: str = "") -> str:
        """Take an event back; the id of the redaction."""
        raise NotImplementedError

    async def state(self, room: str, type: str, key: str = "") -> dict[str, Any] | None:  # noqa: A002
        """The content of a state event, asked from the homeserver; None where there is none."""
        raise NotImplementedError

    async def set_state(self, room: str, type: str, key: str, content: Mapping[str, Any]) -> str:  # noqa: A002
        """Write a state event; its id."""
        raise NotImplementedError

    async def account_data(self, type: str) -> dict[str, Any] | None:  # noqa: A002
        """Our own account data of a type (`m.direct`); None where there is none."""
        raise NotImplementedError

    async def set_account_data(self, type: str, content: Mapping[str, Any]) -> None:  # noqa: A002
        """Write account data of ours."""
        raise NotImplementedError

    async def create_room(
        self,
        *,
        name: str = "",
        topic: str = "",
        invite: Iterable[str] = (),
        direct: bool = False,
        encrypted: bool = True,
        preset: Preset = "trusted_private_chat",
        levels: Mapping[str, Any] | None = None,
    ) -> str:
        """Make a room; its id. `levels` overrides m.room.power_levels; what it says of ourselves is set right."""
        raise NotImplementedError

    async def invite(self, room: str, user: str) -> None:
        """Invite a user."""
        raise NotImplementedError

    async def kick(self, room: str, user: str, reason: str = "") -> None:
        """Remove a user, or take an invitation back."""
        raise NotImplementedError

    async def join(self, room_or_alias: str) -> str:
        """Join a room or accept an invitation; the room's id."""
        raise NotImplementedError

    async def leave(self, room: str, reason: str = "") -> None:
        """Leave a room or decline an invitation."""
        raise NotImplementedError

    async def resolve(self, alias: str) -> str:
        """The room id behind an alias. Raises MatrixError (M_NOT_FOUND)."""
        raise NotImplementedError

    async def members(self, room: str) -> dict[str, str]:
        """User id -> membership, asked from the homeserver."""
        raise NotImplementedError

    def encrypted(self, room: str) -> bool:
        """Whether a room is known to be encrypted."""
        raise NotImplementedError

    def joined(self) -> frozenset[str]:
        """The rooms we are in, as known from sync."""
        raise NotImplementedError

    def power(self, room: str, user: str) -> int:
        """A user's power level; CREATOR for a creator from room version 12 on."""
        raise NotImplementedError

    def needs(self, room: str, what: str) -> int:
        """The power level for `invite`, `kick`, `ban`, `redact`, `notifications.room`, or for sending an event type."""
        raise NotImplementedError

    async def event(self, room: str, id: str) -> Seen | None:  # noqa: A002
        """One event; None where it is not or may not be seen."""
        raise NotImplementedError

    async def recent(self, room: str, limit: int = 100) -> tuple[Seen, ...]:
        """The latest events of a room, newest first."""
        raise NotImplementedError

    async def mark_read(self, room: str, event_id: str) -> None:
        """Move our read marker, seen by nobody else."""
        raise NotImplementedError

    async def set_name(self, name: str) -> None:
        """Set our display name."""
        raise NotImplementedError

    async def display_name(self, user: str) -> str:
        """A user's display name; "" without one."""
        raise NotImplementedError

    async def to_device(self, user: str, device: str, type: str, content: Mapping[str, Any]) -> None:  # noqa: A002
        """Send an event in clear to one device."""
        raise NotImplementedError

    async def devices_unreached(self, room: str) -> list[tuple[str, str]]:
        """Devices (user, device) of members which the room's current key did not reach."""
        raise NotImplementedError

    async def identity(self) -> dict[str, Any]:
        """For the doctor: device_signed, master_ours, unsigned_devices, one_time_keys."""
        raise NotImplementedError

    async def versions(self) -> dict[str, Any]:
        """What the homeserver speaks; needs no session."""
        raise NotImplementedError

    async def whoami(self, session: Session) -> str:
        """Whose session it is; changes nothing. Raises LoggedOut."""
        raise NotImplementedError

    async def logout(self) -> None:
        """End the session; the device is gone for ever."""
        raise NotImplementedError

    async def close(self) -> None:
        """Let go of the connection, the key store and its lock."""
        raise NotImplementedError
