"""The Maildir and the file store: whole and durable or not at all, once however often, and only their owner's."""

from __future__ import annotations

import mailbox
import os
import stat
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from adapters.mail_files import FileStore, write_whole
from adapters.mail_maildir import Maildir
from adapters.mail_outbox import Parcel
from relaybot.model import Enclosure
from tests.mail_help import WRITTEN_AT, Sent, letter, running, until

PARCEL = Parcel(
    BytesIO(b"Subject: x\r\n\r\nhello\r\n"),
    "relaybot+b.x@lists.lab.test",
    "chidi@example.net",
    "",
    "1.L1.relaybot",
    False,
)


def maildir(folder: Path) -> Maildir:
    """An empty one."""
    found = Maildir(folder)
    found.prepare()
    return found


def test_any_mail_program_opens_it(tmp_path: Path) -> None:
    """The standard library's reader finds the mail, with its envelope on top and the system's line ends."""
    maildir(tmp_path).put(PARCEL)
    (message,) = mailbox.Maildir(tmp_path)
    assert (message["Return-Path"], message["Delivered-To"]) == (f"<{PARCEL.sender}>", PARCEL.to)
    assert message.get_payload() == "hello\n"
    (path,) = (tmp_path / "new").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list((tmp_path / "tmp").iterdir())


def test_once_however_often(tmp_path: Path) -> None:
    """Delivered again after a crash: nothing changes, also when a mail program has moved and marked it meanwhile."""
    found = maildir(tmp_path)
    found.put(PARCEL)
    found.put(replace(PARCEL, repeated=True))
    assert len(list((tmp_path / "new").iterdir())) == 1
    (tmp_path / "new" / PARCEL.name).rename(tmp_path / "cur" / f"{PARCEL.name}:2,S")
    found.put(replace(PARCEL, repeated=True))
    assert not list((tmp_path / "new").iterdir())


def test_left_over_from_a_crash(tmp_path: Path) -> None:
    """A half-written file in tmp is written over, not delivered."""
    found = maildir(tmp_path)
    (tmp_path / "tmp" / PARCEL.name).write_bytes(b"half")
    found.put(PARCEL)
    (path,) = (tmp_path / "new").iterdir()
    assert path.read_bytes().endswith(b"hello\n")


async def test_cannot_be_written(tmp_path: Path) -> None:
    """A Maildir that is no folder any more means later, and nothing is lost."""
    async with running(tmp_path) as adapter:
        new = tmp_path / "mail" / "new"
        new.rmdir()
        new.write_text("in the way")
        one = Sent(letter())
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == "later"
        new.unlink()
        new.mkdir()
        again = Sent(letter(tried_at=WRITTEN_AT))
        adapter.deliver(again.delivery())
        await until(lambda: again.outcome)
        assert again.outcome == "sent"
        assert len(list(new.iterdir())) == 1


async def test_hundred_letters(tmp_path: Path) -> None:
    """Each letter is one file with its own Message-ID."""
    async with running(tmp_path) as adapter:
        sent = [Sent(letter(n, f"reader{n % 7}@example.net")) for n in range(1, 101)]
        for one in sent:
            adapter.deliver(one.delivery())
        await until(lambda: all(one.outcome for one in sent))
    assert {one.outcome for one in sent} == {"sent"}
    assert len({message["Message-ID"] for message in mailbox.Maildir(tmp_path / "mail")}) == 100


# -------------------------------------------------------------------------------------------- the file store


def test_file_is_kept_once(tmp_path: Path) -> None:
    """The same bytes have the same ref and lie there once, for their owner only."""
    store = FileStore(tmp_path / "files")
    ref = store.put(b"hello")
    assert store.put(b"hello") == ref
    assert store.read(ref) == b"hello"
    (path,) = (tmp_path / "files").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("ref", ["", "../secret", "a" * 63, "A" * 64, "a" * 64])
def test_what_is_no_ref(tmp_path: Path, ref: str) -> None:
    """Nothing but a ref opens a file, and a ref of nothing is told as such."""
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(FileNotFoundError):
        FileStore(tmp_path / "files").read(ref)


def test_old_files_go(tmp_path: Path) -> None:
    """What lies there longer than its days is deleted; what came again meanwhile has its days anew."""
    store = FileStore(tmp_path)
    old, renewed, young = store.put(b"old"), store.put(b"renewed"), store.put(b"young")
    for ref in (old, renewed):
        os.utime(tmp_path / ref, (time.time() - 8 * 86_400,) * 2)
    store.put(b"renewed")
    assert store.sweep(7) == 1
    assert {path.name for path in tmp_path.iterdir()} == {renewed, young}


def test_room_is_limited(tmp_path: Path) -> None:
    """Beyond its total the store keeps no more, and has room again after old files went."""
    store = FileStore(tmp_path, total_bytes=10)
    first = store.put(b"12345678")
    assert first
    assert store.put(b"abc") == ""
    assert FileStore(tmp_path, total_bytes=10).put(b"abc") == ""  # also after a restart
    os.utime(tmp_path / first, (0, 0))
    store.sweep(1)
    assert store.put(b"abc")


def test_half_a_file_is_no_file(tmp_path: Path) -> None:
    """What cannot be written whole is not there."""
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "taken", [b"x"])
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


async def test_file_that_is_gone(tmp_path: Path) -> None:
    """A letter whose file has been deleted meanwhile arrives with its words alone."""
    async with running(tmp_path) as adapter:
        one = Sent(letter(files=(Enclosure("x.txt", "text/plain", 3, "b" * 64),)))
        adapter.deliver(one.delivery())
        await until(lambda: one.outcome)
        assert one.outcome == "sent"
    (message,) = mailbox.Maildir(tmp_path / "mail")
    assert "shall we?" in message.as_string()
