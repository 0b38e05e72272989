"""What a recipe makes, whatever it is: two sides to export, the weights, and what is known of products (torch)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import nn

from scenefit.config import TrainConfig
from scenefit.model.heads import CompleteTheLook, ProductSide, SceneSide, Sizes
from scenefit.model.joined import JoinedProduct, JoinedScene
from scenefit.training.contrast import ContrastData
from scenefit.training.default import Default, fit_default
from scenefit.training.joining import Learned
from scenefit.training.loop import Trained, train
from scenefit.training.loss import triplet_loss
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.types import Doubles, Floats, Ints, Progress

DEFAULT = "default"


@dataclass(frozen=True)
class Made:
    """A model in parts.

    Attributes:
        whole: all that has weights.
        scene: reads `scene_inputs` in their order, gives queries and attention.
        product: reads `product_inputs`, gives vectors.
        history: one mapping an epoch of the network.
        best_epoch: the epoch that was kept.
        memory: shape (S, d), float32, of the S products of the pool; None where nothing is remembered.
        prior: shape (S,); None for none.
        facts: what else the recipe says of itself.
        pool: shape (S,), rows of the products that it saw; None for the pool of the training pairs.
        chosen: a model of the same kind that has not seen the validation pairs, for probabilities; None where this one
            has not.
    """

    whole: nn.Module
    scene: nn.Module
    scene_inputs: tuple[str, ...]
    product: nn.Module
    product_inputs: tuple[str, ...]
    history: list[dict[str, Any]]
    best_epoch: int
    memory: Floats | None = None
    prior: Doubles | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    pool: Ints | None = None
    chosen: Made | None = None


def triplets_for(recipe: str) -> type[TripletData]:
    """Name the kind of batches that a recipe learns from."""
    return ContrastData if recipe == DEFAULT else TripletData


def make(
    data: TripletData, validation: SplitPairs, sizes: Sizes, config: TrainConfig, work: Path, progress: Progress
) -> Made:
    """Follow a recipe; a call that was stopped goes on where it stood in the folder `work`."""
    if isinstance(data, ContrastData):
        return _make_default(data, validation, sizes, config, work, progress)
    return made_paper(
        train(
            data,
            validation,
            lambda: CompleteTheLook(sizes, config.dropout),
            lambda model, batch: triplet_loss(*model.triplets(*batch[:5]), config.margin),
            config,
            work,
            progress=progress,
        )
    )


def made_paper(trained: Trained[CompleteTheLook]) -> Made:
    """Make a model of the trained network of the paper alone."""
    model = trained.model
    sides = SceneSide(model), ("pooled", "regions"), ProductSide(model), ("pooled",)
    return Made(model, *sides, trained.history, trained.best_epoch)


def _make_default(
    data: ContrastData, validation: SplitPairs, sizes: Sizes, config: TrainConfig, work: Path, progress: Progress
) -> Made:
    fitted = fit_default(data, validation, sizes, config, work, progress=progress)
    chosen = _joined(fitted, fitted.chosen, data)
    return (
        chosen
        if fitted.chosen is fitted.learned
        else replace(_joined(fitted, fitted.learned, fitted.data), chosen=chosen)
    )


def _joined(fitted: Default, learned: Learned, data: ContrastData) -> Made:
    halves = data.features.scene_features(data.train.feature[:1]).halves.shape[1] > 0
    inputs = ("pooled", "regions", "halves") if halves else ("pooled", "regions")
    sides = JoinedScene(learned.look), inputs, JoinedProduct(learned.look), ("pooled", "statistics")
    history, best = fitted.networks[0].history, fitted.networks[0].best_epoch
    return Made(learned.look, *sides, history, best, learned.memory, learned.prior, fitted.facts(), data.pool)
