"""The IRC medium: settings, and the adapter that connects, keeps the connection and wires the parts together.

Reading is in irc_listen, sending in irc_send, channels in irc_places, people and accounts in irc_people, the
connection itself in irc_link; irc_lines and irc_queue are their pure helpers. Never gives up except Misconfigured.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import random
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from adapters.irc_lines import (
    CHANNEL_TYPES,
    Line,
    clean,
    fold,
    is_account,
    is_channel,
    is_hostname,
    is_nick,
    split_source,
)
from adapters.irc_link import Link, LinkFailed, Login
from adapters.irc_listen import Listener
from adapters.irc_people import People
from adapters.irc_places import Places, Use
from adapters.irc_queue import Bucket
from adapters.irc_send import Fate, Speaker
from relaybot.model import Letter
from relaybot.ports import Adapter, Delivery, Ear, Misconfigured

log = logging.getLogger(__name__)

MIN_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 300.0
STABLE_SECONDS = 60.0  # a connection that lasted this long starts the backoff anew
REGAIN_SECONDS = 60.0
ABSENT_SECONDS = 5.0  # so long nobody is looked for again who was just not found
MAX_AWAITED = 10_000


class IrcSettings(BaseModel):
    """One network. Unknown keys are errors; secrets are given, not files (the configuration reads those)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    port: int = Field(default=6697, ge=1, le=65535)
    tls: bool = True
    tls_ca_file: str | None = None  # PEM; None: the system's authorities
    nick: str = "relaybot"
    realname: str = "relaybot, a peer mentoring bot"
    sasl_account: str | None = None
    sasl_password: str | None = Field(default=None, repr=False)
    sasl_certificate: str | None = None  # PEM file with key and certificate: SASL EXTERNAL
    public: dict[str, str] = {}  # programme -> #channel
    moderators: dict[str, str] = {}  # programme -> #channel
    moderators_closed: bool = False  # keep the moderators' channels invite-only where we are operator (we made them)
    burst: int = Field(default=4, ge=1, le=1000)  # lines at once
    lines_per_second: float | None = Field(default=1.0, ge=0)  # after the burst; None or 0: no pacing
    line_bytes: int = Field(default=400, ge=100, le=450)
    ping_seconds: float = Field(default=60.0, gt=0)
    ping_timeout_seconds: float = Field(default=30.0, gt=0)
    connect_timeout_seconds: float = Field(default=30.0, gt=0)
    rejoin_seconds: float = Field(default=3600.0, gt=0)  # after being kicked out of a configured channel
    relayed_by: tuple[str, ...] = ()  # nicks or nick!user@host masks of bridges
    commands_per_minute: int | None = Field(default=12, ge=1)  # per person; None: no limit

    @field_validator("host")
    @classmethod
    def _host_is_one(cls, host: str) -> str:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            if not is_hostname(host if "." in host else host + ".local"):
                raise ValueError("is not the name or address of a server") from None
        return host

    @field_validator("nick")
    @classmethod
    def _nick_is_one(cls, nick: str) -> str:
        if not is_nick(nick):
            raise ValueError("is not a nick")
        return nick

    @field_validator("realname")
    @classmethod
    def _realname_is_clean(cls, realname: str) -> str:
        return clean(realname)[:100] or "relaybot"

    @field_validator("public", "moderators")
    @classmethod
    def _channels_are(cls, channels: dict[str, str]) -> dict[str, str]:
        for channel in channels.values():
            if not is_channel(channel):
                raise ValueError(f'"{channel}" is not a channel (they begin with # and have no spaces)')
        return channels

    @model_validator(mode="after")
    def _fits_together(self) -> IrcSettings:
        if self.sasl_password is not None and not self.sasl_account:
            raise ValueError("sasl_password needs sasl_account")
        if self.sasl_account and self.sasl_password is None and self.sasl_certificate is None:
            raise ValueError("sasl_account needs sasl_password or sasl_certificate")
        if self.sasl_certificate and not self.tls:
            raise ValueError("sasl_certificate needs tls = true")
        channels = [fold(channel) for channel in (*self.public.values(), *self.moderators.values())]
        if len(set(channels)) < len(channels):
            raise ValueError("a channel is given twice; each has one programme and one use")
        return self

    def channels(self) -> list[tuple[str, str, Use]]:
        """(channel, programme, use) of everything configured."""
        return [
            (channel, programme, use)
            for use, table in ((Use.PUBLIC, self.public), (Use.MODERATORS, self.moderators))
            for programme, channel in table.items()
        ]


def open_adapter(name: str, settings: Mapping[str, Any]) -> Adapter:
    """The adapter of network `name`, e.g. "libera". Raises Misconfigured, one line per mistake."""
    try:
        return Irc(name, IrcSettings.model_validate(dict(settings)))
    except ValidationError as error:
        lines = []
        for mistake in error.errors(include_url=False, include_input=False):
            where = ".".join(str(part) for part in ("irc", name, *mistake["loc"]))
            lines.append(f"{where}: {mistake['msg'].removeprefix('Value error, ')}")
        raise Misconfigured("\n".join(lines)) from None


class Irc:
    """The adapter of one IRC network; implements relaybot.ports.Adapter."""

    def __init__(self, name: str, settings: IrcSettings) -> None:
        self.network = f"irc:{name}"
        self.settings = settings
        self.since: datetime | None = None  # connected and in its places since then; None: not connected
        self._trouble = "not started"
        self._link: Link | None = None
        self._ear: Ear | None = None
        self._people = People(fold)
        self._proven_once = False  # this configuration has worked, so a refusal may pass
        self._absent: dict[str, float] = {}  # account -> when it was last looked for in vain
        self._awaited: dict[str, str] = {}  # account -> address of a letter that waits for it
        bucket = Bucket(settings.burst, settings.lines_per_second or 0.0)
        self._speaker = Speaker(bucket, settings.line_bytes, self._route, self._closed)
        self._places = Places(
            self.network, settings.channels(), settings.rejoin_seconds, settings.moderators_closed,
            self._speaker.ask, self._find, self._identify,
        )  # fmt: skip
        self._listener = Listener(
            self.network, settings.nick, settings.relayed_by, settings.commands_per_minute or 0,
            self._speaker.remark, self._whois, self._seen,
        )  # fmt: skip

    # --------------------------------------------------------------------------------- what ports asks

    def ready(self) -> bool:
        return self.since is not None

    def health(self) -> str:
        if self.since is None or self._link is None:
            return f"not connected: {self._trouble}"
        missing = self._places.missing()
        where = f"; not in {', '.join(missing)}" if missing else ""
        return (
            f"connected to {self.settings.host} as {self._link.nick_now} since {self.since:%Y-%m-%d %H:%M} UTC, "
            f"{self._speaker.waiting()} lines waiting{where}"
        )

    def deliver(self, delivery: Delivery) -> None:
        head, _, to = delivery.letter.to.partition("/")
        refused: Fate | None = None
        bare = to[1:] if to[:1] == "~" else to
        fits = is_channel(to) if to[:1] in CHANNEL_TYPES else is_nick(bare) if to[:1] == "~" else is_account(to)
        if head != self.network or not to or not fits:
            refused = ("undeliverable", "that is not an address on this network", 0.0)
        elif self.since is None:
            refused = ("later", f"not connected: {self._trouble}", 60.0)
        if refused:
            asyncio.get_running_loop().call_soon(delivery.settle, *refused)
            return
        self._speaker.post(delivery, to, self._people.fold(to))

    async def run(self, ear: Ear) -> None:
        self._ear = ear
        attempt = 0
        loop = asyncio.get_running_loop()
        while True:
            began_at = loop.time()
            try:
                await self._session(ear)
            except (Misconfigured, ssl.SSLCertVerificationError) as error:
                if not self._proven_once:
                    raise self._misconfigured(error) from None
                self._trouble = str(error)
            except (LinkFailed, OSError) as error:
                self._trouble = str(error) or type(error).__name__
            if loop.time() - began_at > STABLE_SECONDS:
                attempt = 0
            seconds = min(MAX_BACKOFF_SECONDS, MIN_BACKOFF_SECONDS * 2**attempt) * random.uniform(0.5, 1.0)  # noqa: S311
            attempt = min(attempt + 1, 10)
            log.warning("%s: %s; next try in %.1f s", self.network, self._trouble, seconds)
            await asyncio.sleep(seconds)

    def _misconfigured(self, error: Exception) -> Misconfigured:
        if isinstance(error, ssl.SSLCertVerificationError):
            what = f"the certificate of {self.settings.host} is not valid: {error.verify_message}"
            return Misconfigured(f"{self.network}: {what}")
        return Misconfigured(f"{self.network}: {error}")

    # ------------------------------------------------------------------------------------- connection

    async def _session(self, ear: Ear) -> None:
        """One connection, from the first byte to the last. Ends by raising what ended it."""
        settings = self.settings
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        login = Login(
            settings.nick,
            settings.realname,
            settings.sasl_account or "",
            settings.sasl_password or "",
            settings.sasl_certificate is not None,
            ("echo-message",) if settings.lines_per_second else (),
        )

        def lost(reason: str) -> None:
            self.since = None
            if not ended.done():
                ended.set_result(reason)

        link = Link(login, self._on_line, lost)
        tasks: list[asyncio.Task[None]] = []
        try:
            await link.open(settings.host, settings.port, self._tls(), settings.connect_timeout_seconds)
            self._proven_once = True
            self._begin(link, ear)
            tasks = [
                asyncio.create_task(self._settle_in(link, ear)),
                asyncio.create_task(link.watch(settings.ping_seconds, settings.ping_timeout_seconds)),
                asyncio.create_task(self._keep_house(link)),
            ]
            raise LinkFailed(await ended)
        finally:
            self.since = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._end()
            await link.close("relaybot is restarting")

    def _tls(self) -> ssl.SSLContext | None:
        if not self.settings.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.settings.tls_ca_file)
            if self.settings.sasl_certificate:
                context.load_cert_chain(self.settings.sasl_certificate)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(f"a certificate file cannot be read: {error}") from error
        return context

    def _begin(self, link: Link, ear: Ear) -> None:
        self._link = link
        self._people = People(link.casefold)
        self._people.tracking = {"account-notify", "extended-join"} <= link.caps and "WHOX" in link.isupport
        self._absent.clear()
        self._places.attach(link, self._people)
        self._listener.attach(link, self._people, self._places, ear)
        self._speaker.attach(link, self._people, self._places.is_open)

    def _end(self) -> None:
        self._link = None
        self._speaker.detach()
        self._places.detach()
        self._listener.detach()

    async def _settle_in(self, link: Link, ear: Ear) -> None:
        """Bot mode, channels; then letters are taken."""
        try:
            mode = link.isupport.get("BOT", "")
            if len(mode) == 1 and mode.isalpha():
                await self._speaker.ask("MODE", link.nick_now, "+" + mode)
            if link.nick_now != self.settings.nick and "MONITOR" in link.isupport:
                await self._speaker.ask("MONITOR", "+", self.settings.nick)
            await self._places.enter_all()
        except LinkFailed:
            return
        except Exception:
            log.exception("%s: settling in failed", self.network)
            link.abort("settling in failed")
            return
        self.since = datetime.now(UTC)
        log.info("%s: connected as %s, %s", self.network, link.nick_now, "logged in" if link.account else "no account")
        ear.reachable(self.network)

    async def _keep_house(self, link: Link) -> None:
        """What has to be looked at now and then."""
        loop = asyncio.get_running_loop()
        regain_at = loop.time() + REGAIN_SECONDS
        while not link.ended:
            await asyncio.sleep(1.0)
            try:
                now = loop.time()
                self._speaker.check(now)
                self._places.check(now)
                if now >= regain_at:
                    regain_at = now + REGAIN_SECONDS
                    self._regain(link)
            except LinkFailed:
                return
            except Exception:
                log.exception("%s: housekeeping failed", self.network)

    def _regain(self, link: Link) -> None:
        """Ask for our own nick again; 433 is an answer like any other."""
        if link.nick_now != self.settings.nick and not link.ended:
            link.send("NICK", self.settings.nick)

    # -------------------------------------------------------------------------------------- each line

    def _on_line(self, line: Line) -> None:
        link, command = self._link, line.command
        if link is None:
            return
        if command in ("PRIVMSG", "NOTICE"):
            if line.source.partition("!")[0] == link.nick_now:
                self._speaker.echoed(line.param(0))
            elif command == "PRIVMSG":
                self._listener.privmsg(line)
            return
        if command == "PONG":
            self._speaker.read(line)
            return
        self._bookkeeping(link, line)
        self._speaker.read(line)

    def _bookkeeping(self, link: Link, line: Line) -> None:
        nick = split_source(line.source)[0]
        if line.command in ("QUIT", "NICK", "KILL"):
            self._listener.gone(nick)
            if line.command == "NICK" and link.is_me(line.param(0)):
                self._listener.named(link.nick_now)
        freed = line.command in ("QUIT", "NICK") and link.casefold(nick) == link.casefold(self.settings.nick)
        if freed or line.command == "731":  # RPL_MONOFFLINE: we watch one nick only
            self._regain(link)
        account = self._people.read(line, asyncio.get_running_loop().time())
        self._places.read(line)
        if account:
            self._seen(link.casefold(account))
            self._arrived(link, line, account)

    def _arrived(self, link: Link, line: Line, account: str) -> None:
        """Tell who came into a public channel, or was found there, or logged in there."""
        nick = line.param(4) if line.command == "354" else split_source(line.source)[0]
        user = self._people.get(nick)
        if user is None or link.is_me(nick) or self._ear is None:
            return
        channels = {link.casefold(line.param(0))} if line.command == "JOIN" else user.channels
        if self._places.is_public(channels):
            self._ear.arrived(f"{self.network}/{link.casefold(account)}")

    # ------------------------------------------------------------------------------- people, by evidence

    async def _whois(self, nick: str) -> tuple[str, str]:
        """(user@host, account) of whoever has this nick now; "" for what the server does not say."""
        userhost = account = ""
        if not is_nick(nick):
            return "", ""
        folded = self._people.fold(nick)
        for line in await self._speaker.ask("WHOIS", nick):
            if self._people.fold(line.param(1)) != folded:
                continue
            if line.command == "311":
                userhost = f"{line.param(2)}@{line.param(3)}"
            elif line.command == "330":
                account = line.param(2)
        return userhost, account if userhost else ""

    async def _identify(self, nick: str) -> str:
        """The account of a nick ("" for none)."""
        user = self._people.get(nick)
        if user is not None and user.account is not None and self._people.tracking and user.channels:
            return user.account
        userhost, account = await self._whois(nick)
        if userhost:
            self._people.proven(nick, userhost, account, asyncio.get_running_loop().time())
        return account

    async def _find(self, account: str) -> str | None:
        """The nick that has this (folded) account now, or None; asks the server when it is not proven."""
        loop = asyncio.get_running_loop()
        nick = self._people.nick_of(account, loop.time())
        if nick or loop.time() - self._absent.get(account, float("-inf")) < ABSENT_SECONDS:
            return nick
        for candidate in self._people.candidates(account):
            if is_nick(candidate) and self._people.fold(await self._identify(candidate)) == account:
                return self._people.nick_of(account, loop.time())
        if len(self._absent) > MAX_AWAITED:
            self._absent.clear()
        self._absent[account] = loop.time()
        return None

    async def _route(self, letter: Letter, to: str) -> Fate | None:
        """The way to a letter's recipient: None when it is open now, else what becomes of the letter."""
        if to[0] in CHANNEL_TYPES:
            fate = await self._places.prepare(letter, to)
            if fate and fate[0] == "later":
                for address in letter.invite:
                    self._await(self._places.account_of(address), letter.to)
            return fate
        account = self._people.fold(to)
        if await self._find(account):
            return None
        self._await(account, letter.to)
        return "later", "not logged in", 60.0

    def _await(self, account: str, address: str) -> None:
        """When this (folded) account is seen again, letters to that address may go."""
        if account and len(self._awaited) < MAX_AWAITED:
            self._awaited[account] = address

    def _seen(self, account: str) -> None:
        """Somebody is proven to have this (folded) account: their waiting letters may go."""
        self._absent.pop(account, None)
        self._places.seen(account)
        address = self._awaited.pop(account, None)
        if address and self._ear:
            self._ear.reachable(self.network, address)

    def _closed(self, to: str) -> None:
        if to[0] in CHANNEL_TYPES:
            self._places.leave(to)
