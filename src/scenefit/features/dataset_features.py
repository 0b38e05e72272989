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
from scenefit.features.store import FeatureStore, FeatureTable, Key, crop_key
from scenefit.types import WHOLE, Box, Crop, Floats, Ints, Progress, silent


def open_store(dataset: Dataset, backbone: Backbone) -> FeatureStore:
    """Open the dataset's store for a backbone: `DATASET/features/<fingerprint>`."""
    tables = {
        "scenes": {"pooled": backbone.pooled_size, "regions": backbone.grid**2 * backbone.region_size},
        "products": {"pooled": backbone.pooled_size},
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
    shard: Shard = ALL,
    progress: Progress = silent,
) -> ExtractReport:
    """Compute what the store lacks of all products and of the pairs' scenes."""
    store = open_store(dataset, backbone)
    scenes = [crop for crop in scene_crops(dataset, pair_rows, cropped) if crop is not None]
    first = extract(backbone, store, "products", product_crops(dataset), shard=shard, progress=progress)
    second = extract(backbone, store, "scenes", scenes, shard=shard, progress=progress)
    return ExtractReport(first.computed + second.computed, first.reused + second.reused, first.failed + second.failed)


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
        """The table of scene features: columns pooled and regions."""
        return self.store.table("scenes")

    @cached_property
    def product_rows(self) -> Ints:
        """Shape (P,): each product's row in the store, -1 where its picture failed."""
        return self.store.table("products").rows(_keys(product_crops(self.dataset)))

    @cached_property
    def products(self) -> Floats:
        """Shape (P, D), float32: the products' pooled vectors; zeros where a picture failed."""
        rows = self.product_rows
        table = self.store.table("products")
        out = np.zeros((len(rows), self.store.tables["products"]["pooled"]), np.float32)
        out[rows >= 0] = table.read("pooled", rows[rows >= 0])
        return out

    def scene_rows(self, pair_rows: Ints, cropped: bool = True) -> Ints:
        """Find the scene features of pairs; -1 where removal leaves too little or the picture failed."""
        return self.scenes.rows(_keys(scene_crops(self.dataset, pair_rows, cropped)))

    def scene_features(self, rows: Ints) -> tuple[Floats, Floats]:
        """Read rows of the scenes: pooled (B, D) and regions (B, G * G, C), float32."""
        regions = self.scenes.read("regions", rows)
        return self.scenes.read("pooled", rows), regions.reshape(len(rows), self.grid**2, -1)

    def usable(self, pair_rows: Ints, cropped: bool = True) -> Ints:
        """Keep the pairs that have features on both sides."""
        has_product = self.product_rows[self.dataset.pair_product[pair_rows]] >= 0
        return pair_rows[has_product & (self.scene_rows(pair_rows, cropped) >= 0)]


def _keys(crops: Sequence[Crop | None]) -> list[Key]:
    return [b"" if crop is None else crop_key(crop) for crop in crops]
