"""Cross-signing: signatures as the specification has them, and an identity on Synapse that others can check."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import vodozemac

from adapters import matrix_sign
from adapters.matrix_client import Client
from adapters.matrix_parts import MatrixError, Unsafe
from adapters.matrix_sign import Key, canonical, genuine
from relaybot.homeserver import Homeserver
from tests.js_client import JsClient
from tests.matrix_bot import SECRET, Bot, bot_at, door_to, identity
from tests.synapse import PASSWORD, Raw

pytestmark = pytest.mark.servers

# The specification's own: appendices, "Cryptographic Test Vectors".
SEED = base64.b64decode("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1=")


@pytest.mark.parametrize(
    ("seed", "public"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ),
    ],
)
def test_a_seed_gives_the_public_key_of_rfc_8032(seed: str, public: str) -> None:
    """Section 7.1, tests 1 and 2."""
    assert Key(bytes.fromhex(seed)).public == matrix_sign.encoded(bytes.fromhex(public))


@pytest.mark.parametrize(
    ("thing", "signature"),
    [
        ({}, "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"),
        (
            {"one": 1, "two": "Two"},
            "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw",
        ),
    ],
)
def test_json_is_signed_as_the_specification_shows(thing: dict[str, Any], signature: str) -> None:
    """Also when signatures and unsigned data are there already: they are left out."""
    key = Key(SEED)
    assert key.sign(thing) == signature
    assert key.sign(thing | {"signatures": {"x": {}}, "unsigned": {"age": 1}}) == signature
    assert genuine(key.public, thing, signature)


def test_a_signature_of_something_else_is_not_genuine() -> None:
    """Nor is one by another key, or what is no signature at all."""
    key = Key(SEED)
    signature = key.sign({"one": 1})
    assert not genuine(key.public, {"one": 2}, signature)
    assert not genuine(Key(bytes(32)).public, {"one": 1}, signature)
    assert not genuine(key.public, {"one": 1}, "nonsense")
    assert not genuine("nonsense", {"one": 1}, signature)


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ({"b": "2", "a": "1"}, '{"a":"1","b":"2"}'),
        ({"a": "日本語"}, '{"a":"日本語"}'),
        ({"本": 2, "日": 1}, '{"日":1,"本":2}'),
        ({"a": None}, '{"a":null}'),
    ],
)
def test_canonical_json_is_the_specifications(thing: dict[str, Any], text: str) -> None:
    """Appendices, "Canonical JSON": its examples."""
    assert canonical(thing) == text.encode()


ME = "@relaybot:example.org"


def test_a_secret_gives_three_keys_that_are_always_the_same() -> None:
    """And another secret gives others, and so does another account, so that nobody can tell that both are one relaybot."""
    keys = {name: key.public for name, key in matrix_sign.identity_keys(SECRET, ME).items()}
    assert keys == {name: key.public for name, key in matrix_sign.identity_keys(SECRET, ME).items()}
    assert len(set(keys.values())) == 3
    others = [matrix_sign.identity_keys(bytes(32), ME), matrix_sign.identity_keys(SECRET, "@other:example.org")]
    for other in others:
        assert not set(keys.values()) & {key.public for key in other.values()}


def verified(thing: dict[str, Any], user: str, public: str) -> None:
    """Check a signature with another library than the one that made it; it raises."""
    signature = vodozemac.Ed25519Signature.from_base64(thing["signatures"][user][f"ed25519:{public}"])
    bare = {name: value for name, value in thing.items() if name not in {"signatures", "unsigned"}}
    vodozemac.Ed25519PublicKey.from_base64(public).verify_signature(canonical(bare), signature)


async def keys_of(user: str, asked_by: Raw) -> dict[str, Any]:
    """What the homeserver tells one user of another's keys."""
    return await asked_by.call("POST", "keys/query", {"device_keys": {user: []}})


async def test_somebody_else_can_check_that_the_device_is_signed(synapse: Homeserver, tmp_path: Path) -> None:
    """The chain that clients follow: master key -> self-signing key -> device."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        told = await keys_of(bot.user_id, ana)
        (master,) = told["master_keys"][bot.user_id]["keys"].values()
        self_signing = told["self_signing_keys"][bot.user_id]
        verified(self_signing, bot.user_id, master)
        (signing,) = self_signing["keys"].values()
        verified(told["device_keys"][bot.user_id][bot.client.device_id], bot.user_id, signing)


async def test_nobody_ever_sees_the_device_unsigned(synapse: Homeserver, tmp_path: Path) -> None:
    """It is published with its signature, after the identity: strict clients shut out for good what they see without.

    What the homeserver tells is looked at after every request, the first time and with a new device.
    """
    async with await Raw.newcomer(synapse, "ana") as ana, door_to(synapse.url) as door:
        bot = Bot(synapse, tmp_path, door.url)
        looks: list[bool] = []

        async def look() -> None:
            told = await keys_of(bot.user_id, ana)
            signing = next(
                iter(told.get("self_signing_keys", {}).get(bot.user_id, {}).get("keys", {"": "none"}).values())
            )
            devices = told["device_keys"].get(bot.user_id, {}).values()
            looks.extend(f"ed25519:{signing}" in device["signatures"][bot.user_id] for device in devices)

        door.after = look
        try:
            await bot.enter()
            first = len(looks)
            await bot.client.close()
            (tmp_path / "device.db").unlink()
            await bot.restart()
        finally:
            await bot.client.close()
        assert first > 0
        assert len(looks) > first
        assert all(looks)


async def test_entering_again_changes_nothing_of_the_identity(synapse: Homeserver, tmp_path: Path) -> None:
    """The same keys, and each signature once."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path) as bot:
        before = await keys_of(bot.user_id, ana)
        await bot.restart()
        assert await keys_of(bot.user_id, ana) == before


async def test_an_identity_that_is_not_ours_is_never_replaced(synapse: Homeserver, tmp_path: Path) -> None:
    """The operator hears what to do; the account keeps the identity it had."""
    async with await Raw.newcomer(synapse, "ana") as ana, bot_at(synapse, tmp_path / "one") as bot:
        before = (await keys_of(bot.user_id, ana))["master_keys"]
        other = Client(synapse.url, bot.user_id, tmp_path / "two", bytes(32))
        try:
            with pytest.raises(Unsafe, match="already has a cross-signing identity"):
                await other.enter(None, PASSWORD)
        finally:
            await other.close()
        after = await keys_of(bot.user_id, ana)
        assert after["master_keys"] == before
        assert list(after["device_keys"][bot.user_id]) == [bot.client.device_id]  # and no device is left behind


async def half_an_identity(server: Homeserver, bot: Bot) -> None:
    """Publish our master key with a self-signing key that nobody has any more; only a password changes that."""
    async with await Raw.login(server, bot.user_id) as raw:
        keys = {**matrix_sign.identity_keys(SECRET, bot.user_id), "self_signing": Key(bytes(32))}
        body = matrix_sign.published(bot.user_id, raw.device_id, keys, lambda thing: Key(SEED).sign(thing))
        body["master_key"].pop("signatures")  # of a device without keys
        await raw.call("POST", "keys/device_signing/upload", body)


async def test_the_password_is_given_where_the_homeserver_wants_it(synapse: Homeserver, tmp_path: Path) -> None:
    """Changing a key that is there needs user-interactive authentication."""
    bot = Bot(synapse, tmp_path)
    await half_an_identity(synapse, bot)
    try:
        client = await bot.enter()
        assert (await identity(client))["device_signed"] is True
    finally:
        await bot.client.close()


async def test_a_refused_password_is_told_as_what_it_is(synapse: Homeserver, tmp_path: Path) -> None:
    """The homeserver's M_FORBIDDEN, and the identity stays unfinished rather than pretended."""
    async with bot_at(synapse, tmp_path) as bot:
        keys = {**matrix_sign.identity_keys(SECRET, bot.user_id), "self_signing": Key(bytes(32))}
        sign = bot.client._opened().sign
        body = matrix_sign.published(bot.user_id, bot.client.device_id, keys, sign)
        with pytest.raises(MatrixError) as refused:
            await matrix_sign._upload(bot.client._http.ask, body, bot.user_id, "wrong")
        assert (refused.value.status, refused.value.code) == (401, "M_FORBIDDEN")


async def test_elements_own_encryption_trusts_the_bot(synapse: Homeserver, tmp_path: Path) -> None:
    """A client that talks to cross-signed devices only: both can read, no shield; also after a lost key store."""
    async with await JsClient.newcomer(synapse, "ana", signed=True) as ana, bot_at(synapse, tmp_path) as bot:
        room = await ana.dm(bot.user_id, wait=False)
        await bot.client.join(room)
        await ana.joined(room, bot.user_id)
        for number in range(2):
            await ana.say(f"hello {number}")
            assert (await bot.next()).content.get("body") == f"hello {number}"
            await bot.client.send(
                room, "m.room.message", {"msgtype": "m.text", "body": f"answer {number}"}, f"t{number}"
            )
            heard = await ana.heard(f"answer {number}")
            assert (heard.encrypted, heard.shield, heard.reason) == (True, "NONE", "")
            trust = await ana.trust(bot.user_id)
            assert trust["devices"][bot.client.device_id]["signed_by_owner"]
            await bot.client.close()
            (tmp_path / "device.db").unlink()
            await bot.restart()
            await bot.sync()
