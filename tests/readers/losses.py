"""The loss tables: what a value becomes in a reader, where a format or the reader cannot hold it as it is.

A function for each reader, `(column, value) -> value`, which gives back the value itself where nothing is lost. A rule
says whose limit it is: the format's, the exporter's choice where the format leaves one, or the reader's own.
"""

import json
import math
import re
import sys
from decimal import Decimal
from fractions import Fraction
from unicodedata import category
from urllib.parse import unquote

from expected import Json, Within
from fields import LIST_SEPARATOR, typed
from instant import Instant


def none(value):
    """JSON in Python's own module: everything is kept."""
    return value


# CSV ------------------------------------------------------------------------------------------------------------------


def csv(column, value):
    """Both readers of CSV. `fields` gives the fields their types, so only what text cannot say is lost."""
    if value is None:
        # The format's: it has no null. (Quotes would tell, but no reader hands them out.)
        return ""
    if not column.many:
        return value
    # The exporter's: the format has no lists. With nothing in them, or only a null, they are empty like a null.
    if value in ([], [None]):
        return ""
    if column.is_text:
        # The exporter's: a null among the values is empty, and a separator within a value is not marked.
        return LIST_SEPARATOR.join(item or "" for item in value)
    return value


def csv_guarded(column, value):
    """CSV with `formulas=guard`: an apostrophe stands before what a spreadsheet would run."""
    if column.is_text and value is not None:
        value = [item and guarded(item) for item in value] if column.many else guarded(value)
    return csv(column, value)


# OWASP, "CSV Injection", and the full-width forms; numbers such as -5 are left alone.
FORMULA = re.compile(r"[=@\t\r\n＝＋－＠]|[+-](?!(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z)", re.ASCII)


def guarded(text):
    """The exporter's: what is done to a text, or a name, that begins like a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def pandas_first_name(name):
    """pandas': a byte order mark is taken from the head of a file even where it is part of the first name."""
    return name.removeprefix("\ufeff")


# JSON in pandas -------------------------------------------------------------------------------------------------------

MIN_NORMAL = 2.0**-1022
UNSIGNED_64 = 2**64


def pandas_json(column, floats, value):
    """pandas', of a column of which it makes floats."""
    if not floats or value is None:
        return value
    return Json(float(value.value)) if column.type == "json" else float(value)


def pandas_makes_floats(column, values):
    """pandas': a column of integers and nulls, or of integers and floats (which JSON can be), is one of floats."""
    if column.many:
        return False
    held = [value.value if isinstance(value, Json) else value for value in values]
    kinds = {type(value) for value in held}
    return int in kinds and len(kinds) > 1 and kinds <= {int, float, type(None)}


def pandas_json_refuses(expected):
    """pandas': its parser fails on the whole file where a number is not one of 64 bits."""
    for row in expected.rows:
        for number in _numbers(row):
            if isinstance(number, int) and not -UNSIGNED_64 // 2 <= number < UNSIGNED_64:
                return "its parser knows no integers beyond 64 bits"
            if isinstance(number, float) and 0 < abs(number) < MIN_NORMAL:
                return "its parser knows no numbers under 2.2e-308 in size"
    return None


def _numbers(value):
    """All numbers in a value, however deep."""
    if isinstance(value, Json):
        yield from _numbers(value.value)
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _numbers(item)
    elif isinstance(value, (int, float)):
        yield value


# XLSX -----------------------------------------------------------------------------------------------------------------

MAX_CELL = 32_767
MAX_EXACT_INTEGER = 2**53
FIRST_DATE = Instant.parse("1900-03-01T00:00:00Z")
MILLISECOND, SECOND = 1_000, 1_000_000
MAX_DOUBLE = sys.float_info.max


def openpyxl(column, value):
    """Both modes of openpyxl. The escapes `_xHHHH_`, which it does not undo, its reader undoes."""
    if value is None:
        return None
    if column.many or column.type == "json":
        # The format's: it has neither lists nor structure, so both are text, which has the limit of one.
        return typed(column, cell_cut(as_text(column, value)))
    if column.is_text:
        return cell_cut(value)
    if column.type == "integer" and abs(value) > MAX_EXACT_INTEGER:
        # The format's, in effect: Excel's numbers are doubles. The exporter writes text rather than round.
        return str(value)
    if column.type == "datetime":
        # Excel's: its calendar has a 29th of February 1900, and readers do not agree on what comes before.
        # The exporter's: milliseconds, the finest that Excel shows.
        return str(value) if value < FIRST_DATE else value.cut(MILLISECOND)
    if column.type == "number":
        # openpyxl's (and Excel's): `-0` is read as an integer, which has no sign then.
        return value + 0.0
    return value


def libreoffice(column, value):
    """LibreOffice, of which we see what it writes as CSV."""
    value = openpyxl(column, value)
    if value is None:
        # CSV's: it has no null.
        return ""
    if isinstance(value, str) and "\n" in value:
        # LibreOffice's: a text of several lines has one kind of line break, in place of these.
        return LINE_BREAK.sub("\n", value)
    if isinstance(value, Instant):
        # LibreOffice's: of the exporter's format it shows seconds, cut or rounded as the double's last bits fall.
        return Within(Instant(value.micros - SECOND), Instant(value.micros + SECOND))
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= 10**DIGITS:
        return about(value)
    # LibreOffice's: it writes 15 digits, and of some integers all.
    return about(value) if isinstance(value, float) else value


LINE_BREAK = re.compile(r"\r\n|\n\r|\r")
DIGITS = 15


def about(number):
    """What a number can be whose last digit of 15 may be one off."""
    margin = abs(Fraction(number)) * Fraction(11, 10**DIGITS)
    low, high = Fraction(number) - margin, Fraction(number) + margin
    if isinstance(number, int):
        return Within(math.floor(low), math.ceil(high))
    return Within(*(float(max(min(end, MAX_DOUBLE), -MAX_DOUBLE)) for end in (low, high)))


def cell_cut(text):
    """Excel's: the longest beginning of a text that has no more than 32,767 UTF-16 units and cuts no character."""
    if len(text) * 2 <= MAX_CELL:
        return text
    return text.encode("utf-16-le")[: 2 * MAX_CELL].decode("utf-16-le", "ignore")


def as_text(column, value):
    """A list or a structured value as the exporters write it where a format has only text."""
    if column.many:
        return LIST_SEPARATOR.join(map(_single_as_text, value))
    return _single_as_text(value)


def _single_as_text(value):
    if value is None:
        return ""
    if isinstance(value, Json):
        return compact_json(value.value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def compact_json(document):
    """JSON as the exporters are given it: without white space, and not in ASCII only."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


MAX_LINK = 2_080
MAX_LINKS, MAX_LINKS_BYTES = 65_530, 16 * 2**20
LINK = re.compile(r"(?:(?:https?|ftp)://(?!\[)|mailto:)[^\s\x00-\x1f\x7f-\x9f\ufffe\uffff]*")
ESCAPED = re.compile(r'["<>\[\]^`{}]')


def is_link(url):
    """Excel's: of which URLs a cell can be a link, and the exporter's: of which it should be one."""
    # An address of mail is counted whole.
    target, *anchor = [url] if url.startswith("mailto:") else url.split("#", 1)
    parts = [ESCAPED.sub("%xx", target), *anchor]
    return bool(LINK.fullmatch(url)) and all(len(part.encode("utf-16-le")) <= 2 * MAX_LINK for part in parts)


def link_target(url):
    """The exporter's: quotes, brackets and the like are percent-encoded in a link, so escapes are undone on both sides.

    An anchor with nothing in it is left out.
    """
    return unquote(url.removesuffix("#"))


# Parquet --------------------------------------------------------------------------------------------------------------


def duckdb_names(names):
    """DuckDB's: its names know no case, so a name that it has already gets a number; an empty name gets its place."""
    given, seen = [], set()
    for place, name in enumerate(names):
        name = name or f"C{place}"
        number, unique = 0, name
        while unique.lower() in seen:
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique.lower())
        given.append(unique)
    return given


# SQL ------------------------------------------------------------------------------------------------------------------

POSTGRES_NAMES = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}
MYSQL_NAMES = {"db_row_id", "db_trx_id", "db_roll_ptr", "fts_doc_id"}
NAME_BYTES, NAME_CHARACTERS = 63, 64


def sql_names(dialect, names):
    """The databases': how long names are, which differ, and which are taken. The exporter cuts and numbers the others."""
    fitted = [_fitted(dialect, name) for name in names]
    wanted = {_folded(dialect, name) for name in fitted}
    used, numbers, given = set(), {}, []
    for name in fitted:
        stem, fold = name, _folded(dialect, name)
        number = numbers.get(fold, 1)
        if fold in used or _taken(dialect, name):
            while name == stem or _folded(dialect, name) in wanted | used:
                number += 1
                name = _cut(dialect, stem, len(f"_{number}")) + f"_{number}"
        numbers[fold] = number
        used.add(_folded(dialect, name))
        given.append(name)
    return given


def _fitted(dialect, name):
    for_mysql = dialect in ("standard", "mysql")
    name = "".join("_" if category(char) == "Cc" or for_mysql and char > "\uffff" else char for char in name)
    return _cut(dialect, name, 0) or "column"


def _cut(dialect, name, room):
    if dialect in ("standard", "postgres"):
        name = name.encode()[: NAME_BYTES - room].decode("utf-8", "ignore")
    if dialect == "mysql":
        name = name[: NAME_CHARACTERS - room]
    return name.rstrip(" ") if dialect in ("standard", "mysql") else name


def _folded(dialect, name):
    if dialect == "sqlite":
        return "".join(char.lower() if char.isascii() else char for char in name)
    return name if dialect == "postgres" else "".join(char.lower()[0] for char in name)


def _taken(dialect, name):
    for_postgres, for_mysql = dialect in ("standard", "postgres"), dialect in ("standard", "mysql")
    return for_postgres and name in POSTGRES_NAMES or for_mysql and name.lower() in MYSQL_NAMES


POSTGRES_FIRST = Instant.parse("-004713-11-24T00:00:00Z")
MYSQL_FIRST = Instant.parse("0000-01-01T00:00:00Z")
MARIADB_DEPTH = 31
NUL, REPLACEMENT = "\0", "\ufffd"


def sqlite(dialect, column, value):
    if value is None:
        return None
    if column.many:
        return _list(column, value)
    if column.is_text and dialect == "standard":
        return _without_nul(value)
    if column.type == "boolean":
        # SQLite's: it has no booleans.
        return int(value)
    if column.type == "number":
        # SQLite's before 3.42: it reads digits with an error of a last bit far from 1. And it has no -0.0.
        return value + 0.0 if value == 0 or 1e-200 < abs(value) < 1e200 else about(value)
    return value


def postgres(dialect, column, value):
    if value is None:
        return None
    if column.many or column.type == "json":
        value = _list(column, value) if column.many else value
        return jsonb(value, REPLACEMENT) if dialect == "postgres" else jsonb(value)
    if column.is_text:
        return _without_nul(value)
    if column.type == "datetime" and dialect == "postgres" and value < POSTGRES_FIRST:
        # PostgreSQL's: its calendar begins there. The exporter writes NULL.
        return None
    return value


def jsonb(value, nul=NUL):
    """PostgreSQL's: JSONB holds numbers as numeric, which has no exponents and no -0.0, and no NUL in texts.

    So both sides are brought to one form, where a number without a fraction is an integer.
    """
    if isinstance(value, Json):
        return Json(jsonb(value.value, nul))
    if isinstance(value, list):
        return [jsonb(item, nul) for item in value]
    if isinstance(value, dict):
        return {jsonb(name, nul): jsonb(item, nul) for name, item in value.items()}
    if isinstance(value, str):
        return value.replace(NUL, nul)
    if isinstance(value, float):
        return int(Decimal(repr(value))) if value.is_integer() else value
    return value


def mariadb(dialect, column, value):
    if value is None:
        return None
    if column.many or column.type == "json":
        value = _list(column, value) if column.many else value
        document = [item.value if isinstance(item, Json) else item for item in value] if column.many else value.value
        if dialect == "mysql" and _depth(document) > MARIADB_DEPTH:
            # MariaDB's: its JSON ends at that depth. The exporter writes a JSON string that holds the JSON.
            return Json(compact_json(document))
        return value
    if column.is_text and dialect == "standard":
        return _without_nul(value)
    if column.type == "datetime" and dialect == "mysql" and value < MYSQL_FIRST:
        # MySQL's: its calendar begins there. The exporter writes NULL.
        return None
    if column.type == "boolean":
        # MySQL's: BOOLEAN is a name for a small integer.
        return int(value)
    # MySQL's: a literal -0.0 is a decimal, which has no sign then.
    return value + 0.0 if column.type == "number" else value


def _without_nul(text):
    """PostgreSQL's: its texts hold no NUL, and the standard dialect is for it too."""
    return text.replace(NUL, REPLACEMENT)


def _list(column, value):
    """JSON's, in which a list of numbers is written: `-0` is an integer to Python and has no sign."""
    return [None if item is None else item + 0.0 for item in value] if column.type == "number" else value


def _depth(document):
    if not isinstance(document, (list, dict)):
        return 0
    return 1 + max(map(_depth, document.values() if isinstance(document, dict) else document), default=0)
