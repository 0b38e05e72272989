"""The dataset folder: `dataset.json`, `scenes.parquet`, `products.parquet`, `pairs.parquet`, `images/`."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from scenefit import artifacts
from scenefit.data.boxes import boxes_of, valid_boxes
from scenefit.data.items import ITEMS_FILE, check_items
from scenefit.data.questions import QUESTIONS_FILE, check_questions
from scenefit.data.splits import SPLITS
from scenefit.data.tables import ITEMS, PAIRS, PRODUCTS, QUESTIONS, SCENES, read_table, write_table
from scenefit.errors import ArtifactError, DataError
from scenefit.types import Array, Doubles, Ints, Table

MANIFEST = "dataset.json"
TABLES = {"scenes.parquet": SCENES, "products.parquet": PRODUCTS, "pairs.parquet": PAIRS}


@dataclass(frozen=True)
class Dataset:
    """Scenes, catalog products and the pairs of both, read from a folder.

    The tables hold one array a column (`tables.SCENES`, `PRODUCTS`, `PAIRS`). A product that stands in no pair
    is a catalog product all the same: a distractor in every ranking of its category. `questions` (`tables.QUESTIONS`)
    are those of fill-in-the-blank, a row for each answer, None where the dataset asks none. `items` (`tables.ITEMS`)
    are boxes of the scenes that show something without a catalog photo, None where none are known.
    """

    folder: Path
    about: Mapping[str, Any]
    scenes: Table
    products: Table
    pairs: Table
    questions: Table | None = None
    items: Table | None = None

    @classmethod
    def open(cls, folder: Path) -> Dataset:
        """Read and check a dataset folder.

        Raises:
            ArtifactError: the folder is half-written, damaged, or not a dataset.
            DataError: its tables contradict each other: a duplicate id, a pair without its scene or product,
                a box outside the picture, an unknown split, an image path that leaves the folder, a question
                without its pair, an item without its scene or of another category than any product.
        """
        about = artifacts.read_manifest(folder, MANIFEST, "dataset")
        absent = [name for name in TABLES if name not in about["files"]]
        if absent:
            raise ArtifactError(f"{folder / MANIFEST} does not list {absent}; make the dataset again")
        tables = [read_table(folder / name, columns) for name, columns in TABLES.items()]
        optional = {QUESTIONS_FILE: QUESTIONS, ITEMS_FILE: ITEMS}
        more = [read_table(folder / name, optional[name]) if name in about["files"] else None for name in optional]
        dataset = cls(folder, about, tables[0], tables[1], tables[2], *more)
        _check(dataset)
        return dataset

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the tables; they hold the SHA-256 of each picture."""
        return str(self.about["fingerprint"])

    @cached_property
    def categories(self) -> list[str]:
        """The names of the products' categories, sorted."""
        return sorted(set(self.products["category"].tolist()))

    @cached_property
    def product_category(self) -> Ints:
        """Shape (P,) for P products: the index of each one's category in `categories`."""
        return _codes(self.products["category"], self.categories)

    @cached_property
    def pair_scene(self) -> Ints:
        """Shape (N,) for N pairs: the row of each pair's scene."""
        return _codes(self.pairs["scene"], self.scenes["id"].tolist())

    @cached_property
    def pair_product(self) -> Ints:
        """Shape (N,) for N pairs: the row of each pair's product."""
        return _codes(self.pairs["product"], self.products["id"].tolist())

    @property
    def boxes(self) -> Doubles:
        """Shape (N, 4): each pair's product box in its scene: left, top, right, bottom in [0, 1].

        NaN where a pair has no box: its product is not in the scene.
        """
        return boxes_of(self.pairs)

    @cached_property
    def item_scene(self) -> Ints:
        """Shape (I,) for I items (0 without a table of items): the row of each one's scene."""
        return _codes(self._items["scene"], self.scenes["id"].tolist())

    @cached_property
    def item_category(self) -> Ints:
        """Shape (I,): the index of each item's category in `categories`."""
        return _codes(self._items["category"], self.categories)

    @property
    def item_boxes(self) -> Doubles:
        """Shape (I, 4): where each item is in its scene, in [0, 1]."""
        return boxes_of(self._items)

    @property
    def _items(self) -> Table:
        return {name: np.empty(0, object) for name in ITEMS} if self.items is None else self.items

    def split_rows(self, split: str) -> Ints:
        """Return the rows of the pairs in a split; `all` gives every pair.

        Raises:
            DataError: the split is unknown or holds no pair.
        """
        if split not in (*SPLITS, "all"):
            raise DataError(f"got the split {split!r}; expected one of {[*SPLITS, 'all']}")
        rows = np.flatnonzero((self.pairs["split"] == split) | (split == "all"))
        if not len(rows):
            raise DataError(f"{self.folder} has no pairs in the split {split!r}; import it with another --ratio")
        return rows


def write_dataset(
    folder: Path,
    tables: Mapping[str, Table],
    images: Mapping[str, Path],
    about: Mapping[str, Any],
    extra_files: Sequence[str] = (),
) -> str:
    """Fill a folder with a dataset: tables by file name, images by their path in the dataset.

    `extra_files` stand in the folder already and are sealed with the tables. Returns the dataset's fingerprint.
    """
    for name, columns in TABLES.items():
        write_table(folder / name, tables[name], columns)
    for name, source in images.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return artifacts.seal(folder, MANIFEST, "dataset", [*TABLES, *extra_files], {}, about)


def _codes(values: Array, names: list[str]) -> Ints:
    row = {name: i for i, name in enumerate(names)}
    return np.fromiter((row[value] for value in values.tolist()), np.int64, len(values))


def _check(dataset: Dataset) -> None:
    for name, table in (("scenes", dataset.scenes), ("products", dataset.products)):
        id_, times = Counter(table["id"].tolist()).most_common(1)[0] if len(table["id"]) else ("", 0)
        if times > 1:
            raise DataError(f"{dataset.folder}: {name}.parquet holds the id {id_!r} {times} times; ids must be unique")
        for image in table["image"].tolist():
            check_image_path(image)
    _check_pairs(dataset)
    if dataset.questions is not None:
        check_questions(dataset.questions, dataset.pairs, dataset.products, str(dataset.folder / QUESTIONS_FILE))
    if dataset.items is not None:
        scenes = dataset.scenes["id"].tolist()
        check_items(dataset.items, scenes, dataset.categories, str(dataset.folder / ITEMS_FILE))


def check_image_path(image: str) -> str:
    """Return the path if it stays inside the dataset folder.

    Raises:
        DataError: the path is absolute or climbs out.
    """
    path = PurePosixPath(image)
    if path.is_absolute() or ".." in path.parts or "\\" in image or "\0" in image:
        raise DataError(f"got the image path {image!r}; expected a relative path inside the dataset")
    return image


def _check_pairs(dataset: Dataset) -> None:
    pairs, where = dataset.pairs, f"{dataset.folder}: pairs.parquet"
    for side, table in (("scene", dataset.scenes), ("product", dataset.products)):
        unknown = set(pairs[side].tolist()) - set(table["id"].tolist())
        if unknown:
            raise DataError(f"{where} names the {side} {min(unknown)!r}, which {side}s.parquet does not hold")
    splits = set(pairs["split"].tolist()) - set(SPLITS)
    if splits:
        raise DataError(f"{where} has the splits {sorted(splits)}; expected {list(SPLITS)}")
    if len({*zip(pairs["scene"], pairs["split"], strict=True)}) > len(set(pairs["scene"])):
        raise DataError(f"{where} has a scene in two splits; splits go by scene, never by pair")
    bad = ~(valid_boxes(dataset.boxes) | np.isnan(dataset.boxes).all(axis=1))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(f"{where}: row {row} has a box outside [0, 1] or turned around; give four sides, or none")
    wrong = pairs["category"] != dataset.products["category"][dataset.pair_product]
    if wrong.any():
        raise DataError(f"{where}: row {int(np.argmax(wrong))} has another category than its product")
