"""The command line with real files, a real database and, for `run`, a real process; nothing is faked.

`main` is called as the installed command calls it, so what is tested is what a person at a shell sees: the lines, the
exit status, the files.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relaybot import __version__, cli
from relaybot.events import Heard
from relaybot.model import Address, Decision, Entry, Message, Person, Put
from relaybot.shunted import dump_event
from storage.sqlite import SqliteStore, open_store

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
LOCAL = '[embedded]\nirc = "127.0.0.1:0"\n'

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory of every command, with a configuration of the smallest kind."""
    (tmp_path / "relaybot.toml").write_text(LOCAL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(name="shell")
def _shell(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run a command line; gives exit status, stdout and stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["relaybot", *words])
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = int(stop.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return run


def person(number: int, name: str, programme: str = "tech-peer") -> Decision:
    """A member with an address and a line in the journal."""
    address = f"irc:embedded/{name}"
    return (
        Put(Person(programme, number, name, address, "member", since=NOW)),
        Put(Address(programme, address, number)),
        Put(Entry(programme, number, NOW, number, "join")),
    )


@contextlib.contextmanager
def database(folder: Path) -> Iterator[tuple[asyncio.Runner, SqliteStore]]:
    """The database of the folder, open as a running relaybot has it open."""
    with asyncio.Runner() as runner:
        store = runner.run(open_store(folder / "relaybot.db", ballast_bytes=0))
        try:
            yield runner, store
        finally:
            runner.run(store.close())


def fill(folder: Path, *decisions: Decision) -> None:
    """Write records as an earlier run would have."""
    with database(folder) as (runner, store):
        runner.run(store.commit(list(decisions), []))


def names(folder: Path) -> set[str]:
    """Everybody in the database."""
    with database(folder) as (runner, store):
        return {record.name for record in runner.run(store.load()) if isinstance(record, Person)}


# ------------------------------------------------------------------------------------------- small ones


def test_version(shell: Shell) -> None:
    """One line."""
    assert shell("version") == (0, f"relaybot {__version__}\n", "")


def test_help_names_every_command(shell: Shell) -> None:
    """Whoever types relaybot --help sees all there is."""
    status, out, _ = shell("--help")
    there = {command.name or command.callback.__name__ for command in cli.cli.registered_commands if command.callback}

    assert status == 0
    assert {name for name in there if name not in out} == set()


def test_an_unknown_command_is_status_2(shell: Shell) -> None:
    """Not understood is something else than failed."""
    status, _, err = shell("chek")

    assert status == 2
    assert "chek" in err


# ------------------------------------------------------------------------------------------------- check


def test_check_says_what_it_found(shell: Shell) -> None:
    """A file in order is one sentence, on stdout."""
    expected = "The configuration is in order: programme tech-peer; networks: embedded.\n"

    assert shell("check") == (0, expected, "")


def test_check_without_a_file_is_the_embedded_default(shell: Shell, folder: Path) -> None:
    """Nothing has to be written before the first start."""
    (folder / "relaybot.toml").unlink()

    assert shell("check")[0] == 0
    assert list(folder.iterdir()) == []


def test_check_prints_every_mistake_on_stderr(shell: Shell, folder: Path) -> None:
    """With exit status 1, so that scripts notice, and without a traceback."""
    (folder / "other.toml").write_text("[relaybot]\nnmae = 1\n[irc.libera]\nport = 0\n")
    status, out, err = shell("check", "-c", "other.toml")

    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 4
    assert "other.toml:2: relaybot.nmae: is no setting I know\n" in err
    assert "Traceback" not in err


def test_check_notes_what_is_allowed_but_unwise(shell: Shell, folder: Path) -> None:
    """One moderator is a note, and so is an account without a password; neither is a mistake."""
    (folder / "relaybot.toml").write_text(
        '[programme.tech-peer]\nmoderators = ["irc:x/dana"]\n[irc.x]\nhost = "127.0.0.1"\nsasl.account = "bot"\n'
    )
    status, out, _ = shell("check")

    assert status == 0
    assert "Note: tech-peer has one moderator" in out
    assert "Note: irc x has an account but neither a password nor a certificate" in out


def test_check_asks_the_adapters_too(shell: Shell, folder: Path) -> None:
    """What only the plug-in of a network can know is found before the start as well."""
    (folder / "relaybot.toml").write_text(
        '[irc.x]\nhost = "127.0.0.1"\nchannel = { tech-peer = "#a" }\nmoderators_channel = { tech-peer = "#A" }\n'
    )
    status, _, err = shell("check")

    assert (status, err) == (1, "irc.x: a channel is given twice; each has one programme and one use\n")


# --------------------------------------------------------------------------------------- backup, restore


def test_backup_while_the_database_is_in_use_and_restore(shell: Shell, folder: Path) -> None:
    """A copy made under a running relaybot brings its moment back; what was there since is kept aside."""
    with database(folder) as (runner, store):
        runner.run(store.commit([person(1, "ana")], []))
        status, out, _ = shell("backup", "copy.db")
        assert (status, out.startswith("Backed up to copy.db (")) == (0, True)
        runner.run(store.commit([person(2, "bram")], []))
        status, _, err = shell("restore", "copy.db")
        assert status == 1
        assert "Another relaybot" in err
    assert names(folder) == {"ana", "bram"}
    status, out, _ = shell("restore", "copy.db")

    assert status == 0
    assert names(folder) == {"ana"}
    assert stat.S_IMODE((folder / "copy.db").stat().st_mode) == 0o600
    assert len(list(folder.glob("relaybot.db.before-restore-*"))) == 1


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("backup", "copy.db"), "There is no database"),
        (("restore", "nowhere.db"), "There is no backup"),
        (("restore", "relaybot.toml"), "cannot be read"),
    ],
)
def test_backup_and_restore_say_what_is_missing(shell: Shell, words: tuple[str, ...], wanted: str) -> None:
    """One sentence, exit status 1."""
    status, out, err = shell(*words)

    assert (status, out) == (1, "")
    assert wanted in err
    assert "Traceback" not in err


# ---------------------------------------------------------------------------------------- export, forget


@pytest.mark.parametrize("meant", ["ana", "Ana", "#1", "irc:embedded/ana"])
def test_export_prints_everything_about_one_person(shell: Shell, folder: Path, meant: str) -> None:
    """JSON on stdout, nothing of anybody else in it."""
    fill(folder, person(1, "ana"), person(2, "bram"))
    status, out, err = shell("export", meant)
    found = json.loads(out)

    assert (status, err) == (0, "")
    assert [row["name"] for row in found["person"]] == ["ana"]
    assert [row["address"] for row in found["address"]] == ["irc:embedded/ana"]
    assert "bram" not in out


@pytest.mark.parametrize("command", ["export", "forget", "shunted"])
def test_offline_commands_make_no_database(shell: Shell, folder: Path, command: str) -> None:
    """In the wrong folder they say so, and leave it as it was."""
    status, _, err = shell(command, *(["ana"] if command != "shunted" else []))

    assert status == 1
    assert "there is no database relaybot.db; name your configuration with -c" in err
    assert [path.name for path in folder.iterdir()] == ["relaybot.toml"]


def test_export_of_nobody_and_of_several(shell: Shell, folder: Path) -> None:
    """Both are sentences; several are listed by number."""
    fill(folder, person(1, "ana"), (Put(Person("tech-peer", 2, "Ana", "irc:embedded/ana2", "member", since=NOW)),))
    status, _, err = shell("export", "zoe")
    assert (status, "zoe" in err) == (1, True)
    status, out, err = shell("export", "ana")

    assert (status, out) == (1, "")
    assert "Traceback" not in err


def test_export_looks_through_all_programmes(shell: Shell, folder: Path) -> None:
    """Somebody of the second programme is found, and a name in both is asked back."""
    (folder / "relaybot.toml").write_text(f"[programme.one]\n[programme.two]\n{LOCAL}")
    fill(folder, person(1, "ana", "one"), person(1, "ana", "two"), person(2, "bram", "two"))
    status, out, _ = shell("export", "bram")
    assert (status, json.loads(out)["person"][0]["programme"]) == (0, "two")
    status, _, err = shell("export", "ana")

    assert status == 1
    assert "'ana' is in one and two" in err


def test_export_while_relaybot_runs_is_refused(shell: Shell, folder: Path) -> None:
    """Two on one database would deliver everything twice."""
    fill(folder, person(1, "ana"))
    with database(folder):
        status, _, err = shell("export", "ana")

    assert status == 1
    assert "Another relaybot" in err


def test_forget_erases_one_person(shell: Shell, folder: Path) -> None:
    """Name and addresses are gone from the file itself; others are not touched."""
    fill(folder, person(1, "zebulon"), person(2, "bram"))
    status, out, _ = shell("forget", "zebulon", "--yes")
    raw = b"".join(path.read_bytes() for path in folder.glob("relaybot.db*") if not path.name.endswith(".ballast"))

    assert status == 0
    assert "zebulon is forgotten." in out
    assert "zebulon" not in names(folder)
    assert "bram" in names(folder)
    assert b"zebulon" not in raw


def test_forget_asks_first(folder: Path) -> None:
    """Enter changes nothing."""
    fill(folder, person(1, "ana"))
    done = CliRunner().invoke(cli.cli, ["forget", "ana"], input="\n")

    assert "Nothing was changed." in done.output
    assert names(folder) == {"ana"}


def test_forget_keeps_the_only_moderator(shell: Shell, folder: Path) -> None:
    """Members would be left without a person: a sentence, and nothing is changed."""
    dana = Person("tech-peer", 1, "dana", "irc:embedded/dana", since=NOW, moderator=True)
    fill(folder, (Put(dana), Put(Address("tech-peer", "irc:embedded/dana", 1))), person(2, "bram"))
    status, out, err = shell("forget", "dana", "--yes")

    assert (status, out) == (1, "")
    assert "dana is the only moderator." in err
    assert names(folder) == {"dana", "bram"}


# ----------------------------------------------------------------------------------------------- shunted


def shunt(folder: Path, event: str) -> None:
    """An event that could not be handled, as the office keeps it."""
    with database(folder) as (runner, store):
        runner.run(store.shunt("tech-peer", event, "Traceback: a bug", NOW))


def heard(text: str) -> str:
    """A message, as it is kept."""
    return dump_event(Heard(Message("irc:embedded", "irc:embedded/ana", "irc:embedded/~ana", "ana", text)))


def test_nothing_was_shunted(shell: Shell, folder: Path) -> None:
    """The usual answer."""
    fill(folder)

    assert shell("shunted") == (0, "Nothing was shunted.\n", "")


def test_a_shunted_event_is_listed_and_replayed_once(shell: Shell, folder: Path) -> None:
    """After the bug is mended the event is decided as if it came now; a second time is refused."""
    fill(folder, person(1, "ana"))
    shunt(folder, heard("status"))
    status, out, _ = shell("shunted")
    assert (status, "1  2026-11-21 14:05  tech-peer" in out, "Traceback: a bug" in out) == (0, True, True)
    status, out, _ = shell("shunted", "replay", "1")
    assert (status, out.startswith("Event 1 was decided")) == (0, True)
    status, out, err = shell("shunted", "replay", "1")

    assert (status, out) == (1, "")
    assert "event 1 was replayed already" in err
    assert "replayed 2" in shell("shunted")[1]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("shunted", "replay", "7"), "there is no shunted event 7"),
        (("shunted", "replay"), "shunted replay needs the number of an event"),
        (("shunted", "repaly", "1"), "shunted knows only"),
    ],
)
def test_replaying_what_is_not_there(shell: Shell, folder: Path, words: tuple[str, ...], wanted: str) -> None:
    """Refused with what to do instead."""
    fill(folder)
    status, out, err = shell(*words)

    assert (status, out) == (1, "")
    assert wanted in err


# --------------------------------------------------------------------------------------------------- run


@pytest.fixture(name="running")
def _running(folder: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start real processes in the folder; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "relaybot", "run", *words]
        environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parent.parent)}
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(process: subprocess.Popen[str], part: str) -> list[str]:
    """The lines a process prints up to one with `part` in it."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if part in line:
            return lines
    raise AssertionError(f"{part!r} was not said: {lines}")


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_run_says_where_it_is_and_stops_when_told(
    folder: Path, running: Callable[..., subprocess.Popen[str]], stop: signal.Signals
) -> None:
    """A newcomer reads the port and the one-time code; SIGTERM and Ctrl-C are clean ends with status 0."""
    process = running()
    lines = until(process, "mod claim ")
    code = lines[-1].rpartition(" ")[2]
    kept = folder / "moderator-code"
    where = json.loads((folder / "embedded.json").read_text())["irc"]
    process.send_signal(stop)
    out, err = process.communicate(timeout=30)

    assert any(f"Connect an IRC program to 127.0.0.1 port {where.rpartition(':')[2]}" in line for line in lines)
    assert (kept.read_text().strip(), stat.S_IMODE(kept.stat().st_mode)) == (code, 0o600)
    assert process.returncode == 0, err
    assert "what was not delivered yet waits in the database" in out


@pytest.mark.slow
def test_a_second_run_on_the_same_database_is_refused(
    running: Callable[..., subprocess.Popen[str]],
) -> None:
    """The first one goes on; the second says who has it."""
    first = running()
    until(first, "is running")
    second = running()
    _, err = second.communicate(timeout=30)

    assert second.returncode == 1
    assert f"Another relaybot (process {first.pid}) is using" in err
    assert first.poll() is None


def test_a_rehearsal_is_refused_on_other_peoples_networks(shell: Shell, folder: Path) -> None:
    """A faster clock is for this machine only."""
    (folder / "relaybot.toml").write_text('[relaybot]\nowner = "Ian"\n[irc.libera]\nhost = "irc.libera.chat"\n')
    status, _, err = shell("run", "--speed", "60")

    assert status == 1
    assert "--speed is a rehearsal on this machine" in err


def test_run_with_a_wrong_configuration_does_not_start(shell: Shell, folder: Path) -> None:
    """The mistakes are told, and no database is made."""
    (folder / "relaybot.toml").write_text("[relay]\n")
    status, _, err = shell("run")

    assert (status, err) == (1, "relaybot.toml:1: relay: is no table I know\n")
    assert not (folder / "relaybot.db").exists()


# ------------------------------------------------------------------------------------------------ mail-in

MAIL = b"From: Chidi <chidi@example.net>\nTo: relaybot@relaybot.localhost\nMessage-ID: <1@example.net>\n\nhelp\n"


def hand_in(folder: Path, *words: str, **variables: str) -> tuple[int, str]:
    """`relaybot mail-in` as a mail server starts it: the mail on stdin; gives the exit status and stderr."""
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parent.parent), **variables}
    command = [sys.executable, "-m", "relaybot", "mail-in", *words]
    done = subprocess.run(
        command, cwd=folder, env=environment, input=MAIL, capture_output=True, check=False, timeout=60
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.slow
def test_mail_in_hands_a_mail_to_the_running_relaybot(
    folder: Path, running: Callable[..., subprocess.Popen[str]]
) -> None:
    """Taken is 0, and the answer lies in the Maildir; an address that is not relaybot's is 67, as sysexits.h has it."""
    (folder / "relaybot.toml").write_text('[embedded]\nirc = "127.0.0.1:0"\nsmtp = "127.0.0.1:0"\n')
    until(running(), "mod claim ")
    where = {"SENDER": "chidi@example.net", "RECIPIENT": "relaybot@relaybot.localhost"}

    assert hand_in(folder, **where) == (0, "")
    assert hand_in(folder, "--sender", "", "--recipient", "nobody@relaybot.localhost")[0] == 67
    for _ in range(200):
        if list((folder / "mail/new").glob("*")):
            break
        time.sleep(0.05)
    assert b"Delivered-To: chidi@example.net" in next((folder / "mail/new").glob("*")).read_bytes()


@pytest.mark.parametrize(
    ("words", "text", "wanted"),
    [
        (("--recipient", "relaybot@relaybot.localhost"), LOCAL.replace("irc", "smtp"), ""),  # nobody listens there
        (("--lmtp", "127.0.0.1:0", "--recipient", "relaybot@x.test"), "[relay]", ""),
        (("--recipient", "relaybot@x.test"), "[relay]", "is no table I know"),
        (("--recipient", "relaybot@x.test"), '[irc.x]\nhost = "127.0.0.1"\n', "mail-in needs host:port"),
        ((), LOCAL, "mail-in needs the address the mail is for"),
    ],
)
def test_mail_in_never_sends_a_mail_back_for_what_may_be_mended(
    folder: Path, words: tuple[str, ...], text: str, wanted: str
) -> None:
    """relaybot down, a wrong configuration, a wrong command in the mail server: 75, so the mail is kept and tried again."""
    (folder / "relaybot.toml").write_text(text)
    status, err = hand_in(folder, *words, SENDER="chidi@example.net", RECIPIENT="", ORIGINAL_RECIPIENT="")

    assert status == 75
    assert wanted in err
    assert "Traceback" not in err
