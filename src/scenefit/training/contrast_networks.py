"""The networks of the recipe `default`: how long they train, how many they are, each in a folder of its own (torch)."""

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
from scenefit.training.contrast import ContrastData, contrast_loss
from scenefit.training.loop import Trained, train
from scenefit.training.triplet_data import SplitPairs
from scenefit.types import Progress

MANY = 20_000
"""From so many pairs on one network is trained; fewer pairs are learned by several, if one is worth it."""
COOLED = 1.5
"""A network trains so many times as long as is best at a steady learning rate, at one that falls to nothing."""
SEED_STEP = 1_000_003


@dataclass(frozen=True)
class Runs:
    """Trains networks of some sizes, each in a folder of `work`; tells `progress` of the epochs."""

    sizes: Sizes
    work: Path
    progress: Progress

    def train(
        self, data: ContrastData, validation: SplitPairs, config: TrainConfig, name: str, i: int = 0
    ) -> Trained[ContrastiveLook]:
        """Train a network, with the i-th seed; a call that was stopped goes on at its last epoch."""
        folder = self.work / name
        folder.mkdir(parents=True, exist_ok=True)
        own = replace(config, seed=config.seed + SEED_STEP * i)
        return train(
            data,
            validation,
            lambda: ContrastiveLook(self.sizes, own.dropout),
            contrast_loss,
            own,
            folder,
            progress=self.progress,
        )


def train_networks(
    data: ContrastData, validation: SplitPairs, config: TrainConfig, to_beat: float, runs: Runs
) -> tuple[list[Trained[ContrastiveLook]], TrainConfig]:
    """Find out by a trial how long to train; then train one network, and more where pairs are few and it is worth it.

    Of many pairs one is enough; more are not worth it where the first is right less often than `to_beat`.

    Returns:
        networks: one, or as many as `config` says.
        config: how they were trained.
    """
    if len(validation.product):
        best = enough_epochs(runs.train(data, validation, config, "trial").history, config.fewest)
        config = replace(config, epochs=min(math.ceil(COOLED * best), config.epochs))
    config = replace(config, cooling=True, fewest=config.epochs)  # a network that cools is best in the end
    first = runs.train(data, validation, config, "network-0")
    worse = len(validation.product) and validated(first) < to_beat
    count = 1 if worse or len(data.train.product) >= MANY else config.networks
    return [first, *(runs.train(data, validation, config, f"network-{i}", i) for i in range(1, count))], config


def validated(network: Trained[ContrastiveLook]) -> float:
    """Give the accuracy on the validation pairs."""
    return float(network.history[network.best_epoch - 1]["validation_accuracy"])


def models(trained: Sequence[Trained[ContrastiveLook]]) -> list[ContrastiveLook]:
    """Give the networks, no longer to be trained."""
    return [network.model.requires_grad_(False) for network in trained]


def enough_epochs(history: Sequence[Mapping[str, Any]], fewest: int) -> int:
    """Choose how many epochs are best: where the validation accuracy of a trial, over 3 epochs, is highest.

    One epoch's accuracy is mostly luck where validation pairs are few. At least `fewest`, or as many as were tried.
    """
    curve = [epoch["validation_accuracy"] for epoch in history]
    padded = np.pad(curve, 1, mode="edge")
    smooth = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    return max(int(np.argmax(smooth)) + 1, min(fewest, len(curve)))
