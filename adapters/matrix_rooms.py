"""The rooms relaybot is in on Matrix: the public and moderators' ones, the direct chat of each person, the rooms of pairs.

A direct chat is private only while nobody but its person and we are in it, and nobody else can come in or look in; that is looked at
before every word. Where somebody with the power to do so moves a room, only the configured ones are followed.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from adapters.matrix_client import Client
from adapters.matrix_memory import Memory, Room, now_ms
from adapters.matrix_names import Names
from adapters.matrix_parts import Left, LoggedOut, MatrixError, passes
from adapters.matrix_settings import MatrixSettings, is_user
from relaybot.model import Letter
from relaybot.ports import Ear, TryLater, Undeliverable

log = logging.getLogger(__name__)

HOUR_SECONDS = 3600.0
ASK_AGAIN_SECONDS = 24 * HOUR_SECONDS  # somebody who left or declined the chat is asked in again after this, not before
RETRY_SECONDS = 300.0  # a configured room that does not let us in is tried again after this
RETRY_SOON_SECONDS = 20.0  # and after this when its homeserver was not there
COMING_IN_SECONDS = 10.0
PLACES_CACHED_MAX = 2000
FOUND_MAX = 2000
MARK = "org.relaybot.place"  # a state event in rooms we made
IN = frozenset({"join", "invite"})
RULES = frozenset({"m.room.join_rules", "m.room.history_visibility"})
CLOSED_RULES = frozenset({"invite", "knock", "private"})  # to come in, somebody inside has to say so


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
    """Knows and makes rooms. The ear's `reachable` is called when somebody came in."""

    def __init__(self, network: str, settings: MatrixSettings, client: Client, memory: Memory, ear: Ear) -> None:
        self.network, self._settings, self._client, self._memory, self._ear = network, settings, client, memory, ear
        self._me = client.user_id
        self.names = Names(network, client)
        self._configured: dict[str, Place] = {}  # room id -> place
        self._ids: dict[str, str] = {}  # configured room as it is written in the settings -> room id
        self._trouble: dict[str, str] = {}  # configured room -> why we are not in it
        self._retry_at: dict[str, float] = {}  # configured room we are not in -> when it is tried again, monotonic
        self._names: dict[str, str] = {}  # room id -> configured room it is or was
        self._members: dict[str, dict[str, str]] = {}
        self._closed: dict[str, bool] = {}  # room -> whether its rules keep others out

    # ------------------------------------------------------------------------------------------ configured

    async def enter_all(self) -> None:
        """Into every configured room that will have us; the others are tried again later."""
        for name in (*self._settings.public.values(), *self._settings.moderators.values()):
            await self._enter(name)

    async def check(self) -> None:
        """Now and then: configured rooms whose time has come."""
        now = time.monotonic()
        for name, at in list(self._retry_at.items()):
            if now >= at:
                await self._enter(name)

    async def enter_again(self, room: str) -> None:
        """We were invited to a configured room, or to what became of one."""
        name = room if room in self._retry_at else self._names.get(room, "")
        for one in [name] if name else list(self._retry_at):
            await self._enter(one)

    async def _enter(self, name: str) -> None:
        """Into one of them. What goes wrong is told by `missing`: one room far away must not hold up the others."""
        room = ""
        use, programme = self._settled(name)
        try:
            found = name if name.startswith("!") else await self._client.resolve(name)
            room = self._followed(found)
            self._names[room] = name
            # Before the first word in it.
            self._configured[room] = Place(room, use, f"{self.network}/{name}", programme)
            if room not in self._client.joined():
                await self._client.join(name if room == found else room)
        except LoggedOut:
            raise
        except MatrixError as error:
            self._configured.pop(room, None)
            if name not in self._trouble:
                log.warning("%s: cannot join %s: %s", self.network, name, error)
            self._out(name, str(error), RETRY_SOON_SECONDS if passes(error) else RETRY_SECONDS)
            return
        self._trouble.pop(name, None)
        self._retry_at.pop(name, None)
        if self._ids.get(name) != room:
            self._ids[name] = room
            self._ear.reachable(self.network, f"{self.network}/{name}")

    def _settled(self, name: str) -> tuple[Use, str]:
        """What a configured room is for, and its programme."""
        for use, table in ((Use.PUBLIC, self._settings.public), (Use.MODERATORS, self._settings.moderators)):
            for programme, one in table.items():
                if one == name:
                    return use, programme
        raise KeyError(name)

    def _out(self, name: str, why: str, seconds: float) -> None:
        self._trouble[name], self._retry_at[name] = why, time.monotonic() + seconds

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

    def is_configured(self, room: str) -> bool:
        """Whether a room is one of the settings, or what became of one."""
        if room in self._names or room in self._retry_at:
            return True
        return any(r.use == "moved" and r.key == room and not r.people for r in self._memory.rooms.values())

    def continues(self, room: str, user: str) -> bool:
        """Whether this is what somebody's direct chat with us was upgraded to."""
        return any(r.use == "moved" and r.key == room and r.people == (user,) for r in self._memory.rooms.values())

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
        return await self.is_between(place.room, place.user)

    async def is_between(self, room: str, user: str) -> bool:
        """Whether nobody but somebody and we are in a room, asked in, able to come in by themselves, or to read along."""
        try:
            return await self.people(room) <= {user} and await self._is_closed(room)
        except MatrixError as error:
            if passes(error):
                raise
            log.warning("%s: who is in room %s cannot be seen, so it is not private: %s", self.network, room, error)
            return False

    async def _is_closed(self, room: str) -> bool:
        known = self._closed.get(room)
        if known is None:
            if len(self._closed) >= PLACES_CACHED_MAX:
                self._closed.clear()
            rule = (await self._client.state(room, "m.room.join_rules") or {}).get("join_rule", "invite")
            seen_by = (await self._client.state(room, "m.room.history_visibility") or {}).get("history_visibility")
            known = self._closed[room] = rule in CLOSED_RULES and seen_by != "world_readable"
        return known

    def forget(self, room: str) -> None:
        """Who is in a room and who may come in has to be asked anew."""
        self._members.pop(room, None)
        self._closed.pop(room, None)

    # -------------------------------------------------------------------------------------------- found again

    def _mark(self, **what: Any) -> dict[str, Any]:
        """What a room of ours is for, in the room itself. Under our own id as its state key nobody else can write it (spec,
        authorization rules: a state key that begins with @ is its sender's)."""
        return {"type": MARK, "state_key": self._me, "content": what}

    async def find_again(self) -> None:
        """Rooms we are in without remembering why, because the folder was lost or a crash came between: known by our mark in
        them, or as somebody's chat by m.direct."""
        joined = self._client.joined()
        unknown = [room for room in joined if room not in self._memory.rooms and not self.is_configured(room)]
        if not unknown:
            return
        told = await self._client.account_data("m.direct") or {}
        chats = {room: user for user, rooms in told.items() if isinstance(rooms, list) for room in map(str, rooms)}
        for room in sorted(unknown)[:FOUND_MAX]:
            mark = await self._client.state(room, MARK, self._me) or {}
            user, name = mark.get("user") or chats.get(room, ""), mark.get("name")
            if isinstance(name, str) and name.startswith("#"):
                people = tuple(person for person in mark.get("people", ()) if isinstance(person, str))
                await self._memory.put_room(Room(room, "pair", name, people, now_ms(), str(mark.get("programme", ""))))
            elif isinstance(user, str) and is_user(user):
                await self._memory.put_room(Room(room, "direct", user, used_at=now_ms()))

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
        chats = {"direct", "asked"}  # the second: one that we are coming into, or have just come into
        rooms = [room for room in self._memory.rooms.values() if room.use in chats and room.key == user]
        for room in sorted(rooms, key=lambda room: -room.used_at):
            if room.id not in self._client.joined():
                if room.use == "direct":
                    await self._memory.drop_room(room.id)
                continue
            if not await self.is_between(room.id, user):
                continue  # somebody else was brought in, or can come: nothing private goes there any more
            membership = await self._membership(room.id)
            if membership.get(user) == "join":
                return room.id
            return await self._asked_in(room, membership.get(user, ""))
        if any(room.use == "asked" and room.key == user for room in self._memory.rooms.values()):
            raise TryLater("relaybot is just coming into their chat", COMING_IN_SECONDS)
        return await self._open(user)

    async def _asked_in(self, room: Room, membership: str) -> str:
        """Somebody who has not come in yet, or went away."""
        if membership != "invite":
            waited = time.time() - room.used_at / 1000
            if waited < ASK_AGAIN_SECONDS:
                raise Undeliverable("they left the chat with relaybot")
            await self._memory.put_room(replace(room, used_at=now_ms()))
            await self._invite(room.id, room.key)
        raise TryLater("they have not accepted the chat with relaybot yet", HOUR_SECONDS)

    async def _open(self, user: str) -> str:
        """A new direct chat; words follow when they have come in, since keys are shared with those who are there."""
        try:
            room = await self._client.create_room(
                invite=[user], direct=True, encrypted=True, state=[self._mark(user=user)]
            )
        except MatrixError as error:
            if passes(error):
                raise
            raise Undeliverable(f"a chat with them cannot be opened: {error}") from None
        await self.is_direct(room, user)
        raise TryLater("they have not accepted the chat with relaybot yet", HOUR_SECONDS)

    async def is_direct(self, room: str, user: str) -> None:
        """From now on this is the chat with somebody: remembered here, and in m.direct for other programs of the account."""
        known = self._memory.rooms.get(room)
        if known is not None and (known.use, known.key) == ("direct", user):
            self._memory.used(room, now_ms())
            return
        await self._memory.put_room(Room(room, "direct", user, used_at=now_ms()))
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
            await self._memory.drop_room(room.id)
            room = None
        if room is None:
            if not invited:
                raise Undeliverable(f"relaybot is not in {to} any more")
            name = letter.subject or to.removeprefix("#")
            levels = {"invite": 50, "kick": 50, "ban": 50, "redact": 50, "state_default": 50, "events_default": 0}
            made = await self._client.create_room(
                name=name, invite=invited, encrypted=True, preset="private_chat", levels=levels,
                state=[self._mark(name=to, programme=letter.programme, people=invited)],
            )  # fmt: skip
            room = Room(made, "pair", to, tuple(invited), now_ms(), letter.programme)
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
            log.warning("%s: somebody is in %s and does not belong there", self.network, room.key)
            try:
                await self._client.kick(room.id, user, "This room belongs to two people.")
            except MatrixError as error:
                if passes(error):
                    raise
                raise Undeliverable(f"somebody is in {room.key} and cannot be shown out: {error}") from None
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
            log.warning("%s: cannot invite somebody into %s: %s", self.network, room, error)
            return
        self._members.pop(room, None)

    # -------------------------------------------------------------------------------------------- what happened

    async def left(self, left: Left) -> None:
        """We are out of a room: for a direct chat a new one is made when it is needed; a pair's is given up by the core."""
        self.forget(left.room)
        configured = self._configured.pop(left.room, None)
        if configured is not None and left.by != self._me:
            name = configured.address.partition("/")[2]
            self._ids.pop(name, None)
            self._out(name, "relaybot was taken out of it", HOUR_SECONDS)  # no fights; an invitation brings us back
            log.warning("%s: taken out of %s", self.network, name)
        known = self._memory.rooms.get(left.room)
        if known is not None and known.use in {"direct", "asked"}:
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
            await self._memory.put_room(replace(kept, used_at=now_ms()))
            log.info("%s: somebody left the chat %s", self.network, room)

    async def upgraded(self, room: str, replacement: str) -> None:
        """A room goes on in another one (spec: m.room.tombstone).

        Into what became of a chat we come when its person asks us in: they could name any room at all.
        """
        place = self.place(room)
        if place is None or not replacement or place.use is Use.PAIR:
            return
        await self._memory.put_room(Room(room, "moved", replacement, people=(place.user,) if place.user else ()))
        if self._configured.pop(room, None) is not None:
            name = place.address.partition("/")[2]
            self._ids.pop(name, None)
            self._out(name, f"it was moved to {replacement}", 0.0)  # entered beside reading: it may be far away

    async def close(self, room: str) -> None:
        """Leave a pair's room for good."""
        await self._client.leave(room)
        await self._memory.drop_room(room)
        self._members.pop(room, None)
