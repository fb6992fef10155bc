"""Real IRC servers for the tests: InspIRCd and ngIRCd with atheme services, and our own, on loopback, as pytest fixtures.

Each runs in a temporary directory for the whole session; only processes started here are ended, by their id.
What is not installed is skipped with the reason, or a failure where needs.py says so.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import needs

HOST = "127.0.0.1"
PASSWORD = "lab-secret"
READY_SECONDS = 20.0
SERVICES = "services.test"
ACCOUNTS = ("ana", "bob", "mod", "relaybot")  # registered with PASSWORD wherever there are services
ATHEME_MODULES = Path("/usr/lib/x86_64-linux-gnu/atheme/modules")


@dataclass(slots=True)
class Running:
    """A server that runs. `services`: people can log in; `sasl`: before they are seen."""

    kind: str
    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    tls_port: int = 0
    services: bool = False
    sasl: bool = False
    directory: Path = Path()
    link_port: int = 0

    def stop(self) -> None:
        for process in reversed(self.processes):
            end(process)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def spawn(command: Sequence[str], directory: Path, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    with (directory / "output.txt").open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=cwd or directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """End one process of ours; it may be stopped (SIGSTOP)."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes], directory: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            socket.create_connection((HOST, port), 0.2).close()
            return
        except OSError:
            time.sleep(0.01)
    end(process)
    raise RuntimeError(f"{process.args!r} did not start: {(directory / 'output.txt').read_text()[-2000:]}")


# ----------------------------------------------------------------------------------------------- InspIRCd

_INSPIRCD_MODULES = (
    "cap ircv3 ircv3_accounttag ircv3_batch ircv3_capnotify ircv3_chghost ircv3_ctctags ircv3_echomessage "
    "ircv3_invitenotify ircv3_labeledresponse ircv3_msgid ircv3_servertime sasl services_account sslinfo botmode monitor "
    "namesx chghost callerid inviteexception spanningtree sanick sakick regex_glob commonchans deaf hideoper svshold"
)


def _inspircd_config(directory: Path, ports: Sequence[int], flood: str, extra: str) -> str:
    client, tls, link = ports
    modules = "\n".join(f'<module name="{name}">' for name in _INSPIRCD_MODULES.split())
    return f"""<config format="xml">
<server name="irc.test" id="001" description="lab" network="LabNet">
<admin name="x" nick="x" email="x@localhost">
<bind address="{HOST}" port="{client}" type="clients">
<bind address="{HOST}" port="{tls}" type="clients" ssl="lab">
<bind address="127.0.0.2" port="{tls}" type="clients" ssl="lab">
<bind address="{HOST}" port="{link}" type="servers">
<module name="ssl_gnutls">
<sslprofile name="lab" provider="gnutls" certfile="{directory}/cert.pem" keyfile="{directory}/key.pem" hash="sha256"
 requestclientcert="yes">
<connect name="main" allow="*" timeout="20" pingfreq="60" {flood} localmax="1000" globalmax="1000" limit="5000"
 resolvehostnames="no">
<files motd="{directory}/motd">
<pid file="{directory}/pid">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{directory}/log">
<options defaultmodes="not" casemapping="rfc1459">
<performance clonesonconnect="no">
<cidr ipv4clone="32" ipv6clone="128">
<dns server="{HOST}" timeout="1">
{modules}
<sasl target="{SERVICES}" requiressl="no">
<link name="{SERVICES}" ipaddr="{HOST}" port="{link}" allowmask="{HOST}" sendpass="linkpw" recvpass="linkpw">
<uline server="{SERVICES}" silent="yes">
<class name="All" commands="*" usermodes="*" chanmodes="*" privs="*">
<type name="NetAdmin" classes="All"><oper name="root" password="oper" host="*@*" type="NetAdmin">
{extra}
"""


FLOOD_OFF = 'fakelag="off" threshold="100000000" commandrate="100000000"'
FLOOD_STOCK = ""  # what a fresh InspIRCd does: fakelag, a threshold of 10, a receive queue of 8 KiB


def start_inspircd(directory: Path, flood: str = FLOOD_OFF, extra: str = "") -> Running:
    program, openssl = needs.program("inspircd", "inspircd"), needs.program("openssl", "openssl")
    directory.mkdir(parents=True, exist_ok=True)
    make_certificate(openssl, directory)
    (directory / "motd").write_text("hello\n")
    ports = free_ports(3)
    (directory / "inspircd.conf").write_text(_inspircd_config(directory, ports, flood, extra))
    command = [str(program), f"--config={directory}/inspircd.conf", "--nofork"]
    process = spawn(command + ["--runasroot"] * (os.geteuid() == 0), directory)
    wait_for_port(ports[0], process, directory)
    return Running("inspircd", ports[0], [process], tls_port=ports[1], directory=directory, link_port=ports[2])


def make_certificate(openssl: Path, directory: Path, name: str = "localhost") -> None:
    """A self-signed certificate for `name` and 127.0.0.1: cert.pem, key.pem."""
    command = f"req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN={name} -keyout key.pem -out cert.pem".split()
    names = f"subjectAltName=DNS:{name},IP:{HOST}"
    subprocess.run([openssl, *command, "-addext", names], cwd=directory, check=True, capture_output=True)


# ------------------------------------------------------------------------------------------------- ngIRCd


def start_ngircd(directory: Path, penalty: bool = False) -> Running:
    program = needs.program("ngircd", "ngircd")
    directory.mkdir(parents=True, exist_ok=True)
    (port,) = free_ports(1)
    (directory / "ngircd.conf").write_text(f"""[Global]
Name = irc.test
Info = lab
Listen = {HOST}
Ports = {port}
MotdPhrase = hello
ServerUID = nobody
ServerGID = nogroup
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 50
MaxNickLength = 20
{"" if penalty else "MaxPenaltyTime = 0"}
[Options]
DNS = no
Ident = no
PAM = no
[Server]
Name = {SERVICES}
MyPassword = linkpw
PeerPassword = linkpw
Passive = yes
ServiceMask = *Serv
""")
    process = spawn([str(program), "-n", "-f", str(directory / "ngircd.conf")], directory)
    wait_for_port(port, process, directory)
    return Running("ngircd", port, [process], directory=directory, link_port=port)


# ------------------------------------------------------------------------------------------------- atheme


def start_atheme(server: Running, directory: Path) -> subprocess.Popen[bytes]:
    """Services for a running server; returns when NickServ is there and ACCOUNTS are registered."""
    program = needs.program("atheme-services", "atheme-services")
    if not ATHEME_MODULES.is_dir():
        needs.missing(f"atheme's modules in {ATHEME_MODULES}", "apt install atheme-services")
    for name in ("etc", "var", "log", "run"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    (directory / "etc" / "atheme.conf").write_text(_atheme_config(server, directory))
    folders = ["-D", str(directory / "var"), "-l", str(directory / "log/main"), "-p", str(directory / "run/pid")]
    process = spawn([str(program), "-n", "-c", str(directory / "etc/atheme.conf"), *folders], directory)
    server.processes.append(process)
    until = time.monotonic() + READY_SECONDS
    while not _registered_all(server):
        if time.monotonic() > until or process.poll() is not None:
            raise RuntimeError(f"services did not start: {(directory / 'output.txt').read_text()[-2000:]}")
        time.sleep(0.2)
    server.services = True
    server.sasl = server.kind == "inspircd"
    return process


def _atheme_config(server: Running, directory: Path) -> str:
    names = (
        f"protocol/{server.kind} backend/opensex crypto/pbkdf2v2 operserv/main nickserv/main nickserv/identify "
        "nickserv/register nickserv/group nickserv/ghost nickserv/logout nickserv/cert nickserv/access saslserv/main "
        "saslserv/plain saslserv/external chanserv/main"
    )
    modules = "\n".join(f'loadmodule "modules/{name}";' for name in names.split())
    bots = "\n".join(
        f'{kind} {{ nick = "{nick}"; user = "{nick}"; host = "{SERVICES}"; real = "{nick}"; {more} }};'
        for kind, nick, more in (
            ("nickserv", "NickServ", "spam; maxnicks = 50; expire = 0;"),
            ("saslserv", "SaslServ", ""),
            ("operserv", "OperServ", ""),
            ("chanserv", "ChanServ", ""),
        )
    )
    return f"""{modules}
serverinfo {{ name = "{SERVICES}"; desc = "svc"; numeric = "00A"; recontime = 1; netname = "LabNet"; adminname = "x";
 adminemail = "x@localhost"; registeremail = "x@localhost"; mta = ""; loglevel = {{ error; info; }}; maxcertfp = 10;
 maxlogins = 50; maxusers = 0; mdlimit = 30; emaillimit = 1000; emailtime = 300; auth = none; casemapping = rfc1459; }};
uplink "irc.test" {{ send_password = "linkpw"; receive_password = "linkpw"; host = "{HOST}"; port = {server.link_port}; }};
{bots}
general {{ permissive_mode; default_clone_allowed = 1000; default_clone_warn = 1000; commit_interval = 1;
 flood_msgs = 0; kline_time = 0; uflags = {{ }}; cflags = {{ }}; }};
logfile "{directory}/log/all.log" {{ error; info; }};
"""


def _registered_all(server: Running) -> bool:
    return all(_register(server, account) for account in ACCOUNTS)


def _register(server: Running, account: str) -> bool:
    """Register an account with NickServ, by a plain blocking client."""
    with socket.create_connection((HOST, server.port), 5) as sock:
        reader = sock.makefile("rb")
        sock.sendall(f"NICK {account}\r\nUSER {account} 0 * :{account}\r\n".encode())
        asked = False
        for raw in reader:
            words = raw.decode("utf-8", "replace").split()
            if words[0] == "PING":
                sock.sendall(f"PONG {words[1]}\r\n".encode())
            elif words[1] in ("376", "422") and not asked:
                asked = True
                sock.sendall(f"PRIVMSG NickServ :REGISTER {PASSWORD} {account}@localhost.test\r\n".encode())
            elif words[1] in ("401", "433"):
                return False
            elif words[1] == "NOTICE" and words[0].lower().startswith(":nickserv"):
                text = " ".join(words[3:]).replace("\x02", "").lower()
                if "registered" in text and "not registered" not in text and "is not" not in text:
                    sock.sendall(b"QUIT\r\n")
                    return True
    return False


# ------------------------------------------------------------------------------------------------ our own


def start_embedded(directory: Path, *options: str) -> Running:
    directory.mkdir(parents=True, exist_ok=True)
    (port,) = free_ports(1)
    process = spawn([sys.executable, "-m", "adapters.ircd", HOST, str(port), *options], directory, needs.ROOT)
    wait_for_port(port, process, directory)
    return Running("embedded", port, [process], services=True, sasl=True, directory=directory)


# ----------------------------------------------------------------------------------------------- fixtures

# Names of the fixtures below, for tests that have to hold on every server.
SERVERS = (
    "embedded",
    pytest.param("inspircd", marks=pytest.mark.servers),
    pytest.param("ngircd", marks=pytest.mark.servers),
    pytest.param("ngircd_services", marks=pytest.mark.servers),
)


def _session(running: Running) -> Iterator[Running]:
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """relaybot's own server, as a process."""
    yield from _session(start_embedded(tmp_path_factory.mktemp("embedded")))


@pytest.fixture(scope="session")
def inspircd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """InspIRCd without flood limits (but with its stock receive queue), TLS, and atheme services."""
    directory = tmp_path_factory.mktemp("inspircd")
    server = start_inspircd(directory / "ircd")
    try:
        start_atheme(server, directory / "services")
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def inspircd_stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """InspIRCd with the flood protection it comes with, and no services."""
    yield from _session(start_inspircd(tmp_path_factory.mktemp("stock"), FLOOD_STOCK))


@pytest.fixture(scope="session")
def ngircd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """ngIRCd alone: nobody has an account."""
    yield from _session(start_ngircd(tmp_path_factory.mktemp("ngircd")))


@pytest.fixture(scope="session")
def ngircd_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """ngIRCd with atheme services: accounts are told by WHOIS only."""
    directory = tmp_path_factory.mktemp("ngircd-services")
    server = start_ngircd(directory / "ircd")
    try:
        start_atheme(server, directory / "services")
        yield server
    finally:
        server.stop()
