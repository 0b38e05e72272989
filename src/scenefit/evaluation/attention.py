"""How attention is spread over a scene, how much of it falls on a region, and how alike two maps are.

A map has one weight for each of the G x G cells that lie over a view, rows from the top; not negative, summing to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenefit.errors import UsageError
from scenefit.types import Box, Doubles, Floats

FLAT = 1e-6
"""A map whose weights differ by less than this share of their mean follows nothing: a softmax of equals, in fp32."""


def effective_cells(attention: Floats) -> float:
    """Tell over how many cells attention is spread: exp of its entropy, from 1 to their number.

    >>> round(effective_cells(np.full((2, 2), 0.25, np.float32)), 3)
    4.0
    """
    return float(spread(attention[None])[0])


def spread(maps: Floats) -> Doubles:
    """Give the effective number of cells of each map: exp(-sum of w ln w), 0 ln 0 being 0.

    Args:
        maps: shape (N, G, G).

    Returns:
        shape (N,), float64, in [1, G * G]: 1 for all on one cell, G * G for the same everywhere.
    """
    weights = maps.astype(np.float64)
    logs = np.log(weights, where=weights > 0, out=np.zeros_like(weights))
    return np.asarray(np.exp(-(weights * logs).sum(axis=(1, 2))))


def coverage(box: Box, view: Box, grid: int) -> Floats:
    """Give the share of each cell of a view that a box covers.

    Args:
        box: in fractions of the picture.
        view: the part of the picture that the grid lies over, in fractions of the picture.
        grid: cells each way.

    Returns:
        shape (grid, grid), float32, in [0, 1], rows from the top.

    >>> coverage(Box(0.5, 0, 1, 1), Box(0, 0, 1, 1), 2).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    across = _shares(box.left, box.right, view.left, view.right, grid)
    down = _shares(box.top, box.bottom, view.top, view.bottom, grid)
    return np.asarray(np.outer(down, across), np.float32)


def _shares(start: float, end: float, first: float, last: float, grid: int) -> Floats:
    low, high = ((side - first) / (last - first) * grid for side in (start, end))
    edges = np.arange(grid)
    return np.asarray(np.clip(np.minimum(edges + 1, high) - np.maximum(edges, low), 0, 1), np.float32)


def coverages(boxes: Sequence[Box | None], views: Sequence[Box], grid: int) -> Floats:
    """Give the masks, shape (N, grid, grid), of N boxes in N views; of None a mask that covers nothing."""
    nothing = np.zeros((grid, grid), np.float32)
    masks = [nothing if box is None else coverage(box, view, grid) for box, view in zip(boxes, views, strict=True)]
    return np.stack(masks) if masks else nothing[None][:0]


def attention_on(attention: Floats, box: Box, view: Box) -> tuple[float, float]:
    """Give the attention that falls on a box, and the share of the view's area that the box covers, both in [0, 1].

    >>> attention_on(np.array([[0.125, 0.5], [0.125, 0.25]], np.float32), Box(0.5, 0, 1, 1), Box(0, 0, 1, 1))
    (0.75, 0.5)
    """
    on, area = shares_on(attention[None], coverage(box, view, len(attention))[None])
    return float(on[0]), float(area[0])


def shares_on(maps: Floats, masks: Floats) -> tuple[Doubles, Doubles]:
    """Give the share of each map that falls on its mask, and of the area; their ratio is 1 where nothing is sought.

    Args:
        maps: shape (N, G, G).
        masks: shape (N, G, G), in [0, 1]: the share of each cell that belongs to the region.

    Returns:
        two arrays of shape (N,), float64, in [0, 1].

    Raises:
        UsageError: the shapes differ, or a mask leaves [0, 1].
    """
    if maps.shape != masks.shape or not ((masks >= 0) & (masks <= 1)).all():
        raise UsageError(
            f"got maps of shape {maps.shape} and masks of shape {masks.shape}; expected the same shape, and in the "
            "masks the share of each cell that belongs to the region, in [0, 1]"
        )
    on = (maps.astype(np.float64) * masks).sum(axis=(1, 2))
    return on, masks.mean(axis=(1, 2), dtype=np.float64)


def likeness(maps: Floats, others: Floats) -> Doubles:
    """Correlate each map with another over their cells (Pearson).

    Args:
        maps: shape (N, G, G).
        others: shape (N, G, G).

    Returns:
        shape (N,), float64, in [-1, 1]; NaN where one of the two is the same everywhere.
    """
    return np.asarray((_standard(maps) * _standard(others)).sum(axis=(1, 2)))


def _standard(maps: Floats) -> Doubles:
    """Give maps less their mean, and of length 1; NaN where they are flat."""
    mean = maps.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    away = maps - mean
    length = np.sqrt((away**2).sum(axis=(1, 2), keepdims=True))
    flat = np.ptp(maps, axis=(1, 2), keepdims=True) <= FLAT * mean
    return np.asarray(away / np.where(flat, np.nan, length))


def check_maps(name: str, maps: Floats, count: int) -> None:
    """Refuse what is no attention.

    Raises:
        UsageError: not of shape (count, G, G), a weight is negative or no number, or a map does not sum to 1.
    """
    if maps.ndim != 3 or len(maps) != count or maps.shape[1] != maps.shape[2]:
        raise UsageError(f"got {name!r} maps of shape {maps.shape}; expected ({count}, G, G), one map a pair")
    bad = ~((maps >= 0).all(axis=(1, 2)) & (np.abs(maps.sum(axis=(1, 2)) - 1) < 1e-3))
    if bad.any():
        raise UsageError(
            f"got {int(bad.sum())} of {count} {name!r} maps, first number {int(np.argmax(bad))}, that are not "
            "attention; expected weights of at least 0 that sum to 1: divide each map by its sum"
        )
