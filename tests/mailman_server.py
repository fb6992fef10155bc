"""A private GNU Mailman 3 on the loopback, for tests that ask for it: RELAYBOT_MAILMAN=1 installs it with pip first.

It wants Python 3.12 (its 3.3 needs a module that 3.13 has no more) and 300 MB, so it is opt-in. What it sends goes to
`out_port`; what is posted to its lists is handed to it by LMTP.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers import HOST, free_ports, spawn

ASKED = "RELAYBOT_MAILMAN"
HOW = (
    f"Mailman is opt-in: {ASKED}=1 installs it with pip for python3.12 into {tempfile.gettempdir()}/relaybot-mailman "
    f"(300 MB, a minute or two); {ASKED}=<folder> takes a virtual environment that has it"
)
START_SECONDS = 90.0
STOP_SECONDS = 20.0
CONFIGURATION = """\
[mailman]
layout: test
site_owner: owner@lists.example.org
[paths.test]
var_dir: {folder}/var
bin_dir: {bin}
[mta]
incoming: mailman.mta.null.NullMTA
outgoing: mailman.mta.deliver.deliver
lmtp_host: 127.0.0.1
lmtp_port: {lmtp}
smtp_host: 127.0.0.1
smtp_port: {out}
[webservice]
hostname: 127.0.0.1
port: {rest}
admin_user: restadmin
admin_pass: restpass
workers: 1
[database]
class: mailman.database.sqlite.SQLiteDatabase
url: sqlite:///{folder}/var/mailman.db
"""


def environment() -> Path:
    """The virtual environment with Mailman in it, made first where only "1" was said; skips where nobody asked."""
    asked = os.environ.get(ASKED, "")
    if not asked:
        pytest.skip(HOW)
    folder = Path(tempfile.gettempdir()) / "relaybot-mailman" if asked == "1" else Path(asked)
    if (folder / "bin/master").exists():
        return folder
    python = shutil.which("python3.12")
    if asked != "1" or python is None:
        pytest.fail(f"no Mailman in {folder} and no python3.12 to install it for; {HOW}", pytrace=False)
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    # 2.1 of sqlalchemy makes every question about subscribers an error 500.
    subprocess.run([str(folder / "bin/pip"), "install", "-q", "mailman", "sqlalchemy<2.1"], check=True)
    return folder


@dataclass
class Mailman:
    """A running Mailman."""

    rest_port: int
    lmtp_port: int
    out_port: int

    def rest(self, path: str, data: dict[str, Any] | None = None, method: str | None = None) -> Any:
        """A question or an order (data given), as JSON."""
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        request = urllib.request.Request(f"http://{HOST}:{self.rest_port}/3.1/{path}", data=body, method=method)
        request.add_header("Authorization", "Basic " + base64.b64encode(b"restadmin:restpass").decode())
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None

    def take(self, raw: bytes, sender: str, listed: str) -> None:
        """A mail to a list arrives."""
        with smtplib.LMTP(HOST, self.lmtp_port) as client:
            client.sendmail(sender, [listed], raw)

    def up(self) -> bool:
        """Whether it answers and takes mail."""
        try:
            self.rest("system/versions")
            socket.create_connection((HOST, self.lmtp_port), 1).close()
        except (urllib.error.URLError, ConnectionError):
            return False
        return True


@contextlib.contextmanager
def mailman_in(folder: Path) -> Iterator[Mailman]:
    """A Mailman whose configuration, queues and database are all in `folder`."""
    tools = environment() / "bin"
    rest, lmtp, out = free_ports(3)
    (folder / "var").mkdir(parents=True)
    (folder / "mailman.cfg").write_text(CONFIGURATION.format(folder=folder, bin=tools, rest=rest, lmtp=lmtp, out=out))
    process = spawn([str(tools / "master"), "-C", str(folder / "mailman.cfg"), "--force"], folder)
    server = Mailman(rest, lmtp, out)
    try:
        end = time.monotonic() + START_SECONDS
        while not server.up():
            assert process.poll() is None, "Mailman has ended"
            assert time.monotonic() < end, "Mailman did not start"
            time.sleep(0.2)
        yield server
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)  # its runners end first, each after what it is doing
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
