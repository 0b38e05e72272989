from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.cli import run
from scenefit.pages.recommendations import recommendations_page
from scenefit.results import Look, Ranking, Recommendation, Recommendations
from scenefit.types import Box, Product


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


EVEN = np.full((7, 7), 1 / 49, np.float32)


def result_of(path: Any, *products: Recommendation, **fields: Any) -> Recommendations:
    return Recommendations(
        str(path.photo), "m", Box(0, 0, 1, 1), {"Shoes": Ranking("Shoes", [*products], EVEN)}, **fields
    )


def test_the_page_is_whole_and_self_contained(path: Any, tmp_path: Path) -> None:
    html = tmp_path / "page.html"
    command = ["recommend", str(path.catalog), str(path.photo), "-k", "2", "--looks", "1", "--html", str(html)]
    assert run(command) == 0
    text = html.read_text("utf-8")
    sources = Sources()
    sources.feed(text)
    assert sources.open == []
    anchors = [source for source in sources.loaded if source.startswith("#")]
    assert anchors == ["#c1", "#c2"] and all(f'id="{anchor[1:]}"' in text for anchor in anchors)
    pictures = [source for source in sources.loaded if not source.startswith("#")]
    assert len(pictures) == 2 + 4 + 2  # two maps, two products a category, a look of two
    assert all(source.startswith("data:image/") for source in pictures)
    assert not re.search(r"https?://|url\((?!data:)", text)
    assert text.index("<h2>Look 1</h2>") < text.index('id="c1"')
    assert list(tmp_path.iterdir()) == [html]


def test_says_what_is_wanted(path: Any) -> None:
    result = result_of(path, Recommendation(Product("x", "Shoes"), 1, 1.0), wanted={"Hats": 0.5, "Shoes": 0.256})
    page = recommendations_page(result)
    assert "<h2>Shoes <small>wanted 26%</small></h2>" in page and "what the scene lacks" in page
    older = recommendations_page(replace(result, wanted=None))
    assert "<h2>Shoes</h2>" in older and "wanted" not in older


def test_says_what_is_known_of_a_product(path: Any) -> None:
    shoe = Product("x", "Shoes", "A shoe", 1234.5, "EUR", False, "https://shop.example/x?a=1&b=2")
    page = recommendations_page(result_of(path, Recommendation(shoe, 1, 0.25, 0.734)))
    assert '<a href="https://shop.example/x?a=1&amp;b=2" rel="noopener noreferrer">' in page
    assert "<strong>1,234.50 EUR</strong><em>out of stock</em>" in page
    assert '<i style="width:73%"></i></i><small>73% likely</small>' in page and 'title="distance 0.250"' in page
    assert "likely: to go with the scene" in page
    plain = recommendations_page(result_of(path, Recommendation(Product("x", "Shoes", url="javascript:x"), 1, 0.25)))
    assert "<small>distance 0.250</small>" in plain and '<span class="id">x</span>' in plain
    assert "likely" not in plain and "<strong>" not in plain and "javascript" not in plain
    assert "no product fits" in recommendations_page(result_of(path))


def test_looks_come_first_with_what_they_cost(path: Any) -> None:
    shoe = Product("x", "Shoes", price=20.0)
    look = Look({"Shoes": shoe}, 1.0, 1.0, 1.0, 20.0, None)
    result = result_of(path, Recommendation(shoe, 1, 1.0), looks=[look, replace(look, price=None)])
    page = recommendations_page(result)
    assert "<h2>Look 1<strong>20.00</strong></h2>" in page and "<h2>Look 2</h2>" in page
    assert 'aria-label="The photo"' in page
    assert 'aria-label="The photo"' not in recommendations_page(replace(result, looks=[]))


def test_what_a_record_says_is_escaped(path: Any) -> None:
    product = Product("x", "Shoes", '<script>alert("x")</script>', 1.0, "<u>", url='https://x"onclick="y')
    ranking = Ranking("<b>Shoes</b>", [Recommendation(product, 1, 1.0)], EVEN)
    look = Look({"<b>Shoes</b>": product}, 1.0, 1.0, 1.0, 1.0, "<u>")
    result = Recommendations(str(path.photo), "m", Box(0, 0, 1, 0.5), {"<b>Shoes</b>": ranking}, looks=[look])
    page = recommendations_page(result)
    assert "<script>" not in page and "<b>Shoes" not in page and "<u>" not in page and '"onclick' not in page
    assert "&lt;script&gt;" in page
    assert "no picture" in page
    assert "height:50.00%" in page and 'class="unused"' in page
