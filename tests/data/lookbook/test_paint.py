"""Shapes, and that each item's box holds the item."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from scenefit.data.lookbook.cloth import TILE, cloth
from scenefit.data.lookbook.domains import FASHION, Domain, Painted
from scenefit.data.lookbook.paint import Canvas, around, band, curve, mirrored
from scenefit.data.lookbook.style import MATERIALS, PATTERNS, Style, draw_style
from scenefit.types import Array, Bools, Box

SEEDS = range(30)
RED = (200, 0, 0)


def _styles(domain: Domain, seed: int) -> dict[str, Style]:
    rng = np.random.default_rng(seed)
    return {category: draw_style(rng) for category in domain.order}


def _worn_together(domain: Domain) -> list[dict[str, Style]]:
    """Give the styles of a scene for each seed: each outfit of the domain in turn, and all that goes over it."""
    choice, outfits = {name for outfit in domain.either for name in outfit}, list(domain.either) or [()]
    return [
        {name: style for name, style in _styles(domain, seed).items() if name in outfit or name not in choice}
        for seed, outfit in zip(SEEDS, outfits * len(SEEDS), strict=False)
    ]


def _painted(domain: Domain, seed: int, styles: dict[str, Style]) -> Painted:
    return domain.paint(np.random.default_rng([seed, 1]), styles)


def _pixels(picture: Image.Image) -> Array:
    return np.asarray(picture).astype(int)


def _inside(box: Box, height: int, width: int) -> Bools:
    """Say of each pixel whether it lies in the box."""
    inside = np.zeros((height, width), np.bool_)
    across, down = (box.left * width, box.right * width), (box.top * height, box.bottom * height)
    for side in (*across, *down):
        assert side == pytest.approx(round(side), abs=1e-9)  # whole pixels
    inside[round(down[0]) : round(down[1]), round(across[0]) : round(across[1])] = True
    return inside


def test_the_box_of_each_item_holds_its_pixels(domain: Domain) -> None:
    seen: dict[str, list[bool]] = {category: [] for category in domain.order}
    for seed, styles in enumerate(_worn_together(domain)):
        picture, boxes = _painted(domain, seed, styles)
        assert boxes.keys() == set(styles)
        for category in styles:
            others = {name: style for name, style in styles.items() if name != category}
            without, kept = _painted(domain, seed, others)
            assert kept == {name: box for name, box in boxes.items() if name != category}
            differs = (_pixels(picture) != _pixels(without)).any(axis=2)
            assert not (differs & ~_inside(boxes[category], *differs.shape)).any()
            seen[category].append(bool(differs.any()))
    assert min(np.mean(each) for each in seen.values()) > 0.9


def test_the_box_of_each_item_is_tight(domain: Domain) -> None:
    empty = {seed: _pixels(_painted(domain, seed, {})[0]) for seed in range(10)}
    for seed, ground in empty.items():
        for category, style in _styles(domain, seed).items():
            picture, boxes = _painted(domain, seed, {category: style})
            rows, columns = np.nonzero((_pixels(picture) != ground).any(axis=2))
            box, (height, width) = boxes[category], ground.shape[:2]
            found = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            sides = (box.left * width, box.top * height, box.right * width, box.bottom * height)
            assert np.abs(np.subtract(found, sides)).max() <= 2.5


@pytest.mark.parametrize("seed", range(5))
def test_a_dress_is_longer_in_winter_and_wider_when_casual(seed: int) -> None:
    def hem(formality: float, winter: bool) -> tuple[int, int]:
        """Give the last row of a dress, and its width just above, in pixels."""
        style = Style(0.1, 1, 0, 0, formality, winter)
        with_it, without = (_pixels(_painted(FASHION, seed, worn)[0]) for worn in ({"Dresses": style}, {}))
        dress = (with_it != without).any(axis=2)
        last = int(np.nonzero(dress.any(axis=1))[0].max())
        return last, int(dress[last - 6].sum())

    for formality in (0.1, 0.9):
        assert hem(formality, winter=True)[0] > hem(formality, winter=False)[0] + 10
    for winter in (True, False):
        assert hem(0.1, winter)[1] > hem(0.9, winter)[1] * 1.2


def test_a_scene_is_painted_alike_from_alike_randomness(domain: Domain) -> None:
    styles = _styles(domain, 0)
    first, boxes = _painted(domain, 0, styles)
    again, same = _painted(domain, 0, styles)
    other, _ = _painted(domain, 1, styles)
    assert (_pixels(first) == _pixels(again)).all() and boxes == same
    assert (_pixels(first) != _pixels(other)).any()
    assert first.size == {"fashion": (224, 320), "home": (320, 276)}[domain.name]
    assert first.mode == "RGB"


def test_a_polygon_fills_its_box_and_nothing_else() -> None:
    canvas = Canvas(20, 10)
    canvas.rectangle((2, 3, 6.5, 7.5), RED)
    red = (_pixels(canvas.finish()) == RED).all(axis=2)
    assert red[3:7, 2:6].all() and red.sum() <= 5 * 5
    assert canvas.item_box() == Box(2 / 20, 3 / 10, 7 / 20, 8 / 10)


def test_a_new_item_forgets_what_was_drawn_and_the_box_stays_in_the_picture() -> None:
    canvas = Canvas(20, 10)
    canvas.rectangle((0, 0, 20, 10), RED)
    canvas.begin_item()
    canvas.line([(-5, 5), (4, 5)], (0, 0, 0), 2)
    canvas.shadow((10, 5), (8, 4))
    box = canvas.item_box()
    assert box.left == 0 and box.right <= 6 / 20 and box.top >= 3 / 10 and box.bottom <= 7 / 10


def test_shadows_darken() -> None:
    canvas = Canvas(20, 10)
    canvas.shadow((10, 5), (8, 4))
    pixels = _pixels(canvas.finish())
    assert pixels[5, 10].max() < 200 and (pixels[0, 0] == 255).all()


def test_curves_pass_through_their_points() -> None:
    points = [(0.0, 0.0), (4.0, 1.0), (5.0, 5.0), (-1.0, 3.0)]
    along = curve(points, steps=4)
    assert len(along) == 16
    assert np.allclose(along[::4], points)


def test_bands_have_their_widths() -> None:
    outline = np.array(band([(0, 0), (10, 0), (20, 0)], [2, 4, 6]))
    assert np.allclose(np.sort(np.abs(outline[:, 1])), [1, 1, 2, 2, 3, 3])


def test_points_are_placed_and_mirrored() -> None:
    assert around((10, 20), 2, [(1, 2), (-3, 0)]) == [(12, 24), (4, 20)]
    assert around((10, 20), 2, [(1, 2), (-3, 0)], side=-1) == [(8, 24), (16, 20)]
    assert mirrored([(1, 2), (3, 4)]) == [(-3, 4), (-1, 2)]
    assert mirrored([(0.25, 2)], axis=0.5) == [(0.75, 2)]


def test_each_pattern_and_material_looks_different() -> None:
    seen: set[bytes] = set()
    for pattern in range(len(PATTERNS)):
        for material in range(len(MATERIALS)):
            style = Style(0.1, 1, pattern, material, 0.5, winter=False)
            picture = cloth(style, 0, (60, 40))
            assert picture.size == (60, 40) and picture.mode == "RGB"
            seen.add(picture.tobytes())
    assert len(seen) == len(PATTERNS) * len(MATERIALS)
    assert cloth(Style(0.1, 1, 1, 1, 0.5, winter=False), 0, (TILE + 9, 3)).size == (TILE, 3)
