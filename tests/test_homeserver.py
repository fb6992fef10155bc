"""Where Synapse is installed, what is said about it, and what happens when that fails; that it works is in test_synapse.py.

Environments here are made by the real venv and the real pip, which is told not to ask any index.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from relaybot import check_all, homeserver
from relaybot.homeserver import Homeserver, NoHomeserver
from tests import needs


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed relaybot, no checkout, with a cache of its own; a lock that names something no index has."""
    lock = tmp_path / "synapse.lock"
    lock.write_text(f"relaybot-has-no-such-part==1 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(homeserver, "LOCK", lock)
    monkeypatch.setattr(homeserver, "CHECKOUT", tmp_path / "installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return tmp_path / "cache/relaybot/synapse"


def finish(place: Path) -> Path:
    """What a finished installation leaves, as far as it is looked at."""
    (place / "bin").mkdir(parents=True, exist_ok=True)
    (place / "bin/python").touch()
    (place / homeserver.STAMP).write_text(homeserver.fingerprint())
    return place / "bin/python"


def test_a_checkout_keeps_it_beside_the_code() -> None:
    """Beside .venv, and ignored like it."""
    assert homeserver.folder() == needs.ROOT / ".synapse"


def test_an_installed_relaybot_keeps_it_in_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the XDG base directory specification says: a relative path counts as none."""
    assert homeserver.folder() == cache

    monkeypatch.setenv("XDG_CACHE_HOME", "somewhere")
    monkeypatch.setenv("HOME", "/home/ana")
    assert homeserver.folder() == Path("/home/ana/.cache/relaybot/synapse")


def test_what_is_there_is_found_without_a_word(cache: Path) -> None:
    """The second time nothing is said and nothing done."""
    python, said = finish(cache), list[str]()

    assert homeserver.installed() == homeserver.environment(said.append) == python
    assert said == []


def test_another_lock_makes_it_old(cache: Path) -> None:
    """What was installed for other versions does not count."""
    finish(cache)
    with homeserver.LOCK.open("a") as lock:
        lock.write("# newer\n")

    assert homeserver.installed() is None


@pytest.mark.slow
def test_a_failed_installation_is_told_and_does_not_count(cache: Path) -> None:
    """pip's own reason, and what to look at; nothing passes for installed afterwards."""
    said: list[str] = []

    with pytest.raises(NoHomeserver) as failed:
        homeserver.environment(said.append)

    assert len(said) == 1
    assert "about half a minute, 240 MB" in said[0]
    assert "pip could not install Synapse" in str(failed.value)
    assert "relaybot-has-no-such-part" in str(failed.value)
    assert "pip config list" in str(failed.value)
    assert homeserver.installed() is None


@pytest.mark.slow
def test_something_broken_in_its_place_is_made_anew(cache: Path) -> None:
    """A Python that does not run any more is replaced; what else was there goes with it."""
    finish(cache)
    (cache / "rubbish").touch()
    (cache / homeserver.STAMP).unlink()

    with pytest.raises(NoHomeserver, match="pip could not install Synapse"):
        homeserver.environment(lambda text: None)

    assert (cache / "bin/python").resolve().stat().st_size > 0
    assert not (cache / "rubbish").exists()


def test_a_second_process_waits_for_the_first(cache: Path) -> None:
    """It says so, and then finds everything there."""
    python, said, found = finish(cache), list[str](), list[Path]()
    (cache / homeserver.STAMP).unlink()
    handle = os.open(cache, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    waiting = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        waiting.set()

    second = threading.Thread(target=lambda: found.append(homeserver.environment(say)))
    second.start()
    assert waiting.wait(10)
    finish(cache)
    os.close(handle)
    second.join(10)

    assert found == [python]
    assert said == ["another process is installing Synapse; waiting for it ..."]


def test_a_place_that_cannot_be_made_is_told(cache: Path) -> None:
    """A file where the folder should be: the sentence names it and what to set instead."""
    cache.parent.mkdir(parents=True)
    cache.touch()

    with pytest.raises(NoHomeserver, match=r"cannot be made or changed.*XDG_CACHE_HOME"):
        homeserver.environment(lambda text: None)


def test_the_test_command_installs_it_where_servers_have_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere, and for --quick, which leaves those tests out, it fetches nothing."""
    monkeypatch.setenv(needs.REQUIRE, "1")
    assert next(check_all.preparations([]))[1][1:] == ["-m", "relaybot.homeserver"]
    assert list(check_all.preparations(["--quick"])) == []

    monkeypatch.delenv(needs.REQUIRE)
    assert list(check_all.preparations([])) == []


@pytest.mark.servers
def test_a_port_that_is_taken_is_told(synapse: Homeserver, tmp_path: Path) -> None:
    """Else the one who has it would be taken for ours."""
    second = Homeserver(tmp_path, synapse.python, synapse.port)

    with pytest.raises(NoHomeserver, match=f"cannot listen on 127.0.0.1:{synapse.port}"):
        second.start()
    assert second.process is None


@pytest.mark.servers
def test_a_server_that_does_not_start_tells_its_last_words(tmp_path: Path) -> None:
    """A room version there is not: Synapse's own reason is in the error, and nothing goes on running."""
    server = Homeserver(tmp_path, needs.synapse(), room_version="no-such-version")

    with pytest.raises(NoHomeserver, match="no-such-version"):
        server.start()
    assert server.process is None


@pytest.mark.servers
def test_rooms_have_the_version_that_is_asked_for(tmp_path: Path) -> None:
    """And nothing else than that is changed by it."""
    server = Homeserver(tmp_path, needs.synapse(), room_version="10")
    server.start()
    try:
        told = server.ask("GET", "/_matrix/client/v3/capabilities", token=server.admin())
    finally:
        server.stop()

    assert told["capabilities"]["m.room_versions"]["default"] == "10"
