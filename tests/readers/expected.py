"""What the API returned: the columns and the rows that every reader must find again.

A cell is held as one of: None, str, int, float, bool, Instant, Json, or, in a column of many, a list of these. Readers
hand out the same types, so that a number that was read as text is a difference.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from instant import Instant

TYPES = ("text", "integer", "number", "boolean", "datetime", "url", "json")


@dataclass(frozen=True)
class Json:
    """A structured value, a type of its own so that the text `"1"` is neither the JSON `1` nor the integer."""

    value: object


@dataclass(frozen=True)
class Within:
    """In place of a value: any of its type between two, where a reader is known to be inexact."""

    low: object
    high: object

    def holds(self, value):
        return type(value) is type(self.low) and self.low <= value <= self.high


@dataclass(frozen=True)
class Column:
    """A column of the result."""

    name: str
    type: str
    many: bool

    @property
    def is_text(self):
        return self.type in ("text", "url")


@dataclass(frozen=True)
class Expected:
    columns: list
    rows: list

    @property
    def names(self):
        return [column.name for column in self.columns]


def load(path):
    """Reads `{"columns": [{"name", "type", "many"}…], "rows": [[cell…]…]}` with cells as the API's JSON has them."""
    document = json.loads(Path(path).read_text("utf-8"))
    columns = [Column(of["name"], of["type"], of.get("many", False)) for of in document["columns"]]
    for column in columns:
        if column.type not in TYPES:
            raise ValueError(f"{path}: the column {column.name!r} has the unknown type {column.type!r}")
    rows = []
    for number, row in enumerate(document["rows"]):
        if len(row) != len(columns):
            raise ValueError(f"{path}: row {number} has {len(row)} cells for {len(columns)} columns")
        rows.append([value(column, cell) for column, cell in zip(columns, row)])
    return Expected(columns, rows)


def value(column, cell):
    """A cell of the API's JSON in the types of this module; ValueError if it is none of its column's type."""
    if cell is None:
        return None
    if column.many:
        if not isinstance(cell, list):
            raise ValueError(f"{column.name!r} is a column of lists and has {cell!r:.80}")
        return [single(column.type, item) for item in cell]
    return single(column.type, cell)


def single(kind, cell):
    """One value, which is no list of a column of many."""
    if cell is None:
        return None
    if kind == "json":
        return Json(cell)
    if kind == "datetime" and isinstance(cell, str) and (moment := Instant.parse(cell)):
        return moment
    # In JSON a number without a fraction may be written like an integer.
    if kind == "number" and type(cell) in (int, float):
        return float(cell)
    if type(cell) is {"text": str, "url": str, "integer": int, "boolean": bool}.get(kind):
        return cell
    raise ValueError(f"{cell!r:.80} is no {kind}")
