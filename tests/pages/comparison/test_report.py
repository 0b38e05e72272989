"""The report as a page: whole, self-contained, escaped, in both colour schemes; whatever was compared."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from scenefit.cli import run
from scenefit.compare.record import FIRST, Record
from scenefit.compare.table import difference_rows, mistake_rows, rows
from scenefit.data.dataset import Dataset
from scenefit.pages.comparison.examples import EACH
from scenefit.pages.comparison.parts import Compared
from scenefit.pages.comparison.report import comparison_report
from scenefit.pages.plots import COLOURS
from scenefit.types import Table

VOID = {"meta", "img", "br"}
FOREIGN = re.compile(r"<svg.*?</svg>", re.DOTALL)
EVIL = "<script>alert(\"x\")</script> $name & 'more'"


class Page(HTMLParser):
    """Collects what a page would load, its ids, its text, and checks that its tags are balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loaded += [str(given[name]) for name in ("src", "srcset", "data", "action", "poster") if name in given]
        self.links += [str(given["href"])] if "href" in given else []
        self.ids += [str(given["id"])] if "id" in given else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(drawn: Compared) -> str:
    return comparison_report(drawn)


def plain(text: str) -> str:
    """Give a page's text without its tags."""
    return unescape(re.sub(r"<[^>]*>", " ", text)).replace("\xa0", " ")


def test_every_figure_of_every_method_is_there(page: str, drawn: Compared) -> None:
    text = re.sub(r"\s+", " ", plain(page))
    for name, *cells in rows(drawn.result):
        assert name in text
        assert " ".join(cells) in text
    for _, what, as_reported, as_measured, _ in mistake_rows(drawn.result):
        assert f"{as_reported} {as_measured.replace('-', 'cannot be') if as_measured == '-' else as_measured}" in text
        assert what in text
    for metric in ("binary_accuracy", "top_10"):
        for row in difference_rows(drawn.result, metric):
            assert all(cell in text for cell in row[1:])


def test_it_loads_nothing_and_runs_nothing(page: str) -> None:
    parsed = Page(page)
    assert len(parsed.loaded) > 30
    assert all(source.startswith(("data:image/jpeg;base64,", "data:image/png;base64,")) for source in parsed.loaded)
    bare = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)
    assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import|<script|<link|<iframe| on[a-z]+=", bare)
    assert len(page) < 4_000_000


def test_every_link_leads_somewhere_on_the_page(page: str) -> None:
    parsed = Page(page)
    assert len(parsed.ids) == len(set(parsed.ids))
    assert len(parsed.links) > 10 and {link[1:] for link in parsed.links} <= set(parsed.ids)
    assert parsed.links[:3] == ["#methods", "#differences", "#top-k"]


def test_both_colour_schemes_set_what_is_used(page: str) -> None:
    light, dark = re.findall(r":root\{color-scheme:(?:light|dark);([^}]*)\}", page)
    schemes = [dict(re.findall(r"(--[a-z0-9]+):([^;]+)", scheme)) for scheme in (light, dark)]
    assert schemes[0].keys() == schemes[1].keys() >= {f"--{name}" for name in COLOURS}
    assert all(schemes[0][name] != schemes[1][name] for name in schemes[0])
    assert set(re.findall(r"var\((--[a-z0-9]+)\)", page)) - {"--a"} <= schemes[0].keys()
    assert "prefers-color-scheme:dark" in page and "@media print" in page


def test_plots_are_there_with_a_curve_a_method(page: str, drawn: Compared) -> None:
    curves = re.findall(r'id="top-k-[a-z]+-curve-([a-z-]+)"', page)
    assert set(curves) == set(drawn.ranked)
    assert len(FOREIGN.findall(page)) == 4


def test_rankings_of_each_tenth_and_where_the_true_one_stands(folded: Compared) -> None:
    page = comparison_report(folded)
    assert page.count('<div class="grid">') == 3 * EACH
    assert len(re.findall(r"ranked [\d,]+(?: to \d+ \(tied\))? of [\d,]+", page)) == 3 * EACH
    assert page.count('<div class="view-row">') == 6


def test_how_to_do_it_again(page: str, drawn: Compared) -> None:
    assert f"<code>{escape(drawn.command)}</code>" in page
    assert drawn.dataset.fingerprint in page and drawn.result["backbone"]["fingerprint"] in page
    assert "Means over 2 seeds" in page


def test_whatever_the_data_says_is_escaped(drawn: Compared) -> None:
    page = comparison_report(hostile(drawn))
    Page(page)
    assert "<script" not in page and "alert(" in page
    assert page.count(escape(EVIL)) > 10
    assert "$$" not in page and "None" not in plain(FOREIGN.sub("", page))


def hostile(compared: Compared) -> Compared:
    """Name everything in a comparison as an enemy would."""
    dataset = compared.dataset

    def renamed(table: Table, *columns: str) -> Table:
        new = {name: [EVIL if value in (None, "Shoes") else value for value in table[name]] for name in columns}
        return {**table, **{name: np.array(values, object) for name, values in new.items()}}

    products, pairs = renamed(dataset.products, "category", "title"), renamed(dataset.pairs, "category")
    about = {**dataset.about, "name": EVIL, "source": EVIL, "licence": EVIL}
    result = json.loads(json.dumps(compared.result).replace('"Shoes"', json.dumps(EVIL)))
    result["dataset"]["name"] = result["backbone"]["name"] = EVIL
    own = replace(dataset, about=about, products=products, pairs=pairs)
    return Compared(result, compared.records, replace(compared.features, dataset=own), EVIL)


def test_a_missing_picture_is_shown_as_missing(drawn: Compared, tmp_path: Path) -> None:
    gone = replace(drawn.features, dataset=replace(drawn.dataset, folder=tmp_path))
    page = comparison_report(replace(drawn, features=gone))
    assert page.count("picture missing") == (1 + 1 + FIRST) * page.count('<div class="grid">') > 0
    assert "From the worst: failures" in page and 'id="attention"' not in page


def test_without_matplotlib_all_but_the_plots(drawn: Compared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    page = comparison_report(drawn)
    Page(page)
    assert "<svg" not in page and '<div class="grid">' in page
    assert escape("pip install 'scenefit[plots]'") in page and "nothing is trained anew" in page


def only(compared: Compared, *names: str) -> Compared:
    """Give what a comparison of some of the methods would have given."""
    methods = {name: compared.result["methods"][name] for name in names}
    differences = {
        metric: {one: {two: of[one][two] for two in names if two in of[one]} for one in names if one in of}
        for metric, of in compared.result["differences"].items()
    }
    result = {**compared.result, "methods": methods, "differences": differences}
    records: list[Record] = [record for record in compared.records if record.method in names]
    return replace(compared, result=result, records=records)


@pytest.mark.parametrize(
    ("names", "there", "absent"),
    [
        (("random",), {"methods", "top-k", "parts", "data"}, {"differences", "rankings", "attention", "errors"}),
        (("random", "raw"), {"differences", "rankings"}, {"attention", "errors", "trainings"}),
        (("random", "raw", "error-1", "error-2"), {"errors", "trainings"}, {"attention"}),
        (("error-5",), {"errors", "trainings", "data"}, {"methods", "top-k", "parts", "rankings"}),
        (("ctl-paper",), {"rankings", "attention", "methods"}, {"differences", "errors"}),
    ],
)
def test_few_methods_give_fewer_sections(
    drawn: Compared, names: tuple[str, ...], there: set[str], absent: set[str]
) -> None:
    ids = set(Page(comparison_report(only(drawn, *names))).ids)
    assert there <= ids
    assert not absent & ids


def test_folds(folded: Compared) -> None:
    page = comparison_report(folded)
    Page(page)
    assert "2 parts over scenes, each tested once" in page
    assert "fold 1, tested" in page and "fold 2, tested" in page
    assert 'id="attention"' in page


def test_generated_looks_have_a_ceiling_and_a_rule(generated: Compared) -> None:
    page = comparison_report(generated)
    Page(page)
    assert "of the way from chance to it" in page
    assert page.count('class="region"') >= 4
    assert '<em class="goes">goes</em>' in page and "<em>does not</em>" in page
    assert "stroke-dasharray" in page
    assert "area of the deciding item" in page


def test_the_command_writes_it_with_or_without_plots(
    model_folder: Path,
    backbone_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset, out = model_folder.with_name("dataset"), tmp_path / "out"
    command = ["compare", dataset, "--backbone", backbone_folder, "--out", out, "--split", "val", "--seeds", "1"]
    command += ["--methods", "random,popularity,raw", "--workers", "1"]
    assert run([*map(str, command)]) == 0
    assert f"open {out / 'report.html'} in a browser" in capsys.readouterr().err.replace("\n", " ")
    page = (out / "report.html").read_text("utf-8")
    Page(page)
    again = f"scenefit compare {dataset} --backbone {backbone_folder} --regions 7 --split val"
    assert f"{again} --methods random,popularity,raw --seeds 1 --out {out}" in unescape(page)
    assert Dataset.open(dataset).fingerprint in page and "<svg" in page
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert run([*map(str, command)]) == 0
    assert "pip install 'scenefit[plots]'; then give the same command again" in capsys.readouterr().err
    without = (out / "report.html").read_text("utf-8")
    assert "<svg" not in without and "nothing is trained anew" in without
