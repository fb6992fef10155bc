"""What the doctor looks at on Matrix: homeserver, session, signed device, one-time keys, rooms and relaybot's rights in them.

Everything is asked with the session relaybot has, and nothing is written: no login, no device, no sync, so relaybot may run meanwhile.
Spec: https://spec.matrix.org/v1.18/client-server-api/.
"""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters import matrix_sign as sign
from adapters.matrix_client_http import Http, path
from adapters.matrix_client_rooms import Room, each, of, text
from adapters.matrix_memory import FILE
from adapters.matrix_parts import LoggedOut, MatrixError, Session, Unreachable
from adapters.matrix_settings import MatrixSettings
from relaybot.config import Config
from relaybot.doctor.report import Report
from storage import copies

ANSWER_SECONDS = 15.0
KEYS_LEAST = 5
NAMES_SHOWN_MAX = 5
LIMIT = (
    "lift it for relaybot: POST /_synapse/admin/v1/users/{user}/override_ratelimit "
    'with {{"messages_per_second": 0, "burst_count": 0}}, or raise rc_message in homeserver.yaml'
)
AGAIN = (
    "start relaybot: it logs in again, as the same device where that is still there, and with the same identity anyhow"
)
STATE = tuple(
    f"m.room.{kind}"
    for kind in ("create", "power_levels", "encryption", "join_rules", "history_visibility", "tombstone")
)
RENAME = "name the new room in the configuration; people are taken along by their own programs"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One configured room."""

    name: str  # alias or id
    programme: str
    team: bool  # the moderators'


class _Visit:
    """A homeserver and our session there."""

    def __init__(self, name: str, settings: MatrixSettings, report: Report) -> None:
        self.about, self.settings, self.report = f"matrix {name}", settings, report
        self.http = Http(settings.homeserver, ANSWER_SECONDS)

    async def get(self, *parts: str) -> dict[str, Any]:
        """GET below the client-server API. Raises MatrixError."""
        return await self.http.ask("GET", path(*parts))


async def look(config: Config, name: str, settings: MatrixSettings, report: Report) -> None:
    """One account; `settings` as the adapter takes them."""
    visit = _Visit(name, settings, report)
    try:
        if not await _homeserver(visit, lacks_secret=config.matrix[name].lacks_secret):
            return
        _rights(visit)
        session = _session(settings.state_dir)
        if session is None:
            do = "start it once; then the doctor can look at its device and its rooms"
            report.skip(visit.about, "relaybot has not logged in yet", do)
            return
        visit.http.token = session.access_token
        if await _login(visit, session):
            await _device(visit, session, _secret(config.database))
            await _rooms(visit, config, name)
            do = LIMIT.format(user=settings.user)
            found = "how fast relaybot may send cannot be asked; Synapse allows 1 message in 5 s unless told otherwise"
            report.skip(f"{visit.about} rate limit", found, do)
    except MatrixError as problem:
        report.fail(visit.about, f"stopped answering as it should: {problem}", "look into the homeserver's log")
    finally:
        await visit.http.close()


async def _homeserver(visit: _Visit, *, lacks_secret: bool) -> bool:
    """Whether there is one, and it would let us in with a password."""
    where, server = visit.settings.homeserver, visit.settings.user.partition(":")[2]
    try:
        told = (await visit.http.ask("GET", "/_matrix/client/versions")).get("versions")
        flows = {text(flow, "type") for flow in each(await visit.get("login"), "flows")} - {""}
    except MatrixError as problem:
        do = f"check the URL: https://{server}/.well-known/matrix/client tells it; then firewall and certificate"
        visit.report.fail(visit.about, f"{where} is no homeserver that answers: {problem}", do)
        return False
    versions = [version for version in told if isinstance(version, str)] if isinstance(told, list) else []
    visit.report.ok(visit.about, f"{where} answers and speaks Matrix {versions[-1] if versions else '?'}")
    if lacks_secret:
        do = "give password, password_file or password_credential"
        visit.report.fail(f"{visit.about} login", "there is no password", do)
    elif "m.login.password" not in flows:
        do = "let the homeserver take passwords of this account (Synapse: password_config)"
        found = f"the homeserver takes no passwords, only {', '.join(sorted(flows)) or 'nothing'}"
        visit.report.fail(f"{visit.about} login", found, do)
    return True


def _rights(visit: _Visit) -> None:
    """Who may read the encryption keys."""
    folder = visit.settings.state_dir
    if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        visit.report.warn(f"{visit.about} keys", "others may look into their folder", f"chmod 700 {folder.resolve()}")


async def _login(visit: _Visit, session: Session) -> bool:
    """Whether the session relaybot has is still good."""
    about = f"{visit.about} login"
    try:
        user = text(await visit.get("account", "whoami"), "user_id")
    except LoggedOut:
        visit.report.warn(about, f"the session (device {session.device_id}) was ended", AGAIN)
        return False
    if user != visit.settings.user:
        do = f"the homeserver's id is to stand in the configuration, or remove {visit.settings.state_dir} for a new account"
        visit.report.fail(about, f"the session is {user}'s, the configuration says {visit.settings.user}", do)
        return False
    visit.report.ok(about, f"the session as {user} works (device {session.device_id})")
    return True


# --------------------------------------------------------------------------------------------- encryption


async def _device(visit: _Visit, session: Session, secret: bytes) -> None:
    """Is the device what Element wants: signed by an identity, and that one relaybot's own?"""
    about, user = f"{visit.about} encryption", session.user_id
    known = await sign.look(visit.http.ask, user)
    own = known.devices.get(session.device_id)
    signer = known.keys["self_signing"]
    if secret and known.master and known.master != sign.identity_keys(secret, user)["master"].public:
        do = "see docs/operators.md, a foreign identity: restore the database it belongs to, or give relaybot a new account"
        visit.report.fail(about, f"the identity of {user} was not made by this relaybot", do)
    elif own is None:
        visit.report.fail(about, f"the homeserver has no keys of device {session.device_id}", AGAIN)
    elif not signer or not sign.signed(user, own, signer):
        do = "start relaybot: it signs its device; until then Element neither reads nor writes to it"
        visit.report.fail(about, f"device {session.device_id} is not signed by the account's identity", do)
    else:
        visit.report.ok(about, f"device {session.device_id} is signed by relaybot's own identity")
    others = sorted(
        name
        for name, device in known.devices.items()
        if name != session.device_id and not (signer and sign.signed(user, device, signer))
    )
    if others:
        do = f"end their sessions (Element as {user}: Settings, Sessions); people see a warning while they are there"
        visit.report.warn(about, f"{len(others)} other devices are not signed: {_few(others)}", do)
    counts = of(await visit.http.ask("POST", path("keys", "upload"), {}), "one_time_key_counts")
    left = counts.get("signed_curve25519", 0)
    if isinstance(left, int) and left >= KEYS_LEAST:
        visit.report.ok(about, f"{left} one-time keys are left for new devices of people")
    else:
        do = "start relaybot: it makes new ones; if it runs, look into its log"
        visit.report.warn(about, f"{left} one-time keys are left: new devices of people may not reach relaybot", do)


# -------------------------------------------------------------------------------------------------- rooms


async def _rooms(visit: _Visit, config: Config, name: str) -> None:
    """Every room the file names."""
    joined = (await visit.get("joined_rooms")).get("joined_rooms")
    inside = {room for room in joined if isinstance(room, str)} if isinstance(joined, list) else set()
    wanted = [_Wanted(room, programme, team=False) for programme, room in visit.settings.public.items()]
    wanted += [_Wanted(room, programme, team=True) for programme, room in visit.settings.moderators.items()]
    for room in wanted:
        await _room(visit, room, inside, _moderators(config, name, room.programme))


async def _room(visit: _Visit, wanted: _Wanted, inside: Collection[str], moderators: Collection[str]) -> None:
    about, user = f"{visit.about} {wanted.name}", visit.settings.user
    try:
        room = wanted.name
        if not room.startswith("!"):
            room = text(await visit.get("directory", "room", wanted.name), "room_id")
    except Unreachable:
        raise
    except MatrixError as problem:
        do = "make the room and give it this address (Element: room settings, General), or name its id (!...)"
        visit.report.fail(about, f"leads to no room: {problem}", do)
        return
    if room not in inside:
        do = f"invite {user} into it; relaybot comes in by itself"
        visit.report.fail(about, "relaybot is not in it", do)
        return
    state = await _state(visit, room)
    known = Room()
    for event in state.values():
        known.take(event)
    if successor := text(of(state, "m.room.tombstone", "content"), "replacement_room"):
        visit.report.warn(about, f"was replaced by {successor}; relaybot has gone there with it", RENAME)
        return
    if known.power(user) < known.needs("m.room.encrypted" if known.algorithm else "m.room.message"):
        visit.report.fail(about, "relaybot may not speak there", f"give {user} the power to send messages")
        return
    how = "encrypted" if known.algorithm else "not encrypted"
    visit.report.ok(about, f"relaybot is in it and may speak; {how}, room version {known.version}")
    if wanted.team:
        _team(visit, about, known, state)
        people = each(await visit.get("rooms", room, "members"), "chunk")
        there = {text(e, "state_key") for e in people if of(e, "content").get("membership") in {"join", "invite"}}
        _strangers(visit, about, sorted(there - {user, *moderators}))


async def _state(visit: _Visit, room: str) -> dict[str, dict[str, Any]]:
    """The room's own state events by their type, as far as they are there."""
    found: dict[str, dict[str, Any]] = {}
    for kind in STATE:
        try:
            told = await visit.http.ask("GET", path("rooms", room, "state", kind, ""), query={"format": "event"})
        except MatrixError as problem:
            if problem.code != "M_NOT_FOUND":
                raise
            continue
        whole = isinstance(told.get("content"), dict)  # a homeserver that does not know format gives the content alone
        found[kind] = {**(told if whole else {"content": told}), "type": kind, "state_key": ""}
    return found


def _team(visit: _Visit, about: str, room: Room, state: dict[str, dict[str, Any]]) -> None:
    """The moderators' room: who can come in, who can read along."""
    report, user = visit.report, visit.settings.user
    rule = text(of(state, "m.room.join_rules", "content"), "join_rule") or "invite"
    if rule != "invite":
        do = "make it invite-only (Element: room settings, Security & Privacy)"
        report.warn(about, f'its join rule is "{rule}": others than moderators may come in and read', do)
    if not room.algorithm:
        do = "turn encryption on (Element: room settings, Security & Privacy); it cannot be turned off again"
        report.warn(about, "who runs the homeserver can read along: it is not encrypted", do)
    if text(of(state, "m.room.history_visibility", "content"), "history_visibility") == "world_readable":
        do = "let members only read the history (Element: room settings, Security & Privacy)"
        report.warn(about, "anybody can read its history without coming in", do)
    if room.power(user) < room.needs("invite"):
        do = f"give {user} power level {room.needs('invite')}, or invite moderators yourself"
        report.warn(about, "relaybot may not invite anybody, so it cannot let new moderators in", do)


def _strangers(visit: _Visit, about: str, names: Collection[str]) -> None:
    """Who is in the moderators' room and is none of them."""
    if names:
        found = f"{len(names)} in it are no moderators of the programme by that id: {_few(names)}"
        do = "remove them, or make them moderators (mod add): they read what moderators read"
        visit.report.warn(about, found, do)


def _few(names: Collection[str]) -> str:
    shown = ", ".join(list(names)[:NAMES_SHOWN_MAX])
    return shown if len(names) <= NAMES_SHOWN_MAX else f"{shown} ..."


# ----------------------------------------------------------------------------------- what relaybot has kept


def _rows(file: Path, statement: str, *values: str) -> list[tuple[Any, ...]]:
    """Rows of a database that relaybot may have open; none where there is no such file or table. Nothing is made."""
    if not file.exists():
        return []
    # Without a -wal nobody has it open; reading it as it is then makes no -wal and -shm, which the caller would own.
    uri = copies.read_only(file) + ("" if file.with_name(file.name + "-wal").exists() else "&immutable=1")
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=10)) as connection:
            return connection.execute(statement, values).fetchall()
    except sqlite3.Error:  # the database itself is looked at in house.py
        return []


def _session(folder: Path) -> Session | None:
    """The device relaybot logged in with, None before the first start."""
    rows = _rows(folder / FILE, "SELECT value FROM kept WHERE name = ?", "session")
    return Session(**json.loads(rows[0][0])) if rows else None


def _secret(database: Path) -> bytes:
    """What the identity is made of; b"" where there is no database."""
    rows = _rows(database, "SELECT value FROM secret WHERE name = ?", "matrix")
    return bytes(rows[0][0]) if rows else b""


def _moderators(config: Config, network: str, programme: str) -> set[str]:
    """User ids there of a programme's moderators, of the file and of those that were added since."""
    given = next((p.moderators for p in config.programmes if p.name == programme), ())
    added = _rows(
        config.database,
        "SELECT address.address FROM address JOIN person ON person.programme = address.programme"
        " AND person.id = address.person WHERE address.programme = ? AND person.moderator",
        programme,
    )
    prefix = f"matrix:{network}/"
    return {a.removeprefix(prefix) for a in (*given, *(row[0] for row in added)) if a.startswith(prefix)}
