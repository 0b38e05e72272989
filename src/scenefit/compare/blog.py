"""The variant of a public re-implementation of Complete the Look, as published and corrected (torch).

A scene's regions are 4 x 4 pieces of the photo, each through the backbone; three heads: g of 512 units for scene and
product, g_l of 256 for the regions, g_a of 128 for the attention, which is guided by the product's picture, not by a
category. As published, the softmax is taken over plus the distance, so that the least alike region is attended to, and
the product stays in the scene. Corrected, both are put right. Regions and keys are pooled features here; the original
flattens maps of 14 x 14 x 1024.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from scenefit.compare.networks import NetworkScorer, fit_network, through
from scenefit.compare.task import Fitted, Task
from scenefit.config import TrainConfig
from scenefit.features.view_features import ViewFeatures
from scenefit.model.heads import Sizes, head
from scenefit.model.network import Batch, Network

DROPOUT = 0.1
CONFIG = TrainConfig(recipe="blog", dropout=DROPOUT)


class ProductGuided(Network):
    """Attention by the product: a_i = softmax over i of sign |h_i - h_p|^2; it cannot be searched, only re-ranked."""

    def __init__(self, sizes: Sizes, sign: int) -> None:
        super().__init__()
        self.sign = sign
        self.shared = head(sizes.pooled, 512, sizes.embedding, DROPOUT)
        self.local = head(sizes.pooled, 256, sizes.embedding, DROPOUT)
        self.attending = head(sizes.pooled, 128, sizes.embedding, DROPOUT)

    def embed(self, pooled: Tensor) -> Tensor:
        """Give f_p and h_p side by side, (P, 2 d)."""
        return torch.cat([_unit(self.shared, pooled), _unit(self.attending, pooled)], dim=-1)

    def distances(self, scene: Tensor, regions: Tensor, category: Tensor, products: Tensor) -> Tensor:
        """Give (|f_s - f_p|^2 + sum_i a_i |f_i - f_p|^2) / 2, each product attending for itself."""
        f_products, keys = products.chunk(2, dim=-1)
        return self._hybrid(_unit(self.shared, scene), regions, f_products, keys)

    def triplet_distances(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Give the distances (B,) of positives and negatives; both attend by the positive, as published."""
        stacked = torch.cat([batch.scene, batch.positive, batch.negative])
        f_scene, good, bad = _unit(self.shared, stacked).chunk(3)
        keys = _unit(self.attending, batch.positive)[:, None]
        both = torch.stack([good, bad], dim=1)
        distances = self._hybrid(f_scene, batch.regions, both, keys.expand(-1, 2, -1))
        return distances[:, 0], distances[:, 1]

    def _hybrid(self, f_scene: Tensor, regions: Tensor, f_products: Tensor, keys: Tensor) -> Tensor:
        flat = regions.flatten(0, 1)
        shape = (*regions.shape[:2], -1)
        f_regions, h_regions = (_unit(part, flat).reshape(shape) for part in (self.local, self.attending))  # (B, R, d)
        far = 2 - 2 * (keys @ h_regions.transpose(-1, -2))  # (B, K, R)
        attention = (self.sign * far).softmax(dim=-1)
        local = (attention * (2 - 2 * (f_products @ f_regions.transpose(-1, -2)))).sum(-1)
        overall: Tensor = 2 - 2 * (f_products @ f_scene[:, :, None])[..., 0]
        return (overall + local) / 2


def _unit(part: torch.nn.Sequential, inputs: Tensor) -> Tensor:
    return normalize(part(inputs), dim=-1)


def hinge(model: ProductGuided, batch: Batch) -> Tensor:
    """max(0, d+ - d- + 0.2), the mean over the batch."""
    good, bad = model.triplet_distances(batch)
    return (good - bad + CONFIG.margin).clamp(min=0).mean()


def fit_published(task: Task) -> Fitted:
    """Train as published; its author measures with the product in the scene, we without it."""
    config = replace(CONFIG, cropped=False)
    whole = ViewFeatures.of(task.features, task.backbone, cropped=False)
    model, data, facts = fit_network(task, config, lambda sizes: ProductGuided(sizes, 1), hinge, features=whole)
    reported = NetworkScorer(model, data, task.bench.pairs, cropped=False)
    data = through(data, ViewFeatures.of(task.features, task.backbone, cropped=True))
    return Fitted(NetworkScorer(model, data, task.bench.pairs), (task.bench, reported), facts=facts)


def fit_corrected(task: Task) -> Fitted:
    """Train with the sign of the softmax put right and the product removed."""
    features = ViewFeatures.of(task.features, task.backbone, cropped=True)
    model, data, facts = fit_network(task, CONFIG, lambda sizes: ProductGuided(sizes, -1), hinge, features=features)
    return Fitted(NetworkScorer(model, data, task.bench.pairs), facts=facts)
