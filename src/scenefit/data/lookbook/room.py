"""The room that furniture stands in: walls, floor and window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenefit.data.lookbook.paint import Canvas, Fill, Point
from scenefit.data.lookbook.pen import Pen

WIDTH, HEIGHT = 320, 276
"""Size of a room's picture in pixels."""
PLANKS, TILES = ((196, 168, 138), (170, 140, 112)), (206, 200, 192)
FRAME, PANE = (250, 250, 248), (198, 220, 236)


class Room(Pen):
    """Draws in pixels of a room that may be mirrored and stands a little to the left or right, drawn at random."""

    def __init__(self, canvas: Canvas, rng: np.random.Generator) -> None:
        super().__init__(canvas)
        self._mirrored = rng.uniform() < 0.5
        self._shift = float(rng.uniform(-8, 8))

    def places(self, points: Sequence[Point]) -> list[Point]:
        """Give the pixels of points in the room as it is drawn."""
        return [((WIDTH - x if self._mirrored else x) + self._shift, y) for x, y in points]

    def ellipse(self, centre: Point, radii: Point, fill: Fill, lighter: float = 0.0) -> None:
        """Fill an ellipse; `radii` across and down."""
        (place,) = self.places([centre])
        self.canvas.ellipse(place, radii, fill, lighter)


def paint_walls(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint wall, skirting board and a floor of planks or tiles."""
    grey, warm, kind = int(rng.integers(206, 238)), int(rng.integers(-12, 14)), int(rng.integers(0, 3))
    floor = (*PLANKS, TILES)[kind]
    canvas.rectangle((0, 0, WIDTH, 149), (grey + warm, grey, grey - warm))
    canvas.rectangle((0, 147, WIDTH, HEIGHT), floor)
    if floor != TILES:
        gap = (floor[0] - 12, floor[1] - 12, floor[2] - 12)
        rows = (152, 166, 184, 206, 232, 258)
        for y in rows:
            canvas.line([(0, y), (WIDTH, y)], gap, 1)
        for _ in range(9):
            x, y = rng.uniform(0, WIDTH), int(rng.choice(rows[:-1]))
            canvas.line([(x, y), (x + (x - WIDTH / 2) * 0.08, y + 16)], gap, 1)
    canvas.rectangle((0, 142, WIDTH, 149), (248, 246, 242))


def paint_window(room: Room) -> None:
    """Paint the window."""
    room.rectangle((34, 13, 98, 97), FRAME)
    room.rectangle((38, 17, 94, 93), PANE)
    room.line([(66, 17), (66, 93)], FRAME, 2.5)
    room.line([(38, 55), (94, 55)], FRAME, 2.5)
