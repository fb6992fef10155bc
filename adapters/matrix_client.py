"""A Matrix client with end-to-end encryption and a typed face: logs in, syncs, sends; every failure is one of matrix_parts' errors.

Spec: https://spec.matrix.org/v1.18/client-server-api/. Requests go out in matrix_client_http, encryption is in
matrix_client_keys (nio), the rooms' state and the reading of events in matrix_client_rooms, gaps in matrix_client_sync.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from adapters import matrix_sign
from adapters.matrix_client_http import V3, Http, path
from adapters.matrix_client_keys import Keys, kept
from adapters.matrix_client_rooms import ENCRYPTED, MEGOLM, Room, each, of, power_override, read, text
from adapters.matrix_client_store import Folder
from adapters.matrix_client_sync import Rooms, Synced, fetch
from adapters.matrix_parts import Batch, LoggedOut, MatrixError, Seen, Session, Unkept, Unreachable, Unsafe
from adapters.matrix_sign import Estranged

log = logging.getLogger(__name__)

Preset = Literal["trusted_private_chat", "private_chat", "public_chat"]


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
        self._device_name, self._secret = device_name, secret
        self._signing = matrix_sign.identity_keys(secret, user_id)
        self._http = Http(homeserver, request_seconds)
        self._folder = Folder(store)
        self._keys: Keys | None = None
        self._rooms = Rooms(user_id)
        self._full = True  # the next sync needs all state: nothing is known yet
        self._room_version = ""  # what the homeserver makes new rooms of

    # ----------------------------------------------------------------------------------------------- the session

    async def enter(self, session: Session | None, password: str) -> Session:
        """Go on with a session, or log in: to the same device where it still exists, else to a new one.

        Raises Unsafe when encryption cannot be what it has to be, MatrixError (M_FORBIDDEN) for a wrong password.
        """
        self._folder.lock()
        if session is not None and session.user_id != self.user_id:
            session = None  # another account's: its token is shown to nobody
        if session is not None and not self._folder.has_store():
            await self._abandon(session)
            session = None
        if session is not None:
            session = await self._resume(session, password)
        if session is not None:
            try:
                await self._open(session, password, restored=True)
                return session
            except Estranged as problem:  # the key store is another's, or older than the device: both are of no use now
                log.warning("logging in as a new device: %s", problem)
                await self._abandon(session)
        self._let_go()
        self._folder.clear()
        session = await self._login(password, "")
        try:
            await self._open(session, password, restored=False)
        except MatrixError:  # else every start that fails leaves a device behind
            await self._abandon(session)
            raise
        return session

    async def _resume(self, session: Session, password: str) -> Session | None:
        """The session if it still holds, after a soft logout a new one of the same device; None after a hard one."""
        try:
            answer = await self._http.ask("GET", path("account", "whoami"), token=session.access_token)
        except LoggedOut as gone:
            return await self._login(password, session.device_id) if gone.soft else None
        same = (text(answer, "user_id"), text(answer, "device_id")) == (session.user_id, session.device_id)
        return session if same else None

    async def _login(self, password: str, device: str) -> Session:
        """Log in, to a device that exists or ("") to a new one."""
        body: dict[str, Any] = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.user_id},
            "password": password,
            "initial_device_display_name": self._device_name,
        }
        if device:
            body["device_id"] = device
        answer = await self._http.ask("POST", path("login"), body, token="")
        session = Session(*(text(answer, name) for name in ("user_id", "device_id", "access_token")))
        if session.user_id != self.user_id or not session.device_id or not session.access_token:
            raise MatrixError(f"logging in as {self.user_id} gave a session of {session.user_id or 'nobody'}")
        return session

    async def _open(self, session: Session, password: str, *, restored: bool) -> None:
        """Open the key store of a session's device, publish its keys and have our identity sign it."""
        self._let_go()
        self._http.token, self.device_id = session.access_token, session.device_id
        passphrase = matrix_sign.derive(self._secret, "key store").hex()
        with kept():
            keys = Keys(self._folder.path, self.user_id, session.device_id, passphrase, self._http.ask)
        self._keys = keys
        if restored and keys.fresh:
            raise Estranged("the key store has no keys of this device")
        with kept():
            await self._sign(keys, password)
            self._rooms.once_encrypted = keys.encrypted_rooms()

    async def _sign(self, keys: Keys, password: str) -> None:
        """Publish this device as one of ours."""
        await matrix_sign.ensure(
            self._http.ask,
            self.user_id,
            self.device_id,
            keys.device_key,
            self._signing,
            keys.sign,
            password,
            keys.publish,
        )

    async def _abandon(self, session: Session) -> None:
        """Remove a device that is of no use any more, as far as that can be done."""
        with contextlib.suppress(MatrixError):  # it is gone already, or stays as a name in a list
            await self._http.ask("POST", path("logout"), {}, token=session.access_token)

    def _let_go(self) -> None:
        if self._keys is not None:
            self._keys.close()
            self._keys = None
        self._rooms = Rooms(self.user_id)
        self._full = True

    def _opened(self) -> Keys:
        if self._keys is None:
            raise Unsafe("there is no key store open: enter() has to come first")
        return self._keys

    async def close(self) -> None:
        """Let go of the connection, the key store and its lock."""
        self._let_go()
        self._folder.unlock()
        await self._http.close()

    # -------------------------------------------------------------------------------------------------- receiving

    async def sync(self, since: str, *, timeout_ms: int = 30_000, full_state: bool = False) -> Batch:
        """What happened since then, gaps filled and decrypted; waits up to `timeout_ms` for something to happen.

        The first one of a process brings the state of all rooms, and does not wait. What is asked for again with the
        same `since` comes again. Raises Unreachable, LoggedOut, MatrixError; nothing is lost then.
        """
        keys = self._opened()
        synced: Synced = await fetch(
            self._http, self.user_id, since, timeout_ms=timeout_ms, full_state=self._full or full_state
        )
        # Nothing below asks the homeserver before the batch is whole: half of one would be taken twice.
        with kept():
            clear = keys.hear(each(synced.raw, "to_device", "events"))
            keys.changed(synced.raw)
            keys.count(synced.raw)
            batch = self._rooms.take(synced, keys.decrypt, clear)
            keys.remember_encrypted(self._rooms.newly_encrypted())
        self._full = False
        try:
            with kept():
                await keys.publish()
                await keys.tidy()
        except Unkept:
            raise
        except MatrixError as problem:  # the next sync tries again, and the batch is whole
            log.warning("the encryption keys of this device could not be renewed: %s", problem)
        return batch

    async def event(self, room: str, id: str) -> Seen | None:  # noqa: A002
        """One event; None where it is not or may not be seen."""
        try:
            raw = await self._http.ask("GET", path("rooms", room, "event", id))
        except MatrixError as problem:
            if problem.status in {403, 404}:
                return None
            raise
        return read(room, raw, self._opened().decrypt)

    async def recent(self, room: str, limit: int = 100) -> tuple[Seen, ...]:
        """The latest events of a room, newest first."""
        query = {"dir": "b", "limit": str(limit)}
        answer = await self._http.ask("GET", path("rooms", room, "messages"), query=query)
        decrypt = self._opened().decrypt
        seen = (read(room, event, decrypt) for event in each(answer, "chunk"))
        return tuple(one for one in seen if one is not None)

    async def mark_read(self, room: str, event_id: str) -> None:
        """Move our read marker, seen by nobody else."""
        body = {"m.fully_read": event_id, "m.read.private": event_id}
        await self._http.ask("POST", path("rooms", room, "read_markers"), body)

    # ---------------------------------------------------------------------------------------------------- sending

    async def send(self, room: str, type: str, content: Mapping[str, Any], transaction: str) -> str:  # noqa: A002
        """Send an event, encrypted where the room is; its id. The same transaction sends once, however often asked.

        Raises Unsafe, and sends nothing, where it could only go out in clear though the room is encrypted.
        """
        keys = self._opened()
        try:
            async with asyncio.timeout(2 * self._http.request_seconds):  # all of it: several requests may be needed
                known = await self._known(room)
                if known.algorithm:
                    if known.algorithm != MEGOLM:
                        raise Unsafe(f"room {room} is encrypted in a way that is not known ({known.algorithm})")
                    if known.members is None:
                        await self.members(room)
                    with kept():
                        content = await keys.encrypt(room, known.audience(), type, content)
                    type = ENCRYPTED  # noqa: A001
                answer = await self._http.ask("PUT", path("rooms", room, "send", type, transaction), content)
        except TimeoutError:
            raise Unreachable(f"sending to room {room} took too long") from None
        if event := text(answer, "event_id"):
            return event
        raise Unreachable("the homeserver took an event without telling its id")

    async def to_device(self, user: str, device: str, type: str, content: Mapping[str, Any]) -> None:  # noqa: A002
        """Send an event in clear to one device."""
        body = {"messages": {user: {device: dict(content)}}}
        await self._http.ask("PUT", path("sendToDevice", type, str(uuid.uuid4())), body)

    # ------------------------------------------------------------------------------------- state and account data

    async def state(self, room: str, type: str, key: str = "") -> dict[str, Any] | None:  # noqa: A002
        """The content of a state event, asked from the homeserver; None where there is none."""
        return await self._or_none(path("rooms", room, "state", type, key))

    async def account_data(self, type: str) -> dict[str, Any] | None:  # noqa: A002
        """Our own account data of a type (`m.direct`); None where there is none."""
        return await self._or_none(path("user", self.user_id, "account_data", type))

    async def set_account_data(self, type: str, content: Mapping[str, Any]) -> None:  # noqa: A002
        """Write account data of ours."""
        await self._http.ask("PUT", path("user", self.user_id, "account_data", type), content)

    async def set_name(self, name: str) -> None:
        """Set our display name."""
        await self._http.ask("PUT", path("profile", self.user_id, "displayname"), {"displayname": name})

    async def set_avatar(self, picture: bytes, media_type: str) -> None:
        """Upload a picture and show it as ours."""
        url = await self._http.upload(picture, media_type)
        await self._http.ask("PUT", path("profile", self.user_id, "avatar_url"), {"avatar_url": url})

    async def display_name(self, user: str) -> str:
        """A user's display name; "" without one."""
        return text(await self._or_none(path("profile", user, "displayname")) or {}, "displayname")

    async def _or_none(self, where: str) -> dict[str, Any] | None:
        try:
            return await self._http.ask("GET", where)
        except MatrixError as problem:
            if problem.code == "M_NOT_FOUND":
                return None
            raise

    # ------------------------------------------------------------------------------------------------------ rooms

    async def create_room(
        self,
        *,
        name: str = "",
        invite: Iterable[str] = (),
        direct: bool = False,
        encrypted: bool = True,
        preset: Preset = "trusted_private_chat",
        levels: Mapping[str, Any] | None = None,
        state: Iterable[Mapping[str, Any]] = (),
    ) -> str:
        """Make a room; its id. `levels` overrides m.room.power_levels; what it says of creators is set right.

        `state` are more state events that it has from the beginning, each with type, state_key and content.

        From room version 12 on "trusted_private_chat" makes the invited creators as well: nobody can ever remove them.
        """
        body: dict[str, Any] = {"preset": preset, "is_direct": direct, "invite": list(invite)}
        body |= {"name": name} if name else {}
        body["initial_state"] = [dict(event) for event in state]
        if encrypted:
            content = {"algorithm": MEGOLM}
            body["initial_state"].append({"type": "m.room.encryption", "state_key": "", "content": content})
        if levels is not None:
            creators = body["invite"] if preset == "trusted_private_chat" else ()
            version = await self._version()
            body["power_level_content_override"] = power_override(levels, self.user_id, creators, version)
        room = text(await self._http.ask("POST", path("createRoom"), body), "room_id")
        if not room:
            raise Unreachable("the homeserver made a room without telling its id")
        if encrypted:  # before anything can be sent there
            self._opened().remember_encrypted([room])
            self._rooms.once_encrypted |= {room}
        await self._learn(room)
        return room

    async def _version(self) -> str:
        """The room version this homeserver gives to new rooms."""
        if not self._room_version:
            answer = await self._http.ask("GET", V3 + "/capabilities")
            self._room_version = text(of(answer, "capabilities", "m.room_versions"), "default") or "1"
        return self._room_version

    async def invite(self, room: str, user: str) -> None:
        """Invite a user."""
        await self._http.ask("POST", path("rooms", room, "invite"), {"user_id": user})
        self._is_now(room, user, "invite")

    async def kick(self, room: str, user: str, reason: str = "") -> None:
        """Remove a user, or take an invitation back."""
        body = {"user_id": user} | ({"reason": reason} if reason else {})
        await self._http.ask("POST", path("rooms", room, "kick"), body)
        self._is_now(room, user, "leave")

    def _is_now(self, room: str, user: str, membership: str) -> None:
        """What we did is true before a sync tells it: the next message is for whom we invited, not for whom we removed."""
        known = self._rooms.known.get(room)
        if known is not None and known.members is not None:
            known.members[user] = membership

    async def join(self, room_or_alias: str) -> str:
        """Join a room or accept an invitation; the room's id."""
        room = text(await self._http.ask("POST", path("join", room_or_alias), {}), "room_id") or room_or_alias
        await self._learn(room)
        return room

    async def leave(self, room: str, reason: str = "") -> None:
        """Leave a room or decline an invitation."""
        await self._http.ask("POST", path("rooms", room, "leave"), {"reason": reason} if reason else {})
        self._rooms.known.pop(room, None)

    async def resolve(self, alias: str) -> str:
        """The room id behind an alias. Raises MatrixError (M_NOT_FOUND)."""
        return text(await self._http.ask("GET", path("directory", "room", alias)), "room_id")

    async def members(self, room: str) -> dict[str, str]:
        """User id -> membership, asked from the homeserver."""
        answer = await self._http.ask("GET", path("rooms", room, "members"))
        members = {
            text(event, "state_key"): text(of(event, "content"), "membership") for event in each(answer, "chunk")
        }
        if room in self._rooms.known:
            self._rooms.known[room].members = dict(members)
        return members

    def encrypted(self, room: str) -> bool:
        """Whether a room is known to be encrypted."""
        return self._rooms.encrypted(room)

    def joined(self) -> frozenset[str]:
        """The rooms we are in, as known from sync."""
        return frozenset(self._rooms.known)

    async def _learn(self, room: str) -> None:
        """Know a room we have just made or joined before a sync tells of it, if that can be done."""
        with contextlib.suppress(MatrixError):  # it is asked for again when something is sent there
            await self._known(room)

    async def _known(self, room: str) -> Room:
        """What is known of a room; one that no sync has told of is asked for."""
        if room not in self._rooms.known:
            self._rooms.learn(room, await self._http.ask_list(path("rooms", room, "state")))
        return self._rooms.known[room]
