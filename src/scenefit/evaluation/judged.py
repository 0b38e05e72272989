"""Probabilities judged pair by pair: what falls into which bin, the Brier score, and what is told right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from scenefit.evaluation.bootstrap import Estimate, SceneBootstrap, interval_of
from scenefit.model.calibration import GOES
from scenefit.model.reliability import bin_of
from scenefit.types import Bools, Doubles, Ints

CHANCES = 1000


class Judged(NamedTuple):
    """What the probabilities of N pairs and of their negatives come to; a pair and its negatives weigh 1 each.

    Attributes:
        weight: shape (N, E), how much of them falls into each of E bins.
        probability: shape (N, E), the same times the probability.
        positive: shape (N, E), 1 in the bin of the pair itself.
        brier: shape (N,), mean of (probability - truth)^2.
        right: shape (N,), share that is told right at even odds.
    """

    weight: Doubles
    probability: Doubles
    positive: Doubles
    brier: Doubles
    right: Doubles

    @classmethod
    def of(cls, probabilities: Doubles, positive: Ints, eligible: Bools, edges: Doubles) -> Judged:
        """Judge the probabilities of some pairs.

        Args:
            probabilities: shape (B, P).
            positive: shape (B,), the column of each pair's own product.
            eligible: shape (B, P), the negatives that count, at least one in each row.
            edges: of the bins, shape (E - 1,).
        """
        rows, bins = np.arange(len(positive)), len(edges) + 1
        weights = eligible / eligible.sum(axis=1, keepdims=True)
        weights[rows, positive] = 1
        truth = np.zeros_like(weights)
        truth[rows, positive] = 1
        cells = (rows[:, None] * bins + bin_of(probabilities, edges)).ravel()

        def binned(values: Doubles) -> Doubles:
            return np.asarray(np.bincount(cells, values.ravel(), len(rows) * bins).reshape(-1, bins), np.float64)

        right = weights * ((probabilities >= GOES) == (truth > 0))
        brier = weights * (probabilities - truth) ** 2
        inside = binned(weights), binned(weights * probabilities), binned(truth)
        return cls(*inside, brier.sum(axis=1) / 2, right.sum(axis=1) / 2)

    @classmethod
    def put(cls, parts: Iterable[tuple[Ints, Judged]]) -> Judged:
        """Put parts together, each with the rows (B,) that its pairs have in the whole; every row once."""
        rows, judged = zip(*parts, strict=True)
        order = np.argsort(np.concatenate(rows))
        return cls(*(np.concatenate(columns)[order] for columns in zip(*judged, strict=True)))


def calibration_error(judged: Judged, bootstrap: SceneBootstrap) -> Estimate:
    """Estimate the expected calibration error: sum over bins of weight * |share of positives - mean probability|.

    Chance alone moves the bins apart, and resampling does it once more: see `error_by_chance`.
    """
    gaps = judged.positive - judged.probability
    draws = np.abs(bootstrap.sums(gaps)).sum(axis=1) / bootstrap.sums(judged.weight).sum(axis=1)
    return interval_of(float(np.abs(gaps.sum(axis=0)).sum() / judged.weight.sum()), draws)


def error_by_chance(judged: Judged, seed: int) -> float:
    """Give the calibration error that so many pairs show on average if the probabilities are true.

    The pairs fall into the bins by chance, as probable as the probabilities say; the negatives, of which each pair has
    many, are held as they should be.
    """
    positive, weight = judged.probability.sum(axis=0), judged.weight.sum(axis=0)
    drawn = np.random.default_rng(seed).multinomial(len(judged.weight), positive / positive.sum(), CHANCES)
    share = positive / np.maximum(weight, 1e-300)
    return float(np.abs(drawn - share * (drawn + weight - positive)).sum(axis=1).mean() / weight.sum())
