"""relaybot comes back: after a week away with its keys used up, and after its homeserver has logged it out while letters waited.

`python -m benchmarks matrix_faults` prints the same with 150 chats.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters import matrix_sign
from relaybot.homeserver import Homeserver
from tests.matrix_crowd import Findings, Peer, accounts, crowd, findings
from tests.matrix_faults import SENT_BLIND, scene
from tests.matrix_process import MatrixProcess, settle_in
from tests.servers import Running
from tests.synapse import WAIT_SECONDS, Raw, quote

pytestmark = [pytest.mark.servers, pytest.mark.crash, pytest.mark.slow]

NEW_DEVICE_EACH = 5  # one person in so many has a new device meanwhile
CLAIMS_MAX = 500
READY_SECONDS = 10.0
LATE = "I was away and read only now"


@dataclass(frozen=True)
class Return:
    """How it came back: seconds from the start until it was ready, and until everybody had their answer."""

    rooms: int
    waiting: int
    new_devices: int
    claimed: int  # one-time keys that others took
    ready: float
    answered: float
    messages: Counter[int]  # how many people got so many messages
    found: Findings

    def line(self) -> str:
        """What a run prints."""
        each = ", ".join(f"{people} people got {count}" for count, people in sorted(self.messages.items()))
        return (
            f"a week away: {self.rooms} encrypted chats, {self.waiting} messages waiting, {self.new_devices} of them from new "
            f"devices, all {self.claimed} one-time keys taken; ready after {self.ready:.1f} s, everybody answered after "
            f"{self.answered:.1f} s; {each}; {len(self.found.lost)} lost, {len(self.found.twice)} twice"
        )


async def come_back(server: Homeserver, folder: Path, rooms: int) -> Return:
    """Everybody has a chat; relaybot goes; everybody writes twice, some from a new device; a week later it is there again."""
    bot = MatrixProcess(server, folder / "bot")
    users = accounts(server, rooms)
    await settle_in(bot, users)
    try:
        await bot.start()
        await bot.ready()
        async with crowd(server, bot, folder / "people", users) as people:
            for peer in people:
                await peer.count_on(1)
            await bot.drained()
            await bot.stop()
            claimed = await take_all_keys(server, bot)
            before = {peer.user_id: len(peer.from_bot()) for peer in people}
            new = await write_twice(server, folder, people)
            bot.wrong("away")
            began = time.monotonic()
            await bot.start()
            await bot.ready()
            ready = time.monotonic() - began
            await asyncio.gather(*(peer.count_on(0) for peer in people))
            answered = time.monotonic() - began
            await bot.drained()
            found = await findings(server, bot, people)
            got = Counter(len(peer.from_bot()) - before[peer.user_id] for peer in people)
            assert all(peer.lines()[-3].startswith(LATE) for peer in people), people[0].lines()
    finally:
        await bot.end()
    return Return(rooms, 2 * rooms, new, claimed, ready, answered, got, found)


async def take_all_keys(server: Homeserver, bot: MatrixProcess) -> int:
    """A stranger takes every one-time key of relaybot's device, until its fallback key is all there is; how many there were."""
    async with await Raw.newcomer(server, "mallory") as mallory:
        said = await mallory.call("POST", "keys/query", {"device_keys": {bot.user_id: []}})
        (device,) = said["device_keys"][bot.user_id]
        for number in range(CLAIMS_MAX):
            wanted = {"one_time_keys": {bot.user_id: {device: "signed_curve25519"}}}
            keys: dict[str, Any] = (await mallory.call("POST", "keys/claim", wanted))["one_time_keys"]
            (key,) = keys[bot.user_id][device].values()
            if key.get("fallback"):
                return number
    raise AssertionError("its one-time keys never end")


async def write_twice(server: Homeserver, folder: Path, people: Sequence[Peer]) -> int:
    """Two changes by everybody while nobody reads; some make the second on a new device. How many of those there are."""
    new = 0
    for number, peer in enumerate(people):
        await peer.say(f"set about number {peer.number + 1}")
        writer = peer
        if number % NEW_DEVICE_EACH == 0:
            writer = await Peer.login(server, peer.user_id, folder / f"new{number}")  # type: ignore[assignment]
            writer.bot = peer.bot
            new += 1
        event = await writer.say(f"set about number {peer.number + 2}", peer.room)
        peer.sent[event] = f"set about number {peer.number + 2}"
        if writer is not peer:
            await writer.close()
        peer.number += 2
    return new


async def test_after_a_week_everybody_is_answered_once(synapse: Homeserver, tmp_path: Path) -> None:
    """One message each answers both of theirs, also those from devices that had to use the last key; nothing comes twice."""
    back = await come_back(synapse, tmp_path, 30)
    print(f"\n{back.line()}")
    assert (back.found.lost, back.found.twice) == ([], [])
    assert back.messages == Counter({1: back.rooms})
    assert back.new_devices
    assert back.ready < READY_SECONDS


@pytest.mark.parametrize("device_stays", [True, False], ids=["soft", "hard"])
async def test_logged_out_while_letters_wait(
    synapse: Homeserver, embedded: Running, tmp_path: Path, device_stays: bool
) -> None:
    """Letters whose fate is not known when the homeserver logs relaybot out come once; a new device is signed by the same identity."""
    async with scene(synapse, embedded.port, tmp_path) as made:
        before = await identity(synapse, made.bot.user_id)
        (device,) = before.devices
        made.proxy.fault = SENT_BLIND
        for peer in made.people:
            await peer.say(f"set about number {peer.number + 1}")
            peer.number += 1
        await until(lambda: made.proxy.broken >= len(made.people))
        if device_stays:
            made.proxy.expire()
        else:
            path = f"/_synapse/admin/v2/users/{quote(made.bot.user_id)}/devices/{device}"
            await asyncio.to_thread(synapse.ask, "DELETE", path, None, synapse.admin())
        made.proxy.fault = ""
        if not device_stays:  # what is encrypted before a client knows of the new device can be read by nobody there
            await asyncio.gather(*(peer.knows_other_than(device) for peer in made.people))
        await asyncio.gather(*(peer.count_on(1) for peer in made.people))
        await made.bot.drained()
        after = await identity(synapse, made.bot.user_id)
        found = await findings(synapse, made.bot, made.people)
        print(f"\n{found.line('logged out', 'softly' if device_stays else 'its device deleted')}")
        assert made.bot.life == 1
    assert (found.lost, found.twice) == ([], [])
    assert (after.devices.keys() == before.devices.keys()) == device_stays
    assert (len(after.devices), after.keys) == (1, before.keys)
    (described,) = after.devices.values()
    assert matrix_sign.signed(made.bot.user_id, described, after.keys["self_signing"])


async def identity(server: Homeserver, user: str) -> matrix_sign.Known:
    """A user's identity and devices, as others are told."""
    async with await Raw.newcomer(server, "looker") as looker:
        return matrix_sign.Known(await looker.call("POST", "keys/query", {"device_keys": {user: []}}), user)


async def until(true: Callable[[], object]) -> None:
    """Wait until something has become true."""
    async with asyncio.timeout(2 * WAIT_SECONDS):
        while not true():
            await asyncio.sleep(0.02)
