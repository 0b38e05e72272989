"""What scenes show of products stands in for the shop's photo."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from scenefit.features.dataset_features import DatasetFeatures
from scenefit.training.smoothing import Smoothed
from scenefit.training.triplet_data import TripletData


def test_what_scenes_tell_is_nearer_to_the_product_than_one_photo_is(planted: Callable[..., DatasetFeatures]) -> None:
    """Photos of planted products have noise of .7, their boxes of .2; what both share is two hidden numbers."""
    features = planted(200)
    data = TripletData(features, features.dataset.split_rows("train"))
    told = Smoothed.of(data)
    assert np.array_equal(told.products, data.pool)
    photos = data.products[torch.from_numpy(data.pool)]
    category = torch.from_numpy(features.dataset.product_category[data.pool])

    def share(values: torch.Tensor) -> float:
        """Give the variance of the first two directions, as a share of all, within the categories."""
        centred = torch.cat([values[category == code] - values[category == code].mean(dim=0) for code in (0, 1)])
        squares = torch.linalg.svdvals(centred).square()
        return float(squares[:2].sum() / squares.sum())

    assert share(told.pooled) > 0.95 > share(photos) + 0.05
    spread = told.pooled.var(dim=0).sum() / photos.var(dim=0).sum()
    assert 0.7 < float(spread) < 1.3


def test_a_blend_lies_between_photo_and_what_is_told(planted: Callable[..., DatasetFeatures]) -> None:
    features = planted(40)
    data = TripletData(features, features.dataset.split_rows("train"))
    told, products = Smoothed.of(data), data.train.product[:8]
    photos = data.products[torch.from_numpy(products)]
    ends = told.pooled[torch.from_numpy(np.searchsorted(told.products, products))]
    torch.manual_seed(0)
    first, second = (told.blend(photos, products) for _ in range(2))
    shares = ((first - photos) / (ends - photos)).nanmean(dim=1)
    assert torch.allclose(first, torch.lerp(photos, ends, shares[:, None]), atol=1e-4)
    assert bool(((shares >= 0) & (shares <= 1)).all()) and float(shares.std()) > 0.1
    assert not torch.equal(first, second)


def test_without_boxes_products_stay_as_they_are(planted: Callable[..., DatasetFeatures]) -> None:
    features = planted(40, boxed=False)
    data = TripletData(features, features.dataset.split_rows("train"))
    photos = data.products[torch.from_numpy(data.pool)]
    assert torch.equal(Smoothed.of(data).pooled, photos)
    assert torch.equal(Smoothed.of(data).blend(photos, data.pool), photos)
