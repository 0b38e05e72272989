"""A dataset of any size with drawn features and no pictures: what training reads, through the classes it reads with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from scenefit import artifacts
from scenefit.data.dataset import Dataset, write_dataset
from scenefit.errors import UsageError
from scenefit.features.dataset_features import DatasetFeatures, product_crops, scene_crops
from scenefit.features.items import pair_item_crops
from scenefit.features.store import FeatureStore, crop_key
from scenefit.types import Array, Crop, Ints, Progress, Table, silent

CHUNK = 256
BOXES = ((0.1, 0.1, 0.5, 0.4), (0.5, 0.5, 0.9, 0.9))
"""Of a scene's two pairs; each leaves another part of the scene."""


@dataclass(frozen=True)
class Drawn:
    """The sizes: N pairs, two a scene, of P products in K categories; D pooled, C channels on a grid of G x G.

    Each pair has its own scene without the product, halves of 2 D included, and its own view of what was taken out.
    """

    pairs: int
    products: int
    categories: int
    pooled: int
    regions: int
    grid: int

    def __post_init__(self) -> None:
        if min(self.pairs, self.products) < 2 * self.categories:
            raise UsageError(
                f"got {self.pairs} pairs of {self.products} products in {self.categories} categories; at least two "
                "pairs and two products a category are needed: give more of them, or fewer --categories"
            )

    @property
    def tables(self) -> dict[str, dict[str, int]]:
        """The columns that a backbone of these sizes gives."""
        product = {"pooled": self.pooled, "statistics": 2 * self.regions}
        scene = {"pooled": self.pooled, "halves": 2 * self.pooled, "regions": self.grid**2 * self.regions}
        return {"scenes": scene, "products": product, "items": product}

    def write(self, folder: Path, progress: Progress = silent) -> None:
        """Draw the dataset and its features, normal and independent, into a folder; the same sizes, the same draws."""
        tables = {
            "scenes.parquet": self._scenes(),
            "products.parquet": self._products(),
            "pairs.parquet": self._pairs(),
        }
        write_dataset(folder, tables, {}, {"name": "drawn", "source": "bench", "counts": asdict(self)})
        dataset, rows = Dataset.open(folder), np.arange(self.pairs)
        self._append(folder, "products", product_crops(dataset), progress)
        self._append(folder, "scenes", scene_crops(dataset, rows, True), progress)
        self._append(folder, "items", pair_item_crops(dataset, rows), progress)

    def open(self, folder: Path) -> DatasetFeatures:
        """Open what was written; nothing is read before it is asked for."""
        return DatasetFeatures(Dataset.open(folder), self._store(folder), self.grid)

    def _store(self, folder: Path) -> FeatureStore:
        return FeatureStore(folder / "features", artifacts.fingerprint(asdict(self)), self.tables)

    def _append(self, folder: Path, table: str, crops: Sequence[Crop | None], progress: Progress) -> None:
        rng = np.random.default_rng(list(self.tables).index(table))
        keys = [crop_key(crop) for crop in crops if crop is not None]
        with self._store(folder).writer(table, "drawn") as writer:
            for start in range(0, len(keys), CHUNK):
                some = keys[start : start + CHUNK]
                sizes = {name: (len(some), width) for name, width in self.tables[table].items()}
                writer.append(some, {name: rng.standard_normal(size, np.float32) for name, size in sizes.items()})
                progress(f"drawing {table}", start + len(some), len(keys))

    def _scenes(self) -> Table:
        return _pictures("scene", -(-self.pairs // 2))

    def _products(self) -> Table:
        absent = {"title": None, "price": None, "in_stock": None}
        columns = {name: np.full(self.products, value, object) for name, value in absent.items()}
        return {**_pictures("product", self.products), "category": self._names(np.arange(self.products)), **columns}

    def _pairs(self) -> Table:
        rows = np.arange(self.pairs)
        product = np.random.default_rng(len(self.tables)).permutation(self.pairs) % self.products
        sides = zip(("left", "top", "right", "bottom"), np.array(BOXES)[rows % 2].T, strict=True)
        return {
            "scene": _texts(f"scene-{row // 2}" for row in rows.tolist()),
            "product": _texts(f"product-{row}" for row in product.tolist()),
            "category": self._names(product),
            **dict(sides),
            "split": np.full(self.pairs, "train", object),
        }

    def _names(self, product: Ints) -> Array:
        return _texts(f"category-{code}" for code in (product % self.categories).tolist())


def _pictures(kind: str, count: int) -> Table:
    names = [f"{kind}-{row}" for row in range(count)]
    return {
        "id": _texts(names),
        "image": _texts(f"images/{name}.jpg" for name in names),
        "content": _texts(hashlib.sha256(name.encode()).hexdigest() for name in names),
        "width": np.ones(count, np.int64),
        "height": np.ones(count, np.int64),
    }


def _texts(values: Iterable[str]) -> Array:
    return np.array(list(values), object)
