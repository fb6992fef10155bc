"""kill -9 in the middle of writing, again and again: what was acknowledged is stored, what is stored is whole.

The writer prints a number only after its commit returned; the next writer continues from what it finds.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relaybot.model import Letter, Person, Tally
from tests.storage_help import opened

ROOT = Path(__file__).parent.parent

WRITER = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from relaybot.model import Person, Tally
from storage.sqlite import open_store
from tests.storage_help import drop, letter, person, put

async def main():
    store = await open_store(Path(sys.argv[2]))
    tallies = [one.value for one in await store.load() if isinstance(one, Tally)]
    number = tallies[0] if tallies else 0
    while True:
        number += 1
        batch = [put(person(number), letter(number), Tally("tech", "last", number)), drop(letter(number - 3))]
        await store.commit(batch, [("mail", str(number))])
        print(number, flush=True)
        if number % 50 == 0:
            await store.tidy()

asyncio.run(main())
"""

pytestmark = [pytest.mark.crash, pytest.mark.slow]


def write_and_kill(path: Path, seconds: float) -> int:
    """Run a writer until it is killed; returns the last number it acknowledged, 0 for none."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(ROOT), str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout
    first = writer.stdout.readline()
    time.sleep(seconds)
    writer.send_signal(signal.SIGKILL)
    out, errors = writer.communicate(timeout=10)
    assert not errors, errors.decode()
    lines = [line for line in (first + out).split(b"\n")[:-1] if line]
    return int(lines[-1]) if lines else 0


async def test_what_was_acknowledged_is_stored(tmp_path: Path) -> None:
    chance = random.Random(4)
    path = tmp_path / "relaybot.sqlite3"
    found = 0
    for _ in range(15):
        acknowledged = write_and_kill(path, chance.uniform(0, 0.15))
        async with opened(path) as store:
            records = await store.load()
            tally = [one.value for one in records if isinstance(one, Tally)]
            found = tally[0]
            assert found in (acknowledged, acknowledged + 1)
            assert {one.id for one in records if isinstance(one, Person)} == set(range(1, found + 1))
            assert {one.id for one in records if isinstance(one, Letter)} == set(range(max(1, found - 2), found + 1))
            assert await store.known("mail", str(found))
            assert not await store.known("mail", str(found + 1))
    assert found > 100
