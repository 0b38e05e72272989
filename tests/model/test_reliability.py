"""Calibration error: of probabilities that are true, of those that are not, and against a slow oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenefit.model.reliability import bin_of, calibration_error, equal_mass_edges


def drawn(truth: float | None, n: int = 20000, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw probabilities and outcomes that follow them, or that come true with the chance `truth` whatever they say."""
    rng = np.random.default_rng(seed)
    probabilities = rng.uniform(0, 1, n)
    return probabilities, (rng.uniform(0, 1, n) < (probabilities if truth is None else truth)).astype(float), np.ones(n)


def test_true_probabilities_have_next_to_none() -> None:
    assert calibration_error(*drawn(None)) < 0.01


def test_wrong_ones_have_what_they_are_wrong_by() -> None:
    assert calibration_error(*drawn(0.5)) == pytest.approx(0.25, abs=0.01)
    assert calibration_error(np.full(10, 0.9), np.zeros(10), np.ones(10)) == pytest.approx(0.9)


def test_weights_count_as_repetitions() -> None:
    probabilities, positive, _ = drawn(None, 60)
    times = np.random.default_rng(1).integers(1, 5, 60)
    repeated = calibration_error(np.repeat(probabilities, times), np.repeat(positive, times), np.ones(times.sum()), 1)
    assert calibration_error(probabilities, positive, times.astype(float), 1) == pytest.approx(repeated)


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.7]), st.booleans()), min_size=1, max_size=40))
def test_as_an_oracle_says(cases: list[tuple[float, bool]]) -> None:
    probabilities, positive = np.array(cases, float).T
    edges = equal_mass_edges(probabilities, np.ones(len(cases)))
    expected = 0.0
    for low, high in zip([-1.0, *edges], [*edges, 2.0], strict=True):
        inside = [(p, y) for p, y in zip(probabilities, positive, strict=True) if low <= p < high]
        expected += abs(sum(y - p for p, y in inside)) / len(cases)
    assert calibration_error(probabilities, positive, np.ones(len(cases))) == pytest.approx(expected)


def test_bins_weigh_the_same() -> None:
    rng = np.random.default_rng(2)
    values, weights = rng.normal(size=5000), rng.uniform(0.1, 2, 5000)
    edges = equal_mass_edges(values, weights, 10)
    inside = np.bincount(bin_of(values, edges), weights)
    assert len(inside) == 10
    np.testing.assert_allclose(inside, weights.sum() / 10, atol=4)


def test_equal_values_share_a_bin() -> None:
    values = np.array([0.5] * 30 + [0.6])
    edges = equal_mass_edges(values, np.ones(31))
    assert len(set(bin_of(values, edges)[:30].tolist())) == 1
    assert bin_of(np.array([0.5]), np.array([0.5])).tolist() == [1]
