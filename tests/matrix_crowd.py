"""People who write to relaybot in encrypted chats and count what comes back: each message of theirs has one effect and one answer.

They say everything once: what their homeserver has taken must reach relaybot, whatever is killed meanwhile. Only what the
homeserver did not take is sent again, as the same transaction. `findings` compares what was said with what came of it.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from adapters.matrix_write import MARK
from relaybot.homeserver import Homeserver
from tests.crash_people import HANDED_IN, QUESTIONS
from tests.matrix_process import MatrixProcess
from tests.matrix_talk import Heard
from tests.synapse import PASSWORD, Raw, fresh
from tests.synapse_people import Person

AWAY = (aiohttp.ClientError, OSError, TimeoutError)  # a homeserver that is not there, or goes while it answers
ANSWER_SECONDS = 90.0  # relaybot and its homeserver may both be starting again
AGAIN_SECONDS = 0.1
BURST = 8  # messages sent at once, so that a process that is killed soon has something to do
NOTED = re.compile(r'^Noted: about "number (\d+)"')


class Peer(Person):
    """A person with one encrypted chat with relaybot, whose homeserver may go away."""

    bot = ""  # relaybot's user id

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.sent: dict[str, str] = {}  # what the homeserver took: event id -> text
        self.number = 0  # the last one said
        self.answered = 0
        self.application = 0

    async def send(self, kind: str, content: Mapping[str, Any], room: str = "") -> str:
        transaction = str(uuid.uuid4())
        while True:
            try:
                await self._share(room or self.room)
                asked = self.client.room_send(
                    room or self.room, kind, dict(content), transaction, ignore_unverified_devices=True
                )
                said = await self._must(asked)
            except AWAY:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            self.sent[str(said.event_id)] = str(content.get("body", ""))
            return str(said.event_id)

    async def _share(self, room: str) -> None:
        """Give relaybot the key of what is said next. nio calls a key shared even if no request with it got through."""
        olm = self.client.olm
        while olm.should_share_group_session(room):
            try:
                await self._must(self.client.share_group_session(room, ignore_unverified_devices=True))
            finally:
                self.client.sharing_session.pop(room, None)
            if not any(user == self.bot for user, _ in olm.outbound_group_sessions[room].users_shared_with):
                del olm.outbound_group_sessions[room]
                await asyncio.sleep(AGAIN_SECONDS)

    async def more(self, seconds: float) -> None:
        try:
            await self.sync(int(seconds * 1000))
        except AWAY:
            await asyncio.sleep(AGAIN_SECONDS)

    # --------------------------------------------------------------------------------------------- talking

    def from_bot(self) -> list[Heard]:
        """Every message of relaybot's that could be read, each event once."""
        events = {event.id: event for event in self.seen if event.sender == self.bot and event.kind == "m.room.message"}
        return list(events.values())

    def lines(self) -> list[str]:
        """Every line of them."""
        return [line for event in self.from_bot() for line in event.body.split("\n")]

    async def until(self, true: Callable[[], object], what: str, seconds: float = ANSWER_SECONDS) -> None:
        """Wait until what was heard makes something true."""
        try:
            async with asyncio.timeout(seconds):
                while not true():
                    await self.more(0.5)
        except TimeoutError:
            unread = sum(event.sender == self.bot and not event.readable for event in self.seen)
            raise AssertionError(
                f"{self.user_id} waited for {what}; {unread} messages cannot be read; last heard: {self.lines()[-5:]}"
            ) from None

    async def knows_other_than(self, device: str) -> None:
        """Until this client has heard of another device of relaybot's, and that this one is gone."""

        def known() -> bool:
            devices = {one.id for one in self.client.device_store.active_user_devices(self.bot)}
            return bool(devices) and device not in devices

        await self.until(known, "another device")

    async def catch_up(self) -> None:
        """Read what there is, until the homeserver has nothing new."""
        before = -1
        while before != len(self.seen):
            before = len(self.seen)
            await self.sync(1)  # nio takes a 0 for its own patience

    async def apply(self) -> None:
        """Join, question by question."""
        text: str | int = "join"
        while isinstance(text, str):
            text = await self._ask(text)
        self.application = text

    async def _ask(self, text: str) -> str | int:
        """Say something; what to answer to the question that comes then, or the number of the application."""
        asked = len(self.lines())
        await self.say(text)
        await self.until(lambda: _question(self.lines()[asked:]), f"an answer to {text!r}")
        return _question(self.lines()[asked:])

    async def count_on(self, how_many: int) -> None:
        """Change the profile so many times at once, and wait until each change was noted."""
        for _ in range(how_many):
            self.number += 1
            await self.say(f"set about number {self.number}")
        await self.until(lambda: self.noted().keys() >= set(range(1, self.number + 1)), f"number {self.number}")
        self.answered = self.number

    def noted(self) -> Counter[int]:
        """How often each number was acknowledged."""
        return Counter(int(found[1]) for line in self.lines() if (found := NOTED.match(line)))


def _question(lines: list[str]) -> str | int:
    """What to answer to the newest question; the number of the application once it is handed in; "" for neither."""
    for line in reversed(lines):
        if number := re.search(HANDED_IN, line):
            return int(number[1])
        for question, answer in QUESTIONS:
            if re.search(question, line):
                return answer.format(learn="kubernetes a little", offer="rust deep")
    return ""


@asynccontextmanager
async def crowd(
    server: Homeserver, bot: MatrixProcess, folder: Path, users: Iterable[str]
) -> AsyncIterator[list[Peer]]:
    """These users, each with an encrypted chat to which relaybot is invited; their connections end afterwards."""
    people: list[Peer] = []
    try:
        for number, user in enumerate(users):
            peer = await Peer.login(server, user, folder / f"peer{number}")
            assert isinstance(peer, Peer)
            peer.bot = bot.user_id
            people.append(peer)
        await asyncio.gather(*(peer.dm(bot.user_id, wait=False) for peer in people))
        yield people
    finally:
        for peer in people:
            await peer.close()


def accounts(server: Homeserver, count: int) -> list[str]:
    """So many users who never logged in."""
    return [server.register(fresh(f"peer{number}"), PASSWORD, f"Peer {number}") for number in range(count)]


async def keep_counting(people: Iterable[Peer], over: asyncio.Event, least: int) -> None:
    """Everybody goes on counting, a burst at a time, until it is over and so many messages were sent by all of them."""
    everybody = list(people)

    async def one(peer: Peer) -> None:
        bursts = itertools.cycle((1, BURST))
        while not (over.is_set() and sum(len(other.sent) for other in everybody) >= least):
            await peer.count_on(next(bursts))

    async with asyncio.TaskGroup() as group:
        for peer in everybody:
            group.create_task(one(peer))


# ----------------------------------------------------------------------------------------------- what came of it


@dataclass
class Findings:
    """What became of everything that was said."""

    messages: int = 0  # of people, taken by the homeserver
    events: int = 0  # of relaybot, as the homeserver stores them
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    def line(self, what: str, disturbed: str) -> str:
        """What a run prints."""
        return (
            f"{what}: {disturbed}, {self.messages:,} messages, {self.events:,} events of relaybot, "
            f"{len(self.lost)} lost, {len(self.twice)} twice"
        )

    def once(self, what: str, times: int) -> None:
        """Something that has to be there once."""
        if times != 1:
            (self.lost if times < 1 else self.twice).append(f"{what}: {times} times")


async def findings(
    server: Homeserver, bot: MatrixProcess, people: Iterable[Peer], dana: Peer | None = None
) -> Findings:
    """Compare what was said with the database, with what could be read, and with what the homeserver stores."""
    found = Findings()
    if dana is not None:
        await dana.catch_up()
        await _compare_events(found, server, dana)
        told = Counter(re.findall(r"^New: A(\d+) ", "\n".join(dana.lines()), re.MULTILINE))
        for (number,) in bot.rows("SELECT id FROM application"):
            found.once(f"dana was told of A{number}", told[str(number)])
    seen = {str(row[0]) for row in bot.rows("SELECT id FROM seen")}
    for peer in people:
        name = peer.user_id
        await peer.catch_up()
        found.messages += len(peer.sent)
        found.lost += [f"{name}: {text!r} was not heard" for event, text in peer.sent.items() if event not in seen]
        found.lost += _unlike(peer, bot)
        await _compare_events(found, server, peer)
        noted = peer.noted()
        for number in range(1, peer.number + 1):
            found.once(f"{name}: number {number} noted", noted[number])
    return found


def _unlike(peer: Peer, bot: MatrixProcess) -> list[str]:
    """What the database has not as it should: the last number, and as many changes as were asked for."""
    address = f"matrix:home/{peer.user_id}"
    rows = bot.rows("SELECT id, about FROM person WHERE home = ?", address)
    if len(rows) != 1:
        return [f"{peer.user_id} has {len(rows)} records"]
    person, about = rows[0]
    wrong = []
    if peer.number and about != f"number {peer.number}":
        wrong.append(f"{peer.user_id} said number {peer.number}; kept is {about!r}")
    sets = bot.rows("SELECT count(*) FROM entry WHERE actor = ? AND verb = 'set'", person)[0][0]
    if sets != peer.number:
        wrong.append(f"{peer.user_id} changed it {peer.number} times, {sets} by the journal")
    applications = [row[0] for row in bot.rows("SELECT id FROM application WHERE person = ?", person)]
    if peer.application and applications != [peer.application]:
        wrong.append(f"{peer.user_id} was told A{peer.application}, and has {applications}")
    return wrong


async def _compare_events(found: Findings, server: Homeserver, peer: Peer) -> None:
    """Every event of relaybot in a chat was read, and no piece of a letter is in it twice."""
    read = {event.id: event for event in peer.from_bot()}
    stored = await _stored(server, peer)
    found.events += len(stored)
    found.lost += [f"{peer.user_id} could not read {event}" for event in stored if event not in read]
    marks = Counter(str(event.content.get(MARK, "")) for event in read.values())
    found.twice += [f"{peer.user_id} got {mark} {times} times" for mark, times in marks.items() if times > 1 and mark]


async def _stored(server: Homeserver, peer: Peer) -> list[str]:
    """The ids of relaybot's messages in a chat, as the homeserver tells a fresh login."""
    ids: list[str] = []
    async with await Raw.login(server, peer.user_id, PASSWORD) as raw:
        query: dict[str, str | int] = {"dir": "b", "limit": 500}
        while True:
            said = await raw.call("GET", f"rooms/{peer.room}/messages", None, **query)
            ids += [
                event["event_id"]
                for event in said["chunk"]
                if event["sender"] == peer.bot and event["type"] in {"m.room.encrypted", "m.room.message"}
            ]
            if "end" not in said or not said["chunk"]:
                return ids
            query["from"] = said["end"]
