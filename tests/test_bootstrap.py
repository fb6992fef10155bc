"""The first step (relaybot/__main__.py): what it makes in a fresh checkout, and what it says where it cannot.

Most tests use a tiny checkout of their own and a pip that only writes down what it was asked; one, marked slow, does
all of it for real.
"""

from __future__ import annotations

import ast
import fcntl
import os
import shutil
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from relaybot import __main__ as first
from tests import needs
from tests.needs import ROOT

BASE_PYTHON: str = sys._base_executable  # type: ignore[attr-defined] # the Python our own environment was made with
PYPROJECT = "[project]\nname = 'relaybot'\n"
CLI = "import sys\ndef main():\n    print('started', sys.argv[1:], sys.prefix)\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny checkout with the real first step, which is pointed at it in this process, too."""
    root = tmp_path / "checkout"
    for package in ("relaybot", "adapters", "storage"):
        (root / package).mkdir(parents=True)
        shutil.copy(ROOT / package / "__init__.py", root / package)
    shutil.copy(ROOT / "relaybot/__main__.py", root / "relaybot")
    (root / "relaybot/cli.py").write_text(CLI)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "requirements.lock").write_text("# nothing\n")
    (root / "storage/__init__.py").write_text("RELAYBOT = True\n")
    for name in ("LOCK", "VENV", "STAMP", "UNFINISHED"):
        path = Path(getattr(first, name))
        monkeypatch.setattr(first, name, root / path.relative_to(ROOT))
    monkeypatch.setattr(first, "ROOT", root)
    return root


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """Replace pip by a list of what it was asked to install."""
    calls: list[Sequence[str]] = []
    monkeypatch.setattr(first, "find_pip", lambda: ["pip"])
    monkeypatch.setattr(first, "run_pip", lambda pip, *what: calls.append(what))
    return calls


def make_finished_venv(root: Path) -> None:
    """What a first start leaves behind, without the packages: they are only looked for by name."""
    venv.EnvBuilder(symlinks=True).create(root / ".venv")
    packages = next((root / ".venv/lib").glob("python*")) / "site-packages"
    (packages / "typer.py").touch()
    first.STAMP.write_text(first.fingerprint())


def start(
    root: Path, *arguments: str, python: str = BASE_PYTHON, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """`python3 -m relaybot ...` as a newcomer runs it: outside of any environment, with an empty home."""
    return subprocess.run(
        [python, "-m", "relaybot", *arguments],
        cwd=root,
        env=newcomer(root),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def newcomer(root: Path) -> dict[str, str]:
    """The process environment without what an activated environment or a developer adds."""
    home = root.parent / "home"
    home.mkdir(exist_ok=True)
    dropped = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    return {key: value for key, value in os.environ.items() if key not in dropped} | {"HOME": str(home)}


def test_the_first_step_can_be_read_by_old_pythons() -> None:
    """An old Python has to get as far as the sentence that says it is too old."""
    for path in (ROOT / "relaybot/__init__.py", ROOT / "relaybot/__main__.py"):
        ast.parse(path.read_text(), feature_version=(3, 6))
        assert "from __future__" not in path.read_text()


def test_an_old_python_gets_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It names both versions, and nothing else happens."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 2, "final", 0))

    assert first.main() == 1
    assert "needs Python 3.11 or newer, and this is Python 3.10" in capsys.readouterr().err


def test_a_finished_checkout_starts_at_once_in_its_own_environment(checkout: Path) -> None:
    """The second start says nothing of its own and hands the arguments on."""
    make_finished_venv(checkout)

    done = start(checkout, "demo", "--speed", "60")

    assert done.stdout == f"started ['demo', '--speed', '60'] {checkout / '.venv'}\n"
    assert done.stderr == ""


def test_a_first_start_installs_the_lock_and_then_the_checkout(checkout: Path, asked: list[Sequence[str]]) -> None:
    """Hashes are required and only wheels allowed; the checkout itself needs no index."""
    assert first.must_install()

    first.install()

    assert [
        set(what) & {"--require-hashes", ":all:", str(first.LOCK), "--no-index", str(checkout)} for what in asked
    ] == [
        {"--require-hashes", ":all:", str(first.LOCK)},
        {"--no-index", str(checkout)},
    ]
    assert first.venv_python().exists()
    assert first.is_finished()
    assert not first.must_install()


def test_a_changed_lock_renews_the_environment(checkout: Path, asked: list[Sequence[str]]) -> None:
    """What is there is kept; only pip runs again."""
    make_finished_venv(checkout)
    kept = checkout / ".venv/kept"
    kept.touch()
    first.LOCK.write_text("# something else\n")
    assert first.must_install()

    first.install()

    assert len(asked) == 2
    assert kept.exists()
    assert not first.must_install()


@pytest.mark.usefixtures("asked")
def test_what_an_interrupted_start_left_is_cleared_away(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A half-made environment is never used and never in the way."""
    make_finished_venv(checkout)
    rubbish = checkout / ".venv/rubbish"
    rubbish.touch()
    first.UNFINISHED.touch()
    assert first.must_install()

    first.install()

    assert not rubbish.exists()
    assert not first.must_install()
    assert "did not finish" in capsys.readouterr().err


def test_a_failing_pip_is_quoted_and_the_next_start_begins_again(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a network: pip's own last words, where to look, and no environment that seems finished."""
    pip = [sys.executable, "-c", "import sys; print('ERROR: no route to the index'); sys.exit(1)"]
    monkeypatch.setattr(first, "find_pip", lambda: pip)

    with pytest.raises(first.Stop, match=r"(?s)no route to the index.*check the network and the package index"):
        first.install()

    assert first.UNFINISHED.exists()
    assert first.must_install()


def test_a_python_without_pip_gets_the_name_of_the_package(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian and Ubuntu split ensurepip off."""
    monkeypatch.setattr(first, "works", lambda command: False)

    with pytest.raises(first.Stop, match="apt install python3-venv"):
        first.install()


def test_a_checkout_that_cannot_be_written_is_said_so(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence offers another way to install."""
    (checkout / "closed").touch()
    for name in ("VENV", "STAMP", "UNFINISHED"):
        monkeypatch.setattr(first, name, checkout / "closed" / Path(getattr(first, name)).relative_to(checkout))

    with pytest.raises(first.Stop, match=r"cannot be made or changed .*pip install"):
        first.install()


def test_somebody_elses_folder_is_left_alone(checkout: Path) -> None:
    """A .venv that this file did not make is not removed, even when it is of no use."""
    own = checkout / ".venv/notes.txt"
    own.parent.mkdir()
    own.touch()

    with pytest.raises(first.Stop, match="Remove it and start again"):
        first.must_install()

    assert own.exists()


def test_two_first_starts_wait_for_each_other(checkout: Path) -> None:
    """The second says that it waits, and goes on when the first is done."""
    make_finished_venv(checkout)
    with first.one_at_a_time():
        second = subprocess.Popen(
            [BASE_PYTHON, "-m", "relaybot"], cwd=checkout, env=newcomer(checkout), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert second.stderr is not None
        assert "another start is preparing" in second.stderr.readline()
        assert second.poll() is None

    said, _ = second.communicate(timeout=30)
    assert said.startswith("started [] ")


def test_a_file_system_without_locks_is_no_obstacle(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems refuse every lock."""

    def refuse(*_: object) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)

    with first.one_at_a_time():
        pass


def test_ctrl_c_ends_without_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """130 is what shells expect."""

    def interrupt() -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(first, "is_checkout", interrupt)

    assert first.main() == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is another project's"), ("import no_such_library", "cannot be imported (ModuleNotFoundError")],
)
def test_another_projects_package_is_named(checkout: Path, text: str, said: str) -> None:
    """`adapters` and `storage` are common names: a stranger's package must not be used, nor crash relaybot."""
    (checkout / "requirements.lock").unlink()  # as installed
    (checkout / "adapters/__init__.py").write_text(text)

    done = start(checkout)

    assert done.returncode == 1
    assert f"the package 'adapters' found here {said}" in done.stderr
    assert "an environment of its own" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_fresh_checkout_starts_with_nothing_but_python(tmp_path: Path) -> None:
    """For real: the lock is installed from the index, the entry points are there, the second start is quick."""
    root = tmp_path / "relaybot"
    for part in ("relaybot", "adapters", "storage"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "requirements.lock", "LICENSE", "README.md"):
        shutil.copy(ROOT / part, root)

    made = start(root, "--help", timeout=600)
    if any(sign in made.stderr for sign in ("No matching distribution", "Max retries", "Temporary failure")):
        needs.missing(f"a package index ({made.stderr.splitlines()[-2].strip()})", "set up pip and the network")
    assert made.returncode == 0, made.stderr
    assert "making" in made.stderr

    started = time.monotonic()
    again = start(root, "--help")
    seconds = time.monotonic() - started
    assert again.returncode == 0, again.stderr
    assert (again.stdout, again.stderr) == (made.stdout, "")
    assert seconds < 3

    script = subprocess.run([root / ".venv/bin/relaybot", "--help"], cwd=tmp_path, capture_output=True, check=False)
    assert script.returncode == 0, script.stderr


def test_the_wheel_carries_everything_that_runs(tmp_path: Path) -> None:
    """Three packages with every file that is not Python, the licence, and both kinds of entry points."""
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr

    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        carried = {name for name in wheel.namelist() if ".dist-info/" not in name}
        entries = next(wheel.read(name).decode() for name in wheel.namelist() if name.endswith("entry_points.txt"))

    wanted = {path for package in ("relaybot", "adapters", "storage") for path in (ROOT / package).rglob("*")}
    assert {path.relative_to(ROOT).as_posix() for path in wanted if path.is_file() and path.suffix != ".pyc"} == carried
    assert "relaybot = relaybot.__main__:main" in entries
    assert "[relaybot.adapters]" in entries
