"""Siamese network with the contrastive loss (Veit et al., ICCV 2015), on frozen features (torch)."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import normalize

from scenefit.compare.ibr import squared
from scenefit.compare.networks import fitted
from scenefit.compare.task import Fitted, Task
from scenefit.config import TrainConfig
from scenefit.model.heads import Sizes, head
from scenefit.model.network import Batch, Network

CONFIG = TrainConfig(recipe="siamese", margin=1.0)


class Siamese(Network):
    """One head for scenes and products; the distance is the squared one of their unit vectors."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.shared = head(sizes.pooled, sizes.hidden, sizes.embedding, CONFIG.dropout)

    def embed(self, pooled: Tensor) -> Tensor:
        """Give unit vectors (P, d)."""
        return normalize(self.shared(pooled), dim=-1)

    def distances(self, scene: Tensor, regions: Tensor, category: Tensor, products: Tensor) -> Tensor:
        """Give the squared distances; regions and category are not looked at."""
        return squared(self.embed(scene)[:, None], products)


def contrastive_loss(model: Siamese, batch: Batch) -> Tensor:
    """d+^2 + max(0, m - d-)^2 (Hadsell et al. 2006, as used there); d in [0, 2]."""
    scene, good, bad = (model.embed(part) for part in (batch.scene, batch.positive, batch.negative))
    far = (squared(scene, bad) + 1e-12).sqrt()
    return (squared(scene, good) + (CONFIG.margin - far).clamp(min=0).square()).mean()


def fit_siamese(task: Task) -> Fitted:
    """Learn one embedding for scenes and products."""
    return fitted(task, CONFIG, Siamese, contrastive_loss)
