"""Where a method fails, in a comparison's report: its figures by what it was given."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from scenefit.compare.results import METRICS, Runs
from scenefit.data.removal import remove_products
from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.evaluation.text import interval
from scenefit.pages.comparison.markup import percent, table
from scenefit.pages.comparison.parts import Compared
from scenefit.types import Bools, Doubles

EDGES = (0.0, 0.4, 0.6, 0.8, 1.0)


def failures_table(compared: Compared, name: str) -> str:
    """Write a method's figures by seen and unseen products and by how much of the scene was left to it."""
    runs = compared.runs[name]
    bootstrap = SceneBootstrap(compared.dataset.pair_scene[runs.pairs], 0)
    accuracy, first_ten = (runs.mean(METRICS[metric]) for metric in ("binary_accuracy", "top_10"))
    worst = accuracy <= np.quantile(accuracy, 0.1)
    body = []
    for what, chosen in groups(runs, compared.dataset.boxes[runs.pairs]).items():
        rows = np.flatnonzero(chosen)
        told = [interval(bootstrap.estimate(values, rows).as_json()) for values in (accuracy, first_ten)]
        share = percent(float(worst[rows].mean()) if len(rows) else None)
        body.append((what, f"{len(rows):,}", *told, share))
    return table(("", "pairs", "binary accuracy", "top-10", "among the worst tenth"), body, "failures")


def groups(runs: Runs, boxes: Doubles) -> dict[str, Bools]:
    """Tell N pairs apart by what the model was given: whether it knew the product, how much was left of the scene.

    Args:
        runs: the placings of N pairs.
        boxes: shape (N, 4), of their products.

    Returns:
        shape (N,) each, by what to call it, as HTML.
    """
    left, top, right, bottom = remove_products(boxes)[0].T
    share = (right - left) * (bottom - top)
    found = {"all pairs": np.ones_like(runs.seen), "product seen in training": runs.seen, "product unseen": ~runs.seen}
    for low, high in pairwise(EDGES):
        what = f"{low * 100:.0f} to {high * 100:.0f}" if low else f"under {high * 100:.0f}"
        found[f"{what}&nbsp;% of the scene left"] = (share >= low) & ((share < high) | (high == EDGES[-1]))
    return found
