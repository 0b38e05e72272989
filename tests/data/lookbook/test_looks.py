"""Products, catalog photos, and looks put together by the rule."""

from __future__ import annotations

import numpy as np
import pytest

from scenefit.data.lookbook.board import SIDE
from scenefit.data.lookbook.domains import Domain
from scenefit.data.lookbook.looks import (
    NOISE,
    Product,
    catalog_photo,
    draw_look,
    draw_product,
    draw_products,
    identifier,
    oracle_scores,
    stream,
)
from scenefit.data.lookbook.style import COMPATIBLE, Style, compatibility
from scenefit.types import Array


def _photo(domain: Domain, product: Product, seed: int) -> Array:
    return np.asarray(catalog_photo(domain, product, np.random.default_rng(seed))).astype(int)


def test_two_photos_of_a_product_differ_and_one_drawn_again_does_not(domain: Domain) -> None:
    for product in (sold[0] for sold in draw_products(domain, 2, 0).values()):
        first, again, other = _photo(domain, product, 1), _photo(domain, product, 1), _photo(domain, product, 2)
        assert first.shape == (SIDE, SIDE, 3)
        assert (first == again).all()
        assert (first != other).any(axis=2).mean() > 0.01


def test_catalog_photos_do_not_look_as_worn(domain: Domain) -> None:
    for seed in range(5):
        for category, sold in draw_products(domain, 2, seed).items():
            picture, boxes = domain.paint(np.random.default_rng(seed), {category: sold[0].style})
            sides = np.array([*boxes[category]]) * [*picture.size, *picture.size]
            worn = np.asarray(picture.crop(tuple(sides.round().astype(int).tolist())).resize((SIDE, SIDE))).astype(int)
            assert np.abs(_photo(domain, sold[0], seed) - worn).mean() > 10


def test_each_photo_shows_its_product_on_white(domain: Domain) -> None:
    for formality in (0.2, 0.8):
        for winter in (True, False):
            style = Style(0.6, 0, 0, 0, formality, winter)
            for category in domain.order:
                photo = _photo(domain, Product("", category, style, "", 1.0, True), 3)
                white = (photo == 255).all(axis=2)
                assert white[0].all() and white[:, 0].all()
                assert 0.03 < 1 - white.mean() < 0.95


def test_a_shop_knows_title_price_and_stock(domain: Domain) -> None:
    products = [product for sold in draw_products(domain, 60, 1).values() for product in sold]
    assert all(product.title and product.title[0].isupper() and product.price > 0 for product in products)
    assert all(product.title.endswith(product.category.lower()) for product in products)
    assert 0.85 < np.mean([product.in_stock for product in products]) < 0.98
    formal = np.array([product.style.formality > 0.5 for product in products])
    prices = np.array([product.price for product in products])
    assert prices[formal].mean() > prices[~formal].mean()


@pytest.mark.parametrize(
    ("hue", "pattern", "title"), [(0.0, 0, "Red"), (0.34, 1, "Striped green"), (0.99, 2, "Checked red")]
)
def test_titles_name_pattern_and_colour(hue: float, pattern: int, title: str) -> None:
    for seed in range(5000):
        product = draw_product("Hats", "0", np.random.default_rng(seed))
        if product.style.pattern == pattern and abs(product.style.hue - hue) < 0.01:
            assert product.title == f"{title} hats"
            break
    else:
        raise AssertionError("no such product was drawn")


def test_more_products_begin_with_the_same(domain: Domain) -> None:
    few, many = draw_products(domain, 3, 5), draw_products(domain, 7, 5)
    assert few == {category: sold[:3] for category, sold in many.items()}
    other = draw_products(domain, 3, 6)
    for category, sold in few.items():
        assert {p.id for p in sold}.isdisjoint(p.id for p in other[category])
        assert {p.style for p in sold}.isdisjoint(p.style for p in other[category])


def test_ids_and_streams_are_of_one_thing() -> None:
    names = [(0, "scene", "home", 1), (1, "scene", "home", 1), (0, "scene", "home", 11), (0, "product", "home", 1)]
    assert len({identifier(*name) for name in names}) == len({stream(*name).uniform() for name in names}) == 4
    assert all(len(identifier(*name)) == 32 for name in names)


def test_looks_are_put_together_as_the_domain_says(domain: Domain) -> None:
    catalog = draw_products(domain, 10, 0)
    looks = [draw_look(domain, catalog, np.random.default_rng(seed)) for seed in range(400)]
    choice = {name for outfit in domain.either for name in outfit}
    assert not domain.either or sum(domain.either.values()) == pytest.approx(1)
    for category in domain.order:
        share = np.mean([category in look for look in looks])
        shares = [share for outfit, share in domain.either.items() if category in outfit]
        expected = sum(shares) if shares else domain.presence.get(category, 1.0)
        assert share == pytest.approx(expected, abs=0.08)
    for look in looks:
        assert all(product.category == category for category, product in look.items())
        assert all(domain.anchor(category, look) for category in look)
        if domain.either:
            assert tuple(name for name in look if name in choice) in domain.either


def test_worn_products_follow_their_anchor_but_for_some_noise(domain: Domain) -> None:
    catalog = draw_products(domain, 60, 0)
    compatible: list[bool] = []
    for seed in range(150):
        look = draw_look(domain, catalog, np.random.default_rng(seed))
        for category, product in look.items():
            anchor = look[domain.anchor(category, look) or ""]
            compatible.append(oracle_scores(domain, anchor, [product])[0] >= COMPATIBLE)
    assert 1 - 2.5 * NOISE < np.mean(compatible) < 1 - NOISE / 2


def test_oracle_scores_are_those_of_the_rule(domain: Domain) -> None:
    catalog = draw_products(domain, 4, 0)
    for category, anchors in domain.anchors.items():
        for name, angle in anchors.items():
            anchor = catalog[name][0]
            scores = oracle_scores(domain, anchor, catalog[category])
            assert scores.tolist() == [compatibility(anchor.style, p.style, angle) for p in catalog[category]]


def test_two_that_decide_for_each_other_agree(domain: Domain) -> None:
    for category, anchors in domain.anchors.items():
        for name, angle in anchors.items():
            if category in domain.anchors[name]:
                assert domain.anchors[name][category] == -angle
