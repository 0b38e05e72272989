from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.cli import run
from scenefit.pages.recommendations import recommendations_page
from scenefit.results import Ranking, Recommendation, Recommendations
from scenefit.types import Box


class Sources(HTMLParser):
    """Collects what a page would load, and checks that its tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_self_contained(path: Any, tmp_path: Path) -> None:
    html = tmp_path / "page.html"
    assert run(["recommend", str(path.catalog), str(path.photo), "-k", "2", "--html", str(html)]) == 0
    text = html.read_text("utf-8")
    sources = Sources()
    sources.feed(text)
    assert sources.open == []
    assert len(sources.loaded) == 2 + 4  # two maps, two products a category
    assert all(source.startswith("data:image/") for source in sources.loaded)
    assert not re.search(r"https?://|url\((?!data:)", text)
    assert list(tmp_path.iterdir()) == [html]


def test_says_what_is_wanted(path: Any) -> None:
    ranking = Ranking("Shoes", [Recommendation("x", 1, 1.0)], np.full((7, 7), 1 / 49, np.float32))
    result = Recommendations(str(path.photo), "m", Box(0, 0, 1, 1), {"Shoes": ranking}, {"Hats": 0.5, "Shoes": 0.256})
    page = recommendations_page(result)
    assert "<h2>Shoes <small>wanted 26%</small></h2>" in page and "what the scene lacks" in page
    older = recommendations_page(replace(result, wanted=None))
    assert "<h2>Shoes</h2>" in older and "wanted" not in older


def test_what_a_record_says_is_escaped(path: Any) -> None:
    product = Recommendation("x", 1, 1.0, title='<script>alert("x")</script>')
    ranking = Ranking("<b>Shoes</b>", [product], np.full((7, 7), 1 / 49, np.float32))
    page = recommendations_page(Recommendations(str(path.photo), "m", Box(0, 0, 1, 0.5), {"Shoes": ranking}))
    assert "<script>" not in page and "<b>Shoes" not in page
    assert "&lt;script&gt;" in page
    assert "no picture" in page
    assert "height:50.00%" in page and 'class="unused"' in page
