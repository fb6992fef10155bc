"""The settings of the Matrix medium, checked: unknown keys are errors, every mistake is told at once.

Identifiers are those of the specification, appendix 4: "@user:server", "!room:server" (or "!room" since room version 12), "#alias:server".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from relaybot.ports import Misconfigured

_USER = re.compile(r"@[!-9;-~]+:[A-Za-z0-9.\-\[\]:]+")  # historical localparts are allowed: any printable ASCII but ":"
_ROOM = re.compile(r"!\S+|#[^\s:]+:\S+")
MAX_ID_BYTES = 255


def is_user(text: str) -> bool:
    """Whether it is a user id, "@ana:example.org"."""
    return len(text.encode()) <= MAX_ID_BYTES and _USER.fullmatch(text) is not None


def is_room(text: str) -> bool:
    """Whether it is a room's id or an alias of one."""
    return len(text.encode()) <= MAX_ID_BYTES and _ROOM.fullmatch(text) is not None


class MatrixSettings(BaseModel):
    """One account on one homeserver. Secrets are given, not files (the configuration reads those)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    homeserver: str  # base URL of its client-server API
    user: str
    password: str = Field(repr=False)
    public: dict[str, str] = {}  # programme -> room
    moderators: dict[str, str] = {}  # programme -> room
    display_name: str = "relaybot"
    avatar_file: str | None = None
    # 32 bytes, the same for ever: what the keys on disk and the cross-signing identity are made of.
    key: bytes = Field(repr=False)
    state_dir: Path  # the encryption keys and what this adapter remembers lie there, mode 0700
    invites_per_hour: int = Field(default=60, ge=0)  # of people nobody knows; more of them are declined
    invites_each_per_hour: int = Field(default=5, ge=1)  # of one of them
    commands_per_minute: int | None = Field(default=30, ge=1)  # per person; None: no limit
    messages_per_second: float = Field(default=0.0, ge=0)  # 0: what the homeserver's own limit leaves

    @field_validator("homeserver")
    @classmethod
    def _homeserver_is_one(cls, homeserver: str) -> str:
        parts = urlsplit(homeserver)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("is no URL of a homeserver, e.g. https://matrix.example.org")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("has to begin with https:// (http:// is for this machine only)")
        return homeserver.rstrip("/")

    @field_validator("user")
    @classmethod
    def _user_is_one(cls, user: str) -> str:
        if not is_user(user):
            raise ValueError("is no user id, e.g. @relaybot:example.org")
        return user

    @field_validator("public", "moderators")
    @classmethod
    def _rooms_are(cls, rooms: dict[str, str]) -> dict[str, str]:
        for room in rooms.values():
            if not is_room(room):
                raise ValueError(f'"{room}" is no room, e.g. #mentoring:example.org or !id:example.org')
        return rooms

    @field_validator("key")
    @classmethod
    def _key_is_whole(cls, key: bytes) -> bytes:
        if len(key) != 32:
            raise ValueError("has to be 32 bytes")
        return key

    @model_validator(mode="after")
    def _fits_together(self) -> MatrixSettings:
        rooms = [*self.public.values(), *self.moderators.values()]
        if len(set(rooms)) < len(rooms):
            raise ValueError("a room is given twice; each has one programme and one use")
        return self


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(name: str, settings: Mapping[str, Any]) -> MatrixSettings:
    """The settings of network `name`, e.g. "home". Raises Misconfigured, one line per mistake."""
    try:
        return MatrixSettings.model_validate(dict(settings))
    except ValidationError as error:
        lines = []
        for mistake in error.errors(include_url=False, include_input=False):
            where = ".".join(str(part) for part in ("matrix", name, *mistake["loc"]))
            lines.append(f"{where}: {mistake['msg'].removeprefix('Value error, ')}")
        raise Misconfigured("\n".join(lines)) from None
