"""Boxes."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import settings as configured
from hypothesis import strategies as st

from scenefit.errors import ScenefitError, UsageError
from scenefit.types import WHOLE, Box


def test_a_box_is_its_four_sides() -> None:
    box = Box(0.1, 0.2, 0.5, 0.9)
    assert tuple(box) == (box.left, box.top, box.right, box.bottom) == (0.1, 0.2, 0.5, 0.9)
    assert box.area == pytest.approx(0.28)
    assert (tuple(WHOLE), WHOLE.area) == ((0, 0, 1, 1), 1)
    assert len({box, Box(0.1, 0.2, 0.5, 0.9), WHOLE}) == 2


@pytest.mark.parametrize("side", range(4))
@pytest.mark.parametrize("value", [-1e-9, 1 + 1e-9, math.nan, math.inf, -math.inf])
def test_a_side_outside_the_picture_is_refused(side: int, value: float) -> None:
    sides = [0.1, 0.1, 0.9, 0.9]
    sides[side] = value
    message = re.escape(f"got the box {tuple(sides)}; its four sides must be fractions in [0, 1]")
    with pytest.raises(UsageError, match=message):
        Box(*sides)


@pytest.mark.parametrize("sides", [(0.5, 0, 0.5, 1), (0.6, 0, 0.5, 1), (0, 0.5, 1, 0.5), (0, 0.6, 1, 0.5)])
def test_a_box_that_is_empty_or_turned_around_is_refused(sides: tuple[float, float, float, float]) -> None:
    message = re.escape(f"got the box {sides}; left must be below right, and top below bottom")
    with pytest.raises(UsageError, match=message):
        Box(*sides)


@pytest.mark.parametrize("text", ["", "0.1", "0.1,0.2,0.3", "0,0,1,1,1", "a,b,c,d", "0;0;1;1", "0,0,1,"])
def test_text_that_is_no_box_is_refused(text: str) -> None:
    message = re.escape(f"got the box {text!r}; expected left,top,right,bottom as fractions in [0, 1]")
    with pytest.raises(UsageError, match=message):
        Box.parse(text)


@pytest.mark.parametrize("text", ["nan,0,1,1", "0,0,inf,1", "0,0,100,200", "1,1,0,0"])
def test_text_with_sides_that_are_no_box_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"its four sides must be fractions in \[0, 1\]|left must be below right"):
        Box.parse(text)


@configured(derandomize=True, deadline=None, max_examples=200)
@given(st.tuples(*[st.floats(0, 1)] * 4))
def test_what_a_box_prints_is_read_back(sides: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = sides
    try:
        box = Box(*sides)
    except ScenefitError:
        assert left >= right or top >= bottom
    else:
        assert Box.parse(", ".join(map(repr, sides))) == box
        assert 0 <= box.area <= 1
