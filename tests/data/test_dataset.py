"""Opening a dataset folder, and every way it is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit import artifacts
from scenefit.data.dataset import MANIFEST, TABLES, Dataset, check_image_path
from scenefit.data.importers.intake import ImportReport
from scenefit.errors import ArtifactError, DataError

Import = Callable[..., ImportReport]


def test_a_tampered_table_that_still_holds_together_opens(tamper: Callable[..., Path]) -> None:
    assert Dataset.open(tamper("products", title={0: "Red shoes"})).products["title"][0] == "Red shoes"


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("scenes", {"id": {1: "twice", 4: "twice"}}, r"scenes\.parquet holds the id 'twice' 2 times; ids must be uni"),
        ("products", {"id": {1: "twice", 4: "twice"}}, r"products\.parquet holds the id 'twice' 2 times"),
        ("pairs", {"scene": {3: "nobody"}}, r"pairs\.parquet names the scene 'nobody', which scenes\.parquet does not"),
        ("pairs", {"product": {3: "no"}}, r"pairs\.parquet names the product 'no', which products\.parquet does not"),
        ("pairs", {"split": {3: "dev"}}, r"has the splits \['dev'\]; expected \['train', 'val', 'test'\]"),
        ("pairs", {"right": {3: 1.01}}, r"pairs\.parquet: row 3 has a box outside \[0, 1\] or turned around"),
        ("pairs", {"left": {3: -0.01}}, "row 3 has a box outside"),
        ("pairs", {"top": {3: "nan"}}, "row 3 has a box outside"),  # as text: DuckDB takes a float's NaN for NULL
        ("pairs", {"bottom": {3: math.inf}}, "row 3 has a box outside"),
        ("pairs", {"left": {3: None}}, r"row 3 has a box outside .*; give four sides, or none"),
        ("pairs", {side: {3: None} for side in ("left", "right", "top")}, "row 3 has a box outside"),
        ("pairs", {"left": {3: 0.5}, "right": {3: 0.5}}, "row 3 has a box outside"),
        ("pairs", {"top": {3: 0.6}, "bottom": {3: 0.5}}, "row 3 has a box outside"),
        ("pairs", {"category": {3: "Hats"}}, r"pairs\.parquet: row 3 has another category than its product"),
        (
            "scenes",
            {"image": {2: "../secret.jpg"}},
            "got the image path '../secret.jpg'; expected a relative path insi",
        ),
        ("products", {"image": {2: "/etc/passwd"}}, "got the image path '/etc/passwd'; expected a relative path"),
        ("pairs", {"scene": {3: None}}, "column 'scene' has 1 absent values; it must have none"),
    ],
)
def test_tables_that_contradict_each_other_are_refused(
    tamper: Callable[..., Path], name: str, change: dict[str, Any], message: str
) -> None:
    folder = tamper(name, **change)
    with pytest.raises(DataError, match=message):
        Dataset.open(folder)


def test_a_pair_may_have_no_box(tamper: Callable[..., Path]) -> None:
    sides = {side: {3: None, 5: None} for side in ("left", "top", "right", "bottom")}
    dataset = Dataset.open(tamper("pairs", **sides))
    assert np.flatnonzero(np.isnan(dataset.boxes).all(axis=1)).tolist() == [3, 5]
    assert not np.isnan(np.delete(dataset.boxes, [3, 5], axis=0)).any()


def test_no_pair_needs_a_box(tamper: Callable[..., Path], dataset: Dataset) -> None:
    nowhere = dict.fromkeys(range(len(dataset.pairs["scene"])))
    opened = Dataset.open(tamper("pairs", **dict.fromkeys(("left", "top", "right", "bottom"), nowhere)))
    assert np.isnan(opened.boxes).all()


@pytest.mark.parametrize("path", ["../a.jpg", "a/../../b.jpg", "/a.jpg", "a\\b.jpg", "a\0.jpg"])
def test_an_image_path_that_leaves_the_folder_is_refused(path: str) -> None:
    with pytest.raises(DataError, match="expected a relative path inside the dataset"):
        check_image_path(path)
    assert check_image_path("images/aa/a..b.jpg") == "images/aa/a..b.jpg"


@pytest.mark.parametrize("name", TABLES)
def test_a_damaged_table_is_refused(dataset: Dataset, name: str) -> None:
    data = bytearray((dataset.folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (dataset.folder / name).write_bytes(data)
    with pytest.raises(ArtifactError, match=rf"{name} is not the file that was sealed .*; make the dataset again"):
        Dataset.open(dataset.folder)


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_table_is_refused(dataset: Dataset, name: str) -> None:
    (dataset.folder / name).unlink()
    with pytest.raises(ArtifactError, match=rf"{name} is missing; make the dataset again"):
        Dataset.open(dataset.folder)


def test_a_table_that_was_sealed_but_is_no_parquet_is_refused(dataset: Dataset) -> None:
    (dataset.folder / "pairs.parquet").write_text("scene,product\n")
    artifacts.seal(dataset.folder, MANIFEST, "dataset", list(TABLES), {}, {})
    with pytest.raises(DataError, match=r"pairs\.parquet cannot be read as Parquet: "):
        Dataset.open(dataset.folder)


def test_a_half_written_folder_is_refused(dataset: Dataset) -> None:
    (dataset.folder / MANIFEST).unlink()
    with pytest.raises(ArtifactError, match=r"holds no dataset\.json: it is half-written or not a scenefit dataset; m"):
        Dataset.open(dataset.folder)


def test_a_manifest_that_does_not_list_every_table_is_refused(dataset: Dataset) -> None:
    artifacts.seal(dataset.folder, MANIFEST, "dataset", ["scenes.parquet", "pairs.parquet"], {}, {})
    with pytest.raises(ArtifactError, match=r"does not list \['products\.parquet'\]; make the dataset again"):
        Dataset.open(dataset.folder)


def test_an_artifact_of_another_kind_is_refused(dataset: Dataset) -> None:
    manifest = dataset.folder / MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "kind": "model"}))
    with pytest.raises(ArtifactError, match=r"dataset\.json describes 'model'; expected a scenefit dataset"):
        Dataset.open(dataset.folder)


def test_a_dataset_of_one_category_opens(
    run_import: Import, records: list[Any], categories: dict[str, Any], tmp_path: Path
) -> None:
    shoes = {product: path for product, path in categories.items() if path.endswith("Shoes")}
    run_import(tmp_path / "out", [r for r in records if r["product"] in shoes], shoes)
    dataset = Dataset.open(tmp_path / "out")
    assert dataset.categories == ["Shoes"]
    assert dataset.product_category.tolist() == [0, 0, 0, 0]
    assert len(dataset.pairs["scene"]) == 8


def test_a_category_with_one_product_opens(
    run_import: Import, records: list[Any], categories: dict[str, Any], tmp_path: Path
) -> None:
    product = records[0]["product"]
    run_import(tmp_path / "out", categories={**categories, product: "Apparel|Hats"})
    dataset = Dataset.open(tmp_path / "out")
    hats = dataset.product_category == dataset.categories.index("Hats")
    assert dataset.products["id"][hats].tolist() == [product]


def test_a_split_without_pairs_is_refused_only_when_asked_for(run_import: Import, tmp_path: Path) -> None:
    run_import(tmp_path / "out", ratio=(100, 0, 0))
    dataset = Dataset.open(tmp_path / "out")
    assert len(dataset.split_rows("train")) == len(dataset.split_rows("all")) == 16
    with pytest.raises(DataError, match="has no pairs in the split 'test'; import it with another --ratio"):
        dataset.split_rows("test")
    with pytest.raises(DataError, match=r"got the split 'dev'; expected one of \['train', 'val', 'test', 'all'\]"):
        dataset.split_rows("dev")


def test_rows_and_codes_point_at_the_right_scene_and_product(dataset: Dataset) -> None:
    np.testing.assert_array_equal(dataset.scenes["id"][dataset.pair_scene], dataset.pairs["scene"])
    np.testing.assert_array_equal(dataset.products["id"][dataset.pair_product], dataset.pairs["product"])
    names = np.array(dataset.categories, object)[dataset.product_category]
    np.testing.assert_array_equal(names, dataset.products["category"])
