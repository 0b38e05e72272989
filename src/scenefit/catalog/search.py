"""Exact search: the products of a category by their distance to a query vector."""

from __future__ import annotations

import numpy as np

from scenefit.catalog.store import Catalog
from scenefit.model.compatibility import distance_matrix, with_novelty
from scenefit.types import Floats, Ints


def category_distances(catalog: Catalog, category: str, queries: Floats, novelty: float = 0.0) -> Floats:
    """Compute the distance from queries (B, d) to every product of a category; shape (B, P_c), in `rows` order.

    `novelty` in [0, 1] takes that share of the products' prior away.
    """
    return distance_matrix(with_novelty(queries, novelty), catalog.vectors[catalog.rows(category)])


def search(catalog: Catalog, category: str, query: Floats, k: int, novelty: float = 0.0) -> tuple[Ints, Floats]:
    """Find the k nearest products of a category.

    Args:
        catalog: where to look.
        category: one of the catalog's.
        query: shape (d,), float32.
        k: at least 1; fewer come back where the category holds fewer.
        novelty: in [0, 1], the share of the prior that is taken away.

    Returns:
        rows: shape (k,), rows of the catalog, nearest first; of equal ones the lower row first.
        distances: shape (k,), float32.
    """
    distances = category_distances(catalog, category, query[None], novelty)[0]
    order = np.argsort(distances, kind="stable")[:k]
    return catalog.rows(category)[order], distances[order]
