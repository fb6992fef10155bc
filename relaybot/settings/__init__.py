"""The tables of the configuration file as pydantic models: keys, defaults, limits and what each is for.

relaybot/config.py reads the file into these; served.py makes of them what a programme has; its own settings are policy.py.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

# The specification's identifiers (appendix 4): localparts of old accounts are any printable ASCII but ":"; rooms have no
# server in their id since room version 12.
_USER = re.compile(r"@[!-9;-~]+:[A-Za-z0-9.\-\[\]:]+")
_ROOM = re.compile(r"!\S+|#[^\s:]+:\S+")


def is_matrix_user(text: str) -> bool:
    """Whether it is a Matrix user id, "@ana:example.org"."""
    return _USER.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Whether a server's name or address means this machine, where nobody else is."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Table(BaseModel):
    """A table of the file; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RelaybotTable(Table):
    """[relaybot]: the process."""

    name: str = Field(
        default="relaybot",
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,15}$",
        description="the bot's name, and its nick where none is given",
    )
    owner: str = Field(
        default="",
        max_length=200,
        description="who runs it and how to reach them; shown to networks, required outside loopback",
    )
    database: str = Field(
        default="relaybot.db", min_length=1, description="SQLite file, relative to the configuration file"
    )
    state_dir: str = Field(
        default=".", min_length=1, description="lock file, codes, backups; relative to the configuration file"
    )


class SaslTable(Table):
    """sasl = {...}: how relaybot logs in to services."""

    account: str = Field(default="", max_length=64, description="services account")
    password: str = Field(default="", description="its password (or password_file, password_credential)")
    certificate_file: str = Field(
        default="", description="PEM file with certificate and key, for SASL EXTERNAL instead of a password"
    )


class IrcTable(Table):
    """[irc.NAME]: one IRC network."""

    host: str = Field(min_length=1, description="the server's name, as in its certificate")
    port: int = Field(default=6697, ge=1, le=65535, description="its port")
    tls: bool = Field(default=True, description="encrypt and verify the certificate")
    tls_ca_file: str = Field(default="", description="PEM file of the authority to trust instead of the system's")
    nick: str = Field(default="", max_length=30, description="nick; empty: the bot's name")
    realname: str = Field(default="", max_length=120, description="real name; empty: made of the name and the owner")
    sasl: SaslTable = Field(default=SaslTable(), description="login to services")
    channel: dict[str, str] = Field(default_factory=dict, description="programme -> public channel")
    moderators_channel: dict[str, str] = Field(default_factory=dict, description="programme -> moderators' channel")
    moderators_closed: bool = Field(
        default=True,
        description="keep the moderators' channel invite-only (where relaybot is its operator) and let moderators in",
    )
    pair_channels: bool = Field(default=True, description="give pairs a channel of their own on this network")
    burst_lines: int = Field(default=4, ge=1, le=100, description="lines sent at once before pacing begins")
    lines_per_second: float = Field(
        default=1.0, ge=0, le=10_000, description="lines a second after the burst; 0: no pacing"
    )
    line_bytes: int = Field(default=400, ge=100, le=430, description="longest text in one line, in bytes")
    ping_seconds: int = Field(default=60, ge=5, le=600, description="silence after which the link is tested")
    ping_timeout_seconds: int = Field(
        default=30, ge=2, le=300, description="seconds without an answer after which it is closed"
    )
    commands_per_minute: int = Field(
        default=12,
        ge=0,
        le=10_000,
        description="lines one person may send in a minute before being ignored for a while; 0: any number",
    )
    relayed_by: tuple[str, ...] = Field(default=(), description="nicks of bridge bots, whose lines are never commands")

    @property
    def lacks_secret(self) -> bool:
        """Whether an account is named and nothing to log in with: run refuses that, check only notes it."""
        return bool(self.sasl.account) and not self.sasl.password and not self.sasl.certificate_file

    def with_secret(self) -> IrcTable:
        """The table as it will be when the password is filled in."""
        return self.model_copy(update={"sasl": SaslTable()}) if self.lacks_secret else self


class MatrixTable(Table):
    """[matrix.NAME]: one account on a Matrix homeserver."""

    homeserver: str = Field(description="its URL; http:// only on this machine, e.g. https://matrix.example.org")
    user: str = Field(description="relaybot's user id, e.g. @relaybot:example.org")
    password: str = Field(default="", description="its password (or password_file, password_credential)")
    room: dict[str, str] = Field(
        default_factory=dict, description="programme -> public room, by its alias (#...:server) or id (!...)"
    )
    moderators_room: dict[str, str] = Field(
        default_factory=dict, description="programme -> moderators' room, by its alias or id; keep it invite-only"
    )
    display_name: str = Field(
        default="", max_length=100, description='name people see; empty: the bot\'s name and "(mentoring bot)"'
    )
    avatar_file: str = Field(
        default="", description="picture people see, a PNG or JPEG file relative to the configuration file"
    )
    pair_rooms: bool = Field(
        default=True, description="offer pairs who are both on Matrix a private encrypted room of their own"
    )
    invites_per_hour: int = Field(
        default=60, ge=0, le=10_000, description="invitations of people not known before that are accepted in an hour"
    )
    invites_each_per_hour: int = Field(
        default=5, ge=1, le=1000, description="invitations of one such person that are accepted in an hour"
    )
    commands_per_minute: int = Field(
        default=30,
        ge=0,
        le=10_000,
        description="messages one person may send in a minute before being ignored for a while; 0: any number",
    )
    messages_per_second: float = Field(
        default=0.0, ge=0, le=1000, description="messages sent in a second at most; 0: as many as the homeserver takes"
    )

    @field_validator("homeserver")
    @classmethod
    def _homeserver_is_one(cls, homeserver: str) -> str:
        try:
            parts = urlsplit(homeserver)
            good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:  # of a port that is no number
            raise ValueError(f"{homeserver!r} is no URL of a homeserver") from None
        if not good or parts.query or parts.fragment or parts.username:
            raise ValueError(f"{homeserver!r} is no URL of a homeserver, e.g. https://matrix.example.org")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError(f"{homeserver!r} has to begin with https:// (http:// is for this machine only)")
        return homeserver.rstrip("/")

    @field_validator("user")
    @classmethod
    def _user_is_one(cls, user: str) -> str:
        if not is_matrix_user(user):
            raise ValueError(f"{user!r} is no user id, e.g. @relaybot:example.org")
        return user

    @field_validator("room", "moderators_room")
    @classmethod
    def _rooms_are(cls, rooms: dict[str, str]) -> dict[str, str]:
        for programme, room in rooms.items():
            if not _ROOM.fullmatch(room):
                raise ValueError(
                    f"{room!r} for {programme} is no room; it is an alias like #mentoring:example.org, or an id like !abc:example.org"
                )
        return rooms

    @model_validator(mode="after")
    def _rooms_have_one_use(self) -> MatrixTable:
        rooms = [*self.room.values(), *self.moderators_room.values()]
        if len(set(rooms)) < len(rooms):
            raise ValueError("a room is given twice; each has one programme and one use")
        return self

    @property
    def host(self) -> str:
        """The homeserver's name or address."""
        return urlsplit(self.homeserver).hostname or ""

    @property
    def lacks_secret(self) -> bool:
        """Whether there is nothing to log in with yet: run refuses that, check only notes it."""
        return not self.password

    def with_secret(self) -> MatrixTable:
        """The table as it will be when the password is filled in."""
        return self.model_copy(update={"password": self.password or "?"})


class ImapTable(Table):
    """receive = { imap = {...} }: a hosted mailbox that is looked into again and again."""

    host: str = Field(min_length=1, description="the IMAP server's name, as in its certificate")
    port: int = Field(default=993, ge=1, le=65535, description="its port")
    tls: Literal["implicit", "starttls", "none"] = Field(
        default="implicit", description="how the connection is encrypted; none only on loopback"
    )
    user: str = Field(min_length=1, description="account")
    password: str = Field(default="", description="its password (or password_file, password_credential)")
    ca_file: str = Field(default="", description="PEM file of the authority to trust instead of the system's")
    folder: str = Field(default="INBOX", min_length=1, description="folder that is read")
    move_to: str = Field(default="", description="folder into which read mail is moved; empty: it is marked as read")
    poll_seconds: int = Field(default=45, ge=5, le=3600, description="seconds between two looks")


class ReceiveTable(Table):
    """receive = {...}: how mail comes in; one of these."""

    lmtp: str = Field(default="", description="host:port on which the mail server hands mail over by LMTP")
    smtp: str = Field(default="", description="host:port on which the mail server hands mail over by SMTP")
    imap: ImapTable | None = Field(default=None, description="or a hosted mailbox")


class SendTable(Table):
    """send = {...}: the server that takes outgoing mail."""

    host: str = Field(default="127.0.0.1", min_length=1, description="its name, as in its certificate")
    port: int = Field(default=25, ge=1, le=65535, description="its port")
    tls: Literal["none", "starttls", "implicit"] = Field(
        default="none",
        description="none only on loopback or without a password; nothing is sent unencrypted by accident",
    )
    user: str = Field(default="", description="account, if it wants one")
    password: str = Field(default="", description="its password (or password_file, password_credential)")
    ca_file: str = Field(default="", description="PEM file of the authority to trust instead of the system's")


class MailTable(Table):
    """[mail]: the bot's own mail address, and the lists."""

    address: str = Field(
        min_length=3, max_length=200, description="the bot's address; everything in front of + has to reach it too"
    )
    list: dict[str, str] = Field(default_factory=dict, description="programme -> its mailing list's address")
    list_mode: Literal["own", "external"] = Field(
        default="own",
        description="own: relaybot distributes the list; external: it is a member of a list that Mailman or Google runs",
    )
    receive: ReceiveTable = Field(description="how mail comes in")
    send: SendTable = Field(default=SendTable(), description="the server that takes outgoing mail")
    trusted_authserv: tuple[str, ...] = Field(
        default=(), description="names of your own mail servers whose Authentication-Results are believed"
    )
    self_receipt: bool | None = Field(
        default=None,
        description="send a copy of every mail to the bot itself, so that none is sent twice after a crash; default: where it can work",
    )
    mails_per_minute: float = Field(
        default=0, ge=0, le=100_000, description="outgoing mails a minute at most; 0: no limit"
    )
    max_connections: int = Field(default=2, ge=1, le=20, description="connections to the sending server at once")
    mails_per_hour: int = Field(
        default=60,
        ge=0,
        le=100_000,
        description="mails one address may send by lmtp or smtp in an hour, more have to wait at the mail server; 0: any number",
    )
    receipt_seconds: float = Field(
        default=600,
        gt=0,
        le=86_400,
        description="seconds a mail of unknown fate waits for the copy that proves it has left, before it is sent again",
    )

    @property
    def lacks_secret(self) -> bool:
        """Whether an account is named and nothing to log in with: run refuses that, check only notes it."""
        imap = self.receive.imap
        return bool(self.send.user and not self.send.password) or (imap is not None and not imap.password)

    def with_secret(self) -> MailTable:
        """The table as it will be when the passwords are filled in."""
        send = self.send.model_copy(update={"password": self.send.password or "?"})
        receive = self.receive
        if receive.imap is not None and not receive.imap.password:
            receive = receive.model_copy(update={"imap": receive.imap.model_copy(update={"password": "?"})})
        return self.model_copy(update={"send": send if self.send.user else self.send, "receive": receive})


class EmbeddedTable(Table):
    """[embedded]: servers of relaybot's own on loopback."""

    irc: str = Field(
        default="127.0.0.1:6667", description="address of the embedded IRC server; port 0 picks a free one"
    )
    smtp: str = Field(
        default="127.0.0.1:2525",
        description="address of the embedded mail server; port 0 picks a free one, empty: none",
    )
    maildir: str = Field(
        default="mail",
        min_length=1,
        description="Maildir into which outgoing mail is delivered; any mail program opens it",
    )
    mail_domain: str = Field(
        default="relaybot.localhost",
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$",
        description="mail domain: relaybot@ it is the bot, <programme>@ it the list",
    )


class ProgrammeTable(Table):
    """What a programme's table holds besides the keys of its policy."""

    preset: Literal["tech-peer"] = Field(default="tech-peer", description="the settings to start from")
    file: str = Field(
        default="", description="a TOML file with the programme's keys, relative to the configuration file"
    )
    moderators: tuple[str, ...] = Field(default=(), description='addresses of the moderators, e.g. "irc:libera/dana"')
