"""The files of the page: small, of this project alone, served as what they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scenefit.service.routes_health import KINDS, STATIC

FILES = sorted(path.name for path in STATIC.iterdir())
NAMESPACE = "http://www.w3.org/2000/svg"


def text(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


def first_paint() -> set[str]:
    """Name all that the page loads before a photo is there."""
    loaded, left = set[str](), {"index.html"}
    while left:
        name = left.pop()
        loaded.add(name)
        found = re.findall(r'(?:from "\./|(?:src|href)="static/)([\w.-]+)"', text(name))
        left |= set(found) - loaded
    return loaded


def test_the_widget_has_at_most_10_kilobytes_and_the_page_100() -> None:
    assert (STATIC / "widget.js").stat().st_size <= 10_000
    assert sum((STATIC / name).stat().st_size for name in first_paint()) <= 100_000


def test_every_file_is_loaded_by_the_page_or_is_the_widget() -> None:
    assert first_paint() | {"widget.js"} == set(FILES)
    assert {Path(name).suffix for name in FILES} <= set(KINDS)


@pytest.mark.parametrize("name", FILES)
def test_nothing_comes_from_elsewhere(name: str) -> None:
    found = re.findall(r"""https?://\w[^\s"'`)]*|["'(`]//\w+\.[^\s"'`)]*""", text(name).replace(NAMESPACE, ""))
    assert not found


def test_no_script_or_style_stands_in_the_page() -> None:
    page = text("index.html")
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="static/app.js">']
    assert "<style" not in page and not re.search(r"\s(style|on\w+)=", page)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_scripts_make_no_code_and_no_markup_of_text(name: str) -> None:
    assert not re.search(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text(name))
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie", text(name))


@pytest.mark.parametrize("name", FILES)
def test_files_are_served_as_what_they_are_under_a_strict_policy(service: TestClient, name: str) -> None:
    answer = service.get(f"/static/{name}")
    assert answer.status_code == 200 and answer.text == text(name)
    assert answer.headers["content-type"].split(";")[0] == KINDS[Path(name).suffix]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "style-src 'self'" in policy
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy


def test_the_page_is_served_at_the_root(service: TestClient) -> None:
    assert service.get("/").text == text("index.html")


def test_every_element_that_a_script_names_is_in_the_page() -> None:
    there = set(re.findall(r'\sid="([\w-]+)"', text("index.html")))
    scripts = [text(name) for name in FILES if name.endswith(".js") and name != "widget.js"]
    named = {found for script in scripts for found in re.findall(r'byId\("([\w-]+)"\)', script)}
    lists = [
        re.findall(r'"([\w-]+)"', found)
        for script in scripts
        for found in re.findall(r"\[([^\[\]]*)\]\.map\(byId\)", script)
    ]
    assert named | {name for names in lists for name in names} <= there
