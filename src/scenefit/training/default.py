"""The recipe `default`: a closed form, a network trained by contrast, and what is known of products, joined (torch)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scenefit.config import TrainConfig
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.heads import Sizes
from scenefit.training.closed_form import ClosedForm, fit_closed_form
from scenefit.training.contrast import ContrastData, contrast_loss
from scenefit.training.joining import Learned, join
from scenefit.training.loop import Trained, train
from scenefit.training.triplet_data import SplitPairs
from scenefit.types import Progress, silent

SEED_STEP, MANY = 1_000_003, 20_000
"""From so many pairs on one network is trained; fewer pairs are learned by several, whose errors differ."""


@dataclass(frozen=True)
class Default:
    """A model of the recipe `default`, and how its parts came out."""

    learned: Learned
    closed_form: ClosedForm
    networks: Sequence[Trained[ContrastiveLook]]

    def facts(self) -> Mapping[str, Any]:
        """Say what was chosen: the ridge, the networks' epochs, and how much each part counts."""
        epochs = [network.best_epoch for network in self.networks]
        return {"ridge": self.closed_form.ridge, "best_epochs": epochs, "weights": self.learned.weights}


def fit_default(
    data: ContrastData,
    validation: SplitPairs,
    sizes: Sizes,
    config: TrainConfig,
    work: Path,
    *,
    progress: Progress = silent,
) -> Default:
    """Fit the closed form, train the networks, and join them.

    The validation pairs stop the training and weigh the parts. A call that was stopped goes on at its last epoch, to
    the same result.
    """
    progress("closed form", 0, 1)
    closed = fit_closed_form(data, config.embedding)
    progress("closed form", 1, 1)
    count = config.networks if len(data.train.product) < MANY else 1
    networks = [_network(data, validation, sizes, config, work, i, progress) for i in range(count)]
    models = [network.model.requires_grad_(False) for network in networks]
    learned = join(data, validation, closed.look, models, config.embedding, config.seed)
    return Default(learned, closed, networks)


def _network(
    data: ContrastData,
    validation: SplitPairs,
    sizes: Sizes,
    config: TrainConfig,
    work: Path,
    i: int,
    progress: Progress,
) -> Trained[ContrastiveLook]:
    """Train one network, with a seed and a folder of its own."""
    folder = work / f"network-{i}"
    folder.mkdir(parents=True, exist_ok=True)
    own = replace(config, seed=config.seed + SEED_STEP * i)
    return train(
        data, validation, lambda: ContrastiveLook(sizes, config.dropout), contrast_loss, own, folder, progress=progress
    )
