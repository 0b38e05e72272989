"""The page in a browser, on the service as it is: what a shopper can do, with a mouse, a finger or keys."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import BRANDS, WATCH, Asked, Shop, asked, fetch_axe, find_chromium, make_shop, serving, turned
from PIL import Image

from scenefit.service.keys import new_key

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright; it is in the extra dev")
Page = Any
DONE = "#results[aria-busy=false] .shelf:not(.waiting)"
PATIENCE = 60_000
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def address(shop: Shop) -> Iterator[str]:
    with serving(shop.catalog) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        path = find_chromium(started.chromium.executable_path)
        opened = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Page]]:
    """Open the page; in the end it must have logged no error, and asked for nothing that its policy refuses."""
    opened = list[Page]()
    logged = list[str]()

    def note(message: Any, expected: str | None) -> None:
        if message.type in ("error", "warning") and not (expected and expected in message.text):
            logged.append(message.text)

    def begin(expected: str | None = None, at: str = address, **settings: Any) -> Page:
        page = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **settings}).new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH)
        page.on("console", lambda message: note(message, expected))
        page.on("pageerror", lambda error: logged.append(str(error)))
        page.goto(at)
        page.wait_for_selector("#example-list li")
        opened.append(page)
        return page

    yield begin
    refused = [page.evaluate("window.refused") for page in opened]
    for page in opened:
        page.context.close()
    assert not logged and not any(refused)


def upload(page: Page, *photos: bytes) -> None:
    """Pick photos, and wait for the whole answer."""
    files = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": photo} for n, photo in enumerate(photos)]
    after(page, lambda: page.set_input_files("#pick", files))


def settle(page: Page) -> None:
    page.wait_for_selector(DONE)


def after(page: Page, act: Callable[[], object]) -> Asked:
    """Do something, and give what the page asked because of it, the last if there were several."""
    before = page.evaluate("sent.length")
    act()
    while page.evaluate("sent.length") == before:
        page.wait_for_timeout(30)
    settle(page)
    return asked(page)[-1]


def fits(options: dict[str, Any], names: list[str]) -> bool:
    """Say whether these were asked for: the most wanted, or, of a model that cannot say, the first by name."""
    return bool(options.get("suggested") == 5 or options.get("categories") == names)


def shown(page: Page) -> list[str]:
    return [str(name) for name in page.locator(".shelf h2").all_inner_texts()]


def test_a_photo_gives_products_the_first_ones_sooner(visit: Callable[..., Page], shop: Shop) -> None:
    page = visit()
    upload(page, shop.scene(0))
    first, whole = (one.options for one in asked(page))
    assert (first["k"], first.get("looks"), whole["k"], whole["looks"]) == (4, None, 18, 3)
    assert "categories" not in first and fits(whole, shown(page))
    assert len(shown(page)) == 5 and page.locator(".chip[aria-pressed=true]").all_inner_texts() == shown(page)
    assert page.locator(".shelf").first.locator(".card").count() == 8
    assert "€" in page.locator(".card .cost").first.inner_text()
    playwright.expect(page.locator("#said")).to_contain_text("products in 5 categories, and 3 whole looks")
    page.locator(".more").first.click()
    assert page.locator(".shelf").first.locator(".card").count() == 10


def test_an_example_is_a_photo_too(visit: Callable[..., Page]) -> None:
    page = visit()
    after(page, lambda: page.click("#example-list button"))
    assert page.locator(".card").count() > 8 and not page.locator("#intro").is_visible()


def test_the_photo_leaves_upright_small_and_without_what_the_camera_wrote(
    visit: Callable[..., Page], shop: Shop
) -> None:
    page, photo = visit(), shop.scene(0)
    sent = after(
        page,
        lambda: page.set_input_files(
            "#pick", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": turned(photo, 2000)}
        ),
    )
    image, before = Image.open(io.BytesIO(sent.photos[0])), Image.open(io.BytesIO(photo)).convert("RGB")
    assert max(image.size) == image.height == 1280 and not image.getexif()
    pairs = zip(image.resize((4, 4)).tobytes(), before.resize((4, 4)).tobytes(), strict=True)
    assert max(abs(a - b) for a, b in pairs) < 25


def test_a_box_is_drawn_moved_sized_and_cleared(visit: Callable[..., Page], shop: Shop) -> None:
    page = visit()
    upload(page, shop.scene(0))
    place = page.locator("#box-layer").bounding_box()

    def drag(*points: tuple[float, float]) -> None:
        (x, y), *rest = [(place["x"] + a * place["width"], place["y"] + b * place["height"]) for a, b in points]
        page.mouse.move(x, y)
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(x, y, steps=3)
        page.mouse.up()

    def box(act: Callable[[], object]) -> Any:
        return after(page, act).options.get("box")

    assert box(lambda: drag((0.3, 0.6), (0.7, 0.9))) == pytest.approx([0.3, 0.6, 0.7, 0.9], abs=0.02)
    assert box(lambda: drag((0.5, 0.75), (0.6, 0.75))) == pytest.approx([0.4, 0.6, 0.8, 0.9], abs=0.02)
    assert box(lambda: drag((0.4, 0.6), (0.2, 0.5))) == pytest.approx([0.2, 0.5, 0.8, 0.9], abs=0.02)
    assert box(lambda: page.keyboard.press("ArrowDown")) == pytest.approx([0.2, 0.52, 0.8, 0.92], abs=0.02)
    assert box(lambda: page.keyboard.press("Shift+ArrowLeft")) == pytest.approx([0.2, 0.52, 0.78, 0.92], abs=0.02)
    assert box(lambda: page.click("#unmark")) is None and not page.locator("#box").is_visible()
    page.locator("#mark").focus()
    assert box(lambda: page.keyboard.press("Enter")) == [0.3, 0.35, 0.7, 0.75]
    assert box(lambda: page.keyboard.press("Escape")) is None


def test_a_box_of_all_is_told_in_words(visit: Callable[..., Page], shop: Shop) -> None:
    page = visit(expected="422")
    upload(page, shop.scene(0))
    layer = page.locator("#box-layer").bounding_box()
    page.mouse.move(layer["x"] + 10, layer["y"] + 10)
    page.mouse.down()
    page.mouse.move(layer["x"] + layer["width"] - 10, layer["y"] + layer["height"] - 10, steps=3)
    page.mouse.up()
    playwright.expect(page.locator("#trouble")).to_contain_text("leaves too little of the photo")
    assert "box" not in after(page, lambda: page.click("#trouble button")).options
    assert not page.locator("#trouble").is_visible()


def test_categories_are_chosen_or_suggested(visit: Callable[..., Page], shop: Shop) -> None:
    page = visit()
    upload(page, shop.scene(0))
    first, *rest = shown(page)
    assert after(page, lambda: page.click(f".chip >> text={first}")).options["categories"] == rest
    assert shown(page) == rest
    sent = after(page, lambda: page.click("#suggested"))
    assert fits(sent.options, [first, *rest]) and shown(page) == [first, *rest]


def test_where_the_model_looked_is_shown_and_said(visit: Callable[..., Page], shop: Shop) -> None:
    page = visit()
    upload(page, shop.scene(0))
    category = shown(page)[1]
    assert not page.locator("#heat").is_visible()
    page.locator(".shelf").nth(1).locator(".pic").first.hover()
    assert page.locator("#heat-label").inner_text() == f"Where we looked for {category}"
    drawn = "([c]) => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size"
    assert page.locator("#heat").evaluate_all(drawn) > 50
    page.mouse.move(2, 2)
    playwright.expect(page.locator("#heat")).to_be_hidden()
    page.locator(".shelf").nth(1).locator(".where").press("Enter")
    playwright.expect(page.locator("#said")).to_contain_text(f"For {category} we looked mostly at the ")
    assert page.locator(".where[aria-pressed=true]").count() == 1 and page.locator("#heat").is_visible()


def test_looks_keep_to_a_budget(visit: Callable[..., Page], shop: Shop) -> None:
    page = visit(expected="422")
    upload(page, shop.scene(0))
    assert page.locator(".look").count() == 3 and page.locator(".look").first.locator("ul li").count() == 5
    totals = [float(text.lstrip("€").replace(",", "")) for text in page.locator(".look .total").all_inner_texts()]
    after(page, lambda: page.fill("#budget", "1"))
    assert [one.options.get("budget") for one in asked(page)][-2:] == [1, None]
    playwright.expect(page.locator("#looks-note")).to_contain_text("No whole look fits within €1.00")
    assert page.locator(".look").count() == 0 and page.locator(".card").count() > 8
    most = round(sum(totals) / 3)
    after(page, lambda: page.fill("#budget", str(most)))
    kept = [float(text.lstrip("€").replace(",", "")) for text in page.locator(".look .total").all_inner_texts()]
    assert kept and max(kept) <= most


def test_more_and_less_like_this_and_away_with_it_can_be_undone(visit: Callable[..., Page], shop: Shop) -> None:
    page = visit()
    upload(page, shop.scene(0))
    card = page.locator(".card").nth(1)
    name = card.get_attribute("data-id")
    up, down, away = (page.locator(f'.card[data-id="{name}"] .acts button').nth(n) for n in range(3))
    assert after(page, up.click).options["liked"] == [name]
    assert up.get_attribute("aria-pressed") == "true" and "more like 1 product" in page.inner_text("#taste-text")
    assert page.evaluate("document.activeElement.dataset.hold") == f"like-{name}"
    sent = after(page, down.click).options
    assert sent["liked"] == [] and sent["disliked"] == [name]
    assert after(page, away.click).options["exclude"] == [name]
    assert page.locator(f'.card[data-id="{name}"]').count() == 0
    assert after(page, lambda: page.click("#taste-undo")).options["exclude"] == []
    sent = after(page, lambda: page.click("#taste-clear")).options
    assert (sent["liked"], sent["disliked"], sent["exclude"]) == ([], [], [])
    playwright.expect(page.locator("#taste-text")).to_have_text("Your taste: nothing yet.")


def test_filters_become_one_filter(visit: Callable[..., Page], shop: Shop) -> None:
    page = visit(expected="422")  # no look can be made of nothing
    upload(page, shop.scene(0))
    assert page.locator("#brand option").all_inner_texts() == ["Any", BRANDS[0], BRANDS[2], BRANDS[1]]
    assert after(page, lambda: page.fill("#most", "60")).options["where"] == "price <= 60"
    costs = [float(text.lstrip("€")) for text in page.locator(".card .cost").all_inner_texts()]
    assert costs and max(costs) <= 60
    page.select_option("#brand", BRANDS[1])
    sent = after(page, lambda: page.check("#stock")).options
    assert sent["where"] == 'price <= 60 and in_stock and brand = "The \\"Birch\\""'
    page.fill("#most", "1")
    playwright.expect(page.locator(".nothing").first).to_contain_text("fit what you asked for")
    assert "where" not in after(page, page.locator(".nothing button").first.click).options
    page.click(".adjust summary")
    assert after(page, lambda: page.locator("#diversity").press("End")).options["diversity"] == 1


def test_several_photos_are_a_board(visit: Callable[..., Page], shop: Shop) -> None:
    page = visit()
    upload(page, shop.scene(0))
    assert not page.locator("#board-list li").count()
    with page.expect_file_chooser() as chooser:
        page.click("#add")
    added = [{"name": "b.jpg", "mimeType": "image/jpeg", "buffer": shop.scene(n)} for n in (1, 2)]
    assert len(after(page, lambda: chooser.value.set_files(added)).photos) == 3
    assert page.locator("#board-list li").count() == 3 and not page.locator("#mark").is_visible()
    assert len(after(page, lambda: page.click("[aria-label='Bring photo 2 to the front']")).photos) == 3
    assert len(after(page, lambda: page.click("[aria-label='Remove photo 3']")).photos) == 2
    upload(page, *[shop.scene(n) for n in range(7)])
    assert page.locator("#board-list li").count() == 6 and not page.locator("#add").is_visible()
    playwright.expect(page.locator("#trouble")).to_contain_text("A board holds six photos")


def test_a_pasted_or_dropped_photo_is_taken(visit: Callable[..., Page], shop: Shop) -> None:
    page, photo = visit(), list(shop.scene(0))
    act = """([bytes, kind]) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], "a.jpg", { type: "image/jpeg" }));
        const more = kind === "paste" ? { clipboardData: data } : { dataTransfer: data };
        const make = kind === "paste" ? ClipboardEvent : DragEvent;
        document.body.dispatchEvent(new make(kind, { bubbles: true, cancelable: true, ...more }));
    }"""
    for kind in ("paste", "drop"):
        assert after(page, lambda kind=kind: page.evaluate(act, [photo, kind])).photos  # type: ignore[misc]
    assert page.locator("#board-list li").count() == 0


def test_a_stale_question_is_given_up(visit: Callable[..., Page], shop: Shop) -> None:
    page, failed = visit(), list[str]()
    upload(page, shop.scene(0))
    page.on("requestfailed", lambda request: failed.append(request.url))
    first, second, *rest = shown(page)
    held = list[Any]()
    page.route("**/v1/recommend", lambda route: route.continue_() if held else held.append(route))
    page.click(f".chip >> text={first}")
    assert after(page, lambda: page.click(f".chip >> text={second}")).options["categories"] == rest
    assert len(failed) == 1 and shown(page) == rest


def test_what_is_no_picture_is_told_in_words(visit: Callable[..., Page]) -> None:
    page = visit()
    page.set_input_files("#pick", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    playwright.expect(page.locator("#trouble")).to_contain_text("We could not open that as a picture.")
    page.click("#trouble button")
    page.set_input_files("#pick", {"name": "a.heic", "mimeType": "image/heic", "buffer": b"no picture"})
    playwright.expect(page.locator("#trouble")).to_contain_text("cannot open HEIC")


@pytest.mark.parametrize(
    ("status", "words"),
    [(503, "Many people are asking"), (500, "on our side"), (413, "too large"), (0, "cannot reach the shop")],
)
def test_a_service_in_trouble_is_told_in_words(visit: Callable[..., Page], shop: Shop, status: int, words: str) -> None:
    page, error = visit(expected="Failed to load"), {"error": {"code": "x", "message": "secret", "hint": "x"}}
    answer = {"status": status, "body": json.dumps(error), "headers": {"Retry-After": "1"}}
    page.route("**/v1/recommend", lambda route: route.fulfill(**answer) if status else route.abort())
    page.set_input_files("#pick", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": shop.scene(0)})
    playwright.expect(page.locator("#trouble")).to_contain_text(words)
    assert "secret" not in page.inner_text("body")
    page.unroute("**/v1/recommend")
    if status == 503:
        settle(page)  # asked again by itself
    elif status != 413:
        after(page, lambda: page.click("#trouble button"))


def test_a_service_with_keys_asks_for_one(visit: Callable[..., Page], shop: Shop) -> None:
    secret, key = new_key("page", "read")
    with serving(shop.catalog, keys=(key,)) as locked:
        page = visit(expected="401", at=locked)
        playwright.expect(page.locator("#trouble")).to_contain_text("asks for an access key")
        page.fill("#trouble input", secret)
        page.keyboard.press("Enter")
        playwright.expect(page.locator("#trouble")).to_be_hidden()
        upload(page, shop.scene(0))
        playwright.expect(page.locator(".card img").first).to_have_js_property("naturalWidth", 160)
        assert page.locator(".card img").first.get_attribute("src").startswith("blob:")


def test_a_phone_of_360_pixels_holds_it(visit: Callable[..., Page], shop: Shop) -> None:
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert page.locator("[data-camera]").is_visible()
    upload(page, shop.scene(0))
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator(".shelf").nth(2).locator(".pic").first.tap()
    playwright.expect(page.locator("#peek")).to_be_visible()
    page.tap("#peek")
    playwright.expect(page.locator("#peek")).to_be_hidden()
    playwright.expect(page.locator("#frame")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_serious(
    visit: Callable[..., Page], shop: Shop, request: pytest.FixtureRequest, scheme: str, width: int
) -> None:
    axe = fetch_axe(Path(request.config.cache.mkdir("axe")))
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 21, 19)"
    assert dark == (scheme == "dark")

    def findings() -> list[str]:
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in SERIOUS]

    assert not findings()
    upload(page, shop.scene(0), shop.scene(1))
    page.click(".adjust summary")
    after(page, page.locator(".acts button").first.click)
    page.locator(".where").first.click()
    assert not findings()
