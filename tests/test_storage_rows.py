"""The codec: every kind of record survives the way into SQLite and back exactly, whatever its fields hold.

Also: schema.sql, the dataclasses and relaybot.rules agree, with a message that says which line to add where.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
import tracemalloc
import typing
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relaybot.model import Drop, Entry, Meeting, Person, Put, Record
from relaybot.rules import FINAL_MEETINGS, LIFECYCLES
from storage import export, migrations, rows, sqlite
from storage.rows import CODECS, Codec, from_micros, to_micros
from storage.sqlite import SqliteStore, open_store
from tests.storage_help import put, same

KINDS = sorted(CODECS, key=lambda kind: kind.kind)

NAUGHTY = [
    "",
    "\0",
    "a\0b",
    "'; DROP TABLE person; --",
    '"\\"',
    "[]",
    "null",
    "\n\r\t\x1f\x7f\u2028",
    "\u202egnirts",
    "é\u0301",
    "👩‍👩‍👧",
    "\ufeff",
    "\U0010ffff",
    "1e999",
    "x" * 5000,
]

TEXTS = st.sampled_from(NAUGHTY) | st.text(max_size=20)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
MOMENTS = st.datetimes(timezones=st.just(UTC))


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    simple = {str: TEXTS, int: NUMBERS, bool: st.booleans(), datetime: MOMENTS, float: st.floats(allow_nan=False)}
    if kind in simple:
        return simple[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{field.name: values_of(hints[field.name]) for field in fields(kind)})
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is not tuple:
        return st.none() | st.one_of([values_of(part) for part in arguments if part is not type(None)])
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return st.lists(values_of(arguments[0]), max_size=4).map(tuple)
    return st.tuples(*[values_of(part) for part in arguments])


def records_of(kind: type[Record]) -> st.SearchStrategy[Any]:
    """Any record of a kind, at a stage that its lifecycle has and storage keeps in memory."""
    hints = typing.get_type_hints(kind)
    values = {field.name: values_of(hints[field.name]) for field in fields(kind)}
    if "stage" in values:
        values["stage"] = st.sampled_from(stages(kind.kind))
    return st.builds(kind, **values)


def stages(kind: str) -> list[str]:
    """Every stage that the lifecycle of a kind has."""
    lifecycle = LIFECYCLES[kind]
    return sorted(set(lifecycle) | {stage for verbs in lifecycle.values() for stage in verbs.values()})


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, SqliteStore]]:
    """One store and a loop to use it in, for many small examples."""
    with asyncio.Runner() as runner:
        store = runner.run(open_store(tmp_path_factory.mktemp("rows") / "relaybot.sqlite3"))
        try:
            yield runner, store
        finally:
            runner.run(store.close())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.kind))
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_record_comes_back_exactly(
    workshop: tuple[asyncio.Runner, SqliteStore], kind: type[Record], data: st.DataObject
) -> None:
    runner, store = workshop
    written = data.draw(st.lists(records_of(kind), max_size=3, unique_by=lambda record: (record.programme, record.key)))

    async def there_and_back() -> list[Record]:
        await store.commit([tuple(Put(record) for record in written)], [])
        found = await store._hop(
            lambda db: list(CODECS[kind].decode(db.execute(store._tables[kind].select).fetchall()))
        )
        await store.commit([tuple(Drop(record) for record in written)], [])
        return found

    found = runner.run(there_and_back())
    assert same(found, written)
    empty = runner.run(store._hop(lambda db: db.execute(f'SELECT count(*) FROM "{kind.kind}"').fetchone()))
    assert empty == (0,)


@given(MOMENTS)
def test_moments_are_exact(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment
    assert from_micros(to_micros(moment)).tzinfo is UTC


def test_a_naive_moment_is_no_moment() -> None:
    with pytest.raises(TypeError):
        to_micros(datetime(2026, 12, 1))  # noqa: DTZ001 - that is the point


def test_equal_values_of_a_load_are_one_object() -> None:
    person = Person("tech", 1, "ana", "irc:libera/ana", languages=("en", "de"))
    row = CODECS[Person].encode(person)
    copies = [tuple(str(value.encode(), "utf-8") if isinstance(value, str) else value for value in row) for _ in "ab"]
    ana, again = CODECS[Person].decode(copies)
    assert isinstance(ana, Person)
    assert isinstance(again, Person)
    assert ana.languages is again.languages
    assert ana.home is again.home
    assert ana.programme is again.programme


def test_what_is_shared_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "TEXTS_LIMIT", 10)
    texts = rows.new_texts()
    for number in range(100):
        assert texts[str(number)] == str(number)
    assert len(texts) == 10


def test_a_member_in_memory_stays_small() -> None:
    """100,000 members have to fit into the memory budget; a Person with her address and a timer gets 1.5 KB."""
    row = CODECS[Person].encode(Person("tech", 1, "ana", "irc:libera/ana", languages=("en", "de")))
    many = [(row[0], number, f"ana{number}", f"irc:libera/ana{number}", *row[4:]) for number in range(1000)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        found = list(CODECS[Person].decode(many))
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(found) == 1000
    assert (after - before) / 1000 < 1500


# --------------------------------------------------------------------------------- schema.sql agrees


@pytest.fixture(scope="module")
def fresh() -> Iterator[sqlite3.Connection]:
    """A database in memory with the schema of today."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(migrations.schema())
        yield connection


@pytest.mark.parametrize("codec", CODECS.values(), ids=lambda codec: str(codec.kind))
def test_schema_has_the_columns_of_the_record(fresh: sqlite3.Connection, codec: Codec) -> None:
    table = {
        name: (sql_type, bool(not_null))
        for name, sql_type, not_null in fresh.execute(
            'SELECT name, type, "notnull" FROM pragma_table_info(?)', (codec.kind,)
        )
    }
    assert table, f"storage/schema.sql: add a table {codec.kind!r} for model.{codec.record.__name__}"
    for column in codec.columns:
        line = f"{column.name} {column.sql_type}{'' if column.nullable else ' NOT NULL'}"
        assert column.name in table, f"storage/schema.sql, table {codec.kind!r}: add the line `{line},`"
        wanted = (column.sql_type, not column.nullable)
        assert table[column.name] == wanted, f"storage/schema.sql, table {codec.kind!r}: the column should be `{line}`"
    extra = set(table) - {column.name for column in codec.columns}
    assert not extra, (
        f"storage/schema.sql, table {codec.kind!r}: model.{codec.record.__name__} has no {sorted(extra)} any more"
    )


def test_schema_has_no_table_without_a_record(fresh: sqlite3.Connection) -> None:
    tables = {name for (name,) in fresh.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert tables - {"secret", "seen", "shunt", "sqlite_sequence"} == {codec.kind for codec in CODECS.values()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.kind))
@given(data=st.data())
@settings(max_examples=5)
def test_primary_key_is_the_key(fresh: sqlite3.Connection, kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(records_of(kind))
    rows_ = fresh.execute("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (kind.kind,)).fetchall()
    first, *others = [name for (name,) in rows_]
    key = record.key if isinstance(record.key, tuple) else (record.key,)
    assert first == "programme"
    assert tuple(getattr(record, name) for name in others) == key


def test_every_table_is_strict(fresh: sqlite3.Connection) -> None:
    for name, strict in fresh.execute("SELECT name, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite_%'"):
        assert strict, name


@pytest.mark.parametrize("kind", sorted(LIFECYCLES))
def test_stages_are_those_of_the_rules(fresh: sqlite3.Connection, kind: str) -> None:
    (sql,) = fresh.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (kind,)).fetchone()
    check = re.search(r"stage IN \((.*?)\)", sql, re.DOTALL)
    assert check, f"storage/schema.sql, table {kind!r}: add CHECK (stage IN (...))"
    allowed = set(re.findall(r"'(\w+)'", check[1]))
    assert allowed == set(stages(kind)), (
        f"storage/schema.sql, table {kind!r}: the CHECK of stage differs from rules.LIFECYCLES"
    )


def test_final_meetings_are_those_of_the_rules() -> None:
    assert set(sqlite.FINAL_MEETINGS) == set(FINAL_MEETINGS)


def test_the_export_knows_every_kind() -> None:
    missing = {kind.kind for kind in KINDS} ^ set(export.CONDITIONS)
    assert not missing, f"storage/export.py: say in CONDITIONS which rows speak of a person: {missing}"


# ---------------------------------------------------------------------------- fields the model may get


@dataclass(frozen=True, slots=True)
class Spot:
    """A small part, as a field of a record may be one."""

    name: str
    at: datetime | None
    share: float
    sure: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A record with types that the model does not use yet; the codec has to take them the day it does."""

    kind = "sample"
    programme: str
    texts: str  # named like things in the generated code, on purpose
    record: int
    j: float
    spot: Spot
    spots: tuple[Spot, ...]
    nested: tuple[tuple[tuple[int, str], ...], ...]
    maybe: tuple[str | None, ...] | None
    flag: bool | None
    level: float | None

    @property
    def key(self) -> int:
        return self.record


@given(st.builds(Sample, **{f.name: values_of(typing.get_type_hints(Sample)[f.name]) for f in fields(Sample)}))
def test_other_types_have_columns_too(sample: Any) -> None:
    codec = rows._codec(Sample)  # type: ignore[arg-type]
    with closing(sqlite3.connect(":memory:")) as connection:
        columns = ", ".join(f"{c.name} {c.sql_type}{'' if c.nullable else ' NOT NULL'}" for c in codec.columns)
        connection.execute(f"CREATE TABLE sample ({columns}) STRICT")
        connection.execute(f"INSERT INTO sample VALUES ({', '.join('?' * len(codec.columns))})", codec.encode(sample))
        assert list(codec.decode(connection.execute("SELECT * FROM sample"))) == [sample]


def test_a_field_that_has_no_column_is_named() -> None:
    @dataclass(frozen=True)
    class Odd:
        kind = "odd"
        programme: str
        wrong: set[str]

    with pytest.raises(TypeError, match=r"Odd\.wrong: no way to store set"):
        rows._codec(Odd)  # type: ignore[arg-type]


def test_a_field_of_two_types_is_refused() -> None:
    @dataclass(frozen=True)
    class Odd:
        kind = "odd"
        wrong: int | str

    with pytest.raises(TypeError, match="union"):
        rows._codec(Odd)  # type: ignore[arg-type]


async def test_over_is_out_of_memory(tmp_path: Path) -> None:
    now = datetime(2026, 12, 1, 18, tzinfo=UTC)
    store = await open_store(tmp_path / "relaybot.sqlite3")
    try:
        meetings = [Meeting("tech", n, 1, stage, now, 60) for n, stage in enumerate(stages("meeting"))]
        await store.commit([put(*meetings, Entry("tech", 1, now, 0, "meet"))], [])
        left = [one for one in meetings if one.stage not in FINAL_MEETINGS]
        assert same(await store.load(), left)
        moved = Meeting("tech", 0, 1, "agreed", now + timedelta(days=1), 60)
        await store.commit([(Put(moved),)], [])
        assert moved in await store.load()
    finally:
        await store.close()
