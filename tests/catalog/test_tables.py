"""A shop's table: what its columns become, and which rows are set aside with what reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from drawn_shop import Row, draw_picture, draw_shop, write_csv, write_jsonl

from scenefit.catalog.loading.listed import Listed, SetAside
from scenefit.catalog.loading.tables import ProductTable, TableOptions
from scenefit.errors import DataError, UsageError
from scenefit.types import Product


def write_parquet(path: Path, rows: list[Row]) -> Path:
    write_jsonl(path.with_suffix(".jsonl"), rows)
    duckdb.sql(f"COPY (SELECT * FROM '{path.with_suffix('.jsonl')}') TO '{path}' (FORMAT parquet)")
    return path


WRITERS: dict[str, Callable[[Path, list[Row]], Path]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a picture."""
    draw_picture(tmp_path / "a.png", 0.1)
    return tmp_path


def row(**values: Any) -> Row:
    return {"id": "a", "category": "Shoes", "image": "a.png"} | values


def read(path: Path, **options: Any) -> list[Listed | SetAside]:
    return list(ProductTable(path, TableOptions(**options)))


def faults(path: Path) -> list[tuple[int, str | None, str]]:
    return [(one.number, one.id, one.reason) for one in read(path) if isinstance(one, SetAside)]


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_gives_the_same_products(tmp_path: Path, kind: str) -> None:
    rows = draw_shop(tmp_path, 3)
    rows[1] |= {
        "title": " Low\n shoe ",
        "currency": "EUR",
        "in_stock": False,
        "url": "https://shop.example/1",
        "new": True,
    }
    rows[2] |= {"heel_cm": 7.5, "brand": None, "price": None}
    found = read(WRITERS[kind](tmp_path / f"t.{kind}", rows))
    assert all(isinstance(one, Listed) for one in found)
    products = [one.product for one in found if isinstance(one, Listed)]
    assert products == [
        Product("p000", "Trousers", price=10.5, image="photos/0.jpg", attributes={"brand": "brand 0"}),
        Product(
            "p001",
            "Shoes",
            "Low shoe",
            11.5,
            "EUR",
            False,
            "https://shop.example/1",
            "photos/1.png",
            attributes={"brand": "brand 1", "new": True},
        ),
        Product("p002", "Trousers", image="photos/2.png", attributes={"heel_cm": 7.5}),
    ]
    assert [one.picture for one in found if isinstance(one, Listed)] == [tmp_path / p["image"] for p in rows]


def test_columns_by_other_names_and_left_out(shop: Path) -> None:
    table = write_csv(shop / "t.csv", [{"sku": 7, "category": "Shoes", "image": "a.png", "x y": "1", "shop note": "?"}])
    (one,) = read(table, columns={"id": "sku", "width": "x y"}, without=frozenset({"shop note"}))
    assert isinstance(one, Listed)
    assert (one.product.id, one.product.attributes) == ("7", {"width": 1})
    with pytest.raises(
        DataError, match=r"has the column 'x y'; a filter could not name it: leave it out with --without"
    ):
        read(table, columns={"id": "sku"})
    with pytest.raises(DataError, match=r"has the columns \['sku', .*expected 'id' among them"):
        read(table)
    with pytest.raises(DataError, match=r"no row of .* has 'Titel'; check --column and --kind"):
        read(table, columns={"id": "sku", "width": "x y", "title": "Titel"}, without=frozenset({"shop note"}))
    with pytest.raises(UsageError, match="got --column with one column of the table for two"):
        read(table, columns={"id": "sku", "title": "sku"})


def test_a_name_in_parquet_is_never_sql(shop: Path) -> None:
    duckdb.sql(
        f"""COPY (SELECT 'a' id, 'Shoes' category, 'a.png' image, 1 "x"", id AS ""y") TO '{shop / "t.parquet"}'"""
    )
    (one,) = read(shop / "t.parquet", columns={"odd": 'x", id AS "y'})
    assert isinstance(one, Listed)
    assert one.product.attributes == {"odd": 1}


def test_what_is_written_has_the_kind_that_all_values_have(shop: Path) -> None:
    values = [("4", "yes", "007", "1"), ("", "No", "12", "x"), ("2.5", "TRUE", "3", "")]
    rows = [row(id=i, size=a, new=b, code=c, mixed=d) for i, (a, b, c, d) in enumerate(values)]
    table = ProductTable(write_csv(shop / "t.csv", rows), TableOptions(kinds={"size": "text"}))
    assert table.kinds == {"size": "text", "new": "boolean", "code": "text", "mixed": "text"}
    found = [one.product.attributes for one in table if isinstance(one, Listed)]
    assert found[0] == {"size": "4", "new": True, "code": "007", "mixed": "1"}
    assert found[1] == {"new": False, "code": "12", "mixed": "x"}
    assert table.total == 3


def test_the_kinds_of_the_catalog_stay(shop: Path) -> None:
    table = write_jsonl(shop / "t.jsonl", [row(size=40), row(id="b", size="M")])
    assert ProductTable(table).kinds == {"size": "text"}
    kept = ProductTable(table, known={"size": "number"})
    assert [one.reason for one in kept if isinstance(one, SetAside)] == ["size: expected a number"]
    with pytest.raises(UsageError, match="got --kind size=text; in this catalog size is a number"):
        ProductTable(table, TableOptions(kinds={"size": "text"}), {"size": "number"})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"id": ""}, "id: expected text, or a whole number"),
        ({"id": 1.5}, "id: expected text, or a whole number"),
        ({"category": None}, "category: expected a category's name"),
        ({"price": "cheap"}, "price: expected a number, such as 19.90"),
        ({"price": -1}, "price: expected a number, such as 19.90"),
        ({"in_stock": "perhaps"}, "in_stock: expected true or false"),
        ({"currency": 5}, "currency: expected text"),
        ({"url": "javascript:alert(1)"}, "url: expected an http(s) URL"),
        ({"image": ""}, "image: expected the path of a picture, or its URL"),
        ({"image": "b.png"}, "image: picture missing"),
        ({"image": "../shop/a.png"}, "image: expected a path that stays inside the table's folder, or an http(s) URL"),
        ({"image": "/etc/passwd"}, "image: expected a path that stays inside the table's folder, or an http(s) URL"),
        (
            {"image": "file:///etc/passwd"},
            "image: expected a path that stays inside the table's folder, or an http(s) URL",
        ),
        ({"image": "link.png"}, "image: its path leads through a symbolic link"),
        ({"image": "away/a.png"}, "image: its path leads through a symbolic link"),
        ({"image": "."}, "image: picture missing"),
        ({"colours": ["red"]}, "colours: a list; expected text, a number, or true or false"),
        ({"colours": {"a": 1}}, "colours: an object; expected text, a number, or true or false"),
        ({"note": "a\x00b"}, "note: expected a text"),
    ],
)
def test_a_bad_row_is_set_aside(shop: Path, values: Row, reason: str) -> None:
    (shop / "link.png").symlink_to(shop / "a.png")
    (shop / "away").symlink_to(shop)
    table = write_jsonl(shop / "t.jsonl", [row(id="first"), row(**values), row(id="last")])
    id_ = None if "id" in values else "a"
    assert faults(table) == [(2, id_, reason)]


def test_broken_lines_are_set_aside_by_their_number(shop: Path) -> None:
    (shop / "t.csv").write_text('id,category,image\na,Shoes,a.png\nb,Shoes\nc,"Shoes\nd,Shoes,a.png\n')
    assert [number for number, _, _ in faults(shop / "t.csv")] == [3, 4]
    (shop / "t.jsonl").write_text('{"id": "a"\n[1]\n')
    assert faults(shop / "t.jsonl") == [(1, None, "not a JSON object"), (2, None, "not a JSON object")]


def test_an_address_is_left_to_the_downloader(shop: Path) -> None:
    (one,) = read(write_csv(shop / "t.csv", [row(image="https://shop.example/a.png")]))
    assert isinstance(one, Listed)
    assert one.picture == one.product.image == "https://shop.example/a.png"


def test_tables_that_cannot_be_read(shop: Path) -> None:
    (shop / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"t\.parquet cannot be read as Parquet"):
        read(shop / "t.parquet")
    with pytest.raises(DataError, match=r"none\.csv cannot be read: No such file"):
        read(shop / "none.csv")
    with pytest.raises(DataError, match=r"got the table .*a\.png; expected a file \.csv"):
        read(shop / "a.png")
