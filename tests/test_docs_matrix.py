"""What the pages about Matrix tell people, against the program and a real Synapse: numbers, quoted sentences, recipes."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from adapters import matrix_listen, matrix_read, matrix_sign, matrix_words
from adapters.matrix_parts import Unsafe
from relaybot.doctor import matrix as doctor
from relaybot.homeserver import Homeserver
from tests import needs
from tests.needs import ROOT
from tests.synapse import PASSWORD, Raw, Refusal, fresh

pytestmark = pytest.mark.docs

OPERATORS = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
PEOPLE = (ROOT / "docs/by-matrix.md").read_text(encoding="utf-8")


def unwrapped(page: str) -> str:
    """A page as one line, for sentences that are broken anywhere."""
    return " ".join(page.split())


def test_reactions_are_what_people_are_told() -> None:
    """Every sign the page names is the answer it says, and no other sign of it is one."""
    (row,) = [line for line in unwrapped(PEOPLE).split("- **") if line.startswith("Or react**")]

    assert [matrix_read.digit_or_word(f"{n}\ufe0f\u20e3") for n in range(1, 10)] == [str(n) for n in range(1, 10)]
    assert "1️⃣ to 9️⃣ for the numbers, ✅ or 👍 for yes, ❌ or 👎 for no" in row
    assert [matrix_read.digit_or_word(sign) for sign in "✅👍❌👎"] == ["yes", "yes", "no", "no"]


def test_numbers_are_the_programs_own() -> None:
    """Limits that are no settings are told as they are."""
    assert matrix_read.TEXT_BYTES == 16 * 1024
    assert "| words read of one message | 16 KiB | fixed |" in OPERATORS
    assert f"in case its key comes | {matrix_listen.UNREAD_DAYS} | fixed |" in OPERATORS
    assert f"ignored for {matrix_listen.IGNORE_SECONDS / 60:g} minutes, said once" in OPERATORS


async def test_quoted_sentences_are_said() -> None:
    """What people may read from relaybot or in its log stands on the page as it is said."""
    user, keys = "@r:x.test", matrix_sign.identity_keys(bytes(32), "@r:x.test")

    async def ask(method: str, path: str, body: object) -> dict[str, object]:
        device = {"keys": {"ed25519:D": "k"}}
        return {"device_keys": {user: {"D": device}}, "master_keys": {user: {"keys": {"ed25519:x": "theirs"}}}}

    async def publish(key: matrix_sign.Key) -> None:
        raise AssertionError("nothing is published for an account whose identity is another's")

    with pytest.raises(Unsafe) as caught:
        await matrix_sign.ensure(ask, user, "D", "k", keys, lambda thing: "", PASSWORD, publish)
    quoted = re.findall(r'"\.\.\. ([^"]+)"', unwrapped(OPERATORS))

    assert any(sentence in str(caught.value) for sentence in quoted if "identity" in sentence)
    assert matrix_words.could_not_read().partition(" Please")[0] in PEOPLE


async def say(somebody: Raw, room: str, times: int) -> None:
    """So many messages, one after the other."""
    for number in range(times):
        await somebody.send(room, str(number))


@pytest.mark.servers
async def test_the_rate_limit_is_lifted_as_told(synapse_stock: Homeserver) -> None:
    """Synapse's own limit stops somebody after ten messages; what the page and the doctor say lifts it for them alone."""
    (told,) = re.findall(r"curl -X POST .*? -d '({.*?})' \\\n +https://[^/]+(/\S+)", OPERATORS, re.S)
    body, path = json.loads(told[0]), told[1]
    assert json.dumps(body) in doctor.LIMIT.format(user="@x:y")

    async with await Raw.newcomer(synapse_stock, "busy") as busy:
        room = await busy.create_room()
        with pytest.raises(Refusal) as caught:
            await say(busy, room, 20)
        assert caught.value.code == "M_LIMIT_EXCEEDED"
        answered = synapse_stock.ask(
            "POST", path.replace("@relaybot:example.org", busy.user_id), body, synapse_stock.admin()
        )
        assert answered == body
        await say(busy, room, 20)


@pytest.mark.servers
def test_an_account_is_registered_as_told(synapse: Homeserver) -> None:
    """Synapse's own program takes the options that the page names, and the account can log in by password."""
    command = re.findall(r"`register_new_matrix_user ([^`]+)`", unwrapped(OPERATORS))
    name = fresh("relaybot")
    words = command[0].replace("homeserver.yaml", str(synapse.folder / "homeserver.yaml")).split()
    words = [name if word == "relaybot" else word for word in words]
    program = needs.synapse().with_name("register_new_matrix_user")
    done = subprocess.run(
        [program, *words, "-p", PASSWORD, synapse.url], capture_output=True, text=True, check=False, timeout=60
    )
    flows = synapse.ask("GET", "/_matrix/client/v3/login")["flows"]

    assert done.returncode == 0, done.stderr
    assert "Success" in done.stdout
    assert "m.login.password" in {flow["type"] for flow in flows}
