"""The known style under the generated looks, and the rule that says what goes with what.

Which products go with a scene is decided by one item of it, the **anchor** of the category (shoes follow the bag,
cushions follow the rug), through hue, pattern, formality and season. It is not similarity: each category stands at
its own angle of the colour circle from its anchor, and beside a pattern stands a plain one.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]
"""Red, green, blue in 0..255."""

PATTERNS = ("plain", "stripes", "checks", "dots")
PATTERN_SHARES = (0.5, 0.2, 0.15, 0.15)
MATERIALS = ("smooth", "woven", "glossy")
SHADES = (0.62, 0.78, 0.93)
"""Brightness of a colour: dark, middle, light."""
COMPATIBLE = 0.72
"""The least score of a product that counts as going with its anchor."""


@dataclass(frozen=True)
class Style:
    """What an item looks like.

    `hue` in turns of the colour circle, [0, 1); `shade`, `pattern` and `material` are indices into `SHADES`,
    `PATTERNS` and `MATERIALS`; `formality` in [0, 1]; `winter` or summer.
    """

    hue: float
    shade: int
    pattern: int
    material: int
    formality: float
    winter: bool

    @property
    def plain(self) -> bool:
        """Whether it has no pattern."""
        return self.pattern == PATTERNS.index("plain")

    @property
    def casual(self) -> bool:
        """Whether its formality is below one half."""
        return self.formality < 0.5

    def colour(self, lighter: float = 0.0) -> Colour:
        """Give its colour, mixed with white or black: `lighter` in [-1, 1], black to white."""
        channels = colorsys.hsv_to_rgb(self.hue % 1, 0.72 - 0.16 * self.shade, SHADES[self.shade])
        target, amount = (1.0, lighter) if lighter > 0 else (0.0, -lighter)
        red, green, blue = (round((channel + (target - channel) * amount) * 255) for channel in channels)
        return red, green, blue


def draw_style(rng: np.random.Generator) -> Style:
    """Draw a style at random."""
    return Style(
        hue=float(rng.uniform()),
        shade=int(rng.integers(len(SHADES))),
        pattern=int(rng.choice(len(PATTERNS), p=PATTERN_SHARES)),
        material=int(rng.integers(len(MATERIALS))),
        formality=float(rng.uniform()),
        winter=bool(rng.uniform() < 0.5),
    )


def hue_distance(one: float, other: float) -> float:
    """Give the distance of two hues on the colour circle, in turns, [0, 0.5].

    >>> round(hue_distance(0.95, 0.05), 3)
    0.1
    """
    return abs((one - other + 0.5) % 1 - 0.5)


def compatibility(anchor: Style, product: Style, angle: float) -> float:
    """Score how well a product goes with its anchor, in [0, 1].

    0.6 for the hue, in full at `angle` turns from the anchor's and nothing a quarter turn away from there; 0.2 where
    exactly one of both is patterned; 0.12 for equal formality, in proportion; 0.08 for the same season.
    """
    hue = max(0.0, 1 - 4 * hue_distance(product.hue, anchor.hue + angle))
    contrast = anchor.plain != product.plain
    formality = 1 - abs(anchor.formality - product.formality)
    season = anchor.winter == product.winter
    return 0.6 * hue + 0.2 * contrast + 0.12 * formality + 0.08 * season
