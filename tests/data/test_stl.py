"""What an import of Shop-the-Look records takes in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.records import short_names
from scenefit.data.importers.stl import import_stl

Import = Callable[..., ImportReport]


def test_drawn_looks_become_a_dataset(run_import: Import, records: list[Any], source: Path, tmp_path: Path) -> None:
    report = run_import(tmp_path / "out")
    dataset = Dataset.open(tmp_path / "out")
    assert report.records == 16
    assert report.counts == {"pairs": 16, "scenes": 8, "products": 8}
    assert report.fingerprint == dataset.fingerprint
    assert not report.rejected
    pairs = dataset.pairs
    rows = zip(pairs["scene"], pairs["product"], dataset.boxes.tolist(), strict=True)
    expected = sorted((record["scene"], record["product"], record["bbox"]) for record in records)
    assert sorted((scene, product, box) for scene, product, box in rows) == expected
    assert dataset.categories == ["Pants", "Shoes"]
    for table in (dataset.scenes, dataset.products):
        assert table["id"].tolist() == sorted(table["id"])
        for signature, image, content in zip(table["id"], table["image"], table["content"], strict=True):
            data = (tmp_path / "out" / image).read_bytes()
            assert data == (source / "images" / f"{signature}.jpg").read_bytes()
            assert content == hashlib.sha256(data).hexdigest()
    assert set(dataset.scenes["width"]) == {180}
    assert set(dataset.scenes["height"]) == {270}


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n  "], ids=["plain", "byte order mark", "space"])
@pytest.mark.parametrize("whole", [True, False], ids=["array", "lines"])
def test_lines_and_an_array_make_the_same_dataset(
    run_import: Import, records: list[Any], source: Path, start: bytes, whole: bool, tmp_path: Path
) -> None:
    expected = run_import(tmp_path / "lines").fingerprint
    text = json.dumps(records, indent=1) if whole else "".join(json.dumps(record) + "\n" for record in records)
    (source / "records.json").write_bytes(start + text.encode())
    report = run_import(tmp_path / "out")
    assert report.fingerprint == expected
    assert not report.rejected


def test_pictures_are_found_at_any_depth_with_any_suffix(
    run_import: Import, records: list[Any], picture: Callable[[str], Path], tmp_path: Path
) -> None:
    old = picture(records[0]["scene"])
    new = old.parent / "aa" / "bb" / f"{old.stem}.orig.JPEG"
    new.parent.mkdir(parents=True)
    old.rename(new)
    assert run_import(tmp_path / "out").missing_images == 0
    dataset = Dataset.open(tmp_path / "out")
    image = dataset.scenes["image"][dataset.scenes["id"].tolist().index(old.stem)]
    assert image == f"images/{old.stem[:2]}/{old.stem}.jpeg"


def test_the_same_seed_makes_the_same_tables_and_another_seed_other_splits(run_import: Import, tmp_path: Path) -> None:
    names = ("scenes.parquet", "products.parquet", "pairs.parquet")
    files = {}
    for out, seed in (("first", 1), ("again", 1), ("other", 2)):
        run_import(tmp_path / out, seed=seed, ratio=(50, 25, 25))
        files[out] = [(tmp_path / out / name).read_bytes() for name in names]
    assert files["first"] == files["again"]
    assert files["first"][:2] == files["other"][:2]
    assert files["first"][2] != files["other"][2]


def test_splits_come_from_a_file(run_import: Import, records: list[Any], tmp_path: Path) -> None:
    scenes = sorted({record["scene"] for record in records})
    given = {scene: "train" if n < 5 else "val" for n, scene in enumerate(scenes)}
    path = tmp_path / "splits.txt"
    path.write_text("".join(f"{scene} {split}\n" for scene, split in given.items()))
    run_import(tmp_path / "out", splits=path)
    pairs = Dataset.open(tmp_path / "out").pairs
    assert dict(zip(pairs["scene"], pairs["split"], strict=True)) == given


def test_a_box_with_several_products_keeps_them_all(run_import: Import, records: list[Any], tmp_path: Path) -> None:
    first = records[0]
    others = [r["product"] for r in records if r["product"] != first["product"]][:2]
    records += [{**first, "product": product} for product in dict.fromkeys(others) if product != records[1]["product"]]
    report = run_import(tmp_path / "out", records)
    pairs = Dataset.open(tmp_path / "out").pairs
    same = (pairs["scene"] == first["scene"]) & (pairs["left"] == first["bbox"][0])
    assert same.sum() >= 2
    assert report.counts["pairs"] == len(records)


def test_a_product_in_no_pair_is_a_catalog_product(run_import: Import, records: list[Any], tmp_path: Path) -> None:
    lonely = records[0]["product"]
    kept = [record for record in records if record["product"] != lonely]
    run_import(tmp_path / "out", kept)
    dataset = Dataset.open(tmp_path / "out")
    assert lonely in dataset.products["id"]
    assert lonely not in dataset.pairs["product"]


def test_categories_whose_last_parts_collide_keep_their_whole_path(
    run_import: Import, categories: dict[str, Any], tmp_path: Path
) -> None:
    home = ["Home|Kitchen|Tables", "Home|Office|Tables", "Home|Lamps", "Rugs"]
    given = {product: home[n % 4] for n, product in enumerate(sorted(categories))}
    run_import(tmp_path / "out", categories=given)
    dataset = Dataset.open(tmp_path / "out")
    assert dataset.categories == ["Home|Kitchen|Tables", "Home|Office|Tables", "Lamps", "Rugs"]
    assert len(set(short_names({*home, "Tables", " Tables"}).values())) == 6


@pytest.mark.real
def test_the_real_records_come_in_whole(shared: Callable[[str], Path], tmp_path: Path) -> None:
    folder = shared("data/stl-fashion")
    out = tmp_path / "out"
    report = import_stl(folder / "fashion.json", folder / "fashion-cat.json", folder / "images", out)
    assert report.counts == {"pairs": 2891, "scenes": 2528, "products": 3823}
    assert (report.records, sum(report.rejected.values()), report.missing_images) == (2891, 0, 0)
    assert len(Dataset.open(out).categories) == 10
