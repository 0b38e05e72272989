"""The features of a dataset: which crops its pairs and products need, computed where lacking, found by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scenefit.data.dataset import Dataset
from scenefit.data.removal import remove_products
from scenefit.features.backbone import Backbone
from scenefit.features.extract import ALL, ExtractReport, Shard, extract
from scenefit.features.items import pair_item_crops, shown_item_crops
from scenefit.features.store import FeatureStore, FeatureTable, Key, crop_key
from scenefit.types import WHOLE, Bools, Box, Crop, Floats, Ints, ProductFeatures, Progress, SceneFeatures, silent


def open_store(dataset: Dataset, backbone: Backbone) -> FeatureStore:
    """Open the dataset's store for a backbone: `DATASET/features/<fingerprint>`."""
    pooled, halves = {"pooled": backbone.pooled_size}, {"halves": backbone.halves_size}
    regions = {"regions": backbone.grid**2 * backbone.region_size}
    product = {**pooled, "statistics": 2 * backbone.region_size}
    tables = {
        "scenes": {**pooled, **(halves if backbone.halves_size else {}), **regions},
        "products": product,
        "items": product,
    }
    folder = dataset.folder / "features" / backbone.fingerprint[:16]
    return FeatureStore(folder, backbone.fingerprint, tables)


def scene_crops(dataset: Dataset, rows: Ints, cropped: bool) -> list[Crop | None]:
    """Give the scene picture of each pair: without its product, or (`cropped` false) whole.

    None stands where removal leaves too little of the picture, cropped or not, so that both views hold the same pairs.
    """
    strips, kept = remove_products(dataset.boxes[rows])
    scenes = dataset.pair_scene[rows]
    paths, contents = dataset.scenes["image"][scenes], dataset.scenes["content"][scenes]
    return [
        Crop(dataset.folder / path, content, Box(*strip) if cropped else WHOLE) if keep else None
        for path, content, strip, keep in zip(paths, contents, strips.tolist(), kept, strict=True)
    ]


def product_crops(dataset: Dataset) -> list[Crop]:
    """Give the whole picture of each catalog product, in the order of the table."""
    pairs = zip(dataset.products["image"], dataset.products["content"], strict=True)
    return [Crop(dataset.folder / path, content) for path, content in pairs]


def compute_features(
    dataset: Dataset,
    backbone: Backbone,
    pair_rows: Ints,
    *,
    cropped: bool = True,
    items: bool = False,
    shard: Shard = ALL,
    progress: Progress = silent,
) -> ExtractReport:
    """Compute what the store lacks of all products and of the pairs' scenes.

    With `items` also of the parts of scenes that show one: the pairs' products, and all items of the dataset.
    """
    store, report = open_store(dataset, backbone), ExtractReport()
    wanted: dict[str, Sequence[Crop | None]] = {
        "products": product_crops(dataset),
        "scenes": scene_crops(dataset, pair_rows, cropped),
    }
    if items:
        wanted["items"] = pair_item_crops(dataset, pair_rows) + shown_item_crops(dataset)
    for table, crops in wanted.items():
        there = [crop for crop in crops if crop is not None]
        report.add(extract(backbone, store, table, there, shard=shard, progress=progress))
    return report


@dataclass(frozen=True)
class DatasetFeatures:
    """The features of a dataset's products and scenes as they stand in its store; the maps are `grid` x `grid`."""

    dataset: Dataset
    store: FeatureStore
    grid: int

    @classmethod
    def open(cls, dataset: Dataset, backbone: Backbone) -> DatasetFeatures:
        """Open the features that a backbone gave; what is lacking is not computed here."""
        return cls(dataset, open_store(dataset, backbone), backbone.grid)

    @cached_property
    def scenes(self) -> FeatureTable:
        """The table of scene features: columns pooled, regions and, where the backbone gives them, halves."""
        return self.store.table("scenes")

    @cached_property
    def product_rows(self) -> Ints:
        """Shape (P,): each product's row in the store, -1 where its picture failed."""
        return self.store.table("products").rows(_keys(product_crops(self.dataset)))

    @cached_property
    def products(self) -> Floats:
        """Shape (P, D), float32: the products' pooled vectors; zeros where a picture failed."""
        return _read(self.store.table("products"), "pooled", self.product_rows)

    @cached_property
    def product_features(self) -> ProductFeatures:
        """All that is kept of the products; zeros where a picture failed."""
        return ProductFeatures(self.products, _read(self.store.table("products"), "statistics", self.product_rows))

    def scene_rows(self, pair_rows: Ints, cropped: bool = True) -> Ints:
        """Find the scene features of pairs; -1 where removal leaves too little or the picture failed."""
        return self.scenes.rows(_keys(scene_crops(self.dataset, pair_rows, cropped)))

    def scene_features(self, rows: Ints) -> SceneFeatures:
        """Read rows of the scenes; the regions have shape (B, G * G, C)."""
        regions = self.scenes.read("regions", rows).reshape(len(rows), self.grid**2, -1)
        return SceneFeatures(self.scenes.read("pooled", rows), regions, self.scene_halves(rows))

    def scene_halves(self, rows: Ints) -> Floats:
        """Read the halves of rows of the scenes; shape (B, 0) where the backbone gives none."""
        has_halves = "halves" in self.store.tables["scenes"]
        return self.scenes.read("halves", rows) if has_halves else np.empty((len(rows), 0), np.float32)

    def pair_items(self, pair_rows: Ints) -> tuple[ProductFeatures, Bools]:
        """Read the products of pairs as their scenes show them, and say which have one; zeros where they have none."""
        rows = self._items.rows(_keys(pair_item_crops(self.dataset, pair_rows)))
        return _item_features(self._items, rows), rows >= 0

    def shown_items(self) -> tuple[ProductFeatures, Ints, Ints]:
        """Read the dataset's items without a catalog photo; those that have no features are left out.

        Returns:
            the features of I items, the rows of their scenes, shape (I,), and the codes of their categories, (I,).
        """
        rows = self._items.rows(_keys(shown_item_crops(self.dataset)))
        has = rows >= 0
        return _item_features(self._items, rows[has]), self.dataset.item_scene[has], self.dataset.item_category[has]

    @cached_property
    def _items(self) -> FeatureTable:
        return self.store.table("items")

    def usable(self, pair_rows: Ints, cropped: bool = True) -> Ints:
        """Keep the pairs that have features on both sides."""
        has_product = self.product_rows[self.dataset.pair_product[pair_rows]] >= 0
        return pair_rows[has_product & (self.scene_rows(pair_rows, cropped) >= 0)]


def _item_features(table: FeatureTable, rows: Ints) -> ProductFeatures:
    return ProductFeatures(_read(table, "pooled", rows), _read(table, "statistics", rows))


def _read(table: FeatureTable, column: str, rows: Ints) -> Floats:
    """Read rows of a column; zeros where a row is -1."""
    out = np.zeros((len(rows), table.columns[column]), np.float32)
    out[rows >= 0] = table.read(column, rows[rows >= 0])
    return out


def _keys(crops: Sequence[Crop | None]) -> list[Key]:
    return [b"" if crop is None else crop_key(crop) for crop in crops]
