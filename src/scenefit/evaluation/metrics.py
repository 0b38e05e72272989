"""Metrics of one ranking each, exact: ties are counted in expectation over their orders, never resolved by luck.

For a pair with its positive product and E eligible negatives, `better` is the number of negatives that are nearer
and `tied` of those as near. All arrays have shape (N,) for N pairs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scenefit.types import Array, Bools, Doubles, Ints


class Placing(NamedTuple):
    """Where each pair's positive stands: negatives nearer, tied, and eligible; each of shape (N,), int64."""

    better: Ints
    tied: Ints
    eligible: Ints


def place(distances: Array, positive: Ints, eligible: Bools) -> Placing:
    """Count how the positive stands among the eligible negatives.

    Args:
        distances: shape (N, P), smaller is better.
        positive: shape (N,), the column of each positive.
        eligible: shape (N, P), the negatives that count; never the positive itself.

    >>> place(np.array([[0.5, 0.1, 0.5, 0.9]]), np.array([0]), np.array([[False, True, True, True]]))
    Placing(better=array([1]), tied=array([1]), eligible=array([3]))
    """
    own = distances[np.arange(len(distances)), positive][:, None]
    better = ((distances < own) & eligible).sum(axis=1)
    tied = ((distances == own) & eligible).sum(axis=1)
    return Placing(better, tied, eligible.sum(axis=1))


def binary_accuracy(placing: Placing) -> Doubles:
    """Exact expectation, over a uniform eligible negative, that the positive is nearer; a tie counts one half.

    (E - better - tied + tied / 2) / E, the AUC of the query.

    >>> binary_accuracy(Placing(np.array([1]), np.array([2]), np.array([4]))).tolist()
    [0.5]
    """
    return np.asarray((placing.eligible - placing.better - placing.tied / 2) / placing.eligible)


def sampled_binary_accuracy(distances: Array, positive: Ints, eligible: Bools, rng: np.random.Generator) -> Doubles:
    """Compare each positive with one eligible negative drawn at random: 1, 0, or 1/2 for a tie."""
    draws = np.where(eligible, rng.random(eligible.shape), -1.0)
    rows = np.arange(len(distances))
    own, other = distances[rows, positive], distances[rows, draws.argmax(axis=1)]
    return np.asarray((own < other) + (own == other) / 2)


def top_k(placing: Placing, k: int | Ints) -> Doubles:
    """Probability that the positive is among the first k, tied ones standing in random order.

    >>> top_k(Placing(np.array([1]), np.array([3]), np.array([9])), 2).tolist()
    [0.25]
    """
    return np.clip((k - placing.better) / (placing.tied + 1), 0.0, 1.0)


def top_percent(placing: Placing, percent: float) -> Doubles:
    """As `top_k`, with k the given percentage of the E + 1 candidates, rounded up, so at least 1."""
    return top_k(placing, np.ceil(percent / 100 * (placing.eligible + 1) - 1e-9).astype(np.int64))


def reciprocal_rank(placing: Placing) -> Doubles:
    """Expected 1 / rank, tied ones standing in random order: the mean of 1 / (better + 1 + j), j = 0 .. tied.

    >>> reciprocal_rank(Placing(np.array([0]), np.array([1]), np.array([5]))).tolist()
    [0.75]
    """
    last = int((placing.better + placing.tied).max(initial=0)) + 1
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, last + 1))])
    return np.asarray((harmonic[placing.better + placing.tied + 1] - harmonic[placing.better]) / (placing.tied + 1))
