#!/usr/bin/env python3
"""Other programs write the formats from the same NDJSON, each in a process of its own, for BENCHMARKS.md.

    peers.py ROWS.ndjson

Prints a row of the table for each: the CPU time and the most memory of its process as the system counted them.
"""

import os
import sys
import tempfile
import time

READ_PANDAS = "import pandas; rows = pandas.read_json(source, lines=True, convert_dates=['seen'])"
PROGRAMS = [
    ("json", "polars", "import polars; polars.read_ndjson(source).write_json(target)"),
    ("json", "DuckDB", "import duckdb; duckdb.sql(f\"copy (from read_json('{source}')) to '{target}' (format json, array true)\")"),
    ("json", "pandas", f"{READ_PANDAS}; rows.to_json(target, orient='records', date_format='iso')"),
    ("csv", "polars", "import polars; polars.read_ndjson(source).write_csv(target)"),
    ("csv", "DuckDB", "import duckdb; duckdb.sql(f\"copy (from read_json('{source}')) to '{target}' (format csv)\")"),
    ("csv", "pandas", f"{READ_PANDAS}; rows.to_csv(target, index=False)"),
    # No program of the field writes the statements; this one makes the database that they would.
    (
        "sql",
        "sqlite-utils, into a database",
        "import json, sqlite_utils; sqlite_utils.Database(target)['results'].insert_all(map(json.loads, open(source, 'rb')))",
    ),
    ("parquet", "polars", "import polars; polars.read_ndjson(source).write_parquet(target, compression='snappy')"),
    ("parquet", "DuckDB", "import duckdb; duckdb.sql(f\"copy (from read_json('{source}')) to '{target}' (format parquet)\")"),
    ("parquet", "pyarrow", "import pyarrow.json, pyarrow.parquet; pyarrow.parquet.write_table(pyarrow.json.read_json(source), target)"),
    ("parquet", "pandas", f"{READ_PANDAS}; rows.to_parquet(target)"),
    (
        "xlsx",
        "openpyxl, write-only",
        """
import json, openpyxl
book = openpyxl.Workbook(write_only=True)
sheet = book.create_sheet()
with open(source, encoding="utf-8") as lines:
    for number, line in enumerate(lines):
        row = json.loads(line)
        if number == 0:
            sheet.append(list(row))
        # The header takes one of a sheet's 1,048,576 rows.
        sheet.append(list(row.values()))
book.save(target)
""",
    ),
    ("xlsx", "pandas with openpyxl", f"{READ_PANDAS}; rows['seen'] = rows['seen'].dt.tz_localize(None); rows.to_excel(target, index=False)"),
]


def measure(program, source, target):
    """Runs a program in a process of its own: its CPU seconds, wall seconds, and most memory in bytes."""
    start = time.monotonic()
    code = f"source, target = {source!r}, {target!r}\n{program}"
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", code], os.environ)
    _, status, usage = os.wait4(process, 0)
    if status:
        sys.exit(f"a peer failed:\n{program}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss * 1024


def main():
    source = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, program in PROGRAMS:
            target = os.path.join(folder, f"rows.{kind}")
            cpu, wall, memory = measure(program, source, target)
            size = os.path.getsize(target)
            print(f"| {kind} | {name} | {cpu:.1f} s | {wall:.1f} s | {size // 10**6} MB | {memory // 10**6} MB | |", flush=True)


if __name__ == "__main__":
    main()
