"""The configuration file: every mistake at once with its key and line, secrets from outside, who may be named."""

from __future__ import annotations

from pathlib import Path

import pytest

from relaybot import config
from relaybot.config import Config
from relaybot.policy import Policy
from relaybot.ports import Misconfigured
from relaybot.settings import (
    EmbeddedTable,
    ImapTable,
    IrcTable,
    MailTable,
    MatrixTable,
    ProgrammeTable,
    ReceiveTable,
    RelaybotTable,
    SaslTable,
    SendTable,
    Table,
)

GOOD = """\
[relaybot]
owner = "Ian, ian on IRC"

[programme.tech-peer]
moderators = ["irc:libera/dana", "irc:libera/esi"]
session.length_minutes = 50

[irc.libera]
host = "irc.libera.chat"
sasl = { account = "relaybot", password = "s3cret" }
channel = { tech-peer = "#tech-peer" }
moderators_channel = { tech-peer = "#tech-peer-mods" }
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the files, and no credentials left over from whoever runs the tests."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return tmp_path


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


# ------------------------------------------------------------------------------------------ what is right


def test_a_good_file_is_read(folder: Path) -> None:
    """What the file says is in force, what it does not say is the default, and places get their network's prefix."""
    found = read(folder, GOOD)
    programme = found.programmes[0]
    network = programme.policy.networks["irc:libera"]

    assert found.relaybot.owner == "Ian, ian on IRC"
    assert programme.moderators == ("irc:libera/dana", "irc:libera/esi")
    assert programme.policy.session.length_minutes == 50
    assert programme.policy.cap == Policy().cap
    assert (network.public, network.moderators) == ("irc:libera/#tech-peer", "irc:libera/#tech-peer-mods")
    assert found.irc["libera"].tls
    assert found.embedded is None


def test_a_programme_knows_relaybots_own_addresses(folder: Path) -> None:
    """By its account, by its nick where it has none, by the bot's name where neither is given; so nobody can link one."""
    mail = '[mail]\naddress = "Bot@Example.org"\nreceive = { lmtp = "127.0.0.1:8024" }\n'
    nicks = '[irc.here]\nhost = "127.0.0.1"\nnick = "Peers"\n[irc.there]\nhost = "127.0.0.1"\n'
    network = read(folder, GOOD + mail + nicks).programmes[0].policy.networks
    embedded = read(folder, '[relaybot]\nname = "Bot"\n').programmes[0].policy.networks

    assert {name: found.own for name, found in network.items()} == {
        "irc:libera": "irc:libera/relaybot",
        "irc:here": "irc:here/peers",
        "irc:there": "irc:there/relaybot",
        "mail": "mail/bot@example.org",
    }
    assert {found.own for found in embedded.values()} == {"irc:embedded/bot", "mail/bot@relaybot.localhost"}


def test_an_empty_file_is_the_embedded_default(folder: Path) -> None:
    """Without any network relaybot brings its own, as it does without a file."""
    found = read(folder, "")

    assert found == config.default(folder)
    assert found.embedded is not None
    assert [p.name for p in found.programmes] == ["tech-peer"]


def test_paths_are_relative_to_the_file(folder: Path) -> None:
    """The database lies beside the configuration, wherever relaybot was started from."""
    found = read(folder, '[relaybot]\ndatabase = "data/x.db"\nstate_dir = "data"\n')

    assert found.database == folder / "data/x.db"
    assert found.state_dir == folder / "data"


def test_several_programmes_keep_their_own_settings(folder: Path) -> None:
    """One process serves several programmes, each with its own limits and places."""
    found = read(folder, '[programme.one]\ncap = 2\n[programme.two]\ntitle = "Second"\n')

    assert [(p.name, p.policy.cap, p.policy.title) for p in found.programmes] == [("one", 2, ""), ("two", 1, "Second")]
    assert found.programmes[1].policy.networks["irc:embedded"].public == "irc:embedded/#two"


def test_a_programme_may_have_a_file_of_its_own(folder: Path) -> None:
    """The main file overrides single keys of it, and leaves the rest as it is."""
    (folder / "peer.toml").write_text("cap = 2\n[session]\nlength_minutes = 45\nsoon_minutes = 10\n")
    found = read(folder, '[programme.tech-peer]\nfile = "peer.toml"\nsession.soon_minutes = 20\n')
    policy = found.programmes[0].policy

    assert (policy.cap, policy.session.length_minutes, policy.session.soon_minutes) == (2, 45, 20)


# ----------------------------------------------------------------------------------------------- mistakes


def test_every_mistake_is_told_at_once_with_key_and_line(folder: Path) -> None:
    """Whoever corrects the file needs one round, not one for each mistake."""
    text = """\
[relaybot]
owner = "Ian"
nmae = "bot"

[programme.tech-peer]
cap = 11
session.length_minutes = []

[irc.libera]
port = 0
"""
    assert sorted(mistakes(folder, text)) == sorted(
        [
            "3: relaybot.nmae: is no setting I know",
            "6: programme.tech-peer.cap: input should be less than or equal to 10 (it is '11')",
            "7: programme.tech-peer.session.length_minutes: input should be a valid integer (it is '[]')",
            "9: irc.libera.host: is needed",
            "10: irc.libera.port: input should be greater than or equal to 1 (it is '0')",
        ]
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[relay]\n", "1: relay: is no table I know"),
        ("[web]\n", "1: web: this version does not serve web pages yet"),
        ("[mail]\n", "1: mail.address: is needed"),
        (
            '[mail]\naddress = "r@x.example"\nreceive = {}\n',
            "3: mail.receive: needs exactly one of lmtp, smtp and imap",
        ),
        (
            '[mail]\naddress = "r@x.example"\nreceive = { imap = { host = "x" } }\n',
            "3: mail.receive.imap.user: is needed",
        ),
        (
            '[mail]\naddress = "r@x.example"\nreceive = { lmtp = "127.0.0.1:8024" }\nlist = { other = "o@x.example" }\n',
            "4: mail.list: there is no programme called 'other'",
        ),
        ("[programme.tech-peer]\nfarewel.neutral = true\n", "2: programme.tech-peer.farewel: is no setting I know"),
        ('[programme.tech-peer]\nreach.quiet = "nights"\n', "2: programme.tech-peer.reach.quiet: string should match"),
        ("[programme.tech-peer.networks]\nx = 1\n", "1: programme.tech-peer.networks: is no setting I know"),
        ("[programme.Tech]\n", "1: programme.Tech: names are small letters, digits and dashes"),
        ("programme = 3\n", "1: programme: has to be tables with a name"),
        ('[programme.tech-peer]\npreset = "other"\n', "2: programme.tech-peer.preset: has to be 'tech-peer'"),
        ('[irc.embedded]\nhost = "localhost"\n', "1: irc.embedded: is the name of relaybot's own network"),
        ('[irc.x]\nhost = "localhost"\nchannel = { other = "#o" }\n', "3: irc.x.channel: there is no programme called"),
        ('[irc.x]\nhost = "localhost"\nchannel = { tech-peer = "o" }\n', "3: irc.x.channel: 'o' for tech-peer is no"),
        ('[irc.x]\nhost = "localhost"\nsasl.password = "p"\n', "irc.x.sasl.account: is needed with a password"),
    ],
)
def test_a_mistake_is_named(folder: Path, text: str, wanted: str) -> None:
    """Each kind of mistake has a sentence that says where and what."""
    assert any(wanted in line for line in mistakes(folder, text)), mistakes(folder, text)


def test_mistakes_in_a_programmes_own_file_carry_that_file(folder: Path) -> None:
    """The line is the line of the file in which the mistake stands, also when both files have one."""
    own = folder / "peer.toml"
    own.write_text("cap = 2\ncapp = 3\n")
    found = mistakes(folder, '[programme.tech-peer]\nfile = "peer.toml"\nsession.soon_minutes = 0\n')

    assert f"{own}:2: capp: is no setting I know" in found
    assert any(line.startswith("3: programme.tech-peer.session.soon_minutes: ") for line in found)
    assert len(found) == 2


def test_a_missing_programme_file_is_named(folder: Path) -> None:
    """A file that cannot be read is a mistake of the key that names it."""
    found = mistakes(folder, '[programme.tech-peer]\nfile = "nowhere.toml"\n')

    assert found == [
        f"2: programme.tech-peer.file: {folder / 'nowhere.toml'} cannot be read: No such file or directory"
    ]


def test_what_is_no_toml_and_what_cannot_be_read(folder: Path) -> None:
    """Both are one sentence with the file's name, no traceback."""
    with pytest.raises(Misconfigured, match=r"relaybot\.toml: is not TOML: .*line 1"):
        read(folder, "[relaybot\n")
    with pytest.raises(Misconfigured, match=r"nowhere\.toml: cannot be read: No such file"):
        config.load(folder / "nowhere.toml")


# ------------------------------------------------------------------------------------- owner, moderators


@pytest.mark.parametrize("owner", ["", 'owner = ""', 'owner = "  "'])
def test_an_owner_is_needed_outside_loopback(folder: Path, owner: str) -> None:
    """Public networks want to know who runs a bot."""
    found = mistakes(folder, f'[relaybot]\n{owner}\n[irc.libera]\nhost = "irc.libera.chat"\n')

    assert [line.partition(": ")[2] for line in found] == [
        "relaybot.owner: is needed outside loopback: networks want to know who runs a bot (libera)"
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "irc.localhost", "127.8.8.8"])
def test_no_owner_is_needed_on_this_machine(folder: Path, host: str) -> None:
    """Where nobody else is, nobody has to be named."""
    assert read(folder, f'[irc.x]\nhost = "{host}"\n').relaybot.owner == ""


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("irc:other/dana", "'irc:other/dana' is on no network I know (irc:libera/<account>)"),
        ("dana", "'dana' is on no network I know (irc:libera/<account>)"),
        ("irc:libera/", "'irc:libera/' is on no network I know (irc:libera/<account>)"),
        ("matrix:@dana:example.org", "'matrix:@dana:example.org' is on no network I know (irc:libera/<account>)"),
    ],
)
def test_a_moderator_is_somebody_on_a_configured_network(folder: Path, address: str, wanted: str) -> None:
    """A moderator who could never be reached is a mistake, found before the start."""
    found = mistakes(folder, GOOD.replace("irc:libera/dana", address))

    assert found == [f"5: programme.tech-peer.moderators: {wanted}"]


# ------------------------------------------------------------------------------------------------ secrets


def secret(folder: Path, mode: int = 0o600) -> Path:
    """A file with a password and the newline that every editor adds."""
    path = folder / "password"
    path.write_text("s3cret\n")
    path.chmod(mode)
    return path


def test_a_secret_from_a_file(folder: Path) -> None:
    """The newline at its end is no part of the password."""
    secret(folder)
    found = read(folder, GOOD.replace('password = "s3cret"', 'password_file = "password"'))

    assert found.irc["libera"].sasl.password == "s3cret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_secret_that_others_can_read_is_refused(folder: Path, mode: int) -> None:
    """The sentence is the command that cures it."""
    path = secret(folder, mode)
    found = mistakes(folder, GOOD.replace('password = "s3cret"', 'password_file = "password"'))

    assert found == [f"10: irc.libera.sasl.password_file: {path} can be read by others; please: chmod 600 {path}"]


def test_a_secret_from_a_systemd_credential(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd decides who may read it, so its mode is not looked at."""
    secret(folder, 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    found = read(folder, GOOD.replace('password = "s3cret"', 'password_credential = "password"'))

    assert found.irc["libera"].sasl.password == "s3cret"


def test_a_credential_without_systemd(folder: Path) -> None:
    """Started by hand there are no credentials, and that is said."""
    found = mistakes(folder, GOOD.replace('password = "s3cret"', 'password_credential = "password"'))

    assert found == [
        "10: irc.libera.sasl.password_credential: systemd gave no credentials ($CREDENTIALS_DIRECTORY is not set)"
    ]


def test_a_secret_given_twice(folder: Path) -> None:
    """Which of the two was meant is nothing to guess."""
    secret(folder)
    found = mistakes(folder, GOOD.replace('"s3cret"', '"s3cret", password_file = "password"'))

    assert found == ["10: irc.libera.sasl.password: is given more than once: password, password_file"]


def test_a_secret_is_never_in_a_message(folder: Path) -> None:
    """Mistakes around a password do not print it: they end up in logs and in bug reports."""
    for wrong in ('account = 3, password = "s3cret"', 'password = ["s3cret"]', 'passwort = "s3cret"'):
        text = GOOD.replace('account = "relaybot", password = "s3cret"', wrong)
        assert "s3cret" not in "\n".join(mistakes(folder, text)), wrong


# --------------------------------------------------------------------------------------------- the schema


def test_every_setting_has_a_description() -> None:
    """The generated reference has a meaning for every key."""
    tables: list[type[Table]] = [
        RelaybotTable,
        SaslTable,
        IrcTable,
        EmbeddedTable,
        MailTable,
        MatrixTable,
        ReceiveTable,
        SendTable,
        ImapTable,
        ProgrammeTable,
    ]
    lacking = [f"{t.__name__}.{k}" for t in tables for k, f in t.model_fields.items() if not f.description]

    assert lacking == []
