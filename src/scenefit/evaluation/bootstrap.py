"""Intervals: the bootstrap over scenes, since the pairs of one scene are not independent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scenefit.types import Doubles, Ints

DRAWS = 1000


@dataclass(frozen=True)
class Estimate:
    """A mean with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float | None]:
        """Give the three numbers by name; None where there was nothing to estimate from."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {name: None if math.isnan(number) else number for name, number in numbers.items()}

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class SceneBootstrap:
    """Percentile intervals from resampled scenes; the same draws for every metric, so differences are paired.

    Args:
        scenes: shape (N,), the scene of each pair.
        seed: of the draws.
    """

    def __init__(self, scenes: Ints, seed: int, draws: int = DRAWS) -> None:
        names, self._group = np.unique(scenes, return_inverse=True)
        rng = np.random.default_rng(seed)
        n = len(names)
        self._weights = rng.multinomial(n, np.full(n, 1 / n), size=draws) if n else np.empty((draws, 0))  # (draws, S)

    def estimate(self, values: Doubles, chosen: Ints | None = None) -> Estimate:
        """Estimate the mean of values (N,), over all pairs or the `chosen` rows.

        Draws without any of the chosen pairs are left out; with no pair at all everything is NaN.
        """
        rows = np.arange(len(values)) if chosen is None else chosen
        if not len(rows):
            return Estimate(float("nan"), float("nan"), float("nan"))
        scenes = self._weights.shape[1]
        totals = self._weights @ np.bincount(self._group[rows], values[rows], minlength=scenes)
        counts = self._weights @ np.bincount(self._group[rows], minlength=scenes)
        means = totals[counts > 0] / counts[counts > 0]
        low, high = np.quantile(means, [0.025, 0.975])
        return Estimate(float(values[rows].mean()), float(low), float(high))
