"""Values out of text, for the formats and readers that have nothing else.

A text that is none of its column's type stays the text that it is, so that it shows up as a difference.
"""

import json
import re

from expected import Json
from instant import Instant

LIST_SEPARATOR = "; "
INTEGER = re.compile(r"-?\d+", re.ASCII)
NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
BOOLEANS = {"true": True, "false": False}


def typed(column, text):
    """The value that a field says. An empty field is the empty text: null or not is for `losses` to say."""
    if text == "":
        return ""
    if not column.many:
        return single(column.type, text)
    if column.is_text:
        # Where one value ends and the next begins cannot be seen: a value may hold the separator.
        return text
    return _json_items(text) if column.type == "json" else _items(column.type, text)


def single(kind, text):
    """One value that is not empty."""
    if kind == "integer" and INTEGER.fullmatch(text):
        return int(text)
    if kind == "number" and NUMBER.fullmatch(text):
        return float(text)
    if kind == "boolean":
        return BOOLEANS.get(text, text)
    if kind == "datetime":
        return Instant.parse(text) or text
    if kind == "json":
        return json_text(text)
    return text


def json_text(text):
    """The structured value that a text is."""
    try:
        return Json(json.loads(text, parse_constant=_no_constant))
    except ValueError:
        return text


def _items(kind, text):
    return [single(kind, item) if item else None for item in text.split(LIST_SEPARATOR)]


def _json_items(text):
    """JSON values with separators between them; one that is not there is a null."""
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    items, at = [], 0
    try:
        while True:
            if at == len(text) or text.startswith(LIST_SEPARATOR, at):
                items.append(None)
            else:
                value, at = decoder.raw_decode(text, at)
                items.append(Json(value))
            if at == len(text):
                return items
            if not text.startswith(LIST_SEPARATOR, at):
                return text
            at += len(LIST_SEPARATOR)
    except ValueError:
        return text


def _no_constant(name):
    raise ValueError(f"{name} is no JSON")
