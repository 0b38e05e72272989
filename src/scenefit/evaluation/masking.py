"""Pictures with some of their cells masked, and the orders in which cells are taken.

A cell is one of the G x G that lie over a view, numbered by rows from the top; an order is every number once.
"""

from __future__ import annotations

import numpy as np

from scenefit.types import Array, Bools, Doubles, Floats, Ints, Pixels

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
"""Of the cells, that are masked or shown."""


def steps(grid: int) -> Ints:
    """Give how many cells each step takes, ascending, each number once, from none to all.

    >>> steps(7).tolist(), steps(2).tolist()
    ([0, 2, 5, 10, 15, 24, 34, 49], [0, 1, 2, 3, 4])
    """
    return np.unique(np.round(np.array(SHARES) * grid**2).astype(np.int64))


def most_first(weights: Array, rng: np.random.Generator) -> Ints:
    """Order cells by weights (G, G), the largest first; of equal ones any, drawn by `rng`.

    >>> most_first(np.array([[0.1, 0.2], [0.4, 0.3]]), np.random.default_rng(0)).tolist()
    [2, 3, 1, 0]
    """
    flat = weights.ravel()
    return np.lexsort((rng.random(len(flat)), -flat))


def centrality(grid: int) -> Doubles:
    """Give weights (grid, grid) that fall from the middle outwards: minus the squared distance in cells.

    >>> centrality(2).tolist()
    [[-0.5, -0.5], [-0.5, -0.5]]
    """
    away = (np.arange(grid) - (grid - 1) / 2) ** 2
    return np.asarray(-np.add.outer(away, away))


def grown(grid: int, rng: np.random.Generator) -> Ints:
    """Order cells as a region grows from a cell drawn at random: each next one is drawn of those beside the region."""
    order, waiting = list[int](), {int(rng.integers(grid**2))}
    while waiting:
        cell = int(rng.choice(sorted(waiting)))
        order.append(cell)
        waiting = (waiting | _beside(cell, grid)) - set(order)
    return np.array(order, np.int64)


def _beside(cell: int, grid: int) -> set[int]:
    row, column = divmod(cell, grid)
    near = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
    return {y * grid + x for y, x in near if 0 <= y < grid and 0 <= x < grid}


def hidden_cells(orders: Ints, counts: Ints) -> Bools:
    """Give the cells that are masked at each step of deletion and of insertion.

    Args:
        orders: shape (O, G * G).
        counts: shape (K,), how many cells each step takes.

    Returns:
        shape (2, O, K, G * G): deletion masks the first cells of an order, insertion all but them.
    """
    place = np.argsort(orders, axis=1)  # (O, G * G): when each cell's turn comes
    first = place[:, None] < counts[:, None]
    return np.stack([first, ~first])


def blurred(pixels: Pixels, deviation: float) -> Pixels:
    """Blur a picture by a Gaussian; beyond its border there is nothing, and the weights within sum to 1.

    Args:
        pixels: shape (H, W, 3).
        deviation: of the Gaussian, as a share of the side; infinite gives the mean colour everywhere.
    """
    down, across = (_gaussian(side, deviation) for side in pixels.shape[:2])
    smooth = np.einsum("yj,jxc->yxc", down, pixels.astype(np.float32), optimize=True)
    smooth = np.einsum("xi,yic->yxc", across, smooth, optimize=True)
    return np.asarray(np.round(smooth), np.uint8)


def _gaussian(side: int, deviation: float) -> Floats:
    place = np.arange(side) / side
    weights = np.exp(-0.5 * (np.subtract.outer(place, place) / deviation) ** 2)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def masked(pixels: Pixels, fill: Pixels, hidden: Bools) -> Pixels:
    """Put another picture in the place of cells.

    Args:
        pixels: shape (H, W, 3).
        fill: as `pixels`.
        hidden: shape (B, G * G), the cells where `fill` shows.

    Returns:
        shape (B, H, W, 3); a pixel belongs to the cell that holds its middle.
    """
    grid = round(hidden.shape[1] ** 0.5)
    row, column = (((np.arange(side) + 0.5) * grid / side).astype(np.int64) for side in pixels.shape[:2])
    there = hidden[:, row[:, None] * grid + column]  # (B, H, W)
    return np.where(there[..., None], fill, pixels)
