"""Large mails are read and written in a process of their own: its memory is gone afterwards, and nothing else waits.

`main` is that process: it reads a mail from its standard input (a file) and keeps the attachments in the file
store, or writes a letter with its files to its standard output (a file). A mail that breaks it breaks nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from adapters.letters import Attachment, Bounce, Ignore, Mail, Own, read
from adapters.letters_write import Header, write
from adapters.mail_files import FileStore
from relaybot.model import Enclosure, Letter
from relaybot.ports import StoreFailed, TryLater, Undeliverable

FILES_MAX = 20
SECONDS = 120.0
RETRY_SECONDS = 300.0
MEMORY_BYTES = 1_000_000_000
HOME = str(Path(__file__).resolve().parent.parent)  # where our packages are
VARIABLE = "RELAYBOT_LARGE_MAIL"

Found = tuple[Mail | Bounce | Ignore, tuple[Enclosure, ...]]


@dataclass(frozen=True, slots=True)
class Order:
    """What a mail is to be read with."""

    sender: str
    own: Own
    folder: Path  # of the file store
    total_bytes: int
    file_bytes: int  # largest file kept


@dataclass(frozen=True, slots=True)
class WriteOrder:
    """A letter that is to be written."""

    letter: Letter
    header: Header
    folder: Path  # of the file store


def keep(files: FileStore, file_bytes: int, attachments: tuple[Attachment, ...]) -> tuple[Enclosure, ...]:
    """Put attachments into the store; one too large, or for which there is no room, has no ref. Raises StoreFailed."""
    kept = []
    for file in attachments[:FILES_MAX]:
        ref = ""
        if len(file.data) <= file_bytes:
            try:
                ref = files.put(file.data)
            except OSError as problem:
                raise failed(problem) from problem
        kept.append(Enclosure(file.name, file.media_type, len(file.data), ref))
    return tuple(kept)


def failed(problem: OSError) -> StoreFailed:
    """A file could not be kept: the mail has to come again."""
    found = StoreFailed(f"a file cannot be kept: {problem.strerror}")
    found.kind = "full"
    return found


def enclosed(files: FileStore, letter: Letter) -> list[Attachment]:
    """A letter's files; one that is too old is left out: then the words go alone."""
    found = []
    for enclosure in letter.files:
        with contextlib.suppress(FileNotFoundError):
            found.append(Attachment(enclosure.name, enclosure.media_type, files.read(enclosure.ref)))
    return found


async def read_large(mail: IO[bytes], order: Order) -> Found:
    """What is in a mail that lies in a file. Raises StoreFailed, or RuntimeError when the process failed."""
    mail.seek(0)
    found: Found | str = pickle.loads(await _run(order, mail, None))  # noqa: S301 - our own process wrote it
    if isinstance(found, str):
        raise failed(OSError(0, found))
    return found


async def write_large(order: WriteOrder, mail: IO[bytes]) -> None:
    """Write a letter into a file. Raises Undeliverable, or TryLater when the process failed."""
    try:
        told = await _run(order, None, mail)
    except RuntimeError as problem:
        raise TryLater(str(problem), RETRY_SECONDS) from problem
    if told:
        raise Undeliverable(told.decode("utf-8", "replace"))


async def _run(order: Order | WriteOrder, stdin: IO[bytes] | None, stdout: IO[bytes] | None) -> bytes:
    """Run the process; what it says beside the mail. Raises RuntimeError when it fails."""
    path = os.pathsep.join(filter(None, [HOME, os.environ.get("PYTHONPATH", "")]))
    nothing, told = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from adapters.mail_large import main; main()",
        stdin=stdin or nothing,
        stdout=stdout or told,
        stderr=told if stdout else nothing,
        # Not as an argument: those everybody on the machine can read, and there may be a token in it.
        env={**os.environ, "PYTHONPATH": path, VARIABLE: pickle.dumps(order).hex()},
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        raise RuntimeError("a large mail takes too long") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise RuntimeError(f"a large mail could not be worked on (status {process.returncode})")
    return errors if stdout else output


def main() -> None:
    """The process."""
    with contextlib.suppress(ImportError, OSError, ValueError):  # not everywhere
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    order: Order | WriteOrder = pickle.loads(bytes.fromhex(os.environ[VARIABLE]))  # noqa: S301 - our own process wrote it
    if isinstance(order, WriteOrder):
        try:
            files = enclosed(FileStore(order.folder), order.letter)
            sys.stdout.buffer.write(write(order.letter, order.header, files))
        except Undeliverable as problem:
            sys.stderr.write(str(problem))
    else:
        sys.stdout.buffer.write(pickle.dumps(_read(order)))


def _read(order: Order) -> Found | str:
    found = read(sys.stdin.buffer.read(), order.sender, order.own)
    if not isinstance(found, Mail):
        return found, ()
    try:
        kept = keep(FileStore(order.folder, order.total_bytes), order.file_bytes, found.attachments)
    except StoreFailed as problem:
        return str(problem)
    return replace(found, attachments=()), kept
