"""Methods without training: random, popularity, raw backbone features; the oracle of generated looks."""

from __future__ import annotations

from collections.abc import Callable

from scenefit.compare.task import Fitted, Task
from scenefit.data.lookbook.truth import read_truth
from scenefit.evaluation.oracle import Oracle
from scenefit.evaluation.protocol import BASELINES


def baseline(name: str) -> Callable[[Task], Fitted]:
    """Give what ranks as one of `protocol.BASELINES`."""
    build = BASELINES[name]

    def fit(task: Task) -> Fitted:
        return Fitted(build(task.bench))

    return fit


def fit_oracle(task: Task) -> Fitted:
    """Rank by the rule that made the looks: the ceiling."""
    return Fitted(Oracle(task.dataset, read_truth(task.dataset, task.bench.pairs), task.bench.pairs))
