"""What we hear on IRC: a PRIVMSG becomes a Message with the sender that can be proven, or it becomes nothing.

Evidence is the services account at the moment of the message: the server's account-tag, else WHOIS (330) whose
user@host is the message's. A nick proves nothing. One person's messages stay in order while WHOIS is pending.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from adapters.irc_lines import CHANNEL_TYPES, Line, clean, mask_matches
from adapters.irc_link import Link, LinkFailed
from adapters.irc_people import People
from adapters.irc_places import Place, Places, Use
from adapters.irc_queue import Bucket
from relaybot.model import Message
from relaybot.ports import Ear

log = logging.getLogger(__name__)

IGNORE_SECONDS = 300.0
MAX_PENDING_EACH = 1000  # messages of one nick that wait for its WHOIS; more than that is a flood
MAX_PENDING_NICKS = 500
MAX_TEXT_CHARS = 2000
MAX_UNHEARD = 2000  # messages the core has not committed yet: then the socket is not read
MAX_COUNTED = 5000  # people whose commands are counted
_BOT_TAGS = ("bot", "draft/bot", "inspircd.org/bot")
_CTCP = "\x01"


@dataclass(slots=True)
class _Count:
    """How many commands somebody gave in the minute that began at `since`, and until when they are ignored."""

    since: float
    commands: int = 0
    ignored_until: float = 0.0


class Listener:
    """The receiving side of one adapter. `remark` sends a NOTICE to a nick, `identify` asks WHOIS."""

    def __init__(
        self, network: str, nick: str, relayed_by: tuple[str, ...], commands_per_minute: int,
        remark: Callable[[str, str], None],
        whois: Callable[[str], Awaitable[tuple[str, str]]],
        seen: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._network, self._nick, self._limit = network, nick, commands_per_minute
        self._relayed_by = [mask if "!" in mask else mask + "!*" for mask in relayed_by]
        self._remark, self._whois, self._seen = remark, whois, seen
        self._ear: Ear | None = None
        self._link: Link | None = None
        self._people: People
        self._places: Places
        self._tagged = False
        self._called = re.compile("$^")
        self._pending: dict[str, deque[tuple[Message, str]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._ctcp = Bucket(3, 0.1)
        self._unheard = 0
        self._addresses: dict[str, str] = {}  # account as the server spells it -> address

    def attach(self, link: Link, people: People, places: Places, ear: Ear) -> None:
        self._link, self._people, self._places, self._ear = link, people, places, ear
        self._tagged = "account-tag" in link.caps
        self._addresses.clear()
        self.named(link.nick_now)

    def named(self, nick: str) -> None:
        """How people call us in a channel: by the nick of now, or by the configured one."""
        names = "|".join({re.escape(nick), re.escape(self._nick)})
        self._called = re.compile(rf"(?:{names})\s*[:,]\s*(.*)", re.IGNORECASE | re.DOTALL)

    def detach(self) -> None:
        self._link = None
        for task in self._tasks:
            task.cancel()
        self._pending.clear()  # nobody answered them: people repeat what was not answered

    # ----------------------------------------------------------------------------------------- reading

    def privmsg(self, line: Line) -> None:
        """A PRIVMSG. Bots, bridges, services, servers, CTCP and ourselves are never heard."""
        link = self._link
        nick, _, userhost = line.source.partition("!")
        if link is None or not userhost or len(line.params) < 2 or self._is_machine(line, nick):
            return
        target, text = line.params[0], line.params[1]
        action = False
        if text[:1] == _CTCP:
            verb, _, text = text[1:].rstrip(_CTCP).partition(" ")
            if verb.upper() != "ACTION":
                self._answer_ctcp(nick, verb.upper(), text)
                return
            action = True
        place: Place | None = None
        if target[:1] in CHANNEL_TYPES:
            place = self._places.get(target)
            if place is None:
                return
        elif not link.is_me(target):
            return  # e.g. @#channel, a message to its operators
        self._take(line, nick, userhost, clean(text[:MAX_TEXT_CHARS]).strip(), place, action)

    def _is_machine(self, line: Line, nick: str) -> bool:
        assert self._link is not None
        folded = nick.lower()
        if folded.endswith("serv") or folded == "global" or self._link.is_me(nick):
            return True
        if line.tags and any(tag in line.tags for tag in _BOT_TAGS):
            return True
        if self._relayed_by:
            source = self._people.fold(line.source)
            return any(mask_matches(self._people.fold(mask), source) for mask in self._relayed_by)
        return False

    def _take(self, line: Line, nick: str, userhost: str, text: str, place: Place | None, action: bool) -> None:
        """Was it said to us, may it be heard, and by whom was it said?"""
        self._people.spoke(nick, userhost, self._now())
        addressed = place is None
        if action:
            if place is None:
                return  # in private everything is an answer or a command, and an action is neither
            text = text.lstrip("! ")
        else:
            called = self._called.fullmatch(text)
            if called:
                addressed, text = True, called[1]
            elif text[:1] == "!" and len(text) > 1 and text[1] not in "! ":
                addressed = True
        if not text or not (addressed or (place and place.use is not Use.PUBLIC)):
            return
        account = line.tags.get("account", "") if self._tagged else ""
        message = Message(
            network=self._network,
            sender=self._address(account) if account else "",
            reply=f"{self._network}/~{nick}",
            name=nick,
            text=text,
            place=self._places.address(place) if place else "",
            programme=place.programme if place else "",
            addressed=addressed,
        )
        if self._tagged:
            self._vouched(message, userhost, account)
        else:
            self._ask_who(message, userhost, addressed or (place is not None and place.use is Use.PAIR))

    def _vouched(self, message: Message, userhost: str, account: str) -> None:
        """The server said whose message it is ("" for nobody's)."""
        self._people.proven(message.name, userhost, account, self._now())
        if account and not message.sender:
            message = replace(message, sender=self._address(account))
        if message.addressed and self._limit and self._too_many(message, userhost):
            return
        if account:
            self._seen(self._people.fold(account))
        self._hear(message)

    def _address(self, account: str) -> str:
        address = self._addresses.get(account)
        if address is None:
            if len(self._addresses) > MAX_COUNTED:
                self._addresses.clear()
            address = self._addresses[account] = f"{self._network}/{self._people.fold(account)}"
        return address

    # ---------------------------------------------------------------------------- who was it: by WHOIS

    def _ask_who(self, message: Message, userhost: str, needed: bool) -> None:
        """Without account-tag: one WHOIS for what this nick said since the last one was sent."""
        key = self._people.fold(message.name)
        pending = self._pending.get(key)
        if pending is None:
            if not needed:
                self._hear(message)
                return
            if len(self._pending) >= MAX_PENDING_NICKS:
                return
            pending = self._pending[key] = deque()
            task = asyncio.get_running_loop().create_task(self._work_off(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if len(pending) < MAX_PENDING_EACH:
            pending.append((message, userhost))

    async def _work_off(self, key: str) -> None:
        pending = self._pending[key]
        try:
            while pending:
                batch = list(pending)  # all said before the WHOIS is sent; later ones need the next
                userhost, account = await self._whois(batch[0][0].name)
                for _ in batch:
                    message, said_from = pending.popleft()  # gone() may have changed it since
                    self._vouched(message, said_from, account if userhost == said_from else "")
        except LinkFailed:
            log.debug("the connection was lost while asking who spoke")
        finally:
            if self._pending.get(key) is pending:
                del self._pending[key]

    def gone(self, nick: str) -> None:
        """QUIT or NICK: whoever has that nick now did not say what waits under it."""
        pending = self._pending.get(self._people.fold(nick))
        if pending:
            for at, (message, _) in enumerate(pending):
                pending[at] = (message, "")  # matches no WHOIS answer

    # ------------------------------------------------------------------------------------------ limits

    def _too_many(self, message: Message, userhost: str) -> bool:
        """Somebody who gives too many commands is told once and then not heard for a while."""
        now = self._now()
        key = message.sender or f"{self._people.fold(message.name)}!{userhost}"
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = _Count(now)
            if len(self._counts) > MAX_COUNTED:
                self._counts.popitem(last=False)
        if now < count.ignored_until:
            return True
        if now - count.since >= 60.0:
            count.since, count.commands = now, 0
        count.commands += 1
        if count.commands <= self._limit:
            return False
        count.ignored_until, count.since, count.commands = now + IGNORE_SECONDS, now + IGNORE_SECONDS, 0
        self._remark(
            message.name,
            f"I take {self._limit} commands a minute from one person, so that everybody gets a turn. "
            f"I listen to you again in {IGNORE_SECONDS / 60:g} minutes.",
        )
        return True

    def _answer_ctcp(self, nick: str, verb: str, text: str) -> None:
        """VERSION, SOURCE and PING, by NOTICE and seldom (modern.ircdocs.horse/ctcp); anything else is not heard."""
        if verb not in ("VERSION", "SOURCE", "PING"):
            return
        now = self._now()
        if self._ctcp.wait_seconds(now):
            return
        self._ctcp.take(now)
        answer = clean(text)[:100] if verb == "PING" else "relaybot, a peer mentoring bot; ask who runs it: /whois"
        self._remark(nick, f"{_CTCP}{verb} {answer}{_CTCP}")

    # ----------------------------------------------------------------------------------------- to the core

    def _hear(self, message: Message) -> None:
        """Hand over; when the core does not keep up, stop reading, and TCP makes the network wait."""
        assert self._ear is not None
        try:
            heard = asyncio.ensure_future(self._ear.hear(message))
        except Exception:
            log.exception("a message could not be taken")
            return
        if heard.done() and not heard.cancelled() and heard.exception() is None:
            return
        self._unheard += 1
        if self._unheard == MAX_UNHEARD and self._link:
            self._link.pause_reading()
        heard.add_done_callback(self._heard)

    def _heard(self, heard: asyncio.Future[None]) -> None:
        self._unheard -= 1
        if self._unheard == MAX_UNHEARD // 2 and self._link and not self._link.ended:
            self._link.resume_reading()
        if not heard.cancelled() and (error := heard.exception()):
            log.error("a message was not taken: %s", type(error).__name__)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
