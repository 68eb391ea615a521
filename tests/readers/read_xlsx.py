"""openpyxl as a reader of XLSX, in both of its modes, and what a person sees of the workbook.

The first mode holds the whole workbook and knows its links, formats and panes; the read-only one streams the values.
"""

import re
import warnings
from datetime import datetime
from functools import partial

import openpyxl

import losses
from fields import typed
from instant import Instant
from reader import Reader, Reading

ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class _OpenPyxl(Reader):
    formats = ("xlsx",)
    read_only = False

    def version(self):
        return openpyxl.__version__

    def rule(self, job, expected, at):
        return partial(losses.openpyxl, expected.columns[at])

    def read(self, job, expected):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            book = openpyxl.load_workbook(job.file, read_only=self.read_only)
        try:
            faults = [f"openpyxl warns: {warning.message}" for warning in caught]
            names, rows = None, []
            for sheet in book.worksheets:
                cells = list(sheet.iter_rows())
                header = [_text(cell.value) for cell in cells[0]] if cells else []
                if names not in (None, header):
                    faults.append(f"{sheet.title}: another header than the first sheet's")
                names = names or header
                rows += [[_value(column, cell) for column, cell in zip(expected.columns, row)] for row in cells[1:]]
                if not self.read_only:
                    count = len(expected.rows) if len(book.worksheets) == 1 else len(cells) - 1
                    faults += _presentation(sheet, cells, count, expected.columns, job.links)
        finally:
            book.close()
        # The stream ends a row at its last cell.
        rows = [row + [None] * (len(names) - len(row)) for row in rows]
        return Reading(names, pad(rows, expected, losses.openpyxl, None), faults)


class OpenPyxl(_OpenPyxl):
    """The whole workbook."""

    name = "openpyxl"


class OpenPyxlReadOnly(_OpenPyxl):
    """A stream of its cells."""

    name = "openpyxl-read-only"
    read_only = True


def pad(rows, expected, loss, empty):
    """Adds what no reader sees at the end of a sheet: rows in which, after the reader's loss, nothing is."""
    for values in expected.rows[len(rows) :]:
        if any(loss(column, value) != empty for column, value in zip(expected.columns, values)):
            break
        rows.append([empty] * len(values))
    return rows


def _value(column, cell):
    """What a cell holds, in the types of `expected`. Anything but what its column may hold comes out as it is."""
    value, kind = cell.value, cell.data_type
    if kind in "fe":
        return f"<a formula or an error: {value!r}>"
    if isinstance(value, datetime):
        return Instant.of(value)
    if isinstance(value, str):
        text = _text(value)
        return typed(column, text) if column.many or column.type == "json" else text
    if column.type == "number" and type(value) in (int, float):
        return value + 0.0
    if column.type == "integer" and type(value) is float and value.is_integer():
        return int(value)
    return value


def _text(value):
    """A text with its escapes undone (ECMA-376 part 1, 22.9.2.19)."""
    return ESCAPE.sub(lambda match: chr(int(match[1], 16)), value) if isinstance(value, str) else value


def _presentation(sheet, cells, count, columns, links):
    """What is not as a person should see it in a sheet of so many rows without the header."""
    last = f"{openpyxl.utils.get_column_letter(len(columns))}{count + 1}"
    area = "A1" if last == "A1" else f"A1:{last}"
    for what, want, got in (
        ("the frozen pane", "A2", sheet.freeze_panes),
        ("the filter", area, sheet.auto_filter.ref),
    ):
        if want != got:
            yield f"{sheet.title}: {what} is {got} and not {want}"
    if cells and not all(cell.font.bold for cell in cells[0]):
        yield f"{sheet.title}: the header is not bold"
    if cells and any(cell.font.bold for row in cells[1:2] for cell in row):
        yield f"{sheet.title}: the first row is bold"
    yield from _links(sheet, cells[1:], columns, links)


def _links(sheet, rows, columns, wanted):
    """Cells that should be links and are none, or lead elsewhere, or are links and should be none."""
    links, size = (losses.MAX_LINKS, losses.MAX_LINKS_BYTES) if wanted else (0, 0)
    for row in rows:
        for column, cell in zip(columns, row):
            want = None
            if column.type == "url" and not column.many and isinstance(cell.value, str):
                url = _text(cell.value)
                length = len(url.encode())
                if links > 0 and length <= size and losses.is_link(url):
                    links, size, want = links - 1, size - length, losses.link_target(url)
            got = _target(cell.hyperlink)
            if want != got:
                yield f"{sheet.title}: {cell.coordinate} is a link to {got!r} and not to {want!r}"
                return


def _target(link):
    """Where a link leads, or None if it is none."""
    if link is None:
        return None
    return losses.link_target("#".join(part for part in (link.target, link.location) if part is not None))


READERS = (OpenPyxl, OpenPyxlReadOnly)
