"""Readers of CSV: pandas and Python's own module."""

import csv
import platform
import sys
from functools import partial

import pandas

import losses
from fields import typed
from reader import Reader, Reading


class _Csv(Reader):
    formats = ("csv",)

    def rule(self, job, expected, at):
        return partial(losses.csv_guarded if job.formulas == "guard" else losses.csv, expected.columns[at])

    def names(self, job, expected):
        return [losses.guarded(name) if job.formulas == "guard" else name for name in expected.names]

    def records(self, job):
        """The header and the records, as lists of texts."""
        raise NotImplementedError

    def read(self, job, expected):
        names, *records = self.records(job)
        columns = expected.columns
        # A record of another length is compared as it is, which is a difference.
        rows = [[*map(typed, columns, record), *record[len(columns) :]] for record in records]
        return Reading(names, rows)


class PythonCsv(_Csv):
    """Python's csv module, strict."""

    name = "python"

    def version(self):
        return platform.python_version()

    def records(self, job):
        csv.field_size_limit(sys.maxsize)
        with open(job.file, encoding="utf-8-sig" if job.bom else "utf-8", newline="") as file:
            return list(csv.reader(file, delimiter=job.delimiter, strict=True))


class PandasCsv(_Csv):
    """pandas without its guesses: every field is text, no text means null."""

    name = "pandas"

    def version(self):
        return pandas.__version__

    def names(self, job, expected):
        first, *others = super().names(job, expected)
        # Of two marks, which a file with one of its own can begin with, it takes the first.
        return [first if job.bom else losses.pandas_first_name(first), *others]

    def records(self, job):
        # The header is read as a record, since pandas renames what stands in a header twice.
        frame = pandas.read_csv(
            job.file,
            sep=job.delimiter,
            header=None,
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            skip_blank_lines=False,
            encoding="utf-8",
        )
        return frame.to_numpy(dtype=object).tolist()


READERS = (PandasCsv, PythonCsv)
