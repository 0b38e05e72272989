"""The board of a catalog photo: white and square, its item placed anew each time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenefit.data.lookbook.paint import Canvas, Point
from scenefit.data.lookbook.pen import Pen

SIDE = 160
"""Width and height of a catalog photo in pixels."""


class Board(Pen):
    """Draws in [0, 1] across and down a catalog photo; scale, turn, shift, light and side are drawn at random."""

    def __init__(self, rng: np.random.Generator) -> None:
        scale, turn = rng.uniform(0.8, 0.98), rng.uniform(-0.12, 0.12)
        self._turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * scale
        self._shift = rng.uniform(-0.02, 0.02, 2)
        super().__init__(Canvas(SIDE, SIDE), light=float(rng.uniform(-0.1, 0.12)))
        self._mirrored = rng.uniform() < 0.5

    def places(self, points: Sequence[Point]) -> list[Point]:
        """Give the pixels that points in [0, 1] stand for."""
        at = np.array(points, np.float64)
        if self._mirrored:
            at[:, 0] = 1 - at[:, 0]
        return [(x, y) for x, y in (((at - 0.5) @ self._turned.T + 0.5 + self._shift) * SIDE).tolist()]
