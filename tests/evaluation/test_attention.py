"""How attention is spread, and how much falls on a box."""

from __future__ import annotations

import numpy as np
import pytest

from scenefit.evaluation.attention import attention_on, coverage, effective_cells
from scenefit.types import WHOLE, Box


def test_effective_cells_counts_from_one_to_all() -> None:
    one = np.zeros((7, 7), np.float32)
    one[2, 3] = 1
    assert effective_cells(one) == pytest.approx(1)
    assert effective_cells(np.full((7, 7), 1 / 49, np.float32)) == pytest.approx(49)


def test_coverage_agrees_with_counting_points() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        (left, right), (top, bottom) = np.sort(rng.uniform(size=(2, 2)), axis=1)
        box, view = Box(left, top, right, bottom), Box(0.1, 0.2, 0.9, 1.0)
        counted = np.zeros((7, 7))
        for row, y in enumerate(np.split((np.arange(700) + 0.5) / 700 * 0.8 + 0.2, 7)):
            for column, x in enumerate(np.split((np.arange(700) + 0.5) / 700 * 0.8 + 0.1, 7)):
                inside = np.outer((y >= top) & (y < bottom), (x >= left) & (x < right))
                counted[row, column] = inside.mean()
        assert coverage(box, view, 7) == pytest.approx(counted, abs=0.02)


def test_uniform_attention_falls_on_a_box_as_its_area() -> None:
    mass, share = attention_on(np.full((7, 7), 1 / 49, np.float32), Box(0.2, 0.3, 0.7, 0.9), WHOLE)
    assert mass == pytest.approx(share) == pytest.approx(0.3, abs=1e-5)
