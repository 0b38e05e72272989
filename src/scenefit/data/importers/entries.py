"""What an intake keeps: products and pairs, and how what is said of them twice is put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scenefit.data.importers.pictures import Picture

Sides = tuple[float, float, float, float]


@dataclass(slots=True)
class Product:
    """A product of the catalog."""

    id: str
    category: str
    picture: Picture
    title: str | None = None
    price: float | None = None
    in_stock: bool | None = None


@dataclass(slots=True)
class Pair:
    """A product that goes with a scene, where it is in the scene (None: it is not), and where the record stands."""

    scene: str
    product: str
    box: Sides | None
    where: dict[str, Any]


def within(box: Sides, overhang: float) -> Sides:
    """Put sides that are at most `overhang` outside [0, 1] on its edge.

    >>> within((-0.01, 0.25, 1.1, 0.75), 0.02)
    (0.0, 0.25, 1.1, 0.75)
    """
    left, top, right, bottom = (min(max(side, 0.0), 1.0) if -overhang <= side <= 1 + overhang else side for side in box)
    return left, top, right, bottom


def joined(first: Sides | None, second: Sides | None) -> Sides | None:
    """Give the box that holds both; None stands for no box."""
    if first is None or second is None:
        return first or second
    return min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3])


def same_details(known: Product, product: Product) -> bool:
    """Fill in what a product told before did not say; say whether they agree in the rest."""
    agree = True
    for name in ("title", "price", "in_stock"):
        old, new = getattr(known, name), getattr(product, name)
        if old is None:
            setattr(known, name, new)
        agree = agree and (new is None or old is None or old == new)
    return agree
