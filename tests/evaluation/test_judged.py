"""Probabilities judged pair by pair, against a slow oracle; what chance alone would show, against a simulation."""

from __future__ import annotations

import numpy as np
import pytest

from scenefit.evaluation.bootstrap import SceneBootstrap
from scenefit.evaluation.judged import Judged, calibration_error, error_by_chance
from scenefit.model.calibration import sigmoid
from scenefit.model.reliability import equal_mass_edges
from scenefit.types import Bools, Doubles, Ints


def drawn(n: int, products: int, seed: int, sharpness: float = 1.0) -> tuple[Doubles, Ints, Bools]:
    """Draw n pairs among products whose probabilities are true; `sharpness` other than 1 makes them untrue."""
    rng = np.random.default_rng(seed)
    distances = rng.normal(0.5, 1, (n, products))
    distances[:, 0] = rng.normal(-0.5, 1, n)  # so that the log odds of a pair are -distance
    return sigmoid(-sharpness * distances), np.zeros(n, np.int64), np.arange(products) > np.zeros((n, 1))


def judged(probabilities: Doubles, positive: Ints, eligible: Bools, bins: int = 10) -> Judged:
    edges = equal_mass_edges(probabilities.ravel(), np.ones(probabilities.size), bins)
    return Judged.of(probabilities, positive, eligible, edges)


def test_as_an_oracle_says() -> None:
    rng = np.random.default_rng(0)
    probabilities, positive = rng.uniform(0, 1, (4, 6)), np.array([2, 0, 5, 1])
    eligible = rng.uniform(0, 1, (4, 6)) < 0.7
    eligible[np.arange(4), positive] = False
    edges = np.array([0.3, 0.6])
    got = Judged.of(probabilities, positive, eligible, edges)
    for i in range(4):
        weight, probability, share, brier, right = [0.0] * 3, [0.0] * 3, [0.0] * 3, 0.0, 0.0
        for j, p in enumerate(probabilities[i]):
            w = 1.0 if j == positive[i] else eligible[i, j] / eligible[i].sum()
            place, goes = int(p >= 0.3) + int(p >= 0.6), float(j == positive[i])
            weight[place] += w
            probability[place] += w * p
            share[place] += goes
            brier += w * (p - goes) ** 2 / 2
            right += w * float((p >= 0.5) == bool(goes)) / 2
        assert got.weight[i] == pytest.approx(weight)
        assert got.probability[i] == pytest.approx(probability)
        assert got.positive[i] == pytest.approx(share)
        assert (got.brier[i], got.right[i]) == pytest.approx((brier, right))


def test_parts_are_put_in_the_order_of_their_rows() -> None:
    probabilities, positive, eligible = drawn(9, 5, 0)
    edges = np.array([0.4, 0.6])
    whole = Judged.of(probabilities, positive, eligible, edges)
    rows = [np.array([7, 1, 4]), np.array([0, 2, 3, 5, 6, 8])]
    parts = [(some, Judged.of(probabilities[some], positive[some], eligible[some], edges)) for some in rows]
    for got, expected in zip(Judged.put(parts), whole, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_true_probabilities_have_the_error_of_chance() -> None:
    """On average over drawn sets, and so few pairs make it far from nothing."""
    errors, chances = [], []
    for seed in range(60):
        part = judged(*drawn(60, 200, seed))
        errors.append(calibration_error(part, SceneBootstrap(np.arange(60), 0, 2)).value)
        chances.append(error_by_chance(part, 0))
    assert np.mean(errors) == pytest.approx(np.mean(chances), rel=0.15)
    assert np.mean(chances) > 0.04


@pytest.mark.parametrize("sharpness", [0.25, 4.0])
def test_untrue_probabilities_have_more(sharpness: float) -> None:
    part = judged(*drawn(600, 100, 0, sharpness))
    error = calibration_error(part, SceneBootstrap(np.arange(600), 0))
    assert error.low > 2 * error_by_chance(part, 0)
    assert error.low <= error.value <= error.high
    true = judged(*drawn(600, 100, 0))
    assert part.brier.mean() > true.brier.mean()
    assert part.right.mean() == pytest.approx(true.right.mean())


def test_the_interval_resamples_scenes() -> None:
    """A pair told twice in the same scene is not two."""
    probabilities, positive, eligible = drawn(80, 50, 3)
    once = judged(probabilities, positive, eligible)
    twice = Judged(*(np.concatenate([column, column]) for column in once))
    scenes = np.arange(80)
    single = calibration_error(once, SceneBootstrap(scenes, 0))
    double = calibration_error(twice, SceneBootstrap(np.concatenate([scenes, scenes]), 0))
    assert (double.value, double.low, double.high) == pytest.approx((single.value, single.low, single.high))
