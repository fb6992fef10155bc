"""From any older database to the schema of today: numbered steps, PRAGMA user_version, all in one transaction.

Version 1 is schema.sql as first released. To change the schema afterwards: edit schema.sql, append one step to STEPS,
freeze the schema of before in tests/frozen/; a test compares a migrated database with a fresh one.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from importlib.resources import files

from relaybot.ports import Misconfigured

APPLICATION_ID = 0x72656C61  # "rela": marks the file as relaybot's

# STEPS[n] leads from version n + 1 to n + 2; several statements may stand in one step.
STEPS: Sequence[str] = ()
VERSION = 1 + len(STEPS)

Shape = dict[str, list[tuple[object, ...]]]


def schema() -> str:
    """The text of schema.sql."""
    return files("storage").joinpath("schema.sql").read_text(encoding="utf-8")


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one (`executescript` would commit the transaction they belong to)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version of an open database, 0 for an empty file.

    Raises Misconfigured when it belongs to another program or to a newer relaybot; nothing is written.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not tables and not version:
        return 0
    if owner != APPLICATION_ID:
        raise Misconfigured("The file is a database of another program: give relaybot a file of its own.")
    if version > VERSION:
        raise Misconfigured(
            f"The database was written by a newer relaybot (schema {version}, this one knows {VERSION}): "
            "install that relaybot again, or restore a backup made before."
        )
    return int(version)


def upgrade(
    connection: sqlite3.Connection,
    before: Callable[[int], None],
    steps: Sequence[str] | None = None,
    fresh: str | None = None,
) -> None:
    """Bring the database to the newest version, or leave it exactly as it was.

    `before(version)` is called ahead of the first step on an existing database, to keep a copy. `steps` and `fresh`
    are STEPS and schema.sql unless a test says otherwise. Raises Misconfigured as `version_of` does, and sqlite3.Error.
    """
    steps = STEPS if steps is None else steps
    newest = 1 + len(steps)
    version = version_of(connection)
    if version == newest:
        return
    if version:
        before(version)
    script = "".join(steps[version - 1 :]) if version else (schema() if fresh is None else fresh)
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements(script):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {newest}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def shape(connection: sqlite3.Connection) -> Shape:
    """What a database is made of, for comparing two: columns and CHECKs of tables, columns of indexes, in any order."""
    tables = connection.execute(
        "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    found: Shape = {}
    for name, kind, sql in tables:
        if kind == "table":
            columns = connection.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(?)', (name,))
            found[name] = sorted([*columns.fetchall(), *((check,) for check in _checks(sql))])
        else:
            found[name] = connection.execute("SELECT seqno, name FROM pragma_index_info(?)", (name,)).fetchall()
    return found


def _checks(sql: str) -> Iterator[str]:
    """Every `CHECK (...)` of a CREATE TABLE, its white space evened out."""
    for start in (match.end() for match in re.finditer(r"CHECK\s*\(", sql)):
        depth, end = 1, start
        while depth:
            depth += {"(": 1, ")": -1}.get(sql[end], 0)
            end += 1
        yield "CHECK " + "".join(sql[start : end - 1].split())


def fresh_shape() -> Shape:
    """The shape that schema.sql gives."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(schema())
        return shape(connection)
