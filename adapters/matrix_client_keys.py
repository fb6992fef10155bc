"""The encryption of one device: nio's Olm machine and key store behind a typed face. The only file that imports nio.

nio's own client around that machine is left out: it loses what a callback fails on, skips all but the last ten events of
a room, hangs for ever after a failed key claim and calls a room key shared that reached nobody. What a room key still
has to reach is worked out anew before every message instead. Spec: .../client-server-api/#end-to-end-encryption.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nio.crypto
import peewee
from nio.crypto import Olm
from nio.events.to_device import OlmEvent
from nio.responses import KeysClaimResponse, KeysQueryResponse, KeysUploadResponse, ToDeviceResponse
from nio.store import SqliteStore

from adapters.matrix_client_http import path
from adapters.matrix_client_rooms import ENCRYPTED, MEGOLM, Unreadable, of, text
from adapters.matrix_parts import MatrixError, Unkept, Unsafe
from adapters.matrix_sign import Ask, Estranged, Key, genuine
from adapters.matrix_write import MARK

log = logging.getLogger(__name__)
for chatty in ("nio", "peewee"):  # they name people and write down what is stored; what matters of it is logged here
    logging.getLogger(chatty).setLevel(logging.CRITICAL)

STORE_NAME = "device.db"
AGAIN_SECONDS = 60.0  # until a user or device that gave no keys is asked again
_REMEMBERED_INDEXES = 10_000  # of decrypted messages, against replays; nio's own limit takes 14 MB
_QUERY_MILLISECONDS = 10_000  # how long the homeserver waits for other servers

# Stay in clear: the homeserver needs the one for threads and edits, and a later device of ours, which cannot decrypt what
# this one sent, knows by the other that it was sent (the homeserver has seen it as the transaction id).
_IN_CLEAR = ("m.relates_to", MARK)

Device = tuple[str, str]  # user id, device id


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """What happens in here is written to the key store, or it raises Unkept."""
    try:
        yield
    except peewee.PeeweeException as problem:
        raise Unkept(f"the key store cannot be written: {problem}") from problem


class Keys:
    """The key store of one device, open; belongs to one process at a time. All methods on the loop's own thread."""

    def __init__(self, folder: Path, user: str, device: str, passphrase: str, ask: Ask) -> None:
        """Opens or makes the key store. Raises Unsafe when it cannot be read with this passphrase."""
        if not nio.crypto.ENCRYPTION_ENABLED:
            raise Unsafe("the encryption library (vodozemac) is missing; install matrix-nio with its extra e2e")
        self.fresh = not (folder / STORE_NAME).exists()
        self._ask, self._me = ask, (user, device)
        self._store = SqliteStore(user, device, str(folder), passphrase, STORE_NAME)
        try:
            self.fresh = self.fresh or self._store.load_account() is None
            self._olm = Olm(user, device, self._store)
        except ValueError:  # what vodozemac's errors have in common
            self._store.database.close()
            raise Unsafe(
                f"the key store {folder / STORE_NAME} cannot be opened with this secret; put back the secret it was made"
                " with, or move the file away: relaybot then logs in as a new device"
            ) from None
        self._olm.message_index_store = type(self._olm.message_index_store)(_REMEMBERED_INDEXES)
        self._lock = asyncio.Lock()  # one at a time asks for keys or shares some: two would share different ones
        self._changed: set[str] = set()  # users whose devices changed since the query that is under way
        self._not_before: dict[str | Device, float] = {}  # users and devices without keys; monotonic seconds
        self._fallback_wanted = self.fresh

    @property
    def device_key(self) -> str:
        """The public Ed25519 key of this device."""
        key: str = self._olm.account.identity_keys["ed25519"]
        return key

    def sign(self, thing: dict[str, Any]) -> str:
        """This device's signature of a JSON object without signatures."""
        signature: str = self._olm.sign_json(thing)
        return signature

    def close(self) -> None:
        """Close the key store."""
        self._store.database.close()

    def encrypted_rooms(self) -> frozenset[str]:
        """Rooms that were encrypted once, and so are for ever, whatever a homeserver says later."""
        return frozenset(self._store.load_encrypted_rooms())

    def remember_encrypted(self, rooms: Collection[str]) -> None:
        """Note that rooms are encrypted."""
        if rooms:
            self._store.save_encrypted_rooms(set(rooms))

    # ---------------------------------------------------------------------------------------- our own public keys

    async def publish(self, signing: Key | None = None) -> None:
        """Upload the keys others need to reach this device, as far as they are missing there; the device's own signed.

        Raises Estranged when the homeserver has one-time keys of this device which its key store has not made.
        """
        account = self._olm.account
        body: dict[str, Any] = self._olm.share_keys() if self._olm.should_upload_keys else {}
        if signing is not None and "device_keys" in body:
            device = body["device_keys"]
            device["signatures"][self._me[0]][signing.id] = signing.sign(device)
        fallback = self._fallback_keys() if self._fallback_wanted else {}
        if fallback:
            body["fallback_keys"] = fallback
        if not body:
            return
        self._olm.save_account()  # before: a key that others can have must not be lost with this process
        try:
            answer = await self._ask("POST", path("keys", "upload"), body)
        except MatrixError as problem:
            if problem.status == 400 and "already exists" in str(problem):
                account.mark_keys_as_published()  # the next ones have other names
                raise Estranged("the homeserver has other one-time keys of this device than relaybot") from problem
            raise
        counted = of(answer, "one_time_key_counts").get("signed_curve25519")
        self._olm.handle_response(KeysUploadResponse(0, counted if type(counted) is int else 0))
        self._fallback_wanted = False

    def _fallback_keys(self) -> dict[str, Any]:
        """A new key for when all one-time keys are used up (spec: fallback keys). nio leaves vodozemac's out."""
        account = self._olm.account._account  # noqa: SLF001
        if not account.fallback_key:
            account.generate_fallback_key()
        keys = {}
        for name, key in account.fallback_key.items():
            thing = {"key": key.to_base64(), "fallback": True}
            signature = self.sign(thing)
            keys[f"signed_curve25519:{name}"] = thing | {
                "signatures": {self._me[0]: {f"ed25519:{self._me[1]}": signature}}
            }
        return keys

    def count(self, sync: Mapping[str, Any]) -> None:
        """Take from a sync how many one-time keys are left, and whether the fallback key was used."""
        if "device_one_time_keys_count" in sync:
            left = of(sync, "device_one_time_keys_count").get("signed_curve25519")
            self._olm.uploaded_key_count = left if type(left) is int else 0  # nio takes a 0 for "no news"
        unused = sync.get("device_unused_fallback_key_types")
        if isinstance(unused, list) and "signed_curve25519" not in unused:
            self._fallback_wanted = True

    # ------------------------------------------------------------------------------------------------ receiving

    def hear(self, events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Take what was sent to this device: room keys are stored; what came in clear is handed back."""
        sealed = [event for event in events if text(event, "type") == ENCRYPTED]
        if sealed:
            with self._store.database.atomic():
                for event in sealed:
                    try:
                        self._hear_one(event)
                    except peewee.PeeweeException:  # not what was sent, but where it is kept
                        raise
                    except Exception as problem:  # nio reads it, and it is whatever somebody sent
                        log.warning("an encrypted event for this device cannot be read: %s", type(problem).__name__)
                self._olm.save_account()  # nio saves it before the one-time key is taken out of it
        return [event for event in events if text(event, "type") != ENCRYPTED]

    def _hear_one(self, event: Mapping[str, Any]) -> None:
        parsed = OlmEvent.from_dict(event)
        if not isinstance(parsed, OlmEvent):
            log.warning("an encrypted event for this device is malformed")
            return
        try:
            self._olm.decrypt_event(parsed)
        except ValueError:  # made with a one-time key we do not have: start anew, as for any other broken session
            self._olm._mark_device_for_unwedging(parsed.sender, parsed.sender_key)  # noqa: SLF001
            raise

    def changed(self, sync: Mapping[str, Any]) -> None:
        """Take from a sync whose devices changed: they are asked for again before something is encrypted to them."""
        lists = of(sync, "device_lists")
        for name in ("changed", "left"):
            users = lists.get(name)
            for user in users if isinstance(users, list) else []:
                self._olm.tracked_users.discard(user)
                self._changed.add(user)
                self._not_before.pop(user, None)

    def decrypt(self, room: str, event: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Type and content of an encrypted event. Raises Unreadable.

        Who sent it is for the homeserver to say (spec: sender); a key proves nothing. But what was encrypted by a device
        that is known to be somebody else's was copied, and is not read.
        """
        content = of(event, "content")
        name, sender = text(content, "session_id"), text(event, "sender")
        # By room and session alone: the sender's key in an event is deprecated, and new clients may leave it out.
        known = self._olm.inbound_group_store[room].values()
        session = next((sessions[name] for sessions in known if name in sessions), None)
        if session is None or text(content, "algorithm") != MEGOLM:
            raise Unreadable(name or "?")
        try:
            plain, index = session.decrypt(text(content, "ciphertext"))
            inner = json.loads(plain)
        except (ValueError, RecursionError):
            raise Unreadable(name) from None
        once = (text(event, "event_id"), event.get("origin_server_ts"))
        first = self._olm.message_index_store.setdefault((session.sender_key, name, index), once)
        type_ = text(inner, "type") if isinstance(inner, dict) else ""
        whole = type_ and isinstance(inner.get("content"), dict) and inner.get("room_id") == room
        if not whole or first != once or self._is_copied(sender, session.sender_key):
            raise Unreadable(name)
        found = of(inner, "content")
        if "m.relates_to" in content and "m.relates_to" not in found:
            found["m.relates_to"] = content["m.relates_to"]
        return type_, found

    def _is_copied(self, sender: str, curve_key: str) -> bool:
        """Whether a key is known to be of a device of somebody else than the sender."""
        if sender == self._me[0] or any(one.curve25519 == curve_key for one in self._olm.device_store[sender].values()):
            return False
        return curve_key == self._olm.account.identity_keys["curve25519"] or any(
            one.curve25519 == curve_key for one in self._olm.device_store
        )

    # -------------------------------------------------------------------------------------------------- sending

    async def encrypt(
        self, room: str, audience: Collection[str], type_: str, content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The content of an m.room.encrypted event which every reachable device of these users can read.

        To all their devices, verified or not: the bot knows nobody's fingerprints, and trusts its homeserver to tell
        whose device is whose. A device without keys is left out, and asked for again later.
        """
        async with self._lock:
            await self._query(audience)
            await self._claim(audience)
            await self._share(room, audience)
            inner = {"type": type_, "content": dict(content)}
            payload: dict[str, Any] = self._olm.group_encrypt(room, inner)
        return payload | {name: content[name] for name in _IN_CLEAR if name in content}

    def _devices(self, users: Collection[str]) -> list[Any]:
        """The devices of users as nio has them, without this one."""
        return [
            device
            for user in users
            for device in self._olm.device_store.active_user_devices(user)
            if (user, device.id) != self._me
        ]

    def _due(self, of_whom: str | Device) -> bool:
        return time.monotonic() >= self._not_before.get(of_whom, 0)

    async def _query(self, users: Collection[str]) -> None:
        """Ask for the devices of those users that are new to us or have changed."""
        asked = [user for user in users if user not in self._olm.tracked_users and self._due(user)]
        if not asked:
            return
        self._changed.clear()
        answer = await self._ask(
            "POST",
            path("keys", "query"),
            {"device_keys": {user: [] for user in asked}, "timeout": _QUERY_MILLISECONDS},
        )
        for user in asked:
            found = of(answer, "device_keys").get(user)
            if not isinstance(found, dict):  # a server that is down; what was known before still holds
                self._not_before[user] = time.monotonic() + AGAIN_SECONDS
                continue
            sound = {device: _bare(keys) for device, keys in found.items() if _is_sound(user, device, keys)}
            self._olm.handle_response(KeysQueryResponse({user: sound}, {}))
            if user in self._changed:
                self._olm.tracked_users.discard(user)

    async def _claim(self, users: Collection[str], devices: Collection[Any] = ()) -> None:
        """Start an Olm session with every device that has none, and a new one with those given."""
        wanted = [
            one
            for one in self._devices(users)
            if not self._olm.session_store.get(one.curve25519) and self._due((one.user_id, one.id))
        ]
        asked: dict[str, dict[str, str]] = {}
        for one in (*wanted, *devices):
            asked.setdefault(one.user_id, {})[one.id] = "signed_curve25519"
        if not asked:
            return
        answer = await self._ask(
            "POST", path("keys", "claim"), {"one_time_keys": asked, "timeout": _QUERY_MILLISECONDS}
        )
        with self._store.database.atomic():
            for user, names in asked.items():
                for name in names:
                    self._start(user, name, of(answer, "one_time_keys", user).get(name))

    def _start(self, user: str, device: str, keys: Any) -> None:
        """Start an Olm session with a one-time key; a device that gave none, or a bad one, is asked again later."""
        try:
            if isinstance(keys, dict) and all(isinstance(key, dict) for key in keys.values()):
                self._olm.handle_response(KeysClaimResponse({user: {device: keys}}, {}))
        except peewee.PeeweeException:
            raise
        except Exception as problem:  # nio reads it, and it is whatever the device uploaded
            log.debug("a one-time key of device %s cannot be used: %s", device, type(problem).__name__)
        known = self._olm.device_store[user].get(device)
        if known is not None and not self._olm.session_store.get(known.curve25519):
            log.warning("somebody's device %s has no usable one-time key: it cannot be written to now", device)
            self._not_before[user, device] = time.monotonic() + AGAIN_SECONDS

    async def _share(self, room: str, audience: Collection[str]) -> None:
        """Give the room's key to whoever lacks it; a new key once it is old or somebody left who has it."""
        devices = {(one.user_id, one.id): one for one in self._devices(audience)}
        session = self._olm.outbound_group_sessions.get(room)
        if session is not None and (session.expired or session.users_shared_with - devices.keys()):
            del self._olm.outbound_group_sessions[room]
            session = None
        if session is None:
            self._olm.create_outbound_group_session(room)
            session = self._olm.outbound_group_sessions[room]
        lacking = devices.keys() - session.users_shared_with
        if any(self._olm.session_store.get(devices[one].curve25519) for one in lacking):
            session.shared = False  # for nio a shared key is done with: it would make another one
            shares = self._olm.share_group_session_parallel(room, list(audience), ignore_unverified_devices=True)
            for reached, body in shares:
                await self._ask("PUT", path("sendToDevice", ENCRYPTED, str(uuid.uuid4())), body)
                session.users_shared_with |= reached
        session.mark_as_shared()

    # ------------------------------------------------------------------------------------------- after a sync

    async def tidy(self) -> None:
        """Start anew with devices whose sessions broke, and send what nio wants to tell devices."""
        async with self._lock:
            broken = list(self._olm.wedged_devices)
            if broken:
                await self._claim((), broken)
                self._olm.wedged_devices.clear()  # one that gave no key is marked again by its next message
            for message in list(self._olm.outgoing_to_device_messages):
                await self._ask("PUT", path("sendToDevice", message.type, str(uuid.uuid4())), message.as_dict())
                self._olm.handle_response(ToDeviceResponse(message))


def _bare(keys: Mapping[str, Any]) -> dict[str, Any]:
    """A device's description without what nobody signed, and nobody needs."""
    return {name: value for name, value in keys.items() if name != "unsigned"}


def _is_sound(user: str, device: str, keys: Any) -> bool:
    """Whether a device's description has its shape and its signature: nio fails as a whole on one that has not."""
    public, curve = (of(keys, "keys").get(f"{kind}:{device}") for kind in ("ed25519", "curve25519"))
    signature = of(keys, "signatures", user).get(f"ed25519:{device}")
    if not (isinstance(public, str) and isinstance(curve, str) and isinstance(signature, str)):
        return False
    named = (text(keys, "user_id"), text(keys, "device_id")) == (user, device)
    return named and genuine(public, keys, signature)
