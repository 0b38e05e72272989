"""The directions in which scenes and products go together, and the training pairs seen in them (torch)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from scenefit.model.neighbours import Anchors, Neighbours
from scenefit.training.closed_form_inputs import Space, some_rows
from scenefit.training.closed_form_sums import Accumulated, Kept, total
from scenefit.training.joined_vectors import spread
from scenefit.training.targets import Cross, targets
from scenefit.training.views import group_means

KEY_POWER = 0.75
"""Near scenes are those near in the directions u_i scaled by s_i to this power, s_i the singular values."""
SAMPLED = 500
"""So many training queries tell how long the answers of near scenes are."""
FAINT = 1e-4
"""Directions below this share of the first singular value have no part in what near scenes were paired with."""


class Directions(NamedTuple):
    """Maps of the views to d numbers: of scenes (k, d), products (m, d) and whitened targets (m, d).

    `strength` (d,) are the singular values, `means` (K, k) the mean view of the scenes of each category, `white` (m,)
    the whitening of products, `products` (P, d) the catalog, 0 for those of no category. `cross` is what they were
    found in, `without` the fold that was left out.
    """

    scene: Tensor
    product: Tensor
    target: Tensor
    strength: Tensor
    means: Tensor
    white: Tensor
    products: Tensor
    cross: Cross
    without: int | None

    @classmethod
    def of(
        cls, sums: Accumulated, space: Space, ridge: float, embedding: int, without: int | None = None
    ) -> Directions:
        """Find the first `embedding` of them, from all folds but one."""
        cross = Cross.of(sums, without)
        u, s, v = torch.linalg.svd(cross.covariance(space, ridge))
        d = min(embedding, len(s))
        white = space.product.whitening(ridge)
        scene, product = space.scene.whitening(ridge)[:, None] * u[:, :d], white[:, None] * v[:d].T * s[:d]
        products = space.products @ product
        length = products[space.product_category >= 0].square().sum(dim=1).mean().sqrt().clamp(min=1e-12)
        whole = torch.where(s[:d] > FAINT * s[0], length / s[:d], 0.0)
        means = scene_means(sums, without)
        return cls(scene, product / length, v[:d].T * whole, s[:d], means, white, products / length, cross, without)

    def queries(self, kept: Kept) -> Tensor:
        """Give the centred queries (N, d) of some pairs."""
        return (kept.scene - self.means[kept.category]) @ self.scene

    def neighbours(self, sums: Accumulated, share: float) -> Neighbours:
        """Give the training pairs to ask, to count for so much of a query's spread: 0 < share < 1."""
        kept, found = targets(sums, self.cross, self.white, self.without)
        values = (found - group_means(found, kept.category, len(self.means))[kept.category]) @ self.target
        queries, scale = self.queries(kept), self.strength**KEY_POWER
        near = Neighbours(Anchors(normalize(queries * scale, dim=1), values, kept.category, kept.scene_row, scale))
        few = torch.from_numpy(some_rows(np.arange(len(queries)), SAMPLED)).to(queries.device)
        asked = near(queries[few][:, None], kept.category[few][:, None], kept.scene_row[few])[:, 0]
        near.values *= share / (1 - share) * spread(queries[few], self.products) / spread(asked, self.products)
        return near


def scene_means(sums: Accumulated, without: int | None = None) -> Tensor:
    """Give the mean view of the scenes of each category, shape (K, k); that of all where there is none."""
    photos = total(sums.photos, without)
    overall = photos.scene.sum(dim=0) / photos.pairs.sum()
    return torch.where(photos.pairs[:, None] > 0, photos.scene / photos.pairs.clamp(min=1)[:, None], overall)
