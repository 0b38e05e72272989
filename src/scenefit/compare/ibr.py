"""IBR: image-based recommendations by a low-rank Mahalanobis distance (McAuley et al., SIGIR 2015) (torch)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from scenefit.compare.networks import fitted
from scenefit.compare.task import Fitted, Task
from scenefit.config import TrainConfig
from scenefit.model.heads import Sizes
from scenefit.model.network import Batch, Network

CONFIG = TrainConfig(recipe="ibr", embedding=128, learning_rate=1e-3)


class LowRankMahalanobis(Network):
    """d(s, p) = |(s - p) E|^2 with E of rank d; P(s goes with p) = sigmoid(c - d(s, p))."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.project = nn.Linear(sizes.pooled, sizes.embedding, bias=False)
        nn.init.normal_(self.project.weight, std=sizes.embedding**-0.5)
        self.threshold = nn.Parameter(torch.tensor(1.0))

    def embed(self, pooled: Tensor) -> Tensor:
        """Give x E of unit-length features."""
        return self.project(normalize(pooled, dim=-1))  # type: ignore[no-any-return]

    def distances(self, scene: Tensor, regions: Tensor, category: Tensor, products: Tensor) -> Tensor:
        """Give the squared distances; regions and category are not looked at."""
        return squared(self.embed(scene)[:, None], products)


def squared(left: Tensor, right: Tensor) -> Tensor:
    """Compute |left - right|^2 over the last axis; both broadcast."""
    return (left - right).square().sum(-1)


def likelihood_loss(model: LowRankMahalanobis, batch: Batch) -> Tensor:
    """Minus the log-likelihood of the pairs and of as many pairs that are none (equation 4 there).

    -log sigmoid(c - d+) - log(1 - sigmoid(c - d-))
    """
    scene = model.embed(batch.scene)
    good, bad = squared(scene, model.embed(batch.positive)), squared(scene, model.embed(batch.negative))
    return (softplus(good - model.threshold) + softplus(model.threshold - bad)).mean()


def fit_ibr(task: Task) -> Fitted:
    """Learn the distance from the pooled features of scenes and products."""
    return fitted(task, CONFIG, LowRankMahalanobis, likelihood_loss)
