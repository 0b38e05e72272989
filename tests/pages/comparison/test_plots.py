"""Curves and dots: each value and each end of an interval stands where the axes say."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from scenefit.pages.comparison.plots import Dots, Estimate, Line, curves, dots
from scenefit.types import Doubles

POINTS = {1: 0.1, 2: 0.2, 5: 0.45, 10: 0.8}


def estimate(value: float) -> Estimate:
    return {"value": value, "low": value - 0.05, "high": value + 0.1}


def element(svg: str, id_: str) -> ElementTree.Element:
    (found,) = [element for element in ElementTree.fromstring(svg).iter() if element.get("id") == id_]
    return found


def path(svg: str, id_: str) -> Doubles:
    """Give the points of the path of an element, (N, 2), in the order drawn."""
    numbers = re.findall(r"[ML] ([\d.]+) ([\d.]+)", element(svg, id_).findall("path")[0].get("d", ""))
    return np.array(numbers, np.float64)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("text")]


@pytest.fixture(scope="module")
def drawn() -> str:
    lines = [
        Line("one", "s0", {k: estimate(value) for k, value in POINTS.items()}, width=2.4),
        Line("two", "ink", {k: estimate(value / 2) for k, value in POINTS.items()}, "--"),
    ]
    return curves("top", lines, 0.9, "K", "share", "Two curves")


def test_a_curve_for_each_line_with_its_name(drawn: str) -> None:
    assert len(re.findall(r'id="top-curve-', drawn)) == len(re.findall(r'id="top-band-', drawn)) == 2
    assert texts(drawn)[-2:] == ["two", "one"] or texts(drawn)[-2:] == ["one", "two"]
    assert {"1", "2", "5", "10", "K", "share"} <= set(texts(drawn))


def test_curves_stand_where_their_values_are(drawn: str) -> None:
    one, two = path(drawn, "top-curve-one"), path(drawn, "top-curve-two")
    np.testing.assert_allclose(one[:, 0], two[:, 0])
    across = np.polyfit(np.log(list(POINTS)), one[:, 0], 1)
    np.testing.assert_allclose(np.polyval(across, np.log(list(POINTS))), one[:, 0], atol=1e-3)
    values = np.array([*POINTS.values()])
    up = np.polyfit(np.concatenate([values, values / 2]), np.concatenate([one[:, 1], two[:, 1]]), 1)
    assert up[0] < 0  # SVG counts downwards
    np.testing.assert_allclose(np.polyval(up, values), one[:, 1], atol=1e-3)
    np.testing.assert_allclose(np.polyval(up, values / 2), two[:, 1], atol=1e-3)


def test_dashes_and_colours_are_those_asked_for(drawn: str) -> None:
    assert "dasharray" in ElementTree.tostring(element(drawn, "top-curve-two"), "unicode")
    assert "dasharray" not in ElementTree.tostring(element(drawn, "top-curve-one"), "unicode")
    assert "var(--s0)" in ElementTree.tostring(element(drawn, "top-curve-one"), "unicode")


def test_dots_stand_in_their_rows_and_absent_ones_nowhere() -> None:
    nothing = {"value": None, "low": None, "high": None}
    series = [
        Dots("full", "s0", [estimate(0.3), estimate(0.6), estimate(0.9)]),
        Dots("hollow", "s1", [estimate(0.3), nothing, None], hollow=True),
    ]
    svg = dots("parts", ["Shoes", "Bags", "Hats"], series, "accuracy", "Dots")
    full, hollow = (element(svg, f"parts-marks-{name}").iter("use") for name in ("full", "hollow"))
    places = np.array([(float(use.get("x", "")), float(use.get("y", ""))) for use in full])
    assert len(places) == 3 and len([*hollow]) == 1
    assert (np.diff(places[:, 1]) > 0).all()  # the first row on top
    np.testing.assert_allclose(np.diff(places[:, 0])[0], np.diff(places[:, 0])[1], rtol=1e-4)
    assert {"Shoes", "Bags", "Hats", "full", "hollow", "accuracy"} <= set(texts(svg))


def test_nothing_to_draw_is_no_failure() -> None:
    svg = dots("parts", ["Shoes"], [Dots("none", "s0", [None])], "accuracy", "Dots")
    assert "Shoes" in texts(svg)
    flat = curves(
        "top", [Line("zero", "s0", {k: {"value": 0.0, "low": 0.0, "high": 0.0} for k in POINTS})], 0.0, "", "", ""
    )
    assert (path(flat, "top-curve-zero")[:, 1] == path(flat, "top-curve-zero")[0, 1]).all()
