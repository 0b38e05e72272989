"""The figure under an outfit: how it stands, its limbs, hair and face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scenefit.data.lookbook.paint import Canvas, Point, around
from scenefit.data.lookbook.style import Colour

WIDTH, HEIGHT = 224, 320
"""Size of an outfit's picture in pixels."""
TALL, HALF_WIDTH = 282, 52
"""A figure of size 1 from crown to soles, and half as wide as its elbows, in pixels."""
BOTH = (-1, 1)
"""The two sides of a figure: left and right of the picture."""
SKINS = ((247, 217, 196), (233, 190, 160), (205, 150, 114), (160, 104, 72), (112, 70, 48), (84, 52, 38))
HAIRS = ((38, 28, 24), (82, 52, 34), (140, 88, 48), (206, 164, 98), (150, 60, 36), (178, 176, 172))
HAIR_STYLES = ("long", "bob", "bun", "short")


@dataclass(frozen=True)
class Body:
    """Where a figure stands and how.

    `centre` and `top` in pixels; `size` and `width` are factors; `lean` in [-1, 1]; `step`, `left_arm` and
    `right_arm` in [0, 1], closed to wide; `hair_style` is an index into `HAIR_STYLES`.
    """

    centre: float
    top: float
    size: float
    width: float
    lean: float
    step: float
    left_arm: float
    right_arm: float
    skin: Colour
    hair: Colour
    hair_style: int

    def at(self, across: float, down: float) -> Point:
        """Give the pixel of a place: `across` from -1 to 1, `down` from 0 (crown) to 1 (soles)."""
        lean = self.lean * (down - 0.5) * 30
        return self.centre + across * HALF_WIDTH * self.width * self.size + lean, self.top + down * TALL * self.size

    def path(self, places: Sequence[Point]) -> list[Point]:
        """Give the pixels of places as `at` takes them."""
        return [self.at(across, down) for across, down in places]

    def length(self, share: float) -> float:
        """Give a length in pixels from a share of the figure's height."""
        return share * TALL * self.size

    def lengths(self, *shares: float) -> list[float]:
        """Give lengths in pixels from shares of the figure's height."""
        return [self.length(share) for share in shares]

    @property
    def head(self) -> Point:
        """The middle of the head."""
        return self.at(0, 0.078)

    def hand(self, side: int) -> Point:
        """Give the place of a hand; `side` -1 or 1."""
        swing = self.left_arm if side < 0 else self.right_arm
        return self.at(side * (0.62 + 0.42 * swing), 0.53 - 0.05 * swing)

    def elbow(self, side: int) -> Point:
        """Give the place of an elbow."""
        swing = self.left_arm if side < 0 else self.right_arm
        return self.at(side * (0.60 + 0.25 * swing), 0.39)

    def knee(self, side: int) -> Point:
        """Give the place of a knee."""
        return self.at(side * (0.21 + 0.1 * self.step), 0.72)

    def foot(self, side: int) -> Point:
        """Give the place of an ankle."""
        return self.at(side * (0.20 + 0.22 * self.step), 0.945)


def draw_body(rng: np.random.Generator) -> Body:
    """Draw a figure at random."""
    return Body(
        centre=WIDTH / 2 + float(rng.uniform(-14, 14)),
        top=float(rng.uniform(14, 24)),
        size=float(rng.uniform(0.92, 1.02)),
        width=float(rng.uniform(0.86, 1.2)),
        lean=float(rng.uniform(-0.5, 0.5)),
        step=float(rng.uniform(0.1, 1)),
        left_arm=float(rng.uniform(0, 1)),
        right_arm=float(rng.uniform(0, 1)),
        skin=SKINS[rng.integers(len(SKINS))],
        hair=HAIRS[rng.integers(len(HAIRS))],
        hair_style=int(rng.integers(len(HAIR_STYLES))),
    )


def paint_body(canvas: Canvas, body: Body) -> None:
    """Paint what lies behind the clothes: shadow, long hair, legs, arms and neck."""
    x, y = body.at(0, 0.985)
    canvas.shadow((x, y + 4), (body.length(0.26), 9))
    _paint_long_hair(canvas, body)
    for side in BOTH:
        leg = [body.at(side * 0.2, 0.5), body.knee(side), body.foot(side)]
        canvas.limb(leg, body.lengths(0.08, 0.058, 0.034), body.skin)
        arm = [body.at(side * 0.52, 0.2), body.elbow(side), body.hand(side)]
        canvas.limb(arm, body.lengths(0.05, 0.038, 0.026), body.skin)
        x, y = body.hand(side)
        canvas.ellipse((x, y + 3), (body.length(0.017), body.length(0.022)), body.skin)
    canvas.limb([body.at(0, 0.1), body.at(0, 0.2)], body.lengths(0.05, 0.06), _darker(body.skin, 0.9))


def _paint_long_hair(canvas: Canvas, body: Body) -> None:
    style = HAIR_STYLES[body.hair_style]
    if style not in ("long", "bob"):
        return
    drop, (x, y), size = 0.15 if style == "long" else 0.09, body.at(0, 0.075), body.size
    crown = [(x - 21 * size, y), (x, y - 24 * size), (x + 21 * size, y)]
    low = y + body.length(drop)
    ends = [(x + 23 * size, low), (x, y + body.length(drop * 0.8)), (x - 23 * size, low)]
    canvas.smooth([*crown, *ends], body.hair)


def paint_head(canvas: Canvas, body: Body) -> None:
    """Paint face and hair."""
    head, size = body.head, body.size
    x, y = head
    canvas.ellipse(head, (15.5 * size, 20 * size), body.skin)
    for side in BOTH:
        canvas.ellipse((x + side * 6 * size, y - 1 * size), (1.7 * size, 1.9 * size), (48, 36, 32))
        canvas.line(around(head, size, [(9, -6), (3.5, -6.6)], side), _darker(body.hair, 0.8), 1.1)
    nose = [(x - 0.5, y + 1 * size), (x - 1.8 * size, y + 6 * size), (x + 1, y + 6.4 * size)]
    canvas.line(nose, _darker(body.skin, 0.8), 0.9)
    canvas.line(around(head, size, [(-4.5, 11), (0, 12.6), (4.5, 11)]), (176, 72, 72), 1.6)
    crown = [(-17, 2), (-15, -15), (0, -24), (15, -15), (17, 2)]
    canvas.smooth(around(head, size, [*crown, (11, -9), (-2, -12), (-12, -7)]), body.hair)
    if HAIR_STYLES[body.hair_style] == "bun":
        canvas.ellipse((x, y - 25 * size), (8 * size, 7 * size), body.hair)


def _darker(colour: Colour, factor: float) -> Colour:
    red, green, blue = (round(channel * factor) for channel in colour)
    return red, green, blue
