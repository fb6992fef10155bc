"""The generated half of the documentation: `python -m relaybot.reference --write` renders it from the program itself.

What it writes: docs/commands.md, settings.md, lifecycles.md, timers.md and files.md, and config.example.toml.
tests/test_docs.py asserts that they are current, so they cannot tell anything the program does not do.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import relaybot.decide  # noqa: F401 - fills the registries of commands and timers
from relaybot import policy
from relaybot.commands import COMMANDS, Command, Who, timer_handlers
from relaybot.rules import LIFECYCLES
from relaybot.settings import (
    EmbeddedTable,
    ImapTable,
    IrcTable,
    MailTable,
    MatrixTable,
    ProgrammeTable,
    ReceiveTable,
    RelaybotTable,
    SaslTable,
    SendTable,
)

ROOT = Path(__file__).resolve().parent.parent

MADE = "<!-- made by `python -m relaybot.reference --write`; please change the program, not this file -->"
WHO = {Who.ANYONE: "anyone", Who.MEMBER: "applicants and members", Who.MODERATOR: "moderators"}
TOPICS = {
    "start": "Beginning",
    "help": "Finding out",
    "profile": "Your profile",
    "pair": "Your pair",
    "times": "Times",
    "mail": "Mail, the list, several media",
    "session": "During an hour",
    "leave": "Stopping",
    "privacy": "Your data",
    "moderator": "Moderators, and help from them",
}
KINDS = {
    "person": "A person",
    "application": "An application (A17)",
    "pair": "A pair (M12)",
    "meeting": "An hour (S40)",
    "case": "A case (H9)",
    "post": "A post to everybody (P4)",
}


def documents() -> dict[Path, str]:
    """Every generated file, by its path in the checkout."""
    return {
        Path("docs/commands.md"): commands_page(),
        Path("docs/settings.md"): settings_page(),
        Path("docs/lifecycles.md"): lifecycles_page(),
        Path("docs/timers.md"): timers_page(),
        Path("docs/files.md"): files_page(),
        Path("config.example.toml"): example_config(),
    }


def main(arguments: list[str]) -> int:
    """Write the files with --write; without, say which are not current (exit status 1)."""
    if not (ROOT / "pyproject.toml").is_file():
        print("the reference is made in a checkout of relaybot; this is an installed copy.")
        return 1
    stale = 0
    for path, text in documents().items():
        there = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
        if there == text:
            continue
        stale += 1
        if "--write" in arguments:
            (ROOT / path).parent.mkdir(exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8")
        print(f"{path}: {'written' if '--write' in arguments else 'not current'}")
    return 1 if stale and "--write" not in arguments else 0


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A Markdown table; a bar inside a cell is escaped."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


# ---------------------------------------------------------------------------------------------- commands


def commands_page() -> str:
    """Every command, grouped by help topic."""
    lines = [
        "# Commands",
        "",
        MADE,
        "",
        "In private you type the bare word. In a channel put `!` before it, or the bot's name: `!status`,",
        "`relaybot: status`. `[...]` may be left out, `a|b` means one of the two, `A17`, `M12`, `S40`, `H9` and `P4` are the",
        "ids of an application, a pair, an hour, a case and a post. Case does not matter. `help <command>` says the same in",
        "the chat.",
        "",
        "By mail the first lines are commands until one is none; the subject counts where there are no words below it. A",
        "command that changes something is done when it answers a letter of relaybot's, else you are asked whether it was",
        "you. These do something to others, so by mail they need a one-time code besides, which relaybot sends you:",
        f"{_with_code()}.",
        "",
    ]
    topics = [*TOPICS, *sorted({c.topic for c in COMMANDS.values()} - TOPICS.keys())]
    for topic in topics:
        found = sorted((c for c in COMMANDS.values() if c.topic == topic), key=lambda c: (c.who, c.name, c.usage))
        if found:
            lines += [f"## {TOPICS.get(topic, topic)}", ""]
            lines += [*table(("usage", "who", "what it does", "for example"), map(_command_row, found)), ""]
    return "\n".join(lines)


def _with_code() -> str:
    found = sorted({command.usage for command in COMMANDS.values() if command.code})
    return ", ".join(f"`{usage}`" for usage in found)


def _command_row(found: Command) -> tuple[str, ...]:
    return f"`{found.usage}`", WHO[found.who], found.help, "<br>".join(f"`{example}`" for example in found.examples)


# ---------------------------------------------------------------------------------------------- settings

Tables = Mapping[str, tuple[str, type[BaseModel]]]

# Table -> what it is for, and its model.
TABLES: Tables = {
    "relaybot": ("the process", RelaybotTable),
    "irc.libera": ("one IRC network; `libera` is a name you choose, and there may be several", IrcTable),
    "irc.libera.sasl": ("how relaybot logs in to services there", SaslTable),
    "matrix.home": ("one Matrix account; `home` is a name you choose, and there may be several", MatrixTable),
    "mail": ("the bot's mail address and the lists", MailTable),
    "mail.receive": ("how mail comes in", ReceiveTable),
    "mail.receive.imap": ("a hosted mailbox, instead of lmtp or smtp", ImapTable),
    "mail.send": ("the server that takes outgoing mail", SendTable),
    "programme.tech-peer": ("one programme; `tech-peer` is its name, and there may be several", ProgrammeTable),
    "embedded": (
        "servers of relaybot's own, for this machine only; present when no network is configured",
        EmbeddedTable,
    ),
}


def sections() -> dict[str, type[BaseModel]]:
    """The parts of a programme's settings that are tables, e.g. "session"."""
    found: dict[str, type[BaseModel]] = {}
    for key, field in policy.Policy.model_fields.items():
        if inspect.isclass(field.annotation) and issubclass(field.annotation, BaseModel):
            found[key] = field.annotation
    return found


def plain_settings(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The settings of a table that are single values; what is filled in by the program is none."""
    return {
        key: field
        for key, field in model.model_fields.items()
        if not field.exclude and not (inspect.isclass(field.annotation) and issubclass(field.annotation, BaseModel))
    }


def settings_page() -> str:
    """Every key of the configuration with its default and its meaning."""
    lines = [
        "# Settings",
        "",
        MADE,
        "",
        "The configuration is one TOML file. `relaybot check` names every mistake at once, with its key and line; a key",
        "relaybot does not know is a mistake. [config.example.toml](../config.example.toml) is the same list as a file to",
        "start from. A password may stand in a file of its own (`password_file`, readable by its owner only) or come from",
        "a systemd credential (`password_credential`).",
        "",
    ]
    for name, (meaning, model) in TABLES.items():
        lines += [
            f"## [{name}]",
            "",
            f"{meaning[0].upper()}{meaning[1:]}.",
            "",
            *_settings_table(plain_settings(model)),
            "",
        ]
    lines += [
        "## The settings of a programme",
        "",
        "They stand in `[programme.tech-peer]` or in the file that `file` names; where both have a key, the table wins.",
        "A key with a dot may be written as it stands here, or in a table of its own: `[programme.tech-peer.session]`.",
        "",
        *_settings_table(plain_settings(policy.Policy)),
        "",
    ]
    for prefix, model in sections().items():
        lines += [
            f"### {prefix}: {_summary(model.__doc__)}",
            "",
            *_settings_table(plain_settings(model), f"{prefix}."),
            "",
        ]
    return "\n".join(lines)


def _settings_table(fields: Mapping[str, FieldInfo], prefix: str = "") -> Iterator[str]:
    rows = ((f"`{prefix}{key}`", _default_shown(field), field.description or "") for key, field in fields.items())
    return table(("key", "default", "meaning"), rows)


def _default_shown(field: FieldInfo) -> str:
    if not field.is_required() and default(field) is None:
        return "not set"
    return "needed" if field.is_required() else f"`{toml(default(field))}`"


def default(field: FieldInfo) -> Any:
    """The default of a setting."""
    return field.get_default(call_default_factory=True, validated_data={})


def toml(value: object) -> str:
    """A value as it is written in TOML; JSON's texts, numbers, truths and lists are TOML too."""
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, tuple):
        return f"[{', '.join(toml(v) for v in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _summary(docstring: str | None) -> str:
    """The first line of a docstring, without its full stop."""
    first = (docstring or "").strip().split("\n", 1)[0].rstrip(".")
    return f"{first[:1].lower()}{first[1:]}"


# ---------------------------------------------------------------------------------------- the example file

# What the example says instead of a default, because only the operator can know it.
ACTIVE: Mapping[tuple[str, str], Any] = {
    ("relaybot", "owner"): "Ian, ian on Libera.Chat",
    ("programme.tech-peer", "moderators"): ("irc:libera/dana", "irc:libera/esi"),
    ("irc.libera", "host"): "irc.libera.chat",
    ("irc.libera", "channel"): {"tech-peer": "#tech-peer"},
    ("irc.libera", "moderators_channel"): {"tech-peer": "#tech-peer-mods"},
    ("matrix.home", "homeserver"): "https://matrix.example.org",
    ("matrix.home", "user"): "@relaybot:example.org",
    ("matrix.home", "room"): {"tech-peer": "#tech-peer:example.org"},
    ("matrix.home", "moderators_room"): {"tech-peer": "#tech-peer-mods:example.org"},
    ("mail", "address"): "relaybot@lists.example.org",
    ("mail", "list"): {"tech-peer": "peers@lists.example.org"},
    ("mail", "trusted_authserv"): ("mx.example.org",),
    ("mail.receive", "lmtp"): "127.0.0.1:8024",
}
# Keys of [mail] that exclude what is set, or whose default is worked out: shown, never to be taken in as they stand.
SHOWN: Mapping[tuple[str, str], Any] = {
    ("mail", "self_receipt"): True,
    ("mail.receive", "smtp"): "127.0.0.1:8025",
    ("mail.receive.imap", "host"): "imap.example.org",
    ("mail.receive.imap", "user"): "relaybot",
}


def example_config() -> str:
    """Every key as TOML: what must be chosen is set, all else is its default behind a `#`."""
    lines = [
        "# relaybot's configuration, every key of it. Made by `python -m relaybot.reference --write`.",
        "#",
        "# What stands behind a # without a space is the default: take the # away to change it. The rest is an example to",
        "# put your own names into. `relaybot check -c FILE` names every mistake at once. The same as a page: docs/settings.md",
        "",
    ]
    for name in ("relaybot", "programme.tech-peer", "irc.libera"):
        meaning, model = TABLES[name]
        lines += [f"# {meaning}", f"[{name}]", *_example_keys(name, plain_settings(model))]
        if name == "programme.tech-peer":
            lines += _example_keys(name, plain_settings(policy.Policy))
            for prefix, section in sections().items():
                lines += ["", f"# -- {prefix}: {_summary(section.__doc__)}"]
                lines += _example_keys(name, plain_settings(section), f"{prefix}.")
        if name == "irc.libera":
            lines += _example_sasl()
        lines += [""]
    lines += [*_example_matrix(), "", *_example_mail(), ""]
    meaning, model = TABLES["embedded"]
    lines += [f"# {meaning}", "#[embedded]", *_example_keys("embedded", plain_settings(model))]
    return "\n".join(lines) + "\n"


def _example_keys(name: str, fields: Mapping[str, FieldInfo], prefix: str = "", off: str = "") -> Iterator[str]:
    """The keys of one table; `off` is "#" where the whole table is one that a programme may do without."""
    for key, field in fields.items():
        yield f"# {field.description}"
        if (name, key) in SHOWN:
            yield f"# {prefix}{key} = {toml(SHOWN[name, key])}"
        elif (name, key) in ACTIVE:
            yield f"{off}{prefix}{key} = {toml(ACTIVE[name, key])}"
        else:
            yield f"#{prefix}{key} = {toml(default(field))}"


def _example_sasl() -> Iterator[str]:
    fields = plain_settings(SaslTable)
    yield "# login to services: the account, and one of password, password_file (a file that only its owner can read)"
    yield f"# and password_credential (systemd); or certificate_file: {fields['certificate_file'].description}"
    yield '#sasl = { account = "relaybot", password_file = "secrets/libera" }'


def _example_matrix() -> Iterator[str]:
    """[matrix.home], the whole of it behind a `#`."""
    meaning, model = TABLES["matrix.home"]
    yield f"# {meaning}; a programme may do without"
    yield "#[matrix.home]"
    for key, field in plain_settings(model).items():
        if key == "password":
            yield "# its password: password_file (a file that only its owner can read) or password_credential (systemd)"
            yield '#password_file = "secrets/matrix"'
        else:
            yield from _example_keys("matrix.home", {key: field}, off="#")


def _example_mail() -> Iterator[str]:
    """[mail], the whole of it behind a `#`: a programme may be on IRC alone."""
    meaning, model = TABLES["mail"]
    yield f"# {meaning}; a programme may do without"
    yield "#[mail]"
    yield from _example_keys("mail", plain_settings(model), off="#")
    receive = {key: field for key, field in plain_settings(ReceiveTable).items() if key != "imap"}
    yield from _example_keys("mail.receive", receive, "receive.", off="#")
    yield f"# {TABLES['mail.receive.imap'][0]}, with password_file or password_credential besides:"
    for key, field in plain_settings(ImapTable).items():
        if key != "password":
            yield f"# receive.imap.{key} = {toml(SHOWN.get(('mail.receive.imap', key)) or default(field))}"
    yield f"# {TABLES['mail.send'][0]}; its password by password_file or password_credential"
    send = {key: field for key, field in plain_settings(SendTable).items() if key != "password"}
    yield from _example_keys("mail.send", send, "send.")


# --------------------------------------------------------------------------------------- lifecycles, timers


def lifecycles_page() -> str:
    """Every lifecycle as a diagram and a table."""
    lines = [
        "# Lifecycles",
        "",
        MADE,
        "",
        "What may follow what. `relaybot/rules.py` is the one place that decides it; a step that is not here is refused.",
        "",
    ]
    for kind, lifecycle in LIFECYCLES.items():
        lines += [
            f"## {KINDS.get(kind, kind)}",
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {next(iter(lifecycle))}",
        ]
        for stage, steps in lifecycle.items():
            lines += [f"    {stage} --> {follows}: {verb}" for verb, follows in steps.items()]
            lines += [] if steps else [f"    {stage} --> [*]"]
        rows = ((f"`{stage}`", _steps(steps)) for stage, steps in lifecycle.items())
        lines += ["```", "", *table(("stage", "what may happen, and the stage that follows"), rows), ""]
    return "\n".join(lines)


def _steps(steps: Mapping[str, str]) -> str:
    return ", ".join(f"{verb} → `{follows}`" for verb, follows in steps.items()) or "nothing: the end"


def timers_page() -> str:
    """Every timer and what its handler does, in the handler's own words."""
    lines = [
        "# Timers",
        "",
        MADE,
        "",
        "What relaybot does by itself, later. A timer is a row in the database, so it outlives restarts; one that is late",
        "decides for itself what lateness means. When each is due is a [setting](settings.md).",
        "",
    ]
    handlers = timer_handlers()
    rows = (
        (f"`{name}`", _first_line(handlers[name].__doc__), f"`{handlers[name].__module__.removeprefix('relaybot.')}`")
        for name in sorted(handlers)
    )
    return "\n".join([*lines, *table(("timer", "what happens when it is due", "where"), rows), ""])


def _first_line(docstring: str | None) -> str:
    return " ".join((docstring or "").split("\n\n", 1)[0].split())


# ------------------------------------------------------------------------------------------------- files

FOLDERS = {
    "relaybot": "the programme of work: start, decide, deliver",
    "relaybot/programme": "what the product does, one file per verb; no file here knows another",
    "relaybot/nouns": "what several verbs need to know about one noun",
    "relaybot/words": "every sentence, and nothing else",
    "relaybot/prose": "what a mail in somebody's own words says about its writer, pure",
    "relaybot/times": "reading and showing times, pure",
    "relaybot/settings": "what the configuration file may say, and what a programme has of it on each network",
    "relaybot/doctor": "is everything set up right? what `relaybot doctor` looks at",
    "adapters": "one medium each; nothing about mentoring",
    "adapters/ircd": "the embedded IRC server, for this machine only",
    "storage": "SQLite",
}


def files_page() -> str:
    """Every module in its own first words."""
    lines = ["# Files", "", MADE, "", "Every module, by the first sentence of its own docstring.", ""]
    for folder, meaning in FOLDERS.items():
        lines += [f"## {folder}: {meaning}", "", *table(("file", "what it is"), _modules(ROOT / folder)), ""]
    return "\n".join(lines)


def _modules(folder: Path) -> Iterator[tuple[str, ...]]:
    for path in sorted(folder.glob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        yield f"[{path.name}](../{path.relative_to(ROOT).as_posix()})", docstring.split("\n", 1)[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
