"""Plots as SVG: valid, of the page's colours and fonts, with ids of their own; hostile names stay names."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenefit.errors import MissingExtraError
from scenefit.pages import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HOSTILE = "<b>$x_1$ & #c0de00 \n\x07 漢字 \\frac"


def draw(axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], "o-", color=plots.STAND_INS["s0"], label=plots.label(HOSTILE))
    axes.fill_between([0, 1], [0, 1], [1, 2], color=plots.STAND_INS["s1"], alpha=0.2)
    axes.set(xlabel=plots.label(HOSTILE))
    axes.legend()


@pytest.fixture(scope="module")
def drawn() -> str:
    return plots.svg("first", draw, 3.0, "A line <with> words")


def test_it_is_valid_and_says_what_it_shows(drawn: str) -> None:
    tree = ElementTree.fromstring(drawn)
    assert tree.tag == "svg"
    assert tree.get("role") == "img" and tree.get("aria-label") == "A line <with> words"
    assert tree.get("width") is None and len(tree.get("viewBox", "").split()) == 4


def test_its_text_is_text_in_the_fonts_of_the_page(drawn: str) -> None:
    texts = [element.text for element in ElementTree.fromstring(drawn).iter("text")]
    assert "0.0" in texts
    assert texts.count(plots.label(HOSTILE)) == 2
    assert "font-family" not in drawn and "<style" not in drawn and "<metadata" not in drawn


def test_all_its_colours_are_variables_of_the_page(drawn: str) -> None:
    styles = [element.get("style", "") for element in ElementTree.fromstring(drawn).iter()]
    colours = {colour for style in styles for colour in re.findall(r"(?:fill|stroke): ([^;]+)", style)}
    variables = {colour for colour in colours if colour.startswith("var(")}
    assert {"var(--s0)", "var(--s1)", "var(--ink)", "var(--dim)", "var(--line)"} <= variables
    assert variables <= {f"var(--{name})" for name in plots.COLOURS}
    assert colours - variables <= {"none"}


def test_its_ids_are_its_own_and_what_it_refers_to_is_there(drawn: str) -> None:
    elements = list(ElementTree.fromstring(drawn).iter())
    ids = [element.get("id", "") for element in elements if element.get("id")]
    assert len(ids) == len(set(ids)) and all(id_.startswith("first-") for id_ in ids)
    links = {element.get("href", "")[1:] for element in elements if element.get("href")}
    links |= {element.get("clip-path", "")[5:-1] for element in elements if element.get("clip-path")}
    assert links and links <= set(ids)


def test_the_same_plot_is_the_same_text(drawn: str) -> None:
    assert plots.svg("first", draw, 3.0, "A line <with> words") == drawn
    assert not re.search(r"https?:|20\d\d-", drawn)


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert plots.missing() is None
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert str(plots.missing()).endswith("pip install 'scenefit[plots]'")
    with pytest.raises(
        MissingExtraError, match=r"the report's plots needs an extra .* pip install 'scenefit\[plots\]'"
    ):
        plots.svg("first", draw, 3.0, "")


@given(st.text())
def test_a_label_is_one_short_printable_line(text: str) -> None:
    line = plots.label(text)
    assert line.isprintable() and len(line) <= plots.LONGEST
    if text.isprintable() and len(text) <= plots.LONGEST:
        assert line == text


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.floats(0.1, 5))
def test_names_stand_apart_in_order_and_no_higher_than_they_may(values: list[float], least: float) -> None:
    values = sorted(values)
    placed = plots.apart(values, least, 100.0)
    assert len(placed) == len(values) and placed[-1] <= 100 + 1e-9
    assert all(later - earlier >= least - 1e-9 for earlier, later in pairwise(placed))


@given(st.lists(st.floats(0, 50), min_size=1, max_size=8))
def test_names_that_have_room_stay_where_they_are(values: list[float]) -> None:
    values = [value + 10 * place for place, value in enumerate(sorted(values))]
    assert plots.apart(values, 10.0, 1000.0) == pytest.approx(values)
