"""The anchor of `matrix`: the simplest bot one could write on matrix-nio that keeps what it is told.

nio's own sync_forever; each message is one row and one durable commit (WAL, synchronous=FULL), then one event is sent. No
identity, no dialogue, no outbox, no cross-signing: what remains is the price of the library, the homeserver and the disk.
`python -m benchmarks.matrix_bare URL USER PASSWORD FOLDER`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from pathlib import Path
from typing import Any

from nio import AsyncClient, InviteMemberEvent, LoginResponse, RoomMessageText, SyncResponse

SYNC_MS = 30_000
FILTER = {"room": {"timeline": {"limit": 100}}, "presence": {"types": []}}


def opened(path: Path) -> sqlite3.Connection:
    """The database, with the pragmas that relaybot has."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE IF NOT EXISTS member (user TEXT PRIMARY KEY, about TEXT NOT NULL) STRICT")
    return database


async def main(url: str, user: str, password: str, folder: Path) -> None:
    """Log in, and answer until killed."""
    database = opened(folder / "bare.db")
    client = AsyncClient(url, user, store_path=str(folder))
    assert isinstance(await client.login(password), LoginResponse)

    async def heard(room: Any, event: RoomMessageText) -> None:
        if event.sender == user:
            return
        text = event.body.removeprefix("set about ")
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            "INSERT INTO member VALUES (?, ?) ON CONFLICT DO UPDATE SET about = excluded.about", (event.sender, text)
        )
        database.execute("COMMIT")
        content = {"msgtype": "m.text", "body": f'Noted: about "{text}".'}
        await client.room_send(room.room_id, "m.room.message", content, ignore_unverified_devices=True)

    async def invited(room: Any, event: InviteMemberEvent) -> None:
        if event.state_key == user and event.membership == "invite":
            await client.join(room.room_id)

    async def synced(answer: SyncResponse) -> None:
        left = answer.device_key_count.signed_curve25519
        if left is not None:
            client.olm.uploaded_key_count = left  # nio takes a 0 for no news
        if not said:
            said.append(True)
            print("relaybot bare is running;", flush=True)

    said: list[bool] = []
    client.add_event_callback(heard, RoomMessageText)
    client.add_event_callback(invited, InviteMemberEvent)
    client.add_response_callback(synced, SyncResponse)
    await client.sync_forever(SYNC_MS, sync_filter=FILTER, full_state=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))
