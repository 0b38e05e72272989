"""The boxes of a table: fractions of a picture, origin top left."""

from __future__ import annotations

import numpy as np

from scenefit.types import Bools, Doubles, Table

SIDES = ("left", "top", "right", "bottom")


def boxes_of(table: Table) -> Doubles:
    """Give the columns `SIDES` of a table side by side, shape (N, 4); NaN where a row has no box."""
    return np.stack([table[side].astype(np.float64) for side in SIDES], axis=1)


def valid_boxes(boxes: Doubles) -> Bools:
    """Say which boxes (N, 4) lie in [0, 1] with left below right and top below bottom; NaN is none.

    >>> valid_boxes(np.array([[0, 0, 1, 1], [0.5, 0, 0.5, 1], [0, 0, 1, 1.01], [np.nan] * 4])).tolist()
    [True, False, False, False]
    """
    left, top, right, bottom = boxes.T
    good = (left >= 0) & (left < right) & (right <= 1) & (top >= 0) & (top < bottom) & (bottom <= 1)
    return np.asarray(good, np.bool_)
