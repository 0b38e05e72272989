"""Products in memory: their rows by category, and distances against the formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scenefit.catalog.gallery import Gallery, category_distances, embed_dataset
from scenefit.data.dataset import Dataset
from scenefit.errors import UsageError
from scenefit.features.dataset_features import DatasetFeatures, compute_features
from scenefit.model.compatibility import with_prior
from scenefit.model.folder import Model
from scenefit.types import Floats

SIZE, PRODUCTS = 8, 60


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    """Three categories in mixed order."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(PRODUCTS, SIZE)).astype(np.float32)
    vectors = with_prior(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), rng.normal(size=PRODUCTS))
    names = np.array([f"product {i}" for i in range(PRODUCTS)], object)
    return Gallery({"id": names, "category": rng.choice(np.array(["A", "B", "C"], object), PRODUCTS)}, vectors)


def by_the_formula(gallery: Gallery, query: Floats, row: int, novelty: float) -> float:
    *embedding, prior = gallery.vectors[row].tolist()
    return 2 - sum(float(q) * f for q, f in zip(query, embedding, strict=True)) - (1 - novelty) * prior


def test_rows_of_a_category_ascend(gallery: Gallery) -> None:
    assert gallery.categories == ["A", "B", "C"]
    for name in gallery.categories:
        expected = [i for i, category in enumerate(gallery.products["category"]) if category == name]
        assert gallery.rows(name).tolist() == expected


@pytest.mark.parametrize("novelty", [0.0, 0.3, 1.0])
def test_distances_come_in_the_order_of_rows(gallery: Gallery, novelty: float) -> None:
    queries = np.random.default_rng(2).normal(size=(4, SIZE)).astype(np.float32)
    got = category_distances(gallery, "B", queries, novelty)
    rows = gallery.rows("B")
    assert got.shape == (4, len(rows))
    for i, query in enumerate(queries):
        for j, row in enumerate(rows):
            assert got[i, j] == pytest.approx(by_the_formula(gallery, query, row, novelty), abs=1e-5)


def test_unknown_category(gallery: Gallery) -> None:
    with pytest.raises(UsageError, match="got the category 'D'; this gallery has 'A', 'B', 'C'"):
        category_distances(gallery, "D", np.zeros((1, SIZE), np.float32))


def test_a_dataset_without_the_products_whose_picture_failed(dataset: Dataset, model_folder: Path) -> None:
    (dataset.folder / dataset.products["image"][5]).unlink()
    model = Model(model_folder)
    backbone = model.backbone(threads=1)
    compute_features(dataset, backbone, np.empty(0, np.int64))
    features = DatasetFeatures.open(dataset, backbone)
    gallery = embed_dataset(model, features)
    assert gallery.products["id"].tolist() == np.delete(dataset.products["id"], 5).tolist()
    expected = model.embed_products(features.product_features.some(np.delete(np.arange(24), 5)))
    np.testing.assert_array_equal(gallery.vectors[:, :-1], expected)
    assert not gallery.vectors[:, -1].any()
