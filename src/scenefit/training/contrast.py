"""Training by contrast: each pair against all the batch's products of its category (torch)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from scenefit.model.contrast import ContrastiveLook
from scenefit.model.network import Batch
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.types import Ints


class ContrastData(TripletData):
    """Triplets whose batches say which of their products may stand against each scene.

    Those of the pair's own category may, unless they are known to go with the scene (false negatives).
    """

    def batch(self, pairs: SplitPairs, rows: Ints, negatives: Ints) -> Batch:
        """Read a batch, with its mask."""
        products = np.concatenate([pairs.product[rows], negatives])
        category = self.features.dataset.product_category
        allowed = category[pairs.product[rows]][:, None] == category[products]
        allowed &= ~self.positives.contain(pairs.scene[rows][:, None], products[None])
        np.fill_diagonal(allowed, True)
        return super().batch(pairs, rows, negatives)._replace(allowed=torch.from_numpy(allowed).to(self.device))


def contrast_loss(model: ContrastiveLook, batch: Batch) -> Tensor:
    """Compute the InfoNCE loss (van den Oord et al. 2018): -log softmax of the positive among the allowed.

    Where `allowed` is None all products of the batch stand against each other.
    """
    products = torch.cat([batch.positive, batch.negative])
    logits = model.contrast(batch.scene, batch.regions, batch.category, products)
    if batch.allowed is not None:
        logits = logits.masked_fill(~batch.allowed, -torch.inf)
    return cross_entropy(logits, torch.arange(len(logits), device=logits.device))
