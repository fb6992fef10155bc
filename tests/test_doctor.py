"""`relaybot doctor` on this machine and on IRC: it says what is wrong, what to do, and changes nothing.

Real files, a real process, real IRC servers; mail and DNS are in test_doctor_mail.py and test_doctor_dns.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.ircd import Server
from relaybot import cli
from relaybot.doctor import Level, house
from relaybot.ports import Misconfigured
from storage import copies
from storage.sqlite import open_store
from tests.doctor_help import examined, levels, one, said
from tests.mail_help import HOST, until
from tests.raw_irc import RawIrc
from tests.servers import PASSWORD, Running, end, spawn

LOCAL = '[embedded]\nirc = "127.0.0.1:0"\nsmtp = "127.0.0.1:0"\n'
IRC = """
[irc.lab]
host = "{host}"
port = {port}
tls = {tls}
channel = {{ tech-peer = "#peer" }}
moderators_channel = {{ tech-peer = "#peer-mods" }}
{more}
"""


def irc(port: int, more: str = "", host: str = HOST, tls: str = "false") -> str:
    """A configuration with one IRC network."""
    return IRC.format(host=host, port=port, tls=tls, more=more)


async def database(folder: Path) -> Path:
    """A database as relaybot leaves it."""
    store = await open_store(folder / "relaybot.db", ballast_bytes=0)
    await store.close()
    return folder / "relaybot.db"


# --------------------------------------------------------------------------------------- this machine


def test_nothing_is_made(tmp_path: Path) -> None:
    """Before the first start everything that is not there yet is in order, and stays away."""
    report = asyncio.run(examined(tmp_path, LOCAL))

    assert not report.failed
    assert one(report, "database")[0] == "ok"
    assert [path.name for path in tmp_path.iterdir()] == ["relaybot.toml"]


def test_a_sound_database(tmp_path: Path) -> None:
    """It is opened and checked; no backup is known until one is made, and an old one is not enough."""
    asyncio.run(database(tmp_path))
    before = asyncio.run(examined(tmp_path, LOCAL))
    copies.note_backup(tmp_path, tmp_path / "relaybot.db")
    made = asyncio.run(examined(tmp_path, LOCAL))
    at = datetime.now(UTC) - timedelta(days=9)
    (tmp_path / copies.NOTE).write_text(json.dumps({"at": at.isoformat(), "to": "/backup/relaybot.db"}))
    old = asyncio.run(examined(tmp_path, LOCAL))

    assert "opens and is sound" in one(before, "database")[1]
    assert not (tmp_path / "relaybot.db-wal").exists()
    assert not (tmp_path / "relaybot.db-shm").exists()
    assert one(before, "backup")[0] == "warn"
    assert one(made, "backup")[0] == "ok"
    assert one(old, "backup")[0] == "warn"
    assert "9.0 days ago" in one(old, "backup")[1]


async def test_a_damaged_database(tmp_path: Path) -> None:
    """Damage is found without relaybot being started, and the cure is a backup."""
    path = await database(tmp_path)
    raw = bytearray(path.read_bytes())
    raw[4096 : 4096 * 3] = os.urandom(4096 * 2)
    path.write_bytes(raw)
    report = await examined(tmp_path, LOCAL)

    assert one(report, "database")[0] == "fail"
    assert "relaybot restore" in one(report, "database")[1]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("PRAGMA application_id = 7", "is another program's"),
        ("PRAGMA user_version = 99999", "was made by a newer relaybot"),
    ],
)
async def test_a_strange_database(tmp_path: Path, statement: str, told: str) -> None:
    """Another program's file, or one from the future, is no database of ours."""
    with sqlite3.connect(await database(tmp_path)) as connection:
        connection.execute(statement)
    connection.close()

    level, found = one(await examined(tmp_path, LOCAL), "database")
    assert level == "fail"
    assert told in found


def test_what_others_may_read_or_write(tmp_path: Path) -> None:
    """Rights that are too wide are said with the command that mends them."""
    path = asyncio.run(database(tmp_path))
    path.chmod(0o644)
    tmp_path.chmod(0o777)
    report = asyncio.run(examined(tmp_path, LOCAL))

    assert ("warn", f"others may read it -> chmod 600 {path}") in said(report, "database")
    assert one(report, "state_dir") == ("fail", f"everybody may write into it -> chmod o-w {tmp_path}")


async def test_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Little room is a warning, hardly any a failure."""
    total = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(house, "ROOM_GOOD_BYTES", total.total + 1)
    little = await examined(tmp_path, LOCAL)
    monkeypatch.setattr(house, "ROOM_LEAST_BYTES", total.total + 1)
    none = await examined(tmp_path, LOCAL)

    assert (one(little, "room")[0], one(none, "room")[0]) == ("warn", "fail")


async def test_an_old_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is said; one with the WAL-reset bug is a warning."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 2))
    old = await examined(tmp_path, LOCAL)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
    new = await examined(tmp_path, LOCAL)

    assert (one(old, "SQLite")[0], one(new, "SQLite")[0]) == ("warn", "ok")


async def test_a_port_somebody_else_has(tmp_path: Path) -> None:
    """Who is there is said by its greeting."""
    with socket.create_server((HOST, 0)) as taken:
        task = asyncio.create_task(asyncio.to_thread(_greet, taken))
        text = f'[embedded]\nirc = "127.0.0.1:0"\nsmtp = "127.0.0.1:{taken.getsockname()[1]}"\n'
        report = await asyncio.to_thread(lambda: asyncio.run(examined(tmp_path, text)))
        await task

    level, found = one(report, "embedded mail server")
    assert level == "fail"
    assert "220 mx.lab.test ESMTP Somebody" in found


def _greet(taken: socket.socket) -> None:
    link, _ = taken.accept()
    with link:
        link.sendall(b"220 mx.lab.test ESMTP Somebody\r\n")


# ----------------------------------------------------------------------------------------------- running


async def test_while_relaybot_runs(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """Its ports are known as its own, nothing of it is disturbed, and what cannot be tried says how it could be."""
    ports = free_port(), free_port()
    text = f'[embedded]\nirc = "{HOST}:{ports[0]}"\nsmtp = "{HOST}:{ports[1]}"\n'
    (tmp_path / "relaybot.toml").write_text(text)
    command = [sys.executable, "-m", "relaybot", "run", "-c", str(tmp_path / "relaybot.toml")]
    process = spawn(command, tmp_path)
    try:
        await until(lambda: (tmp_path / "embedded.json").exists() or process.poll() is not None, 30)
        report = await asyncio.to_thread(lambda: asyncio.run(examined(tmp_path, text)))
        with house.hold(tmp_path / "relaybot.db") as holder:
            assert holder == str(process.pid)
    finally:
        end(process)

    assert one(report, "relaybot")[1].startswith(f"runs (process {process.pid})")
    assert "relaybot's own" in one(report, "embedded mail server")[1]
    assert not report.failed


async def test_the_lock_is_held_meanwhile(tmp_path: Path) -> None:
    """relaybot cannot start between two checks, and can afterwards."""
    path = await database(tmp_path)
    with house.hold(path) as holder:
        assert holder == ""
        with pytest.raises(Misconfigured, match="Another relaybot"):
            await open_store(path, ballast_bytes=0)
    await database(tmp_path)


# --------------------------------------------------------------------------------------------------- IRC


@pytest.fixture(name="server")
async def _server() -> AsyncIterator[Server]:
    """relaybot's own IRC server, with one account that has a password."""
    server = Server(passwords={"relaybot": PASSWORD})
    await server.start(HOST, 0)
    try:
        yield server
    finally:
        await server.stop()


def port_of(server: Server) -> int:
    """Where it listens."""
    assert server._server is not None
    number: int = server._server.sockets[0].getsockname()[1]
    return number


PUBLIC, TEAM = "irc lab #peer", "irc lab #peer-mods"
SASL = f'sasl = {{ account = "relaybot", password = "{PASSWORD}" }}'


async def test_irc_in_order(tmp_path: Path, server: Server) -> None:
    """Login, nick, clock; channels that nobody is in are told, and are gone again afterwards."""
    report = await examined(tmp_path, irc(port_of(server), SASL))

    assert not report.failed
    told = levels(report, Level.OK)
    assert "irc lab: logged in as relaybot" in told
    assert "irc lab: the nick relaybot is free" in told
    assert one(report, "clock")[0] == "ok"
    assert [one(report, channel)[0] for channel in (PUBLIC, TEAM)] == ["warn", "warn"]
    assert server.world.channel("#peer") is None
    assert server.world.person("relaybot") is None


async def test_irc_refuses_the_password(tmp_path: Path, server: Server) -> None:
    """A wrong password is a failure that names the account, not the password."""
    report = await examined(tmp_path, irc(port_of(server), SASL.replace(PASSWORD, "wrong-one")))

    level, found = one(report, "irc lab")
    assert level == "fail"
    assert 'SASL password of account "relaybot"' in found
    assert "wrong-one" not in found


async def test_irc_lacks_its_password(tmp_path: Path) -> None:
    """An account without a password needs no connection to be wrong."""
    report = await examined(tmp_path, irc(1, 'sasl = { account = "relaybot" }'))

    assert one(report, "irc lab")[0] == "fail"


async def test_irc_is_not_there(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """A server that cannot be reached is one failure, not a traceback."""
    report = await examined(tmp_path, irc(free_port()))

    level, found = one(report, "irc lab")
    assert level == "fail"
    assert "cannot connect" in found


async def test_irc_channels(tmp_path: Path, server: Server) -> None:
    """Invite-only without an invitation fails; moderated without a voice fails; no operator in a closed one warns."""
    port = port_of(server)
    ana = await RawIrc.connect(port, "ana")
    ana.send("JOIN #peer", "JOIN #peer-mods", "MODE #peer +m", "MODE #peer-mods +i")
    await ana.barrier()
    report = await examined(tmp_path, irc(port))
    assert one(report, PUBLIC) == ("fail", "is moderated (+m), and relaybot has no voice -> give it +v")
    assert one(report, TEAM)[0] == "fail"
    assert "473" in one(report, TEAM)[1]

    ana.send("MODE #peer -m", "MODE #peer-mods -i")
    await ana.barrier()
    report = await examined(tmp_path, irc(port))
    assert one(report, PUBLIC)[0] == "ok"
    assert one(report, TEAM)[0] == "warn"
    assert "no operator" in one(report, TEAM)[1]

    report = await examined(tmp_path, irc(port, "moderators_closed = false"))
    assert "can be entered by everybody" in one(report, TEAM)[1]
    await ana.close()


async def test_irc_rights_come_a_moment_later(tmp_path: Path, server: Server) -> None:
    """Services make relaybot operator after it came in: the doctor waits for that."""
    port = port_of(server)
    ana = await RawIrc.connect(port, "ana")
    ana.send("JOIN #peer", "JOIN #peer-mods")
    await ana.barrier()

    async def services() -> None:
        await ana.expect("^:relaybot!.* JOIN :?#peer-mods")
        ana.send("MODE #peer-mods +o relaybot")

    task = asyncio.create_task(services())
    report = await examined(tmp_path, irc(port, SASL))
    await task
    await ana.close()

    assert one(report, TEAM) == ("ok", "can be entered; relaybot is operator -> ")


async def test_irc_nick_in_use(tmp_path: Path, server: Server) -> None:
    """Somebody else under our nick is a warning with the nick it would be."""
    other = await RawIrc.connect(port_of(server), "relaybot")
    report = await examined(tmp_path, irc(port_of(server)))
    await other.close()

    assert any("is in use; it would be relaybot_" in found for found in levels(report, Level.WARN))


@pytest.mark.servers
async def test_irc_over_tls(tmp_path: Path, inspircd: Running) -> None:
    """With the right authority the certificate is valid and SASL works; with the system's it is not."""
    mine = irc(inspircd.tls_port, f'{SASL}\ntls_ca_file = "{inspircd.directory}/cert.pem"', "localhost", "true")
    good = await examined(tmp_path, mine)
    bad = await examined(tmp_path, irc(inspircd.tls_port, SASL, "localhost", "true"))

    assert not good.failed
    assert "logged in as relaybot" in "".join(levels(good, Level.OK))
    assert "with TLSv1.3, the certificate is valid" in "".join(levels(good, Level.OK))
    assert "certificate" in one(bad, "irc lab")[1]
    assert one(bad, "irc lab")[0] == "fail"


# ----------------------------------------------------------------------------------------- command line


def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run a command line; gives exit status and stdout."""
    monkeypatch.setattr(sys, "argv", ["relaybot", *words])
    status = 0
    try:
        cli.main()
    except SystemExit as stop:
        status = int(stop.code or 0)
    return status, capsys.readouterr().out


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines for people, JSON for programs; status 0 when nothing failed, 1 when something did."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "relaybot.toml").write_text(LOCAL)
    status, out = shell(monkeypatch, capsys, "doctor")
    assert status == 0
    assert out.splitlines()[0] == "ok    configuration: programme tech-peer; networks: embedded"
    assert out.splitlines()[-1].endswith("0 to mend.")

    (tmp_path / "relaybot.toml").write_text("[relaybot]\nnmae = 1\n[irc.x]\nport = 0\n")
    status, out = shell(monkeypatch, capsys, "doctor", "--json")
    told = json.loads(out)
    assert status == 1
    assert told["fail"] == len(told["findings"]) == 4
    assert "relaybot.nmae: is no setting I know" in told["findings"][0]["found"]


def test_a_backup_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`relaybot backup` tells the doctor when it was made."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "relaybot.toml").write_text(LOCAL)
    asyncio.run(database(tmp_path))
    shell(monkeypatch, capsys, "backup", "copy.db")
    _, out = shell(monkeypatch, capsys, "doctor")

    assert "ok    backup: made" in out
