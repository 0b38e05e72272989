"""Figures as text."""

from __future__ import annotations

import pytest

from scenefit.evaluation.text import interval, number


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, ".500"), (-0.25, "-.250"), (1.0, "1.000"), (0.9999, "1.000"), (None, "-")]
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_digits_are_kept_on_both_sides_of_one() -> None:
    assert (number(0.5, 2), number(1.0, 2), number(-1.0, 2)) == (".50", "1.00", "-1.00")
    assert interval({"value": 0.5, "low": -0.25, "high": 1.0}, 2) == ".50 [-.25, 1.00]"
