"""Parquet tables: what is written comes back, and what does not fit is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenefit.data.tables import PRODUCTS, SCENES, column_names, read_rows, read_table, write_table
from scenefit.errors import DataError
from scenefit.types import Table

SCENE = {"id": "a", "image": "a.jpg", "content": "c", "width": 3, "height": 4}


def _table(*rows: dict[str, Any]) -> Table:
    return {name: np.array([row[name] for row in rows], object) for name in rows[0]}


def test_columns_come_back_in_order_with_their_types(tmp_path: Path) -> None:
    path = tmp_path / "scenes.parquet"
    rows = [{**SCENE, "id": f"{n}", "width": 50 - n} for n in range(50)]
    write_table(path, {**_table(*rows), "more": np.arange(50)}, SCENES)
    table = read_table(path, SCENES)
    assert list(table) == list(SCENES)
    assert table["id"].tolist() == [str(n) for n in range(50)]
    assert table["width"].tolist() == list(range(50, 0, -1))
    assert table["width"].dtype == np.int32


def test_absent_values_come_back_as_none_or_nan(tmp_path: Path) -> None:
    product = {**SCENE, "category": "Shoes", "title": None, "price": None, "in_stock": None}
    full = {**product, "title": "Red", "price": 9.5, "in_stock": True}
    for rows in ([product, full], [product, product], [full, full]):
        write_table(tmp_path / "products.parquet", _table(*rows), PRODUCTS)
        table = read_table(tmp_path / "products.parquet", PRODUCTS)
        assert table["title"].tolist() == [row["title"] for row in rows]
        assert table["in_stock"].tolist() == [row["in_stock"] for row in rows]
        expected = [np.nan if row["price"] is None else row["price"] for row in rows]
        np.testing.assert_array_equal(table["price"].astype(float), expected)


def test_only_the_rows_with_wanted_values_are_read(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", _table(*({**SCENE, "id": f"{n % 5}", "width": n} for n in range(50))), SCENES)
    wanted = read_table(tmp_path / "t.parquet", SCENES, ("id", np.array(["3", "1", "9"], object)))
    assert wanted["width"].tolist() == [n for n in range(50) if n % 5 in (1, 3)]
    assert len(read_table(tmp_path / "t.parquet", SCENES, ("id", np.array([], object)))["id"]) == 0


def test_an_empty_table_comes_back_empty(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", {name: np.array([], object) for name in SCENES}, SCENES)
    assert [len(column) for column in read_table(tmp_path / "t.parquet", SCENES).values()] == [0] * 5


@settings(derandomize=True, deadline=None, max_examples=25)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20))
def test_any_text_comes_back(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("text") / "t.parquet"
    write_table(path, {"title": np.array(texts, object)}, {"title": "VARCHAR"})
    assert read_table(path, {"title": "VARCHAR"})["title"].tolist() == texts


@pytest.mark.parametrize("name", ["a*", "a?", "[ab]", "[", "it's", "id=9", "{a,b}", "a b"])
def test_a_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    for folder, mark in ((name, "here"), ("ab", "elsewhere"), ("a", "elsewhere"), ("b", "elsewhere")):
        (tmp_path / folder).mkdir()
        write_table(tmp_path / folder / "t.parquet", _table({**SCENE, "id": mark}), SCENES)
    assert read_table(tmp_path / name / "t.parquet", SCENES)["id"].tolist() == ["here"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": "wide"}, r"t\.parquet cannot hold these values: .*'wide'.*width"),
        ({"width": 1 << 40}, r"t\.parquet cannot hold these values: .*out of range.*width"),
        ({"id": "\ud800"}, r"t\.parquet cannot hold these values: .*surrogate"),
    ],
)
def test_a_value_of_another_type_is_not_written(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        write_table(tmp_path / "t.parquet", _table(SCENE | change), SCENES)


def test_a_missing_column_is_not_written(tmp_path: Path) -> None:
    table = _table(SCENE)
    del table["image"]
    with pytest.raises(DataError, match=r"t\.parquet lacks the columns \['image'\]; expected \['id', 'image', "):
        write_table(tmp_path / "t.parquet", table, SCENES)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_the_systems_error() -> None:
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        write_table(Path("/dev/full"), _table(SCENE), SCENES)


def test_a_folder_that_is_not_there_is_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file or directory"):
        write_table(tmp_path / "none" / "t.parquet", _table(SCENE), SCENES)


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("'a' AS id", r"has the columns \['id'\]; expected 'image' among them"),
        ("*, 1.5 AS width", "column 'width' is DECIMAL.*; expected INTEGER"),
        ("*, NULL::INTEGER AS width", "column 'width' has 1 absent values; it must have none"),
    ],
)
def test_columns_that_do_not_fit_are_refused(select: str, message: str, tmp_path: Path) -> None:
    given = "(SELECT 'a' AS id, 'b' AS image, 'c' AS content, 4 AS height)"
    duckdb.execute(f"COPY (SELECT {select} FROM {given}) TO '{tmp_path}/t.parquet' (FORMAT parquet)")
    with pytest.raises(DataError, match=message):
        read_table(tmp_path / "t.parquet", SCENES)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1", None])
def test_what_is_no_parquet_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(DataError, match=r"t\.parquet cannot be read as Parquet: "):
        read_table(tmp_path / "t.parquet", SCENES)


def test_rows_of_any_schema_come_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "it's [a] *.parquet"
    select = "SELECT i AS id, i / 2 AS half, CASE WHEN i % 2 = 0 THEN 'even' END AS \"Name\" FROM range(2500) t(i)"
    literal = str(path).replace("'", "''")
    duckdb.execute(f"COPY ({select}) TO '{literal}' (FORMAT parquet)")
    assert column_names(path) == ["id", "half", "Name"]
    rows = list(read_rows(path, ["Name", "name", "id", "nothing"]))
    assert rows == [{"Name": None if n % 2 else "even", "id": n} for n in range(2500)]


@pytest.mark.parametrize("read", [column_names, lambda path: list(read_rows(path, ["id"]))])
def test_rows_of_what_is_no_parquet_are_refused(read: Any, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"t\.parquet cannot be read as Parquet: "):
        read(tmp_path / "t.parquet")
