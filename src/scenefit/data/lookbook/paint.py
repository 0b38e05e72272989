"""A canvas that is drawn at twice its size and reduced, and the shapes on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, floor

import numpy as np
from PIL import Image, ImageDraw

from scenefit.data.lookbook.cloth import cloth
from scenefit.data.lookbook.style import Colour, Style
from scenefit.types import Box

SCALE = 2
TURN = np.linspace(0, 2 * np.pi, 40, endpoint=False)
WHITE = (255, 255, 255)

Point = tuple[float, float]
Sides = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Fill = Style | Colour


class Canvas:
    """A picture in the making; all lengths in pixels of the finished one, origin top left.

    In each shape `fill` is a colour, or a style whose cloth it is cut from; `lighter` in [-1, 1] mixes black or white
    into a style's colour.
    """

    def __init__(self, width: int, height: int, background: Colour = WHITE) -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * SCALE, height * SCALE), background)
        self._draw = ImageDraw.Draw(self._image)
        self._drawn: list[Sides] = []

    def polygon(self, points: Sequence[Point], fill: Fill, lighter: float = 0.0) -> None:
        """Fill a polygon."""
        large = [(x * SCALE, y * SCALE) for x, y in points]
        bounds = _bounds(large)
        self._drawn.append(bounds)
        if not isinstance(fill, Style):
            self._draw.polygon(large, fill)
        elif fill.plain and fill.material == 0:
            self._draw.polygon(large, fill.colour(lighter))
        else:
            left, top, right, bottom = map(round, bounds)
            mask = Image.new("L", (max(1, right - left + 1), max(1, bottom - top + 1)))
            ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in large], 255)
            self._image.paste(cloth(fill, lighter, mask.size), (left, top), mask)

    def rectangle(self, sides: Sides, fill: Fill, lighter: float = 0.0) -> None:
        """Fill a rectangle."""
        self.polygon(corners(sides), fill, lighter)

    def smooth(self, points: Sequence[Point], fill: Fill, lighter: float = 0.0) -> None:
        """Fill a closed curve through the points."""
        self.polygon(curve(points), fill, lighter)

    def ellipse(self, centre: Point, radii: Point, fill: Fill, lighter: float = 0.0) -> None:
        """Fill an ellipse; `radii` across and down."""
        self.polygon(oval(centre, radii), fill, lighter)

    def limb(self, points: Sequence[Point], widths: Sequence[float], fill: Fill, lighter: float = 0.0) -> None:
        """Fill a band along a path, with a width at each of its points."""
        self.polygon(band(points, widths), fill, lighter)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """Draw a line with round joints."""
        large = [(x * SCALE, y * SCALE) for x, y in points]
        left, top, right, bottom = _bounds(large)
        reach = width * SCALE / 2 + 1
        self._drawn.append((left - reach, top - reach, right + reach, bottom + reach))
        self._draw.line(large, colour, max(1, round(width * SCALE)), joint="curve")

    def shadow(self, centre: Point, radii: Point) -> None:
        """Darken an ellipse softly; it counts for no item's box."""
        size = (round(radii[0] * 2 * SCALE) + 1, round(radii[1] * 2 * SCALE) + 1)
        place = (round((centre[0] - radii[0]) * SCALE), round((centre[1] - radii[1]) * SCALE))
        self._image.paste((40, 36, 34), place, _soft().resize(size))

    def begin_item(self) -> None:
        """Begin a new item: `item_box` looks at what is drawn from here on."""
        self._drawn = []

    def item_box(self) -> Box:
        """Give the box, in whole pixels, of all that the item may have coloured inside the picture."""
        left, top, right, bottom = zip(*self._drawn, strict=True)
        return Box(
            max(0, floor(min(left) / SCALE)) / self.width,
            max(0, floor(min(top) / SCALE)) / self.height,
            min(self.width, ceil((floor(max(right)) + 1) / SCALE)) / self.width,
            min(self.height, ceil((floor(max(bottom)) + 1) / SCALE)) / self.height,
        )

    def finish(self) -> Image.Image:
        """Give the picture at its own size, RGB."""
        return self._image.reduce(SCALE)


def corners(sides: Sides) -> list[Point]:
    """Give the corners of a rectangle, clockwise from the top left."""
    left, top, right, bottom = sides
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def oval(centre: Point, radii: Point) -> list[Point]:
    """Give points around an ellipse."""
    x, y = centre[0] + radii[0] * np.cos(TURN), centre[1] + radii[1] * np.sin(TURN)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def band(points: Sequence[Point], widths: Sequence[float]) -> list[Point]:
    """Give the outline of a band along a path, with a width at each of its points."""
    path = np.array(points, np.float64)
    step = np.gradient(path, axis=0)
    across = np.stack([-step[:, 1], step[:, 0]], axis=1) / np.linalg.norm(step, axis=1, keepdims=True)
    half = across * (np.array(widths)[:, None] / 2)
    return _points(np.concatenate([path + half, (path - half)[::-1]]))


def curve(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """Give points along a closed Catmull-Rom curve, `steps` for each point that it goes through."""
    at = np.array(points, np.float64)
    before, after, beyond = np.roll(at, 1, 0), np.roll(at, -1, 0), np.roll(at, -2, 0)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    square = (2 * before - 5 * at + 4 * after - beyond) * t**2
    cube = (3 * at - before - 3 * after + beyond) * t**3
    return _points((0.5 * (2 * at + (after - before) * t + square + cube)).transpose(1, 0, 2).reshape(-1, 2))


def around(centre: Point, unit: float, points: Sequence[Point], side: int = 1) -> list[Point]:
    """Give points from their offsets to a centre in units; `side` -1 mirrors them."""
    return [(centre[0] + side * x * unit, centre[1] + y * unit) for x, y in points]


def mirrored(points: Sequence[Point], axis: float = 0.0) -> list[Point]:
    """Give the mirror image of a path about the upright line x = axis, walked backwards."""
    return [(2 * axis - x, y) for x, y in reversed(points)]


def _points(rows: np.ndarray) -> list[Point]:
    return [(x, y) for x, y in rows.tolist()]


def _bounds(points: Sequence[Point]) -> Sides:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


@lru_cache(maxsize=1)
def _soft() -> Image.Image:
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    return Image.fromarray((110 * (1 - (x**2 + y**2)).clip(0, 1)).astype(np.uint8))
