"""The house rules that a program can check: who imports whom, how long things are, that files explain themselves.

ruff and mypy check the rest; here is only what they cannot say.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.needs import ROOT

CODE = ("relaybot", "adapters", "storage", "tests", "benchmarks")
LINES_MAX = 500
FUNCTION_LINES_MAX = 50

# Made by tools, or not ours to judge.
SKIPPED = {
    ".git",
    ".venv",
    "__pycache__",
    "dist",
    "build",
    "node_modules",
    "requirements.lock",
    ".synapse",
    "synapse.lock",
    "package-lock.json",
}
# Paths of somebody's machine and hosts of a package index: pip's own configuration names those. The brackets keep
# this line from finding itself.
LOCAL = re.compile(r"(?<![\w.])/(wor[k]|roo[t]|User[s])/|pypi[.]org|pythonhoste[d]|[.]pyen[v]")
TEXTS = {".py", ".toml", ".md", ".sql", ".play", ".yml", ".yaml", ".txt", ".service", ".sh", ".cfg", ".ini", ""}

FILES = sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    """How a file is called in test ids and messages."""
    return path.relative_to(ROOT).as_posix()


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the tree in `folder`."""
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", command], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def contracts() -> list[dict[str, Any]]:
    """The import contracts of pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings = tomllib.load(file)
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def test_the_import_contracts_are_kept() -> None:
    """Every layer knows only what is below it, and the core is pure."""
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("relaybot/rules.py", "import time", "the core is pure"),
        ("relaybot/words/common.py", "from relaybot import desk", "the stack"),
        ("relaybot/postman.py", "from relaybot import office", "the stack"),
        ("adapters/__init__.py", "from relaybot import desk", "adapters and storage know"),
        ("storage/__init__.py", "import adapters", "the stack"),
        ("relaybot/programme/zz_one.py", "from relaybot.programme import zz_two", "the programme's files"),
    ],
)
def test_the_import_contracts_bite(tmp_path: Path, file: str, line: str, contract: str) -> None:
    """A forbidden import added to a copy of the tree is found: the contracts cannot pass by looking at nothing."""
    for folder in ("relaybot", "adapters", "storage"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "relaybot/programme/zz_two.py").touch()
    with (tmp_path / file).open("a") as target:
        target.write(f"\n{line}\n")

    done = lint_imports(tmp_path)

    broken = re.findall(r"^(.+?)\s+BROKEN", re.sub(r"\n(?=\S+ BROKEN)", " ", done.stdout), re.MULTILINE)
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(contract in line for line in broken), done.stdout


def test_every_module_has_its_place_in_the_stack() -> None:
    """A new file of relaybot/ is named in the layers; a contract that does not know a module cannot protect it."""
    stack = " ".join(contracts()[0]["layers"])
    known = set(re.findall(r"relaybot\.(\w+)", stack))
    found = {
        path.stem for path in (ROOT / "relaybot").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert found - known == {"__init__"}, "add it to the layers in pyproject.toml"


def test_every_layer_below_the_office_is_checked_for_purity() -> None:
    """The purity contract lists what the stack has from `decide` down, apart from what is not written yet."""
    layers: list[str] = contracts()[0]["layers"]
    start = next(index for index, layer in enumerate(layers) if "relaybot.decide" in layer)
    core = set(re.findall(r"relaybot\.\w+", " ".join(layers[start:])))
    written = {module for module in core if list(ROOT.glob(module.replace(".", "/") + "*"))}

    assert written - set(contracts()[1]["source_modules"]) == set()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_is_short_and_explains_itself(path: Path) -> None:
    """At most 500 lines; the first three say what it is for, in a docstring."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    docstring = ast.get_docstring(ast.parse(text)) or ""
    start = " ".join(lines[:3])

    assert len(lines) <= LINES_MAX
    assert '"""' in start
    assert len(docstring.split("\n", 1)[0]) >= 20, "the first line says too little"


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file, with its number of lines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name(path)}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_function_is_longer_than_a_screen() -> None:
    """At most 50 lines, docstring included."""
    long = [
        f"{where} has {lines} lines" for path in FILES for where, lines in functions(path) if lines > FUNCTION_LINES_MAX
    ]

    assert long == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("storage/*.sql")), ids=name)
def test_sql_is_short_and_explains_itself(path: Path) -> None:
    """The same for SQL: at most 500 lines, a comment first."""
    lines = path.read_text(encoding="utf-8").splitlines()

    assert len(lines) <= LINES_MAX
    assert lines[0].startswith("-- ")


def texts(folder: Path) -> Iterator[Path]:
    """Every text file of the tree, hidden caches and foreign folders left out."""
    for path in folder.iterdir():
        if path.name in SKIPPED or path.name.endswith("_cache") or path.name == ".hypothesis":
            continue
        if path.is_dir():
            yield from texts(path)
        elif path.suffix in TEXTS:
            yield path


def test_nothing_names_somebodys_machine() -> None:
    """No path of one machine and no index host in any file: they would be wrong everywhere else."""
    found = [
        f"{name(path)}:{number}: {line.strip()[:100]}"
        for path in texts(ROOT)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if LOCAL.search(line)
    ]

    assert found == []
