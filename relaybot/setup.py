"""`relaybot init`: at most eight questions, then relaybot.toml, programmes/NAME.toml and a systemd unit.

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

from relaybot import config
from relaybot.policy import Policy
from relaybot.ports import Misconfigured


@dataclass(frozen=True)
class Answers:
    """What init asked."""

    programme: str
    owner: str
    network: str
    host: str
    channel: str
    account: str
    moderators: tuple[str, ...]
    rules: str


QUESTIONS_MAX = 8


def ask_and_write(folder: Path) -> None:
    """Ask, write, check; raises Misconfigured when a file is already there or the answers do not fit."""
    _must_be_new([folder / "relaybot.toml", folder / "relaybot.service"])
    write(folder, _ask())


def _ask() -> Answers:
    typer.echo("Eight short questions; Enter takes what stands in brackets.")
    programme = _until("1/8 A short name for the programme", "tech-peer", _is_name)
    owner = _until("2/8 Who runs relaybot, and how are they reached (shown to the network)", "", bool)
    host = _until("3/8 IRC server", "irc.libera.chat", _is_host)
    network = _until("4/8 A short name for that network", _network_name(host), _is_name)
    channel = _until("5/8 Public channel of the programme", f"#{programme}", _is_channel)
    account = _until("6/8 relaybot's services account there (empty: none)", "", lambda text: " " not in text)
    names = typer.prompt("7/8 Services accounts of the moderators, with spaces between", default="", show_default=False)
    rules = typer.prompt("8/8 Your rules in one line", default=Policy().rules_line)
    moderators = tuple(f"irc:{network}/{name}" for name in names.replace(",", " ").split())
    return Answers(programme, owner, network, host, channel, account, moderators, rules)


def _until(question: str, default: str, fits: Callable[[str], object]) -> str:
    while True:
        said: str = typer.prompt(question, default=default, show_default=bool(default)).strip()
        if fits(said):
            return said
        typer.echo("That does not fit there; please try again.")


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9-]{0,30}", text) is not None


def _is_host(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9.:-]+", text) is not None


def _is_channel(text: str) -> bool:
    return re.fullmatch(r"#[^\s,\x07]{1,49}", text) is not None


def _network_name(host: str) -> str:
    parts = [part for part in host.lower().split(".") if part.isalpha()]
    return parts[-2] if len(parts) > 1 else "irc"


def write(folder: Path, answers: Answers) -> None:
    """Write all files, then read them back the way `run` would; what does not pass is taken away again."""
    main = folder / "relaybot.toml"
    programme = folder / "programmes" / f"{answers.programme}.toml"
    unit = folder / "relaybot.service"
    secret = folder / "secrets" / answers.network
    texts = {programme: _programme_text(answers), main: _main_text(answers), unit: _unit_text(folder.resolve())}
    if answers.account and not secret.exists():
        texts[secret] = ""
    _must_be_new(texts)
    try:
        for path, text in texts.items():
            _write(path, text, private=path == secret)
        config.load(main)
    except Misconfigured:
        for path in texts:
            path.unlink(missing_ok=True)
        raise
    typer.echo(f"Written: {main}, {programme}, {unit}")
    if answers.account:
        typer.echo(f"Put the account's password into {secret} (only you can read it).")
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
    sasl = (
        f'sasl = {{ account = {_quoted(answers.account)}, password_file = "secrets/{answers.network}" }}\n'
        if answers.account
        else '# sasl = { account = "relaybot", password_file = "secrets/..." }\n'
    )
    moderators = ", ".join(_quoted(address) for address in answers.moderators)
    return f"""# relaybot's configuration. `relaybot check` reads it; config.example.toml explains every key.

[relaybot]
owner = {_quoted(answers.owner)}

[programme.{answers.programme}]
file = "programmes/{answers.programme}.toml"
moderators = [{moderators}]

[irc.{answers.network}]
host = {_quoted(answers.host)}
{sasl}channel = {{ {_quoted(answers.programme)} = {_quoted(answers.channel)} }}
moderators_channel = {{ {_quoted(answers.programme)} = {_quoted(answers.channel + "-mods")} }}
"""


def _programme_text(answers: Answers) -> str:
    return f"""# The settings of one programme; what is not here is as the preset tech-peer has it.
rules_line = {_quoted(answers.rules)}
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
