#!/usr/bin/env python3
"""Reads exported files with other people's programs and compares every value with what the API returned.

    check.py FORMAT FILE EXPECTED.json [FILE EXPECTED.json …] [--reader NAME] [--table results] [--dialect standard]
    check.py --jobs LIST.json

README.md says what the files hold. Prints a line for each reader, and exits with 1 if any of them found a difference.
"""

import argparse
import dataclasses
import json
import signal
import sys
import traceback
from contextlib import closing
from dataclasses import dataclass, field
from importlib import import_module
from itertools import zip_longest

from compare import Difference, Failure, in_order_of, same
from expected import load
from reader import Job

# The modules are loaded when their format is asked for: pandas and pyarrow alone take a second.
MODULES = {
    "csv": ["read_csv"],
    "json": ["read_json"],
    "ndjson": ["read_json"],
    "xlsx": ["read_xlsx", "read_libreoffice"],
    "parquet": ["read_parquet"],
    "sql": ["read_sql"],
}
MAX_SHOWN = 20
ABSENT = Failure("nothing")


@dataclass
class Tally:
    """What one reader found in all the files that it was given."""

    files: int = 0
    rows: int = 0
    equal: int = 0
    lost: int = 0
    refused: list = field(default_factory=list)
    differences: list = field(default_factory=list)

    def check(self, reader, job, expected):
        """Reads one file and compares it."""
        if reason := reader.refuses(job, expected):
            self.refused.append(reason)
            # That a reader is known to fail on a file is no reason to have it read none.
            if reader.name not in job.refused_by:
                self._differs(job, None, None, Failure("a file that it reads"), Failure(f"one that it does not: {reason}"))
            return
        self.files += 1
        self.rows += len(expected.rows)
        try:
            reading = reader.read(job, expected)
        # Whatever a reader raises is what it has to say about the file.
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__} ({place.filename.rsplit('/', 1)[-1]}:{place.lineno}): {error}"
            self._differs(job, None, None, Failure("a file that can be read"), Failure(said))
            return
        for fault in reading.faults:
            self._differs(job, None, None, Failure("a file without faults"), Failure(fault))
        self._compare_names(job, reader.names(job, expected), reading.names)
        self._compare_rows(reader, job, expected, reading)

    def _compare_names(self, job, wanted, given):
        for at, (want, got) in enumerate(zip_longest(wanted, given, fillvalue=ABSENT)):
            if want != got or want is ABSENT or got is ABSENT:
                self._differs(job, None, f"number {at}", want, got)

    def _compare_rows(self, reader, job, expected, reading):
        rules = [reader.rule(job, expected, at) for at in range(len(expected.columns))]
        wanted = [[rule(value) for rule, value in zip(rules, values)] for values in expected.rows]
        rows = reading.rows if reading.ordered else in_order_of(wanted, reading.rows)
        if len(rows) != len(wanted):
            self._differs(job, None, None, Failure(f"{len(wanted):,} rows"), Failure(f"{len(rows):,} rows"))
        for number, (values, wants, row) in enumerate(zip(expected.rows, wanted, rows)):
            if len(wants) != len(row):
                self._differs(job, number, None, Failure(f"{len(wants):,} cells"), Failure(f"{len(row):,} cells"))
            for column, value, want, got in zip(expected.columns, values, wants, row):
                if not same(want, got):
                    self._differs(job, number, column.name, want, got)
                elif same(want, value):
                    self.equal += 1
                else:
                    self.lost += 1

    def _differs(self, job, row, column, want, got):
        self.differences.append((job.file, Difference(row, column, want, got)))

    def print(self, reader):
        head = f"{reader.name} {reader.version()}"
        files = f"{self.files} files, " if self.files > 1 else ""
        if self.files or not self.refused:
            values = f"{self.equal:,} values equal, {self.lost:,} within the loss table"
            print(f"{head}: {files}{self.rows:,} rows, {values}")
        for reason in sorted(set(self.refused)):
            print(f"{head}: {self.refused.count(reason)} not read: {reason}")
        several = self.files > 1
        for file, difference in self.differences[:MAX_SHOWN]:
            print(f"{head}: {f'{file}: ' if several else ''}{difference}")
        if len(self.differences) > MAX_SHOWN:
            print(f"{head}: and {len(self.differences) - MAX_SHOWN:,} more differences")


def check(jobs, only=None):
    """Runs every reader of the jobs' formats, or the one that is named; whether all files were as they must be."""
    expected = {path: load(path) for path in dict.fromkeys(job.expected for job in jobs)}
    modules = dict.fromkeys(module for job in jobs for module in MODULES[job.format])
    good = asked = 0
    for reader_type in (reader for module in modules for reader in import_module(module).READERS):
        if only and reader_type.name != only:
            continue
        tally = Tally()
        # A reader starts its server at its first file and ends it after its last, whatever happens between.
        with closing(reader_type()) as reader:
            taken = [job for job in jobs if reader.takes(job)]
            reader.prepare(taken)
            for job in taken:
                tally.check(reader, job, expected[job.expected])
            if taken:
                asked += 1
                good += not tally.differences
                tally.print(reader)
    if not asked:
        print(f"error: no reader{f' called {only}' if only else ''} takes these files")
    return good == asked > 0


def arguments():
    parser = argparse.ArgumentParser(description="Compares exported files with what the API returned.")
    parser.add_argument("format", nargs="?", choices=MODULES)
    parser.add_argument("files", nargs="*", help="FILE EXPECTED.json, any number of such pairs")
    parser.add_argument("--jobs", help="a JSON list of {format, file, expected, …}, with the options below by name")
    parser.add_argument("--reader", help="only this one, such as openpyxl")
    parser.add_argument("--table", default="results", help="sql: the table's name")
    parser.add_argument("--dialect", default="standard", choices=["standard", "postgres", "mysql", "sqlite"])
    parser.add_argument("--before", action="append", default=[], help="sql: a file that is run before, again and again")
    parser.add_argument("--refused-by", action="append", default=[], help="a reader that need not read the files")
    parser.add_argument("--formulas", default="keep", choices=["keep", "guard"], help="csv: as it was exported")
    parser.add_argument("--delimiter", default=",", help="csv: as it was exported")
    parser.add_argument("--bom", action="store_true", help="csv: whether it was exported with a byte order mark")
    parser.add_argument("--no-links", dest="links", action="store_false", help="xlsx: exported without links")
    given = parser.parse_args()
    if given.jobs:
        with open(given.jobs, encoding="utf-8") as file:
            return [Job(**{**job, **lists(job)}) for job in json.load(file)], given.reader
    if not given.format or not given.files or len(given.files) % 2:
        parser.error("either --jobs, or a format and pairs of FILE and EXPECTED.json")
    options = {option.name: getattr(given, option.name) for option in dataclasses.fields(Job)[3:]}
    options.update(lists(options))
    pairs = zip(given.files[::2], given.files[1::2])
    return [Job(given.format, file, expected, **options) for file, expected in pairs], given.reader


def lists(options):
    """Those of a job's options that are lists, as a `Job` has them."""
    return {name: tuple(options.get(name, ())) for name in ("before", "refused_by")}


def main():
    # So that what was started is ended and removed when this process is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(0 if check(*arguments()) else 1)


if __name__ == "__main__":
    main()
