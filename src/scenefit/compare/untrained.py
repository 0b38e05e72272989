"""Methods without training: random, popularity, raw backbone features; the oracle of generated looks."""

from __future__ import annotations

from scenefit.compare.task import Fitted, Task
from scenefit.data.lookbook.truth import read_truth
from scenefit.evaluation.oracle import Oracle
from scenefit.evaluation.protocol import baselines


def fit_random(task: Task) -> Fitted:
    """Rank at random: ties, counted in expectation."""
    return Fitted(baselines(task.bench)["random"])


def fit_popularity(task: Task) -> Fitted:
    """Rank by the number of training pairs."""
    return Fitted(baselines(task.bench)["popularity"])


def fit_raw(task: Task) -> Fitted:
    """Rank by the distance of the pooled backbone features."""
    return Fitted(baselines(task.bench)["raw features"])


def fit_oracle(task: Task) -> Fitted:
    """Rank by the rule that made the looks: the ceiling."""
    return Fitted(Oracle(task.dataset, read_truth(task.dataset), task.bench.pairs))
