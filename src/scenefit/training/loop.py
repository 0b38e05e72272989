"""The training loop: stored features in, trained heads out; resumes after a kill where it stood (torch)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scenefit import artifacts
from scenefit.config import TrainConfig
from scenefit.data.triplets import NegativeSampler
from scenefit.errors import UsageError
from scenefit.model.compatibility import distance
from scenefit.model.heads import CompleteTheLook, Sizes
from scenefit.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from scenefit.training.history import write_history
from scenefit.training.loss import triplet_loss
from scenefit.training.triplet_data import Batch, SplitPairs, TripletData
from scenefit.types import Ints, silent
from scenefit.types import Progress as Tell

Numbered = tuple[Ints, Ints]


@dataclass(frozen=True)
class Trained:
    """What a run gave: the heads of the best epoch, and one mapping an epoch."""

    model: CompleteTheLook
    history: list[dict[str, Any]]
    best_epoch: int


def pick_device(name: str) -> torch.device:
    """Choose `cpu`, `cuda`, or with `auto` the better of what is there.

    Raises:
        UsageError: an unknown name, or no CUDA device where one was asked for.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise UsageError(f"got --device {name!r}; expected auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("got --device cuda, but torch sees no CUDA device; use --device cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def train(
    data: TripletData,
    validation: SplitPairs,
    sizes: Sizes,
    config: TrainConfig,
    work: Path,
    *,
    progress: Tell = silent,
) -> Trained:
    """Train the heads with the triplet loss; stop early on the validation pairs where there are any.

    The validation accuracy is the share of fixed, seeded triplets whose positive is nearer. A checkpoint after every
    epoch in the folder `work` lets the same call go on after a kill, to the same result.
    """
    torch.manual_seed(config.seed)
    model = CompleteTheLook(sizes, config.dropout).to(data.device)
    adam = torch.optim.Adam(model.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    run = artifacts.fingerprint([config.as_json(), data.features.dataset.fingerprint, data.features.store.fingerprint])
    state = load_checkpoint(work / "checkpoint.safetensors", run, model, adam)
    for epoch in range(len(state.history) + 1, config.epochs + 1):
        if len(validation.product) and epoch - 1 - state.best_epoch >= config.patience:
            break
        loss = _epoch(model, adam, data, config, epoch)
        accuracy = _accuracy(model, data, validation, config) if len(validation.product) else None
        state.history.append({"epoch": epoch, "loss": loss, "validation_accuracy": accuracy})
        _keep_best(state, model, epoch, accuracy)
        save_checkpoint(work / "checkpoint.safetensors", run, model, adam, state)
        write_history(work / "history.jsonl", state.history)
        progress("epochs", epoch, config.epochs)
    model.load_state_dict(state.best_weights)
    return Trained(model.cpu().eval(), state.history, state.best_epoch)


def _keep_best(state: Progress, model: CompleteTheLook, epoch: int, accuracy: float | None) -> None:
    value = float(epoch) if accuracy is None else accuracy
    if value > state.best_value:
        state.best_epoch, state.best_value = epoch, value
        state.best_weights = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}


def _epoch(model: CompleteTheLook, adam: torch.optim.Adam, data: TripletData, config: TrainConfig, epoch: int) -> float:
    """Pass once over the pairs with fresh negatives; the draws depend on seed and epoch alone."""
    rng = np.random.default_rng([config.seed, epoch])
    torch.manual_seed(int(rng.integers(2**62)))
    order = rng.permutation(len(data.train.product))
    total = 0.0
    model.train()
    for rows, negatives in _batches(data.train, order, data.train_sampler, config.batch_size, rng):
        adam.zero_grad()
        loss = triplet_loss(*_embed(model, data.batch(data.train, rows, negatives)), config.margin)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        total += float(loss.detach()) * len(rows)
    return total / len(order)


def _batches(
    pairs: SplitPairs, order: Ints, sampler: NegativeSampler, size: int, rng: np.random.Generator
) -> Iterator[Numbered]:
    """Give (rows, negatives) of nearly equal batches, so that none is left with a single pair."""
    negatives = sampler.draw(pairs.scene[order], pairs.product[order], rng)
    pieces = max(1, round(len(order) / size))
    yield from zip(np.array_split(order, pieces), np.array_split(negatives, pieces), strict=True)


@torch.no_grad()
def _accuracy(model: CompleteTheLook, data: TripletData, pairs: SplitPairs, config: TrainConfig) -> float:
    """Share of the validation triplets whose positive is nearer; the triplets are the same every time."""
    model.eval()
    n, k = len(pairs.product), config.validation_negatives
    rng = np.random.default_rng([config.seed, 0])
    negatives = data.catalog_sampler.draw(np.repeat(pairs.scene, k), np.repeat(pairs.product, k), rng).reshape(n, k)
    products = model.embed(data.products)
    right = 0
    for rows in np.array_split(np.arange(n), -(-n // 256)):
        query, positive, _ = _embed(model, data.batch(pairs, rows, pairs.product[rows]))
        negative = products[torch.from_numpy(negatives[rows]).to(products.device)]  # (B, k, d)
        right += int((distance(query, positive)[:, None] < distance(query[:, None], negative)).sum())
    return right / (n * k)


def _embed(model: CompleteTheLook, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    return model.triplets(*batch)
