"""The kinds of a table's own columns, which become attributes: found in a first pass, then every value is read so."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from scenefit.catalog.columns import Columns, Kind
from scenefit.data.importers.records import UNPRINTABLE, number_of
from scenefit.data.importers.table_values import EXACT, FaultyRowError, is_absent
from scenefit.types import Value

WORDS = {"true": True, "yes": True, "false": False, "no": False}
LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
DATES = (datetime.date, datetime.time)


def find_kinds(rows: Iterable[Mapping[str, Any]], fixed: Columns, written: bool) -> dict[str, Kind]:
    """Give each attribute the kind that all its values have; text where they differ.

    Args:
        rows: the attributes of each record, by name; values that no attribute can have are passed over.
        fixed: kinds that are known beforehand.
        written: the values are written out, as in CSV, so that "4" is a number.

    >>> find_kinds([{"size": "4", "new": "yes"}, {"size": "M", "new": ""}], {}, written=True)
    {'size': 'text', 'new': 'boolean'}
    """
    found: dict[str, Kind] = {}
    for values in rows:
        for name, value in values.items():
            kind = _kind(value, written)
            if kind is not None and found.setdefault(name, kind) != kind:
                found[name] = "text"
    return found | {name: kind for name, kind in fixed.items() if name in found}


def _kind(value: Any, written: bool) -> Kind | None:
    if is_absent(value):
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return _written_kind(value.strip()) if written else "text"
    if isinstance(value, DATES):
        return "text"
    return "number" if isinstance(value, (int, float, Decimal)) else None


def _written_kind(text: str) -> Kind:
    if text.lower() in WORDS:
        return "boolean"
    number = None if LEADING_ZERO.match(text) else number_of(text)
    return "text" if number is None or abs(number) >= EXACT else "number"


def read_attribute(name: str, value: Any, kind: Kind) -> Value:
    """Read a value, which is not absent, as of a kind.

    Raises:
        FaultyRowError: it is not of that kind, or a list or an object.

    >>> read_attribute("heel_cm", " 7.5", "number"), read_attribute("size", 40.0, "text")
    (7.5, '40')
    """
    if not isinstance(value, (str, bool, int, float, Decimal, *DATES)):
        kind_there = "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "binary"
        raise FaultyRowError(f"{name}: {kind_there}; expected text, a number, or true or false")
    read = {"text": _text, "number": _number, "boolean": _boolean}[kind](value)
    if read is None:
        raise FaultyRowError(f"{name}: expected {'true or false' if kind == 'boolean' else f'a {kind}'}")
    return read


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    number = None if isinstance(value, str) else number_of(value)
    text = str(_whole(number)) if number is not None else " ".join(str(value).split())
    return None if UNPRINTABLE.search(text) else text


def _number(value: Any) -> float | None:
    number = number_of(value)
    return None if number is None else _whole(number)


def _whole(number: float) -> float:
    return int(number) if number.is_integer() and abs(number) < EXACT else number


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else WORDS.get(value.strip().lower()) if isinstance(value, str) else None
