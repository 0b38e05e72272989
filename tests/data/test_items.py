"""Items without a catalog photo: what an import takes as one, and what opens with a dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit import artifacts
from scenefit.data.dataset import MANIFEST, TABLES, Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.items import COUNT
from scenefit.data.importers.stl import import_stl
from scenefit.data.items import ITEMS_FILE
from scenefit.data.tables import ITEMS, write_table
from scenefit.errors import ArtifactError, DataError

Import = Callable[..., ImportReport]
HERE = (0.1, 0.1, 0.4, 0.4)
NOT_AT_HAND = [f"{number:032x}" for number in range(1, 6)]


def items_of(folder: Path) -> list[tuple[Any, ...]]:
    items = Dataset.open(folder).items
    return [] if items is None else list(zip(*(items[name].tolist() for name in ITEMS), strict=True))


@pytest.fixture
def shown(run_import: Import, records: list[Any], categories: dict[str, Any]) -> Callable[..., ImportReport]:
    """Import `source` and records of products without a picture: (scene, product, box), and their categories."""

    def run(out: Path, more: list[tuple[str, int, Any]], named: dict[int, str]) -> ImportReport:
        added = [{"scene": scene, "product": NOT_AT_HAND[i], "bbox": list(box)} for scene, i, box in more]
        return run_import(out, records + added, categories | {NOT_AT_HAND[i]: name for i, name in named.items()})

    return run


def test_a_box_whose_product_has_no_picture_is_an_item(
    shown: Callable[..., ImportReport], records: list[Any], categories: dict[str, Any], tmp_path: Path
) -> None:
    scene, shoes = records[3]["scene"], next(name for name in categories.values() if name.endswith("Shoes"))
    report = shown(tmp_path / "out", [(scene, 0, HERE)], {0: shoes})
    assert items_of(tmp_path / "out") == [(scene, "Shoes", *HERE)]
    assert report.counts == {"pairs": 16, "scenes": 8, "products": 8, COUNT: 1}
    assert report.rejected == {"product: picture missing": 1}
    dataset = Dataset.open(tmp_path / "out")
    assert dataset.about["counts"][COUNT] == 1
    assert dataset.scenes["id"][dataset.item_scene].tolist() == [scene]
    assert [dataset.categories[code] for code in dataset.item_category] == ["Shoes"]
    assert dataset.item_boxes.tolist() == [list(HERE)]


def test_a_box_is_one_item_of_its_most_frequent_category(
    shown: Callable[..., ImportReport], records: list[Any], categories: dict[str, Any], tmp_path: Path
) -> None:
    pants, shoes = sorted(set(categories.values()), key=lambda name: name.endswith("Shoes"))
    scene = records[0]["scene"]
    shown(tmp_path / "out", [(scene, i, HERE) for i in range(3)], {0: pants, 1: shoes, 2: shoes})
    assert items_of(tmp_path / "out") == [(scene, "Shoes", *HERE)]
    shown(tmp_path / "tie", [(scene, i, HERE) for i in range(2)], {0: pants, 1: shoes})
    assert items_of(tmp_path / "tie") == [(scene, "Pants", *HERE)]


def test_what_is_no_item(
    shown: Callable[..., ImportReport], records: list[Any], categories: dict[str, Any], tmp_path: Path
) -> None:
    """A pair's own box, a scene without a picture or without a pair, a category that no product has."""
    shoes, first = next(iter(categories.values())), records[0]
    more = [(first["scene"], 0, first["bbox"]), ("f" * 32, 1, HERE), (first["scene"], 2, HERE)]
    alone = records[1]["product"]  # the picture of a product, shown as a scene: it stands in no pair
    report = shown(tmp_path / "out", [*more, (alone, 3, HERE)], {0: shoes, 1: shoes, 2: "Home|Lamps", 3: shoes})
    assert items_of(tmp_path / "out") == []
    assert COUNT not in report.counts
    assert not (tmp_path / "out" / ITEMS_FILE).exists()


def test_a_dataset_without_items_is_what_it_was(dataset: Dataset) -> None:
    assert dataset.items is None
    assert ITEMS_FILE not in dataset.about["files"]
    assert (dataset.item_scene.shape, dataset.item_category.shape, dataset.item_boxes.shape) == ((0,), (0,), (0, 4))


def with_items(dataset: Dataset, **changes: Any) -> Path:
    """Seal a dataset with two items, the second one changed."""
    row = {"scene": dataset.scenes["id"][2], "category": "Shoes", **dict(zip(list(ITEMS)[2:], HERE, strict=True))}
    rows = [row, row | changes]
    table = {name: np.array([row[name] for row in rows], object) for name in ITEMS}
    write_table(dataset.folder / ITEMS_FILE, table, ITEMS)
    artifacts.seal(dataset.folder, MANIFEST, "dataset", [*TABLES, ITEMS_FILE], {}, {})
    return dataset.folder


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scene": "nobody"}, r"items\.parquet names the scene 'nobody', which scenes\.parquet does not hold"),
        ({"category": "Hats"}, r"names the category 'Hats', which products\.parquet does not hold"),
        ({"left": 0.4}, r"row 1 has a box outside \[0, 1\] or turned around"),
        ({"bottom": 1.1}, r"row 1 has a box outside \[0, 1\] or turned around"),
        ({"top": float("nan")}, r"items\.parquet: column 'top' has 1 absent values; it must have none"),
        ({"right": None}, r"column 'right' has 1 absent values; it must have none"),
    ],
)
def test_items_that_contradict_the_dataset_are_refused(dataset: Dataset, change: Any, message: str) -> None:
    folder = with_items(dataset, **change)
    with pytest.raises(DataError, match=message):
        Dataset.open(folder)


def test_items_are_sealed(dataset: Dataset) -> None:
    folder = with_items(dataset)
    assert len(items_of(folder)) == 2
    (folder / ITEMS_FILE).unlink()
    with pytest.raises(ArtifactError, match=r"items\.parquet is missing; make the dataset again"):
        Dataset.open(folder)


@pytest.mark.real
def test_all_real_records_show_more_items(shared: Callable[[str], Path], tmp_path: Path) -> None:
    few, all_ = shared("data/stl-fashion"), shared("data/stl-fashion-records")
    records, categories = ([folder / name for folder in (few, all_)] for name in ("fashion.json", "fashion-cat.json"))
    report = import_stl(records, categories, few / "images", tmp_path / "out")
    assert report.counts == {"pairs": 2891, "scenes": 2528, "products": 3823, COUNT: 1169}
    alone = import_stl(records[0], categories[0], few / "images", tmp_path / "alone")
    assert COUNT not in alone.counts
    for name in TABLES:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()
