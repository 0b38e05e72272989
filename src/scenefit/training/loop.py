"""The training loop: stored features in, trained heads out; resumes after a kill where it stood (torch)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from scenefit import artifacts
from scenefit.config import TrainConfig
from scenefit.data.triplets import NegativeSampler
from scenefit.errors import UsageError
from scenefit.model.network import Batch, Network
from scenefit.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from scenefit.training.history import write_history
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.types import Ints, silent
from scenefit.types import Progress as Tell

M = TypeVar("M", bound=Network)
Numbered = tuple[Ints, Ints]
Loss = Callable[[M, Batch], Tensor]


@dataclass(frozen=True)
class Trained(Generic[M]):
    """What a run gave: the network of the best epoch, and one mapping an epoch."""

    model: M
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
    build: Callable[[], M],
    loss: Loss[M],
    config: TrainConfig,
    work: Path,
    *,
    progress: Tell = silent,
) -> Trained[M]:
    """Train a network with a loss of triplets; stop early on the validation pairs where there are any.

    The validation accuracy is the share of fixed, seeded triplets whose positive is nearer. A checkpoint after every
    epoch in the folder `work` lets the same call go on after a kill, to the same result.
    """
    torch.manual_seed(config.seed)
    model = build().to(data.device)
    adam = torch.optim.Adam(model.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    run = _fingerprint(data, validation, model, config)
    state = load_checkpoint(work / "checkpoint.safetensors", run, model, adam)
    for epoch in range(len(state.history) + 1, config.epochs + 1):
        if len(validation.product) and state.best_epoch and epoch - 1 - state.best_epoch >= config.patience:
            break
        mean = pass_once(model, adam, data, loss, config, epoch)
        accuracy = _accuracy(model, data, validation, config) if len(validation.product) else None
        state.history.append({"epoch": epoch, "loss": mean, "validation_accuracy": accuracy})
        if epoch >= min(config.fewest, config.epochs):
            _keep_best(state, model, epoch, accuracy)
        save_checkpoint(work / "checkpoint.safetensors", run, model, adam, state)
        write_history(work / "history.jsonl", state.history)
        progress("epochs", epoch, config.epochs)
    model.load_state_dict(state.best_weights)
    return Trained(model.cpu().eval(), state.history, state.best_epoch)


def _fingerprint(data: TripletData, validation: SplitPairs, model: Network, config: TrainConfig) -> str:
    """Name a run by all that its result depends on."""
    pairs = [array.tobytes().hex() for part in (data.train, validation) for array in (part.feature, part.product)]
    parents = [data.features.dataset.fingerprint, data.features.store.fingerprint]
    return artifacts.fingerprint([config.as_json(), parents, type(model).__qualname__, pairs])


def _keep_best(state: Progress, model: Network, epoch: int, accuracy: float | None) -> None:
    value = float(epoch) if accuracy is None else accuracy
    if value > state.best_value:
        state.best_epoch, state.best_value = epoch, value
        state.best_weights = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}


def pass_once(
    model: M, adam: torch.optim.Adam, data: TripletData, loss: Loss[M], config: TrainConfig, epoch: int
) -> float:
    """Pass once over the pairs with fresh negatives; the draws depend on seed and epoch alone."""
    for group in adam.param_groups:
        group["lr"] = learning_rate(config, epoch)
    rng = np.random.default_rng([config.seed, epoch])
    torch.manual_seed(int(rng.integers(2**62)))
    order = rng.permutation(len(data.train.product))
    total = 0.0
    model.train()
    for rows, negatives in _batches(data.train, order, data.train_sampler, config.batch_size, rng):
        adam.zero_grad()
        cost = loss(model, data.batch(data.train, rows, negatives))
        cost.backward()  # type: ignore[no-untyped-call]
        adam.step()
        total += float(cost.detach()) * len(rows)
    return total / len(order)


def learning_rate(config: TrainConfig, epoch: int) -> float:
    """Give the learning rate of an epoch, counted from 1.

    >>> [learning_rate(TrainConfig(learning_rate=1.0, epochs=5, cooling=4), epoch) for epoch in range(1, 6)]
    [1.0, 0.8, 0.6, 0.4, 0.2]
    """
    return config.learning_rate * min(1.0, (config.epochs - epoch + 1) / (config.cooling + 1))


def _batches(
    pairs: SplitPairs, order: Ints, sampler: NegativeSampler, size: int, rng: np.random.Generator
) -> Iterator[Numbered]:
    """Give (rows, negatives) of nearly equal batches, so that none is left with a single pair."""
    negatives = sampler.draw(pairs.scene[order], pairs.product[order], rng)
    pieces = max(1, round(len(order) / size))
    yield from zip(np.array_split(order, pieces), np.array_split(negatives, pieces), strict=True)


@torch.no_grad()
def _accuracy(model: Network, data: TripletData, pairs: SplitPairs, config: TrainConfig) -> float:
    """Share of the validation triplets whose positive is nearer; the triplets are the same every time."""
    model.eval()
    n, k = len(pairs.product), config.validation_negatives
    rng = np.random.default_rng([config.seed, 0])
    negatives = data.catalog_sampler.draw(np.repeat(pairs.scene, k), np.repeat(pairs.product, k), rng).reshape(n, k)
    candidates = torch.from_numpy(np.concatenate([pairs.product[:, None], negatives], axis=1)).to(data.device)
    products = model.embed(data.products)
    right = 0
    for rows in np.array_split(np.arange(n), -(-n // 256)):
        scenes = data.scenes(pairs.feature[rows], pairs.product[rows])
        distances = model.distances(*scenes, products[candidates[rows]])  # (B, 1 + k)
        right += int((distances[:, :1] < distances[:, 1:]).sum())
    return right / (n * k)
