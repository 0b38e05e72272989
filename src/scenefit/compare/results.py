"""Placings of all runs become figures: means over seeds with intervals over scenes, and paired differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from scenefit.compare.record import PLACINGS, Record
from scenefit.compare.task import Method
from scenefit.data.dataset import Dataset
from scenefit.errors import DataError
from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.evaluation.metrics import Placing, binary_accuracy, reciprocal_rank, top_k, top_percent
from scenefit.evaluation.protocol import TOP_K, TOP_PERCENT
from scenefit.types import Bools, Doubles, Ints, Table

Metric = Callable[[Placing], Doubles]


def _top(k: int) -> Metric:
    return lambda placing: top_k(placing, k)


def _top_percent(percent: float) -> Metric:
    return lambda placing: top_percent(placing, percent)


METRICS: Mapping[str, Metric] = {
    "binary_accuracy": binary_accuracy,
    **{f"top_{k}": _top(k) for k in TOP_K},
    **{f"top_{percent}_percent": _top_percent(percent) for percent in TOP_PERCENT},
    "mrr": reciprocal_rank,
}
UNSEEN = "unseen_products"
PAIRED = ("binary_accuracy", "top_10", UNSEEN)
"""What is given the differences of for every two methods: metrics, and the binary accuracy on unseen products."""
CURVE = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)


@dataclass(frozen=True)
class Runs:
    """The placings of one method, "ranked" or "reported": (S, N) for S seeds and N pairs in ascending order."""

    pairs: Ints
    seen: Bools
    placing: Placing

    def mean(self, metric: Metric) -> Doubles:
        """Give a metric of each pair, the mean over the seeds; shape (N,)."""
        return np.asarray(self.by_seed(metric).mean(axis=0))

    def by_seed(self, metric: Metric) -> Doubles:
        """Give a metric of each pair with each seed; shape (S, N)."""
        shape = self.placing.better.shape
        return metric(Placing(*(column.ravel() for column in self.placing))).reshape(shape)


def runs_of(records: Sequence[Record], measure: str) -> dict[str, Runs]:
    """Gather records by method; the folds of a seed are joined.

    Raises:
        DataError: two seeds of a method did not rank the same pairs.

    """
    parts: dict[str, dict[int, list[Table]]] = {}
    for record in records:
        chosen = record.placings["measure"] == measure
        if chosen.any():
            rows = {name: column[chosen] for name, column in record.placings.items()}
            parts.setdefault(record.method, {}).setdefault(record.seed, []).append(rows)
    return {method: _join(method, list(seeds.values())) for method, seeds in parts.items()}


def _join(method: str, seeds: Sequence[Sequence[Table]]) -> Runs:
    tables = []
    for folds in seeds:
        table = {name: np.concatenate([fold[name] for fold in folds]) for name in PLACINGS}
        order = np.argsort(table["pair"], kind="stable")
        tables.append({name: column[order] for name, column in table.items()})
    first = tables[0]
    if any(not np.array_equal(table["pair"], first["pair"]) for table in tables):
        raise DataError(f"the seeds of {method} did not rank the same pairs; remove its runs and compare again")
    placing = Placing(*(np.stack([table[name] for table in tables]) for name in Placing._fields))
    return Runs(first["pair"], first["seen"].astype(np.bool_), placing)


def figures(runs: Runs, dataset: Dataset) -> dict[str, Any]:
    """Give every figure of one method with its interval: over all pairs, seen and unseen products, by category."""
    bootstrap = SceneBootstrap(dataset.pair_scene[runs.pairs], 0)
    names = dataset.pairs["category"][runs.pairs]

    def part(chosen: Bools | None = None) -> dict[str, Any]:
        rows = None if chosen is None else np.flatnonzero(chosen)
        n = len(runs.pairs) if rows is None else len(rows)
        values = {name: bootstrap.estimate(runs.mean(metric), rows).as_json() for name, metric in METRICS.items()}
        return {"n": n, **values}

    return {
        **part(),
        "by_seed": [round(float(value), 6) for value in runs.by_seed(binary_accuracy).mean(axis=1)],
        "seen_products": part(runs.seen),
        "unseen_products": part(~runs.seen),
        "by_category": {str(name): part(names == name) for name in np.unique(names.astype(str))},
        "curve": {str(k): bootstrap.estimate(runs.mean(_top(k))).as_json() for k in CURVE},
    }


def differences(all_runs: Mapping[str, Runs], dataset: Dataset) -> dict[str, Any]:
    """Give, for every two methods that ranked the same pairs, the first minus the second, paired by pair.

    Returns:
        by metric, then by method, then by the other method: value, low, high.

    """
    result: dict[str, Any] = {metric: {name: {} for name in all_runs} for metric in PAIRED}
    for one, other in permutations(all_runs, 2):
        left, right = all_runs[one], all_runs[other]
        if not np.array_equal(left.pairs, right.pairs):
            continue
        bootstrap = SceneBootstrap(dataset.pair_scene[left.pairs], 0)
        for metric in PAIRED:
            measure = METRICS["binary_accuracy" if metric == UNSEEN else metric]
            chosen = np.flatnonzero(~left.seen) if metric == UNSEEN else None
            result[metric][one][other] = bootstrap.estimate(left.mean(measure) - right.mean(measure), chosen).as_json()
    return result


def comparison(dataset: Dataset, methods: Sequence[Method], records: Sequence[Record]) -> dict[str, Any]:
    """Give the whole comparison as JSON: the figures of each method, the differences, the runs' facts."""
    ranked, reported = runs_of(records, "ranked"), runs_of(records, "reported")
    return {
        "methods": {
            method.name: {
                "what": method.what,
                "searchable": method.searchable,
                "ranked": figures(ranked[method.name], dataset) if method.name in ranked else None,
                "reported": figures(reported[method.name], dataset) if method.name in reported else None,
                "runs": [{**r.facts, "seed": r.seed, "fold": r.fold} for r in records if r.method == method.name],
            }
            for method in methods
        },
        "differences": differences({m.name: ranked[m.name] for m in methods if m.name in ranked}, dataset),
    }
