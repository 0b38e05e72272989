"""Same-category negatives that are never another known positive of the scene, drawn afresh each epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenefit.types import Bools, Ints


@dataclass(frozen=True)
class Positives:
    """The known positives: which (scene, product) rows stand in a pair of any split."""

    keys: Ints
    products: int

    @classmethod
    def of(cls, scenes: Ints, products: Ints, n_products: int) -> Positives:
        """Index pairs given as rows of scenes and of products, each of shape (N,)."""
        return cls(np.unique(scenes * n_products + products), n_products)

    def contain(self, scenes: Ints, products: Ints) -> Bools:
        """Say elementwise, over broadcast rows, whether the product is a known positive of the scene."""
        keys = scenes * self.products + products
        if not len(self.keys):
            return np.zeros(keys.shape, np.bool_)
        places = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        return np.asarray(self.keys[places] == keys)


class NegativeSampler:
    """Draws, for pairs, uniform negatives from a pool of products of the positive's category.

    Args:
        product_category: shape (P,), the category of each product row.
        pool: rows of the products that may be drawn.
        positives: what may never be drawn for a scene.
    """

    def __init__(self, product_category: Ints, pool: Ints, positives: Positives) -> None:
        pool = np.unique(pool)
        order = np.argsort(product_category[pool], kind="stable")
        n = int(product_category.max()) + 1 if len(product_category) else 0
        self._members = pool[order]  # the pool, category after category
        self._start = np.searchsorted(product_category[self._members], np.arange(n + 1))
        self._category = product_category
        self._positives = positives

    def eligible(self, scenes: Ints, products: Ints) -> Ints:
        """Count each pair's possible negatives; shape (N,). A pair with none cannot make a triplet."""
        category = self._category[products]
        sizes = np.diff(self._start)[category]
        taken = np.zeros(len(scenes), np.int64)
        known = np.stack(
            [
                self._positives.keys // self._positives.products,
                self._positives.keys % self._positives.products,
            ]
        )
        in_pool = np.isin(known[1], self._members)
        groups = known[0][in_pool] * len(self._start) + self._category[known[1][in_pool]]
        names, counts = np.unique(groups, return_counts=True)
        if len(names):
            wanted = scenes * len(self._start) + category
            places = np.searchsorted(names, wanted).clip(max=len(names) - 1)
            taken = np.where(names[places] == wanted, counts[places], 0)
        return np.asarray(sizes - taken)

    def draw(self, scenes: Ints, products: Ints, rng: np.random.Generator) -> Ints:
        """Draw one negative for each pair; each pair must have one eligible.

        Args:
            scenes: shape (N,), rows of the pairs' scenes.
            products: shape (N,), rows of the pairs' positive products.
            rng: the source of randomness.

        Returns:
            shape (N,), rows of products.
        """
        category = self._category[products]
        low, high = self._start[category], self._start[category + 1]
        negatives = np.empty(len(scenes), np.int64)
        todo = np.arange(len(scenes))
        while len(todo):
            drawn = self._members[rng.integers(low[todo], high[todo])]
            negatives[todo] = drawn
            todo = todo[self._positives.contain(scenes[todo], drawn)]
        return negatives
