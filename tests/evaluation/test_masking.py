"""Masked pictures and the orders of their cells."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from scenefit.evaluation.masking import blurred, centrality, grown, hidden_cells, masked, most_first, steps


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("grid", [1, 2, 3, 7, 14])
def test_steps_go_from_none_to_all(grid: int) -> None:
    counts = steps(grid).tolist()
    assert (counts[0], counts[-1]) == (0, grid**2)
    assert counts == sorted(set(counts))


def test_the_heaviest_cells_come_first_and_equal_ones_in_any_order() -> None:
    weights = rng().random((4, 4)).astype(np.float32)
    order = most_first(weights, rng(1))
    assert np.array_equal(weights.ravel()[order], np.sort(weights.ravel())[::-1])
    even = [most_first(np.ones((4, 4)), rng(seed)).tolist() for seed in range(5)]
    assert all(sorted(order) == list(range(16)) for order in even)
    assert len({tuple(order) for order in even}) == 5
    two = np.array([[0.1, 0.9], [0.9, 0.1]])
    assert {tuple(most_first(two, rng(seed))[:2]) for seed in range(20)} == {(1, 2), (2, 1)}


def test_centre_first_goes_outwards() -> None:
    order = most_first(centrality(5), rng()).tolist()
    rings = [max(abs(cell // 5 - 2), abs(cell % 5 - 2)) for cell in order]
    assert order[0] == 12 and sorted(order[1:5]) == [7, 11, 13, 17]
    assert rings[-4:] == [2] * 4


@pytest.mark.parametrize("grid", [1, 2, 5, 7])
def test_a_region_grows_without_a_gap(grid: int) -> None:
    order = grown(grid, rng(grid)).tolist()
    assert sorted(order) == list(range(grid**2))
    for turn in range(1, len(order)):
        row, column = divmod(order[turn], grid)
        assert any(abs(row - other // grid) + abs(column - other % grid) == 1 for other in order[:turn])


def test_regions_start_anywhere() -> None:
    assert {grown(2, rng(seed))[0] for seed in range(40)} == {0, 1, 2, 3}


def test_insertion_hides_what_deletion_shows() -> None:
    orders = np.stack([rng(seed).permutation(9) for seed in range(3)])
    hidden = hidden_cells(orders, np.array([0, 2, 9]))
    assert hidden.shape == (2, 3, 3, 9)
    for row, order in enumerate(orders.tolist()):
        for step, count in enumerate((0, 2, 9)):
            assert set(np.flatnonzero(hidden[0, row, step])) == set(order[:count])
            assert set(np.flatnonzero(hidden[1, row, step])) == set(order[count:])


def test_blur_is_the_mean_of_the_pixels_by_their_distance() -> None:
    pixels = rng().integers(0, 256, (6, 9, 3)).astype(np.uint8)
    got = blurred(pixels, 0.2)
    for y, x, channel in product(range(6), range(9), range(3)):
        total = below = 0.0
        for other_y, other_x in product(range(6), range(9)):
            away = ((y - other_y) / 6) ** 2 + ((x - other_x) / 9) ** 2
            weight = math.exp(-away / (2 * 0.2**2))
            total += weight * int(pixels[other_y, other_x, channel])
            below += weight
        assert abs(int(got[y, x, channel]) - total / below) <= 0.501


def test_an_infinite_blur_is_the_mean_colour() -> None:
    pixels = rng().integers(0, 256, (8, 8, 3)).astype(np.uint8)
    got = blurred(pixels, math.inf)
    assert np.unique(got.reshape(-1, 3), axis=0).tolist() == [np.round(pixels.mean(axis=(0, 1))).tolist()]
    white = np.full((5, 7, 3), 255, np.uint8)
    assert np.array_equal(blurred(white, 0.25), white)


@pytest.mark.parametrize(("height", "width", "grid"), [(6, 6, 3), (7, 5, 3), (4, 4, 1)])
def test_a_mask_replaces_its_cells_alone(height: int, width: int, grid: int) -> None:
    pixels, fill = np.zeros((height, width, 3), np.uint8), np.full((height, width, 3), 9, np.uint8)
    hidden = rng().random((5, grid**2)) < 0.5
    got = masked(pixels, fill, hidden)
    assert got.shape == (5, height, width, 3) and got.dtype == np.uint8
    for view, y, x in product(range(5), range(height), range(width)):
        cell = int((y + 0.5) / height * grid) * grid + int((x + 0.5) / width * grid)
        assert got[view, y, x].tolist() == [9 * hidden[view, cell]] * 3
