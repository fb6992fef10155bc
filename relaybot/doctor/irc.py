"""What the doctor looks at on an IRC network: a short real connection as relaybot itself would make it.

Its channels are entered and left again, because only who is inside is told what they may do there.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from adapters.irc import Irc, IrcSettings
from adapters.irc_lines import Line
from adapters.irc_link import Link, LinkFailed, Login
from adapters.irc_places import Use
from relaybot.doctor.report import Report
from relaybot.ports import Misconfigured
from relaybot.settings import is_loopback

ANSWER_SECONDS = 15.0
RIGHTS_SECONDS = 3.0  # services give rights a moment after somebody came in
CERTIFICATE_DAYS = 14
SKEW_SECONDS = 60.0
CLOSED = {  # refusals of JOIN -> what to do
    "403": "the name is no channel of this network",
    "405": "this account is in too many channels",
    "437": "the channel is locked by services for now; try later",
    "471": "the channel is full (+l): raise the limit",
    "473": "it is invite-only: /invite relaybot, or give its account access with the channel services",
    "474": "it is banned there: ask the channel's operators",
    "475": "it has a key (+k), which relaybot does not know: take the key off",
    "476": "the name is no channel of this network",
    "477": "only people with an account may enter: set sasl",
    "489": "only people with TLS may enter: set tls = true",
}


class _Settings(Irc):
    """The adapter, for its TLS only."""

    def tls(self) -> ssl.SSLContext | None:
        """As it connects. Raises Misconfigured."""
        return self._tls()


class _Visit:
    """One connection, and the lines that come over it."""

    def __init__(self, link: Link, lines: asyncio.Queue[Line]) -> None:
        self.link, self._lines = link, lines
        self.skew: float | None = None  # seconds the server's clock is ahead of ours

    async def until(self, ends: Callable[[Line], bool], seconds: float = ANSWER_SECONDS) -> list[Line]:
        """The lines up to the first that ends it, at most for so long: then without such a line."""
        found: list[Line] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not found or not ends(found[-1]):
                    found.append(await self._lines.get())
                    self._look_at_the_clock(found[-1])
        return found

    def _look_at_the_clock(self, line: Line) -> None:
        """IRCv3 server-time."""
        with contextlib.suppress(ValueError):
            if told := line.tags.get("time"):
                self.skew = (datetime.fromisoformat(told) - datetime.now(UTC)).total_seconds()

    async def ask(self, command: str, *params: str, ends: tuple[str, ...]) -> list[Line]:
        """A command and its replies."""
        self.link.send(command, *params)
        return await self.until(lambda line: line.command in ends)


@contextlib.asynccontextmanager
async def _visit(settings: IrcSettings, tls: ssl.SSLContext | None) -> AsyncIterator[_Visit]:
    """Connect and log in as relaybot does. Raises what Link.open raises."""
    external = settings.sasl_certificate is not None
    account, password = settings.sasl_account or "", settings.sasl_password or ""
    login = Login(settings.nick, settings.realname, account, password, external, ("server-time",))
    lines: asyncio.Queue[Line] = asyncio.Queue()
    link = Link(login, lines.put_nowait, lambda reason: None)
    try:
        await link.open(settings.host, settings.port, tls, settings.connect_timeout_seconds)
        yield _Visit(link, lines)
    finally:
        await link.close("relaybot doctor is done")


async def look(name: str, given: dict[str, object], report: Report) -> None:
    """One network, with its settings as the adapter takes them."""
    about = f"irc {name}"
    settings = IrcSettings.model_validate(given)
    where = f"{settings.host}:{settings.port}"
    try:
        tls = _Settings(name, settings).tls()
        async with _visit(settings, tls) as visit:
            _connection(about, where, settings, visit.link, report)
            _account(about, settings, visit.link, report)
            for channel, _, use in settings.channels():
                await _channel(f"{about} {channel}", visit, use, settings, report)
            _clock(about, visit.skew, report)
    except ssl.SSLCertVerificationError as problem:
        do = "name the server as its certificate does, or give its authority: tls_ca_file"
        report.fail(about, f"the certificate of {where} is not valid: {problem.verify_message}", do)
    except Misconfigured as problem:
        report.fail(about, str(problem), "mend the settings of this network")
    except ssl.SSLError as problem:
        report.fail(about, f"{where} does not speak TLS: {problem.reason}", "give its TLS port (6697), or tls = false")
    except (LinkFailed, OSError) as problem:
        told = str(problem) or type(problem).__name__
        report.fail(about, f"cannot connect to {where}: {told}", "check host, port and firewall; then try again")


def _connection(about: str, where: str, settings: IrcSettings, link: Link, report: Report) -> None:
    if not settings.tls:
        if is_loopback(settings.host):
            report.ok(about, f"connects to {where} (without TLS, on this machine)")
        else:
            report.warn(about, f"connects to {where} without TLS: everybody on the way can read", "set tls = true")
        return
    certificate: dict[str, Any] = link.transport.get_extra_info("peercert") or {}
    version = getattr(link.transport.get_extra_info("ssl_object"), "version", lambda: "TLS")()
    ends = str(certificate.get("notAfter", ""))
    days = (ssl.cert_time_to_seconds(ends) - datetime.now(UTC).timestamp()) / 86400 if ends else CERTIFICATE_DAYS
    told = f"connects to {where} with {version}, the certificate is valid"
    if days < CERTIFICATE_DAYS:
        report.warn(about, f"{told} for {days:.0f} days only", "relaybot stays away when it ends: tell the network")
    else:
        report.ok(about, told)


def _account(about: str, settings: IrcSettings, link: Link, report: Report) -> None:
    """Login, nick, and whether people can be recognised."""
    if link.account:
        report.ok(about, f"logged in as {link.account}")
    elif settings.sasl_certificate or settings.sasl_account:
        report.fail(about, "SASL worked, but the network tells no account", "check the account with the services")
    elif not is_loopback(settings.host):
        do = "register an account for relaybot with the services and set sasl"
        report.warn(about, "relaybot has no account there, so anybody may take its nick", do)
    if link.nick_now == settings.nick:
        report.ok(about, f"the nick {settings.nick} is free")
    else:
        do = "group it with relaybot's account, or set another nick; relaybot takes it as soon as it is free"
        report.warn(about, f"the nick {settings.nick} is in use; it would be {link.nick_now} for now", do)
    if not link.caps & {"account-tag", "extended-join", "account-notify"} and "WHOX" not in link.isupport:
        do = "relaybot asks by WHOIS, which takes longer; without services nobody can join at all"
        report.warn(about, "the network does not say who is logged in", do)


async def _channel(about: str, visit: _Visit, use: Use, settings: IrcSettings, report: Report) -> None:
    """Enter, look at rights and modes, leave."""
    link, channel = visit.link, about.rpartition(" ")[2]
    replies = await visit.ask("JOIN", channel, ends=("366", *CLOSED))
    last = replies[-1].command if replies else ""
    if last != "366":
        found = (
            f"relaybot cannot enter ({last}: {replies[-1].param(-1)[:100]})" if last in CLOSED else "no answer to JOIN"
        )
        report.fail(about, found, CLOSED.get(last, "try again; ask the network if it stays so"))
        return
    names = {word for line in replies if line.command == "353" for word in line.param(3).split()}
    alone = len(names) == 1
    signs = next((_signs(word) for word in names if link.is_me(word.lstrip("~&@%+!"))), "")
    if not signs and link.account:  # services may be about to give them
        signs = await _given(visit, channel)
    modes = next(
        (m.param(2) for m in await visit.ask("MODE", channel, ends=("324", "482", "403", "442")) if m.command == "324"),
        "",
    )
    link.send("PART", channel, "relaybot doctor looked in")
    if alone:
        do = "is that its name? Otherwise register it, and it stays when everybody leaves"
        report.warn(about, "nobody is there: it does not exist yet, or is empty", do)
    elif use is Use.PUBLIC:
        _public(about, signs, modes, report)
    else:
        _team(about, signs, modes, settings.moderators_closed, report)


async def _given(visit: _Visit, channel: str) -> str:
    """The rights somebody gives us within a moment."""
    link = visit.link

    def about_us(line: Line) -> bool:
        return (
            line.command == "MODE"
            and link.casefold(line.param(0)) == link.casefold(channel)
            and any(link.is_me(word) for word in line.params[2:])
        )

    lines = await visit.until(about_us, RIGHTS_SECONDS)
    given = next((line.param(1) for line in lines if about_us(line)), "")
    added = given.partition("+")[2].partition("-")[0]
    return ("@" if set(added) & set("oaq") else "") + ("+" if "v" in added else "")


def _signs(word: str) -> str:
    return word[: len(word) - len(word.lstrip("~&@%+!"))]


def _public(about: str, signs: str, modes: str, report: Report) -> None:
    if "m" in modes and not signs:
        report.fail(about, "is moderated (+m), and relaybot has no voice", "give it +v")
    elif signs:
        report.ok(about, f"can be entered; relaybot is {_rank(signs)}")
    else:
        report.ok(about, "can be entered; a voice (+v) would keep spam filters away")


def _team(about: str, signs: str, modes: str, closed: bool, report: Report) -> None:
    operator = bool(set(signs) & set("~&@!"))
    if closed and not operator:
        do = "make relaybot its operator, or set moderators_closed = false and keep the channel invite-only yourself"
        report.warn(
            about, "can be entered, but relaybot is no operator: it cannot keep it closed or invite anybody", do
        )
    elif not operator and "i" not in modes:
        report.warn(
            about, "can be entered by everybody, who then reads what moderators read", "make it invite-only (+i)"
        )
    else:
        report.ok(about, f"can be entered; relaybot is {_rank(signs)}")


def _rank(signs: str) -> str:
    if set(signs) & set("~&@!"):
        return "operator"
    return "half-operator" if "%" in signs else "voiced" if "+" in signs else "nobody special"


def _clock(about: str, skew: float | None, report: Report) -> None:
    if skew is None:
        return
    if abs(skew) > SKEW_SECONDS:
        way = "behind" if skew > 0 else "ahead of"
        do = "let the system's clock be set by NTP (timedatectl set-ntp true): meetings begin by it"
        report.warn("clock", f"this machine is {abs(skew):.0f} s {way} {about}", do)
    else:
        report.ok("clock", f"agrees with {about} ({skew:+.1f} s)")
