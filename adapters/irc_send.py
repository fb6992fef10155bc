"""What we say on IRC: letters and commands become paced lines, and each gets its fate from the server itself.

Lines leave in segments, each closed by a PING ("fence"): a server works in order, so a refusal belongs to the
oldest segment without a PONG, and a PONG proves everything before it. With echo-message the echo does the same
for free. What is unproven is limited in bytes: no server's receive queue is ever overrun, whatever its limits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from adapters.irc_lines import CHANNEL_TYPES, MAX_LINE_BYTES, Line, build, lines_of, split
from adapters.irc_link import Link, LinkFailed
from adapters.irc_people import People
from adapters.irc_queue import Bucket, Fair
from relaybot.model import Letter, Urgency
from relaybot.ports import Delivery

log = logging.getLogger(__name__)

WINDOW_BYTES = 3500  # unproven at most: InspIRCd closes at 4096 unread bytes unless it is told to allow more
WINDOW_LINES = 12  # the same when paced: networks close at about 20 unread lines
FENCE_LINES = 4  # when paced, so many lines share one PING while others wait
ECHO_SECONDS = 5.0  # an echo that does not come by then is asked for with a PING
MAX_WAITING = 50_000  # letters in here; more are the postman's
RANK_COMMAND, RANK_URGENT, RANK_PERSONAL, RANK_AMBIENT = range(4)
_RANKS = {Urgency.URGENT: RANK_URGENT, Urgency.PERSONAL: RANK_PERSONAL, Urgency.AMBIENT: RANK_AMBIENT}
_COMMANDS = ""  # the recipient under which commands wait

Fate = tuple[str, str, float]  # outcome, reason, seconds: what Delivery.settle takes
Route = Callable[[Letter, str], Coroutine[None, None, Fate | None]]

# RFC 2812 section 5.2, modern.ircdocs.horse, InspIRCd and solanum numerics: why a line was not passed on.
_REFUSALS = {
    "401": ("undeliverable", "nobody has that nick"),
    "403": ("later", "that channel does not exist"),
    "404": ("later", "that channel does not let relaybot speak"),
    "407": ("undeliverable", "that is not one recipient"),
    "439": ("later", "the server wants relaybot to slow down"),
    "442": ("later", "relaybot is not in that channel"),
    "477": ("undeliverable", "only people logged in to services may write there"),
    "486": ("undeliverable", "they take messages only from people logged in to services"),
    "531": ("undeliverable", "they do not take messages from relaybot"),
    "707": ("later", "the server wants relaybot to slow down"),
    "716": ("undeliverable", "they take messages only from people they accepted (+g)"),
}
_RETRY_SECONDS = 60.0


@dataclass(slots=True, eq=False)
class Job:
    """A letter (or an answer of the adapter's own, then without delivery) on its way out."""

    to: str  # the address without the network: account, ~nick or #channel
    lines: deque[str]
    notice: bool
    delivery: Delivery | None = None
    routed: bool = False  # the way to it was found out: place prepared, people invited
    begun: bool = False
    unproven: int = 0
    over: bool = False


@dataclass(slots=True, eq=False)
class Command:
    """A protocol command; `done` gets every line the server sent while working on it."""

    line: bytes
    done: asyncio.Future[list[Line]]
    replies: list[Line] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Segment:
    """Lines written and not proven yet. `token` is the PING that closes it, "" while it is open."""

    born_at: float
    command: Command | None = None
    token: str = ""
    jobs: list[Job] = field(default_factory=list)  # one entry per line
    targets: dict[str, Job] = field(default_factory=dict)  # two letters to one target never share a segment
    bytes: int = 0


class Speaker:
    """The sending side of one adapter; it survives reconnections, its letters do not (the postman keeps them).

    `route` finds the way to a letter's recipient when that is not known at once: None when it is known now, or
    the letter's fate. `closed` is told about a letter with `close` that was sent.
    """

    def __init__(self, bucket: Bucket, line_bytes: int, route: Route, closed: Callable[[str], None]) -> None:
        self._bucket, self._line_bytes, self._route, self._closed = bucket, line_bytes, route, closed
        self._paced = bucket.per_second > 0
        self._queue: Fair[Job | Command] = Fair(4)
        self._flight: deque[Segment] = deque()
        self._flight_bytes = 0
        self._flight_lines = 0
        self._fences = 0
        self._link: Link | None = None
        self._people: People | None = None
        self._is_open: Callable[[str], bool] = bool
        self._echo = False
        self._envelope_bytes = 0
        self._woken: asyncio.Handle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------------------------- connection

    def attach(self, link: Link, people: People, is_open: Callable[[str], bool]) -> None:
        """A registered link: from now on lines can leave."""
        self._link, self._people, self._is_open = link, people, is_open
        self._echo = self._paced and "echo-message" in link.caps
        user, host = (int(link.isupport.get(key) or least) for key, least in (("USERLEN", 10), ("HOSTLEN", 63)))
        # ":nick!~user@host PRIVMSG target :text\r\n" as others get it, without nick, target and text
        self._envelope_bytes = len(":!~@ PRIVMSG  :\r\n") + user + max(host, 64)
        link.on_room = self.wake
        self.wake()

    def detach(self) -> None:
        """The link is gone: everything goes back to the postman, and who asked the server hears no answer."""
        self._link = None
        if self._woken:
            self._woken.cancel()
            self._woken = None
        for task in self._tasks:
            task.cancel()
        flight, self._flight = self._flight, deque()
        self._flight_bytes = self._flight_lines = 0
        for segment in flight:
            self._abandon(segment.command)
            for job in segment.jobs:
                self._settle(job, "later", "connection lost", 0.0)
        for thing in self._queue.drain():
            if isinstance(thing, Command):
                self._abandon(thing)
            elif thing.begun:
                self._settle(thing, "later", "connection lost", 0.0)
            else:
                self._settle(thing, "later", "not connected", _RETRY_SECONDS)

    @staticmethod
    def _abandon(command: Command | None) -> None:
        if command and not command.done.done():
            command.done.set_exception(LinkFailed("connection lost"))
            command.done.exception()  # nobody may be waiting any more

    def waiting(self) -> int:
        """Letters and commands that wait, and lines on their way."""
        return len(self._queue) + sum(len(segment.jobs) for segment in self._flight)

    # -------------------------------------------------------------------------------------- taking in

    def post(self, delivery: Delivery, to: str, key: str) -> None:
        """Queue a letter to an account, ~nick or #channel (`to`); `key` is the same for the same recipient."""
        letter = delivery.letter
        if len(self._queue) >= MAX_WAITING:
            asyncio.get_running_loop().call_soon(delivery.settle, "later", "too many letters wait", 1.0)
            return
        notice = letter.urgency == Urgency.AMBIENT and to[0] not in CHANNEL_TYPES
        job = Job(to, deque(lines_of(letter.text)), notice, delivery)
        self._queue.push(_RANKS[letter.urgency], key, job)
        self.wake()

    def remark(self, nick: str, text: str) -> None:
        """A NOTICE of the adapter itself (CTCP answers), behind everything else; lost with the connection."""
        if self._link and len(self._queue) < MAX_WAITING:
            self._queue.push(RANK_AMBIENT, "~" + nick, Job("~" + nick, deque([text]), notice=True))
            self.wake()

    def ask(self, command: str, *params: str) -> Awaitable[list[Line]]:
        """Send a command; all lines that came until the server had done it. LinkFailed when it never will.

        Raises ValueError at once for parameters that would not arrive as they are.
        """
        done: asyncio.Future[list[Line]] = asyncio.get_running_loop().create_future()
        asked = Command(build(command, *params).encode() + b"\r\n", done)
        if self._link is None:
            self._abandon(asked)
        else:
            self._queue.push(RANK_COMMAND, _COMMANDS, asked)
            self.wake()
        return done

    # -------------------------------------------------------------------------------------- going out

    def wake(self) -> None:
        """Look soon whether something may leave; many calls in one turn of the loop are one look, one write."""
        if self._woken is None and self._link is not None:
            self._woken = asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._woken = None
        link, loop = self._link, asyncio.get_running_loop()
        if link is None or link.ended:
            return
        out: list[bytes] = []
        now = loop.time()
        idle = False
        while self._flight_bytes < WINDOW_BYTES and not link.full:
            if self._paced:
                if self._flight_lines >= WINDOW_LINES:
                    break
                if len(self._queue) and (wait := self._bucket.wait_seconds(now)):
                    self._woken = loop.call_later(wait, self._pump)
                    break
            taken = self._queue.take()
            if taken is None:
                idle = True
                break
            rank, key, thing = taken
            if isinstance(thing, Command):
                self._emit_command(thing, out, now)
            else:
                self._emit(rank, key, thing, out, now)
        if not self._echo and self._flight and (not self._paced or idle or self._open_lines() >= FENCE_LINES):
            self._fence(out)
        if out:
            try:
                link.write(b"".join(out))
            except LinkFailed:
                log.debug("the link closed while writing")  # on_lost follows and settles everything

    def _open_lines(self) -> int:
        tail = self._flight[-1]
        return 0 if tail.token else len(tail.jobs)

    def _fence(self, out: list[bytes]) -> None:
        """Close the last segment with a PING, if it is open."""
        if self._flight and not self._flight[-1].token:
            self._fences += 1
            tail = self._flight[-1]
            tail.token = f"fence-{self._fences}"
            self._count(tail, out, f"PING {tail.token}\r\n".encode())

    def _count(self, segment: Segment, out: list[bytes], data: bytes) -> None:
        out.append(data)
        segment.bytes += len(data)
        self._flight_bytes += len(data)
        self._flight_lines += 1

    def _emit_command(self, command: Command, out: list[bytes], now: float) -> None:
        if command.done.done():  # whoever asked was cancelled
            return
        self._fence(out)
        segment = Segment(now, command)
        self._flight.append(segment)
        self._count(segment, out, command.line)
        self._bucket.take(now)
        self._fence(out)

    def _emit(self, rank: int, key: str, job: Job, out: list[bytes], now: float) -> None:
        """One line of a letter, if its recipient can be proven right now and the letter is still wanted."""
        if job.over:
            return
        target = self._target(rank, key, job, now)
        if target is None:
            return
        if not job.begun:
            if not self._is_wanted(job):
                self._settle(job, "dropped", "", 0.0)
                return
            job.begun = True
        if not job.lines:  # nothing to say: it only invited or closes
            self._settle(job, "sent", "", 0.0)
            return
        text = job.lines.popleft()
        data = text.encode("utf-8", "replace")
        room = self._room(target)
        if len(data) > room:
            first, *rest = split(text, room)
            job.lines.extendleft(reversed(rest))
            data = first.encode("utf-8", "replace")
        verb = b"NOTICE " if job.notice else b"PRIVMSG "
        self._put(job, target, verb + target.encode() + b" :" + data + b"\r\n", out, now)
        if job.lines:
            self._queue.give_back(rank, key, job)

    def _put(self, job: Job, target: str, data: bytes, out: list[bytes], now: float) -> None:
        assert self._people is not None
        folded = self._people.fold(target)
        tail = self._flight[-1] if self._flight else None
        if tail is not None and not tail.token:
            other = tail.targets.get(folded, job)
            if not self._echo and (other is not job or tail.bytes > WINDOW_BYTES // 3):
                self._fence(out)
        if tail is None or tail.token or self._echo:
            tail = Segment(now)
            self._flight.append(tail)
        tail.jobs.append(job)
        tail.targets[folded] = job
        job.unproven += 1
        self._count(tail, out, data)
        self._bucket.take(now)

    def _room(self, target: str) -> int:
        assert self._link is not None
        taken = self._envelope_bytes + len(self._link.nick_now.encode()) + len(target.encode())
        return max(64, min(self._line_bytes, MAX_LINE_BYTES - taken))

    def _target(self, rank: int, key: str, job: Job, now: float) -> str | None:
        """Where the next line of a letter goes: proven for every line anew, since nicks change hands."""
        assert self._people is not None
        if job.to[0] == "~":
            return job.to[1:]
        letter = job.delivery.letter if job.delivery else None
        if job.to[0] in CHANNEL_TYPES:
            if self._is_open(job.to) and (job.routed or not (letter and letter.invite)):
                return job.to
        elif nick := self._people.nick_of(key, now):
            return nick
        self._queue.give_back(rank, key, job)
        self._queue.hold(key)
        task = asyncio.get_running_loop().create_task(self._find(key, job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return None

    async def _find(self, key: str, job: Job) -> None:
        """Find the way to a recipient; meanwhile only this recipient's letters wait."""
        fate: Fate | None = ("later", "could not be found out", _RETRY_SECONDS)
        try:
            if job.delivery:
                fate = await self._route(job.delivery.letter, job.to)
        except LinkFailed:
            return  # detach() settles it
        except Exception:
            log.exception("the way to a recipient could not be found")
        finally:
            self._queue.release(key)
        job.routed = fate is None
        if fate:
            self._settle(job, *fate)
        self.wake()

    # ------------------------------------------------------------------------------ fates from the wire

    def read(self, line: Line) -> None:
        """Take what concerns lines in flight: PONG, refusals, and whatever belongs to a command."""
        if line.command == "PONG":
            self._proven(line.param(-1))
        elif self._flight:
            command = self._flight[0].command
            if command is not None:
                command.replies.append(line)
            elif line.command in _REFUSALS:
                self._refused(line.command, line.param(1))

    def echoed(self, target: str) -> None:
        """Our own line came back: it, and everything before it, was passed on."""
        if self._echo and self._people:
            folded = self._people.fold(target)
            for at, segment in enumerate(self._flight):
                if folded in segment.targets:
                    self._pop(at + 1)
                    return

    def check(self, now: float) -> None:
        """Now and then: ask about echoes that did not come."""
        if self._echo and self._link and self._flight and now - self._flight[0].born_at > ECHO_SECONDS:
            out: list[bytes] = []
            self._fence(out)
            if out and not self._link.ended:
                self._link.write(b"".join(out))

    def _proven(self, token: str) -> None:
        for at, segment in enumerate(self._flight):
            if segment.token == token:
                self._pop(at + 1)
                return

    def _pop(self, count: int) -> None:
        for _ in range(count):
            segment = self._flight.popleft()
            self._flight_bytes -= segment.bytes
            self._flight_lines -= len(segment.jobs) + (segment.command is not None) + bool(segment.token)
            command = segment.command
            if command is not None and not command.done.done():
                command.done.set_result(command.replies)
            for job in segment.jobs:
                job.unproven -= 1
                if not job.unproven and not job.lines:
                    self._settle(job, "sent", "", 0.0)
        self.wake()

    def _refused(self, numeric: str, target: str) -> None:
        assert self._people is not None
        folded = self._people.fold(target)
        for at, segment in enumerate(self._flight):
            job = segment.targets.get(folded)
            if job is None:
                continue
            outcome, reason = _REFUSALS[numeric]
            if numeric == "401" and job.to[0] != "~":
                self._people.gone(target)
                outcome, reason = "later", "not logged in"
            self._settle(job, outcome, reason, _RETRY_SECONDS if outcome == "later" else 0.0)
            if self._echo:  # a refused line has no echo: this was its answer
                self._pop(at + 1)
            return

    @staticmethod
    def _is_wanted(job: Job) -> bool:
        try:
            return job.delivery is None or job.delivery.still()
        except Exception:
            log.exception("whether a letter is still wanted could not be said")
            return False

    def _settle(self, job: Job, outcome: str, reason: str, seconds: float) -> None:
        """Tell a letter's fate, once; what is left of it is not said."""
        if job.over:
            return
        job.over = True
        job.lines.clear()
        if job.delivery is None:
            return
        try:
            job.delivery.settle(outcome, reason, seconds)
            if outcome == "sent" and job.delivery.letter.close:
                self._closed(job.to)
        except Exception:
            log.exception("a letter's fate could not be told")
