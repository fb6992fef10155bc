"""What we hear on Matrix: a batch of events becomes messages for the core, in order, each once.

Who spoke is what the homeserver says, nothing else. What cannot be decrypted waits for its key for a while, then its writer is asked
once to send it again. Edits, reactions and replies say what they refer to; redactions change nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from adapters import matrix_read as read
from adapters import matrix_words as words
from adapters.matrix_client import Client
from adapters.matrix_memory import Memory, Unread, now_ms
from adapters.matrix_parts import Batch, MatrixError, Seen, passes
from adapters.matrix_rooms import RULES, Place, Rooms, Use
from adapters.matrix_send import Speaker
from adapters.matrix_settings import MatrixSettings
from relaybot.model import Message
from relaybot.ports import Ear

log = logging.getLogger(__name__)

CANCEL = "m.key.verification.cancel"
LATE_SECONDS = 15 * 60.0  # a message read this long after it was said was said while we were away
KEY_SECONDS = 15.0  # so long a message waits for its key before its writer is asked
UNREAD_DAYS = 30
UNREAD_TRIED_MAX = 200
UNREAD_KEPT_MAX = 500  # of one room
MARK_SECONDS = 30.0
IGNORE_SECONDS = 300.0
COUNTED_MAX = 5000
EDITS_KEPT = 1000


@dataclass(slots=True)
class _Count:
    """How many messages somebody sent in the minute that began at `since`, and until when they are ignored; seconds."""

    since: float
    messages: int = 0
    ignored_until: float = 0.0


@dataclass(frozen=True, slots=True)
class _Before:
    """What stood in a message before it was edited ("?" when that cannot be read any more), when it was said, and what it was."""

    text: str
    at: datetime | None = None
    said: read.Said | None = None


class Listener:
    """The receiving side of one connection."""

    def __init__(
        self, network: str, settings: MatrixSettings, client: Client, rooms: Rooms, memory: Memory, speaker: Speaker,
        ear: Ear,
    ) -> None:  # fmt: skip
        self._network, self._settings, self._client, self._rooms = network, settings, client, rooms
        self._memory, self._speaker, self._ear = memory, speaker, ear
        self._me = client.user_id
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._stood: OrderedDict[str, str] = OrderedDict()  # edit -> words before it; edited message -> words now
        self._taken_at = 0.0  # seconds: what comes now was said after that, whatever its homeserver claims
        self._called = (settings.display_name, self._me, self._me[1:].partition(":")[0])
        self._greeted: dict[str, str] = {}  # room of a newcomer's chat that was just opened -> the newcomer
        self._unanswered: frozenset[str] = frozenset()
        self._read: dict[str, str] = {}  # room -> last event taken care of, to be marked as read
        self._mark_at = 0.0  # when that is done next, monotonic

    def greet(self, room: str, user: str) -> None:
        """A newcomer's chat is being opened: they are greeted, unless they speak first."""
        if len(self._greeted) >= COUNTED_MAX:
            self._greeted.clear()
        self._greeted[room] = user

    # ------------------------------------------------------------------------------------------------ a batch

    async def take(self, batch: Batch) -> None:
        """Everything in a batch, until the core has written it down. Raises MatrixError when we lose the homeserver, StoreFailed."""
        began_at = time.time()
        for room in batch.missed:
            log.warning("%s: older messages in %s could not be read back", self._network, room)
            self._rooms.forget(room)  # who came in may have been among them
        if not self._memory.since:
            self._unanswered = self._last_words(batch)
        for left in batch.left:
            await self._rooms.left(left)
        messages: list[Message] = []
        spoke: set[str] = set()
        for seen in batch.seen:
            if seen.sender == self._me:
                if seen.type == "m.room.member" and seen.state_key == self._me:
                    spoke.add(f"joined {seen.room}")
                continue
            message = await self._message(seen)
            if message is not None:
                spoke.add(seen.room)
                messages.append(message)
            if self._rooms.place(seen.room) is not None:
                self._read[seen.room] = seen.id
        for room, user in list(self._greeted.items()):
            if room in spoke or f"joined {room}" in spoke:
                del self._greeted[room]
            place = self._rooms.place(room)
            if f"joined {room}" in spoke and room not in spoke and place and await self._rooms.is_private(place):
                messages.append(await self._hello(room, user))
        # All in a row: what somebody wrote while we were away can be answered in one.
        await asyncio.gather(*[asyncio.ensure_future(self._ear.hear(message)) for message in messages])
        for event in batch.to_device:
            asked = read.read_to_device(event)
            if asked is not None and not self._is_too_much(asked.user, began_at):
                await self._decline(asked)
        self._taken_at = began_at

    def _last_words(self, batch: Batch) -> frozenset[str]:
        """The newest words of each chat, where they are not ours and cannot be read: a new device of ours, after the old one was
        lost, asks for them again rather than leave somebody without an answer."""
        last = {seen.room: seen for seen in batch.seen if seen.unreadable or seen.type == "m.room.message"}
        chats = {room.id for room in self._memory.rooms.values() if room.use == "direct"}
        return frozenset(seen.id for room, seen in last.items() if room in chats and seen.unreadable)

    async def _message(self, seen: Seen) -> Message | None:
        """What one event is for the core; other events are dealt with here."""
        happened = read.read(seen, self._me)
        if seen.state_key is not None and seen.type in RULES:
            self._rooms.forget(seen.room)
        match happened:
            case read.Changed():
                self._rooms.names.forget(happened.user)  # they may have changed it
                await self._rooms.changed(seen.room, happened.user, happened.membership)
            case read.Upgraded():
                await self._rooms.upgraded(seen.room, happened.replacement)
        place = self._rooms.place(seen.room)
        if place is None or not await self._may_speak(place, seen):
            return None
        match happened:
            case read.Unreadable():
                await self._unreadable(seen, happened.session)
            case read.Said():
                return await self._said(seen, happened, place)
            case read.Reacted():
                return await self._reacted(seen, happened, place)
            case read.Strange() if place.use is not Use.PUBLIC:
                await self._speaker.remark(seen.room, words.reads_text_only(), seen.id)
            case read.Asked() if not await self._too_many(seen):
                await self._decline(happened)
        return None

    async def _may_speak(self, place: Place, seen: Seen) -> bool:
        """In a direct chat only its person, and only while nobody else is there; what was said before our login is not ours."""
        before = not self._memory.since and seen.at and seen.at < self._memory.login_at
        if before and seen.type != "m.room.member" and seen.id not in self._unanswered:
            return False
        if place.use is not Use.DIRECT or seen.state_key is not None:
            return True
        if not await self._rooms.is_private(place):
            await self._speaker.remark(seen.room, words.not_private(), seen.id)
            return False
        return seen.sender == place.user

    # ---------------------------------------------------------------------------------------------- what was said

    async def _said(self, seen: Seen, said: read.Said, place: Place) -> Message | None:
        text, addressed = said.text, place.use is Use.DIRECT
        if place.use is not Use.DIRECT:
            called, text = read.addressed(text, self._called, mentioned=said.mentions)
            addressed = called or said.mentions
        if said.emote:
            if place.use is Use.DIRECT:
                return None  # in private everything is an answer or a command, and an emote is neither
            text = text.lstrip("! ")
        if place.use is Use.PUBLIC and not addressed and not said.thread:
            return None
        if said.file and place.use is not Use.PUBLIC and not said.edits:
            await self._speaker.remark(seen.room, words.no_files(), seen.id)
            return None
        if (addressed or place.use is Use.PUBLIC) and await self._too_many(seen, quiet=not addressed):
            return None
        before = await self._before(seen, said) if said.edits else None
        if before is not None and not before.text:
            return None
        if not text.strip():
            return None
        if said.cut:
            await self._speaker.remark(seen.room, words.too_long(), seen.id)
        if before is not None and before.said is not None:  # an edit names no thread: what it edits did
            said = replace(said, thread=before.said.thread, replies_to=before.said.replies_to)
        about = await self._about(seen.room, said)
        if place.use is Use.PUBLIC and not addressed and not about:
            return None  # a thread of other people's
        if place.use is Use.DIRECT:
            await self._rooms.is_direct(seen.room, seen.sender)
        return await self._build(seen, place, text, addressed=addressed, about=about, before=before, said=said)

    async def _build(
        self, seen: Seen, place: Place, text: str, *, addressed: bool, about: str, before: _Before | None = None,
        said: read.Said | None = None,
    ) -> Message:  # fmt: skip
        root = said.thread if said is not None else ""
        late = seen.at and time.time() - seen.at / 1000 > LATE_SECONDS
        return Message(
            network=self._network,
            sender=f"{self._network}/{seen.sender}",
            reply=f"{self._network}/{seen.sender}",
            name=await self._rooms.names.of(seen.sender),
            text=text,
            place=place.address,
            programme=place.programme,
            addressed=addressed,
            about=about,
            id=seen.id,
            thread=f"{seen.room} {root or '-'} {seen.id}",
            clear=not seen.encrypted and said is not None and self._client.encrypted(seen.room),
            corrected=before.text if before is not None else "",
            first_said_at=before.at if before is not None else None,
            said_at=datetime.fromtimestamp(seen.at / 1000, UTC) if late else None,
        )

    async def _hello(self, room: str, user: str) -> Message:
        """A newcomer opened a chat and said nothing yet: as if they had said hello."""
        address = f"{self._network}/{user}"
        name = await self._rooms.names.of(user)
        return Message(self._network, address, address, name, "hello", id=f"hello {room}")

    async def _about(self, room: str, said: read.Said) -> str:
        """What a reply, or a message in a thread, refers to."""
        for event in (said.replies_to, said.thread):
            if event and (about := await self._speaker.about(room, event)) is not None:
                return about
        return ""

    async def _before(self, seen: Seen, said: read.Said) -> _Before:
        """What was edited, as the last edit we know of left it; without text when it was not theirs to edit, or is the same."""
        try:
            before = await self._client.event(seen.room, said.edits)
        except MatrixError as error:
            if passes(error):
                raise
            return _Before("?")
        if before is None or before.unreadable:
            return _Before("?")
        if before.sender != seen.sender:
            return _Before("")
        old = read.read(before, self._me)
        if not isinstance(old, read.Said):
            return _Before("?")
        at = datetime.fromtimestamp(before.at / 1000, UTC) if before.at else None
        if seen.id not in self._stood:  # else its batch is asked for once more
            self._stood[seen.id] = self._stood.get(said.edits, old.text)
        self._stood[said.edits] = said.text
        was = self._stood[seen.id]
        while len(self._stood) > EDITS_KEPT:
            self._stood.popitem(last=False)
        return _Before("" if was == said.text else was, at, old)

    async def _reacted(self, seen: Seen, reacted: read.Reacted, place: Place) -> Message | None:
        """A digit, a tick or a cross below a message of ours answers what it asked; any other sign is not for us."""
        word = read.digit_or_word(reacted.key)
        if not word or place.use is Use.PUBLIC or await self._too_many(seen):
            return None
        about = await self._speaker.about(seen.room, reacted.target)
        if not about:
            return None
        return await self._build(seen, place, word, addressed=True, about=about)

    # ------------------------------------------------------------------------------------------- not to be read

    async def _unreadable(self, seen: Seen, session: str) -> None:
        waiting = sum(1 for unread in self._memory.unread.values() if unread.room == seen.room)
        if seen.id not in self._memory.unread and waiting < UNREAD_KEPT_MAX:
            await self._memory.put_unread(Unread(seen.id, seen.room, session, now_ms()))

    async def look_again(self) -> None:
        """Messages whose key may have come by now; who waits too long is asked once for each session to send it again."""
        now = now_ms()
        told = {(u.room, u.session) for u in self._memory.unread.values() if u.told}
        waiting = [u for u in self._memory.unread.values() if not u.told]
        for unread in waiting[:UNREAD_TRIED_MAX]:
            seen = await self._client.event(unread.room, unread.event)
            if seen is not None and not seen.unreadable:
                message = await self._message(seen)
                if message is not None:
                    await self._ear.hear(message)
                await self._memory.drop_unread(unread.event)
            elif now - unread.at > KEY_SECONDS * 1000:
                place = self._rooms.place(unread.room)
                if (unread.room, unread.session) not in told and place is not None and place.use is not Use.PUBLIC:
                    key = f"unread {unread.session}"
                    await self._speaker.remark(unread.room, words.could_not_read(), key)
                told.add((unread.room, unread.session))
                await self._memory.told_unread(unread)
        old = [u.event for u in self._memory.unread.values() if now - u.at > UNREAD_DAYS * 86_400_000]
        if old:
            await self._memory.drop_unread(*old)

    # ----------------------------------------------------------------------------------------------- manners

    async def mark_read(self) -> None:
        """Now and then tell how far we have read (privately: nobody but our own programs sees it); what fails is told next time.

        For the homeserver each room is as much work as a message.
        """
        now = time.monotonic()
        if now < self._mark_at or not self._read:
            return
        self._mark_at = now + MARK_SECONDS
        for room, event in list(self._read.items()):
            try:
                await self._client.mark_read(room, event)
            except MatrixError as error:
                log.debug("%s: marking %s as read: %s", self._network, room, error)
                if passes(error):
                    return  # it would be the same with every other room, and each may take its time
            if self._read.get(room) == event:
                del self._read[room]

    async def _decline(self, asked: read.Asked) -> None:
        """Somebody asks to compare emoji, which a program cannot: it is called off, in a room with a word why."""
        if asked.room:
            await self._speaker.remark(asked.room, words.cannot_verify(), asked.transaction)
            cancel = read.cancel_in_room(asked.transaction)
            await self._speaker.send(asked.room, CANCEL, cancel, f"cancel {asked.transaction}")
            return
        try:
            await self._client.to_device(asked.user, asked.device, CANCEL, read.cancel_to_device(asked))
        except MatrixError as error:
            log.info("%s: a verification was not called off: %s", self._network, error)

    async def _too_many(self, seen: Seen, *, quiet: bool = False) -> bool:
        """Somebody who says too much in a minute is told once (not when `quiet`), and not heard for a while.

        What waited for us counts at the time it was said, as far as that can be true: its homeserver may claim anything.
        """
        said_at = min(max(seen.at / 1000, self._taken_at), time.time())
        before = self._ignored(seen.sender, said_at)
        if not self._is_too_much(seen.sender, said_at):
            return False
        limit = self._settings.commands_per_minute
        if not quiet and not before and limit:
            await self._speaker.remark(seen.room, words.too_many(limit, IGNORE_SECONDS), seen.id)
        return True

    def _ignored(self, user: str, at: float) -> bool:
        count = self._counts.get(user)
        return count is not None and at < count.ignored_until

    def _is_too_much(self, user: str, at: float) -> bool:
        """Count one more of somebody's at that time (seconds); whether it is not to be answered."""
        limit = self._settings.commands_per_minute
        if not limit:
            return False
        count = self._counts.get(user)
        if count is None:
            count = self._counts[user] = _Count(at)
            if len(self._counts) > COUNTED_MAX:
                self._counts.popitem(last=False)
        if at < count.ignored_until:
            return True
        if at - count.since >= 60.0:
            count.since, count.messages = at, 0
        count.messages += 1
        if count.messages <= limit:
            return False
        count.ignored_until, count.since, count.messages = at + IGNORE_SECONDS, at + IGNORE_SECONDS, 0
        return True
