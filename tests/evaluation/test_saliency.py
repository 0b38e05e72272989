"""The saliency baselines against slow oracles, and on pictures where it is plain what stands out."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from scenefit.evaluation.attention import spread
from scenefit.evaluation.saliency import SIDE, activation_energy, spectral_residual
from scenefit.types import Pixels

Grey = list[list[float]]


def transform(values: list[list[complex]], sign: int) -> list[list[complex]]:
    """The discrete Fourier transform by its definition, without the factor of the inverse."""
    height, width = len(values), len(values[0])
    return [
        [
            sum(
                values[y][x] * cmath.exp(sign * 2j * math.pi * (v * y / height + u * x / width))
                for y, x in product(range(height), range(width))
            )
            for u in range(width)
        ]
        for v in range(height)
    ]


def by_definition(pixels: Pixels) -> Grey:
    """The saliency of each pixel."""
    grey = [[complex(0.299 * r + 0.587 * g + 0.114 * b) for r, g, b in row] for row in pixels.tolist()]
    spectrum = transform(grey, -1)
    height, width = len(grey), len(grey[0])
    amplitude = [[max(abs(value), math.sqrt(height * width / 12)) for value in row] for row in spectrum]
    residual = [[0j] * width for _ in range(height)]
    for v, u in product(range(height), range(width)):
        around = [math.log(amplitude[(v + i) % height][(u + j) % width]) for i, j in product((-1, 0, 1), repeat=2)]
        rest = math.log(amplitude[v][u]) - sum(around) / 9
        residual[v][u] = math.exp(rest) * spectrum[v][u] / amplitude[v][u]
    return [[abs(value / (height * width)) ** 2 for value in row] for row in transform(residual, 1)]


def in_cells(saliency: Grey, grid: int, parts: int = 12) -> list[list[float]]:
    """Sum over the cells, each pixel cut into parts x parts points."""
    cells = [[0.0] * grid for _ in range(grid)]
    height, width = len(saliency), len(saliency[0])
    for y, x in product(range(height * parts), range(width * parts)):
        cells[int((y + 0.5) / (height * parts) * grid)][int((x + 0.5) / (width * parts) * grid)] += saliency[
            y // parts
        ][x // parts]
    total = sum(map(sum, cells))
    return [[value / total for value in row] for row in cells]


@pytest.mark.parametrize(("height", "width", "grid"), [(8, 8, 4), (8, 6, 2), (7, 9, 3), (8, 8, 3)])
def test_spectral_residual_by_its_definition(height: int, width: int, grid: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, height, width, 3), np.uint8)
    pixels[1] = 90
    pixels[1, 2:4, 1:4] = 200, 30, 60  # a spectrum with zeros
    pixels[2, :, :, :] = pixels[2, :1]  # the same down every column
    got = spectral_residual(pixels, grid)
    assert (got.shape, got.dtype) == ((3, grid, grid), np.float32)
    for picture, map_ in zip(pixels, got, strict=True):
        assert map_ == pytest.approx(np.array(in_cells(by_definition(picture), grid)), rel=1e-4)


def bars(row: int, column: int) -> Pixels:
    """Bars that run down, but across in one cell of 7 x 7."""
    y, x = np.mgrid[:SIDE, :SIDE]
    odd = (y * 7 // SIDE == row) & (x * 7 // SIDE == column)
    return (60 + 120 * np.where(odd, y // 3 % 2, x // 4 % 2)).astype(np.uint8)


def spot(row: int, column: int) -> Pixels:
    """A small spot in one cell of 7 x 7 on plain ground."""
    grey = np.full((SIDE, SIDE), 120, np.uint8)
    y, x = (round((cell + 0.5) * SIDE / 7) for cell in (row, column))
    grey[y - 2 : y + 3, x - 2 : x + 3] = 180
    return grey


@pytest.mark.parametrize("drawing", [bars, spot])
@pytest.mark.parametrize(("row", "column"), [(1, 1), (3, 3), (5, 2), (2, 5)])
def test_the_odd_patch_stands_out(drawing: Callable[[int, int], Pixels], row: int, column: int) -> None:
    pixels = np.repeat(drawing(row, column)[None, ..., None], 3, axis=3)
    map_ = spectral_residual(pixels, 7)[0]
    assert np.unravel_index(map_.argmax(), map_.shape) == (row, column)
    assert map_[row, column] > 1.2 / 49


def test_pictures_do_not_mix_and_sum_to_one() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)
    together = spectral_residual(pixels, 7)
    assert together.sum(axis=(1, 2)) == pytest.approx(np.ones(3), abs=1e-5)
    alone = [spectral_residual(picture[None], 7)[0] for picture in pixels]
    assert together == pytest.approx(np.stack(alone), abs=1e-7)


@pytest.mark.parametrize("shade", [0, 1, 77, 255])
def test_nothing_stands_out_of_one_colour(shade: int) -> None:
    map_ = spectral_residual(np.full((1, SIDE, SIDE, 3), shade, np.uint8), 7)
    assert map_ == pytest.approx(np.full((1, 7, 7), 1 / 49), rel=1e-4)


def test_brightness_does_not_matter() -> None:
    pixels = np.random.default_rng(2).integers(0, 100, (1, SIDE, SIDE, 3), np.uint8)
    assert spectral_residual(pixels * 2, 7) == pytest.approx(spectral_residual(pixels, 7), abs=1e-4)


def test_activation_energy_by_loops() -> None:
    regions = np.random.default_rng(3).normal(size=(4, 9, 5)).astype(np.float32)
    got = activation_energy(regions)
    assert (got.shape, got.dtype) == ((4, 3, 3), np.float32)
    for scene in range(4):
        energy = [sum(float(value) ** 2 for value in regions[scene, cell]) for cell in range(9)]
        for cell in range(9):
            assert got[scene, cell // 3, cell % 3] == pytest.approx(energy[cell] / sum(energy))


def test_activation_energy_of_large_values_and_of_none() -> None:
    """The largest that fp16 holds, squared and summed, and a map that is dead."""
    regions = np.full((2, 49, 1024), 65504, np.float32)
    regions[1] = 0
    assert spread(activation_energy(regions)) == pytest.approx(np.full(2, 49.0), rel=1e-4)
