"""BPR-DAE: an autoencoder a side, ranked by BPR (Song et al., "NeuroStylist", ACM MM 2017) (torch)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import normalize, softplus

from scenefit.compare.networks import fitted
from scenefit.compare.task import Fitted, Task
from scenefit.config import TrainConfig
from scenefit.model.heads import Sizes
from scenefit.model.network import Batch, Network

RECONSTRUCTION = 0.1
"""Weight of what the autoencoders lose beside the ranking loss."""
CONFIG = TrainConfig(recipe="bpr-dae", embedding=512, learning_rate=1e-3, weight_decay=1e-5)


class AutoEncoder(nn.Module):
    """A hidden layer of sigmoids, and a linear layer back."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(inputs, hidden), nn.Sigmoid())
        self.decode = nn.Linear(hidden, inputs)

    def loss(self, inputs: Tensor, code: Tensor) -> Tensor:
        """Mean squared length of what is lost; inputs have length 1."""
        return (self.decode(code) - inputs).square().sum(-1).mean()  # type: ignore[no-any-return]


class DualAutoEncoder(Network):
    """Compatibility is the inner product of the two codes; the distance is minus that."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.scenes = AutoEncoder(sizes.pooled, sizes.embedding)
        self.products = AutoEncoder(sizes.pooled, sizes.embedding)

    def embed(self, pooled: Tensor) -> Tensor:
        """Give the products' codes, in (0, 1)."""
        return self.products.encode(normalize(pooled, dim=-1))  # type: ignore[no-any-return]

    def distances(self, scene: Tensor, regions: Tensor, category: Tensor, products: Tensor) -> Tensor:
        """Give minus the inner products; regions and category are not looked at."""
        code: Tensor = self.scenes.encode(normalize(scene, dim=-1))
        return -(code[:, None] * products).sum(-1)


def ranking_loss(model: DualAutoEncoder, batch: Batch) -> Tensor:
    """-log sigmoid(m+ - m-), and what the autoencoders lose (equations 9 and 5 there)."""
    scene, good, bad = (normalize(part, dim=-1) for part in (batch.scene, batch.positive, batch.negative))
    code, good_code, bad_code = model.scenes.encode(scene), model.products.encode(good), model.products.encode(bad)
    ranking = softplus((code * (bad_code - good_code)).sum(-1)).mean()
    lost = model.scenes.loss(scene, code) + model.products.loss(good, good_code) + model.products.loss(bad, bad_code)
    return ranking + RECONSTRUCTION * lost


def fit_bpr_dae(task: Task) -> Fitted:
    """Learn a code of scenes and one of products."""
    return fitted(task, CONFIG, DualAutoEncoder, ranking_loss)
