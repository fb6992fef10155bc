"""The mail medium: settings, and the adapter that wires receiving, sending, tokens and files together.

mail_receive (LMTP, SMTP) or mail_imap bring mails, mail_hear says what becomes of them; mail_outbox keeps letters in
order, mail_send (SMTP) or mail_maildir takes them away; letters and letters_write read and write the mails themselves.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from adapters import letters_write
from adapters.letters import Own
from adapters.mail_files import FileStore
from adapters.mail_hear import Hearing
from adapters.mail_imap import Mailbox
from adapters.mail_large import WriteOrder, enclosed, write_large
from adapters.mail_limit import Limit
from adapters.mail_maildir import Maildir
from adapters.mail_outbox import Id, Outbox, Parcel, Route
from adapters.mail_receive import LARGE_BYTES, Door
from adapters.mail_send import Server, Smtp, with_ascii_domain
from adapters.mail_settings import MailSettings, read_settings
from adapters.mail_tokens import Tokens, fold
from relaybot.model import Letter
from relaybot.ports import Adapter, Delivery, Ear, Misconfigured

log = logging.getLogger(__name__)

NETWORK = "mail"
CHECKPOINT = "mail-imap.json"
SWEEP_SECONDS = 6 * 3600.0


def open_adapter(name: str, settings: Mapping[str, object]) -> Adapter:
    """The adapter for mail. Raises Misconfigured, one line per mistake.

    address             relaybot's own address; "address+...@domain" has to come in here too (recipient delimiter +)
    domain              of Message-IDs and dates; "": the address's
    lists               programme -> address of its list
    list_mode           own: relaybot distributes posts itself; external: a list server does, relaybot is subscribed
    titles              programme -> its name as people read it; every programme needs one
    receive             {"lmtp": "host:port"} or {"smtp": "host:port"}: listen there for a mail server on this machine
                        (port 0: a free one, then in `listening`); or {"imap": {host, port, tls, user, password, ca_file,
                        folder, move_to, poll_seconds, timeout_seconds}}
    send                {host, port, tls = none | starttls | implicit, user, password, ca_file} or {"maildir": folder}
    trusted_authserv    whose Authentication-Results to believe (RFC 8601)
    key                 32 random bytes, the same for ever: tokens are made with it
    state_dir           where files, and what has to survive a restart, lie
    self_receipt        every letter has our own address as second recipient, which proves that the server took it;
                        default: wherever that can work
    receipt_seconds     so long a letter of unknown fate waits for that copy before it is sent again (600)
    mails_per_minute    pace; 0: as fast as the server takes them
    mails_per_hour      so many one address may send us (60), more have to wait; 0: any number. Not with imap: there one
                        mail that waits keeps all behind it waiting
    max_connections     to the mail server (2)
    timeout_seconds     for each of its replies (60); data_timeout_seconds for the one after a mail (300)
    file_bytes          largest attachment kept; file_days: so long it is; files_total_bytes: all of them together
    """
    return MailAdapter(read_settings(name, dict(settings)))


class MailAdapter:
    """Mail, as relaybot.ports.Adapter. Addresses are "mail/chidi@example.net"."""

    network = NETWORK

    def __init__(self, settings: MailSettings) -> None:
        self.settings = settings
        self.since: datetime | None = None  # listening since then
        self.listening: tuple[str, int] | None = None  # where, for lmtp and smtp
        self.door: Door | None = None
        self._ear: Ear | None = None
        self._files = FileStore(settings.state_dir / "files", settings.files_total_bytes)
        self._tokens = Tokens(
            settings.key, settings.address, settings.lists, tuple(settings.titles), settings.own_domain
        )
        self._lists = {fold(address) for address in settings.lists.values()}
        self._maildir = Maildir(Path(settings.send.maildir)) if settings.send.maildir else None
        self._outbox = Outbox(
            self._routes(), self._compose, self._connected, self._left,
            per_minute=settings.mails_per_minute,
            receipts=settings.receipts,
            receipt_seconds=settings.receipt_seconds,
        )  # fmt: skip
        lists = {programme: address.lower() for programme, address in settings.lists.items()}
        authserv = tuple(server.lower() for server in settings.trusted_authserv)
        own = Own(self._tokens.address, tuple(lists.values()), settings.own_domain, authserv)
        self._hearing = Hearing(
            NETWORK, self._tokens, own, lists, settings.list_mode == "external",
            self._files, settings.file_bytes, self._outbox.received, Limit(settings.limit_per_hour),
        )  # fmt: skip

    def _routes(self) -> Sequence[Route]:
        settings, send = self.settings, self.settings.send
        if self._maildir is not None:
            return [self._maildir]
        server = Server(
            host=send.host,
            port=send.port,
            tls=send.tls,
            user=send.user,
            password=send.password,
            ca_file=send.ca_file,
            hostname=settings.own_domain,
            timeout_seconds=settings.timeout_seconds,
            data_timeout_seconds=settings.data_timeout_seconds,
        )
        return [Smtp(server) for _ in range(settings.max_connections)]

    # --------------------------------------------------------------------------------- what ports asks

    def ready(self) -> bool:
        return self.since is not None and not self._outbox.trouble

    def health(self) -> str:
        came = f"receiving since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else "not receiving"
        goes = f"not sending: {self._outbox.trouble}" if self._outbox.trouble else f"{self._outbox.sent} letters sent"
        unsure = f", {self._outbox.unsure} of unknown fate" if self._outbox.unsure else ""
        return f"{came}, {self._hearing.taken} mails taken; {goes}, {self._outbox.waiting} waiting{unsure}"

    def deliver(self, delivery: Delivery) -> None:
        head, _, to = delivery.letter.to.partition("/")
        folded = fold(to)
        ours = self._hearing.known(to) is not None and not self._is_post(folded)
        if delivery.letter.id == 0:  # "cannot be written down": by mail the mail server tries again, and so it will be
            self._outbox.refuse(delivery, "dropped", "")
        elif head != NETWORK or "@" not in to or ours:
            self._outbox.refuse(delivery, "undeliverable", "that is not an address to write to")
        else:
            self._outbox.post(delivery, folded)

    async def run(self, ear: Ear) -> None:
        self._ear = self._hearing.ear = ear
        await self._prepare()
        door = self.door = self._new_door()
        if door is not None:
            try:
                await door.start()
            except OSError as problem:
                raise Misconfigured(f"mail cannot be received on {door.host}:{door.port}: {problem.strerror}") from None
            self.listening = (door.host, door.port)
            self.since = datetime.now(UTC)
        try:
            await _together(self._outbox.run(), self._keep_house(), *self._mailbox())
        finally:
            self.since = None
            if door is not None:
                await door.stop()

    async def _prepare(self) -> None:
        try:
            self.settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._maildir is not None:
                await asyncio.to_thread(self._maildir.prepare)
        except OSError as problem:
            raise Misconfigured(f"{problem.filename} cannot be made: {problem.strerror}") from None

    def _new_door(self) -> Door | None:
        receive = self.settings.receive
        if receive.imap is not None:
            return None
        host, port = receive.listen()
        return Door(
            lmtp=bool(receive.lmtp),
            host=host,
            port=port,
            hostname=self.settings.own_domain,
            folder=self.settings.state_dir,
            known=self._hearing.known,
            take=self._hearing.take,
        )

    def _mailbox(self) -> list[Coroutine[Any, Any, None]]:
        imap = self.settings.receive.imap
        if imap is None:
            return []
        mailbox = Mailbox(
            imap, self.settings.state_dir / CHECKPOINT, self._hearing.known, self._hearing.take, self._polled
        )
        return [mailbox.run()]

    def _polled(self, trouble: str) -> None:
        """The mailbox was looked into, or could not be."""
        if trouble:
            self.since = None
        elif self.since is None:
            self.since = datetime.now(UTC)

    def _connected(self) -> None:
        log.info("mail can be sent")
        if self._ear is not None:
            self._ear.reachable(NETWORK)

    async def _left(self, letter: Id) -> None:
        """A copy proves that a letter has left."""
        if self._ear is not None:
            await self._ear.left(*letter)

    async def _keep_house(self) -> None:
        while True:
            gone = await asyncio.to_thread(self._files.sweep, self.settings.file_days)
            if gone:
                log.info("%d files were old enough to be deleted", gone)
            await asyncio.sleep(SWEEP_SECONDS)

    # ---------------------------------------------------------------------------------------- composing

    def _is_post(self, folded: str) -> bool:
        """Whether a letter to this address is a post to a list that others distribute."""
        return self.settings.list_mode == "external" and folded in self._lists

    async def _compose(self, letter: Letter) -> Parcel:
        """The mail of a letter; the same bytes every time. Raises Undeliverable and TryLater."""
        to = letter.to.partition("/")[2]
        settings, tokens = self.settings, self._tokens
        post = self._is_post(fold(to))
        reply = tokens.reply_address(letter.programme, letter.about, to)
        header = letters_write.Header(
            title=settings.titles.get(letter.programme, letter.programme),
            address=tokens.address,
            domain=settings.own_domain,
            to=to,
            message_id=tokens.message_id(letter.programme, letter.id, to),
            loop=tokens.loop_mark(),
            date=letter.written_at,
            # Calendars know a date by its UID and its organizer, so that address is the same in every letter to a reader.
            organizer=tokens.reply_address(letter.programme, "", to) if letter.invitations else "",
            reply_to="" if post else reply,  # a token everybody can read proves nothing
            root=tokens.thread_id(letter.programme, letter.about, to) if letter.about else "",
            list_address=settings.lists.get(letter.programme, "") if letter.listed else "",
            unsubscribe=reply if letter.listed else "",
        )
        return Parcel(
            data=await self._written(letter, header),
            sender=tokens.bounce_address(to),
            to=with_ascii_domain(to),
            receipt=tokens.receipt_address(letter.programme, letter.id) if settings.receipts else "",
            name=letters_write.maildir_name(letter),
            repeated=letter.tried_at is not None,
        )

    async def _written(self, letter: Letter, header: letters_write.Header) -> IO[bytes]:
        """The mail's bytes, CRLF; in a file where it carries large ones."""
        if sum(file.size for file in letter.files) <= LARGE_BYTES:
            files = await asyncio.to_thread(enclosed, self._files, letter) if letter.files else ()
            return BytesIO(letters_write.write(letter, header, files))
        mail = tempfile.TemporaryFile(dir=self.settings.state_dir)  # noqa: SIM115 - closed by the outbox
        try:
            async with self._hearing.one_large:
                await write_large(WriteOrder(letter, header, self._files.folder), mail)
        except BaseException:  # nobody else knows the file yet
            mail.close()
            raise
        return mail


async def _together(*parts: Coroutine[Any, Any, None]) -> None:
    """Run all until one fails, then raise what it raised; an exception group would hide Misconfigured."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
