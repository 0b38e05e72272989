"""Filters as expressions of Milvus: what a missing value gives is written out, literals are quoted."""

from __future__ import annotations

import pytest

from scenefit.catalog.columns import FIXED, Columns
from scenefit.catalog.filters.milvus import milvus_condition
from scenefit.catalog.filters.parse import parse_filter

COLUMNS: Columns = {**FIXED, "brand": "text", "heel_cm": "number", "vegan": "boolean"}
BRAND, HEEL = 'attributes["brand"]', 'attributes["heel_cm"]'
WRITTEN = {
    "price<80": "(has_price == true and price < 80.0)",
    "not price<80": "(has_price == false or price >= 80.0)",
    "not not price=80": "(has_price == true and price == 80.0)",
    "price is missing": "has_price == false",
    "price is not missing": "has_price == true",
    "price<-8e-7 or in_stock": "((has_price == true and price < -8e-07) or in_stock == true)",
    "title not in ('a', 'b')": '(has_title == false or title not in ["a", "b"])',
    "in_stock": "in_stock == true",
    "not in_stock": "in_stock != true",
    "in_stock is missing": 'id == ""',
    "category is not missing": 'id != ""',
    "id not in ('a', 'b')": 'id not in ["a", "b"]',
    "brand='x'": f'((exists {BRAND}) and {BRAND} == "x")',
    "brand!='x'": f'((exists {BRAND}) and {BRAND} != "x")',
    "not brand!='x'": f'((not exists {BRAND}) or {BRAND} == "x")',
    "heel_cm in (1, 2)": f"((exists {HEEL}) and ({HEEL} == 1.0 or {HEEL} == 2.0))",
    "heel_cm not in (1, 2)": f"((not exists {HEEL}) or ({HEEL} != 1.0 and {HEEL} != 2.0))",
    "brand is missing": f"(not exists {BRAND})",
    "brand is not missing": f"(exists {BRAND})",
    "not (in_stock and not id='a')": '(in_stock != true or id == "a")',
    "not (in_stock or id='a')": '(in_stock != true and id != "a")',
    "not (in_stock and brand in ('a'))": f'(in_stock != true or ((not exists {BRAND}) or {BRAND} != "a"))',
    "in_stock or in_stock or in_stock": "(in_stock == true or (in_stock == true or in_stock == true))",
    r"""id = '" or id != "\\ {p1} \''""": r'''id == "\" or id != \"\\ {p1} '"''',
    "id = 'a\n\r\tb'": r'id == "a\n\r\tb"',
}


@pytest.mark.parametrize(("text", "condition"), WRITTEN.items())
def test_a_filter_is_written_for_milvus(text: str, condition: str) -> None:
    assert milvus_condition(parse_filter(text, COLUMNS)) == condition


@pytest.mark.parametrize("text", [" or ".join(["price<1"] * 360), f"brand in ({','.join(['0'] * 999)})"])
def test_a_long_row_does_not_nest_deep(text: str) -> None:
    condition = milvus_condition(parse_filter(text, {"price": "number", "brand": "number"}))
    depths = [condition[:at].count("(") - condition[:at].count(")") for at in range(len(condition))]
    assert max(depths) <= 12
