"""The first step of `python3 -m relaybot`, with nothing but the standard library.

An installed relaybot starts at once. In a fresh checkout this file makes .venv with everything that is locked in
requirements.lock, says what it does, and runs itself again in there; the second start finds all done.
Kept to the grammar of old Pythons (3.6), so that one of those can read this far and say what is missing.
"""

import contextlib
import fcntl
import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "relaybot.stamp"  # what was installed, written last
UNFINISHED = VENV / "relaybot.unfinished"  # there from the first moment until all is installed: ours, and not usable
OLDEST = (3, 11)


class Stop(Exception):
    """Relaybot cannot start here; the text says why and what to do."""


def main() -> int:
    """Start relaybot, after making sure that it can."""
    try:
        if sys.version_info[:2] < OLDEST:
            needs, have = ".".join(map(str, OLDEST)), ".".join(map(str, sys.version_info[:2]))
            raise Stop(f"relaybot needs Python {needs} or newer, and this is Python {have} ({sys.executable}).")
        if is_checkout() and not is_ready():
            run_in_venv()  # does not come back
        check_marks()
    except Stop as stop:
        say(str(stop))
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next start begins where it has to.")
        return 130
    from relaybot.cli import main as command_line

    command_line()
    return 0


def say(text: str) -> None:
    """One plain line, on stderr: stdout belongs to the command that was asked for."""
    sys.stderr.write(f"relaybot: {text}\n")
    sys.stderr.flush()


# ------------------------------------------------------------------------------------------- is everything there?


def is_checkout() -> bool:
    """A checkout carries its lock file; an installed relaybot does not."""
    return LOCK.is_file() and (ROOT / "pyproject.toml").is_file()


def is_ready() -> bool:
    """Whether this very Python can run relaybot as it is."""
    if in_venv() and STAMP.exists():
        return is_finished() and importlib.util.find_spec("typer") is not None  # not so after an upgrade of Python
    return is_installed()  # an environment made by hand, by uv, by a container: it is its owner's, and left alone


def in_venv() -> bool:
    """Whether this process already runs in the checkout's own environment."""
    return VENV.is_dir() and Path(sys.prefix).resolve() == VENV.resolve()


def is_finished() -> bool:
    """Whether everything was installed in .venv, for this very lock."""
    try:
        return STAMP.read_text() == fingerprint() and not UNFINISHED.exists()
    except OSError:
        return False


def is_installed() -> bool:
    """Whether relaybot was installed for this Python, so that its packages came with it."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        distribution("relaybot")
    except PackageNotFoundError:
        return False
    return True


def fingerprint() -> str:
    """What the environment was made from; a checkout that was moved needs a new one, too."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def check_marks() -> None:
    """`adapters` and `storage` are common names: refuse to start with somebody else's package of that name."""
    for name in ("adapters", "storage"):
        try:
            package = importlib.import_module(name)
        except Exception as problem:  # a stranger's package may fail in any way it likes
            found, where = f"cannot be imported ({type(problem).__name__}: {problem})", ""
        else:
            if getattr(package, "RELAYBOT", False):
                continue
            found, where = "is another project's", f" ({getattr(package, '__file__', None) or 'a bare folder'})"
        raise Stop(
            f"the package {name!r} found here {found}{where}. relaybot brings its own {name!r} and needs an "
            "environment of its own: make a new one (python3 -m venv ...) and install only relaybot there."
        )


# ------------------------------------------------------------------------------------------------ making .venv


def run_in_venv() -> "NoReturn":
    """Make or renew .venv where needed, then become the same command inside it."""
    with one_at_a_time():
        if must_install():
            install()
    python = str(venv_python())
    os.execv(python, [python, "-m", "relaybot", *sys.argv[1:]])


@contextlib.contextmanager
def one_at_a_time() -> "Iterator[None]":
    """Two first starts at once: the second waits for the first. The lock leaves no file, and dies with its process."""
    folder = os.open(str(ROOT), os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another start is preparing .venv; waiting for it ...")
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError:
            pass  # some network file systems have no locks; then two first starts at once are not guarded
        yield
    finally:
        os.close(folder)


def must_install() -> bool:
    """Whether .venv has to be made or renewed, asked again with the lock in hand."""
    if in_venv():
        return not is_ready()
    if is_ours():
        return not (is_finished() and venv_python().exists())
    if not venv_python().exists():
        raise Stop(f"{VENV} is there, is not relaybot's own and has no Python in it. Remove it and start again.")
    return False  # made by hand: the next step, running in there, knows what it lacks


def is_ours() -> bool:
    """Whether .venv may be removed: this file made it, or would make it now."""
    return STAMP.exists() or UNFINISHED.exists() or not VENV.exists() or (VENV.is_dir() and not any(VENV.iterdir()))


def venv_python() -> Path:
    """The environment's own Python."""
    return VENV / "bin" / "python"


def install() -> None:
    """Make .venv if there is none worth keeping, and install the lock and the checkout itself."""
    started = time.monotonic()
    try:
        if is_ours():
            make_venv()
        say("installing what requirements.lock names, wheels only, hashes checked (about 15 s) ...")
        pip = find_pip()
        run_pip(pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK))
        run_pip(pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT))
        STAMP.write_text(fingerprint())
        with contextlib.suppress(FileNotFoundError):
            UNFINISHED.unlink()
    except OSError as problem:
        raise Stop(
            f"{VENV} cannot be made or changed ({problem.strerror or problem}). Use a checkout that can be written, or "
            f"install relaybot elsewhere: python3 -m venv ~/relaybot && ~/relaybot/bin/pip install {ROOT}"
        ) from problem
    say(f"ready after {time.monotonic() - started:.0f} s; the next start finds all this done.")


def make_venv() -> None:
    """A bare environment without pip. What an interrupted start left behind is cleared away first."""
    keep = venv_python().exists() and not UNFINISHED.exists()
    if not keep and not in_venv():
        if UNFINISHED.exists():
            say("an earlier start did not finish; clearing its .venv away.")
        if VENV.exists():
            shutil.rmtree(str(VENV))
        VENV.mkdir()
    UNFINISHED.touch()
    if keep or in_venv():
        say("requirements.lock, pyproject.toml or Python has changed; renewing .venv.")
        return
    if importlib.util.find_spec("venv") is None:
        raise Stop(NO_PIP)
    import venv

    say(f"first start in this checkout: making {VENV}; nothing outside of it is changed.")
    venv.EnvBuilder(symlinks=True).create(str(VENV))


NO_PIP = (
    "this Python has neither ensurepip nor pip, so nothing can be installed. On Debian and Ubuntu one package brings "
    "it: apt install python3-venv. Then start again."
)


def find_pip() -> "list[str]":
    """A pip that installs into .venv: its own, the one that comes with Python, or the system's."""
    own = [str(venv_python()), "-I", "-m", "pip"]
    if works([*own, "--version"]):
        return own
    if importlib.util.find_spec("ensurepip") is not None and works([*own[:-1], "ensurepip"]):
        return own
    system = [getattr(sys, "_base_executable", sys.executable), "-m", "pip", "--python", str(venv_python())]
    if works([*system, "--version"]):
        return system
    raise Stop(NO_PIP)


def works(command: "list[str]") -> bool:
    """Whether a command ends well; what it says is not for the user."""
    return subprocess.run(command, cwd=str(VENV), capture_output=True, check=False).returncode == 0


def run_pip(pip: "list[str]", *what: str) -> None:
    """One `pip install`. Which index it asks is pip's own configuration; that it installs into .venv is not."""
    command = [*pip, "install", "--quiet", "--no-input", "--disable-pip-version-check", *what]
    environment = {**os.environ, "PIP_USER": "0"}
    done = subprocess.run(
        command, cwd=str(VENV), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        said = [line for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
        reasons = [line for line in said if line.startswith("ERROR")] or said
        raise Stop(
            "\n  ".join(["pip could not install the packages:", *reasons[-4:]])
            + "\nrelaybot: check the network and the package index pip is set up for (pip config list), then start again."
        )


if __name__ == "__main__":
    sys.exit(main())
