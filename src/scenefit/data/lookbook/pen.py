"""A pen that draws on a canvas in coordinates of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from scenefit.data.lookbook.paint import Canvas, Fill, Point, Sides, band, corners, curve, oval
from scenefit.data.lookbook.style import Colour


class Pen(ABC):
    """Draws the shapes of a `Canvas` at the places that its own coordinates stand for.

    `light` in [-1, 1] is added to each shape's `lighter`.
    """

    def __init__(self, canvas: Canvas, light: float = 0.0) -> None:
        self.canvas = canvas
        self.light = light

    @abstractmethod
    def places(self, points: Sequence[Point]) -> list[Point]:
        """Give the pixels that points stand for."""

    def polygon(self, points: Sequence[Point], fill: Fill, lighter: float = 0.0) -> None:
        """Fill a polygon."""
        self.canvas.polygon(self.places(points), fill, self.light + lighter)

    def rectangle(self, sides: Sides, fill: Fill, lighter: float = 0.0) -> None:
        """Fill a rectangle."""
        self.polygon(corners(sides), fill, lighter)

    def smooth(self, points: Sequence[Point], fill: Fill, lighter: float = 0.0) -> None:
        """Fill a closed curve through the points."""
        self.canvas.polygon(curve(self.places(points)), fill, self.light + lighter)

    def ellipse(self, centre: Point, radii: Point, fill: Fill, lighter: float = 0.0) -> None:
        """Fill an ellipse; `radii` across and down."""
        self.polygon(oval(centre, radii), fill, lighter)

    def band(self, points: Sequence[Point], widths: Sequence[float], fill: Fill, lighter: float = 0.0) -> None:
        """Fill a band along a path, with a width at each of its points."""
        self.polygon(band(points, widths), fill, lighter)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """Draw a line with round joints; `width` in pixels."""
        self.canvas.line(self.places(points), colour, width)
