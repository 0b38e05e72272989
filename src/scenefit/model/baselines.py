"""Baselines without training: random, popularity, raw features. Each gives distances; smaller is better."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from scenefit.model.compatibility import distance_matrix
from scenefit.types import Array, Floats, Ints


class Scorer(Protocol):
    """Gives distances from the scenes of pairs to products."""

    def distances(self, pairs: Ints, products: Ints) -> Array:
        """Compute shape (B, P): from the scenes of B pairs to P products, all of the pairs' one category."""


class Random:
    """Every product is as good as every other; ties being counted in expectation, this is chance exactly."""

    def distances(self, pairs: Ints, products: Ints) -> Array:
        """Give zeros."""
        return np.zeros((len(pairs), len(products)), np.float32)


class Popularity:
    """Products in more training pairs come first, whatever the scene."""

    def __init__(self, training_products: Ints, n_products: int) -> None:
        self.counts = np.bincount(training_products, minlength=n_products)

    def distances(self, pairs: Ints, products: Ints) -> Array:
        """Give minus the number of training pairs."""
        return np.broadcast_to(-self.counts[products], (len(pairs), len(products)))


class RawFeatures:
    """Squared distance of L2-normalised pooled backbone features: similarity, not compatibility."""

    def __init__(self, scenes: Floats, scene_of_pair: Ints, products: Floats) -> None:
        self._scenes, self._scene_of_pair, self._products = _unit(scenes), scene_of_pair, _unit(products)

    def distances(self, pairs: Ints, products: Ints) -> Array:
        """Give |s - p|^2 = 2 - 2 s.p."""
        return distance_matrix(2 * self._scenes[self._scene_of_pair[pairs]], self._products[products])


def _unit(features: Floats) -> Floats:
    return np.asarray(features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12))
