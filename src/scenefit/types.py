"""The nouns: Box, Crop, Product, the features of scenes and products, Recommendation and its like, the array types."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scenefit.errors import UsageError

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]
Table = dict[str, Array]
"""Columns of equal length by name; text columns hold `str` objects, an absent value is None."""


Progress = Callable[[str, int, int], None]
"""Told (what, done, total) as long work goes on."""


def silent(what: str, done: int, total: int) -> None:
    """Take progress and say nothing."""


@dataclass(frozen=True)
class Box:
    """A rectangle of a picture: fractions of its width and height in [0, 1], origin top left.

    Raises:
        UsageError: a side is not a finite number in [0, 1], or left >= right, or top >= bottom.

    >>> Box(0.25, 0, 1, 0.5).area
    0.375
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        sides = (self.left, self.top, self.right, self.bottom)
        if not all(math.isfinite(side) and 0 <= side <= 1 for side in sides):
            raise UsageError(f"got the box {sides}; its four sides must be fractions in [0, 1]")
        if self.left >= self.right or self.top >= self.bottom:
            raise UsageError(f"got the box {sides}; left must be below right, and top below bottom")

    @classmethod
    def parse(cls, text: str) -> Box:
        """Read `left,top,right,bottom`.

        >>> Box.parse("0.1,0.2,0.5,0.9").right
        0.5
        >>> Box.parse("0.1,0.2")
        Traceback (most recent call last):
        ...
        scenefit.errors.UsageError: got the box '0.1,0.2'; expected left,top,right,bottom as fractions in [0, 1]
        """
        try:
            left, top, right, bottom = (float(part) for part in text.split(","))
        except ValueError:
            raise UsageError(f"got the box {text!r}; expected left,top,right,bottom as fractions in [0, 1]") from None
        return cls(left, top, right, bottom)

    @property
    def area(self) -> float:
        """Share of the picture that the box covers, in (0, 1]."""
        return (self.right - self.left) * (self.bottom - self.top)

    def __iter__(self) -> Iterator[float]:
        return iter((self.left, self.top, self.right, self.bottom))


WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Crop:
    """A part of one picture file; `content` is the SHA-256 of the file's bytes, in hex."""

    path: Path
    content: str
    box: Box = WHOLE


Value = str | float | bool
"""What an attribute of a product may be."""


@dataclass(frozen=True)
class Product:
    """One product of a shop.

    Attributes:
        id: the shop's own; unique in a catalog.
        category: one that the model knows.
        price: in units of `currency`; None where unknown.
        image: where its picture came from: a path, or an address.
        content: SHA-256 of the picture's bytes, in hex; None where the vector came without one.
        attributes: whatever else it can be filtered by, as its brand.
    """

    id: str
    category: str
    title: str | None = None
    price: float | None = None
    currency: str | None = None
    in_stock: bool = True
    url: str | None = None
    image: str | None = None
    content: str | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)


class SceneFeatures(NamedTuple):
    """What a frozen backbone gives of B pictures; all float32.

    Attributes:
        pooled: shape (B, D).
        regions: shape (B, R, C), the map at 1/16 averaged to a grid, or flat (B, R * C); rows from the top.
        halves: shape (B, 2 D), the last map averaged over its upper and over its lower half; (B, 0) of a backbone
            that does not give them.
    """

    pooled: Floats
    regions: Floats
    halves: Floats


class ProductFeatures(NamedTuple):
    """What is kept of the pictures of P products; all float32.

    Attributes:
        pooled: shape (P, D).
        statistics: shape (P, 2 C), the mean of each channel over the regions, then its standard deviation.
    """

    pooled: Floats
    statistics: Floats

    def some(self, rows: Ints | slice) -> ProductFeatures:
        """Give some of the products."""
        return ProductFeatures(self.pooled[rows], self.statistics[rows])


@dataclass(frozen=True)
class Recommendation:
    """One product in a ranking; a small `distance` goes with the scene.

    Attributes:
        rank: from 1.
        distance: 2 - q . f_p, less the product's prior.
        probability: that it goes with the scene; None where the model is not calibrated.
        image: where its picture lies on this machine; None where it does not.
    """

    product: Product
    rank: int
    distance: float
    probability: float | None = None
    image: Path | None = None

    @property
    def id(self) -> str:
        """The product's id."""
        return self.product.id

    def as_json(self) -> dict[str, Any]:
        """Give what is told of it, the product's own fields beside the others."""
        image = None if self.image is None else str(self.image)
        ranked = {"id": self.id, "rank": self.rank, "distance": self.distance, "probability": self.probability}
        return {**vars(self.product), **ranked, "image": image, "attributes": dict(self.product.attributes)}


@dataclass(frozen=True)
class Ranking:
    """The best products of one category, and where in the scene the model looked for them.

    `attention` has shape (grid, grid), float32, rows from the top; it sums to 1.
    """

    category: str
    products: list[Recommendation]
    attention: Floats


@dataclass(frozen=True)
class Look:
    """One product of each category.

    Attributes:
        products: by category, in the order asked for.
        score: (1 - together) fit + together match; the larger the better, comparable within one call.
        fit: how the products go with the scene: the mean of their scores, each less the mean of its category's
            candidates, in units of the spread of all candidates.
        match: how they go with each other: the mean of the cosines over pairs, in units of their spread.
        price: of all together; None where one has no price, or the currencies differ.
        currency: of the price; None where there is none, or the products name none.
        images: where the products' pictures lie on this machine, by id.
    """

    products: dict[str, Product]
    score: float
    fit: float
    match: float
    price: float | None
    currency: str | None
    images: Mapping[str, Path] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON can hold it; its products by category."""
        products = {
            name: {**vars(product), "attributes": dict(product.attributes)} for name, product in self.products.items()
        }
        images = {name: str(image) for name, image in self.images.items()}
        return {**vars(self), "products": products, "images": images}


@dataclass(frozen=True)
class Recommendations:
    """One ranking for each category asked for; `view` is the part of the (first) photo that was used.

    Attributes:
        wanted: how likely each category of the catalog is what the scene lacks, the most wanted first; None where the
            model cannot say.
        looks: one product of each category together, where looks were asked for; the best first.
    """

    photo: str
    model: str
    view: Box
    rankings: dict[str, Ranking] = field(default_factory=dict)
    wanted: dict[str, float] | None = None
    looks: list[Look] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Give all of it as JSON can hold it."""
        return {
            "photo": self.photo,
            "model": self.model,
            "view": list(self.view),
            "wanted": self.wanted,
            "categories": {name: [p.as_json() for p in found.products] for name, found in self.rankings.items()},
            "looks": [look.as_json() for look in self.looks],
            "attention": {name: found.attention.tolist() for name, found in self.rankings.items()},
        }
