"""The office: takes events in order, decides each, commits the batch once, then acknowledges and delivers.

One event at a time, so the core needs no locks. While one batch is being committed the next one
gathers (group commit). A commit that fails undoes the batch in memory: nothing happened, nobody is
acknowledged, timers and receipts are tried again. An event that raises is shunted: rolled back,
kept with its traceback, told to the moderators once, and life goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from relaybot import decide as core
from relaybot.desk import Programme, serial_of
from relaybot.events import Bounced, Came, Due, Event, Heard, Moment, Told
from relaybot.model import (
    Change,
    Code,
    Decision,
    Drop,
    Entry,
    Letter,
    Message,
    Put,
    Record,
    Tally,
    Timer,
)
from relaybot.nouns import outbox
from relaybot.nouns.cases import FOR_OPERATOR
from relaybot.nouns.due import Timers
from relaybot.ports import Clock, Store, StoreFailed
from relaybot.shunted import dump_event

log = logging.getLogger(__name__)

BATCH_EVENTS_MAX = 256
INBOX_EVENTS_MAX = 20_000
ALIVE_SECONDS = 60
TIDY_IDLE_SECONDS = 5.0
RETRY_SECONDS = 2.0
SETTLED_SECONDS = 0.02  # that a line was sent is written down with the next batch, at the latest after this
JOURNAL_LINES_MAX = 20
HEAR_FIRST_SECONDS = 30.0


@dataclass(slots=True)
class _Incoming:
    """An event on its way, and who waits for it to be committed."""

    programme: Programme
    event: Event | None  # None: only the drop of a settled letter
    done: asyncio.Future[None] | None
    settled: Letter | None = None
    leaves: Letter | None = None  # a letter about to be handed to a network that cannot take it back
    left: int = 0  # the number of a letter that was proved to have left, whatever is known of it here


Outgoing = Callable[[Programme, Letter], None]


class Office:
    """The loop between adapters, clock, core and store."""

    def __init__(
        self,
        programmes: Mapping[str, Programme],
        store: Store,
        clock: Clock,
        nonce: Callable[[], bytes],
        send: Outgoing,
        unwritten: Callable[[Message], None] = lambda message: None,
        spent: Callable[[Code], None] = lambda code: None,
    ) -> None:
        self.programmes = dict(programmes)
        self.store = store
        self.clock = clock
        self.nonce = nonce
        self.send = send  # a committed letter goes to its postman
        self.unwritten = unwritten  # nothing could be stored: say so without the outbox
        self.spent = spent  # a one-time code was used up
        self.networks: Callable[[], tuple[str, ...]] = tuple  # how each network is, for `health`
        self.shunted = 0
        self.events = 0
        self._inbox: deque[_Incoming] = deque()
        self._settled: deque[_Incoming] = deque()  # letters that were sent and ask for nothing more
        self._record = False  # these have waited long enough
        self._recorder: asyncio.TimerHandle | None = None
        self._timers = Timers(self.programmes)
        self._bell = asyncio.Event()
        self._alive_at: datetime | None = None
        self._failing = False
        self._working = False
        self._dirty = False

    # ---------------------------------------------------------------------------------- coming in

    def hear(self, message: Message) -> asyncio.Future[None]:
        """Take a message; the future is done when its effect is committed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if len(self._inbox) >= INBOX_EVENTS_MAX:
            done.set_exception(StoreFailed("too many messages wait; please say it again in a moment"))
            done.exception()  # an adapter that cannot push back need not look
            return done
        self._inbox.append(_Incoming(self.route(message), Heard(message), done))
        self._bell.set()
        return done

    def arrived(self, address: str) -> None:
        """Somebody came into a public place; only moderators are of interest."""
        for programme in self.programmes.values():
            known = programme.tables.addresses.rows.get(address)
            if known is not None and programme.tables.people.rows[known.person].moderator:
                self.put(programme, Came(address))

    def put(self, programme: Programme, event: Event) -> None:
        """Take an event that was kept before (a replay)."""
        self._inbox.append(_Incoming(programme, event, None))
        self._bell.set()

    async def bounced(self, address: str, reason: str, *, permanent: bool) -> None:
        """Mail came back; done when every programme that knows the address has written it down."""
        waits = []
        for programme in self.programmes.values():
            tables = programme.tables
            if address in tables.addresses.rows or address in tables.subscriptions.rows:
                done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._inbox.append(_Incoming(programme, Bounced(address, permanent, reason), done))
                waits.append(done)
        self._bell.set()
        await asyncio.gather(*waits)

    def settle(self, programme: Programme, letter: Letter, outcome: str, reason: str = "") -> Awaitable[None]:
        """A letter's fate is known (or, with outcome "waiting", is that it waits); done when it is written down."""
        event = Told(letter, outcome, reason) if letter.receipt or (letter.person and outcome != "sent") else None
        gone = None if outcome == "waiting" else letter
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        row = programme.tables.letters.rows.get(letter.id)
        if row is None or row.to != letter.to:  # moved to another address, or forgotten, since
            done.set_result(None)
        elif event is not None:
            self._inbox.append(_Incoming(programme, event, done, gone))
            self._bell.set()
        elif gone is not None:  # a commit of its own would delay whoever speaks next
            self._settled.append(_Incoming(programme, None, done, gone))
            if self._recorder is None:
                self._recorder = asyncio.get_running_loop().call_later(SETTLED_SECONDS, self.ring)
        else:
            done.set_result(None)
        return done

    def leaves(self, programme: Programme, letter: Letter) -> Awaitable[None]:
        """Write down that a letter is about to leave, so that after a crash it is known that it may have arrived."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.append(_Incoming(programme, None, done, leaves=letter))
        self._bell.set()
        return done

    def left(self, programme: str, letter: int) -> Awaitable[None]:
        """A letter was proved to have left. Done behind whatever is being committed, for that may be undone yet."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if programme in self.programmes:
            self._inbox.append(_Incoming(self.programmes[programme], None, done, left=letter))
            self._bell.set()
        else:
            done.set_result(None)
        return done

    def route(self, message: Message) -> Programme:
        """Which programme a message is for: its place's, the one named in `join`, the one the speaker is in (or whose list they read), else the first."""
        if message.programme in self.programmes:
            return self.programmes[message.programme]
        if message.place:
            for programme in self.programmes.values():
                if programme.tables.pairs.keys("place", message.place):
                    return programme
        words = message.text.lstrip("! ").lower().split()
        if words[:1] == ["join"] and len(words) > 1 and words[1] in self.programmes:
            return self.programmes[words[1]]
        known = [p for p in self.programmes.values() if message.sender in p.tables.addresses.rows]
        folded = message.sender.casefold()  # or a code was sent to them
        known = known or [p for p in self.programmes.values() if message.sender in p.tables.subscriptions.rows]
        known = known or [p for p in self.programmes.values() if p.tables.codes.keys("address", folded)]
        return known[0] if known else next(iter(self.programmes.values()))

    def ring(self) -> None:
        """Look at the clock again (a rehearsal moved it), and write down what was sent."""
        self._record = True
        self._bell.set()

    def idle(self) -> bool:
        """Whether nothing is due, waiting or being worked on."""
        due = self.next_due()
        waiting = self._inbox or self._settled
        return not self._working and not waiting and (due is None or due > self.clock.now())

    def next_due(self) -> datetime | None:
        """When the next timer is due."""
        return self._timers.next_due()

    def hear_first(self) -> None:
        """At a start: due timers wait until `all_heard`, a while at most."""
        self._timers.hold(asyncio.get_running_loop().time() + HEAR_FIRST_SECONDS)

    def all_heard(self) -> None:
        """Every network is there: what was said meanwhile waits here and is decided first, then the timers."""
        self._timers.release()
        self.ring()

    def _held(self) -> float:
        return self._timers.held(asyncio.get_running_loop().time(), unheard=bool(self._inbox))

    # ----------------------------------------------------------------------------------- the loop

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self._wait()
            try:
                await self.work()
            except StoreFailed as problem:
                if not self._failing:
                    log.error("nothing can be stored: %s", problem)
                self._failing = True
                await asyncio.sleep(RETRY_SECONDS)

    async def _wait(self) -> None:
        """Sleep until something is in the inbox or a timer is due; tidy up when there is nothing to do."""
        self._bell.clear()
        if self._inbox or self._record:
            return
        seconds = min(self._seconds_to_timer(), ALIVE_SECONDS)
        if seconds <= 0:
            return
        if self._dirty and seconds > TIDY_IDLE_SECONDS:
            if await self._rang(TIDY_IDLE_SECONDS):
                return
            await self._tidy()
            return
        await self._rang(seconds)

    async def _tidy(self) -> None:
        try:
            await self.store.tidy()
            self._dirty = False
        except StoreFailed as problem:  # full or locked: no reason to end, it can be done any time
            log.warning("tidying up has to wait: %s", problem)

    async def _rang(self, seconds: float) -> bool:
        """Sleep until the bell; False when it did not ring in time. (wait_for costs more than an event does.)"""
        slept = asyncio.get_running_loop().call_later(seconds, self._bell.set)
        begun = slept.when() - seconds
        await self._bell.wait()
        slept.cancel()
        return asyncio.get_running_loop().time() - begun < seconds

    def _seconds_to_timer(self) -> float:
        due = self.next_due()
        return max(self.clock.seconds_until(due), self._held()) if due is not None else float(ALIVE_SECONDS)

    async def work(self) -> None:
        """Decide one batch and commit it; raises StoreFailed when nothing of it happened."""
        self._working = True
        try:
            await self._work()
        finally:
            self._working = False

    async def _work(self) -> None:
        due = self._timers.take(self.clock.now(), BATCH_EVENTS_MAX // 2) if not self._held() else []
        batch = [_Incoming(programme, Due(timer), None) for programme, timer in due]
        batch.extend(self._take_settled())
        while self._inbox and len(batch) < BATCH_EVENTS_MAX:
            batch.append(self._inbox.popleft())
        await self._handle(batch)

    def _take_settled(self) -> list[_Incoming]:
        taken = list(self._settled)
        self._settled.clear()
        self._record = False
        if self._recorder is not None:
            self._recorder.cancel()
            self._recorder = None
        return taken

    async def finish(self) -> None:
        """At the end: write down what became of letters, lest they are sent again at the next start."""
        batch = [*self._take_settled(), *(one for one in self._inbox if one.settled is not None)]
        self._inbox.clear()
        if batch and not self._failing:
            with contextlib.suppress(StoreFailed):
                await self._handle(batch)

    async def _handle(self, batch: list[_Incoming]) -> None:
        decisions: list[Decision] = []
        since = {name: programme.serial for name, programme in self.programmes.items()}
        undo: list[tuple[Programme, Decision]] = []
        seen: list[tuple[str, str]] = []
        try:
            for incoming in batch:
                message = incoming.event.message if isinstance(incoming.event, Heard) else None
                if message is not None and message.id:
                    if (message.network, message.id) in seen or await self.store.known(message.network, message.id):
                        continue
                    seen.append((message.network, message.id))
                decision = await self._decide(incoming)
                undo.append((incoming.programme, incoming.programme.apply(decision)))
                decisions.append(decision)
        except StoreFailed as problem:  # it could not be asked, or a bug could not be shunted
            self._undo(undo)
            self._give_back(batch, problem)
            raise
        decisions, joined = outbox.joined(decisions, since)
        for name, changes in joined.items():
            undo.append((self.programmes[name], self.programmes[name].apply(changes)))
        decisions.extend(self._alive(undo))
        if any(decisions) or seen:
            await self._commit(batch, decisions, seen, undo)
        for incoming in batch:
            if incoming.done is not None and not incoming.done.done():
                incoming.done.set_result(None)

    async def _commit(
        self,
        batch: list[_Incoming],
        decisions: list[Decision],
        seen: list[tuple[str, str]],
        undo: list[tuple[Programme, Decision]],
    ) -> None:
        try:
            await self.store.commit(decisions, seen)
        except StoreFailed as problem:
            self._undo(undo)
            if problem.kind == "unfit":
                await self._one_by_one(batch, problem)
                return
            self._give_back(batch, problem)
            raise
        if self._failing:
            log.warning("storing works again")
        self._failing = False
        self._dirty = True
        self.events += len(batch)
        for decision in decisions:
            for change in decision:
                self.committed(change)

    @staticmethod
    def _undo(undo: list[tuple[Programme, Decision]]) -> None:
        for programme, changes in reversed(undo):
            programme.apply(changes)

    async def _one_by_one(self, batch: list[_Incoming], problem: StoreFailed) -> None:
        """One event of a batch made something that cannot be stored: decide each alone and shunt that one."""
        if len(batch) > 1:
            for at, incoming in enumerate(batch):
                try:
                    await self._handle([incoming])
                except StoreFailed as other:
                    self._give_back(batch[at + 1 :], other)
                    raise
            return
        for incoming in batch:
            if incoming.event is not None:
                moment = Moment(self.clock.now(), self.nonce())
                decision = await self._shunt(incoming.programme, incoming.event, problem, moment)
                undo = [(incoming.programme, incoming.programme.apply(decision))]
                await self._commit([], [decision], [], undo)

    def committed(self, change: Change) -> None:
        """What follows from a change that is in the store: letters go out, timers are remembered."""
        record = change.record
        if isinstance(change, Put):
            if isinstance(record, Letter):
                if record.tried_at is None:  # else its postman has it already
                    self.send(self.programmes[record.programme], record)
            elif isinstance(record, Timer):
                self._timers.remember(record)
            elif isinstance(record, Entry) and record.verb in FOR_OPERATOR:
                log.warning("%s: %s %s", record.programme, record.verb, record.about)
        elif isinstance(record, Code):
            self.spent(record)

    def _give_back(self, batch: list[_Incoming], problem: StoreFailed) -> None:
        """After a failed commit: speakers are told, timers and receipts come again."""
        for incoming in reversed(batch):
            if isinstance(incoming.event, Heard):
                if incoming.done is not None and not incoming.done.done():
                    incoming.done.set_exception(problem)
                    incoming.done.exception()
                self.unwritten(incoming.event.message)
            elif isinstance(incoming.event, Due):
                self._timers.remember(incoming.event.timer)
            elif incoming.leaves is not None or incoming.left or isinstance(incoming.event, Bounced):
                if incoming.done is not None and not incoming.done.done():
                    incoming.done.set_exception(problem)
                    incoming.done.exception()
            else:
                self._inbox.appendleft(incoming)

    # ------------------------------------------------------------------------------------ deciding

    async def _decide(self, incoming: _Incoming) -> Decision:
        """One event's decision; a bug becomes a shunted event and a word to the moderators."""
        event, gone = incoming.event, incoming.settled
        if incoming.left:
            gone = incoming.programme.tables.letters.rows.get(incoming.left)
            event = Told(gone, "sent", "") if gone is not None and gone.receipt else None
        dropped: Decision = (Drop(gone),) if gone is not None else ()
        if incoming.leaves is not None:
            kept = incoming.programme.tables.letters.rows.get(incoming.leaves.id)
            return (Put(replace(kept, tried_at=self.clock.now())),) if kept is not None else ()
        if event is None:
            return dropped
        moment = Moment(self.clock.now(), self.nonce(), self.networks())
        if isinstance(event, Heard):
            about = core.object_named(incoming.programme, event.message, moment)
            if about:
                entries = await self.store.journal(incoming.programme.name, about, JOURNAL_LINES_MAX)
                event = Heard(event.message, entries)
        try:
            return dropped + core.decide(incoming.programme, event, moment)
        except Exception as bug:
            return dropped + await self._shunt(incoming.programme, event, bug, moment)

    async def _shunt(self, programme: Programme, event: Event, bug: Exception, moment: Moment) -> Decision:
        text = "".join(traceback.format_exception(bug))
        self.shunted += 1
        number = await self.store.shunt(programme.name, dump_event(event), text, moment.now)
        log.error("event %d was shunted: %s; relaybot shunted shows it", number, type(bug).__name__)  # no words in logs
        return core.apologise(programme, event, number, moment)

    def _alive(self, undo: list[tuple[Programme, Decision]]) -> list[Decision]:
        """Once a minute the moment is written down, so that an outage knows when it began."""
        now = self.clock.now()
        if self._alive_at is not None and now - self._alive_at < timedelta(seconds=ALIVE_SECONDS):
            return []
        if self._timers.late(now):
            return []  # late timers first: they want to know since when relaybot was away
        self._alive_at = now
        stamp = int(now.timestamp() * 1_000_000)
        written: list[Decision] = []
        for programme in self.programmes.values():
            decision = (Put(Tally(programme.name, "alive", stamp)),)
            undo.append((programme, programme.apply(decision)))
            written.append(decision)
        return written


def fill(programmes: Mapping[str, Programme], records: list[Record]) -> list[str]:
    """Put loaded records into their programmes; returns the names of programmes that are no longer configured."""
    strangers: set[str] = set()
    for record in records:
        programme = programmes.get(record.programme)
        if programme is None:
            strangers.add(record.programme)
            continue
        programme.tables.by_kind[record.kind].put(record)
        number = getattr(record, "id", 0)
        if isinstance(number, int) and number > programme.serial:
            programme.serial = number
        if isinstance(record, Tally) and record.name == "alive":
            # Letters were numbered by the clock for at most so long after this was written. Should the clock have been
            # set back since, no number comes twice: Message-IDs and the like are made of them.
            programme.serial = max(programme.serial, serial_of(record.value // 1000 + 2000 * ALIVE_SECONDS))
    return sorted(strangers)
