#!/usr/bin/env python3
"""Proves that check.py can fail: each reader is given files with one thing wrong, and must find that and nothing else.

    selftest.py [FORMAT …] [--reader NAME]

For every format and dialect a right file and wrong ones are written (samples.py), and every reader must find no
difference in the first and at least one in each of the others.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
from contextlib import closing
from importlib import import_module
from pathlib import Path

import samples
from check import MODULES, Tally
from expected import Column, Expected, Json, load
from instant import Instant
from reader import Job

MOMENT = Instant.parse("2026-11-25T09:00:00Z")
ORIGINAL = Expected(
    [
        Column("name", "text", False),
        Column("stock", "integer", False),
        Column("price", "number", False),
        Column("new", "boolean", False),
        Column("seen", "datetime", False),
        Column("link", "url", False),
        Column("more", "json", False),
        Column("tags", "text", True),
        Column("sizes", "integer", True),
    ],
    [
        ['Lamp, "blue"', 7, 19.99, True, MOMENT, "https://shop.example/1", Json({"a": [1, None]}), ["x", "y"], [1, 2]],
        ["007", -1, 0.5, False, MOMENT, "https://shop.example/2", Json("text"), ["z"], [3]],
        [None, None, None, None, None, None, None, None, None],
        ["l1\nl2", 2**53, 1e300, True, MOMENT, "https://shop.example/4", Json([1.5]), ["é", "😀"], [4]],
    ],
)


def altered(row, column, value):
    """The original with another value in one cell."""
    rows = [list(cells) for cells in ORIGINAL.rows]
    rows[row][[given.name for given in ORIGINAL.columns].index(column)] = value
    return Expected(ORIGINAL.columns, rows)


def swapped(one, other):
    """The original with two columns in each other's place."""
    order = list(range(len(ORIGINAL.columns)))
    order[one], order[other] = order[other], order[one]
    return Expected([ORIGINAL.columns[at] for at in order], [[row[at] for at in order] for row in ORIGINAL.rows])


WRONG = {
    "a text with another character": altered(0, "name", 'Lamp, "blué"'),
    "a text without its zeros": altered(1, "name", "7"),
    "a text without its line break": altered(3, "name", "l1 l2"),
    "a text in place of a null": altered(2, "name", "x"),
    "another integer": altered(0, "stock", 8),
    "a null in place of an integer": altered(1, "stock", None),
    "another number": altered(0, "price", 19.98),
    "another boolean": altered(0, "new", False),
    "a moment two seconds later": altered(1, "seen", Instant(MOMENT.micros + 2_000_000)),
    "another URL": altered(3, "link", "https://shop.example/5"),
    "another value deep in JSON": altered(0, "more", Json({"a": [2, None]})),
    "a list with its values in another order": altered(0, "tags", ["y", "x"]),
    "a list without one of its values": altered(0, "sizes", [1]),
    "the last row missing": Expected(ORIGINAL.columns, ORIGINAL.rows[:-1]),
    "the first row missing": Expected(ORIGINAL.columns, ORIGINAL.rows[1:]),
    "a row twice": Expected(ORIGINAL.columns, [*ORIGINAL.rows, ORIGINAL.rows[0]]),
    "no rows": Expected(ORIGINAL.columns, []),
    "two columns swapped": swapped(1, 2),
    "two columns of one type swapped": swapped(7, 8),
    "a column missing": Expected(ORIGINAL.columns[:-1], [row[:-1] for row in ORIGINAL.rows]),
    "a column with another name": Expected([Column("title", "text", False), *ORIGINAL.columns[1:]], ORIGINAL.rows),
}
# What pandas' parser of JSON fails on, as the loss table knows.
UNREADABLE = Expected([Column("price", "number", False)], [[5e-324]])
# What only some formats have, with the readers that must see it; None for all.
FLAWS = {
    "xlsx": {
        "formula": None,
        "header": ["openpyxl"],
        "pane": ["openpyxl"],
        "filter": ["openpyxl"],
        "link": ["openpyxl"],
    },
    "parquet": {"type": None},
    "sql": {"type": None, "error": None},
}


def cases(folder, formats):
    """Each file that is written: its job, what is wrong with it or None, and the readers that must see that."""
    given = written(folder / "expected.json", ORIGINAL)
    for format_name in formats:
        for dialect in ("standard", "postgres", "mysql", "sqlite") if format_name == "sql" else ("standard",):

            def job(number):
                file = folder / f"{format_name}-{dialect}-{number}.{format_name}"
                return Job(format_name, str(file), str(given), dialect=dialect)

            everything = [(None, ORIGINAL, None, None)]
            everything += [(wrong, expected, None, None) for wrong, expected in WRONG.items()]
            flaws = FLAWS.get(format_name, {})
            everything += [(f"the flaw `{flaw}`", ORIGINAL, flaw, readers) for flaw, readers in flaws.items()]
            for number, (wrong, expected, flaw, readers) in enumerate(everything):
                samples.write(job(number), expected, flaw)
                yield job(number), wrong, readers
        if format_name in ("json", "ndjson"):
            expected = written(folder / "unreadable.json", UNREADABLE)
            job = Job(format_name, str(folder / f"unreadable.{format_name}-file"), str(expected))
            samples.write(job, UNREADABLE)
            yield job, "a file that the reader does not read", ["pandas"]
            yield dataclasses.replace(job, refused_by=("pandas",)), None, None


def written(file, expected):
    """The file of what is expected."""
    columns = [dataclasses.asdict(column) for column in expected.columns]
    file.write_text(json.dumps({"columns": columns, "rows": samples.document(expected.rows)}), "utf-8")
    return file


def try_reader(reader_type, all_cases):
    """Has one reader read all files that are for it; yields for each whether it was right about it, and what it was."""
    with closing(reader_type()) as reader:
        taken = [case for case in all_cases if reader.takes(case[0])]
        reader.prepare([job for job, _, _ in taken])
        for job, wrong, readers in taken:
            tally = Tally()
            tally.check(reader, job, load(job.expected))
            must_differ = wrong is not None and (readers is None or reader.name in readers)
            what = f"{reader.name}, {job.format} {job.dialect}, {wrong or 'the right file'}"
            if bool(tally.differences) == must_differ:
                yield True, what
            else:
                found = tally.differences[0][1] if tally.differences else "no difference"
                yield False, f"{what}: {found}"


def main():
    parser = argparse.ArgumentParser(description="Proves that check.py finds what is wrong with a file.")
    parser.add_argument("formats", nargs="*", help="all of them unless some are named")
    parser.add_argument("--reader", help="only this one")
    given = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="snowscrape-selftest-") as folder:
        all_cases = list(cases(Path(folder), given.formats or MODULES))
        modules = dict.fromkeys(module for job, _, _ in all_cases for module in MODULES[job.format])
        for reader_type in (reader for module in modules for reader in import_module(module).READERS):
            if given.reader not in (None, reader_type.name):
                continue
            for right, what in try_reader(reader_type, all_cases):
                passed += right
                failed += not right
                if not right:
                    print(f"error: {what}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if passed and not failed else 1)


if __name__ == "__main__":
    main()
