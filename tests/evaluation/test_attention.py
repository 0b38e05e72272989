"""How attention is spread, how much falls on a region, and what it resembles."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenefit.errors import UsageError
from scenefit.evaluation.attention import (
    attention_on,
    check_maps,
    coverage,
    coverages,
    effective_cells,
    likeness,
    shares_on,
    spread,
)
from scenefit.types import WHOLE, Box, Floats

EVEN = np.full((7, 7), 1 / 49, np.float32)


def drawn(count: int, grid: int = 7, seed: int = 0) -> Floats:
    """Maps with weights of very different sizes, some of them 0."""
    weights = np.random.default_rng(seed).exponential(size=(count, grid, grid)) ** 3
    weights[weights < 0.05] = 0
    return (weights / weights.sum(axis=(1, 2), keepdims=True)).astype(np.float32)


def test_effective_cells_counts_from_one_to_all() -> None:
    one = np.zeros((7, 7), np.float32)
    one[2, 3] = 1
    assert effective_cells(one) == pytest.approx(1)
    assert effective_cells(EVEN) == pytest.approx(49)
    one[5, 5] = one[2, 3] = 0.5
    assert effective_cells(one) == pytest.approx(2)


def test_spread_is_the_exponential_of_the_entropy() -> None:
    maps = drawn(30)
    assert (maps == 0).any()
    for map_, got in zip(maps, spread(maps), strict=True):
        entropy = 0.0
        for weight in map_.ravel().tolist():
            if weight > 0:
                entropy -= weight * math.log(weight)
        assert got == pytest.approx(math.exp(entropy)) == pytest.approx(effective_cells(map_))
    assert spread(maps[:0]).shape == (0,)


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


def test_no_box_covers_nothing() -> None:
    box, view = Box(0.5, 0.5, 1, 1), Box(0, 0.5, 1, 1)
    masks = coverages([None, box], [WHOLE, view], 4)
    assert masks[0].tolist() == [[0.0] * 4] * 4
    assert masks[1].tolist() == coverage(box, view, 4).tolist() == [[0.0, 0.0, 1.0, 1.0]] * 4
    assert coverages([], [], 4).shape == (0, 4, 4)


def test_uniform_attention_falls_on_a_box_as_its_area() -> None:
    mass, share = attention_on(EVEN, Box(0.2, 0.3, 0.7, 0.9), WHOLE)
    assert mass == pytest.approx(share) == pytest.approx(0.3, abs=1e-5)


def test_shares_on_masks_are_sums_over_cells() -> None:
    maps = drawn(10)
    masks = np.random.default_rng(1).random((10, 7, 7)).astype(np.float32)
    masks[3] = 0
    on, area = shares_on(maps, masks)
    for pair in range(10):
        cells = [(float(maps[pair, y, x]), float(masks[pair, y, x])) for y in range(7) for x in range(7)]
        assert on[pair] == pytest.approx(sum(weight * mask for weight, mask in cells), abs=1e-12)
        assert area[pair] == pytest.approx(sum(mask for _, mask in cells) / 49)
    assert (on[3], area[3]) == (0, 0)


@pytest.mark.parametrize("masks", [np.full((1, 7, 7), 1.5), np.full((1, 7, 7), -0.1), np.full((1, 7, 7), np.nan)])
def test_a_mask_of_other_than_shares(masks: Floats) -> None:
    with pytest.raises(UsageError, match=r"masks the share of each cell that belongs to the region, in \[0, 1\]"):
        shares_on(EVEN[None], masks)


def test_a_mask_of_another_shape() -> None:
    with pytest.raises(UsageError, match=r"maps of shape \(1, 7, 7\) and masks of shape \(7, 7\); expected the same"):
        shares_on(EVEN[None], np.ones((7, 7), np.float32))


def test_likeness_is_the_correlation_over_the_cells() -> None:
    maps, others = drawn(20), drawn(20, seed=1)
    for map_, other, got in zip(maps, others, likeness(maps, others), strict=True):
        assert got == pytest.approx(np.corrcoef(map_.ravel(), other.ravel())[0, 1])
    assert likeness(maps, maps) == pytest.approx(np.ones(20))
    turned = 2 / 49 - maps
    assert likeness(maps, turned) == pytest.approx(-np.ones(20))


def test_what_is_the_same_everywhere_resembles_nothing() -> None:
    noise = np.random.default_rng(0).normal(scale=1e-9, size=(1, 7, 7))
    flat = (EVEN[None] + noise).astype(np.float32)
    assert np.isnan(likeness(flat, drawn(1))).all()
    assert np.isnan(likeness(drawn(1), EVEN[None])).all()


@pytest.mark.parametrize(
    ("maps", "said"),
    [
        (np.stack([EVEN] * 3), r"'mine' maps of shape \(3, 7, 7\); expected \(2, G, G\), one map a pair"),
        (np.stack([EVEN.ravel()] * 2), r"shape \(2, 49\); expected \(2, G, G\)"),
        (np.stack([EVEN[:5]] * 2), r"shape \(2, 5, 7\); expected \(2, G, G\)"),
        (np.stack([EVEN, EVEN * 2]), r"1 of 2 'mine' maps, first number 1, that are not attention"),
        (np.stack([EVEN * np.nan, EVEN]), r"1 of 2 'mine' maps, first number 0, that .* divide each map by its sum"),
        (np.stack([EVEN, np.where(np.arange(7) % 2, 9 / 49, -5 / 49) * np.ones((7, 1))]), r"weights of at least 0"),
    ],
)
def test_what_is_no_attention(maps: Floats, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_maps("mine", maps, 2)


def test_attention_is_accepted() -> None:
    check_maps("mine", drawn(5), 5)
