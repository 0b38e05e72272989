"""What a recommendation gives: ranked products, rankings by category, whole looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scenefit.types import Box, Floats, Product


@dataclass(frozen=True)
class Recommendation:
    """One product in a ranking; a small `distance` goes with the scene.

    Attributes:
        rank: from 1.
        distance: 2 - q . f_p, less the product's prior; beside a product in place of a scene, 1 - their likeness.
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
