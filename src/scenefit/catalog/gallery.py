"""Products in memory, ranked whole: what an evaluation measures, by the vectors that a catalog would serve."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scenefit.errors import UsageError
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.compatibility import distance_matrix, with_novelty
from scenefit.model.folder import Model
from scenefit.types import Floats, Ints, Table


@dataclass(frozen=True)
class Gallery:
    """Products of several categories with one vector each.

    `products` holds the columns of `tables.PRODUCTS`; `vectors` has shape (P, d + 1), float32, in the same order: the
    unit vector f_p and the prior (`model.compatibility.with_prior`).
    """

    products: Table
    vectors: Floats

    @cached_property
    def categories(self) -> list[str]:
        """The categories that hold a product, sorted."""
        return sorted(set(self.products["category"].tolist()))

    @cached_property
    def _rows(self) -> dict[str, Ints]:
        column = self.products["category"]
        return {name: np.flatnonzero(column == name) for name in self.categories}

    def rows(self, category: str) -> Ints:
        """Give the rows of a category's products, ascending.

        Raises:
            UsageError: the gallery holds no such category.
        """
        if category not in self._rows:
            raise UsageError(f"got the category {category!r}; this gallery has {', '.join(map(repr, self.categories))}")
        return self._rows[category]


def embed_dataset(model: Model, features: DatasetFeatures) -> Gallery:
    """Make a gallery of a dataset's products; those whose picture failed are left out."""
    keep = np.flatnonzero(features.product_rows >= 0)
    products = {name: column[keep] for name, column in features.dataset.products.items()}
    return Gallery(products, model.vectors(products, features.product_features.some(keep)))


def category_distances(gallery: Gallery, category: str, queries: Floats, novelty: float = 0.0) -> Floats:
    """Compute the distance from queries (B, d) to every product of a category; shape (B, P_c), in `rows` order.

    `novelty` in [0, 1] takes that share of the products' prior away.
    """
    return distance_matrix(with_novelty(queries, novelty), gallery.vectors[gallery.rows(category)])
