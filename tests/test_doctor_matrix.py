"""`relaybot doctor` on Matrix, against a real Synapse: session, signed device, one-time keys, rooms and who is in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.matrix_client import Client
from adapters.matrix_memory import FILE, open_memory
from adapters.matrix_parts import Session
from relaybot.doctor import Level, Report
from relaybot.homeserver import Homeserver
from storage.sqlite import open_store
from tests.doctor_help import examined, levels, one, said
from tests.servers import free_ports
from tests.synapse import PASSWORD, Raw, fresh
from tests.synapse_people import Person

pytestmark = pytest.mark.servers


def text(url: str, user: str, rooms: str = "", moderators: str = "") -> str:
    """A configuration with one Matrix account."""
    return f"""
[programme.tech-peer]
moderators = [{moderators}]

[matrix.home]
homeserver = "{url}"
user = "{user}"
password = "{PASSWORD}"
{rooms}
"""


@dataclass
class Bot:
    """relaybot's account as its adapter leaves it, and somebody who makes rooms."""

    folder: Path
    url: str
    user: str
    client: Client
    session: Session
    esi: Raw

    async def examined(self, rooms: str = "", moderators: str = "") -> Report:
        """What the doctor finds, with these settings of the account."""
        return await examined(self.folder, text(self.url, self.user, rooms, moderators))

    async def room(self, alias: str, **more: Any) -> str:
        """A room of esi's that relaybot is in."""
        room = await self.esi.create_room(self.user, room_alias_name=alias, **more)
        await self.client.join(room)
        return room


@pytest.fixture(name="bot")
async def _bot(synapse: Homeserver, tmp_path: Path) -> AsyncIterator[Bot]:
    """Logged in once, and stopped since."""
    store = await open_store(tmp_path / "relaybot.db", ballast_bytes=0)
    secret = await store.secret("matrix")
    await store.close()
    user = synapse.register(fresh("relaybot"), PASSWORD)
    folder = tmp_path / "matrix/home"
    client = Client(synapse.url, user, folder, secret)
    async with open_memory(folder) as memory:
        session = await client.enter(None, PASSWORD)
        await memory.keep_session(session, 1)
    async with await Raw.newcomer(synapse, "esi") as esi:
        yield Bot(tmp_path, synapse.url, user, client, session, esi)
    await client.close()


def files(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_before_the_first_start(synapse: Homeserver, tmp_path: Path) -> None:
    """The homeserver is asked what it speaks; nobody logs in, and no file is made."""
    user = synapse.register(fresh("relaybot"), PASSWORD)
    report = await examined(tmp_path, text(synapse.url, user))

    assert not report.failed
    assert [level for level, _ in said(report, "matrix home")] == ["ok", "skip"]
    assert "answers and speaks Matrix v1." in said(report, "matrix home")[0][1]
    assert "relaybot has not logged in yet" in said(report, "matrix home")[1][1]
    assert files(tmp_path).keys() == {tmp_path / "relaybot.toml"}
    async with await Raw.login(synapse, user) as raw:
        assert len((await raw.call("GET", "devices"))["devices"]) == 1


async def test_nobody_there(tmp_path: Path) -> None:
    """A wrong URL or a closed port is said with the place where the right one stands."""
    (port,) = free_ports(1)
    level, found = one(await examined(tmp_path, text(f"http://127.0.0.1:{port}", "@relaybot:x.test")), "matrix home")

    assert level == "fail"
    assert f"http://127.0.0.1:{port} is no homeserver that answers" in found
    assert "https://x.test/.well-known/matrix/client tells it" in found


@pytest.mark.parametrize(
    ("answers", "about", "told"),
    [
        ({}, "matrix home", "gave no answer of its own (HTTP 502)"),
        ({"versions": {"versions": 3}}, "matrix home", "gave no answer of its own (HTTP 502)"),
        (
            {"versions": {"versions": ["v1.11"]}, "login": {"flows": [{"type": "m.login.sso"}, 7, {"type": None}]}},
            "matrix home login",
            "the homeserver takes no passwords, only m.login.sso",
        ),
    ],
    ids=["a proxy's page", "half a homeserver", "single sign-on alone"],
)
async def test_what_lets_nobody_in(tmp_path: Path, answers: dict[str, Any], about: str, told: str) -> None:
    """A page in front of the homeserver, and one that takes no passwords, are found before relaybot starts."""

    async def answer(request: web.Request) -> web.Response:
        found = answers.get(request.path.rpartition("/")[2])
        return web.json_response(found) if found else web.Response(status=502, text="<h1>Bad gateway</h1>")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with TestServer(app) as server:
        report = await examined(tmp_path, text(str(server.make_url("/")), "@relaybot:x.test"))
    found = [what for level, what in said(report, about) if level == "fail"]

    assert len(found) == 1
    assert told in found[0]


async def test_a_password_still_to_be_filled_in(synapse: Homeserver, tmp_path: Path) -> None:
    """run would refuse to start."""
    given = text(synapse.url, "@relaybot:localhost").replace(f'password = "{PASSWORD}"', "")
    report = await examined(tmp_path, given)

    assert one(report, "matrix home login") == (
        "fail",
        "there is no password -> give password, password_file or password_credential",
    )


async def test_everything_in_order(bot: Bot) -> None:
    """Session, signature, keys and both rooms; nothing to look at but what cannot be asked, and nothing is changed."""
    moderators = fresh("mods")
    await bot.room(public := fresh("peers"), preset="public_chat")
    await bot.room(moderators, encrypted=True, power_level_content_override={"invite": 0})
    await bot.client.close()
    before = files(bot.folder)
    assert bot.folder / "matrix/home" / FILE in before
    report = await bot.examined(
        f'room = {{ tech-peer = "#{public}:localhost" }}\nmoderators_room = {{ tech-peer = "#{moderators}:localhost" }}',
        f'"matrix:{bot.esi.user_id}"',
    )

    about = [f for f in report.findings if f.about.startswith("matrix")]
    assert [(f.about, str(f.level)) for f in about] == [
        ("matrix home", "ok"),
        ("matrix home login", "ok"),
        ("matrix home encryption", "ok"),
        ("matrix home encryption", "ok"),
        (f"matrix home #{public}:localhost", "ok"),
        (f"matrix home #{moderators}:localhost", "ok"),
        ("matrix home rate limit", "skip"),
    ]
    assert f"the session as {bot.user} works (device {bot.session.device_id})" in about[1].found
    assert "is signed by relaybot's own identity" in about[2].found
    assert "50 one-time keys are left" in about[3].found
    assert "may speak; not encrypted, room version 12" in about[4].found
    assert "may speak; encrypted, room version 12" in about[5].found
    assert f"/users/{bot.user}/override_ratelimit" in about[6].do
    assert {path: raw for path, raw in files(bot.folder).items() if path.name != "relaybot.toml"} == before


async def test_it_looks_while_relaybot_runs(bot: Bot) -> None:
    """The device stays relaybot's: its lock and its open memory are no hindrance, and to-device messages are left to it."""
    async with open_memory(bot.folder / "matrix/home"):
        report = await bot.examined()

    assert not report.failed
    assert one(report, "matrix home login")[0] == "ok"


async def test_a_room_that_everybody_can_read(synapse: Homeserver, bot: Bot) -> None:
    """Whoever can come in, is in, or reads along in the moderators' room is told, and what relaybot may not do there."""
    async with await Raw.newcomer(synapse, "eve") as eve:
        room = await bot.room(alias := fresh("mods"), preset="public_chat", power_level_content_override={"invite": 50})
        await eve.join(room)
        await bot.esi.set_state(room, "m.room.history_visibility", {"history_visibility": "world_readable"})
        report = await bot.examined(f'moderators_room = {{ tech-peer = "#{alias}:localhost" }}')
        found = [what for level, what in said(report, f"matrix home #{alias}:localhost") if level == "warn"]

        assert [what.partition(" -> ")[0] for what in found] == [
            'its join rule is "public": others than moderators may come in and read',
            "who runs the homeserver can read along: it is not encrypted",
            "anybody can read its history without coming in",
            "relaybot may not invite anybody, so it cannot let new moderators in",
            f"2 in it are no moderators of the programme by that id: {', '.join(sorted([eve.user_id, bot.esi.user_id]))}",
        ]
        assert not report.failed


async def test_rooms_that_cannot_be_used(bot: Bot) -> None:
    """No such alias, not invited, not allowed to speak, replaced by another: each with its cure."""
    closed, mute, old = fresh("closed"), fresh("mute"), fresh("old")
    await bot.esi.create_room(room_alias_name=closed)
    await bot.room(mute, power_level_content_override={"events_default": 10})
    replaced = await bot.room(old)
    await bot.esi.set_state(replaced, "m.room.tombstone", {"body": "moved", "replacement_room": "!new:localhost"})
    names = {"a": fresh("none"), "b": closed, "c": mute, "d": old}
    rooms = ", ".join(f'{programme} = "#{alias}:localhost"' for programme, alias in names.items())
    given = text(bot.url, bot.user, f"room = {{ {rooms} }}").replace("[programme.tech-peer]\nmoderators = []", "")
    report = await examined(bot.folder, given + "".join(f"[programme.{name}]\n" for name in names))
    found = {name: one(report, f"matrix home #{alias}:localhost") for name, alias in names.items()}

    assert [level for level, _ in found.values()] == ["fail", "fail", "fail", "warn"]
    assert found["a"][1].startswith("leads to no room: ")
    assert found["b"][1] == f"relaybot is not in it -> invite {bot.user} into it; relaybot comes in by itself"
    assert found["c"][1].startswith("relaybot may not speak there")
    assert found["d"][1].startswith("was replaced by !new:localhost")


async def test_a_session_that_was_ended(bot: Bot) -> None:
    """Somebody logged relaybot out; it comes back by itself."""
    raw = Raw(bot.url)
    raw.token = bot.session.access_token
    await raw.call("POST", "logout", {})
    await raw.close()
    level, found = one(await bot.examined(), "matrix home login")

    assert level == "warn"
    assert f"the session (device {bot.session.device_id}) was ended" in found


async def test_an_identity_of_somebody_elses(bot: Bot) -> None:
    """Another database has another secret: its relaybot would refuse to start, and the doctor says why."""
    for path in bot.folder.glob("relaybot.db*"):
        path.unlink()
    store = await open_store(bot.folder / "relaybot.db", ballast_bytes=0)
    await store.secret("matrix")
    await store.close()
    (level, found), *_ = said(await bot.examined(), "matrix home encryption")

    assert level == "fail"
    assert f"the identity of {bot.user} was not made by this relaybot" in found


async def test_devices_that_nobody_signed(
    synapse: Homeserver, bot: Bot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Another program logged in to relaybot's account, and relaybot's own device lost its signature."""
    other = tmp_path_factory.mktemp("other")
    async with await Person.login(synapse, bot.user, other) as person:
        found = said(await bot.examined(), "matrix home encryption")
        async with open_memory(bot.folder / "matrix/home") as memory:
            own = Session(bot.user, person.device_id, str(person.client.access_token))
            await memory.keep_session(own, 1)
        unsigned = said(await bot.examined(), "matrix home encryption")

        assert [level for level, _ in found] == ["ok", "warn", "ok"]
        assert f"1 other devices are not signed: {person.device_id}" in found[1][1]
        assert unsigned[0][0] == "fail"
        assert f"device {person.device_id} is not signed by the account's identity" in unsigned[0][1]


async def test_one_time_keys_that_are_used_up(bot: Bot) -> None:
    """Anybody may claim them; while relaybot is away nobody makes new ones."""
    claim = {"one_time_keys": {bot.user: {bot.session.device_id: "signed_curve25519"}}}
    for _ in range(47):
        await bot.esi.call("POST", "keys/claim", claim)
    report = await bot.examined()

    assert "3 one-time keys are left: new devices of people may not reach relaybot" in levels(report, Level.WARN)[-1]


async def test_keys_that_others_may_read(bot: Bot) -> None:
    """Whoever reads the folder reads along; its memory file says which device it is."""
    folder = bot.folder / "matrix/home"
    assert (folder / FILE).exists()
    folder.chmod(0o755)

    assert one(await bot.examined(), "matrix home keys") == (
        "warn",
        f"others may look into their folder -> chmod 700 {folder}",
    )
