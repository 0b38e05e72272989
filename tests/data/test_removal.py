"""Removal of the product from the scene, against a slow reading of the rule."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenefit.data.removal import MIN_SHARE, remove_product, remove_products
from scenefit.errors import UsageError
from scenefit.types import Box

Sides = tuple[float, float, float, float]


@st.composite
def _boxes(draw: st.DrawFn) -> Sides:
    pair = st.lists(st.one_of(st.floats(0, 1), st.integers(0, 20).map(lambda n: n / 20)), min_size=2, max_size=2)
    across = draw(pair.filter(lambda ends: ends[0] != ends[1]))
    down = draw(pair.filter(lambda ends: ends[0] != ends[1]))
    return min(across), min(down), max(across), max(down)


def _slow(box: Sides) -> tuple[Sides, float]:
    """The four strips above, below, left and right of the box; the largest, and its share of the picture."""
    left, top, right, bottom = box
    best, most = (0.0, 0.0, 1.0, top), top
    for strip, share in (
        ((0.0, bottom, 1.0, 1.0), 1 - bottom),
        ((0.0, 0.0, left, 1.0), left),
        ((right, 0.0, 1.0, 1.0), 1 - right),
    ):
        if share > most:
            best, most = strip, share
    return best, most


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(_boxes(), max_size=8))
def test_the_largest_strip_is_kept_when_it_is_a_fifth_of_the_picture(boxes: list[Sides]) -> None:
    strips, kept = remove_products(np.array(boxes, np.float64).reshape(-1, 4))
    assert strips.shape == (len(boxes), 4)
    for strip, keep, box in zip(strips.tolist(), kept.tolist(), boxes, strict=True):
        expected, share = _slow(box)
        assert tuple(strip) == expected
        if abs(share - 1 / 5) > 1e-9:
            assert keep == (share > 1 / 5)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(_boxes())
def test_the_strip_never_overlaps_the_box(box: Sides) -> None:
    strips, _ = remove_products(np.array([box]))
    left, top, right, bottom = strips[0].tolist()
    across = min(right, box[2]) - max(left, box[0])
    down = min(bottom, box[3]) - max(top, box[1])
    assert across <= 0 or down <= 0


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0.4, 0.7, 0.6, 0.9), (0, 0, 1, 0.7)),
        ((0.4, 0.1, 0.6, 0.3), (0, 0.3, 1, 1)),
        ((0.7, 0.2, 0.9, 0.8), (0, 0, 0.7, 1)),
        ((0.1, 0.2, 0.3, 0.8), (0.3, 0, 1, 1)),
        ((0.25, 0.25, 0.75, 0.75), (0, 0, 1, 0.25)),  # all four alike: the one above
    ],
)
def test_each_side_wins_where_it_is_largest(box: Sides, expected: Sides) -> None:
    assert tuple(remove_product(Box(*box))) == expected


def test_where_there_is_no_box_the_whole_picture_is_kept() -> None:
    boxes = np.array([[0.1, 0.1, 0.9, 0.9], [np.nan] * 4, [0.4, 0.7, 0.6, 0.9]])
    strips, kept = remove_products(boxes)
    assert strips[1].tolist() == [0, 0, 1, 1]
    assert kept.tolist() == [False, True, True]
    assert strips[2].tolist() == remove_products(boxes[[2]])[0][0].tolist()


@pytest.mark.parametrize(("top", "keeps"), [(0.2, True), (0.19, False)])
def test_exactly_a_fifth_is_enough(top: float, keeps: bool) -> None:
    for box in [(0, top, 1, 1), (0, 0, 1, 1 - top), (top, 0, 1, 1), (0, 0, 1 - top, 1)]:
        assert bool(remove_products(np.array([box], np.float64))[1][0]) is keeps


def test_a_box_that_fills_the_photo_is_refused() -> None:
    message = re.escape("(0.1, 0.1, 0.9, 0.95) leaves less than 20% of the photo on every side; draw a smaller one")
    with pytest.raises(UsageError, match=message):
        remove_product(Box(0.1, 0.1, 0.9, 0.95))
    assert MIN_SHARE == 1 / 5
