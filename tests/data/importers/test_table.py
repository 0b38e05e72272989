"""What an import of a table takes in."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from scenefit.data.check import check_dataset
from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.table import import_table
from scenefit.features.dataset_features import scene_crops
from scenefit.types import WHOLE, Box

from .conftest import BOX, draw, read_missing, read_rejected

Rows = list[dict[str, Any]]
Import = Callable[..., ImportReport]
Write = Callable[..., Path]


def name_of(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:32]


def test_a_table_becomes_a_dataset(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    report = run_table(rows)
    dataset = Dataset.open(tmp_path / "out")
    assert (report.records, report.missing_images, not report.rejected) == (9, 0, True)
    assert report.counts == {"pairs": 8, "scenes": 6, "products": 7}
    assert report.fingerprint == dataset.fingerprint
    expected = {(name_of(row["scene"]), row.get("product_id") or name_of(row["product"])): row for row in rows[:8]}
    pairs = zip(dataset.pairs["scene"], dataset.pairs["product"], dataset.boxes.tolist(), strict=True)
    for scene, product, box in pairs:
        row = expected.pop((scene, product))
        assert box == [*BOX.values()] if "left" in row else np.isnan(box).all()
    assert not expected
    for id_, image in zip(dataset.scenes["id"], dataset.scenes["image"], strict=True):
        (path,) = {row["scene"] for row in rows[:8] if name_of(row["scene"]) == id_}
        assert image == f"images/{id_[:2]}/{id_}.jpg"
        assert (tmp_path / "out" / image).read_bytes() == (tmp_path / "photos" / path).read_bytes()


def test_products_say_what_the_table_says(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    run_table(rows)
    products = Dataset.open(tmp_path / "out").products
    told = zip(*(products[name].tolist() for name in ("id", "category", "title", "price", "in_stock")), strict=True)
    by_id = {id_: rest for id_, *rest in told}
    assert by_id["B-2"] == ["Shoes", "Boot 2", 21.5, None]
    category, title, price, in_stock = by_id[name_of("hat2.jpg")]
    assert (category, title, np.isnan(price), in_stock) == ("Hats", None, True, False)


def test_a_pair_without_a_box_keeps_its_whole_scene(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    run_table(rows)
    dataset = Dataset.open(tmp_path / "out")
    crops = scene_crops(dataset, np.arange(8), True)
    for crop, category in zip(crops, dataset.pairs["category"], strict=True):
        assert crop is not None
        assert crop.box == (WHOLE if category == "Hats" else Box(0, 0, 1, 0.5))
    report = check_dataset(dataset)
    assert (report.sound, report.pairs_without_box, report.removed_too_much) == (True, 2, 0)
    assert report.boxes_with_several_products == 0


def _text(rows: Rows, delimiter: str) -> str:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [columns, *([str(row.get(column, "")) for column in columns] for row in rows)]
    return "".join(delimiter.join(line) + "\r\n" for line in lines)


def _parquet(rows: Rows, path: Path) -> None:
    with path.with_suffix(".csv").open("w", newline="") as file:
        csv.writer(file).writerows(line.split(",") for line in _text(rows, ",").splitlines())
    options = "all_varchar = false, header = true, quote = '\"'"
    duckdb.execute(f"COPY (FROM read_csv('{path.with_suffix('.csv')}', {options})) TO '{path}' (FORMAT parquet)")


@pytest.mark.parametrize(
    "name", ["comma.csv", "semicolon.csv", "tab.tsv", "mark.csv", "t.jsonl", "t.json", "t.parquet"]
)
def test_every_form_of_a_table_makes_the_same_dataset(run_table: Import, rows: Rows, name: str, tmp_path: Path) -> None:
    run_table(rows)
    path = tmp_path / name
    if name.endswith(".parquet"):
        _parquet(rows, path)
    elif name == "t.jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif name == "t.json":
        path.write_text(json.dumps(rows, indent=2))
    else:
        delimiter = {"semicolon.csv": ";", "tab.tsv": "\t"}.get(name, ",")
        path.write_text(_text(rows, delimiter), "utf-8-sig" if name == "mark.csv" else "utf-8")
    report = import_table(path, [tmp_path / "photos"], tmp_path / "again")
    assert not report.rejected
    for table in ("scenes.parquet", "products.parquet", "pairs.parquet"):
        assert (tmp_path / "again" / table).read_bytes() == (tmp_path / "out" / table).read_bytes()


def test_pictures_with_addresses_are_listed_fetched_and_found(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    """Import, download, import again."""
    first, second = "https://shop.example/boot?id=1&w=2", "http://cdn.example/look.jpg"
    rows[0]["product"], rows[4]["product"], rows[1]["scene"] = first, first, second
    report = run_table(rows)
    assert read_missing(tmp_path / "out") == {name_of(url): url for url in (first, second)}
    assert report.missing_images == 2
    assert report.counts == {"pairs": 5, "scenes": 5, "products": 6}
    assert report.rejected == {"product: picture missing": 2, "scene: picture missing": 1}
    fetched = tmp_path / "fetched"
    for url in (first, second):
        draw(fetched / name_of(url)[:2] / f"{name_of(url)}.png")
    again = run_table(rows, images=[tmp_path / "photos", fetched], overwrite=True)
    assert (again.counts["pairs"], again.missing_images, not again.rejected) == (8, 0, True)
    assert read_missing(tmp_path / "out") == {}
    dataset = Dataset.open(tmp_path / "out")
    row = dataset.scenes["id"].tolist().index(name_of(second))
    assert dataset.scenes["image"][row] == f"images/{name_of(second)[:2]}/{name_of(second)}.png"


def test_an_import_without_any_picture_lists_what_to_fetch(run_table: Import, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    urls = ["https://a.example/look.jpg", "https://a.example/boot.jpg"]
    report = run_table([{"scene": urls[0], "product": urls[1], "category": "Shoes"}])
    assert report.counts == {"pairs": 0, "scenes": 0, "products": 0}
    assert sorted(read_missing(tmp_path / "out").values()) == sorted(urls)
    assert len(Dataset.open(tmp_path / "out").boxes) == 0


def test_a_row_more_for_a_product_fills_in_what_was_not_said(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    more = {"product": "boot1.png", "product_id": "B-1", "category": "Shoes", "in_stock": "yes"}
    report = run_table([*rows, more])
    assert not report.rejected
    products = Dataset.open(tmp_path / "out").products
    assert products["in_stock"][products["id"].tolist().index("B-1")] is True


def _splits(out: Path) -> dict[str, str]:
    pairs = Dataset.open(out).pairs
    return dict(zip(pairs["scene"].tolist(), pairs["split"].tolist(), strict=True))


def test_splits_of_the_table_are_kept_and_the_rest_is_drawn(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    for row, split in zip(rows, ("test", "val", "val"), strict=False):
        row["split"] = split
    run_table(rows, ratio=(100, 0, 0))
    given = {
        name_of(f"looks/{n}.jpg"): split for n, split in enumerate(("test", "val", "val", "train", "train", "train"))
    }
    assert _splits(tmp_path / "out") == given


def test_the_same_picture_shares_the_split_of_the_table(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    photos = tmp_path / "photos" / "looks"
    for n in (1, 2):
        (photos / f"{n}.jpg").write_bytes((photos / "0.jpg").read_bytes())
    rows[1]["split"] = "test"
    run_table(rows, ratio=(100, 0, 0))
    expected = {name_of(f"looks/{n}.jpg"): "test" if n < 3 else "train" for n in range(6)}
    assert _splits(tmp_path / "out") == expected


def test_splits_come_from_a_file_by_scene_id(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    for row in rows[:8]:
        row["scene_id"] = row["scene"].replace("looks/", "look-")
    (tmp_path / "splits.txt").write_text("".join(f"look-{n}.jpg {'test' if n else 'train'}\n" for n in range(6)))
    run_table(rows, splits=tmp_path / "splits.txt")
    assert _splits(tmp_path / "out") == {f"look-{n}.jpg": "test" if n else "train" for n in range(6)}


def test_ids_may_be_numbers(tmp_path: Path, rows: Rows) -> None:
    for n, row in enumerate(rows):
        row |= {"product_id": row["product"].count("hat") * 100 + n % 4, "scene_id": n}
        row["product"] = f"boot{n % 4}.png" if row["category"] == "Shoes" else row["product"]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:4]))
    import_table(tmp_path / "t.jsonl", [tmp_path / "photos"], tmp_path / "out")
    assert Dataset.open(tmp_path / "out").products["id"].tolist() == ["0", "1", "2", "3"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_the_rows_changes_nothing(run_table: Import, rows: Rows, order: int, tmp_path: Path) -> None:
    assert run_table(rows[::order]).fingerprint == run_table(rows, out=tmp_path / "again").fingerprint


def test_a_path_may_be_found_in_any_of_the_folders(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "photos" / "hat1.jpg").rename(tmp_path / "more" / "hat1.jpg")
    folders: Sequence[Path] = [tmp_path / "more", tmp_path / "photos"]
    assert run_table(rows, images=folders).counts["pairs"] == 8
    rows.append({"product": ".//hat1.jpg", "category": "Hats"})  # the same path
    assert run_table(rows, images=folders, overwrite=True).counts["products"] == 7


def test_names_of_files_may_hold_anything(run_table: Import, rows: Rows, tmp_path: Path) -> None:
    for n, name in enumerate(["look's *.jpg", "[a]?.jpg", "größe ,;.jpg", "x.jpg?w=1", "no suffix"]):
        (tmp_path / "photos" / f"looks/{n}.jpg").rename(tmp_path / "photos" / name)
        for row in rows[:8]:
            if row["scene"] == f"looks/{n}.jpg":
                row["scene"] = name
    report = run_table(rows)
    assert (report.counts["pairs"], not report.rejected) == (8, True)
    assert read_rejected(tmp_path / "out", report) == []
