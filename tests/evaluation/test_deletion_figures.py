"""Areas under curves, and attention against the other orders."""

from __future__ import annotations

import json

import numpy as np
import pytest

from scenefit.evaluation.deletion_figures import MEASURES, MODES, area, deletion_figures

SHARES = np.array([0.0, 0.1, 0.4, 1.0])
ORDERS = ("attention", "random", "the same")
CURVES = np.random.default_rng(0).normal(size=(30, len(MEASURES), 2, 3, 4))
CURVES[:, :, :, 2] = CURVES[:, :, :, 0]
CURVES[:, 0, 0, 1] = CURVES[:, 0, 0, 0] + 0.25
SCENES = np.arange(30) // 2


def test_area_is_the_mean_height() -> None:
    assert area(np.full((3, 4), 0.7), SHARES) == pytest.approx([0.7] * 3)
    fine = np.linspace(0, 1, 100_001)
    for curve in CURVES[:3, 0, 0, 0]:
        assert area(curve, SHARES) == pytest.approx(np.interp(fine, SHARES, curve).mean(), abs=1e-4)


def test_every_order_is_told_in_every_measure_and_mode() -> None:
    result = deletion_figures(CURVES, SHARES, ORDERS, SCENES)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    for i, measure in enumerate(MEASURES):
        for j, mode in enumerate(MODES):
            assert list(result[mode][measure]) == list(ORDERS)
            for row, order in enumerate(ORDERS):
                told = result[mode][measure][order]
                assert told["curve"] == pytest.approx(CURVES[:, i, j, row].mean(axis=0).tolist())
                assert told["area"]["value"] == pytest.approx(area(np.array(told["curve"]), SHARES))
                assert told["area"]["low"] < told["area"]["value"] < told["area"]["high"]


def test_differences_are_paired() -> None:
    result = deletion_figures(CURVES, SHARES, ORDERS, SCENES)
    assert "first_minus" not in result["deletion"]["margin"]["attention"]
    lower = result["deletion"]["binary_accuracy"]["random"]["first_minus"]
    assert list(lower.values()) == pytest.approx([-0.25] * 3)  # the same for every pair: no doubt about it
    assert result["insertion"]["agreement"]["the same"]["first_minus"] == {"value": 0, "low": 0, "high": 0}
    other = result["insertion"]["margin"]
    apart = other["attention"]["area"]["value"] - other["random"]["area"]["value"]
    assert other["random"]["first_minus"]["value"] == pytest.approx(apart)


def test_seed_moves_the_intervals_alone() -> None:
    one, other = (deletion_figures(CURVES, SHARES, ORDERS, SCENES, seed=seed)["deletion"]["margin"] for seed in (0, 1))
    assert one["random"]["curve"] == other["random"]["curve"]
    assert one["random"]["area"]["value"] == other["random"]["area"]["value"]
    assert one["random"]["first_minus"] != other["random"]["first_minus"]
