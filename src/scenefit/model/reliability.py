"""How far probabilities are from what came true: bins of equal weight, and the expected calibration error."""

from __future__ import annotations

import numpy as np

from scenefit.types import Array, Doubles, Ints

BINS = 10


def equal_mass_edges(values: Array, weights: Doubles, bins: int = BINS) -> Doubles:
    """Give the inner edges of bins that weigh about the same; equal values share a bin, so there may be fewer.

    Args:
        values: shape (M,), at least one.
        weights: shape (M,), above 0.
        bins: at most so many.

    Returns:
        shape (E,), ascending, E < bins; see `bin_of`.

    >>> equal_mass_edges(np.array([0.4, 0.1, 0.3, 0.2]), np.ones(4), 2).tolist()
    [0.3]
    """
    order = np.argsort(values, kind="stable")
    until = np.cumsum(weights[order])
    places = np.searchsorted(until - weights[order], until[-1] * np.arange(1, bins) / bins)
    return np.unique(np.asarray(values, np.float64)[order][places.clip(max=len(values) - 1)])


def bin_of(values: Array, edges: Doubles) -> Ints:
    """Give the bin of each value, 0 .. E; a value on an edge is in the bin above it."""
    return np.searchsorted(edges, values, side="right")


def calibration_error(probabilities: Doubles, positive: Doubles, weights: Doubles, bins: int = BINS) -> float:
    """Give the expected calibration error: sum over the bins of weight * |share of positives - mean probability|.

    Args:
        probabilities: shape (M,), in [0, 1], at least one.
        positive: shape (M,), 1 where it came true and 0 where not.
        weights: shape (M,), above 0.
        bins: of equal weight (Naeini et al. 2015; equal-mass bins after Nixon et al. 2019).

    >>> calibration_error(np.array([0.2, 0.2, 0.8, 0.8]), np.array([0.0, 1.0, 1.0, 1.0]), np.ones(4))
    0.25
    """
    place = bin_of(probabilities, equal_mass_edges(probabilities, weights, bins))
    return float(np.abs(np.bincount(place, weights * (positive - probabilities))).sum() / weights.sum())
