"""What is stored about one person, in plain JSON values: the operator's answer to "what do you know about me?".

One condition per kind of record says which rows speak of a person; a test fails when a kind has none.
"""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from datetime import datetime
from enum import Enum

from relaybot.model import Entry
from storage.rows import CODECS

Export = dict[str, list[dict[str, object]]]

_PAIRS = "pair IN (SELECT pair FROM participant WHERE programme = :programme AND person = :person)"
_ABOUT = (
    "(about = 'person ' || :person OR about IN"
    " (SELECT 'A' || id FROM application WHERE programme = :programme AND person = :person))"
)
_MINE = "address IN (SELECT address FROM address WHERE programme = :programme AND person = :person)"

# Kind -> the rows that speak of the person. A pair and its meetings belong to both of its people.
CONDITIONS = {
    "person": "id = :person",
    "address": "person = :person",
    "application": "person = :person",
    "dialogue": "person = :person",
    "pair": "id IN (SELECT pair FROM participant WHERE programme = :programme AND person = :person)",
    "participant": "person = :person",
    "meeting": _PAIRS,
    "case": "person = :person",
    "memo": _ABOUT,
    "feedback": "person = :person",
    "avoid": "person = :person",  # not who would rather avoid them: that was told in confidence
    "code": "person = :person",
    "mailbox": _MINE,
    "subscription": _MINE,
    "post": "person = :person",
    "file": "person = :person",
    "timer": _ABOUT,
    "letter": "person = :person",
    "entry": f"actor = :person OR {_ABOUT}",
    "tally": "0",  # figures of the programme, of nobody in particular
}


def person_rows(connection: sqlite3.Connection, programme: str, person: int) -> Export:
    """Kind -> records as dicts, empty kinds left out; moments in ISO 8601, levels and the like by name."""
    found: Export = {}
    values = {"programme": programme, "person": person}
    for record, codec in CODECS.items():
        columns = ", ".join(f'"{column.name}"' for column in codec.columns)
        condition = f"programme = :programme AND ({CONDITIONS[codec.kind]})"
        order = "ORDER BY id" if record is Entry else ""
        rows = connection.execute(f'SELECT {columns} FROM "{codec.kind}" WHERE {condition} {order}', values)  # noqa: S608
        records = [{name: _plain(value) for name, value in asdict(one).items()} for one in codec.decode(rows)]
        if records:
            found[codec.kind] = records
    return found


def _plain(value: object) -> object:
    """The JSON value of a field."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value
