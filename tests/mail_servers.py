"""Real mail servers for the tests: a private Postfix and a private Dovecot on the loopback, each in a temporary folder.

Both change their user when they start, so they need root; where that or the program is missing needs.py says what happens.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import needs
from tests.servers import HOST, READY_SECONDS, Running, free_ports, make_certificate, spawn, wait_for_port

DOMAIN = "lists.lab.test"  # what Postfix hands to relaybot
PASSWORD = "lab-secret"
POSTFIX_FILES = Path("/usr/share/postfix/master.cf.dist"), Path("/etc/postfix/master.cf")


def need_root() -> None:
    """Skip unless we are root: both programs change their user when they start. No machine is at fault for that."""
    if os.geteuid() != 0:
        pytest.skip("Postfix and Dovecot change their user, which takes root: run the tests as root in a container")


# ----------------------------------------------------------------------------------------------- Postfix


@dataclass(slots=True)
class Postfix:
    """A private Postfix: takes mail by SMTP on `port`; DOMAIN goes by LMTP to `lmtp_port`, sink.lab.test to `sink_port`."""

    running: Running
    port: int
    lmtp_port: int
    sink_port: int
    directory: Path

    def queued(self) -> int:
        """Mails that wait."""
        told = self._run("postqueue", "-j")
        return told.count('"queue_id"')

    def flush(self) -> None:
        """Try everything that waits, now."""
        self._run("postqueue", "-f")

    def clear(self) -> None:
        """Forget everything that waits."""
        self._run("postsuper", "-d", "ALL")

    def log(self) -> str:
        """What it wrote so far."""
        return (self.directory / "maillog").read_text()

    def _run(self, name: str, *arguments: str) -> str:
        command = [str(needs.program(name, "postfix")), "-c", str(self.directory / "etc"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def start_postfix(directory: Path, more: str = "") -> Postfix:
    """A Postfix whose configuration, queue and log are all in `directory` (which has to be absolute).

    `more` is added to its main.cf: what stands there counts.
    """
    need_root()
    needs.program("postfix", "postfix")
    master = next((path for path in POSTFIX_FILES if path.exists()), None)
    if master is None:
        needs.missing("Postfix's master.cf", "apt install postfix")
    port, lmtp, sink = free_ports(3)
    for name in ("etc", "queue", "data"):
        (directory / name).mkdir(parents=True)
    (directory / "etc/main.cf").write_text(_main_cf(directory, lmtp, sink) + more)
    (directory / "etc/master.cf").write_text(_master_cf(master.read_text(), port))
    os.chown(directory / "data", pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postfix").gr_gid)
    daemon = Path("/usr/lib/postfix/sbin/master")
    if not daemon.exists():
        needs.missing("Postfix's master", "apt install postfix")
    subprocess.run(
        [str(needs.program("postfix", "postfix")), "-c", str(directory / "etc"), "check"],
        check=True,
        capture_output=True,
    )
    process = spawn([str(daemon), "-c", str(directory / "etc"), "-d"], directory)
    wait_for_port(port, process, directory)
    return Postfix(Running("postfix", port, [process], directory=directory), port, lmtp, sink, directory)


def _master_cf(text: str, port: int) -> str:
    """Debian's, with smtpd on our port and nothing in a chroot."""
    lines = []
    for line in text.splitlines():
        words = line.split()
        if line[:1].isalpha() and len(words) >= 8:
            if words[:2] == ["smtp", "inet"]:
                words[0] = f"{HOST}:{port}"
            words[4] = "n"
        lines.append(" ".join(words) if line[:1].isalpha() else line)
    return "\n".join(lines) + "\n"


def _main_cf(directory: Path, lmtp: int, sink: int) -> str:
    return f"""compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {directory}/maillog
maillog_file_prefixes = {directory}
myhostname = mta.lab.test
mydestination =
inet_interfaces = {HOST}
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains = {DOMAIN}
relay_recipient_maps =
transport_maps = inline:{{ {{{DOMAIN}=lmtp:[{HOST}]:{lmtp}}} {{sink.lab.test=smtp:[{HOST}]:{sink}}} {{example.net=smtp:[{HOST}]:{sink}}} }}
recipient_delimiter = +
local_transport = error:no local mail
alias_maps =
alias_database =
lmtp_tls_security_level = none
smtp_tls_security_level = none
lmtp_data_done_timeout = 20s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
smtputf8_enable = yes
message_size_limit = 40960000
smtpd_relay_restrictions = permit_mynetworks, reject
notify_classes =
bounce_queue_lifetime = 1d
maximal_queue_lifetime = 1d
smtp_dns_support_level = disabled
lmtp_dns_support_level = disabled
smtp_host_lookup = native
lmtp_host_lookup = native
"""


@contextlib.contextmanager
def open_folder(name: str) -> Iterator[Path]:
    """A folder other users may enter: pytest closes its own to them, again whenever another pytest starts."""
    folder = Path(tempfile.mkdtemp(prefix=f"relaybot-{name}-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postfix() -> Iterator[Postfix]:
    """A private Postfix beside relaybot."""
    with open_folder("postfix") as folder:
        server = start_postfix(folder)
        try:
            yield server
        finally:
            server.running.stop()


# ----------------------------------------------------------------------------------------------- Dovecot


@dataclass(slots=True)
class Dovecot:
    """A private Dovecot: any user with PASSWORD; mail comes in by LMTP on `lmtp_port`."""

    running: Running
    port: int  # IMAP, with STARTTLS
    tls_port: int
    lmtp_port: int
    directory: Path

    @property
    def config(self) -> str:
        """Its configuration file."""
        return str(self.directory / "dovecot.conf")

    @property
    def certificate(self) -> str:
        """What a client has to trust."""
        return str(self.directory / "cert.pem")


def start_dovecot(directory: Path) -> Dovecot:
    """A Dovecot whose configuration, mail and log are all in `directory`."""
    need_root()
    program = needs.program("dovecot", "dovecot-imapd dovecot-lmtpd")
    if not Path("/usr/lib/dovecot/lmtp").exists():
        needs.missing("Dovecot's LMTP server", "apt install dovecot-lmtpd")
    for name in ("state", "mail"):
        (directory / name).mkdir(parents=True)
    make_certificate(needs.program("openssl", "openssl"), directory)
    owner = pwd.getpwnam("nobody")
    os.chown(directory / "mail", owner.pw_uid, owner.pw_gid)
    imap, imaps, lmtp = free_ports(3)
    run = directory / "run"
    (directory / "dovecot.conf").write_text(_dovecot_conf(directory, run, imap, imaps, lmtp))
    process = spawn([str(program), "-F", "-c", str(directory / "dovecot.conf")], directory)
    wait_for_port(lmtp, process, directory)
    wait_for_port(imaps, process, directory)
    return Dovecot(Running("dovecot", imap, [process], directory=directory), imap, imaps, lmtp, directory)


def _dovecot_conf(directory: Path, run: Path, imap: int, imaps: int, lmtp: int) -> str:
    return f"""base_dir = {run}
state_dir = {directory}/state
protocols = imap lmtp
listen = {HOST}
log_path = {directory}/log
ssl = yes
ssl_cert = <{directory}/cert.pem
ssl_key = <{directory}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{directory}/mail/%u
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={directory}/mail/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = {HOST}
    port = {lmtp}
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A private Dovecot with everybody's mailbox."""
    with open_folder("dovecot") as folder:
        server = start_dovecot(folder)
        try:
            yield server
        finally:
            server.running.stop()
            wait_until_gone(folder)


def wait_until_gone(directory: Path) -> None:
    """Its helpers end a moment after it."""
    until = time.monotonic() + READY_SECONDS
    while (
        time.monotonic() < until
        and subprocess.run(["pgrep", "-f", f"{directory}/dovecot.conf"], capture_output=True, check=False).stdout
    ):
        time.sleep(0.05)
