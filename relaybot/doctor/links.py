"""The mail adapter's own connections, for looking: the server that takes our mail, the mailbox where mail comes in."""

from __future__ import annotations

import tempfile
from pathlib import Path

import aiosmtplib

from adapters.mail_imap import Mailbox
from adapters.mail_send import Server, Smtp
from adapters.mail_settings import ImapSettings, MailSettings

TIMEOUT_SECONDS = 15.0


class Sender(Smtp):
    """The adapter's connection; tells what the server can."""

    async def features(self) -> tuple[dict[str, str], str]:
        """EHLO's extensions in lower case with their values, and the TLS version ("" for none). Raises as check()."""
        async with self._lock:
            client = await self._connected()
            if client.is_ehlo_or_helo_needed:
                try:
                    await client.ehlo()
                except aiosmtplib.SMTPException as problem:
                    raise OSError(f"the mail server refuses EHLO: {problem}") from None
            tls = client.get_transport_info("ssl_object")
            version = getattr(tls, "version", lambda: "")() or ""
            return {name.lower(): value for name, value in client.esmtp_extensions.items()}, version


def server(settings: MailSettings) -> Server:
    """Where mail is handed in, as the adapter does; waiting less long."""
    send = settings.send
    return Server(
        send.host, send.port, send.tls, send.user, send.password, send.ca_file, settings.own_domain,
        TIMEOUT_SECONDS, TIMEOUT_SECONDS,
    )  # fmt: skip


class Eye(Mailbox):
    """The adapter's connection to a mailbox, for looking only. Blocking: call it in a thread."""

    def __init__(self, settings: ImapSettings) -> None:
        nowhere = Path(tempfile.gettempdir())  # nothing is taken, so no checkpoint is written
        super().__init__(settings, nowhere, lambda recipient: None, _never, lambda trouble: None)
        self._where = settings

    def enter(self) -> tuple[int, list[str]]:
        """Log in and open the folder: its number of mails, and folders that are not there. Raises as Mailbox does."""
        client = self._connected()
        told = self._ask(client.select, f'"{self._where.folder}"')
        number = int(told[0]) if told and isinstance(told[0], bytes) and told[0].isdigit() else 0
        target = self._where.move_to
        return number, [target] if target and not any(self._ask(client.list, '""', f'"{target}"')) else []

    def find(self, message_id: str) -> bytes | None:
        """A mail by its Message-ID, taken out of the folder; None while it is not there."""
        client = self._connected()
        self._ask(client.select, f'"{self._where.folder}"')  # anew: what came meanwhile is seen then
        data = self._ask(client.uid, "SEARCH", "HEADER", "Message-ID", f'"{message_id}"')
        uids = [word for line in data if isinstance(line, bytes) for word in line.split()]
        if not uids:
            return None
        uid = uids[-1].decode()
        raw = self._part(client, int(uid), "BODY.PEEK[]")
        self._ask(client.uid, "STORE", uid, "+FLAGS.SILENT", r"(\Seen \Deleted)")
        told = self._ask(client.capability)
        if any(b"UIDPLUS" in line.upper() for line in told if isinstance(line, bytes)):
            self._ask(client.uid, "EXPUNGE", uid)
        return raw

    def leave(self) -> None:
        """Hang up."""
        self._hang_up()


async def _never(mail: object, sender: str, recipient: str) -> str:
    """Take nothing."""
    return "451"
