"""Saliency without weights of its own: what stands out of a picture, to set beside where a model looks.

Both baselines know neither the category nor what goes with what.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from scenefit.types import Doubles, Floats, Pixels

SIDE = 64
"""Pixels each way of the picture that the spectral residual is taken of, as its authors do."""
LUMA = (0.299, 0.587, 0.114)
ROUNDING = 1 / 12
"""Variance that rounding to whole grey levels adds to each pixel."""


def spectral_residual(pixels: Pixels, grid: int) -> Floats:
    """Give the spectral residual (Hou and Zhang 2007), averaged over cells.

    With F the Fourier transform of the grey picture, A = |F| and M the mean of ln A over 3 x 3 neighbours on the
    (periodic) spectrum, the saliency of a pixel is |inverse transform of exp(ln A - M) F / A|^2. The mean over a cell
    takes the place of the authors' Gaussian: of 64 pixels, seventh parts are as wide as it is. A is at least what
    rounding the pixels gives, since drawn pictures have frequencies without any content, and ln 0 is none.

    Args:
        pixels: shape (B, H, W, 3), uint8; H and W of about `SIDE`.
        grid: cells each way.

    Returns:
        shape (B, grid, grid), float32, each summing to 1; a picture of one colour gives the same everywhere.
    """
    height, width = pixels.shape[1:3]
    spectrum = np.fft.fft2(pixels @ np.array(LUMA))  # (B, H, W)
    amplitude = np.maximum(np.abs(spectrum), (ROUNDING * height * width) ** 0.5)
    logs = np.log(amplitude)
    around = sum(np.roll(logs, shift, axis=(1, 2)) for shift in product((-1, 0, 1), repeat=2)) / 9
    saliency = np.abs(np.fft.ifft2(np.exp(logs - around) * spectrum / amplitude)) ** 2
    return _to_one(_cells(height, grid) @ saliency @ _cells(width, grid).T)


def _cells(side: int, grid: int) -> Doubles:
    """Give how much of each of `side` pixels lies in each cell, shape (grid, side)."""
    cell, pixel = np.arange(grid)[:, None] / grid, np.arange(side) / side
    inside = np.minimum(cell + 1 / grid, pixel + 1 / side) - np.maximum(cell, pixel)
    return np.asarray(np.maximum(inside, 0))


def activation_energy(regions: Floats) -> Floats:
    """Give the energy of a backbone's activations: the sum of their squares over the channels, cell by cell.

    Args:
        regions: shape (B, G * G, C), float32, rows from the top, as the feature store holds them.

    Returns:
        shape (B, G, G), float32, each summing to 1; a map of zeros gives the same everywhere.

    >>> activation_energy(np.array([[[1, 0], [0, 1], [1, 1], [2, 0]]], np.float32)).tolist()
    [[[0.125, 0.125], [0.25, 0.5]]]
    """
    energy = np.einsum("brc,brc->br", regions, regions, dtype=np.float64)
    grid = round(regions.shape[1] ** 0.5)
    return _to_one(energy.reshape(-1, grid, grid))


def _to_one(maps: Doubles) -> Floats:
    totals = maps.sum(axis=(1, 2), keepdims=True)
    even = np.full_like(maps, 1 / maps[0].size) if len(maps) else maps
    return np.asarray(np.divide(maps, totals, out=even, where=totals > 0), np.float32)
