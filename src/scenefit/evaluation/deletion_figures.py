"""The figures of deletion and insertion: curves, the areas under them, and attention against every other order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.types import Doubles, Ints

MODES = ("deletion", "insertion")
MEASURES = ("binary_accuracy", "margin", "agreement", "distance")


def deletion_figures(
    curves: Doubles, shares: Doubles, orders: Sequence[str], scenes: Ints, *, seed: int = 0
) -> dict[str, Any]:
    """Sum up the curves of N pairs.

    Args:
        curves: shape (N, measures, 2, orders, K): each of `MEASURES` in both `MODES` at each step.
        shares: shape (K,), the share of the cells that each step takes, from 0 to 1, ascending.
        orders: their names; every other one is set against the first.
        scenes: shape (N,), the scene of each pair, for the intervals.
        seed: of the bootstrap over scenes.

    Returns:
        by mode, by measure, by order: `curve` (K means), `area` (value, low, high), and of all but the first
        order `first_minus`, the area under the first order's curve minus that under this one's, paired.
    """
    bootstrap = SceneBootstrap(scenes, seed)
    means, areas = curves.mean(axis=0), area(curves, shares)

    def order(measure: int, mode: int, row: int) -> dict[str, Any]:
        own, first = areas[:, measure, mode, row], areas[:, measure, mode, 0]
        found = {"curve": means[measure, mode, row].tolist(), "area": bootstrap.estimate(own).as_json()}
        return {**found, **({"first_minus": bootstrap.estimate(first - own).as_json()} if row else {})}

    return {
        mode: {
            measure: {name: order(i, j, row) for row, name in enumerate(orders)} for i, measure in enumerate(MEASURES)
        }
        for j, mode in enumerate(MODES)
    }


def area(curves: Doubles, shares: Doubles) -> Doubles:
    """Give the area under curves (..., K) over shares (K,), by trapezoids: the mean height of each.

    >>> area(np.array([1.0, 0.5, 0.0]), np.array([0.0, 0.2, 1.0])).round(3).tolist()
    0.35
    """
    return np.asarray((curves[..., 1:] + curves[..., :-1]) / 2 @ np.diff(shares))
