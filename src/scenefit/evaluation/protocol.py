"""The protocol: a model and the baselines on the same pairs, ranked among all eligible products of the dataset.

Eligible for a pair are the products of its category except the scene's other known positives. The gallery is every
product of the dataset, in pairs or not. A pair is set aside when it has no features, no eligible product, or a category
that the model does not know; how many is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from scenefit.catalog.gallery import Gallery, category_distances
from scenefit.data.triplets import NegativeSampler, Positives
from scenefit.errors import DataError
from scenefit.evaluation.attention import spread
from scenefit.evaluation.bootstrap import Estimate, SceneBootstrap
from scenefit.evaluation.metrics import (
    Placing,
    binary_accuracy,
    place,
    reciprocal_rank,
    sampled_binary_accuracy,
    top_k,
    top_percent,
)
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.baselines import Popularity, Random, RawFeatures, Scorer
from scenefit.model.calibration import Calibration, relative_distances
from scenefit.model.compatibility import with_novelty
from scenefit.model.folder import Model
from scenefit.types import Array, Bools, Doubles, Floats, Ints

TOP_K, TOP_PERCENT = (1, 5, 10, 20), (1, 5, 10)
CHUNK = 512


class ModelScorer:
    """The model's distances, as a catalog serves them: its query vectors against a gallery.

    `novelty` in [0, 1] takes that share of the products' prior away. `cells` has shape (N,): over how many of the
    regions the attention of each pair is spread.
    """

    def __init__(
        self,
        model: Model,
        gallery: Gallery,
        features: DatasetFeatures,
        pairs: Ints,
        feature_rows: Ints,
        novelty: float = 0.0,
    ) -> None:
        dataset = features.dataset
        self._gallery, self._dataset, self._novelty = gallery, dataset, novelty
        category = np.array([model.category_row(name) for name in dataset.pairs["category"][pairs]])
        self._queries = np.empty((len(pairs), model.embedding_size), np.float32)
        self.cells = np.empty(len(pairs))
        for start in range(0, len(pairs), CHUNK):
            here = slice(start, start + CHUNK)
            queries, attention = model.embed_scenes(features.scene_features(feature_rows[here]))
            own = np.arange(len(queries)), category[here]
            self._queries[here] = queries[own]
            self.cells[here] = spread(attention[own].reshape(len(queries), model.grid, model.grid))

    def distances(self, pairs: Ints, products: Ints) -> Array:
        """Compute the distances to the products of the pairs' category."""
        return category_distances(self._gallery, self._category(products), self._queries[pairs], self._novelty)

    def relative_distances(self, pairs: Ints, products: Ints, calibration: Calibration) -> Array:
        """Compute the distances relative to those to the category's mean product, of which the probability is."""
        centre = calibration.centres[self._category(products)]
        queries = with_novelty(self._queries[pairs], self._novelty)
        return relative_distances(self.distances(pairs, products), queries, centre)

    def _category(self, products: Ints) -> str:
        return str(self._dataset.products["category"][products[0]])


@dataclass
class Bench:
    """The pairs to evaluate, and what each method's scores on them give."""

    features: DatasetFeatures
    pairs: Ints
    feature_rows: Ints
    set_aside: int
    seed: int
    positives: Positives

    @cached_property
    def bootstrap(self) -> SceneBootstrap:
        """The resampled scenes, the same for every method."""
        return SceneBootstrap(self.features.dataset.pair_scene[self.pairs], self.seed)

    @classmethod
    def of(cls, features: DatasetFeatures, rows: Ints, known: list[str], cropped: bool, seed: int) -> Bench:
        """Choose the pairs of `rows` that can be evaluated.

        Raises:
            DataError: there is none.
        """
        dataset = features.dataset
        good = features.usable(rows, cropped)
        good = good[np.isin(dataset.pairs["category"][good], known)]
        gallery = np.flatnonzero(features.product_rows >= 0)
        positives = Positives.of(dataset.pair_scene, dataset.pair_product, len(dataset.product_category))
        sampler = NegativeSampler(dataset.product_category, gallery, positives)
        good = good[sampler.eligible(dataset.pair_scene[good], dataset.pair_product[good]) > 0]
        if not len(good):
            raise DataError(
                f"none of the {len(rows)} pairs can be evaluated; they need features, a category that the model knows "
                f"({', '.join(known)}), and another product in it"
            )
        return cls(features, good, features.scene_rows(good, cropped), len(rows) - len(good), seed, positives)

    def measure(self, scorer: Scorer) -> Measures:
        """Rank every pair's positive by a scorer, category by category."""
        n = len(self.pairs)
        placing = Placing(*(np.zeros(n, np.int64) for _ in range(3)))
        sampled, rng = np.zeros(n), np.random.default_rng(self.seed)
        for products, rows in self.by_category():
            distances = scorer.distances(rows, products)
            positive, eligible = self.truth(products, rows)
            for column, values in zip(placing, place(distances, positive, eligible), strict=True):
                column[rows] = values
            sampled[rows] = sampled_binary_accuracy(distances, positive, eligible, rng)
        return Measures(self, placing, sampled)

    def truth(self, products: Ints, rows: Ints) -> tuple[Ints, Bools]:
        """Give each pair's column among `products` (B,), and which of them are eligible negatives (B, P)."""
        dataset = self.features.dataset
        scenes, own = dataset.pair_scene[self.pairs[rows]], dataset.pair_product[self.pairs[rows]]
        return np.searchsorted(products, own), ~self.positives.contain(scenes[:, None], products[None])

    def by_category(self) -> list[tuple[Ints, Ints]]:
        """Give (products of the category with features, rows of `pairs`), in parts that bound the memory."""
        dataset = self.features.dataset
        code = dataset.product_category[dataset.pair_product[self.pairs]]
        parts = []
        for category in np.unique(code):
            products = _gallery(self.features, int(category))
            rows = np.flatnonzero(code == category)
            parts += [(products, rows[start : start + CHUNK]) for start in range(0, len(rows), CHUNK)]
        return parts


@dataclass(frozen=True)
class Measures:
    """A method's results on each pair of a bench."""

    bench: Bench
    placing: Placing
    sampled: Doubles

    def value(self, values: Doubles, chosen: Bools | None = None) -> Estimate:
        """Estimate a mean over the pairs, or over the chosen ones."""
        return self.bench.bootstrap.estimate(values, None if chosen is None else np.flatnonzero(chosen))

    def summary(self, chosen: Bools | None = None) -> dict[str, Any]:
        """Give every figure, as `evaluate --json` shows it."""
        place_ = self.placing
        return {
            "binary_accuracy": self.value(binary_accuracy(place_), chosen).as_json(),
            "sampled_binary_accuracy": self.value(self.sampled, chosen).as_json(),
            "mrr": self.value(reciprocal_rank(place_), chosen).as_json(),
            "top_k": {str(k): self.value(top_k(place_, k), chosen).as_json() for k in TOP_K},
            "top_percent": {str(p): self.value(top_percent(place_, p), chosen).as_json() for p in TOP_PERCENT},
        }


def _popularity(bench: Bench) -> Scorer:
    dataset = bench.features.dataset
    training = dataset.pair_product[dataset.pairs["split"] == "train"]
    return Popularity(training, len(dataset.product_category))


def _raw_features(bench: Bench) -> Scorer:
    scenes: Floats = bench.features.scenes.read("pooled", bench.feature_rows)
    return RawFeatures(scenes, np.arange(len(bench.pairs)), bench.features.products)


BASELINES: Mapping[str, Callable[[Bench], Scorer]] = {
    "random": lambda _: Random(),
    "popularity": _popularity,
    "raw features": _raw_features,
}
"""What builds each method without training: random, popularity in the training split, raw features."""


def baselines(bench: Bench) -> dict[str, Scorer]:
    """Give all of `BASELINES`."""
    return {name: build(bench) for name, build in BASELINES.items()}


def _gallery(features: DatasetFeatures, category: int) -> Ints:
    has_features = features.product_rows >= 0
    return np.flatnonzero((features.dataset.product_category == category) & has_features)
