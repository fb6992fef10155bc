"""Invitations to direct chats on Matrix: who may ask us in, how often, and coming in.

All of it happens beside the reading of messages: the room may be on a homeserver that takes its time or never answers, and nobody
else's words wait for that. People of a programme have their own way in, which a flood of strangers does not fill.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from adapters import matrix_words as words
from adapters.matrix_client import Client
from adapters.matrix_memory import Memory, Room, now_ms
from adapters.matrix_parts import Invited, LoggedOut, MatrixError, passes
from adapters.matrix_rooms import HOUR_SECONDS, Rooms
from adapters.matrix_settings import MatrixSettings
from relaybot.ports import Ear

log = logging.getLogger(__name__)

AT_ONCE = 4  # chats we come into at the same time, of people who are known, and of others; and chats we decline
WAITING_MAX = 1000  # what is more stays an open invitation; it is told again at the next start
AGAIN_SECONDS = (5.0, 15.0, 60.0, 300.0)  # when a homeserver does not let us in for the moment
COUNTED_MAX = 2000


class Invitations:
    """Answers invitations until it is closed. `greet` is called before a newcomer's chat is entered."""

    def __init__(
        self, network: str, settings: MatrixSettings, client: Client, memory: Memory, rooms: Rooms, ear: Ear,
        greet: Callable[[str, str], None],
    ) -> None:  # fmt: skip
        self._network, self._settings, self._client, self._memory = network, settings, client, memory
        self._rooms, self._ear, self._greet = rooms, ear, greet
        self._free = {way: asyncio.Semaphore(AT_ONCE) for way in ("known", "newcomers", "declined")}
        self._tasks: dict[str, asyncio.Task[None]] = {}  # by room
        self._taken: deque[float] = deque()
        self._taken_of: dict[str, deque[float]] = {}

    def resume(self) -> None:
        """Go on with those that were accepted before the last stop."""
        for room in list(self._memory.rooms.values()):
            if room.use == "asked":
                self._begin(Invited(room.id, room.key, direct=True, join_rule="invite"))

    async def close(self) -> None:
        """Stop; what was accepted is remembered."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def take(self, invitation: Invited) -> None:
        """Somebody wants us in a room. Done when that is remembered, not when we are in."""
        room, user = invitation.room, invitation.inviter
        if room in self._tasks or len(self._tasks) >= WAITING_MAX:
            return
        if not self._rooms.is_configured(room):
            known = self._memory.rooms.get(room)
            if (known is None or known.use not in {"asked", "direct"}) and self._may_come(invitation):
                await self._memory.put_room(Room(room, "asked", user, used_at=now_ms()))
        self._begin(invitation)

    def _begin(self, invitation: Invited) -> None:
        task = asyncio.create_task(self._answer(invitation))
        self._tasks[invitation.room] = task
        task.add_done_callback(lambda _: self._tasks.pop(invitation.room, None))

    # ------------------------------------------------------------------------------------------ yes or no

    def _may_come(self, invitation: Invited) -> bool:
        """People who are known always, newcomers so many an hour; into direct chats only, and never into open rooms."""
        direct = invitation.direct or self._rooms.continues(invitation.room, invitation.inviter)
        if not direct or invitation.join_rule == "public":
            return False
        if self._is_known(invitation.inviter):
            return True
        now = time.monotonic()
        each = self._taken_of.setdefault(invitation.inviter, deque())
        for taken in (self._taken, each):
            while taken and now - taken[0] > HOUR_SECONDS:
                taken.popleft()
        if len(self._taken_of) > COUNTED_MAX:
            self._taken_of = {user: taken for user, taken in self._taken_of.items() if taken}
        if len(each) >= self._settings.invites_each_per_hour or len(self._taken) >= self._settings.invites_per_hour:
            return False
        self._taken.append(now)
        each.append(now)
        return True

    def _is_known(self, user: str) -> bool:
        return self._ear.knows(f"{self._network}/{user}")

    async def _answer(self, invitation: Invited) -> None:
        """Come in or decline; what a homeserver does not let us do now is tried a few times more."""
        free = self._free[self._way(invitation)]
        for seconds in (*AGAIN_SECONDS, 0.0):
            try:
                async with free:
                    await self._answer_now(invitation)
                return
            except LoggedOut:
                return
            except MatrixError as error:
                log.info("%s: answering an invitation to %s: %s", self._network, invitation.room, error)
                if not passes(error) or not seconds:
                    break
            except Exception:  # a bug with one invitation must not keep the others waiting
                log.exception("%s: an invitation to %s could not be answered", self._network, invitation.room)
                break
            await asyncio.sleep(seconds)
        if self._is_asked(invitation.room):
            await self._memory.drop_room(invitation.room)

    def _way(self, invitation: Invited) -> str:
        """Among whom an invitation waits its turn."""
        if self._is_known(invitation.inviter) or self._rooms.is_configured(invitation.room):
            return "known"
        return "newcomers" if self._is_asked(invitation.room) else "declined"

    def _is_asked(self, room: str) -> bool:
        known = self._memory.rooms.get(room)
        return known is not None and known.use == "asked"

    async def _answer_now(self, invitation: Invited) -> None:
        room, user = invitation.room, invitation.inviter
        if self._rooms.is_configured(room):
            await self._rooms.enter_again(room)
            return
        known = self._memory.rooms.get(room)
        if known is None or known.use not in {"asked", "direct"}:
            log.info("%s: an invitation to %s was declined", self._network, room)
            await self._client.leave(room, words.chats_of_two() if not invitation.direct else words.not_now())
            return
        if not self._is_known(user):
            self._greet(room, user)
        await self._client.join(room)
        self._rooms.forget(room)
        if not await self._rooms.is_between(room, user):
            await self._client.leave(room, words.chats_of_two())
            await self._memory.drop_room(room)
            return
        await self._memory.put_room(replace(known, use="asked"))  # so that m.direct is written with it
        await self._rooms.is_direct(room, user)
        self._ear.reachable(self._network, f"{self._network}/{user}")
