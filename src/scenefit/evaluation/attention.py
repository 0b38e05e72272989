"""How attention is spread over a scene, and how much of it falls on a region."""

from __future__ import annotations

import numpy as np

from scenefit.types import Box, Floats


def effective_cells(attention: Floats) -> float:
    """Tell over how many cells attention is spread: exp of its entropy, from 1 to their number.

    >>> round(effective_cells(np.full((2, 2), 0.25, np.float32)), 3)
    4.0
    """
    weights = attention[attention > 0]
    return float(np.exp(-(weights * np.log(weights)).sum()))


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


def attention_on(attention: Floats, box: Box, view: Box) -> tuple[float, float]:
    """Give the attention that falls on a box, and the share of the view's area that the box covers, both in [0, 1].

    >>> attention_on(np.array([[0.1, 0.6], [0.1, 0.2]], np.float32), Box(0.5, 0, 1, 1), Box(0, 0, 1, 1))
    (0.800000011920929, 0.5)
    """
    covered = coverage(box, view, len(attention))
    return float((attention * covered).sum()), float(covered.mean())
