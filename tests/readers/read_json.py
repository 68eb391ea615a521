"""Readers of JSON and NDJSON: pandas, where it can, and Python's own module."""

import json
import platform
from functools import partial

import pandas

import losses
from expected import single
from reader import Reader, Reading


def _value(column, cell):
    """A cell of a JSON document; one of another type than its column's stays as it is, which is a difference."""
    try:
        if column.many and isinstance(cell, list):
            return [_single(column.type, item) for item in cell]
        return cell if column.many else _single(column.type, cell)
    except ValueError:
        return cell


def _single(kind, cell):
    # A number is written with a fraction or an exponent, and so stays a number in readers that know integers.
    return cell if kind == "number" and type(cell) is int else single(kind, cell)


class PythonJson(Reader):
    """Python's json module, which keeps the order of an object's members and shows a name that stands twice."""

    name = "python"
    formats = ("json", "ndjson")

    def version(self):
        return platform.python_version()

    def rule(self, job, expected, at):
        return losses.none

    def read(self, job, expected):
        with open(job.file, encoding="utf-8", newline="") as file:
            text = file.read()
        names = expected.names
        if job.format == "ndjson":
            lines = text.split("\n")
            faults = [] if lines.pop() == "" else ["the last line has no end"]
            documents = [json.loads(line, parse_constant=_refuse) for line in lines]
            objects = [json.loads(line, object_pairs_hook=_Members) for line in lines]
        else:
            faults = []
            documents = json.loads(text, parse_constant=_refuse)
            objects = json.loads(text, object_pairs_hook=_Members)
        for number, members in enumerate(objects):
            given = [name for name, _ in members]
            if given != names:
                faults.append(f"row {number} has the members {ascii(given):.200}")
                break
        rows = [list(map(_value, expected.columns, document.values())) for document in documents]
        return Reading(names, rows, faults)


class PandasJson(Reader):
    """pandas without its guesses at dates and types."""

    name = "pandas"
    formats = ("json", "ndjson")

    def version(self):
        return pandas.__version__

    def refuses(self, job, expected):
        return losses.pandas_json_refuses(expected)

    def names(self, job, expected):
        # A file without rows has no objects and so no names.
        return expected.names if expected.rows else []

    def rule(self, job, expected, at):
        column = expected.columns[at]
        floats = losses.pandas_makes_floats(column, [row[at] for row in expected.rows])
        return partial(losses.pandas_json, column, floats)

    def read(self, job, expected):
        lines = job.format == "ndjson"
        frame = pandas.read_json(
            job.file,
            orient="records",
            lines=lines,
            dtype=False,
            convert_axes=False,
            precise_float=True,
            encoding="utf-8",
        )
        columns = [_unwrapped(frame.iloc[:, at]) for at in range(frame.shape[1])]
        rows = [list(map(_value, expected.columns, row)) for row in zip(*columns)]
        return Reading(list(frame.columns), rows)


def _unwrapped(series):
    """The cells in Python's types, with None for the several things that pandas puts for a missing value."""
    return [None if _is_missing(cell) else cell for cell in series.tolist()]


def _is_missing(cell):
    return cell is None or cell is pandas.NA or cell is pandas.NaT or (isinstance(cell, float) and cell != cell)


class _Members(list):
    """The members of an object as pairs, in their order."""


def _refuse(name):
    raise ValueError(f"{name} is no JSON")


READERS = (PandasJson, PythonJson)
