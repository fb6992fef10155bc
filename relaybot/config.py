"""The configuration file: TOML into checked settings, every mistake at once with its key and line.

Unknown keys are errors. A secret `x` may stand in the file, in a file of its own (`x_file`), or come
from a systemd credential (`x_credential`, read from $CREDENTIALS_DIRECTORY).
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from relaybot.policy import Policy
from relaybot.ports import Misconfigured
from relaybot.settings import (
    EmbeddedTable,
    IrcTable,
    MailTable,
    MatrixTable,
    ProgrammeTable,
    RelaybotTable,
    is_loopback,
    is_matrix_user,
)
from relaybot.settings.served import EMBEDDED_NETWORK, MAIL_NETWORK, Served, policy_of

NOT_YET = {"web": "web pages"}


@dataclass(frozen=True)
class ProgrammeConfig:
    """One programme, ready to run."""

    name: str
    policy: Policy
    moderators: tuple[str, ...]


@dataclass(frozen=True)
class Config:
    """Everything the configuration says."""

    relaybot: RelaybotTable
    programmes: tuple[ProgrammeConfig, ...]
    irc: dict[str, IrcTable] = field(default_factory=dict)
    mail: MailTable | None = None
    embedded: EmbeddedTable | None = None
    base: Path = Path()
    matrix: dict[str, MatrixTable] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.base / self.relaybot.database

    @property
    def state_dir(self) -> Path:
        """Where codes, the lock and backups lie."""
        return self.base / self.relaybot.state_dir


def default(base: Path) -> Config:
    """The embedded default: one programme, one IRC server on loopback."""
    programme = ProgrammeConfig("tech-peer", policy_of("tech-peer", {}, Served(embedded=EmbeddedTable())), ())
    return Config(RelaybotTable(), (programme,), {}, None, EmbeddedTable(), base)


def load(path: Path) -> Config:
    """Read and check a configuration file; raises Misconfigured with one line per mistake."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Misconfigured(f"{path}: cannot be read: {_plain(problem)}") from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise Misconfigured(f"{path}: is not TOML: {problem}") from None
    mistakes = Mistakes(path, text)
    config = _read(raw, path.parent, mistakes)
    if mistakes.lines or config is None:
        raise Misconfigured("\n".join(mistakes.lines))
    return config


class Mistakes:
    """Collects every mistake, each with file, line and key."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines: list[str] = []
        self._where = _line_numbers(text)

    @classmethod
    def ignored(cls) -> Mistakes:
        """For reading something a second time, when its mistakes are known already."""
        return cls(Path(), "")

    def has(self, *key: str) -> bool:
        """Whether a mistake at this key is known already."""
        return any(f": {'.'.join(key)}: " in line for line in self.lines)

    def add(self, key: tuple[str, ...], what: str) -> None:
        """One mistake at a key."""
        line = next((self._where[key[:n]] for n in range(len(key), 0, -1) if key[:n] in self._where), 0)
        place = f"{self.path}:{line}" if line else str(self.path)
        self.lines.append(f"{place}: {'.'.join(key)}: {what}")

    def check(self, key: tuple[str, ...], model: Any, raw: Any) -> Any:
        """Validate a table; None when it has mistakes."""
        try:
            return model.model_validate(raw)
        except ValidationError as problem:
            for error in problem.errors():
                where = tuple(str(part) for part in error["loc"])
                self.add((*key, *where), _explain(error, secret=bool({"sasl", "password"} & {*key, *where})))
            return None


def _explain(error: Any, *, secret: bool) -> str:
    """What is wrong as a part of a sentence; what was given is shown unless it may be a secret."""
    if error["type"] == "extra_forbidden":
        return "is no setting I know"
    if error["type"] == "missing":
        return "is needed"
    if error["type"] == "literal_error":
        return f"has to be {error['ctx']['expected']}"
    if error["type"] == "value_error":  # a check of ours, which shows what it may
        return str(error["ctx"]["error"])
    wrong = f"{error['msg'][0].lower()}{error['msg'][1:]}"
    return wrong if secret else f"{wrong} (it is {str(error['input'])[:60]!r})"


def _line_numbers(text: str) -> dict[tuple[str, ...], int]:
    """The line on which each table and key of a TOML text begins (multi-line strings may add noise, never errors)."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"^\s*\[([^\[\]]+)\]\s*(?:#.*)?$", line)
        if header:
            whole = table = _dotted(header.group(1))
        else:
            key = re.match(r'^\s*([A-Za-z0-9_."\'-]+)\s*=', line)
            whole = (*table, *_dotted(key.group(1))) if key else ()
        for length in range(1, len(whole) + 1):
            found.setdefault(whole[:length], number)
    return found


def _dotted(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in text.split("."))


# ------------------------------------------------------------------------------------------ reading


NAMED = {"irc": "[irc.libera]", "matrix": "[matrix.home]", "programme": "[programme.tech-peer]"}
NETWORKS = {"irc", "matrix", "mail"}


def _read(raw: dict[str, Any], base: Path, mistakes: Mistakes) -> Config | None:
    for key in raw:
        if key in NOT_YET:
            mistakes.add((key,), f"this version does not serve {NOT_YET[key]} yet")
        elif key not in {"relaybot", "programme", "embedded"} | NETWORKS:
            mistakes.add((key,), "is no table I know")
    process = mistakes.check(("relaybot",), RelaybotTable, raw.get("relaybot", {}))
    irc = {name: _irc(name, table, base, mistakes) for name, table in _tables(raw, "irc", mistakes).items()}
    matrix = {name: _matrix(name, table, base, mistakes) for name, table in _tables(raw, "matrix", mistakes).items()}
    mail = _mail(raw["mail"], base, mistakes) if "mail" in raw else None
    embedded = None
    if "embedded" in raw or not (irc or matrix or "mail" in raw or NOT_YET.keys() & raw.keys()):
        embedded = mistakes.check(("embedded",), EmbeddedTable, raw.get("embedded", {}))
    served = Served(
        {name: table for name, table in irc.items() if table is not None},
        {name: table for name, table in matrix.items() if table is not None},
        mail,
        embedded,
        process.name if process is not None else "",
    )
    if not mistakes.has("relaybot", "owner"):
        owner = process.owner if process is not None else _owner_in(raw)
        _need_owner(owner, _tables(raw, "irc", Mistakes.ignored()), served.matrix, mistakes)
    named = _tables(raw, "programme", mistakes) or {"tech-peer": {}}
    networks = {*(f"irc:{name}" for name in irc), *(f"matrix:{name}" for name in matrix)}
    networks |= {f"irc:{EMBEDDED_NETWORK}"} if embedded else set()
    if "mail" in raw or (embedded is not None and embedded.smtp):
        networks.add(MAIL_NETWORK)
    programmes = [_programme(name, table, base, served, mistakes) for name, table in named.items()]
    for name, table in named.items():
        _moderators(table.get("moderators"), ("programme", name, "moderators"), networks, mistakes)
    _places(served, named, mistakes)
    if process is None or None in programmes or mistakes.lines:
        return None
    found = tuple(p for p in programmes if p)
    return Config(process, found, dict(served.irc), mail, embedded, base, dict(served.matrix))


def _places(served: Served, named: Collection[str], mistakes: Mistakes) -> None:
    """Every place of a network is of a programme that there is."""
    given: list[tuple[tuple[str, ...], Mapping[str, str]]] = []
    for network, settings in served.irc.items():
        given += [(("irc", network, "channel"), settings.channel)]
        given += [(("irc", network, "channel"), settings.moderators_channel)]
    for network, account in served.matrix.items():
        given += [(("matrix", network, "room"), account.room)]
        given += [(("matrix", network, "moderators_room"), account.moderators_room)]
    if served.mail is not None:
        given += [(("mail", "list"), served.mail.list)]
    for key, places in given:
        for name in places:
            if name not in named:
                mistakes.add(key, f"there is no programme called {name!r}")


def _tables(raw: dict[str, Any], key: str, mistakes: Mistakes) -> dict[str, dict[str, Any]]:
    found = raw.get(key, {})
    if not isinstance(found, dict) or not all(isinstance(table, dict) for table in found.values()):
        mistakes.add((key,), f"has to be tables with a name, e.g. {NAMED[key]}")
        return {}
    good: dict[str, dict[str, Any]] = {}
    for name, table in found.items():
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
            mistakes.add((key, name), "names are small letters, digits and dashes")
        else:
            good[name] = table
    return good


def _owner_in(raw: dict[str, Any]) -> str:
    table = raw.get("relaybot")
    return str(table.get("owner", "")) if isinstance(table, dict) else ""


def _need_owner(
    owner: str, irc: dict[str, dict[str, Any]], matrix: Mapping[str, MatrixTable], mistakes: Mistakes
) -> None:
    public = [name for name, table in irc.items() if not is_loopback(str(table.get("host", "")))]
    public += [name for name, account in matrix.items() if not is_loopback(account.host)]
    if public and not owner.strip():
        mistakes.add(
            ("relaybot", "owner"),
            f"is needed outside loopback: networks want to know who runs a bot ({', '.join(public)})",
        )


def _irc(name: str, table: dict[str, Any], base: Path, mistakes: Mistakes) -> IrcTable | None:
    key = ("irc", name)
    if name == EMBEDDED_NETWORK:
        mistakes.add(key, "is the name of relaybot's own network; please choose another")
    table = dict(table)
    if isinstance(table.get("sasl"), dict):
        table["sasl"] = secrets_in(table["sasl"], ("password",), base, mistakes, (*key, "sasl"))
    found: IrcTable | None = mistakes.check(key, IrcTable, table)
    if found is None:
        return None
    for what in ("channel", "moderators_channel"):
        for programme, channel in getattr(found, what).items():
            if not re.fullmatch(r"#[^\s,\x07]{1,49}", channel):
                mistakes.add((*key, what), f"{channel!r} for {programme} is no channel name; it begins with #")
    if found.sasl.password and not found.sasl.account:
        mistakes.add((*key, "sasl", "account"), "is needed with a password")
    changes: dict[str, Any] = {}
    if found.tls_ca_file:
        changes["tls_ca_file"] = str(base / found.tls_ca_file)
    if found.sasl.certificate_file:
        path = str(base / found.sasl.certificate_file)
        changes["sasl"] = found.sasl.model_copy(update={"certificate_file": path})
    return found.model_copy(update=changes)


def _matrix(name: str, table: dict[str, Any], base: Path, mistakes: Mistakes) -> MatrixTable | None:
    key = ("matrix", name)
    found: MatrixTable | None = mistakes.check(key, MatrixTable, secrets_in(table, ("password",), base, mistakes, key))
    if found is None or not found.avatar_file:
        return found
    path = base / found.avatar_file
    if not path.is_file():
        mistakes.add((*key, "avatar_file"), f"{path} is no file")
    return found.model_copy(update={"avatar_file": str(path)})


def _mail(raw: object, base: Path, mistakes: Mistakes) -> MailTable | None:
    """[mail], with its passwords read and its files found."""
    key = ("mail",)
    if not isinstance(raw, dict):
        mistakes.add(key, "has to be a table")
        return None
    table = dict(raw)
    if isinstance(table.get("send"), dict):
        table["send"] = secrets_in(table["send"], ("password",), base, mistakes, (*key, "send"))
    receive = table.get("receive")
    if isinstance(receive, dict) and isinstance(receive.get("imap"), dict):
        box = secrets_in(receive["imap"], ("password",), base, mistakes, (*key, "receive", "imap"))
        table["receive"] = {**receive, "imap": box}
    found: MailTable | None = mistakes.check(key, MailTable, table)
    if found is None:
        return None
    ways = [found.receive.lmtp, found.receive.smtp, found.receive.imap]
    if sum(bool(way) for way in ways) != 1:
        mistakes.add((*key, "receive"), "needs exactly one of lmtp, smtp and imap")
    imap, changes = found.receive.imap, dict[str, Any]()
    if found.send.ca_file:
        changes["send"] = found.send.model_copy(update={"ca_file": str(base / found.send.ca_file)})
    if imap is not None and imap.ca_file:
        there = imap.model_copy(update={"ca_file": str(base / imap.ca_file)})
        changes["receive"] = found.receive.model_copy(update={"imap": there})
    return found.model_copy(update=changes)


def _programme(
    name: str,
    table: dict[str, Any],
    base: Path,
    served: Served,
    mistakes: Mistakes,
) -> ProgrammeConfig | None:
    key = ("programme", name)
    keys = {k: table[k] for k in table if k in ProgrammeTable.model_fields}
    own: ProgrammeTable | None = mistakes.check(key, ProgrammeTable, keys)
    settings = {k: v for k, v in table.items() if k not in ProgrammeTable.model_fields}
    sound = _settings_are_sound(settings, key, mistakes)
    if own is not None and own.file:
        path = base / own.file
        try:
            text = path.read_text(encoding="utf-8")
            below = tomllib.loads(text)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
            mistakes.add((*key, "file"), f"{path} cannot be read: {_plain(problem)}")
            return None
        there = Mistakes(path, text)
        sound = _settings_are_sound(below, (), there) and sound
        mistakes.lines.extend(there.lines)
        settings = _over(below, settings)
    if own is None or not sound:
        return None
    moderators = tuple(plain_address(address, served.matrix) for address in own.moderators)
    return ProgrammeConfig(name, policy_of(name, settings, served), moderators)


def _settings_are_sound(settings: dict[str, Any], key: tuple[str, ...], mistakes: Mistakes) -> bool:
    """Check a programme's settings where they stand; what it has on networks comes from their tables, never from here."""
    if "networks" in settings:
        mistakes.add((*key, "networks"), "is no setting I know")
        return False
    return mistakes.check(key, Policy, settings) is not None


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Settings with single keys replaced, in tables too."""
    found = dict(below)
    for key, value in above.items():
        under = found.get(key)
        found[key] = _over(under, value) if isinstance(value, dict) and isinstance(under, dict) else value
    return found


def plain_address(address: str, matrix: Collection[str] = ()) -> str:
    """An address as it is kept: "mail:fay@example.org" in the file is "mail/fay@example.org", and with `matrix` naming
    one homeserver, "home", "matrix:@esi:example.org" is "matrix:home/@esi:example.org"."""
    medium, colon, rest = address.partition(":")
    if colon and medium == MAIL_NETWORK:
        return f"{MAIL_NETWORK}/{rest.strip().casefold()}"
    if colon and medium == "matrix" and rest.startswith("@") and len(matrix) == 1:
        return f"matrix:{next(iter(matrix))}/{rest.strip()}"
    return address.strip()


def _moderators(addresses: object, key: tuple[str, ...], networks: set[str], mistakes: Mistakes) -> None:
    """Every address names a configured network; what is no list of texts the table's own check reports."""
    matrix = sorted(n.partition(":")[2] for n in networks if n.startswith("matrix:"))
    for address in addresses if isinstance(addresses, list) else []:
        network, slash, account = plain_address(str(address), matrix).partition("/")
        medium, _, rest = network.partition(":")
        if medium == "matrix" and rest.startswith("@") and len(matrix) > 1:
            told = " or ".join(f'"matrix:{name}/{str(address).partition(":")[2]}"' for name in matrix)
            mistakes.add(key, f"{str(address)!r} could be met on several homeservers; write {told}")
        elif not slash or not account or network not in networks:
            known = ", ".join(_shape(n, alone=len(matrix) == 1) for n in sorted(networks)) or "none configured"
            mistakes.add(key, f"{str(address)!r} is on no network I know ({known})")
        elif medium == "matrix" and not is_matrix_user(account):
            mistakes.add(key, f"{str(address)!r}: {account!r} is no user id, e.g. @esi:example.org")


def _shape(network: str, *, alone: bool) -> str:
    """How an address on a network is written; `alone`: it is the only homeserver."""
    if network.startswith("matrix:"):
        return "matrix:@<user>:<server>" if alone else f"{network}/@<user>:<server>"
    return f"{network}/<account>" if network != MAIL_NETWORK else "mail:<address>"


# ------------------------------------------------------------------------------------------- secrets


def secrets_in(
    table: dict[str, Any], names: tuple[str, ...], base: Path, mistakes: Mistakes, key: tuple[str, ...]
) -> dict[str, Any]:
    """A table whose secrets `x_file` and `x_credential` are read into `x`."""
    table = dict(table)
    for name in names:
        sources = [k for k in (name, f"{name}_file", f"{name}_credential") if k in table]
        if len(sources) > 1:
            mistakes.add((*key, name), f"is given more than once: {', '.join(sources)}")
        for source in sources:
            if source != name:
                value = table.pop(source)
                table[name] = _secret(source.removeprefix(f"{name}_"), str(value), base, mistakes, (*key, source))
    return table


def _secret(source: str, value: str, base: Path, mistakes: Mistakes, key: tuple[str, ...]) -> str:
    if source == "credential":
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
        if not folder:
            mistakes.add(key, "systemd gave no credentials ($CREDENTIALS_DIRECTORY is not set)")
            return ""
        path = Path(folder) / value
    else:
        path = base / value
    try:
        if source == "file" and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            mistakes.add(key, f"{path} can be read by others; please: chmod 600 {path}")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        mistakes.add(key, f"{path} cannot be read: {_plain(problem)}")
        return ""


def _plain(problem: Exception) -> str:
    return problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
