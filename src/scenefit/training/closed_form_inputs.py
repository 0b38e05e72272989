"""What the closed form reads of scenes, products and crops, and the views that it sees them in (torch)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from scenefit.model.joined import scene_inputs
from scenefit.training.triplet_data import TripletData
from scenefit.training.views import View, fit_view, group_means, within
from scenefit.types import Ints, ProductFeatures

SAMPLE, CHUNK = 12_000, 1024
PIECE = 64
"""So many scenes are read at a time: their regions then stay in the processor's cache."""


@dataclass(frozen=True)
class Space:
    """The views, and the catalog's products seen so: (P, m), with their categories (P,), -1 where not trained.

    Products have the mean of their category taken out; `crop_means` (K, c) are those of crops.
    """

    scene: View
    product: View
    crop: View
    crop_means: Tensor
    products: Tensor
    product_category: Tensor

    @classmethod
    def of(cls, data: TripletData) -> Self:
        """Fit the views to at most `SAMPLE` training scenes, crops, and products of the catalog."""
        features, found = data.features, data.features.product_features
        pairs = some_rows(np.arange(len(data.train.pair)), SAMPLE)
        scene = fit_view(torch.cat(list(scenes(data, data.train.feature[pairs]))), _scene_widths(data))
        code = features.dataset.product_category
        category = data.trained_category(np.where(features.product_rows >= 0, code, -1))
        known = some_rows(np.flatnonzero(category.cpu().numpy() >= 0), SAMPLE)
        product = fit_view(side_by_side(data, found.some(known)), _product_widths(found), category[known])
        items, shown = features.pair_items(data.train.pair[pairs])
        groups = category[data.train.product[pairs][shown]]
        rows = np.flatnonzero(shown)
        shown_as = side_by_side(data, items.some(rows))
        crop = fit_view(shown_as, _product_widths(items), groups) if len(rows) else product
        nothing = torch.zeros(len(data.categories), crop.directions.shape[1], device=data.device)
        crop_means = group_means(crop(shown_as), groups, len(nothing)) if len(rows) else nothing
        chunks = (found.some(slice(start, start + CHUNK)) for start in range(0, len(category), CHUNK))
        products = torch.cat([product(side_by_side(data, chunk)) for chunk in chunks])
        return cls(scene, product, crop, crop_means, within(products, category), category)

    def crops(self, inputs: Tensor, category: Tensor) -> Tensor:
        """See crops (N, X) of some categories (N,) without the mean of each category, (N, c)."""
        return self.crop(inputs) - self.crop_means[category]


def scenes(data: TripletData, feature: Ints) -> Iterator[Tensor]:
    """Read scenes (rows of the store) as the closed form does, a chunk at a time: (B, X)."""
    for start in range(0, len(feature), CHUNK):
        rows = feature[start : start + CHUNK]
        pieces = (data.features.scene_features(rows[i : i + PIECE]) for i in range(0, len(rows), PIECE))
        yield torch.cat([scene_inputs(*(torch.from_numpy(part).to(data.device) for part in piece)) for piece in pieces])


def side_by_side(data: TripletData, features: ProductFeatures) -> Tensor:
    """Put pooled features and statistics side by side, (P, D + 2 C)."""
    return torch.cat([torch.from_numpy(part).to(data.device) for part in features], dim=1)


def _scene_widths(data: TripletData) -> list[int]:
    found = data.features.scene_features(data.train.feature[:1])
    halves = [found.halves.shape[1] // 2] * 2 if found.halves.shape[1] else []
    return [found.pooled.shape[1], *halves, *[found.regions.shape[2]] * 2]


def _product_widths(features: ProductFeatures) -> list[int]:
    return [features.pooled.shape[1], *[features.statistics.shape[1] // 2] * 2]


def some_rows(rows: Ints, most: int) -> Ints:
    """Draw at most so many rows, in their order; every n-th could be of one category or fold alone."""
    return rows[np.sort(np.random.default_rng(0).permutation(len(rows))[:most])]
