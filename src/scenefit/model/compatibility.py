"""The distance between a scene and a product, in one place; nobody else knows its direction.

All embeddings are unit vectors and the attention sums to one, so the hybrid distance of Kang et al. 2019,
d = (|f_s - f_p|^2 + sum_i a_i |f_i - f_p|^2) / 2, is exactly 2 - q . f_p with q = f_s + sum_i a_i f_i. A scene and a
category become one query vector, a product one unit vector, and any index of inner products answers the whole model.

`query_vectors` and `distance` take NumPy arrays and torch tensors alike.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

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


def distance_matrix(queries: Floats, products: Floats) -> Floats:
    """Compute `distance` between every query (B, d) and every product (P, d); shape (B, P), NumPy only.

    Each is summed by itself, in one order, where a matrix product sums by blocks: equal vectors get equal distances
    wherever they stand and whatever stands beside them, so that ties are ties.
    """
    return np.asarray(2 - np.einsum("bd,pd->bp", queries, products))
