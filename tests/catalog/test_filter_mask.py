"""Filters over columns in memory agree with a plain walk over the products."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenefit.catalog.columns import FIXED, Columns, Kind
from scenefit.catalog.filters.mask import Column, mask
from scenefit.catalog.filters.parse import Filter, parse_filter
from scenefit.catalog.filters.tree import And, Comparison, Membership, Missing, Node, Not, Or
from scenefit.errors import FilterError
from scenefit.types import Value

COLUMNS: Columns = {**FIXED, "brand": "text", "heel_cm": "number", "vegan": "boolean"}
Fields = Mapping[str, Value | None]
PRODUCTS: list[Fields] = [
    {"brand": "a", "price": 10.0, "vegan": True},
    {"brand": "b", "price": 80.0, "vegan": False},
    {"brand": None, "price": None, "vegan": None},
]
PASSES = {
    "price<80": [True, False, False],
    "price<=80": [True, True, False],
    "price>10": [False, True, False],
    "price>=10": [True, True, False],
    "price=10": [True, False, False],
    "price!=10": [False, True, False],
    "not price=10": [False, True, True],
    "not price!=10": [True, False, True],
    "not price<80": [False, True, True],
    "price in (80, 10, 5)": [True, True, False],
    "price not in (80)": [True, False, True],
    f"price in ({','.join(map(str, range(100)))})": [True, True, False],
    f"price in ({','.join(map(str, range(11, 99)))})": [False, True, False],
    "price is missing": [False, False, True],
    "price is not missing": [True, True, False],
    "brand='a'": [True, False, False],
    "brand!='a'": [False, True, False],
    "brand='unknown'": [False, False, False],
    "brand!='unknown'": [True, True, False],
    "not brand='unknown'": [True, True, True],
    "brand in ('b', 'unknown')": [False, True, False],
    "brand not in ('unknown')": [True, True, True],
    "brand is missing": [False, False, True],
    "vegan": [True, False, False],
    "not vegan": [False, True, True],
    "vegan=false": [False, True, False],
    "vegan!=false": [True, False, False],
    "vegan!=true": [False, True, False],
    "vegan in (false)": [False, True, False],
    "vegan is missing": [False, False, True],
    "vegan or price>=80": [True, True, False],
    "vegan and brand='a' and price<80": [True, False, False],
    "not (vegan or price is missing)": [False, True, False],
}


def _column(kind: Kind, values: Sequence[Any]) -> Column:
    if kind == "number":
        return Column(kind, np.array([np.nan if value is None else value for value in values], np.float64))
    if kind == "boolean":
        return Column(kind, np.array([-1 if value is None else value for value in values], np.int8))
    codes = {word: code for code, word in enumerate(["a word of no product", *sorted({*values} - {None})])}
    return Column(kind, np.array([codes.get(value, -1) for value in values], np.int32), codes)


def _reading(products: Sequence[Fields]) -> Callable[[str], Column]:
    return lambda name: _column(COLUMNS[name], [product.get(name) for product in products])


@pytest.mark.parametrize(("text", "passes"), PASSES.items())
def test_a_test_of_a_missing_value_is_false(text: str, passes: list[bool]) -> None:
    found = mask(parse_filter(text, COLUMNS), _reading(PRODUCTS))
    assert found.dtype == np.bool_
    assert found.tolist() == passes


def test_each_column_is_read_once_and_stays_as_it_was() -> None:
    columns = {name: _column(COLUMNS[name], [product[name] for product in PRODUCTS]) for name in PRODUCTS[0]}
    before = {name: column.values.copy() for name, column in columns.items()}
    asked = []
    text = "not (vegan and price<80) or vegan and price in (80) or vegan"
    mask(parse_filter(text, COLUMNS), lambda name: asked.append(name) or columns[name])  # type: ignore[func-returns-value]
    assert asked == ["vegan", "price"]
    for name, column in columns.items():
        np.testing.assert_array_equal(column.values, before[name])


def test_no_products_pass_to_no_mask() -> None:
    found = mask(parse_filter("vegan and not (brand in ('a') or price<5)", COLUMNS), _reading([]))
    assert found.shape == (0,)


def test_a_filter_of_another_catalog_is_refused() -> None:
    found = parse_filter("size='38'", {"size": "text"})
    with pytest.raises(FilterError, match="got a filter on the text size, which is a number in this catalog; read"):
        mask(found, lambda _: Column("number", np.array([38.0])))


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _passes(node: Node, product: Fields) -> bool:
    if isinstance(node, And):
        return all(_passes(part, product) for part in node.parts)
    if isinstance(node, Or):
        return any(_passes(part, product) for part in node.parts)
    if isinstance(node, Not):
        return not _passes(node.part, product)
    value = product.get(node.column)
    if isinstance(node, Missing) or value is None:
        return isinstance(node, Missing) and value is None
    return value in node.values if isinstance(node, Membership) else OPERATORS[node.op](value, node.value)


VALUES: dict[Kind, st.SearchStrategy[Value]] = {
    "text": st.sampled_from(["", "a", "b", "A", "a word of no product"]),
    "number": st.sampled_from([-1.5, -0.0, 0.0, 3.0, 80.0, 1e308]),
    "boolean": st.booleans(),
}
NAMES = ("brand", "price", "heel_cm", "vegan", "in_stock")
FIELDS = st.fixed_dictionaries({name: st.none() | VALUES[COLUMNS[name]] for name in NAMES})


def _tests_of(name: str) -> st.SearchStrategy[Node]:
    kind = COLUMNS[name]
    ops = st.sampled_from(sorted(OPERATORS) if kind == "number" else ["=", "!="])
    members = st.lists(VALUES[kind], min_size=1, max_size=3).map(tuple)
    comparison = st.builds(Comparison, st.just(name), ops, VALUES[kind])
    return comparison | st.builds(Membership, st.just(name), members) | st.just(Missing(name))


def _grown(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, parts)


TREES = st.recursive(st.one_of(*map(_tests_of, NAMES)), _grown, max_leaves=8)


@given(TREES, st.lists(FIELDS, max_size=6))
def test_it_agrees_with_a_walk_over_the_products(root: Node, products: list[Fields]) -> None:
    found = mask(Filter("", root, {name: COLUMNS[name] for name in NAMES}), _reading(products))
    assert found.tolist() == [_passes(root, product) for product in products]
