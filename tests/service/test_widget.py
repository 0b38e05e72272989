"""The widget on a shop's page of another origin: it shows cards, or nothing and a warning."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from browsing import WATCH, Shop, find_chromium, make_shop, serving

from scenefit.service.keys import new_key

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright; it is in the extra dev")
EXAMPLE = Path(__file__).parents[2] / "examples" / "widget.html"
PATIENCE = 60_000
SECRET, KEY = new_key("shop", "read")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A shop's own server: its folder and its origin."""
    folder = tmp_path_factory.mktemp("pages")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, pages: tuple[Path, str]) -> Shop:
    made = make_shop(tmp_path_factory.mktemp("shop"))
    (pages[0] / "photo.jpg").write_bytes(made.scene(0))
    return made


@pytest.fixture(scope="module")
def service(shop: Shop, pages: tuple[Path, str]) -> Iterator[str]:
    with serving(shop.catalog, cors=(pages[1],), keys=(KEY,)) as url:
        yield url


@pytest.fixture
def show(pages: tuple[Path, str], service: str) -> Iterator[Callable[..., Any]]:
    """Open a product's page with the widget in it, under a strict policy; the service needs a key."""
    policy = f"default-src 'none'; script-src {service}; img-src 'self' blob: {service}; connect-src 'self' {service}"
    with playwright.sync_playwright() as started:
        path = find_chromium(started.chromium.executable_path)
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])

        def begin(**data: str) -> tuple[Any, list[str]]:
            given = {"photo": "#photo", "key": SECRET, "service": service, **data}
            told = " ".join(f'data-{name}="{escape(value)}"' for name, value in given.items())
            meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            head = f'<!doctype html><html lang="en"><title>A coat</title>{meta}'
            script = f'<script src="{service}/static/widget.js" {told}></script>'
            (pages[0] / "page.html").write_text(
                f'{head}<h1>A coat</h1><img id="photo" alt="A coat" src="photo.jpg">{script}'
            )
            page, warned = browser.new_page(), list[str]()
            page.set_default_timeout(PATIENCE)
            page.add_init_script(WATCH)
            page.on("console", lambda message: warned.append(message.text) if message.type == "warning" else None)
            page.on("pageerror", lambda error: warned.append(str(error)))
            page.goto(f"{pages[1]}/page.html")
            return page, warned

        yield begin
        browser.close()


def test_cards_complete_the_look(show: Callable[..., Any], shop: Shop) -> None:
    page, warned = show(categories="Shoes, Bags", count="4", title="Goes well with it")
    page.wait_for_selector("scenefit-look li img")
    assert page.locator("scenefit-look h2").inner_text() == "Goes well with it"
    cards = page.locator("scenefit-look li")
    assert cards.count() == 4 and "€" in cards.first.inner_text()
    kinds = {str(p): str(c) for p, c in zip(shop.looks.products["title"], shop.looks.products["category"], strict=True)}
    assert [kinds[title] for title in page.locator("scenefit-look b").all_inner_texts()] == ["Shoes", "Bags"] * 2
    playwright.expect(page.locator("scenefit-look img")).to_have_count(4)
    assert not warned and page.evaluate("refused") == []


def test_a_shops_colours_are_taken(show: Callable[..., Any]) -> None:
    page, _ = show(categories="Shoes")
    page.wait_for_selector("scenefit-look li")
    page.evaluate("document.documentElement.style.setProperty('--scenefit-ink', 'rgb(1, 2, 3)')")
    assert page.locator("scenefit-look b").first.evaluate("b => getComputedStyle(b).color") == "rgb(1, 2, 3)"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"photo": "#nothing"}, "matches data-photo"),
        ({"photo": "/absent.jpg"}, "the photo answered 404"),
        ({"key": "wrong"}, "a key is needed"),
        ({"categories": "Boats"}, "Boats"),
        ({"service": "http://127.0.0.1:9"}, "fetch"),
    ],
)
def test_where_anything_fails_nothing_is_shown(show: Callable[..., Any], data: dict[str, str], why: str) -> None:
    page, warned = show(**data)
    while not warned:
        page.wait_for_timeout(30)
    assert len(warned) == 1 and warned[0].startswith("scenefit: no products are shown; ") and why in warned[0]
    assert page.locator("scenefit-look").count() == 0 and page.locator("h1").is_visible()


def test_the_example_names_the_widget_as_the_docs_do() -> None:
    page = EXAMPLE.read_text("utf-8")
    assert "/static/widget.js" in page and 'data-photo="#product-photo"' in page
