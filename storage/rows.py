"""Record <-> row, the only codec: derived once, at import, from the fields of the dataclasses in relaybot.model.

Every field is one column. Straight-line code is generated per kind (as `dataclasses` does), because a start decodes
hundreds of thousands of rows and every decision encodes a few; the generated source is kept in `Codec.source`.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import starmap
from json.encoder import encode_basestring
from typing import Any

from relaybot import model
from relaybot.model import Record

Row = tuple[Any, ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Distinct values remembered while loading. Texts: an address is a person's home as well, so many, and kept anyway.
# Parsed values: the usual ones come early, and remembering the others tears holes into memory for nothing.
TEXTS_LIMIT = 1 << 20
PARSED_LIMIT = 1 << 12

_SQL_TYPES = {str: "TEXT", int: "INTEGER", bool: "INTEGER", float: "REAL", datetime: "INTEGER"}


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exact; raises TypeError for a naive datetime."""
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC moment of `to_micros`."""
    return EPOCH + micros * MICROSECOND


class Shared(dict[Any, Any]):
    """value -> the one object kept for it, so that a loaded programme holds equal strings and tuples once."""

    def __init__(self, make: Callable[[Any], Any], limit: int = PARSED_LIMIT) -> None:
        super().__init__()
        self.make = make
        self.limit = limit

    def __missing__(self, value: Any) -> Any:
        made = self.make(value)
        if len(self) < self.limit:
            self[value] = made
        return made


class _Names:
    """The objects that generated source refers to, each under a name of its own."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {
            "EPOCH": EPOCH,
            "MICROSECOND": MICROSECOND,
            "NULL": "null",
            "TRUE": "true",
            "FALSE": "false",
            "join": ",".join,
            "quoted": encode_basestring,  # escapes quotes and control characters, keeps everything else as it is
            "digits": int.__repr__,
            "decimal": json.dumps,  # knows Infinity, which repr() writes in a way nobody reads
            "parse": json.JSONDecoder().raw_decode,  # json.loads is three times slower
            "Shared": Shared,
        }

    def add(self, hint: str, thing: Any) -> str:
        name = f"{hint}_{len(self.known)}"
        self.known[name] = thing
        return name


def _optional(kind: Any) -> Any:
    """The X of `X | None`, or None when `kind` is not optional; other unions are not stored."""
    if not isinstance(kind, types.UnionType):
        return None
    others = [part for part in typing.get_args(kind) if part is not types.NoneType]
    if len(others) != 1:
        raise TypeError(f"a union of several types has no column: {kind}")
    return others[0]


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _enum_base(kind: type[Enum]) -> type:
    return str if issubclass(kind, str) else int


# ------------------------------------------------------------------------------------- inside a JSON array


def _array(parts: list[str]) -> str:
    """Source of an expression: a JSON array of `parts`, which are such expressions."""
    if any("'" in part for part in parts):  # an f-string cannot be nested in another with the same quotes
        return "'[' + " + " + ',' + ".join(parts) + " + ']'"
    return "f'[" + ",".join("{" + part + "}" for part in parts) + "]'"


def _to_json(kind: Any, value: str, names: _Names) -> str:
    """Source of an expression: the JSON text of `value`, itself an expression that is cheap to repeat."""
    inner = _optional(kind)
    if inner is not None:
        return f"(NULL if {value} is None else {_to_json(inner, value, names)})"
    if _is_enum(kind):
        kind = _enum_base(kind)  # both functions below take the subclass as it is
    if kind is str:
        return f"quoted({value})"
    if kind is int:
        return f"digits({value})"
    if kind is bool:
        return f"(TRUE if {value} else FALSE)"
    if kind is float:
        return f"decimal({value})"
    if kind is datetime:
        return f"digits(({value} - EPOCH) // MICROSECOND)"
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return _array([_to_json(hints[f.name], f"{value}.{f.name}", names) for f in fields(kind)])
    if typing.get_origin(kind) is not tuple:
        raise TypeError(f"no way to store {kind}")
    arguments = typing.get_args(kind)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        element = names.add("each", None)
        each = _to_json(arguments[0], element, names)
        return f"('[' + join([{each} for {element} in {value}]) + ']' if {value} else '[]')"
    return _array([_to_json(part, f"{value}[{i}]", names) for i, part in enumerate(arguments)])


def _from_json(kind: Any, value: str, names: _Names) -> str:
    """Source of an expression: the value whose JSON was parsed into `value`."""
    inner = _optional(kind)
    if inner is not None:
        return f"(None if {value} is None else {_from_json(inner, value, names)})"
    if kind is str:
        return f"texts[{value}]"
    if kind in (bool, int, float):
        return value
    if kind is datetime:
        return f"(EPOCH + {value} * MICROSECOND)"
    if _is_enum(kind):
        return f"{names.add('members', {member.value: member for member in kind})}[{value}]"
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        parts = [_from_json(hints[f.name], f"{value}[{i}]", names) for i, f in enumerate(fields(kind))]
        return f"{names.add('part', kind)}({', '.join(parts)})"
    arguments = typing.get_args(kind)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        element = names.add("each", None)
        return f"tuple([{_from_json(arguments[0], element, names)} for {element} in {value}])"
    parts = [_from_json(part, f"{value}[{i}]", names) for i, part in enumerate(arguments)]
    return f"({', '.join(parts)},)"


# ------------------------------------------------------------------------------------------- one column


@dataclass(frozen=True, slots=True)
class Column:
    """One field as a column: SQL type, NULL or not, and the source that writes and reads it."""

    name: str
    sql_type: str
    nullable: bool
    write: str
    read: str
    parsed: str  # source that makes the value out of parsed JSON `j`; "" when the column is not JSON


def _column(name: str, kind: Any, names: _Names) -> Column:
    """The column of a field called `name`; raises TypeError for a type that has no column."""
    inner = _optional(kind)
    plain = kind if inner is None else inner
    value = f"r.{name}" if inner is None else "v"
    parsed = ""
    if plain in (str, int, float):
        write, read, sql_type = value, f"texts[c_{name}]" if plain is str else f"c_{name}", _SQL_TYPES[plain]
    elif plain is bool:
        write, read, sql_type = f"1 if {value} else 0", f"c_{name} == 1", "INTEGER"
    elif plain is datetime:
        write, read, sql_type = f"({value} - EPOCH) // MICROSECOND", f"EPOCH + c_{name} * MICROSECOND", "INTEGER"
    elif _is_enum(plain):
        write = f"{names.add('values', {member: member.value for member in plain})}[{value}]"
        read = f"{names.add('members', {member.value: member for member in plain})}[c_{name}]"
        sql_type = _SQL_TYPES[_enum_base(plain)]
    else:
        write, read, sql_type = _to_json(plain, value, names), f"json_{name}[c_{name}]", "TEXT"
        parsed = _from_json(plain, "j", names)
    if inner is not None:
        write = f"None if (v := r.{name}) is None else {write}"
        read = f"None if c_{name} is None else {read}"
    return Column(name, sql_type, inner is not None, f"({write})", f"({read})", parsed)


# -------------------------------------------------------------------------------------------- one record


@dataclass(frozen=True, slots=True, eq=False)
class Codec:
    """How one kind of record is stored. `encode` gives a row in the order of `columns`; `reader` makes a decoder."""

    record: type[Record]
    kind: str  # also the name of the table
    columns: tuple[Column, ...]
    encode: Callable[[Any], Row]
    reader: Callable[[Shared], Callable[..., Record]]
    source: str

    def decode(self, rows: Iterable[Row], texts: Shared | None = None) -> Iterator[Record]:
        """The records of `rows`, sharing equal strings and tuples among them (and with whoever shares `texts`)."""
        return starmap(self.reader(new_texts() if texts is None else texts), rows)


def new_texts() -> Shared:
    """What several `decode` calls of one load share."""
    return Shared(lambda text: text, TEXTS_LIMIT)


def _parser(column: Column) -> list[str]:
    """Source lines: `json_<column>`, which gives the value of a JSON text and shares equal ones."""
    return [
        f"    def parse_{column.name}(text):",
        "        j, _ = parse(text)",
        f"        return {column.parsed}",
        f"    json_{column.name} = Shared(parse_{column.name})",
    ]


def _codec(record: type[Record]) -> Codec:
    """Derive the codec of one record type; raises TypeError naming a field that has no column."""
    names = _Names()
    names.known["record"] = record
    hints = typing.get_type_hints(record)
    columns = []
    for field in fields(record):
        try:
            columns.append(_column(field.name, hints[field.name], names))
        except TypeError as error:
            raise TypeError(f"{record.__name__}.{field.name}: {error}") from None
    encode = "lambda r: (" + ", ".join(c.write for c in columns) + ",)"
    reader = "\n".join(
        [
            "def reader(texts):",
            *[line for c in columns if c.parsed for line in _parser(c)],
            f"    return lambda {', '.join('c_' + c.name for c in columns)}: record({', '.join(c.read for c in columns)})",
        ]
    )
    source = f"encode = {encode}\n{reader}\n"
    made = dict(names.known)
    exec(source, made)  # noqa: S102 - built from our own field names and types only, as dataclasses does
    return Codec(record, record.kind, tuple(columns), made["encode"], made["reader"], source)


CODECS: dict[type[Record], Codec] = {kind: _codec(kind) for kind in typing.get_args(model.Record)}
