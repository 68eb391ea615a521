"""Databases as readers of SQL: a file is run by the database's own client and the table is then read back.

Moments are asked for as text or microseconds, since Python's datetime ends at the year 9999 and begins at 1.
"""

import shutil
import sqlite3
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import psycopg
import pymysql
from psycopg import sql

import losses
import servers
from expected import Json
from fields import json_text
from instant import Instant
from reader import Reader, Reading

SECONDS_PER_FILE = 300
MICROS_PER_SECOND = 1_000_000


class _Sql(Reader):
    formats = ("sql",)
    dialect = ""
    types = {}
    ordered = True

    def takes(self, job):
        return super().takes(job) and job.dialect in ("standard", self.dialect)

    def names(self, job, expected):
        return losses.sql_names(job.dialect, expected.names)

    def run(self, files):
        """Begins with an empty database and has the client run the files; what it had to say against them."""
        raise NotImplementedError

    def types_of(self, table):
        """The table's columns: names and types."""
        raise NotImplementedError

    def rows_of(self, table, columns):
        """The table's rows, of such names and types."""
        raise NotImplementedError

    def read(self, job, expected):
        faults = self.run([*job.before, job.file])
        columns = self.types_of(job.table)
        names = [name for name, _ in columns]
        wanted = [self._type(job, column) for column in expected.columns]
        faults += [
            f"the column {name!r} has the type {got} and not {want}"
            for (name, got), want in zip(columns, wanted)
            if got != want
        ]
        rows = self.rows_of(job.table, columns)
        values = [list(map(self._value, expected.columns, row)) for row in rows]
        return Reading(names, values, faults, ordered=self.ordered)

    def _type(self, job, column):
        """The type that a column must have."""
        kind = "json" if column.many else column.type
        if kind == "datetime" and (job.dialect == "standard" or self.dialect == "sqlite"):
            # Of their types for times none is read by all three, and SQLite has none.
            kind = "text"
        if kind == "json" and job.dialect == "standard":
            kind = "text"
        return self.types.get(f"{job.dialect} {kind}") or self.types[kind]

    def _value(self, column, cell):
        """A cell in the types of `expected`; one that is none of its column's type comes out as it is."""
        if cell is None:
            return None
        if not (column.many or column.type == "json"):
            return self.single(column.type, cell)
        document = json_text(cell) if isinstance(cell, str) else cell
        if not isinstance(document, Json):
            return cell
        if not column.many:
            return document
        if not isinstance(document.value, list):
            return document
        return [None if item is None else self.item(column.type, item) for item in document.value]

    def single(self, kind, cell):
        """A value that is not of a list."""
        if kind == "datetime" and isinstance(cell, str):
            return Instant.parse(cell) or cell
        return cell

    def item(self, kind, item):
        """A value of a list, which is JSON: there a number needs no fraction."""
        if kind == "json":
            return Json(item)
        if kind == "number" and type(item) in (int, float):
            return float(item)
        return Instant.parse(item) or item if kind == "datetime" and isinstance(item, str) else item


class Sqlite(_Sql):
    """The sqlite3 shell runs the file, Python's sqlite3 module reads the table."""

    name = "sqlite3"
    dialect = "sqlite"
    types = {
        "text": "TEXT",
        "url": "TEXT",
        "integer": "BIGINT",
        "number": "REAL",
        "standard number": "DOUBLE PRECISION",
        "boolean": "BOOLEAN",
        "json": "TEXT",
    }

    def __init__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="snowscrape-sqlite-"))
        self._database = self._folder / "database"

    def version(self):
        return subprocess.run(["sqlite3", "--version"], capture_output=True, text=True, check=True).stdout.split()[0]

    def rule(self, job, expected, at):
        return partial(losses.sqlite, job.dialect, expected.columns[at])

    def run(self, files):
        self._database.unlink(missing_ok=True)
        return [fault for file in files for fault in _run(["sqlite3", "-bail", str(self._database)], file)]

    def types_of(self, table):
        with sqlite3.connect(self._database) as connection:
            return connection.execute("SELECT name, type FROM pragma_table_info(?)", [table]).fetchall()

    def rows_of(self, table, columns):
        with sqlite3.connect(self._database) as connection:
            # In the order of its rows' numbers, which cannot be asked for by name: a column may have taken that.
            return connection.execute(f"SELECT * FROM {_quoted(table, chr(34))}").fetchall()

    def close(self):
        shutil.rmtree(self._folder, ignore_errors=True)


class Postgres(_Sql):
    """psql runs the file, psycopg reads the table."""

    name = "postgresql"
    dialect = "postgres"
    types = {
        "text": "text",
        "url": "text",
        "integer": "bigint",
        "number": "double precision",
        "boolean": "boolean",
        "datetime": "timestamp with time zone",
        "json": "jsonb",
    }
    # A table has no order, and PostgreSQL's rows do not keep the one that they came in: a later one may fit where there
    # was no room for a large one.
    ordered = False

    def __init__(self):
        self._server = self._connection = None

    def _start(self):
        connects = partial(psycopg.connect, user="postgres", dbname="postgres", autocommit=True)
        self._server, self._connection = servers.postgres(lambda folder: connects(host=str(folder)))

    def version(self):
        if not self._server:
            self._start()
        return self._connection.execute("SHOW server_version").fetchone()[0].split()[0]

    def rule(self, job, expected, at):
        return partial(losses.postgres, job.dialect, expected.columns[at])

    def run(self, files):
        if not self._server:
            self._start()
        self._connection.execute("SET client_min_messages = warning")
        self._connection.execute("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public")
        client = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self._server.folder), "-U", "postgres"]
        return [fault for file in files for fault in _run([*client, "-d", "postgres", "-f", str(file)])]

    def types_of(self, table):
        return self._connection.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            [_quoted(table, '"')],
        ).fetchall()

    def rows_of(self, table, columns):
        asked = [sql.SQL(self._asked(kind)).format(sql.Identifier(name)) for name, kind in columns]
        query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(asked), sql.Identifier(table))
        return self._connection.execute(query).fetchall()

    @staticmethod
    def _asked(kind):
        if kind == "timestamp with time zone":
            return f"(extract(epoch from {{}}) * {MICROS_PER_SECOND})::bigint"
        return "{}::text" if kind == "jsonb" else "{}"

    def single(self, kind, cell):
        return Instant(cell) if kind == "datetime" and type(cell) is int else super().single(kind, cell)

    def _value(self, column, cell):
        value = super()._value(column, cell)
        return losses.jsonb(value) if column.many or column.type == "json" else value

    def close(self):
        if self._connection:
            self._connection.close()
        if self._server:
            self._server.close()


class MariaDb(_Sql):
    """The mariadb client runs the file, PyMySQL reads the table."""

    name = "mariadb"
    dialect = "mysql"
    types = {
        "text": "longtext",
        "url": "longtext",
        "integer": "bigint(20)",
        "number": "double",
        "boolean": "tinyint(1)",
        "datetime": "datetime(6)",
        # MariaDB's JSON is a text with a check.
        "json": "longtext",
    }
    DATABASE = "snowscrape"

    def __init__(self):
        self._server = self._connection = None

    def _start(self):
        # What is compared are moments as text, so PyMySQL's own conversion of them is left out.
        connects = partial(pymysql.connect, user="root", charset="utf8mb4", autocommit=True)
        self._server, self._connection = servers.mariadb(lambda socket: connects(unix_socket=str(socket)))

    def version(self):
        if not self._server:
            self._start()
        # What it says of itself when a client connects begins with an old number, for clients of other makes.
        return self._asked("SELECT VERSION()")[0][0].split("-")[0]

    def rule(self, job, expected, at):
        return partial(losses.mariadb, job.dialect, expected.columns[at])

    def run(self, files):
        if not self._server:
            self._start()
        self._asked(f"DROP DATABASE IF EXISTS {self.DATABASE}")
        self._asked(f"CREATE DATABASE {self.DATABASE}")
        self._asked(f"USE {self.DATABASE}")
        client = ["mariadb", "--no-defaults", "--default-character-set=utf8mb4", "--show-warnings", "--user=root"]
        client += [f"--socket={self._server.folder / 'socket'}", self.DATABASE]
        return [fault for file in files for fault in _run(client, file)]

    def types_of(self, table):
        return self._asked(
            "SELECT COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS"
            " WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION",
            [self.DATABASE, table],
        )

    def rows_of(self, table, columns):
        names = ((_quoted(name, "`"), kind) for name, kind in columns)
        asked = ", ".join(f"CAST({name} AS CHAR)" if kind == "datetime(6)" else name for name, kind in names)
        # Nothing is given to put into the query, so that PyMySQL leaves its percent signs alone.
        return self._asked(f"SELECT {asked} FROM {_quoted(table, '`')}")

    def _asked(self, query, values=None):
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def single(self, kind, cell):
        if kind == "datetime" and isinstance(cell, str) and "T" not in cell:
            return Instant.parse(f"{cell.replace(' ', 'T')}Z") or cell
        return cell + 0.0 if type(cell) is float else super().single(kind, cell)

    def close(self):
        if self._connection:
            self._connection.close()
        if self._server:
            self._server.close()


def _run(client, file=None):
    """Runs a client, with a file on its standard input if one is given; what it said against the file."""
    with open(file or "/dev/null", "rb") as given:
        pipes = {"stdin": given, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        done = subprocess.run(client, **pipes, timeout=SECONDS_PER_FILE)
    said = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode:
        raise ValueError(f"{client[0]} failed: {said[:500]}")
    # Notes are no warnings: that a table which is to be dropped is not there, for one.
    lines = (line for line in said.splitlines() if "NOTICE" not in line and not line.startswith("Note "))
    return [f"{client[0]} says: {line:.300}" for line in lines]


def _quoted(name, quote):
    return quote + name.replace(quote, 2 * quote) + quote


READERS = (Sqlite, Postgres, MariaDb)
