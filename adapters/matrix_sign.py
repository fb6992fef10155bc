"""Cross-signing: an account's own identity, made from one secret, vouches for the device, as clients like Element demand.

Spec: https://spec.matrix.org/v1.18/client-server-api/#cross-signing. Whose identity is another's is never replaced.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from adapters.matrix_client_http import Authenticate, path
from adapters.matrix_parts import MatrixError, Unsafe

_USAGES = ("master", "self_signing", "user_signing")


class Ask(Protocol):
    """Asks the homeserver, as matrix_client_http.Http.ask does."""

    def __call__(self, method: str, path: str, body: Mapping[str, Any], /) -> Awaitable[dict[str, Any]]: ...


class Estranged(MatrixError):
    """The homeserver knows this device with other keys than ours: only a new device helps."""


class Key:
    """An Ed25519 key pair made from a seed of 32 bytes (RFC 8032)."""

    def __init__(self, seed: bytes) -> None:
        self._pair = ECC.construct(curve="Ed25519", seed=seed)
        self.public = encoded(self._pair.public_key().export_key(format="raw"))

    @property
    def id(self) -> str:
        """How the key is called in signatures."""
        return f"ed25519:{self.public}"

    def sign(self, thing: Mapping[str, Any]) -> str:
        """The signature of a JSON object, leaving out `signatures` and `unsigned` (spec: Signing JSON)."""
        return encoded(eddsa.new(self._pair, "rfc8032").sign(canonical(_signed_part(thing))))


def derive(secret: bytes, label: str) -> bytes:
    """32 bytes that only the secret gives, others for each label."""
    return hashlib.blake2b(label.encode(), key=secret, digest_size=32, person=b"relaybot").digest()


def identity_keys(secret: bytes, user: str) -> dict[str, Key]:
    """The three keys of our identity, by usage: the same secret gives the same identity for ever."""
    return {usage: Key(derive(secret, f"cross-signing {usage} {user}")) for usage in _USAGES}


def canonical(thing: Mapping[str, Any]) -> bytes:
    """Canonical JSON (spec appendices)."""
    return json.dumps(thing, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def encoded(raw: bytes) -> str:
    """Unpadded Base64."""
    return base64.b64encode(raw).decode().rstrip("=")


def genuine(public: str, thing: Mapping[str, Any], signature: str) -> bool:
    """Whether a signature of a JSON object was made with the secret half of a public key."""
    try:
        key = eddsa.import_public_key(base64.b64decode(public + "=="))
        verifier = eddsa.new(key, "rfc8032")
        verifier.verify(canonical(_signed_part(thing)), base64.b64decode(signature + "=="))
    except ValueError:
        return False
    return True


def published(user: str, device: str, keys: Mapping[str, Key], device_sign: Callable[[dict[str, Any]], str]) -> Any:
    """The three public keys with their signatures, as /keys/device_signing/upload wants them."""
    things: dict[str, dict[str, Any]] = {
        usage: {"user_id": user, "usage": [usage], "keys": {key.id: key.public}} for usage, key in keys.items()
    }
    things["master"]["signatures"] = {user: {f"ed25519:{device}": device_sign(dict(things["master"]))}}
    for usage in ("self_signing", "user_signing"):
        things[usage]["signatures"] = {user: {keys["master"].id: keys["master"].sign(things[usage])}}
    return {f"{usage}_key": thing for usage, thing in things.items()}


async def ensure(
    ask: Ask,
    user: str,
    device: str,
    device_key: str,
    keys: Mapping[str, Key],
    device_sign: Callable[[dict[str, Any]], str],
    password: str,
    publish: Callable[[Key], Awaitable[None]],
) -> None:
    """See to it that the account has our identity and that it has signed this device; what is there stays as it is.

    `publish` uploads the device's keys, signed with the key it is given. The identity comes first, and the signature
    with the device: whoever saw it without one would withhold room keys from it, and not ask again.
    Raises Unsafe for an identity that is not ours, Estranged when the homeserver knows the device with other keys.
    """
    known = await look(ask, user)
    if known.master and known.master != keys["master"].public:
        raise Unsafe(
            f"{user} already has a cross-signing identity which relaybot's secret did not make; give relaybot the secret"
            " it was made with, or an account that no other program has signed in to"
        )
    if device in known.devices:
        _recognise(known, device, device_key)
    ours = published(user, device, keys, device_sign)
    lacking = {f"{usage}_key": ours[f"{usage}_key"] for usage, key in keys.items() if known.keys[usage] != key.public}
    if lacking:
        await _upload(ask, lacking, user, password)
    await publish(keys["self_signing"])
    if device not in known.devices:
        known = await look(ask, user)
    described = _recognise(known, device, device_key)
    if not signed(user, described, keys["self_signing"].public):
        await _sign(ask, user, device, described, keys["self_signing"])


def _recognise(known: Known, device: str, device_key: str) -> dict[str, Any]:
    """Our device's keys as the homeserver has them. Raises Estranged."""
    described = known.devices.get(device, {})
    if _of(described, "keys").get(f"ed25519:{device}") != device_key:
        raise Estranged("the homeserver knows other encryption keys of this device than relaybot has")
    return described


async def _sign(ask: Ask, user: str, device: str, described: Mapping[str, Any], key: Key) -> None:
    """Add a signature to a device that is published without one."""
    whole = {name: value for name, value in described.items() if name != "unsigned"}
    signatures = {who: dict(theirs) for who, theirs in _of(whole, "signatures").items()}
    signatures.setdefault(user, {})[key.id] = key.sign(described)
    answer = await ask(
        "POST", path("keys", "signatures", "upload"), {user: {device: whole | {"signatures": signatures}}}
    )
    if answer.get("failures"):
        raise MatrixError(f"the homeserver did not take the signature of device {device}")


class Known:
    """What the homeserver tells of an account's keys."""

    def __init__(self, answer: Mapping[str, Any], user: str) -> None:
        found = {usage: _of(_of(answer, f"{usage}_keys"), user) for usage in _USAGES}
        self.keys = {usage: next(iter(_of(thing, "keys").values()), "") for usage, thing in found.items()}
        self.master = self.keys["master"]
        self.devices: dict[str, dict[str, Any]] = dict(_of(_of(answer, "device_keys"), user))


async def look(ask: Ask, user: str) -> Known:
    """Ask for an account's identity and devices."""
    return Known(await ask("POST", path("keys", "query"), {"device_keys": {user: []}}), user)


def signed(user: str, device: Mapping[str, Any], self_signing: str) -> bool:
    """Whether a device's keys carry a true signature of a self-signing key."""
    signature = _of(_of(device, "signatures"), user).get(f"ed25519:{self_signing}")
    return isinstance(signature, str) and genuine(self_signing, device, signature)


async def _upload(ask: Ask, body: dict[str, Any], user: str, password: str) -> None:
    """Publish the identity, with the password where the homeserver wants it."""
    where = path("keys", "device_signing", "upload")
    try:
        await ask("POST", where, body)
    except Authenticate as wanted:
        proof = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
            "session": wanted.session,
        }
        await ask("POST", where, body | {"auth": proof})


def _signed_part(thing: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name not in {"signatures", "unsigned"}}


def _of(thing: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What is under a name if it is an object, else an empty one."""
    found = thing.get(name)
    return found if isinstance(found, dict) else {}
