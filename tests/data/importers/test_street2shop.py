"""Exact Street2Shop: street photos and the shops' photos of the same items."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit.data.check import check_dataset
from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.street2shop import import_street2shop
from scenefit.errors import DataError, UsageError

from .conftest import draw, read_missing, read_rejected

BOX = {"left": 15, "top": 20, "width": 30, "height": 20}
URL = "http://media.example/{:09}.jpg,w=1500"
Files = dict[str, Any]
Import = Callable[..., ImportReport]


def pair(photo: int, product: int, **box: float) -> dict[str, Any]:
    return {"photo": photo, "product": product, "bbox": BOX | box}


def shop(photo: int, product: int) -> dict[str, int]:
    return {"photo": photo, "product": product}


@pytest.fixture
def files() -> Files:
    """Two categories; street photos 1 to 6 and 11, 12, shop photos from 100 on, two of product 7."""
    return {
        "train_pairs_dresses.json": [pair(n, 7 + n % 2) for n in range(1, 7)],
        "test_pairs_dresses.json": [pair(11, 7)],
        "retrieval_dresses.json": [shop(101, 7), shop(100, 7), shop(102, 8), shop(103, 9)],
        "train_pairs_belts.json": [pair(1, 7)],
        "test_pairs_belts.json": [pair(12, 7)],
        "retrieval_belts.json": [shop(104, 7)],
    }


@pytest.fixture
def run_s2s(files: Files, tmp_path: Path) -> Import:
    """Write the files as they are unpacked and import them into out/."""
    numbers = [*range(1, 7), 11, 12, *range(100, 105)]
    for number in numbers:
        draw(tmp_path / "photos" / "some" / f"{number:09}.png")

    def run(**options: Any) -> ImportReport:
        meta = tmp_path / "s2s"
        for name in ("photos", "meta/json"):
            (meta / name).mkdir(parents=True, exist_ok=True)
        photos = options.pop("photos", "".join(f"{number:09},{URL.format(number)}\n" for number in numbers))
        (meta / "photos" / "photos.txt").write_text(photos)
        for name, content in files.items():
            (meta / "meta" / "json" / name).write_text(content if isinstance(content, str) else json.dumps(content))
        images = options.pop("images", [tmp_path / "photos"])
        return import_street2shop(meta, images, options.pop("out", tmp_path / "out"), **options)

    return run


def test_street_photos_become_scenes_and_shop_photos_products(run_s2s: Import, tmp_path: Path) -> None:
    report = run_s2s()
    assert (report.records, report.missing_images, not report.rejected) == (9, 0, True)
    assert report.counts == {"pairs": 9, "scenes": 8, "products": 4}
    dataset = Dataset.open(tmp_path / "out")
    assert dataset.scenes["id"].tolist() == [f"{n:09}" for n in (*range(1, 7), 11, 12)]
    assert dataset.products["id"].tolist() == ["belts-7", "dresses-7", "dresses-8", "dresses-9"]
    assert dataset.categories == ["belts", "dresses"]
    np.testing.assert_allclose(dataset.boxes, np.tile([0.25, 0.5, 0.75, 1], (9, 1)))
    row = dataset.products["id"].tolist().index("dresses-7")
    data = (tmp_path / "out" / dataset.products["image"][row]).read_bytes()
    assert data == (tmp_path / "photos" / "some" / "000000100.png").read_bytes()  # the first by number
    assert check_dataset(dataset).sound


def test_its_splits_are_kept_and_a_part_of_train_becomes_val(run_s2s: Import, tmp_path: Path) -> None:
    seen = set()
    for seed in range(4):
        run_s2s(val=50, seed=seed, overwrite=True)
        pairs = Dataset.open(tmp_path / "out").pairs
        split = dict(zip(pairs["scene"], pairs["split"], strict=True))
        assert {scene for scene, name in split.items() if name == "test"} == {"000000011", "000000012"}
        val = tuple(scene for scene, name in sorted(split.items()) if name == "val")
        assert len(val) == 3
        seen.add(val)
    assert len(seen) > 1
    run_s2s(val=0, overwrite=True)
    assert set(Dataset.open(tmp_path / "out").pairs["split"]) == {"train", "test"}


def test_a_photo_of_both_splits_stays_in_test(run_s2s: Import, files: Files, tmp_path: Path) -> None:
    files["train_pairs_belts.json"].append(pair(11, 7))
    report = run_s2s()
    (rejected,) = read_rejected(tmp_path / "out", report)
    assert rejected["reason"] == "split: its scene has another one before"
    assert (rejected["file"], rejected["line"]) == ("train_pairs_belts.json", 2)
    pairs = Dataset.open(tmp_path / "out").pairs
    assert set(pairs["split"][pairs["scene"] == "000000011"]) == {"test"}


def test_two_boxes_of_one_item_are_joined(run_s2s: Import, files: Files, tmp_path: Path) -> None:
    files["test_pairs_belts.json"].append(pair(12, 7, left=30, width=24, top=8))
    report = run_s2s()
    assert report.rejected == {"the same pair again: boxes joined": 1}
    dataset = Dataset.open(tmp_path / "out")
    (box,) = dataset.boxes[dataset.pairs["scene"] == "000000012"].tolist()
    assert box == [0.25, 0.2, 0.9, 1.0]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ({"left": -1, "top": 20}, [0, 0.5, 29 / 60, 1]),
        ({"width": 46}, [0.25, 0.5, 1, 1]),  # a pixel over the edge
        ({"width": 60}, "bbox: outside [0, 1]"),
        ({"left": 300, "top": 300}, "bbox: outside [0, 1]"),
        ({"left": 60, "width": 1}, "bbox: left must be below right, and top below bottom"),
        ({"width": 0}, "bbox: left must be below right, and top below bottom"),
        ({"height": -5}, "bbox: left must be below right, and top below bottom"),
    ],
)
def test_boxes_in_pixels_are_held_against_the_picture(
    run_s2s: Import, files: Files, box: dict[str, float], expected: Any, tmp_path: Path
) -> None:
    files["test_pairs_belts.json"] = [pair(12, 7, **box)]
    report = run_s2s()
    dataset = Dataset.open(tmp_path / "out")
    boxes = dataset.boxes[dataset.pairs["scene"] == "000000012"].tolist()
    if isinstance(expected, str):
        (rejected,) = read_rejected(tmp_path / "out", report)
        assert (rejected["reason"], boxes) == (expected, [])
        assert rejected["record"]["detail"] == "the picture has 60x40 pixels"
        assert (rejected["file"], rejected["line"]) == ("test_pairs_belts.json", 1)
    else:
        assert boxes == [pytest.approx(expected)]


def name_of(number: int) -> str:
    return hashlib.sha256(URL.format(number).encode()).hexdigest()[:32]


def test_photos_that_are_missing_are_listed_and_found_when_fetched(run_s2s: Import, tmp_path: Path) -> None:
    for number in (3, 101, 102):
        (tmp_path / "photos" / "some" / f"{number:09}.png").unlink()
    report = run_s2s()
    assert read_missing(tmp_path / "out") == {name_of(n): URL.format(n) for n in (3, 102)}  # of product 7 one is there
    assert report.counts == {"pairs": 6, "scenes": 6, "products": 3}
    fetched = tmp_path / "fetched"
    for number in (3, 102):
        draw(fetched / name_of(number)[:2] / f"{name_of(number)}.png")
    again = run_s2s(images=[tmp_path / "photos", fetched], overwrite=True)
    assert (again.counts["pairs"], again.missing_images) == (9, 0)


def test_of_a_product_without_a_photo_all_are_listed_and_the_next_one_serves(run_s2s: Import, tmp_path: Path) -> None:
    for number in (100, 101):
        (tmp_path / "photos" / "some" / f"{number:09}.png").unlink()
    run_s2s()
    assert read_missing(tmp_path / "out") == {name_of(n): URL.format(n) for n in (100, 101)}
    draw(tmp_path / "photos" / "101.png")  # without its zeros
    assert run_s2s(overwrite=True).counts["products"] == 4
    dataset = Dataset.open(tmp_path / "out")
    row = dataset.products["id"].tolist().index("dresses-7")
    assert (tmp_path / "out" / dataset.products["image"][row]).read_bytes() == (
        tmp_path / "photos/101.png"
    ).read_bytes()


WHOLE = "expected a whole number"
SIDES = "bbox: expected left, top, width and height in pixels"
BAD: list[tuple[Any, str]] = [
    (7, "not a JSON object"),
    ({}, f"photo: {WHOLE}"),
    (pair(1, 7) | {"photo": "1"}, f"photo: {WHOLE}"),
    (pair(1, 7) | {"product": True}, f"product: {WHOLE}"),
    (pair(1, 7) | {"product": -7}, f"product: {WHOLE}"),
    (pair(999, 7), "photo: not in photos.txt"),
    (pair(1, 9999), "product: has no photo in retrieval_belts.json"),
    (pair(1, 7) | {"bbox": None}, SIDES),
    (pair(1, 7) | {"bbox": [1, 2, 3, 4]}, SIDES),
    (pair(1, 7) | {"bbox": {"left": 1, "top": 2, "width": 3}}, SIDES),
    (pair(1, 7) | {"bbox": {**BOX, "left": "x"}}, SIDES),
    (pair(104, 7), "the scene is the product's own picture"),
    (pair(1, 7), "the same record again"),
]


def test_a_bad_entry_costs_itself_only(run_s2s: Import, files: Files, tmp_path: Path) -> None:
    files["train_pairs_belts.json"] += [entry for entry, _ in BAD]
    report = run_s2s()
    rejected = read_rejected(tmp_path / "out", report)
    assert [line["reason"] for line in rejected] == [reason for _, reason in BAD]
    assert [(line["file"], line["line"]) for line in rejected] == [
        ("train_pairs_belts.json", n) for n in range(2, 2 + len(BAD))
    ]
    assert report.counts["pairs"] == 9


def test_bad_lines_of_photos_and_bad_shop_photos_cost_themselves_only(
    run_s2s: Import, files: Files, tmp_path: Path
) -> None:
    files["retrieval_belts.json"] += [shop(998, 8), {"photo": 104}, []]
    good = [f"{n:09},{URL.format(n)}" for n in (*range(1, 7), 11, 12, *range(100, 105))]
    bad = [
        "1",
        "x,http://a.example/1.jpg",
        "1,ftp://a.example/1",
        "1,http://a example/",
        "1" * 10 + ",http://a.example",
    ]
    report = run_s2s(photos="\n".join([*good, *bad, "٣,http://a.example/x"]))
    reasons = [line["reason"] for line in read_rejected(tmp_path / "out", report)]
    assert reasons[:6] == ["photo: expected 'number,URL'"] * 6
    assert reasons[6:] == ["photo: not in photos.txt", f"product: {WHOLE}", "not a JSON object"]
    assert report.counts["pairs"] == 9


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("retrieval_belts.json", None, r"the list of shop photos .*retrieval_belts\.json cannot be read: No such file"),
        ("train_pairs_belts.json", "[{}", r"the list of pairs .*train_pairs_belts\.json is not JSON"),
        (
            "train_pairs_belts.json",
            "{}",
            r"the list of pairs .*train_pairs_belts\.json holds a dict; expected an array",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    run_s2s: Import, files: Files, name: str, content: str | None, message: str, tmp_path: Path
) -> None:
    if content is None:
        del files[name]
    else:
        files[name] = content
    with pytest.raises(DataError, match=message):
        run_s2s()
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_refused(run_s2s: Import, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"photos holds no photos\.txt; expected the folder in which photos\.tar and met"
    ):
        import_street2shop(tmp_path / "photos", [tmp_path / "photos"], tmp_path / "out")
    (tmp_path / "photos" / "photos.txt").write_text("")
    with pytest.raises(DataError, match=r"photos holds no test_pairs_\*\.json; expected the folder"):
        import_street2shop(tmp_path / "photos", [tmp_path / "photos"], tmp_path / "out")
    with pytest.raises(UsageError, match="got val = -1; expected a percentage"):
        run_s2s(val=-1)
