"""Filters as expressions of Milvus: what a missing value gives is written out, literals stand apart."""

from __future__ import annotations

from typing import Any

import pytest

from scenefit.catalog.columns import FIXED, Columns
from scenefit.catalog.filter_milvus import milvus_condition, milvus_lite_condition
from scenefit.catalog.filters import parse_filter

COLUMNS: Columns = {**FIXED, "brand": "text", "heel_cm": "number", "vegan": "boolean"}
BRAND, HEEL = 'attributes["brand"]', 'attributes["heel_cm"]'
WRITTEN: dict[str, tuple[str, dict[str, Any]]] = {
    "price<80": ("(price is not null and price < {p0})", {"p0": 80.0}),
    "not price<80": ("(price is null or price >= {p0})", {"p0": 80.0}),
    "not not price=80": ("(price is not null and price == {p0})", {"p0": 80.0}),
    "price is missing": ("price is null", {}),
    "price is not missing": ("price is not null", {}),
    "in_stock": ("in_stock == {p0}", {"p0": True}),
    "not in_stock": ("in_stock != {p0}", {"p0": True}),
    "in_stock is missing": ('id == ""', {}),
    "category is not missing": ('id != ""', {}),
    "id not in ('a', 'b')": ("id not in {p0}", {"p0": ["a", "b"]}),
    "brand='x'": (f"(exists {BRAND} and {BRAND} == {{p0}})", {"p0": "x"}),
    "brand!='x'": (f"(exists {BRAND} and {BRAND} != {{p0}})", {"p0": "x"}),
    "not brand!='x'": (f"(not exists {BRAND} or {BRAND} == {{p0}})", {"p0": "x"}),
    "heel_cm not in (1, 2)": (f"(not exists {HEEL} or {HEEL} not in {{p0}})", {"p0": [1.0, 2.0]}),
    "brand is missing": (f"not exists {BRAND}", {}),
    "brand is not missing": (f"exists {BRAND}", {}),
    "not (in_stock and not id='a')": ("(in_stock != {p0} or id == {p1})", {"p0": True, "p1": "a"}),
    "not (in_stock or id='a')": ("(in_stock != {p0} and id != {p1})", {"p0": True, "p1": "a"}),
    "in_stock or in_stock or in_stock": (
        "(in_stock == {p0} or (in_stock == {p1} or in_stock == {p2}))",
        {"p0": True, "p1": True, "p2": True},
    ),
}
WITHOUT_PARAMETERS = {
    "price<-8e-7 or in_stock": "((price is not null and price < -8e-07) or in_stock == true)",
    "id in ('a', 'b')": 'id in ["a", "b"]',
    "heel_cm in (1, 2)": f"((exists {HEEL} and {HEEL} == 1.0) or (exists {HEEL} and {HEEL} == 2.0))",
    "heel_cm not in (1, 2)": f"((not exists {HEEL} or {HEEL} != 1.0) and (not exists {HEEL} or {HEEL} != 2.0))",
    "not (in_stock and brand in ('a'))": f'(in_stock != true or (not exists {BRAND} or {BRAND} != "a"))',
    r"""id = '" or id != "\\ {p1} \''""": r'''id == "\" or id != \"\\ {p1} '"''',
    "id = 'a\n\r\tb'": r'id == "a\n\r\tb"',
}


@pytest.mark.parametrize(("text", "condition"), WRITTEN.items())
def test_a_filter_is_written_with_its_values_apart(text: str, condition: tuple[str, dict[str, Any]]) -> None:
    assert milvus_condition(parse_filter(text, COLUMNS)) == condition


@pytest.mark.parametrize(("text", "condition"), WITHOUT_PARAMETERS.items())
def test_for_milvus_lite_values_stand_in_the_text(text: str, condition: str) -> None:
    assert milvus_lite_condition(parse_filter(text, COLUMNS)) == condition


def test_a_long_row_does_not_nest_deep() -> None:
    condition, values = milvus_condition(parse_filter(" or ".join(["price<1"] * 360), COLUMNS))
    depths = [condition[:at].count("(") - condition[:at].count(")") for at in range(len(condition))]
    assert len(values) == 360
    assert max(depths) <= 10
