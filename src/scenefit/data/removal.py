"""Removing the product from the scene: the largest of the four strips around its box.

A scene that still shows the product teaches detection, not compatibility (Kang et al. 2019, section 4).
"""

from __future__ import annotations

import numpy as np

from scenefit.errors import UsageError
from scenefit.types import Bools, Box, Doubles

MIN_SHARE = 0.2
"""The least share of the picture that a strip must keep; a pair that keeps less is set aside."""
BELOW = (0.0, 1.0, 1.0, 1.0)
"""A box below the picture: the strip above it is the whole picture."""


def remove_products(boxes: Doubles) -> tuple[Doubles, Bools]:
    """Give, for each product box, the largest strip above, below, left or right of it.

    Args:
        boxes: shape (N, 4), float64: left, top, right, bottom in [0, 1]; NaN where the product is not in the scene.

    Returns:
        strips: shape (N, 4), float64, as `boxes`; of equal strips the first of above, below, left, right; the whole
            picture for a product without a box.
        kept: shape (N,), bool: whether the strip covers at least `MIN_SHARE` of the picture.

    >>> strips, kept = remove_products(np.array([[0.4, 0.7, 0.6, 0.9], [0.1, 0.1, 0.9, 0.9]]))
    >>> strips[0].tolist(), kept.tolist()
    ([0.0, 0.0, 1.0, 0.7], [True, False])
    """
    left, top, right, bottom = np.where(np.isnan(boxes), BELOW, boxes).T
    shares = np.stack([top, 1 - bottom, left, 1 - right], axis=1)  # (N, 4)
    zero, one = np.zeros_like(left), np.ones_like(left)
    strips = np.stack(
        [
            np.stack([zero, zero, one, top], axis=1),
            np.stack([zero, bottom, one, one], axis=1),
            np.stack([zero, zero, left, one], axis=1),
            np.stack([right, zero, one, one], axis=1),
        ],
        axis=1,
    )  # (N, 4 strips, 4 sides)
    best = shares.argmax(axis=1)
    rows = np.arange(len(boxes))
    return strips[rows, best], shares[rows, best] >= MIN_SHARE - 1e-12


def remove_product(box: Box) -> Box:
    """Give the part of a photo to look at when the item in `box` is to be replaced.

    Raises:
        UsageError: the box leaves less than `MIN_SHARE` of the photo on every side.
    """
    strips, kept = remove_products(np.array([list(box)]))
    if not kept[0]:
        raise UsageError(
            f"the box {tuple(box)} leaves less than {MIN_SHARE:.0%} of the photo on every side; draw a smaller one"
        )
    return Box(*strips[0].tolist())
