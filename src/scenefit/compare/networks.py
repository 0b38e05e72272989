"""Methods that train on triplets: one loop, one way to score (torch)."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import copy
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from scenefit.compare.task import Fitted, Task
from scenefit.config import TrainConfig
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.heads import CompleteTheLook, Sizes
from scenefit.model.network import Batch, Network
from scenefit.training.loop import train
from scenefit.training.triplet_data import TripletData
from scenefit.types import Array, Floats, Ints

M = TypeVar("M", bound=Network)
CHUNK = 64


class NetworkScorer:
    """The distances of a trained network from the scenes of a bench's pairs (their rows), with or without products."""

    def __init__(self, model: Network, data: TripletData, pairs: Ints, cropped: bool = True) -> None:
        self.model, self.data, self.product = model, data, data.features.dataset.pair_product[pairs]
        self.scene_rows = data.features.scene_rows(pairs, cropped)
        with torch.no_grad():
            self.products = model.embed(data.products)

    @torch.no_grad()
    def distances(self, pairs: Ints, products: Ints) -> Array:
        """Compute the distances from the scenes of pairs (B,) to products (P,)."""
        chosen = self.products[torch.from_numpy(products)]
        parts = (pairs[start : start + CHUNK] for start in range(0, len(pairs), CHUNK))
        return np.concatenate([self.score(rows, chosen).numpy() for rows in parts])

    def score(self, rows: Ints, products: Tensor) -> Tensor:
        """Compute the distances from the scenes of pairs (B,) to embedded products (K, e)."""
        scenes = self.data.scenes(self.scene_rows[rows], self.product[rows])
        return self.model.distances(*scenes, products)

    @torch.no_grad()
    def attention(self) -> Floats | None:
        """Give where the model looks in the scene of each pair (N, R); None where it does not attend by category."""
        if not isinstance(self.model, CompleteTheLook):
            return None
        parts = []
        for rows in np.array_split(np.arange(len(self.product)), -(-len(self.product) // CHUNK)):
            _, regions, category = self.data.scenes(self.scene_rows[rows], self.product[rows])
            parts.append(self.model.look(regions, category[:, None])[1][:, 0].numpy())
        return np.concatenate(parts)


def through(data: TripletData, features: DatasetFeatures) -> TripletData:
    """Give the same triplets seen through other features."""
    other = copy(data)
    other.features = features
    return other


def sizes_of(data: TripletData, task: Task, config: TrainConfig) -> Sizes:
    """Give the sizes of a network on a task's features."""
    backbone = task.backbone
    return Sizes(backbone.pooled_size, backbone.region_size, config.hidden, config.embedding, len(data.categories))


def fit_network(
    task: Task,
    config: TrainConfig,
    build: Callable[[Sizes], M],
    loss: Callable[[M, Batch], Tensor],
    *,
    features: DatasetFeatures | None = None,
    triplets: type[TripletData] = TripletData,
) -> tuple[M, TripletData, dict[str, Any]]:
    """Train a network on the training pairs, stopping early on the validation pairs.

    `features` stand in for those of the task, and `triplets` draws the negatives, where a method wants others.
    """
    start = time.perf_counter()
    config = task.settings(config)
    data = triplets(features or task.features, task.rows("train"), cropped=config.cropped)
    sizes = sizes_of(data, task, config)
    trained = train(data, data.validation(task.rows("val")), lambda: build(sizes), loss, config, task.work)
    facts = {
        "epochs": len(trained.history),
        "best_epoch": trained.best_epoch,
        "validation_accuracy": trained.history[trained.best_epoch - 1]["validation_accuracy"],
        "seconds": round(time.perf_counter() - start, 1),
    }
    return trained.model, data, facts


def fitted(task: Task, config: TrainConfig, build: Callable[[Sizes], M], loss: Callable[[M, Batch], Tensor]) -> Fitted:
    """Train a network and score with it as it is."""
    model, data, facts = fit_network(task, config, build, loss)
    scorer = NetworkScorer(model, data, task.bench.pairs)
    return Fitted(scorer, attention=scorer.attention(), facts=facts)
