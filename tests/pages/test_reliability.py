"""The page on the probabilities: whole, self-contained, and nothing in it but what was measured."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from scenefit.cli import run
from scenefit.pages import plots
from scenefit.pages.reliability import reliability_page, reliability_plot

HOSTILE = '<script>alert("x")</script>'


class Tags(HTMLParser):
    """Checks that tags are balanced, and collects what they would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def result(path: Any) -> dict[str, Any]:
    return copy.deepcopy(path.printed["evaluate"])


def test_it_is_whole_and_self_contained(result: dict[str, Any]) -> None:
    page = reliability_page(result)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert all(source.startswith("#reliability-") for source in tags.loaded)
    assert not re.search(r"https?://|url\((?!#)", page)
    for colour in set(re.findall(r"var\(--(\w+)\)", page)):
        assert f"--{colour}:" in page


def test_it_says_what_was_measured(result: dict[str, Any]) -> None:
    page = reliability_page(result)
    error = result["calibration"]["calibration_error"]["value"]
    assert f"{error * 100:.1f}&nbsp;%" in page
    assert page.count("<tr>") == 1 + 3 + 1 + len(result["calibration"]["by_category"])
    assert result["model"][:12] in page and "Pants" in page


def test_what_a_record_says_is_escaped(result: dict[str, Any]) -> None:
    parts = result["calibration"]["by_category"]
    parts[HOSTILE] = parts.pop("Pants")
    page = reliability_page(result)
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_the_plot_marks_every_bin(result: dict[str, Any]) -> None:
    measured = result["calibration"]
    drawn = reliability_plot("r", measured["reliability"], measured["plain"]["reliability"], "A <b>plot</b>")
    marks = re.findall(r'<g id="r-marks-[^"]+">(.*?)</g>\s*</g>', drawn, re.DOTALL)
    assert [mark.count("<use") for mark in marks] == [
        len(measured["plain"]["reliability"]),
        len(measured["reliability"]),
    ]
    assert "A &lt;b&gt;plot" in drawn


def test_the_command_writes_it(path: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert run(["evaluate", str(path.model), str(path.dataset), "--reliability", str(page), "--json"]) == 0
    printed = capsys.readouterr()
    assert f"wrote {page}" in printed.err
    assert page.read_text("utf-8") == reliability_page(json.loads(printed.out))
    assert list(tmp_path.iterdir()) == [page]


def test_the_command_refuses_at_once_what_it_cannot_write(
    path: Any,
    uncalibrated_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = tmp_path / "page.html"
    assert run(["evaluate", str(uncalibrated_folder), str(path.dataset), "--reliability", str(page)]) == 2
    assert "has no calibration.json, so no probabilities to plot; train it on" in capsys.readouterr().err
    monkeypatch.setattr(plots, "missing", lambda: "no matplotlib")
    assert run(["evaluate", str(path.model), str(path.dataset), "--reliability", str(page)]) == 2
    assert (
        "--reliability needs an extra that is not installed: pip install 'scenefit[plots]'" in capsys.readouterr().err
    )
    assert not page.exists()
