"""The documentation against the program: what is generated is current, what is written by hand names only what exists.

All plays are run once here, bare; what was said and which commands were given is kept, so that other checks are cheap:
no line is too long for IRC, every command is met somewhere, and every transcript in the README is what is really printed.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from relaybot import cli, commands, config, reference
from relaybot.commands import COMMANDS
from relaybot.desk import Programme
from relaybot.model import Decision, Entry, Letter, Put
from relaybot.policy import Policy
from relaybot.ports import Misconfigured
from relaybot.rules import LIFECYCLES
from relaybot.settings import EmbeddedTable, MailTable, MatrixTable, ReceiveTable
from tests.needs import ROOT
from tests.play import Player

pytestmark = pytest.mark.docs

PLAYS = sorted((ROOT / "tests/plays").glob("*.play"))
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
LINE_BYTES_MAX = 400


class Told:
    """What all plays together said and did."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}  # line -> the play it was said in
        self.commands: set[str] = set()  # keys of COMMANDS
        self.play = ""

    def __call__(self, programme: Programme, decision: Decision) -> Programme:
        """Take note of a decision; the programme stays as it is."""
        for change in decision:
            if not isinstance(change, Put):
                continue
            if isinstance(change.record, Letter):
                self.lines.update(dict.fromkeys(change.record.text, self.play))
            elif isinstance(change.record, Entry):
                verb, letter = change.record.verb, change.record.about[:1]
                self.commands.add(f"{verb} {letter}" if f"{verb} {letter}" in COMMANDS else verb)
        return programme


@pytest.fixture(scope="module", name="told")
def _told() -> Told:
    """Every play run once; one that fails is test_plays' matter, and what it said until then counts."""
    told = Told()
    for path in PLAYS:
        told.play = path.name
        try:
            Player(path, told).run()
        except AssertionError:
            continue
    return told


def name(path: Path) -> str:
    """How a page is called in test ids and messages."""
    return path.relative_to(ROOT).as_posix()


# --------------------------------------------------------------------------------------------- generated


@pytest.mark.parametrize("path", sorted(reference.documents()), ids=str)
def test_what_is_generated_is_current(path: Path) -> None:
    """The file is what the program would write today: python -m relaybot.reference --write"""
    there = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""

    assert there == reference.documents()[path], "run: python -m relaybot.reference --write"


def test_every_command_is_explained() -> None:
    """A help text, a topic with a title, and its line in the page."""
    page = reference.commands_page()
    lacking = [key for key, c in COMMANDS.items() if not c.help or not c.examples or c.topic not in reference.TOPICS]
    missing = [key for key, c in COMMANDS.items() if c.usage.replace("|", "\\|") not in page]

    assert (lacking, missing) == ([], [])


@pytest.mark.parametrize(("key", "example"), [(k, e) for k, c in sorted(COMMANDS.items()) for e in c.examples])
def test_every_example_is_understood(key: str, example: str) -> None:
    """An example typed as it stands is the command it is an example of, with nothing left over."""
    found = commands.find(example)

    assert found is not None
    assert found[0] is COMMANDS[key]
    assert commands.read_args(*found) is not None


def test_every_setting_is_documented() -> None:
    """Each key of every table is in the page and in the example file."""
    page, example = reference.settings_page(), reference.example_config()
    keys = [f"{prefix}{key}" for prefix, model in settings_tables() for key in reference.plain_settings(model)]

    assert [key for key in keys if f"`{key}`" not in page] == []
    apart = {"password", "certificate_file", "imap"}  # shown in other words
    assert [key for key in keys if f"{key} = " not in example and key not in apart] == []


def settings_tables() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every model of the configuration, with what stands before its keys."""
    for _, model in reference.TABLES.values():
        yield "", model
    yield "", Policy
    for prefix, model in reference.sections().items():
        yield f"{prefix}.", model


def test_every_setting_does_something() -> None:
    """A setting nobody reads would be a promise nobody keeps."""
    files = [*(ROOT / "relaybot").rglob("*.py"), *(ROOT / "adapters").glob("*.py")]
    sources = [path for path in files if path.name not in {"policy.py", "reference.py"}]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    unread = [
        f"{prefix}{key}"
        for prefix, model in settings_tables()
        for key, field in reference.plain_settings(model).items()
        if not re.search(rf"\.{key}\b", code)
        and not re.fullmatch(r"typing.Literal\['[^']+'\]", str(field.annotation))  # nothing else can be chosen
    ]

    assert unread == []


def test_every_lifecycle_is_documented() -> None:
    """Each kind has a title, each stage and verb is in the page."""
    page = reference.lifecycles_page()

    assert reference.KINDS.keys() == LIFECYCLES.keys()
    for lifecycle in LIFECYCLES.values():
        for stage, steps in lifecycle.items():
            assert f"| `{stage}` |" in page
            assert all(f"{verb} → `{follows}`" in page for verb, follows in steps.items())


def test_every_timer_is_explained() -> None:
    """The handler's docstring says what happens; the page has a row for it."""
    lacking = [timer for timer, handler in commands.timer_handlers().items() if not handler.__doc__]

    assert lacking == []
    assert all(f"| `{timer}` |" in reference.timers_page() for timer in commands.timer_handlers())


# ---------------------------------------------------------------------------------------- the example file


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the secrets that examples name, handed over by systemd too."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "secrets"))
    (tmp_path / "secrets").mkdir()
    for secret in ("libera", "mail", "matrix"):
        (tmp_path / "secrets" / secret).write_text("s3cret\n")
        (tmp_path / "secrets" / secret).chmod(0o600)
    (tmp_path / "programmes").mkdir()
    (tmp_path / "programmes/tech-peer.toml").write_text("cap = 1\n")
    return tmp_path


def load(folder: Path, text: str) -> config.Config:
    """Read a text as a configuration file."""
    (folder / "relaybot.toml").write_text(text, encoding="utf-8")
    return config.load(folder / "relaybot.toml")


def test_the_example_configuration_passes_check(folder: Path) -> None:
    """As it stands it is a configuration that could run, with every setting at its default."""
    found = load(folder, reference.example_config())
    policy = found.programmes[0].policy

    assert policy.model_copy(update={"networks": {}}) == Policy()
    assert found.embedded is None


def test_the_example_configuration_passes_check_with_everything_taken_in(folder: Path) -> None:
    """With every # taken away it is still TOML, still in order, and still the defaults: it shows the true ones."""
    text = re.sub(r"^#(?=[a-z\[])", "", reference.example_config(), flags=re.MULTILINE)
    found = load(folder, text)

    assert found.programmes[0].policy.model_copy(update={"networks": {}}) == Policy()
    assert found.irc["libera"].sasl.password == "s3cret"
    assert found.embedded == EmbeddedTable()
    assert found.matrix["home"] == MatrixTable(
        homeserver="https://matrix.example.org",
        user="@relaybot:example.org",
        password="s3cret",
        room={"tech-peer": "#tech-peer:example.org"},
        moderators_room={"tech-peer": "#tech-peer-mods:example.org"},
    )
    assert found.mail is not None
    assert found.mail.model_copy(update={"trusted_authserv": ()}) == MailTable(
        address="relaybot@lists.example.org",
        list={"tech-peer": "peers@lists.example.org"},
        receive=ReceiveTable(lmtp="127.0.0.1:8024"),
    )
    assert len(tomllib.loads(text)["programme"]["tech-peer"]["limits"]) == len(Policy().limits.model_dump())


# ------------------------------------------------------------------------------------------ hand-written


def blocks(path: Path, language: str) -> Iterator[tuple[int, str]]:
    """The fenced blocks of one language, each with the line it begins on."""
    text = path.read_text(encoding="utf-8")
    for found in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, found.start()) + 1, found.group(1)


def anchors(path: Path) -> set[str]:
    """What the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the checkout, and every anchor in one, is there."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("https://", "http://")):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_configuration_snippets_are_in_order(page: Path, folder: Path) -> None:
    """What people copy from a page passes check."""
    for line, text in blocks(page, "toml"):
        try:
            load(folder, text)
        except Misconfigured as problem:
            pytest.fail(f"{name(page)}:{line}: {problem}")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_shell_commands_exist(page: Path) -> None:
    """Every `relaybot something` that a page tells to type is a command of the command line."""
    there = {c.name or c.callback.__name__ for c in cli.cli.registered_commands if c.callback}
    text = page.read_text(encoding="utf-8")
    code = [
        *re.findall(r"`([^`\n]+)`", text),
        *(line for _, block in blocks(page, "sh") for line in block.splitlines()),
    ]
    typed = {word for line in code for word in re.findall(r"(?:^|\s|/|-m )relaybot ([a-z][a-z-]*)\b", line)}

    assert typed - there == set()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_transcripts_are_what_is_printed(page: Path, told: Told) -> None:
    """Each `<relaybot> ...` of a transcript is said, word for word, in a play."""
    wrong = []
    for line, block in blocks(page, "irc"):
        said = [text.partition("<relaybot> ")[2] for text in block.splitlines() if "<relaybot> " in text]
        wrong += [f"{name(page)}:{line}: {text}" for text in said if text not in told.lines]

    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_letters_shown_are_what_is_written(page: Path, told: Told) -> None:
    """Each paragraph of a letter that a page shows is written, word for word, in a play."""
    written = {" ".join(line.split()) for line in told.lines}
    wrong = []
    for line, block in blocks(page, "letter"):
        for paragraph in block.partition("\n\n")[2].split("\n\n"):
            rows = [" ".join(row.split()) for row in paragraph.splitlines()]
            if " ".join(rows) not in written and not set(rows) <= written:
                wrong.append(f"{name(page)}:{line}: {paragraph}")

    assert wrong == []


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *(ROOT / f"docs/{n}.md" for n in ("by-mail", "by-matrix", "moderators"))], ids=name
)
def test_chat_commands_exist(page: Path) -> None:
    """What somebody types in a transcript, and the first column of the tables, are commands that are understood."""
    text = page.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)
    typed = [
        t
        for _, block in blocks(page, "irc")
        for t in re.findall(r"^(?:#\S+ )?<(?!relaybot)\w+> (.+)$", block, re.MULTILINE)
    ]
    unknown = [line for line in rows if commands.find(line.replace("\\|", "|").lstrip("!")) is None]
    loud = [line for line in typed if line.startswith("!") and commands.find(line.lstrip("!")) is None]

    assert (unknown, loud) == ([], [])


# --------------------------------------------------------------------------------------- what plays tell


def test_no_line_is_too_long_for_irc(told: Told) -> None:
    """Every line of every letter in every play fits one IRC line (invariant 20); the longest is printed with -s."""
    sizes = sorted(((len(line.encode()), line, play) for line, play in told.lines.items()), reverse=True)
    bytes_, line, play = sizes[0]
    print(f"\nlongest line said in a play: {bytes_} bytes, {play}: {line}")

    assert [size for size in sizes if size[0] > LINE_BYTES_MAX] == []


def test_every_command_is_met(told: Told) -> None:
    """Each command is given in a play or in a test; the ones only a test knows are printed with -s."""
    typed = {key for path in (ROOT / "tests").glob("*.py") for key in typed_in(path)}
    print("\nmet by no play:", ", ".join(sorted(COMMANDS.keys() - told.commands)) or "none")

    assert sorted(COMMANDS.keys() - told.commands - typed) == []


def typed_in(path: Path) -> Iterator[str]:
    """The commands among the texts that a test hands to a function."""
    keys = {id(c): key for key, c in COMMANDS.items()}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for given in node.args if isinstance(node, ast.Call) else []:
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                found = commands.find(given.value.strip().lstrip("!"))
                if found is not None:
                    yield keys[id(found[0])]
