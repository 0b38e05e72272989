"""The recipe `default`: a closed form, a network trained by contrast, and what is known of products, joined (torch)."""

from __future__ import annotations

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
from scenefit.training.held_out import SHARES
from scenefit.training.joining import Learned, Weights, assemble, strength, weigh
from scenefit.training.loop import Trained, train
from scenefit.training.triplet_data import SplitPairs
from scenefit.types import Progress, silent

MANY = 20_000
"""From so many pairs on one network is trained, with half the dropout; of fewer several, if one is worth it."""
COOLING = 5
"""The last epochs of the training that serves, in which the learning rate falls to nothing."""
SEED_STEP = 1_000_003


@dataclass(frozen=True)
class Default:
    """A model of the recipe `default`, and how its parts came out.

    Attributes:
        learned: what serves, of the training and the validation pairs together.
        data: those pairs.
        chosen: the same of the training pairs alone, with which the weights were fitted and probabilities are.
        closed: the closed form of the training pairs.
        networks: the training runs that found out how many epochs are best.
    """

    learned: Learned
    data: ContrastData
    chosen: Learned
    closed: ClosedForm
    networks: Sequence[Trained[ContrastiveLook]]

    def facts(self) -> Mapping[str, Any]:
        """Say what was chosen: ridge, share of near scenes, the networks' epochs, and how much each part counts."""
        epochs = [network.best_epoch for network in self.networks]
        return {
            "ridge": self.closed.ridge,
            "near_scenes": self.closed.near,
            "best_epochs": epochs,
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
    if len(data.train.product) >= MANY:
        config = replace(config, dropout=config.dropout / 2)
    progress("closed form", 0, 1)
    shares = SHARES if config.near_scenes else (0.0,)
    closed = fit_closed_form(data, config.embedding, shares=shares)
    progress("closed form", 1, 1)
    tried = [_network(data, validation, sizes, config, work / "network-0", 0, progress)]
    count = _how_many(data, config, tried[0], closed)
    tried += [_network(data, validation, sizes, config, work / f"network-{i}", i, progress) for i in range(1, count)]
    start = Weights()
    if len(validation.product):
        right = float(np.mean([_validated(network) for network in tried]))
        start = start._replace(closed_form=strength(closed.accuracy), networks=strength(right))
    weights = weigh(data, validation, closed.look, _models(tried), config.embedding, config.seed, start)
    chosen = assemble(data, closed.look, _models(tried), config.embedding, weights)
    if not len(validation.product):
        return Default(chosen, data, chosen, closed, tried)
    whole = ContrastData(
        data.features, np.sort(np.concatenate([data.rows, validation.pair])), data.device, cropped=config.cropped
    )
    final = fit_closed_form(whole, config.embedding, (closed.ridge,), (closed.near,))
    epochs = common_epochs([network.history for network in tried], config.fewest)
    short = replace(config, epochs=epochs, cooling=COOLING)
    again = [_network(whole, whole.none(), sizes, short, work / f"again-{i}", i, progress) for i in range(count)]
    learned = assemble(whole, final.look, _models(again), config.embedding, weights)
    return Default(learned, whole, chosen, closed, tried)


def _how_many(data: ContrastData, config: TrainConfig, first: Trained[ContrastiveLook], closed: ClosedForm) -> int:
    """Choose how many networks to train: one of many pairs, and one where it is no better than the closed form."""
    worse = _validated(first) is not None and _validated(first) < closed.accuracy
    return 1 if worse or len(data.train.product) >= MANY else config.networks


def _validated(network: Trained[ContrastiveLook]) -> Any:
    return network.history[network.best_epoch - 1]["validation_accuracy"]


def common_epochs(histories: Sequence[Sequence[Mapping[str, Any]]], fewest: int) -> int:
    """Choose how long to train again: where the mean validation accuracy of all networks, over 3 epochs, is highest.

    One network's best epoch is mostly luck where validation pairs are few. At least `fewest`, or as many as were tried.
    """
    length = min(len(history) for history in histories)
    curve = np.mean([[epoch["validation_accuracy"] for epoch in history[:length]] for history in histories], axis=0)
    padded = np.pad(curve, 1, mode="edge")
    smooth = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    return max(int(np.argmax(smooth)) + 1, min(fewest, length))


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
