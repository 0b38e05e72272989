"""What scenes show of the products of the training pairs, turned into what a shop's photo of it would be (torch)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from scenefit.training.triplet_data import TripletData
from scenefit.training.views import group_means
from scenefit.types import Ints

RIDGE = 1.0


@dataclass(frozen=True)
class Smoothed:
    """Pooled features of products as their scenes tell them, T k, with the mean and the length of real ones.

    k are the features of the box that shows the product, less their category's mean; T is the ridge regression of its
    photo's on them. What is not in k, as the shop's lighting and model, is not in T k either.

    Attributes:
        products: shape (S,), rows of the products that training knows, ascending.
        pooled: shape (S, D), the mean of T k over a product's pairs; its own features where no scene shows it.
    """

    products: Ints
    pooled: Tensor

    @classmethod
    def of(cls, data: TripletData) -> Self:
        """Fit T to the training pairs whose scenes have features of the product's box."""
        items, shown = data.features.pair_items(data.train.pair)
        product = data.train.product[shown]
        own = data.products[torch.from_numpy(data.pool).to(data.device)]
        if len(product) < 2:
            return cls(data.pool, own)
        category = data.trained_category(data.features.dataset.product_category[product])
        crops = torch.from_numpy(items.pooled[shown]).to(data.device)
        told = _told(crops, data.products[torch.from_numpy(product).to(data.device)], category)
        place = torch.from_numpy(np.searchsorted(data.pool, product)).to(data.device)
        means, shows = group_means(told, place, len(own)), torch.bincount(place, minlength=len(own)) > 0
        return cls(data.pool, torch.where(shows[:, None], means, own))

    def blend(self, features: Tensor, products: Ints) -> Tensor:
        """Mix the features (B, D) of some products with what scenes tell of them, each by a random share in [0, 1]."""
        told = self.pooled[torch.from_numpy(np.searchsorted(self.products, products)).to(self.pooled.device)]
        share = torch.rand(len(features), 1, device=features.device)
        return torch.lerp(features, told, share)


def _told(crops: Tensor, photos: Tensor, category: Tensor) -> Tensor:
    """Give T k of crops (N, D) for their photos (N, D), with the photos' mean by category and their spread."""
    mean = group_means(photos, category)[category]
    k, y = crops - group_means(crops, category)[category], photos - mean
    square = k.T @ k
    ridge = RIDGE * square.trace() / len(square)
    told = k @ torch.linalg.solve(square + ridge * torch.eye(len(square)).to(square), k.T @ y)
    longer = (y.square().sum() / told.square().sum().clamp(min=1e-12)).sqrt()
    stretched: Tensor = mean + told * longer
    return stretched
