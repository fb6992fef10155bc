"""The Matrix medium: the adapter that logs in, reads batch by batch, and wires rooms, listening and sending together.

A batch counts as read when the core has written down everything in it; before that it is asked for again, and what was heard is known
by its event id. nio is behind matrix_client, cross-signing in matrix_sign. Never gives up except Misconfigured.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import mimetypes
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from adapters.matrix_client import Client
from adapters.matrix_invited import Invitations
from adapters.matrix_listen import Listener
from adapters.matrix_memory import Memory, now_ms, open_memory
from adapters.matrix_parts import Batch, LoggedOut, MatrixError, Unkept, Unsafe
from adapters.matrix_rooms import Rooms
from adapters.matrix_send import Speaker
from adapters.matrix_settings import MatrixSettings, is_room, is_user, read_settings
from relaybot.ports import Adapter, Delivery, Ear, Misconfigured, StoreFailed

log = logging.getLogger(__name__)

SYNC_MS = 30_000
BACKOFF_SECONDS_MIN = 1.0
BACKOFF_SECONDS_MAX = 300.0
RESUME_SECONDS_MAX = 15.0  # a homeserver that was there a moment ago is asked again at least this often
HOUSEKEEPING_SECONDS = 2.0


def open_adapter(name: str, settings: Mapping[str, Any]) -> Adapter:
    """The adapter of homeserver `name`, e.g. "home". Raises Misconfigured, one line per mistake."""
    return Matrix(name, read_settings(name, settings))


class Matrix:
    """The adapter of one account; implements relaybot.ports.Adapter."""

    def __init__(self, name: str, settings: MatrixSettings) -> None:
        self.network = f"matrix:{name}"
        self.settings = settings
        self.since: datetime | None = None  # reading since then; None: not connected
        self._trouble = "not started"
        self._proven_once = False  # this configuration has worked, so a refusal may pass
        self._speaker = Speaker(self.network, settings.messages_per_second)
        self._rooms: Rooms | None = None

    # --------------------------------------------------------------------------------- what ports asks

    def ready(self) -> bool:
        return self.since is not None

    def health(self) -> str:
        if self.since is None or self._rooms is None:
            return f"not connected: {self._trouble}"
        missing = self._rooms.missing()
        where = f"; not in {', '.join(missing)}" if missing else ""
        return (
            f"connected to {self.settings.homeserver} as {self.settings.user} since {self.since:%Y-%m-%d %H:%M} UTC, "
            f"{self._speaker.waiting} letters waiting{where}"
        )

    def deliver(self, delivery: Delivery) -> None:
        network, _, to = delivery.letter.to.partition("/")
        loop = asyncio.get_running_loop()
        if network != self.network or not (is_user(to) or is_room(to) or to.startswith("#")):
            loop.call_soon(delivery.settle, "undeliverable", "that is not an address on this network", 0.0)
        elif self.since is None:
            loop.call_soon(delivery.settle, "later", f"not connected: {self._trouble}", 60.0)
        else:
            self._speaker.post(delivery)

    async def run(self, ear: Ear) -> None:
        attempt = 0
        async with open_memory(self.settings.state_dir) as memory:
            while True:
                began_at = time.monotonic()
                try:
                    await self._session(ear, memory)
                except Unsafe as error:
                    self._failed(error, f"{self.network}: {error}")
                except MatrixError as error:
                    wrong = error.code in {"M_FORBIDDEN", "M_USER_DEACTIVATED", "M_INVALID_USERNAME"}
                    self._failed(
                        error, f"{self.network}: the homeserver does not let {self.settings.user} in: {error}", wrong
                    )
                except StoreFailed as error:  # of the first batch: it comes again with the next session
                    self._trouble = str(error)
                finally:
                    self.since = None
                if time.monotonic() - began_at > BACKOFF_SECONDS_MAX:
                    attempt = 0
                seconds = _backoff(attempt, BACKOFF_SECONDS_MAX)
                attempt += 1
                log.warning("%s: %s; next try in %.1f s", self.network, self._trouble, seconds)
                await asyncio.sleep(seconds)

    def _failed(self, error: MatrixError, sentence: str, lasting: bool = True) -> None:
        """What no retry can cure ends the start; once it has worked, everything may pass."""
        self._trouble = str(error) or type(error).__name__
        if lasting and not self._proven_once:
            raise Misconfigured(sentence) from error

    # ------------------------------------------------------------------------------------- one login

    async def _session(self, ear: Ear, memory: Memory) -> None:
        """From logging in until the homeserver does not know us any more. Ends by raising what ended it."""
        settings = self.settings
        client = Client(settings.homeserver, settings.user, settings.state_dir, settings.key)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(client.close)
            login_at = now_ms()
            session = await client.enter(memory.session, settings.password)
            await memory.keep_session(session, login_at)
            rooms = Rooms(self.network, settings, client, memory, ear)
            listener = Listener(self.network, settings, client, rooms, memory, self._speaker, ear)
            invitations = Invitations(self.network, settings, client, memory, rooms, ear, listener.greet)
            stack.push_async_callback(invitations.close)
            batch = await client.sync(memory.since, timeout_ms=0, full_state=True)
            self._proven_once = True
            await rooms.enter_all()
            await rooms.find_again()
            await self._introduce(client, memory)
            self._rooms = rooms
            self._speaker.attach(client, rooms, memory)
            stack.push_async_callback(self._speaker.detach)
            await self._take(listener, invitations, memory, batch)
            invitations.resume()
            self._connected(ear)
            house = asyncio.create_task(self._keep_house(listener, rooms))
            stack.push_async_callback(_end, house)
            await self._read(client, listener, invitations, memory, ear)

    async def _introduce(self, client: Client, memory: Memory) -> None:
        """Name and picture as the settings have them; homeservers may refuse both, and nobody depends on them."""
        settings = self.settings
        try:
            if await client.display_name(settings.user) != settings.display_name:
                await client.set_name(settings.display_name)
            if settings.avatar_file is not None:
                picture = await asyncio.to_thread(Path(settings.avatar_file).read_bytes)
                if memory.avatar != (digest := sha256(picture).hexdigest()):
                    kind = mimetypes.guess_type(settings.avatar_file)[0] or "application/octet-stream"
                    await client.set_avatar(picture, kind)
                    await memory.keep_avatar(digest)
        except LoggedOut:
            raise
        except (MatrixError, OSError) as error:
            log.warning("%s: name or picture of %s could not be set: %s", self.network, settings.user, error)

    def _connected(self, ear: Ear) -> None:
        if self.since is None:
            self.since = datetime.now(UTC)
            log.info("%s: connected as %s", self.network, self.settings.user)
            ear.reachable(self.network)

    async def _take(self, listener: Listener, invitations: Invitations, memory: Memory, batch: Batch) -> None:
        await listener.take(batch)
        for invitation in batch.invited:
            await invitations.take(invitation)
        await memory.keep_since(batch.since)

    async def _read(
        self, client: Client, listener: Listener, invitations: Invitations, memory: Memory, ear: Ear
    ) -> None:
        """Batch after batch; a homeserver that is away is waited for, a batch that could not be kept is asked for again."""
        failed = 0
        while True:
            try:
                # After an outage at once: letters wait until it is over, and nothing new may come before they are sent.
                batch = await client.sync(memory.since, timeout_ms=SYNC_MS if self.since is not None else 0)
                self._connected(ear)
                await self._take(listener, invitations, memory, batch)
            except (LoggedOut, Unkept):
                raise
            except (MatrixError, StoreFailed) as error:
                seconds = getattr(error, "retry_after_ms", 0) / 1000 or _backoff(failed, RESUME_SECONDS_MAX)
                failed += 1
                if isinstance(error, MatrixError) and not error.retry_after_ms:
                    self.since, self._trouble = None, str(error) or type(error).__name__
                log.warning("%s: %s; asking again in %.1f s", self.network, error, seconds)
                await asyncio.sleep(seconds)
            else:
                failed = 0

    async def _keep_house(self, listener: Listener, rooms: Rooms) -> None:
        """What is looked at now and then."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            if self.since is None:
                continue
            try:
                await listener.look_again()
                await listener.mark_read()
                await rooms.check()
            except (MatrixError, StoreFailed) as error:
                log.info("%s: housekeeping: %s", self.network, error)
            except Exception:  # a bug in here must not end the hearing of messages
                log.exception("%s: housekeeping failed", self.network)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _backoff(attempt: int, most: float) -> float:
    """Seconds before the next try: doubling, with jitter, so that not everybody comes back at the same moment."""
    return float(min(most, BACKOFF_SECONDS_MIN * 2 ** min(attempt, 10)) * random.uniform(0.5, 1.0))  # noqa: S311
