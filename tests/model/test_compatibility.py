"""The one distance against the equations of Kang et al. 2019, written as loops in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from scenefit.model.compatibility import distance, distance_matrix, query_vectors
from scenefit.types import Array

B, C, R, D, P = 3, 4, 49, 128, 5


def unit(rng: np.random.Generator, *shape: int) -> Array:
    vectors = rng.normal(size=shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def drawn(seed: int) -> tuple[Array, Array, Array, Array]:
    """Give f_s, a, f_i and f_p."""
    rng = np.random.default_rng(seed)
    weights = np.exp(rng.uniform(-4, 0, (B, C, R)))
    weights /= weights.sum(axis=2, keepdims=True)
    return unit(rng, B, D), weights, unit(rng, B, R, D), unit(rng, P, D)


def by_the_equations(scene: Array, attention: Array, regions: Array, products: Array) -> Array:
    """d = (|f_s - f_p|^2 + sum_i a_i |f_i - f_p|^2) / 2, for every scene, category and product."""
    out = np.zeros((B, C, P))
    for b in range(B):
        for c in range(C):
            for p in range(P):
                d_global = sum((scene[b, j] - products[p, j]) ** 2 for j in range(D))
                d_local = 0.0
                for i in range(R):
                    d_local += attention[b, c, i] * sum((regions[b, i, j] - products[p, j]) ** 2 for j in range(D))
                out[b, c, p] = (d_global + d_local) / 2
    return out


@pytest.fixture(scope="module")
def expected() -> Array:
    return by_the_equations(*drawn(0))


def as_numpy(array: Array, kind: str) -> Any:
    return array.astype(kind)


def as_torch(array: Array, kind: str) -> Any:
    return torch.from_numpy(array).to(getattr(torch, kind))


@pytest.mark.parametrize(("kind", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
@pytest.mark.parametrize("made", [as_numpy, as_torch])
def test_one_inner_product_is_the_whole_model(made: Any, kind: str, tolerance: float, expected: Array) -> None:
    scene, attention, regions, products = (made(array, kind) for array in drawn(0))
    queries = query_vectors(scene, attention, regions)
    assert queries.shape == (B, C, D)
    np.testing.assert_allclose(distance(queries[:, :, None], products), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("kind", "tolerance"), [("float32", 1e-5), ("float64", 1e-12)])
def test_matrix_holds_every_query_against_every_product(kind: str, tolerance: float, expected: Array) -> None:
    scene, attention, regions, products = (as_numpy(array, kind) for array in drawn(0))
    queries = query_vectors(scene, attention, regions)
    for c in range(C):
        np.testing.assert_allclose(distance_matrix(queries[:, c], products), expected[:, c], rtol=0, atol=tolerance)


@pytest.mark.parametrize("products", [1, 2, 5, 37, 500])
def test_equal_products_tie_exactly(products: int) -> None:
    """Blocked sums would part them by a rounding, and rank them by luck."""
    rng = np.random.default_rng(products)
    vectors = unit(rng, 3, D).astype(np.float32)
    which = rng.integers(0, 3, products)
    queries = 2 * unit(rng, 7, D).astype(np.float32)
    got = distance_matrix(queries, vectors[which])
    alone = np.array([[distance_matrix(query[None], vector[None]).item() for vector in vectors] for query in queries])
    assert (got == alone[:, which]).all()


def test_attention_matters(expected: Array) -> None:
    assert np.ptp(expected, axis=1).min() > 1e-3


def test_the_product_that_goes_is_the_nearer_one() -> None:
    scene, attention, regions, products = drawn(1)
    queries = query_vectors(scene, attention, regions)
    best = queries / np.linalg.norm(queries, axis=-1, keepdims=True)
    near, far = distance(queries, best), distance(queries, -best)
    for p in range(P):
        assert (near <= distance(queries, products[p])).all()
        assert (far >= distance(queries, products[p])).all()
    assert (near >= 0).all()
    assert (far <= 4).all()


def test_bounds_are_reached() -> None:
    one = np.eye(D)[:1]
    query = query_vectors(one, np.full((1, 1, R), 1 / R), np.repeat(one[:, None], R, axis=1))
    assert distance(query, one).item() == pytest.approx(0)
    assert distance(query, -one).item() == pytest.approx(4)
