"""How true the probabilities of a model are, on the pairs of a split and their eligible negatives.

Each pair weighs as much as all its negatives together, as when the calibration was fitted: one to one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.evaluation.judged import Judged, calibration_error, error_by_chance
from scenefit.evaluation.protocol import Bench, ModelScorer
from scenefit.model.calibration import PLAIN, Calibration, Curve
from scenefit.model.calibration_fit import Sample
from scenefit.model.reliability import equal_mass_edges
from scenefit.types import Bools, Doubles, Ints


def measure_calibration(bench: Bench, scorer: ModelScorer, calibration: Calibration) -> dict[str, Any]:
    """Measure the probabilities of a calibrated model.

    Returns:
        "calibration_error", "brier", "accuracy" (told right at even odds) with their intervals, and "reliability", the
        bins from the lowest probability on; "plain", the same of the relative distance read as it is, without
        calibration; "by_chance", the calibration error that true probabilities would show; "by_category".
    """
    judged = judge(bench, scorer, calibration, calibration.curves)
    plain = judge(bench, scorer, calibration, dict.fromkeys(calibration.curves, PLAIN))
    names = bench.features.dataset.pairs["category"][bench.pairs]
    return {
        **_summary(judged, bench.bootstrap),
        "by_chance": error_by_chance(judged, bench.seed),
        "plain": _summary(plain, bench.bootstrap),
        "by_category": {
            name: _category(judged, bench.bootstrap, np.flatnonzero(names == name), calibration.curves[name])
            for name in np.unique(names)
        },
    }


def judge(bench: Bench, scorer: ModelScorer, calibration: Calibration, curves: Mapping[str, Curve]) -> Judged:
    """Judge what curves, by category, make of the relative distances; in bins of about equal weight."""
    samples = [
        Sample.of(probabilities[np.arange(len(rows)), positive], probabilities, eligible)
        for rows, probabilities, positive, eligible in _parts(bench, scorer, calibration, curves)
    ]
    whole = Sample.together(samples)
    edges = equal_mass_edges(whole.distances, whole.weights)
    return Judged.put(
        (rows, Judged.of(probabilities, positive, eligible, edges))
        for rows, probabilities, positive, eligible in _parts(bench, scorer, calibration, curves)
    )


def _parts(
    bench: Bench, scorer: ModelScorer, calibration: Calibration, curves: Mapping[str, Curve]
) -> Iterator[tuple[Ints, Doubles, Ints, Bools]]:
    """Give rows of the bench's pairs with their probabilities, the column of the positive, and what is eligible."""
    category = bench.features.dataset.products["category"]
    for products, rows in bench.by_category():
        curve = curves[str(category[products[0]])]
        yield rows, curve(scorer.relative_distances(rows, products, calibration)), *bench.truth(products, rows)


def _summary(judged: Judged, bootstrap: SceneBootstrap) -> dict[str, Any]:
    return {
        "calibration_error": calibration_error(judged, bootstrap).as_json(),
        "brier": bootstrap.estimate(judged.brier).as_json(),
        "accuracy": bootstrap.estimate(judged.right).as_json(),
        "reliability": _bins(judged, bootstrap),
    }


def _category(judged: Judged, bootstrap: SceneBootstrap, rows: Ints, curve: Curve) -> dict[str, Any]:
    return {
        "n": len(rows),
        "accuracy": bootstrap.estimate(judged.right, rows).as_json(),
        "brier": bootstrap.estimate(judged.brier, rows).as_json(),
        "threshold": curve.threshold,
    }


def _bins(judged: Judged, bootstrap: SceneBootstrap) -> list[dict[str, Any]]:
    total = judged.weight.sum()
    return [
        {
            "weight": float(weight.sum() / total),
            "probability": float(probability.sum() / weight.sum()),
            "share": bootstrap.ratio(positive, weight).as_json(),
        }
        for weight, probability, positive in zip(judged.weight.T, judged.probability.T, judged.positive.T, strict=True)
        if weight.any()
    ]
