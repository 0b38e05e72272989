"""Outfits: collages become scenes, their items products that are cut out of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scenefit.data.check import check_dataset
from scenefit.data.dataset import Dataset
from scenefit.data.images import decode
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.outfits import import_outfits
from scenefit.errors import DataError, UsageError

from .conftest import draw, read_missing, read_rejected

HEADER = "image_signature bounding_x  bounding_y  bounding_width  bounding_height label\n"  # as published
ITEMS = {
    "Shoes": ("0.05", "0.6", "0.4", "0.4000001"),
    "Pants": ("0.5", "0.0", "0.5", "0.55"),
    "Hats": ("0.0", "0.0", "0.25", "0.25"),
}
Import = Callable[..., ImportReport]


def signature(n: int) -> str:
    return hashlib.sha256(f"collage {n}".encode()).hexdigest()[:32]


def line(n: int, item: str, **change: str) -> str:
    x, y, width, height = ITEMS[item]
    fields = {"signature": signature(n), "x": x, "y": y, "width": width, "height": height, "label": item} | change
    return "\t".join(fields.values()) + "\n"


LINES = [line(n, label) for n in range(8) for label in ITEMS]


@pytest.fixture
def collages(tmp_path: Path) -> Path:
    """Eight collages of 80 x 60 pixels, named by signature."""
    folder = tmp_path / "collages"
    for n in range(8):
        draw(folder / f"{signature(n)[:2]}" / f"{signature(n)}.png", (80, 60))
    return folder


@pytest.fixture
def run_outfits(collages: Path, tmp_path: Path) -> Import:
    """Import lines, with the published header, into out/."""

    def run(lines: list[str] | None = None, **options: Any) -> ImportReport:
        path = tmp_path / "raw_test.tsv"
        path.write_text(options.pop("header", HEADER) + "".join(LINES if lines is None else lines))
        return import_outfits([path], [collages], options.pop("out", tmp_path / "out"), **options)

    return run


def test_items_become_pairs_with_their_collage(run_outfits: Import, collages: Path, tmp_path: Path) -> None:
    report = run_outfits()
    dataset = Dataset.open(tmp_path / "out")
    assert (report.records, not report.rejected) == (24, True)
    assert report.counts == {"pairs": 24, "scenes": 8, "products": 24}
    assert dataset.scenes["id"].tolist() == sorted(map(signature, range(8)))
    assert dataset.categories == ["Hats", "Pants", "Shoes"]
    for row, category in enumerate(dataset.pairs["category"]):
        x, y, width, height = map(float, ITEMS[category])
        np.testing.assert_allclose(dataset.boxes[row], [x, y, x + width, min(y + height, 1)])


def test_a_product_is_its_part_of_the_collage(run_outfits: Import, collages: Path, tmp_path: Path) -> None:
    run_outfits()
    dataset = Dataset.open(tmp_path / "out")
    for row, (scene, product) in enumerate(zip(dataset.pairs["scene"], dataset.pair_product, strict=True)):
        pixels = np.asarray(Image.open(collages / scene[:2] / f"{scene}.png")).astype(int)
        left, top, right, bottom = (dataset.boxes[row] * [80, 60, 80, 60]).round().astype(int)
        data = (tmp_path / "out" / dataset.products["image"][product]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == dataset.products["content"][product]
        cut = decode(data).astype(int)
        assert cut.shape[:2] == (dataset.products["height"][product], dataset.products["width"][product])
        expected = pixels[top:bottom, left:right]
        assert cut.shape == expected.shape
        assert np.abs(cut - expected).mean() < 6  # JPEG, of noise
        if right < 80:  # and of the neighbouring part it is not
            assert np.abs(cut - pixels[top:bottom, left + 1 : right + 1]).mean() > 20
    assert check_dataset(dataset).sound


@pytest.mark.parametrize("header", ["", HEADER, "\t".join(HEADER.split()) + "\n", "\ufeff" + HEADER])
def test_the_header_may_have_any_form(run_outfits: Import, header: str, tmp_path: Path) -> None:
    expected = run_outfits(out=tmp_path / "first").fingerprint
    report = run_outfits(header=header)
    assert (report.fingerprint, report.records) == (expected, 24)


def test_the_order_of_the_lines_changes_nothing(run_outfits: Import, tmp_path: Path) -> None:
    assert run_outfits(LINES[::-1]).fingerprint == run_outfits(out=tmp_path / "again").fingerprint


def test_one_box_with_two_labels_is_two_products(run_outfits: Import, tmp_path: Path) -> None:
    report = run_outfits([line(0, "Shoes"), line(0, "Shoes", label="Socks")])
    assert (report.counts["pairs"], report.counts["products"], not report.rejected) == (2, 2, True)


TEXT, NUMBERS = "label: expected a category's name", "box: expected four numbers, x, y, width and height"
BAD = [
    (line(0, "Shoes", signature="../../x"), "signature: expected 32 hex digits"),
    (line(0, "Shoes", label=" "), TEXT),
    (line(0, "Shoes", label="a\x07"), TEXT),
    (line(0, "Shoes", x="left"), NUMBERS),
    (line(0, "Shoes", width="nan"), NUMBERS),
    (line(0, "Shoes", width="0"), "box: left must be below right, and top below bottom"),
    (line(0, "Shoes", width="0.96"), "box: outside [0, 1]"),
    (line(0, "Shoes", x="12", y="14", width="100", height="100"), "box: outside [0, 1]"),
    (line(0, "Shoes").replace("\t", " "), "expected 6 fields separated by tabs"),
    (line(0, "Shoes")[:-1] + "\tmore\n", "expected 6 fields separated by tabs"),
    ("x" * (2 << 20) + "\n", "not UTF-8 text, or longer than 1 MiB"),
    (line(0, "Shoes"), "the same record again"),
]


def test_a_bad_line_costs_itself_only(run_outfits: Import, tmp_path: Path) -> None:
    report = run_outfits([*LINES, *(text for text, _ in BAD)])
    rejected = read_rejected(tmp_path / "out", report)
    assert [entry["reason"] for entry in rejected] == [reason for _, reason in BAD]
    assert [entry["line"] for entry in rejected] == list(range(26, 26 + len(BAD)))
    assert report.counts == {"pairs": 24, "scenes": 8, "products": 24}


def test_bytes_that_are_no_text_cost_their_line_only(run_outfits: Import, collages: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(LINES[0].encode() + b"\xff\xfe\t\n" + LINES[1].encode())
    report = import_outfits([path], [collages], tmp_path / "out")
    assert report.rejected == {"not UTF-8 text, or longer than 1 MiB": 1}
    assert report.counts["pairs"] == 2


def test_collages_that_are_not_at_hand_are_listed(run_outfits: Import, collages: Path, tmp_path: Path) -> None:
    for n in (2, 5):
        (collages / signature(n)[:2] / f"{signature(n)}.png").unlink()
    report = run_outfits()
    digits = {signature(n): "/".join(signature(n)[i : i + 2] for i in (0, 2, 4)) for n in (2, 5)}
    expected = {name: f"https://i.pinimg.com/400x/{path}/{name}.jpg" for name, path in digits.items()}
    assert read_missing(tmp_path / "out") == expected
    assert (report.missing_images, report.rejected) == (2, {"scene: picture missing": 6})
    assert report.counts == {"pairs": 18, "scenes": 6, "products": 18}


def test_a_broken_collage_costs_its_items(run_outfits: Import, collages: Path, tmp_path: Path) -> None:
    path = collages / signature(3)[:2] / f"{signature(3)}.png"
    path.write_bytes(path.read_bytes()[:900])
    report = run_outfits()
    assert report.rejected == {"scene: picture broken": 3}
    assert report.counts == {"pairs": 21, "scenes": 7, "products": 21}
    held = {path.name.partition(".")[0] for path in (tmp_path / "out" / "images").rglob("*.jpg")}
    assert held == set(Dataset.open(tmp_path / "out").products["id"])


def test_splits_come_from_the_names_of_the_files(collages: Path, tmp_path: Path) -> None:
    for name, numbers in (("raw_train.tsv", range(6)), ("raw_test.tsv", (6, 7))):
        (tmp_path / name).write_text(HEADER + "".join(line(n, "Shoes") for n in numbers))
    files = [tmp_path / "raw_train.tsv", tmp_path / "raw_test.tsv"]
    report = import_outfits(files, [collages], tmp_path / "out", by_file=True, val=50, seed=3)
    pairs = Dataset.open(tmp_path / "out").pairs
    split = dict(zip(pairs["scene"], pairs["split"], strict=True))
    assert {n for n in range(8) if split[signature(n)] == "test"} == {6, 7}
    assert sorted(split.values()) == ["test"] * 2 + ["train"] * 3 + ["val"] * 3
    again = import_outfits(files[::-1], [collages], tmp_path / "again", by_file=True, val=50, seed=3)
    assert again.fingerprint == report.fingerprint


def test_an_outfit_in_two_files_of_different_splits_stays_in_the_first(collages: Path, tmp_path: Path) -> None:
    files = [tmp_path / "a-test.tsv", tmp_path / "b-train.tsv", tmp_path / "c-val.tsv"]
    for path, numbers in zip(files, ((0, 1), (1, 2), (3,)), strict=True):
        path.write_text("".join(line(n, "Shoes") for n in numbers))
    report = import_outfits(files, [collages], tmp_path / "out", by_file=True, val=90)  # one is of val
    (rejected,) = read_rejected(tmp_path / "out", report)
    assert rejected["reason"] == "split: its scene has another one before"
    assert (rejected["file"], rejected["line"]) == ("b-train.tsv", 1)
    pairs = Dataset.open(tmp_path / "out").pairs
    expected = {signature(0): "test", signature(1): "test", signature(2): "train", signature(3): "val"}
    assert dict(zip(pairs["scene"], pairs["split"], strict=True)) == expected


def test_mistakes_are_refused(run_outfits: Import, collages: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"got --by-file and outfits\.tsv; expected a name with one of train, val, test"
    ):
        import_outfits([tmp_path / "outfits.tsv"], [collages], tmp_path / "out", by_file=True)
    with pytest.raises(UsageError, match="got --by-file and --splits; the splits come from one of them"):
        run_outfits(by_file=True, splits=tmp_path / "splits.txt")
    with pytest.raises(UsageError, match="got val = 100; expected a percentage from 0 to less than 100"):
        run_outfits(by_file=True, val=100)
    anchors = "image_signature_anchor\tbounding_x_anchor\n"
    with pytest.raises(
        DataError, match=r"raw_test\.tsv begins with 'image_signature_anchor\\tbounding_x_anchor'; expect"
    ):
        run_outfits(header=anchors)
    with pytest.raises(DataError, match=r"none of the 0 records in .*raw_test\.tsv can be used"):
        run_outfits([])
    with pytest.raises(DataError, match=r"the records file .*none\.tsv cannot be read: No such file"):
        import_outfits([tmp_path / "none.tsv"], [collages], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_collage_may_be_of_any_mode(run_outfits: Import, collages: Path, tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.new("RGBA", (80, 60), (255, 0, 0, 0)).save(data, "PNG")
    (collages / signature(0)[:2] / f"{signature(0)}.png").write_bytes(data.getvalue())
    run_outfits(LINES[:1])
    (image,) = Dataset.open(tmp_path / "out").products["image"]
    assert decode((tmp_path / "out" / image).read_bytes()).min() == 255  # transparent, so white
