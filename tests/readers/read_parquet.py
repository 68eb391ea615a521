"""Readers of Parquet: pyarrow, DuckDB and polars.

Moments are asked for as microseconds, since Python's datetime ends at the year 9999 and begins at 1.
"""

from functools import partial

import duckdb
import polars
import pyarrow
import pyarrow.parquet

import losses
from fields import json_text
from instant import Instant
from reader import Reader, Reading


class _Parquet(Reader):
    formats = ("parquet",)

    def rule(self, job, expected, at):
        return losses.none

    def columns(self, job, expected):
        """The names, the types as text, and the values of each column, moments as integers."""
        raise NotImplementedError

    def type_of(self, column):
        """How the reader calls the type that a column must have."""
        raise NotImplementedError

    def read(self, job, expected):
        names, types, columns = self.columns(job, expected)
        wanted = [self.type_of(column) for column in expected.columns]
        faults = [
            f"the column {name!r} has the type {got} and not {want}"
            for name, want, got in zip(names, wanted, types)
            if want != got
        ]
        values = [list(map(partial(_value, column), cells)) for column, cells in zip(expected.columns, columns)]
        return Reading(names, [list(row) for row in zip(*values)], faults)


def _value(column, cell):
    if column.many and isinstance(cell, list):
        return [_single(column.type, item) for item in cell]
    return cell if column.many else _single(column.type, cell)


def _single(kind, cell):
    if cell is None:
        return None
    if kind == "datetime" and type(cell) is int:
        return Instant(cell)
    return json_text(cell) if kind == "json" and isinstance(cell, str) else cell


class PyArrow(_Parquet):
    """pyarrow, by which pandas reads too."""

    name = "pyarrow"
    TYPES = {
        "text": "large_string",
        "url": "large_string",
        "json": "large_string",
        "integer": "int64",
        "number": "double",
        "boolean": "bool",
        "datetime": "timestamp[us, tz=UTC]",
    }

    def version(self):
        return pyarrow.__version__

    def type_of(self, column):
        kind = self.TYPES[column.type]
        return f"large_list<element: {kind}>" if column.many else kind

    def columns(self, job, expected):
        table = pyarrow.parquet.read_table(job.file, arrow_extensions_enabled=False)
        # An extension, which JSON can be, counts as what it is stored as.
        types = [str(getattr(field.type, "storage_type", field.type)) for field in table.schema]
        return table.column_names, types, [_micros(column).to_pylist() for column in table.columns]


def _micros(array):
    kind = array.type
    if pyarrow.types.is_timestamp(kind):
        return array.cast(pyarrow.int64())
    if pyarrow.types.is_large_list(kind) and pyarrow.types.is_timestamp(kind.value_type):
        return array.cast(pyarrow.large_list(pyarrow.int64()))
    return array


class DuckDb(_Parquet):
    """DuckDB, which has a type for JSON."""

    name = "duckdb"
    TYPES = {
        "text": "VARCHAR",
        "url": "VARCHAR",
        "json": "JSON",
        "integer": "BIGINT",
        "number": "DOUBLE",
        "boolean": "BOOLEAN",
        "datetime": "TIMESTAMP WITH TIME ZONE",
    }

    def version(self):
        return duckdb.__version__

    def names(self, job, expected):
        return losses.duckdb_names(expected.names)

    def type_of(self, column):
        return self.TYPES[column.type] + "[]" * column.many

    def columns(self, job, expected):
        with duckdb.connect() as connection:
            connection.execute("SET preserve_insertion_order = true")
            # A view takes no parameters.
            connection.execute(f"CREATE VIEW file AS SELECT * FROM read_parquet({_quoted(job.file, chr(39))})")
            described = connection.execute("DESCRIBE file").fetchall()
            names, types = [row[0] for row in described], [row[1] for row in described]
            asked = ", ".join(map(self._asked, names, types))
            rows = connection.execute(f"SELECT {asked} FROM file").fetchall()
        return names, types, list(zip(*rows)) or [()] * len(names)

    @staticmethod
    def _asked(name, kind):
        name = _quoted(name, '"')
        if kind == "TIMESTAMP WITH TIME ZONE":
            return f"epoch_us({name})"
        if kind == "TIMESTAMP WITH TIME ZONE[]":
            return f"list_transform({name}, lambda moment: epoch_us(moment))"
        return name


def _quoted(text, quote):
    return quote + text.replace(quote, 2 * quote) + quote


class Polars(_Parquet):
    """polars in Python."""

    name = "polars"
    TYPES = {
        "text": polars.String(),
        "url": polars.String(),
        "json": polars.String(),
        "integer": polars.Int64(),
        "number": polars.Float64(),
        "boolean": polars.Boolean(),
        "datetime": polars.Datetime("us", "UTC"),
    }

    def version(self):
        return polars.__version__

    def type_of(self, column):
        kind = self.TYPES[column.type]
        return str(polars.List(kind) if column.many else kind)

    def columns(self, job, expected):
        frame = polars.read_parquet(job.file)
        types = [str(kind.ext_storage() if isinstance(kind, polars.BaseExtension) else kind) for kind in frame.dtypes]
        moments, lists = polars.Datetime("us", "UTC"), polars.List(polars.Datetime("us", "UTC"))
        columns = [
            series.cast(polars.Int64)
            if series.dtype == moments
            else series.cast(polars.List(polars.Int64))
            if series.dtype == lists
            else series
            for series in frame.get_columns()
        ]
        return frame.columns, types, [column.to_list() for column in columns]


READERS = (PyArrow, DuckDb, Polars)
