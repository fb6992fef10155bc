"""`relaybot init`: from eight answers at most to files that pass check, and a systemd unit that systemd itself accepts."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relaybot import cli, config
from relaybot.settings import MatrixTable
from relaybot.setup import QUESTIONS_MAX, Answers, write
from tests import needs

ANSWERS = ["tech-peer", "Ian, ian on IRC", "irc.libera.chat", "#tech-peer bot", "-", "-", "dana, esi"]
MATRIX = "@relaybot:example.org https://matrix.example.org #peers:example.org"
MAIL = ["relaybot@lists.example.org 8025", "peers@lists.example.org"]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Where the files go."""
    return tmp_path


def init(folder: Path, answers: list[str]) -> tuple[int, str]:
    """`relaybot init FOLDER` with these answers typed."""
    done = CliRunner().invoke(cli.cli, ["init", str(folder)], input="".join(f"{line}\n" for line in answers))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_init_writes_files_that_pass_check(folder: Path) -> None:
    """A few answers, and relaybot could start."""
    new = folder / "new"
    status, _ = init(new, ANSWERS)
    found = config.load(new / "relaybot.toml")

    assert status == 0
    assert CliRunner().invoke(cli.cli, ["check", "-c", str(new / "relaybot.toml")]).exit_code == 0
    assert found.relaybot.owner == "Ian, ian on IRC"
    assert found.programmes[0].moderators == ("irc:libera/dana", "irc:libera/esi")
    assert found.mail is None
    assert found.irc["libera"].sasl.account == "bot"
    assert found.irc["libera"].moderators_channel == {"tech-peer": "#tech-peer-mods"}
    assert found.irc["libera"].moderators_closed


def test_init_keeps_the_password_private(folder: Path) -> None:
    """The file for it is made empty and readable by its owner only; the main file does not hold it."""
    init(folder / "new", ANSWERS)
    secret = folder / "new/secrets/libera"

    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
    assert secret.read_text() == ""


def test_init_takes_enter_for_what_stands_in_brackets(folder: Path) -> None:
    """Only the owner has to be typed; asked again until it is."""
    status, out = init(folder / "new", ["", "", "Ian", "", "", "", "", ""])
    found = config.load(folder / "new/relaybot.toml")

    assert status == 0
    assert out.count("2/8") == 2
    assert found.irc["libera"].host == "irc.libera.chat"
    assert found.irc["libera"].sasl.account == ""
    assert found.programmes[0].moderators == ()


def test_init_asks_again_what_does_not_fit(folder: Path) -> None:
    """A channel without # and a name with spaces are not taken."""
    status, out = init(
        folder / "new",
        ["My Programme", "peer", "Ian", "", "peer", "#peer", "@relaybot", "", "relaybot", "", "fay@x.test", ""],
    )

    assert status == 0
    assert out.count("That does not fit there; please try again.") == 5


@pytest.mark.parametrize(
    ("listed", "mode", "programme_list"),
    [("peers@lists.example.org", "own", True), ("external peers@groups.test", "external", True), ("-", "own", False)],
)
def test_init_asks_about_mail(folder: Path, listed: str, mode: str, programme_list: bool) -> None:
    """Address, LMTP port, list and who distributes it; eight questions at most, and check finds nothing to say."""
    new = folder / "new"
    status, out = init(new, [*ANSWERS[:5], MAIL[0], listed, "dana fay@example.org"])
    found = config.load(new / "relaybot.toml")
    checked = CliRunner().invoke(cli.cli, ["check", "-c", str(new / "relaybot.toml")])

    assert status == 0
    assert max(int(number) for number in re.findall(r"^(\d)/8 ", out, re.M)) == QUESTIONS_MAX
    assert found.mail is not None
    assert found.mail.receive.lmtp == "127.0.0.1:8025"
    assert (found.mail.list_mode, bool(found.mail.list)) == (mode, programme_list)
    assert found.programmes[0].moderators == ("irc:libera/dana", "mail/fay@example.org")
    assert "hand mail for relaybot@lists.example.org, relaybot+<anything>@lists.example.org" in out
    assert (checked.exit_code, "irc libera, mail." in checked.output) == (0, True)


def test_init_without_irc(folder: Path) -> None:
    """A programme may have mail only; then an address is needed, and moderators are mail addresses."""
    status, out = init(folder / "new", ["", "Ian", "-", "-", "-", *MAIL, "dana", "dana@example.org"])
    found = config.load(folder / "new/relaybot.toml")

    assert status == 0
    assert out.count("That does not fit there; please try again.") == 2
    assert (found.irc, found.embedded) == ({}, None)
    assert found.programmes[0].moderators == ("mail/dana@example.org",)
    assert CliRunner().invoke(cli.cli, ["check", "-c", str(folder / "new/relaybot.toml")]).exit_code == 0


def test_init_asks_about_matrix(folder: Path) -> None:
    """One question for the account, its server and its room; beside IRC and mail there are still eight at most."""
    new = folder / "new"
    status, out = init(new, [*ANSWERS[:4], MATRIX, *MAIL, "dana @esi:example.org fay@example.org"])
    found = config.load(new / "relaybot.toml")
    checked = CliRunner().invoke(cli.cli, ["check", "-c", str(new / "relaybot.toml")])
    secret = new / "secrets/matrix"

    assert status == 0
    assert max(int(number) for number in re.findall(r"^(\d)/8 ", out, re.M)) == QUESTIONS_MAX
    assert found.matrix["home"] == MatrixTable(
        homeserver="https://matrix.example.org",
        user="@relaybot:example.org",
        room={"tech-peer": "#peers:example.org"},
        moderators_room={"tech-peer": "#peers-mods:example.org"},
    )
    assert found.programmes[0].moderators == ("irc:libera/dana", "matrix:home/@esi:example.org", "mail/fay@example.org")
    assert (stat.S_IMODE(secret.stat().st_mode), secret.read_text()) == (0o600, "")
    assert f"Put the password of @relaybot:example.org into {secret} (only you can read it)." in out
    assert "networks: irc libera, matrix home, mail." in checked.output
    assert "Note: matrix home has no password yet; run needs one." in checked.output


def test_init_with_matrix_alone(folder: Path) -> None:
    """The id is enough: server and rooms are made of it, and what does not fit is asked again."""
    wrong = ["relaybot@example.org", "@relaybot:example.org @other:example.org", "@relaybot:example.org peers"]
    status, out = init(
        folder / "new", ["peer", "Ian", "-", *wrong, "@relaybot:example.org", "", "dana", "@esi:example.org"]
    )
    found = config.load(folder / "new/relaybot.toml")

    assert status == 0
    assert out.count("That does not fit there; please try again.") == len(wrong) + 1
    assert (found.irc, found.mail, found.embedded) == ({}, None, None)
    assert found.matrix["home"].homeserver == "https://example.org"
    assert found.matrix["home"].moderators_room == {"peer": "#peer-mods:example.org"}
    assert found.programmes[0].moderators == ("matrix:home/@esi:example.org",)


@pytest.mark.parametrize("there", ["relaybot.toml", "relaybot.service", "programmes/tech-peer.toml"])
def test_init_never_overwrites(folder: Path, there: str) -> None:
    """A file that is there stays as it is, and nothing is written beside it."""
    new = folder / "new"
    (new / there).parent.mkdir(parents=True)
    (new / there).write_text("mine")

    with pytest.raises(Exception, match="is there already; init writes new files only"):
        init(new, ANSWERS)

    assert [path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file()] == [there]
    assert (new / there).read_text() == "mine"


def test_init_takes_away_what_does_not_pass(folder: Path) -> None:
    """Answers that make no valid configuration leave no half of one behind, so init can simply be run again."""
    answers = Answers("tech-peer", "x" * 201, "libera", "irc.libera.chat", "#x", "bot", ())

    with pytest.raises(Exception, match="owner"):
        write(folder / "new", answers)

    assert [path for path in (folder / "new").rglob("*") if path.is_file()] == []


def test_the_unit_starts_what_was_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ExecStart names this very relaybot and this very file, quoted where a folder has a space in its name."""
    monkeypatch.setattr(sys, "argv", ["-m"])
    init(folder / "new files", ANSWERS)
    unit = (folder / "new files/relaybot.service").read_text()
    lines = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)

    assert lines["ExecStart"] == f'{sys.executable} -m relaybot run -c "{folder}/new files/relaybot.toml"'
    assert lines["WorkingDirectory"] == f"{folder}/new files"
    assert lines["ReadWritePaths"] == f'"{folder}/new files"'
    assert lines["Type"] == "notify"


def test_the_files_init_writes_are_toml_that_people_read(folder: Path) -> None:
    """Quotes and other hostile characters in an answer stay text."""
    answers = Answers("peer", 'Ian "the op" \\ #1', "net", "irc.example.org", "#peer", "", ("irc:net/da'na",))
    write(folder / "new", answers)
    raw = tomllib.loads((folder / "new/relaybot.toml").read_text())

    assert raw["relaybot"]["owner"] == 'Ian "the op" \\ #1'
    assert raw["programme"]["peer"]["moderators"] == ["irc:net/da'na"]


def test_systemd_accepts_the_unit(folder: Path) -> None:
    """No line of it is unknown to systemd; only the user, which this machine need not have, is another one."""
    verify = needs.program("systemd-analyze", "systemd")
    init(folder / "new", ANSWERS)
    unit = folder / "check.service"
    text = (folder / "new/relaybot.service").read_text()
    unit.write_text(text.replace("User=relaybot", "User=root"))
    done = subprocess.run([verify, "verify", unit], capture_output=True, text=True, check=False, timeout=60)

    assert "User=relaybot\n" in text
    assert "check.service" not in done.stdout + done.stderr
