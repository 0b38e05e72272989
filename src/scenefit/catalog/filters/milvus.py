"""Filters as an expression of Milvus.

The collection has the columns of `columns.FIXED` as fields, beside each that may be missing a boolean `has_...`, and a
JSON field `attributes`. What Milvus makes of a missing value differs by operator and version, so each test says what a
missing value gives, and `not` is pushed down to the tests.

Literals are quoted in the text: milvus-lite takes no parameters, and Milvus only from 2.5. What is written here both
milvus-lite 3.2 and Milvus 2.3 read the same way: `in` of an attribute (milvus-lite lacks it) as alternatives, `exists`
in parentheses (Milvus 2.3 refuses it bare beside `and`).
"""

from __future__ import annotations

from collections.abc import Sequence

from scenefit.catalog.columns import FIXED
from scenefit.catalog.filters.parse import Filter
from scenefit.catalog.filters.tree import And, Comparison, Membership, Missing, Node, Not, Op
from scenefit.types import Value

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_NEVER_MISSING = ("id", "category", "in_stock")
_OPPOSITE: dict[Op, Op] = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def milvus_condition(filter: Filter) -> str:
    """Write a filter for pymilvus.

    Columns stand in the text as they are: `parse_filter` lets none through but letters, digits and underscores.

    >>> from scenefit.catalog.filters.parse import parse_filter
    >>> milvus_condition(parse_filter("not price<80", {"price": "number"}))
    '(has_price == false or price >= 80.0)'
    """
    return _condition(filter.root, True)


def literal(value: Value | Sequence[Value]) -> str:
    r"""Quote a value, or a list of them, so that it stays one whatever it holds.

    >>> print(literal(["a", '" or \\ \n']), literal(True), literal(-8e-7))
    ["a", "\" or \\ \n"] true -8e-07
    """
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPES)}"'
    if isinstance(value, Sequence):
        return f"[{', '.join(map(literal, value))}]"
    return str(value).lower()


def _condition(node: Node, wanted: bool) -> str:
    """Write where a part of the filter is true, or where it is false."""
    if isinstance(node, Not):
        return _condition(node.part, not wanted)
    if isinstance(node, Missing):
        return _missing(node.column, wanted)
    if isinstance(node, (Comparison, Membership)):
        return _test(node, wanted)
    parts = [_condition(part, wanted) for part in node.parts]
    return _joined("and" if isinstance(node, And) == wanted else "or", parts)


def _joined(word: str, parts: list[str]) -> str:
    """Join by halves: a long row would nest as deep as it is long when Milvus reads it."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_joined(word, parts[:half])} {word} {_joined(word, parts[half:])})"


def _test(test: Comparison | Membership, wanted: bool) -> str:
    field = _field(test.column)
    if isinstance(test, Comparison):
        text = _compared(field, test.op if wanted else _OPPOSITE[test.op], test.value)
    elif test.column in FIXED:
        text = f"{field} {'in' if wanted else 'not in'} {literal(test.values)}"
    else:
        parts = [_compared(field, "=" if wanted else "!=", value) for value in test.values]
        text = _joined("or" if wanted else "and", parts)
    if test.column in _NEVER_MISSING:
        return text
    return f"({_missing(test.column, not wanted)} {'and' if wanted else 'or'} {text})"


def _compared(field: str, op: Op, value: Value) -> str:
    return f"{field} {'==' if op == '=' else op} {literal(value)}"


def _missing(column: str, wanted: bool) -> str:
    if column in _NEVER_MISSING:
        return 'id == ""' if wanted else 'id != ""'
    if column in FIXED:
        return f"has_{column} == {literal(not wanted)}"
    return f"({'not ' if wanted else ''}exists {_field(column)})"


def _field(column: str) -> str:
    return column if column in FIXED else f'attributes["{column}"]'
