"""The cloth of a style: its colour under a pattern and a material."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from scenefit.data.lookbook.style import MATERIALS, PATTERNS, Style

TILE = 800
"""Side of the ready-made patterns in pixels, and so of the largest cloth."""


def cloth(style: Style, lighter: float, size: tuple[int, int]) -> Image.Image:
    """Give a picture of a style's cloth.

    Args:
        style: what it looks like.
        lighter: mixes white (to 1) or black (to -1) into its main colour.
        size: (width, height) in pixels; each at most `TILE`.

    """
    size = (min(size[0], TILE), min(size[1], TILE))
    whole = (0, 0, *size)
    picture = Image.new("RGB", size, style.colour(lighter))
    if not style.plain:
        second = style.colour(0.72) if style.shade < 2 else style.colour(-0.45)
        picture.paste(second, (0, 0), _pattern(style.pattern).crop(whole))
    if MATERIALS[style.material] == "woven":
        dark = Image.new("RGB", size, style.colour(-0.35))
        return Image.composite(dark, picture, _weave().crop(whole))
    if MATERIALS[style.material] == "glossy":
        picture.paste((255, 255, 255), (0, 0), _gloss().resize(size))
    return picture


@lru_cache(maxsize=len(PATTERNS))
def _pattern(pattern: int) -> Image.Image:
    """Give the mask of the pattern's second colour."""
    y, x = np.mgrid[0:TILE, 0:TILE]
    match PATTERNS[pattern]:
        case "stripes":
            mask = (x + y // 3) // 9 % 2 * 220
        case "checks":
            mask = (x // 11 % 2 + y // 11 % 2) * 110
        case _:
            row = y // 14
            mask = (((x + row % 2 * 7) % 14 - 7) ** 2 + (y % 14 - 7) ** 2 < 14) * 220
    return Image.fromarray(mask.astype(np.uint8))


@lru_cache(maxsize=1)
def _weave() -> Image.Image:
    """Give the mask of the dark threads."""
    noise = 110 + np.random.default_rng(0).normal(0, 26, (TILE, TILE))
    threads = Image.fromarray(noise.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    return threads.point([min(255, max(0, value - 90) * 2) for value in range(256)])


@lru_cache(maxsize=1)
def _gloss() -> Image.Image:
    """Give the mask of two upright lights."""
    x = np.linspace(0, 1, 128)
    light = 150 * np.exp(-((x - 0.32) ** 2) / 0.012) + 60 * np.exp(-((x - 0.75) ** 2) / 0.02)
    return Image.fromarray(np.tile(light, (4, 1)).astype(np.uint8))
