"""What relaybot says on Matrix: letters become events, each with a transaction id of its own, and get their fate from the homeserver.

One letter after the other for each reader, a few readers at once. The same letter always has the same transaction ids, so what is
sent again after a crash is one event (client-server API, "Transaction identifiers"); later than servers promise that, it is looked for.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters import matrix_write as write
from adapters.matrix_client import Client
from adapters.matrix_memory import Memory
from adapters.matrix_parts import MatrixError, Unsafe, passes
from adapters.matrix_rooms import Place, Rooms, Use
from relaybot.model import Letter, Urgency
from relaybot.ports import Delivery, TryLater, Undeliverable

log = logging.getLogger(__name__)

Fate = tuple[str, str, float]

AT_ONCE = 8  # letters to different readers that are sent at the same time
FORGOTTEN_AFTER = timedelta(hours=12)  # homeservers know a transaction id for a day (Synapse), at least for a while
LOOKED_THROUGH = 200  # events of a room that are searched for a letter of unknown fate
OFFLINE_SECONDS = 60.0
SAID_KEPT = 2000
REMARK_SECONDS = 600.0  # the same remark is not made again in a room before this
THREADED = ("A", "H")  # one thread per application and per case, where moderators read


class Speaker:
    """The sending side of one adapter, over reconnections: what waits is settled "later" while nobody answers."""

    def __init__(self, network: str, messages_per_second: float) -> None:
        self.network = network
        self._pause = 1.0 / messages_per_second if messages_per_second else 0.0
        self._queues: dict[str, deque[Delivery]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(AT_ONCE)
        self._not_before = 0.0  # by the loop's clock: the homeserver asked us to wait until then
        self._client: Client | None = None
        self._rooms: Rooms
        self._memory: Memory
        self._remarked: dict[tuple[str, str], float] = {}
        self.said: OrderedDict[str, str] = OrderedDict()  # event of ours -> what it is about, for replies and reactions
        self._others: OrderedDict[str, None] = OrderedDict()  # events that were asked for and are not ours

    def attach(self, client: Client, rooms: Rooms, memory: Memory) -> None:
        """From now on letters go out over this connection."""
        self._client, self._rooms, self._memory = client, rooms, memory

    async def detach(self) -> None:
        """Nothing goes out any more; a letter on its way is tried again, with the same transaction id."""
        self._client = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for queue in self._queues.values():
            while queue:
                queue.popleft().settle("later", "not connected", OFFLINE_SECONDS)
        self._queues.clear()

    @property
    def waiting(self) -> int:
        """Letters that are with us."""
        return sum(len(queue) for queue in self._queues.values())

    def post(self, delivery: Delivery) -> None:
        """Take a letter; those to one address leave one after the other."""
        to = delivery.letter.to
        queue = self._queues.get(to)
        if queue is not None:
            queue.append(delivery)
            return
        self._queues[to] = deque([delivery])
        task = asyncio.get_running_loop().create_task(self._work_off(to))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_off(self, to: str) -> None:
        queue = self._queues[to]
        while queue:
            async with self._free:
                fate = await self._fate(queue[0])
            queue.popleft().settle(*fate)
            if fate[0] == "later":  # those behind it wait too: the postman keeps the order
                while queue:
                    queue.popleft().settle(*fate)
        del self._queues[to]

    async def _fate(self, delivery: Delivery) -> Fate:
        """Send one letter; what became of it."""
        letter = delivery.letter
        while True:
            await self._wait()
            if not delivery.still():
                return "dropped", "", 0.0
            try:
                await self._send(letter)
            except TryLater as wait:
                return "later", str(wait), wait.seconds
            except Undeliverable as no:
                return "undeliverable", str(no), 0.0
            except Unsafe as error:
                log.error("%s: a letter was not sent: %s", self.network, error)
                return "later", str(error), OFFLINE_SECONDS
            except MatrixError as error:
                if error.code == "M_LIMIT_EXCEEDED":
                    self._slow_down(error.retry_after_ms / 1000 or 1.0)
                    continue
                return self._refused(letter, error)
            except Exception:  # a bug must not hold up everybody behind this letter
                log.exception("%s: letter %s could not be sent", self.network, letter.id)
                return "later", "a mistake in relaybot", OFFLINE_SECONDS
            return "sent", "", 0.0

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        while (seconds := self._not_before - loop.time()) > 0:  # noqa: ASYNC110 - a moment, which others may move meanwhile
            await asyncio.sleep(seconds)
        if self._pause:
            self._slow_down(self._pause)

    def _slow_down(self, seconds: float) -> None:
        self._not_before = max(self._not_before, asyncio.get_running_loop().time() + seconds)

    def _refused(self, letter: Letter, error: MatrixError) -> Fate:
        if passes(error) or error.status >= 500:
            return "later", str(error), 5.0
        log.warning("%s: letter %s was refused: %s", self.network, letter.id, error)
        return "undeliverable", str(error), 0.0

    # ------------------------------------------------------------------------------------------- one letter

    async def _send(self, letter: Letter) -> None:
        client = self._client
        if client is None:
            raise TryLater("not connected", OFFLINE_SECONDS)
        room = await self._rooms.ready(letter)
        place = self._rooms.place(room)
        assert place is not None
        if letter.text:
            await self._say(client, letter, place)
        if letter.close and place.use is Use.PAIR:
            await self._rooms.close(room)

    async def _say(self, client: Client, letter: Letter, place: Place) -> None:
        thread, answered = await self._below(letter, place)
        card = self._memory.below.get((place.room, letter.card), "") if letter.card else ""
        mention = await self._mentioned(letter, place)
        names = {user: await self._rooms.names.of(user) for user in mention} if place.use is not Use.DIRECT else {}
        contents = write.contents(letter, mention=mention, thread=thread, reply_to=answered, names=names)
        sent_before = await self._find(client, place.room) if self._is_old(letter) else {}
        first = ""
        for number, content in enumerate(contents):
            transaction = write.transaction(letter, number)
            event = sent_before.get(transaction, "")
            if not event:
                said = write.edit(content, card) if card else content
                event = await client.send(place.room, "m.room.message", said, transaction)
            first = first or event
            self._remember(event, letter.about)
        if letter.card and not card:
            await self._memory.put_below(place.room, letter.card, first)
        elif _has_thread(letter, place) and not thread and not answered:
            await self._memory.put_below(place.room, letter.about, first)

    async def _below(self, letter: Letter, place: Place) -> tuple[str, str]:
        """The thread it belongs in, and the message it answers; "" for neither."""
        if letter.card:
            return "", ""
        room, _, rest = letter.thread.partition(" ")
        root, _, answered = rest.partition(" ")
        if room != place.room:
            root = answered = ""
        root = "" if root == "-" else root
        if not root and not answered and _has_thread(letter, place):  # an answer stays where it was asked
            root = self._memory.below.get((place.room, letter.about), "")
        if place.use is Use.DIRECT and not root:
            answered = ""  # between two people it is clear what an answer answers
        return root, answered

    async def _mentioned(self, letter: Letter, place: Place) -> list[str]:
        """Whom an urgent letter rings: everybody in the room it is for, never a public one."""
        if letter.urgency is not Urgency.URGENT or place.use is Use.PUBLIC:
            return []
        if place.use is Use.DIRECT:
            return [place.user]
        return await self._rooms.present(place.room)

    def _is_old(self, letter: Letter) -> bool:
        """Whether the homeserver may have forgotten an earlier try: long ago, or with another device of ours."""
        written = letter.written_at
        login = datetime.fromtimestamp(self._memory.login_at / 1000, UTC)
        return written < login or written < datetime.now(UTC) - FORGOTTEN_AFTER

    async def _find(self, client: Client, room: str) -> dict[str, str]:
        """Our own events that are in the room already: which piece of which letter -> event."""
        found: dict[str, str] = {}
        for seen in await client.recent(room, LOOKED_THROUGH):
            if seen.sender == client.user_id and isinstance(mark := seen.content.get(write.MARK), str):
                found[mark] = seen.id
        return found

    def _remember(self, event: str, about: str) -> None:
        self.said[event] = about
        if len(self.said) > SAID_KEPT:
            self.said.popitem(last=False)

    async def about(self, room: str, event: str) -> str | None:
        """What a message of ours was about ("" for nothing); None when it is not ours."""
        if event in self.said:
            return self.said[event]
        client = self._client
        if client is None or event in self._others:
            return None
        try:
            seen = await client.event(room, event)
        except MatrixError as error:  # an id that somebody made up may be refused in any way
            if passes(error):
                raise
            seen = None
        if seen is None or seen.sender != client.user_id:
            self._others[event] = None
            if len(self._others) > SAID_KEPT:
                self._others.popitem(last=False)
            return None
        about = seen.content.get(write.ABOUT, "")
        self._remember(event, about if isinstance(about, str) else "")
        return self.said[event]

    # -------------------------------------------------------------------------------------------- our own words

    async def remark(self, room: str, text: str, key: str) -> None:
        """A sentence of the adapter's own: once for each key whatever is repeated, and not again and again in one room."""
        now = asyncio.get_running_loop().time()
        if now - self._remarked.get((room, text), -REMARK_SECONDS) < REMARK_SECONDS:
            return
        if len(self._remarked) > SAID_KEPT:
            self._remarked.clear()
        self._remarked[room, text] = now
        await self.send(room, "m.room.message", write.notice(text), key)

    async def send(self, room: str, kind: str, content: Mapping[str, Any], key: str) -> None:
        """One event that is no letter; nobody waits for it, so what fails is only noted."""
        if self._client is not None:
            try:
                await self._client.send(room, kind, content, write.remark_transaction(room, key))
            except MatrixError as error:
                log.info("%s: %s was not sent: %s", self.network, kind, error)


def _has_thread(letter: Letter, place: Place) -> bool:
    return place.use is Use.MODERATORS and letter.about[:1] in THREADED and not letter.card
