"""Which plots are shown, and what stands in them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from scenefit.pages.comparison.figures import category_figure, seen_figure, top_k_figures
from scenefit.pages.comparison.parts import Compared


def ids(page: str, kind: str) -> list[str]:
    return re.findall(rf'id="([a-z-]+)-{kind}-([^"]+)"', page)


def test_variants_of_the_papers_method_have_a_plot_of_their_own(drawn: Compared) -> None:
    found = ids(top_k_figures(drawn), "curve")
    field = {name for plot, name in found if plot == "top-k-field"}
    variants = {name for plot, name in found if plot == "top-k-variants"}
    assert field == {"random", "popularity", "raw", "ibr", "ctl-paper"}
    assert variants == {"ctl-global", "ctl-paper"}
    assert len(found) == len(ids(top_k_figures(drawn), "band")) == 7


def test_the_ceiling_is_dashed(generated: Compared) -> None:
    page = top_k_figures(generated)
    assert page.count("<svg") == 1
    oracle = re.search(r'<g id="top-k-field-curve-oracle">.*?</g>', page, re.DOTALL)
    own = re.search(r'<g id="top-k-field-curve-ctl-paper">.*?</g>', page, re.DOTALL)
    assert oracle and own and "dasharray" in oracle[0] and "dasharray" not in own[0]


def test_curves_end_where_all_have_come_to_one(drawn: Compared) -> None:
    """Of 12 products, the first 15 hold every true one."""
    assert ">10</text>" in top_k_figures(drawn)
    assert ">20</text>" not in top_k_figures(drawn)


def test_a_category_for_each_row_and_a_mark_for_each_method(drawn: Compared) -> None:
    page = category_figure(drawn)
    n = drawn.ranked["raw"]["by_category"]["Shoes"]["n"]
    assert f">Shoes ({n})</text>" in page
    assert [name for _, name in ids(page, "marks")] == ["ctl-paper", "raw", "popularity"]


def test_products_seen_and_unseen_have_a_mark_for_every_method(drawn: Compared) -> None:
    page = seen_figure(drawn)
    seen = drawn.ranked["raw"]["seen_products"]["n"]
    assert f"seen in training ({seen})" in page
    marks = re.search(r'<g id="seen-marks-seen in training.*?</g>\s*</g>', page, re.DOTALL)
    assert marks and marks[0].count("<use") == len(drawn.ranked) - 1  # all but random


def test_a_part_without_pairs_is_left_out(drawn: Compared) -> None:
    nothing: dict[str, Any] = {"n": 0, "binary_accuracy": {"value": None, "low": None, "high": None}}
    methods = {
        name: {**m, "ranked": {**m["ranked"], "unseen_products": nothing}}
        for name, m in drawn.result["methods"].items()
        if m["ranked"]
    }
    page = seen_figure(replace(drawn, result={**drawn.result, "methods": methods}))
    assert "unseen (0)" in page
