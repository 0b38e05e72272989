"""The distance between a scene and a product, in one place; nobody else knows its direction.

All embeddings are unit vectors and the attention sums to one, so the hybrid distance of Kang et al. 2019,
d = (|f_s - f_p|^2 + sum_i a_i |f_i - f_p|^2) / 2, is exactly 2 - q . f_p with q = f_s + sum_i a_i f_i. A scene and a
category become one query vector, a product one unit vector, and any index of inner products answers the whole model.

What speaks for a product whatever the scene, its prior b_p, is one more dimension of both: the product becomes
[f_p, b_p], the query [q, 1 - novelty], and d = 2 - q . f_p - (1 - novelty) b_p.

`query_vectors` and `distance` take NumPy arrays and torch tensors alike.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from scenefit.errors import UsageError
from scenefit.types import Floats

A = TypeVar("A", bound=Any)


def query_vectors(scene: A, attention: A, regions: A) -> A:
    """Compute q(s, c) = f_s + sum_i a_ci f_i.

    Args:
        scene: shape (B, d), unit vectors f_s.
        attention: shape (B, C, R), weights that sum to one over the R regions.
        regions: shape (B, R, d), unit vectors f_i.

    Returns:
        shape (B, C, d), of length at most 2.
    """
    return scene[:, None, :] + attention @ regions  # type: ignore[no-any-return]


def distance(query: A, product: A) -> A:
    """Compute d = 2 - q . f_p over the last axis; in [0, 4], small when the product goes with the scene.

    Args:
        query: shape (..., d), query vectors.
        product: shape (..., d), unit vectors f_p; both broadcast.

    >>> import numpy as np
    >>> float(distance(np.array([2.0, 0.0]), np.array([1.0, 0.0])))
    0.0
    """
    return 2 - (query * product).sum(-1)  # type: ignore[no-any-return]


def with_prior(products: Floats, prior: Floats) -> Floats:
    """Append the prior (P,) to unit vectors (P, d); shape (P, d + 1), float32: the vectors of a catalog."""
    return np.column_stack([products, prior]).astype(np.float32)


def with_novelty(queries: Floats, novelty: float = 0.0) -> Floats:
    """Append the weight of the prior to query vectors (B, d); shape (B, d + 1).

    Args:
        queries: shape (B, d), float32.
        novelty: in [0, 1]; at 0 the prior counts in full, at 1 not at all.

    Raises:
        UsageError: novelty is out of range.

    >>> with_novelty(np.array([[2.0, 0.0]], np.float32), 0.25).tolist()
    [[2.0, 0.0, 0.75]]
    """
    if not 0 <= novelty <= 1:
        raise UsageError(f"got the novelty {novelty}; expected 0 (the prior counts in full) to 1 (not at all)")
    return np.column_stack([queries, np.full(len(queries), 1 - novelty, queries.dtype)])


def distance_matrix(queries: Floats, products: Floats) -> Floats:
    """Compute `distance` between every query (B, d) and every product (P, d); shape (B, P), NumPy only.

    Each is summed by itself, in one order, where a matrix product sums by blocks: equal vectors get equal distances
    wherever they stand and whatever stands beside them, so that ties are ties.
    """
    return np.asarray(2 - np.einsum("bd,pd->bp", queries, products))
