"""Filters as a condition of PostgreSQL, every value and every attribute's name a parameter.

The table has the columns of `columns.FIXED` (double precision, boolean, text) and `attributes jsonb`.
"""

from __future__ import annotations

from collections.abc import Sequence

from scenefit.catalog.columns import FIXED, Kind
from scenefit.catalog.filters.parse import Filter
from scenefit.catalog.filters.tree import And, Comparison, Membership, Missing, Node, Not
from scenefit.types import Value

Parameters = list[Value | list[Value]]
_TYPES: dict[Kind, tuple[str, str]] = {
    "text": ("string", "text"),
    "number": ("number", "double precision"),
    "boolean": ("boolean", "boolean"),
}
_OPS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def postgres_condition(filter: Filter) -> tuple[str, Parameters]:
    """Write a filter for psycopg 3: what goes behind WHERE, and the value of each %s.

    It is true or false and never NULL; an attribute that is not of its kind counts as missing.

    >>> from scenefit.catalog.filters.parse import parse_filter
    >>> postgres_condition(parse_filter("price<80", {"price": "number"}))
    ('COALESCE(price < %s::double precision, false)', [80.0])
    """
    return _condition(filter.root, filter)


def _condition(node: Node, whole: Filter) -> tuple[str, Parameters]:
    if isinstance(node, Not):
        text, values = _condition(node.part, whole)
        return f"(NOT {text})", values
    if isinstance(node, (Comparison, Membership, Missing)):
        return _test(node, whole.kinds[node.column])
    return _joined(" AND " if isinstance(node, And) else " OR ", [_condition(part, whole) for part in node.parts])


def _joined(word: str, parts: Sequence[tuple[str, Parameters]]) -> tuple[str, Parameters]:
    return f"({word.join(text for text, _ in parts)})", [value for _, values in parts for value in values]


def _test(test: Comparison | Membership | Missing, kind: Kind) -> tuple[str, Parameters]:
    column, values = _column(test.column, kind)
    _, known_as = _TYPES[kind]
    if isinstance(test, Missing):
        return f"({column} IS NULL)", values
    if isinstance(test, Membership):
        return f"COALESCE({column} = ANY(%s::{known_as}[]), false)", [*values, list(test.values)]
    return f"COALESCE({column} {_OPS[test.op]} %s::{known_as}, false)", [*values, test.value]


def _column(name: str, kind: Kind) -> tuple[str, Parameters]:
    """Write a column's value, NULL where it is missing."""
    if name in FIXED:
        return name, []
    stored_as, known_as = _TYPES[kind]
    value = f"(attributes ->> %s::text)::{known_as}"
    return f"CASE WHEN jsonb_typeof(attributes -> %s::text) = '{stored_as}' THEN {value} END", [name, name]
