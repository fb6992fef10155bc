"""`relaybot init`: eight questions at most, then relaybot.toml, programmes/NAME.toml and a systemd unit.

What is written is checked before it counts: the files it makes pass `relaybot check`. Existing files
are never overwritten.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import typer

from relaybot import app, config
from relaybot.policy import Policy
from relaybot.ports import Misconfigured
from relaybot.settings import is_matrix_user

LMTP_PORT = 8024  # what operators.md tells mail servers


@dataclass(frozen=True)
class Answers:
    """What init asked; an empty host means not by IRC, an empty address not by mail, an empty user not on Matrix."""

    programme: str
    owner: str
    network: str
    host: str
    channel: str
    account: str
    moderators: tuple[str, ...]
    address: str = ""
    port: int = LMTP_PORT  # on which the mail server hands mail over
    listed: str = ""  # the mailing list's address
    external: bool = False  # whether another server distributes the list
    user: str = ""  # relaybot's Matrix id
    homeserver: str = ""
    room: str = ""  # the programme's public room there


QUESTIONS_MAX = 8
NONE = "-"
MATRIX_FILE = "matrix"  # the file in secrets/ with the password there


def ask_and_write(folder: Path) -> None:
    """Ask, write, check; raises Misconfigured when a file is already there or the answers do not fit."""
    _must_be_new([folder / "relaybot.toml", folder / "relaybot.service"])
    write(folder, _ask())


def _ask() -> Answers:
    typer.echo("Eight short questions at most; Enter takes what stands in brackets, - means none.")
    programme = _until("1/8 A short name for the programme", "tech-peer", _is_name)
    owner = _until("2/8 Who runs relaybot, and how are they reached (shown to the network)", "", bool)
    host, channel, account = _ask_irc(programme)
    user, homeserver, room = _ask_matrix(programme)
    address, port, listed, external = _ask_mail(needed=not host and not user)
    names = _until(
        "8/8 The moderators, with spaces between: accounts on IRC, @user:server on Matrix, mail addresses",
        "",
        lambda text: all(_can_be(name, host, user, address) for name in _words(text)),
    )
    network = _network_name(host) if host else ""
    moderators = tuple(_moderator(name, network) for name in _words(names))
    return Answers(
        programme, owner, network, host, channel, account, moderators, address, port, listed, external,
        user, homeserver, room,
    )  # fmt: skip


def _can_be(name: str, host: str, user: str, address: str) -> bool:
    """Whether a moderator can be reached by what was answered before."""
    if name.startswith("@"):
        return bool(user) and is_matrix_user(name)
    return bool(address if "@" in name else host)


def _moderator(name: str, network: str) -> str:
    """A moderator as the file names them."""
    if "@" not in name:
        return f"irc:{network}/{name}"
    return f"matrix:{name}" if name.startswith("@") else f"mail:{name}"


def _ask_irc(programme: str) -> tuple[str, str, str]:
    """Host, public channel, services account; all empty where relaybot is not to be on IRC."""
    host = _until("3/8 IRC server (-: not by IRC)", "irc.libera.chat", lambda text: text == NONE or _is_host(text))
    if host == NONE:
        return "", "", ""
    given = _until(
        "4/8 Public channel of the programme; behind it relaybot's services account there, if it has one",
        f"#{programme}",
        lambda text: _is_channel(text.partition(" ")[0]) and len(text.split()) < 3,
    )
    channel, _, account = given.partition(" ")
    return host, channel, account.strip()


def _ask_matrix(programme: str) -> tuple[str, str, str]:
    """User id, homeserver and public room; all empty where relaybot is not to be on Matrix."""
    typer.echo("On Matrix it has an account. Behind its id may stand the homeserver's URL, if that is not https:// and")
    typer.echo(f"the server's name, and the public room's alias, if that is not #{programme} there.")
    given = _until(
        "5/8 relaybot's Matrix id, e.g. @relaybot:example.org (-: not on Matrix)",
        NONE,
        lambda text: text == NONE or _matrix_words(text) is not None,
    )
    user, homeserver, room = _matrix_words(given) or ("", "", "")
    server = user.partition(":")[2]
    return (user, homeserver or f"https://{server}", room or f"#{programme}:{server}") if user else ("", "", "")


def _matrix_words(text: str) -> tuple[str, str, str] | None:
    """User id, URL ("": not given) and room ("": not given), in any order; None where something does not fit."""
    words = text.split()
    users = [word for word in words if is_matrix_user(word)]
    urls = [word for word in words if word.startswith(("https://", "http://"))]
    rooms = [word for word in words if re.fullmatch(r"#[^\s:]+:\S+", word)]
    if len(users) != 1 or len(urls) > 1 or len(rooms) > 1 or len(users) + len(urls) + len(rooms) != len(words):
        return None
    return users[0], "".join(urls), "".join(rooms)


def _ask_mail(needed: bool) -> tuple[str, int, str, bool]:
    """Address, LMTP port, list, whether others distribute it; an empty address where relaybot is not to be by mail."""
    typer.echo(f"Your mail server will hand mail to relaybot by LMTP on 127.0.0.1 port {LMTP_PORT}; another port")
    typer.echo("may stand behind the address.")
    given = _until(
        "6/8 relaybot's mail address, e.g. relaybot@lists.example.org" + ("" if needed else " (-: not by mail)"),
        "" if needed else NONE,
        lambda text: (text == NONE and not needed) or _is_mail(*text.split()),
    )
    if given == NONE:
        return "", LMTP_PORT, "", False
    listed = _until(
        "7/8 The programme's mailing list (-: none); external before it if Mailman or Google distributes it",
        NONE,
        lambda text: text == NONE or _is_mail(text.removeprefix("external ").strip()),
    )
    address, _, port = given.partition(" ")
    external = listed.startswith("external ")
    return address, int(port or LMTP_PORT), "" if listed == NONE else listed.removeprefix("external ").strip(), external


def _until(question: str, default: str, fits: Callable[[str], object]) -> str:
    while True:
        said: str = typer.prompt(question, default=default, show_default=bool(default)).strip()
        if fits(said):
            return said
        typer.echo("That does not fit there; please try again.")


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9-]{0,30}", text) is not None


def _is_host(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9.:-]+", text) is not None


def _is_mail(address: str = "", port: str = "1", *more: str) -> bool:
    good = re.fullmatch(r"[A-Za-z0-9._-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", address) is not None
    return good and re.fullmatch(r"[0-9]{1,5}", port) is not None and 0 < int(port) < 65536 and not more


def _is_channel(text: str) -> bool:
    return re.fullmatch(r"#[^\s,\x07]{1,49}", text) is not None


def _network_name(host: str) -> str:
    parts = [part for part in host.lower().split(".") if part.isalpha()]
    name = parts[-2] if len(parts) > 1 else "irc"
    return name if name != MATRIX_FILE else "irc"


def write(folder: Path, answers: Answers) -> None:
    """Write all files, then read them back the way `run` would; what does not pass is taken away again."""
    main = folder / "relaybot.toml"
    programme = folder / "programmes" / f"{answers.programme}.toml"
    unit = folder / "relaybot.service"
    texts = {programme: _programme_text(), main: _main_text(answers), unit: _unit_text(folder.resolve())}
    wanted = {answers.network: answers.account, MATRIX_FILE: answers.user}
    secrets = {folder / "secrets" / name: account for name, account in wanted.items() if account}
    texts |= {path: "" for path in secrets if not path.exists()}
    _must_be_new(texts)
    try:
        for path, text in texts.items():
            _write(path, text, private=path in secrets)
        app.try_adapters(config.load(main))
    except Misconfigured:
        for path in texts:
            path.unlink(missing_ok=True)
        raise
    typer.echo(f"Written: {main}, {programme}, {unit}")
    for path, account in secrets.items():
        typer.echo(f"Put the password of {account} into {path} (only you can read it).")
    if answers.user:
        typer.echo(
            f"Make the rooms {answers.room} and {_team_room(answers.room)} (invite-only) and invite {answers.user}."
        )
    if answers.address:
        user, _, domain = answers.address.partition("@")
        ours = f"{answers.address}, {user}+<anything>@{domain}" + (f" and {answers.listed}" if answers.listed else "")
        typer.echo(f"Your mail server has to hand mail for {ours}")
        typer.echo(f"to 127.0.0.1 port {answers.port} by LMTP; docs/operators.md has it for Postfix and Exim.")
    typer.echo(f"Next: relaybot check -c {main}   then: relaybot run -c {main}")


def _must_be_new(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.exists():
            raise Misconfigured(f"{path} is there already; init writes new files only")


def _write(path: Path, text: str, *, private: bool) -> None:
    try:
        path.parent.mkdir(mode=0o700 if private else 0o755, parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            if private:
                path.chmod(0o600)
            file.write(text)
    except OSError as problem:
        raise Misconfigured(f"{path} cannot be written: {problem.strerror}") from None


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _main_text(answers: Answers) -> str:
    moderators = ", ".join(_quoted(address) for address in answers.moderators)
    return f"""# relaybot's configuration. `relaybot check` reads it; config.example.toml explains every key.

[relaybot]
owner = {_quoted(answers.owner)}

[programme.{answers.programme}]
file = "programmes/{answers.programme}.toml"
moderators = [{moderators}]
{_irc_text(answers) if answers.host else ""}{_matrix_text(answers) if answers.user else ""}{_mail_text(answers) if answers.address else ""}"""


def _irc_text(answers: Answers) -> str:
    sasl = (
        f'sasl = {{ account = {_quoted(answers.account)}, password_file = "secrets/{answers.network}" }}\n'
        if answers.account
        else '# sasl = { account = "relaybot", password_file = "secrets/..." }\n'
    )
    return f"""
[irc.{answers.network}]
host = {_quoted(answers.host)}
{sasl}channel = {{ {_quoted(answers.programme)} = {_quoted(answers.channel)} }}
moderators_channel = {{ {_quoted(answers.programme)} = {_quoted(answers.channel + "-mods")} }}
"""


def _matrix_text(answers: Answers) -> str:
    name = _quoted(answers.programme)
    return f"""
[matrix.home]
homeserver = {_quoted(answers.homeserver)}
user = {_quoted(answers.user)}
password_file = "secrets/{MATRIX_FILE}"
room = {{ {name} = {_quoted(answers.room)} }}
moderators_room = {{ {name} = {_quoted(_team_room(answers.room))} }}
"""


def _team_room(room: str) -> str:
    """The moderators' room beside a public one: "#peer-mods:example.org"."""
    alias, _, server = room.partition(":")
    return f"{alias}-mods:{server}"


def _mail_text(answers: Answers) -> str:
    listed = f"list = {{ {_quoted(answers.programme)} = {_quoted(answers.listed)} }}\n" if answers.listed else ""
    mode = 'list_mode = "external"\n' if answers.external else ""
    return f"""
[mail]
address = {_quoted(answers.address)}
{listed}{mode}receive = {{ lmtp = "127.0.0.1:{answers.port}" }}
send = {{ host = "127.0.0.1", port = 25 }}
# trusted_authserv = ["mx.example.org"]  # your own mail server's name in Authentication-Results
"""


def _programme_text() -> str:
    return f"""# The settings of one programme; what is not here is as the preset tech-peer has it.
# rules_line = {_quoted(Policy().rules_line)}
# cap = 1
# session.length_minutes = 60
# reach.quiet = "21:00-08:00"
"""


def _unit_text(folder: Path) -> str:
    """A systemd unit for a service user; systemd.exec(5) explains the hardening."""
    started = Path(sys.argv[0])
    installed = started.name == "relaybot" and os.access(started, os.X_OK)
    command = _unit_word(started.resolve()) if installed else f"{_unit_word(Path(sys.executable))} -m relaybot"
    return f"""[Unit]
Description=relaybot, a peer mentoring programme
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
User=relaybot
WorkingDirectory={str(folder).replace("%", "%%")}
ExecStart={command} run -c {_unit_word(folder / "relaybot.toml")}
Restart=on-failure
RestartSec=5
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={_unit_word(folder)}
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
"""


def _unit_word(path: Path) -> str:
    """A path as one word of a unit file: quoted when it needs it, `%` doubled."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"' if any(c.isspace() or c in "\"'\\" for c in text) else text
