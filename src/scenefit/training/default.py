"""The recipe `default`: a closed form, a network trained by contrast, and what is known of products, joined (torch)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.config import TrainConfig
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.heads import Sizes
from scenefit.training.closed_form import ClosedForm, fit_closed_form
from scenefit.training.contrast import ContrastData
from scenefit.training.contrast_networks import Runs, models, train_networks, validated
from scenefit.training.joining import Learned, Weights, assemble, strength, weigh
from scenefit.training.loop import Trained
from scenefit.training.triplet_data import SplitPairs
from scenefit.types import Progress, silent


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
    runs = Runs(sizes, work, progress)
    networks, config = train_networks(data, validation, config, closed.accuracy, runs)
    start = Weights()
    if len(validation.product):
        right = float(np.mean([validated(network) for network in networks]))
        start = start._replace(closed_form=strength(closed.accuracy), networks=strength(right))
    weights = weigh(data, validation, closed.look, models(networks), config.embedding, config.seed, start)
    chosen = assemble(data, closed.look, models(networks), config.embedding, weights)
    if not len(validation.product):
        return Default(chosen, data, chosen, closed, networks)
    whole = ContrastData(
        data.features, np.sort(np.concatenate([data.rows, validation.pair])), data.device, cropped=config.cropped
    )
    final = fit_closed_form(whole, config.embedding, (closed.ridge,), (closed.near,))
    again = [runs.train(whole, whole.none(), config, f"again-{i}", i) for i in range(len(networks))]
    learned = assemble(whole, final.look, models(again), config.embedding, weights)
    return Default(learned, whole, chosen, closed, networks)
