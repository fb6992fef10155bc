"""The rooms relaybot is in on Matrix: the public and moderators' ones, the direct chat of each person, the rooms of pairs.

A direct chat is private only while nobody but its person and we are in it; that is looked at before every word. Invitations are
taken from people somebody of a programme knows, and from newcomers within limits and only to small direct chats.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from adapters.matrix_client import Client
from adapters.matrix_memory import Memory, Room
from adapters.matrix_parts import Invited, Left, MatrixError, passes
from adapters.matrix_settings import MatrixSettings, is_user
from relaybot.model import Letter
from relaybot.ports import Ear, TryLater, Undeliverable

log = logging.getLogger(__name__)

HOUR_SECONDS = 3600.0
ASK_AGAIN_SECONDS = 24 * HOUR_SECONDS  # somebody who left or declined the chat is asked in again after this, not before
RETRY_SECONDS = 300.0  # a configured room that does not let us in is tried again after this
PLACES_CACHED_MAX = 2000
IN = frozenset({"join", "invite"})


class Use(StrEnum):
    """What a room is for."""

    PUBLIC = "public"
    MODERATORS = "moderators"
    PAIR = "pair"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Place:
    """A room as the core knows it: its address there ("" for a direct chat), and its programme where it has one."""

    room: str
    use: Use
    address: str = ""
    programme: str = ""
    user: str = ""  # whose direct chat it is


class Rooms:
    """Knows and makes rooms. `greet` is called for a newcomer's chat that was opened, `reachable` when somebody came in."""

    def __init__(
        self, network: str, settings: MatrixSettings, client: Client, memory: Memory, ear: Ear,
        greet: Callable[[str, str], None],
    ) -> None:  # fmt: skip
        self.network, self._settings, self._client, self._memory, self._ear = network, settings, client, memory, ear
        self._greet = greet
        self._me = client.user_id
        self._configured: dict[str, Place] = {}  # room id -> place
        self._ids: dict[str, str] = {}  # configured room as it is written in the settings -> room id
        self._trouble: dict[str, str] = {}  # configured room -> why we are not in it
        self._retry_at = 0.0
        self._members: dict[str, dict[str, str]] = {}
        self._invitations: deque[float] = deque()
        self._invitations_of: dict[str, deque[float]] = {}

    # ------------------------------------------------------------------------------------------ configured

    async def enter_all(self) -> None:
        """Into every configured room that will have us; the others are tried again later."""
        for use, table in ((Use.PUBLIC, self._settings.public), (Use.MODERATORS, self._settings.moderators)):
            for programme, name in table.items():
                await self._enter(name, use, programme)
        self._retry_at = time.monotonic() + RETRY_SECONDS

    async def check(self) -> None:
        """Now and then: configured rooms whose time has come."""
        if self._trouble and time.monotonic() >= self._retry_at:
            await self.enter_all()

    async def _enter(self, name: str, use: Use, programme: str) -> None:
        try:
            room = name if name.startswith("!") else await self._client.resolve(name)
            room = self._followed(room)
            if room not in self._client.joined():
                room = await self._client.join(name if room not in self._memory.rooms and name == room else room)
        except MatrixError as error:
            if passes(error):
                raise
            if name not in self._trouble:
                log.warning("%s: cannot join %s: %s", self.network, name, error)
            self._trouble[name] = str(error)
            return
        self._trouble.pop(name, None)
        self._ids[name] = room
        self._configured[room] = Place(room, use, f"{self.network}/{name}", programme)

    def _followed(self, room: str) -> str:
        """Where a room that was upgraded has gone."""
        seen = set()
        while (moved := self._memory.rooms.get(room)) is not None and moved.use == "moved" and room not in seen:
            seen.add(room)
            room = moved.key
        return room

    def missing(self) -> list[str]:
        """Configured rooms we are not in, with the reason, for `health`."""
        return [f"{name} ({why})" for name, why in self._trouble.items()]

    # ----------------------------------------------------------------------------------------------- looking

    def place(self, room: str) -> Place | None:
        """What a room is to us; None: nothing."""
        found = self._configured.get(room)
        if found is not None:
            return found
        known = self._memory.rooms.get(room)
        if known is None or known.use == "moved":
            return None
        if known.use == "pair":
            return Place(room, Use.PAIR, f"{self.network}/{known.key}", known.programme)
        return Place(room, Use.DIRECT, user=known.key)

    async def people(self, room: str) -> set[str]:
        """Who is in a room or invited to it, without us."""
        found = await self._membership(room)
        return {user for user, membership in found.items() if membership in IN and user != self._me}

    async def present(self, room: str) -> list[str]:
        """Who is in a room, without us."""
        found = await self._membership(room)
        return sorted(user for user, membership in found.items() if membership == "join" and user != self._me)

    async def _membership(self, room: str) -> dict[str, str]:
        known = self._members.get(room)
        if known is None:
            if len(self._members) >= PLACES_CACHED_MAX:
                self._members.clear()
            known = self._members[room] = await self._client.members(room)
        return known

    async def is_private(self, place: Place) -> bool:
        """Whether a direct chat is still one of two."""
        return await self.people(place.room) <= {place.user}

    # ------------------------------------------------------------------------------------ where a letter goes

    async def ready(self, letter: Letter) -> str:
        """The room for a letter, made and with its people asked in where that is needed. Raises TryLater, Undeliverable."""
        to = letter.to.partition("/")[2]
        if is_user(to):
            return await self._direct(to)
        if to in self._ids:
            room = self._ids[to]
            await self._ask_in(room, letter.invite)
            return room
        if to in (*self._settings.public.values(), *self._settings.moderators.values()):
            raise TryLater(f"relaybot is not in {to}: {self._trouble.get(to, 'not yet')}", RETRY_SECONDS)
        return await self._pair(letter, to)

    async def _direct(self, user: str) -> str:
        rooms = [room for room in self._memory.rooms.values() if room.use == "direct" and room.key == user]
        for room in sorted(rooms, key=lambda room: -room.used_at):
            if room.id not in self._client.joined():
                await self._memory.drop_room(room.id)
                continue
            membership = await self._membership(room.id)
            if not await self.people(room.id) <= {user}:
                continue  # somebody else was brought in: nothing private goes there any more
            if membership.get(user) == "join":
                return room.id
            return await self._asked_in(room, membership.get(user, ""))
        return await self._open(user)

    async def _asked_in(self, room: Room, membership: str) -> str:
        """Somebody who has not come in yet, or went away."""
        if membership != "invite":
            waited = time.time() - room.used_at / 1000
            if waited < ASK_AGAIN_SECONDS:
                raise Undeliverable("they left the chat with relaybot")
            await self._memory.put_room(replace(room, used_at=_now()))
            await self._invite(room.id, room.key)
        raise TryLater("they have not accepted the chat with relaybot yet", HOUR_SECONDS)

    async def _open(self, user: str) -> str:
        """A new direct chat; words follow when they have come in, since keys are shared with those who are there."""
        try:
            room = await self._client.create_room(invite=[user], direct=True, encrypted=True)
        except MatrixError as error:
            if passes(error):
                raise
            raise Undeliverable(f"a chat with {user} cannot be opened: {error}") from None
        await self.is_direct(room, user)
        raise TryLater("they have not accepted the chat with relaybot yet", HOUR_SECONDS)

    async def is_direct(self, room: str, user: str) -> None:
        """From now on this is the chat with somebody: remembered here, and in m.direct for other programs of the account."""
        known = self._memory.rooms.get(room)
        await self._memory.put_room(Room(room, "direct", user, used_at=_now()))
        if known is not None and known.key == user:
            return
        told: dict[str, object] = {}
        for kept in self._memory.rooms.values():
            if kept.use == "direct":
                rooms = told.setdefault(kept.key, [])
                assert isinstance(rooms, list)
                rooms.append(kept.id)
        try:
            await self._client.set_account_data("m.direct", told)
        except MatrixError as error:  # nobody depends on it here
            log.info("%s: m.direct was not written: %s", self.network, error)

    async def _pair(self, letter: Letter, to: str) -> str:
        """The room of a pair, encrypted, closed to everybody else."""
        room = next((r for r in self._memory.rooms.values() if r.use == "pair" and r.key == to), None)
        invited = self._users(letter.invite)
        if room is not None and room.id not in self._client.joined():
            raise Undeliverable(f"relaybot is not in {to} any more")
        if room is None:
            if letter.close and not letter.invite:
                raise Undeliverable("that room was never made")
            name = letter.subject or to.removeprefix("#")
            levels = {"invite": 50, "kick": 50, "ban": 50, "redact": 50, "state_default": 50, "events_default": 0}
            made = await self._client.create_room(
                name=name, invite=invited, encrypted=True, preset="private_chat", levels=levels
            )
            room = Room(made, "pair", to, tuple(invited), _now(), letter.programme)
            await self._memory.put_room(room)
        else:
            room = replace(room, people=tuple(dict.fromkeys([*room.people, *invited])))
            await self._memory.put_room(room)
            await self._ask_in(room.id, letter.invite)
            await self._show_out(room)
        if letter.text and not await self.present(room.id):
            raise TryLater("nobody has come into the room yet", HOUR_SECONDS)
        return room.id

    async def _show_out(self, room: Room) -> None:
        """Only the two belong there; an administrator of the homeserver may have let somebody in."""
        for user in await self.people(room.id) - set(room.people):
            log.warning("%s: %s is in %s and does not belong there", self.network, user, room.key)
            try:
                await self._client.kick(room.id, user, "This room belongs to two people.")
            except MatrixError as error:
                if passes(error):
                    raise
                raise Undeliverable(f"{user} is in {room.key} and cannot be shown out: {error}") from None
            self._members.pop(room.id, None)

    def _users(self, addresses: tuple[str, ...]) -> list[str]:
        return [user for network, _, user in (a.partition("/") for a in addresses) if network == self.network]

    async def _ask_in(self, room: str, addresses: tuple[str, ...]) -> None:
        """Invite whom a letter names; who may not be invited by us has other ways in, and words must not wait for that."""
        users = self._users(addresses)
        there = await self.people(room) if users else set()
        for user in users:
            if user not in there:
                await self._invite(room, user)

    async def _invite(self, room: str, user: str) -> None:
        try:
            await self._client.invite(room, user)
        except MatrixError as error:
            if passes(error):
                raise
            log.warning("%s: cannot invite %s: %s", self.network, user, error)
            return
        self._members.pop(room, None)

    # -------------------------------------------------------------------------------------------- what happened

    async def invited(self, invitation: Invited) -> None:
        """Somebody wants us in a room."""
        names = {*self._settings.public.values(), *self._settings.moderators.values()}
        if invitation.room in names or invitation.room in self._configured or invitation.room in self._ids.values():
            await self.enter_all()
            return
        if not self._may_come(invitation):
            await self._decline(invitation)
            return
        await self._client.join(invitation.room)
        self._members.pop(invitation.room, None)
        if await self.people(invitation.room) - {invitation.inviter}:
            await self._client.leave(invitation.room, "I talk to people in chats of two.")
            return
        await self.is_direct(invitation.room, invitation.inviter)
        if not self._ear.knows(f"{self.network}/{invitation.inviter}"):
            self._greet(invitation.room, invitation.inviter)

    def _may_come(self, invitation: Invited) -> bool:
        """Members and moderators always, newcomers so many an hour; into direct chats only, and never into open rooms."""
        if not invitation.direct or invitation.join_rule == "public":
            return False
        if self._ear.knows(f"{self.network}/{invitation.inviter}"):
            return True
        now = time.monotonic()
        each = self._invitations_of.setdefault(invitation.inviter, deque())
        for taken in (self._invitations, each):
            while taken and now - taken[0] > HOUR_SECONDS:
                taken.popleft()
        if len(each) >= self._settings.invites_each_per_hour:
            return False
        if len(self._invitations) >= self._settings.invites_per_hour:
            return False
        if len(self._invitations_of) > PLACES_CACHED_MAX:
            self._invitations_of = {u: q for u, q in self._invitations_of.items() if q}
        self._invitations.append(now)
        each.append(now)
        return True

    async def _decline(self, invitation: Invited) -> None:
        log.info("%s: an invitation by %s was declined", self.network, invitation.inviter)
        try:
            await self._client.leave(invitation.room)
        except MatrixError as error:  # it was taken back already
            if passes(error):
                raise
            log.info("%s: declining it: %s", self.network, error)

    async def left(self, left: Left) -> None:
        """We are out of a room: for a direct chat a new one is made when it is needed; a pair's is given up by the core."""
        self._members.pop(left.room, None)
        configured = self._configured.pop(left.room, None)
        if configured is not None and left.by != self._me:
            name = configured.address.partition("/")[2]
            self._ids.pop(name, None)
            self._trouble[name] = "relaybot was taken out of it"
            self._retry_at = time.monotonic() + HOUR_SECONDS  # no rejoin fights; an invitation brings us back at once
            log.warning("%s: taken out of %s by %s", self.network, name, left.by)
        known = self._memory.rooms.get(left.room)
        if known is not None and known.use == "direct":
            await self._memory.drop_room(left.room)

    async def changed(self, room: str, user: str, membership: str) -> None:
        """Somebody came or went: words that waited for them may go, a chat with nobody in it is left."""
        if user == self._me:
            return
        known = self._members.get(room)
        if known is not None:
            known[user] = membership
        place = self.place(room)
        if place is None:
            return
        if membership == "join":
            self._ear.reachable(self.network, place.address or f"{self.network}/{place.user}")
        elif place.use is Use.DIRECT and user == place.user:
            kept = self._memory.rooms[room]
            await self._memory.put_room(replace(kept, used_at=_now()))
            log.info("%s: %s left the chat", self.network, user)

    async def upgraded(self, room: str, replacement: str) -> None:
        """A room goes on in another one (spec: m.room.tombstone)."""
        place = self.place(room)
        if place is None or not replacement:
            return
        try:
            there = await self._client.join(replacement)
        except MatrixError as error:
            if passes(error):
                raise
            log.warning("%s: cannot follow %s to %s: %s", self.network, room, replacement, error)
            return
        kept = self._memory.rooms.get(room)
        await self._memory.put_room(Room(room, "moved", there))
        if kept is not None:
            await self._memory.put_room(replace(kept, id=there))
        self._configured.pop(room, None)
        if place.use in {Use.PUBLIC, Use.MODERATORS}:
            self._ids[place.address.partition("/")[2]] = there
            self._configured[there] = replace(place, room=there)

    async def close(self, room: str) -> None:
        """Leave a pair's room for good."""
        await self._client.leave(room)
        await self._memory.drop_room(room)
        self._members.pop(room, None)


def _now() -> int:
    return int(time.time() * 1000)
