"""The products of a dataset, with their features as they stand in its store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scenefit.catalog.loading.incoming import BAD
from scenefit.catalog.loading.listed import Listed, SetAside
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.types import Ints, Product, ProductFeatures, Progress, silent

CHUNK = 256


class DatasetProducts:
    """All products of a dataset.

    Attributes:
        total: how many there are.
    """

    def __init__(self, dataset: Dataset, backbone: Backbone, progress: Progress = silent) -> None:
        """Compute the features that the dataset lacks; they are kept there."""
        report = compute_features(dataset, backbone, np.empty(0, np.int64), progress=progress)
        self._dataset, self._failed = dataset, dict(report.failed)
        self._features = DatasetFeatures.open(dataset, backbone)
        self.total = len(dataset.products["id"])

    def __iter__(self) -> Iterator[Listed | SetAside]:
        for start in range(0, self.total, CHUNK):
            rows = np.arange(start, min(start + CHUNK, self.total))
            has = self._features.product_rows[rows] >= 0
            features = iter(self._read(rows[has]))
            for row, there in zip(rows.tolist(), has.tolist(), strict=True):
                yield self._listed(row, next(features)) if there else self._set_aside(row)

    def _read(self, rows: Ints) -> list[ProductFeatures]:
        table, at = self._features.store.table("products"), self._features.product_rows[rows]
        found = ProductFeatures(table.read("pooled", at), table.read("statistics", at))
        return [found.some(slice(i, i + 1)) for i in range(len(rows))]

    def _listed(self, row: int, features: ProductFeatures) -> Listed:
        values = {name: _plain(column[row]) for name, column in self._dataset.products.items()}
        product = Product(
            values["id"],
            values["category"],
            title=values["title"],
            price=values["price"],
            in_stock=values["in_stock"] is not False,
            image=values["image"],
            content=values["content"],
        )
        return Listed(row + 1, product, self._dataset.folder / values["image"], features)

    def _set_aside(self, row: int) -> SetAside:
        products = self._dataset.products
        reason = self._failed.get(str(self._dataset.folder / products["image"][row]), "")
        return SetAside(row + 1, products["id"][row], BAD, reason)


def _plain(value: Any) -> Any:
    """Give a value of a column as Python has it; None where it is absent."""
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and np.isnan(plain) else plain
