"""Exact search against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from scenefit.catalog.search import category_distances, search
from scenefit.catalog.store import Catalog
from scenefit.errors import UsageError
from scenefit.model.compatibility import with_prior
from scenefit.types import Floats

SIZE, PRODUCTS = 8, 60


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """Three categories in mixed order; every vector stands several times, each time with the same prior."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(PRODUCTS // 4, SIZE)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = with_prior(vectors, rng.normal(size=len(vectors)))
    names = np.array([f"product {i}" for i in range(PRODUCTS)], object)
    category = rng.choice(np.array(["A", "B", "C"], object), PRODUCTS)
    return Catalog({"id": names, "category": category}, rng.permutation(np.tile(vectors, (4, 1))), "model")


def by_the_formula(catalog: Catalog, query: Floats, row: int, novelty: float) -> float:
    *embedding, prior = catalog.vectors[row].tolist()
    return 2 - sum(float(q) * f for q, f in zip(query, embedding, strict=True)) - (1 - novelty) * prior


def brute_force(catalog: Catalog, category: str, query: Floats, k: int, novelty: float) -> list[int]:
    found = []
    for row in range(PRODUCTS):
        if catalog.products["category"][row] == category:
            found.append((by_the_formula(catalog, query, row, novelty), row))
    return [row for _, row in sorted(found, key=lambda one: (round(one[0], 5), one[1]))[:k]]


@pytest.mark.parametrize("category", ["A", "B", "C"])
@pytest.mark.parametrize(("k", "novelty"), [(1, 0.0), (3, 0.3), (10, 1.0), (1000, 0.0)])
def test_is_brute_force_and_ties_go_by_row(catalog: Catalog, category: str, k: int, novelty: float) -> None:
    for query in np.random.default_rng(1).normal(size=(20, SIZE)).astype(np.float32):
        rows, distances = search(catalog, category, query, k, novelty)
        assert rows.tolist() == brute_force(catalog, category, query, k, novelty)
        expected = [by_the_formula(catalog, query, row, novelty) for row in rows]
        np.testing.assert_allclose(distances, expected, atol=1e-5)


def test_ties_are_there(catalog: Catalog) -> None:
    rows = catalog.rows("A")
    assert len(np.unique(catalog.vectors[rows], axis=0)) < len(rows)


def test_distances_come_in_the_order_of_rows(catalog: Catalog) -> None:
    queries = np.random.default_rng(2).normal(size=(4, SIZE)).astype(np.float32)
    got = category_distances(catalog, "B", queries)
    rows = catalog.rows("B")
    assert got.shape == (4, len(rows))
    for i, query in enumerate(queries):
        for j, row in enumerate(rows):
            assert got[i, j] == pytest.approx(by_the_formula(catalog, query, row, 0), abs=1e-5)


def test_unknown_category(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="got the category 'D'; this catalog has 'A', 'B', 'C'"):
        search(catalog, "D", np.zeros(SIZE, np.float32), 1)
