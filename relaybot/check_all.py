"""Everything a change has to pass, in one command: style, types, import contracts, tests.

`python3 -m relaybot test [--quick] [--crash-long] [pytest arguments]` ends here. It needs a checkout and the tools
that requirements.lock brings. pytest runs last and repeats the other results, so the last line printed is its own; when
nothing is left out it runs twice at once, each with a half of the tests.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("ruff", "mypy", "importlinter", "pytest", "pytest_asyncio", "hypothesis", "yaml")
TYPED = ("relaybot", "adapters", "storage", "tests", "benchmarks")
# Real servers, processes killed again and again, real installations: minutes instead of seconds.
LEFT_OUT_BY_QUICK = "not servers and not crash and not slow"

# tests/conftest.py reads these two, tests/needs.py the third.
RESULTS = "RELAYBOT_CHECKS"
CRASH_LONG = "RELAYBOT_CRASH_LONG"
REQUIRE_SERVERS = "RELAYBOT_REQUIRE_SERVERS"

# Those that talk to Synapse, and what is beside them.
ON_MATRIX = ("tests/test_*matrix*.py", "tests/test_synapse.py", "tests/test_homeserver.py")

JS_CLIENT = ROOT / "tests/matrix_js"


def run_all(arguments: Sequence[str]) -> int:
    """Run every check in order, all of them even if one fails; 0 when all passed."""
    lacking = missing()
    if lacking:
        print(f"relaybot test: {lacking}", file=sys.stderr)
        return 1
    results: list[tuple[str, bool, float]] = []
    for name, command in (*preparations(arguments), *checks()):
        results.append((name, *run(name, command)))
    told = {RESULTS: json.dumps(results), **extra_environment(arguments)}
    passed = run_halves(arguments, told) if in_halves(arguments) else run("tests", tests(arguments), told)[0]
    return 0 if passed and all(result[1] for result in results) else 1


def missing() -> str:
    """What keeps the checks from running here, as a sentence; empty when nothing does."""
    if not (ROOT / "tests").is_dir() or not (ROOT / "pyproject.toml").is_file():
        return "the checks need a checkout of relaybot; this is an installed copy without tests."
    lacking = [tool for tool in TOOLS if importlib.util.find_spec(tool) is None]
    if not lacking:
        return ""
    install = f"{sys.executable} -m pip install --require-hashes --only-binary :all: -r requirements.lock"
    return f"this environment lacks {', '.join(lacking)}. Install the locked tools: {install}"


def checks() -> Iterator[tuple[str, list[str]]]:
    """Everything that is no test, cheapest first."""
    python = sys.executable
    yield "style", [python, "-m", "ruff", "check", "."]
    yield "format", [python, "-m", "ruff", "format", "--check", "."]
    yield "types", [python, "-m", "mypy", *(folder for folder in TYPED if (ROOT / folder).is_dir())]
    # import-linter has no `python -m`; calling its function saves looking for a script on PATH.
    lint = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    yield "imports", [python, "-c", lint]


def preparations(arguments: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """What tests with real servers need and a package manager brings, where those tests have to run."""
    if os.environ.get(REQUIRE_SERVERS) != "1" or "--quick" in arguments:
        return
    yield "synapse", [sys.executable, "-m", "relaybot.homeserver"]
    npm = shutil.which("npm")  # where it is missing the tests say so
    if npm is not None and not js_client_is_current():
        yield "js client", [npm, "ci", "--prefix", str(JS_CLIENT), "--no-audit", "--no-fund"]


def js_client_is_current() -> bool:
    """Whether the packages of the tests' JavaScript client are there as locked; npm writes its own list last."""
    installed, lock = JS_CLIENT / "node_modules/.package-lock.json", JS_CLIENT / "package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime


def tests(arguments: Sequence[str]) -> list[str]:
    """The pytest command: our two options taken out, the rest handed on."""
    handed_on = [argument for argument in arguments if argument not in ("--quick", "--crash-long")]
    quick = ["-m", LEFT_OUT_BY_QUICK] if "--quick" in arguments else []
    return [sys.executable, "-m", "pytest", *quick, *handed_on]


def in_halves(arguments: Sequence[str]) -> bool:
    """Whether all tests are run, the slow ones included: then those on Matrix run beside the others."""
    return "--quick" not in arguments and all(argument.startswith("-") for argument in arguments)


def halves(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Two pytest commands which run every test between them, each once: all but those on Matrix, and those."""
    on_matrix = sorted({str(path.relative_to(ROOT)) for glob in ON_MATRIX for path in ROOT.glob(glob)})
    rest = [*tests(arguments), *(f"--ignore={name}" for name in on_matrix)]
    return rest, [*tests(arguments), "-p", "no:cacheprovider", *on_matrix]


def run_halves(arguments: Sequence[str], told: dict[str, str]) -> bool:
    """All tests in two processes at once, since most of the slow ones wait for something; whether all passed.

    What the tests on Matrix said is printed after the others.
    """
    here, there = halves(arguments)
    with tempfile.TemporaryFile() as said:
        beside = subprocess.Popen(
            there, cwd=ROOT, env={**os.environ, **told}, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            passed, _ = run("tests", here, told)
            passed = beside.wait() == 0 and passed
        finally:
            beside.terminate()
            beside.wait()
        print("\n--- tests on Matrix " + "-" * 59, flush=True)
        said.seek(0)
        print(said.read().decode(errors="replace"), flush=True)
    return passed


def extra_environment(arguments: Sequence[str]) -> dict[str, str]:
    """What the tests are told besides their arguments."""
    return {CRASH_LONG: "1"} if "--crash-long" in arguments else {}


def run(name: str, command: Sequence[str], extra: dict[str, str] | None = None) -> tuple[bool, float]:
    """One check under its own headline; whether it passed, and its seconds."""
    print(f"\n--- {name} " + "-" * (75 - len(name)), flush=True)
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **(extra or {})}, check=False)
    seconds = time.monotonic() - started
    passed = done.returncode == 0
    if name != "tests":
        print(f"{name}: {'passed' if passed else 'FAILED'} after {seconds:.1f} s", flush=True)
    return passed, seconds
