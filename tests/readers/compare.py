"""Whether what was read is what must be read, and how to say that it is not."""

import math
from collections import deque
from dataclasses import dataclass

from expected import Json, Within

SHOWN = 90


@dataclass(frozen=True)
class Difference:
    """A row counts from 0 without the header; None where a difference is of the whole file."""

    row: int | None
    column: str | None
    expected: object
    read: object

    def __str__(self):
        place = ", ".join(
            part
            for part in (
                None if self.row is None else f"row {self.row}",
                None if self.column is None else f"column {_short(self.column, 0)}",
            )
            if part
        )
        at = _first_difference(self.expected, self.read)
        said = f"expected {_short(self.expected, at)}, read {_short(self.read, at)}"
        return f"{place}: {said}" if place else said


def same(want, got):
    """Whether two values are equal and of one type: `True` is not 1, 1 is not 1.0, 0.0 is not -0.0."""
    if isinstance(want, Within):
        return want.holds(got)
    if type(want) is not type(got):
        return False
    if isinstance(want, float):
        return want == got and math.copysign(1, want) == math.copysign(1, got)
    if isinstance(want, Json):
        return same(want.value, got.value)
    if isinstance(want, list):
        return len(want) == len(got) and all(map(same, want, got))
    if isinstance(want, dict):
        return want.keys() == got.keys() and all(same(value, got[key]) for key, value in want.items())
    return want == got


def in_order_of(wanted, rows):
    """The rows, each at the place of the wanted row that is the same, and the others in the places that are left."""
    places = {}
    for place, row in enumerate(wanted):
        places.setdefault(_key(row), deque()).append(place)
    placed, others = {}, []
    for row in rows:
        found = places.get(_key(row))
        if found:
            placed[found.popleft()] = row
        else:
            others.append(row)
    left = iter(others)
    for place in range(len(wanted)):
        if place not in placed and (row := next(left, None)) is not None:
            placed[place] = row
    return [placed[place] for place in sorted(placed)] + list(left)


def _key(value):
    """Something that is equal for two values exactly if they are the same."""
    if isinstance(value, Json):
        return "json", _key(value.value)
    if isinstance(value, list):
        return "list", tuple(map(_key, value))
    if isinstance(value, dict):
        return "object", frozenset((name, _key(item)) for name, item in value.items())
    if isinstance(value, float):
        return "number", value, math.copysign(1, value)
    return type(value), value


def _first_difference(want, got):
    """Where two texts part, so that what is shown of long ones is where they differ."""
    if not (isinstance(want, str) and isinstance(got, str)):
        return 0
    pairs = enumerate(zip(want, got))
    return next((at for at, (one, other) in pairs if one != other), min(len(want), len(got)))


def _short(value, at):
    """A value in ASCII, cut to the part around a place."""
    if isinstance(value, str) and len(value) > SHOWN:
        start = max(0, min(at - SHOWN // 3, len(value) - SHOWN))
        return f"…{value[start:start + SHOWN]!a}… (from character {start} of {len(value):,})"
    shown = ascii(value) if not isinstance(value, Failure) else str(value)
    return shown if len(shown) <= 4 * SHOWN else f"{shown[:4 * SHOWN]}…"


class Failure(str):
    """Something that went wrong, said in words and not to be quoted like a value."""
