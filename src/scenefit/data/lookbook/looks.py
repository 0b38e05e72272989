"""Products with a style, and looks put together from them by the rule, with some noise."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from scenefit.data.lookbook.board import Board
from scenefit.data.lookbook.domains import Domain
from scenefit.data.lookbook.style import Style, compatibility, draw_style
from scenefit.types import Doubles

NOISE = 0.08
"""The share of items that are chosen without regard to the rule."""
SHARPNESS = 0.03
"""A product whose score is lower by this much is worn 1/e times as often."""
IN_STOCK = 0.92
COLOURS = ("red", "orange", "yellow", "lime", "green", "mint", "cyan", "azure", "blue", "violet", "magenta", "rose")
PATTERN_WORDS = ("", "striped", "checked", "dotted")


@dataclass(frozen=True)
class Product:
    """A product of a category: its style, and what a shop says of it."""

    id: str
    category: str
    style: Style
    title: str
    price: float
    in_stock: bool


def stream(seed: int, *what: object) -> np.random.Generator:
    """Give the source of randomness of one thing, apart from that of all others."""
    return np.random.default_rng([seed, *" ".join(map(str, what)).encode()])


def identifier(seed: int, *what: object) -> str:
    """Give the id of one thing, 32 hex digits; another seed gives another."""
    return hashlib.sha256(" ".join(map(str, (*what, seed))).encode()).hexdigest()[:32]


def draw_product(category: str, id_: str, rng: np.random.Generator) -> Product:
    """Draw a product at random; the formal ones cost more."""
    style = draw_style(rng)
    price = round(float(rng.lognormal(3.6, 0.4) * (0.7 + style.formality)), 2)
    words = (PATTERN_WORDS[style.pattern], COLOURS[round(style.hue * len(COLOURS)) % len(COLOURS)], category.lower())
    return Product(id_, category, style, " ".join(filter(None, words)).capitalize(), price, rng.uniform() < IN_STOCK)


def draw_products(domain: Domain, products: int, seed: int) -> dict[str, list[Product]]:
    """Draw products of each category of a domain; the first are the same however many there are."""
    drawn: dict[str, list[Product]] = {}
    for category in domain.order:
        rng = stream(seed, "products", domain.name, category)
        ids = (identifier(seed, "product", domain.name, category, i) for i in range(products))
        drawn[category] = [draw_product(category, id_, rng) for id_ in ids]
    return drawn


def catalog_photo(domain: Domain, product: Product, rng: np.random.Generator) -> Image.Image:
    """Draw a product's catalog photo, 160 pixels square."""
    board = Board(rng)
    domain.shown[product.category](board, product.style)
    return board.canvas.finish()


def oracle_scores(domain: Domain, anchor: Product, products: Sequence[Product]) -> Doubles:
    """Score how products of one category go with the item that decides for them, in [0, 1]; shape (P,)."""
    angle = domain.anchors[products[0].category][anchor.category]
    return np.array([compatibility(anchor.style, product.style, angle) for product in products])


def draw_look(
    domain: Domain, products: Mapping[str, Sequence[Product]], rng: np.random.Generator
) -> dict[str, Product]:
    """Put a look together: a product for each category worn, in the order of the domain.

    Each follows its anchor, the best ones most often; one in `NOISE`, and what has no anchor yet, is any product.
    """
    without = set[str]()
    if domain.either:
        outfits = list(domain.either)
        outfit = outfits[rng.choice(len(outfits), p=list(domain.either.values()))]
        without.update(name for other in outfits for name in other if name not in outfit)
    without.update(name for name, share in domain.presence.items() if rng.uniform() > share)
    worn: dict[str, Product] = {}
    for category in domain.order:
        if category in without:
            continue
        anchor = domain.anchor(category, worn)
        if anchor is None or rng.uniform() < NOISE:
            chosen = int(rng.integers(len(products[category])))
        else:
            scores = oracle_scores(domain, worn[anchor], products[category])
            weights = np.exp((scores - scores.max()) / SHARPNESS)
            chosen = int(rng.choice(len(scores), p=weights / weights.sum()))
        worn[category] = products[category][chosen]
    return worn
