"""Letters as events for a room, pure: what each contains, how it hangs below others, and the ids by which it is known again.

Every event has a complete plain body and says whom it calls in m.mentions, also when that is nobody (client-server API, 11.4 User
and room mentions); m.notice rings nobody, so what a person must not miss is m.text. The same letter is always the same events.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from adapters.matrix_html import render
from adapters.matrix_text import clean, hushed, split
from relaybot.model import Letter, Urgency

BODY_BYTES = 12 * 1024  # of one event's plain body; longer letters are several events
EVENT_BYTES = 46 * 1024  # of an event's content as JSON: encryption adds a third, and servers refuse 64 KiB
MENTIONED_MAX = 20
MARK = "org.relaybot.id"  # where an event says which piece of which letter it is
ABOUT = "org.relaybot.about"  # and what that is about, e.g. "A17"
_USER = re.compile(r"@[^\s:\x00]{1,200}:[^\s\x00]{1,230}")
_NO_NAMES: Mapping[str, str] = {}


def contents(
    letter: Letter,
    *,
    mention: Sequence[str] = (),
    thread: str = "",
    reply_to: str = "",
    names: Mapping[str, str] = _NO_NAMES,
) -> list[dict[str, Any]]:
    """The contents of the m.room.message events that say this letter; none when it has no words.

    `mention` are the user ids an urgent letter calls, `names` how its words call some of them (user id -> name): those
    become links. `thread` and `reply_to` as in below(). A letter with a card is one event, without what is too long for it.
    """
    text = "\n".join(part.rstrip() for line in letter.text for part in clean(line).split("\n"))
    pieces = split(hushed(text.strip("\n")), BODY_BYTES)
    written = [_piece(letter, piece, number) for number, piece in enumerate(pieces[:1] if letter.card else pieces)]
    for number, content in enumerate(written):
        if related := below(thread, "" if number else reply_to):
            content["m.relates_to"] = related
    if written and letter.urgency is Urgency.URGENT and not letter.card:
        called = [user for user in dict.fromkeys(mention) if _USER.fullmatch(user)][:MENTIONED_MAX]
        written[0]["m.mentions"] = {"user_ids": called} if called else {}
        _link(written[0], {user: name for user, name in names.items() if user in called})
    return written


def _piece(letter: Letter, body: str, number: int) -> dict[str, Any]:
    ambient = letter.urgency is Urgency.AMBIENT or letter.card
    content: dict[str, Any] = {
        "msgtype": "m.notice" if ambient else "m.text",
        "body": body,
        "m.mentions": {},
        MARK: transaction(letter, number),
    }
    return content | {ABOUT: letter.about} if letter.about else content


def _link(content: dict[str, Any], names: Mapping[str, str]) -> None:
    """Names become links, if they are there and if the event stays small enough to be sent."""
    formatted = render(content["body"], {user: hushed(clean(name)) for user, name in names.items()})
    if formatted is not None:
        with_links = content | {"format": "org.matrix.custom.html", "formatted_body": formatted}
        if weight(with_links) <= EVENT_BYTES:
            content.update(with_links)


def notice(text: str) -> dict[str, Any]:
    """A sentence of the adapter's own, which rings nobody."""
    return {"msgtype": "m.notice", "body": split(hushed(clean(text)), BODY_BYTES)[0], "m.mentions": {}}


def below(thread: str, reply_to: str = "") -> dict[str, Any]:
    """The m.relates_to of what goes into the thread that began with the event `thread`, or answers the event `reply_to`.

    In a thread the reply is for clients that know no threads (11.8 Threading, "Fallback for unthreaded clients").
    Empty when there is neither.
    """
    if thread:
        return {
            "rel_type": "m.thread",
            "event_id": thread,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": reply_to or thread},
        }
    return {"m.in_reply_to": {"event_id": reply_to}} if reply_to else {}


def edit(content: Mapping[str, Any], target: str) -> dict[str, Any]:
    """An event that changes our event `target` into `content` (11.3 Event replacements); it rings nobody.

    Clients that know no edits show the whole new text with a star, or its beginning if both would be too much for one event.
    """
    new = {key: value for key, value in content.items() if key != "m.relates_to"} | {"m.mentions": {}}
    event = {key: new[key] for key in (MARK, ABOUT) if key in new} | {
        "msgtype": content["msgtype"],
        "body": f"* {content['body']}",
        "m.mentions": {},
        "m.new_content": new,
        "m.relates_to": {"rel_type": "m.replace", "event_id": target},
    }
    if weight(event) > EVENT_BYTES:
        event["body"] = split(event["body"], 200)[0]
    return event


# --------------------------------------------------------------------------------------------- known again


def transaction(letter: Letter, number: int) -> str:
    """The transaction id of a letter's piece, which its event bears too: the same on every try, another for another reader.

    The time of writing is in it too: after a restored backup numbers are given a second time, to other letters.
    """
    about = (letter.programme, str(letter.id), str(number), letter.to, letter.written_at.isoformat())
    return f"l{letter.id}-{number}-{_digest(*about)}"


def remark_transaction(room: str, key: str) -> str:
    """The transaction id of a sentence of the adapter's own, which is said once in that room for each `key`."""
    return f"r-{_digest(room, key)}"


def _digest(*parts: str) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()[:32]


def weight(content: Mapping[str, Any]) -> int:
    """Bytes of a content as JSON at most, however a client library escapes it."""
    return len(json.dumps(content))
