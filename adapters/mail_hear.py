"""What becomes of a mail that came in: a message for the core, news about a letter of ours, or one line in the log.

Who may speak for whom: a reply token that comes back from where it was sent proves the address, and so does DMARC as
told by a server we believe; a From line proves nothing. The answer to the mail server is the result.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import IO

from adapters.letters import Bounce, Ignore, Mail, Own, read
from adapters.mail_files import FileStore
from adapters.mail_large import Found, Order, keep, read_large
from adapters.mail_limit import Limit
from adapters.mail_outbox import Id
from adapters.mail_receive import FULL, LATER, TAKEN, TOO_MANY, UNKNOWN
from adapters.mail_tokens import Destination, Tokens, Use, fold
from relaybot.model import Forwarded, Message, Style
from relaybot.ports import Ear, StoreFailed

log = logging.getLogger(__name__)

IN_THREAD_BYTES = 64 * 1024  # larger mails are read in a thread: others are not kept waiting
_UID = re.compile(r"([a-z][0-9]{1,9})-[0-9]{1,9}\.(.+)@([^@]+)")
_CALENDAR_ANSWERS = {"accepted": "yes", "declined": "skip"}


class Hearing:
    """Takes mails for one relaybot. `received` is told about our own copies of letters."""

    def __init__(
        self,
        network: str,
        tokens: Tokens,
        own: Own,
        lists: Mapping[str, str],
        external: bool,
        files: FileStore,
        file_bytes: int,
        received: Callable[[Id], Awaitable[None]],
        limit: Limit,
    ) -> None:
        self._network, self._tokens, self._own = network, tokens, own
        self._lists, self._external = lists, external
        self._files, self._file_bytes = files, file_bytes
        self._received, self._limit = received, limit
        self.ear: Ear | None = None
        self.taken = 0
        self.one_large = asyncio.Lock()  # a large mail is worked on, in or out
        # RFC 2919: a list's id is its address with a dot for the @, by every list server's default.
        self._ids = {fold(address).replace("@", "."): programme for programme, address in lists.items()}
        self._ours = {fold(address) for address in (own.address, *lists.values())}

    def known(self, recipient: str) -> bool | None:
        """Whether mail for this address is ours: None no, else whether its content is needed."""
        use = self._tokens.read(recipient).use
        return None if use is Use.FOREIGN else use is not Use.RECEIPT

    async def take(self, mail: bytes | IO[bytes], sender: str, recipient: str) -> str:
        """One mail with its envelope ("" for the null sender); done, with the reply, when its effect is committed."""
        ear = self.ear
        if ear is None:
            return LATER
        where = self._tokens.read(recipient)
        if where.use is Use.FOREIGN:
            return UNKNOWN
        try:
            if where.use is Use.RECEIPT:
                await self._received((where.programme, where.letter))
            elif not await self._take(ear, where, mail, sender):
                return TOO_MANY
        except StoreFailed as problem:
            log.warning("a mail has to be handed in again: %s", problem.kind)
            return FULL if problem.kind == "full" else LATER
        except Exception:  # a bug must not cost a mail: whoever has it tries again
            log.exception("a mail could not be taken")
            return LATER
        return TAKEN

    async def _take(self, ear: Ear, where: Destination, mail: bytes | IO[bytes], sender: str) -> bool:
        """Whether it was taken: False for one too many of its sender."""
        found, files = await self._read(mail, sender)
        if isinstance(found, Ignore):
            self._ignored(found.reason)
        elif isinstance(found, Bounce):
            await self._bounced(ear, where, found)
        elif where.use is Use.BOUNCE:
            self._ignored("written to the address for returned mail")
        else:
            message = self._message(where, found)
            if message is not None:
                # Counted apart: whoever forges somebody's address does not keep their own mails waiting.
                sender = f"{fold(found.address)} {'proven' if message.proven else ''}"
                if not self._limit.take(sender, asyncio.get_running_loop().time()):
                    log.info("a mail is one too many of its sender's, and has to wait")
                    return False
                if found.attachments:
                    files = await asyncio.to_thread(keep, self._files, self._file_bytes, found.attachments)
                await ear.hear(replace(message, files=files))
                self.taken += 1
        return True

    async def _read(self, mail: bytes | IO[bytes], sender: str) -> Found:
        """What is in a mail: a small one here, a larger one in a thread, one that lies in a file in its own process."""
        if not isinstance(mail, bytes):
            files = self._files
            order = Order(sender, self._own, files.folder, files.total_bytes, self._file_bytes)
            async with self.one_large:
                found = await read_large(mail, order)
            files.recount()
            return found
        if len(mail) > IN_THREAD_BYTES:
            return await asyncio.to_thread(read, mail, sender, self._own), ()
        return read(mail, sender, self._own), ()

    @staticmethod
    def _ignored(reason: str) -> None:
        log.info("a mail was ignored: %s", reason)

    # ----------------------------------------------------------------------------------------- bounces

    async def _bounced(self, ear: Ear, where: Destination, bounce: Bounce) -> None:
        """Mail came back. Only the address it came back to says whose it was, and that it was ours."""
        if where.use is not Use.BOUNCE:
            self._ignored("returned mail without our mark")
            return
        failed = [address for address in bounce.addresses if self._tokens.read(address).use is Use.FOREIGN]
        if bounce.addresses and not failed:
            self._ignored("our own copy of a letter came back")
            return
        address = where.address
        if not address:
            address = next((one for one in failed if self._tokens.is_bounce_of(where, one)), "")
        if not address:
            self._ignored("returned mail that does not say whose")
            return
        await ear.bounced(self._addressed(address), bounce.reason, permanent=bounce.permanent)

    # ------------------------------------------------------------------------------------------- mails

    def _message(self, where: Destination, mail: Mail) -> Message | None:
        """The mail as the core hears it, without its files; None when it is not for the core."""
        if fold(mail.address) in self._ours:
            self._ignored("our own mail")
            return None
        programme, place = where.programme, ""
        if mail.list_id:
            programme = self._ids.get(fold(mail.list_id.strip("<>")), "")
            if not self._external or not programme:
                self._ignored("it came through a list that is not ours")
                return None
        if mail.list_id or where.use is Use.LIST:
            place = f"{self._network}/{self._lists[programme]}"
        text, blocks, subject, complete, about = mail.words, mail.blocks, mail.subject, mail.plain, where.about
        if mail.reply:
            text, blocks, subject, complete = _CALENDAR_ANSWERS.get(mail.reply, ""), (), "", True
            found = _UID.fullmatch(mail.reply_uid.lower())
            if not text or found is None or found[3] != self._own.domain:
                self._ignored(f"a calendar's answer: {mail.reply}")
                return None
            programme, about = found[2], found[1].upper()
        replied = where.use is Use.REPLY
        same = replied and self._tokens.is_from(where, mail.address)
        address = self._addressed(mail.address)
        passed = mail.passed
        return Message(
            network=self._network,
            sender=address,
            reply=address,
            name=mail.name,
            text=text,
            place=place,
            programme=programme,
            about=about,
            style=Style.LETTER,
            id=mail.key,
            # A server we believe saying that it is forged outweighs a token, which a thief of old mail can have.
            proven=mail.authentic is not False and (same or mail.authentic is True),
            doubtful=mail.authentic is False,
            stranger=replied and not same,
            subject=subject,
            thread=mail.message_id,
            blocks=blocks,
            calendar=bool(mail.reply),
            forwarded=Forwarded(passed.name, self._addressed(passed.address), passed.words) if passed else None,
            complete=complete,
        )

    def _addressed(self, address: str) -> str:
        """As the core keeps it: in small letters, because people and servers change the case of an address."""
        return f"{self._network}/{fold(address)}" if address else ""
