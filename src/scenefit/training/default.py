"""The recipe `default`: a closed form, a network trained by contrast, and what is known of products, joined (torch)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.config import TrainConfig
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.heads import Sizes
from scenefit.training.closed_form import ClosedForm, fit_closed_form
from scenefit.training.contrast import ContrastData, contrast_loss
from scenefit.training.joining import Learned, Weights, assemble, strength, weigh
from scenefit.training.loop import Trained, train
from scenefit.training.triplet_data import SplitPairs
from scenefit.types import Progress, silent

MANY = 20_000
"""From so many pairs on one network is trained; fewer pairs are learned by several, if one is worth it."""
COOLED = 1.5
"""A network trains so many times as long as is best at a steady learning rate, at one that falls to nothing."""
SEED_STEP = 1_000_003


@dataclass(frozen=True)
class Default:
    """A model of the recipe `default`, and how its parts came out.

    Attributes:
        learned: what serves, of the training and the validation pairs together.
        data: those pairs.
        chosen: the same of the training pairs alone, with which the weights were fitted and probabilities are.
        closed: the closed form of the training pairs.
        networks: those of the training pairs.
    """

    learned: Learned
    data: ContrastData
    chosen: Learned
    closed: ClosedForm
    networks: Sequence[Trained[ContrastiveLook]]

    def facts(self) -> Mapping[str, Any]:
        """Say what was chosen: ridge, share of near scenes, networks, their epochs, and how much each part counts."""
        return {
            "ridge": self.closed.ridge,
            "near_scenes": self.closed.near,
            "networks": len(self.networks),
            "epochs": self.networks[0].best_epoch,
            "weights": self.learned.weights._asdict(),
            "pairs_with_validation": len(self.data.train.product),
        }


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

    The validation pairs choose how many epochs to train and how much each part counts; then everything is fitted
    again to the training and the validation pairs together. A call that was stopped goes on at its last epoch, to the
    same result.
    """
    progress("closed form", 0, 1)
    closed = fit_closed_form(data, config.embedding)
    progress("closed form", 1, 1)
    networks, config = _networks(data, validation, sizes, config, work, closed, progress)
    start = Weights()
    if len(validation.product):
        right = float(np.mean([_validated(network) for network in networks]))
        start = start._replace(closed_form=strength(closed.accuracy), networks=strength(right))
    weights = weigh(data, validation, closed.look, _models(networks), config.embedding, config.seed, start)
    chosen = assemble(data, closed.look, _models(networks), config.embedding, weights)
    if not len(validation.product):
        return Default(chosen, data, chosen, closed, networks)
    whole = ContrastData(
        data.features, np.sort(np.concatenate([data.rows, validation.pair])), data.device, cropped=config.cropped
    )
    final = fit_closed_form(whole, config.embedding, (closed.ridge,), (closed.near,))
    again = [
        _network(whole, whole.none(), sizes, config, work / f"again-{i}", i, progress) for i in range(len(networks))
    ]
    learned = assemble(whole, final.look, _models(again), config.embedding, weights)
    return Default(learned, whole, chosen, closed, networks)


def _networks(
    data: ContrastData,
    validation: SplitPairs,
    sizes: Sizes,
    config: TrainConfig,
    work: Path,
    closed: ClosedForm,
    progress: Progress,
) -> tuple[list[Trained[ContrastiveLook]], TrainConfig]:
    """Find out by a trial how long to train; then train one network, and more where pairs are few and it is worth it.

    Of many pairs one is enough; more are not worth it where the first is no better than the closed form.
    """
    if len(validation.product):
        trial = _network(data, validation, sizes, config, work / "trial", 0, progress)
        best = enough_epochs(trial.history, config.fewest)
        config = replace(config, epochs=min(math.ceil(COOLED * best), config.epochs))
    config = replace(config, cooling=True, fewest=config.epochs)  # a network that cools is best in the end
    first = _network(data, validation, sizes, config, work / "network-0", 0, progress)
    worse = len(validation.product) and _validated(first) < closed.accuracy
    count = 1 if worse or len(data.train.product) >= MANY else config.networks
    others = (_network(data, validation, sizes, config, work / f"network-{i}", i, progress) for i in range(1, count))
    return [first, *others], config


def _validated(network: Trained[ContrastiveLook]) -> Any:
    return network.history[network.best_epoch - 1]["validation_accuracy"]


def enough_epochs(history: Sequence[Mapping[str, Any]], fewest: int) -> int:
    """Choose how many epochs are best: where the validation accuracy of a trial, over 3 epochs, is highest.

    One epoch's accuracy is mostly luck where validation pairs are few. At least `fewest`, or as many as were tried.
    """
    curve = [epoch["validation_accuracy"] for epoch in history]
    padded = np.pad(curve, 1, mode="edge")
    smooth = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    return max(int(np.argmax(smooth)) + 1, min(fewest, len(curve)))


def _models(trained: Sequence[Trained[ContrastiveLook]]) -> list[ContrastiveLook]:
    return [network.model.requires_grad_(False) for network in trained]


def _network(
    data: ContrastData,
    validation: SplitPairs,
    sizes: Sizes,
    config: TrainConfig,
    folder: Path,
    i: int,
    progress: Progress,
) -> Trained[ContrastiveLook]:
    """Train one network, with a seed and a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    own = replace(config, seed=config.seed + SEED_STEP * i)
    return train(
        data, validation, lambda: ContrastiveLook(sizes, config.dropout), contrast_loss, own, folder, progress=progress
    )
