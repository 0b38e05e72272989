"""One pair's curves of deletion and insertion: its view masked step by step in several orders, and what that does.

Every masked picture goes the way that serves: backbone, query vector, distances to the products of the category.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenefit.catalog.gallery import Gallery, category_distances
from scenefit.data.images import decode
from scenefit.evaluation.attention_figures import SPECTRAL
from scenefit.evaluation.attention_study import ATTENTION
from scenefit.evaluation.deletion_figures import MEASURES
from scenefit.evaluation.masking import blurred, centrality, grown, hidden_cells, masked, most_first, steps
from scenefit.evaluation.metrics import binary_accuracy, place
from scenefit.evaluation.saliency import SIDE, spectral_residual
from scenefit.features.backbone import Backbone
from scenefit.features.extract import BATCH, read_unchanged
from scenefit.model.folder import Model
from scenefit.types import Array, Bools, Crop, Doubles, Floats, Ints, Pixels

CENTRE, CELLS, REGIONS = "centre first", "random cells", "random regions"
DRAWS = 2
"""Random orders of each kind for a pair; their curves are averaged."""
ORDERS = {ATTENTION: 1, SPECTRAL: 1, CENTRE: 1, CELLS: DRAWS, REGIONS: DRAWS}
"""The orders in which cells are taken, and of how many such orders the curve is the mean."""


@dataclass(frozen=True)
class Asked:
    """A pair: its view, and the products of its category, P in the gallery's order.

    `positive` is the true product's place among them, `eligible` has shape (P,): the negatives that count.
    """

    pair: int
    crop: Crop
    category: str
    positive: int
    eligible: Bools


@dataclass(frozen=True)
class PairCurves:
    """What was measured on one pair.

    `values` has shape (measures, 2, orders, steps); `spread` is the standard deviation of the distances from the
    unmasked view to the true product and its negatives.
    """

    values: Doubles
    spread: float


@dataclass(frozen=True)
class Masker:
    """Measures pairs; `blur` is the standard deviation of the blur that masks, as a share of the side.

    `novelty` in [0, 1] takes that share of the products' prior away.
    """

    model: Model
    backbone: Backbone
    gallery: Gallery
    blur: float
    novelty: float
    seed: int

    def measure(self, asked: Asked) -> PairCurves:
        """Follow one pair through every order.

        Raises:
            ImageError: its picture cannot be read, or changed.
        """
        data = read_unchanged(asked.crop)
        pixels = self.backbone.pixels(data, asked.crop.box)
        small = decode(data, (SIDE, SIDE), asked.crop.box)
        grid, category = self.backbone.grid, self.model.category_row(asked.category)
        _, attention = self.model.embed_scenes(self.backbone.run(pixels[None]))
        maps = attention[0, category].reshape(grid, grid), spectral_residual(small[None], grid)[0]
        hidden = hidden_cells(_orders(*maps, np.random.default_rng([self.seed, asked.pair])), steps(grid))
        views, which = np.unique(hidden.reshape(-1, grid**2), axis=0, return_inverse=True)  # the first hides nothing
        queries = self._queries(pixels, views, category)
        distances = category_distances(self.gallery, asked.category, queries, self.novelty)
        values, spread = _measures(distances, asked)
        return PairCurves(_mean_of_draws(values[:, which.ravel()].reshape(len(values), *hidden.shape[:3])), spread)

    def _queries(self, pixels: Pixels, hidden: Bools, category: int) -> Floats:
        """Give the query vectors (B, d) of a picture with cells hidden in B ways."""
        fill, parts = blurred(pixels, self.blur), []
        for start in range(0, len(hidden), BATCH):
            found = self.backbone.run(masked(pixels, fill, hidden[start : start + BATCH]))
            queries, _ = self.model.embed_scenes(found)
            parts.append(queries[:, category])
        return np.concatenate(parts)


def _orders(attention: Floats, saliency: Floats, rng: np.random.Generator) -> Ints:
    """Give the orders of `ORDERS`, each as often as it says; shape (all of them, G * G)."""
    grid = len(attention)
    ranked = [most_first(weights, rng) for weights in (attention, saliency, centrality(grid))]
    cells = [rng.permutation(grid**2) for _ in range(DRAWS)]
    return np.stack([*ranked, *cells, *(grown(grid, rng) for _ in range(DRAWS))])


def _mean_of_draws(values: Doubles) -> Doubles:
    """Average what each order was drawn several times for: (measures, 2, draws of all orders, steps)."""
    times = np.array(list(ORDERS.values()))
    return np.asarray(np.add.reduceat(values, np.cumsum(times) - times, axis=2) / times[:, None])


def _measures(distances: Array, asked: Asked) -> tuple[Doubles, float]:
    """Give `MEASURES` (measures, B) of B masked views, the first unmasked, from distances (B, P); and the spread."""
    views, exact = len(distances), distances.astype(np.float64)
    own, others = exact[:, asked.positive], exact[:, asked.eligible]
    placing = place(distances, np.full(views, asked.positive), np.tile(asked.eligible, (views, 1)))
    candidates = np.column_stack([own, others])
    values = {
        "binary_accuracy": binary_accuracy(placing),
        "margin": others.mean(axis=1) - own,
        "agreement": _agreement(candidates),
        "distance": own,
    }
    return np.stack([values[name] for name in MEASURES]), float(candidates[0].std())


def _agreement(distances: Doubles) -> Doubles:
    """Correlate rows (B, P) with the first (Pearson); 0 where one of the two is the same for all products."""
    away = distances - distances.mean(axis=1, keepdims=True)
    lengths = np.sqrt((away**2).sum(axis=1))
    below = lengths * lengths[0]
    return np.asarray(np.divide(away @ away[0], below, out=np.zeros(len(away)), where=below > 0))
