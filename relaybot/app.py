"""Wiring: configuration in, a running relaybot out. The only file that knows everyone.

Order at start: lock and open the database, load, make sure of the moderators, start the embedded
server if there is one, then office and adapters; at the end the other way round. What could not be
delivered stays in the outbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from relaybot import __version__
from relaybot.clock import FastClock, SystemClock
from relaybot.config import Config
from relaybot.desk import Programme
from relaybot.events import Started
from relaybot.model import Address, Code, Decision, Drop, Letter, Message, Person, Put, Tally, Urgency
from relaybot.nouns.codes import LENGTH, digest, spell
from relaybot.office import Office, fill
from relaybot.ports import Adapter, Clock, Delivery, Misconfigured, Store
from relaybot.postman import Postman, nothing_more
from relaybot.settings import EmbeddedTable, IrcTable, MailTable, MatrixTable
from relaybot.settings.served import EMBEDDED_NETWORK, MAIL_NETWORK
from relaybot.words import common as words
from storage.sqlite import open_store

log = logging.getLogger(__name__)

CODE_FILE = "moderator-code"
EMBEDDED_FILE = "embedded.json"
READY_LOOK_SECONDS = 0.25


@dataclass
class Bot:
    """A wired relaybot, before or while it runs."""

    config: Config
    clock: Clock
    store: Store
    programmes: dict[str, Programme]
    adapters: list[Adapter]
    office: Office
    postmen: dict[str, Postman]
    code: str = ""  # the one-time code of the first moderator, while unused
    embedded: dict[str, str] = field(default_factory=dict)  # what the embedded servers listen on
    changed: asyncio.Event = field(default_factory=asyncio.Event)  # an adapter said that something can be reached

    def hear(self, message: Message) -> asyncio.Future[None]:
        """Ear: a message for the office."""
        return self.office.hear(message)

    def reachable(self, network: str, address: str = "") -> None:
        """Ear: waiting letters of a network (or one address) can be tried now."""
        self.changed.set()
        postman = self.postmen.get(network)
        if postman is not None:
            postman.reachable(address)

    def bounced(self, address: str, reason: str, *, permanent: bool) -> Awaitable[None]:
        """Ear: mail came back."""
        return self.office.bounced(address, reason, permanent=permanent)

    def left(self, programme: str, letter: int) -> Awaitable[None]:
        """Ear: a letter has left for certain."""
        return self.office.left(programme, letter)

    def arrived(self, address: str) -> None:
        """Ear: somebody came into a public place."""
        self.office.arrived(address)

    def knows(self, address: str) -> bool:
        """Ear: whether somebody of a programme has this address."""
        return any(address in p.tables.addresses.rows for p in self.programmes.values())

    def send(self, programme: Programme, letter: Letter) -> None:
        """A committed letter goes to the postman of its network."""
        postman = self.postmen.get(letter.to.partition("/")[0])
        if postman is None:
            self.office.settle(programme, letter, "undeliverable", "that network is not configured")
        else:
            postman.post(programme, letter)

    def unwritten(self, message: Message) -> None:
        """Nothing can be stored: say so at once, past the outbox, so that nobody thinks they were heard."""
        adapter = next((a for a in self.adapters if a.network == message.network), None)
        if adapter is not None and (not message.place or message.addressed):
            letter = Letter(
                programme="",
                id=0,
                to=message.reply,
                text=(words.cannot_write_down(),),
                urgency=Urgency.PERSONAL,
                written_at=self.clock.now(),
            )
            adapter.deliver(
                Delivery(letter, lambda: True, lambda outcome, reason, seconds: nothing_more(), nothing_more)
            )

    def spent(self, code: Code) -> None:
        """The first moderator's code was used: the file it lay in goes."""
        if code.purpose == "moderator":
            (self.config.state_dir / CODE_FILE).unlink(missing_ok=True)
            self.code = ""

    def ready(self) -> bool:
        """Whether every adapter is connected and in its places."""
        return all(adapter.ready() for adapter in self.adapters)

    def networks(self) -> tuple[str, ...]:
        """How each network is, a line each."""
        return tuple(f"{adapter.network}: {adapter.health()}" for adapter in self.adapters)


@contextlib.asynccontextmanager
async def open_bot(
    config: Config, *, speed: float = 0, clock: Clock | None = None, connect: bool = True
) -> AsyncIterator[Bot]:
    """Everything wired and loaded, nothing connected yet. `speed` > 0 is a rehearsal; `clock` replaces the usual one.

    With `connect` False there are no servers and no adapters: letters stay in the outbox.
    """
    _prepare_state_dir(config.state_dir)
    async with contextlib.AsyncExitStack() as stack:
        journal_days = {p.name: p.policy.reach.audit_days for p in config.programmes}
        store = await open_store(config.database, journal_days=journal_days)
        stack.push_async_callback(store.close)
        programmes = {p.name: Programme(p.name, _with_operator(p.policy, config)) for p in config.programmes}
        gc.disable()  # a hundred thousand records live long: looking for garbage among them doubles the time
        try:
            strangers = fill(programmes, await store.load())
            gc.freeze()  # nor need later collections walk them
        finally:
            gc.enable()
        for name in strangers:
            log.warning("the database knows a programme %r that is not configured; its records rest", name)
        clock = clock or _clock(programmes, speed)
        embedded = await _embedded(config, stack) if connect else {}
        keys = {medium: await store.secret(medium) for medium in ("mail", "matrix")}
        adapters = _adapters(config, embedded, keys) if connect else []
        gc.freeze()  # the plug-ins' code lives as long as relaybot, too
        bot = Bot(config, clock, store, programmes, adapters, None, {}, embedded=embedded)  # type: ignore[arg-type]
        bot.office = Office(
            programmes,
            store,
            clock,
            lambda: secrets.token_bytes(16),
            bot.send if connect else _leave_in_outbox,
            bot.unwritten,
            bot.spent,
        )
        bot.office.networks = bot.networks
        bot.postmen = {a.network: Postman(a, clock, bot.office.settle, bot.office.leaves) for a in adapters}
        if connect:
            await _ensure_moderators(bot)
            bot.code = await _first_code(bot)
        yield bot
        for postman in bot.postmen.values():
            postman.close()


async def serve(bot: Bot, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run until cancelled. `on_ready` is called once, when every adapter is in its places."""
    for programme in bot.programmes.values():
        for letter in sorted(programme.tables.letters.rows.values(), key=lambda x: x.id):
            bot.send(programme, letter)
        bot.office.put(programme, Started())
    bot.office.hear_first()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(bot.office.run(), name="office")
            for adapter in bot.adapters:
                group.create_task(adapter.run(bot), name=adapter.network)
            await _until_ready(bot)
            bot.office.all_heard()
            if bot.embedded:
                bot.embedded.update(_embedded_mail_at(bot))
                _write_private(bot.config.state_dir / EMBEDDED_FILE, json.dumps(bot.embedded) + "\n")
            notify("READY=1")
            on_ready()
    finally:
        await bot.office.finish()


def _embedded_mail_at(bot: Bot) -> dict[str, str]:
    """Where the embedded mail server listens and where its mail lies; nothing without one."""
    if bot.config.embedded is None or bot.config.mail is not None:
        return {}
    found = {}
    for adapter in bot.adapters:
        listening = getattr(adapter, "listening", None)  # only what listens itself has it; the port knows nothing of it
        if adapter.network == MAIL_NETWORK and listening is not None:
            found["smtp"] = f"{listening[0]}:{listening[1]}"
            found["maildir"] = str(bot.config.base / bot.config.embedded.maildir)
            found["mail_domain"] = bot.config.embedded.mail_domain
    return found


async def _until_ready(bot: Bot) -> None:
    while not bot.ready():
        bot.changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(bot.changed.wait(), READY_LOOK_SECONDS)


def notify(state: str) -> None:
    """Tell systemd (sd_notify(3)); nothing happens outside it."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.connect(f"\0{path[1:]}" if path.startswith("@") else path)
            link.sendall(state.encode())


# ------------------------------------------------------------------------------------------- pieces


def _leave_in_outbox(programme: Programme, letter: Letter) -> None:
    """Nothing is delivered while nothing is connected."""


def _prepare_state_dir(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise Misconfigured(f"state_dir {path} cannot be made: {problem.strerror}") from None
    if not os.access(path, os.W_OK):
        raise Misconfigured(f"state_dir {path} cannot be written to")


def _with_operator(policy: Any, config: Config) -> Any:
    return policy if policy.operator else policy.model_copy(update={"operator": config.relaybot.owner})


def _clock(programmes: dict[str, Programme], speed: float) -> Clock:
    """The system's clock, or a rehearsal's that never begins before what the database has seen."""
    if not speed:
        return SystemClock()
    seen = [p.tables.tallies.rows["alive"].value for p in programmes.values() if "alive" in p.tables.tallies.rows]
    begin = datetime.now(UTC)
    if seen:
        begin = max(begin, datetime.fromtimestamp(max(seen) / 1_000_000, UTC))
    return FastClock(begin, speed)


async def _embedded(config: Config, stack: contextlib.AsyncExitStack) -> dict[str, str]:
    """Start the embedded IRC server; returns what it listens on."""
    if config.embedded is None:
        return {}
    from adapters.ircd import Server  # only where it is used: an operator's real networks need no server

    server = Server()
    host, port = _host_port(config.embedded.irc)
    try:
        host, port = await server.start(host, port)
    except OSError as problem:
        raise Misconfigured(
            f"the embedded IRC server cannot listen on {config.embedded.irc}: {problem.strerror}; "
            'another program may use that port ([embedded] irc = "127.0.0.1:0" picks a free one)'
        ) from None
    stack.push_async_callback(server.stop)
    return {"irc": f"{host}:{port}"}


def _host_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise Misconfigured(f"[embedded] irc = {text!r}: I need host:port, e.g. 127.0.0.1:6667")
    return host.strip("[]"), int(port)


def try_adapters(config: Config) -> None:
    """Let every network's plug-in read its settings, all mistakes at once; a password still to be filled in is none."""
    lines: list[str] = []
    for medium, name, settings in adapter_settings(config):
        try:
            _maker(medium)(name, settings)
        except Misconfigured as problem:
            lines.extend(str(problem).splitlines())
    if lines:
        raise Misconfigured("\n".join(lines))


def adapter_settings(config: Config) -> list[tuple[str, str, dict[str, object]]]:
    """(medium, network, settings) of every network the file names, as its plug-in takes them, for trying: there is no
    key, and a password still to be filled in is left out or "?"."""
    found = [("irc", name, _irc_settings(table.with_secret(), config)) for name, table in config.irc.items()]
    for name, account in config.matrix.items():
        found.append(("matrix", name, _matrix_settings(name, account.with_secret(), config, bytes(32))))
    if config.mail is not None:
        found.append(("mail", MAIL_NETWORK, _mail_settings(config.mail.with_secret(), config, bytes(32))))
    return found


def _maker(medium: str) -> Callable[[str, dict[str, object]], Adapter]:
    makers = {point.name: point for point in entry_points(group="relaybot.adapters")}
    if medium not in makers:
        raise Misconfigured("relaybot's own adapters are not installed; please install relaybot again")
    make: Callable[[str, dict[str, object]], Adapter] = makers[medium].load()
    return make


def _adapters(config: Config, embedded: dict[str, str], keys: Mapping[str, bytes]) -> list[Adapter]:
    """One adapter for every network, made by the plug-in for its medium; `keys`: a secret of 32 bytes for each medium.

    A plug-in is loaded only where something is configured for it: each takes its megabytes.
    """
    found: list[Adapter] = [_maker("irc")(name, _irc_settings(table, config)) for name, table in config.irc.items()]
    if embedded:
        host, port = _host_port(embedded["irc"])
        table = IrcTable(
            host=host,
            port=port,
            tls=False,
            nick=config.relaybot.name,
            channel={p.name: f"#{p.name}" for p in config.programmes},
            moderators_channel={p.name: f"#{p.name}-mods" for p in config.programmes},
            lines_per_second=0,
            commands_per_minute=0,
        )
        found.append(_maker("irc")(EMBEDDED_NETWORK, _irc_settings(table, config)))
    for name, account in config.matrix.items():
        found.append(_maker("matrix")(name, _matrix_settings(name, account, config, keys["matrix"])))
    if config.mail is not None:
        found.append(_maker("mail")(MAIL_NETWORK, _mail_settings(config.mail, config, keys["mail"])))
    elif config.embedded is not None and config.embedded.smtp:
        found.append(_maker("mail")(MAIL_NETWORK, _embedded_mail(config.embedded, config, keys["mail"])))
    return found


def _irc_settings(table: IrcTable, config: Config) -> dict[str, object]:
    """A network's table as the adapter takes it."""
    owner = config.relaybot.owner
    made_up = f"{config.relaybot.name} {__version__}" + (f", run by {owner}" if owner else "")
    return {
        "host": table.host,
        "port": table.port,
        "tls": table.tls,
        "tls_ca_file": table.tls_ca_file or None,
        "nick": table.nick or config.relaybot.name,
        "realname": table.realname or made_up,
        "sasl_account": table.sasl.account or None,
        "sasl_password": table.sasl.password or None,
        "sasl_certificate": table.sasl.certificate_file or None,
        "public": table.channel,
        "moderators": table.moderators_channel,
        "moderators_closed": table.moderators_closed,
        "burst": table.burst_lines,
        "lines_per_second": table.lines_per_second,
        "line_bytes": table.line_bytes,
        "ping_seconds": table.ping_seconds,
        "ping_timeout_seconds": table.ping_timeout_seconds,
        "commands_per_minute": table.commands_per_minute or None,
        "relayed_by": table.relayed_by,
    }


def _matrix_settings(name: str, table: MatrixTable, config: Config, key: bytes) -> dict[str, object]:
    """A homeserver's table as the adapter takes it. Raises Misconfigured without a password."""
    if table.lacks_secret:
        raise Misconfigured(f"matrix.{name}.password: is needed to log in (or password_file, password_credential)")
    return {
        "homeserver": table.homeserver,
        "user": table.user,
        "password": table.password,
        "public": table.room,
        "moderators": table.moderators_room,
        "display_name": table.display_name or f"{config.relaybot.name} (mentoring bot)",
        "avatar_file": table.avatar_file or None,
        "key": key,
        "state_dir": matrix_folder(config, name),
        "invites_per_hour": table.invites_per_hour,
        "invites_each_per_hour": table.invites_each_per_hour,
        "commands_per_minute": table.commands_per_minute or None,
        "messages_per_second": table.messages_per_second,
    }


def matrix_folder(config: Config, name: str) -> Path:
    """Where the adapter of one homeserver keeps its device, its keys and what it has to remember."""
    return config.state_dir / "matrix" / name


def _mail_settings(table: MailTable, config: Config, key: bytes) -> dict[str, object]:
    """[mail] as the adapter takes it."""
    receive: dict[str, object] = {k: v for k, v in table.receive.model_dump().items() if v}
    return {
        "address": table.address,
        "lists": table.list,
        "list_mode": table.list_mode,
        "titles": _titles(config),
        "receive": receive,
        "send": table.send.model_dump(),
        "trusted_authserv": table.trusted_authserv,
        "self_receipt": table.self_receipt,
        "mails_per_minute": table.mails_per_minute,
        "max_connections": table.max_connections,
        "mails_per_hour": table.mails_per_hour,
        "receipt_seconds": table.receipt_seconds,
        "key": key,
        "state_dir": config.state_dir,
        "file_bytes": max(p.policy.mail.file_bytes for p in config.programmes),
        "file_days": max(p.policy.mail.file_days for p in config.programmes) + 1,  # the core lets go of them first
    }


def _embedded_mail(table: EmbeddedTable, config: Config, key: bytes) -> dict[str, object]:
    """The embedded default: mail comes in by SMTP on loopback and goes out into a Maildir."""
    return {
        "address": f"{config.relaybot.name.lower()}@{table.mail_domain}",
        "lists": {p.name: f"{p.name}@{table.mail_domain}" for p in config.programmes},
        "list_mode": "own",
        "titles": _titles(config),
        "receive": {"smtp": table.smtp},
        "send": {"maildir": str(config.base / table.maildir)},
        "key": key,
        "state_dir": config.state_dir,
        "file_bytes": max(p.policy.mail.file_bytes for p in config.programmes),
        "file_days": max(p.policy.mail.file_days for p in config.programmes) + 1,  # the core lets go of them first
    }


def _titles(config: Config) -> dict[str, str]:
    return {p.name: p.policy.title or p.name for p in config.programmes}


async def _ensure_moderators(bot: Bot) -> None:
    """Everyone the configuration names is a moderator; others keep what `mod add` and `mod claim` gave them."""
    for given in bot.config.programmes:
        programme = bot.programmes[given.name]
        decision: list[Put | Drop] = []
        tally = programme.tables.tallies.rows.get("person")
        number = tally.value if tally else 0
        for address in given.moderators:
            known = programme.tables.addresses.rows.get(address)
            if known is not None:
                person = programme.tables.people.rows[known.person]
                if not person.moderator:
                    decision.append(Put(replace(person, moderator=True)))
                continue
            number += 1
            name = address.partition("/")[2]
            if address.startswith("matrix:"):
                # "esi" of "@esi:example.org"; two of that name are told apart by number.
                name = name[1:].partition(":")[0]
            decision.append(Put(Person(given.name, number, name, address, since=bot.clock.now(), moderator=True)))
            decision.append(Put(Address(given.name, address, number)))
            decision.append(Put(Tally(given.name, "person", number)))
        await _commit(bot, programme, tuple(decision))


async def _first_code(bot: Bot) -> str:
    """A one-time code for the first moderator where there is none; it lies in state_dir until used."""
    path = bot.config.state_dir / CODE_FILE
    empty = [p for p in bot.programmes.values() if not p.tables.people.keys("moderator", True)]
    if not empty:
        path.unlink(missing_ok=True)
        return ""
    code = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    for programme in empty:
        if not code or digest(code) not in programme.tables.codes.rows:
            code = code or spell(secrets.token_bytes(LENGTH))
            record = Code(programme.name, digest(code), "moderator", 0, "", expires_at=None)
            await _commit(bot, programme, (Put(record),))
    _write_private(path, code + "\n")
    return code


async def _commit(bot: Bot, programme: Programme, decision: Decision) -> None:
    if decision:
        await bot.store.commit([decision], [])
        programme.apply(decision)


def _write_private(path: Path, text: str) -> None:
    """Write a small file only the owner can read, whole or not at all."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
