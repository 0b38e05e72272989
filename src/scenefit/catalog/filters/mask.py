"""Filters over columns in memory: one pass of numpy for each test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from scenefit.catalog.columns import Kind
from scenefit.catalog.filters.parse import Filter
from scenefit.catalog.filters.tree import And, Comparison, Membership, Missing, Node, Not
from scenefit.errors import FilterError
from scenefit.types import Array, Bools, Value

_COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
_NO_WORD = -2
_FEW = 50


@dataclass(frozen=True)
class Column:
    """The values of P products.

    Attributes:
        values: shape (P,): of a number float64, NaN where it is missing; of a boolean int8, 1, 0, and -1 where it is
            missing; of a text int32, the code of its word, -1 where it is missing.
        codes: the code of each word, 0 or more; words that no product has may be among them.
    """

    kind: Kind
    values: Array
    codes: Mapping[str, int] = field(default_factory=dict)


def mask(filter: Filter, read: Callable[[str], Column]) -> Bools:
    """Tell which of P products a filter lets through.

    Args:
        filter: of `parse_filter`.
        read: gives a column by its name, all of the same P products; asked once for each column of the filter.

    Returns:
        shape (P,).

    Raises:
        FilterError: a column is not of the kind for which the filter was read.

    >>> from scenefit.catalog.filters.parse import parse_filter
    >>> column = Column("number", np.array([10.0, np.nan, 90.0]))
    >>> mask(parse_filter("price<80", {"price": "number"}), {"price": column}.__getitem__).tolist()
    [True, False, False]
    """
    columns = {name: read(name) for name in filter.kinds}
    for name, kind in filter.kinds.items():
        if columns[name].kind != kind:
            raise FilterError(
                f"got a filter on the {kind} {name}, which is a {columns[name].kind} in this catalog; read the filter "
                "with the columns of this catalog"
            )
    return _mask(filter.root, columns)


def _mask(node: Node, columns: Mapping[str, Column]) -> Bools:
    if isinstance(node, Not):
        return ~_mask(node.part, columns)
    if isinstance(node, Comparison):
        return _compared(columns[node.column], node)
    if isinstance(node, Membership):
        return _among(columns[node.column], node.values)
    if isinstance(node, Missing):
        return _missing(columns[node.column])
    join = np.logical_and if isinstance(node, And) else np.logical_or
    so_far = _mask(node.parts[0], columns)
    for part in node.parts[1:]:
        join(so_far, _mask(part, columns), out=so_far)
    return so_far


def _compared(column: Column, test: Comparison) -> Bools:
    stored = _stored(column, test.value)
    if test.op == "=":
        return np.equal(column.values, stored)
    if test.op == "!=":
        return np.not_equal(column.values, stored) & ~_missing(column)
    ordered: Bools = _COMPARE[test.op](column.values, stored)
    return ordered


def _missing(column: Column) -> Bools:
    return np.isnan(column.values) if column.kind == "number" else np.less(column.values, 0)


def _among(column: Column, values: tuple[Value, ...]) -> Bools:
    """Look each product up in the list; for many numbers `np.isin` would sort the products."""
    wanted = np.unique(np.array([_stored(column, value) for value in values], column.values.dtype))
    if column.kind != "number" or len(wanted) <= _FEW:
        return np.isin(column.values, wanted)
    places = np.searchsorted(wanted, column.values).clip(max=len(wanted) - 1)
    found: Bools = wanted[places] == column.values
    return found


def _stored(column: Column, value: Value) -> float:
    """Give what stands for a value in a column."""
    return column.codes.get(value, _NO_WORD) if isinstance(value, str) else value
