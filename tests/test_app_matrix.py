"""A whole relaybot on a real Synapse, wired as `relaybot run` does it: it starts without its other networks, and the file's moderators are that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relaybot import app, cli
from relaybot.app import Bot
from relaybot.homeserver import Homeserver
from tests.doctor_help import examined, one, said, written
from tests.mail_help import until
from tests.servers import free_ports
from tests.synapse import PASSWORD, fresh
from tests.synapse_people import Person

pytestmark = pytest.mark.servers


def text(url: str, user: str, moderator: str, irc_port: int) -> str:
    """Matrix, and an IRC network that is not there."""
    return f"""
[programme.tech-peer]
moderators = ["matrix:{moderator}"]

[matrix.home]
homeserver = "{url}"
user = "{user}"
password = "{PASSWORD}"

[irc.gone]
host = "127.0.0.1"
port = {irc_port}
tls = false
channel = {{ tech-peer = "#tech-peer" }}
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Where relaybot lives."""
    folder = tmp_path / "bot"
    folder.mkdir()
    return folder


@contextlib.asynccontextmanager
async def running(folder: Path, given: str) -> AsyncIterator[Bot]:
    """relaybot, while its Matrix account is connected."""
    async with app.open_bot(written(folder, given)) as bot:
        serving = asyncio.create_task(app.serve(bot))
        matrix = next(adapter for adapter in bot.adapters if adapter.network == "matrix:home")
        try:
            await until(lambda: serving.done() or matrix.ready(), 30)
            assert not serving.done(), serving
            yield bot
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def test_matrix_serves_while_another_network_is_away(
    synapse: Homeserver, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A newcomer is answered there, a moderator of the file is one under their own name, and the doctor looks on meanwhile."""
    user = synapse.register(fresh("relaybot"), PASSWORD)
    (port,) = free_ports(1)
    async with (
        await Person.newcomer(synapse, "esi", tmp_path / "esi") as esi,
        await Person.newcomer(synapse, "ana", tmp_path / "ana") as ana,
    ):
        given = text(synapse.url, user, esi.user_id, port)
        async with running(folder, given) as bot:
            people = bot.programmes["tech-peer"].tables.people.rows
            assert [(p.name, p.moderator) for p in people.values()] == [(esi.user_id[1:].partition(":")[0], True)]
            cli._say_where(bot)
            assert f"On Matrix people start a direct chat with {user}." in capsys.readouterr().out
            await ana.dm(user)
            await ana.say("join")
            assert (await ana.heard("1/7")).encrypted
            await esi.dm(user)
            await esi.say("queue")
            assert (await esi.heard("Nothing waits for a decision.")).encrypted
            report = await examined(folder, given)

    assert one(report, "matrix home login")[0] == "ok"
    assert [level for level, _ in said(report, "matrix home encryption")] == ["ok", "ok"]
    assert (folder / "matrix/home").stat().st_mode & 0o077 == 0


async def test_a_wrong_password_ends_the_start(synapse: Homeserver, folder: Path) -> None:
    """What no waiting cures is one sentence with the account in it, and the password is not in it."""
    user = synapse.register(fresh("relaybot"), "other-than-configured")
    (port,) = free_ports(1)
    async with app.open_bot(written(folder, text(synapse.url, user, "@esi:localhost", port))) as bot:
        with pytest.raises(BaseExceptionGroup) as caught:
            await asyncio.wait_for(app.serve(bot), 30)
    (problem,) = caught.value.exceptions

    assert f"the homeserver does not let {user} in" in str(problem)
    assert PASSWORD not in str(problem)
