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
        return self.ratio(values, np.ones(len(values)), chosen)

    def ratio(self, above: Doubles, below: Doubles, chosen: Ints | None = None) -> Estimate:
        """Estimate the mean of `above` over the mean of `below`, both (N,), `below` not negative; `chosen` as above."""
        rows = np.arange(len(above)) if chosen is None else chosen
        with np.errstate(invalid="ignore"):
            value = np.float64(above[rows].sum()) / below[rows].sum()
        return interval_of(value, self._ratios(above, below, rows))

    def difference(self, values: Doubles, first: Ints, second: Ints) -> Estimate:
        """Estimate the mean of values (N,) over the rows `first`, minus that over `second`; they may share scenes."""
        if not (len(first) and len(second)):
            return interval_of(float("nan"), np.empty(0))
        ones = np.ones(len(values))
        draws = self._ratios(values, ones, first) - self._ratios(values, ones, second)
        return interval_of(values[first].mean() - values[second].mean(), draws)

    def sums(self, values: Doubles) -> Doubles:
        """Sum values (N, E) over the pairs of each draw; shape (draws, E)."""
        scenes = np.zeros((self._weights.shape[1], values.shape[1]))
        np.add.at(scenes, self._group, values)
        return np.asarray(self._weights @ scenes)

    def _ratios(self, above: Doubles, below: Doubles, rows: Ints) -> Doubles:
        scenes = self._weights.shape[1]
        over, under = (
            self._weights @ np.bincount(self._group[rows], values[rows], minlength=scenes) for values in (above, below)
        )
        with np.errstate(invalid="ignore"):
            return np.asarray(over / under)  # NaN where no row was drawn


def interval_of(value: float, draws: Doubles) -> Estimate:
    """Give the percentile interval of the draws that are numbers; NaN throughout where the value is none."""
    numbers = draws[~np.isnan(draws)]
    if math.isnan(value):
        return Estimate(float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(numbers, [0.025, 0.975])
    return Estimate(float(value), float(low), float(high))
