"""A Matrix homeserver of our own, on this machine only: Synapse in an environment of its own, for `demo --matrix` and the tests.

`python -m relaybot.homeserver` makes that environment from synapse.lock. Everything blocks: from asyncio by asyncio.to_thread.
The configuration follows https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import hmac
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOCK = Path(__file__).with_name("synapse.lock")
CHECKOUT = LOCK.parent.parent
HOST = "127.0.0.1"
READY_SECONDS = 60.0
STOP_SECONDS = 10.0
ANSWER_SECONDS = 30.0
LOOK_SECONDS = 0.05  # between two looks whether it answers
STAMP = "relaybot.stamp"  # in the environment: what was installed, written last
TEMPLATE = "relaybot.db"  # in the environment: a database with nothing in it, which saves a second at every start

NO_PIP = (
    "Synapse cannot be installed: this Python has no venv, or neither ensurepip nor pip. On Debian and Ubuntu one package "
    "brings them: apt install python3-venv. Then start again."
)


class NoHomeserver(Exception):
    """Synapse cannot be installed or does not run; the text says why and what to do."""


# ------------------------------------------------------------------------------------------- the environment


def folder() -> Path:
    """Where Synapse is or will be: .synapse in a checkout, else in the user's cache."""
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT / ".synapse"
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache") / "relaybot/synapse"


def installed() -> Path | None:
    """The Python that has Synapse as locked, or None where environment() has something to do."""
    python, stamp = folder() / "bin/python", folder() / STAMP
    there = python.exists() and stamp.exists() and stamp.read_text() == fingerprint()
    return python if there else None


def fingerprint() -> str:
    """What the environment is made from; one that was moved needs to be made again."""
    parts = [LOCK.read_bytes(), str(folder()).encode(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def environment(say: Callable[[str], None]) -> Path:
    """The Python that has Synapse; the environment is made or renewed where it has to be, which takes about half a minute.

    `say` gets plain sentences about what happens. Raises NoHomeserver.
    """
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(folder(), say):
            return installed() or _install(say)
    except OSError as problem:
        raise NoHomeserver(
            f"{folder()} cannot be made or changed ({problem.strerror or problem}). Free it, or set XDG_CACHE_HOME "
            "(an installed relaybot keeps Synapse there) to a folder that can be written."
        ) from problem


@contextlib.contextmanager
def _one_at_a_time(place: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Two at once: the second waits for the first. The lock leaves no file, and dies with its process."""
    handle = os.open(place, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is installing Synapse; waiting for it ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _install(say: Callable[[str], None]) -> Path:
    started = time.monotonic()
    place, python = folder(), folder() / "bin/python"
    (place / STAMP).unlink(missing_ok=True)
    if importlib.util.find_spec("venv") is None:
        raise NoHomeserver(NO_PIP)
    if not _works([str(python), "-c", f"import sys; sys.exit(sys.version != {sys.version!r})"]):
        import venv

        venv.EnvBuilder(symlinks=True, clear=True).create(place)
    say(
        f"installing Synapse, a Matrix homeserver, into {place} (once; about half a minute, 240 MB; wheels only, hashes checked) ..."
    )
    _run_pip([*_find_pip(python), "install", "--require-hashes", "--only-binary", ":all:", "--requirement", str(LOCK)])
    _make_template(python)
    (place / STAMP).write_text(fingerprint())
    say(f"Synapse is ready after {time.monotonic() - started:.0f} s; the next start finds it there.")
    return python


def _find_pip(python: Path) -> list[str]:
    """A pip that installs there: its own, the one that comes with Python, or that of the Python we came from."""
    own = [str(python), "-I", "-m", "pip"]
    if _works([*own, "--version"]) or _works([str(python), "-I", "-m", "ensurepip"]):
        return own
    system = [getattr(sys, "_base_executable", sys.executable), "-m", "pip", "--python", str(python)]
    if _works([*system, "--version"]):
        return system
    raise NoHomeserver(NO_PIP)


def _works(command: list[str]) -> bool:
    """Whether a command can be run and ends well; what it says is not for the user."""
    try:
        return subprocess.run(command, cwd=folder(), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run_pip(command: list[str]) -> None:
    """Which index it asks is pip's own configuration; that it installs into the environment is not."""
    command = [*command, "--quiet", "--no-input", "--disable-pip-version-check"]
    done = subprocess.run(
        command, cwd=folder(), env={**os.environ, "PIP_USER": "0"}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        reasons = [line for line in said if line.startswith("ERROR")] or said
        raise NoHomeserver(
            "\n  ".join(["pip could not install Synapse:", *reasons[-4:]])
            + "\nCheck the network and the package index pip is set up for (pip config list), then start again."
        )


def _make_template(python: Path) -> None:
    """Let Synapse make its tables once; every later homeserver begins with a copy."""
    (folder() / TEMPLATE).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as place:
        server = Homeserver(Path(place), python)
        server.start()
        server.stop()
        shutil.copy(server.database, folder() / TEMPLATE)


# -------------------------------------------------------------------------------------------- the homeserver


@dataclass(slots=True)
class Homeserver:
    """One Synapse on the loopback, without federation; all it keeps is in `folder`, so that it can be started again.

    `stock`: with Synapse's own rate limits instead of hardly any. `room_version`: "" for Synapse's default.
    """

    folder: Path
    python: Path
    port: int = 0  # 0: a free one, chosen at the first start
    name: str = "localhost"  # what stands behind the colon in its ids
    stock: bool = False
    room_version: str = ""
    process: subprocess.Popen[bytes] | None = None
    _admin: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """Its base address for clients."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What it says, warnings and worse."""
        return self.folder / "homeserver.log"

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.folder / "homeserver.db"

    def start(self) -> None:
        """Start, and return when it answers (1 to 3 s); raises NoHomeserver with the end of its log when it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = _free_port(self.port)
        self._configure()
        try:
            self._run()
        except BaseException:  # also when somebody loses patience: nothing of ours goes on running
            self.kill()
            raise

    def _run(self) -> None:
        command = [str(self.python), "-I", "-m", "synapse.app.homeserver", "-c", str(self.folder / "homeserver.yaml")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for us; we stop it in order
            )
        until = time.monotonic() + READY_SECONDS
        while self.process.poll() is None and time.monotonic() < until:
            try:
                self.ask("GET", "/_matrix/client/versions")
                return
            except (OSError, NoHomeserver):
                time.sleep(LOOK_SECONDS)
        raise NoHomeserver(f"Synapse did not start; the end of {self.log}:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop in order; nothing happens where it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)  # it may have been stopped
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def register(self, name: str, password: str, display: str = "") -> str:
        """A new account; its user id. Nobody is logged in by this."""
        return str(self._register(name, password, display, admin=False, inhibit_login=True)["user_id"])

    def _register(self, name: str, password: str, display: str = "", *, admin: bool, inhibit_login: bool) -> Any:
        nonce = self.ask("GET", "/_synapse/admin/v1/register")["nonce"]
        parts = [nonce, name, password, "admin" if admin else "notadmin"]
        proof = hmac.new(self._secret().encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
        account = {"username": name, "password": password, "displayname": display or name, "admin": admin}
        return self.ask(
            "POST",
            "/_synapse/admin/v1/register",
            {**account, "nonce": nonce, "mac": proof, "inhibit_login": inhibit_login},
        )

    def override_ratelimit(self, user: str, per_second: int, burst: int) -> None:
        """Give one user a limit of their own for sending; 0 and 0 is none at all."""
        self.ask(
            "POST",
            f"/_synapse/admin/v1/users/{urllib.parse.quote(user)}/override_ratelimit",
            {"messages_per_second": per_second, "burst_count": burst},
            self.admin(),
        )

    def admin(self) -> str:
        """The access token of an administrator, for what else the admin API can do."""
        if not self._admin:
            name, password = f"admin-{secrets.token_hex(4)}", secrets.token_hex(16)
            self._admin = self._register(name, password, admin=True, inhibit_login=False)["access_token"]
        return self._admin

    def ask(self, method: str, path: str, body: object = None, token: str = "") -> Any:
        """One request, its JSON; raises OSError when nobody answers and NoHomeserver when the answer is an error."""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - our own loopback
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by a proxy of the environment
        try:
            with opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            with problem:
                said = problem.read(2000).decode(errors="replace")
            raise NoHomeserver(f"{method} {path} was answered {problem.code}: {said}") from problem

    # ------------------------------------------------------------------------------------------ its files

    def _secret(self) -> str:
        """The shared secret of accounts, the same as long as the folder is there."""
        file = self.folder / "secret"
        if not file.exists():
            file.write_text(secrets.token_hex(16))
        return file.read_text()

    def _configure(self) -> None:
        key = self.folder / "signing.key"
        if not key.exists():
            seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
            key.write_text(f"ed25519 a_1 {seed}\n")
        template = folder() / TEMPLATE
        if not self.database.exists() and template.exists():
            shutil.copy(template, self.database)
        # JSON is YAML, and quotes every path rightly.
        (self.folder / "homeserver.yaml").write_text(json.dumps(self._configuration(), indent=1))
        (self.folder / "log.yaml").write_text(json.dumps(_logging()))

    def _configuration(self) -> dict[str, Any]:
        secret = self._secret()
        return {
            "server_name": self.name,
            "public_baseurl": f"{self.url}/",
            "pid_file": str(self.folder / "homeserver.pid"),
            "signing_key_path": str(self.folder / "signing.key"),
            "media_store_path": str(self.folder / "media"),
            "log_config": str(self.folder / "log.yaml"),
            "database": {"name": "sqlite3", "args": {"database": str(self.database)}},
            "listeners": [
                {
                    "port": self.port,
                    "type": "http",
                    "tls": False,
                    "bind_addresses": [HOST],
                    "resources": [{"names": ["client"]}],
                }
            ],
            "macaroon_secret_key": secret,
            "form_secret": secret,
            "registration_shared_secret": secret,
            "enable_registration": False,
            "report_stats": False,
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "federation_domain_whitelist": [],
            "presence": {"enabled": False},
            "url_preview_enabled": False,
            "bcrypt_rounds": 4,  # passwords of throw-away accounts; the default costs 0.2 s for each login
            "caches": {"global_factor": 0.2},
            **({"default_room_version": self.room_version} if self.room_version else {}),
            **({} if self.stock else _hardly_any_limits()),
        }


def _hardly_any_limits() -> dict[str, Any]:
    limit = {"per_second": 10_000, "burst_count": 10_000}
    plain = "rc_message rc_registration rc_joins_per_room rc_admin_redaction rc_room_creation"
    return {
        **dict.fromkeys(plain.split(), limit),
        "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), limit),
        "rc_joins": dict.fromkeys(("local", "remote"), limit),
        "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), limit),
    }


def _logging() -> dict[str, Any]:
    return {
        "version": 1,
        "formatters": {"plain": {"format": "%(asctime)s %(name)s %(levelname)s %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
    }


def _free_port(port: int) -> int:
    """That port, or any for 0; whoever else listens there would be taken for ours."""
    try:
        with socket.create_server((HOST, port)) as probe:
            return int(probe.getsockname()[1])
    except OSError as problem:
        raise NoHomeserver(
            f"Synapse cannot listen on {HOST}:{port} ({problem.strerror or problem}): choose another port, or end what is there."
        ) from problem


def main() -> int:
    """Make the environment; 0 when it is there."""

    def say(text: str) -> None:
        sys.stderr.write(f"relaybot: {text}\n")

    try:
        environment(say)
    except NoHomeserver as problem:
        say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
