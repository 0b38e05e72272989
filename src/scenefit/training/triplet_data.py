"""The training pairs of a dataset with their features at hand, as tensors of a batch (torch)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from scenefit.data.triplets import NegativeSampler, Positives
from scenefit.errors import TrainingError
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.network import Batch
from scenefit.types import Array, Ints


@dataclass(frozen=True)
class SplitPairs:
    """The pairs of a split that can make triplets, each array of shape (N,), and how many could not.

    `pair`, `scene` and `product` are rows of the dataset's tables, `feature` of the store's scenes.
    """

    pair: Ints
    feature: Ints
    scene: Ints
    product: Ints
    set_aside: int


class TripletData:
    """Makes triplets from a dataset's features; training draws negatives from the products of the training pairs.

    Attributes:
        rows: rows of the pairs that it was given; `train` are those of them that can make triplets.
        pool: rows of the products that training may see, as positives or as negatives.
        categories: the names of the categories that are trained, sorted.
    """

    def __init__(
        self, features: DatasetFeatures, train_rows: Ints, device: torch.device | None = None, *, cropped: bool = True
    ) -> None:
        dataset = features.dataset
        self.features, self.rows = features, train_rows
        self.device = device or torch.device("cpu")
        self.products = self._tensor(features.products)
        self.positives = Positives.of(dataset.pair_scene, dataset.pair_product, len(dataset.product_category))
        self._cropped = cropped
        usable = features.usable(train_rows, cropped)
        self.pool = np.unique(dataset.pair_product[usable])
        self.train_sampler = self.sampler(self.pool)
        self.catalog_sampler = self.sampler(np.flatnonzero(features.product_rows >= 0))
        self.train = self.pairs(train_rows, self.train_sampler)
        if len(self.train.product) < 2:
            raise TrainingError(
                f"{dataset.folder} has {len(self.train.product)} training pairs with a negative of the same category; "
                "at least 2 are needed, from categories of two products or more"
            )
        self.categories = [dataset.categories[i] for i in np.unique(dataset.product_category[self.train.product])]
        row = {name: i for i, name in enumerate(self.categories)}
        self._category = np.array([row.get(name, -1) for name in dataset.categories], np.int64)

    def sampler(self, pool: Ints) -> NegativeSampler:
        """Draw negatives from a pool: of the positive's category, and never another positive of the scene."""
        return NegativeSampler(self.features.dataset.product_category, pool, self.positives)

    def pairs(self, rows: Ints, sampler: NegativeSampler) -> SplitPairs:
        """Keep the pairs with features on both sides and at least one eligible negative."""
        dataset = self.features.dataset
        good = self.features.usable(rows, self._cropped)
        good = good[sampler.eligible(dataset.pair_scene[good], dataset.pair_product[good]) > 0]
        return SplitPairs(
            good,
            self.features.scene_rows(good, self._cropped),
            dataset.pair_scene[good],
            dataset.pair_product[good],
            len(rows) - len(good),
        )

    def validation(self, rows: Ints) -> SplitPairs:
        """Give the validation pairs, those of categories that the training does not know left out."""
        pairs = self.pairs(rows, self.catalog_sampler)
        known = self._category[self.features.dataset.product_category[pairs.product]] >= 0
        return SplitPairs(
            pairs.pair[known],
            pairs.feature[known],
            pairs.scene[known],
            pairs.product[known],
            pairs.set_aside + int((~known).sum()),
        )

    def none(self) -> SplitPairs:
        """Give no pairs, for a training that is not to stop early."""
        return self.pairs(np.empty(0, np.int64), self.catalog_sampler)

    def batch(self, pairs: SplitPairs, rows: Ints, negatives: Ints) -> Batch:
        """Read the features of some pairs (rows of `pairs`) with a negative product for each."""
        scenes = self.scenes(pairs.feature[rows], pairs.product[rows])
        return Batch(*scenes, *(self.products[self._tensor(r)] for r in (pairs.product[rows], negatives)))

    def scenes(self, feature: Ints, product: Ints) -> tuple[Tensor, Tensor, Tensor]:
        """Read scenes (rows of the store) and the category (of the products' rows) that each is asked for."""
        found = self.features.scene_features(feature)
        category = self.trained_category(self.features.dataset.product_category[product])
        return self._tensor(found.pooled), self._tensor(found.regions), category

    def trained_category(self, codes: Ints) -> Tensor:
        """Give the row in `categories` of each of the dataset's category codes; -1 where it is not trained, or -1."""
        return self._tensor(np.where(codes >= 0, self._category[codes], -1))

    def _tensor(self, array: Array) -> Tensor:
        return torch.from_numpy(array).to(self.device)
