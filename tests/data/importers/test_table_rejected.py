"""What an import of a table sets aside or refuses, and that it says why."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.table import import_table
from scenefit.errors import DataError, UsageError

from .conftest import BOX, draw, read_rejected

Rows = list[dict[str, Any]]
Import = Callable[..., ImportReport]
Write = Callable[..., Path]

INSIDE = "expected a path that stays inside --images, or an http(s) URL"
NAMED = "expected the path of a picture, or its URL"
LINK = "its path leads through a symbolic link"
BAD: list[tuple[dict[str, Any], str]] = [
    ({"scene": "/etc/passwd"}, f"scene: {INSIDE}"),
    ({"scene": "../secret.jpg"}, f"scene: {INSIDE}"),
    ({"product": "looks/../../secret.jpg"}, f"product: {INSIDE}"),
    ({"product": "looks\\0.jpg"}, f"product: {INSIDE}"),
    ({"product": "file:///etc/passwd"}, f"product: {INSIDE}"),
    ({"product": "https://"}, f"product: {INSIDE}"),
    ({"product": ""}, f"product: {NAMED}"),
    ({"product": "a\0b.jpg"}, f"product: {NAMED}"),
    ({"product": "x" * 5000}, "product: picture missing"),
    ({"product": "looks"}, "product: picture missing"),
    ({"product": "."}, "product: picture missing"),
    ({"scene": "looks/9.jpg"}, "scene: picture missing"),
    ({"scene": "linked.jpg"}, f"scene: {LINK}"),
    ({"scene": "elsewhere/secret.jpg"}, f"scene: {LINK}"),
    ({"scene": "boot0.png"}, "the scene is the product's own picture"),
    ({"category": " "}, "category: expected a category's name"),
    ({"category": "Sho\x1bes"}, "category: expected a category's name"),
    ({"left": "0.1", "right": ""}, "box: expected four numbers, left, top, right and bottom, or none of them"),
    ({"left": "nan"}, "box: expected four numbers, left, top, right and bottom, or none of them"),
    ({"left": "1_0"}, "box: expected four numbers, left, top, right and bottom, or none of them"),
    ({"left": "-0.1"}, "box: outside [0, 1]"),
    ({"right": "40"}, "box: outside [0, 1]"),
    ({"left": "0.75"}, "box: left must be below right, and top below bottom"),
    ({"scene": ""}, "box: given without a scene"),
    ({"product_id": "a\tb"}, "product_id: expected text, or a whole number"),
    ({"scene_id": "\x7f"}, "scene_id: expected text, or a whole number"),
    ({"title": "\x1b[31mred"}, "title: expected text"),
    ({"price": "19,90 €"}, "price: expected a number, such as 19.90"),
    ({"price": "-1"}, "price: expected a number, such as 19.90"),
    ({"price": "inf"}, "price: expected a number, such as 19.90"),
    ({"in_stock": "maybe"}, "in_stock: expected true or false"),
    ({"split": "dev"}, "split: expected one of train, val, test"),
]


def test_a_bad_field_costs_its_row_only(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    draw(tmp_path / "away" / "secret.jpg")
    draw(tmp_path / "secret.jpg")
    (photos / "linked.jpg").symlink_to(tmp_path / "secret.jpg")
    (photos / "elsewhere").symlink_to(tmp_path / "away")
    bad = [{**rows[0], "scene": "looks/5.jpg", **change} for change, _ in BAD]
    report = run_table([*rows[:8], *bad, rows[8]])
    rejected = read_rejected(tmp_path / "out", report)
    assert [line["reason"] for line in rejected] == [reason for _, reason in BAD]
    assert [line["line"] for line in rejected] == list(range(10, 10 + len(BAD)))
    assert all(line["record"]["category"] is not None for line in rejected)
    assert report.counts == {"pairs": 8, "scenes": 6, "products": 7}
    assert not any(b"secret" in path.read_bytes() for path in (tmp_path / "out").glob("*.parquet"))


def test_values_that_json_holds_are_checked_too(rows: Rows, tmp_path: Path) -> None:
    bad = [
        ({"scene": 7}, f"scene: {NAMED}"),
        ({"product": ["a.jpg"]}, f"product: {NAMED}"),
        ({"category": {"a": 1}}, "category: expected a category's name"),
        ({"left": True}, "box: expected four numbers, left, top, right and bottom, or none of them"),
        ({"left": 10**400}, "box: expected four numbers, left, top, right and bottom, or none of them"),
        ({"product_id": 1.5}, "product_id: expected text, or a whole number"),
        ({"product_id": True}, "product_id: expected text, or a whole number"),
        ({"title": 3}, "title: expected text"),
        ({"title": "\ud800"}, "title: expected text"),
        ({"price": True}, "price: expected a number, such as 19.90"),
        ({"split": ["train"]}, "split: expected one of train, val, test"),
        ({"in_stock": 2}, "in_stock: expected true or false"),
    ]
    lines = [json.dumps({**rows[0], **change}) for change, _ in bad]
    lines += ["[1]", "nonsense", '"text"', "7" * (3 << 20), "[" * 100_000, '{"product": "a.jpg"}']
    (tmp_path / "t.jsonl").write_text("\n".join([*map(json.dumps, rows), *lines]) + "\n")
    report = import_table(tmp_path / "t.jsonl", [tmp_path / "photos"], tmp_path / "out")
    reasons = [line["reason"] for line in read_rejected(tmp_path / "out", report)]
    others = ["not a JSON object"] * 5 + ["category: expected a category's name"]
    assert reasons == [*(reason for _, reason in bad), *others]
    assert report.counts["pairs"] == 8


def test_lines_that_are_no_csv_cost_themselves_only(rows: Rows, write_csv: Write, tmp_path: Path) -> None:
    path = write_csv(rows)
    start, quotes = "not a line of CSV: ", "its quotes do not close as they should"
    bad: list[tuple[bytes, str]] = [
        (b'looks/0.jpg,"boot0.png,Shoes,,,,,,,', f"{start}{quotes}"),
        (b"looks/0.jpg,boot0.png", f"{start}expected 11 fields"),
        (b"," * 30, f"{start}expected 11 fields"),
        (b'"looks/0.jpg" x,boot0.png,Shoes,,,,,,,', f"{start}{quotes}"),
        (b"gr\xf6sse.jpg,boot0.png,Shoes,,,,,,,", f"{start}longer than 1 MiB or not UTF-8 text"),
        (b"x" * (3 << 20), f"{start}longer than 1 MiB or not UTF-8 text"),
        (b"y" * (1 << 19), f"{start}{quotes}"),
    ]
    header, *good = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(header + b"\n".join(line for line, _ in bad) + b"\r\n" + b"".join(good))
    report = import_table(path, [tmp_path / "photos"], tmp_path / "out")
    rejected = read_rejected(tmp_path / "out", report)
    assert [line["reason"] for line in rejected] == [reason for _, reason in bad]
    assert [line["line"] for line in rejected] == list(range(2, 2 + len(bad)))
    assert max(len(line["record"]) for line in rejected) == 200
    assert report.counts["pairs"] == 8


def test_a_field_may_hold_line_breaks_quotes_and_delimiters(rows: Rows, write_csv: Write, tmp_path: Path) -> None:
    rows[0]["title"] = 'A "soft",\r\n\nwarm\nboot; size 40'
    for row in rows:
        row["description"] = "<p>\n,;\t</p>\n" * 3
    report = import_table(write_csv(rows), [tmp_path / "photos"], tmp_path / "out")
    assert [line["reason"] for line in read_rejected(tmp_path / "out", report)] == [
        "the same product again: its first title, price and in_stock kept"
    ]
    products = Dataset.open(tmp_path / "out").products
    assert products["title"][products["id"].tolist().index("B-0")] == 'A "soft", warm boot; size 40'


def test_what_contradicts_a_row_before_is_set_aside(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    look = rows[0]
    bad = [
        ({**look, "category": "Hats"}, "product: another category before"),
        ({**look, "product": "boot1.png"}, "product: another picture before"),
        ({**look, "price": 99}, "the same product again: its first title, price and in_stock kept"),
        ({**look, "scene_id": "s", "scene": "looks/2.jpg"}, None),
        ({**look, "scene_id": "s", "scene": "looks/3.jpg"}, "scene: another picture before"),
        ({**look, "scene": "looks/4.jpg", "split": "train", "product_id": "B-0"}, None),
        ({**rows[4], "split": "test"}, "split: its scene has another one before"),
        ({**look, "left": 0.1}, "the same pair again: boxes joined"),
    ]
    report = run_table([*rows, *(row for row, _ in bad)])
    rejected = read_rejected(tmp_path / "out", report)
    again = "the same record again"  # row 3, and row 6, whose pair stands already
    reasons = [line["reason"] for line in rejected]
    assert [reason for reason in reasons if reason != again] == [reason for _, reason in bad if reason]
    assert [line["line"] for line in rejected if line["reason"] == again] == [13, 16]
    dataset = Dataset.open(tmp_path / "out")
    assert dataset.boxes[dataset.pairs["product"] == "B-0"][:, 0].min() == 0.1


def test_a_box_joined_with_none_stays(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    bare = {name: value for name, value in rows[0].items() if name not in BOX}
    for order in ([rows[0], bare], [bare, rows[0]]):
        report = run_table([*order, *rows[1:]], overwrite=True)
        assert report.rejected == {"the same pair again: boxes joined": 1}
        boxes = Dataset.open(tmp_path / "out").boxes
        assert np.isnan(boxes[:, 0]).sum() == 2 and np.nanmin(boxes[:, 0]) == 0.25


def _bomb() -> bytes:
    """A PNG of 60,000 x 60,000 pixels that says so and has no more."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", ["scene", "product", "catalog product"])
@pytest.mark.parametrize("fault", ["truncated", "bomb", "empty", "text"])
def test_a_picture_that_cannot_be_used_costs_its_rows(
    run_table: Import, rows: Rows, side: str, fault: str, tmp_path: Path
) -> None:
    name = {"scene": "looks/0.jpg", "product": "hat0.jpg", "catalog product": "hat2.jpg"}[side]
    path = tmp_path / "photos" / name
    whole = path.read_bytes()
    path.write_bytes({"truncated": whole[: len(whole) // 2], "bomb": _bomb(), "empty": b"", "text": b"<html>"}[fault])
    report = run_table(rows)
    lost = {"scene": 2, "product": 1, "catalog product": 0}[side]
    assert report.counts["pairs"] == 8 - lost
    rejected = read_rejected(tmp_path / "out", report)
    assert report.rejected[f"{side}: picture broken"] == (lost or 1)
    shown = {"truncated": "truncated", "bomb": "80000000 pixels", "empty": "0 bytes", "text": "not a pict"}
    assert all(shown[fault] in (line.get("detail") or line["record"]["detail"]) for line in rejected)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", None, r"the table .*t\.csv cannot be read: No such file"),
        ("t.csv", b"", r"t\.csv has the columns \[\]; expected 'scene', 'product', 'category' among them"),
        (
            "t.csv",
            b"scene,produkt,category\n",
            r"has the columns \['scene', 'produkt', 'category'\]; expected 'product' am",
        ),
        ("t.csv", b"\xff\xfe,\n", r"t\.csv has the columns \[\]; expected 'scene'"),
        ("t.csv", b"scene,product,category,left,left\n", r"t\.csv has the column 'left' more than once"),
        (
            "t.csv",
            b"scene;product;category\n",
            r"none of the 0 records in .*t\.csv can be used \(a dataset needs a scene",
        ),
        (
            "t.csv",
            b"scene,product,category\n,boot0.png,Shoes\n",
            r"none of the 1 records .* \(a dataset needs a scene and",
        ),
        ("t.csv", b"scene,product,category\na,b,c\n", r"none of the 1 records in .* \(product: picture missing: 1\)"),
        ("t.jsonl", b"", r"none of the 0 records in .*t\.jsonl can be used"),
        ("t.json", b"[{}, ", r"the records file .*t\.json is not JSON: "),
        ("t.parquet", None, r"the table .*t\.parquet cannot be read: no such file"),
        ("t.parquet", b"PAR1", r"t\.parquet cannot be read as Parquet: "),
        (
            "t.xlsx",
            b"PK",
            r"got the table .*t\.xlsx; expected a file \.csv, \.tsv, \.jsonl, \.ndjson, \.json, \.parquet",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    rows: Rows, name: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        import_table(tmp_path / name, [tmp_path / "photos"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("folder", ["a*", "it's", "x=1"])
def test_a_parquet_of_another_schema_names_what_it_lacks(rows: Rows, folder: str, tmp_path: Path) -> None:
    path = tmp_path / folder / "t.parquet"
    for place, column in ((folder, "SCENE"), ("ab", "scene")):
        (tmp_path / place).mkdir()
        literal = str(tmp_path / place / "t.parquet").replace("'", "''")
        select = f"SELECT 'a.jpg' AS {column}, 'b.jpg' AS product, 'c' AS category"
        duckdb.execute(f"COPY ({select}) TO '{literal}' (FORMAT parquet)")
    with pytest.raises(
        DataError, match=r"has the columns \['SCENE', 'product', 'category'\]; expected 'scene' among them"
    ):
        import_table(path, [tmp_path / "photos"], tmp_path / "out")


def test_parquet_values_of_every_type(rows: Rows, tmp_path: Path) -> None:
    values = "'looks/0.jpg' AS scene, 'boot0.png' AS product, 'Shoes' AS category"
    selects = [
        f"{values}, 5::HUGEINT AS product_id, 12.50::DECIMAL(9,2) AS price, true AS in_stock, 'NaN'::DOUBLE AS left",
        "'looks/1.jpg', 'boot1.png', 'Shoes', 6, NULL, NULL, NULL",
        "'looks/2.jpg', 'boot2.png', NULL, 7, NULL, NULL, NULL",
    ]
    path = tmp_path / "t.parquet"
    duckdb.execute(
        f"COPY ({' UNION ALL '.join(f'SELECT {select}' for select in selects)}) TO '{path}' (FORMAT parquet)"
    )
    report = import_table(path, [tmp_path / "photos"], tmp_path / "out")
    assert report.rejected == {"category: expected a category's name": 1}
    products = Dataset.open(tmp_path / "out").products
    assert [products[name].tolist()[0] for name in ("id", "price", "in_stock")] == ["5", 12.5, True]


def test_a_taken_place_and_a_missing_folder_are_refused(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    run_table(rows)
    with pytest.raises(UsageError, match=r"out exists already; choose another place, or pass --overwrite"):
        run_table(rows)
    with pytest.raises(
        DataError, match=r"--images .*none is not a folder; expected the folder that holds the pictures"
    ):
        run_table(rows, images=[tmp_path / "photos", tmp_path / "none"], overwrite=True)
