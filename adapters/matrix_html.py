"""The one thing HTML is needed for on Matrix: a name that is a link to a person, drawn by clients as a pill.

Everything else is plain text, which every client shows with its line breaks. Whatever the words contain, only <a> with a
link to matrix.to, <br> and escaped text come out (client-server API 11.2.1.7, m.room.message msgtypes).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from urllib.parse import quote

_USER = re.compile(r"@[^\s:]{1,200}:[^\s/?#]{1,230}")


def pill(user_id: str, name: str) -> str:
    """A link to a person, as clients write mentions (spec appendices, matrix.to navigation)."""
    return f'<a href="https://matrix.to/#/{quote(user_id, safe="@:")}">{html.escape(name)}</a>'


def render(text: str, names: Mapping[str, str]) -> str | None:
    """`text` as HTML in which the first place that names each person is a pill; None when it names nobody.

    `names` is user id -> the name as the words have it. The plain body stays complete: HTML only makes names links.
    """
    found: list[tuple[int, int, str]] = []
    for user_id, name in sorted(names.items(), key=lambda one: (-len(one[1]), one)):
        if not name.strip() or not _USER.fullmatch(user_id):
            continue
        for at in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            if all(at.end() <= start or end <= at.start() for start, end, _ in found):
                found.append((at.start(), at.end(), user_id))
                break
    if not found:
        return None
    parts, done = [], 0
    for start, end, user_id in sorted(found):
        parts += [escaped(text[done:start]), pill(user_id, text[start:end])]
        done = end
    return "".join(parts) + escaped(text[done:])


def escaped(text: str) -> str:
    """Words in HTML: nothing in them is markup, lines stay lines, and rows of a table keep their columns."""
    return re.sub(r"(?<=[\n ]) ", "\u00a0", html.escape(text)).replace("\n", "<br>")
