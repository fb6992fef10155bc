"""[matrix.NAME] in the configuration file: accounts, rooms, moderators, and what the adapter is handed of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relaybot import app, cli, config
from relaybot.config import Config
from relaybot.policy import Network
from relaybot.ports import Misconfigured
from relaybot.settings import MatrixTable
from tests.needs import ROOT

GOOD = """\
[relaybot]
owner = "Ian, @ian:example.org"

[programme.tech-peer]
moderators = ["matrix:@esi:example.org"]

[matrix.home]
homeserver = "https://matrix.example.org/"
user = "@relaybot:example.org"
password = "s3cret"
room = { tech-peer = "#tech-peer:example.org" }
moderators_room = { tech-peer = "!mods:example.org" }
"""
ABROAD = """
[matrix.abroad]
homeserver = "http://127.0.0.1:8008"
user = "@relaybot:localhost"
password = "s3cret"
"""

OPENS = """
import asyncio, sys
from pathlib import Path
from relaybot import app, config

async def main():
    async with app.open_bot(config.load(Path(sys.argv[1]))):
        print(sorted({"adapters.irc", "adapters.mail", "adapters.matrix", "nio"} & set(sys.modules)))

asyncio.run(main())
"""


def read(folder: Path, text: str) -> Config:
    """The configuration in `text`."""
    path = folder / "relaybot.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


def mistakes(folder: Path, text: str) -> list[str]:
    """What is wrong with `text`, one sentence each, with "file:line: " cut down to "line: "."""
    with pytest.raises(Misconfigured) as caught:
        read(folder, text)
    return [line.removeprefix(f"{folder / 'relaybot.toml'}:").strip() for line in str(caught.value).splitlines()]


def test_a_homeserver_is_read(tmp_path: Path) -> None:
    """Rooms get the network's prefix, a moderator the only homeserver's, and no embedded server starts beside it."""
    found = read(tmp_path, GOOD)
    programme = found.programmes[0]

    assert found.matrix["home"].homeserver == "https://matrix.example.org"
    assert programme.moderators == ("matrix:home/@esi:example.org",)
    assert programme.policy.networks == {
        "matrix:home": Network(
            public="matrix:home/#tech-peer:example.org",
            moderators="matrix:home/!mods:example.org",
            invites=True,
            pair_places=True,
            place_shows_ids=True,
            edits=True,
            bare=True,
            own="matrix:home/@relaybot:example.org",
            identity="matrix",
        )
    }
    assert (found.embedded, found.irc, found.mail) == (None, {}, None)


def test_the_adapter_is_handed_what_the_file_says(tmp_path: Path) -> None:
    """Every setting reaches the adapter, under the names it knows; a folder of its own holds keys and memory."""
    picture = tmp_path / "face.png"
    picture.write_bytes(b"\x89PNG")
    text = GOOD + 'avatar_file = "face.png"\ninvites_per_hour = 7\ncommands_per_minute = 0\nmessages_per_second = 0.5\n'
    found = read(tmp_path, text.replace("matrix:@", "matrix:home/@") + ABROAD)
    (_, _, first), (_, _, second) = app.adapter_settings(found)

    assert first == {
        "homeserver": "https://matrix.example.org",
        "user": "@relaybot:example.org",
        "password": "s3cret",
        "public": {"tech-peer": "#tech-peer:example.org"},
        "moderators": {"tech-peer": "!mods:example.org"},
        "display_name": "relaybot (mentoring bot)",
        "avatar_file": str(picture),
        "key": bytes(32),
        "state_dir": tmp_path / "matrix/home",
        "invites_per_hour": 7,
        "invites_each_per_hour": 5,
        "commands_per_minute": None,
        "messages_per_second": 0.5,
    }
    assert second["state_dir"] == tmp_path / "matrix/abroad"


def test_several_homeservers_and_programmes(tmp_path: Path) -> None:
    """Each programme has its own rooms on each; a moderator's homeserver is then written out."""
    text = GOOD.replace("matrix:@esi", "matrix:abroad/@esi") + ABROAD + 'room = { other = "#o:localhost" }\n'
    found = read(tmp_path, text + "pair_rooms = false\n[programme.other]\n")
    first, other = (programme.policy.networks for programme in found.programmes)

    assert found.programmes[0].moderators == ("matrix:abroad/@esi:example.org",)
    assert (first["matrix:abroad"].public, other["matrix:abroad"].public) == ("", "matrix:abroad/#o:localhost")
    assert (first["matrix:home"].public, other["matrix:home"].public) == ("matrix:home/#tech-peer:example.org", "")
    assert (first["matrix:home"].pair_places, first["matrix:abroad"].pair_places) == (True, False)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("matrix:esi", "'matrix:esi' is on no network I know (matrix:@<user>:<server>)"),
        ("matrix:work/@esi:example.org", "'matrix:work/@esi:example.org' is on no network I know (matrix:@<user>:<se"),
        ("matrix:@esi", "'matrix:@esi': '@esi' is no user id, e.g. @esi:example.org"),
        ("matrix:home/esi", "'matrix:home/esi': 'esi' is no user id, e.g. @esi:example.org"),
        ("irc:home/esi", "'irc:home/esi' is on no network I know (matrix:@<user>:<server>)"),
    ],
)
def test_a_moderator_has_a_user_id_on_a_configured_homeserver(tmp_path: Path, address: str, wanted: str) -> None:
    """A moderator who could never be met is a mistake, found before the start."""
    (found,) = mistakes(tmp_path, GOOD.replace("matrix:@esi:example.org", address))

    assert found.startswith(f"5: programme.tech-peer.moderators: {wanted}")


def test_with_several_homeservers_a_moderators_is_named(tmp_path: Path) -> None:
    """Federation reaches everybody from everywhere, so which of relaybot's accounts writes to them is for the file to say."""
    (found,) = mistakes(tmp_path, GOOD + ABROAD)

    assert found == (
        "5: programme.tech-peer.moderators: 'matrix:@esi:example.org' could be met on several homeservers; write "
        '"matrix:abroad/@esi:example.org" or "matrix:home/@esi:example.org"'
    )


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("https://matrix.example.org/", "matrix.example.org", "8: matrix.home.homeserver: 'matrix.example.org' is no URL"),
        ("https://matrix.example.org/", "https://x:port", "8: matrix.home.homeserver: 'https://x:port' is no URL"),
        ("https://matrix", "http://matrix", "8: matrix.home.homeserver: 'http://matrix.example.org/' has to begin with"),
        ("@relaybot:example.org", "relaybot", "9: matrix.home.user: 'relaybot' is no user id, e.g. @relaybot:"),
        ("#tech-peer:example.org", "#tech-peer", "11: matrix.home.room: '#tech-peer' for tech-peer is no room;"),
        ("!mods:example.org", "#tech-peer:example.org", "7: matrix.home: a room is given twice; each has one"),
        ("{ tech-peer = \"#", "{ other = \"#", "11: matrix.home.room: there is no programme called 'other'"),
        ("{ tech-peer = \"!", "{ other = \"!", "12: matrix.home.moderators_room: there is no programme called 'other'"),
        ("[matrix.home]", "[matrix]", "7: matrix: has to be tables with a name, e.g. [matrix.home]"),
        ("room =", "encrypt = true\nroom =", "11: matrix.home.encrypt: is no setting I know"),
        ("room =", "avatar_file = \"none.png\"\nroom =", "11: matrix.home.avatar_file: {}/none.png is no file"),
        ("room =", "invites_each_per_hour = 0\nroom =", "11: matrix.home.invites_each_per_hour: input should be"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, wanted: str) -> None:
    """Each kind of mistake has a sentence that says where and what."""
    found = mistakes(tmp_path, GOOD.replace(old, new, 1))

    assert any(line.startswith(wanted.format(tmp_path)) for line in found), found


def test_an_owner_is_needed_outside_loopback(tmp_path: Path) -> None:
    """Whoever meets the bot on a homeserver can learn who runs it; on this machine nobody else is."""
    text = GOOD.replace('owner = "Ian, @ian:example.org"', "")

    assert mistakes(tmp_path, text) == [
        "1: relaybot.owner: is needed outside loopback: networks want to know who runs a bot (home)"
    ]
    assert read(tmp_path, ABROAD).relaybot.owner == ""


def test_the_password_is_never_in_a_message(tmp_path: Path) -> None:
    """Mistakes around it, and around the table it stands in, do not print it."""
    for old, new in (
        ('"s3cret"', '["s3cret"]'),
        ("password =", "passwort ="),
        ("!mods:example.org", "#tech-peer:example.org"),
    ):
        assert "s3cret" not in "\n".join(mistakes(tmp_path, GOOD.replace(old, new))), new
    assert "s3cret" not in "\n".join(
        mistakes(tmp_path, '[mail]\naddress = "r@x.example"\nsend.password = ["s3cret"]\n')
    )


def test_the_password_from_a_file(tmp_path: Path) -> None:
    """As for every secret: readable by its owner only."""
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "secret").chmod(0o600)

    found = read(tmp_path, GOOD.replace('password = "s3cret"', 'password_file = "secret"'))
    assert found.matrix["home"].password == "s3cret"


async def test_run_wants_a_password_and_check_notes_it(tmp_path: Path) -> None:
    """Before it is filled in the rest can be checked already; without it there is no start."""
    found = read(tmp_path, GOOD.replace('password = "s3cret"\n', ""))

    app.try_adapters(found)
    with pytest.raises(Misconfigured, match=r"matrix\.home\.password: is needed to log in"):
        async with app.open_bot(found):
            pytest.fail("it started")


def test_check_names_the_homeserver_and_capital_letters(tmp_path: Path) -> None:
    """Case counts in user ids, so a capital letter is worth a note, not a refusal: old accounts have them."""
    read(tmp_path, GOOD.replace("@esi", "@Esi"))
    done = CliRunner().invoke(cli.cli, ["check", "-c", str(tmp_path / "relaybot.toml")])

    assert done.exit_code == 0, done.output
    assert "networks: matrix home." in done.output
    assert "Note: matrix:home/@Esi:example.org has capital letters." in done.output


def test_a_rehearsal_stays_on_this_machine(tmp_path: Path) -> None:
    """A faster clock would make a fool of people on a real homeserver."""
    read(tmp_path, GOOD)
    done = CliRunner().invoke(cli.cli, ["run", "--speed", "60", "-c", str(tmp_path / "relaybot.toml")])

    assert isinstance(done.exception, Misconfigured)
    assert "--speed is a rehearsal on this machine" in str(done.exception)


def test_the_file_says_as_much_as_the_program_needs() -> None:
    """Encryption is not to be switched off: there is no such setting."""
    assert not [key for key in MatrixTable.model_fields if "crypt" in key]


def test_what_is_not_configured_takes_no_memory(tmp_path: Path) -> None:
    """Each medium's code is loaded where a network of it is configured, and nowhere else."""
    path = tmp_path / "relaybot.toml"
    path.write_text(GOOD)
    path.chmod(0o600)
    done = subprocess.run(
        [sys.executable, "-c", OPENS, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "['adapters.matrix', 'nio']\n"
