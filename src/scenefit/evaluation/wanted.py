"""Whether a model knows which category a scene wants: that of the product that was taken out of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenefit.evaluation.metrics import place, top_k
from scenefit.evaluation.protocol import Bench
from scenefit.model.folder import Model
from scenefit.types import Doubles, Ints

FREQUENT = "most frequent category"
CHUNK = 512


def measure_wanted(model: Model, bench: Bench) -> dict[str, Any] | None:
    """Measure the probabilities that a model gives to the categories of the pairs; None where it gives none.

    The baseline gives every scene the frequencies of the model's categories among the dataset's training pairs, one
    pair more of each.

    Returns:
        `n` pairs; `top_1` and `top_3`, the share whose category is the most wanted or among the first three;
        `log_loss`, the mean of -log(probability); and the same of the `baselines`.
    """
    table, rows = bench.features.scenes, bench.feature_rows
    parts = [model.wanted(table.read("pooled", rows[start : start + CHUNK])) for start in range(0, len(rows), CHUNK)]
    given = [part for part in parts if part is not None]
    if len(given) < len(parts):
        return None
    pairs = bench.features.dataset.pairs
    category = np.array([model.category_row(name) for name in pairs["category"][bench.pairs]])
    training = [name for name in pairs["category"][pairs["split"] == "train"] if name in model.categories]
    counts = np.bincount([model.category_row(name) for name in training], minlength=len(model.categories)) + 1
    frequent = np.tile(counts / counts.sum(), (len(rows), 1))
    return {
        "n": len(rows),
        **_figures(bench, np.concatenate(given).astype(np.float64), category),
        "baselines": {FREQUENT: _figures(bench, frequent, category)},
    }


def _figures(bench: Bench, probabilities: Doubles, category: Ints) -> dict[str, Any]:
    """Give the figures of probabilities (N, K) of which one category (N,) is right."""
    others = np.arange(probabilities.shape[1]) != category[:, None]
    placing = place(-probabilities, category, others)
    values = {"top_1": top_k(placing, 1), "top_3": top_k(placing, 3), "log_loss": log_loss(probabilities, category)}
    return {name: bench.bootstrap.estimate(each).as_json() for name, each in values.items()}


def log_loss(probabilities: Doubles, category: Ints) -> Doubles:
    """Give -log of the probability (N, K) of the right category (N,); shape (N,), at most 87.3, a float32's limit.

    >>> log_loss(np.array([[0.5, 0.5]]), np.array([1])).round(3).tolist()
    [0.693]
    """
    right = probabilities[np.arange(len(category)), category]
    return np.asarray(-np.log(right.clip(min=np.finfo(np.float32).tiny)))
