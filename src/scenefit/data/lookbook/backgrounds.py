"""Where a figure stands: street, beach, park, snow, indoors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenefit.data.lookbook.figure import HEIGHT, WIDTH
from scenefit.data.lookbook.paint import Canvas
from scenefit.data.lookbook.style import Colour

BANDS = 24
"""Of colour in a sky."""


def paint_street(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a row of houses behind a pavement."""
    _paint_sky(canvas, (190, 205, 220), (232, 232, 228), 230)
    left = -10.0
    while left < WIDTH:
        width, height = rng.uniform(34, 64), rng.uniform(110, 215)
        grey, warm = int(rng.integers(150, 205)), int(rng.integers(-8, 14))
        canvas.rectangle((left, 250 - height, left + width, 252), (grey + warm, grey, grey - warm))
        for top in np.arange(262 - height, 236, 22).tolist():
            for pane in np.arange(left + 7, left + width - 9, 15).tolist():
                canvas.rectangle((pane, top, pane + 8, top + 12), (grey - 38, grey - 30, grey - 22))
        left += width
    canvas.rectangle((0, 250, WIDTH, HEIGHT), (176, 174, 172))
    canvas.rectangle((0, 250, WIDTH, 256), (150, 148, 146))


def paint_beach(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint sea, sand and sun."""
    _paint_sky(canvas, (150, 196, 230), (226, 240, 246), 150)
    canvas.rectangle((0, 150, WIDTH, 205), (106, 172, 190))
    for y in (163, 178, 192):
        canvas.line([(rng.uniform(0, 60), y), (rng.uniform(120, WIDTH), y)], (176, 214, 222), 1.2)
    shore = [(-30, 206), (60, 199), (140, 208), (WIDTH + 30, 200), (WIDTH + 30, HEIGHT + 30), (-30, HEIGHT + 30)]
    canvas.smooth(shore, (233, 216, 182))
    canvas.ellipse((rng.uniform(20, 200), rng.uniform(24, 60)), (13, 13), (255, 246, 214))


def paint_park(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint trees, a lawn and a path."""
    _paint_sky(canvas, (176, 210, 232), (236, 244, 240), 190)
    for _ in range(7):
        x, y, size = rng.uniform(-10, WIDTH + 10), rng.uniform(80, 165), rng.uniform(22, 44)
        green = int(rng.integers(-14, 14))
        canvas.polygon([(x - 3, y), (x + 3, y), (x + 4, 212), (x - 4, 212)], (120, 98, 80))
        canvas.ellipse((x, y), (size, size * 1.05), (126 + green, 160 + green, 112 + green))
        light = (142 + green, 174 + green, 126 + green)
        canvas.ellipse((x - size * 0.3, y - size * 0.3), (size * 0.55, size * 0.5), light)
    canvas.rectangle((0, 205, WIDTH, HEIGHT), (160, 186, 134))
    canvas.smooth([(60, 206), (110, 206), (210, HEIGHT + 20), (10, HEIGHT + 20)], (214, 202, 180))


def paint_snow(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint fir trees on a snowy field, under falling snow."""
    _paint_sky(canvas, (198, 210, 222), (240, 242, 246), 190)
    for _ in range(6):
        x, y, size = rng.uniform(-5, WIDTH + 5), rng.uniform(150, 214), rng.uniform(0.7, 1.3)
        for tier in range(3):
            half, low = (22 - 5 * tier) * size, y - tier * 22 * size
            needles = _mixed((112, 134, 128), (226, 232, 236), tier * 0.25)
            canvas.polygon([(x - half, low), (x + half, low), (x, y - (38 + tier * 22) * size)], needles)
    field = [(-30, 212), (50, 204), (150, 214), (WIDTH + 30, 206), (WIDTH + 30, HEIGHT + 30), (-30, HEIGHT + 30)]
    canvas.smooth(field, (243, 245, 249))
    for _ in range(40):
        canvas.ellipse((rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT)), (1.4, 1.4), (255, 255, 255))


def paint_indoors(canvas: Canvas, rng: np.random.Generator) -> None:
    """Paint a wall with a window, a skirting board and a floor."""
    grey, warm = int(rng.integers(196, 232)), int(rng.integers(-10, 12))
    canvas.rectangle((0, 0, WIDTH, 256), (grey + warm, grey, grey - warm))
    canvas.rectangle((0, 254, WIDTH, HEIGHT), (190, 168, 146))
    for y in (268, 284, 302):
        canvas.line([(0, y), (WIDTH, y)], (176, 154, 132), 1)
    canvas.rectangle((0, 248, WIDTH, 255), (246, 244, 240))
    left = int(rng.choice([24, 150]))
    canvas.rectangle((left, 40, left + 52, 120), (250, 250, 248))
    canvas.rectangle((left + 4, 44, left + 48, 116), (204, 222, 234))
    canvas.line([(left + 26, 44), (left + 26, 116)], (250, 250, 248), 2)


BACKGROUNDS: tuple[Callable[[Canvas, np.random.Generator], None], ...] = (
    paint_street,
    paint_beach,
    paint_park,
    paint_snow,
    paint_indoors,
)


def _paint_sky(canvas: Canvas, above: Colour, below: Colour, end: float) -> None:
    for i in range(BANDS):
        top = end * i / BANDS
        canvas.rectangle((0, top, WIDTH, top + end / BANDS + 1), _mixed(above, below, i / (BANDS - 1)))


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
