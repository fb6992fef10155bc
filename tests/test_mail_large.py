"""Large mails, in and out: whole, in bounded memory, and whatever breaks on the way costs no mail."""

from __future__ import annotations

import asyncio
import email
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters import mail_large
from adapters.mail_files import FileStore
from relaybot.model import Enclosure
from tests.mail_help import ADDRESS, HOST, Hand, Listening, Sent, large, letter, mail, running, until
from tests.mail_sink import sink

pytestmark = pytest.mark.slow

LIMIT_KILOBYTES = 90_000
DATA = os.urandom(18_000_000)  # 24.6 MB as a mail


async def test_large_mail_is_heard(tmp_path: Path) -> None:
    """A mail just below the limit is heard with its file, and nothing of it is left lying about."""
    ear = Listening()
    async with running(tmp_path, ear, file_bytes=25_000_000) as adapter, Hand(adapter) as hand:
        assert [code for code, _ in await hand.send(large(DATA))] == [250]
        (message,) = ear.heard
        assert message.text.strip() == "here you are"
        (file,) = message.files
        assert (file.size, (tmp_path / "files" / file.ref).read_bytes()) == (len(DATA), DATA)
        assert sorted(os.listdir(tmp_path))  # noqa: PTH208 == ["files", "mail"]


async def test_file_too_large_to_keep(tmp_path: Path) -> None:
    """Above file_bytes the words are heard, and the file is named without being kept."""
    ear = Listening()
    async with running(tmp_path, ear, file_bytes=1_000_000) as adapter, Hand(adapter) as hand:
        await hand.send(large(DATA))
        assert [(file.size, file.ref) for file in ear.heard[0].files] == [(len(DATA), "")]
        assert not (tmp_path / "files").exists()


async def test_no_room_for_the_file(tmp_path: Path) -> None:
    """A file that cannot be written: 452, and the mail is taken when there is room again."""
    ear = Listening()
    (tmp_path / "files").write_text("in the way")
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        for raw in (large(b"x" * 2_000_000), large(b"small")):
            ((code, words),) = await hand.send(raw)
            assert (code, words[:5]) == (452, "4.3.1")
        (tmp_path / "files").unlink()
        for raw in (large(b"x" * 2_000_000), large(b"small")):
            assert [code for code, _ in await hand.send(raw)] == [250]
        assert len(ear.heard) == 2


async def test_process_that_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that reads dies: 451, others go on, and the next try is heard. One that writes dies: later."""
    ear = Listening()
    async with running(tmp_path, ear) as adapter, Hand(adapter) as hand:
        ref = FileStore(tmp_path / "files").put(DATA[:2_000_000])
        heavy = letter(1, files=(Enclosure("x.bin", "application/octet-stream", 2_000_000, ref),))
        with monkeypatch.context() as broken:
            broken.setattr(mail_large, "VARIABLE", "NOT_WHAT_IT_READS")
            assert [code for code, _ in await hand.send(large(DATA))] == [451]
            one = Sent(heavy)
            adapter.deliver(one.delivery())
            await until(lambda: one.outcome)
            assert one.outcome == "later"
        assert [code for code, _ in await hand.send(mail())] == [250]
        assert [code for code, _ in await hand.send(large(DATA))] == [250]
        again = Sent(heavy)
        adapter.deliver(again.delivery())
        await until(lambda: again.outcome)
        assert again.outcome == "sent"


async def test_file_goes_out_whole(tmp_path: Path) -> None:
    """A file of several megabytes arrives as it was, twice in the same bytes."""
    async with sink() as server:
        send = {"host": HOST, "port": server.port}
        async with running(tmp_path, send=send, self_receipt=False) as adapter:
            ref = FileStore(tmp_path / "files").put(DATA[:9_000_000])
            heavy = letter(1, files=(Enclosure("x.bin", "application/octet-stream", 9_000_000, ref),))
            for _ in range(2):
                one = Sent(heavy)
                adapter.deliver(one.delivery())
                await until(lambda one=one: one.outcome)  # type: ignore[misc]
                assert one.outcome == "sent"
        first, second = server.taken
        assert first.content == second.content
        *_, attached = email.message_from_bytes(first.content).walk()
        assert attached.get_payload(decode=True) == DATA[:9_000_000]


SERVER = """
import asyncio, sys
from pathlib import Path
from tests.mail_help import Listening, running

async def main():
    async with running(Path(sys.argv[1]), Listening(), file_bytes=25_000_000) as adapter:
        print(adapter.listening[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
    print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])

asyncio.run(main())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured by /proc, which only Linux has")
async def test_memory(tmp_path: Path) -> None:
    """Two of the largest mails at once pass through a process that stays below 90 MB."""
    root = Path(mail_large.HOME)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(tmp_path),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())

        async def hand(data: bytes) -> list[tuple[int, str]]:
            async with Hand(port=port) as client:
                return await client.send(large(data), ADDRESS)

        replies = await asyncio.gather(hand(DATA), hand(DATA[::-1]))
        assert [code for ((code, _),) in replies] == [250, 250]
        process.stdin.close()
        peak = int(await process.stdout.readline())
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert peak < LIMIT_KILOBYTES
