"""An epoch of a network of the recipe `default` against the matrix products of its heads (torch)."""

from __future__ import annotations

import time

import torch
from torch import nn

from scenefit.bench.drawn import Drawn
from scenefit.bench.train import Turn
from scenefit.config import TrainConfig, recipe
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.heads import Sizes
from scenefit.training.contrast import ContrastData, contrast_loss
from scenefit.training.loop import pass_once


def epoch_turn(features: DatasetFeatures, sizes: Drawn) -> Turn:
    """Train a new network for one epoch on all pairs, then take the reference."""
    config, data = recipe("default"), ContrastData(features, features.dataset.split_rows("train"))
    inner = Sizes(sizes.pooled, sizes.regions, config.hidden, config.embedding, len(data.categories))
    torch.manual_seed(config.seed)
    model = ContrastiveLook(inner, config.dropout)
    adam = torch.optim.Adam(model.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    start, worked = time.perf_counter(), time.process_time()
    pass_once(model, adam, data, contrast_loss, config, 1)
    seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    facts = {"threads": torch.get_num_threads(), "batch": config.batch_size, "hidden": config.hidden, "CPU, s": cpu}
    return Turn(seconds, heads_alone(inner, sizes, config), facts)


def heads_alone(inner: Sizes, sizes: Drawn, config: TrainConfig) -> float:
    """Time the linear layers of the three heads, forward and backward, on random inputs in memory, batch after batch.

    A batch has as many scenes, products and regions as one of the epoch.
    """
    shapes = (3, inner.pooled), (sizes.grid**2, inner.regions), (sizes.grid**2, inner.regions)  # rows a pair, inputs
    heads = [_linear(inputs, inner) for _, inputs in shapes]
    pieces = max(1, round(sizes.pairs / config.batch_size))
    batches = [len(range(i, sizes.pairs, pieces)) for i in range(pieces)]
    ready = [torch.randn(rows * batches[0], inputs) for rows, inputs in shapes]
    gradients = [torch.randn(len(inputs), inner.embedding) for inputs in ready]
    start = time.perf_counter()
    for batch in batches:
        for (rows, _), head, inputs, gradient in zip(shapes, heads, ready, gradients, strict=True):
            head.zero_grad()
            torch.autograd.backward(head(inputs[: rows * batch]), gradient[: rows * batch])
    return time.perf_counter() - start


def _linear(inputs: int, inner: Sizes) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, inner.hidden), nn.Linear(inner.hidden, inner.embedding))
