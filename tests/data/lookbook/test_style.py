"""The rule, against a slow reading of its formula in docs/lookbook.md."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenefit.data.lookbook.domains import DOMAINS
from scenefit.data.lookbook.style import COMPATIBLE, SHADES, Style, compatibility, draw_style, hue_distance

DOCS = Path(__file__).parents[3] / "docs" / "lookbook.md"
ANCHOR = Style(hue=0.9, shade=1, pattern=0, material=0, formality=0.5, winter=True)
STYLES = st.builds(
    Style,
    hue=st.floats(0, 1, exclude_max=True),
    shade=st.integers(0, 2),
    pattern=st.integers(0, 3),
    material=st.integers(0, 2),
    formality=st.floats(0, 1),
    winter=st.booleans(),
)
ANGLES = st.floats(-0.5, 0.5)


def _slow_distance(one: float, other: float) -> float:
    return min(abs(one - other + turns) for turns in range(-3, 4))


def _slow_score(anchor: Style, product: Style, angle: float) -> float:
    score = 0.0
    away = _slow_distance(product.hue, anchor.hue + angle)
    if away < 1 / 4:
        score += 0.6 * (1 / 4 - away) / (1 / 4)
    if [anchor.pattern == 0, product.pattern == 0].count(True) == 1:
        score += 0.2
    score += 0.12 * (1 - max(anchor.formality, product.formality) + min(anchor.formality, product.formality))
    if anchor.winter is product.winter:
        score += 0.08
    return score


@settings(derandomize=True, deadline=None, max_examples=200)
@given(STYLES, STYLES, ANGLES)
def test_the_score_is_that_of_the_formula(anchor: Style, product: Style, angle: float) -> None:
    score = compatibility(anchor, product, angle)
    assert score == pytest.approx(_slow_score(anchor, product, angle), abs=1e-9)
    assert 0 <= score <= 1 + 1e-12


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.floats(-2, 2), st.floats(-2, 2))
def test_hues_lie_on_a_circle(one: float, other: float) -> None:
    distance = hue_distance(one, other)
    assert 0 <= distance <= 0.5
    assert distance == pytest.approx(_slow_distance(one, other) if abs(one - other) <= 3 else distance, abs=1e-9)
    assert distance == pytest.approx(hue_distance(other, one), abs=1e-9)
    assert distance == pytest.approx(hue_distance(one + 1, other), abs=1e-9)


@pytest.mark.parametrize("angle", [0.0, 0.15, 1 / 3, 0.5, -0.25])
def test_the_best_hue_stands_at_the_angle(angle: float) -> None:
    hues = np.linspace(0, 1, 120, endpoint=False).tolist()
    scores = [compatibility(ANCHOR, replace(ANCHOR, hue=hue), angle) for hue in hues]
    best = hues[int(np.argmax(scores))]
    assert hue_distance(best, ANCHOR.hue + angle) < 1 / 120
    opposite = replace(ANCHOR, hue=(ANCHOR.hue + angle + 0.5) % 1)
    assert compatibility(ANCHOR, opposite, angle) == pytest.approx(max(scores) - 0.6, abs=0.02)


def test_a_compatible_product_beats_one_that_is_not() -> None:
    good = replace(ANCHOR, hue=0.9 + 1 / 3 - 1, pattern=2)
    others = [replace(good, hue=0.9), replace(good, pattern=0, hue=0.4), replace(good, hue=0.5, winter=False)]
    assert compatibility(ANCHOR, good, 1 / 3) == pytest.approx(1) and COMPATIBLE < 1
    for other in others:
        assert compatibility(ANCHOR, other, 1 / 3) < COMPATIBLE < compatibility(ANCHOR, good, 1 / 3)


@pytest.mark.parametrize(("anchor", "product", "contrast"), [(0, 0, 0), (0, 3, 1), (2, 0, 1), (1, 2, 0), (2, 2, 0)])
def test_beside_a_pattern_stands_a_plain_one(anchor: int, product: int, contrast: int) -> None:
    pair = replace(ANCHOR, pattern=anchor), replace(ANCHOR, pattern=product)
    assert compatibility(*pair, 0) == pytest.approx(0.8 + 0.2 * contrast)


def test_formality_and_season_count_a_little() -> None:
    best = compatibility(ANCHOR, ANCHOR, 0)
    assert compatibility(ANCHOR, replace(ANCHOR, formality=1.0), 0) == pytest.approx(best - 0.06)
    assert compatibility(ANCHOR, replace(ANCHOR, winter=False), 0) == pytest.approx(best - 0.08)


def test_shade_and_material_count_nothing() -> None:
    assert compatibility(ANCHOR, replace(ANCHOR, shade=2, material=2), 0) == compatibility(ANCHOR, ANCHOR, 0)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(STYLES, st.floats(0, 1))
def test_colours_grow_lighter_and_darker(style: Style, amount: float) -> None:
    assert max(style.colour()) == round(SHADES[style.shade] * 255)
    darker, plain, lighter = style.colour(-amount), style.colour(), style.colour(amount)
    assert all(0 <= a <= b <= c <= 255 for a, b, c in zip(darker, plain, lighter, strict=True))
    assert style.colour(1) == (255, 255, 255) and style.colour(-1) == (0, 0, 0)


def test_drawn_styles_use_every_value() -> None:
    rng = np.random.default_rng(0)
    styles = [draw_style(rng) for _ in range(300)]
    assert {style.pattern for style in styles} == {0, 1, 2, 3}
    assert {style.shade for style in styles} == {style.material for style in styles} == {0, 1, 2}
    assert {style.winter for style in styles} == {style.casual for style in styles} == {True, False}
    assert 0.4 < np.mean([style.plain for style in styles]) < 0.6
    assert all(0 <= style.hue < 1 and 0 <= style.formality <= 1 for style in styles)


def test_the_documented_table_is_that_of_the_domains() -> None:
    rows = re.findall(r"^\| ([A-Z]\w+) \| ([^|]+) \| ([^|]+) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    documented = {
        category: dict(zip(anchors.split(", else "), map(Fraction, angles.split(", else ")), strict=True))
        for category, anchors, angles in rows
    }
    known = {category: anchors for domain in DOMAINS.values() for category, anchors in domain.anchors.items()}
    assert documented.keys() == known.keys()
    for category, anchors in known.items():
        assert anchors == pytest.approx({name: float(angle) for name, angle in documented[category].items()})
