"""Checking a dataset: what is sound, what is missing, broken, changed or leaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit.data.check import check_dataset
from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.errors import DataError

Import = Callable[..., ImportReport]


def test_a_sound_dataset_is_counted(dataset: Dataset) -> None:
    told: list[tuple[str, int, int]] = []
    report = check_dataset(dataset, lambda *progress: told.append(progress))
    assert report.sound
    assert report.counts["all"] == {"pairs": 80, "scenes": 40, "products": len(set(dataset.pairs["product"]))}
    assert [report.counts[split]["scenes"] for split in ("train", "val", "test")] == [24, 8, 8]
    assert [report.counts[split]["pairs"] for split in ("train", "val", "test")] == [48, 16, 16]
    assert report.categories == {"Pants": {"products": 12, "pairs": 40}, "Shoes": {"products": 12, "pairs": 40}}
    assert (report.removed_too_much, report.boxes_with_several_products, report.scene_is_product) == (0, 0, 0)
    assert told[-1] == ("checking pictures", 64, 64)


def test_shared_products_are_those_of_two_splits(dataset: Dataset) -> None:
    pairs, report = dataset.pairs, check_dataset(dataset)
    of = {split: set(pairs["product"][pairs["split"] == split]) for split in ("train", "val", "test")}
    expected = {f"{a}/{b}": len(of[a] & of[b]) for a, b in (("train", "val"), ("train", "test"), ("val", "test"))}
    assert report.shared_products == expected
    assert any(expected.values())
    assert report.sound  # products may be shared, pictures of scenes may not


def test_a_missing_a_broken_and_a_changed_picture_are_found(dataset: Dataset) -> None:
    missing, broken, changed = (dataset.scenes["image"][0], dataset.scenes["image"][1], dataset.products["image"][0])
    (dataset.folder / missing).unlink()
    data = (dataset.folder / broken).read_bytes()
    (dataset.folder / broken).write_bytes(data[: len(data) // 2])
    (dataset.folder / changed).write_bytes((dataset.folder / dataset.products["image"][1]).read_bytes())
    report = check_dataset(dataset)
    faults = dict(report.faults)
    assert len(report.faults) == 3
    assert "no such picture" in faults[missing]
    assert "truncated or damaged" in faults[broken]
    assert faults[changed] == "changed since the import: another content hash"
    assert not report.sound


def test_one_picture_in_two_splits_is_not_sound(tamper: Callable[..., Path], dataset: Dataset) -> None:
    pairs = dataset.pairs
    row = {split: int(dataset.pair_scene[np.argmax(pairs["split"] == split)]) for split in ("train", "test")}
    twin = {column: {row["test"]: dataset.scenes[column][row["train"]]} for column in ("image", "content")}
    report = check_dataset(Dataset.open(tamper("scenes", **twin)))
    assert report.shared_scene_images == {"train/val": 0, "train/test": 1, "val/test": 0}
    assert not report.faults
    assert not report.sound


def test_a_scene_whose_pairs_stand_in_two_splits_is_refused(tamper: Callable[..., Path], dataset: Dataset) -> None:
    row = int(np.argmax(dataset.pairs["split"] == "train"))
    with pytest.raises(DataError, match="has a scene in two splits; splits go by scene, never by pair"):
        Dataset.open(tamper("pairs", split={row: "val"}))


def test_the_import_keeps_identical_pictures_in_one_split(
    run_import: Import, records: list[Any], picture: Callable[[str], Path], tmp_path: Path
) -> None:
    scenes = sorted({record["scene"] for record in records})
    for a, b in zip(scenes[::2], scenes[1::2], strict=True):
        picture(b).write_bytes(picture(a).read_bytes())
    run_import(tmp_path / "out", ratio=(50, 25, 25))
    report = check_dataset(Dataset.open(tmp_path / "out"))
    assert report.sound
    assert [report.counts[split]["scenes"] for split in ("train", "val", "test")] == [4, 2, 2]


def test_large_boxes_boxes_of_several_products_and_scenes_that_are_products_are_counted(
    run_import: Import, records: list[Any], picture: Callable[[str], Path], tmp_path: Path
) -> None:
    records[0]["bbox"] = [0.1, 0.1, 0.9, 0.9]
    records[3]["bbox"] = records[2]["bbox"]
    picture(records[5]["product"]).write_bytes(picture(records[4]["scene"]).read_bytes())
    run_import(tmp_path / "out", records)
    report = check_dataset(Dataset.open(tmp_path / "out"))
    assert (report.removed_too_much, report.boxes_with_several_products, report.scene_is_product) == (1, 1, 1)


@pytest.mark.parametrize("broken", [False, True])
def test_the_report_is_plain_json(dataset: Dataset, broken: bool) -> None:
    image = dataset.scenes["image"][0]
    if broken:
        (dataset.folder / image).write_bytes(b"no picture")
    report = json.loads(json.dumps(check_dataset(dataset).as_json()))
    assert report["sound"] is not broken
    assert [fault["image"] for fault in report["faults"]] == ([image] if broken else [])
    assert report["counts"]["all"]["pairs"] == 80
