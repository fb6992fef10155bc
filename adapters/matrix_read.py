"""What an event of a room says, pure: words, a reaction, a change of who is there, or nothing for us.

Read are m.room.message and its neighbours (client-server API, 11.2 Instant messaging). Nothing here raises, whatever a stranger
put into an event: what is malformed is nothing, what is too long is cut and says so, and formatted_body is never read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from adapters.matrix_parts import Seen
from adapters.matrix_text import clean, head, line, size
from adapters.matrix_words import cannot_verify

TEXT_BYTES = 16 * 1024  # of a body that are read; a whole event has at most 64 KiB
NAME_CHARS = 255
SPOKEN_CHARS = 40  # of a name that is said in a sentence
KEY_CHARS = 64  # of a reaction; emoji are shorter

# Nothing is in an event's id that what stands before a homeserver might object to.
_EVENT = re.compile(r"\$[A-Za-z0-9+/_=~.:\[\]-]{1,254}")
_ROOM = re.compile(r"![!-~]{1,254}")
_USER = re.compile(r"@[^\s:\x00-\x1f\x7f]{0,200}:[!-~]{1,230}")
_DEVICE = re.compile(r"[!-~]{1,255}")
_QUOTED = re.compile(r"> (?:\* )?<@[^\n]{1,255}>")
# An address, a link, a telephone number: a display name may be anything.
_NO_NAME = re.compile(r"[@/:<>\\]|\w\.\w|\d{4}")
_NO_MAPPING: Mapping[str, Any] = {}

# --------------------------------------------------------------------------------------- what is found


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a person, a file, or both."""

    text: str
    emote: bool = False
    thread: str = ""  # the event its thread began with
    replies_to: str = ""  # the event it answers; "" also where a thread's fallback names one
    edits: str = ""  # the event that it replaces; then `text` is what stands there now
    mentions: bool = False  # it names us in m.mentions
    file: bool = False  # a file came with them, or alone
    cut: bool = False  # there were more words than we read


@dataclass(frozen=True, slots=True)
class Strange:
    """Said in a way that has no words for us: "sticker", "poll", "location", "call", "message"."""

    kind: str


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction `key` to the event `target`."""

    target: str
    key: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """It could not be decrypted; `session` is its Megolm session, "?" when it names none."""

    session: str


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The room goes on in another room."""

    replacement: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody's membership is now join, leave, invite, ban or knock."""

    user: str
    membership: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A device wants to be verified: `kind` is "request" or "start", `room` "" when that came to our device directly."""

    kind: str
    user: str
    device: str
    transaction: str  # in a room the event that asks
    room: str = ""


Found: TypeAlias = Said | Strange | Reacted | Unreadable | Asked | Upgraded | Changed

# -------------------------------------------------------------------------------------------- reading

_STRANGE = {
    "m.sticker": "sticker",
    "m.poll.start": "poll",
    "org.matrix.msc3381.poll.start": "poll",
    "m.call.invite": "call",
}
_LIVE_LOCATIONS = ("m.beacon_info", "org.matrix.msc3672.beacon_info")
_FILES = ("m.file", "m.image", "m.audio", "m.video")
_MEMBERSHIPS = ("join", "leave", "invite", "ban", "knock")


def read(seen: Seen, me: str) -> Found | None:
    """What this event says; None for what is nothing to us: bots' notices, redactions, calls' details, malformed events.

    `me` is our user id. Who said it is `seen.sender` and nothing else; our own events are read like others.
    """
    content = _as_map(seen.content)
    if seen.unreadable or seen.type == "m.room.encrypted":
        if seen.state_key is not None or not (content or seen.unreadable):
            return None  # an encrypted event without content was redacted before we saw it
        return Unreadable(line(seen.unreadable or _text(content.get("session_id")), NAME_CHARS) or "?")
    if seen.state_key is not None:
        return _state(seen, content)
    if seen.type == "m.room.message":
        return _message(seen, content, me)
    if seen.type == "m.reaction":
        related = _map(content, "m.relates_to")
        target, key = _id(related.get("event_id"), _EVENT), _text(related.get("key"))
        if related.get("rel_type") == "m.annotation" and target and 0 < len(key) <= KEY_CHARS:
            return Reacted(target, key)
        return None
    kind = _STRANGE.get(_text(seen.type), "")
    return Strange(kind) if kind and content else None


def _state(seen: Seen, content: Mapping[str, Any]) -> Upgraded | Changed | Strange | None:
    if seen.type == "m.room.tombstone" and seen.state_key == "":
        replacement = _id(content.get("replacement_room"), _ROOM)
        return Upgraded(replacement) if replacement else None
    if seen.type == "m.room.member":
        user, membership = _id(seen.state_key, _USER), _text(content.get("membership"))
        if user and membership in _MEMBERSHIPS:
            return Changed(user, membership)
    if seen.type in _LIVE_LOCATIONS and content.get("live") is True:
        return Strange("location")
    return None


def _message(seen: Seen, content: Mapping[str, Any], me: str) -> Said | Strange | Asked | None:
    related = _map(content, "m.relates_to")
    edits = ""
    shown = content
    if related.get("rel_type") == "m.replace":
        edits, shown = _id(related.get("event_id"), _EVENT), _map(content, "m.new_content")
        if not edits:
            return None
    kind, body = shown.get("msgtype"), shown.get("body")
    if not isinstance(kind, str) or not isinstance(body, str) or kind in ("m.notice", "m.server_notice"):
        return None
    if kind == "m.key.verification.request":
        return _asked_in_room(seen, shown, me) if not edits else None
    if kind == "m.location":
        return Strange("location")
    file = kind in _FILES
    if file:
        body = _caption(shown, body)
    elif kind not in ("m.text", "m.emote"):
        return Strange("message")
    replies_to = _id(_map(related, "m.in_reply_to").get("event_id"), _EVENT)
    threaded = related.get("rel_type") == "m.thread"
    if replies_to and not edits:
        body = _without_fallback(body)
    text, cut = _bounded(body)
    if not text and not file:
        return None
    return Said(
        text,
        emote=kind == "m.emote",
        thread=_id(related.get("event_id"), _EVENT) if threaded else "",
        replies_to="" if edits or (threaded and related.get("is_falling_back") is True) else replies_to,
        edits=edits,
        mentions=_mentions(content, me) or _mentions(shown, me),
        file=file,
        cut=cut,
    )


def _bounded(body: str) -> tuple[str, bool]:
    """The words that are read, and whether there were more."""
    text = clean(body).strip()
    return (head(text, TEXT_BYTES).rstrip(), True) if size(text) > TEXT_BYTES else (text, False)


def _without_fallback(body: str) -> str:
    """The words of a reply without the quotation that clients put above it until v1.13 ("> <@ana:example.org> ...")."""
    if not _QUOTED.match(body):
        return body
    lines = body.split("\n")
    at = 0
    while at < len(lines) and (lines[at].startswith("> ") or lines[at] == ">"):
        at += 1
    return "\n".join(lines[at:])


def _mentions(content: Mapping[str, Any], me: str) -> bool:
    users = _map(content, "m.mentions").get("user_ids")
    return isinstance(users, list) and me in users


def _caption(content: Mapping[str, Any], body: str) -> str:
    """The words that came with a file: its body, where that is not just its name (11.2.1.6, Media captions)."""
    filename = content.get("filename")
    return body if isinstance(filename, str) and filename != body else ""


# ----------------------------------------------------------------------------------------- verification


def _asked_in_room(seen: Seen, content: Mapping[str, Any], me: str) -> Asked | None:
    device = _id(content.get("from_device"), _DEVICE)
    if content.get("to") != me or not device or not _id(seen.id, _EVENT):
        return None
    return Asked("request", seen.sender, device, seen.id, room=seen.room)


def read_to_device(event: object) -> Asked | None:
    """A verification that begins at one of somebody's devices, from what was sent to ours in clear.

    Only a beginning is found, never its cancellation: two that answer each other's would never stop.
    """
    event = _as_map(event)
    kind = {"m.key.verification.request": "request", "m.key.verification.start": "start"}.get(_text(event.get("type")))
    content = _map(event, "content")
    user, device = _id(event.get("sender"), _USER), _id(content.get("from_device"), _DEVICE)
    transaction = _id(content.get("transaction_id"), _DEVICE)
    return Asked(kind, user, device, transaction) if kind and user and device and transaction else None


def cancel_in_room(event: str) -> dict[str, Any]:
    """The content of the m.key.verification.cancel that declines the request `event` in its room."""
    return _cancel() | {"m.relates_to": {"rel_type": "m.reference", "event_id": event}}


def cancel_to_device(asked: Asked) -> dict[str, Any]:
    """The same for the device that asked ours."""
    return _cancel() | {"transaction_id": asked.transaction}


def _cancel() -> dict[str, Any]:
    return {"code": "m.unknown_method", "reason": cannot_verify()}


# ------------------------------------------------------------------------------------- what it means

_IGNORED = dict.fromkeys([0xFE0E, 0xFE0F, 0x20E3, *range(0x1F3FB, 0x1F400)])  # styles, the keycap, skin tones
_WORDS = dict.fromkeys("✅✔☑👍", "yes") | dict.fromkeys("❌✖👎", "no")


def digit_or_word(key: str) -> str:
    """A reaction as the answer that is typed instead: "1" to "9", "yes" or "no"; "" for any other."""
    sign = key.translate(_IGNORED).strip()
    if len(sign) != 1:
        return ""
    digit = unicodedata.digit(sign, 0)
    return str(digit) if digit else _WORDS.get(sign, "")


def clean_name(name: object) -> str:
    """A display name as it can be said: one line, nothing invisible; "" for none."""
    return line(_text(name), NAME_CHARS)


def addressed(text: str, names: Iterable[str], *, mentioned: bool = False) -> tuple[bool, str]:
    """Whether words in a room are said to us, and the words without our name.

    To us is "!join" (whose mark stays), "relaybot: join", "relaybot, join", "@relaybot join", "@relaybot:example.org join",
    and a link to us as some clients write it in plain text. `names` are our display name and user id; when m.mentions
    names us (`mentioned`), a name in front needs no colon.
    """
    text = text.strip()
    if text[:1] == "!":
        return (len(text) > 1 and text[1] not in "! "), text
    known = [name for name in sorted({clean(name).strip() for name in names}, key=len, reverse=True) if name]
    for name in known:
        if name[0] == "@" and ":" in name:
            link = rf"\[[^\]\n]{{0,200}}\]\(<?https://matrix\.to/#/(?:@|%40){_either_colon(name[1:])}>?\)"
            pattern = rf"(?:@?{re.escape(name[1:])}|{link})(?:\s*[:,]|(?=\s)|$)"
        else:  # "@relaybot:elsewhere.org" is somebody else
            bare = rf"@{re.escape(name)}(?:\s*[:,](?=\s|$)|(?=\s)|$)"
            plain = re.escape(name) + (r"(?:\s*[:,]|(?=\s)|$)" if mentioned else r"\s*[:,]")
            pattern = f"(?:{bare}|{plain})"
        if found := re.match(pattern, text, re.IGNORECASE):
            return True, text[found.end() :].strip()
    return False, text


def _either_colon(user: str) -> str:
    """A pattern for a user id without its sigil, in a link: percent-encoded or not."""
    return "(?::|%3A)".join(re.escape(part) for part in user.split(":"))


def person_name(shown: str, user: str) -> str:
    """What to call somebody: the display name `shown` where it is a name, else the first part of the user id."""
    name = clean_name(shown)[:SPOKEN_CHARS].strip()
    return name if name and not _NO_NAME.search(name) else user[1:].partition(":")[0][:SPOKEN_CHARS]


# ------------------------------------------------------------------------------------- out of any JSON


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _id(value: object, form: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and form.fullmatch(value) else ""


def _map(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return _as_map(content.get(key))


def _as_map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else _NO_MAPPING
