"""Fitting a calibration: logistic curves by Newton's method, each category's shrunk towards that of all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from scenefit.model.calibration import PLAIN, Calibration, Curve, rounded, sigmoid
from scenefit.model.reliability import calibration_error
from scenefit.types import Array, Bools, Doubles, Floats

POINTS = 4096
STEPS, SMALL = 100, 1e-10
PRIOR_PAIRS = 100
"""What the curve of all categories is worth beside a category's own pairs; chosen by cross-validation on the
validation pairs of Shop-the-Look, where 20 to 400 were about as good and none at all was worse."""
NOTHING_PAIRS = 1
"""What knowing nothing (P = 1/2 at any distance) is worth beside all pairs, so that separable ones have a fit."""
INFORMATION = 0.5
"""Of a pair and its negatives about an offset, at P = 1/2."""


class Sample(NamedTuple):
    """Relative distances of pairs and of their negatives, each array of shape (M,), float64.

    `positive` is 1 for a pair and 0 for a negative. A pair weighs 1 and its negatives together weigh 1, so that both
    kinds weigh the same: the probability is that of a pair against one negative drawn uniformly.
    """

    distances: Doubles
    positive: Doubles
    weights: Doubles

    @classmethod
    def of(cls, positive: Array, distances: Array, eligible: Bools) -> Sample:
        """Weigh the distances of B pairs; more than `POINTS` negatives are merged with their neighbours.

        Args:
            positive: shape (B,), the distances of the pairs.
            distances: shape (B, P), from their scenes to the products of the category.
            eligible: shape (B, P), the negatives that count, at least one in each row.
        """
        weights = (eligible / eligible.sum(axis=1, keepdims=True))[eligible]
        negative, weights = condensed(np.asarray(distances[eligible], np.float64), weights, POINTS)
        return cls(
            np.concatenate([positive, negative]),
            np.repeat([1.0, 0.0], [len(positive), len(negative)]),
            np.concatenate([np.ones(len(positive)), weights]),
        )

    @classmethod
    def together(cls, samples: Sequence[Sample]) -> Sample:
        """Put samples end to end."""
        empty = cls(*(np.empty(0) for _ in cls._fields))
        return cls(*(np.concatenate(columns) for columns in zip(empty, *samples, strict=True)))

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return int(self.positive.sum())


def condensed(values: Doubles, weights: Doubles, size: int) -> tuple[Doubles, Doubles]:
    """Merge neighbouring values into at most `size` points of about equal weight, each at the mean of its values.

    >>> [part.tolist() for part in condensed(np.array([4.0, 0.0, 2.0, 6.0]), np.ones(4), 2)]
    [[1.0, 5.0], [2.0, 2.0]]
    """
    if len(values) <= size:
        return values, weights
    order = np.argsort(values, kind="stable")
    ordered = weights[order]
    place = ((np.cumsum(ordered) - ordered / 2) / ordered.sum() * size).astype(np.int64).clip(max=size - 1)
    mass = np.asarray(np.bincount(place, ordered, size), np.float64)
    sums = np.bincount(place, ordered * values[order], size)
    return sums[mass > 0] / mass[mass > 0], mass[mass > 0]


Fold = Mapping[str, Sample]
"""The samples of some scenes, by category."""


def fit_calibration(folds: Sequence[Fold], centres: Mapping[str, Floats]) -> Calibration:
    """Fit a calibration to all folds, and measure it on each fold by the fit to the others.

    Args:
        folds: samples of different scenes; at least one holds a pair.
        centres: by category, all of the model's, the mean vector of its products.
    """
    pooled, curves = fit_curves(folds, list(centres))
    apart: list[tuple[Sample, Doubles]] = []
    for i, fold in enumerate(folds):
        rest = [*folds[:i], *folds[i + 1 :]]
        if any(sample.pairs for part in rest for sample in part.values()):
            _, others = fit_curves(rest, list(centres))
            apart += [(sample, others[name](sample.distances)) for name, sample in fold.items()]
    whole = Sample.together([sample for fold in folds for sample in fold.values()])
    before = rounded(calibration_error(PLAIN(whole.distances), whole.positive, whole.weights))
    return Calibration(curves, centres, pooled, before, _error(apart) if apart else None)


def _error(apart: Sequence[tuple[Sample, Doubles]]) -> float:
    sample = Sample.together([sample for sample, _ in apart])
    probabilities = np.concatenate([values for _, values in apart])
    return rounded(calibration_error(probabilities, sample.positive, sample.weights))


def fit_curves(folds: Sequence[Fold], categories: Sequence[str]) -> tuple[Curve, dict[str, Curve]]:
    """Fit the curve of all pairs, and one for each category that is shrunk towards it; without pairs it is the same.

    Returns:
        the pooled curve, and those of the categories.
    """
    whole = Sample.together([sample for fold in folds for sample in fold.values()])
    spread = float(np.sqrt(np.average(whole.distances**2, weights=whole.weights))) or 1.0
    pooled = fit_logistic(_scaled(whole, spread), np.zeros(2), NOTHING_PAIRS * INFORMATION)
    curves = {}
    for name in categories:
        own = Sample.together([fold[name] for fold in folds if name in fold])
        curves[name] = _curve(fit_logistic(_scaled(own, spread), pooled, PRIOR_PAIRS * INFORMATION), spread, own.pairs)
    return _curve(pooled, spread, whole.pairs), curves


def _scaled(sample: Sample, spread: float) -> Sample:
    return sample._replace(distances=sample.distances / spread)


def _curve(fitted: Doubles, spread: float, pairs: int) -> Curve:
    offset, scale = fitted.tolist()
    return Curve(rounded(scale / spread), rounded(offset), pairs)


def fit_logistic(sample: Sample, prior: Doubles, strength: float) -> Doubles:
    """Fit p = sigmoid(offset - scale * distance) by Newton's method; a scale below 0 is refused, and 0 taken.

    Minimises the weighted log loss plus strength / 2 * |(offset, scale) - prior|^2, which is convex, so that where the
    free optimum has a negative scale the allowed one has none at all.

    Args:
        sample: the distances, about standardised.
        prior: shape (2,), the offset and the scale to shrink to, the scale at least 0.
        strength: above 0.

    Returns:
        shape (2,), offset and scale.
    """
    design = np.stack([np.ones_like(sample.distances), -sample.distances], axis=1)
    fitted = _newton(design, sample, prior, strength)
    return fitted if fitted[1] >= 0 else np.append(_newton(design[:, :1], sample, prior[:1], strength), 0.0)


def _newton(design: Doubles, sample: Sample, prior: Doubles, strength: float) -> Doubles:
    """Minimise the penalised loss over the parameters (K,) of a design (M, K); a step that does not help is halved."""

    def loss(theta: Doubles) -> float:
        logits = design @ theta
        costs = np.logaddexp(0, logits) - sample.positive * logits
        return float(sample.weights @ costs + strength / 2 * ((theta - prior) ** 2).sum())

    theta = prior
    for _ in range(STEPS):
        p = sigmoid(design @ theta)
        gradient = design.T @ (sample.weights * (p - sample.positive)) + strength * (theta - prior)
        curvature = (design.T * (sample.weights * p * (1 - p))) @ design + strength * np.eye(len(prior))
        step = np.linalg.solve(curvature, gradient)
        while loss(theta - step) > loss(theta) and np.abs(step).max() > SMALL:
            step = step / 2
        theta = theta - step
        if np.abs(step).max() <= SMALL:
            break
    return theta
