"""The fit: what is known is found again, never rising, few pairs lean on all, and no unit of distance matters."""

from __future__ import annotations

import numpy as np
import pytest

from scenefit.model.calibration import Curve, sigmoid
from scenefit.model.calibration_fit import (
    POINTS,
    Sample,
    condensed,
    fit_calibration,
    fit_curves,
    fit_logistic,
)
from scenefit.types import Doubles, Floats

CENTRES = {"Hats": np.zeros(3, np.float32), "Shoes": np.zeros(3, np.float32)}


def drawn(offset: float, scale: float, n: int, seed: int = 0) -> Sample:
    """Draw n pairs, and a negative to each, whose probability is the logistic of the distance."""
    rng = np.random.default_rng(seed)
    distances = rng.normal(offset / scale if scale else 0, 1, 2 * n)
    positive = rng.uniform(0, 1, 2 * n) < sigmoid(offset - scale * distances)
    return Sample(distances, positive.astype(float), np.ones(2 * n))


def penalised(theta: Doubles, sample: Sample, prior: Doubles, strength: float) -> float:
    """The loss as it is written, point by point."""
    total = strength / 2 * float(((theta - prior) ** 2).sum())
    for distance, positive, weight in zip(*sample, strict=True):
        p = 1 / (1 + np.exp(theta[1] * distance - theta[0]))
        total -= weight * np.log(p if positive else 1 - p)
    return total


def test_a_known_logistic_is_recovered() -> None:
    assert fit_logistic(drawn(0.7, 2.0, 20000), np.zeros(2), 0.5) == pytest.approx([0.7, 2.0], abs=0.08)


def test_it_is_the_minimum_of_the_loss() -> None:
    sample, prior = drawn(0.3, 1.5, 40), np.array([0.1, 0.8])
    fitted = fit_logistic(sample, prior, 5.0)
    best = penalised(fitted, sample, prior, 5.0)
    for step in np.random.default_rng(0).normal(0, 0.01, (50, 2)):
        assert penalised(fitted + step, sample, prior, 5.0) > best


def test_a_rising_curve_is_refused_and_the_offset_fitted_alone() -> None:
    sample, prior = drawn(0.0, -2.0, 200), np.array([0.4, 0.8])
    fitted = fit_logistic(sample, prior, 5.0)
    assert fitted[1] == 0
    for step in ([-0.01, 0], [0.01, 0], [0, 0.01]):
        assert penalised(fitted + np.array(step), sample, prior, 5.0) > penalised(fitted, sample, prior, 5.0)


@pytest.mark.parametrize("gap", [1e-3, 1.0, 1e4])
def test_separable_pairs_have_a_fit(gap: float) -> None:
    sample = Sample(np.array([-gap, gap] * 50), np.array([1.0, 0.0] * 50), np.ones(100))
    pooled, _ = fit_curves([{"Shoes": sample}], ["Shoes"])
    assert 0.95 < pooled(np.array([-gap]))[0] < 1 and 0 < pooled(np.array([gap]))[0] < 0.05


def test_equal_distances_say_nothing() -> None:
    sample = Sample(np.zeros(10), np.array([1.0, 0.0] * 5), np.ones(10))
    pooled, curves = fit_curves([{"Shoes": sample}], ["Shoes"])
    assert pooled(np.zeros(1)) == curves["Shoes"](np.zeros(1)) == 0.5
    assert pooled.threshold is None


def test_few_pairs_lean_on_all_and_many_stand_alone() -> None:
    many, steep = drawn(0.0, 1.0, 4000), drawn(0.0, 3.0, 5, seed=1)
    pooled, curves = fit_curves([{"Shoes": many, "Hats": steep}], ["Hats", "Shoes", "Bags"])
    assert curves["Hats"].scale == pytest.approx(pooled.scale, abs=0.2)
    _, more = fit_curves([{"Shoes": many, "Hats": drawn(0.0, 3.0, 4000, seed=1)}], ["Hats", "Shoes"])
    assert more["Hats"].scale == pytest.approx(3.0, abs=0.3)
    assert (curves["Bags"].scale, curves["Bags"].offset) == pytest.approx((pooled.scale, pooled.offset))
    assert (curves["Bags"].pairs, curves["Hats"].pairs) == (0, int(steep.positive.sum()))
    assert pooled.pairs == many.pairs + steep.pairs


@pytest.mark.parametrize("unit", [1e-4, 1e4])
def test_the_unit_of_the_distance_does_not_matter(unit: float) -> None:
    sample = drawn(0.5, 2.0, 300)
    other = sample._replace(distances=sample.distances * unit)
    _, curves = fit_curves([{"Shoes": sample}], ["Shoes"])
    _, scaled = fit_curves([{"Shoes": other}], ["Shoes"])
    np.testing.assert_allclose(curves["Shoes"](sample.distances), scaled["Shoes"](other.distances), atol=1e-6)


def test_it_is_measured_on_scenes_that_it_was_not_fitted_to() -> None:
    folds = [{"Shoes": drawn(0.5, 2.0, 400, seed=seed)} for seed in range(5)]
    calibration = fit_calibration(folds, CENTRES)
    assert list(calibration.curves) == ["Hats", "Shoes"]
    assert calibration.error_after is not None
    assert calibration.error_after < 0.04 < calibration.error_before
    turned = [folds[0], {"Shoes": drawn(-0.5, -2.0, 400, seed=9)}]
    after = fit_calibration(turned, CENTRES).error_after
    assert after is not None and after > 0.2


def test_one_scene_is_fitted_and_not_measured() -> None:
    calibration = fit_calibration([{"Shoes": drawn(0.5, 2.0, 3)}, {}], CENTRES)
    assert calibration.error_after is None


def test_a_pair_weighs_as_much_as_its_negatives() -> None:
    distances = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float32)
    eligible = np.array([[False, True, True], [False, False, True]])
    sample = Sample.of(distances[:, 0], distances, eligible)
    assert sample.distances.tolist() == [1, 4, 2, 3, 6]
    assert sample.positive.tolist() == [1, 1, 0, 0, 0]
    assert sample.weights.tolist() == [1, 1, 0.5, 0.5, 1]
    assert sample.pairs == 2


def many_negatives() -> tuple[Floats, Floats]:
    rng = np.random.default_rng(0)
    distances = rng.normal(0.3, 1, (40, 3000)).astype(np.float32)
    return rng.normal(-0.3, 1, 40).astype(np.float32), distances


def test_merging_many_negatives_does_not_move_the_fit() -> None:
    own, distances = many_negatives()
    merged = Sample.of(own, distances, np.ones(distances.shape, np.bool_))
    assert len(merged.distances) == 40 + POINTS
    whole = Sample(
        np.concatenate([own, distances.ravel()]).astype(float),
        np.repeat([1.0, 0.0], [40, distances.size]),
        np.repeat([1.0, 1 / 3000], [40, distances.size]),
    )
    fits = [fit_logistic(sample, np.zeros(2), 0.5) for sample in (merged, whole)]
    np.testing.assert_allclose(*fits, rtol=1e-4)


def test_merging_keeps_the_weight_and_the_mean() -> None:
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=1000), rng.uniform(0.1, 3, 1000)
    merged, mass = condensed(values, weights, 50)
    assert len(merged) <= 50 and mass.sum() == pytest.approx(weights.sum())
    assert np.average(merged, weights=mass) == pytest.approx(np.average(values, weights=weights))
    assert (np.diff(merged) > 0).all()


def test_the_file_has_no_last_bits() -> None:
    _, curves = fit_curves([{"Shoes": drawn(0.5, 2.0, 300)}], ["Shoes"])
    curve = curves["Shoes"]
    assert curve == Curve(float(f"{curve.scale:.9g}"), float(f"{curve.offset:.9g}"), curve.pairs)
