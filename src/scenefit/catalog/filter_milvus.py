"""Filters as an expression of Milvus, every literal a template parameter.

The collection has the columns of `columns.FIXED` as scalar fields, where title, price, currency and url may be null,
and a JSON field `attributes`. What Milvus makes of a missing value differs by operator and version, so each test says
what a missing value gives, and `not` is pushed down to the tests.
"""

from __future__ import annotations

from scenefit.catalog.columns import FIXED
from scenefit.catalog.filter_tree import And, Comparison, Membership, Missing, Node, Not, Op, Or
from scenefit.catalog.filters import Filter
from scenefit.types import Value

Parameters = dict[str, Value | list[Value]]
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_NEVER_MISSING = ("id", "category", "in_stock")
_OPPOSITE: dict[Op, Op] = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def milvus_condition(filter: Filter) -> tuple[str, Parameters]:
    """Write a filter for pymilvus: `filter` and `filter_params`.

    Columns stand in the text: `parse_filter` lets none through but letters, digits and underscores.

    >>> from scenefit.catalog.filters import parse_filter
    >>> milvus_condition(parse_filter("not price<80", {"price": "number"}))
    ('(price is null or price >= {p0})', {'p0': 80.0})
    """
    parameters: Parameters = {}
    return _condition(filter.root, True, parameters), parameters


def milvus_lite_condition(filter: Filter) -> str:
    r"""Write a filter for milvus-lite, which takes neither parameters nor `in` of an attribute (3.2).

    Texts are quoted as Milvus reads them, so that each stays one text.

    >>> from scenefit.catalog.filters import parse_filter
    >>> print(milvus_lite_condition(parse_filter("title in ('a', '\" or')", {"title": "text"})))
    (title is not null and title in ["a", "\" or"])
    """
    parameters: Parameters = {}
    text = _condition(_without_lists(filter.root), True, parameters)
    return text.format(**{slot: _literal(value) for slot, value in parameters.items()})


def _without_lists(node: Node) -> Node:
    """Write lists of what an attribute may be as alternatives."""
    if isinstance(node, Not):
        return Not(_without_lists(node.part))
    if isinstance(node, (And, Or)):
        return type(node)(tuple(map(_without_lists, node.parts)))
    if isinstance(node, Membership) and node.column not in FIXED:
        return Or(tuple(Comparison(node.column, "=", value) for value in node.values))
    return node


def _literal(value: Value | list[Value]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPES)}"'
    return str(value).lower()


def _condition(node: Node, wanted: bool, parameters: Parameters) -> str:
    """Write where a part of the filter is true, or where it is false."""
    if isinstance(node, Not):
        return _condition(node.part, not wanted, parameters)
    if isinstance(node, Missing):
        return _missing(node.column, wanted)
    if isinstance(node, (Comparison, Membership)):
        return _test(node, wanted, parameters)
    parts = [_condition(part, wanted, parameters) for part in node.parts]
    return _joined("and" if isinstance(node, And) == wanted else "or", parts)


def _joined(word: str, parts: list[str]) -> str:
    """Join by halves: a long row would nest as deep as it is long when Milvus reads it."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_joined(word, parts[:half])} {word} {_joined(word, parts[half:])})"


def _test(test: Comparison | Membership, wanted: bool, parameters: Parameters) -> str:
    slot = f"p{len(parameters)}"
    if isinstance(test, Membership):
        parameters[slot] = list(test.values)
        text = f"{_field(test.column)} {'in' if wanted else 'not in'} {{{slot}}}"
    else:
        parameters[slot] = test.value
        op = test.op if wanted else _OPPOSITE[test.op]
        text = f"{_field(test.column)} {'==' if op == '=' else op} {{{slot}}}"
    if test.column in _NEVER_MISSING:
        return text
    return f"({_missing(test.column, not wanted)} {'and' if wanted else 'or'} {text})"


def _missing(column: str, wanted: bool) -> str:
    if column in _NEVER_MISSING:
        return 'id == ""' if wanted else 'id != ""'
    if column in FIXED:
        return f"{column} is null" if wanted else f"{column} is not null"
    return f"{'not ' if wanted else ''}exists {_field(column)}"


def _field(column: str) -> str:
    return column if column in FIXED else f'attributes["{column}"]'
