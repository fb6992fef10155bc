"""The settings of the mail medium, checked: unknown keys are errors, every mistake is told at once.

Secrets are given, not files; the configuration reads those.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from relaybot.ports import Misconfigured

_ADDRESS = re.compile(r"[A-Za-z0-9._-]{1,20}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_LIST = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ImapSettings(_Table):
    """A mailbox that is looked into: receive = {"imap": {...}}."""

    host: str
    port: int = Field(default=993, ge=1, le=65535)
    tls: Literal["starttls", "implicit", "none"] = "implicit"  # none: only on loopback
    user: str
    password: str = Field(repr=False)
    ca_file: str = ""  # PEM; "": the system's authorities
    folder: str = "INBOX"
    move_to: str = ""  # a folder for mails that were taken; "": they stay, marked as read
    poll_seconds: float = Field(default=45.0, gt=0, le=3600)
    timeout_seconds: float = Field(default=60.0, gt=0)

    @model_validator(mode="after")
    def _is_encrypted(self) -> ImapSettings:
        if self.tls == "none" and self.host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("tls = none is for a server on this machine only: the password would be readable")
        return self


class ReceiveSettings(_Table):
    """How mail comes in: exactly one of these."""

    lmtp: str = ""  # host:port to listen on
    smtp: str = ""  # host:port to listen on
    imap: ImapSettings | None = None

    @model_validator(mode="after")
    def _is_one(self) -> ReceiveSettings:
        if bool(self.lmtp) + bool(self.smtp) + (self.imap is not None) != 1:
            raise ValueError("needs exactly one of lmtp, smtp and imap")
        if self.imap is None:
            self.listen()
        return self

    def listen(self) -> tuple[str, int]:
        """Where to listen, for lmtp and smtp. Raises ValueError."""
        host, colon, port = (self.lmtp or self.smtp).rpartition(":")
        if not colon or not port.isdigit() or int(port) > 65535:
            raise ValueError('is not host:port, e.g. "127.0.0.1:8024"')
        return host.strip("[]"), int(port)


class SendSettings(_Table):
    """How mail goes out: to a server, or into a Maildir."""

    host: str = ""
    port: int = Field(default=25, ge=1, le=65535)
    tls: Literal["none", "starttls", "implicit"] = "none"
    user: str = ""
    password: str = Field(default="", repr=False)
    ca_file: str = ""  # PEM; "": the system's authorities
    maildir: str = ""

    @model_validator(mode="after")
    def _is_one(self) -> SendSettings:
        if bool(self.host) == bool(self.maildir):
            raise ValueError("needs either host or maildir")
        if self.user and self.tls == "none" and self.host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("a password needs tls = starttls or implicit")
        return self


class MailSettings(_Table):
    """Everything about mail; what each key means is written at open_adapter."""

    address: str
    domain: str = ""
    lists: dict[str, str] = {}
    list_mode: Literal["own", "external"] = "own"
    titles: dict[str, str]
    receive: ReceiveSettings
    send: SendSettings
    trusted_authserv: tuple[str, ...] = ()
    key: bytes = Field(repr=False, min_length=32, max_length=64)
    state_dir: Path
    self_receipt: bool | None = None  # None: where it can work
    receipt_seconds: float = Field(default=600.0, gt=0)
    mails_per_minute: float = Field(default=0.0, ge=0)
    mails_per_hour: int = Field(default=60, ge=0)
    max_connections: int = Field(default=2, ge=1, le=20)
    timeout_seconds: float = Field(default=60.0, gt=0)
    data_timeout_seconds: float = Field(default=300.0, gt=0)
    file_bytes: int = Field(default=10_000_000, ge=0, le=25_000_000)
    file_days: float = Field(default=8.0, gt=0)
    files_total_bytes: int = Field(default=1_000_000_000, ge=0)

    @field_validator("address")
    @classmethod
    def _address_is_one(cls, address: str) -> str:
        if not _ADDRESS.fullmatch(address):
            raise ValueError("is not an address relaybot can have (at most 20 letters, digits, . _ - before the @)")
        return address

    @field_validator("lists")
    @classmethod
    def _lists_are(cls, lists: dict[str, str]) -> dict[str, str]:
        for address in lists.values():
            if not _LIST.fullmatch(address):
                raise ValueError(f'"{address}" is not a mail address')
        return lists

    @model_validator(mode="after")
    def _fits_together(self) -> MailSettings:
        folded = [address.casefold() for address in (self.address, *self.lists.values())]
        if len(set(folded)) < len(folded):
            raise ValueError("an address is given twice: relaybot and each list need one of their own")
        for programme in self.lists:
            if programme not in self.titles:
                raise ValueError(f"the list of {programme!r} is of no programme that has a title")
        if self.self_receipt and (self.receive.imap is not None or self.send.maildir):
            raise ValueError("self_receipt needs mail received by lmtp or smtp and sent to a server")
        return self

    @property
    def own_domain(self) -> str:
        """The domain of Message-IDs and dates."""
        return (self.domain or self.address.rpartition("@")[2]).lower()

    @property
    def limit_per_hour(self) -> int:
        """Mails of one address; a mailbox is read in order, so there is no limit in one."""
        return self.mails_per_hour if self.receive.imap is None else 0

    @property
    def receipts(self) -> bool:
        """Whether our own copies of letters come in."""
        if self.self_receipt is not None:
            return self.self_receipt
        return self.receive.imap is None and not self.send.maildir


def read_settings(name: str, settings: object) -> MailSettings:
    """The settings as given by the configuration. Raises Misconfigured, one line per mistake."""
    try:
        return MailSettings.model_validate(settings)
    except ValidationError as error:
        lines = []
        for mistake in error.errors(include_url=False, include_input=False):
            where = ".".join(str(part) for part in (name, *mistake["loc"]))
            lines.append(f"{where}: {mistake['msg'].removeprefix('Value error, ')}")
        raise Misconfigured("\n".join(lines)) from None
