"""The baselines without training."""

from __future__ import annotations

import numpy as np

from scenefit.model.baselines import Popularity, Random, RawFeatures

PAIRS, PRODUCTS = np.array([1, 0, 2]), np.array([3, 1])


def test_random_prefers_nothing() -> None:
    assert Random().distances(PAIRS, PRODUCTS).tolist() == [[0, 0]] * 3


def test_popularity_counts_training_pairs() -> None:
    scorer = Popularity(np.array([1, 1, 3, 0, 1]), n_products=6)
    assert scorer.counts.tolist() == [1, 3, 0, 1, 0, 0]
    assert scorer.distances(PAIRS, PRODUCTS).tolist() == [[-1, -3]] * 3
    assert Popularity(np.empty(0, np.int64), 4).distances(PAIRS, PRODUCTS).tolist() == [[0, 0]] * 3


def test_raw_features_give_the_squared_distance_of_unit_vectors() -> None:
    rng = np.random.default_rng(0)
    scenes, products = rng.normal(size=(4, 7)).astype(np.float32), rng.normal(size=(5, 7)).astype(np.float32)
    scene_of_pair = np.array([2, 3, 0])
    got = RawFeatures(scenes, scene_of_pair, products).distances(PAIRS, PRODUCTS)
    for i, pair in enumerate(PAIRS):
        for j, product in enumerate(PRODUCTS):
            s, p = scenes[scene_of_pair[pair]].astype(float), products[product].astype(float)
            expected = sum((s / np.linalg.norm(s) - p / np.linalg.norm(p)) ** 2)
            np.testing.assert_allclose(got[i, j], expected, rtol=1e-5)


def test_raw_features_take_a_picture_that_failed() -> None:
    """Its features are zeros; nothing becomes NaN."""
    got = RawFeatures(np.ones((1, 2), np.float32), np.array([0]), np.zeros((1, 2), np.float32))
    assert got.distances(np.array([0]), np.array([0])).tolist() == [[2.0]]
