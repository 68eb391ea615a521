"""Small files as an exporter would write them, made by Python's libraries: what selftest.py alters and has read.

They are plain values only; what the exporters do about nasty ones is theirs and not written twice.
"""

import csv
import json
from datetime import datetime, timedelta, timezone

import openpyxl
import pyarrow
import pyarrow.parquet
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

import losses
from expected import Json
from instant import EPOCH, Instant


def write(job, expected, flaw=None):
    """Writes the job's file; `flaw` names what is wrong with it beside its values, for the formats that know such."""
    WRITERS[job.format](job, expected, flaw)


def document(value):
    """A value as the API's JSON has it."""
    if isinstance(value, list):
        return [document(item) for item in value]
    return value.value if isinstance(value, Json) else str(value) if isinstance(value, Instant) else value


def _text(column, value):
    """A value as the formats write it that have only text."""
    if value is None:
        return ""
    if column.many or column.type == "json":
        return losses.as_text(column, value)
    return str(value).lower() if column.type == "boolean" else str(value)


def _csv(job, expected, flaw):
    with open(job.file, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(expected.names)
        writer.writerows(map(_text, expected.columns, row) for row in expected.rows)


def _json(job, expected, flaw):
    objects = [json.dumps(dict(zip(expected.names, document(row)))) for row in expected.rows]
    lines = job.format == "ndjson"
    with open(job.file, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in objects) if lines else f"[{','.join(objects)}]\n")


def _xlsx(job, expected, flaw):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(expected.names)
    for cell in sheet[1]:
        cell.font = Font(bold=flaw != "header")
    for row in expected.rows:
        sheet.append([_cell(column, value) for column, value in zip(expected.columns, row)])
        for column, value, cell in zip(expected.columns, row, sheet[sheet.max_row]):
            if column.type == "datetime" and not column.many:
                cell.number_format = "yyyy-mm-dd hh:mm:ss"
            if column.type == "url" and value is not None and flaw != "link":
                cell.hyperlink = value
    if flaw == "formula":
        sheet["A2"] = "=1+1"
    if flaw != "pane":
        sheet.freeze_panes = "A2"
    if flaw != "filter":
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(expected.columns))}{len(expected.rows) + 1}"
    book.save(job.file)


def _cell(column, value):
    if isinstance(value, Instant):
        return (EPOCH + timedelta(microseconds=value.micros)).replace(tzinfo=None)
    return _text(column, value) if value is not None and (column.many or column.type == "json") else value


ARROW = {
    "text": pyarrow.large_string(),
    "url": pyarrow.large_string(),
    "json": pyarrow.json_(pyarrow.large_string()),
    "integer": pyarrow.int64(),
    "number": pyarrow.float64(),
    "boolean": pyarrow.bool_(),
    "datetime": pyarrow.timestamp("us", "UTC"),
}


def _parquet(job, expected, flaw):
    fields, arrays = [], []
    for at, column in enumerate(expected.columns):
        kind = ARROW[column.type]
        if column.many:
            kind = pyarrow.large_list(pyarrow.field("element", kind))
        if flaw == "type" and column.type == "datetime":
            kind = pyarrow.timestamp("us")
        fields.append(pyarrow.field(column.name, kind))
        arrays.append(pyarrow.array([_arrow(column, row[at]) for row in expected.rows], kind))
    pyarrow.parquet.write_table(pyarrow.table(arrays, schema=pyarrow.schema(fields)), job.file)


def _arrow(column, value):
    if isinstance(value, list):
        return [_arrow(column, item) for item in value]
    if isinstance(value, Instant):
        return datetime.fromtimestamp(0, timezone.utc) + timedelta(microseconds=value.micros)
    return json.dumps(value.value) if isinstance(value, Json) else value


# The types of the SQL exporter by dialect: in `standard` what three databases read is a text.
SQL_TYPES = {
    "standard": {"number": "DOUBLE PRECISION", "datetime": "TEXT", "json": "TEXT"},
    "postgres": {"number": "DOUBLE PRECISION", "datetime": "TIMESTAMPTZ", "json": "JSONB"},
    "mysql": {"text": "LONGTEXT", "url": "LONGTEXT", "number": "DOUBLE", "datetime": "DATETIME(6)", "json": "JSON"},
    "sqlite": {"number": "REAL", "datetime": "TEXT", "json": "TEXT"},
}


def _sql(job, expected, flaw):
    types = {"text": "TEXT", "url": "TEXT", "integer": "BIGINT", "boolean": "BOOLEAN", **SQL_TYPES[job.dialect]}
    if flaw == "type":
        types["integer"] = "NUMERIC"
    quote = "`" if job.dialect == "mysql" else '"'
    columns = []
    for column in expected.columns:
        kind = types["json" if column.many else column.type]
        if kind == "TEXT" and job.dialect == "standard":
            kind = "TEXT /*!40101 (4294967295) */"
        columns.append(f"{quote}{column.name}{quote} {kind}")
    lines = ["/*!40101 SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' */"]
    lines.append(f"CREATE TABLE {quote}{job.table}{quote} ({', '.join(columns)})")
    for row in expected.rows:
        values = ", ".join(_literal(job, column, value) for column, value in zip(expected.columns, row))
        lines.append(f"INSERT INTO {quote}{job.table}{quote} VALUES ({values})")
    if flaw == "error":
        lines.append("INSERT INTO nowhere VALUES (1)")
    with open(job.file, "w", encoding="utf-8") as file:
        file.write("".join(f"{line};\n" for line in lines))


def _literal(job, column, value):
    if value is None:
        return "NULL"
    if column.many or column.type == "json":
        text = json.dumps(document(value))
    elif isinstance(value, Instant):
        text = str(value)
        if job.dialect == "mysql":
            text = text.replace("T", " ").removesuffix("Z")
    elif isinstance(value, str):
        text = value
    else:
        return str(value).upper()
    return "'" + text.replace("'", "''") + "'"


WRITERS = {"csv": _csv, "json": _json, "ndjson": _json, "xlsx": _xlsx, "parquet": _parquet, "sql": _sql}
