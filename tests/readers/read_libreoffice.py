"""LibreOffice as a reader of XLSX: it opens the workbook and writes each sheet as CSV, which is then looked at.

Texts are written in quotes and other cells without, so that a number that came as text, or a text that became a number,
is seen. Many files are converted by one process, since its start takes two seconds.
"""

import re
import shutil
import subprocess
import tempfile
from decimal import Decimal
from functools import partial
from pathlib import Path

import losses
from expected import Column
from fields import NUMBER, typed
from instant import Instant
from read_xlsx import pad
from reader import Reader, Reading

# The tokens of LibreOffice's CSV filter: comma, quote, UTF-8, from line 1, no column formats, no language, all texts in
# quotes, not as shown but in full, formulas as formulas, spaces kept, and -1 for all sheets.
FILTER = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,true,false,false,-1"
FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|\Z)')
SECONDS_PER_CALL = 600
# LibreOffice takes 255 arguments and leaves out the others without a word.
FILES_PER_CALL = 200
DATE = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)", re.ASCII)


class LibreOffice(Reader):
    """`soffice --headless --convert-to csv`, with a profile of its own."""

    name = "LibreOffice"
    formats = ("xlsx",)

    def __init__(self):
        self._folder = None
        self._files = {}
        self._said = ""

    def version(self):
        done = subprocess.run([_program(), "--version"], capture_output=True, text=True, timeout=SECONDS_PER_CALL)
        return done.stdout.split()[1]

    def rule(self, job, expected, at):
        return partial(losses.libreoffice, expected.columns[at])

    def prepare(self, jobs):
        if not jobs:
            return
        self._folder = Path(tempfile.mkdtemp(prefix="snowscrape-libreoffice-"))
        for number, file in enumerate(dict.fromkeys(job.file for job in jobs)):
            # Under a name of ours, since the sheets' names are put behind it.
            self._files[file] = link = self._folder / f"{number}.xlsx"
            link.symlink_to(Path(file).resolve())
        for first in range(0, len(self._files), FILES_PER_CALL):
            self._convert(list(self._files.values())[first : first + FILES_PER_CALL])

    def _convert(self, files):
        command = [_program(), "--headless", f"-env:UserInstallation={(self._folder / 'profile').as_uri()}"]
        command += ["--convert-to", FILTER, "--outdir", str(self._folder / "csv"), *map(str, files)]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS_PER_CALL,
        )
        self._said = done.stdout.strip()

    def read(self, job, expected):
        stem = self._files[job.file].stem
        sheets = sorted((self._folder / "csv").glob(f"{stem}-*.csv"), key=lambda path: (len(path.name), path.name))
        if not sheets:
            raise ValueError(f"LibreOffice wrote nothing: {self._said[-300:]}")
        names, rows, faults = None, [], []
        for sheet in sheets:
            header, *records = _records(sheet.read_bytes().decode("utf-8"))
            header = [text for text, _ in header]
            if names not in (None, header):
                faults.append(f"{sheet.name}: another header than the first sheet's")
            names = names or header
            rows += [[_value(column, *cell) for column, cell in zip(expected.columns, record)] for record in records]
        return Reading(names, pad(rows, expected, losses.libreoffice, ""), faults)

    def names(self, job, expected):
        return [losses.libreoffice(Column("", "text", False), name) for name in expected.names]

    def close(self):
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def _program():
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if not found:
        raise FileNotFoundError("LibreOffice is missing: Debian's package libreoffice-calc-nogui has it")
    return found


def _records(text):
    """The records of a CSV file, each field with whether it stood in quotes."""
    records, record, at = [], [], 0
    while at < len(text):
        match = FIELD.match(text, at)
        if not match:
            raise ValueError(f"no CSV at character {at}: {text[at:at + 60]!r}")
        quoted, plain, end = match.groups()
        record.append((plain, False) if quoted is None else (quoted.replace('""', '"'), True))
        if end != ",":
            records.append(record)
            record = []
        at = match.end()
    return records


def _value(column, text, quoted):
    """A field in the types of `expected`; one that is not what its column may hold comes out as something else."""
    if quoted:
        return typed(column, text) if column.many or column.type == "json" else text
    if text == "":
        return ""
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    if NUMBER.fullmatch(text):
        # Large integers are written with an exponent, and numbers without a fraction like integers.
        return int(Decimal(text)) if column.type == "integer" else float(text) + 0.0
    if match := DATE.fullmatch(text):
        return Instant.parse(f"{match[1]}T{match[2]}Z")
    return f"<{text} without quotes>"


READERS = (LibreOffice,)
